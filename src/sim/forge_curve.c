/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The NIST curves: from one point of a known secret to its neighbours, which are sums with small
 * multiples of the generator. One inversion serves many sums, each sum shares most of its work
 * with the difference, and a point has its mirror image: so a tag costs some two multiplications.
 */
#include "sim/forge_parts.h"

#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/ec.h>

#include "crypto/openssl.h"

#define NEIGHBOURS 256  /* on each side of the point */
#define ROUNDS     4000 /* 1,026 tags each: 60 times what is needed on average */
#define PART_MAX   48   /* bytes of a coordinate */

/* Coordinates are in Montgomery form, but for those of sums. */
struct walk {
	const struct hf_backend *backend;
	EC_GROUP *group;
	EC_POINT *point, *stride; /* where it is; what it goes on by */
	BIGNUM *secret;           /* of `point` */
	BN_CTX *context;
	BN_MONT_CTX *mont;
	BIGNUM *prime;
	BIGNUM *x, *y;                           /* of `point` */
	BIGNUM *xs[NEIGHBOURS], *ys[NEIGHBOURS]; /* of multiples 1 … */
	BIGNUM *differences[NEIGHBOURS], *products[NEIGHBOURS];
	BIGNUM *inverse, *slope, *sum_x, *sum_y, *spare;
};

static bool mul(struct walk *walk, BIGNUM *result, const BIGNUM *a, const BIGNUM *b)
{
	return BN_mod_mul_montgomery(result, a, b, walk->mont, walk->context) == 1;
}

static bool coordinates(struct walk *walk, const EC_POINT *point, BIGNUM *x, BIGNUM *y)
{
	return EC_POINT_get_affine_coordinates(walk->group, point, x, y, walk->context) == 1 &&
	       BN_to_montgomery(x, x, walk->mont, walk->context) == 1 &&
	       BN_to_montgomery(y, y, walk->mont, walk->context) == 1;
}

/* ---- Tags ---- */

/* The 16-bit words of a number of `len` bytes, summed up. */
static bool words(const BIGNUM *number, size_t len, uint32_t *ret_sum)
{
	uint8_t bytes[PART_MAX];
	if (BN_bn2binpad(number, bytes, (int)len) != (int)len)
		return false;
	*ret_sum = 0;
	for (size_t i = 0; i < len; i += 2)
		*ret_sum += hf_read_u16(bytes + i);
	return true;
}

static bool fits(const struct hf_forge_parts *parts, uint32_t sum, int32_t tag)
{
	sum += (uint32_t)hf_read_u16(parts->dnskey) + hf_read_u16(parts->dnskey + 2);
	return ((sum + (sum >> 16)) & UINT16_MAX) == (uint32_t)tag;
}

/* What was found: `steps` from the point, on its mirror image or not. */
struct found {
	bool any, mirrored;
	int steps;
};

/* Looks at a sum and at its mirror image. */
static bool look(struct walk *walk, const struct hf_forge_parts *parts, int32_t tag, int steps,
        struct found *found)
{
	uint32_t x, y, mirrored;
	size_t len = walk->backend->part_len;
	if (!words(walk->sum_x, len, &x) || !words(walk->sum_y, len, &y) ||
	        BN_sub(walk->spare, walk->prime, walk->sum_y) != 1 ||
	        !words(walk->spare, len, &mirrored))
		return false;
	if (tag == HF_FORGE_ANY || fits(parts, x + y, tag))
		*found = (struct found){true, false, steps};
	else if (fits(parts, x + mirrored, tag))
		*found = (struct found){true, true, steps};
	return true;
}

/* ---- Sums ---- */

/* The point plus (sign 1) or minus (sign −1) multiple `i` + 1, whose difference's inverse is at
 * hand. */
static bool add(struct walk *walk, unsigned i, int sign)
{
	const BIGNUM *prime = walk->prime;
	bool good = sign > 0 ? BN_mod_sub_quick(walk->slope, walk->ys[i], walk->y, prime)
	                     : BN_mod_add_quick(walk->slope, walk->ys[i], walk->y, prime);
	/* For the difference the slope comes out with the wrong sign, which its square forgets. */
	return good && mul(walk, walk->slope, walk->slope, walk->spare) &&
	       mul(walk, walk->sum_x, walk->slope, walk->slope) &&
	       BN_mod_sub_quick(walk->sum_x, walk->sum_x, walk->x, prime) == 1 &&
	       BN_mod_sub_quick(walk->sum_x, walk->sum_x, walk->xs[i], prime) == 1 &&
	       BN_mod_sub_quick(walk->sum_y, walk->x, walk->sum_x, prime) == 1 &&
	       mul(walk, walk->sum_y, walk->slope, walk->sum_y) &&
	       (sign > 0 || BN_is_zero(walk->sum_y) ||
	               BN_sub(walk->sum_y, prime, walk->sum_y) == 1) &&
	       BN_mod_sub_quick(walk->sum_y, walk->sum_y, walk->y, prime) == 1 &&
	       BN_from_montgomery(walk->sum_x, walk->sum_x, walk->mont, walk->context) == 1 &&
	       BN_from_montgomery(walk->sum_y, walk->sum_y, walk->mont, walk->context) == 1;
}

