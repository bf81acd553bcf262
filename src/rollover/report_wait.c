/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rollover/report_wait.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "coherence/words.h"
#include "rollover/methods.h"

void hf_wait_say(
        struct hf_outcome *outcome, enum hf_wait wait, hf_time until, const char *format, ...)
{
	va_list args;
	outcome->wait = wait;
	outcome->until = until;
	va_start(args, format);
	vsnprintf(outcome->text, sizeof(outcome->text), format, args);
	va_end(args);
}

struct hf_act *hf_act_add(struct hf_outcome *outcome, enum hf_act_kind kind)
{
	/* The last place is where acts go that nobody sees. */
	struct hf_act *act = &outcome->acts[outcome->count];
	*act = (struct hf_act){.kind = kind, .key = HF_ROLL_KEYS};
	if (outcome->count + 1 < HF_OUTCOME_ACTS)
		outcome->count++;
	return act;
}

void hf_alarm_add(struct hf_outcome *outcome, const char *format, ...)
{
	struct hf_act *act = hf_act_add(outcome, HF_ACT_ALARM);
	va_list args;
	va_start(args, format);
	vsnprintf(act->text, sizeof(act->text), format, args);
	va_end(args);
}

char *hf_wait_time(hf_time time, char text[static HF_WAIT_TIME])
{
	struct hf_buf words = {.data = NULL};
	hf_words_time(time, &words);
	size_t len = words.len < HF_WAIT_TIME ? words.len : HF_WAIT_TIME - 1;
	if (len > 0)
		memcpy(text, words.data, len);
	text[len] = '\0';
	hf_buf_done(&words);
	return text;
}

/* ---- not reached ---- */

static void say_parent(const struct hf_view *view, const struct hf_waypoint *waypoint,
        const struct hf_reach *reach, struct hf_outcome *outcome)
{
	char keys[128];
	hf_roll_keys_text(view->state, waypoint->ds, keys, sizeof(keys));
	if (reach->missing[0] == '\0')
		hf_wait_say(outcome, HF_WAIT_PARENT, HF_TIME_NEVER,
		        "waiting until the parent's servers are seen with the DS set of %s: no "
		        "observation of any of them is there",
		        keys);
	else if (reach->missing_seen)
		hf_wait_say(outcome, HF_WAIT_PARENT, HF_TIME_NEVER,
		        "waiting for the parent: %s was seen with another DS set than that of %s",
		        reach->missing, keys);
	else if (reach->missing_old)
		hf_wait_say(outcome, HF_WAIT_PARENT, HF_TIME_NEVER,
		        "waiting for a new look at the parent: %s was not seen with the DS set of "
		        "%s "
		        "since that was asked for",
		        reach->missing, keys);
	else
		hf_wait_say(outcome, HF_WAIT_PARENT, HF_TIME_NEVER,
		        "waiting for the parent: no observation of %s is there, which has to show "
		        "the DS set of %s",
		        reach->missing, keys);
}

void hf_wait_reach(const struct hf_view *view, const struct hf_waypoint *waypoint,
        const struct hf_reach *reach, struct hf_outcome *outcome)
{
	const char *name = waypoint->name[0] != '\0' ? waypoint->name : "start";
	if (!reach->dnskey)
		hf_wait_say(outcome, HF_WAIT_ZONE, HF_TIME_NEVER,
		        "waiting until the DNSKEY set of \"%s\" is published: the evidence does "
		        "not "
		        "show it yet",
		        name);
	else if (!reach->signers)
		hf_wait_say(outcome, HF_WAIT_ZONE, HF_TIME_NEVER,
		        reach->partly
		                ? "waiting until all signatures are those of \"%s\": some data "
		                  "is still signed as before"
		                : "waiting until the data is signed as in \"%s\"",
		        name);
	else if (!reach->denial)
		hf_wait_say(outcome, HF_WAIT_ZONE, HF_TIME_NEVER,
		        "waiting until a version with the denial records of \"%s\" is published",
		        name);
	else
		say_parent(view, waypoint, reach, outcome);
}

/* ---- not safe ---- */

/* What keeps an offer from being safe: a fact, and until when it does. */
struct obstacle {
	const struct hf_fact *fact; /* NULL: the offer itself, or nothing known */
	hf_time until;
	uint32_t slowest; /* the secondary that still serves it; HF_PUBLISHED: none does */
	enum hf_clause clause;
	enum hf_kind kind; /* of what nothing is known */
};

