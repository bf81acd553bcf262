/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "coherence/world.h"

#include <assert.h>
#include <stdlib.h>

#include "base/list.h"
#include "crypto/alg.h"

/* Algorithms as a bit mask: all that we can verify have small numbers. */
typedef uint32_t alg_mask;

/* A content that caches may hold, or that is offered. */
struct possible {
	uint32_t content;
	bool offered;   /* and no cache holds it yet */
	alg_mask algs;  /* DS: supported algorithms; DNSKEY: those of usable keys */
	hf_time proves; /* DS: the last moment at which it can have proven a DNSKEY set */
};

/* The contents of all kinds, one after the other. */
struct world {
	const struct hf_evidence *evidence;
	enum hf_rules rules;
	hf_time at;
	struct possible *list[HF_KINDS];
	size_t count[HF_KINDS];
	hf_time known; /* nothing that was known later counts */
	/* DS sets that no cache holds any more, but that may have proven a DNSKEY set that is. */
	struct possible *gone;
	size_t gone_count;
	struct possible *memory;
};

static alg_mask bit(uint8_t algorithm)
{
	return algorithm < 32 ? (alg_mask)1 << algorithm : 0;
}

static uint8_t lowest(alg_mask mask)
{
	return mask == 0 ? 0 : (uint8_t)__builtin_ctz(mask);
}

/* ---- what is possible ---- */

/* Served until, for a fact as it was known at `at`; false when no cache holds it then. */
static bool fact_held(const struct hf_evidence *evidence, const struct hf_fact *fact, hf_time known,
        hf_time at, hf_time *ret_until)
{
	if (fact->first > known)
		return false;
	hf_time end = hf_evidence_served_until(evidence, fact, known, NULL);
	*ret_until = end == HF_TIME_NEVER ? HF_TIME_NEVER : end + fact->ttl;
	return at < *ret_until;
}

/* SHA-1 counts only where nothing better stands beside it (RFC 4509 section 3). */
static bool weaker(const struct hf_evidence *evidence, const struct hf_content *content,
        const struct hf_known_ds *known)
{
	if (known->ds.digest_type != HF_DIGEST_SHA1)
		return false;
	for (size_t i = 0; i < content->member_count; i++) {
		const struct hf_known_ds *other = hf_evidence_ds_at(evidence, content->members[i]);
		if (other->supported && other->ds.digest_type != HF_DIGEST_SHA1)
			return true;
	}
	return false;
}

static alg_mask algs_of(const struct hf_evidence *evidence, const struct hf_content *content)
{
	alg_mask mask = 0;
	for (size_t i = 0; i < content->member_count; i++) {
		uint32_t member = content->members[i];
		if (content->kind == HF_KIND_DS) {
			const struct hf_known_ds *known = hf_evidence_ds_at(evidence, member);
			mask |= known->supported ? bit(known->ds.algorithm) : 0;
		} else if (content->kind == HF_KIND_DNSKEY) {
			const struct hf_known_key *known = hf_evidence_key_at(evidence, member);
			mask |= known->usable ? bit(known->dnskey.algorithm) : 0;
		}
	}
	return mask;
}

static enum hf_err add(struct world *world, uint32_t number, bool offered)
{
	const struct hf_content *content = hf_evidence_content_at(world->evidence, number);
	struct possible *list = world->list[content->kind];
	size_t *count = &world->count[content->kind];
	for (size_t i = 0; i < *count; i++) {
		if (list[i].content == number) {
			list[i].offered |= offered;
			return HF_OK;
		}
	}
	if (*count == HF_WORLD_CONTENTS)
		return HF_ERR_LIMIT;
	list[(*count)++] = (struct possible){.content = number,
	        .offered = offered,
	        .algs = algs_of(world->evidence, content),
	        .proves = world->at};
	return HF_OK;
}

static void world_done(struct world *world)
{
	free(world->memory);
}

static bool is_possible(const struct world *world, enum hf_kind kind, uint32_t content)
{
	for (size_t i = 0; i < world->count[kind]; i++) {
		if (world->list[kind][i].content == content)
			return true;
	}
	return false;
}

