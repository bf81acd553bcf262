/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long a change of a large signed zone takes: change_rates DELEGATIONS [nsec|nsec3|opt-out]
 *
 * Makes a zone of delegations in memory, 60 % of them with DS, signs it, then changes 1, 100 and
 * 10,000 names some times over: half get another DS record, a quarter are new, a quarter go.
 * Prints for each number (those over a sixteenth of the zone are left out) the median microseconds
 * of signing, of verifying and of surveying the change, and how many signatures one of them took.
 * Between them the same, once, for steps of a gradual ZSK rollover: "publish" the new key, let it
 * "sign" what changes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "coherence/survey.h"
#include "sign/sign_change.h"
#include "verify/change.h"
#include "zone/bulk.h"

enum { ROUNDS = 5, DS_PERCENT = 60, AT = 1800000000, SPREAD = 2 * 86400, KEYS = 3 };

static const unsigned numbers[] = {1, 100, 10000};

struct bench {
	struct hf_name apex;
	struct hf_pool *pool;
	struct hf_node_builder *builder;
	struct hf_keyfile *list[KEYS];
	struct hf_keydir keys;
	struct hf_sign_duty list_now[KEYS], list_then[KEYS];
	struct hf_sign_duties duties, duties_then;
	struct hf_sign_options options;
	struct hf_evidence *evidence;
	struct hf_survey survey; /* of `last` */
	struct hf_version *zone; /* unsigned */
	struct hf_version *last; /* signed */
	uint32_t delegations;
	uint32_t added; /* names that changes made */
	uint64_t random;
};

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* SplitMix64. */
static uint64_t pick(struct bench *bench)
{
	uint64_t bits = bench->random += 0x9e3779b97f4a7c15;
	bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
	bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
	return bits ^ (bits >> 31);
}

static enum hf_err add(
        struct bench *bench, uint16_t type, uint32_t ttl, const void *data, size_t len)
{
	struct hf_rdata rdata = {data, (uint16_t)len};
	return hf_node_add(bench->builder, type, ttl, rdata);
}

static enum hf_err begin(struct bench *bench, const char *owner)
{
	struct hf_name name;
	struct hf_key key;
	enum hf_err err = hf_name_from_text(owner, &name);
	if (err != HF_OK)
		return err;
	hf_key_from_name(&name, &key);
	hf_node_begin(bench->builder, &key);
	return HF_OK;
}

static void owner_text(uint32_t number, bool added, char text[static 32])
{
	snprintf(text, 32, "%s%07" PRIu32 ".bench.", added ? "new" : "d", number);
}

/* A delegation to two of a few thousand hosts, with or without a DS record. */
static enum hf_err make_delegation(
        struct bench *bench, const char *owner, bool secure, struct hf_node **ret_node)
{
	uint8_t ds[36] = {0, 1, 13, 2};
	uint64_t bits = pick(bench);

	enum hf_err err = begin(bench, owner);
	for (unsigned i = 1; err == HF_OK && i <= 2; i++) {
		struct hf_name host;
		char text[48];
		snprintf(text, sizeof(text), "ns%u.dns%u.hosting.example.", i,
		        (unsigned)(bits % 3000));
		err = hf_name_from_text(text, &host);
		if (err == HF_OK)
			err = add(bench, KNOT_RRTYPE_NS, 3600, host.wire, host.len);
	}
	for (unsigned i = 4; i < sizeof(ds); i += 8) {
		bits = pick(bench);
		memcpy(ds + i, &bits, sizeof(bits));
	}
	if (err == HF_OK && secure)
		err = add(bench, KNOT_RRTYPE_DS, 3600, ds, sizeof(ds));
	return err != HF_OK ? err : hf_node_finish(bench->builder, ret_node);
}

static enum hf_err make_apex(struct bench *bench, struct hf_node **ret_node)
{
	struct hf_soa soa = {
	        .serial = 1, .refresh = 1800, .retry = 900, .expire = 604800, .minimum = 900};
	struct hf_buf buf = {0};

