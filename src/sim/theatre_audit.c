/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/theatre_audit.h"

#include <stdlib.h>

#include "base/list.h"

/* A set that some cache can hold from `from` on, until before `until`. */
struct hold {
	uint16_t set;
	hf_time from, until;
};

struct holds {
	struct hold *list;
	size_t count, cap;
};

enum { DS, DNSKEY, DATA, KINDS };

struct auditing {
	const struct hf_scene *scene;
	bool strict;
	hf_time from, until;
	struct holds holds[KINDS];
	struct hf_audit audit;
};

/* ---- what can be held ---- */

static enum hf_err add(
        struct auditing *auditing, unsigned kind, uint16_t set, hf_time from, hf_time until)
{
	struct holds *holds = &auditing->holds[kind];
	if (until != HF_TIME_NEVER)
		until += hf_scene_set_at(auditing->scene, set)->ttl;
	if (until <= auditing->from || from >= auditing->until)
		return HF_OK;
	/* Much of it is held from another server, or from the moment before, already. */
	for (size_t i = holds->count; i-- > 0;) {
		struct hold *hold = &holds->list[i];
		if (hold->set == set && from <= hold->until && until >= hold->from) {
			hold->from = from < hold->from ? from : hold->from;
			hold->until = until > hold->until ? until : hold->until;
			return HF_OK;
		}
	}
	struct hold *list = hf_list_room(holds->list, &holds->cap, holds->count, sizeof(*list));
	if (list == NULL)
		return HF_ERR_NOMEM;
	holds->list = list;
	holds->list[holds->count++] = (struct hold){set, from, until};
	return HF_OK;
}

/* What a server served from `from` until `until`. */
static enum hf_err add_served(struct auditing *auditing, enum hf_scene_side side, uint16_t what,
        hf_time from, hf_time until)
{
	if (what == HF_SCENE_NOTHING)
		return HF_OK;
	if (side == HF_SCENE_PARENT)
		return add(auditing, DS, what, from, until);
	const struct hf_scene_version *version = hf_scene_version_at(auditing->scene, what);
	enum hf_err err = add(auditing, DNSKEY, version->dnskey, from, until);
	for (unsigned i = 0; i < HF_SCENE_CLASSES && err == HF_OK; i++)
		err = add(auditing, DATA, version->data[i], from, until);
	return err;
}

static enum hf_err add_server(struct auditing *auditing, enum hf_scene_side side, unsigned server)
{
	const struct hf_scene *scene = auditing->scene;
	hf_time from = auditing->from - hf_scene_longest_ttl(scene), at = from;
	uint16_t what = hf_scene_served(scene, side, server, from);
	enum hf_err err = HF_OK;
	while (at < auditing->until && err == HF_OK) {
		at = hf_scene_next_change(scene, at);
		uint16_t next = at < auditing->until ? hf_scene_served(scene, side, server, at)
		                                     : HF_SCENE_NOTHING;
		if (next == what && at < auditing->until)
			continue;
		err = add_served(auditing, side, what, from, at);
		from = at;
		what = next;
	}
	return err;
}

/* ---- what is judged ---- */

static bool is_bogus(enum hf_scene_verdict verdict)
{
	return verdict != HF_SCENE_SECURE && verdict != HF_SCENE_INSECURE;
}

static enum hf_scene_verdict judge(const struct auditing *auditing, uint16_t ds, uint16_t dnskey,
        uint16_t data, hf_time keys_at, hf_time data_at)
{
	enum hf_scene_verdict verdict =
	        hf_scene_keys_verdict(auditing->scene, ds, dnskey, auditing->strict, keys_at);
	if (verdict != HF_SCENE_SECURE || data == HF_SCENE_NOTHING)
		return verdict;
	return hf_scene_data_verdict(auditing->scene, dnskey, data, auditing->strict, data_at);
}

/* A moment at which the set's signatures are as good as they get. */
static hf_time best_moment(const struct auditing *auditing, uint16_t set, hf_time at)
{
	if (set == HF_SCENE_NOTHING)
		return at;
	const struct hf_scene_set *of = hf_scene_set_at(auditing->scene, set);
	return of->signing_count > 0 ? of->signings[0].until : at;
}

static void note(struct auditing *auditing, struct hf_audit_failure failure)
{
	struct hf_audit *audit = &auditing->audit;
	failure.by_time = !is_bogus(judge(auditing, failure.ds, failure.dnskey, failure.data,
	        best_moment(auditing, failure.dnskey, failure.at),
	        best_moment(auditing, failure.data, failure.at)));
	if (failure.by_time) {
		if (audit->late++ == 0 || failure.at < audit->first_late.at)
			audit->first_late = failure;
	} else if (audit->failures++ == 0 || failure.at < audit->first.at) {
		audit->first = failure;
	}
}