/* Notes that caches held a DS set until before `until`, and no longer. */
static enum hf_err add_gone(struct world *world, uint32_t content, hf_time until)
{
	alg_mask algs = algs_of(world->evidence, hf_evidence_content_at(world->evidence, content));
	if (algs == 0)
		return HF_OK; /* it proved nothing */
	for (size_t i = 0; i < world->gone_count; i++) {
		struct possible *gone = &world->gone[i];
		if (gone->content == content) {
			gone->proves = until - 1 > gone->proves ? until - 1 : gone->proves;
			return HF_OK;
		}
	}
	if (world->gone_count == HF_WORLD_CONTENTS)
		return HF_ERR_LIMIT;
	world->gone[world->gone_count++] =
	        (struct possible){.content = content, .algs = algs, .proves = until - 1};
	return HF_OK;
}

/* DS sets that have left all caches by less than the largest TTL of a DNSKEY set ago. */
static enum hf_err find_gone(struct world *world)
{
	const struct hf_evidence *evidence = world->evidence;
	size_t count = hf_evidence_fact_count(evidence);
	uint32_t longest = 0;
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < count; i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		if (fact->ttl > longest && is_possible(world, HF_KIND_DNSKEY, fact->content))
			longest = fact->ttl;
	}
	for (size_t i = 0; i < count && err == HF_OK; i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		hf_time until = world->at;
		if (fact->first > world->known ||
		        hf_evidence_content_at(evidence, fact->content)->kind != HF_KIND_DS ||
		        is_possible(world, HF_KIND_DS, fact->content))
			continue;
		(void)fact_held(evidence, fact, world->known, world->at, &until);
		if (until + longest > world->at)
			err = add_gone(world, fact->content, until);
	}
	return err;
}

/* What caches may hold at `at`, by what was known at `known`, and the offer. */
static enum hf_err world_init(const struct hf_evidence *evidence, const struct hf_offer *offer,
        enum hf_rules rules, hf_time known, hf_time at, struct world *ret_world)
{
	struct world world = {.evidence = evidence, .rules = rules, .at = at, .known = known};
	world.memory =
	        reallocarray(NULL, (HF_KINDS + 1) * HF_WORLD_CONTENTS, sizeof(*world.memory));
	if (world.memory == NULL)
		return HF_ERR_NOMEM;
	for (int kind = 0; kind < HF_KINDS; kind++)
		world.list[kind] = world.memory + kind * HF_WORLD_CONTENTS;
	world.gone = world.memory + HF_KINDS * HF_WORLD_CONTENTS;
	enum hf_err err = HF_OK;
	hf_time until;
	for (size_t i = 0; i < hf_evidence_fact_count(evidence) && err == HF_OK; i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		if (fact_held(evidence, fact, known, at, &until))
			err = add(&world, fact->content, false);
	}
	/* Before the offer: its DNSKEY set was proven by nothing that is gone. */
	if (err == HF_OK)
		err = find_gone(&world);
	for (size_t i = 0; offer != NULL && i < offer->count && err == HF_OK; i++)
		err = add(&world, offer->served[i].content, true);
	if (err != HF_OK) {
		world_done(&world);
		return err;
	}
	*ret_world = world;
	return HF_OK;
}

