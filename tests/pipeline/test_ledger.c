/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ledger: what was published comes back, exactly; what a crash left between two steps was never
 * seen and goes; anything older than what was published is refused; a full disk changes nothing.
 */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "statelab.h"

static struct statelab lab;

static int setup(void **state)
{
	lab_open(&lab);
	return 0;
}

static int teardown(void **state)
{
	lab_done(&lab);
	return 0;
}

static void reopen(void)
{
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	if (lab_reopen(&lab, NULL, &diag) != HF_OK)
		fail_msg("%s", diag.count > 0 ? diag.entries[0].text : "without a sentence");
	hf_diag_done(&diag);
}

/* Opening fails like this, with a sentence that has these words. */
static void expect_refusal(enum hf_err expected, const char *words)
{
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	assert_int_equal(lab_reopen(&lab, NULL, &diag), expected);
	assert_int_equal(diag.count, 1);
	if (strstr(diag.entries[0].text, words) == NULL)
		fail_msg("%s", diag.entries[0].text);
	hf_diag_done(&diag);
}

static void expect_published(uint32_t newest, size_t count)
{
	struct hf_ledger_memory *memory = hf_ledger_memory(lab.ledger);
	assert_int_equal(lab_published(lab.ledger), newest);
	assert_int_equal(memory->published.count, count);
	for (size_t i = 0; i < count; i++) {
		const struct hf_journal_version *one = &memory->published.list[i];
		assert_int_equal(lab_serial(one->version), newest - (count - 1 - i));
		assert_int_equal(one->at, LAB_START + lab_serial(one->version));
		assert_true(lab_is_whole(one->version));
	}
	assert_true(lab_is_served(memory->evidence, newest));
}

static void what_was_published_comes_back(void **state)
{
	struct hf_ledger_memory *memory = hf_ledger_memory(lab.ledger);
	assert_false(memory->has_roll);
	assert_false(memory->has_serial);
	assert_null(memory->source);
	memory->has_roll = true;
	memory->roll.forced = 3;
	memory->flags = HF_LEDGER_ROLLED_BACK;
	lab_publish_all(lab.ledger, 1, 9);
	expect_published(9, 5);
	reopen();
	expect_published(9, 5);
	memory = hf_ledger_memory(lab.ledger);
	assert_true(memory->has_roll && memory->roll.forced == 3);
	assert_int_equal(memory->flags, HF_LEDGER_ROLLED_BACK);
	assert_true(memory->has_serial && memory->serial == 9);
	assert_true(memory->restored == HF_TIME_NONE);
	hf_ledger_set_history(lab.ledger, 2);
	lab_publish_all(lab.ledger, 10, 10);
	expect_published(10, 2);
	/* Evidence of all of them: it can be in caches still. */
	assert_int_equal(hf_evidence_fact_count(memory->evidence), 10);
}

static void the_source_comes_back(void **state)
{
	for (uint32_t serial = 1; serial <= 4; serial++) {
		struct hf_version *version = lab_version(&lab.zone, serial);
		assert_int_equal(
		        hf_ledger_take_source(lab.ledger, version, 50 + serial, NULL), HF_OK);
		hf_version_unref(version);
		if (serial % 2 == 0)
			reopen();
		struct hf_ledger_memory *memory = hf_ledger_memory(lab.ledger);
		assert_int_equal(lab_serial(memory->source), serial);
		assert_true(lab_is_whole(memory->source));
		assert_int_equal(memory->source_at, 50 + serial);
	}
}

struct noted {
	unsigned count;
	char kind[16];
};

static enum hf_err count_note(void *context, const struct hf_store_note *note)
{
	struct noted *noted = context;
	noted->count++;
	snprintf(noted->kind, sizeof(noted->kind), "%s", note->kind);
	return HF_OK;
}

static void keeping_is_durable(void **state)
{
	const struct hf_store_note note = {.at = 5, .kind = "held", .who = "jo", .text = "words"};
	struct noted noted = {.count = 0};
	hf_ledger_memory(lab.ledger)->flags = HF_LEDGER_HELD;
	assert_int_equal(hf_ledger_keep(lab.ledger, &note, NULL), HF_OK);
	hf_ledger_memory(lab.ledger)->flags = 0; /* not kept */
	reopen();
	assert_int_equal(hf_ledger_memory(lab.ledger)->flags, HF_LEDGER_HELD);
	assert_int_equal(hf_store_notes(lab.store, lab.id, 9, count_note, &noted, NULL), HF_OK);
	assert_int_equal(noted.count, 1);
	assert_string_equal(noted.kind, "held");
}

/* ---- what does not fit ---- */

