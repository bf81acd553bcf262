/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what is wanted to what is shown: sign, verify, gate, store, show. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "sim/theatre_inside.h"

#define RETRY      INT64_C(3600)
#define PACE_PARTS 96
#define SOA        6

static bool checked(const struct hf_theatre *theatre)
{
	return (theatre->job->flags & HF_THEATRE_UNCHECKED) == 0;
}

/* ---- what stops a version ---- */

static enum hf_err refuse(
        struct hf_theatre *theatre, const struct hf_wanted *wanted, hf_time retry, const char *text)
{
	bool again = strcmp(theatre->refused, text) == 0;
	theatre->play->refused++;
	theatre->retry = retry;
	theatre->refused_way = wanted->waypoint;
	snprintf(theatre->refused, sizeof(theatre->refused), "%s", text);
	if (again)
		return HF_OK;
	enum hf_err err = hf_theatre_tell(theatre, HF_MOMENT_REFUSED, "%s", text);
	return err == HF_OK ? hf_theatre_alarm(theatre, text) : err;
}

static bool is_bad(const struct hf_theatre_version *version)
{
	bool bad = version->dnskey.bad;
	for (unsigned i = 0; i < HF_SCENE_CLASSES; i++)
		bad |= version->data[i].bad;
	return bad;
}

/* The signature that has least left beyond its TTL. */
static void find_frail(const struct hf_theatre *theatre, const struct hf_theatre_version *version,
        struct hf_offer *offer)
{
	hf_time least = HF_TIME_NEVER;
	for (unsigned i = 0; i <= HF_SCENE_CLASSES; i++) {
		const struct hf_theatre_signed *made =
		        i == 0 ? &version->dnskey : &version->data[i - 1];
		uint32_t ttl = i == 0 ? version->dnskey_ttl : version->data_ttl[i - 1];
		if (made->by.count == 0 || made->until - ttl >= least)
			continue;
		least = made->until - ttl;
		offer->frail_owner = *theatre->job->zone;
		offer->frail_type = SOA;
		offer->frail_ttl = ttl;
		offer->frail_expiration = made->until;
	}
}

/* The gate's verdict; `safe` also when what is broken already gets no worse by waiting. */
static enum hf_err ask_gate(struct hf_theatre *theatre, const struct hf_wanted *wanted,
        const struct hf_theatre_version *version, const struct hf_served *served, size_t count,
        bool *ret_safe)
{
	int64_t pace = theatre->policy.signatures.refresh / PACE_PARTS;
	const struct hf_gate_options options = {.rules = theatre->policy.rollover.rules,
	        .next = pace < RETRY ? pace : RETRY,
	        .max_reasons = 1};
	struct hf_offer offer = {.serial = version->serial,
	        .served = served,
	        .count = count,
	        .rrsets = theatre->job->profile->rrsets};
	struct hf_gate_verdict *verdict;
	char text[HF_OUTCOME_TEXT];
	find_frail(theatre, version, &offer);
	enum hf_err err = hf_gate(
	        theatre->mind.evidence, &offer, &options, hf_theatre_clock(theatre), &verdict);
	if (err != HF_OK)
		return err;
	*ret_safe = verdict->safe || verdict->broken_already;
	if (!*ret_safe) {
		hf_time retry = hf_theatre_clock(theatre) + RETRY;
		if (verdict->earliest_safe > hf_theatre_clock(theatre) &&
		        verdict->earliest_safe < retry)
			retry = verdict->earliest_safe;
		snprintf(text, sizeof(text), "%s %s", verdict->reasons[0].broken,
		        verdict->reasons[0].fix != NULL ? verdict->reasons[0].fix : "");
		err = refuse(theatre, wanted, retry, text);
	}
	hf_gate_verdict_free(verdict);
	return err;
}

static enum hf_err judge(struct hf_theatre *theatre, const struct hf_wanted *wanted,
        const struct hf_theatre_version *version, const struct hf_served *served, size_t count,
        bool *ret_good)
{
	*ret_good = true;
	if (!checked(theatre))
		return HF_OK;
	if (!is_bad(version))
		return ask_gate(theatre, wanted, version, served, count, ret_good);
	*ret_good = false;
	return refuse(theatre, wanted, hf_theatre_clock(theatre) + RETRY,
	        "signatures of the new version do not verify under the published keys; the last "
	        "good version stays: find out what the keys' store does");
}

/* ---- storing and showing ---- */

enum hf_err hf_theatre_append(struct hf_theatre *theatre, const struct hf_theatre_version *version)
{
	struct hf_theatre_version *versions = hf_list_room(theatre->versions, &theatre->version_cap,
	        theatre->version_count, sizeof(*versions));
	if (versions == NULL)
		return HF_ERR_NOMEM;
	theatre->versions = versions;
	/* What a restored state never knew of is not served again. */
	for (size_t i = theatre->mind.versions; i < theatre->version_count; i++)
		versions[i].lost = true;
	versions[theatre->version_count++] = *version;
	theatre->mind.versions = theatre->version_count;
	theatre->play->published++;
	theatre->play->signatures += version->made;
	return HF_OK;
}

