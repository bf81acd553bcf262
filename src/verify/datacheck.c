/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "verify/zonecheck.h"

#define CNAME_STEPS 32 /* a chain of aliases is followed this far */

static struct hf_where at_set(const struct hf_owner *owner, uint16_t type)
{
	return (struct hf_where){.owner = &owner->name, .type = type, .tag = HF_NO_TAG};
}

static void ignore_name(void *context, uint8_t *wire, size_t len)
{
	(void)context;
	(void)wire;
	(void)len;
}

static bool reads_by_own(uint16_t type, struct hf_rdata rdata)
{
	struct hf_dnskey dnskey;
	struct hf_ds ds;
	struct hf_soa soa;
	struct hf_nsec3_params params;
	struct hf_zonemd zonemd;
	switch (type) {
	case KNOT_RRTYPE_A:
		return rdata.len == 4;
	case KNOT_RRTYPE_AAAA:
		return rdata.len == 16;
	case KNOT_RRTYPE_DNSKEY:
	case KNOT_RRTYPE_CDNSKEY:
		return hf_dnskey_read(rdata, &dnskey);
	case KNOT_RRTYPE_DS:
	case KNOT_RRTYPE_CDS:
		return hf_ds_read(rdata, &ds);
	case KNOT_RRTYPE_SOA:
		return hf_soa_read(rdata, &soa);
	case KNOT_RRTYPE_NSEC3PARAM:
		return hf_nsec3param_read(rdata, &params);
	case KNOT_RRTYPE_ZONEMD:
		return hf_zonemd_read(rdata, &zonemd);
	default:
		/* The visit changes nothing, so the bytes are safe. */
		return hf_rdata_names(
		        type, (uint8_t *)(uintptr_t)rdata.data, rdata.len, ignore_name, NULL);
	}
}

static void judge_form(
        struct hf_worker *worker, const struct hf_owner *owner, const struct hf_rrset *set)
{
	/* The denial parts say more about their own. */
	if (set->type == KNOT_RRTYPE_NSEC || set->type == KNOT_RRTYPE_NSEC3)
		return;
	char type[HF_TYPE_TEXT];
	struct hf_where where = at_set(owner, set->type);
	struct hf_rdata_walk walk = hf_rrset_rrs(set);
	struct hf_rdata rdata;
	while (hf_rdata_next(&walk, &rdata)) {
		if (reads_by_own(set->type, rdata))
			continue;
		hf_found(&worker->finds, HF_CHECK_RDATA_MALFORMED, &where,
		        "A record of %u bytes is no valid %s record.", rdata.len,
		        hf_type_text(set->type, type));
		return;
	}
}

static bool is_apex_only(uint16_t type)
{
	switch (type) {
	case KNOT_RRTYPE_SOA:
	case KNOT_RRTYPE_DNSKEY:
	case KNOT_RRTYPE_CDS:
	case KNOT_RRTYPE_CDNSKEY:
	case KNOT_RRTYPE_NSEC3PARAM:
	case KNOT_RRTYPE_ZONEMD:
		return true;
	default:
		return false;
	}
}

static bool is_apex(const struct hf_worker *worker, const struct hf_owner *owner)
{
	return owner->name.len == worker->facts->apex->len;
}

static void judge_place(
        struct hf_worker *worker, const struct hf_owner *owner, const struct hf_rrset *set)
{
	struct hf_finds *finds = &worker->finds;
	struct hf_where where = at_set(owner, set->type);
	char type[HF_TYPE_TEXT];
	bool apex = is_apex(worker, owner);
	if (!apex && is_apex_only(set->type) && owner->kind != HF_OWNER_HIDDEN)
		hf_found(finds, HF_CHECK_APEX_ONLY, &where,
		        "There is a %s set, which belongs to the apex only.",
		        hf_type_text(set->type, type));
	if (hf_type_is_meta(set->type))
		hf_found(finds, HF_CHECK_META_TYPE, &where,
		        "There is a record of type %s, which no zone can hold.",
		        hf_type_text(set->type, type));
	if (set->type == KNOT_RRTYPE_DS && apex)
		hf_found(finds, HF_CHECK_DS_AT_APEX, &where,
		        "There is a DS set at the zone's own apex.");
	else if (set->type == KNOT_RRTYPE_DS && owner->kind == HF_OWNER_DATA)
		hf_found(finds, HF_CHECK_DS_WITHOUT_NS, &where,
		        "There is a DS set, but no NS set, so there is no delegation.");
	bool delegates = set->type == KNOT_RRTYPE_NS || set->type == KNOT_RRTYPE_DS ||
	                 set->type == KNOT_RRTYPE_DNAME;
	if (delegates && hf_name_is_wildcard(&owner->name))
		hf_found(finds, HF_CHECK_WILDCARD_DELEGATION, &where,
		        "There is a %s set at a wildcard.", hf_type_text(set->type, type));
}

