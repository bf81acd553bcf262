/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signing a change: the next signed version from the last one, in O(k log n) for k changed owners.
 *
 * Only what the change touches is signed anew: the changed owners, their neighbours in the denial
 * chain, empty non-terminals that come or go, what a delegation or a DNAME uncovers or hides, and
 * the apex, whose serial moves on. Everything else is shared with the last version, signatures to
 * the byte. When something concerns every owner (other signing keys, another kind of denial, other
 * options), the whole zone is signed, with the last version's signatures where they fit; the result
 * says so. What a new or removed cut hides or uncovers counts as changed; below an empty
 * non-terminal that loses an owner, insecure delegations without NSEC3 records may be walked over.
 * A ZONEMD digest is over the whole zone, and costs a walk over it each time.
 * Pure, as sign/sign.h: no version is changed, whether it succeeds or not. One signing at a time a
 * pool.
 */
#ifndef HF_SIGN_SIGN_CHANGE_H
#define HF_SIGN_SIGN_CHANGE_H

#include "sign/sign.h"

/*
 * How the last signed version (the job's `previous`) came about: it must be a result of
 * hf_sign_zone or of the functions here. The versions are quick to compare when they share pages
 * (hf_edit).
 */
struct hf_sign_since {
	const struct hf_version *zone;         /* the unsigned version; NULL: not known any more */
	const struct hf_sign_options *options; /* the options then; NULL: not known any more */
	const struct hf_sign_duties *duties;   /* the duties then; NULL: by the keys' times */
};

struct hf_sign_next {
	struct hf_sign_result result;
	const char *whole; /* why the whole zone was signed, in words; NULL: it was not */
	uint64_t owners;   /* looked at, denial records apart; not when the whole zone was signed */
	bool more;         /* signatures that are due were left for the next call */
};

/* The next version for the job's `zone`. Errors as hf_sign_zone. */
enum hf_err hf_sign_change(const struct hf_sign_job *job, const struct hf_sign_since *since,
        struct hf_pool *pool, struct hf_diag *diag, struct hf_sign_next *ret_next) HF_MUST_CHECK;

/*
 * The same, and signatures with less than the option `refresh` left (or less than the TTL of what
 * they sign) are made anew, those of at most `max` owners and denial records a call (at least 2),
 * so that the work spreads over calls. When there is nothing to do, the result is the last version
 * itself. Needs a serial policy that moves on (not HF_SERIAL_KEEP).
 */
enum hf_err hf_sign_refresh(const struct hf_sign_job *job, const struct hf_sign_since *since,
        size_t max, struct hf_pool *pool, struct hf_diag *diag,
        struct hf_sign_next *ret_next) HF_MUST_CHECK;

#endif
