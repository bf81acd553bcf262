/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Resolvers whose trust anchor fits no key any more, before servers that may let them wait. */
#include <string.h>

#include "sim/rehearsal_inside.h"
#include "sim/storm.h"

#define SECOND HF_STORM_SECOND
#define RTT    (SECOND / 20)
#define HOUR   (3600 * SECOND)

#define CHILD_SERVERS 2              /* of a zone below, which users ask for */
#define NAMES         50             /* that they ask for */
#define INTERVAL      (10 * SECOND)  /* between their questions, on average */
#define DELAY_MOST    (16 * SECOND)  /* a server lets nobody wait for longer … */
#define DELAY_FORGETS (600 * SECOND) /* … and forgets who asked after that time */

static struct hf_storm storm_before(const struct hf_rehearsal_way *way,
        const struct hf_storm_resolver *resolver, struct hf_storm_zone zones[static 2])
{
	zones[0] = (struct hf_storm_zone){"a zone below", CHILD_SERVERS, RTT};
	zones[1] = (struct hf_storm_zone){"the zone", way->world.servers, RTT};
	int64_t first = way->server_delay * SECOND;
	return (struct hf_storm){
	        .zones = zones,
	        .count = 2,
	        .resolver = *resolver,
	        .brake = {first, first > DELAY_MOST ? first : DELAY_MOST, DELAY_FORGETS},
	        .names = NAMES,
	};
}

/* DNSKEY questions of one search to the zone's servers. */
static enum hf_err one_search(
        const struct hf_rehearsal_way *way, uint64_t seed, unsigned *ret_questions)
{
	struct hf_storm_zone zones[2];
	struct hf_storm storm = storm_before(way, &HF_STORM_BIND_2009, zones);
	struct hf_storm_result result;
	enum hf_err err = hf_storm_run(&storm, (struct hf_random){seed}, &result);
	if (err == HF_OK)
		*ret_questions = (unsigned)result.asked[1][HF_STORM_DNSKEY];
	return err;
}

enum hf_err hf_rehearsal_people(const struct hf_rehearsal_way *way, const struct hf_people *people,
        uint64_t seed, struct hf_people *ret_people)
{
	unsigned questions = 0;
	enum hf_err err = one_search(way, seed, &questions);
	if (err != HF_OK)
		return err;
	*ret_people = *people;
	for (size_t i = 0; i < people->count; i++) {
		struct hf_population_kind *kind = &ret_people->kinds[i];
		if (kind->storm > 0)
			kind->storm = questions > kind->tries ? questions - kind->tries : 0;
	}
	return HF_OK;
}

static enum hf_err put_row(struct hf_story_table *table, const struct hf_rehearsal_way *ways,
        size_t count, const struct hf_storm_resolver *resolver, uint64_t seed)
{
	struct hf_storm_zone zones[2];
	struct hf_storm_result result;
	hf_story_table_put_text(table, resolver->name);
	for (size_t i = 0; i < count; i++) {
		struct hf_storm storm = storm_before(&ways[i], resolver, zones);
		storm.interval = INTERVAL;
		storm.duration = HOUR;
		enum hf_err err = hf_storm_run(&storm, (struct hf_random){seed}, &result);
		if (err != HF_OK)
			return err;
		hf_story_table_put_number(table, (double)result.asked[1][HF_STORM_DNSKEY]);
	}
	return HF_OK;
}

enum hf_err hf_rehearsal_storm_table(const struct hf_rehearsal_way *ways, size_t count,
        uint64_t seed, struct hf_story_table *ret_table)
{
	static const struct hf_storm_resolver *const resolvers[] = {
	        &HF_STORM_BIND_2009, &HF_STORM_UNBOUND_2009, &HF_STORM_CURRENT};
	const char *columns[HF_STORY_COLUMNS] = {"resolver"};
	struct hf_story_table table = {.caption = NULL};
	enum hf_err err = HF_OK;
	count = count < HF_STORY_COLUMNS ? count : HF_STORY_COLUMNS - 1;
	for (size_t i = 0; i < count; i++)
		columns[i + 1] = ways[i].title;
	hf_story_table_head(&table,
	        "DNSKEY questions that one resolver with a stale trust anchor sends the zone's "
	        "servers in an hour",
	        columns, count + 1);
	for (size_t i = 0; err == HF_OK && i < sizeof(resolvers) / sizeof(resolvers[0]); i++)
		err = put_row(&table, ways, count, resolvers[i], seed);
	hf_story_table_put_note(&table,
	        "Its users ask for one of 50 names below the zone every ten seconds. A question "
	        "and its answer take 50 ms.");
	if (err == HF_OK)
		err = hf_story_table_check(&table);
	if (err == HF_OK)
		*ret_table = table;
	else
		hf_story_table_done(&table);
	return err;
}
