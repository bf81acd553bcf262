/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/alg.h"
#include "report/anchors_report.h"
#include "report/wrapped.h"

#define INDENT 2

static void put_until(struct hf_buf *out, hf_time time, hf_time now)
{
	char at[HF_TIME_TEXT], span[HF_TIME_TEXT];
	hf_time_rfc3339(time, at);
	if (time > now)
		hf_put_format(out, "%s (in %s)", at, hf_span_text(time - now, span));
	else
		hf_put_format(out, "%s (%s ago)", at, hf_span_text(now - time, span));
}

void hf_trust_key_put_future(struct hf_buf *out, const struct hf_trust_key *key, hf_time now)
{
	switch (key->state) {
	case HF_TRUST_ADDPEND:
		hf_put_text(out,
		        "not trusted yet; becomes an anchor at the first check that sees it "
		        "from ");
		put_until(out, key->due, now);
		hf_put_text(out, " on, if every check until then sees it too");
		break;
	case HF_TRUST_VALID:
		hf_put_text(out, "trusted");
		break;
	case HF_TRUST_MISSING:
		hf_put_text(out, "trusted, but not in the zone's last DNSKEY set; stays an anchor "
		                 "until it is revoked");
		break;
	case HF_TRUST_REVOKED:
		hf_put_text(out, "revoked, and never trusted again; ");
		if (key->due == HF_TIME_NONE)
			hf_put_text(out, "still in the zone's DNSKEY set");
		else {
			hf_put_text(out, "filed away as removed after ");
			put_until(out, key->due, now);
		}
		break;
	default:
		hf_put_text(out, "never trusted again");
		break;
	}
}

bool hf_trust_point_put_warning(struct hf_buf *out, const struct hf_trust_point *point)
{
	char zone[HF_NAME_TEXT];
	hf_name_text(&point->zone, zone);
	if (hf_trust_point_deleted(point)) {
		hf_put_format(out,
		        "NO USABLE TRUST ANCHOR: all of %s are revoked, so nothing in it can be "
		        "validated from here. Get its current anchors over a way that you trust, "
		        "and "
		        "start over with `holdfast anchors init`",
		        zone);
		return true;
	}
	if (hf_trust_point_usable(point) == 0) {
		hf_put_format(out,
		        "NO USABLE TRUST ANCHOR for %s: nothing in it can be validated. Get its "
		        "current anchors over a way that you trust, and start over with `holdfast "
		        "anchors init`",
		        zone);
		return true;
	}
	return false;
}

void hf_anchor_sight_put(struct hf_buf *out, const struct hf_anchor_sight *sight)
{
	switch (sight->result.outcome) {
	case HF_TRUST_PROVEN:
		hf_put_text(out, "the DNSKEY set is signed by a trusted key");
		break;
	case HF_TRUST_UNPROVEN:
		hf_put_text(out,
		        "NOT PROVEN: no trusted key signed the DNSKEY set, so nothing in it "
		        "was believed");
		hf_put_text(out, sight->result.count > 0
		                         ? " but a revocation, which proves itself"
		                         : ". Either the answer is forged, or the anchors here are "
		                           "stale: compare them with what the operator publishes");
		break;
	case HF_TRUST_SILENT:
		hf_put_format(out, "NO ANSWER: %s; the anchors stay as they are", sight->failure);
		break;
	default:
		hf_put_text(out,
		        "THE CLOCK IS WRONG: it is earlier than the last check, so nothing "
		        "was changed. Set it; if the earlier check had the wrong time, start "
		        "over with `holdfast anchors init`");
		break;
	}
	if (sight->server != NULL)
		hf_put_format(out, " (from %s)", sight->server);
	if (sight->result.full)
		hf_put_format(
		        out, "; a new key was passed over, as %d are known already", HF_TRUST_KEYS);
}

/* ---- The text ---- */

static void put_made(struct hf_buf *out, unsigned indent, const char *lead, struct hf_buf *text)
{
	hf_put_u8(text, 0);
	if (text->failed)
		out->failed = true;
	else
		hf_put_wrapped(out, indent, lead, (const char *)text->data);
	hf_buf_reset(text);
}

