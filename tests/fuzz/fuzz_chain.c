/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A random world with random damage: a walk ends within its bounds, whatever the servers say, and
 * nothing is secure unless it is what the undamaged world has.
 *
 * An input is a world's flags, a question, and instructions: which answer to damage, and how.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "../chain/toyworld.h"

#define ANSWERS 64 /* that an input can damage */

static const char *const names[] = {"www.leaf.tld.", "alias.leaf.tld.", "nothing.leaf.tld.",
        "foo.wild.leaf.tld.", "www.moved.leaf.tld.", "www.sub.leaf.tld.", "www.bare.leaf.tld.",
        "leaf.tld.", "toplain.leaf.tld.", "c.leaf.tld.", "www.deep.plain.tld.", "outside.leaf.tld.",
        "www.plain.tld."};
static const uint16_t types[] = {KNOT_RRTYPE_A, KNOT_RRTYPE_TXT, KNOT_RRTYPE_DS, KNOT_RRTYPE_DNSKEY,
        KNOT_RRTYPE_NSEC, KNOT_RRTYPE_CNAME, KNOT_RRTYPE_SOA};

/* The worlds are made once; nothing changes them. */
static struct world worlds[8];
static bool made[8];

static struct world *world_for(uint8_t flags)
{
	static const unsigned kinds[] = {WORLD_NSEC, WORLD_NSEC3, WORLD_NSEC3 | WORLD_OPT_OUT,
	        WORLD_NSEC | WORLD_SHARED, WORLD_NSEC3 | WORLD_SHARED, WORLD_NSEC3 | WORLD_PAIRED};
	size_t index = flags % (sizeof(kinds) / sizeof(kinds[0]));
	if (!made[index])
		world_init(&worlds[index], kinds[index]);
	made[index] = true;
	return &worlds[index];
}

/* One instruction: how to damage the answer with this number. */
struct damage {
	uint8_t kind;
	uint16_t at;
	uint8_t value;
};

static void apply(struct hf_buf *wire, const struct damage *damage)
{
	if (wire->len < 12)
		return;
	size_t at = 2 + damage->at % (wire->len - 2);
	switch (damage->kind % 5) {
	case 0:
		wire->data[at] ^= damage->value;
		break;
	case 1:
		wire->len = at;
		break;
	case 2:
		/* It must not move while it is copied to its own end. */
		if (hf_buf_reserve(wire, wire->len - at))
			hf_put_bytes(wire, wire->data + at, wire->len - at);
		break;
	case 3: /* records of a section are forgotten or repeated */
		wire->data[7 + 2 * (damage->at % 3)] = damage->value;
		break;
	default:
		wire->len = 0;
		break;
	}
}

struct input {
	struct world *world;
	struct hf_question question;
	const struct damage *damages;
	size_t count;
};

/* The world's answer, damaged when `damaged` says so; NULL for none that can be read. */
static struct hf_message *answer(
        const struct input *input, const struct hf_chain_question *question, unsigned number)
{
	struct hf_message *message = NULL;
	struct hf_buf wire = {0};
	world_answer(input->world, question, &wire);
	if (number < input->count)
		apply(&wire, &input->damages[number]);
	if (wire.len > 0 && hf_message_parse(wire.data, wire.len, NULL, &message) != HF_OK)
		message = NULL;
	hf_buf_done(&wire);
	return message;
}

static struct hf_chain *walk(const struct input *input)
{
	struct hf_chain *chain;
	struct hf_chain_question question;
	if (hf_chain_new(&input->question, &input->world->anchors, NULL, WORLD_AT, NULL, &chain) !=
	        HF_OK)
		abort();
	for (unsigned i = 0; hf_chain_wants(chain, &question); i++) {
		struct hf_chain_reply reply = {.message = answer(input, &question, i)};
		if (i > HF_CHAIN_QUESTIONS || hf_chain_answer(chain, &reply) != HF_OK)
			abort();
	}
	return chain;
}

static bool same_set(const struct hf_trace_set *a, const struct hf_trace_set *b)
{
	return hf_name_equal(&a->owner, &b->owner) && a->set.type == b->set.type &&
	       a->set.rrs_len == b->set.rrs_len &&
	       memcmp(a->set.rrs, b->set.rrs, a->set.rrs_len) == 0;
}

/* What is secure in spite of damage is the truth. */
static void compare(const struct hf_trace *damaged, const struct hf_trace *whole)
{
	if (damaged->status != HF_CHAIN_SECURE)
		return;
	if (whole->status != HF_CHAIN_SECURE || damaged->rcode != whole->rcode ||
	        damaged->answer_count != whole->answer_count)
		abort();
	for (size_t i = 0; i < damaged->answer_count; i++)
		if (!same_set(&damaged->answer[i], &whole->answer[i]))
			abort();
}

static void check(const struct hf_trace *trace)
{
	if (trace->questions > HF_CHAIN_QUESTIONS || trace->signatures > HF_CHAIN_SIGNATURES ||
	        trace->hashes > HF_CHAIN_HASHES)
		abort();
	if (trace->link_count == 0 || trace->has_broken != (trace->status != HF_CHAIN_SECURE))
		abort();
	if (trace->has_broken && (trace->broken.cause[0] == '\0' || trace->broken.fix[0] == '\0' ||
	                                 trace->broken.link >= trace->link_count))
		abort();
	if (trace->status == HF_CHAIN_BOGUS &&
	        (trace->ede_count == 0 || trace->validating_rcode != HF_RCODE_SERVFAIL))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct damage damages[ANSWERS];
	struct input input = {.damages = damages};
	if (size < 3)
		return 0;
	input.world = world_for(data[0]);
	if (hf_name_from_text(names[data[1] % (sizeof(names) / sizeof(names[0]))],
	            &input.question.name) != HF_OK)
		abort();
	input.question.type = types[data[2] % (sizeof(types) / sizeof(types[0]))];
	struct hf_chain *whole = walk(&input);
	for (size_t at = 3; at + 4 <= size && input.count < ANSWERS; at += 4)
		damages[input.count++] = (struct damage){
		        .kind = data[at], .at = hf_read_u16(data + at + 1), .value = data[at + 3]};
	struct hf_chain *damaged = walk(&input);
	check(hf_chain_trace(whole));
	check(hf_chain_trace(damaged));
	compare(hf_chain_trace(damaged), hf_chain_trace(whole));
	hf_chain_free(whole);
	hf_chain_free(damaged);
	return 0;
}
