/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/tsig.h"

#include <stdio.h>
#include <string.h>

#include "dns/wirename.h"
#include "net/tsig_key.h"

#define HEADER_LEN  12
#define ADDITIONAL  10 /* place of ARCOUNT in the header */
#define POINTER     0xC0
#define LABEL_MAX   63
#define MAC_LEAST   10 /* bytes of a MAC cut off (RFC 8945 section 5.2.2.1) */
#define RR_FIXED    10 /* type, class, TTL and length of RDATA */
#define RDATA_FIXED 16 /* time, fudge, length of MAC, id, error, length of other data */
#define TIME_LEN    6

/* ---- The record ---- */

/* A TSIG RR, read or to be written. */
struct record {
	size_t at; /* where it begins in the message that it was read from */
	struct hf_name key, algorithm;
	uint64_t time;
	uint16_t fudge, mac_len, id, error, other_len;
	const uint8_t *mac, *other;
};

/* Steps over a name, which may be compressed. */
static void skip_name(struct hf_cursor *in)
{
	for (;;) {
		uint8_t len = hf_get_u8(in);
		if (len > LABEL_MAX) {
			in->failed |= (len & POINTER) != POINTER;
			hf_get_u8(in);
			return;
		}
		if (len == 0 || in->failed)
			return;
		hf_get_bytes(in, len);
	}
}

/* Steps over a record and returns its type. */
static uint16_t skip_record(struct hf_cursor *in)
{
	skip_name(in);
	uint16_t type = hf_get_u16(in);
	hf_get_u16(in);
	hf_get_u32(in);
	hf_get_bytes(in, hf_get_u16(in));
	return type;
}

enum found { ABSENT, PRESENT, MALFORMED };

/* Where the TSIG RR begins. Only the last record of the additional section may be one. */
static enum found find(const uint8_t *wire, size_t len, size_t *ret_at)
{
	struct hf_cursor in;
	hf_cursor_init(&in, wire, len);
	hf_get_u32(&in);
	unsigned questions = hf_get_u16(&in);
	unsigned before = hf_get_u16(&in);
	before += hf_get_u16(&in);
	unsigned additional = hf_get_u16(&in);
	for (unsigned i = 0; i < questions && !in.failed; i++) {
		skip_name(&in);
		hf_get_u32(&in);
	}
	enum found found = ABSENT;
	for (unsigned i = 0; i < before + additional && !in.failed; i++) {
		size_t at = (size_t)(in.at - wire);
		if (skip_record(&in) != KNOT_RRTYPE_TSIG)
			continue;
		if (i + 1 < before + additional || additional == 0)
			return MALFORMED;
		*ret_at = at;
		found = PRESENT;
	}
	return in.failed || hf_cursor_left(&in) > 0 ? MALFORMED : found;
}

static bool read_record(const uint8_t *wire, size_t len, size_t at, struct record *ret_record)
{
	struct record record = {.at = at};
	if (!hf_packet_name((struct hf_packet){wire, len}, &at, &record.key))
		return false;
	struct hf_cursor in;
	hf_cursor_init(&in, wire + at, len - at);
	hf_get_u16(&in); /* the type, which is known */
	uint16_t class = hf_get_u16(&in);
	uint32_t ttl = hf_get_u32(&in);
	uint16_t rdata_len = hf_get_u16(&in);
	if (class != KNOT_CLASS_ANY || ttl != 0 || rdata_len != hf_cursor_left(&in) ||
	        !hf_get_name(&in, &record.algorithm))
		return false;
	record.time = (uint64_t)hf_get_u16(&in) << 32;
	record.time |= hf_get_u32(&in);
	record.fudge = hf_get_u16(&in);
	record.mac_len = hf_get_u16(&in);
	record.mac = hf_get_bytes(&in, record.mac_len);
	record.id = hf_get_u16(&in);
	record.error = hf_get_u16(&in);
	record.other_len = hf_get_u16(&in);
	record.other = hf_get_bytes(&in, record.other_len);
	if (in.failed || hf_cursor_left(&in) > 0)
		return false;
	hf_name_lower(&record.key);
	hf_name_lower(&record.algorithm);
	*ret_record = record;
	return true;
}

/* The TSIG RR of a message, when it has one. */
static enum found look(const uint8_t *wire, size_t len, struct record *ret_record)
{
	size_t at = 0;
	enum found found = find(wire, len, &at);
	if (found == PRESENT && !read_record(wire, len, at, ret_record))
		found = MALFORMED;
	return found;
}

/* ---- MACs ---- */

