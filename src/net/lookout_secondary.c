/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/pubkey.h"
#include "net/lookout_inside.h"

#define TRIES      2 /* of each question */
#define TRANSPORTS 2

/* What one look-out at secondaries has. */
struct lookout {
	const struct hf_secondary_question *question;
	struct hf_wire *wire;
	uint64_t started;
	struct hf_endpoint endpoints[HF_LOOKOUT_ADDRESSES];
	struct hf_secondary_report report;
	bool plain[HF_LOOKOUT_ADDRESSES]; /* does not take our TSIG */
};

static void free_sight(struct hf_zone_sight *sight)
{
	free(sight->why);
	hf_seen_set_done(&sight->soa.set);
	hf_seen_set_done(&sight->dnskey.set);
	free(sight->signings);
	for (size_t i = 0; i < sight->sample_count; i++)
		hf_seen_set_done(&sight->samples[i].set);
	free(sight->samples);
}

void hf_secondary_report_done(struct hf_secondary_report *report)
{
	for (size_t i = 0; i < report->count; i++)
		free_sight(&report->sights[i]);
	free(report->sights);
	*report = (struct hf_secondary_report){.count = 0};
}

/* ---- What one answer says ---- */

/* The records asked for; those of a delegation's NS set are in a referral. */
static const struct hf_message_set *records(
        const struct hf_message *message, const struct hf_question *question)
{
	const struct hf_message_set *set =
	        hf_message_find(message, HF_SECTION_ANSWER, &question->name, question->type);
	if (set == NULL && question->type == KNOT_RRTYPE_NS)
		set = hf_message_find(
		        message, HF_SECTION_AUTHORITY, &question->name, KNOT_RRTYPE_NS);
	return set != NULL && set->set.rr_count > 0 ? set : NULL;
}

/* Whether it speaks for the zone: with authority, or by a referral to below it. */
static bool has_zone(const struct hf_message *message, const struct hf_name *zone)
{
	if ((message->flags & HF_MESSAGE_AA) != 0)
		return true;
	for (size_t i = 0; i < message->set_count; i++) {
		const struct hf_message_set *set = &message->sets[i];
		if (set->section == HF_SECTION_AUTHORITY && set->set.type == KNOT_RRTYPE_NS &&
		        hf_name_is_under(&set->owner, zone) && !hf_name_equal(&set->owner, zone))
			return true;
	}
	return false;
}

static enum hf_err see(
        const struct lookout *lookout, const struct hf_exchange *exchange, struct hf_seen *ret_seen)
{
	const struct hf_message *message = exchange->message;
	struct hf_seen seen = {.state = HF_SEEN_SILENT};
	enum hf_err err = HF_OK;
	if (message != NULL) {
		const struct hf_message_set *set = NULL;
		seen.state = HF_SEEN_REFUSED;
		if (hf_lookout_says(message) && has_zone(message, &lookout->question->zone)) {
			set = records(message, &exchange->question);
			seen.state = set != NULL ? HF_SEEN_RECORDS : HF_SEEN_NONE;
		}
		err = hf_seen_set_copy(set, exchange->question.type, &seen.set);
	}
	if (err == HF_OK)
		*ret_seen = seen;
	return err;
}

/* ---- Who signs the keys ---- */

/* A DNSKEY set's signature by one of its keys, when it verifies. */
static enum hf_err verify(const struct hf_name *zone, const struct hf_rrset *set,
        struct hf_rdata key, struct hf_rdata sig, bool *ret_good)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf data = {0};
	struct hf_pubkey *pubkey = NULL;
	struct hf_verifier *verifier = NULL;
	struct hf_rrsig rrsig;
	bool good = false;
	if (!hf_rrsig_read(sig, &rrsig) || !hf_name_equal(&rrsig.signer, zone))
		return HF_OK;
	enum hf_err err = hf_signed_data(zone, set, sig, &data);
	if (err == HF_OK)
		err = hf_pubkey_new(key, &pubkey);
	if (err == HF_OK)
		err = hf_verifier_new(pubkey, &verifier);
	if (err == HF_OK)
		err = hf_verifier_check(
		        verifier, data.data, data.len, rrsig.signature, rrsig.signature_len, &good);
	hf_verifier_free(verifier);
	hf_pubkey_free(pubkey);
	/* What cannot be a signature, or a key, is none. */
	if (err == HF_ERR_INVALID || err == HF_ERR_UNSUPPORTED || err == HF_ERR_SYNTAX)
		return HF_OK;
	*ret_good = good;
	return err;
}

static bool may_be_by(struct hf_rdata key, const struct hf_rrsig *rrsig)
{
	struct hf_dnskey dnskey;
	return hf_dnskey_read(key, &dnskey) && dnskey.algorithm == rrsig->algorithm &&
	       hf_dnskey_tag(key) == rrsig->tag;
}

