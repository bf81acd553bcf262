/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random worlds with random damage, judged by us and by Unbound at the same clock.
 *
 * test_chain_random [ROUNDS [SEED]]. A disagreement prints the seed of its round, and what was done
 * to the world.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chaos.h"

static unsigned long rounds = 300, seed = 1;

static bool agree(unsigned long round)
{
	struct world world;
	struct peer peer;
	char text[CHAOS_TEXT];
	bool same = true;
	chaos_init(&world, round, text);
	for (unsigned i = 0; i < 3; i++) {
		const struct chaos_question question = chaos_ask();
		char type_text[HF_TYPE_TEXT];
		enum peer_verdict we = peer_ours(&world, question.name, question.type);
		peer_start(&peer, &world);
		enum peer_verdict they = peer_ask(&peer, question.name, question.type);
		peer_stop(&peer);
		if (we == they || chaos_excuses(text, we, they))
			continue;
		same = false;
		print_error("seed %lu, %s: of %s %s we say %s, Unbound says %s\n", round, text,
		        question.name, hf_type_text(question.type, type_text), peer_word(we),
		        peer_word(they));
	}
	world_done(&world);
	return same;
}

static void random_worlds(void **state)
{
	(void)state;
	unsigned wrong = 0;
	for (unsigned long round = seed; round < seed + rounds; round++)
		wrong += !agree(round);
	assert_int_equal(wrong, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(random_worlds)};
	rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : rounds;
	seed = argc > 2 ? strtoul(argv[2], NULL, 10) : seed;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_end();
	return failed;
}
