/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The state as bytes: fields one after the other in network order, lists behind their counts. What
 * is read is checked like any untrusted input, because a store can be damaged.
 */
#include <stdlib.h>
#include <string.h>

#include "rollover/course.h"

#define MAGIC 0x48465231 /* "HFR1": form 1 */

/* ---- writing ---- */

static void put_u64(struct hf_buf *out, uint64_t value)
{
	hf_put_u32(out, (uint32_t)(value >> 32));
	hf_put_u32(out, (uint32_t)value);
}

static void put_denial(struct hf_buf *out, struct hf_way_denial denial)
{
	hf_put_u8(out, (uint8_t)denial.kind);
	hf_put_u8(out, denial.opt_out);
}

static void put_waypoint(struct hf_buf *out, const struct hf_waypoint *waypoint)
{
	size_t len = strnlen(waypoint->name, HF_WAYPOINT_NAME - 1);
	put_u64(out, waypoint->published);
	put_u64(out, waypoint->revoked);
	put_u64(out, waypoint->sign_keys);
	put_u64(out, waypoint->sign_data);
	put_u64(out, waypoint->ds);
	put_u64(out, waypoint->anchors);
	put_denial(out, waypoint->denial);
	hf_put_u8(out, waypoint->gradual);
	hf_put_u32(out, waypoint->needs);
	put_u64(out, (uint64_t)waypoint->hold);
	hf_put_u8(out, (uint8_t)len);
	hf_put_bytes(out, waypoint->name, len);
}

static void put_start(struct hf_buf *out, const struct hf_roll_start *start)
{
	hf_put_u8(out, (uint8_t)start->kind);
	hf_put_u8(out, (uint8_t)start->role);
	hf_put_u8(out, start->has_method);
	hf_put_u8(out, (uint8_t)start->method);
	hf_put_u8(out, start->algorithm);
	put_denial(out, start->denial);
	put_u64(out, start->compromised);
	hf_put_u8(out, start->by_schedule);
}

static void put_roll(struct hf_buf *out, const struct hf_roll *roll)
{
	put_start(out, &roll->start);
	put_u64(out, roll->old);
	put_u64(out, roll->new);
	hf_put_bytes(out, roll->to_make, sizeof(roll->to_make));
	hf_put_u8(out, (uint8_t)roll->count);
	hf_put_u8(out, (uint8_t)roll->index);
	for (unsigned i = 0; i < roll->count; i++)
		put_waypoint(out, &roll->waypoints[i]);
	hf_put_u8(out, roll->back);
	hf_put_u8(out, roll->skip);
	hf_put_u8(out, roll->paused);
	put_u64(out, (uint64_t)roll->started);
	put_u64(out, (uint64_t)roll->taken);
	put_u64(out, (uint64_t)roll->reached);
	put_u64(out, (uint64_t)roll->safe);
	hf_put_u8(out, (uint8_t)roll->approved);
	put_u64(out, (uint64_t)roll->forced);
}

static void put_key(struct hf_buf *out, unsigned number, const struct hf_roll_key *key)
{
	hf_put_u8(out, (uint8_t)number);
	hf_put_u8(out, (uint8_t)key->role);
	hf_put_u32(out, key->flags);
	put_u64(out, (uint64_t)key->born);
	put_u64(out, (uint64_t)key->first_use);
	put_u64(out, (uint64_t)key->removed);
	hf_put_u16(out, key->dnskey_len);
	hf_put_bytes(out, key->dnskey, key->dnskey_len);
}

void hf_roll_state_put(const struct hf_roll_state *state, struct hf_buf *out)
{
	hf_keys live = 0;
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++)
		live |= state->keys[i].dnskey != NULL ? (hf_keys)1 << i : 0;
	hf_put_u32(out, MAGIC);
	hf_put_bytes(out, state->zone.wire, state->zone.len);
	put_u64(out, state->seed);
	hf_put_u8(out, (uint8_t)hf_keys_count(live));
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		if (state->keys[i].dnskey != NULL)
			put_key(out, i, &state->keys[i]);
	}
	put_waypoint(out, &state->rest);
	put_denial(out, state->denial);
	put_roll(out, &state->roll);
	put_start(out, &state->queued);
	hf_put_u8(out, (uint8_t)state->asked_count);
	for (unsigned i = 0; i < state->asked_count; i++) {
		put_u64(out, state->asked[i].ds);
		put_u64(out, (uint64_t)state->asked[i].at);
		hf_put_u8(out, state->asked[i].withdrawn);
	}
	hf_put_u8(out, (uint8_t)state->cds);
	put_u64(out, (uint64_t)state->last_change);
	put_u64(out, (uint64_t)state->ds_fresh);
	hf_put_u8(out, state->ds_pending);
	hf_put_u32(out, (uint32_t)state->tag_count);
	for (size_t i = 0; i < state->tag_count; i++)
		hf_put_u16(out, state->tags[i]);
	put_u64(out, (uint64_t)state->last_step);
	put_u64(out, (uint64_t)state->last_wake);
	put_u64(out, (uint64_t)state->leap);
	hf_put_u32(out, state->done);
	hf_put_u32(out, state->given_up);
	hf_put_u32(out, state->forced);
}

