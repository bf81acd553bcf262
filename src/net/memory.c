/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/memory.h"

#include <stdlib.h>
#include <string.h>

#define MS_PER_SECOND 1000u

static void forget(struct hf_memory_entry *entry)
{
	free(entry->server);
	free(entry->wire);
	*entry = (struct hf_memory_entry){0};
}

void hf_memory_done(struct hf_memory *memory)
{
	for (size_t i = 0; i < memory->count; i++)
		forget(&memory->entries[i]);
	free(memory->entries);
	free(memory->silent);
	*memory = (struct hf_memory){0};
}

static bool same(const struct hf_chain_question *a, const struct hf_chain_question *b)
{
	return hf_name_equal(&a->zone, &b->zone) && hf_question_equal(&a->question, &b->question);
}

static struct hf_memory_entry *find(
        const struct hf_memory *memory, const struct hf_chain_question *question)
{
	for (size_t i = 0; i < memory->count; i++) {
		struct hf_memory_entry *entry = &memory->entries[i];
		if (entry->question.attempt == question->attempt &&
		        same(&entry->question, question))
			return entry;
	}
	return NULL;
}

const struct hf_memory_entry *hf_memory_find(
        const struct hf_memory *memory, const struct hf_chain_question *question, uint64_t now)
{
	const struct hf_memory_entry *entry = find(memory, question);
	return entry != NULL && now < entry->until ? entry : NULL;
}

bool hf_memory_answered(const struct hf_memory *memory, const struct hf_chain_question *question,
        const struct hf_endpoint *endpoint)
{
	for (size_t i = 0; i < memory->count; i++) {
		const struct hf_memory_entry *entry = &memory->entries[i];
		if (entry->answered && entry->question.attempt < question->attempt &&
		        same(&entry->question, question) &&
		        hf_endpoint_equal(&entry->endpoint, endpoint))
			return true;
	}
	return false;
}

/* The question's entry, or a new one in the place of the oldest. */
static enum hf_err place(struct hf_memory *memory, const struct hf_chain_question *question,
        struct hf_memory_entry **ret_entry)
{
	struct hf_memory_entry *entry = find(memory, question);
	if (entry == NULL && memory->count < HF_MEMORY_ENTRIES) {
		struct hf_memory_entry *entries =
		        reallocarray(memory->entries, memory->count + 1, sizeof(*memory->entries));
		if (entries == NULL)
			return HF_ERR_NOMEM;
		memory->entries = entries;
		entry = &entries[memory->count++];
		*entry = (struct hf_memory_entry){.question = *question};
	} else if (entry == NULL) {
		entry = &memory->entries[memory->next];
		memory->next = (memory->next + 1) % HF_MEMORY_ENTRIES;
		forget(entry);
		entry->question = *question;
	}
	*ret_entry = entry;
	return HF_OK;
}

static uint64_t bounded(uint64_t ms)
{
	if (ms < HF_MEMORY_MIN_MS)
		return HF_MEMORY_MIN_MS;
	return ms < HF_MEMORY_MAX_MS ? ms : HF_MEMORY_MAX_MS;
}

static uint64_t life(const struct hf_message *message)
{
	uint64_t ms = HF_MEMORY_MAX_MS;
	for (size_t i = 0; i < message->set_count; i++) {
		const struct hf_rrset *set = &message->sets[i].set;
		uint64_t ttl = (uint64_t)(set->rr_count > 0 ? set->ttl : set->sig_ttl);
		if (ttl * MS_PER_SECOND < ms)
			ms = ttl * MS_PER_SECOND;
	}
	return bounded(ms);
}

enum hf_err hf_memory_keep_answer(struct hf_memory *memory,
        const struct hf_chain_question *question, const struct hf_memory_answer *answer,
        uint64_t now)
{
	struct hf_memory_entry *entry;
	char *server = strdup(answer->server);
	uint8_t *wire = malloc(answer->len + 1);
	enum hf_err err =
	        server == NULL || wire == NULL ? HF_ERR_NOMEM : place(memory, question, &entry);
	if (err != HF_OK) {
		free(server);
		free(wire);
		return err;
	}
	memcpy(wire, answer->wire, answer->len);
	forget(entry);
	*entry = (struct hf_memory_entry){
	        .question = *question,
	        .until = now + life(answer->message),
	        .answered = true,
	        .endpoint = *answer->endpoint,
	        .server = server,
	        .wire = wire,
	        .len = answer->len,
	};
	return HF_OK;
}

enum hf_err hf_memory_keep_failure(struct hf_memory *memory,
        const struct hf_chain_question *question, const char *why, uint64_t now)
{
	struct hf_memory_entry *entry;
	char *words = strdup(why);
	enum hf_err err = words == NULL ? HF_ERR_NOMEM : place(memory, question, &entry);
	if (err != HF_OK) {
		free(words);
		return err;
	}
	unsigned failures = entry->failures;
	forget(entry);
	*entry = (struct hf_memory_entry){
	        .question = *question,
	        .until = now +
	                 bounded((uint64_t)HF_MEMORY_MIN_MS << (failures < 16 ? failures : 16)),
	        .failures = failures + 1,
	        .server = words,
	};
	return HF_OK;
}

static struct hf_silence *silence_of(
        const struct hf_memory *memory, const struct hf_endpoint *endpoint)
{
	for (size_t i = 0; i < memory->silent_count; i++) {
		if (hf_endpoint_equal(&memory->silent[i].endpoint, endpoint))
			return &memory->silent[i];
	}
	return NULL;
}

enum hf_err hf_memory_note_silence(struct hf_memory *memory, const struct hf_endpoint *endpoint)
{
	struct hf_silence *silence = silence_of(memory, endpoint);
	if (silence == NULL) {
		struct hf_silence *silent = reallocarray(
		        memory->silent, memory->silent_count + 1, sizeof(*memory->silent));
		if (silent == NULL)
			return HF_ERR_NOMEM;
		memory->silent = silent;
		silence = &silent[memory->silent_count++];
		*silence = (struct hf_silence){.endpoint = *endpoint};
	}
	silence->times++;
	return HF_OK;
}

unsigned hf_memory_silences(const struct hf_memory *memory, const struct hf_endpoint *endpoint)
{
	const struct hf_silence *silence = silence_of(memory, endpoint);
	return silence != NULL ? silence->times : 0;
}
