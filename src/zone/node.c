/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "zone/node.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"

#define NODE_MAX (64u << 20) /* bytes of records at one owner */
#define SET_MAX  UINT16_MAX  /* records, or RRSIGs, in one set */
#define FLAGS_KNOWN                                                                                \
	(HF_RRSET_TTL_DIFFERS | HF_RRSET_SIG_TTL_DIFFERS | HF_RRSET_DUPLICATE |                    \
	        HF_RRSET_SIG_DUPLICATE)
#define EXPIRATION_AT 8 /* offset of the expiration in RRSIG RDATA */

/* One RRset: its bytes are the records from the end of the one before, then the RRSIGs. */
struct entry {
	uint16_t type;
	uint16_t flags;
	uint16_t rr_count;
	uint16_t sig_count;
	uint32_t ttl;
	uint32_t sig_ttl;
	uint32_t sigs_at; /* offsets into the node's bytes */
	uint32_t end;
};

/* One block: this, the entries, the key, then the records. Millions of them: no byte too many. */
struct hf_node {
	_Atomic uint32_t refs;
	uint32_t min_expiry, max_ttl; /* the summary */
	uint16_t has_expiry : 1;
	uint16_t key_len : 15;
	uint16_t count;
	struct entry entries[];
};

static const uint8_t *node_bytes(const struct hf_node *node)
{
	return (const uint8_t *)&node->entries[node->count];
}

struct hf_node *hf_node_ref(const struct hf_node *node)
{
	struct hf_node *shared =
	        (struct hf_node *)node; /* the count is the only thing that moves */
	atomic_fetch_add_explicit(&shared->refs, 1, memory_order_relaxed);
	return shared;
}

void hf_node_unref(const struct hf_node *node)
{
	struct hf_node *shared = (struct hf_node *)node;
	if (shared != NULL &&
	        atomic_fetch_sub_explicit(&shared->refs, 1, memory_order_acq_rel) == 1)
		free(shared);
}

const uint8_t *hf_node_key(const struct hf_node *node, size_t *ret_len)
{
	*ret_len = node->key_len;
	return node_bytes(node);
}

void hf_node_owner(const struct hf_node *node, struct hf_key *ret_key)
{
	ret_key->len = node->key_len;
	memcpy(ret_key->bytes, node_bytes(node), node->key_len);
}

void hf_node_name(const struct hf_node *node, struct hf_name *ret_name)
{
	hf_key_to_name(node_bytes(node), node->key_len, ret_name);
}

size_t hf_node_count(const struct hf_node *node)
{
	return node->count;
}

void hf_node_at(const struct hf_node *node, size_t index, struct hf_rrset *ret_set)
{
	const struct entry *entry = &node->entries[index];
	const uint8_t *bytes = node_bytes(node);
	uint32_t start = index > 0 ? entry[-1].end : node->key_len;
	*ret_set = (struct hf_rrset){
	        .type = entry->type,
	        .flags = entry->flags,
	        .rr_count = entry->rr_count,
	        .sig_count = entry->sig_count,
	        .ttl = entry->ttl,
	        .sig_ttl = entry->sig_ttl,
	        .rrs = bytes + start,
	        .rrs_len = entry->sigs_at - start,
	        .sigs = bytes + entry->sigs_at,
	        .sigs_len = entry->end - entry->sigs_at,
	};
}

bool hf_node_find(const struct hf_node *node, uint16_t type, struct hf_rrset *ret_set)
{
	for (size_t i = 0; i < node->count && node->entries[i].type <= type; i++) {
		if (node->entries[i].type == type) {
			if (ret_set != NULL)
				hf_node_at(node, i, ret_set);
			return true;
		}
	}
	return false;
}

bool hf_node_has(const struct hf_node *node, uint16_t type)
{
	struct hf_rrset set;
	return hf_node_find(node, type, &set) && set.rr_count > 0;
}

void hf_summary_add(struct hf_summary *sum, const struct hf_summary *part)
{
	if (part->has_expiry &&
	        (!sum->has_expiry || hf_serial_before(part->min_expiry, sum->min_expiry))) {
		sum->has_expiry = true;
		sum->min_expiry = part->min_expiry;
	}
	if (part->max_ttl > sum->max_ttl)
		sum->max_ttl = part->max_ttl;
}

struct hf_summary hf_node_summary(const struct hf_node *node)
{
	return (struct hf_summary){.has_expiry = node->has_expiry,
	        .min_expiry = node->min_expiry,
	        .max_ttl = node->max_ttl};
}

