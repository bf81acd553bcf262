/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which zones the daemon has: those of its configuration, and those that commands have added, which
 * live in the store. All that can go wrong with a new set of zones goes wrong before anything is
 * changed.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/daemon.h"
#include "daemon/logging.h"

/* A zone's row in the store. Settings are empty for a zone of the configuration. */
struct row {
	int64_t id;
	struct hf_name name;
	char *policy, *settings;
	struct hf_config *config; /* of an added zone, by the configuration that is to come */
};

struct rows {
	struct row *list;
	size_t count;
};

/* What is to become of one zone. */
struct step {
	struct hf_keeper *keeper; /* NULL: it has none yet */
	struct hf_keeper_setup setup;
};

struct plan {
	struct rows rows;
	struct step *steps;
	size_t count;
};

/* ---- The store ---- */

static enum hf_err take_row(void *context, const struct hf_store_zone *zone)
{
	struct rows *rows = context;
	/* A power of two is a full array. */
	if ((rows->count & (rows->count - 1)) == 0) {
		size_t room = rows->count > 0 ? 2 * rows->count : 1;
		struct row *list = realloc(rows->list, room * sizeof(*list));
		if (list == NULL)
			return HF_ERR_NOMEM;
		rows->list = list;
	}
	struct row row = {.id = zone->id,
	        .name = zone->name,
	        .policy = strdup(zone->policy != NULL ? zone->policy : ""),
	        .settings = strdup(zone->settings != NULL ? zone->settings : "")};
	if (row.policy == NULL || row.settings == NULL) {
		free(row.policy);
		free(row.settings);
		return HF_ERR_NOMEM;
	}
	hf_name_lower(&row.name);
	rows->list[rows->count++] = row;
	return HF_OK;
}

static int by_name(const void *a, const void *b)
{
	const struct row *left = a, *right = b;
	return hf_name_cmp(&left->name, &right->name);
}

static struct row *find_row(const struct rows *rows, const struct hf_name *name)
{
	struct row wanted = {.name = *name};
	return rows->count == 0
	               ? NULL
	               : bsearch(&wanted, rows->list, rows->count, sizeof(wanted), by_name);
}

static enum hf_err read_rows(struct hf_store *store, struct rows *rows, struct hf_diag *diag)
{
	enum hf_err err = hf_store_zones(store, take_row, rows, diag);
	if (err == HF_OK && rows->count > 0)
		qsort(rows->list, rows->count, sizeof(*rows->list), by_name);
	return err;
}

static void plan_done(struct plan *plan)
{
	for (size_t i = 0; i < plan->rows.count; i++) {
		hf_config_unref(plan->rows.list[i].config);
		free(plan->rows.list[i].policy);
		free(plan->rows.list[i].settings);
	}
	free(plan->rows.list);
	free(plan->steps);
}

static bool is_added(const struct row *row)
{
	return row->settings[0] != '\0';
}

/* ---- Planning ---- */

/* Every added zone as the new configuration makes it: keys and policies may have gone. */
static enum hf_err check_added(struct hf_config *config, struct rows *rows, struct hf_diag *diag)
{
	enum hf_err result = HF_OK;
	char name[HF_NAME_TEXT];
	for (size_t i = 0; i < rows->count; i++) {
		struct row *row = &rows->list[i];
		if (!is_added(row))
			continue;
		const struct hf_config_extra extra = {
		        .name = &row->name, .policy = row->policy, .settings = row->settings};
		enum hf_err err = hf_config_extra(config, &extra, diag, &row->config);
		if (err == HF_OK)
			continue;
		hf_diag_add(diag, config->file, 0,
		        "the zone %s, which a command has added, does not go with this "
		        "configuration; mend it, or remove the zone first",
		        hf_name_text(&row->name, name));
		result = err;
	}
	return result;
}

/* The store's number of every zone of the file; new ones are made in one transaction. */
static enum hf_err number_zones(struct hf_store *store, const struct hf_config *config,
        struct plan *plan, struct hf_diag *diag)
{
	char name[HF_NAME_TEXT];
	for (size_t i = 0; i < config->zones.count; i++) {
		const struct hf_config_zone *zone = &config->zones.items[i];
		const struct row *row = find_row(&plan->rows, &zone->name);
		int64_t id = row != NULL ? row->id : 0;
		if (row != NULL && is_added(row))
			return hf_fail_at(diag, HF_ERR_EXISTS, config->file, zone->line,
			        "the zone %s is there already, by holdfast zone add; remove it "
			        "there, or here",
			        hf_name_text(&zone->name, name));
		if (row == NULL) {
			const struct hf_store_zone added = {.name = zone->name,
			        .policy = zone->policy_name,
			        .settings = "",
			        .added = (hf_time)time(NULL)};
			enum hf_err err = hf_store_add_zone(store, &added, diag, &id);
			if (err != HF_OK)
				return err;
		}
		plan->steps[plan->count++].setup =
		        (struct hf_keeper_setup){.settings = zone, .id = id};
	}
	return HF_OK;
}

