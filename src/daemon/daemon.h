/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The daemon: one loop, and everything that hangs on it.
 *
 * It comes up in this order: configuration, sockets, the rights of root given up, the state folder
 * locked, zones. It ends by letting jobs that run come to their end, for a bounded time; whatever
 * is cut off then is as safe as after a power failure. The loop's thread owns all of it.
 */
#ifndef HF_DAEMON_DAEMON_H
#define HF_DAEMON_DAEMON_H

#include "daemon/activation.h"
#include "daemon/control.h"
#include "daemon/keepers.h"
#include "daemon/metrics.h"

struct hf_daemon {
	uv_loop_t loop;
	struct hf_config *config; /* in force */
	const char *config_path;  /* borrowed */
	struct hf_shared shared;
	struct hf_keepers keepers;
	struct hf_control *control;
	struct hf_metrics *metrics; /* NULL: none */
	uv_signal_t hangup, terminate, interrupt;
	uv_timer_t watchdog, patience;
	char *state; /* folder; what lanes read does not move with the configuration */
	hf_time since;
	uint64_t reloads, reloads_failed;
	bool stopping;
};

/* Runs until it is told to stop. The configuration was loaded from that path. */
enum hf_err hf_daemon_run(
        struct hf_config *config, const char *path, struct hf_diag *diag) HF_MUST_CHECK;
/* The configuration again: all of it, or nothing. */
enum hf_err hf_daemon_reload(struct hf_daemon *daemon, struct hf_diag *diag) HF_MUST_CHECK;
void hf_daemon_stop(struct hf_daemon *daemon);

/* daemon_zones.c: makes the keepers those of a configuration, and of the store's own zones. Nothing
 * has changed when it fails. */
enum hf_err hf_daemon_apply(
        struct hf_daemon *daemon, struct hf_config *config, struct hf_diag *diag) HF_MUST_CHECK;
struct hf_server_limits hf_daemon_limits(const struct hf_config *config);
/* A zone that a command adds; its settings are checked before anything is kept. */
enum hf_err hf_daemon_add_zone(struct hf_daemon *daemon, const struct hf_config_extra *extra,
        struct hf_diag *diag) HF_MUST_CHECK;
/* And one that it removes; `removed` is called when nothing is left of it but its keys. */
enum hf_err hf_daemon_remove_zone(struct hf_daemon *daemon, const struct hf_name *zone,
        void (*removed)(void *context, enum hf_err err), void *context,
        struct hf_diag *diag) HF_MUST_CHECK;

#endif
