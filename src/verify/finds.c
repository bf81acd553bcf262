/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/finds.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct place {
	struct hf_name *owner;
	uint16_t type;
	char *detail;
};

struct hf_finds_group {
	enum hf_check_id check;
	int32_t tag;
	uint32_t cause;
	uint64_t count;
	unsigned kept;
	struct place places[HF_FINDS_KEPT]; /* ascending */
};

static void place_done(struct place *place)
{
	free(place->owner);
	free(place->detail);
}

static void finds_clear(struct hf_finds *finds)
{
	for (size_t i = 0; i < finds->count; i++) {
		for (unsigned k = 0; k < finds->groups[i].kept; k++)
			place_done(&finds->groups[i].places[k]);
	}
	free(finds->groups);
	free(finds->slots);
	*finds = (struct hf_finds){.err = finds->err};
}

void hf_finds_done(struct hf_finds *finds)
{
	finds_clear(finds);
	finds->err = HF_OK;
}

static size_t hash(enum hf_check_id check, int32_t tag, uint32_t cause)
{
	uint64_t mixed = (uint64_t)check << 48 ^ (uint64_t)(uint32_t)tag << 24 ^ cause;
	mixed = (mixed ^ mixed >> 31) * 0x9e3779b97f4a7c15u;
	return (size_t)(mixed >> 20);
}

static bool slots_grow(struct hf_finds *finds)
{
	size_t slot_count = finds->slot_count == 0 ? 64 : finds->slot_count * 2;
	uint32_t *slots = calloc(slot_count, sizeof(*slots));
	if (slots == NULL)
		return false;
	for (size_t i = 0; i < finds->count; i++) {
		const struct hf_finds_group *group = &finds->groups[i];
		size_t at = hash(group->check, group->tag, group->cause);
		while (slots[at % slot_count] != 0)
			at++;
		slots[at % slot_count] = (uint32_t)i + 1;
	}
	free(finds->slots);
	finds->slots = slots;
	finds->slot_count = slot_count;
	return true;
}

static bool groups_grow(struct hf_finds *finds)
{
	size_t cap = finds->cap == 0 ? 16 : finds->cap * 2;
	struct hf_finds_group *groups = realloc(finds->groups, cap * sizeof(*groups));
	if (groups == NULL)
		return false;
	finds->groups = groups;
	finds->cap = cap;
	return true;
}

/* The group of a cause, made when it is new. NULL when there is no memory. */
static struct hf_finds_group *group_get(
        struct hf_finds *finds, enum hf_check_id check, int32_t tag, uint32_t cause)
{
	if (finds->count * 2 >= finds->slot_count && !slots_grow(finds))
		return NULL;
	size_t at = hash(check, tag, cause);
	for (; finds->slots[at % finds->slot_count] != 0; at++) {
		struct hf_finds_group *group =
		        &finds->groups[finds->slots[at % finds->slot_count] - 1];
		if (group->check == check && group->tag == tag && group->cause == cause)
			return group;
	}
	if (finds->count == finds->cap && !groups_grow(finds))
		return NULL;
	struct hf_finds_group *group = &finds->groups[finds->count];
	*group = (struct hf_finds_group){.check = check, .tag = tag, .cause = cause};
	finds->slots[at % finds->slot_count] = (uint32_t)++finds->count;
	return group;
}

static unsigned group_limit(const struct hf_finds_group *group)
{
	return HF_CHECKS[group->check].fold == HF_FOLD_ALL ? 1 : HF_FINDS_KEPT;
}

/* Where a place belongs among those kept; `detail` NULL comes before equal places. */
static unsigned place_rank(const struct hf_finds_group *group, const struct hf_name *owner,
        uint16_t type, const char *detail)
{
	unsigned rank = group->kept;
	while (rank > 0) {
		const struct place *kept = &group->places[rank - 1];
		int order = hf_name_cmp(kept->owner, owner);
		if (order == 0)
			order = (kept->type > type) - (kept->type < type);
		if (order == 0 && detail != NULL)
			order = strcmp(kept->detail, detail);
		if (order < 0 || (order == 0 && detail != NULL))
			break;
		rank--;
	}
	return rank;
}

