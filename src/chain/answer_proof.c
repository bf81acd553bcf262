/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chain/answer_proof.h"

#include <string.h>

#include "chain/denial_proof.h"

/* ---- Looking ---- */

static bool is_above(const struct hf_name *above, const struct hf_name *name)
{
	return hf_name_is_under(name, above) && !hf_name_equal(name, above);
}

static const struct hf_message_set *find(const struct hf_message *message, enum hf_section section,
        const struct hf_name *name, uint16_t type)
{
	const struct hf_message_set *set = hf_message_find(message, section, name, type);
	return set != NULL && set->set.rr_count > 0 ? set : NULL;
}

const struct hf_message_set *hf_answer_data(
        const struct hf_message *message, const struct hf_name *name, uint16_t type)
{
	const struct hf_message_set *set = find(message, HF_SECTION_ANSWER, name, type);
	if (set == NULL && type == KNOT_RRTYPE_DS)
		set = find(message, HF_SECTION_AUTHORITY, name, type);
	return set;
}

static const struct hf_message_set *dname_above(
        const struct hf_message *message, const struct hf_name *name)
{
	for (size_t i = 0; i < message->set_count; i++) {
		const struct hf_message_set *set = &message->sets[i];
		if (set->section == HF_SECTION_ANSWER && set->set.type == KNOT_RRTYPE_DNAME &&
		        set->set.rr_count > 0 && is_above(&set->owner, name))
			return set;
	}
	return NULL;
}

const struct hf_message_set *hf_answer_alias(
        const struct hf_message *message, const struct hf_name *name, uint16_t type)
{
	const struct hf_message_set *dname = dname_above(message, name);
	const struct hf_message_set *cname =
	        find(message, HF_SECTION_ANSWER, name, KNOT_RRTYPE_CNAME);
	if (dname != NULL && (cname == NULL || cname->set.sig_count == 0))
		return dname;
	return type != KNOT_RRTYPE_CNAME ? cname : NULL;
}

/* RFC 6672 section 2.2: the labels below the DNAME's owner move below its target. */
static bool substitute(const struct hf_name *owner, const struct hf_name *target,
        const struct hf_name *name, struct hf_name *ret_target)
{
	size_t kept = (size_t)name->len - owner->len;
	if (kept + target->len > HF_NAME_MAX)
		return false;
	struct hf_name made = {.len = (uint8_t)(kept + target->len)};
	memcpy(made.wire, name->wire, kept);
	memcpy(made.wire + kept, target->wire, target->len);
	*ret_target = made;
	return true;
}

bool hf_answer_target(
        const struct hf_message_set *alias, const struct hf_name *name, struct hf_name *ret_target)
{
	struct hf_rdata rdata;
	struct hf_cursor in;
	struct hf_name target;
	if (!hf_rrset_first(&alias->set, &rdata))
		return false;
	hf_cursor_init(&in, rdata.data, rdata.len);
	if (!hf_get_name(&in, &target))
		return false;
	if (alias->set.type == KNOT_RRTYPE_DNAME)
		return substitute(&alias->owner, &target, name, ret_target);
	*ret_target = target;
	return true;
}

static bool is_denial(const struct hf_message_set *set)
{
	uint16_t type = set->set.type;
	return set->section == HF_SECTION_AUTHORITY && set->set.rr_count > 0 &&
	       (type == KNOT_RRTYPE_SOA || type == KNOT_RRTYPE_NSEC || type == KNOT_RRTYPE_NSEC3);
}

bool hf_answer_has_denial(const struct hf_message *message)
{
	for (size_t i = 0; i < message->set_count; i++)
		if (is_denial(&message->sets[i]) && message->sets[i].set.type != KNOT_RRTYPE_SOA)
			return true;
	return false;
}

/* The best of a set's signers: `zone` itself, else the deepest below it that the name is under. */
static bool signer_of_set(const struct hf_rrset *set, const struct hf_name *zone,
        const struct hf_name *name, uint16_t type, struct hf_name *signer)
{
	bool found = false;
	struct hf_rdata_walk walk = hf_rrset_sigs(set);
	struct hf_rdata rdata;
	struct hf_rrsig rrsig;
	while (hf_rdata_next(&walk, &rdata)) {
		if (!hf_rrsig_read(rdata, &rrsig) || !hf_name_is_under(&rrsig.signer, zone) ||
		        !hf_name_is_under(name, &rrsig.signer))
			continue;
		/* DS records are the parent's. */
		if (type == KNOT_RRTYPE_DS && hf_name_equal(&rrsig.signer, name) && name->len > 1)
			continue;
		bool is_zone = hf_name_equal(&rrsig.signer, zone);
		if (is_zone || !found || rrsig.signer.len > signer->len)
			*signer = rrsig.signer;
		found = true;
		if (is_zone)
			break;
	}
	return found;
}

