/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a signature of a previous version is used again, and when it must not be. */
#include "lab.h"

#include <stdlib.h>
#include <string.h>

#include "sign/reuse.h"

#define SOA(serial) "ex. 300 SOA ns.ex. h.ex. " #serial " 2 3 4 200\n"
#define REST                                                                                       \
	"ex. 300 NS ns.ex.\nns.ex. 300 A 192.0.2.1\n*.ex. 300 TXT w\n"                             \
	"d.ex. 300 NS e.d.ex.\n"                                                                   \
	"d.ex. 300 DS 1 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"

/* A zone that was signed at LAB_AT, and a lab that signs its next version with the same keys. */
struct pair {
	struct lab old, new;
};

static void start(struct pair *pair, const char *text, uint8_t algorithm, unsigned flags)
{
	lab_init(&pair->old, SOA(1) REST, NULL);
	lab_key(&pair->old.keys, "ex.", HF_ROLE_CSK, algorithm);
	pair->old.options.flags = flags;
	assert_int_equal(lab_sign(&pair->old), HF_OK);
	assert_int_equal(pair->old.result.reused, 0);
	lab_init(&pair->new, text, NULL);
	pair->new.options.flags = flags;
	pair->new.options.at = LAB_AT + 86400;
	pair->new.previous = pair->old.result.version;
}

/* Signs the new version with the old one's keys. */
static void sign_new(struct pair *pair)
{
	struct lab_keys own = pair->new.keys;
	if (own.dir.count == 0) {
		pair->new.keys = pair->old.keys;
		pair->new.keys.dir.keys = pair->new.keys.list;
	}
	assert_int_equal(lab_sign(&pair->new), HF_OK);
	pair->new.keys = own;
}

static void stop(struct pair *pair)
{
	lab_done(&pair->new);
	lab_done(&pair->old);
}

/* Only the SOA record changed, so only it is signed. */
static void test_all_but_soa(void **unused)
{
	struct pair pair;
	for (unsigned flags = 0; flags <= HF_SIGN_NSEC3; flags += HF_SIGN_NSEC3) {
		start(&pair, SOA(2) REST, HF_ALG_ED25519, flags);
		sign_new(&pair);
		assert_int_equal(pair.new.result.made, 1);
		assert_int_equal(pair.new.result.reused, pair.old.result.made - 1);
		/* Nodes that are the same are the same node. */
		struct hf_name name;
		assert_int_equal(hf_name_from_text("ns.ex.", &name), HF_OK);
		assert_ptr_equal(hf_version_find(pair.new.result.version, &name),
		        hf_version_find(pair.old.result.version, &name));
		assert_ptr_not_equal(hf_version_apex_node(pair.new.result.version),
		        hf_version_apex_node(pair.old.result.version));
		stop(&pair);
	}
}

static void test_changed_data(void **unused)
{
	struct pair pair;
	start(&pair, SOA(2) REST "ns.ex. 300 A 192.0.2.2\n", HF_ALG_ED25519, 0);
	sign_new(&pair);
	assert_int_equal(pair.new.result.made, 2); /* SOA, A */
	stop(&pair);
	start(&pair, SOA(2) REST "new.ex. 300 A 192.0.2.2\n", HF_ALG_ED25519, 0);
	sign_new(&pair);
	assert_int_equal(pair.new.result.made, 4); /* SOA, new A, its NSEC, the one before */
	stop(&pair);
}

static void test_changed_ttl(void **unused)
{
	struct pair pair;
	start(&pair, SOA(2) REST "ns.ex. 299 A 192.0.2.1\n", HF_ALG_ED25519, 0);
	sign_new(&pair);
	assert_int_equal(pair.new.result.made, 2); /* SOA, A */
	stop(&pair);
}

static void test_little_validity_left(void **unused)
{
	struct pair pair;
	start(&pair, SOA(2) REST, HF_ALG_ED25519, 0);
	pair.new.options.at = LAB_AT + HF_SIGN_VALIDITY - pair.new.options.refresh;
	sign_new(&pair);
	assert_int_equal(pair.new.result.made, 1);
	pair.new.options.at++;
	sign_new(&pair);
	assert_int_equal(pair.new.result.reused, 0);
	/* A TTL longer than the refresh limit counts instead of it. */
	pair.new.options.refresh = 10;
	pair.new.options.at = LAB_AT + HF_SIGN_VALIDITY - 200;
	sign_new(&pair);
	assert_int_equal(pair.new.result.made + pair.new.result.reused, pair.old.result.made);
	assert_int_equal(pair.new.result.reused, 4); /* NSEC, whose TTL is 200 */
	stop(&pair);
}

static void test_not_begun(void **unused)
{
	struct pair pair;
	start(&pair, SOA(2) REST, HF_ALG_ED25519, 0);
	pair.new.options.at = LAB_AT - pair.old.options.inception_offset - 1;
	pair.new.options.validity = 2 * HF_SIGN_VALIDITY;
	sign_new(&pair);
	assert_int_equal(pair.new.result.reused, 0);
	pair.new.options.at++;
	sign_new(&pair);
	assert_int_equal(pair.new.result.made, 1);
	stop(&pair);
}

