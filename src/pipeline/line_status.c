/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/line_inside.h"

/* The status comes first: whoever has it has the snapshot. */
struct hf_line_snapshot {
	struct hf_line_status status;
	atomic_uint references;
	char policy[];
};

/* ---- sharing ---- */

enum hf_err hf_line_shared_new(struct hf_line_shared **ret_shared)
{
	struct hf_line_shared *shared = calloc(1, sizeof(*shared));
	if (shared == NULL)
		return HF_ERR_NOMEM;
	pthread_mutex_init(&shared->lock, NULL);
	*ret_shared = shared;
	return HF_OK;
}

void hf_line_shared_free(struct hf_line_shared *shared)
{
	if (shared == NULL)
		return;
	if (shared->status != NULL)
		hf_line_status_unref(&shared->status->status);
	hf_journal_history_done(&shared->published);
	pthread_mutex_destroy(&shared->lock);
	free(shared);
}

const struct hf_line_status *hf_line_status_get(const struct hf_line *line)
{
	struct hf_line_shared *shared = line->shared;
	pthread_mutex_lock(&shared->lock);
	struct hf_line_snapshot *snapshot = shared->status;
	atomic_fetch_add(&snapshot->references, 1);
	pthread_mutex_unlock(&shared->lock);
	return &snapshot->status;
}

void hf_line_status_unref(const struct hf_line_status *status)
{
	if (status == NULL)
		return;
	struct hf_line_snapshot *snapshot = (struct hf_line_snapshot *)(uintptr_t)status;
	if (atomic_fetch_sub(&snapshot->references, 1) > 1)
		return;
	free(snapshot->status.keys);
	free(snapshot->status.parents);
	free(snapshot->status.secondaries);
	free(snapshot->status.alarms);
	free(snapshot);
}

static enum hf_err copy_history(
        const struct hf_journal_history *from, struct hf_journal_history *ret_copy)
{
	struct hf_journal_history copy = {.list = calloc(from->count + 1, sizeof(*copy.list))};
	if (copy.list == NULL)
		return HF_ERR_NOMEM;
	for (; copy.count < from->count; copy.count++)
		copy.list[copy.count] = (struct hf_journal_version){
		        .version = hf_version_ref(from->list[copy.count].version),
		        .at = from->list[copy.count].at};
	*ret_copy = copy;
	return HF_OK;
}

enum hf_err hf_line_show(struct hf_line *line)
{
	struct hf_journal_history new, old;
	enum hf_err err = copy_history(&line->memory->published, &new);
	if (err != HF_OK)
		return err;
	pthread_mutex_lock(&line->shared->lock);
	old = line->shared->published;
	line->shared->published = new;
	pthread_mutex_unlock(&line->shared->lock);
	hf_journal_history_done(&old);
	return HF_OK;
}

enum hf_err hf_line_published(const struct hf_line *line, struct hf_journal_history *ret_history)
{
	pthread_mutex_lock(&line->shared->lock);
	enum hf_err err = copy_history(&line->shared->published, ret_history);
	pthread_mutex_unlock(&line->shared->lock);
	return err;
}

/* ---- keys ---- */

static bool has(hf_keys keys, unsigned key)
{
	return (keys >> key & 1) != 0;
}

static const char *key_state(
        const struct hf_waypoint *at, const struct hf_roll_key *key, unsigned number)
{
	if (key->removed != HF_TIME_NONE)
		return "removed";
	if (has(at->revoked, number))
		return "revoked";
	if ((key->flags & HF_RK_STANDBY) != 0)
		return "standby";
	if (has(at->sign_keys | at->sign_data, number))
		return "signs";
	if (has(at->published, number))
		return "published";
	if (has(at->ds, number))
		return "DS only";
	return (key->flags & HF_RK_FAILED) != 0 ? "made, failed its test" : "made, not published";
}

