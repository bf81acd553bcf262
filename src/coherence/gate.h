/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The gate: may this version be published now, or this DS set be put at the parent?
 *
 * A verdict is data: safe, or every counterexample in words. It never guesses: what the evidence
 * does not show is not assumed. Pure: no clock, no I/O. Thread-safe.
 */
#ifndef HF_COHERENCE_GATE_H
#define HF_COHERENCE_GATE_H

#include "coherence/effect.h"

struct hf_gate_options {
	enum hf_rules rules;
	int64_t next;    /* seconds until the next planned publication; 0: not known */
	int64_t slowest; /* seconds until the slowest secondary has a new version; 0: not known */
	size_t max_reasons; /* 0: HF_GATE_REASONS */
};
#define HF_GATE_REASONS 50

/* What of a counterexample a cache holds, or what the offer serves. */
struct hf_gate_part {
	enum hf_kind kind;
	uint32_t content;    /* HF_NO_CONTENT: no such part, and no text */
	char *text;          /* "KSK 12345 (ECDSAP256SHA256)", "DS 12345", "no DS" … */
	hf_time seen, until; /* held: first seen, and until when a cache may use it */
};

/* Checks by name: "ds-dnskey", "dnskey-signatures", "signature-lifetime", "no-evidence". */
struct hf_gate_reason {
	const char *check;
	struct hf_gate_part held;
	struct hf_gate_part served;
	char *broken;                    /* the counterexample, one or more sentences */
	char *fix;                       /* what to do */
	uint64_t affected;               /* RRsets that fail; 0: not known */
	uint8_t algorithm;               /* without a path; 0 when that does not matter */
	hf_time bogus_from, bogus_until; /* if it were published now; HF_TIME_NEVER: for good */
	hf_time waits_until; /* when waiting makes this reason go away; HF_TIME_NEVER: never */
};

struct hf_gate_verdict {
	uint32_t serial;
	hf_time at;
	bool safe;
	hf_time earliest_safe; /* `at` when safe; HF_TIME_NEVER: never by waiting */
	struct hf_gate_reason *reasons;
	size_t count;
	uint64_t dropped; /* reasons over max_reasons */
	/* The world without the offer. */
	bool broken_already;
	char *already; /* one sentence; NULL when it is coherent */
	enum hf_gate_effect effect;
	char **warnings; /* signatures that will not last, secondaries that were not seen … */
	size_t warning_count;
};

/* `offer` NULL asks about the world as it is. The caller owns the verdict. */
enum hf_err hf_gate(const struct hf_evidence *evidence, const struct hf_offer *offer,
        const struct hf_gate_options *options, hf_time at,
        struct hf_gate_verdict **ret_verdict) HF_MUST_CHECK;
void hf_gate_verdict_free(struct hf_gate_verdict *verdict);

#endif