/* The fact that keeps a content in caches longest. */
static void find_fact(const struct hf_view *view, uint32_t content, struct obstacle *obstacle)
{
	hf_time longest = HF_TIME_NONE;
	for (size_t i = 0; i < hf_evidence_fact_count(view->evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(view->evidence, i);
		uint32_t slowest;
		if (fact->content != content)
			continue;
		hf_time end = hf_evidence_served_until(view->evidence, fact, view->now, &slowest);
		/* A server of the parent is no secondary: only caches have its old set. */
		bool lags = end > view->now && fact->last <= view->now &&
		            hf_evidence_is_secondary(view->evidence, slowest);
		slowest = lags ? slowest : HF_PUBLISHED;
		end = end == HF_TIME_NEVER ? end : end + fact->ttl;
		if (end > longest) {
			longest = end;
			obstacle->fact = fact;
			obstacle->slowest = slowest;
		}
	}
}

static void judge_failure(
        const struct hf_view *view, const struct hf_failure *failure, struct obstacle *obstacle)
{
	const uint32_t parts[HF_KINDS] = {failure->ds, failure->dnskey, failure->signers};
	hf_time until = hf_world_changes(view->evidence, failure, view->now);
	if (until <= obstacle->until)
		return;
	*obstacle =
	        (struct obstacle){.until = until, .clause = failure->clause, .kind = failure->kind};
	hf_time first = HF_TIME_NEVER, kept;
	bool outlives = hf_world_kept(view->evidence, failure, view->now, &kept);
	for (int kind = 0; kind < HF_KINDS; kind++) {
		hf_time since, end;
		/* Without the DS set resolvers still keep what it proved. */
		if (outlives && kind == HF_KIND_DNSKEY) {
			first = kept;
			find_fact(view, parts[kind], obstacle);
		}
		if (outlives && kind != HF_KIND_SIGNERS)
			continue;
		if (parts[kind] == HF_NO_CONTENT || (failure->offered & 1u << kind) != 0 ||
		        !hf_world_held(view->evidence, parts[kind], view->now, &since, &end))
			continue;
		if (end <= first) {
			first = end;
			find_fact(view, parts[kind], obstacle);
		}
	}
}

static void say_unmendable(const struct hf_view *view, const struct hf_waypoint *to,
        const struct obstacle *obstacle, const char *content, struct hf_outcome *outcome)
{
	const struct hf_fact *fact = obstacle->fact;
	if (obstacle->clause == HF_CLAUSE_UNKNOWN)
		hf_wait_say(outcome, HF_WAIT_HELP, HF_TIME_NEVER,
		        "nothing is known about the %s of this zone, so \"%s\" cannot be called "
		        "safe: record what is served",
		        hf_kind_name(obstacle->kind), to->name);
	else if (fact == NULL && view->state->asked_count > 0)
		hf_wait_say(outcome, HF_WAIT_HELP, HF_TIME_NEVER,
		        "the parent was asked for another DS set and may still put it there, with "
		        "which \"%s\" would break: make sure that the request is withdrawn, then "
		        "say so",
		        to->name);
	else if (fact == NULL)
		hf_wait_say(outcome, HF_WAIT_HELP, HF_TIME_NEVER,
		        "\"%s\" does not work in itself by the policy's rules: abort the change",
		        to->name);
	else if (obstacle->slowest != HF_PUBLISHED)
		hf_wait_say(outcome, HF_WAIT_SECONDARY, HF_TIME_NEVER,
		        "waiting for the secondary %s: it was not seen with the version that "
		        "replaces %s, with which \"%s\" would break",
		        hf_evidence_place_name(view->evidence, obstacle->slowest), content,
		        to->name);
	else
		hf_wait_say(outcome, HF_WAIT_HELP, HF_TIME_NEVER,
		        "%s at %s does not go with \"%s\", and no waiting changes that: it has to "
		        "be replaced first, or the change aborted",
		        content, hf_evidence_place_name(view->evidence, fact->place), to->name);
}

static enum hf_err say_obstacle(const struct hf_view *view, const struct hf_waypoint *to,
        const struct obstacle *obstacle, hf_time earliest, struct hf_outcome *outcome)
{
	struct hf_buf words = {.data = NULL};
	char when[HF_WAIT_TIME];
	if (obstacle->fact != NULL)
		hf_words_content(view->evidence, obstacle->fact->content, &words);
	hf_put_u8(&words, 0);
	enum hf_err err = hf_buf_check(&words);
	const char *content = (const char *)words.data;
	if (err == HF_OK && earliest == HF_TIME_NEVER)
		say_unmendable(view, to, obstacle, content, outcome);
	else if (err == HF_OK && obstacle->fact != NULL && obstacle->slowest != HF_PUBLISHED)
		hf_wait_say(outcome, HF_WAIT_SECONDARY, earliest,
		        "waiting until %s for \"%s\": the secondary %s may serve %s until its SOA "
		        "expire, unless it is seen with the new version before",
		        hf_wait_time(earliest, when), to->name,
		        hf_evidence_place_name(view->evidence, obstacle->slowest), content);
	else if (err == HF_OK)
		hf_wait_say(outcome, HF_WAIT_CACHES, earliest,
		        "waiting until %s for \"%s\": until then caches may hold %s, which does "
		        "not "
		        "go with it",
		        hf_wait_time(earliest, when), to->name,
		        obstacle->fact != NULL ? content : "what was served before");
	hf_buf_done(&words);
	return err;
}

enum hf_err hf_wait_gate(const struct hf_view *view, const struct hf_waypoint *to,
        const struct hf_offer *offer, hf_time earliest, struct hf_outcome *outcome)
{
	struct hf_failures failures = {.list = NULL};
	struct obstacle obstacle = {.until = HF_TIME_NONE};
	enum hf_err err = hf_world_failures(
	        view->evidence, offer, view->policy->rollover.rules, view->now, &failures);
	for (size_t i = 0; i < failures.count && err == HF_OK; i++)
		judge_failure(view, &failures.list[i], &obstacle);
	hf_failures_done(&failures);
	if (err != HF_OK)
		return err;
	return say_obstacle(view, to, &obstacle, earliest, outcome);
}
