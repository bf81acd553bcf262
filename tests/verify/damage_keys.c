/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Damage to keys, to the link from the parent, and to what asks the parent for a change. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "damage.h"

#define RSA_EXPONENT 65537

static void put_key(struct kit *kit, struct hf_rdata dnskey)
{
	kit_put(kit, KIT_APEX, KNOT_RRTYPE_DNSKEY, KIT_TTL, dnskey.data, dnskey.len);
}

/* The KSK's or ZSK's record in the zone, told apart by the SEP flag. */
static struct kit_record *key_record(struct kit *kit, bool sep)
{
	for (size_t i = 0; i < kit->count; i++) {
		struct kit_record *record = &kit->records[i];
		if (record->type == KNOT_RRTYPE_DNSKEY && (record->data[1] & 1) == sep)
			return record;
	}
	return NULL;
}

static void drop_keys(struct kit *kit)
{
	kit_drop(kit, KIT_APEX, KNOT_RRTYPE_DNSKEY);
}

static void only_ksk(struct kit *kit)
{
	drop_keys(kit);
	put_key(kit, hf_keypair_dnskey(kit->ksk));
}

static void only_zsk(struct kit *kit)
{
	drop_keys(kit);
	put_key(kit, hf_keypair_dnskey(kit->zsk));
}

/* Signs the DNSKEY set by a key as it is in the zone, whatever its flags are. */
static void sign_keys_by(struct kit *kit, const struct hf_keypair *pair, struct hf_rdata dnskey)
{
	struct sig_plan plan;
	kit_plan(kit, KIT_APEX, KNOT_RRTYPE_DNSKEY, &plan);
	plan.pair = pair;
	plan.rrsig.algorithm = dnskey.data[3];
	plan.rrsig.tag = hf_dnskey_tag(dnskey);
	kit_sign_with(kit, KIT_APEX, &plan);
}

static void keys_by_zsk(struct kit *kit)
{
	kit_drop_sigs(kit, KIT_APEX, KNOT_RRTYPE_DNSKEY);
	sign_keys_by(kit, kit->zsk, hf_keypair_dnskey(kit->zsk));
}

static void everything_unsigned(struct kit *kit)
{
	size_t kept = 0;
	for (size_t i = 0; i < kit->count; i++) {
		struct kit_record record = kit->records[i];
		bool gone = record.type == KNOT_RRTYPE_RRSIG || record.type == KNOT_RRTYPE_NSEC ||
		            record.type == KNOT_RRTYPE_NSEC3 || record.type == KNOT_RRTYPE_DNSKEY;
		if (gone)
			free(record.data);
		else
			kit->records[kept++] = record;
	}
	kit->count = kept;
}

/* Adds a copy of the KSK or ZSK with a changed byte. */
static void add_changed(struct kit *kit, bool sep, size_t at, uint8_t value)
{
	struct kit_record record = *key_record(kit, sep);
	uint8_t copy[HF_SIG_MAX];
	memcpy(copy, record.data, record.len);
	copy[at] = value;
	kit_put(kit, KIT_APEX, KNOT_RRTYPE_DNSKEY, KIT_TTL, copy, record.len);
}

static void add_no_zone_flag(struct kit *kit)
{
	add_changed(kit, false, 0, 0);
}

static void add_odd_flags(struct kit *kit)
{
	add_changed(kit, false, 1, 0x10);
}

static void add_protocol_4(struct kit *kit)
{
	add_changed(kit, false, 2, 4);
}

static void add_off_curve(struct kit *kit)
{
	add_changed(kit, false, 20, (uint8_t)(key_record(kit, false)->data[20] + 1));
}

static void add_short_key(struct kit *kit)
{
	struct kit_record record = *key_record(kit, false);
	kit_put(kit, KIT_APEX, KNOT_RRTYPE_DNSKEY, KIT_TTL, record.data, record.len - 1u);
}

static void add_unsupported(struct kit *kit)
{
	add_changed(kit, false, 3, 253);
}

