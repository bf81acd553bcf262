/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/intake.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sign/cuts.h"
#include "sign/input.h"
#include "verify/change.h"

/* So few owners may always go: in a small zone each is a large share. */
#define ALWAYS_MAY_GO 2
#define TTL_LEAP      10 /* times the largest TTL before: worth a warning */
/* From so many names on, a change of less than this part of them is not judged as a whole zone. */
#define LARGE      20000
#define SMALL_PART 4

/* One judgement. */
struct intake {
	const struct hf_intake_question *question;
	struct hf_pool *pool;
	struct hf_diag *warnings;
	struct hf_diag *diag;
	struct hf_intake_verdict *verdict;
	struct hf_intake_sizes gone, come;
};

HF_PRINTF(3, 4)
static void reject(struct intake *intake, enum hf_intake_result result, const char *format, ...)
{
	struct hf_intake_verdict *verdict = intake->verdict;
	va_list args;
	/* The first reason is told; the others show when it is mended. */
	if (verdict->result != HF_INTAKE_PASSED)
		return;
	verdict->result = result;
	va_start(args, format);
	vsnprintf(verdict->text, sizeof(verdict->text), format, args);
	va_end(args);
}

/* ---- what is there ---- */

static void count_node(
        const struct hf_key *apex, const struct hf_node *node, struct hf_intake_sizes *sizes)
{
	size_t len;
	const uint8_t *key = hf_node_key(node, &len);
	bool top = hf_key_cmp(key, len, apex->bytes, apex->len) == 0;
	sizes->names++;
	if (top || !hf_node_has(node, KNOT_RRTYPE_NS))
		return;
	sizes->delegations++;
	sizes->secure += hf_node_has(node, KNOT_RRTYPE_DS);
}

static void count_all(const struct hf_version *version, struct hf_intake_sizes *ret_sizes)
{
	const struct hf_key *apex = hf_version_apex_key(version);
	struct hf_tree_cursor cursor;
	*ret_sizes = (struct hf_intake_sizes){0};
	for (const struct hf_node *node = hf_tree_first(hf_version_names(version), &cursor);
	        node != NULL; node = hf_tree_next(&cursor))
		count_node(apex, node, ret_sizes);
}

/* ---- the difference ---- */

static enum hf_err note_difference(
        void *context, const struct hf_node *before, const struct hf_node *after)
{
	struct intake *intake = context;
	const struct hf_key *apex = hf_version_apex_key(intake->question->input);
	struct hf_intake_verdict *verdict = intake->verdict;
	if (before != NULL)
		count_node(apex, before, &intake->gone);
	if (after != NULL)
		count_node(apex, after, &intake->come);
	verdict->added += before == NULL;
	verdict->removed += after == NULL;
	verdict->changed += before != NULL && after != NULL;
	return HF_OK;
}

static enum hf_err compare(struct intake *intake)
{
	const struct hf_intake_question *question = intake->question;
	return hf_tree_diff(hf_version_names(question->before), hf_version_names(question->input),
	        note_difference, intake);
}

static void judge_serial(struct intake *intake)
{
	const struct hf_intake_question *question = intake->question;
	const struct hf_intake_verdict *verdict = intake->verdict;
	struct hf_soa was, is;
	if (!hf_version_soa(question->before, &was) || !hf_version_soa(question->input, &is))
		return;
	bool differs = verdict->added + verdict->removed + verdict->changed > 0;
	if (is.serial == was.serial && !differs)
		intake->verdict->result = HF_INTAKE_SAME;
	else if (is.serial == was.serial)
		reject(intake, HF_INTAKE_FAILED,
		        "the serial %" PRIu32 " stayed, but the contents changed (%" PRIu64
		        " owners): the source has to raise the serial with every change",
		        is.serial, verdict->added + verdict->removed + verdict->changed);
	else if (!hf_serial_before(was.serial, is.serial))
		reject(intake, HF_INTAKE_FAILED,
		        "the serial went back from %" PRIu32 " to %" PRIu32
		        " (RFC 1982): look for an old copy at the source, or raise its serial",
		        was.serial, is.serial);
}

/* Whether more of a kind went than the policy allows; said with both numbers. */
static void judge_share(
        struct intake *intake, const char *kind, uint64_t was, uint64_t gone, uint64_t come)
{
	unsigned limit = intake->question->policy->largest_removal;
	uint64_t lost = gone > come ? gone - come : 0;
	if (lost <= ALWAYS_MAY_GO || was == 0 || lost * 100 <= was * limit)
		return;
	reject(intake, HF_INTAKE_REMOVAL,
	        "the input takes away %" PRIu64 " of %" PRIu64
	        " %s, more than the %u per cent that the policy allows at once "
	        "(zone.largest-removal): look at the source, or accept it (holdfast approve "
	        "--removal)",
	        lost, was, kind, limit);
}

