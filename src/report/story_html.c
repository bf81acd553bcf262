/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "report/chart_svg.h"
#include "report/story_page.h"
#include "report/story_rows.h"

#define ROWS_MOST 160 /* moments in the table that is open; all of them are in a closed one */

struct page {
	const struct hf_story_report *report;
	struct hf_charts charts;
	struct hf_compare compare;
	struct hf_buf *out;
};

static const char *sentence(const struct hf_story *story)
{
	return story->verdict != NULL ? story->verdict : "nobody was asked";
}

/* ---- The head ---- */

static bool has_pictures(const struct hf_story_report *report)
{
	for (size_t i = 0; i < report->story_count; i++)
		if (report->stories[i]->picture_count > 0)
			return true;
	return false;
}

static bool has_tables(const struct hf_story_report *report)
{
	for (size_t i = 0; i < report->story_count; i++)
		if (report->stories[i]->table_count > 0)
			return true;
	return report->table_count > 0;
}

static bool has_grounds(const struct hf_story_report *report)
{
	return report->fact_count + report->unknown_count + report->source_count > 0 ||
	       report->repeat != NULL;
}

static bool has_moments(const struct hf_story_report *report)
{
	for (size_t i = 0; i < report->story_count; i++)
		if (report->stories[i]->count > 0)
			return true;
	return false;
}

static void put_nav(const struct page *page)
{
	const struct {
		bool there;
		const char *id, *text;
	} links[] = {
	        {has_moments(page->report), "moments", "What happened"},
	        {page->charts.count > 0, "charts", "Measures"},
	        {page->compare.count > 0, "figures", "In figures"},
	        {has_pictures(page->report), "chains", "Chains of trust"},
	        {has_tables(page->report), "tables", "Tables"},
	        {has_grounds(page->report), "grounds", "What it rests on"},
	};
	hf_put_text(page->out, "<nav aria-label=\"Contents\"><ul>\n");
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		if (links[i].there)
			hf_put_format(page->out, "<li><a href=\"#%s\">%s</a></li>\n", links[i].id,
			        links[i].text);
	hf_put_text(page->out, "</ul></nav>\n");
}

static void put_head(const struct page *page)
{
	const struct hf_story_report *report = page->report;
	hf_put_text(page->out, "<header>\n");
	hf_page_put_element(page->out, "h1", report->title);
	if (report->subject != NULL)
		hf_page_put_element(page->out, "p class=\"subject\"", report->subject);
	hf_put_format(page->out, "<div class=\"box %s\"><strong>%s</strong>\n",
	        report->good ? "is-good" : "is-bad",
	        report->good ? "\xe2\x9c\x93 GOOD" : "\xe2\x9c\x95 NOT GOOD");
	hf_page_put_element(page->out, "p", hf_story_report_verdict(report));
	hf_put_text(page->out, "</div>\n");
	if (report->story_count > 1) {
		hf_put_text(page->out, "<ul class=\"runs\">\n");
		for (size_t i = 0; i < report->story_count; i++) {
			const struct hf_story *story = report->stories[i];
			hf_put_format(page->out, "<li%s>", story->failed ? " class=\"fails\"" : "");
			hf_put_text(page->out, "<strong>");
			hf_page_put(page->out, story->title);
			hf_put_text(page->out, "</strong>: ");
			hf_page_put(page->out, sentence(story));
			hf_put_text(page->out, "</li>\n");
		}
		hf_put_text(page->out, "</ul>\n");
	}
	hf_put_text(page->out, report->note_count > 0 ? "<ul>\n" : "");
	for (size_t i = 0; i < report->note_count; i++)
		hf_page_put_element(page->out, "li", report->notes[i]);
	hf_put_text(page->out, report->note_count > 0 ? "</ul>\n</header>\n" : "</header>\n");
	put_nav(page);
}

static void put_heading(const struct page *page, const char *id, const char *text)
{
	hf_put_format(page->out, "<h2 id=\"%s\">%s</h2>\n", id, text);
}

/* ---- What happened ---- */

/* A table of moments, of one story or two. */
struct timeline {
	const struct hf_story *stories[2]; /* the second one may be NULL */
	size_t numbers[2];
	struct hf_story_rows rows;
	bool *shown;
	bool dated; /* each row has its date; else days have rows of their own */
};

