/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/offers.h"

#include <stdlib.h>
#include <string.h>

static void offer_free(struct hf_zone_offer *offer)
{
	hf_edition_unref(offer->edition);
	hf_access_done(&offer->access);
	free(offer);
}

void hf_offers_done(struct hf_offers *offers)
{
	for (size_t i = 0; i < offers->count; i++)
		offer_free(offers->list[i]);
	free(offers->list);
	*offers = (struct hf_offers){0};
}

/* How many have a name before this one. */
static size_t place(const struct hf_offers *offers, const struct hf_name *name)
{
	size_t from = 0, to = offers->count;
	while (from < to) {
		size_t middle = (from + to) / 2;
		if (hf_name_cmp(&offers->list[middle]->name, name) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static bool is_at(const struct hf_offers *offers, size_t at, const struct hf_name *name)
{
	return at < offers->count && hf_name_equal(&offers->list[at]->name, name);
}

struct hf_zone_offer *hf_offers_find(const struct hf_offers *offers, const struct hf_name *name)
{
	size_t at = place(offers, name);
	return is_at(offers, at, name) ? offers->list[at] : NULL;
}

static enum hf_err make_offer(const struct hf_server_zone *zone, struct hf_zone_offer **ret_offer)
{
	struct hf_zone_offer *offer = calloc(1, sizeof(*offer));
	if (offer == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = hf_access_copy(zone->access, &offer->access);
	if (err != HF_OK) {
		free(offer);
		return err;
	}
	offer->name = zone->name;
	hf_name_lower(&offer->name);
	offer->edition = zone->edition != NULL ? hf_edition_ref(zone->edition) : NULL;
	offer->flags = zone->flags;
	*ret_offer = offer;
	return HF_OK;
}

static enum hf_err insert(struct hf_offers *offers, size_t at, struct hf_zone_offer *offer)
{
	if (offers->count == offers->room) {
		size_t room = offers->room > 0 ? 2 * offers->room : 16;
		struct hf_zone_offer **list = reallocarray(offers->list, room, sizeof(list[0]));
		if (list == NULL)
			return HF_ERR_NOMEM;
		offers->list = list;
		offers->room = room;
	}
	struct hf_zone_offer **slot = &offers->list[at];
	memmove(slot + 1, slot, (offers->count - at) * sizeof(*slot));
	*slot = offer;
	offers->count++;
	return HF_OK;
}

enum hf_err hf_offers_put(struct hf_offers *offers, const struct hf_server_zone *zone)
{
	struct hf_zone_offer *offer;
	enum hf_err err = make_offer(zone, &offer);
	if (err != HF_OK)
		return err;
	size_t at = place(offers, &offer->name);
	if (is_at(offers, at, &offer->name)) {
		offer_free(offers->list[at]);
		offers->list[at] = offer;
		return HF_OK;
	}
	err = insert(offers, at, offer);
	if (err != HF_OK)
		offer_free(offer);
	return err;
}

bool hf_offers_remove(struct hf_offers *offers, const struct hf_name *name)
{
	size_t at = place(offers, name);
	if (!is_at(offers, at, name))
		return false;
	struct hf_zone_offer **slot = &offers->list[at];
	offer_free(*slot);
	offers->count--;
	memmove(slot, slot + 1, (offers->count - at) * sizeof(*slot));
	return true;
}
