/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/exchange.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <uv.h>

#include "net/capture.h"
#include "net/tsig.h"

#define HEADER_LEN     12
#define TCP_PREFIX     2
#define TCP_PATIENCE   3 /* times the timeout of UDP: a connection takes two more ways */
#define MS_PER_SECOND  1000u
#define NS_PER_MS      1000000u
#define US_PER_SECOND  1000000u
#define NS_PER_US      1000u
#define RECEIVE_BUFFER 65536
#define CANCEL_MS      100 /* how often `cancel` is looked at */

#define UNREACHABLE "cannot be reached"
#define NO_TCP      "cut its answer off over UDP, and cannot be reached over TCP"

/* Done so far. */
struct work {
	unsigned udp, tcp; /* queries sent */
	unsigned tcp_bytes;
};

struct hf_wire {
	uv_loop_t loop;
	struct hf_wire_limits limits;
	struct work work;
	struct hf_capture *capture;
	uint64_t started; /* 0: nothing was asked yet */
	uint64_t exchanges;
	enum hf_err err; /* the first error of our own in a callback */
	char buffer[RECEIVE_BUFFER];
};

/* An exchange that is under way. */
struct flight {
	struct hf_wire *wire;
	struct hf_exchange *exchange;
	uint64_t number;
	uint16_t id;
	struct hf_buf query; /* behind room for TCP's length */
	struct hf_tsig tsig; /* of the query that was sent last */
	unsigned strays;
	uint64_t deadline; /* of what it waits for, by the loop's clock */
	bool ended, udp_open, tcp_open, timer_open, plain;
	uv_udp_t udp;
	uv_tcp_t tcp;
	uv_timer_t timer;
	uv_connect_t connect;
	uv_write_t write;
	struct hf_buf answer; /* over TCP: what has come so far */
};

/* ---- The wire ---- */

static unsigned or_default(unsigned value, unsigned standard)
{
	return value != 0 ? value : standard;
}

enum hf_err hf_wire_new(
        const struct hf_wire_limits *limits, struct hf_capture *capture, struct hf_wire **ret_wire)
{
	struct hf_wire *wire = calloc(1, sizeof(*wire));
	if (wire == NULL)
		return HF_ERR_NOMEM;
	if (uv_loop_init(&wire->loop) != 0) {
		free(wire);
		return HF_ERR_IO;
	}
	wire->limits = (struct hf_wire_limits){
	        .seconds = or_default(limits->seconds, HF_WIRE_SECONDS),
	        .packets = or_default(limits->packets, HF_WIRE_PACKETS),
	        .tcp_bytes = or_default(limits->tcp_bytes, HF_WIRE_TCP_BYTES),
	        .cancel = limits->cancel,
	};
	wire->capture = capture;
	*ret_wire = wire;
	return HF_OK;
}

void hf_wire_free(struct hf_wire *wire)
{
	if (wire == NULL)
		return;
	uv_loop_close(&wire->loop);
	free(wire);
}

static bool plays(const struct hf_wire *wire)
{
	return wire->capture != NULL && hf_capture_plays(wire->capture);
}

uint64_t hf_wire_now(const struct hf_wire *wire)
{
	return plays(wire) ? hf_capture_clock(wire->capture) : uv_hrtime() / NS_PER_MS;
}

/* Milliseconds until the time for everything is over. */
static uint64_t time_left(struct hf_wire *wire)
{
	uint64_t now = hf_wire_now(wire);
	if (wire->started == 0)
		wire->started = now;
	uint64_t end = wire->started + (uint64_t)wire->limits.seconds * MS_PER_SECOND;
	return end > now ? end - now : 0;
}

static void fail_wire(struct hf_wire *wire, enum hf_err err)
{
	if (wire->err == HF_OK)
		wire->err = err;
}

/* ---- How an exchange ends ---- */

static uint64_t clock_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * US_PER_SECOND + (uint64_t)now.tv_nsec / NS_PER_US;
}

