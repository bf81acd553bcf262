/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lookout: what the parent's servers and a zone's secondaries really serve now.
 *
 * Every address is asked for itself, and what it says counts for it alone: an answer from another
 * address, or to another question, is passed over. Of the parent nothing is believed that is not
 * proven from a trust anchor down; where it cannot be proven because the parent is not signed, the
 * answer is marked so and the caller decides. What secondaries say is compared with versions that
 * the caller published; the comparison is pure.
 *
 * It is one view of the world: behind an anycast address are many servers, of which one answered.
 *
 * Both look-outs are synchronous: they run on the calling thread with an event loop of their own,
 * within the limits of the resolver's options. Any number of threads may look out at the same time.
 * Results are plain data that the caller owns.
 */
#ifndef HF_NET_LOOKOUT_H
#define HF_NET_LOOKOUT_H

#include "net/resolver.h"
#include "rollover/policy.h"

#define HF_LOOKOUT_ADDRESSES HF_POLICY_PLACES /* of one parent, or secondaries of one zone */
#define HF_LOOKOUT_SAMPLES   16
#define HF_LOOKOUT_TIMEOUT   1000 /* milliseconds for the first try; the second gets twice that */

/* An RRset as it was served: records, RRSIGs and TTLs. */
struct hf_seen_set {
	struct hf_rrset set; /* rr_count 0: there are no such records */
	uint8_t *bytes;      /* what the view borrows */
};

/* ---- The parent ---- */

enum hf_ds_state {
	HF_DS_SILENT,   /* no answer, or none that says anything: `why` */
	HF_DS_UNPROVEN, /* an answer that validating resolvers refuse: `why`. Not to be believed */
	HF_DS_UNSIGNED, /* an authoritative answer that nothing above signs: `why`. The caller
	                   decides */
	HF_DS_ABSENT,   /* proven: there is no DS record */
	HF_DS_PRESENT,  /* proven: just the records in `ds` */
};
/* "silent", "unproven", … */
const char *hf_ds_state_name(enum hf_ds_state state);

/* What one address of the parent says about the zone's DS set. */
struct hf_ds_sight {
	char place[HF_PLACE_MAX]; /* as the policy has it, else "ADDRESS"; "@PORT" if not 53 */
	struct hf_name server;    /* the name server's name; the root when the policy gave places */
	enum hf_ds_state state;
	char *why;             /* a sentence without full stop; NULL when it is proven */
	bool authoritative;    /* the answer's AA flag */
	uint16_t rcode;        /* NXDOMAIN: the zone is not even delegated */
	struct hf_seen_set ds; /* what it said, also when that is not proven */
	/* How long caches may hold what it said: of the DS set its TTL as served, of an absence the
	 * larger one of the SOA's negative TTL and those of the NSEC and NSEC3 records. */
	uint32_t ttl;
	bool has_serial;
	uint32_t serial; /* of the parent zone, at this address; a hint, not proven */
	hf_time at;      /* when the answer was there: `now`, and the time that passed since */
};

struct hf_parent_question {
	struct hf_name zone; /* whose DS set; not the root */
	const struct hf_anchors *anchors;
	/* Every address that counts, as the policy has them. NULL or empty: all addresses of all
	 * name servers that the zone above names for the parent, or the parent for itself. */
	const struct hf_places *servers;
	/* How the chain down to the parent is asked for, and the port of places without one. A
	 * timeout of 0 is HF_LOOKOUT_TIMEOUT for the parent's addresses. `unpublished` must be
	 * NULL. */
	struct hf_resolver_options resolver;
	hf_time now;
};

struct hf_parent_report {
	struct hf_name parent; /* the zone above */
	struct hf_ds_sight *sights;
	size_t count;
	/* Name servers without an address, and addresses over HF_LOOKOUT_ADDRESSES: the sights are
	 * not the whole parent. */
	size_t unseen;
	char *why; /* without sights: why nobody could be asked; else NULL. Freed with the rest */
};

void hf_parent_report_done(struct hf_parent_report *report);
/*
 * Asks every address, each answer judged by a chain of its own. Addresses that are silent, lie or
 * differ are part of the report, not errors. HF_ERR_INVALID: the root has no parent; a place is no
 * address; or a forwarder is set and no places are (behind it the parent's addresses are not to be
 * known). HF_ERR_NOTFOUND: the parent, or any address of it, could not be found: with a sentence.
 */
