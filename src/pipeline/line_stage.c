/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "pipeline/line_inside.h"

static double monotonic(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* While the old contents are signed again, what stopped the new ones is what people have to see. */
static bool hushed(const struct hf_line *line, enum hf_stage stage)
{
	enum hf_stage_state state = line->stages[stage].state;
	return line->quiet && (state == HF_STAGE_FAILED || state == HF_STAGE_WAITS);
}

void hf_line_stage_begin(struct hf_line *line, enum hf_stage stage)
{
	line->began = monotonic();
	if (!hushed(line, stage))
		line->stages[stage].state = HF_STAGE_RUNS;
}

void hf_line_stage_end(struct hf_line *line, enum hf_stage stage, enum hf_stage_state state,
        hf_time now, const char *format, ...)
{
	struct hf_line_stage *at = &line->stages[stage];
	double seconds = monotonic() - line->began;
	va_list args;
	line->seconds[stage] = (line->seconds[stage] < 0 ? 0 : line->seconds[stage]) + seconds;
	if (hushed(line, stage) && state == HF_STAGE_PASSED)
		return;
	at->state = state;
	at->seconds = seconds;
	at->at = now;
	va_start(args, format);
	vsnprintf(at->text, sizeof(at->text), format, args);
	va_end(args);
}

void hf_line_stage_clear(struct hf_line *line, enum hf_stage after)
{
	for (unsigned i = (unsigned)after + 1; i < HF_STAGES; i++) {
		if (line->stages[i].state == HF_STAGE_FAILED ||
		        line->stages[i].state == HF_STAGE_WAITS)
			line->stages[i] =
			        (struct hf_line_stage){.state = HF_STAGE_IDLE, .at = HF_TIME_NONE};
	}
}