static void keep(struct flight *flight, enum hf_capture_kind kind, const void *data, size_t len)
{
	struct hf_wire *wire = flight->wire;
	if (wire->capture == NULL)
		return;
	const struct hf_capture_packet packet = {
	        .at = clock_us(),
	        .server = &flight->exchange->server,
	        .tcp = flight->exchange->over_tcp,
	        .kind = kind,
	        .data = data,
	        .len = len,
	        .end = flight->exchange->end,
	        .words = flight->exchange->words,
	};
	enum hf_err err = hf_capture_add(wire->capture, flight->number, &packet);
	if (err != HF_OK)
		fail_wire(wire, err);
}

static void shut(uv_handle_t *handle, bool *open)
{
	if (*open)
		uv_close(handle, NULL);
	*open = false;
}

static void end(struct flight *flight, enum hf_exchange_end how)
{
	flight->ended = true;
	flight->exchange->end = how;
	if (how != HF_EXCHANGE_ANSWER && flight->query.len > TCP_PREFIX)
		keep(flight, HF_CAPTURE_END, flight->query.data + TCP_PREFIX,
		        flight->query.len - TCP_PREFIX);
	shut((uv_handle_t *)&flight->udp, &flight->udp_open);
	shut((uv_handle_t *)&flight->tcp, &flight->tcp_open);
	shut((uv_handle_t *)&flight->timer, &flight->timer_open);
}

static void HF_PRINTF(3, 4)
        end_with(struct flight *flight, enum hf_exchange_end how, const char *format, ...)
{
	if (flight->ended)
		return;
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(flight->exchange->words, HF_EXCHANGE_WORDS, format, arguments);
	va_end(arguments);
	end(flight, how);
}

/* An error of our own: the exchange is over, and so is the run. */
static void break_off(struct flight *flight, enum hf_err err)
{
	fail_wire(flight->wire, err);
	end_with(flight, HF_EXCHANGE_FAILURE, "%s", hf_err_text(err));
}

static void end_uv(struct flight *flight, const char *what, int error)
{
	end_with(flight, HF_EXCHANGE_FAILURE, "%s: %s", what, uv_strerror(error));
}

static bool is_canceled(const struct hf_wire *wire)
{
	return wire->limits.cancel != NULL && atomic_load(wire->limits.cancel);
}

static void arm(struct flight *flight);

static void on_timeout(uv_timer_t *timer)
{
	struct flight *flight = timer->data;
	struct hf_wire *wire = flight->wire;
	if (is_canceled(wire))
		break_off(flight, HF_ERR_CANCELED);
	else if (uv_now(&wire->loop) < flight->deadline)
		arm(flight);
	else if (time_left(wire) == 0)
		end_with(flight, HF_EXCHANGE_LIMIT, "no answer within the %u s for everything",
		        wire->limits.seconds);
	else
		end_with(flight, HF_EXCHANGE_SILENCE, "no answer%s",
		        flight->exchange->over_tcp ? " over TCP" : "");
}

static void arm(struct flight *flight)
{
	const struct hf_wire *wire = flight->wire;
	uint64_t wait = flight->deadline - uv_now(&wire->loop);
	if (wire->limits.cancel != NULL && wait > CANCEL_MS)
		wait = CANCEL_MS;
	uv_timer_start(&flight->timer, on_timeout, wait, 0);
}

static void set_timer(struct flight *flight, uint64_t timeout)
{
	uint64_t left = time_left(flight->wire);
	uv_update_time(&flight->wire->loop);
	flight->deadline = uv_now(&flight->wire->loop) + (timeout < left ? timeout : left);
	arm(flight);
}

/* One more packet; false (and the exchange has ended) when there were enough. */
static bool may_send(struct flight *flight)
{
	struct hf_wire *wire = flight->wire;
	if (wire->work.udp + wire->work.tcp >= wire->limits.packets)
		end_with(flight, HF_EXCHANGE_LIMIT, "not asked: the limit of %u packets is reached",
		        wire->limits.packets);
	else if (time_left(wire) == 0)
		end_with(flight, HF_EXCHANGE_LIMIT, "not asked: the %u s for everything are over",
		        wire->limits.seconds);
	return !flight->ended;
}

/* ---- Answers ---- */

static void start_tcp(struct flight *flight);
static void send_udp(struct flight *flight);

/* A server that knows no EDNS: its answers without it are better than none. */
static bool wants_plain(const struct flight *flight, const struct hf_message *message)
{
	return !flight->plain && !message->has_edns &&
	       (message->rcode == HF_RCODE_FORMERR || message->rcode == HF_RCODE_NOTIMP);
}

