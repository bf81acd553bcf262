/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Worlds with one defect each, and what a walk must say about it.
 */
#ifndef HF_TESTS_CHAIN_DEFECTS_H
#define HF_TESTS_CHAIN_DEFECTS_H

#include "toyworld.h"

enum defect_kinds {
	IN_ALL = 0,
	IN_NSEC = 1 << 0,  /* only in worlds with NSEC */
	IN_NSEC3 = 1 << 1, /* only in worlds with NSEC3 */
	IN_APART = 1 << 2, /* not where all zones are on one server */
};

#define NO_EDE (-1)

struct defect {
	const char *name;
	void (*damage)(struct world *world);
	const char *qname;
	uint16_t type;
	enum hf_chain_status status;
	enum hf_cause cause;
	int ede; /* the first */
	unsigned kinds;
	const char *words; /* the sentence about it has these; may be NULL */
};

struct defects {
	const struct defect *list;
	size_t count;
};
extern const struct defects link_defects, signature_defects, denial_defects, server_defects;

#define LEAF "leaf.tld."
#define WWW  "www.leaf.tld."

#endif
