/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The link from the parent: DS against keys, and CDS and CDNSKEY, which ask for a new DS set. */
#include <string.h>

#include "verify/zonecheck.h"

void hf_ds_form_judge(
        struct hf_worker *worker, const struct hf_where *where, const struct hf_ds *ds)
{
	struct hf_where place = *where;
	char name[32];
	size_t len = hf_digest_len(ds->digest_type);
	place.cause = ds->digest_type;
	if (len == 0)
		hf_found(&worker->finds, HF_CHECK_DS_DIGEST_UNSUPPORTED, &place,
		        "The record for key %u has digest type %u, which is not supported.",
		        ds->tag, ds->digest_type);
	else if (len != ds->digest_len)
		hf_found(&worker->finds, HF_CHECK_DS_DIGEST_LENGTH, &place,
		        "The record for key %u has a digest of %u bytes; %s has %zu.", ds->tag,
		        ds->digest_len, hf_digest_name(ds->digest_type, name), len);
	else if (ds->digest_type == HF_DIGEST_SHA1)
		hf_found(&worker->finds, HF_CHECK_DS_DIGEST_WEAK, &place,
		        "The record for key %u has a SHA-1 digest.", ds->tag);
	const struct hf_alg *alg = hf_alg_find(ds->algorithm);
	place.cause = ds->algorithm;
	if (alg == NULL || (alg->flags & HF_ALG_VERIFIES) == 0)
		hf_found(&worker->finds, HF_CHECK_DS_ALG_UNKNOWN, &place,
		        "The record for key %u names %s, which is not supported.", ds->tag,
		        hf_alg_name(ds->algorithm, name));
	else if ((alg->flags & HF_ALG_DEPRECATED) != 0)
		hf_found(&worker->finds, HF_CHECK_DS_ALG_DEPRECATED, &place,
		        "The record for key %u names %s, which is deprecated.", ds->tag, alg->name);
}

/* ---- One DS record against the keys ---- */

struct ds_match {
	bool tag_found; /* a key with this tag and algorithm */
	bool revoked;   /* it matches a revoked key */
	bool signs;     /* it matches a key that signs the DNSKEY set */
	bool matches[HF_VERIFY_KEYS];
	bool any;
};

static enum hf_err match_ds(
        const struct hf_worker *worker, const struct hf_ds *ds, struct ds_match *ret_match)
{
	const struct hf_facts *facts = worker->facts;
	struct ds_match match = {.any = false};
	for (size_t i = 0; i < facts->key_count; i++) {
		const struct hf_zone_key *key = &facts->keys[i];
		if (key->tag != ds->tag || key->dnskey.algorithm != ds->algorithm)
			continue;
		match.tag_found = true;
		enum hf_err err = hf_ds_matches(ds, facts->apex, key->rdata, &match.matches[i]);
		if (err != HF_OK)
			return err;
		if (!match.matches[i])
			continue;
		match.any = true;
		if ((key->dnskey.flags & HF_DNSKEY_REVOKE) != 0)
			match.revoked = true;
		else if (worker->signed_dnskey[i])
			match.signs = true;
	}
	*ret_match = match;
	return HF_OK;
}

static void report_ds(
        struct hf_worker *worker, const struct hf_ds *ds, const struct ds_match *match)
{
	struct hf_where where = hf_facts_apex(worker->facts, KNOT_RRTYPE_DS);
	where.tag = ds->tag;
	where.cause = (uint32_t)ds->algorithm << 8 | ds->digest_type;
	char text[32];
	const char *name = hf_alg_name(ds->algorithm, text);
	if (match->revoked)
		hf_found(&worker->finds, HF_CHECK_DS_REVOKED, &where,
		        "The DS for key %u (%s) refers to a revoked key.", ds->tag, name);
	else if (!match->tag_found)
		hf_found(&worker->finds, HF_CHECK_DS_NO_KEY, &where,
		        "The DS for key %u (%s) belongs to no key in the DNSKEY set.", ds->tag,
		        name);
	else if (!match->any && hf_digest_len(ds->digest_type) != 0)
		hf_found(&worker->finds, HF_CHECK_DS_DIGEST_MISMATCH, &where,
		        "The DS for key %u (%s) does not have the digest of that key.", ds->tag,
		        name);
	else if (match->any && !match->signs)
		hf_found(&worker->finds, HF_CHECK_DS_KEY_NOT_SIGNING, &where,
		        "The DS for key %u (%s) belongs to a key without a good signature over the "
		        "DNSKEY set.",
		        ds->tag, name);
}

