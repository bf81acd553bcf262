/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The daemon's figures in the text format of Prometheus, and its health in JSON. */
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "daemon/daemon.h"
#include "report/line_json.h"

/* Figures of one zone, for all metrics of the page. */
struct row {
	struct hf_name zone;
	struct hf_keeper_figures figures;
};

struct hf_snapshot {
	hf_time now, since;
	uint64_t reloads, reloads_failed;
	struct hf_lane_load loads[HF_LANES];
	struct hf_server_counters server;
	struct hf_notifier_counters notifier;
	struct hf_alerts_state alerts;
	size_t count;
	struct row rows[];
};

struct page {
	struct hf_buf *out;
	const struct hf_snapshot *snapshot;
	const struct row *rows;
	size_t count;
	hf_time now;
};

static void put_head(struct page *page, const char *name, const char *type, const char *help)
{
	hf_put_format(page->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A label's value: names have escapes with backslashes. */
static void put_label(struct hf_buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\\' || *text == '"')
			hf_put_u8(out, '\\');
		hf_put_u8(out, (uint8_t)*text);
	}
}

static void put_zone(struct page *page, const char *name, const struct row *row, const char *more)
{
	char zone[HF_NAME_TEXT];
	hf_put_format(page->out, "%s{zone=\"", name);
	put_label(page->out, hf_name_text(&row->zone, zone));
	hf_put_format(page->out, "\"%s} ", more);
}

/* ---- A value of each zone ---- */

/* NAN: the zone has none. */
typedef double zone_value(const struct row *row, hf_time now);

static double serial_in(const struct row *row, hf_time now)
{
	(void)now;
	const struct hf_line_status *status = row->figures.status;
	return status != NULL && status->has_source ? status->serial_in : NAN;
}

static double serial_out(const struct row *row, hf_time now)
{
	(void)now;
	const struct hf_line_status *status = row->figures.status;
	return status != NULL && status->has_published ? status->serial_out : NAN;
}

static double published_at(const struct row *row, hf_time now)
{
	(void)now;
	const struct hf_line_status *status = row->figures.status;
	return status != NULL && status->has_published ? (double)status->published_at : NAN;
}

static double source_age(const struct row *row, hf_time now)
{
	return (double)(now - row->figures.source_at);
}

static double validity(const struct row *row, hf_time now)
{
	const struct hf_line_status *status = row->figures.status;
	return status != NULL && status->has_validity ? (double)(status->first_expiry - now) : NAN;
}

static double key_event(const struct row *row, hf_time now)
{
	const struct hf_line_status *status = row->figures.status;
	hf_time next = HF_TIME_NEVER;
	for (size_t i = 0; status != NULL && i < status->key_count; i++)
		next = status->keys[i].next < next ? status->keys[i].next : next;
	return next != HF_TIME_NEVER && next != HF_TIME_NONE ? (double)(next - now) : NAN;
}

static double secondaries(const struct row *row, hf_time now)
{
	(void)now;
	return (double)row->figures.secondaries;
}

static double behind(const struct row *row, hf_time now)
{
	(void)now;
	return (double)row->figures.secondaries_behind;
}

static double parent_silent(const struct row *row, hf_time now)
{
	const struct hf_line_status *status = row->figures.status;
	if (status == NULL)
		return NAN;
	return status->silent_since != HF_TIME_NONE ? (double)(now - status->silent_since) : 0;
}

static double alarms(const struct row *row, hf_time now)
{
	(void)now;
	const struct hf_line_status *status = row->figures.status;
	return status != NULL ? (double)status->alarm_count : row->figures.failed ? 1 : 0;
}

static double gate_safe(const struct row *row, hf_time now)
{
	(void)now;
	return row->figures.status != NULL ? row->figures.status->gate_safe : NAN;
}

static double gate_unsafe(const struct row *row, hf_time now)
{
	(void)now;
	return row->figures.status != NULL ? row->figures.status->gate_unsafe : NAN;
}

static double published(const struct row *row, hf_time now)
{
	(void)now;
	return (double)row->figures.published;
}

static double fetched(const struct row *row, hf_time now)
{
	(void)now;
	return (double)row->figures.fetched;
}

static double fetch_failed(const struct row *row, hf_time now)
{
	(void)now;
	return (double)row->figures.fetch_failed;
}

static const struct {
	const char *name, *type, *help;
	zone_value *value;
} zone_metrics[] = {
        {"holdfast_zone_serial_in", "gauge", "Serial of the source's last version.", serial_in},
        {"holdfast_zone_serial_out", "gauge", "Serial of the published version.", serial_out},
        {"holdfast_zone_published_timestamp_seconds", "gauge",
                "When the published version was published.", published_at},
        {"holdfast_zone_source_age_seconds", "gauge", "Time since the source last answered.",
                source_age},
        {"holdfast_zone_validity_seconds", "gauge",
                "Time until the first published signature expires.", validity},
        {"holdfast_zone_next_key_event_seconds", "gauge",
                "Time until the first key comes to the end of its lifetime.", key_event},
        {"holdfast_zone_secondaries", "gauge", "Secondaries that are sent NOTIFY.", secondaries},
        {"holdfast_zone_secondaries_behind", "gauge",
                "Secondaries that were not seen with the published version.", behind},
        {"holdfast_zone_parent_silent_seconds", "gauge",
                "Time since when no server of the parent says which DS set the zone has; 0: one "
                "does.",
                parent_silent},
        {"holdfast_zone_alarms", "gauge", "Alarms that stand.", alarms},
        {"holdfast_zone_gate_safe_total", "counter", "Verdicts of the gate: safe.", gate_safe},
        {"holdfast_zone_gate_unsafe_total", "counter", "Verdicts of the gate: unsafe.",
                gate_unsafe},
        {"holdfast_zone_published_total", "counter", "Versions published.", published},
        {"holdfast_zone_loads_total", "counter", "Versions that the source gave.", fetched},
        {"holdfast_zone_loads_failed_total", "counter",
                "Times that the source gave nothing usable.", fetch_failed},
};

static void put_zone_metrics(struct page *page)
{
	for (size_t i = 0; i < sizeof(zone_metrics) / sizeof(zone_metrics[0]); i++) {
		put_head(page, zone_metrics[i].name, zone_metrics[i].type, zone_metrics[i].help);
		for (size_t j = 0; j < page->count; j++) {
			double value = zone_metrics[i].value(&page->rows[j], page->now);
			if (isnan(value))
				continue;
			put_zone(page, zone_metrics[i].name, &page->rows[j], "");
			hf_put_format(page->out, "%.0f\n", value);
		}
	}
}

static void put_stages(struct page *page)
{
	static const char seconds[] = "holdfast_zone_stage_seconds";
	put_head(page, seconds, "summary", "Time that the stages took.");
	for (size_t i = 0; i < page->count; i++) {
		const struct hf_keeper_figures *figures = &page->rows[i].figures;
		for (unsigned stage = 0; stage < HF_STAGES; stage++) {
			char more[64];
			if (figures->stage_runs[stage] == 0)
				continue;
			snprintf(more, sizeof(more), ",stage=\"%s\"",
			        hf_stage_name((enum hf_stage)stage));
			put_zone(page, "holdfast_zone_stage_seconds_sum", &page->rows[i], more);
			hf_put_format(page->out, "%.6f\n", figures->stage_seconds[stage]);
			put_zone(page, "holdfast_zone_stage_seconds_count", &page->rows[i], more);
			hf_put_format(page->out, "%" PRIu64 "\n", figures->stage_runs[stage]);
		}
	}
}

/* Around the line's stages: before them and behind them. */
static void put_times(struct page *page, const char *name, const char *help, size_t offset)
{
	char sum[64], count[64];
	snprintf(sum, sizeof(sum), "%s_sum", name);
	snprintf(count, sizeof(count), "%s_count", name);
	put_head(page, name, "summary", help);
	for (size_t i = 0; i < page->count; i++) {
		const struct hf_keeper_times *times =
		        (const void *)((const char *)&page->rows[i].figures + offset);
		if (times->runs == 0)
			continue;
		put_zone(page, sum, &page->rows[i], "");
		hf_put_format(page->out, "%.6f\n", times->seconds);
		put_zone(page, count, &page->rows[i], "");
		hf_put_format(page->out, "%" PRIu64 "\n", times->runs);
	}
}

/* ---- The daemon as a whole ---- */

static void put_one(
        struct page *page, const char *name, const char *type, const char *help, double value)
{
	put_head(page, name, type, help);
	hf_put_format(page->out, "%s %.0f\n", name, value);
}

static void put_states(struct page *page)
{
	unsigned counts[HF_LINE_STATES] = {0};
	for (size_t i = 0; i < page->count; i++)
		counts[page->rows[i].figures.state]++;
	put_head(page, "holdfast_zones", "gauge", "Zones by state.");
	for (unsigned i = 0; i < HF_LINE_STATES; i++)
		hf_put_format(page->out, "holdfast_zones{state=\"%s\"} %u\n",
		        hf_line_state_name((enum hf_line_state)i), counts[i]);
}

static void put_lanes(struct page *page)
{
	const struct hf_lane_load *loads = page->snapshot->loads;
	put_head(page, "holdfast_lane_waiting", "gauge", "Jobs that wait for a thread.");
	for (unsigned i = 0; i < HF_LANES; i++)
		hf_put_format(page->out, "holdfast_lane_waiting{lane=\"%s\"} %zu\n",
		        hf_lane_name((enum hf_lane)i), loads[i].waiting);
	put_head(page, "holdfast_lane_jobs_total", "counter", "Jobs done.");
	for (unsigned i = 0; i < HF_LANES; i++)
		hf_put_format(page->out, "holdfast_lane_jobs_total{lane=\"%s\"} %" PRIu64 "\n",
		        hf_lane_name((enum hf_lane)i), loads[i].done);
	put_head(page, "holdfast_lane_busy_seconds_total", "counter", "Time that jobs took.");
	for (unsigned i = 0; i < HF_LANES; i++)
		hf_put_format(page->out, "holdfast_lane_busy_seconds_total{lane=\"%s\"} %.3f\n",
		        hf_lane_name((enum hf_lane)i), loads[i].seconds);
}

static void put_server(struct page *page)
{
	const struct hf_server_counters counters = page->snapshot->server;
	const struct hf_notifier_counters notifies = page->snapshot->notifier;
	put_head(page, "holdfast_transfers_total", "counter", "Transfers out, by kind.");
	hf_put_format(page->out,
	        "holdfast_transfers_total{kind=\"axfr\"} %" PRIu64
	        "\nholdfast_transfers_total{kind=\"ixfr\"} %" PRIu64
	        "\nholdfast_transfers_total{kind=\"current\"} %" PRIu64
	        "\nholdfast_transfers_total{kind=\"failed\"} %" PRIu64 "\n",
	        counters.transfers_axfr, counters.transfers_ixfr, counters.transfers_current,
	        counters.transfers_failed);
	put_one(page, "holdfast_transfer_bytes_total", "counter", "Bytes of transfers out.",
	        (double)counters.transfer_bytes);
	put_one(page, "holdfast_queries_total", "counter", "Queries received.",
	        (double)(counters.queries_udp + counters.queries_tcp));
	put_one(page, "holdfast_queries_refused_total", "counter", "Queries refused.",
	        (double)counters.refused);
	put_one(page, "holdfast_queries_bad_tsig_total", "counter", "Queries with a bad TSIG.",
	        (double)counters.bad_tsig);
	put_one(page, "holdfast_connections", "gauge", "TCP connections now.",
	        (double)counters.connections_now);
	put_one(page, "holdfast_notify_sent_total", "counter", "NOTIFY messages sent.",
	        (double)notifies.sent);
}

static void put_alerts(struct page *page)
{
	const struct hf_alerts_state state = page->snapshot->alerts;
	put_one(page, "holdfast_alarms", "gauge", "Alarms that stand, of all zones.",
	        (double)state.standing);
	put_one(page, "holdfast_alerts_told_total", "counter", "Alerts that the command took.",
	        (double)state.told);
	put_one(page, "holdfast_alerts_failed_total", "counter",
	        "Times that the alert command failed.", (double)state.failed);
	if (state.tested == HF_TIME_NONE)
		return;
	put_one(page, "holdfast_alert_test_good", "gauge",
	        "Whether the last test of the alert command was good.", state.test_good);
	put_one(page, "holdfast_alert_test_age_seconds", "gauge",
	        "Time since the last test of the alert command.",
	        (double)(page->now - state.tested));
}

static void put_metrics(const struct hf_snapshot *snapshot, struct hf_buf *out)
{
	struct page page = {.out = out,
	        .snapshot = snapshot,
	        .rows = snapshot->rows,
	        .count = snapshot->count,
	        .now = snapshot->now};
	hf_put_text(out, "# HELP holdfast_info The daemon's version.\n# TYPE holdfast_info gauge\n"
	                 "holdfast_info{version=\"" HF_VERSION "\"} 1\n");
	put_one(&page, "holdfast_start_timestamp_seconds", "gauge", "When the daemon began.",
	        (double)snapshot->since);
	put_one(&page, "holdfast_reloads_total", "counter", "Reloads of the configuration.",
	        (double)snapshot->reloads);
	put_one(&page, "holdfast_reloads_failed_total", "counter",
	        "Reloads that found a mistake and changed nothing.",
	        (double)snapshot->reloads_failed);
	put_states(&page);
	put_lanes(&page);
	put_server(&page);
	put_alerts(&page);
	put_zone_metrics(&page);
	put_stages(&page);
	put_times(&page, "holdfast_zone_fetch_seconds",
	        "Time that transfers took which brought a version; part of the stage load.",
	        offsetof(struct hf_keeper_figures, fetch));
	put_times(&page, "holdfast_zone_serve_seconds",
	        "Time that it took to serve a version from when it was durable.",
	        offsetof(struct hf_keeper_figures, serve));
}

static void put_health(const struct hf_snapshot *snapshot, struct hf_buf *out, bool *ret_good)
{
	size_t alarmed = 0, closed = 0;
	for (size_t i = 0; i < snapshot->count; i++) {
		alarmed += snapshot->rows[i].figures.state == HF_STATE_ALARM;
		closed += snapshot->rows[i].figures.failed;
	}
	/* Alarms are for people; who restarts what is not healthy must not do so for them. */
	*ret_good = closed == 0;
	hf_put_format(out,
	        "{\"status\": \"%s\", \"zones\": %zu, \"alarms\": %zu, \"not_open\": %zu}\n",
	        closed > 0    ? "bad"
	        : alarmed > 0 ? "alarm"
	                      : "good",
	        snapshot->count, alarmed, closed);
}

/* ---- Snapshots ---- */

static struct hf_snapshot *take(void *context)
{
	const struct hf_daemon *daemon = context;
	const struct hf_shared *shared = &daemon->shared;
	size_t count = daemon->keepers.count;
	struct hf_snapshot *snapshot = calloc(1, sizeof(*snapshot) + count * sizeof(struct row));
	if (snapshot == NULL)
		return NULL;
	snapshot->now = (hf_time)time(NULL);
	snapshot->since = daemon->since;
	snapshot->reloads = daemon->reloads;
	snapshot->reloads_failed = daemon->reloads_failed;
	for (unsigned i = 0; i < HF_LANES; i++)
		snapshot->loads[i] = hf_lanes_load(shared->lanes, (enum hf_lane)i);
	snapshot->server = hf_server_counters(shared->server);
	snapshot->notifier = hf_notifier_counters(shared->notifier);
	snapshot->alerts = hf_alerts_state(shared->alerts);
	snapshot->count = count;
	for (size_t i = 0; i < count; i++) {
		snapshot->rows[i].zone = *hf_keeper_name(daemon->keepers.list[i]);
		snapshot->rows[i].figures = hf_keeper_figures(daemon->keepers.list[i]);
	}
	return snapshot;
}

static void drop(struct hf_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->count; i++) {
		if (snapshot->rows[i].figures.status != NULL)
			hf_line_status_unref(snapshot->rows[i].figures.status);
	}
	free(snapshot);
}

const struct hf_metrics_source HF_DAEMON_FIGURES = {
        .take = take, .drop = drop, .metrics = put_metrics, .health = put_health};