static void put_moment(struct hf_buf *out, const struct hf_moment *moment)
{
	static const char *const classes[HF_MOMENT_KINDS] = {
	        [HF_MOMENT_REFUSED] = " kind-stop",
	        [HF_MOMENT_FAULT] = " kind-stop",
	        [HF_MOMENT_ALARM] = " kind-warn",
	        [HF_MOMENT_USERS] = " kind-stop",
	};
	const char *more = classes[moment->kind] != NULL ? classes[moment->kind] : "";
	hf_put_format(out, "<span class=\"kind%s\">%s</span>", moment->go ? " kind-go" : more,
	        hf_moment_label(moment));
	hf_page_put(out, moment->text);
}

/* What links of the strip lead to. */
static void put_id(struct hf_buf *out, const struct timeline *timeline, unsigned which,
        const struct hf_moment *moment)
{
	hf_put_format(out, " id=\"m%zu-%zu\"", timeline->numbers[which],
	        (size_t)(moment - timeline->stories[which]->moments));
}

static void put_cell(struct hf_buf *out, const struct timeline *timeline, unsigned which,
        const struct hf_moment *moment, bool ids)
{
	hf_put_text(out, "<td");
	if (moment != NULL && ids)
		put_id(out, timeline, which, moment);
	hf_put_text(out, ">");
	if (moment != NULL)
		put_moment(out, moment);
	hf_put_text(out, "</td>");
}

static void put_row(struct hf_buf *out, const struct timeline *timeline,
        const struct hf_story_row *row, bool ids)
{
	char at[HF_TIME_TEXT];
	hf_time_rfc3339(row->at, at);
	hf_put_format(
	        out, "<tr><td class=\"clock\"><time datetime=\"%s\">%.8s</time></td>", at, at + 11);
	if (row->shared) {
		hf_put_text(out, "<td colspan=\"2\"");
		if (ids)
			put_id(out, timeline, 0, row->left);
		hf_put_text(out, "><span");
		if (ids)
			put_id(out, timeline, 1, row->right);
		hf_put_text(out, " class=\"kind\">both</span>");
		put_moment(out, row->left);
		hf_put_text(out, "</td>");
	} else {
		put_cell(out, timeline, 0, row->left, ids);
		if (timeline->stories[1] != NULL)
			put_cell(out, timeline, 1, row->right, ids);
	}
	hf_put_text(out, "</tr>\n");
}

static void put_far(struct hf_buf *out, size_t hidden, int columns)
{
	if (hidden > 0)
		hf_put_format(out,
		        "<tr class=\"far\"><td colspan=\"%d\">%zu more moment%s</td></tr>\n",
		        columns, hidden, hidden == 1 ? "" : "s");
}

static void put_rows(struct hf_buf *out, const struct timeline *timeline, bool all, bool ids)
{
	const int columns = timeline->stories[1] != NULL ? 3 : 2;
	char at[HF_TIME_TEXT], day[HF_TIME_TEXT] = "";
	size_t hidden = 0;
	for (size_t i = 0; i < timeline->rows.count; i++) {
		if (!all && !timeline->shown[i]) {
			hidden++;
			continue;
		}
		put_far(out, hidden, columns);
		hidden = 0;
		hf_time_rfc3339(timeline->rows.list[i].at, at);
		if (!timeline->dated && strncmp(at, day, 10) != 0)
			hf_put_format(out,
			        "<tr class=\"day\"><th colspan=\"%d\" scope=\"rowgroup\">%.10s</th>"
			        "</tr>\n",
			        columns, at);
		memcpy(day, at, sizeof(day));
		put_row(out, timeline, &timeline->rows.list[i], ids);
	}
}

static void put_moments_table(
        struct hf_buf *out, const struct timeline *timeline, bool all, bool ids)
{
	bool two = timeline->stories[1] != NULL;
	hf_put_format(out,
	        "<div class=\"wide\"><table class=\"moments%s%s\">\n<caption>Moments, in order "
	        "of time</caption>\n<thead><tr><th scope=\"col\" class=\"clock\">UTC</th>",
	        two ? " two" : "", timeline->dated ? " dated" : "");
	for (unsigned i = 0; i < (two ? 2 : 1); i++)
		hf_page_put_element(out, "th scope=\"col\"", timeline->stories[i]->title);
	hf_put_text(out, "</tr></thead>\n<tbody>\n");
	put_rows(out, timeline, all, ids);
	hf_put_text(out, "</tbody></table></div>\n");
}

