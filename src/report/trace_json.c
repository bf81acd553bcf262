/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/trace_json.h"

#include "crypto/alg.h"
#include "report/jsontext.h"
#include "report/recordtext.h"

static json_t *name_json(const struct hf_name *name)
{
	char text[HF_NAME_TEXT];
	return json_string(hf_name_text(name, text));
}

static json_t *type_json(uint16_t type)
{
	char text[HF_TYPE_TEXT];
	return json_string(hf_type_text(type, text));
}

static json_t *rcode_json(uint16_t rcode)
{
	char text[HF_RCODE_TEXT];
	return json_string(hf_rcode_text(rcode, text));
}

/* ---- A link ---- */

static json_t *ds_json(const struct hf_link *link, const struct hf_link_ds *ds)
{
	bool found = ds->key >= 0 && (size_t)ds->key < link->key_count;
	return json_pack("{s:i, s:i, s:i, s:b, s:b, s:o}", "key_tag", ds->tag, "algorithm",
	        ds->algorithm, "digest_type", ds->digest_type, "supported", ds->supported,
	        "passed_over", ds->passed_over, "dnskey",
	        found ? json_integer(ds->key) : json_null());
}

static json_t *ds_set_json(const struct hf_link *link)
{
	json_t *list = json_array();
	for (size_t i = 0; i < link->ds_count; i++)
		list = hf_json_with(list, ds_json(link, &link->ds[i]));
	return list;
}

static json_t *key_json(const struct hf_link_key *key)
{
	char name[32];
	return json_pack("{s:i, s:i, s:i, s:i, s:s, s:i, s:s, s:b, s:b, s:b, s:b}", "key_tag",
	        key->tag, "flags", key->flags, "protocol", key->protocol, "algorithm",
	        key->algorithm, "algorithm_name", hf_alg_name(key->algorithm, name), "bits",
	        (int)key->bits, "role", hf_link_key_role(key), "supported", key->supported,
	        "trusted", key->trusted, "signs_dnskey", key->signs_keys, "signs_data",
	        key->signs_data);
}

static json_t *keys_json(const struct hf_link *link)
{
	json_t *list = json_array();
	for (size_t i = 0; i < link->key_count; i++)
		list = hf_json_with(list, key_json(&link->keys[i]));
	return list;
}

static json_t *sig_json(const struct hf_link_sig *sig)
{
	return json_pack("{s:o, s:o, s:i, s:i, s:o, s:o, s:o, s:b, s:s}", "owner",
	        name_json(&sig->owner), "type", type_json(sig->covered), "key_tag", sig->tag,
	        "algorithm", sig->algorithm, "signer", name_json(&sig->signer), "inception",
	        hf_json_time(sig->inception), "expiration", hf_json_time(sig->expiration), "good",
	        sig->cause == HF_CAUSE_NONE, "cause", hf_cause_info(sig->cause)->name);
}

static json_t *sigs_json(const struct hf_link *link)
{
	json_t *list = json_array();
	for (size_t i = 0; i < link->sig_count; i++)
		list = hf_json_with(list, sig_json(&link->sigs[i]));
	return list;
}

static json_t *texts_json(char *const *texts, size_t count)
{
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		list = hf_json_with(list, json_string(texts[i]));
	return list;
}

static json_t *liars_json(const struct hf_link *link)
{
	json_t *list = json_array();
	for (size_t i = 0; i < link->liar_count; i++)
		list = hf_json_with(list, json_pack("{s:s, s:s}", "server", link->liars[i].server,
		                                  "detail", link->liars[i].text));
	return list;
}

static json_t *link_json(const struct hf_link *link)
{
	return json_pack("{s:o, s:b, s:o, s:o, s:s, s:s, s:s, s:o, s:I, s:I, s:o, s:o}", "zone",
	        name_json(&link->zone), "anchor", link->is_anchor, "ds", ds_set_json(link),
	        "dnskey", keys_json(link), "status", hf_chain_status_name(link->status), "cause",
	        hf_cause_info(link->cause)->name, "detail",
	        link->detail != NULL ? link->detail : "", "servers",
	        texts_json(link->servers, link->server_count), "ds_ttl", (json_int_t)link->ds_ttl,
	        "dnskey_ttl", (json_int_t)link->key_ttl, "signatures", sigs_json(link), "liars",
	        liars_json(link));
}

static json_t *links_json(const struct hf_trace *trace)
{
	json_t *list = json_array();
	for (size_t i = 0; i < trace->link_count; i++)
		list = hf_json_with(list, link_json(&trace->links[i]));
	return list;
}

/* ---- The whole ---- */

static json_t *record_json(const struct hf_trace_set *answer, struct hf_rdata rdata)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	if (hf_record_put(&text, &answer->owner, &answer->set, rdata) != HF_OK)
		return NULL;
	return json_stringn((const char *)text.data, text.len);
}

static json_t *answer_json(const struct hf_trace *trace)
{
	json_t *list = json_array();
	for (size_t i = 0; i < trace->answer_count; i++) {
		const struct hf_trace_set *answer = &trace->answer[i];
		struct hf_rdata_walk walk = hf_rrset_rrs(&answer->set);
		struct hf_rdata rdata;
		while (list != NULL && hf_rdata_next(&walk, &rdata))
			list = hf_json_with(list, record_json(answer, rdata));
	}
	return list;
}

static json_t *edes_json(const struct hf_trace *trace)
{
	json_t *list = json_array();
	for (size_t i = 0; i < trace->ede_count; i++)
		list = hf_json_with(list, json_integer(trace->ede[i]));
	return list;
}

static json_t *side_json(enum hf_side side)
{
	static const char *const names[] = {
	        [HF_SIDE_ZONE] = "zone",
	        [HF_SIDE_PARENT] = "parent",
	        [HF_SIDE_EITHER] = "either",
	        [HF_SIDE_SERVER] = "server",
	        [HF_SIDE_RESOLVER] = "resolver",
	};
	return side == HF_SIDE_NOBODY ? json_null() : json_string(names[side]);
}

static json_t *broken_json(const struct hf_trace *trace)
{
	const struct hf_broken *broken = &trace->broken;
	if (!trace->has_broken)
		return json_null();
	const struct hf_cause_info *info = hf_cause_info(broken->fault.cause);
	return json_pack("{s:I, s:o, s:s, s:s, s:s, s:o, s:s}", "link", (json_int_t)broken->link,
	        "zone", name_json(&trace->links[broken->link].zone), "code", info->name, "cause",
	        broken->cause, "fix", broken->fix, "side", side_json(info->side), "affected",
	        broken->affected);
}

json_t *hf_trace_object(const struct hf_trace *trace)
{
	return json_pack(
	        "{s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I}",
	        "qname", name_json(&trace->question.name), "qtype", type_json(trace->question.type),
	        "at", hf_json_time(trace->at), "status", hf_chain_status_name(trace->status),
	        "rcode", trace->has_plain ? rcode_json(trace->rcode) : json_null(),
	        "validating_rcode", rcode_json(trace->validating_rcode), "ede", edes_json(trace),
	        "answer", answer_json(trace), "links", links_json(trace), "broken",
	        broken_json(trace), "notes", texts_json(trace->notes, trace->note_count),
	        "valid_until", hf_json_time(trace->valid_until), "questions",
	        (json_int_t)trace->questions, "signatures", (json_int_t)trace->signatures, "hashes",
	        (json_int_t)trace->hashes);
}

enum hf_err hf_trace_json(const struct hf_trace *trace, struct hf_buf *out)
{
	return hf_json_put(hf_trace_object(trace), JSON_INDENT(2), out);
}
