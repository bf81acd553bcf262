/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signatures of a previous version that may be used again.
 *
 * The previous version is not trusted: a signature is taken over only when the RRset, its TTL, the
 * labels, the signer, the key (its whole RDATA, by the previous DNSKEY set), the times and the
 * remaining validity fit. Whether the bytes are a good signature is checked here when that is much
 * cheaper than signing (RSA) or when nobody verifies the result; else the final verification does.
 * Read-only after hf_reuse_init. Borrows the version.
 */
#ifndef HF_SIGN_REUSE_H
#define HF_SIGN_REUSE_H

#include "sign/sign_keys.h"

struct hf_reuse {
	const struct hf_version *version; /* NULL: nothing to re-use */
	struct hf_pubkey **keys;          /* by index of signing key; NULL: its are not re-used */
	bool *check;                      /* by index: verify before re-use */
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
	size_t signature_len;
};
/* The best RRSIG of the previous set that fits (borrowed from it); false when there is none. */
bool hf_reuse_find(const struct hf_rrset *previous, const struct hf_reuse_wish *wish,
        struct hf_rdata *ret_rrsig);

#endif
