/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signatures of a previous version that may be used again.
 *
 * The previous version is not trusted: a signature is taken over only when the RRset, its TTL, the
 * labels, the signer, the key, the times and the remaining validity fit. The key is known by its
 * whole RDATA in the previous DNSKEY set; with duties, under which keys that are not published sign
 * data, by a tag that no other known key has. Whether the bytes are a good signature is checked
 * here only where that is much cheaper than signing (RSA); for other algorithms the verification of
 * the result tells. Read-only after hf_reuse_init. Borrows the version.
 */
#ifndef HF_SIGN_REUSE_H
#define HF_SIGN_REUSE_H

#include "sign/sign_keys.h"

/* What the previous version's signatures by one of our keys are worth. */
struct hf_reuse_key {
	bool usable;             /* they can be told from other keys' */
	struct hf_pubkey *check; /* verify each with this before re-use; NULL: do not */
};

struct hf_reuse {
	const struct hf_version *version; /* NULL: nothing to re-use */
	struct hf_reuse_key *keys;        /* by index of signing key */
	size_t count;
};

/* `dnskeys` is the new DNSKEY set. */
enum hf_err hf_reuse_init(struct hf_reuse *reuse, const struct hf_sign_job *job,
        const struct hf_sign_keys *keys, const struct hf_rrset *dnskeys) HF_MUST_CHECK;
void hf_reuse_done(struct hf_reuse *reuse);

/* What a signature has to be like, bytes apart. */
struct hf_reuse_wish {
	const struct hf_sign_options *options;
	const struct hf_name *signer;
	const struct hf_rrset *set;
	const struct hf_sign_key *key;
	uint8_t labels;
	size_t signature_len; /* 0: any */
};
/* The best RRSIG of the previous set that fits (borrowed from it); false when there is none. */
bool hf_reuse_find(const struct hf_rrset *previous, const struct hf_reuse_wish *wish,
        struct hf_rdata *ret_rrsig);

/* Whether the key has signed the previous set, well or not. */
bool hf_reuse_signed(const struct hf_rrset *previous, const struct hf_sign_key *key);
/* Whether just the keys that sign data now have signed the previous set. */
bool hf_reuse_as_now(const struct hf_reuse *reuse, const struct hf_sign_keys *keys,
        const struct hf_rrset *previous);
/*
 * Whether just keys that are kept or sign data have signed the previous set, one of them kept: then
 * it may stay as it is (sign/duties.h), its records and times apart.
 */
bool hf_reuse_may_stay(const struct hf_reuse *reuse, const struct hf_sign_keys *keys,
        const struct hf_rrset *previous);

/* Whether a node of a signed version has a signature that is too near its end to be re-used. */
bool hf_reuse_is_due(const struct hf_node *node, const struct hf_sign_options *options);

#endif
