/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Failing allocations in reading answers and walking a chain: each run must end with HF_ERR_NOMEM
 * or as it does undisturbed.
 *
 * The answers are recorded once, as bytes, so that only the code under test allocates.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../house/failing.h"
#include "toyworld.h"

#define ANSWERS 64

struct recording {
	struct hf_question question;
	struct hf_anchors *anchors;
	struct hf_buf answers[ANSWERS];
	unsigned count;
	enum hf_chain_status status;
};

static enum hf_err answer(struct hf_chain *chain, const struct hf_buf *wire)
{
	struct hf_chain_reply reply = {.failure = "timed out", .server = "a server"};
	enum hf_err err = HF_OK;
	if (wire->len > 0)
		err = hf_message_parse(wire->data, wire->len, NULL, &reply.message);
	return err == HF_OK ? hf_chain_answer(chain, &reply) : err;
}

static void record(struct world *world, const char *name, struct recording *recording)
{
	struct hf_chain *chain;
	struct hf_chain_question question;
	*recording = (struct recording){.anchors = &world->anchors};
	recording->question.type = KNOT_RRTYPE_A;
	assert_int_equal(hf_name_from_text(name, &recording->question.name), HF_OK);
	assert_int_equal(
	        hf_chain_new(&recording->question, &world->anchors, NULL, WORLD_AT, NULL, &chain),
	        HF_OK);
	while (hf_chain_wants(chain, &question)) {
		assert_true(recording->count < ANSWERS);
		struct hf_buf *wire = &recording->answers[recording->count++];
		world_answer(world, &question, wire);
		assert_int_equal(answer(chain, wire), HF_OK);
	}
	recording->status = hf_chain_trace(chain)->status;
	hf_chain_free(chain);
}

static enum hf_err replay(const void *context)
{
	const struct recording *recording = context;
	struct hf_chain *chain;
	enum hf_err err = hf_chain_new(
	        &recording->question, recording->anchors, NULL, WORLD_AT, NULL, &chain);
	if (err != HF_OK)
		return err;
	for (unsigned i = 0; i < recording->count && err == HF_OK; i++)
		err = answer(chain, &recording->answers[i]);
	if (err == HF_OK)
		assert_int_equal(hf_chain_trace(chain)->status, recording->status);
	hf_chain_free(chain);
	return err;
}

static void try_name(struct world *world, const char *name, enum hf_chain_status status)
{
	struct recording recording;
	record(world, name, &recording);
	assert_int_equal(recording.status, status);
	sweep(name, replay, &recording, HF_OK);
	for (unsigned i = 0; i < recording.count; i++)
		hf_buf_done(&recording.answers[i]);
}

static void test_good(void **state)
{
	struct world world;
	world_init(&world, WORLD_NSEC3);
	try_name(&world, "alias.leaf.tld.", HF_CHAIN_SECURE);
	try_name(&world, "www.moved.leaf.tld.", HF_CHAIN_SECURE);
	try_name(&world, "nothing.leaf.tld.", HF_CHAIN_SECURE);
	try_name(&world, "foo.walias.leaf.tld.", HF_CHAIN_SECURE);
	try_name(&world, "toplain.leaf.tld.", HF_CHAIN_INSECURE);
	world_done(&world);
}

static void test_broken(void **state)
{
	struct world world;
	world_init(&world, WORLD_NSEC);
	world.zones[WORLD_LEAF].first_quirks = ANSWERER_NO_SIGS;
	try_name(&world, "www.leaf.tld.", HF_CHAIN_SECURE);
	world.zones[WORLD_LEAF].quirks = ANSWERER_WRONG_CNAME;
	try_name(&world, "www.moved.leaf.tld.", HF_CHAIN_SECURE);
	world_drop_sigs(&world, WORLD_LEAF, "www.leaf.tld.", KNOT_RRTYPE_A);
	try_name(&world, "www.leaf.tld.", HF_CHAIN_BOGUS);
	world.zones[WORLD_LEAF].quirks = ANSWERER_NO_SIGS;
	try_name(&world, "www.leaf.tld.", HF_CHAIN_BOGUS);
	world.zones[WORLD_LEAF].down = true;
	try_name(&world, "www.leaf.tld.", HF_CHAIN_INDETERMINATE);
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_good),
	        cmocka_unit_test(test_broken),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_end();
	return failed;
}
