/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A zone's line: from the unsigned version that a source gives to the version that secondaries get.
 *
 * load → check → review → sign → verify → gate → review → publish. A stage that fails ends the run:
 * the version before stays published and goes on being re-signed, one sentence says why, and an
 * alarm is raised. A version is visible (hf_line_published) only after it was proved and is durable
 * together with its evidence. The rollover engine lives here: what it wants is signed, what it
 * waits for is looked at, and its acts are carried out after its state was stored.
 *
 * A line is worked on by one thread at a time; the daemon sees to that. hf_line_published and
 * hf_line_status_get may be called from any thread at any time: they return snapshots.
 */
#ifndef HF_PIPELINE_LINE_H
#define HF_PIPELINE_LINE_H

#include <stdatomic.h>

#include "net/lookout.h"
#include "rollover/rollover.h"
#include "sign/sign.h"
#include "store/store.h"
#include "zone/journal.h"

enum hf_stage {
	HF_STAGE_LOAD,            /* the source's version came whole */
	HF_STAGE_CHECK,           /* serial, sizes, apex, meaning */
	HF_STAGE_REVIEW_UNSIGNED, /* a command or a person */
	HF_STAGE_SIGN,
	HF_STAGE_VERIFY, /* every signature, the whole chain of denial */
	HF_STAGE_GATE,   /* whatever caches hold */
	HF_STAGE_REVIEW_SIGNED,
	HF_STAGE_PUBLISH, /* durable, then visible */
};
#define HF_STAGES 8
const char *hf_stage_name(enum hf_stage stage); /* "load", "check", "review-unsigned" … */

enum hf_stage_state {
	HF_STAGE_IDLE, /* nothing came here yet */
	HF_STAGE_OFF,  /* the settings leave it out */
	HF_STAGE_RUNS,
	HF_STAGE_PASSED,
	HF_STAGE_FAILED,
	HF_STAGE_WAITS, /* for a person, or until a safe moment */
};
const char *hf_stage_state_name(enum hf_stage_state state); /* "idle", "off", "runs" … */

enum hf_line_mode {
	HF_LINE_SIGN,
	HF_LINE_CHECK_ONLY, /* another signer's zone: verify, gate, publish as it is */
};

/* A review of a stage: a command, a person, both or neither. */
struct hf_line_review {
	const char *const *command; /* NULL-terminated; NULL: none */
	unsigned seconds;           /* its time limit */
	bool person;                /* hf_line_order says yes or no */
};

/* Borrowed texts must stay as long as the line, or until hf_line_change gave others. */
struct hf_line_setup {
	struct hf_name zone;
	enum hf_line_mode mode;
	/* Its secondaries are all servers that take the zone from here. Without places of the
	 * parent those count that hf_line_saw_parent names. */
	struct hf_policy policy;
	const char *policy_name;
	enum hf_serial_policy serial; /* KEEP: only where the zone is published as it came */
	struct hf_line_review unsigned_review, signed_review;
	const char *keys;   /* folder of key files, made when it is not there (mode 0700) */
	const char *folder; /* of this zone's journals, likewise */
	const char *output; /* zone file that follows what is published; NULL: none */
	unsigned history;   /* published versions that are kept for IXFR and rollback */
	struct hf_store *store;
	int64_t id;    /* of the zone in the store */
	uint64_t seed; /* spreads lifetimes; used once, for a new zone */
	/* Seconds that a zone which was never published waits for a server of the parent to say
	 * which DS set it has. Then it begins with the DS set that its keys say. */
	int64_t parent_wait;
	const atomic_bool
	        *stop; /* a review's command is ended early when it becomes true; or NULL */
};

struct hf_line;

/*
 * Takes up the zone where it was left, or begins with a new one. What was published last is
 * published at once, before any other work. HF_ERR_SYNTAX: a damaged journal, which is left as it
 * is; the sentence says what to do.
 */
enum hf_err hf_line_open(const struct hf_line_setup *setup, hf_time now, struct hf_pool *pool,
        struct hf_diag *warnings, struct hf_diag *diag, struct hf_line **ret_line) HF_MUST_CHECK;
