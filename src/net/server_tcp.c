/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connections: queries one after the other, and transfers one message at a time. */
#include "net/server_inside.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dns/message.h"

#define QUERY_ROOM    1024 /* bytes for what comes, until a longer message begins */
#define INCOMING_MAX  (HF_TCP_PREFIX + HF_MESSAGE_MAX)
#define V4_BITS       32
#define V6_NET_BITS   64
#define MS_PER_SECOND 1000u

enum state {
	READING,      /* for a query */
	ANSWERING,    /* an answer is being written */
	WAITING,      /* for a turn to transfer */
	TRANSFERRING, /* a message of a transfer is being written */
	CLOSING,
};

struct hf_connection {
	struct hf_server *server;
	struct hf_connection *prev, *next; /* of all */
	struct hf_connection *next_waiting;
	uv_tcp_t tcp;
	uv_write_t write;
	struct hf_endpoint peer;
	enum state state;
	bool ended;     /* the other side will send no more */
	bool reading;   /* the loop reads for us */
	uint64_t since; /* milliseconds of the loop: the last progress that counts */
	struct hf_buf in, out;
	struct hf_response response; /* WAITING, TRANSFERRING */
	bool more;                   /* messages are left behind the one being written */
	uint64_t started;            /* the transfer */
	uint64_t bytes;              /* of it, that were written */
};

static void advance(struct hf_connection *connection);
static void start_waiting(struct hf_server *server);

/* ---- Who it is ---- */

/* All addresses that limits count as one client. */
static struct hf_prefix client_of(const struct hf_endpoint *peer)
{
	return (struct hf_prefix){
	        .address = *peer,
	        .bits = hf_endpoint_is_v6(peer) ? V6_NET_BITS : V4_BITS,
	};
}

static uint64_t now_ms(const struct hf_server *server)
{
	return uv_now(server->loop);
}

static bool is_idle(const struct hf_connection *connection)
{
	return connection->state == READING;
}

/* ---- Ends ---- */

/* Ends the response of a transfer; its edition may be an old one that nobody else holds. */
static void let_go(struct hf_connection *connection)
{
	struct hf_edition *edition = hf_edition_ref(hf_xfrout_edition(connection->response.xfrout));
	hf_response_done(&connection->response);
	hf_server_let_go(connection->server, edition);
}

static void end_transfer(struct hf_connection *connection, const char *why)
{
	struct hf_server *server = connection->server;
	struct hf_server_counters *counters = &server->counters;
	struct hf_response *response = &connection->response;
	enum hf_xfrout_kind kind = hf_xfrout_kind(response->xfrout);
	uint64_t *const kinds[] = {
	        [HF_XFROUT_SOA] = &counters->transfers_current,
	        [HF_XFROUT_AXFR] = &counters->transfers_axfr,
	        [HF_XFROUT_IXFR] = &counters->transfers_ixfr,
	};
	++*(why == NULL ? kinds[kind] : &counters->transfers_failed);
	counters->transfer_records += hf_xfrout_records(response->xfrout);
	counters->transfers_now--;
	const struct hf_server_transfer transfer = {
	        .zone = &response->zone,
	        .to = &connection->peer,
	        .key = hf_response_key(response),
	        .kind = kind,
	        .serial = response->serial,
	        .records = hf_xfrout_records(response->xfrout),
	        .messages = response->messages,
	        .bytes = connection->bytes,
	        .seconds = (double)(now_ms(server) - connection->started) / MS_PER_SECOND,
	        .why = why,
	};
	if (server->events.transfer != NULL)
		server->events.transfer(server->events.context, &transfer);
	let_go(connection);
	connection->state = READING;
}

static void leave_queue(struct hf_connection *connection)
{
	struct hf_server *server = connection->server;
	struct hf_connection *before = NULL, *at = server->waiting_first;
	for (; at != connection; at = at->next_waiting)
		before = at;
	*(before != NULL ? &before->next_waiting : &server->waiting_first) = at->next_waiting;
	if (server->waiting_last == at)
		server->waiting_last = before;
	at->next_waiting = NULL;
	server->counters.transfers_waiting--;
}

static void on_connection_closed(uv_handle_t *handle)
{
	struct hf_connection *connection = handle->data;
	struct hf_server *server = connection->server;
	hf_buf_done(&connection->in);
	hf_buf_done(&connection->out);
	free(connection);
	hf_server_handle_closed(server);
}

