/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "story_sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/trace_svg.h"
#include "trace_samples.h"

#define HOUR  INT64_C(3600)
#define DAY   (24 * HOUR)
#define START INT64_C(1798761600) /* 2027-01-01T00:00:00Z */

#define MUST(call) must((call), #call, __LINE__)

static void must(enum hf_err err, const char *call, int line)
{
	if (err == HF_OK)
		return;
	fprintf(stderr, "story_sample.c:%d: %s: %s\n", line, call, hf_err_text(err));
	exit(2);
}

const char *story_name(enum story_kind kind)
{
	static const char *const names[STORY_KINDS] = {
	        [STORY_EARLY] = "early",
	        [STORY_QUIET] = "quiet",
	        [STORY_MANY] = "many",
	        [STORY_YEARS] = "years",
	        [STORY_HOSTILE] = "hostile",
	        [STORY_BARE] = "bare",
	};
	return names[kind];
}

/* ---- A zone whose one key rolls ---- */

struct roll {
	struct hf_scene *scene;
	uint16_t old, new;
	uint32_t ds_ttl;
};

static struct hf_scene_signing by(uint16_t key)
{
	return (struct hf_scene_signing){key, false, HF_TIME_NONE, HF_TIME_NEVER};
}

static uint16_t add_ds(struct roll *roll, uint16_t key)
{
	struct hf_scene_set set = {
	        .members = {key}, .member_count = 1, .ttl = roll->ds_ttl, .bytes = 210};
	uint16_t number = 0;
	MUST(hf_scene_add_set(roll->scene, &set, &number));
	return number;
}

/* A version with the old key (1), the new one (2) or both (3); the last one signs data. */
static uint16_t add_version(struct roll *roll, unsigned keys)
{
	static const uint32_t bytes[] = {0, 620, 620, 1310};
	struct hf_scene_set set = {.ttl = HOUR, .bytes = bytes[keys]};
	struct hf_scene_set data = {.signings = {by(keys == 2 ? roll->new : roll->old)},
	        .signing_count = 1,
	        .ttl = HOUR,
	        .bytes = 240};
	struct hf_scene_version version = {0};
	uint16_t number = 0;
	if ((keys & 1) != 0) {
		set.members[set.member_count++] = roll->old;
		set.signings[set.signing_count++] = by(roll->old);
	}
	if ((keys & 2) != 0) {
		set.members[set.member_count++] = roll->new;
		set.signings[set.signing_count++] = by(roll->new);
	}
	MUST(hf_scene_add_set(roll->scene, &set, &version.dnskey));
	for (unsigned i = 0; i < HF_SCENE_CLASSES; i++)
		MUST(hf_scene_add_set(roll->scene, &data, &version.data[i]));
	MUST(hf_scene_add_version(roll->scene, &version, &number));
	return number;
}

static void serve(struct roll *roll, enum hf_scene_side side, hf_time at, uint16_t what)
{
	for (unsigned i = 0; i < hf_scene_servers(roll->scene, side); i++)
		MUST(hf_scene_serve(roll->scene, side, i, at, what));
}

/* `both`: when the new key is published; then the DS set and the old key change. */
struct roll_times {
	hf_time both, ds, gone, until;
	uint32_t ds_ttl;
};

static void roll_init(struct roll *roll, const struct roll_times *times)
{
	struct hf_scene_key key = {
	        .algorithm = 13, .tag = 4711, .sep = true, .revokes = HF_SCENE_NOTHING};
	*roll = (struct roll){.ds_ttl = times->ds_ttl};
	MUST(hf_scene_new(2, 3, &roll->scene));
	MUST(hf_scene_add_key(roll->scene, &key, &roll->old));
	key.tag = 815;
	MUST(hf_scene_add_key(roll->scene, &key, &roll->new));
	serve(roll, HF_SCENE_PARENT, HF_TIME_NONE, add_ds(roll, roll->old));
	serve(roll, HF_SCENE_PARENT, times->ds, add_ds(roll, roll->new));
	serve(roll, HF_SCENE_ZONE, HF_TIME_NONE, add_version(roll, 1));
	serve(roll, HF_SCENE_ZONE, times->both, add_version(roll, 3));
	serve(roll, HF_SCENE_ZONE, times->gone, add_version(roll, 2));
	MUST(hf_scene_seal(roll->scene));
}

