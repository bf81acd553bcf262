/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "signedlab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#define BUCKETS     4096
#define TTL_MAX     16
#define WINDOWS     3
#define SOA_MINIMUM 4

static const struct {
	uint8_t algorithm;
	uint16_t flags;
} plan[SIGNED_KEYS] = {
        [KSK_A] = {15, 0x0101},
        [KSK_B] = {15, 0x0101},
        [ZSK_C] = {15, 0x0100},
        [ZSK_D] = {15, 0x0100},
        [KSK_E] = {13, 0x0101},
        [ZSK_F] = {13, 0x0100},
        [KEY_R] = {15, 0x0181},
};

struct key {
	struct hf_keypair *pair;
	struct hf_signer *signer;
	struct hf_pubkey *pubkey;
	struct hf_verifier *verifier;
	uint8_t ds[4 + 32];
};

static struct {
	struct hf_name zone, www;
	struct key keys[SIGNED_KEYS];
	struct hf_node_builder *builder;
	struct signed_version *buckets[BUCKETS];
} lab;

const struct hf_name *signed_zone(void)
{
	return &lab.zone;
}

struct hf_rdata signed_dnskey(unsigned key)
{
	return hf_keypair_dnskey(lab.keys[key].pair);
}

uint8_t signed_algorithm(unsigned key)
{
	return plan[key].algorithm;
}

bool signed_usable(unsigned key)
{
	return (plan[key].flags & 0x0080) == 0;
}

struct hf_rdata signed_ds(unsigned key)
{
	return (struct hf_rdata){.data = lab.keys[key].ds, .len = sizeof(lab.keys[key].ds)};
}

/* RFC 4034 section 5.1.4, with OpenSSL and nothing of ours in between. */
static void make_ds(unsigned number)
{
	struct key *key = &lab.keys[number];
	struct hf_rdata dnskey = hf_keypair_dnskey(key->pair);
	uint8_t message[HF_NAME_MAX + 512];
	memcpy(message, lab.zone.wire, lab.zone.len);
	memcpy(message + lab.zone.len, dnskey.data, dnskey.len);
	hf_write_u16(key->ds, hf_dnskey_tag(dnskey));
	key->ds[2] = plan[number].algorithm;
	key->ds[3] = 2;
	assert_int_equal(EVP_Digest(message, (size_t)lab.zone.len + dnskey.len, key->ds + 4, NULL,
	                         EVP_sha256(), NULL),
	        1);
}

static bool tag_taken(unsigned number)
{
	for (unsigned i = 0; i < number; i++) {
		if (hf_dnskey_tag(signed_dnskey(i)) == hf_dnskey_tag(signed_dnskey(number)))
			return true;
	}
	return false;
}

static void make_key(unsigned number)
{
	struct key *key = &lab.keys[number];
	do {
		hf_keypair_free(key->pair);
		assert_int_equal(hf_keypair_generate(
		                         plan[number].algorithm, 0, plan[number].flags, &key->pair),
		        HF_OK);
	} while (tag_taken(number));
	assert_int_equal(hf_signer_new(key->pair, &key->signer), HF_OK);
	assert_int_equal(hf_pubkey_new(hf_keypair_dnskey(key->pair), &key->pubkey), HF_OK);
	assert_int_equal(hf_verifier_new(key->pubkey, &key->verifier), HF_OK);
	make_ds(number);
}

void signed_init(void)
{
	assert_int_equal(hf_name_from_text(SIGNED_ZONE, &lab.zone), HF_OK);
	assert_int_equal(hf_name_from_text("www." SIGNED_ZONE, &lab.www), HF_OK);
	assert_int_equal(hf_node_builder_new(&lab.builder), HF_OK);
	for (unsigned i = 0; i < SIGNED_KEYS; i++)
		make_key(i);
}

/* ---- signatures, each made and verified once ---- */

/* What a signature is over, and by whom. */
struct sealed {
	bool made, good;
	uint8_t rdata[HF_RRSIG_FIXED + HF_NAME_MAX + 64];
	uint16_t len;
};
static struct sealed data_seals[SIGNED_DATA][TTL_MAX][WINDOWS][SIGNED_KEYS];
static struct sealed key_seals[1 << SIGNED_KEYS][TTL_MAX][WINDOWS][SIGNED_KEYS];

static void window_of(uint8_t window, hf_time *ret_inception, hf_time *ret_expiration)
{
	*ret_inception = SIGNED_EPOCH + (window == WINDOW_BEGINS ? SIGNED_BEGINS : -100000);
	*ret_expiration = SIGNED_EPOCH + (window == WINDOW_ENDS ? SIGNED_ENDS : 100000);
}