/* Appends versions to the journal alone, as if the program had ended before the mark. */
static void append_unmarked(uint32_t from, uint32_t to)
{
	char path[128];
	struct hf_journal *journal;
	struct hf_journal_history history;
	hf_ledger_close(lab.ledger);
	lab.ledger = NULL;
	lab_path(&lab, HF_LEDGER_PUBLISHED, path);
	if (from == 1) {
		struct hf_journal_version one = {
		        .version = lab_version(&lab.zone, 1), .at = LAB_START + 1, .number = 1001};
		assert_int_equal(hf_journal_create(path, &(struct hf_journal_history){&one, 1},
		                         NULL, &journal),
		        HF_OK);
		hf_version_unref(one.version);
		hf_journal_close(journal);
		from = 2;
	}
	assert_int_equal(hf_journal_open(path, 1, NULL, NULL, &journal, &history), HF_OK);
	hf_journal_history_done(&history);
	for (uint32_t serial = from; serial <= to; serial++) {
		struct hf_version *before = lab_version(&lab.zone, serial - 1);
		const struct hf_journal_version next = {.version = lab_version(&lab.zone, serial),
		        .at = LAB_START + serial,
		        .number = 1000 + serial};
		assert_int_equal(hf_journal_append(journal, before, &next, NULL), HF_OK);
		hf_version_unref(before);
		hf_version_unref(next.version);
	}
	hf_journal_close(journal);
}

static void what_nobody_saw_is_dropped(void **state)
{
	struct hf_diag warnings;
	lab_publish_all(lab.ledger, 1, 3);
	append_unmarked(4, 4);
	hf_diag_init(&warnings, HF_DIAG_LIMIT);
	assert_int_equal(lab_reopen(&lab, &warnings, NULL), HF_OK);
	assert_int_equal(warnings.count, 1);
	assert_non_null(strstr(warnings.entries[0].text, "serial 4 was being published"));
	hf_diag_done(&warnings);
	expect_published(3, 3);
	/* Its serial is spent, also when nothing is published before the next start. */
	reopen();
	expect_published(3, 3);
	assert_int_equal(hf_ledger_memory(lab.ledger)->serial, 4);
	assert_int_equal(lab_publish(lab.ledger, 4, NULL), HF_ERR_REFUSED);
	lab_publish_all(lab.ledger, 5, 5);
	reopen();
	assert_int_equal(lab_published(lab.ledger), 5);
	assert_int_equal(hf_ledger_memory(lab.ledger)->published.count, 4);
}

static void a_first_version_that_nobody_saw_is_dropped(void **state)
{
	append_unmarked(1, 1);
	reopen();
	assert_int_equal(lab_published(lab.ledger), 0);
	assert_int_equal(hf_ledger_memory(lab.ledger)->serial, 1);
	lab_publish_all(lab.ledger, 2, 3);
	reopen();
	expect_published(3, 2);
}

static void an_older_database_is_refused(void **state)
{
	lab_publish_all(lab.ledger, 1, 3);
	append_unmarked(4, 5);
	expect_refusal(HF_ERR_REFUSED, "the database is an older one");
}

static void a_database_without_the_zones_past_is_refused(void **state)
{
	append_unmarked(1, 2);
	expect_refusal(HF_ERR_REFUSED, "the database is an older one");
}

static void copy_file(const char *from, const char *to)
{
	char command[300];
	snprintf(command, sizeof(command), "cp %s %s", from, to);
	assert_int_equal(system(command), 0);
}

static void an_older_journal_is_refused(void **state)
{
	char path[128], old[128];
	lab_publish_all(lab.ledger, 1, 3);
	copy_file(lab_path(&lab, HF_LEDGER_PUBLISHED, path), lab_path(&lab, "old", old));
	lab_publish_all(lab.ledger, 4, 4);
	copy_file(path, lab_path(&lab, "new", old));
	copy_file(lab_path(&lab, "old", old), path);
	expect_refusal(HF_ERR_REFUSED, "serial 4 was published at");
	unlink(path);
	expect_refusal(HF_ERR_REFUSED, "there is no");
	copy_file(lab_path(&lab, "new", old), path);
	reopen();
	expect_published(4, 4);
}