static void pass_over(struct flight *flight, const uint8_t *data, size_t len)
{
	keep(flight, HF_CAPTURE_STRAY, data, len);
	if (++flight->strays >= HF_WIRE_STRAYS)
		end_with(flight, HF_EXCHANGE_FAILURE,
		        "%d packets came that answer another question", HF_WIRE_STRAYS);
}

/* What to do with a message that is the answer. */
static void take(struct flight *flight, struct hf_message *message, const uint8_t *data, size_t len)
{
	struct hf_exchange *exchange = flight->exchange;
	if ((message->flags & HF_MESSAGE_TC) != 0 && !exchange->over_tcp) {
		hf_message_free(message);
		start_tcp(flight);
	} else if (wants_plain(flight, message) && !exchange->over_tcp) {
		hf_message_free(message);
		flight->plain = true;
		send_udp(flight);
	} else {
		exchange->message = message;
		hf_put_bytes(&exchange->wire, data, len);
		if (exchange->wire.failed)
			fail_wire(flight->wire, HF_ERR_NOMEM);
		end(flight, HF_EXCHANGE_ANSWER);
	}
}

/* Whether the answer is signed as it has to be; else the exchange has ended. */
static bool is_signed(struct flight *flight, const uint8_t *data, size_t len)
{
	struct hf_tsig_result result;
	char text[HF_TSIG_TEXT];
	if (flight->exchange->key == NULL)
		return true;
	enum hf_err err =
	        hf_tsig_check_answer(&flight->tsig, data, len, (hf_time)time(NULL), &result);
	if (err != HF_OK)
		break_off(flight, err);
	else if (result.verdict != HF_TSIG_GOOD)
		end_with(flight, HF_EXCHANGE_FAILURE, "%s", hf_tsig_result_text(&result, text));
	return !flight->ended;
}

static void weigh(struct flight *flight, const uint8_t *data, size_t len)
{
	if (len < HEADER_LEN || hf_read_u16(data) != flight->id ||
	        (hf_read_u16(data + 2) & HF_MESSAGE_QR) == 0) {
		pass_over(flight, data, len);
		return;
	}
	struct hf_diag diag;
	hf_diag_init(&diag, 1);
	struct hf_message *message;
	enum hf_err err = hf_message_parse(data, len, &diag, &message);
	if (err == HF_ERR_NOMEM) {
		break_off(flight, err);
	} else if (err != HF_OK) {
		keep(flight, HF_CAPTURE_ANSWER, data, len);
		end_with(flight, HF_EXCHANGE_FAILURE, "malformed answer: %s",
		        diag.count > 0 ? diag.entries[0].text : hf_err_text(err));
	} else if (!hf_message_answers(message, flight->id, &flight->exchange->question)) {
		hf_message_free(message);
		pass_over(flight, data, len);
	} else {
		keep(flight, HF_CAPTURE_ANSWER, data, len);
		if (is_signed(flight, data, len))
			take(flight, message, data, len);
		else
			hf_message_free(message);
	}
	hf_diag_done(&diag);
}

/* ---- UDP ---- */

static void on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
	(void)suggested;
	const struct flight *flight = handle->data;
	*ret_buffer = uv_buf_init(flight->wire->buffer, RECEIVE_BUFFER);
}

static void on_datagram(uv_udp_t *udp, ssize_t len, const uv_buf_t *buffer,
        const struct sockaddr *from, unsigned flags)
{
	(void)flags;
	struct flight *flight = udp->data;
	if (flight->ended || flight->exchange->over_tcp)
		return;
	if (len < 0)
		end_uv(flight, "cannot be reached", (int)len);
	else if (from != NULL) /* else there is nothing more to read */
		weigh(flight, (const uint8_t *)buffer->base, (size_t)len);
}

static enum hf_err sign(struct flight *flight)
{
	hf_tsig_done(&flight->tsig);
	flight->tsig = (struct hf_tsig){.key = NULL};
	return flight->exchange->key == NULL
	               ? HF_OK
	               : hf_tsig_sign_request(flight->exchange->key, (hf_time)time(NULL),
	                         &flight->query, TCP_PREFIX, &flight->tsig);
}

