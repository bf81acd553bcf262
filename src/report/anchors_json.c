/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/alg.h"
#include "report/anchors_report.h"
#include "report/jsontext.h"
#include "report/recordtext.h"

/* Takes the text over. */
static json_t *made_json(struct hf_buf *text)
{
	json_t *value = text->failed ? NULL : json_stringn((const char *)text->data, text->len);
	hf_buf_done(text);
	return value;
}

static json_t *record_json(const struct hf_trust_point *point, uint16_t type, struct hf_rdata rdata)
{
	struct hf_buf text = {0};
	const struct hf_rrset set = {.type = type, .ttl = point->ttl};
	text.failed = hf_record_put(&text, &point->zone, &set, rdata) != HF_OK;
	return made_json(&text);
}

static json_t *key_json(
        const struct hf_trust_point *point, const struct hf_trust_key *key, hf_time now)
{
	char name[32];
	struct hf_buf future = {0};
	struct hf_dnskey dnskey = {0};
	struct hf_rdata rdata = {key->data, key->len};
	if (!hf_dnskey_read(rdata, &dnskey))
		return NULL;
	hf_trust_key_put_future(&future, key, now);
	return json_pack("{s:i, s:s, s:b, s:i, s:s, s:o, s:o, s:o, s:o}", "key_tag",
	        hf_trust_key_tag(key), "state", hf_trust_state_name(key->state), "trusted",
	        hf_trust_state_trusted(key->state), "algorithm", dnskey.algorithm, "algorithm_name",
	        hf_alg_name(dnskey.algorithm, name), "since", hf_json_time(key->since), "due",
	        hf_json_time(key->due), "future", made_json(&future), "record",
	        record_json(point, KNOT_RRTYPE_DNSKEY, rdata));
}

static json_t *seed_json(const struct hf_trust_point *point, const struct hf_anchor *seed)
{
	char name[32];
	struct hf_ds ds = {0};
	struct hf_rdata rdata = {seed->data, seed->len};
	if (!hf_ds_read(rdata, &ds))
		return NULL;
	return json_pack("{s:i, s:s, s:b, s:i, s:s, s:n, s:n, s:s, s:o}", "key_tag", ds.tag,
	        "state", "ds", "trusted", 1, "algorithm", ds.algorithm, "algorithm_name",
	        hf_alg_name(ds.algorithm, name), "since", "due", "future",
	        "trusted; its key was not seen yet", "record",
	        record_json(point, KNOT_RRTYPE_DS, rdata));
}

static json_t *anchors_json(const struct hf_trust_point *point, hf_time now)
{
	json_t *list = json_array();
	for (size_t i = 0; i < point->count; i++)
		list = hf_json_with(list, key_json(point, &point->keys[i], now));
	for (size_t i = 0; i < point->seeds.count; i++)
		list = hf_json_with(list, seed_json(point, &point->seeds.list[i]));
	return list;
}

static json_t *changes_json(const struct hf_trust_result *result)
{
	json_t *list = json_array();
	for (size_t i = 0; i < result->count; i++) {
		const struct hf_trust_change *change = &result->changes[i];
		list = hf_json_with(list, json_pack("{s:i, s:s, s:s}", "key_tag", change->tag,
		                                  "from", hf_trust_state_name(change->from), "to",
		                                  hf_trust_state_name(change->to)));
	}
	return list;
}

static json_t *sight_json(const struct hf_anchor_sight *sight)
{
	static const char *const outcomes[] = {
	        [HF_TRUST_PROVEN] = "proven",
	        [HF_TRUST_UNPROVEN] = "not proven",
	        [HF_TRUST_SILENT] = "no answer",
	        [HF_TRUST_CLOCK] = "clock",
	};
	struct hf_buf detail = {0};
	if (!sight->asked)
		return json_null();
	hf_anchor_sight_put(&detail, sight);
	return json_pack("{s:s, s:o, s:s?, s:o}", "outcome", outcomes[sight->result.outcome],
	        "detail", made_json(&detail), "server", sight->server, "changes",
	        changes_json(&sight->result));
}

static json_t *warning_json(const struct hf_trust_point *point)
{
	struct hf_buf text = {0};
	return hf_trust_point_put_warning(&text, point) ? made_json(&text) : json_null();
}

static json_t *zone_json(const struct hf_anchor_sight *sight, hf_time now)
{
	const struct hf_trust_point *point = sight->point;
	char zone[HF_NAME_TEXT];
	return json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "zone",
	        hf_name_text(&point->zone, zone), "usable",
	        (json_int_t)hf_trust_point_usable(point), "warning", warning_json(point), "checked",
	        hf_json_time(point->checked), "proven", hf_json_time(point->proven), "next",
	        hf_json_time(point->next), "anchors", anchors_json(point, now), "check",
	        sight_json(sight));
}

enum hf_err hf_anchors_json(const struct hf_anchor_check *check, hf_time now, struct hf_buf *out)
{
	static const char *const verdicts[] = {[HF_ANCHORS_GOOD] = "good",
	        [HF_ANCHORS_BAD] = "bad",
	        [HF_ANCHORS_UNANSWERED] = "no answer"};
	json_t *zones = json_array();
	for (size_t i = 0; i < check->count; i++)
		zones = hf_json_with(zones, zone_json(&check->sights[i], now));
	if (zones == NULL)
		return HF_ERR_NOMEM;
	return hf_json_put(json_pack("{s:o, s:s, s:o}", "at", hf_json_time(now), "verdict",
	                           verdicts[hf_anchor_check_verdict(check)], "zones", zones),
	        JSON_INDENT(2), out);
}
