/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long one question to the gate takes: gate_rates
 *
 * The evidence has N DS sets, N DNSKEY sets and N signer sets, all of which caches may hold, for N
 * of 1, 3, 10 and 30: a KSK and a ZSK change in turn, as if every rollover were done at once. Asked
 * is about a safe version, and about one that all of them clash with. Prints the median
 * microseconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "coherence/gate.h"
#include "crypto/digest.h"

enum { ROUNDS = 201, KEY_LEN = 68, SINCE = 1000, AT = 5000, TTL = 86400 };

static const unsigned sizes[] = {1, 3, 10, 30};

struct bench {
	struct hf_evidence *evidence;
	unsigned count;
	uint32_t keys[64];
};

static void check(enum hf_err err)
{
	if (err == HF_OK)
		return;
	fprintf(stderr, "gate_rates: %s\n", hf_err_text(err));
	exit(1);
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* A key that nobody has the private half of: the gate does no cryptography. */
static uint32_t make_key(struct bench *bench, unsigned number, uint16_t flags)
{
	uint8_t rdata[KEY_LEN] = {(uint8_t)(flags >> 8), (uint8_t)flags, 3, 13};
	uint32_t key;
	for (unsigned i = 4; i < KEY_LEN; i++)
		rdata[i] = (uint8_t)(number * 31 + i * 7);
	check(hf_evidence_key(
	        bench->evidence, (struct hf_rdata){.data = rdata, .len = sizeof(rdata)}, &key));
	return key;
}

static uint32_t make_ds(struct bench *bench, uint32_t key)
{
	struct hf_buf rdata = {.data = NULL};
	uint32_t ds;
	check(hf_ds_put(&rdata, HF_DIGEST_SHA256, hf_evidence_zone(bench->evidence),
	        hf_evidence_key_at(bench->evidence, key)->rdata));
	check(hf_evidence_ds(bench->evidence,
	        (struct hf_rdata){.data = rdata.data, .len = (uint16_t)rdata.len}, &ds));
	hf_buf_done(&rdata);
	return ds;
}

static uint32_t intern(struct bench *bench, enum hf_kind kind, const uint32_t *members,
        size_t member_count, const uint32_t *signers, size_t signer_count)
{
	struct hf_signing signings[HF_CONTENT_MEMBERS];
	uint32_t content;
	for (size_t i = 0; i < signer_count; i++)
		signings[i] = (struct hf_signing){
		        .key = signers[i], .inception = 0, .expiration = 100 * TTL};
	const struct hf_content made = {.kind = kind,
	        .members = members,
	        .member_count = member_count,
	        .signings = signings,
	        .signing_count = signer_count};
	check(hf_evidence_content(bench->evidence, &made, &content));
	return content;
}

static void add(struct bench *bench, uint32_t content, uint32_t place)
{
	const struct hf_fact fact = {.content = content,
	        .place = place,
	        .ttl = TTL,
	        .rrsets = 1000,
	        .first = SINCE,
	        .last = AT};
	check(hf_evidence_add(bench->evidence, &fact));
}

/* Every DS set and DNSKEY set has the first KSK and ZSK, so that all of it fits together. */
static void fill(struct bench *bench)
{
	uint32_t parent, ds[2], keys[3], signers[2];
	check(hf_evidence_place(bench->evidence, "192.0.2.1", &parent));
	for (unsigned i = 0; i < bench->count; i++) {
		uint32_t ksk = make_key(bench, 2 * i, 0x0101),
		         zsk = make_key(bench, 2 * i + 1, 0x0100);
		bench->keys[2 * i] = ksk;
		bench->keys[2 * i + 1] = zsk;
		ds[0] = make_ds(bench, bench->keys[0]);
		ds[1] = make_ds(bench, ksk);
		keys[0] = bench->keys[0];
		keys[1] = bench->keys[1];
		keys[2] = zsk;
		signers[0] = bench->keys[1];
		signers[1] = zsk;
		add(bench, intern(bench, HF_KIND_DS, ds, 2, NULL, 0), parent);
		add(bench, intern(bench, HF_KIND_DNSKEY, keys, 3, keys, 1), HF_PUBLISHED);
		add(bench, intern(bench, HF_KIND_SIGNERS, NULL, 0, signers, 2), HF_PUBLISHED);
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The median of the times that the question takes. */
static double ask(const struct bench *bench, const struct hf_offer *offer, bool safe)
{
	static double times[ROUNDS];
	const struct hf_gate_options options = {.rules = HF_RULES_STRICT};
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct hf_gate_verdict *verdict;
		double start = now();
		check(hf_gate(bench->evidence, offer, &options, AT, &verdict));
		times[i] = now() - start;
		if (verdict->safe != safe) {
			fprintf(stderr, "gate_rates: the verdict is wrong\n");
			exit(1);
		}
		hf_gate_verdict_free(verdict);
	}
	qsort(times, ROUNDS, sizeof(times[0]), by_value);
	return times[ROUNDS / 2];
}

static void measure(unsigned count)
{
	struct bench bench = {.count = count};
	struct hf_name zone;
	check(hf_name_from_text("example.", &zone));
	check(hf_evidence_new(&zone, &bench.evidence));
	fill(&bench);
	uint32_t stranger[2] = {make_key(&bench, 1000, 0x0101), make_key(&bench, 1001, 0x0100)};
	struct hf_served good[] = {
	        {.content = intern(&bench, HF_KIND_DNSKEY, bench.keys, 2, bench.keys, 1),
	                .ttl = TTL},
	        {.content = intern(&bench, HF_KIND_SIGNERS, NULL, 0, bench.keys + 1, 1),
	                .ttl = TTL,
	                .rrsets = 1000},
	};
	struct hf_served bad[] = {
	        {.content = intern(&bench, HF_KIND_DNSKEY, stranger, 2, stranger, 1), .ttl = TTL},
	        {.content = intern(&bench, HF_KIND_SIGNERS, NULL, 0, stranger + 1, 1),
	                .ttl = TTL,
	                .rrsets = 1000},
	};
	const struct hf_offer safe = {.served = good, .count = 2, .rrsets = 1000};
	const struct hf_offer unsafe = {.served = bad, .count = 2, .rrsets = 1000};
	/* One after the other, or the compiler may ask in another order than it prints. */
	double safe_time = ask(&bench, &safe, true);
	double unsafe_time = ask(&bench, &unsafe, false);
	printf("  %-12u %10.0f %10.0f\n", count, safe_time, unsafe_time);
	hf_evidence_free(bench.evidence);
}

int main(void)
{
	printf("  facts a kind       safe     unsafe\n");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		measure(sizes[i]);
	return 0;
}
