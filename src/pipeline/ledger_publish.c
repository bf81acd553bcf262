/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a ledger changes what is durable. */
#include <stdlib.h>
#include <string.h>

#include "pipeline/ledger_inside.h"

/* ---- the store ---- */

static struct hf_store_marks marks_of(const struct hf_ledger_memory *memory)
{
	return (struct hf_store_marks){.flags = memory->flags,
	        .has_serial = memory->has_serial,
	        .serial = memory->serial,
	        .restored = memory->restored};
}

/* What goes into one transaction. */
struct entry {
	const struct hf_store_marks *marks;
	const struct hf_store_version *version; /* NULL: nothing is published */
	const struct hf_store_note *note;       /* NULL: none */
};

static enum hf_err put_state(struct hf_ledger *ledger, struct hf_diag *diag)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf bytes = {.data = NULL};
	if (!ledger->memory.has_roll)
		return HF_OK;
	hf_roll_state_put(&ledger->memory.roll, &bytes);
	enum hf_err err = hf_buf_check(&bytes);
	return err == HF_OK
	               ? hf_store_put_state(ledger->store, ledger->id, bytes.data, bytes.len, diag)
	               : err;
}

static enum hf_err put_entry(
        struct hf_ledger *ledger, const struct entry *entry, struct hf_diag *diag)
{
	struct hf_store *store = ledger->store;
	enum hf_err err = put_state(ledger, diag);
	if (err == HF_OK)
		err = hf_store_put_new_evidence(
		        store, ledger->id, ledger->memory.evidence, ledger->known, diag);
	if (err == HF_OK)
		err = hf_store_put_marks(store, ledger->id, entry->marks, diag);
	if (err == HF_OK && entry->version != NULL)
		err = hf_store_add_version(store, ledger->id, entry->version, diag);
	if (err == HF_OK && entry->note != NULL)
		err = hf_store_add_note(store, ledger->id, entry->note, diag);
	/* What changes nothing is no commit, and settles nothing. */
	if (err == HF_OK && ledger->doubtful)
		err = hf_store_touch(store, ledger->id, diag);
	return err;
}

/* Ends the transaction that was begun, in one way or the other. */
static enum hf_err end(struct hf_ledger *ledger, enum hf_err err, struct hf_diag *diag)
{
	if (err == HF_OK) {
		err = hf_store_commit(ledger->store, diag);
		ledger->doubtful = err != HF_OK;
	}
	if (err != HF_OK)
		hf_store_rollback(ledger->store);
	return err;
}

static enum hf_err store_entry(
        struct hf_ledger *ledger, const struct entry *entry, struct hf_diag *diag)
{
	enum hf_err err = hf_store_begin(ledger->store, diag);
	if (err != HF_OK)
		return err;
	err = end(ledger, put_entry(ledger, entry, diag), diag);
	if (err != HF_OK) {
		hf_store_known_drop(ledger->known);
		return err;
	}
	hf_store_known_keep(ledger->known);
	return HF_OK;
}

enum hf_err hf_ledger_keep(
        struct hf_ledger *ledger, const struct hf_store_note *note, struct hf_diag *diag)
{
	const struct hf_store_marks marks = marks_of(&ledger->memory);
	return store_entry(ledger, &(struct entry){.marks = &marks, .note = note}, diag);
}

/*
 * A commit that failed may turn up after a crash, with a version as published that stands at the
 * end of the journal. Before the journal is changed there, another commit has to take its place.
 */
static enum hf_err settle(struct hf_ledger *ledger, struct hf_diag *diag)
{
	if (!ledger->doubtful)
		return HF_OK;
	enum hf_err err = hf_store_begin(ledger->store, diag);
	if (err != HF_OK)
		return err;
	err = hf_store_touch(ledger->store, ledger->id, diag);
	return end(ledger, err, diag);
}

/* ---- publishing ---- */

static enum hf_err check_evidence(
        const struct hf_evidence *evidence, hf_time at, struct hf_diag *diag)
{
	if (hf_evidence_observed(evidence, HF_PUBLISHED, HF_KIND_DNSKEY) == at ||
	        hf_evidence_observed(evidence, HF_PUBLISHED, HF_KIND_SIGNERS) == at)
		return HF_OK;
	return hf_fail(
	        diag, HF_ERR_INVALID, "the evidence does not say what is published from then on");
}

static enum hf_err check_serial(const struct hf_ledger_memory *memory, uint32_t serial,
        const char *zone, struct hf_diag *diag)
{
	if (!memory->has_serial || hf_serial_before(memory->serial, serial))
		return HF_OK;
	return hf_fail(diag, HF_ERR_REFUSED,
	        "serial %u of %s does not come after %u, which may have been seen already; give it "
	        "a later one",
	        serial, zone, memory->serial);
}

