/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/census_report.h"

/* ---- Text ---- */

static size_t addresses(const struct hf_census_item *item)
{
	size_t count = 0;
	for (size_t i = 0; i < item->count; i++)
		count += item->groups[i].count;
	return count;
}

static void put_difference(struct hf_buf *out, const struct hf_census_item *item)
{
	char name[HF_NAME_TEXT], type[HF_TYPE_TEXT];
	hf_put_format(out, "    %s %s\n", hf_name_text(&item->question.name, name),
	        hf_type_text(item->question.type, type));
	for (size_t i = 0; i < item->count; i++) {
		const struct hf_census_group *group = &item->groups[i];
		hf_put_format(out, "      %s\n", group->what);
		for (size_t s = 0; s < group->count; s++)
			hf_put_format(out, "        %s\n", group->servers[s]);
	}
}

/* Whether this is the zone's first question in the census. */
static bool is_first(const struct hf_census *census, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (hf_name_equal(&census->items[i].zone, &census->items[index].zone))
			return false;
	}
	return true;
}

static void put_zone(struct hf_buf *out, const struct hf_census *census, size_t first)
{
	const struct hf_name *zone = &census->items[first].zone;
	char name[HF_NAME_TEXT];
	size_t questions = 0, differences = 0;
	for (size_t i = first; i < census->count; i++) {
		bool here = hf_name_equal(&census->items[i].zone, zone);
		questions += here;
		differences += here && census->items[i].count > 1;
	}
	size_t count = addresses(&census->items[first]);
	hf_put_format(out, "  %s  %zu address%s, %zu questions", hf_name_text(zone, name), count,
	        count == 1 ? "" : "es", questions);
	if (differences == 0) {
		hf_put_text(out, count > 1 ? ": all agree\n" : "\n");
		return;
	}
	hf_put_format(out, ": they differ in %zu\n", differences);
	for (size_t i = first; i < census->count; i++) {
		if (hf_name_equal(&census->items[i].zone, zone) && census->items[i].count > 1)
			put_difference(out, &census->items[i]);
	}
}

enum hf_err hf_census_text(const struct hf_census *census, struct hf_buf *out)
{
	hf_put_text(out, "\nAll servers\n");
	for (size_t i = 0; i < census->count; i++) {
		if (is_first(census, i))
			put_zone(out, census, i);
	}
	return hf_buf_check(out);
}

/* ---- JSON ---- */

static json_t *group_json(const struct hf_census_group *group)
{
	json_t *servers = json_array();
	for (size_t i = 0; i < group->count; i++) {
		if (json_array_append_new(servers, json_string(group->servers[i])) != 0) {
			json_decref(servers);
			return NULL;
		}
	}
	return json_pack("{s:s, s:o}", "says", group->what, "servers", servers);
}

static json_t *item_json(const struct hf_census_item *item)
{
	char zone[HF_NAME_TEXT], name[HF_NAME_TEXT], type[HF_TYPE_TEXT];
	json_t *groups = json_array();
	for (size_t i = 0; i < item->count; i++) {
		if (json_array_append_new(groups, group_json(&item->groups[i])) != 0) {
			json_decref(groups);
			return NULL;
		}
	}
	return json_pack("{s:s, s:s, s:s, s:b, s:o}", "zone", hf_name_text(&item->zone, zone),
	        "name", hf_name_text(&item->question.name, name), "type",
	        hf_type_text(item->question.type, type), "agree", item->count <= 1, "answers",
	        groups);
}

json_t *hf_census_json(const struct hf_census *census)
{
	json_t *list = json_array();
	for (size_t i = 0; i < census->count; i++) {
		if (json_array_append_new(list, item_json(&census->items[i])) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}
