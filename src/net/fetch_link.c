/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/fetch_link.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "dns/message.h"

#define TICK          50 /* milliseconds until a cancellation is seen, at most */
#define NS_PER_MS     1000000u
#define MS_PER_SECOND 1000u
#define PREFIX        2 /* length of a message over TCP */
/* Room for the largest message, and as much of those behind it. */
#define ROOM (2 * (PREFIX + HF_MESSAGE_MAX))

struct hf_fetch_link {
	uv_loop_t loop;
	uv_timer_t tick; /* makes sure that waiting looks up now and then */
	uint64_t end;    /* of the time for everything, on the monotonic clock */
	unsigned seconds;
	const atomic_bool *cancel;

	/* The socket that is open. */
	union {
		uv_handle_t any;
		uv_udp_t udp;
		uv_tcp_t tcp;
	} socket;
	bool open;
	uv_connect_t connect;
	uv_write_t write;
	struct hf_buf query; /* as it is sent over TCP */

	bool ready;      /* what the call waits for is there */
	int error;       /* of libuv, instead of it */
	size_t from, to; /* bytes in the buffer that were received and not given out */
	uint8_t buffer[ROOM];
};

/* ---- Waiting ---- */

static uint64_t now_ms(void)
{
	return uv_hrtime() / NS_PER_MS;
}

static void on_tick(uv_timer_t *timer)
{
	(void)timer;
}

static bool is_canceled(const struct hf_fetch_link *link)
{
	return link->cancel != NULL && atomic_load_explicit(link->cancel, memory_order_relaxed);
}

/* Runs the loop until there is something, an error included; false when patience ended first. */
static enum hf_err await(
        struct hf_fetch_link *link, unsigned patience, struct hf_diag *diag, bool *ret_there)
{
	uint64_t until = now_ms() + patience;
	while (!link->ready && link->error == 0) {
		uint64_t now = now_ms();
		if (is_canceled(link))
			return HF_ERR_CANCELED;
		if (now >= link->end)
			return hf_fail(diag, HF_ERR_LIMIT,
			        "the %u s for the whole transfer are over; look at the way to the "
			        "primary, or raise the limit",
			        link->seconds);
		if (now >= until)
			break;
		uv_run(&link->loop, UV_RUN_ONCE);
	}
	if (link->error == UV_ENOMEM || link->error == UV_ENOBUFS)
		return HF_ERR_NOMEM;
	*ret_there = link->ready || link->error != 0;
	return HF_OK;
}

/* ---- The link ---- */

enum hf_err hf_fetch_link_new(unsigned seconds, const atomic_bool *cancel, struct hf_diag *diag,
        struct hf_fetch_link **ret_link)
{
	struct hf_fetch_link *link = calloc(1, sizeof(*link));
	if (link == NULL)
		return HF_ERR_NOMEM;
	int error = uv_loop_init(&link->loop);
	if (error != 0) {
		free(link);
		return hf_fail(diag, HF_ERR_IO, "no event loop: %s; raise the limit of open files",
		        uv_strerror(error));
	}
	uv_timer_init(&link->loop, &link->tick);
	uv_timer_start(&link->tick, on_tick, TICK, TICK);
	link->seconds = seconds;
	link->end = now_ms() + (uint64_t)seconds * MS_PER_SECOND;
	link->cancel = cancel;
	*ret_link = link;
	return HF_OK;
}

static void on_closed(uv_handle_t *handle)
{
	struct hf_fetch_link *link = handle->data;
	link->open = false;
}

void hf_fetch_link_close(struct hf_fetch_link *link)
{
	if (!link->open)
		return;
	uv_close(&link->socket.any, on_closed);
	while (link->open)
		uv_run(&link->loop, UV_RUN_ONCE);
}

void hf_fetch_link_free(struct hf_fetch_link *link)
{
	if (link == NULL)
		return;
	hf_fetch_link_close(link);
	uv_close((uv_handle_t *)&link->tick, NULL);
	uv_run(&link->loop, UV_RUN_DEFAULT);
	uv_loop_close(&link->loop);
	hf_buf_done(&link->query);
	free(link);
}

