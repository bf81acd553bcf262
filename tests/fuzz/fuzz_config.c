/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configurations: any bytes are refused with a sentence, or give one that is whole. */
#include <stdlib.h>

#include "daemon/config.h"
#include "fuzz.h"

static void check(const struct hf_config *config)
{
	for (size_t i = 0; i < config->zones.count; i++) {
		const struct hf_config_zone *zone = &config->zones.items[i];
		if (zone->name.len == 0 || zone->policy_name == NULL || zone->history == 0 ||
		        (zone->source.file != NULL) == (zone->source.primaries.count > 0))
			abort();
		for (size_t j = 0; j < zone->secondaries.count; j++) {
			if (zone->secondaries.items[j].endpoint.count != 1)
				abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_diag diag;
	struct hf_config *config = NULL;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	if (hf_config_parse("fuzz", (const char *)data, size, &diag, &config) == HF_OK)
		check(config);
	else if (diag.count == 0 || config != NULL)
		abort();
	hf_config_unref(config);
	hf_diag_done(&diag);
	return 0;
}
