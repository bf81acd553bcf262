/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/p256_table.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "crypto/p256_inverse.h"

#define HUGE_PAGE (2u << 20)

static enum hf_err allocate(unsigned width, struct hf_p256_table **ret_table)
{
	if (width < HF_P256_WIDTH_MIN || width > HF_P256_WIDTH_MAX)
		return HF_ERR_INVALID;
	struct hf_p256_table *table = calloc(1, sizeof(*table));
	if (table == NULL)
		return HF_ERR_NOMEM;
	table->width = width;
	table->windows = (257 + width - 1) / width;
	table->entries = (size_t)1 << (width - 1);
	size_t size = table->windows * table->entries * sizeof(struct point);
	/* Random look-ups over megabytes: large pages spare the address translation. */
	size_t align = size >= HUGE_PAGE ? HUGE_PAGE : 64;
	size = (size + align - 1) / align * align;
	table->points = aligned_alloc(align, size);
	if (table->points == NULL) {
		free(table);
		return HF_ERR_NOMEM;
	}
	if (align == HUGE_PAGE)
		madvise(table->points, size, MADV_HUGEPAGE);
	*ret_table = table;
	return HF_OK;
}

enum hf_err hf_p256_table_make(
        hf_p256_fill *fill, const uint8_t *point, unsigned width, struct hf_p256_table **ret_table)
{
	struct hf_p256_table *table;
	enum hf_err err = allocate(width, &table);
	if (err != HF_OK)
		return err;
	err = fill(table, point);
	if (err != HF_OK) {
		hf_p256_table_free(table);
		return err;
	}
	*ret_table = table;
	return HF_OK;
}

void hf_p256_table_free(struct hf_p256_table *table)
{
	if (table == NULL)
		return;
	free(table->points);
	free(table);
}

size_t hf_p256_workspace_len(void)
{
	return HF_P256_WORKSPACE;
}

/* ---- Powers of two ---- */

static const struct point GENERATOR = {
        .x = {{UINT64_C(0x79e730d418a9143c), UINT64_C(0x75ba95fc5fedb601),
                UINT64_C(0x79fb732b77622510), UINT64_C(0x18905f76a53755c6)}},
        .y = {{UINT64_C(0xddf25357ce95560a), UINT64_C(0x8b4ab8e4ba19e45c),
                UINT64_C(0xd2e88688dd21f325), UINT64_C(0x8571ff1825885d85)}},
};

/* Stands for the point (X/Z², Y/Z³), so that doubling needs no inversion. */
struct jacobian {
	struct fe x, y, z;
};

static struct fe multiply(const struct fe *a, const struct fe *b)
{
	return fe_mul_plain(a, b);
}

static struct fe twice(const struct fe *a)
{
	struct fe minus = fe_neg(a);
	return fe_sub(a, &minus);
}

/*
 * With a = −3: M = 3(X − Z²)(X + Z²), S = 4XY²; X' = M² − 2S, Y' = M(S − X') − 8Y⁴, Z' = 2YZ. No
 * point has y = 0, as the order is odd.
 */
static struct jacobian double_point(const struct jacobian *p)
{
	struct jacobian r;
	struct fe zz = multiply(&p->z, &p->z), minus_zz = fe_neg(&zz);
	struct fe less = fe_sub(&p->x, &zz), more = fe_sub(&p->x, &minus_zz);
	struct fe m = multiply(&less, &more), minus_2m = twice(&m);
	minus_2m = fe_neg(&minus_2m);
	m = fe_sub(&m, &minus_2m);
	struct fe yy2 = multiply(&p->y, &p->y);
	yy2 = twice(&yy2);
	struct fe s = multiply(&p->x, &yy2);
	s = twice(&s);
	struct fe yyyy8 = multiply(&yy2, &yy2);
	yyyy8 = twice(&yyyy8);
	r.x = multiply(&m, &m);
	r.x = fe_sub(&r.x, &s);
	r.x = fe_sub(&r.x, &s);
	s = fe_sub(&s, &r.x);
	r.y = multiply(&m, &s);
	r.y = fe_sub(&r.y, &yyyy8);
	r.z = multiply(&p->y, &p->z);
	r.z = twice(&r.z);
	return r;
}

/* All Z are inverted together: from the inverse of their product down. */
static void normalise(const struct jacobian *powers, size_t count, const struct fe *products,
        struct point *ret_points)
{
	struct fe inverse;
	hf_p256_inverse(&HF_P256_MOD_P, products[count - 1].limb, inverse.limb);
	inverse = multiply(&inverse, &FE_RR); /* (a·R)⁻¹ to a⁻¹·R */
	inverse = multiply(&inverse, &FE_RR);
	for (size_t i = count; i-- > 0;) {
		struct fe one = i > 0 ? multiply(&inverse, &products[i - 1]) : inverse;
		struct fe square = multiply(&one, &one), cube = multiply(&square, &one);
		inverse = multiply(&inverse, &powers[i].z);
		ret_points[i].x = multiply(&powers[i].x, &square);
		ret_points[i].y = multiply(&powers[i].y, &cube);
	}
}

enum hf_err hf_p256_powers(const uint8_t *point, size_t count, struct point *ret_powers)
{
	struct jacobian *powers = malloc(count * sizeof(*powers));
	struct fe *products = malloc(count * sizeof(*products));
	enum hf_err err = HF_ERR_NOMEM;
	if (powers == NULL || products == NULL)
		goto done;
	powers[0] = (struct jacobian){GENERATOR.x, GENERATOR.y, FE_ONE};
	if (point != NULL) {
		limbs_from_bytes(point, powers[0].x.limb);
		limbs_from_bytes(point + 32, powers[0].y.limb);
		powers[0].x = multiply(&powers[0].x, &FE_RR);
		powers[0].y = multiply(&powers[0].y, &FE_RR);
	}
	products[0] = FE_ONE;
	for (size_t i = 1; i < count; i++) {
		powers[i] = double_point(&powers[i - 1]);
		products[i] = multiply(&products[i - 1], &powers[i].z);
	}
	normalise(powers, count, products, ret_powers);
	err = HF_OK;
done:
	free(products);
	free(powers);
	return err;
}
