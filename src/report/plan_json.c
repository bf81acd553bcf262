/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/jsontext.h"
#include "report/plan_report.h"

/* Adds to a list that takes the item over; false when there is no memory. */
static bool add(json_t *list, json_t *item)
{
	return json_array_append_new(list, item) == 0;
}

/* A list, or NULL when something could not be added to it. */
static json_t *whole(json_t *list, bool good)
{
	if (good)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *lines_json(const struct hf_plan_lines *lines)
{
	json_t *list = json_array();
	bool good = true;
	for (size_t i = 0; i < lines->count && good; i++)
		good = add(list, json_string(lines->list[i]));
	return whole(list, good);
}

static json_t *time_json(hf_time time)
{
	char text[HF_TIME_TEXT];
	return json_string(hf_time_rfc3339(time, text));
}

static json_t *approvals_json(unsigned approvals)
{
	json_t *list = json_array();
	bool good = true;
	for (unsigned i = 0; i < HF_APPROVALS && good; i++) {
		if ((approvals >> i & 1) != 0)
			good = add(list, json_string(hf_approval_name(1u << i)));
	}
	return whole(list, good);
}

static json_t *waits_json(const struct hf_plan_step *step)
{
	json_t *list = json_array();
	bool good = true;
	for (size_t i = 0; i < step->wait_count && good; i++) {
		const struct hf_plan_wait *wait = &step->waits[i];
		good = add(
		        list, json_pack("{s:s, s:o, s:o, s:I, s:s}", "for",
		                      hf_wait_name(wait->kind), "from", time_json(wait->from),
		                      "until", time_json(wait->until), "seconds",
		                      (json_int_t)(wait->until - wait->from), "text", wait->text));
	}
	return whole(list, good);
}

static json_t *size_json(const struct hf_zone_size *size)
{
	return json_pack("{s:I, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "dnskey_answer",
	        (json_int_t)size->dnskey, "dnskey_over_tcp", size->dnskey > HF_ANSWER_UDP,
	        "typical_answer", (json_int_t)size->typical, "negative_answer",
	        (json_int_t)size->negative, "truncated_rrsets", (json_int_t)size->truncated,
	        "records", (json_int_t)size->records, "signatures", (json_int_t)size->signatures,
	        "zone_bytes", (json_int_t)size->wire, "memory_bytes", (json_int_t)size->memory);
}

static json_t *back_json(const struct hf_plan_back *back)
{
	return json_pack("{s:b, s:o, s:o, s:s?}", "possible", back->possible, "seconds",
	        back->possible ? json_integer(back->seconds) : json_null(), "steps",
	        back->possible ? json_integer(back->steps) : json_null(), "reason", back->refusal);
}

static json_t *step_json(const struct hf_plan_step *step, size_t number)
{
	json_t *keys = json_pack("{s:o, s:o, s:o, s:o}", "dnskey", lines_json(&step->published),
	        "sign_dnskey", lines_json(&step->sign_keys), "sign_data",
	        lines_json(&step->sign_data), "ds", lines_json(&step->ds));
	return json_pack("{s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "number",
	        (json_int_t)number, "title", step->title, "at", time_json(step->at), "reached",
	        time_json(step->reached), "go_no_go", approvals_json(step->approvals), "waits",
	        waits_json(step), "holdfast", lines_json(&step->does), "people",
	        lines_json(&step->people), "checks", lines_json(&step->checks), "keys", keys,
	        "sizes", size_json(&step->size), "back", back_json(&step->back));
}

static json_t *steps_json(const struct hf_plan *plan)
{
	json_t *list = json_array();
	bool good = true;
	for (size_t i = 0; i < plan->count && good; i++)
		good = add(list, step_json(&plan->steps[i], i + 1));
	return whole(list, good);
}

enum hf_err hf_plan_json(const struct hf_plan *plan, struct hf_buf *out)
{
	char zone[HF_NAME_TEXT];
	json_t *value = json_pack("{s:s, s:s, s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "zone",
	        hf_name_text(&plan->zone, zone), "title", plan->title, "at", time_json(plan->at),
	        "end", time_json(plan->end), "seconds", (json_int_t)(plan->end - plan->at),
	        "rrsets", (json_int_t)plan->rrsets, "assumptions", lines_json(&plan->assumptions),
	        "at_once", lines_json(&plan->at_once), "sizes_now", size_json(&plan->size), "steps",
	        steps_json(plan), "after", lines_json(&plan->after));
	return hf_json_put(value, JSON_INDENT(2), out);
}
