/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A scenario file as a tree of words, lists and mappings, and the values that stand in it.
 *
 * A word "$NAME" stands for the parameter of that name. Whoever takes a field marks it, so that at
 * the end everything that nobody took is refused. What is wrong is blamed with its line, and
 * reading goes on; `bad` says that something was. For this part only; one thread at a time.
 */
#ifndef HF_SIM_SCENARIO_TREE_H
#define HF_SIM_SCENARIO_TREE_H

#include "base/yamlread.h"
#include "sim/scenario.h"

enum hf_twig_kind { HF_TWIG_WORD, HF_TWIG_MAP, HF_TWIG_LIST };

struct hf_twig {
	enum hf_twig_kind kind;
	unsigned line;
	bool taken;
	const char *key;              /* in a mapping; else NULL */
	const char *word;             /* HF_TWIG_WORD */
	struct hf_twig *first, *next; /* inside it; beside it */
	struct hf_twig *made_before;
};

struct hf_scenario_tree {
	struct hf_scenario *scenario; /* keeps the strings, and has the parameters */
	bool used[HF_SCENARIO_ITEMS]; /* parameters that a value named */
	struct hf_yaml yaml;
	struct hf_twig *last; /* that was made */
	size_t count;
	struct hf_twig *root;
};

/* `tree` has scenario and yaml's file and diag. Errors come with a sentence. */
enum hf_err hf_scenario_tree_read(
        struct hf_scenario_tree *tree, const char *text, size_t len) HF_MUST_CHECK;
void hf_scenario_tree_done(struct hf_scenario_tree *tree);
/* Blames what nobody took. */
void hf_scenario_tree_sweep(struct hf_scenario_tree *tree, struct hf_twig *node);
/* A copy of a text, which the scenario keeps. */
enum hf_err hf_scenario_keep(struct hf_scenario *scenario, const char *text, size_t len,
        const char **ret_text) HF_MUST_CHECK;
void hf_scenario_blame(struct hf_scenario_tree *tree, const struct hf_twig *node,
        const char *format, ...) HF_PRINTF(3, 4);

/* The field of a mapping, marked as taken; NULL when it is not there, or `map` is NULL. */
struct hf_twig *hf_twig_field(struct hf_twig *map, const char *name);
/* The same for a field that has to be there. */
struct hf_twig *hf_twig_need(struct hf_scenario_tree *tree, struct hf_twig *map, const char *name);
/* The same for a field of that kind; another one is blamed. */
struct hf_twig *hf_twig_inside(struct hf_scenario_tree *tree, struct hf_twig *map, const char *name,
        enum hf_twig_kind kind);
/* Whether a node is of that kind; blames it. */
bool hf_twig_is(struct hf_scenario_tree *tree, struct hf_twig *node, enum hf_twig_kind kind);
size_t hf_twig_members(const struct hf_twig *node);

/* Values. Each returns false and leaves the value alone when the node is NULL, and blames what is
 * not of the kind or out of range. */
bool hf_twig_text(struct hf_scenario_tree *tree, struct hf_twig *node, const char **ret_text);
bool hf_twig_number(struct hf_scenario_tree *tree, struct hf_twig *node, double low, double high,
        double *ret_number);
bool hf_twig_count(struct hf_scenario_tree *tree, struct hf_twig *node, int64_t low, int64_t high,
        int64_t *ret_count);
bool hf_twig_span(struct hf_scenario_tree *tree, struct hf_twig *node, int64_t low, int64_t high,
        int64_t *ret_seconds);
/* "+SPAN" is that long after `before`. */
bool hf_twig_time(
        struct hf_scenario_tree *tree, struct hf_twig *node, hf_time before, hf_time *ret_time);
bool hf_twig_flag(struct hf_scenario_tree *tree, struct hf_twig *node, bool *ret_flag);
/* The number of the word in `words`, which are parted by spaces. */
bool hf_twig_choice(struct hf_scenario_tree *tree, struct hf_twig *node, const char *words,
        unsigned *ret_choice);
/* A list of keys by name. */
bool hf_twig_keys(struct hf_scenario_tree *tree, struct hf_twig *node, hf_scenario_keys *ret_keys);

/* The value of a parameter, comparable: a number, a span in seconds, or a time. */
bool hf_scenario_value(const char *text, bool *ret_moment, double *ret_value);

#endif
