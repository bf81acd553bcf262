/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sign/sign_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTED 8 /* keys or zones named in one sentence */

static const char *folder(const struct hf_sign_job *job)
{
	return job->keys_from != NULL ? job->keys_from : "DIR";
}

void hf_sign_keys_done(struct hf_sign_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		free(keys->keys[i].dnskey);
	free(keys->keys);
	*keys = (struct hf_sign_keys){0};
}

struct hf_rdata hf_sign_key_rdata(const struct hf_sign_key *key)
{
	return (struct hf_rdata){.data = key->dnskey, .len = key->dnskey_len};
}

char *hf_sign_key_text(const struct hf_sign_key *key, char text[static HF_SIGN_KEY_TEXT])
{
	char name[32];
	snprintf(text, HF_SIGN_KEY_TEXT, "%s %u (%s)", hf_role_name(key->file->role), key->tag,
	        hf_alg_name(key->algorithm, name));
	return text;
}

enum hf_sign_use hf_sign_use_for(uint16_t type)
{
	switch (type) {
	case KNOT_RRTYPE_DNSKEY:
		return HF_USE_DNSKEY;
	case KNOT_RRTYPE_CDS:
	case KNOT_RRTYPE_CDNSKEY:
		return HF_USE_CDS;
	default:
		return HF_USE_ZONE;
	}
}

/*
 * Before its creation a key counts as it did right then: a key that signs from its first second on
 * may sign as if it were some earlier time.
 */
static enum hf_key_state state_at(const struct hf_keyfile *file, hf_time at)
{
	hf_time created = file->times.created;
	return hf_keyfile_state(file, created != HF_TIME_NONE && at < created ? created : at);
}

/* What a key does now, and since or until when: "is retired since 2026-01-02T03:04:05Z". */
static void put_state(struct hf_buf *out, const struct hf_sign_key *key, hf_time at)
{
	const struct hf_key_times *times = &key->file->times;
	char name[HF_SIGN_KEY_TEXT], date[HF_TIME_TEXT];
	const char *words = "signs";
	hf_time when = HF_TIME_NONE;

	switch (state_at(key->file, at)) {
	case HF_KEY_GENERATED:
	case HF_KEY_PUBLISHED:
		words = times->activate != HF_TIME_NONE ? "becomes active at"
		                                        : "has no activation time";
		when = times->activate;
		break;
	case HF_KEY_ACTIVE:
		break;
	case HF_KEY_RETIRED:
		words = "is retired since";
		when = times->inactive;
		break;
	case HF_KEY_REVOKED:
		words = "is revoked since";
		when = times->revoke;
		break;
	case HF_KEY_REMOVED:
		words = "is removed since";
		when = times->remove;
		break;
	}
	hf_put_format(out, "%s %s", hf_sign_key_text(key, name), words);
	if (when != HF_TIME_NONE)
		hf_put_format(out, " %s", hf_time_rfc3339(when, date));
}

/* Ends a text in a buffer; what fits when memory ran out. */
static const char *text_of(struct hf_buf *buf)
{
	hf_put_u8(buf, 0);
	if (hf_buf_check(buf) != HF_OK)
		return "(no memory to list them)";
	return (const char *)buf->data;
}

static bool plays(const struct hf_sign_key *key, enum hf_role role)
{
	return key->file->role == role || key->file->role == HF_ROLE_CSK;
}

/* The keys of a role (CSKs included) with what they do; `algorithm` 0: of any. */
static void put_keys(struct hf_buf *out, const struct hf_sign_keys *keys, hf_time at,
        enum hf_role role, uint8_t algorithm)
{
	size_t listed = 0, more = 0;
	for (size_t i = 0; i < keys->count; i++) {
		const struct hf_sign_key *key = &keys->keys[i];
		if (!plays(key, role) || (algorithm != 0 && key->algorithm != algorithm))
			continue;
		if (listed == LISTED) {
			more++;
			continue;
		}
		if (listed++ > 0)
			hf_put_text(out, ", ");
		put_state(out, key, at);
	}
	if (more > 0)
		hf_put_format(out, " and %zu more", more);
	if (listed == 0)
		hf_put_text(out, "there is none");
}

/* No key that signs what `role` has to: which there are, and the command that helps. */
static enum hf_err refuse_role(const struct hf_sign_keys *keys, const struct hf_sign_job *job,
        enum hf_role role, uint8_t algorithm, struct hf_diag *diag)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf list = {0};
	char zone[HF_NAME_TEXT], date[HF_TIME_TEXT], name[32];

	put_keys(&list, keys, job->options->at, role, algorithm);
	hf_name_text(hf_version_apex(job->zone), zone);
	uint8_t wanted = algorithm;
	for (size_t i = 0; wanted == 0 && i < keys->count; i++)
		wanted = keys->keys[i].algorithm;
	const struct hf_alg *alg = hf_alg_find(wanted);
	bool can = alg != NULL && (alg->flags & HF_ALG_SIGNS) != 0;
	return hf_fail(diag, HF_ERR_REFUSED,
	        "no active %s for %s%s%s at %s: %s; make one with "
	        "\"holdfast keygen%s --algorithm %s --dir %s %s\", or correct the times of those "
	        "that are there",
	        hf_role_name(role), zone, algorithm != 0 ? " with " : "",
	        algorithm != 0 ? hf_alg_name(algorithm, name) : "",
	        hf_time_rfc3339(job->options->at, date), text_of(&list),
	        role == HF_ROLE_KSK ? " --ksk" : "", can ? alg->name : "ECDSAP256SHA256",
	        folder(job), zone);
}