static bool ds_is_seen(const struct hf_evidence *evidence, const struct hf_roll_key *key)
{
	uint32_t ds;
	if (!hf_proof_ds(evidence, &ds))
		return false;
	const struct hf_content *content = hf_evidence_content_at(evidence, ds);
	for (size_t i = 0; i < content->member_count; i++) {
		const struct hf_known_ds *known = hf_evidence_ds_at(evidence, content->members[i]);
		if (known->ds.tag == key->tag && known->ds.algorithm == key->algorithm)
			return true;
	}
	return false;
}

static void fill_key(const struct hf_line *line, unsigned number, struct hf_line_key *ret_key)
{
	const struct hf_roll_state *state = &line->memory->roll;
	const struct hf_roll_key *key = &state->keys[number];
	int64_t lifetime = line->setup.policy.roles[key->role].lifetime;
	struct hf_wanted wanted;
	const struct hf_waypoint *at =
	        hf_line_wants(line, &wanted) ? &wanted.waypoint : &state->rest;
	*ret_key = (struct hf_line_key){
	        .role = key->role,
	        .algorithm = key->algorithm,
	        .tag = key->tag,
	        .since = key->removed != HF_TIME_NONE     ? key->removed
	                 : key->first_use != HF_TIME_NONE ? key->first_use
	                                                  : key->born,
	        .next = lifetime == 0 || key->first_use == HF_TIME_NONE ? HF_TIME_NEVER
	                                                                : key->first_use + lifetime,
	        .ds = has(at->ds, number),
	        .ds_seen = ds_is_seen(line->memory->evidence, key),
	};
	hf_roll_key_text(state, number, ret_key->text);
	snprintf(ret_key->state, sizeof(ret_key->state), "%s", key_state(at, key, number));
}

static enum hf_err fill_keys(const struct hf_line *line, struct hf_line_status *status)
{
	const struct hf_roll_state *state = &line->memory->roll;
	size_t count = 0;
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++)
		count += state->keys[i].dnskey != NULL;
	status->keys = calloc(count + 1, sizeof(*status->keys));
	if (status->keys == NULL)
		return HF_ERR_NOMEM;
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		if (state->keys[i].dnskey != NULL)
			fill_key(line, i, &status->keys[status->key_count++]);
	}
	return HF_OK;
}

/* ---- the engine ---- */

char *hf_line_change_name(const struct hf_roll_start *start, char text[static HF_LINE_CHANGE])
{
	if (start->kind == HF_ROLL_KEYS_OF_ROLE)
		snprintf(text, HF_LINE_CHANGE, "%s rollover", hf_role_name(start->role));
	else
		snprintf(text, HF_LINE_CHANGE, "%s", hf_roll_kind_name(start->kind));
	return text;
}

/* What is being changed, and what comes after it. */
static void fill_change(const struct hf_roll_state *state, struct hf_line_status *status)
{
	const struct hf_roll *roll = &state->roll;
	char name[HF_LINE_CHANGE], then[HF_LINE_CHANGE] = "";
	if (roll->start.kind == HF_ROLL_NONE)
		return;
	bool queued = state->queued.kind != HF_ROLL_NONE;
	if (queued)
		hf_line_change_name(&state->queued, then);
	hf_line_change_name(&roll->start, name);
	if (roll->count > 0)
		snprintf(status->roll, sizeof(status->roll), "%s%s, step %u of %u: %s%s%s", name,
		        roll->back ? " (on its way back)" : "", roll->index, roll->count - 1,
		        roll->waypoints[roll->index].name, queued ? "; then: " : "", then);
	else
		snprintf(status->roll, sizeof(status->roll), "%s: keys are being made%s%s", name,
		        queued ? "; then: " : "", then);
}

static void fill_roll(const struct hf_line *line, struct hf_line_status *status)
{
	const struct hf_roll *roll = &line->memory->roll.roll;
	const struct hf_outcome *outcome = &line->outcome;
	status->until = HF_TIME_NEVER;
	status->paused = roll->paused;
	fill_change(&line->memory->roll, status);
	if (!line->stepped)
		return;
	status->wait = outcome->wait;
	status->until = outcome->until;
	snprintf(status->waits, sizeof(status->waits), "%s", outcome->text);
}

