/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Failing allocations in signing by duties and in surveys: each run must end with HF_ERR_NOMEM or
 * succeed, and nothing that was there before may change.
 */
#include "../sign/lab.h"

#include <stdio.h>

#include "../house/failing.h"
#include "coherence/survey.h"
#include "sign/sign_change.h"

#define KEYS 3

/* Made before anything fails. */
static struct {
	struct lab_keys keys;
	struct hf_sign_duty list[2][KEYS]; /* then, now */
	struct hf_sign_duties duties[2];
	struct hf_sign_options options;
	struct hf_version *zone[2], *signed_zone[2];
	struct hf_pool *pool;
} fixture;

#define DNSKEYS (HF_DUTY_PUBLISHED | HF_DUTY_SIGN_KEYS)
#define DATA    (HF_DUTY_PUBLISHED | HF_DUTY_SIGN_DATA)

/* What the second one adds: a cut that hides one name, and another name. */
static struct hf_version *make_zone(bool more)
{
	char text[1024];
	snprintf(text, sizeof(text),
	        "ex. 300 SOA ns.ex. h.ex. 1 2 3 4 200\nex. 300 NS ns.e.test.\n"
	        "a.ex. 60 A 192.0.2.1\nb.c.ex. 60 TXT t\nd.ex. 90 TXT u\n%s",
	        more ? "c.ex. 60 NS ns.e.test.\nf.ex. 60 A 192.0.2.1\n" : "");
	return lab_zone(text, NULL);
}

static struct hf_sign_job job_of(unsigned index, const struct hf_version *previous)
{
	return (struct hf_sign_job){.zone = fixture.zone[index],
	        .previous = previous,
	        .keys = &fixture.keys.dir,
	        .options = &fixture.options,
	        .duties = &fixture.duties[index]};
}

static enum hf_err sign_change(struct hf_sign_next *ret_next)
{
	const struct hf_sign_since since = {
	        .zone = fixture.zone[0], .options = &fixture.options, .duties = &fixture.duties[0]};
	struct hf_sign_job job = job_of(1, fixture.signed_zone[0]);
	return hf_sign_change(&job, &since, fixture.pool, NULL, ret_next);
}

static int make_fixture(void **state)
{
	static const enum hf_role roles[KEYS] = {HF_ROLE_KSK, HF_ROLE_ZSK, HF_ROLE_ZSK};
	static const uint8_t flags[2][KEYS] = {
	        {DNSKEYS | HF_DUTY_CDS, DATA | HF_DUTY_KEPT, HF_DUTY_PUBLISHED},
	        {DNSKEYS, HF_DUTY_PUBLISHED, DATA | HF_DUTY_KEPT}};
	struct hf_sign_result first = {0};
	struct hf_sign_next second = {0};

	for (unsigned i = 0; i < KEYS; i++)
		lab_key(&fixture.keys, "ex.", roles[i], HF_ALG_ED25519);
	for (unsigned i = 0; i < 2; i++) {
		fixture.duties[i] = (struct hf_sign_duties){.list = fixture.list[i], .count = KEYS};
		for (unsigned j = 0; j < KEYS; j++)
			fixture.list[i][j] = (struct hf_sign_duty){.tag = fixture.keys.list[j]->tag,
			        .algorithm = HF_ALG_ED25519,
			        .flags = flags[i][j]};
		fixture.zone[i] = make_zone(i == 1);
	}
	hf_sign_options_init(&fixture.options, LAB_AT);
	fixture.options.serial = HF_SERIAL_INCREMENT;
	if (hf_pool_new(1, &fixture.pool) != HF_OK)
		return 1;
	struct hf_sign_job job = job_of(0, NULL);
	if (hf_sign_zone(&job, fixture.pool, NULL, NULL, &first) != HF_OK)
		return 1;
	fixture.signed_zone[0] = first.version;
	if (sign_change(&second) != HF_OK)
		return 1;
	fixture.signed_zone[1] = second.result.version;
	return 0;
}

static int drop_fixture(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		hf_version_unref(fixture.zone[i]);
		hf_version_unref(fixture.signed_zone[i]);
	}
	hf_pool_free(fixture.pool);
	lab_keys_done(&fixture.keys);
	return 0;
}

/* A key that was kept is not kept any longer, so that everything is looked through as well. */
static enum hf_err sign(const void *context)
{
	struct hf_sign_next next = {0};
	enum hf_err err = sign_change(&next);
	assert_true((err == HF_OK) == (next.result.version != NULL));
	hf_version_unref(next.result.version);
	return err;
}

static enum hf_err survey(const void *context)
{
	const enum hf_survey_flags *flags = context;
	struct hf_evidence *evidence = NULL;
	struct hf_survey before = {.soa_expire = 0}, after = {.soa_expire = 0};

	enum hf_err err = hf_evidence_new(hf_version_apex(fixture.zone[0]), &evidence);
	if (err == HF_OK)
		err = hf_survey_version(fixture.signed_zone[0], *flags, LAB_AT, fixture.pool, NULL,
		        evidence, NULL, &before);
	const struct hf_survey_since since = {.survey = &before, .version = fixture.signed_zone[0]};
	if (err == HF_OK)
		err = hf_survey_change(&since, fixture.signed_zone[1], *flags, LAB_AT, fixture.pool,
		        evidence, NULL, &after);
	if (err == HF_OK) {
		assert_null(after.whole);
		assert_true(after.offer.frail_type != 0);
	}
	hf_survey_done(&before);
	hf_survey_done(&after);
	hf_evidence_free(evidence);
	return err;
}

static void test_signing(void **state)
{
	sweep("sign by duties", sign, NULL, HF_OK);
}

static void test_surveys(void **state)
{
	static const enum hf_survey_flags flags[] = {HF_SURVEY_VERIFY, HF_SURVEY_VERIFIED};
	sweep("survey of a change", survey, &flags[0], HF_OK);
	sweep("survey of a change that was verified", survey, &flags[1], HF_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_signing),
	        cmocka_unit_test(test_surveys),
	};
	return cmocka_run_group_tests(tests, make_fixture, drop_fixture);
}
