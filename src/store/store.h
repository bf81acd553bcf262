/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Durable state: zones, what their keys are doing, the evidence, decisions and publications.
 *
 * One folder (mode 0700) with a SQLite database and a lock, so that two processes never work on one
 * state. When a function that changes something returns, or the transaction around it is committed,
 * the change is on disk; after a crash all of a transaction is there or nothing. The database knows
 * its form: an older one is brought up to date when it is opened, a newer one is refused.
 *
 * Any number of threads may share a store: each function is whole by itself, and a transaction
 * belongs to the thread that began it; others wait for its end. So who begins one ends it soon,
 * whatever fails, and waits for nothing else in between.
 */
#ifndef HF_STORE_STORE_H
#define HF_STORE_STORE_H

#include "base/diag.h"
#include "base/times.h"
#include "coherence/evidence.h"

struct hf_store;

#define HF_STORE_FILE "holdfast.db"
#define HF_STORE_LOCK "holdfast.lock"
/* A folder in which a restore of a backup does its work. */
#define HF_STORE_RESTORING "restoring"

/*
 * Makes the folder and the database when they are not there. HF_ERR_EXISTS: another process uses
 * it. HF_ERR_REFUSED: others can read or write the folder, or a restore of a backup into it was
 * broken off. HF_ERR_UNSUPPORTED: a newer form. HF_ERR_SYNTAX: no database of ours, or a damaged
 * one: it is looked through as a whole when it is not larger than HF_STORE_CHECK_MAX.
 */
#define HF_STORE_CHECK_MAX (256ll << 20) /* bytes; some seconds */
enum hf_err hf_store_open(
        const char *folder, struct hf_diag *diag, struct hf_store **ret_store) HF_MUST_CHECK;
/*
 * To look at only, as it is at this moment, also while another process works on it: nothing is
 * made, changed or locked, and whatever would change something fails. HF_ERR_IO: there is no such
 * state; else as above.
 */
enum hf_err hf_store_open_reader(
        const char *folder, struct hf_diag *diag, struct hf_store **ret_store) HF_MUST_CHECK;
/* Rolls back what was not committed. No other thread may use the store any more. */
void hf_store_close(struct hf_store *store);
const char *hf_store_folder(const struct hf_store *store);

/*
 * Changes from here to the commit belong together. Without this each is a transaction of its own.
 * After an error inside, also one of the commit, the thread that began has to call
 * hf_store_rollback. A commit that failed may yet turn up after a crash, until another one that
 * changed something (hf_store_touch) did not fail.
 */
enum hf_err hf_store_begin(struct hf_store *store, struct hf_diag *diag) HF_MUST_CHECK;
enum hf_err hf_store_commit(struct hf_store *store, struct hf_diag *diag) HF_MUST_CHECK;
void hf_store_rollback(struct hf_store *store);

/* A whole, consistent copy of the database in a new file (mode 0600) while the store is in use;
 * other threads wait for it only for moments. */
enum hf_err hf_store_backup(
        struct hf_store *store, const char *path, struct hf_diag *diag) HF_MUST_CHECK;

/*
 * Files beside the database that are replaced as a whole: not while they are being copied. One
 * waits until that is over, or tries (false: later). The copy waits until nobody replaces any.
 */
void hf_store_begin_replacing(struct hf_store *store);
bool hf_store_try_replacing(struct hf_store *store) HF_MUST_CHECK;
void hf_store_end_replacing(struct hf_store *store);
void hf_store_begin_copying(struct hf_store *store);
void hf_store_end_copying(struct hf_store *store);

/* ---- Zones ---- */

struct hf_store_zone {
	int64_t id;
	struct hf_name name;
	const char *policy;   /* its name; borrowed for the time of the visit */
	const char *settings; /* whatever else the caller wants to keep, as text; likewise */
	hf_time added;
};

/* HF_ERR_EXISTS: a zone of that name is there. */
enum hf_err hf_store_add_zone(struct hf_store *store, const struct hf_store_zone *zone,
        struct hf_diag *diag, int64_t *ret_id) HF_MUST_CHECK;
/* Policy and settings of the zone with that id; HF_ERR_NOTFOUND. */
enum hf_err hf_store_change_zone(struct hf_store *store, const struct hf_store_zone *zone,
        struct hf_diag *diag) HF_MUST_CHECK;
/* And all that is known about it; HF_ERR_NOTFOUND. */
enum hf_err hf_store_remove_zone(
        struct hf_store *store, int64_t id, struct hf_diag *diag) HF_MUST_CHECK;
/* By name. An error of `visit` ends it and is returned; it must not change the store. */
typedef enum hf_err hf_store_zone_fn(void *context, const struct hf_store_zone *zone);
enum hf_err hf_store_zones(struct hf_store *store, hf_store_zone_fn *visit, void *context,
        struct hf_diag *diag) HF_MUST_CHECK;

