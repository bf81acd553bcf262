/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A story: what one simulated run was like.
 *
 * Moments in order of time, who failed and what was asked, and other figures over time. Runs that
 * belong together (as it happened and with Holdfast in front; one method and another) are stories
 * over the same span, so that they can be laid side by side. Plain data, owned by the story. One
 * thread at a time.
 */
#ifndef HF_SIM_STORY_H
#define HF_SIM_STORY_H

#include "base/bytes.h"
#include "sim/population.h"
#include "sim/story_table.h"

enum hf_moment_kind {
	HF_MOMENT_STEP,      /* a step of a rollover was taken */
	HF_MOMENT_PUBLISHED, /* a version */
	HF_MOMENT_REFUSED,   /* a version or a step, with the reason */
	HF_MOMENT_PARENT,    /* the DS set was asked for, or changed */
	HF_MOMENT_WAITS,     /* what is being waited for, and until when */
	HF_MOMENT_FAULT,     /* something goes wrong: the operator, a machine, the network */
	HF_MOMENT_ALARM,     /* a person is told */
	HF_MOMENT_USERS,     /* users begin to fail, fail most, fail no more */
};
#define HF_MOMENT_KINDS 8
const char *hf_moment_kind_name(enum hf_moment_kind kind); /* "step", "published" … */

struct hf_moment {
	hf_time at;
	enum hf_moment_kind kind;
	bool go;    /* a go/no-go point: somebody has to decide here */
	char *text; /* one or more sentences */
};

/* A figure that stays what it is until it changes. */
struct hf_story_point {
	hf_time at;
	double value;
};
struct hf_story_series {
	char *name;                    /* "DNSKEY answer", "zone", "signatures made" */
	char *unit;                    /* "bytes", "records", "signatures" */
	double mark;                   /* a line to compare with, such as 1,232 bytes; 0: none */
	struct hf_story_point *points; /* in order of time */
	size_t count, cap;
};
#define HF_STORY_SERIES 12

/* A picture of the chain of trust at a moment, as SVG. */
struct hf_story_picture {
	hf_time at;
	char *caption;
	char *svg;
};

/* A figure of the whole run, for comparison with other runs. */
struct hf_story_figure {
	char *name; /* "the roll took", "signatures made" */
	char *unit; /* "seconds" is shown as a span of time, "bytes" in kB, MB and so on */
	double value;
};
#define HF_STORY_FIGURES 24
#define HF_STORY_TABLES  8

struct hf_story {
	char *title; /* "as it happened" */
	hf_time from, until;
	struct hf_moment *moments;
	size_t count, cap;
	struct hf_population_measures users; /* without buckets: nobody was simulated */
	struct hf_story_series series[HF_STORY_SERIES];
	size_t series_count;
	struct hf_story_picture *pictures;
	size_t picture_count, picture_cap;
	struct hf_story_figure figures[HF_STORY_FIGURES];
	size_t figure_count;
	struct hf_story_table tables[HF_STORY_TABLES];
	size_t table_count;
	bool failed;   /* the verdict: the zone made somebody's look-ups fail */
	char *verdict; /* the same in a sentence */
};

enum hf_err hf_story_new(
        const char *title, hf_time from, hf_time until, struct hf_story **ret_story) HF_MUST_CHECK;
void hf_story_free(struct hf_story *story);

/* Moments may come in any order; those of one time stay in the order in which they came. */
enum hf_err hf_story_tell(struct hf_story *story, hf_time at, enum hf_moment_kind kind,
        const char *format, ...) HF_PRINTF(4, 5) HF_MUST_CHECK;
/* HF_ERR_LIMIT: too many series. A series is known by its name. */
enum hf_err hf_story_plot(struct hf_story *story, const char *name, const char *unit, double mark,
        hf_time at, double value) HF_MUST_CHECK;
/* NULL: the story has no such series. */
const struct hf_story_series *hf_story_find_series(const struct hf_story *story, const char *name);
enum hf_err hf_story_picture(struct hf_story *story, hf_time at, const char *caption,
        const struct hf_buf *svg) HF_MUST_CHECK;
/* A figure is known by its name: the last value counts. HF_ERR_LIMIT: there are too many. */
enum hf_err hf_story_figure(
        struct hf_story *story, const char *name, const char *unit, double value) HF_MUST_CHECK;
/* Takes the table over when it returns HF_OK. HF_ERR_LIMIT, and what hf_story_table_check says. */
enum hf_err hf_story_add_table(struct hf_story *story, struct hf_story_table *table) HF_MUST_CHECK;
/*
 * Takes over the measures, tells when users begin to fail, fail most and fail no more, and sets the
 * verdict.
 */
enum hf_err hf_story_users(
        struct hf_story *story, struct hf_population_measures *users) HF_MUST_CHECK;

/* The bucket in which most users fail; false: nobody fails. */
bool hf_story_worst(const struct hf_story *story, hf_time *ret_at, double *ret_part);

#endif
