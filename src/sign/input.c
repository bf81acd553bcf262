/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sign/input.h"

#include <inttypes.h>
#include <stdlib.h>

#include "sign/cuts.h"
#include "zone/bulk.h"

#define SHOWN 3 /* places named for each kind of problem */

enum kind {
	KIND_SIGNED,
	KIND_FOREIGN,
	KIND_CNAME_OTHER,
	KIND_CNAME_MANY,
	KIND_DNAME_MANY,
	KIND_DNAME_CUT,
	KIND_SOA_PLACE,
	KIND_SOA_MANY,
	KIND_DS_APEX,
	KIND_DS_PLACE,
	KIND_KEY_PLACE,
	KIND_TTL_LONG,
	KIND_TTL_DIFFERS,
	KIND_COUNT,
};

/* What is wrong behind "OWNER TYPE: ", and what to do. Only the last kind is no refusal. */
static const char *const sentences[KIND_COUNT] = {
        [KIND_SIGNED] = "signed already (RRSIG, NSEC or NSEC3 records); sign the unsigned zone, or "
                        "strip it with "
                        "--resign",
        [KIND_FOREIGN] = "is outside the zone; remove it, or correct --origin",
        [KIND_CNAME_OTHER] =
                "stands beside a CNAME record, which must be alone; remove one of them",
        [KIND_CNAME_MANY] = "several records, of which resolvers would follow any; keep one",
        [KIND_DNAME_MANY] = "several records, of which resolvers would follow any; keep one",
        [KIND_DNAME_CUT] = "a delegation cannot be redirected as well; remove NS or DNAME",
        [KIND_SOA_PLACE] = "belongs at the apex only; remove it",
        [KIND_SOA_MANY] = "several records; keep one",
        [KIND_DS_APEX] = "belongs into the parent zone; remove it here",
        [KIND_DS_PLACE] = "there is no delegation (NS records) here; add NS, or remove DS",
        [KIND_KEY_PLACE] = "belongs at the apex only; remove it",
        [KIND_TTL_LONG] = "caches would keep it beyond the end of its signatures",
        [KIND_TTL_DIFFERS] = "records with different TTLs; all get the smallest one",
};

struct check {
	const struct hf_sign_job *job;
	const struct hf_version *zone;
	struct hf_diag *diag;
	const struct hf_node *apex;
	const struct hf_node *node; /* that is being judged */
	uint64_t found[KIND_COUNT];
	bool tell; /* the second pass, over slices in which the first one found something */
};

int64_t hf_input_ttl_limit(const struct hf_sign_options *options)
{
	return options->validity - options->spread - options->refresh;
}

static enum hf_err refuse_option(struct hf_diag *diag, const char *text)
{
	return hf_fail(diag, HF_ERR_INVALID, "%s", text);
}

enum hf_err hf_input_check_options(const struct hf_sign_options *options, struct hf_diag *diag)
{
	bool nsec3 = (options->flags & HF_SIGN_NSEC3) != 0;

	if (options->at == HF_TIME_NONE)
		return refuse_option(diag, "no point in time to sign at; give one with --at");
	if (options->validity <= 0 || options->validity > HF_SIGN_VALIDITY_MAX)
		return refuse_option(diag,
		        "the validity of signatures must be more than 0 s and at "
		        "most 5 years; correct --validity");
	if (options->inception_offset < 0 || options->inception_offset > HF_SIGN_VALIDITY_MAX)
		return refuse_option(diag,
		        "the inception offset must be at least 0 s and at most 5 "
		        "years; correct --inception-offset");
	if (options->spread < 0 || options->refresh < 0 || hf_input_ttl_limit(options) <= 0)
		return refuse_option(diag,
		        "--spread and --refresh together must be shorter than --validity; shorten "
		        "them, or lengthen it");
	if (!nsec3 && (options->flags & HF_SIGN_OPT_OUT) != 0)
		return refuse_option(diag,
		        "there is no opt-out without NSEC3; add --nsec3, or leave "
		        "--opt-out away");
	if (!nsec3 && (options->iterations != 0 || options->salt_len != 0))
		return refuse_option(diag, "there are no salt and no iterations without NSEC3; add "
		                           "--nsec3, or leave --salt and --iterations away");
	if (options->iterations > HF_SIGN_ITERATIONS_MAX)
		return refuse_option(diag, "validators treat many NSEC3 iterations as insecure "
		                           "(RFC 9276); give at most 50, better none");
	return HF_OK;
}

