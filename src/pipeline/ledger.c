/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/ledger.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "pipeline/ledger_inside.h"
#include "pipeline/statefolder.h"

/* ---- journals ---- */

void hf_ledger_drop_journal(struct hf_journal **journal)
{
	hf_journal_close(*journal);
	*journal = NULL;
}

void hf_ledger_drop_oldest(struct hf_journal_history *history)
{
	hf_version_unref(history->list[0].version);
	memmove(history->list, history->list + 1, --history->count * sizeof(*history->list));
}

static enum hf_err refuse_old_journal(const struct hf_ledger *ledger,
        const struct hf_store_version *mark, const char *what, struct hf_diag *diag)
{
	char at[HF_TIME_TEXT];
	return hf_fail(diag, HF_ERR_REFUSED,
	        "serial %u was published at %s, but %s %s; put back the file that belongs to this "
	        "state, or restore a backup of the whole state",
	        mark->serial, hf_time_rfc3339(mark->at, at), what, ledger->published_path);
}

static enum hf_err refuse_old_store(const struct hf_ledger *ledger, struct hf_diag *diag)
{
	return hf_fail(diag, HF_ERR_REFUSED,
	        "%s has several versions that the database in %s knows nothing of, so the database "
	        "is an older one; put back the one that belongs to this state, or restore a "
	        "backup of the whole state",
	        ledger->published_path, hf_store_folder(ledger->store));
}

static uint32_t serial_of(const struct hf_version *version)
{
	struct hf_soa soa;
	return hf_version_soa(version, &soa) ? soa.serial : 0;
}

/* What a crash left behind the marked version was never seen. Its serial is spent all the same. */
static void forget_unseen(struct hf_ledger *ledger, struct hf_diag *warnings)
{
	struct hf_ledger_memory *memory = &ledger->memory;
	struct hf_journal_history *published = &memory->published;
	struct hf_version *version = published->list[--published->count].version;
	uint32_t serial = serial_of(version);
	if (!memory->has_serial || hf_serial_before(memory->serial, serial)) {
		memory->has_serial = true;
		memory->serial = serial;
	}
	hf_version_unref(version);
	hf_diag_add(warnings, ledger->published_path, 0,
	        "serial %u was being published when the program ended; nobody has seen it, and it "
	        "is dropped",
	        serial);
}

/* Holds the journal against the mark; `mark` NULL: nothing was published as the store knows. */
static enum hf_err compare(struct hf_ledger *ledger, const struct hf_store_version *mark,
        struct hf_diag *warnings, struct hf_diag *diag)
{
	size_t behind = hf_journal_count(ledger->published);
	if (mark != NULL &&
	        hf_journal_behind(ledger->published, mark->number, &behind) == HF_ERR_NOTFOUND)
		return refuse_old_journal(ledger, mark, "that is not what is in", diag);
	if (behind > 1)
		return refuse_old_store(ledger, diag);
	if (behind == 1)
		forget_unseen(ledger, warnings);
	if (mark == NULL)
		hf_ledger_drop_journal(&ledger->published); /* the next one replaces it */
	return HF_OK;
}

static enum hf_err check_zone(const struct hf_ledger *ledger, const struct hf_version *version,
        const char *path, struct hf_diag *diag)
{
	char name[HF_NAME_TEXT];
	const struct hf_name *apex = hf_version_apex(version);
	if (hf_name_equal(apex, &ledger->zone))
		return HF_OK;
	return hf_fail(diag, HF_ERR_REFUSED,
	        "%s is the journal of the zone %s; put back the right one", path,
	        hf_name_text(apex, name));
}

static enum hf_err open_published(struct hf_ledger *ledger, const struct hf_store_version *mark,
        struct hf_diag *warnings, struct hf_diag *diag)
{
	struct hf_journal_history *published = &ledger->memory.published;
	struct hf_diag missing;
	hf_diag_init(&missing, HF_DIAG_LIMIT);
	/* One more than wanted: the last may have to be dropped. */
	enum hf_err err = hf_journal_open(ledger->published_path, (size_t)ledger->history + 1,
	        warnings, &missing, &ledger->published, published);
	if (err == HF_ERR_NOTFOUND) {
		hf_diag_done(&missing);
		return mark == NULL ? HF_OK : refuse_old_journal(ledger, mark, "there is no", diag);
	}
	hf_diag_move(diag, &missing);
	if (err == HF_OK)
		err = check_zone(ledger, published->list[0].version, ledger->published_path, diag);
	if (err == HF_OK)
		err = compare(ledger, mark, warnings, diag);
	while (err == HF_OK && published->count > ledger->history)
		hf_ledger_drop_oldest(published);
	return err;
}

