/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A population of resolvers through a KSK rollover by double signature, and years of a zone:
 * sim_rates RESOLVERS [DAYS [YEARS]]
 *
 * Ten days, DS TTL one day, all other TTLs one hour, one to a thousand questions of users an hour.
 * The years are a signer's, a parent's and two secondaries', with a ZSK every 90 days, a KSK every
 * year and eight faults a year, each audited against every resolver there could be; on one core.
 * Prints a figure a line.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "sim/population.h"
#include "sim/theatre.h"
#include "sim/theatre_audit.h"

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

static const struct hf_zone_profile profile = {.apex = 9,
        .names = 1000,
        .rrsets = 900,
        .rrset_names = 12000,
        .records = 2000,
        .wire = 60000,
        .memory = 120000,
        .node_memory = 64,
        .soa = 50,
        .largest_ttl = 3600,
        .denial_ttl = 300,
        .nsec = {.owners = 1000, .names = 12000, .bitmaps = 8000}};

/* One year, played and audited; how many failures there are. */
static uint64_t play_year(uint64_t seed)
{
	struct hf_random dice = {seed};
	struct hf_theatre_world world;
	struct hf_theatre_play *play;
	struct hf_audit audit;
	struct hf_policy policy;
	struct hf_name zone;
	must(hf_name_from_text("example.", &zone));
	hf_policy_init(&policy);
	policy.roles[HF_ROLE_KSK].lifetime = 365 * DAY;
	hf_theatre_world_init(&policy, &profile, &world);
	struct hf_theatre_job job = {.title = "a year",
	        .zone = &zone,
	        .policy = &policy,
	        .profile = &profile,
	        .world = &world,
	        .at = NOON,
	        .until = NOON + 365 * DAY,
	        .flags = HF_THEATRE_SILENT,
	        .seed = seed};
	struct hf_theatre_fault *faults;
	must(hf_theatre_faults(
	        &dice, &world, &policy, ~0u, 8, NOON, NOON + 340 * DAY, &faults, &job.fault_count));
	job.faults = faults;
	must(hf_theatre_run(&job, NULL, &play));
	must(hf_theatre_audit(play->scene, true, job.at, job.until, &audit));
	hf_theatre_free(play);
	free(faults);
	return audit.failures;
}

static void play_years(uint64_t years)
{
	uint64_t failures = 0;
	double start = now();
	for (uint64_t seed = 1; seed <= years; seed++)
		failures += play_year(seed);
	double seconds = now() - start;
	printf("years %" PRIu64 "\nyears_per_second %.1f\nyears_failures %" PRIu64 "\n", years,
	        (double)years / seconds, failures);
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
	printf("resolvers %" PRIu32 "\ndays %" PRId64 "\nseconds %.2f\nplayed %" PRIu64
	       "\nresolver_years_per_second %.0f\npeak_kib %ld\nfailed %d\n",
	        population.resolvers, days, seconds, measures.events,
	        population.resolvers * (double)days / 365.25 / seconds, usage.ru_maxrss,
	        measures.first != HF_TIME_NONE);
	hf_population_measures_done(&measures);
	hf_pool_free(pool);
	hf_scene_free(scene);
	play_years(argc > 3 ? strtoull(argv[3], NULL, 10) : 200);
	return 0;
}