static void open_details(
        struct hf_buf *out, const char *what, const char *of, const struct hf_story *story)
{
	hf_put_format(out, "<details><summary>%s", what);
	hf_page_put(out, of);
	hf_put_text(out, ": ");
	hf_page_put(out, story->title);
	hf_put_text(out, "</summary>\n");
}

static enum hf_err put_timeline(const struct page *page, size_t left, size_t right)
{
	const struct hf_story_report *report = page->report;
	struct timeline timeline = {
	        .stories = {report->stories[left], right != left ? report->stories[right] : NULL},
	        .numbers = {left, right}};
	enum hf_err err =
	        hf_story_rows_make(timeline.stories[0], timeline.stories[1], &timeline.rows);
	if (err != HF_OK)
		return err;
	timeline.shown = calloc(timeline.rows.count + 1, sizeof(*timeline.shown));
	if (timeline.shown == NULL) {
		err = HF_ERR_NOMEM;
		goto done;
	}
	timeline.dated = hf_story_rows_sparse(&timeline.rows);
	size_t hidden = hf_story_rows_choose(&timeline.rows, ROWS_MOST, timeline.shown);
	put_moments_table(page->out, &timeline, false, hidden == 0);
	if (hidden > 0) {
		open_details(page->out, "All moments", "", timeline.stories[0]);
		put_moments_table(page->out, &timeline, true, true);
		hf_put_text(page->out, "</details>\n");
	}
done:
	free(timeline.shown);
	hf_story_rows_done(&timeline.rows);
	return err;
}

static enum hf_err put_moments(const struct page *page)
{
	const struct hf_story_report *report = page->report;
	enum hf_err err = HF_OK;
	if (!has_moments(report))
		return HF_OK;
	put_heading(page, "moments", "What happened");
	hf_chart_put_strip(page->out, &page->charts, report);
	if (report->story_count == 2)
		return put_timeline(page, 0, 1);
	for (size_t i = 0; i < report->story_count && err == HF_OK; i++) {
		if (i > 0)
			open_details(page->out, "Another run", "", report->stories[i]);
		err = put_timeline(page, i, i);
		if (i > 0)
			hf_put_text(page->out, "</details>\n");
	}
	return err;
}

/* ---- Measures ---- */

static void put_bucket(struct hf_buf *out, const struct hf_population_measures *users, size_t index)
{
	const struct hf_population_bucket *bucket = &users->buckets[index];
	hf_put_text(out, "<tr><td>");
	hf_page_put_time(out, users->from + (hf_time)index * users->step);
	hf_put_text(out, "</td><td class=\"number\">");
	hf_page_put_value(out, hf_population_failed(users, index), "%");
	hf_put_text(out, "</td><td class=\"number\">");
	hf_page_put_value(out, hf_population_failing(users, index), "");
	const uint64_t counts[] = {bucket->questions[HF_ASKED_DNSKEY],
	        bucket->questions[HF_ASKED_DS], bucket->questions[HF_ASKED_DATA],
	        bucket->bytes[HF_ASKED_DNSKEY], bucket->bytes[HF_ASKED_DS],
	        bucket->bytes[HF_ASKED_DATA], bucket->cut};
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		hf_put_text(out, "</td><td class=\"number\">");
		hf_page_put_value(out, (double)counts[i], "");
	}
	hf_put_text(out, "</td></tr>\n");
}

static void put_buckets(struct hf_buf *out, const struct hf_story *story)
{
	static const char *const heads[] = {"failed look-ups", "failing resolvers",
	        "DNSKEY questions", "DS questions", "other questions", "DNSKEY bytes", "DS bytes",
	        "other bytes", "again over TCP"};
	char span[HF_TIME_TEXT];
	if (story->users.count == 0)
		return;
	open_details(out, "The figures behind these charts", "", story);
	hf_put_format(out,
	        "<div class=\"wide\"><table>\n<caption>Sums of each %s</caption>\n<thead><tr>"
	        "<th scope=\"col\">from</th>",
	        hf_span_text(story->users.step, span));
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		hf_page_put_element(out, "th scope=\"col\" class=\"number\"", heads[i]);
	hf_put_text(out, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < story->users.count; i++)
		put_bucket(out, &story->users, i);
	hf_put_text(out, "</tbody></table></div>\n</details>\n");
}

