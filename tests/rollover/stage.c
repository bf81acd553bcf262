/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/digest.h"
#include "stage.h"

#define START   INT64_C(1000000000)
#define FOREVER INT64_C(1000000000000)

enum { SIGHTING, SIGNED, DS_SHOWN, LOOK };

static bool has(hf_keys keys, unsigned key)
{
	return (keys >> key & 1) != 0;
}

/* ---- keys ---- */

/* A key that is nobody's: bytes that follow from a number. */
static size_t make_rdata(unsigned number, enum hf_role role, uint8_t algorithm, uint8_t bytes[80])
{
	hf_write_u16(bytes, role == HF_ROLE_ZSK ? 0x0100 : 0x0101);
	bytes[2] = HF_DNSKEY_PROTOCOL;
	bytes[3] = algorithm;
	for (unsigned i = 0; i < 64; i++)
		bytes[4 + i] = (uint8_t)(number * 2654435761u >> (i % 4 * 8)) ^ (uint8_t)(i * 37);
	return 68;
}

/* Gives the engine, or the zone as it is, a key whose tags are free. */
static unsigned new_key(
        struct stage *stage, enum hf_role role, uint8_t algorithm, unsigned uses, bool as_event)
{
	uint8_t bytes[80];
	for (;;) {
		size_t len = make_rdata(++stage->keys_made, role, algorithm, bytes);
		struct hf_rdata rdata = {bytes, (uint16_t)len};
		unsigned key = HF_ROLL_KEYS;
		enum hf_err err;
		if (as_event)
			err = stage_event(stage,
			        &(struct hf_roll_event){
			                .kind = HF_EVENT_KEY_MADE, .role = role, .dnskey = rdata});
		else
			err = hf_roll_adopt_key(
			        &stage->state, role, rdata, uses, stage->now, NULL, &key);
		if (err == HF_OK)
			return key;
		assert_int_equal(err, HF_ERR_EXISTS);
	}
}

unsigned stage_key(struct stage *stage, enum hf_role role, uint8_t algorithm, unsigned uses)
{
	return new_key(stage, role, algorithm, uses, false);
}

static uint32_t number_of(struct stage *stage, unsigned key, bool revoked)
{
	const struct hf_roll_key *of = &stage->state.keys[key];
	uint8_t bytes[80];
	uint32_t number;
	memcpy(bytes, of->dnskey, of->dnskey_len);
	bytes[1] |= revoked ? HF_DNSKEY_REVOKE : 0;
	assert_int_equal(
	        hf_evidence_key(stage->evidence, (struct hf_rdata){bytes, of->dnskey_len}, &number),
	        HF_OK);
	return number;
}

/* ---- contents ---- */

static uint32_t ds_content(struct stage *stage, hf_keys keys)
{
	uint32_t members[HF_ROLL_KEYS], content;
	struct hf_content ds = {.kind = HF_KIND_DS, .members = members};
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		struct hf_buf bytes = {.data = NULL};
		const struct hf_roll_key *key = &stage->state.keys[i];
		if (!has(keys, i))
			continue;
		assert_int_equal(hf_ds_put(&bytes, HF_DIGEST_SHA256, &stage->state.zone,
		                         (struct hf_rdata){key->dnskey, key->dnskey_len}),
		        HF_OK);
		assert_int_equal(hf_evidence_ds(stage->evidence,
		                         (struct hf_rdata){bytes.data, (uint16_t)bytes.len},
		                         &members[ds.member_count++]),
		        HF_OK);
		hf_buf_done(&bytes);
	}
	assert_int_equal(hf_evidence_content(stage->evidence, &ds, &content), HF_OK);
	return content;
}

static size_t signings_of(struct stage *stage, hf_keys keys, hf_keys revoked,
        struct hf_signing signings[HF_ROLL_KEYS])
{
	size_t count = 0;
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		if (has(keys, i))
			signings[count++] = (struct hf_signing){
			        number_of(stage, i, has(revoked, i)), 0, FOREVER};
	}
	return count;
}

