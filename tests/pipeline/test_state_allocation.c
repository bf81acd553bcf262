/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Failing allocations in what keeps a zone's state: nothing is lost or half done by any of them,
 * and under the address sanitizer nothing leaks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../house/failing.h"
#include "pipeline/backup.h"
#include "pipeline/keybox.h"
#include "statelab.h"

#define VERSIONS 3000 /* more than there are allocations in a life */

static struct statelab lab;
static struct hf_version *versions[VERSIONS]; /* by serial, made before anything fails */

static int setup(void **state)
{
	lab_open(&lab);
	for (uint32_t i = 1; i < VERSIONS; i++)
		versions[i] = lab_version(&lab.zone, i);
	lab_close(&lab);
	return 0;
}

static int teardown(void **state)
{
	for (uint32_t i = 1; i < VERSIONS; i++)
		hf_version_unref(versions[i]);
	lab_remove(lab.root);
	return 0;
}

static enum hf_err publish(struct hf_ledger *ledger)
{
	struct hf_ledger_memory *memory = hf_ledger_memory(ledger);
	uint32_t serial = memory->serial + 1;
	hf_time at = LAB_START + serial;
	const struct hf_store_note note = {.at = at, .kind = "published", .text = "x"};
	assert_true(serial < VERSIONS);
	enum hf_err err = lab_observe(memory->evidence, serial, at);
	return err == HF_OK ? hf_ledger_publish(ledger, versions[serial], at, &note, NULL) : err;
}

/* The newest version goes to the source's journal too, which has to be written anew in the end. */
static enum hf_err live(const void *context)
{
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = lab_try_open(&lab, &diag, &diag);
	if (err == HF_OK)
		err = publish(lab.ledger);
	if (err == HF_OK)
		err = hf_ledger_take_source(lab.ledger,
		        versions[hf_ledger_memory(lab.ledger)->serial], LAB_START, &diag);
	if (err == HF_OK)
		err = hf_ledger_trim(lab.ledger, LAB_START);
	if (err == HF_OK)
		err = hf_ledger_keep(lab.ledger, NULL, &diag);
	lab_close(&lab);
	hf_diag_done(&diag);
	return err;
}

static void lives(void **state)
{
	for (unsigned i = 0; i < lab.history; i++)
		assert_int_equal(live(NULL), HF_OK);
	sweep("a life of a ledger", live, NULL, HF_OK);
	assert_int_equal(lab_try_open(&lab, NULL, NULL), HF_OK);
	const struct hf_journal_history *published = &hf_ledger_memory(lab.ledger)->published;
	assert_int_equal(published->count, lab.history);
	for (size_t i = 0; i < published->count; i++)
		assert_true(lab_is_whole(published->list[i].version));
	assert_true(
	        lab_is_served(hf_ledger_memory(lab.ledger)->evidence, lab_published(lab.ledger)));
	lab_close(&lab);
}

static enum hf_err box_life(const void *context)
{
	const struct hf_act act = {.kind = HF_ACT_GENERATE, .role = HF_ROLE_ZSK, .algorithm = 15};
	struct hf_act discard = {.kind = HF_ACT_DISCARD};
	struct hf_roll_state roll;
	struct hf_roll_event event;
	struct hf_policy policy;
	struct hf_keybox *box = NULL;
	/* What a failure leaves would be more and more to read. */
	if (access(context, F_OK) == 0)
		lab_remove(context);
	hf_policy_init(&policy);
	hf_roll_state_init(&roll, &lab.zone, 1);
	enum hf_err err = hf_keybox_open(context, &lab.zone, NULL, NULL, &box);
	if (err == HF_OK)
		err = hf_keybox_generate(box, &roll, &act, &policy, LAB_START, NULL, &event);
	if (err == HF_OK)
		err = hf_keybox_adopt(box, &roll, LAB_START, NULL);
	for (unsigned i = 0; err == HF_OK && i < HF_ROLL_KEYS; i++) {
		discard.key = i;
		if (roll.keys[i].dnskey != NULL)
			err = hf_keybox_discard(box, &roll, &discard, NULL, &event);
	}
	hf_keybox_free(box);
	hf_roll_state_done(&roll);
	return err;
}

static void boxes(void **state)
{
	char folder[80];
	snprintf(folder, sizeof(folder), "%s/keys", lab.root);
	sweep("a life of a keybox", box_life, folder, HF_OK);
}

struct places {
	char file[80], folder[80];
};

static enum hf_err back_up(const void *context)
{
	const struct places *places = context;
	struct hf_backup_result result;
	struct hf_store *store;
	struct hf_diag diag;
	unlink(places->file);
	if (access(places->folder, F_OK) == 0)
		lab_remove(places->folder); /* what was broken off is for a person to remove */
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = hf_store_open(lab.state, &diag, &store);
	if (err == HF_OK) {
		err = hf_backup_make(store, places->file, LAB_START, &diag, &result);
		hf_store_close(store);
	}
	if (err == HF_OK)
		err = hf_backup_restore(places->file, places->folder, LAB_START, &diag, &result);
	hf_diag_done(&diag);
	return err;
}

static void backups(void **state)
{
	struct places places;
	snprintf(places.file, sizeof(places.file), "%s/backup", lab.root);
	snprintf(places.folder, sizeof(places.folder), "%s/other", lab.root);
	sweep("a backup and back", back_up, &places, HF_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(lives),
	        cmocka_unit_test(boxes),
	        cmocka_unit_test(backups),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
