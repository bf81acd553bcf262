/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/line.h"

const char *hf_stage_name(enum hf_stage stage)
{
	static const char *const names[HF_STAGES] = {
	        "load",
	        "check",
	        "review-unsigned",
	        "sign",
	        "verify",
	        "gate",
	        "review-signed",
	        "publish",
	};
	return names[stage];
}

const char *hf_stage_state_name(enum hf_stage_state state)
{
	static const char *const names[] = {"idle", "off", "runs", "passed", "failed", "waits"};
	return names[state];
}
