/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/issuance_report.h"

#include <jansson.h>

#include "base/times.h"
#include "report/jsontext.h"

static const char *const purposes[] = {"caa", "address", "challenge"};

/* ---- Text ---- */

static void put_lookup(struct hf_buf *out, const struct hf_lookup *lookup)
{
	char name[HF_NAME_TEXT], type[HF_TYPE_TEXT], rcode[HF_RCODE_TEXT];
	hf_put_format(out, "  %-13s  %s %s: ", hf_chain_status_name(lookup->status),
	        hf_name_text(&lookup->question.name, name),
	        hf_type_text(lookup->question.type, type));
	if (lookup->cause != NULL)
		hf_put_format(out, "%s\n                 -> %s\n", lookup->cause, lookup->fix);
	else if (lookup->records > 0)
		hf_put_format(
		        out, "%zu record%s\n", lookup->records, lookup->records == 1 ? "" : "s");
	else
		hf_put_format(out, "%s\n",
		        lookup->rcode == HF_RCODE_NOERROR ? "no such record"
		                                          : hf_rcode_text(lookup->rcode, rcode));
}

static void put_caa(struct hf_buf *out, const struct hf_issuance *issuance)
{
	char owner[HF_NAME_TEXT];
	if (issuance->caa_fails) {
		hf_put_text(out, "  CAA cannot be validated: no CA may issue.\n");
		return;
	}
	if (!issuance->has_caa) {
		hf_put_text(out, "  No CAA records: any CA may issue.\n");
		return;
	}
	hf_name_text(&issuance->caa_owner, owner);
	if (issuance->caa_forbids)
		hf_put_format(out, "  CAA of %s forbids every CA to issue.\n", owner);
	else if (issuance->issuers[0] != '\0')
		hf_put_format(out, "  CAA of %s allows %s.\n", owner, issuance->issuers);
	else
		hf_put_format(out, "  CAA of %s limits nothing here.\n", owner);
}

enum hf_err hf_issuance_text(const struct hf_issuance *issuance, const struct hf_name *name,
        hf_time at, struct hf_buf *out)
{
	char text[HF_NAME_TEXT], when[HF_TIME_TEXT];
	hf_put_format(out, "%s: a CA %s validate %s and issue, as of %s\n\n",
	        issuance->possible ? "YES" : "NO", issuance->possible ? "can" : "cannot",
	        hf_name_text(name, text), hf_time_rfc3339(at, when));
	put_caa(out, issuance);
	hf_put_format(out, "  By address (HTTP, TLS): %s. By TXT record (dns-01): %s.\n\n",
	        issuance->address_works ? "works" : "does not work",
	        issuance->challenge_works ? "works" : "does not work");
	for (size_t i = 0; i < issuance->count; i++)
		put_lookup(out, &issuance->lookups[i]);
	return hf_buf_check(out);
}

/* ---- JSON ---- */

static json_t *text_json(const char *text)
{
	return text != NULL ? json_string(text) : json_null();
}

static json_t *lookup_json(const struct hf_lookup *lookup)
{
	char name[HF_NAME_TEXT], type[HF_TYPE_TEXT], rcode[HF_RCODE_TEXT];
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:o}", "purpose",
	        purposes[lookup->purpose], "name", hf_name_text(&lookup->question.name, name),
	        "type", hf_type_text(lookup->question.type, type), "status",
	        hf_chain_status_name(lookup->status), "rcode", hf_rcode_text(lookup->rcode, rcode),
	        "records", (json_int_t)lookup->records, "cause", text_json(lookup->cause), "fix",
	        text_json(lookup->fix));
}

static json_t *lookups_json(const struct hf_issuance *issuance)
{
	json_t *list = json_array();
	for (size_t i = 0; i < issuance->count; i++) {
		if (json_array_append_new(list, lookup_json(&issuance->lookups[i])) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

enum hf_err hf_issuance_json(const struct hf_issuance *issuance, const struct hf_name *name,
        hf_time at, struct hf_buf *out)
{
	char text[HF_NAME_TEXT], owner[HF_NAME_TEXT], when[HF_TIME_TEXT];
	json_t *object = json_pack("{s:s, s:s, s:b, s:b, s:o, s:b, s:o, s:b, s:b, s:o}", "name",
	        hf_name_text(name, text), "at", hf_time_rfc3339(at, when), "possible",
	        (int)issuance->possible, "caa_fails", (int)issuance->caa_fails, "caa_owner",
	        issuance->has_caa ? json_string(hf_name_text(&issuance->caa_owner, owner))
	                          : json_null(),
	        "caa_forbids", (int)issuance->caa_forbids, "issuers", text_json(issuance->issuers),
	        "address_works", (int)issuance->address_works, "challenge_works",
	        (int)issuance->challenge_works, "lookups", lookups_json(issuance));
	return hf_json_put(object, JSON_INDENT(2), out);
}