static void add_u16(struct hf_hmac *hmac, uint16_t value)
{
	uint8_t bytes[2];
	hf_write_u16(bytes, value);
	hf_hmac_add(hmac, bytes, sizeof(bytes));
}

static void add_time(struct hf_hmac *hmac, const struct record *record)
{
	uint8_t bytes[4];
	add_u16(hmac, (uint16_t)(record->time >> 32));
	hf_write_u32(bytes, (uint32_t)record->time);
	hf_hmac_add(hmac, bytes, sizeof(bytes));
	add_u16(hmac, record->fudge);
}

/* The message as it was before its TSIG RR was added: RFC 8945 section 4.3.2. */
static void add_message(
        struct hf_hmac *hmac, const uint8_t *wire, size_t len, const struct record *record)
{
	uint8_t header[HEADER_LEN];
	memcpy(header, wire, HEADER_LEN);
	hf_write_u16(header, record->id);
	if (len > record->at) /* the RR is in it already, and counted */
		hf_write_u16(header + ADDITIONAL, (uint16_t)(hf_read_u16(wire + ADDITIONAL) - 1));
	hf_hmac_add(hmac, header, HEADER_LEN);
	hf_hmac_add(hmac, wire + HEADER_LEN, record->at - HEADER_LEN);
}

/* RFC 8945 section 4.3.3. */
static void add_variables(struct hf_hmac *hmac, const struct record *record)
{
	static const uint8_t class_and_ttl[] = {0, KNOT_CLASS_ANY, 0, 0, 0, 0};
	hf_hmac_add(hmac, record->key.wire, record->key.len);
	hf_hmac_add(hmac, class_and_ttl, sizeof(class_and_ttl));
	hf_hmac_add(hmac, record->algorithm.wire, record->algorithm.len);
	add_time(hmac, record);
	add_u16(hmac, record->error);
	add_u16(hmac, record->other_len);
	hf_hmac_add(hmac, record->other, record->other_len);
}

/* Begins the MAC that follows the last one. */
static void chain(struct hf_tsig *tsig)
{
	hf_hmac_begin(tsig->hmac);
	add_u16(tsig->hmac, tsig->mac_len);
	hf_hmac_add(tsig->hmac, tsig->mac, tsig->mac_len);
	tsig->pending = 0;
}

/* The MAC of what was added so far becomes the one that the next continues. */
static enum hf_err close_mac(struct hf_tsig *tsig)
{
	enum hf_err err = hf_hmac_end(tsig->hmac, tsig->mac);
	if (err == HF_OK) {
		tsig->mac_len = (uint16_t)hf_hmac_len(tsig->key->algorithm->hash);
		chain(tsig);
	}
	return err;
}

/* Adds a message of an answer: the first with all variables, later ones with the time alone (RFC
 * 8945 section 5.3.1). */
static void add_answer(
        struct hf_tsig *tsig, const uint8_t *wire, size_t len, const struct record *record)
{
	add_message(tsig->hmac, wire, len, record);
	if (tsig->answered)
		add_time(tsig->hmac, record);
	else
		add_variables(tsig->hmac, record);
}

/* ---- Writing ---- */

static void put_time(struct hf_buf *out, uint64_t time)
{
	hf_put_u16(out, (uint16_t)(time >> 32));
	hf_put_u32(out, (uint32_t)time);
}

/* Appends the record to a message and counts it. */
static enum hf_err append(struct hf_buf *out, size_t start, const struct record *record)
{
	hf_put_bytes(out, record->key.wire, record->key.len);
	hf_put_u16(out, KNOT_RRTYPE_TSIG);
	hf_put_u16(out, KNOT_CLASS_ANY);
	hf_put_u32(out, 0);
	hf_put_u16(out, (uint16_t)(record->algorithm.len + RDATA_FIXED + record->mac_len +
	                           record->other_len));
	hf_put_bytes(out, record->algorithm.wire, record->algorithm.len);
	put_time(out, record->time);
	hf_put_u16(out, record->fudge);
	hf_put_u16(out, record->mac_len);
	hf_put_bytes(out, record->mac, record->mac_len);
	hf_put_u16(out, record->id);
	hf_put_u16(out, record->error);
	hf_put_u16(out, record->other_len);
	hf_put_bytes(out, record->other, record->other_len);
	if (out->failed)
		return HF_ERR_NOMEM;
	uint8_t *count = out->data + start + ADDITIONAL;
	hf_write_u16(count, (uint16_t)(hf_read_u16(count) + 1));
	return HF_OK;
}