static void put_key(struct hf_buf *out, const struct hf_trust_key *key, hf_time now)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	struct hf_dnskey dnskey = {0};
	char name[32], since[HF_TIME_TEXT];
	if (!hf_dnskey_read((struct hf_rdata){key->data, key->len}, &dnskey))
		return;
	hf_put_format(&text, "%s since %s: ", hf_alg_name(dnskey.algorithm, name),
	        hf_time_rfc3339(key->since, since));
	hf_trust_key_put_future(&text, key, now);
	hf_put_u8(&text, 0);
	if (text.failed) {
		out->failed = true;
		return;
	}
	hf_put_format(out, "%*s%5u  %-9s ", INDENT, "", hf_trust_key_tag(key),
	        hf_trust_state_name(key->state));
	const struct hf_margins margins = {
	        .width = HF_TEXT_WIDTH, .indent = INDENT + 17, .column = INDENT + 17};
	hf_put_paragraph(out, &margins, (const char *)text.data);
}

static void put_seed(struct hf_buf *out, const struct hf_anchor *seed)
{
	struct hf_ds ds;
	char name[32], digest[32];
	if (!hf_ds_read((struct hf_rdata){seed->data, seed->len}, &ds))
		return;
	hf_put_format(out, "%*s%5u  DS        %s, %s: trusted; its key was not seen yet\n", INDENT,
	        "", ds.tag, hf_alg_name(ds.algorithm, name),
	        hf_digest_name(ds.digest_type, digest));
}

static void put_head(struct hf_buf *out, const struct hf_trust_point *point, hf_time now)
{
	char zone[HF_NAME_TEXT];
	size_t usable = hf_trust_point_usable(point);
	hf_put_format(out, "%s  %zu usable trust anchor%s", hf_name_text(&point->zone, zone),
	        usable, usable == 1 ? "" : "s");
	if (point->proven != HF_TIME_NONE) {
		hf_put_text(out, ", last proven ");
		put_until(out, point->proven, now);
	} else {
		hf_put_text(out, ", never proven yet");
	}
	hf_put_text(out, "\n");
}

static void put_sight(struct hf_buf *out, const struct hf_anchor_sight *sight)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	hf_anchor_sight_put(&text, sight);
	put_made(out, INDENT, "", &text);
	for (size_t i = 0; i < sight->result.count; i++) {
		const struct hf_trust_change *change = &sight->result.changes[i];
		hf_put_format(out, "%*schanged: %u from %s to %s\n", INDENT, "", change->tag,
		        hf_trust_state_name(change->from), hf_trust_state_name(change->to));
	}
}

static void put_zone(struct hf_buf *out, const struct hf_anchor_sight *sight, hf_time now)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	const struct hf_trust_point *point = sight->point;
	put_head(out, point, now);
	if (hf_trust_point_put_warning(&text, point))
		put_made(out, INDENT, "", &text);
	if (sight->asked)
		put_sight(out, sight);
	for (size_t i = 0; i < point->count; i++)
		put_key(out, &point->keys[i], now);
	for (size_t i = 0; i < point->seeds.count; i++)
		put_seed(out, &point->seeds.list[i]);
	hf_put_format(out, "%*snext query: ", INDENT, "");
	if (point->next == HF_TIME_NONE)
		hf_put_text(out, "now");
	else
		put_until(out, point->next, now);
	hf_put_text(out, "\n");
}

enum hf_err hf_anchors_text(const struct hf_anchor_check *check, hf_time now, struct hf_buf *out)
{
	static const char *const words[] = {[HF_ANCHORS_GOOD] = "GOOD",
	        [HF_ANCHORS_BAD] = "BAD",
	        [HF_ANCHORS_UNANSWERED] = "NO ANSWER"};
	size_t usable = 0;
	char at[HF_TIME_TEXT];
	for (size_t i = 0; i < check->count; i++)
		usable += hf_trust_point_usable(check->sights[i].point);
	hf_put_format(out, "%s: %zu usable trust anchor%s for %zu zone%s, as of %s\n",
	        words[hf_anchor_check_verdict(check)], usable, usable == 1 ? "" : "s", check->count,
	        check->count == 1 ? "" : "s", hf_time_rfc3339(now, at));
	for (size_t i = 0; i < check->count; i++) {
		hf_put_text(out, "\n");
		put_zone(out, &check->sights[i], now);
	}
	return hf_buf_check(out);
}