static void live(struct hf_story *story, const struct hf_scene *scene, uint32_t resolvers)
{
	static const struct hf_population_kind kinds[] = {
	        {.name = "does not validate",
	                .share = 60,
	                .trust = HF_TRUST_NOBODY,
	                .tries = 1,
	                .memory_least = 1,
	                .memory_most = 1,
	                .udp = 1232},
	        {.name = "validates",
	                .share = 40,
	                .trust = HF_TRUST_DS,
	                .tries = 3,
	                .memory_least = 1,
	                .memory_most = 300,
	                .udp = 1232},
	};
	const struct hf_population population = {.kinds = kinds,
	        .kind_count = 2,
	        .resolvers = resolvers,
	        .rate_least = 1,
	        .rate_most = 1000,
	        .weights = {7, 2, 1, 0},
	        .seed = 11};
	struct hf_population_measures users;
	struct hf_pool *pool;
	MUST(hf_pool_new(1, &pool));
	MUST(hf_population_run(&population, scene, story->from, story->until,
	        (size_t)((story->until - story->from) / HOUR), pool, NULL, &users));
	MUST(hf_story_users(story, &users));
	hf_pool_free(pool);
}

static void plot_keys(struct hf_story *story, const struct roll_times *times)
{
	const struct {
		hf_time at;
		double bytes, records;
	} states[] = {{story->from, 620, 120000}, {times->both, 1310, 120002},
	        {times->gone, 620, 120000}};
	for (size_t i = 0; i < 3; i++) {
		MUST(hf_story_plot(
		        story, "DNSKEY answer", "bytes", 1232, states[i].at, states[i].bytes));
		MUST(hf_story_plot(story, "zone", "records", 0, states[i].at, states[i].records));
	}
}

static struct hf_story *roll_story(
        const char *title, const struct roll_times *times, uint32_t resolvers)
{
	struct hf_story *story;
	struct roll roll;
	roll_init(&roll, times);
	MUST(hf_story_new(title, START, times->until, &story));
	MUST(hf_story_tell(story, START, HF_MOMENT_STEP,
	        "the roll of the KSK 4711 begins; the new key is 815"));
	MUST(hf_story_tell(story, times->both, HF_MOMENT_PUBLISHED,
	        "serial 2027010101: the DNSKEY set has 4711 and 815, and both sign it"));
	MUST(hf_story_tell(story, times->ds, HF_MOMENT_PARENT,
	        "the parent serves the DS of 815 instead of that of 4711, with a TTL of %u s",
	        times->ds_ttl));
	MUST(hf_story_tell(story, times->gone, HF_MOMENT_PUBLISHED,
	        "serial 2027010301: the DNSKEY set has 815 alone"));
	plot_keys(story, times);
	MUST(hf_story_figure(story, "the roll takes", "seconds", (double)(times->gone - START)));
	MUST(hf_story_figure(story, "signatures made", "signatures", 120004));
	live(story, roll.scene, resolvers);
	hf_scene_free(roll.scene);
	return story;
}

static void draw(struct hf_story *story, hf_time at, const char *caption, enum sample_kind kind)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf svg = {0};
	static struct sample sample;
	sample_init(&sample, kind);
	MUST(hf_trace_svg(&sample.trace, &svg));
	MUST(hf_story_picture(story, at, caption, &svg));
}

/* ---- The samples ---- */

static const struct roll_times early = {
        START + 6 * HOUR, START + DAY, START + 30 * HOUR, START + 4 * DAY, 86400};
static const struct roll_times in_time = {
        START + 6 * HOUR, START + DAY, START + 49 * HOUR, START + 4 * DAY, 86400};

