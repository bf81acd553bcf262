/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/gate_text.h"

#include <inttypes.h>

#include "coherence/words.h"
#include "report/wrapped.h"

#define INDENT 2

/* Ends a sentence that was put together in `text`, and forgets it. */
static void put_sentence(struct hf_buf *out, unsigned indent, const char *lead, struct hf_buf *text)
{
	hf_put_u8(text, '\0');
	if (!text->failed)
		hf_put_wrapped(out, indent, lead, (const char *)text->data);
	out->failed = out->failed || text->failed;
	hf_buf_reset(text);
}

/* What the verdict is about, as the subject of a sentence. */
static void put_subject(const struct hf_gate_answer *answer, struct hf_buf *text)
{
	char zone[HF_NAME_TEXT];
	if (answer->serial)
		hf_put_format(text, "serial %" PRIu32 " of ", answer->verdict->serial);
	else if (answer->version)
		hf_put_text(text, "this version of ");
	else if (answer->withdrawal)
		hf_put_text(text, "the DS set of ");
	else
		hf_put_text(text, "this DS set of ");
	hf_put_text(text, hf_name_text(&answer->zone, zone));
}

static const char *action(const struct hf_gate_answer *answer)
{
	if (answer->withdrawal)
		return answer->version ? "published while the DS is withdrawn" : "withdrawn";
	if (!answer->version)
		return "put at the parent";
	return answer->ds ? "published with this DS set" : "published";
}

/* The one line that has to be enough. */
static void put_headline(const struct hf_gate_answer *answer, struct hf_buf *text)
{
	const struct hf_gate_verdict *verdict = answer->verdict;
	char zone[HF_NAME_TEXT];
	/* During an outage no version may be safe, and one has to be published all the same. */
	bool better =
	        !verdict->safe && verdict->broken_already && verdict->effect == HF_EFFECT_BETTER;
	hf_put_text(text, verdict->safe ? "SAFE: "
	                  : better      ? "UNSAFE, BUT BETTER THAN NOW: "
	                                : "UNSAFE: ");
	if (answer->version || answer->ds) {
		put_subject(answer, text);
		hf_put_format(text,
		        better          ? " still fails for some resolvers if it is %s at "
		        : verdict->safe ? " may be %s at "
		                        : " must not be %s at ",
		        action(answer));
	} else {
		hf_put_text(text, verdict->safe ? "all that caches may hold of "
		                                : "resolvers may fail with what caches hold of ");
		hf_put_text(text, hf_name_text(&answer->zone, zone));
		hf_put_text(text, verdict->safe ? " fits together at " : " at ");
	}
	hf_words_time(verdict->at, text);
	hf_put_text(text, ".");
}

static void put_reasons(
        const struct hf_gate_verdict *verdict, struct hf_buf *out, struct hf_buf *text)
{
	for (size_t i = 0; i < verdict->count; i++) {
		const struct hf_gate_reason *reason = &verdict->reasons[i];
		hf_put_text(out, "\n");
		hf_put_text(text, reason->broken);
		if (reason->waits_until != HF_TIME_NEVER) {
			hf_put_text(text, " This reason ends by itself at ");
			hf_words_time(reason->waits_until, text);
			hf_put_text(text, ".");
		}
		put_sentence(out, INDENT, "", text);
		hf_put_wrapped(out, INDENT, "-> ", reason->fix);
	}
	if (verdict->dropped > 0) {
		hf_put_text(out, "\n");
		hf_put_format(text, "And %" PRIu64 " more reason%s of the same kind.",
		        verdict->dropped, verdict->dropped == 1 ? "" : "s");
		put_sentence(out, INDENT, "", text);
	}
}

static void put_warnings(const struct hf_gate_verdict *verdict, struct hf_buf *out)
{
	for (size_t i = 0; i < verdict->warning_count; i++) {
		hf_put_text(out, "\n");
		hf_put_wrapped(out, 0, "Warning: ", verdict->warnings[i]);
	}
}

/* During an outage this is what the operator asks. */
static void put_already(const struct hf_gate_verdict *verdict, bool offered, struct hf_buf *out,
        struct hf_buf *text)
{
	static const char *const effects[] = {
	        [HF_EFFECT_NONE] = "This change makes it neither better nor worse.",
	        [HF_EFFECT_BETTER] = "This change makes it better: it mends some of it, and breaks "
	                             "nothing.",
	        [HF_EFFECT_WORSE] =
	                "This change makes it worse: it breaks more, and mends nothing.",
	        [HF_EFFECT_MIXED] = "This change mends some of it and breaks something else.",
	};
	if (!verdict->broken_already || !offered)
		return;
	hf_put_text(out, "\n");
	hf_put_format(text, "%s %s", verdict->already, effects[verdict->effect]);
	put_sentence(out, 0, "Broken already, without this change: ", text);
}

