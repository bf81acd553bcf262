/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trust anchors over time: the client's side of RFC 5011.
 *
 * A trust point is a zone with trust anchors, and what was learnt of its keys. It is shown DNSKEY
 * sets as they were received, and moves keys through the states of RFC 5011 section 4: a new key
 * becomes an anchor only after it was in every set for the add hold-down, a key that revokes itself
 * never is one again. A set counts only when a key that is trusted now signed it; all that an
 * unproven set can do is revoke the key that signed the revocation itself.
 *
 * Pure: the time and the observation are arguments, and everything that must survive a restart is
 * in the trust point. Keys are told apart by their RDATA, never by tag. One thread at a time.
 */
#ifndef HF_CHAIN_TRUSTPOINT_H
#define HF_CHAIN_TRUSTPOINT_H

#include "base/times.h"
#include "chain/anchors.h"

#define HF_TRUST_KEYS            64      /* keys known of a zone; more are not taken up */
#define HF_TRUST_VERIFICATIONS   64      /* signatures verified for one observation */
#define HF_TRUST_ADD_HOLDDOWN    2592000 /* 30 days */
#define HF_TRUST_REMOVE_HOLDDOWN 2592000

enum hf_trust_state {
	HF_TRUST_START,   /* not known; never in a trust point */
	HF_TRUST_ADDPEND, /* seen, and waiting for the end of the add hold-down */
	HF_TRUST_VALID,
	HF_TRUST_MISSING, /* trusted, and not in the last set */
	HF_TRUST_REVOKED,
	HF_TRUST_REMOVED, /* kept only so that it never comes back */
};
/* "addpend", "valid", … */
const char *hf_trust_state_name(enum hf_trust_state state);
/* Whether a key in this state is a trust anchor. */
bool hf_trust_state_trusted(enum hf_trust_state state);

struct hf_trust_key {
	uint8_t *data; /* DNSKEY RDATA without the REVOKE flag */
	uint16_t len;
	enum hf_trust_state state;
	hf_time since; /* when it got into the state */
	hf_time due;   /* end of the hold-down; HF_TIME_NONE: none is running */
};

struct hf_trust_point {
	struct hf_name zone;
	struct hf_anchors seeds; /* DS records that were given, whose keys were not seen yet */
	struct hf_trust_key *keys;
	size_t count;
	hf_time checked; /* the last observation, whatever it was; HF_TIME_NONE: never */
	hf_time proven;  /* the last set that was signed by a trusted key */
	hf_time next;    /* when to ask again */
	uint32_t ttl;    /* of the last proven set, as signed */
	int64_t life;    /* seconds that its signature had left */
};

/* Zero-initialised but for the zone is empty. */
void hf_trust_point_init(struct hf_trust_point *point, const struct hf_name *zone);
void hf_trust_point_done(struct hf_trust_point *point);
/*
 * Adds an anchor of this zone that is believed as it is given: a DNSKEY is valid at once, a DS
 * until its key is seen. One that is known already, in whatever state, stays as it is.
 */
enum hf_err hf_trust_point_seed(struct hf_trust_point *point, const struct hf_anchor *anchor,
        hf_time now, struct hf_diag *diag) HF_MUST_CHECK;

enum hf_trust_outcome {
	HF_TRUST_PROVEN,   /* signed by a trusted key: the state is up to date */
	HF_TRUST_UNPROVEN, /* signed by none: only revocations, if any, were believed */
	HF_TRUST_SILENT,   /* there was no set */
	HF_TRUST_CLOCK,    /* the clock is before the last observation: nothing was changed */
};

struct hf_trust_change {
	uint16_t tag;
	enum hf_trust_state from, to;
};

struct hf_trust_result {
	enum hf_trust_outcome outcome;
	struct hf_trust_change changes[2 * HF_TRUST_KEYS];
	size_t count;
	bool full; /* a new key was passed over: HF_TRUST_KEYS are known */
};

/*
 * Takes note of the DNSKEY set with its RRSIGs, or of there being none (NULL). On failure nothing
 * changes.
 */
enum hf_err hf_trust_point_observe(struct hf_trust_point *point, const struct hf_rrset *set,
        hf_time now, struct hf_trust_result *ret_result) HF_MUST_CHECK;

/* Anchors that a validator can use now: trusted keys, and seeds. */
size_t hf_trust_point_usable(const struct hf_trust_point *point);
/* Whether all that it had was revoked: it counts as never configured (RFC 5011 section 5). */
bool hf_trust_point_deleted(const struct hf_trust_point *point);
/* Adds what is trusted now: DNSKEY records of keys, DS records of seeds. */
enum hf_err hf_trust_point_anchors(
        const struct hf_trust_point *point, struct hf_anchors *anchors) HF_MUST_CHECK;
/* The tag that the key has, or had before it was revoked. */
uint16_t hf_trust_key_tag(const struct hf_trust_key *key);

/* Seconds to the next query after a good one and after a failure (RFC 5011 section 2.3). */
int64_t hf_trust_query_interval(uint32_t ttl, int64_t life);
int64_t hf_trust_retry_interval(uint32_t ttl, int64_t life);

#endif
