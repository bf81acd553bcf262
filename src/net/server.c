/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/server_inside.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dns/message.h"

#define BACKLOG    256
#define TICK_MS    1000
#define LARGE_ZONE 20000 /* owners: freeing more takes longer than others should wait */

/* ---- Life ---- */

static unsigned or_default(unsigned value, unsigned standard)
{
	return value != 0 ? value : standard;
}

void hf_server_set_limits(struct hf_server *server, const struct hf_server_limits *limits)
{
	server->limits = (struct hf_server_limits){
	        .connections = or_default(limits->connections, HF_SERVER_CONNECTIONS),
	        .connections_address =
	                or_default(limits->connections_address, HF_SERVER_CONNECTIONS_ADDRESS),
	        .idle_seconds = or_default(limits->idle_seconds, HF_SERVER_IDLE_SECONDS),
	        .stall_seconds = or_default(limits->stall_seconds, HF_SERVER_STALL_SECONDS),
	        .transfer_seconds =
	                or_default(limits->transfer_seconds, HF_SERVER_TRANSFER_SECONDS),
	        .transfers = or_default(limits->transfers, HF_SERVER_TRANSFERS),
	        .transfers_address =
	                or_default(limits->transfers_address, HF_SERVER_TRANSFERS_ADDRESS),
	};
}

static void on_tick(uv_timer_t *timer)
{
	struct hf_server *server = timer->data;
	for (struct hf_listener *listener = server->listeners; listener != NULL;
	        listener = listener->next)
		if (listener->pending)
			hf_server_accept(listener);
	hf_server_check_connections(server);
}

