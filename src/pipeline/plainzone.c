/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/plainzone.h"

#include "sign/input.h"

/* A node of the apex is made anew with other sets. */
typedef enum hf_err copy_fn(
        struct hf_node_builder *builder, const struct hf_rrset *set, const void *context);

static enum hf_err rebuild(struct hf_node_builder *builder, const struct hf_node *node,
        copy_fn *copy, const void *context, struct hf_node **ret_node)
{
	struct hf_key owner;
	enum hf_err err = HF_OK;
	hf_node_owner(node, &owner);
	hf_node_begin(builder, &owner);
	for (size_t i = 0; i < hf_node_count(node) && err == HF_OK; i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		err = copy(builder, &set, context);
	}
	return err == HF_OK ? hf_node_finish(builder, ret_node) : err;
}

/* The zone with its apex changed; an apex that loses everything goes. */
static enum hf_err with_apex(const struct hf_version *zone, copy_fn *copy, const void *context,
        struct hf_version **ret_zone)
{
	struct hf_node_builder *builder = NULL;
	struct hf_node *node = NULL;
	struct hf_edit *edit = NULL;
	enum hf_err err = hf_node_builder_new(&builder);
	if (err == HF_OK)
		err = rebuild(builder, hf_version_apex_node(zone), copy, context, &node);
	if (err == HF_OK)
		err = hf_edit_new(zone, &edit);
	if (err == HF_OK)
		err = node != NULL ? hf_edit_put(edit, node)
		                   : hf_edit_remove(edit, hf_version_apex(zone));
	if (err == HF_OK)
		err = hf_edit_commit(edit, ret_zone);
	hf_edit_free(edit);
	hf_node_unref(node);
	hf_node_builder_free(builder);
	return err;
}

/* ---- stripping ---- */

static bool is_signers(uint16_t type)
{
	return type == KNOT_RRTYPE_DNSKEY || type == KNOT_RRTYPE_CDS ||
	       type == KNOT_RRTYPE_CDNSKEY || type == KNOT_RRTYPE_NSEC3PARAM ||
	       type == KNOT_RRTYPE_ZONEMD;
}

static enum hf_err copy_plain(
        struct hf_node_builder *builder, const struct hf_rrset *set, const void *context)
{
	return is_signers(set->type) ? HF_OK : hf_node_add_set(builder, set, HF_COPY_RECORDS);
}

static bool apex_is_plain(const struct hf_version *zone)
{
	const struct hf_node *apex = hf_version_apex_node(zone);
	for (size_t i = 0; apex != NULL && i < hf_node_count(apex); i++) {
		struct hf_rrset set;
		hf_node_at(apex, i, &set);
		if (is_signers(set.type))
			return false;
	}
	return true;
}

/* Signatures and NSEC3 records show in the summaries; an NSEC record never comes alone. */
static bool is_plain(const struct hf_version *zone)
{
	const struct hf_node *apex = hf_version_apex_node(zone);
	return !hf_version_summary(zone).has_expiry && hf_tree_count(hf_version_nsec3(zone)) == 0 &&
	       (apex == NULL || !hf_node_has(apex, KNOT_RRTYPE_NSEC));
}

enum hf_err hf_plain_strip(const struct hf_version *zone, struct hf_version **ret_zone)
{
	struct hf_version *plain = NULL;
	if (is_plain(zone)) {
		plain = hf_version_ref(zone);
	} else {
		enum hf_err err = hf_input_strip(zone, &plain);
		if (err != HF_OK)
			return err;
	}
	if (apex_is_plain(plain)) {
		*ret_zone = plain;
		return HF_OK;
	}
	enum hf_err err = with_apex(plain, copy_plain, NULL, ret_zone);
	hf_version_unref(plain);
	return err;
}

/* ---- serials ---- */

/* The set with its one record changed. */
static enum hf_err put_soa(struct hf_node_builder *builder, const struct hf_rrset *set,
        struct hf_rdata rdata, uint32_t serial)
{
	struct hf_buf bytes = {.data = NULL};
	struct hf_soa soa;
	if (!hf_soa_read(rdata, &soa))
		return HF_ERR_SYNTAX;
	soa.serial = serial;
	hf_soa_put(&bytes, &soa);
	enum hf_err err = hf_buf_check(&bytes);
	if (err == HF_OK)
		err = hf_node_add(builder, set->type, set->ttl,
		        (struct hf_rdata){bytes.data, (uint16_t)bytes.len});
	hf_buf_done(&bytes);
	return err;
}

static enum hf_err copy_renumbered(
        struct hf_node_builder *builder, const struct hf_rrset *set, const void *context)
{
	const uint32_t *serial = context;
	struct hf_rdata rdata;
	if (set->type != KNOT_RRTYPE_SOA || !hf_rrset_first(set, &rdata))
		return hf_node_add_set(builder, set, HF_COPY_ALL);
	return put_soa(builder, set, rdata, *serial);
}

enum hf_err hf_plain_set_serial(
        const struct hf_version *zone, uint32_t serial, struct hf_version **ret_zone)
{
	struct hf_soa soa;
	if (!hf_version_soa(zone, &soa))
		return HF_ERR_NOTFOUND;
	return with_apex(zone, copy_renumbered, &serial, ret_zone);
}
