/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Collecting what was found, folded by cause.
 *
 * Places with one cause (check, key tag, and a number that the check chooses) are a group. A group
 * counts all its places and keeps the first few in canonical order, so what comes out does not
 * depend on the order of the work or on the number of workers. Memory that runs out is remembered
 * in `err`. Each worker collects in a collection of its own; they are merged at the end.
 */
#ifndef HF_VERIFY_FINDS_H
#define HF_VERIFY_FINDS_H

#include "base/err.h"
#include "verify/report.h"

#define HF_FINDS_KEPT 8 /* with more places than this, a group is one finding */
#define HF_NO_TAG     (-1)

struct hf_finds_group;

/* Zero-initialised is empty. */
struct hf_finds {
	struct hf_finds_group *groups;
	size_t count, cap;
	uint32_t *slots; /* hash table of indices into groups, plus one */
	size_t slot_count;
	enum hf_err err;
};

/* Where, and which places belong together. */
struct hf_where {
	const struct hf_name *owner;
	uint16_t type;  /* 0: about no type */
	int32_t tag;    /* HF_NO_TAG: about no key */
	uint32_t cause; /* part of the group's identity */
};

void hf_finds_done(struct hf_finds *finds);
/* The sentence says what is wrong here. It is made only when the place is kept. */
void hf_found(struct hf_finds *finds, enum hf_check_id check, const struct hf_where *where,
        const char *format, ...) HF_PRINTF(4, 5);
/* Moves everything from one collection to another. */
void hf_finds_merge(struct hf_finds *finds, struct hf_finds *from);
/*
 * Makes the report's findings: errors first, canonical order within a severity, at most `limit`,
 * the rest counted in `dropped`. The collection is empty afterwards. Fails with `finds->err`.
 */
enum hf_err hf_finds_report(
        struct hf_finds *finds, size_t limit, struct hf_report *report) HF_MUST_CHECK;

#endif
