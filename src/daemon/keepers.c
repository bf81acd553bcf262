/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/keepers.h"

#include <stdlib.h>
#include <string.h>

void hf_keepers_done(struct hf_keepers *keepers)
{
	free(keepers->list);
	*keepers = (struct hf_keepers){0};
}

/* Where the zone is, or belongs. */
static size_t place(const struct hf_keepers *keepers, const struct hf_name *zone)
{
	size_t low = 0, high = keepers->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (hf_name_cmp(hf_keeper_name(keepers->list[middle]), zone) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct hf_keeper *hf_keepers_find(const struct hf_keepers *keepers, const struct hf_name *zone)
{
	size_t at = place(keepers, zone);
	if (at == keepers->count || !hf_name_equal(hf_keeper_name(keepers->list[at]), zone))
		return NULL;
	return keepers->list[at];
}

enum hf_err hf_keepers_reserve(struct hf_keepers *keepers, size_t more)
{
	if (keepers->room - keepers->count >= more)
		return HF_OK;
	size_t room = keepers->count + more + keepers->count / 2;
	struct hf_keeper **list = realloc(keepers->list, room * sizeof(struct hf_keeper *));
	if (list == NULL)
		return HF_ERR_NOMEM;
	keepers->list = list;
	keepers->room = room;
	return HF_OK;
}

void hf_keepers_add(struct hf_keepers *keepers, struct hf_keeper *keeper)
{
	size_t at = place(keepers, hf_keeper_name(keeper));
	memmove(keepers->list + at + 1, keepers->list + at,
	        (keepers->count - at) * sizeof(struct hf_keeper *));
	keepers->list[at] = keeper;
	keepers->count++;
}

void hf_keepers_remove(struct hf_keepers *keepers, const struct hf_keeper *keeper)
{
	size_t at = place(keepers, hf_keeper_name(keeper));
	keepers->count--;
	memmove(keepers->list + at, keepers->list + at + 1,
	        (keepers->count - at) * sizeof(struct hf_keeper *));
}
