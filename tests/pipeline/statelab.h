/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A state folder with a zone in it, for tests of what is durable.
 *
 * Versions and what the evidence says of them follow from the serial, so that a test can tell of
 * anything that comes back whether it is what was put. Each function that has no result to judge
 * fails the running test when something goes wrong.
 */
#ifndef HF_TESTS_PIPELINE_STATELAB_H
#define HF_TESTS_PIPELINE_STATELAB_H

#include "pipeline/ledger.h"
#include "pipeline/statefolder.h"

#define LAB_START 1700000000 /* serial n is published at this + n */

struct statelab {
	char root[48];
	char state[64];
	struct hf_name zone;
	int64_t id;
	struct hf_store *store;
	struct hf_ledger *ledger;
	unsigned history;
};

/* A new folder in memory, where that can be had, with a store and one zone without history. */
void lab_open(struct statelab *lab);
void lab_done(struct statelab *lab); /* removes the folder */
void lab_remove(const char *path);   /* a folder and all that is in it */
/* Opens the store and the ledger again; what opening the ledger says. */
enum hf_err lab_reopen(struct statelab *lab, struct hf_diag *warnings, struct hf_diag *diag);
/* The same for one that is closed, without failing the test. */
enum hf_err lab_try_open(struct statelab *lab, struct hf_diag *warnings, struct hf_diag *diag);
void lab_close(struct statelab *lab);
char *lab_path(const struct statelab *lab, const char *name, char path[static 128]);

/* The version with that serial of any zone. */
struct hf_version *lab_version(const struct hf_name *zone, uint32_t serial);
uint32_t lab_serial(const struct hf_version *version);
/* Whether it is just what lab_version gives for its serial. */
bool lab_is_whole(const struct hf_version *version);

/* The evidence says that the version with that serial is published from `at` on. */
enum hf_err lab_observe(struct hf_evidence *evidence, uint32_t serial, hf_time at);
/* Whether the evidence says that the version with that serial is published now. */
bool lab_is_served(const struct hf_evidence *evidence, uint32_t serial);
/* Evidence and version into the ledger; what was tried is taken back when it fails. */
enum hf_err lab_publish(struct hf_ledger *ledger, uint32_t serial, struct hf_diag *diag);
/* All of these, one after the other. */
void lab_publish_all(struct hf_ledger *ledger, uint32_t from, uint32_t to);
/* Serial of what is published last; 0: nothing is. */
uint32_t lab_published(struct hf_ledger *ledger);

#endif
