/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/policy_argument.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/terminal.h"

enum hf_err hf_policy_argument_read(const struct hf_policy_argument *argument,
        struct hf_diag *warnings, struct hf_diag *diag, struct hf_policy *ret_policy)
{
	const char *text = argument->text, *colon = strrchr(text, ':');
	struct hf_policy policy;
	enum hf_err err;
	if (colon == NULL || access(text, F_OK) == 0) {
		err = hf_policy_read(text, NULL, warnings, diag, &policy);
	} else {
		char *path = strndup(text, (size_t)(colon - text));
		if (path == NULL)
			return HF_ERR_NOMEM;
		err = hf_policy_read(path, colon + 1, warnings, diag, &policy);
		free(path);
	}
	if (err != HF_OK)
		return err;
	if (argument->ds_ttl >= 0)
		policy.parent.ds_ttl = argument->ds_ttl;
	if (argument->parent_delay >= 0)
		policy.parent.delay = argument->parent_delay;
	err = hf_policy_check(&policy, NULL, diag);
	if (err == HF_OK)
		*ret_policy = policy;
	return err;
}

void hf_policy_argument_warn(const struct hf_diag *warnings)
{
	for (size_t i = 0; i < warnings->count; i++) {
		const struct hf_diag_entry *entry = &warnings->entries[i];
		hf_terminal_error(
		        "%s:%u: warning: %s", entry->file, (unsigned)entry->line, entry->text);
	}
}
