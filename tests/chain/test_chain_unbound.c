/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The same worlds, defects and clock for Unbound: its verdict must be ours.
 *
 * A thread serves the world over UDP on loopback, each zone at a port of its own; Unbound knows the
 * zones' servers as stubs, so that it asks what a walk asks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unbound.h>
#include <unistd.h>

#include "defects.h"
#include "dns/rdatatext.h"
#include "goodnames.h"

static const char *const zones[] = {".", "tld.", "leaf.tld.", "sub.leaf.tld.", "plain.tld.",
        "deep.plain.tld.", "far.ent.plain.tld.", "bare.leaf.tld.", "other."};
#define ZONES (sizeof(zones) / sizeof(zones[0]))

/* What the serving thread has; it stops when a byte comes through the pipe. */
struct service {
	struct world *world;
	struct pollfd fds[ZONES + 1];
	uint16_t ports[ZONES];
	int stop[2];
	pthread_t thread;
};

static void respond(struct service *service, size_t zone)
{
	uint8_t query[4096];
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	struct hf_message *message;
	struct hf_buf wire = {0};
	ssize_t len = recvfrom(service->fds[zone].fd, query, sizeof(query), 0,
	        (struct sockaddr *)&from, &from_len);
	if (len < 0 || hf_message_parse(query, (size_t)len, NULL, &message) != HF_OK)
		return;
	struct hf_chain_question question = {.question = message->question};
	if (hf_name_from_text(zones[zone], &question.zone) != HF_OK)
		abort();
	world_answer(service->world, &question, &wire);
	if (wire.len > 0) {
		hf_write_u16(wire.data, message->id);
		(void)!sendto(service->fds[zone].fd, wire.data, wire.len, 0,
		        (struct sockaddr *)&from, from_len);
	}
	hf_buf_done(&wire);
	hf_message_free(message);
}

static void *serve(void *argument)
{
	struct service *service = argument;
	while (poll(service->fds, ZONES + 1, -1) > 0 && service->fds[ZONES].revents == 0)
		for (size_t i = 0; i < ZONES; i++)
			if (service->fds[i].revents != 0)
				respond(service, i);
	return NULL;
}

static void start(struct service *service, struct world *world)
{
	service->world = world;
	for (size_t i = 0; i < ZONES; i++) {
		struct sockaddr_in at = {.sin_family = AF_INET};
		socklen_t len = sizeof(at);
		at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		assert_true(fd >= 0);
		assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
		assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
		service->fds[i] = (struct pollfd){.fd = fd, .events = POLLIN};
		service->ports[i] = ntohs(at.sin_port);
	}
	assert_int_equal(pipe(service->stop), 0);
	service->fds[ZONES] = (struct pollfd){.fd = service->stop[0], .events = POLLIN};
	assert_int_equal(pthread_create(&service->thread, NULL, serve, service), 0);
}

static void stop(struct service *service)
{
	assert_int_equal(write(service->stop[1], "", 1), 1);
	assert_int_equal(pthread_join(service->thread, NULL), 0);
	for (size_t i = 0; i < ZONES; i++)
		close(service->fds[i].fd);
	close(service->stop[0]);
	close(service->stop[1]);
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

static struct ub_ctx *resolver(const struct service *service)
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
	for (size_t i = 0; i < ZONES; i++) {
		char address[32];
		snprintf(address, sizeof(address), "127.0.0.1@%u", service->ports[i]);
		assert_int_equal(ub_ctx_set_stub(context, zones[i], address, 0), 0);
	}
	add_anchors(context, &service->world->anchors);
	return context;
}

enum verdict { IS_SECURE, IS_INSECURE, IS_BOGUS };

static enum verdict ask(const struct service *service, const char *name, uint16_t type)
{
	struct ub_ctx *context = resolver(service);
	struct ub_result *result;
	assert_int_equal(ub_resolve(context, name, type, 1, &result), 0);
	bool fails = result->bogus || result->rcode == HF_RCODE_SERVFAIL;
	enum verdict verdict = fails ? IS_BOGUS : result->secure ? IS_SECURE : IS_INSECURE;
	ub_resolve_free(result);
	ub_ctx_delete(context);
	return verdict;
}

