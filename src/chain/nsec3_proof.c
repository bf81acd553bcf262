/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chain/denial_proof.h"

#include <string.h>

/* A search on its way: the hash of one name after the other. */
struct search {
	const struct hf_denial_proof *denial;
	uint8_t hash[HF_NSEC3_HASH_LEN]; /* of the last name that was looked for */
	bool exhausted;                  /* no more hashes may be made */
};

static enum hf_err hash_name(struct search *search, const struct hf_name *name)
{
	struct hf_effort *effort = search->denial->effort;
	if (effort->hashes >= effort->most.hashes) {
		search->exhausted = true;
		return HF_OK;
	}
	effort->hashes++;
	if (effort->hasher == NULL) {
		enum hf_err err = hf_nsec3_hasher_new(&effort->hasher);
		if (err != HF_OK)
			return err;
	}
	return hf_nsec3_hash(effort->hasher, &search->denial->params, name, search->hash);
}

/* The record that matches the last hash; NULL without one. */
static const struct hf_denial_record *match(const struct search *search)
{
	const struct hf_denial_proof *denial = search->denial;
	for (size_t i = 0; i < denial->nsec3_count && !search->exhausted; i++)
		if (memcmp(denial->nsec3[i].hash, search->hash, HF_NSEC3_HASH_LEN) == 0)
			return &denial->nsec3[i];
	return NULL;
}

static bool spans(const struct hf_denial_record *record, const uint8_t *hash)
{
	bool behind = memcmp(record->hash, hash, HF_NSEC3_HASH_LEN) < 0;
	bool before = memcmp(hash, record->next_hash, HF_NSEC3_HASH_LEN) < 0;
	bool last = memcmp(record->hash, record->next_hash, HF_NSEC3_HASH_LEN) >= 0;
	return last ? (behind || before) && memcmp(record->hash, hash, HF_NSEC3_HASH_LEN) != 0
	            : behind && before;
}

static const struct hf_denial_record *cover(const struct search *search)
{
	const struct hf_denial_proof *denial = search->denial;
	for (size_t i = 0; i < denial->nsec3_count && !search->exhausted; i++)
		if (spans(&denial->nsec3[i], search->hash))
			return &denial->nsec3[i];
	return NULL;
}

static struct hf_denial_verdict not_proven(const struct search *search, enum hf_cause cause)
{
	struct hf_denial_verdict verdict = {.denied = HF_DENIED_NOT, .cause = cause};
	if (search->exhausted) {
		verdict.cause = HF_CAUSE_MANY_HASHES;
		verdict.number = search->denial->effort->most.hashes;
	}
	return verdict;
}

/*
 * The closest ancestor of the name that a record matches (RFC 5155 section 8.3), the name itself
 * included. `*ret_record` is NULL when there is none.
 */
static enum hf_err find_encloser(struct search *search, const struct hf_name *name,
        unsigned *ret_labels, const struct hf_denial_record **ret_record)
{
	unsigned labels = hf_name_labels(name), least = hf_name_labels(search->denial->zone);
	struct hf_name above = *name;
	*ret_record = NULL;
	for (;; labels--) {
		enum hf_err err = hash_name(search, &above);
		if (err != HF_OK)
			return err;
		*ret_record = match(search);
		*ret_labels = labels;
		if (*ret_record != NULL || labels <= least || search->exhausted)
			return HF_OK;
		hf_name_strip(&above, 1, &above);
	}
}

/* The record that covers the ancestor of the name with this many labels. */
static enum hf_err find_cover(struct search *search, const struct hf_name *name, unsigned labels,
        const struct hf_denial_record **ret_record)
{
	struct hf_name closer;
	hf_name_strip(name, hf_name_labels(name) - labels, &closer);
	enum hf_err err = hash_name(search, &closer);
	if (err == HF_OK)
		*ret_record = cover(search);
	return err;
}