enum hf_err hf_server_new(uv_loop_t *loop, const struct hf_server_limits *limits,
        const struct hf_server_events *events, struct hf_server **ret_server)
{
	struct hf_server *server = calloc(1, sizeof(*server));
	if (server == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = hf_responder_new(&server->responder);
	if (err != HF_OK) {
		free(server);
		return err;
	}
	server->loop = loop;
	server->events = *events;
	hf_server_set_limits(server, limits);
	uv_timer_init(loop, &server->timer);
	server->timer.data = server;
	server->handles = 1;
	uv_timer_start(&server->timer, on_tick, TICK_MS, TICK_MS);
	*ret_server = server;
	return HF_OK;
}

void hf_server_handle_closed(struct hf_server *server)
{
	if (--server->handles > 0)
		return;
	void (*closed)(void *context) = server->closed;
	void *context = server->closed_context;
	hf_responder_free(server->responder);
	free(server);
	if (closed != NULL)
		closed(context);
}

static void on_timer_closed(uv_handle_t *handle)
{
	hf_server_handle_closed(handle->data);
}

static void on_listener_closed(uv_handle_t *handle)
{
	struct hf_listener *listener = handle->data;
	struct hf_server *server = listener->server;
	free(listener);
	hf_server_handle_closed(server);
}

void hf_server_free(struct hf_server *server, void (*closed)(void *context), void *context)
{
	if (server == NULL)
		return;
	server->closing = true;
	server->closed = closed;
	server->closed_context = context;
	while (server->listeners != NULL) {
		struct hf_listener *listener = server->listeners;
		server->listeners = listener->next;
		uv_close(&listener->uv.handle, on_listener_closed);
	}
	hf_server_close_connections(server);
	uv_close((uv_handle_t *)&server->timer, on_timer_closed);
}

/* ---- What is served ---- */

enum hf_err hf_server_set_keys(struct hf_server *server, const struct hf_tsig_keys *keys)
{
	return hf_responder_set_keys(server->responder, keys);
}

/* An edition that is being let go of, on a thread of the loop's pool. */
struct farewell {
	uv_work_t work;
	struct hf_server *server;
	struct hf_edition *edition;
};

static void on_farewell(uv_work_t *work)
{
	struct farewell *farewell = work->data;
	hf_edition_unref(farewell->edition);
}

static void after_farewell(uv_work_t *work, int status)
{
	(void)status;
	struct farewell *farewell = work->data;
	struct hf_server *server = farewell->server;
	free(farewell);
	hf_server_handle_closed(server);
}

void hf_server_let_go(struct hf_server *server, struct hf_edition *edition)
{
	bool large = edition != NULL &&
	             hf_tree_count(hf_version_names(hf_edition_version(edition))) > LARGE_ZONE;
	struct farewell *farewell = large ? calloc(1, sizeof(*farewell)) : NULL;
	if (farewell == NULL) {
		hf_edition_unref(edition);
		return;
	}
	farewell->work.data = farewell;
	farewell->server = server;
	farewell->edition = edition;
	if (uv_queue_work(server->loop, &farewell->work, on_farewell, after_farewell) != 0) {
		hf_edition_unref(edition);
		free(farewell);
		return;
	}
	server->handles++;
}

/* A reference to what is served of a zone; NULL when there is none. */
static struct hf_edition *hold(const struct hf_server *server, const struct hf_name *zone)
{
	const struct hf_zone_offer *offer =
	        hf_offers_find(hf_responder_offers(server->responder), zone);
	return offer != NULL && offer->edition != NULL ? hf_edition_ref(offer->edition) : NULL;
}

enum hf_err hf_server_put_zone(struct hf_server *server, const struct hf_server_zone *zone)
{
	struct hf_edition *last = hold(server, &zone->name);
	enum hf_err err = hf_offers_put(hf_responder_offers(server->responder), zone);
	hf_server_let_go(server, last);
	return err;
}

bool hf_server_publish(
        struct hf_server *server, const struct hf_name *zone, const struct hf_edition *edition)
{
	struct hf_zone_offer *offer = hf_offers_find(hf_responder_offers(server->responder), zone);
	if (offer == NULL)
		return false;
	struct hf_edition *last = offer->edition;
	offer->edition = edition != NULL ? hf_edition_ref(edition) : NULL;
	hf_server_let_go(server, last);
	return true;
}

bool hf_server_remove_zone(struct hf_server *server, const struct hf_name *zone)
{
	struct hf_edition *last = hold(server, zone);
	bool removed = hf_offers_remove(hf_responder_offers(server->responder), zone);
	hf_server_let_go(server, last);
	return removed;
}

struct hf_server_counters hf_server_counters(const struct hf_server *server)
{
	return server->counters;
}

/* ---- Answering ---- */

bool hf_server_peer(const struct sockaddr *address, struct hf_endpoint *ret_peer)
{
	*ret_peer = (struct hf_endpoint){0};
	if (address->sa_family == AF_INET) {
		memcpy(&ret_peer->address.v4, address, sizeof(ret_peer->address.v4));
		return true;
	}
	if (address->sa_family != AF_INET6)
		return false;
	struct sockaddr_in6 v6;
	memcpy(&v6, address, sizeof(v6));
	if (!IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
		ret_peer->address.v6 = v6;
		return true;
	}
	struct sockaddr_in *v4 = &ret_peer->address.v4;
	v4->sin_family = AF_INET;
	v4->sin_port = v6.sin6_port;
	memcpy(&v4->sin_addr, v6.sin6_addr.s6_addr + 12, sizeof(v4->sin_addr));
	return true;
}

static void count(struct hf_server *server, const struct hf_response *response, bool tcp)
{
	struct hf_server_counters *counters = &server->counters;
	uint64_t *const kinds[] = {
	        [HF_QUERY_SOA] = &counters->soa,
	        [HF_QUERY_AXFR] = &counters->axfr,
	        [HF_QUERY_IXFR] = &counters->ixfr,
	        [HF_QUERY_NOTIFY] = &counters->notify,
	        [HF_QUERY_OTHER] = &counters->other,
	};
	++*(tcp ? &counters->queries_tcp : &counters->queries_udp);
	++*kinds[response->kind];
	counters->bad_tsig += response->bad_tsig;
	switch (response->rcode) {
	case HF_RCODE_NOERROR:
		break;
	case HF_RCODE_SERVFAIL:
		counters->servfail++;
		break;
	case HF_RCODE_FORMERR:
		counters->malformed++;
		break;
	default:
		counters->refused++;
	}
}

/* Tells the owner of the server what it wants to know. */
static void report(struct hf_server *server, const struct hf_arrival *arrival,
        const struct hf_response *response)
{
	const struct hf_server_events *events = &server->events;
	if (response->why != NULL && events->refusal != NULL) {
		const struct hf_server_refusal refusal = {
		        .zone = &response->zone,
		        .from = arrival->from,
		        .rcode = response->rcode,
		        .why = response->why,
		};
		events->refusal(events->context, &refusal);
	} else if (response->kind == HF_QUERY_NOTIFY && response->rcode == HF_RCODE_NOERROR &&
	           events->notify != NULL) {
		const struct hf_server_notify notify = {
		        .zone = &response->zone,
		        .from = arrival->from,
		        .key = hf_response_key(response),
		        .has_serial = response->has_serial,
		        .serial = response->serial,
		};
		events->notify(events->context, &notify);
	}
}

enum hf_err hf_server_answer(struct hf_server *server, const struct hf_arrival *arrival,
        struct hf_response *ret_response)
{
	enum hf_err err = hf_responder_answer(server->responder, arrival, ret_response);
	if (err != HF_OK || ret_response->deed == HF_RESPONSE_NONE) {
		server->counters.dropped++;
		return err;
	}
	count(server, ret_response, arrival->tcp);
	report(server, arrival, ret_response);
	return HF_OK;
}

/* ---- UDP ---- */

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
	(void)suggested;
	const struct hf_listener *listener = handle->data;
	*ret_buffer = uv_buf_init(listener->server->buffer, sizeof(listener->server->buffer));
}

