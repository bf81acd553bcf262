/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Running work with its k-th allocation failing, for every k.
 *
 * The linker routes the allocations of our own objects through failing.c (--wrap); those inside
 * OpenSSL, libknot and libzscanner are left alone. One sweep at a time.
 */
#ifndef HF_HOUSE_FAILING_H
#define HF_HOUSE_FAILING_H

#include "base/err.h"

/* Work that makes and frees everything that it needs. */
typedef enum hf_err work_fn(const void *context);

/*
 * Runs `work` with its first, second, … allocation failing, until none is left to fail. Each run
 * must return HF_ERR_NOMEM, or `expected` (what it returns undisturbed); cmocka's way to fail.
 */
void sweep(const char *name, work_fn *work, const void *context, enum hf_err expected);
/* The same for one allocation in `step`, where work takes its time; how many there are. */
long sweep_some(
        work_fn *work, const void *context, enum hf_err expected, unsigned first, unsigned step);

#endif
