/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace_samples.h"

#include <stdlib.h>
#include <string.h>

#include "dns/message.h"

#define DAY 86400

const char *sample_name(enum sample_kind kind)
{
	static const char *const names[SAMPLE_KINDS] = {"good", "no-key", "expired", "silent",
	        "insecure", "no-anchor", "no-answer", "many-keys", "long-names", "hostile"};
	return names[kind];
}

static struct hf_name name_of(const char *text)
{
	struct hf_name name;
	if (hf_name_from_text(text, &name) != HF_OK)
		abort();
	return name;
}

static void add_ds(struct hf_link *link, uint16_t tag, int key)
{
	link->ds[link->ds_count++] = (struct hf_link_ds){
	        .tag = tag, .algorithm = 13, .digest_type = 2, .supported = true, .key = key};
}

enum use { NOTHING, KEYS, DATA };

static void add_key(struct hf_link *link, uint16_t tag, enum use use)
{
	link->keys[link->key_count++] = (struct hf_link_key){.flags = use == DATA ? 256 : 257,
	        .tag = tag,
	        .protocol = 3,
	        .algorithm = 13,
	        .bits = 256,
	        .supported = true,
	        .trusted = use == KEYS,
	        .signs_keys = use == KEYS,
	        .signs_data = use == DATA};
}

static struct hf_link_sig *add_sig(
        struct hf_link *link, const char *owner, uint16_t covered, uint16_t tag)
{
	struct hf_link_sig *sig = &link->sigs[link->sig_count++];
	*sig = (struct hf_link_sig){.owner = name_of(owner),
	        .covered = covered,
	        .tag = tag,
	        .algorithm = 13,
	        .signer = link->zone,
	        .inception = SAMPLE_AT - 5 * DAY,
	        .expiration = SAMPLE_AT + 9 * DAY};
	return sig;
}

/* A link with nothing in it yet. */
static struct hf_link *start_link(struct sample *sample, const char *zone, char *server)
{
	static char detail[] = "as it should be";
	size_t index = sample->trace.link_count++;
	struct sample_link *inside = &sample->inside[index];
	struct hf_link *link = &sample->links[index];
	*link = (struct hf_link){.zone = name_of(zone),
	        .ds = inside->ds,
	        .keys = inside->keys,
	        .sigs = inside->sigs,
	        .ds_ttl = DAY,
	        .key_ttl = 3600,
	        .detail = detail,
	        .servers = inside->servers,
	        .liars = inside->liars};
	link->servers[link->server_count++] = server;
	return link;
}

/* A good link whose ZSK signs the child's DS set, or the answer. */
static struct hf_link *add_link(
        struct sample *sample, const char *zone, uint16_t tag, const char *below, uint16_t covered)
{
	static char server[] = "192.0.2.53";
	struct hf_link *link = start_link(sample, zone, server);
	add_ds(link, tag, 0);
	add_key(link, tag, KEYS);
	add_key(link, tag + 1, DATA);
	add_sig(link, zone, KNOT_RRTYPE_DNSKEY, tag);
	add_sig(link, below, covered, tag + 1);
	return link;
}

static void break_at(
        struct sample *sample, size_t index, const struct hf_fault *fault, char *const words[3])
{
	struct hf_trace *trace = &sample->trace;
	const struct hf_cause_info *info = hf_cause_info(fault->cause);
	struct hf_link *link = &sample->links[index];
	link->status = info->status;
	link->cause = fault->cause;
	link->detail = words[0];
	trace->status = info->status;
	trace->has_broken = true;
	trace->broken = (struct hf_broken){.link = index,
	        .fault = *fault,
	        .cause = words[0],
	        .fix = words[1],
	        .affected = words[2]};
	if (info->status == HF_CHAIN_BOGUS || info->status == HF_CHAIN_INDETERMINATE)
		trace->validating_rcode = HF_RCODE_SERVFAIL;
	if (info->ede >= 0)
		trace->ede[trace->ede_count++] = (uint16_t)info->ede;
}

/* ., org. and example.org., and the address of www.example.org. */
static void make_good(struct sample *sample)
{
	static char note[] = "example.org. has two servers, and both were asked";
	static const uint8_t address[] = {0, 4, 192, 0, 2, 80};
	struct hf_trace *trace = &sample->trace;
	add_link(sample, ".", 20326, "org.", KNOT_RRTYPE_DS)->is_anchor = true;
	add_link(sample, "org.", 26974, "example.org.", KNOT_RRTYPE_DS);
	add_link(sample, "example.org.", 12345, "www.example.org.", KNOT_RRTYPE_A);
	trace->question = (struct hf_question){name_of("www.example.org."), KNOT_RRTYPE_A};
	trace->has_plain = true;
	memcpy(sample->address, address, sizeof(address));
	sample->answer[0].owner = trace->question.name;
	sample->answer[0].set = (struct hf_rrset){.type = KNOT_RRTYPE_A,
	        .rr_count = 1,
	        .ttl = 300,
	        .rrs = sample->address,
	        .rrs_len = sizeof(sample->address)};
	trace->answer_count = 1;
	sample->notes[0] = note;
	trace->note_count = 1;
	trace->valid_until = SAMPLE_AT + 9 * DAY;
	trace->questions = 7;
	trace->signatures = 6;
}

