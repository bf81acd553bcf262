/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chains that are good, or insecure as they should be, in all kinds of worlds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "goodnames.h"
#include "toyworld.h"

#define A  KNOT_RRTYPE_A
#define DS KNOT_RRTYPE_DS

static void fail_with(const struct good_name *expected, const struct hf_trace *trace)
{
	char type[HF_TYPE_TEXT];
	print_error("%s %s: %s, rcode %u, %zu answers, %s\n", expected->name,
	        hf_type_text(expected->type, type), hf_chain_status_name(trace->status),
	        trace->rcode, trace->answer_count,
	        trace->has_broken ? trace->broken.cause : "nothing broken");
	fail();
}

static bool same_cause(enum hf_cause expected, const struct hf_trace *trace)
{
	enum hf_cause cause = trace->has_broken ? trace->broken.fault.cause : HF_CAUSE_NONE;
	if ((int)expected == 1)
		return cause == HF_CAUSE_NO_DS || cause == HF_CAUSE_OPT_OUT;
	return cause == expected;
}

static void check(struct world *world, const struct good_name *given)
{
	struct good_name weaker = *given;
	const struct good_name *expected = &weaker;
	if (given->weak && (world->flags & WORLD_OPT_OUT) != 0) {
		weaker.status = HF_CHAIN_INSECURE;
		weaker.cause = HF_CAUSE_OPT_OUT;
	}
	struct hf_chain *chain = world_trace(world, expected->name, expected->type);
	const struct hf_trace *trace = hf_chain_trace(chain);
	bool same = trace->status == expected->status && same_cause(expected->cause, trace);
	if (trace->status != HF_CHAIN_BOGUS)
		same = same && trace->has_plain && trace->rcode == expected->rcode &&
		       trace->validating_rcode == expected->rcode;
	if (!same || trace->answer_count != expected->answers)
		fail_with(expected, trace);
	for (size_t i = 0; i < trace->link_count; i++)
		assert_non_null(trace->links[i].detail);
	char zone[HF_NAME_TEXT];
	hf_name_text(&trace->links[trace->link_count - 1].zone, zone);
	/* A server of several zones is asked for fewer of them, and an alias leads elsewhere. */
	if (strcmp(zone, expected->zone) != 0)
		print_error("%s: last link %s, not %s\n", expected->name, zone, expected->zone);
	assert_string_equal(zone, expected->zone);
	hf_chain_free(chain);
}

static void check_world(unsigned flags, unsigned quirks)
{
	struct world world;
	world_init(&world, flags);
	for (int i = 0; i < WORLD_ZONES; i++)
		world.zones[i].quirks = quirks;
	for (size_t i = 0; i < good_name_count; i++)
		check(&world, &good_names[i]);
	world_done(&world);
}

static void test_good(void **state)
{
	static const unsigned kinds[] = {WORLD_NSEC, WORLD_NSEC3, WORLD_NSEC3 | WORLD_OPT_OUT};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		check_world(kinds[i], 0);
		check_world(kinds[i] | WORLD_SHARED, 0);
		check_world(kinds[i] | WORLD_PAIRED, 0);
	}
}

static struct hf_name name_of(const char *text)
{
	struct hf_name name;
	assert_int_equal(hf_name_from_text(text, &name), HF_OK);
	return name;
}

/* A chain of three zones takes six questions: at each zone its keys and the question itself. */
static void test_questions(void **state)
{
	static const struct {
		const char *name;
		uint16_t type;
		unsigned flags, questions;
	} expected[] = {
	        {"www.leaf.tld.", A, WORLD_NSEC, 6},
	        {"nothing.leaf.tld.", A, WORLD_NSEC3, 6},
	        {"alias.leaf.tld.", A, WORLD_NSEC, 6},
	        {"www.moved.leaf.tld.", A, WORLD_NSEC, 6},
	        {"outside.leaf.tld.", A, WORLD_NSEC, 7},
	        {"leaf.tld.", DS, WORLD_NSEC, 4},
	        {"leaf.tld.", KNOT_RRTYPE_DNSKEY, WORLD_NSEC, 5},
	        {".", KNOT_RRTYPE_DNSKEY, WORLD_NSEC, 1},
	        {"www.plain.tld.", A, WORLD_NSEC, 5},
	        /* On one server the answer comes at once, and the zones above it are looked for. */
	        {"www.leaf.tld.", A, WORLD_NSEC | WORLD_SHARED, 7},
	        {"nothing.leaf.tld.", A, WORLD_NSEC | WORLD_SHARED, 7},
	};
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		struct world world;
		world_init(&world, expected[i].flags);
		struct hf_chain *chain = world_trace(&world, expected[i].name, expected[i].type);
		if (world.asked != expected[i].questions)
			print_error("%s: %u questions\n", expected[i].name, world.asked);
		assert_int_equal(world.asked, expected[i].questions);
		assert_int_equal(hf_chain_trace(chain)->questions, world.asked);
		hf_chain_free(chain);
		world_done(&world);
	}
}

