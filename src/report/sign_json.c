/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/sign_json.h"

#include "report/jsontext.h"
#include "report/verify_json.h"

/* The verification's report in its own form; null when there was none. NULL without memory. */
static json_t *report_json(const struct hf_report *report)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	if (report == NULL)
		return json_null();
	if (hf_report_json(report, &text) != HF_OK)
		return NULL;
	return json_loadb((const char *)text.data, text.len, 0, NULL);
}

static json_t *expiry_json(const struct hf_oneshot_result *result)
{
	char text[HF_TIME_TEXT];
	if (!result->has_expiry)
		return json_null();
	return json_string(hf_time_rfc3339(result->first_expiry, text));
}

static const char *verdict(const struct hf_report *report)
{
	if (report == NULL)
		return "unverified";
	return report->good ? "good" : "bad";
}

enum hf_err hf_sign_json(
        const struct hf_oneshot_result *result, hf_time at, double seconds, struct hf_buf *out)
{
	char zone[HF_NAME_TEXT], at_text[HF_TIME_TEXT];
	json_t *report = report_json(result->report);
	json_t *expiry = expiry_json(result);

	if (report == NULL || expiry == NULL) {
		json_decref(report);
		json_decref(expiry);
		return HF_ERR_NOMEM;
	}
	json_t *object = json_pack("{s:s, s:I, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:f, s:o, s:o}",
	        "zone", hf_name_text(&result->zone, zone), "serial", (json_int_t)result->serial,
	        "at", hf_time_rfc3339(at, at_text), "verdict", verdict(result->report), "written",
	        result->written, "names", (json_int_t)result->names, "rrsets",
	        (json_int_t)result->rrsets, "signatures_made", (json_int_t)result->made,
	        "signatures_reused", (json_int_t)result->reused, "seconds", seconds, "first_expiry",
	        expiry, "verification", report);
	return hf_json_put(object, JSON_COMPACT, out);
}
