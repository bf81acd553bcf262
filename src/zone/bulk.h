/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bulk building: records in file order in, a version out.
 *
 * Consecutive records of one owner become a node at once, so memory holds packed nodes and never
 * a second copy of the zone. At the end the nodes are sorted (unless they came sorted) and owners
 * that came in several pieces are merged. One thread at a time.
 */
#ifndef HF_ZONE_BULK_H
#define HF_ZONE_BULK_H

#include "zone/version.h"

struct hf_bulk;

enum hf_err hf_bulk_new(struct hf_bulk **ret_bulk) HF_MUST_CHECK;
void hf_bulk_free(struct hf_bulk *bulk);
/* Owner in any case, RDATA in canonical form. Errors as hf_node_add. */
enum hf_err hf_bulk_add(struct hf_bulk *bulk, const struct hf_name *owner, uint16_t type,
        uint32_t ttl, struct hf_rdata rdata) HF_MUST_CHECK;
/* A finished node; takes a reference of its own. */
enum hf_err hf_bulk_add_node(struct hf_bulk *bulk, struct hf_node *node) HF_MUST_CHECK;
/* Packs the last node and sorts what is there: work that can be done before the bulk is finished,
 * in a thread of its own. */
enum hf_err hf_bulk_seal(struct hf_bulk *bulk) HF_MUST_CHECK;
/* Takes over the nodes of a sealed bulk, behind its own. `from` is empty afterwards. */
enum hf_err hf_bulk_take(struct hf_bulk *bulk, struct hf_bulk *from) HF_MUST_CHECK;
/* The bulk is empty afterwards. */
enum hf_err hf_bulk_finish(struct hf_bulk *bulk, const struct hf_name *apex,
        struct hf_version **ret_version) HF_MUST_CHECK;

#endif
