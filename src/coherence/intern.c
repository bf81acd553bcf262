/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "coherence/intern.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"

#define FIRST_SLOTS 32

/* FNV-1a: the bytes are an operator's own history, not an attacker's. */
static uint64_t hash_of(const uint8_t *bytes, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325u;
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3u;
	return hash;
}

void hf_intern_done(struct hf_intern *intern)
{
	for (size_t i = 0; i < intern->count; i++)
		free(intern->entries[i].bytes);
	free(intern->entries);
	free(intern->slots);
	*intern = (struct hf_intern){.count = 0};
}

static bool same(const struct hf_intern_entry *entry, const void *bytes, size_t len, uint64_t hash)
{
	return entry->hash == hash && entry->len == len &&
	       (len == 0 || memcmp(entry->bytes, bytes, len) == 0);
}

/* The slot that has these bytes, or the empty one where they belong. */
static size_t slot_of(const struct hf_intern *intern, const void *bytes, size_t len, uint64_t hash)
{
	size_t slot = hash & (intern->slot_count - 1);
	while (intern->slots[slot] != 0 &&
	        !same(&intern->entries[intern->slots[slot] - 1], bytes, len, hash))
		slot = (slot + 1) & (intern->slot_count - 1);
	return slot;
}

/* Room for one more entry, with half of the slots empty. */
static enum hf_err grow(struct hf_intern *intern)
{
	struct hf_intern_entry *entries =
	        hf_list_room(intern->entries, &intern->cap, intern->count, sizeof(*entries));
	if (entries == NULL)
		return HF_ERR_NOMEM;
	intern->entries = entries;
	if (intern->count * 2 < intern->slot_count)
		return HF_OK;
	size_t slot_count = intern->slot_count == 0 ? FIRST_SLOTS : intern->slot_count * 2;
	uint32_t *slots = calloc(slot_count, sizeof(*slots));
	if (slots == NULL)
		return HF_ERR_NOMEM;
	free(intern->slots);
	intern->slots = slots;
	intern->slot_count = slot_count;
	for (size_t i = 0; i < intern->count; i++) {
		const struct hf_intern_entry *entry = &intern->entries[i];
		slots[slot_of(intern, entry->bytes, entry->len, entry->hash)] = (uint32_t)i + 1;
	}
	return HF_OK;
}

enum hf_err hf_intern_put(struct hf_intern *intern, const void *bytes, size_t len, size_t limit,
        uint32_t *ret_number, bool *ret_new)
{
	enum hf_err err = grow(intern);
	if (err != HF_OK)
		return err;
	uint64_t hash = hash_of(bytes, len);
	size_t slot = slot_of(intern, bytes, len, hash);
	if (intern->slots[slot] != 0) {
		*ret_number = intern->slots[slot] - 1;
		*ret_new = false;
		return HF_OK;
	}
	if (intern->count >= limit)
		return HF_ERR_LIMIT;
	uint8_t *copy = malloc(len == 0 ? 1 : len);
	if (copy == NULL)
		return HF_ERR_NOMEM;
	if (len > 0)
		memcpy(copy, bytes, len);
	intern->entries[intern->count] =
	        (struct hf_intern_entry){.bytes = copy, .len = len, .hash = hash};
	*ret_number = (uint32_t)intern->count++;
	intern->slots[slot] = *ret_number + 1;
	*ret_new = true;
	return HF_OK;
}

void hf_intern_pop(struct hf_intern *intern)
{
	/* The newest entry ends its chain of slots, so an empty slot there breaks no other. */
	struct hf_intern_entry *entry = &intern->entries[intern->count - 1];
	intern->slots[slot_of(intern, entry->bytes, entry->len, entry->hash)] = 0;
	free(entry->bytes);
	intern->count--;
}
