/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Filling in a trace. For this part only; one thread at a time.
 */
#ifndef HF_CHAIN_TRACE_BUILD_H
#define HF_CHAIN_TRACE_BUILD_H

#include "chain/trace.h"

void hf_trace_done(struct hf_trace *trace);
/* A new link at the end; links move when one is added, their indices stay. */
enum hf_err hf_trace_add_link(
        struct hf_trace *trace, const struct hf_name *zone, size_t *ret_index) HF_MUST_CHECK;
/* Remembers who answered; NULL is nobody. */
enum hf_err hf_link_add_server(struct hf_link *link, const char *server) HF_MUST_CHECK;
/* Copies both; `server` may be NULL. */
enum hf_err hf_link_add_liar(
        struct hf_link *link, const char *server, const char *text) HF_MUST_CHECK;
/* Takes over the text that the buffer holds; it is empty then. */
enum hf_err hf_text_take(struct hf_buf *buf, char **ret_text) HF_MUST_CHECK;
enum hf_err hf_trace_add_note(struct hf_trace *trace, const char *format, ...)
        HF_PRINTF(2, 3) HF_MUST_CHECK;
enum hf_err hf_trace_add_answer(
        struct hf_trace *trace, const struct hf_message_set *set, uint32_t ttl) HF_MUST_CHECK;
/* What is wrong at a link, in place of a fault that weighs no more than this one. */
enum hf_err hf_trace_set_broken(
        struct hf_trace *trace, size_t link, const struct hf_fault *fault) HF_MUST_CHECK;
/* Says what a good link is made of. */
enum hf_err hf_trace_describe(struct hf_trace *trace, size_t link) HF_MUST_CHECK;
/* What follows from the rest: RCODEs and EDE codes. */
void hf_trace_finish(struct hf_trace *trace);

#endif
