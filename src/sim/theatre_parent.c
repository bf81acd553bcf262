/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The registry, the parent's servers, and who looks at them. */
#include <string.h>

#include "base/list.h"
#include "sim/theatre_inside.h"

#define AGAIN INT64_C(3600) /* a look that did not count is repeated */

enum hf_err hf_theatre_ds_set(
        struct hf_theatre *theatre, const struct hf_theatre_keys *keys, size_t *ret_set)
{
	for (size_t i = 0; i < theatre->ds_count; i++) {
		if (hf_theatre_keys_same(&theatre->ds_sets[i], keys)) {
			*ret_set = i;
			return HF_OK;
		}
	}
	struct hf_theatre_keys *sets =
	        hf_list_room(theatre->ds_sets, &theatre->ds_cap, theatre->ds_count, sizeof(*sets));
	if (sets == NULL)
		return HF_ERR_NOMEM;
	theatre->ds_sets = sets;
	*ret_set = theatre->ds_count;
	sets[theatre->ds_count++] = *keys;
	return HF_OK;
}

static enum hf_err tell_set(struct hf_theatre *theatre, const char *what, size_t set)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf keys = {.data = NULL};
	if ((theatre->job->flags & HF_THEATRE_SILENT) != 0)
		return HF_OK;
	if (theatre->ds_sets[set].count == 0)
		return hf_theatre_tell(theatre, HF_MOMENT_PARENT, "%s: no DS", what);
	hf_theatre_keys_put(theatre, &theatre->ds_sets[set], &keys);
	hf_put_u8(&keys, 0);
	enum hf_err err = hf_buf_check(&keys);
	return err == HF_OK ? hf_theatre_tell(theatre, HF_MOMENT_PARENT, "%s: DS of %s", what,
	                              (const char *)keys.data)
	                    : err;
}

/* ---- requests ---- */

/* What the registry will have when all requests are carried out. */
static size_t last_requested(const struct hf_theatre *theatre)
{
	return theatre->request_count > 0 ? theatre->requests[theatre->request_count - 1].set
	                                  : theatre->registry;
}

static hf_time carried_out_at(struct hf_theatre *theatre)
{
	const struct hf_theatre_world *world = &theatre->world;
	uint64_t room = (uint64_t)(world->delay_most - world->delay_least) + 1;
	hf_time at = theatre->now + world->delay_least + theatre->slow +
	             (int64_t)hf_random_below(&theatre->parent_random, room);
	hf_time free = theatre->registry_changed == HF_TIME_NONE
	                       ? at
	                       : theatre->registry_changed + world->limit;
	if (theatre->request_count > 0)
		free = theatre->requests[theatre->request_count - 1].at + world->limit;
	return at > free ? at : free;
}

static enum hf_err request(struct hf_theatre *theatre, size_t set)
{
	enum hf_err err = tell_set(theatre, "the parent is asked", set);
	theatre->requested = theatre->now;
	if (err != HF_OK || last_requested(theatre) == set)
		return err;
	if (theatre->lost > 0)
		return hf_theatre_tell(theatre, HF_MOMENT_FAULT, "the request gets lost");
	if (theatre->request_count == HF_THEATRE_REQUESTS)
		return HF_OK; /* the registrar takes no more */
	hf_time at = carried_out_at(theatre);
	theatre->requests[theatre->request_count++] = (struct hf_theatre_request){at, set};
	return hf_theatre_foresee(theatre, at, HF_THEATRE_REGISTRY, 0, 0);
}

static bool reads_cds(const struct hf_theatre *theatre)
{
	return theatre->world.scan > 0 && theatre->policy.parent.cds && theatre->job->cues == NULL;
}

