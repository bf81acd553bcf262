/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/backup_names.h"

#include <string.h>

#include "pipeline/ledger.h"
#include "pipeline/statefolder.h"

#define PART_MAX 255
#define TAGS     "holdfast.tags"

static bool has_only(const char *text, size_t len, const char *allowed)
{
	return len > 0 && len <= PART_MAX && strspn(text, allowed) >= len;
}

static bool is_zone_file(const char *id)
{
	const char *slash = strchr(id, '/');
	return slash != NULL && has_only(id, (size_t)(slash - id), "0123456789") &&
	       (strcmp(slash + 1, HF_LEDGER_SOURCE) == 0 ||
	               strcmp(slash + 1, HF_LEDGER_PUBLISHED) == 0);
}

static bool ends_with(const char *text, size_t len, const char *end)
{
	size_t end_len = strlen(end);
	return len > end_len && strcmp(text + len - end_len, end) == 0;
}

/* Names of folders and key files are made of these alone (statefolder.c, keyname.c). */
static bool is_key_file(const char *zone)
{
	static const char bytes[] =
	        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+%";
	const char *slash = strchr(zone, '/');
	if (slash == NULL || zone[0] == '.' || !has_only(zone, (size_t)(slash - zone), bytes))
		return false;
	const char *file = slash + 1;
	size_t len = strlen(file);
	if (!has_only(file, len, bytes))
		return false;
	return strcmp(file, TAGS) == 0 ||
	       (file[0] == 'K' &&
	               (ends_with(file, len, ".key") || ends_with(file, len, ".private") ||
	                       ends_with(file, len, ".state")));
}

/* What follows "PART/"; NULL: something else does. */
static const char *below(const char *name, const char *part)
{
	size_t len = strlen(part);
	return strncmp(name, part, len) == 0 && name[len] == '/' ? name + len + 1 : NULL;
}

bool hf_backup_takes(const char *name)
{
	const char *zone = below(name, HF_STATE_ZONES), *keys = below(name, HF_STATE_KEYS);
	if (zone != NULL)
		return is_zone_file(zone);
	return keys != NULL ? is_key_file(keys) : strcmp(name, HF_STORE_FILE) == 0;
}