static void flip(const char *path, off_t at)
{
	char byte;
	int fd = open(path, O_RDWR);
	assert_true(fd >= 0 && pread(fd, &byte, 1, at) == 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static void damage_is_told(void **state)
{
	char path[128];
	lab_publish_all(lab.ledger, 1, 3);
	struct hf_version *version = lab_version(&lab.zone, 1);
	assert_int_equal(hf_ledger_take_source(lab.ledger, version, 1, NULL), HF_OK);
	hf_version_unref(version);
	/* The source can be asked again: it must not keep what is published from being served. */
	flip(lab_path(&lab, HF_LEDGER_SOURCE, path), 100);
	struct hf_diag warnings;
	hf_diag_init(&warnings, HF_DIAG_LIMIT);
	assert_int_equal(lab_reopen(&lab, &warnings, NULL), HF_OK);
	assert_int_equal(warnings.count, 2);
	hf_diag_done(&warnings);
	assert_null(hf_ledger_memory(lab.ledger)->source);
	expect_published(3, 3);
	assert_int_equal(access(lab_path(&lab, HF_LEDGER_SOURCE ".damaged", path), F_OK), 0);
	flip(lab_path(&lab, HF_LEDGER_PUBLISHED, path), 100);
	expect_refusal(HF_ERR_SYNTAX, "is damaged");
}

static void another_zones_journal_is_refused(void **state)
{
	char path[128];
	struct hf_name other;
	struct hf_journal *journal;
	assert_int_equal(hf_name_from_text("other.", &other), HF_OK);
	struct hf_journal_version one = {.version = lab_version(&other, 1), .number = 1};
	assert_int_equal(hf_journal_create(lab_path(&lab, HF_LEDGER_PUBLISHED, path),
	                         &(struct hf_journal_history){&one, 1}, NULL, &journal),
	        HF_OK);
	hf_journal_close(journal);
	hf_version_unref(one.version);
	expect_refusal(HF_ERR_REFUSED, "the journal of the zone other.");
}

/* ---- what must not be published ---- */

static void expect_unpublished(uint32_t serial, enum hf_err expected, const char *words)
{
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	assert_int_equal(lab_publish(lab.ledger, serial, &diag), expected);
	assert_int_equal(diag.count, 1);
	assert_non_null(strstr(diag.entries[0].text, words));
	hf_diag_done(&diag);
}

static void nothing_goes_back(void **state)
{
	struct hf_ledger_memory *memory = hf_ledger_memory(lab.ledger);
	lab_publish_all(lab.ledger, 1, 5);
	expect_unpublished(5, HF_ERR_REFUSED, "does not come after 5");
	memory->serial = 8; /* seen at a secondary */
	expect_unpublished(6, HF_ERR_REFUSED, "does not come after 8");
	lab_publish_all(lab.ledger, 9, 9);
	struct hf_version *version = lab_version(&lab.zone, 10);
	assert_int_equal(hf_ledger_publish(lab.ledger, version, LAB_START + 10, NULL, NULL),
	        HF_ERR_INVALID); /* the evidence knows nothing of it */
	hf_version_unref(version);
	memory->flags = HF_LEDGER_RESTORED | HF_LEDGER_HELD;
	memory->restored = LAB_START;
	expect_unpublished(
	        11, HF_ERR_REFUSED, "was restored from a backup at 2023-11-14T22:13:20Z");
	memory->flags = HF_LEDGER_RESTORED; /* released */
	lab_publish_all(lab.ledger, 12, 12);
	reopen();
	assert_true(hf_ledger_memory(lab.ledger)->restored == LAB_START);
	assert_int_equal(lab_published(lab.ledger), 12);
}

/* A disk that is full at any point: nothing changes, and it goes on when there is room. */
static void a_full_disk_changes_nothing(void **state)
{
	struct rlimit before, limit;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	lab_publish_all(lab.ledger, 1, 3);
	uint32_t serial = 3;
	unsigned failed = 0;
	for (rlim_t room = 0; room < 60000; room += 4096) {
		limit = before;
		limit.rlim_cur = room;
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
		enum hf_err err = lab_publish(lab.ledger, serial + 1, NULL);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
		assert_true(err == HF_OK || err == HF_ERR_IO);
		serial += err == HF_OK;
		failed += err != HF_OK;
		expect_published(serial, serial < 5 ? serial : 5);
		if (room % 8192 == 0)
			reopen();
		expect_published(serial, serial < 5 ? serial : 5);
		/* What failed in the middle spent its serial, when it was started anew. */
		if (hf_ledger_memory(lab.ledger)->serial != serial)
			hf_ledger_memory(lab.ledger)->serial = serial;
	}
	assert_true(failed > 2);
	lab_publish_all(lab.ledger, serial + 1, serial + 2);
	reopen();
	expect_published(serial + 2, 5);
}

/* ---- growth ---- */

static uint64_t size_of(const char *name)
{
	char path[128];
	struct stat status;
	assert_int_equal(stat(lab_path(&lab, name, path), &status), 0);
	return (uint64_t)status.st_size;
}

static void journals_are_written_anew(void **state)
{
	uint32_t serial = 0;
	while (!hf_ledger_wants_compaction(lab.ledger)) {
		assert_true(serial < 20000);
		lab_publish_all(lab.ledger, serial + 1, serial + 1);
		serial++;
	}
	uint64_t size = size_of(HF_LEDGER_PUBLISHED);
	assert_true(size > 1 << 20);
	hf_store_begin_copying(lab.store);
	assert_int_equal(hf_ledger_compact(lab.ledger, NULL), HF_OK);
	assert_int_equal(size_of(HF_LEDGER_PUBLISHED), size);
	hf_store_end_copying(lab.store);
	assert_int_equal(hf_ledger_compact(lab.ledger, NULL), HF_OK);
	assert_true(size_of(HF_LEDGER_PUBLISHED) < size / 10);
	assert_false(hf_ledger_wants_compaction(lab.ledger));
	reopen();
	expect_published(serial, 5);
	lab_publish_all(lab.ledger, serial + 1, serial + 1);
	reopen();
	expect_published(serial + 1, 5);
}

static void evidence_in_memory_stays_small(void **state)
{
	struct hf_ledger_memory *memory = hf_ledger_memory(lab.ledger);
	lab_publish_all(lab.ledger, 1, 1);
	for (uint32_t i = 2; i < 6000; i++)
		assert_int_equal(lab_observe(memory->evidence, i, LAB_START + i), HF_OK);
	assert_int_equal(hf_ledger_keep(lab.ledger, NULL, NULL), HF_OK);
	assert_int_equal(hf_ledger_trim(lab.ledger, LAB_START + 5992 + 3600 + 7 * 86400), HF_OK);
	assert_int_equal(hf_evidence_fact_count(memory->evidence), 10);
	/* Contents have new numbers: the key's next content is no longer about the 6000th. */
	assert_true(hf_evidence_fact_at(memory->evidence, 9)->content < 11);
	assert_int_equal(lab_publish(lab.ledger, 6000, NULL), HF_OK);
	reopen();
	memory = hf_ledger_memory(lab.ledger);
	/* The store has all of it, each fact once. */
	assert_int_equal(hf_evidence_fact_count(memory->evidence), 6000);
	assert_true(lab_is_served(memory->evidence, 6000));
}

/* ---- several at once ---- */

#define THREADS  4
#define VERSIONS 15

struct worker {
	pthread_t thread;
	struct statelab lab;
	enum hf_err err;
};

static void *publish_many(void *context)
{
	struct worker *worker = context;
	for (uint32_t serial = 1; serial <= VERSIONS && worker->err == HF_OK; serial++)
		worker->err = lab_publish(worker->lab.ledger, serial, NULL);
	return NULL;
}

static void zones_share_a_store(void **state)
{
	struct worker workers[THREADS];
	char name[32], *folder;
	for (unsigned i = 0; i < THREADS; i++) {
		struct statelab *one = &workers[i].lab;
		struct hf_store_zone zone = {.policy = "default", .settings = ""};
		workers[i].err = HF_OK;
		snprintf(name, sizeof(name), "zone%u.", i);
		assert_int_equal(hf_name_from_text(name, &zone.name), HF_OK);
		*one = lab;
		one->zone = zone.name;
		assert_int_equal(hf_store_add_zone(lab.store, &zone, NULL, &one->id), HF_OK);
		assert_int_equal(hf_state_zone_folder(lab.state, one->id, NULL, &folder), HF_OK);
		const struct hf_ledger_setup begin = {.zone = &one->zone,
		        .folder = folder,
		        .store = lab.store,
		        .id = one->id,
		        .history = 3,
		        .now = LAB_START};
		assert_int_equal(hf_ledger_open(&begin, NULL, NULL, &one->ledger), HF_OK);
		free(folder);
	}
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(
		        pthread_create(&workers[i].thread, NULL, publish_many, &workers[i]), 0);
	/* And one that begins, fails and gives up. */
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(hf_store_begin(lab.store, NULL), HF_OK);
		assert_int_equal(hf_store_put_state(lab.store, 999, "x", 1, NULL), HF_ERR_NOTFOUND);
		hf_store_rollback(lab.store);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
		assert_int_equal(workers[i].err, HF_OK);
		assert_int_equal(lab_published(workers[i].lab.ledger), VERSIONS);
		hf_ledger_close(workers[i].lab.ledger);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	        TEST(what_was_published_comes_back),
	        TEST(the_source_comes_back),
	        TEST(keeping_is_durable),
	        TEST(what_nobody_saw_is_dropped),
	        TEST(a_first_version_that_nobody_saw_is_dropped),
	        TEST(an_older_database_is_refused),
	        TEST(a_database_without_the_zones_past_is_refused),
	        TEST(an_older_journal_is_refused),
	        TEST(damage_is_told),
	        TEST(another_zones_journal_is_refused),
	        TEST(nothing_goes_back),
	        TEST(a_full_disk_changes_nothing),
	        TEST(journals_are_written_anew),
	        TEST(evidence_in_memory_stays_small),
	        TEST(zones_share_a_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