/* A socket has become ours, or could not be made. */
static int opened(struct hf_fetch_link *link, int error)
{
	link->open = error == 0;
	link->socket.any.data = link;
	link->ready = false;
	link->error = 0;
	link->from = link->to = 0;
	return error;
}

/* ---- UDP ---- */

static void on_space(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
	(void)suggested;
	struct hf_fetch_link *link = handle->data;
	*ret_buffer = uv_buf_init((char *)link->buffer, ROOM);
}

/* The socket is connected: only what the primary's address sends gets here. */
static void on_datagram(uv_udp_t *udp, ssize_t len, const uv_buf_t *buffer,
        const struct sockaddr *from, unsigned flags)
{
	(void)flags;
	struct hf_fetch_link *link = udp->data;
	if (len < 0) {
		link->error = (int)len;
	} else if (from != NULL && (size_t)len >= sizeof(uint16_t) &&
	           memcmp(buffer->base, link->query.data + PREFIX, sizeof(uint16_t)) == 0) {
		link->to = (size_t)len;
		link->ready = true;
		uv_udp_recv_stop(udp);
	}
}

static int open_udp(struct hf_fetch_link *link, const struct hf_fetch_primary *primary)
{
	int error = opened(link, uv_udp_init(&link->loop, &link->socket.udp));
	if (error == 0 && primary->source != NULL)
		error = uv_udp_bind(&link->socket.udp, &primary->source->address.any, 0);
	if (error == 0)
		error = uv_udp_connect(&link->socket.udp, &primary->endpoint.address.any);
	if (error == 0)
		error = uv_udp_recv_start(&link->socket.udp, on_space, on_datagram);
	return error;
}

/* Keeps the query, with its length before it. */
static enum hf_err keep_query(struct hf_fetch_link *link, const struct hf_buf *query)
{
	hf_buf_reset(&link->query);
	hf_put_u16(&link->query, (uint16_t)query->len);
	hf_put_bytes(&link->query, query->data, query->len);
	return hf_buf_check(&link->query);
}

static enum hf_err unreachable(int error, const char *protocol, struct hf_diag *diag)
{
	if (error == UV_ENOMEM)
		return HF_ERR_NOMEM;
	return hf_fail(diag, HF_ERR_IO,
	        "cannot be reached over %s: %s; look whether a name server runs there and lets us "
	        "in",
	        protocol, uv_strerror(error));
}

enum hf_err hf_fetch_link_ask(struct hf_fetch_link *link, const struct hf_fetch_primary *primary,
        const struct hf_buf *query, unsigned patience, unsigned tries, struct hf_diag *diag,
        struct hf_packet *ret_answer)
{
	hf_fetch_link_close(link);
	enum hf_err err = keep_query(link, query);
	if (err != HF_OK)
		return err;
	int error = open_udp(link, primary);
	bool there = false;
	for (unsigned try = 0; try < tries && error == 0 && !there; try++) {
		const uv_buf_t bytes = uv_buf_init(
		        (char *)link->query.data + PREFIX, (unsigned)(link->query.len - PREFIX));
		int sent = uv_udp_try_send(&link->socket.udp, &bytes, 1, NULL);
		if (sent < 0)
			error = sent;
		else
			err = await(link, patience << try, diag, &there);
		if (err != HF_OK)
			return err;
	}
	if (error == 0)
		error = link->error;
	if (error != 0)
		return unreachable(error, "UDP", diag);
	if (!there)
		return hf_fail(diag, HF_ERR_IO,
		        "does not answer over UDP; look whether a name server runs there and lets "
		        "us in");
	*ret_answer = (struct hf_packet){link->buffer, link->to};
	return HF_OK;
}

/* ---- TCP ---- */

static void on_written(uv_write_t *write, int error)
{
	struct hf_fetch_link *link = write->data;
	if (error != 0 && error != UV_ECANCELED && link->error == 0)
		link->error = error;
}