static void make_early(struct story_sample *sample)
{
	static const char *const notes[] = {
	        "Before the DS changed nobody could have failed; afterwards nobody had to.",
	        "Resolvers with trust anchors of their own are not in this population."};
	static const struct hf_story_fact facts[] = {
	        {"The DS set was changed at 2027-01-02T00:00:00Z.", "the registry's log"},
	        {"The old key left the zone six hours later.", "the operator's report"},
	        {"A help desk said that some users could not be helped.", NULL}};
	static const struct hf_story_unknown unknowns[] = {
	        {"ds-ttl", "86400", "3600 to 172800",
	                "The TTL of the DS set at the parent. No source says; a day is usual."},
	        {"validating", "40 %", NULL,
	                "The share of resolvers that validate; between 30 and 40 % of users "
	                "were behind one in that year."}};
	static const char *const sources[] = {"The registry's report, https://registry.example/1"};
	static const char *const columns[] = {"stage", "minutes", "done by"};
	struct hf_story_report *report = &sample->report;
	sample->stories[0] = roll_story("as it happened", &early, 600);
	sample->stories[1] = roll_story("with Holdfast in front", &in_time, 600);
	struct hf_story *story = sample->stories[1];
	MUST(hf_story_tell(story, early.gone, HF_MOMENT_REFUSED,
	        "serial 2027010301: a resolver may hold the DS of 4711 until "
	        "2027-01-03T00:00:00Z, and no key of that DS is in this version; it is safe from "
	        "2027-01-03T00:00:00Z on"));
	MUST(hf_story_tell(story, early.gone + 60, HF_MOMENT_ALARM,
	        "the zone waits for its parent's caches: 18 h to go"));
	for (size_t i = 0; i < story->count; i++)
		story->moments[i].go |= story->moments[i].at == in_time.ds;
	draw(sample->stories[0], early.ds, "The DS of the new key is there", SAMPLE_GOOD);
	draw(sample->stories[0], early.gone, "A cache holds the old DS; its key is gone",
	        SAMPLE_NO_KEY);
	hf_story_table_head(&sample->table, "How long a version takes", columns, 3);
	static const char *const stages[] = {"fetch", "sign", "validate", "publish"};
	for (unsigned i = 0; i < 4; i++) {
		hf_story_table_put_text(&sample->table, stages[i]);
		hf_story_table_put_number(&sample->table, 5.5 + i);
		hf_story_table_put_text(&sample->table, i == 2 ? "two programs" : "one program");
	}
	hf_story_table_put_note(&sample->table, "A refresh comes every 30 minutes.");
	*report = (struct hf_story_report){.title = "A key that went too early",
	        .subject = "example., 2027-01-01 to 2027-01-05, 600 resolvers",
	        .verdict = "As it happened users failed for a day; with Holdfast in front nobody "
	                   "failed.",
	        .good = true,
	        .notes = notes,
	        .note_count = 2,
	        .story_count = 2,
	        .facts = facts,
	        .fact_count = 3,
	        .unknowns = unknowns,
	        .unknown_count = 2,
	        .tables = &sample->table,
	        .table_count = 1,
	        .sources = sources,
	        .source_count = 1,
	        .repeat = "holdfast replay early --seed 11 --resolvers 600"};
}

static void make_quiet(struct story_sample *sample)
{
	sample->stories[0] = roll_story("a roll in order", &in_time, 300);
	sample->report = (struct hf_story_report){
	        .title = "Rehearsal of a KSK roll of example.", .good = true, .story_count = 1};
}

static void make_many(struct story_sample *sample)
{
	static const char *const titles[] = {"as it is", "ds-ttl: 1 h", "ds-ttl: 6 h",
	        "removal 6 h later", "removal at once, and the DS set's TTL of two days"};
	struct roll_times times[5] = {in_time, in_time, in_time, in_time, early};
	times[1].ds_ttl = HOUR;
	times[2].ds_ttl = 6 * HOUR;
	times[3].gone += 6 * HOUR;
	times[4].ds_ttl = 2 * DAY;
	for (unsigned i = 0; i < 5; i++)
		sample->stories[i] = roll_story(titles[i], &times[i], 100);
	sample->report = (struct hf_story_report){.title = "Rehearsal with alternatives",
	        .verdict = "Nobody fails as it is; in one alternative somebody does.",
	        .good = true,
	        .story_count = 5};
}

static void make_years(struct story_sample *sample)
{
	struct hf_story *story;
	MUST(hf_story_new("ten years of the policy", START, START + 3652 * DAY, &story));
	for (unsigned i = 0; i < 400; i++) {
		hf_time at = START + i * 9 * DAY;
		enum hf_moment_kind kind =
		        i % 90 == 7 ? HF_MOMENT_FAULT
		                    : (i % 3 == 0 ? HF_MOMENT_STEP : HF_MOMENT_PUBLISHED);
		MUST(hf_story_tell(story, at, kind, "moment %u of a long life", i));
		MUST(hf_story_plot(story, "DNSKEY answer", "bytes", 1232, at, 400 + i % 7 * 100));
	}
	sample->stories[0] = story;
	sample->report = (struct hf_story_report){.title = "Ten years",
	        .verdict = "No key was stuck.",
	        .good = true,
	        .story_count = 1};
}