static void seal(const struct hf_name *owner, const struct hf_rrset *set, unsigned number,
        uint8_t window, struct sealed *sealed)
{
	struct key *key = &lab.keys[number];
	hf_time inception, expiration;
	struct hf_buf head = {.data = NULL}, message = {.data = NULL};
	uint8_t signature[HF_SIG_MAX];
	size_t len;
	window_of(window, &inception, &expiration);
	const struct hf_rrsig rrsig = {.covered = set->type,
	        .algorithm = plan[number].algorithm,
	        .labels = (uint8_t)hf_name_labels(owner),
	        .ttl = set->ttl,
	        .expiration = hf_time_to_stamp(expiration),
	        .inception = hf_time_to_stamp(inception),
	        .tag = hf_dnskey_tag(hf_keypair_dnskey(key->pair)),
	        .signer = lab.zone};
	hf_rrsig_put(&head, &rrsig);
	const struct hf_rdata rdata = {.data = head.data, .len = (uint16_t)head.len};
	assert_int_equal(hf_signed_data(owner, set, rdata, &message), HF_OK);
	assert_int_equal(
	        hf_signer_sign(key->signer, message.data, message.len, signature, &len), HF_OK);
	assert_int_equal(hf_verifier_check(key->verifier, message.data, message.len, signature, len,
	                         &sealed->good),
	        HF_OK);
	assert_int_equal(len, 64);
	memcpy(sealed->rdata, head.data, head.len);
	memcpy(sealed->rdata + head.len, signature, len);
	sealed->len = (uint16_t)(head.len + len);
	sealed->made = true;
	hf_buf_done(&head);
	hf_buf_done(&message);
}

/* ---- versions ---- */

static void add_record(uint16_t type, uint32_t ttl, struct hf_rdata rdata)
{
	assert_int_equal(hf_node_add(lab.builder, type, ttl, rdata), HF_OK);
}

/* Adds the signatures of a set; `broken`: the first one is damaged. */
static uint8_t add_seals(const struct hf_name *owner, const struct hf_rrset *set,
        struct sealed seals[SIGNED_KEYS], uint8_t signers, uint8_t window, bool broken)
{
	uint8_t good = 0;
	for (unsigned i = 0; i < SIGNED_KEYS; i++) {
		if ((signers & 1 << i) == 0)
			continue;
		struct sealed copy;
		if (!seals[i].made)
			seal(owner, set, i, window, &seals[i]);
		copy = seals[i];
		/* Ed25519 and ECDSA signatures are unique enough: another last byte is no other. */
		if (broken)
			copy.rdata[copy.len - 1] ^= 0x01;
		else if (copy.good)
			good |= (uint8_t)(1 << i);
		broken = false;
		add_record(KNOT_RRTYPE_RRSIG, set->ttl,
		        (struct hf_rdata){.data = copy.rdata, .len = copy.len});
	}
	return good;
}

/* The records of one set, as a view that lives as long as the node. */
static struct hf_node *bare_node(const struct hf_name *owner, uint16_t type,
        const struct signed_design *design, struct hf_rrset *ret_set)
{
	static const uint8_t address[4] = {192, 0, 2, 1};
	struct hf_key key;
	struct hf_node *node;
	struct hf_buf soa = {.data = NULL};
	hf_key_from_name(owner, &key);
	hf_node_begin(lab.builder, &key);
	if (type == KNOT_RRTYPE_DNSKEY) {
		for (unsigned i = 0; i < SIGNED_KEYS; i++) {
			if ((design->keys & 1 << i) != 0)
				add_record(type, design->key_ttl, signed_dnskey(i));
		}
	} else if (type == KNOT_RRTYPE_SOA) {
		hf_soa_put(&soa, &(struct hf_soa){.mname = lab.www,
		                         .rname = lab.www,
		                         .serial = 1,
		                         .minimum = SOA_MINIMUM});
		add_record(type, design->data_ttl[0],
		        (struct hf_rdata){.data = soa.data, .len = (uint16_t)soa.len});
		hf_buf_done(&soa);
	} else {
		add_record(type, design->data_ttl[1],
		        (struct hf_rdata){.data = address, .len = sizeof(address)});
	}
	assert_int_equal(hf_node_finish(lab.builder, &node), HF_OK);
	hf_node_at(node, 0, ret_set);
	return node;
}

