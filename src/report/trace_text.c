/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/trace_text.h"

#include <string.h>

#include "crypto/alg.h"
#include "report/recordtext.h"
#include "report/trace_shape.h"
#include "report/wrapped.h"

#define MARGIN     2
#define STATUS     15 /* columns up to the tree */
#define COLUMN_MAX 36 /* of the chain; zones with longer names have their line */
#define LABEL      10 /* columns of "affected" and the like */
#define DEPTH_MAX  6  /* levels that are indented */
#define RECORDS    12 /* of the answer */
#define KEYS       12 /* named of a link */
#define BAD_SIGS   4
#define SERVERS    8
#define SPACE      HF_HARD_SPACE
#define ARROW      SPACE "-> "
#define BREAK      SPACE "-X "

/* ---- The verdict ---- */

static void put_count(struct hf_buf *out, size_t count, const char *word)
{
	hf_put_format(out, "%zu %s%s", count, word, count == 1 ? "" : "s");
}

/* "NXDOMAIN" or "NOERROR, 2 records". */
static void put_answer(struct hf_buf *out, const struct hf_trace *trace)
{
	char rcode[HF_RCODE_TEXT];
	size_t records = hf_trace_records(trace);
	hf_put_text(out, hf_rcode_text(trace->rcode, rcode));
	if (trace->rcode != HF_RCODE_NOERROR)
		return;
	hf_put_text(out, ", ");
	if (records == 0)
		hf_put_text(out, "no such record");
	else
		put_count(out, records, "record");
}

static void put_verdict(struct hf_buf *out, const struct hf_trace *trace)
{
	static const char *const words[] = {"SECURE", "INSECURE", "BOGUS", "INDETERMINATE"};
	char name[HF_NAME_TEXT], type[HF_TYPE_TEXT], rcode[HF_RCODE_TEXT], until[HF_TIME_TEXT];
	hf_put_format(out, "%s %s %s: ", words[trace->status],
	        hf_name_text(&trace->question.name, name),
	        hf_type_text(trace->question.type, type));
	switch (trace->status) {
	case HF_CHAIN_SECURE:
		put_answer(out, trace);
		if (trace->valid_until != HF_TIME_NONE)
			hf_put_format(out, ", proven until %s",
			        hf_time_rfc3339(trace->valid_until, until));
		break;
	case HF_CHAIN_INSECURE:
		put_answer(out, trace);
		hf_put_text(out, ", not protected by DNSSEC");
		break;
	case HF_CHAIN_INDETERMINATE:
		hf_put_text(out, "no verdict");
		if (trace->validating_rcode == HF_RCODE_SERVFAIL)
			hf_put_text(out, "; SERVFAIL from a validating resolver");
		break;
	case HF_CHAIN_BOGUS:
		hf_put_format(out, "%s from a validating resolver",
		        hf_rcode_text(trace->validating_rcode, rcode));
		if (trace->has_plain && trace->rcode != trace->validating_rcode)
			hf_put_format(
			        out, ", %s from any other", hf_rcode_text(trace->rcode, rcode));
		break;
	}
	hf_put_text(out, "\n");
}

static void put_work(struct hf_buf *out, const struct hf_trace *trace)
{
	char at[HF_TIME_TEXT];
	hf_put_format(out, "  as of %s, ", hf_time_rfc3339(trace->at, at));
	put_count(out, trace->questions, "question");
	hf_put_text(out, ", ");
	put_count(out, trace->signatures, "signature");
	hf_put_text(out, " verified");
	if (trace->hashes > 0)
		hf_put_format(out, ", NSEC3 hashes: %u", trace->hashes);
	hf_put_text(out, "\n\n");
}

/* ---- A link as a line: DS -> KSK -> ZSK ---- */

static void put_key(struct hf_buf *out, const struct hf_link_key *key)
{
	hf_put_format(out, "%s" SPACE "%u", hf_link_key_role(key), key->tag);
}

