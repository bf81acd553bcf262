/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/statefolder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_MAX 250 /* bytes of one part of a path, with room for suffixes */
#define KEPT     200 /* of a longer name; a hash of the whole follows */

static enum hf_err fail_make(const char *path, struct hf_diag *diag)
{
	return hf_fail(diag, HF_ERR_IO, "cannot make the folder %s: %s", path, strerror(errno));
}

/* A new folder's name is durable when the folder above it is. */
static enum hf_err sync_above(const char *path, struct hf_diag *diag)
{
	char *above = strdup(path);
	if (above == NULL)
		return HF_ERR_NOMEM;
	char *slash = strrchr(above, '/');
	if (slash != NULL)
		slash[slash == above ? 1 : 0] = '\0';
	int fd = open(slash == NULL ? "." : above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(above);
	/* Some file systems cannot sync folders. */
	bool good = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL || errno == EROFS);
	enum hf_err err = good ? HF_OK : fail_make(path, diag);
	if (fd >= 0)
		close(fd);
	return err;
}

enum hf_err hf_state_make_folder(const char *path, struct hf_diag *diag)
{
	struct stat status;
	bool made = mkdir(path, 0700) == 0;
	if (!made && errno != EEXIST)
		return fail_make(path, diag);
	if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
		return hf_fail(diag, HF_ERR_IO, "%s is no folder; move it away", path);
	if ((status.st_mode & 077) != 0)
		return hf_fail(diag, HF_ERR_REFUSED,
		        "others can get at what is in %s; chmod 700 %s", path, path);
	return made ? sync_above(path, diag) : HF_OK;
}

/* STATE/PART, made; and STATE/PART/NAME, not made. */
static enum hf_err below(const char *state, const char *part, const char *name,
        struct hf_diag *diag, char **ret_path)
{
	char *folder, *path;
	if (asprintf(&folder, "%s/%s", state, part) < 0)
		return HF_ERR_NOMEM;
	enum hf_err err = hf_state_make_folder(folder, diag);
	if (err == HF_OK && asprintf(&path, "%s/%s", folder, name) < 0)
		err = HF_ERR_NOMEM;
	free(folder);
	if (err == HF_OK)
		*ret_path = path;
	return err;
}

enum hf_err hf_state_zone_folder(
        const char *state, int64_t id, struct hf_diag *diag, char **ret_path)
{
	char name[24];
	snprintf(name, sizeof(name), "%lld", (long long)id);
	return below(state, HF_STATE_ZONES, name, diag, ret_path);
}

static bool is_plain(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' ||
	       byte == '_';
}

/* Labels with dots between them, other bytes as %XX; the root is "%". Every name has its own. */
static void put_labels(const struct hf_name *name, struct hf_buf *out)
{
	if (name->wire[0] == 0)
		hf_put_text(out, "%");
	for (size_t at = 0; name->wire[at] != 0; at += 1u + name->wire[at]) {
		if (at > 0)
			hf_put_text(out, ".");
		for (unsigned i = 1; i <= name->wire[at]; i++) {
			uint8_t byte = name->wire[at + i];
			if (is_plain(byte))
				hf_put_u8(out, byte);
			else
				hf_put_format(out, "%%%02X", byte);
		}
	}
}

/* FNV-1a: names that are cut must not meet; nobody gains by making two meet. */
static uint64_t hash(const struct hf_name *name)
{
	uint64_t sum = 0xcbf29ce484222325u;
	for (size_t i = 0; i < name->len; i++)
		sum = (sum ^ name->wire[i]) * 0x100000001b3u;
	return sum;
}

enum hf_err hf_state_key_folder(
        const char *state, const struct hf_name *zone, struct hf_diag *diag, char **ret_path)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {.data = NULL};
	struct hf_name name = *zone;
	hf_name_lower(&name);
	put_labels(&name, &text);
	if (text.len > PART_MAX && !text.failed) {
		text.len = KEPT;
		hf_put_format(&text, "%%%%%016llx", (unsigned long long)hash(&name));
	}
	hf_put_u8(&text, 0);
	enum hf_err err = hf_buf_check(&text);
	return err == HF_OK ? below(state, HF_STATE_KEYS, (char *)text.data, diag, ret_path) : err;
}
