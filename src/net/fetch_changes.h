/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changes to a version, record by record, as IXFR has them (RFC 1995 section 4).
 *
 * They are collected in the order in which they come and made all at once: each owner that is
 * touched is built anew, everything else is shared with the base. They fit only when each record
 * that goes is there at that point, and each one that comes is not; the TTL of a record that goes
 * does not count. Work is O(n log n) in the number of changes and in the size of the owners that
 * they touch. For the transfer client. One thread at a time.
 */
#ifndef HF_NET_FETCH_CHANGES_H
#define HF_NET_FETCH_CHANGES_H

#include "zone/version.h"

struct hf_fetch_changes;

enum hf_err hf_fetch_changes_new(struct hf_fetch_changes **ret_changes) HF_MUST_CHECK;
void hf_fetch_changes_free(struct hf_fetch_changes *changes);

enum hf_fetch_change { HF_FETCH_REMOVE, HF_FETCH_ADD };
/* One more change. RDATA in canonical form. */
enum hf_err hf_fetch_changes_put(struct hf_fetch_changes *changes, enum hf_fetch_change change,
        const struct hf_name *owner, uint16_t type, uint32_t ttl,
        struct hf_rdata rdata) HF_MUST_CHECK;

/*
 * The base with all changes made. HF_ERR_INVALID, with a sentence about the first one (in canonical
 * order of owners) that does not fit; HF_ERR_LIMIT as hf_node_add. The changes are of no further
 * use, whatever comes back. The caller owns a reference to the version.
 */
enum hf_err hf_fetch_changes_make(struct hf_fetch_changes *changes, const struct hf_version *base,
        struct hf_diag *diag, struct hf_version **ret_version) HF_MUST_CHECK;

#endif