/* ---- The parent's DS set ---- */

/* What a set of DS (or CDS) records gives: per algorithm, whether it leads to the DNSKEY set. */
struct link {
	bool wants[256], leads[256];
	bool any_wanted, any_leads;
	uint8_t strongest; /* digest type; the numbers of those we support rise with strength */
	bool strong_leads; /* one with that digest does */
};

static void link_add(struct link *link, const struct hf_ds *ds, const struct ds_match *match)
{
	const struct hf_alg *alg = hf_alg_find(ds->algorithm);
	/* Validators ignore what they do not support (RFC 4035 section 5.2). */
	if (hf_digest_len(ds->digest_type) == 0 || alg == NULL ||
	        (alg->flags & HF_ALG_VERIFIES) == 0)
		return;
	link->wants[ds->algorithm] = true;
	link->any_wanted = true;
	if (ds->digest_type > link->strongest) {
		link->strongest = ds->digest_type;
		link->strong_leads = false;
	}
	if (match->signs) {
		link->leads[ds->algorithm] = true;
		link->any_leads = true;
		link->strong_leads |= ds->digest_type == link->strongest;
	}
}

static void report_link(struct hf_worker *worker, const struct link *link)
{
	struct hf_where where = hf_facts_apex(worker->facts, KNOT_RRTYPE_DS);
	if (link->any_wanted && !link->any_leads) {
		hf_found(&worker->finds, HF_CHECK_DS_NO_CHAIN, &where,
		        "No DS of the parent leads to a key that signs the DNSKEY set; validators "
		        "find the whole zone bogus.");
		return;
	}
	char name[32];
	where.cause = link->strongest;
	if (link->any_wanted && !link->strong_leads)
		hf_found(&worker->finds, HF_CHECK_DS_DIGEST_IGNORED, &where,
		        "No DS with a %s digest leads to a key that signs the DNSKEY set; "
		        "validators "
		        "may ignore the others because their digest is weaker.",
		        hf_digest_name(link->strongest, name));
	for (unsigned alg = 0; alg < 256; alg++) {
		if (!link->wants[alg] || link->leads[alg])
			continue;
		where.cause = alg;
		hf_found(&worker->finds, HF_CHECK_DS_ALG_UNSIGNED, &where,
		        "The parent has a DS for %s, but no key of a DS with it signs the DNSKEY "
		        "set.",
		        hf_alg_name((uint8_t)alg, name));
	}
}

static void report_no_ds(struct hf_worker *worker)
{
	struct hf_where where = hf_facts_apex(worker->facts, KNOT_RRTYPE_DS);
	hf_found(&worker->finds, HF_CHECK_DS_NONE, &where,
	        "The parent has no DS that validators can use, so the zone is insecure for them.");
}