static void make_no_key(struct sample *sample)
{
	static char cause[] =
	        "the parent's DS 12345 matches no DNSKEY of example.org.: KSK replaced "
	        "without its DS (the DNSKEY set is signed by KSK 54321)";
	static char fix[] =
	        "quick, at the zone: put the key of DS 12345 back into the DNSKEY set of "
	        "example.org. and sign the set with it; at the parent: publish a DS for "
	        "the key that signs it, 54321";
	static char affected[] =
	        "users of validating resolvers get SERVFAIL, others do not notice, "
	        "for every name in example.org. and below; caches keep the DS set up "
	        "to 1 d after it is mended";
	struct hf_link *link = &sample->links[2];
	link->ds[0].key = -1;
	link->keys[0].tag = 54321;
	link->keys[0].trusted = false;
	link->sigs[0].tag = 54321;
	link->sig_count = 1;
	break_at(sample, 2,
	        &(struct hf_fault){.cause = HF_CAUSE_DS_NO_KEY,
	                .zone = link->zone,
	                .owner = link->zone,
	                .type = KNOT_RRTYPE_DNSKEY,
	                .tag = 12345,
	                .key_tag = 54321,
	                .flags = 257},
	        (char *[]){cause, fix, affected});
}

static void make_silent(struct sample *sample)
{
	static char cause[] =
	        "the DNSKEY set of example.org. is not signed by KSK 12345, which the "
	        "parent's DS stands for, but by key 54321 only";
	static char fix[] = "sign the DNSKEY set of example.org. with key 12345 as well";
	static char affected[] = "users of validating resolvers get SERVFAIL, others do not notice";
	struct hf_link *link = &sample->links[2];
	link->keys[0].signs_keys = false;
	add_key(link, 54321, KEYS);
	link->keys[2].trusted = false;
	link->sigs[0].tag = 54321;
	link->sig_count = 1;
	break_at(sample, 2,
	        &(struct hf_fault){.cause = HF_CAUSE_DS_KEY_SILENT,
	                .zone = link->zone,
	                .owner = link->zone,
	                .type = KNOT_RRTYPE_DNSKEY,
	                .tag = 12345,
	                .key_tag = 54321,
	                .flags = 257},
	        (char *[]){cause, fix, affected});
}

static void make_expired(struct sample *sample)
{
	static char cause[] = "the signature over A of www.example.org. by key 12346 expired at "
	                      "2026-09-19T14:13:20Z, 2 d ago";
	static char fix[] =
	        "sign example.org. again, and find out why it was not re-signed in time";
	static char affected[] =
	        "users of validating resolvers get SERVFAIL, others do not notice, "
	        "for A of www.example.org. and whatever else has the same fault";
	static char liar[] = "192.0.2.54";
	static char lie[] = "the signature over A of www.example.org. does not verify";
	struct hf_link *link = &sample->links[2];
	link->sigs[1].cause = HF_CAUSE_EXPIRED;
	link->sigs[1].expiration = SAMPLE_AT - 2 * DAY;
	link->liars[link->liar_count++] = (struct hf_link_liar){liar, lie};
	break_at(sample, 2,
	        &(struct hf_fault){.cause = HF_CAUSE_EXPIRED,
	                .zone = link->zone,
	                .owner = sample->trace.question.name,
	                .type = KNOT_RRTYPE_A,
	                .tag = 12346},
	        (char *[]){cause, fix, affected});
}

static void make_insecure(struct sample *sample)
{
	static char cause[] =
	        "the parent proves that it has no DS for example.org.: example.org. is not signed";
	static char fix[] =
	        "to have it proven, sign example.org. and have the parent publish its DS";
	static char affected[] =
	        "nobody fails, but nothing in example.org. is protected from here on";
	struct hf_link *link = &sample->links[2];
	link->ds_count = link->key_count = link->sig_count = 0;
	sample->links[1].sigs[1].covered = KNOT_RRTYPE_NSEC;
	break_at(sample, 2, &(struct hf_fault){.cause = HF_CAUSE_NO_DS, .zone = link->zone},
	        (char *[]){cause, fix, affected});
}