/* Of the keys with a signature's tag and algorithm, those that made it. `*tries` bounds the work.
 */
static enum hf_err find_signers(const struct lookout *lookout, struct hf_zone_sight *sight,
        struct hf_rdata sig, unsigned *tries)
{
	const struct hf_rrset *set = &sight->dnskey.set.set;
	struct hf_rdata_walk keys = hf_rrset_rrs(set);
	struct hf_rdata key;
	struct hf_rrsig rrsig;
	if (!hf_rrsig_read(sig, &rrsig))
		return HF_OK;
	for (uint16_t index = 0; hf_rdata_next(&keys, &key); index++) {
		bool good = false;
		if (!may_be_by(key, &rrsig) || (*tries)++ >= HF_SEEN_SIGNINGS)
			continue;
		enum hf_err err = verify(&lookout->question->zone, set, key, sig, &good);
		if (err != HF_OK)
			return err;
		if (!good)
			continue;
		sight->signings[sight->signing_count++] = (struct hf_seen_signing){
		        .key = index,
		        .inception = hf_time_from_stamp(rrsig.inception, lookout->question->now),
		        .expiration = hf_time_from_stamp(rrsig.expiration, lookout->question->now),
		};
	}
	return HF_OK;
}

static enum hf_err take_keys(const struct lookout *lookout, struct hf_zone_sight *sight)
{
	struct hf_rdata_walk sigs = hf_rrset_sigs(&sight->dnskey.set.set);
	struct hf_rdata sig;
	unsigned tries = 0;
	if (sight->dnskey.state != HF_SEEN_RECORDS)
		return HF_OK;
	sight->signings = calloc(HF_SEEN_SIGNINGS, sizeof(*sight->signings));
	enum hf_err err = sight->signings != NULL ? HF_OK : HF_ERR_NOMEM;
	while (err == HF_OK && hf_rdata_next(&sigs, &sig))
		err = find_signers(lookout, sight, sig, &tries);
	return err;
}

/* ---- Asking ---- */

static enum hf_err take_soa(const struct lookout *lookout, const struct hf_exchange *exchange,
        struct hf_zone_sight *sight)
{
	const struct hf_message *message = exchange->message;
	char words[HF_EXCHANGE_WORDS], rcode[HF_RCODE_TEXT];
	struct hf_rdata rdata;
	struct hf_soa soa;
	enum hf_err err = see(lookout, exchange, &sight->soa);
	if (err != HF_OK)
		return err;
	/* A cache is no secondary, whatever it knows of the zone. */
	sight->serves = sight->soa.state == HF_SEEN_RECORDS &&
	                (message->flags & HF_MESSAGE_AA) != 0 &&
	                hf_rrset_first(&sight->soa.set.set, &rdata) && hf_soa_read(rdata, &soa);
	if (sight->serves) {
		sight->serial = soa.serial;
		return HF_OK;
	}
	if (message == NULL)
		snprintf(words, sizeof(words), "%s", exchange->words);
	else if (hf_lookout_says(message))
		snprintf(words, sizeof(words), "it answers without authority for the zone");
	else
		snprintf(words, sizeof(words), "it answers with %s",
		        hf_rcode_text(message->rcode, rcode));
	sight->why = strdup(words);
	return sight->why != NULL ? HF_OK : HF_ERR_NOMEM;
}

/* Where an answer goes: the SOA, the DNSKEY set, or a sample. */
enum { STEP_SOA, STEP_DNSKEY, STEP_SAMPLES };

static struct hf_question question_of(const struct lookout *lookout, size_t step)
{
	const struct hf_secondary_question *question = lookout->question;
	if (step >= STEP_SAMPLES)
		return (struct hf_question){.name = question->samples[step - STEP_SAMPLES].name,
		        .type = question->samples[step - STEP_SAMPLES].type};
	return (struct hf_question){.name = question->zone,
	        .type = step == STEP_SOA ? KNOT_RRTYPE_SOA : KNOT_RRTYPE_DNSKEY};
}

static enum hf_err take(const struct lookout *lookout, size_t step,
        const struct hf_exchange *exchange, struct hf_zone_sight *sight)
{
	sight->at = hf_lookout_clock(lookout->wire, lookout->started, lookout->question->now);
	if (step == STEP_SOA)
		return take_soa(lookout, exchange, sight);
	if (step >= STEP_SAMPLES)
		return see(lookout, exchange, &sight->samples[step - STEP_SAMPLES]);
	enum hf_err err = see(lookout, exchange, &sight->dnskey);
	return err == HF_OK ? take_keys(lookout, sight) : err;
}

/* Some servers take a key for transfers and NOTIFY and not for questions: those are asked without,
 * as everybody else asks them. */
