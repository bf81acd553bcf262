/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chain/denial_proof.h"

#include <string.h>

#include "dns/bitmap.h"

void hf_denial_init(
        struct hf_denial_proof *denial, const struct hf_name *zone, struct hf_effort *effort)
{
	*denial = (struct hf_denial_proof){.zone = zone, .effort = effort};
}

static void add_nsec(
        struct hf_denial_proof *denial, const struct hf_name *owner, const struct hf_rrset *set)
{
	struct hf_rdata rdata;
	struct hf_nsec nsec;
	if (denial->nsec_count == HF_DENIAL_RECORDS || !hf_rrset_first(set, &rdata) ||
	        !hf_nsec_read(rdata, &nsec) || !hf_name_is_under(&nsec.next, denial->zone))
		return;
	denial->nsec[denial->nsec_count++] = (struct hf_denial_record){
	        .owner = *owner,
	        .next = nsec.next,
	        .bitmap = nsec.bitmap,
	        .bitmap_len = nsec.bitmap_len,
	};
}

static bool same_params(const struct hf_nsec3_params *a, const struct hf_nsec3_params *b)
{
	return a->algorithm == b->algorithm && a->iterations == b->iterations &&
	       a->salt_len == b->salt_len && memcmp(a->salt, b->salt, a->salt_len) == 0;
}

/* RFC 5155 section 8: unknown algorithms and flags, and other parameters, are passed over. */
static bool usable(struct hf_denial_proof *denial, const struct hf_nsec3 *nsec3)
{
	if (nsec3->params.algorithm != HF_NSEC3_HASH_SHA1 ||
	        (nsec3->params.flags & ~HF_NSEC3_OPT_OUT) != 0 ||
	        nsec3->next_len != HF_NSEC3_HASH_LEN)
		return false;
	if (nsec3->params.iterations > denial->effort->most.iterations) {
		denial->too_costly = true;
		denial->params = nsec3->params;
		return false;
	}
	return denial->nsec3_count == 0 || same_params(&denial->params, &nsec3->params);
}

static void add_nsec3(
        struct hf_denial_proof *denial, const struct hf_name *owner, const struct hf_rrset *set)
{
	struct hf_rdata rdata;
	struct hf_nsec3 nsec3;
	struct hf_name parent;
	size_t len;
	if (denial->nsec3_count == HF_DENIAL_RECORDS || !hf_rrset_first(set, &rdata) ||
	        !hf_nsec3_read(rdata, &nsec3))
		return;
	struct hf_denial_record record = {
	        .owner = *owner,
	        .next_hash = nsec3.next,
	        .opt_out = (nsec3.params.flags & HF_NSEC3_OPT_OUT) != 0,
	        .bitmap = nsec3.bitmap,
	        .bitmap_len = nsec3.bitmap_len,
	};
	hf_name_strip(owner, 1, &parent);
	if (owner->wire[0] != HF_NSEC3_LABEL || !hf_name_equal(&parent, denial->zone) ||
	        !hf_nsec3_unlabel(owner->wire + 1, HF_NSEC3_LABEL, record.hash, &len) ||
	        !usable(denial, &nsec3))
		return;
	denial->params = nsec3.params;
	denial->nsec3[denial->nsec3_count++] = record;
}

void hf_denial_add(
        struct hf_denial_proof *denial, const struct hf_name *owner, const struct hf_rrset *set)
{
	if (!hf_name_is_under(owner, denial->zone))
		return;
	if (set->type == KNOT_RRTYPE_NSEC)
		add_nsec(denial, owner, set);
	else if (set->type == KNOT_RRTYPE_NSEC3)
		add_nsec3(denial, owner, set);
}

bool hf_denial_has(const struct hf_denial_record *record, uint16_t type)
{
	return hf_bitmap_has(record->bitmap, record->bitmap_len, type);
}

bool hf_denial_is_cut(const struct hf_denial_record *record)
{
	return hf_denial_has(record, KNOT_RRTYPE_NS) && !hf_denial_has(record, KNOT_RRTYPE_SOA);
}

struct hf_denial_verdict hf_denial_of_match(const struct hf_denial_record *record, bool wildcard,
        const struct hf_name *name, uint16_t type)
{
	bool cut = hf_denial_is_cut(record), ds = type == KNOT_RRTYPE_DS;
	struct hf_denial_verdict verdict = {.denied = HF_DENIED_NOT};
	/* RFC 6840 section 4.1: of a cut the parent knows the DS set, the child everything else. */
	bool side = ds ? hf_denial_has(record, KNOT_RRTYPE_SOA) && name->len > 1 : cut;
	if (side && !wildcard)
		verdict.cause = HF_CAUSE_DENIAL_SIDE;
	else if (hf_denial_has(record, type) || hf_denial_has(record, KNOT_RRTYPE_CNAME))
		verdict.cause = HF_CAUSE_TYPE_EXISTS;
	else
		verdict = (struct hf_denial_verdict){
		        .denied = HF_DENIED_TYPE, .delegation = cut && !wildcard};
	return verdict;
}

/* Without a record of either kind that can be used. */
static struct hf_denial_verdict no_records(const struct hf_denial_proof *denial)
{
	if (denial->too_costly)
		return (struct hf_denial_verdict){.denied = HF_DENIED_MAYBE,
		        .cause = HF_CAUSE_ITERATIONS,
		        .number = denial->params.iterations};
	return (struct hf_denial_verdict){.denied = HF_DENIED_NOT, .cause = HF_CAUSE_NO_DENIAL};
}

enum hf_err hf_denial_judge(const struct hf_denial_proof *denial, const struct hf_name *name,
        uint16_t type, struct hf_denial_verdict *ret_verdict)
{
	struct hf_denial_verdict verdict = no_records(denial);
	enum hf_err err = HF_OK;
	if (denial->nsec_count > 0)
		verdict = hf_nsec_judge_denial(denial, name, type);
	if (verdict.denied == HF_DENIED_NOT && denial->nsec3_count > 0)
		err = hf_nsec3_judge(denial, name, type, &verdict);
	if (err == HF_OK)
		*ret_verdict = verdict;
	return err;
}

enum hf_err hf_denial_judge_expansion(const struct hf_denial_proof *denial,
        const struct hf_name *name, unsigned labels, struct hf_denial_verdict *ret_verdict)
{
	struct hf_denial_verdict verdict = no_records(denial);
	enum hf_err err = HF_OK;
	if (denial->nsec_count > 0)
		verdict = hf_nsec_judge_expansion(denial, name, labels);
	if (verdict.denied == HF_DENIED_NOT && denial->nsec3_count > 0)
		err = hf_nsec3_judge_expansion(denial, name, labels, &verdict);
	if (verdict.denied == HF_DENIED_NOT && verdict.cause != HF_CAUSE_MANY_HASHES)
		verdict.cause = HF_CAUSE_WILDCARD_EXPANSION;
	if (err == HF_OK)
		*ret_verdict = verdict;
	return err;
}