enum hf_err hf_lookout_parent(const struct hf_parent_question *question, struct hf_diag *diag,
        struct hf_parent_report *ret_report) HF_MUST_CHECK;

/* ---- Secondaries ---- */

/* A name and type that the caller picked from its own version. */
struct hf_sample {
	struct hf_name name;
	uint16_t type;
};

enum hf_seen_state {
	HF_SEEN_SILENT,  /* no answer */
	HF_SEEN_REFUSED, /* an answer with an error, or from a server that does not have the zone */
	HF_SEEN_NONE,    /* it says that there are no such records */
	HF_SEEN_RECORDS,
};

/* What a secondary answered to one question, without recursion. */
struct hf_seen {
	enum hf_seen_state state;
	struct hf_seen_set set; /* RECORDS */
};

/* A signature over the DNSKEY set that verifies; at what time it is valid is not judged. */
struct hf_seen_signing {
	uint16_t key; /* index of the record in the DNSKEY set */
	hf_time inception, expiration;
};
#define HF_SEEN_SIGNINGS 64 /* more are not looked at, nor more verified */

struct hf_zone_sight {
	char place[HF_PLACE_MAX]; /* as the caller gave it */
	bool serves;              /* it answered with the zone's SOA: `serial` */
	char *why;                /* why not, in words; else NULL */
	uint32_t serial;
	struct hf_seen soa, dnskey;
	struct hf_seen_signing *signings;
	size_t signing_count;
	struct hf_seen *samples; /* one for each of the caller's, in its order */
	size_t sample_count;
	hf_time at; /* when the last answer was there: `now`, and the time that passed since */
};

struct hf_secondary_question {
	struct hf_name zone;
	const struct hf_places *servers;
	/* The TSIG key of each server, in their order; a NULL among them: none. NULL: no keys. A
	 * server that does not take its key for questions is asked without it. */
	const struct hf_tsig_key *const *keys;
	const struct hf_sample *samples; /* at most HF_LOOKOUT_SAMPLES */
	size_t sample_count;
	unsigned timeout; /* milliseconds for the first try; 0: HF_LOOKOUT_TIMEOUT */
	/* 0 in `packets`: as many as it takes to ask each address for everything twice. */
	struct hf_wire_limits limits;
	struct hf_capture *capture; /* borrowed; may be NULL */
	hf_time now;
};

struct hf_secondary_report {
	struct hf_zone_sight *sights; /* one for each server, in the caller's order */
	size_t count;
};

void hf_secondary_report_done(struct hf_secondary_report *report);
/*
 * Asks every secondary for SOA and DNSKEY set and for the samples. One that does not answer for the
 * SOA is not asked for the rest. HF_ERR_INVALID: a place is no address. HF_ERR_LIMIT: too many
 * samples.
 */
enum hf_err hf_lookout_secondary(const struct hf_secondary_question *question, struct hf_diag *diag,
        struct hf_secondary_report *ret_report) HF_MUST_CHECK;

/* ---- Comparing ---- */

enum hf_likeness {
	HF_LIKE_SAME, /* records and signatures are the version's, no TTL is larger; or neither has
	               * any
	               */
	HF_LIKE_DIFFERS, /* other records, signatures, or a larger TTL; or the version has none */
	HF_LIKE_MISSING, /* the version has records, the secondary says there are none */
	HF_LIKE_UNKNOWN, /* it did not say */
};
/* Pure. What was seen of a name and type beside what a version has. */
enum hf_likeness hf_seen_compare(const struct hf_seen *seen, const struct hf_version *version,
        const struct hf_name *name, uint16_t type);

#define HF_SERVES_NONE SIZE_MAX
/*
 * Pure. The first of these versions that the secondary serves: its SOA and DNSKEY sets are the
 * version's, and so is every sample that it answered. HF_SERVES_NONE when it serves none of them,
 * or did not say enough. The samples are those of the question.
 */
size_t hf_sight_version(const struct hf_zone_sight *sight, const struct hf_sample *samples,
        struct hf_version *const *versions, size_t count);

#endif
