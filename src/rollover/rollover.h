/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rollover engine: one zone's keys, what is being changed, and the next step of it.
 *
 * The state is plain data. hf_roll_step looks at it, at the policy, the evidence and the time, and
 * says what to do, when to ask again, and in one sentence what is being waited for. It moves to the
 * next waypoint at the first moment at which coherence proves that safe, plus the policy's margin,
 * plus what people have to agree to; no waiting time is computed here. What was not seen did not
 * happen: a waypoint is reached when the evidence shows it, and only then.
 *
 * The promises of the caller: evidence of a version or a sighting is in the ledger before anybody
 * else can see the version; the state is stored before an act is carried out. Acts are repeated
 * until the evidence or an event shows that they were done, so each must be harmless when repeated.
 *
 * The evidence is not const because contents are interned in it, and because facts that follow from
 * others are added: at the place "anchors" what holders of trust anchors have by RFC 5011, and at
 * "operator" what a person says to have seen. Pure: no clock, no I/O, no random numbers. One thread
 * at a time for one zone.
 */
#ifndef HF_ROLLOVER_ROLLOVER_H
#define HF_ROLLOVER_ROLLOVER_H

#include "coherence/gate.h"
#include "rollover/waypoint.h"

#define HF_PLACE_ANCHORS  "anchors"
#define HF_PLACE_OPERATOR "operator"

/* ---- State ---- */

enum hf_roll_key_flags {
	HF_RK_STANDBY = 1 << 0,     /* kept ready, not in use */
	HF_RK_COMPROMISED = 1 << 1, /* somebody else may have its private half */
	HF_RK_TESTED = 1 << 2,      /* signed a challenge well */
	HF_RK_FAILED = 1 << 3,      /* signed a challenge badly */
	HF_RK_ALL = (1 << 4) - 1,
};

/* A key of the table. Without `dnskey` the place is free. */
struct hf_roll_key {
	uint8_t *dnskey; /* RDATA with the REVOKE bit clear; owned */
	uint16_t dnskey_len;
	enum hf_role role;
	uint8_t algorithm;
	uint16_t tag, revoked_tag;
	unsigned flags;    /* enum hf_roll_key_flags */
	hf_time born;      /* when the engine learned of it */
	hf_time first_use; /* first waypoint in which it signs; HF_TIME_NONE: not yet */
	hf_time removed;   /* when it left the last waypoint; HF_TIME_NONE: it did not */
};

enum hf_roll_kind {
	HF_ROLL_NONE,
	HF_ROLL_KEYS_OF_ROLE, /* replace the keys of `role` */
	HF_ROLL_ALGORITHM,    /* replace all keys by keys of another algorithm */
	HF_ROLL_MODEL,        /* KSK and ZSK to CSK, or the other way: to what the policy says */
	HF_ROLL_DENIAL,       /* NSEC, NSEC3, opt-out */
	HF_ROLL_SECURE,       /* sign an unsigned zone and give it a DS */
	HF_ROLL_INSECURE,     /* take the DS away, then the signatures */
	HF_ROLL_STANDBY,      /* add a standby key of `role` */
};
#define HF_ROLL_KINDS 8
const char *hf_roll_kind_name(enum hf_roll_kind kind); /* "key rollover", "algorithm rollover" … */

/* What is to be changed, as somebody asks for it. */
struct hf_roll_start {
	enum hf_roll_kind kind;
	enum hf_role role;           /* keys of a role, standby */
	bool has_method;             /* else the policy's */
	enum hf_method method;       /* keys of a role, algorithm, model */
	uint8_t algorithm;           /* algorithm; 0: the policy's */
	struct hf_way_denial denial; /* denial */
	hf_keys compromised;         /* an emergency: keys that somebody else may have */
	bool by_schedule;            /* the engine's own doing */
};

/* The change in progress. */
struct hf_roll {
	struct hf_roll_start start;                 /* kind HF_ROLL_NONE: there is none */
	hf_keys old, new;                           /* keys that go and keys that come */
	uint8_t to_make[3];                         /* keys that still have to be made, by role */
	struct hf_waypoint waypoints[HF_WAYPOINTS]; /* none before all keys are there */
	unsigned count, index;                      /* `index` is where the zone is or goes to */
	bool back;                                  /* on the way back to the first */
	bool skip; /* the current waypoint was given up before it was reached */
	bool paused;
	hf_time started;   /* when it was asked for */
	hf_time taken;     /* when the current waypoint was taken */
	hf_time reached;   /* when it was seen to be reached; HF_TIME_NONE: not yet */
	hf_time safe;      /* first moment at which the next one is safe; HF_TIME_NONE: not known */
	unsigned approved; /* waypoint that people agreed to; 0: none */
	hf_time forced;    /* a person skipped the gate then; HF_TIME_NONE: nobody did */
};

/* A DS set that the parent was asked for and that may still come. */
struct hf_asked {
	hf_keys ds;
	hf_time at;
	bool withdrawn; /* nobody will carry it out any more, but some server may have it */
};
#define HF_ROLL_ASKED 4

