/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the transfer server share. For them only; all on the loop's thread.
 */
#ifndef HF_NET_SERVER_INSIDE_H
#define HF_NET_SERVER_INSIDE_H

#include "net/server.h"

#define HF_TCP_PREFIX 2

struct hf_connection;

/* A socket that takes datagrams or connections. */
struct hf_listener {
	struct hf_server *server;
	struct hf_listener *next;
	union {
		uv_handle_t handle;
		uv_udp_t udp;
		uv_tcp_t tcp;
	} uv;
	bool pending; /* a connection that could not be taken for want of memory */
};

struct hf_server {
	uv_loop_t *loop;
	struct hf_server_limits limits;
	struct hf_server_events events;
	struct hf_server_counters counters;
	struct hf_responder *responder;
	struct hf_listener *listeners;
	struct hf_connection *connections;                  /* all */
	struct hf_connection *waiting_first, *waiting_last; /* for a turn to transfer */
	uv_timer_t timer;
	size_t handles; /* that the loop still knows */
	bool closing;
	void (*closed)(void *context);
	void *closed_context;
	char buffer[UINT16_MAX]; /* for datagrams */
};

/* An IPv4 address in the dress of an IPv6 one as what it is; false when it is neither. */
bool hf_server_peer(const struct sockaddr *address, struct hf_endpoint *ret_peer);
/* Answers a message, counts it, and tells about it. */
enum hf_err hf_server_answer(struct hf_server *server, const struct hf_arrival *arrival,
        struct hf_response *ret_response);
/* Takes over a reference. A large zone is freed on another thread: the loop must not wait for it.
 * NULL is fine. */
void hf_server_let_go(struct hf_server *server, struct hf_edition *edition);
/* A handle of the server was closed; the last one frees it. */
void hf_server_handle_closed(struct hf_server *server);

/* server_tcp.c */
void hf_server_accept(struct hf_listener *listener);
void hf_server_close_connections(struct hf_server *server);
/* Closes connections that were idle, or without progress, for too long. */
void hf_server_check_connections(struct hf_server *server);

#endif
