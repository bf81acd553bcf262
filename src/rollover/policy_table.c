/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rollover/policy_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMBER_SIZE(member) sizeof(((struct hf_policy *)NULL)->member)

const struct hf_setting HF_SETTING_TABLE[HF_SETTINGS] = {
#define HF_SETTING(id, section, name, kind, member, low, high, fallback, choices, meaning)         \
	{section, name, HF_SETTING_##kind, offsetof(struct hf_policy, member),                     \
	        MEMBER_SIZE(member), low, high, fallback, choices, meaning},
#include "rollover/policy.def"
#undef HF_SETTING
};

/* One word of a setting's choices. */
struct choice {
	const char *word;
	size_t len;
	int64_t value;
};

/* Goes to the next choice; start with all zero. */
static bool next_choice(const struct hf_setting *setting, struct choice *choice)
{
	const char *at = setting->choices;
	if (choice->word != NULL) {
		at = choice->word + strcspn(choice->word, "|");
		if (*at++ == '\0')
			return false;
		choice->value++;
	} else {
		choice->value = setting->low;
	}
	choice->word = at;
	choice->len = strcspn(at, "=|");
	if (at[choice->len] == '=')
		choice->value = strtoll(at + choice->len + 1, NULL, 10);
	return true;
}

bool hf_setting_is_list(const struct hf_setting *setting)
{
	return setting->kind == HF_SETTING_SET || setting->kind == HF_SETTING_PLACES;
}

enum hf_setting_id hf_setting_find(const char *section, const char *name)
{
	for (unsigned i = 0; i < HF_SETTINGS; i++) {
		const struct hf_setting *setting = &HF_SETTING_TABLE[i];
		if (strcmp(setting->section, section) == 0 &&
		        (name == NULL || strcmp(setting->name, name) == 0))
			return i;
	}
	return HF_SETTINGS;
}

bool hf_setting_applies(const struct hf_setting *setting, const struct hf_policy *policy)
{
	bool csk = policy->model == HF_MODEL_CSK;
	if (strcmp(setting->section, "csk") == 0)
		return csk;
	if (strcmp(setting->section, "ksk") == 0 || strcmp(setting->section, "zsk") == 0)
		return !csk;
	if (strcmp(setting->section, "denial") == 0)
		return policy->denial.kind == HF_DENIAL_NSEC3 || strcmp(setting->name, "kind") == 0;
	return true;
}

/* Members are of several sizes: a number in memory, whatever they are. */
static void set_number(const struct hf_setting *setting, struct hf_policy *policy, int64_t value)
{
	void *member = (char *)policy + setting->offset;
	uint8_t bytes1 = (uint8_t)value;
	uint16_t bytes2 = (uint16_t)value;
	uint32_t bytes4 = (uint32_t)value;
	switch (setting->size) {
	case 1:
		memcpy(member, &bytes1, 1);
		break;
	case 2:
		memcpy(member, &bytes2, 2);
		break;
	case 4:
		memcpy(member, &bytes4, 4);
		break;
	default:
		memcpy(member, &value, sizeof(value));
	}
}

int64_t hf_setting_number(const struct hf_setting *setting, const struct hf_policy *policy)
{
	const void *member = (const char *)policy + setting->offset;
	uint8_t bytes1;
	uint16_t bytes2;
	uint32_t bytes4;
	int64_t bytes8;
	switch (setting->size) {
	case 1:
		memcpy(&bytes1, member, 1);
		return bytes1;
	case 2:
		memcpy(&bytes2, member, 2);
		return bytes2;
	case 4:
		memcpy(&bytes4, member, 4);
		return bytes4;
	default:
		memcpy(&bytes8, member, sizeof(bytes8));
		return bytes8;
	}
}

static struct hf_places *places_of(const struct hf_setting *setting, struct hf_policy *policy)
{
	return (struct hf_places *)((char *)policy + setting->offset);
}

void hf_setting_clear(const struct hf_setting *setting, struct hf_policy *policy)
{
	if (setting->kind == HF_SETTING_PLACES)
		memset(places_of(setting, policy), 0, sizeof(struct hf_places));
	else
		set_number(setting, policy, 0);
}

static enum hf_err read_flag(const char *text, int64_t *ret_value)
{
	bool yes = strcmp(text, "yes") == 0 || strcmp(text, "true") == 0;
	if (!yes && strcmp(text, "no") != 0 && strcmp(text, "false") != 0)
		return HF_ERR_SYNTAX;
	*ret_value = yes;
	return HF_OK;
}

