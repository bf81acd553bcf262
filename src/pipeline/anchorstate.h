/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The state file of trust anchors, and bringing it up to date.
 *
 * The file is rewritten whole or not at all, and only by who holds its lock (FILE.lock), so two
 * runs at once cannot lose a step of either. What is in it is chain/trustbook.h's. One thread at a
 * time.
 */
#ifndef HF_PIPELINE_ANCHORSTATE_H
#define HF_PIPELINE_ANCHORSTATE_H

#include "chain/trustbook.h"
#include "net/resolver.h"

struct hf_anchor_state;

enum hf_anchor_state_flags {
	HF_ANCHOR_STATE_READ = 0, /* as it is; nobody is kept out */
	HF_ANCHOR_STATE_WRITE =
	        1 << 0,               /* locked until it is freed; HF_ERR_EXISTS: somebody has it */
	HF_ANCHOR_STATE_NEW = 1 << 1, /* there must be no such file yet; implies WRITE */
};

enum hf_err hf_anchor_state_open(const char *path, enum hf_anchor_state_flags flags,
        struct hf_diag *diag, struct hf_anchor_state **ret_state) HF_MUST_CHECK;
void hf_anchor_state_free(struct hf_anchor_state *state);
struct hf_trust_book *hf_anchor_state_book(struct hf_anchor_state *state); /* borrowed */
/* Replaces the file; durable when it returns. */
enum hf_err hf_anchor_state_save(struct hf_anchor_state *state, struct hf_diag *diag) HF_MUST_CHECK;

/* What came of asking for one zone's keys. */
struct hf_anchor_sight {
	const struct hf_trust_point *point; /* of the state's book */
	struct hf_trust_result result;
	bool asked;    /* false: its next query is not due yet */
	char *failure; /* why there was no DNSKEY set; NULL when there was one */
	char *server;  /* who answered; NULL when nobody did */
};
struct hf_anchor_check {
	struct hf_anchor_sight *sights; /* one a zone, in the book's order */
	size_t count;
};
void hf_anchor_check_done(struct hf_anchor_check *check);

enum hf_anchor_verdict {
	HF_ANCHORS_GOOD, /* each zone has a usable anchor, and what was asked for was proven */
	HF_ANCHORS_BAD,  /* no usable anchor, a set that was not proven, or a wrong clock */
	HF_ANCHORS_UNANSWERED, /* else, and nobody answered for a zone */
};
enum hf_anchor_verdict hf_anchor_check_verdict(const struct hf_anchor_check *check);

struct hf_anchor_check_options {
	hf_time now;
	bool due_only;    /* leave zones alone whose next query is not due yet */
	const char *from; /* a file with the DNSKEY sets and their RRSIGs; NULL: ask servers */
	struct hf_resolver *resolver; /* borrowed; not used with `from` */
};
/* The state as it is: no zone was asked. */
enum hf_err hf_anchor_check_none(
        struct hf_anchor_state *state, struct hf_anchor_check *ret_check) HF_MUST_CHECK;
/* Shows each zone's keys to its trust point. The file is not written. */
enum hf_err hf_anchor_check(struct hf_anchor_state *state,
        const struct hf_anchor_check_options *options, struct hf_diag *diag,
        struct hf_anchor_check *ret_check) HF_MUST_CHECK;

#endif