static uint32_t dnskey_content(struct stage *stage, const struct hf_waypoint *waypoint)
{
	uint32_t members[HF_ROLL_KEYS], content;
	struct hf_signing signings[HF_ROLL_KEYS];
	struct hf_content set = {.kind = HF_KIND_DNSKEY, .members = members, .signings = signings};
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		if (has(waypoint->published, i))
			members[set.member_count++] =
			        number_of(stage, i, has(waypoint->revoked, i));
	}
	set.signing_count = signings_of(stage, waypoint->sign_keys, waypoint->revoked, signings);
	assert_int_equal(hf_evidence_content(stage->evidence, &set, &content), HF_OK);
	return content;
}

static uint32_t signers_content(struct stage *stage, hf_keys keys)
{
	struct hf_signing signings[HF_ROLL_KEYS];
	struct hf_content set = {.kind = HF_KIND_SIGNERS, .signings = signings};
	uint32_t content;
	set.signing_count = signings_of(stage, keys, 0, signings);
	assert_int_equal(hf_evidence_content(stage->evidence, &set, &content), HF_OK);
	return content;
}

/* ---- the world ---- */

static void later(struct stage *stage, struct stage_pending pending)
{
	assert_true(stage->pending_count < STAGE_PENDING);
	stage->pending[stage->pending_count++] = pending;
}

static void publish(struct stage *stage, const struct hf_waypoint *waypoint)
{
	unsigned kinds = 1u << HF_KIND_DNSKEY | 1u << HF_KIND_SIGNERS;
	hf_keys both = waypoint->sign_data | (waypoint->sign_keys & ~waypoint->revoked);
	struct hf_served served[4] = {
	        {dnskey_content(stage, waypoint), stage->times.ttl_key, 0},
	        {signers_content(stage, waypoint->sign_data), stage->times.ttl_sig, 10},
	};
	size_t count = 2;
	if (stage->signed_by != waypoint->sign_data)
		served[count++] = (struct hf_served){
		        signers_content(stage, stage->signed_by), stage->times.ttl_sig, 10};
	/* CDS and CDNSKEY. */
	stage->shown_cds = stage->outcome.wanted.cds;
	if (waypoint->sign_data != 0 && stage->shown_cds != HF_CDS_NONE)
		served[count++] =
		        (struct hf_served){signers_content(stage, both), stage->times.ttl_key, 2};
	assert_int_equal(hf_evidence_observe(
	                         stage->evidence, HF_PUBLISHED, kinds, served, count, stage->now),
	        HF_OK);
	if (stage->follow)
		later(stage, (struct stage_pending){.at = stage->now + stage->times.dprp_c,
		                     .what = SIGHTING,
		                     .version = stage->now});
	struct hf_roll_event denial = {.kind = HF_EVENT_DENIAL};
	denial.start.denial = waypoint->denial;
	assert_int_equal(stage_event(stage, &denial), HF_OK);
}

static void show(struct stage *stage, const struct hf_waypoint *waypoint)
{
	if (stage->shown_any && hf_waypoint_same_zone(&stage->shown, waypoint) &&
	        stage->shown_cds == stage->outcome.wanted.cds)
		return;
	bool gradual = stage->shown_any && stage->times.dsgn > 0 && waypoint->gradual;
	bool replacing = stage->signed_by != stage->shown.sign_data;
	bool other = stage->shown.sign_data != waypoint->sign_data;
	if (!gradual || (other && replacing))
		stage->signed_by = waypoint->sign_data;
	publish(stage, waypoint);
	if (gradual && other)
		later(stage, (struct stage_pending){
		                     .at = stage->now + stage->times.dsgn, .what = SIGNED});
	stage->shown = *waypoint;
	stage->shown_any = true;
}

static void show_ds(struct stage *stage, unsigned server, hf_keys ds)
{
	struct hf_served served = {ds_content(stage, ds), stage->times.ttl_ds, 0};
	assert_int_equal(hf_evidence_observe(stage->evidence, stage->servers[server],
	                         1u << HF_KIND_DS, &served, 1, stage->now),
	        HF_OK);
	stage->shows[server] = ds;
	stage->looked[server] = stage->now;
}

static void ask_ds(struct stage *stage, hf_keys ds)
{
	if (stage->asked_any && stage->asked == ds)
		return;
	stage->asked = ds;
	stage->asked_any = true;
	stage->asked_at = stage->now;
	for (unsigned i = 0; i < STAGE_SERVERS; i++)
		later(stage,
		        (struct stage_pending){.at = stage->now + stage->times.dreg +
		                                     stage->times.dprp_p * i / (STAGE_SERVERS - 1),
		                .what = DS_SHOWN,
		                .server = i,
		                .ds = ds});
}

