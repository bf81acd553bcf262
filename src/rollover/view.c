/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rollover/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "crypto/digest.h"

static bool has(hf_keys keys, unsigned key)
{
	return (keys >> key & 1) != 0;
}

/* Keys that are revoked somewhere on the way. */
static hf_keys ever_revoked(const struct hf_roll *roll)
{
	hf_keys keys = 0;
	for (unsigned i = 0; i < roll->count; i++)
		keys |= roll->waypoints[i].revoked;
	return keys;
}

static enum hf_err intern_revoked(
        struct hf_evidence *evidence, const struct hf_roll_key *key, uint32_t *ret_number)
{
	uint8_t *copy = malloc(key->dnskey_len);
	if (copy == NULL)
		return HF_ERR_NOMEM;
	memcpy(copy, key->dnskey, key->dnskey_len);
	hf_write_u16(copy, hf_read_u16(copy) | HF_DNSKEY_REVOKE);
	enum hf_err err =
	        hf_evidence_key(evidence, (struct hf_rdata){copy, key->dnskey_len}, ret_number);
	free(copy);
	return err;
}

enum hf_err hf_view_init(const struct hf_policy *policy, const struct hf_roll_state *state,
        struct hf_evidence *evidence, hf_time now, struct hf_view *ret_view)
{
	struct hf_view view = {.policy = policy, .state = state, .evidence = evidence, .now = now};
	hf_keys revoked = ever_revoked(&state->roll);
	enum hf_err err = hf_evidence_place(evidence, HF_PLACE_ANCHORS, &view.anchors);
	if (err == HF_OK)
		err = hf_evidence_place(evidence, HF_PLACE_OPERATOR, &view.oper);
	for (unsigned i = 0; i < HF_ROLL_KEYS && err == HF_OK; i++) {
		const struct hf_roll_key *key = &state->keys[i];
		view.number[i] = view.revoked[i] = HF_NO_CONTENT;
		if (key->dnskey == NULL)
			continue;
		err = hf_evidence_key(
		        evidence, (struct hf_rdata){key->dnskey, key->dnskey_len}, &view.number[i]);
		if (err == HF_OK && has(revoked, i))
			err = intern_revoked(evidence, key, &view.revoked[i]);
	}
	if (err == HF_OK)
		*ret_view = view;
	return err;
}

/* ---- masks to contents ---- */

static enum hf_err ds_record(
        const struct hf_view *view, unsigned key, uint8_t digest_type, uint32_t *ret_ds)
{
	const struct hf_roll_key *from = &view->state->keys[key];
	struct hf_buf bytes = {.data = NULL};
	enum hf_err err = hf_ds_put(&bytes, digest_type, hf_evidence_zone(view->evidence),
	        (struct hf_rdata){from->dnskey, from->dnskey_len});
	if (err == HF_OK)
		err = hf_buf_check(&bytes);
	if (err == HF_OK)
		err = hf_evidence_ds(
		        view->evidence, (struct hf_rdata){bytes.data, (uint16_t)bytes.len}, ret_ds);
	hf_buf_done(&bytes);
	return err;
}

enum hf_err hf_view_ds_content(const struct hf_view *view, hf_keys keys, uint32_t *ret_content)
{
	uint32_t members[HF_CONTENT_MEMBERS];
	struct hf_content content = {.kind = HF_KIND_DS, .members = members};
	unsigned digests = view->policy->parent.digests;
	for (unsigned key = 0; key < HF_ROLL_KEYS; key++) {
		for (uint8_t type = 1; has(keys, key) && type < 32; type++) {
			if ((digests >> type & 1) == 0 || hf_digest_len(type) == 0)
				continue;
			if (content.member_count == HF_CONTENT_MEMBERS)
				return HF_ERR_LIMIT;
			enum hf_err err =
			        ds_record(view, key, type, &members[content.member_count++]);
			if (err != HF_OK)
				return err;
		}
	}
	return hf_evidence_content(view->evidence, &content, ret_content);
}

/* The number of a key in the form in which the waypoint shows it. */
static uint32_t shown(const struct hf_view *view, unsigned key, hf_keys revoked)
{
	return has(revoked, key) ? view->revoked[key] : view->number[key];
}

