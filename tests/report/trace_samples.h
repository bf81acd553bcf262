/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Traced chains made by hand, for the tests of their forms. A sample points into itself: it must
 * stay where it is. One thread at a time.
 */
#ifndef HF_TESTS_TRACE_SAMPLES_H
#define HF_TESTS_TRACE_SAMPLES_H

#include "chain/trace.h"

#define SAMPLE_AT    1790000000 /* 2026-09-21T14:13:20Z */
#define SAMPLE_LINKS 4
#define SAMPLE_DS    8
#define SAMPLE_KEYS  24
#define SAMPLE_SIGS  40

struct sample_link {
	struct hf_link_ds ds[SAMPLE_DS];
	struct hf_link_key keys[SAMPLE_KEYS];
	struct hf_link_sig sigs[SAMPLE_SIGS];
	char *servers[3];
	struct hf_link_liar liars[1];
};

struct sample {
	struct hf_trace trace;
	struct hf_link links[SAMPLE_LINKS];
	struct sample_link inside[SAMPLE_LINKS];
	struct hf_trace_set answer[1];
	char *notes[1];
	uint8_t address[6];
};

enum sample_kind {
	SAMPLE_GOOD,
	SAMPLE_NO_KEY,    /* the DS matches no DNSKEY */
	SAMPLE_EXPIRED,   /* the answer's signature */
	SAMPLE_SILENT,    /* the DS's key does not sign the DNSKEY set */
	SAMPLE_INSECURE,  /* no DS */
	SAMPLE_NO_ANCHOR, /* nothing to start from: no link at all */
	SAMPLE_NO_ANSWER, /* no server answers */
	SAMPLE_MANY_KEYS,
	SAMPLE_LONG_NAMES,
	SAMPLE_HOSTILE, /* names that are markup, control characters and escape sequences */
	SAMPLE_KINDS
};
const char *sample_name(enum sample_kind kind);
void sample_init(struct sample *sample, enum sample_kind kind);

#endif
