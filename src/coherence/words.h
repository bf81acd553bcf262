/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Counterexamples in words: what a resolver holds, why it fails with what is served, what to do.
 *
 * Written for an operator who was woken up: whole sentences, keys with role and tag, times in UTC.
 * For this part and the rollover engine. Everything is added to a buffer, whose failure the caller
 * checks.
 */
#ifndef HF_COHERENCE_WORDS_H
#define HF_COHERENCE_WORDS_H

#include "coherence/world.h"

/* One failure, with what the gate worked out about it. */
struct hf_case {
	const struct hf_evidence *evidence;
	const struct hf_offer *offer; /* NULL: the world as it is */
	struct hf_failure failure;
	uint32_t held,
	        served; /* contents; held is HF_NO_CONTENT when nothing but the offer fails */
	hf_time kept;   /* the held DNSKEY set was proven by a DS set, and stays so until then even
	                   without it; HF_TIME_NONE: that is not why it is held */
	hf_time at;
	uint64_t affected; /* RRsets; 0: not known */
};

/* "DS 12345", "the DNSKEY set of KSK 1 and ZSK 2", "data signed by ZSK 2", "unsigned data" … */
void hf_words_content(const struct hf_evidence *evidence, uint32_t content, struct hf_buf *out);
/* "2023-05-30 10:45 UTC", with seconds when there are any. */
void hf_words_time(hf_time time, struct hf_buf *out);
/* The counterexample, in sentences. */
void hf_words_case(const struct hf_case *one, struct hf_buf *out);
/* What to do about it. */
void hf_words_fix(const struct hf_case *one, struct hf_buf *out);

#endif