enum hf_err hf_theatre_ask(struct hf_theatre *theatre, hf_keys ds)
{
	struct hf_theatre_keys keys;
	size_t set;
	enum hf_err err = hf_theatre_keys_of(theatre, ds, 0, &keys);
	if (err == HF_OK)
		err = hf_theatre_ds_set(theatre, &keys, &set);
	if (err == HF_OK && (theatre->job->flags & HF_THEATRE_BELIEVES) != 0)
		err = hf_theatre_foresee(theatre, theatre->now + theatre->policy.parent.delay,
		        HF_THEATRE_BELIEF_DS, 0, set);
	if (err == HF_OK && !reads_cds(theatre))
		err = request(theatre, set);
	return err;
}

void hf_theatre_withdraw(struct hf_theatre *theatre)
{
	theatre->request_count = 0;
}

enum hf_err hf_theatre_registry(struct hf_theatre *theatre)
{
	if (theatre->request_count == 0 || theatre->requests[0].at > theatre->now)
		return HF_OK; /* it was withdrawn */
	size_t set = theatre->requests[0].set;
	theatre->request_count--;
	memmove(theatre->requests, theatre->requests + 1,
	        theatre->request_count * sizeof(theatre->requests[0]));
	theatre->registry = set;
	theatre->registry_changed = theatre->now;
	theatre->registry_edition++;
	enum hf_err err = tell_set(theatre, "the registry has", set);
	for (unsigned i = 0; i < theatre->world.parents && err == HF_OK; i++)
		err = hf_theatre_foresee(theatre, theatre->now + theatre->world.parent_lag[i],
		        HF_THEATRE_DELEGATION, i, theatre->registry_edition << 32 | set);
	return err;
}

/* ---- CDS ---- */

enum hf_err hf_theatre_scan_soon(struct hf_theatre *theatre)
{
	if (!reads_cds(theatre) || theatre->scanning)
		return HF_OK;
	int64_t scan = theatre->world.scan, since = theatre->now - theatre->job->at;
	theatre->scanning = true;
	return hf_theatre_foresee(
	        theatre, theatre->job->at + (since / scan + 1) * scan, HF_THEATRE_SCAN, 0, 0);
}

/* What all servers of the zone that answer say in CDS; false: nothing, or not the same. */
static bool read_cds(struct hf_theatre *theatre, struct hf_theatre_keys *ret_ds)
{
	const struct hf_theatre_version *said = NULL;
	for (unsigned i = 0; i < theatre->world.servers; i++) {
		const struct hf_theatre_server *here = &theatre->servers[i];
		const struct hf_theatre_version *version = &theatre->versions[here->version];
		if (here->lapsed)
			continue;
		if (said != NULL && (said->cds != version->cds ||
		                            !hf_theatre_keys_same(&said->ds, &version->ds)))
			return false;
		said = version;
	}
	if (said == NULL || said->cds == HF_CDS_NONE)
		return false;
	*ret_ds = said->ds;
	return true;
}

enum hf_err hf_theatre_scan(struct hf_theatre *theatre)
{
	struct hf_theatre_keys ds;
	size_t set;
	theatre->scanning = false;
	if (theatre->lost == 0 && read_cds(theatre, &ds)) {
		enum hf_err err = hf_theatre_ds_set(theatre, &ds, &set);
		if (err == HF_OK && set != last_requested(theatre))
			err = request(theatre, set);
		if (err != HF_OK)
			return err;
	}
	/* It reads on as long as there is something to read. */
	return theatre->stepped && theatre->outcome.wanted.cds != HF_CDS_NONE
	               ? hf_theatre_scan_soon(theatre)
	               : HF_OK;
}

/* ---- the parent's servers ---- */

