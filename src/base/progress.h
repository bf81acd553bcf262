/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Progress of long work, as seen by whoever shows it.
 *
 * Workers call hf_progress_step from the thread that started the work, as often as they like; the
 * receiver decides how often it draws. A NULL progress shows nothing.
 */
#ifndef HF_BASE_PROGRESS_H
#define HF_BASE_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

struct hf_progress {
	/* `total` 0: unknown. `phase` is a word such as "load", "sign", "verify", "write". */
	void (*show)(void *context, const char *phase, uint64_t done, uint64_t total);
	void *context;
};

static inline void hf_progress_step(
        const struct hf_progress *progress, const char *phase, uint64_t done, uint64_t total)
{
	if (progress != NULL && progress->show != NULL)
		progress->show(progress->context, phase, done, total);
}

#endif