static void put_points(struct hf_buf *out, const struct hf_story *story)
{
	for (size_t i = 0; i < story->series_count; i++) {
		const struct hf_story_series *series = &story->series[i];
		open_details(out, "The values of ", series->name, story);
		hf_put_text(out, "<div class=\"wide\"><table>\n");
		hf_page_put_element(out, "caption", series->name);
		hf_put_text(out, "<thead><tr><th scope=\"col\">from</th>");
		hf_page_put_element(out, "th scope=\"col\" class=\"number\"", series->unit);
		hf_put_text(out, "</tr></thead>\n<tbody>\n");
		for (size_t k = 0; k < series->count; k++) {
			hf_put_text(out, "<tr><td>");
			hf_page_put_time(out, series->points[k].at);
			hf_put_text(out, "</td><td class=\"number\">");
			hf_page_put_value(out, series->points[k].value, "");
			hf_put_text(out, "</td></tr>\n");
		}
		hf_put_text(out, "</tbody></table></div>\n</details>\n");
	}
}

static void put_charts(const struct page *page)
{
	const struct hf_story_report *report = page->report;
	if (page->charts.count == 0)
		return;
	put_heading(page, "charts", "Measures");
	for (size_t i = 0; i < page->charts.count; i++)
		hf_chart_put_figure(page->out, &page->charts, &page->charts.list[i]);
	for (size_t i = 0; i < report->story_count; i++)
		put_buckets(page->out, report->stories[i]);
	for (size_t i = 0; i < report->story_count; i++)
		put_points(page->out, report->stories[i]);
}

static void put_compare(const struct page *page)
{
	const struct hf_story_report *report = page->report;
	struct hf_buf *out = page->out;
	if (page->compare.count == 0)
		return;
	put_heading(page, "figures", "In figures");
	hf_put_text(out, "<div class=\"wide\"><table>\n<caption>One column a run</caption>\n"
	                 "<thead><tr><th scope=\"col\">figure</th>");
	for (size_t i = 0; i < report->story_count; i++)
		hf_page_put_element(out, "th scope=\"col\"", report->stories[i]->title);
	hf_put_text(out, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < page->compare.count; i++) {
		const struct hf_compare_row *row = &page->compare.rows[i];
		hf_put_text(out, "<tr>");
		hf_page_put_element(out, "th scope=\"row\"", row->name);
		for (size_t k = 0; k < report->story_count; k++) {
			hf_put_text(out, "<td>");
			hf_page_put_value(out, row->values[k], row->unit);
			hf_put_text(out, "</td>");
		}
		hf_put_text(out, "</tr>\n");
	}
	hf_put_text(out, "</tbody></table></div>\n");
}

/* ---- Pictures and tables ---- */

/* Whether the report's first story has the same picture at the same time. */
static bool is_drawn(const struct hf_story_report *report, const struct hf_story_picture *picture)
{
	const struct hf_story *first = report->stories[0];
	for (size_t i = 0; i < first->picture_count; i++) {
		const struct hf_story_picture *other = &first->pictures[i];
		if (other == picture)
			return false;
		if (other->at == picture->at && strcmp(other->svg, picture->svg) == 0)
			return true;
	}
	return false;
}

static void put_picture(const struct page *page, const struct hf_story_picture *picture)
{
	/* Inside a page a picture begins without the head of a file. */
	const char *svg = strstr(picture->svg, "<svg");
	bool drawn = is_drawn(page->report, picture);
	hf_put_text(page->out, "<figure class=\"chain\">\n<figcaption>");
	hf_page_put_time(page->out, picture->at);
	hf_put_text(page->out, " ");
	hf_page_put(page->out, picture->caption);
	if (drawn) {
		hf_put_text(page->out, " <span>(the same picture as above: ");
		hf_page_put(page->out, page->report->stories[0]->title);
		hf_put_text(page->out, ")</span>");
	}
	hf_put_text(page->out, "</figcaption>\n");
	if (!drawn && svg != NULL) {
		hf_put_text(page->out, "<div class=\"scroll\">");
		hf_put_text(page->out, svg);
		hf_put_text(page->out, "</div>\n");
	}
	hf_put_text(page->out, "</figure>\n");
}

static void put_pictures(const struct page *page)
{
	const struct hf_story_report *report = page->report;
	if (!has_pictures(report))
		return;
	put_heading(page, "chains", "Chains of trust");
	for (size_t i = 0; i < report->story_count; i++) {
		const struct hf_story *story = report->stories[i];
		if (story->picture_count > 0)
			hf_page_put_element(page->out, "h3", story->title);
		for (size_t k = 0; k < story->picture_count; k++)
			put_picture(page, &story->pictures[k]);
	}
}

