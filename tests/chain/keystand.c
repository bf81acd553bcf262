/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keystand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/digest.h"

void stand_init(struct stand *stand)
{
	*stand = (struct stand){.zone = HF_NAME_ROOT,
	        .ttl = 172800,
	        .life = 21 * STAND_DAY,
	        .made_at = HF_TIME_NONE};
	for (int i = 0; i < STAND_KEYS; i++)
		assert_int_equal(hf_keypair_generate(HF_ALG_ED25519, 0,
		                         HF_DNSKEY_ZONE | HF_DNSKEY_SEP, &stand->keys[i]),
		        HF_OK);
	assert_int_equal(hf_node_builder_new(&stand->builder), HF_OK);
}

void stand_done(struct stand *stand)
{
	for (int i = 0; i < STAND_KEYS; i++)
		hf_keypair_free(stand->keys[i]);
	hf_node_builder_free(stand->builder);
}

struct hf_rdata stand_key(const struct stand *stand, int key)
{
	return hf_keypair_dnskey(stand->keys[key]);
}

uint16_t stand_tag(const struct stand *stand, int key)
{
	return hf_dnskey_tag(stand_key(stand, key));
}

/* The key as it is published; `copy` has room for it. */
static struct hf_rdata published(
        const struct stand *stand, int key, enum stand_use use, uint8_t copy[64])
{
	struct hf_rdata rdata = stand_key(stand, key);
	assert_true(rdata.len <= 64);
	memcpy(copy, rdata.data, rdata.len);
	if (use == STAND_REVOKE || use == STAND_REVOKE_SILENT)
		copy[1] |= HF_DNSKEY_REVOKE;
	if (use == STAND_ZSK)
		copy[1] &= (uint8_t)~HF_DNSKEY_SEP;
	return (struct hf_rdata){copy, rdata.len};
}

static void begin(struct stand *stand)
{
	struct hf_key owner;
	hf_key_from_name(&stand->zone, &owner);
	hf_node_begin(stand->builder, &owner);
}

static struct hf_node *unsigned_set(struct stand *stand, const enum stand_use uses[STAND_KEYS])
{
	struct hf_node *node;
	uint8_t copy[64];
	begin(stand);
	for (int i = 0; i < STAND_KEYS; i++) {
		if (uses[i] != STAND_OUT)
			assert_int_equal(hf_node_add(stand->builder, KNOT_RRTYPE_DNSKEY, stand->ttl,
			                         published(stand, i, uses[i], copy)),
			        HF_OK);
	}
	assert_int_equal(hf_node_finish(stand->builder, &node), HF_OK);
	return node;
}

/* Adds the signature of a key over a set to the node that is being built. */
static void add_sig(
        struct stand *stand, const struct hf_rrset *set, int key, uint16_t tag, hf_time now)
{
	uint8_t signature[HF_SIG_MAX];
	size_t len;
	struct hf_buf rdata = {0}, message = {0};
	struct hf_signer *signer;
	struct hf_rrsig rrsig = {.covered = KNOT_RRTYPE_DNSKEY,
	        .algorithm = HF_ALG_ED25519,
	        .labels = (uint8_t)hf_name_labels(&stand->zone),
	        .ttl = stand->ttl,
	        .expiration = hf_time_to_stamp(now + stand->life),
	        .inception = hf_time_to_stamp(now - STAND_DAY / 24),
	        .tag = tag,
	        .signer = stand->zone};
	hf_rrsig_put(&rdata, &rrsig);
	assert_int_equal(hf_signed_data(&stand->zone, set,
	                         (struct hf_rdata){rdata.data, (uint16_t)rdata.len}, &message),
	        HF_OK);
	assert_int_equal(hf_signer_new(stand->keys[key], &signer), HF_OK);
	assert_int_equal(hf_signer_sign(signer, message.data, message.len, signature, &len), HF_OK);
	signature[0] ^= stand->spoil;
	hf_signer_free(signer);
	hf_put_bytes(&rdata, signature, len);
	assert_int_equal(hf_node_add(stand->builder, KNOT_RRTYPE_RRSIG, stand->ttl,
	                         (struct hf_rdata){rdata.data, (uint16_t)rdata.len}),
	        HF_OK);
	hf_buf_done(&rdata);
	hf_buf_done(&message);
}