static enum hf_err serve(struct hf_theatre *theatre, unsigned server, size_t number)
{
	const struct hf_theatre_keys *keys = &theatre->ds_sets[number];
	struct hf_scene_set set = {.ttl = theatre->world.ds_ttl, .member_count = keys->count};
	size_t name = theatre->job->profile->apex, records = 0;
	uint16_t what;
	memcpy(set.members, keys->list, keys->count * sizeof(keys->list[0]));
	for (unsigned type = 1; type < 8; type++)
		records += (theatre->policy.parent.digests >> type & 1) != 0 ? keys->count : 0;
	/* With SHA-256 digests, and the parent's signature by P-256. */
	set.bytes = (uint32_t)(hf_answer_empty(name) +
	                       records * hf_answer_record(hf_answer_owner(name), 36) +
	                       hf_answer_record(hf_answer_owner(name), hf_answer_rrsig(1, 64)));
	enum hf_err err = hf_scene_add_set(theatre->play->scene, &set, &what);
	return err == HF_OK ? hf_scene_serve(theatre->play->scene, HF_SCENE_PARENT, server,
	                              theatre->now, what)
	                    : err;
}

enum hf_err hf_theatre_delegate(struct hf_theatre *theatre, unsigned server, uint64_t edition)
{
	struct hf_theatre_delegation *here = &theatre->delegations[server];
	size_t set = (size_t)(edition & UINT32_MAX);
	if (here->stuck > 0 || edition >> 32 < here->edition)
		return HF_OK;
	here->edition = edition >> 32;
	here->set = set;
	here->changed = theatre->now;
	enum hf_err err = serve(theatre, server, set);
	return err == HF_OK ? hf_theatre_plan_look(theatre, server, theatre->now) : err;
}

bool hf_theatre_parent_agrees(struct hf_theatre *theatre)
{
	struct hf_theatre_keys keys;
	bool agrees =
	        hf_theatre_keys_of(theatre, theatre->outcome.wanted.waypoint.ds, 0, &keys) == HF_OK;
	for (unsigned i = 0; i < theatre->world.parents && agrees; i++)
		agrees =
		        hf_theatre_keys_same(&theatre->ds_sets[theatre->delegations[i].set], &keys);
	return agrees;
}

/* ---- looks ---- */

enum hf_err hf_theatre_plan_look(struct hf_theatre *theatre, unsigned server, hf_time at)
{
	struct hf_theatre_delegation *here = &theatre->delegations[server];
	int64_t look = theatre->world.look, since = at - theatre->job->at;
	if ((theatre->job->flags & HF_THEATRE_BELIEVES) != 0)
		return HF_OK;
	at = theatre->job->at + (since / look + 1) * look;
	if (here->look <= at)
		return HF_OK;
	here->look = at;
	return hf_theatre_foresee(theatre, at, HF_THEATRE_LOOK_PARENT, server, ++here->plan);
}

static enum hf_err see(struct hf_theatre *theatre, uint32_t place, size_t set)
{
	struct hf_served served = {.ttl = theatre->world.ds_ttl};
	hf_time clock = hf_theatre_clock(theatre);
	enum hf_err err = hf_theatre_content_ds(theatre, &theatre->ds_sets[set], &served.content);
	/* An older look that comes later tells nothing. */
	if (err != HF_OK || hf_evidence_observed(theatre->mind.evidence, place, HF_KIND_DS) > clock)
		return err;
	return hf_evidence_observe(
	        theatre->mind.evidence, place, 1u << HF_KIND_DS, &served, 1, clock);
}

enum hf_err hf_theatre_look_parent(struct hf_theatre *theatre, unsigned server, uint64_t plan)
{
	struct hf_theatre_delegation *here = &theatre->delegations[server];
	if (plan != here->plan)
		return HF_OK;
	here->look = HF_TIME_NEVER;
	if (theatre->down > 0 || theatre->blind > 0)
		return HF_OK; /* somebody looks again when that is over */
	if (hf_theatre_doubts(theatre))
		return hf_theatre_plan_look(theatre, server, theatre->now + AGAIN);
	here->looked = theatre->now;
	theatre->run_soon = true;
	return see(theatre, theatre->parent_places[server], here->set);
}

enum hf_err hf_theatre_believe_ds(struct hf_theatre *theatre, size_t set)
{
	enum hf_err err = HF_OK;
	for (unsigned i = 0; i < theatre->world.parents && err == HF_OK; i++)
		err = see(theatre, theatre->parent_places[i], set);
	theatre->run_soon = true;
	return err;
}