static enum hf_err make_steps(
        struct hf_daemon *daemon, struct hf_config *config, struct plan *plan, struct hf_diag *diag)
{
	struct hf_store *store = daemon->shared.store;
	plan->steps = calloc(config->zones.count + plan->rows.count + 1, sizeof(*plan->steps));
	if (plan->steps == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = hf_store_begin(store, diag);
	if (err != HF_OK)
		return err;
	err = number_zones(store, config, plan, diag);
	if (err == HF_OK)
		err = hf_store_commit(store, diag);
	if (err != HF_OK) {
		hf_store_rollback(store);
		return err;
	}
	for (size_t i = 0; i < plan->count; i++)
		plan->steps[i].setup.config = config;
	for (size_t i = 0; i < plan->rows.count; i++) {
		const struct row *row = &plan->rows.list[i];
		if (is_added(row))
			plan->steps[plan->count++].setup =
			        (struct hf_keeper_setup){.config = row->config,
			                .settings = &row->config->zones.items[0],
			                .id = row->id,
			                .added = true};
	}
	for (size_t i = 0; i < plan->count; i++) {
		struct step *step = &plan->steps[i];
		step->setup.shared = &daemon->shared;
		step->keeper = hf_keepers_find(&daemon->keepers, &step->setup.settings->name);
	}
	return hf_keepers_reserve(&daemon->keepers, plan->count);
}

/* ---- Carrying out ---- */

static enum hf_err carry_out(struct hf_daemon *daemon, const struct step *step)
{
	struct hf_keeper *keeper = NULL;
	if (step->keeper != NULL)
		return hf_keeper_change(step->keeper, &step->setup);
	enum hf_err err = hf_keeper_new(&step->setup, &keeper);
	if (err == HF_OK)
		hf_keepers_add(&daemon->keepers, keeper);
	return err;
}

static int by_zone(const void *a, const void *b)
{
	const struct step *left = a, *right = b;
	return hf_name_cmp(&left->setup.settings->name, &right->setup.settings->name);
}

static bool is_planned(const struct plan *plan, const struct hf_name *name)
{
	struct hf_config_zone zone = {.name = *name};
	struct step wanted = {.setup = {.settings = &zone}};
	return bsearch(&wanted, plan->steps, plan->count, sizeof(wanted), by_zone) != NULL;
}

/* Zones that the configuration has no more: what is known of them stays in the store. */
static void end_others(struct hf_daemon *daemon, const struct plan *plan)
{
	for (size_t i = daemon->keepers.count; i > 0; i--) {
		struct hf_keeper *keeper = daemon->keepers.list[i - 1];
		if (is_planned(plan, hf_keeper_name(keeper)))
			continue;
		const struct hf_log_about about = {.level = HF_LOG_NOTICE,
		        .event = "zone-ended",
		        .zone = hf_keeper_name(keeper)};
		hf_log(&about, "the configuration does not have it any more");
		hf_keepers_remove(&daemon->keepers, keeper);
		hf_keeper_close(keeper, NULL, NULL);
	}
}

static void switch_over(struct hf_daemon *daemon, struct plan *plan)
{
	if (plan->count > 0)
		qsort(plan->steps, plan->count, sizeof(*plan->steps), by_zone);
	end_others(daemon, plan);
	for (size_t i = 0; i < plan->count; i++) {
		enum hf_err err = carry_out(daemon, &plan->steps[i]);
		const struct hf_log_about about = {.level = HF_LOG_ERROR,
		        .event = "zone-failed",
		        .zone = &plan->steps[i].setup.settings->name};
		/* Only memory can be missing now; the zone goes on as it was. */
		if (err != HF_OK)
			hf_log(&about, "its new settings are not in force: %s", hf_err_text(err));
	}
}

enum hf_err hf_daemon_apply(
        struct hf_daemon *daemon, struct hf_config *config, struct hf_diag *diag)
{
	HF_CLEANUP(plan_done) struct plan plan = {0};
	enum hf_err err = read_rows(daemon->shared.store, &plan.rows, diag);
	if (err == HF_OK)
		err = check_added(config, &plan.rows, diag);
	if (err == HF_OK)
		err = make_steps(daemon, config, &plan, diag);
	if (err == HF_OK)
		err = hf_server_set_keys(daemon->shared.server, &config->tsig);
	if (err != HF_OK)
		return err;
	const struct hf_server_limits limits = hf_daemon_limits(config);
	hf_server_set_limits(daemon->shared.server, &limits);
	hf_alerts_set(daemon->shared.alerts, config);
	switch_over(daemon, &plan);
	return HF_OK;
}

struct hf_server_limits hf_daemon_limits(const struct hf_config *config)
{
	const struct hf_config_limits *limits = &config->server.limits;
	return (struct hf_server_limits){.connections = limits->connections,
	        .connections_address = limits->connections_address,
	        .idle_seconds = (unsigned)limits->idle,
	        .stall_seconds = (unsigned)limits->stall,
	        .transfer_seconds = (unsigned)limits->transfer,
	        .transfers = limits->transfers,
	        .transfers_address = limits->transfers_address};
}

/* ---- One zone ---- */

static enum hf_err start_added(struct hf_daemon *daemon, struct hf_config *config, int64_t id)
{
	struct hf_keeper *keeper = NULL;
	const struct hf_keeper_setup setup = {.shared = &daemon->shared,
	        .config = config,
	        .settings = &config->zones.items[0],
	        .id = id,
	        .added = true};
	enum hf_err err = hf_keepers_reserve(&daemon->keepers, 1);
	if (err == HF_OK)
		err = hf_keeper_new(&setup, &keeper);
	if (err == HF_OK)
		hf_keepers_add(&daemon->keepers, keeper);
	return err;
}

/* What a zone was that the configuration once had is still in the store: it becomes this one. */
static enum hf_err keep_added(struct hf_daemon *daemon, const struct hf_config_extra *extra,
        const struct hf_config *config, struct hf_diag *diag, int64_t *ret_id)
{
	struct plan plan = {0};
	struct hf_store_zone zone = {.name = *extra->name,
	        .policy = config->zones.items[0].policy_name,
	        .settings = extra->settings,
	        .added = (hf_time)time(NULL)};
	enum hf_err err = read_rows(daemon->shared.store, &plan.rows, diag);
	const struct row *row = err == HF_OK ? find_row(&plan.rows, extra->name) : NULL;
	if (row != NULL) {
		zone.id = row->id;
		err = hf_store_change_zone(daemon->shared.store, &zone, diag);
	} else if (err == HF_OK) {
		err = hf_store_add_zone(daemon->shared.store, &zone, diag, &zone.id);
	}
	plan_done(&plan);
	if (err == HF_OK)
		*ret_id = zone.id;
	return err;
}

enum hf_err hf_daemon_add_zone(
        struct hf_daemon *daemon, const struct hf_config_extra *extra, struct hf_diag *diag)
{
	char name[HF_NAME_TEXT];
	struct hf_config *config = NULL;
	int64_t id = 0;
	if (hf_keepers_find(&daemon->keepers, extra->name) != NULL)
		return hf_fail(diag, HF_ERR_EXISTS, "the zone %s is there already",
		        hf_name_text(extra->name, name));
	enum hf_err err = hf_config_extra(daemon->config, extra, diag, &config);
	if (err == HF_OK)
		err = keep_added(daemon, extra, config, diag, &id);
	if (err == HF_OK)
		err = start_added(daemon, config, id);
	hf_config_unref(config);
	return err;
}

struct removal {
	struct hf_daemon *daemon;
	int64_t id;
	struct hf_name name;
	void (*removed)(void *context, enum hf_err err);
	void *context;
};

static void on_closed(void *context)
{
	struct removal *removal = context;
	struct hf_diag diag;
	const struct hf_log_about about = {
	        .level = HF_LOG_ERROR, .event = "zone-remove", .zone = &removal->name};
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = HF_ERR_CANCELED;
	if (!removal->daemon->stopping)
		err = hf_store_remove_zone(removal->daemon->shared.store, removal->id, &diag);
	if (err != HF_OK)
		hf_log_diag(&about, &diag, err);
	removal->removed(removal->context, err);
	hf_diag_done(&diag);
	free(removal);
}

enum hf_err hf_daemon_remove_zone(struct hf_daemon *daemon, const struct hf_name *zone,
        void (*removed)(void *context, enum hf_err err), void *context, struct hf_diag *diag)
{
	char name[HF_NAME_TEXT];
	struct hf_keeper *keeper = hf_keepers_find(&daemon->keepers, zone);
	if (!hf_keeper_is_added(keeper))
		return hf_fail(diag, HF_ERR_REFUSED,
		        "the zone %s is in the configuration file: take it out of %s and say "
		        "holdfast reload",
		        hf_name_text(zone, name), daemon->config->file);
	struct removal *removal = calloc(1, sizeof(*removal));
	if (removal == NULL)
		return HF_ERR_NOMEM;
	*removal = (struct removal){.daemon = daemon,
	        .id = hf_keeper_id(keeper),
	        .name = *zone,
	        .removed = removed,
	        .context = context};
	hf_keepers_remove(&daemon->keepers, keeper);
	hf_keeper_close(keeper, on_closed, removal);
	return HF_OK;
}
