/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/fetch_stream.h"

#include <inttypes.h>
#include <stdlib.h>

#include "net/fetch_changes.h"
#include "zone/bulk.h"

#define SOA_NUMBERS 20 /* bytes */
#define LOOPS       3  /* times that one record may come again before that is a circle */

/* What the next record may be. */
enum phase {
	AT_START,  /* the first SOA record */
	AT_SECOND, /* what follows it tells differences from a whole zone */
	IN_ZONE,   /* a record of the zone, or the SOA record that ends it */
	REMOVING,  /* a record that goes, or the SOA record behind these */
	ADDING,    /* a record that comes, or the SOA record behind these */
	AT_END,    /* none */
};

struct hf_fetch_stream {
	struct hf_fetch_stream_setup setup;
	struct hf_fetch_reader reader;
	enum phase phase;
	uint32_t have;     /* serial of what is there */
	uint32_t serial;   /* that the transfer leads to */
	uint32_t at;       /* that the differences so far lead to */
	struct hf_buf soa; /* RDATA of the first record */
	uint32_t soa_ttl;
	struct hf_bulk *bulk;             /* of a whole zone */
	struct hf_fetch_changes *changes; /* of differences */
	uint64_t bytes, records, messages;
	/* A record of the zone to find loops by, where it stood, and how often it came again. */
	struct {
		struct hf_name owner;
		uint16_t type;
		struct hf_buf rdata;
		uint64_t at;
		unsigned again;
	} mark;
	uint64_t taken;       /* records of a whole zone */
	struct hf_diag *diag; /* of the call under way */
};

enum hf_err hf_fetch_stream_new(
        const struct hf_fetch_stream_setup *setup, struct hf_fetch_stream **ret_stream)
{
	struct hf_soa soa;
	if (setup->have != NULL && !hf_version_soa(setup->have, &soa))
		return HF_ERR_INVALID;
	struct hf_fetch_stream *stream = calloc(1, sizeof(*stream));
	if (stream == NULL)
		return HF_ERR_NOMEM;
	stream->setup = *setup;
	if (setup->have != NULL)
		stream->have = soa.serial;
	*ret_stream = stream;
	return HF_OK;
}

void hf_fetch_stream_free(struct hf_fetch_stream *stream)
{
	if (stream == NULL)
		return;
	hf_fetch_reader_done(&stream->reader);
	hf_buf_done(&stream->soa);
	hf_buf_done(&stream->mark.rdata);
	hf_bulk_free(stream->bulk);
	hf_fetch_changes_free(stream->changes);
	free(stream);
}

uint32_t hf_fetch_stream_serial(const struct hf_fetch_stream *stream)
{
	return stream->serial;
}

/* ---- Records ---- */

static bool is_newer(const struct hf_fetch_stream *stream)
{
	return stream->setup.have == NULL || hf_serial_before(stream->have, stream->serial);
}

static const char *form(const struct hf_fetch_stream *stream)
{
	return stream->setup.question.type == KNOT_RRTYPE_IXFR ? "IXFR" : "AXFR";
}

static struct hf_rdata first_soa(const struct hf_fetch_stream *stream)
{
	return (struct hf_rdata){stream->soa.data, (uint16_t)stream->soa.len};
}

static enum hf_err not_newer(const struct hf_fetch_stream *stream)
{
	return hf_fail(stream->diag, HF_ERR_INVALID,
	        "it transfers serial %" PRIu32 ", not newer than our %" PRIu32
	        "; wait until all servers behind this address have the new version",
	        stream->serial, stream->have);
}

static enum hf_err too_large(struct hf_diag *diag)
{
	return hf_fail(diag, HF_ERR_LIMIT,
	        "there are more than 65,535 records in one RRset or 64 MiB at one owner; spread "
	        "them over several names");
}

static enum hf_err add(struct hf_fetch_stream *stream, const struct hf_fetch_record *record)
{
	enum hf_err err =
	        hf_bulk_add(stream->bulk, &record->owner, record->type, record->ttl, record->rdata);
	return err == HF_ERR_LIMIT ? too_large(stream->diag) : err;
}

static enum hf_err change(struct hf_fetch_stream *stream, const struct hf_fetch_record *record,
        enum hf_fetch_change what)
{
	return hf_fetch_changes_put(
	        stream->changes, what, &record->owner, record->type, record->ttl, record->rdata);
}

/* The numbers that end a SOA record's RDATA begin with the serial. */
static uint32_t serial_of(const struct hf_fetch_record *record)
{
	return hf_read_u32(record->rdata.data + record->rdata.len - SOA_NUMBERS);
}

static bool is_first_soa(const struct hf_fetch_stream *stream, const struct hf_fetch_record *record)
{
	return hf_rdata_equal(first_soa(stream), record->rdata);
}