/* ---- Comparing ---- */

static enum verdict ours(struct world *world, const char *name, uint16_t type)
{
	struct hf_chain *chain = world_trace(world, name, type);
	const struct hf_trace *trace = hf_chain_trace(chain);
	enum verdict verdict = IS_INSECURE; /* without an anchor too, for a resolver */
	if (trace->validating_rcode == HF_RCODE_SERVFAIL)
		verdict = IS_BOGUS;
	else if (trace->status == HF_CHAIN_SECURE)
		verdict = IS_SECURE;
	hf_chain_free(chain);
	return verdict;
}

/* Where we judge otherwise, and why. */
static const struct exception {
	const char *defect;
	const char *why;
} exceptions[] = {
        {"DS with SHA-1 beside SHA-256",
                "RFC 4509 section 3 has SHA-1 ignored; Unbound does so with harden-algo-downgrade"},
        {"many keys", "a bound of ours that Unbound of this age has not"},
        {"signed by the parent", "RFC 4035 section 5.3.1: the signer must be the set's own zone"},
        {"ZSK revoked", "RFC 5011 section 2.1: a revoked key must not be used"},
        {"many hashes", "the bound is this test's own"},
};

static bool is_exception(const struct defect *defect)
{
	for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++)
		if (strcmp(exceptions[i].defect, defect->name) == 0)
			return true;
	return false;
}

static const char *const words[] = {"secure", "insecure", "bogus"};

static bool same(const struct defect *defect, unsigned flags)
{
	struct world world;
	struct service service;
	world_init(&world, flags);
	defect->damage(&world);
	enum verdict we = ours(&world, defect->qname, defect->type);
	start(&service, &world);
	enum verdict they = ask(&service, defect->qname, defect->type);
	stop(&service);
	world_done(&world);
	bool equal = we == they;
	if (equal == is_exception(defect))
		print_error("%s (flags %u): we say %s, Unbound says %s\n", defect->name, flags,
		        words[we], words[they]);
	return equal != is_exception(defect);
}

static void compare(const struct defects *defects)
{
	unsigned wrong = 0;
	for (size_t i = 0; i < defects->count; i++) {
		const struct defect *defect = &defects->list[i];
		if ((defect->kinds & IN_NSEC3) == 0)
			wrong += !same(defect, WORLD_NSEC);
		if ((defect->kinds & IN_NSEC) == 0)
			wrong += !same(defect, WORLD_NSEC3);
	}
	assert_int_equal(wrong, 0);
}

static void test_links(void **state)
{
	compare(&link_defects);
}

static void test_signatures(void **state)
{
	compare(&signature_defects);
}

static void test_denial(void **state)
{
	compare(&denial_defects);
}

/* Names in a world without defects. */
static void test_good(void **state)
{
	static const unsigned kinds[] = {WORLD_NSEC, WORLD_NSEC3, WORLD_NSEC3 | WORLD_OPT_OUT};
	unsigned wrong = 0;
	for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
		struct world world;
		struct service service;
		world_init(&world, kinds[kind]);
		start(&service, &world);
		for (size_t i = 0; i < good_name_count; i++) {
			const struct good_name *good = &good_names[i];
			enum verdict we = ours(&world, good->name, good->type);
			enum verdict they = ask(&service, good->name, good->type);
			if (we != they) {
				print_error("%s (flags %u): we say %s, Unbound says %s\n",
				        good->name, kinds[kind], words[we], words[they]);
				wrong++;
			}
		}
		stop(&service);
		world_done(&world);
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_good),
	        cmocka_unit_test(test_links),
	        cmocka_unit_test(test_signatures),
	        cmocka_unit_test(test_denial),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_end();
	return failed;
}