/* The first moment after `at` at which a signature of the set begins or has ended. */
static hf_time next_turn(const struct auditing *auditing, uint16_t set, hf_time at)
{
	hf_time next = HF_TIME_NEVER;
	if (set == HF_SCENE_NOTHING)
		return next;
	const struct hf_scene_set *of = hf_scene_set_at(auditing->scene, set);
	for (unsigned i = 0; i < of->signing_count; i++) {
		hf_time from = of->signings[i].from, until = of->signings[i].until;
		if (from > at && from < next)
			next = from;
		if (until >= at && until < HF_TIME_NEVER && until + 1 < next)
			next = until + 1;
	}
	return next;
}

/* Judges what can be held together from `from` until `until`; `data` may be missing. */
static void judge_span(struct auditing *auditing, const struct hold *ds, const struct hold *dnskey,
        const struct hold *data, hf_time from, hf_time until)
{
	uint16_t third = data != NULL ? data->set : HF_SCENE_NOTHING;
	auditing->audit.combinations++;
	for (hf_time at = from; at < until;) {
		enum hf_scene_verdict verdict =
		        judge(auditing, ds->set, dnskey->set, third, at, at);
		bool alone = data != NULL && judge(auditing, ds->set, dnskey->set, HF_SCENE_NOTHING,
		                                     at, at) != HF_SCENE_SECURE;
		auditing->audit.moments++;
		if (is_bogus(verdict) && !alone)
			note(auditing, (struct hf_audit_failure){
			                       at, ds->set, dnskey->set, third, verdict, false});
		hf_time one = next_turn(auditing, dnskey->set, at);
		hf_time other = next_turn(auditing, third, at);
		at = one < other ? one : other;
	}
}

/* Whether both can be held at once; since when and until when. */
static bool meet(const struct hold *a, const struct hold *b, struct hold *ret_both)
{
	hf_time from = a->from > b->from ? a->from : b->from;
	hf_time until = a->until < b->until ? a->until : b->until;
	*ret_both = (struct hold){HF_SCENE_NOTHING, from, until};
	return from < until;
}

/* Until when a resolver keeps what it proved while it had both: it asks for the DS set no more. */
static hf_time kept_until(
        const struct auditing *auditing, const struct hold *ds, const struct hold *dnskey)
{
	uint32_t ttl = hf_scene_set_at(auditing->scene, dnskey->set)->ttl;
	if (ds->until == HF_TIME_NEVER || dnskey->until < ds->until + ttl)
		return dnskey->until;
	return ds->until + ttl;
}

static void judge_keys(struct auditing *auditing, const struct hold *ds, const struct hold *dnskey)
{
	const struct hold bounds = {HF_SCENE_NOTHING, auditing->from, auditing->until};
	struct hold both, span;
	if (!meet(ds, dnskey, &both) || !meet(&both, &bounds, &both))
		return;
	judge_span(auditing, ds, dnskey, NULL, both.from, both.until);
	both.until = kept_until(auditing, ds, dnskey);
	both.until = both.until < auditing->until ? both.until : auditing->until;
	for (size_t i = 0; i < auditing->holds[DATA].count; i++) {
		const struct hold *data = &auditing->holds[DATA].list[i];
		if (meet(&both, data, &span))
			judge_span(auditing, ds, dnskey, data, span.from, span.until);
	}
}

enum hf_err hf_theatre_audit(const struct hf_scene *scene, bool strict, hf_time from, hf_time until,
        struct hf_audit *ret_audit)
{
	struct auditing auditing = {.scene = scene, .strict = strict, .from = from, .until = until};
	const struct holds *holds = auditing.holds;
	enum hf_err err = HF_OK;
	for (unsigned side = 0; side < 2; side++)
		for (unsigned i = 0; i < hf_scene_servers(scene, side) && err == HF_OK; i++)
			err = add_server(&auditing, side, i);
	for (size_t i = 0; i < holds[DS].count && err == HF_OK; i++)
		for (size_t j = 0; j < holds[DNSKEY].count; j++)
			judge_keys(&auditing, &holds[DS].list[i], &holds[DNSKEY].list[j]);
	for (unsigned kind = 0; kind < KINDS; kind++)
		free(auditing.holds[kind].list);
	if (err == HF_OK)
		*ret_audit = auditing.audit;
	return err;
}
