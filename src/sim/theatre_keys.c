/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Made-up keys: as RDATA for the engine, as numbers for the scene, as contents for the evidence. */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "crypto/digest.h"
#include "sim/theatre_inside.h"

#define DIGESTS 8 /* DS digest types are smaller numbers */

/* RDATA of the largest key: RSA with 4096 bits, and a long exponent. */
#define DNSKEY_MOST 1100

static struct hf_rdata rdata_of(const struct hf_theatre_key *key)
{
	return (struct hf_rdata){key->dnskey, key->dnskey_len};
}

static uint16_t tag_when_revoked(uint8_t *dnskey, size_t len)
{
	dnskey[1] |= HF_DNSKEY_REVOKE;
	uint16_t tag = hf_dnskey_tag((struct hf_rdata){dnskey, (uint16_t)len});
	dnskey[1] &= (uint8_t)~HF_DNSKEY_REVOKE;
	return tag;
}

/* ---- making ---- */

static enum hf_err fill(struct hf_theatre *theatre, enum hf_role role, uint8_t algorithm,
        size_t len, struct hf_buf *out)
{
	const struct hf_alg *alg = hf_alg_find(algorithm);
	hf_buf_reset(out);
	hf_put_u16(out, HF_DNSKEY_ZONE | (role == HF_ROLE_ZSK ? 0 : HF_DNSKEY_SEP));
	hf_put_u8(out, HF_DNSKEY_PROTOCOL);
	hf_put_u8(out, algorithm);
	if (alg->key_len == 0) {
		static const uint8_t exponent[] = {3, 1, 0, 1, 0x80};
		hf_put_bytes(out, exponent, sizeof(exponent));
	}
	while (out->len < len && !out->failed)
		hf_put_u8(out, (uint8_t)hf_random_next(&theatre->key_random));
	return hf_buf_check(out);
}

static bool tag_is_free(const struct hf_theatre *theatre, uint16_t tag)
{
	for (size_t i = 0; i < theatre->play->key_count; i++) {
		const struct hf_theatre_key *key = &theatre->play->keys[i];
		if (key->tag == tag || key->revoked_tag == tag)
			return false;
	}
	return !hf_roll_tag_taken(&theatre->mind.state, tag);
}

enum hf_err hf_theatre_key_add(
        struct hf_theatre *theatre, enum hf_role role, struct hf_rdata dnskey)
{
	struct hf_theatre_play *play = theatre->play;
	struct hf_theatre_key *keys =
	        hf_list_room(play->keys, &theatre->key_cap, play->key_count, sizeof(*keys));
	if (keys == NULL)
		return HF_ERR_NOMEM;
	play->keys = keys;
	if (play->key_count == HF_SCENE_LIMIT / 2)
		return HF_ERR_LIMIT;
	uint8_t *copy = malloc(dnskey.len);
	if (copy == NULL)
		return HF_ERR_NOMEM;
	memcpy(copy, dnskey.data, dnskey.len);
	copy[1] &= (uint8_t)~HF_DNSKEY_REVOKE;
	play->keys[play->key_count++] = (struct hf_theatre_key){.dnskey = copy,
	        .dnskey_len = dnskey.len,
	        .tag = hf_dnskey_tag((struct hf_rdata){copy, dnskey.len}),
	        .revoked_tag = tag_when_revoked(copy, dnskey.len),
	        .role = role,
	        .algorithm = copy[3],
	        .plain = HF_SCENE_NOTHING,
	        .revoked = HF_SCENE_NOTHING};
	return HF_OK;
}

enum hf_err hf_theatre_key_make(struct hf_theatre *theatre, enum hf_role role, uint8_t algorithm,
        unsigned bits, struct hf_rdata *ret_dnskey)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf bytes = {.data = NULL};
	struct hf_key_size size = hf_key_size(algorithm, bits);
	if (size.rdata == 0)
		return HF_ERR_UNSUPPORTED;
	for (bool is_free = false; !is_free;) {
		enum hf_err err = fill(theatre, role, algorithm, size.rdata, &bytes);
		if (err != HF_OK)
			return err;
		struct hf_rdata made = {bytes.data, (uint16_t)bytes.len};
		is_free = tag_is_free(theatre, hf_dnskey_tag(made)) &&
		          tag_is_free(theatre, tag_when_revoked(bytes.data, bytes.len));
	}
	enum hf_err err = hf_theatre_key_add(
	        theatre, role, (struct hf_rdata){bytes.data, (uint16_t)bytes.len});
	if (err == HF_OK)
		*ret_dnskey = rdata_of(&theatre->play->keys[theatre->play->key_count - 1]);
	return err;
}

