/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/daemon.h"

#include <errno.h>
#include <libgen.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/logging.h"
#include "daemon/orders.h"
#include "daemon/privileges.h"

#define STOP_SECONDS 20 /* that running jobs have to come to their end */
#define STATE_MODE   0700
#define CONTROL_MODE 0755

/* ---- What the server tells ---- */

static void on_notify(void *context, const struct hf_server_notify *notify)
{
	struct hf_daemon *daemon = context;
	char from[HF_ENDPOINT_TEXT];
	const struct hf_log_about about = {.level = HF_LOG_INFO,
	        .event = "notified",
	        .zone = notify->zone,
	        .has_serial = notify->has_serial,
	        .serial = notify->serial};
	struct hf_keeper *keeper = hf_keepers_find(&daemon->keepers, notify->zone);
	hf_log(&about, "by %s", hf_endpoint_text(notify->from, from));
	if (keeper != NULL)
		hf_keeper_notified(keeper);
}

static void on_transfer(void *context, const struct hf_server_transfer *transfer)
{
	struct hf_daemon *daemon = context;
	char to[HF_ENDPOINT_TEXT];
	const struct hf_log_about about = {
	        .level = transfer->why == NULL ? HF_LOG_INFO : HF_LOG_WARNING,
	        .event = "transfer",
	        .zone = transfer->zone,
	        .has_serial = true,
	        .serial = transfer->serial};
	struct hf_keeper *keeper = hf_keepers_find(&daemon->keepers, transfer->zone);
	if (transfer->why == NULL)
		hf_log(&about, "to %s: %llu records in %.3f s", hf_endpoint_text(transfer->to, to),
		        (unsigned long long)transfer->records, transfer->seconds);
	else
		hf_log(&about, "to %s failed: %s", hf_endpoint_text(transfer->to, to),
		        transfer->why);
	if (keeper != NULL && transfer->why == NULL)
		hf_keeper_transferred(keeper);
}

static void on_refusal(void *context, const struct hf_server_refusal *refusal)
{
	(void)context;
	char from[HF_ENDPOINT_TEXT];
	/* Anybody can make these: they must not fill the log of every day. */
	const struct hf_log_about about = {
	        .level = HF_LOG_DEBUG, .event = "refused", .zone = refusal->zone};
	hf_log(&about, "%s: %s", hf_endpoint_text(refusal->from, from), refusal->why);
}

/* ---- Signals ---- */

static void on_hangup(uv_signal_t *handle, int number)
{
	(void)number;
	struct hf_daemon *daemon = handle->data;
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	(void)!hf_daemon_reload(daemon, &diag); /* it tells the log itself */
	hf_diag_done(&diag);
}

static void on_terminate(uv_signal_t *handle, int number)
{
	(void)number;
	hf_daemon_stop(handle->data);
}

static void on_watchdog(uv_timer_t *timer)
{
	(void)timer;
	hf_activation_tell("WATCHDOG=1");
}

static void start_signals(struct hf_daemon *daemon)
{
	/* None of these fails on Linux. */
	(void)uv_signal_init(&daemon->loop, &daemon->hangup);
	(void)uv_signal_init(&daemon->loop, &daemon->terminate);
	(void)uv_signal_init(&daemon->loop, &daemon->interrupt);
	(void)uv_timer_init(&daemon->loop, &daemon->watchdog);
	(void)uv_timer_init(&daemon->loop, &daemon->patience);
	daemon->hangup.data = daemon->terminate.data = daemon->interrupt.data = daemon;
	daemon->patience.data = daemon;
	(void)uv_signal_start(&daemon->hangup, on_hangup, SIGHUP);
	(void)uv_signal_start(&daemon->terminate, on_terminate, SIGTERM);
	(void)uv_signal_start(&daemon->interrupt, on_terminate, SIGINT);
	uint64_t period = hf_activation_watchdog() / 2000; /* half of it, in milliseconds */
	if (period > 0)
		(void)uv_timer_start(&daemon->watchdog, on_watchdog, period, period);
}

