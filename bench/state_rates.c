/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What durability costs: state_rates FOLDER NAMES ZONES
 *
 * Makes a state in the folder, which must not be there, and prints figures, each behind its name:
 * a zone of that many names (as large as signed ones) made durable, opened again, and published
 * with 100 names changed; publishing in a zone with 1,000 facts of evidence; and so many small
 * zones, opened at once.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "pipeline/ledger.h"
#include "pipeline/statefolder.h"
#include "zone/bulk.h"

enum { AT = 1800000000, CHANGED = 100, ROUNDS = 9, FACTS = 1000 };

struct bench {
	const char *folder;
	struct hf_store *store;
	struct hf_node_builder *builder;
	uint64_t random;
	hf_time now;
};

static void must(enum hf_err err)
{
	if (err == HF_OK)
		return;
	fprintf(stderr, "state_rates: %s\n", hf_err_text(err));
	exit(2);
}

static double seconds(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double megabytes_resident(void)
{
	long pages = 0, all;
	FILE *file = fopen("/proc/self/statm", "r");
	if (file == NULL || fscanf(file, "%ld %ld", &all, &pages) != 2)
		pages = 0;
	if (file != NULL)
		fclose(file);
	return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

/* ---- a zone ---- */

static void add(struct bench *bench, uint16_t type, size_t len)
{
	uint8_t bytes[256];
	for (size_t i = 0; i < len; i++) {
		bench->random = bench->random * 6364136223846793005u + 1442695040888963407u;
		bytes[i] = (uint8_t)(bench->random >> 56);
	}
	must(hf_node_add(bench->builder, type, 3600,
	        (struct hf_rdata){.data = bytes, .len = (uint16_t)len}));
}

/* About as many bytes as a delegation with its denial and a signature has. */
static struct hf_node *make_node(struct bench *bench, const char *owner)
{
	struct hf_name name;
	struct hf_key key;
	struct hf_node *node;
	must(hf_name_from_text(owner, &name));
	hf_key_from_name(&name, &key);
	hf_node_begin(bench->builder, &key);
	add(bench, KNOT_RRTYPE_DS, 36);
	add(bench, KNOT_RRTYPE_NULL, 130);
	must(hf_node_finish(bench->builder, &node));
	return node;
}

static struct hf_node *make_apex(struct bench *bench, uint32_t serial)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf rdata = {.data = NULL};
	struct hf_soa soa = {.serial = serial, .refresh = 1800, .expire = 604800};
	struct hf_name name;
	struct hf_key key;
	struct hf_node *node;
	must(hf_name_from_text("bench.", &name));
	soa.mname = soa.rname = name;
	hf_soa_put(&rdata, &soa);
	hf_key_from_name(&name, &key);
	hf_node_begin(bench->builder, &key);
	must(hf_node_add(bench->builder, KNOT_RRTYPE_SOA, 3600,
	        (struct hf_rdata){.data = rdata.data, .len = (uint16_t)rdata.len}));
	must(hf_node_finish(bench->builder, &node));
	return node;
}

static struct hf_version *make_zone(struct bench *bench, uint32_t names)
{
	struct hf_bulk *bulk;
	struct hf_version *version;
	struct hf_name apex;
	char owner[32];
	must(hf_name_from_text("bench.", &apex));
	must(hf_bulk_new(&bulk));
	for (uint32_t i = 0; i <= names; i++) {
		snprintf(owner, sizeof(owner), "d%07" PRIu32 ".bench.", i);
		struct hf_node *node = i == 0 ? make_apex(bench, 1) : make_node(bench, owner);
		must(hf_bulk_add_node(bulk, node));
		hf_node_unref(node);
	}
	must(hf_bulk_finish(bulk, &apex, &version));
	hf_bulk_free(bulk);
	return version;
}

static struct hf_version *change(
        struct bench *bench, const struct hf_version *before, uint32_t names, uint32_t serial)
{
	struct hf_edit *edit;
	struct hf_version *after;
	char owner[32];
	must(hf_edit_new(before, &edit));
	for (unsigned i = 0; i <= CHANGED; i++) {
		uint32_t number = names < CHANGED ? i % names : i * (names / CHANGED);
		snprintf(owner, sizeof(owner), "d%07" PRIu32 ".bench.", number + 1);
		struct hf_node *node = i == 0 ? make_apex(bench, serial) : make_node(bench, owner);
		must(hf_edit_put(edit, node));
		hf_node_unref(node);
	}
	must(hf_edit_commit(edit, &after));
	hf_edit_free(edit);
	return after;
}

/* ---- publishing ---- */

static void observe(struct bench *bench, struct hf_evidence *evidence)
{
	static const uint8_t dnskey[] = {1, 0, 3, 15, 1, 2, 3, 4};
	struct hf_signing signing = {.inception = bench->now, .expiration = bench->now + 86400};
	const struct hf_content content = {
	        .kind = HF_KIND_SIGNERS, .signings = &signing, .signing_count = 1};
	struct hf_served served = {.ttl = 3600};
	must(hf_evidence_key(
	        evidence, (struct hf_rdata){.data = dnskey, .len = sizeof(dnskey)}, &signing.key));
	must(hf_evidence_content(evidence, &content, &served.content));
	must(hf_evidence_observe(
	        evidence, HF_PUBLISHED, 1u << HF_KIND_SIGNERS, &served, 1, bench->now));
}

/* Seconds that it takes to make the version durable. */
static double publish(struct bench *bench, struct hf_ledger *ledger, struct hf_version *version)
{
	const struct hf_store_note note = {.at = ++bench->now, .kind = "published", .text = "x"};
	observe(bench, hf_ledger_memory(ledger)->evidence);
	double begin = seconds();
	must(hf_ledger_publish(ledger, version, bench->now, &note, NULL));
	return seconds() - begin;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double median(double list[static ROUNDS])
{
	qsort(list, ROUNDS, sizeof(*list), by_size);
	return list[ROUNDS / 2];
}

static struct hf_ledger *open_zone(struct bench *bench, const char *text, int64_t id)
{
	struct hf_name name;
	struct hf_ledger *ledger;
	struct hf_diag diag;
	char *folder;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	must(hf_name_from_text(text, &name));
	must(hf_state_zone_folder(bench->folder, id, NULL, &folder));
	const struct hf_ledger_setup setup = {.zone = &name,
	        .folder = folder,
	        .store = bench->store,
	        .id = id,
	        .history = 20,
	        .now = bench->now};
	enum hf_err err = hf_ledger_open(&setup, NULL, &diag, &ledger);
	if (err != HF_OK && diag.count > 0)
		fprintf(stderr, "%s\n", diag.entries[0].text);
	must(err);
	hf_diag_done(&diag);
	free(folder);
	return ledger;
}

static int64_t add_zone(struct bench *bench, const char *text)
{
	struct hf_store_zone zone = {.policy = "default", .settings = "", .added = bench->now};
	int64_t id;
	must(hf_name_from_text(text, &zone.name));
	must(hf_store_add_zone(bench->store, &zone, NULL, &id));
	return id;
}

/* ---- what is measured ---- */

static double file_megabytes(const struct bench *bench, int64_t id)
{
	char path[300];
	struct stat status;
	snprintf(path, sizeof(path), "%s/zones/%lld/" HF_LEDGER_PUBLISHED, bench->folder,
	        (long long)id);
	return stat(path, &status) == 0 ? (double)status.st_size / 1e6 : 0;
}

static void large_zone(struct bench *bench, uint32_t names)
{
	double list[ROUNDS];
	int64_t id = add_zone(bench, "bench.");
	struct hf_ledger *ledger = open_zone(bench, "bench.", id);
	struct hf_version *version = make_zone(bench, names);
	printf("first_seconds %.3f\n", publish(bench, ledger, version));
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct hf_version *next = change(bench, version, names, i + 2);
		hf_version_unref(version);
		version = next;
		list[i] = publish(bench, ledger, version);
	}
	printf("change_ms %.3f\n", median(list) * 1e3);
	hf_version_unref(version);
	hf_ledger_close(ledger);
	printf("journal_megabytes %.1f\n", file_megabytes(bench, id));
	double begin = seconds();
	ledger = open_zone(bench, "bench.", id);
	printf("open_seconds %.3f\n", seconds() - begin);
	hf_ledger_close(ledger);
}

/* What 1,000 old facts add to a publication: with them, and in a zone without. */
static void long_past(struct bench *bench)
{
	double list[ROUNDS];
	static const char *const names[] = {"old.", "young."};
	for (unsigned zone = 0; zone < 2; zone++) {
		struct hf_ledger *ledger =
		        open_zone(bench, names[zone], add_zone(bench, names[zone]));
		struct hf_evidence *evidence = hf_ledger_memory(ledger)->evidence;
		for (unsigned i = 0; i < FACTS && zone == 0; i++) {
			bench->now++;
			observe(bench, evidence);
		}
		must(hf_ledger_keep(ledger, NULL, NULL));
		struct hf_version *version = make_zone(bench, 5);
		for (unsigned i = 0; i < ROUNDS; i++) {
			struct hf_version *next = change(bench, version, 5, i + 2);
			hf_version_unref(version);
			version = next;
			list[i] = publish(bench, ledger, version);
		}
		printf("publish_%s_ms %.3f\n", zone == 0 ? "old" : "young", median(list) * 1e3);
		hf_version_unref(version);
		hf_ledger_close(ledger);
	}
}

static void many_zones(struct bench *bench, unsigned zones)
{
	char name[32];
	int64_t *ids = calloc(zones, sizeof(*ids));
	struct hf_ledger **ledgers = calloc(zones, sizeof(struct hf_ledger *));
	struct hf_version *version = make_zone(bench, 5);
	if (ids == NULL || ledgers == NULL)
		must(HF_ERR_NOMEM);
	/* All have the same contents under names of their own in the store: "bench." is the zone.
	 */
	double begin = seconds();
	must(hf_store_begin(bench->store, NULL));
	for (unsigned i = 0; i < zones; i++) {
		snprintf(name, sizeof(name), "z%06u.bench.", i);
		ids[i] = add_zone(bench, name);
	}
	must(hf_store_commit(bench->store, NULL));
	for (unsigned i = 0; i < zones; i++) {
		struct hf_ledger *ledger = open_zone(bench, "bench.", ids[i]);
		publish(bench, ledger, version);
		hf_ledger_close(ledger);
	}
	printf("zones_made_seconds %.3f\n", seconds() - begin);
	hf_version_unref(version);
	double before = megabytes_resident();
	begin = seconds();
	for (unsigned i = 0; i < zones; i++)
		ledgers[i] = open_zone(bench, "bench.", ids[i]);
	printf("zones_open_seconds %.3f\n", seconds() - begin);
	printf("zones_megabytes %.1f\n", megabytes_resident() - before);
	for (unsigned i = 0; i < zones; i++)
		hf_ledger_close(ledgers[i]);
	free(ledgers);
	free(ids);
}

static void again(struct bench *bench)
{
	char path[300];
	struct stat status;
	hf_store_close(bench->store);
	double begin = seconds();
	must(hf_store_open(bench->folder, NULL, &bench->store));
	printf("store_open_seconds %.3f\n", seconds() - begin);
	snprintf(path, sizeof(path), "%s/%s", bench->folder, HF_STORE_FILE);
	if (stat(path, &status) == 0)
		printf("store_megabytes %.1f\n", (double)status.st_size / 1e6);
}

int main(int argc, char **argv)
{
	struct bench bench = {.random = 1, .now = AT};
	if (argc != 4) {
		fprintf(stderr, "usage: state_rates FOLDER NAMES ZONES\n");
		return 2;
	}
	bench.folder = argv[1];
	must(hf_node_builder_new(&bench.builder));
	must(hf_store_open(bench.folder, NULL, &bench.store));
	/* The small ones first: a large one leaves memory behind that would hide theirs. */
	many_zones(&bench, (unsigned)strtoul(argv[3], NULL, 10));
	again(&bench);
	long_past(&bench);
	large_zone(&bench, (uint32_t)strtoul(argv[2], NULL, 10));
	hf_store_close(bench.store);
	hf_node_builder_free(bench.builder);
	return 0;
}