static void put_tables(const struct page *page)
{
	const struct hf_story_report *report = page->report;
	if (!has_tables(report))
		return;
	put_heading(page, "tables", "Tables");
	for (size_t i = 0; i < report->table_count; i++)
		hf_page_put_table(page->out, &report->tables[i]);
	for (size_t i = 0; i < report->story_count; i++) {
		const struct hf_story *story = report->stories[i];
		if (story->table_count > 0 && report->story_count > 1)
			hf_page_put_element(page->out, "h3", story->title);
		for (size_t k = 0; k < story->table_count; k++)
			hf_page_put_table(page->out, &story->tables[k]);
	}
}

/* ---- What it rests on ---- */

static void put_facts(const struct page *page)
{
	const struct hf_story_report *report = page->report;
	if (report->fact_count == 0)
		return;
	hf_put_text(page->out, "<h3>What is known</h3>\n<ul>\n");
	for (size_t i = 0; i < report->fact_count; i++) {
		hf_put_text(page->out, "<li>");
		hf_page_put(page->out, report->facts[i].text);
		if (report->facts[i].source != NULL) {
			hf_put_text(page->out, " <span class=\"source\">Source: ");
			hf_page_put(page->out, report->facts[i].source);
			hf_put_text(page->out, "</span>");
		}
		hf_put_text(page->out, "</li>\n");
	}
	hf_put_text(page->out, "</ul>\n");
}

static void put_unknowns(const struct page *page)
{
	const struct hf_story_report *report = page->report;
	if (report->unknown_count == 0)
		return;
	hf_put_text(page->out,
	        "<h3>What is not known</h3>\n<div class=\"wide\"><table>\n<caption>Values that "
	        "had to be taken for it</caption>\n<thead><tr><th scope=\"col\">name</th><th "
	        "scope=\"col\">value</th><th scope=\"col\">range</th><th scope=\"col\">what it "
	        "is</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < report->unknown_count; i++) {
		const struct hf_story_unknown *unknown = &report->unknowns[i];
		hf_put_text(page->out, "<tr>");
		hf_page_put_element(page->out, "th scope=\"row\"", unknown->name);
		hf_page_put_element(page->out, "td", unknown->value);
		hf_page_put_element(page->out, "td", unknown->range != NULL ? unknown->range : "");
		hf_page_put_element(page->out, "td", unknown->text);
		hf_put_text(page->out, "</tr>\n");
	}
	hf_put_text(page->out, "</tbody></table></div>\n");
}

static void put_grounds(const struct page *page)
{
	const struct hf_story_report *report = page->report;
	if (!has_grounds(report))
		return;
	put_heading(page, "grounds", "What it rests on");
	put_facts(page);
	put_unknowns(page);
	if (report->source_count > 0) {
		hf_put_text(page->out, "<h3>Sources</h3>\n<ul>\n");
		for (size_t i = 0; i < report->source_count; i++)
			hf_page_put_element(page->out, "li", report->sources[i]);
		hf_put_text(page->out, "</ul>\n");
	}
	if (report->repeat != NULL) {
		hf_put_text(page->out, "<h3>The same again</h3>\n<p>");
		hf_page_put_element(page->out, "code", report->repeat);
		hf_put_text(page->out, "</p>\n");
	}
}

enum hf_err hf_story_html(const struct hf_story_report *report, struct hf_buf *out)
{
	struct page page = {.report = report, .out = out};
	enum hf_err err = hf_story_report_check(report);
	if (err == HF_OK)
		err = hf_charts_make(report, &page.charts);
	if (err == HF_OK)
		err = hf_compare_make(report, &page.compare);
	if (err != HF_OK)
		goto done;
	hf_page_begin(out, report->title);
	put_head(&page);
	hf_put_text(out, "<main>\n");
	err = put_moments(&page);
	put_charts(&page);
	put_compare(&page);
	put_pictures(&page);
	put_tables(&page);
	put_grounds(&page);
	hf_put_text(out, "</main>\n");
	hf_page_end(out);
	if (err == HF_OK)
		err = hf_buf_check(out);
done:
	hf_compare_done(&page.compare);
	hf_charts_done(&page.charts);
	return err;
}
