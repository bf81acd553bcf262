/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/judge.h"

#include <stdlib.h>

#include "verify/sigcheck.h"
#include "verify/zonecheck.h"

enum hf_err hf_owners_reserve(struct hf_worker *worker, size_t count)
{
	if (count == 0 || count <= worker->owner_cap)
		return HF_OK;
	if (count > SIZE_MAX / sizeof(*worker->owners))
		return HF_ERR_NOMEM;
	struct hf_owner *owners = realloc(worker->owners, count * sizeof(*owners));
	if (owners == NULL)
		return HF_ERR_NOMEM;
	worker->owners = owners;
	worker->owner_cap = count;
	return HF_OK;
}

enum hf_err hf_owner_collect(struct hf_worker *worker, const struct hf_owner *owner)
{
	size_t count = hf_node_count(owner->node);
	for (size_t i = 0; i < count; i++) {
		struct hf_rrset set;
		hf_node_at(owner->node, i, &set);
		if (!hf_owner_signs(owner, &set))
			continue;
		enum hf_err err = hf_sigs_collect(worker, owner, &set);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

enum hf_err hf_nsec3_owner_collect(struct hf_worker *worker, const struct hf_node *node,
        const struct hf_node *known, struct hf_ring *ring, const struct hf_ring *end,
        struct hf_owner *ret_owner)
{
	const struct hf_facts *facts = worker->facts;
	*ret_owner = (struct hf_owner){.node = node, .known = known, .kind = HF_OWNER_FOREIGN};
	hf_node_name(node, &ret_owner->name);
	if (hf_version_in_zone(facts->version, node))
		ret_owner->kind = HF_OWNER_EMPTY;
	if (hf_nsec3_judge_record(worker, node, ring, end))
		ret_owner->kind = HF_OWNER_DATA;
	return facts->key_count > 0 ? hf_owner_collect(worker, ret_owner) : HF_OK;
}

void hf_owner_judge_sets(struct hf_worker *worker, const struct hf_owner *owner, size_t *next)
{
	bool is_signed = worker->facts->key_count > 0;
	size_t count = hf_node_count(owner->node);
	for (size_t i = 0; i < count; i++) {
		struct hf_rrset set;
		hf_node_at(owner->node, i, &set);
		worker->rrsets += set.rr_count > 0;
		worker->signatures += set.sig_count;
		worker->any_sigs = worker->any_sigs || set.sig_count > 0;
		if (!is_signed || owner->kind == HF_OWNER_FOREIGN)
			continue;
		if (hf_owner_signs(owner, &set)) {
			hf_sigs_judge(worker, &owner->name, &set, next);
			hf_sizes_note(worker, owner, &set);
		} else {
			hf_sigs_unexpected(worker, owner, &set);
		}
	}
}

/* ---- The zone as a whole ---- */

void hf_apex_judge(struct hf_worker *worker)
{
	const struct hf_facts *facts = worker->facts;
	const struct hf_node *apex = hf_version_apex_node(facts->version);
	struct hf_where where = hf_facts_apex(facts, KNOT_RRTYPE_SOA);
	if (apex == NULL || !hf_node_has(apex, KNOT_RRTYPE_SOA))
		hf_found(&worker->finds, HF_CHECK_SOA_MISSING, &where,
		        "There is no SOA record at the apex.");
	where.type = KNOT_RRTYPE_NS;
	if (apex == NULL || !hf_node_has(apex, KNOT_RRTYPE_NS))
		hf_found(&worker->finds, HF_CHECK_NS_MISSING, &where,
		        "There is no NS record at the apex.");
}

void hf_expire_judge(struct hf_worker *worker)
{
	const struct hf_facts *facts = worker->facts;
	struct hf_where where = hf_facts_apex(facts, KNOT_RRTYPE_SOA);
	if (!facts->has_soa || !worker->has_validity)
		return;
	hf_time left = worker->min_expiration - facts->at;
	char expire[HF_TIME_TEXT], span[HF_TIME_TEXT];
	/* What has ended already is an error of its own. */
	if (left >= 0 && left < facts->soa.expire)
		hf_found(&worker->finds, HF_CHECK_SOA_EXPIRE, &where,
		        "The SOA's expire field is %s, but the first signature ends in %s.",
		        hf_span_text(facts->soa.expire, expire), hf_span_text(left, span));
}

void hf_unsigned_judge(struct hf_worker *worker)
{
	struct hf_where where = hf_facts_apex(worker->facts, KNOT_RRTYPE_DNSKEY);
	if (!worker->any_sigs && !worker->any_denial)
		hf_found(&worker->finds, HF_CHECK_ZONE_UNSIGNED, &where,
		        "The zone is not signed: no DNSKEY, no signature, no denial records.");
	else
		hf_found(&worker->finds, HF_CHECK_DNSKEY_MISSING, &where,
		        "There is no DNSKEY set, so none of the %llu signatures can be verified.",
		        (unsigned long long)worker->signatures);
}

enum hf_err hf_report_make(struct hf_worker *worker, const struct hf_verify_options *options,
        enum hf_scope scope, struct hf_report **ret_report)
{
	const struct hf_facts *facts = worker->facts;
	struct hf_report *report = calloc(1, sizeof(*report));
	if (report == NULL)
		return HF_ERR_NOMEM;
	report->zone = *facts->apex;
	report->serial = facts->has_soa ? facts->soa.serial : 0;
	report->at = facts->at;
	report->scope = scope;
	report->names = worker->names;
	report->rrsets = worker->rrsets;
	report->signatures = worker->signatures;
	report->has_validity = worker->has_validity;
	if (worker->has_validity) {
		report->min_validity = worker->min_expiration - facts->at;
		report->min_owner = worker->min_owner;
		report->min_type = worker->min_type;
	}
	size_t limit = options->max_findings > 0 ? options->max_findings : HF_VERIFY_MAX_FINDINGS;
	enum hf_err err = hf_finds_report(&worker->finds, limit, report);
	if (err != HF_OK) {
		hf_report_free(report);
		return err;
	}
	*ret_report = report;
	return HF_OK;
}
