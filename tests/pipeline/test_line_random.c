/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Weeks of random life on a line, with restarts at any moment: the oracle finds no resolver that
 * fails. HF_CASES=N for more lives.
 */
#include "linelife.h"

#include <stdlib.h>

#define CASES 3
#define WEEKS 3

static void live(uint64_t seed)
{
	struct life life;
	struct world *world = &life.world;
	life_init(&life, seed);
	life_begin(&life);
	hf_time end = world->now + WEEKS * 7 * DAY;
	while (world->now < end)
		life_go_on(&life, DAY);
	life_rest(&life);
	print_message("%zu versions, %zu combinations\n", world->version_count, world->checks);
	world_done(world);
}

static void test_lives(void **data)
{
	const char *more = getenv("HF_CASES");
	unsigned cases = more != NULL ? (unsigned)strtoul(more, NULL, 10) : CASES;
	(void)data;
	for (unsigned i = 0; i < cases; i++) {
		print_message("life %u: ", i);
		live(i + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_lives)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