enum hf_err hf_parent_judge(struct hf_worker *worker, const struct hf_verify_options *options)
{
	if (!options->ds_given)
		return HF_OK;
	struct link link = {.any_wanted = false};
	struct hf_where where = hf_facts_apex(worker->facts, KNOT_RRTYPE_DS);
	for (size_t i = 0; i < options->ds_count; i++) {
		struct hf_ds ds;
		if (!hf_ds_read(options->ds[i], &ds)) {
			hf_found(&worker->finds, HF_CHECK_RDATA_MALFORMED, &where,
			        "A DS record of the parent is malformed.");
			continue;
		}
		where.tag = ds.tag;
		hf_ds_form_judge(worker, &where, &ds);
		struct ds_match match;
		enum hf_err err = match_ds(worker, &ds, &match);
		if (err != HF_OK)
			return err;
		report_ds(worker, &ds, &match);
		link_add(&link, &ds, &match);
	}
	if (!link.any_wanted)
		report_no_ds(worker);
	report_link(worker, &link);
	return HF_OK;
}

/* ---- CDS and CDNSKEY (RFC 7344, RFC 8078) ---- */

/* Sets at the apex, and which keys each stands for. */
struct cds {
	struct hf_rrset cds, cdnskey;
	bool has_cds, has_cdnskey;
	bool cds_keys[HF_VERIFY_KEYS], cdnskey_keys[HF_VERIFY_KEYS];
	struct link link;
};

/* Algorithm 0 asks the parent to remove the DS set; it has one form and stands alone. */
static bool judge_delete(struct hf_worker *worker, const struct hf_rrset *set)
{
	static const uint8_t cds_form[] = {0, 0, 0, 0, 0}, cdnskey_form[] = {0, 0, 3, 0, 0};
	bool cdnskey = set->type == KNOT_RRTYPE_CDNSKEY;
	struct hf_rdata form = {.data = cdnskey ? cdnskey_form : cds_form, .len = 5};
	struct hf_where where = hf_facts_apex(worker->facts, set->type);
	struct hf_rdata_walk walk = hf_rrset_rrs(set);
	struct hf_rdata rdata;
	bool deletes = false;
	while (hf_rdata_next(&walk, &rdata)) {
		size_t alg_at = cdnskey ? 3 : 2;
		if (rdata.len <= alg_at || rdata.data[alg_at] != 0)
			continue;
		deletes = true;
		if (!hf_rdata_equal(rdata, form) || set->rr_count > 1)
			hf_found(&worker->finds, HF_CHECK_CDS_DELETE_INVALID, &where,
			        "A record with algorithm 0 %s.",
			        set->rr_count > 1 ? "is not alone"
			                          : "does not have the form of the delete record");
	}
	if (deletes)
		hf_found(&worker->finds, HF_CHECK_CDS_DELETE, &where,
		        "The zone asks the parent to remove its DS set.");
	return deletes;
}

static void report_no_key(struct hf_worker *worker, uint16_t type, uint16_t tag)
{
	struct hf_where where = hf_facts_apex(worker->facts, type);
	where.tag = tag;
	hf_found(&worker->finds, HF_CHECK_CDS_NO_KEY, &where,
	        "The record for key %u belongs to no key in the DNSKEY set.", tag);
}

static void mark(bool *to, const bool *from)
{
	for (size_t i = 0; i < HF_VERIFY_KEYS; i++)
		to[i] = to[i] || from[i];
}

static enum hf_err read_cds(struct hf_worker *worker, struct cds *cds)
{
	struct hf_where where = hf_facts_apex(worker->facts, KNOT_RRTYPE_CDS);
	struct hf_rdata_walk walk = hf_rrset_rrs(&cds->cds);
	struct hf_rdata rdata;
	while (hf_rdata_next(&walk, &rdata)) {
		struct hf_ds ds;
		if (!hf_ds_read(rdata, &ds))
			continue;
		hf_ds_form_judge(worker, &where, &ds);
		struct ds_match match;
		enum hf_err err = match_ds(worker, &ds, &match);
		if (err != HF_OK)
			return err;
		if (!match.any && hf_digest_len(ds.digest_type) != 0)
			report_no_key(worker, KNOT_RRTYPE_CDS, ds.tag);
		mark(cds->cds_keys, match.matches);
		link_add(&cds->link, &ds, &match);
	}
	return HF_OK;
}