/* The tags of the DS set, those that hold or the others; false when there are none. */
static bool put_ds_tags(struct hf_buf *out, const struct hf_link *link, bool holds)
{
	unsigned count = 0;
	for (size_t i = 0; i < link->ds_count; i++) {
		if (hf_link_ds_holds(link, i) != holds || hf_link_ds_repeats(link, i))
			continue;
		if (count == 0)
			hf_put_text(out, link->is_anchor ? "anchor" : "DS");
		hf_put_format(out, "%s" SPACE "%u", count == 0 ? "" : ",", link->ds[i].tag);
		count++;
	}
	return count > 0;
}

enum key_use { SIGNS_KEYS, SIGNS_DATA_ONLY };

static void put_keys_of(struct hf_buf *out, const struct hf_link *link, enum key_use use)
{
	unsigned count = 0;
	for (size_t i = 0; i < link->key_count; i++) {
		const struct hf_link_key *key = &link->keys[i];
		bool entry = key->trusted && key->signs_keys;
		bool wanted = use == SIGNS_KEYS ? entry : !entry && key->signs_data;
		if (!wanted)
			continue;
		hf_put_text(out, count == 0 ? ARROW : ", ");
		put_key(out, key);
		count++;
	}
}

static bool holds_any(const struct hf_link *link)
{
	for (size_t i = 0; i < link->ds_count; i++) {
		if (hf_link_ds_holds(link, i))
			return true;
	}
	return false;
}

/* Every DS that does not lead on, with where it ends; false when there is none. */
static bool put_dead_ends(struct hf_buf *out, const struct hf_link *link)
{
	size_t before = out->len;
	for (size_t i = 0; i < link->ds_count; i++) {
		const struct hf_link_ds *ds = &link->ds[i];
		if (hf_link_ds_holds(link, i) || hf_link_ds_repeats(link, i))
			continue;
		hf_put_format(out, "%s%s" SPACE "%u", out->len == before ? "" : "; ",
		        link->is_anchor ? "anchor" : "DS", ds->tag);
		if (!ds->supported) {
			hf_put_text(out, BREAK "not" SPACE "supported");
		} else if (ds->key >= 0 && (size_t)ds->key < link->key_count) {
			hf_put_text(out, ARROW);
			put_key(out, &link->keys[ds->key]);
			hf_put_text(out, BREAK "DNSKEY" SPACE "set");
		} else {
			hf_put_text(out, link->status == HF_CHAIN_INDETERMINATE
			                         ? BREAK "no" SPACE "answer"
			                         : BREAK "no" SPACE "DNSKEY");
		}
	}
	return out->len > before;
}

/* The key whose signature is the fault, unless it is there already for a good one. */
static void put_failing_key(
        struct hf_buf *out, const struct hf_link *link, const struct hf_fault *fault)
{
	for (size_t i = 0; i < link->key_count; i++) {
		const struct hf_link_key *key = &link->keys[i];
		if (key->tag != fault->tag || !hf_link_key_fails(link, i) || key->signs_data ||
		        (key->trusted && key->signs_keys))
			continue;
		hf_put_text(out, ARROW);
		put_key(out, key);
		return;
	}
}

/* A good entry with a broken end: what the fault is about. */
static void put_broken_end(
        struct hf_buf *out, const struct hf_trace *trace, const struct hf_link *link)
{
	char owner[HF_NAME_TEXT], type[HF_TYPE_TEXT];
	const struct hf_fault *fault = &trace->broken.fault;
	if (!trace->has_broken || &trace->links[trace->broken.link] != link || fault->type == 0)
		return;
	put_failing_key(out, link, fault);
	hf_put_format(out, BREAK "%s", hf_type_text(fault->type, type));
	if (fault->owner.len > 0)
		hf_put_format(out, " of %s", hf_name_text(&fault->owner, owner));
}

static void put_chain(struct hf_buf *out, const struct hf_trace *trace, const struct hf_link *link)
{
	if (!holds_any(link)) {
		if (!put_dead_ends(out, link))
			hf_put_text(out,
			        link->status == HF_CHAIN_INSECURE ? "no DS" : "no DS set seen");
		return;
	}
	put_ds_tags(out, link, true);
	put_keys_of(out, link, SIGNS_KEYS);
	put_keys_of(out, link, SIGNS_DATA_ONLY);
	if (link->status != HF_CHAIN_SECURE)
		put_broken_end(out, trace, link);
}