static void close_signals(struct hf_daemon *daemon)
{
	uv_close((uv_handle_t *)&daemon->hangup, NULL);
	uv_close((uv_handle_t *)&daemon->terminate, NULL);
	uv_close((uv_handle_t *)&daemon->interrupt, NULL);
	uv_close((uv_handle_t *)&daemon->watchdog, NULL);
	uv_close((uv_handle_t *)&daemon->patience, NULL);
}

/* ---- Coming up ---- */

static enum hf_err make_control_folder(
        const struct hf_config *config, const struct hf_identity *identity, struct hf_diag *diag)
{
	char *path = strdup(config->server.control);
	if (path == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = hf_identity_folder(identity, dirname(path), CONTROL_MODE, diag);
	free(path);
	return err;
}

static enum hf_err open_control(struct hf_daemon *daemon, int fd, uid_t owner, struct hf_diag *diag)
{
	const struct hf_control_setup setup = {.loop = &daemon->loop,
	        .path = daemon->config->server.control,
	        .group = daemon->config->server.control_group,
	        .owner = owner,
	        .fd = fd,
	        .handler = hf_orders_handle,
	        .context = daemon};
	return hf_control_new(&setup, diag, &daemon->control);
}

/* Sockets that were handed over, and those of the configuration. */
static enum hf_err open_sockets(struct hf_daemon *daemon, uid_t owner, struct hf_diag *diag)
{
	struct hf_inherited inherited[HF_INHERITED_MAX];
	const struct hf_config_endpoints *listen = &daemon->config->server.listen;
	size_t count = 0;
	int control = -1;
	enum hf_err err = hf_activation_take(diag, inherited, &count);
	for (size_t i = 0; i < count && err == HF_OK; i++) {
		if (inherited[i].kind == HF_INHERITED_UNIX)
			control = inherited[i].fd;
		else
			err = hf_server_adopt(daemon->shared.server, inherited[i].fd, diag);
	}
	/* With sockets that were handed over, those are what is served at. */
	bool handed = count > (control >= 0 ? 1 : 0);
	for (size_t i = 0; i < listen->count && !handed && err == HF_OK; i++)
		err = hf_server_listen(daemon->shared.server, &listen->items[i], diag);
	if (err == HF_OK)
		err = open_control(daemon, control, owner, diag);
	if (err == HF_OK && daemon->config->server.metrics.count > 0) {
		struct hf_metrics_source source = HF_DAEMON_FIGURES;
		source.context = daemon;
		err = hf_metrics_bind(&daemon->loop, daemon->config->server.metrics.items, &source,
		        diag, &daemon->metrics);
	}
	return err;
}

static enum hf_err open_outside(struct hf_daemon *daemon, struct hf_diag *diag)
{
	struct hf_identity identity;
	const struct hf_server_limits limits = hf_daemon_limits(daemon->config);
	const struct hf_server_events events = {.context = daemon,
	        .notify = on_notify,
	        .transfer = on_transfer,
	        .refusal = on_refusal};
	enum hf_err err = hf_identity_find(daemon->config->server.user, diag, &identity);
	if (err == HF_OK)
		err = make_control_folder(daemon->config, &identity, diag);
	if (err == HF_OK)
		err = hf_server_new(&daemon->loop, &limits, &events, &daemon->shared.server);
	if (err == HF_OK)
		err = open_sockets(daemon, identity.user, diag);
	/* Last: who cannot serve at all leaves nothing behind. */
	if (err == HF_OK)
		err = hf_identity_folder(&identity, daemon->config->server.state, STATE_MODE, diag);
	return err == HF_OK ? hf_identity_assume(&identity, diag) : err;
}

static enum hf_err open_inside(struct hf_daemon *daemon, struct hf_diag *diag)
{
	const struct hf_config_server *server = &daemon->config->server;
	const struct hf_lanes_setup lanes = {
	        .loop = &daemon->loop, .small = server->small_lanes, .look = server->look_lanes};
	struct hf_shared *shared = &daemon->shared;
	const struct hf_notifier_options notifier = {
	        .source_v4 = hf_config_source_of(daemon->config, false),
	        .source_v6 = hf_config_source_of(daemon->config, true)};
	shared->loop = &daemon->loop;
	shared->state = daemon->state = strdup(server->state);
	if (daemon->state == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = hf_store_open(server->state, diag, &shared->store);
	if (err == HF_OK)
		err = hf_notifier_new(&daemon->loop, &notifier, diag, &shared->notifier);
	if (err == HF_OK)
		err = hf_alerts_new(&daemon->loop, &shared->alerts);
	if (err == HF_OK)
		err = hf_watch_new(&daemon->loop, &shared->watch);
	if (err == HF_OK)
		err = hf_lanes_new(&lanes, &shared->lanes);
	if (err == HF_OK && daemon->metrics != NULL)
		err = hf_metrics_start(daemon->metrics, diag);
	return err;
}

/* Tells the service manager that it serves; also after a reload. */
static void tell_manager(const struct hf_daemon *daemon)
{
	hf_activation_tell("READY=1\nSTATUS=%zu zone%s", daemon->keepers.count,
	        daemon->keepers.count == 1 ? "" : "s");
}

static void tell_ready(const struct hf_daemon *daemon)
{
	const struct hf_log_about about = {.level = HF_LOG_NOTICE, .event = "started"};
	hf_log(&about, "holdfastd " HF_VERSION " with %zu zone%s, state in %s",
	        daemon->keepers.count, daemon->keepers.count == 1 ? "" : "s", daemon->shared.state);
	tell_manager(daemon);
}

/* ---- Reload ---- */

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_endpoints(const struct hf_config_endpoints *a, const struct hf_config_endpoints *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!hf_endpoint_equal(&a->items[i], &b->items[i]))
			return false;
	}
	return true;
}

