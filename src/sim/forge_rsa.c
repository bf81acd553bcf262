/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RSA: two bytes of the public exponent are a word of the sum that a tag is, so that for most
 * leading bytes there is just one exponent with the tag, found without a search.
 */
#include "sim/forge_parts.h"

#include <openssl/bn.h>
#include <openssl/err.h>

#include "crypto/openssl.h"

#define EXPONENT 5 /* where its three bytes are in the RDATA, behind their number */
#define MODULUS  8

enum { N, E, D, P, Q, DP, DQ, QI }; /* in the order of hf_key_fields */

struct work {
	BN_CTX *context;
	BIGNUM *numbers[HF_KEY_FIELDS];
	BIGNUM *order; /* (p − 1)(q − 1) */
	BIGNUM *less;
};

static enum hf_err make_prime(
        struct hf_random *random, unsigned bits, BIGNUM *prime, BN_CTX *context)
{
	uint8_t bytes[HF_FORGE_NUMBER];
	hf_forge_fill(random, bytes, bits / 8);
	bytes[0] |= 0xc0; /* so that the product of two has all its bits */
	bytes[bits / 8 - 1] |= 1;
	if (BN_bin2bn(bytes, (int)(bits / 8), prime) == NULL)
		return hf_openssl_error(HF_ERR_NOMEM);
	OPENSSL_cleanse(bytes, sizeof(bytes));
	int is_prime;
	while ((is_prime = BN_check_prime(prime, context, NULL)) == 0)
		if (BN_add_word(prime, 2) != 1)
			return hf_openssl_error(HF_ERR_CRYPTO);
	return is_prime == 1 ? HF_OK : hf_openssl_error(HF_ERR_CRYPTO);
}

static enum hf_err make_modulus(struct work *work, struct hf_random *random, unsigned bits)
{
	BIGNUM **numbers = work->numbers;
	enum hf_err err;
	do {
		err = make_prime(random, bits / 2, numbers[P], work->context);
		if (err == HF_OK)
			err = make_prime(random, bits / 2, numbers[Q], work->context);
	} while (err == HF_OK && BN_cmp(numbers[P], numbers[Q]) == 0);
	if (err != HF_OK)
		return err;
	if (BN_mul(numbers[N], numbers[P], numbers[Q], work->context) != 1 ||
	        BN_sub(work->less, numbers[P], BN_value_one()) != 1 ||
	        BN_sub(work->order, numbers[Q], BN_value_one()) != 1 ||
	        BN_mul(work->order, work->order, work->less, work->context) != 1)
		return hf_openssl_error(HF_ERR_CRYPTO);
	return HF_OK;
}

/* Whether the exponent in the RDATA has an inverse; D is that. */
static bool invert(struct work *work, const uint8_t exponent[static 3])
{
	if ((exponent[2] & 1) == 0 || BN_bin2bn(exponent, 3, work->numbers[E]) == NULL)
		return false;
	if (BN_mod_inverse(work->numbers[D], work->numbers[E], work->order, work->context) != NULL)
		return true;
	ERR_clear_error();
	return false;
}

static enum hf_err choose_exponent(
        const struct hf_forge_order *order, struct work *work, struct hf_forge_parts *parts)
{
	uint8_t *exponent = parts->dnskey + EXPONENT;
	const struct hf_rdata rdata = {parts->dnskey, parts->dnskey_len};
	for (unsigned lead = 1; lead <= UINT8_MAX; lead++) {
		exponent[0] = (uint8_t)lead;
		hf_write_u16(exponent + 1, order->tag == HF_FORGE_ANY ? 1 : 0);
		if (order->tag == HF_FORGE_ANY && invert(work, exponent))
			return HF_OK;
		/* A carry counts one; it is there for one of the two only. */
		uint16_t missing = (uint16_t)((unsigned)order->tag - hf_dnskey_tag(rdata));
		for (unsigned carry = 0; order->tag != HF_FORGE_ANY && carry < 2; carry++) {
			hf_write_u16(exponent + 1, (uint16_t)(missing - carry));
			if (hf_dnskey_tag(rdata) == order->tag && invert(work, exponent))
				return HF_OK;
		}
	}
	return HF_ERR_INVALID;
}

static enum hf_err finish(struct work *work, struct hf_forge_parts *parts)
{
	BIGNUM **numbers = work->numbers;
	bool good = BN_sub(work->less, numbers[P], BN_value_one()) == 1 &&
	            BN_mod(numbers[DP], numbers[D], work->less, work->context) == 1 &&
	            BN_sub(work->less, numbers[Q], BN_value_one()) == 1 &&
	            BN_mod(numbers[DQ], numbers[D], work->less, work->context) == 1 &&
	            BN_mod_inverse(numbers[QI], numbers[Q], numbers[P], work->context) != NULL;
	if (!good)
		return hf_openssl_error(HF_ERR_CRYPTO);
	parts->count = HF_KEY_FIELDS;
	for (size_t i = 0; i < HF_KEY_FIELDS; i++)
		parts->lens[i] = (size_t)BN_bn2bin(numbers[i], parts->numbers[i]);
	return HF_OK;
}

static enum hf_err forge(const struct hf_forge_order *order, struct work *work,
        struct hf_random *random, struct hf_forge_parts *parts, unsigned bits)
{
	enum hf_err err;
	do {
		err = make_modulus(work, random, bits);
		if (err != HF_OK)
			return err;
		parts->dnskey[4] = MODULUS - EXPONENT;
		parts->dnskey_len =
		        (uint16_t)(MODULUS + BN_bn2bin(work->numbers[N], parts->dnskey + MODULUS));
		err = choose_exponent(order, work, parts);
	} while (err == HF_ERR_INVALID);
	return err != HF_OK ? err : finish(work, parts);
}

enum hf_err hf_forge_rsa(
        const struct hf_forge_order *order, struct hf_random *random, struct hf_forge_parts *parts)
{
	unsigned bits = order->bits != 0 ? order->bits : HF_RSA_OLD_BITS;
	if (bits < HF_RSA_OLD_BITS || bits > 8 * HF_FORGE_NUMBER || bits % 64 != 0)
		return HF_ERR_INVALID;
	struct work work = {.context = BN_CTX_new(), .order = BN_new(), .less = BN_new()};
	bool room = work.context != NULL && work.order != NULL && work.less != NULL;
	for (size_t i = 0; i < HF_KEY_FIELDS; i++)
		room = (work.numbers[i] = BN_new()) != NULL && room;
	enum hf_err err =
	        room ? forge(order, &work, random, parts, bits) : hf_openssl_error(HF_ERR_NOMEM);
	for (size_t i = 0; i < HF_KEY_FIELDS; i++)
		BN_clear_free(work.numbers[i]);
	BN_clear_free(work.order);
	BN_clear_free(work.less);
	BN_CTX_free(work.context);
	return err;
}
