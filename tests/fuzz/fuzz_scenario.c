/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scenarios: any bytes are refused with a sentence, or give a scenario that is free of
 * contradictions within itself.
 */
#include <stdlib.h>

#include "fuzz.h"
#include "sim/scenario.h"

static void demand(bool condition)
{
	if (!condition)
		abort();
}

static void check_signed(const struct hf_scenario *scenario, const struct hf_scenario_signed *sign)
{
	hf_scenario_keys all = ((hf_scenario_keys)1 << scenario->key_count) - 1;
	demand((sign->by & ~all) == 0);
	demand((sign->bad & ~sign->by) == 0);
	demand(sign->ttl <= INT32_MAX);
}

static void check_events(const struct hf_scenario *scenario)
{
	for (size_t i = 0; i < scenario->event_count; i++) {
		const struct hf_scenario_event *event = &scenario->events[i];
		demand(event->at >= (i == 0 ? scenario->from : event[-1].at));
		demand(event->at < scenario->until);
		demand(event->version.keys != 0 || event->version.dnskey.by == 0);
		demand(event->share >= 0 && event->share <= 1);
		demand(event->act != HF_SCENARIO_SAY || event->text != NULL);
		demand(event->server <
		        (event->side == HF_SCENE_ZONE ? scenario->servers : scenario->parents));
		check_signed(scenario, &event->version.dnskey);
		for (unsigned class = 0; class < scenario->class_count; class ++)
			check_signed(scenario, &event->version.data[class].sign);
	}
}

static void check(const struct hf_scenario *scenario)
{
	double shares = 0;
	demand(scenario->id != NULL && scenario->title != NULL && scenario->zone != NULL);
	demand(scenario->from < scenario->until);
	demand(scenario->key_count <= HF_SCENARIO_KEYS);
	demand(scenario->class_count > 0 && scenario->class_count <= HF_SCENE_CLASSES);
	for (unsigned i = 0; i < scenario->class_count; i++)
		shares += scenario->classes[i].share;
	demand(shares > 0.999 && shares < 1.001);
	for (unsigned i = 0; i < scenario->key_count; i++)
		demand(scenario->keys[i].revokes < (int32_t)i);
	for (size_t i = 0; i < scenario->figure_count; i++)
		demand(scenario->figures[i].text != NULL &&
		        hf_scenario_figure(&scenario->figures[i]) >= 0);
	check_events(scenario);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hf_scenario_setting setting = {"gap", "90m"};
	struct hf_diag diag;
	struct hf_scenario *scenario;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	/* The setting when the first byte is a line end. */
	size_t settings = size > 0 && data[0] == '\n';
	if (hf_scenario_parse("fuzz", (const char *)data, size, &setting, settings, &diag,
	            &scenario) == HF_OK) {
		check(scenario);
		hf_scenario_free(scenario);
	} else {
		demand(diag.count > 0);
	}
	hf_diag_done(&diag);
	return 0;
}
