/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a whole verification knows about the zone before it looks at single owners: keys, the
 * algorithms that must sign, how names are denied.
 *
 * Made once from the apex node, then only read, by all workers. Bounds here bound all later work.
 */
#ifndef HF_VERIFY_FACTS_H
#define HF_VERIFY_FACTS_H

#include "crypto/batch.h"
#include "verify/finds.h"
#include "verify/verify.h"

#define HF_VERIFY_KEYS       64  /* keys of the DNSKEY set that are used */
#define HF_VERIFY_SAME_TAG   4   /* keys tried for one signature */
#define HF_VERIFY_SIGS       16  /* signatures looked at an RRset */
#define HF_VERIFY_CHAINS     4   /* NSEC3 chains */
#define HF_VERIFY_ITERATIONS 150 /* above it an NSEC3 chain is not computed */

enum hf_zone_key_use {
	HF_KEY_USABLE,
	HF_KEY_UNSUPPORTED, /* an algorithm that we cannot verify */
	HF_KEY_UNUSABLE,    /* validators must not use it: flags, protocol, or no key at all */
};

struct hf_zone_key {
	struct hf_rdata rdata;
	struct hf_dnskey dnskey;
	uint16_t tag;
	enum hf_zone_key_use use;
	bool is_new;              /* not in the version before: nothing by it was ever verified */
	struct hf_pubkey *pubkey; /* NULL unless usable */
	char label[64];           /* "ZSK 12345 (ECDSAP256SHA256)" */
};

enum hf_denial_kind { HF_DENIED_BY_NSEC, HF_DENIED_BY_NSEC3 };

struct hf_facts {
	const struct hf_version *version;
	const struct hf_name *apex;
	const struct hf_key *apex_key;
	unsigned apex_labels;
	hf_time at;

	bool has_soa;
	struct hf_soa soa;
	uint32_t denial_ttl; /* what RFC 9077 asks for */

	struct hf_zone_key keys[HF_VERIFY_KEYS];
	size_t key_count;
	struct hf_batch_keys *batch_keys; /* the same keys, by index; NULL without any */

	uint8_t algs[HF_VERIFY_KEYS]; /* every RRset must be signed by each, ascending */
	size_t alg_count;

	enum hf_denial_kind denial;
	bool has_param; /* NSEC3PARAM announces the chains */
	struct hf_nsec3_params chains[HF_VERIFY_CHAINS];
	size_t chain_count;
	bool chains_checked; /* names are hashed and looked up */
};

/* Borrows the version. Findings about what it read go to `finds`. `expected`: how many signatures
 * will be checked, roughly; 0: few. */
enum hf_err hf_facts_init(const struct hf_version *version, hf_time at, uint64_t expected,
        struct hf_finds *finds, struct hf_facts *ret_facts) HF_MUST_CHECK;
/* Roughly how many signatures a version has: one to three an owner. */
uint64_t hf_facts_expected(const struct hf_version *version);
void hf_facts_done(struct hf_facts *facts);

/* Whether validators may use the key for data: a zone key with protocol 3, not revoked. */
bool hf_zone_key_signs(const struct hf_zone_key *key);
/* The chain with these parameters, or -1. */
int hf_facts_chain(const struct hf_facts *facts, const struct hf_nsec3_params *params);
/* A place at the apex, for findings about the zone as a whole. */
struct hf_where hf_facts_apex(const struct hf_facts *facts, uint16_t type);

#endif
