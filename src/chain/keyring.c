/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chain/keyring.h"

#include <stdlib.h>
#include <string.h>

static enum hf_err make_key(struct hf_ring_key *key)
{
	enum hf_err err = hf_pubkey_new(key->rdata, &key->pubkey);
	if (err == HF_OK)
		return hf_verifier_new(key->pubkey, &key->verifier);
	if (err == HF_ERR_UNSUPPORTED)
		key->use = HF_RING_UNSUPPORTED;
	else if (err == HF_ERR_INVALID || err == HF_ERR_SYNTAX)
		key->use = HF_RING_BAD;
	else
		return err;
	return HF_OK;
}

static enum hf_err read_key(struct hf_ring_key *key, struct hf_rdata rdata)
{
	key->rdata = rdata;
	if (!hf_dnskey_read(rdata, &key->dnskey)) {
		key->use = HF_RING_BAD;
		return HF_OK;
	}
	key->tag = hf_dnskey_tag(rdata);
	if ((key->dnskey.flags & HF_DNSKEY_ZONE) == 0 || key->dnskey.protocol != HF_DNSKEY_PROTOCOL)
		key->use = HF_RING_NOT_ZONE;
	else if ((key->dnskey.flags & HF_DNSKEY_REVOKE) != 0)
		key->use = HF_RING_REVOKED;
	else
		return make_key(key);
	return HF_OK;
}

static enum hf_err read_set(struct hf_keyring *ring, const struct hf_rrset *set)
{
	ring->overfull = set->rr_count > HF_RING_KEYS;
	size_t most = ring->overfull ? HF_RING_KEYS : set->rr_count;
	ring->bytes = malloc(set->rrs_len + 1u);
	ring->keys = calloc(most + 1, sizeof(*ring->keys));
	if (ring->bytes == NULL || ring->keys == NULL)
		return HF_ERR_NOMEM;
	if (set->rrs_len > 0)
		memcpy(ring->bytes, set->rrs, set->rrs_len);
	struct hf_rdata_walk walk = {.at = ring->bytes, .end = ring->bytes + set->rrs_len};
	struct hf_rdata rdata;
	while (ring->count < most && hf_rdata_next(&walk, &rdata)) {
		enum hf_err err = read_key(&ring->keys[ring->count++], rdata);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

enum hf_err hf_keyring_new(
        const struct hf_name *zone, const struct hf_rrset *set, struct hf_keyring **ret_ring)
{
	struct hf_keyring *ring = calloc(1, sizeof(*ring));
	if (ring == NULL)
		return HF_ERR_NOMEM;
	ring->zone = *zone;
	enum hf_err err = read_set(ring, set);
	if (err != HF_OK) {
		hf_keyring_free(ring);
		return err;
	}
	*ret_ring = ring;
	return HF_OK;
}

void hf_keyring_free(struct hf_keyring *ring)
{
	if (ring == NULL)
		return;
	for (size_t i = 0; i < ring->count; i++) {
		hf_verifier_free(ring->keys[i].verifier);
		hf_pubkey_free(ring->keys[i].pubkey);
	}
	free(ring->keys);
	free(ring->bytes);
	free(ring);
}
