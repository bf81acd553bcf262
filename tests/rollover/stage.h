/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A world for the engine in virtual time: a signer, a secondary, and a parent with two servers.
 *
 * The world carries out what the engine asks for, after delays that the test sets, and records what
 * can be seen. At every moment in which something changes it checks that no resolver can fail.
 * Functions fail the running test when something goes wrong.
 */
#ifndef HF_TESTS_ROLLOVER_STAGE_H
#define HF_TESTS_ROLLOVER_STAGE_H

#include "rollover/rollover.h"

/* Names as in RFC 7583. Seconds. */
struct stage_times {
	uint32_t ttl_key, ttl_sig, ttl_ds;
	int64_t dprp_c; /* until the secondary has a version */
	int64_t dsgn;   /* until the last signature is replaced */
	int64_t dreg;   /* until the registry has a DS set */
	int64_t dprp_p; /* from then until its last server has it */
};

#define STAGE_LOG     32
#define STAGE_PENDING 64
#define STAGE_SERVERS 2

struct stage_entry {
	hf_time at;
	struct hf_waypoint waypoint;
};

struct stage_pending {
	hf_time at;
	int what; /* a kind of stage.c */
	unsigned server;
	hf_keys ds;
	hf_time version;
};

struct stage {
	struct stage_times times;
	struct hf_policy policy;
	struct hf_roll_state state;
	struct hf_evidence *evidence;
	hf_time now;
	uint32_t secondary, servers[STAGE_SERVERS];
	unsigned keys_made;
	struct stage_pending pending[STAGE_PENDING];
	unsigned pending_count;
	struct hf_waypoint shown; /* what is published */
	bool shown_any;
	enum hf_cds shown_cds;
	hf_keys signed_by; /* data that is not yet signed as in `shown` */
	hf_keys asked;
	bool asked_any;
	hf_time asked_at;
	hf_keys shows[STAGE_SERVERS];      /* DS sets, as the servers have them */
	hf_time looked[STAGE_SERVERS];     /* when that was last seen */
	bool follow;                       /* the secondary follows */
	bool keep;                         /* keys are not destroyed */
	bool bad_tests;                    /* challenges fail */
	bool unchecked;                    /* an emergency was forced: resolvers may fail */
	struct stage_entry log[STAGE_LOG]; /* waypoints, as they were taken */
	unsigned log_count;
	struct hf_outcome outcome; /* of the last step */
};

/* A zone that is not signed, with no DS. Margins are 0, signatures are replaced in `dsgn`. */
void stage_init(struct stage *stage, const struct stage_times *times);
void stage_done(struct stage *stage);

/* Adds a key to the zone as it is; before stage_open. Its number. */
unsigned stage_key(struct stage *stage, enum hf_role role, uint8_t algorithm, unsigned uses);
/* Everything has been as it is for a long time. */
void stage_open(struct stage *stage);

enum hf_err stage_event(struct stage *stage, const struct hf_roll_event *event);
void stage_start(struct stage *stage, const struct hf_roll_start *start);
/* Steps and lets things happen until `until`, or until a change ends when that is `true`. */
void stage_run(struct stage *stage, hf_time until, bool stop_at_end);
/* One step, and what it asks for. */
void stage_step(struct stage *stage);
/* When waypoint `index` of the log was taken, counted from the one before; fails if not there. */
int64_t stage_span(const struct stage *stage, unsigned index);

#endif
