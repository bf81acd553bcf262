/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The shape of a traced chain, for its text and its picture: which link hangs below which, what
 * holds in a link and what does not. Nothing is judged here; the trace has the verdicts.
 * Thread-safe.
 */
#ifndef HF_REPORT_TRACE_SHAPE_H
#define HF_REPORT_TRACE_SHAPE_H

#include "chain/trace.h"

#define HF_LINK_NONE SIZE_MAX

/* The link of the closest zone above a link's, among those before it; HF_LINK_NONE: it begins. */
size_t hf_trace_above(const struct hf_trace *trace, size_t link);
/* How many links are above a link. */
unsigned hf_trace_depth(const struct hf_trace *trace, size_t link);

/* Whether a DS or anchor leads to a key that signs the DNSKEY set. */
bool hf_link_ds_holds(const struct hf_link *link, size_t ds);
/* Whether an earlier DS of the link has the same tag and algorithm: one key, another digest. */
bool hf_link_ds_repeats(const struct hf_link *link, size_t ds);
/* The DNSKEY that a signature names, by tag, algorithm and signer; HF_LINK_NONE: not there. */
size_t hf_link_sig_key(const struct hf_link *link, const struct hf_link_sig *sig);
/* Whether an earlier signature of the link is the same: another server's answer had it too. */
bool hf_link_sig_repeats(const struct hf_link *link, size_t sig);
/* Whether a key made a signature that does not hold. */
bool hf_link_key_fails(const struct hf_link *link, size_t key);
/* The first end of a good signature in a link; HF_TIME_NONE without one. */
hf_time hf_link_until(const struct hf_link *link);
/* Records in the answer, aliases included. */
size_t hf_trace_records(const struct hf_trace *trace);

/* "at the parent": where it has to be mended. NULL when nowhere, or when there is a choice. */
const char *hf_side_words(enum hf_side side);
/* "the key is not in the DNSKEY set": what is wrong with a signature, in a few words. */
const char *hf_cause_brief(enum hf_cause cause);

#endif
