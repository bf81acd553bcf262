/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which keys are published and which of them sign what, and the refusals about keys. */
#include "dns/rdatatext.h"
#include "lab.h"

#include <stdlib.h>
#include <string.h>

#define ZONE                                                                                       \
	"ex. 300 SOA ns.ex. h.ex. 7 2 3 4 200\nex. 300 NS ns.ex.\nns.ex. 300 A 192.0.2.1\n"        \
	"ex. 300 CDS 0 0 0 00\n"

/* Signatures of a set made with this key, by algorithm and tag. */
static unsigned signed_by(const struct lab *lab, const char *name, uint16_t type,
        const struct hf_keyfile *key, uint16_t tag)
{
	struct hf_rrset set;
	struct hf_rdata rdata;
	struct hf_rrsig rrsig;
	struct hf_dnskey dnskey;
	unsigned count = 0;

	lab_set(lab->result.version, name, type, &set);
	assert_true(hf_dnskey_read(hf_keyfile_dnskey(key), &dnskey));
	struct hf_rdata_walk walk = hf_rrset_sigs(&set);
	while (hf_rdata_next(&walk, &rdata)) {
		assert_true(hf_rrsig_read(rdata, &rrsig));
		if (rrsig.tag == tag && rrsig.algorithm == dnskey.algorithm)
			count++;
	}
	return count;
}

static void assert_signs(
        const struct lab *lab, const struct hf_keyfile *key, unsigned keys, unsigned zone)
{
	assert_int_equal(signed_by(lab, "ex.", KNOT_RRTYPE_DNSKEY, key, key->tag), keys);
	assert_int_equal(signed_by(lab, "ex.", KNOT_RRTYPE_CDS, key, key->tag), keys);
	assert_int_equal(signed_by(lab, "ex.", KNOT_RRTYPE_SOA, key, key->tag), zone);
	assert_int_equal(signed_by(lab, "ns.ex.", KNOT_RRTYPE_A, key, key->tag), zone);
	assert_int_equal(signed_by(lab, "ns.ex.", KNOT_RRTYPE_NSEC, key, key->tag), zone);
}

static unsigned dnskeys(const struct lab *lab)
{
	struct hf_rrset set;
	lab_set(lab->result.version, "ex.", KNOT_RRTYPE_DNSKEY, &set);
	return set.rr_count;
}

static void test_roles(void **unused)
{
	struct lab lab;
	lab_init(&lab, ZONE, NULL);
	struct hf_keyfile *ksk = lab_key(&lab.keys, "ex.", HF_ROLE_KSK, HF_ALG_ED25519);
	struct hf_keyfile *zsk = lab_key(&lab.keys, "ex.", HF_ROLE_ZSK, HF_ALG_ED25519);
	struct hf_keyfile *csk = lab_key(&lab.keys, "ex.", HF_ROLE_CSK, HF_ALG_ECDSAP256);
	assert_int_equal(lab_sign(&lab), HF_OK);
	assert_int_equal(dnskeys(&lab), 3);
	assert_signs(&lab, ksk, 1, 0);
	assert_signs(&lab, zsk, 0, 1);
	assert_signs(&lab, csk, 1, 1);
	assert_int_equal(lab.warnings.count, 0);
	lab_done(&lab);
}

static void test_lonely_ksk_signs_all(void **unused)
{
	struct lab lab;
	lab_init(&lab, ZONE, NULL);
	struct hf_keyfile *ksk = lab_key(&lab.keys, "ex.", HF_ROLE_KSK, HF_ALG_ED25519);
	assert_int_equal(lab_sign(&lab), HF_OK);
	assert_signs(&lab, ksk, 1, 1);
	lab_assert_says(&lab.warnings, "signs the whole zone");
	lab_done(&lab);
}

