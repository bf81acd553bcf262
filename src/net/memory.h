/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a resolver remembers: answers, failures, and servers that were silent (RFC 9520).
 *
 * An answer is kept for the smallest TTL in it, a failure for a second, and twice as long with each
 * repeat; both for 1 second at least and 5 minutes at most. Pure: the time, in milliseconds, is an
 * argument. For this part only; one thread at a time.
 */
#ifndef HF_NET_MEMORY_H
#define HF_NET_MEMORY_H

#include "chain/chain.h"
#include "net/endpoint.h"

#define HF_MEMORY_MIN_MS  1000u
#define HF_MEMORY_MAX_MS  300000u
#define HF_MEMORY_ENTRIES 1000 /* when it is full, the oldest goes */

struct hf_memory_entry {
	struct hf_chain_question question;
	uint64_t until;
	unsigned failures; /* in a row */
	bool answered;
	struct hf_endpoint endpoint; /* answered: by whom */
	char *server;                /* the same for people; or why there is no answer */
	uint8_t *wire;               /* of the answer */
	size_t len;
};

struct hf_silence {
	struct hf_endpoint endpoint;
	unsigned times;
};

/* Zero-initialised is empty. */
struct hf_memory {
	struct hf_memory_entry *entries;
	size_t count, next;
	struct hf_silence *silent;
	size_t silent_count;
};

void hf_memory_done(struct hf_memory *memory);
/* What is remembered now for this question and attempt; NULL when it has to be asked. */
const struct hf_memory_entry *hf_memory_find(
        const struct hf_memory *memory, const struct hf_chain_question *question, uint64_t now);
/* Whether this server answered the question in an earlier attempt. */
bool hf_memory_answered(const struct hf_memory *memory, const struct hf_chain_question *question,
        const struct hf_endpoint *endpoint);

struct hf_memory_answer {
	const struct hf_endpoint *endpoint;
	const char *server;
	const struct hf_message *message;
	const uint8_t *wire;
	size_t len;
};
enum hf_err hf_memory_keep_answer(struct hf_memory *memory,
        const struct hf_chain_question *question, const struct hf_memory_answer *answer,
        uint64_t now) HF_MUST_CHECK;
enum hf_err hf_memory_keep_failure(struct hf_memory *memory,
        const struct hf_chain_question *question, const char *why, uint64_t now) HF_MUST_CHECK;

enum hf_err hf_memory_note_silence(
        struct hf_memory *memory, const struct hf_endpoint *endpoint) HF_MUST_CHECK;
/* How often it did not answer. */
unsigned hf_memory_silences(const struct hf_memory *memory, const struct hf_endpoint *endpoint);

#endif
