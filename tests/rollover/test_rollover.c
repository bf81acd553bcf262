/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What happens to a change from outside: people, parents, clocks, bad keys. The stage checks all
 * the time that no resolver can fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stage.h"

#define IN_USE (HF_USE_PUBLISHED | HF_USE_SIGNS)
#define AT_TOP (IN_USE | HF_USE_DS)
#define DAY    INT64_C(86400)
#define YEAR   (365 * DAY)

static const struct stage_times usual = {.ttl_key = 3600,
        .ttl_sig = 86400,
        .ttl_ds = 7200,
        .dprp_c = 300,
        .dreg = 600,
        .dprp_p = 60};

static const struct hf_roll_start roll_zsk = {.kind = HF_ROLL_KEYS_OF_ROLE, .role = HF_ROLE_ZSK};
static const struct hf_roll_start roll_ksk = {.kind = HF_ROLL_KEYS_OF_ROLE, .role = HF_ROLE_KSK};

static void open_pair(struct stage *stage, unsigned *ret_ksk, unsigned *ret_zsk)
{
	stage_init(stage, &usual);
	*ret_ksk = stage_key(stage, HF_ROLE_KSK, 13, AT_TOP);
	*ret_zsk = stage_key(stage, HF_ROLE_ZSK, 13, IN_USE);
	stage_open(stage);
}

static enum hf_err tell(struct stage *stage, enum hf_roll_event_kind kind)
{
	return stage_event(stage, &(struct hf_roll_event){.kind = kind});
}

static void assert_says(const struct stage *stage, const char *words)
{
	if (strstr(stage->outcome.text, words) == NULL)
		fail_msg("\"%s\" is not in: %s", words, stage->outcome.text);
}

static hf_keys bit(unsigned key)
{
	return (hf_keys)1 << key;
}

/* ---- the way back ---- */

struct road {
	struct hf_roll_start start;
	enum hf_key_model model;
	bool is_signed, anchored;
	uint8_t algorithm;
};

static void open_road(struct stage *stage, const struct road *road)
{
	stage_init(stage, &usual);
	stage->policy.rfc5011 = road->anchored;
	stage->policy.model = road->model;
	bool csk = road->model == HF_MODEL_CSK && road->start.kind != HF_ROLL_MODEL;
	if (road->is_signed && csk) {
		stage_key(stage, HF_ROLE_CSK, road->algorithm, AT_TOP);
	} else if (road->is_signed) {
		stage_key(stage, HF_ROLE_KSK, road->algorithm, AT_TOP);
		stage_key(stage, HF_ROLE_ZSK, road->algorithm, IN_USE);
	}
	stage_open(stage);
	stage_step(stage); /* learns whom it has to do with */
	stage_start(stage, &road->start);
}

/* Goes on until so many waypoints were taken; false when the change ends before. */
static bool walk(struct stage *stage, unsigned waypoints)
{
	hf_time end = stage->now + YEAR;
	while (stage->log_count < waypoints && stage->now < end) {
		stage_run(stage, stage->now + 600, true);
		if (stage->outcome.ended)
			return false;
	}
	assert_true(stage->log_count >= waypoints);
	return true;
}

/* Turns back after each number of waypoints, some seconds later, and comes home. */
static void back_and_forth(const struct road *road)
{
	for (unsigned waypoints = 1; waypoints < HF_WAYPOINTS; waypoints++) {
		struct stage stage;
		open_road(&stage, road);
		if (!walk(&stage, waypoints)) {
			stage_done(&stage);
			return;
		}
		/* Nobody unlearns a revocation, or an anchor of another algorithm. */
		bool too_late = false;
		for (unsigned i = 0; i < stage.log_count; i++) {
			const struct hf_waypoint *taken = &stage.log[i].waypoint;
			too_late |= taken->revoked != 0 ||
			            (road->start.kind == HF_ROLL_ALGORITHM &&
			                    (taken->anchors & stage.state.roll.new) != 0);
		}
		enum hf_err err = tell(&stage, HF_EVENT_ABORT);
		assert_int_equal(err, too_late ? HF_ERR_REFUSED : HF_OK);
		struct hf_waypoint rest = stage.state.rest;
		stage_run(&stage, stage.now + YEAR, true);
		/* A request that the parent never saw may still be carried out there. */
		for (unsigned i = 0; i < 3 && !stage.outcome.ended; i++) {
			assert_int_equal(stage.outcome.wait, HF_WAIT_HELP);
			assert_int_equal(tell(&stage, HF_EVENT_DS_WITHDRAWN), HF_OK);
			stage_run(&stage, stage.now + YEAR, true);
		}
		if (!stage.outcome.ended)
			print_error("kind %d, %u waypoints: %s\n", road->start.kind, waypoints,
			        stage.outcome.text);
		assert_true(stage.outcome.ended);
		assert_int_equal(stage.state.given_up, too_late ? 0 : 1);
		if (!too_late)
			assert_true(hf_waypoint_same_zone(&stage.state.rest, &rest) &&
			            stage.state.rest.ds == rest.ds);
		stage_done(&stage);
	}
	fail_msg("a change has more waypoints than there can be");
}