static void test_states(void **unused)
{
	struct lab lab;
	lab_init(&lab, ZONE, NULL);
	lab_key(&lab.keys, "ex.", HF_ROLE_CSK, HF_ALG_ED25519);
	struct hf_keyfile *published = lab_key(&lab.keys, "ex.", HF_ROLE_ZSK, HF_ALG_ED25519);
	published->times.publish = LAB_AT;
	published->times.activate = LAB_AT + 1;
	struct hf_keyfile *retired = lab_key(&lab.keys, "ex.", HF_ROLE_ZSK, HF_ALG_ED25519);
	retired->times.publish = retired->times.activate = LAB_AT - 100;
	retired->times.inactive = LAB_AT;
	struct hf_keyfile *future = lab_key(&lab.keys, "ex.", HF_ROLE_ZSK, HF_ALG_ED25519);
	future->times.publish = LAB_AT + 1;
	struct hf_keyfile *removed = lab_key(&lab.keys, "ex.", HF_ROLE_ZSK, HF_ALG_ED25519);
	removed->times.publish = removed->times.activate = LAB_AT - 100;
	removed->times.remove = LAB_AT;
	struct hf_keyfile *undated = lab_key(&lab.keys, "ex.", HF_ROLE_ZSK, HF_ALG_ED25519);
	undated->times.created = LAB_AT - 100; /* as dnssec-keygen -G and --no-dates make it */
	assert_int_equal(lab_sign(&lab), HF_OK);
	assert_int_equal(dnskeys(&lab), 3);
	assert_signs(&lab, undated, 0, 0);
	assert_signs(&lab, published, 0, 0);
	assert_signs(&lab, retired, 0, 0);
	lab_done(&lab);
}

/* Signing as if it were before the keys were made: what was to sign at once signs. */
static void test_before_creation(void **unused)
{
	struct lab lab;
	lab_init(&lab, ZONE, NULL);
	lab_csk(&lab.keys, "ex.");
	struct hf_keyfile *later = lab_key(&lab.keys, "ex.", HF_ROLE_ZSK, HF_ALG_ED25519);
	for (unsigned i = 0; i < 2; i++) {
		struct hf_key_times *times = &lab.keys.list[i]->times;
		times->created = times->publish = times->activate = LAB_AT + 86400;
	}
	later->times.publish = later->times.activate = LAB_AT + 86401;
	assert_int_equal(lab_sign(&lab), HF_OK);
	assert_int_equal(dnskeys(&lab), 1);
	lab_done(&lab);
}

static void test_revoked(void **unused)
{
	struct lab lab;
	struct hf_rrset set;
	struct hf_rdata rdata;
	bool found = false;

	lab_init(&lab, ZONE, NULL);
	lab_key(&lab.keys, "ex.", HF_ROLE_CSK, HF_ALG_ED25519);
	struct hf_keyfile *revoked = lab_key(&lab.keys, "ex.", HF_ROLE_KSK, HF_ALG_ED25519);
	revoked->times.publish = revoked->times.activate = LAB_AT - 100;
	revoked->times.revoke = LAB_AT;
	assert_int_equal(lab_sign(&lab), HF_OK);
	lab_set(lab.result.version, "ex.", KNOT_RRTYPE_DNSKEY, &set);
	struct hf_rdata_walk walk = hf_rrset_rrs(&set);
	while (hf_rdata_next(&walk, &rdata)) {
		uint16_t flags = hf_read_u16(rdata.data);
		if (flags != (HF_DNSKEY_ZONE | HF_DNSKEY_SEP | HF_DNSKEY_REVOKE))
			continue;
		found = true;
		uint16_t tag = hf_dnskey_tag(rdata);
		assert_int_not_equal(tag, revoked->tag);
		assert_int_equal(signed_by(&lab, "ex.", KNOT_RRTYPE_DNSKEY, revoked, tag), 1);
		assert_int_equal(signed_by(&lab, "ex.", KNOT_RRTYPE_CDS, revoked, tag), 0);
		assert_int_equal(signed_by(&lab, "ex.", KNOT_RRTYPE_SOA, revoked, tag), 0);
	}
	assert_true(found);
	lab_done(&lab);
}

/* Signing is refused, and a sentence has this in it. */
static void refuse(struct lab *lab, const char *text)
{
	assert_int_equal(lab_sign(lab), HF_ERR_REFUSED);
	lab_assert_says(&lab->diag, text);
	lab_done(lab);
}

static void test_no_keys(void **unused)
{
	struct lab lab;
	lab_init(&lab, ZONE, NULL);
	refuse(&lab, "no keys for ex. in lab: there are no keys at all");
	lab_init(&lab, ZONE, NULL);
	lab_csk(&lab.keys, "other.");
	lab_csk(&lab.keys, "third.");
	lab_csk(&lab.keys, "other.");
	refuse(&lab, "there are keys for other., third.;");
}

