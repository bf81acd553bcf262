/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "coherence/survey.h"

#include <stdlib.h>
#include <string.h>

#include "coherence/survey_make.h"

#define GROUP 8 /* slices of a tree a task: enough signatures for full batches */

struct survey {
	struct hf_scan scan;
	struct hf_scanner *scanners;
	unsigned scanner_count;
	struct hf_slice *names, *nsec3;
	size_t name_slices, nsec3_slices;
};

/* ---- What is authoritative ---- */

static bool is_below(const struct hf_node *node, const struct hf_node *above)
{
	size_t len, above_len;
	const uint8_t *key = hf_node_key(node, &len);
	const uint8_t *above_key = hf_node_key(above, &above_len);
	return len > above_len && hf_key_is_under(key, len, above_key, above_len);
}

static enum hf_err look_at_names(
        struct hf_scanner *scanner, const struct hf_slice *slices, size_t slice_count)
{
	const struct hf_version *version = scanner->scan->version;
	const struct hf_node *hider = NULL;
	if (hf_version_in_zone(version, slices[0].nodes[0]))
		hider = hf_scan_hidden_by(version, slices[0].nodes[0]);
	for (size_t s = 0; s < slice_count; s++) {
		for (size_t i = 0; i < slices[s].count; i++) {
			const struct hf_node *node = slices[s].nodes[i];
			if (!hf_version_in_zone(version, node) ||
			        (hider != NULL && is_below(node, hider)))
				continue;
			hider = hf_scan_hides(version, node) ? node : NULL;
			enum hf_err err = hf_scanner_look(scanner, node);
			if (err != HF_OK)
				return err;
		}
	}
	return HF_OK;
}

/* NSEC3 records are answers of this zone wherever a cut or an apex DNAME may be. */
static enum hf_err look_at_nsec3(
        struct hf_scanner *scanner, const struct hf_slice *slices, size_t slice_count)
{
	for (size_t s = 0; s < slice_count; s++) {
		for (size_t i = 0; i < slices[s].count; i++) {
			const struct hf_node *node = slices[s].nodes[i];
			if (!hf_version_in_zone(scanner->scan->version, node))
				continue;
			enum hf_err err = hf_scanner_look(scanner, node);
			if (err != HF_OK)
				return err;
		}
	}
	return HF_OK;
}

static size_t groups(size_t slices)
{
	return (slices + GROUP - 1) / GROUP;
}

static enum hf_err task(void *context, size_t index, unsigned worker)
{
	struct survey *survey = context;
	struct hf_scanner *scanner = &survey->scanners[worker];
	size_t name_groups = groups(survey->name_slices);
	bool names = index < name_groups;
	size_t first = GROUP * (names ? index : index - name_groups);
	size_t left = (names ? survey->name_slices : survey->nsec3_slices) - first;
	size_t count = left < GROUP ? left : GROUP;
	enum hf_err err = names ? look_at_names(scanner, &survey->names[first], count)
	                        : look_at_nsec3(scanner, &survey->nsec3[first], count);
	return err == HF_OK ? hf_scanner_conclude(scanner) : err;
}

/* ---- The whole ---- */

static void survey_free(struct survey *survey)
{
	for (unsigned i = 0; i < survey->scanner_count; i++)
		hf_scanner_done(&survey->scanners[i]);
	free(survey->scanners);
	hf_scan_done(&survey->scan);
	free(survey->names);
	free(survey->nsec3);
}

static enum hf_err make_scanners(struct survey *survey, unsigned jobs)
{
	survey->scanners = calloc(jobs, sizeof(*survey->scanners));
	if (survey->scanners == NULL)
		return HF_ERR_NOMEM;
	while (survey->scanner_count < jobs) {
		struct hf_scanner *scanner = &survey->scanners[survey->scanner_count++];
		enum hf_err err = hf_scanner_init(scanner, &survey->scan);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

/* The first scanner gets what all have found. */
static enum hf_err merge_scanners(struct survey *survey)
{
	struct hf_scanner *first = &survey->scanners[0];
	for (unsigned i = 1; i < survey->scanner_count; i++) {
		const struct hf_scanner *scanner = &survey->scanners[i];
		enum hf_err err = hf_tally_merge(&first->tally, &scanner->tally);
		if (err != HF_OK)
			return err;
		if (scanner->has_dnskey)
			first->dnskey = scanner->dnskey;
		first->has_dnskey = first->has_dnskey || scanner->has_dnskey;
	}
	return HF_OK;
}

static enum hf_err scan_trees(
        struct survey *survey, struct hf_pool *pool, const struct hf_progress *progress)
{
	const struct hf_tree *names = hf_version_names(survey->scan.version);
	const struct hf_tree *nsec3 = hf_version_nsec3(survey->scan.version);
	struct hf_progress_scale owners = {
	        .shown = progress, .units = hf_tree_count(names) + hf_tree_count(nsec3)};
	enum hf_err err = hf_tree_slices(names, &survey->names, &survey->name_slices);
	if (err == HF_OK)
		err = hf_tree_slices(nsec3, &survey->nsec3, &survey->nsec3_slices);
	if (err == HF_OK)
		err = make_scanners(survey, hf_pool_jobs(pool));
	if (err == HF_OK)
		err = hf_pool_run(pool, groups(survey->name_slices) + groups(survey->nsec3_slices),
		        task, survey, hf_progress_scaled(&owners), "survey");
	return err == HF_OK ? merge_scanners(survey) : err;
}

/* About one signature for each owner of either tree and one for its denial record. */
static uint64_t expected(const struct hf_version *version, enum hf_survey_flags flags)
{
	if ((flags & HF_SURVEY_VERIFIED) != 0)
		return 0;
	return 2 * hf_tree_count(hf_version_names(version)) +
	       hf_tree_count(hf_version_nsec3(version));
}

enum hf_err hf_survey_version(const struct hf_version *version, enum hf_survey_flags flags,
        hf_time at, struct hf_pool *pool, const struct hf_progress *progress,
        struct hf_evidence *evidence, struct hf_diag *diag, struct hf_survey *ret_survey)
{
	struct survey survey = {.scan = {.version = version, .flags = flags, .at = at}};
	struct hf_survey_making making = {.scan = &survey.scan, .evidence = evidence};

	enum hf_err err = hf_survey_intern(version, evidence, &making.keys);
	if (err == HF_OK)
		err = hf_scan_init(&survey.scan, evidence, &making.keys.content,
		        hf_evidence_key_count(evidence), expected(version, flags));
	if (err == HF_OK)
		err = scan_trees(&survey, pool, progress);
	if (err == HF_OK)
		err = hf_holding_new(NULL, NULL, &survey.scanners[0].tally, &making.holding);
	if (err == HF_OK) {
		making.scanner = &survey.scanners[0];
		making.frail = making.scanner->tally.frail;
		err = hf_survey_make(&making, ret_survey);
	}
	if (err == HF_OK)
		ret_survey->whole = "it is the first survey";
	else
		err = hf_survey_explain(survey.scanners, survey.scanner_count, err, diag);
	hf_holding_done(&making.holding);
	survey_free(&survey);
	return err;
}

enum hf_err hf_survey_keys(
        const struct hf_version *version, struct hf_evidence *evidence, struct hf_diag *diag)
{
	struct hf_survey_dnskeys keys;
	enum hf_err err = hf_survey_intern(version, evidence, &keys);
	return err == HF_OK ? HF_OK : hf_survey_explain(NULL, 0, err, diag);
}
