/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether settings fit together, and the files that they name. For the configuration only. One
 * thread at a time.
 */
#ifndef HF_DAEMON_CONFIG_JUDGE_H
#define HF_DAEMON_CONFIG_JUDGE_H

#include "daemon/config_table.h"

/* Contradictions are blamed on the reader; the error is only that of memory. Reads no file. */
enum hf_err hf_config_judge(
        struct hf_config_reader *reader, struct hf_config *config) HF_MUST_CHECK;
/* Finds every zone's policy, in the base configuration or in its file. Mistakes are blamed. */
enum hf_err hf_config_load_policies(
        struct hf_config_reader *reader, struct hf_config *config) HF_MUST_CHECK;

#endif
