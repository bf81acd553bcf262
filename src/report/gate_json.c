/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/gate_json.h"

#include "crypto/alg.h"
#include "report/jsontext.h"

static json_t *text_json(const char *text)
{
	return text != NULL ? json_string(text) : json_null();
}

static const char *verdict_word(bool safe)
{
	return safe ? "safe" : "unsafe";
}

static json_t *held_json(const struct hf_gate_part *part)
{
	if (part->text == NULL)
		return json_null();
	return json_pack("{s:s, s:s, s:o, s:o}", "kind", hf_kind_name(part->kind), "content",
	        part->text, "seen", hf_json_time(part->seen), "until", hf_json_time(part->until));
}

static json_t *served_json(const struct hf_gate_part *part)
{
	if (part->text == NULL)
		return json_null();
	return json_pack("{s:s, s:s}", "kind", hf_kind_name(part->kind), "content", part->text);
}

static json_t *algorithm_json(uint8_t algorithm)
{
	char text[32];
	return algorithm != 0 ? json_string(hf_alg_name(algorithm, text)) : json_null();
}

static json_t *reason_json(const struct hf_gate_reason *reason)
{
	return json_pack("{s:s, s:o, s:o, s:s, s:I, s:o, s:o, s:o, s:o, s:s}", "check",
	        reason->check, "held", held_json(&reason->held), "served",
	        served_json(&reason->served), "broken", reason->broken, "affected",
	        (json_int_t)reason->affected, "algorithm", algorithm_json(reason->algorithm),
	        "bogus_from", hf_json_time(reason->bogus_from), "bogus_until",
	        hf_json_time(reason->bogus_until), "waits_until", hf_json_time(reason->waits_until),
	        "fix", reason->fix);
}

static json_t *reasons_json(const struct hf_gate_verdict *verdict)
{
	json_t *list = json_array();
	for (size_t i = 0; i < verdict->count; i++) {
		if (json_array_append_new(list, reason_json(&verdict->reasons[i])) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *warnings_json(const struct hf_gate_verdict *verdict)
{
	json_t *list = json_array();
	for (size_t i = 0; i < verdict->warning_count; i++) {
		if (json_array_append_new(list, json_string(verdict->warnings[i])) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *rollback_json(const struct hf_rollback *rollback)
{
	const struct hf_gate_verdict *verdict = rollback->verdict;
	return json_pack("{s:s, s:I, s:o, s:o, s:I, s:s, s:o, s:o, s:o, s:I}", "file",
	        rollback->file, "fact", (json_int_t)rollback->fact, "published",
	        hf_json_time(rollback->first), "until", hf_json_time(rollback->last), "serial",
	        (json_int_t)verdict->serial, "verdict", verdict_word(verdict->safe),
	        "earliest_safe", hf_json_time(verdict->earliest_safe), "reasons",
	        reasons_json(verdict), "warnings", warnings_json(verdict), "reasons_dropped",
	        (json_int_t)verdict->dropped);
}

static json_t *rollbacks_json(const struct hf_gate_answer *answer)
{
	char zone[HF_NAME_TEXT];
	json_t *list = json_array();
	for (size_t i = 0; i < answer->rollback_count; i++) {
		if (json_array_append_new(list, rollback_json(&answer->rollbacks[i])) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return json_pack("{s:s, s:o, s:s, s:o}", "zone", hf_name_text(&answer->zone, zone), "at",
	        hf_json_time(answer->question.at), "verdict", verdict_word(hf_answer_good(answer)),
	        "rollback", list);
}

static json_t *verdict_json(const struct hf_gate_answer *answer)
{
	const struct hf_gate_verdict *verdict = answer->verdict;
	const struct hf_gate_question *question = &answer->question;
	char zone[HF_NAME_TEXT];
	json_t *effect = json_null(), *serial = json_null();
	if (verdict->broken_already)
		effect = json_string(hf_gate_effect_name(verdict->effect));
	if (answer->serial)
		serial = json_integer(verdict->serial);
	json_t *object = json_pack("{s:s, s:o, s:o, s:s, s:o, s:o, s:I, s:o, s:b, s:o, s:o, s:b}",
	        "zone", hf_name_text(&answer->zone, zone), "serial", serial, "at",
	        hf_json_time(verdict->at), "verdict", verdict_word(verdict->safe), "earliest_safe",
	        hf_json_time(verdict->earliest_safe), "reasons", reasons_json(verdict),
	        "reasons_dropped", (json_int_t)verdict->dropped, "warnings", warnings_json(verdict),
	        "broken_already", verdict->broken_already, "already", text_json(verdict->already),
	        "effect", effect, "added", answer->added);
	if (object != NULL && (question->flags & HF_QUESTION_WITHDRAW) != 0 &&
	        json_object_set_new(object, "unsigned_from", hf_json_time(answer->unsigned_from)) !=
	                0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

enum hf_err hf_gate_json(const struct hf_gate_answer *answer, struct hf_buf *out)
{
	json_t *object = answer->verdict == NULL ? rollbacks_json(answer) : verdict_json(answer);
	return hf_json_put(object, JSON_INDENT(2), out);
}
