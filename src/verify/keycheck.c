/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "verify/zonecheck.h"

#define FLAGS_KNOWN  (HF_DNSKEY_ZONE | HF_DNSKEY_REVOKE | HF_DNSKEY_SEP)
#define RSA_GOOD     2048
#define RSA_EXPONENT 35 /* the bits of it that every validator takes; BIND's stop there */

static struct hf_where at_key(const struct hf_facts *facts, const struct hf_zone_key *key)
{
	struct hf_where where = hf_facts_apex(facts, KNOT_RRTYPE_DNSKEY);
	where.tag = key->tag;
	where.cause = key->dnskey.algorithm;
	return where;
}

static bool is_revoked(const struct hf_zone_key *key)
{
	return (key->dnskey.flags & HF_DNSKEY_REVOKE) != 0;
}

static bool is_rsa(uint8_t algorithm)
{
	return algorithm == HF_ALG_RSASHA1 || algorithm == HF_ALG_RSASHA1_NSEC3 ||
	       algorithm == HF_ALG_RSASHA256 || algorithm == HF_ALG_RSASHA512;
}

static void judge_fields(struct hf_worker *worker, const struct hf_zone_key *key)
{
	const struct hf_facts *facts = worker->facts;
	struct hf_where where = at_key(facts, key);
	struct hf_dnskey dnskey;
	/* What cannot be read at all is a finding of its own. */
	if (!hf_dnskey_read(key->rdata, &dnskey))
		return;
	if (key->dnskey.protocol != HF_DNSKEY_PROTOCOL)
		hf_found(&worker->finds, HF_CHECK_KEY_PROTOCOL, &where,
		        "%s has protocol %u instead of 3; validators must not use it.", key->label,
		        key->dnskey.protocol);
	if ((key->dnskey.flags & HF_DNSKEY_ZONE) == 0)
		hf_found(&worker->finds, HF_CHECK_KEY_FLAGS, &where,
		        "%s has no zone key flag (flags %u); validators must not use it.",
		        key->label, key->dnskey.flags);
	else if ((key->dnskey.flags & ~FLAGS_KNOWN) != 0)
		hf_found(&worker->finds, HF_CHECK_KEY_FLAGS, &where,
		        "%s has flags %u, with bits that are not defined.", key->label,
		        key->dnskey.flags);
	else if (key->use == HF_KEY_UNUSABLE && key->dnskey.protocol == HF_DNSKEY_PROTOCOL)
		hf_found(&worker->finds, HF_CHECK_KEY_INVALID, &where,
		        "The key data of %s (%u bytes) is no public key of its algorithm.",
		        key->label, key->dnskey.key_len);
}

struct rsa {
	unsigned bits; /* as written, with leading zeros */
	unsigned exponent_bits;
	bool leading_zero;
};

static unsigned bits_of(const uint8_t *number, size_t len)
{
	while (len > 0 && number[0] == 0) {
		number++;
		len--;
	}
	return len > 0 ? (unsigned)len * 8 - (unsigned)__builtin_clz(number[0]) + 24 : 0;
}

/* RFC 3110 section 2: exponent length in one or three bytes, exponent, modulus. */
static bool rsa_read(const struct hf_dnskey *dnskey, struct rsa *ret_rsa)
{
	struct hf_cursor cursor;
	hf_cursor_init(&cursor, dnskey->key, dnskey->key_len);
	size_t len = hf_get_u8(&cursor);
	if (len == 0)
		len = hf_get_u16(&cursor);
	const uint8_t *exponent = hf_get_bytes(&cursor, len);
	size_t modulus_len = hf_cursor_left(&cursor);
	const uint8_t *modulus = hf_get_bytes(&cursor, 1);
	if (exponent == NULL || modulus == NULL || len == 0)
		return false;
	*ret_rsa = (struct rsa){
	        .bits = (unsigned)modulus_len * 8,
	        .exponent_bits = bits_of(exponent, len),
	        .leading_zero = exponent[0] == 0 || modulus[0] == 0,
	};
	return true;
}

