/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/keymake.h"

#include "crypto/keypair.h"
#include "crypto/tagbook.h"

/* ---- what is asked for ---- */

/* A life in another order than this leaves a zone without signatures, or with orphaned ones. */
static enum hf_err check_times(
        const struct hf_key_times *times, enum hf_role role, struct hf_diag *diag)
{
	const struct {
		hf_time first, second;
		const char *early, *late; /* what the key would be when they are in wrong order */
	} order[] = {
	        {times->publish, times->activate, "activated", "published"},
	        {times->activate, times->inactive, "retired", "activated"},
	        {times->activate, times->revoke, "revoked", "activated"},
	        {times->publish, times->remove, "deleted", "published"},
	        {times->activate, times->remove, "deleted", "activated"},
	        {times->inactive, times->remove, "deleted", "retired"},
	        {times->revoke, times->remove, "deleted", "revoked"},
	        {times->sync_publish, times->sync_remove, "taken out of the CDS set",
	                "put into it"},
	};
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (order[i].first != HF_TIME_NONE && order[i].second != HF_TIME_NONE &&
		        order[i].second < order[i].first)
			return hf_fail(diag, HF_ERR_INVALID,
			        "the key would be %s before it is %s; correct the dates",
			        order[i].early, order[i].late);
	}
	if (times->revoke != HF_TIME_NONE && role == HF_ROLE_ZSK)
		return hf_fail(diag, HF_ERR_INVALID,
		        "a ZSK is no trust anchor, so it cannot be revoked; leave --revoke out, or "
		        "make a KSK");
	return HF_OK;
}

static enum hf_err explain(
        enum hf_err err, const struct hf_keymake_options *options, struct hf_diag *diag)
{
	char name[32];
	hf_alg_name(options->algorithm, name);
	const struct hf_alg *alg = hf_alg_find(options->algorithm);
	if (err == HF_ERR_UNSUPPORTED)
		return hf_fail(diag, err,
		        "%s keys are not made; use ECDSAP256SHA256 (13), ED25519 (15), "
		        "ECDSAP384SHA384 (14), ED448 (16), RSASHA256 (8) or RSASHA512 (10)",
		        alg != NULL ? alg->name : name);
	if (err == HF_ERR_INVALID && alg->key_len == 0)
		return hf_fail(diag, err, "%s keys have %d to %u bits, not %u; correct --bits",
		        alg->name, HF_RSA_NEW_BITS, alg->max_bits, options->bits);
	if (err == HF_ERR_INVALID)
		return hf_fail(diag, err, "%s keys have %u bits, not %u; leave --bits out",
		        alg->name, alg->bits, options->bits);
	if (err == HF_ERR_CRYPTO)
		return hf_fail(diag, err, "OpenSSL could not make a %s key", alg->name);
	return err;
}

/* ---- making it ---- */

static enum hf_err make_once(
        const struct hf_keymake_options *options, struct hf_diag *diag, struct hf_keyfile **ret_key)
{
	uint16_t flags = HF_DNSKEY_ZONE;
	if (options->role != HF_ROLE_ZSK)
		flags |= HF_DNSKEY_SEP;
	struct hf_keypair *pair;
	enum hf_err err = hf_keypair_generate(options->algorithm, options->bits, flags, &pair);
	if (err != HF_OK)
		return explain(err, options, diag);
	struct hf_keyfile *key;
	err = hf_keyfile_new(options->owner, options->role, pair, &key);
	if (err != HF_OK)
		return err;
	key->times = options->times;
	key->ttl = options->ttl;
	*ret_key = key;
	return HF_OK;
}

static bool is_taken(const struct hf_keymake_options *options, const struct hf_tagbook *book,
        const struct hf_keyfile *key)
{
	for (size_t i = 0; i < options->taken_count; i++) {
		if (options->taken[i] == key->plain_tag || options->taken[i] == key->revoked_tag)
			return true;
	}
	return hf_tagbook_taken(book, key);
}

static enum hf_err make_unique(const struct hf_keymake_options *options,
        const struct hf_tagbook *book, struct hf_diag *diag, struct hf_keyfile **ret_key)
{
	for (unsigned i = 0; i < HF_KEYMAKE_TRIES; i++) {
		struct hf_keyfile *key = NULL;
		enum hf_err err = make_once(options, diag, &key);
		if (err != HF_OK)
			return err;
		if (!is_taken(options, book, key)) {
			*ret_key = key;
			return HF_OK;
		}
		hf_keyfile_free(key);
	}
	char zone[HF_NAME_TEXT];
	return hf_fail(diag, HF_ERR_LIMIT,
	        "each of %d new keys had a tag that a key of %s in %s has or had; make the key in "
	        "a folder of its own",
	        HF_KEYMAKE_TRIES, hf_name_text(options->owner, zone), options->dir);
}

enum hf_err hf_keymake(
        const struct hf_keymake_options *options, struct hf_diag *diag, struct hf_keyfile **ret_key)
{
	enum hf_err err = hf_keypair_allowed(options->algorithm, options->bits);
	if (err != HF_OK)
		return explain(err, options, diag);
	err = check_times(&options->times, options->role, diag);
	if (err != HF_OK)
		return err;
	struct hf_tagbook *book;
	err = hf_tagbook_open(options->dir, options->owner, diag, &book);
	if (err != HF_OK)
		return err;
	struct hf_keyfile *key = NULL;
	err = make_unique(options, book, diag, &key);
	if (err == HF_OK)
		err = hf_tagbook_add(book, key, diag);
	if (err == HF_OK)
		err = hf_keyfile_write(options->dir, key, diag);
	hf_tagbook_close(book);
	if (err != HF_OK) {
		hf_keyfile_free(key);
		return err;
	}
	*ret_key = key;
	return HF_OK;
}

enum hf_err hf_keymake_tags(const char *dir, const struct hf_name *owner, struct hf_diag *diag,
        uint16_t **ret_tags, size_t *ret_count)
{
	struct hf_tagbook *book;
	enum hf_err err = hf_tagbook_open(dir, owner, diag, &book);
	if (err != HF_OK)
		return err;
	err = hf_tagbook_list(book, ret_tags, ret_count);
	hf_tagbook_close(book);
	return err;
}
