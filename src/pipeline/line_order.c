/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stdio.h>

#include "pipeline/line_inside.h"
#include "pipeline/plainzone.h"

/* One order. */
struct ordering {
	struct hf_line *line;
	const struct hf_line_says *says;
	hf_time now;
	struct hf_diag *diag;
	char *words; /* HF_LINE_WORDS */
};

HF_PRINTF(2, 3)
static void answer(struct ordering *ordering, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(ordering->words, HF_LINE_WORDS, format, args);
	va_end(args);
}

/* Writes the decision down, with all that it changed. */
static enum hf_err keep(struct ordering *ordering, const char *kind)
{
	const struct hf_store_note note = {.at = ordering->now,
	        .kind = kind,
	        .who = ordering->says->who,
	        .text = ordering->words};
	enum hf_err err = hf_ledger_keep(ordering->line->ledger, &note, ordering->diag);
	return err == HF_OK ? hf_line_engine_kept(ordering->line) : err;
}

/* ---- hold, release, rollback ---- */

static enum hf_err keep_flags(struct ordering *ordering, const char *kind, unsigned flags)
{
	struct hf_ledger_memory *memory = ordering->line->memory;
	unsigned before = memory->flags;
	memory->flags = flags;
	enum hf_err err = keep(ordering, kind);
	if (err != HF_OK)
		memory->flags = before;
	return err;
}

static enum hf_err hold(struct ordering *ordering)
{
	unsigned flags = ordering->line->memory->flags;
	if ((flags & HF_LEDGER_HELD) != 0)
		return hf_fail(ordering->diag, HF_ERR_REFUSED, "the zone is held already");
	answer(ordering,
	        "the zone is held: inputs are checked and wait; signatures go on being renewed");
	return keep_flags(ordering, "held", flags | HF_LEDGER_HELD);
}

/* Whether something failed that may go better now. */
static bool can_retry(const struct hf_line *line)
{
	return (line->failed_target.zone != NULL && line->failed_target.retry != HF_TIME_NEVER) ||
	       line->failed_base.zone != NULL;
}

static enum hf_err release(struct ordering *ordering)
{
	const unsigned all = HF_LEDGER_HELD | HF_LEDGER_ROLLED_BACK | HF_LEDGER_RESTORED;
	struct hf_line *line = ordering->line;
	unsigned flags = line->memory->flags;
	if ((flags & all) == 0 && can_retry(line)) {
		answer(ordering, "what failed is tried again now");
		return keep(ordering, "released");
	}
	if ((flags & all) == 0)
		return hf_fail(ordering->diag, HF_ERR_REFUSED,
		        "the zone is neither held nor rolled back, and there is nothing to try "
		        "again");
	answer(ordering, "the zone is released: the newest input is published when it is proved");
	enum hf_err err = keep_flags(ordering, "released", flags & ~all);
	if (err != HF_OK || (flags & HF_LEDGER_ROLLED_BACK) == 0)
		return err;
	hf_line_put(&line->target, line->memory->source);
	line->target_is_old = false;
	return HF_OK;
}

static const struct hf_version *find_serial(const struct hf_line *line, uint32_t serial)
{
	const struct hf_journal_history *published = &line->memory->published;
	for (size_t i = 0; i < published->count; i++) {
		struct hf_soa soa;
		if (hf_version_soa(published->list[i].version, &soa) && soa.serial == serial)
			return published->list[i].version;
	}
	return NULL;
}

