/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rollover/plan_words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"

#define NAMES 256 /* bytes of a list of keys */

static bool has(hf_keys keys, unsigned key)
{
	return (keys >> key & 1) != 0;
}

/* ---- Lines ---- */

static enum hf_err keep(struct hf_plan_lines *lines, char *text)
{
	char **larger = reallocarray(lines->list, lines->count + 1, sizeof(*lines->list));
	if (text == NULL || larger == NULL) {
		free(text);
		lines->list = larger != NULL ? larger : lines->list;
		return HF_ERR_NOMEM;
	}
	lines->list = larger;
	lines->list[lines->count++] = text;
	return HF_OK;
}

enum hf_err hf_plan_say(
        const struct hf_plan_world *world, struct hf_plan_lines *lines, const char *format, ...)
{
	char *raw;
	va_list args;
	va_start(args, format);
	int len = vasprintf(&raw, format, args);
	va_end(args);
	if (len < 0)
		return HF_ERR_NOMEM;
	char *text = hf_plan_world_text(world, raw);
	free(raw);
	return keep(lines, text);
}

void hf_plan_lines_done(struct hf_plan_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->list[i]);
	free(lines->list);
	*lines = (struct hf_plan_lines){.list = NULL};
}

/* "KSK 12345, new ZSK" */
static const char *names(const struct hf_plan_world *world, hf_keys keys, char text[static NAMES])
{
	size_t len = 0;
	char name[32];
	text[0] = '\0';
	for (unsigned i = 0; i < HF_ROLL_KEYS && len < NAMES; i++) {
		if (has(keys, i))
			len += (size_t)snprintf(text + len, NAMES - len, "%s%s",
			        len > 0 ? ", " : "", hf_plan_world_key(world, i, name));
	}
	return keys != 0 ? text : "none";
}

static enum hf_err list_keys(const struct hf_plan_world *world, hf_keys keys, hf_keys revoked,
        struct hf_plan_lines *lines)
{
	enum hf_err err = HF_OK;
	char name[32];
	for (unsigned i = 0; i < HF_ROLL_KEYS && err == HF_OK; i++) {
		if (has(keys, i))
			err = hf_plan_say(world, lines, "%s%s", hf_plan_world_key(world, i, name),
			        has(revoked, i) ? " (revoked)" : "");
	}
	return err;
}

/* ---- What Holdfast does ---- */

static enum hf_err say_dnskey(const struct hf_plan_world *world, const struct hf_waypoint *from,
        const struct hf_waypoint *to, struct hf_plan_lines *does)
{
	char text[NAMES];
	hf_keys in = to->published & ~from->published, out = from->published & ~to->published;
	hf_keys revoked = to->revoked & ~from->revoked;
	enum hf_err err = HF_OK;
	if (in != 0)
		err = hf_plan_say(
		        world, does, "adds to the DNSKEY RRset: %s", names(world, in, text));
	if (err == HF_OK && revoked != 0)
		err = hf_plan_say(world, does, "sets the REVOKE bit (RFC 5011) of: %s",
		        names(world, revoked, text));
	if (err == HF_OK && out != 0)
		err = hf_plan_say(
		        world, does, "takes out of the DNSKEY RRset: %s", names(world, out, text));
	if (err == HF_OK && to->sign_keys != from->sign_keys && to->sign_keys != 0)
		err = hf_plan_say(world, does, "lets the DNSKEY RRset be signed by: %s",
		        names(world, to->sign_keys, text));
	return err;
}

static enum hf_err say_data(const struct hf_plan_world *world, const struct hf_waypoint *from,
        const struct hf_waypoint *to, struct hf_plan_lines *does)
{
	char text[NAMES], span[HF_TIME_TEXT];
	const struct hf_policy_signatures *sigs = &world->policy.signatures;
	if (to->sign_data == from->sign_data)
		return HF_OK;
	if (to->sign_data == 0)
		return hf_plan_say(world, does, "removes all signatures and denial records");
	if (to->gradual && from->sign_data != 0)
		return hf_plan_say(world, does,
		        "lets the data be signed by %s, replacing each signature when it is due: "
		        "within %s",
		        names(world, to->sign_data, text),
		        hf_span_text(sigs->validity - sigs->refresh, span));
	return hf_plan_say(world, does, "lets all data be signed by %s, in one version",
	        names(world, to->sign_data, text));
}

