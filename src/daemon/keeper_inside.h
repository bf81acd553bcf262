/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is inside a keeper. For its own files only: keeper.c (life and times), keeper_work.c (the
 * line, on a lane), keeper_source.c (files and primaries), keeper_look.c (parent, secondaries),
 * keeper_plan.c (what a rollover would be), keeper_status.c. Fields belong to the loop's thread,
 * those of a job that runs to its lane.
 */
#ifndef HF_DAEMON_KEEPER_INSIDE_H
#define HF_DAEMON_KEEPER_INSIDE_H

#include <stdatomic.h>
#include <sys/stat.h>

#include "daemon/keeper.h"

/* A file as it was when it was read. */
struct hf_file_mark {
	bool there;
	struct timespec changed;
	off_t size;
	ino_t inode;
};

struct hf_keeper_look;

struct hf_keeper_order {
	struct hf_line_says says;
	char who[64];
	hf_keeper_reply *reply;
	void *context;
	enum hf_err err;
	char words[HF_LINE_WORDS];
	struct hf_diag diag;
	struct hf_keeper_order *next;
};

/* What waits for the line. */
struct hf_keeper_tasks {
	bool run, load, change;
	enum hf_job_rank rank; /* of the most pressing one */
	struct hf_keeper_order *orders, **orders_end;
	bool has_fetched;
	struct hf_fetched fetched; /* with a version */
	char from[160];
	char *failure; /* why the source brought nothing; NULL: it did not fail */
	struct hf_keeper_look *parent, *secondaries; /* what was seen; NULL: nothing new */
};

/* The line's job. */
struct hf_keeper_work {
	struct hf_job job;
	struct hf_keeper *keeper;
	struct hf_line *line;     /* NULL: it is opened, or could not be */
	struct hf_config *config; /* for opening and changing */
	const struct hf_config_zone *settings;
	struct hf_edition *last; /* before the work */
	struct hf_keeper_tasks tasks;
	bool opening;
	bool stale; /* what was published is not served yet */
	/* What came of it. */
	enum hf_err err;
	struct hf_diag diag, warnings;
	bool changed, ran;
	struct hf_line_outcome outcome;
	struct hf_edition *edition; /* a new one, or NULL */
	double edition_seconds;     /* what making it took */
	struct hf_version *source;
	struct hf_sample samples[HF_LOOKOUT_SAMPLES];
	size_t sample_count;
	struct hf_file_mark mark; /* of the file that was loaded */
	bool loaded, moved;       /* `moved`: it changed while it was read */
	bool readable;            /* it gave a version */
	size_t names;
};

struct hf_keeper_fetch {
	struct hf_job job;
	struct hf_keeper *keeper;
	struct hf_config *config;
	const struct hf_config_zone *settings;
	struct hf_version *have;
	enum hf_err err;
	struct hf_diag diag;
	struct hf_fetched fetched;
};

struct hf_keeper_look {
	struct hf_job job;
	struct hf_keeper *keeper;
	struct hf_config *config;
	struct hf_places places;
	const struct hf_tsig_key *keys[HF_POLICY_PLACES]; /* of the places; the configuration's */
	struct hf_sample samples[HF_LOOKOUT_SAMPLES];
	size_t sample_count;
	enum hf_err err;
	struct hf_diag diag;
	struct hf_parent_report parent;
	struct hf_secondary_report secondaries;
};

/* When to look: often at first while the line waits for it, then more seldom. */
struct hf_cadence {
	bool busy;      /* a look is under way */
	bool eager;     /* the line waits for it */
	bool again;     /* it was asked for while one was under way */
	bool prompted;  /* somebody who transferred the zone has caused the next one */
	unsigned looks; /* since it became eager */
	hf_time since;  /* when it became eager */
	hf_time next;
};

