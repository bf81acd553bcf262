/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trust anchors over time, as text and JSON, and in the forms that other resolvers read. Decides
 * nothing: chain/trustpoint.h does. Thread-safe.
 */
#ifndef HF_REPORT_ANCHORS_REPORT_H
#define HF_REPORT_ANCHORS_REPORT_H

#include "pipeline/anchorstate.h"

/* What is known now, and what came of asking (zones that were not asked have only the former). */
enum hf_err hf_anchors_text(
        const struct hf_anchor_check *check, hf_time now, struct hf_buf *out) HF_MUST_CHECK;
/* An object with `at`, `verdict` and `zones`; see holdfast-anchors(1). Ends with a line feed. */
enum hf_err hf_anchors_json(
        const struct hf_anchor_check *check, hf_time now, struct hf_buf *out) HF_MUST_CHECK;

enum hf_anchors_form { HF_ANCHORS_ZONE, HF_ANCHORS_UNBOUND, HF_ANCHORS_BIND };
/* "zone", "unbound" or "bind". HF_ERR_SYNTAX. */
enum hf_err hf_anchors_form_parse(const char *text, enum hf_anchors_form *ret_form) HF_MUST_CHECK;
/*
 * Every anchor that is trusted now. HF_ERR_REFUSED, with a sentence, when a zone has none: a
 * resolver that was given that file would not validate it any more.
 */
enum hf_err hf_anchors_export(const struct hf_trust_book *book, enum hf_anchors_form form,
        struct hf_diag *diag, struct hf_buf *out) HF_MUST_CHECK;

/* ---- Words that both forms share ---- */

/* What happens to a key next, and when: a sentence without a full stop. */
void hf_trust_key_put_future(struct hf_buf *out, const struct hf_trust_key *key, hf_time now);
/* What is dangerous about a zone's anchors; false when nothing is. */
bool hf_trust_point_put_warning(struct hf_buf *out, const struct hf_trust_point *point);
/* What came of asking. */
void hf_anchor_sight_put(struct hf_buf *out, const struct hf_anchor_sight *sight);

#endif
