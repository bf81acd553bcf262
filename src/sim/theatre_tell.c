/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is told of a play: moments, series, waits, what became of changes, and what got stuck. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "sim/theatre_inside.h"

#define HOUR     INT64_C(3600)
#define PATIENCE (72 * HOUR)      /* a reason that does not hold for so long is none */
#define HOLDING  (75 * 24 * HOUR) /* longer than any hold-down of RFC 5011 */

static bool silent(const struct hf_theatre *theatre)
{
	return (theatre->job->flags & HF_THEATRE_SILENT) != 0;
}

/* ---- moments ---- */

enum hf_err hf_theatre_tell(
        struct hf_theatre *theatre, enum hf_moment_kind kind, const char *format, ...)
{
	char text[HF_OUTCOME_TEXT + 64];
	va_list args;
	if (silent(theatre))
		return HF_OK;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return hf_story_tell(theatre->play->story, theatre->now, kind, "%s", text);
}

/* FNV-1a. */
static uint64_t mark_of(const char *text)
{
	uint64_t mark = UINT64_C(14695981039346656037);
	for (; *text != '\0'; text++)
		mark = (mark ^ (uint8_t)*text) * UINT64_C(1099511628211);
	return mark;
}

enum hf_err hf_theatre_alarm(struct hf_theatre *theatre, const char *text)
{
	const unsigned count = sizeof(theatre->alarms) / sizeof(theatre->alarms[0]);
	uint64_t mark = mark_of(text);
	if (theatre->play->first_alarm == HF_TIME_NONE)
		theatre->play->first_alarm = theatre->now;
	for (unsigned i = 0; i < count; i++) {
		if (theatre->alarms[i] == mark)
			return HF_OK;
	}
	theatre->alarms[theatre->alarm_next++ % count] = mark;
	return hf_theatre_tell(theatre, HF_MOMENT_ALARM, "%s", text);
}

/* ---- changes ---- */

void hf_theatre_title_put(const struct hf_roll_start *start, struct hf_buf *out)
{
	if (start->kind == HF_ROLL_KEYS_OF_ROLE || start->kind == HF_ROLL_STANDBY)
		hf_put_format(out, "%s ", hf_role_name(start->role));
	hf_put_text(out,
	        start->kind == HF_ROLL_KEYS_OF_ROLE ? "rollover" : hf_roll_kind_name(start->kind));
	if (start->kind == HF_ROLL_ALGORITHM && start->algorithm != 0) {
		const struct hf_alg *alg = hf_alg_find(start->algorithm);
		hf_put_format(out, " to %s", alg != NULL ? alg->name : "an unknown algorithm");
	}
	if (start->has_method)
		hf_put_format(out, " (%s)", hf_method_name(start->method));
	if (start->compromised != 0)
		hf_put_text(out, ", an emergency");
}

static enum hf_err change_begins(struct hf_theatre *theatre)
{
	struct hf_theatre_play *play = theatre->play;
	const struct hf_roll *roll = &theatre->mind.state.roll;
	struct hf_buf title = {.data = NULL};
	struct hf_theatre_ended *changes = hf_list_room(
	        play->changes, &theatre->change_cap, play->change_count, sizeof(*changes));
	if (changes == NULL)
		return HF_ERR_NOMEM;
	play->changes = changes;
	hf_theatre_title_put(&roll->start, &title);
	hf_put_u8(&title, 0);
	enum hf_err err = hf_buf_check(&title);
	if (err != HF_OK) {
		hf_buf_done(&title);
		return err;
	}
	play->changes[play->change_count++] = (struct hf_theatre_ended){.title = (char *)title.data,
	        .asked = theatre->now,
	        .ends = HF_TIME_NEVER,
	        .by_schedule = roll->start.by_schedule};
	return hf_theatre_tell(theatre, HF_MOMENT_STEP, "%s begins%s", (const char *)title.data,
	        roll->start.by_schedule ? ", by the policy's schedule" : "");
}

static enum hf_err change_ends(struct hf_theatre *theatre)
{
	struct hf_theatre_play *play = theatre->play;
	struct hf_theatre_ended *last = &play->changes[play->change_count - 1];
	last->ends = theatre->now;
	last->back = theatre->mind.state.done == theatre->done;
	theatre->done = theatre->mind.state.done;
	return hf_theatre_tell(theatre, HF_MOMENT_STEP, "%s is %s", last->title,
	        last->back ? "given up: the zone is where it was" : "done");
}

/* ---- steps ---- */

