/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * P-256 signatures at the edges, as values: hexadecimal, with the verdict that each must get.
 *
 * Constant data.
 */
#ifndef HF_TESTS_P256_EDGES_H
#define HF_TESTS_P256_EDGES_H

#include <stdbool.h>

#define P256_EDGE_KEY_COUNT 33
#define P256_EDGE_COUNT     177

struct p256_edge_key {
	const char *x, *y;
};

struct p256_edge {
	const char *what;
	unsigned key;
	const char *digest, *r, *s;
	bool good;
};

extern const struct p256_edge_key P256_EDGE_KEYS[P256_EDGE_KEY_COUNT];
extern const struct p256_edge P256_EDGES[P256_EDGE_COUNT];

#endif
