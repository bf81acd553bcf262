/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a trace starts from: its question, time, trust anchors and servers. It goes into the first
 * line of a capture, so that a replay starts from the same. One thread at a time.
 */
#ifndef HF_CLI_TRACE_SETUP_H
#define HF_CLI_TRACE_SETUP_H

#include "base/diag.h"
#include "base/times.h"
#include "chain/anchors.h"

struct hf_trace_setup {
	struct hf_question question;
	hf_time at;
	uint16_t port;
	bool all_servers; /* every address is asked, not only as many as needed */
	bool ca;          /* what a certification authority asks */
	bool minimise;    /* QNAME minimisation */
	char *forward;    /* NULL: from the root down */
	char *hints;      /* text of a file of root hints; NULL: built in */
	char *anchors;    /* text of a file of trust anchors; NULL: built in */
	/* Names of those files, for messages; borrowed. */
	const char *hints_name, *anchors_name;
};

void hf_trace_setup_done(struct hf_trace_setup *setup);
/* The text of a small file. HF_ERR_IO, HF_ERR_LIMIT, with a sentence. The caller frees it. */
enum hf_err hf_small_file(const char *path, struct hf_diag *diag, char **ret_text) HF_MUST_CHECK;
/* The trust anchors: DS and DNSKEY records in zone-file form, or the root's. */
enum hf_err hf_trace_setup_anchors(const struct hf_trace_setup *setup, struct hf_diag *diag,
        struct hf_anchors *ret_anchors) HF_MUST_CHECK;

/* One JSON object without line feed, and back. `path` is for messages and borrowed. */
enum hf_err hf_trace_setup_put(
        const struct hf_trace_setup *setup, struct hf_buf *out) HF_MUST_CHECK;
enum hf_err hf_trace_setup_get(const char *path, const char *line, struct hf_diag *diag,
        struct hf_trace_setup *ret_setup) HF_MUST_CHECK;

#endif