/* Since when and until when caches may hold a content at `at`, by what was known at `known`. */
static bool held(const struct hf_evidence *evidence, uint32_t content, hf_time known, hf_time at,
        hf_time *ret_since, hf_time *ret_until)
{
	hf_time since = HF_TIME_NEVER, until = HF_TIME_NONE, end;
	for (size_t i = 0; i < hf_evidence_fact_count(evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		if (fact->content != content || !fact_held(evidence, fact, known, at, &end))
			continue;
		since = fact->first < since ? fact->first : since;
		until = end > until ? end : until;
	}
	if (until == HF_TIME_NONE)
		return false;
	*ret_since = since;
	*ret_until = until;
	return true;
}

/*
 * Until when resolvers may keep a DNSKEY set that was proven by a DS set which caches hold until
 * before `left`: who asked for it before that has it for its TTL, and need not ask for the DS set
 * again. HF_TIME_NONE: nobody has.
 */
static hf_time kept_until(
        const struct hf_evidence *evidence, uint32_t dnskey, hf_time left, hf_time known)
{
	hf_time latest = HF_TIME_NONE;
	for (size_t i = 0; i < hf_evidence_fact_count(evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		if (fact->content != dnskey || fact->first > known || fact->first >= left)
			continue;
		hf_time end = hf_evidence_served_until(evidence, fact, known, NULL);
		end = (end < left ? end : left) + fact->ttl;
		latest = end > latest ? end : latest;
	}
	return latest;
}

/* ---- whether a combination works ---- */

/* Whether the content has a signature by the key that is valid now (RFC 4035 section 5.3.1), and
 * was at `begun`. */
static bool signs(const struct hf_content *content, uint32_t key, hf_time begun, hf_time at)
{
	for (size_t i = 0; i < content->signing_count; i++) {
		const struct hf_signing *signing = &content->signings[i];
		if (signing->key == key && signing->inception <= begun && at <= signing->expiration)
			return true;
	}
	return false;
}

/* Whether the DS record leads to a key of the set that signs it (RFC 4035 section 5.2). */
static bool leads(
        const struct world *world, uint32_t ds, hf_time proves, const struct hf_content *keys)
{
	for (size_t i = 0; i < keys->member_count; i++) {
		uint32_t key = keys->members[i];
		if (hf_evidence_key_at(world->evidence, key)->usable &&
		        hf_evidence_ds_matches(world->evidence, ds, key) &&
		        signs(keys, key, proves, world->at))
			return true;
	}
	return false;
}

/* The algorithms of the DS set that have a path to the DNSKEY set. */
static alg_mask linked(
        const struct world *world, const struct possible *ds, const struct possible *dnskey)
{
	const struct hf_content *set = hf_evidence_content_at(world->evidence, ds->content);
	const struct hf_content *keys = hf_evidence_content_at(world->evidence, dnskey->content);
	alg_mask mask = 0;
	for (size_t i = 0; i < set->member_count; i++) {
		const struct hf_known_ds *known =
		        hf_evidence_ds_at(world->evidence, set->members[i]);
		if (known->supported && (mask & bit(known->ds.algorithm)) == 0 &&
		        ((world->rules & HF_RULES_LIBERAL) != 0 ||
		                !weaker(world->evidence, set, known)) &&
		        leads(world, set->members[i], ds->proves, keys))
			mask |= bit(known->ds.algorithm);
	}
	return mask;
}

/* The algorithms by which keys of the set sign the data. */
static alg_mask covered(
        const struct world *world, const struct possible *dnskey, const struct possible *signers)
{
	const struct hf_content *keys = hf_evidence_content_at(world->evidence, dnskey->content);
	const struct hf_content *data = hf_evidence_content_at(world->evidence, signers->content);
	alg_mask mask = 0;
	for (size_t i = 0; i < keys->member_count; i++) {
		const struct hf_known_key *key =
		        hf_evidence_key_at(world->evidence, keys->members[i]);
		if (key->usable && signs(data, keys->members[i], world->at, world->at))
			mask |= bit(key->dnskey.algorithm);
	}
	return mask;
}

/* What is missing of `wanted`: strict validators want all of it, liberal ones any of it. */
static alg_mask missing(enum hf_rules rules, alg_mask wanted, alg_mask there)
{
	if ((rules & HF_RULES_LIBERAL) != 0)
		return (wanted & there) != 0 ? 0 : wanted;
	return wanted & ~there;
}

bool hf_world_works(const struct hf_evidence *evidence, enum hf_rules rules, hf_time at,
        const uint32_t contents[HF_KINDS])
{
	const struct world world = {.evidence = evidence, .rules = rules, .at = at};
	struct possible part[HF_KINDS];
	for (int kind = 0; kind < HF_KINDS; kind++)
		part[kind] = (struct possible){.content = contents[kind],
		        .proves = at,
		        .algs = algs_of(
		                evidence, hf_evidence_content_at(evidence, contents[kind]))};
	const struct possible *ds = &part[HF_KIND_DS], *dnskey = &part[HF_KIND_DNSKEY];
	return ds->algs == 0 ||
	       (missing(rules, ds->algs, linked(&world, ds, dnskey)) == 0 &&
	               missing(rules, ds->algs | dnskey->algs,
	                       covered(&world, dnskey, &part[HF_KIND_SIGNERS])) == 0);
}

/* ---- all combinations ---- */

void hf_failures_done(struct hf_failures *failures)
{
	free(failures->list);
	*failures = (struct hf_failures){.list = NULL};
}

static enum hf_err fail(struct hf_failures *failures, const struct hf_failure *failure)
{
	struct hf_failure *list =
	        hf_list_room(failures->list, &failures->cap, failures->count, sizeof(*list));
	if (list == NULL)
		return HF_ERR_NOMEM;
	failures->list = list;
	failures->list[failures->count++] = *failure;
	return HF_OK;
}

static unsigned kinds_offered(
        const struct possible *ds, const struct possible *dnskey, const struct possible *signers)
{
	unsigned mask = 0;
	mask |= ds != NULL && ds->offered ? 1u << HF_KIND_DS : 0;
	mask |= dnskey != NULL && dnskey->offered ? 1u << HF_KIND_DNSKEY : 0;
	mask |= signers != NULL && signers->offered ? 1u << HF_KIND_SIGNERS : 0;
	return mask;
}

/* Every data that the DNSKEY set does not cover for who holds the DS set. `cover` has, for this
 * DNSKEY set, the algorithms of each signer set. */
static enum hf_err fail_data(const struct world *world, const struct possible *ds,
        const struct possible *dnskey, const alg_mask *cover, bool only_offered,
        struct hf_failures *failures)
{
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < world->count[HF_KIND_SIGNERS] && err == HF_OK; i++) {
		const struct possible *signers = &world->list[HF_KIND_SIGNERS][i];
		unsigned offered = kinds_offered(ds, dnskey, signers);
		alg_mask lacks = missing(world->rules, ds->algs | dnskey->algs, cover[i]);
		if (lacks == 0 || (only_offered && offered == 0))
			continue;
		err = fail(failures, &(struct hf_failure){.clause = HF_CLAUSE_COVERED,
		                             .ds = ds->content,
		                             .dnskey = dnskey->content,
		                             .signers = signers->content,
		                             .offered = offered,
		                             .algorithm = lowest(lacks),
		                             .algorithm_only = cover[i] != 0});
	}
	return err;
}

/* The same for who holds no such DS set any more and keeps what it proved. */
static enum hf_err fail_kept(const struct world *world, const struct possible *dnskey,
        const alg_mask *cover, bool only_offered, struct hf_failures *failures)
{
	struct possible kept = *dnskey;
	enum hf_err err = HF_OK;
	kept.offered = false; /* what is kept is held, be it offered or not */
	for (size_t i = 0; i < world->gone_count && err == HF_OK; i++) {
		const struct possible *ds = &world->gone[i];
		if (kept_until(world->evidence, kept.content, ds->proves + 1, world->known) >
		                world->at &&
		        missing(world->rules, ds->algs, linked(world, ds, &kept)) == 0)
			err = fail_data(world, ds, &kept, cover, only_offered, failures);
	}
	return err;
}

static enum hf_err fail_keys(const struct world *world, const struct possible *dnskey,
        bool only_offered, struct hf_failures *failures)
{
	alg_mask cover[HF_WORLD_CONTENTS];
	for (size_t i = 0; i < world->count[HF_KIND_SIGNERS]; i++)
		cover[i] = covered(world, dnskey, &world->list[HF_KIND_SIGNERS][i]);
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < world->count[HF_KIND_DS] && err == HF_OK; i++) {
		const struct possible *ds = &world->list[HF_KIND_DS][i];
		if (ds->algs == 0)
			continue; /* counts as empty: the zone is insecure, and nothing can fail */
		alg_mask link = linked(world, ds, dnskey);
		alg_mask lacks = missing(world->rules, ds->algs, link);
		unsigned offered = kinds_offered(ds, dnskey, NULL);
		if (lacks == 0)
			err = fail_data(world, ds, dnskey, cover, only_offered, failures);
		else if (!only_offered || offered != 0)
			err = fail(failures, &(struct hf_failure){.clause = HF_CLAUSE_LINKED,
			                             .ds = ds->content,
			                             .dnskey = dnskey->content,
			                             .signers = HF_NO_CONTENT,
			                             .offered = offered,
			                             .algorithm = lowest(lacks),
			                             .algorithm_only = link != 0});
	}
	return err == HF_OK ? fail_kept(world, dnskey, cover, only_offered, failures) : err;
}

