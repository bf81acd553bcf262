/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "line_sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct hf_name name(const char *text)
{
	struct hf_name made;
	if (hf_name_from_text(text, &made) != HF_OK)
		abort();
	return made;
}

void line_sample_empty(struct line_sample *sample)
{
	*sample = (struct line_sample){.status = {.mode = HF_LINE_SIGN,
	                                       .policy = "default",
	                                       .at = LINE_SAMPLE_AT,
	                                       .source_at = HF_TIME_NONE,
	                                       .published_at = HF_TIME_NONE,
	                                       .first_expiry = HF_TIME_NONE,
	                                       .silent_since = HF_TIME_NONE,
	                                       .until = HF_TIME_NEVER}};
	sample->status.zone = name("example.");
	for (size_t i = 0; i < HF_STAGES; i++)
		sample->status.stages[i].at = HF_TIME_NONE;
	sample->status.stages[HF_STAGE_REVIEW_UNSIGNED].state = HF_STAGE_OFF;
	sample->status.stages[HF_STAGE_REVIEW_SIGNED].state = HF_STAGE_OFF;
}

static void fill_stages(struct hf_line_status *status)
{
	static const char *const texts[HF_STAGES] = {
	        "zone file example.zone: 12 records",
	        "nothing to object to",
	        "",
	        "28 signatures made, 0 re-used",
	        "10 names, 30 RRsets, 28 signatures: no finding",
	        "safe for every cache",
	        "",
	        "durable and visible",
	};
	for (size_t i = 0; i < HF_STAGES; i++) {
		struct hf_line_stage *stage = &status->stages[i];
		if (stage->state == HF_STAGE_OFF)
			continue;
		stage->state = HF_STAGE_PASSED;
		stage->seconds = 0.001 * (double)i;
		stage->at = LINE_SAMPLE_AT - 240;
		snprintf(stage->text, sizeof(stage->text), "%s", texts[i]);
	}
}

void line_sample_init(struct line_sample *sample)
{
	line_sample_empty(sample);
	struct hf_line_status *status = &sample->status;
	status->has_source = status->has_published = status->has_validity = true;
	status->serial_in = 7;
	status->serial_out = 4294967295;
	status->source_at = LINE_SAMPLE_AT - 300;
	status->published_at = LINE_SAMPLE_AT - 240;
	status->names = 10;
	status->rrsets = 30;
	status->signatures = 28;
	status->first_expiry = LINE_SAMPLE_AT + 13 * 86400;
	status->first_owner = name("www.example.");
	fill_stages(status);
	snprintf(status->roll, sizeof(status->roll), "KSK rollover, step 2 of 4: DS 222 is wanted");
	snprintf(status->waits, sizeof(status->waits),
	        "waits until the parent's servers all show DS 222");
	status->wait = HF_WAIT_PARENT;
	status->gate_safe = 3;
	const hf_time since = LINE_SAMPLE_AT - 86400;
	sample->keys[0] = (struct hf_line_key){
	        "KSK 111", HF_ROLE_KSK, 13, 111, "signs", since, HF_TIME_NEVER, true, true};
	sample->keys[1] = (struct hf_line_key){
	        "KSK 222", HF_ROLE_KSK, 13, 222, "published", since, HF_TIME_NEVER, true, false};
	sample->keys[2] = (struct hf_line_key){"ZSK 333", HF_ROLE_ZSK, 13, 333, "signs", since,
	        LINE_SAMPLE_AT + 29 * 86400, false, false};
	sample->parents[0] = (struct hf_line_server){
	        "192.0.2.1@53", LINE_SAMPLE_AT - 5, true, 55, true, "DS 111 and 222"};
	sample->parents[1] = (struct hf_line_server){
	        "192.0.2.2@53", LINE_SAMPLE_AT - 5, true, 54, false, "DS 111 alone"};
	sample->secondaries[0] = (struct hf_line_server){
	        "192.0.2.3@53", LINE_SAMPLE_AT - 2, true, 4294967295, true, "the newest version"};
	sample->secondaries[1] = (struct hf_line_server){
	        "192.0.2.4@53", HF_TIME_NONE, false, 0, false, "no answer within 3 s"};
	status->keys = sample->keys;
	status->key_count = 3;
	status->parents = sample->parents;
	status->parent_count = 2;
	status->secondaries = sample->secondaries;
	status->secondary_count = 2;
	status->events[0] = (struct hf_line_event){LINE_SAMPLE_AT + 3600, "signatures are renewed"};
	status->events[1] =
	        (struct hf_line_event){LINE_SAMPLE_AT + 29 * 86400, "ZSK 333 comes to its end"};
	status->events[2] = (struct hf_line_event){LINE_SAMPLE_AT + 40 * 86400, ""};
	snprintf(status->events[2].text, sizeof(status->events[2].text), "%.150s", status->waits);
	status->event_count = 3;
}

void line_sample_fail(struct line_sample *sample)
{
	line_sample_init(sample);
	struct hf_line_status *status = &sample->status;
	static const char sentence[] =
	        "the signature by ZSK 333 over www.example. A does not verify: the version before "
	        "stays published; compare the key's files with a backup";
	struct hf_line_stage *stage = &status->stages[HF_STAGE_VERIFY];
	stage->state = HF_STAGE_FAILED;
	snprintf(stage->text, sizeof(stage->text), "%s", sentence);
	for (size_t i = HF_STAGE_GATE; i < HF_STAGES; i++) {
		if (status->stages[i].state != HF_STAGE_OFF)
			status->stages[i].state = HF_STAGE_IDLE;
	}
	sample->alarms[0] = (struct hf_line_alarm){"stage-verify", LINE_SAMPLE_AT - 60, ""};
	snprintf(sample->alarms[0].text, sizeof(sample->alarms[0].text), "%s", sentence);
	sample->alarms[1] = (struct hf_line_alarm){"secondary-behind", LINE_SAMPLE_AT - 9000,
	        "192.0.2.4@53 said caf\xe9\x1b[31m"}; /* no UTF-8, and an escape */
	status->alarms = sample->alarms;
	status->alarm_count = 2;
}
