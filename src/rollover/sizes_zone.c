/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rollover/sizes_zone.h"

#include <string.h>

#include "sign/cuts.h"

#define RECORD          10 /* type, class, TTL, length */
#define POINTER         2  /* a compressed owner */
#define INSECURE_BITMAP 3  /* NS alone: nothing is signed there, and the record is elsewhere */
#define LENGTH          2  /* in memory: before each record */
#define SET_MEMORY      24 /* what zone/node.c keeps of a set beside its bytes */
#define NSEC3_FIXED     6  /* algorithm, flags, iterations, two lengths */
#define NSEC3_OWNER     33 /* the hash as a label */
#define ZONEMD_RDATA    54 /* SHA-384 */

/* ---- A walk over the zone ---- */

struct walk {
	const struct hf_version *version;
	struct hf_zone_profile profile;
	struct hf_name last;        /* the owner before, of those that can have a denial record */
	struct hf_name last_secure; /* the same without delegations that lack a DS */
};

static bool is_dnssec(uint16_t type)
{
	return type == KNOT_RRTYPE_RRSIG || type == KNOT_RRTYPE_DNSKEY ||
	       type == KNOT_RRTYPE_NSEC || type == KNOT_RRTYPE_NSEC3 ||
	       type == KNOT_RRTYPE_NSEC3PARAM || type == KNOT_RRTYPE_CDS ||
	       type == KNOT_RRTYPE_CDNSKEY || type == KNOT_RRTYPE_ZONEMD;
}

static size_t label_count(const struct hf_name *name)
{
	size_t count = 0;
	for (size_t at = 0; name->wire[at] != 0; at += name->wire[at] + 1u)
		count++;
	return count;
}

/* Labels that two names have in common at their ends. */
static size_t common_labels(const struct hf_name *a, const struct hf_name *b)
{
	size_t left = label_count(a), right = label_count(b);
	struct hf_name one = *a, other = *b;
	while (left > 0 || right > 0) {
		if (left == right && hf_name_equal(&one, &other))
			return left;
		struct hf_name *longer = left >= right ? &one : &other;
		size_t skip = longer->wire[0] + 1u;
		longer->len = (uint8_t)(longer->len - skip);
		memmove(longer->wire, longer->wire + skip, longer->len);
		*(left >= right ? &left : &right) -= 1;
	}
	return 0;
}

/* Empty non-terminals between an owner and what came before it in canonical order. */
static uint64_t empties_before(const struct hf_name *last, const struct hf_name *owner)
{
	size_t labels = label_count(owner), common = common_labels(last, owner);
	return labels > common + 1 ? labels - common - 1 : 0;
}

/* The types that an owner's bitmap names, DNSSEC's own aside. */
static bool in_bitmap(enum hf_place place, uint16_t type)
{
	return !is_dnssec(type) &&
	       (place == HF_PLACE_AUTH || type == KNOT_RRTYPE_NS || type == KNOT_RRTYPE_DS);
}

/* Bytes of an owner's type bitmap with NSEC. The NSEC bit is the last of those that are added. */
static size_t bitmap_size(const struct hf_node *node, enum hf_place place)
{
	size_t size = 0, in_window = KNOT_RRTYPE_NSEC / 8 + 1;
	unsigned window = 0;
	for (size_t i = 0; i < hf_node_count(node); i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		if (set.rr_count == 0 || !in_bitmap(place, set.type))
			continue;
		if (set.type / 256u != window) {
			size += 2 + in_window;
			in_window = 0;
			window = set.type / 256u;
		}
		size_t bytes = set.type % 256u / 8 + 1;
		in_window = bytes > in_window ? bytes : in_window;
	}
	return size + 2 + in_window;
}

static void count_answer(struct walk *walk, const struct hf_name *owner, const struct hf_rrset *set)
{
	size_t size = hf_answer_empty(owner->len);
	struct hf_rdata_walk records = hf_rrset_rrs(set);
	struct hf_rdata rdata;
	while (hf_rdata_next(&records, &rdata))
		size += hf_answer_record(hf_answer_owner(owner->len), rdata.len);
	size_t bin = size / HF_PROFILE_BIN;
	walk->profile.answers[bin < HF_PROFILE_BINS ? bin : HF_PROFILE_BINS - 1]++;
}

/* One set without DNSSEC records; what it takes in memory. */
static size_t count_set(struct walk *walk, const struct hf_name *owner, const struct hf_rrset *set,
        enum hf_place place)
{
	struct hf_zone_profile *profile = &walk->profile;
	profile->records += set->rr_count;
	profile->wire += set->rrs_len + (uint64_t)set->rr_count * (owner->len + RECORD - LENGTH);
	if (hf_place_signs(place, set->type)) {
		profile->rrsets++;
		profile->rrset_names += owner->len;
		count_answer(walk, owner, set);
		if (set->ttl > profile->largest_ttl)
			profile->largest_ttl = set->ttl;
	}
	return SET_MEMORY + set->rrs_len;
}