/* ---- reading ---- */

static uint64_t get_u64(struct hf_cursor *cursor)
{
	uint64_t high = hf_get_u32(cursor);
	return high << 32 | hf_get_u32(cursor);
}

#define FARTHEST (INT64_C(1) << 48) /* seconds: no overflow, whatever is added to it */

static hf_time get_time(struct hf_cursor *cursor)
{
	hf_time time = (hf_time)get_u64(cursor);
	if (time != HF_TIME_NONE && time != HF_TIME_NEVER && (time > FARTHEST || time < -FARTHEST))
		cursor->failed = true;
	return time;
}

/* A number of at most `limit`; else the cursor has failed. */
static unsigned get_up_to(struct hf_cursor *cursor, unsigned limit)
{
	unsigned value = hf_get_u8(cursor);
	if (value <= limit)
		return value;
	cursor->failed = true;
	return 0;
}

static bool get_bool(struct hf_cursor *cursor)
{
	return get_up_to(cursor, 1) == 1;
}

/* A mask of keys that are all there. */
static hf_keys get_keys(struct hf_cursor *cursor, hf_keys live)
{
	hf_keys keys = get_u64(cursor);
	if ((keys & ~live) != 0)
		cursor->failed = true;
	return keys & live;
}

static struct hf_way_denial get_denial(struct hf_cursor *cursor)
{
	struct hf_way_denial denial;
	denial.kind = (enum hf_denial)get_up_to(cursor, HF_DENIAL_NSEC3);
	denial.opt_out = get_bool(cursor);
	return denial;
}

static void get_waypoint(struct hf_cursor *cursor, hf_keys live, struct hf_waypoint *waypoint)
{
	waypoint->published = get_keys(cursor, live);
	waypoint->revoked = get_keys(cursor, live);
	waypoint->sign_keys = get_keys(cursor, live);
	waypoint->sign_data = get_keys(cursor, live);
	waypoint->ds = get_keys(cursor, live);
	waypoint->anchors = get_keys(cursor, live);
	waypoint->denial = get_denial(cursor);
	waypoint->gradual = get_bool(cursor);
	waypoint->needs = hf_get_u32(cursor);
	waypoint->hold = (int64_t)get_u64(cursor);
	size_t len = get_up_to(cursor, HF_WAYPOINT_NAME - 1);
	const uint8_t *name = hf_get_bytes(cursor, len);
	if (name == NULL || memchr(name, 0, len) != NULL || waypoint->hold < 0 ||
	        waypoint->hold > FARTHEST)
		cursor->failed = true;
	else
		memcpy(waypoint->name, name, len);
}

static void get_start(struct hf_cursor *cursor, hf_keys live, struct hf_roll_start *start)
{
	start->kind = (enum hf_roll_kind)get_up_to(cursor, HF_ROLL_KINDS - 1);
	start->role = (enum hf_role)get_up_to(cursor, HF_ROLE_CSK);
	start->has_method = get_bool(cursor);
	start->method = (enum hf_method)get_up_to(cursor, HF_METHODS - 1);
	start->algorithm = hf_get_u8(cursor);
	start->denial = get_denial(cursor);
	start->compromised = get_keys(cursor, live);
	start->by_schedule = get_bool(cursor);
}

static void get_roll(struct hf_cursor *cursor, hf_keys live, struct hf_roll *roll)
{
	get_start(cursor, live, &roll->start);
	roll->old = get_keys(cursor, live);
	roll->new = get_keys(cursor, live);
	for (unsigned i = 0; i < sizeof(roll->to_make); i++)
		roll->to_make[i] = (uint8_t)get_up_to(cursor, HF_ROLL_KEYS);
	roll->count = get_up_to(cursor, HF_WAYPOINTS);
	roll->index = get_up_to(cursor, HF_WAYPOINTS);
	for (unsigned i = 0; i < roll->count; i++)
		get_waypoint(cursor, live, &roll->waypoints[i]);
	roll->back = get_bool(cursor);
	roll->skip = get_bool(cursor);
	roll->paused = get_bool(cursor);
	roll->started = get_time(cursor);
	roll->taken = get_time(cursor);
	roll->reached = get_time(cursor);
	roll->safe = get_time(cursor);
	roll->approved = get_up_to(cursor, HF_WAYPOINTS);
	roll->forced = get_time(cursor);
	/* The zone is somewhere on the way, or there is none. */
	if (roll->count == 0 ? roll->index != 0 : roll->index >= roll->count)
		cursor->failed = true;
	if (roll->count > 0 && roll->start.kind == HF_ROLL_NONE)
		cursor->failed = true;
}

