/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/keyfile.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/keyparse.h"

const struct hf_key_times HF_KEY_TIMES_NONE = {HF_TIME_NONE, HF_TIME_NONE, HF_TIME_NONE,
        HF_TIME_NONE, HF_TIME_NONE, HF_TIME_NONE, HF_TIME_NONE, HF_TIME_NONE};

const char *hf_role_name(enum hf_role role)
{
	static const char *const names[] = {"KSK", "ZSK", "CSK"};
	return names[role];
}

const char *hf_key_state_name(enum hf_key_state state)
{
	static const char *const names[] = {
	        "generated", "published", "active", "retired", "revoked", "removed"};
	return names[state];
}

void hf_keyfile_free(struct hf_keyfile *key)
{
	if (key == NULL)
		return;
	hf_keypair_free(key->pair);
	free(key->dnskey);
	free(key->path);
	free(key);
}

struct hf_rdata hf_keyfile_dnskey(const struct hf_keyfile *key)
{
	return (struct hf_rdata){key->dnskey, key->dnskey_len};
}

enum hf_err hf_keyfile_set_dnskey(struct hf_keyfile *key, struct hf_rdata dnskey)
{
	struct hf_dnskey view;
	if (!hf_dnskey_read(dnskey, &view))
		return HF_ERR_SYNTAX;
	key->dnskey = malloc(dnskey.len);
	if (key->dnskey == NULL)
		return HF_ERR_NOMEM;
	memcpy(key->dnskey, dnskey.data, dnskey.len);
	key->dnskey_len = dnskey.len;
	key->algorithm = view.algorithm;
	key->tag = hf_dnskey_tag(dnskey);
	/* The REVOKE bit is in the low byte of the flags, the second of the RDATA. */
	key->dnskey[1] |= HF_DNSKEY_REVOKE;
	key->revoked_tag = hf_dnskey_tag(hf_keyfile_dnskey(key));
	key->dnskey[1] &= (uint8_t)~HF_DNSKEY_REVOKE;
	key->plain_tag = hf_dnskey_tag(hf_keyfile_dnskey(key));
	key->dnskey[1] = dnskey.data[1];

	struct hf_pubkey *public;
	enum hf_err err = hf_pubkey_new(dnskey, &public);
	if (err == HF_ERR_UNSUPPORTED)
		return HF_OK;
	if (err != HF_OK)
		return err;
	key->bits = hf_pubkey_bits(public);
	hf_pubkey_free(public);
	return HF_OK;
}

enum hf_err hf_keyfile_new(const struct hf_name *owner, enum hf_role role, struct hf_keypair *pair,
        struct hf_keyfile **ret_key)
{
	struct hf_keyfile *key = calloc(1, sizeof(*key));
	if (key == NULL) {
		hf_keypair_free(pair);
		return HF_ERR_NOMEM;
	}
	key->owner = *owner;
	key->role = role;
	key->times = HF_KEY_TIMES_NONE;
	key->pair = pair;
	enum hf_err err = hf_keyfile_set_dnskey(key, hf_keypair_dnskey(pair));
	if (err != HF_OK) {
		hf_keyfile_free(key);
		return err;
	}
	*ret_key = key;
	return HF_OK;
}

/* ---- state ---- */

static bool reached(hf_time event, hf_time now)
{
	return event != HF_TIME_NONE && event <= now;
}

static bool without_times(const struct hf_key_times *times)
{
	return times->created == HF_TIME_NONE && times->publish == HF_TIME_NONE &&
	       times->activate == HF_TIME_NONE && times->revoke == HF_TIME_NONE &&
	       times->inactive == HF_TIME_NONE && times->remove == HF_TIME_NONE;
}

enum hf_key_state hf_keyfile_state(const struct hf_keyfile *key, hf_time now)
{
	const struct hf_key_times *times = &key->times;
	bool revoked = key->tag == key->revoked_tag || reached(times->revoke, now);
	if (reached(times->remove, now))
		return HF_KEY_REMOVED;
	if (without_times(times))
		return revoked ? HF_KEY_REVOKED : HF_KEY_ACTIVE;
	if (!reached(times->publish, now) && !reached(times->activate, now))
		return HF_KEY_GENERATED;
	if (revoked)
		return HF_KEY_REVOKED;
	if (reached(times->inactive, now))
		return HF_KEY_RETIRED;
	return reached(times->activate, now) ? HF_KEY_ACTIVE : HF_KEY_PUBLISHED;
}