static void count_denial(struct walk *walk, const struct hf_node *node, const struct hf_name *owner,
        enum hf_place place)
{
	struct hf_zone_profile *profile = &walk->profile;
	if (place != HF_PLACE_AUTH && place != HF_PLACE_DELEGATION)
		return;
	size_t bitmap = bitmap_size(node, place);
	bool insecure = place == HF_PLACE_DELEGATION && !hf_node_has(node, KNOT_RRTYPE_DS);
	uint64_t empties = empties_before(&walk->last, owner);
	uint64_t secure_empties = insecure ? 0 : empties_before(&walk->last_secure, owner);
	profile->nsec.owners++;
	profile->nsec.names += owner->len;
	profile->nsec.bitmaps += bitmap;
	profile->empties += empties;
	/* What is not needed for the others is there for insecure delegations only. */
	profile->insecure_empties += empties - secure_empties;
	walk->last = *owner;
	if (insecure) {
		profile->insecure.owners++;
		profile->insecure.names += owner->len;
		profile->insecure.bitmaps += bitmap;
	} else {
		walk->last_secure = *owner;
	}
}

static void count_node(struct walk *walk, const struct hf_node *node, enum hf_place place)
{
	struct hf_zone_profile *profile = &walk->profile;
	struct hf_name owner;
	size_t key_len, memory = 0, head = hf_node_size(node);
	if (place == HF_PLACE_FOREIGN)
		return;
	hf_node_name(node, &owner);
	hf_node_key(node, &key_len);
	for (size_t i = 0; i < hf_node_count(node); i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		head -= SET_MEMORY + set.rrs_len + set.sigs_len;
		if (set.rr_count > 0 && !is_dnssec(set.type))
			memory += count_set(walk, &owner, &set, place);
	}
	if (memory == 0)
		return; /* nothing but signatures, or denial records */
	profile->names++;
	profile->memory += memory + head;
	profile->node_memory = head - key_len;
	count_denial(walk, node, &owner, place);
}

enum hf_err hf_zone_profile_make(
        const struct hf_version *version, struct hf_zone_profile *ret_profile)
{
	const struct hf_name *apex = hf_version_apex(version);
	struct walk walk = {.version = version, .last = *apex, .last_secure = *apex};
	struct hf_tree_cursor cursor;
	struct hf_cuts cuts;
	struct hf_soa soa;
	struct hf_rrset set;
	if (!hf_version_soa(version, &soa) ||
	        !hf_node_find(hf_version_apex_node(version), KNOT_RRTYPE_SOA, &set))
		return HF_ERR_INVALID;
	const struct hf_node *node = hf_tree_first(hf_version_names(version), &cursor);
	hf_cuts_start(&cuts, version, node);
	for (; node != NULL; node = hf_tree_next(&cursor))
		count_node(&walk, node, hf_cuts_step(&cuts, node));
	walk.profile.apex = apex->len;
	walk.profile.soa = set.rrs_len / set.rr_count - LENGTH;
	walk.profile.denial_ttl = set.ttl < soa.minimum ? set.ttl : soa.minimum;
	*ret_profile = walk.profile;
	return HF_OK;
}

/* ---- The size with signatures ---- */

/* One record more, in an owner's node that is there. */
static void add_record(struct hf_zone_size *size, size_t owner, size_t rdata)
{
	size->records++;
	size->wire += owner + RECORD + rdata;
	size->memory += LENGTH + rdata;
}

/* The signatures of sets with `names` bytes of owners altogether. */
static void add_signatures(struct hf_zone_size *size, const struct hf_zone_profile *profile,
        const struct hf_key_size *keys, size_t count, uint64_t sets, uint64_t names)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t rdata = hf_answer_rrsig(profile->apex, keys[i].signature);
		size->signatures += sets;
		size->records += sets;
		size->wire += names + sets * (RECORD + rdata);
		size->memory += sets * (LENGTH + rdata);
	}
}

/* Denial records without their signatures; how many, and the bytes of their owners. */
static uint64_t add_denial(struct hf_zone_size *size, const struct hf_zone_profile *profile,
        const struct hf_zone_shape *shape, uint64_t *ret_names)
{
	uint64_t owners = profile->nsec.owners, bitmaps = profile->nsec.bitmaps;
	uint64_t names = profile->nsec.names;
	if (shape->denial.kind == HF_DENIAL_NSEC) {
		/* Each name is an owner once, and the next name once. */
		size->wire += owners * RECORD + 2 * names + bitmaps;
		size->memory += owners * (SET_MEMORY + LENGTH) + names + bitmaps;
	} else {
		uint64_t empties = profile->empties;
		bitmaps -= profile->insecure.bitmaps;
		if (shape->denial.opt_out) {
			owners -= profile->insecure.owners;
			empties -= profile->insecure_empties;
		} else {
			bitmaps += profile->insecure.owners * INSECURE_BITMAP;
		}
		owners += empties;
		names = owners * (NSEC3_OWNER + profile->apex);
		uint64_t rdata =
		        owners * (NSEC3_FIXED + shape->denial.salt_len + HF_NSEC3_HASH_LEN) +
		        bitmaps;
		size->wire += names + owners * RECORD + rdata;
		size->memory += owners * (profile->node_memory + NSEC3_OWNER + profile->apex +
		                                 SET_MEMORY + LENGTH) +
		                rdata;
	}
	size->records += owners;
	*ret_names = names;
	return owners;
}