#define MARKUP "</script><script>alert('&\"')</script> \x1b[2J\r\n\xc3\xbc \xff \xe2\x80\xae"

static void make_hostile(struct story_sample *sample)
{
	static char word[400];
	static const char *const texts[] = {MARKUP, word};
	static const char *const columns[] = {MARKUP, word};
	static const struct hf_story_fact facts[] = {{MARKUP, word}, {word, MARKUP}};
	static const struct hf_story_unknown unknowns[] = {{MARKUP, word, MARKUP, word}};
	struct hf_story *story;
	memset(word, 'w', sizeof(word) - 1);
	for (unsigned i = 0; i < 2; i++) {
		MUST(hf_story_new(i == 0 ? MARKUP : word, START, START + DAY, &story));
		MUST(hf_story_tell(story, START, HF_MOMENT_FAULT, "%s %s", MARKUP, word));
		MUST(hf_story_tell(story, START + 1 + i, HF_MOMENT_USERS, "%s", MARKUP));
		MUST(hf_story_plot(story, MARKUP, MARKUP, 5, START, 1));
		MUST(hf_story_plot(story, MARKUP, MARKUP, 5, START + HOUR, 7));
		MUST(hf_story_plot(story, word, word, 0, START + i, 1e300));
		MUST(hf_story_figure(story, MARKUP, word, -1e-3));
		MUST(hf_story_figure(story, word, MARKUP, 1e18));
		draw(story, START, MARKUP, SAMPLE_HOSTILE);
		sample->stories[i] = story;
	}
	hf_story_table_head(&sample->table, MARKUP, columns, 2);
	hf_story_table_put_text(&sample->table, word);
	hf_story_table_put_text(&sample->table, MARKUP);
	hf_story_table_put_note(&sample->table, MARKUP);
	sample->report = (struct hf_story_report){.title = MARKUP,
	        .subject = word,
	        .verdict = MARKUP,
	        .notes = texts,
	        .note_count = 2,
	        .story_count = 2,
	        .facts = facts,
	        .fact_count = 2,
	        .unknowns = unknowns,
	        .unknown_count = 1,
	        .tables = &sample->table,
	        .table_count = 1,
	        .sources = texts,
	        .source_count = 2,
	        .repeat = MARKUP};
}

static void make_bare(struct story_sample *sample)
{
	static const char *const columns[] = {"zone", "DNSKEY questions", "DS questions"};
	static const double counts[3][2] = {{4, 0}, {56, 4}, {784, 56}};
	static const char *const zones[] = {"reverse.example.", "example.", "."};
	struct hf_story_table table = {0};
	struct hf_story *story;
	MUST(hf_story_new("one search", START, START, &story));
	hf_story_table_head(&table, "Questions of one search, by zone", columns, 3);
	for (unsigned i = 0; i < 3; i++) {
		hf_story_table_put_text(&table, zones[i]);
		hf_story_table_put_number(&table, counts[i][0]);
		hf_story_table_put_number(&table, counts[i][1]);
	}
	MUST(hf_story_add_table(story, &table));
	sample->stories[0] = story;
	sample->report = (struct hf_story_report){.title = "A stale trust anchor",
	        .verdict = "One search sends 844 DNSKEY questions.",
	        .story_count = 1};
}

void story_sample_init(struct story_sample *sample, enum story_kind kind)
{
	static void (*const makers[STORY_KINDS])(struct story_sample * sample) = {
	        [STORY_EARLY] = make_early,
	        [STORY_QUIET] = make_quiet,
	        [STORY_MANY] = make_many,
	        [STORY_YEARS] = make_years,
	        [STORY_HOSTILE] = make_hostile,
	        [STORY_BARE] = make_bare,
	};
	*sample = (struct story_sample){0};
	makers[kind](sample);
	sample->report.stories = sample->stories;
}

void story_sample_done(struct story_sample *sample)
{
	for (size_t i = 0; i < sample->report.story_count; i++)
		hf_story_free(sample->stories[i]);
	hf_story_table_done(&sample->table);
}