/* What was opened with rights that are gone now, or by whoever is not the same any more. */
static enum hf_err judge_fixed(
        const struct hf_config *before, const struct hf_config *after, struct hf_diag *diag)
{
	const struct hf_config_server *old = &before->server, *new = &after->server;
	const struct {
		const char *name;
		bool same;
	} settings[] = {
	        {"state", same_text(old->state, new->state)},
	        {"listen", same_endpoints(&old->listen, &new->listen)},
	        {"source", same_endpoints(&old->source, &new->source)},
	        {"control", same_text(old->control, new->control)},
	        {"control-group", same_text(old->control_group, new->control_group)},
	        {"user", same_text(old->user, new->user)},
	        {"metrics", same_endpoints(&old->metrics, &new->metrics)},
	        {"small-lanes", old->small_lanes == new->small_lanes},
	        {"look-lanes", old->look_lanes == new->look_lanes},
	};
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (settings[i].same)
			continue;
		hf_diag_add(diag, after->file, 0,
		        "server.%s cannot change while the daemon runs; restart it, or put the "
		        "old value back",
		        settings[i].name);
		err = HF_ERR_REFUSED;
	}
	return err;
}

static enum hf_err reload(struct hf_daemon *daemon, struct hf_diag *diag)
{
	struct hf_diag warnings;
	struct hf_config *config = NULL;
	const struct hf_log_about about = {.level = HF_LOG_WARNING, .event = "configuration"};
	hf_diag_init(&warnings, HF_DIAG_LIMIT);
	enum hf_err err = hf_config_load(daemon->config_path, &warnings, diag, &config);
	if (err == HF_OK)
		err = judge_fixed(daemon->config, config, diag);
	if (err == HF_OK)
		err = hf_daemon_apply(daemon, config, diag);
	if (err == HF_OK) {
		hf_config_unref(daemon->config);
		daemon->config = config;
		hf_log_set_level((enum hf_log_level)config->server.log);
		hf_log_diag(&about, &warnings, HF_OK);
	} else {
		hf_config_unref(config);
	}
	hf_diag_done(&warnings);
	return err;
}

enum hf_err hf_daemon_reload(struct hf_daemon *daemon, struct hf_diag *diag)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	hf_activation_tell(
	        "RELOADING=1\nMONOTONIC_USEC=%lld", 1000000ll * now.tv_sec + now.tv_nsec / 1000);
	enum hf_err err = reload(daemon, diag);
	const struct hf_log_about about = {
	        .level = err == HF_OK ? HF_LOG_NOTICE : HF_LOG_ERROR, .event = "reload"};
	daemon->reloads++;
	if (err == HF_OK) {
		hf_log(&about, "the configuration is in force: %zu zone%s", daemon->keepers.count,
		        daemon->keepers.count == 1 ? "" : "s");
	} else {
		daemon->reloads_failed++;
		hf_log_diag(&about, diag, err);
		hf_log(&about, "the configuration has mistakes; nothing was changed");
	}
	tell_manager(daemon);
	return err;
}