static bool named(const struct hf_keydir *keys, size_t before, const struct hf_name *owner)
{
	for (size_t i = 0; i < before; i++)
		if (hf_name_equal(&keys->keys[i]->owner, owner))
			return true;
	return false;
}

static enum hf_err refuse_no_keys(const struct hf_sign_job *job, struct hf_diag *diag)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf list = {0};
	char zone[HF_NAME_TEXT], other[HF_NAME_TEXT];
	size_t listed = 0, more = 0;

	for (size_t i = 0; i < job->keys->count; i++) {
		const struct hf_name *owner = &job->keys->keys[i]->owner;
		if (named(job->keys, i, owner))
			continue;
		if (listed == LISTED) {
			more++;
			continue;
		}
		hf_put_text(&list, listed++ > 0 ? ", " : "there are keys for ");
		hf_put_text(&list, hf_name_text(owner, other));
	}
	if (more > 0)
		hf_put_format(&list, " and %zu more zones", more);
	if (listed == 0)
		hf_put_text(&list, "there are no keys at all");
	hf_name_text(hf_version_apex(job->zone), zone);
	return hf_fail(diag, HF_ERR_REFUSED,
	        "no keys for %s in %s: %s; make one with \"holdfast keygen --csk --dir %s %s\", or "
	        "name the right folder with --keys",
	        zone, folder(job), text_of(&list), folder(job), zone);
}

enum hf_err hf_sign_key_check(const struct hf_sign_key *key, struct hf_diag *diag)
{
	const struct hf_alg *alg = hf_alg_find(key->algorithm);
	const char *path = key->file->path != NULL ? key->file->path : "key";
	char text[HF_SIGN_KEY_TEXT];
	struct hf_dnskey public, private;

	hf_sign_key_text(key, text);
	if (alg == NULL || (alg->flags & HF_ALG_SIGNS) == 0)
		return hf_fail(diag, HF_ERR_REFUSED,
		        "%s: %s cannot be signed with any more; make a key of another algorithm "
		        "with holdfast keygen, and roll over to it",
		        path, text);
	if (key->file->pair == NULL)
		return hf_fail(diag, HF_ERR_REFUSED,
		        "%s: the private half of %s is missing; put its .private file beside the "
		        ".key file",
		        path, text);
	if (!hf_dnskey_read(hf_keyfile_dnskey(key->file), &public) ||
	        !hf_dnskey_read(hf_keypair_dnskey(key->file->pair), &private) ||
	        public.algorithm != private.algorithm || public.key_len != private.key_len ||
	        memcmp(public.key, private.key, public.key_len) != 0)
		return hf_fail(diag, HF_ERR_REFUSED,
		        "%s: the private half of %s does not match its public half; restore both "
		        "files from the same backup",
		        path, text);
	return HF_OK;
}

/* Whether the key's times ask for a DS record now. */
static bool synced(const struct hf_sign_key *key, hf_time at)
{
	const struct hf_key_times *times = &key->file->times;
	return key->published && !key->revoked && times->sync_publish != HF_TIME_NONE &&
	       times->sync_publish <= at &&
	       (times->sync_remove == HF_TIME_NONE || times->sync_remove > at);
}

/* Fills a key from its file. The role's part of the uses; needs no other key. */
static enum hf_err choose(
        struct hf_sign_key *key, const struct hf_keyfile *file, hf_time at, struct hf_diag *diag)
{
	enum hf_key_state state = state_at(file, at);
	struct hf_rdata rdata = hf_keyfile_dnskey(file);
	struct hf_dnskey fields;

	key->file = file;
	if (!hf_dnskey_read(rdata, &fields))
		return hf_fail(diag, HF_ERR_REFUSED, "%s: the DNSKEY record is malformed",
		        file->path != NULL ? file->path : "key");
	key->dnskey = malloc(rdata.len);
	if (key->dnskey == NULL)
		return HF_ERR_NOMEM;
	memcpy(key->dnskey, rdata.data, rdata.len);
	key->dnskey_len = rdata.len;
	key->algorithm = fields.algorithm;
	key->published = state != HF_KEY_GENERATED && state != HF_KEY_REMOVED;
	if (state == HF_KEY_REVOKED)
		hf_write_u16(key->dnskey, fields.flags | HF_DNSKEY_REVOKE);
	key->revoked = (hf_read_u16(key->dnskey) & HF_DNSKEY_REVOKE) != 0;
	key->tag = hf_dnskey_tag(hf_sign_key_rdata(key));
	if (state == HF_KEY_ACTIVE) {
		key->uses = file->role == HF_ROLE_ZSK   ? HF_USE_ZONE
		            : file->role == HF_ROLE_KSK ? HF_USE_DNSKEY | HF_USE_CDS
		                                        : HF_USE_DNSKEY | HF_USE_CDS | HF_USE_ZONE;
	}
	if (key->revoked)
		key->uses = key->published ? HF_USE_DNSKEY : 0;
	key->cds = synced(key, at);
	return key->uses != 0 ? hf_sign_key_check(key, diag) : HF_OK;
}

