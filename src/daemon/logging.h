/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The daemon's log: one line an event, on standard error.
 *
 * A line is `TIME LEVEL event=… zone=… serial=… text="…"`; when standard error is the journal's,
 * the journal's own level mark "<N>" stands in place of time and level. Texts are escaped, so that
 * nothing that came from a zone or from the network can end a line or look like a field. Secrets
 * never come here. Any thread; lines do not mix.
 */
#ifndef HF_DAEMON_LOGGING_H
#define HF_DAEMON_LOGGING_H

#include "base/bytes.h"
#include "base/diag.h"
#include "base/times.h"
#include "dns/name.h"

enum hf_log_level {
	HF_LOG_ERROR, /* somebody has to do something */
	HF_LOG_WARNING,
	HF_LOG_NOTICE, /* what an operator wants to see of a normal day */
	HF_LOG_INFO,
	HF_LOG_DEBUG,
};
#define HF_LOG_LEVELS 5
const char *hf_log_level_name(enum hf_log_level level); /* "error", "warning" … */
bool hf_log_level_parse(const char *text, enum hf_log_level *ret_level);

/* Nothing above this level is written; at first HF_LOG_NOTICE. */
void hf_log_set_level(enum hf_log_level level);

struct hf_log_about {
	enum hf_log_level level;
	const char *event;          /* a word: "published", "refused", "transfer" … */
	const struct hf_name *zone; /* NULL: about no zone */
	bool has_serial;
	uint32_t serial;
};
void hf_log(const struct hf_log_about *about, const char *format, ...) HF_PRINTF(2, 3);
/* A line for each sentence; `err` in words when there is none. */
void hf_log_diag(const struct hf_log_about *about, const struct hf_diag *diag, enum hf_err err);

/* The line without a line feed, as it is written at `now`; for tests, and for hf_log. */
void hf_log_put(const struct hf_log_about *about, const char *text, hf_time now, bool journal,
        struct hf_buf *out);

#endif
