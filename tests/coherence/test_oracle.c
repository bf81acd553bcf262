/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The gate against an oracle that tries what every resolver does: for thousands of random lives of
 * a zone, `safe` and `earliest_safe` are the same, to the second.
 *
 * test_oracle [COUNT [FIRST]] tries COUNT seeds from FIRST on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "coherence/gate.h"
#include "coherence/survey.h"
#include "lives.h"

#define COUNT 2000

static uint64_t first_seed = 1, seed_count = COUNT;

/* How often each kind of answer was right: a test that always asks the same shows nothing. */
struct score {
	unsigned safe, waits, never, versions, ds_sets, as_it_is, disagreements;
};

/* ---- the same history as evidence ---- */

static hf_time second(int seconds)
{
	return seconds == ORACLE_OPEN ? HF_TIME_NEVER : SIGNED_EPOCH + seconds;
}

static void survey(struct hf_evidence *evidence, struct hf_pool *pool,
        const struct signed_version *version, uint64_t seed, struct hf_survey *ret_survey)
{
	/* Where a signature is damaged it has to be found out; elsewhere that takes time. */
	enum hf_survey_flags flags = version->design.broken != 0 || seed % 8 == 0
	                                     ? HF_SURVEY_VERIFY
	                                     : HF_SURVEY_VERIFIED;
	assert_int_equal(hf_survey_version(version->zone, flags, SIGNED_EPOCH, pool, NULL, evidence,
	                         NULL, ret_survey),
	        HF_OK);
}

static uint32_t ds_set(struct hf_evidence *evidence, uint8_t keys, bool unsupported)
{
	static const uint8_t strange[] = {1, 2, 15, 99, 1, 2, 3};
	uint32_t members[SIGNED_KEYS + 1], content;
	size_t count = 0;
	for (unsigned i = 0; i < SIGNED_KEYS; i++) {
		if ((keys & 1 << i) != 0)
			assert_int_equal(
			        hf_evidence_ds(evidence, signed_ds(i), &members[count++]), HF_OK);
	}
	if (unsupported)
		assert_int_equal(hf_evidence_ds(evidence,
		                         (struct hf_rdata){.data = strange, .len = sizeof(strange)},
		                         &members[count++]),
		        HF_OK);
	const struct hf_content set = {
	        .kind = HF_KIND_DS, .members = members, .member_count = count};
	assert_int_equal(hf_evidence_content(evidence, &set, &content), HF_OK);
	return content;
}

static uint32_t place(struct hf_evidence *evidence, const char *kind, int number)
{
	char name[32];
	uint32_t place;
	snprintf(name, sizeof(name), "%s %d", kind, number);
	assert_int_equal(hf_evidence_place(evidence, name, &place), HF_OK);
	return place;
}

static void add_parents(struct hf_evidence *evidence, const struct oracle_history *history)
{
	for (int p = 0; p < history->parents; p++) {
		for (int i = 0; i < history->ds_count[p]; i++) {
			const struct oracle_ds *ds = &history->ds[p][i];
			const struct hf_fact fact = {
			        .content = ds_set(evidence, ds->keys, ds->unsupported),
			        .place = place(evidence, "parent", p),
			        .ttl = (uint32_t)ds->ttl,
			        .first = second(ds->first),
			        .last = second(ds->last)};
			assert_int_equal(hf_evidence_add(evidence, &fact), HF_OK);
		}
	}
}

static void add_versions(struct hf_evidence *evidence, struct hf_pool *pool,
        const struct oracle_history *history, uint64_t seed)
{
	for (int i = 0; i < history->version_count; i++) {
		const struct oracle_version *span = &history->versions[i];
		struct hf_survey seen;
		survey(evidence, pool, span->version, seed, &seen);
		for (size_t k = 0; k < seen.offer.count; k++) {
			const struct hf_fact fact = {.content = seen.served[k].content,
			        .place = HF_PUBLISHED,
			        .ttl = seen.served[k].ttl,
			        .rrsets = seen.served[k].rrsets,
			        .first = second(span->first),
			        .last = second(span->last)};
			assert_int_equal(hf_evidence_add(evidence, &fact), HF_OK);
		}
		hf_survey_done(&seen);
	}
}

static void add_secondaries(struct hf_evidence *evidence, const struct oracle_history *history)
{
	hf_evidence_set_expire(evidence, (uint32_t)history->expire);
	for (int i = 0; i < history->secondaries; i++)
		assert_int_equal(
		        hf_evidence_add_secondary(evidence, place(evidence, "secondary", i)),
		        HF_OK);
	for (int i = 0; i < history->sighting_count; i++) {
		const struct oracle_sighting *sighting = &history->sightings[i];
		assert_int_equal(hf_evidence_sighting(evidence,
		                         place(evidence, "secondary", sighting->secondary),
		                         second(sighting->seen), second(sighting->version)),
		        HF_OK);
	}
}

static struct hf_evidence *make_evidence(
        struct hf_pool *pool, const struct oracle_history *history, uint64_t seed)
{
	struct hf_evidence *evidence;
	assert_int_equal(hf_evidence_new(signed_zone(), &evidence), HF_OK);
	/* Data may be signed by keys that are in no DNSKEY set yet. */
	for (unsigned i = 0; i < SIGNED_KEYS; i++) {
		uint32_t key;
		assert_int_equal(hf_evidence_key(evidence, signed_dnskey(i), &key), HF_OK);
	}
	add_parents(evidence, history);
	add_versions(evidence, pool, history, seed);
	add_secondaries(evidence, history);
	return evidence;
}

/* ---- the question ---- */