size_t hf_node_size(const struct hf_node *node)
{
	/* A node has at least one set. */
	return sizeof(*node) + node->count * sizeof(struct entry) +
	       node->entries[node->count - 1].end;
}

bool hf_node_equal(const struct hf_node *a, const struct hf_node *b)
{
	size_t from = offsetof(struct hf_node, min_expiry); /* all but the reference count */
	size_t size = hf_node_size(a);
	return a == b ||
	       (size == hf_node_size(b) && memcmp((const uint8_t *)a + from,
	                                           (const uint8_t *)b + from, size - from) == 0);
}

/* ---- Packing ---- */

static struct hf_summary summarise(const struct hf_rrset *set)
{
	struct hf_summary sum = {.max_ttl = set->ttl > set->sig_ttl ? set->ttl : set->sig_ttl};
	struct hf_rdata_walk walk = hf_rrset_sigs(set);
	struct hf_rdata sig;
	while (hf_rdata_next(&walk, &sig)) {
		if (sig.len < EXPIRATION_AT + 4)
			continue;
		struct hf_summary one = {
		        .has_expiry = true, .min_expiry = hf_read_u32(sig.data + EXPIRATION_AT)};
		hf_summary_add(&sum, &one);
	}
	return sum;
}

/* Makes the block from sets in ascending order of type. */
static enum hf_err pack(const uint8_t *key, size_t key_len, const struct hf_rrset *sets,
        size_t count, struct hf_node **ret_node)
{
	size_t size = sizeof(struct hf_node) + count * sizeof(struct entry) + key_len;
	for (size_t i = 0; i < count; i++)
		size += sets[i].rrs_len + sets[i].sigs_len;
	/* Zeroed, so that padding compares equal. */
	struct hf_node *node = calloc(1, size);
	if (node == NULL)
		return HF_ERR_NOMEM;
	node->refs = 1;
	node->key_len = key_len & 0x7fff; /* at most HF_KEY_MAX */
	node->count = (uint16_t)count;
	uint8_t *bytes = (uint8_t *)&node->entries[count];
	memcpy(bytes, key, key_len);
	uint32_t at = (uint32_t)key_len;
	struct hf_summary sum = {0};
	for (size_t i = 0; i < count; i++) {
		const struct hf_rrset *set = &sets[i];
		memcpy(bytes + at, set->rrs, set->rrs_len);
		memcpy(bytes + at + set->rrs_len, set->sigs, set->sigs_len);
		node->entries[i] = (struct entry){
		        .type = set->type,
		        .flags = set->flags,
		        .rr_count = set->rr_count,
		        .sig_count = set->sig_count,
		        .ttl = set->ttl,
		        .sig_ttl = set->sig_ttl,
		        .sigs_at = at + set->rrs_len,
		        .end = at + set->rrs_len + set->sigs_len,
		};
		at = node->entries[i].end;
		struct hf_summary part = summarise(set);
		hf_summary_add(&sum, &part);
	}
	node->has_expiry = sum.has_expiry;
	node->min_expiry = sum.min_expiry;
	node->max_ttl = sum.max_ttl;
	*ret_node = node;
	return HF_OK;
}

/* ---- Building ---- */

/* One record as it was added: its packed bytes are in the builder's buffer. */
struct item {
	uint16_t type; /* covered type for an RRSIG */
	uint16_t flags;
	bool is_sig;
	uint16_t len;
	uint32_t ttl;
	uint32_t at; /* of the RDATA in `bytes` */
};

struct hf_node_builder {
	struct hf_key key;
	struct hf_buf bytes; /* records in the order of adding, each with its length before it */
	struct hf_buf sorted;
	struct item *items;
	size_t count, cap;
	struct hf_rrset *sets;
	size_t sets_cap;
};

enum hf_err hf_node_builder_new(struct hf_node_builder **ret_builder)
{
	struct hf_node_builder *builder = calloc(1, sizeof(*builder));
	if (builder == NULL)
		return HF_ERR_NOMEM;
	*ret_builder = builder;
	return HF_OK;
}

void hf_node_builder_free(struct hf_node_builder *builder)
{
	if (builder == NULL)
		return;
	hf_buf_done(&builder->bytes);
	hf_buf_done(&builder->sorted);
	free(builder->items);
	free(builder->sets);
	free(builder);
}

void hf_node_begin(struct hf_node_builder *builder, const struct hf_key *owner)
{
	if (owner != &builder->key)
		builder->key = *owner;
	builder->count = 0;
	hf_buf_reset(&builder->bytes);
}

