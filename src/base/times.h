/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Points in time and spans, in whole seconds.
 *
 * A point is seconds since 1970-01-01 UTC in 64 bits, so nothing ends in 2038 or 2106. DNSSEC's
 * 32-bit stamps (RFC 4034 section 3.1.5) are converted with serial arithmetic (RFC 1982) around a
 * reference point. Nothing here reads a clock. Thread-safe.
 */
#ifndef HF_BASE_TIMES_H
#define HF_BASE_TIMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

typedef int64_t hf_time;

#define HF_TIME_NONE  INT64_MIN /* no such point */
#define HF_TIME_NEVER INT64_MAX /* after every point */
#define HF_TIME_TEXT  40        /* bytes for any of the text forms below */

/*
 * Reads YYYYMMDDHHMMSS, RFC 3339 ("2026-01-02T03:04:05Z", offsets too), "@SECONDS" or "now".
 * HF_ERR_SYNTAX when it is none of them, HF_ERR_INVALID when it names no point in time.
 */
enum hf_err hf_time_parse(const char *text, hf_time now, hf_time *ret_time) HF_MUST_CHECK;
/* The first of these forms alone, without a NUL behind it. The same errors. */
enum hf_err hf_time_parse_compact(const char text[static 14], hf_time *ret_time) HF_MUST_CHECK;

/* "2026-01-02T03:04:05Z"; "-" for HF_TIME_NONE. Returns `text`. */
char *hf_time_rfc3339(hf_time time, char text[static HF_TIME_TEXT]);
/* "20260102030405", as in RRSIG records and key files; "-" for HF_TIME_NONE. Returns `text`. */
char *hf_time_compact(hf_time time, char text[static HF_TIME_TEXT]);

/* The point with this 32-bit stamp that is nearest to `near` (RFC 1982). */
hf_time hf_time_from_stamp(uint32_t stamp, hf_time near);
/* The 32-bit stamp of a point, modulo 2^32. */
uint32_t hf_time_to_stamp(hf_time time);
/* Whether serial number `a` comes before `b` (RFC 1982 section 3.2). */
bool hf_serial_before(uint32_t a, uint32_t b);

/*
 * Reads a span: "3600", "90m", "14d", "1w2d12h" (s, m, h, d, w; no sign). In seconds, at most 100
 * years. HF_ERR_SYNTAX otherwise.
 */
enum hf_err hf_span_parse(const char *text, int64_t *ret_seconds) HF_MUST_CHECK;
/* "3 d 4 h", "12 min", "8 s": the two largest units; negative spans get a minus sign. */
char *hf_span_text(int64_t seconds, char text[static HF_TIME_TEXT]);

#endif
