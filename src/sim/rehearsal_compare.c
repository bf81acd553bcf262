/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ways to compare with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/rehearsal.h"

#define SETTING_SIZE 256 /* of one setting with its value */

/* ---- Methods ---- */

static bool method_fits(const struct hf_theatre_change *change, enum hf_method method)
{
	const struct hf_roll_start *start = &change->wish.start;
	bool algorithm = method == HF_METHOD_CONSERVATIVE || method == HF_METHOD_LIBERAL;
	switch (start->kind) {
	case HF_ROLL_ALGORITHM:
	case HF_ROLL_MODEL:
		return algorithm;
	case HF_ROLL_KEYS_OF_ROLE:
		return hf_method_fits(method, start->role);
	default:
		return false;
	}
}

/* "method=A,B…" with all that fit; the one that is in use is left out later. */
static enum hf_err list_methods(const struct hf_theatre_change *change, struct hf_diag *diag,
        char text[static SETTING_SIZE])
{
	size_t len = (size_t)snprintf(text, SETTING_SIZE, "method=");
	bool any = false;
	for (unsigned method = 0; change != NULL && method < HF_METHODS; method++) {
		if (!method_fits(change, method))
			continue;
		len += (size_t)snprintf(text + len, SETTING_SIZE - len, "%s%s", any ? "," : "",
		        hf_method_name(method));
		any = true;
	}
	if (!any)
		return hf_fail(diag, HF_ERR_INVALID,
		        "there are no methods to compare: what is asked for is done in one way "
		        "only; compare settings, such as keys.dnskey-ttl=1h,1d");
	if (change->wish.start.has_method)
		return hf_fail(diag, HF_ERR_INVALID,
		        "methods cannot be compared when one is asked for: leave out --method");
	return HF_OK;
}

/* ---- Ways ---- */

/* Whether the two come to the same; settings of keys that the model does not have do not count. */
static bool is_same(const struct hf_rehearsal_way *a, const struct hf_rehearsal_way *b)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf first = {0};
	HF_CLEANUP(hf_buf_done) struct hf_buf second = {0};
	const struct hf_rehearsal_way *ways[] = {a, b};
	struct hf_buf *texts[] = {&first, &second};
	for (size_t i = 0; i < 2; i++) {
		hf_policy_put(&ways[i]->policy, texts[i]);
		for (size_t j = 0; hf_rehearsal_setting_at(j) != NULL; j++) {
			hf_rehearsal_setting_put(j, ways[i], texts[i]);
			hf_put_u8(texts[i], ' ');
		}
	}
	return hf_buf_check(&first) == HF_OK && hf_buf_check(&second) == HF_OK &&
	       first.len == second.len && memcmp(first.data, second.data, first.len) == 0;
}

static enum hf_err add_way(const struct hf_rehearsal_base *base, const char *setting,
        struct hf_diag *diag, struct hf_rehearsal_way ways[static HF_REHEARSAL_WAYS], size_t *count)
{
	size_t all = base->setting_count;
	struct hf_rehearsal_way way;
	const char **settings = calloc(all + 1, sizeof(*settings));
	if (settings == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < all; i++)
		settings[i] = base->settings[i];
	settings[all] = setting;
	enum hf_err err =
	        hf_rehearsal_way_make(base->policy, base->profile, settings, all + 1, diag, &way);
	free(settings);
	if (err != HF_OK || (*count > 0 && is_same(&ways[0], &way)))
		return err;
	if (*count == HF_REHEARSAL_WAYS)
		return hf_fail(diag, HF_ERR_LIMIT,
		        "more than %d ways are to be compared: leave some out",
		        HF_REHEARSAL_WAYS - 1);
	const char *equals = strchr(setting, '=');
	snprintf(way.title, sizeof(way.title), "%.*s %s", (int)(equals - setting), setting,
	        equals + 1);
	ways[(*count)++] = way;
	return HF_OK;
}

enum hf_err hf_rehearsal_compare(const struct hf_rehearsal_base *base, const char *wanted,
        struct hf_diag *diag, struct hf_rehearsal_way ways[static HF_REHEARSAL_WAYS], size_t *count)
{
	char methods[SETTING_SIZE], setting[SETTING_SIZE];
	enum hf_err err = HF_OK;
	if (strcmp(wanted, "method") == 0) {
		err = list_methods(base->change, diag, methods);
		wanted = methods;
	}
	const char *equals = strchr(wanted, '='), *value = equals != NULL ? equals + 1 : NULL;
	if (err == HF_OK && (value == NULL || value[0] == 0))
		return hf_fail(diag, HF_ERR_SYNTAX,
		        "\"%s\" is nothing to compare: write NAME=VALUE,VALUE, such as "
		        "keys.dnskey-ttl=1h,1d, or method",
		        wanted);
	for (bool more = true; err == HF_OK && more;) {
		size_t len = strcspn(value, ",");
		more = value[len] == ',';
		int size = snprintf(setting, sizeof(setting), "%.*s%.*s",
		        (int)(equals + 1 - wanted), wanted, (int)len, value);
		if (size >= (int)sizeof(setting))
			return hf_fail(
			        diag, HF_ERR_SYNTAX, "a setting to compare has too many letters");
		err = add_way(base, setting, diag, ways, count);
		value += len + more;
	}
	return err;
}
