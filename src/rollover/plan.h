/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The runbook of a rollover: what happens when, who does it, and what turning back means.
 *
 * A plan is made by letting the engine run in virtual time in an ideal world: whatever it asks for
 * is done, after just the delays that the policy states. So its times are the earliest ones, and a
 * plan says nothing that the engine would not do. Keys that do not exist yet have stand-ins of the
 * same size; texts call them "new ZSK". A plan is plain data that the caller owns. Pure: no clock,
 * no I/O, no random numbers.
 */
#ifndef HF_ROLLOVER_PLAN_H
#define HF_ROLLOVER_PLAN_H

#include "rollover/rollover.h"
#include "rollover/sizes_zone.h"

/* A key that the zone has now. */
struct hf_plan_key {
	struct hf_rdata dnskey; /* borrowed */
	enum hf_role role;
	unsigned uses; /* enum hf_key_use */
	hf_time born;
};

struct hf_plan_job {
	const struct hf_name *zone;
	const struct hf_policy *policy;
	const struct hf_zone_profile *profile;
	const struct hf_plan_key *keys;
	size_t key_count;
	const uint16_t *tags; /* of keys that are gone; may be NULL */
	size_t tag_count;
	struct hf_roll_start start; /* `compromised` is left alone: see below */
	bool emergency;             /* `compromised_tag` may be in other hands */
	uint16_t compromised_tag;
	struct hf_way_denial denial; /* how the zone denies now */
	uint32_t dnskey_ttl;         /* of the DNSKEY RRset as published; 0: the policy's */
	uint32_t soa_expire;
	hf_time at; /* when the change is asked for */
};

/* Sentences, in order. */
struct hf_plan_lines {
	char **list;
	size_t count;
};

/* One reason to wait, before a step. */
struct hf_plan_wait {
	enum hf_wait kind;
	hf_time from, until;
	char *text;
};

/* Turning back right after a step. */
struct hf_plan_back {
	bool possible;
	char *refusal;   /* why not; NULL when it is */
	int64_t seconds; /* until the zone is where it was */
	unsigned steps;
};

struct hf_plan_step {
	char *title;        /* "new ZSK signs" */
	hf_time at;         /* the earliest moment */
	hf_time reached;    /* when it is seen to be done */
	unsigned approvals; /* enum hf_approval: a person decides go or no-go; 0: nobody has to */
	struct hf_plan_wait *waits; /* since the step before was taken */
	size_t wait_count;
	struct hf_plan_lines does;   /* what Holdfast does */
	struct hf_plan_lines people; /* what people do */
	struct hf_plan_lines checks; /* what has to be seen before the next step */
	struct hf_plan_lines published, sign_keys, sign_data, ds; /* keys by name */
	struct hf_zone_size size;
	struct hf_plan_back back;
};

struct hf_plan {
	struct hf_name zone;
	char *title; /* "ZSK rollover (pre-publication)" */
	hf_time at, end;
	struct hf_plan_lines assumptions;
	struct hf_plan_lines at_once; /* an emergency: what the other way would mean; else empty */
	struct hf_zone_size size;     /* before the first step */
	uint64_t rrsets;              /* authoritative ones */
	struct hf_plan_step *steps;
	size_t count;
	struct hf_plan_lines after; /* what remains to be done */
};

/*
 * HF_ERR_REFUSED: the engine does not allow the change; the diagnostic has its sentence, and also
 * when an ideal world would not bring the change to its end. HF_ERR_NOTFOUND: no key has the
 * compromised tag.
 */
enum hf_err hf_plan_make(const struct hf_plan_job *job, struct hf_diag *diag,
        struct hf_plan **ret_plan) HF_MUST_CHECK;
void hf_plan_free(struct hf_plan *plan);

#endif