static void judge_sizes(struct intake *intake, const struct hf_intake_sizes *was)
{
	const struct hf_intake_sizes *gone = &intake->gone, *come = &intake->come;
	intake->verdict->sizes = (struct hf_intake_sizes){
	        .names = was->names - gone->names + come->names,
	        .delegations = was->delegations - gone->delegations + come->delegations,
	        .secure = was->secure - gone->secure + come->secure,
	};
	if (intake->question->any_removal)
		return;
	judge_share(intake, "names", was->names, gone->names, come->names);
	judge_share(intake, "delegations", was->delegations, gone->delegations, come->delegations);
	judge_share(intake, "DS RRsets", was->secure, gone->secure, come->secure);
}

static enum hf_err judge_change(struct intake *intake)
{
	const struct hf_intake_question *question = intake->question;
	struct hf_intake_sizes was;
	enum hf_err err = compare(intake);
	if (err != HF_OK)
		return err;
	judge_serial(intake);
	if (question->sizes != NULL)
		was = *question->sizes;
	else
		count_all(question->before, &was);
	judge_sizes(intake, &was);
	return HF_OK;
}

/* ---- the apex ---- */

/* Whether a name in the zone has an address, glue included; what a wildcard or an alias says is the
 * verifier's to judge. */
static bool has_address(const struct hf_version *version, const struct hf_name *host)
{
	const struct hf_node *node = hf_version_find(version, host);
	return node != NULL &&
	       (hf_node_has(node, KNOT_RRTYPE_A) || hf_node_has(node, KNOT_RRTYPE_AAAA) ||
	               hf_node_has(node, KNOT_RRTYPE_CNAME));
}

/* One lost server is a warning of the verifier's; without any the zone is gone. */
static void judge_servers(struct intake *intake, const struct hf_rrset *servers)
{
	const struct hf_version *input = intake->question->input;
	struct hf_rdata_walk walk = hf_rrset_rrs(servers);
	struct hf_rdata rdata;
	while (hf_rdata_next(&walk, &rdata)) {
		struct hf_cursor cursor;
		struct hf_name host;
		hf_cursor_init(&cursor, rdata.data, rdata.len);
		if (!hf_get_name(&cursor, &host) ||
		        !hf_name_is_under(&host, hf_version_apex(input)) ||
		        has_address(input, &host))
			return;
	}
	reject(intake, HF_INTAKE_FAILED,
	        "none of the zone's name servers has an address: all are in the zone, without A "
	        "or AAAA records; add them at the source");
}

static void judge_apex(struct intake *intake)
{
	const struct hf_version *input = intake->question->input;
	const struct hf_node *apex = hf_version_apex_node(input);
	int64_t expire = intake->question->policy->secondaries.expire;
	struct hf_rrset set;
	struct hf_soa soa;
	if (apex == NULL || !hf_node_find(apex, KNOT_RRTYPE_SOA, &set) || set.rr_count != 1 ||
	        !hf_version_soa(input, &soa)) {
		reject(intake, HF_INTAKE_FAILED,
		        "the apex has to have exactly one SOA record: correct it at the source");
		return;
	}
	if (!hf_node_has(apex, KNOT_RRTYPE_NS) || !hf_node_find(apex, KNOT_RRTYPE_NS, &set))
		reject(intake, HF_INTAKE_FAILED,
		        "there is no NS record at the apex: nobody would find the zone's servers; "
		        "add them at the source");
	else
		judge_servers(intake, &set);
	if (expire > 0 && (int64_t)soa.expire > expire)
		reject(intake, HF_INTAKE_FAILED,
		        "the SOA expire field is %" PRIu32 " s; the policy allows %" PRId64
		        " s (secondaries.expire), because a lost secondary serves old signatures "
		        "for so long",
		        soa.expire, expire);
}

/* ---- TTLs ---- */

/* Looks for an RRset that would be signed and has too large a TTL. */
struct ttl_hunt {
	const struct hf_version *version;
	int64_t limit;
	struct hf_name owner;
	uint16_t type;
	uint32_t ttl; /* 0: none found */
};

static void hunt_node(struct ttl_hunt *hunt, const struct hf_node *node, enum hf_place place)
{
	for (size_t i = 0; i < hf_node_count(node); i++) {
		struct hf_rrset set;
		hf_node_at(node, i, &set);
		if (set.ttl <= hunt->ttl || (int64_t)set.ttl <= hunt->limit ||
		        !hf_place_signs(place, set.type))
			continue;
		hunt->ttl = set.ttl;
		hunt->type = set.type;
		hf_node_name(node, &hunt->owner);
	}
}

static void hunt_all(struct ttl_hunt *hunt)
{
	struct hf_tree_cursor cursor;
	struct hf_cuts cuts;
	const struct hf_node *node = hf_tree_first(hf_version_names(hunt->version), &cursor);
	if (node == NULL)
		return;
	for (hf_cuts_start(&cuts, hunt->version, node); node != NULL; node = hf_tree_next(&cursor))
		hunt_node(hunt, node, hf_cuts_step(&cuts, node));
}

/*
 * Caches keep an RRset for its TTL, so a signature that is renewed with `refresh` left must last
 * that long; and a TTL that leaps is a mistake more often than not.
 */
