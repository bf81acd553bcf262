/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Key pairs, and making signatures.
 *
 * A key pair holds a private key, which is wiped when freed. OpenSSL keeps it in ordinary memory,
 * so a process that handles one turns core dumps off. A pair is immutable. A signer holds one
 * OpenSSL context on a duplicated key and belongs to one thread at a time: two threads sharing one
 * key contend inside OpenSSL.
 */
#ifndef HF_CRYPTO_KEYPAIR_H
#define HF_CRYPTO_KEYPAIR_H

#include "crypto/pubkey.h"

#define HF_SIG_MAX 512 /* RSA of 4,096 bits */
#define HF_RSA_NEW_BITS                                                                            \
	2048 /* new RSA keys are at least this long; shorter ones are taken over                   \
	      */

struct hf_keypair;

/* Whether a key of this algorithm and size can be made; errors as hf_keypair_generate. */
enum hf_err hf_keypair_allowed(uint8_t algorithm, unsigned bits) HF_MUST_CHECK;
/* `flags` are the DNSKEY flags (HF_DNSKEY_…). `bits` 0: the algorithm's default. HF_ERR_INVALID
 * for a size out of range, HF_ERR_UNSUPPORTED for an algorithm that we do not sign with. */
enum hf_err hf_keypair_generate(uint8_t algorithm, unsigned bits, uint16_t flags,
        struct hf_keypair **ret_pair) HF_MUST_CHECK;
void hf_keypair_free(struct hf_keypair *pair);
/* DNSKEY RDATA of the public half: borrowed from the pair. */
struct hf_rdata hf_keypair_dnskey(const struct hf_keypair *pair);

struct hf_signer;
/* Borrows the pair. */
enum hf_err hf_signer_new(
        const struct hf_keypair *pair, struct hf_signer **ret_signer) HF_MUST_CHECK;
void hf_signer_free(struct hf_signer *signer);
/* The signature in the form that RRSIG RDATA carries. */
enum hf_err hf_signer_sign(struct hf_signer *signer, const void *message, size_t len,
        uint8_t ret_signature[static HF_SIG_MAX], size_t *ret_len) HF_MUST_CHECK;
/* Bytes of every signature by this key. */
size_t hf_keypair_signature_len(const struct hf_keypair *pair);

#endif