static enum hf_err add_item(struct hf_node_builder *builder, struct item item, const uint8_t *data)
{
	if (builder->bytes.len > NODE_MAX)
		return HF_ERR_LIMIT;
	struct item *items =
	        hf_list_room(builder->items, &builder->cap, builder->count, sizeof(*items));
	if (items == NULL)
		return HF_ERR_NOMEM;
	builder->items = items;
	hf_put_u16(&builder->bytes, item.len);
	item.at = (uint32_t)builder->bytes.len;
	hf_put_bytes(&builder->bytes, data, item.len);
	if (builder->bytes.failed)
		return HF_ERR_NOMEM;
	builder->items[builder->count++] = item;
	return HF_OK;
}

enum hf_err hf_node_add(
        struct hf_node_builder *builder, uint16_t type, uint32_t ttl, struct hf_rdata rdata)
{
	struct item item = {.type = type, .ttl = ttl, .len = rdata.len};
	if (type == KNOT_RRTYPE_RRSIG) {
		if (rdata.len < 2)
			return HF_ERR_SYNTAX;
		item.type = hf_rrsig_covered(rdata);
		item.is_sig = true;
	}
	return add_item(builder, item, rdata.data);
}

enum hf_err hf_node_add_set(
        struct hf_node_builder *builder, const struct hf_rrset *set, enum hf_node_copy what)
{
	struct hf_rdata rdata;
	if (what & HF_COPY_RECORDS) {
		struct hf_rdata_walk walk = hf_rrset_rrs(set);
		uint16_t flags = set->flags & (HF_RRSET_TTL_DIFFERS | HF_RRSET_DUPLICATE);
		while (hf_rdata_next(&walk, &rdata)) {
			struct item item = {.type = set->type,
			        .flags = flags,
			        .ttl = set->ttl,
			        .len = rdata.len};
			enum hf_err err = add_item(builder, item, rdata.data);
			if (err != HF_OK)
				return err;
		}
	}
	if (what & HF_COPY_SIGS) {
		struct hf_rdata_walk walk = hf_rrset_sigs(set);
		uint16_t flags = set->flags & (HF_RRSET_SIG_TTL_DIFFERS | HF_RRSET_SIG_DUPLICATE);
		while (hf_rdata_next(&walk, &rdata)) {
			struct item item = {.type = set->type,
			        .flags = flags,
			        .is_sig = true,
			        .ttl = set->sig_ttl,
			        .len = rdata.len};
			enum hf_err err = add_item(builder, item, rdata.data);
			if (err != HF_OK)
				return err;
		}
	}
	return HF_OK;
}

