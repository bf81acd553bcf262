/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One play while it goes on. For the files of the theatre only; one thread at a time.
 *
 * `now` is the true time; whatever the signer writes down (evidence, signatures, when a version was
 * published) is by its own clock, which is `error` seconds off. Keys are numbers of the scene.
 */
#ifndef HF_SIM_THEATRE_INSIDE_H
#define HF_SIM_THEATRE_INSIDE_H

#include "sim/theatre.h"

/* ---- Events ---- */

enum hf_theatre_event_kind {
	HF_THEATRE_RUN,       /* the signer looks at what is due; `what`: which plan to do so */
	HF_THEATRE_TRANSFER,  /* `server` takes over version `what` */
	HF_THEATRE_LAPSE,     /* `server` stops serving: SOA expire; `what`: which time it stuck */
	HF_THEATRE_LOOK_ZONE, /* the signer looks at secondary `server` */
	HF_THEATRE_LOOK_PARENT, /* … at the parent's `server`; `what`: which plan */
	HF_THEATRE_REGISTRY,    /* the registry carries out a request */
	HF_THEATRE_SCAN,        /* the registry looks for CDS */
	HF_THEATRE_DELEGATION,  /* the parent's `server` takes over a set: `what` is the registry's
	                           edition << 32 and the set */
	HF_THEATRE_CHANGE,      /* somebody asks for change `what` */
	HF_THEATRE_CUE,         /* the script goes on with `what` */
	HF_THEATRE_FAULT,       /* fault `what` begins */
	HF_THEATRE_MENDED,      /* fault `what` ends */
	HF_THEATRE_RESTART,     /* the machine that crashed comes up */
	HF_THEATRE_BACKUP,      /* a backup is made that fault `what` will need */
	HF_THEATRE_PERSON,      /* a person does what is asked for: enum hf_theatre_task */
	HF_THEATRE_EDIT,        /* the zone's contents change */
	HF_THEATRE_WATCH,       /* somebody outside looks at what is served */
	HF_THEATRE_BELIEF,      /* what the signer believes comes true for it: version `what` */
	HF_THEATRE_BELIEF_DS,   /* … the DS set that it asked for */
};

struct hf_theatre_event {
	hf_time at;
	uint64_t order; /* of those of one time */
	enum hf_theatre_event_kind kind;
	unsigned server;
	uint64_t what;
};

struct hf_theatre_queue {
	struct hf_theatre_event *heap; /* the next one first */
	size_t count, cap;
	uint64_t foreseen;
};

enum hf_theatre_task {
	HF_TASK_APPROVE,
	HF_TASK_HELP,      /* abort what cannot go on, or withdraw requests */
	HF_TASK_ASK_AGAIN, /* for a DS set that does not come */
};
#define HF_TASKS 3

/* ---- The zone ---- */

/* Keys of the scene, ascending. */
struct hf_theatre_keys {
	uint16_t list[HF_SCENE_MEMBERS];
	unsigned count;
};

/* Signatures over one set, all made at once. */
struct hf_theatre_signed {
	struct hf_theatre_keys by;
	hf_time from, until;
	bool bad;
};

struct hf_theatre_version {
	hf_time at;    /* published, by the signer's clock */
	hf_time shown; /* in truth */
	uint32_t serial;
	struct hf_theatre_keys published;
	uint32_t dnskey_ttl, data_ttl[HF_SCENE_CLASSES];
	struct hf_theatre_signed dnskey, data[HF_SCENE_CLASSES];
	struct hf_waypoint way; /* what it was to look like; masks of then */
	enum hf_cds cds;
	struct hf_theatre_keys ds; /* what CDS asks for */
	uint16_t number;           /* in the scene */
	uint64_t made;             /* signatures */
	bool remarkable;           /* keys or signers are not those of the version before */
	bool lost;                 /* a restored state went on without it */
};

struct hf_theatre_server {
	size_t version;    /* that it serves; HF_THEATRE_NO_VERSION */
	bool lapsed;       /* it has it and does not serve it */
	unsigned stuck;    /* faults that keep it from new versions */
	uint64_t stuck_id; /* counts these times */
	bool told;         /* that it is behind */
};
#define HF_THEATRE_NO_VERSION SIZE_MAX

/* ---- The parent ---- */

struct hf_theatre_request {
	hf_time at; /* when the registry has it */
	size_t set;
};

struct hf_theatre_delegation {
	size_t set;       /* of `ds_sets` */
	uint64_t edition; /* of the registry's */
	unsigned stuck;
	hf_time changed, looked; /* true times; HF_TIME_NONE: never */
	uint64_t plan;           /* of the next look */
	hf_time look;            /* when it will be; HF_TIME_NEVER */
};