static void judge_ttls(struct intake *intake)
{
	const struct hf_intake_question *question = intake->question;
	const struct hf_policy_signatures *signatures = &question->policy->signatures;
	uint32_t largest = hf_version_summary(question->input).max_ttl;
	struct ttl_hunt hunt = {.version = question->input, .limit = signatures->refresh};
	char owner[HF_NAME_TEXT], type[HF_TYPE_TEXT], ttl[HF_TIME_TEXT], limit[HF_TIME_TEXT];
	if (question->before != NULL) {
		uint32_t before = hf_version_summary(question->before).max_ttl;
		if (before > 0 && largest / TTL_LEAP >= before)
			hf_diag_add(intake->warnings, NULL, 0,
			        "the zone's largest TTL went from %s to %s at once: what is wrong "
			        "in it now stays in caches for so much longer",
			        hf_span_text(before, limit), hf_span_text(largest, ttl));
	}
	if (question->is_signed || (int64_t)largest <= hunt.limit)
		return;
	hunt_all(&hunt);
	if (hunt.ttl > 0)
		reject(intake, HF_INTAKE_FAILED,
		        "%s %s has a TTL of %s, but signatures are renewed when they have %s left: "
		        "caches would keep it beyond their end; lower the TTL, or raise "
		        "signatures.refresh",
		        hf_name_text(&hunt.owner, owner), hf_type_text(hunt.type, type),
		        hf_span_text(hunt.ttl, ttl), hf_span_text(hunt.limit, limit));
}

/* ---- meaning ---- */

/* The verifier's judgement of a zone that is not signed yet; its missing signatures are no news. */
static enum hf_err judge_meaning(struct intake *intake)
{
	const struct hf_intake_question *question = intake->question;
	const struct hf_verify_options options = {.at = question->at};
	struct hf_report *report = NULL;
	char owner[HF_NAME_TEXT];
	enum hf_err err = hf_verify_zone(
	        question->input, &options, intake->pool, NULL, intake->diag, &report);
	if (err != HF_OK)
		return err;
	for (size_t i = 0; i < report->count; i++) {
		const struct hf_finding *finding = &report->findings[i];
		if (finding->check == &HF_CHECKS[HF_CHECK_ZONE_UNSIGNED] ||
		        finding->check->severity == HF_SEVERITY_NOTICE)
			continue;
		hf_name_text(&finding->owner, owner);
		if (finding->check->severity == HF_SEVERITY_ERROR)
			reject(intake, HF_INTAKE_FAILED, "%s (%s): %s %s", owner,
			        finding->check->name, finding->detail, finding->fix);
		else
			hf_diag_add(intake->warnings, NULL, 0, "%s (%s): %s", owner,
			        finding->check->name, finding->detail);
	}
	hf_report_free(report);
	return HF_OK;
}

/* Whether judging the whole zone would cost far more than the change. */
static bool is_small_change(const struct intake *intake)
{
	const struct hf_intake_verdict *verdict = intake->verdict;
	uint64_t changes = verdict->added + verdict->removed + verdict->changed;
	return intake->question->before != NULL && verdict->sizes.names >= LARGE &&
	       changes < verdict->sizes.names / SMALL_PART;
}

static void sum_up(struct intake *intake)
{
	struct hf_intake_verdict *verdict = intake->verdict;
	if (verdict->result == HF_INTAKE_SAME)
		snprintf(verdict->text, sizeof(verdict->text), "the same version as before");
	else if (verdict->result == HF_INTAKE_PASSED && intake->question->before == NULL)
		snprintf(verdict->text, sizeof(verdict->text),
		        "%" PRIu64 " names, %" PRIu64 " delegations", verdict->sizes.names,
		        verdict->sizes.delegations);
	else if (verdict->result == HF_INTAKE_PASSED)
		snprintf(verdict->text, sizeof(verdict->text),
		        "%" PRIu64 " names: %" PRIu64 " new, %" PRIu64 " changed, %" PRIu64 " gone",
		        verdict->sizes.names, verdict->added, verdict->changed, verdict->removed);
}

enum hf_err hf_intake_judge(const struct hf_intake_question *question, struct hf_pool *pool,
        struct hf_diag *warnings, struct hf_diag *diag, struct hf_intake_verdict *ret_verdict)
{
	struct hf_intake_verdict verdict = {.result = HF_INTAKE_PASSED};
	struct intake intake = {.question = question,
	        .pool = pool,
	        .warnings = warnings,
	        .diag = diag,
	        .verdict = &verdict};
	enum hf_err err = HF_OK;
	judge_apex(&intake);
	if (question->before != NULL)
		err = judge_change(&intake);
	else
		count_all(question->input, &verdict.sizes);
	if (err == HF_OK && verdict.result == HF_INTAKE_PASSED)
		judge_ttls(&intake);
	if (err == HF_OK && verdict.result == HF_INTAKE_PASSED && !question->is_signed &&
	        !is_small_change(&intake))
		err = judge_meaning(&intake);
	if (err != HF_OK)
		return err;
	sum_up(&intake);
	*ret_verdict = verdict;
	return HF_OK;
}
