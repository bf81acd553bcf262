/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An edition: a published version of a zone, and the steps that lead to it from earlier ones.
 *
 * It is what secondaries are served from: the version whole (AXFR), or the steps since the serial
 * that they have (IXFR). A step keeps the nodes that differ, not the versions, so what did not
 * change is there once. Steps that together would be larger than the zone are of no use and are
 * forgotten, the oldest first: an edition never takes more memory than about twice its zone.
 *
 * Making one may take long for a large change, so it belongs on a worker's thread. Immutable and
 * reference-counted; any thread may use it.
 */
#ifndef HF_NET_EDITION_H
#define HF_NET_EDITION_H

#include "zone/version.h"

struct hf_edition;

#define HF_EDITION_STEPS 100 /* that are kept unless told otherwise */

/* An edition without steps. Takes a reference to the version, which must have a SOA record
 * (HF_ERR_INVALID). The caller owns a reference to the edition. */
enum hf_err hf_edition_new(
        const struct hf_version *version, struct hf_edition **ret_edition) HF_MUST_CHECK;
/*
 * The edition after `last`: its steps, and the one from its version to this one, `steps` at most
 * (0 stands for HF_EDITION_STEPS). When the serial does not go forward (RFC 1982), secondaries
 * cannot follow, and the new edition has no steps. `last` stays as it is. HF_ERR_INVALID: no SOA
 * record, or another zone.
 */
enum hf_err hf_edition_next(const struct hf_edition *last, const struct hf_version *version,
        size_t steps, struct hf_edition **ret_edition) HF_MUST_CHECK;
/* That of a whole history, oldest first, at least one: what a journal gives back. */
enum hf_err hf_edition_from_history(const struct hf_version *const *versions, size_t count,
        size_t steps, struct hf_edition **ret_edition) HF_MUST_CHECK;

struct hf_edition *hf_edition_ref(const struct hf_edition *edition); /* returns it */
void hf_edition_unref(const struct hf_edition *edition);             /* NULL is fine */

const struct hf_version *hf_edition_version(const struct hf_edition *edition); /* borrowed */
uint32_t hf_edition_serial(const struct hf_edition *edition);
size_t hf_edition_steps(const struct hf_edition *edition);

#endif