/* ---- numbers in the scene ---- */

static enum hf_err enter(
        struct hf_theatre *theatre, uint16_t index, bool revoked, uint16_t *ret_number)
{
	struct hf_theatre_key *key = &theatre->play->keys[index];
	const struct hf_scene_key told = {.algorithm = key->algorithm,
	        .tag = revoked ? key->revoked_tag : key->tag,
	        .sep = key->role != HF_ROLE_ZSK,
	        .revokes = revoked ? key->plain : HF_SCENE_NOTHING};
	struct hf_theatre_shown *shown = hf_list_room(
	        theatre->shown, &theatre->shown_cap, theatre->shown_count, sizeof(*shown));
	if (shown == NULL)
		return HF_ERR_NOMEM;
	theatre->shown = shown;
	enum hf_err err = hf_scene_add_key(theatre->play->scene, &told, ret_number);
	if (err == HF_OK)
		shown[theatre->shown_count++] = (struct hf_theatre_shown){index, revoked};
	return err;
}

static enum hf_err number_of(
        struct hf_theatre *theatre, uint16_t index, bool revoked, uint16_t *ret_number)
{
	struct hf_theatre_key *key = &theatre->play->keys[index];
	enum hf_err err = HF_OK;
	if (key->plain == HF_SCENE_NOTHING)
		err = enter(theatre, index, false, &key->plain);
	if (err == HF_OK && revoked && key->revoked == HF_SCENE_NOTHING)
		err = enter(theatre, index, true, &key->revoked);
	if (err == HF_OK)
		*ret_number = revoked ? key->revoked : key->plain;
	return err;
}

/* Whether a key of the play is this RDATA, its REVOKE bit left aside. */
static bool is_key(const struct hf_theatre_key *key, struct hf_rdata dnskey)
{
	return key->dnskey_len == dnskey.len && key->dnskey[0] == dnskey.data[0] &&
	       ((key->dnskey[1] ^ dnskey.data[1]) & ~HF_DNSKEY_REVOKE) == 0 &&
	       memcmp(key->dnskey + 2, dnskey.data + 2, dnskey.len - 2u) == 0;
}

enum hf_err hf_theatre_key_find(
        struct hf_theatre *theatre, struct hf_rdata dnskey, uint16_t *ret_number)
{
	const struct hf_theatre_play *play = theatre->play;
	bool revoked = (dnskey.data[1] & HF_DNSKEY_REVOKE) != 0;
	for (size_t i = play->key_count; i-- > 0;) {
		if (is_key(&play->keys[i], dnskey))
			return number_of(theatre, (uint16_t)i, revoked, ret_number);
	}
	return HF_ERR_NOTFOUND;
}

void hf_theatre_keys_insert(struct hf_theatre_keys *keys, uint16_t number)
{
	unsigned place = keys->count++;
	for (; place > 0 && keys->list[place - 1] > number; place--)
		keys->list[place] = keys->list[place - 1];
	keys->list[place] = number;
}

enum hf_err hf_theatre_keys_of(
        struct hf_theatre *theatre, hf_keys keys, hf_keys revoked, struct hf_theatre_keys *ret_keys)
{
	struct hf_theatre_keys found = {.count = 0};
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		const struct hf_roll_key *key = &theatre->mind.state.keys[i];
		uint16_t number;
		uint8_t bytes[DNSKEY_MOST];
		if ((keys >> i & 1) == 0 || key->dnskey == NULL)
			continue;
		if (found.count == HF_SCENE_MEMBERS || key->dnskey_len > sizeof(bytes))
			return HF_ERR_LIMIT;
		memcpy(bytes, key->dnskey, key->dnskey_len);
		bytes[1] |= (revoked >> i & 1) != 0 ? HF_DNSKEY_REVOKE : 0;
		enum hf_err err = hf_theatre_key_find(
		        theatre, (struct hf_rdata){bytes, key->dnskey_len}, &number);
		if (err != HF_OK)
			return err;
		hf_theatre_keys_insert(&found, number);
	}
	*ret_keys = found;
	return HF_OK;
}

bool hf_theatre_keys_same(const struct hf_theatre_keys *a, const struct hf_theatre_keys *b)
{
	return a->count == b->count && memcmp(a->list, b->list, a->count * sizeof(a->list[0])) == 0;
}

