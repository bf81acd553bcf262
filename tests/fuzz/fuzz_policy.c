/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Policies: any bytes are refused with a sentence, or give a policy that is free of contradictions
 * and that its own text gives back.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "rollover/policy.h"

static void check(const struct hf_policy *policy)
{
	struct hf_policy again;
	struct hf_buf text = {0};
	if (hf_policy_check(policy, NULL, NULL) != HF_OK)
		abort();
	hf_policy_put(policy, &text);
	if (hf_buf_check(&text) != HF_OK ||
	        hf_policy_parse("again", (const char *)text.data, text.len, NULL, NULL, NULL,
	                &again) != HF_OK ||
	        memcmp(policy, &again, sizeof(again)) != 0)
		abort();
	hf_buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_diag diag;
	struct hf_policy policy;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	if (hf_policy_parse("fuzz", (const char *)data, size, NULL, NULL, &diag, &policy) == HF_OK)
		check(&policy);
	else if (diag.count == 0)
		abort();
	hf_diag_done(&diag);
	return 0;
}
