/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/list.h"
#include "crypto/keyfile.h"
#include "crypto/keyname.h"

/* More files than this are no folder of keys. */
#define FILES_MAX 1000000

struct reading {
	const char *dir;
	char prefix[HF_KEYNAME_MAX]; /* of file names; "" for those of every zone */
	enum hf_keyfile_flags flags;
	struct hf_diag *diag;
	struct hf_keydir found;
	size_t cap;
	enum hf_err err; /* of the first key that could not be read */
};

static enum hf_err add(struct reading *reading, struct hf_keyfile *key)
{
	struct hf_keydir *found = &reading->found;
	struct hf_keyfile **larger =
	        hf_list_room(found->keys, &reading->cap, found->count, sizeof(*larger));
	if (larger == NULL) {
		hf_keyfile_free(key);
		return HF_ERR_NOMEM;
	}
	found->keys = larger;
	found->keys[found->count++] = key;
	return HF_OK;
}

/* HF_OK also for a key that could not be read: the others are to be named as well. */
static enum hf_err visit(struct reading *reading, const char *name)
{
	struct hf_keyname_parts parts;
	if (!hf_keyname_read(name, &parts) || strcmp(parts.suffix, ".key") != 0 ||
	        strncasecmp(name, reading->prefix, strlen(reading->prefix)) != 0)
		return HF_OK;
	char *path;
	if (asprintf(&path, "%s/%s", reading->dir, name) < 0)
		return HF_ERR_NOMEM;
	struct hf_keyfile *key;
	enum hf_err err = hf_keyfile_read(path, reading->flags, reading->diag, &key);
	free(path);
	if (err == HF_OK)
		return add(reading, key);
	if (reading->err == HF_OK)
		reading->err = err;
	return err == HF_ERR_NOMEM ? err : HF_OK;
}

static enum hf_err visit_all(struct reading *reading, DIR *folder)
{
	for (size_t i = 0; i < FILES_MAX; i++) {
		errno = 0;
		const struct dirent *entry = readdir(folder);
		if (entry == NULL && errno != 0)
			return hf_fail(reading->diag, HF_ERR_IO, "cannot read the folder %s: %s",
			        reading->dir, strerror(errno));
		if (entry == NULL)
			return HF_OK;
		enum hf_err err = visit(reading, entry->d_name);
		if (err != HF_OK)
			return err;
	}
	return hf_fail(reading->diag, HF_ERR_LIMIT,
	        "%s holds more than %d files; give a folder that holds keys only", reading->dir,
	        FILES_MAX);
}

static int by_owner_role_tag(const void *left, const void *right)
{
	const struct hf_keyfile *a = *(struct hf_keyfile *const *)left;
	const struct hf_keyfile *b = *(struct hf_keyfile *const *)right;
	/* A KSK or CSK is what the zone hangs on: it comes first. */
	static const int rank[] = {[HF_ROLE_KSK] = 0, [HF_ROLE_CSK] = 1, [HF_ROLE_ZSK] = 2};
	int order = hf_name_cmp(&a->owner, &b->owner);
	if (order == 0)
		order = rank[a->role] - rank[b->role];
	if (order == 0)
		order = (int)a->tag - (int)b->tag;
	return order != 0 ? order : (int)a->algorithm - (int)b->algorithm;
}

enum hf_err hf_keydir_read(const char *dir, const struct hf_name *zone, enum hf_keyfile_flags flags,
        struct hf_diag *diag, struct hf_keydir *ret_keys)
{
	DIR *folder = opendir(dir);
	if (folder == NULL) {
		int code = errno;
		return hf_fail(diag, code == ENOENT ? HF_ERR_NOTFOUND : HF_ERR_IO,
		        "cannot read the folder of keys %s: %s; correct its path or its "
		        "permissions",
		        dir, strerror(code));
	}
	struct reading reading = {.dir = dir, .flags = flags, .diag = diag};
	if (zone != NULL)
		hf_keyname_prefix(zone, reading.prefix);
	enum hf_err err = visit_all(&reading, folder);
	closedir(folder);
	if (err == HF_OK && (flags & HF_KEYFILE_LENIENT) == 0)
		err = reading.err;
	if (err != HF_OK) {
		hf_keydir_done(&reading.found);
		return err;
	}
	if (reading.found.count > 1)
		qsort(reading.found.keys, reading.found.count, sizeof(struct hf_keyfile *),
		        by_owner_role_tag);
	*ret_keys = reading.found;
	return HF_OK;
}

void hf_keydir_done(struct hf_keydir *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		hf_keyfile_free(keys->keys[i]);
	free(keys->keys);
	*keys = (struct hf_keydir){0};
}
