/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The notifier on a real loop with targets that are sockets of this test: many zones at once, what
 * counts as an answer, and what ends it. The queue alone against a plain search.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "dns/message.h"
#include "net/notifier.h"
#include "net/notify_queue.h"
#include "zone/load.h"

enum { MANY = 1000, TARGETS = 3, ENTRIES = 200, STEPS = 20000 };

/* ---- The queue ---- */

static const struct hf_notify_entry *plain_first(
        const struct hf_notify_entry *entries, const bool *queued)
{
	const struct hf_notify_entry *first = NULL;
	for (size_t i = 0; i < ENTRIES; i++)
		if (queued[i] && (first == NULL || entries[i].due < first->due))
			first = &entries[i];
	return first;
}

static void queue_gives_the_first(void **state)
{
	(void)state;
	struct hf_notify_queue queue = {0};
	static struct hf_notify_entry entries[ENTRIES];
	static bool queued[ENTRIES];
	uint32_t seed = 1;
	assert_null(hf_notify_queue_first(&queue));
	assert_int_equal(hf_notify_queue_reserve(&queue, ENTRIES), HF_OK);
	for (unsigned step = 0; step < STEPS; step++) {
		seed = seed * 1664525u + 1013904223u;
		size_t at = (seed >> 16) % ENTRIES;
		bool put = (seed >> 9) % 3 != 0;
		if (put)
			hf_notify_queue_put(&queue, &entries[at], (seed >> 4) % 1000);
		else
			hf_notify_queue_remove(&queue, &entries[at]);
		queued[at] = put;
		const struct hf_notify_entry *first = hf_notify_queue_first(&queue);
		const struct hf_notify_entry *wanted = plain_first(entries, queued);
		assert_true((first == NULL) == (wanted == NULL));
		if (first != NULL)
			assert_int_equal(first->due, wanted->due);
	}
	hf_notify_queue_done(&queue);
}

/* ---- On a loop ---- */

static struct {
	uv_loop_t loop;
	struct hf_notifier *notifier;
	int sockets[TARGETS];
	struct hf_notify_target targets[TARGETS];
	struct hf_version *version; /* serial 5 */
	struct hf_name zone;
} fixture;

static struct hf_version *version_with(uint32_t serial)
{
	char text[128];
	struct hf_version *version;
	const struct hf_load_options options = {.origin = "example."};
	snprintf(text, sizeof(text), "@ 60 SOA ns h %u 1 1 1 1\n@ 60 NS ns\n", (unsigned)serial);
	assert_int_equal(
	        hf_zone_load_text("zone", text, strlen(text), &options, NULL, &version), HF_OK);
	return version;
}

