/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/storm.h"

#include <stdlib.h>

#define SECOND HF_STORM_SECOND

const struct hf_storm_resolver HF_STORM_BIND_2009 = {
        .name = "BIND of 2009",
        .every_path = true,
        .timeout = 2 * SECOND,
        .patience = 30 * SECOND,
};
const struct hf_storm_resolver HF_STORM_UNBOUND_2009 = {
        .name = "Unbound of 2009",
        .every_path = true,
        .timeout = 2 * SECOND,
        .patience = 30 * SECOND,
        .memory_least = 60 * SECOND,
        .memory_most = 60 * SECOND,
};
const struct hf_storm_resolver HF_STORM_CURRENT = {
        .name = "a resolver of today (RFC 9520)",
        .tries = 5,
        .timeout = 2 * SECOND,
        .patience = 30 * SECOND,
        .memory_least = SECOND,
        .memory_most = 300 * SECOND,
        .zone_memory = true,
};

/* What servers remember of the client, and it of a failure. */
struct repeat {
	int64_t last, next; /* the last question; the wait that the next one meets */
};
struct failure {
	int64_t until, span;
};

struct search {
	const struct hf_storm *storm;
	struct hf_storm_result *result;
	int64_t now;
	int64_t deadline; /* INT64_MAX: none */
	struct repeat repeats[HF_STORM_ZONES][HF_STORM_ADDRESSES];
	struct failure failures[HF_STORM_NAMES];
};

static bool halted(const struct search *search)
{
	return search->now >= search->deadline;
}

/* How long an address lets the client wait for the keys that it has asked for before. */
static int64_t braked(struct search *search, unsigned zone, unsigned address)
{
	const struct hf_storm_brake *brake = &search->storm->brake;
	struct repeat *repeat = &search->repeats[zone][address];
	if (brake->first == 0)
		return 0;
	bool again = repeat->next != 0 && search->now - repeat->last < brake->forget;
	int64_t wait = again ? repeat->next : 0;
	repeat->next = wait == 0 ? brake->first : wait > brake->most / 2 ? brake->most : 2 * wait;
	repeat->last = search->now;
	return wait;
}

/* Sends a question and waits for its answer; false when the answer came too late to be used. */
static bool ask(struct search *search, unsigned zone, unsigned address, enum hf_storm_type type)
{
	const struct hf_storm *storm = search->storm;
	int64_t wait = storm->zones[zone].rtt;
	search->result->asked[zone][type]++;
	if (storm->seen != NULL)
		storm->seen(storm->context, search->now, zone, address, type);
	if (type == HF_STORM_DNSKEY)
		wait += braked(search, zone, address);
	bool answered = wait <= storm->resolver.timeout;
	search->now += answered ? wait : storm->resolver.timeout;
	return answered;
}

/* Looks for a DNSKEY set of the zone that can be proven, and so for proven DS sets at the zone
 * above it. There is none: the anchor is stale. */
static void search_keys(struct search *search, unsigned zone)
{
	unsigned above = zone + 1;
	for (unsigned i = 0; i < search->storm->zones[zone].addresses; i++) {
		if (halted(search))
			return;
		if (!ask(search, zone, i, HF_STORM_DNSKEY) || above == search->storm->count)
			continue;
		for (unsigned j = 0; j < search->storm->zones[above].addresses; j++) {
			if (halted(search))
				return;
			if (ask(search, above, j, HF_STORM_DS))
				search_keys(search, above);
		}
	}
}

static void search_every_path(struct search *search)
{
	for (unsigned i = 0; i < search->storm->zones[0].addresses && !halted(search); i++)
		if (ask(search, 0, i, HF_STORM_DATA))
			search_keys(search, 0);
}

/* From the anchor down: its zone's keys are what fails, and nothing below is asked for. */
static void search_from_anchor(struct search *search)
{
	unsigned last = search->storm->count - 1;
	(void)ask(search, 0, 0, HF_STORM_DATA);
	for (unsigned i = 0; i < search->storm->resolver.tries && !halted(search); i++)
		(void)ask(search, last, i % search->storm->zones[last].addresses, HF_STORM_DNSKEY);
}

static void remember(struct search *search, struct failure *failure)
{
	const struct hf_storm_resolver *resolver = &search->storm->resolver;
	int64_t span = failure->span == 0 ? resolver->memory_least : 2 * failure->span;
	failure->span = span < resolver->memory_most ? span : resolver->memory_most;
	failure->until = search->now + failure->span;
}

/* A client asks for a name. */
static void answer(struct search *search, unsigned name)
{
	const struct hf_storm_resolver *resolver = &search->storm->resolver;
	struct failure *failure = &search->failures[resolver->zone_memory ? 0 : name];
	search->result->clients++;
	if (resolver->memory_most > 0 && search->now < failure->until) {
		search->result->remembered++;
		return;
	}
	int64_t begin = search->now;
	search->deadline = resolver->patience > 0 ? begin + resolver->patience : INT64_MAX;
	if (resolver->every_path)
		search_every_path(search);
	else
		search_from_anchor(search);
	search->result->halted += halted(search);
	search->result->searching += search->now - begin;
	remember(search, failure);
}

static bool is_valid(const struct hf_storm *storm)
{
	if (storm->count == 0 || storm->count > HF_STORM_ZONES || storm->names == 0 ||
	        storm->names > HF_STORM_NAMES)
		return false;
	for (unsigned i = 0; i < storm->count; i++)
		if (storm->zones[i].addresses == 0 || storm->zones[i].rtt <= 0 ||
		        storm->zones[i].addresses > HF_STORM_ADDRESSES)
			return false;
	return true;
}

enum hf_err hf_storm_run(
        const struct hf_storm *storm, struct hf_random random, struct hf_storm_result *ret_result)
{
	if (!is_valid(storm))
		return HF_ERR_INVALID;
	struct hf_storm_result result = {0};
	struct search *search = calloc(1, sizeof(*search));
	if (search == NULL)
		return HF_ERR_NOMEM;
	*search = (struct search){.storm = storm, .result = &result};
	/* One search at a time: what clients ask meanwhile waits, and finds the failure. */
	int64_t asked = 0;
	do {
		if (search->now < asked)
			search->now = asked;
		answer(search, (unsigned)hf_random_below(&random, storm->names));
		asked += 1 + (int64_t)hf_random_exponential(&random, (double)storm->interval);
	} while (storm->interval > 0 && asked < storm->duration && search->now < storm->duration);
	free(search);
	*ret_result = result;
	return HF_OK;
}