#define HF_THEATRE_REQUESTS 16

/* ---- The signer ---- */

/* What the signer has on its disk. */
struct hf_theatre_mind {
	struct hf_roll_state state;
	struct hf_evidence *evidence;
	size_t versions; /* that it knows of */
	bool held;       /* restored: nothing is published */
};

struct hf_theatre_backup {
	bool there;
	struct hf_theatre_mind mind;
};

struct hf_theatre {
	const struct hf_theatre_job *job;
	struct hf_diag *diag;
	struct hf_policy policy; /* its places are the world's */
	struct hf_theatre_world world;
	struct hf_theatre_play *play;
	struct hf_theatre_queue queue;
	hf_time now;
	struct hf_random key_random, parent_random, sign_random;

	/* keys: by number in the scene, the key of the play and whether it is revoked */
	struct hf_theatre_shown {
		uint16_t key;
		bool revoked;
	} * shown;
	size_t shown_count, shown_cap, key_cap;

	/* the zone */
	struct hf_theatre_version *versions;
	size_t version_count, version_cap;
	size_t visible; /* versions that may be transferred */
	struct hf_theatre_server servers[HF_THEATRE_SERVERS];
	uint32_t places[HF_THEATRE_SERVERS], parent_places[HF_THEATRE_SERVERS];
	bool edited;

	/* the parent */
	struct hf_theatre_keys *ds_sets;
	size_t ds_count, ds_cap;
	size_t registry;
	struct hf_theatre_request requests[HF_THEATRE_REQUESTS]; /* oldest first */
	unsigned request_count;
	hf_time registry_changed, requested;
	uint64_t registry_edition;
	struct hf_theatre_delegation delegations[HF_THEATRE_SERVERS];
	bool scanning;

	/* the signer */
	struct hf_theatre_mind mind;
	struct hf_outcome outcome;
	bool stepped;        /* `outcome` is there */
	bool engine_refused; /* the last event */
	int64_t error;
	hf_time down_since;
	unsigned down, hsm_down, hsm_lies, lost, blind;
	int64_t slow;
	size_t crash; /* fault that waits for a publication; SIZE_MAX: none */
	char asked[HF_ACT_TEXT];
	bool run_soon;
	uint64_t run_plan;
	hf_time line_wake, leap; /* by its clock, as the daemon's lines have them */
	hf_time retry;           /* no version before this; HF_TIME_NONE */
	struct hf_waypoint refused_way;
	char refused[HF_OUTCOME_TEXT]; /* why the last version was not published; empty */
	bool waits_for[HF_TASKS];
	struct hf_theatre_backup *backups; /* one a fault */
	struct hf_theatre_mind right;      /* the state that a restored one took the place of */
	size_t restored;                   /* the fault; SIZE_MAX: none */
	const struct hf_theatre_cue *cue;

	/* what is told */
	char waited[HF_OUTCOME_TEXT];
	hf_time change_begun; /* of the change that goes on, as the engine has it */
	uint32_t done;        /* changes, as the engine counts them */
	hf_time doubted;      /* since when the reason does not hold; HF_TIME_NONE */
	hf_time held_since;   /* for a hold-down */
	uint64_t alarms[8];
	unsigned alarm_next;
	size_t wait_cap, step_cap, change_cap;
};

#define HF_THEATRE_LONGEST INT64_C(21600) /* between two runs of the signer */

static inline hf_time hf_theatre_clock(const struct hf_theatre *theatre)
{
	return theatre->now + theatre->error;
}

/* theatre_queue.c */
enum hf_err hf_theatre_foresee(struct hf_theatre *theatre, hf_time at,
        enum hf_theatre_event_kind kind, unsigned server, uint64_t what) HF_MUST_CHECK;
bool hf_theatre_next(struct hf_theatre *theatre, hf_time until, struct hf_theatre_event *ret_event);

/* theatre_keys.c */
/* A new key for the state of the signer; the RDATA is the play's. */
enum hf_err hf_theatre_key_make(struct hf_theatre *theatre, enum hf_role role, uint8_t algorithm,
        unsigned bits, struct hf_rdata *ret_dnskey) HF_MUST_CHECK;
enum hf_err hf_theatre_key_add(
        struct hf_theatre *theatre, enum hf_role role, struct hf_rdata dnskey) HF_MUST_CHECK;
/* Keys of the engine's table as keys of the scene. HF_ERR_LIMIT: more than a set holds. */
enum hf_err hf_theatre_keys_of(struct hf_theatre *theatre, hf_keys keys, hf_keys revoked,
        struct hf_theatre_keys *ret_keys) HF_MUST_CHECK;
