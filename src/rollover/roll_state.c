/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rollover/course.h"

#define KEY_TEXT 32

const char *hf_roll_kind_name(enum hf_roll_kind kind)
{
	static const char *const names[HF_ROLL_KINDS] = {
	        [HF_ROLL_NONE] = "no change",
	        [HF_ROLL_KEYS_OF_ROLE] = "key rollover",
	        [HF_ROLL_ALGORITHM] = "algorithm rollover",
	        [HF_ROLL_MODEL] = "change of the key model",
	        [HF_ROLL_DENIAL] = "change of the denial records",
	        [HF_ROLL_SECURE] = "going secure",
	        [HF_ROLL_INSECURE] = "going insecure",
	        [HF_ROLL_STANDBY] = "new standby key",
	};
	return names[kind];
}

const char *hf_wait_name(enum hf_wait wait)
{
	static const char *const names[] = {
	        [HF_WAIT_NOTHING] = "nothing",
	        [HF_WAIT_KEYS] = "keys",
	        [HF_WAIT_ZONE] = "zone",
	        [HF_WAIT_PARENT] = "parent",
	        [HF_WAIT_CACHES] = "caches",
	        [HF_WAIT_SECONDARY] = "secondary",
	        [HF_WAIT_MARGIN] = "margin",
	        [HF_WAIT_HOLD] = "hold-down",
	        [HF_WAIT_APPROVAL] = "approval",
	        [HF_WAIT_CHALLENGE] = "challenge",
	        [HF_WAIT_PAUSE] = "pause",
	        [HF_WAIT_CLOCK] = "clock",
	        [HF_WAIT_HELP] = "help",
	};
	return names[wait];
}

void hf_roll_state_init(struct hf_roll_state *state, const struct hf_name *zone, uint64_t seed)
{
	*state = (struct hf_roll_state){.zone = *zone,
	        .seed = seed,
	        .last_change = HF_TIME_NONE,
	        .ds_fresh = HF_TIME_NONE,
	        .last_step = HF_TIME_NONE,
	        .last_wake = HF_TIME_NEVER,
	        .leap = HF_TIME_NONE};
	hf_course_clear(&state->roll);
}

void hf_roll_state_done(struct hf_roll_state *state)
{
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++)
		free(state->keys[i].dnskey);
	free(state->tags);
	hf_roll_state_init(state, &state->zone, state->seed);
}

enum hf_err hf_roll_state_copy(const struct hf_roll_state *state, struct hf_roll_state *ret_copy)
{
	struct hf_roll_state copy = *state;
	bool whole = true;
	copy.tags = NULL;
	if (state->tag_count > 0) {
		copy.tags = reallocarray(NULL, state->tag_count, sizeof(*copy.tags));
		whole = copy.tags != NULL;
	}
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		copy.keys[i].dnskey = NULL;
		if (state->keys[i].dnskey == NULL || !whole)
			continue;
		copy.keys[i].dnskey = malloc(state->keys[i].dnskey_len);
		whole = copy.keys[i].dnskey != NULL;
		if (whole)
			memcpy(copy.keys[i].dnskey, state->keys[i].dnskey,
			        state->keys[i].dnskey_len);
	}
	if (!whole) {
		hf_roll_state_done(&copy);
		return HF_ERR_NOMEM;
	}
	if (state->tag_count > 0)
		memcpy(copy.tags, state->tags, state->tag_count * sizeof(*copy.tags));
	*ret_copy = copy;
	return HF_OK;
}

/* ---- tags ---- */

