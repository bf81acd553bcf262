/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A second opinion that shares nothing with coherence: the key states of Matthijs Mekking's model,
 * as OpenDNSSEC and BIND use it.
 *
 * Each of a key's records is hidden, rumoured, omnipresent or unretentive. Here that is computed
 * from the moments at which the engine took its waypoints and from the world's delays, by formula.
 * Three rules have to hold at every moment of every rollover:
 *
 * 1. Some key has a DS that is rumoured or omnipresent.
 * 2. For each algorithm with a DS that is not hidden: a key is omnipresent with its signature and
 *    its DS; or one such is swapped for another, DS omnipresent; or every key with a DS that is not
 *    hidden is omnipresent with its signature.
 * 3. For each algorithm with a DNSKEY that is not hidden: a key is omnipresent with its signatures
 *    of data; or its DNSKEY is swapped while both sign; or its signatures are swapped while both
 *    are omnipresent; or the algorithm's keys come or go together and one signs all data.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stage.h"

#define IN_USE      (HF_USE_PUBLISHED | HF_USE_SIGNS)
#define AT_TOP      (IN_USE | HF_USE_DS)
#define YEAR        INT64_C(31536000)
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

enum state { HIDDEN, RUMOURED, OMNIPRESENT, UNRETENTIVE };
enum part { DNSKEY, KEY_RRSIG, DATA_RRSIG, DS };

/* A rollover as it happened: the waypoint before, then those of the log. */
struct course {
	const struct stage *stage;
	struct hf_waypoint start;
	const struct hf_roll_key *keys; /* as they were while all of them were there */
	unsigned key_count;
};

static bool in_part(const struct hf_waypoint *waypoint, enum part part, unsigned key)
{
	hf_keys keys = part == DNSKEY       ? waypoint->published
	               : part == KEY_RRSIG  ? waypoint->sign_keys
	               : part == DATA_RRSIG ? waypoint->sign_data
	                                    : waypoint->ds;
	return (keys >> key & 1) != 0;
}

/* From a change of the record until the first resolver can see it, and until all do. */
static void delays(
        const struct stage_times *t, enum part part, int64_t *ret_first, int64_t *ret_all)
{
	*ret_first = part == DS ? t->dreg : 0;
	if (part == DS)
		*ret_all = t->dreg + t->dprp_p + t->ttl_ds;
	else if (part == DATA_RRSIG)
		*ret_all = t->dsgn + t->dprp_c + t->ttl_sig;
	else
		*ret_all = t->dprp_c + t->ttl_key;
}

static enum state state_of(const struct course *course, enum part part, unsigned key, hf_time at)
{
	bool present = in_part(&course->start, part, key);
	enum state state = present ? OMNIPRESENT : HIDDEN;
	int64_t first, all;
	delays(&course->stage->times, part, &first, &all);
	for (unsigned i = 0; i < course->stage->log_count; i++) {
		const struct stage_entry *entry = &course->stage->log[i];
		bool now = in_part(&entry->waypoint, part, key);
		if (now == present || entry->at + first > at)
			continue;
		present = now;
		if (entry->at + all <= at)
			state = now ? OMNIPRESENT : HIDDEN;
		else
			state = now ? RUMOURED : UNRETENTIVE;
	}
	return state;
}

/* ---- the rules ---- */

struct moment {
	const struct course *course;
	enum state states[4][HF_ROLL_KEYS];
};

static bool is(const struct moment *m, unsigned key, enum part part, enum state state)
{
	return m->states[part][key] == state;
}

static bool same_algorithm(const struct moment *m, unsigned key, uint8_t algorithm)
{
	return m->course->keys[key].algorithm == algorithm;
}

static bool rule_1(const struct moment *m)
{
	for (unsigned key = 0; key < m->course->key_count; key++) {
		if (is(m, key, DS, RUMOURED) || is(m, key, DS, OMNIPRESENT))
			return true;
	}
	return false;
}

static bool rule_2(const struct moment *m, uint8_t algorithm)
{
	bool one = false, comes = false, goes = false, every = true;
	for (unsigned key = 0; key < m->course->key_count; key++) {
		if (!same_algorithm(m, key, algorithm) || is(m, key, DS, HIDDEN))
			continue;
		bool there = is(m, key, DNSKEY, OMNIPRESENT) && is(m, key, KEY_RRSIG, OMNIPRESENT);
		bool ds = is(m, key, DS, OMNIPRESENT);
		one |= there && ds;
		every &= there;
		comes |= ds && is(m, key, DNSKEY, RUMOURED) && is(m, key, KEY_RRSIG, RUMOURED);
		goes |= ds && is(m, key, DNSKEY, UNRETENTIVE) && is(m, key, KEY_RRSIG, UNRETENTIVE);
	}
	return one || (comes && goes) || every;
}