static void put_earliest(
        const struct hf_gate_verdict *verdict, struct hf_buf *out, struct hf_buf *text)
{
	char span[HF_TIME_TEXT];
	if (verdict->safe)
		return;
	hf_put_text(out, "\n");
	if (verdict->earliest_safe == HF_TIME_NEVER) {
		hf_put_text(text, "Earliest safe: never by waiting alone.");
	} else {
		hf_put_text(text, "Earliest safe: ");
		hf_words_time(verdict->earliest_safe, text);
		hf_put_format(text, ", in %s, if nothing else changes until then.",
		        hf_span_text(verdict->earliest_safe - verdict->at, span));
	}
	put_sentence(out, 0, "", text);
}

static void put_withdrawal(
        const struct hf_gate_answer *answer, struct hf_buf *out, struct hf_buf *text)
{
	if ((answer->question.flags & HF_QUESTION_WITHDRAW) == 0)
		return;
	hf_put_text(out, "\n");
	if (answer->unsigned_from == HF_TIME_NEVER) {
		hf_put_text(text, "The zone must stay signed: nothing says when the last trust "
		                  "anchor will have left all resolvers.");
	} else {
		hf_put_text(text, "If the parent takes it away now, the zone has to stay signed "
		                  "until ");
		hf_words_time(answer->unsigned_from, text);
		hf_put_text(text, ", when the last cache has dropped it.");
	}
	put_sentence(out, 0, "", text);
}

static void put_rollback(
        const struct hf_rollback *rollback, struct hf_buf *out, struct hf_buf *text)
{
	const struct hf_gate_verdict *verdict = rollback->verdict;
	hf_put_format(out, "\n%s %s, serial %" PRIu32 "\n", verdict->safe ? "SAFE  " : "UNSAFE",
	        rollback->file, verdict->serial);
	hf_put_text(text, "Published from ");
	hf_words_time(rollback->first, text);
	hf_put_text(text, " until ");
	hf_words_time(rollback->last, text);
	hf_put_text(text, ".");
	put_sentence(out, INDENT, "", text);
	if (verdict->safe)
		return;
	hf_put_wrapped(out, INDENT, "", verdict->reasons[0].broken);
	if (verdict->count > 1) {
		hf_put_format(text, "And %zu more reason%s.", verdict->count - 1,
		        verdict->count == 2 ? "" : "s");
		put_sentence(out, INDENT, "", text);
	}
	hf_put_text(text, "Earliest safe: ");
	if (verdict->earliest_safe == HF_TIME_NEVER)
		hf_put_text(text, "never by waiting alone");
	else
		hf_words_time(verdict->earliest_safe, text);
	hf_put_text(text, ".");
	put_sentence(out, INDENT, "", text);
}

static void put_rollbacks(
        const struct hf_gate_answer *answer, struct hf_buf *out, struct hf_buf *text)
{
	size_t safe = 0;
	char zone[HF_NAME_TEXT];
	for (size_t i = 0; i < answer->rollback_count; i++)
		safe += answer->rollbacks[i].verdict->safe;
	hf_put_format(text, "%zu of %zu earlier version%s of %s could be published at ", safe,
	        answer->rollback_count, answer->rollback_count == 1 ? "" : "s",
	        hf_name_text(&answer->zone, zone));
	hf_words_time(answer->question.at, text);
	hf_put_text(text, "; newest first.");
	put_sentence(out, 0, "", text);
	for (size_t i = 0; i < answer->rollback_count; i++)
		put_rollback(&answer->rollbacks[i], out, text);
	hf_put_text(out, "\n");
	hf_put_wrapped(out, 0, "",
	        "Secondaries take a version only with a higher serial: raise the SOA serial, and "
	        "sign "
	        "that RRset anew with a key of the same set.");
}

enum hf_err hf_gate_text(const struct hf_gate_answer *answer, struct hf_buf *out)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {.data = NULL};
	const struct hf_gate_verdict *verdict = answer->verdict;
	if (verdict == NULL) {
		put_rollbacks(answer, out, &text);
		return hf_buf_check(out);
	}
	put_headline(answer, &text);
	put_sentence(out, 0, "", &text);
	put_already(verdict, answer->version || answer->ds, out, &text);
	put_reasons(verdict, out, &text);
	put_warnings(verdict, out);
	put_withdrawal(answer, out, &text);
	put_earliest(verdict, out, &text);
	if (answer->added) {
		hf_put_text(out, "\n");
		hf_put_wrapped(out, 0, "", "The history says now that it is published.");
	}
	return hf_buf_check(out);
}