/* ---- What a zone's keys are doing ---- */

/* The rollover's state as bytes (hf_roll_state_put); replaces what was there. */
enum hf_err hf_store_put_state(struct hf_store *store, int64_t zone, const void *bytes, size_t len,
        struct hf_diag *diag) HF_MUST_CHECK;
/* Adds the bytes to `out`; HF_ERR_NOTFOUND when there is none yet. */
enum hf_err hf_store_get_state(struct hf_store *store, int64_t zone, struct hf_buf *out,
        struct hf_diag *diag) HF_MUST_CHECK;

/* What else a zone's memory is made of. Zeros and HF_TIME_NONE for a new zone. */
struct hf_store_marks {
	unsigned flags;  /* the caller's */
	bool has_serial; /* `serial` is the newest that anybody may have seen */
	uint32_t serial;
	hf_time restored; /* when the state came back from a backup; HF_TIME_NONE: it did not */
};
enum hf_err hf_store_put_marks(struct hf_store *store, int64_t zone,
        const struct hf_store_marks *marks, struct hf_diag *diag) HF_MUST_CHECK;
enum hf_err hf_store_get_marks(struct hf_store *store, int64_t zone, struct hf_diag *diag,
        struct hf_store_marks *ret_marks) HF_MUST_CHECK;

/* A change that says nothing, so that a commit of it is one: writing what is there already may
 * write nothing at all. Afterwards a commit that failed before can no longer turn up. */
enum hf_err hf_store_touch(
        struct hf_store *store, int64_t zone, struct hf_diag *diag) HF_MUST_CHECK;

/* ---- Published versions ---- */

#define HF_STORE_VERSIONS 1000 /* newest ones of a zone that are remembered */

struct hf_store_version {
	uint64_t number; /* that it has in its journal */
	uint32_t serial;
	hf_time at;
};
/* The zone's newest version is this one now. */
enum hf_err hf_store_add_version(struct hf_store *store, int64_t zone,
        const struct hf_store_version *version, struct hf_diag *diag) HF_MUST_CHECK;
/* The newest first, at most `limit`. An error of `visit` ends it and is returned; it must not
 * change the store. */
typedef enum hf_err hf_store_version_fn(void *context, const struct hf_store_version *version);
enum hf_err hf_store_versions(struct hf_store *store, int64_t zone, unsigned limit,
        hf_store_version_fn *visit, void *context, struct hf_diag *diag) HF_MUST_CHECK;

/* ---- Evidence ---- */

/*
 * All of the evidence. Facts that are there already are only closed: none is ever changed
 * otherwise or taken away, also when the evidence forgot it.
 */
enum hf_err hf_store_put_evidence(struct hf_store *store, int64_t zone,
        const struct hf_evidence *evidence, struct hf_diag *diag) HF_MUST_CHECK;
/*
 * The same at the cost of what is new: `known` remembers what was stored of this evidence (or a
 * copy of it) before. Empty at first, or after hf_store_knows: all of the evidence was just read
 * from the store. What one transaction stored is remembered when hf_store_known_keep is called
 * after its commit; hf_store_known_drop after a rollback. One thread at a time.
 */
struct hf_store_known;
enum hf_err hf_store_known_new(struct hf_store_known **ret_known) HF_MUST_CHECK;
void hf_store_known_free(struct hf_store_known *known);
enum hf_err hf_store_knows(
        struct hf_store_known *known, const struct hf_evidence *evidence) HF_MUST_CHECK;
enum hf_err hf_store_put_new_evidence(struct hf_store *store, int64_t zone,
        const struct hf_evidence *evidence, struct hf_store_known *known,
        struct hf_diag *diag) HF_MUST_CHECK;
void hf_store_known_keep(struct hf_store_known *known);
void hf_store_known_drop(struct hf_store_known *known);
/* What caches can hold at or after `since`; older facts stay in the database. */
enum hf_err hf_store_get_evidence(struct hf_store *store, int64_t zone, hf_time since,
        struct hf_diag *diag, struct hf_evidence **ret_evidence) HF_MUST_CHECK;

/* ---- The log of decisions ---- */

struct hf_store_note {
	hf_time at;
	const char *kind; /* "published", "refused", "approved", "ds-seen" … */
	const char *who;  /* a person's name, or NULL: Holdfast itself */
	const char *text; /* a sentence */
};
enum hf_err hf_store_add_note(struct hf_store *store, int64_t zone,
        const struct hf_store_note *note, struct hf_diag *diag) HF_MUST_CHECK;
/* The newest first, at most `limit`. */
typedef enum hf_err hf_store_note_fn(void *context, const struct hf_store_note *note);
enum hf_err hf_store_notes(struct hf_store *store, int64_t zone, unsigned limit,
        hf_store_note_fn *visit, void *context, struct hf_diag *diag) HF_MUST_CHECK;

#endif
