/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of DNSSEC algorithms and digests: names, sizes, and what may be done with them
 * (RFC 8624 section 3, RFC 9904). Constant data, thread-safe.
 */
#ifndef HF_CRYPTO_ALG_H
#define HF_CRYPTO_ALG_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum hf_alg_number {
	HF_ALG_RSASHA1 = 5,
	HF_ALG_RSASHA1_NSEC3 = 7,
	HF_ALG_RSASHA256 = 8,
	HF_ALG_RSASHA512 = 10,
	HF_ALG_ECDSAP256 = 13,
	HF_ALG_ECDSAP384 = 14,
	HF_ALG_ED25519 = 15,
	HF_ALG_ED448 = 16,
};

enum hf_alg_flags {
	HF_ALG_VERIFIES = 1 << 0,    /* we can verify with it */
	HF_ALG_SIGNS = 1 << 1,       /* we generate keys and sign with it */
	HF_ALG_DEPRECATED = 1 << 2,  /* must not be used for new signatures (SHA-1 and older) */
	HF_ALG_DISCOURAGED = 1 << 3, /* not recommended for signing (RSASHA512) */
};

struct hf_alg {
	uint8_t number;
	uint8_t flags;               /* enum hf_alg_flags */
	const char *name;            /* IANA mnemonic, e.g. "ECDSAP256SHA256" */
	uint16_t key_len;            /* bytes of the public key field; 0: varies (RSA) */
	uint16_t sig_len;            /* bytes of a signature; 0: as long as the RSA modulus */
	uint16_t bits;               /* key size; for RSA the default */
	uint16_t min_bits, max_bits; /* range that the RFCs allow (RSA), else = bits */
};

/* NULL for a number that no RFC in use assigns, else also for those that we cannot handle. */
const struct hf_alg *hf_alg_find(uint8_t number);
/* By mnemonic in any case, common aliases ("ecdsap256", "rsasha256", "ed25519") or number. */
const struct hf_alg *hf_alg_parse(const char *text);
/* Mnemonic, or "algorithm N". */
const char *hf_alg_name(uint8_t number, char text[static 32]);

enum hf_digest_number { HF_DIGEST_SHA1 = 1, HF_DIGEST_SHA256 = 2, HF_DIGEST_SHA384 = 4 };
/* Bytes of a DS digest of this type; 0 when we cannot make it. */
size_t hf_digest_len(uint8_t digest_type);
const char *hf_digest_name(uint8_t digest_type, char text[static 32]);

#endif
