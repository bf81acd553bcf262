/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unbound_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <unbound.h>
#include <unistd.h>

#include "dns/rdatatext.h"

static const char *const zones[PEER_ZONES] = {".", "tld.", "leaf.tld.", "sub.leaf.tld.",
        "plain.tld.", "deep.plain.tld.", "far.ent.plain.tld.", "bare.leaf.tld.", "other."};

static void respond(struct peer *peer, size_t zone)
{
	uint8_t query[4096];
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	struct hf_message *message;
	struct hf_buf wire = {0};
	ssize_t len = recvfrom(
	        peer->fds[zone].fd, query, sizeof(query), 0, (struct sockaddr *)&from, &from_len);
	if (len < 0 || hf_message_parse(query, (size_t)len, NULL, &message) != HF_OK)
		return;
	struct hf_chain_question question = {.question = message->question};
	if (hf_name_from_text(zones[zone], &question.zone) != HF_OK)
		abort();
	world_answer(peer->world, &question, &wire);
	if (wire.len > 0) {
		hf_write_u16(wire.data, message->id);
		(void)!sendto(peer->fds[zone].fd, wire.data, wire.len, 0, (struct sockaddr *)&from,
		        from_len);
	}
	hf_buf_done(&wire);
	hf_message_free(message);
}

static void *serve(void *argument)
{
	struct peer *peer = argument;
	while (poll(peer->fds, PEER_ZONES + 1, -1) > 0 && peer->fds[PEER_ZONES].revents == 0)
		for (size_t i = 0; i < PEER_ZONES; i++)
			if (peer->fds[i].revents != 0)
				respond(peer, i);
	return NULL;
}

void peer_start(struct peer *peer, struct world *world)
{
	peer->world = world;
	for (size_t i = 0; i < PEER_ZONES; i++) {
		struct sockaddr_in at = {.sin_family = AF_INET};
		socklen_t len = sizeof(at);
		at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		assert_true(fd >= 0);
		assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
		assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
		peer->fds[i] = (struct pollfd){.fd = fd, .events = POLLIN};
		peer->ports[i] = ntohs(at.sin_port);
	}
	assert_int_equal(pipe(peer->stop), 0);
	peer->fds[PEER_ZONES] = (struct pollfd){.fd = peer->stop[0], .events = POLLIN};
	assert_int_equal(pthread_create(&peer->thread, NULL, serve, peer), 0);
}

void peer_stop(struct peer *peer)
{
	assert_int_equal(write(peer->stop[1], "", 1), 1);
	assert_int_equal(pthread_join(peer->thread, NULL), 0);
	for (size_t i = 0; i < PEER_ZONES; i++)
		close(peer->fds[i].fd);
	close(peer->stop[0]);
	close(peer->stop[1]);
}

/* ---- Unbound ---- */

static void option(struct ub_ctx *context, const char *name, const char *value)
{
	assert_int_equal(ub_ctx_set_option(context, name, value), 0);
}

static void add_anchors(struct ub_ctx *context, const struct hf_anchors *anchors)
{
	for (size_t i = 0; i < anchors->count; i++) {
		const struct hf_anchor *anchor = &anchors->list[i];
		char zone[HF_NAME_TEXT], type[HF_TYPE_TEXT];
		struct hf_buf text = {0};
		hf_put_format(&text, "%s 3600 IN %s ", hf_name_text(&anchor->zone, zone),
		        hf_type_text(anchor->type, type));
		assert_int_equal(hf_rdata_text(anchor->type,
		                         (struct hf_rdata){anchor->data, anchor->len}, &text),
		        HF_OK);
		hf_put_u8(&text, 0);
		assert_int_equal(ub_ctx_add_ta(context, (const char *)text.data), 0);
		hf_buf_done(&text);
	}
}

static struct ub_ctx *resolver(const struct peer *peer)
{
	struct ub_ctx *context = ub_ctx_create();
	assert_non_null(context);
	option(context, "do-not-query-localhost:", "no");
	option(context, "val-override-date:", "20260115000000");
	/* Unbound lets clocks be wrong by an hour or more; we do not. */
	option(context, "val-sig-skew-min:", "0");
	option(context, "val-sig-skew-max:", "0");
	option(context, "module-config:", "validator iterator");
	option(context, "target-fetch-policy:", "0 0 0 0 0");
	option(context, "do-ip6:", "no");
	for (size_t i = 0; i < PEER_ZONES; i++) {
		char address[32];
		snprintf(address, sizeof(address), "127.0.0.1@%u", peer->ports[i]);
		assert_int_equal(ub_ctx_set_stub(context, zones[i], address, 0), 0);
	}
	add_anchors(context, &peer->world->anchors);
	return context;
}

enum peer_verdict peer_ask(const struct peer *peer, const char *name, uint16_t type)
{
	struct ub_ctx *context = resolver(peer);
	struct ub_result *result;
	assert_int_equal(ub_resolve(context, name, type, 1, &result), 0);
	bool fails = result->bogus || result->rcode == HF_RCODE_SERVFAIL;
	enum peer_verdict verdict = fails ? IS_BOGUS : result->secure ? IS_SECURE : IS_INSECURE;
	ub_resolve_free(result);
	ub_ctx_delete(context);
	return verdict;
}

/* ---- Comparing ---- */

enum peer_verdict peer_ours(struct world *world, const char *name, uint16_t type)
{
	struct hf_chain *chain = world_trace(world, name, type);
	const struct hf_trace *trace = hf_chain_trace(chain);
	enum peer_verdict verdict = IS_INSECURE; /* without an anchor too, for a resolver */
	if (trace->validating_rcode == HF_RCODE_SERVFAIL)
		verdict = IS_BOGUS;
	else if (trace->status == HF_CHAIN_SECURE)
		verdict = IS_SECURE;
	hf_chain_free(chain);
	return verdict;
}
