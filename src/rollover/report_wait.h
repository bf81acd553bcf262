/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sentences for the outcome of a step: what is waited for, until when, why.
 *
 * For this part only. Texts that do not fit are cut.
 */
#ifndef HF_ROLLOVER_REPORT_WAIT_H
#define HF_ROLLOVER_REPORT_WAIT_H

#include "rollover/reach.h"

/* Sets what is waited for. */
void hf_wait_say(struct hf_outcome *outcome, enum hf_wait wait, hf_time until, const char *format,
        ...) HF_PRINTF(4, 5);

/* Adds an act and returns it; over the limit, one that nobody sees. */
struct hf_act *hf_act_add(struct hf_outcome *outcome, enum hf_act_kind kind);
void hf_alarm_add(struct hf_outcome *outcome, const char *format, ...) HF_PRINTF(2, 3);

#define HF_WAIT_TIME 40
/* "2026-01-02 03:04 UTC". Returns `text`. */
char *hf_wait_time(hf_time time, char text[static HF_WAIT_TIME]);

/* Why the current waypoint is not reached. */
void hf_wait_reach(const struct hf_view *view, const struct hf_waypoint *waypoint,
        const struct hf_reach *reach, struct hf_outcome *outcome);
/* Why the offer is not safe before `earliest`. */
enum hf_err hf_wait_gate(const struct hf_view *view, const struct hf_waypoint *to,
        const struct hf_offer *offer, hf_time earliest, struct hf_outcome *outcome) HF_MUST_CHECK;

#endif