static bool rule_3(const struct moment *m, uint8_t algorithm)
{
	bool one = false, key_comes = false, key_goes = false, sig_comes = false, sig_goes = false;
	bool together = true, signs_all = false, any = false;
	enum state common = HIDDEN;
	for (unsigned key = 0; key < m->course->key_count; key++) {
		if (!same_algorithm(m, key, algorithm) || is(m, key, DNSKEY, HIDDEN))
			continue;
		bool there = is(m, key, DNSKEY, OMNIPRESENT);
		bool sig = is(m, key, DATA_RRSIG, OMNIPRESENT);
		one |= there && sig;
		key_comes |= sig && is(m, key, DNSKEY, RUMOURED);
		key_goes |= sig && is(m, key, DNSKEY, UNRETENTIVE);
		sig_comes |= there && is(m, key, DATA_RRSIG, RUMOURED);
		sig_goes |= there && is(m, key, DATA_RRSIG, UNRETENTIVE);
		together &= !any || m->states[DNSKEY][key] == common;
		common = m->states[DNSKEY][key];
		signs_all |= sig;
		any = true;
	}
	return !any || one || (key_comes && key_goes) || (sig_comes && sig_goes) ||
	       (together && signs_all);
}

static void check_moment(const struct course *course, hf_time at, const char *name)
{
	struct moment m = {.course = course};
	for (unsigned key = 0; key < course->key_count; key++) {
		for (enum part part = DNSKEY; part <= DS; part++)
			m.states[part][key] = state_of(course, part, key, at);
	}
	bool good = rule_1(&m);
	for (unsigned key = 0; key < course->key_count; key++) {
		uint8_t algorithm = course->keys[key].algorithm;
		good = good && rule_2(&m, algorithm) && rule_3(&m, algorithm);
	}
	if (!good)
		fail_msg("%s: an invalid state %lld s after the start", name,
		        (long long)(at - course->stage->log[0].at));
}

/* Every moment at which a state can change, and the second before. */
static void check_course(const struct course *course, const char *name)
{
	for (unsigned i = 0; i < course->stage->log_count; i++) {
		for (enum part part = DNSKEY; part <= DS; part++) {
			int64_t first, all;
			hf_time at = course->stage->log[i].at;
			delays(&course->stage->times, part, &first, &all);
			check_moment(course, at, name);
			check_moment(course, at + first, name);
			check_moment(course, at + first - 1, name);
			check_moment(course, at + all, name);
			check_moment(course, at + all - 1, name);
		}
	}
}

/* ---- rollovers ---- */

struct kind {
	const char *name;
	struct hf_roll_start start;
	enum hf_key_model from, to;
	uint8_t algorithm;
	enum hf_rules rules;
};

static const struct kind kinds[] = {
        {"ZSK, pre-publication",
                {.kind = HF_ROLL_KEYS_OF_ROLE,
                        .role = HF_ROLE_ZSK,
                        .has_method = true,
                        .method = HF_METHOD_PRE_PUBLICATION},
                0, 0, 13, 0},
        {"ZSK, double signature",
                {.kind = HF_ROLL_KEYS_OF_ROLE,
                        .role = HF_ROLE_ZSK,
                        .has_method = true,
                        .method = HF_METHOD_DOUBLE_SIGNATURE},
                0, 0, 13, 0},
        {"KSK, double KSK",
                {.kind = HF_ROLL_KEYS_OF_ROLE,
                        .role = HF_ROLE_KSK,
                        .has_method = true,
                        .method = HF_METHOD_DOUBLE_KSK},
                0, 0, 13, 0},
        {"KSK, double DS",
                {.kind = HF_ROLL_KEYS_OF_ROLE,
                        .role = HF_ROLE_KSK,
                        .has_method = true,
                        .method = HF_METHOD_DOUBLE_DS},
                0, 0, 13, 0},
        {"KSK, double RRset",
                {.kind = HF_ROLL_KEYS_OF_ROLE,
                        .role = HF_ROLE_KSK,
                        .has_method = true,
                        .method = HF_METHOD_DOUBLE_RRSET},
                0, 0, 13, 0},
        {"CSK, double signature",
                {.kind = HF_ROLL_KEYS_OF_ROLE,
                        .role = HF_ROLE_CSK,
                        .has_method = true,
                        .method = HF_METHOD_DOUBLE_SIGNATURE},
                HF_MODEL_CSK, HF_MODEL_CSK, 13, 0},
        {"CSK, pre-publication",
                {.kind = HF_ROLL_KEYS_OF_ROLE,
                        .role = HF_ROLE_CSK,
                        .has_method = true,
                        .method = HF_METHOD_PRE_PUBLICATION},
                HF_MODEL_CSK, HF_MODEL_CSK, 13, 0},
        {"KSK and ZSK to CSK", {.kind = HF_ROLL_MODEL}, HF_MODEL_KSK_ZSK, HF_MODEL_CSK, 13, 0},
        {"CSK to KSK and ZSK", {.kind = HF_ROLL_MODEL}, HF_MODEL_CSK, HF_MODEL_KSK_ZSK, 13, 0},
        {"algorithm", {.kind = HF_ROLL_ALGORITHM, .algorithm = 13}, 0, 0, 8, 0},
        {"algorithm, CSK", {.kind = HF_ROLL_ALGORITHM, .algorithm = 13}, HF_MODEL_CSK, HF_MODEL_CSK,
                8, 0},
        {"algorithm and model", {.kind = HF_ROLL_ALGORITHM, .algorithm = 15}, HF_MODEL_KSK_ZSK,
                HF_MODEL_CSK, 8, 0},
};

