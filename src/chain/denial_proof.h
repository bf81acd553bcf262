/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What proven NSEC and NSEC3 records say about names and types that are not there
 * (RFC 4035 section 5.4, RFC 5155 section 8, RFC 6840 section 4).
 *
 * Records are given once they are proven; then questions about names of the zone are answered from
 * them alone. For this part only; one thread at a time.
 */
#ifndef HF_CHAIN_DENIAL_PROOF_H
#define HF_CHAIN_DENIAL_PROOF_H

#include "chain/effort.h"

#define HF_DENIAL_RECORDS 32 /* of each kind; an answer needs at most three */

/* One record: what it matches, and the span behind it. Borrows the message that it came in. */
struct hf_denial_record {
	struct hf_name owner;
	struct hf_name next; /* NSEC */
	uint8_t hash[HF_NSEC3_HASH_LEN];
	const uint8_t *next_hash;
	bool opt_out;
	const uint8_t *bitmap;
	uint16_t bitmap_len;
};

struct hf_denial_proof {
	const struct hf_name *zone;
	struct hf_effort *effort;
	struct hf_denial_record nsec[HF_DENIAL_RECORDS];
	size_t nsec_count;
	struct hf_denial_record nsec3[HF_DENIAL_RECORDS];
	size_t nsec3_count;
	struct hf_nsec3_params
	        params;  /* of the first NSEC3 record; the others must have the same */
	bool too_costly; /* more iterations than are computed */
};

enum hf_denied {
	HF_DENIED_NOT,   /* nothing is proven; the cause says why */
	HF_DENIED_NAME,  /* the name does not exist */
	HF_DENIED_TYPE,  /* the name exists, perhaps by a wildcard, and has no such type */
	HF_DENIED_MAYBE, /* opt-out or too many iterations: as good as no DNSSEC here */
};

struct hf_denial_verdict {
	enum hf_denied denied;
	enum hf_cause cause; /* with NOT and MAYBE; also with NAME and TYPE in a span of opt-out */
	bool delegation;     /* with TYPE: the name is a zone cut, seen from above */
	uint32_t number;     /* of iterations, or hashes */
};

/* Borrows both. */
void hf_denial_init(
        struct hf_denial_proof *denial, const struct hf_name *zone, struct hf_effort *effort);
/* A proven NSEC or NSEC3 set; one that cannot be used is passed over. */
void hf_denial_add(
        struct hf_denial_proof *denial, const struct hf_name *owner, const struct hf_rrset *set);

/* Whether a name of the zone has no records of this type. */
enum hf_err hf_denial_judge(const struct hf_denial_proof *denial, const struct hf_name *name,
        uint16_t type, struct hf_denial_verdict *ret_verdict) HF_MUST_CHECK;
/*
 * Whether a name that was answered from a wildcard may have been: `labels` are those of the
 * wildcard's parent. HF_DENIED_NAME when it may.
 */
enum hf_err hf_denial_judge_expansion(const struct hf_denial_proof *denial,
        const struct hf_name *name, unsigned labels,
        struct hf_denial_verdict *ret_verdict) HF_MUST_CHECK;

/* ---- For the files of the two kinds ---- */

bool hf_denial_has(const struct hf_denial_record *record, uint16_t type);
/* A delegation seen from above: it says nothing about what is below it. */
bool hf_denial_is_cut(const struct hf_denial_record *record);
/* What a record with the very name, or with the wildcard that stands for it, says of a type. */
struct hf_denial_verdict hf_denial_of_match(const struct hf_denial_record *record, bool wildcard,
        const struct hf_name *name, uint16_t type);

struct hf_denial_verdict hf_nsec_judge_denial(
        const struct hf_denial_proof *denial, const struct hf_name *name, uint16_t type);
struct hf_denial_verdict hf_nsec_judge_expansion(
        const struct hf_denial_proof *denial, const struct hf_name *name, unsigned labels);
enum hf_err hf_nsec3_judge(const struct hf_denial_proof *denial, const struct hf_name *name,
        uint16_t type, struct hf_denial_verdict *ret_verdict) HF_MUST_CHECK;
enum hf_err hf_nsec3_judge_expansion(const struct hf_denial_proof *denial,
        const struct hf_name *name, unsigned labels,
        struct hf_denial_verdict *ret_verdict) HF_MUST_CHECK;

#endif
