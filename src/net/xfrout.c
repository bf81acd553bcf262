/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/xfrout.h"

#include <stdlib.h>

#include "net/edition_step.h"
#include "net/namepack.h"
#include "net/surplus.h"

#define RR_FIXED 10 /* type, class, TTL and length of RDATA */
#define ANSWERS  6  /* place of ANCOUNT in the header */

/* What is put next. A plain transfer goes through the trees, an incremental one through steps. */
enum stage {
	FIRST_SOA,
	NAMES,
	NSEC3,
	STEP_FROM, /* the SOA record before a step */
	STEP_GONE,
	STEP_TO, /* the SOA record after it */
	STEP_COME,
	LAST_SOA,
	END,
};

struct hf_xfrout {
	struct hf_edition *edition;
	enum hf_xfrout_kind kind;
	enum stage stage;
	struct hf_step *const *steps; /* borrowed from the edition */
	size_t step_count, change;
	struct hf_tree_cursor cursor;
	struct hf_name apex, owner; /* `owner` is that of `record` */
	struct hf_surplus surplus;
	struct hf_surplus_record record;
	bool in_node, has_record; /* `record` is there, and was not put yet */
	uint64_t records;
	struct hf_namepack pack;
};

/* ---- Beginning ---- */

static enum hf_err make(
        const struct hf_edition *edition, enum hf_xfrout_kind kind, struct hf_xfrout **ret_xfrout)
{
	struct hf_xfrout *xfrout = calloc(1, sizeof(*xfrout));
	if (xfrout == NULL)
		return HF_ERR_NOMEM;
	xfrout->edition = hf_edition_ref(edition);
	xfrout->kind = kind;
	xfrout->apex = *hf_version_apex(hf_edition_version(edition));
	*ret_xfrout = xfrout;
	return HF_OK;
}

enum hf_err hf_xfrout_new_axfr(const struct hf_edition *edition, struct hf_xfrout **ret_xfrout)
{
	return make(edition, HF_XFROUT_AXFR, ret_xfrout);
}

enum hf_err hf_xfrout_new_soa(const struct hf_edition *edition, struct hf_xfrout **ret_xfrout)
{
	return make(edition, HF_XFROUT_SOA, ret_xfrout);
}

enum hf_err hf_xfrout_new_ixfr(
        const struct hf_edition *edition, uint32_t serial, struct hf_xfrout **ret_xfrout)
{
	if (!hf_serial_before(serial, hf_edition_serial(edition)))
		return hf_xfrout_new_soa(edition, ret_xfrout);
	size_t count = 0;
	struct hf_step *const *steps = hf_edition_steps_since(edition, serial, &count);
	struct hf_xfrout *xfrout;
	enum hf_err err = make(edition, steps != NULL ? HF_XFROUT_IXFR : HF_XFROUT_AXFR, &xfrout);
	if (err != HF_OK)
		return err;
	xfrout->steps = steps;
	xfrout->step_count = count;
	*ret_xfrout = xfrout;
	return HF_OK;
}

void hf_xfrout_free(struct hf_xfrout *xfrout)
{
	if (xfrout == NULL)
		return;
	hf_edition_unref(xfrout->edition);
	free(xfrout);
}

enum hf_xfrout_kind hf_xfrout_kind(const struct hf_xfrout *xfrout)
{
	return xfrout->kind;
}

const struct hf_edition *hf_xfrout_edition(const struct hf_xfrout *xfrout)
{
	return xfrout->edition;
}

uint64_t hf_xfrout_records(const struct hf_xfrout *xfrout)
{
	return xfrout->records;
}

/* ---- The next record ---- */

/* The SOA record at an apex; it is there, as an edition has checked. */
static bool take_soa(struct hf_xfrout *xfrout, const struct hf_node *apex)
{
	struct hf_rrset set;
	if (apex == NULL || !hf_node_find(apex, KNOT_RRTYPE_SOA, &set) ||
	        !hf_rrset_first(&set, &xfrout->record.rdata))
		return false;
	xfrout->owner = xfrout->apex;
	xfrout->record.type = KNOT_RRTYPE_SOA;
	xfrout->record.ttl = set.ttl;
	return true;
}

static const struct hf_version *version(const struct hf_xfrout *xfrout)
{
	return hf_edition_version(xfrout->edition);
}

static void begin_node(
        struct hf_xfrout *xfrout, const struct hf_node *node, const struct hf_node *than)
{
	hf_surplus_init(&xfrout->surplus, node, than);
	if (node != NULL)
		hf_node_name(node, &xfrout->owner);
	xfrout->in_node = true;
}

/* Goes to the next owner of a tree that is in the zone; false at the end. */
static bool next_in_tree(struct hf_xfrout *xfrout, const struct hf_tree *tree)
{
	const struct hf_node *node = xfrout->cursor.depth == 0
	                                     ? hf_tree_first(tree, &xfrout->cursor)
	                                     : hf_tree_next(&xfrout->cursor);
	while (node != NULL && !hf_version_in_zone(version(xfrout), node))
		node = hf_tree_next(&xfrout->cursor);
	if (node != NULL)
		begin_node(xfrout, node, NULL);
	return node != NULL;
}

/* Goes to the next owner that a step changes; false at the end. */
static bool next_in_step(struct hf_xfrout *xfrout)
{
	const struct hf_step *step = xfrout->steps[0];
	if (xfrout->change == step->count)
		return false;
	const struct hf_step_change *change = &step->changes[xfrout->change++];
	if (xfrout->stage == STEP_GONE)
		begin_node(xfrout, change->before, change->after);
	else
		begin_node(xfrout, change->after, change->before);
	return true;
}