/* ---- What else there is about a link ---- */

/* The algorithms of the keys, each once. */
static void put_algorithms(struct hf_buf *out, const struct hf_link *link)
{
	bool seen[256] = {false};
	for (size_t i = 0; i < link->key_count; i++) {
		char name[32];
		uint8_t algorithm = link->keys[i].algorithm;
		if (!seen[algorithm])
			hf_put_format(out, "%s%s", out->len > 0 ? ", " : "",
			        hf_alg_name(algorithm, name));
		seen[algorithm] = true;
	}
}

static void put_servers(struct hf_buf *out, const struct hf_link *link)
{
	for (size_t i = 0; i < link->server_count && i < SERVERS; i++) {
		hf_put_text(out, out->len == 0 ? "" : i == 0 ? "; " : ", ");
		hf_put_format(out, "%s%s", i == 0 ? "from " : "", link->servers[i]);
	}
	if (link->server_count > SERVERS)
		hf_put_format(out, " and %zu more", link->server_count - SERVERS);
}

static void put_facts(struct hf_buf *out, const struct hf_trace *trace, const struct hf_link *link)
{
	char span[HF_TIME_TEXT];
	hf_time until = hf_link_until(link);
	put_algorithms(out, link);
	if (until != HF_TIME_NONE)
		hf_put_format(out, "%s%s left", out->len > 0 ? ", " : "",
		        hf_span_text(until - trace->at, span));
	put_servers(out, link);
}

static const char *work_of(const struct hf_link *link, size_t index)
{
	const struct hf_link_key *key = &link->keys[index];
	bool fails = hf_link_key_fails(link, index);
	if (key->signs_keys && key->signs_data)
		return fails ? "signs both, and in vain" : "signs both";
	if (key->signs_keys)
		return fails ? "signs the set, and in vain" : "signs the set";
	if (key->signs_data)
		return fails ? "signs data, and in vain" : "signs data";
	return fails ? "signs in vain" : "signs nothing here";
}

/* Where the chain breaks, all keys that are there: the one that is meant may be among them. */
static void put_all_keys(struct hf_buf *out, const struct hf_link *link)
{
	for (size_t i = 0; i < link->key_count && i < KEYS; i++) {
		const struct hf_link_key *key = &link->keys[i];
		hf_put_text(out, i == 0 ? "DNSKEYs: " : "; ");
		put_key(out, key);
		hf_put_format(out, " %s%s",
		        (key->flags & HF_DNSKEY_REVOKE) != 0 ? "is revoked, and "
		        : (key->flags & HF_DNSKEY_ZONE) == 0 ? "is no zone key, and "
		                                             : "",
		        work_of(link, i));
	}
	if (link->key_count > KEYS)
		hf_put_format(out, "; and %zu more", link->key_count - KEYS);
}

static void put_bad_sig(
        struct hf_buf *out, const struct hf_trace *trace, const struct hf_link_sig *sig)
{
	char owner[HF_NAME_TEXT], type[HF_TYPE_TEXT], span[HF_TIME_TEXT];
	hf_put_format(out, "bad: signature by %u over %s of %s: %s", sig->tag,
	        hf_type_text(sig->covered, type), hf_name_text(&sig->owner, owner),
	        hf_cause_brief(sig->cause));
	if (sig->cause == HF_CAUSE_EXPIRED)
		hf_put_format(out, " %s ago", hf_span_text(trace->at - sig->expiration, span));
}

/* Lines below a link's first, all of them at one column. */
struct below {
	struct hf_buf *out;
	struct hf_margins margins;
	struct hf_buf line;
};

static void below_line(struct below *below)
{
	hf_put_u8(&below->line, 0);
	if (below->line.failed)
		below->out->failed = true;
	else if (below->line.len > 1) {
		hf_put_format(below->out, "%*s", (int)below->margins.column, "");
		hf_put_paragraph(below->out, &below->margins, (const char *)below->line.data);
	}
	hf_buf_reset(&below->line);
}