static void on_datagram(uv_udp_t *udp, ssize_t len, const uv_buf_t *buffer,
        const struct sockaddr *from, unsigned flags)
{
	struct hf_listener *listener = udp->data;
	struct hf_server *server = listener->server;
	struct hf_endpoint peer;
	if (len < 0 || from == NULL || (flags & UV_UDP_PARTIAL) != 0 || server->closing ||
	        !hf_server_peer(from, &peer))
		return;
	const struct hf_arrival arrival = {
	        .wire = (const uint8_t *)buffer->base,
	        .len = (size_t)len,
	        .from = &peer,
	        .now = time(NULL),
	};
	struct hf_response response;
	if (hf_server_answer(server, &arrival, &response) != HF_OK)
		return;
	if (response.deed == HF_RESPONSE_MESSAGE) {
		const uv_buf_t out =
		        uv_buf_init((char *)response.wire.data, (unsigned)response.wire.len);
		/* When there is no room in the system's queue the other side asks again. */
		if (uv_udp_try_send(udp, &out, 1, from) < 0)
			server->counters.dropped++;
	}
	hf_response_done(&response);
}

/* ---- Listening ---- */

static void on_connection(uv_stream_t *stream, int status)
{
	if (status == 0)
		hf_server_accept(stream->data);
}

static enum hf_err listener_new(
        struct hf_server *server, bool tcp, struct hf_listener **ret_listener)
{
	struct hf_listener *listener = calloc(1, sizeof(*listener));
	if (listener == NULL)
		return HF_ERR_NOMEM;
	listener->server = server;
	int error = tcp ? uv_tcp_init(server->loop, &listener->uv.tcp)
	                : uv_udp_init(server->loop, &listener->uv.udp);
	if (error != 0) {
		free(listener);
		return HF_ERR_NOMEM;
	}
	listener->uv.handle.data = listener;
	server->handles++;
	*ret_listener = listener;
	return HF_OK;
}

static int start(struct hf_listener *listener, bool tcp)
{
	return tcp ? uv_listen((uv_stream_t *)&listener->uv.tcp, BACKLOG, on_connection)
	           : uv_udp_recv_start(&listener->uv.udp, on_room, on_datagram);
}

