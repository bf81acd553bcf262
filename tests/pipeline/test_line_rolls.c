/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole rollovers on a line: keys are made, versions published, CDS read by a slow parent, and the
 * oracle finds no resolver that could fail at any moment.
 */
#include "lineworld.h"

#include <string.h>

static void start(struct world *world, const struct hf_roll_start *start)
{
	const struct hf_roll_event event = {.kind = HF_EVENT_START, .start = *start};
	world_roll(world, &event);
	world_step(world);
	assert_true(world_status(world)->roll[0] != '\0');
}

/* The DNSKEY set's tags as a sum: it differs when a key does. */
static unsigned tags(const struct world *world)
{
	const struct world_version *last = world_last(world);
	struct hf_rdata_walk walk = hf_rrset_rrs(&last->key_set.set);
	struct hf_rdata rdata;
	unsigned sum = 0;
	while (last->key_set.set.rr_count > 0 && hf_rdata_next(&walk, &rdata))
		sum += hf_dnskey_tag(rdata);
	return sum;
}

static void assert_quiet(struct world *world)
{
	const struct hf_line_status *status = world_status(world);
	for (size_t i = 0; i < status->alarm_count; i++)
		fail_msg("%s: %s", status->alarms[i].name, status->alarms[i].text);
	assert_int_equal(status->gate_unsafe, 0);
}

static void roll_and_check(struct world *world, const struct hf_roll_start *what, hf_time limit)
{
	unsigned before = tags(world);
	start(world, what);
	world_run_roll(world, world->now + limit);
	assert_int_not_equal(tags(world), before);
	assert_quiet(world);
}

/* ---- keys ---- */

static const struct hf_roll_start zsk = {.kind = HF_ROLL_KEYS_OF_ROLE, .role = HF_ROLE_ZSK};
static const struct hf_roll_start ksk = {.kind = HF_ROLL_KEYS_OF_ROLE, .role = HF_ROLE_KSK};
static const struct hf_roll_start csk = {.kind = HF_ROLL_KEYS_OF_ROLE, .role = HF_ROLE_CSK};

static void test_zsk(void **data)
{
	(void)data;
	for (int gradual = 0; gradual < 2; gradual++) {
		struct world world;
		world_init(&world);
		if (gradual != 0)
			world.setup.policy.signatures.replacement = HF_REPLACE_GRADUAL;
		world_settle(&world);
		roll_and_check(&world, &zsk, 20 * DAY);
		assert_int_equal(world_status(&world)->key_count, 3);
		/* The old key is destroyed when nobody can need it any more. */
		world_run(&world, world.now + 5 * DAY);
		assert_int_equal(world_status(&world)->key_count, 2);
		assert_int_equal(world_remove_keys(&world, ".private"), 2);
		world_done(&world);
	}
}

static void test_zsk_double_signature(void **data)
{
	(void)data;
	struct world world;
	struct hf_roll_start start = zsk;
	world_init(&world);
	world_settle(&world);
	start.has_method = true;
	start.method = HF_METHOD_DOUBLE_SIGNATURE;
	roll_and_check(&world, &start, 5 * DAY);
	world_done(&world);
}

static void test_ksk(void **data)
{
	(void)data;
	static const enum hf_method methods[] = {
	        HF_METHOD_DOUBLE_KSK, HF_METHOD_DOUBLE_DS, HF_METHOD_DOUBLE_RRSET};
	for (unsigned i = 0; i < 3; i++) {
		struct world world;
		struct hf_roll_start start = ksk;
		world_init(&world);
		world_settle(&world);
		struct hf_rdata before = world.wanted[0];
		uint16_t old = hf_read_u16(before.data);
		start.has_method = true;
		start.method = methods[i];
		roll_and_check(&world, &start, 5 * DAY);
		assert_int_equal(world.wanted_count, 1);
		assert_int_not_equal(hf_read_u16(world.wanted[0].data), old);
		world_done(&world);
	}
}

static void test_csk(void **data)
{
	(void)data;
	struct world world;
	world_init(&world);
	world.setup.policy.model = HF_MODEL_CSK;
	world_settle(&world);
	assert_int_equal(world_status(&world)->key_count, 1);
	roll_and_check(&world, &csk, 5 * DAY);
	world_done(&world);
}

/* ---- everything ---- */

static void roll_algorithm(uint8_t from, uint8_t to, enum hf_replacement replacement)
{
	struct world world;
	const struct hf_roll_start start = {.kind = HF_ROLL_ALGORITHM, .algorithm = to};
	world_init(&world);
	world.setup.policy.signatures.replacement = replacement;
	for (unsigned role = 0; role < 3; role++) {
		world.setup.policy.roles[role].algorithm = from;
		world.setup.policy.roles[role].bits = from == 8 ? 2048 : 0;
	}
	world_settle(&world);
	assert_int_equal(world.wanted[0].data[2], from);
	roll_and_check(&world, &start, 30 * DAY);
	assert_int_equal(world.wanted[0].data[2], to);
	world_done(&world);
}

static void test_algorithm(void **data)
{
	(void)data;
	roll_algorithm(13, 15, HF_REPLACE_AT_ONCE);
	roll_algorithm(13, 15, HF_REPLACE_GRADUAL);
	roll_algorithm(8, 13, HF_REPLACE_AT_ONCE);
	roll_algorithm(8, 13, HF_REPLACE_GRADUAL);
}

