/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/verify_text.h"

#include <inttypes.h>
#include <string.h>

#include "dns/rrtype.h"
#include "report/wrapped.h"

#define INDENT 6

static uint64_t count_severity(const struct hf_report *report, enum hf_severity severity)
{
	uint64_t count = 0;
	for (size_t i = 0; i < report->count; i++)
		count += report->findings[i].check->severity == severity;
	return count;
}

static void put_plural(struct hf_buf *out, uint64_t count, const char *word)
{
	hf_put_format(out, "%" PRIu64 " %s%s", count, word, count == 1 ? "" : "s");
}

static void put_head(struct hf_buf *out, const struct hf_report *report)
{
	char zone[HF_NAME_TEXT], at[HF_TIME_TEXT];
	hf_put_format(out, "%s %s, serial %" PRIu32 ": ", report->good ? "GOOD" : "BAD",
	        hf_name_text(&report->zone, zone), report->serial);
	put_plural(out, count_severity(report, HF_SEVERITY_ERROR), "error");
	hf_put_text(out, ", ");
	put_plural(out, count_severity(report, HF_SEVERITY_WARNING), "warning");
	hf_put_text(out, ", ");
	put_plural(out, count_severity(report, HF_SEVERITY_NOTICE), "notice");
	hf_put_text(out, "\n  ");
	put_plural(out, report->names, "name");
	hf_put_text(out, ", ");
	put_plural(out, report->rrsets, "RRset");
	hf_put_text(out, ", ");
	put_plural(out, report->signatures, "signature");
	hf_put_format(out, " in %.2f s", report->seconds);
	if (report->seconds >= 0.1)
		hf_put_format(
		        out, " (%.0f signatures/s)", (double)report->signatures / report->seconds);
	hf_put_format(out, ", as of %s\n", hf_time_rfc3339(report->at, at));
}

static void put_finding(struct hf_buf *out, const struct hf_finding *finding)
{
	char owner[HF_NAME_TEXT], type[HF_TYPE_TEXT];
	hf_put_format(out, "  %s  %s", finding->check->name, hf_name_text(&finding->owner, owner));
	if (finding->type != 0)
		hf_put_format(out, " %s", hf_type_text(finding->type, type));
	if (finding->count > 1)
		hf_put_format(out, "  and %" PRIu64 " more with this cause", finding->count - 1);
	hf_put_text(out, "\n");
	hf_put_wrapped(out, INDENT, "", finding->detail);
	hf_put_wrapped(out, INDENT, "-> ", finding->fix);
}

static void put_validity(struct hf_buf *out, const struct hf_report *report)
{
	char owner[HF_NAME_TEXT], type[HF_TYPE_TEXT], span[HF_TIME_TEXT], when[HF_TIME_TEXT];
	if (!report->has_validity)
		return;
	hf_name_text(&report->min_owner, owner);
	hf_type_text(report->min_type, type);
	hf_time_rfc3339(report->at + report->min_validity, when);
	if (report->min_validity >= 0)
		hf_put_format(out, "\nThe first signature to end: %s %s, in %s (%s).\n", owner,
		        type, hf_span_text(report->min_validity, span), when);
	else
		hf_put_format(out, "\nThe first signature to end: %s %s, ended %s ago (%s).\n",
		        owner, type, hf_span_text(-report->min_validity, span), when);
}

enum hf_err hf_report_text(const struct hf_report *report, struct hf_buf *out)
{
	static const char *const titles[] = {
	        [HF_SEVERITY_ERROR] = "Errors",
	        [HF_SEVERITY_WARNING] = "Warnings",
	        [HF_SEVERITY_NOTICE] = "Notices",
	};
	put_head(out, report);
	for (size_t i = 0; i < report->count; i++) {
		const struct hf_finding *finding = &report->findings[i];
		enum hf_severity severity = finding->check->severity;
		if (i == 0 || report->findings[i - 1].check->severity != severity)
			hf_put_format(out, "\n%s\n", titles[severity]);
		put_finding(out, finding);
	}
	if (report->dropped > 0) {
		hf_put_text(out, "\n");
		put_plural(out, report->dropped, "finding");
		hf_put_text(out, " more; --max-findings shows more.\n");
	}
	put_validity(out, report);
	return hf_buf_check(out);
}

enum hf_err hf_checks_text(struct hf_buf *out)
{
	for (size_t i = 0; i < HF_CHECK_COUNT; i++) {
		const struct hf_check *check = &HF_CHECKS[i];
		hf_put_format(out, "%s  %s  %s\n", check->name, hf_severity_name(check->severity),
		        check->area);
		hf_put_wrapped(out, INDENT, "", check->meaning);
		hf_put_wrapped(out, INDENT, "-> ", check->fix);
	}
	return hf_buf_check(out);
}
