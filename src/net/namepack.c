/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/namepack.h"

#include <string.h>

#define POINTER      0xC000u
#define REACH        0x4000u /* places that a pointer can name */
#define POINTER_BYTE 0xC0
#define FULL         (HF_NAMEPACK_SLOTS * 3 / 4)
#define LABELS       128

void hf_namepack_reset(struct hf_namepack *pack)
{
	if (pack->used > 0)
		memset(pack, 0, sizeof(*pack));
}

/* Whether the name at `at`, which may end with pointers that we made, is just this one. */
static bool is_there(const uint8_t *message, size_t at, const uint8_t *name)
{
	for (;;) {
		while (message[at] >= POINTER_BYTE)
			at = hf_read_u16(message + at) & (REACH - 1);
		size_t len = *name + 1u;
		if (message[at] != *name || memcmp(message + at, name, len) != 0)
			return false;
		if (len == 1)
			return true;
		at += len;
		name += len;
	}
}

/* The hash of a label before a name with the hash `rest` (FNV-1a). */
static uint32_t hash_label(uint32_t rest, const uint8_t *label)
{
	uint32_t hash = rest;
	for (size_t i = 0; i <= label[0]; i++)
		hash = (hash ^ label[i]) * 16777619u;
	return hash;
}

/* The slot of a name, or the free one that it would get. */
static uint16_t *slot(
        struct hf_namepack *pack, const uint8_t *message, uint32_t hash, const uint8_t *name)
{
	size_t at = (hash ^ hash >> 16) % HF_NAMEPACK_SLOTS;
	while (pack->places[at] != 0 && !is_there(message, pack->places[at], name))
		at = (at + 1) % HF_NAMEPACK_SLOTS;
	return &pack->places[at];
}

void hf_namepack_put(
        struct hf_namepack *pack, struct hf_buf *out, size_t start, const uint8_t *name, size_t len)
{
	if (!hf_buf_reserve(out, len))
		return;
	size_t labels[LABELS], count = 0;
	uint32_t hashes[LABELS], hash = 2166136261u;
	for (size_t at = 0; name[at] != 0; at += name[at] + 1u)
		labels[count++] = at;
	for (size_t i = count; i-- > 0;)
		hashes[i] = hash = hash_label(hash, name + labels[i]);

	size_t begin = out->len - start, known = 0;
	uint16_t place = 0;
	for (; known < count && place == 0; known += place == 0) {
		uint16_t *found =
		        slot(pack, out->data + start, hashes[known], name + labels[known]);
		place = *found;
	}
	size_t literal = known < count ? labels[known] : len;
	hf_put_bytes(out, name, literal);
	if (place != 0)
		hf_put_u16(out, (uint16_t)(POINTER | place));
	for (size_t i = 0; i < known && pack->used < FULL; i++) {
		size_t at = begin + labels[i];
		if (at >= REACH)
			break;
		uint16_t *free_slot = slot(pack, out->data + start, hashes[i], name + labels[i]);
		if (*free_slot == 0) {
			*free_slot = (uint16_t)at;
			pack->used++;
		}
	}
}