static void test_insecure_and_back(void **data)
{
	(void)data;
	struct world world;
	world_init(&world);
	world_settle(&world);
	start(&world, &(struct hf_roll_start){.kind = HF_ROLL_INSECURE});
	world_run_roll(&world, world.now + 5 * DAY);
	assert_int_equal(world.wanted_count, 0);
	assert_false(world_has(&world, WORLD_ZONE, KNOT_RRTYPE_DNSKEY));
	assert_false(world_has(&world, WORLD_ZONE, KNOT_RRTYPE_NSEC));
	assert_false(hf_version_summary(world_last(&world)->version).has_expiry);
	assert_quiet(&world);
	/* It stays so: unsigned is a wish by now. Changes and restarts do not change that. */
	world_input(&world, "new IN A 192.0.2.7\n");
	world_run(&world, world.now + DAY);
	world_reopen(&world);
	world_run(&world, world.now + DAY);
	assert_true(world_has(&world, "new.line.test.", KNOT_RRTYPE_A));
	assert_false(world_has(&world, WORLD_ZONE, KNOT_RRTYPE_DNSKEY));
	start(&world, &(struct hf_roll_start){.kind = HF_ROLL_SECURE});
	world_run_roll(&world, world.now + 5 * DAY);
	assert_true(world_has(&world, WORLD_ZONE, KNOT_RRTYPE_DNSKEY));
	assert_int_equal(world.wanted_count, 1);
	assert_quiet(&world);
	world_done(&world);
}

/* The policy's denial is followed without a word. */
static void test_denial(void **data)
{
	(void)data;
	struct world world;
	world_init(&world);
	world_settle(&world);
	assert_true(world_has(&world, WORLD_ZONE, KNOT_RRTYPE_NSEC));
	world.setup.policy.denial.kind = HF_DENIAL_NSEC3;
	world.setup.policy.denial.salt_len = 4;
	world_change(&world);
	world_run(&world, world.now + HOUR);
	world_run_roll(&world, world.now + 5 * DAY);
	assert_false(world_has(&world, WORLD_ZONE, KNOT_RRTYPE_NSEC));
	assert_true(world_has(&world, WORLD_ZONE, KNOT_RRTYPE_NSEC3PARAM));
	assert_quiet(&world);
	/* The salt stays over a restart. */
	struct hf_rrset before, after;
	assert_true(hf_node_find(hf_version_apex_node(world_last(&world)->version),
	        KNOT_RRTYPE_NSEC3PARAM, &before));
	world_reopen(&world);
	world_input(&world, "new IN A 192.0.2.7\n");
	world_run(&world, world.now + MINUTE);
	assert_true(world_has(&world, "new.line.test.", KNOT_RRTYPE_A));
	assert_true(hf_node_find(
	        hf_version_apex_node(world_last(&world)->version), KNOT_RRTYPE_NSEC3PARAM, &after));
	assert_int_equal(before.rrs_len, after.rrs_len);
	assert_memory_equal(before.rrs, after.rrs, before.rrs_len);
	world_done(&world);
}

/* ---- what goes slowly ---- */

/* A secondary that stopped refreshing holds the rollover up, and nobody fails. */
static void test_slow_secondary(void **data)
{
	(void)data;
	struct world world;
	world_init(&world);
	world_settle(&world);
	world_run(&world, world.now + HOUR);
	world.secondary_stops = true;
	start(&world, &zsk);
	world_run(&world, world.now + 2 * DAY);
	const struct hf_line_status *status = world_status(&world);
	assert_int_equal(status->wait, HF_WAIT_SECONDARY);
	assert_non_null(strstr(status->waits, "192.0.2.53"));
	world_assert_alarm(&world, "secondary-behind-192.0.2.53", "not seen with");
	world.secondary_stops = false;
	world.secondary_due = world.now + MINUTE;
	world_run_roll(&world, world.now + 3 * DAY);
	world_run(&world, world.now + HOUR);
	assert_false(world_has_alarm(&world, "secondary-behind-192.0.2.53"));
	world_done(&world);
}

/* Approvals and a way back. */
static void test_people(void **data)
{
	(void)data;
	struct world world;
	world_init(&world);
	world_settle(&world);
	world.setup.policy.rollover.approvals = HF_APPROVE_DS;
	world_change(&world);
	unsigned before = tags(&world);
	start(&world, &ksk);
	world_run(&world, world.now + DAY);
	assert_int_equal(world_status(&world)->wait, HF_WAIT_APPROVAL);
	assert_true(world_status(&world)->approve[0] != '\0');
	world_reopen(&world);
	world_run(&world, world.now + HOUR);
	assert_int_equal(world_status(&world)->wait, HF_WAIT_APPROVAL);
	world_roll(&world, &(struct hf_roll_event){.kind = HF_EVENT_ABORT});
	world_run_roll(&world, world.now + 2 * DAY);
	assert_int_equal(tags(&world), before);
	start(&world, &ksk);
	world_run(&world, world.now + DAY);
	world_order(&world, HF_LINE_APPROVE, 0);
	world_run_roll(&world, world.now + 2 * DAY);
	assert_int_not_equal(tags(&world), before);
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_zsk),
	        cmocka_unit_test(test_zsk_double_signature),
	        cmocka_unit_test(test_ksk),
	        cmocka_unit_test(test_csk),
	        cmocka_unit_test(test_algorithm),
	        cmocka_unit_test(test_insecure_and_back),
	        cmocka_unit_test(test_denial),
	        cmocka_unit_test(test_slow_secondary),
	        cmocka_unit_test(test_people),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
