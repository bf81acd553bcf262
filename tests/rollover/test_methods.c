/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every method takes its waypoints at the moments that RFC 7583 section 3 computes, over a grid of
 * TTLs, delays and margins, though the engine knows no formula.
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
#define YEAR   INT64_C(31536000)

static int64_t max(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* ---- the grid ---- */

static const struct stage_times base[] = {
        {.ttl_key = 3600, .ttl_sig = 86400, .ttl_ds = 7200},
        {.ttl_key = 86400, .ttl_sig = 600, .ttl_ds = 172800},
        {.ttl_key = 600, .ttl_sig = 600, .ttl_ds = 600},
};
static const struct stage_times delays[] = {
        {.dprp_c = 0, .dsgn = 0, .dreg = 0, .dprp_p = 0},
        {.dprp_c = 600, .dsgn = 0, .dreg = 5400, .dprp_p = 900},
        {.dprp_c = 90000, .dsgn = 1209600, .dreg = 3, .dprp_p = 40000},
};
static const int64_t margins[] = {0, 1, 7200};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

typedef void build_fn(struct stage *stage);
/* When each waypoint after the first one of the log is taken, counted from the one before. */
typedef unsigned formula_fn(const struct stage_times *t, int64_t margin, int64_t ds_margin,
        int64_t ret_spans[HF_WAYPOINTS]);

static struct stage_times mix(const struct stage_times *ttls, const struct stage_times *delay)
{
	struct stage_times times = *delay;
	times.ttl_key = ttls->ttl_key;
	times.ttl_sig = ttls->ttl_sig;
	times.ttl_ds = ttls->ttl_ds;
	return times;
}

static void run_one(const struct stage_times *times, int64_t margin, build_fn *build,
        const struct hf_roll_start *start, formula_fn *formula)
{
	struct stage stage;
	int64_t spans[HF_WAYPOINTS], ds_margin = margin * 2;
	stage_init(&stage, times);
	stage.policy.rollover.margin = margin;
	stage.policy.rollover.ds_margin = ds_margin;
	build(&stage);
	stage_open(&stage);
	stage_start(&stage, start);
	stage_run(&stage, stage.now + YEAR, true);
	if (!stage.outcome.ended)
		print_error("%s\n", stage.outcome.text);
	assert_true(stage.outcome.ended);
	assert_int_equal(stage.state.done, 1);
	unsigned count = formula(times, margin, ds_margin, spans);
	assert_int_equal(stage.log_count, count + 1);
	for (unsigned i = 0; i < count; i++) {
		if (stage_span(&stage, i + 1) != spans[i])
			print_error("\"%s\": %lld, not %lld\n", stage.log[i + 1].waypoint.name,
			        (long long)stage_span(&stage, i + 1), (long long)spans[i]);
		assert_int_equal(stage_span(&stage, i + 1), spans[i]);
	}
	stage_done(&stage);
}

static void run_grid(build_fn *build, const struct hf_roll_start *start, formula_fn *formula)
{
	for (size_t i = 0; i < COUNT(base); i++) {
		for (size_t j = 0; j < COUNT(delays); j++) {
			struct stage_times times = mix(&base[i], &delays[j]);
			for (size_t k = 0; k < COUNT(margins); k++)
				run_one(&times, margins[k], build, start, formula);
		}
	}
}

/* ---- zones ---- */

static void pair(struct stage *stage)
{
	stage_key(stage, HF_ROLE_KSK, 13, AT_TOP);
	stage_key(stage, HF_ROLE_ZSK, 13, IN_USE);
}

static void single(struct stage *stage)
{
	stage->policy.model = HF_MODEL_CSK;
	stage_key(stage, HF_ROLE_CSK, 13, AT_TOP);
}

static void unsigned_zone(struct stage *stage)
{
	(void)stage;
}

/* ---- section 3.2: ZSK ---- */

/* Ipub = Dprp + TTLkey; Iret = Dsgn + Dprp + TTLsig. */
static unsigned zsk_pre_publication(
        const struct stage_times *t, int64_t margin, int64_t ds_margin, int64_t spans[HF_WAYPOINTS])
{
	(void)ds_margin;
	spans[0] = t->dprp_c + t->ttl_key + margin;
	spans[1] = t->dsgn + t->dprp_c + t->ttl_sig + margin;
	return 2;
}

/* Iret = Dsgn + Dprp + max(TTLkey, TTLsig) counts Dsgn for both; the key itself is there at once.
 */
static unsigned zsk_double_signature(
        const struct stage_times *t, int64_t margin, int64_t ds_margin, int64_t spans[HF_WAYPOINTS])
{
	(void)ds_margin;
	int64_t iret = t->dsgn + t->dprp_c + max(t->ttl_key, t->ttl_sig);
	spans[0] = max(t->dprp_c + t->ttl_key, t->dsgn + t->dprp_c + t->ttl_sig) + margin;
	assert_true(spans[0] - margin <= iret);
	if (t->dsgn == 0)
		assert_int_equal(spans[0] - margin, iret);
	return 1;
}

static void test_zsk(void **data)
{
	(void)data;
	struct hf_roll_start start = {
	        .kind = HF_ROLL_KEYS_OF_ROLE, .role = HF_ROLE_ZSK, .has_method = true};
	start.method = HF_METHOD_PRE_PUBLICATION;
	run_grid(pair, &start, zsk_pre_publication);
	start.method = HF_METHOD_DOUBLE_SIGNATURE;
	run_grid(pair, &start, zsk_double_signature);
}

/* ---- section 3.3: KSK ---- */

/* IpubC = DprpC + TTLkey; after Dreg, IretP = DprpP + TTLds. */
static unsigned ksk_double_ksk(
        const struct stage_times *t, int64_t margin, int64_t ds_margin, int64_t spans[HF_WAYPOINTS])
{
	spans[0] = t->dprp_c + t->ttl_key + ds_margin;
	spans[1] = t->dreg + t->dprp_p + t->ttl_ds + margin;
	return 2;
}

/* IpubP = DprpP + TTLds after Dreg; IretC = DprpC + TTLkey. */
static unsigned ksk_double_ds(
        const struct stage_times *t, int64_t margin, int64_t ds_margin, int64_t spans[HF_WAYPOINTS])
{
	spans[0] = t->dreg + t->dprp_p + t->ttl_ds + margin;
	spans[1] = t->dprp_c + t->ttl_key + ds_margin;
	return 2;
}

/* Ipub = max(Dreg + IpubP, IpubC). */
static unsigned ksk_double_rrset(
        const struct stage_times *t, int64_t margin, int64_t ds_margin, int64_t spans[HF_WAYPOINTS])
{
	spans[0] = max(t->dreg + t->dprp_p + t->ttl_ds, t->dprp_c + t->ttl_key) +
	           max(margin, ds_margin);
	return 1;
}

static void test_ksk(void **data)
{
	(void)data;
	struct hf_roll_start start = {
	        .kind = HF_ROLL_KEYS_OF_ROLE, .role = HF_ROLE_KSK, .has_method = true};
	start.method = HF_METHOD_DOUBLE_KSK;
	run_grid(pair, &start, ksk_double_ksk);
	start.method = HF_METHOD_DOUBLE_DS;
	run_grid(pair, &start, ksk_double_ds);
	start.method = HF_METHOD_DOUBLE_RRSET;
	run_grid(pair, &start, ksk_double_rrset);
}

/* ---- combined keys: the later of what both roles need ---- */

static unsigned csk_double_signature(
        const struct stage_times *t, int64_t margin, int64_t ds_margin, int64_t spans[HF_WAYPOINTS])
{
	/* A DS for the new key needs nothing of the data but that all of it is signed by it. */
	spans[0] = max(t->dprp_c + t->ttl_key, t->dsgn) + ds_margin;
	spans[1] = max(t->dreg + t->dprp_p + t->ttl_ds,
	                   max(0, t->dprp_c + t->ttl_sig + t->dsgn - spans[0])) +
	           margin;
	return 2;
}

static unsigned csk_pre_publication(
        const struct stage_times *t, int64_t margin, int64_t ds_margin, int64_t spans[HF_WAYPOINTS])
{
	spans[0] = t->dprp_c + t->ttl_key + max(margin, ds_margin);
	/* Reached when both the parent and the last signature are there. */
	int64_t ready = max(t->dreg + t->dprp_p, t->dsgn);
	spans[1] =
	        max(max(t->dreg + t->dprp_p + t->ttl_ds, t->dsgn + t->dprp_c + t->ttl_sig), ready) +
	        margin;
	return 2;
}

static void test_csk(void **data)
{
	(void)data;
	struct hf_roll_start start = {
	        .kind = HF_ROLL_KEYS_OF_ROLE, .role = HF_ROLE_CSK, .has_method = true};
	start.method = HF_METHOD_DOUBLE_SIGNATURE;
	run_grid(single, &start, csk_double_signature);
	start.method = HF_METHOD_PRE_PUBLICATION;
	run_grid(single, &start, csk_pre_publication);
}

static void csk_wanted(struct stage *stage)
{
	pair(stage);
	stage->policy.model = HF_MODEL_CSK;
}

static void pair_wanted(struct stage *stage)
{
	single(stage);
	stage->policy.model = HF_MODEL_KSK_ZSK;
}

static void test_model(void **data)
{
	(void)data;
	const struct hf_roll_start start = {.kind = HF_ROLL_MODEL};
	run_grid(csk_wanted, &start, csk_pre_publication);
	run_grid(pair_wanted, &start, csk_pre_publication);
}

/* ---- RFC 6781 section 4.1.4: signatures, keys, DS, keys out, signatures out ---- */

static unsigned conservative(
        const struct stage_times *t, int64_t margin, int64_t ds_margin, int64_t spans[HF_WAYPOINTS])
{
	spans[0] = t->dsgn + t->dprp_c + t->ttl_sig + margin;
	spans[1] = t->dprp_c + t->ttl_key + ds_margin;
	spans[2] = t->dreg + t->dprp_p + t->ttl_ds + margin;
	spans[3] = t->dprp_c + t->ttl_key + margin;
	return 4;
}

static void old_pair(struct stage *stage)
{
	stage_key(stage, HF_ROLE_KSK, 8, AT_TOP);
	stage_key(stage, HF_ROLE_ZSK, 8, IN_USE);
}

static void old_single(struct stage *stage)
{
	stage->policy.model = HF_MODEL_CSK;
	stage_key(stage, HF_ROLE_CSK, 8, AT_TOP);
}

static void test_algorithm(void **data)
{
	(void)data;
	const struct hf_roll_start start = {.kind = HF_ROLL_ALGORITHM, .algorithm = 13};
	run_grid(old_pair, &start, conservative);
	run_grid(old_single, &start, conservative);
}

static void liberal_pair(struct stage *stage)
{
	old_pair(stage);
	stage->policy.rollover.rules = HF_RULES_LIBERAL;
}

static void test_liberal_algorithm(void **data)
{
	(void)data;
	const struct hf_roll_start start = {.kind = HF_ROLL_ALGORITHM,
	        .algorithm = 13,
	        .has_method = true,
	        .method = HF_METHOD_LIBERAL};
	run_grid(liberal_pair, &start, csk_double_signature);
}

/* ---- secure, insecure ---- */

static unsigned secure(
        const struct stage_times *t, int64_t margin, int64_t ds_margin, int64_t spans[HF_WAYPOINTS])
{
	(void)margin;
	spans[0] = max(t->dprp_c + t->ttl_key, t->dsgn + t->dprp_c + t->ttl_sig) + ds_margin;
	return 1;
}

static unsigned insecure(
        const struct stage_times *t, int64_t margin, int64_t ds_margin, int64_t spans[HF_WAYPOINTS])
{
	(void)ds_margin;
	/* Who proved the DNSKEY set just before the DS set left the caches keeps it for its TTL. */
	spans[0] = t->dreg + t->dprp_p + t->ttl_ds + t->ttl_key + margin;
	return 1;
}

static void test_secure(void **data)
{
	(void)data;
	run_grid(unsigned_zone, &(struct hf_roll_start){.kind = HF_ROLL_SECURE}, secure);
	run_grid(pair, &(struct hf_roll_start){.kind = HF_ROLL_INSECURE}, insecure);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_zsk),
	        cmocka_unit_test(test_ksk),
	        cmocka_unit_test(test_csk),
	        cmocka_unit_test(test_model),
	        cmocka_unit_test(test_algorithm),
	        cmocka_unit_test(test_liberal_algorithm),
	        cmocka_unit_test(test_secure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
