/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs a fuzz target over each file of a corpus folder, so that what fuzzing once found is tested
 * in every run of the suite: replay FOLDER. An empty or missing folder is a failure.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The whole file in a block of exactly its size, so that a sanitizer sees reads beyond it. */
static uint8_t *slurp(const char *path, size_t *ret_len)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		return NULL;
	uint8_t *data = NULL;
	long end = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
	if (end >= 0) {
		rewind(file);
		data = malloc(end > 0 ? (size_t)end : 1);
		if (data != NULL && fread(data, 1, (size_t)end, file) != (size_t)end) {
			free(data);
			data = NULL;
		}
	}
	fclose(file);
	if (data != NULL)
		*ret_len = (size_t)end;
	return data;
}

static int run_file(const char *folder, const char *name)
{
	char path[4096];
	int written = snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (written < 0 || (size_t)written >= sizeof(path)) {
		fprintf(stderr, "replay: %s: the path is too long\n", name);
		return 1;
	}
	size_t len = 0;
	uint8_t *data = slurp(path, &len);
	if (data == NULL) {
		fprintf(stderr, "replay: %s: cannot be read: %s\n", path, strerror(errno));
		return 1;
	}
	/* Named first: when the target crashes, this is the last line. */
	printf("%s (%zu bytes)\n", name, len);
	fflush(stdout);
	int result = LLVMFuzzerTestOneInput(data, len);
	free(data);
	if (result != 0)
		fprintf(stderr, "replay: %s: the target returned %d instead of 0\n", path, result);
	return result != 0;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	struct dirent **entries = NULL;
	int count = scandir(argv[1], &entries, visible, alphasort);
	if (count <= 0) {
		fprintf(stderr, "replay: %s: no inputs there: %s\n", argv[1],
		        count < 0 ? strerror(errno) : "the folder is empty");
		free(entries);
		return 1;
	}
	int failed = 0;
	for (int i = 0; i < count; i++) {
		failed |= run_file(argv[1], entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	printf("%d inputs\n", count);
	return failed;
}