/* Everything durable stays as it is. */
void hf_line_free(struct hf_line *line);
/* Other settings for the same zone, as a reload brings them; all or nothing. */
enum hf_err hf_line_change(struct hf_line *line, const struct hf_line_setup *setup,
        struct hf_diag *diag) HF_MUST_CHECK;

/* What a source brought, or why it brought nothing. */
struct hf_line_input {
	const struct hf_version *version; /* a reference is taken; NULL: `failure` says why */
	const char *failure;              /* one sentence */
	const char *from;                 /* "AXFR from 192.0.2.1", "zone file example.zone" */
	double seconds;                   /* what loading took */
};
/*
 * Loads and checks. What passes is durable when this returns: a restart does not ask the source
 * again. What does not is a failed stage, no error. An input with the serial of the one before it
 * and the same contents is passed over.
 */
enum hf_err hf_line_input(struct hf_line *line, const struct hf_line_input *input, hf_time now,
        struct hf_diag *diag) HF_MUST_CHECK;
/* The source's last version that passed the check, for an incremental transfer; the caller owns a
 * reference. NULL: none. */
struct hf_version *hf_line_source(const struct hf_line *line);

/*
 * What was seen of the world; durable evidence when it returns. Run the line afterwards. Of the
 * parent, what is proven counts, and what an unsigned parent says; silence changes nothing, and is
 * told. A report without any sight says that the parent was looked for and not found. A new zone
 * waits for a parent no longer than `parent_wait`, and hardly at all when all servers of the parent
 * are secondaries of the zone that answer with an error, because they have no version yet. A
 * secondary counts as having a published version when all that was seen of it is that version's.
 */
enum hf_err hf_line_saw_parent(struct hf_line *line, const struct hf_parent_report *seen,
        hf_time now, struct hf_diag *diag) HF_MUST_CHECK;
/* The samples are those of the question, from hf_line_samples. */
enum hf_err hf_line_saw_secondaries(struct hf_line *line, const struct hf_secondary_report *seen,
        const struct hf_sample *samples, size_t count, hf_time now,
        struct hf_diag *diag) HF_MUST_CHECK;

/* What people say. `who` names them in the log of decisions. */
enum hf_line_order_kind {
	HF_LINE_HOLD,          /* publish nothing new; re-signing goes on */
	HF_LINE_RELEASE,       /* end of that, and of a rollback; else: try again what failed */
	HF_LINE_APPROVE,       /* what waits: a version under review, or the engine's next step */
	HF_LINE_REJECT,        /* the version under review */
	HF_LINE_ROLLBACK,      /* the contents of the published version `serial` again, newly signed
	                          under a new serial; inputs wait until the release */
	HF_LINE_ROLL,          /* `event`: start, pause, resume, abort, force, ds-seen … */
	HF_LINE_FORCE_REMOVAL, /* accept the input that the size check refused */
};
struct hf_line_says {
	enum hf_line_order_kind order;
	const char *who;
	uint32_t serial;            /* rollback */
	struct hf_roll_event event; /* roll */
};
/* HF_ERR_REFUSED, nothing changed, when it does not fit: the sentence says why and what to do.
 * Durable when it returns; run the line afterwards. `ret_words` says what follows. */
#define HF_LINE_WORDS 640
enum hf_err hf_line_order(struct hf_line *line, const struct hf_line_says *says, hf_time now,
        struct hf_diag *diag, char ret_words[static HF_LINE_WORDS]) HF_MUST_CHECK;

/* An alarm stands until its cause is gone: each has a name by which it is known. */
struct hf_line_alarm {
	char name[48]; /* "stage-verify", "signature-end", "key-end", "secondary-behind" … */
	hf_time since;
	char text[HF_LINE_WORDS];
};