/* A look at a server, a second from now if it is the first since a request, else once a day. */
static void look_later(struct stage *stage, const char *name)
{
	for (unsigned i = 0; i < STAGE_SERVERS; i++) {
		bool looks = false;
		hf_time at = stage->looked[i] <= stage->asked_at ? stage->now + 1
		                                                 : stage->looked[i] + 86400;
		for (unsigned j = 0; j < stage->pending_count; j++)
			looks |= stage->pending[j].what == LOOK && stage->pending[j].server == i;
		if (!looks && strcmp(stage->policy.parent.servers.names[i], name) == 0)
			later(stage,
			        (struct stage_pending){.at = at > stage->now ? at : stage->now + 1,
			                .what = LOOK,
			                .server = i});
	}
}

static void happen(struct stage *stage, const struct stage_pending *pending)
{
	switch (pending->what) {
	case SIGHTING:
		assert_int_equal(hf_evidence_sighting(stage->evidence, stage->secondary, stage->now,
		                         pending->version),
		        HF_OK);
		break;
	case LOOK:
		show_ds(stage, pending->server, stage->shows[pending->server]);
		break;
	case SIGNED:
		stage->signed_by = stage->shown.sign_data;
		publish(stage, &stage->shown);
		break;
	default:
		show_ds(stage, pending->server, pending->ds);
		break;
	}
}

/* No resolver can fail, whatever it holds. */
static void check(struct stage *stage)
{
	struct hf_failures failures = {.list = NULL};
	if (stage->unchecked)
		return;
	assert_int_equal(hf_world_failures(stage->evidence, NULL, stage->policy.rollover.rules,
	                         stage->now, &failures),
	        HF_OK);
	if (failures.count > 0)
		print_error("at %lld after \"%s\": %s: clause %d, contents %u %u %u\n",
		        (long long)(stage->now - START), stage->shown.name, stage->outcome.text,
		        failures.list[0].clause, failures.list[0].ds, failures.list[0].dnskey,
		        failures.list[0].signers);
	assert_int_equal(failures.count, 0);
	hf_failures_done(&failures);
}

/* ---- the engine ---- */

enum hf_err stage_event(struct stage *stage, const struct hf_roll_event *event)
{
	return hf_roll_event(
	        &stage->policy, &stage->state, stage->evidence, event, stage->now, NULL);
}

void stage_start(struct stage *stage, const struct hf_roll_start *start)
{
	struct hf_diag diag;
	struct hf_roll_event event = {.kind = HF_EVENT_START, .start = *start};
	hf_diag_init(&diag, 1);
	enum hf_err err = hf_roll_event(
	        &stage->policy, &stage->state, stage->evidence, &event, stage->now, &diag);
	if (diag.count > 0)
		print_error("%s\n", diag.entries[0].text);
	hf_diag_done(&diag);
	assert_int_equal(err, HF_OK);
}

/* Whether the act changed something that the engine should be told of at once. */
static bool carry_out(struct stage *stage, const struct hf_act *act)
{
	struct hf_roll_event event = {.key = act->key, .good = !stage->bad_tests};
	switch (act->kind) {
	case HF_ACT_GENERATE:
		new_key(stage, act->role, act->algorithm, 0, true);
		return true;
	case HF_ACT_CHALLENGE:
		event.kind = HF_EVENT_CHALLENGE;
		assert_int_equal(stage_event(stage, &event), HF_OK);
		return true;
	case HF_ACT_DISCARD:
		if (stage->keep)
			return false;
		event.kind = HF_EVENT_KEY_GONE;
		assert_int_equal(stage_event(stage, &event), HF_OK);
		return true;
	case HF_ACT_PUBLISH:
		show(stage, &stage->outcome.wanted.waypoint);
		return false;
	case HF_ACT_OBSERVE:
		look_later(stage, act->text);
		return false;
	case HF_ACT_ASK_DS:
		ask_ds(stage, stage->outcome.wanted.waypoint.ds);
		return false;
	default:
		return false;
	}
}

