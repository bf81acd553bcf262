/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One defect a world: the status, the cause, the code and the words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "defects.h"

static void complain(const struct defect *defect, unsigned flags, const struct hf_trace *trace)
{
	print_error("%s (flags %u): %s, cause %s, EDE %d: %s\n", defect->name, flags,
	        hf_chain_status_name(trace->status),
	        trace->has_broken ? hf_cause_info(trace->broken.fault.cause)->name : "none",
	        trace->ede_count > 0 ? trace->ede[0] : NO_EDE,
	        trace->has_broken ? trace->broken.cause : "");
}

/* Sentences are printable, have no full stop at the end and say something. */
static void assert_sentence(const char *text)
{
	size_t len = strlen(text);
	assert_true(len > 10);
	for (size_t i = 0; i < len; i++)
		assert_in_range(text[i], ' ', '~');
	assert_null(strstr(text, "  "));
}

static bool is_as_expected(const struct defect *defect, const struct hf_trace *trace)
{
	enum hf_cause cause = trace->has_broken ? trace->broken.fault.cause : HF_CAUSE_NONE;
	int ede = trace->ede_count > 0 ? trace->ede[0] : NO_EDE;
	bool words = defect->words == NULL ||
	             (trace->has_broken && strstr(trace->broken.cause, defect->words) != NULL);
	return trace->status == defect->status && cause == defect->cause && ede == defect->ede &&
	       words;
}

static bool check(const struct defect *defect, unsigned flags)
{
	struct world world;
	world_init(&world, flags);
	defect->damage(&world);
	struct hf_chain *chain = world_trace(&world, defect->qname, defect->type);
	const struct hf_trace *trace = hf_chain_trace(chain);
	bool good = is_as_expected(defect, trace);
	if (!good)
		complain(defect, flags, trace);
	if (trace->has_broken) {
		assert_sentence(trace->broken.cause);
		assert_sentence(trace->broken.fix);
		assert_sentence(trace->broken.affected);
		assert_string_equal(trace->links[trace->broken.link].detail, trace->broken.cause);
	}
	if (trace->status == HF_CHAIN_BOGUS)
		assert_int_equal(trace->validating_rcode, HF_RCODE_SERVFAIL);
	hf_chain_free(chain);
	world_done(&world);
	return good;
}

/* Tells all that are not as expected, not only the first. */
static void check_all(const struct defects *defects)
{
	unsigned wrong = 0;
	for (size_t i = 0; i < defects->count; i++) {
		const struct defect *defect = &defects->list[i];
		bool nsec = (defect->kinds & IN_NSEC3) == 0, nsec3 = (defect->kinds & IN_NSEC) == 0;
		bool shared = (defect->kinds & IN_APART) == 0;
		if (nsec)
			wrong += !check(defect, WORLD_NSEC);
		if (nsec3)
			wrong += !check(defect, WORLD_NSEC3);
		if (nsec && shared)
			wrong += !check(defect, WORLD_NSEC | WORLD_SHARED);
		if (nsec3 && shared)
			wrong += !check(defect, WORLD_NSEC3 | WORLD_SHARED);
	}
	assert_int_equal(wrong, 0);
}

static void test_links(void **state)
{
	check_all(&link_defects);
}

static void test_signatures(void **state)
{
	check_all(&signature_defects);
}

static void test_denial(void **state)
{
	check_all(&denial_defects);
}

static void test_servers(void **state)
{
	check_all(&server_defects);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_links),
	        cmocka_unit_test(test_signatures),
	        cmocka_unit_test(test_denial),
	        cmocka_unit_test(test_servers),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_end();
	return failed;
}
