/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/line_inside.h"

/* A secondary may be behind for so long after a publication, besides what the policy expects. */
#define BEHIND 900
/* How long a parent may be silent: to a new zone that waits for it, to a rollover that does, and
 * when nothing is waited for. */
#define SILENT_NEW  60
#define SILENT_ROLL 900
#define SILENT_LEFT 10800

/* The alarms that stand now, beside those that stood before. */
struct bell {
	struct hf_line *line;
	hf_time now;
	struct hf_line_alarm *list;
	size_t count, cap;
	bool failed; /* out of memory */
};

/* Since when it stands: from before, or from now. */
static hf_time since(const struct bell *bell, const char *name)
{
	const struct hf_line *line = bell->line;
	for (size_t i = 0; i < line->alarm_count; i++) {
		if (strcmp(line->alarms[i].name, name) == 0)
			return line->alarms[i].since;
	}
	return bell->now;
}

static bool rings(const struct bell *bell, const char *name)
{
	for (size_t i = 0; i < bell->count; i++) {
		if (strcmp(bell->list[i].name, name) == 0)
			return true;
	}
	return false;
}

HF_PRINTF(3, 4)
static void ring(struct bell *bell, const char *name, const char *format, ...)
{
	va_list args;
	if (rings(bell, name))
		return;
	if (bell->count == bell->cap) {
		size_t cap = bell->cap == 0 ? 8 : bell->cap * 2;
		struct hf_line_alarm *list = reallocarray(bell->list, cap, sizeof(*list));
		if (list == NULL) {
			bell->failed = true;
			return;
		}
		bell->list = list;
		bell->cap = cap;
	}
	struct hf_line_alarm *alarm = &bell->list[bell->count++];
	*alarm = (struct hf_line_alarm){.since = since(bell, name)};
	snprintf(alarm->name, sizeof(alarm->name), "%s", name);
	va_start(args, format);
	vsnprintf(alarm->text, sizeof(alarm->text), format, args);
	va_end(args);
}

/* ---- causes ---- */

static void ring_stages(struct bell *bell)
{
	for (enum hf_stage stage = 0; stage < HF_STAGES; stage++) {
		const struct hf_line_stage *at = &bell->line->stages[stage];
		char name[48];
		snprintf(name, sizeof(name), "stage-%s", hf_stage_name(stage));
		if (at->state == HF_STAGE_FAILED)
			ring(bell, name, "%s", at->text);
	}
}

static void ring_signatures(struct bell *bell)
{
	const struct hf_version *served = hf_line_served(bell->line);
	const struct hf_policy *policy = &bell->line->setup.policy;
	char when[HF_TIME_TEXT];
	if (served == NULL)
		return;
	struct hf_summary summary = hf_version_summary(served);
	if (!summary.has_expiry)
		return;
	hf_time end = hf_time_from_stamp(summary.min_expiry, bell->now);
	if (end - bell->now < policy->alarms.signature_end)
		ring(bell, "signature-end",
		        "the first signature of the published version %s at %s: %s",
		        end <= bell->now ? "ended" : "ends", hf_time_rfc3339(end, when),
		        bell->line->box == NULL ? "its signer has to send a newer one"
		                                : "the stages say why it is not signed again");
}

static void ring_secondaries(struct bell *bell)
{
	const struct hf_line *line = bell->line;
	int64_t patience = line->setup.policy.secondaries.delay + BEHIND;
	for (size_t i = 0; i < line->secondary_count; i++) {
		const struct hf_line_server *server = &line->secondaries[i];
		char name[48];
		if (line->behind[i] == HF_TIME_NONE || bell->now - line->behind[i] < patience)
			continue;
		/* Names are short; addresses are told apart by their ends. */
		size_t len = strlen(server->place);
		snprintf(name, sizeof(name), "secondary-behind-%.*s", 30,
		        server->place + (len > 30 ? len - 30 : 0));
		ring(bell, name, "secondary %s was not seen with the published version: %s",
		        server->place, server->text);
	}
}

static void ring_parent(struct bell *bell)
{
	const struct hf_line *line = bell->line;
	hf_time begins = hf_line_begins_at(line);
	bool rolls = line->stepped && line->outcome.wait == HF_WAIT_PARENT;
	int64_t patience = begins != HF_TIME_NONE ? SILENT_NEW : rolls ? SILENT_ROLL : SILENT_LEFT;
	/* Who has no parent that can be asked knows that, once the zone was begun without. */
	bool wanted = begins != HF_TIME_NONE || rolls || line->parent_count > 0;
	char since[HF_TIME_TEXT];
	if (line->silent_since == HF_TIME_NONE || !wanted ||
	        bell->now - line->silent_since < patience)
		return;
	if (begins != HF_TIME_NONE)
		ring(bell, "parent-silent", "%s", line->stages[HF_STAGE_GATE].text);
	else
		ring(bell, "parent-silent",
		        "no server of the parent has said since %s which DS set the zone has: %s; "
		        "look at the parent's servers, and at the way to them%s",
		        hf_time_rfc3339(line->silent_since, since), line->silence,
		        rolls ? "; the rollover waits for them, or for holdfast ds-seen" : "");
}

/* The engine's alarms by what they speak of. */
static const char *engine_name(const char *text)
{
	static const struct {
		const char *words, *name;
	} names[] = {
	        {"the clock", "clock"},
	        {"is compromised", "key-compromised"},
	        {"the lifetime of", "key-end"},
	        {"another DS set", "parent-differs"},
	        {"cannot begin", "rollover-refused"},
	        {"signature expires", "signature-end"},
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strstr(text, names[i].words) != NULL)
			return names[i].name;
	}
	return "rollover";
}

static void ring_engine(struct bell *bell)
{
	const struct hf_line *line = bell->line;
	if (line->key_failure[0] != '\0')
		ring(bell, "key-missing", "%s", line->key_failure);
	if (!line->stepped)
		return;
	for (size_t i = 0; i < line->outcome.count; i++) {
		const struct hf_act *act = &line->outcome.acts[i];
		const char *name = engine_name(act->text);
		/* The engine knows signatures by sets, in round figures: see ring_signatures. */
		if (act->kind == HF_ACT_ALARM && strcmp(name, "signature-end") != 0)
			ring(bell, name, "%s", act->text);
	}
	if (line->outcome.wait == HF_WAIT_HELP)
		ring(bell, "rollover-stuck", "%s", line->outcome.text);
	if (line->outcome.wait == HF_WAIT_CLOCK)
		ring(bell, "clock", "%s", line->outcome.text);
}

enum hf_err hf_line_alarms(struct hf_line *line, hf_time now)
{
	struct bell bell = {.line = line, .now = now};
	ring_stages(&bell);
	ring_signatures(&bell);
	ring_secondaries(&bell);
	ring_parent(&bell);
	ring_engine(&bell);
	if (line->leap != HF_TIME_NONE)
		ring(&bell, "clock",
		        "the clock leapt ahead by half a day or more: check it; nothing is signed "
		        "for "
		        "an hour");
	if (line->output_failure[0] != '\0')
		ring(&bell, "output", "%s", line->output_failure);
	if ((line->memory->flags & HF_LEDGER_RESTORED) != 0)
		ring(&bell, "restored",
		        "the state is from a backup, and what happened since is not known: "
		        "nothing is published until the secondaries were seen or somebody "
		        "releases the zone");
	if (bell.failed) {
		free(bell.list);
		return HF_ERR_NOMEM;
	}
	free(line->alarms);
	line->alarms = bell.list;
	line->alarm_count = bell.count;
	return HF_OK;
}
