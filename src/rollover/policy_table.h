/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of settings, made from rollover/policy.def: reading one value from text, and writing
 * it. Whether values fit together is policy_check.c's to say. For this part only. Constant data,
 * thread-safe.
 */
#ifndef HF_ROLLOVER_POLICY_TABLE_H
#define HF_ROLLOVER_POLICY_TABLE_H

#include "base/bytes.h"
#include "rollover/policy.h"

enum hf_setting_kind {
	HF_SETTING_FLAG,      /* yes or no */
	HF_SETTING_COUNT,     /* a number */
	HF_SETTING_SPAN,      /* "90d" */
	HF_SETTING_CHOICE,    /* one of some words */
	HF_SETTING_SET,       /* a list of some words */
	HF_SETTING_ALGORITHM, /* a signing algorithm by name or number */
	HF_SETTING_PLACES,    /* a list of addresses */
};

enum hf_setting_id {
#define HF_SETTING(id, section, name, kind, member, low, high, fallback, choices, meaning)         \
	HF_SETTING_##id,
#include "rollover/policy.def"
#undef HF_SETTING
	HF_SETTINGS
};

struct hf_setting {
	const char *section, *name;
	enum hf_setting_kind kind;
	size_t offset, size; /* of the member */
	int64_t low, high;
	const char *fallback; /* the default; words of lists are parted by spaces */
	const char *choices;
	const char *meaning;
};
extern const struct hf_setting HF_SETTING_TABLE[HF_SETTINGS];

bool hf_setting_is_list(const struct hf_setting *setting);
/* HF_SETTINGS when there is none. `section` alone: the first setting in it. */
enum hf_setting_id hf_setting_find(const char *section, const char *name);

/* Whether the policy may say something about a setting: not about keys that its model does not
 * have, nor about NSEC3 when it asks for NSEC. */
bool hf_setting_applies(const struct hf_setting *setting, const struct hf_policy *policy);

/* The setting in a policy as a number, whatever its size; not for places. */
int64_t hf_setting_number(const struct hf_setting *setting, const struct hf_policy *policy);

/* Empties a list before its first word is read. */
void hf_setting_clear(const struct hf_setting *setting, struct hf_policy *policy);
/*
 * Reads a value, or adds one word to a list. HF_ERR_SYNTAX: not of its kind, HF_ERR_INVALID: out
 * of range, HF_ERR_EXISTS: is in the list already, HF_ERR_LIMIT: the list is full. `policy` is
 * untouched then.
 */
enum hf_err hf_setting_read(
        const struct hf_setting *setting, const char *text, struct hf_policy *policy) HF_MUST_CHECK;
/* What the setting takes, for messages: "a span of time from 60s to 7d". */
void hf_setting_describe(const struct hf_setting *setting, struct hf_buf *out);
/* The value as YAML. */
void hf_setting_put(
        const struct hf_setting *setting, const struct hf_policy *policy, struct hf_buf *out);

/* A span as policies have it: "90d", "36h", "45s". */
void hf_setting_put_span(int64_t seconds, struct hf_buf *out);

/*
 * Judges a whole policy. `lines` has the line of each setting in `file`, 0 for those that it does
 * not give; NULL when the policy is from no file. A contradiction is reported at the later of the
 * lines that it is about.
 */
struct hf_policy_place {
	const char *file;
	const unsigned *lines; /* HF_SETTINGS of them */
	unsigned line;         /* where the policy itself begins */
};
enum hf_err hf_policy_judge(const struct hf_policy *policy, const struct hf_policy_place *place,
        struct hf_diag *warnings, struct hf_diag *diag) HF_MUST_CHECK;

#endif
