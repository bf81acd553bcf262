/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can go wrong: names, sentences, and random ones. */
#include <stdlib.h>
#include <string.h>

#include "sim/theatre.h"

#define HOUR INT64_C(3600)
#define DAY  (24 * HOUR)

const char *hf_fault_name(enum hf_fault_kind kind)
{
	static const char *const names[HF_FAULT_KINDS] = {
	        [HF_FAULT_SIGNER_DOWN] = "signer-down",
	        [HF_FAULT_CRASH] = "crash",
	        [HF_FAULT_CLOCK] = "clock",
	        [HF_FAULT_RESTORED] = "restored",
	        [HF_FAULT_HSM_DOWN] = "hsm-down",
	        [HF_FAULT_HSM_LIES] = "hsm-lies",
	        [HF_FAULT_SECONDARY] = "secondary",
	        [HF_FAULT_PARENT] = "parent",
	        [HF_FAULT_REQUEST_LOST] = "request-lost",
	        [HF_FAULT_SLOW] = "slow",
	        [HF_FAULT_BLIND] = "blind",
	};
	return names[kind];
}

static void put_clock(const struct hf_theatre_fault *fault, const char *span, struct hf_buf *out)
{
	char off[HF_TIME_TEXT];
	int64_t amount = fault->amount < 0 ? -fault->amount : fault->amount;
	hf_put_format(out, "the signer's clock is %s %s for %s", hf_span_text(amount, off),
	        fault->amount < 0 ? "behind" : "ahead", span);
}

void hf_theatre_fault_put(const struct hf_theatre_fault *fault, struct hf_buf *out)
{
	char span[HF_TIME_TEXT], amount[HF_TIME_TEXT];
	hf_span_text(fault->duration, span);
	hf_span_text(fault->amount, amount);
	switch (fault->kind) {
	case HF_FAULT_SIGNER_DOWN:
		hf_put_format(out, "the signer is down for %s", span);
		break;
	case HF_FAULT_CRASH:
		hf_put_format(out,
		        "the signer crashes in its next publication, %s, and is down for %s",
		        fault->amount == 0 ? "before the version is stored"
		                           : "when the version is stored but not yet shown",
		        span);
		break;
	case HF_FAULT_CLOCK:
		put_clock(fault, span, out);
		break;
	case HF_FAULT_RESTORED:
		hf_put_format(out,
		        "the signer's state is replaced by a backup that is %s old; the right one "
		        "comes back after %s",
		        amount, span);
		break;
	case HF_FAULT_HSM_DOWN:
		hf_put_format(out, "keys cannot be used for %s", span);
		break;
	case HF_FAULT_HSM_LIES:
		hf_put_format(out, "new signatures do not verify for %s", span);
		break;
	case HF_FAULT_SECONDARY:
		hf_put_format(
		        out, "secondary %u gets no new versions for %s", fault->server + 1, span);
		break;
	case HF_FAULT_PARENT:
		hf_put_format(out, "server %u of the parent gets no new DS sets for %s",
		        fault->server + 1, span);
		break;
	case HF_FAULT_REQUEST_LOST:
		hf_put_format(out, "requests for a DS set get lost for %s", span);
		break;
	case HF_FAULT_SLOW:
		hf_put_format(out, "for %s, requests for a DS set take %s more", span, amount);
		break;
	case HF_FAULT_BLIND:
		hf_put_format(out, "the signer's looks at servers get no answer for %s", span);
		break;
	}
}

/* ---- random ones ---- */

/* From `least` to about 2^`doublings` times that, every doubling as likely. */
static int64_t span_of(struct hf_random *random, int64_t least, unsigned doublings)
{
	int64_t span = least << hf_random_below(random, doublings);
	return span + (int64_t)hf_random_below(random, (uint64_t)span);
}

static int64_t least_of(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/*
 * What a signer is to bear: a clock that is ahead by less than its margins and than signatures are
 * dated back, one that leaps by more than half a day and is set right within the hour that the
 * signer waits then, and one that falls behind by more than the time between two of its steps, and
 * is set right before it gets to where it was.
 */
static void draw_clock(
        struct hf_random *random, const struct hf_policy *policy, struct hf_theatre_fault *fault)
{
	int64_t ahead = least_of(policy->rollover.margin, policy->rollover.ds_margin);
	ahead = least_of(ahead, policy->signatures.inception_offset);
	ahead = least_of(ahead, HOUR);
	switch (hf_random_below(random, ahead > 0 ? 3 : 2)) {
	case 0:
		fault->amount = span_of(random, DAY, 9);
		fault->duration = 60 + (int64_t)hf_random_below(random, (uint64_t)HOUR - 120);
		break;
	case 1:
		fault->amount = -span_of(random, 12 * HOUR, 10);
		fault->duration =
		        1 + (int64_t)hf_random_below(random, (uint64_t)(-fault->amount - 7 * HOUR));
		break;
	default:
		fault->amount = 1 + (int64_t)hf_random_below(random, (uint64_t)ahead);
		fault->duration = span_of(random, HOUR, 9);
		break;
	}
}

static struct hf_theatre_fault draw(struct hf_random *random, enum hf_fault_kind kind,
        const struct hf_theatre_world *world, const struct hf_policy *policy)
{
	struct hf_theatre_fault fault = {.kind = kind};
	switch (kind) {
	case HF_FAULT_CLOCK:
		draw_clock(random, policy, &fault);
		break;
	case HF_FAULT_CRASH:
		fault.amount = (int64_t)hf_random_below(random, 2);
		fault.duration = span_of(random, 60, 10);
		break;
	case HF_FAULT_RESTORED:
		fault.amount = span_of(random, HOUR, 10);
		fault.duration = span_of(random, HOUR, 6);
		break;
	case HF_FAULT_SLOW:
		fault.amount = span_of(random, HOUR, 9);
		fault.duration = span_of(random, DAY, 5);
		break;
	case HF_FAULT_SECONDARY:
		fault.server = (unsigned)hf_random_below(random, world->servers);
		fault.duration = span_of(random, HOUR, 9);
		break;
	case HF_FAULT_PARENT:
		fault.server = (unsigned)hf_random_below(random, world->parents);
		fault.duration = span_of(random, HOUR, 9);
		break;
	default:
		fault.duration = span_of(random, HOUR, 9);
		break;
	}
	return fault;
}

static int by_time(const void *a, const void *b)
{
	const struct hf_theatre_fault *first = a, *second = b;
	if (first->at != second->at)
		return first->at < second->at ? -1 : 1;
	return (first->kind > second->kind) - (first->kind < second->kind);
}

enum hf_err hf_theatre_faults(struct hf_random *random, const struct hf_theatre_world *world,
        const struct hf_policy *policy, unsigned kinds, size_t count, hf_time from, hf_time until,
        struct hf_theatre_fault **ret_faults, size_t *ret_count)
{
	kinds &= (1u << HF_FAULT_KINDS) - 1;
	if (kinds == 0 || until <= from)
		count = 0;
	struct hf_theatre_fault *faults = calloc(count + 1, sizeof(*faults));
	if (faults == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < count; i++) {
		enum hf_fault_kind kind;
		do {
			kind = (enum hf_fault_kind)hf_random_below(random, HF_FAULT_KINDS);
		} while ((kinds >> kind & 1) == 0);
		faults[i] = draw(random, kind, world, policy);
		faults[i].at = from + (hf_time)hf_random_below(random, (uint64_t)(until - from));
	}
	qsort(faults, count, sizeof(*faults), by_time);
	*ret_faults = faults;
	*ret_count = count;
	return HF_OK;
}
