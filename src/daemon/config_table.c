/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/config_table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/yamlread.h"

/* The structure of each section. */
#define TYPE_top     struct hf_config
#define TYPE_server  struct hf_config_server
#define TYPE_limits  struct hf_config_limits
#define TYPE_fetch   struct hf_config_fetch
#define TYPE_key     struct hf_config_key
#define TYPE_alerts  struct hf_config_alerts
#define TYPE_zone    struct hf_config_zone
#define TYPE_source  struct hf_config_source
#define TYPE_peer    struct hf_config_peer
#define TYPE_rule    struct hf_config_rule
#define TYPE_reviews struct hf_config_reviews
#define TYPE_review  struct hf_config_review

struct row {
	const char *section, *name;
	enum hf_config_kind kind;
	size_t offset;
	int64_t low, high;
	const char *fallback, *choices, *meaning;
};

static const struct row table[] = {
#define HF_CONFIG(section, name, kind, member, low, high, fallback, choices, meaning)              \
	{#section, name, HF_CONFIG_##kind, offsetof(TYPE_##section, member), low, high, fallback,  \
	        choices, meaning},
#include "daemon/config.def"
#undef HF_CONFIG
};
#define ROWS (sizeof(table) / sizeof(table[0]))

static const struct {
	const char *section;
	size_t size;
} sizes[] = {
        {"key", sizeof(struct hf_config_key)},
        {"zone", sizeof(struct hf_config_zone)},
        {"peer", sizeof(struct hf_config_peer)},
        {"rule", sizeof(struct hf_config_rule)},
};

/* Of a section of which there are lists. */
static size_t size_of(const char *section)
{
	size_t i = 0;
	while (strcmp(sizes[i].section, section) != 0)
		i++;
	return sizes[i].size;
}

/* Any HF_CONFIG_LIST, whatever its items are. */
struct list HF_CONFIG_LIST(void);

static void *member(const struct row *row, void *target)
{
	return (char *)target + row->offset;
}

void hf_config_blame(struct hf_config_reader *reader, unsigned line, const char *format, ...)
{
	char text[400];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	reader->bad = true;
	hf_diag_add(reader->diag, reader->file, line, "%s", text);
}

char *hf_config_path(const char *folder, const char *path)
{
	char *whole = NULL;
	if (*path == '/' || *folder == '\0')
		return strdup(path);
	return asprintf(&whole, "%s/%s", folder, path) < 0 ? NULL : whole;
}

/* ---- Words ---- */

/* What a setting takes, for messages. */
static void describe(const struct row *row, char *text, size_t size)
{
	char low[HF_TIME_TEXT], high[HF_TIME_TEXT];
	switch (row->kind) {
	case HF_CONFIG_TEXT:
		snprintf(text, size, "a word of %d to %d bytes", (int)row->low, (int)row->high);
		break;
	case HF_CONFIG_FLAG:
		snprintf(text, size, "yes or no");
		break;
	case HF_CONFIG_COUNT:
		snprintf(text, size, "a number from %d to %d", (int)row->low, (int)row->high);
		break;
	case HF_CONFIG_SPAN:
		snprintf(text, size, "a span of time from %s to %s, such as 90s or 12h",
		        hf_span_text(row->low, low), hf_span_text(row->high, high));
		break;
	case HF_CONFIG_CHOICE:
		snprintf(text, size, "one of %s", row->choices);
		break;
	case HF_CONFIG_NAME:
		snprintf(text, size, "a domain name");
		break;
	case HF_CONFIG_COMMAND:
		snprintf(text, size, "a list of a program's absolute path and its arguments");
		break;
	case HF_CONFIG_ENDPOINT:
	case HF_CONFIG_ENDPOINTS:
		snprintf(
		        text, size, "an IP address, with @PORT when that is not %d", (int)row->low);
		break;
	case HF_CONFIG_PREFIX:
		snprintf(text, size,
		        "an address or a prefix without bits behind it, such as 192.0.2.0/24");
		break;
	case HF_CONFIG_KEY:
		snprintf(text, size, "the name of a key that is defined under keys");
		break;
	default:
		snprintf(text, size, "a path");
	}
}

static void refuse(
        struct hf_config_reader *reader, const struct row *row, const struct hf_tree_item *item)
{
	char takes[200];
	describe(row, takes, sizeof(takes));
	/* A secret must not get into a log, not even a mistyped one. */
	bool secret = strcmp(row->name, "secret") == 0;
	hf_config_blame(reader, item->line, "%s: \"%.*s\" is not allowed; it takes %s", row->name,
	        HF_YAML_SHOWN, secret ? "…" : item->word, takes);
}

