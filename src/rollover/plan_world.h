/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An ideal world for the engine: whatever it asks for happens, after the delays that the policy
 * states, and is seen at once. For plans. For this part only. One thread at a time.
 */
#ifndef HF_ROLLOVER_PLAN_WORLD_H
#define HF_ROLLOVER_PLAN_WORLD_H

#include "rollover/plan.h"

/* Something that is going to happen. */
enum hf_happening_kind {
	HF_HAPPEN_SIGNED,    /* the last signature of a gradual replacement */
	HF_HAPPEN_SECONDARY, /* secondaries have the version of `version` */
	HF_HAPPEN_DS,        /* the parent's servers have the DS set of `keys` */
};
struct hf_happening {
	enum hf_happening_kind kind;
	hf_time at, version;
	hf_keys keys;
};
#define HF_HAPPENINGS 64

struct hf_plan_world {
	const struct hf_plan_job *job;
	struct hf_policy policy; /* the job's, without what happens by itself */
	struct hf_roll_state state;
	struct hf_evidence *evidence;
	hf_time now;
	struct hf_waypoint shown; /* what the zone looks like */
	hf_keys asked;            /* the DS set that the parent was asked for last */
	hf_keys made;             /* keys that are stand-ins */
	unsigned serial;          /* stands for the next stand-in */
	struct hf_happening happenings[HF_HAPPENINGS];
	size_t count;
};

/* The world as it is when the change is asked for. */
enum hf_err hf_plan_world_init(const struct hf_plan_job *job, struct hf_diag *diag,
        struct hf_plan_world *ret_world) HF_MUST_CHECK;
enum hf_err hf_plan_world_copy(
        const struct hf_plan_world *world, struct hf_plan_world *ret_copy) HF_MUST_CHECK;
void hf_plan_world_done(struct hf_plan_world *world);

/* Does what the outcome asks for, or sees to it that it will happen. `*ret_changed`: something was
 * done at once, so that the engine has to be asked again before time goes on. */
enum hf_err hf_plan_world_act(struct hf_plan_world *world, const struct hf_outcome *outcome,
        struct hf_diag *diag, bool *ret_changed) HF_MUST_CHECK;
/* Lets time pass until the engine wants to be asked, or something happens. HF_ERR_NOTFOUND: neither
 * is ever going to be. */
enum hf_err hf_plan_world_pass(
        struct hf_plan_world *world, const struct hf_outcome *outcome) HF_MUST_CHECK;

/* "new ZSK" for a stand-in, else as hf_roll_key_text. Returns `text`. */
char *hf_plan_world_key(const struct hf_plan_world *world, unsigned key, char text[static 32]);
/* A copy of a sentence in which stand-ins have no tags; the caller owns it. NULL: no memory. */
char *hf_plan_world_text(const struct hf_plan_world *world, const char *text);

#endif
