/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long an input takes through a line, by stage: line_rates DELEGATIONS FOLDER
 *
 * Makes a zone of delegations, 60 % of them with DS, takes it as the first input of a new zone
 * whose state is kept in a new folder under FOLDER (removed at the end), then inputs that change
 * 100 names. Prints for "first" and "change" the microseconds of each stage and of all from the
 * input to the published version, disk writes included; of changes the median.
 */
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pipeline/line.h"
#include "zone/load.h"

enum { ROUNDS = 9, CHANGED = 100, AT = 1800000000 };

struct bench {
	char root[256], keys[300], zone[300], state[300];
	struct hf_pool *pool;
	struct hf_store *store;
	struct hf_line *line;
	struct hf_version *source;
	struct hf_line_outcome outcome;
	double stages[HF_STAGES], all;
	uint32_t delegations, serial;
	hf_time now;
};

static double clock_now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- the zone ---- */

static void put_apex(struct hf_buf *text, uint32_t serial)
{
	hf_put_format(text,
	        "$ORIGIN bench.\n$TTL 3600\n@ SOA ns1 host %" PRIu32 " 3600 900 604800 900\n"
	        "@ NS ns1\n@ NS ns2\nns1 A 192.0.2.1\nns2 A 192.0.2.2\n",
	        serial);
}

static void put_delegation(struct hf_buf *text, uint32_t number, unsigned edition)
{
	hf_put_format(text, "d%07" PRIu32 " NS ns1.dns%u.hosting.example.\n", number,
	        (number + edition) % 3000);
	if (number % 5 < 3)
		hf_put_format(text, "d%07" PRIu32 " DS %u 13 2 %08x%08x%08x%08x%08x%08x%08x%08x\n",
		        number, number % 60000, number, edition, 3u, 4u, 5u, 6u, 7u, 8u);
}

static enum hf_err load(struct bench *bench, struct hf_buf *text, struct hf_version **ret_version)
{
	const struct hf_load_options options = {.origin = "bench.", .pool = bench->pool};
	enum hf_err err = hf_buf_check(text);
	return err == HF_OK ? hf_zone_load_text("bench", (const char *)text->data, text->len,
	                              &options, NULL, ret_version)
	                    : err;
}

static enum hf_err make_zone(struct bench *bench)
{
	struct hf_buf text = {.data = NULL};
	put_apex(&text, ++bench->serial);
	for (uint32_t i = 0; i < bench->delegations; i++)
		put_delegation(&text, i, 0);
	enum hf_err err = load(bench, &text, &bench->source);
	hf_buf_done(&text);
	return err;
}

static enum hf_err put_all(struct hf_edit *edit, const struct hf_version *from)
{
	struct hf_tree_cursor cursor;
	enum hf_err err = HF_OK;
	for (const struct hf_node *node = hf_tree_first(hf_version_names(from), &cursor);
	        node != NULL && err == HF_OK; node = hf_tree_next(&cursor))
		err = hf_edit_put(edit, (struct hf_node *)(uintptr_t)node);
	return err;
}

/* As an incremental transfer does it: the next version shares what did not change. */
static enum hf_err change_zone(struct bench *bench, unsigned edition)
{
	struct hf_buf text = {.data = NULL};
	struct hf_version *changes = NULL, *next = NULL;
	struct hf_edit *edit = NULL;
	put_apex(&text, ++bench->serial);
	for (uint32_t i = 0; i < CHANGED; i++)
		put_delegation(&text,
		        (uint32_t)((uint64_t)bench->delegations * i / CHANGED + edition) %
		                bench->delegations,
		        edition);
	enum hf_err err = load(bench, &text, &changes);
	if (err == HF_OK)
		err = hf_edit_new(bench->source, &edit);
	if (err == HF_OK)
		err = put_all(edit, changes);
	if (err == HF_OK)
		err = hf_edit_commit(edit, &next);
	if (err == HF_OK) {
		hf_version_unref(bench->source);
		bench->source = next;
	}
	hf_edit_free(edit);
	hf_version_unref(changes);
	hf_buf_done(&text);
	return err;
}

/* ---- the line ---- */

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
	return remove(path);
}