/* In a span of opt-out the proof stands, and is worth no more than none (RFC 5155 section 9.2). */
static struct hf_denial_verdict weaken(
        struct hf_denial_verdict verdict, const struct hf_denial_record *closer)
{
	if (!closer->opt_out || verdict.cause == HF_CAUSE_MANY_HASHES ||
	        verdict.cause == HF_CAUSE_TYPE_EXISTS)
		return verdict;
	if (verdict.denied == HF_DENIED_NOT)
		verdict.denied = HF_DENIED_MAYBE;
	verdict.cause = HF_CAUSE_OPT_OUT;
	return verdict;
}

/* The name does not exist: what stands for it is the wildcard at its closest encloser. */
static enum hf_err judge_wildcard(struct search *search, const struct hf_name *name, uint16_t type,
        unsigned labels, struct hf_denial_verdict *ret_verdict)
{
	struct hf_name wildcard;
	hf_name_strip(name, hf_name_labels(name) - labels, &wildcard);
	if (hf_name_wildcard(&wildcard, &wildcard) != HF_OK) {
		*ret_verdict = (struct hf_denial_verdict){.denied = HF_DENIED_NAME};
		return HF_OK;
	}
	enum hf_err err = hash_name(search, &wildcard);
	if (err != HF_OK)
		return err;
	const struct hf_denial_record *record = match(search);
	if (record != NULL)
		*ret_verdict = hf_denial_of_match(record, true, name, type);
	else if (cover(search) != NULL)
		*ret_verdict = (struct hf_denial_verdict){.denied = HF_DENIED_NAME};
	else
		*ret_verdict = not_proven(search, HF_CAUSE_WILDCARD_OPEN);
	return HF_OK;
}

/* The closest encloser is proven, the name below it is not there. */
static enum hf_err judge_below(struct search *search, const struct hf_denial_record *record,
        unsigned labels, const struct hf_name *name, uint16_t type,
        struct hf_denial_verdict *ret_verdict)
{
	const struct hf_denial_record *closer;
	struct hf_denial_verdict verdict;
	if (hf_denial_is_cut(record) || hf_denial_has(record, KNOT_RRTYPE_DNAME)) {
		*ret_verdict = not_proven(search, HF_CAUSE_DENIAL_SIDE);
		return HF_OK;
	}
	enum hf_err err = find_cover(search, name, labels + 1, &closer);
	if (err != HF_OK)
		return err;
	if (closer == NULL) {
		*ret_verdict = not_proven(search, HF_CAUSE_NOT_COVERED);
		return HF_OK;
	}
	err = judge_wildcard(search, name, type, labels, &verdict);
	if (err == HF_OK)
		*ret_verdict = weaken(verdict, closer);
	return err;
}

enum hf_err hf_nsec3_judge(const struct hf_denial_proof *denial, const struct hf_name *name,
        uint16_t type, struct hf_denial_verdict *ret_verdict)
{
	struct search search = {.denial = denial};
	const struct hf_denial_record *record;
	unsigned labels;
	enum hf_err err = find_encloser(&search, name, &labels, &record);
	if (err != HF_OK)
		return err;
	if (record == NULL)
		*ret_verdict = not_proven(&search, HF_CAUSE_NO_ENCLOSER);
	else if (labels == hf_name_labels(name))
		*ret_verdict = hf_denial_of_match(record, false, name, type);
	else
		return judge_below(&search, record, labels, name, type, ret_verdict);
	return HF_OK;
}

enum hf_err hf_nsec3_judge_expansion(const struct hf_denial_proof *denial,
        const struct hf_name *name, unsigned labels, struct hf_denial_verdict *ret_verdict)
{
	struct search search = {.denial = denial};
	const struct hf_denial_record *closer;
	enum hf_err err = find_cover(&search, name, labels + 1, &closer);
	if (err != HF_OK)
		return err;
	if (closer == NULL)
		*ret_verdict = not_proven(&search, HF_CAUSE_WILDCARD_EXPANSION);
	else
		*ret_verdict = (struct hf_denial_verdict){
		        .denied = closer->opt_out ? HF_DENIED_MAYBE : HF_DENIED_NAME,
		        .cause = closer->opt_out ? HF_CAUSE_OPT_OUT : HF_CAUSE_NONE};
	return HF_OK;
}
