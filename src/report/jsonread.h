/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Members of JSON objects for people to read, whatever another process has put there.
 *
 * A member that is missing or of another type reads as empty, none, zero or false. Texts become
 * printable ASCII, so that nothing in them can reach a terminal as a command. Thread-safe.
 */
#ifndef HF_REPORT_JSONREAD_H
#define HF_REPORT_JSONREAD_H

#include <jansson.h>

#include "base/times.h"

#define HF_JSON_WORDS 1024 /* bytes of any text below, with its NUL; longer ones are cut */

/* Each other character becomes a question mark. Returns `room`. */
const char *hf_json_get_text(
        const json_t *object, const char *member, char room[static HF_JSON_WORDS]);
/* A time in RFC 3339 form; HF_TIME_NONE. */
hf_time hf_json_get_time(const json_t *object, const char *member);
/* An unsigned number as text; "-" when there is none. Returns `room`. */
const char *hf_json_get_number(
        const json_t *object, const char *member, char room[static HF_TIME_TEXT]);

/* "3 d 4 h" from then to now; "-" for HF_TIME_NONE. Returns `room`. */
const char *hf_age_text(hf_time then, hf_time now, char room[static HF_TIME_TEXT]);

#endif