bool hf_answer_signer(const struct hf_message *message, const struct hf_name *zone,
        const struct hf_name *name, uint16_t type, struct hf_name *ret_signer)
{
	const struct hf_message_set *set = hf_answer_data(message, name, type);
	struct hf_name signer;
	if (set == NULL)
		set = hf_answer_alias(message, name, type);
	if (set != NULL) {
		if (!signer_of_set(&set->set, zone, name, type, &signer))
			return false;
		*ret_signer = signer;
		return true;
	}
	for (size_t i = 0; i < message->set_count; i++) {
		if (is_denial(&message->sets[i]) &&
		        signer_of_set(&message->sets[i].set, zone, name, type, &signer)) {
			*ret_signer = signer;
			return true;
		}
	}
	return false;
}

/* Whether it answers the question at all, by records, an alias, or an SOA record. */
static bool is_final(const struct hf_message *message, const struct hf_name *name, uint16_t type)
{
	if (find(message, HF_SECTION_ANSWER, name, type) != NULL ||
	        hf_answer_alias(message, name, type) != NULL)
		return true;
	for (size_t i = 0; i < message->set_count; i++) {
		const struct hf_message_set *set = &message->sets[i];
		if (is_denial(set) && set->set.type == KNOT_RRTYPE_SOA)
			return true;
	}
	return false;
}

bool hf_answer_referral(const struct hf_message *message, const struct hf_name *zone,
        const struct hf_name *name, uint16_t type, struct hf_name *ret_cut)
{
	if (is_final(message, name, type) || message->rcode != HF_RCODE_NOERROR)
		return false;
	for (size_t i = 0; i < message->set_count; i++) {
		const struct hf_message_set *set = &message->sets[i];
		bool at_cut = type == KNOT_RRTYPE_DS && hf_name_equal(&set->owner, name);
		if (set->section == HF_SECTION_AUTHORITY && set->set.type == KNOT_RRTYPE_NS &&
		        set->set.rr_count > 0 && is_above(zone, &set->owner) &&
		        hf_name_is_under(name, &set->owner) && !at_cut) {
			*ret_cut = set->owner;
			return true;
		}
	}
	return false;
}

bool hf_answer_is_lame(const struct hf_message *message, const struct hf_name *name, uint16_t type)
{
	bool servers = false;
	for (size_t i = 0; i < message->set_count; i++)
		servers |= message->sets[i].section == HF_SECTION_AUTHORITY &&
		           message->sets[i].set.type == KNOT_RRTYPE_NS;
	return servers && message->rcode == HF_RCODE_NOERROR && !is_final(message, name, type) &&
	       hf_answer_data(message, name, type) == NULL && !hf_answer_has_denial(message);
}

/* ---- Proving ---- */

static enum hf_err prove(
        const struct hf_answer *answer, const struct hf_message_set *set, struct hf_setproof *proof)
{
	return hf_set_prove(answer->ring, answer->effort, answer->link, HF_SETPROOF_DATA,
	        &set->owner, &set->set, proof);
}

/* Whether a denial set speaks for the zone: one signed by a zone below it does not. */
static bool is_of_zone(const struct hf_message_set *set, const struct hf_name *zone)
{
	struct hf_name signer;
	return hf_name_is_under(&set->owner, zone) &&
	       (!signer_of_set(&set->set, zone, &set->owner, set->set.type, &signer) ||
	               hf_name_equal(&signer, zone));
}

/* Proves all denial records and the SOA; the fault is the first that cannot be proven. */
static enum hf_err collect(
        const struct hf_answer *answer, struct hf_denial_proof *denial, struct hf_fault *ret_fault)
{
	struct hf_fault fault = {.cause = HF_CAUSE_NONE};
	hf_denial_init(denial, &answer->ring->zone, answer->effort);
	for (size_t i = 0; i < answer->message->set_count; i++) {
		const struct hf_message_set *set = &answer->message->sets[i];
		struct hf_setproof proof;
		if (!is_denial(set) || !is_of_zone(set, &answer->ring->zone))
			continue;
		enum hf_err err = prove(answer, set, &proof);
		if (err != HF_OK)
			return err;
		/* A denial record that a wildcard made says nothing about its owner. */
		if (proof.fault.cause == HF_CAUSE_NONE && !proof.expanded)
			hf_denial_add(denial, &set->owner, &set->set);
		else if (fault.cause == HF_CAUSE_NONE)
			fault = proof.fault;
	}
	*ret_fault = fault;
	return HF_OK;
}

static struct hf_fault fault_of(
        const struct hf_answer *answer, const struct hf_denial_verdict *denied)
{
	return (struct hf_fault){
	        .cause = denied->cause,
	        .zone = answer->ring->zone,
	        .owner = answer->name,
	        .type = answer->type,
	        .number = denied->number,
	};
}

