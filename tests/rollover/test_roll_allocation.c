/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Failing allocations in the rollover engine: HF_ERR_NOMEM or the whole result, and no leak. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../house/failing.h"
#include "rollover/rollover.h"

#define AT INT64_C(1767225600)

static uint8_t ksk[68] = {1, 1, 3, 13, 77};
static uint8_t zsk[68] = {1, 0, 3, 13, 78};
static uint8_t new_zsk[68] = {1, 0, 3, 13, 79, 5};

/* Copies a state, and takes it through bytes. */
static enum hf_err store(const struct hf_roll_state *state)
{
	struct hf_roll_state copy, back;
	struct hf_buf bytes = {.data = NULL};
	enum hf_err err = hf_roll_state_copy(state, &copy);
	if (err != HF_OK)
		return err;
	hf_roll_state_put(&copy, &bytes);
	hf_roll_state_done(&copy);
	err = hf_buf_check(&bytes);
	if (err == HF_OK)
		err = hf_roll_state_get(bytes.data, bytes.len, NULL, &back);
	hf_buf_done(&bytes);
	if (err == HF_OK)
		hf_roll_state_done(&back);
	return err;
}

static enum hf_err begin(
        const struct hf_policy *policy, struct hf_roll_state *state, struct hf_evidence *evidence)
{
	struct hf_outcome outcome;
	struct hf_roll_event start = {.kind = HF_EVENT_START};
	const struct hf_roll_event made = {.kind = HF_EVENT_KEY_MADE,
	        .role = HF_ROLE_ZSK,
	        .dnskey = {new_zsk, sizeof(new_zsk)}};
	start.start = (struct hf_roll_start){
	        .kind = HF_ROLL_KEYS_OF_ROLE, .role = HF_ROLE_ZSK, .compromised = 2};
	enum hf_err err = hf_roll_event(policy, state, evidence, &start, AT, NULL);
	if (err == HF_OK)
		err = hf_roll_step(policy, state, evidence, AT, &outcome);
	if (err == HF_OK)
		err = hf_roll_event(policy, state, evidence, &made, AT, NULL);
	if (err == HF_OK)
		err = hf_roll_step(policy, state, evidence, AT, &outcome);
	return err;
}

static enum hf_err change(
        const struct hf_policy *policy, struct hf_roll_state *state, struct hf_evidence *evidence)
{
	struct hf_at_once once;
	const struct hf_roll_event seen = {.kind = HF_EVENT_DS_SEEN};
	enum hf_err err = begin(policy, state, evidence);
	if (err == HF_OK)
		err = hf_roll_event(policy, state, evidence, &seen, AT, NULL);
	if (err == HF_OK)
		err = hf_roll_at_once(policy, state, evidence, AT, &once);
	if (err == HF_OK)
		hf_gate_verdict_free(once.broken);
	return err == HF_OK ? store(state) : err;
}

static enum hf_err adopt(struct hf_roll_state *state)
{
	const unsigned in_use = HF_USE_PUBLISHED | HF_USE_SIGNS;
	unsigned key;
	enum hf_err err = hf_roll_adopt_key(state, HF_ROLE_KSK, (struct hf_rdata){ksk, sizeof(ksk)},
	        in_use | HF_USE_DS, AT, NULL, &key);
	if (err == HF_OK)
		err = hf_roll_adopt_key(state, HF_ROLE_ZSK, (struct hf_rdata){zsk, sizeof(zsk)},
		        in_use, AT, NULL, &key);
	return err;
}

static enum hf_err emergency(const void *context)
{
	static struct hf_policy policy;
	struct hf_name zone;
	struct hf_roll_state state;
	struct hf_evidence *evidence;
	hf_policy_init(&policy);
	enum hf_err err = hf_name_from_text("example.", &zone);
	if (err == HF_OK)
		err = hf_evidence_new(&zone, &evidence);
	if (err != HF_OK)
		return err;
	hf_roll_state_init(&state, &zone, 1);
	err = adopt(&state);
	if (err == HF_OK)
		err = change(&policy, &state, evidence);
	hf_roll_state_done(&state);
	hf_evidence_free(evidence);
	return err;
}

static void test_engine(void **state)
{
	sweep("rollover", emergency, NULL, HF_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_engine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