static void test_no_active_zsk(void **unused)
{
	struct lab lab;
	lab_init(&lab, ZONE, NULL);
	lab_key(&lab.keys, "ex.", HF_ROLE_KSK, HF_ALG_ED25519);
	struct hf_keyfile *zsk = lab_key(&lab.keys, "ex.", HF_ROLE_ZSK, HF_ALG_ED25519);
	zsk->times.publish = zsk->times.activate = LAB_AT - 100;
	zsk->times.inactive = LAB_AT - 86400;
	assert_int_equal(lab_sign(&lab), HF_ERR_REFUSED);
	lab_assert_says(&lab.diag, "no active ZSK for ex. at 2026-01-01T00:00:00Z: ZSK ");
	lab_assert_says(&lab.diag, "is retired since 2025-12-31T00:00:00Z");
	lab_assert_says(&lab.diag, "holdfast keygen --algorithm ED25519 --dir lab ex.");
	lab_done(&lab);
}

static void test_no_active_ksk(void **unused)
{
	struct lab lab;
	lab_init(&lab, ZONE, NULL);
	lab_key(&lab.keys, "ex.", HF_ROLE_ZSK, HF_ALG_ED25519);
	refuse(&lab, "no active KSK for ex. at 2026-01-01T00:00:00Z: there is none");
}

/* RFC 4035 section 2.2: a published key of another algorithm must not stand alone. */
static void test_algorithm_without_signer(void **unused)
{
	struct lab lab;
	lab_init(&lab, ZONE, NULL);
	lab_csk(&lab.keys, "ex.");
	struct hf_keyfile *standby = lab_key(&lab.keys, "ex.", HF_ROLE_CSK, HF_ALG_ECDSAP256);
	standby->times.publish = LAB_AT - 1;
	standby->times.activate = LAB_AT + 86400;
	assert_int_equal(lab_sign(&lab), HF_ERR_REFUSED);
	lab_assert_says(&lab.diag, "no active KSK for ex. with ECDSAP256SHA256");
	lab_assert_says(&lab.diag, "no active ZSK for ex. with ECDSAP256SHA256");
	lab_assert_says(&lab.diag, "becomes active at 2026-01-02T00:00:00Z");
	lab_done(&lab);
}

static void test_halves_that_do_not_match(void **unused)
{
	struct lab lab;
	lab_init(&lab, ZONE, NULL);
	lab_csk(&lab.keys, "ex.");
	struct hf_keyfile *key = lab.keys.list[0];
	key->dnskey[key->dnskey_len - 1] ^= 1;
	refuse(&lab, "does not match its public half");
	lab_init(&lab, ZONE, NULL);
	lab_csk(&lab.keys, "ex.");
	hf_keypair_free(lab.keys.list[0]->pair);
	lab.keys.list[0]->pair = NULL;
	refuse(&lab, "the private half of CSK");
}

/* RSA with SHA-1 is verified elsewhere, and never signed with. */
static void test_algorithm_of_the_past(void **unused)
{
	struct lab lab;
	lab_init(&lab, ZONE, NULL);
	lab_csk(&lab.keys, "ex.");
	lab.keys.list[0]->dnskey[3] = HF_ALG_RSASHA1;
	lab.options.flags = HF_SIGN_NSEC3;
	refuse(&lab, "(RSASHA1) cannot be signed with any more");
}

/* DNSKEY records of the input: foreign ones stay, our own follow the keys' times. */
static void test_dnskeys_of_the_input(void **unused)
{
	struct lab lab;
	lab_init(&lab,
	        ZONE "ex. 300 DNSKEY 256 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=\n",
	        NULL);
	lab_csk(&lab.keys, "ex.");
	assert_int_equal(lab_sign(&lab), HF_OK);
	assert_int_equal(dnskeys(&lab), 2);
	lab_assert_says(&lab.warnings, "is none of the keys in lab; it is kept");
	lab_done(&lab);
	lab_init(&lab, ZONE "ex. 300 DNSKEY 256 3 8 AwEAAcw=\n", NULL);
	lab_csk(&lab.keys, "ex.");
	refuse(&lab, "no active ZSK for ex. with RSASHA256");
}