/* `why` is for a transfer under way. */
static void drop(struct hf_connection *connection, const char *why)
{
	struct hf_server *server = connection->server;
	enum state state = connection->state;
	if (state == CLOSING)
		return;
	if (state == WAITING) {
		leave_queue(connection);
		let_go(connection);
	} else if (state == TRANSFERRING) {
		end_transfer(connection, why);
	}
	connection->state = CLOSING;
	if (connection->prev != NULL)
		connection->prev->next = connection->next;
	else
		server->connections = connection->next;
	if (connection->next != NULL)
		connection->next->prev = connection->prev;
	server->counters.connections_now--;
	uv_close((uv_handle_t *)&connection->tcp, on_connection_closed);
	if (state == TRANSFERRING)
		start_waiting(server);
}

void hf_server_close_connections(struct hf_server *server)
{
	while (server->connections != NULL)
		drop(server->connections, "the server stops");
}

/* Whether a connection is over a limit of time, and the words for it. */
static bool is_over(const struct hf_connection *connection, const char **ret_why)
{
	const struct hf_server_limits *limits = &connection->server->limits;
	uint64_t now = now_ms(connection->server), idle = now - connection->since;
	*ret_why = NULL;
	switch (connection->state) {
	case READING:
		return idle >= (uint64_t)limits->idle_seconds * MS_PER_SECOND;
	case ANSWERING:
		return idle >= (uint64_t)limits->stall_seconds * MS_PER_SECOND;
	case TRANSFERRING:
		*ret_why = "the other side does not take the data; its network or disk may be slow";
		if (idle >= (uint64_t)limits->stall_seconds * MS_PER_SECOND)
			return true;
		*ret_why = "the transfer takes longer than the limit";
		return now - connection->started >=
		       (uint64_t)limits->transfer_seconds * MS_PER_SECOND;
	default:
		return false;
	}
}

void hf_server_check_connections(struct hf_server *server)
{
	struct hf_connection *next;
	for (struct hf_connection *at = server->connections; at != NULL; at = next) {
		const char *why;
		next = at->next;
		if (!is_over(at, &why))
			continue;
		server->counters.connections_idle_closed += is_idle(at);
		drop(at, why);
	}
}

/* ---- Writing ---- */

static void on_written(uv_write_t *write, int error)
{
	struct hf_connection *connection = write->data;
	struct hf_server_counters *counters = &connection->server->counters;
	if (connection->state == CLOSING)
		return;
	if (error != 0) {
		drop(connection, "the other side closed the connection");
		return;
	}
	connection->since = now_ms(connection->server);
	if (connection->state == TRANSFERRING) {
		connection->bytes += connection->out.len;
		counters->transfer_bytes += connection->out.len;
		counters->transfer_messages++;
	} else {
		connection->state = READING;
	}
	hf_buf_reset(&connection->out);
	advance(connection);
}

/* Writes the message in `out`, which has room for its length in front. */
static void send_out(struct hf_connection *connection)
{
	struct hf_buf *out = &connection->out;
	hf_write_u16(out->data, (uint16_t)(out->len - HF_TCP_PREFIX));
	const uv_buf_t buffer = uv_buf_init((char *)out->data, (unsigned)out->len);
	connection->since = now_ms(connection->server);
	connection->write.data = connection;
	if (uv_write(&connection->write, (uv_stream_t *)&connection->tcp, &buffer, 1, on_written) !=
	        0)
		drop(connection, "the connection was lost");
}

/* ---- Transfers ---- */

static void send_next(struct hf_connection *connection)
{
	hf_buf_reset(&connection->out);
	hf_put_u16(&connection->out, 0);
	enum hf_err err = hf_response_next(
	        &connection->response, time(NULL), &connection->out, &connection->more);
	if (err == HF_OK)
		send_out(connection);
	else
		drop(connection, err == HF_ERR_LIMIT ? "a record is too large for a message"
		                                     : hf_err_text(err));
}

/* Whether one more transfer may begin now. */
static bool has_turn(const struct hf_connection *connection)
{
	const struct hf_server *server = connection->server;
	const struct hf_prefix client = client_of(&connection->peer);
	unsigned same = 0;
	/* One message is sent at once. */
	if (hf_xfrout_kind(connection->response.xfrout) == HF_XFROUT_SOA)
		return true;
	if (server->counters.transfers_now >= server->limits.transfers)
		return false;
	for (const struct hf_connection *at = server->connections; at != NULL; at = at->next)
		same += at->state == TRANSFERRING && hf_prefix_has(&client, &at->peer);
	return same < server->limits.transfers_address;
}