static void fill_approval(const struct hf_line *line, struct hf_line_status *status)
{
	struct hf_soa soa;
	if (line->waits_for != NULL && hf_version_soa(line->waits_for, &soa)) {
		snprintf(status->approve, sizeof(status->approve),
		        "the %s version of input serial %u",
		        line->waits_at == HF_STAGE_REVIEW_SIGNED ? "signed" : "unsigned",
		        soa.serial);
		return;
	}
	for (size_t i = 0; line->stepped && i < line->outcome.count; i++) {
		if (line->outcome.acts[i].kind == HF_ACT_APPROVE)
			snprintf(status->approve, sizeof(status->approve), "%s",
			        line->outcome.acts[i].text);
	}
}

/* ---- events ---- */

HF_PRINTF(3, 4)
static void add_event(struct hf_line_status *status, hf_time at, const char *format, ...)
{
	size_t place = status->event_count;
	va_list args;
	if (at == HF_TIME_NEVER || at == HF_TIME_NONE)
		return;
	while (place > 0 && status->events[place - 1].at > at)
		place--;
	if (place == HF_LINE_EVENTS)
		return;
	if (status->event_count < HF_LINE_EVENTS)
		status->event_count++;
	memmove(&status->events[place + 1], &status->events[place],
	        (status->event_count - 1 - place) * sizeof(status->events[0]));
	status->events[place].at = at;
	va_start(args, format);
	vsnprintf(status->events[place].text, sizeof(status->events[place].text), format, args);
	va_end(args);
}

static void fill_events(const struct hf_line *line, struct hf_line_status *status)
{
	if (status->has_validity && line->box != NULL)
		add_event(status, status->first_expiry - line->setup.policy.signatures.refresh,
		        "signatures are renewed");
	if (status->has_validity)
		add_event(status, status->first_expiry, "the first published signature would end");
	for (size_t i = 0; i < status->key_count; i++) {
		if (strcmp(status->keys[i].state, "signs") == 0)
			add_event(status, status->keys[i].next, "the lifetime of %s ends",
			        status->keys[i].text);
	}
	if (status->wait != HF_WAIT_NOTHING)
		add_event(status, status->until, "%.150s", status->waits);
	if (line->failed_target.zone != NULL)
		add_event(status, line->failed_target.retry, "the input is tried again");
	add_event(status, line->leap, "the clock is believed again");
	add_event(status, hf_line_begins_at(line), "the zone begins without its parent's word");
}

/* ---- the published version ---- */

static void fill_expiry(const struct hf_version *served, hf_time now, struct hf_line_status *status)
{
	const struct hf_tree *trees[] = {hf_version_names(served), hf_version_nsec3(served)};
	for (unsigned i = 0; i < 2; i++) {
		struct hf_summary summary = hf_tree_summary(trees[i]);
		const struct hf_node *node = hf_tree_first_expiring(trees[i]);
		if (!summary.has_expiry || node == NULL)
			continue;
		hf_time end = hf_time_from_stamp(summary.min_expiry, now);
		if (status->has_validity && end >= status->first_expiry)
			continue;
		status->has_validity = true;
		status->first_expiry = end;
		hf_node_name(node, &status->first_owner);
	}
}

static void fill_published(const struct hf_line *line, hf_time now, struct hf_line_status *status)
{
	const struct hf_version *served = hf_line_served(line);
	struct hf_soa soa;
	if (served == NULL || !hf_version_soa(served, &soa))
		return;
	status->has_published = true;
	status->serial_out = soa.serial;
	status->published_at = hf_line_served_at(line);
	status->names = hf_tree_count(hf_version_names(served));
	fill_expiry(served, now, status);
	if (!line->has_survey)
		return;
	const struct hf_offer *offer = &line->survey.offer;
	status->rrsets = offer->rrsets;
	for (size_t i = 0; i < offer->count; i++) {
		const struct hf_content *content =
		        hf_evidence_content_at(line->memory->evidence, offer->served[i].content);
		uint64_t sets = content->kind == HF_KIND_DNSKEY ? 1 : offer->served[i].rrsets;
		status->signatures += sets * content->signing_count;
	}
}