/* Where the tag is, or would have to be. */
static size_t tag_place(const struct hf_roll_state *state, uint16_t tag)
{
	size_t low = 0, high = state->tag_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (state->tags[middle] < tag)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool hf_roll_tag_taken(const struct hf_roll_state *state, uint16_t tag)
{
	size_t at = tag_place(state, tag);
	return at < state->tag_count && state->tags[at] == tag;
}

void hf_roll_adopt_denial(struct hf_roll_state *state, struct hf_way_denial denial)
{
	state->denial = denial;
	state->rest.denial = denial;
}

enum hf_err hf_roll_adopt_tag(struct hf_roll_state *state, uint16_t tag)
{
	if (hf_roll_tag_taken(state, tag))
		return HF_OK;
	uint16_t *tags = reallocarray(state->tags, state->tag_count + 1, sizeof(*tags));
	if (tags == NULL)
		return HF_ERR_NOMEM;
	state->tags = tags;
	size_t at = tag_place(state, tag);
	memmove(tags + at + 1, tags + at, (state->tag_count - at) * sizeof(*tags));
	tags[at] = tag;
	state->tag_count++;
	return HF_OK;
}

/* ---- keys ---- */

/* The flags that a DNSKEY of the role has. */
static uint16_t flags_of(enum hf_role role)
{
	return HF_DNSKEY_ZONE | (role == HF_ROLE_ZSK ? 0 : HF_DNSKEY_SEP);
}

static enum hf_err key_read(
        enum hf_role role, struct hf_rdata rdata, struct hf_diag *diag, struct hf_roll_key *ret_key)
{
	struct hf_dnskey dnskey;
	if (!hf_dnskey_read(rdata, &dnskey) || dnskey.protocol != HF_DNSKEY_PROTOCOL ||
	        dnskey.flags != flags_of(role))
		return hf_fail(diag, HF_ERR_INVALID,
		        "this is no DNSKEY of a %s: flags have to be %u and the protocol 3",
		        hf_role_name(role), flags_of(role));
	struct hf_roll_key key = {.dnskey = malloc(rdata.len),
	        .dnskey_len = rdata.len,
	        .role = role,
	        .algorithm = dnskey.algorithm,
	        .first_use = HF_TIME_NONE,
	        .removed = HF_TIME_NONE};
	if (key.dnskey == NULL)
		return HF_ERR_NOMEM;
	/* The revoked form is the same key with another tag. */
	memcpy(key.dnskey, rdata.data, rdata.len);
	hf_write_u16(key.dnskey, dnskey.flags | HF_DNSKEY_REVOKE);
	key.revoked_tag = hf_dnskey_tag((struct hf_rdata){key.dnskey, key.dnskey_len});
	hf_write_u16(key.dnskey, dnskey.flags);
	key.tag = hf_dnskey_tag(rdata);
	*ret_key = key;
	return HF_OK;
}

/* Puts the key into a free place; the key's memory is the state's only when that went well. */
static enum hf_err key_add(struct hf_roll_state *state, const struct hf_roll_key *key,
        struct hf_diag *diag, unsigned *ret_key)
{
	unsigned at = 0;
	while (at < HF_ROLL_KEYS && state->keys[at].dnskey != NULL)
		at++;
	if (at == HF_ROLL_KEYS)
		return hf_fail(diag, HF_ERR_LIMIT,
		        "the zone has %d keys already; discard some that are not in use",
		        HF_ROLL_KEYS);
	if (hf_roll_tag_taken(state, key->tag) || hf_roll_tag_taken(state, key->revoked_tag))
		return hf_fail(diag, HF_ERR_EXISTS,
		        "key tag %u or %u (revoked) was that of another key of the zone; "
		        "make another key",
		        key->tag, key->revoked_tag);
	enum hf_err err = hf_roll_adopt_tag(state, key->tag);
	if (err == HF_OK)
		err = hf_roll_adopt_tag(state, key->revoked_tag);
	if (err != HF_OK)
		return err;
	state->keys[at] = *key;
	*ret_key = at;
	return HF_OK;
}

enum hf_err hf_roll_adopt_key(struct hf_roll_state *state, enum hf_role role,
        struct hf_rdata dnskey, unsigned uses, hf_time born, struct hf_diag *diag,
        unsigned *ret_key)
{
	struct hf_roll_key key;
	unsigned number = 0;
	enum hf_err err = key_read(role, dnskey, diag, &key);
	if (err != HF_OK)
		return err;
	key.born = born;
	if ((uses & HF_USE_SIGNS) != 0) {
		key.first_use = born;
		key.flags |= HF_RK_TESTED;
	}
	if ((uses & HF_USE_STANDBY) != 0)
		key.flags |= HF_RK_STANDBY;
	err = key_add(state, &key, diag, &number);
	if (err != HF_OK) {
		free(key.dnskey);
		return err;
	}
	hf_keys bit = (hf_keys)1 << number;
	state->rest.published |= (uses & HF_USE_PUBLISHED) != 0 ? bit : 0;
	state->rest.ds |= (uses & HF_USE_DS) != 0 ? bit : 0;
	if ((uses & HF_USE_SIGNS) != 0) {
		state->rest.sign_keys |= role != HF_ROLE_ZSK ? bit : 0;
		/* A standby CSK signs the DNSKEY set, so that it is ready, and nothing else. */
		state->rest.sign_data |=
		        role != HF_ROLE_KSK && (uses & HF_USE_STANDBY) == 0 ? bit : 0;
	}
	*ret_key = number;
	return HF_OK;
}

char *hf_roll_key_text(const struct hf_roll_state *state, unsigned key, char text[static KEY_TEXT])
{
	snprintf(
	        text, KEY_TEXT, "%s %u", hf_role_name(state->keys[key].role), state->keys[key].tag);
	return text;
}

hf_keys hf_roll_role_keys(const struct hf_roll_state *state, enum hf_role role)
{
	hf_keys keys = 0;
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		if (state->keys[i].dnskey != NULL && state->keys[i].role == role)
			keys |= (hf_keys)1 << i;
	}
	return keys;
}