static void test_way_back(void **data)
{
	(void)data;
	static const struct road roads[] = {
	        {{.kind = HF_ROLL_KEYS_OF_ROLE, .role = HF_ROLE_ZSK}, 0, true, false, 13},
	        {{.kind = HF_ROLL_KEYS_OF_ROLE,
	                 .role = HF_ROLE_ZSK,
	                 .has_method = true,
	                 .method = HF_METHOD_DOUBLE_SIGNATURE},
	                0, true, false, 13},
	        {{.kind = HF_ROLL_KEYS_OF_ROLE, .role = HF_ROLE_KSK}, 0, true, false, 13},
	        {{.kind = HF_ROLL_KEYS_OF_ROLE,
	                 .role = HF_ROLE_KSK,
	                 .has_method = true,
	                 .method = HF_METHOD_DOUBLE_DS},
	                0, true, false, 13},
	        {{.kind = HF_ROLL_KEYS_OF_ROLE,
	                 .role = HF_ROLE_KSK,
	                 .has_method = true,
	                 .method = HF_METHOD_DOUBLE_RRSET},
	                0, true, false, 13},
	        {{.kind = HF_ROLL_KEYS_OF_ROLE, .role = HF_ROLE_KSK}, 0, true, true, 13},
	        {{.kind = HF_ROLL_KEYS_OF_ROLE, .role = HF_ROLE_CSK}, HF_MODEL_CSK, true, false,
	                13},
	        {{.kind = HF_ROLL_KEYS_OF_ROLE,
	                 .role = HF_ROLE_CSK,
	                 .has_method = true,
	                 .method = HF_METHOD_DOUBLE_SIGNATURE},
	                HF_MODEL_CSK, true, false, 13},
	        {{.kind = HF_ROLL_ALGORITHM, .algorithm = 13}, 0, true, false, 8},
	        {{.kind = HF_ROLL_ALGORITHM, .algorithm = 15}, HF_MODEL_CSK, true, true, 8},
	        {{.kind = HF_ROLL_MODEL}, HF_MODEL_CSK, true, false, 13},
	        {{.kind = HF_ROLL_SECURE}, 0, false, false, 13},
	        {{.kind = HF_ROLL_INSECURE}, 0, true, false, 13},
	        {{.kind = HF_ROLL_DENIAL, .denial = {HF_DENIAL_NSEC3, true}}, 0, true, false, 13},
	};
	for (size_t i = 0; i < sizeof(roads) / sizeof(roads[0]); i++)
		back_and_forth(&roads[i]);
}

/* The parent carries out a request after it was taken back: the zone waits for that, or a word. */
static void test_late_parent(void **data)
{
	(void)data;
	struct stage stage;
	unsigned ksk, zsk;
	open_pair(&stage, &ksk, &zsk);
	stage_start(&stage, &roll_ksk);
	assert_true(walk(&stage, 2));
	stage.pending_count = 0; /* the registry sleeps */
	assert_int_equal(tell(&stage, HF_EVENT_ABORT), HF_OK);
	stage_run(&stage, stage.now + 10 * DAY, true);
	assert_false(stage.outcome.ended);
	assert_int_equal(stage.outcome.wait, HF_WAIT_HELP);
	assert_says(&stage, "may still put it there");
	assert_true((stage.outcome.wanted.waypoint.published & stage.state.roll.new) != 0);
	assert_int_equal(tell(&stage, HF_EVENT_DS_WITHDRAWN), HF_OK);
	stage_run(&stage, stage.now + 10 * DAY, true);
	assert_true(stage.outcome.ended);
	assert_int_equal(stage.state.rest.ds, bit(ksk));
	stage_done(&stage);
}

