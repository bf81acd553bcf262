/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mutation test: every kind of damage is found, with its check and at its owner. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "damage.h"

static const enum kit_mode modes[] = {KIT_NSEC, KIT_NSEC3, KIT_OPT_OUT};
static const char *const mode_names[] = {"NSEC", "NSEC3", "NSEC3 with opt-out"};
static bool seen[HF_CHECK_COUNT];

/* Whether the report has the finding, and its verdict fits. */
static bool has_finding(struct kit *kit, enum hf_check_id check, const char *owner)
{
	struct hf_report *report = kit_verify(kit, 1);
	const struct hf_finding *finding = kit_finding(report, check, owner);
	bool found = finding != NULL &&
	             report->good == (report->findings[0].check->severity != HF_SEVERITY_ERROR);
	if (!found) {
		fprintf(stderr, "no %s at %s; found:\n", HF_CHECKS[check].name, owner);
		kit_print(report);
	}
	seen[check] = true;
	hf_report_free(report);
	return found;
}

/* Whether the damage is found in a zone of this mode. */
static bool is_found(const struct damage *damage, enum kit_mode mode, const char *mode_name)
{
	struct kit kit;
	kit_init(&kit, mode);
	if (damage->before != NULL)
		damage->before(&kit);
	kit_sign(&kit);
	if (damage->after != NULL)
		damage->after(&kit);
	const char *owner = damage->owner;
	if (owner != NULL && owner[0] == '#')
		owner = kit_denial(&kit, owner + 1);
	bool found = has_finding(&kit, damage->check, owner);
	if (!found)
		fprintf(stderr, "that was: %s, %s\n", damage->name, mode_name);
	kit_done(&kit);
	return found;
}

/* The same for a signature that was planned wrongly. */
static bool plan_is_found(const struct plan_damage *damage, enum kit_mode mode)
{
	struct kit kit;
	struct sig_plan plan;
	kit_init(&kit, mode);
	kit_sign(&kit);
	kit_plan(&kit, DAMAGE_WWW, KNOT_RRTYPE_A, &plan);
	damage->change(&plan);
	if (damage->place == PLAN_INSTEAD)
		kit_drop_sigs(&kit, DAMAGE_WWW, KNOT_RRTYPE_A);
	kit_sign_with(&kit, DAMAGE_WWW, &plan);
	bool found = has_finding(&kit, damage->check, DAMAGE_WWW);
	if (!found)
		fprintf(stderr, "that was: %s\n", damage->name);
	kit_done(&kit);
	return found;
}

static void run_table(const struct damage *table)
{
	unsigned missed = 0;
	for (const struct damage *damage = table; damage->name != NULL; damage++) {
		for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
			if ((damage->modes & (int)modes[i]) != 0)
				missed += !is_found(damage, modes[i], mode_names[i]);
		}
	}
	assert_int_equal(missed, 0);
}

/* What the undamaged zone may say: nothing but that it uses opt-out. */
static void undamaged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct kit kit;
		kit_init(&kit, modes[i]);
		kit_sign(&kit);
		kit_parent(&kit, HF_DIGEST_SHA256, hf_keypair_dnskey(kit.ksk));
		struct hf_report *report = kit_verify(&kit, 1);
		size_t expected = modes[i] == KIT_OPT_OUT ? 1 : 0;
		if (report->count != expected)
			kit_print(report);
		assert_true(report->good);
		assert_int_equal(report->count, expected);
		if (expected > 0)
			assert_ptr_equal(
			        report->findings[0].check, &HF_CHECKS[HF_CHECK_NSEC3_OPT_OUT]);
		hf_report_free(report);
		kit_done(&kit);
	}
}

static void signatures(void **state)
{
	(void)state;
	run_table(DAMAGE_SIGS);
	unsigned missed = 0;
	for (const struct plan_damage *damage = DAMAGE_PLANS; damage->name != NULL; damage++) {
		missed += !plan_is_found(damage, KIT_NSEC);
		missed += !plan_is_found(damage, KIT_NSEC3);
	}
	assert_int_equal(missed, 0);
}

static void keys(void **state)
{
	(void)state;
	run_table(DAMAGE_KEYS);
}

static void denial(void **state)
{
	(void)state;
	run_table(DAMAGE_DENIAL);
}

static void data(void **state)
{
	(void)state;
	run_table(DAMAGE_DATA);
}

/* After all tables: every check of the manual was provoked at least once. */
static void every_check(void **state)
{
	(void)state;
	unsigned unseen = 0;
	for (size_t i = 0; i < HF_CHECK_COUNT; i++) {
		/* Two names with one SHA-1 hash cannot be made here. */
		if (seen[i] || i == HF_CHECK_NSEC3_COLLISION)
			continue;
		fprintf(stderr, "no damage provokes %s\n", HF_CHECKS[i].name);
		unseen++;
	}
	assert_int_equal(unseen, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(undamaged),
	        cmocka_unit_test(signatures),
	        cmocka_unit_test(keys),
	        cmocka_unit_test(denial),
	        cmocka_unit_test(data),
	        cmocka_unit_test(every_check),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	kit_end();
	return failed;
}
