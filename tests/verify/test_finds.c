/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Collecting findings: folding, order, and that the way they came does not show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "verify/finds.h"

#define PLACES 400

static struct hf_name numbered(unsigned number)
{
	char text[32];
	struct hf_name name;
	snprintf(text, sizeof(text), "n%03u.example.", number);
	assert_int_equal(hf_name_from_text(text, &name), HF_OK);
	return name;
}

static void add(struct hf_finds *finds, enum hf_check_id check, unsigned number, int32_t tag)
{
	struct hf_name owner = numbered(number);
	struct hf_where where = {.owner = &owner, .type = 1, .tag = tag};
	hf_found(finds, check, &where, "Place %u.", number);
}

static struct hf_report report_of(struct hf_finds *finds, size_t limit)
{
	struct hf_report report = {.count = 0};
	assert_int_equal(hf_finds_report(finds, limit, &report), HF_OK);
	return report;
}

static void report_done(struct hf_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		free(report->findings[i].detail);
		free(report->findings[i].fix);
	}
	free(report->findings);
}

static void nothing_found_is_good(void **state)
{
	(void)state;
	struct hf_finds finds = {.count = 0};
	struct hf_report report = report_of(&finds, 10);
	assert_true(report.good);
	assert_int_equal(report.count, 0);
	report_done(&report);
	hf_finds_done(&finds);
}

static void few_places_stay_apart(void **state)
{
	(void)state;
	struct hf_finds finds = {.count = 0};
	for (unsigned i = HF_FINDS_KEPT; i > 0; i--)
		add(&finds, HF_CHECK_RRSIG_INVALID, i, 7);
	struct hf_report report = report_of(&finds, 100);
	assert_false(report.good);
	assert_int_equal(report.count, HF_FINDS_KEPT);
	for (size_t i = 0; i < report.count; i++) {
		struct hf_name expected = numbered((unsigned)i + 1);
		assert_true(hf_name_equal(&report.findings[i].owner, &expected));
		assert_int_equal(report.findings[i].count, 1);
	}
	report_done(&report);
}

static void many_places_fold(void **state)
{
	(void)state;
	struct hf_finds finds = {.count = 0};
	for (unsigned i = HF_FINDS_KEPT + 1; i > 0; i--)
		add(&finds, HF_CHECK_RRSIG_INVALID, i, 7);
	add(&finds, HF_CHECK_RRSIG_INVALID, 500, 8);
	struct hf_report report = report_of(&finds, 100);
	assert_int_equal(report.count, 2);
	assert_int_equal(report.findings[0].count, HF_FINDS_KEPT + 1);
	assert_string_equal(report.findings[0].detail, "Place 1.");
	assert_int_equal(report.findings[0].key_tag, 7);
	assert_int_equal(report.findings[1].count, 1);
	assert_int_equal(report.findings[1].key_tag, 8);
	report_done(&report);
}

static void some_checks_always_fold(void **state)
{
	(void)state;
	struct hf_finds finds = {.count = 0};
	add(&finds, HF_CHECK_RRSIG_NO_KEY, 2, 7);
	add(&finds, HF_CHECK_RRSIG_NO_KEY, 1, 7);
	struct hf_report report = report_of(&finds, 100);
	assert_int_equal(report.count, 1);
	assert_int_equal(report.findings[0].count, 2);
	assert_string_equal(report.findings[0].detail, "Place 1.");
	report_done(&report);
}

static void worst_first_and_limit(void **state)
{
	(void)state;
	struct hf_finds finds = {.count = 0};
	add(&finds, HF_CHECK_KEY_UNUSED, 1, 7);
	add(&finds, HF_CHECK_RRSIG_ORPHAN, 2, 7);
	add(&finds, HF_CHECK_RRSIG_INVALID, 3, 7);
	struct hf_report report = report_of(&finds, 2);
	assert_false(report.good);
	assert_int_equal(report.count, 2);
	assert_int_equal(report.dropped, 1);
	assert_int_equal(report.findings[0].check->severity, HF_SEVERITY_ERROR);
	assert_int_equal(report.findings[1].check->severity, HF_SEVERITY_WARNING);
	report_done(&report);
}

static void warnings_are_good(void **state)
{
	(void)state;
	struct hf_finds finds = {.count = 0};
	add(&finds, HF_CHECK_RRSIG_ORPHAN, 2, 7);
	struct hf_report report = report_of(&finds, 100);
	assert_true(report.good);
	report_done(&report);
}

/* A small generator of its own, so that every run is the same. */
static unsigned next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

static void add_random(struct hf_finds *finds, uint32_t *seed)
{
	enum hf_check_id check = (enum hf_check_id)(next(seed) % 12);
	unsigned number = next(seed) % 50;
	add(finds, check, number, (int32_t)(next(seed) % 3));
}

static void assert_same(const struct hf_report *a, const struct hf_report *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->good, b->good);
	for (size_t i = 0; i < a->count; i++) {
		assert_ptr_equal(a->findings[i].check, b->findings[i].check);
		assert_true(hf_name_equal(&a->findings[i].owner, &b->findings[i].owner));
		assert_int_equal(a->findings[i].count, b->findings[i].count);
		assert_int_equal(a->findings[i].key_tag, b->findings[i].key_tag);
		assert_string_equal(a->findings[i].detail, b->findings[i].detail);
	}
}

/* The same places, in one collection or dealt to several and merged, make one report. */
static void dealing_does_not_show(void **state)
{
	(void)state;
	for (uint32_t round = 0; round < 30; round++) {
		struct hf_finds whole = {.count = 0}, parts[4] = {{.count = 0}};
		uint32_t seed = round, same = round, deal = round + 1000;
		for (unsigned i = 0; i < PLACES; i++) {
			add_random(&whole, &seed);
			add_random(&parts[next(&deal) % 4], &same);
		}
		for (unsigned i = 3; i > 0; i--)
			hf_finds_merge(&parts[i - 1], &parts[i]);
		struct hf_report one = report_of(&whole, 1000), other = report_of(&parts[0], 1000);
		assert_same(&one, &other);
		report_done(&one);
		report_done(&other);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nothing_found_is_good),
	        cmocka_unit_test(few_places_stay_apart),
	        cmocka_unit_test(many_places_fold),
	        cmocka_unit_test(some_checks_always_fold),
	        cmocka_unit_test(worst_first_and_limit),
	        cmocka_unit_test(warnings_are_good),
	        cmocka_unit_test(dealing_does_not_show),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
