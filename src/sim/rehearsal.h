/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rehearsal: an operator's own zone and policy in the theatre, before a population.
 *
 * A way is a policy in a world: what is wanted, and how parent, servers and people really are. Each
 * way is played once, over the same span and with the same faults, before the same resolvers; the
 * first one is what the rehearsal is about, the others are what it is compared with. Besides the
 * population every combination that any cache could hold is judged. With random faults the first
 * way is played many times, by one seed after the other, until a play fails; of that one the
 * smallest history that still fails is looked for. Plays in which signatures run out because alarms
 * were not heeded are counted and do not end it.
 *
 * One rehearsal gives one result, to the byte, whatever the threads. It borrows what it points to
 * for the time of a call. One thread at a time a rehearsal.
 */
#ifndef HF_SIM_REHEARSAL_H
#define HF_SIM_REHEARSAL_H

#include "sim/people.h"
#include "sim/theatre.h"

/* ---- Ways ---- */

#define HF_REHEARSAL_WAYS  12
#define HF_REHEARSAL_TITLE 96

struct hf_rehearsal_way {
	char title[HF_REHEARSAL_TITLE]; /* "as the policy says", "zsk.method double-signature" */
	struct hf_policy policy;
	struct hf_theatre_world world;
	/* The zone's servers let a client wait so long, in seconds, which asks for the same keys
	 * again; 0: they do not. */
	int64_t server_delay;
	unsigned loss; /* per cent of the resolvers' questions that get no answer */
	/* The signer looks at nothing: it waits as long as the policy's delays say, and has no
	 * gate, as signers usually are. */
	bool trusting;
};

/*
 * A way from a policy and settings "NAME=VALUE". A name with a dot is a setting of the policy
 * (holdfast-policy(5)), "method" is the method of all roles and changes that it fits, any other is
 * one of the world (hf_rehearsal_setting_at). The last one on a name counts; the policy has to make
 * sense with all of them. HF_ERR_SYNTAX, HF_ERR_NOTFOUND, HF_ERR_INVALID with a sentence.
 */
enum hf_err hf_rehearsal_way_make(const struct hf_policy *policy,
        const struct hf_zone_profile *profile, const char *const *settings, size_t count,
        struct hf_diag *diag, struct hf_rehearsal_way *ret_way) HF_MUST_CHECK;

/* A setting of the world. NULL: there is no such one. */
struct hf_rehearsal_setting {
	const char *name;  /* "person" */
	const char *about; /* what it is, and why this value: one sentence */
};
const struct hf_rehearsal_setting *hf_rehearsal_setting_at(size_t index);
/* The setting's value in a way: "4h", "3". */
void hf_rehearsal_setting_put(size_t index, const struct hf_rehearsal_way *way, struct hf_buf *out);

/*
 * Adds ways to compare with, each the settings and one more: "NAME=VALUE,VALUE…", one for each
 * value, or "method" for all other methods that the change can be done by. Ways that are as the
 * first one are left out. HF_ERR_LIMIT: there are more than HF_REHEARSAL_WAYS.
 */
struct hf_rehearsal_base {
	const struct hf_policy *policy;
	const struct hf_zone_profile *profile;
	const char *const *settings;
	size_t setting_count;
	const struct hf_theatre_change *change; /* NULL: none is asked for */
};
enum hf_err hf_rehearsal_compare(const struct hf_rehearsal_base *base, const char *wanted,
        struct hf_diag *diag, struct hf_rehearsal_way ways[static HF_REHEARSAL_WAYS],
        size_t *count) HF_MUST_CHECK;

/* ---- What is asked for ---- */

/* A change in words (rollover/wish.h); of an emergency also "emergency:ROLE", the key in use. */
enum hf_err hf_rehearsal_change_read(const char *what, const char *method, hf_time at,
        struct hf_diag *diag, struct hf_theatre_change *ret_change) HF_MUST_CHECK;

/* Made-up keys for a zone without any that is to change its key model. */
struct hf_rehearsal_keys {
	struct hf_plan_key keys[2];
	struct hf_buf rdata[2];
	size_t count;
};
/* As the other key model than the policy's has them. */
enum hf_err hf_rehearsal_keys_make(const struct hf_policy *policy, hf_time born, uint64_t seed,
        struct hf_rehearsal_keys *ret_keys) HF_MUST_CHECK;