/* A record to be filled in, for the message that `out` ends with. */
static struct record fresh(
        const struct hf_tsig *tsig, hf_time now, const struct hf_buf *out, size_t start)
{
	return (struct record){
	        .at = out->len - start,
	        .key = tsig->name,
	        .algorithm = tsig->algorithm,
	        .time = (uint64_t)now,
	        .fudge = HF_TSIG_FUDGE,
	        .id = hf_read_u16(out->data + start),
	        .error = tsig->error,
	};
}

static bool holds_message(const struct hf_buf *out, size_t start)
{
	return !out->failed && out->len >= start + HEADER_LEN;
}

static enum hf_err take_key(struct hf_tsig *tsig, const struct hf_tsig_key *key)
{
	enum hf_err err = hf_hmac_new(key->algorithm->hash, &key->secret, &tsig->hmac);
	if (err != HF_OK)
		return err;
	tsig->key = hf_tsig_key_ref(key);
	hf_hmac_begin(tsig->hmac);
	return HF_OK;
}

void hf_tsig_done(struct hf_tsig *tsig)
{
	hf_tsig_key_unref(tsig->key);
	hf_hmac_free(tsig->hmac);
	*tsig = (struct hf_tsig){0};
}

size_t hf_tsig_room(const struct hf_tsig *tsig)
{
	return tsig->present ? (size_t)tsig->name.len + tsig->algorithm.len + RR_FIXED +
	                               RDATA_FIXED + HF_HMAC_MAX + TIME_LEN
	                     : 0;
}

enum hf_err hf_tsig_sign_request(const struct hf_tsig_key *key, hf_time now, struct hf_buf *out,
        size_t start, struct hf_tsig *ret_tsig)
{
	if (!holds_message(out, start))
		return out->failed ? HF_ERR_NOMEM : HF_ERR_INVALID;
	struct hf_tsig tsig = {
	        .name = key->name, .algorithm = key->algorithm->name, .present = true};
	struct record record = fresh(&tsig, now, out, start);
	enum hf_err err = take_key(&tsig, key);
	if (err == HF_OK) {
		add_message(tsig.hmac, out->data + start, record.at, &record);
		add_variables(tsig.hmac, &record);
		err = close_mac(&tsig);
	}
	if (err == HF_OK) {
		record.mac = tsig.mac;
		record.mac_len = tsig.mac_len;
		err = append(out, start, &record);
	}
	if (err != HF_OK) {
		hf_tsig_done(&tsig);
		return err;
	}
	*ret_tsig = tsig;
	return HF_OK;
}

enum hf_err hf_tsig_sign_answer(struct hf_tsig *tsig, hf_time now, struct hf_buf *out, size_t start)
{
	if (!holds_message(out, start))
		return out->failed ? HF_ERR_NOMEM : HF_ERR_INVALID;
	if (!tsig->present)
		return HF_OK;
	struct record record = fresh(tsig, now, out, start);
	struct hf_buf other = {0};
	if (tsig->error == HF_TSIG_ERROR_BADTIME) {
		/* Whose clock is wrong is for the other side to see: both times go back. */
		put_time(&other, (uint64_t)now);
		record.time = tsig->request_time;
		record.other = other.data;
		record.other_len = (uint16_t)other.len;
	}
	enum hf_err err = hf_buf_check(&other);
	bool mac = tsig->error != HF_TSIG_ERROR_BADSIG && tsig->error != HF_TSIG_ERROR_BADKEY;
	if (err == HF_OK && mac) {
		add_answer(tsig, out->data + start, record.at, &record);
		err = close_mac(tsig);
		record.mac = tsig->mac;
		record.mac_len = tsig->mac_len;
	}
	if (err == HF_OK)
		err = append(out, start, &record);
	tsig->answered = true;
	hf_buf_done(&other);
	return err;
}

/* ---- Judging ---- */

/* Whether the record's MAC is a beginning of ours that is long enough to say anything. */
static bool mac_fits(const struct record *record, const uint8_t *mac, size_t mac_len)
{
	return record->mac_len <= mac_len && hf_hmac_equal(record->mac, mac, record->mac_len);
}

/* A length that no MAC of this hash may have (RFC 8945 section 5.2.2.1). */
static bool mac_len_is_wrong(const struct record *record, size_t mac_len)
{
	size_t least = mac_len / 2 > MAC_LEAST ? mac_len / 2 : MAC_LEAST;
	return record->mac_len > mac_len || record->mac_len < least;
}