/* The key of the scene that is just this RDATA, REVOKE bit included. HF_ERR_NOTFOUND: it is none of
 * the play's. */
enum hf_err hf_theatre_key_find(
        struct hf_theatre *theatre, struct hf_rdata dnskey, uint16_t *ret_number) HF_MUST_CHECK;
void hf_theatre_keys_insert(struct hf_theatre_keys *keys, uint16_t number);
bool hf_theatre_keys_same(const struct hf_theatre_keys *a, const struct hf_theatre_keys *b);
void hf_theatre_keys_put(
        const struct hf_theatre *theatre, const struct hf_theatre_keys *keys, struct hf_buf *out);
/* Contents for the evidence. What does not verify is no signature. */
enum hf_err hf_theatre_content_ds(struct hf_theatre *theatre, const struct hf_theatre_keys *ds,
        uint32_t *ret_content) HF_MUST_CHECK;
enum hf_err hf_theatre_content_keys(struct hf_theatre *theatre,
        const struct hf_theatre_version *version, uint32_t *ret_content) HF_MUST_CHECK;
enum hf_err hf_theatre_content_data(struct hf_theatre *theatre,
        const struct hf_theatre_signed *data, uint32_t *ret_content) HF_MUST_CHECK;

/* theatre_begin.c */
enum hf_err hf_theatre_begin(struct hf_theatre *theatre) HF_MUST_CHECK;
/* Begins the scene, and gives the world's servers names and places in the evidence. */
enum hf_err hf_theatre_find_places(struct hf_theatre *theatre) HF_MUST_CHECK;

/* theatre_resume.c */
enum hf_err hf_theatre_resume(struct hf_theatre *theatre) HF_MUST_CHECK;

/* theatre_version.c */
enum hf_theatre_made {
	HF_MADE_NOTHING, /* what is published is as it is to be */
	HF_MADE_UNABLE,  /* it would have to be signed, and keys cannot be used */
	HF_MADE_VERSION,
};
/* What the zone is to look like as a version that follows the newest one. */
enum hf_err hf_theatre_version_make(struct hf_theatre *theatre, const struct hf_wanted *wanted,
        struct hf_theatre_version *ret_version, enum hf_theatre_made *ret_made) HF_MUST_CHECK;
/* Enters it in the scene, under its number. */
enum hf_err hf_theatre_version_stage(
        struct hf_theatre *theatre, struct hf_theatre_version *version) HF_MUST_CHECK;
#define HF_THEATRE_SERVED (HF_SCENE_CLASSES + 1)
/* What the evidence and the gate are told of it. */
enum hf_err hf_theatre_version_served(struct hf_theatre *theatre,
        const struct hf_theatre_version *version, struct hf_served served[HF_THEATRE_SERVED],
        size_t *ret_count) HF_MUST_CHECK;
/* When its first signature has to be replaced. */
hf_time hf_theatre_version_due(
        const struct hf_theatre *theatre, const struct hf_theatre_version *version);
/* Its first signature ends. */
hf_time hf_theatre_version_end(const struct hf_theatre_version *version);
void hf_theatre_version_size(const struct hf_theatre *theatre,
        const struct hf_theatre_version *version, struct hf_zone_size *ret_size);

/* theatre_publish.c */
enum hf_err hf_theatre_publish(struct hf_theatre *theatre, bool *ret_published) HF_MUST_CHECK;
/* What is published is shown to whom has not seen it. */
enum hf_err hf_theatre_show(struct hf_theatre *theatre) HF_MUST_CHECK;
enum hf_err hf_theatre_append(
        struct hf_theatre *theatre, const struct hf_theatre_version *version) HF_MUST_CHECK;

/* theatre_server.c */
enum hf_err hf_theatre_transfer(
        struct hf_theatre *theatre, unsigned server, size_t version) HF_MUST_CHECK;
enum hf_err hf_theatre_lapse(
        struct hf_theatre *theatre, unsigned server, uint64_t stuck_id) HF_MUST_CHECK;
/* The secondary takes over the newest version after its lag. */
enum hf_err hf_theatre_notify(struct hf_theatre *theatre, unsigned server) HF_MUST_CHECK;
enum hf_err hf_theatre_stick(struct hf_theatre *theatre, unsigned server) HF_MUST_CHECK;
enum hf_err hf_theatre_unstick(struct hf_theatre *theatre, unsigned server) HF_MUST_CHECK;
enum hf_err hf_theatre_look_zone(struct hf_theatre *theatre, unsigned server) HF_MUST_CHECK;
enum hf_err hf_theatre_look_soon(struct hf_theatre *theatre, unsigned server) HF_MUST_CHECK;
enum hf_err hf_theatre_believe(struct hf_theatre *theatre, size_t version) HF_MUST_CHECK;
enum hf_err hf_theatre_watch(struct hf_theatre *theatre) HF_MUST_CHECK;

