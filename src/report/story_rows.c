/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/story_rows.h"

#include <stdlib.h>
#include <string.h>

void hf_story_rows_done(struct hf_story_rows *rows)
{
	free(rows->list);
	*rows = (struct hf_story_rows){0};
}

/* Stands where a story has no moment at a time. */
static const struct hf_moment nothing;

static bool same(const struct hf_moment *a, const struct hf_moment *b)
{
	return a->at == b->at && a->kind == b->kind && a->go == b->go &&
	       strcmp(a->text, b->text) == 0;
}

/* Moments of one time, from `at` on. */
static size_t together(const struct hf_story *story, size_t at)
{
	size_t end = at;
	while (end < story->count && story->moments[end].at == story->moments[at].at)
		end++;
	return end - at;
}

/* Where the moment is among `count` ones of the other story; `count`: nowhere. */
static size_t find(const struct hf_moment *moment, const struct hf_moment *others, size_t count)
{
	size_t i = 0;
	while (i < count && !same(moment, &others[i]))
		i++;
	return i;
}

static void add(
        struct hf_story_rows *rows, const struct hf_moment *left, const struct hf_moment *right)
{
	rows->list[rows->count++] = (struct hf_story_row){
	        .at = left != NULL ? left->at : right->at,
	        .left = left,
	        .right = right,
	        .shared = left != NULL && right != NULL && same(left, right),
	};
}

/* All moments of one time. What is shared keeps its place; what stands before it in either story
 * comes before it. */
static void pair(struct hf_story_rows *rows, const struct hf_moment *left, size_t lefts,
        const struct hf_moment *right, size_t rights)
{
	while (lefts > 0 || rights > 0) {
		/* As far as the next moment that both have. */
		size_t until = 0, other = rights;
		while (until < lefts && (other = find(&left[until], right, rights)) == rights)
			until++;
		size_t most = until > other ? until : other;
		for (size_t i = 0; i < most; i++)
			add(rows, i < until ? &left[i] : NULL, i < other ? &right[i] : NULL);
		if (until < lefts) {
			add(rows, &left[until], &right[other]);
			until++;
			other++;
		}
		left += until;
		lefts -= until;
		right += other;
		rights -= other;
	}
}

enum hf_err hf_story_rows_make(
        const struct hf_story *left, const struct hf_story *right, struct hf_story_rows *ret_rows)
{
	size_t rights = right != NULL ? right->count : 0;
	struct hf_story_rows rows = {.list = calloc(left->count + rights + 1, sizeof(*rows.list))};
	if (rows.list == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0, k = 0; i < left->count || k < rights;) {
		bool from_left = i < left->count &&
		                 (k == rights || left->moments[i].at <= right->moments[k].at);
		bool from_right = k < rights &&
		                  (i == left->count || right->moments[k].at <= left->moments[i].at);
		size_t here = from_left ? together(left, i) : 0;
		size_t there = from_right ? together(right, k) : 0;
		pair(&rows, here > 0 ? &left->moments[i] : &nothing, here,
		        there > 0 ? &right->moments[k] : &nothing, there);
		i += here;
		k += there;
	}
	*ret_rows = rows;
	return HF_OK;
}

/* What a reader looks for first. */
static bool moment_matters(const struct hf_moment *moment)
{
	return moment->go || moment->kind == HF_MOMENT_REFUSED || moment->kind == HF_MOMENT_FAULT ||
	       moment->kind == HF_MOMENT_ALARM || moment->kind == HF_MOMENT_USERS;
}

static bool matters(const struct hf_story_row *row)
{
	return (row->left != NULL && moment_matters(row->left)) ||
	       (row->right != NULL && moment_matters(row->right));
}

size_t hf_story_rows_choose(const struct hf_story_rows *rows, size_t most, bool *shown)
{
	size_t important = 0, number = 0, hidden = 0;
	for (size_t i = 0; i < rows->count; i++)
		important += matters(&rows->list[i]);
	for (size_t i = 0; i < rows->count; i++) {
		bool counts = matters(&rows->list[i]);
		bool edge = number < most / 2 || important - number <= most / 4;
		shown[i] = rows->count <= most || i < most / 4 || i + 1 == rows->count ||
		           (counts && edge);
		number += counts;
		hidden += !shown[i];
	}
	return hidden;
}

bool hf_story_rows_sparse(const struct hf_story_rows *rows)
{
	char at[HF_TIME_TEXT], day[HF_TIME_TEXT] = "";
	size_t days = 0;
	for (size_t i = 0; i < rows->count; i++) {
		hf_time_rfc3339(rows->list[i].at, at);
		days += strncmp(at, day, 10) != 0;
		memcpy(day, at, sizeof(day));
	}
	return 4 * days > 3 * rows->count && rows->count > 4;
}

const char *hf_moment_label(const struct hf_moment *moment)
{
	static const char *const labels[HF_MOMENT_KINDS] = {
	        [HF_MOMENT_STEP] = "step",
	        [HF_MOMENT_PUBLISHED] = "published",
	        [HF_MOMENT_REFUSED] = "REFUSED",
	        [HF_MOMENT_PARENT] = "parent",
	        [HF_MOMENT_WAITS] = "waits",
	        [HF_MOMENT_FAULT] = "FAULT",
	        [HF_MOMENT_ALARM] = "ALARM",
	        [HF_MOMENT_USERS] = "USERS",
	};
	return moment->go ? "GO/NO-GO" : labels[moment->kind];
}