/* What to think of a record whose MAC should be the one in `tsig`. */
static enum hf_tsig_verdict weigh(
        const struct hf_tsig *tsig, const struct record *record, int64_t skew)
{
	if (!mac_fits(record, tsig->mac, tsig->mac_len))
		return HF_TSIG_BADSIG;
	if (skew > record->fudge || skew < -(int64_t)record->fudge)
		return HF_TSIG_BADTIME;
	return record->mac_len < tsig->mac_len ? HF_TSIG_BADTRUNC : HF_TSIG_GOOD;
}

static bool same_key(const struct hf_tsig_key *key, const struct record *record)
{
	return key != NULL && hf_name_equal(&key->name, &record->key) &&
	       hf_name_equal(&key->algorithm->name, &record->algorithm);
}

/* The error field that tells about a verdict; 0 when there is nothing to tell. */
static uint16_t error_of(enum hf_tsig_verdict verdict)
{
	switch (verdict) {
	case HF_TSIG_BADSIG:
		return HF_TSIG_ERROR_BADSIG;
	case HF_TSIG_BADKEY:
		return HF_TSIG_ERROR_BADKEY;
	case HF_TSIG_BADTIME:
		return HF_TSIG_ERROR_BADTIME;
	case HF_TSIG_BADTRUNC:
		return HF_TSIG_ERROR_BADTRUNC;
	default:
		return 0;
	}
}

/* The MAC that the request should have, and what that means. */
static enum hf_err judge_request(struct hf_tsig *tsig, const struct hf_tsig_key *key,
        const uint8_t *wire, size_t len, const struct record *record, struct hf_tsig_result *result)
{
	enum hf_err err = take_key(tsig, key);
	if (err != HF_OK)
		return err;
	add_message(tsig->hmac, wire, len, record);
	add_variables(tsig->hmac, record);
	err = close_mac(tsig);
	if (err != HF_OK)
		return err;
	result->verdict = mac_len_is_wrong(record, tsig->mac_len)
	                          ? HF_TSIG_MALFORMED
	                          : weigh(tsig, record, result->skew);
	/* Answers continue from the MAC as it came. */
	if (result->verdict == HF_TSIG_BADTRUNC) {
		tsig->mac_len = record->mac_len;
		chain(tsig);
	}
	return HF_OK;
}

enum hf_err hf_tsig_check_request(const struct hf_tsig_keys *keys, const void *wire, size_t len,
        hf_time now, struct hf_tsig *ret_tsig, struct hf_tsig_result *ret_result)
{
	struct hf_tsig tsig = {0};
	struct hf_tsig_result result = {.verdict = HF_TSIG_NONE};
	struct record record;
	enum found found = look(wire, len, &record);
	enum hf_err err = HF_OK;
	if (found == PRESENT) {
		tsig.name = record.key;
		tsig.algorithm = record.algorithm;
		tsig.request_time = record.time;
		tsig.present = true;
		result.skew = now - (int64_t)record.time;
		const struct hf_tsig_key *key = hf_tsig_keys_find(keys, &record.key);
		if (same_key(key, &record))
			err = judge_request(&tsig, key, wire, len, &record, &result);
		else
			result.verdict = HF_TSIG_BADKEY;
	} else if (found == MALFORMED) {
		result.verdict = HF_TSIG_MALFORMED;
	}
	tsig.error = error_of(result.verdict);
	if (err != HF_OK || result.verdict == HF_TSIG_MALFORMED)
		hf_tsig_done(&tsig);
	if (err != HF_OK)
		return err;
	*ret_tsig = tsig;
	*ret_result = result;
	return HF_OK;
}

/* A message of a stream without a TSIG RR. */
static enum hf_tsig_verdict take_unsigned(struct hf_tsig *tsig, const uint8_t *wire, size_t len)
{
	if (!tsig->answered || tsig->pending >= HF_TSIG_UNSIGNED)
		return HF_TSIG_MISSING;
	tsig->pending++;
	hf_hmac_add(tsig->hmac, wire, len);
	return HF_TSIG_PENDING;
}

/* Of an answer that says BADTIME and is signed: how far its sender's clock is from ours. */
static int64_t clock_skew(const struct record *record, hf_time now)
{
	struct hf_cursor in;
	hf_cursor_init(&in, record->other, record->other_len);
	uint64_t time = (uint64_t)hf_get_u16(&in) << 32;
	time |= hf_get_u32(&in);
	return in.failed ? 0 : now - (int64_t)time;
}