struct hf_keeper {
	struct hf_shared *shared;
	struct hf_config *config;
	const struct hf_config_zone *settings;
	struct hf_name name;
	int64_t id;
	bool added;
	struct hf_line *line; /* NULL: not open */
	/* What the line borrows. */
	struct hf_config *line_config;
	char *key_folder, *zone_folder;
	struct hf_edition *edition;
	struct hf_version *source; /* that the line has, for incremental transfers */
	struct hf_version *last;   /* that primaries gave; NULL: none, or it got lost */
	struct hf_sample samples[HF_LOOKOUT_SAMPLES];
	size_t sample_count;
	size_t names;
	uv_timer_t timer;
	struct hf_watched *watched; /* the source's file; NULL: it cannot be, or is none */
	bool working;               /* the line's job is under way … */
	bool loading;               /* … and reads the source's file */
	bool fetching, fetch_again;
	bool stale; /* what was published is not served yet: no memory */
	bool closing;
	atomic_bool stop; /* waits on lanes break off */
	struct hf_keeper_tasks tasks;
	struct hf_cadence parent, secondaries;
	hf_time next_run, next_source;
	hf_time clock_ahead; /* of a clock that nobody sets; HF_TIME_NONE: not known */
	hf_time open_at;     /* try again to open it; HF_TIME_NEVER */
	unsigned failures;   /* of the line in a row, for reasons of our own */
	unsigned fetch_failures;
	struct hf_file_mark mark;
	/* The file may have changed then, in milliseconds of a clock that nobody sets; 0: it has
	 * not.
	 */
	uint64_t touched;
	hf_time source_at;
	char source_text[HF_LINE_WORDS]; /* the source's last result */
	char trouble[HF_LINE_WORDS];     /* why the line does not work; empty: it does */
	hf_time trouble_since;
	hf_time expired; /* since when the source is silent for too long; HF_TIME_NONE */
	uint64_t published, fetched, fetch_failed;
	double stage_seconds[HF_STAGES];
	uint64_t stage_runs[HF_STAGES];
	struct hf_keeper_times fetch; /* transfers that brought a version */
	struct hf_keeper_times serve; /* making editions, and giving them to the server */
	void (*closed)(void *context);
	void *closed_context;
};

#define HF_FILE_SETTLES 1000 /* milliseconds after a change before a file is read */

hf_time hf_keeper_now(void);
uint64_t hf_keeper_steady(void); /* milliseconds of a clock that nobody sets */
/* Sets the timer to whatever comes first. */
void hf_keeper_schedule(struct hf_keeper *keeper);
/* Hands in the line's job when there is something to do and none is under way. */
void hf_keeper_kick(struct hf_keeper *keeper);
/* Something waits for the line that is no routine. */
void hf_keeper_press(struct hf_keeper *keeper, enum hf_job_rank rank);
/* When nothing is under way any more and it was closed: the end of it. */
void hf_keeper_try_end(struct hf_keeper *keeper);
/* The line does not work, for a reason of our own; NULL: it does. */
void hf_keeper_set_trouble(struct hf_keeper *keeper, const char *text);
void hf_keeper_tell_alarms(struct hf_keeper *keeper);
/* The alarms of the daemon itself about the zone; there is room for two. Their number. */
size_t hf_keeper_own_alarms(const struct hf_keeper *keeper, struct hf_line_alarm *ret_alarms);
/* First sentence of a diagnostic, with its place; else the error's words. Returns `text`. */
char *hf_keeper_sentence(
        const struct hf_diag *diag, enum hf_err err, char text[static HF_LINE_WORDS]);

void hf_keeper_tasks_init(struct hf_keeper_tasks *tasks);
void hf_keeper_tasks_done(struct hf_keeper_tasks *tasks);
/* Orders that will not be carried out any more get their answer. */
void hf_keeper_refuse_orders(struct hf_keeper_order *orders);

enum hf_err hf_keeper_start_work(struct hf_keeper *keeper, bool opening) HF_MUST_CHECK;

/* keeper_source.c */
/* The source's file may have changed; the context is the keeper. */
void hf_keeper_touched(void *context);
void hf_keeper_check_source(struct hf_keeper *keeper, hf_time now);
void hf_keeper_ask_source(struct hf_keeper *keeper);
void hf_keeper_forget_last(struct hf_keeper *keeper);
void hf_keeper_source_loaded(struct hf_keeper *keeper, const struct hf_keeper_work *work);
struct hf_file_mark hf_file_mark(const char *path);
bool hf_file_mark_equal(const struct hf_file_mark *a, const struct hf_file_mark *b);

/* keeper_look.c */
void hf_keeper_look_free(struct hf_keeper_look *look); /* NULL is fine */
void hf_keeper_want_looks(struct hf_keeper *keeper, const struct hf_line_outcome *outcome);
/* It is closed: no line waits for a look. */
void hf_keeper_want_no_looks(struct hf_keeper *keeper);
void hf_keeper_check_looks(struct hf_keeper *keeper, hf_time now);
/* Addresses of the secondaries: the zone's own, else the policy's. */
void hf_keeper_places(const struct hf_config_zone *settings, struct hf_places *ret_places);

#endif