enum hf_err hf_node_add_node(struct hf_node_builder *builder, const struct hf_node *node)
{
	for (size_t i = 0; i < node->count; i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		enum hf_err err = hf_node_add_set(builder, &set, HF_COPY_ALL);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

/* By type, records before RRSIGs, then canonical order. */
static int compare(const void *a, const void *b, void *context)
{
	const struct item *x = a, *y = b;
	const uint8_t *bytes = context;
	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	if (x->is_sig != y->is_sig)
		return x->is_sig ? 1 : -1;
	return hf_key_cmp(bytes + x->at, x->len, bytes + y->at, y->len);
}

static void sort(struct hf_node_builder *builder)
{
	struct item *items = builder->items;
	size_t i = 1;
	while (i < builder->count && compare(&items[i - 1], &items[i], builder->bytes.data) <= 0)
		i++;
	if (i < builder->count)
		qsort_r(items, builder->count, sizeof(*items), compare, builder->bytes.data);
}

/* Packs one half of a set (records or RRSIGs), the items from `*at` on, into `sorted`. */
static enum hf_err gather(struct hf_node_builder *builder, size_t *at, bool is_sig,
        struct hf_rrset *set, uint16_t *ret_count, uint32_t *ret_ttl)
{
	const uint16_t repeat = is_sig ? HF_RRSET_SIG_DUPLICATE : HF_RRSET_DUPLICATE;
	const uint16_t differs = is_sig ? HF_RRSET_SIG_TTL_DIFFERS : HF_RRSET_TTL_DIFFERS;
	const struct item *before = NULL;
	size_t count = 0;
	uint32_t ttl = 0;
	for (; *at < builder->count; (*at)++) {
		const struct item *item = &builder->items[*at];
		if (item->type != set->type || item->is_sig != is_sig)
			break;
		set->flags |= item->flags;
		if (before != NULL && item->ttl != ttl)
			set->flags |= differs;
		if (before == NULL || item->ttl < ttl)
			ttl = item->ttl;
		if (before != NULL && compare(before, item, builder->bytes.data) == 0) {
			set->flags |= repeat;
			continue;
		}
		if (++count > SET_MAX)
			return HF_ERR_LIMIT;
		hf_put_bytes(&builder->sorted, builder->bytes.data + item->at - 2, item->len + 2u);
		before = item;
	}
	*ret_count = (uint16_t)count;
	*ret_ttl = ttl;
	return hf_buf_check(&builder->sorted);
}

static enum hf_err next_set(struct hf_node_builder *builder, size_t *at, struct hf_rrset *ret_set)
{
	struct hf_rrset set = {.type = builder->items[*at].type};
	size_t start = builder->sorted.len;
	enum hf_err err = gather(builder, at, false, &set, &set.rr_count, &set.ttl);
	if (err != HF_OK)
		return err;
	size_t middle = builder->sorted.len;
	err = gather(builder, at, true, &set, &set.sig_count, &set.sig_ttl);
	if (err != HF_OK)
		return err;
	set.rrs_len = (uint32_t)(middle - start);
	set.sigs_len = (uint32_t)(builder->sorted.len - middle);
	*ret_set = set;
	return HF_OK;
}

static enum hf_err room_for_set(struct hf_node_builder *builder, size_t count)
{
	struct hf_rrset *sets =
	        hf_list_room(builder->sets, &builder->sets_cap, count, sizeof(*sets));
	if (sets == NULL)
		return HF_ERR_NOMEM;
	builder->sets = sets;
	return HF_OK;
}

enum hf_err hf_node_finish(struct hf_node_builder *builder, struct hf_node **ret_node)
{
	if (builder->count == 0) {
		*ret_node = NULL;
		return HF_OK;
	}
	sort(builder);
	hf_buf_reset(&builder->sorted);
	size_t count = 0;
	for (size_t at = 0; at < builder->count; count++) {
		enum hf_err err = room_for_set(builder, count);
		if (err != HF_OK)
			return err;
		err = next_set(builder, &at, &builder->sets[count]);
		if (err != HF_OK)
			return err;
	}
	/* The buffer moved while it grew: only now do the sets get their pointers. */
	const uint8_t *at = builder->sorted.data;
	for (size_t i = 0; i < count; i++) {
		struct hf_rrset *set = &builder->sets[i];
		set->rrs = at;
		set->sigs = at + set->rrs_len;
		at = set->sigs + set->sigs_len;
	}
	return pack(builder->key.bytes, builder->key.len, builder->sets, count, ret_node);
}

/* All sets but the one at `except`; NULL when that is all. */
static enum hf_err without(struct hf_node_builder *builder, const struct hf_node *node,
        size_t except, struct hf_node **ret_node)
{
	hf_node_owner(node, &builder->key);
	hf_node_begin(builder, &builder->key);
	for (size_t i = 0; i < node->count; i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		enum hf_err err = i == except ? HF_OK : hf_node_add_set(builder, &set, HF_COPY_ALL);
		if (err != HF_OK)
			return err;
	}
	return hf_node_finish(builder, ret_node);
}

enum hf_err hf_node_route(struct hf_node_builder *builder, struct hf_node *node,
        struct hf_node **ret_names, struct hf_node **ret_nsec3)
{
	size_t at = 0;
	while (at < node->count && node->entries[at].type != KNOT_RRTYPE_NSEC3)
		at++;
	struct hf_node *names = NULL, *nsec3 = NULL;
	if (at == node->count) {
		names = hf_node_ref(node);
	} else if (node->count == 1) {
		nsec3 = hf_node_ref(node);
	} else {
		struct hf_rrset set;
		hf_node_at(node, at, &set);
		enum hf_err err = without(builder, node, at, &names);
		if (err == HF_OK)
			err = pack(node_bytes(node), node->key_len, &set, 1, &nsec3);
		if (err != HF_OK) {
			hf_node_unref(names);
			return err;
		}
	}
	*ret_names = names;
	*ret_nsec3 = nsec3;
	return HF_OK;
}

/* ---- Codec ---- */

void hf_node_put(struct hf_buf *out, const struct hf_node *node)
{
	hf_put_u16(out, node->key_len);
	hf_put_bytes(out, node_bytes(node), node->key_len);
	hf_put_u16(out, node->count);
	for (size_t i = 0; i < node->count; i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		hf_put_u16(out, set.type);
		hf_put_u16(out, set.flags);
		hf_put_u32(out, set.ttl);
		hf_put_u32(out, set.sig_ttl);
		hf_put_u32(out, set.rrs_len);
		hf_put_u32(out, set.sigs_len);
		hf_put_bytes(out, set.rrs, set.rrs_len);
		hf_put_bytes(out, set.sigs, set.sigs_len);
	}
}

/* Checks packed RDATA: whole lengths, strictly ascending, canonical. */
static bool check_packed(
        const uint8_t *bytes, uint32_t len, uint16_t type, bool sigs, uint16_t *ret_count)
{
	struct hf_cursor in;
	hf_cursor_init(&in, bytes, len);
	struct hf_rdata before = {0}, rdata;
	size_t count = 0;
	uint8_t copy[UINT16_MAX];
	while (hf_cursor_left(&in) > 0) {
		rdata.len = hf_get_u16(&in);
		rdata.data = hf_get_bytes(&in, rdata.len);
		if (in.failed || ++count > SET_MAX)
			return false;
		if (count > 1 && hf_rdata_cmp(before, rdata) >= 0)
			return false;
		if (sigs && (rdata.len < 2 || hf_rrsig_covered(rdata) != type))
			return false;
		memcpy(copy, rdata.data, rdata.len);
		if (hf_rdata_canonical(sigs ? KNOT_RRTYPE_RRSIG : type, copy, rdata.len) != HF_OK ||
		        memcmp(copy, rdata.data, rdata.len) != 0)
			return false;
		before = rdata;
	}
	*ret_count = (uint16_t)count;
	return true;
}

static bool get_set(struct hf_cursor *in, struct hf_rrset *ret_set)
{
	struct hf_rrset set = {.type = hf_get_u16(in), .flags = hf_get_u16(in)};
	set.ttl = hf_get_u32(in);
	set.sig_ttl = hf_get_u32(in);
	set.rrs_len = hf_get_u32(in);
	set.sigs_len = hf_get_u32(in);
	set.rrs = hf_get_bytes(in, set.rrs_len);
	set.sigs = hf_get_bytes(in, set.sigs_len);
	if (in->failed || (set.flags & ~FLAGS_KNOWN) ||
	        (uint64_t)set.rrs_len + set.sigs_len > NODE_MAX)
		return false;
	if (!check_packed(set.rrs, set.rrs_len, set.type, false, &set.rr_count) ||
	        !check_packed(set.sigs, set.sigs_len, set.type, true, &set.sig_count))
		return false;
	/* A set is something, and what is not there has no TTL. */
	if (set.rr_count + set.sig_count == 0 || (set.rr_count == 0 && set.ttl != 0) ||
	        (set.sig_count == 0 && set.sig_ttl != 0))
		return false;
	/* RRSIGs are never a set of their own: they are filed under the type that they cover. */
	if (set.type == KNOT_RRTYPE_RRSIG && set.rr_count > 0)
		return false;
	*ret_set = set;
	return true;
}

/* A key is good when it is what its name's key would be. */
static bool check_key(const uint8_t *key, size_t len)
{
	struct hf_name name;
	struct hf_key again;
	if (key == NULL || len > HF_KEY_MAX || !hf_key_to_name(key, len, &name))
		return false;
	hf_key_from_name(&name, &again);
	return hf_key_cmp(again.bytes, again.len, key, len) == 0;
}

static enum hf_err get_sets(struct hf_cursor *in, struct hf_rrset *sets, size_t count)
{
	uint64_t total = 0;
	for (size_t i = 0; i < count; i++) {
		if (!get_set(in, &sets[i]) || (i > 0 && sets[i - 1].type >= sets[i].type))
			return HF_ERR_SYNTAX;
		total += sets[i].rrs_len + sets[i].sigs_len;
		if (total > NODE_MAX)
			return HF_ERR_SYNTAX;
	}
	return HF_OK;
}

enum hf_err hf_node_get(struct hf_cursor *in, struct hf_node **ret_node)
{
	uint16_t key_len = hf_get_u16(in);
	const uint8_t *key = hf_get_bytes(in, key_len);
	uint16_t count = hf_get_u16(in);
	/* A set takes at least 20 bytes: no allocation beyond what the input can fill. */
	if (in->failed || count == 0 || hf_cursor_left(in) / 20 < count || !check_key(key, key_len))
		return HF_ERR_SYNTAX;
	struct hf_rrset *sets = calloc(count, sizeof(*sets));
	if (sets == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = get_sets(in, sets, count);
	if (err == HF_OK)
		err = pack(key, key_len, sets, count, ret_node);
	free(sets);
	return err;
}