static void put_below(struct below *below, const struct hf_trace *trace, const struct hf_link *link)
{
	put_facts(&below->line, trace, link);
	below_line(below);
	if (holds_any(link)) {
		hf_put_text(&below->line, "beside: ");
		if (put_dead_ends(&below->line, link))
			below_line(below);
		hf_buf_reset(&below->line);
	}
	if (link->status != HF_CHAIN_SECURE) {
		put_all_keys(&below->line, link);
		below_line(below);
	}
	unsigned bad = 0;
	for (size_t i = 0; i < link->sig_count; i++) {
		if (link->sigs[i].cause == HF_CAUSE_NONE || hf_link_sig_repeats(link, i) ||
		        bad++ >= BAD_SIGS)
			continue;
		put_bad_sig(&below->line, trace, &link->sigs[i]);
		below_line(below);
	}
	if (bad > BAD_SIGS) {
		hf_put_format(&below->line, "bad: %u more signatures", bad - BAD_SIGS);
		below_line(below);
	}
	for (size_t i = 0; i < link->liar_count; i++) {
		hf_put_format(
		        &below->line, "lied: %s: %s", link->liars[i].server, link->liars[i].text);
		below_line(below);
	}
}

/* ---- The tree ---- */

static unsigned indent_of(const struct hf_trace *trace, size_t link)
{
	unsigned depth = hf_trace_depth(trace, link);
	return 2 * (depth < DEPTH_MAX ? depth : DEPTH_MAX);
}

/* Where the chains begin, so that they stand below each other. */
static unsigned chain_column(const struct hf_trace *trace)
{
	unsigned column = 0;
	for (size_t i = 0; i < trace->link_count; i++) {
		char zone[HF_NAME_TEXT];
		size_t end = STATUS + indent_of(trace, i) +
		             strlen(hf_name_text(&trace->links[i].zone, zone)) + 2;
		if (end > column && end <= COLUMN_MAX)
			column = (unsigned)end;
	}
	return column != 0 ? column : STATUS + 4;
}

static void put_link(
        struct hf_buf *out, const struct hf_trace *trace, size_t index, unsigned column)
{
	static const char *const words[] = {"secure", "insecure", "BOGUS", "no verdict"};
	const struct hf_link *link = &trace->links[index];
	struct below below = {.out = out,
	        .margins = {.width = HF_TEXT_WIDTH, .indent = column, .column = column}};
	char zone[HF_NAME_TEXT];
	unsigned indent = indent_of(trace, index);
	hf_name_text(&link->zone, zone);
	hf_put_format(out, "%*s%-*s%*s%s", MARGIN, "", STATUS - MARGIN, words[link->status],
	        (int)indent, "", zone);
	size_t end = STATUS + indent + strlen(zone);
	hf_put_format(out, end < column ? "%*s" : "\n%*s",
	        (int)(end < column ? column - end : column), "");
	put_chain(&below.line, trace, link);
	hf_put_u8(&below.line, 0);
	if (!below.line.failed)
		hf_put_paragraph(out, &below.margins, (const char *)below.line.data);
	else
		out->failed = true;
	hf_buf_reset(&below.line);
	put_below(&below, trace, link);
	hf_buf_done(&below.line);
}

static void put_tree(struct hf_buf *out, const struct hf_trace *trace)
{
	unsigned column = chain_column(trace);
	for (size_t i = 0; i < trace->link_count; i++)
		put_link(out, trace, i, column);
}

/* ---- What broke, and what to do ---- */

static void put_labelled(struct hf_buf *out, const char *label, const char *text)
{
	const struct hf_margins margins = {
	        .width = HF_TEXT_WIDTH, .indent = MARGIN + LABEL, .column = MARGIN + LABEL};
	hf_put_format(out, "%*s%-*s", MARGIN, "", LABEL, label);
	hf_put_paragraph(out, &margins, text);
}