/* The inverse of the product of all differences, in Montgomery form. */
static bool invert_all(struct walk *walk)
{
	for (unsigned i = 0; i < NEIGHBOURS; i++) {
		if (BN_mod_sub_quick(walk->differences[i], walk->xs[i], walk->x, walk->prime) != 1)
			return false;
		if (i == 0 ? BN_copy(walk->products[0], walk->differences[0]) == NULL
		           : !mul(walk, walk->products[i], walk->products[i - 1],
		                     walk->differences[i]))
			return false;
	}
	BIGNUM *all = walk->inverse;
	return BN_from_montgomery(all, walk->products[NEIGHBOURS - 1], walk->mont, walk->context) ==
	               1 &&
	       BN_mod_inverse(all, all, walk->prime, walk->context) != NULL &&
	       BN_to_montgomery(all, all, walk->mont, walk->context) == 1;
}

/* Looks at all neighbours, the farthest first. */
static bool look_around(
        struct walk *walk, const struct hf_forge_parts *parts, int32_t tag, struct found *found)
{
	if (!coordinates(walk, walk->point, walk->x, walk->y) || !invert_all(walk))
		return false;
	for (unsigned i = NEIGHBOURS; i-- > 0 && !found->any;) {
		bool good = true;
		for (int sign = 1; sign >= -1 && !found->any && good; sign -= 2) {
			/* The inverse of this difference; looking at a sum spoils it. */
			good = (i == 0 ? BN_copy(walk->spare, walk->inverse) != NULL
			               : mul(walk, walk->spare, walk->inverse,
			                         walk->products[i - 1])) &&
			       add(walk, i, sign) &&
			       look(walk, parts, tag, sign * (int)(i + 1), found);
		}
		if (!good || !mul(walk, walk->inverse, walk->inverse, walk->differences[i]))
			return false;
	}
	return true;
}

/* ---- The walk ---- */

static bool begin(struct walk *walk, struct hf_random *random)
{
	uint8_t bytes[PART_MAX];
	const EC_POINT *generator = EC_GROUP_get0_generator(walk->group);
	const BIGNUM *order = EC_GROUP_get0_order(walk->group);
	hf_forge_fill(random, bytes, walk->backend->part_len);
	bool good = EC_GROUP_get_curve(walk->group, walk->prime, NULL, NULL, walk->context) == 1 &&
	            BN_MONT_CTX_set(walk->mont, walk->prime, walk->context) == 1 &&
	            BN_bin2bn(bytes, walk->backend->part_len, walk->secret) != NULL &&
	            BN_mod(walk->secret, walk->secret, order, walk->context) == 1 &&
	            EC_POINT_copy(walk->stride, generator) == 1;
	OPENSSL_cleanse(bytes, sizeof(bytes));
	for (unsigned i = 0; i < NEIGHBOURS && good; i++)
		good = coordinates(walk, walk->stride, walk->xs[i], walk->ys[i]) &&
		       EC_POINT_add(walk->group, walk->stride, walk->stride, generator,
		               walk->context) == 1;
	return good && BN_set_word(walk->spare, 2 * NEIGHBOURS + 1) == 1 &&
	       EC_POINT_mul(walk->group, walk->stride, walk->spare, NULL, NULL, walk->context) ==
	               1 &&
	       EC_POINT_mul(walk->group, walk->point, walk->secret, NULL, NULL, walk->context) == 1;
}

static bool stride(struct walk *walk)
{
	const BIGNUM *order = EC_GROUP_get0_order(walk->group);
	return EC_POINT_add(walk->group, walk->point, walk->point, walk->stride, walk->context) ==
	               1 &&
	       BN_add_word(walk->secret, 2 * NEIGHBOURS + 1) == 1 &&
	       BN_nnmod(walk->secret, walk->secret, order, walk->context) == 1;
}

