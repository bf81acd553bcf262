/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "pipeline/line_inside.h"
#include "pipeline/plainzone.h"

/* ---- after opening ---- */

static enum hf_err stop_at_difference(
        void *context, const struct hf_node *before, const struct hf_node *after)
{
	return HF_ERR_CANCELED;
}

/* Whether two versions have the same contents, their serials apart. */
static enum hf_err compare_contents(
        const struct hf_version *a, const struct hf_version *b, bool *ret_same)
{
	struct hf_version *renumbered = NULL;
	struct hf_soa soa;
	if (!hf_version_soa(a, &soa)) {
		*ret_same = false;
		return HF_OK;
	}
	enum hf_err err = hf_plain_set_serial(b, soa.serial, &renumbered);
	if (err == HF_OK)
		err = hf_version_diff(a, renumbered, stop_at_difference, NULL);
	hf_version_unref(renumbered);
	if (err != HF_OK && err != HF_ERR_CANCELED)
		return err == HF_ERR_NOTFOUND ? HF_OK : err;
	*ret_same = err == HF_OK;
	return HF_OK;
}

static enum hf_err settle_check_only(struct hf_line *line)
{
	const struct hf_version *source = line->memory->source;
	struct hf_soa in, out;
	hf_line_put(&line->base, hf_line_served(line));
	if (source != NULL && hf_version_soa(source, &in) &&
	        (line->base == NULL ||
	                (hf_version_soa(line->base, &out) && in.serial != out.serial)))
		hf_line_put(&line->target, source);
	return HF_OK;
}

enum hf_err hf_line_settle(struct hf_line *line)
{
	const struct hf_version *served = hf_line_served(line), *source = line->memory->source;
	struct hf_version *plain = NULL;
	bool same = false;
	if (line->setup.mode == HF_LINE_CHECK_ONLY)
		return settle_check_only(line);
	if (served == NULL) {
		hf_line_put(&line->target, source);
		return HF_OK;
	}
	enum hf_err err = hf_plain_strip(served, &plain);
	if (err == HF_OK && source != NULL)
		err = compare_contents(source, plain, &same);
	if (err == HF_OK) {
		hf_line_put(&line->base, same ? source : plain);
		if (!same && (line->memory->flags & HF_LEDGER_ROLLED_BACK) == 0)
			hf_line_put(&line->target, source);
	}
	hf_version_unref(plain);
	return err;
}

/* ---- taking ---- */

/* An input on its way. */
struct taking {
	struct hf_line *line;
	const char *from;
	hf_time now;
	struct hf_diag *diag;
	struct hf_version *zone; /* without DNSSEC records, but for check-only */
	bool any_removal;
};

static enum hf_err judge(
        struct taking *taking, struct hf_diag *warnings, struct hf_intake_verdict *ret_verdict)
{
	struct hf_line *line = taking->line;
	const struct hf_intake_question question = {
	        .before = line->memory->source,
	        .sizes = line->has_sizes ? &line->sizes : NULL,
	        .input = taking->zone,
	        .policy = &line->setup.policy,
	        .is_signed = line->setup.mode == HF_LINE_CHECK_ONLY,
	        .any_removal = taking->any_removal,
	        .at = taking->now,
	};
	struct hf_pool *pool = NULL;
	enum hf_err err = hf_pool_new(1, &pool);
	if (err == HF_OK)
		err = hf_intake_judge(&question, pool, warnings, taking->diag, ret_verdict);
	hf_pool_free(pool);
	return err;
}

/* It passed: from now on it is the source. */
static enum hf_err admit(struct taking *taking, const struct hf_intake_verdict *verdict)
{
	struct hf_line *line = taking->line;
	enum hf_err err =
	        hf_ledger_take_source(line->ledger, taking->zone, taking->now, taking->diag);
	if (err != HF_OK)
		return err;
	line->sizes = verdict->sizes;
	line->has_sizes = true;
	hf_line_put(&line->removing, NULL);
	if ((line->memory->flags & HF_LEDGER_ROLLED_BACK) == 0) {
		hf_line_put(&line->target, taking->zone);
		line->target_is_old = false;
	}
	return HF_OK;
}

