/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The option --policy FILE[:NAME], of all commands that have it. Thread-safe.
 */
#ifndef HF_CLI_POLICY_ARGUMENT_H
#define HF_CLI_POLICY_ARGUMENT_H

#include "rollover/policy.h"

/* What options say instead of the policy. */
struct hf_policy_argument {
	const char *text;             /* "FILE", or "FILE:NAME" */
	int64_t ds_ttl, parent_delay; /* seconds; −1: the policy's */
};

/* A file whose own name has the colon comes first. Errors are those of hf_policy_read. */
enum hf_err hf_policy_argument_read(const struct hf_policy_argument *argument,
        struct hf_diag *warnings, struct hf_diag *diag, struct hf_policy *ret_policy) HF_MUST_CHECK;
/* Prints the warnings: one sentence each, to standard error. */
void hf_policy_argument_warn(const struct hf_diag *warnings);

#endif
