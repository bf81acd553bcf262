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

#include "toyworld.h"

#define A      KNOT_RRTYPE_A
#define TXT    KNOT_RRTYPE_TXT
#define DS     KNOT_RRTYPE_DS
#define NODATA HF_RCODE_NOERROR

struct expected {
	const char *name;
	uint16_t type;
	enum hf_chain_status status;
	enum hf_cause cause;
	uint16_t rcode;
	size_t answers;   /* RRsets */
	const char *zone; /* of the last link */
	bool weak;        /* the proof is in a span of opt-out, where there is one */
};

static const struct expected cases[] = {
        {"www.leaf.tld.", A, HF_CHAIN_SECURE, 0, 0, 1, "leaf.tld.", false},
        {"WWW.Leaf.TLD.", TXT, HF_CHAIN_SECURE, 0, 0, 1, "leaf.tld.", false},
        {"www.leaf.tld.", KNOT_RRTYPE_MX, HF_CHAIN_SECURE, 0, NODATA, 0, "leaf.tld.", false},
        {"c.leaf.tld.", A, HF_CHAIN_SECURE, 0, NODATA, 0, "leaf.tld.", false},
        {"b.c.leaf.tld.", A, HF_CHAIN_SECURE, 0, NODATA, 0, "leaf.tld.", false},
        {"alias.leaf.tld.", A, HF_CHAIN_SECURE, 0, 0, 2, "leaf.tld.", false},
        {"alias.leaf.tld.", KNOT_RRTYPE_CNAME, HF_CHAIN_SECURE, 0, 0, 1, "leaf.tld.", false},
        {"outside.leaf.tld.", A, HF_CHAIN_SECURE, 0, 0, 2, "leaf.tld.", false},
        {"alias.tld.", A, HF_CHAIN_SECURE, 0, 0, 2, "leaf.tld.", false},
        {"www.moved.leaf.tld.", A, HF_CHAIN_SECURE, 0, 0, 2, "leaf.tld.", false},
        {"moved.leaf.tld.", A, HF_CHAIN_SECURE, 0, NODATA, 0, "leaf.tld.", false},
        {"foo.wild.leaf.tld.", KNOT_RRTYPE_A, HF_CHAIN_SECURE, 0, NODATA, 0, "leaf.tld.", true},
        {"foo.host.wild.leaf.tld.", TXT, HF_CHAIN_SECURE, 0, HF_RCODE_NXDOMAIN, 0, "leaf.tld.",
                true},
        {"*.wild.leaf.tld.", TXT, HF_CHAIN_SECURE, 0, 0, 1, "leaf.tld.", false},
        {"foo.wild.leaf.tld.", TXT, HF_CHAIN_SECURE, 0, 0, 1, "leaf.tld.", true},
        {"bar.foo.wild.leaf.tld.", TXT, HF_CHAIN_SECURE, 0, 0, 1, "leaf.tld.", true},
        {"foo.walias.leaf.tld.", A, HF_CHAIN_SECURE, 0, 0, 2, "leaf.tld.", true},
        {"leaf.tld.", KNOT_RRTYPE_DNSKEY, HF_CHAIN_SECURE, 0, 0, 1, "leaf.tld.", false},
        {"leaf.tld.", KNOT_RRTYPE_SOA, HF_CHAIN_SECURE, 0, 0, 1, "leaf.tld.", false},
        {"leaf.tld.", DS, HF_CHAIN_SECURE, 0, 0, 1, "tld.", false},
        {"tld.", DS, HF_CHAIN_SECURE, 0, 0, 1, ".", false},
        {"www.leaf.tld.", DS, HF_CHAIN_SECURE, 0, NODATA, 0, "leaf.tld.", false},
        {"sub.leaf.tld.", DS, HF_CHAIN_SECURE, 0, 0, 1, "leaf.tld.", false},
        {".", KNOT_RRTYPE_DNSKEY, HF_CHAIN_SECURE, 0, 0, 1, ".", false},
        {".", KNOT_RRTYPE_NS, HF_CHAIN_SECURE, 0, 0, 1, ".", false},
        {".", DS, HF_CHAIN_SECURE, 0, NODATA, 0, ".", false},
        {"nothing.", A, HF_CHAIN_SECURE, 0, HF_RCODE_NXDOMAIN, 0, ".", false},
        {"www.sub.leaf.tld.", A, HF_CHAIN_SECURE, 0, 0, 1, "sub.leaf.tld.", false},
        {"www.bare.leaf.tld.", A, HF_CHAIN_INSECURE, 1, 0, 1, "bare.leaf.tld.", false},
        {"www.plain.tld.", A, HF_CHAIN_INSECURE, 1, 0, 1, "plain.tld.", false},
        {"nothing.plain.tld.", A, HF_CHAIN_INSECURE, 1, HF_RCODE_NXDOMAIN, 0, "plain.tld.", false},
        {"toplain.leaf.tld.", A, HF_CHAIN_INSECURE, 1, 0, 2, "plain.tld.", false},
        {"away.plain.tld.", A, HF_CHAIN_INSECURE, 1, 0, 2, "leaf.tld.", false},
        {"www.other.", A, HF_CHAIN_INSECURE, HF_CAUSE_NO_DS, 0, 1, "other.", false},
        {"loop.leaf.tld.", A, HF_CHAIN_BOGUS, HF_CAUSE_MANY_ALIASES, 0, 17, "leaf.tld.", false},
        {"nothing.leaf.tld.", A, HF_CHAIN_SECURE, 0, HF_RCODE_NXDOMAIN, 0, "leaf.tld.", true},
        {"x.y.www.leaf.tld.", A, HF_CHAIN_SECURE, 0, HF_RCODE_NXDOMAIN, 0, "leaf.tld.", true},
        {"tonothing.leaf.tld.", A, HF_CHAIN_SECURE, 0, HF_RCODE_NXDOMAIN, 1, "leaf.tld.", true},
        {"bare.leaf.tld.", DS, HF_CHAIN_SECURE, 0, NODATA, 0, "leaf.tld.", true},
        {"x.nothing.tld.", A, HF_CHAIN_SECURE, 0, HF_RCODE_NXDOMAIN, 0, "tld.", true},
};

static void fail_with(const struct expected *expected, const struct hf_trace *trace)
{
	char type[HF_TYPE_TEXT];
	print_error("%s %s: %s, rcode %u, %zu answers, %s\n", expected->name,
	        hf_type_text(expected->type, type), hf_chain_status_name(trace->status),
	        trace->rcode, trace->answer_count,
	        trace->has_broken ? trace->broken.cause : "nothing broken");
	fail();
}

/* `cause` 1: either kind of insecure delegation. */
static bool same_cause(enum hf_cause expected, const struct hf_trace *trace)
{
	enum hf_cause cause = trace->has_broken ? trace->broken.fault.cause : HF_CAUSE_NONE;
	if ((int)expected == 1)
		return cause == HF_CAUSE_NO_DS || cause == HF_CAUSE_OPT_OUT;
	return cause == expected;
}

static void check(struct world *world, const struct expected *given)
{
	struct expected weaker = *given;
	const struct expected *expected = &weaker;
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
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(&world, &cases[i]);
	world_done(&world);
}

static void test_good(void **state)
{
	static const unsigned kinds[] = {WORLD_NSEC, WORLD_NSEC3, WORLD_NSEC3 | WORLD_OPT_OUT};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		check_world(kinds[i], 0);
		check_world(kinds[i] | WORLD_SHARED, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_good),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_end();
	return failed;
}
