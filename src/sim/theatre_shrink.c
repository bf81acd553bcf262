/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a history that fails to the smallest one that still does. */
#include <stdlib.h>
#include <string.h>

#include "coherence/words.h"
#include "sim/theatre_inside.h"

#define SHORTEST INT64_C(60) /* seconds; nothing is made shorter than that */

struct shrinking {
	const struct hf_theatre_job *job;
	hf_theatre_fails_fn *fails;
	void *context;
	unsigned most;
	struct hf_theatre_history history;
};

static enum hf_err try(
        struct shrinking *shrinking, const struct hf_theatre_history *history, bool *ret_fails)
{
	struct hf_theatre_job job = *shrinking->job;
	*ret_fails = false;
	if (shrinking->history.plays == shrinking->most)
		return HF_OK;
	shrinking->history.plays++;
	job.faults = history->faults;
	job.fault_count = history->fault_count;
	job.changes = history->changes;
	job.change_count = history->change_count;
	job.until = history->until;
	return shrinking->fails(shrinking->context, &job, ret_fails);
}

/* ---- less of it ---- */

/* Takes `count` items of a list away, and puts them back when nothing fails any more. */
static enum hf_err without(struct shrinking *shrinking, void *list, size_t *len, size_t size,
        size_t at, size_t count, bool *ret_gone)
{
	char *bytes = list;
	size_t part = count * size, behind = (*len - at - count) * size;
	char *kept = malloc(part);
	if (kept == NULL)
		return HF_ERR_NOMEM;
	memcpy(kept, bytes + at * size, part);
	memmove(bytes + at * size, bytes + (at + count) * size, behind);
	*len -= count;
	enum hf_err err = try(shrinking, &shrinking->history, ret_gone);
	if (err != HF_OK || !*ret_gone) {
		*len += count;
		memmove(bytes + (at + count) * size, bytes + at * size, behind);
		memcpy(bytes + at * size, kept, part);
	}
	free(kept);
	return err;
}

/* First halves, then quarters … then one by one, until none can go. */
static enum hf_err drop(struct shrinking *shrinking, void *list, size_t *len, size_t size)
{
	enum hf_err err = HF_OK;
	for (size_t part = *len; part > 0 && err == HF_OK;) {
		bool any = false;
		for (size_t at = 0; at < *len && err == HF_OK;) {
			size_t count = part < *len - at ? part : *len - at;
			bool gone = false;
			err = without(shrinking, list, len, size, at, count, &gone);
			any |= gone;
			at += gone ? 0 : count;
		}
		part = any && part == 1 ? 1 : part / 2;
	}
	return err;
}

/* ---- shorter ---- */

/* Halves a number as long as it still fails. */
static enum hf_err halve(struct shrinking *shrinking, int64_t *number, int64_t least)
{
	enum hf_err err = HF_OK;
	bool fails = true;
	while (fails && err == HF_OK && (*number >= 2 * least || *number <= -2 * least)) {
		int64_t before = *number;
		*number /= 2;
		err = try(shrinking, &shrinking->history, &fails);
		if (err != HF_OK || !fails)
			*number = before;
	}
	return err;
}

static enum hf_err end_earlier(struct shrinking *shrinking)
{
	hf_time good = shrinking->job->at, *until = &shrinking->history.until;
	enum hf_err err = HF_OK;
	for (unsigned i = 0; i < 10 && err == HF_OK && *until - good > SHORTEST; i++) {
		hf_time before = *until;
		bool fails = false;
		*until = good + (before - good) / 2;
		err = try(shrinking, &shrinking->history, &fails);
		if (err != HF_OK || !fails) {
			good = *until;
			*until = before;
		}
	}
	return err;
}

static enum hf_err shorten(struct shrinking *shrinking)
{
	struct hf_theatre_history *history = &shrinking->history;
	enum hf_err err = end_earlier(shrinking);
	for (size_t i = 0; i < history->fault_count && err == HF_OK; i++) {
		err = halve(shrinking, &history->faults[i].duration, SHORTEST);
		if (err == HF_OK)
			err = halve(shrinking, &history->faults[i].amount, SHORTEST);
	}
	return err;
}

static enum hf_err copy(struct shrinking *shrinking)
{
	const struct hf_theatre_job *job = shrinking->job;
	struct hf_theatre_history *history = &shrinking->history;
	history->until = job->until;
	history->faults = calloc(job->fault_count + 1, sizeof(*history->faults));
	history->changes = calloc(job->change_count + 1, sizeof(*history->changes));
	if (history->faults == NULL || history->changes == NULL)
		return HF_ERR_NOMEM;
	history->fault_count = job->fault_count;
	history->change_count = job->change_count;
	for (size_t i = 0; i < job->fault_count; i++)
		history->faults[i] = job->faults[i];
	for (size_t i = 0; i < job->change_count; i++)
		history->changes[i] = job->changes[i];
	return HF_OK;
}

enum hf_err hf_theatre_shrink(const struct hf_theatre_job *job, hf_theatre_fails_fn *fails,
        void *context, unsigned plays, struct hf_theatre_history *ret_history)
{
	struct shrinking shrinking = {
	        .job = job, .fails = fails, .context = context, .most = plays > 0 ? plays : 1};
	struct hf_theatre_history *history = &shrinking.history;
	bool failing = false;
	enum hf_err err = copy(&shrinking);
	if (err == HF_OK)
		err = try(&shrinking, history, &failing);
	if (err == HF_OK && !failing)
		err = HF_ERR_INVALID;
	if (err == HF_OK)
		err = drop(&shrinking, history->faults, &history->fault_count,
		        sizeof(*history->faults));
	if (err == HF_OK)
		err = drop(&shrinking, history->changes, &history->change_count,
		        sizeof(*history->changes));
	if (err == HF_OK)
		err = shorten(&shrinking);
	if (err == HF_OK)
		*ret_history = *history;
	else
		hf_theatre_history_done(history);
	return err;
}

void hf_theatre_history_done(struct hf_theatre_history *history)
{
	free(history->faults);
	free(history->changes);
	*history = (struct hf_theatre_history){.faults = NULL};
}

/* ---- in words ---- */

static void put_change(const struct hf_theatre_change *change, struct hf_buf *out)
{
	hf_words_time(change->at, out);
	hf_put_text(out, ": ");
	hf_theatre_title_put(&change->wish.start, out);
	if (change->in_use)
		hf_put_text(out, ", because it is compromised");
	else if (change->wish.emergency)
		hf_put_format(out, ", because key %u is compromised", change->wish.compromised_tag);
	hf_put_text(out, "\n");
}

void hf_theatre_history_put(const struct hf_theatre_history *history, struct hf_buf *out)
{
	for (size_t i = 0; i < history->change_count; i++)
		put_change(&history->changes[i], out);
	for (size_t i = 0; i < history->fault_count; i++) {
		hf_words_time(history->faults[i].at, out);
		hf_put_text(out, ": ");
		hf_theatre_fault_put(&history->faults[i], out);
		hf_put_text(out, "\n");
	}
	hf_put_text(out, "ends ");
	hf_words_time(history->until, out);
	hf_put_text(out, "\n");
}
