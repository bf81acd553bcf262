/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/surplus.h"

#define RR_FIXED 10 /* type, class, TTL and length of RDATA */

void hf_surplus_init(
        struct hf_surplus *surplus, const struct hf_node *node, const struct hf_node *than)
{
	*surplus = (struct hf_surplus){.node = node, .than = than};
}

/* Nothing is the same in sets with different TTLs. */
static void open_records(struct hf_surplus *surplus)
{
	const struct hf_rrset *here = &surplus->here, *there = &surplus->there;
	surplus->at = HF_SURPLUS_RECORDS;
	surplus->side = (struct hf_surplus_side){0};
	if (here->type == KNOT_RRTYPE_SOA)
		return;
	surplus->side.walk = hf_rrset_rrs(here);
	if (there->rr_count > 0 && there->ttl == here->ttl) {
		surplus->side.other = hf_rrset_rrs(there);
		surplus->side.other_left =
		        hf_rdata_next(&surplus->side.other, &surplus->side.other_rdata);
	}
}

static void open_sigs(struct hf_surplus *surplus)
{
	const struct hf_rrset *here = &surplus->here, *there = &surplus->there;
	surplus->at = HF_SURPLUS_SIGS;
	surplus->side = (struct hf_surplus_side){.walk = hf_rrset_sigs(here)};
	if (there->sig_count > 0 && there->sig_ttl == here->sig_ttl) {
		surplus->side.other = hf_rrset_sigs(there);
		surplus->side.other_left =
		        hf_rdata_next(&surplus->side.other, &surplus->side.other_rdata);
	}
}

static bool open_set(struct hf_surplus *surplus)
{
	if (surplus->node == NULL || surplus->set >= hf_node_count(surplus->node))
		return false;
	hf_node_at(surplus->node, surplus->set++, &surplus->here);
	if (surplus->than == NULL ||
	        !hf_node_find(surplus->than, surplus->here.type, &surplus->there))
		surplus->there = (struct hf_rrset){0};
	open_records(surplus);
	return true;
}

/* Both sides are in canonical order, so one pass over both finds what is here only. */
static bool side_next(struct hf_surplus_side *side, struct hf_rdata *ret_rdata)
{
	struct hf_rdata rdata;
	while (hf_rdata_next(&side->walk, &rdata)) {
		int order = 1;
		while (side->other_left) {
			order = hf_rdata_cmp(side->other_rdata, rdata);
			if (order > 0)
				break;
			side->other_left = hf_rdata_next(&side->other, &side->other_rdata);
			if (order == 0)
				break;
		}
		if (order != 0) {
			*ret_rdata = rdata;
			return true;
		}
	}
	return false;
}

bool hf_surplus_next(struct hf_surplus *surplus, struct hf_surplus_record *ret_record)
{
	for (;;) {
		if (surplus->at == HF_SURPLUS_NEXT_SET && !open_set(surplus))
			return false;
		bool sigs = surplus->at == HF_SURPLUS_SIGS;
		if (side_next(&surplus->side, &ret_record->rdata)) {
			ret_record->type = sigs ? KNOT_RRTYPE_RRSIG : surplus->here.type;
			ret_record->ttl = sigs ? surplus->here.sig_ttl : surplus->here.ttl;
			return true;
		}
		if (sigs)
			surplus->at = HF_SURPLUS_NEXT_SET;
		else
			open_sigs(surplus);
	}
}

uint64_t hf_surplus_bytes(struct hf_surplus *surplus, size_t owner_len)
{
	struct hf_surplus_record record;
	uint64_t bytes = 0;
	while (hf_surplus_next(surplus, &record))
		bytes += owner_len + RR_FIXED + record.rdata.len;
	return bytes;
}
