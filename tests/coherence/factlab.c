/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "crypto/digest.h"
#include "factlab.h"

struct hf_evidence *ledger_new(const char *zone)
{
	struct hf_name name;
	struct hf_evidence *evidence;
	assert_int_equal(hf_name_from_text(zone, &name), HF_OK);
	assert_int_equal(hf_evidence_new(&name, &evidence), HF_OK);
	return evidence;
}

uint32_t ledger_key(struct hf_evidence *evidence, unsigned number, uint16_t flags, uint8_t alg)
{
	uint8_t rdata[68] = {(uint8_t)(flags >> 8), (uint8_t)flags, 3, alg};
	for (unsigned i = 4; i < sizeof(rdata); i++)
		rdata[i] = (uint8_t)(number * 37 + i * (number + 11));
	uint32_t key;
	assert_int_equal(hf_evidence_key(evidence,
	                         (struct hf_rdata){.data = rdata, .len = sizeof(rdata)}, &key),
	        HF_OK);
	return key;
}

uint32_t ledger_ds(struct hf_evidence *evidence, uint32_t key, uint8_t digest_type)
{
	struct hf_buf rdata = {.data = NULL};
	uint32_t ds;
	assert_int_equal(hf_ds_put(&rdata, digest_type, hf_evidence_zone(evidence),
	                         hf_evidence_key_at(evidence, key)->rdata),
	        HF_OK);
	assert_int_equal(
	        hf_evidence_ds(evidence,
	                (struct hf_rdata){.data = rdata.data, .len = (uint16_t)rdata.len}, &ds),
	        HF_OK);
	hf_buf_done(&rdata);
	return ds;
}

static uint32_t content(
        struct hf_evidence *evidence, enum hf_kind kind, const int *members, const int *signing)
{
	uint32_t list[HF_CONTENT_MEMBERS], number;
	struct hf_signing signings[HF_CONTENT_MEMBERS];
	struct hf_content one = {.kind = kind, .members = list, .signings = signings};
	for (; *members >= 0; members++)
		list[one.member_count++] = (uint32_t)*members;
	for (; *signing >= 0; signing++)
		signings[one.signing_count++] = (struct hf_signing){
		        .key = (uint32_t)*signing, .inception = 0, .expiration = 1000000000000};
	assert_int_equal(hf_evidence_content(evidence, &one, &number), HF_OK);
	return number;
}

uint32_t ledger_ds_set(struct hf_evidence *evidence, const int *ds)
{
	return content(evidence, HF_KIND_DS, ds, NOTHING);
}

uint32_t ledger_dnskey(struct hf_evidence *evidence, const int *keys, const int *signing)
{
	return content(evidence, HF_KIND_DNSKEY, keys, signing);
}

uint32_t ledger_signers(struct hf_evidence *evidence, const int *signing)
{
	return content(evidence, HF_KIND_SIGNERS, NOTHING, signing);
}

void ledger_fact(struct hf_evidence *evidence, uint32_t number, uint32_t place, uint32_t ttl,
        hf_time first, hf_time last)
{
	const struct hf_fact fact = {.content = number,
	        .place = place,
	        .ttl = ttl,
	        .rrsets = 10,
	        .first = first,
	        .last = last};
	assert_int_equal(hf_evidence_add(evidence, &fact), HF_OK);
}

uint32_t ledger_place(struct hf_evidence *evidence, const char *name)
{
	uint32_t place;
	assert_int_equal(hf_evidence_place(evidence, name, &place), HF_OK);
	return place;
}