static bool read_count(const char *text, int64_t *ret_count)
{
	size_t digits = strspn(text, "0123456789");
	if (digits == 0 || digits > 12 || text[digits] != '\0')
		return false;
	*ret_count = strtoll(text, NULL, 10);
	return true;
}

static bool read_choice(const char *choices, const char *text, unsigned *ret_choice)
{
	size_t len = strlen(text);
	unsigned number = 0;
	for (const char *at = choices; at != NULL; number++) {
		size_t size = strcspn(at, "|");
		if (size == len && memcmp(at, text, len) == 0) {
			*ret_choice = number;
			return true;
		}
		at = at[size] == '|' ? at + size + 1 : NULL;
	}
	return false;
}

static bool read_number(const struct row *row, const char *text, void *at)
{
	int64_t value = 0;
	bool good = row->kind == HF_CONFIG_SPAN ? hf_span_parse(text, &value) == HF_OK
	                                        : read_count(text, &value);
	if (!good || value < row->low || value > row->high)
		return false;
	if (row->kind == HF_CONFIG_SPAN)
		*(int64_t *)at = value;
	else
		*(unsigned *)at = (unsigned)value;
	return true;
}

static bool read_name(const char *text, struct hf_name *ret_name)
{
	struct hf_name name;
	if (*text == '\0' || hf_name_from_text(text, &name) != HF_OK)
		return false;
	hf_name_lower(&name);
	*ret_name = name;
	return true;
}

static bool read_key(const struct hf_config_reader *reader, const char *text,
        const struct hf_config_key **ret_key)
{
	struct hf_name name;
	if (!read_name(text, &name))
		return false;
	for (size_t i = 0; reader->keys != NULL && i < reader->keys->count; i++) {
		if (hf_name_equal(&reader->keys->items[i].name, &name)) {
			*ret_key = &reader->keys->items[i];
			return true;
		}
	}
	return false;
}

/* HF_ERR_INVALID: the word is none that the setting takes. */
static enum hf_err read_text(const struct hf_config_reader *reader, const struct row *row,
        const char *text, char **ret_text)
{
	size_t len = strlen(text);
	bool path = row->kind == HF_CONFIG_PATH;
	if (path ? len == 0 : len < (size_t)row->low || len > (size_t)row->high)
		return HF_ERR_INVALID;
	*ret_text = path ? hf_config_path(reader->folder, text) : strdup(text);
	return *ret_text != NULL ? HF_OK : HF_ERR_NOMEM;
}

/* Another item of a list, which has room for it. */
static enum hf_err read_endpoint(const struct row *row, const char *text, struct list *list)
{
	struct hf_endpoint *items = list->items;
	if (hf_config_place(text, (uint16_t)row->low, &items[list->count]) != HF_OK)
		return HF_ERR_INVALID;
	list->count++;
	return HF_OK;
}

static enum hf_err one_endpoint(const struct row *row, const char *text, struct list *list)
{
	list->items = calloc(1, sizeof(struct hf_endpoint));
	return list->items != NULL ? read_endpoint(row, text, list) : HF_ERR_NOMEM;
}

static enum hf_err one_prefix(const char *text, struct list *list)
{
	list->items = calloc(1, sizeof(struct hf_prefix));
	if (list->items == NULL)
		return HF_ERR_NOMEM;
	if (hf_prefix_parse(text, list->items) != HF_OK)
		return HF_ERR_INVALID;
	list->count = 1;
	return HF_OK;
}

static enum hf_err read_flag(const char *text, bool *ret_flag)
{
	bool yes = strcmp(text, "yes") == 0 || strcmp(text, "true") == 0;
	if (!yes && strcmp(text, "no") != 0 && strcmp(text, "false") != 0)
		return HF_ERR_INVALID;
	*ret_flag = yes;
	return HF_OK;
}

static enum hf_err read_word(
        const struct hf_config_reader *reader, const struct row *row, const char *text, void *at)
{
	switch (row->kind) {
	case HF_CONFIG_TEXT:
	case HF_CONFIG_PATH:
		return read_text(reader, row, text, at);
	case HF_CONFIG_FLAG:
		return read_flag(text, at);
	case HF_CONFIG_COUNT:
	case HF_CONFIG_SPAN:
		return read_number(row, text, at) ? HF_OK : HF_ERR_INVALID;
	case HF_CONFIG_CHOICE:
		return read_choice(row->choices, text, at) ? HF_OK : HF_ERR_INVALID;
	case HF_CONFIG_NAME:
		return read_name(text, at) ? HF_OK : HF_ERR_INVALID;
	case HF_CONFIG_KEY:
		return read_key(reader, text, at) ? HF_OK : HF_ERR_INVALID;
	case HF_CONFIG_ENDPOINT:
		return one_endpoint(row, text, at);
	case HF_CONFIG_PREFIX:
		return one_prefix(text, at);
	default:
		return HF_ERR_INVALID;
	}
}