static void only_unsupported(struct kit *kit)
{
	key_record(kit, true)->data[3] = 253;
	key_record(kit, false)->data[3] = 253;
}

static void no_zone_flags(struct kit *kit)
{
	key_record(kit, true)->data[0] = 0;
	key_record(kit, false)->data[0] = 0;
}

static void sign_by_no_zone_key(struct kit *kit)
{
	struct kit_record *record = key_record(kit, false);
	record->data[0] = 0;
	struct sig_plan plan;
	kit_plan(kit, "www.example.", KNOT_RRTYPE_A, &plan);
	plan.rrsig.tag = hf_dnskey_tag((struct hf_rdata){record->data, record->len});
	kit_drop_sigs(kit, "www.example.", KNOT_RRTYPE_A);
	kit_sign_with(kit, "www.example.", &plan);
}

static void no_sep(struct kit *kit)
{
	struct kit_record *record = key_record(kit, true);
	record->data[1] = 0;
	kit_drop_sigs(kit, KIT_APEX, KNOT_RRTYPE_DNSKEY);
	sign_keys_by(kit, kit->ksk, (struct hf_rdata){record->data, record->len});
}

/* The KSK as a revoked key beside itself. */
static void add_revoked(struct kit *kit)
{
	add_changed(kit, true, 1, HF_DNSKEY_REVOKE | HF_DNSKEY_SEP);
}

static struct hf_rdata revoked_ksk(struct kit *kit)
{
	for (size_t i = 0; i < kit->count; i++) {
		struct kit_record *record = &kit->records[i];
		if (record->type == KNOT_RRTYPE_DNSKEY && (record->data[1] & HF_DNSKEY_REVOKE) != 0)
			return (struct hf_rdata){record->data, record->len};
	}
	abort();
}

static void sign_by_revoked(struct kit *kit)
{
	struct hf_rdata dnskey = revoked_ksk(kit);
	sign_keys_by(kit, kit->ksk, dnskey);
	struct sig_plan plan;
	kit_plan(kit, "www.example.", KNOT_RRTYPE_A, &plan);
	plan.pair = kit->ksk;
	plan.rrsig.tag = hf_dnskey_tag(dnskey);
	kit_sign_with(kit, "www.example.", &plan);
}

static void parent_has_revoked(struct kit *kit)
{
	sign_keys_by(kit, kit->ksk, revoked_ksk(kit));
	kit_parent(kit, HF_DIGEST_SHA256, revoked_ksk(kit));
}

/* ---- RSA keys that only have to look like keys ---- */

/*
 * A modulus of this many bits. Adding to one byte and taking from one two further on keeps the
 * tag, which is a sum of 16-bit words: `variant` makes different keys with one tag.
 */
static void put_rsa(struct kit *kit, uint8_t algorithm, unsigned bits, uint8_t variant)
{
	struct hf_buf out = {0};
	hf_put_u16(&out, HF_DNSKEY_ZONE);
	hf_put_u8(&out, HF_DNSKEY_PROTOCOL);
	hf_put_u8(&out, algorithm);
	hf_put_u8(&out, 3);
	hf_put_u8(&out, RSA_EXPONENT >> 16);
	hf_put_u16(&out, RSA_EXPONENT & 0xffff);
	for (unsigned i = 0; i < bits / 8; i++) {
		uint8_t byte = (uint8_t)(0x81 + 7 * i) | 0x01;
		byte = (uint8_t)(byte + (i == 40 ? 2 * variant : 0) - (i == 42 ? 2 * variant : 0));
		hf_put_u8(&out, byte);
	}
	kit_put(kit, KIT_APEX, KNOT_RRTYPE_DNSKEY, KIT_TTL, out.data, out.len);
	hf_buf_done(&out);
}

static void add_rsa_1024(struct kit *kit)
{
	put_rsa(kit, 8, 1024, 0);
}

