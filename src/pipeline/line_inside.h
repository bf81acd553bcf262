/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a line is made of. For the files of the line only.
 *
 * `line.c` opens it and hands out what is published, `line_input.c` takes what a source brings,
 * `line_seen.c` what was seen of the world, `line_order.c` what people say, `line_engine.c` carries
 * out the engine's acts, `line_publish.c` brings one version from signing to publication,
 * `line_run.c` decides what is due, `line_stage.c`, `line_alarm.c` and `line_status.c` tell.
 *
 * What the ledger remembers is the truth. The rest is either a result that can be worked out again,
 * or what a person has to be asked again after a restart.
 */
#ifndef HF_PIPELINE_LINE_INSIDE_H
#define HF_PIPELINE_LINE_INSIDE_H

#include <pthread.h>

#include "pipeline/intake.h"
#include "pipeline/keybox.h"
#include "pipeline/ledger.h"
#include "pipeline/line.h"
#include "pipeline/proof.h"
#include "pipeline/recipe.h"

/* Contents that did not get through, and when they are tried again. */
struct hf_line_failure {
	struct hf_version *zone; /* NULL: none */
	struct hf_recipe recipe; /* with which they were tried */
	bool any_recipe;         /* it does not matter how they are signed */
	hf_time retry;           /* HF_TIME_NEVER: not by itself */
};

/* What other threads may ask for at any time. */
struct hf_line_shared {
	pthread_mutex_t lock;
	struct hf_line_snapshot *status;
	struct hf_journal_history published; /* references of its own */
};

struct hf_line {
	struct hf_line_setup setup;
	/* The policy names no server of the parent: its list is what was found. */
	bool parents_found;
	struct hf_ledger *ledger;
	struct hf_ledger_memory *memory; /* the ledger's */
	struct hf_keybox *box;           /* NULL: check-only */
	struct hf_line_shared *shared;

	/* How the version that is published came about; worked out again after a restart. */
	struct hf_version *base; /* its unsigned contents; NULL: nothing is published */
	struct hf_recipe recipe; /* with has_recipe */
	bool has_recipe;
	struct hf_survey survey; /* with has_survey */
	bool has_survey;
	bool untold;       /* no outcome has said yet that it is published */
	bool remake;       /* settings changed: sign it anew */
	hf_time refreshed; /* when signatures were replaced last; HF_TIME_NONE */

	/* What is to be published next. */
	struct hf_version *target;    /* NULL: nothing but `base` */
	bool target_is_old;           /* a rollback, not an input */
	struct hf_intake_sizes sizes; /* of the ledger's source; with has_sizes */
	bool has_sizes;
	struct hf_version *removing; /* an input that the size check refused */
	struct hf_line_failure failed_target, failed_base;
	enum hf_stage waits_at;       /* a review that waits for a person … */
	struct hf_version *waits_for; /* … about these contents; NULL: none does */
	struct hf_version *agreed[2]; /* contents that passed the reviews: unsigned, signed */

	/* The engine. */
	struct hf_outcome outcome; /* its last word; with `stepped` */
	bool stepped;
	struct hf_buf kept; /* its state as it was stored last */
	size_t kept_facts;
	uint32_t newest_content; /* largest number of a content in the evidence */
	hf_time trimmed;         /* when the evidence was; HF_TIME_NONE */
	hf_time wake;            /* as the last run asked for; HF_TIME_NONE: there was none */
	hf_time leap;            /* the clock leapt: nothing is signed before this; HF_TIME_NONE */
	hf_time looking_since;   /* a new zone waits for a look at its parent; HF_TIME_NONE */
	/* No server of the parent says which DS set the zone has, since then; HF_TIME_NONE: one
	 * does, or none was asked yet. */
	hf_time silent_since;
	char silence[HF_LINE_WORDS / 2]; /* what they say instead */
	bool parent_waits;               /* all are secondaries that have no version yet */

	/* For people. */
	struct hf_line_stage stages[HF_STAGES];
	double seconds[HF_STAGES]; /* of this run; negative: did not run */
	double began;              /* the stage that runs */
	bool quiet; /* the old contents are worked on: what stopped the new ones is still told */
	struct hf_line_server *parents, *secondaries;
	size_t parent_count, secondary_count;
	hf_time behind[HF_POLICY_PLACES]; /* since when each secondary is; HF_TIME_NONE: it is not
	                                   */
	struct hf_line_alarm *alarms;
	size_t alarm_count;
	char output_failure[HF_LINE_WORDS], key_failure[HF_LINE_WORDS]; /* empty: none */
	char asked[HF_ACT_TEXT]; /* the DS set that the parent was asked for last */
	unsigned gate_safe, gate_unsafe;
};

/* One run. */
struct hf_line_job {
	struct hf_line *line;
	hf_time now;
	struct hf_pool *pool;
	const struct hf_progress *progress; /* may be NULL */
	struct hf_diag *diag;
	struct hf_line_outcome *outcome;
};

