/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "report/plan_report.h"
#include "report/wrapped.h"

#define INDENT 4

/* The two forms differ in how they mark headings and items, and in who breaks lines. */
struct form {
	bool markdown;
	struct hf_buf *out;
};

/* ---- Paragraphs ---- */

static void put_item(const struct form *form, const char *text)
{
	if (form->markdown)
		hf_put_format(form->out, "- %s\n", text);
	else
		hf_put_item(form->out, INDENT, text);
}

static void HF_PRINTF(2, 3) put_item_of(const struct form *form, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put_item(form, text);
}

/* A part of a step, or of the plan. */
static void put_heading(const struct form *form, const char *text)
{
	hf_put_format(form->out, form->markdown ? "\n**%s**\n\n" : "  %s\n", text);
}

static void put_lines(
        const struct form *form, const char *heading, const struct hf_plan_lines *lines)
{
	if (lines->count == 0)
		return;
	put_heading(form, heading);
	for (size_t i = 0; i < lines->count; i++)
		put_item(form, lines->list[i]);
}

/* ---- Values ---- */

static const char *join(const struct hf_plan_lines *names, char *text, size_t size)
{
	size_t len = 0;
	for (size_t i = 0; i < names->count && len < size; i++)
		len += (size_t)snprintf(
		        text + len, size - len, "%s%s", i > 0 ? ", " : "", names->list[i]);
	return names->count > 0 ? text : "none";
}

static const char *bytes_text(uint64_t bytes, char text[static 32])
{
	static const char *const units[] = {"kB", "MB", "GB", "TB"};
	double value = (double)bytes / 1000;
	size_t unit = 0;
	if (bytes < 10000) {
		snprintf(text, 32, "%" PRIu64 " B", bytes);
		return text;
	}
	while (value >= 10000 && unit < 3) {
		value /= 1000;
		unit++;
	}
	snprintf(text, 32, "%.1f %s", value, units[unit]);
	return text;
}

