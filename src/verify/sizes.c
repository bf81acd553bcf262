/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A forecast of the largest answers, against the size that UDP carries everywhere (1232 bytes). */
#include "verify/zonecheck.h"

#define UDP_MAX   1232
#define TCP_MAX   65535
#define HEADER    12
#define QUESTION  4 /* beside the name */
#define OPT       11
#define RR_FIXED  10 /* type, class, TTL, length */
#define POINTER   2  /* a compressed owner */
#define QNAME_ADD 16 /* a label that a client may ask for */

/* A set with its signatures; `owner_len` bytes for each owner. */
static size_t set_size(const struct hf_rrset *set, size_t owner_len)
{
	/* The packed form has two bytes of length a record, which RR_FIXED has too. */
	return set->rrs_len + set->sigs_len +
	       (size_t)(set->rr_count + set->sig_count) * (owner_len + RR_FIXED - 2);
}

/* An owner's bytes when the zone's name in it is compressed. */
static size_t owner_size(const struct hf_worker *worker, const struct hf_name *owner)
{
	return (size_t)(owner->len - worker->facts->apex->len) + POINTER;
}

/* An answer that fits into no message reaches nobody. */
static void judge_message(
        struct hf_worker *worker, const struct hf_owner *owner, const struct hf_rrset *set)
{
	size_t size = HEADER + owner->name.len + QUESTION + OPT + set_size(set, POINTER);
	if (size <= TCP_MAX)
		return;
	struct hf_where where = {.owner = &owner->name, .type = set->type, .tag = HF_NO_TAG};
	char type[HF_TYPE_TEXT];
	hf_found(&worker->finds, HF_CHECK_SIZE_MESSAGE, &where,
	        "The answer with the %s set takes %zu bytes, more than any DNS message has.",
	        hf_type_text(set->type, type), size);
}

void hf_sizes_note(
        struct hf_worker *worker, const struct hf_owner *owner, const struct hf_rrset *set)
{
	struct hf_sizes *sizes = &worker->sizes;
	judge_message(worker, owner, set);
	if (set->type == KNOT_RRTYPE_NSEC || set->type == KNOT_RRTYPE_NSEC3) {
		size_t size = set_size(set, owner_size(worker, &owner->name));
		if (size > sizes->denial)
			sizes->denial = size;
		return;
	}
	if (!hf_name_is_wildcard(&owner->name))
		return;
	size_t size = set_size(set, POINTER);
	if (size <= sizes->wildcard)
		return;
	sizes->wildcard = size;
	sizes->wildcard_owner = owner->name;
	sizes->wildcard_type = set->type;
}

static size_t apex_set_size(const struct hf_worker *worker, uint16_t type)
{
	const struct hf_node *apex = hf_version_apex_node(worker->facts->version);
	struct hf_rrset set;
	/* The root's own name is shorter than a pointer to it. */
	size_t owner_len = worker->facts->apex->len < POINTER ? 1 : POINTER;
	return apex != NULL && hf_node_find(apex, type, &set) ? set_size(&set, owner_len) : 0;
}

static void judge(struct hf_worker *worker, enum hf_check_id check, const struct hf_where *where,
        const char *what, size_t size)
{
	if (size > UDP_MAX)
		hf_found(&worker->finds, check, where, "%s takes up to %zu bytes, more than %d.",
		        what, size, UDP_MAX);
}

void hf_sizes_judge(struct hf_worker *worker)
{
	const struct hf_facts *facts = worker->facts;
	size_t base = HEADER + facts->apex->len + QUESTION + OPT;
	struct hf_where where = hf_facts_apex(facts, KNOT_RRTYPE_DNSKEY);
	judge(worker, HF_CHECK_SIZE_DNSKEY, &where, "The answer with the DNSKEY set",
	        base + apex_set_size(worker, KNOT_RRTYPE_DNSKEY));

	/* NSEC: the name and the wildcard; NSEC3: the closest encloser too (RFC 5155 section 7.2).
	 */
	unsigned records = facts->denial == HF_DENIED_BY_NSEC3 ? 3 : 2;
	size_t denial = base + QNAME_ADD + apex_set_size(worker, KNOT_RRTYPE_SOA) +
	                records * worker->sizes.denial;
	where.type = facts->denial == HF_DENIED_BY_NSEC3 ? KNOT_RRTYPE_NSEC3 : KNOT_RRTYPE_NSEC;
	judge(worker, HF_CHECK_SIZE_NXDOMAIN, &where, "The denial of a name", denial);

	if (worker->sizes.wildcard == 0)
		return;
	where.owner = &worker->sizes.wildcard_owner;
	where.type = worker->sizes.wildcard_type;
	judge(worker, HF_CHECK_SIZE_WILDCARD, &where, "An answer from the wildcard",
	        base + QNAME_ADD + worker->sizes.wildcard + worker->sizes.denial);
}
