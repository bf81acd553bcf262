/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Counted values: how often each value of a signer set occurs, so that the largest and the smallest
 * one are known exactly when RRsets come and go.
 *
 * A counter collects; one thread. A `hf_counts` never changes: the next one shares most of it, so
 * that a change of k values costs O(k) and, from time to time, a walk over all distinct values. Any
 * number of threads may read one. For this part only.
 */
#ifndef HF_COHERENCE_COUNTS_H
#define HF_COHERENCE_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* What is counted: values of one kind (`slot`) of one set. */
struct hf_count {
	uint32_t set, slot;
	int64_t value;
	int64_t count;
};

/* Zero-initialised is empty. */
struct hf_counter {
	struct hf_count *table; /* open addressing; a free place has the count 0 */
	size_t used, cap;       /* `cap` is a power of two */
};

void hf_counter_done(struct hf_counter *counter);
/* `times` is more than 0. */
enum hf_err hf_counter_add(struct hf_counter *counter, uint32_t set, uint32_t slot, int64_t value,
        int64_t times) HF_MUST_CHECK;
/* How often the value was counted. */
int64_t hf_counter_of(const struct hf_counter *counter, uint32_t set, uint32_t slot, int64_t value);

struct hf_counts;

/* What `before` (NULL: nothing) has, less what one counter has, and more by what another has; the
 * counters may be NULL. HF_ERR_INVALID: it would have less than nothing of a value. */
enum hf_err hf_counts_new(const struct hf_counts *before, const struct hf_counter *less,
        const struct hf_counter *more, struct hf_counts **ret_counts) HF_MUST_CHECK;
void hf_counts_free(struct hf_counts *counts);

enum hf_counts_end { HF_COUNTS_LEAST, HF_COUNTS_MOST };
/* The smallest or largest value of a kind that is there at all; false when there is none. */
bool hf_counts_find(const struct hf_counts *counts, uint32_t set, uint32_t slot,
        enum hf_counts_end end, int64_t *ret_value);
/* How often the value is there. */
int64_t hf_counts_of(const struct hf_counts *counts, uint32_t set, uint32_t slot, int64_t value);

#endif
