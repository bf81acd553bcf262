/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A version of a zone: immutable, reference-counted, cheap to derive the next one from.
 *
 * Two trees: `names` (all owners) and `nsec3` (owners of NSEC3 records, holding only those). Both
 * may hold owners outside the zone when the source did; hf_version_in_zone tells. Versions may be
 * read by any number of threads.
 */
#ifndef HF_ZONE_VERSION_H
#define HF_ZONE_VERSION_H

#include "zone/tree.h"

struct hf_version;

struct hf_version *hf_version_ref(const struct hf_version *version); /* returns it */
void hf_version_unref(const struct hf_version *version);             /* NULL is fine */

const struct hf_name *hf_version_apex(const struct hf_version *version); /* borrowed, lower case */
const struct hf_key *hf_version_apex_key(const struct hf_version *version);
const struct hf_tree *hf_version_names(const struct hf_version *version);
const struct hf_tree *hf_version_nsec3(const struct hf_version *version);
const struct hf_node *hf_version_find(const struct hf_version *version, const struct hf_name *name);
/* The apex node; NULL when nothing is there. */
const struct hf_node *hf_version_apex_node(const struct hf_version *version);
/* False when there is no SOA record. */
bool hf_version_soa(const struct hf_version *version, struct hf_soa *ret_soa);
bool hf_version_in_zone(const struct hf_version *version, const struct hf_node *node);

/* Summary over both trees. */
struct hf_summary hf_version_summary(const struct hf_version *version);

/* Counted by a scan of all nodes. */
struct hf_version_counts {
	uint64_t names, rrsets, records, signatures;
	uint64_t wire;   /* bytes of all records, uncompressed */
	uint64_t memory; /* bytes of all nodes */
};
void hf_version_count(const struct hf_version *version, struct hf_version_counts *ret_counts);

/*
 * An edit derives a version from another one (or from nothing). Putting a node routes it: its
 * NSEC3 set goes to the `nsec3` tree, the rest to `names`; what either tree had for that owner is
 * replaced. The base version is never changed.
 */
struct hf_edit;
enum hf_err hf_edit_new(const struct hf_version *base, struct hf_edit **ret_edit) HF_MUST_CHECK;
enum hf_err hf_edit_new_empty(const struct hf_name *apex, struct hf_edit **ret_edit) HF_MUST_CHECK;
void hf_edit_free(struct hf_edit *edit);
/* Replaces everything at the node's owner. Takes a reference of its own. */
enum hf_err hf_edit_put(struct hf_edit *edit, struct hf_node *node) HF_MUST_CHECK;
/* Removes the owner from both trees; HF_ERR_NOTFOUND when it was in neither. */
enum hf_err hf_edit_remove(struct hf_edit *edit, const struct hf_name *owner) HF_MUST_CHECK;
/* The new version (caller owns a reference). The edit is empty afterwards and must be freed. */
enum hf_err hf_edit_commit(struct hf_edit *edit, struct hf_version **ret_version) HF_MUST_CHECK;

/*
 * A version from two finished trees, which it takes over (they are empty afterwards). What bulk
 * work uses: the loader, a whole-zone signing.
 */
enum hf_err hf_version_from_trees(const struct hf_name *apex, struct hf_tree *names,
        struct hf_tree *nsec3, struct hf_version **ret_version) HF_MUST_CHECK;

/* Calls `visit` for each owner that differs, `names` first, then `nsec3`. */
enum hf_err hf_version_diff(const struct hf_version *before, const struct hf_version *after,
        hf_tree_diff_fn *visit, void *context) HF_MUST_CHECK;

#endif