/* The source can be asked again; what stands in its way is kept for who wants to know why. */
static enum hf_err set_aside(
        const struct hf_ledger *ledger, struct hf_diag *why, struct hf_diag *warnings)
{
	char *aside;
	if (asprintf(&aside, "%s.damaged", ledger->source_path) < 0)
		return HF_ERR_NOMEM;
	enum hf_err err = rename(ledger->source_path, aside) == 0 ? HF_OK : HF_ERR_IO;
	if (err == HF_OK) {
		hf_diag_move(warnings, why);
		hf_diag_add(warnings, ledger->source_path, 0,
		        "it is kept as %s, and the zone's source is asked anew", aside);
	}
	free(aside);
	return err;
}

static enum hf_err open_source(
        struct hf_ledger *ledger, struct hf_diag *warnings, struct hf_diag *diag)
{
	struct hf_journal_history history;
	struct hf_diag why;
	hf_diag_init(&why, HF_DIAG_LIMIT);
	enum hf_err err =
	        hf_journal_open(ledger->source_path, 1, warnings, &why, &ledger->source, &history);
	if (err == HF_ERR_NOTFOUND) {
		hf_diag_done(&why);
		return HF_OK;
	}
	if (err == HF_ERR_SYNTAX)
		err = set_aside(ledger, &why, warnings);
	hf_diag_move(diag, &why);
	if (err != HF_OK || ledger->source == NULL)
		return err;
	err = check_zone(ledger, history.list[0].version, ledger->source_path, diag);
	if (err == HF_OK) {
		ledger->memory.source = hf_version_ref(history.list[0].version);
		ledger->memory.source_at = history.list[0].at;
	}
	hf_journal_history_done(&history);
	return err;
}

/* ---- the store ---- */

static enum hf_err get_state(struct hf_ledger *ledger, uint64_t seed, struct hf_diag *diag)
{
	struct hf_ledger_memory *memory = &ledger->memory;
	HF_CLEANUP(hf_buf_done) struct hf_buf bytes = {.data = NULL};
	enum hf_err err = hf_store_get_state(ledger->store, ledger->id, &bytes, diag);
	if (err == HF_ERR_NOTFOUND) {
		hf_roll_state_init(&memory->roll, &ledger->zone, seed);
		return HF_OK;
	}
	if (err != HF_OK)
		return err;
	struct hf_roll_state roll;
	err = hf_roll_state_get(bytes.data, bytes.len, diag, &roll);
	if (err != HF_OK)
		return err;
	memory->roll = roll;
	memory->has_roll = true;
	return HF_OK;
}

static enum hf_err get_evidence(struct hf_ledger *ledger, hf_time now, struct hf_diag *diag)
{
	struct hf_ledger_memory *memory = &ledger->memory;
	enum hf_err err = hf_store_get_evidence(
	        ledger->store, ledger->id, now - HF_LEDGER_SLACK, diag, &memory->evidence);
	if (err != HF_OK)
		return err;
	hf_evidence_set_blur(memory->evidence, HF_LEDGER_BLUR);
	err = hf_store_known_new(&ledger->known);
	return err == HF_OK ? hf_store_knows(ledger->known, memory->evidence) : err;
}

static enum hf_err get_marks(struct hf_ledger *ledger, struct hf_diag *diag)
{
	struct hf_ledger_memory *memory = &ledger->memory;
	struct hf_store_marks marks;
	enum hf_err err = hf_store_get_marks(ledger->store, ledger->id, diag, &marks);
	if (err != HF_OK)
		return err;
	memory->flags = marks.flags;
	memory->has_serial = marks.has_serial;
	memory->serial = marks.serial;
	memory->restored = marks.restored;
	return HF_OK;
}

struct newest {
	bool is_there;
	struct hf_store_version version;
};

static enum hf_err take_newest(void *context, const struct hf_store_version *version)
{
	*(struct newest *)context = (struct newest){.is_there = true, .version = *version};
	return HF_OK;
}

/* ---- opening ---- */

static enum hf_err take_setup(struct hf_ledger *ledger, const struct hf_ledger_setup *setup)
{
	ledger->zone = *setup->zone;
	hf_name_lower(&ledger->zone);
	ledger->store = setup->store;
	ledger->id = setup->id;
	hf_ledger_set_history(ledger, setup->history);
	if (asprintf(&ledger->source_path, "%s/" HF_LEDGER_SOURCE, setup->folder) < 0) {
		ledger->source_path = NULL;
		return HF_ERR_NOMEM;
	}
	if (asprintf(&ledger->published_path, "%s/" HF_LEDGER_PUBLISHED, setup->folder) < 0) {
		ledger->published_path = NULL;
		return HF_ERR_NOMEM;
	}
	return HF_OK;
}

