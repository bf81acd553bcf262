/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The body of a scalar kernel. A tier defines fe_mul (struct fe from two const struct fe *) and
 * includes this once, so that its multiplication is inlined everywhere. It must then fill in a
 * struct hf_p256_kernel with table_new and verify.
 */
#include <stdlib.h>

#include "crypto/p256_field.h"
#include "crypto/p256_scalar.h"
#include "crypto/p256_table.h"

#define LANES 4 /* independent product chains: one alone would wait for each multiplication */

static const struct fe GENERATOR_X = {{UINT64_C(0x79e730d418a9143c), UINT64_C(0x75ba95fc5fedb601),
        UINT64_C(0x79fb732b77622510), UINT64_C(0x18905f76a53755c6)}};
static const struct fe GENERATOR_Y = {{UINT64_C(0xddf25357ce95560a), UINT64_C(0x8b4ab8e4ba19e45c),
        UINT64_C(0xd2e88688dd21f325), UINT64_C(0x8571ff1825885d85)}};

static struct fe fe_sqr(const struct fe *a)
{
	return fe_mul(a, a);
}

/* a^(2^count) */
static struct fe fe_sqr_times(const struct fe *a, unsigned count)
{
	struct fe r = *a;
	while (count-- > 0)
		r = fe_sqr(&r);
	return r;
}

/* 1/a = a^(p − 2) (0 for 0); p − 2 = (2^32 − 1)·2^224 + 2^192 + (2^94 − 1)·2^2 + 1. */
static struct fe fe_inv(const struct fe *a)
{
	struct fe t = fe_sqr(a), ones2 = fe_mul(&t, a); /* onesN = a^(2^N − 1) */
	t = fe_sqr_times(&ones2, 2);
	struct fe ones4 = fe_mul(&t, &ones2);
	t = fe_sqr_times(&ones4, 4);
	struct fe ones8 = fe_mul(&t, &ones4);
	t = fe_sqr_times(&ones8, 8);
	struct fe ones16 = fe_mul(&t, &ones8);
	t = fe_sqr_times(&ones16, 16);
	struct fe ones32 = fe_mul(&t, &ones16);
	t = fe_sqr_times(&ones32, 32); /* bits 255 … 192: 32 ones, 31 zeros, a one */
	struct fe r = fe_mul(&t, a);
	r = fe_sqr_times(&r, 192); /* 96 zeros, then 94 ones, a zero, a one: */
	/* The 94 ones: 32 + 32 + 16 + 8 + 4 + 2, put in from the left. */
	struct fe low = fe_sqr_times(&ones32, 32);
	low = fe_mul(&low, &ones32);
	low = fe_sqr_times(&low, 16);
	low = fe_mul(&low, &ones16);
	low = fe_sqr_times(&low, 8);
	low = fe_mul(&low, &ones8);
	low = fe_sqr_times(&low, 4);
	low = fe_mul(&low, &ones4);
	low = fe_sqr_times(&low, 2);
	low = fe_mul(&low, &ones2);
	low = fe_sqr_times(&low, 2);
	low = fe_mul(&low, a);
	return fe_mul(&r, &low);
}

/*
 * Turns values[0 … count − 1] into their inverses with one inversion. `before` is scratch of the
 * same size. False when one of them is zero: then nothing was done.
 */
static bool invert_all(struct fe *values, size_t count, struct fe *before)
{
	struct fe product[LANES], lanes = FE_ONE, part[LANES];
	for (unsigned l = 0; l < LANES; l++)
		product[l] = FE_ONE;
	for (size_t i = 0; i < count; i++) {
		before[i] = product[i % LANES];
		product[i % LANES] = fe_mul(&product[i % LANES], &values[i]);
	}
	for (unsigned l = 0; l < LANES; l++) {
		part[l] = lanes;
		lanes = fe_mul(&lanes, &product[l]);
	}
	if (fe_is_zero(&lanes))
		return false;
	struct fe inverse = fe_inv(&lanes);
	for (unsigned l = LANES; l-- > 0;) {
		struct fe one = fe_mul(&inverse, &part[l]);
		inverse = fe_mul(&inverse, &product[l]);
		product[l] = one;
	}
	for (size_t i = count; i-- > 0;) {
		struct fe one = fe_mul(&product[i % LANES], &before[i]);
		product[i % LANES] = fe_mul(&product[i % LANES], &values[i]);
		values[i] = one;
	}
	return true;
}

