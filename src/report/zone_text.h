/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A zone's past, for people: what was decided and done, and the versions that are kept.
 *
 * Made from the results of the daemon's requests "zone-history" and "zone-versions". Printable
 * ASCII. Thread-safe.
 */
#ifndef HF_REPORT_ZONE_TEXT_H
#define HF_REPORT_ZONE_TEXT_H

#include <jansson.h>

#include "base/bytes.h"
#include "base/times.h"

struct hf_zone_view {
	hf_time now;
	const char *zone; /* as somebody typed it */
};

/* `history` [{at, who, kind, text}]; newest first, as they come. */
enum hf_err hf_zone_history_text(
        const json_t *result, const struct hf_zone_view *view, struct hf_buf *out) HF_MUST_CHECK;
/* `versions` [{serial, at, names}]; newest first. */
enum hf_err hf_zone_versions_text(
        const json_t *result, const struct hf_zone_view *view, struct hf_buf *out) HF_MUST_CHECK;

#endif