static enum hf_err say_denial(const struct hf_plan_world *world, const struct hf_waypoint *from,
        const struct hf_waypoint *to, struct hf_plan_lines *does)
{
	if (to->sign_data == 0 || (from->denial.kind == to->denial.kind &&
	                                  from->denial.opt_out == to->denial.opt_out))
		return HF_OK;
	return hf_plan_say(world, does, "replaces all denial records by %s%s, in one version",
	        to->denial.kind == HF_DENIAL_NSEC ? "NSEC" : "NSEC3",
	        to->denial.opt_out ? " with opt-out" : "");
}

static enum hf_err say_sync(const struct hf_plan_world *world, const struct hf_waypoint *from,
        const struct hf_waypoint *to, struct hf_plan_lines *does)
{
	char text[NAMES];
	if (from->ds == to->ds || !world->policy.parent.cds || to->sign_keys == 0)
		return HF_OK;
	if (to->ds == 0)
		return hf_plan_say(world, does,
		        "publishes CDS and CDNSKEY in their delete form (RFC 8078) until the "
		        "DS RRset is gone");
	return hf_plan_say(world, does,
	        "publishes CDS and CDNSKEY for %s until every server of the parent has that DS",
	        names(world, to->ds, text));
}

/* ---- What people do ---- */

static enum hf_err say_ds_record(
        const struct hf_plan_world *world, unsigned key, struct hf_plan_lines *people)
{
	const struct hf_roll_key *from = &world->state.keys[key];
	char zone[HF_NAME_TEXT], name[32];
	hf_name_text(&world->state.zone, zone);
	if (has(world->made, key))
		return hf_plan_say(world, people,
		        "DS record: that of the %s, which holdfast keys --ds prints as soon as the "
		        "key is there",
		        hf_plan_world_key(world, key, name));
	for (uint8_t type = 1; type < 8; type++) {
		uint8_t digest[HF_DIGEST_MAX];
		char hex[2 * HF_DIGEST_MAX + 1];
		size_t len;
		if ((world->policy.parent.digests >> type & 1) == 0)
			continue;
		enum hf_err err = hf_ds_digest(type, &world->state.zone,
		        (struct hf_rdata){from->dnskey, from->dnskey_len}, digest, &len);
		for (size_t i = 0; err == HF_OK && i < len; i++)
			snprintf(hex + 2 * i, 3, "%02x", digest[i]);
		if (err == HF_OK)
			err = hf_plan_say(world, people, "DS record: %s DS %u %u %u %s", zone,
			        from->tag, from->algorithm, type, hex);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

static enum hf_err say_parent(const struct hf_plan_world *world, const struct hf_waypoint *from,
        const struct hf_waypoint *to, struct hf_plan_step *step)
{
	char text[NAMES], delay[HF_TIME_TEXT];
	const char *robots =
	        world->policy.parent.cds ? " (a parent that reads CDS does it by itself)" : "";
	enum hf_err err;
	if (from->ds == to->ds)
		return HF_OK;
	hf_span_text(world->policy.parent.delay, delay);
	if (to->ds == 0)
		err = hf_plan_say(world, &step->people,
		        "have the parent remove the whole DS RRset%s; counted on within %s", robots,
		        delay);
	else
		err = hf_plan_say(world, &step->people,
		        "have the parent serve the DS RRset of just: %s%s; counted on within %s",
		        names(world, to->ds, text), robots, delay);
	for (unsigned i = 0; i < HF_ROLL_KEYS && err == HF_OK; i++) {
		if (has(to->ds, i))
			err = say_ds_record(world, i, &step->people);
	}
	if (err == HF_OK && world->policy.parent.servers.count == 0)
		err = hf_plan_say(world, &step->people,
		        "look at every address of the parent's name servers, and tell Holdfast "
		        "when all of them serve it (the policy names no servers)");
	return err;
}

static enum hf_err say_decision(
        const struct hf_plan_world *world, const struct hf_waypoint *to, struct hf_plan_step *step)
{
	step->approvals = to->needs & world->policy.rollover.approvals;
	if (step->approvals == 0)
		return HF_OK;
	return hf_plan_say(world, &step->people,
	        "go or no-go: look at %s, then approve \"%s\"; it does not happen without",
	        world->state.roll.index == 1 ? "what this plan takes for granted"
	                                     : "the checks of the step before",
	        to->name);
}

/* ---- What is checked ---- */

static enum hf_err say_checks(const struct hf_plan_world *world, const struct hf_waypoint *from,
        const struct hf_waypoint *to, struct hf_plan_lines *checks)
{
	char text[NAMES];
	bool zone = !hf_waypoint_same_zone(from, to);
	enum hf_err err = HF_OK;
	if (zone)
		err = hf_plan_say(world, checks,
		        "the version verifies as a whole, and the gate finds no cached state that "
		        "it breaks, before it is published");
	if (err == HF_OK && zone && to->published != 0)
		err = hf_plan_say(world, checks,
		        "every secondary serves the DNSKEY RRset of just: %s",
		        names(world, to->published, text));
	if (err == HF_OK && zone && to->sign_data == 0)
		err = hf_plan_say(world, checks, "no RRset has a signature");
	else if (err == HF_OK && to->sign_data != from->sign_data)
		err = hf_plan_say(world, checks, "no RRset is signed by other keys than: %s",
		        names(world, to->sign_data, text));
	if (err == HF_OK && from->ds != to->ds && to->ds != 0)
		err = hf_plan_say(world, checks,
		        "every address of the parent's name servers serves the DS RRset of just: "
		        "%s",
		        names(world, to->ds, text));
	if (err == HF_OK && from->ds != to->ds && to->ds == 0)
		err = hf_plan_say(world, checks,
		        "every address of the parent's name servers proves that there is no DS");
	return err;
}

enum hf_err hf_plan_describe(const struct hf_plan_world *world, const struct hf_waypoint *from,
        const struct hf_waypoint *to, struct hf_plan_step *step)
{
	enum hf_err err = say_dnskey(world, from, to, &step->does);
	if (err == HF_OK)
		err = say_data(world, from, to, &step->does);
	if (err == HF_OK)
		err = say_denial(world, from, to, &step->does);
	if (err == HF_OK)
		err = say_sync(world, from, to, &step->does);
	if (err == HF_OK)
		err = say_decision(world, to, step);
	if (err == HF_OK)
		err = say_parent(world, from, to, step);
	if (err == HF_OK)
		err = say_checks(world, from, to, &step->checks);
	if (err == HF_OK)
		err = list_keys(world, to->published, to->revoked, &step->published);
	if (err == HF_OK)
		err = list_keys(world, to->sign_keys, to->revoked, &step->sign_keys);
	if (err == HF_OK)
		err = list_keys(world, to->sign_data, 0, &step->sign_data);
	if (err == HF_OK)
		err = list_keys(world, to->ds, 0, &step->ds);
	return err;
}

/* ---- Around the steps ---- */

enum hf_err hf_plan_describe_keys(const struct hf_plan_world *world, struct hf_plan_lines *does)
{
	enum hf_err err = HF_OK;
	char name[32], alg[32];
	for (unsigned i = 0; i < HF_ROLL_KEYS && err == HF_OK; i++) {
		if (has(world->made, i))
			err = hf_plan_say(world, does,
			        "makes the %s (%s), with a tag that no key of the zone ever had, "
			        "and proves before its first use that what it signs verifies",
			        hf_plan_world_key(world, i, name),
			        hf_alg_name(world->state.keys[i].algorithm, alg));
	}
	return err;
}

enum hf_err hf_plan_describe_start(
        const struct hf_plan_world *world, struct hf_plan_lines *assumptions)
{
	const struct hf_policy *policy = &world->policy;
	const struct hf_plan_job *job = world->job;
	char text[NAMES], one[HF_TIME_TEXT], other[HF_TIME_TEXT];
	enum hf_err err = HF_OK;
	if (world->shown.published != 0)
		err = hf_plan_say(world, assumptions,
		        "the zone's keys are %s; it has had no change that caches may still know "
		        "of",
		        names(world, world->shown.published, text));
	if (err == HF_OK && job->start.kind == HF_ROLL_DENIAL)
		err = hf_plan_say(world, assumptions, "the zone proves by %s%s what does not exist",
		        job->denial.kind == HF_DENIAL_NSEC ? "NSEC" : "NSEC3",
		        job->denial.opt_out ? " with opt-out" : "");
	if (err == HF_OK && world->shown.ds != 0)
		err = hf_plan_say(world, assumptions, "the parent has DS records for: %s",
		        names(world, world->shown.ds, text));
	if (err == HF_OK)
		err = hf_plan_say(world, assumptions,
		        "the parent's DS RRset has a TTL of %s, and the parent needs %s to change "
		        "it everywhere",
		        hf_span_text(policy->parent.ds_ttl, one),
		        hf_span_text(policy->parent.delay, other));
	if (err == HF_OK)
		err = hf_plan_say(world, assumptions,
		        "the DNSKEY RRset has a TTL of %s, and the longest TTL of the zone's data "
		        "is %s",
		        hf_span_text(
		                job->dnskey_ttl != 0 ? job->dnskey_ttl : policy->dnskey_ttl, one),
		        hf_span_text(job->profile->largest_ttl, other));
	if (err == HF_OK)
		err = hf_plan_say(world, assumptions,
		        "every secondary has a new version within %s, and people approve at once",
		        hf_span_text(policy->secondaries.delay, one));
	if (err == HF_OK)
		err = hf_plan_say(world, assumptions,
		        "the real steps follow what is seen, and may come later, never sooner");
	return err;
}

enum hf_err hf_plan_describe_end(const struct hf_plan_world *world, const struct hf_waypoint *from,
        const struct hf_waypoint *to, struct hf_plan_lines *after)
{
	char text[NAMES];
	hf_keys gone = (from->published | from->ds) & ~(to->published | to->ds);
	enum hf_err err = HF_OK;
	if (gone != 0)
		err = hf_plan_say(world, after,
		        "destroy the private half of %s as soon as Holdfast says that no cache can "
		        "hold it any more",
		        names(world, gone, text));
	if (err == HF_OK)
		err = hf_plan_say(world, after,
		        "to go back from here is a rollover of its own: make a plan for it");
	return err;
}

static enum hf_err say_until(const struct hf_plan_world *world, struct hf_plan_lines *lines,
        const char *what, hf_time until, const char *bound)
{
	char when[HF_TIME_TEXT];
	if (until == HF_TIME_NEVER)
		return hf_plan_say(world, lines, "%s for good, until somebody acts", what);
	return hf_plan_say(
	        world, lines, "%s until %s %s", what, hf_time_rfc3339(until, when), bound);
}

enum hf_err hf_plan_describe_at_once(const struct hf_plan_world *world,
        const struct hf_at_once *at_once, struct hf_plan_lines *lines)
{
	static const char slow[] = "at the latest, sooner if all secondaries are quick";
	enum hf_err err = HF_OK;
	if (at_once->broken == NULL)
		err = hf_plan_say(world, lines, "all at once would break nobody");
	else
		err = say_until(world, lines,
		        "all at once would leave some resolvers with SERVFAIL",
		        at_once->broken_until, slow);
	for (size_t i = 0; at_once->broken != NULL && i < at_once->broken->count && err == HF_OK;
	        i++)
		err = hf_plan_say(world, lines, "who: %s", at_once->broken->reasons[i].broken);
	if (err == HF_OK)
		err = say_until(world, lines, "all at once, the bad key may be believed",
		        at_once->bad_until_at_once, slow);
	if (err == HF_OK)
		err = say_until(world, lines, "step by step, the bad key may be believed",
		        at_once->bad_until_in_order, "at the earliest");
	return err;
}