static void fill_source(const struct hf_line *line, struct hf_line_status *status)
{
	struct hf_soa soa;
	status->source_at = HF_TIME_NONE;
	if (line->memory->source == NULL || !hf_version_soa(line->memory->source, &soa))
		return;
	status->has_source = true;
	status->serial_in = soa.serial;
	status->source_at = line->memory->source_at;
}

/* ---- a snapshot ---- */

static enum hf_err copy_array(const void *from, size_t count, size_t size, void *ret_copy)
{
	void *copy = NULL;
	if (count > 0) {
		copy = malloc(count * size);
		if (copy == NULL)
			return HF_ERR_NOMEM;
		memcpy(copy, from, count * size);
	}
	memcpy(ret_copy, &copy, sizeof(copy));
	return HF_OK;
}

static enum hf_err fill_lists(const struct hf_line *line, struct hf_line_status *status)
{
	enum hf_err err = fill_keys(line, status);
	if (err == HF_OK)
		err = copy_array(line->parents, line->parent_count, sizeof(*line->parents),
		        &status->parents);
	if (err == HF_OK)
		err = copy_array(line->secondaries, line->secondary_count,
		        sizeof(*line->secondaries), &status->secondaries);
	if (err == HF_OK)
		err = copy_array(
		        line->alarms, line->alarm_count, sizeof(*line->alarms), &status->alarms);
	if (err != HF_OK)
		return err;
	status->parent_count = line->parent_count;
	status->secondary_count = line->secondary_count;
	status->alarm_count = line->alarm_count;
	return HF_OK;
}

static struct hf_line_snapshot *take(const struct hf_line *line, hf_time now)
{
	const char *policy = line->setup.policy_name != NULL ? line->setup.policy_name : "";
	size_t len = strlen(policy) + 1;
	struct hf_line_snapshot *snapshot = calloc(1, sizeof(*snapshot) + len);
	if (snapshot == NULL)
		return NULL;
	struct hf_line_status *status = &snapshot->status;
	memcpy(snapshot->policy, policy, len);
	atomic_init(&snapshot->references, 1);
	status->zone = line->setup.zone;
	status->mode = line->setup.mode;
	status->policy = snapshot->policy;
	status->at = now;
	status->held = (line->memory->flags & HF_LEDGER_HELD) != 0;
	status->rolled_back = (line->memory->flags & HF_LEDGER_ROLLED_BACK) != 0;
	status->gate_safe = line->gate_safe;
	status->gate_unsafe = line->gate_unsafe;
	status->published_at = HF_TIME_NONE;
	memcpy(status->stages, line->stages, sizeof(status->stages));
	fill_source(line, status);
	fill_published(line, now, status);
	fill_roll(line, status);
	fill_approval(line, status);
	status->silent_since = line->silent_since;
	if (line->silent_since != HF_TIME_NONE)
		memcpy(status->silence, line->silence, sizeof(status->silence));
	if (fill_lists(line, status) != HF_OK) {
		hf_line_status_unref(status);
		return NULL;
	}
	fill_events(line, status);
	return snapshot;
}

void hf_line_tell(struct hf_line *line, hf_time now)
{
	struct hf_line_snapshot *new = take(line, now), *old;
	if (new == NULL)
		return;
	pthread_mutex_lock(&line->shared->lock);
	old = line->shared->status;
	line->shared->status = new;
	pthread_mutex_unlock(&line->shared->lock);
	if (old != NULL)
		hf_line_status_unref(&old->status);
}