/* A whole zone, whatever was asked for. Its first record was the SOA record. */
static enum hf_err start_zone(struct hf_fetch_stream *stream)
{
	if (!is_newer(stream))
		return not_newer(stream);
	enum hf_err err = hf_bulk_new(&stream->bulk);
	if (err != HF_OK)
		return err;
	stream->phase = IN_ZONE;
	return hf_bulk_add(stream->bulk, &stream->setup.question.zone, KNOT_RRTYPE_SOA,
	        stream->soa_ttl, first_soa(stream));
}

static enum hf_err take_start(struct hf_fetch_stream *stream, const struct hf_fetch_record *record)
{
	if (record->type != KNOT_RRTYPE_SOA)
		return hf_fail(stream->diag, HF_ERR_SYNTAX,
		        "the %s does not begin with the zone's SOA record; report that to the "
		        "server's makers",
		        form(stream));
	stream->serial = serial_of(record);
	stream->soa_ttl = record->ttl;
	hf_put_bytes(&stream->soa, record->rdata.data, record->rdata.len);
	enum hf_err err = hf_buf_check(&stream->soa);
	if (err != HF_OK)
		return err;
	stream->phase = AT_SECOND;
	return stream->setup.question.type == KNOT_RRTYPE_AXFR ? start_zone(stream) : HF_OK;
}

/*
 * Finds a transfer that goes in circles (Brent's way): the mark moves to places that double, so
 * it gets into the circle and stays while that passes it. A record that comes twice is no harm.
 */
static enum hf_err check_loop(struct hf_fetch_stream *stream, const struct hf_fetch_record *record)
{
	const struct hf_rdata marked = {stream->mark.rdata.data, (uint16_t)stream->mark.rdata.len};
	stream->taken++;
	if (stream->mark.at > 0 && stream->mark.type == record->type &&
	        hf_rdata_equal(marked, record->rdata) &&
	        hf_name_equal(&stream->mark.owner, &record->owner) &&
	        ++stream->mark.again == LOOPS) {
		char owner[HF_NAME_TEXT], type[HF_TYPE_TEXT];
		return hf_fail(stream->diag, HF_ERR_INVALID,
		        "the transfer goes in circles: %s %s came for the %dth time; report that "
		        "to "
		        "the server's makers",
		        hf_name_text(&record->owner, owner), hf_type_text(record->type, type),
		        LOOPS + 1);
	}
	if (stream->taken < 2 * stream->mark.at)
		return HF_OK;
	hf_buf_reset(&stream->mark.rdata);
	hf_buf_reserve(&stream->mark.rdata, 1); /* empty RDATA has a place too */
	hf_put_bytes(&stream->mark.rdata, record->rdata.data, record->rdata.len);
	stream->mark.owner = record->owner;
	stream->mark.type = record->type;
	stream->mark.at = stream->taken;
	stream->mark.again = 0;
	return hf_buf_check(&stream->mark.rdata);
}

static enum hf_err take_zone(struct hf_fetch_stream *stream, const struct hf_fetch_record *record)
{
	if (record->type != KNOT_RRTYPE_SOA) {
		enum hf_err err = check_loop(stream, record);
		return err == HF_OK ? add(stream, record) : err;
	}
	stream->phase = AT_END;
	if (is_first_soa(stream, record))
		return HF_OK;
	return hf_fail(stream->diag, HF_ERR_INVALID,
	        "the transfer began with serial %" PRIu32
	        " and ends with another SOA record, of serial %" PRIu32
	        "; it may have changed meanwhile: try again",
	        stream->serial, serial_of(record));
}

static enum hf_err take_second(struct hf_fetch_stream *stream, const struct hf_fetch_record *record)
{
	/* A zone of nothing but its SOA record ends with the second one, too. */
	if (record->type != KNOT_RRTYPE_SOA || is_first_soa(stream, record)) {
		enum hf_err err = start_zone(stream);
		return err == HF_OK ? take_zone(stream, record) : err;
	}
	if (!is_newer(stream))
		return not_newer(stream);
	if (serial_of(record) != stream->have)
		return hf_fail(stream->diag, HF_ERR_INVALID,
		        "the differences start at serial %" PRIu32 ", but we have %" PRIu32,
		        serial_of(record), stream->have);
	enum hf_err err = hf_fetch_changes_new(&stream->changes);
	if (err != HF_OK)
		return err;
	stream->at = stream->have;
	stream->phase = REMOVING;
	return change(stream, record, HF_FETCH_REMOVE);
}

static enum hf_err take_removed(
        struct hf_fetch_stream *stream, const struct hf_fetch_record *record)
{
	if (record->type != KNOT_RRTYPE_SOA)
		return change(stream, record, HF_FETCH_REMOVE);
	/* Upwards at each step and not past the end: so there is one. */
	uint32_t next = serial_of(record);
	if (!hf_serial_before(stream->at, next) || hf_serial_before(stream->serial, next))
		return hf_fail(stream->diag, HF_ERR_INVALID,
		        "the differences lead from serial %" PRIu32 " to %" PRIu32
		        ", which is not on the way to %" PRIu32,
		        stream->at, next, stream->serial);
	stream->at = next;
	stream->phase = ADDING;
	return change(stream, record, HF_FETCH_ADD);
}

