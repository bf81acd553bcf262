/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A survey from what scanners found: contents that are interned, and what the next survey goes on
 * from. For this part only. One thread.
 */
#ifndef HF_COHERENCE_SURVEY_MAKE_H
#define HF_COHERENCE_SURVEY_MAKE_H

#include "coherence/survey_scan.h"

/* What a survey remembers. */
struct hf_survey_memory {
	struct hf_holding holding;
	size_t known; /* keys of the evidence that were looked at */
	enum hf_survey_flags flags;
	hf_time at;
};

/* A DNSKEY set; the content borrows the members. */
struct hf_survey_dnskeys {
	uint32_t members[HF_CONTENT_MEMBERS];
	struct hf_content content;
};

struct hf_survey_making {
	const struct hf_scan *scan;
	struct hf_evidence *evidence;
	struct hf_survey_dnskeys keys;
	const struct hf_scanner *scanner; /* that has looked at the apex */
	struct hf_holding holding;        /* taken over by the survey */
	struct hf_frail frail;
};

/* Interns the DNSKEY set's keys; malformed ones are no keys to anybody. `ret_keys` must stay where
 * it is. */
enum hf_err hf_survey_intern(const struct hf_version *version, struct hf_evidence *evidence,
        struct hf_survey_dnskeys *ret_keys) HF_MUST_CHECK;
enum hf_err hf_survey_make(
        struct hf_survey_making *making, struct hf_survey *ret_survey) HF_MUST_CHECK;
/* Says why there is no answer. */
enum hf_err hf_survey_explain(const struct hf_scanner *scanners, unsigned count, enum hf_err err,
        struct hf_diag *diag) HF_MUST_CHECK;

#endif
