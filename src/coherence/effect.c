/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "coherence/effect.h"

#include <stdlib.h>

/* Contents of one kind. */
struct pool_of {
	uint32_t list[HF_WORLD_CONTENTS];
	size_t count;
};

struct pools {
	const struct hf_evidence *evidence;
	enum hf_rules rules;
	hf_time at;
	struct pool_of held[HF_KINDS];    /* what caches may hold */
	struct pool_of now[HF_KINDS];     /* what is served */
	struct pool_of offered[HF_KINDS]; /* what would be; empty for kinds that stay as they are */
};

const char *hf_gate_effect_name(enum hf_gate_effect effect)
{
	static const char *const names[] = {"neither", "better", "worse", "mixed"};
	return names[effect];
}

static enum hf_err add(struct pool_of *pool, uint32_t content)
{
	for (size_t i = 0; i < pool->count; i++) {
		if (pool->list[i] == content)
			return HF_OK;
	}
	if (pool->count == HF_WORLD_CONTENTS)
		return HF_ERR_LIMIT;
	pool->list[pool->count++] = content;
	return HF_OK;
}

static enum hf_err fill(struct pools *pools, const struct hf_offer *offer)
{
	const struct hf_evidence *evidence = pools->evidence;
	enum hf_err err = HF_OK;
	hf_time since, until;
	for (size_t i = 0; i < hf_evidence_fact_count(evidence) && err == HF_OK; i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		enum hf_kind kind = hf_evidence_content_at(evidence, fact->content)->kind;
		if (hf_world_held(evidence, fact->content, pools->at, &since, &until))
			err = add(&pools->held[kind], fact->content);
		if (err == HF_OK && fact->first <= pools->at && fact->last > pools->at)
			err = add(&pools->now[kind], fact->content);
	}
	for (size_t i = 0; i < offer->count && err == HF_OK; i++) {
		uint32_t content = offer->served[i].content;
		err = add(
		        &pools->offered[hf_evidence_content_at(evidence, content)->kind], content);
	}
	return err;
}

/* Whether some choice of one content of each kind fails. */
static bool any_fails(const struct pools *pools, const struct pool_of *const from[HF_KINDS])
{
	uint32_t parts[HF_KINDS];
	for (size_t i = 0; i < from[HF_KIND_DS]->count; i++) {
		for (size_t j = 0; j < from[HF_KIND_DNSKEY]->count; j++) {
			for (size_t k = 0; k < from[HF_KIND_SIGNERS]->count; k++) {
				parts[HF_KIND_DS] = from[HF_KIND_DS]->list[i];
				parts[HF_KIND_DNSKEY] = from[HF_KIND_DNSKEY]->list[j];
				parts[HF_KIND_SIGNERS] = from[HF_KIND_SIGNERS]->list[k];
				if (!hf_world_works(
				            pools->evidence, pools->rules, pools->at, parts))
					return true;
			}
		}
	}
	return false;
}

/*
 * One kind of resolver: of each kind it holds a content (an index), or asks (the pool's count).
 * Kinds that the offer leaves alone are only held: who asks for them gets the same either way.
 */
static void compare(
        const struct pools *pools, const size_t choice[HF_KINDS], bool *ret_mends, bool *ret_breaks)
{
	struct pool_of one[HF_KINDS];
	const struct pool_of *now[HF_KINDS], *then[HF_KINDS];
	bool asks = false;
	for (int kind = 0; kind < HF_KINDS; kind++) {
		if (choice[kind] == pools->held[kind].count) {
			now[kind] = &pools->now[kind];
			then[kind] = &pools->offered[kind];
			asks = true;
		} else {
			one[kind].list[0] = pools->held[kind].list[choice[kind]];
			one[kind].count = 1;
			now[kind] = then[kind] = &one[kind];
		}
	}
	if (!asks)
		return;
	bool fails_now = any_fails(pools, now), fails_then = any_fails(pools, then);
	*ret_mends |= fails_now && !fails_then;
	*ret_breaks |= !fails_now && fails_then;
}

/* Resolvers that hold no DS set any more and keep what one proved: they ask for data. */
static void compare_kept(const struct pools *pools, bool *ret_mends, bool *ret_breaks)
{
	const struct pool_of *keys = &pools->held[HF_KIND_DNSKEY];
	struct pool_of ds = {.count = 1}, dnskey = {.count = 1};
	hf_time since, until;
	if (pools->offered[HF_KIND_SIGNERS].count == 0)
		return;
	for (size_t i = 0; i < hf_evidence_fact_count(pools->evidence); i++) {
		ds.list[0] = hf_evidence_fact_at(pools->evidence, i)->content;
		if (hf_evidence_content_at(pools->evidence, ds.list[0])->kind != HF_KIND_DS ||
		        hf_world_held(pools->evidence, ds.list[0], pools->at, &since, &until))
			continue;
		for (size_t k = 0; k < keys->count; k++) {
			dnskey.list[0] = keys->list[k];
			const struct hf_failure kept = {.clause = HF_CLAUSE_COVERED,
			        .ds = ds.list[0],
			        .dnskey = dnskey.list[0]};
			if (!hf_world_kept(pools->evidence, &kept, pools->at, &until))
				continue;
			const struct pool_of *now[] = {&ds, &dnskey, &pools->now[HF_KIND_SIGNERS]};
			const struct pool_of *then[] = {
			        &ds, &dnskey, &pools->offered[HF_KIND_SIGNERS]};
			bool fails_now = any_fails(pools, now), fails_then = any_fails(pools, then);
			*ret_mends |= fails_now && !fails_then;
			*ret_breaks |= !fails_now && fails_then;
		}
	}
}

/* How many choices a resolver has of this kind. */
static size_t choices(const struct pools *pools, int kind)
{
	return pools->held[kind].count + (pools->offered[kind].count > 0);
}

enum hf_err hf_effect(const struct hf_evidence *evidence, const struct hf_offer *offer,
        enum hf_rules rules, hf_time at, enum hf_gate_effect *ret_effect)
{
	struct pools *pools = calloc(1, sizeof(*pools));
	if (pools == NULL)
		return HF_ERR_NOMEM;
	pools->evidence = evidence;
	pools->rules = rules;
	pools->at = at;
	enum hf_err err = fill(pools, offer);
	bool mends = false, breaks = false;
	size_t choice[HF_KINDS];
	for (choice[0] = 0; err == HF_OK && choice[0] < choices(pools, 0); choice[0]++) {
		for (choice[1] = 0; choice[1] < choices(pools, 1); choice[1]++) {
			for (choice[2] = 0; choice[2] < choices(pools, 2); choice[2]++)
				compare(pools, choice, &mends, &breaks);
		}
	}
	if (err == HF_OK)
		compare_kept(pools, &mends, &breaks);
	free(pools);
	if (err == HF_OK)
		*ret_effect = mends ? (breaks ? HF_EFFECT_MIXED : HF_EFFECT_BETTER)
		                    : (breaks ? HF_EFFECT_WORSE : HF_EFFECT_NONE);
	return err;
}
