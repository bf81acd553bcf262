/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A node: all RRsets of one owner with their RRSIGs, packed into one immutable block.
 *
 * Owner names are in lower case. RRsets are in ascending order of type. Nodes are shared between
 * versions and threads by atomic reference counts; nobody changes one.
 */
#ifndef HF_ZONE_NODE_H
#define HF_ZONE_NODE_H

#include "base/diag.h"
#include "base/times.h"
#include "dns/rrset.h"

struct hf_node;

struct hf_node *hf_node_ref(const struct hf_node *node); /* returns it */
void hf_node_unref(const struct hf_node *node);          /* NULL is fine */

/* The owner's sort key: borrowed, `*ret_len` bytes. */
const uint8_t *hf_node_key(const struct hf_node *node, size_t *ret_len);
void hf_node_owner(const struct hf_node *node, struct hf_key *ret_key); /* the same, copied */
void hf_node_name(const struct hf_node *node, struct hf_name *ret_name);

size_t hf_node_count(const struct hf_node *node); /* RRsets, those with RRSIGs only included */
void hf_node_at(const struct hf_node *node, size_t index, struct hf_rrset *ret_set);
/* The set of this type, when it is there (with records or RRSIGs). `ret_set` may be NULL. */
bool hf_node_find(const struct hf_node *node, uint16_t type, struct hf_rrset *ret_set);
/* Whether records of this type are there. */
bool hf_node_has(const struct hf_node *node, uint16_t type);

/* Summary of one node, a page or a whole tree: look-ups instead of scans. */
struct hf_summary {
	bool has_expiry;     /* there is a signature */
	uint32_t min_expiry; /* the first RRSIG expiration (serial arithmetic) */
	uint32_t max_ttl;    /* of records and RRSIGs */
};
void hf_summary_add(struct hf_summary *sum, const struct hf_summary *part);
struct hf_summary hf_node_summary(const struct hf_node *node);

/* Whether owner, records, RRSIGs and flags are all the same. */
bool hf_node_equal(const struct hf_node *a, const struct hf_node *b);

/* Bytes of memory that the node takes. */
size_t hf_node_size(const struct hf_node *node);

/*
 * Builds nodes, one after the other, re-using its memory. Records may come in any order; repeats
 * and differing TTLs are noted in the set's flags. RDATA must be in canonical form.
 */
struct hf_node_builder;
enum hf_err hf_node_builder_new(struct hf_node_builder **ret_builder) HF_MUST_CHECK;
void hf_node_builder_free(struct hf_node_builder *builder);
/* Starts a node (forgets one that was not finished). */
void hf_node_begin(struct hf_node_builder *builder, const struct hf_key *owner);
/* One record; RRSIG records are filed under the type that they cover. HF_ERR_SYNTAX for an RRSIG
 * too short to tell, HF_ERR_LIMIT for over 65,535 records in a set or 64 MiB in a node. */
enum hf_err hf_node_add(struct hf_node_builder *builder, uint16_t type, uint32_t ttl,
        struct hf_rdata rdata) HF_MUST_CHECK;
enum hf_node_copy {
	HF_COPY_RECORDS = 1 << 0,
	HF_COPY_SIGS = 1 << 1,
	HF_COPY_ALL = HF_COPY_RECORDS | HF_COPY_SIGS,
};
/* A whole set from a view, flags included. */
enum hf_err hf_node_add_set(struct hf_node_builder *builder, const struct hf_rrset *set,
        enum hf_node_copy what) HF_MUST_CHECK;
/* Adds all sets of another node of the same owner. */
enum hf_err hf_node_add_node(
        struct hf_node_builder *builder, const struct hf_node *node) HF_MUST_CHECK;
/* Packs what was added. `*ret_node` is NULL when nothing was. The caller owns a reference. */
enum hf_err hf_node_finish(
        struct hf_node_builder *builder, struct hf_node **ret_node) HF_MUST_CHECK;

/*
 * Parts a node into what belongs to the tree of names and to that of NSEC3 owners (zone/version.h).
 * Either may come back as NULL, or as a new reference to `node` itself.
 */
enum hf_err hf_node_route(struct hf_node_builder *builder, struct hf_node *node,
        struct hf_node **ret_names, struct hf_node **ret_nsec3) HF_MUST_CHECK;

/*
 * The node codec: a node as portable bytes, for journals and snapshots. Decoding checks every
 * bound, order and length; a node that it returns is as good as a built one. HF_ERR_SYNTAX.
 */
void hf_node_put(struct hf_buf *out, const struct hf_node *node);
enum hf_err hf_node_get(struct hf_cursor *in, struct hf_node **ret_node) HF_MUST_CHECK;

#endif
