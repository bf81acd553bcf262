/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The world of caches: everything that resolvers may hold of one zone at a time, and whether every
 * combination of it has a valid path from the DS to the data.
 *
 * A resolver may combine any possible DS set with any possible DNSKEY set and any possible data.
 * Versions are few, so all combinations are tried. Pure and exact; thread-safe.
 */
#ifndef HF_COHERENCE_WORLD_H
#define HF_COHERENCE_WORLD_H

#include "coherence/evidence.h"

enum hf_rules {
	HF_RULES_STRICT = 0, /* a valid path for each algorithm (RFC 4035 section 2.2), SHA-1 DS
	                        ignored beside better ones (RFC 4509 section 3) */
	HF_RULES_LIBERAL = 1 << 0, /* one valid path is enough (RFC 6840 section 5.11) */
};

/* What would be served from now on: a version of the zone, a DS set at the parent, or both. */
struct hf_offer {
	uint32_t serial;
	const struct hf_served *served; /* one DS set, or one DNSKEY set and the signer sets … */
	size_t count;
	uint64_t rrsets; /* authoritative data RRsets; 0 when not known */
	/* The signature that has least left beyond its TTL; `frail_type` 0: no signatures. */
	struct hf_name frail_owner;
	uint16_t frail_type;
	uint32_t frail_ttl;
	hf_time frail_expiration;
};

enum hf_clause {
	HF_CLAUSE_LINKED,  /* no DS leads to a key that signs the DNSKEY set */
	HF_CLAUSE_COVERED, /* no key of the DNSKEY set signs the data */
};

/* One combination that fails. */
struct hf_failure {
	enum hf_clause clause;
	uint32_t ds, dnskey, signers; /* contents; signers is HF_NO_CONTENT for HF_CLAUSE_LINKED */
	unsigned offered;             /* kinds (1 << kind) that are from the offer */
	uint8_t algorithm;            /* the one that has no path */
};

struct hf_failures {
	struct hf_failure *list;
	size_t count, cap;
};
void hf_failures_done(struct hf_failures *failures);

#define HF_WORLD_CONTENTS 256 /* possible contents of one kind; over it is HF_ERR_LIMIT */

/*
 * All failing combinations at `at` of what caches may hold. With an offer: of what they may hold
 * together with it, and only those that involve it. Appends to `failures`.
 */
enum hf_err hf_world_failures(const struct hf_evidence *evidence, const struct hf_offer *offer,
        enum hf_rules rules, hf_time at, struct hf_failures *failures) HF_MUST_CHECK;

/*
 * The first moment from `at` on at which the offer is safe if nothing else changes until then;
 * HF_TIME_NEVER when waiting alone does not make it so. Exact to the second.
 */
enum hf_err hf_world_earliest(const struct hf_evidence *evidence, const struct hf_offer *offer,
        enum hf_rules rules, hf_time at, hf_time *ret_earliest) HF_MUST_CHECK;

/*
 * Until when caches may hold a content if it goes on as it is: HF_TIME_NEVER while it is served.
 * `ret_since`: since when. False when no cache can hold it at `at`.
 */
bool hf_world_held(const struct hf_evidence *evidence, uint32_t content, hf_time at,
        hf_time *ret_since, hf_time *ret_until);
/* Until when, if the offer replaced at `at` what this signer or the parent serves of its kinds. */
hf_time hf_world_held_after(const struct hf_evidence *evidence, uint32_t content,
        const struct hf_offer *offer, hf_time at);

#endif
