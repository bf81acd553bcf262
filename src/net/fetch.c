/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/fetch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "dns/message.h"
#include "net/fetch_link.h"
#include "net/fetch_stream.h"
#include "net/tsig.h"

#define MS_PER_SECOND   1000u
#define CONNECT_SECONDS 10 /* at most, for a TCP connection to be there */
#define UDP_TRIES       2

/* One call. */
struct fetching {
	const struct hf_fetch_order *order;
	struct hf_fetch_limits limits; /* without zeros */
	const struct hf_version *have; /* NULL when it has no SOA record */
	uint32_t serial;               /* of what we have */
	struct hf_fetch_link *link;
	const struct hf_fetch_primary *primary; /* that is asked now */
	bool answered; /* one of those before it has nothing new: no reason to wait long */
	uint64_t bytes, messages;
	struct hf_diag *notes;
};

/* One question to the primary, and how its answers are judged. */
struct asking {
	struct hf_fetch_question question;
	struct hf_buf query;
	struct hf_tsig tsig;
	bool hopeless; /* the primary cannot be reached, or does not share the key with us */
};

/* What a primary gave. */
struct offer {
	enum hf_fetch_kind kind;
	struct hf_version *version;
	uint32_t serial;
};

static uint64_t now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* No further primary is to be asked after one of these. */
static bool is_ours(enum hf_err err)
{
	return err == HF_ERR_NOMEM || err == HF_ERR_CRYPTO || err == HF_ERR_CANCELED;
}

static unsigned idle_ms(const struct fetching *fetching)
{
	return fetching->limits.idle_seconds * MS_PER_SECOND;
}

static unsigned connect_ms(const struct fetching *fetching)
{
	unsigned idle = fetching->limits.idle_seconds;
	return (idle < CONNECT_SECONDS ? idle : CONNECT_SECONDS) * MS_PER_SECOND;
}

/* ---- Questions ---- */

static void asking_done(struct asking *asking)
{
	hf_buf_done(&asking->query);
	hf_tsig_done(&asking->tsig);
}

/* Makes a query with an id and a MAC of its own. */
static enum hf_err begin(const struct fetching *fetching, uint16_t type, struct asking *ret_asking)
{
	struct asking asking = {.question = {.zone = fetching->order->zone, .type = type}};
	hf_name_lower(&asking.question.zone);
	if (getrandom(&asking.question.id, sizeof(uint16_t), 0) != sizeof(uint16_t))
		return HF_ERR_CRYPTO;
	enum hf_err err = hf_fetch_query_put(&asking.query, &asking.question, fetching->serial);
	if (err == HF_OK && fetching->primary->key != NULL)
		err = hf_tsig_sign_request(
		        fetching->primary->key, time(NULL), &asking.query, 0, &asking.tsig);
	if (err != HF_OK) {
		asking_done(&asking);
		return err;
	}
	*ret_asking = asking;
	return HF_OK;
}

/* The response code of a message that is to be told beside its want of TSIG. */
static const char *bare_rcode(struct hf_packet message, char text[static HF_RCODE_TEXT])
{
	unsigned rcode = message.len >= 4 ? message.data[3] & 15u : HF_RCODE_NOERROR;
	return rcode != HF_RCODE_NOERROR ? hf_rcode_text((uint16_t)rcode, text) : NULL;
}

static enum hf_err check_tsig(struct asking *asking, struct hf_packet message, struct hf_diag *diag)
{
	struct hf_tsig_result result;
	enum hf_err err =
	        hf_tsig_check_answer(&asking->tsig, message.data, message.len, time(NULL), &result);
	if (err != HF_OK)
		return err;
	if (result.verdict == HF_TSIG_GOOD || result.verdict == HF_TSIG_NONE ||
	        result.verdict == HF_TSIG_PENDING)
		return HF_OK;
	asking->hopeless = true;
	char text[HF_TSIG_TEXT], code[HF_RCODE_TEXT];
	hf_tsig_result_text(&result, text);
	const char *rcode = bare_rcode(message, code);
	if (rcode != NULL)
		return hf_fail(diag, HF_ERR_REFUSED, "its answer %s: %s", rcode, text);
	return hf_fail(diag, HF_ERR_REFUSED, "its answer: %s", text);
}

/* ---- The serial ---- */

