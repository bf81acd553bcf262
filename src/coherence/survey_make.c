/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "coherence/survey_make.h"

#include <stdlib.h>

enum hf_err hf_survey_intern(const struct hf_version *version, struct hf_evidence *evidence,
        struct hf_survey_dnskeys *ret_keys)
{
	const struct hf_node *apex = hf_version_apex_node(version);
	size_t count = 0;
	struct hf_rrset set;
	if (apex != NULL && hf_node_find(apex, KNOT_RRTYPE_DNSKEY, &set)) {
		struct hf_rdata_walk walk = hf_rrset_rrs(&set);
		struct hf_rdata rdata;
		while (hf_rdata_next(&walk, &rdata)) {
			struct hf_dnskey dnskey;
			if (!hf_dnskey_read(rdata, &dnskey))
				continue;
			if (count == HF_CONTENT_MEMBERS)
				return HF_ERR_LIMIT;
			enum hf_err err =
			        hf_evidence_key(evidence, rdata, &ret_keys->members[count]);
			if (err != HF_OK)
				return err;
			count++;
		}
	}
	ret_keys->content = (struct hf_content){
	        .kind = HF_KIND_DNSKEY, .members = ret_keys->members, .member_count = count};
	return HF_OK;
}

/* How long caches keep the DNSKEY set or, when there is none, its absence (RFC 2308 section 5). */
static uint32_t dnskey_ttl(const struct hf_version *version)
{
	const struct hf_node *apex = hf_version_apex_node(version);
	struct hf_rrset set;
	struct hf_soa soa;
	if (apex == NULL)
		return 0;
	if (hf_node_find(apex, KNOT_RRTYPE_DNSKEY, &set) && set.rr_count > 0)
		return set.ttl;
	if (!hf_version_soa(version, &soa) || !hf_node_find(apex, KNOT_RRTYPE_SOA, &set))
		return 0;
	return set.ttl < soa.minimum ? set.ttl : soa.minimum;
}

static enum hf_err serve(struct hf_evidence *evidence, const struct hf_content *content,
        uint32_t ttl, uint64_t rrsets, struct hf_served *ret_served)
{
	uint32_t number;
	enum hf_err err = hf_evidence_content(evidence, content, &number);
	if (err == HF_OK)
		*ret_served = (struct hf_served){.content = number, .ttl = ttl, .rrsets = rrsets};
	return err;
}

static void fill_offer(const struct hf_survey_making *making, struct hf_survey *survey)
{
	const struct hf_frail *frail = &making->frail;
	struct hf_offer *offer = &survey->offer;
	struct hf_soa soa;
	offer->served = survey->served;
	offer->rrsets = making->holding.rrsets;
	if (hf_version_soa(making->scan->version, &soa)) {
		offer->serial = soa.serial;
		survey->soa_expire = soa.expire;
	}
	if (frail->owner == NULL)
		return;
	hf_node_name(frail->owner, &offer->frail_owner);
	offer->frail_type = frail->type;
	offer->frail_ttl = frail->ttl;
	offer->frail_expiration = frail->expiration;
}

/* The DNSKEY set first, then the signer sets in the order of their keys. */
static enum hf_err fill_served(struct hf_survey_making *making, struct hf_survey *survey)
{
	size_t places[HF_WORLD_CONTENTS];
	size_t count = hf_holding_order(&making->holding, places);
	struct hf_content *keys = &making->keys.content;

	survey->served = calloc(1 + count, sizeof(*survey->served));
	if (survey->served == NULL)
		return HF_ERR_NOMEM;
	if (making->scanner->has_dnskey) {
		keys->signings = making->scanner->dnskey.signings;
		keys->signing_count = making->scanner->dnskey.count;
	}
	enum hf_err err = serve(
	        making->evidence, keys, dnskey_ttl(making->scan->version), 0, &survey->served[0]);
	for (size_t i = 0; i < count && err == HF_OK; i++) {
		struct hf_signer_set set;
		if (!hf_holding_set(&making->holding, places[i], &set))
			return HF_ERR_INVALID;
		const struct hf_content content = {.kind = HF_KIND_SIGNERS,
		        .signings = set.signings,
		        .signing_count = set.count};
		err = serve(
		        making->evidence, &content, set.ttl, set.rrsets, &survey->served[i + 1]);
	}
	survey->offer.count = 1 + count;
	return err;
}

void hf_survey_done(struct hf_survey *survey)
{
	if (survey->memory != NULL)
		hf_holding_done(&survey->memory->holding);
	free(survey->memory);
	free(survey->served);
	*survey = (struct hf_survey){.soa_expire = 0};
}

enum hf_err hf_survey_make(struct hf_survey_making *making, struct hf_survey *ret_survey)
{
	struct hf_survey survey = {.memory = malloc(sizeof(*survey.memory))};

	if (survey.memory == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = fill_served(making, &survey);
	if (err != HF_OK) {
		free(survey.memory);
		free(survey.served);
		return err;
	}
	fill_offer(making, &survey);
	*survey.memory = (struct hf_survey_memory){
	        .holding = making->holding,
	        .known = hf_evidence_key_count(making->evidence),
	        .flags = making->scan->flags,
	        .at = making->scan->at,
	};
	making->holding = (struct hf_holding){0};
	*ret_survey = survey;
	return HF_OK;
}

enum hf_err hf_survey_explain(
        const struct hf_scanner *scanners, unsigned count, enum hf_err err, struct hf_diag *diag)
{
	for (unsigned i = 0; i < count; i++) {
		const struct hf_scanner *scanner = &scanners[i];
		struct hf_name owner;
		char name[HF_NAME_TEXT], type[HF_TYPE_TEXT];
		if (scanner->refused == NULL)
			continue;
		hf_node_name(scanner->refused, &owner);
		return hf_fail(diag, err,
		        "%s %s has more than %d signatures, or one that more than %d keys could "
		        "have made: validators give up on such a set, so take some away",
		        hf_name_text(&owner, name), hf_type_text(scanner->refused_type, type),
		        HF_SCAN_SIGS, HF_SCAN_TAGS);
	}
	if (err == HF_ERR_LIMIT)
		return hf_fail(diag, err,
		        "the zone has more than %d keys, or more than %d different sets of keys "
		        "sign its data: sign it anew with fewer",
		        HF_CONTENT_MEMBERS, HF_WORLD_CONTENTS);
	return hf_fail(
	        diag, err, "the zone's signatures could not be looked at: %s", hf_err_text(err));
}
