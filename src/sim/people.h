/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * People: the kinds of resolvers that a population is made of, with where their figures come from.
 *
 * What software does is known from its manuals and from RFCs; how much of it there is, is measured
 * only in part, and the rest is said to be assumed. Every share can be given; kinds that nobody
 * gave a share to divide what is left in the proportion of their defaults. Plain data, to be
 * copied. One thread at a time a value; the table itself never changes.
 */
#ifndef HF_SIM_PEOPLE_H
#define HF_SIM_PEOPLE_H

#include "base/diag.h"
#include "sim/population.h"

struct hf_people_kind {
	struct hf_population_kind kind; /* with its default share, before a zone with a DS */
	double anchor_share;            /* default before a zone whose keys are trust anchors */
	const char *about;              /* one sentence */
	const char *source;             /* where behaviour and share come from */
};
/* NULL: there is no such one. */
const struct hf_people_kind *hf_people_at(size_t index);
const struct hf_people_kind *hf_people_find(const char *name);

/* What all kinds have in common. */
struct hf_people_fact {
	const char *text; /* "users ask 1 to 1,000 questions an hour and resolver, …" */
	const char *source;
};
const struct hf_people_fact *hf_people_fact_at(size_t index); /* NULL: there is no such one */

/* Who holds the zone's keys as trust anchors. */
enum hf_people_anchors {
	HF_PEOPLE_BY_DS,      /* nobody: all resolvers have the DS from the parent */
	HF_PEOPLE_BY_ANCHORS, /* some do, and follow RFC 5011 */
};

struct hf_people {
	struct hf_population_kind kinds[HF_POPULATION_KINDS];
	bool given[HF_POPULATION_KINDS]; /* their share was */
	size_t count;
	double rate_least, rate_most;     /* as in struct hf_population */
	double weights[HF_SCENE_CLASSES]; /* with classes as a theatre has them */
	unsigned denial;
};

/* The defaults. */
void hf_people_init(struct hf_people *people, enum hf_people_anchors anchors);
/* HF_ERR_NOTFOUND: no such kind. HF_ERR_INVALID: no share from 0 to 1, or more than all of them. */
enum hf_err hf_people_share(struct hf_people *people, const char *name, double share,
        struct hf_diag *diag) HF_MUST_CHECK;
/* "NAME=SHARE", the share as "0.2" or "20%". HF_ERR_SYNTAX: it is not of that form. */
enum hf_err hf_people_read(
        struct hf_people *people, const char *setting, struct hf_diag *diag) HF_MUST_CHECK;

/* A population that borrows the kinds. Anchors are left to the caller. */
void hf_people_population(const struct hf_people *people, uint32_t resolvers, uint64_t seed,
        struct hf_population *ret_population);

#endif
