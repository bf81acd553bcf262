/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The zone's secondaries, and who looks at them. */
#include <stdio.h>

#include "sim/theatre_inside.h"

#define WATCH_EVERY INT64_C(21600) /* looks from outside */
#define AGAIN       INT64_C(3600)  /* a look that did not count is repeated */
#define BEHIND      INT64_C(86400) /* so long behind is an alarm */

/* ---- what they serve ---- */

static enum hf_err serve(struct hf_theatre *theatre, unsigned server, uint16_t number)
{
	return hf_scene_serve(theatre->play->scene, HF_SCENE_ZONE, server, theatre->now, number);
}

/* Whether the signer's machine has the version to give. */
static bool has_version(const struct hf_theatre *theatre, size_t version)
{
	return theatre->down == 0 && version < theatre->visible &&
	       version < theatre->mind.versions && !theatre->versions[version].lost;
}

/* The newest version that the signer's machine shows. */
static size_t newest_shown(const struct hf_theatre *theatre)
{
	size_t index = theatre->mind.versions < theatre->visible ? theatre->mind.versions
	                                                         : theatre->visible;
	while (index > 1 && theatre->versions[index - 1].lost)
		index--;
	return index - 1;
}

enum hf_err hf_theatre_transfer(struct hf_theatre *theatre, unsigned server, size_t version)
{
	struct hf_theatre_server *here = &theatre->servers[server];
	bool newer = here->version == HF_THEATRE_NO_VERSION || version > here->version;
	if (here->stuck > 0 || !has_version(theatre, version) ||
	        (!newer && !(here->lapsed && version == here->version)))
		return HF_OK;
	here->version = version;
	here->lapsed = false;
	if (version == newest_shown(theatre))
		here->stuck_id++; /* what could lapse is replaced */
	enum hf_err err = serve(theatre, server, theatre->versions[version].number);
	return err == HF_OK ? hf_theatre_look_soon(theatre, server) : err;
}

/* When it last knew that it was up to date. */
static hf_time last_contact(const struct hf_theatre *theatre, const struct hf_theatre_server *here)
{
	for (size_t i = here->version + 1; i < theatre->visible; i++) {
		const struct hf_theatre_version *next = &theatre->versions[i];
		if (!next->lost)
			return next->shown < theatre->now ? next->shown : theatre->now;
	}
	return theatre->now;
}

enum hf_err hf_theatre_stick(struct hf_theatre *theatre, unsigned server)
{
	struct hf_theatre_server *here = &theatre->servers[server];
	if (here->stuck++ > 0 || theatre->world.expire == 0)
		return HF_OK;
	return hf_theatre_foresee(theatre, last_contact(theatre, here) + theatre->world.expire,
	        HF_THEATRE_LAPSE, server, ++here->stuck_id);
}

enum hf_err hf_theatre_notify(struct hf_theatre *theatre, unsigned server)
{
	return hf_theatre_foresee(theatre, theatre->now + theatre->world.lag[server],
	        HF_THEATRE_TRANSFER, server, newest_shown(theatre));
}

enum hf_err hf_theatre_unstick(struct hf_theatre *theatre, unsigned server)
{
	struct hf_theatre_server *here = &theatre->servers[server];
	if (--here->stuck > 0)
		return HF_OK;
	if (here->version == newest_shown(theatre))
		here->stuck_id++;
	return hf_theatre_notify(theatre, server);
}

enum hf_err hf_theatre_lapse(struct hf_theatre *theatre, unsigned server, uint64_t stuck_id)
{
	struct hf_theatre_server *here = &theatre->servers[server];
	char text[128];
	if (here->stuck_id != stuck_id || here->lapsed)
		return HF_OK;
	here->lapsed = true;
	snprintf(text, sizeof(text),
	        "the zone has expired at secondary %u (SOA expire): it serves it no more",
	        server + 1);
	enum hf_err err = serve(theatre, server, HF_SCENE_NOTHING);
	return err == HF_OK ? hf_theatre_alarm(theatre, text) : err;
}

/* ---- what the signer sees of them ---- */