struct hf_line_outcome {
	bool published;            /* hf_line_published has a new version since the last outcome */
	uint32_t serial;           /* of it */
	hf_time wake;              /* run again then at the latest; HF_TIME_NEVER */
	bool look_parent;          /* it waits for what only the parent's servers can show */
	bool look_secondaries;     /* it waits until secondaries are seen with what was published */
	double seconds[HF_STAGES]; /* of the stages that ran; negative: did not */
};
/*
 * Does everything that is due at `now`: a new input, the engine's step and its acts, signatures
 * near their end, a wait that is over. Errors are only those of memory, disk and our own faults; a
 * bad zone is a failed stage. `progress` and `pool` may be NULL.
 */
enum hf_err hf_line_run(struct hf_line *line, hf_time now, struct hf_pool *pool,
        const struct hf_progress *progress, struct hf_diag *diag,
        struct hf_line_outcome *ret_outcome) HF_MUST_CHECK;

/* Published versions, oldest first, each with a reference of its own; none for a new zone. */
enum hf_err hf_line_published(
        const struct hf_line *line, struct hf_journal_history *ret_history) HF_MUST_CHECK;
/* A few owners and types spread over the published version, for looks at secondaries. */
size_t hf_line_samples(
        const struct hf_line *line, uint64_t random, size_t room, struct hf_sample *ret_samples);

/* ---- Status ---- */

struct hf_line_stage {
	enum hf_stage_state state;
	double seconds;           /* of the last run */
	hf_time at;               /* when it ended; HF_TIME_NONE: never */
	char text[HF_LINE_WORDS]; /* its last result in one sentence; why it failed or waits */
};
struct hf_line_key {
	char text[32]; /* "KSK 12345" */
	enum hf_role role;
	uint8_t algorithm;
	uint16_t tag;
	char state[48]; /* "signs", "published", "made, not published", "removed", "standby" … */
	hf_time since;
	hf_time next; /* when its lifetime ends; HF_TIME_NEVER */
	bool ds;      /* its DS is wanted at the parent */
	bool ds_seen; /* at every server of the parent */
};
struct hf_line_server {
	char place[HF_PLACE_MAX];
	hf_time seen; /* last answer; HF_TIME_NONE */
	bool has_serial;
	uint32_t serial; /* secondaries, and the parent's own zone */
	bool good;       /* as wanted: the newest version; the wanted DS set */
	char text[160];  /* what it serves, or why that is not known */
};
struct hf_line_event {
	hf_time at;
	char text[160]; /* "signatures are renewed", "ZSK 4711 comes to its end" … */
};
#define HF_LINE_EVENTS 8

struct hf_line_status {
	struct hf_name zone;
	enum hf_line_mode mode;
	const char *policy; /* owned by the status */
	hf_time at;
	bool held, rolled_back;
	bool has_source, has_published;
	uint32_t serial_in, serial_out;
	hf_time source_at, published_at;
	uint64_t names, rrsets, signatures; /* of the published version; RRsets that are signed */
	struct hf_line_stage stages[HF_STAGES];
	/* The signature that ends first. */
	bool has_validity;
	hf_time first_expiry;
	struct hf_name first_owner;
	/* The engine. */
	/* "KSK rollover, step 2 of 4: DS 12345 replaces DS 54321; then: ZSK rollover"; empty: none
	 */
	char roll[192];
	char waits[HF_LINE_WORDS];
	enum hf_wait wait;
	hf_time until; /* HF_TIME_NEVER: not known */
	bool paused;
	char approve[HF_LINE_WORDS]; /* what waits for approval; empty: nothing */
	struct hf_line_key *keys;
	size_t key_count;
	struct hf_line_server *parents, *secondaries;
	size_t parent_count, secondary_count;
	hf_time silent_since;            /* no server of the parent says anything; HF_TIME_NONE */
	char silence[HF_LINE_WORDS / 2]; /* what they say instead; empty: they do say */
	struct hf_line_event events[HF_LINE_EVENTS]; /* the next ones, soonest first */
	size_t event_count;
	struct hf_line_alarm *alarms;
	size_t alarm_count;
	unsigned gate_safe, gate_unsafe; /* verdicts since the line was opened */
};
/* A snapshot that stays while it is referenced. Never NULL after hf_line_open. */
const struct hf_line_status *hf_line_status_get(const struct hf_line *line);
void hf_line_status_unref(const struct hf_line_status *status);

#endif