static double share(uint64_t part, uint64_t whole)
{
	return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

/* ---- A step ---- */

static void put_waits(const struct form *form, const struct hf_plan_step *step)
{
	char span[HF_TIME_TEXT];
	if (step->wait_count == 0)
		return;
	put_heading(form, "Why not sooner");
	for (size_t i = 0; i < step->wait_count; i++) {
		const struct hf_plan_wait *wait = &step->waits[i];
		put_item_of(form, "%s (%s): %s", hf_span_text(wait->until - wait->from, span),
		        hf_wait_name(wait->kind), wait->text);
	}
}

static void put_keys(const struct form *form, const struct hf_plan_step *step)
{
	char text[512];
	put_heading(form, "Keys then");
	put_item_of(form, "DNSKEY RRset: %s", join(&step->published, text, sizeof(text)));
	put_item_of(form, "it is signed by: %s", join(&step->sign_keys, text, sizeof(text)));
	put_item_of(form, "data is signed by: %s", join(&step->sign_data, text, sizeof(text)));
	put_item_of(form, "DS at the parent: %s", join(&step->ds, text, sizeof(text)));
}

static void put_sizes(const struct form *form, const struct hf_plan *plan,
        const struct hf_zone_size *size, const struct hf_zone_size *before)
{
	char wire[32], memory[32];
	put_heading(form, "Sizes then");
	if (size->dnskey == 0)
		put_item_of(form, "there is no DNSKEY RRset");
	else if (size->dnskey > HF_ANSWER_UDP)
		put_item_of(form,
		        "DNSKEY answer %zu bytes: over %d, so each question for it comes a second "
		        "time, over TCP",
		        size->dnskey, HF_ANSWER_UDP);
	else
		put_item_of(form, "DNSKEY answer %zu bytes: fits into UDP (%d)", size->dnskey,
		        HF_ANSWER_UDP);
	put_item_of(form, "a typical answer %zu bytes, that for a missing name %zu%s",
	        size->typical, size->negative,
	        size->negative > HF_ANSWER_UDP ? ": over the limit, so it comes over TCP" : "");
	double now = share(size->truncated, plan->rrsets),
	       was = share(before->truncated, plan->rrsets);
	put_item_of(form,
	        "%" PRIu64 " of %" PRIu64 " RRsets (%.2f %%) have answers over %d bytes; TCP for "
	        "them %s%.2f percentage points against now",
	        size->truncated, plan->rrsets, now, HF_ANSWER_UDP, now < was ? "" : "+", now - was);
	put_item_of(form,
	        "zone %s in %" PRIu64 " records, %" PRIu64 " of them signatures; %s in memory",
	        bytes_text(size->wire, wire), size->records, size->signatures,
	        bytes_text(size->memory, memory));
}

static void put_back(const struct form *form, const struct hf_plan_step *step)
{
	char span[HF_TIME_TEXT];
	put_heading(form, "If it is aborted here");
	if (!step->back.possible)
		put_item_of(form, "there is no way back: %s", step->back.refusal);
	else if (step->back.steps == 1)
		put_item_of(form,
		        "the way back is one step, through the same gate, and takes %s from here",
		        hf_span_text(step->back.seconds, span));
	else
		put_item_of(form,
		        "the way back is %u steps, through the same gate, and takes %s from here",
		        step->back.steps, hf_span_text(step->back.seconds, span));
}

static void put_step(const struct form *form, const struct hf_plan *plan, size_t index)
{
	const struct hf_plan_step *step = &plan->steps[index];
	char at[HF_TIME_TEXT], reached[HF_TIME_TEXT], span[HF_TIME_TEXT];
	hf_put_format(form->out, "\n%sStep %zu: %s\n%s", form->markdown ? "## " : "", index + 1,
	        step->title, form->markdown ? "\n" : "");
	put_item_of(form, "%s%s: %s after the start", step->approvals != 0 ? "GO OR NO-GO, " : "",
	        hf_time_rfc3339(step->at, at), hf_span_text(step->at - plan->at, span));
	put_item_of(form, "done at %s", hf_time_rfc3339(step->reached, reached));
	put_waits(form, step);
	put_lines(form, "Holdfast", &step->does);
	put_lines(form, "People", &step->people);
	put_lines(form, "Checks before the next step", &step->checks);
	put_keys(form, step);
	put_sizes(form, plan, &step->size, &plan->size);
	put_back(form, step);
}

/* ---- The whole ---- */

static void put_row(
        const struct form *form, const char *step, const char *at, const struct hf_zone_size *size)
{
	char wire[32], memory[32];
	hf_put_format(form->out,
	        form->markdown ? "| %s | %s | %zu | %zu | %zu | %" PRIu64 " | %s | %s |\n"
	                       : "    %-4s %-20s %6zu %7zu %7zu %6" PRIu64 " %9s %9s\n",
	        step, at, size->dnskey, size->typical, size->negative, size->truncated,
	        bytes_text(size->wire, wire), bytes_text(size->memory, memory));
}

static void put_overview(const struct form *form, const struct hf_plan *plan)
{
	if (form->markdown)
		hf_put_text(form->out, "\n## Overview\n\n| step | earliest | DNSKEY answer | "
		                       "typical | missing name "
		                       "| RRsets over TCP | zone | memory "
		                       "|\n|---|---|---|---|---|---|---|---|\n");
	else
		hf_put_format(form->out,
		        "\n  Bytes of answers, RRsets that need TCP, and the zone\n    %-4s %-20s "
		        "%6s %7s %7s %6s %9s %9s\n",
		        "step", "earliest", "DNSKEY", "typical", "missing", "TCP", "zone",
		        "memory");
	put_row(form, "now", "", &plan->size);
	for (size_t i = 0; i < plan->count; i++) {
		char number[24], at[HF_TIME_TEXT];
		snprintf(number, sizeof(number), "%zu", i + 1);
		put_row(form, number, hf_time_rfc3339(plan->steps[i].at, at), &plan->steps[i].size);
	}
}

static void put_plan(const struct form *form, const struct hf_plan *plan)
{
	char zone[HF_NAME_TEXT], at[HF_TIME_TEXT], end[HF_TIME_TEXT], span[HF_TIME_TEXT];
	hf_put_format(form->out, "%s%s of %s\n%s", form->markdown ? "# " : "", plan->title,
	        hf_name_text(&plan->zone, zone), form->markdown ? "\n" : "");
	put_item_of(form, "%zu step%s from %s to %s at the earliest: %s", plan->count,
	        plan->count == 1 ? "" : "s", hf_time_rfc3339(plan->at, at),
	        hf_time_rfc3339(plan->end, end), hf_span_text(plan->end - plan->at, span));
	put_lines(form, "What this plan takes for granted", &plan->assumptions);
	put_lines(form, "Instead of all this: everything at once", &plan->at_once);
	for (size_t i = 0; i < plan->count; i++)
		put_step(form, plan, i);
	hf_put_text(form->out, form->markdown ? "\n## Afterwards\n" : "\nAfterwards\n");
	put_lines(form, "People", &plan->after);
	put_overview(form, plan);
}

enum hf_err hf_plan_text(const struct hf_plan *plan, struct hf_buf *out)
{
	const struct form form = {.out = out};
	put_plan(&form, plan);
	return hf_buf_check(out);
}

enum hf_err hf_plan_markdown(const struct hf_plan *plan, struct hf_buf *out)
{
	const struct form form = {.markdown = true, .out = out};
	put_plan(&form, plan);
	return hf_buf_check(out);
}