/* ---- Going down ---- */

/* Nothing runs any more: everything lets go of the loop. */
static void close_all(void *context)
{
	struct hf_daemon *daemon = context;
	for (size_t i = 0; i < daemon->keepers.count; i++)
		hf_keeper_close(daemon->keepers.list[i], NULL, NULL);
	daemon->keepers.count = 0;
	hf_control_free(daemon->control);
	hf_metrics_free(daemon->metrics);
	hf_server_free(daemon->shared.server, NULL, NULL);
	hf_notifier_free(daemon->shared.notifier, NULL, NULL);
	hf_alerts_free(daemon->shared.alerts);
	hf_watch_free(daemon->shared.watch);
	hf_lanes_free(daemon->shared.lanes);
	close_signals(daemon);
}

static void on_impatient(uv_timer_t *timer)
{
	(void)timer;
	const struct hf_log_about about = {.level = HF_LOG_WARNING, .event = "stopped"};
	hf_log(&about,
	        "a job did not end within %d s and is cut off; what it did is there or not, and "
	        "nothing in between",
	        STOP_SECONDS);
	_exit(0);
}

void hf_daemon_stop(struct hf_daemon *daemon)
{
	const struct hf_log_about about = {.level = HF_LOG_NOTICE, .event = "stopping"};
	if (daemon->stopping)
		return;
	daemon->stopping = true;
	hf_log(&about, "waiting for what is under way");
	hf_activation_tell("STOPPING=1");
	for (size_t i = 0; i < daemon->keepers.count; i++)
		hf_keeper_cancel(daemon->keepers.list[i]);
	(void)uv_timer_start(&daemon->patience, on_impatient, 1000 * STOP_SECONDS, 0);
	hf_lanes_stop(daemon->shared.lanes, close_all, daemon);
}

static enum hf_err run(struct hf_daemon *daemon, struct hf_diag *diag)
{
	enum hf_err err = open_outside(daemon, diag);
	if (err == HF_OK)
		err = open_inside(daemon, diag);
	if (err == HF_OK)
		err = hf_daemon_apply(daemon, daemon->config, diag);
	if (err != HF_OK) {
		/* Whatever there is by now; nothing of it has begun to work. */
		close_all(daemon);
		(void)uv_run(&daemon->loop, UV_RUN_DEFAULT);
		return err;
	}
	tell_ready(daemon);
	(void)uv_run(&daemon->loop, UV_RUN_DEFAULT);
	return HF_OK;
}

enum hf_err hf_daemon_run(struct hf_config *config, const char *path, struct hf_diag *diag)
{
	struct hf_daemon *daemon = calloc(1, sizeof(*daemon));
	if (daemon == NULL)
		return HF_ERR_NOMEM;
	if (uv_loop_init(&daemon->loop) != 0) {
		free(daemon);
		return HF_ERR_NOMEM;
	}
	/* A peer that is gone, or a file over a limit, are failed writes, and no reason to die. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	daemon->config = hf_config_ref(config);
	daemon->config_path = path;
	daemon->since = (hf_time)time(NULL);
	hf_log_set_level((enum hf_log_level)config->server.log);
	start_signals(daemon);
	enum hf_err err = run(daemon, diag);
	int open = uv_loop_close(&daemon->loop);
	const struct hf_log_about about = {
	        .level = open == 0 ? HF_LOG_NOTICE : HF_LOG_WARNING, .event = "stopped"};
	hf_keepers_done(&daemon->keepers);
	hf_store_close(daemon->shared.store);
	hf_config_unref(daemon->config);
	if (err == HF_OK)
		hf_log(&about, open == 0 ? "in order" : "with something left on the loop");
	free(daemon->state);
	free(daemon);
	return err;
}