/* The keys of the engine's table as the play's. */
static hf_keys as_cast(struct hf_theatre *theatre, hf_keys keys, bool *whole)
{
	struct hf_theatre_keys found;
	hf_keys cast = 0;
	if (hf_theatre_keys_of(theatre, keys, 0, &found) != HF_OK)
		*whole = false;
	for (unsigned i = 0; *whole && i < found.count; i++) {
		uint16_t key = theatre->shown[found.list[i]].key;
		*whole &= key < HF_ROLL_KEYS;
		cast |= key < HF_ROLL_KEYS ? (hf_keys)1 << key : 0;
	}
	return cast;
}

enum hf_err hf_theatre_keep_step(struct hf_theatre *theatre, const struct hf_waypoint *way)
{
	struct hf_theatre_play *play = theatre->play;
	struct hf_theatre_step *steps =
	        hf_list_room(play->steps, &theatre->step_cap, play->step_count, sizeof(*steps));
	if (steps == NULL)
		return HF_ERR_NOMEM;
	play->steps = steps;
	struct hf_theatre_step *step = &steps[play->step_count++];
	*step = (struct hf_theatre_step){.at = theatre->now, .way = *way, .whole = true};
	step->way.published = as_cast(theatre, way->published, &step->whole);
	step->way.revoked = as_cast(theatre, way->revoked, &step->whole);
	step->way.sign_keys = as_cast(theatre, way->sign_keys, &step->whole);
	step->way.sign_data = as_cast(theatre, way->sign_data, &step->whole);
	step->way.ds = as_cast(theatre, way->ds, &step->whole);
	step->way.anchors = as_cast(theatre, way->anchors, &step->whole);
	return HF_OK;
}

enum hf_err hf_theatre_note_step(struct hf_theatre *theatre, const struct hf_waypoint *way)
{
	struct hf_story *story = theatre->play->story;
	enum hf_err err = hf_theatre_keep_step(theatre, way);
	if (err == HF_OK)
		err = hf_theatre_tell(theatre, HF_MOMENT_STEP, "%s", way->name);
	/* Somebody had to decide. */
	if (err == HF_OK && !silent(theatre) &&
	        (way->needs & theatre->policy.rollover.approvals) != 0)
		story->moments[story->count - 1].go = true;
	return err;
}

/* ---- waits ---- */

static void end_wait(struct hf_theatre *theatre)
{
	struct hf_theatre_play *play = theatre->play;
	if (play->wait_count > 0 && play->waits[play->wait_count - 1].until == HF_TIME_NEVER)
		play->waits[play->wait_count - 1].until = theatre->now;
	theatre->waited[0] = '\0';
}

static enum hf_err begin_wait(struct hf_theatre *theatre)
{
	struct hf_theatre_play *play = theatre->play;
	const struct hf_outcome *outcome = &theatre->outcome;
	if (strcmp(theatre->waited, outcome->text) == 0)
		return HF_OK;
	end_wait(theatre);
	snprintf(theatre->waited, sizeof(theatre->waited), "%s", outcome->text);
	struct hf_theatre_wait *waits =
	        hf_list_room(play->waits, &theatre->wait_cap, play->wait_count, sizeof(*waits));
	if (waits == NULL)
		return HF_ERR_NOMEM;
	play->waits = waits;
	char *text = strdup(outcome->text);
	if (text == NULL)
		return HF_ERR_NOMEM;
	waits[play->wait_count++] = (struct hf_theatre_wait){
	        .kind = outcome->wait, .from = theatre->now, .until = HF_TIME_NEVER, .text = text};
	return hf_theatre_tell(theatre, HF_MOMENT_WAITS, "%s", outcome->text);
}

/* ---- reasons that do not hold ---- */

static bool servers_lag(const struct hf_theatre *theatre)
{
	bool lags = theatre->blind > 0;
	for (unsigned i = 0; i < theatre->world.servers; i++)
		lags |= theatre->servers[i].lapsed ||
		        theatre->servers[i].version + 1 < theatre->visible;
	return lags;
}

/* Whether the data is still being signed, one signature after the other. */
static bool is_signing(const struct hf_theatre *theatre)
{
	const struct hf_theatre_version *newest = &theatre->versions[theatre->mind.versions - 1];
	bool differs = false;
	for (unsigned i = 1; i < HF_SCENE_CLASSES; i++)
		differs |= !hf_theatre_keys_same(&newest->data[i].by, &newest->data[0].by);
	return differs;
}