static void judge_rsa(struct hf_worker *worker, const struct hf_zone_key *key)
{
	struct hf_where where = at_key(worker->facts, key);
	const struct hf_alg *alg = hf_alg_find(key->dnskey.algorithm);
	struct rsa rsa;
	if (alg == NULL || !is_rsa(alg->number) || !rsa_read(&key->dnskey, &rsa))
		return;
	if (rsa.exponent_bits > RSA_EXPONENT)
		hf_found(&worker->finds, HF_CHECK_KEY_RSA_EXPONENT, &where,
		        "%s has an exponent of %u bits; validators take up to %d.", key->label,
		        rsa.exponent_bits, RSA_EXPONENT);
	if (rsa.leading_zero)
		hf_found(&worker->finds, HF_CHECK_KEY_RSA_ENCODING, &where,
		        "%s has leading zero bytes in its exponent or modulus.", key->label);
	/* A key that can be read tells its size to the bit. */
	unsigned bits = key->pubkey != NULL ? hf_pubkey_bits(key->pubkey) : rsa.bits;
	if (bits < alg->min_bits || bits > alg->max_bits)
		hf_found(&worker->finds, HF_CHECK_KEY_SIZE, &where,
		        "%s has %u bits; its algorithm allows %u to %u.", key->label, bits,
		        alg->min_bits, alg->max_bits);
	else if (bits < RSA_GOOD)
		hf_found(&worker->finds, HF_CHECK_KEY_WEAK, &where, "%s has only %u bits.",
		        key->label, bits);
}

static void judge_algorithm(struct hf_worker *worker, const struct hf_zone_key *key)
{
	char name[32];
	struct hf_where where = at_key(worker->facts, key);
	if (key->use == HF_KEY_UNSUPPORTED) {
		hf_found(&worker->finds, HF_CHECK_ALG_UNSUPPORTED, &where,
		        "%s is not supported, so no signature by %s was verified.",
		        hf_alg_name(key->dnskey.algorithm, name), key->label);
		return;
	}
	const struct hf_alg *alg = hf_alg_find(key->dnskey.algorithm);
	if (alg == NULL)
		return;
	if ((alg->flags & HF_ALG_DEPRECATED) != 0)
		hf_found(&worker->finds, HF_CHECK_ALG_DEPRECATED, &where,
		        "%s uses %s; its signatures were verified, but validators begin to ignore "
		        "them.",
		        key->label, alg->name);
	else if ((alg->flags & HF_ALG_DISCOURAGED) != 0)
		hf_found(&worker->finds, HF_CHECK_ALG_DISCOURAGED, &where,
		        "%s uses %s, which is not recommended for signing.", key->label, alg->name);
}

static void judge_use(struct hf_worker *worker, size_t index)
{
	const struct hf_zone_key *key = &worker->facts->keys[index];
	struct hf_where where = at_key(worker->facts, key);
	if (key->use != HF_KEY_USABLE)
		return;
	if (is_revoked(key)) {
		hf_found(&worker->finds, HF_CHECK_KEY_REVOKED, &where, "The %s is published.",
		        key->label);
		if (!worker->signed_dnskey[index])
			hf_found(&worker->finds, HF_CHECK_KEY_REVOKED_UNSIGNED, &where,
			        "The %s has no good signature over the DNSKEY set.", key->label);
	} else if (!worker->key_used[index]) {
		hf_found(&worker->finds, HF_CHECK_KEY_UNUSED, &where,
		        "%s signs nothing in the zone.", key->label);
	}
}

/* The tag that a key gets, or would get, with the REVOKE bit. */
static uint16_t revoked_tag(const struct hf_zone_key *key)
{
	/* The sum of appendix B of RFC 4034, with the bit added and the carry folded once more. */
	uint32_t sum = 0;
	for (size_t i = 0; i < key->rdata.len; i++) {
		uint8_t byte = key->rdata.data[i];
		if (i == 1)
			byte |= HF_DNSKEY_REVOKE;
		sum += (i & 1) != 0 ? byte : (uint32_t)byte << 8;
	}
	return (uint16_t)((sum + (sum >> 16)) & 0xffff);
}

