/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The methods: for every kind of change the waypoints, as one table a method.
 *
 * A row says of the keys that go and of those that come what each does there; all other keys stay
 * as they are. Rows that change nothing (a standby key is published already) are left out. For this
 * part only. Pure and thread-safe.
 */
#ifndef HF_ROLLOVER_METHODS_H
#define HF_ROLLOVER_METHODS_H

#include "rollover/rollover.h"

/*
 * Fills in the waypoints of the change in progress from the zone's resting place and the keys that
 * go and come, and puts it at the first one. HF_ERR_REFUSED when it would change nothing.
 */
enum hf_err hf_roll_lay_out(const struct hf_policy *policy, struct hf_roll_state *state,
        struct hf_diag *diag) HF_MUST_CHECK;

/* Keys as text: "KSK 1 and ZSK 2"; "no key". Cut when it does not fit. Returns `text`. */
char *hf_roll_keys_text(const struct hf_roll_state *state, hf_keys keys, char *text, size_t size);

/* "KSK rollover (double-ksk)": the change in progress by its name. Returns `text`. */
#define HF_ROLL_TITLE 96
char *hf_roll_title(const struct hf_roll_start *start, char text[static HF_ROLL_TITLE]);

#endif