static enum hf_err store(struct hf_theatre *theatre, struct hf_theatre_version *version,
        const struct hf_served *served, size_t count)
{
	const unsigned kinds = 1u << HF_KIND_DNSKEY | 1u << HF_KIND_SIGNERS;
	const struct hf_roll_event denial = {
	        .kind = HF_EVENT_DENIAL, .start = {.denial = version->way.denial}};
	enum hf_err err = hf_theatre_version_stage(theatre, version);
	if (err == HF_OK)
		err = hf_evidence_observe(
		        theatre->mind.evidence, HF_PUBLISHED, kinds, served, count, version->at);
	if (err == HF_OK && version->data[0].by.count > 0)
		err = hf_roll_event(&theatre->policy, &theatre->mind.state, theatre->mind.evidence,
		        &denial, version->at, NULL);
	return err == HF_OK ? hf_theatre_append(theatre, version) : err;
}

static enum hf_err tell_version(
        struct hf_theatre *theatre, const struct hf_theatre_version *version)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf keys = {.data = NULL};
	if (!version->remarkable || (theatre->job->flags & HF_THEATRE_SILENT) != 0)
		return HF_OK;
	hf_theatre_keys_put(theatre, &version->published, &keys);
	hf_put_text(&keys, "; data signed by ");
	hf_theatre_keys_put(theatre, &version->data[0].by, &keys);
	hf_put_u8(&keys, 0);
	enum hf_err err = hf_buf_check(&keys);
	if (err != HF_OK)
		return err;
	if (version->published.count == 0)
		return hf_theatre_tell(
		        theatre, HF_MOMENT_PUBLISHED, "serial %u, unsigned", version->serial);
	return hf_theatre_tell(theatre, HF_MOMENT_PUBLISHED, "serial %u: DNSKEY set of %s",
	        version->serial, (const char *)keys.data);
}

enum hf_err hf_theatre_show(struct hf_theatre *theatre)
{
	enum hf_err err = HF_OK;
	for (; theatre->visible < theatre->version_count && err == HF_OK; theatre->visible++) {
		size_t index = theatre->visible;
		theatre->versions[index].shown = theatre->now;
		err = tell_version(theatre, &theatre->versions[index]);
		if (err == HF_OK)
			err = hf_theatre_plot(theatre, &theatre->versions[index]);
		for (unsigned i = 0; i < theatre->world.servers && err == HF_OK; i++)
			err = hf_theatre_foresee(theatre, theatre->now + theatre->world.lag[i],
			        HF_THEATRE_TRANSFER, i, index);
		if (err == HF_OK && (theatre->job->flags & HF_THEATRE_BELIEVES) != 0)
			err = hf_theatre_foresee(theatre,
			        theatre->now + theatre->policy.secondaries.delay, HF_THEATRE_BELIEF,
			        0, index);
	}
	return err == HF_OK ? hf_theatre_scan_soon(theatre) : err;
}

static bool crashes(const struct hf_theatre *theatre, int64_t when)
{
	return theatre->crash != SIZE_MAX && theatre->job->faults[theatre->crash].amount == when;
}

static enum hf_err pass(
        struct hf_theatre *theatre, struct hf_theatre_version *version, bool *ret_published)
{
	struct hf_served served[HF_THEATRE_SERVED];
	struct hf_wanted wanted = {.waypoint = version->way, .cds = version->cds};
	size_t count;
	bool good;
	enum hf_err err = hf_theatre_version_served(theatre, version, served, &count);
	if (err == HF_OK)
		err = judge(theatre, &wanted, version, served, count, &good);
	if (err != HF_OK || !good)
		return err;
	theatre->refused[0] = '\0';
	theatre->retry = HF_TIME_NONE;
	if (crashes(theatre, 0))
		return hf_theatre_crash(theatre);
	err = store(theatre, version, served, count);
	if (err != HF_OK)
		return err;
	theatre->edited = false;
	*ret_published = true;
	return crashes(theatre, 1) ? hf_theatre_crash(theatre) : hf_theatre_show(theatre);
}

/* What the zone is to look like now; false: that is not known. */
static bool wants(const struct hf_theatre *theatre, struct hf_wanted *ret_wanted)
{
	if (theatre->job->cues != NULL) {
		*ret_wanted = (struct hf_wanted){.waypoint = theatre->cue->way};
		return true;
	}
	*ret_wanted = theatre->outcome.wanted;
	return theatre->stepped;
}

enum hf_err hf_theatre_publish(struct hf_theatre *theatre, bool *ret_published)
{
	hf_time clock = hf_theatre_clock(theatre);
	size_t known = theatre->mind.versions;
	struct hf_theatre_version version;
	struct hf_wanted wanted;
	enum hf_theatre_made made;
	*ret_published = false;
	if (theatre->mind.held || !wants(theatre, &wanted))
		return HF_OK;
	bool engine = theatre->job->cues == NULL;
	if (clock <= theatre->versions[known - 1].at ||
	        (engine && theatre->outcome.wait == HF_WAIT_CLOCK))
		return HF_OK;
	bool same = hf_waypoint_same(&wanted.waypoint, &theatre->refused_way);
	if (theatre->retry != HF_TIME_NONE && clock < theatre->retry && same)
		return HF_OK;
	enum hf_err err = hf_theatre_version_make(theatre, &wanted, &version, &made);
	if (err != HF_OK || made == HF_MADE_NOTHING)
		return err;
	if (made == HF_MADE_UNABLE)
		return refuse(theatre, &wanted, clock + RETRY,
		        "the zone cannot be signed, because its keys cannot be used; what is "
		        "published stays");
	return pass(theatre, &version, ret_published);
}