/* ---- people ---- */

static void test_pause_and_approval(void **data)
{
	(void)data;
	struct stage stage;
	unsigned ksk, zsk;
	open_pair(&stage, &ksk, &zsk);
	stage.policy.rollover.approvals = HF_APPROVE_DS;
	stage_start(&stage, &roll_ksk);
	stage_run(&stage, stage.now + 10 * DAY, true);
	assert_int_equal(stage.log_count, 1);
	assert_int_equal(stage.outcome.wait, HF_WAIT_APPROVAL);
	assert_says(&stage, "approval");
	assert_int_equal(tell(&stage, HF_EVENT_PAUSE), HF_OK);
	assert_int_equal(tell(&stage, HF_EVENT_APPROVE), HF_OK);
	stage_run(&stage, stage.now + 10 * DAY, true);
	assert_int_equal(stage.log_count, 1);
	assert_int_equal(stage.outcome.wait, HF_WAIT_PAUSE);
	assert_int_equal(tell(&stage, HF_EVENT_RESUME), HF_OK);
	stage_run(&stage, stage.now + 10 * DAY, true);
	assert_true(stage.outcome.ended);
	assert_int_equal(stage.log_count, 3);
	assert_int_equal(tell(&stage, HF_EVENT_PAUSE), HF_ERR_REFUSED);
	assert_int_equal(tell(&stage, HF_EVENT_ABORT), HF_ERR_REFUSED);
	assert_int_equal(tell(&stage, HF_EVENT_APPROVE), HF_ERR_REFUSED);
	stage_done(&stage);
}

static void test_one_change_at_a_time(void **data)
{
	(void)data;
	struct stage stage;
	unsigned ksk, zsk;
	struct hf_roll_event second = {.kind = HF_EVENT_START, .start = roll_zsk};
	open_pair(&stage, &ksk, &zsk);
	stage.policy.rollover.second = HF_SECOND_REFUSED;
	stage_start(&stage, &roll_ksk);
	struct hf_diag diag;
	hf_diag_init(&diag, 1);
	assert_int_equal(hf_roll_event(&stage.policy, &stage.state, stage.evidence, &second,
	                         stage.now, &diag),
	        HF_ERR_REFUSED);
	assert_non_null(strstr(diag.entries[0].text, "KSK rollover (double-ksk)"));
	hf_diag_done(&diag);
	stage.policy.rollover.second = HF_SECOND_WAITS;
	assert_int_equal(stage_event(&stage, &second), HF_OK);
	assert_int_equal(stage_event(&stage, &second), HF_ERR_REFUSED);
	stage_run(&stage, stage.now + 60 * DAY, false);
	assert_int_equal(stage.state.done, 2);
	assert_int_equal(stage.state.rest.published & (bit(ksk) | bit(zsk)), 0);
	/* What is no longer needed was discarded, and its tags are remembered. */
	assert_null(stage.state.keys[ksk].dnskey);
	assert_null(stage.state.keys[zsk].dnskey);
	assert_int_equal(stage.state.tag_count, 8);
	stage_done(&stage);
}

static void test_ds_seen_by_hand(void **data)
{
	(void)data;
	struct stage stage;
	unsigned ksk, zsk;
	open_pair(&stage, &ksk, &zsk);
	/* Another server was never seen: somebody has to say so. */
	stage.policy.parent.servers.count = 3;
	strcpy(stage.policy.parent.servers.names[2], "203.0.113.9");
	stage_start(&stage, &roll_ksk);
	stage_run(&stage, stage.now + 10 * DAY, true);
	assert_int_equal(stage.outcome.wait, HF_WAIT_PARENT);
	assert_says(&stage, "203.0.113.9");
	assert_int_equal(tell(&stage, HF_EVENT_DS_SEEN), HF_OK);
	stage_run(&stage, stage.now + 10 * DAY, true);
	assert_true(stage.outcome.ended);
	/* A word does not outweigh what was seen. */
	stage_start(&stage, &roll_ksk);
	assert_true(walk(&stage, 5));
	stage.pending_count = 0;
	assert_int_equal(tell(&stage, HF_EVENT_DS_SEEN), HF_OK);
	stage_run(&stage, stage.now + 10 * DAY, true);
	assert_int_equal(stage.outcome.wait, HF_WAIT_PARENT);
	assert_says(&stage, "was seen with another DS set");
	stage_done(&stage);
}