static enum hf_err find_serial(const struct hf_message *message,
        const struct hf_fetch_question *question, uint32_t *ret_serial, struct hf_diag *diag)
{
	const struct hf_message_set *set =
	        hf_message_find(message, HF_SECTION_ANSWER, &question->zone, KNOT_RRTYPE_SOA);
	struct hf_rdata rdata;
	struct hf_soa soa;
	if ((message->flags & HF_MESSAGE_AA) == 0)
		return hf_fail(diag, HF_ERR_REFUSED,
		        "answers our SOA question without authority; name a server that is "
		        "configured with the zone");
	if (set == NULL || set->set.rr_count != 1 || !hf_rrset_first(&set->set, &rdata) ||
	        !hf_soa_read(rdata, &soa))
		return hf_fail(diag, HF_ERR_SYNTAX,
		        "its answer to our SOA question does not hold the zone's one SOA record; "
		        "look whether it has the zone");
	*ret_serial = soa.serial;
	return HF_OK;
}

/* Reads an answer to the SOA question; `*ret_cut` when it has to be asked for over TCP. */
static enum hf_err read_serial(struct asking *asking, struct hf_packet answer, struct hf_diag *diag,
        bool *ret_cut, uint32_t *ret_serial)
{
	enum hf_err err = check_tsig(asking, answer, diag);
	if (err != HF_OK)
		return err;
	if (answer.len >= 4 && (hf_read_u16(answer.data + 2) & HF_MESSAGE_TC) != 0) {
		*ret_cut = true;
		return HF_OK;
	}
	struct hf_fetch_reader reader = {0};
	err = hf_fetch_reader_begin(&reader, &asking->question, answer, true, diag);
	if (err != HF_OK)
		return err;
	struct hf_message *message;
	err = hf_message_parse(answer.data, answer.len, diag, &message);
	if (err != HF_OK)
		return err;
	err = find_serial(message, &asking->question, ret_serial, diag);
	hf_message_free(message);
	*ret_cut = false;
	return err;
}

static enum hf_err serial_over_tcp(
        struct fetching *fetching, struct hf_diag *diag, uint32_t *ret_serial)
{
	struct asking asking;
	struct hf_packet answer;
	bool cut = false;
	enum hf_err err = begin(fetching, KNOT_RRTYPE_SOA, &asking);
	if (err != HF_OK)
		return err;
	err = hf_fetch_link_open(
	        fetching->link, fetching->primary, &asking.query, connect_ms(fetching), diag);
	if (err == HF_OK)
		err = hf_fetch_link_next(fetching->link, idle_ms(fetching), diag, &answer);
	if (err == HF_OK) {
		fetching->bytes += answer.len;
		fetching->messages++;
		err = read_serial(&asking, answer, diag, &cut, ret_serial);
	}
	if (err == HF_OK && cut)
		err = hf_fail(diag, HF_ERR_SYNTAX,
		        "its answer to our SOA question is cut off over TCP, too; report that to "
		        "the server's makers");
	asking_done(&asking);
	return err;
}

/* Over UDP; over TCP when that gives no answer, or one that is cut off. */
static enum hf_err ask_serial(struct fetching *fetching, struct hf_diag *diag, uint32_t *ret_serial)
{
	struct asking asking;
	struct hf_packet answer;
	struct hf_diag silence;
	enum hf_err err = begin(fetching, KNOT_RRTYPE_SOA, &asking);
	if (err != HF_OK)
		return err;
	hf_diag_init(&silence, 1);
	bool over_tcp = false;
	err = hf_fetch_link_ask(fetching->link, fetching->primary, &asking.query,
	        fetching->limits.udp_ms, fetching->answered ? 1 : UDP_TRIES, &silence, &answer);
	if (err == HF_OK)
		err = read_serial(&asking, answer, diag, &over_tcp, ret_serial);
	else if (err == HF_ERR_IO && !fetching->answered)
		over_tcp = true;
	else
		hf_diag_move(diag, &silence);
	hf_diag_done(&silence);
	asking_done(&asking);
	return over_tcp ? serial_over_tcp(fetching, diag, ret_serial) : err;
}

/* ---- Transfers ---- */

/* Takes messages until the transfer is whole, each of them checked. */
static enum hf_err receive(struct fetching *fetching, struct asking *asking,
        struct hf_fetch_stream *stream, struct hf_diag *diag)
{
	enum hf_fetch_progress progress = HF_STREAM_OPEN;
	while (progress == HF_STREAM_OPEN) {
		struct hf_packet message;
		enum hf_err err =
		        hf_fetch_link_next(fetching->link, idle_ms(fetching), diag, &message);
		if (err != HF_OK)
			return err;
		fetching->bytes += message.len;
		fetching->messages++;
		err = check_tsig(asking, message, diag);
		if (err == HF_OK)
			err = hf_fetch_stream_take(stream, message, diag, &progress);
		if (err != HF_OK)
			return err;
	}
	if (!hf_tsig_is_complete(&asking->tsig)) {
		asking->hopeless = true;
		return hf_fail(diag, HF_ERR_REFUSED,
		        "the last message of the transfer is not signed with TSIG, but has to be; "
		        "report that to the server's makers");
	}
	if (progress == HF_STREAM_NOTHING)
		return hf_fail(diag, HF_ERR_INVALID,
		        "it announced a newer serial than our %" PRIu32
		        ", but knows of no differences to it",
		        fetching->serial);
	return HF_OK;
}

