/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages of transfers, written as zone text. For tests; cmocka's way to fail.
 */
#ifndef HF_TEST_TRANSFERTEXT_H
#define HF_TEST_TRANSFERTEXT_H

#include "net/fetch_message.h"
#include "zone/version.h"

#define TEXT_ZONE "example.test."
#define TEXT_ID   0x4711

/* The question for this type. */
struct hf_fetch_question text_question(uint16_t type);
/* Begins a message that answers it: header and question. */
void text_begin(struct hf_buf *out, uint16_t type);
/* Appends the records of zone text in their order, and counts them. Owners are compressed. */
void text_records(struct hf_buf *out, const char *text);
/* A whole zone. The caller owns a reference. */
struct hf_version *text_version(const char *text);
/* Whether both hold the same. */
bool text_same(const struct hf_version *a, const struct hf_version *b);

#endif
