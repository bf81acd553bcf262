/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DS digests, NSEC3 hashes and running SHA-2 against the examples of their RFCs. */
#include "crypto/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "vectors.h"

/* RFC 4034 section 5.4 and, for SHA-256, RFC 4509 section 2.3. */
static const struct vector old_key = {
        .flags = 256,
        .algorithm = 5,
        .key = "AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/"
               "2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMm"
               "mAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/"
               "rljwvFw==",
};
#define OLD_SHA1   "2bb183af5f22588179a53b0a98631fad1a292118"
#define OLD_SHA256 "d4b7d520e7bb5f0f67674a0cceb1e3e0614b93c4f9e99b8383f6a1e4469da50a"

static void check_ds(const char *owner_text, const struct vector *vector, uint8_t digest_type,
        uint16_t tag, const char *hex)
{
	struct hf_name owner;
	assert_int_equal(hf_name_from_text(owner_text, &owner), HF_OK);
	struct hf_buf dnskey = {0}, want = {0}, made = {0};
	vector_dnskey(vector, &dnskey);
	from_hex(hex, &want);
	assert_int_equal(hf_ds_put(&made, digest_type, &owner, rdata_of(&dnskey)), HF_OK);
	struct hf_ds ds;
	assert_true(hf_ds_read(rdata_of(&made), &ds));
	assert_int_equal(ds.tag, tag);
	assert_int_equal(ds.algorithm, vector->algorithm);
	assert_int_equal(ds.digest_type, digest_type);
	assert_int_equal(ds.digest_len, want.len);
	assert_memory_equal(ds.digest, want.data, want.len);

	bool matches = false;
	assert_int_equal(hf_ds_matches(&ds, &owner, rdata_of(&dnskey), &matches), HF_OK);
	assert_true(matches);
	made.data[made.len - 1] ^= 1;
	assert_int_equal(hf_ds_matches(&ds, &owner, rdata_of(&dnskey), &matches), HF_OK);
	assert_false(matches);
	made.data[made.len - 1] ^= 1;
	assert_int_equal(hf_ds_matches(&ds, &HF_NAME_ROOT, rdata_of(&dnskey), &matches), HF_OK);
	assert_false(matches);
	hf_buf_done(&made);
	hf_buf_done(&want);
	hf_buf_done(&dnskey);
}

static void ds_examples(void **state)
{
	check_ds("dskey.example.com.", &old_key, 1, 60485, OLD_SHA1);
	check_ds("dskey.example.com.", &old_key, 2, 60485, OLD_SHA256);
	check_ds("DSKEY.Example.COM.", &old_key, 2, 60485, OLD_SHA256);
	for (size_t i = 0; i < vector_count; i++) {
		if (vectors[i].digest_type != 0)
			check_ds(vectors[i].signer, &vectors[i], vectors[i].digest_type,
			        vectors[i].tag, vectors[i].digest);
	}
}

static void ds_of_other_kinds(void **state)
{
	struct hf_buf dnskey = {0}, out = {0};
	vector_dnskey(&old_key, &dnskey);
	static const uint8_t others[] = {0, 3, 5, 6, 255};
	for (size_t i = 0; i < sizeof(others); i++) {
		assert_int_equal(hf_ds_put(&out, others[i], &HF_NAME_ROOT, rdata_of(&dnskey)),
		        HF_ERR_UNSUPPORTED);
		uint8_t digest[32] = {0};
		struct hf_ds ds = {hf_dnskey_tag(rdata_of(&dnskey)), 5, others[i], digest, 32};
		bool matches = true;
		assert_int_equal(
		        hf_ds_matches(&ds, &HF_NAME_ROOT, rdata_of(&dnskey), &matches), HF_OK);
		assert_false(matches);
	}
	struct hf_rdata cut = {dnskey.data, 3};
	assert_int_equal(hf_ds_put(&out, 2, &HF_NAME_ROOT, cut), HF_ERR_SYNTAX);
	assert_int_equal(out.len, 0);
	hf_buf_done(&dnskey);
	hf_buf_done(&out);
}