/* The secret of what was found, and its public point. */
static bool conclude(struct walk *walk, const struct found *found, struct hf_forge_parts *parts)
{
	uint8_t point[1 + 2 * PART_MAX];
	size_t len = walk->backend->part_len;
	const BIGNUM *order = EC_GROUP_get0_order(walk->group);
	bool good = (found->steps > 0 ? BN_add_word(walk->secret, (BN_ULONG)found->steps)
	                              : BN_sub_word(walk->secret, (BN_ULONG)-found->steps)) == 1;
	if (found->mirrored)
		BN_set_negative(walk->secret, !BN_is_negative(walk->secret));
	good = good && BN_nnmod(walk->secret, walk->secret, order, walk->context) == 1 &&
	       EC_POINT_mul(walk->group, walk->point, walk->secret, NULL, NULL, walk->context) ==
	               1 &&
	       EC_POINT_point2oct(walk->group, walk->point, POINT_CONVERSION_UNCOMPRESSED, point,
	               1 + 2 * len, walk->context) == 1 + 2 * len &&
	       BN_bn2binpad(walk->secret, parts->numbers[0], (int)len) == (int)len;
	memcpy(parts->dnskey + 4, point + 1, good ? 2 * len : 0);
	parts->dnskey_len = (uint16_t)(4 + 2 * len);
	parts->lens[0] = len;
	parts->count = 1;
	return good;
}

static enum hf_err search(struct walk *walk, const struct hf_forge_order *order,
        struct hf_random *random, struct hf_forge_parts *parts)
{
	struct found found = {false};
	if (!begin(walk, random))
		return hf_openssl_error(HF_ERR_CRYPTO);
	for (unsigned i = 0; i < ROUNDS; i++) {
		if (!look_around(walk, parts, order->tag, &found))
			return hf_openssl_error(HF_ERR_CRYPTO);
		if (found.any)
			return conclude(walk, &found, parts) ? HF_OK
			                                     : hf_openssl_error(HF_ERR_CRYPTO);
		if (!stride(walk))
			return hf_openssl_error(HF_ERR_CRYPTO);
	}
	return HF_ERR_LIMIT;
}

/* ---- Memory ---- */

#define SINGLES 9

static void list_singles(struct walk *walk, BIGNUM **list[static SINGLES])
{
	BIGNUM **all[SINGLES] = {&walk->secret, &walk->prime, &walk->x, &walk->y, &walk->inverse,
	        &walk->slope, &walk->sum_x, &walk->sum_y, &walk->spare};
	memcpy(list, all, sizeof(all));
}

static void end(struct walk *walk)
{
	BIGNUM **singles[SINGLES];
	list_singles(walk, singles);
	for (unsigned i = 0; i < SINGLES; i++)
		BN_clear_free(*singles[i]);
	for (unsigned i = 0; i < NEIGHBOURS; i++) {
		BN_free(walk->xs[i]);
		BN_free(walk->ys[i]);
		BN_free(walk->differences[i]);
		BN_free(walk->products[i]);
	}
	BN_MONT_CTX_free(walk->mont);
	BN_CTX_free(walk->context);
	EC_POINT_free(walk->point);
	EC_POINT_free(walk->stride);
	EC_GROUP_free(walk->group);
	free(walk);
}

static struct walk *make(const struct hf_backend *backend)
{
	struct walk *walk = calloc(1, sizeof(*walk));
	if (walk == NULL)
		return NULL;
	BIGNUM **singles[SINGLES];
	list_singles(walk, singles);
	walk->backend = backend;
	walk->group = EC_GROUP_new_by_curve_name(backend->curve);
	walk->point = walk->group != NULL ? EC_POINT_new(walk->group) : NULL;
	walk->stride = walk->group != NULL ? EC_POINT_new(walk->group) : NULL;
	walk->context = BN_CTX_new();
	walk->mont = BN_MONT_CTX_new();
	bool room = walk->point != NULL && walk->stride != NULL && walk->context != NULL &&
	            walk->mont != NULL;
	for (unsigned i = 0; i < SINGLES && room; i++)
		room = (*singles[i] = BN_new()) != NULL;
	for (unsigned i = 0; i < NEIGHBOURS && room; i++)
		room = (walk->xs[i] = BN_new()) != NULL && (walk->ys[i] = BN_new()) != NULL &&
		       (walk->differences[i] = BN_new()) != NULL &&
		       (walk->products[i] = BN_new()) != NULL;
	if (room)
		return walk;
	end(walk);
	return NULL;
}

enum hf_err hf_forge_curve(
        const struct hf_forge_order *order, struct hf_random *random, struct hf_forge_parts *parts)
{
	struct walk *walk = make(hf_backend_find(order->algorithm));
	if (walk == NULL)
		return hf_openssl_error(HF_ERR_NOMEM);
	enum hf_err err = search(walk, order, random, parts);
	end(walk);
	return err;
}