static enum hf_err open_all(struct hf_ledger *ledger, const struct hf_ledger_setup *setup,
        struct hf_diag *warnings, struct hf_diag *diag)
{
	struct newest newest = {.is_there = false};
	enum hf_err err = take_setup(ledger, setup);
	if (err == HF_OK)
		err = hf_state_make_folder(setup->folder, diag);
	if (err == HF_OK)
		err = get_marks(ledger, diag);
	if (err == HF_OK)
		err = get_state(ledger, setup->seed, diag);
	if (err == HF_OK)
		err = get_evidence(ledger, setup->now, diag);
	if (err == HF_OK)
		err = hf_store_versions(ledger->store, ledger->id, 1, take_newest, &newest, diag);
	if (err == HF_OK)
		err = open_published(
		        ledger, newest.is_there ? &newest.version : NULL, warnings, diag);
	return err == HF_OK ? open_source(ledger, warnings, diag) : err;
}

enum hf_err hf_ledger_open(const struct hf_ledger_setup *setup, struct hf_diag *warnings,
        struct hf_diag *diag, struct hf_ledger **ret_ledger)
{
	struct hf_ledger *ledger = calloc(1, sizeof(*ledger));
	if (ledger == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = open_all(ledger, setup, warnings, diag);
	if (err != HF_OK) {
		hf_ledger_close(ledger);
		return err;
	}
	*ret_ledger = ledger;
	return HF_OK;
}

void hf_ledger_close(struct hf_ledger *ledger)
{
	if (ledger == NULL)
		return;
	struct hf_ledger_memory *memory = &ledger->memory;
	hf_version_unref(memory->source);
	hf_journal_history_done(&memory->published);
	hf_roll_state_done(&memory->roll);
	hf_evidence_free(memory->evidence);
	hf_store_known_free(ledger->known);
	hf_journal_close(ledger->source);
	hf_journal_close(ledger->published);
	free(ledger->source_path);
	free(ledger->published_path);
	free(ledger);
}

struct hf_ledger_memory *hf_ledger_memory(struct hf_ledger *ledger)
{
	return &ledger->memory;
}

void hf_ledger_set_history(struct hf_ledger *ledger, unsigned history)
{
	ledger->history = history == 0 ? 1 : history;
}

/* ---- the source ---- */

enum hf_err hf_ledger_number(uint64_t *ret_number, struct hf_diag *diag)
{
	uint64_t number;
	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return hf_fail(diag, HF_ERR_IO, "no random numbers: %s", strerror(errno));
	*ret_number = number;
	return HF_OK;
}

enum hf_err hf_ledger_take_source(
        struct hf_ledger *ledger, struct hf_version *version, hf_time at, struct hf_diag *diag)
{
	struct hf_ledger_memory *memory = &ledger->memory;
	struct hf_journal_version next = {.version = version, .at = at};
	const struct hf_journal_history alone = {.list = &next, .count = 1};
	enum hf_err err = hf_ledger_number(&next.number, diag);
	if (err != HF_OK)
		return err;
	if (ledger->source != NULL && hf_journal_unsure(ledger->source))
		hf_ledger_drop_journal(&ledger->source);
	if (ledger->source != NULL)
		err = hf_journal_append(ledger->source, memory->source, &next, diag);
	else
		err = hf_journal_create(ledger->source_path, &alone, diag, &ledger->source);
	if (err != HF_OK)
		return err;
	hf_version_unref(memory->source);
	memory->source = hf_version_ref(version);
	memory->source_at = at;
	return HF_OK;
}

/* ---- idle time ---- */

static bool has_grown(const struct hf_journal *journal, size_t wanted)
{
	return journal != NULL && hf_journal_count(journal) > wanted &&
	       hf_journal_size(journal) > 2 * hf_journal_base_size(journal) + (1u << 20);
}

bool hf_ledger_wants_compaction(const struct hf_ledger *ledger)
{
	return has_grown(ledger->source, 1) ||
	       has_grown(ledger->published, ledger->memory.published.count);
}

/* The old file may be gone by its name when this fails: then its versions are written once more
 * before anything is appended. */
static enum hf_err compact(struct hf_journal **journal, const char *path,
        const struct hf_journal_history *versions, struct hf_diag *diag)
{
	hf_ledger_drop_journal(journal);
	return hf_journal_create(path, versions, diag, journal);
}

enum hf_err hf_ledger_compact(struct hf_ledger *ledger, struct hf_diag *diag)
{
	struct hf_ledger_memory *memory = &ledger->memory;
	enum hf_err err = HF_OK;
	/* A commit that may yet turn up needs the version that it speaks of. */
	if (ledger->doubtful || !hf_store_try_replacing(ledger->store))
		return HF_OK;
	if (has_grown(ledger->published, memory->published.count))
		err = compact(&ledger->published, ledger->published_path, &memory->published, diag);
	if (err == HF_OK && has_grown(ledger->source, 1)) {
		struct hf_journal_version newest = {
		        .version = memory->source, .at = memory->source_at};
		err = hf_ledger_number(&newest.number, diag);
		if (err == HF_OK)
			err = compact(&ledger->source, ledger->source_path,
			        &(struct hf_journal_history){.list = &newest, .count = 1}, diag);
	}
	hf_store_end_replacing(ledger->store);
	return err;
}
