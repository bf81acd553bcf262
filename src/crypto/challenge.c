/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/challenge.h"

#include <string.h>

#include <openssl/rand.h>

static const char PURPOSE[] = "Holdfast challenge: no DNS data ";

/* Bytes that cannot be taken for an RRset: RRSIG data begin with the type covered, and no type is
 * numbered as the first two of these letters are. */
struct message {
	char purpose[sizeof(PURPOSE) - 1];
	uint8_t random[32];
};

enum hf_err hf_challenge(struct hf_signer *signer, struct hf_rdata dnskey, bool *ret_good)
{
	struct message message;
	uint8_t signature[HF_SIG_MAX];
	size_t len;
	bool good = false;
	memcpy(message.purpose, PURPOSE, sizeof(message.purpose));
	if (RAND_bytes(message.random, sizeof(message.random)) != 1)
		return HF_ERR_CRYPTO;
	enum hf_err err = hf_signer_sign(signer, &message, sizeof(message), signature, &len);
	if (err != HF_OK)
		return err;
	struct hf_pubkey *key = NULL;
	struct hf_verifier *verifier = NULL;
	err = hf_pubkey_new(dnskey, &key);
	if (err == HF_OK)
		err = hf_verifier_new(key, &verifier);
	if (err == HF_OK)
		err = hf_verifier_check(verifier, &message, sizeof(message), signature, len, &good);
	hf_verifier_free(verifier);
	hf_pubkey_free(key);
	if (err == HF_ERR_INVALID) {
		err = HF_OK; /* that DNSKEY is nobody's key */
		good = false;
	}
	if (err == HF_OK)
		*ret_good = good;
	return err;
}
