/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/drama.h"

#include <stdlib.h>
#include <string.h>

#include "sim/drama_front.h"
#include "sim/drama_storms.h"

/* As it happened: everything is served that the scenario says. */
static enum hf_err happen(struct hf_drama_run *run)
{
	const struct hf_scenario *scenario = run->scenario;
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < scenario->event_count && err == HF_OK; i++) {
		const struct hf_scenario_event *event = &scenario->events[i];
		if (event->act == HF_SCENARIO_PUBLISH)
			err = hf_drama_run_publish(
			        run, &event->version, NULL, event->at, event->text);
		else if (event->act == HF_SCENARIO_DS)
			err = hf_drama_run_ds(
			        run, event->ds, event->ds_ttl, event->at, event->text);
		else
			err = hf_drama_run_other(run, event);
	}
	return err != HF_OK ? err : hf_drama_run_users(run);
}

void hf_drama_free(struct hf_drama *drama)
{
	if (drama == NULL)
		return;
	for (size_t i = 0; i < drama->refusal_count; i++) {
		struct hf_drama_refusal *refusal = &drama->refusals[i];
		for (size_t j = 0; j < refusal->count; j++) {
			free(refusal->reasons[j].broken);
			free(refusal->reasons[j].fix);
		}
		free(refusal->reasons);
	}
	for (size_t i = 0; i < drama->limit_count; i++)
		free(drama->limits[i]);
	free(drama->refusals);
	free(drama->limits);
	hf_story_free(drama->happened);
	hf_story_free(drama->guarded);
	free(drama);
}

static enum hf_err play_both(const struct hf_scenario *scenario,
        const struct hf_drama_options *options, struct hf_diag *diag, struct hf_drama *drama)
{
	struct hf_drama_world *world;
	struct hf_drama_run run;
	enum hf_err err = hf_drama_world_new(scenario, options->seed, options->pool, diag, &world);
	if (err != HF_OK)
		return err;
	err = hf_drama_run_init(&run, scenario, options, world, "as it happened", diag);
	if (err == HF_OK)
		err = happen(&run);
	if (err == HF_OK) {
		drama->happened = run.story;
		run.story = NULL;
		err = hf_drama_front(scenario, options, world, diag, drama);
	}
	hf_drama_run_done(&run);
	hf_drama_world_free(world);
	return err;
}

enum hf_err hf_drama_play(const struct hf_scenario *scenario,
        const struct hf_drama_options *options, struct hf_diag *diag, struct hf_drama **ret_drama)
{
	struct hf_drama *drama = calloc(1, sizeof(*drama));
	if (drama == NULL)
		return HF_ERR_NOMEM;
	drama->prevented = true;
	enum hf_err err = scenario->event_count > 0 ? play_both(scenario, options, diag, drama)
	                                            : hf_story_new("as it happened", scenario->from,
	                                                      scenario->until, &drama->happened);
	if (err == HF_OK)
		err = hf_drama_storms(scenario, options->seed, diag, drama->happened);
	if (err == HF_OK && drama->happened->verdict == NULL) {
		drama->happened->verdict = strdup("one resolver is played, question by question");
		err = drama->happened->verdict != NULL ? HF_OK : HF_ERR_NOMEM;
	}
	if (err != HF_OK) {
		hf_drama_free(drama);
		return err;
	}
	*ret_drama = drama;
	return HF_OK;
}