/* A query with a fresh id; false, and the exchange has ended, when that failed. */
static bool make_query(struct flight *flight)
{
	enum hf_err err = HF_ERR_IO;
	if (getrandom(&flight->id, sizeof(flight->id), 0) == sizeof(flight->id)) {
		unsigned flags = flight->exchange->flags | (flight->plain ? HF_QUERY_PLAIN : 0);
		hf_buf_reset(&flight->query);
		hf_put_u16(&flight->query, 0);
		err = hf_query_put(&flight->query, flight->id, &flight->exchange->question, flags);
		if (err == HF_OK)
			err = sign(flight);
	}
	if (err == HF_OK)
		hf_write_u16(flight->query.data, (uint16_t)(flight->query.len - TCP_PREFIX));
	else
		break_off(flight, err);
	return err == HF_OK;
}

static void send_udp(struct flight *flight)
{
	if (!make_query(flight) || !may_send(flight))
		return;
	flight->wire->work.udp++;
	uint8_t *wire = flight->query.data + TCP_PREFIX;
	size_t len = flight->query.len - TCP_PREFIX;
	keep(flight, HF_CAPTURE_QUERY, wire, len);
	const uv_buf_t buffer = uv_buf_init((char *)wire, (unsigned)len);
	int sent = uv_udp_try_send(&flight->udp, &buffer, 1, NULL);
	if (sent < 0)
		end_uv(flight, UNREACHABLE, sent);
	else
		set_timer(flight, flight->exchange->timeout);
}

/* A connected socket of its own for each exchange: the system gives it a random port, passes on
 * packets from the right address only, and tells when the port there is closed. */
static int open_udp(struct flight *flight)
{
	int error = uv_udp_init(&flight->wire->loop, &flight->udp);
	if (error != 0)
		return error;
	flight->udp.data = flight;
	flight->udp_open = true;
	error = uv_udp_connect(&flight->udp, &flight->exchange->server.address.any);
	return error != 0 ? error : uv_udp_recv_start(&flight->udp, on_buffer, on_datagram);
}

static void start_udp(struct flight *flight)
{
	uv_timer_init(&flight->wire->loop, &flight->timer);
	flight->timer.data = flight;
	flight->timer_open = true;
	int error = open_udp(flight);
	if (error == UV_ENOMEM)
		break_off(flight, HF_ERR_NOMEM);
	else if (error == UV_EMFILE || error == UV_ENFILE)
		break_off(flight, HF_ERR_IO);
	else if (error == 0)
		send_udp(flight);
	else if (make_query(flight)) /* for the capture */
		end_uv(flight, UNREACHABLE, error);
}

/* ---- TCP ---- */

/* Bytes of the answer that are still to come, as far as known. */
static size_t tcp_wants(const struct flight *flight)
{
	size_t have = flight->answer.len;
	if (have < TCP_PREFIX)
		return TCP_PREFIX - have;
	return TCP_PREFIX + hf_read_u16(flight->answer.data) - have;
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
	(void)suggested;
	struct flight *flight = handle->data;
	size_t want = tcp_wants(flight);
	*ret_buffer = hf_buf_reserve(&flight->answer, want)
	                      ? uv_buf_init((char *)flight->answer.data + flight->answer.len,
	                                (unsigned)want)
	                      : uv_buf_init(NULL, 0);
}

static void on_bytes(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
	(void)buffer;
	struct flight *flight = stream->data;
	struct hf_wire *wire = flight->wire;
	if (flight->ended || len == 0)
		return;
	if (len == UV_ENOBUFS) {
		break_off(flight, HF_ERR_NOMEM);
	} else if (len == UV_EOF) {
		end_with(flight, HF_EXCHANGE_FAILURE,
		        "closed the TCP connection before its answer was complete");
	} else if (len < 0) {
		end_uv(flight, "TCP connection lost", (int)len);
	} else if ((wire->work.tcp_bytes += (unsigned)len) > wire->limits.tcp_bytes) {
		end_with(flight, HF_EXCHANGE_LIMIT, "the limit of %u bytes over TCP is reached",
		        wire->limits.tcp_bytes);
	} else {
		flight->answer.len += (size_t)len;
		if (tcp_wants(flight) > 0)
			return;
		if (flight->answer.len > TCP_PREFIX)
			weigh(flight, flight->answer.data + TCP_PREFIX,
			        flight->answer.len - TCP_PREFIX);
		/* A stray: the next message may be the answer. */
		hf_buf_reset(&flight->answer);
	}
}