static enum hf_err read_count(const char *text, int64_t *ret_value)
{
	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
		return HF_ERR_SYNTAX;
	errno = 0;
	*ret_value = strtoll(text, NULL, 10);
	return errno == 0 ? HF_OK : HF_ERR_INVALID;
}

static enum hf_err read_choice(
        const struct hf_setting *setting, const char *text, int64_t *ret_value)
{
	struct choice choice = {0};
	while (next_choice(setting, &choice)) {
		if (strlen(text) == choice.len && strncmp(text, choice.word, choice.len) == 0) {
			*ret_value = choice.value;
			return HF_OK;
		}
	}
	return HF_ERR_SYNTAX;
}

static enum hf_err read_algorithm(const char *text, int64_t *ret_value)
{
	const struct hf_alg *alg = hf_alg_parse(text);
	if (alg == NULL)
		return HF_ERR_SYNTAX;
	if ((alg->flags & HF_ALG_SIGNS) == 0)
		return HF_ERR_INVALID;
	*ret_value = alg->number;
	return HF_OK;
}

/* "192.0.2.1", "2001:db8::1", either with "@PORT" or "#PORT". */
static bool is_place(const char *text)
{
	char address[HF_PLACE_MAX];
	size_t len = strcspn(text, "@#");
	int64_t port;
	if (strlen(text) >= HF_PLACE_MAX)
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	if (text[len] != '\0' &&
	        (read_count(text + len + 1, &port) != HF_OK || port < 1 || port > 65535))
		return false;
	uint8_t bytes[sizeof(struct in6_addr)];
	return inet_pton(AF_INET, address, bytes) == 1 || inet_pton(AF_INET6, address, bytes) == 1;
}

static enum hf_err add_place(struct hf_places *places, const char *given)
{
	char text[HF_PLACE_MAX];
	if (!is_place(given))
		return HF_ERR_SYNTAX;
	/* One form of each place, because places are told apart by their texts. */
	snprintf(text, sizeof(text), "%s", given);
	char *mark = strchr(text, '#');
	if (mark != NULL)
		*mark = '@';
	for (size_t i = 0; i < places->count; i++) {
		if (strcmp(places->names[i], text) == 0)
			return HF_ERR_EXISTS;
	}
	if (places->count == HF_POLICY_PLACES)
		return HF_ERR_LIMIT;
	snprintf(places->names[places->count++], HF_PLACE_MAX, "%s", text);
	return HF_OK;
}

static enum hf_err add_word(
        const struct hf_setting *setting, const char *text, struct hf_policy *policy)
{
	int64_t bit, bits = hf_setting_number(setting, policy);
	enum hf_err err = read_choice(setting, text, &bit);
	if (err != HF_OK)
		return err;
	if ((bits >> bit & 1) != 0)
		return HF_ERR_EXISTS;
	set_number(setting, policy, bits | INT64_C(1) << bit);
	return HF_OK;
}

enum hf_err hf_setting_read(
        const struct hf_setting *setting, const char *text, struct hf_policy *policy)
{
	enum hf_err err = HF_OK;
	int64_t value = 0;
	switch (setting->kind) {
	case HF_SETTING_FLAG:
		err = read_flag(text, &value);
		break;
	case HF_SETTING_COUNT:
		err = read_count(text, &value);
		break;
	case HF_SETTING_SPAN:
		err = hf_span_parse(text, &value);
		break;
	case HF_SETTING_CHOICE:
		err = read_choice(setting, text, &value);
		break;
	case HF_SETTING_ALGORITHM:
		err = read_algorithm(text, &value);
		break;
	case HF_SETTING_SET:
		return add_word(setting, text, policy);
	case HF_SETTING_PLACES:
		return add_place(places_of(setting, policy), text);
	}
	if (err != HF_OK)
		return err;
	if (value < setting->low || value > setting->high)
		return HF_ERR_INVALID;
	set_number(setting, policy, value);
	return HF_OK;
}

