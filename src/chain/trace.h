/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The result of walking a chain of trust: a status, the answer, and a link for each zone.
 *
 * Plain data that belongs to the chain that made it; read-only. Texts are sentences in printable
 * ASCII without a full stop.
 */
#ifndef HF_CHAIN_TRACE_H
#define HF_CHAIN_TRACE_H

#include "chain/fault.h"

/* One record of the DS set, or a trust anchor. */
struct hf_link_ds {
	uint16_t tag;
	uint8_t algorithm;
	uint8_t digest_type; /* 0: a trust anchor in the form of a DNSKEY */
	bool supported;      /* we know its algorithm and digest */
	bool passed_over;    /* SHA-1 beside a stronger digest (RFC 4509 section 3) */
	int key;             /* index of the DNSKEY that it stands for, or −1 */
};

struct hf_link_key {
	uint16_t flags;
	uint16_t tag;
	uint8_t protocol;
	uint8_t algorithm;
	unsigned bits;   /* 0 when it cannot be used */
	bool supported;  /* we know its algorithm */
	bool trusted;    /* a DS or an anchor stands for it */
	bool signs_keys; /* it made a signature over the DNSKEY set that verifies now */
	bool signs_data; /* the same over anything else that was asked for */
};
/* "KSK", "ZSK" or "CSK" by what it signs here; by its SEP flag when it signs nothing. */
const char *hf_link_key_role(const struct hf_link_key *key);

/* A signature that was looked at. */
struct hf_link_sig {
	struct hf_name owner;
	uint16_t covered;
	uint16_t tag;
	uint8_t algorithm;
	struct hf_name signer;
	hf_time inception, expiration;
	enum hf_cause cause; /* HF_CAUSE_NONE: good */
};

/* A server's answer that could not be proven, where another one's could. */
struct hf_link_liar {
	char *server;
	char *text; /* what was wrong with it */
};

struct hf_link {
	struct hf_name zone;
	bool is_anchor; /* `ds` are trust anchors */
	struct hf_link_ds *ds;
	size_t ds_count;
	uint32_t ds_ttl;
	struct hf_link_key *keys;
	size_t key_count;
	uint32_t key_ttl;
	struct hf_link_sig *sigs; /* over the DNSKEY set, then over what else was proven */
	size_t sig_count;
	enum hf_chain_status status;
	enum hf_cause cause; /* HF_CAUSE_NONE when secure */
	char *detail;        /* a sentence, for a good link too */
	char **servers;      /* who answered questions about this zone, without repeats */
	size_t server_count;
	struct hf_link_liar *liars;
	size_t liar_count;
};

struct hf_trace_set {
	struct hf_name owner;
	struct hf_rrset set; /* its TTL is capped as RFC 4035 section 5.3.3 says */
	uint8_t *bytes;      /* what the view borrows */
};

struct hf_broken {
	size_t link; /* index */
	struct hf_fault fault;
	char *cause; /* sentences */
	char *fix;
	char *affected; /* who is hit, and how long caches keep it up */
};

#define HF_TRACE_EDES 4

struct hf_trace {
	struct hf_question question;
	hf_time at;
	enum hf_chain_status status;
	uint16_t rcode;              /* what the data say: by proof, else as the server has it */
	uint16_t validating_rcode;   /* what a client of a validating resolver sees */
	bool has_plain;              /* the question itself was answered, proven or not: `answer` */
	uint16_t ede[HF_TRACE_EDES]; /* the most specific first */
	size_t ede_count;
	struct hf_trace_set *answer; /* aliases first */
	size_t answer_count;
	struct hf_link *links; /* from the anchor down; after an alias, other zones' behind */
	size_t link_count;
	bool has_broken;         /* the first link that is not secure */
	struct hf_broken broken; /* for an insecure chain: where and why security ends */
	char **notes;            /* odd, but not wrong */
	size_t note_count;
	hf_time valid_until; /* the first end of a signature in the chain; HF_TIME_NONE without */
	unsigned questions, signatures, hashes; /* work done */
};

#endif
