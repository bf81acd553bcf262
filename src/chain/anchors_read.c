/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chain/anchors_read.h"

#include "zone/records.h"

struct anchor_reading {
	struct hf_anchors *anchors;
	struct hf_diag *diag;
};

static enum hf_err take_anchor(void *context, const struct hf_name *owner, uint16_t type,
        uint32_t ttl, struct hf_rdata rdata, const char *file, uint64_t line)
{
	(void)ttl;
	const struct anchor_reading *reading = context;
	struct hf_diag why;
	hf_diag_init(&why, 1);
	enum hf_err err = hf_anchors_add(reading->anchors, owner, type, rdata, &why);
	if (err != HF_OK && err != HF_ERR_NOMEM)
		hf_diag_add(reading->diag, file, line, "%s",
		        why.count > 0 ? why.entries[0].text : hf_err_text(err));
	hf_diag_done(&why);
	return err;
}

enum hf_err hf_anchors_read(struct hf_anchors *anchors, const char *file, const char *text,
        size_t len, struct hf_diag *diag)
{
	struct anchor_reading context = {anchors, diag};
	const struct hf_reading reading = {
	        .origin = &HF_NAME_ROOT, .visit = take_anchor, .context = &context, .diag = diag};
	const struct hf_stretch stretch = {.name = file, .text = text, .len = len, .line = 1};
	enum hf_err err = hf_records_read(&reading, &stretch);
	if (err == HF_OK && anchors->count == 0)
		err = hf_fail_at(diag, HF_ERR_INVALID, file, 0,
		        "no trust anchor here; give DS or DNSKEY records");
	return err;
}