/* ---- keys ---- */

static void test_bad_challenge(void **data)
{
	(void)data;
	struct stage stage;
	unsigned ksk, zsk;
	open_pair(&stage, &ksk, &zsk);
	stage.bad_tests = true;
	stage_start(&stage, &roll_zsk);
	stage_run(&stage, stage.now + 10 * DAY, true);
	assert_int_equal(stage.log_count, 1); /* published, but it never signs */
	assert_int_equal(stage.outcome.wait, HF_WAIT_HELP);
	assert_says(&stage, "failed its test");
	assert_int_equal(tell(&stage, HF_EVENT_ABORT), HF_OK);
	stage_run(&stage, stage.now + 10 * DAY, true);
	assert_int_equal(stage.state.given_up, 1);
	stage_done(&stage);
}

static void test_tags_are_never_used_twice(void **data)
{
	(void)data;
	struct stage stage;
	unsigned ksk, zsk, again;
	open_pair(&stage, &ksk, &zsk);
	const struct hf_roll_key *key = &stage.state.keys[zsk];
	uint8_t bytes[128];
	memcpy(bytes, key->dnskey, key->dnskey_len);
	/* Swapping two 16-bit words changes the key and keeps its tag. */
	bytes[10] ^= 0x5a;
	bytes[12] ^= 0x5a;
	struct hf_rdata twin = {bytes, key->dnskey_len};
	while (hf_dnskey_tag(twin) != key->tag)
		hf_write_u16(bytes + 20, (uint16_t)(hf_read_u16(bytes + 20) + 1));
	assert_int_equal(
	        hf_roll_adopt_key(&stage.state, HF_ROLE_ZSK, twin, 0, stage.now, NULL, &again),
	        HF_ERR_EXISTS);
	/* A revoked form counts, and so does a key that is gone. */
	assert_true(hf_roll_tag_taken(&stage.state, stage.state.keys[ksk].revoked_tag));
	assert_int_equal(hf_roll_adopt_tag(&stage.state, 4711), HF_OK);
	assert_true(hf_roll_tag_taken(&stage.state, 4711));
	stage_done(&stage);
}

static void test_lifetimes(void **data)
{
	(void)data;
	struct stage stage;
	unsigned ksk, zsk;
	open_pair(&stage, &ksk, &zsk);
	stage.policy.roles[HF_ROLE_ZSK].lifetime = 90 * DAY;
	stage.policy.rollover.lifetime_jitter = 9 * DAY;
	hf_time end = stage.now + YEAR;
	stage_run(&stage, end, false);
	/* Each key lives 81 to 90 days from its first use. */
	assert_in_range(stage.state.done, 4, 5);
	assert_int_equal(stage.state.rest.ds, bit(ksk));
	stage_done(&stage);
}

static void test_standby(void **data)
{
	(void)data;
	for (int with_ds = 0; with_ds < 2; with_ds++) {
		struct stage stage;
		unsigned ksk, zsk;
		open_pair(&stage, &ksk, &zsk);
		stage.policy.roles[HF_ROLE_KSK].standby = 1;
		stage.policy.roles[HF_ROLE_KSK].standby_ds = with_ds != 0;
		stage.policy.roles[HF_ROLE_ZSK].standby = 1;
		stage_run(&stage, stage.now + 30 * DAY, false);
		assert_int_equal(stage.state.done, 2);
		assert_int_equal(hf_keys_count(stage.state.rest.published), with_ds ? 3 : 4);
		assert_int_equal(hf_keys_count(stage.state.rest.ds), with_ds ? 2 : 1);
		assert_int_equal(stage.state.rest.sign_data, bit(zsk));
		/* The KSK is lost: the standby key takes over without a new one. */
		unsigned made = stage.keys_made;
		stage.policy.roles[HF_ROLE_KSK].standby = 0;
		struct hf_roll_start start = roll_ksk;
		start.compromised = bit(ksk);
		hf_time began = stage.now;
		stage_start(&stage, &start);
		stage_run(&stage, stage.now + 30 * DAY, true);
		assert_int_equal(stage.state.done, 3);
		assert_int_equal(stage.keys_made, made);
		assert_int_equal((stage.state.rest.published | stage.state.rest.ds) & bit(ksk), 0);
		/* With its DS at the parent it can take over at once, else its DS comes first. */
		assert_int_equal(stage.log[2].at - began, 0);
		assert_int_equal(stage.log[2].waypoint.ds == stage.log[1].waypoint.ds, with_ds);
		stage_done(&stage);
	}
}