static void start_transfer(struct hf_connection *connection)
{
	connection->state = TRANSFERRING;
	connection->started = connection->since = now_ms(connection->server);
	connection->bytes = 0;
	connection->more = true;
	connection->server->counters.transfers_now++;
	send_next(connection);
}

static void wait_for_turn(struct hf_connection *connection)
{
	struct hf_server *server = connection->server;
	connection->state = WAITING;
	if (server->waiting_last != NULL)
		server->waiting_last->next_waiting = connection;
	else
		server->waiting_first = connection;
	server->waiting_last = connection;
	server->counters.transfers_waiting++;
}

/* Gives turns that have become free to those that have waited longest. */
static void start_waiting(struct hf_server *server)
{
	struct hf_connection *at = server->closing ? NULL : server->waiting_first;
	while (at != NULL && server->counters.transfers_now < server->limits.transfers) {
		struct hf_connection *next = at->next_waiting;
		if (has_turn(at)) {
			leave_queue(at);
			start_transfer(at);
			/* That may have failed and changed the queue. */
			next = server->waiting_first;
		}
		at = next;
	}
}

/* ---- Queries ---- */

/* The length of the message that `in` begins with, prefix included; 0: not all of it is there. */
static size_t complete(const struct hf_buf *in)
{
	if (in->len < HF_TCP_PREFIX)
		return 0;
	size_t len = HF_TCP_PREFIX + (size_t)hf_read_u16(in->data);
	return in->len >= len ? len : 0;
}

/* Takes up what the responder made of a query. */
static void respond(struct hf_connection *connection, struct hf_response *response)
{
	switch (response->deed) {
	case HF_RESPONSE_TRANSFER:
		connection->response = *response;
		if (has_turn(connection))
			start_transfer(connection);
		else
			wait_for_turn(connection);
		break;
	case HF_RESPONSE_MESSAGE:
		connection->state = ANSWERING;
		hf_buf_reset(&connection->out);
		hf_put_u16(&connection->out, 0);
		hf_put_bytes(&connection->out, response->wire.data, response->wire.len);
		hf_response_done(response);
		if (connection->out.failed)
			drop(connection, NULL);
		else
			send_out(connection);
		break;
	case HF_RESPONSE_NONE:
		/* On a connection that is no DNS: nothing good can follow. */
		hf_response_done(response);
		drop(connection, NULL);
		break;
	}
}

/* Answers the message of `len` bytes that `in` begins with. */
static void take_query(struct hf_connection *connection, size_t len)
{
	struct hf_buf *in = &connection->in;
	const struct hf_arrival arrival = {
	        .wire = in->data + HF_TCP_PREFIX,
	        .len = len - HF_TCP_PREFIX,
	        .from = &connection->peer,
	        .tcp = true,
	        .now = time(NULL),
	};
	struct hf_response response;
	enum hf_err err = hf_server_answer(connection->server, &arrival, &response);
	memmove(in->data, in->data + len, in->len - len);
	in->len -= len;
	connection->since = now_ms(connection->server);
	if (err == HF_OK)
		respond(connection, &response);
	else
		drop(connection, NULL);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
	(void)suggested;
	struct hf_connection *connection = handle->data;
	struct hf_buf *in = &connection->in;
	size_t want = QUERY_ROOM;
	if (in->len >= HF_TCP_PREFIX && in->len < HF_TCP_PREFIX + (size_t)hf_read_u16(in->data))
		want = HF_TCP_PREFIX + (size_t)hf_read_u16(in->data) - in->len;
	if (want > INCOMING_MAX - in->len)
		want = INCOMING_MAX - in->len;
	*ret_buffer = hf_buf_reserve(in, want)
	                      ? uv_buf_init((char *)in->data + in->len, (unsigned)want)
	                      : uv_buf_init(NULL, 0);
}

static void on_bytes(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
	(void)buffer;
	struct hf_connection *connection = stream->data;
	if (connection->state == CLOSING || len == 0)
		return;
	if (len == UV_EOF) {
		connection->ended = true;
	} else if (len < 0) {
		drop(connection, "the connection was lost");
		return;
	} else {
		connection->in.len += (size_t)len;
	}
	if (connection->state == READING || connection->in.len == INCOMING_MAX || connection->ended)
		advance(connection);
}

