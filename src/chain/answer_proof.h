/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Proving what one message says about a name and type, with the keys of one zone: the records, an
 * alias, or that they are not there (RFC 4035 section 5, RFC 5155 section 8, RFC 6672).
 *
 * For this part only.
 */
#ifndef HF_CHAIN_ANSWER_PROOF_H
#define HF_CHAIN_ANSWER_PROOF_H

#include "chain/setproof.h"

struct hf_answer {
	const struct hf_message *message;
	struct hf_keyring *ring; /* of the zone */
	struct hf_effort *effort;
	struct hf_link *link; /* gets the signatures */
	struct hf_name name;
	uint16_t type;
};

enum hf_answer_kind {
	HF_ANSWER_FAULT,  /* it cannot be proven */
	HF_ANSWER_DATA,   /* `set` */
	HF_ANSWER_ALIAS,  /* `set` leads to `target` */
	HF_ANSWER_DENIED, /* there is nothing: `rcode` */
};

struct hf_answer_verdict {
	enum hf_answer_kind kind;
	struct hf_fault fault;            /* without HF_ANSWER_FAULT: none, or why it is insecure */
	const struct hf_message_set *set; /* borrowed from the message */
	uint32_t ttl;
	struct hf_name target;
	bool cname_differs; /* beside a DNAME, the CNAME is not what the DNAME makes */
	uint16_t rcode;
	bool delegation; /* with DENIED: the name is a zone cut */
};

enum hf_err hf_answer_prove(
        const struct hf_answer *answer, struct hf_answer_verdict *ret_verdict) HF_MUST_CHECK;

/* ---- Looking at messages, nothing proven ---- */

/* The records asked for; of DS also those in a referral. NULL when there are none. */
const struct hf_message_set *hf_answer_data(
        const struct hf_message *message, const struct hf_name *name, uint16_t type);
/* The CNAME of the name, or the DNAME above it; NULL when there is none. */
const struct hf_message_set *hf_answer_alias(
        const struct hf_message *message, const struct hf_name *name, uint16_t type);
/* Where an alias leads; false when that is no name (it would be too long). */
bool hf_answer_target(
        const struct hf_message_set *alias, const struct hf_name *name, struct hf_name *ret_target);
/*
 * The zone that signed what the message says about the name, at or below `zone`: the latter if it
 * did, else the deepest. False when none did.
 */
bool hf_answer_signer(const struct hf_message *message, const struct hf_name *zone,
        const struct hf_name *name, uint16_t type, struct hf_name *ret_signer);
/* The zone cut below `zone` that the message refers to; false when it is no referral. */
bool hf_answer_referral(const struct hf_message *message, const struct hf_name *zone,
        const struct hf_name *name, uint16_t type, struct hf_name *ret_cut);
/* Whether it says nothing at all about the name, but names servers elsewhere. */
bool hf_answer_is_lame(const struct hf_message *message, const struct hf_name *name, uint16_t type);
/* Whether there is any record that could deny something. */
bool hf_answer_has_denial(const struct hf_message *message);

#endif