/* P + Q for different x, given 1/(Q.x − P.x). */
static inline struct point add_affine(
        const struct point *p, const struct fe *qx, const struct fe *qy, const struct fe *inverse)
{
	struct point r;
	struct fe slope = fe_sub(qy, &p->y), t;
	slope = fe_mul(&slope, inverse);
	r.x = fe_sqr(&slope);
	r.x = fe_sub(&r.x, &p->x);
	r.x = fe_sub(&r.x, qx);
	t = fe_sub(&p->x, &r.x);
	t = fe_mul(&t, &slope);
	r.y = fe_sub(&t, &p->y);
	return r;
}

/* ---- Tables ---- */

/* 2·P: slope (3x² − 3)/2y, as a = −3. `inverse` is 1/2y, never of zero: the order is odd. */
static struct point double_affine(const struct point *p)
{
	struct point r;
	struct fe t = fe_neg(&p->y), twice = fe_sub(&p->y, &t), inverse = fe_inv(&twice);
	struct fe slope = fe_sqr(&p->x), minus;
	slope = fe_sub(&slope, &FE_ONE);
	minus = fe_neg(&slope);
	t = fe_sub(&slope, &minus);
	slope = fe_sub(&t, &minus);
	slope = fe_mul(&slope, &inverse);
	r.x = fe_sqr(&slope);
	r.x = fe_sub(&r.x, &p->x);
	r.x = fe_sub(&r.x, &p->x);
	t = fe_sub(&p->x, &r.x);
	t = fe_mul(&t, &slope);
	r.y = fe_sub(&t, &p->y);
	return r;
}

/* Entries m … 2m − 1 of every window: entry j + 2m·B. `step` holds 2m·B for each window. */
static bool double_window_entries(struct hf_p256_table *table, size_t m, const struct point *step,
        struct fe *values, struct fe *before)
{
	const size_t entries = table->entries;
	for (unsigned k = 0; k < table->windows; k++)
		for (size_t j = 0; j < m; j++)
			values[k * m + j] = fe_sub(&step[k].x, &table->points[k * entries + j].x);
	if (!invert_all(values, table->windows * m, before))
		return false;
	for (unsigned k = 0; k < table->windows; k++) {
		struct point *window = &table->points[k * entries];
		for (size_t j = 0; j < m; j++)
			window[m + j] =
			        add_affine(&window[j], &step[k].x, &step[k].y, &values[k * m + j]);
	}
	return true;
}

static enum hf_err fill(struct hf_p256_table *table, const struct point *base)
{
	const size_t bits = (size_t)table->width * table->windows + 1;
	struct point *power = malloc(bits * sizeof(*power)); /* 2^i · base */
	struct point *step = malloc(table->windows * sizeof(*step));
	struct fe *scratch = malloc(table->windows * table->entries * sizeof(*scratch));
	enum hf_err err = HF_ERR_NOMEM;
	if (power == NULL || step == NULL || scratch == NULL)
		goto done;
	power[0] = *base;
	for (size_t i = 1; i < bits; i++)
		power[i] = double_affine(&power[i - 1]);
	for (unsigned k = 0; k < table->windows; k++)
		table->points[k * table->entries] = power[k * table->width];
	unsigned level = 1; /* 2m = 2^level */
	err = HF_OK;
	for (size_t m = 1; m < table->entries && err == HF_OK; m *= 2, level++) {
		for (unsigned k = 0; k < table->windows; k++)
			step[k] = power[k * table->width + level];
		/* Half the scratch for values, half for what invert_all keeps. */
		struct fe *before = scratch + table->windows * table->entries / 2;
		if (!double_window_entries(table, m, step, scratch, before))
			err = HF_ERR_CRYPTO; /* not a point of the group's order */
	}
done:
	free(scratch);
	free(step);
	free(power);
	return err;
}

static struct fe from_bytes(const uint8_t bytes[32])
{
	struct fe r;
	limbs_from_bytes(bytes, r.limb);
	return fe_mul(&r, &FE_RR);
}

static enum hf_err table_new(const uint8_t *bytes, unsigned width, struct hf_p256_table **ret_table)
{
	struct point base = {.x = GENERATOR_X, .y = GENERATOR_Y};
	struct hf_p256_table *table;
	enum hf_err err = hf_p256_table_alloc(width, &table);
	if (err != HF_OK)
		return err;
	if (bytes != NULL) {
		base.x = from_bytes(bytes);
		base.y = from_bytes(bytes + 32);
	}
	err = fill(table, &base);
	if (err != HF_OK) {
		hf_p256_table_free(table);
		return err;
	}
	*ret_table = table;
	return HF_OK;
}

/* ---- Verifying ---- */

/* Chains 0 … count − 1 sum up u1·G, the rest u2·Q. */
struct workspace {
	struct hf_p256_inputs inputs[HF_P256_BATCH];
	struct hf_p256_scalar scalars[HF_P256_BATCH];
	struct point sums[2 * HF_P256_BATCH];
	struct fe values[2 * HF_P256_BATCH];
	struct fe before[2 * HF_P256_BATCH];
	uint16_t codes[HF_P256_WINDOWS_MAX][2 * HF_P256_BATCH];
};
_Static_assert(sizeof(struct workspace) <= HF_P256_WORKSPACE, "workspace");

