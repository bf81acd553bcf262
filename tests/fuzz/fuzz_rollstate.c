/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stored rollover states: any bytes are refused or give a state that is stored as just those
 * bytes, and that the engine can take a step with. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "rollover/rollover.h"

/* A step from whatever the bytes said must end, not succeed. */
static void step(struct hf_roll_state *state)
{
	static struct hf_policy policy;
	struct hf_evidence *evidence;
	struct hf_outcome outcome = {.count = 0};
	hf_policy_init(&policy);
	if (hf_evidence_new(&state->zone, &evidence) != HF_OK)
		abort();
	enum hf_err err = hf_roll_step(&policy, state, evidence, 1800000000, &outcome);
	if (err == HF_OK && outcome.text[0] == '\0')
		abort();
	hf_evidence_free(evidence);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_roll_state state;
	struct hf_buf out = {0};
	if (hf_roll_state_get(data, size, NULL, &state) != HF_OK)
		return 0;
	hf_roll_state_put(&state, &out);
	if (out.len != size || memcmp(out.data, data, size) != 0)
		abort();
	step(&state);
	hf_roll_state_done(&state);
	hf_buf_done(&out);
	return 0;
}