void hf_theatre_keys_put(
        const struct hf_theatre *theatre, const struct hf_theatre_keys *keys, struct hf_buf *out)
{
	for (unsigned i = 0; i < keys->count; i++) {
		const struct hf_theatre_shown *shown = &theatre->shown[keys->list[i]];
		const struct hf_theatre_key *key = &theatre->play->keys[shown->key];
		hf_put_format(out, "%s%s %u%s",
		        i == 0                ? ""
		        : i + 1 < keys->count ? ", "
		                              : " and ",
		        hf_role_name(key->role), key->tag, shown->revoked ? " (revoked)" : "");
	}
}

/* ---- contents of the evidence ---- */

static enum hf_err key_number(struct hf_theatre *theatre, uint16_t number, uint32_t *ret_key)
{
	const struct hf_theatre_shown *shown = &theatre->shown[number];
	const struct hf_theatre_key *key = &theatre->play->keys[shown->key];
	if (shown->revoked)
		key->dnskey[1] |= HF_DNSKEY_REVOKE;
	enum hf_err err = hf_evidence_key(theatre->mind.evidence, rdata_of(key), ret_key);
	key->dnskey[1] &= (uint8_t)~HF_DNSKEY_REVOKE;
	return err;
}

static enum hf_err signings_of(struct hf_theatre *theatre, const struct hf_theatre_signed *made,
        struct hf_signing signings[HF_SCENE_MEMBERS], size_t *ret_count)
{
	size_t count = 0;
	for (unsigned i = 0; i < made->by.count && !made->bad; i++) {
		signings[count] =
		        (struct hf_signing){.inception = made->from, .expiration = made->until};
		enum hf_err err = key_number(theatre, made->by.list[i], &signings[count++].key);
		if (err != HF_OK)
			return err;
	}
	*ret_count = count;
	return HF_OK;
}

enum hf_err hf_theatre_content_keys(
        struct hf_theatre *theatre, const struct hf_theatre_version *version, uint32_t *ret_content)
{
	uint32_t members[HF_SCENE_MEMBERS];
	struct hf_signing signings[HF_SCENE_MEMBERS];
	struct hf_content content = {
	        .kind = HF_KIND_DNSKEY, .members = members, .signings = signings};
	enum hf_err err = HF_OK;
	for (unsigned i = 0; i < version->published.count && err == HF_OK; i++)
		err = key_number(
		        theatre, version->published.list[i], &members[content.member_count++]);
	if (err == HF_OK)
		err = signings_of(theatre, &version->dnskey, signings, &content.signing_count);
	return err == HF_OK ? hf_evidence_content(theatre->mind.evidence, &content, ret_content)
	                    : err;
}

enum hf_err hf_theatre_content_data(
        struct hf_theatre *theatre, const struct hf_theatre_signed *data, uint32_t *ret_content)
{
	struct hf_signing signings[HF_SCENE_MEMBERS];
	struct hf_content content = {.kind = HF_KIND_SIGNERS, .signings = signings};
	enum hf_err err = signings_of(theatre, data, signings, &content.signing_count);
	return err == HF_OK ? hf_evidence_content(theatre->mind.evidence, &content, ret_content)
	                    : err;
}

static enum hf_err ds_number(
        struct hf_theatre *theatre, uint16_t number, uint8_t digest, uint32_t *ret_ds)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf bytes = {.data = NULL};
	const struct hf_theatre_key *key = &theatre->play->keys[theatre->shown[number].key];
	enum hf_err err = hf_ds_put(&bytes, digest, theatre->job->zone, rdata_of(key));
	if (err == HF_OK)
		err = hf_buf_check(&bytes);
	if (err == HF_OK)
		err = hf_evidence_ds(theatre->mind.evidence,
		        (struct hf_rdata){bytes.data, (uint16_t)bytes.len}, ret_ds);
	return err;
}

enum hf_err hf_theatre_content_ds(
        struct hf_theatre *theatre, const struct hf_theatre_keys *ds, uint32_t *ret_content)
{
	uint32_t members[HF_CONTENT_MEMBERS];
	struct hf_content content = {.kind = HF_KIND_DS, .members = members};
	for (unsigned i = 0; i < ds->count; i++) {
		for (uint8_t type = 1; type < DIGESTS; type++) {
			if ((theatre->policy.parent.digests >> type & 1) == 0 ||
			        hf_digest_len(type) == 0)
				continue;
			if (content.member_count == HF_CONTENT_MEMBERS)
				return HF_ERR_LIMIT;
			enum hf_err err = ds_number(
			        theatre, ds->list[i], type, &members[content.member_count++]);
			if (err != HF_OK)
				return err;
		}
	}
	return hf_evidence_content(theatre->mind.evidence, &content, ret_content);
}
