/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A parent that says nothing, and what a zone that was never published does about it. */
#include <stdio.h>
#include <string.h>

#include "pipeline/line_inside.h"

#define LOOKING 10 /* seconds until what was seen of servers that wait for us counts */
#define NAMED   3  /* servers whose words are told */

/* ---- silence ---- */

static bool says(const struct hf_ds_sight *sight)
{
	return sight->state == HF_DS_ABSENT || sight->state == HF_DS_PRESENT ||
	       sight->state == HF_DS_UNSIGNED;
}

static bool names(const struct hf_places *places, const char *place)
{
	for (size_t i = 0; i < places->count; i++) {
		if (strcmp(places->names[i], place) == 0)
			return true;
	}
	return false;
}

/* A secondary that has no version of the zone yet answers for it with errors, also as the parent's
 * server: it waits for us. */
static bool waits_for_us(const struct hf_line *line, const struct hf_parent_report *seen)
{
	for (size_t i = 0; i < seen->count; i++) {
		const struct hf_ds_sight *sight = &seen->sights[i];
		if (sight->state != HF_DS_SILENT || sight->rcode == 0 ||
		        !names(&line->setup.policy.secondaries.servers, sight->place))
			return false;
	}
	return seen->count > 0 && seen->unseen == 0;
}

static void tell_silence(const struct hf_parent_report *seen, char words[static HF_LINE_WORDS / 2])
{
	size_t len = 0, room = HF_LINE_WORDS / 2;
	snprintf(words, room, "%s", seen->why != NULL ? seen->why : "no server of it was found");
	for (size_t i = 0; i < seen->count && i < NAMED && len < room; i++) {
		const struct hf_ds_sight *sight = &seen->sights[i];
		len += (size_t)snprintf(words + len, room - len, "%s%s: %s", i > 0 ? "; " : "",
		        sight->place,
		        sight->why != NULL ? sight->why : hf_ds_state_name(sight->state));
	}
	if (seen->count > NAMED && len < room)
		snprintf(words + len, room - len, "; and %zu more", seen->count - NAMED);
}

void hf_line_hear_parent(struct hf_line *line, const struct hf_parent_report *seen, hf_time now)
{
	bool heard = false;
	for (size_t i = 0; i < seen->count; i++)
		heard |= says(&seen->sights[i]);
	line->parent_waits = waits_for_us(line, seen);
	if (heard)
		line->silent_since = HF_TIME_NONE;
	else if (line->silent_since == HF_TIME_NONE || line->silent_since > now)
		line->silent_since = now;
	if (!heard)
		tell_silence(seen, line->silence);
}

/* ---- the first version ---- */

static bool knows_ds(const struct hf_evidence *evidence)
{
	for (size_t i = 0; i < hf_evidence_fact_count(evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		if (hf_evidence_content_at(evidence, fact->content)->kind == HF_KIND_DS)
			return true;
	}
	return false;
}

/* Nothing is published, and nobody can be asked: then what the keys' files say of the DS counts,
 * which for a zone without keys is that there is none. It is written down. */
static enum hf_err assume_ds(struct hf_line_job *job)
{
	struct hf_line *line = job->line;
	char text[HF_LINE_WORDS];
	const struct hf_roll_event event = {.kind = HF_EVENT_DS_SEEN};
	const struct hf_store_note note = {.at = job->now, .kind = "ds-assumed", .text = text};
	snprintf(text, sizeof(text),
	        "no server of the parent said which DS set the zone has (%s): the zone begins with "
	        "the DS set that its keys say",
	        line->silent_since != HF_TIME_NONE ? line->silence : "none was asked");
	enum hf_err err = hf_roll_event(&line->setup.policy, &line->memory->roll,
	        line->memory->evidence, &event, job->now, job->diag);
	return err == HF_OK ? hf_line_engine_keep(job, &note) : err;
}

hf_time hf_line_begins_at(const struct hf_line *line)
{
	int64_t wait = line->setup.parent_wait;
	if (line->looking_since == HF_TIME_NONE || hf_line_served(line) != NULL)
		return HF_TIME_NONE;
	if (line->parent_waits && wait > LOOKING)
		wait = LOOKING;
	return line->looking_since + wait;
}

static void tell_wait(const struct hf_line_job *job)
{
	struct hf_line *line = job->line;
	bool silent = line->silent_since != HF_TIME_NONE;
	char zone[HF_NAME_TEXT], since[HF_TIME_TEXT], end[HF_TIME_TEXT];
	hf_time_rfc3339(line->looking_since, since);
	hf_time_rfc3339(hf_line_begins_at(line), end);
	hf_line_stage_begin(line, HF_STAGE_GATE);
	if (!silent)
		hf_line_stage_end(line, HF_STAGE_GATE, HF_STAGE_WAITS, job->now,
		        "waiting for a look at the parent since %s: what DS set the zone has there "
		        "has to be known before it is published for the first time",
		        since);
	else
		hf_line_stage_end(line, HF_STAGE_GATE, HF_STAGE_WAITS, job->now,
		        "waiting since %s for the parent to say which DS set the zone has: %s; "
		        "mend that%s%s%s; else the zone begins at %s with the DS set that its "
		        "keys say",
		        since, line->silence,
		        line->box != NULL ? ", or tell that you have seen it (holdfast ds-seen "
		                          : "",
		        line->box != NULL ? hf_name_text(&line->setup.zone, zone) : "",
		        line->box != NULL ? ")" : "", end);
}

enum hf_err hf_line_look_first(struct hf_line_job *job, bool *ret_ready)
{
	struct hf_line *line = job->line;
	*ret_ready = true;
	if (hf_line_served(line) != NULL || knows_ds(line->memory->evidence)) {
		/* What waited for the look is over, also when there is no input yet. */
		if (line->looking_since != HF_TIME_NONE)
			hf_line_stage_clear(line, HF_STAGE_VERIFY);
		line->looking_since = HF_TIME_NONE;
		return HF_OK;
	}
	if (line->looking_since == HF_TIME_NONE || line->looking_since > job->now)
		line->looking_since = job->now;
	job->outcome->look_parent = true;
	if (job->now >= hf_line_begins_at(line))
		return assume_ds(job);
	tell_wait(job);
	*ret_ready = false;
	return HF_OK;
}