/* Goes to the next owner of this stage; false when there is none left. */
static bool next_node(struct hf_xfrout *xfrout)
{
	switch (xfrout->stage) {
	case NAMES:
		return next_in_tree(xfrout, hf_version_names(version(xfrout)));
	case NSEC3:
		return next_in_tree(xfrout, hf_version_nsec3(version(xfrout)));
	case STEP_GONE:
	case STEP_COME:
		return next_in_step(xfrout);
	default:
		return false;
	}
}

/* The stage after this one, which is done. */
static void next_stage(struct hf_xfrout *xfrout)
{
	static const enum stage after_first[] = {
	        [HF_XFROUT_SOA] = END,
	        [HF_XFROUT_AXFR] = NAMES,
	        [HF_XFROUT_IXFR] = STEP_FROM,
	};
	xfrout->change = 0;
	xfrout->cursor.depth = 0;
	switch (xfrout->stage) {
	case FIRST_SOA:
		xfrout->stage = after_first[xfrout->kind];
		break;
	case NAMES:
		xfrout->stage = NSEC3;
		break;
	case STEP_FROM:
	case STEP_GONE:
	case STEP_TO:
		xfrout->stage++;
		break;
	case STEP_COME:
		xfrout->steps++;
		xfrout->stage = --xfrout->step_count > 0 ? STEP_FROM : LAST_SOA;
		break;
	case NSEC3:
		xfrout->stage = LAST_SOA;
		break;
	case LAST_SOA:
	case END:
		xfrout->stage = END;
		break;
	}
}

/* The SOA record that a stage consists of; false for a stage of other records. */
static bool stage_soa(struct hf_xfrout *xfrout)
{
	switch (xfrout->stage) {
	case FIRST_SOA:
	case LAST_SOA:
		return take_soa(xfrout, hf_version_apex_node(version(xfrout)));
	case STEP_FROM:
		return take_soa(xfrout, xfrout->steps[0]->apex_before);
	case STEP_TO:
		return take_soa(xfrout, xfrout->steps[0]->apex_after);
	default:
		return false;
	}
}

/* Makes the next record the current one, unless there is one that was not put; false at the end. */
static bool fetch(struct hf_xfrout *xfrout)
{
	while (!xfrout->has_record && xfrout->stage != END) {
		if (xfrout->in_node && hf_surplus_next(&xfrout->surplus, &xfrout->record)) {
			xfrout->has_record = true;
		} else if (stage_soa(xfrout)) {
			next_stage(xfrout);
			xfrout->has_record = true;
		} else {
			xfrout->in_node = next_node(xfrout);
			if (!xfrout->in_node)
				next_stage(xfrout);
		}
	}
	return xfrout->has_record;
}

/* ---- Messages ---- */

static bool may_compress(const int *blocks)
{
	for (; *blocks != KNOT_RDATA_WF_END; blocks++)
		if (*blocks == KNOT_RDATA_WF_COMPRESSIBLE_DNAME)
			return true;
	return false;
}

/* RDATA with its length. What is malformed, or may not be compressed, is put as it is. */
static void put_rdata(struct hf_xfrout *xfrout, struct hf_buf *out, size_t start)
{
	struct hf_rdata rdata = xfrout->record.rdata;
	const int *blocks = hf_rdata_blocks(xfrout->record.type);
	size_t place = out->len, at = 0;
	hf_put_u16(out, rdata.len);
	if (!may_compress(blocks)) {
		hf_put_bytes(out, rdata.data, rdata.len);
		return;
	}
	for (; *blocks != KNOT_RDATA_WF_END; blocks++) {
		bool is_name;
		int len = hf_rdata_block_len(*blocks, rdata.data + at, rdata.len - at, &is_name);
		if (len < 0)
			break;
		if (is_name)
			hf_namepack_put(&xfrout->pack, out, start, rdata.data + at, (size_t)len);
		else
			hf_put_bytes(out, rdata.data + at, (size_t)len);
		at += (size_t)len;
	}
	hf_put_bytes(out, rdata.data + at, rdata.len - at);
	if (!out->failed)
		hf_write_u16(out->data + place, (uint16_t)(out->len - place - 2));
}

static void put_record(struct hf_xfrout *xfrout, struct hf_buf *out, size_t start)
{
	hf_namepack_put(&xfrout->pack, out, start, xfrout->owner.wire, xfrout->owner.len);
	hf_put_u16(out, xfrout->record.type);
	hf_put_u16(out, KNOT_CLASS_IN);
	hf_put_u32(out, xfrout->record.ttl);
	put_rdata(xfrout, out, start);
}

enum hf_err hf_xfrout_put(struct hf_xfrout *xfrout, struct hf_buf *out, size_t start,
        const struct hf_xfrout_room *room, bool *ret_more)
{
	unsigned count = 0;
	hf_namepack_reset(&xfrout->pack);
	while (fetch(xfrout)) {
		size_t len = out->len - start;
		size_t most = len + xfrout->owner.len + RR_FIXED + xfrout->record.rdata.len;
		if (count > 0 && (len > room->fill || most > room->max || count == UINT16_MAX))
			break;
		put_record(xfrout, out, start);
		if (!out->failed && out->len - start > room->max)
			return HF_ERR_LIMIT;
		xfrout->has_record = false;
		count++;
	}
	if (out->failed)
		return HF_ERR_NOMEM;
	hf_write_u16(out->data + start + ANSWERS, (uint16_t)count);
	xfrout->records += count;
	*ret_more = fetch(xfrout);
	return HF_OK;
}
