/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Worlds in memory behind real sockets: name servers on loopback, each at an address of its own and
 * all at one port, served by one thread over UDP.
 *
 * A world must not change while it is served. Every function ends the test when something cannot
 * be done.
 */
#ifndef HF_TESTS_CHAIN_LOOPBACK_H
#define HF_TESTS_CHAIN_LOOPBACK_H

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#include "toyworld.h"

#define LOOPBACK_SERVERS 16

/* What a server that misbehaves makes of the right response; false: it says nothing. */
typedef bool loopback_behave(void *context, const struct hf_message *query, struct hf_buf *wire);

struct loopback_server {
	struct world *world;
	const char *zone; /* whose server it is */
	loopback_behave *behave;
	void *context;
};

struct loopback {
	struct loopback_server servers[LOOPBACK_SERVERS];
	size_t count;
	struct pollfd fds[LOOPBACK_SERVERS + 1];
	char hosts[LOOPBACK_SERVERS][INET_ADDRSTRLEN];
	uint16_t port;
	atomic_uint queries; /* received so far, by all */
	int stop[2];
	pthread_t thread;
};

void loopback_start(struct loopback *loopback, const struct loopback_server *servers, size_t count);
void loopback_stop(struct loopback *loopback);
/* Hints that name every server for its zone: the caller frees the buffer. */
void loopback_hints(const struct loopback *loopback, struct hf_buf *out);

#endif