/* Signatures without an end by the keys; how many. */
static size_t endless(const struct hf_view *view, hf_keys keys, hf_keys revoked,
        struct hf_signing signings[HF_ROLL_KEYS])
{
	size_t count = 0;
	for (unsigned key = 0; key < HF_ROLL_KEYS; key++) {
		if (has(keys, key))
			signings[count++] = (struct hf_signing){.key = shown(view, key, revoked),
			        .inception = HF_TIME_NONE,
			        .expiration = HF_TIME_NEVER};
	}
	return count;
}

enum hf_err hf_view_dnskey_content(
        const struct hf_view *view, const struct hf_waypoint *waypoint, uint32_t *ret_content)
{
	uint32_t members[HF_ROLL_KEYS];
	struct hf_signing signings[HF_ROLL_KEYS];
	struct hf_content content = {
	        .kind = HF_KIND_DNSKEY, .members = members, .signings = signings};
	for (unsigned key = 0; key < HF_ROLL_KEYS; key++) {
		if (has(waypoint->published, key))
			members[content.member_count++] = shown(view, key, waypoint->revoked);
	}
	content.signing_count = endless(view, waypoint->sign_keys, waypoint->revoked, signings);
	return hf_evidence_content(view->evidence, &content, ret_content);
}

enum hf_err hf_view_signers_content(const struct hf_view *view, hf_keys keys, uint32_t *ret_content)
{
	struct hf_signing signings[HF_ROLL_KEYS];
	struct hf_content content = {.kind = HF_KIND_SIGNERS, .signings = signings};
	content.signing_count = endless(view, keys, 0, signings);
	return hf_evidence_content(view->evidence, &content, ret_content);
}

/* ---- contents to masks ---- */

/* The key of the table with this number among `numbers`; HF_ROLL_KEYS when there is none. */
static unsigned find(const uint32_t numbers[HF_ROLL_KEYS], uint32_t number)
{
	unsigned key = 0;
	while (key < HF_ROLL_KEYS && numbers[key] != number)
		key++;
	return key;
}

/* The keys with a signature that is valid now; false when a foreign one has. */
static bool signing_keys(const struct hf_view *view, const struct hf_content *content,
        hf_keys *ret_plain, hf_keys *ret_revoked)
{
	*ret_plain = *ret_revoked = 0;
	for (size_t i = 0; i < content->signing_count; i++) {
		const struct hf_signing *signing = &content->signings[i];
		if (signing->inception > view->now || signing->expiration < view->now)
			continue;
		unsigned key = find(view->number, signing->key);
		unsigned revoked = find(view->revoked, signing->key);
		if (key < HF_ROLL_KEYS)
			*ret_plain |= (hf_keys)1 << key;
		else if (revoked < HF_ROLL_KEYS)
			*ret_revoked |= (hf_keys)1 << revoked;
		else
			return false;
	}
	return true;
}

bool hf_view_is_signers(const struct hf_view *view, uint32_t number, hf_keys keys)
{
	const struct hf_content *content = hf_evidence_content_at(view->evidence, number);
	hf_keys plain, revoked;
	return content->kind == HF_KIND_SIGNERS && signing_keys(view, content, &plain, &revoked) &&
	       plain == keys && revoked == 0;
}

bool hf_view_is_dnskey(
        const struct hf_view *view, uint32_t number, const struct hf_waypoint *waypoint)
{
	const struct hf_content *content = hf_evidence_content_at(view->evidence, number);
	hf_keys plain = 0, revoked = 0;
	if (content->kind != HF_KIND_DNSKEY)
		return false;
	for (size_t i = 0; i < content->member_count; i++) {
		unsigned key = find(view->number, content->members[i]);
		unsigned bare = find(view->revoked, content->members[i]);
		if (key == HF_ROLL_KEYS && bare == HF_ROLL_KEYS)
			return false;
		plain |= key < HF_ROLL_KEYS ? (hf_keys)1 << key : 0;
		revoked |= bare < HF_ROLL_KEYS ? (hf_keys)1 << bare : 0;
	}
	if (plain != (waypoint->published & ~waypoint->revoked) || revoked != waypoint->revoked)
		return false;
	return signing_keys(view, content, &plain, &revoked) &&
	       plain == (waypoint->sign_keys & ~waypoint->revoked) &&
	       revoked == (waypoint->sign_keys & waypoint->revoked);
}

