/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "statelab.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "zone/load.h"

/* ---- folders ---- */

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	return remove(path);
}

void lab_remove(const char *path)
{
	assert_int_equal(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

char *lab_path(const struct statelab *lab, const char *name, char path[static 128])
{
	snprintf(path, 128, "%s/zones/%lld/%s", lab->state, (long long)lab->id, name);
	return path;
}

static void open_store(struct statelab *lab)
{
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = hf_store_open(lab->state, &diag, &lab->store);
	if (err != HF_OK)
		fail_msg("%s", diag.count > 0 ? diag.entries[0].text : hf_err_text(err));
	hf_diag_done(&diag);
}

static enum hf_err open_ledger(struct statelab *lab, struct hf_diag *warnings, struct hf_diag *diag)
{
	char *folder;
	enum hf_err err = hf_state_zone_folder(lab->state, lab->id, diag, &folder);
	if (err != HF_OK)
		return err;
	const struct hf_ledger_setup setup = {.zone = &lab->zone,
	        .folder = folder,
	        .store = lab->store,
	        .id = lab->id,
	        .history = lab->history,
	        .seed = 7,
	        .now = LAB_START};
	err = hf_ledger_open(&setup, warnings, diag, &lab->ledger);
	free(folder);
	return err;
}

void lab_open(struct statelab *lab)
{
	*lab = (struct statelab){.history = 5};
	strcpy(lab->root, access("/dev/shm", W_OK) == 0 ? "/dev/shm/hf-state-XXXXXX"
	                                                : "/tmp/hf-state-XXXXXX");
	assert_non_null(mkdtemp(lab->root));
	snprintf(lab->state, sizeof(lab->state), "%s/state", lab->root);
	open_store(lab);
	struct hf_store_zone zone = {.policy = "default", .settings = "", .added = LAB_START};
	assert_int_equal(hf_name_from_text("example.", &zone.name), HF_OK);
	lab->zone = zone.name;
	assert_int_equal(hf_store_add_zone(lab->store, &zone, NULL, &lab->id), HF_OK);
	assert_int_equal(open_ledger(lab, NULL, NULL), HF_OK);
}

void lab_close(struct statelab *lab)
{
	hf_ledger_close(lab->ledger);
	hf_store_close(lab->store);
	lab->ledger = NULL;
	lab->store = NULL;
}

enum hf_err lab_try_open(struct statelab *lab, struct hf_diag *warnings, struct hf_diag *diag)
{
	lab->ledger = NULL;
	enum hf_err err = hf_store_open(lab->state, diag, &lab->store);
	return err == HF_OK ? open_ledger(lab, warnings, diag) : err;
}

enum hf_err lab_reopen(struct statelab *lab, struct hf_diag *warnings, struct hf_diag *diag)
{
	lab_close(lab);
	open_store(lab);
	return open_ledger(lab, warnings, diag);
}

void lab_done(struct statelab *lab)
{
	lab_close(lab);
	lab_remove(lab->root);
}

/* ---- versions ---- */

struct hf_version *lab_version(const struct hf_name *zone, uint32_t serial)
{
	char text[2048], origin[HF_NAME_TEXT];
	size_t len = (size_t)snprintf(text, sizeof(text),
	        "@ 60 SOA ns h %u 1 1 1 1\n@ 60 NS ns\nns 60 A 192.0.2.1\n", serial);
	for (unsigned i = 0; i < 12; i++) {
		if ((serial + i) % 3 != 0)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			        "host%u %u A 192.0.2.%u\n", i, 60 + i % 2 * serial % 1000, i);
	}
	struct hf_load_options options = {.origin = hf_name_text(zone, origin)};
	struct hf_version *version;
	assert_int_equal(hf_zone_load_text("text", text, len, &options, NULL, &version), HF_OK);
	return version;
}

uint32_t lab_serial(const struct hf_version *version)
{
	struct hf_soa soa;
	return hf_version_soa(version, &soa) ? soa.serial : 0;
}

static enum hf_err differs(void *context, const struct hf_node *before, const struct hf_node *after)
{
	return HF_ERR_EXISTS;
}

bool lab_is_whole(const struct hf_version *version)
{
	struct hf_version *same = lab_version(hf_version_apex(version), lab_serial(version));
	bool whole = hf_version_diff(same, version, differs, NULL) == HF_OK;
	hf_version_unref(same);
	return whole;
}

/* ---- evidence ---- */

/* A signer set that only this serial has: its signature's times tell. */
static enum hf_err content_of(struct hf_evidence *evidence, uint32_t serial, uint32_t *ret_content)
{
	static const uint8_t dnskey[] = {1, 0, 3, 15, 1, 2, 3, 4, 5, 6, 7, 8};
	struct hf_signing signing = {.inception = serial, .expiration = LAB_START * 2ll};
	enum hf_err err = hf_evidence_key(
	        evidence, (struct hf_rdata){.data = dnskey, .len = sizeof(dnskey)}, &signing.key);
	const struct hf_content content = {
	        .kind = HF_KIND_SIGNERS, .signings = &signing, .signing_count = 1};
	return err == HF_OK ? hf_evidence_content(evidence, &content, ret_content) : err;
}

enum hf_err lab_observe(struct hf_evidence *evidence, uint32_t serial, hf_time at)
{
	struct hf_served served = {.ttl = 3600, .rrsets = 4};
	enum hf_err err = content_of(evidence, serial, &served.content);
	return err == HF_OK ? hf_evidence_observe(
	                              evidence, HF_PUBLISHED, 1u << HF_KIND_SIGNERS, &served, 1, at)
	                    : err;
}

bool lab_is_served(const struct hf_evidence *evidence, uint32_t serial)
{
	for (size_t i = 0; i < hf_evidence_fact_count(evidence); i++) {
		const struct hf_fact *fact = hf_evidence_fact_at(evidence, i);
		const struct hf_content *content = hf_evidence_content_at(evidence, fact->content);
		if (fact->place == HF_PUBLISHED && fact->last == HF_TIME_NEVER &&
		        content->signing_count == 1 && content->signings[0].inception == serial)
			return true;
	}
	return false;
}

enum hf_err lab_publish(struct hf_ledger *ledger, uint32_t serial, struct hf_diag *diag)
{
	struct hf_ledger_memory *memory = hf_ledger_memory(ledger);
	struct hf_evidence *before;
	const hf_time at = LAB_START + serial;
	const struct hf_store_note note = {.at = at, .kind = "published", .text = "a version"};
	enum hf_err err = hf_evidence_copy(memory->evidence, &before);
	if (err != HF_OK)
		return err;
	struct hf_version *version = lab_version(hf_evidence_zone(before), serial);
	err = lab_observe(memory->evidence, serial, at);
	if (err == HF_OK)
		err = hf_ledger_publish(ledger, version, at, &note, diag);
	hf_version_unref(version);
	if (err != HF_OK) {
		hf_evidence_free(memory->evidence);
		memory->evidence = before;
		return err;
	}
	hf_evidence_free(before);
	return HF_OK;
}

void lab_publish_all(struct hf_ledger *ledger, uint32_t from, uint32_t to)
{
	for (uint32_t serial = from; serial <= to; serial++)
		assert_int_equal(lab_publish(ledger, serial, NULL), HF_OK);
}

uint32_t lab_published(struct hf_ledger *ledger)
{
	const struct hf_journal_history *published = &hf_ledger_memory(ledger)->published;
	return published->count == 0 ? 0
	                             : lab_serial(published->list[published->count - 1].version);
}
