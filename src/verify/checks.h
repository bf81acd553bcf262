/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of checks: what verification can find, how bad it is, and what to do about it.
 *
 * The one source is verify/checks.def, which the manual is made from too. Names are stable.
 * Constant data, thread-safe.
 */
#ifndef HF_VERIFY_CHECKS_H
#define HF_VERIFY_CHECKS_H

#include <stddef.h>

/* An error makes the zone bad; a warning wants a person to look; a notice is good to know. */
enum hf_severity { HF_SEVERITY_ERROR, HF_SEVERITY_WARNING, HF_SEVERITY_NOTICE };
const char *hf_severity_name(enum hf_severity severity); /* "error", "warning", "notice" */

/* Whether places with one cause are one finding from the start, or when they are many. */
enum hf_fold { HF_FOLD_ALL, HF_FOLD_MANY };

enum hf_check_id {
#define HF_CHECK(id, name, severity, fold, area, meaning, fix) id,
#include "verify/checks.def"
#undef HF_CHECK
	HF_CHECK_COUNT
};

struct hf_check {
	const char *name; /* "rrsig-expired" */
	enum hf_severity severity;
	enum hf_fold fold;
	const char *area;    /* "RRSIG", "KEY" … */
	const char *meaning; /* a sentence: what it means that it was found */
	const char *fix;     /* a sentence: what to do */
};

extern const struct hf_check HF_CHECKS[HF_CHECK_COUNT];

#endif