static void on_written(uv_write_t *write, int error)
{
	struct flight *flight = write->data;
	if (error != 0)
		end_uv(flight, "TCP connection lost", error);
}

static void on_connected(uv_connect_t *connect, int error)
{
	struct flight *flight = connect->data;
	if (flight->ended)
		return;
	if (error == 0)
		error = uv_read_start((uv_stream_t *)&flight->tcp, on_room, on_bytes);
	if (error == 0) {
		keep(flight, HF_CAPTURE_QUERY, flight->query.data + TCP_PREFIX,
		        flight->query.len - TCP_PREFIX);
		const uv_buf_t buffer =
		        uv_buf_init((char *)flight->query.data, (unsigned)flight->query.len);
		flight->write.data = flight;
		error = uv_write(
		        &flight->write, (uv_stream_t *)&flight->tcp, &buffer, 1, on_written);
	}
	if (error != 0)
		end_uv(flight, NO_TCP, error);
}

static void start_tcp(struct flight *flight)
{
	shut((uv_handle_t *)&flight->udp, &flight->udp_open);
	flight->exchange->over_tcp = true;
	if (!make_query(flight) || !may_send(flight))
		return;
	if (uv_tcp_init(&flight->wire->loop, &flight->tcp) != 0) {
		break_off(flight, HF_ERR_NOMEM);
		return;
	}
	flight->tcp.data = flight;
	flight->tcp_open = true;
	flight->wire->work.tcp++;
	flight->connect.data = flight;
	int error = uv_tcp_connect(&flight->connect, &flight->tcp,
	        &flight->exchange->server.address.any, on_connected);
	if (error != 0)
		end_uv(flight, NO_TCP, error);
	else
		set_timer(flight, (uint64_t)flight->exchange->timeout * TCP_PATIENCE);
}

/* ---- Running ---- */

static void clear(struct hf_exchange *exchange)
{
	exchange->message = NULL;
	exchange->wire = (struct hf_buf){0};
	exchange->words[0] = '\0';
	exchange->over_tcp = false;
}

void hf_exchange_done(struct hf_exchange *exchange)
{
	hf_message_free(exchange->message);
	hf_buf_done(&exchange->wire);
	exchange->message = NULL;
}

static enum hf_err play(struct hf_wire *wire, struct hf_exchange *exchanges, size_t count)
{
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < count && err == HF_OK; i++)
		err = hf_capture_play(wire->capture, &exchanges[i]);
	return err;
}

static enum hf_err fly(struct hf_wire *wire, struct hf_exchange *exchanges, size_t count)
{
	struct flight *flights = calloc(count, sizeof(*flights));
	if (flights == NULL)
		return HF_ERR_NOMEM;
	wire->err = HF_OK;
	for (size_t i = 0; i < count; i++) {
		flights[i] = (struct flight){
		        .wire = wire,
		        .exchange = &exchanges[i],
		        .number = wire->exchanges++,
		};
		start_udp(&flights[i]);
	}
	/* Every flight has a timer, and every end closes its handles: this returns. */
	uv_run(&wire->loop, UV_RUN_DEFAULT);
	for (size_t i = 0; i < count; i++) {
		hf_buf_done(&flights[i].query);
		hf_buf_done(&flights[i].answer);
		hf_tsig_done(&flights[i].tsig);
	}
	free(flights);
	return wire->err;
}

enum hf_err hf_wire_run(struct hf_wire *wire, struct hf_exchange *exchanges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		clear(&exchanges[i]);
	enum hf_err err = HF_OK;
	if (is_canceled(wire))
		err = HF_ERR_CANCELED;
	else if (count > 0)
		err = plays(wire) ? play(wire, exchanges, count) : fly(wire, exchanges, count);
	for (size_t i = 0; i < count && err != HF_OK; i++)
		hf_exchange_done(&exchanges[i]);
	return err;
}
