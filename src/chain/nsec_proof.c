/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chain/denial_proof.h"

static const struct hf_denial_record *match(
        const struct hf_denial_proof *denial, const struct hf_name *name)
{
	for (size_t i = 0; i < denial->nsec_count; i++)
		if (hf_name_equal(&denial->nsec[i].owner, name))
			return &denial->nsec[i];
	return NULL;
}

/* Whether the name is in the gap behind the record; the last record's leads back to the apex. */
static bool spans(const struct hf_denial_proof *denial, const struct hf_denial_record *record,
        const struct hf_name *name)
{
	if (hf_name_cmp(&record->owner, name) >= 0)
		return false;
	return hf_name_equal(&record->next, denial->zone) || hf_name_cmp(name, &record->next) < 0;
}

static const struct hf_denial_record *cover(
        const struct hf_denial_proof *denial, const struct hf_name *name)
{
	for (size_t i = 0; i < denial->nsec_count; i++)
		if (spans(denial, &denial->nsec[i], name))
			return &denial->nsec[i];
	return NULL;
}

/* Whether what is below the record's owner is not this zone's to deny. */
static bool hides(const struct hf_denial_record *record, const struct hf_name *name)
{
	return hf_name_is_under(name, &record->owner) && !hf_name_equal(name, &record->owner) &&
	       (hf_denial_is_cut(record) || hf_denial_has(record, KNOT_RRTYPE_DNAME));
}

/* Labels that two names have in common, from the root's side. */
static unsigned common(const struct hf_name *a, const struct hf_name *b)
{
	unsigned labels = hf_name_labels(a);
	struct hf_name above = *a;
	while (!hf_name_is_under(b, &above)) {
		hf_name_strip(&above, 1, &above);
		labels--;
	}
	return labels;
}

/* Labels of the closest ancestor of the name that exists: it is one of a neighbour of the gap. */
static unsigned encloser(const struct hf_denial_record *record, const struct hf_name *name)
{
	unsigned before = common(name, &record->owner), behind = common(name, &record->next);
	return before > behind ? before : behind;
}

/* The name does not exist: what stands for it is the wildcard at its closest encloser. */
static struct hf_denial_verdict judge_wildcard(const struct hf_denial_proof *denial,
        const struct hf_denial_record *gap, const struct hf_name *name, uint16_t type)
{
	struct hf_denial_verdict open = {.denied = HF_DENIED_NOT, .cause = HF_CAUSE_WILDCARD_OPEN};
	struct hf_name wildcard;
	hf_name_strip(name, hf_name_labels(name) - encloser(gap, name), &wildcard);
	/* A wildcard that is too long for a name cannot exist. */
	if (hf_name_wildcard(&wildcard, &wildcard) != HF_OK)
		return (struct hf_denial_verdict){.denied = HF_DENIED_NAME};
	const struct hf_denial_record *record = match(denial, &wildcard);
	if (record != NULL)
		return hf_denial_of_match(record, true, name, type);
	record = cover(denial, &wildcard);
	if (record == NULL)
		return open;
	if (hf_name_is_under(&record->next, &wildcard)) /* it exists without any records */
		return (struct hf_denial_verdict){.denied = HF_DENIED_TYPE};
	return (struct hf_denial_verdict){.denied = HF_DENIED_NAME};
}

struct hf_denial_verdict hf_nsec_judge_denial(
        const struct hf_denial_proof *denial, const struct hf_name *name, uint16_t type)
{
	const struct hf_denial_record *record = match(denial, name);
	if (record != NULL)
		return hf_denial_of_match(record, false, name, type);
	record = cover(denial, name);
	if (record == NULL)
		return (struct hf_denial_verdict){
		        .denied = HF_DENIED_NOT, .cause = HF_CAUSE_NOT_COVERED};
	if (hides(record, name))
		return (struct hf_denial_verdict){
		        .denied = HF_DENIED_NOT, .cause = HF_CAUSE_DENIAL_SIDE};
	if (hf_name_is_under(&record->next, name)) /* an empty non-terminal */
		return (struct hf_denial_verdict){.denied = HF_DENIED_TYPE};
	return judge_wildcard(denial, record, name, type);
}

struct hf_denial_verdict hf_nsec_judge_expansion(
        const struct hf_denial_proof *denial, const struct hf_name *name, unsigned labels)
{
	const struct hf_denial_record *record = cover(denial, name);
	bool proven = record != NULL && !hides(record, name) &&
	              !hf_name_is_under(&record->next, name) && encloser(record, name) == labels;
	return (struct hf_denial_verdict){.denied = proven ? HF_DENIED_NAME : HF_DENIED_NOT,
	        .cause = proven ? HF_CAUSE_NONE : HF_CAUSE_WILDCARD_EXPANSION};
}