static void read_cdnskey(struct hf_worker *worker, struct cds *cds)
{
	const struct hf_facts *facts = worker->facts;
	struct hf_rdata_walk walk = hf_rrset_rrs(&cds->cdnskey);
	struct hf_rdata rdata;
	while (hf_rdata_next(&walk, &rdata)) {
		struct hf_dnskey dnskey;
		if (!hf_dnskey_read(rdata, &dnskey))
			continue;
		struct ds_match match = {.any = false};
		for (size_t i = 0; i < facts->key_count; i++) {
			match.matches[i] = hf_rdata_equal(facts->keys[i].rdata, rdata);
			match.any = match.any || match.matches[i];
			if (match.matches[i] && worker->signed_dnskey[i])
				match.signs = true;
		}
		if (!match.any)
			report_no_key(worker, KNOT_RRTYPE_CDNSKEY, hf_dnskey_tag(rdata));
		mark(cds->cdnskey_keys, match.matches);
		if (!cds->has_cds) {
			/* What the parent would make of it. */
			struct hf_ds ds = {
			        .algorithm = dnskey.algorithm, .digest_type = HF_DIGEST_SHA256};
			link_add(&cds->link, &ds, &match);
		}
	}
}

static void judge_pair(struct hf_worker *worker, const struct cds *cds)
{
	const struct hf_facts *facts = worker->facts;
	uint16_t type = cds->has_cds ? KNOT_RRTYPE_CDS : KNOT_RRTYPE_CDNSKEY;
	struct hf_where where = hf_facts_apex(facts, type);
	if (!cds->has_cds || !cds->has_cdnskey) {
		hf_found(&worker->finds, HF_CHECK_CDS_PAIR, &where, "There is a %s set, but no %s.",
		        cds->has_cds ? "CDS" : "CDNSKEY", cds->has_cds ? "CDNSKEY" : "CDS");
		return;
	}
	for (size_t i = 0; i < facts->key_count; i++) {
		if (cds->cds_keys[i] == cds->cdnskey_keys[i])
			continue;
		where.tag = facts->keys[i].tag;
		hf_found(&worker->finds, HF_CHECK_CDS_MISMATCH, &where,
		        "%s is in the %s set, but not in the %s set.", facts->keys[i].label,
		        cds->cds_keys[i] ? "CDS" : "CDNSKEY", cds->cds_keys[i] ? "CDNSKEY" : "CDS");
	}
}

static void judge_outcome(struct hf_worker *worker, const struct cds *cds)
{
	const struct hf_facts *facts = worker->facts;
	struct hf_where where =
	        hf_facts_apex(facts, cds->has_cds ? KNOT_RRTYPE_CDS : KNOT_RRTYPE_CDNSKEY);
	unsigned keys = 0;
	for (size_t i = 0; i < facts->key_count; i++)
		keys += cds->cds_keys[i] || cds->cdnskey_keys[i];
	if (keys > 1)
		hf_found(&worker->finds, HF_CHECK_CDS_MULTIPLE, &where,
		        "CDS and CDNSKEY stand for %u keys.", keys);
	bool broken = !cds->link.strong_leads;
	for (unsigned alg = 0; alg < 256; alg++)
		broken = broken || (cds->link.wants[alg] && !cds->link.leads[alg]);
	if (broken)
		hf_found(&worker->finds, HF_CHECK_CDS_BREAKS, &where,
		        "A DS set made of these records would not lead to a key that signs the "
		        "DNSKEY set for each of its algorithms.");
}