static enum hf_err judge_answer(struct hf_tsig *tsig, const uint8_t *wire, size_t len,
        const struct record *record, hf_time now, struct hf_tsig_result *result)
{
	result->error = record->error;
	if (record->mac_len == 0 && record->error != 0) {
		/* Nobody signs for this, but nothing is taken from it either. */
		result->verdict = HF_TSIG_REPORTED;
		return HF_OK;
	}
	if (!same_key(tsig->key, record)) {
		result->verdict = HF_TSIG_BADKEY;
		return HF_OK;
	}
	add_answer(tsig, wire, len, record);
	enum hf_err err = close_mac(tsig);
	if (err != HF_OK)
		return err;
	tsig->answered = true;
	result->verdict = mac_len_is_wrong(record, tsig->mac_len)
	                          ? HF_TSIG_MALFORMED
	                          : weigh(tsig, record, result->skew);
	if (result->verdict == HF_TSIG_GOOD && record->error != 0) {
		result->verdict = HF_TSIG_REPORTED;
		result->skew = clock_skew(record, now);
	}
	return HF_OK;
}

enum hf_err hf_tsig_check_answer(struct hf_tsig *tsig, const void *wire, size_t len, hf_time now,
        struct hf_tsig_result *ret_result)
{
	struct hf_tsig_result result = {.verdict = HF_TSIG_NONE};
	struct record record;
	enum hf_err err = HF_OK;
	if (tsig->present) {
		switch (look(wire, len, &record)) {
		case ABSENT:
			result.verdict = take_unsigned(tsig, wire, len);
			break;
		case MALFORMED:
			result.verdict = HF_TSIG_MALFORMED;
			break;
		case PRESENT:
			result.skew = now - (int64_t)record.time;
			err = judge_answer(tsig, wire, len, &record, now, &result);
			break;
		}
	}
	if (err == HF_OK)
		*ret_result = result;
	return err;
}

bool hf_tsig_is_complete(const struct hf_tsig *tsig)
{
	return !tsig->present || (tsig->answered && tsig->pending == 0);
}

/* ---- Words ---- */

static const char *error_words(uint16_t error)
{
	switch (error) {
	case HF_TSIG_ERROR_BADSIG:
		return "BADSIG: it has another secret for this key";
	case HF_TSIG_ERROR_BADKEY:
		return "BADKEY: it does not know this key, or with another algorithm";
	case HF_TSIG_ERROR_BADTRUNC:
		return "BADTRUNC: it wants a longer MAC";
	default:
		return NULL;
	}
}

char *hf_tsig_result_text(const struct hf_tsig_result *result, char text[static HF_TSIG_TEXT])
{
	static const char *const words[] = {
	        [HF_TSIG_GOOD] = "signed with the TSIG key",
	        [HF_TSIG_NONE] = "not signed with TSIG",
	        [HF_TSIG_PENDING] = "to be proved by the next message with TSIG",
	        [HF_TSIG_MISSING] = "not signed with TSIG, but has to be; set the key there too",
	        [HF_TSIG_MALFORMED] = "its TSIG record is malformed",
	        [HF_TSIG_BADSIG] = "signed with another secret than ours for this TSIG key, or "
	                           "changed on the way; compare the secrets",
	        [HF_TSIG_BADKEY] = "signed with a TSIG key or algorithm that is not the one that "
	                           "is set here",
	        [HF_TSIG_BADTRUNC] = "its TSIG MAC is cut off, which is not taken here",
	};
	const char *error = error_words(result->error);
	const char *side = result->skew < 0 ? "ahead of" : "behind";
	long long seconds = (long long)(result->skew < 0 ? -result->skew : result->skew);
	if (result->verdict == HF_TSIG_BADTIME)
		snprintf(text, HF_TSIG_TEXT,
		        "signed with the TSIG key, but %lld s %s our clock; set the clocks right",
		        seconds, side);
	else if (result->verdict == HF_TSIG_REPORTED && result->error == HF_TSIG_ERROR_BADTIME)
		snprintf(text, HF_TSIG_TEXT,
		        "does not take our TSIG: BADTIME: its clock is %lld s %s ours; set the "
		        "clocks right",
		        seconds, side);
	else if (result->verdict != HF_TSIG_REPORTED)
		snprintf(text, HF_TSIG_TEXT, "%s", words[result->verdict]);
	else if (error != NULL)
		snprintf(text, HF_TSIG_TEXT, "does not take our TSIG: %s", error);
	else
		snprintf(text, HF_TSIG_TEXT, "does not take our TSIG: error %u",
		        (unsigned)result->error);
	return text;
}
