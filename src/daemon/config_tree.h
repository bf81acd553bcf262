/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A YAML document as a tree of words, lists and mappings with their lines. Names that a mapping has
 * twice are refused. Words are wiped when the tree goes: there may be secrets among them. For the
 * configuration only. One thread at a time.
 */
#ifndef HF_DAEMON_CONFIG_TREE_H
#define HF_DAEMON_CONFIG_TREE_H

#include <stdbool.h>

#include "base/diag.h"

enum hf_tree_kind {
	HF_TREE_WORD,
	HF_TREE_LIST,
	HF_TREE_MAP,
};

struct hf_tree_item {
	enum hf_tree_kind kind;
	unsigned line;
	char *name; /* inside a mapping; else NULL */
	unsigned name_line;
	char *word;                 /* of a word */
	struct hf_tree_item *first; /* of a list or mapping; in the order of the file */
	struct hf_tree_item *next;
};

/* One document, a mapping. HF_ERR_SYNTAX, HF_ERR_LIMIT, with a sentence. Repeated names are told
 * and make `*ret_bad` true; the tree is there so that other mistakes can be told, too. */
enum hf_err hf_config_tree_read(const char *file, const char *text, size_t len,
        struct hf_diag *diag, struct hf_tree_item **ret_tree, bool *ret_bad) HF_MUST_CHECK;
/* That of a mapping's settings that has the name; NULL when there is none. */
const struct hf_tree_item *hf_config_tree_find(const struct hf_tree_item *map, const char *name);
/* Adds a word to a mapping, without a line. */
enum hf_err hf_config_tree_add(
        struct hf_tree_item *map, const char *name, const char *word) HF_MUST_CHECK;
void hf_config_tree_free(struct hf_tree_item *tree);

#endif
