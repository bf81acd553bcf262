/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A population of resolvers through a KSK rollover by double signature: sim_rates RESOLVERS [DAYS]
 *
 * Ten days, DS TTL one day, all other TTLs one hour, one to a thousand questions of users an hour.
 * Prints seconds, questions that were played, resolver-years a second, and the peak of memory.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "sim/population.h"

#define DAY  INT64_C(86400)
#define NOON ((hf_time)1800000000)

static void must(enum hf_err err)
{
	if (err == HF_OK)
		return;
	fprintf(stderr, "sim_rates: %s\n", hf_err_text(err));
	exit(2);
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint16_t key(struct hf_scene *scene, bool sep)
{
	struct hf_scene_key key = {.algorithm = 13, .sep = sep, .revokes = HF_SCENE_NOTHING};
	uint16_t number;
	must(hf_scene_add_key(scene, &key, &number));
	return number;
}

static void serve(struct hf_scene *scene, enum hf_scene_side side, hf_time at, uint16_t what)
{
	for (unsigned i = 0; i < hf_scene_servers(scene, side); i++)
		must(hf_scene_serve(scene, side, i, at, what));
}

static void serve_ds(struct hf_scene *scene, hf_time at, uint16_t ksk)
{
	struct hf_scene_set set = {.members = {ksk}, .member_count = 1, .ttl = DAY, .bytes = 300};
	uint16_t number;
	must(hf_scene_add_set(scene, &set, &number));
	serve(scene, HF_SCENE_PARENT, at, number);
}

static struct hf_scene_signing by(uint16_t key)
{
	return (struct hf_scene_signing){key, false, HF_TIME_NONE, HF_TIME_NEVER};
}

static void serve_keys(
        struct hf_scene *scene, hf_time at, const uint16_t *ksks, unsigned count, uint16_t zsk)
{
	struct hf_scene_set keys = {.ttl = 3600, .bytes = 600}, data = {.ttl = 3600, .bytes = 200};
	struct hf_scene_version version = {0};
	uint16_t number;
	for (unsigned i = 0; i < count; i++) {
		keys.members[keys.member_count++] = ksks[i];
		keys.signings[keys.signing_count++] = by(ksks[i]);
	}
	keys.members[keys.member_count++] = zsk;
	data.signings[data.signing_count++] = by(zsk);
	must(hf_scene_add_set(scene, &keys, &version.dnskey));
	must(hf_scene_add_set(scene, &data, &version.data[0]));
	for (unsigned i = 1; i < HF_SCENE_CLASSES; i++)
		version.data[i] = version.data[0];
	must(hf_scene_add_version(scene, &version, &number));
	serve(scene, HF_SCENE_ZONE, at, number);
}

int main(int argc, char **argv)
{
	static const struct hf_population_kind kind = {.name = "validating",
	        .share = 1,
	        .trust = HF_TRUST_DS,
	        .tries = 3,
	        .memory_least = 1,
	        .memory_most = 300,
	        .udp = 1232};
	struct hf_population population = {.kinds = &kind,
	        .kind_count = 1,
	        .resolvers = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100000,
	        .rate_least = 1,
	        .rate_most = 1000,
	        .weights = {7, 2, 1, 0}};
	int64_t days = argc > 2 ? strtoll(argv[2], NULL, 10) : 10;
	struct hf_population_measures measures;
	struct hf_scene *scene;
	struct hf_pool *pool;
	struct rusage usage;
	must(hf_scene_new(2, 4, &scene));
	must(hf_pool_new(0, &pool));
	uint16_t ksks[2] = {key(scene, true), key(scene, true)}, zsk = key(scene, false);
	serve_ds(scene, HF_TIME_NONE, ksks[0]);
	serve_keys(scene, HF_TIME_NONE, ksks, 1, zsk);
	serve_keys(scene, NOON + DAY, ksks, 2, zsk);
	serve_ds(scene, NOON + 2 * DAY, ksks[1]);
	serve_keys(scene, NOON + 4 * DAY, ksks + 1, 1, zsk);
	must(hf_scene_seal(scene));
	double start = now();
	must(hf_population_run(
	        &population, scene, NOON, NOON + days * DAY, 500, pool, NULL, &measures));
	double seconds = now() - start;
	getrusage(RUSAGE_SELF, &usage);
	printf("resolvers %" PRIu32 "  days %" PRId64 "  seconds %.2f  played %" PRIu64
	       "  resolver-years/s %.0f  peak %ld KiB  failures %s\n",
	        population.resolvers, days, seconds, measures.events,
	        population.resolvers * (double)days / 365.25 / seconds, usage.ru_maxrss,
	        measures.first == HF_TIME_NONE ? "none" : "some");
	hf_population_measures_done(&measures);
	hf_pool_free(pool);
	hf_scene_free(scene);
	return 0;
}