/* RFC 4035 section 5.3.3: neither longer than the original TTL nor than the signature holds. */
static void test_ttl(void **state)
{
	static const struct {
		uint32_t original, left, expected;
	} cases_of_ttl[] = {{60, 86400, 60}, {3600, 100, 100}, {7200, 86400, 3600}, {3600, 0, 0}};
	for (size_t i = 0; i < sizeof(cases_of_ttl) / sizeof(cases_of_ttl[0]); i++) {
		struct world world;
		struct sig_plan plan;
		world_init(&world, WORLD_NSEC);
		world_plan(&world, WORLD_LEAF, "www.leaf.tld.", A, &plan);
		world_drop_sigs(&world, WORLD_LEAF, "www.leaf.tld.", A);
		plan.rrsig.ttl = cases_of_ttl[i].original;
		plan.ttl = 86400;
		plan.rrsig.expiration = (uint32_t)WORLD_AT + cases_of_ttl[i].left;
		world_sign(&world, WORLD_LEAF, "www.leaf.tld.", &plan);
		struct hf_chain *chain = world_trace(&world, "www.leaf.tld.", A);
		const struct hf_trace *trace = hf_chain_trace(chain);
		assert_int_equal(trace->status, HF_CHAIN_SECURE);
		assert_int_equal(trace->answer[0].set.ttl, cases_of_ttl[i].expected);
		if (cases_of_ttl[i].left < 86400)
			assert_int_equal(trace->valid_until, WORLD_AT + cases_of_ttl[i].left);
		hf_chain_free(chain);
		world_done(&world);
	}
}

/* RFC 4034 section 3.1.5: stamps wrap around in 2106, and a validity may lie across. */
static void test_wrapped_stamps(void **state)
{
	const hf_time wrap = (hf_time)1 << 32;
	static const struct {
		int inception, expiration, at; /* seconds from the wrap */
		enum hf_cause cause;
	} spans[] = {
	        {-1000, 1000, -500, HF_CAUSE_NONE},
	        {-1000, 1000, 500, HF_CAUSE_NONE},
	        {-1000, 1000, 1001, HF_CAUSE_EXPIRED},
	        {-1000, 1000, -1001, HF_CAUSE_EARLY},
	        {1000, -1000, 0, HF_CAUSE_REVERSED},
	};
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		struct world world;
		struct sig_plan plan;
		world_init(&world, WORLD_NSEC);
		world_plan(&world, WORLD_ROOT, ".", KNOT_RRTYPE_DNSKEY, &plan);
		world_drop_sigs(&world, WORLD_ROOT, ".", KNOT_RRTYPE_DNSKEY);
		plan.rrsig.inception = (uint32_t)(wrap + spans[i].inception);
		plan.rrsig.expiration = (uint32_t)(wrap + spans[i].expiration);
		world_sign(&world, WORLD_ROOT, ".", &plan);
		world.at = wrap + spans[i].at;
		struct hf_chain *chain = world_trace(&world, ".", KNOT_RRTYPE_DNSKEY);
		const struct hf_trace *trace = hf_chain_trace(chain);
		assert_int_equal(trace->has_broken ? trace->broken.fault.cause : HF_CAUSE_NONE,
		        spans[i].cause);
		hf_chain_free(chain);
		world_done(&world);
	}
}

/* What the links say about keys: roles by what they sign. */
static void test_roles(void **state)
{
	struct world world;
	world_init(&world, WORLD_NSEC);
	struct hf_chain *chain = world_trace(&world, "www.leaf.tld.", A);
	const struct hf_trace *trace = hf_chain_trace(chain);
	assert_int_equal(trace->link_count, 3);
	for (size_t i = 0; i < trace->link_count; i++) {
		const struct hf_link *link = &trace->links[i];
		assert_int_equal(link->is_anchor, i == 0);
		assert_int_equal(link->ds_count, 1);
		assert_int_equal(link->key_count, 2);
		assert_int_equal(link->server_count, 1);
		const struct hf_link_key *ksk = &link->keys[link->ds[0].key];
		const struct hf_link_key *zsk = &link->keys[1 - link->ds[0].key];
		assert_true(ksk->trusted && ksk->signs_keys && !ksk->signs_data);
		assert_true(!zsk->trusted && !zsk->signs_keys && zsk->signs_data);
		assert_string_equal(hf_link_key_role(ksk), "KSK");
		assert_string_equal(hf_link_key_role(zsk), "ZSK");
		assert_int_equal(link->sigs[0].covered, KNOT_RRTYPE_DNSKEY);
		assert_int_equal(link->sigs[0].expiration, WORLD_AT + 14 * WORLD_DAY);
	}
	hf_chain_free(chain);
	world_done(&world);
}