/* The version that is published; NULL: none. */
const struct hf_version *hf_line_served(const struct hf_line *line);
hf_time hf_line_served_at(const struct hf_line *line); /* HF_TIME_NONE */
/* Takes a reference to the new one and drops the old. Either may be NULL. */
void hf_line_put(struct hf_version **place, const struct hf_version *version);
/* The first sentence of a diagnostic, or what the error means. */
void hf_line_words(const struct hf_diag *diag, enum hf_err err, char words[static HF_LINE_WORDS]);
/* Errors that a bad zone, a bad key or a person's wish can cause; the others end a run. */
bool hf_line_is_verdict(enum hf_err err);

/* ---- line_stage.c ---- */

void hf_line_stage_begin(struct hf_line *line, enum hf_stage stage);
void hf_line_stage_end(struct hf_line *line, enum hf_stage stage, enum hf_stage_state state,
        hf_time now, const char *format, ...) HF_PRINTF(5, 6);
/* Stages after this one have nothing to tell any more. */
void hf_line_stage_clear(struct hf_line *line, enum hf_stage after);

/* ---- line_engine.c ---- */

/* Settles what the engine knows of a zone that it sees for the first time. */
enum hf_err hf_line_engine_begin(struct hf_line_job *job) HF_MUST_CHECK;
/* One step and its acts. `ret_again`: something happened that it should be told of at once. */
enum hf_err hf_line_engine_step(struct hf_line_job *job, bool *ret_again) HF_MUST_CHECK;
/* Stores the engine's state and the evidence if they are not as they were stored last. */
enum hf_err hf_line_engine_keep(
        struct hf_line_job *job, const struct hf_store_note *note) HF_MUST_CHECK;
/* They were stored with something else. */
enum hf_err hf_line_engine_kept(struct hf_line *line) HF_MUST_CHECK;
/* Of the zone as it is wanted; false: the engine has not said yet. */
bool hf_line_wants(const struct hf_line *line, struct hf_wanted *ret_wanted);

/* ---- line_publish.c ---- */

enum hf_line_result {
	HF_LINE_NOTHING,   /* there was nothing to do */
	HF_LINE_PUBLISHED, /* the contents are published */
	HF_LINE_STOPPED,   /* they did not get through, or wait for a person */
	HF_LINE_LATER,     /* a version was published in this second already */
};
/* Brings contents through all stages; `reviewed`: also through the reviews. */
enum hf_err hf_line_publish(struct hf_line_job *job, struct hf_version *zone, bool reviewed,
        struct hf_line_failure *failure, enum hf_line_result *ret_result) HF_MUST_CHECK;
/* Whether the contents failed in the same way before, and are not to be tried again yet. */
bool hf_line_failed(const struct hf_line_job *job, const struct hf_line_failure *failure,
        const struct hf_version *zone);
void hf_line_failure_clear(struct hf_line_failure *failure);
/* How often signatures are replaced at most, in seconds. */
int64_t hf_line_pace(const struct hf_line *line);

/* ---- line_alarm.c ---- */

/* Works out which alarms stand. */
enum hf_err hf_line_alarms(struct hf_line *line, hf_time now) HF_MUST_CHECK;

/* ---- line_status.c ---- */

/* "ZSK rollover", "going insecure": a change in words. Returns `text`. */
#define HF_LINE_CHANGE 48
char *hf_line_change_name(const struct hf_roll_start *start, char text[static HF_LINE_CHANGE]);
/* Puts a new snapshot in the place of the last one, which stays when memory runs out. */
void hf_line_tell(struct hf_line *line, hf_time now);
/* What is published is shown to everybody. */
enum hf_err hf_line_show(struct hf_line *line) HF_MUST_CHECK;
void hf_line_shared_free(struct hf_line_shared *shared);
enum hf_err hf_line_shared_new(struct hf_line_shared **ret_shared) HF_MUST_CHECK;

/* ---- line_input.c ---- */

/* After opening: which contents are published, and whether the source is ahead of them. */
enum hf_err hf_line_settle(struct hf_line *line) HF_MUST_CHECK;
/* An input that waits for a word about what it takes away. */
enum hf_err hf_line_accept_removal(
        struct hf_line *line, hf_time now, struct hf_diag *diag) HF_MUST_CHECK;

/* ---- line_run.c ---- */

/*
 * Whether the clock leapt: a run or a sighting comes far later than a run was due. The machine may
 * have slept; an hour shows which. Nothing is written with such a time, but inputs are taken.
 */
bool hf_line_doubts(struct hf_line *line, hf_time now);

/* ---- line_parent.c ---- */

/* Notes whether any server of the parent says anything, and what they say instead. */
void hf_line_hear_parent(struct hf_line *line, const struct hf_parent_report *seen, hf_time now);
/* Whether enough is known of the parent to publish: for a zone that is published it always is. */
enum hf_err hf_line_look_first(struct hf_line_job *job, bool *ret_ready) HF_MUST_CHECK;
/* When a new zone begins whatever is known of its parent; HF_TIME_NONE: it does not wait. */
hf_time hf_line_begins_at(const struct hf_line *line);

/* ---- line_seen.c ---- */

/* Makes the policy's secondaries known to the evidence, and lists of servers for people. */
enum hf_err hf_line_know_servers(struct hf_line *line) HF_MUST_CHECK;
/* Notes since when each secondary has not been seen with what is published. */
void hf_line_judge_secondaries(struct hf_line *line, hf_time now);

#endif