static void add_rsa_512_with_sha512(struct kit *kit)
{
	put_rsa(kit, 10, 512, 0);
}

static void add_rsa_sha1(struct kit *kit)
{
	put_rsa(kit, 7, 2048, 0);
}

static void add_rsa_nsec_only(struct kit *kit)
{
	put_rsa(kit, 5, 2048, 0);
}

static void add_rsa_sha512(struct kit *kit)
{
	put_rsa(kit, 10, 2048, 0);
}

static void put_rsa_exponent(struct kit *kit, const uint8_t *exponent, uint8_t len)
{
	uint8_t key[5 + UINT8_MAX + 256] = {1, 0, 3, 8, len};
	memcpy(key + 5, exponent, len);
	memset(key + 5 + len, 0x95, 256);
	kit_put(kit, KIT_APEX, KNOT_RRTYPE_DNSKEY, KIT_TTL, key, 5u + len + 256);
}

static void add_rsa_leading_zero(struct kit *kit)
{
	static const uint8_t exponent[] = {0, 1, 0, 1};
	put_rsa_exponent(kit, exponent, sizeof(exponent));
}

static void add_rsa_36_bit_exponent(struct kit *kit)
{
	static const uint8_t exponent[] = {8, 0, 0, 0, 1};
	put_rsa_exponent(kit, exponent, sizeof(exponent));
}

static void add_same_tag(struct kit *kit)
{
	put_rsa(kit, 8, 2048, 0);
	put_rsa(kit, 8, 2048, 1);
}

static void add_five_same_tag(struct kit *kit)
{
	for (uint8_t variant = 0; variant < 5; variant++)
		put_rsa(kit, 8, 2048, variant);
}

static void add_70_keys(struct kit *kit)
{
	for (uint8_t variant = 0; variant < 70; variant++)
		put_rsa(kit, 8, 512 + 8u * variant, 0);
}

/* Two keys, one of which gets the other's tag when it is revoked. */
static void add_revoked_tag(struct kit *kit)
{
	struct kit_record record = *key_record(kit, false);
	uint8_t copy[HF_SIG_MAX];
	memcpy(copy, record.data, record.len);
	copy[3] = 253;
	kit_put(kit, KIT_APEX, KNOT_RRTYPE_DNSKEY, KIT_TTL, copy, record.len);
	/* The same sum without the bit: an odd byte that is larger by the bit's value. */
	size_t at = 5;
	while (copy[at] >= 0x80)
		at += 2;
	copy[at] = (uint8_t)(copy[at] + HF_DNSKEY_REVOKE);
	kit_put(kit, KIT_APEX, KNOT_RRTYPE_DNSKEY, KIT_TTL, copy, record.len);
}

static void add_standby(struct kit *kit)
{
	struct kit_record record = *key_record(kit, false);
	struct hf_keypair *other;
	assert(record.len > 0 && hf_keypair_generate(13, 0, HF_DNSKEY_ZONE, &other) == HF_OK);
	put_key(kit, hf_keypair_dnskey(other));
	hf_keypair_free(other);
}

static void add_second_algorithm(struct kit *kit)
{
	put_key(kit, hf_keypair_dnskey(kit->spare));
}

static void key_at_www(struct kit *kit)
{
	struct hf_rdata dnskey = hf_keypair_dnskey(kit->zsk);
	kit_put(kit, "www.example.", KNOT_RRTYPE_DNSKEY, KIT_TTL, dnskey.data, dnskey.len);
}

/* ---- The parent's DS ---- */

static uint8_t *parent_ds(struct kit *kit)
{
	kit_parent(kit, HF_DIGEST_SHA256, hf_keypair_dnskey(kit->ksk));
	return (uint8_t *)(uintptr_t)kit->options.ds[0].data;
}

static void parent_other_digest(struct kit *kit)
{
	parent_ds(kit)[10] ^= 1;
}

static void parent_other_tag(struct kit *kit)
{
	parent_ds(kit)[0] ^= 0x55;
}