static bool has_zsk_file(const struct hf_sign_keys *keys, uint8_t algorithm)
{
	for (size_t i = 0; i < keys->count; i++)
		if (keys->keys[i].algorithm == algorithm && plays(&keys->keys[i], HF_ROLE_ZSK))
			return true;
	return false;
}

/* A KSK alone in its algorithm has to sign everything, or nothing of it could be validated. */
static void promote(struct hf_sign_keys *keys, struct hf_diag *warnings)
{
	char text[HF_SIGN_KEY_TEXT], name[32];
	for (size_t i = 0; i < keys->count; i++) {
		struct hf_sign_key *key = &keys->keys[i];
		if ((key->uses & HF_USE_CDS) == 0 || (key->uses & HF_USE_ZONE) != 0 ||
		        has_zsk_file(keys, key->algorithm))
			continue;
		key->uses |= HF_USE_ZONE;
		hf_diag_add(warnings, NULL, 0,
		        "%s signs the whole zone, since there is no ZSK with %s; make one with "
		        "holdfast keygen if this is not meant",
		        hf_sign_key_text(key, text), hf_alg_name(key->algorithm, name));
	}
}

static bool any_use(const struct hf_sign_keys *keys, uint8_t algorithm, enum hf_sign_use use)
{
	for (size_t i = 0; i < keys->count; i++)
		if ((algorithm == 0 || keys->keys[i].algorithm == algorithm) &&
		        !keys->keys[i].revoked && (keys->keys[i].uses & use) != 0)
			return true;
	return false;
}

static enum hf_err check_roles(const struct hf_sign_keys *keys, const struct hf_sign_job *job,
        uint8_t algorithm, struct hf_diag *diag)
{
	enum hf_err err = HF_OK;
	if (!any_use(keys, algorithm, HF_USE_DNSKEY))
		err = refuse_role(keys, job, HF_ROLE_KSK, algorithm, diag);
	if (!any_use(keys, algorithm, HF_USE_ZONE))
		err = refuse_role(keys, job, HF_ROLE_ZSK, algorithm, diag);
	return err;
}

void hf_sign_keys_note_ttl(struct hf_sign_keys *keys, const struct hf_sign_key *key)
{
	if (key->published && key->file->ttl != 0 && (keys->ttl == 0 || key->file->ttl < keys->ttl))
		keys->ttl = key->file->ttl;
}

enum hf_err hf_sign_keys_choose(
        const struct hf_sign_job *job, struct hf_diag *diag, struct hf_sign_keys *ret_keys)
{
	const struct hf_name *apex = hf_version_apex(job->zone);
	struct hf_sign_keys keys = {0};
	enum hf_err err = HF_OK, refused = HF_OK;

	if (job->duties != NULL)
		return hf_sign_keys_assign(job, diag, ret_keys);
	keys.keys = calloc(job->keys->count + 1, sizeof(*keys.keys));
	if (keys.keys == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < job->keys->count; i++) {
		if (!hf_name_equal(&job->keys->keys[i]->owner, apex))
			continue;
		struct hf_sign_key *key = &keys.keys[keys.count++];
		err = choose(key, job->keys->keys[i], job->options->at, diag);
		if (err == HF_ERR_REFUSED)
			refused = err;
		else if (err != HF_OK)
			goto done;
		hf_sign_keys_note_ttl(&keys, key);
	}
	if (keys.count == 0) {
		err = refuse_no_keys(job, diag);
		goto done;
	}
	promote(&keys, job->warnings);
	/* Without any signer at all, the algorithms would say the same again. */
	err = check_roles(&keys, job, 0, diag);
	if (err == HF_OK)
		err = refused;
done:
	if (err != HF_OK)
		hf_sign_keys_done(&keys);
	else
		*ret_keys = keys;
	return err;
}

enum hf_err hf_sign_keys_cover(const struct hf_sign_keys *keys, const struct hf_sign_job *job,
        const struct hf_rrset *dnskeys, struct hf_diag *diag)
{
	struct hf_rdata_walk walk = hf_rrset_rrs(dnskeys);
	struct hf_rdata rdata;
	struct hf_dnskey fields;
	bool seen[256] = {false};
	enum hf_err refused = HF_OK;

	while (hf_rdata_next(&walk, &rdata)) {
		if (!hf_dnskey_read(rdata, &fields) || seen[fields.algorithm] ||
		        (fields.flags & HF_DNSKEY_ZONE) == 0 ||
		        (fields.flags & HF_DNSKEY_REVOKE) != 0)
			continue;
		seen[fields.algorithm] = true;
		enum hf_err err = check_roles(keys, job, fields.algorithm, diag);
		if (err != HF_OK)
			refused = err;
	}
	return refused;
}
