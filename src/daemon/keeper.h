/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A keeper: what the daemon does for one zone, and when.
 *
 * It opens the zone's line, asks the source when it is time or when somebody says that there is
 * something new, has the line run when it is due, gives what was published to server and notifier,
 * and looks at the parent and the secondaries as often as the line needs that. Its work happens on
 * lanes, one piece at a time; everything else on the loop. What was published once stays served,
 * whatever fails afterwards. All functions are for the loop's thread.
 */
#ifndef HF_DAEMON_KEEPER_H
#define HF_DAEMON_KEEPER_H

#include <jansson.h>

#include "daemon/alerts.h"
#include "daemon/config.h"
#include "daemon/lanes.h"
#include "daemon/watch.h"
#include "net/fetch.h"
#include "net/notifier.h"
#include "net/server.h"
#include "pipeline/line.h"

/* What keepers share; borrowed from the daemon. */
struct hf_shared {
	uv_loop_t *loop;
	struct hf_lanes *lanes;
	struct hf_server *server;
	struct hf_notifier *notifier;
	struct hf_store *store;
	struct hf_alerts *alerts;
	struct hf_watch *watch;
	const char *state; /* folder */
	size_t eager;      /* looks that come again and again because a line waits for them */
};

struct hf_keeper;

struct hf_keeper_setup {
	struct hf_shared *shared;
	struct hf_config *config;              /* a reference is taken */
	const struct hf_config_zone *settings; /* in that configuration */
	int64_t id;                            /* in the store */
	bool added; /* by a command: its settings are in the store, not in the file */
};
/* Begins to open the zone. */
enum hf_err hf_keeper_new(
        const struct hf_keeper_setup *setup, struct hf_keeper **ret_keeper) HF_MUST_CHECK;
/* Other settings for the same zone; they were checked before. */
enum hf_err hf_keeper_change(
        struct hf_keeper *keeper, const struct hf_keeper_setup *setup) HF_MUST_CHECK;
/* Ends it: nothing is served any more at once; `closed` is called, and the keeper freed, when its
 * last job has ended. */
void hf_keeper_close(struct hf_keeper *keeper, void (*closed)(void *context), void *context);

/* Whatever waits for others on its behalf (looks, transfers, reviews) breaks off soon: the daemon
 * ends. */
void hf_keeper_cancel(struct hf_keeper *keeper);

const struct hf_name *hf_keeper_name(const struct hf_keeper *keeper);
int64_t hf_keeper_id(const struct hf_keeper *keeper);
bool hf_keeper_is_added(const struct hf_keeper *keeper);

/* Ask the source now: a person says so, or a NOTIFY came. */
void hf_keeper_reload(struct hf_keeper *keeper);
void hf_keeper_notified(struct hf_keeper *keeper);
/* Somebody took a version from the server: look at the secondaries soon. */
void hf_keeper_transferred(struct hf_keeper *keeper);

/* What came of an order; `words` say what follows when it was accepted. */
typedef void hf_keeper_reply(
        void *context, enum hf_err err, const char *words, const struct hf_diag *diag);
/* Carried out on a lane, in the order in which they come; `reply` is called exactly once. */
enum hf_err hf_keeper_order(struct hf_keeper *keeper, const struct hf_line_says *says,
        hf_keeper_reply *reply, void *context) HF_MUST_CHECK;

/* A change as somebody would ask for it; the method may be NULL. */
struct hf_keeper_wish {
	const char *what, *method;
};
/* The runbook {text, plan}, taken over; NULL: an error, of which the diagnostic tells. */
typedef void hf_keeper_planned(
        void *context, enum hf_err err, json_t *result, const struct hf_diag *diag);
/*
 * What a change would be that began with the zone as it is published now; nothing is changed.
 * `planned` is called once unless this fails. HF_ERR_REFUSED: there is nothing that a change could
 * begin with, because another one is in progress, say.
 */
enum hf_err hf_keeper_plan(struct hf_keeper *keeper, const struct hf_keeper_wish *wish,
        hf_keeper_planned *planned, void *context, struct hf_diag *diag) HF_MUST_CHECK;

/* The zone's status, whole or short. */
enum hf_err hf_keeper_json(
        const struct hf_keeper *keeper, bool whole, json_t **ret_json) HF_MUST_CHECK;

/* The published versions that are kept, newest first: [{serial, at, names}]. */
enum hf_err hf_keeper_versions(const struct hf_keeper *keeper, json_t **ret_list) HF_MUST_CHECK;

/* What something took that is done again and again. */
struct hf_keeper_times {
	uint64_t runs;
	double seconds; /* all together */
};

/* What metrics tell of a zone. */
struct hf_keeper_figures {
	const struct hf_line_status *status; /* NULL: not open; else to be given back */
	bool failed;                         /* it could not be opened */
	unsigned state;                      /* enum hf_line_state */
	uint64_t published;                  /* runs that published, ever */
	uint64_t fetched, fetch_failed;
	size_t secondaries, secondaries_behind;
	double stage_seconds[HF_STAGES]; /* all runs together */
	uint64_t stage_runs[HF_STAGES];
	struct hf_keeper_times fetch, serve;
	hf_time source_at; /* when the source last answered */
};
struct hf_keeper_figures hf_keeper_figures(const struct hf_keeper *keeper);

#endif
