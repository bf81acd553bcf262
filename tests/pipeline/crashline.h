/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A signer that lives to be killed: ledger, keybox and engine with real keys, in virtual time.
 *
 * It publishes a version in each round, replaces its ZSK again and again, destroys the old ones,
 * and tells through a pipe what others could see by then. Whoever comes after its death holds what
 * is found against what was told. Nothing is signed: what would be, the evidence says.
 */
#ifndef HF_TESTS_PIPELINE_CRASHLINE_H
#define HF_TESTS_PIPELINE_CRASHLINE_H

#include "pipeline/keybox.h"
#include "statelab.h"

enum tale_kind {
	TALE_VISIBLE, /* the version with that serial may be seen from `at` on */
	TALE_MADE,    /* the engine knows the key with that tag, durably */
	TALE_GONE,    /* its private half is destroyed, and the engine knows it, durably */
};

struct tale {
	enum tale_kind kind;
	uint32_t serial;
	uint16_t tag;
	hf_time at;
};

/* All that was told about one state folder, by however many lives. */
struct chronicle {
	struct tale *list;
	size_t count;
	uint32_t serial; /* the newest that was visible; 0: none */
	uint32_t found;  /* the newest that a restart found */
};
void chronicle_add(struct chronicle *chronicle, const struct tale *tale);
void chronicle_done(struct chronicle *chronicle);

struct crashline {
	struct statelab lab;
	struct hf_keybox *box;
	struct hf_policy policy;
	hf_time now;
	bool resumed; /* `now` goes on from what was remembered */
	void (*tell)(void *context, const struct tale *tale);
	void *context;
};

/* Opens what is in the lab's folder. Nothing else may have it open. */
enum hf_err crashline_open(
        struct crashline *line, const struct statelab *where, struct hf_diag *diag) HF_MUST_CHECK;
void crashline_close(struct crashline *line);
/* A round of a signer's life; after an error the next round goes on. */
enum hf_err crashline_round(struct crashline *line, struct hf_diag *diag) HF_MUST_CHECK;

/* Fails the running test when what is in the folder is not what was told, or not sound. */
void crashline_verify(const struct statelab *where, struct chronicle *chronicle);

#endif
