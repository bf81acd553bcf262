/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A world whose line lives in another process, and dies there again and again.
 *
 * The test keeps the view from outside: every version, key and DS set that anybody could have seen.
 * The line's process is killed in a call that changes a file, or at any other moment; or the power
 * goes and takes unsynced bytes with it; or its disk fails for some calls first. A new process
 * takes up what is there, and before it does anything else that is held against the view from
 * outside. What the process was asked for when it died is asked for again, as a primary sends its
 * version again and a person looks whether the order was carried out. One farline at a time.
 */
#ifndef HF_TESTS_PIPELINE_FARLINE_H
#define HF_TESTS_PIPELINE_FARLINE_H

#include "lineworld.h"
#include "powerloss.h"

enum far_request {
	FAR_NOTHING,
	FAR_CHANGE,
	FAR_INPUT,
	FAR_LOOK_AT_PARENT,
	FAR_LOOK_AT_SECONDARY,
	FAR_RUN,
	FAR_ORDER,
	FAR_CLOSE,
};

enum far_end {
	FAR_CALL,  /* killed in a call that changes a file: done, not done or done in part */
	FAR_CLOCK, /* killed after some time */
	FAR_POWER, /* and what was not synced may be lost */
	FAR_ENDS,
};

struct far_options {
	unsigned seed;
	unsigned ends[FAR_ENDS]; /* how often each is chosen, beside the others */
	unsigned calls;          /* that a life has at most, of those that change files */
	bool disk_fails;         /* for some of the calls of most lives */
};

/* A key that was ever seen in the folder. */
struct far_key {
	uint8_t *dnskey; /* owned */
	uint16_t len, tag;
	bool gone;
};

/* What the line said of itself last. */
struct far_word {
	struct hf_line_status status; /* with keys and alarms */
	struct hf_journal_version served;
	struct hf_buf state; /* the engine's, as it is stored, but for when it was asked last */
	unsigned flags;      /* of the ledger */
	bool has_source;
	uint32_t source; /* serial of the input that it has; with has_source */
};

struct farline {
	struct far_options options;
	bool calm; /* nothing happens to it any more */
	/* The process. */
	int channel; /* -1: there is none */
	int process;
	enum far_end end;
	struct faults faults;
	unsigned requests;        /* before it is killed, when that is by the clock */
	enum far_request pending; /* what it was asked for and did not do yet */
	struct far_word word;
	/* What was seen from outside. */
	struct far_key keys[WORLD_KEYS];
	size_t key_count;
	const struct hf_version *proved; /* the version of `word` that was; not a reference */
	unsigned deaths[FAR_ENDS];
	unsigned failures; /* requests that failed, and were asked again */
	struct hf_pool *pool;
};

/* From now on, before world_open, the world's line is a far one. */
void farline_begin(struct farline *far, struct world *world, const struct far_options *options);
/* The process makes room for one that nothing happens to. */
void farline_calm(struct farline *far, struct world *world);
/* After world_done. */
void farline_done(struct farline *far);
/* All keys in the folder, and that none came back, has another's tag, or left while the zone or its
 * parent showed it. */
void farline_look_at_keys(struct farline *far, struct world *world);

#endif