struct hf_roll_state {
	struct hf_name zone;
	uint64_t seed; /* spreads lifetimes; the caller's choice, once */
	struct hf_roll_key keys[HF_ROLL_KEYS];
	struct hf_waypoint rest;     /* where the zone is while nothing changes */
	struct hf_way_denial denial; /* how the published version denies: HF_EVENT_DENIAL */
	struct hf_roll roll;
	struct hf_roll_start queued; /* waits for `roll` to end; kind HF_ROLL_NONE: nothing does */
	struct hf_asked asked[HF_ROLL_ASKED]; /* oldest first */
	unsigned asked_count;
	enum hf_cds cds;     /* as last wanted */
	hf_time last_change; /* of the zone; versions are told apart by their second */
	hf_time ds_fresh;    /* what was seen of the parent before this is too old to count */
	bool ds_pending;     /* the wanted DS set was not seen everywhere since it was wanted */
	uint16_t *tags;      /* every tag that any key of the zone has or had; ascending; owned */
	size_t tag_count;
	hf_time last_step;       /* latest time that the engine was told; HF_TIME_NONE: never */
	hf_time last_wake;       /* when it wanted to be asked again */
	hf_time leap;            /* the clock leapt forward: no step before this; HF_TIME_NONE */
	uint32_t done, given_up; /* changes that ended, and those that went back */
	uint32_t forced;         /* steps that a person took past the gate, ever */
};

void hf_roll_state_init(struct hf_roll_state *state, const struct hf_name *zone, uint64_t seed);
void hf_roll_state_done(struct hf_roll_state *state);
enum hf_err hf_roll_state_copy(
        const struct hf_roll_state *state, struct hf_roll_state *ret_copy) HF_MUST_CHECK;

/* How a key that exists already is used. */
enum hf_key_use {
	HF_USE_SPARE = 0,          /* not published; taken before a new one is made */
	HF_USE_PUBLISHED = 1 << 0, /* in the DNSKEY set */
	HF_USE_SIGNS = 1 << 1,     /* signs what its role signs */
	HF_USE_DS = 1 << 2,        /* has its DS at the parent */
	HF_USE_STANDBY = 1 << 3,
};
/*
 * Takes over a key of a zone that is in use already; `dnskey` is copied. Before the first step.
 * HF_ERR_EXISTS: its tag, plain or revoked, is that of another key. HF_ERR_LIMIT: 64 keys are
 * there. HF_ERR_INVALID: no DNSKEY of that role. The number is the bit in every mask.
 */
enum hf_err hf_roll_adopt_key(struct hf_roll_state *state, enum hf_role role,
        struct hf_rdata dnskey, unsigned uses, hf_time born, struct hf_diag *diag,
        unsigned *ret_key) HF_MUST_CHECK;
/* The tag of a key that is gone: no new key may have it. */
enum hf_err hf_roll_adopt_tag(struct hf_roll_state *state, uint16_t tag) HF_MUST_CHECK;
/* How the zone denies; NSEC when nobody says so. */
void hf_roll_adopt_denial(struct hf_roll_state *state, struct hf_way_denial denial);
bool hf_roll_tag_taken(const struct hf_roll_state *state, uint16_t tag);

/* "ZSK 54321"; "new ZSK" is never said: keys are made before waypoints are. */
char *hf_roll_key_text(const struct hf_roll_state *state, unsigned key, char text[static 32]);
/* The keys of the role that are in the table, used or not. */
hf_keys hf_roll_role_keys(const struct hf_roll_state *state, enum hf_role role);

/* The same state as bytes, for a store; equal states have equal bytes. */
void hf_roll_state_put(const struct hf_roll_state *state, struct hf_buf *out);
/* HF_ERR_SYNTAX for bytes that hf_roll_state_put cannot have written; bounded by their length. */
enum hf_err hf_roll_state_get(const void *data, size_t len, struct hf_diag *diag,
        struct hf_roll_state *ret_state) HF_MUST_CHECK;

/* ---- Events ---- */

enum hf_roll_event_kind {
	HF_EVENT_START, /* `start`: change something */
	HF_EVENT_PAUSE, /* no further step */
	HF_EVENT_RESUME,
	HF_EVENT_ABORT,        /* go back to where the change started, by the same gate */
	HF_EVENT_APPROVE,      /* a person agrees to the next waypoint */
	HF_EVENT_FORCE,        /* an emergency: go to the last waypoint at once, gate or not */
	HF_EVENT_DS_SEEN,      /* a person has seen the wanted DS set at every parent server */
	HF_EVENT_DS_WITHDRAWN, /* a person made sure that no earlier request of a DS set is carried
	                          out any more */
	HF_EVENT_KEY_MADE,     /* `role`, `dnskey`: what HF_ACT_GENERATE asked for */
	HF_EVENT_CHALLENGE,    /* `key`, `good`: how its signature of a challenge verified */
	HF_EVENT_KEY_GONE,     /* `key`: its private half was destroyed, as HF_ACT_DISCARD asked */
	HF_EVENT_DENIAL,       /* `start.denial`: how the version that was just published denies */
	HF_EVENT_COMPROMISED,  /* `key`: somebody else may have it; starts nothing by itself */
};

