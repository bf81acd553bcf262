/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/denial.h"

static struct hf_where at_nsec(const struct hf_name *owner)
{
	return (struct hf_where){.owner = owner, .type = KNOT_RRTYPE_NSEC, .tag = HF_NO_TAG};
}

/* The first NSEC record of a node, when it can be read. */
static bool nsec_of(const struct hf_node *node, struct hf_nsec *ret_nsec)
{
	struct hf_rrset set;
	struct hf_rdata rdata;
	return hf_node_find(node, KNOT_RRTYPE_NSEC, &set) && hf_rrset_first(&set, &rdata) &&
	       hf_nsec_read(rdata, ret_nsec);
}

void hf_nsec_judge_link(
        struct hf_worker *worker, const struct hf_owner *owner, const struct hf_node *before)
{
	struct hf_nsec nsec;
	/* The record before this owner must point here. */
	if (!nsec_of(before, &nsec) || hf_name_equal(&nsec.next, &owner->name))
		return;
	struct hf_name name;
	hf_node_name(before, &name);
	struct hf_where where = at_nsec(&name);
	char next[HF_NAME_TEXT], here[HF_NAME_TEXT];
	hf_found(&worker->finds, HF_CHECK_NSEC_NEXT, &where,
	        "The NSEC record names %s as the next name, but the next is %s.",
	        hf_name_text(&nsec.next, next), hf_name_text(&owner->name, here));
}

static void judge_own(struct hf_worker *worker, const struct hf_owner *owner)
{
	struct hf_where where = at_nsec(&owner->name);
	struct hf_rrset set;
	struct hf_rdata rdata;
	struct hf_nsec nsec;
	if (!hf_node_find(owner->node, KNOT_RRTYPE_NSEC, &set) || !hf_rrset_first(&set, &rdata)) {
		hf_found(&worker->finds, HF_CHECK_NSEC_MISSING, &where,
		        "There is no NSEC record, so nobody can prove which types are here.");
		return;
	}
	if (set.rr_count > 1)
		hf_found(&worker->finds, HF_CHECK_NSEC_MULTIPLE, &where,
		        "There are %u NSEC records.", set.rr_count);
	hf_denial_ttl_judge(worker, &owner->name, &set);
	if (!hf_nsec_read(rdata, &nsec)) {
		hf_found(&worker->finds, HF_CHECK_RDATA_MALFORMED, &where,
		        "The NSEC record is malformed.");
		return;
	}
	struct hf_types types = {.owner = owner,
	        .denial = HF_DENIED_BY_NSEC,
	        .bitmap = nsec.bitmap,
	        .bitmap_len = nsec.bitmap_len};
	hf_types_judge(worker, &types, HF_CHECK_NSEC_BITMAP, &where);
}

/* In a zone with NSEC3, and where the chain has no place, there must be none. */
static void judge_misplaced(struct hf_worker *worker, const struct hf_owner *owner)
{
	if (!hf_node_has(owner->node, KNOT_RRTYPE_NSEC))
		return;
	struct hf_where where = at_nsec(&owner->name);
	if (worker->facts->denial == HF_DENIED_BY_NSEC3)
		hf_found(&worker->finds, HF_CHECK_DENIAL_MIXED, &where,
		        "There is an NSEC record in a zone that uses NSEC3.");
	else
		hf_found(&worker->finds, HF_CHECK_NSEC_SUPERFLUOUS, &where,
		        "There is an NSEC record at a name that %s.",
		        owner->kind == HF_OWNER_HIDDEN ? "is below a delegation or a DNAME"
		                                       : "has no data");
}

void hf_nsec_judge(
        struct hf_worker *worker, const struct hf_owner *owner, const struct hf_node *before)
{
	if (owner->kind == HF_OWNER_FOREIGN)
		return;
	if (hf_node_has(owner->node, KNOT_RRTYPE_NSEC))
		worker->any_denial = true;
	if (worker->facts->key_count == 0)
		return;
	if (worker->facts->denial == HF_DENIED_BY_NSEC3 || !hf_owner_in_chain(owner)) {
		judge_misplaced(worker, owner);
		return;
	}
	judge_own(worker, owner);
	if (before != NULL)
		hf_nsec_judge_link(worker, owner, before);
}