void hf_setting_put_span(int64_t seconds, struct hf_buf *out)
{
	static const struct {
		int64_t seconds;
		char unit;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	size_t i = 0;
	while (seconds % units[i].seconds != 0)
		i++;
	if (seconds == 0)
		hf_put_text(out, "0");
	else
		hf_put_format(out, "%" PRId64 "%c", seconds / units[i].seconds, units[i].unit);
}

/* "a, b or c" */
static void put_choices(const struct hf_setting *setting, struct hf_buf *out)
{
	struct choice choice = {0};
	bool more = next_choice(setting, &choice);
	for (size_t i = 0; more; i++) {
		const char *word = choice.word;
		int len = (int)choice.len;
		more = next_choice(setting, &choice);
		hf_put_text(out, i == 0 ? "" : more ? ", " : " or ");
		hf_put_format(out, "%.*s", len, word);
	}
}

void hf_setting_describe(const struct hf_setting *setting, struct hf_buf *out)
{
	switch (setting->kind) {
	case HF_SETTING_FLAG:
		hf_put_text(out, "yes or no");
		break;
	case HF_SETTING_COUNT:
		hf_put_format(
		        out, "a number from %" PRId64 " to %" PRId64, setting->low, setting->high);
		break;
	case HF_SETTING_SPAN:
		hf_put_text(out, "a span of time such as 36h or 14d, from ");
		hf_setting_put_span(setting->low, out);
		hf_put_text(out, " to ");
		hf_setting_put_span(setting->high, out);
		break;
	case HF_SETTING_CHOICE:
		put_choices(setting, out);
		break;
	case HF_SETTING_SET:
		hf_put_text(out, "a list in brackets of ");
		put_choices(setting, out);
		break;
	case HF_SETTING_ALGORITHM:
		hf_put_text(out, "an algorithm to sign with, such as ecdsap256sha256, ed25519 or "
		                 "rsasha256");
		break;
	case HF_SETTING_PLACES:
		hf_put_format(out,
		        "a list in brackets of at most %d IP addresses, each with @PORT "
		        "when that is not 53",
		        HF_POLICY_PLACES);
		break;
	}
}

static void put_choice(const struct hf_setting *setting, int64_t value, struct hf_buf *out)
{
	struct choice choice = {0};
	while (next_choice(setting, &choice)) {
		if (choice.value == value)
			hf_put_bytes(out, choice.word, choice.len);
	}
}

static void put_set(const struct hf_setting *setting, int64_t bits, struct hf_buf *out)
{
	struct choice choice = {0};
	const char *before = "[";
	while (next_choice(setting, &choice)) {
		if ((bits >> choice.value & 1) == 0)
			continue;
		hf_put_format(out, "%s%.*s", before, (int)choice.len, choice.word);
		before = ", ";
	}
	hf_put_text(out, bits != 0 ? "]" : "[]");
}

static void put_places(const struct hf_places *places, struct hf_buf *out)
{
	hf_put_text(out, "[");
	/* Quoted: a colon may not end a plain word inside brackets. */
	for (size_t i = 0; i < places->count; i++)
		hf_put_format(out, "%s\"%s\"", i > 0 ? ", " : "", places->names[i]);
	hf_put_text(out, "]");
}

static void put_algorithm(int64_t number, struct hf_buf *out)
{
	char room[32];
	for (const char *at = hf_alg_name((uint8_t)number, room); *at != '\0'; at++)
		hf_put_u8(out, (uint8_t)(*at >= 'A' && *at <= 'Z' ? *at - 'A' + 'a' : *at));
}

void hf_setting_put(
        const struct hf_setting *setting, const struct hf_policy *policy, struct hf_buf *out)
{
	const void *member = (const char *)policy + setting->offset;
	switch (setting->kind) {
	case HF_SETTING_FLAG:
		hf_put_text(out, hf_setting_number(setting, policy) != 0 ? "yes" : "no");
		break;
	case HF_SETTING_COUNT:
		hf_put_decimal(out, (uint64_t)hf_setting_number(setting, policy));
		break;
	case HF_SETTING_SPAN:
		hf_setting_put_span(hf_setting_number(setting, policy), out);
		break;
	case HF_SETTING_CHOICE:
		put_choice(setting, hf_setting_number(setting, policy), out);
		break;
	case HF_SETTING_SET:
		put_set(setting, hf_setting_number(setting, policy), out);
		break;
	case HF_SETTING_ALGORITHM:
		put_algorithm(hf_setting_number(setting, policy), out);
		break;
	case HF_SETTING_PLACES:
		put_places(member, out);
		break;
	}
}
