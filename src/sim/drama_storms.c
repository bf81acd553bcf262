/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/drama_storms.h"

#include <inttypes.h>
#include <stdio.h>

#define ASKERS 3

static const struct hf_storm_resolver *resolver_of(enum hf_scenario_asker asker)
{
	const struct hf_storm_resolver *resolvers[ASKERS] = {
	        [HF_SCENARIO_BIND_2009] = &HF_STORM_BIND_2009,
	        [HF_SCENARIO_UNBOUND_2009] = &HF_STORM_UNBOUND_2009,
	        [HF_SCENARIO_CURRENT] = &HF_STORM_CURRENT,
	};
	return resolvers[asker];
}

/* ---- one run ---- */

/* Questions as they are sent: to each address, and how long that goes on. */
struct log {
	uint64_t by_address[HF_STORM_ZONES][HF_STORM_ADDRESSES][HF_STORM_TYPES];
	int64_t last;
};

static void note(
        void *context, int64_t at, unsigned zone, unsigned address, enum hf_storm_type type)
{
	struct log *log = context;
	log->by_address[zone][address][type]++;
	log->last = at;
}

static struct hf_storm storm_of(
        const struct hf_scenario_storm *told, enum hf_scenario_asker asker, bool brake)
{
	struct hf_storm storm = {.zones = told->zones,
	        .count = told->count,
	        .resolver = *resolver_of(asker),
	        .interval = told->interval,
	        .duration = told->duration,
	        .names = told->names};
	if (told->patience >= 0)
		storm.resolver.patience = told->patience;
	if (brake)
		storm.brake = told->brake;
	return storm;
}

/* ---- counts ---- */

/* The same number for each address, or the span of them. */
static void put_each(struct hf_story_table *table, const struct log *log, unsigned zone,
        unsigned addresses, enum hf_storm_type type)
{
	uint64_t least = UINT64_MAX, most = 0;
	char text[64];
	for (unsigned i = 0; i < addresses; i++) {
		uint64_t count = log->by_address[zone][i][type];
		least = count < least ? count : least;
		most = count > most ? count : most;
	}
	if (least == most) {
		hf_story_table_put_number(table, (double)most);
		return;
	}
	snprintf(text, sizeof(text), "%" PRIu64 " to %" PRIu64, least, most);
	hf_story_table_put_text(table, text);
}

static void put_known(struct hf_story_table *table, int64_t known)
{
	if (known < 0)
		hf_story_table_put_text(table, "-");
	else
		hf_story_table_put_number(table, (double)known);
}

static void put_zone(struct hf_story_table *table, const struct hf_scenario_storm *told,
        const struct hf_storm_result *result, const struct log *log, unsigned zone)
{
	hf_story_table_put_text(table, told->zones[zone].name);
	hf_story_table_put_number(table, told->zones[zone].addresses);
	hf_story_table_put_number(table, (double)result->asked[zone][HF_STORM_DNSKEY]);
	put_known(table, told->expect_dnskey[zone]);
	put_each(table, log, zone, told->zones[zone].addresses, HF_STORM_DNSKEY);
	hf_story_table_put_number(table, (double)result->asked[zone][HF_STORM_DS]);
	put_known(table, told->expect_ds[zone]);
	put_each(table, log, zone, told->zones[zone].addresses, HF_STORM_DS);
}

static enum hf_err take_table(struct hf_story *story, struct hf_story_table *table)
{
	enum hf_err err = hf_story_add_table(story, table);
	if (err != HF_OK)
		hf_story_table_done(table);
	return err;
}

static enum hf_err tell_counts(const struct hf_scenario_storm *told,
        const struct hf_storm_result *result, const struct log *log, struct hf_story *story)
{
	static const char *const columns[] = {"zone", "servers", "DNSKEY questions", "as known",
	        "to each address", "DS questions", "as known", "to each address"};
	struct hf_story_table table = {0};
	char note[200];
	uint64_t keys = 0, ds = 0;
	hf_story_table_head(&table, told->name, columns, sizeof(columns) / sizeof(columns[0]));
	for (unsigned i = 0; i < told->count; i++) {
		put_zone(&table, told, result, log, i);
		keys += result->asked[i][HF_STORM_DNSKEY];
		ds += result->asked[i][HF_STORM_DS];
	}
	snprintf(note, sizeof(note),
	        "%s sent %" PRIu64 " DNSKEY and %" PRIu64 " DS questions, the last of them after "
	        "%.1f s; counted by running the resolver, question by question.",
	        resolver_of(told->asker)->name, keys, ds,
	        (double)log->last / (double)HF_STORM_SECOND);
	hf_story_table_put_note(&table, note);
	return take_table(story, &table);
}