static enum hf_err check(struct taking *taking)
{
	struct hf_line *line = taking->line;
	struct hf_intake_verdict verdict;
	struct hf_diag warnings;
	char words[HF_LINE_WORDS] = "";
	hf_line_stage_begin(line, HF_STAGE_CHECK);
	hf_diag_init(&warnings, 1);
	enum hf_err err = judge(taking, &warnings, &verdict);
	if (err == HF_OK && warnings.count > 0)
		snprintf(words, sizeof(words), "; but %s", warnings.entries[0].text);
	hf_diag_done(&warnings);
	if (err == HF_OK && verdict.result == HF_INTAKE_PASSED)
		err = admit(taking, &verdict);
	if (err == HF_OK && verdict.result == HF_INTAKE_REMOVAL)
		hf_line_put(&line->removing, taking->zone);
	if (err != HF_OK) {
		hf_line_words(taking->diag, err, words);
		hf_line_stage_end(line, HF_STAGE_CHECK, HF_STAGE_FAILED, taking->now,
		        "the input could not be kept: %s", words);
		return err;
	}
	bool passed = verdict.result == HF_INTAKE_PASSED || verdict.result == HF_INTAKE_SAME;
	hf_line_stage_end(line, HF_STAGE_CHECK, passed ? HF_STAGE_PASSED : HF_STAGE_FAILED,
	        taking->now, "%s%s", verdict.text, passed ? words : "");
	/* What stopped an older input is over; the same one again is no news. */
	if (verdict.result == HF_INTAKE_PASSED)
		hf_line_stage_clear(line, HF_STAGE_CHECK);
	return HF_OK;
}

/* A waiting person is asked about the newest input only. */
static void forget_review(struct hf_line *line)
{
	if (line->waits_for != NULL && line->waits_for != line->target) {
		hf_line_put(&line->waits_for, NULL);
		hf_line_stage_clear(line, HF_STAGE_CHECK);
	}
}

static enum hf_err load(struct taking *taking, const struct hf_line_input *input)
{
	struct hf_line *line = taking->line;
	struct hf_soa soa;
	char zone[HF_NAME_TEXT];
	hf_line_stage_begin(line, HF_STAGE_LOAD);
	if (input->version == NULL) {
		hf_line_stage_end(line, HF_STAGE_LOAD, HF_STAGE_FAILED, taking->now, "%s: %s",
		        input->from, input->failure);
		return HF_OK;
	}
	if (!hf_name_equal(hf_version_apex(input->version), &line->setup.zone) ||
	        !hf_version_soa(input->version, &soa)) {
		hf_line_stage_end(line, HF_STAGE_LOAD, HF_STAGE_FAILED, taking->now,
		        "%s: it is not the zone %s: its SOA record is not there", input->from,
		        hf_name_text(&line->setup.zone, zone));
		return HF_OK;
	}
	if (line->setup.mode == HF_LINE_CHECK_ONLY) {
		taking->zone = hf_version_ref(input->version);
	} else {
		enum hf_err err = hf_plain_strip(input->version, &taking->zone);
		if (err != HF_OK)
			return err;
	}
	hf_line_stage_end(line, HF_STAGE_LOAD, HF_STAGE_PASSED, taking->now, "%s: serial %u%s",
	        input->from, soa.serial,
	        taking->zone != input->version
	                ? "; its DNSSEC records were left out, because it is signed here"
	                : "");
	line->seconds[HF_STAGE_LOAD] += input->seconds;
	line->stages[HF_STAGE_LOAD].seconds += input->seconds;
	return HF_OK;
}

enum hf_err hf_line_input(
        struct hf_line *line, const struct hf_line_input *input, hf_time now, struct hf_diag *diag)
{
	struct taking taking = {.line = line, .from = input->from, .now = now, .diag = diag};
	enum hf_err err = load(&taking, input);
	if (err == HF_OK && taking.zone != NULL)
		err = check(&taking);
	hf_version_unref(taking.zone);
	forget_review(line);
	if (err == HF_OK)
		err = hf_line_alarms(line, now);
	hf_line_tell(line, now);
	return err;
}

enum hf_err hf_line_accept_removal(struct hf_line *line, hf_time now, struct hf_diag *diag)
{
	struct taking taking = {.line = line, .now = now, .diag = diag, .any_removal = true};
	if (line->removing == NULL)
		return hf_fail(
		        diag, HF_ERR_REFUSED, "no input waits for a word about what it takes away");
	taking.zone = hf_version_ref(line->removing);
	enum hf_err err = check(&taking);
	hf_version_unref(taking.zone);
	return err;
}
