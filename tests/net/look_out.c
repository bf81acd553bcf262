/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The look-outs as a program, for end-to-end tests with other servers. Prints one JSON object.
 *
 * look_out parent ZONE HINTS ANCHORS PORT AT [PLACE…]
 * look_out secondary ZONE VERSION AT PLACE…: beside the version in that zone file; the samples are
 * "www A", "nothing A" and "@ NS".
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/lookout.h"
#include "zone/load.h"
#include "zone/textfile.h"

#define FIRST_PLACE 7 /* of `parent`'s arguments */

static int fail(const struct hf_diag *diag, enum hf_err err)
{
	for (size_t i = 0; i < diag->count; i++)
		fprintf(stderr, "look_out: %s\n", diag->entries[i].text);
	if (diag->count == 0)
		fprintf(stderr, "look_out: %s\n", hf_err_text(err));
	return 2;
}

static enum hf_err take_anchor(void *context, const struct hf_name *owner, uint16_t type,
        uint32_t ttl, struct hf_rdata rdata, const char *file, uint64_t line)
{
	(void)ttl;
	(void)file;
	(void)line;
	return hf_anchors_add(context, owner, type, rdata, NULL);
}

static void set_places(struct hf_places *places, char **texts, int count)
{
	*places = (struct hf_places){.count = 0};
	for (int i = 0; i < count && places->count < HF_POLICY_PLACES; i++)
		snprintf(places->names[places->count++], HF_PLACE_MAX, "%s", texts[i]);
}

static void print(json_t *object)
{
	json_dumpf(object, stdout, JSON_INDENT(1));
	json_decref(object);
}

/* ---- The parent ---- */

static json_t *tags(const struct hf_rrset *set)
{
	json_t *list = json_array();
	struct hf_rdata_walk walk = hf_rrset_rrs(set);
	struct hf_rdata rdata;
	struct hf_ds ds;
	while (hf_rdata_next(&walk, &rdata)) {
		if (hf_ds_read(rdata, &ds))
			json_array_append_new(list, json_integer(ds.tag));
	}
	return list;
}

static void print_parent(const struct hf_parent_report *report)
{
	char name[HF_NAME_TEXT];
	json_t *sights = json_object();
	for (size_t i = 0; i < report->count; i++) {
		const struct hf_ds_sight *sight = &report->sights[i];
		json_object_set_new(sights, sight->place,
		        json_pack("{s:s, s:i, s:i, s:o, s:I, s:s?}", "state",
		                hf_ds_state_name(sight->state), "rcode", (int)sight->rcode, "ttl",
		                (int)sight->ttl, "ds", tags(&sight->ds.set), "serial",
		                sight->has_serial ? (json_int_t)sight->serial : (json_int_t)-1,
		                "why", sight->why));
	}
	print(json_pack("{s:s, s:i, s:o}", "parent", hf_name_text(&report->parent, name), "unseen",
	        (int)report->unseen, "sights", sights));
}

static int look_at_parent(int argc, char **argv, struct hf_diag *diag)
{
	const struct hf_load_options load = {.origin = "."};
	struct hf_anchors anchors = {0};
	struct hf_textfile hints_file;
	struct hf_places places;
	struct hf_parent_report report;
	struct hf_parent_question question = {.anchors = &anchors, .servers = &places};
	set_places(&places, argv + FIRST_PLACE, argc - FIRST_PLACE);
	enum hf_err err = hf_name_from_text(argv[2], &question.zone);
	if (err == HF_OK)
		err = hf_time_parse(argv[6], 0, &question.now);
	if (err == HF_OK)
		err = hf_records_load(argv[4], &load, take_anchor, &anchors, diag);
	if (err == HF_OK)
		err = hf_textfile_open(argv[3], diag, &hints_file);
	if (err != HF_OK) {
		hf_anchors_done(&anchors);
		return fail(diag, err);
	}
	const struct hf_hints hints = {argv[3], hints_file.text, hints_file.len};
	question.resolver.hints = &hints;
	question.resolver.port = (uint16_t)atoi(argv[5]);
	err = hf_lookout_parent(&question, diag, &report);
	if (err == HF_OK)
		print_parent(&report);
	int status = err == HF_OK ? 0 : fail(diag, err);
	if (err == HF_OK)
		hf_parent_report_done(&report);
	hf_textfile_close(&hints_file);
	hf_anchors_done(&anchors);
	return status;
}

