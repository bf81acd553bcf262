/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/verify_json.h"
#include "report/jsontext.h"

#include "dns/rrtype.h"

static json_t *type_json(uint16_t type)
{
	char text[HF_TYPE_TEXT];
	return type == 0 ? json_null() : json_string(hf_type_text(type, text));
}

static json_t *finding_json(const struct hf_finding *finding)
{
	char owner[HF_NAME_TEXT];
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:I}", "severity",
	        hf_severity_name(finding->check->severity), "check", finding->check->name, "owner",
	        hf_name_text(&finding->owner, owner), "type", type_json(finding->type), "key_tag",
	        finding->key_tag < 0 ? json_null() : json_integer(finding->key_tag), "detail",
	        finding->detail, "fix", finding->fix, "count", (json_int_t)finding->count);
}

static json_t *findings_json(const struct hf_report *report)
{
	json_t *list = json_array();
	for (size_t i = 0; i < report->count; i++) {
		if (json_array_append_new(list, finding_json(&report->findings[i])) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *validity_json(const struct hf_report *report)
{
	char owner[HF_NAME_TEXT];
	if (!report->has_validity)
		return json_null();
	return json_pack("{s:I, s:s, s:o}", "seconds", (json_int_t)report->min_validity, "owner",
	        hf_name_text(&report->min_owner, owner), "type", type_json(report->min_type));
}

enum hf_err hf_report_json(const struct hf_report *report, struct hf_buf *out)
{
	char zone[HF_NAME_TEXT], at[HF_TIME_TEXT];
	json_t *findings = findings_json(report);
	json_t *validity = validity_json(report);
	if (findings == NULL || validity == NULL) {
		json_decref(findings);
		json_decref(validity);
		return HF_ERR_NOMEM;
	}
	return hf_json_put(
	        json_pack("{s:s, s:I, s:s, s:s, s:I, s:I, s:I, s:f, s:o, s:o, s:I}", "zone",
	                hf_name_text(&report->zone, zone), "serial", (json_int_t)report->serial,
	                "at", hf_time_rfc3339(report->at, at), "verdict",
	                report->good ? "good" : "bad", "names", (json_int_t)report->names, "rrsets",
	                (json_int_t)report->rrsets, "signatures", (json_int_t)report->signatures,
	                "seconds", report->seconds, "min_validity", validity, "findings", findings,
	                "findings_dropped", (json_int_t)report->dropped),
	        JSON_INDENT(2), out);
}

enum hf_err hf_checks_json(struct hf_buf *out)
{
	json_t *list = json_array();
	for (size_t i = 0; i < HF_CHECK_COUNT; i++) {
		const struct hf_check *check = &HF_CHECKS[i];
		json_t *item = json_pack("{s:s, s:s, s:s, s:s, s:s}", "check", check->name,
		        "severity", hf_severity_name(check->severity), "area", check->area,
		        "meaning", check->meaning, "fix", check->fix);
		if (json_array_append_new(list, item) != 0) {
			json_decref(list);
			return HF_ERR_NOMEM;
		}
	}
	return hf_json_put(list, JSON_INDENT(2), out);
}