static bool is_address(uint16_t type)
{
	return type == KNOT_RRTYPE_A || type == KNOT_RRTYPE_AAAA;
}

/* Data at or below a cut that no answer can carry. */
static void judge_hidden(
        struct hf_worker *worker, const struct hf_owner *owner, const struct hf_rrset *set)
{
	struct hf_where where = at_set(owner, set->type);
	char type[HF_TYPE_TEXT];
	/* The apex hides by a DNAME only; elsewhere NS comes first. */
	bool below_dname =
	        owner->cut != NULL && (owner->cut == hf_version_apex_node(worker->facts->version) ||
	                                      !hf_node_has(owner->cut, KNOT_RRTYPE_NS));
	bool belongs = is_address(set->type) || set->type == KNOT_RRTYPE_NSEC ||
	               (owner->kind == HF_OWNER_DELEGATION &&
	                       (set->type == KNOT_RRTYPE_NS || set->type == KNOT_RRTYPE_DS));
	if (below_dname)
		hf_found(&worker->finds, HF_CHECK_DNAME_CHILDREN, &where,
		        "There is a %s set below a DNAME.", hf_type_text(set->type, type));
	else if (!belongs)
		hf_found(&worker->finds, HF_CHECK_OCCLUDED_DATA, &where,
		        "There is a %s set %s a delegation, where no answer can carry it.",
		        hf_type_text(set->type, type),
		        owner->kind == HF_OWNER_DELEGATION ? "at" : "below");
}

static void judge_flags(
        struct hf_worker *worker, const struct hf_owner *owner, const struct hf_rrset *set)
{
	struct hf_where where = at_set(owner, set->type);
	char type[HF_TYPE_TEXT];
	if ((set->flags & HF_RRSET_TTL_DIFFERS) != 0)
		hf_found(&worker->finds, HF_CHECK_TTL_DIFFERS, &where,
		        "The records of the %s set have different TTLs; the smallest is %u.",
		        hf_type_text(set->type, type), set->ttl);
	if ((set->flags & HF_RRSET_DUPLICATE) != 0)
		hf_found(&worker->finds, HF_CHECK_RR_DUPLICATE, &where,
		        "A record of the %s set is there twice.", hf_type_text(set->type, type));
}

static void judge_delegated_ds(
        struct hf_worker *worker, const struct hf_owner *owner, const struct hf_rrset *set)
{
	struct hf_where where = at_set(owner, set->type);
	struct hf_rdata_walk walk = hf_rrset_rrs(set);
	struct hf_rdata rdata;
	struct hf_ds ds;
	while (hf_rdata_next(&walk, &rdata)) {
		if (hf_ds_read(rdata, &ds))
			hf_ds_form_judge(worker, &where, &ds);
	}
}

/* The target of an alias, when there is one and it can be read. */
static bool cname_target(const struct hf_node *node, struct hf_name *ret_name)
{
	struct hf_rrset set;
	struct hf_rdata rdata;
	if (!hf_node_find(node, KNOT_RRTYPE_CNAME, &set) || !hf_rrset_first(&set, &rdata))
		return false;
	struct hf_cursor cursor;
	hf_cursor_init(&cursor, rdata.data, rdata.len);
	return hf_get_name(&cursor, ret_name);
}

