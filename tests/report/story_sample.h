/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stories for tests of reports: a small zone before a real population of simulated resolvers. What
 * happens and what the servers serve is made up here; who fails, and what is asked, is not.
 */
#ifndef TESTS_REPORT_STORY_SAMPLE_H
#define TESTS_REPORT_STORY_SAMPLE_H

#include "report/story_report.h"

enum story_kind {
	STORY_EARLY,   /* the old key goes while its DS is cached; and with somebody in front */
	STORY_QUIET,   /* one run; nothing happens to anybody */
	STORY_MANY,    /* five alternatives of one roll */
	STORY_YEARS,   /* hundreds of moments, over years */
	STORY_HOSTILE, /* texts that want to be markup, commands to a terminal, too long */
	STORY_BARE,    /* a storm of questions: tables only, nobody was simulated */
};
#define STORY_KINDS 6
const char *story_name(enum story_kind kind);

struct story_sample {
	struct hf_story_report report;
	struct hf_story *stories[HF_STORY_REPORT_STORIES];
	struct hf_story_table table;
};
/* Ends the program when it cannot be made. */
void story_sample_init(struct story_sample *sample, enum story_kind kind);
void story_sample_done(struct story_sample *sample);

#endif
