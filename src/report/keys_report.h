/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A folder of keys as a table for people and as JSON. Decides nothing: crypto/keylife.h knows
 * states, dates and warnings. One thread at a time.
 */
#ifndef HF_REPORT_KEYS_REPORT_H
#define HF_REPORT_KEYS_REPORT_H

#include "base/bytes.h"
#include "crypto/keylife.h"

#define HF_KEYS_COLUMNS 100 /* what the table is made for */

/* One line a key, role first; its dates below it. Without keys, a sentence that says so. */
enum hf_err hf_keys_text(const char *dir, const struct hf_keydir *keys, hf_time at,
        struct hf_buf *out) HF_MUST_CHECK;

/* An object with `at`, `keys` and `warnings`; see holdfast-keys(1). Ends with a line feed. */
enum hf_err hf_keys_json(const struct hf_keydir *keys, hf_time at, const struct hf_diag *warnings,
        struct hf_buf *out) HF_MUST_CHECK;

/* A DS record with SHA-256 for each KSK and CSK that is neither revoked nor removed: what the
 * parent has to be given, one a line. Nothing when there is none. */
enum hf_err hf_keys_ds(const struct hf_keydir *keys, hf_time at, struct hf_buf *out) HF_MUST_CHECK;

/* One key as an object, for holdfast keygen --json. */
enum hf_err hf_key_json(const struct hf_keyfile *key, hf_time at, struct hf_buf *out) HF_MUST_CHECK;

#endif