/* What signing adds at the apex; how many RRsets sign_data signs there. */
static uint64_t add_apex(struct hf_zone_size *size, const struct hf_zone_profile *profile,
        const struct hf_zone_shape *shape)
{
	uint64_t sets = 0;
	for (size_t i = 0; i < shape->published_count; i++)
		add_record(size, profile->apex, shape->published[i].rdata);
	size->memory += SET_MEMORY;
	if (shape->sync_records > 0) {
		size->records += shape->sync_records;
		size->wire += shape->sync_records * (profile->apex + RECORD) + shape->sync_rdata;
		size->memory += shape->sync_records * LENGTH + shape->sync_rdata + 2 * SET_MEMORY;
	}
	if (shape->denial.kind == HF_DENIAL_NSEC3) {
		add_record(size, profile->apex, 5u + shape->denial.salt_len);
		size->memory += SET_MEMORY;
		sets++;
	}
	if (shape->zonemd) {
		add_record(size, profile->apex, ZONEMD_RDATA);
		size->memory += SET_MEMORY;
		sets++;
	}
	return sets;
}

/* ---- Answers ---- */

/* What the signatures of one RRset add to an answer. */
static size_t signatures_in_answer(
        const struct hf_zone_profile *profile, const struct hf_zone_shape *shape)
{
	size_t size = 0;
	for (size_t i = 0; i < shape->sign_data_count; i++)
		size += hf_answer_record(
		        POINTER, hf_answer_rrsig(profile->apex, shape->sign_data[i].signature));
	return size;
}

static void count_answers(
        const struct hf_zone_profile *profile, size_t signatures, struct hf_zone_size *size)
{
	uint64_t below = 0;
	bool found = false;
	for (size_t bin = 0; bin < HF_PROFILE_BINS; bin++) {
		size_t answer = bin * HF_PROFILE_BIN + HF_PROFILE_BIN / 2 + signatures;
		below += profile->answers[bin];
		if (bin == HF_PROFILE_BINS - 1 || answer > HF_ANSWER_UDP)
			size->truncated += profile->answers[bin];
		if (!found && 2 * below >= profile->rrsets) {
			size->typical = answer;
			found = true;
		}
	}
}

/* SOA, and two NSEC or three NSEC3 records, each with its signatures. */
static size_t negative_answer(
        const struct hf_zone_profile *profile, const struct hf_zone_shape *shape, size_t signatures)
{
	uint64_t owners = profile->nsec.owners > 0 ? profile->nsec.owners : 1;
	size_t name = profile->nsec.names / owners, bitmap = profile->nsec.bitmaps / owners;
	size_t size = hf_answer_empty(name) + signatures +
	              hf_answer_record(hf_answer_owner(profile->apex), profile->soa);
	if (shape->sign_data_count == 0)
		return size;
	/* Owners end in the zone's name, which is compressed. */
	size_t own = name > profile->apex ? name - profile->apex + POINTER : POINTER;
	size_t nsec = hf_answer_record(own, name + bitmap);
	size_t nsec3 = hf_answer_record(NSEC3_OWNER + POINTER,
	        NSEC3_FIXED + shape->denial.salt_len + HF_NSEC3_HASH_LEN + bitmap);
	return size + (shape->denial.kind == HF_DENIAL_NSEC ? 2 * (nsec + signatures)
	                                                    : 3 * (nsec3 + signatures));
}

void hf_zone_size(const struct hf_zone_profile *profile, const struct hf_zone_shape *shape,
        struct hf_zone_size *ret_size)
{
	struct hf_zone_size size = {
	        .records = profile->records,
	        .wire = profile->wire,
	        .memory = profile->memory,
	};
	size_t signatures = signatures_in_answer(profile, shape);
	if (shape->sign_data_count > 0) {
		uint64_t names, sets = add_apex(&size, profile, shape);
		uint64_t denials = add_denial(&size, profile, shape, &names);
		add_signatures(&size, profile, shape->sign_data, shape->sign_data_count,
		        profile->rrsets + denials + sets,
		        profile->rrset_names + names + sets * profile->apex);
		uint64_t by_keys = shape->sync_records > 0 ? 3 : 1;
		add_signatures(&size, profile, shape->sign_keys, shape->sign_keys_count, by_keys,
		        by_keys * profile->apex);
		size.dnskey = hf_answer_dnskey(profile->apex, shape->published,
		        shape->published_count, shape->sign_keys, shape->sign_keys_count);
	}
	count_answers(profile, signatures, &size);
	size.negative = negative_answer(profile, shape, signatures);
	*ret_size = size;
}