static void parent_other_algorithm(struct kit *kit)
{
	parent_ds(kit)[2] = 15;
}

static void parent_unknown_algorithm(struct kit *kit)
{
	parent_ds(kit)[2] = 253;
}

static void parent_sha1(struct kit *kit)
{
	kit_parent(kit, HF_DIGEST_SHA1, hf_keypair_dnskey(kit->ksk));
}

static void parent_unknown_digest(struct kit *kit)
{
	parent_ds(kit)[3] = 77;
}

static void parent_short_digest(struct kit *kit)
{
	parent_ds(kit);
	struct hf_rdata *ds = (struct hf_rdata *)(uintptr_t)kit->options.ds;
	ds->len--;
}

static void parent_has_zsk(struct kit *kit)
{
	kit_parent(kit, HF_DIGEST_SHA256, hf_keypair_dnskey(kit->zsk));
}

static void parent_empty(struct kit *kit)
{
	kit->options.ds_given = true;
}

/* A DS of the KSK with this digest type, and a second DS. */
static void parent_two(
        struct kit *kit, uint8_t digest_type, uint8_t other_type, struct hf_rdata dnskey)
{
	kit_parent(kit, digest_type, hf_keypair_dnskey(kit->ksk));
	struct hf_rdata good = kit->options.ds[0];
	free((void *)(uintptr_t)kit->options.ds);
	kit_parent(kit, other_type, dnskey);
	struct hf_rdata other = kit->options.ds[0];
	free((void *)(uintptr_t)kit->options.ds);
	/* One block for both digests, so that the kit frees everything. */
	struct hf_rdata *both = calloc(2, sizeof(*both));
	uint8_t *bytes = malloc((size_t)good.len + other.len);
	assert(both != NULL && bytes != NULL);
	memcpy(bytes, good.data, good.len);
	memcpy(bytes + good.len, other.data, other.len);
	free((void *)(uintptr_t)good.data);
	free((void *)(uintptr_t)other.data);
	both[0] = (struct hf_rdata){bytes, good.len};
	both[1] = (struct hf_rdata){bytes + good.len, other.len};
	kit->options.ds = both;
	kit->options.ds_count = 2;
}

/* The good DS and one of another algorithm, whose key does not sign. */
static void parent_second_algorithm(struct kit *kit)
{
	parent_two(kit, HF_DIGEST_SHA256, HF_DIGEST_SHA256, hf_keypair_dnskey(kit->spare));
}

/* The SHA-1 digest fits, the SHA-256 digest of the same key does not. */
static void parent_only_sha1_fits(struct kit *kit)
{
	parent_two(kit, HF_DIGEST_SHA1, HF_DIGEST_SHA256, hf_keypair_dnskey(kit->ksk));
	struct hf_rdata other = kit->options.ds[1];
	((uint8_t *)(uintptr_t)other.data)[other.len - 1] ^= 1;
}

/* The good DS, and one with a stronger digest of a key that does not sign the DNSKEY set. */
static void parent_stronger_elsewhere(struct kit *kit)
{
	parent_two(kit, HF_DIGEST_SHA256, HF_DIGEST_SHA384, hf_keypair_dnskey(kit->zsk));
}

/* ---- CDS and CDNSKEY ---- */

static void put_cds(struct kit *kit, struct hf_rdata dnskey)
{
	struct hf_buf out = {0};
	struct hf_name apex;
	assert(hf_name_from_text(KIT_APEX, &apex) == HF_OK);
	assert(hf_ds_put(&out, HF_DIGEST_SHA256, &apex, dnskey) == HF_OK);
	kit_put(kit, KIT_APEX, KNOT_RRTYPE_CDS, KIT_TTL, out.data, out.len);
	hf_buf_done(&out);
}

static void put_cdnskey(struct kit *kit, struct hf_rdata dnskey)
{
	kit_put(kit, KIT_APEX, KNOT_RRTYPE_CDNSKEY, KIT_TTL, dnskey.data, dnskey.len);
}

