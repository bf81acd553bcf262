/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sections of a scenario file, each read from the tree into the scenario. Later ones rely on
 * earlier ones, in this order. What is wrong is blamed; an error code is for want of memory. For
 * this part only; one thread at a time.
 */
#ifndef HF_SIM_SCENARIO_PARTS_H
#define HF_SIM_SCENARIO_PARTS_H

#include "sim/scenario_tree.h"

#define HF_SCENARIO_DAY   INT64_C(86400)
#define HF_SCENARIO_YEARS (20 * 366 * HF_SCENARIO_DAY) /* longest of spans */

/* Members of a list or mapping, each to be read into an item of `size` bytes. Blames more than
 * HF_SCENARIO_ITEMS. `*ret_items` is NULL when there are none. */
enum hf_err hf_scenario_items(struct hf_scenario_tree *tree, struct hf_twig *node, size_t size,
        size_t *ret_count, void *ret_items) HF_MUST_CHECK;

enum hf_err hf_scenario_read_unknowns(struct hf_scenario_tree *tree,
        const struct hf_scenario_setting *settings, size_t count) HF_MUST_CHECK;
void hf_scenario_read_keys(struct hf_scenario_tree *tree);
void hf_scenario_read_classes(struct hf_scenario_tree *tree);
enum hf_err hf_scenario_read_events(struct hf_scenario_tree *tree) HF_MUST_CHECK;
void hf_scenario_read_people(struct hf_scenario_tree *tree);
enum hf_err hf_scenario_read_storms(struct hf_scenario_tree *tree) HF_MUST_CHECK;
enum hf_err hf_scenario_read_known(struct hf_scenario_tree *tree) HF_MUST_CHECK;
void hf_scenario_read_expect(struct hf_scenario_tree *tree);

#endif
