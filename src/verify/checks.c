/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/checks.h"

#include <string.h>

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

const struct hf_check *hf_check_find(const char *name)
{
	for (size_t i = 0; i < HF_CHECK_COUNT; i++) {
		if (strcmp(HF_CHECKS[i].name, name) == 0)
			return &HF_CHECKS[i];
	}
	return NULL;
}