/* A proven set that came from a wildcard: the name itself must not be there. */
static enum hf_err prove_expansion(const struct hf_answer *answer, const struct hf_message_set *set,
        const struct hf_setproof *proof, struct hf_answer_verdict *verdict)
{
	struct hf_denial_proof denial;
	struct hf_denial_verdict denied;
	struct hf_fault fault;
	enum hf_err err = collect(answer, &denial, &fault);
	if (err == HF_OK)
		err = hf_denial_judge_expansion(&denial, &set->owner, proof->labels, &denied);
	if (err != HF_OK)
		return err;
	if (denied.denied != HF_DENIED_NOT) {
		verdict->fault = fault_of(answer, &denied);
		return HF_OK;
	}
	verdict->kind = HF_ANSWER_FAULT;
	verdict->fault = fault.cause != HF_CAUSE_NONE ? fault : fault_of(answer, &denied);
	return HF_OK;
}

static enum hf_err prove_set(const struct hf_answer *answer, const struct hf_message_set *set,
        enum hf_answer_kind kind, struct hf_answer_verdict *verdict)
{
	struct hf_setproof proof;
	enum hf_err err = prove(answer, set, &proof);
	if (err != HF_OK)
		return err;
	*verdict = (struct hf_answer_verdict){
	        .kind = kind, .set = set, .ttl = proof.ttl, .rcode = HF_RCODE_NOERROR};
	if (proof.fault.cause != HF_CAUSE_NONE) {
		verdict->kind = HF_ANSWER_FAULT;
		verdict->fault = proof.fault;
		return HF_OK;
	}
	return proof.expanded ? prove_expansion(answer, set, &proof, verdict) : HF_OK;
}

static enum hf_err prove_alias(const struct hf_answer *answer, const struct hf_message_set *alias,
        struct hf_answer_verdict *verdict)
{
	const struct hf_message_set *cname =
	        find(answer->message, HF_SECTION_ANSWER, &answer->name, KNOT_RRTYPE_CNAME);
	struct hf_name target;
	enum hf_err err = prove_set(answer, alias, HF_ANSWER_ALIAS, verdict);
	if (err != HF_OK || verdict->kind == HF_ANSWER_FAULT)
		return err;
	if (!hf_answer_target(alias, &answer->name, &verdict->target)) {
		verdict->kind = HF_ANSWER_DENIED;
		verdict->rcode = HF_RCODE_YXDOMAIN;
	} else if (cname != NULL && hf_answer_target(cname, &answer->name, &target)) {
		verdict->cname_differs = !hf_name_equal(&target, &verdict->target);
	}
	return HF_OK;
}

static enum hf_err prove_denial(const struct hf_answer *answer, struct hf_answer_verdict *verdict)
{
	struct hf_denial_proof denial;
	struct hf_denial_verdict denied;
	struct hf_fault fault;
	enum hf_err err = collect(answer, &denial, &fault);
	if (err == HF_OK)
		err = hf_denial_judge(&denial, &answer->name, answer->type, &denied);
	if (err != HF_OK)
		return err;
	*verdict = (struct hf_answer_verdict){.kind = HF_ANSWER_DENIED,
	        .fault = fault_of(answer, &denied),
	        .rcode = denied.denied == HF_DENIED_NAME ? HF_RCODE_NXDOMAIN : HF_RCODE_NOERROR,
	        .delegation = denied.delegation};
	/* In a span of opt-out there may be a name that is not listed. */
	if (denied.denied == HF_DENIED_MAYBE || denied.cause == HF_CAUSE_OPT_OUT)
		verdict->rcode = answer->message->rcode;
	if (fault.cause != HF_CAUSE_NONE)
		verdict->fault = fault;
	if (fault.cause != HF_CAUSE_NONE || denied.denied == HF_DENIED_NOT)
		verdict->kind = HF_ANSWER_FAULT;
	return HF_OK;
}

enum hf_err hf_answer_prove(const struct hf_answer *answer, struct hf_answer_verdict *ret_verdict)
{
	struct hf_answer_verdict verdict = {.kind = HF_ANSWER_FAULT};
	const struct hf_message_set *data =
	        hf_answer_data(answer->message, &answer->name, answer->type);
	const struct hf_message_set *alias =
	        hf_answer_alias(answer->message, &answer->name, answer->type);
	enum hf_err err;
	if (data != NULL)
		err = prove_set(answer, data, HF_ANSWER_DATA, &verdict);
	else if (alias != NULL)
		err = prove_alias(answer, alias, &verdict);
	else
		err = prove_denial(answer, &verdict);
	if (err == HF_OK)
		*ret_verdict = verdict;
	return err;
}