/* Takes the place over. */
static void place_insert(struct hf_finds_group *group, struct place place)
{
	unsigned limit = group_limit(group);
	unsigned rank = place_rank(group, place.owner, place.type, place.detail);
	if (rank == limit) {
		place_done(&place);
		return;
	}
	if (group->kept == limit)
		place_done(&group->places[--group->kept]);
	memmove(&group->places[rank + 1], &group->places[rank],
	        (group->kept - rank) * sizeof(group->places[0]));
	group->places[rank] = place;
	group->kept++;
}

void hf_found(struct hf_finds *finds, enum hf_check_id check, const struct hf_where *where,
        const char *format, ...)
{
	struct hf_finds_group *group = group_get(finds, check, where->tag, where->cause);
	if (group == NULL) {
		finds->err = HF_ERR_NOMEM;
		return;
	}
	group->count++;
	if (place_rank(group, where->owner, where->type, NULL) == group_limit(group))
		return;
	char *detail = NULL;
	va_list args;
	va_start(args, format);
	int written = vasprintf(&detail, format, args);
	va_end(args);
	struct hf_name *owner = malloc(sizeof(*owner));
	if (written < 0 || owner == NULL) {
		free(written < 0 ? NULL : detail);
		free(owner);
		finds->err = HF_ERR_NOMEM;
		return;
	}
	*owner = *where->owner;
	place_insert(group, (struct place){.owner = owner, .type = where->type, .detail = detail});
}

void hf_finds_merge(struct hf_finds *finds, struct hf_finds *from)
{
	if (from->err != HF_OK)
		finds->err = from->err;
	for (size_t i = 0; i < from->count; i++) {
		struct hf_finds_group *source = &from->groups[i];
		struct hf_finds_group *group =
		        group_get(finds, source->check, source->tag, source->cause);
		if (group == NULL) {
			finds->err = HF_ERR_NOMEM;
			break;
		}
		group->count += source->count;
		for (unsigned k = 0; k < source->kept; k++)
			place_insert(group, source->places[k]);
		source->kept = 0;
	}
	hf_finds_done(from);
}

static int finding_cmp(const void *left, const void *right)
{
	const struct hf_finding *a = left, *b = right;
	if (a->check->severity != b->check->severity)
		return (int)a->check->severity - (int)b->check->severity;
	int order = hf_name_cmp(&a->owner, &b->owner);
	if (order != 0)
		return order;
	if (a->type != b->type)
		return (int)a->type - (int)b->type;
	if (a->check != b->check)
		return a->check < b->check ? -1 : 1;
	if (a->key_tag != b->key_tag)
		return a->key_tag < b->key_tag ? -1 : 1;
	return strcmp(a->detail, b->detail);
}

/* Moves a place's sentence into a finding. */
static bool finding_fill(struct hf_finding *finding, const struct hf_finds_group *group,
        struct place *place, uint64_t count)
{
	const struct hf_check *check = &HF_CHECKS[group->check];
	char *fix = strdup(check->fix);
	if (fix == NULL)
		return false;
	*finding = (struct hf_finding){
	        .check = check,
	        .owner = *place->owner,
	        .type = place->type,
	        .key_tag = group->tag,
	        .detail = place->detail,
	        .fix = fix,
	        .count = count,
	};
	place->detail = NULL;
	return true;
}

static unsigned group_findings(const struct hf_finds_group *group)
{
	return group->count <= group->kept ? group->kept : 1;
}

enum hf_err hf_finds_report(struct hf_finds *finds, size_t limit, struct hf_report *report)
{
	if (finds->err != HF_OK)
		return finds->err;
	size_t total = 0;
	for (size_t i = 0; i < finds->count; i++)
		total += group_findings(&finds->groups[i]);
	report->findings = calloc(total > 0 ? total : 1, sizeof(*report->findings));
	if (report->findings == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < finds->count; i++) {
		struct hf_finds_group *group = &finds->groups[i];
		unsigned shown = group_findings(group);
		for (unsigned k = 0; k < shown; k++) {
			uint64_t count = shown == 1 ? group->count : 1;
			if (!finding_fill(&report->findings[report->count], group,
			            &group->places[k], count))
				return HF_ERR_NOMEM;
			report->count++;
		}
	}
	qsort(report->findings, report->count, sizeof(*report->findings), finding_cmp);
	report->good =
	        report->count == 0 || report->findings[0].check->severity != HF_SEVERITY_ERROR;
	for (; report->count > limit; report->dropped++) {
		struct hf_finding *last = &report->findings[--report->count];
		free(last->detail);
		free(last->fix);
	}
	finds_clear(finds);
	return HF_OK;
}