static void roll(const struct kind *kind, const struct stage_times *times)
{
	static struct stage stage;
	struct hf_roll_key keys[HF_ROLL_KEYS];
	stage_init(&stage, times);
	stage.keep = true; /* keys that are gone are still looked at below */
	stage.policy.model = kind->to;
	stage.policy.rollover.rules = kind->rules;
	if (kind->from == HF_MODEL_CSK) {
		stage_key(&stage, HF_ROLE_CSK, kind->algorithm, AT_TOP);
	} else {
		stage_key(&stage, HF_ROLE_KSK, kind->algorithm, AT_TOP);
		stage_key(&stage, HF_ROLE_ZSK, kind->algorithm, IN_USE);
	}
	stage_open(&stage);
	struct course course = {.stage = &stage, .start = stage.state.rest, .keys = keys};
	stage_start(&stage, &kind->start);
	stage_run(&stage, stage.now + YEAR, true);
	assert_true(stage.outcome.ended);
	memcpy(keys, stage.state.keys, sizeof(keys));
	while (keys[course.key_count].dnskey != NULL)
		course.key_count++;
	assert_in_range(course.key_count, 2, 4);
	check_course(&course, kind->name);
	stage_done(&stage);
}

static void test_rules(void **data)
{
	(void)data;
	static const uint32_t ttls[] = {1, 600, 86400};
	static const struct stage_times worlds[] = {{.dprp_c = 0},
	        {.dprp_c = 700, .dreg = 60, .dprp_p = 90000},
	        {.dprp_c = 9, .dsgn = 500000, .dreg = 200000, .dprp_p = 1}};
	for (size_t i = 0; i < COUNT(kinds) * COUNT(worlds) * 27; i++) {
		size_t mix = i % 27;
		struct stage_times times = worlds[i / 27 % COUNT(worlds)];
		times.ttl_key = ttls[mix % 3];
		times.ttl_sig = ttls[mix / 3 % 3];
		times.ttl_ds = ttls[mix / 9];
		roll(&kinds[i / 27 / COUNT(worlds)], &times);
	}
}

/* The rules do find what is wrong: a course in which the old key goes too early. */
static void test_rules_see_haste(void **data)
{
	(void)data;
	static struct stage stage;
	const struct hf_roll_key keys[2] = {{.algorithm = 13}, {.algorithm = 13}};
	stage.times = (struct stage_times){.ttl_key = 100, .ttl_sig = 100, .ttl_ds = 100};
	struct hf_waypoint way = {.published = 1, .sign_keys = 1, .sign_data = 1, .ds = 1};
	struct course course = {.stage = &stage, .start = way, .keys = keys, .key_count = 2};
	struct moment m = {.course = &course};
	way.published = way.sign_keys = way.sign_data = way.ds = 2;
	stage.log[0] = (struct stage_entry){1000, way};
	stage.log_count = 1;
	for (unsigned key = 0; key < 2; key++) {
		for (enum part part = DNSKEY; part <= DS; part++)
			m.states[part][key] = state_of(&course, part, key, 1050);
	}
	assert_true(rule_1(&m));
	assert_false(rule_2(&m, 13));
	assert_false(rule_3(&m, 13));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_rules),
	        cmocka_unit_test(test_rules_see_haste),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
