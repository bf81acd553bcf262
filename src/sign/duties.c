/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sign/duties.h"

#include <stdlib.h>
#include <string.h>

#include "sign/sign_keys.h"

static enum hf_err refuse(const struct hf_sign_duty *duty, const char *what, struct hf_diag *diag)
{
	char name[32];
	return hf_fail(diag, HF_ERR_REFUSED,
	        "the duties of key %u (%s) contradict each other: %s; give it other duties",
	        duty->tag, hf_alg_name(duty->algorithm, name), what);
}

static enum hf_err check_flags(const struct hf_sign_duty *duty, struct hf_diag *diag)
{
	unsigned flags = duty->flags;
	bool published = (flags & HF_DUTY_PUBLISHED) != 0;

	if ((flags & ~(unsigned)HF_DUTY_ALL) != 0)
		return hf_fail(
		        diag, HF_ERR_INVALID, "key %u has a duty that does not exist", duty->tag);
	if ((flags & HF_DUTY_SIGN_KEYS) != 0 && !published)
		return refuse(duty, "it signs the DNSKEY set and is not in it", diag);
	if ((flags & HF_DUTY_REVOKED) != 0 && !published)
		return refuse(duty, "it is revoked and not published", diag);
	if ((flags & HF_DUTY_REVOKED) != 0 && (flags & HF_DUTY_CDS) != 0)
		return refuse(duty, "it is revoked, and the parent is asked for its DS", diag);
	return HF_OK;
}

static bool same_name(const struct hf_sign_duty *a, const struct hf_sign_duty *b)
{
	return a->tag == b->tag && a->algorithm == b->algorithm;
}

