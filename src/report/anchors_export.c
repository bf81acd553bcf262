/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "dns/rdatatext.h"
#include "report/anchors_report.h"
#include "report/recordtext.h"

#define DEFAULT_TTL 3600

enum hf_err hf_anchors_form_parse(const char *text, enum hf_anchors_form *ret_form)
{
	static const char *const names[] = {"zone", "unbound", "bind"};
	for (enum hf_anchors_form form = HF_ANCHORS_ZONE; form <= HF_ANCHORS_BIND; form++) {
		if (strcmp(text, names[form]) == 0) {
			*ret_form = form;
			return HF_OK;
		}
	}
	return HF_ERR_SYNTAX;
}

/* BIND wants the last field of the RDATA in quotes. */
static enum hf_err put_bind(struct hf_buf *out, const struct hf_anchor *anchor, const char *zone)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	enum hf_err err =
	        hf_rdata_text(anchor->type, (struct hf_rdata){anchor->data, anchor->len}, &text);
	hf_put_u8(&text, 0);
	if (err == HF_OK)
		err = hf_buf_check(&text);
	if (err != HF_OK)
		return err;
	const char *fields = (const char *)text.data;
	const char *last = strrchr(fields, ' ');
	if (last == NULL)
		return HF_ERR_SYNTAX;
	hf_put_format(out, "\t\"%s\" static-%s %.*s \"%s\";\n", zone,
	        anchor->type == KNOT_RRTYPE_DS ? "ds" : "key", (int)(last - fields), fields,
	        last + 1);
	return HF_OK;
}

static enum hf_err put_anchor(
        struct hf_buf *out, const struct hf_anchor *anchor, enum hf_anchors_form form, uint32_t ttl)
{
	char zone[HF_NAME_TEXT];
	const struct hf_rrset set = {.type = anchor->type, .ttl = ttl};
	hf_name_text(&anchor->zone, zone);
	if (form == HF_ANCHORS_BIND)
		return put_bind(out, anchor, zone);
	if (form == HF_ANCHORS_UNBOUND)
		hf_put_text(out, "\ttrust-anchor: \"");
	enum hf_err err = hf_record_put(
	        out, &anchor->zone, &set, (struct hf_rdata){anchor->data, anchor->len});
	hf_put_text(out, form == HF_ANCHORS_UNBOUND ? "\"\n" : "\n");
	return err;
}

static enum hf_err put_point(struct hf_buf *out, const struct hf_trust_point *point,
        enum hf_anchors_form form, struct hf_diag *diag)
{
	struct hf_anchors anchors = {0};
	char zone[HF_NAME_TEXT];
	enum hf_err err = hf_trust_point_anchors(point, &anchors);
	if (err == HF_OK && anchors.count == 0)
		err = hf_fail(diag, HF_ERR_REFUSED,
		        "there is no usable trust anchor for %s, and a file without one would "
		        "switch its validation off; see `holdfast anchors status`",
		        hf_name_text(&point->zone, zone));
	for (size_t i = 0; i < anchors.count && err == HF_OK; i++)
		err = put_anchor(
		        out, &anchors.list[i], form, point->ttl != 0 ? point->ttl : DEFAULT_TTL);
	hf_anchors_done(&anchors);
	return err;
}

enum hf_err hf_anchors_export(const struct hf_trust_book *book, enum hf_anchors_form form,
        struct hf_diag *diag, struct hf_buf *out)
{
	static const char *const heads[] = {"; Trust anchors, by holdfast anchors export\n",
	        "# Trust anchors, by holdfast anchors export\nserver:\n",
	        "// Trust anchors, by holdfast anchors export\ntrust-anchors {\n"};
	enum hf_err err = HF_OK;
	if (book->count == 0)
		return hf_fail(diag, HF_ERR_REFUSED,
		        "there is no zone in the state file; make it anew with `holdfast anchors "
		        "init`");
	hf_put_text(out, heads[form]);
	for (size_t i = 0; i < book->count && err == HF_OK; i++)
		err = put_point(out, &book->points[i], form, diag);
	if (form == HF_ANCHORS_BIND)
		hf_put_text(out, "};\n");
	return err == HF_OK ? hf_buf_check(out) : err;
}