static void cds_of_ksk(struct kit *kit)
{
	put_cds(kit, hf_keypair_dnskey(kit->ksk));
	put_cdnskey(kit, hf_keypair_dnskey(kit->ksk));
}

static void cds_alone(struct kit *kit)
{
	put_cds(kit, hf_keypair_dnskey(kit->ksk));
}

static void cdnskey_alone(struct kit *kit)
{
	put_cdnskey(kit, hf_keypair_dnskey(kit->ksk));
}

static void cds_differs(struct kit *kit)
{
	cds_of_ksk(kit);
	put_cdnskey(kit, hf_keypair_dnskey(kit->zsk));
}

static void cds_of_stranger(struct kit *kit)
{
	put_cds(kit, hf_keypair_dnskey(kit->spare));
	put_cdnskey(kit, hf_keypair_dnskey(kit->spare));
}

static void cds_of_zsk(struct kit *kit)
{
	put_cds(kit, hf_keypair_dnskey(kit->zsk));
	put_cdnskey(kit, hf_keypair_dnskey(kit->zsk));
}

static void cds_of_both(struct kit *kit)
{
	cds_of_ksk(kit);
	cds_of_zsk(kit);
}

static void cds_by_zsk(struct kit *kit)
{
	struct sig_plan plan;
	kit_plan(kit, KIT_APEX, KNOT_RRTYPE_CDS, &plan);
	plan.pair = kit->zsk;
	plan.rrsig.tag = hf_dnskey_tag(hf_keypair_dnskey(kit->zsk));
	kit_drop_sigs(kit, KIT_APEX, KNOT_RRTYPE_CDS);
	kit_sign_with(kit, KIT_APEX, &plan);
}

static void cds_delete(struct kit *kit)
{
	kit_add(kit, 0, "@ 3600 CDS 0 0 0 00\n@ 3600 CDNSKEY 0 3 0 AA==\n");
}

static void cds_delete_odd(struct kit *kit)
{
	kit_add(kit, 0, "@ 3600 CDS 1 0 0 00\n@ 3600 CDNSKEY 0 3 0 AA==\n");
}

static void cds_delete_mixed(struct kit *kit)
{
	cds_of_ksk(kit);
	cds_delete(kit);
}

static void cds_before_parent(struct kit *kit)
{
	parent_sha1(kit);
}

