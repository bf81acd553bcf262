/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A waypoint: one resting place on the way from a set of keys to another.
 *
 * A rollover is a list of waypoints; the first is where the zone starts, the last is what it is
 * for. A waypoint says what is to be seen, never when: moments come from evidence. Sets of keys are
 * bit masks over the engine's key table. Values, without hidden memory. Thread-safe.
 */
#ifndef HF_ROLLOVER_WAYPOINT_H
#define HF_ROLLOVER_WAYPOINT_H

#include "rollover/policy.h"

typedef uint64_t hf_keys; /* bit i: key i of the table */
#define HF_ROLL_KEYS 64

/* What changes the denial records: the parameters of NSEC3 are the policy's. */
struct hf_way_denial {
	enum hf_denial kind;
	bool opt_out;
};

#define HF_WAYPOINT_NAME 96
#define HF_WAYPOINTS     8 /* of one rollover, the start included */

struct hf_waypoint {
	hf_keys published; /* in the DNSKEY set; none: there is no DNSKEY set */
	hf_keys revoked;   /* of these: with the REVOKE bit (RFC 5011 section 2.1) */
	hf_keys sign_keys; /* sign the DNSKEY set */
	hf_keys sign_data; /* sign everything else, without REVOKE; none: the zone is unsigned */
	hf_keys ds;        /* have their DS at the parent; none: no DS */
	hf_keys anchors;   /* are the trust anchors of those who follow RFC 5011; else none */
	struct hf_way_denial denial;
	bool gradual;   /* signatures may be replaced one by one */
	unsigned needs; /* enum hf_approval: what a person has to agree to before it */
	int64_t hold;   /* seconds to stay at the waypoint before, after that was reached */
	char name[HF_WAYPOINT_NAME]; /* "ZSK 54321 signs" */
};

/* What the parent's robots read in the zone (RFC 7344, RFC 8078). */
enum hf_cds {
	HF_CDS_NONE,   /* no CDS, no CDNSKEY */
	HF_CDS_KEYS,   /* both, for the keys in `ds` */
	HF_CDS_DELETE, /* the form that asks for no DS at all */
};

/* What the zone is to look like now. */
struct hf_wanted {
	struct hf_waypoint waypoint;
	enum hf_cds cds;
};

/* Whether two waypoints are seen as the same from outside; names and holds aside. */
bool hf_waypoint_same(const struct hf_waypoint *a, const struct hf_waypoint *b);
/* The same, of what the zone shows: DNSKEY set, signers, denial. */
bool hf_waypoint_same_zone(const struct hf_waypoint *a, const struct hf_waypoint *b);
unsigned hf_keys_count(hf_keys keys);

#endif