static void make_no_answer(struct sample *sample)
{
	static char cause[] = "no server of example.org. answered: timed out";
	static char fix[] =
	        "look at the name servers of example.org.: are they reachable, and do they "
	        "serve the zone";
	static char affected[] = "everybody who cannot get that answer either";
	struct hf_link *link = &sample->links[2];
	link->key_count = link->sig_count = link->server_count = 0;
	link->ds[0].key = -1;
	sample->trace.has_plain = false;
	sample->trace.answer_count = 0;
	break_at(sample, 2, &(struct hf_fault){.cause = HF_CAUSE_NO_ANSWER, .zone = link->zone},
	        (char *[]){cause, fix, affected});
}

/* Nothing was asked; an indeterminate chain without a link that could be broken. */
static void make_no_anchor(struct sample *sample)
{
	struct hf_trace *trace = &sample->trace;
	trace->link_count = trace->answer_count = trace->note_count = 0;
	trace->has_plain = false;
	trace->status = HF_CHAIN_INDETERMINATE;
	trace->valid_until = HF_TIME_NONE;
	trace->questions = trace->signatures = 0;
}

static void make_many_keys(struct sample *sample)
{
	struct hf_link *link = &sample->links[2];
	for (uint16_t i = 0; i < 20; i++) {
		add_key(link, 1000 + 7 * i, i < 4 ? KEYS : i < 12 ? DATA : NOTHING);
		if (i < 4) {
			add_ds(link, 1000 + 7 * i, 2 + i);
			add_sig(link, "example.org.", KNOT_RRTYPE_DNSKEY, 1000 + 7 * i);
		} else if (i < 12) {
			add_sig(link, "www.example.org.", KNOT_RRTYPE_A, 1000 + 7 * i);
		}
	}
	link->ds[1].digest_type = 1;
	link->ds[1].passed_over = true;
	/* A DS whose key is not there, beside good ones: a rollover on its way. */
	add_ds(link, 60000, -1);
}

static void make_long_names(struct sample *sample)
{
	static const char zone[] = "department-of-exceedingly-long-domain-names-and-other-labels."
	                           "headquarters-building-"
	                           "four.subsidiary-for-research-and-development.example.org.";
	static const char leaf[] =
	        "a-host-name-that-uses-up-the-whole-length-of-a-label-for-itself.department-of-"
	        "exceedingly-long-domain-names-and-other-labels.headquarters-building-four."
	        "subsidiary-for-research-and-development.example.org.";
	sample->links[2].sig_count = 1;
	add_sig(&sample->links[2], zone, KNOT_RRTYPE_DS, 12346);
	add_link(sample, zone, 333, leaf, KNOT_RRTYPE_A);
	sample->trace.question.name = name_of(leaf);
	sample->answer[0].owner = name_of(leaf);
}

static void make_hostile(struct sample *sample)
{
	static char liar[] = "<script>alert(1)</script>&\"'";
	static char lie[] = "]]><a xlink:href=\"x\">&amp;";
	struct hf_link *link = &sample->links[2];
	link->zone = name_of("\\<b\\>\\\"\\&\\027[31m\\'.org.");
	link->sigs[0].owner = link->sigs[0].signer = link->sigs[1].signer = link->zone;
	link->liars[link->liar_count++] = (struct hf_link_liar){liar, lie};
	sample->trace.question.name = name_of("\\]\\]\\>\\<script\\>\\000\\255.org.");
	sample->answer[0].owner = sample->trace.question.name;
	link->sigs[1].owner = sample->trace.question.name;
}

void sample_init(struct sample *sample, enum sample_kind kind)
{
	static void (*const changes[SAMPLE_KINDS])(struct sample * sample) = {
	        [SAMPLE_NO_KEY] = make_no_key,
	        [SAMPLE_EXPIRED] = make_expired,
	        [SAMPLE_SILENT] = make_silent,
	        [SAMPLE_INSECURE] = make_insecure,
	        [SAMPLE_NO_ANCHOR] = make_no_anchor,
	        [SAMPLE_NO_ANSWER] = make_no_answer,
	        [SAMPLE_MANY_KEYS] = make_many_keys,
	        [SAMPLE_LONG_NAMES] = make_long_names,
	        [SAMPLE_HOSTILE] = make_hostile,
	};
	*sample = (struct sample){.trace = {.at = SAMPLE_AT}};
	sample->trace.links = sample->links;
	sample->trace.answer = sample->answer;
	sample->trace.notes = sample->notes;
	make_good(sample);
	if (changes[kind] != NULL)
		changes[kind](sample);
}
