/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/keybox.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/challenge.h"
#include "crypto/keymake.h"
#include "pipeline/statefolder.h"

struct hf_keybox {
	char *folder;
	struct hf_name zone;
	struct hf_keydir keys; /* with private halves */
};

/* ---- the folder ---- */

enum hf_err hf_keybox_open(const char *folder, const struct hf_name *zone, struct hf_diag *warnings,
        struct hf_diag *diag, struct hf_keybox **ret_box)
{
	enum hf_err err = hf_state_make_folder(folder, diag);
	if (err != HF_OK)
		return err;
	struct hf_keybox *box = calloc(1, sizeof(*box));
	if (box == NULL || (box->folder = strdup(folder)) == NULL) {
		free(box);
		return HF_ERR_NOMEM;
	}
	box->zone = *zone;
	err = hf_keybox_reload(box, warnings, diag);
	if (err != HF_OK) {
		hf_keybox_free(box);
		return err;
	}
	*ret_box = box;
	return HF_OK;
}

void hf_keybox_free(struct hf_keybox *box)
{
	if (box == NULL)
		return;
	hf_keydir_done(&box->keys);
	free(box->folder);
	free(box);
}

enum hf_err hf_keybox_reload(struct hf_keybox *box, struct hf_diag *warnings, struct hf_diag *diag)
{
	struct hf_keydir keys;
	struct hf_diag found;
	hf_diag_init(&found, HF_DIAG_LIMIT);
	enum hf_err err = hf_keydir_read(
	        box->folder, &box->zone, HF_KEYFILE_PRIVATE | HF_KEYFILE_LENIENT, &found, &keys);
	hf_diag_move(err == HF_OK ? warnings : diag, &found);
	if (err != HF_OK)
		return err;
	hf_keydir_done(&box->keys);
	box->keys = keys;
	return HF_OK;
}

const struct hf_keydir *hf_keybox_keys(const struct hf_keybox *box)
{
	return &box->keys;
}

const struct hf_keyfile *hf_keybox_find(const struct hf_keybox *box, struct hf_rdata dnskey)
{
	for (size_t i = 0; i < box->keys.count; i++) {
		if (hf_rdata_equal(hf_keyfile_dnskey(box->keys.keys[i]), dnskey))
			return box->keys.keys[i];
	}
	return NULL;
}

static struct hf_rdata dnskey_of(const struct hf_roll_key *key)
{
	return (struct hf_rdata){.data = key->dnskey, .len = key->dnskey_len};
}

enum hf_err hf_keybox_check(const struct hf_keybox *box, const struct hf_roll_state *state,
        hf_keys keys, struct hf_diag *diag)
{
	enum hf_err err = HF_OK;
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		const struct hf_roll_key *key = &state->keys[i];
		char text[32];
		if ((keys >> i & 1) == 0 || key->dnskey == NULL ||
		        hf_keybox_find(box, dnskey_of(key)) != NULL)
			continue;
		err = hf_fail(diag, HF_ERR_NOTFOUND,
		        "%s is in use, and its private half is not in %s; put its files back from "
		        "a backup",
		        hf_roll_key_text(state, i, text), box->folder);
	}
	return err;
}

/* ---- keys that were there before ---- */

/* How a key is used as its dates say; `*ret_gone`: only its tags matter. */
static unsigned use_of(const struct hf_keyfile *key, hf_time now, bool *ret_gone)
{
	*ret_gone = false;
	switch (hf_keyfile_state(key, now)) {
	case HF_KEY_PUBLISHED:
	case HF_KEY_RETIRED:
		return HF_USE_PUBLISHED | HF_USE_STANDBY;
	case HF_KEY_ACTIVE:
		return HF_USE_PUBLISHED | HF_USE_SIGNS | (key->role == HF_ROLE_ZSK ? 0 : HF_USE_DS);
	case HF_KEY_GENERATED:
		return HF_USE_SPARE;
	default:
		*ret_gone = true;
		return HF_USE_SPARE;
	}
}