/* ---- Secondaries ---- */

enum { WWW, NOTHING, APEX_NS, SAMPLES };

static enum hf_err make_samples(const char *zone, struct hf_sample samples[static SAMPLES])
{
	static const char *const labels[SAMPLES] = {"www.", "nothing.", ""};
	for (int i = 0; i < SAMPLES; i++) {
		char text[HF_NAME_TEXT];
		snprintf(text, sizeof(text), "%s%s", labels[i], zone);
		enum hf_err err = hf_name_from_text(text, &samples[i].name);
		if (err != HF_OK)
			return err;
		samples[i].type = i == APEX_NS ? KNOT_RRTYPE_NS : KNOT_RRTYPE_A;
	}
	return HF_OK;
}

static void print_secondaries(const struct hf_secondary_report *report,
        const struct hf_sample *samples, struct hf_version *version)
{
	static const char *const words[] = {"same", "differs", "missing", "unknown"};
	json_t *sights = json_object();
	for (size_t i = 0; i < report->count; i++) {
		const struct hf_zone_sight *sight = &report->sights[i];
		json_t *likes = json_array();
		for (size_t s = 0; s < SAMPLES; s++)
			json_array_append_new(
			        likes, json_string(words[hf_seen_compare(&sight->samples[s],
			                       version, &samples[s].name, samples[s].type)]));
		json_object_set_new(sights, sight->place,
		        json_pack("{s:b, s:I, s:b, s:i, s:i, s:o, s:s?}", "serves",
		                (int)sight->serves, "serial", (json_int_t)sight->serial,
		                "has_version",
		                (int)(hf_sight_version(sight, samples, &version, 1) == 0), "keys",
		                (int)sight->dnskey.set.set.rr_count, "signings",
		                (int)sight->signing_count, "samples", likes, "why", sight->why));
	}
	print(sights);
}

static int look_at_secondaries(int argc, char **argv, struct hf_diag *diag)
{
	const struct hf_load_options load = {.pool = NULL};
	struct hf_version *version;
	struct hf_places places;
	struct hf_sample samples[SAMPLES];
	struct hf_secondary_report report;
	struct hf_secondary_question question = {
	        .servers = &places, .samples = samples, .sample_count = SAMPLES};
	set_places(&places, argv + 5, argc - 5);
	enum hf_err err = hf_name_from_text(argv[2], &question.zone);
	if (err == HF_OK)
		err = make_samples(argv[2], samples);
	if (err == HF_OK)
		err = hf_time_parse(argv[4], 0, &question.now);
	if (err == HF_OK)
		err = hf_zone_load(argv[3], &load, diag, &version);
	if (err != HF_OK)
		return fail(diag, err);
	err = hf_lookout_secondary(&question, diag, &report);
	if (err == HF_OK) {
		print_secondaries(&report, samples, version);
		hf_secondary_report_done(&report);
	}
	hf_version_unref(version);
	return err == HF_OK ? 0 : fail(diag, err);
}

int main(int argc, char **argv)
{
	struct hf_diag diag;
	int status = 2;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	if (argc >= FIRST_PLACE && strcmp(argv[1], "parent") == 0)
		status = look_at_parent(argc, argv, &diag);
	else if (argc > 5 && strcmp(argv[1], "secondary") == 0)
		status = look_at_secondaries(argc, argv, &diag);
	else
		fputs("look_out: see the top of its source\n", stderr);
	hf_diag_done(&diag);
	return status;
}