struct hf_node *stand_set(struct stand *stand, const enum stand_use uses[STAND_KEYS], hf_time now)
{
	struct hf_node *bare = unsigned_set(stand, uses), *node;
	struct hf_rrset set;
	uint8_t copy[64];
	hf_time made_at = stand->made_at != HF_TIME_NONE ? stand->made_at : now;
	if (bare == NULL)
		return NULL;
	assert_true(hf_node_find(bare, KNOT_RRTYPE_DNSKEY, &set));
	begin(stand);
	assert_int_equal(hf_node_add_node(stand->builder, bare), HF_OK);
	for (int i = 0; i < STAND_KEYS; i++) {
		if (uses[i] == STAND_SIGNS || uses[i] == STAND_REVOKE)
			add_sig(stand, &set, i, hf_dnskey_tag(published(stand, i, uses[i], copy)),
			        made_at);
	}
	assert_int_equal(hf_node_finish(stand->builder, &node), HF_OK);
	hf_node_unref(bare);
	return node;
}

struct hf_trust_result stand_show(struct stand *stand, struct hf_trust_point *point,
        const enum stand_use uses[STAND_KEYS], hf_time now)
{
	struct hf_trust_result result;
	struct hf_rrset set;
	struct hf_node *node = stand_set(stand, uses, now);
	bool found = node != NULL && hf_node_find(node, KNOT_RRTYPE_DNSKEY, &set);
	assert_int_equal(hf_trust_point_observe(point, found ? &set : NULL, now, &result), HF_OK);
	hf_node_unref(node);
	return result;
}

void stand_seed(
        struct stand *stand, struct hf_trust_point *point, int key, uint16_t type, hf_time now)
{
	struct hf_rdata rdata = stand_key(stand, key);
	struct hf_buf ds = {0};
	assert_int_equal(hf_ds_put(&ds, HF_DIGEST_SHA256, &stand->zone, rdata), HF_OK);
	if (type == KNOT_RRTYPE_DS)
		rdata = (struct hf_rdata){ds.data, (uint16_t)ds.len};
	struct hf_anchors anchors = {0};
	assert_int_equal(hf_anchors_add(&anchors, &stand->zone, type, rdata, NULL), HF_OK);
	assert_int_equal(hf_trust_point_seed(point, &anchors.list[0], now, NULL), HF_OK);
	hf_anchors_done(&anchors);
	hf_buf_done(&ds);
}

enum hf_trust_state stand_state(
        const struct stand *stand, const struct hf_trust_point *point, int key)
{
	struct hf_rdata rdata = stand_key(stand, key);
	for (size_t i = 0; i < point->count; i++) {
		const struct hf_trust_key *known = &point->keys[i];
		if (hf_rdata_equal((struct hf_rdata){known->data, known->len}, rdata))
			return known->state;
	}
	return HF_TRUST_START;
}

char *stand_text(const struct hf_trust_point *point)
{
	struct hf_buf out = {0};
	struct hf_trust_book book = {.points = (struct hf_trust_point *)point, .count = 1};
	assert_int_equal(hf_trust_book_put(&book, &out), HF_OK);
	hf_put_u8(&out, 0);
	assert_int_equal(hf_buf_check(&out), HF_OK);
	return (char *)out.data;
}

void stand_restart(struct hf_trust_point *point)
{
	struct hf_trust_book book;
	struct hf_diag diag;
	hf_diag_init(&diag, 1);
	char *text = stand_text(point);
	if (hf_trust_book_parse("state", text, strlen(text), &diag, &book) != HF_OK)
		fail_msg("%s\n%s", diag.count > 0 ? diag.entries[0].text : "no memory", text);
	assert_int_equal(book.count, 1);
	hf_trust_point_done(point);
	*point = book.points[0];
	free(book.points);
	free(text);
	hf_diag_done(&diag);
}