static int open_all(void **state)
{
	(void)state;
	const struct hf_notifier_options options = {0};
	assert_int_equal(uv_loop_init(&fixture.loop), 0);
	assert_int_equal(hf_notifier_new(&fixture.loop, &options, NULL, &fixture.notifier), HF_OK);
	for (size_t i = 0; i < TARGETS; i++) {
		struct sockaddr_in *address = &fixture.targets[i].endpoint.address.v4;
		socklen_t len = sizeof(*address);
		fixture.targets[i] = (struct hf_notify_target){0};
		address->sin_family = AF_INET;
		address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		fixture.sockets[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
		assert_int_equal(bind(fixture.sockets[i], (struct sockaddr *)address, len), 0);
		assert_int_equal(
		        getsockname(fixture.sockets[i], (struct sockaddr *)address, &len), 0);
	}
	fixture.version = version_with(5);
	assert_int_equal(hf_name_from_text("example.", &fixture.zone), HF_OK);
	return 0;
}

static void note_closed(void *context)
{
	*(bool *)context = true;
}

static int close_all(void **state)
{
	(void)state;
	bool closed = false;
	hf_notifier_free(fixture.notifier, note_closed, &closed);
	uv_run(&fixture.loop, UV_RUN_DEFAULT);
	assert_true(closed);
	assert_int_equal(uv_loop_close(&fixture.loop), 0);
	for (size_t i = 0; i < TARGETS; i++)
		close(fixture.sockets[i]);
	hf_version_unref(fixture.version);
	return 0;
}

/* The next NOTIFY at a target; false when there is none now. */
static bool receive(
        size_t target, uint8_t wire[static 512], size_t *ret_len, struct sockaddr_in *ret_from)
{
	socklen_t len = sizeof(*ret_from);
	ssize_t got =
	        recvfrom(fixture.sockets[target], wire, 512, 0, (struct sockaddr *)ret_from, &len);
	*ret_len = got > 0 ? (size_t)got : 0;
	return got > 0;
}

/* Runs the loop until a target has got a NOTIFY. */
static void await(
        size_t target, uint8_t wire[static 512], size_t *ret_len, struct sockaddr_in *ret_from)
{
	for (unsigned turn = 0; turn < 1000; turn++) {
		if (receive(target, wire, ret_len, ret_from))
			return;
		uv_run(&fixture.loop, UV_RUN_NOWAIT); /* or it would wait for the repetition */
		usleep(1000);
	}
	fail_msg("no NOTIFY came");
}

static struct hf_notify_state look(size_t index)
{
	struct hf_notify_state target;
	assert_true(hf_notifier_state(fixture.notifier, &fixture.zone, index, &target));
	return target;
}

/* Sends an answer from a target and lets the notifier read it. */
static void reply(
        size_t target, uint8_t *wire, size_t len, uint16_t flags, const struct sockaddr_in *to)
{
	hf_write_u16(wire + 2, flags);
	assert_int_equal(sendto(fixture.sockets[target], wire, len, 0, (const struct sockaddr *)to,
	                         sizeof(*to)),
	        len);
	for (unsigned turn = 0; turn < 20; turn++)
		uv_run(&fixture.loop, UV_RUN_NOWAIT);
}

static void start_zone(size_t targets)
{
	assert_int_equal(
	        hf_notifier_set(fixture.notifier, &fixture.zone, fixture.targets, targets), HF_OK);
	assert_int_equal(
	        hf_notifier_publish(fixture.notifier, &fixture.zone, fixture.version), HF_OK);
}

static void what_counts_as_an_answer(void **state)
{
	(void)state;
	uint8_t wire[512], other[512];
	size_t len, other_len;
	struct sockaddr_in from;
	start_zone(2);
	await(0, wire, &len, &from);
	await(1, other, &other_len, &from);
	struct hf_message *message;
	assert_int_equal(hf_message_parse(wire, len, NULL, &message), HF_OK);
	assert_int_equal(message->opcode, 4);
	assert_int_equal(message->question.type, KNOT_RRTYPE_SOA);
	assert_non_null(
	        hf_message_find(message, HF_SECTION_ANSWER, &fixture.zone, KNOT_RRTYPE_SOA));
	hf_message_free(message);

	reply(1, wire, len, 0xa400, &from); /* from another target's address */
	assert_false(look(0).answered || look(1).answered);
	reply(0, wire, len, 0x2400, &from); /* a query */
	assert_false(look(0).answered);
	reply(0, wire, len, 0x8400, &from); /* of another opcode */
	assert_false(look(0).answered);
	wire[0] ^= 1;
	reply(0, wire, len, 0xa400, &from); /* with another id */
	assert_false(look(0).answered);
	wire[0] ^= 1;
	assert_int_equal(hf_notifier_counters(fixture.notifier).strays, 4);

	reply(0, wire, len, 0xa405, &from); /* REFUSED */
	assert_false(look(0).answered);
	assert_non_null(strstr(look(0).last_error, "REFUSED"));
	reply(1, other, other_len, 0xa400, &from);
	assert_true(look(1).answered);
	assert_null(look(1).last_error);
	/* It has a minute to transfer before it is told again; the other one has a second. */
	assert_true(look(1).next > look(0).next + HF_NOTIFY_SETTLED / 2);
}

static void what_ends_it(void **state)
{
	(void)state;
	uint8_t wire[512];
	size_t len;
	struct sockaddr_in from;
	start_zone(2);
	await(0, wire, &len, &from);
	hf_notifier_seen(
	        fixture.notifier, &fixture.zone, &fixture.targets[0].endpoint, 4); /* older */
	assert_false(look(0).done);
	assert_true(look(0).has_seen);
	hf_notifier_seen(fixture.notifier, &fixture.zone, &fixture.targets[0].endpoint, 5);
	assert_true(look(0).done);
	assert_true(look(0).next == HF_TIME_NEVER);
	assert_false(look(1).done);
	/* The same serial again is no news; a target that stays keeps its state. */
	start_zone(3);
	assert_true(look(0).done);
	assert_false(look(2).done);
	struct hf_version *next = version_with(6);
	assert_int_equal(hf_notifier_publish(fixture.notifier, &fixture.zone, next), HF_OK);
	hf_version_unref(next);
	assert_false(look(0).done);
	assert_int_equal(look(0).sent, 0);
	await(0, wire, &len, &from);
	assert_int_equal(look(0).sent, 1);
	/* Seen with a later one than was published: somebody else's, but not behind. */
	hf_notifier_seen(fixture.notifier, &fixture.zone, &fixture.targets[1].endpoint, 7);
	assert_true(look(1).done);
	assert_int_equal(hf_notifier_count(fixture.notifier, &fixture.zone), 3);
	hf_notifier_remove(fixture.notifier, &fixture.zone);
	assert_int_equal(hf_notifier_count(fixture.notifier, &fixture.zone), 0);
	assert_int_equal(hf_notifier_publish(fixture.notifier, &fixture.zone, fixture.version),
	        HF_ERR_NOTFOUND);
}

static struct hf_name numbered(unsigned number)
{
	char text[32];
	struct hf_name name;
	snprintf(text, sizeof(text), "zone%u.example.", number);
	assert_int_equal(hf_name_from_text(text, &name), HF_OK);
	return name;
}

/* All zones at once: every target hears of every zone, without bursts that would be lost. */
static void many_zones(void **state)
{
	(void)state;
	uint8_t wire[512];
	size_t len, heard = 0;
	struct sockaddr_in from;
	for (unsigned i = 0; i < MANY; i++) {
		struct hf_name name = numbered(i);
		assert_int_equal(
		        hf_notifier_set(fixture.notifier, &name, fixture.targets, TARGETS), HF_OK);
		assert_int_equal(
		        hf_notifier_publish(fixture.notifier, &name, fixture.version), HF_OK);
	}
	uint64_t end = uv_now(&fixture.loop) + 10000;
	while (heard < MANY * TARGETS && uv_now(&fixture.loop) < end) {
		uv_run(&fixture.loop, UV_RUN_ONCE);
		for (size_t target = 0; target < TARGETS; target++)
			while (receive(target, wire, &len, &from))
				heard++;
	}
	assert_int_equal(heard, MANY * TARGETS);
	for (unsigned i = 0; i < MANY; i += 2) {
		struct hf_name name = numbered(i);
		hf_notifier_remove(fixture.notifier, &name);
		assert_int_equal(hf_notifier_count(fixture.notifier, &name), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(queue_gives_the_first),
	        cmocka_unit_test_setup_teardown(what_counts_as_an_answer, open_all, close_all),
	        cmocka_unit_test_setup_teardown(what_ends_it, open_all, close_all),
	        cmocka_unit_test_setup_teardown(many_zones, open_all, close_all),
	};
	return cmocka_run_group_tests_name("notifier", tests, NULL, NULL);
}