/* The same key material, as a key beside its revoked form has. */
static bool is_same_key(const struct hf_zone_key *a, const struct hf_zone_key *b)
{
	struct hf_rdata left = {.data = a->dnskey.key, .len = a->dnskey.key_len};
	struct hf_rdata right = {.data = b->dnskey.key, .len = b->dnskey.key_len};
	return a->dnskey.algorithm == b->dnskey.algorithm && hf_rdata_equal(left, right);
}

static void judge_tags(struct hf_worker *worker, size_t index)
{
	const struct hf_facts *facts = worker->facts;
	const struct hf_zone_key *key = &facts->keys[index];
	struct hf_where where = at_key(facts, key);
	unsigned same = 1;
	for (size_t i = 0; i < facts->key_count; i++) {
		const struct hf_zone_key *other = &facts->keys[i];
		/* Validators do not try keys that they must not use. */
		if (i == index || key->use == HF_KEY_UNUSABLE || other->use == HF_KEY_UNUSABLE)
			continue;
		if (other->tag == key->tag) {
			same += other->dnskey.algorithm == key->dnskey.algorithm;
			if (i > index)
				hf_found(&worker->finds, HF_CHECK_KEY_TAG_COLLISION, &where,
				        "%s and %s have the same tag.", key->label, other->label);
		} else if (!is_revoked(key) && revoked_tag(key) == other->tag &&
		           !is_same_key(key, other)) {
			hf_found(&worker->finds, HF_CHECK_KEY_TAG_COLLISION, &where,
			        "%s gets tag %u when it is revoked, which is that of %s.",
			        key->label, other->tag, other->label);
		}
	}
	if (same > HF_VERIFY_SAME_TAG)
		hf_found(&worker->finds, HF_CHECK_KEY_TAG_LIMIT, &where,
		        "%u keys have tag %u and the same algorithm; only %d were tried.", same,
		        key->tag, HF_VERIFY_SAME_TAG);
}

/*
 * Keys that validators may use, and whether those for the parent sign the DNSKEY set. Signatures
 * that are out of their time count here: they are a finding of their own.
 */
static void judge_roles(struct hf_worker *worker)
{
	const struct hf_facts *facts = worker->facts;
	struct hf_where where = hf_facts_apex(facts, KNOT_RRTYPE_DNSKEY);
	bool sep = false, sep_signs = false, usable = false, unsupported = false, unproven = false;
	for (size_t i = 0; i < facts->key_count; i++) {
		const struct hf_zone_key *key = &facts->keys[i];
		if (!hf_zone_key_signs(key))
			continue;
		usable = usable || key->use == HF_KEY_USABLE;
		unsupported = unsupported || key->use == HF_KEY_UNSUPPORTED;
		if ((key->dnskey.flags & HF_DNSKEY_SEP) == 0)
			continue;
		sep = true;
		sep_signs = sep_signs || worker->made_dnskey[i];
		unproven = unproven || key->use == HF_KEY_UNSUPPORTED;
	}
	if (!usable && !unsupported)
		hf_found(&worker->finds, HF_CHECK_KEY_NONE_USABLE, &where,
		        "None of the %zu keys in the DNSKEY set may be used by validators.",
		        facts->key_count);
	else if (!usable)
		hf_found(&worker->finds, HF_CHECK_ALG_NONE_SUPPORTED, &where,
		        "No key in the DNSKEY set has a supported algorithm, so no signature was "
		        "verified.");
	else if (!sep)
		hf_found(&worker->finds, HF_CHECK_KEY_NO_SEP, &where,
		        "No key in the DNSKEY set has the SEP flag (257).");
	else if (!sep_signs && !unproven)
		hf_found(&worker->finds, HF_CHECK_KEY_KSK_NOT_SIGNING, &where,
		        "No key with the SEP flag signs the DNSKEY set: no DS can lead here.");
}

void hf_keys_judge(struct hf_worker *worker)
{
	const struct hf_facts *facts = worker->facts;
	for (size_t i = 0; i < facts->key_count; i++) {
		const struct hf_zone_key *key = &facts->keys[i];
		judge_fields(worker, key);
		judge_rsa(worker, key);
		if (key->use != HF_KEY_UNUSABLE)
			judge_algorithm(worker, key);
		judge_use(worker, i);
		judge_tags(worker, i);
	}
	judge_roles(worker);
}