static enum hf_err check(const struct hf_ledger *ledger, const struct hf_version *version,
        hf_time at, struct hf_diag *diag, uint32_t *ret_serial)
{
	const struct hf_ledger_memory *memory = &ledger->memory;
	const unsigned unknown = HF_LEDGER_RESTORED | HF_LEDGER_HELD;
	char zone[HF_NAME_TEXT], when[HF_TIME_TEXT];
	struct hf_soa soa;
	hf_name_text(&ledger->zone, zone);
	if ((memory->flags & unknown) == unknown)
		return hf_fail(diag, HF_ERR_REFUSED,
		        "%s was restored from a backup at %s, and what was published since then is "
		        "not known; it stays as it is until all secondaries were seen, or until "
		        "somebody releases it",
		        zone, hf_time_rfc3339(memory->restored, when));
	if (!hf_version_soa(version, &soa))
		return hf_fail(diag, HF_ERR_INVALID, "a version of %s without SOA", zone);
	enum hf_err err = check_serial(memory, soa.serial, zone, diag);
	if (err == HF_OK)
		err = check_evidence(memory->evidence, at, diag);
	if (err == HF_OK)
		*ret_serial = soa.serial;
	return err;
}

/* Room in the list, so that remembering cannot fail when the version is durable. */
static enum hf_err make_room(struct hf_journal_history *history)
{
	struct hf_journal_version *list =
	        reallocarray(history->list, history->count + 1, sizeof(*list));
	if (list == NULL)
		return HF_ERR_NOMEM;
	history->list = list;
	return HF_OK;
}

/* All that is kept and the new version, in a file of their own. Who makes a backup counts on
 * finding in the file what was published before. */
static enum hf_err write_anew(
        struct hf_ledger *ledger, const struct hf_journal_version *next, struct hf_diag *diag)
{
	struct hf_journal_history all = ledger->memory.published;
	bool replaces = all.count > 0;
	hf_ledger_drop_journal(&ledger->published);
	all.list[all.count++] = *next; /* there is room */
	if (replaces)
		hf_store_begin_replacing(ledger->store);
	enum hf_err err = hf_journal_create(ledger->published_path, &all, diag, &ledger->published);
	if (replaces)
		hf_store_end_replacing(ledger->store);
	return err;
}

/* What nobody saw may stand behind the last version. Not while a backup copies that. */
static enum hf_err cut_unseen(struct hf_ledger *ledger, uint64_t last, struct hf_diag *diag)
{
	size_t behind;
	enum hf_err err = hf_journal_behind(ledger->published, last, &behind);
	if (err != HF_OK || behind == 0)
		return err;
	hf_store_begin_replacing(ledger->store);
	err = hf_journal_cut(ledger->published, last, diag);
	hf_store_end_replacing(ledger->store);
	return err;
}

static enum hf_err write_version(
        struct hf_ledger *ledger, const struct hf_journal_version *next, struct hf_diag *diag)
{
	const struct hf_journal_history *published = &ledger->memory.published;
	if (ledger->published == NULL || published->count == 0 ||
	        hf_journal_unsure(ledger->published))
		return write_anew(ledger, next, diag);
	const struct hf_journal_version *last = &published->list[published->count - 1];
	enum hf_err err = cut_unseen(ledger, last->number, diag);
	return err == HF_OK ? hf_journal_append(ledger->published, last->version, next, diag) : err;
}

static void remember(struct hf_ledger *ledger, const struct hf_journal_version *next)
{
	struct hf_journal_history *published = &ledger->memory.published;
	published->list[published->count++] = *next;
	hf_version_ref(next->version);
	while (published->count > ledger->history)
		hf_ledger_drop_oldest(published);
}

enum hf_err hf_ledger_publish(struct hf_ledger *ledger, struct hf_version *version, hf_time at,
        const struct hf_store_note *note, struct hf_diag *diag)
{
	struct hf_ledger_memory *memory = &ledger->memory;
	struct hf_journal_version next = {.version = version, .at = at};
	struct hf_store_marks marks = marks_of(memory);
	struct hf_store_version mark = {.at = at};
	enum hf_err err = check(ledger, version, at, diag, &mark.serial);
	if (err == HF_OK)
		err = hf_ledger_number(&next.number, diag);
	if (err == HF_OK)
		err = make_room(&memory->published);
	if (err == HF_OK)
		err = settle(ledger, diag);
	if (err == HF_OK)
		err = write_version(ledger, &next, diag);
	if (err != HF_OK)
		return err;
	mark.number = next.number;
	marks.has_serial = true;
	marks.serial = mark.serial;
	err = store_entry(
	        ledger, &(struct entry){.marks = &marks, .version = &mark, .note = note}, diag);
	if (err != HF_OK)
		return err;
	memory->has_serial = true;
	memory->serial = mark.serial;
	remember(ledger, &next);
	return HF_OK;
}
