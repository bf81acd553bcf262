/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rollover/policy.h"

#include <assert.h>
#include <string.h>

#include "rollover/policy_table.h"

static const char *const method_names[HF_METHODS] = {
        [HF_METHOD_PRE_PUBLICATION] = "pre-publication",
        [HF_METHOD_DOUBLE_SIGNATURE] = "double-signature",
        [HF_METHOD_DOUBLE_KSK] = "double-ksk",
        [HF_METHOD_DOUBLE_DS] = "double-ds",
        [HF_METHOD_DOUBLE_RRSET] = "double-rrset",
        [HF_METHOD_CONSERVATIVE] = "conservative",
        [HF_METHOD_LIBERAL] = "liberal",
};

const char *hf_method_name(enum hf_method method)
{
	return method_names[method];
}

bool hf_method_parse(const char *text, enum hf_method *ret_method)
{
	for (unsigned i = 0; i < HF_METHODS; i++) {
		if (strcmp(method_names[i], text) == 0) {
			*ret_method = i;
			return true;
		}
	}
	return false;
}

bool hf_method_fits(enum hf_method method, enum hf_role role)
{
	if (role == HF_ROLE_KSK)
		return method == HF_METHOD_DOUBLE_KSK || method == HF_METHOD_DOUBLE_DS ||
		       method == HF_METHOD_DOUBLE_RRSET;
	return method == HF_METHOD_PRE_PUBLICATION || method == HF_METHOD_DOUBLE_SIGNATURE;
}

const char *hf_approval_name(enum hf_approval approval)
{
	switch (approval) {
	case HF_APPROVE_DS:
		return "ds";
	case HF_APPROVE_ALGORITHM:
		return "algorithm";
	case HF_APPROVE_SECURE:
		return "secure";
	case HF_APPROVE_INSECURE:
		return "insecure";
	case HF_APPROVE_REMOVAL:
		return "removal";
	case HF_APPROVE_EVERY_STEP:
		return "every-step";
	}
	return "unknown";
}

/* The words of a list, one after the other. */
static enum hf_err read_list(
        const struct hf_setting *setting, const char *words, struct hf_policy *policy)
{
	const char *at = words;
	while (*at != '\0') {
		char word[HF_PLACE_MAX];
		size_t len = strcspn(at, " ");
		if (len >= sizeof(word))
			return HF_ERR_SYNTAX;
		memcpy(word, at, len);
		word[len] = '\0';
		enum hf_err err = hf_setting_read(setting, word, policy);
		if (err != HF_OK)
			return err;
		at += len + (at[len] == ' ');
	}
	return HF_OK;
}

/* A value of any kind. */
static enum hf_err read_value(
        const struct hf_setting *setting, const char *text, struct hf_policy *policy)
{
	if (!hf_setting_is_list(setting))
		return hf_setting_read(setting, text, policy);
	hf_setting_clear(setting, policy);
	return read_list(setting, text, policy);
}

void hf_policy_init(struct hf_policy *policy)
{
	memset(policy, 0, sizeof(*policy));
	for (unsigned i = 0; i < HF_SETTINGS; i++) {
		const struct hf_setting *setting = &HF_SETTING_TABLE[i];
		enum hf_err err = read_value(setting, setting->fallback, policy);
		assert(err == HF_OK); /* the table is ours */
		(void)err;
	}
}

static const struct hf_setting *setting_of(const char *name)
{
	char section[32];
	const char *dot = strchr(name, '.');
	size_t len = dot != NULL ? (size_t)(dot - name) : sizeof(section);
	if (len >= sizeof(section))
		return NULL;
	memcpy(section, name, len);
	section[len] = '\0';
	enum hf_setting_id id = hf_setting_find(section, dot + 1);
	return id < HF_SETTINGS ? &HF_SETTING_TABLE[id] : NULL;
}

enum hf_err hf_policy_set(
        struct hf_policy *policy, const char *name, const char *value, struct hf_diag *diag)
{
	const struct hf_setting *setting = setting_of(name);
	if (setting == NULL)
		return hf_fail(diag, HF_ERR_NOTFOUND,
		        "%s: policies have no such setting; write SECTION.NAME, such as zsk.method "
		        "or keys.dnskey-ttl, by the names of holdfast-policy(5)",
		        name);
	struct hf_policy changed = *policy;
	enum hf_err err = read_value(setting, value, &changed);
	if (err == HF_OK) {
		*policy = changed;
		return HF_OK;
	}
	HF_CLEANUP(hf_buf_done) struct hf_buf takes = {0};
	hf_setting_describe(setting, &takes);
	return hf_fail(diag, err == HF_ERR_SYNTAX ? HF_ERR_SYNTAX : HF_ERR_INVALID,
	        "%s does not take \"%s\", but %.*s", name, value, (int)takes.len,
	        (const char *)takes.data);
}

#define COMMENT_WIDTH 90

/* The sentences of a setting, wrapped. */
static void put_comment(const char *text, struct hf_buf *out)
{
	size_t column = COMMENT_WIDTH;
	while (*text != '\0') {
		size_t len = strcspn(text, " ");
		if (column + len >= COMMENT_WIDTH) {
			hf_put_text(out, "\n  #");
			column = 3;
		}
		hf_put_format(out, " %.*s", (int)len, text);
		column += len + 1;
		text += len + strspn(text + len, " ");
	}
	hf_put_text(out, "\n");
}

void hf_policy_put(const struct hf_policy *policy, struct hf_buf *out)
{
	const char *section = "";
	for (unsigned i = 0; i < HF_SETTINGS; i++) {
		const struct hf_setting *setting = &HF_SETTING_TABLE[i];
		if (!hf_setting_applies(setting, policy))
			continue;
		if (strcmp(section, setting->section) != 0)
			hf_put_format(out, "%s%s:", *section != '\0' ? "\n" : "", setting->section);
		section = setting->section;
		put_comment(setting->meaning, out);
		hf_put_text(out, "  # Takes ");
		hf_setting_describe(setting, out);
		hf_put_format(out, ".\n  %s: ", setting->name);
		hf_setting_put(setting, policy, out);
		hf_put_text(out, "\n");
	}
}
