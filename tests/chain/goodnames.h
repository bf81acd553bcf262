/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of the toy world, and what a walk finds out about them when nothing is wrong.
 */
#ifndef HF_TESTS_CHAIN_GOODNAMES_H
#define HF_TESTS_CHAIN_GOODNAMES_H

#include "chain/fault.h"

struct good_name {
	const char *name;
	uint16_t type;
	enum hf_chain_status status;
	enum hf_cause cause; /* 1: either kind of insecure delegation */
	uint16_t rcode;
	size_t answers;   /* RRsets */
	const char *zone; /* of the last link */
	bool weak;        /* the proof is in a span of opt-out, where there is one */
};

extern const struct good_name good_names[];
extern const size_t good_name_count;

#endif