/* ---- emergencies ---- */

static void test_emergency_in_order(void **data)
{
	(void)data;
	struct stage stage;
	unsigned ksk, zsk;
	open_pair(&stage, &ksk, &zsk);
	stage.policy.rollover.margin = 5 * DAY;
	stage.policy.rollover.ds_margin = 5 * DAY;
	struct hf_roll_start start = {
	        .kind = HF_ROLL_KEYS_OF_ROLE, .compromised = bit(ksk) | bit(zsk)};
	hf_time began = stage.now;
	stage_start(&stage, &start);
	stage_run(&stage, stage.now + 30 * DAY, true);
	assert_true(stage.outcome.ended);
	assert_int_equal(stage.state.rest.published & (bit(ksk) | bit(zsk)), 0);
	/* No margins: DNSKEY TTL, then the data's, each after the secondary has it. */
	assert_int_equal(stage.now - began, 300 + 3600 + 300 + 86400);
	stage_done(&stage);
}

static void test_emergency_at_once(void **data)
{
	(void)data;
	struct stage stage;
	struct hf_at_once once;
	unsigned ksk, zsk;
	open_pair(&stage, &ksk, &zsk);
	struct hf_roll_start start = roll_zsk;
	start.compromised = bit(zsk);
	assert_int_equal(tell(&stage, HF_EVENT_FORCE), HF_ERR_REFUSED);
	stage_start(&stage, &start);
	assert_int_equal(tell(&stage, HF_EVENT_FORCE), HF_ERR_REFUSED); /* no key yet */
	stage_step(&stage);
	hf_evidence_set_expire(stage.evidence, 7 * 86400);
	assert_int_equal(
	        hf_roll_at_once(&stage.policy, &stage.state, stage.evidence, stage.now, &once),
	        HF_OK);
	assert_non_null(once.broken);
	assert_true(once.broken->count > 0);
	/* At once: old data is bogus with the new DNSKEY set until the slowest secondary and then
	 * all caches have let go of it. In order, if all act at once: DNSKEY TTL until the new key
	 * signs, the data's TTL, then the DNSKEY set with the old key. */
	assert_int_equal(once.broken_until, stage.now + 7 * DAY + usual.ttl_sig);
	assert_int_equal(once.bad_until_at_once, stage.now + 7 * DAY + usual.ttl_key);
	assert_int_equal(
	        once.bad_until_in_order, stage.now + usual.ttl_key + usual.ttl_sig + usual.ttl_key);
	hf_gate_verdict_free(once.broken);
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		if ((stage.state.roll.new &bit(i)) != 0)
			assert_int_equal(stage_event(&stage,
			                         &(struct hf_roll_event){.kind = HF_EVENT_CHALLENGE,
			                                 .key = i,
			                                 .good = true}),
			        HF_OK);
	}
	assert_int_equal(tell(&stage, HF_EVENT_FORCE), HF_OK);
	assert_int_equal(stage.state.forced, 1);
	assert_int_equal(stage.state.roll.forced, stage.now);
	stage.unchecked = true;
	stage_run(&stage, stage.now + DAY, true);
	assert_true(stage.outcome.ended);
	assert_int_equal(stage.state.rest.published & bit(zsk), 0);
	stage_done(&stage);
}

static void test_compromised_standby_is_dropped(void **data)
{
	(void)data;
	struct stage stage;
	unsigned ksk, zsk;
	open_pair(&stage, &ksk, &zsk);
	stage.policy.roles[HF_ROLE_KSK].standby = 1;
	stage.policy.roles[HF_ROLE_KSK].standby_ds = true;
	stage_run(&stage, stage.now + 30 * DAY, false);
	hf_keys standby = stage.state.rest.ds & ~bit(ksk);
	stage.policy.roles[HF_ROLE_KSK].standby = 0;
	struct hf_roll_start start = roll_ksk;
	start.compromised = standby;
	stage_start(&stage, &start);
	stage_run(&stage, stage.now + 30 * DAY, true);
	assert_int_equal(stage.state.done, 2);
	assert_int_equal(stage.state.rest.ds, bit(ksk));
	stage_done(&stage);
}