/* ---- Lists of words ---- */

static size_t length_of(const struct hf_tree_item *list)
{
	size_t count = 0;
	for (const struct hf_tree_item *at = list->first; at != NULL; at = at->next)
		count++;
	return count;
}

static enum hf_err read_command(struct hf_config_reader *reader, const struct row *row,
        const struct hf_tree_item *item, char ***ret_command)
{
	size_t count = 0;
	char **words = calloc(length_of(item) + 1, sizeof(*words));
	if (words == NULL)
		return HF_ERR_NOMEM;
	*ret_command = words;
	for (const struct hf_tree_item *at = item->first; at != NULL; at = at->next) {
		words[count] = strdup(at->word);
		if (words[count++] == NULL)
			return HF_ERR_NOMEM;
	}
	if (words[0] == NULL || words[0][0] != '/')
		hf_config_blame(reader, item->line,
		        "%s begins with a program's absolute path, because there is no shell that "
		        "would look for it",
		        row->name);
	return HF_OK;
}

static enum hf_err read_endpoints(struct hf_config_reader *reader, const struct row *row,
        const struct hf_tree_item *item, struct list *list)
{
	list->items = calloc(length_of(item) + 1, sizeof(struct hf_endpoint));
	if (list->items == NULL)
		return HF_ERR_NOMEM;
	for (const struct hf_tree_item *at = item->first; at != NULL; at = at->next) {
		if (read_endpoint(row, at->word, list) != HF_OK)
			refuse(reader, row, at);
	}
	return HF_OK;
}

static enum hf_err read_words(struct hf_config_reader *reader, const struct row *row,
        const struct hf_tree_item *item, void *target)
{
	for (const struct hf_tree_item *at = item->first; at != NULL; at = at->next) {
		if (at->kind == HF_TREE_WORD)
			continue;
		hf_config_blame(reader, at->line,
		        "%s takes a list of plain words; take out what is inside it", row->name);
		return HF_OK;
	}
	if (length_of(item) > (size_t)row->high) {
		hf_config_blame(
		        reader, item->line, "%s takes at most %d words", row->name, (int)row->high);
		return HF_OK;
	}
	return row->kind == HF_CONFIG_COMMAND
	               ? read_command(reader, row, item, member(row, target))
	               : read_endpoints(reader, row, item, member(row, target));
}

/* ---- Mappings ---- */