/* A server that lies is named, and what it said; the result is that of the other one. */
static void test_liar(void **state)
{
	struct world world;
	world_init(&world, WORLD_NSEC);
	world.zones[WORLD_TLD].first_quirks = ANSWERER_NO_SIGS;
	struct hf_chain *chain = world_trace(&world, "nothing.tld.", A);
	const struct hf_trace *trace = hf_chain_trace(chain);
	assert_int_equal(trace->status, HF_CHAIN_SECURE);
	assert_true(trace->links[1].liar_count >= 1);
	assert_string_equal(trace->links[1].liars[0].server, "server 1 of tld.");
	assert_string_equal(trace->links[1].liars[0].text,
	        "DNSKEY of tld. has no signature, and tld. is signed");
	assert_int_equal(trace->links[1].server_count, 2);
	hf_chain_free(chain);
	world_done(&world);
}

/* Proofs decide: what header bits and a forged CNAME say is only noted. */
static void test_notes(void **state)
{
	struct world world;
	world_init(&world, WORLD_NSEC);
	world.zones[WORLD_LEAF].quirks = ANSWERER_FLIP_RCODE;
	struct hf_chain *chain = world_trace(&world, "nothing.leaf.tld.", A);
	assert_int_equal(hf_chain_trace(chain)->rcode, HF_RCODE_NXDOMAIN);
	assert_int_equal(hf_chain_trace(chain)->note_count, 1);
	hf_chain_free(chain);
	world.zones[WORLD_LEAF].quirks = ANSWERER_WRONG_CNAME;
	chain = world_trace(&world, "www.moved.leaf.tld.", A);
	assert_int_equal(hf_chain_trace(chain)->status, HF_CHAIN_SECURE);
	assert_int_equal(hf_chain_trace(chain)->note_count, 1);
	hf_chain_free(chain);
	world_done(&world);
}

static void assert_no_anchor(const char *zone, uint16_t type, const uint8_t *data, uint16_t len)
{
	struct hf_anchors anchors = {0};
	struct hf_diag diag;
	struct hf_name name = name_of(zone);
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	assert_int_equal(hf_anchors_add(&anchors, &name, type, (struct hf_rdata){data, len}, &diag),
	        HF_ERR_INVALID);
	assert_int_equal(diag.count, 1);
	assert_int_equal(anchors.count, 0);
	hf_diag_done(&diag);
	hf_anchors_done(&anchors);
}

static void test_anchors(void **state)
{
	static const uint8_t revoked[] = {1, 0x81, 3, 15, 1, 2, 3, 4};
	static const uint8_t no_zone_key[] = {0, 1, 3, 15, 1, 2, 3, 4};
	static const uint8_t short_ds[] = {1, 2, 13, 2};
	struct hf_anchors anchors = {0};
	struct hf_question question = {.name = name_of("www.example."), .type = A};
	struct hf_name zone;
	assert_no_anchor("example.", KNOT_RRTYPE_DNSKEY, revoked, sizeof(revoked));
	assert_no_anchor("example.", KNOT_RRTYPE_DNSKEY, no_zone_key, sizeof(no_zone_key));
	assert_no_anchor("example.", DS, short_ds, sizeof(short_ds));
	assert_no_anchor("example.", A, short_ds, sizeof(short_ds));
	/* Twice is as good as once. */
	assert_int_equal(hf_anchors_add_root(&anchors), HF_OK);
	assert_int_equal(hf_anchors_add_root(&anchors), HF_OK);
	assert_int_equal(anchors.count, 2);
	assert_int_equal(hf_read_u16(anchors.list[0].data), 20326);
	assert_int_equal(hf_read_u16(anchors.list[1].data), 38696);
	assert_true(hf_anchors_closest(&anchors, &question, &zone));
	assert_int_equal(zone.len, 1);
	hf_anchors_done(&anchors);
}

static void test_refused(void **state)
{
	static const uint16_t types[] = {
	        KNOT_RRTYPE_ANY, KNOT_RRTYPE_RRSIG, KNOT_RRTYPE_AXFR, KNOT_RRTYPE_OPT, 0};
	struct hf_anchors anchors = {0};
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct hf_question question = {.name = name_of("a."), .type = types[i]};
		struct hf_chain *chain;
		struct hf_diag diag;
		hf_diag_init(&diag, HF_DIAG_LIMIT);
		assert_int_equal(hf_chain_new(&question, &anchors, NULL, WORLD_AT, &diag, &chain),
		        HF_ERR_INVALID);
		assert_int_equal(diag.count, 1);
		hf_diag_done(&diag);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_good),
	        cmocka_unit_test(test_questions),
	        cmocka_unit_test(test_ttl),
	        cmocka_unit_test(test_wrapped_stamps),
	        cmocka_unit_test(test_roles),
	        cmocka_unit_test(test_liar),
	        cmocka_unit_test(test_notes),
	        cmocka_unit_test(test_anchors),
	        cmocka_unit_test(test_refused),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_end();
	return failed;
}
