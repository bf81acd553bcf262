/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What verification found: a verdict and its findings.
 *
 * Findings with one cause are one finding with a count: a missing ZSK is one error, not a million.
 * A report is plain data that the caller owns.
 */
#ifndef HF_VERIFY_REPORT_H
#define HF_VERIFY_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/times.h"
#include "dns/name.h"
#include "verify/checks.h"

struct hf_finding {
	const struct hf_check *check; /* its name, severity and meaning: verify/checks.h */
	struct hf_name owner;         /* the first place, in canonical order */
	uint16_t type;                /* 0 when it is about no type */
	int32_t key_tag;              /* −1 when it is about no key */
	char *detail;                 /* one sentence: what is wrong */
	char *fix;                    /* one sentence: what to do */
	uint64_t count;               /* places with this cause */
};

/* How much was looked at. */
enum hf_scope {
	HF_SCOPE_ZONE,   /* everything */
	HF_SCOPE_CHANGE, /* what the change from a good version can have affected */
};

struct hf_report {
	struct hf_name zone;
	uint32_t serial;
	hf_time at;
	bool good; /* no finding with severity error */
	enum hf_scope scope;
	uint64_t names, rrsets, signatures; /* looked at */
	double seconds; /* what it took; filled in by the caller, who has a clock */
	bool has_validity;
	int64_t min_validity; /* seconds until the first signature ends; negative: ended */
	struct hf_name min_owner;
	uint16_t min_type;
	struct hf_finding
	        *findings; /* errors first, then warnings, notices; then canonical order */
	size_t count;
	uint64_t dropped; /* findings over the limit */
};

void hf_report_free(struct hf_report *report);

#endif