/* Which keys the parent's DS set stands for; without one to compare, those with the SEP flag. */
static enum hf_err trusted_keys(
        const struct hf_worker *worker, const struct hf_verify_options *options, bool *ret_keys)
{
	const struct hf_facts *facts = worker->facts;
	for (size_t i = 0; i < facts->key_count; i++)
		ret_keys[i] =
		        !options->ds_given && (facts->keys[i].dnskey.flags & HF_DNSKEY_SEP) != 0;
	for (size_t i = 0; options->ds_given && i < options->ds_count; i++) {
		struct hf_ds ds;
		struct ds_match match;
		if (!hf_ds_read(options->ds[i], &ds))
			continue;
		enum hf_err err = match_ds(worker, &ds, &match);
		if (err != HF_OK)
			return err;
		mark(ret_keys, match.matches);
	}
	return HF_OK;
}

static void judge_signer(
        struct hf_worker *worker, uint16_t type, const bool *trusted, const bool *signers)
{
	const struct hf_facts *facts = worker->facts;
	bool any = false;
	for (size_t i = 0; i < facts->key_count; i++) {
		if (trusted[i] && signers[i])
			return;
		any = any || trusted[i];
	}
	struct hf_where where = hf_facts_apex(facts, type);
	char text[HF_TYPE_TEXT];
	if (any)
		hf_found(&worker->finds, HF_CHECK_CDS_SIGNER, &where,
		        "The %s set has no good signature by a key that the parent trusts.",
		        hf_type_text(type, text));
}

/* Whether each parent's DS is among the CDS records and the other way round. */
static bool same_as_parent(const struct cds *cds, const struct hf_verify_options *options)
{
	if (cds->cds.rr_count != options->ds_count)
		return false;
	struct hf_rdata_walk walk = hf_rrset_rrs(&cds->cds);
	struct hf_rdata rdata;
	while (hf_rdata_next(&walk, &rdata)) {
		bool found = false;
		for (size_t i = 0; i < options->ds_count; i++)
			found = found || hf_rdata_equal(rdata, options->ds[i]);
		if (!found)
			return false;
	}
	return true;
}

enum hf_err hf_cds_judge(struct hf_worker *worker, const struct hf_verify_options *options)
{
	const struct hf_node *apex = hf_version_apex_node(worker->facts->version);
	struct cds cds = {.has_cds = false};
	if (apex == NULL)
		return HF_OK;
	cds.has_cds = hf_node_find(apex, KNOT_RRTYPE_CDS, &cds.cds) && cds.cds.rr_count > 0;
	cds.has_cdnskey =
	        hf_node_find(apex, KNOT_RRTYPE_CDNSKEY, &cds.cdnskey) && cds.cdnskey.rr_count > 0;
	if (!cds.has_cds && !cds.has_cdnskey)
		return HF_OK;
	bool trusted[HF_VERIFY_KEYS] = {false};
	enum hf_err err = trusted_keys(worker, options, trusted);
	if (err != HF_OK)
		return err;
	if (cds.has_cds)
		judge_signer(worker, KNOT_RRTYPE_CDS, trusted, worker->signed_cds);
	if (cds.has_cdnskey)
		judge_signer(worker, KNOT_RRTYPE_CDNSKEY, trusted, worker->signed_cdnskey);
	bool cds_delete = cds.has_cds && judge_delete(worker, &cds.cds);
	bool cdnskey_delete = cds.has_cdnskey && judge_delete(worker, &cds.cdnskey);
	if (!cds_delete && cds.has_cds && (err = read_cds(worker, &cds)) != HF_OK)
		return err;
	if (!cdnskey_delete && cds.has_cdnskey)
		read_cdnskey(worker, &cds);
	judge_pair(worker, &cds);
	if (cds_delete || cdnskey_delete)
		return HF_OK;
	judge_outcome(worker, &cds);
	struct hf_where where = hf_facts_apex(worker->facts, KNOT_RRTYPE_CDS);
	if (options->ds_given && cds.has_cds && !same_as_parent(&cds, options))
		hf_found(&worker->finds, HF_CHECK_CDS_DS_DIFFERS, &where,
		        "The CDS set is not the parent's DS set.");
	return HF_OK;
}