static enum hf_err rollback(struct ordering *ordering)
{
	struct hf_line *line = ordering->line;
	uint32_t serial = ordering->says->serial;
	const struct hf_version *version = find_serial(line, serial);
	struct hf_version *plain = NULL;
	if (line->box == NULL)
		return hf_fail(ordering->diag, HF_ERR_REFUSED,
		        "the zone is signed elsewhere: have its signer go back");
	if (version == NULL)
		return hf_fail(ordering->diag, HF_ERR_REFUSED,
		        "no published version with serial %u is remembered; the versions of the "
		        "zone are listed by holdfast zone versions",
		        serial);
	if (version == hf_line_served(line))
		return hf_fail(ordering->diag, HF_ERR_REFUSED,
		        "serial %u is what is published; name an older one", serial);
	enum hf_err err = hf_plain_strip(version, &plain);
	if (err != HF_OK)
		return err;
	answer(ordering,
	        "the contents of serial %u are signed anew and published under a new serial when "
	        "they are proved; inputs wait until the release",
	        serial);
	err = keep_flags(ordering, "rolled-back", line->memory->flags | HF_LEDGER_ROLLED_BACK);
	if (err == HF_OK) {
		hf_line_put(&line->target, plain);
		line->target_is_old = true;
	}
	hf_version_unref(plain);
	return err;
}

/* ---- reviews ---- */

static enum hf_err tell_engine(struct ordering *ordering, const struct hf_roll_event *event);

static enum hf_err approve(struct ordering *ordering)
{
	struct hf_line *line = ordering->line;
	bool is_signed = line->waits_at == HF_STAGE_REVIEW_SIGNED;
	if (line->waits_for == NULL) {
		answer(ordering, "the next step of the change is approved");
		return tell_engine(ordering, &(struct hf_roll_event){.kind = HF_EVENT_APPROVE});
	}
	answer(ordering, "the %s version is approved", is_signed ? "signed" : "unsigned");
	enum hf_err err = keep(ordering, "approved");
	if (err != HF_OK)
		return err;
	hf_line_put(&line->agreed[is_signed], line->waits_for);
	hf_line_put(&line->waits_for, NULL);
	hf_line_failure_clear(&line->failed_target);
	return HF_OK;
}

static enum hf_err reject(struct ordering *ordering)
{
	struct hf_line *line = ordering->line;
	if (line->waits_for == NULL)
		return hf_fail(ordering->diag, HF_ERR_REFUSED, "no version waits for a review");
	answer(ordering, "the version is rejected by %s; what is published stays",
	        ordering->says->who != NULL ? ordering->says->who : "somebody");
	enum hf_err err = keep(ordering, "rejected");
	if (err != HF_OK)
		return err;
	hf_line_failure_clear(&line->failed_target);
	line->failed_target = (struct hf_line_failure){.zone = hf_version_ref(line->waits_for),
	        .any_recipe = true,
	        .retry = HF_TIME_NEVER};
	hf_line_stage_end(
	        line, line->waits_at, HF_STAGE_FAILED, ordering->now, "%s", ordering->words);
	hf_line_put(&line->waits_for, NULL);
	return HF_OK;
}

static enum hf_err force_removal(struct ordering *ordering)
{
	answer(ordering, "the input is accepted with what it takes away");
	enum hf_err err = hf_line_accept_removal(ordering->line, ordering->now, ordering->diag);
	return err == HF_OK ? keep(ordering, "removal-accepted") : err;
}

/* ---- the engine ---- */

/* The event, or nothing: neither in the state nor in the evidence. */
static enum hf_err tell_engine(struct ordering *ordering, const struct hf_roll_event *event)
{
	struct hf_line *line = ordering->line;
	struct hf_ledger_memory *memory = line->memory;
	struct hf_evidence *evidence = NULL;
	struct hf_roll_state state;
	if (line->box == NULL)
		return hf_fail(ordering->diag, HF_ERR_REFUSED,
		        "the zone is signed elsewhere: its keys are not ours to change");
	if (!memory->has_roll)
		return hf_fail(ordering->diag, HF_ERR_REFUSED,
		        "the zone's keys are not known yet; try again when it was run once");
	enum hf_err err = hf_roll_state_copy(&memory->roll, &state);
	if (err != HF_OK)
		return err;
	err = hf_evidence_copy(memory->evidence, &evidence);
	if (err == HF_OK)
		err = hf_roll_event(&line->setup.policy, &memory->roll, memory->evidence, event,
		        ordering->now, ordering->diag);
	if (err == HF_OK)
		err = keep(ordering, "rollover");
	if (err != HF_OK && evidence != NULL) {
		struct hf_roll_state failed = memory->roll;
		memory->roll = state;
		state = failed;
		hf_evidence_free(memory->evidence);
		memory->evidence = evidence;
		evidence = NULL;
	}
	hf_roll_state_done(&state);
	hf_evidence_free(evidence);
	return err;
}