/* Nothing known of a kind is not the same as nothing there. */
static enum hf_err fail_unknown(const struct world *world, struct hf_failures *failures)
{
	enum hf_err err = HF_OK;
	for (int kind = 0; kind < HF_KINDS && err == HF_OK; kind++) {
		if (world->count[kind] == 0)
			err = fail(failures, &(struct hf_failure){.clause = HF_CLAUSE_UNKNOWN,
			                             .kind = (enum hf_kind)kind,
			                             .ds = HF_NO_CONTENT,
			                             .dnskey = HF_NO_CONTENT,
			                             .signers = HF_NO_CONTENT});
	}
	return err;
}

static enum hf_err failures_at(const struct hf_evidence *evidence, const struct hf_offer *offer,
        enum hf_rules rules, hf_time known, hf_time at, struct hf_failures *failures)
{
	struct world world;
	enum hf_err err = world_init(evidence, offer, rules, known, at, &world);
	if (err != HF_OK)
		return err;
	err = fail_unknown(&world, failures);
	for (size_t i = 0; i < world.count[HF_KIND_DNSKEY] && err == HF_OK; i++)
		err = fail_keys(&world, &world.list[HF_KIND_DNSKEY][i], offer != NULL, failures);
	world_done(&world);
	return err;
}

enum hf_err hf_world_failures(const struct hf_evidence *evidence, const struct hf_offer *offer,
        enum hf_rules rules, hf_time at, struct hf_failures *failures)
{
	return failures_at(evidence, offer, rules, at, at, failures);
}

