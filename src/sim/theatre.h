/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The theatre: a zone, its signer, its parent, its servers and what goes wrong, in virtual time.
 *
 * The signer is the engine itself (hf_roll_step) with the gate before each publication, working as
 * the daemon works: state stored before acts, evidence before anybody sees a version, looks at
 * servers instead of belief. Keys are made-up DNSKEY RDATA, signatures are facts. Or the signer
 * plays a script: what an operator without engine and gate does. What was really served is a scene
 * for resolvers; what the run was like is a story for people.
 *
 * Events have an order (time, then when they were foreseen), and random numbers come from streams
 * forked off one seed: one job gives one play, to the byte. Plays share nothing; any number of
 * threads may each play one. A job borrows all that it points to, for the time of a call.
 */
#ifndef HF_SIM_THEATRE_H
#define HF_SIM_THEATRE_H

#include "rollover/plan.h"
#include "rollover/wish.h"
#include "sim/random.h"
#include "sim/scene.h"
#include "sim/story.h"

/* ---- The world ---- */

#define HF_THEATRE_SERVERS HF_SCENE_SERVERS /* of the zone, or of its parent */

/* How the world really is; the policy's own delays are what its operator believes. */
struct hf_theatre_world {
	unsigned servers; /* the zone's secondaries, all known to the signer; at least 1 */
	int64_t lag[HF_THEATRE_SERVERS];        /* seconds until each has a new version */
	unsigned parents;                       /* servers of the parent; at least 1 */
	int64_t parent_lag[HF_THEATRE_SERVERS]; /* from the registry's change until each has it */
	int64_t delay_least, delay_most; /* from a request until the registry has the DS set */
	int64_t scan;                    /* the registry reads CDS so often; 0: it is asked */
	int64_t limit;                   /* seconds between two changes of a DS set; 0: no limit */
	uint32_t ds_ttl;                 /* also of the proof that there is none */
	uint32_t data_ttl[HF_SCENE_CLASSES];
	uint32_t expire; /* SOA expire; 0: secondaries serve what they have for ever */
	int64_t look;    /* seconds between looks of the signer at a server that changes */
	int64_t edits;   /* the contents change so often; 0: never */
	int64_t person; /* until a person does what is asked for, and a day more where something has
	                   to be found out first; negative: nobody ever does */
};

/* What the policy says of its parent and secondaries, and defaults for the rest. */
void hf_theatre_world_init(const struct hf_policy *policy, const struct hf_zone_profile *profile,
        struct hf_theatre_world *ret_world);

/* ---- What is asked for ---- */

struct hf_theatre_change {
	hf_time at;
	struct hf_wish wish;
	bool in_use; /* an emergency: of the key of the wish's role that is in use, not of a tag */
};

/* ---- What goes wrong ---- */

enum hf_fault_kind {
	HF_FAULT_SIGNER_DOWN,  /* the signer's machine is off */
	HF_FAULT_CRASH,        /* off from the next publication on, between decision and doing */
	HF_FAULT_CLOCK,        /* the signer's clock is `amount` seconds off (negative: behind) */
	HF_FAULT_RESTORED,     /* the signer goes on from a state that is `amount` seconds old; when
	                          the time is over a person brings back the right one */
	HF_FAULT_HSM_DOWN,     /* no key can be made, and nothing signed */
	HF_FAULT_HSM_LIES,     /* signatures do not verify */
	HF_FAULT_SECONDARY,    /* the zone's server `server` gets no new versions */
	HF_FAULT_PARENT,       /* the parent's server `server` gets no new DS sets */
	HF_FAULT_REQUEST_LOST, /* requests for a DS set vanish */
	HF_FAULT_SLOW,         /* requests for a DS set take `amount` seconds more */
	HF_FAULT_BLIND,        /* the signer's looks at servers get no answer */
};
#define HF_FAULT_KINDS 11
const char *hf_fault_name(enum hf_fault_kind kind); /* "signer-down", "crash", "clock" … */

struct hf_theatre_fault {
	enum hf_fault_kind kind;
	hf_time at;
	int64_t duration; /* seconds */
	int64_t amount;
	unsigned server;
};
/* A sentence: "the signer is down for 3 d". */
void hf_theatre_fault_put(const struct hf_theatre_fault *fault, struct hf_buf *out);

/* ---- A job ---- */

/* What an operator without engine and gate does: at a time, the zone is made to look like a
 * waypoint, and the DS set of `ds` is asked for. Keys are those of the job, by their places. */
struct hf_theatre_cue {
	hf_time at;
	struct hf_waypoint way;
};

enum hf_theatre_flags {
	/* The signer takes for seen what it believes: that its secondaries have a version after the
	 * policy's delay, and the parent's servers a DS set after that of the parent. */
	HF_THEATRE_BELIEVES = 1 << 0,
	HF_THEATRE_UNCHECKED = 1 << 1, /* versions are published without verification and gate */
	HF_THEATRE_SILENT = 1 << 2,    /* the story has no moments and no series: for many plays */
};