/* Whoever says that it was seen reads what that is. */
static void answer_ds_seen(struct ordering *ordering)
{
	const struct hf_roll_state *state = &ordering->line->memory->roll;
	const struct hf_roll *change = &state->roll;
	hf_keys ds = change->count > 0 ? change->waypoints[change->index].ds : state->rest.ds;
	char list[HF_LINE_WORDS / 2] = "no DS record", key[32];
	size_t len = 0;
	for (unsigned i = 0; i < HF_ROLL_KEYS && len < sizeof(list); i++) {
		if ((ds >> i & 1) == 0)
			continue;
		hf_roll_key_text(state, i, key);
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
		        len > 0 ? " and " : "the DS of ", key);
	}
	answer(ordering, "this DS set counts as seen at every server of the parent: %s", list);
}

static enum hf_err roll(struct ordering *ordering)
{
	const struct hf_roll_event *event = &ordering->says->event;
	char name[HF_LINE_CHANGE];
	static const char *const words[] = {
	        [HF_EVENT_PAUSE] = "the change is paused: no further step is taken",
	        [HF_EVENT_RESUME] = "the change goes on",
	        [HF_EVENT_ABORT] = "the change goes back to where it started, step by step",
	        [HF_EVENT_APPROVE] = "the next step of the change is approved",
	        [HF_EVENT_FORCE] = "the last step is taken at once, whatever the gate says",
	        [HF_EVENT_DS_WITHDRAWN] =
	                "earlier requests for a DS set count as withdrawn; the parent is looked at "
	                "again",
	        [HF_EVENT_COMPROMISED] =
	                "the key counts as compromised; replace it with an emergency rollover",
	};
	if (event->kind == HF_EVENT_START)
		answer(ordering, "a change %s: %s",
		        ordering->line->memory->roll.roll.start.kind == HF_ROLL_NONE
		                ? "begins"
		                : "is to begin after the one that is in progress",
		        hf_line_change_name(&event->start, name));
	else if (event->kind == HF_EVENT_DS_SEEN)
		answer_ds_seen(ordering);
	else if ((size_t)event->kind < sizeof(words) / sizeof(words[0]) &&
	         words[event->kind] != NULL)
		answer(ordering, "%s", words[event->kind]);
	else
		return hf_fail(ordering->diag, HF_ERR_REFUSED,
		        "that is not for people to say: the line finds it out itself");
	return tell_engine(ordering, event);
}

enum hf_err hf_line_order(struct hf_line *line, const struct hf_line_says *says, hf_time now,
        struct hf_diag *diag, char ret_words[static HF_LINE_WORDS])
{
	static enum hf_err (*const handlers[])(struct ordering *) = {
	        [HF_LINE_HOLD] = hold,
	        [HF_LINE_RELEASE] = release,
	        [HF_LINE_APPROVE] = approve,
	        [HF_LINE_REJECT] = reject,
	        [HF_LINE_ROLLBACK] = rollback,
	        [HF_LINE_ROLL] = roll,
	        [HF_LINE_FORCE_REMOVAL] = force_removal,
	};
	char words[HF_LINE_WORDS] = "";
	struct ordering ordering = {
	        .line = line, .says = says, .now = now, .diag = diag, .words = words};
	if ((size_t)says->order >= sizeof(handlers) / sizeof(handlers[0]))
		return hf_fail(diag, HF_ERR_REFUSED, "there is no such order");
	enum hf_err err = handlers[says->order](&ordering);
	if (err != HF_OK)
		return err;
	/* Whoever says something wants things tried again. */
	if (line->failed_target.retry != HF_TIME_NEVER)
		hf_line_failure_clear(&line->failed_target);
	hf_line_failure_clear(&line->failed_base);
	snprintf(ret_words, HF_LINE_WORDS, "%s", words);
	hf_line_tell(line, now);
	return HF_OK;
}
