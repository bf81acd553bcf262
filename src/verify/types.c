/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "dns/bitmap.h"
#include "verify/denial.h"

#define LISTED 5 /* types named in one sentence */

/* A list of types in words. */
struct list {
	char text[LISTED * HF_TYPE_TEXT + 32];
	size_t len;
	unsigned count;
};

static void list_add(struct list *list, uint16_t type)
{
	char name[HF_TYPE_TEXT];
	if (list->count < LISTED)
		list->len +=
		        (size_t)snprintf(list->text + list->len, sizeof(list->text) - list->len,
		                "%s%s", list->count > 0 ? " " : "", hf_type_text(type, name));
	list->count++;
}

static void list_end(struct list *list)
{
	if (list->count > LISTED)
		snprintf(list->text + list->len, sizeof(list->text) - list->len, " and %u more",
		        list->count - LISTED);
}

static bool is_signed(const struct hf_types *types)
{
	return types->denial == HF_DENIED_BY_NSEC || types->owner->kind == HF_OWNER_DATA ||
	       hf_node_has(types->owner->node, KNOT_RRTYPE_DS);
}

/* Whether a type belongs into the bitmap. */
static bool expected(const struct hf_types *types, uint16_t type)
{
	if (types->owner == NULL)
		return false;
	if (type == KNOT_RRTYPE_RRSIG)
		return is_signed(types);
	if (type == KNOT_RRTYPE_NSEC && types->denial == HF_DENIED_BY_NSEC)
		return true;
	if (types->owner->kind == HF_OWNER_DELEGATION && type != KNOT_RRTYPE_NS &&
	        type != KNOT_RRTYPE_DS)
		return false;
	return hf_node_has(types->owner->node, type);
}

static void list_unknown(const struct hf_types *types, struct list *list)
{
	size_t count = types->owner != NULL ? hf_node_count(types->owner->node) : 0;
	for (size_t i = 0; i < count; i++) {
		struct hf_rrset set;
		hf_node_at(types->owner->node, i, &set);
		if (set.type != KNOT_RRTYPE_RRSIG && set.type != KNOT_RRTYPE_NSEC &&
		        expected(types, set.type) &&
		        !hf_bitmap_has(types->bitmap, types->bitmap_len, set.type))
			list_add(list, set.type);
	}
	static const uint16_t own[] = {KNOT_RRTYPE_RRSIG, KNOT_RRTYPE_NSEC};
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (expected(types, own[i]) &&
		        !hf_bitmap_has(types->bitmap, types->bitmap_len, own[i]))
			list_add(list, own[i]);
	}
}

void hf_types_judge(struct hf_worker *worker, const struct hf_types *types, enum hf_check_id check,
        const struct hf_where *where)
{
	if (!hf_bitmap_valid(types->bitmap, types->bitmap_len)) {
		hf_found(&worker->finds, HF_CHECK_RDATA_MALFORMED, where,
		        "The type bitmap is malformed.");
		return;
	}
	struct list false_types = {.len = 0}, unknown = {.len = 0};
	int type = -1;
	while ((type = hf_bitmap_next(types->bitmap, types->bitmap_len, type)) >= 0) {
		if (!expected(types, (uint16_t)type))
			list_add(&false_types, (uint16_t)type);
	}
	list_unknown(types, &unknown);
	if (false_types.count == 0 && unknown.count == 0)
		return;
	list_end(&false_types);
	list_end(&unknown);
	const char *kind = types->denial == HF_DENIED_BY_NSEC ? "NSEC" : "NSEC3";
	if (unknown.count == 0)
		hf_found(&worker->finds, check, where,
		        "The %s record lists %s, which is not there.", kind, false_types.text);
	else if (false_types.count == 0)
		hf_found(&worker->finds, check, where,
		        "The %s record denies %s, which is there: validators may find it bogus.",
		        kind, unknown.text);
	else
		hf_found(&worker->finds, check, where,
		        "The %s record denies %s, which is there, and lists %s, which is not.",
		        kind, unknown.text, false_types.text);
}

void hf_denial_ttl_judge(
        struct hf_worker *worker, const struct hf_name *owner, const struct hf_rrset *set)
{
	const struct hf_facts *facts = worker->facts;
	if (!facts->has_soa || set->ttl == facts->denial_ttl)
		return;
	struct hf_where where = {.owner = owner, .type = set->type, .tag = HF_NO_TAG};
	hf_found(&worker->finds, HF_CHECK_NSEC_TTL, &where,
	        "The TTL is %u; the smaller of the SOA's TTL and its minimum field is %u.",
	        set->ttl, facts->denial_ttl);
}