struct hf_roll_event {
	enum hf_roll_event_kind kind;
	struct hf_roll_start start;
	enum hf_role role;
	struct hf_rdata dnskey; /* borrowed */
	unsigned key;
	bool good;
};

/*
 * Something happened. HF_ERR_REFUSED, the state unchanged, when it does not fit: the diagnostic
 * says why and what to do (the change in progress by its name; no way back past a revocation …).
 * HF_ERR_EXISTS: the key's tag was used before; make another one.
 */
enum hf_err hf_roll_event(const struct hf_policy *policy, struct hf_roll_state *state,
        struct hf_evidence *evidence, const struct hf_roll_event *event, hf_time now,
        struct hf_diag *diag) HF_MUST_CHECK;

/* ---- Steps ---- */

enum hf_act_kind {
	HF_ACT_GENERATE,  /* make a key of `role`, `algorithm`, `bits`, its tags (plain and revoked)
	                     not among state->tags; answer with HF_EVENT_KEY_MADE */
	HF_ACT_CHALLENGE, /* let `key` sign random bytes, verify them under its DNSKEY as the zone
	                     publishes it (or will); answer with HF_EVENT_CHALLENGE */
	HF_ACT_PUBLISH,   /* make the zone look like `wanted`; when only CDS changes, said once */
	HF_ACT_ASK_DS,    /* ask the parent for the DS set of `wanted.waypoint.ds` */
	HF_ACT_APPROVE,   /* ask a person; answer with HF_EVENT_APPROVE */
	HF_ACT_OBSERVE,   /* look what `text` (a server's address) serves */
	HF_ACT_REFRESH,   /* replace signatures that are due */
	HF_ACT_DISCARD,   /* `key` is needed no more: destroy its private half */
	HF_ACT_ALARM,     /* tell a person: `text` */
};

#define HF_ACT_TEXT 256
struct hf_act {
	enum hf_act_kind kind;
	unsigned key;
	enum hf_role role;
	uint8_t algorithm;
	unsigned bits;
	char text[HF_ACT_TEXT];
};

/* What the engine waits for. */
enum hf_wait {
	HF_WAIT_NOTHING,   /* idle: until the next scheduled change */
	HF_WAIT_KEYS,      /* keys being made */
	HF_WAIT_ZONE,      /* the zone as published is not yet as wanted */
	HF_WAIT_PARENT,    /* the DS set is not seen everywhere */
	HF_WAIT_CACHES,    /* until caches let go */
	HF_WAIT_SECONDARY, /* a secondary has not been seen with what replaces its version */
	HF_WAIT_MARGIN,    /* the policy's margin */
	HF_WAIT_HOLD,      /* a hold-down of RFC 5011 */
	HF_WAIT_APPROVAL,  /* a person */
	HF_WAIT_CHALLENGE, /* a key's test signature */
	HF_WAIT_PAUSE,     /* a person paused it */
	HF_WAIT_CLOCK,     /* the clock is behind the evidence, or leapt */
	HF_WAIT_HELP,      /* something that no waiting mends; the sentence says what to do */
};
const char *hf_wait_name(enum hf_wait wait); /* "nothing", "keys" … */

#define HF_OUTCOME_ACTS 24
#define HF_OUTCOME_TEXT 640
struct hf_outcome {
	struct hf_wanted wanted; /* what the zone is to look like now */
	struct hf_act acts[HF_OUTCOME_ACTS];
	size_t count;
	enum hf_wait wait;
	hf_time wake;  /* ask again then at the latest; HF_TIME_NEVER: only after an event */
	hf_time until; /* until when it is being waited; HF_TIME_NEVER: not known */
	bool stepped;  /* a waypoint was taken just now */
	bool ended;    /* a change ended just now: done, or back where it began */
	char text[HF_OUTCOME_TEXT]; /* one sentence: what is waited for, until when, why */
};

/*
 * The next step. Errors are only those of memory and bounds: a bad world is an outcome. When the
 * caller has learned something (evidence, an event) it asks again, else at `wake`.
 */
enum hf_err hf_roll_step(const struct hf_policy *policy, struct hf_roll_state *state,
        struct hf_evidence *evidence, hf_time now, struct hf_outcome *ret_outcome) HF_MUST_CHECK;

/*
 * An emergency's other way: everything at once. What breaks, and what it would gain. `broken`
 * is NULL when nothing breaks; else the gate's verdict about it, to be freed by the caller.
 */
struct hf_at_once {
	struct hf_gate_verdict *broken;
	hf_time broken_until; /* the last resolver that fails recovers; HF_TIME_NEVER: not by itself
	                       */
	hf_time bad_until_at_once;  /* until when a compromised key may be trusted that way */
	hf_time bad_until_in_order; /* the same at the earliest, step by step */
};
enum hf_err hf_roll_at_once(const struct hf_policy *policy, const struct hf_roll_state *state,
        struct hf_evidence *evidence, hf_time now, struct hf_at_once *ret_at_once) HF_MUST_CHECK;

#endif