static enum hf_err read_maps(struct hf_config_reader *reader, const struct row *row,
        const struct hf_tree_item *item, void *target)
{
	struct list *list = member(row, target);
	size_t size = size_of(row->choices), count = length_of(item);
	if (count > (size_t)row->high) {
		hf_config_blame(reader, item->line, "%s has %zu entries, the most is %d", row->name,
		        count, (int)row->high);
		return HF_OK;
	}
	list->items = calloc(count + 1, size);
	if (list->items == NULL)
		return HF_ERR_NOMEM;
	for (const struct hf_tree_item *at = item->first; at != NULL; at = at->next) {
		void *place = (char *)list->items + size * list->count++;
		enum hf_err err = hf_config_section_read(reader, row->choices, at, place);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

static enum hf_tree_kind form_of(const struct row *row)
{
	switch (row->kind) {
	case HF_CONFIG_MAP:
		return HF_TREE_MAP;
	case HF_CONFIG_MAPS:
	case HF_CONFIG_COMMAND:
	case HF_CONFIG_ENDPOINTS:
		return HF_TREE_LIST;
	default:
		return HF_TREE_WORD;
	}
}

static enum hf_err read_setting(struct hf_config_reader *reader, const struct row *row,
        const struct hf_tree_item *item, void *target)
{
	static const char *const forms[] = {[HF_TREE_WORD] = "one plain word",
	        [HF_TREE_LIST] = "a list: put it in brackets, or begin each entry with a dash",
	        [HF_TREE_MAP] = "settings of its own: indent them below it"};
	enum hf_tree_kind form = form_of(row);
	if (item->kind != form) {
		hf_config_blame(reader, item->line, "%s takes %s", row->name, forms[form]);
		return HF_OK;
	}
	if (row->kind == HF_CONFIG_MAP)
		return hf_config_section_read(reader, row->choices, item, member(row, target));
	if (row->kind == HF_CONFIG_MAPS)
		return read_maps(reader, row, item, target);
	if (form == HF_TREE_LIST)
		return read_words(reader, row, item, target);
	enum hf_err err = read_word(reader, row, item->word, member(row, target));
	if (err == HF_ERR_INVALID) {
		refuse(reader, row, item);
		err = HF_OK;
	}
	return err;
}

/* A setting that is not there. */
static enum hf_err read_default(struct hf_config_reader *reader, const struct row *row,
        const struct hf_tree_item *map, void *target)
{
	if (row->fallback == NULL && row->kind == HF_CONFIG_CHOICE)
		*(unsigned *)member(row, target) = HF_CONFIG_UNSET;
	if (row->fallback == NULL)
		/* The settings inside have defaults of their own. */
		return row->kind == HF_CONFIG_MAP
		               ? hf_config_section_read(reader, row->choices,
		                         &(struct hf_tree_item){
		                                 .kind = HF_TREE_MAP, .line = map->line},
		                         member(row, target))
		               : HF_OK;
	if (strcmp(row->fallback, "!") == 0) {
		hf_config_blame(reader, map->line, "%s is missing; add it", row->name);
		return HF_OK;
	}
	return read_word(reader, row, row->fallback, member(row, target));
}

static const struct row *find_row(const char *section, const char *name)
{
	for (size_t i = 0; i < ROWS; i++) {
		if ((section == NULL || strcmp(table[i].section, section) == 0) &&
		        strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}

static void refuse_unknown(
        struct hf_config_reader *reader, const char *section, const struct hf_tree_item *map)
{
	for (const struct hf_tree_item *at = map->first; at != NULL; at = at->next) {
		if (find_row(section, at->name) != NULL)
			continue;
		const struct row *other = find_row(NULL, at->name);
		const char *of = strcmp(section, "top") == 0 ? "the top of the file" : section;
		if (other != NULL)
			hf_config_blame(reader, at->name_line,
			        "\"%s\" is misplaced: it is a setting of %s, not of %s", at->name,
			        strcmp(other->section, "top") == 0 ? "the top of the file"
			                                           : other->section,
			        of);
		else
			hf_config_blame(reader, at->name_line,
			        "there is no setting \"%.*s\" in %s; holdfast-config(5) lists them",
			        HF_YAML_SHOWN, at->name, of);
	}
}

enum hf_err hf_config_section_read(struct hf_config_reader *reader, const char *section,
        const struct hf_tree_item *item, void *target)
{
	enum hf_err err = HF_OK;
	/* "server:" with nothing below it. */
	bool empty = item->kind == HF_TREE_WORD && *item->word == '\0';
	if (item->kind != HF_TREE_MAP && !empty) {
		hf_config_blame(reader, item->line,
		        "%s has to hold settings as NAME: VALUE; indent them below it", section);
		return HF_OK;
	}
	if (strcmp(section, "zone") == 0)
		((struct hf_config_zone *)target)->line = item->line;
	refuse_unknown(reader, section, item);
	for (size_t i = 0; i < ROWS && err == HF_OK; i++) {
		if (strcmp(table[i].section, section) != 0)
			continue;
		const struct hf_tree_item *found = hf_config_tree_find(item, table[i].name);
		err = found != NULL ? read_setting(reader, &table[i], found, target)
		                    : read_default(reader, &table[i], item, target);
	}
	return err;
}

/* ---- Freeing ---- */

static void text_free(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

static void words_free(char **words)
{
	for (size_t i = 0; words != NULL && words[i] != NULL; i++)
		free(words[i]);
	free(words);
}

static void list_done(const struct row *row, struct list *list)
{
	size_t size = row->kind == HF_CONFIG_MAPS ? size_of(row->choices) : 0;
	for (size_t i = 0; size > 0 && i < list->count; i++)
		hf_config_section_done(row->choices, (char *)list->items + size * i);
	free(list->items);
}

void hf_config_section_done(const char *section, void *target)
{
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &table[i];
		if (strcmp(row->section, section) != 0)
			continue;
		switch (row->kind) {
		case HF_CONFIG_TEXT:
		case HF_CONFIG_PATH:
			text_free(*(char **)member(row, target));
			break;
		case HF_CONFIG_COMMAND:
			words_free(*(char ***)member(row, target));
			break;
		case HF_CONFIG_ENDPOINT:
		case HF_CONFIG_ENDPOINTS:
		case HF_CONFIG_PREFIX:
		case HF_CONFIG_MAPS:
			list_done(row, member(row, target));
			break;
		case HF_CONFIG_MAP:
			hf_config_section_done(row->choices, member(row, target));
			break;
		default:
			break;
		}
	}
}