/* ---- until now ---- */

static enum hf_err put_row(const struct hf_scenario_storm *told, enum hf_scenario_asker asker,
        bool brake, uint64_t seed, struct hf_story_table *table)
{
	struct hf_storm storm = storm_of(told, asker, brake);
	struct hf_storm_result result;
	unsigned last = told->count - 1;
	storm.resolver = *resolver_of(asker);
	enum hf_err err = hf_storm_run(&storm, (struct hf_random){seed}, &result);
	if (err != HF_OK)
		return err;
	uint64_t asked = result.asked[last][HF_STORM_DNSKEY];
	double seconds = (double)(told->interval > 0 ? told->duration : result.searching) /
	                 (double)HF_STORM_SECOND;
	hf_story_table_put_text(table, storm.resolver.name);
	hf_story_table_put_text(table, storm.resolver.memory_most > 0 ? "yes" : "no");
	hf_story_table_put_text(table, brake ? "yes" : "no");
	hf_story_table_put_number(table, (double)result.clients);
	hf_story_table_put_number(table, (double)asked);
	hf_story_table_put_number(table, seconds > 0 ? (double)asked / seconds : 0);
	return HF_OK;
}

static enum hf_err compare(
        const struct hf_scenario_storm *told, uint64_t seed, struct hf_story *story)
{
	static const char *const columns[] = {"resolver", "remembers failures",
	        "servers delay repeats", "clients' questions", "DNSKEY questions", "a second"};
	struct hf_story_table table = {0};
	char caption[256];
	enum hf_err err = HF_OK;
	snprintf(caption, sizeof(caption), "%s: what servers of %s are asked by other resolvers",
	        told->name, told->zones[told->count - 1].name);
	hf_story_table_head(&table, caption, columns, sizeof(columns) / sizeof(columns[0]));
	for (unsigned asker = 0; asker < ASKERS && err == HF_OK; asker++) {
		err = put_row(told, asker, false, seed, &table);
		if (err == HF_OK)
			err = put_row(told, asker, true, seed, &table);
	}
	if (err == HF_OK)
		return take_table(story, &table);
	hf_story_table_done(&table);
	return err;
}

/* ---- figures ---- */

static enum hf_err tell_figures(const struct hf_scenario *scenario, struct hf_story *story)
{
	static const char *const columns[] = {
	        "figure", "by what it follows from", "unit", "published"};
	struct hf_story_table table = {0};
	if (scenario->figure_count == 0)
		return HF_OK;
	hf_story_table_head(&table, "Figures that follow from others, and what was published",
	        columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < scenario->figure_count; i++) {
		const struct hf_scenario_figure *figure = &scenario->figures[i];
		hf_story_table_put_text(&table, figure->text);
		hf_story_table_put_number(&table, hf_scenario_figure(figure));
		hf_story_table_put_text(&table, figure->unit);
		hf_story_table_put_text(
		        &table, figure->published != NULL ? figure->published : "nothing");
	}
	return take_table(story, &table);
}

static enum hf_err tell_storm(const struct hf_scenario *scenario,
        const struct hf_scenario_storm *told, uint64_t seed, struct hf_story *story)
{
	struct log log = {0};
	struct hf_storm_result result;
	struct hf_storm storm = storm_of(told, told->asker, false);
	storm.seen = note;
	storm.context = &log;
	enum hf_err err = hf_storm_run(&storm, (struct hf_random){seed}, &result);
	if (err == HF_OK)
		err = tell_counts(told, &result, &log, story);
	if (err == HF_OK)
		err = hf_story_tell(story, scenario->from, HF_MOMENT_FAULT,
		        "%s: the servers of %s get %" PRIu64 " DNSKEY questions from one resolver.",
		        told->name, told->zones[told->count - 1].name,
		        result.asked[told->count - 1][HF_STORM_DNSKEY]);
	return err == HF_OK && told->compare ? compare(told, seed, story) : err;
}

enum hf_err hf_drama_storms(const struct hf_scenario *scenario, uint64_t seed, struct hf_diag *diag,
        struct hf_story *story)
{
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < scenario->storm_count && err == HF_OK; i++) {
		err = tell_storm(scenario, &scenario->storms[i], seed, story);
		if (err != HF_OK)
			return hf_fail(diag, err, "the storm \"%s\" cannot be played: %s",
			        scenario->storms[i].name, hf_err_text(err));
	}
	return err != HF_OK ? err : tell_figures(scenario, story);
}
