/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Interning: the same bytes get the same number, counted from 0. For this part only.
 *
 * Zero-initialised is empty. One thread at a time; any number may read.
 */
#ifndef HF_COHERENCE_INTERN_H
#define HF_COHERENCE_INTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct hf_intern_entry {
	uint8_t *bytes;
	size_t len;
	uint64_t hash;
};

struct hf_intern {
	struct hf_intern_entry *entries;
	size_t count, cap;
	uint32_t *slots; /* number + 1, or 0; a power of two of them */
	size_t slot_count;
};

void hf_intern_done(struct hf_intern *intern);
/* Copies the bytes when they are new. HF_ERR_LIMIT over `limit` entries. */
enum hf_err hf_intern_put(struct hf_intern *intern, const void *bytes, size_t len, size_t limit,
        uint32_t *ret_number, bool *ret_new) HF_MUST_CHECK;
/* Takes the newest entry back: for a caller that cannot finish. */
void hf_intern_pop(struct hf_intern *intern);

#endif