/* ---- trust anchors ---- */

static void test_rfc5011(void **data)
{
	(void)data;
	struct stage stage;
	unsigned ksk, zsk;
	open_pair(&stage, &ksk, &zsk);
	stage.policy.rfc5011 = true;
	stage_step(&stage);
	assert_int_equal(stage.state.rest.anchors, bit(ksk));
	stage_start(&stage, &roll_ksk);
	stage_run(&stage, stage.now + YEAR, true);
	assert_true(stage.outcome.ended);
	assert_int_equal(stage.log_count, 4);
	/* Add hold-down 30 days, two looks, each of them with one retry: TTL/2 and TTL/10 of an
	 * hour are both raised to an hour. The hold begins when the secondary has the key. */
	assert_int_equal(stage_span(&stage, 1), 300 + 30 * DAY + 2 * (3600 + 3600));
	assert_int_equal(stage.log[1].waypoint.anchors, stage.state.rest.anchors | bit(ksk));
	assert_int_equal(stage.log[2].waypoint.revoked, bit(ksk));
	assert_int_equal(stage_span(&stage, 3), 300 + 30 * DAY);
	assert_int_equal(stage.state.rest.published & bit(ksk), 0);
	assert_int_equal(stage.state.rest.anchors & bit(ksk), 0);
	/* Followers of an unsigned zone would find it bogus. */
	struct hf_roll_event insecure = {.kind = HF_EVENT_START};
	insecure.start.kind = HF_ROLL_INSECURE;
	assert_int_equal(stage_event(&stage, &insecure), HF_ERR_REFUSED);
	stage_done(&stage);
}

/* The published DNSKEY set with signatures that last two weeks, seen everywhere at once. */
static void renew_keys(struct stage *stage)
{
	for (size_t i = hf_evidence_fact_count(stage->evidence); i-- > 0;) {
		const struct hf_fact *fact = hf_evidence_fact_at(stage->evidence, i);
		struct hf_content content = *hf_evidence_content_at(stage->evidence, fact->content);
		struct hf_signing signings[4];
		struct hf_served served = {.ttl = fact->ttl};
		if (content.kind != HF_KIND_DNSKEY || fact->last != HF_TIME_NEVER)
			continue;
		assert_true(content.signing_count <= 4);
		for (size_t j = 0; j < content.signing_count; j++)
			signings[j] = (struct hf_signing){
			        content.signings[j].key, stage->now, stage->now + 14 * DAY};
		content.signings = signings;
		assert_int_equal(
		        hf_evidence_content(stage->evidence, &content, &served.content), HF_OK);
		assert_int_equal(hf_evidence_observe(stage->evidence, HF_PUBLISHED,
		                         1u << HF_KIND_DNSKEY, &served, 1, stage->now),
		        HF_OK);
		assert_int_equal(hf_evidence_sighting(
		                         stage->evidence, stage->secondary, stage->now, stage->now),
		        HF_OK);
		return;
	}
	fail_msg("nothing is published");
}

/* A hold-down is of keys, not of signatures: these are renewed while it lasts. */
static void test_hold_down_outlives_signatures(void **data)
{
	(void)data;
	struct stage stage;
	unsigned ksk, zsk;
	open_pair(&stage, &ksk, &zsk);
	stage.policy.rfc5011 = true;
	stage_step(&stage);
	stage_start(&stage, &roll_ksk);
	stage_run(&stage, stage.now + DAY, true);
	assert_int_equal(stage.log_count, 1);
	assert_int_equal(stage.outcome.wait, HF_WAIT_HOLD);
	hf_time until = stage.outcome.until;
	for (unsigned week = 0; week < 4; week++) {
		renew_keys(&stage);
		stage_run(&stage, stage.now + 7 * DAY, true);
		assert_int_equal(stage.outcome.wait, HF_WAIT_HOLD);
		assert_int_equal(stage.outcome.until, until);
	}
	renew_keys(&stage);
	stage_run(&stage, until + 1, true);
	assert_true(stage.log_count > 1);
	stage_done(&stage);
}

