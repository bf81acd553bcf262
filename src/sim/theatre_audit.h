/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every resolver there could be before a scene: whoever fails, fails here.
 *
 * What a cache can hold at a time is what some server served within the TTL before it. All
 * combinations of a DS set, a DNSKEY set and data that can be held at once are judged at every
 * moment at which one of them comes or goes and at which a signature begins or ends; for data, a
 * DNSKEY set that the DS set proved counts until its own TTL is over. It uses a
 * scene's own verdicts and nothing of src/coherence, so that the gate and it do not share an error.
 * Pure and thread-safe.
 */
#ifndef HF_SIM_THEATRE_AUDIT_H
#define HF_SIM_THEATRE_AUDIT_H

#include "sim/scene.h"

/* A combination that fails. */
struct hf_audit_failure {
	hf_time at;                /* when it begins */
	uint16_t ds, dnskey, data; /* sets; `data` HF_SCENE_NOTHING: the keys fail alone */
	enum hf_scene_verdict verdict;
	bool by_time; /* valid signatures would make it good: nobody signed in time */
};

struct hf_audit {
	uint64_t moments, combinations; /* that were judged */
	uint64_t failures;              /* of these; by time alone: in the next one, too */
	uint64_t late;
	struct hf_audit_failure first;      /* that has other reasons than time */
	struct hf_audit_failure first_late; /* by time alone */
};

/* `strict`: a path for each algorithm. Combinations that end before `from` do not count. */
enum hf_err hf_theatre_audit(const struct hf_scene *scene, bool strict, hf_time from, hf_time until,
        struct hf_audit *ret_audit) HF_MUST_CHECK;

#endif