static struct hf_gate_verdict *ask_gate(struct hf_pool *pool, struct hf_evidence *evidence,
        const struct oracle_question *question, uint64_t seed)
{
	struct hf_survey seen = {.soa_expire = 0};
	struct hf_served served[8];
	struct hf_offer offer = {.count = 0};
	struct hf_gate_verdict *verdict;
	if (question->candidate != NULL) {
		survey(evidence, pool, question->candidate, seed, &seen);
		offer = seen.offer;
		for (size_t i = 0; i < seen.offer.count; i++)
			served[i] = seen.served[i];
	}
	if (question->has_ds)
		served[offer.count++] = (struct hf_served){
		        .content = ds_set(evidence, question->ds_keys, false), .ttl = 3};
	offer.served = served;
	const struct hf_gate_options options = {
	        .rules = question->liberal ? HF_RULES_LIBERAL : HF_RULES_STRICT};
	assert_int_equal(hf_gate(evidence, offer.count > 0 ? &offer : NULL, &options,
	                         second(question->at), &verdict),
	        HF_OK);
	hf_survey_done(&seen);
	return verdict;
}

/* ---- one life ---- */

static int relative(hf_time time)
{
	return time == HF_TIME_NEVER ? ORACLE_OPEN : (int)(time - SIGNED_EPOCH);
}

static void print_design(const char *what, const struct signed_design *design)
{
	print_error("%s keys %02x signed by %02x ttl %u; data signed by %02x ttl %u, %02x ttl %u; "
	            "window %u broken %u\n",
	        what, design->keys, design->key_signers, design->key_ttl, design->data_signers[0],
	        design->data_ttl[0], design->data_signers[1], design->data_ttl[1], design->window,
	        design->broken);
}

static void print_life(const struct oracle_history *history, const struct oracle_question *question)
{
	for (int p = 0; p < history->parents; p++) {
		for (int i = 0; i < history->ds_count[p]; i++) {
			const struct oracle_ds *ds = &history->ds[p][i];
			print_error("parent %d: %d to %d DS %02x%s ttl %d\n", p, ds->first,
			        ds->last, ds->keys, ds->unsupported ? " and a strange one" : "",
			        ds->ttl);
		}
	}
	for (int i = 0; i < history->version_count; i++) {
		print_error("%d to %d:", history->versions[i].first, history->versions[i].last);
		print_design("", &history->versions[i].version->design);
	}
	for (int i = 0; i < history->sighting_count; i++)
		print_error("secondary %d seen at %d with version of %d\n",
		        history->sightings[i].secondary, history->sightings[i].seen,
		        history->sightings[i].version);
	print_error("%d secondaries, expire %d\n", history->secondaries, history->expire);
	if (question->candidate != NULL)
		print_design("candidate:", &question->candidate->design);
	if (question->has_ds)
		print_error("DS %02x\n", question->ds_keys);
	print_error("asked at %d, %s\n", question->at, question->liberal ? "liberal" : "strict");
}

static void count(const struct oracle_question *question, int earliest, struct score *score)
{
	score->safe += earliest == question->at;
	score->never += earliest == ORACLE_OPEN;
	score->waits += earliest != question->at && earliest != ORACLE_OPEN;
	score->versions += question->candidate != NULL;
	score->ds_sets += question->has_ds;
	score->as_it_is += question->candidate == NULL && !question->has_ds;
}

static void try_life(struct hf_pool *pool, uint64_t seed, struct score *score)
{
	struct oracle_history history;
	struct oracle_question question;
	life_make(seed, &history, &question);
	struct hf_evidence *evidence = make_evidence(pool, &history, seed);
	struct hf_gate_verdict *verdict = ask_gate(pool, evidence, &question, seed);
	int earliest = oracle_earliest(&history, &question);
	bool safe = earliest == question.at;
	if (verdict->safe != safe || relative(verdict->earliest_safe) != earliest) {
		print_error("seed %llu: the gate says %s, earliest %d; the oracle %s, %d\n",
		        (unsigned long long)seed, verdict->safe ? "safe" : "unsafe",
		        relative(verdict->earliest_safe), safe ? "safe" : "unsafe", earliest);
		for (size_t i = 0; i < verdict->count; i++)
			print_error("  %s\n", verdict->reasons[i].broken);
		print_life(&history, &question);
		score->disagreements++;
	}
	count(&question, earliest, score);
	hf_gate_verdict_free(verdict);
	hf_evidence_free(evidence);
}

static void gate_and_oracle_agree(void **state)
{
	struct hf_pool *pool;
	struct score score = {.safe = 0};
	signed_init();
	assert_int_equal(hf_pool_new(1, &pool), HF_OK);
	for (uint64_t i = 0; i < seed_count && score.disagreements < 5; i++)
		try_life(pool, first_seed + i, &score);
	hf_pool_free(pool);
	signed_done();
	print_message("%u safe, %u after waiting, %u never; %u versions, %u DS sets, %u as it is\n",
	        score.safe, score.waits, score.never, score.versions, score.ds_sets,
	        score.as_it_is);
	assert_int_equal(score.disagreements, 0);
	/* A lopsided sample would hide a gate that always says the same. */
	assert_true(score.safe * 10 > seed_count && score.waits * 10 > seed_count &&
	            score.never * 10 > seed_count);
	assert_true(score.versions * 2 > seed_count && score.ds_sets * 10 > seed_count &&
	            score.as_it_is * 25 > seed_count);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(gate_and_oracle_agree)};
	if (argc > 1)
		seed_count = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		first_seed = strtoull(argv[2], NULL, 10);
	return cmocka_run_group_tests_name("oracle", tests, NULL, NULL);
}