const struct damage DAMAGE_KEYS[] = {
        {"ZSK missing", KIT_BOTH, only_ksk, NULL, HF_CHECK_RRSIG_NO_KEY, NULL},
        {"KSK missing", KIT_BOTH, only_zsk, NULL, HF_CHECK_RRSIG_NO_KEY, KIT_APEX},
        {"no keys", KIT_BOTH, NULL, drop_keys, HF_CHECK_DNSKEY_MISSING, KIT_APEX},
        {"unsigned", KIT_BOTH, NULL, everything_unsigned, HF_CHECK_ZONE_UNSIGNED, KIT_APEX},
        {"no zone flag", KIT_BOTH, add_no_zone_flag, NULL, HF_CHECK_KEY_FLAGS, KIT_APEX},
        {"odd flags", KIT_BOTH, add_odd_flags, NULL, HF_CHECK_KEY_FLAGS, KIT_APEX},
        {"protocol 4", KIT_BOTH, add_protocol_4, NULL, HF_CHECK_KEY_PROTOCOL, KIT_APEX},
        {"not on the curve", KIT_BOTH, add_off_curve, NULL, HF_CHECK_KEY_INVALID, KIT_APEX},
        {"short key", KIT_BOTH, add_short_key, NULL, HF_CHECK_KEY_INVALID, KIT_APEX},
        {"by no zone key", KIT_BOTH, NULL, sign_by_no_zone_key, HF_CHECK_RRSIG_NOT_ZONE_KEY,
                "www.example."},
        {"no zone keys", KIT_BOTH, no_zone_flags, NULL, HF_CHECK_KEY_NONE_USABLE, KIT_APEX},
        {"unsupported algorithm", KIT_BOTH, add_unsupported, NULL, HF_CHECK_ALG_UNSUPPORTED,
                KIT_APEX},
        {"only unsupported", KIT_BOTH, only_unsupported, NULL, HF_CHECK_ALG_NONE_SUPPORTED,
                KIT_APEX},
        {"no SEP flag", KIT_BOTH, NULL, no_sep, HF_CHECK_KEY_NO_SEP, KIT_APEX},
        {"DNSKEY by ZSK only", KIT_BOTH, NULL, keys_by_zsk, HF_CHECK_KEY_KSK_NOT_SIGNING, KIT_APEX},
        {"revoked", KIT_BOTH, add_revoked, NULL, HF_CHECK_KEY_REVOKED, KIT_APEX},
        {"revoked unsigned", KIT_BOTH, add_revoked, NULL, HF_CHECK_KEY_REVOKED_UNSIGNED, KIT_APEX},
        {"by revoked key", KIT_BOTH, add_revoked, sign_by_revoked, HF_CHECK_RRSIG_REVOKED_KEY,
                "www.example."},
        {"RSA 1024", KIT_BOTH, add_rsa_1024, NULL, HF_CHECK_KEY_WEAK, KIT_APEX},
        {"RSA 512 with SHA-512", KIT_BOTH, add_rsa_512_with_sha512, NULL, HF_CHECK_KEY_SIZE,
                KIT_APEX},
        {"RSA leading zero", KIT_BOTH, add_rsa_leading_zero, NULL, HF_CHECK_KEY_RSA_ENCODING,
                KIT_APEX},
        {"RSA exponent of 36 bits", KIT_BOTH, add_rsa_36_bit_exponent, NULL,
                HF_CHECK_KEY_RSA_EXPONENT, KIT_APEX},
        {"RSA with SHA-1", KIT_BOTH, add_rsa_sha1, NULL, HF_CHECK_ALG_DEPRECATED, KIT_APEX},
        {"RSA with SHA-512", KIT_BOTH, add_rsa_sha512, NULL, HF_CHECK_ALG_DISCOURAGED, KIT_APEX},
        {"NSEC-only algorithm", KIT_NSEC3 | KIT_OPT_OUT, add_rsa_nsec_only, NULL,
                HF_CHECK_NSEC3_NSEC_ONLY, KIT_APEX},
        {"same tag", KIT_BOTH, add_same_tag, NULL, HF_CHECK_KEY_TAG_COLLISION, KIT_APEX},
        {"same tag when revoked", KIT_BOTH, add_revoked_tag, NULL, HF_CHECK_KEY_TAG_COLLISION,
                KIT_APEX},
        {"five with one tag", KIT_BOTH, add_five_same_tag, NULL, HF_CHECK_KEY_TAG_LIMIT, KIT_APEX},
        {"70 keys", KIT_BOTH, add_70_keys, NULL, HF_CHECK_KEY_TOO_MANY, KIT_APEX},
        {"large DNSKEY answer", KIT_BOTH, add_five_same_tag, NULL, HF_CHECK_SIZE_DNSKEY, KIT_APEX},
        {"standby key", KIT_BOTH, add_standby, NULL, HF_CHECK_KEY_UNUSED, KIT_APEX},
        {"second algorithm", KIT_BOTH, add_second_algorithm, NULL, HF_CHECK_RRSIG_ALG_MISSING,
                NULL},
        {"DNSKEY elsewhere", KIT_BOTH, key_at_www, NULL, HF_CHECK_APEX_ONLY, "www.example."},
        {"DS with other digest", KIT_BOTH, NULL, parent_other_digest, HF_CHECK_DS_DIGEST_MISMATCH,
                KIT_APEX},
        {"no DS fits", KIT_BOTH, NULL, parent_other_digest, HF_CHECK_DS_NO_CHAIN, KIT_APEX},
        {"DS of no key", KIT_BOTH, NULL, parent_other_tag, HF_CHECK_DS_NO_KEY, KIT_APEX},
        {"DS of other algorithm", KIT_BOTH, NULL, parent_other_algorithm, HF_CHECK_DS_NO_CHAIN,
                KIT_APEX},
        {"DS of unknown algorithm", KIT_BOTH, NULL, parent_unknown_algorithm,
                HF_CHECK_DS_ALG_UNKNOWN, KIT_APEX},
        {"DS with SHA-1", KIT_BOTH, NULL, parent_sha1, HF_CHECK_DS_DIGEST_WEAK, KIT_APEX},
        {"DS with unknown digest", KIT_BOTH, NULL, parent_unknown_digest,
                HF_CHECK_DS_DIGEST_UNSUPPORTED, KIT_APEX},
        {"DS with short digest", KIT_BOTH, NULL, parent_short_digest, HF_CHECK_DS_DIGEST_LENGTH,
                KIT_APEX},
        {"DS of the ZSK", KIT_BOTH, NULL, parent_has_zsk, HF_CHECK_DS_KEY_NOT_SIGNING, KIT_APEX},
        {"no DS", KIT_BOTH, NULL, parent_empty, HF_CHECK_DS_NONE, KIT_APEX},
        {"DS of a revoked key", KIT_BOTH, add_revoked, parent_has_revoked, HF_CHECK_DS_REVOKED,
                KIT_APEX},
        {"DS of second algorithm", KIT_BOTH, NULL, parent_second_algorithm,
                HF_CHECK_DS_ALG_UNSIGNED, KIT_APEX},
        {"DS for an unsigned zone", KIT_BOTH, parent_sha1, everything_unsigned,
                HF_CHECK_DS_NO_CHAIN, KIT_APEX},
        {"only a weaker DS fits", KIT_BOTH, NULL, parent_only_sha1_fits, HF_CHECK_DS_DIGEST_IGNORED,
                KIT_APEX},
        {"stronger DS of another key", KIT_BOTH, NULL, parent_stronger_elsewhere,
                HF_CHECK_DS_DIGEST_IGNORED, KIT_APEX},
        {"CDS alone", KIT_BOTH, cds_alone, NULL, HF_CHECK_CDS_PAIR, KIT_APEX},
        {"CDNSKEY alone", KIT_BOTH, cdnskey_alone, NULL, HF_CHECK_CDS_PAIR, KIT_APEX},
        {"CDS and CDNSKEY differ", KIT_BOTH, cds_differs, NULL, HF_CHECK_CDS_MISMATCH, KIT_APEX},
        {"CDS of no key", KIT_BOTH, cds_of_stranger, NULL, HF_CHECK_CDS_NO_KEY, KIT_APEX},
        {"CDS of the ZSK", KIT_BOTH, cds_of_zsk, NULL, HF_CHECK_CDS_BREAKS, KIT_APEX},
        {"CDS of two keys", KIT_BOTH, cds_of_both, NULL, HF_CHECK_CDS_MULTIPLE, KIT_APEX},
        {"CDS by the ZSK", KIT_BOTH, cds_of_ksk, cds_by_zsk, HF_CHECK_CDS_SIGNER, KIT_APEX},
        {"CDS asks for deletion", KIT_BOTH, cds_delete, NULL, HF_CHECK_CDS_DELETE, KIT_APEX},
        {"odd delete record", KIT_BOTH, cds_delete_odd, NULL, HF_CHECK_CDS_DELETE_INVALID,
                KIT_APEX},
        {"delete record not alone", KIT_BOTH, cds_delete_mixed, NULL, HF_CHECK_CDS_DELETE_INVALID,
                KIT_APEX},
        {"CDS asks for a change", KIT_BOTH, cds_of_ksk, cds_before_parent, HF_CHECK_CDS_DS_DIFFERS,
                KIT_APEX},
        {.name = NULL},
};