static void tell_ttl(const struct hf_sign_options *options, const struct hf_name *owner,
        uint16_t type, uint32_t ttl, struct hf_diag *diag)
{
	char name[HF_NAME_TEXT], type_text[HF_TYPE_TEXT];
	hf_diag_add(diag, NULL, 0,
	        "%s %s: %s: the TTL is %" PRIu32 " s, and validity less spread and refresh leave "
	        "%" PRId64 " s; lower the TTL, or raise --validity",
	        hf_name_text(owner, name), hf_type_text(type, type_text), sentences[KIND_TTL_LONG],
	        ttl, hf_input_ttl_limit(options));
}

enum hf_err hf_input_check_ttl(const struct hf_sign_options *options, const struct hf_name *owner,
        uint16_t type, uint32_t ttl, struct hf_diag *diag)
{
	if ((int64_t)ttl <= hf_input_ttl_limit(options))
		return HF_OK;
	tell_ttl(options, owner, type, ttl, diag);
	return HF_ERR_REFUSED;
}

static void complain(struct check *check, enum kind kind, const struct hf_rrset *set)
{
	char text[HF_NAME_TEXT], type[HF_TYPE_TEXT];
	struct hf_name owner;

	if (check->found[kind]++ >= SHOWN || !check->tell)
		return;
	hf_node_name(check->node, &owner);
	if (kind == KIND_TTL_LONG) {
		tell_ttl(check->job->options, &owner, set->type, set->ttl, check->diag);
		return;
	}
	hf_diag_add(kind == KIND_TTL_DIFFERS ? check->job->warnings : check->diag, NULL, 0,
	        "%s %s: %s", hf_name_text(&owner, text), hf_type_text(set->type, type),
	        sentences[kind]);
}

static bool is_denial(uint16_t type)
{
	return type == KNOT_RRTYPE_NSEC || type == KNOT_RRTYPE_NSEC3 ||
	       type == KNOT_RRTYPE_NSEC3PARAM;
}

/* Sets that only the apex may have, or that it must not have. */
static void check_place(struct check *check, const struct hf_rrset *set, bool apex)
{
	switch (set->type) {
	case KNOT_RRTYPE_SOA:
		if (!apex)
			complain(check, KIND_SOA_PLACE, set);
		else if (set->rr_count > 1)
			complain(check, KIND_SOA_MANY, set);
		break;
	case KNOT_RRTYPE_DS:
		if (apex)
			complain(check, KIND_DS_APEX, set);
		else if (!hf_node_has(check->node, KNOT_RRTYPE_NS))
			complain(check, KIND_DS_PLACE, set);
		break;
	case KNOT_RRTYPE_DNSKEY:
	case KNOT_RRTYPE_CDS:
	case KNOT_RRTYPE_CDNSKEY:
		if (!apex)
			complain(check, KIND_KEY_PLACE, set);
		break;
	case KNOT_RRTYPE_DNAME:
		if (!apex && hf_node_has(check->node, KNOT_RRTYPE_NS))
			complain(check, KIND_DNAME_CUT, set);
		else if (set->rr_count > 1)
			complain(check, KIND_DNAME_MANY, set);
		break;
	case KNOT_RRTYPE_CNAME:
		if (set->rr_count > 1)
			complain(check, KIND_CNAME_MANY, set);
		break;
	default:
		break;
	}
}