	enum hf_err err = begin(bench, "bench.");
	if (err == HF_OK)
		err = hf_name_from_text("ns1.elsewhere.example.", &soa.mname);
	if (err == HF_OK)
		err = hf_name_from_text("hostmaster.elsewhere.example.", &soa.rname);
	if (err == HF_OK) {
		hf_soa_put(&buf, &soa);
		err = hf_buf_check(&buf);
	}
	if (err == HF_OK)
		err = add(bench, KNOT_RRTYPE_SOA, 3600, buf.data, buf.len);
	if (err == HF_OK)
		err = add(bench, KNOT_RRTYPE_NS, 3600, soa.mname.wire, soa.mname.len);
	hf_buf_done(&buf);
	return err != HF_OK ? err : hf_node_finish(bench->builder, ret_node);
}

static enum hf_err make_zone(struct bench *bench)
{
	struct hf_bulk *bulk = NULL;
	struct hf_node *node = NULL;

	enum hf_err err = hf_bulk_new(&bulk);
	if (err == HF_OK)
		err = make_apex(bench, &node);
	if (err == HF_OK)
		err = hf_bulk_add_node(bulk, node);
	for (uint32_t i = 0; err == HF_OK && i < bench->delegations; i++) {
		char owner[32];
		hf_node_unref(node);
		node = NULL;
		owner_text(i, false, owner);
		err = make_delegation(bench, owner, pick(bench) % 100 < DS_PERCENT, &node);
		if (err == HF_OK)
			err = hf_bulk_add_node(bulk, node);
	}
	hf_node_unref(node);
	if (err == HF_OK)
		err = hf_bulk_finish(bulk, &bench->apex, &bench->zone);
	hf_bulk_free(bulk);
	return err;
}

static enum hf_err make_keys(struct bench *bench)
{
	static const enum hf_role roles[KEYS] = {HF_ROLE_KSK, HF_ROLE_ZSK, HF_ROLE_ZSK};
	enum hf_err err = HF_OK;

	bench->keys.keys = bench->list;
	bench->duties = (struct hf_sign_duties){.list = bench->list_now, .count = KEYS};
	bench->duties_then = (struct hf_sign_duties){.list = bench->list_then, .count = KEYS};
	for (unsigned i = 0; err == HF_OK && i < KEYS; i++) {
		uint16_t flags = HF_DNSKEY_ZONE | (roles[i] == HF_ROLE_KSK ? HF_DNSKEY_SEP : 0);
		struct hf_keypair *pair = NULL;
		err = hf_keypair_generate(HF_ALG_ECDSAP256, 0, flags, &pair);
		if (err == HF_OK)
			err = hf_keyfile_new(&bench->apex, roles[i], pair, &bench->list[i]);
		if (err != HF_OK)
			return err;
		bench->keys.count++;
		bench->list_now[i] = (struct hf_sign_duty){
		        .tag = bench->list[i]->plain_tag, .algorithm = HF_ALG_ECDSAP256};
	}
	return HF_OK;
}

static void set_duties(struct bench *bench, const uint8_t flags[KEYS])
{
	for (unsigned i = 0; i < KEYS; i++)
		bench->list_now[i].flags = flags[i];
}

/* One changed name. */
static enum hf_err change_one(struct bench *bench, struct hf_edit *edit)
{
	uint64_t bits = pick(bench);
	struct hf_node *node = NULL;
	struct hf_name name;
	char owner[32];
	bool added = bits % 4 == 0;

	if (added)
		bench->added++;
	owner_text(
	        added ? bench->added : (uint32_t)((bits >> 8) % bench->delegations), added, owner);
	if (bits % 4 == 1) {
		enum hf_err err = hf_name_from_text(owner, &name);
		if (err == HF_OK)
			err = hf_edit_remove(edit, &name);
		return err == HF_ERR_NOTFOUND ? HF_OK : err;
	}
	enum hf_err err = make_delegation(bench, owner, true, &node);
	if (err == HF_OK)
		err = hf_edit_put(edit, node);
	hf_node_unref(node);
	return err;
}

static enum hf_err change(struct bench *bench, unsigned count, struct hf_version **ret_zone)
{
	struct hf_edit *edit = NULL;

	enum hf_err err = hf_edit_new(bench->zone, &edit);
	for (unsigned i = 0; err == HF_OK && i < count; i++)
		err = change_one(bench, edit);
	if (err == HF_OK)
		err = hf_edit_commit(edit, ret_zone);
	hf_edit_free(edit);
	return err;
}

static struct hf_sign_job job_of(struct bench *bench, const struct hf_version *zone)
{
	return (struct hf_sign_job){
	        .zone = zone,
	        .previous = bench->last,
	        .keys = &bench->keys,
	        .options = &bench->options,
	        .duties = &bench->duties,
	};
}

