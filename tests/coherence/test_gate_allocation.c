/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Failing allocations in the evidence and in the gate: HF_ERR_NOMEM, nothing else, no leak. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../house/failing.h"
#include "coherence/gate.h"
#include "crypto/digest.h"

struct numbers {
	uint32_t key[2], ds, ds_set, dnskey, signers, parent;
};

static enum hf_err add_records(struct hf_evidence *evidence, struct numbers *to)
{
	struct hf_buf ds = {.data = NULL};
	uint8_t rdata[68] = {1, 1, 3, 13, 77};
	enum hf_err err = hf_evidence_key(
	        evidence, (struct hf_rdata){.data = rdata, .len = sizeof(rdata)}, &to->key[0]);
	if (err == HF_OK)
		err = hf_ds_put(&ds, 2, hf_evidence_zone(evidence),
		        (struct hf_rdata){.data = rdata, .len = sizeof(rdata)});
	if (err == HF_OK)
		err = hf_evidence_ds(evidence,
		        (struct hf_rdata){.data = ds.data, .len = (uint16_t)ds.len}, &to->ds);
	hf_buf_done(&ds);
	rdata[5] = 1;
	if (err == HF_OK)
		err = hf_evidence_key(evidence,
		        (struct hf_rdata){.data = rdata, .len = sizeof(rdata)}, &to->key[1]);
	return err;
}

static enum hf_err add_contents(struct hf_evidence *evidence, struct numbers *to)
{
	const struct hf_signing signing = {
	        .key = to->key[1], .inception = 0, .expiration = 1000000};
	const struct hf_content ds = {.kind = HF_KIND_DS, .members = &to->ds, .member_count = 1};
	/* The key that the DS stands for is gone: what the gate has to tell. */
	const struct hf_content dnskey = {.kind = HF_KIND_DNSKEY,
	        .members = &to->key[1],
	        .member_count = 1,
	        .signings = &signing,
	        .signing_count = 1};
	const struct hf_content signers = {
	        .kind = HF_KIND_SIGNERS, .signings = &signing, .signing_count = 1};
	enum hf_err err = hf_evidence_content(evidence, &ds, &to->ds_set);
	if (err == HF_OK)
		err = hf_evidence_content(evidence, &dnskey, &to->dnskey);
	if (err == HF_OK)
		err = hf_evidence_content(evidence, &signers, &to->signers);
	if (err == HF_OK)
		err = hf_evidence_place(evidence, "192.0.2.1", &to->parent);
	return err;
}

static enum hf_err add_facts(struct hf_evidence *evidence, const struct numbers *to)
{
	const struct hf_served ds = {.content = to->ds_set, .ttl = 600};
	const struct hf_served ours[] = {
	        {.content = to->dnskey, .ttl = 300}, {.content = to->signers, .ttl = 60}};
	enum hf_err err = hf_evidence_observe(evidence, to->parent, 1u << HF_KIND_DS, &ds, 1, 100);
	if (err == HF_OK)
		err = hf_evidence_observe(evidence, HF_PUBLISHED,
		        1u << HF_KIND_DNSKEY | 1u << HF_KIND_SIGNERS, ours, 2, 100);
	if (err == HF_OK)
		err = hf_evidence_add_secondary(evidence, to->parent);
	if (err == HF_OK)
		err = hf_evidence_sighting(evidence, to->parent, 200, 100);
	return err;
}

static enum hf_err ask(const struct hf_evidence *evidence, const struct numbers *numbers)
{
	const struct hf_served served[] = {{.content = numbers->dnskey, .ttl = 300},
	        {.content = numbers->signers, .ttl = 60, .rrsets = 1}};
	const struct hf_offer offer = {.served = served,
	        .count = 2,
	        .frail_type = 1,
	        .frail_expiration = 400,
	        .frail_owner = *hf_evidence_zone(evidence)};
	const struct hf_gate_options options = {.next = 1000};
	struct hf_gate_verdict *verdict = NULL;
	enum hf_err err = hf_gate(evidence, &offer, &options, 300, &verdict);
	assert_true((err == HF_OK) == (verdict != NULL));
	if (err == HF_OK) {
		assert_false(verdict->safe);
		assert_true(verdict->broken_already);
		assert_int_equal(verdict->warning_count, 1);
	}
	hf_gate_verdict_free(verdict);
	return err;
}

static enum hf_err whole_way(const void *context)
{
	struct hf_evidence *evidence = NULL, *copy = NULL;
	struct numbers numbers;
	enum hf_err err = hf_evidence_new(&HF_NAME_ROOT, &evidence);
	if (err == HF_OK)
		err = add_records(evidence, &numbers);
	if (err == HF_OK)
		err = add_contents(evidence, &numbers);
	if (err == HF_OK)
		err = add_facts(evidence, &numbers);
	if (err == HF_OK)
		err = hf_evidence_copy(evidence, &copy);
	if (err == HF_OK)
		err = ask(copy, &numbers);
	hf_evidence_free(copy);
	hf_evidence_free(evidence);
	return err;
}

static void evidence_and_gate(void **state)
{
	sweep("evidence and gate", whole_way, NULL, HF_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(evidence_and_gate)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