static enum hf_err open_line(struct bench *bench, struct hf_diag *diag)
{
	struct hf_line_setup setup = {.policy_name = "bench",
	        .serial = HF_SERIAL_INCREMENT,
	        .keys = bench->keys,
	        .folder = bench->zone,
	        .history = 10};
	struct hf_store_zone zone = {.policy = "bench", .settings = "", .added = AT};
	const struct hf_parent_report nobody = {.count = 0};
	snprintf(bench->keys, sizeof(bench->keys), "%s/keys", bench->root);
	snprintf(bench->zone, sizeof(bench->zone), "%s/zone", bench->root);
	snprintf(bench->state, sizeof(bench->state), "%s/state", bench->root);
	hf_policy_init(&setup.policy);
	enum hf_err err = hf_name_from_text("bench.", &setup.zone);
	zone.name = setup.zone;
	if (err == HF_OK)
		err = hf_store_open(bench->state, diag, &bench->store);
	if (err == HF_OK)
		err = hf_store_add_zone(bench->store, &zone, diag, &setup.id);
	setup.store = bench->store;
	if (err == HF_OK)
		err = hf_line_open(&setup, AT, bench->pool, NULL, diag, &bench->line);
	return err == HF_OK ? hf_line_saw_parent(bench->line, &nobody, AT, diag) : err;
}

/* One input, to the moment in which everybody may see what came of it. */
static enum hf_err pass(struct bench *bench, struct hf_diag *diag)
{
	const struct hf_line_input input = {.version = bench->source, .from = "the benchmark"};
	double start = clock_now();
	enum hf_err err = hf_line_input(bench->line, &input, bench->now, diag);
	if (err == HF_OK)
		err = hf_line_run(
		        bench->line, bench->now, bench->pool, NULL, diag, &bench->outcome);
	bench->all = clock_now() - start;
	bench->now += 60;
	if (err == HF_OK && !bench->outcome.published)
		return hf_fail(diag, HF_ERR_INVALID, "the input was not published");
	return err;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void print(const char *what, double columns[HF_STAGES + 1][ROUNDS], unsigned rounds)
{
	printf("%s", what);
	for (unsigned i = 0; i <= HF_STAGES; i++) {
		qsort(columns[i], rounds, sizeof(double), by_size);
		double middle = columns[i][rounds / 2];
		if (i == HF_STAGE_REVIEW_UNSIGNED || i == HF_STAGE_REVIEW_SIGNED)
			continue;
		printf(" %.0f", middle > 0 ? middle * 1e6 : 0);
	}
	putchar('\n');
}

static void note(const struct bench *bench, double columns[HF_STAGES + 1][ROUNDS], unsigned round)
{
	for (unsigned i = 0; i < HF_STAGES; i++)
		columns[i][round] = bench->outcome.seconds[i];
	columns[HF_STAGES][round] = bench->all;
}

static enum hf_err run(struct bench *bench, struct hf_diag *diag)
{
	double columns[HF_STAGES + 1][ROUNDS];
	enum hf_err err = open_line(bench, diag);
	if (err == HF_OK)
		err = make_zone(bench);
	if (err == HF_OK)
		err = pass(bench, diag);
	if (err != HF_OK)
		return err;
	note(bench, columns, 0);
	print("first", columns, 1);
	for (unsigned i = 0; i < ROUNDS && err == HF_OK; i++) {
		err = change_zone(bench, i + 1);
		if (err == HF_OK)
			err = pass(bench, diag);
		if (err == HF_OK)
			note(bench, columns, i);
	}
	if (err == HF_OK)
		print("change", columns, ROUNDS);
	return err;
}

int main(int argc, char **argv)
{
	struct bench bench = {.now = AT};
	struct hf_diag diag;
	if (argc != 3) {
		fprintf(stderr, "usage: line_rates DELEGATIONS FOLDER\n");
		return 2;
	}
	bench.delegations = (uint32_t)strtoul(argv[1], NULL, 10);
	snprintf(bench.root, sizeof(bench.root), "%s/hf-bench-XXXXXX", argv[2]);
	if (bench.delegations < CHANGED || mkdtemp(bench.root) == NULL) {
		fprintf(stderr, "line_rates: at least %d delegations, and a folder to write in\n",
		        CHANGED);
		return 2;
	}
	hf_diag_init(&diag, 3);
	enum hf_err err = hf_pool_new(0, &bench.pool);
	if (err == HF_OK)
		err = run(&bench, &diag);
	if (err != HF_OK)
		fprintf(stderr, "line_rates: %s\n",
		        diag.count > 0 ? diag.entries[0].text : hf_err_text(err));
	hf_diag_done(&diag);
	hf_version_unref(bench.source);
	hf_line_free(bench.line);
	hf_store_close(bench.store);
	hf_pool_free(bench.pool);
	nftw(bench.root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return err == HF_OK ? 0 : 1;
}