/* RFC 5155 appendix A. */
static const struct {
	const char *name, *label;
} hashes[] = {
        {"example.", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"},
        {"a.example.", "35mthgpgcu1qg68fab165klnsnk3dpvl"},
        {"ai.example.", "gjeqe526plbf1g8mklp59enfd789njgi"},
        {"ns1.example.", "2t7b4g4vsa5smi47k61mv5bv1a22bojr"},
        {"NS2.Example.", "q04jkcevqvmu85r014c7dkba38o0ji5r"},
        {"w.example.", "k8udemvp1j2f7eg6jebps17vp3n8i58h"},
        {"*.w.example.", "r53bq7cc2uvmubfu5ocmm6pers9tk9en"},
        {"x.w.example.", "b4um86eghhds6nea196smvmlo4ors995"},
        {"y.w.example.", "ji6neoaepv8b5o6k4ev33abha8ht9fgc"},
        {"x.y.w.example.", "2vptu5timamqttgl4luu9kg21e0aor3s"},
        {"xx.example.", "t644ebqk9bibcna874givr6joj62mlhv"},
};

static void nsec3_examples(void **state)
{
	static const uint8_t salt[] = {0xaa, 0xbb, 0xcc, 0xdd};
	const struct hf_nsec3_params params = {HF_NSEC3_HASH_SHA1, 0, 12, sizeof(salt), salt};
	struct hf_nsec3_hasher *hasher;
	assert_int_equal(hf_nsec3_hasher_new(&hasher), HF_OK);
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		struct hf_name name;
		assert_int_equal(hf_name_from_text(hashes[i].name, &name), HF_OK);
		uint8_t hash[HF_NSEC3_HASH_LEN];
		assert_int_equal(hf_nsec3_hash(hasher, &params, &name, hash), HF_OK);
		char label[HF_NSEC3_LABEL];
		hf_nsec3_label(hash, label);
		assert_memory_equal(label, hashes[i].label, HF_NSEC3_LABEL);
	}
	struct hf_nsec3_params other = params;
	other.algorithm = 2;
	uint8_t hash[HF_NSEC3_HASH_LEN];
	assert_int_equal(hf_nsec3_hash(hasher, &other, &HF_NAME_ROOT, hash), HF_ERR_UNSUPPORTED);
	hf_nsec3_hasher_free(hasher);
}

static void nsec3_without_salt(void **state)
{
	/* SHA-1 of one zero byte: the root's name, no salt, no further iteration. */
	static const uint8_t want[] = {0x5b, 0xa9, 0x3c, 0x9d, 0xb0, 0xcf, 0xf9, 0x3f, 0x52, 0xb5,
	        0x21, 0xd7, 0x42, 0x0e, 0x43, 0xf6, 0xed, 0xa2, 0x78, 0x4f};
	const struct hf_nsec3_params params = {HF_NSEC3_HASH_SHA1, 0, 0, 0, NULL};
	struct hf_nsec3_hasher *hasher;
	uint8_t hash[HF_NSEC3_HASH_LEN];
	assert_int_equal(hf_nsec3_hasher_new(&hasher), HF_OK);
	assert_int_equal(hf_nsec3_hash(hasher, &params, &HF_NAME_ROOT, hash), HF_OK);
	assert_memory_equal(hash, want, sizeof(want));
	hf_nsec3_hasher_free(hasher);
}

/* FIPS 180-4's "abc", in one piece and in three. */
static void running_sha(void **state)
{
	static const struct {
		unsigned bits;
		const char *hex;
	} cases[] = {
	        {384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
	              "8086072ba1e7cc2358baeca134c825a7"},
	        {512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	              "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
	};
	for (size_t i = 0; i < 2; i++) {
		struct hf_buf want = {0};
		from_hex(cases[i].hex, &want);
		for (size_t piece = 1; piece <= 3; piece += 2) {
			struct hf_sha *sha;
			assert_int_equal(hf_sha_new(cases[i].bits, &sha), HF_OK);
			for (size_t at = 0; at < 3; at += piece)
				assert_int_equal(hf_sha_add(sha, &"abc"[at], piece), HF_OK);
			uint8_t digest[HF_DIGEST_MAX];
			size_t len;
			assert_int_equal(hf_sha_finish(sha, digest, &len), HF_OK);
			assert_int_equal(len, want.len);
			assert_memory_equal(digest, want.data, len);
			hf_sha_free(sha);
		}
		hf_buf_done(&want);
	}
	struct hf_sha *none = NULL;
	assert_int_equal(hf_sha_new(256, &none), HF_ERR_UNSUPPORTED);
	assert_null(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(ds_examples),
	        cmocka_unit_test(ds_of_other_kinds),
	        cmocka_unit_test(nsec3_examples),
	        cmocka_unit_test(nsec3_without_salt),
	        cmocka_unit_test(running_sha),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