enum hf_err hf_theatre_look_soon(struct hf_theatre *theatre, unsigned server)
{
	int64_t look = theatre->world.look, since = theatre->now - theatre->job->at;
	if ((theatre->job->flags & HF_THEATRE_BELIEVES) != 0)
		return HF_OK;
	return hf_theatre_foresee(theatre, theatre->job->at + (since / look + 1) * look,
	        HF_THEATRE_LOOK_ZONE, server, 0);
}

/* A restored state that knows what every secondary serves misses nothing. */
static enum hf_err may_release(struct hf_theatre *theatre)
{
	struct hf_theatre_mind *mind = &theatre->mind;
	if (!mind->held)
		return HF_OK;
	for (unsigned i = 0; i < theatre->world.servers; i++) {
		const struct hf_theatre_server *here = &theatre->servers[i];
		if (here->lapsed || here->version >= mind->versions ||
		        theatre->versions[here->version].lost)
			return HF_OK;
	}
	mind->held = false;
	return hf_theatre_tell(theatre, HF_MOMENT_STEP,
	        "every secondary serves a version that the restored state knows: it goes on");
}

enum hf_err hf_theatre_look_zone(struct hf_theatre *theatre, unsigned server)
{
	const struct hf_theatre_server *here = &theatre->servers[server];
	/* Somebody looks again when that is over. */
	if (theatre->down > 0 || theatre->blind > 0 || here->lapsed)
		return HF_OK;
	if (hf_theatre_doubts(theatre))
		return hf_theatre_foresee(
		        theatre, theatre->now + AGAIN, HF_THEATRE_LOOK_ZONE, server, 0);
	theatre->run_soon = true;
	enum hf_err err = may_release(theatre);
	if (err != HF_OK || here->version >= theatre->mind.versions ||
	        theatre->versions[here->version].lost)
		return err;
	err = hf_evidence_sighting(theatre->mind.evidence, theatre->places[server],
	        hf_theatre_clock(theatre), theatre->versions[here->version].at);
	/* By a clock that is behind, it would have been seen before it was published. */
	if (err == HF_ERR_INVALID)
		err = hf_theatre_foresee(
		        theatre, theatre->now + AGAIN, HF_THEATRE_LOOK_ZONE, server, 0);
	return err;
}

enum hf_err hf_theatre_believe(struct hf_theatre *theatre, size_t version)
{
	enum hf_err err = HF_OK;
	for (unsigned i = 0; i < theatre->world.servers && err == HF_OK; i++)
		err = hf_evidence_sighting(theatre->mind.evidence, theatre->places[i],
		        hf_theatre_clock(theatre), theatre->versions[version].at);
	theatre->run_soon = true;
	return err == HF_ERR_INVALID ? HF_OK : err;
}

/* ---- from outside ---- */

static enum hf_err watch_server(struct hf_theatre *theatre, unsigned server)
{
	struct hf_theatre_server *here = &theatre->servers[server];
	hf_time end = hf_theatre_version_end(&theatre->versions[here->version]);
	bool behind = last_contact(theatre, here) + BEHIND < theatre->now;
	char text[160], when[HF_TIME_TEXT];
	enum hf_err err = HF_OK;
	if (!here->lapsed && end != HF_TIME_NEVER &&
	        end - theatre->policy.alarms.signature_end <= theatre->now) {
		snprintf(text, sizeof(text),
		        "seen from outside: what secondary %u serves is signed until %s only",
		        server + 1, hf_time_rfc3339(end, when));
		err = hf_theatre_alarm(theatre, text);
	}
	if (err == HF_OK && behind && !here->told) {
		snprintf(text, sizeof(text),
		        "secondary %u is behind by more than a day: it has not taken over what is "
		        "published",
		        server + 1);
		err = hf_theatre_alarm(theatre, text);
	}
	here->told = behind;
	return err;
}

enum hf_err hf_theatre_watch(struct hf_theatre *theatre)
{
	enum hf_err err = HF_OK;
	for (unsigned i = 0; i < theatre->world.servers && err == HF_OK; i++)
		err = watch_server(theatre, i);
	if (err == HF_OK && theatre->down > 0 && theatre->now - theatre->down_since > BEHIND)
		err = hf_theatre_alarm(theatre, "the signer has been down for more than a day");
	return err == HF_OK ? hf_theatre_foresee(
	                              theatre, theatre->now + WATCH_EVERY, HF_THEATRE_WATCH, 0, 0)
	                    : err;
}