/* theatre_parent.c */
enum hf_err hf_theatre_ds_set(struct hf_theatre *theatre, const struct hf_theatre_keys *keys,
        size_t *ret_set) HF_MUST_CHECK;
/* The parent is asked for the DS set of these keys of the engine's. */
enum hf_err hf_theatre_ask(struct hf_theatre *theatre, hf_keys ds) HF_MUST_CHECK;
enum hf_err hf_theatre_registry(struct hf_theatre *theatre) HF_MUST_CHECK;
enum hf_err hf_theatre_scan(struct hf_theatre *theatre) HF_MUST_CHECK;
enum hf_err hf_theatre_scan_soon(struct hf_theatre *theatre) HF_MUST_CHECK;
enum hf_err hf_theatre_delegate(
        struct hf_theatre *theatre, unsigned server, uint64_t edition) HF_MUST_CHECK;
enum hf_err hf_theatre_look_parent(
        struct hf_theatre *theatre, unsigned server, uint64_t plan) HF_MUST_CHECK;
/* At the next time for looks from `at` on. */
enum hf_err hf_theatre_plan_look(
        struct hf_theatre *theatre, unsigned server, hf_time at) HF_MUST_CHECK;
enum hf_err hf_theatre_believe_ds(struct hf_theatre *theatre, size_t set) HF_MUST_CHECK;
/* Whether every server of the parent has the wanted DS set. */
bool hf_theatre_parent_agrees(struct hf_theatre *theatre);
void hf_theatre_withdraw(struct hf_theatre *theatre);

/* theatre_signer.c */
enum hf_err hf_theatre_signer_run(struct hf_theatre *theatre) HF_MUST_CHECK;
/* Whether its clock leapt or is behind, so that nothing that it sees counts yet. */
bool hf_theatre_doubts(const struct hf_theatre *theatre);
enum hf_err hf_theatre_change(
        struct hf_theatre *theatre, const struct hf_theatre_change *change) HF_MUST_CHECK;
enum hf_err hf_theatre_cue(
        struct hf_theatre *theatre, const struct hf_theatre_cue *cue) HF_MUST_CHECK;
enum hf_err hf_theatre_task(struct hf_theatre *theatre, enum hf_theatre_task task) HF_MUST_CHECK;

/* theatre_trouble.c */
enum hf_err hf_theatre_fault_begins(struct hf_theatre *theatre, size_t fault) HF_MUST_CHECK;
enum hf_err hf_theatre_fault_ends(struct hf_theatre *theatre, size_t fault) HF_MUST_CHECK;
enum hf_err hf_theatre_backup(struct hf_theatre *theatre, size_t fault) HF_MUST_CHECK;
/* The machine stops now; the fault says for how long. */
enum hf_err hf_theatre_crash(struct hf_theatre *theatre) HF_MUST_CHECK;
enum hf_err hf_theatre_restart(struct hf_theatre *theatre) HF_MUST_CHECK;
void hf_theatre_mind_done(struct hf_theatre_mind *mind);

/* theatre_tell.c */
enum hf_err hf_theatre_tell(struct hf_theatre *theatre, enum hf_moment_kind kind,
        const char *format, ...) HF_PRINTF(3, 4) HF_MUST_CHECK;
/* Told once while it stands. */
enum hf_err hf_theatre_alarm(struct hf_theatre *theatre, const char *text) HF_MUST_CHECK;
/* What a step of the engine came to: steps, waits, ends, and reasons that do not hold. */
enum hf_err hf_theatre_note(struct hf_theatre *theatre) HF_MUST_CHECK;
/* A step that was taken: kept, and told. */
enum hf_err hf_theatre_keep_step(
        struct hf_theatre *theatre, const struct hf_waypoint *way) HF_MUST_CHECK;
enum hf_err hf_theatre_note_step(
        struct hf_theatre *theatre, const struct hf_waypoint *way) HF_MUST_CHECK;
enum hf_err hf_theatre_plot(
        struct hf_theatre *theatre, const struct hf_theatre_version *version) HF_MUST_CHECK;
enum hf_err hf_theatre_close(struct hf_theatre *theatre) HF_MUST_CHECK;
/* "KSK rollover (double-ksk)". */
void hf_theatre_title_put(const struct hf_roll_start *start, struct hf_buf *out);

#endif
