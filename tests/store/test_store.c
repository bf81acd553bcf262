/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store: what was put comes back after closing, after a kill, and in a backup; two processes,
 * other programs' files, newer forms and damage are refused with a sentence.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "../coherence/factlab.h"
#include "store/store.h"

/* In memory where that can be had: each commit is synced. */
static char base[] = "/dev/shm/hf-store-XXXXXX";
static char folder[64];

static int make_base(void **state)
{
	if (access("/dev/shm", W_OK) != 0)
		strcpy(base, "/tmp/hf-store-XXXXXX");
	return mkdtemp(base) == NULL ? -1 : 0;
}

static void remove_file(const char *name)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	unlink(path);
}

static void empty_folder(void)
{
	const char *const names[] = {
	        HF_STORE_FILE, HF_STORE_FILE "-wal", HF_STORE_FILE "-shm", HF_STORE_LOCK, "backup"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		remove_file(names[i]);
	rmdir(folder);
}

static int remove_base(void **state)
{
	empty_folder();
	return rmdir(base); /* fails when a file was left behind */
}

/* A fresh folder for each test. */
static int fresh(void **state)
{
	snprintf(folder, sizeof(folder), "%s/state", base);
	empty_folder();
	return 0;
}

static struct hf_store *open_store(void)
{
	struct hf_store *store;
	assert_int_equal(hf_store_open(folder, NULL, &store), HF_OK);
	return store;
}

static void expect_refusal(enum hf_err expected, const char *words)
{
	struct hf_diag diag;
	struct hf_store *store;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	assert_int_equal(hf_store_open(folder, &diag, &store), expected);
	assert_int_equal(diag.count, 1);
	assert_non_null(strstr(diag.entries[0].text, words));
	hf_diag_done(&diag);
}

static int64_t add_zone(struct hf_store *store, const char *name)
{
	struct hf_store_zone zone = {
	        .policy = "default", .settings = "source: file", .added = 1000};
	int64_t id;
	assert_int_equal(hf_name_from_text(name, &zone.name), HF_OK);
	assert_int_equal(hf_store_add_zone(store, &zone, NULL, &id), HF_OK);
	return id;
}

struct listing {
	char text[512];
};

static enum hf_err list_zone(void *context, const struct hf_store_zone *zone)
{
	struct listing *listing = context;
	char name[HF_NAME_TEXT];
	size_t len = strlen(listing->text);
	snprintf(listing->text + len, sizeof(listing->text) - len, "%s %s %s %lld\n",
	        hf_name_text(&zone->name, name), zone->policy, zone->settings,
	        (long long)zone->added);
	return HF_OK;
}

static void zones_are_kept(void **state)
{
	struct hf_store *store = open_store();
	struct listing listing = {.text = ""};
	int64_t second = add_zone(store, "b.example."), first = add_zone(store, "A.example.");
	struct hf_store_zone zone = {.id = second, .policy = "other", .settings = "x"};
	assert_int_equal(hf_name_from_text("a.EXAMPLE.", &zone.name), HF_OK);
	assert_int_equal(hf_store_add_zone(store, &zone, NULL, &first), HF_ERR_EXISTS);
	assert_int_equal(hf_store_change_zone(store, &zone, NULL), HF_OK);
	hf_store_close(store);
	store = open_store();
	assert_int_equal(hf_store_zones(store, list_zone, &listing, NULL), HF_OK);
	assert_string_equal(
	        listing.text, "a.example. default source: file 1000\nb.example. other x 1000\n");
	assert_int_equal(hf_store_remove_zone(store, second, NULL), HF_OK);
	assert_int_equal(hf_store_remove_zone(store, second, NULL), HF_ERR_NOTFOUND);
	assert_int_equal(hf_store_change_zone(store, &zone, NULL), HF_ERR_NOTFOUND);
	hf_store_close(store);
}

static void state_is_replaced(void **state)
{
	struct hf_store *store = open_store();
	int64_t id = add_zone(store, "example.");
	struct hf_buf out = {.data = NULL};
	assert_int_equal(hf_store_get_state(store, id, &out, NULL), HF_ERR_NOTFOUND);
	assert_int_equal(hf_store_put_state(store, id, "one", 3, NULL), HF_OK);
	assert_int_equal(hf_store_put_state(store, id, "tw\0o", 4, NULL), HF_OK);
	assert_int_equal(hf_store_put_state(store, id + 1, "x", 1, NULL), HF_ERR_NOTFOUND);
	hf_store_close(store);
	store = open_store();
	assert_int_equal(hf_store_get_state(store, id, &out, NULL), HF_OK);
	assert_int_equal(out.len, 4);
	assert_memory_equal(out.data, "tw\0o", 4);
	hf_buf_done(&out);
	hf_store_close(store);
}

/* A KSK, a ZSK, a DS at one parent server, a secondary that was seen once. */
static struct hf_evidence *make_evidence(hf_time replaced)
{
	struct hf_evidence *evidence = ledger_new("example.");
	int ksk = (int)ledger_key(evidence, 1, SEP, 13),
	    zsk = (int)ledger_key(evidence, 2, ZSK, 13);
	int ds = (int)ledger_ds(evidence, (uint32_t)ksk, 2);
	uint32_t parent = ledger_place(evidence, "192.0.2.53");
	uint32_t secondary = ledger_place(evidence, "2001:db8::1");
	hf_evidence_set_expire(evidence, 7200);
	assert_int_equal(hf_evidence_add_secondary(evidence, secondary), HF_OK);
	ledger_fact(evidence, ledger_ds_set(evidence, LIST(ds)), parent, 600, 100, HF_TIME_NEVER);
	ledger_fact(evidence, ledger_dnskey(evidence, LIST(ksk, zsk), LIST(ksk)), HF_PUBLISHED, 300,
	        100, replaced);
	ledger_fact(evidence, ledger_signers(evidence, NOTHING), HF_PUBLISHED, 60, 50, 100);
	assert_int_equal(hf_evidence_sighting(evidence, secondary, 120, 100), HF_OK);
	return evidence;
}

/* What is the same in both, whatever the numbers: until when each content is possible. */
static void expect_same(const struct hf_evidence *a, const struct hf_evidence *b)
{
	assert_int_equal(hf_evidence_fact_count(a), hf_evidence_fact_count(b));
	assert_int_equal(hf_evidence_expire(a), hf_evidence_expire(b));
	for (size_t i = 0; i < hf_evidence_fact_count(a); i++) {
		const struct hf_fact *x = hf_evidence_fact_at(a, i), *y = hf_evidence_fact_at(b, i);
		assert_string_equal(
		        hf_evidence_place_name(a, x->place), hf_evidence_place_name(b, y->place));
		assert_int_equal(x->ttl, y->ttl);
		assert_int_equal(x->rrsets, y->rrsets);
		assert_true(x->first == y->first && x->last == y->last);
		const struct hf_content *p = hf_evidence_content_at(a, x->content);
		const struct hf_content *q = hf_evidence_content_at(b, y->content);
		assert_int_equal(p->kind, q->kind);
		assert_int_equal(p->member_count, q->member_count);
		assert_int_equal(p->signing_count, q->signing_count);
		for (size_t j = 0; j < p->signing_count; j++) {
			assert_true(hf_rdata_equal(hf_evidence_key_at(a, p->signings[j].key)->rdata,
			        hf_evidence_key_at(b, q->signings[j].key)->rdata));
			assert_true(p->signings[j].expiration == q->signings[j].expiration);
		}
		assert_true(hf_evidence_served_until(a, x, 5000, NULL) ==
		            hf_evidence_served_until(b, y, 5000, NULL));
	}
}

static void evidence_comes_back(void **state)
{
	struct hf_store *store = open_store();
	int64_t id = add_zone(store, "example.");
	struct hf_evidence *evidence = make_evidence(HF_TIME_NEVER), *back;
	assert_int_equal(hf_store_put_evidence(store, id, evidence, NULL), HF_OK);
	assert_int_equal(hf_store_put_evidence(store, id, evidence, NULL), HF_OK);
	hf_store_close(store);
	store = open_store();
	assert_int_equal(hf_store_get_evidence(store, id, 0, NULL, &back), HF_OK);
	expect_same(evidence, back);
	hf_evidence_free(back);
	hf_evidence_free(evidence);
	/* Closing a fact is the one change that there is. */
	evidence = make_evidence(400);
	assert_int_equal(hf_store_put_evidence(store, id, evidence, NULL), HF_OK);
	assert_int_equal(hf_store_get_evidence(store, id, 0, NULL, &back), HF_OK);
	expect_same(evidence, back);
	hf_evidence_free(back);
	/* What was forgotten is not lost, and not asked for again. */
	hf_evidence_forget(evidence, 6000);
	assert_int_equal(hf_evidence_fact_count(evidence), 2);
	assert_int_equal(hf_store_put_evidence(store, id, evidence, NULL), HF_OK);
	assert_int_equal(hf_store_get_evidence(store, id, 6000, NULL, &back), HF_OK);
	expect_same(evidence, back);
	hf_evidence_free(back);
	assert_int_equal(hf_store_get_evidence(store, id, 0, NULL, &back), HF_OK);
	assert_int_equal(hf_evidence_fact_count(back), 3);
	hf_evidence_free(back);
	assert_int_equal(hf_store_get_evidence(store, id + 1, 0, NULL, &back), HF_ERR_NOTFOUND);
	assert_int_equal(hf_store_put_evidence(store, id + 1, evidence, NULL), HF_ERR_NOTFOUND);
	hf_evidence_free(evidence);
	hf_store_close(store);
}

/* A DNSKEY set by two keys that are met in this order, from 100 until `last`. */
static struct hf_evidence *two_keys(unsigned first, unsigned second, hf_time last)
{
	struct hf_evidence *evidence = ledger_new("example.");
	int a = (int)ledger_key(evidence, first, SEP, 13);
	int b = (int)ledger_key(evidence, second, SEP, 13);
	ledger_fact(evidence, ledger_dnskey(evidence, LIST(a, b), LIST(a, b)), HF_PUBLISHED, 300,
	        100, last);
	return evidence;
}

/* Whoever met the keys in another order closes the fact that is there. */
static void a_fact_ends_whatever_the_numbers(void **state)
{
	struct hf_store *store = open_store();
	int64_t id = add_zone(store, "example.");
	struct hf_evidence *evidence = two_keys(1, 2, HF_TIME_NEVER), *back;
	assert_int_equal(hf_store_put_evidence(store, id, evidence, NULL), HF_OK);
	hf_evidence_free(evidence);
	evidence = two_keys(2, 1, 400);
	assert_int_equal(hf_store_put_evidence(store, id, evidence, NULL), HF_OK);
	hf_evidence_free(evidence);
	assert_int_equal(hf_store_get_evidence(store, id, 0, NULL, &back), HF_OK);
	assert_int_equal(hf_evidence_fact_count(back), 1);
	assert_true(hf_evidence_fact_at(back, 0)->last == 400);
	hf_evidence_free(back);
	hf_store_close(store);
}

/* ---- evidence at the cost of what is new ---- */

/* One random thing that happens to evidence. */
static void happen(struct hf_evidence *evidence, unsigned *seed, hf_time now)
{
	int key = (int)ledger_key(evidence, (unsigned)rand_r(seed) % 5 + 1, ZSK, 13);
	uint32_t place = ledger_place(evidence, "192.0.2.7");
	struct hf_served served = {.ttl = 60, .rrsets = (uint64_t)rand_r(seed) % 3};
	switch (rand_r(seed) % 4) {
	case 0:
		assert_int_equal(hf_evidence_add_secondary(evidence, place), HF_OK);
		assert_int_equal(hf_evidence_sighting(evidence, place, now, now - 3), HF_OK);
		break;
	case 1:
		served.content =
		        ledger_ds_set(evidence, LIST((int)ledger_ds(evidence, (uint32_t)key, 2)));
		assert_int_equal(
		        hf_evidence_observe(evidence, place, 1u << HF_KIND_DS, &served, 1, now),
		        HF_OK);
		break;
	case 2:
		hf_evidence_set_expire(evidence, (uint32_t)rand_r(seed) % 500 + 1);
		break;
	default:
		served.content = ledger_signers(evidence, LIST(key));
		assert_int_equal(hf_evidence_observe(evidence, HF_PUBLISHED, 1u << HF_KIND_SIGNERS,
		                         &served, 1, now),
		        HF_OK);
		break;
	}
}

/* Whatever happens, in whichever order it is stored, taken back or forgotten: the store has what it
 * would have if all of the evidence had been stored each time. */
static void new_evidence_is_all_evidence(void **state)
{
	unsigned seed = 5;
	struct hf_store *store = open_store();
	int64_t id = add_zone(store, "example."), full = add_zone(store, "whole.");
	struct hf_evidence *evidence = make_evidence(HF_TIME_NEVER), *copy, *a, *b;
	struct hf_store_known *known;
	assert_int_equal(hf_store_known_new(&known), HF_OK);
	for (hf_time now = 1000; now < 1200; now++) {
		assert_int_equal(hf_evidence_copy(evidence, &copy), HF_OK);
		for (int i = rand_r(&seed) % 3; i >= 0; i--)
			happen(evidence, &seed, now);
		assert_int_equal(hf_store_begin(store, NULL), HF_OK);
		assert_int_equal(
		        hf_store_put_new_evidence(store, id, evidence, known, NULL), HF_OK);
		if (rand_r(&seed) % 4 == 0) { /* in vain, and taken back */
			hf_store_rollback(store);
			hf_store_known_drop(known);
			hf_evidence_free(evidence);
			evidence = copy;
			continue;
		}
		assert_int_equal(hf_store_commit(store, NULL), HF_OK);
		hf_store_known_keep(known);
		hf_evidence_free(copy);
		assert_int_equal(hf_store_put_evidence(store, full, evidence, NULL), HF_OK);
		if (rand_r(&seed) % 8 == 0)
			hf_evidence_forget(evidence, now - 50);
		if (rand_r(&seed) % 16 == 0) { /* a restart */
			hf_evidence_free(evidence);
			assert_int_equal(
			        hf_store_get_evidence(store, id, now - 90, NULL, &evidence), HF_OK);
			assert_int_equal(hf_store_knows(known, evidence), HF_OK);
		}
	}
	for (hf_time since = 0; since < 1300; since += 100) {
		assert_int_equal(hf_store_get_evidence(store, id, since, NULL, &a), HF_OK);
		assert_int_equal(hf_store_get_evidence(store, full, since, NULL, &b), HF_OK);
		expect_same(a, b);
		assert_true(since > 0 || hf_evidence_fact_count(a) > 40);
		/* What is read is what would be kept of all. */
		hf_evidence_free(b);
		assert_int_equal(hf_store_get_evidence(store, id, 0, NULL, &b), HF_OK);
		hf_evidence_forget(b, since);
		expect_same(a, b);
		hf_evidence_free(a);
		hf_evidence_free(b);
	}
	hf_store_known_free(known);
	hf_evidence_free(evidence);
	hf_store_close(store);
}

/* As many new sightings as were forgotten: nobody may take them for the old ones. */
static void sightings_that_replace_others_are_new(void **state)
{
	struct hf_store *store = open_store();
	int64_t id = add_zone(store, "example.");
	struct hf_evidence *evidence = make_evidence(HF_TIME_NEVER), *back;
	struct hf_store_known *known;
	uint32_t place = ledger_place(evidence, "2001:db8::1");
	assert_int_equal(hf_store_known_new(&known), HF_OK);
	for (hf_time at = 1000; at < 1004; at++)
		assert_int_equal(hf_evidence_sighting(evidence, place, at, at), HF_OK);
	assert_int_equal(hf_store_put_new_evidence(store, id, evidence, known, NULL), HF_OK);
	hf_store_known_keep(known);
	size_t count = hf_evidence_sighting_count(evidence);
	hf_evidence_forget(evidence, 50000);
	assert_true(hf_evidence_sighting_count(evidence) < count);
	for (hf_time at = 60000; hf_evidence_sighting_count(evidence) < count; at++)
		assert_int_equal(hf_evidence_sighting(evidence, place, at, at), HF_OK);
	assert_int_equal(hf_store_put_new_evidence(store, id, evidence, known, NULL), HF_OK);
	hf_store_known_keep(known);
	assert_int_equal(hf_store_get_evidence(store, id, 50000, NULL, &back), HF_OK);
	size_t newest = hf_evidence_sighting_count(back) - 1;
	assert_true(hf_evidence_sighting_at(back, newest)->version ==
	            hf_evidence_sighting_at(evidence, count - 1)->version);
	hf_evidence_free(back);
	hf_evidence_free(evidence);
	hf_store_known_free(known);
	hf_store_close(store);
}

static enum hf_err list_version(void *context, const struct hf_store_version *version)
{
	struct listing *listing = context;
	size_t len = strlen(listing->text);
	snprintf(listing->text + len, sizeof(listing->text) - len, "%llx %u %lld\n",
	        (unsigned long long)version->number, version->serial, (long long)version->at);
	return HF_OK;
}

static enum hf_err count_version(void *context, const struct hf_store_version *version)
{
	++*(unsigned *)context;
	return HF_OK;
}

static void marks_and_versions_are_kept(void **state)
{
	struct hf_store *store = open_store();
	int64_t id = add_zone(store, "example.");
	struct hf_store_marks marks;
	struct listing listing = {.text = ""};
	unsigned count = 0;
	assert_int_equal(hf_store_get_marks(store, id, NULL, &marks), HF_OK);
	assert_true(marks.flags == 0 && !marks.has_serial && marks.restored == HF_TIME_NONE);
	marks = (struct hf_store_marks){
	        .flags = 9, .has_serial = true, .serial = 4294967295, .restored = 77};
	assert_int_equal(hf_store_put_marks(store, id, &marks, NULL), HF_OK);
	assert_int_equal(hf_store_put_marks(store, id + 1, &marks, NULL), HF_ERR_NOTFOUND);
	assert_int_equal(hf_store_touch(store, id, NULL), HF_OK);
	assert_int_equal(hf_store_touch(store, id + 1, NULL), HF_ERR_NOTFOUND);
	struct hf_store_version version = {.number = UINT64_MAX, .serial = 4294967295, .at = 5};
	assert_int_equal(hf_store_add_version(store, id, &version, NULL), HF_OK);
	version = (struct hf_store_version){.number = 16, .serial = 3, .at = 4};
	assert_int_equal(hf_store_add_version(store, id, &version, NULL), HF_OK);
	assert_int_equal(hf_store_add_version(store, id + 1, &version, NULL), HF_ERR_NOTFOUND);
	hf_store_close(store);
	store = open_store();
	assert_int_equal(hf_store_get_marks(store, id, NULL, &marks), HF_OK);
	assert_true(marks.flags == 9 && marks.has_serial && marks.serial == 4294967295 &&
	            marks.restored == 77);
	assert_int_equal(hf_store_get_marks(store, id + 1, NULL, &marks), HF_ERR_NOTFOUND);
	assert_int_equal(hf_store_versions(store, id, 9, list_version, &listing, NULL), HF_OK);
	assert_string_equal(listing.text, "10 3 4\nffffffffffffffff 4294967295 5\n");
	assert_int_equal(hf_store_begin(store, NULL), HF_OK);
	for (unsigned i = 0; i < HF_STORE_VERSIONS + 20; i++)
		assert_int_equal(hf_store_add_version(store, id, &version, NULL), HF_OK);
	assert_int_equal(hf_store_commit(store, NULL), HF_OK);
	assert_int_equal(hf_store_versions(store, id, 9999, count_version, &count, NULL), HF_OK);
	assert_int_equal(count, HF_STORE_VERSIONS);
	hf_store_close(store);
}

static enum hf_err list_note(void *context, const struct hf_store_note *note)
{
	struct listing *listing = context;
	size_t len = strlen(listing->text);
	snprintf(listing->text + len, sizeof(listing->text) - len, "%lld %s %s %s\n",
	        (long long)note->at, note->kind, note->who == NULL ? "-" : note->who, note->text);
	return HF_OK;
}

static void notes_are_kept_in_order(void **state)
{
	struct hf_store *store = open_store();
	int64_t id = add_zone(store, "example.");
	struct listing listing = {.text = ""};
	struct hf_store_note note = {.at = 5, .kind = "approved", .who = "jo", .text = "the DS"};
	assert_int_equal(hf_store_add_note(store, id, &note, NULL), HF_OK);
	note = (struct hf_store_note){.at = 4, .kind = "published", .text = "serial 7"};
	assert_int_equal(hf_store_add_note(store, id, &note, NULL), HF_OK);
	assert_int_equal(hf_store_add_note(store, id + 1, &note, NULL), HF_ERR_NOTFOUND);
	assert_int_equal(hf_store_notes(store, id, 1, list_note, &listing, NULL), HF_OK);
	assert_string_equal(listing.text, "4 published - serial 7\n");
	listing.text[0] = '\0';
	assert_int_equal(hf_store_notes(store, id, 10, list_note, &listing, NULL), HF_OK);
	assert_string_equal(listing.text, "4 published - serial 7\n5 approved jo the DS\n");
	hf_store_close(store);
}

static void a_transaction_is_whole(void **state)
{
	struct hf_store *store = open_store();
	struct listing listing = {.text = ""};
	assert_int_equal(hf_store_begin(store, NULL), HF_OK);
	add_zone(store, "a.example.");
	hf_store_rollback(store);
	hf_store_rollback(store);
	assert_int_equal(hf_store_begin(store, NULL), HF_OK);
	add_zone(store, "b.example.");
	assert_int_equal(hf_store_commit(store, NULL), HF_OK);
	assert_int_equal(hf_store_begin(store, NULL), HF_OK);
	add_zone(store, "c.example.");
	hf_store_close(store);
	store = open_store();
	assert_int_equal(hf_store_zones(store, list_zone, &listing, NULL), HF_OK);
	assert_string_equal(listing.text, "b.example. default source: file 1000\n");
	hf_store_close(store);
}

static void one_process_at_a_time(void **state)
{
	struct hf_store *store = open_store();
	expect_refusal(HF_ERR_EXISTS, "another process");
	hf_store_close(store);
	hf_store_close(open_store());
	struct stat status;
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", folder, HF_STORE_FILE);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 077, 0);
}

static void change_file(const char *sql)
{
	char path[128];
	sqlite3 *db;
	snprintf(path, sizeof(path), "%s/%s", folder, HF_STORE_FILE);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void what_is_not_ours_is_refused(void **state)
{
	hf_store_close(open_store());
	change_file("PRAGMA user_version = 999");
	expect_refusal(HF_ERR_UNSUPPORTED, "newer program");
	empty_folder();
	assert_int_equal(mkdir(folder, 0700), 0);
	change_file("CREATE TABLE recipes (name)");
	expect_refusal(HF_ERR_SYNTAX, "another program");
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", folder, HF_STORE_FILE);
	FILE *file = fopen(path, "w");
	for (int i = 0; i < 4096; i++)
		fputc('x', file);
	fclose(file);
	expect_refusal(HF_ERR_SYNTAX, "restore it from a backup");
	assert_int_equal(chmod(folder, 0755), 0);
	expect_refusal(HF_ERR_REFUSED, "chmod 700");
	assert_int_equal(chmod(folder, 0700), 0);
}

/* The first form, as it was before marks and versions. */
static void an_older_form_is_brought_up_to_date(void **state)
{
	struct hf_store *store = open_store();
	struct listing listing = {.text = ""};
	struct hf_store_marks marks;
	int64_t id = add_zone(store, "example.");
	hf_store_close(store);
	change_file("DROP TABLE version; ALTER TABLE zone DROP COLUMN flags;"
	            "ALTER TABLE zone DROP COLUMN serial; ALTER TABLE zone DROP COLUMN restored;"
	            "ALTER TABLE zone DROP COLUMN touched; PRAGMA user_version = 1");
	store = open_store();
	assert_int_equal(hf_store_zones(store, list_zone, &listing, NULL), HF_OK);
	assert_string_equal(listing.text, "example. default source: file 1000\n");
	assert_int_equal(hf_store_get_marks(store, id, NULL, &marks), HF_OK);
	assert_true(marks.flags == 0 && !marks.has_serial && marks.restored == HF_TIME_NONE);
	hf_store_close(store);
}

/* Pages that nobody would read today. */
static void damage_is_found_at_once(void **state)
{
	char path[128], garbage[2048];
	struct hf_store *store = open_store();
	int64_t id = add_zone(store, "example.");
	assert_int_equal(hf_store_begin(store, NULL), HF_OK);
	for (int i = 0; i < 3000; i++) {
		const struct hf_store_note note = {.at = i, .kind = "published", .text = "words"};
		assert_int_equal(hf_store_add_note(store, id, &note, NULL), HF_OK);
	}
	assert_int_equal(hf_store_commit(store, NULL), HF_OK);
	hf_store_close(store);
	snprintf(path, sizeof(path), "%s/%s", folder, HF_STORE_FILE);
	int fd = open(path, O_WRONLY);
	memset(garbage, 0x5a, sizeof(garbage));
	assert_int_equal(pwrite(fd, garbage, sizeof(garbage), 30 * 4096), sizeof(garbage));
	close(fd);
	expect_refusal(HF_ERR_SYNTAX, "restore it from a backup");
}

static void senseless_evidence_is_refused(void **state)
{
	struct hf_store *store = open_store();
	int64_t id = add_zone(store, "example.");
	struct hf_evidence *evidence = make_evidence(400), *back;
	assert_int_equal(hf_store_put_evidence(store, id, evidence, NULL), HF_OK);
	hf_evidence_free(evidence);
	hf_store_close(store);
	change_file("UPDATE content SET bytes = x'0001000400'");
	store = open_store();
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	assert_int_equal(hf_store_get_evidence(store, id, 0, &diag, &back), HF_ERR_SYNTAX);
	assert_non_null(strstr(diag.entries[0].text, "makes no sense"));
	hf_diag_done(&diag);
	hf_store_close(store);
}

static void a_backup_is_a_store(void **state)
{
	struct hf_store *store = open_store();
	struct listing listing = {.text = ""};
	char path[128], name[128];
	add_zone(store, "example.");
	snprintf(path, sizeof(path), "%s/backup", folder);
	assert_int_equal(hf_store_backup(store, path, NULL), HF_OK);
	assert_int_equal(hf_store_backup(store, path, NULL), HF_ERR_EXISTS);
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 077, 0);
	add_zone(store, "later.example.");
	hf_store_close(store);
	snprintf(name, sizeof(name), "%s/%s", folder, HF_STORE_FILE);
	assert_int_equal(rename(path, name), 0);
	store = open_store();
	assert_int_equal(hf_store_zones(store, list_zone, &listing, NULL), HF_OK);
	assert_string_equal(listing.text, "example. default source: file 1000\n");
	hf_store_close(store);
}

/* A child that writes a state and a note together, and tells after each commit. */
static void write_for_ever(int64_t id, int told)
{
	struct hf_store *store;
	if (hf_store_open(folder, NULL, &store) != HF_OK)
		_exit(1);
	for (uint32_t i = 1;; i++) {
		const struct hf_store_note note = {.at = i, .kind = "published", .text = "x"};
		if (hf_store_begin(store, NULL) != HF_OK ||
		        hf_store_put_state(store, id, &i, sizeof(i), NULL) != HF_OK ||
		        hf_store_add_note(store, id, &note, NULL) != HF_OK ||
		        hf_store_commit(store, NULL) != HF_OK || write(told, &i, sizeof(i)) < 0)
			_exit(1);
	}
}

static enum hf_err newest(void *context, const struct hf_store_note *note)
{
	*(uint32_t *)context = (uint32_t)note->at;
	return HF_OK;
}

static void a_kill_loses_nothing(void **state)
{
	struct hf_store *store = open_store();
	int64_t id = add_zone(store, "example.");
	hf_store_close(store);
	for (unsigned round = 0; round < 30; round++) {
		int ends[2];
		assert_int_equal(pipe(ends), 0);
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0)
			write_for_ever(id, ends[1]);
		close(ends[1]);
		usleep(2000 + round * 517 % 15000);
		kill(child, SIGKILL);
		int status;
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		uint32_t told = 0, one, noted = 0;
		while (read(ends[0], &one, sizeof(one)) == (ssize_t)sizeof(one))
			told = one;
		close(ends[0]);
		struct hf_buf out = {.data = NULL};
		store = open_store();
		assert_int_equal(hf_store_notes(store, id, 1, newest, &noted, NULL), HF_OK);
		enum hf_err err = hf_store_get_state(store, id, &out, NULL);
		if (told > 0) {
			assert_int_equal(err, HF_OK);
			memcpy(&one, out.data, sizeof(one));
			assert_in_range(one, told, told + 1);
			assert_int_equal(one, noted); /* together or not at all */
		}
		hf_buf_done(&out);
		hf_store_close(store);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(zones_are_kept),
	        TEST(state_is_replaced),
	        TEST(evidence_comes_back),
	        TEST(a_fact_ends_whatever_the_numbers),
	        TEST(new_evidence_is_all_evidence),
	        TEST(sightings_that_replace_others_are_new),
	        TEST(marks_and_versions_are_kept),
	        TEST(an_older_form_is_brought_up_to_date),
	        TEST(damage_is_found_at_once),
	        TEST(notes_are_kept_in_order),
	        TEST(a_transaction_is_whole),
	        TEST(one_process_at_a_time),
	        TEST(what_is_not_ours_is_refused),
	        TEST(senseless_evidence_is_refused),
	        TEST(a_backup_is_a_store),
	        TEST(a_kill_loses_nothing),
	};
	return cmocka_run_group_tests(tests, make_base, remove_base);
}
