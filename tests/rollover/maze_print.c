/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When two worlds go on in the same way.
 *
 * Every TTL is a tick and margins are none, so what left its servers before this tick is in no
 * cache. Of other moments only the order matters, and only against those that the engine compares
 * with: requests, the last look that counts, the end of what was seen of a request. Moments that a
 * leap of the clock put ahead count exactly. What no cache holds and no request is judged by is
 * left out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "maze.h"
#include "rollover/view.h"

#define MARKS   64
#define RECORDS 256
#define AHEAD   1000 /* ranks above are of moments that are still to come */

/* A line of what counts; equal lines in any order are equal worlds. */
struct record {
	uint64_t what, members, signing;
	int64_t first, last;
};

struct print {
	const struct maze *maze;
	bool swap; /* the parent's servers are called the other way round: it makes no difference */
	struct record records[RECORDS];
	unsigned record_count;
	hf_time marks[MARKS]; /* moments that others are compared with */
	unsigned mark_count;
};

static unsigned server_label(const struct print *print, unsigned server)
{
	return print->swap ? MAZE_SERVERS - 1 - server : server;
}

/* A place of the evidence under a name of its own. */
static unsigned place_label(const struct print *print, uint32_t place)
{
	for (unsigned i = 0; i < MAZE_SERVERS; i++) {
		if (place == print->maze->servers[i])
			return 10 + server_label(print, i);
	}
	return place == HF_PUBLISHED ? 0 : 1;
}

static void mark(struct print *print, hf_time at)
{
	for (unsigned i = 0; i < print->mark_count; i++) {
		if (print->marks[i] == at)
			return;
	}
	assert_true(print->mark_count < MARKS);
	print->marks[print->mark_count++] = at;
}

/* The place of a moment among the marks: odd on one, even between two. */
static int64_t rank(const struct print *print, hf_time at)
{
	int64_t below = 0;
	bool on = false;
	if (at == HF_TIME_NEVER)
		return INT64_MAX;
	if (at > print->maze->clock)
		return AHEAD + (at - print->maze->clock);
	for (unsigned i = 0; i < print->mark_count; i++) {
		below += print->marks[i] < at;
		on |= print->marks[i] == at;
	}
	return 2 * below + on;
}

static void record(struct print *print, struct record one)
{
	assert_true(print->record_count < RECORDS);
	print->records[print->record_count++] = one;
}

/* ---- evidence ---- */

static hf_keys key_bit(const struct hf_view *view, uint32_t number)
{
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		if (view->number[i] == number)
			return (hf_keys)1 << i;
	}
	return 0;
}

static hf_keys members_of(const struct hf_view *view, uint32_t number)
{
	const struct hf_content *content = hf_evidence_content_at(view->evidence, number);
	hf_keys keys = 0;
	for (size_t i = 0; i < content->member_count; i++)
		keys |= content->kind == HF_KIND_DNSKEY ? key_bit(view, content->members[i]) : 0;
	for (unsigned i = 0; content->kind == HF_KIND_DS && i < HF_ROLL_KEYS; i++)
		keys |= hf_view_ds_names(view, number, i) ? (hf_keys)1 << i : 0;
	return keys;
}

static hf_keys signing_of(const struct hf_view *view, uint32_t number)
{
	const struct hf_content *content = hf_evidence_content_at(view->evidence, number);
	hf_keys keys = 0;
	for (size_t i = 0; i < content->signing_count; i++)
		keys |= key_bit(view, content->signings[i].key);
	return keys;
}

static bool is_ds(const struct maze *maze, const struct hf_fact *fact)
{
	return hf_evidence_content_at(maze->evidence, fact->content)->kind == HF_KIND_DS;
}

/* The end of a fact, with what is known of times that a leap put ahead. */
static hf_time ends(const struct maze *maze, const struct hf_fact *fact)
{
	return hf_evidence_served_until(maze->evidence, fact, HF_TIME_NEVER - 1, NULL);
}

static bool judges_request(const struct maze *maze, const struct hf_fact *fact)
{
	bool judges = false;
	for (unsigned i = 0; i < maze->state.asked_count && is_ds(maze, fact); i++)
		judges |= fact->first >= maze->state.asked[i].at;
	return judges;
}

