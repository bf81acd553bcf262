/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/checks.h"

const struct hf_check HF_CHECKS[HF_CHECK_COUNT] = {
#define HF_CHECK(id, name, severity, fold, area, meaning, fix)                                     \
	[id] = {name, severity, fold, area, meaning, fix},
#include "verify/checks.def"
#undef HF_CHECK
};

const char *hf_severity_name(enum hf_severity severity)
{
	static const char *const names[] = {
	        [HF_SEVERITY_ERROR] = "error",
	        [HF_SEVERITY_WARNING] = "warning",
	        [HF_SEVERITY_NOTICE] = "notice",
	};
	return names[severity];
}