struct hf_theatre_job {
	const char *title; /* of the story */
	const struct hf_name *zone;
	const struct hf_policy *policy;
	const struct hf_zone_profile *profile;
	const struct hf_theatre_world *world;
	hf_time at, until;
	/*
	 * Where the zone begins: with a signer's state and evidence (whose servers are the world's,
	 * then, and whose latest fact is not after `at`), or with keys that are in use
	 * for long (a plan's; at most 64), or without both: a zone signed as the policy wants it.
	 */
	const struct hf_roll_state *state;
	const struct hf_evidence *evidence; /* with `state` */
	const struct hf_plan_key *keys;
	size_t key_count;
	bool is_unsigned; /* without state and keys: the zone is unsigned */
	struct hf_way_denial denial;
	const struct hf_theatre_change *changes;
	size_t change_count;
	const struct hf_theatre_fault *faults;
	size_t fault_count;
	const struct hf_theatre_cue *cues; /* not NULL: the signer plays this script */
	size_t cue_count;
	unsigned flags; /* enum hf_theatre_flags */
	uint64_t seed;
};

/*
 * Random faults between two times, about `count` of them, of the kinds in the mask
 * (1 << enum hf_fault_kind), in order of time. The array is the caller's to free.
 */
enum hf_err hf_theatre_faults(struct hf_random *random, const struct hf_theatre_world *world,
        const struct hf_policy *policy, unsigned kinds, size_t count, hf_time from, hf_time until,
        struct hf_theatre_fault **ret_faults, size_t *ret_count) HF_MUST_CHECK;

/* ---- A play ---- */

/* A waypoint that the signer took; the first one is where the zone began. With the play's keys the
 * steps make a script. */
struct hf_theatre_step {
	hf_time at;
	struct hf_waypoint way; /* as the engine has it, its masks over the play's first 64 keys */
	bool whole;             /* the masks have all keys of the waypoint */
};

/* What the signer waited for while something changed. */
struct hf_theatre_wait {
	enum hf_wait kind;
	hf_time from, until;
	char *text; /* the engine's sentence */
};

/* What became of a change. */
struct hf_theatre_ended {
	char *title;         /* "KSK rollover (double-ksk)" */
	hf_time asked, ends; /* HF_TIME_NEVER: not by the end of the play */
	bool by_schedule, back;
};

/* A key that the zone had, in the order in which they came. */
struct hf_theatre_key {
	uint8_t *dnskey; /* RDATA, without REVOKE */
	uint16_t dnskey_len, tag, revoked_tag;
	enum hf_role role;
	uint8_t algorithm;
	uint16_t plain, revoked; /* numbers in the scene; HF_SCENE_NOTHING: never shown so */
};

struct hf_theatre_play {
	struct hf_scene *scene; /* sealed */
	struct hf_story *story;
	struct hf_theatre_key *keys;
	size_t key_count;
	struct hf_theatre_step *steps;
	size_t step_count;
	struct hf_theatre_wait *waits;
	size_t wait_count;
	struct hf_theatre_ended *changes;
	size_t change_count;
	char *stuck; /* a change stopped, and the engine's reason does not hold: what it
	                said, and what is true; NULL: no such thing */
	hf_time stuck_at;
	hf_time first_alarm; /* that signatures run out, or servers fall behind; HF_TIME_NONE */
	uint64_t published, refused, signatures, events;
	uint64_t memory_most; /* estimate of the signer's memory for the zone, in bytes */
};

/*
 * HF_ERR_INVALID: a job that makes no sense; the diagnostic says what. HF_ERR_LIMIT: more versions
 * than a scene holds. A change that the engine refuses is a moment of the story, no error.
 */
enum hf_err hf_theatre_run(const struct hf_theatre_job *job, struct hf_diag *diag,
        struct hf_theatre_play **ret_play) HF_MUST_CHECK;
void hf_theatre_free(struct hf_theatre_play *play);

/* ---- The smallest failing history ---- */

/* Whether a play of the job fails, by whatever measure. */
typedef enum hf_err hf_theatre_fails_fn(
        void *context, const struct hf_theatre_job *job, bool *ret_fails);

/* What is left of a job's history. Arrays are owned. */
struct hf_theatre_history {
	struct hf_theatre_fault *faults;
	size_t fault_count;
	struct hf_theatre_change *changes;
	size_t change_count;
	hf_time until;
	unsigned plays; /* that it took to find */
};

/*
 * Of a job that fails, the least that still does: faults go one by one, then changes, then faults
 * are made shorter and smaller and the play ends earlier. At most `plays` tries. HF_ERR_INVALID:
 * the job does not fail.
 */
enum hf_err hf_theatre_shrink(const struct hf_theatre_job *job, hf_theatre_fails_fn *fails,
        void *context, unsigned plays, struct hf_theatre_history *ret_history) HF_MUST_CHECK;
void hf_theatre_history_done(struct hf_theatre_history *history);
/* The history in lines for people, times in UTC. */
void hf_theatre_history_put(const struct hf_theatre_history *history, struct hf_buf *out);

#endif