static enum hf_err adopt_key(const struct hf_keybox *box, const struct hf_keyfile *key, hf_time now,
        struct hf_roll_state *state, struct hf_diag *diag)
{
	unsigned number;
	bool gone;
	unsigned uses = use_of(key, now, &gone);
	bool is_here = hf_keybox_find(box, hf_keyfile_dnskey(key)) != NULL;
	if (hf_keyfile_state(key, now) == HF_KEY_REVOKED || key->tag != key->plain_tag)
		return hf_fail_at(diag, HF_ERR_REFUSED, key->path, 0,
		        "the key is revoked; let its revocation come to its end where it began, "
		        "and move its files away before the zone is taken over");
	if (gone || (uses == HF_USE_SPARE && !is_here))
		return HF_OK;
	if (!is_here)
		return hf_fail_at(diag, HF_ERR_REFUSED, key->path, 0,
		        "the key is in use, and its private half is not there or cannot be read; "
		        "put it there");
	hf_time born = key->times.created != HF_TIME_NONE ? key->times.created : now;
	enum hf_err err = hf_roll_adopt_key(
	        state, key->role, hf_keyfile_dnskey(key), uses, born, diag, &number);
	return err == HF_ERR_EXISTS ? HF_ERR_REFUSED : err;
}

static enum hf_err adopt_all(
        const struct hf_keybox *box, struct hf_roll_state *state, hf_time now, struct hf_diag *diag)
{
	HF_CLEANUP(hf_keydir_done) struct hf_keydir keys = {.count = 0};
	enum hf_err err = hf_keydir_read(box->folder, &box->zone, HF_KEYFILE_PUBLIC, diag, &keys);
	for (size_t i = 0; i < keys.count && err == HF_OK; i++)
		err = adopt_key(box, keys.keys[i], now, state, diag);
	uint16_t *tags = NULL;
	size_t count = 0;
	if (err == HF_OK)
		err = hf_keymake_tags(box->folder, &box->zone, diag, &tags, &count);
	for (size_t i = 0; i < count && err == HF_OK; i++)
		err = hf_roll_adopt_tag(state, tags[i]);
	free(tags);
	return err;
}

enum hf_err hf_keybox_adopt(
        struct hf_keybox *box, struct hf_roll_state *state, hf_time now, struct hf_diag *diag)
{
	struct hf_roll_state copy;
	enum hf_err err = hf_roll_state_copy(state, &copy);
	if (err != HF_OK)
		return err;
	err = adopt_all(box, &copy, now, diag);
	if (err != HF_OK) {
		hf_roll_state_done(&copy);
		return err;
	}
	hf_roll_state_done(state);
	*state = copy;
	return HF_OK;
}

/* ---- making ---- */

/* A key that is asked for, and that no state knows: made before a crash, or put there. */
static const struct hf_keyfile *find_untold(const struct hf_keybox *box,
        const struct hf_roll_state *state, const struct hf_act *act, hf_time now)
{
	for (size_t i = 0; i < box->keys.count; i++) {
		const struct hf_keyfile *key = box->keys.keys[i];
		if (key->role == act->role && key->algorithm == act->algorithm &&
		        (act->bits == 0 || key->bits == act->bits) && key->tag == key->plain_tag &&
		        !hf_roll_tag_taken(state, key->plain_tag) &&
		        !hf_roll_tag_taken(state, key->revoked_tag) &&
		        hf_keyfile_state(key, now) == HF_KEY_GENERATED)
			return key;
	}
	return NULL;
}

/* What was written is read again: what counts is what a restart finds. */
static enum hf_err make(struct hf_keybox *box, const struct hf_keymake_options *options,
        struct hf_diag *diag, const struct hf_keyfile **ret_key)
{
	struct hf_keydir *keys = &box->keys;
	struct hf_keyfile *made, *key;
	/* A key that is made and cannot be remembered would be made twice. */
	struct hf_keyfile **larger =
	        reallocarray(keys->keys, keys->count + 1, sizeof(struct hf_keyfile *));
	if (larger == NULL)
		return HF_ERR_NOMEM;
	keys->keys = larger;
	enum hf_err err = hf_keymake(options, diag, &made);
	if (err != HF_OK)
		return err;
	err = hf_keyfile_read(made->path, HF_KEYFILE_PRIVATE, diag, &key);
	hf_keyfile_free(made);
	if (err != HF_OK)
		return err;
	keys->keys[keys->count++] = key;
	*ret_key = key;
	return HF_OK;
}

