/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Simulated runs, told: as text for a terminal, as a page for a board, as JSON for scripts.
 *
 * A report is one or more stories over the same span and what has to be known to believe them. The
 * first story is the one that the report is about; with two, the second is laid beside it ("as it
 * happened", "with Holdfast in front"); further ones are alternatives, compared by their figures.
 * All three forms show the same numbers. Nothing is decided here: the verdict is the caller's. Only
 * what the report borrows is read; the same report gives the same bytes. Thread-safe.
 */
#ifndef HF_REPORT_STORY_REPORT_H
#define HF_REPORT_STORY_REPORT_H

#include "base/bytes.h"
#include "sim/story.h"

#define HF_STORY_REPORT_STORIES 16

/* Something that is known, and from where. */
struct hf_story_fact {
	const char *text;
	const char *source; /* NULL: the operator said so */
};

/* Something that is not known, so that a value had to be taken for it. */
struct hf_story_unknown {
	const char *name;  /* by which it can be set: "parent-ttl" */
	const char *value; /* that was taken: "86400" */
	const char *range; /* of sensible values: "3600 to 172800"; NULL */
	const char *text;  /* what it is, and why this value */
};

struct hf_story_report {
	const char *title;   /* "ru-2024: two keys with one tag" */
	const char *subject; /* zone, dates, resolvers: one line below the title; NULL */
	const char *verdict; /* one or more sentences, above all else; NULL: the first story's */
	bool good;
	/* Each of: "before 19:07 nobody could have been helped, as …". */
	const char *const *notes;
	size_t note_count;
	struct hf_story *const *stories; /* at least one, at most HF_STORY_REPORT_STORIES */
	size_t story_count;
	const struct hf_story_fact *facts;
	size_t fact_count;
	const struct hf_story_unknown *unknowns;
	size_t unknown_count;
	const struct hf_story_table *tables; /* of the report as a whole; stories have their own */
	size_t table_count;
	const char *const *sources; /* for reading on */
	size_t source_count;
	const char *repeat; /* the command that gives this report again; NULL */
};

enum hf_story_view_flags {
	HF_STORY_UTF8 = 1 << 0, /* charts of block characters; else of printable ASCII */
	HF_STORY_ALL = 1 << 1,  /* every moment, also when there are hundreds */
};

struct hf_story_view {
	unsigned width; /* columns of a line; at least HF_STORY_WIDTH_LEAST counts */
	unsigned flags; /* enum hf_story_view_flags */
};
#define HF_STORY_WIDTH_LEAST 60

/* For a terminal: the verdict, what happened, small charts, what differs, what is taken for
 * granted. Appends to `out`. HF_ERR_INVALID: no stories, or too many. */
enum hf_err hf_story_text(const struct hf_story_report *report, const struct hf_story_view *view,
        struct hf_buf *out) HF_MUST_CHECK;
/* One page that needs nothing else: no script, no network. Well-formed XML as well as HTML. */
enum hf_err hf_story_html(const struct hf_story_report *report, struct hf_buf *out) HF_MUST_CHECK;
/* One object and a line feed. Field names are stable: holdfast-story(5) documents them. */
enum hf_err hf_story_json(const struct hf_story_report *report, struct hf_buf *out) HF_MUST_CHECK;

#endif
