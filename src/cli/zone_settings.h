/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The settings of a zone that is to be added: from options, or a file of them. Decides nothing:
 * the daemon judges them. Thread-safe.
 */
#ifndef HF_CLI_ZONE_SETTINGS_H
#define HF_CLI_ZONE_SETTINGS_H

#include "base/bytes.h"
#include "base/diag.h"

/* As options give them; NULL: not given. Addresses are separated by commas. */
struct hf_zone_wishes {
	const char *file, *primaries, *secondaries, *key, *output;
	const char *settings; /* a file with all of them; "-": standard input */
	bool check_only;
};

/* YAML as a zone has it in the configuration, without the name and the policy. HF_ERR_INVALID:
 * wishes that do not go together. */
enum hf_err hf_zone_settings_make(const struct hf_zone_wishes *wishes, struct hf_diag *diag,
        struct hf_buf *ret_text) HF_MUST_CHECK;

#endif
