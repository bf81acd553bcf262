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

/*
 * Progress in other units: a pool counts tasks, people want to see owners. Initialise `shown` and
 * `units`, and give the result of hf_progress_scaled to whoever does the work; both must stay.
 */
struct hf_progress_scale {
	const struct hf_progress *shown; /* may be NULL */
	uint64_t units;                  /* what the whole work is */
	struct hf_progress counted;
};

static inline void hf_progress_convert(
        void *context, const char *phase, uint64_t done, uint64_t total)
{
	const struct hf_progress_scale *scale = context;
	if (total > 0)
		hf_progress_step(scale->shown, phase, scale->units * done / total, scale->units);
}

static inline const struct hf_progress *hf_progress_scaled(struct hf_progress_scale *scale)
{
	scale->counted = (struct hf_progress){.show = hf_progress_convert, .context = scale};
	return &scale->counted;
}

#endif
