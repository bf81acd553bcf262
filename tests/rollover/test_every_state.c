/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every state that the engine can reach in a small world, by every order of what can happen.
 *
 * Checked in each of them: no resolver can fail, neither by the evidence nor by what was really
 * served (by masks, without coherence); and what is waited for is said and can come about.
 *
 * Bounds of the search: TTLs are all one tick, margins and hold-downs none, one secondary, a parent
 * with two servers that takes its requests in order, and of people and clocks as much as each
 * plan's budget says. Without leaps of the clock, states that differ only in gaps of more than two
 * ticks are one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "maze.h"

#define SLOTS  (1u << 21)
#define STATES 400000 /* of one plan; more is a failure, not an end */

struct search {
	uint64_t *seen; /* hash table of prints; 0 is free */
	unsigned states;
	struct maze **stack;
	size_t depth, cap;
	unsigned done, given_up; /* states in which a change had ended so */
	bool waits[HF_WAIT_HELP + 1];
};

/* Whether the print is new. */
static bool note(struct search *search, uint64_t print)
{
	size_t at = (size_t)(print % SLOTS);
	print = print == 0 ? 1 : print;
	while (search->seen[at] != 0 && search->seen[at] != print)
		at = (at + 1) % SLOTS;
	if (search->seen[at] == print)
		return false;
	search->seen[at] = print;
	return true;
}

static void push(struct search *search, struct maze *maze)
{
	if (!note(search, maze_print(maze))) {
		maze_free(maze);
		return;
	}
	assert_true(++search->states < STATES);
	search->done += maze->state.done > 0;
	search->given_up += maze->state.given_up > 0;
	search->waits[maze->outcome.wait] = true;
	if (search->depth == search->cap) {
		search->cap = search->cap == 0 ? 1024 : search->cap * 2;
		search->stack = reallocarray(search->stack, search->cap, sizeof(*search->stack));
		assert_non_null(search->stack);
	}
	search->stack[search->depth++] = maze;
}

static void explore(const struct maze_plan *plan)
{
	struct search search = {.seen = calloc(SLOTS, sizeof(uint64_t))};
	assert_non_null(search.seen);
	push(&search, maze_new(plan));
	while (search.depth > 0) {
		struct maze *maze = search.stack[--search.depth];
		for (enum maze_event event = 0; event < MAZE_EVENTS; event++) {
			if (!maze_possible(maze, event))
				continue;
			struct maze *next = maze_copy(maze);
			maze_happen(next, event);
			push(&search, next);
		}
		maze_free(maze);
	}
	print_message("%s: %u states\n", plan->name, search.states);
	assert_true(search.done > 0);
	assert_true(plan->budget.aborts == 0 || search.given_up > 0);
	free(search.stack);
	free(search.seen);
}

#define ROLL(of, how)                                                                              \
	{                                                                                          \
		.kind = HF_ROLL_KEYS_OF_ROLE, .role = HF_ROLE_##of, .has_method = true,            \
		.method = HF_METHOD_##how                                                          \
	}

static const struct maze_plan plans[] = {
        {"ZSK, pre-publication", ROLL(ZSK, PRE_PUBLICATION), 0, 0, true, 13,
                {.aborts = 1,
                        .pauses = 1,
                        .starts = 1,
                        .gradual = true,
                        .sticks = true,
                        .one_eyed = true}},
        {"ZSK, double signature", ROLL(ZSK, DOUBLE_SIGNATURE), 0, 0, true, 13,
                {.aborts = 1, .pauses = 1, .gradual = true, .sticks = true, .one_eyed = true}},
        {"KSK, double KSK", ROLL(KSK, DOUBLE_KSK), 0, 0, true, 13, {.aborts = 1}},
        {"KSK, double DS", ROLL(KSK, DOUBLE_DS), 0, 0, true, 13, {.aborts = 1}},
        {"KSK, double RRset", ROLL(KSK, DOUBLE_RRSET), 0, 0, true, 13, {.aborts = 1}},
        {"KSK, slow secondary", ROLL(KSK, DOUBLE_KSK), 0, 0, true, 13,
                {.aborts = 1, .pauses = 1, .starts = 1, .sticks = true, .one_eyed = true}},
        {"KSK, clock leaps", ROLL(KSK, DOUBLE_KSK), 0, 0, true, 13,
                {.backs = 1, .aborts = 1, .sticks = true, .one_eyed = true}},
        {"ZSK, clock leaps both ways", ROLL(ZSK, PRE_PUBLICATION), 0, 0, true, 13,
                {.forwards = 1, .backs = 1, .one_eyed = true}},
        {"CSK, double signature", ROLL(CSK, DOUBLE_SIGNATURE), HF_MODEL_CSK, HF_MODEL_CSK, true, 13,
                {.aborts = 1, .gradual = true, .one_eyed = true}},
        {"CSK, pre-publication", ROLL(CSK, PRE_PUBLICATION), HF_MODEL_CSK, HF_MODEL_CSK, true, 13,
                {.aborts = 1, .gradual = true, .sticks = true, .one_eyed = true}},
        {"KSK and ZSK to CSK", {.kind = HF_ROLL_MODEL}, HF_MODEL_CSK, HF_MODEL_KSK_ZSK, true, 13,
                {.aborts = 1, .gradual = true, .one_eyed = true}},
        {"algorithm", {.kind = HF_ROLL_ALGORITHM, .algorithm = 13}, 0, 0, true, 8,
                {.aborts = 1, .gradual = true, .sticks = true, .one_eyed = true}},
        {"algorithm, two eyes", {.kind = HF_ROLL_ALGORITHM, .algorithm = 15}, HF_MODEL_CSK,
                HF_MODEL_CSK, true, 8, {.aborts = 1}},
        {"secure", {.kind = HF_ROLL_SECURE}, 0, 0, false, 13,
                {.aborts = 1, .gradual = true, .sticks = true, .one_eyed = true}},
        {"insecure", {.kind = HF_ROLL_INSECURE}, 0, 0, true, 13,
                {.aborts = 1, .pauses = 1, .sticks = true, .one_eyed = true}},
};

static void test_every_state(void **data)
{
	(void)data;
	const char *only = getenv("HOLDFAST_PLAN");
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		if (only == NULL || strcmp(only, plans[i].name) == 0)
			explore(&plans[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_every_state),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