/* Adopts a key into its place. An error other than HF_ERR_NOMEM is the bytes' fault. */
static enum hf_err get_key(struct hf_cursor *cursor, struct hf_roll_state *state)
{
	unsigned number = get_up_to(cursor, HF_ROLL_KEYS - 1), at;
	enum hf_role role = (enum hf_role)get_up_to(cursor, HF_ROLE_CSK);
	struct hf_roll_key read = {.flags = hf_get_u32(cursor)};
	read.born = get_time(cursor);
	read.first_use = get_time(cursor);
	read.removed = get_time(cursor);
	struct hf_rdata rdata = {.len = hf_get_u16(cursor)};
	rdata.data = hf_get_bytes(cursor, rdata.len);
	if (cursor->failed || state->keys[number].dnskey != NULL ||
	        (read.flags & ~(unsigned)HF_RK_ALL) != 0)
		return HF_ERR_SYNTAX;
	enum hf_err err = hf_roll_adopt_key(state, role, rdata, 0, read.born, NULL, &at);
	if (err != HF_OK)
		return err == HF_ERR_NOMEM ? err : HF_ERR_SYNTAX;
	struct hf_roll_key key = state->keys[at];
	state->keys[at] = (struct hf_roll_key){.dnskey = NULL};
	key.flags = read.flags;
	key.first_use = read.first_use;
	key.removed = read.removed;
	state->keys[number] = key;
	return HF_OK;
}

static enum hf_err get_tags(struct hf_cursor *cursor, struct hf_roll_state *state)
{
	size_t count = hf_get_u32(cursor);
	if (count > hf_cursor_left(cursor) / 2)
		return HF_ERR_SYNTAX;
	uint16_t *tags = malloc(count * sizeof(*tags) + 1);
	if (tags == NULL)
		return HF_ERR_NOMEM;
	bool good = true;
	for (size_t i = 0; i < count; i++) {
		tags[i] = hf_get_u16(cursor);
		good = good && (i == 0 || tags[i - 1] < tags[i]);
	}
	struct hf_roll_state probe = {.tags = tags, .tag_count = count};
	for (size_t i = 0; i < state->tag_count; i++)
		good = good && hf_roll_tag_taken(&probe, state->tags[i]);
	if (!good) {
		free(tags);
		return HF_ERR_SYNTAX;
	}
	free(state->tags);
	state->tags = tags;
	state->tag_count = count;
	return HF_OK;
}

static enum hf_err get_all_keys(struct hf_cursor *cursor, struct hf_roll_state *state)
{
	enum hf_err err = HF_OK;
	unsigned count = get_up_to(cursor, HF_ROLL_KEYS);
	for (unsigned i = 0; i < count && err == HF_OK; i++)
		err = get_key(cursor, state);
	return err;
}

static enum hf_err get_rest(struct hf_cursor *cursor, struct hf_roll_state *state)
{
	hf_keys live = 0;
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++)
		live |= state->keys[i].dnskey != NULL ? (hf_keys)1 << i : 0;
	get_waypoint(cursor, live, &state->rest);
	state->denial = get_denial(cursor);
	get_roll(cursor, live, &state->roll);
	get_start(cursor, live, &state->queued);
	state->asked_count = get_up_to(cursor, HF_ROLL_ASKED);
	for (unsigned i = 0; i < state->asked_count; i++) {
		state->asked[i].ds = get_keys(cursor, live);
		state->asked[i].at = get_time(cursor);
		state->asked[i].withdrawn = get_bool(cursor);
	}
	state->cds = (enum hf_cds)get_up_to(cursor, HF_CDS_DELETE);
	state->last_change = get_time(cursor);
	state->ds_fresh = get_time(cursor);
	state->ds_pending = get_bool(cursor);
	enum hf_err err = get_tags(cursor, state);
	state->last_step = get_time(cursor);
	state->last_wake = get_time(cursor);
	state->leap = get_time(cursor);
	state->done = hf_get_u32(cursor);
	state->given_up = hf_get_u32(cursor);
	state->forced = hf_get_u32(cursor);
	if (err == HF_OK && (cursor->failed || hf_cursor_left(cursor) != 0))
		err = HF_ERR_SYNTAX;
	return err;
}

enum hf_err hf_roll_state_get(
        const void *data, size_t len, struct hf_diag *diag, struct hf_roll_state *ret_state)
{
	struct hf_cursor cursor;
	struct hf_roll_state state;
	struct hf_name zone;
	hf_cursor_init(&cursor, data, len);
	if (hf_get_u32(&cursor) != MAGIC || !hf_get_name(&cursor, &zone))
		return hf_fail(diag, HF_ERR_SYNTAX,
		        "this is no rollover state of form 1; restore it from a copy");
	hf_roll_state_init(&state, &zone, get_u64(&cursor));
	enum hf_err err = get_all_keys(&cursor, &state);
	if (err == HF_OK)
		err = get_rest(&cursor, &state);
	if (err == HF_OK) {
		*ret_state = state;
		return HF_OK;
	}
	hf_roll_state_done(&state);
	if (err == HF_ERR_NOMEM)
		return err;
	return hf_fail(diag, err, "the rollover state is damaged; restore it from a copy");
}