void hf_rehearsal_keys_done(struct hf_rehearsal_keys *keys);

/* ---- Faults, as people write them ---- */

/*
 * KIND@TIME[+DURATION][,amount=SPAN][,server=N]: TIME is a point in time or "+SPAN" after `at`, the
 * duration a day unless it is given, servers count from 1. HF_ERR_SYNTAX: it is not of that form;
 * HF_ERR_INVALID: it makes no sense.
 */
enum hf_err hf_rehearsal_fault_read(const char *text, hf_time at, struct hf_diag *diag,
        struct hf_theatre_fault *ret_fault) HF_MUST_CHECK;
/* What hf_rehearsal_fault_read reads back as the same. */
void hf_rehearsal_fault_put(const struct hf_theatre_fault *fault, struct hf_buf *out);
/* A span that hf_span_parse reads back: "3d", "90m"; a minus sign before a negative one. */
void hf_rehearsal_span_put(int64_t seconds, struct hf_buf *out);

/* ---- A rehearsal ---- */

struct hf_rehearsal {
	const struct hf_name *zone;
	const struct hf_zone_profile *profile;
	/* Where the zone begins, as for a play: struct hf_theatre_job. */
	const struct hf_roll_state *state;
	const struct hf_evidence *evidence;
	const struct hf_plan_key *keys;
	size_t key_count;
	bool is_unsigned;
	struct hf_way_denial denial;
	hf_time at;
	int64_t span; /* seconds; 0: until what was asked for is done and caches forgot the rest */
	bool by_itself; /* the policy's own schedule counts; else only what is asked for */
	const struct hf_theatre_change *changes;
	size_t change_count;
	const struct hf_theatre_fault *faults;
	size_t fault_count;
	unsigned random_faults; /* of each play, besides */
	unsigned runs;          /* plays of the first way, by `seed`, `seed` + 1 …; at least 1 */
	const struct hf_people *people;
	uint32_t resolvers;
	uint64_t seed;
	/* Whether somebody wants it to end; asked between plays. May be NULL. */
	bool (*stopped)(void *context);
	void *context;
};

/* What became of a way. */
struct hf_rehearsal_outcome {
	struct hf_story *story;
	bool failed; /* somebody fails, or could; or what was asked for did not come to its end */
	int64_t seconds; /* that the changes took; −1: not done by the end */
	uint64_t judged; /* combinations of what caches could hold */
	char *title;     /* of the change asked for: "KSK rollover (double-ksk)"; NULL: none */
};

struct hf_rehearsal_result {
	struct hf_rehearsal_outcome outcomes[HF_REHEARSAL_WAYS];
	size_t count;
	hf_time until; /* of all stories */
	/* Of one play: the first way failed. Of many: one failed that no alarm had told of. */
	bool failed;
	unsigned runs; /* that were played */
	bool stopped;  /* before all were */
	/* Of these: signatures ran out somewhere, after an alarm that nobody acted on. */
	unsigned announced;
	uint64_t announced_seed; /* of the first such play */
	int64_t notice;          /* seconds from the alarm, in the play with the fewest */
	uint64_t seed; /* of the play that is told: the one that failed, else the first good one */
	/* Of a play with faults that failed: the smallest history. */
	bool has_history;
	struct hf_theatre_history history;
};

/* HF_ERR_INVALID: something makes no sense; the diagnostic says what. */
enum hf_err hf_rehearsal_run(const struct hf_rehearsal *rehearsal,
        const struct hf_rehearsal_way *ways, size_t count, struct hf_pool *pool,
        const struct hf_progress *progress, struct hf_diag *diag,
        struct hf_rehearsal_result *ret_result) HF_MUST_CHECK;
void hf_rehearsal_result_done(struct hf_rehearsal_result *result);

/* What one resolver with a stale trust anchor asks for in an hour, for each way. */
enum hf_err hf_rehearsal_storm_table(const struct hf_rehearsal_way *ways, size_t count,
        uint64_t seed, struct hf_story_table *ret_table) HF_MUST_CHECK;

#endif
