/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How large a zone and its answers are, or would be with other signatures.
 *
 * A profile is what one walk over a real zone counts, DNSSEC records left out; from it follows the
 * size with any set of signing keys and any denial records, without signing anything. Names below
 * delegations are glue and get no signatures. Answers are counted in bins of HF_PROFILE_BIN bytes,
 * which is how exact the numbers of typical and truncated ones are. A profile is plain data. Pure
 * and thread-safe.
 */
#ifndef HF_ROLLOVER_SIZES_ZONE_H
#define HF_ROLLOVER_SIZES_ZONE_H

#include "rollover/policy.h"
#include "rollover/sizes_answer.h"

#include "zone/version.h"

/* Owners that get a denial record, and what they add. */
struct hf_zone_denied {
	uint64_t owners;
	uint64_t names;   /* bytes of all their names */
	uint64_t bitmaps; /* bytes of all their type bitmaps */
};

#define HF_PROFILE_BIN  16 /* bytes */
#define HF_PROFILE_BINS (HF_ANSWER_UDP / HF_PROFILE_BIN + 1)

struct hf_zone_profile {
	size_t apex;                /* bytes of the zone's name */
	uint64_t names;             /* owners, glue included */
	uint64_t rrsets;            /* authoritative ones: each gets signatures */
	uint64_t rrset_names;       /* bytes of their owners */
	uint64_t records;           /* all but DNSSEC's */
	uint64_t wire;              /* bytes of these */
	uint64_t memory;            /* bytes of nodes with these */
	size_t node_memory;         /* bytes of a node beside its sets and its key */
	size_t soa;                 /* bytes of the SOA RDATA */
	uint32_t largest_ttl;       /* of an authoritative RRset */
	uint32_t denial_ttl;        /* RFC 9077 */
	struct hf_zone_denied nsec; /* with NSEC: all authoritative owners and delegations */
	struct hf_zone_denied
	        insecure;          /* of these, delegations without DS: opt-out leaves them out */
	uint64_t empties;          /* empty non-terminals; NSEC3 has records for them too */
	uint64_t insecure_empties; /* of these, those above delegations without DS only */
	/* Positive answers by their size without signatures; the last bin has all larger ones. */
	uint64_t answers[HF_PROFILE_BINS];
};

/* HF_ERR_INVALID: there is no SOA record. */
enum hf_err hf_zone_profile_make(
        const struct hf_version *version, struct hf_zone_profile *ret_profile) HF_MUST_CHECK;

/* Signatures and denial as a waypoint has them. */
struct hf_zone_shape {
	const struct hf_key_size *published; /* in the DNSKEY RRset */
	size_t published_count;
	const struct hf_key_size *sign_keys; /* sign it */
	size_t sign_keys_count;
	const struct hf_key_size *sign_data; /* all of them sign all the rest */
	size_t sign_data_count;
	size_t sync_records; /* CDS and CDNSKEY records */
	size_t sync_rdata;   /* bytes of their RDATA */
	struct hf_policy_denial denial;
	bool zonemd;
};

struct hf_zone_size {
	uint64_t signatures;
	uint64_t records;   /* all */
	uint64_t wire;      /* bytes of all records, uncompressed: about what a transfer takes */
	uint64_t memory;    /* bytes of all nodes */
	size_t dnskey;      /* the DNSKEY answer */
	size_t typical;     /* a positive answer of median size */
	size_t negative;    /* a name that does not exist, of average length */
	uint64_t truncated; /* authoritative RRsets whose answer is over HF_ANSWER_UDP */
};
/* `sign_data_count` 0: an unsigned zone. */
void hf_zone_size(const struct hf_zone_profile *profile, const struct hf_zone_shape *shape,
        struct hf_zone_size *ret_size);

#endif