enum hf_err hf_keybox_generate(struct hf_keybox *box, const struct hf_roll_state *state,
        const struct hf_act *act, const struct hf_policy *policy, hf_time now, struct hf_diag *diag,
        struct hf_roll_event *ret_event)
{
	const struct hf_keyfile *key = find_untold(box, state, act, now);
	struct hf_keymake_options options = {.dir = box->folder,
	        .owner = &box->zone,
	        .role = act->role,
	        .algorithm = act->algorithm,
	        .bits = act->bits,
	        .ttl = policy->dnskey_ttl,
	        .times = HF_KEY_TIMES_NONE,
	        .taken = state->tags,
	        .taken_count = state->tag_count};
	options.times.created = now;
	if (key == NULL) {
		enum hf_err err = make(box, &options, diag, &key);
		if (err != HF_OK)
			return err;
	}
	*ret_event = (struct hf_roll_event){
	        .kind = HF_EVENT_KEY_MADE, .role = act->role, .dnskey = hf_keyfile_dnskey(key)};
	return HF_OK;
}

/* ---- using and destroying ---- */

static enum hf_err need_key(
        const struct hf_roll_state *state, const struct hf_act *act, struct hf_diag *diag)
{
	if (act->key < HF_ROLL_KEYS && state->keys[act->key].dnskey != NULL)
		return HF_OK;
	return hf_fail(diag, HF_ERR_INVALID, "the zone has no key number %u", act->key);
}

enum hf_err hf_keybox_challenge(struct hf_keybox *box, const struct hf_roll_state *state,
        const struct hf_act *act, struct hf_diag *diag, struct hf_roll_event *ret_event)
{
	enum hf_err err = need_key(state, act, diag);
	if (err == HF_OK)
		err = hf_keybox_check(box, state, (hf_keys)1 << act->key, diag);
	if (err != HF_OK)
		return err;
	struct hf_rdata dnskey = dnskey_of(&state->keys[act->key]);
	struct hf_signer *signer;
	bool good = false;
	err = hf_signer_new(hf_keybox_find(box, dnskey)->pair, &signer);
	if (err != HF_OK)
		return err;
	err = hf_challenge(signer, dnskey, &good);
	hf_signer_free(signer);
	if (err != HF_OK)
		return err;
	*ret_event =
	        (struct hf_roll_event){.kind = HF_EVENT_CHALLENGE, .key = act->key, .good = good};
	return HF_OK;
}

static void forget(struct hf_keybox *box, struct hf_rdata dnskey)
{
	struct hf_keydir *keys = &box->keys;
	for (size_t i = 0; i < keys->count; i++) {
		if (!hf_rdata_equal(hf_keyfile_dnskey(keys->keys[i]), dnskey))
			continue;
		hf_keyfile_free(keys->keys[i]);
		memmove(&keys->keys[i], &keys->keys[i + 1],
		        (--keys->count - i) * sizeof(struct hf_keyfile *));
		return;
	}
}

enum hf_err hf_keybox_discard(struct hf_keybox *box, const struct hf_roll_state *state,
        const struct hf_act *act, struct hf_diag *diag, struct hf_roll_event *ret_event)
{
	enum hf_err err = need_key(state, act, diag);
	if (err != HF_OK)
		return err;
	struct hf_rdata dnskey = dnskey_of(&state->keys[act->key]);
	err = hf_keyfile_destroy(box->folder, &box->zone, dnskey, diag);
	if (err != HF_OK)
		return err;
	forget(box, dnskey);
	*ret_event = (struct hf_roll_event){.kind = HF_EVENT_KEY_GONE, .key = act->key};
	return HF_OK;
}
