/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is asked for, and the keys that it begins with when nobody gives any. */
#include <string.h>

#include "crypto/alg.h"
#include "sim/rehearsal.h"

#define EMERGENCY "emergency:"

/* "emergency:ksk": the key of that role that is in use. */
static bool read_emergency(const char *what, struct hf_theatre_change *change)
{
	static const char *const names[] = {
	        [HF_ROLE_KSK] = "ksk", [HF_ROLE_ZSK] = "zsk", [HF_ROLE_CSK] = "csk"};
	if (strncmp(what, EMERGENCY, strlen(EMERGENCY)) != 0)
		return false;
	for (unsigned role = 0; role < 3; role++) {
		if (strcmp(what + strlen(EMERGENCY), names[role]) != 0)
			continue;
		change->in_use = true;
		change->wish.emergency = true;
		change->wish.start.kind = HF_ROLL_KEYS_OF_ROLE;
		change->wish.start.role = role;
	}
	return change->in_use;
}

enum hf_err hf_rehearsal_change_read(const char *what, const char *method, hf_time at,
        struct hf_diag *diag, struct hf_theatre_change *ret_change)
{
	struct hf_theatre_change change = {.at = at};
	struct hf_wish by_method;
	bool emergency = read_emergency(what, &change);
	/* Any words do to read the method with. */
	enum hf_err err = hf_wish_read(emergency ? "zsk" : what, method, diag, &by_method);
	if (err != HF_OK)
		return err;
	if (emergency) {
		change.wish.start.has_method = by_method.start.has_method;
		change.wish.start.method = by_method.start.method;
	} else {
		change.wish = by_method;
	}
	*ret_change = change;
	return HF_OK;
}

static enum hf_err make(const struct hf_policy_role *policy, enum hf_role role,
        struct hf_random *random, hf_time born, struct hf_rehearsal_keys *keys)
{
	static const uint8_t exponent[] = {3, 1, 0, 1, 0x80}; /* 65537, and a modulus */
	const struct hf_alg *alg = hf_alg_find(policy->algorithm);
	size_t size = hf_key_size(policy->algorithm, policy->bits).rdata;
	struct hf_buf *out = &keys->rdata[keys->count];
	if (alg == NULL || size == 0)
		return HF_ERR_UNSUPPORTED;
	hf_put_u16(out, HF_DNSKEY_ZONE | (role == HF_ROLE_ZSK ? 0 : HF_DNSKEY_SEP));
	hf_put_u8(out, HF_DNSKEY_PROTOCOL);
	hf_put_u8(out, policy->algorithm);
	if (alg->key_len == 0)
		hf_put_bytes(out, exponent, sizeof(exponent));
	while (out->len < size && !out->failed)
		hf_put_u8(out, (uint8_t)hf_random_next(random));
	keys->keys[keys->count++] = (struct hf_plan_key){
	        .dnskey = {out->data, (uint16_t)out->len},
	        .role = role,
	        .uses = HF_USE_PUBLISHED | HF_USE_SIGNS | (role == HF_ROLE_ZSK ? 0 : HF_USE_DS),
	        .born = born,
	};
	return hf_buf_check(out);
}

enum hf_err hf_rehearsal_keys_make(const struct hf_policy *policy, hf_time born, uint64_t seed,
        struct hf_rehearsal_keys *ret_keys)
{
	struct hf_rehearsal_keys keys = {.count = 0};
	struct hf_random random = {seed};
	enum hf_err err = HF_OK;
	if (policy->model == HF_MODEL_KSK_ZSK)
		err = make(&policy->roles[HF_ROLE_CSK], HF_ROLE_CSK, &random, born, &keys);
	else
		err = make(&policy->roles[HF_ROLE_KSK], HF_ROLE_KSK, &random, born, &keys);
	if (err == HF_OK && policy->model == HF_MODEL_CSK)
		err = make(&policy->roles[HF_ROLE_ZSK], HF_ROLE_ZSK, &random, born, &keys);
	if (err == HF_OK)
		*ret_keys = keys;
	else
		hf_rehearsal_keys_done(&keys);
	return err;
}

void hf_rehearsal_keys_done(struct hf_rehearsal_keys *keys)
{
	for (size_t i = 0; i < 2; i++)
		hf_buf_done(&keys->rdata[i]);
	keys->count = 0;
}