/* What one change took. */
enum column { SIGN, VERIFY, SURVEY, COLUMNS };
struct times {
	double microseconds[COLUMNS];
	uint64_t made; /* signatures */
	bool whole;    /* the whole zone was signed or surveyed */
};

/* Verifies and surveys the next version; it becomes the last one. */
static enum hf_err prove(struct bench *bench, const struct hf_sign_next *next, struct hf_diag *diag,
        struct times *times)
{
	struct hf_verify_options options = {.at = AT};
	const struct hf_survey_since since = {.survey = &bench->survey, .version = bench->last};
	struct hf_report *report = NULL;
	struct hf_survey survey;

	double start = now();
	enum hf_err err = hf_verify_change(
	        bench->last, next->result.version, &options, bench->pool, NULL, diag, &report);
	double middle = now();
	if (err == HF_OK && !report->good)
		err = hf_fail(diag, HF_ERR_INVALID, "verification finds errors");
	hf_report_free(report);
	if (err == HF_OK)
		err = hf_survey_change(&since, next->result.version, HF_SURVEY_VERIFIED, AT,
		        bench->pool, bench->evidence, diag, &survey);
	if (err != HF_OK)
		return err;
	times->microseconds[VERIFY] = (middle - start) * 1e6;
	times->microseconds[SURVEY] = (now() - middle) * 1e6;
	times->whole = next->whole != NULL || survey.whole != NULL;
	hf_survey_done(&bench->survey);
	bench->survey = survey;
	hf_version_unref(bench->last);
	bench->last = hf_version_ref(next->result.version);
	return HF_OK;
}

/* Signs, verifies and surveys the next version for `zone`. */
static enum hf_err time_version(
        struct bench *bench, struct hf_version *zone, struct hf_diag *diag, struct times *ret_times)
{
	struct hf_sign_job job = job_of(bench, zone);
	struct hf_sign_since since = {
	        .zone = bench->zone, .options = &bench->options, .duties = &bench->duties_then};
	struct hf_sign_next next = {0};
	struct times times;

	double start = now();
	enum hf_err err = hf_sign_change(&job, &since, bench->pool, diag, &next);
	times.microseconds[SIGN] = (now() - start) * 1e6;
	times.made = next.result.made;
	if (err == HF_OK)
		err = prove(bench, &next, diag, &times);
	hf_version_unref(next.result.version);
	if (err != HF_OK)
		return err;
	memcpy(bench->list_then, bench->list_now, sizeof(bench->list_now));
	zone = hf_version_ref(zone); /* which may be the same one */
	hf_version_unref(bench->zone);
	bench->zone = zone;
	*ret_times = times;
	return HF_OK;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static double median(const struct times times[ROUNDS], enum column column)
{
	double values[ROUNDS];
	for (unsigned i = 0; i < ROUNDS; i++)
		values[i] = times[i].microseconds[column];
	qsort(values, ROUNDS, sizeof(values[0]), by_value);
	return values[ROUNDS / 2];
}

/* Changes so many names some times over, and prints the medians. */
static enum hf_err time_step(struct bench *bench, unsigned count, struct hf_diag *diag)
{
	struct times times[ROUNDS];

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct hf_version *zone = NULL;
		enum hf_err err = change(bench, count, &zone);
		if (err == HF_OK)
			err = time_version(bench, zone, diag, &times[i]);
		hf_version_unref(zone);
		if (err == HF_OK && times[i].whole)
			err = hf_fail(diag, HF_ERR_INVALID, "the change was not done by itself");
		if (err != HF_OK)
			return err;
	}
	printf("%u %.0f %.0f %.0f %" PRIu64 "\n", count, median(times, SIGN), median(times, VERIFY),
	        median(times, SURVEY), times[ROUNDS - 1].made);
	fflush(stdout);
	return HF_OK;
}

#define DNSKEYS (HF_DUTY_PUBLISHED | HF_DUTY_SIGN_KEYS)
#define DATA    (HF_DUTY_PUBLISHED | HF_DUTY_SIGN_DATA)
#define KEPT    (HF_DUTY_PUBLISHED | HF_DUTY_KEPT)