static void judge_cname_loop(struct hf_worker *worker, const struct hf_owner *owner)
{
	const struct hf_node *node = owner->node;
	struct hf_name target;
	for (unsigned steps = 0; steps < CNAME_STEPS; steps++) {
		if (!cname_target(node, &target) || !hf_name_is_under(&target, worker->facts->apex))
			return;
		node = hf_version_find(worker->facts->version, &target);
		if (node == NULL)
			return;
		if (node == owner->node) {
			struct hf_where where = at_set(owner, KNOT_RRTYPE_CNAME);
			hf_found(&worker->finds, HF_CHECK_CNAME_LOOP, &where,
			        "The alias leads back to itself in %u steps.", steps + 1);
			return;
		}
	}
}

/* A CNAME tolerates only what DNSSEC needs beside it (RFC 4034 section 2.5, RFC 2181). */
static bool beside_cname(uint16_t type)
{
	return type == KNOT_RRTYPE_CNAME || type == KNOT_RRTYPE_NSEC || type == KNOT_RRTYPE_RRSIG ||
	       type == KNOT_RRTYPE_KEY || type == KNOT_RRTYPE_NSEC3;
}

static void judge_cname(
        struct hf_worker *worker, const struct hf_owner *owner, const struct hf_rrset *cname)
{
	struct hf_where where = at_set(owner, KNOT_RRTYPE_CNAME);
	if (cname->rr_count > 1)
		hf_found(&worker->finds, HF_CHECK_CNAME_MULTIPLE, &where,
		        "There are %u CNAME records.", cname->rr_count);
	size_t count = hf_node_count(owner->node);
	for (size_t i = 0; i < count; i++) {
		struct hf_rrset set;
		char type[HF_TYPE_TEXT];
		hf_node_at(owner->node, i, &set);
		if (set.rr_count == 0 || beside_cname(set.type))
			continue;
		hf_found(&worker->finds, HF_CHECK_CNAME_OTHER_DATA, &where,
		        "There is a %s set beside the CNAME.", hf_type_text(set.type, type));
		break;
	}
	judge_cname_loop(worker, owner);
}

static void judge_set(
        struct hf_worker *worker, const struct hf_owner *owner, const struct hf_rrset *set)
{
	judge_form(worker, owner, set);
	judge_place(worker, owner, set);
	judge_flags(worker, owner, set);
	if (owner->kind == HF_OWNER_HIDDEN || owner->kind == HF_OWNER_DELEGATION)
		judge_hidden(worker, owner, set);
	if (owner->kind == HF_OWNER_HIDDEN)
		return;
	struct hf_where where = at_set(owner, set->type);
	if (set->type == KNOT_RRTYPE_DS)
		judge_delegated_ds(worker, owner, set);
	else if (set->type == KNOT_RRTYPE_CNAME)
		judge_cname(worker, owner, set);
	else if (set->type == KNOT_RRTYPE_DNAME && owner->kind == HF_OWNER_DELEGATION)
		hf_found(&worker->finds, HF_CHECK_DNAME_NS, &where,
		        "There is a DNAME set beside the NS set of a delegation.");
	else if (set->type == KNOT_RRTYPE_DNAME && set->rr_count > 1)
		hf_found(&worker->finds, HF_CHECK_DNAME_MULTIPLE, &where,
		        "There are %u DNAME records.", set->rr_count);
	else if (set->type == KNOT_RRTYPE_SOA && set->rr_count > 1)
		hf_found(&worker->finds, HF_CHECK_SOA_MULTIPLE, &where, "There are %u SOA records.",
		        set->rr_count);
}

void hf_data_judge(struct hf_worker *worker, const struct hf_owner *owner)
{
	if (owner->kind == HF_OWNER_FOREIGN) {
		struct hf_where where = at_set(owner, 0);
		hf_found(&worker->finds, HF_CHECK_OUT_OF_ZONE, &where,
		        "The owner is not in the zone.");
		return;
	}
	size_t count = hf_node_count(owner->node);
	for (size_t i = 0; i < count; i++) {
		struct hf_rrset set;
		hf_node_at(owner->node, i, &set);
		if (set.rr_count > 0)
			judge_set(worker, owner, &set);
	}
	hf_hosts_judge(worker, owner);
}