/* Reads while there is room for what comes: a busy connection keeps one message at most. */
static void set_reading(struct hf_connection *connection)
{
	uv_stream_t *stream = (uv_stream_t *)&connection->tcp;
	bool wanted = !connection->ended && connection->in.len < INCOMING_MAX;
	if (wanted == connection->reading)
		return;
	int error = 0;
	if (wanted)
		error = uv_read_start(stream, on_room, on_bytes);
	else
		uv_read_stop(stream);
	connection->reading = wanted;
	if (error != 0)
		drop(connection, "the connection was lost");
}

/* Goes on with whatever is next. */
static void advance(struct hf_connection *connection)
{
	struct hf_server *server = connection->server;
	if (connection->state == TRANSFERRING && connection->out.len == 0) {
		if (connection->more) {
			send_next(connection);
		} else {
			end_transfer(connection, NULL);
			hf_buf_done(&connection->out); /* idle connections shall be small */
			start_waiting(server);
		}
	}
	size_t len = connection->state == READING ? complete(&connection->in) : 0;
	if (len > 0)
		take_query(connection, len);
	else if (connection->state == READING && connection->ended)
		drop(connection, NULL);
	if (connection->state != CLOSING)
		set_reading(connection);
}

/* ---- Accepting ---- */

/* Makes room for a new connection of this client; false when all are busy. */
static bool make_room(struct hf_server *server, const struct hf_endpoint *peer)
{
	const struct hf_prefix client = client_of(peer);
	struct hf_connection *oldest = NULL, *oldest_same = NULL;
	unsigned same = 0;
	for (struct hf_connection *at = server->connections; at != NULL; at = at->next) {
		bool is_same = hf_prefix_has(&client, &at->peer);
		same += is_same;
		if (!is_idle(at))
			continue;
		if (oldest == NULL || at->since <= oldest->since)
			oldest = at;
		if (is_same && (oldest_same == NULL || at->since <= oldest_same->since))
			oldest_same = at;
	}
	bool full = server->counters.connections_now >= server->limits.connections;
	if (same >= server->limits.connections_address)
		oldest = oldest_same;
	else if (!full)
		return true;
	if (oldest == NULL)
		return false;
	server->counters.connections_evicted++;
	drop(oldest, NULL);
	return true;
}

/* A connection that is on the loop, but in no list yet. */
static struct hf_connection *connection_new(struct hf_server *server)
{
	struct hf_connection *connection = calloc(1, sizeof(*connection));
	if (connection == NULL)
		return NULL;
	if (uv_tcp_init(server->loop, &connection->tcp) != 0) {
		free(connection);
		return NULL;
	}
	connection->server = server;
	connection->tcp.data = connection;
	connection->state = CLOSING;
	connection->since = now_ms(server);
	server->handles++;
	return connection;
}

static bool read_peer(struct hf_connection *connection)
{
	struct sockaddr_storage address;
	int len = sizeof(address);
	return uv_tcp_getpeername(&connection->tcp, (struct sockaddr *)&address, &len) == 0 &&
	       hf_server_peer((struct sockaddr *)&address, &connection->peer);
}

void hf_server_accept(struct hf_listener *listener)
{
	struct hf_server *server = listener->server;
	struct hf_connection *connection = connection_new(server);
	listener->pending = connection == NULL;
	if (connection == NULL)
		return;
	if (uv_accept((uv_stream_t *)&listener->uv.tcp, (uv_stream_t *)&connection->tcp) != 0 ||
	        !read_peer(connection)) {
		uv_close((uv_handle_t *)&connection->tcp, on_connection_closed);
		return;
	}
	server->counters.connections++;
	if (!make_room(server, &connection->peer)) {
		server->counters.connections_refused++;
		uv_close((uv_handle_t *)&connection->tcp, on_connection_closed);
		return;
	}
	(void)uv_tcp_nodelay(&connection->tcp, 1); /* only a delay is lost without it */
	connection->state = READING;
	connection->next = server->connections;
	if (connection->next != NULL)
		connection->next->prev = connection;
	server->connections = connection;
	server->counters.connections_now++;
	set_reading(connection);
}
