/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loopback.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../house/must.h"

#define TRIES 100

/* ---- Serving ---- */

static void respond(struct loopback *loopback, size_t index)
{
	const struct loopback_server *server = &loopback->servers[index];
	uint8_t query[4096];
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	struct hf_message *message;
	struct hf_buf wire = {0};
	ssize_t len = recvfrom(loopback->fds[index].fd, query, sizeof(query), 0,
	        (struct sockaddr *)&from, &from_len);
	if (len < 0 || hf_message_parse(query, (size_t)len, NULL, &message) != HF_OK)
		return;
	loopback->queries++;
	struct hf_chain_question question = {.question = message->question};
	MUST(hf_name_from_text(server->zone, &question.zone) == HF_OK);
	world_answer(server->world, &question, &wire);
	if (wire.len > 0)
		hf_write_u16(wire.data, message->id);
	bool speaks = wire.len > 0;
	if (speaks && server->behave != NULL)
		speaks = server->behave(server->context, message, &wire);
	if (speaks)
		(void)!sendto(loopback->fds[index].fd, wire.data, wire.len, 0,
		        (struct sockaddr *)&from, from_len);
	hf_buf_done(&wire);
	hf_message_free(message);
}

static void *serve(void *argument)
{
	struct loopback *loopback = argument;
	size_t count = loopback->count;
	while (poll(loopback->fds, count + 1, -1) > 0 && loopback->fds[count].revents == 0)
		for (size_t i = 0; i < count; i++)
			if (loopback->fds[i].revents != 0)
				respond(loopback, i);
	return NULL;
}

/* ---- Places ---- */

static bool listen_at(struct loopback *loopback, size_t index, const uint8_t net[2])
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(loopback->port)};
	char *host = loopback->hosts[index];
	snprintf(
	        host, INET_ADDRSTRLEN, "127.%u.%u.%u", net[0], net[1], (unsigned)(index + 1) % 256);
	MUST(inet_pton(AF_INET, host, &at.sin_addr) == 1);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	MUST(fd >= 0);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
		close(fd);
		return false;
	}
	loopback->fds[index] = (struct pollfd){.fd = fd, .events = POLLIN};
	return true;
}

/* A part of loopback and a port that nobody has. */
static bool settle(struct loopback *loopback)
{
	uint8_t dice[4];
	MUST(getrandom(dice, sizeof(dice), 0) == sizeof(dice));
	dice[0] |= 1; /* not where others listen by default */
	loopback->port = (uint16_t)(10000 + hf_read_u16(dice + 2) % 20000);
	for (size_t i = 0; i < loopback->count; i++) {
		if (listen_at(loopback, i, dice))
			continue;
		while (i > 0)
			close(loopback->fds[--i].fd);
		return false;
	}
	return true;
}

void loopback_start(struct loopback *loopback, const struct loopback_server *servers, size_t count)
{
	MUST(count <= LOOPBACK_SERVERS);
	memset(loopback, 0, sizeof(*loopback));
	memcpy(loopback->servers, servers, count * sizeof(*servers));
	loopback->count = count;
	bool settled = false;
	for (unsigned i = 0; i < TRIES && !settled; i++)
		settled = settle(loopback);
	MUST(settled);
	MUST(pipe(loopback->stop) == 0);
	loopback->fds[count] = (struct pollfd){.fd = loopback->stop[0], .events = POLLIN};
	MUST(pthread_create(&loopback->thread, NULL, serve, loopback) == 0);
}

void loopback_stop(struct loopback *loopback)
{
	MUST(write(loopback->stop[1], "", 1) == 1);
	MUST(pthread_join(loopback->thread, NULL) == 0);
	for (size_t i = 0; i < loopback->count; i++)
		close(loopback->fds[i].fd);
	close(loopback->stop[0]);
	close(loopback->stop[1]);
}

void loopback_hints(const struct loopback *loopback, struct hf_buf *out)
{
	for (size_t i = 0; i < loopback->count; i++) {
		const char *zone = loopback->servers[i].zone;
		/* The name that zones of toyworld have for their servers, so that none is new. */
		const char *server = strcmp(zone, ".") == 0 ? "root-servers." : zone;
		hf_put_format(out, "%s 3600 NS ns.%s\nns.%s 3600 A %s\n", zone, server, server,
		        loopback->hosts[i]);
	}
	hf_put_u8(out, 0);
	MUST(hf_buf_check(out) == HF_OK);
	out->len--;
}