/* ---- clocks and missing evidence ---- */

static void test_clock(void **data)
{
	(void)data;
	struct stage stage;
	unsigned ksk, zsk;
	open_pair(&stage, &ksk, &zsk);
	stage_start(&stage, &roll_zsk);
	stage_run(&stage, stage.now + 1000, true);
	assert_int_equal(stage.log_count, 1);
	/* Back before what was seen: nothing happens, and the status says why. */
	hf_time now = stage.state.last_step;
	stage.now -= 5 * DAY;
	stage_step(&stage);
	assert_int_equal(stage.outcome.wait, HF_WAIT_CLOCK);
	assert_says(&stage, "the clock is behind");
	assert_int_equal(stage.outcome.until, now);
	/* Far ahead: an hour to notice it. */
	stage.now = now + 400 * DAY;
	stage_step(&stage);
	assert_int_equal(stage.log_count, 1);
	assert_int_equal(stage.outcome.wait, HF_WAIT_CLOCK);
	assert_int_equal(stage.outcome.until, stage.now + 3600);
	stage.now += 3600;
	stage_step(&stage);
	assert_int_equal(stage.log_count, 2);
	stage_done(&stage);
}

static void test_no_observation_no_step(void **data)
{
	(void)data;
	struct stage stage;
	unsigned ksk, zsk;
	stage_init(&stage, &usual);
	ksk = stage_key(&stage, HF_ROLE_KSK, 13, AT_TOP);
	zsk = stage_key(&stage, HF_ROLE_ZSK, 13, IN_USE);
	(void)ksk;
	(void)zsk;
	/* The zone is published, but nobody ever looked at the parent. */
	stage_start(&stage, &roll_zsk);
	stage.unchecked = true;
	stage_run(&stage, stage.now + 10 * DAY, true);
	assert_int_equal(stage.outcome.wait, HF_WAIT_HELP);
	assert_says(&stage, "nothing is known about the DS");
	assert_int_equal(stage.log_count, 0);
	stage_done(&stage);
}

static void test_stuck_secondary(void **data)
{
	(void)data;
	struct stage stage;
	unsigned ksk, zsk;
	open_pair(&stage, &ksk, &zsk);
	stage.follow = false;
	stage_start(&stage, &roll_zsk);
	stage_run(&stage, stage.now + 30 * DAY, true);
	assert_int_equal(stage.outcome.wait, HF_WAIT_SECONDARY);
	assert_says(&stage, "192.0.2.53");
	assert_int_equal(stage.log_count, 1);
	/* With a known SOA expire it ends by itself. */
	hf_evidence_set_expire(stage.evidence, 7 * 86400);
	stage_run(&stage, stage.now + 30 * DAY, true);
	assert_true(stage.outcome.ended);
	stage_done(&stage);
}

/* ---- CDS ---- */

static void test_cds(void **data)
{
	(void)data;
	struct stage stage;
	unsigned ksk, zsk;
	open_pair(&stage, &ksk, &zsk);
	stage.policy.parent.cds = true;
	stage_start(&stage, &roll_ksk);
	stage_run(&stage, stage.now + 4000, true);
	assert_int_equal(stage.log_count, 2);
	assert_int_equal(stage.outcome.wait, HF_WAIT_PARENT);
	assert_int_equal(stage.outcome.wanted.cds, HF_CDS_KEYS);
	assert_int_equal(stage.state.cds, HF_CDS_KEYS);
	stage_run(&stage, stage.now + 1000, true);
	assert_int_equal(stage.outcome.wait, HF_WAIT_CACHES);
	assert_int_equal(stage.outcome.wanted.cds, HF_CDS_NONE);
	stage_run(&stage, stage.now + 10 * DAY, true);
	assert_true(stage.outcome.ended);
	stage_start(&stage, &(struct hf_roll_start){.kind = HF_ROLL_INSECURE});
	stage_run(&stage, stage.now + 1, true);
	assert_int_equal(stage.outcome.wanted.cds, HF_CDS_DELETE);
	stage_run(&stage, stage.now + 10 * DAY, true);
	assert_true(stage.outcome.ended);
	assert_int_equal(stage.outcome.wanted.waypoint.published, 0);
	assert_int_equal(stage.outcome.wanted.cds, HF_CDS_NONE);
	stage_done(&stage);
}