static inline const struct point *entry(
        const struct hf_p256_table *table, unsigned window, uint16_t code)
{
	return &table->points[window * table->entries + (code & 0x7fff)];
}

static inline struct fe signed_y(const struct point *point, uint16_t code)
{
	return code & 0x8000 ? fe_neg(&point->y) : point->y;
}

/* A difference of zero cannot be inverted: such signatures are left to OpenSSL. */
static void excuse_zeros(struct workspace *work, size_t count)
{
	for (size_t i = 0; i < 2 * count; i++) {
		if (fe_is_zero(&work->values[i])) {
			work->values[i] = FE_ONE;
			work->inputs[i % count].verdict = HF_P256_UNSURE;
		}
	}
}

static void recode(struct workspace *work, size_t count, const struct hf_p256_table *table)
{
	uint16_t codes[HF_P256_WINDOWS_MAX];
	for (size_t i = 0; i < 2 * count; i++) {
		const struct hf_p256_inputs *in = &work->inputs[i % count];
		const struct hf_p256_scalar *u = i < count ? &in->u1 : &in->u2;
		hf_p256_recode(u, table->width, table->windows, codes);
		for (unsigned k = 0; k < table->windows; k++)
			work->codes[k][i] = codes[k];
	}
}

/* Adds one window's entries to all chains. */
static void add_window(struct workspace *work, size_t count, const struct hf_p256_table *tables[2],
        unsigned window)
{
	const uint16_t *codes = work->codes[window];
	for (size_t i = 0; i < 2 * count; i++) {
		const struct point *q = entry(tables[i >= count], window, codes[i]);
		work->values[i] = fe_sub(&q->x, &work->sums[i].x);
	}
	if (!invert_all(work->values, 2 * count, work->before)) {
		excuse_zeros(work, count);
		invert_all(work->values, 2 * count, work->before);
	}
	for (size_t i = 0; i < 2 * count; i++) {
		const struct point *q = entry(tables[i >= count], window, codes[i]);
		struct fe y = signed_y(q, codes[i]);
		work->sums[i] = add_affine(&work->sums[i], &q->x, &y, &work->values[i]);
	}
}

/* Joins the two chains of each signature and compares x with r, both in Montgomery form. */
static void conclude(struct workspace *work, size_t count, enum hf_p256_verdict *ret_verdicts)
{
	for (size_t i = 0; i < count; i++) {
		work->values[i] = fe_sub(&work->sums[count + i].x, &work->sums[i].x);
		work->values[count + i] = FE_ONE;
	}
	if (!invert_all(work->values, count, work->before)) {
		excuse_zeros(work, count);
		invert_all(work->values, count, work->before);
	}
	for (size_t i = 0; i < count; i++) {
		const struct hf_p256_inputs *in = &work->inputs[i];
		const struct point *q = &work->sums[count + i];
		struct fe x = add_affine(&work->sums[i], &q->x, &q->y, &work->values[i]).x, r;
		memcpy(r.limb, in->r, sizeof(r.limb));
		r = fe_mul(&r, &FE_RR);
		bool equal = fe_equal(&x, &r);
		if (!equal && in->r_twice) {
			uint64_t carry = 0;
			for (unsigned j = 0; j < 4; j++)
				r.limb[j] = add_carry(in->r[j], HF_P256_ORDER[j], &carry);
			r = fe_mul(&r, &FE_RR);
			equal = fe_equal(&x, &r);
		}
		ret_verdicts[i] = in->verdict != HF_P256_GOOD ? in->verdict
		                  : equal                     ? HF_P256_GOOD
		                                              : HF_P256_BAD;
	}
}

static void verify(const struct hf_p256_table *generator, const struct hf_p256_table *key,
        const struct hf_p256_job *jobs, size_t count, void *memory,
        enum hf_p256_verdict *ret_verdicts)
{
	struct workspace *work = memory;
	const struct hf_p256_table *tables[2] = {generator, key};
	hf_p256_scalars(jobs, count, work->scalars, work->inputs);
	recode(work, count, key);
	for (size_t i = 0; i < 2 * count; i++) {
		uint16_t code = work->codes[0][i];
		const struct point *q = entry(tables[i >= count], 0, code);
		work->sums[i] = (struct point){.x = q->x, .y = signed_y(q, code)};
	}
	for (unsigned k = 1; k < key->windows; k++)
		add_window(work, count, tables, k);
	conclude(work, count, ret_verdicts);
}