/* Whether what the engine says that it waits for is so, or may be. */
static bool reason_holds(struct hf_theatre *theatre)
{
	const struct hf_outcome *outcome = &theatre->outcome;
	hf_time clock = hf_theatre_clock(theatre);
	switch (outcome->wait) {
	case HF_WAIT_NOTHING:
		return false;
	case HF_WAIT_KEYS:
	case HF_WAIT_CHALLENGE:
		return theatre->hsm_down > 0;
	case HF_WAIT_ZONE:
		return theatre->refused[0] != '\0' || theatre->mind.held || is_signing(theatre);
	case HF_WAIT_PARENT:
		return theatre->blind > 0 || !hf_theatre_parent_agrees(theatre);
	case HF_WAIT_SECONDARY:
		return servers_lag(theatre);
	case HF_WAIT_HOLD:
		return theatre->now - theatre->held_since < HOLDING;
	case HF_WAIT_CACHES:
	case HF_WAIT_MARGIN:
	case HF_WAIT_CLOCK:
		return outcome->until > clock ||
		       (outcome->until == HF_TIME_NEVER && servers_lag(theatre));
	case HF_WAIT_APPROVAL:
	case HF_WAIT_PAUSE:
	case HF_WAIT_HELP:
		return true; /* people may take their time */
	}
	return false;
}

static enum hf_err note_stuck(struct hf_theatre *theatre)
{
	if (theatre->outcome.wait != HF_WAIT_HOLD)
		theatre->held_since = theatre->now;
	if (theatre->outcome.stepped || theatre->outcome.ended || reason_holds(theatre)) {
		theatre->doubted = HF_TIME_NONE;
		return HF_OK;
	}
	if (theatre->doubted == HF_TIME_NONE)
		theatre->doubted = theatre->now;
	if (theatre->play->stuck != NULL || theatre->now - theatre->doubted < PATIENCE)
		return HF_OK;
	theatre->play->stuck_at = theatre->now;
	if (asprintf(&theatre->play->stuck, "it says \"%s\" (%s), which has not been so for days",
	            theatre->outcome.text, hf_wait_name(theatre->outcome.wait)) < 0) {
		theatre->play->stuck = NULL;
		return HF_ERR_NOMEM;
	}
	return HF_OK;
}

enum hf_err hf_theatre_note(struct hf_theatre *theatre)
{
	const struct hf_roll *roll = &theatre->mind.state.roll;
	const struct hf_outcome *outcome = &theatre->outcome;
	bool changing = roll->start.kind != HF_ROLL_NONE;
	/* One that had not taken a step yet is aborted at once. */
	bool over = outcome->ended || !changing || theatre->change_begun != roll->started;
	enum hf_err err = HF_OK;
	if (over && theatre->change_begun != HF_TIME_NONE)
		err = change_ends(theatre);
	if (over)
		theatre->change_begun = HF_TIME_NONE;
	if (err == HF_OK && changing && theatre->change_begun != roll->started) {
		theatre->change_begun = roll->started;
		err = change_begins(theatre);
	}
	if (err == HF_OK && outcome->stepped)
		err = hf_theatre_note_step(theatre, &outcome->wanted.waypoint);
	if (!changing) {
		end_wait(theatre);
		theatre->doubted = HF_TIME_NONE;
		theatre->held_since = theatre->now;
		return err;
	}
	if (err == HF_OK)
		err = note_stuck(theatre);
	return err == HF_OK ? begin_wait(theatre) : err;
}

/* ---- series ---- */

enum hf_err hf_theatre_plot(struct hf_theatre *theatre, const struct hf_theatre_version *version)
{
	struct hf_theatre_play *play = theatre->play;
	struct hf_zone_size size;
	hf_theatre_version_size(theatre, version, &size);
	if (size.memory > play->memory_most)
		play->memory_most = size.memory;
	if (silent(theatre))
		return HF_OK;
	const struct {
		const char *name, *unit;
		double mark, value;
	} series[] = {
	        {"DNSKEY answer", "bytes", HF_ANSWER_UDP, (double)size.dnskey},
	        {"zone", "bytes", 0, (double)size.wire},
	        {"signatures in the zone", "signatures", 0, (double)size.signatures},
	        {"signatures made", "signatures", 0, (double)play->signatures},
	        {"signer's memory", "bytes", 0, (double)size.memory},
	};
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < sizeof(series) / sizeof(series[0]) && err == HF_OK; i++)
		err = hf_story_plot(play->story, series[i].name, series[i].unit, series[i].mark,
		        theatre->now, series[i].value);
	return err;
}

/* ---- the end ---- */

enum hf_err hf_theatre_close(struct hf_theatre *theatre)
{
	struct hf_theatre_play *play = theatre->play;
	end_wait(theatre);
	play->events = theatre->queue.foreseen;
	return hf_scene_seal(play->scene);
}
