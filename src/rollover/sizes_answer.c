/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rollover/sizes_answer.h"

#include "crypto/alg.h"

#define HEADER       12
#define QUESTION     4  /* type and class */
#define OPT          11 /* owner, type, class, TTL, length */
#define RECORD       10 /* type, class, TTL, length */
#define POINTER      2
#define DNSKEY_FIXED 4
#define RSA_EXPONENT 4 /* its length, and 65537 */

struct hf_key_size hf_key_size(uint8_t algorithm, unsigned bits)
{
	const struct hf_alg *alg = hf_alg_find(algorithm);
	if (alg == NULL || (alg->flags & HF_ALG_VERIFIES) == 0)
		return (struct hf_key_size){0};
	size_t modulus = ((bits != 0 ? bits : alg->bits) + 7u) / 8;
	size_t key = alg->key_len != 0 ? alg->key_len : RSA_EXPONENT + modulus;
	return (struct hf_key_size){
	        .rdata = DNSKEY_FIXED + key,
	        .signature = alg->sig_len != 0 ? alg->sig_len : modulus,
	};
}

/* Bytes of an RSA modulus (RFC 3110 section 2): what follows the exponent and its length. */
static size_t modulus_len(const struct hf_dnskey *dnskey)
{
	const uint8_t *key = dnskey->key;
	size_t head = dnskey->key_len > 0 ? 1u + key[0] : 0;
	if (dnskey->key_len >= 3 && key[0] == 0)
		head = 3u + hf_read_u16(key + 1);
	return head < dnskey->key_len ? dnskey->key_len - head : 0;
}

struct hf_key_size hf_key_size_of(struct hf_rdata rdata)
{
	struct hf_dnskey dnskey;
	if (!hf_dnskey_read(rdata, &dnskey))
		return (struct hf_key_size){0};
	const struct hf_alg *alg = hf_alg_find(dnskey.algorithm);
	bool fixed = alg != NULL && alg->sig_len != 0;
	return (struct hf_key_size){
	        .rdata = rdata.len, .signature = fixed ? alg->sig_len : modulus_len(&dnskey)};
}

size_t hf_answer_empty(size_t name)
{
	return HEADER + name + QUESTION + OPT;
}

size_t hf_answer_record(size_t owner, size_t rdata)
{
	return owner + RECORD + rdata;
}

size_t hf_answer_owner(size_t name)
{
	return name > 1 ? POINTER : 1;
}

size_t hf_answer_rrsig(size_t signer, size_t signature)
{
	return HF_RRSIG_FIXED + signer + signature;
}

size_t hf_answer_dnskey(size_t zone, const struct hf_key_size *published, size_t published_count,
        const struct hf_key_size *signing, size_t signing_count)
{
	size_t owner = hf_answer_owner(zone);
	size_t size = hf_answer_empty(zone);
	for (size_t i = 0; i < published_count; i++)
		size += hf_answer_record(owner, published[i].rdata);
	for (size_t i = 0; i < signing_count; i++)
		size += hf_answer_record(owner, hf_answer_rrsig(zone, signing[i].signature));
	return size;
}
