/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory of the P-256 kernels: tables and workspaces.
 */
#ifndef HF_CRYPTO_P256_TABLE_H
#define HF_CRYPTO_P256_TABLE_H

#include "crypto/p256.h"
#include "crypto/p256_field.h"

#define HF_P256_WINDOWS_MAX ((257 + HF_P256_WIDTH_MIN - 1) / HF_P256_WIDTH_MIN)
#define HF_P256_WORKSPACE   (1024u * HF_P256_BATCH)

/* Affine, coordinates in Montgomery form: one cache line. */
struct point {
	struct fe x, y;
};

struct hf_p256_table {
	unsigned width;
	unsigned windows;
	size_t entries;       /* a window: 2^(width − 1) */
	struct point *points; /* window by window: (2i + 1) · 2^(width·k) · base */
};

/* 2^i · point for i < count. `point` is x, y as in a DNSKEY, or NULL for the generator. */
enum hf_err hf_p256_powers(
        const uint8_t *point, size_t count, struct point *ret_powers) HF_MUST_CHECK;

/* Fills in the points of a table. */
typedef enum hf_err hf_p256_fill(struct hf_p256_table *table, const uint8_t *point);
/* A table of a point, as hf_p256_powers takes it. HF_ERR_INVALID width. */
enum hf_err hf_p256_table_make(hf_p256_fill *fill, const uint8_t *point, unsigned width,
        struct hf_p256_table **ret_table) HF_MUST_CHECK;

#endif