static enum hf_err ask_without_key(
        struct lookout *lookout, struct hf_exchange *exchange, size_t server)
{
	if (exchange->key == NULL || exchange->end != HF_EXCHANGE_FAILURE)
		return HF_OK;
	lookout->plain[server] = true;
	hf_exchange_done(exchange);
	exchange->key = NULL;
	return hf_ask_places(lookout->wire, exchange, 1);
}

/* Asks all secondaries for the same; after the SOA only those that serve the zone. */
static enum hf_err ask_step(struct lookout *lookout, size_t step, struct hf_exchange *exchanges)
{
	struct hf_secondary_report *report = &lookout->report;
	const struct hf_secondary_question *question = lookout->question;
	size_t whom[HF_LOOKOUT_ADDRESSES], count = 0;
	for (size_t i = 0; i < report->count; i++) {
		if (step != STEP_SOA && !report->sights[i].serves)
			continue;
		exchanges[count] = (struct hf_exchange){
		        .server = lookout->endpoints[i],
		        .question = question_of(lookout, step),
		        .timeout = question->timeout != 0 ? question->timeout : HF_LOOKOUT_TIMEOUT,
		        .key = question->keys != NULL && !lookout->plain[i] ? question->keys[i]
		                                                            : NULL,
		};
		whom[count++] = i;
	}
	enum hf_err err = hf_ask_places(lookout->wire, exchanges, count);
	if (err != HF_OK)
		return err;
	for (size_t i = 0; i < count; i++) {
		if (err == HF_OK)
			err = ask_without_key(lookout, &exchanges[i], whom[i]);
		if (err == HF_OK)
			err = take(lookout, step, &exchanges[i], &report->sights[whom[i]]);
		hf_exchange_done(&exchanges[i]);
	}
	return err;
}

static enum hf_err look_at_all(struct lookout *lookout)
{
	size_t steps = STEP_SAMPLES + lookout->question->sample_count;
	struct hf_exchange *exchanges = calloc(lookout->report.count + 1, sizeof(*exchanges));
	enum hf_err err = exchanges != NULL ? HF_OK : HF_ERR_NOMEM;
	for (size_t step = STEP_SOA; step < steps && err == HF_OK; step++)
		err = ask_step(lookout, step, exchanges);
	free(exchanges);
	return err;
}

/* ---- Whom to ask ---- */

static enum hf_err make_sights(struct lookout *lookout, struct hf_diag *diag)
{
	const struct hf_secondary_question *question = lookout->question;
	struct hf_secondary_report *report = &lookout->report;
	report->sights = calloc(question->servers->count + 1, sizeof(*report->sights));
	if (report->sights == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < question->servers->count; i++) {
		const char *place = question->servers->names[i];
		enum hf_err err = hf_place_read(place, HF_PORT_DNS, diag, &lookout->endpoints[i]);
		if (err != HF_OK)
			return err;
		struct hf_zone_sight *sight = &report->sights[report->count++];
		memcpy(sight->place, place, HF_PLACE_MAX);
		sight->samples = calloc(question->sample_count + 1, sizeof(*sight->samples));
		if (sight->samples == NULL)
			return HF_ERR_NOMEM;
		sight->sample_count = question->sample_count;
	}
	return HF_OK;
}

static enum hf_err make_wire(struct lookout *lookout)
{
	const struct hf_secondary_question *question = lookout->question;
	struct hf_wire_limits limits = question->limits;
	size_t questions = question->servers->count * (STEP_SAMPLES + question->sample_count);
	if (limits.packets == 0)
		limits.packets = (unsigned)(questions * TRIES * TRANSPORTS);
	enum hf_err err = hf_wire_new(&limits, question->capture, &lookout->wire);
	if (err == HF_OK)
		lookout->started = hf_wire_now(lookout->wire);
	return err;
}

enum hf_err hf_lookout_secondary(const struct hf_secondary_question *question, struct hf_diag *diag,
        struct hf_secondary_report *ret_report)
{
	struct lookout lookout = {.question = question};
	if (question->sample_count > HF_LOOKOUT_SAMPLES)
		return hf_fail(diag, HF_ERR_LIMIT,
		        "%zu samples are too many to ask secondaries for; pick at most %d",
		        question->sample_count, HF_LOOKOUT_SAMPLES);
	enum hf_err err = make_sights(&lookout, diag);
	if (err == HF_OK)
		err = make_wire(&lookout);
	if (err == HF_OK)
		err = look_at_all(&lookout);
	hf_wire_free(lookout.wire);
	if (err != HF_OK) {
		hf_secondary_report_done(&lookout.report);
		return err;
	}
	*ret_report = lookout.report;
	return HF_OK;
}