static enum hf_err transfer_on(struct fetching *fetching, struct asking *asking,
        struct hf_diag *diag, struct offer *ret_offer)
{
	struct hf_fetch_stream_setup setup = {
	        .question = asking->question,
	        .have = fetching->have,
	        .limits = fetching->limits,
	};
	if ((fetching->order->flags & HF_FETCH_FULL) != 0)
		setup.have = NULL;
	enum hf_err err = hf_fetch_link_open(
	        fetching->link, fetching->primary, &asking->query, connect_ms(fetching), diag);
	if (err != HF_OK) {
		asking->hopeless = true;
		return err;
	}
	struct hf_fetch_stream *stream;
	err = hf_fetch_stream_new(&setup, &stream);
	if (err != HF_OK)
		return err;
	err = receive(fetching, asking, stream, diag);
	hf_fetch_link_close(fetching->link);
	if (err == HF_OK)
		err = hf_fetch_stream_finish(stream, diag, &ret_offer->kind, &ret_offer->version);
	if (err == HF_OK)
		ret_offer->serial = hf_fetch_stream_serial(stream);
	hf_fetch_stream_free(stream);
	return err;
}

/* One transfer. `*hopeless`, when it fails: there is no point in asking this primary for another
 * form. */
static enum hf_err transfer(struct fetching *fetching, uint16_t type, struct hf_diag *diag,
        bool *hopeless, struct offer *ret_offer)
{
	struct asking asking;
	enum hf_err err = begin(fetching, type, &asking);
	if (err != HF_OK)
		return err;
	err = transfer_on(fetching, &asking, diag, ret_offer);
	*hopeless = asking.hopeless || is_ours(err);
	asking_done(&asking);
	return err;
}

/* ---- One primary ---- */

/* Adds a sentence about the primary that is asked: why something was not to be had from it. */
static void note(const struct fetching *fetching, const char *what, const struct hf_diag *why,
        enum hf_err err)
{
	char primary[HF_ENDPOINT_TEXT];
	hf_diag_add(fetching->notes, NULL, 0, "primary %s: %s%s",
	        hf_endpoint_text(&fetching->primary->endpoint, primary), what,
	        why->count > 0 ? why->entries[0].text : hf_err_text(err));
}

/* Whether it has nothing for us, as its serial says. */
static bool has_nothing(const struct fetching *fetching, uint32_t serial, struct offer *ret_offer)
{
	if (fetching->have == NULL || (fetching->order->flags & HF_FETCH_FULL) != 0 ||
	        hf_serial_before(fetching->serial, serial))
		return false;
	bool same = serial == fetching->serial;
	*ret_offer =
	        (struct offer){.kind = same ? HF_FETCH_CURRENT : HF_FETCH_BEHIND, .serial = serial};
	return true;
}

/* What it has for us. The reason when that is nothing goes to `why`; the one why differences were
 * not to be had, to `no_ixfr`. */
static enum hf_err ask_primary(struct fetching *fetching, struct hf_diag *why,
        struct hf_diag *no_ixfr, struct offer *ret_offer)
{
	const unsigned whole = HF_FETCH_FULL | HF_FETCH_AXFR_ONLY;
	bool hopeless = true;
	uint32_t serial;
	enum hf_err err = ask_serial(fetching, why, &serial);
	if (err != HF_OK)
		return err;
	if (has_nothing(fetching, serial, ret_offer)) {
		if (ret_offer->kind == HF_FETCH_BEHIND)
			hf_diag_add(why, NULL, 0,
			        "has serial %" PRIu32 ", which is not newer than our %" PRIu32
			        "; give the zone a serial after ours there, or transfer it whole",
			        serial, fetching->serial);
		return HF_OK;
	}
	if (fetching->have != NULL && (fetching->order->flags & whole) == 0) {
		err = transfer(fetching, KNOT_RRTYPE_IXFR, why, &hopeless, ret_offer);
		if (err == HF_OK || hopeless)
			return err;
		hf_diag_move(no_ixfr, why);
	}
	return transfer(fetching, KNOT_RRTYPE_AXFR, why, &hopeless, ret_offer);
}

/* One after the other, until one has something new. One that has our serial is not the last word:
 * it may be the one that lags. */