/* A shorter validity than before is a wish that old signatures do not meet. */
static void test_longer_than_asked_for(void **unused)
{
	struct pair pair;
	start(&pair, SOA(2) REST, HF_ALG_ED25519, 0);
	pair.new.options.validity = HF_SIGN_VALIDITY - 86400 - 1;
	sign_new(&pair);
	assert_int_equal(pair.new.result.reused, 0);
	stop(&pair);
}

static void test_another_key(void **unused)
{
	struct pair pair;
	start(&pair, SOA(2) REST, HF_ALG_ED25519, 0);
	lab_csk(&pair.new.keys, "ex.");
	sign_new(&pair);
	assert_int_equal(pair.new.result.reused, 0);
	stop(&pair);
}

/* The same tag and algorithm are not the same key: the previous DNSKEY set decides. */
static void test_same_tag_another_key(void **unused)
{
	struct pair pair;
	struct hf_node_builder *builder = NULL;
	struct hf_node *node = NULL;
	struct hf_edit *edit = NULL;
	struct hf_version *forged = NULL;
	struct hf_key key;
	struct hf_rrset set;
	struct hf_rdata rdata;

	start(&pair, SOA(2) REST, HF_ALG_ED25519, 0);
	const struct hf_node *apex = hf_version_apex_node(pair.old.result.version);
	hf_key_from_name(hf_version_apex(pair.old.result.version), &key);
	assert_int_equal(hf_node_builder_new(&builder), HF_OK);
	hf_node_begin(builder, &key);
	for (size_t i = 0; i < hf_node_count(apex); i++) {
		hf_node_at(apex, i, &set);
		if (set.type != KNOT_RRTYPE_DNSKEY)
			assert_int_equal(hf_node_add_set(builder, &set, HF_COPY_ALL), HF_OK);
	}
	/* Swapping two aligned pairs of bytes changes the key and keeps the tag. */
	uint8_t bytes[64];
	lab_set(pair.old.result.version, "ex.", KNOT_RRTYPE_DNSKEY, &set);
	assert_true(hf_rrset_first(&set, &rdata) && rdata.len <= sizeof(bytes));
	memcpy(bytes, rdata.data, rdata.len);
	memcpy(bytes + 4, rdata.data + 6, 2);
	memcpy(bytes + 6, rdata.data + 4, 2);
	struct hf_rdata other = {bytes, rdata.len};
	assert_false(hf_rdata_equal(other, rdata));
	assert_int_equal(hf_dnskey_tag(other), hf_dnskey_tag(rdata));
	assert_int_equal(hf_node_add(builder, KNOT_RRTYPE_DNSKEY, 300, other), HF_OK);
	assert_int_equal(hf_node_finish(builder, &node), HF_OK);
	assert_int_equal(hf_edit_new(pair.old.result.version, &edit), HF_OK);
	assert_int_equal(hf_edit_put(edit, node), HF_OK);
	assert_int_equal(hf_edit_commit(edit, &forged), HF_OK);
	pair.new.previous = forged;
	sign_new(&pair);
	assert_int_equal(pair.new.result.reused, 0);
	hf_version_unref(forged);
	hf_node_unref(node);
	hf_edit_free(edit);
	hf_node_builder_free(builder);
	stop(&pair);
}

/* The previous version with the last byte of every signature at ns.ex. changed. */
static struct hf_version *damaged(const struct hf_version *version)
{
	struct hf_node_builder *builder = NULL;
	struct hf_node *node = NULL;
	struct hf_edit *edit = NULL;
	struct hf_version *result = NULL;
	struct hf_name name;
	struct hf_key key;

	assert_int_equal(hf_name_from_text("ns.ex.", &name), HF_OK);
	hf_key_from_name(&name, &key);
	const struct hf_node *from = hf_version_find(version, &name);
	assert_int_equal(hf_node_builder_new(&builder), HF_OK);
	hf_node_begin(builder, &key);
	for (size_t i = 0; i < hf_node_count(from); i++) {
		uint8_t bytes[1024];
		struct hf_rrset set;
		struct hf_rdata rdata;
		hf_node_at(from, i, &set);
		assert_int_equal(hf_node_add_set(builder, &set, HF_COPY_RECORDS), HF_OK);
		struct hf_rdata_walk walk = hf_rrset_sigs(&set);
		while (hf_rdata_next(&walk, &rdata)) {
			assert_true(rdata.len <= sizeof(bytes));
			memcpy(bytes, rdata.data, rdata.len);
			bytes[rdata.len - 1] ^= 1;
			assert_int_equal(hf_node_add(builder, KNOT_RRTYPE_RRSIG, set.sig_ttl,
			                         (struct hf_rdata){bytes, rdata.len}),
			        HF_OK);
		}
	}
	assert_int_equal(hf_node_finish(builder, &node), HF_OK);
	assert_int_equal(hf_edit_new(version, &edit), HF_OK);
	assert_int_equal(hf_edit_put(edit, node), HF_OK);
	assert_int_equal(hf_edit_commit(edit, &result), HF_OK);
	hf_node_unref(node);
	hf_edit_free(edit);
	hf_node_builder_free(builder);
	return result;
}

