/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Failing allocations on the way from a history to an answer: HF_ERR_NOMEM, and nothing else. */
#include "../sign/lab.h"

#include <string.h>

#include "../house/failing.h"
#include "coherence/survey.h"
#include "report/gate_json.h"
#include "report/gate_text.h"

/* Every kind of fact that needs no zone file; broken, so that there are words about it. */
static const char text[] =
        "{\"zone\": \"example.\", \"soa_expire\": 900, \"secondaries\": [\"192.0.2.1\"],"
        " \"keys\": {\"k\": \"257 3 13 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKiss"
        "LS4vMDEyMzQ1Njc4OTo7PD0+Pw==\"},"
        " \"facts\": ["
        "{\"kind\": \"ds\", \"at\": \"20260101000000\", \"ttl\": 60, \"records\": [\"k\", \"1 13 2 "
        "00\"]},"
        "{\"kind\": \"dnskey\", \"at\": \"20260101000000\", \"ttl\": 60, \"records\": [\"k\"]},"
        "{\"kind\": \"signers\", \"at\": \"20260101000000\", \"until\": \"20260101120000\", "
        "\"ttl\": "
        "60, \"signed_by\": [\"k\"]},"
        "{\"kind\": \"signers\", \"at\": \"20260101120000\", \"ttl\": 60, \"signed_by\": []},"
        "{\"kind\": \"seen\", \"at\": \"20260101130000\", \"place\": \"192.0.2.1\", \"version\": "
        "\"20260101120000\"}]}";

static enum hf_err print(const struct hf_history *history, struct hf_gate_verdict *verdict)
{
	const struct hf_gate_answer answer = {.zone = *hf_evidence_zone(history->evidence),
	        .verdict = verdict,
	        .version = true,
	        .unsigned_from = HF_TIME_NEVER};
	struct hf_buf out = {.data = NULL};
	enum hf_err err = hf_gate_text(&answer, &out);
	if (err == HF_OK)
		err = hf_gate_json(&answer, &out);
	hf_buf_done(&out);
	return err;
}

static enum hf_err whole_way(const void *context)
{
	const struct hf_history_options options = {.flags = HF_HISTORY_STEP, .at = LAB_AT + 43200};
	const struct hf_gate_options gate = {.rules = HF_RULES_STRICT};
	struct hf_history *history = NULL;
	struct hf_gate_verdict *verdict = NULL;
	enum hf_err err =
	        hf_history_parse("history", NULL, text, strlen(text), &options, NULL, &history);
	if (err == HF_OK) {
		const struct hf_offer offer = {
		        .served = history->step, .count = history->step_count};
		assert_int_equal(history->step_count, 1);
		err = hf_gate(history->evidence, &offer, &gate, options.at, &verdict);
	}
	if (err == HF_OK) {
		assert_false(verdict->safe);
		err = print(history, verdict);
	}
	hf_gate_verdict_free(verdict);
	hf_history_free(history);
	return err;
}

static void history_and_answer(void **state)
{
	sweep("history and answer", whole_way, NULL, HF_OK);
}

static enum hf_err survey(const void *context)
{
	const struct lab *lab = context;
	struct hf_evidence *evidence = NULL;
	struct hf_pool *pool = NULL;
	struct hf_survey seen = {.soa_expire = 0};
	enum hf_err err = hf_pool_new(1, &pool);
	if (err == HF_OK)
		err = hf_evidence_new(hf_version_apex(lab->result.version), &evidence);
	if (err == HF_OK)
		err = hf_survey_version(lab->result.version, HF_SURVEY_VERIFY, LAB_AT, pool, NULL,
		        evidence, NULL, &seen);
	hf_survey_done(&seen);
	hf_evidence_free(evidence);
	hf_pool_free(pool);
	return err;
}

static void survey_of_a_version(void **state)
{
	struct lab lab;
	lab_init(&lab,
	        "example. 60 IN SOA ns.example. host.example. 1 60 60 60 60\nexample. 60 IN NS "
	        "ns.example.\n"
	        "ns.example. 60 IN A 192.0.2.1\n",
	        NULL);
	lab_csk(&lab.keys, "example.");
	assert_int_equal(lab_sign(&lab), HF_OK);
	sweep("survey", survey, &lab, HF_OK);
	lab_done(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(history_and_answer),
	        cmocka_unit_test(survey_of_a_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