/* Steps of a rollover; nothing else changes. */
static enum hf_err time_rollover(struct bench *bench, struct hf_diag *diag)
{
	static const struct {
		const char *name;
		uint8_t duties[KEYS];
	} steps[] = {
	        {"publish", {DNSKEYS, DATA, HF_DUTY_PUBLISHED}},
	        {"sign", {DNSKEYS, KEPT, DATA}},
	};
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct times times;
		set_duties(bench, steps[i].duties);
		enum hf_err err = time_version(bench, bench->zone, diag, &times);
		if (err != HF_OK)
			return err;
		printf("%s %.0f %.0f %.0f %" PRIu64 "\n", steps[i].name, times.microseconds[SIGN],
		        times.microseconds[VERIFY], times.microseconds[SURVEY], times.made);
	}
	return HF_OK;
}

static enum hf_err run(struct bench *bench, struct hf_diag *diag)
{
	static const uint8_t duties[KEYS] = {DNSKEYS, DATA, 0};
	struct hf_sign_result first = {0};

	enum hf_err err = make_keys(bench);
	if (err == HF_OK)
		err = make_zone(bench);
	if (err != HF_OK)
		return err;
	set_duties(bench, duties);
	struct hf_sign_job job = job_of(bench, bench->zone);
	err = hf_sign_zone(&job, bench->pool, NULL, diag, &first);
	if (err != HF_OK)
		return err;
	bench->last = first.version;
	memcpy(bench->list_then, bench->list_now, sizeof(bench->list_now));
	err = hf_survey_version(bench->last, HF_SURVEY_VERIFIED, AT, bench->pool, NULL,
	        bench->evidence, diag, &bench->survey);
	for (unsigned i = 0; err == HF_OK && i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		/* A large part of a zone is signed as a whole. */
		if (i == 0 || numbers[i] <= bench->delegations / 16)
			err = time_step(bench, numbers[i], diag);
		/* Before the large one, behind which there is much memory to tidy. */
		if (err == HF_OK && i == 0)
			err = time_rollover(bench, diag);
	}
	return err;
}

static bool read_arguments(int argc, char **argv, struct bench *bench)
{
	char *end = NULL;
	if (argc != 2 && argc != 3)
		return false;
	unsigned long long count = strtoull(argv[1], &end, 10);
	if (*argv[1] < '0' || *argv[1] > '9' || *end != 0 || count < 1 || count > 9999999)
		return false;
	bench->delegations = (uint32_t)count;
	hf_sign_options_init(&bench->options, AT);
	bench->options.serial = HF_SERIAL_INCREMENT;
	bench->options.spread = SPREAD;
	if (argc == 3 && strcmp(argv[2], "nsec3") == 0)
		bench->options.flags = HF_SIGN_NSEC3;
	else if (argc == 3 && strcmp(argv[2], "opt-out") == 0)
		bench->options.flags = HF_SIGN_NSEC3 | HF_SIGN_OPT_OUT;
	else if (argc == 3 && strcmp(argv[2], "nsec") != 0)
		return false;
	return true;
}

int main(int argc, char **argv)
{
	struct bench bench = {0};
	struct hf_diag diag;

	if (!read_arguments(argc, argv, &bench)) {
		fprintf(stderr, "usage: change_rates DELEGATIONS [nsec|nsec3|opt-out], at most "
		                "9999999 delegations\n");
		return 2;
	}
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = hf_name_from_text("bench.", &bench.apex);
	if (err == HF_OK)
		err = hf_pool_new(0, &bench.pool);
	if (err == HF_OK)
		err = hf_node_builder_new(&bench.builder);
	if (err == HF_OK)
		err = hf_evidence_new(&bench.apex, &bench.evidence);
	if (err == HF_OK)
		err = run(&bench, &diag);
	for (size_t i = 0; i < diag.count; i++)
		fprintf(stderr, "change_rates: %s\n", diag.entries[i].text);
	if (err != HF_OK)
		fprintf(stderr, "change_rates: %s\n", hf_err_text(err));
	hf_survey_done(&bench.survey);
	hf_evidence_free(bench.evidence);
	hf_version_unref(bench.last);
	hf_version_unref(bench.zone);
	for (size_t i = 0; i < bench.keys.count; i++)
		hf_keyfile_free(bench.list[i]);
	hf_node_builder_free(bench.builder);
	hf_pool_free(bench.pool);
	hf_diag_done(&diag);
	return err == HF_OK ? 0 : 2;
}
