/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A year of daily steps of the rollover engine in many zones, each with a ZSK that lives 90 days
 * and a KSK that lives 300, an ideal signer and an ideal parent.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rollover/view.h"

#define ZONES 1000
#define DAYS  365
#define DAY   INT64_C(86400)
#define START INT64_C(1700000000)
#define TTL   3600

struct zone {
	struct hf_roll_state state;
	struct hf_evidence *evidence;
	uint32_t parent;
	unsigned keys;
	hf_time now;
};

static void must(enum hf_err err)
{
	if (err == HF_OK)
		return;
	fprintf(stderr, "roll_rates: %s\n", hf_err_text(err));
	exit(2);
}

/* A key that is nobody's; its tags may be taken. */
static struct hf_rdata next_key(struct zone *zone, enum hf_role role, uint8_t bytes[68])
{
	uint64_t value = ++zone->keys * UINT64_C(0x9e3779b97f4a7c15) ^ zone->state.seed << 20;
	hf_write_u16(bytes, role == HF_ROLE_ZSK ? HF_DNSKEY_ZONE : HF_DNSKEY_ZONE | HF_DNSKEY_SEP);
	bytes[2] = HF_DNSKEY_PROTOCOL;
	bytes[3] = 13;
	for (unsigned i = 4; i < 68; i++) {
		value = value * UINT64_C(6364136223846793005) + 1442695040888963407u;
		bytes[i] = (uint8_t)(value >> 56);
	}
	return (struct hf_rdata){bytes, 68};
}

static void adopt(struct zone *zone, enum hf_role role, unsigned uses)
{
	uint8_t bytes[68];
	unsigned key;
	must(hf_roll_adopt_key(
	        &zone->state, role, next_key(zone, role, bytes), uses, START, NULL, &key));
}

static void publish(struct zone *zone, const struct hf_policy *policy,
        const struct hf_waypoint *waypoint, bool parent)
{
	struct hf_view view;
	struct hf_served served[2] = {{.ttl = TTL}, {.ttl = TTL}}, ds = {.ttl = TTL};
	must(hf_view_init(policy, &zone->state, zone->evidence, zone->now, &view));
	must(hf_view_dnskey_content(&view, waypoint, &served[0].content));
	must(hf_view_signers_content(&view, waypoint->sign_data, &served[1].content));
	must(hf_evidence_observe(zone->evidence, HF_PUBLISHED,
	        1u << HF_KIND_DNSKEY | 1u << HF_KIND_SIGNERS, served, 2, zone->now));
	if (!parent)
		return;
	must(hf_view_ds_content(&view, waypoint->ds, &ds.content));
	must(hf_evidence_observe(
	        zone->evidence, zone->parent, 1u << HF_KIND_DS, &ds, 1, zone->now));
}

/* Does what the engine asks for; whether it should be asked again. */
static bool carry_out(struct zone *zone, const struct hf_policy *policy,
        const struct hf_outcome *outcome, const struct hf_act *act)
{
	uint8_t bytes[68];
	struct hf_roll_event event = {.key = act->key, .good = true, .role = act->role};
	switch (act->kind) {
	case HF_ACT_GENERATE:
		event.kind = HF_EVENT_KEY_MADE;
		event.dnskey = next_key(zone, act->role, bytes);
		break;
	case HF_ACT_CHALLENGE:
		event.kind = HF_EVENT_CHALLENGE;
		break;
	case HF_ACT_DISCARD:
		event.kind = HF_EVENT_KEY_GONE;
		break;
	case HF_ACT_PUBLISH:
	case HF_ACT_ASK_DS:
		publish(zone, policy, &outcome->wanted.waypoint, act->kind == HF_ACT_ASK_DS);
		return true;
	default:
		return false;
	}
	enum hf_err err =
	        hf_roll_event(policy, &zone->state, zone->evidence, &event, zone->now, NULL);
	must(err == HF_ERR_EXISTS ? HF_OK : err); /* a taken tag: it asks again */
	return true;
}

static unsigned long step(struct zone *zone, const struct hf_policy *policy)
{
	static struct hf_outcome outcome;
	bool again = true;
	unsigned long steps = 0;
	while (again) {
		must(hf_roll_step(policy, &zone->state, zone->evidence, zone->now, &outcome));
		again = outcome.stepped || outcome.ended;
		steps++;
		for (size_t i = 0; i < outcome.count; i++)
			again |= carry_out(zone, policy, &outcome, &outcome.acts[i]);
	}
	return steps;
}

static void open_zone(struct zone *zone, const struct hf_policy *policy, unsigned number)
{
	struct hf_name name;
	char text[32];
	snprintf(text, sizeof(text), "zone%u.example.", number);
	must(hf_name_from_text(text, &name));
	*zone = (struct zone){.now = START};
	hf_roll_state_init(&zone->state, &name, number);
	must(hf_evidence_new(&name, &zone->evidence));
	must(hf_evidence_place(zone->evidence, "192.0.2.1", &zone->parent));
	adopt(zone, HF_ROLE_KSK, HF_USE_PUBLISHED | HF_USE_SIGNS | HF_USE_DS);
	adopt(zone, HF_ROLE_ZSK, HF_USE_PUBLISHED | HF_USE_SIGNS);
	publish(zone, policy, &zone->state.rest, true);
}

int main(void)
{
	static struct zone zones[ZONES];
	struct hf_policy policy;
	struct timespec begin, end;
	unsigned long steps = 0, changes = 0;
	hf_policy_init(&policy);
	policy.roles[HF_ROLE_ZSK].lifetime = 90 * DAY;
	policy.roles[HF_ROLE_KSK].lifetime = 300 * DAY;
	policy.rollover.approvals = 0;
	for (unsigned i = 0; i < ZONES; i++)
		open_zone(&zones[i], &policy, i);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	for (unsigned day = 1; day <= DAYS; day++) {
		for (unsigned i = 0; i < ZONES; i++) {
			zones[i].now = START + day * DAY;
			hf_evidence_forget(zones[i].evidence, zones[i].now);
			steps += step(&zones[i], &policy);
		}
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	for (unsigned i = 0; i < ZONES; i++) {
		changes += zones[i].state.done;
		hf_roll_state_done(&zones[i].state);
		hf_evidence_free(zones[i].evidence);
	}
	double seconds =
	        (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
	printf("%d zones, %d days: %lu steps, %lu rollovers in %.2f s; %.1f microseconds a step\n",
	        ZONES, DAYS, steps, changes, seconds, seconds / (double)steps * 1e6);
	return changes < ZONES * 4 ? 1 : 0;
}
