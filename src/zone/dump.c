/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "zone/dump.h"

#include <stdlib.h>
#include <string.h>

#include "dns/rdatatext.h"

#define ROUND 64 /* pieces a worker formats before they are written: bounds the memory */

/* The fields before the RDATA: the same for all records of a set. */
static void put_head(struct hf_buf *out, struct hf_rdata owner, uint32_t ttl, uint16_t type)
{
	char type_text[HF_TYPE_TEXT];
	hf_put_bytes(out, owner.data, owner.len);
	hf_put_u8(out, '\t');
	hf_put_decimal(out, ttl);
	hf_put_text(out, "\tIN\t");
	hf_put_text(out, hf_type_text(type, type_text));
	hf_put_u8(out, '\t');
}

static enum hf_err put_records(struct hf_buf *out, struct hf_rdata owner, uint32_t ttl,
        uint16_t type, struct hf_rdata_walk walk)
{
	struct hf_rdata rdata;
	size_t head = out->len, head_len = 0;
	while (hf_rdata_next(&walk, &rdata)) {
		if (head_len == 0) {
			put_head(out, owner, ttl, type);
			head_len = out->len - head;
		} else if (hf_buf_reserve(out, head_len)) { /* the head may move, but not then */
			hf_put_bytes(out, out->data + head, head_len);
		}
		enum hf_err err = hf_rdata_text(type, rdata, out);
		if (err != HF_OK)
			return err;
		hf_put_u8(out, '\n');
	}
	return hf_buf_check(out);
}

/* `owner` is the owner's name as text. */
static enum hf_err put_set(struct hf_buf *out, struct hf_rdata owner, const struct hf_rrset *set)
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
	hf_name_text(owner, text);
	struct hf_rdata bytes = {.data = (const uint8_t *)text, .len = (uint16_t)strlen(text)};
	return put_set(out, bytes, set);
}

/* Which of the apex's sets: the SOA comes before everything. */
enum part { ALL, SOA_ONLY, ALL_BUT_SOA };

static enum hf_err put_node(struct hf_buf *out, const struct hf_node *node, enum part part)
{
	struct hf_name name;
	char text[HF_NAME_TEXT];
	hf_node_name(node, &name);
	hf_name_text(&name, text);
	struct hf_rdata owner = {.data = (const uint8_t *)text, .len = (uint16_t)strlen(text)};
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < hf_node_count(node) && err == HF_OK; i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		if (part == ALL || (part == SOA_ONLY) == (set.type == KNOT_RRTYPE_SOA))
			err = put_set(out, owner, &set);
	}
	return err;
}

/*
 * The zone in pieces of bounded size: each begins where a leaf page of either tree begins, so that
 * a piece holds no more than one page of names and one of NSEC3 owners.
 */
struct dumping {
	const struct hf_tree *names, *nsec3;
	const struct hf_node *apex;
	const struct hf_node **starts; /* first node of each piece, in order */
	size_t count;
	size_t round; /* first piece of this round */
	struct hf_buf *buffers;
};

static int compare(const struct hf_node *a, const struct hf_node *b)
{
	size_t a_len, b_len;
	const uint8_t *a_key = hf_node_key(a, &a_len), *b_key = hf_node_key(b, &b_len);
	return hf_key_cmp(a_key, a_len, b_key, b_len);
}

/* Whether this node comes before the end of a piece (NULL: the last one has none). */
static bool within(const struct hf_node *node, const struct hf_node *end)
{
	return node != NULL && (end == NULL || compare(node, end) < 0);
}

static enum hf_err format_piece(void *context, size_t index, unsigned worker)
{
	struct dumping *dumping = context;
	size_t number = dumping->round + index;
	const struct hf_node *end =
	        number + 1 < dumping->count ? dumping->starts[number + 1] : NULL;
	struct hf_buf *out = &dumping->buffers[index];
	struct hf_tree_cursor names, nsec3;
	size_t len;
	const uint8_t *key = hf_node_key(dumping->starts[number], &len);
	const struct hf_node *name = hf_tree_seek(dumping->names, key, len, &names);
	const struct hf_node *hash = hf_tree_seek(dumping->nsec3, key, len, &nsec3);
	enum hf_err err = HF_OK;
	hf_buf_reset(out);
	while (err == HF_OK && (within(name, end) || within(hash, end))) {
		if (!within(name, end) || (within(hash, end) && compare(hash, name) < 0)) {
			err = put_node(out, hash, ALL);
			hash = hf_tree_next(&nsec3);
			continue;
		}
		err = put_node(out, name, name == dumping->apex ? ALL_BUT_SOA : ALL);
		name = hf_tree_next(&names);
	}
	return err;
}

/* Merges the beginnings of the pages of both trees. */
static enum hf_err cut(struct dumping *dumping)
{
	struct hf_slice *names = NULL, *nsec3 = NULL;
	size_t name_count = 0, nsec3_count = 0, i = 0, j = 0;
	enum hf_err err = hf_tree_slices(dumping->names, &names, &name_count);
	if (err == HF_OK)
		err = hf_tree_slices(dumping->nsec3, &nsec3, &nsec3_count);
	if (err == HF_OK) {
		dumping->starts = calloc(name_count + nsec3_count + 1, sizeof(*dumping->starts));
		err = dumping->starts != NULL ? HF_OK : HF_ERR_NOMEM;
	}
	while (err == HF_OK && i + j < name_count + nsec3_count) {
		bool name = j == nsec3_count ||
		            (i < name_count && compare(names[i].nodes[0], nsec3[j].nodes[0]) <= 0);
		const struct hf_node *start = name ? names[i++].nodes[0] : nsec3[j++].nodes[0];
		/* Both trees may begin a page at the same owner. */
		if (dumping->count == 0 || compare(dumping->starts[dumping->count - 1], start) != 0)
			dumping->starts[dumping->count++] = start;
	}
	free(names);
	free(nsec3);
	return err;
}

static enum hf_err write_soa(
        const struct hf_node *apex, struct hf_outfile *file, struct hf_diag *diag)
{
	struct hf_buf out = {0};
	enum hf_err err = put_node(&out, apex, SOA_ONLY);
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
		enum hf_err err = hf_pool_run(pool, count, format_piece, dumping, NULL, NULL);
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
	struct dumping dumping = {.names = hf_version_names(version),
	        .nsec3 = hf_version_nsec3(version),
	        .apex = hf_version_apex_node(version)};
	struct hf_progress_scale owners = {.shown = progress,
	        .units = hf_tree_count(dumping.names) + hf_tree_count(dumping.nsec3)};
	size_t width = (size_t)hf_pool_jobs(pool) * ROUND;
	enum hf_err err = cut(&dumping);
	if (err == HF_OK) {
		dumping.buffers = calloc(width, sizeof(*dumping.buffers));
		err = dumping.buffers != NULL ? HF_OK : HF_ERR_NOMEM;
	}
	if (err == HF_OK && dumping.apex != NULL)
		err = write_soa(dumping.apex, file, diag);
	if (err == HF_OK)
		err = dump_rounds(&dumping, width, file, pool, hf_progress_scaled(&owners), diag);
	for (size_t i = 0; dumping.buffers != NULL && i < width; i++)
		hf_buf_done(&dumping.buffers[i]);
	free(dumping.buffers);
	free(dumping.starts);
	return err;
}
