/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way of a chain from zone to zone, one answer at a time.
 *
 * At each zone the question itself is asked first. A referral, or a signer below the zone, tells
 * where the next zone cut is; an answer without signatures makes the walk look for one label by
 * label. With a DS set the walk goes on into the child, without one it goes on too, but nothing is
 * proven from there on: it is *loose*. The same after a fault, to learn what those see who do not
 * validate. For this part only; one thread at a time.
 */
#ifndef HF_CHAIN_WALK_H
#define HF_CHAIN_WALK_H

#include "chain/effort.h"
#include "chain/linkproof.h"

enum hf_walk_stage {
	HF_WALK_START,      /* from the closest anchor, or zone that is known */
	HF_WALK_WEIGH,      /* the message that is held, at the zone that was reached */
	HF_WALK_ASK_KEYS,   /* waits for the DNSKEY set of `probe` */
	HF_WALK_ASK_DS,     /* waits for the DS set of `probe` */
	HF_WALK_ASK_ANSWER, /* waits for an answer to the question itself */
	HF_WALK_DONE,
};

/* A zone that was reached. */
struct hf_walk_zone {
	struct hf_name name;
	struct hf_keyring *ring; /* NULL: loose */
	size_t link;             /* of the zone, or of what made it loose */
};

/* A question whose first answer could not be proven, and that was asked again. */
struct hf_walk_retry {
	struct hf_chain_question question;
	unsigned count;        /* of attempts after the first */
	bool open;             /* no answer could be proven so far */
	struct hf_fault fault; /* of the first answer */
	size_t link;
	char *text;                 /* what was wrong */
	char *server;               /* whose answer it was; may be NULL */
	struct hf_message *message; /* that answer, when it was to the question itself */
};

struct hf_walk {
	struct hf_anchors anchors;
	struct hf_effort effort;
	struct hf_trace trace;
	enum hf_walk_stage stage;
	struct hf_chain_question asked;

	struct hf_name name; /* looked for: the question's, or where its aliases lead */
	struct hf_walk_zone *zones;
	size_t zone_count;
	size_t zone; /* where it is */

	struct hf_name probe; /* the name whose DS or DNSKEY set is asked for */
	bool probing;         /* `probe` is below the zone and was looked at */
	bool by_signer;       /* `probe` is who signed the answer */
	bool referred;        /* `probe` is a zone cut, says a referral without its DS */
	bool stepped;         /* every label below the zone is looked at, after that failed */
	struct hf_link_wants wants;
	size_t next_link; /* of the zone whose keys are asked for */

	struct hf_message *held;    /* the answer to the question, until it can be proven */
	struct hf_message *current; /* the message that is being taken */
	const char *failure;        /* why there is none */
	const char *server;
	char *held_server;
	struct hf_walk_retry *retries;
	size_t retry_count;
};

/* Frees everything; the walk itself is the caller's. */
void hf_walk_done(struct hf_walk *walk);
/* Goes on until a question has to be asked, or there is a result. */
enum hf_err hf_walk_run(struct hf_walk *walk) HF_MUST_CHECK;
/* Takes the answer to the question: `current`, or `failure`. */
enum hf_err hf_walk_take(struct hf_walk *walk) HF_MUST_CHECK;

/* ---- What its files share ---- */

struct hf_walk_zone *hf_walk_here(struct hf_walk *walk);
uint16_t hf_walk_type(const struct hf_walk *walk);
/* Asks a question at the servers of a zone; a fault when there were too many. */
enum hf_err hf_walk_ask(struct hf_walk *walk, enum hf_walk_stage stage, const struct hf_name *zone,
        const struct hf_name *name, uint16_t type) HF_MUST_CHECK;
/* Asks the question itself where the walk is. */
enum hf_err hf_walk_ask_answer(struct hf_walk *walk) HF_MUST_CHECK;
/* Adds a zone and goes there; takes the ring over. */
enum hf_err hf_walk_enter(struct hf_walk *walk, const struct hf_name *name, struct hf_keyring *ring,
        size_t link) HF_MUST_CHECK;
/* Forgets the message that is held, or holds the current one instead. */
void hf_walk_drop(struct hf_walk *walk);
enum hf_err hf_walk_hold(struct hf_walk *walk) HF_MUST_CHECK;

/*
 * A fault at a link: asks the same once more of another server, when that may help; else notes it
 * and goes on loosely. `cut`: the zone that the walk was about to enter; NULL without one.
 */
enum hf_err hf_walk_fail(struct hf_walk *walk, size_t link, const struct hf_fault *fault,
        const struct hf_name *cut) HF_MUST_CHECK;
/* What this name has of a type could be proven: an answer before it that could not was a lie. */
enum hf_err hf_walk_settle(
        struct hf_walk *walk, const struct hf_name *name, uint16_t type) HF_MUST_CHECK;
/* How often the question was asked again. */
unsigned hf_walk_attempt(const struct hf_walk *walk, const struct hf_chain_question *question);

/* Entering zones: the closest anchor's, and that of a cut by what its parent says. */
enum hf_err hf_walk_start(struct hf_walk *walk) HF_MUST_CHECK;
enum hf_err hf_walk_take_keys(struct hf_walk *walk) HF_MUST_CHECK;
/* What the current message says about the DS set of `probe`, which may be `referred`. */
enum hf_err hf_walk_weigh_cut(struct hf_walk *walk) HF_MUST_CHECK;
/* Looks for a zone cut between here and the name; when there is none left, proves what is held. */
enum hf_err hf_walk_descend(struct hf_walk *walk) HF_MUST_CHECK;

/* The message that is held: proven here, or taken as it is. */
enum hf_err hf_walk_judge(struct hf_walk *walk) HF_MUST_CHECK;
enum hf_err hf_walk_weigh_loosely(struct hf_walk *walk) HF_MUST_CHECK;

#endif