/* A damaged signature fits in all but its bytes. RSA, which is cheap to verify, is checked here. */
static void test_damaged(void **unused)
{
	static const struct {
		uint8_t algorithm;
		unsigned made;
	} cases[] = {{HF_ALG_ED25519, 1}, {HF_ALG_RSASHA256, 3}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pair pair;
		start(&pair, SOA(2) REST, cases[i].algorithm, 0);
		struct hf_version *bad = damaged(pair.old.result.version);
		pair.new.previous = bad;
		sign_new(&pair);
		assert_int_equal(pair.new.result.made, cases[i].made);
		hf_version_unref(bad);
		stop(&pair);
	}
}

/* Each field of an RRSIG alone decides: a set of one signature, and what is wished for. */
struct single {
	struct hf_rrsig rrsig;
	struct hf_buf packed;
};

static bool found(struct single *single, const struct hf_reuse_wish *wish)
{
	struct hf_rrset previous = *wish->set;
	struct hf_rdata rdata;

	hf_buf_reset(&single->packed);
	hf_put_u16(&single->packed, 0);
	hf_rrsig_put(&single->packed, &single->rrsig);
	assert_int_equal(hf_buf_check(&single->packed), HF_OK);
	hf_write_u16(single->packed.data, (uint16_t)(single->packed.len - 2));
	previous.sig_count = 1;
	previous.sigs = single->packed.data;
	previous.sigs_len = (uint32_t)single->packed.len;
	return hf_reuse_find(&previous, wish, &rdata);
}

static void test_every_field(void **unused)
{
	static const uint8_t a_record[] = {0, 4, 192, 0, 2, 1};
	uint8_t signature[64] = {0};
	struct hf_sign_key key = {.tag = 4711, .algorithm = HF_ALG_ED25519};
	struct hf_rrset set = {.type = KNOT_RRTYPE_A,
	        .rr_count = 1,
	        .ttl = 300,
	        .rrs = a_record,
	        .rrs_len = sizeof(a_record)};
	struct hf_sign_options options;
	struct hf_name signer, other;

	hf_sign_options_init(&options, LAB_AT);
	assert_int_equal(hf_name_from_text("ex.", &signer), HF_OK);
	assert_int_equal(hf_name_from_text("ey.", &other), HF_OK);
	struct hf_reuse_wish wish = {&options, &signer, &set, &key, 2, sizeof(signature)};
	struct hf_rrsig good = {
	        .covered = KNOT_RRTYPE_A,
	        .algorithm = HF_ALG_ED25519,
	        .labels = 2,
	        .ttl = 300,
	        .expiration = (uint32_t)(LAB_AT + options.validity),
	        .inception = (uint32_t)LAB_AT,
	        .tag = 4711,
	        .signer = signer,
	        .signature = signature,
	        .signature_len = sizeof(signature),
	};
	struct hf_rrsig bad[9];
	for (size_t i = 0; i < 9; i++)
		bad[i] = good;
	bad[0].covered = KNOT_RRTYPE_AAAA;
	bad[1].algorithm = HF_ALG_ED448;
	bad[2].labels = 1;
	bad[3].ttl = 299;
	bad[4].expiration++;
	bad[5].inception++;
	bad[6].tag++;
	bad[7].signer = other;
	bad[8].signature_len--;
	struct single single = {.rrsig = good};
	assert_true(found(&single, &wish));
	for (size_t i = 0; i < 9; i++) {
		single.rrsig = bad[i];
		if (found(&single, &wish))
			fail_msg("field %zu does not count", i);
	}
	hf_buf_done(&single.packed);
}

static void test_previous_unsigned(void **unused)
{
	struct pair pair;
	start(&pair, SOA(2) REST, HF_ALG_ED25519, 0);
	pair.new.previous = pair.old.zone;
	sign_new(&pair);
	assert_int_equal(pair.new.result.reused, 0);
	stop(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_all_but_soa),
	        cmocka_unit_test(test_changed_data),
	        cmocka_unit_test(test_changed_ttl),
	        cmocka_unit_test(test_little_validity_left),
	        cmocka_unit_test(test_not_begun),
	        cmocka_unit_test(test_longer_than_asked_for),
	        cmocka_unit_test(test_another_key),
	        cmocka_unit_test(test_same_tag_another_key),
	        cmocka_unit_test(test_damaged),
	        cmocka_unit_test(test_every_field),
	        cmocka_unit_test(test_previous_unsigned),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