/* The zone already has the record of a key whose time has not come, or is over. */
static void test_unpublished_key_in_the_input(void **unused)
{
	struct lab_keys keys = {0};
	struct hf_keyfile *removed = lab_key(&keys, "ex.", HF_ROLE_ZSK, HF_ALG_ED25519);
	struct hf_buf text = {0};
	struct lab lab;

	removed->times.remove = LAB_AT - 1;
	hf_put_text(&text, ZONE "ex. 300 DNSKEY ");
	assert_int_equal(
	        hf_rdata_text(KNOT_RRTYPE_DNSKEY, hf_keyfile_dnskey(removed), &text), HF_OK);
	hf_put_text(&text, "\n");
	hf_put_u8(&text, 0);
	assert_int_equal(hf_buf_check(&text), HF_OK);
	lab_init(&lab, (const char *)text.data, NULL);
	lab.keys = keys;
	lab.keys.dir.keys = lab.keys.list;
	lab_csk(&lab.keys, "ex.");
	assert_int_equal(lab_sign(&lab), HF_OK);
	assert_int_equal(dnskeys(&lab), 1);
	lab_assert_says(&lab.warnings, "is left out, as the key's times say");
	lab_done(&lab);
	hf_buf_done(&text);
}

/* A refusal lists the keys of the role with their states, and counts those beyond a handful. */
static void test_list_of_keys(void **unused)
{
	struct lab lab;
	lab_init(&lab, ZONE, NULL);
	lab_key(&lab.keys, "ex.", HF_ROLE_KSK, HF_ALG_ED25519);
	struct hf_keyfile *revoked = lab_key(&lab.keys, "ex.", HF_ROLE_ZSK, HF_ALG_ED25519);
	revoked->times.publish = revoked->times.activate = LAB_AT - 9;
	revoked->times.revoke = LAB_AT - 1;
	struct hf_keyfile *removed = lab_key(&lab.keys, "ex.", HF_ROLE_ZSK, HF_ALG_ED25519);
	removed->times.remove = LAB_AT - 2;
	struct hf_keyfile *idle = lab_key(&lab.keys, "ex.", HF_ROLE_ZSK, HF_ALG_ED25519);
	idle->times.publish = LAB_AT - 3;
	for (unsigned i = 0; i < 7; i++) {
		struct hf_keyfile *future = lab_key(&lab.keys, "ex.", HF_ROLE_ZSK, HF_ALG_ED25519);
		future->times.activate = LAB_AT + 5;
	}
	assert_int_equal(lab_sign(&lab), HF_ERR_REFUSED);
	lab_assert_says(&lab.diag, "is revoked since 2025-12-31T23:59:59Z, ZSK");
	lab_assert_says(&lab.diag, "is removed since 2025-12-31T23:59:58Z, ZSK");
	lab_assert_says(&lab.diag, "has no activation time, ZSK");
	lab_assert_says(&lab.diag, "becomes active at 2026-01-01T00:00:05Z and 2 more;");
	lab_done(&lab);
}

static void test_dnskey_ttl(void **unused)
{
	struct lab lab;
	struct hf_rrset set;
	lab_init(&lab, ZONE, NULL);
	lab_csk(&lab.keys, "ex.");
	assert_int_equal(lab_sign(&lab), HF_OK);
	lab_set(lab.result.version, "ex.", KNOT_RRTYPE_DNSKEY, &set);
	assert_int_equal(set.ttl, 300);
	lab.keys.list[0]->ttl = 77;
	assert_int_equal(lab_sign(&lab), HF_OK);
	lab_set(lab.result.version, "ex.", KNOT_RRTYPE_DNSKEY, &set);
	assert_int_equal(set.ttl, 77);
	lab.options.flags |= HF_SIGN_DNSKEY_TTL;
	lab.options.dnskey_ttl = 55;
	assert_int_equal(lab_sign(&lab), HF_OK);
	lab_set(lab.result.version, "ex.", KNOT_RRTYPE_DNSKEY, &set);
	assert_int_equal(set.ttl, 55);
	lab_done(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_roles),
	        cmocka_unit_test(test_lonely_ksk_signs_all),
	        cmocka_unit_test(test_states),
	        cmocka_unit_test(test_before_creation),
	        cmocka_unit_test(test_revoked),
	        cmocka_unit_test(test_no_keys),
	        cmocka_unit_test(test_no_active_zsk),
	        cmocka_unit_test(test_no_active_ksk),
	        cmocka_unit_test(test_algorithm_without_signer),
	        cmocka_unit_test(test_halves_that_do_not_match),
	        cmocka_unit_test(test_algorithm_of_the_past),
	        cmocka_unit_test(test_dnskeys_of_the_input),
	        cmocka_unit_test(test_unpublished_key_in_the_input),
	        cmocka_unit_test(test_list_of_keys),
	        cmocka_unit_test(test_dnskey_ttl),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
