/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/scenario.h"

#include <stdlib.h>

void hf_scenario_free(struct hf_scenario *scenario)
{
	if (scenario == NULL)
		return;
	for (size_t i = 0; i < scenario->table_count; i++)
		free(scenario->tables[i].rows);
	for (size_t i = 0; i < scenario->text_count; i++)
		free(scenario->texts[i]);
	free(scenario->texts);
	free(scenario->tables);
	free(scenario->figures);
	free(scenario->unknowns);
	free(scenario->facts);
	free(scenario->storms);
	free(scenario->events);
	free(scenario);
}

double hf_scenario_figure(const struct hf_scenario_figure *figure)
{
	double value = 1;
	for (size_t i = 0; i < figure->term_count; i++)
		value *= figure->terms[i];
	for (size_t i = 0; i < figure->over_count; i++)
		value /= figure->over[i];
	return value;
}
