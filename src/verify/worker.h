/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What one thread of a verification owns: contexts, buffers, counters, and what it found.
 *
 * Workers share the facts and nothing else. After the run they are merged into one.
 */
#ifndef HF_VERIFY_WORKER_H
#define HF_VERIFY_WORKER_H

#include "crypto/digest.h"
#include "verify/owners.h"

struct hf_triple;

/* Largest parts of answers, for the forecast of their sizes. In bytes on the wire. */
struct hf_sizes {
	size_t denial;   /* an NSEC or NSEC3 set with its signatures */
	size_t wildcard; /* a set at a wildcard with its signatures */
	struct hf_name wildcard_owner;
	uint16_t wildcard_type;
};

struct hf_worker {
	const struct hf_facts *facts;
	struct hf_finds finds;
	struct hf_batch *batch;         /* NULL without keys; its tags are indices of triples */
	struct hf_nsec3_hasher *hasher; /* NULL unless there are chains to check */
	struct hf_buf message;

	struct hf_owner *owners; /* of the group that is being worked on */
	size_t owner_cap;
	struct hf_triple *triples;
	size_t triple_count, triple_cap;

	/* Which NSEC3 nodes stand for a name, for each chain. */
	struct hf_matches {
		const struct hf_node **nodes;
		size_t count, cap;
	} matches[HF_VERIFY_CHAINS];

	uint64_t names, rrsets, signatures;
	uint64_t opted_out;                     /* insecure delegations without an NSEC3 record */
	uint64_t with_opt_out, without_opt_out; /* NSEC3 records by flag */
	bool any_sigs, any_denial;

	bool has_validity;
	hf_time min_expiration;
	struct hf_name min_owner;
	uint16_t min_type;

	bool key_used[HF_VERIFY_KEYS];      /* made a signature, in its time or not */
	bool made_dnskey[HF_VERIFY_KEYS];   /* made one over the DNSKEY set */
	bool signed_dnskey[HF_VERIFY_KEYS]; /* with a signature that is good now */
	bool signed_cds[HF_VERIFY_KEYS];
	bool signed_cdnskey[HF_VERIFY_KEYS];
	struct hf_sizes sizes;
};

enum hf_err hf_worker_init(struct hf_worker *worker, const struct hf_facts *facts) HF_MUST_CHECK;
void hf_worker_done(struct hf_worker *worker);
/* Adds another worker's results to this one; the other's findings and matches move. */
enum hf_err hf_worker_merge(struct hf_worker *worker, struct hf_worker *from) HF_MUST_CHECK;
/*
 * One worker for each thread: `*workers` and `*count` start as NULL and 0, and are for
 * hf_workers_done also after a failure.
 */
enum hf_err hf_workers_init(const struct hf_facts *facts, unsigned jobs, struct hf_worker **workers,
        unsigned *count) HF_MUST_CHECK;
void hf_workers_done(struct hf_worker *workers, unsigned count);
/* Adds what the facts and all the others found to the first worker. */
enum hf_err hf_workers_merge(
        struct hf_worker *workers, unsigned count, struct hf_finds *facts) HF_MUST_CHECK;
/* Notes that a chain's NSEC3 node stands for a name. */
enum hf_err hf_worker_match(
        struct hf_worker *worker, int chain, const struct hf_node *node) HF_MUST_CHECK;

#endif