static enum hf_err ask_all(struct fetching *fetching, struct offer *ret_offer, size_t *ret_primary)
{
	const struct hf_fetch_order *order = fetching->order;
	enum hf_err err = HF_ERR_IO;
	for (size_t i = 0; i < order->primary_count; i++) {
		struct hf_diag why, no_ixfr;
		struct offer offer = {0};
		hf_diag_init(&why, 1);
		hf_diag_init(&no_ixfr, 1);
		fetching->primary = &order->primaries[i];
		err = ask_primary(fetching, &why, &no_ixfr, &offer);
		/* What it comes to is the first sentence. */
		if (why.count > 0 || (err != HF_OK && !is_ours(err)))
			note(fetching, "", &why, err);
		if (no_ixfr.count > 0)
			note(fetching, "no IXFR, so AXFR: ", &no_ixfr, err);
		hf_diag_done(&why);
		hf_diag_done(&no_ixfr);
		if (is_ours(err))
			return err;
		if (err != HF_OK)
			continue;
		/* A new version before CURRENT before BEHIND; the first of each. */
		if (!fetching->answered || offer.version != NULL ||
		        (offer.kind == HF_FETCH_CURRENT && ret_offer->kind == HF_FETCH_BEHIND)) {
			*ret_offer = offer;
			*ret_primary = i;
		}
		if (offer.version != NULL)
			return HF_OK;
		fetching->answered = true;
	}
	return fetching->answered ? HF_OK : err;
}

/* ---- The call ---- */

static void set_limits(const struct hf_fetch_limits *given, struct hf_fetch_limits *ret_limits)
{
	*ret_limits = (struct hf_fetch_limits){
	        .seconds = given->seconds != 0 ? given->seconds : HF_FETCH_SECONDS,
	        .idle_seconds =
	                given->idle_seconds != 0 ? given->idle_seconds : HF_FETCH_IDLE_SECONDS,
	        .udp_ms = given->udp_ms != 0 ? given->udp_ms : HF_FETCH_UDP_MS,
	        .bytes = given->bytes != 0 ? given->bytes : HF_FETCH_BYTES,
	        .records = given->records != 0 ? given->records : HF_FETCH_RECORDS,
	        .messages = given->messages != 0 ? given->messages : HF_FETCH_MESSAGES,
	};
}

static enum hf_err fetch(
        struct fetching *fetching, struct hf_diag *notes, struct hf_fetched *ret_fetched)
{
	uint64_t started = now_us();
	struct offer offer = {0};
	size_t primary = 0;
	enum hf_err err = hf_fetch_link_new(
	        fetching->limits.seconds, fetching->order->cancel, notes, &fetching->link);
	if (err != HF_OK)
		return err;
	err = ask_all(fetching, &offer, &primary);
	hf_fetch_link_free(fetching->link);
	if (err != HF_OK)
		return err;
	*ret_fetched = (struct hf_fetched){
	        .kind = offer.kind,
	        .version = offer.version,
	        .serial = offer.serial,
	        .primary = primary,
	        .bytes = fetching->bytes,
	        .messages = fetching->messages,
	        .seconds = (double)(now_us() - started) / 1e6,
	};
	return HF_OK;
}

enum hf_err hf_fetch(
        const struct hf_fetch_order *order, struct hf_diag *diag, struct hf_fetched *ret_fetched)
{
	struct hf_diag notes;
	struct hf_soa soa;
	struct fetching fetching = {.order = order, .notes = &notes};
	if (order->primary_count == 0)
		return hf_fail(diag, HF_ERR_INVALID, "the zone has no primary; name one");
	if (order->have != NULL && hf_version_soa(order->have, &soa)) {
		fetching.have = order->have;
		fetching.serial = soa.serial;
	}
	set_limits(&order->limits, &fetching.limits);
	/* Of each primary: IXFR, and what became of it in the end. */
	hf_diag_init(&notes, 2 * order->primary_count);
	enum hf_err err = fetch(&fetching, &notes, ret_fetched);
	if (err != HF_OK) {
		hf_diag_move(diag, &notes);
		hf_diag_done(&notes);
		return err;
	}
	ret_fetched->notes = notes;
	return HF_OK;
}

void hf_fetched_done(struct hf_fetched *fetched)
{
	hf_version_unref(fetched->version);
	fetched->version = NULL;
	hf_diag_done(&fetched->notes);
}

const char *hf_fetch_kind_text(enum hf_fetch_kind kind)
{
	static const char *const texts[] = {
	        [HF_FETCH_CURRENT] = "current",
	        [HF_FETCH_BEHIND] = "behind",
	        [HF_FETCH_AXFR] = "axfr",
	        [HF_FETCH_IXFR] = "ixfr",
	};
	return texts[kind];
}