static void check_set(struct check *check, const struct hf_rrset *set, enum hf_place place)
{
	bool apex = check->node == check->apex;

	if (set->sig_count > 0 || is_denial(set->type))
		complain(check, KIND_SIGNED, set);
	if (place == HF_PLACE_FOREIGN)
		complain(check, KIND_FOREIGN, set);
	if (place == HF_PLACE_HIDDEN || place == HF_PLACE_FOREIGN || set->rr_count == 0)
		return;
	check_place(check, set, apex);
	if (set->type != KNOT_RRTYPE_CNAME && !is_denial(set->type) &&
	        hf_node_has(check->node, KNOT_RRTYPE_CNAME))
		complain(check, KIND_CNAME_OTHER, set);
	if (!hf_place_signs(place, set->type))
		return;
	if ((int64_t)set->ttl > hf_input_ttl_limit(check->job->options))
		complain(check, KIND_TTL_LONG, set);
	if ((set->flags & HF_RRSET_TTL_DIFFERS) != 0)
		complain(check, KIND_TTL_DIFFERS, set);
}

static void check_node(struct check *check, const struct hf_node *node, enum hf_place place)
{
	check->node = node;
	for (size_t i = 0; i < hf_node_count(node); i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		check_set(check, &set, place);
	}
}

static void check_slice(struct check *check, const struct hf_slice *slice)
{
	struct hf_cuts cuts;
	hf_cuts_start(&cuts, check->zone, slice->nodes[0]);
	for (size_t i = 0; i < slice->count; i++) {
		const struct hf_node *node = slice->nodes[i];
		check_node(check, node, hf_cuts_step(&cuts, node));
	}
}

static uint64_t problems(const struct check *check)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < KIND_COUNT; i++)
		sum += check->found[i];
	return sum;
}

struct scan {
	const struct check *check; /* what every slice's check is like */
	const struct hf_slice *slices;
	bool *found; /* by slice */
};

static enum hf_err scan_slice(void *context, size_t index, unsigned worker)
{
	struct scan *scan = context;
	struct check check = {
	        .job = scan->check->job,
	        .zone = scan->check->zone,
	        .apex = scan->check->apex,
	};
	check_slice(&check, &scan->slices[index]);
	scan->found[index] = problems(&check) > 0;
	return HF_OK;
}

/* How many places of each kind were not named; whether any of them is a refusal. */
static enum hf_err sum_up(const struct check *check)
{
	enum hf_err err = HF_OK;
	for (unsigned i = 0; i < KIND_COUNT; i++) {
		bool warning = i == KIND_TTL_DIFFERS;
		if (check->found[i] > SHOWN)
			hf_diag_add(warning ? check->job->warnings : check->diag, NULL, 0,
			        "%" PRIu64 " more like this: %s", check->found[i] - SHOWN,
			        sentences[i]);
		if (check->found[i] > 0 && !warning)
			err = HF_ERR_REFUSED;
	}
	return err;
}

/* All nodes of a tree: in parallel first, then once more, in order, where something is wrong. */
static enum hf_err check_tree(struct check *check, const struct hf_tree *tree, struct hf_pool *pool)
{
	struct scan scan = {.check = check};
	struct hf_slice *slices = NULL;
	size_t count = 0;

	enum hf_err err = hf_tree_slices(tree, &slices, &count);
	if (err != HF_OK)
		return err;
	scan.slices = slices;
	scan.found = calloc(count + 1, sizeof(*scan.found));
	if (scan.found == NULL) {
		free(slices);
		return HF_ERR_NOMEM;
	}
	err = hf_pool_run(pool, count, scan_slice, &scan, NULL, NULL);
	check->tell = true;
	for (size_t i = 0; err == HF_OK && i < count; i++)
		if (scan.found[i])
			check_slice(check, &slices[i]);
	check->tell = false;
	free(scan.found);
	free(slices);
	return err;
}