static void set_marks(struct print *print)
{
	const struct maze *maze = print->maze;
	mark(print, maze->state.ds_fresh);
	for (unsigned i = 0; i < maze->state.asked_count; i++)
		mark(print, maze->state.asked[i].at);
	for (size_t i = 0; i < hf_evidence_fact_count(maze->evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(maze->evidence, i);
		if (judges_request(maze, fact) && fact->last != HF_TIME_NEVER)
			mark(print, fact->last);
	}
}

static void add_evidence(struct print *print)
{
	struct maze *maze = (struct maze *)print->maze; /* interning changes nothing that counts */
	struct hf_view view;
	assert_int_equal(
	        hf_view_init(&maze->policy, &maze->state, maze->evidence, maze->clock, &view),
	        HF_OK);
	for (size_t i = 0; i < hf_evidence_fact_count(maze->evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(maze->evidence, i);
		enum hf_kind kind = hf_evidence_content_at(maze->evidence, fact->content)->kind;
		hf_time end = ends(maze, fact);
		bool held = end == HF_TIME_NEVER || end + fact->ttl > maze->clock;
		bool proved = kind == HF_KIND_DS && !held &&
		              end + fact->ttl + maze->policy.dnskey_ttl > maze->clock;
		bool judges = judges_request(maze, fact);
		if (!held && !proved && !judges)
			continue;
		bool open = fact->last == HF_TIME_NEVER;
		record(print,
		        (struct record){1000 + kind * 100 + place_label(print, fact->place) * 8 +
		                                proved * 4 + open * 2 + held,
		                members_of(&view, fact->content), signing_of(&view, fact->content),
		                kind == HF_KIND_DS ? rank(print, fact->first) : 0,
		                judges || end > maze->clock ? rank(print, end) : 0});
	}
}

/* ---- the rest ---- */

static void add_world(struct print *print)
{
	const struct maze *maze = print->maze;
	const struct maze_budget *budget = &maze->budget;
	for (unsigned i = 0; i < MAZE_SERVERS; i++)
		record(print, (struct record){3000 + server_label(print, i), maze->shows[i],
		                      maze->seen[i], rank(print, maze->looked[i]), 0});
	for (unsigned i = 0; i < maze->queue_count; i++)
		record(print, (struct record){.what = 3100 + i, .members = maze->queue[i]});
	record(print, (struct record){3200, maze->registry, maze->signing ? maze->old_signers : 0,
	                      maze->version == maze->clock, maze->keys_made});
	uint64_t flags = maze->signing | maze->secondary_behind << 1 | maze->leapt << 2 |
	                 budget->aborts << 3 | budget->pauses << 5 | budget->starts << 7 |
	                 budget->forwards << 9 | budget->backs << 11;
	record(print,
	        (struct record){.what = 3300, .members = flags, .first = rank(print, maze->clock)});
	for (unsigned i = 0; i < maze->truth_count; i++) {
		const struct maze_truth *truth = &maze->truths[i];
		unsigned place =
		        truth->place < 2 ? truth->place : 2 + server_label(print, truth->place - 2);
		bool held = truth->until > maze->true_now;
		bool proved = truth->kind == HF_KIND_DS && !held &&
		              truth->until > maze->true_now - MAZE_TICK;
		bool fresh = truth->kind == HF_KIND_DNSKEY && truth->since == maze->true_now;
		if (held || proved)
			record(print, (struct record){4000 + truth->kind * 100 + place,
			                      truth->members, truth->signing, proved * 2 + fresh,
			                      truth->until == INT64_MAX});
	}
}

/* The state with moments as ranks, and without those that are for people. */
static void put_state(const struct print *print, struct hf_buf *out)
{
	struct hf_roll_state state = print->maze->state; /* shares the keys */
	struct hf_roll *roll = &state.roll;
	roll->started = roll->taken = roll->safe = 0;
	roll->reached = roll->reached == HF_TIME_NONE;
	state.done = state.given_up = 0;
	state.last_wake = 0;
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		struct hf_roll_key *key = &state.keys[i];
		key->born = 0;
		key->first_use = key->first_use == HF_TIME_NONE;
		key->removed = key->removed == HF_TIME_NONE;
	}
	for (unsigned i = 0; i < state.asked_count; i++)
		state.asked[i].at = rank(print, state.asked[i].at);
	state.ds_fresh = rank(print, state.ds_fresh);
	state.last_change = state.last_change == print->maze->clock;
	state.last_step = state.last_step > print->maze->clock ? rank(print, state.last_step) : 0;
	state.leap = state.leap == HF_TIME_NONE ? 0 : rank(print, state.leap);
	hf_roll_state_put(&state, out);
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct record));
}

static uint64_t fold(uint64_t hash, const void *data, size_t len)
{
	const uint8_t *bytes = data;
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static uint64_t print_of(const struct maze *maze, bool swap)
{
	struct print print = {.maze = maze, .swap = swap};
	struct hf_buf bytes = {.data = NULL};
	set_marks(&print);
	add_evidence(&print);
	add_world(&print);
	qsort(print.records, print.record_count, sizeof(print.records[0]), by_bytes);
	unsigned kept = 0;
	for (unsigned i = 0; i < print.record_count; i++) {
		if (kept == 0 || by_bytes(&print.records[kept - 1], &print.records[i]) != 0)
			print.records[kept++] = print.records[i];
	}
	put_state(&print, &bytes);
	assert_int_equal(hf_buf_check(&bytes), HF_OK);
	uint64_t hash = fold(UINT64_C(0xcbf29ce484222325), bytes.data, bytes.len);
	hash = fold(hash, print.records, kept * sizeof(print.records[0]));
	hf_buf_done(&bytes);
	return hash;
}

uint64_t maze_print(const struct maze *maze)
{
	uint64_t one = print_of(maze, false), other = print_of(maze, true);
	return one < other ? one : other;
}
