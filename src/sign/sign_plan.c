/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sign/sign_plan.h"

#include "sign/apex.h"
#include "sign/input.h"

void hf_sign_plan_done(struct hf_sign_plan *plan)
{
	hf_reuse_done(&plan->reuse);
	hf_sign_keys_done(&plan->keys);
	hf_version_unref(plan->zone);
	*plan = (struct hf_sign_plan){0};
}

static void warn_nsec3(const struct hf_sign_job *job)
{
	const struct hf_sign_options *options = job->options;
	if (options->iterations > 0)
		hf_diag_add(job->warnings, NULL, 0,
		        "%u NSEC3 iterations cost every validator and hide nothing; RFC 9276 asks "
		        "for 0",
		        options->iterations);
	if (options->salt_len > 0)
		hf_diag_add(job->warnings, NULL, 0,
		        "an NSEC3 salt hides nothing in DNS; RFC 9276 asks for none");
}

/* The previous version must be one of this zone; else nothing in it means anything here. */
static enum hf_err check_previous(const struct hf_sign_job *job, struct hf_diag *diag)
{
	char zone[HF_NAME_TEXT], other[HF_NAME_TEXT];
	if (job->previous == NULL ||
	        hf_name_equal(hf_version_apex(job->previous), hf_version_apex(job->zone)))
		return HF_OK;
	return hf_fail(diag, HF_ERR_REFUSED,
	        "the previous version is of %s, not of %s; name the right file with --previous",
	        hf_name_text(hf_version_apex(job->previous), other),
	        hf_name_text(hf_version_apex(job->zone), zone));
}

/* Of two results the graver one: a refusal counts less than not being able to tell. */
static enum hf_err worse(enum hf_err a, enum hf_err b)
{
	return a == HF_OK || (a == HF_ERR_REFUSED && b != HF_OK) ? b : a;
}

/* Says everything that is wrong with zone, keys and previous version in one go. Without a pool
 * only the zone's apex is judged. */
static enum hf_err check_all(const struct hf_sign_job *job, struct hf_pool *pool,
        struct hf_diag *diag, struct hf_sign_plan *plan)
{
	enum hf_err err = pool != NULL ? hf_input_check(job, plan->zone, pool, diag)
	                               : hf_input_check_apex(job, plan->zone, diag);
	err = worse(err, hf_sign_keys_choose(job, diag, &plan->keys));
	return worse(err, check_previous(job, diag));
}

/* What follows from SOA and options. */
static enum hf_err set_figures(
        const struct hf_sign_job *job, struct hf_diag *diag, struct hf_sign_plan *plan)
{
	const struct hf_sign_options *options = job->options;
	const struct hf_node *apex = hf_version_apex_node(plan->zone);
	struct hf_rrset set;
	struct hf_soa soa;

	if (!hf_node_find(apex, KNOT_RRTYPE_SOA, &set) || !hf_version_soa(plan->zone, &soa))
		return HF_ERR_INVALID;
	plan->denial_ttl = set.ttl < soa.minimum ? set.ttl : soa.minimum;
	plan->denies = plan->keys.nobody                       ? HF_DENIES_NOT
	               : (options->flags & HF_SIGN_NSEC3) != 0 ? HF_DENIES_NSEC3
	                                                       : HF_DENIES_NSEC;
	plan->zonemd = (options->flags & HF_SIGN_ZONEMD) != 0;
	if (!plan->zonemd && hf_node_has(apex, KNOT_RRTYPE_ZONEMD)) {
		plan->zonemd = true;
		hf_diag_add(job->warnings, NULL, 0,
		        "the zone's ZONEMD record cannot fit the signed zone; a new one replaces "
		        "it");
	}
	plan->nsec3 = (struct hf_nsec3_params){
	        .algorithm = HF_NSEC3_HASH_SHA1,
	        .flags = (options->flags & HF_SIGN_OPT_OUT) != 0 ? HF_NSEC3_OPT_OUT : 0,
	        .iterations = options->iterations,
	        .salt_len = options->salt_len,
	        .salt = options->salt,
	};
	return hf_apex_serial(job, soa.serial, diag, &plan->serial);
}

static enum hf_err prepare(
        const struct hf_sign_job *job, struct hf_diag *diag, struct hf_sign_plan *plan)
{
	struct hf_rrset dnskeys = {0};

	enum hf_err err = set_figures(job, diag, plan);
	if (err == HF_OK)
		err = hf_apex_prepare(plan, diag);
	if (err != HF_OK)
		return err;
	if (!hf_node_find(hf_version_apex_node(plan->zone), KNOT_RRTYPE_DNSKEY, &dnskeys) &&
	        !plan->keys.nobody)
		return HF_ERR_INVALID;
	if (job->duties == NULL)
		err = hf_sign_keys_cover(&plan->keys, job, &dnskeys, diag);
	if (err == HF_OK)
		err = hf_reuse_init(&plan->reuse, job, &plan->keys, &dnskeys);
	return err;
}

static enum hf_err make(const struct hf_sign_job *job, struct hf_pool *pool, struct hf_diag *diag,
        struct hf_sign_plan *ret_plan)
{
	struct hf_sign_plan plan = {.job = job, .options = job->options};

	enum hf_err err = hf_input_check_options(job->options, diag);
	if (err != HF_OK)
		return err;
	if ((job->options->flags & HF_SIGN_RESIGN) != 0)
		err = hf_input_strip(job->zone, &plan.zone);
	else
		plan.zone = hf_version_ref(job->zone);
	if (err == HF_OK)
		err = check_all(job, pool, diag, &plan);
	if (err == HF_OK)
		err = prepare(job, diag, &plan);
	if (err != HF_OK) {
		hf_sign_plan_done(&plan);
		return err;
	}
	warn_nsec3(job);
	*ret_plan = plan;
	return HF_OK;
}

enum hf_err hf_sign_plan_make(const struct hf_sign_job *job, struct hf_pool *pool,
        struct hf_diag *diag, struct hf_sign_plan *ret_plan)
{
	return make(job, pool, diag, ret_plan);
}

enum hf_err hf_sign_plan_change(
        const struct hf_sign_job *job, struct hf_diag *diag, struct hf_sign_plan *ret_plan)
{
	return make(job, NULL, diag, ret_plan);
}
