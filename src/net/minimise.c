/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/minimise.h"

/* Labels shown by the question with this number, from 1 on. */
static unsigned shown_by(unsigned number, unsigned all)
{
	if (all <= HF_MINIMISE_COUNT || number <= HF_MINIMISE_ONE_LAB)
		return number;
	unsigned steps = HF_MINIMISE_COUNT - HF_MINIMISE_ONE_LAB;
	unsigned rest = all - HF_MINIMISE_ONE_LAB;
	unsigned done = number - HF_MINIMISE_ONE_LAB;
	unsigned longer = rest % steps; /* the last so many steps show one label more */
	unsigned extra = done + longer > steps ? done + longer - steps : 0;
	return HF_MINIMISE_ONE_LAB + done * (rest / steps) + extra;
}

unsigned hf_minimise_labels(unsigned shown, unsigned all)
{
	for (unsigned number = 1; number < HF_MINIMISE_COUNT; number++) {
		unsigned labels = shown_by(number, all);
		if (labels > shown)
			return labels < all ? labels : all;
	}
	return all;
}

static bool refers(
        const struct hf_message_set *set, const struct hf_name *zone, const struct hf_name *name)
{
	return set->section == HF_SECTION_AUTHORITY && set->set.type == KNOT_RRTYPE_NS &&
	       hf_name_is_under(name, &set->owner) && hf_name_is_under(&set->owner, zone) &&
	       !hf_name_equal(&set->owner, zone);
}

enum hf_minimise_step hf_minimise_weigh(
        const struct hf_message *message, const struct hf_name *zone, const struct hf_name *name)
{
	bool answers = false, cut = false;
	if (message == NULL)
		return HF_MINIMISE_BROKEN;
	if (message->rcode == HF_RCODE_NXDOMAIN)
		return HF_MINIMISE_FULL; /* or the server takes an empty non-terminal for nothing */
	if (message->rcode != HF_RCODE_NOERROR)
		return HF_MINIMISE_BROKEN;
	for (size_t i = 0; i < message->set_count; i++) {
		const struct hf_message_set *set = &message->sets[i];
		if (set->section == HF_SECTION_ANSWER && set->set.type == KNOT_RRTYPE_DNAME)
			return HF_MINIMISE_FULL;
		answers |= set->section == HF_SECTION_ANSWER;
		cut |= refers(set, zone, name);
	}
	return cut && !answers ? HF_MINIMISE_CUT : HF_MINIMISE_ON;
}