static enum hf_err take_added(struct hf_fetch_stream *stream, const struct hf_fetch_record *record)
{
	if (record->type != KNOT_RRTYPE_SOA)
		return change(stream, record, HF_FETCH_ADD);
	if (stream->at == stream->serial && is_first_soa(stream, record)) {
		stream->phase = AT_END;
		return HF_OK;
	}
	if (stream->at == stream->serial || serial_of(record) != stream->at)
		return hf_fail(stream->diag, HF_ERR_INVALID,
		        "the differences up to serial %" PRIu32
		        " are followed by a SOA record of serial %" PRIu32
		        " that does not continue them",
		        stream->at, serial_of(record));
	stream->phase = REMOVING;
	return change(stream, record, HF_FETCH_REMOVE);
}

static enum hf_err take_record(struct hf_fetch_stream *stream, const struct hf_fetch_record *record)
{
	switch (stream->phase) {
	case AT_START:
		return take_start(stream, record);
	case AT_SECOND:
		return take_second(stream, record);
	case IN_ZONE:
		return take_zone(stream, record);
	case REMOVING:
		return take_removed(stream, record);
	case ADDING:
		return take_added(stream, record);
	default:
		return hf_fail(stream->diag, HF_ERR_SYNTAX,
		        "records follow the SOA record that ends the %s; report that to the "
		        "server's makers",
		        form(stream));
	}
}

/* ---- Messages ---- */

static enum hf_err check_limit(
        const struct hf_fetch_stream *stream, uint64_t have, uint64_t limit, const char *what)
{
	if (have <= limit)
		return HF_OK;
	return hf_fail(stream->diag, HF_ERR_LIMIT,
	        "the transfer has more than %" PRIu64
	        " %s; look whether the zone is that large, and then raise the limit",
	        limit, what);
}

/* Counts the message; what it holds is bounded before it is read. */
static enum hf_err count(struct hf_fetch_stream *stream, size_t len, unsigned records)
{
	const struct hf_fetch_limits *limits = &stream->setup.limits;
	stream->bytes += len;
	stream->records += records;
	stream->messages++;
	enum hf_err err = check_limit(stream, stream->bytes, limits->bytes, "bytes");
	if (err == HF_OK)
		err = check_limit(stream, stream->records, limits->records, "records");
	if (err == HF_OK)
		err = check_limit(stream, stream->messages, limits->messages, "messages");
	if (err == HF_OK && records == 0)
		err = hf_fail(stream->diag, HF_ERR_SYNTAX,
		        "a message in the middle of the transfer has no records; report that to "
		        "the server's makers");
	return err;
}

static enum hf_err take(struct hf_fetch_stream *stream, struct hf_packet message)
{
	struct hf_fetch_reader *reader = &stream->reader;
	enum hf_err err = hf_fetch_reader_begin(
	        reader, &stream->setup.question, message, stream->messages == 0, stream->diag);
	if (err == HF_OK)
		err = count(stream, message.len, hf_fetch_reader_left(reader));
	while (err == HF_OK && hf_fetch_reader_left(reader) > 0) {
		struct hf_fetch_record record;
		err = hf_fetch_reader_next(reader, stream->diag, &record);
		if (err == HF_OK)
			err = take_record(stream, &record);
	}
	return err == HF_OK ? hf_fetch_reader_end(reader, stream->diag) : err;
}

enum hf_err hf_fetch_stream_take(struct hf_fetch_stream *stream, struct hf_packet message,
        struct hf_diag *diag, enum hf_fetch_progress *ret_progress)
{
	stream->diag = diag;
	enum hf_err err = take(stream, message);
	if (err != HF_OK)
		return err;
	if (stream->phase == AT_END)
		*ret_progress = HF_STREAM_WHOLE;
	else if (stream->phase == AT_SECOND && !is_newer(stream))
		*ret_progress = HF_STREAM_NOTHING;
	else
		*ret_progress = HF_STREAM_OPEN;
	return HF_OK;
}

enum hf_err hf_fetch_stream_finish(struct hf_fetch_stream *stream, struct hf_diag *diag,
        enum hf_fetch_kind *ret_kind, struct hf_version **ret_version)
{
	bool differences = stream->changes != NULL;
	enum hf_err err = differences ? hf_fetch_changes_make(stream->changes, stream->setup.have,
	                                        diag, ret_version)
	                              : hf_bulk_finish(stream->bulk, &stream->setup.question.zone,
	                                        ret_version);
	if (err == HF_ERR_LIMIT)
		return too_large(diag);
	if (err == HF_OK)
		*ret_kind = differences ? HF_FETCH_IXFR : HF_FETCH_AXFR;
	return err;
}
