/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What `holdfast rehearse` prints. One thread at a time.
 */
#ifndef HF_CLI_REHEARSE_PRINT_H
#define HF_CLI_REHEARSE_PRINT_H

#include "cli/rehearse_setup.h"
#include "cli/story_print.h"

enum hf_err hf_rehearse_print(const struct hf_rehearse_arguments *arguments,
        const struct hf_rehearse_setup *setup, const struct hf_rehearsal_result *result,
        const struct hf_story_outputs *outputs, struct hf_diag *diag) HF_MUST_CHECK;

/* The kinds of resolvers with what is known of them; the settings of the world. */
enum hf_err hf_rehearse_list_resolvers(struct hf_buf *out) HF_MUST_CHECK;
enum hf_err hf_rehearse_list_settings(struct hf_buf *out) HF_MUST_CHECK;

#endif
