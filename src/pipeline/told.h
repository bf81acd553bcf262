/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A history file as it is told: its facts, field by field, before anything is made of them.
 *
 * Every field has been checked by itself: known, of its type, in its range. What facts say
 * together is for history.c to judge. For this part only. One thread at a time.
 */
#ifndef HF_PIPELINE_TOLD_H
#define HF_PIPELINE_TOLD_H

#include <jansson.h>

#include "base/diag.h"
#include "base/times.h"
#include "dns/name.h"

enum hf_told_kind { HF_TOLD_DS, HF_TOLD_DNSKEY, HF_TOLD_SIGNERS, HF_TOLD_ZONE, HF_TOLD_SEEN };

/* Texts and JSON values are borrowed from the document. */
struct hf_told_fact {
	enum hf_told_kind kind;
	size_t number; /* from 1 */
	uint64_t line; /* where it begins */
	const char *place;
	hf_time at, until; /* HF_TIME_NEVER: open */
	bool has_ttl;
	uint32_t ttl;
	json_t *records;             /* DS, DNSKEY: an array */
	json_t *signed_by;           /* DNSKEY, signers: an array; NULL: not told */
	hf_time valid_from, expires; /* of the signatures; without end when not told */
	uint64_t rrsets;             /* signers; 0: not told */
	const char *file;            /* zone */
	hf_time version;             /* seen: the time when it was published, or … */
	int64_t serial;              /* … its serial; −1: not told */
};

struct hf_told {
	const char *name; /* of the file, for messages */
	json_t *document;
	struct hf_name zone;
	bool has_expire;
	uint32_t expire;
	json_t *keys;        /* an object of texts, or NULL */
	json_t *secondaries; /* an array of texts, or NULL */
	struct hf_told_fact *facts;
	size_t count;
};

/* `text` is not needed afterwards; `name` is borrowed. HF_ERR_SYNTAX, HF_ERR_INVALID, HF_ERR_LIMIT.
 */
enum hf_err hf_told_read(const char *name, const char *text, size_t len, struct hf_diag *diag,
        struct hf_told **ret_told) HF_MUST_CHECK;
void hf_told_free(struct hf_told *told);

/* A sentence about a fact: "FILE:LINE: fact 3 (ds, 192.0.2.1): …". Returns `err`. */
enum hf_err hf_told_fail(const struct hf_told *told, const struct hf_told_fact *fact,
        enum hf_err err, struct hf_diag *diag, const char *format, ...)
        HF_PRINTF(5, 6) HF_MUST_CHECK;

#endif
