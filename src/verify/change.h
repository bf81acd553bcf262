/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Proving a change good: the next version of a zone whose version before was found good.
 *
 * Looks only at what the difference can have affected, so a change of k of n names costs
 * O(k log n). The verdict, and every error, is what hf_verify_zone says of the version after.
 *
 * The promise that this rests on, which is the caller's: hf_verify_zone found `before` good, or a
 * change that ended in `before` was found good; at a time not later than `options->at`, and less
 * than 68 years before it; with expirations that all lie within 68 years of each other. Without
 * it the verdict means nothing.
 *
 * How each check is judged:
 * - by owner: every check of a record, an RRset, its signatures, its place in the zone. Judged at
 *   every owner that differs; at every owner below a delegation or DNAME that came, went or
 *   changed its kind; at the delegation above what differs (its glue); at every owner with a
 *   signature that ends within twelve hours or has ended; at the apex, always.
 *   A signature that `before` had, over the same records, is not verified again.
 * - by key: where a DNSKEY record came or went, every owner with a signature by its tag and
 *   algorithm; all signatures are looked at for that, but not verified.
 * - by neighbour: the links of NSEC and NSEC3 chains, at the owner behind each one that differs.
 *   A name that came, went or changed, and every name above it, is looked for in the NSEC3
 *   chains, whether it is there, an empty non-terminal or gone.
 * - by zone: keys, DS, CDS, CDNSKEY, ZONEMD and sizes of the apex, each time from the apex; ZONEMD
 *   digests the zone as a whole.
 * - everything, as hf_verify_zone does: when a DNSKEY record brings an algorithm that did not
 *   sign, or cannot be told from another by tag and algorithm; when the NSEC3PARAM records, the
 *   denial method, what the TTL of denial comes from, or a DNAME at the apex change; when opt-out
 *   no longer covers names that it covered; when an NSEC3 record came, went or tells other types
 *   and no touched name accounts for it; when a quarter of the zone is affected.
 *
 * Warnings and notices are those of what was looked at. Key use and opt-out are said of whole
 * zones only. That two names have one NSEC3 hash is not looked for: it takes a collision of SHA-1.
 *
 * Pure: no clock, no I/O. Uses the pool's threads; one verification at a time a pool.
 */
#ifndef HF_VERIFY_CHANGE_H
#define HF_VERIFY_CHANGE_H

#include "verify/verify.h"

/* As hf_verify_zone; the report's `scope` says what was looked at. */
enum hf_err hf_verify_change(const struct hf_version *before, const struct hf_version *after,
        const struct hf_verify_options *options, struct hf_pool *pool,
        const struct hf_progress *progress, struct hf_diag *diag,
        struct hf_report **ret_report) HF_MUST_CHECK;

#endif
