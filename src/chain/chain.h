/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Proving the answer to a question, from a trust anchor down (RFC 4033–4035, 5155, 6840, 9276).
 *
 * A chain asks questions and somebody else sends them: as long as hf_chain_wants says so, get the
 * answer to its question and hand it to hf_chain_answer. It does no I/O and reads no clock, and its
 * work is bounded: going over a bound is a result (HF_CAUSE_MANY_…). Whatever the answers are, a
 * result comes in the end. Proofs decide, not header bits: AA, AD and the RCODE of a denial are not
 * believed, only what is signed is.
 *
 * Whoever sends the questions finds the name servers. A question names the zone whose servers are
 * to be asked; zones come from the anchor downward, each one because an answer of the zone above it
 * has a referral or a DS set for it (the latter when both are on one server; then NS records have
 * to be asked for). A forwarder may answer everything: set CD, and the chain finds the zone cuts by
 * itself. One thread at a time a chain.
 */
#ifndef HF_CHAIN_CHAIN_H
#define HF_CHAIN_CHAIN_H

#include "chain/anchors.h"
#include "chain/trace.h"

/* Bounds; 0 stands for the default. */
struct hf_chain_options {
	unsigned questions;  /* asked in all */
	unsigned signatures; /* verified in all */
	unsigned failures;   /* verifications that fail, in all (CVE-2023-50387) */
	unsigned hashes;     /* NSEC3 hashes in all (CVE-2023-50868) */
	unsigned iterations; /* NSEC3 iterations, above which a zone counts as insecure */
	unsigned aliases;    /* CNAMEs and DNAMEs that are followed */
	unsigned attempts;   /* how often an answer that cannot be proven is asked for once more */
};
#define HF_CHAIN_QUESTIONS  100
#define HF_CHAIN_SIGNATURES 200
#define HF_CHAIN_FAILURES   32
#define HF_CHAIN_HASHES     200
#define HF_CHAIN_ITERATIONS 150
#define HF_CHAIN_ALIASES    16
#define HF_CHAIN_ATTEMPTS   1

struct hf_chain;

/*
 * Copies its arguments. HF_ERR_INVALID, with a sentence: a type that has no signed answer (ANY,
 * RRSIG and other meta types). Without any anchor for the name there is a result too,
 * indeterminate.
 */
enum hf_err hf_chain_new(const struct hf_question *question, const struct hf_anchors *anchors,
        const struct hf_chain_options *options, hf_time now, struct hf_diag *diag,
        struct hf_chain **ret_chain) HF_MUST_CHECK;
void hf_chain_free(struct hf_chain *chain);

struct hf_chain_question {
	struct hf_name zone; /* whose servers to ask */
	struct hf_question question;
	unsigned attempt; /* over 0: of another server than those that answered it before */
};
/* The question that it waits for; false when there is a result. The same until it is answered. */
bool hf_chain_wants(const struct hf_chain *chain, struct hf_chain_question *ret_question);

struct hf_chain_reply {
	struct hf_message *message; /* taken over, whatever is returned; NULL: no answer came */
	const char *failure;        /* without a message: why, in words, "timed out" */
	const char *server;         /* who answered, as the result shall name it; may be NULL */
};
/* Only when it waits for one. An error means that the chain can only be freed. */
enum hf_err hf_chain_answer(
        struct hf_chain *chain, const struct hf_chain_reply *reply) HF_MUST_CHECK;

/* The result, borrowed from the chain; NULL as long as it waits for an answer. */
const struct hf_trace *hf_chain_trace(const struct hf_chain *chain);

#endif