void stage_step(struct stage *stage)
{
	bool again = true;
	for (unsigned rounds = 0; again; rounds++) {
		assert_true(rounds < 20);
		assert_int_equal(hf_roll_step(&stage->policy, &stage->state, stage->evidence,
		                         stage->now, &stage->outcome),
		        HF_OK);
		assert_true(stage->outcome.text[0] != '\0');
		again = stage->outcome.stepped;
		if (stage->outcome.stepped) {
			assert_true(stage->log_count < STAGE_LOG);
			stage->log[stage->log_count++] =
			        (struct stage_entry){stage->now, stage->outcome.wanted.waypoint};
		}
		for (size_t i = 0; i < stage->outcome.count; i++)
			again |= carry_out(stage, &stage->outcome.acts[i]);
		check(stage);
		if (stage->outcome.ended)
			return;
	}
}

void stage_run(struct stage *stage, hf_time until, bool stop_at_end)
{
	for (;;) {
		stage_step(stage);
		if (stage->outcome.ended && stop_at_end)
			return;
		hf_time next = stage->outcome.wake;
		for (unsigned i = 0; i < stage->pending_count; i++)
			next = stage->pending[i].at < next ? stage->pending[i].at : next;
		if (next > until) {
			stage->now = until;
			return;
		}
		stage->now = next;
		for (unsigned i = 0; i < stage->pending_count;) {
			struct stage_pending pending = stage->pending[i];
			if (pending.at > stage->now) {
				i++;
				continue;
			}
			stage->pending_count--;
			memmove(&stage->pending[i], &stage->pending[i + 1],
			        (stage->pending_count - i) * sizeof(pending));
			happen(stage, &pending);
		}
		check(stage);
	}
}

int64_t stage_span(const struct stage *stage, unsigned index)
{
	assert_true(index > 0 && index < stage->log_count);
	return stage->log[index].at - stage->log[index - 1].at;
}

/* ---- the beginning ---- */

void stage_init(struct stage *stage, const struct stage_times *times)
{
	struct hf_name zone;
	*stage = (struct stage){.times = *times, .now = START, .follow = true};
	assert_int_equal(hf_name_from_text("example.", &zone), HF_OK);
	hf_policy_init(&stage->policy);
	stage->policy.rollover.margin = 0;
	stage->policy.rollover.ds_margin = 0;
	stage->policy.rollover.lifetime_jitter = 0;
	stage->policy.rollover.approvals = 0;
	stage->policy.rollover.second = HF_SECOND_WAITS;
	stage->policy.parent.digests = 1u << HF_DIGEST_SHA256;
	stage->policy.dnskey_ttl = times->ttl_key;
	stage->policy.signatures.replacement =
	        times->dsgn > 0 ? HF_REPLACE_GRADUAL : HF_REPLACE_AT_ONCE;
	for (unsigned i = 0; i < 3; i++)
		stage->policy.roles[i].lifetime = 0;
	stage->policy.parent.servers.count = STAGE_SERVERS;
	hf_roll_state_init(&stage->state, &zone, 7);
	assert_int_equal(hf_evidence_new(&zone, &stage->evidence), HF_OK);
	assert_int_equal(
	        hf_evidence_place(stage->evidence, "192.0.2.53", &stage->secondary), HF_OK);
	assert_int_equal(hf_evidence_add_secondary(stage->evidence, stage->secondary), HF_OK);
	for (unsigned i = 0; i < STAGE_SERVERS; i++) {
		char *name = stage->policy.parent.servers.names[i];
		snprintf(name, HF_PLACE_MAX, "198.51.100.%u", i + 1);
		assert_int_equal(
		        hf_evidence_place(stage->evidence, name, &stage->servers[i]), HF_OK);
	}
}

void stage_done(struct stage *stage)
{
	hf_roll_state_done(&stage->state);
	hf_evidence_free(stage->evidence);
}

void stage_open(struct stage *stage)
{
	hf_time now = stage->now;
	stage->now = START - 10000000;
	show(stage, &stage->state.rest);
	for (unsigned i = 0; i < STAGE_SERVERS; i++)
		show_ds(stage, i, stage->state.rest.ds);
	stage->asked = stage->state.rest.ds;
	stage->asked_any = true;
	stage->now = now;
	assert_int_equal(hf_evidence_sighting(stage->evidence, stage->secondary, START - 9000000,
	                         START - 10000000),
	        HF_OK);
	stage->pending_count = 0;
}
