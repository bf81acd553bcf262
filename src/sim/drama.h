/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A drama: a scenario played twice, as it happened and with Holdfast in front.
 *
 * As it happened, everything is served that the scenario says. With Holdfast in front, each version
 * and each DS set of the operator is made as a small zone, with real keys of the stated algorithms
 * and tags and real signatures, damaged as the scenario says, and offered to the real verifier and
 * the real gate, which know what was served before. What they refuse is not served: the last good
 * version stays, and is signed again in time. What only has to wait is published when it is safe,
 * with the margin of a policy's defaults, unless something else came in between. What others do
 * cannot be refused, and is told as such.
 *
 * Both runs are scenes by key identity, before the same resolvers. One seed gives one result, to
 * the bytes of the keys. One thread at a time; the pool is used.
 */
#ifndef HF_SIM_DRAMA_H
#define HF_SIM_DRAMA_H

#include "base/pool.h"
#include "chain/trace.h"
#include "sim/scenario.h"
#include "sim/story.h"

/* What a resolver with an empty cache finds, from the parent's keys (or the trust anchors of the
 * root) to a name of the zone; in the small zone, by the real chain validator. */
struct hf_drama_state {
	hf_time at;
	bool guarded;           /* with Holdfast in front */
	struct hf_story *story; /* of this run, for a picture */
	const char *caption;    /* what has just changed */
	const struct hf_trace *trace;
};
/* Called after each change of what is served. Borrows the state. An error ends the play. */
typedef enum hf_err hf_drama_state_fn(void *context, const struct hf_drama_state *state);

struct hf_drama_options {
	uint32_t resolvers; /* 0: as many as the scenario says */
	uint64_t seed;
	size_t buckets; /* of the measures; 0: HF_DRAMA_BUCKETS */
	struct hf_pool *pool;
	const struct hf_progress *progress; /* may be NULL */
	hf_drama_state_fn *state;           /* NULL: nobody wants to see the chain */
	void *context;
};
#define HF_DRAMA_BUCKETS 240

/* One reason of a refusal, in the words of the verifier or of the gate. */
struct hf_drama_reason {
	const char *check; /* "rrsig-invalid", "ds-dnskey" */
	bool by_gate;      /* else by the verifier */
	char *broken;      /* what is wrong, one or more sentences */
	char *fix;         /* what to do */
};

/* A version or a DS set that was not published. */
struct hf_drama_refusal {
	hf_time at;
	size_t event;                    /* of the scenario */
	bool ds;                         /* a DS set, else a version */
	hf_time earliest_safe;           /* HF_TIME_NEVER: not by waiting */
	hf_time published;               /* that it was, later; HF_TIME_NONE: never */
	struct hf_drama_reason *reasons; /* the verifier's first; at least one */
	size_t count;
};

struct hf_drama {
	struct hf_story *happened; /* storms are told here; `users` without buckets: only storms */
	struct hf_story *guarded;  /* NULL: nothing is published, so there is nothing to refuse */
	struct hf_drama_refusal *refusals; /* in order of time */
	size_t refusal_count;
	char **limits; /* what it could not have prevented, a sentence or two each */
	size_t limit_count;
	/* With Holdfast in front nobody failed, but for what the limits say. */
	bool prevented;
};

/* HF_ERR_INVALID, HF_ERR_LIMIT, with a sentence: a scenario that cannot be played. The caller owns
 * the drama. */
enum hf_err hf_drama_play(const struct hf_scenario *scenario,
        const struct hf_drama_options *options, struct hf_diag *diag,
        struct hf_drama **ret_drama) HF_MUST_CHECK;
void hf_drama_free(struct hf_drama *drama);

#endif