enum hf_err hf_input_check_apex(
        const struct hf_sign_job *job, const struct hf_version *zone, struct hf_diag *diag)
{
	const struct hf_node *apex = hf_version_apex_node(zone);
	char name[HF_NAME_TEXT];
	struct hf_soa soa;
	enum hf_err err = HF_OK;

	hf_name_text(hf_version_apex(zone), name);
	if (apex == NULL || !hf_node_has(apex, KNOT_RRTYPE_SOA))
		err = hf_fail(diag, HF_ERR_REFUSED,
		        "%s has no SOA record; add it, or name the zone with --origin", name);
	else if (!hf_version_soa(zone, &soa))
		err = hf_fail(diag, HF_ERR_REFUSED,
		        "%s SOA: the record is malformed; write it as in RFC 1035 section 3.3.13",
		        name);
	if (apex == NULL || !hf_node_has(apex, KNOT_RRTYPE_NS))
		err = hf_fail(diag, HF_ERR_REFUSED,
		        "%s has no NS records; add those of the zone's own servers", name);
	if ((job->options->flags & HF_SIGN_NSEC3) != 0 &&
	        hf_version_apex(zone)->len + 1 + HF_NSEC3_LABEL > HF_NAME_MAX)
		err = hf_fail(diag, HF_ERR_REFUSED,
		        "the zone's name leaves no room for NSEC3 owner names; use NSEC");
	return err;
}

enum hf_err hf_input_check_owners(const struct hf_sign_job *job, const struct hf_version *zone,
        const struct hf_node *const *nodes, size_t count, struct hf_diag *diag)
{
	struct check check = {
	        .job = job,
	        .zone = zone,
	        .diag = diag,
	        .apex = hf_version_apex_node(zone),
	        .tell = true,
	};
	for (size_t i = 0; i < count; i++)
		check_node(&check, nodes[i], hf_cuts_place(zone, nodes[i]));
	return sum_up(&check);
}

enum hf_err hf_input_check(const struct hf_sign_job *job, const struct hf_version *zone,
        struct hf_pool *pool, struct hf_diag *diag)
{
	struct check check = {
	        .job = job,
	        .zone = zone,
	        .diag = diag,
	        .apex = hf_version_apex_node(zone),
	};
	enum hf_err refused = hf_input_check_apex(job, zone, diag);

	enum hf_err err = check_tree(&check, hf_version_names(zone), pool);
	if (err == HF_OK)
		err = check_tree(&check, hf_version_nsec3(zone), pool);
	if (err == HF_OK)
		err = sum_up(&check);
	return err != HF_OK ? err : refused;
}

/* ---- stripping ---- */

static enum hf_err strip_node(
        struct hf_node_builder *builder, const struct hf_node *node, struct hf_node **ret_node)
{
	struct hf_key key;
	bool clean = true;

	for (size_t i = 0; clean && i < hf_node_count(node); i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		clean = set.sig_count == 0 && !is_denial(set.type);
	}
	if (clean) {
		*ret_node = hf_node_ref(node);
		return HF_OK;
	}
	hf_node_owner(node, &key);
	hf_node_begin(builder, &key);
	for (size_t i = 0; i < hf_node_count(node); i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		if (is_denial(set.type) || set.rr_count == 0)
			continue;
		enum hf_err err = hf_node_add_set(builder, &set, HF_COPY_RECORDS);
		if (err != HF_OK)
			return err;
	}
	return hf_node_finish(builder, ret_node);
}

enum hf_err hf_input_strip(const struct hf_version *zone, struct hf_version **ret_zone)
{
	struct hf_node_builder *builder = NULL;
	struct hf_bulk *bulk = NULL;
	struct hf_tree_cursor cursor;
	const struct hf_node *node;

	enum hf_err err = hf_node_builder_new(&builder);
	if (err == HF_OK)
		err = hf_bulk_new(&bulk);
	if (err != HF_OK)
		goto done;
	for (node = hf_tree_first(hf_version_names(zone), &cursor); node != NULL;
	        node = hf_tree_next(&cursor)) {
		struct hf_node *stripped = NULL;
		err = strip_node(builder, node, &stripped);
		if (err == HF_OK && stripped != NULL)
			err = hf_bulk_add_node(bulk, stripped);
		hf_node_unref(stripped);
		if (err != HF_OK)
			goto done;
	}
	err = hf_bulk_finish(bulk, hf_version_apex(zone), ret_zone);
done:
	hf_bulk_free(bulk);
	hf_node_builder_free(builder);
	return err;
}
