/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/people.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOUR INT64_C(3600)
#define NOON ((hf_time)1800000000)

static double sum_of(const struct hf_people *people)
{
	double sum = 0;
	for (size_t i = 0; i < people->count; i++)
		sum += people->kinds[i].share;
	return sum;
}

static double share_of(const struct hf_people *people, const char *name)
{
	for (size_t i = 0; i < people->count; i++)
		if (strcmp(people->kinds[i].name, name) == 0)
			return people->kinds[i].share;
	fail_msg("no kind %s", name);
	return 0;
}

static bool near(double a, double b)
{
	return fabs(a - b) < 1e-9;
}

static void defaults_are_all_resolvers(void **state)
{
	struct hf_people people;
	for (int anchors = HF_PEOPLE_BY_DS; anchors <= HF_PEOPLE_BY_ANCHORS; anchors++) {
		hf_people_init(&people, (enum hf_people_anchors)anchors);
		assert_true(near(sum_of(&people), 1));
		/* Those whom no zone can help are there only when they are asked for. */
		assert_true(share_of(&people, "stale") == 0);
		assert_true(
		        (share_of(&people, "follower") > 0) == (anchors == HF_PEOPLE_BY_ANCHORS));
	}
	for (size_t i = 0; hf_people_at(i) != NULL; i++) {
		const struct hf_people_kind *kind = hf_people_at(i);
		assert_ptr_equal(hf_people_find(kind->kind.name), kind);
		assert_true(strlen(kind->about) > 10 && strlen(kind->source) > 10);
	}
	assert_null(hf_people_find("nobody"));
	for (size_t i = 0; hf_people_fact_at(i) != NULL; i++)
		assert_true(strlen(hf_people_fact_at(i)->source) > 5);
}

static void others_divide_what_is_left(void **state)
{
	struct hf_people people;
	hf_people_init(&people, HF_PEOPLE_BY_DS);
	double proportion = share_of(&people, "bind") / share_of(&people, "plain");
	assert_int_equal(hf_people_read(&people, "stale=10%", NULL), HF_OK);
	assert_true(near(share_of(&people, "stale"), 0.1));
	assert_true(near(sum_of(&people), 1));
	assert_true(near(share_of(&people, "bind") / share_of(&people, "plain"), proportion));
	/* What was given stays, whatever comes after it; the last word on a kind counts. */
	assert_int_equal(hf_people_read(&people, "plain=0.5", NULL), HF_OK);
	assert_int_equal(hf_people_read(&people, "stale=0.2", NULL), HF_OK);
	assert_true(near(share_of(&people, "stale"), 0.2));
	assert_true(near(share_of(&people, "plain"), 0.5));
	assert_true(near(sum_of(&people), 1));
	assert_int_equal(hf_people_read(&people, "bind=30%", NULL), HF_OK);
	assert_true(near(sum_of(&people), 1));
	assert_true(near(share_of(&people, "unbound"), 0));
}

static void nonsense_is_refused(void **state)
{
	static const struct {
		const char *setting;
		enum hf_err err;
	} cases[] = {
	        {"", HF_ERR_SYNTAX}, {"bind", HF_ERR_SYNTAX}, {"=1", HF_ERR_SYNTAX},
	        {"bind=", HF_ERR_SYNTAX}, {"bind=10%%", HF_ERR_SYNTAX}, {"bind=1 ", HF_ERR_SYNTAX},
	        {"bind=x", HF_ERR_SYNTAX},
	        {"a-name-that-is-longer-than-all-names-are=1", HF_ERR_SYNTAX},
	        {"nobody=1", HF_ERR_NOTFOUND}, {"bind=-0.1", HF_ERR_INVALID},
	        {"bind=101%", HF_ERR_INVALID}, {"bind=nan", HF_ERR_INVALID},
	        {"bind=0.6", HF_ERR_INVALID}, /* after plain=0.5 */
	};
	struct hf_people people, before;
	struct hf_diag diag;
	hf_people_init(&people, HF_PEOPLE_BY_DS);
	assert_int_equal(hf_people_read(&people, "plain=0.5", NULL), HF_OK);
	before = people;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(hf_people_read(&people, cases[i].setting, &diag), cases[i].err);
		assert_int_equal(diag.count, i + 1);
		assert_memory_equal(&people, &before, sizeof(people));
	}
	hf_diag_done(&diag);
}

/* A zone that never changes, without DS: data alone is asked for. */
static struct hf_scene *quiet_scene(void)
{
	struct hf_scene_set none = {.ttl = 3600}, data = {.ttl = 3600, .bytes = 100};
	struct hf_scene_version version = {0};
	struct hf_scene *scene;
	uint16_t number;
	assert_int_equal(hf_scene_new(1, 1, &scene), HF_OK);
	assert_int_equal(hf_scene_add_set(scene, &none, &number), HF_OK);
	assert_int_equal(hf_scene_serve(scene, HF_SCENE_PARENT, 0, HF_TIME_NONE, number), HF_OK);
	version.dnskey = number;
	for (unsigned i = 0; i < HF_SCENE_CLASSES; i++)
		assert_int_equal(hf_scene_add_set(scene, &data, &version.data[i]), HF_OK);
	assert_int_equal(hf_scene_add_version(scene, &version, &number), HF_OK);
	assert_int_equal(hf_scene_serve(scene, HF_SCENE_ZONE, 0, HF_TIME_NONE, number), HF_OK);
	assert_int_equal(hf_scene_seal(scene), HF_OK);
	return scene;
}

/* Questions for data in ten days, when all resolvers are of the kind and ask for nothing but names
 * that do not exist. */
static uint64_t asked_by(const struct hf_scene *scene, const char *kind)
{
	struct hf_population_measures measures;
	struct hf_population population;
	struct hf_people people;
	struct hf_pool *pool;
	uint64_t sum = 0;
	hf_people_init(&people, HF_PEOPLE_BY_DS);
	assert_int_equal(hf_people_share(&people, kind, 1, NULL), HF_OK);
	memset(people.weights, 0, sizeof(people.weights));
	people.weights[people.denial] = 1;
	people.rate_least = people.rate_most = 1000; /* far more often than once a TTL */
	hf_people_population(&people, 200, 1, &population);
	assert_int_equal(hf_pool_new(1, &pool), HF_OK);
	assert_int_equal(hf_population_run(&population, scene, NOON, NOON + 240 * HOUR, 10, pool,
	                         NULL, &measures),
	        HF_OK);
	for (size_t i = 0; i < measures.count; i++)
		sum += measures.buckets[i].questions[HF_ASKED_DATA];
	assert_int_equal(measures.first, HF_TIME_NONE);
	hf_population_measures_done(&measures);
	hf_pool_free(pool);
	return sum;
}

static void names_that_do_not_exist_are_asked_for_one_by_one(void **state)
{
	struct hf_scene *scene = quiet_scene();
	uint64_t together = asked_by(scene, "back-off");
	uint64_t each = asked_by(scene, "one-by-one");
	/* One proof an hour; or eight, and the wait for the next question eight times. */
	assert_in_range(together, 200 * 240 * 95 / 100, 200 * 240 * 101 / 100);
	assert_in_range(each, 7 * together, 8 * together);
	hf_scene_free(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(defaults_are_all_resolvers),
	        cmocka_unit_test(others_divide_what_is_left),
	        cmocka_unit_test(nonsense_is_refused),
	        cmocka_unit_test(names_that_do_not_exist_are_asked_for_one_by_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
