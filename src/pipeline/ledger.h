/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A zone's durable memory: its journals and its part of the store, as one.
 *
 * Two journals in the zone's folder, HF_LEDGER_SOURCE (versions as the source gave them) and
 * HF_LEDGER_PUBLISHED (versions as secondaries get them), and the store's state, evidence, flags
 * and notes. A publication is: the version into the journal, then state, evidence and a mark (the
 * number that the version has in the journal) in one transaction, and only then may it be seen.
 * Disk full, or any other failed write: HF_ERR_IO, and everything is as before the call; only after
 * a crash a failed call may yet turn out to have been done, as a whole.
 *
 * What is found when a ledger is opened:
 *  - the journal ends with the marked version: the rule.
 *  - one version follows the marked one: a crash between the two steps. Nobody saw it; it is
 *    dropped with a warning, and its serial is not used for anything else (`serial` below).
 *  - more follow: the store is older than the journal, somebody put an old database in place. The
 *    marked version is not in the journal, or the journal is gone: the journal is the older one.
 *    Both are HF_ERR_REFUSED: what is published must never become older unless somebody says so.
 *  - a damaged journal of published versions: HF_ERR_SYNTAX; it is left as it is.
 *  - a damaged journal of source versions: it is set aside under another name with a warning; the
 *    source can be asked again.
 *
 * A state that was restored from a backup (backup.h) is HELD and RESTORED. Whatever happened since
 * the backup is not known: newer serials, keys that came, a DS set that changed. So nothing is
 * published, no key is removed and none is discarded before somebody looked: either every secondary
 * was asked, what it serves is in the evidence, and `serial` was raised to its serial; or a person
 * said so with the release. Whoever finds the first clears both flags; a release clears HELD.
 *
 * One thread at a time a ledger; ledgers of several zones may share a store from several threads.
 */
#ifndef HF_PIPELINE_LEDGER_H
#define HF_PIPELINE_LEDGER_H

#include "rollover/rollover.h"
#include "store/store.h"
#include "zone/journal.h"

#define HF_LEDGER_SOURCE    "source.journal"
#define HF_LEDGER_PUBLISHED "published.journal"

struct hf_ledger;

enum hf_ledger_flags {
	HF_LEDGER_HELD = 1 << 0,        /* nothing new is published */
	HF_LEDGER_ROLLED_BACK = 1 << 1, /* inputs wait until the release */
	HF_LEDGER_UNSIGNED = 1 << 2,    /* what is published has no signatures, by intent */
	HF_LEDGER_RESTORED = 1 << 3,    /* from a backup; with HELD nothing at all is published */
};

/*
 * What it remembers; filled by hf_ledger_open, kept up to date by the functions below. The caller
 * may work on `roll`, `has_roll`, `evidence` (also put another one in its place, when it has freed
 * the old one), `flags` and `serial` between calls; they are durable after the next hf_ledger_keep
 * or hf_ledger_publish. The versions are the ledger's own.
 */
struct hf_ledger_memory {
	struct hf_version *source; /* NULL: none yet */
	hf_time source_at;
	struct hf_journal_history published; /* oldest first; the last one is what is served */
	struct hf_roll_state roll;
	bool has_roll; /* false: a new zone; `roll` is initialised */
	struct hf_evidence *evidence;
	unsigned flags; /* enum hf_ledger_flags */
	/* The newest serial that anybody may ever have seen, or that was used for something nobody
	 * saw. Whatever is published comes after it (RFC 1982). */
	bool has_serial;
	uint32_t serial;
	hf_time restored; /* when the state was restored from a backup; HF_TIME_NONE: never */
};

struct hf_ledger_setup {
	const struct hf_name *zone;
	const char *folder; /* made when it is not there, mode 0700 */
	struct hf_store *store;
	int64_t id;
	unsigned history; /* published versions that are kept; at least 1 */
	uint64_t seed;    /* for hf_roll_state_init of a new zone */
	hf_time now;      /* evidence that no cache can hold any more is left in the store */
};

/* HF_ERR_NOTFOUND: the store has no such zone. What else can be wrong is said above. */
enum hf_err hf_ledger_open(const struct hf_ledger_setup *setup, struct hf_diag *warnings,
        struct hf_diag *diag, struct hf_ledger **ret_ledger) HF_MUST_CHECK;
/* Keeps nothing that was not kept. NULL is fine. */
void hf_ledger_close(struct hf_ledger *ledger);
struct hf_ledger_memory *hf_ledger_memory(struct hf_ledger *ledger); /* owned by the ledger */
void hf_ledger_set_history(struct hf_ledger *ledger, unsigned history);

/* The source's next version, durable when it returns. */
enum hf_err hf_ledger_take_source(struct hf_ledger *ledger, struct hf_version *version, hf_time at,
        struct hf_diag *diag) HF_MUST_CHECK;
/* State, evidence, flags, serial, and a note (may be NULL) in one transaction. */
enum hf_err hf_ledger_keep(struct hf_ledger *ledger, const struct hf_store_note *note,
        struct hf_diag *diag) HF_MUST_CHECK;
/*
 * Durable when it returns; only then may anybody see the version. The evidence that it is published
 * from `at` on must be in memory->evidence already (HF_ERR_INVALID); on failure the caller takes
 * that back. `serial` becomes the version's. HF_ERR_REFUSED: the version's serial is not after
 * `serial`, or the state is RESTORED and HELD; the sentence says so.
 */
enum hf_err hf_ledger_publish(struct hf_ledger *ledger, struct hf_version *version, hf_time at,
        const struct hf_store_note *note, struct hf_diag *diag) HF_MUST_CHECK;

/*
 * For idle time. Journals grow with every version; whether they have grown enough to be written
 * anew, and doing so, which takes as long as writing the zone. The files are replaced as a whole.
 * While a backup is made nothing is done, and still wanted.
 */
bool hf_ledger_wants_compaction(const struct hf_ledger *ledger);
enum hf_err hf_ledger_compact(struct hf_ledger *ledger, struct hf_diag *diag) HF_MUST_CHECK;
/* Likewise, right after what changed was kept: drops evidence that no cache can hold at or after a
 * week before `before` from memory; the store has it all. Contents, keys and DS records may get
 * other numbers.
 */
enum hf_err hf_ledger_trim(struct hf_ledger *ledger, hf_time before) HF_MUST_CHECK;

#endif