/* ---- waiting ---- */

bool hf_world_held(const struct hf_evidence *evidence, uint32_t content, hf_time at,
        hf_time *ret_since, hf_time *ret_until)
{
	return held(evidence, content, at, at, ret_since, ret_until);
}

/* When the last cache may have lost a content, possible or not. */
static hf_time left(const struct hf_evidence *evidence, uint32_t content, hf_time known)
{
	hf_time latest = HF_TIME_NONE, until;
	for (size_t i = 0; i < hf_evidence_fact_count(evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		if (fact->content != content || fact->first > known)
			continue;
		(void)fact_held(evidence, fact, known, known, &until);
		latest = until > latest ? until : latest;
	}
	return latest;
}

bool hf_world_kept(const struct hf_evidence *evidence, const struct hf_failure *failure, hf_time at,
        hf_time *ret_until)
{
	if (failure->clause != HF_CLAUSE_COVERED || (failure->offered & 1u << HF_KIND_DS) != 0)
		return false;
	hf_time gone = left(evidence, failure->ds, at);
	if (gone == HF_TIME_NEVER)
		return false;
	hf_time until = kept_until(evidence, failure->dnskey, gone, at);
	if (until <= gone || until <= at)
		return false;
	*ret_until = until;
	return true;
}

/* The first change after `at` in the validity of the content's signatures that can mend. */
static hf_time next_valid(const struct hf_evidence *evidence, uint32_t number, hf_time at)
{
	hf_time next = HF_TIME_NEVER;
	const struct hf_content *content = hf_evidence_content_at(evidence, number);
	for (size_t i = 0; i < content->signing_count; i++) {
		hf_time inception = content->signings[i].inception;
		if (inception > at && inception < next)
			next = inception;
	}
	return next;
}

/* The first moment at which a part of the failure leaves the caches, or may become valid, by what
 * was known at `known`. A part that is not held is a DS set that proved what is kept. */
static hf_time changes(const struct hf_evidence *evidence, const struct hf_failure *failure,
        hf_time known, hf_time at)
{
	const uint32_t parts[HF_KINDS] = {failure->ds, failure->dnskey, failure->signers};
	hf_time next = HF_TIME_NEVER, since, until;
	for (int kind = 0; kind < HF_KINDS; kind++) {
		if (parts[kind] == HF_NO_CONTENT)
			continue;
		hf_time valid = next_valid(evidence, parts[kind], at);
		next = valid < next ? valid : next;
		if ((failure->offered & 1u << kind) != 0)
			continue;
		if (!held(evidence, parts[kind], known, at, &since, &until))
			until = kept_until(evidence, failure->dnskey,
			        left(evidence, failure->ds, known), known);
		next = until < next ? until : next;
	}
	return next;
}

hf_time hf_world_changes(
        const struct hf_evidence *evidence, const struct hf_failure *failure, hf_time at)
{
	struct hf_failure rest = *failure;
	hf_time kept;
	if (!hf_world_kept(evidence, failure, at, &kept))
		return changes(evidence, failure, at, at);
	rest.ds = HF_NO_CONTENT;
	hf_time next = changes(evidence, &rest, at, at);
	return next < kept ? next : kept;
}

/*
 * When a failure that only the offer's data has a part in is none of the offer's any more: a
 * signature over the DNSKEY set ends, and who holds that set fails whatever is published.
 */
static hf_time lapses(
        const struct hf_evidence *evidence, const struct hf_failure *failure, hf_time at)
{
	hf_time next = HF_TIME_NEVER;
	if (failure->clause != HF_CLAUSE_COVERED || failure->offered != 1u << HF_KIND_SIGNERS)
		return next;
	const struct hf_content *keys = hf_evidence_content_at(evidence, failure->dnskey);
	for (size_t i = 0; i < keys->signing_count; i++) {
		hf_time end = keys->signings[i].expiration;
		if (end >= at && end < next)
			next = end + 1;
	}
	return next;
}

enum hf_err hf_world_earliest(const struct hf_evidence *evidence, const struct hf_offer *offer,
        enum hf_rules rules, hf_time at, hf_time *ret_earliest)
{
	struct hf_failures failures = {.list = NULL};
	enum hf_err err = HF_OK;
	hf_time moment = at;
	for (;;) {
		failures.count = 0;
		err = failures_at(evidence, offer, rules, at, moment, &failures);
		if (err != HF_OK || failures.count == 0)
			break;
		/* Until each failure changes, that one stays: no earlier moment can be safe. */
		hf_time next = moment;
		for (size_t i = 0; i < failures.count; i++) {
			hf_time change = changes(evidence, &failures.list[i], at, moment);
			hf_time lapse = lapses(evidence, &failures.list[i], moment);
			change = lapse < change ? lapse : change;
			next = change > next ? change : next;
		}
		assert(next > moment);
		moment = next;
		if (moment == HF_TIME_NEVER)
			break;
	}
	hf_failures_done(&failures);
	if (err == HF_OK)
		*ret_earliest = moment;
	return err;
}

/* Whether the offer has something of this kind, or this very content. */
static bool offers(const struct hf_evidence *evidence, const struct hf_offer *offer,
        enum hf_kind kind, uint32_t content)
{
	for (size_t i = 0; i < offer->count; i++) {
		uint32_t served = offer->served[i].content;
		if (served == content ||
		        (content == HF_NO_CONTENT &&
		                hf_evidence_content_at(evidence, served)->kind == kind))
			return true;
	}
	return false;
}

hf_time hf_world_held_after(const struct hf_evidence *evidence, uint32_t content,
        const struct hf_offer *offer, hf_time at)
{
	enum hf_kind kind = hf_evidence_content_at(evidence, content)->kind;
	hf_time after = at, until;
	if (offers(evidence, offer, kind, content))
		return HF_TIME_NEVER;
	for (size_t i = 0; i < hf_evidence_fact_count(evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		if (fact->content != content || !fact_held(evidence, fact, at, at, &until))
			continue;
		if (until == HF_TIME_NEVER && offers(evidence, offer, kind, HF_NO_CONTENT))
			until = hf_evidence_replaced_until(evidence, fact, at);
		after = until > after ? until : after;
	}
	return after;
}

/* Until when resolvers may keep the failure's DNSKEY set as proven, if the offer took its place. */
static hf_time kept_after(const struct hf_evidence *evidence, const struct hf_failure *failure,
        const struct hf_offer *offer, hf_time at)
{
	hf_time ds = hf_world_held_after(evidence, failure->ds, offer, at), latest = at, until;
	if (ds == at)
		return hf_world_kept(evidence, failure, at, &until) ? until : at;
	if (ds == HF_TIME_NEVER)
		return ds;
	for (size_t i = 0; i < offer->count; i++) {
		if (offer->served[i].content == failure->dnskey)
			return ds + offer->served[i].ttl;
	}
	for (size_t i = 0; i < hf_evidence_fact_count(evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		if (fact->content != failure->dnskey || !fact_held(evidence, fact, at, at, &until))
			continue;
		if (until == HF_TIME_NEVER &&
		        offers(evidence, offer, HF_KIND_DNSKEY, HF_NO_CONTENT))
			until = hf_evidence_replaced_until(evidence, fact, at);
		until = until < ds + fact->ttl ? until : ds + fact->ttl;
		latest = until > latest ? until : latest;
	}
	return latest;
}

hf_time hf_world_fails_until(const struct hf_evidence *evidence, const struct hf_failure *failure,
        const struct hf_offer *offer, hf_time at)
{
	const uint32_t parts[HF_KINDS] = {failure->ds, failure->dnskey, failure->signers};
	bool covered = failure->clause == HF_CLAUSE_COVERED;
	hf_time end = HF_TIME_NEVER;
	for (int kind = 0; kind < HF_KINDS; kind++) {
		if (parts[kind] == HF_NO_CONTENT || (failure->offered & 1u << kind) != 0)
			continue;
		hf_time gone = hf_world_held_after(evidence, parts[kind], offer, at);
		hf_time kept = kind == HF_KIND_DS && covered
		                       ? kept_after(evidence, failure, offer, at)
		                       : at;
		gone = kept > gone ? kept : gone;
		end = gone < end ? gone : end;
	}
	return end;
}
