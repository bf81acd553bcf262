/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The world of caches: everything that resolvers may hold of one zone at a time, and whether every
 * combination of it has a valid path from the DS to the data.
 *
 * A resolver may combine any possible DS set with any possible DNSKEY set and any possible data.
 * One that has proven a DNSKEY set keeps it, for that set's TTL, without looking at the DS set
 * again: for data, a DS set counts for as long as something that it proved may be in caches.
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
	HF_CLAUSE_UNKNOWN, /* nothing at all is known of one kind: what is not seen is not assumed
	                    */
};

/* One combination that fails. Contents that have no part in it are HF_NO_CONTENT. */
struct hf_failure {
	enum hf_clause clause;
	uint32_t ds, dnskey, signers;
	unsigned offered;    /* kinds (1 << kind) that are from the offer */
	enum hf_kind kind;   /* HF_CLAUSE_UNKNOWN: of which nothing is known */
	uint8_t algorithm;   /* the lowest one that has no path; 0 for HF_CLAUSE_UNKNOWN */
	bool algorithm_only; /* another algorithm has one: liberal validators do not fail */
};

struct hf_failures {
	struct hf_failure *list;
	size_t count, cap;
};
void hf_failures_done(struct hf_failures *failures);

/* Possible contents of one kind; over it is HF_ERR_LIMIT. All combinations are tried, so the work
 * grows with its third power: at this bound it is some tenths of a second. */
#define HF_WORLD_CONTENTS 64

/* Whether one combination works: contents by kind. */
bool hf_world_works(const struct hf_evidence *evidence, enum hf_rules rules, hf_time at,
        const uint32_t contents[HF_KINDS]);

/*
 * All failing combinations at `at` of what caches may hold. With an offer: of what they may hold
 * together with it, and only failures that the offer has a part in: a DS set and a DNSKEY set that
 * do not fit fail with any data, so they are no failure of an offer that has neither. Appends to
 * `failures`.
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
 * Since when and until when caches may hold a content, as known at `at`, if all goes on as it is:
 * until HF_TIME_NEVER while it is served. False when no cache can hold it at `at`.
 */
bool hf_world_held(const struct hf_evidence *evidence, uint32_t content, hf_time at,
        hf_time *ret_since, hf_time *ret_until);
/* Until when, if the offer took the place at `at` of what is served of its kinds: `at` when no
 * cache holds it, HF_TIME_NEVER when it is in the offer or may be served for ever. */
hf_time hf_world_held_after(const struct hf_evidence *evidence, uint32_t content,
        const struct hf_offer *offer, hf_time at);
/* Whether resolvers may keep the failure's DNSKEY set, as proven by its DS set, for longer than
 * caches hold that DS set; until when, if all goes on as it is at `at`. */
bool hf_world_kept(const struct hf_evidence *evidence, const struct hf_failure *failure, hf_time at,
        hf_time *ret_until);
/* When resolvers cease to fail by it if the offer took the place at `at` of what is served of its
 * kinds; HF_TIME_NEVER: they do not. */
hf_time hf_world_fails_until(const struct hf_evidence *evidence, const struct hf_failure *failure,
        const struct hf_offer *offer, hf_time at);
/* When the failure ends or may end by waiting from `at` on: a held part leaves the caches, a
 * signature becomes valid. HF_TIME_NEVER: it does not. */
hf_time hf_world_changes(
        const struct hf_evidence *evidence, const struct hf_failure *failure, hf_time at);

#endif