static void on_connected(uv_connect_t *connect, int error)
{
	struct hf_fetch_link *link = connect->data;
	if (error == UV_ECANCELED) /* it is being closed */
		return;
	const uv_buf_t bytes = uv_buf_init((char *)link->query.data, (unsigned)link->query.len);
	link->write.data = link;
	if (error == 0)
		error = uv_write(&link->write, connect->handle, &bytes, 1, on_written);
	link->error = error;
	link->ready = error == 0;
}

enum hf_err hf_fetch_link_open(struct hf_fetch_link *link, const struct hf_fetch_primary *primary,
        const struct hf_buf *query, unsigned patience, struct hf_diag *diag)
{
	hf_fetch_link_close(link);
	enum hf_err err = keep_query(link, query);
	if (err != HF_OK)
		return err;
	int error = opened(link, uv_tcp_init(&link->loop, &link->socket.tcp));
	if (error == 0 && primary->source != NULL)
		error = uv_tcp_bind(&link->socket.tcp, &primary->source->address.any, 0);
	link->connect.data = link;
	if (error == 0)
		error = uv_tcp_connect(&link->connect, &link->socket.tcp,
		        &primary->endpoint.address.any, on_connected);
	bool there = true;
	if (error == 0)
		err = await(link, patience, diag, &there);
	if (err != HF_OK)
		return err;
	if (error == 0)
		error = there ? link->error : UV_ETIMEDOUT;
	return error != 0 ? unreachable(error, "TCP", diag) : HF_OK;
}

/* Whether a whole message is in the buffer. */
static bool has_message(const struct hf_fetch_link *link)
{
	size_t have = link->to - link->from;
	return have >= PREFIX && have - PREFIX >= hf_read_u16(link->buffer + link->from);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
	(void)suggested;
	struct hf_fetch_link *link = handle->data;
	*ret_buffer = uv_buf_init((char *)link->buffer + link->to, (unsigned)(ROOM - link->to));
}

static void on_bytes(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
	(void)buffer;
	struct hf_fetch_link *link = stream->data;
	if (len < 0) {
		link->error = (int)len;
		return;
	}
	link->to += (size_t)len;
	link->ready = has_message(link);
	/* One more turn could bring more bytes than there is room for. */
	if (link->ready)
		uv_read_stop(stream);
}

/* Waits for the rest of the next message, behind what is there of it. */
static enum hf_err receive(struct hf_fetch_link *link, unsigned patience, struct hf_diag *diag)
{
	memmove(link->buffer, link->buffer + link->from, link->to - link->from);
	link->to -= link->from;
	link->from = 0;
	link->ready = false;
	bool there = true;
	enum hf_err err = HF_OK;
	if (link->error == 0)
		link->error = uv_read_start((uv_stream_t *)&link->socket.tcp, on_room, on_bytes);
	if (link->error == 0)
		err = await(link, patience, diag, &there);
	if (err != HF_OK)
		return err;
	uv_read_stop((uv_stream_t *)&link->socket.tcp);
	if (!there)
		return hf_fail(diag, HF_ERR_IO,
		        "sent no complete message for %u s; look at its log and at the way to it",
		        patience / MS_PER_SECOND);
	if (link->ready)
		return HF_OK;
	if (link->error == UV_EOF)
		return hf_fail(diag, HF_ERR_IO,
		        "closed the connection before the transfer was complete; look at its log");
	return hf_fail(
	        diag, HF_ERR_IO, "lost the connection: %s; try again", uv_strerror(link->error));
}

enum hf_err hf_fetch_link_next(struct hf_fetch_link *link, unsigned patience, struct hf_diag *diag,
        struct hf_packet *ret_message)
{
	if (!has_message(link)) {
		enum hf_err err = receive(link, patience, diag);
		if (err != HF_OK)
			return err;
	}
	size_t len = hf_read_u16(link->buffer + link->from);
	*ret_message = (struct hf_packet){link->buffer + link->from + PREFIX, len};
	link->from += PREFIX + len;
	return HF_OK;
}