/* The key that a DS record stands for, if only by its tag where its digest is none of ours. */
static unsigned ds_key(const struct hf_view *view, uint32_t ds)
{
	const struct hf_known_ds *known = hf_evidence_ds_at(view->evidence, ds);
	for (unsigned key = 0; key < HF_ROLL_KEYS; key++) {
		const struct hf_roll_key *of = &view->state->keys[key];
		if (of->dnskey == NULL)
			continue;
		if (hf_evidence_ds_matches(view->evidence, ds, view->number[key]) ||
		        (!known->supported && known->ds.tag == of->tag &&
		                known->ds.algorithm == of->algorithm))
			return key;
	}
	return HF_ROLL_KEYS;
}

bool hf_view_is_ds(const struct hf_view *view, uint32_t number, hf_keys keys)
{
	const struct hf_content *content = hf_evidence_content_at(view->evidence, number);
	hf_keys seen = 0;
	if (content->kind != HF_KIND_DS)
		return false;
	for (size_t i = 0; i < content->member_count; i++) {
		unsigned key = ds_key(view, content->members[i]);
		if (key == HF_ROLL_KEYS || !has(keys, key))
			return false;
		/* A record that validators ignore does not make the link. */
		if (hf_evidence_ds_at(view->evidence, content->members[i])->supported)
			seen |= (hf_keys)1 << key;
	}
	return seen == keys;
}

bool hf_view_ds_names(const struct hf_view *view, uint32_t number, unsigned key)
{
	const struct hf_content *content = hf_evidence_content_at(view->evidence, number);
	for (size_t i = 0; i < content->member_count; i++) {
		if (ds_key(view, content->members[i]) == key)
			return true;
	}
	return false;
}

/* ---- offers ---- */

void hf_view_offer_done(struct hf_view_offer *offer)
{
	free(offer->served);
	*offer = (struct hf_view_offer){.served = NULL};
}

static enum hf_err put(struct hf_view_offer *offer, uint32_t content, uint32_t ttl)
{
	struct hf_served *served =
	        hf_list_room(offer->served, &offer->cap, offer->offer.count, sizeof(*served));
	if (served == NULL)
		return HF_ERR_NOMEM;
	offer->served = served;
	offer->served[offer->offer.count++] = (struct hf_served){.content = content, .ttl = ttl};
	offer->offer.served = offer->served;
	return HF_OK;
}

/* While signatures are replaced one by one, what is served now goes on being served. */
static enum hf_err put_served_signers(const struct hf_view *view, struct hf_view_offer *offer)
{
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < hf_evidence_fact_count(view->evidence) && err == HF_OK; i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(view->evidence, i);
		if (fact->place == HF_PUBLISHED && fact->last == HF_TIME_NEVER &&
		        hf_evidence_content_at(view->evidence, fact->content)->kind ==
		                HF_KIND_SIGNERS)
			err = put(offer, fact->content, fact->ttl);
	}
	return err;
}

static enum hf_err put_zone(
        const struct hf_view *view, const struct hf_waypoint *to, struct hf_view_offer *offer)
{
	uint32_t dnskey, signers, ttl = view->policy->dnskey_ttl;
	enum hf_err err = hf_view_dnskey_content(view, to, &dnskey);
	if (err == HF_OK)
		err = put(offer, dnskey, ttl);
	if (err == HF_OK)
		err = hf_view_signers_content(view, to->sign_data, &signers);
	if (err == HF_OK)
		err = put(offer, signers, ttl);
	if (err == HF_OK && to->gradual)
		err = put_served_signers(view, offer);
	return err;
}

static enum hf_err put_ds(const struct hf_view *view, hf_keys keys, struct hf_view_offer *offer)
{
	uint32_t content;
	enum hf_err err = hf_view_ds_content(view, keys, &content);
	return err == HF_OK ? put(offer, content, (uint32_t)view->policy->parent.ds_ttl) : err;
}

enum hf_err hf_view_offer(const struct hf_view *view, const struct hf_waypoint *from,
        const struct hf_waypoint *to, struct hf_view_offer *ret_offer)
{
	struct hf_view_offer offer = {.served = NULL};
	const struct hf_roll_state *state = view->state;
	enum hf_err err = HF_OK;
	if (!hf_waypoint_same_zone(from, to))
		err = put_zone(view, to, &offer);
	if (err == HF_OK && from->ds != to->ds)
		err = put_ds(view, to->ds, &offer);
	for (unsigned i = 0; i < state->asked_count && err == HF_OK; i++)
		err = put_ds(view, state->asked[i].ds, &offer);
	if (err != HF_OK) {
		hf_view_offer_done(&offer);
		return err;
	}
	*ret_offer = offer;
	return HF_OK;
}
