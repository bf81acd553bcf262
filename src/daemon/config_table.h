/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of settings, made from daemon/config.def: reading a section's mapping into its
 * structure, and freeing what that made. Whether settings fit together is config.c's to say. For
 * the configuration only. One thread at a time.
 */
#ifndef HF_DAEMON_CONFIG_TABLE_H
#define HF_DAEMON_CONFIG_TABLE_H

#include <limits.h>

#include "daemon/config.h"
#include "daemon/config_tree.h"

enum hf_config_kind {
	HF_CONFIG_TEXT,      /* char *, with its length */
	HF_CONFIG_PATH,      /* char *, made absolute by the folder of the file */
	HF_CONFIG_FLAG,      /* bool: yes or no */
	HF_CONFIG_COUNT,     /* unsigned */
	HF_CONFIG_SPAN,      /* int64_t: "90d" */
	HF_CONFIG_CHOICE,    /* unsigned: the number of the word; HF_CONFIG_UNSET */
	HF_CONFIG_NAME,      /* struct hf_name, in lower case */
	HF_CONFIG_COMMAND,   /* char **: a list of words, the first one an absolute path */
	HF_CONFIG_ENDPOINT,  /* struct hf_config_endpoints of one; `low` is the port */
	HF_CONFIG_ENDPOINTS, /* the same of several */
	HF_CONFIG_PREFIX,    /* struct hf_config_prefixes of one */
	HF_CONFIG_KEY,       /* const struct hf_config_key *, by its name */
	HF_CONFIG_MAP,       /* a structure of another section */
	HF_CONFIG_MAPS,      /* a HF_CONFIG_LIST of such structures */
};

#define HF_CONFIG_UNSET UINT_MAX

struct hf_config_reader {
	const char *file, *folder;
	struct hf_diag *diag, *warnings;   /* the warnings may be NULL */
	const struct hf_config_keys *keys; /* that HF_CONFIG_KEY may name */
	bool bad;                          /* something was blamed */
};

/* Refuses one setting; reading goes on behind it. Line 0: the text as a whole. */
void hf_config_blame(struct hf_config_reader *reader, unsigned line, const char *format, ...)
        HF_PRINTF(3, 4);
/* A section's mapping into its zeroed structure. Errors are only those of memory: mistakes are
 * blamed. What was read until then has to be freed in any case. */
enum hf_err hf_config_section_read(struct hf_config_reader *reader, const char *section,
        const struct hf_tree_item *item, void *target) HF_MUST_CHECK;
void hf_config_section_done(const char *section, void *target);

/* A path relative to a folder; NULL: no memory. The caller frees it. */
char *hf_config_path(const char *folder, const char *path);

#endif