static void put_node(struct hf_edit *edit)
{
	struct hf_node *node;
	assert_int_equal(hf_node_finish(lab.builder, &node), HF_OK);
	assert_int_equal(hf_edit_put(edit, node), HF_OK);
	hf_node_unref(node);
}

static void fill_apex(struct signed_version *version)
{
	const struct signed_design *design = &version->design;
	struct hf_rrset soa, keys;
	struct hf_key key;
	struct hf_node *soa_node = bare_node(&lab.zone, KNOT_RRTYPE_SOA, design, &soa);
	struct hf_node *key_node = NULL;
	if (design->keys != 0)
		key_node = bare_node(&lab.zone, KNOT_RRTYPE_DNSKEY, design, &keys);
	hf_key_from_name(&lab.zone, &key);
	hf_node_begin(lab.builder, &key);
	assert_int_equal(hf_node_add_set(lab.builder, &soa, HF_COPY_RECORDS), HF_OK);
	version->data[0].good = add_seals(&lab.zone, &soa,
	        data_seals[0][design->data_ttl[0]][design->window], design->data_signers[0],
	        design->window, (design->broken & BROKEN_DATA(0)) != 0);
	if (key_node != NULL) {
		assert_int_equal(hf_node_add_set(lab.builder, &keys, HF_COPY_RECORDS), HF_OK);
		version->keys.good = add_seals(&lab.zone, &keys,
		        key_seals[design->keys][design->key_ttl][design->window],
		        design->key_signers, design->window, (design->broken & BROKEN_KEYS) != 0);
	}
	hf_node_unref(soa_node);
	hf_node_unref(key_node);
}

static void fill_www(struct signed_version *version)
{
	const struct signed_design *design = &version->design;
	struct hf_rrset address;
	struct hf_key key;
	struct hf_node *node = bare_node(&lab.www, KNOT_RRTYPE_A, design, &address);
	hf_key_from_name(&lab.www, &key);
	hf_node_begin(lab.builder, &key);
	assert_int_equal(hf_node_add_set(lab.builder, &address, HF_COPY_RECORDS), HF_OK);
	version->data[1].good = add_seals(&lab.www, &address,
	        data_seals[1][design->data_ttl[1]][design->window], design->data_signers[1],
	        design->window, (design->broken & BROKEN_DATA(1)) != 0);
	hf_node_unref(node);
}

static struct signed_version *make_version(const struct signed_design *design)
{
	struct signed_version *version = calloc(1, sizeof(*version));
	struct hf_edit *edit;
	assert_non_null(version);
	version->design = *design;
	assert_int_equal(hf_edit_new_empty(&lab.zone, &edit), HF_OK);
	fill_apex(version);
	put_node(edit);
	fill_www(version);
	put_node(edit);
	assert_int_equal(hf_edit_commit(edit, &version->zone), HF_OK);
	hf_edit_free(edit);
	struct signed_answer *answers[] = {&version->keys, &version->data[0], &version->data[1]};
	for (unsigned i = 0; i < 3; i++)
		window_of(design->window, &answers[i]->inception, &answers[i]->expiration);
	version->data[0].ttl = design->data_ttl[0];
	version->data[1].ttl = design->data_ttl[1];
	version->keys.ttl = design->key_ttl;
	/* An absence is kept as long as its SOA record says (RFC 2308 section 5). */
	if (design->keys == 0)
		version->keys.ttl =
		        design->data_ttl[0] < SOA_MINIMUM ? design->data_ttl[0] : SOA_MINIMUM;
	return version;
}

const struct signed_version *signed_version(const struct signed_design *design)
{
	const uint8_t *bytes = (const uint8_t *)design;
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < sizeof(*design); i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	struct signed_version **bucket = &lab.buckets[hash % BUCKETS];
	for (struct signed_version *at = *bucket; at != NULL; at = at->next) {
		if (memcmp(&at->design, design, sizeof(*design)) == 0)
			return at;
	}
	struct signed_version *version = make_version(design);
	version->next = *bucket;
	*bucket = version;
	return version;
}

void signed_done(void)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		while (lab.buckets[i] != NULL) {
			struct signed_version *version = lab.buckets[i];
			lab.buckets[i] = version->next;
			hf_version_unref(version->zone);
			free(version);
		}
	}
	for (unsigned i = 0; i < SIGNED_KEYS; i++) {
		hf_verifier_free(lab.keys[i].verifier);
		hf_pubkey_free(lab.keys[i].pubkey);
		hf_signer_free(lab.keys[i].signer);
		hf_keypair_free(lab.keys[i].pair);
	}
	hf_node_builder_free(lab.builder);
}