static enum hf_err check_list(const struct hf_sign_duties *duties, struct hf_diag *diag)
{
	for (size_t i = 0; i < duties->count; i++) {
		enum hf_err err = check_flags(&duties->list[i], diag);
		for (size_t j = 0; err == HF_OK && j < i; j++)
			if (same_name(&duties->list[i], &duties->list[j]))
				err = hf_fail(diag, HF_ERR_INVALID, "key %u has duties twice",
				        duties->list[i].tag);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

/* The key file that a duty names; NULL when there is none and nobody needs it. */
static enum hf_err find_file(const struct hf_sign_job *job, const struct hf_sign_duty *duty,
        struct hf_diag *diag, const struct hf_keyfile **ret_file)
{
	const struct hf_name *apex = hf_version_apex(job->zone);
	const char *folder = job->keys_from != NULL ? job->keys_from : "DIR";
	const struct hf_keyfile *found = NULL;
	char name[32];

	for (size_t i = 0; i < job->keys->count; i++) {
		const struct hf_keyfile *file = job->keys->keys[i];
		if (file->plain_tag != duty->tag || file->algorithm != duty->algorithm ||
		        !hf_name_equal(&file->owner, apex))
			continue;
		if (found != NULL)
			return hf_fail(diag, HF_ERR_REFUSED,
			        "two keys in %s have the tag %u (%s), so that nobody can tell "
			        "which is meant; take one of them away",
			        folder, duty->tag, hf_alg_name(duty->algorithm, name));
		found = file;
	}
	if (found == NULL && (duty->flags & ~(unsigned)HF_DUTY_KEPT) != 0)
		return hf_fail(diag, HF_ERR_REFUSED,
		        "key %u (%s) is needed and not in %s; restore its files from a backup",
		        duty->tag, hf_alg_name(duty->algorithm, name), folder);
	*ret_file = found;
	return HF_OK;
}

/* A key in the form with or without the REVOKE bit; its uses are still to be filled in. */
static enum hf_err add_form(struct hf_sign_keys *keys, const struct hf_keyfile *file, bool revoked,
        struct hf_diag *diag, struct hf_sign_key **ret_key)
{
	struct hf_rdata rdata = hf_keyfile_dnskey(file);
	struct hf_sign_key *key = &keys->keys[keys->count];
	struct hf_dnskey fields;

	if (!hf_dnskey_read(rdata, &fields))
		return hf_fail(diag, HF_ERR_REFUSED, "%s: the DNSKEY record is malformed",
		        file->path != NULL ? file->path : "key");
	*key = (struct hf_sign_key){.file = file,
	        .dnskey = malloc(rdata.len),
	        .dnskey_len = rdata.len,
	        .algorithm = fields.algorithm,
	        .revoked = revoked};
	if (key->dnskey == NULL)
		return HF_ERR_NOMEM;
	keys->count++;
	memcpy(key->dnskey, rdata.data, rdata.len);
	hf_write_u16(key->dnskey,
	        (uint16_t)((fields.flags & ~HF_DNSKEY_REVOKE) | (revoked ? HF_DNSKEY_REVOKE : 0)));
	key->tag = hf_dnskey_tag(hf_sign_key_rdata(key));
	*ret_key = key;
	return HF_OK;
}

static enum hf_err add_plain(struct hf_sign_keys *keys, const struct hf_keyfile *file,
        unsigned flags, struct hf_diag *diag)
{
	bool revoked = (flags & HF_DUTY_REVOKED) != 0;
	struct hf_sign_key *key = NULL;

	if (revoked && (flags & (HF_DUTY_SIGN_DATA | HF_DUTY_KEPT)) == 0)
		return HF_OK;
	enum hf_err err = add_form(keys, file, false, diag, &key);
	if (err != HF_OK)
		return err;
	key->published = (flags & HF_DUTY_PUBLISHED) != 0 && !revoked;
	key->cds = (flags & HF_DUTY_CDS) != 0;
	key->kept = (flags & HF_DUTY_KEPT) != 0;
	keys->keeps = keys->keeps || key->kept;
	if ((flags & HF_DUTY_SIGN_KEYS) != 0 && !revoked)
		key->uses |= HF_USE_DNSKEY | HF_USE_CDS;
	/* The parent's robots ask for a signature by a key with a DS (RFC 7344 section 4.1);
	 * validators for one by each algorithm, as of all other data. */
	if ((flags & HF_DUTY_SIGN_DATA) != 0)
		key->uses |= HF_USE_ZONE | HF_USE_CDS;
	hf_sign_keys_note_ttl(keys, key);
	return key->uses != 0 ? hf_sign_key_check(key, diag) : HF_OK;
}

static enum hf_err add_revoked(struct hf_sign_keys *keys, const struct hf_keyfile *file,
        unsigned flags, struct hf_diag *diag)
{
	struct hf_sign_key *key = NULL;
	enum hf_err err = add_form(keys, file, true, diag, &key);
	if (err != HF_OK)
		return err;
	key->published = true;
	key->uses = (flags & HF_DUTY_SIGN_KEYS) != 0 ? HF_USE_DNSKEY : 0;
	hf_sign_keys_note_ttl(keys, key);
	return key->uses != 0 ? hf_sign_key_check(key, diag) : HF_OK;
}

static enum hf_err add_key(const struct hf_sign_job *job, const struct hf_sign_duty *duty,
        struct hf_diag *diag, struct hf_sign_keys *keys)
{
	const struct hf_keyfile *file = NULL;

	if (duty->flags == 0)
		return HF_OK;
	enum hf_err err = find_file(job, duty, diag, &file);
	if (err != HF_OK || file == NULL)
		return err;
	err = add_plain(keys, file, duty->flags, diag);
	if (err == HF_OK && (duty->flags & HF_DUTY_REVOKED) != 0)
		err = add_revoked(keys, file, duty->flags, diag);
	return err;
}

/* The keys together: either the zone is signed, or it has no key at all. */
static enum hf_err check_together(struct hf_sign_keys *keys, struct hf_diag *diag)
{
	bool published = false, cds = false;
	unsigned uses = 0;

	for (size_t i = 0; i < keys->count; i++) {
		const struct hf_sign_key *key = &keys->keys[i];
		published = published || key->published;
		cds = cds || key->cds;
		uses |= key->revoked ? 0 : key->uses;
	}
	keys->nobody = !published && uses == 0;
	if (keys->nobody && cds)
		return hf_fail(diag, HF_ERR_REFUSED,
		        "the parent is asked for DS records of a zone that nobody signs; let keys "
		        "sign it, or take the CDS records away");
	if (keys->nobody)
		return HF_OK;
	if ((uses & HF_USE_DNSKEY) == 0)
		return hf_fail(diag, HF_ERR_REFUSED,
		        "no key signs the DNSKEY set; let a published key that is not revoked do "
		        "so");
	if ((uses & HF_USE_ZONE) == 0)
		return hf_fail(diag, HF_ERR_REFUSED,
		        "keys are published and none signs the zone's data; let one of them do so");
	return HF_OK;
}

enum hf_err hf_sign_keys_assign(
        const struct hf_sign_job *job, struct hf_diag *diag, struct hf_sign_keys *ret_keys)
{
	const struct hf_sign_duties *duties = job->duties;
	struct hf_sign_keys keys = {0};
	enum hf_err refused = HF_OK;

	enum hf_err err = check_list(duties, diag);
	if (err != HF_OK)
		return err;
	keys.keys = calloc(2 * duties->count + 1, sizeof(*keys.keys));
	if (keys.keys == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < duties->count; i++) {
		err = add_key(job, &duties->list[i], diag, &keys);
		if (err == HF_ERR_REFUSED)
			refused = err;
		else if (err != HF_OK)
			goto done;
	}
	err = refused == HF_OK ? check_together(&keys, diag) : refused;
done:
	if (err != HF_OK)
		hf_sign_keys_done(&keys);
	else
		*ret_keys = keys;
	return err;
}

/* ---- comparing ---- */

static const struct hf_sign_duty *find_duty(
        const struct hf_sign_duties *duties, const struct hf_sign_duty *like)
{
	for (size_t i = 0; i < duties->count; i++)
		if (same_name(&duties->list[i], like))
			return &duties->list[i];
	return NULL;
}

/* Whether every key with duties in `a` has the same in `b`. */
static bool within(const struct hf_sign_duties *a, const struct hf_sign_duties *b)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct hf_sign_duty *other = find_duty(b, &a->list[i]);
		if (a->list[i].flags != (other != NULL ? other->flags : 0))
			return false;
	}
	return true;
}

bool hf_sign_duties_same(const struct hf_sign_duties *a, const struct hf_sign_duties *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a->digests == b->digests && within(a, b) && within(b, a);
}
