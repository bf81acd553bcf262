/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a version of a zone serves, as the gate needs it: its DNSKEY set and who signs it, the
 * distinct signer sets of its authoritative data with their largest TTLs, and the signature that
 * has least left.
 *
 * Which RRsets are authoritative is derived here from the records alone. A key counts as a signer
 * only if its signature verifies, at whatever time; when it is valid is part of the content. Keys
 * are looked for among all that the evidence knows, because data may be signed by keys that its own
 * version lacks. Uses the pool's threads.
 */
#ifndef HF_COHERENCE_SURVEY_H
#define HF_COHERENCE_SURVEY_H

#include "base/pool.h"
#include "coherence/world.h"
#include "zone/version.h"

enum hf_survey_flags {
	HF_SURVEY_VERIFY = 0,
	HF_SURVEY_VERIFIED = 1 << 0, /* the caller has proved every signature: go by key tags where
	                                they tell keys apart */
};

struct hf_survey_memory;

struct hf_survey {
	struct hf_offer offer;    /* its `served` is owned here */
	struct hf_served *served; /* the DNSKEY set first, then the signer sets */
	uint32_t soa_expire;
	struct hf_survey_memory *memory; /* what hf_survey_change goes on from */
	const char *whole; /* why everything was looked at, in words; NULL: only a change was */
};

/*
 * Interns what it finds in the evidence. `at` is the point around which RRSIG stamps are read
 * (RFC 4034 section 3.1.5). HF_ERR_LIMIT: more distinct sets than evidence holds.
 */
enum hf_err hf_survey_version(const struct hf_version *version, enum hf_survey_flags flags,
        hf_time at, struct hf_pool *pool, const struct hf_progress *progress,
        struct hf_evidence *evidence, struct hf_diag *diag,
        struct hf_survey *ret_survey) HF_MUST_CHECK;
/* What was surveyed before, in the same evidence. */
struct hf_survey_since {
	const struct hf_survey *survey;
	const struct hf_version *version;
};
/*
 * The same survey in O(k log n) for k owners that changed since, of versions that share pages
 * (hf_edit). What a delegation or a DNAME that came or went uncovers or hides counts as changed.
 * The result is what hf_survey_version gives, to the last field, `whole` apart. When a change
 * touches what is known of all signatures (another key bears the tag of one, a key of the DNSKEY
 * set comes or goes that has signed what did not change), everything is looked at. The survey
 * before stays as it is.
 */
enum hf_err hf_survey_change(const struct hf_survey_since *since, const struct hf_version *version,
        enum hf_survey_flags flags, hf_time at, struct hf_pool *pool, struct hf_evidence *evidence,
        struct hf_diag *diag, struct hf_survey *ret_survey) HF_MUST_CHECK;
/* Interns the keys of the version's DNSKEY set and nothing else: for all versions before the first
 * survey, when data may be signed by keys that only another version has. */
enum hf_err hf_survey_keys(const struct hf_version *version, struct hf_evidence *evidence,
        struct hf_diag *diag) HF_MUST_CHECK;
void hf_survey_done(struct hf_survey *survey);

#endif