static int bind_to(struct hf_listener *listener, bool tcp, const struct hf_endpoint *endpoint)
{
	const struct sockaddr *address = &endpoint->address.any;
	bool v6 = hf_endpoint_is_v6(endpoint);
	return tcp ? uv_tcp_bind(&listener->uv.tcp, address, v6 ? UV_TCP_IPV6ONLY : 0)
	           : uv_udp_bind(&listener->uv.udp, address, v6 ? UV_UDP_IPV6ONLY : 0);
}

static void keep(struct hf_server *server, struct hf_listener *listener)
{
	listener->next = server->listeners;
	server->listeners = listener;
}

static enum hf_err listen_on(struct hf_server *server, const struct hf_endpoint *endpoint, bool tcp,
        struct hf_diag *diag, struct hf_listener **ret_listener)
{
	struct hf_listener *listener;
	enum hf_err err = listener_new(server, tcp, &listener);
	if (err != HF_OK)
		return hf_fail(diag, err, "%s", hf_err_text(err));
	int error = bind_to(listener, tcp, endpoint);
	if (error == 0)
		error = start(listener, tcp);
	if (error != 0) {
		char text[HF_ENDPOINT_TEXT];
		uv_close(&listener->uv.handle, on_listener_closed);
		return hf_fail(diag, HF_ERR_IO,
		        "cannot listen on %s over %s: %s; is another server running there?",
		        hf_endpoint_text(endpoint, text), tcp ? "TCP" : "UDP", uv_strerror(error));
	}
	*ret_listener = listener;
	return HF_OK;
}

enum hf_err hf_server_listen(
        struct hf_server *server, const struct hf_endpoint *endpoint, struct hf_diag *diag)
{
	struct hf_listener *udp, *tcp;
	enum hf_err err = listen_on(server, endpoint, false, diag, &udp);
	if (err != HF_OK)
		return err;
	err = listen_on(server, endpoint, true, diag, &tcp);
	if (err != HF_OK) {
		uv_close(&udp->uv.handle, on_listener_closed);
		return err;
	}
	keep(server, udp);
	keep(server, tcp);
	return HF_OK;
}

/* What kind of socket it is; false when it is none of those that can be served. */
static bool look_at(int fd, bool *ret_tcp)
{
	int type, listening, domain;
	socklen_t len = sizeof(type);
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0)
		return false;
	len = sizeof(domain);
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) != 0 ||
	        (domain != AF_INET && domain != AF_INET6))
		return false;
	len = sizeof(listening);
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) != 0)
		return false;
	*ret_tcp = type == SOCK_STREAM;
	return (type == SOCK_STREAM && listening != 0) || type == SOCK_DGRAM;
}

enum hf_err hf_server_adopt(struct hf_server *server, int fd, struct hf_diag *diag)
{
	bool tcp = false;
	struct hf_listener *listener;
	enum hf_err err = HF_OK;
	if (!look_at(fd, &tcp))
		err = hf_fail(diag, HF_ERR_INVALID,
		        "socket %d that was handed over is neither UDP nor listening TCP", fd);
	else if (listener_new(server, tcp, &listener) != HF_OK)
		err = hf_fail(diag, HF_ERR_NOMEM, "%s", hf_err_text(HF_ERR_NOMEM));
	if (err != HF_OK) {
		close(fd);
		return err;
	}
	int error = tcp ? uv_tcp_open(&listener->uv.tcp, fd) : uv_udp_open(&listener->uv.udp, fd);
	if (error != 0)
		close(fd); /* the handle did not take it */
	else
		error = start(listener, tcp);
	if (error != 0) {
		uv_close(&listener->uv.handle, on_listener_closed);
		return hf_fail(diag, HF_ERR_IO, "socket %d that was handed over cannot be used: %s",
		        fd, uv_strerror(error));
	}
	keep(server, listener);
	return HF_OK;
}
