/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trust anchors from zone-file text: DS or DNSKEY records, of any zones. Thread-safe.
 */
#ifndef HF_CHAIN_ANCHORS_READ_H
#define HF_CHAIN_ANCHORS_READ_H

#include "chain/anchors.h"

/*
 * Adds what the text holds; `file` stands for it in sentences. HF_ERR_SYNTAX and HF_ERR_INVALID
 * with a sentence for each line; text without an anchor is HF_ERR_INVALID.
 */
enum hf_err hf_anchors_read(struct hf_anchors *anchors, const char *file, const char *text,
        size_t len, struct hf_diag *diag) HF_MUST_CHECK;

#endif