/* Puts a text that was made for it, and forgets that text. */
static void put_made(struct hf_buf *out, const char *label, struct hf_buf *text)
{
	hf_put_u8(text, 0);
	if (text->failed)
		out->failed = true;
	else
		put_labelled(out, label, (const char *)text->data);
	hf_buf_reset(text);
}

/* What `dig` shows with and without +cd. */
static void put_resolvers(struct hf_buf *text, const struct hf_trace *trace)
{
	char rcode[HF_RCODE_TEXT], name[HF_EDE_TEXT];
	hf_put_format(
	        text, "a validating resolver: %s", hf_rcode_text(trace->validating_rcode, rcode));
	for (size_t i = 0; i < trace->ede_count; i++)
		hf_put_format(text, "%s %u (%s)", i == 0 ? " with EDE" : ",", trace->ede[i],
		        hf_ede_name(trace->ede[i], name));
	hf_put_text(text, "; any other, or with dig +cd: ");
	if (trace->has_plain)
		put_answer(text, trace);
	else
		hf_put_text(text, "not known, as no server answered the question itself");
}

static void put_broken(struct hf_buf *out, const struct hf_trace *trace)
{
	static const char *const titles[] = {
	        [HF_CHAIN_SECURE] = "Of note",
	        [HF_CHAIN_INSECURE] = "Where protection ends",
	        [HF_CHAIN_BOGUS] = "What is broken",
	        [HF_CHAIN_INDETERMINATE] = "Why there is no verdict",
	};
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	const struct hf_broken *broken = &trace->broken;
	char zone[HF_NAME_TEXT];
	hf_put_format(out, "\n%s: %s\n", titles[trace->status],
	        hf_name_text(&trace->links[broken->link].zone, zone));
	put_labelled(out, "cause", broken->cause);
	if (trace->status != HF_CHAIN_INSECURE) {
		put_resolvers(&text, trace);
		put_made(out, "answers", &text);
	}
	put_labelled(out, "affected", broken->affected);
	const char *side = hf_side_words(hf_cause_info(broken->fault.cause)->side);
	if (side != NULL)
		hf_put_format(&text, "%s: ", side);
	hf_put_text(&text, broken->fix);
	put_made(out, trace->status == HF_CHAIN_INSECURE ? "advice" : "fix", &text);
}

static enum hf_err put_records(struct hf_buf *out, const struct hf_trace *trace)
{
	size_t shown = 0, all = hf_trace_records(trace);
	if (all > 0)
		hf_put_format(out, "\n%s\n",
		        trace->status == HF_CHAIN_SECURE ? "Answer" : "Answer, not proven");
	for (size_t i = 0; i < trace->answer_count; i++) {
		const struct hf_trace_set *answer = &trace->answer[i];
		struct hf_rdata_walk walk = hf_rrset_rrs(&answer->set);
		struct hf_rdata rdata;
		while (shown < RECORDS && hf_rdata_next(&walk, &rdata)) {
			hf_put_format(out, "%*s", MARGIN, "");
			enum hf_err err = hf_record_put(out, &answer->owner, &answer->set, rdata);
			if (err != HF_OK)
				return err;
			hf_put_text(out, "\n");
			shown++;
		}
	}
	if (all > shown)
		hf_put_format(out, "  and %zu more\n", all - shown);
	return HF_OK;
}

enum hf_err hf_trace_text(const struct hf_trace *trace, struct hf_buf *out)
{
	put_verdict(out, trace);
	put_work(out, trace);
	put_tree(out, trace);
	if (trace->has_broken)
		put_broken(out, trace);
	enum hf_err err = put_records(out, trace);
	if (err != HF_OK)
		return err;
	if (trace->note_count > 0)
		hf_put_text(out, "\nNotes\n");
	for (size_t i = 0; i < trace->note_count; i++) {
		hf_put_format(out, "%*s", MARGIN, "");
		const struct hf_margins margins = {
		        .width = HF_TEXT_WIDTH, .indent = MARGIN, .column = MARGIN};
		hf_put_paragraph(out, &margins, trace->notes[i]);
	}
	return hf_buf_check(out);
}
