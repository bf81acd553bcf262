/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * History files: any bytes are refused with a sentence, or give evidence that the gate has a
 * verdict on, whose two forms can be printed: about the world at the first fact, and about that
 * fact.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "report/gate_json.h"
#include "report/gate_text.h"

/* Only what people can read comes out, whatever is in the file. */
static void check_text(const struct hf_buf *text)
{
	for (size_t i = 0; i < text->len; i++) {
		if ((text->data[i] < ' ' && text->data[i] != '\n') || text->data[i] > '~')
			abort();
	}
}

static void print(const struct hf_history *history, struct hf_gate_verdict *verdict, bool step)
{
	struct hf_gate_answer answer = {.zone = *hf_evidence_zone(history->evidence),
	        .verdict = verdict,
	        .version = step,
	        .unsigned_from = HF_TIME_NEVER};
	struct hf_buf text = {.data = NULL}, json = {.data = NULL};
	if (hf_gate_text(&answer, &text) != HF_OK || hf_gate_json(&answer, &json) != HF_OK)
		abort();
	check_text(&text);
	hf_buf_done(&text);
	hf_buf_done(&json);
}

static void ask(const struct hf_history *history, hf_time at, bool step)
{
	const struct hf_offer offer = {.served = history->step, .count = history->step_count};
	const struct hf_gate_options options = {.rules = HF_RULES_STRICT};
	struct hf_gate_verdict *verdict;
	enum hf_err err = hf_gate(history->evidence, step ? &offer : NULL, &options, at, &verdict);
	if (err == HF_ERR_LIMIT)
		return;
	if (err != HF_OK || verdict->safe != (verdict->earliest_safe == at) ||
	        verdict->safe != (verdict->count == 0))
		abort();
	print(history, verdict, step);
	hf_gate_verdict_free(verdict);
}

static struct hf_history *parse(
        const char *text, size_t len, const struct hf_history_options *options)
{
	struct hf_diag diag;
	struct hf_history *history = NULL;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = hf_history_parse("fuzz", NULL, text, len, options, &diag, &history);
	if (err != HF_OK && diag.count == 0)
		abort();
	hf_diag_done(&diag);
	return history;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_history_options options = {.at = 0};
	struct hf_history *history = parse((const char *)data, size, &options);
	if (history == NULL)
		return 0;
	if (hf_evidence_fact_count(history->evidence) > 0) {
		options.at = hf_evidence_fact_at(history->evidence, 0)->first;
		ask(history, options.at, false);
		ask(history, options.at + 1000000, false);
		options.flags = HF_HISTORY_STEP;
		struct hf_history *before = parse((const char *)data, size, &options);
		if (before == NULL || before->step_count == 0)
			abort();
		ask(before, options.at, true);
		hf_history_free(before);
	}
	hf_history_free(history);
	return 0;
}
