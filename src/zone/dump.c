/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "zone/dump.h"

#include <stdlib.h>

#define ROUND 64 /* slices a worker formats before they are written: bounds the memory */

static enum hf_err put_records(struct hf_buf *out, const char *owner, uint32_t ttl, uint16_t type,
        struct hf_rdata_walk walk)
{
	char type_text[HF_TYPE_TEXT];
	hf_type_text(type, type_text);
	struct hf_rdata rdata;
	while (hf_rdata_next(&walk, &rdata)) {
		hf_put_format(out, "%s\t%u\tIN\t%s\t", owner, ttl, type_text);
		enum hf_err err = hf_rdata_text(type, rdata, out);
		if (err != HF_OK)
			return err;
		hf_put_u8(out, '\n');
	}
	return hf_buf_check(out);
}

static enum hf_err put_set(struct hf_buf *out, const char *owner, const struct hf_rrset *set)
{
	enum hf_err err = put_records(out, owner, set->ttl, set->type, hf_rrset_rrs(set));
	if (err == HF_OK)
		err = put_records(out, owner, set->sig_ttl, KNOT_RRTYPE_RRSIG, hf_rrset_sigs(set));
	return err;
}

enum hf_err hf_rrset_dump(
        const struct hf_name *owner, const struct hf_rrset *set, struct hf_buf *out)
{
	char text[HF_NAME_TEXT];
	return put_set(out, hf_name_text(owner, text), set);
}

/* `soa`: only the SOA set; otherwise all the others. */
static enum hf_err put_apex(struct hf_buf *out, const struct hf_node *node, bool soa)
{
	struct hf_name name;
	char owner[HF_NAME_TEXT];
	hf_node_name(node, &name);
	hf_name_text(&name, owner);
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < hf_node_count(node) && err == HF_OK; i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		if ((set.type == KNOT_RRTYPE_SOA) == soa)
			err = put_set(out, owner, &set);
	}
	return err;
}

static enum hf_err put_node(struct hf_buf *out, const struct hf_node *node)
{
	struct hf_name name;
	char owner[HF_NAME_TEXT];
	hf_node_name(node, &name);
	hf_name_text(&name, owner);
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < hf_node_count(node) && err == HF_OK; i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		err = put_set(out, owner, &set);
	}
	return err;
}

/* Formats slices of the names, each with the NSEC3 owners that sort between it and the next. */
struct dumping {
	const struct hf_tree *nsec3;
	const struct hf_node *apex;
	const struct hf_slice *slices;
	size_t count;
	size_t round; /* first slice of this round */
	struct hf_buf *buffers;
};

static int compare(const struct hf_node *a, const struct hf_node *b)
{
	size_t a_len, b_len;
	const uint8_t *a_key = hf_node_key(a, &a_len), *b_key = hf_node_key(b, &b_len);
	return hf_key_cmp(a_key, a_len, b_key, b_len);
}

static enum hf_err format_slice(void *context, size_t index, unsigned worker)
{
	struct dumping *dumping = context;
	size_t number = dumping->round + index;
	const struct hf_slice *slice = &dumping->slices[number];
	struct hf_buf *out = &dumping->buffers[index];
	struct hf_tree_cursor cursor;
	const struct hf_node *nsec3;
	hf_buf_reset(out);
	if (number == 0) { /* all NSEC3 owners before the first name too */
		nsec3 = hf_tree_first(dumping->nsec3, &cursor);
	} else {
		size_t len;
		const uint8_t *key = hf_node_key(slice->nodes[0], &len);
		nsec3 = hf_tree_seek(dumping->nsec3, key, len, &cursor);
	}
	bool last = number + 1 == dumping->count;
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < slice->count && err == HF_OK; i++) {
		const struct hf_node *node = slice->nodes[i];
		for (; nsec3 != NULL && compare(nsec3, node) < 0 && err == HF_OK;
		        nsec3 = hf_tree_next(&cursor))
			err = put_node(out, nsec3);
		if (err == HF_OK)
			err = node == dumping->apex ? put_apex(out, node, false)
			                            : put_node(out, node);
	}
	for (; nsec3 != NULL && err == HF_OK; nsec3 = hf_tree_next(&cursor)) {
		if (!last && compare(nsec3, slice[1].nodes[0]) >= 0)
			break;
		err = put_node(out, nsec3);
	}
	return err;
}

static enum hf_err write_soa(
        const struct hf_node *apex, struct hf_outfile *file, struct hf_diag *diag)
{
	struct hf_buf out = {0};
	enum hf_err err = put_apex(&out, apex, true);
	if (err == HF_OK)
		err = hf_outfile_write(file, out.data, out.len, diag);
	hf_buf_done(&out);
	return err;
}

static enum hf_err dump_rounds(struct dumping *dumping, size_t width, struct hf_outfile *file,
        struct hf_pool *pool, const struct hf_progress *progress, struct hf_diag *diag)
{
	for (; dumping->round < dumping->count; dumping->round += width) {
		size_t left = dumping->count - dumping->round;
		size_t count = left < width ? left : width;
		enum hf_err err = hf_pool_run(pool, count, format_slice, dumping, NULL, NULL);
		for (size_t i = 0; i < count && err == HF_OK; i++)
			err = hf_outfile_write(
			        file, dumping->buffers[i].data, dumping->buffers[i].len, diag);
		if (err != HF_OK)
			return err;
		hf_progress_step(progress, "write", dumping->round + count, dumping->count);
	}
	return HF_OK;
}

enum hf_err hf_zone_dump(const struct hf_version *version, struct hf_outfile *file,
        struct hf_pool *pool, const struct hf_progress *progress, struct hf_diag *diag)
{
	struct dumping dumping = {
	        .nsec3 = hf_version_nsec3(version), .apex = hf_version_apex_node(version)};
	size_t width = (size_t)hf_pool_jobs(pool) * ROUND;
	struct hf_slice *slices;
	enum hf_err err = hf_tree_slices(hf_version_names(version), &slices, &dumping.count);
	if (err != HF_OK)
		return err;
	dumping.slices = slices;
	if (dumping.count == 0)
		dumping.count = 1; /* no names, but there may be NSEC3 owners: one empty slice */
	dumping.buffers = calloc(width, sizeof(*dumping.buffers));
	if (dumping.buffers == NULL)
		err = HF_ERR_NOMEM;
	if (err == HF_OK && dumping.apex != NULL)
		err = write_soa(dumping.apex, file, diag);
	if (err == HF_OK)
		err = dump_rounds(&dumping, width, file, pool, progress, diag);
	for (size_t i = 0; dumping.buffers != NULL && i < width; i++)
		hf_buf_done(&dumping.buffers[i]);
	free(dumping.buffers);
	free(slices);
	return err;
}