/* ---- refusals ---- */

static void assert_refused(const struct road *road, const char *words)
{
	struct stage stage;
	struct hf_diag diag;
	struct hf_buf before = {.data = NULL}, after = {.data = NULL};
	hf_diag_init(&diag, 1);
	stage_init(&stage, &usual);
	stage.policy.model = road->model;
	if (road->is_signed) {
		stage_key(&stage, HF_ROLE_KSK, road->algorithm, AT_TOP);
		stage_key(&stage, HF_ROLE_ZSK, road->algorithm, IN_USE);
	}
	hf_roll_state_put(&stage.state, &before);
	struct hf_roll_event event = {.kind = HF_EVENT_START, .start = road->start};
	assert_int_equal(hf_roll_event(&stage.policy, &stage.state, stage.evidence, &event,
	                         stage.now, &diag),
	        HF_ERR_REFUSED);
	assert_int_equal(diag.count, 1);
	if (strstr(diag.entries[0].text, words) == NULL)
		fail_msg("\"%s\" is not in: %s", words, diag.entries[0].text);
	hf_roll_state_put(&stage.state, &after);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, before.len);
	hf_buf_done(&before);
	hf_buf_done(&after);
	hf_diag_done(&diag);
	stage_done(&stage);
}

static void test_refusals(void **data)
{
	(void)data;
	const struct {
		struct road road;
		const char *words;
	} cases[] = {
	        {{{.kind = HF_ROLL_SECURE}, 0, true, false, 13}, "signed already"},
	        {{{.kind = HF_ROLL_INSECURE}, 0, false, false, 13}, "not signed"},
	        {{{.kind = HF_ROLL_MODEL}, 0, true, false, 13}, "has the policy's key model"},
	        {{{.kind = HF_ROLL_DENIAL}, 0, true, false, 13}, "change nothing"},
	        {{{.kind = HF_ROLL_DENIAL, .denial = {HF_DENIAL_NSEC3, false}}, 0, true, false, 5},
	                "NSEC3 is not allowed"},
	        {{{.kind = HF_ROLL_ALGORITHM, .algorithm = 13}, 0, true, false, 13}, "already"},
	        {{{.kind = HF_ROLL_ALGORITHM, .algorithm = 5}, 0, true, false, 13}, "can be made"},
	        {{{.kind = HF_ROLL_ALGORITHM,
	                  .algorithm = 15,
	                  .has_method = true,
	                  .method = HF_METHOD_LIBERAL},
	                 0, true, false, 13},
	                "insist"},
	        {{{.kind = HF_ROLL_KEYS_OF_ROLE, .role = HF_ROLE_CSK}, 0, true, false, 13},
	                "no CSK in use"},
	        {{{.kind = HF_ROLL_KEYS_OF_ROLE,
	                  .role = HF_ROLE_ZSK,
	                  .has_method = true,
	                  .method = HF_METHOD_DOUBLE_DS},
	                 0, true, false, 13},
	                "no method"},
	        {{{.kind = HF_ROLL_STANDBY, .role = HF_ROLE_CSK}, 0, true, false, 13}, "no CSK"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(&cases[i].road, cases[i].words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_way_back),
	        cmocka_unit_test(test_late_parent),
	        cmocka_unit_test(test_pause_and_approval),
	        cmocka_unit_test(test_one_change_at_a_time),
	        cmocka_unit_test(test_ds_seen_by_hand),
	        cmocka_unit_test(test_bad_challenge),
	        cmocka_unit_test(test_tags_are_never_used_twice),
	        cmocka_unit_test(test_lifetimes),
	        cmocka_unit_test(test_standby),
	        cmocka_unit_test(test_emergency_in_order),
	        cmocka_unit_test(test_emergency_at_once),
	        cmocka_unit_test(test_compromised_standby_is_dropped),
	        cmocka_unit_test(test_rfc5011),
	        cmocka_unit_test(test_hold_down_outlives_signatures),
	        cmocka_unit_test(test_clock),
	        cmocka_unit_test(test_no_observation_no_step),
	        cmocka_unit_test(test_stuck_secondary),
	        cmocka_unit_test(test_cds),
	        cmocka_unit_test(test_refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
