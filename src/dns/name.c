/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/name.h"

#include <assert.h>
#include <string.h>

#include <libknot/dname.h>

#define LABEL_MAX  63
#define LABELS_MAX 127

const struct hf_name HF_NAME_ROOT = {.len = 1, .wire = {0}};

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

size_t hf_name_wire_len(const uint8_t *wire, size_t max)
{
	size_t at = 0;
	while (at < max && at < HF_NAME_MAX) {
		uint8_t len = wire[at];
		if (len == 0)
			return at + 1;
		if (len > LABEL_MAX)
			return 0; /* a compression pointer or an extended label */
		at += 1u + len;
	}
	return 0;
}

bool hf_get_name(struct hf_cursor *cursor, struct hf_name *ret_name)
{
	size_t len = hf_name_wire_len(cursor->at, hf_cursor_left(cursor));
	if (len == 0) {
		cursor->failed = true;
		return false;
	}
	memcpy(ret_name->wire, hf_get_bytes(cursor, len), len);
	ret_name->len = (uint8_t)len;
	return true;
}

enum hf_err hf_name_from_text(const char *text, struct hf_name *ret_name)
{
	struct hf_name name;
	if (text[0] == '\0' || knot_dname_from_str(name.wire, text, sizeof(name.wire)) == NULL)
		return HF_ERR_SYNTAX;
	name.len = (uint8_t)hf_name_wire_len(name.wire, sizeof(name.wire));
	if (name.len == 0)
		return HF_ERR_SYNTAX;
	*ret_name = name;
	return HF_OK;
}

/* Letters, digits and what else no reader of zone files takes for anything special. */
static bool is_plain(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '*' || c == '/';
}

static char *escape(char *out, uint8_t c)
{
	*out++ = '\\';
	if (c > ' ' && c < 0x7f) {
		*out++ = (char)c;
		return out;
	}
	*out++ = (char)('0' + c / 100);
	*out++ = (char)('0' + c / 10 % 10);
	*out++ = (char)('0' + c % 10);
	return out;
}

size_t hf_name_wire_text(const uint8_t *wire, char text[static HF_NAME_TEXT])
{
	char *out = text;
	if (*wire == 0)
		*out++ = '.';
	while (*wire != 0) {
		for (unsigned left = *wire++; left > 0; left--, wire++) {
			if (is_plain(*wire))
				*out++ = (char)*wire;
			else
				out = escape(out, *wire);
		}
		*out++ = '.';
	}
	*out = '\0';
	return (size_t)(out - text);
}

char *hf_name_text(const struct hf_name *name, char text[static HF_NAME_TEXT])
{
	hf_name_wire_text(name->wire, text);
	return text;
}

/* The eight bytes of a word at once. A high bit marks a byte from 'A' to 'Z' and moves to 0x20. */
static uint64_t lower_word(uint64_t word)
{
	const uint64_t each = UINT64_C(0x0101010101010101);
	uint64_t low = word & 0x7f * each;
	uint64_t letters = (low + (0x80 - 'A') * each) & ~(low + (0x7f - 'Z') * each) & ~word;
	return word | (letters & 0x80 * each) >> 2;
}

void hf_lower(uint8_t *wire, size_t len)
{
	/* Length bytes are at most 63, below 'A', and stay as they are. */
	size_t at = 0;
	for (; at + 8 <= len; at += 8) {
		uint64_t word;
		memcpy(&word, wire + at, 8);
		word = lower_word(word);
		memcpy(wire + at, &word, 8);
	}
	for (; at < len; at++)
		wire[at] = lower(wire[at]);
}

void hf_name_lower(struct hf_name *name)
{
	hf_lower(name->wire, name->len);
}

/* Equal but for case; length bytes compare as themselves. */
static bool same(const uint8_t *a, const uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (lower(a[i]) != lower(b[i]))
			return false;
	return true;
}

bool hf_name_equal(const struct hf_name *a, const struct hf_name *b)
{
	return a->len == b->len &&
	       (memcmp(a->wire, b->wire, a->len) == 0 || same(a->wire, b->wire, a->len));
}

bool hf_name_is_under(const struct hf_name *name, const struct hf_name *ancestor)
{
	size_t at = 0;
	while (name->len - at > ancestor->len)
		at += 1u + name->wire[at];
	return name->len - at == ancestor->len &&
	       same(name->wire + at, ancestor->wire, ancestor->len);
}

int hf_name_cmp(const struct hf_name *a, const struct hf_name *b)
{
	struct hf_key ka, kb;
	hf_key_from_name(a, &ka);
	hf_key_from_name(b, &kb);
	return hf_key_cmp(ka.bytes, ka.len, kb.bytes, kb.len);
}

unsigned hf_name_labels(const struct hf_name *name)
{
	unsigned labels = 0;
	for (size_t at = 0; name->wire[at] != 0; at += 1u + name->wire[at])
		labels++;
	return labels;
}

bool hf_name_is_wildcard(const struct hf_name *name)
{
	return name->wire[0] == 1 && name->wire[1] == '*';
}

void hf_name_strip(const struct hf_name *name, unsigned count, struct hf_name *ret_name)
{
	size_t at = 0;
	while (count-- > 0 && name->wire[at] != 0)
		at += 1u + name->wire[at];
	uint8_t len = (uint8_t)(name->len - at);
	memmove(ret_name->wire, name->wire + at, len);
	ret_name->len = len;
}

enum hf_err hf_name_wildcard(const struct hf_name *name, struct hf_name *ret_name)
{
	if (name->len > HF_NAME_MAX - 2)
		return HF_ERR_LIMIT;
	uint8_t len = name->len;
	memmove(ret_name->wire + 2, name->wire, len);
	ret_name->wire[0] = 1;
	ret_name->wire[1] = '*';
	ret_name->len = (uint8_t)(len + 2);
	return HF_OK;
}

/*
 * The key: labels from the root's side, each followed by a zero byte. The bytes 0 and 1 inside a
 * label become (1, 1) and (1, 2), so a label's end sorts before anything that a label may hold.
 */
void hf_key_from_name(const struct hf_name *name, struct hf_key *ret_key)
{
	uint8_t starts[LABELS_MAX];
	unsigned labels = 0;
	for (size_t at = 0; name->wire[at] != 0; at += 1u + name->wire[at])
		starts[labels++] = (uint8_t)at;
	uint8_t *out = ret_key->bytes;
	while (labels-- > 0) {
		const uint8_t *label = name->wire + starts[labels];
		for (unsigned i = 1; i <= label[0]; i++) {
			uint8_t c = lower(label[i]);
			if (c <= 1) {
				*out++ = 1;
				c++;
			}
			*out++ = c;
		}
		*out++ = 0;
	}
	ret_key->len = (uint16_t)(out - ret_key->bytes);
}

/* Undoes the escapes of a label in a key; false when it is not from a key. */
static bool unescape(const uint8_t *from, const uint8_t *end, uint8_t *label, uint8_t *ret_len)
{
	uint8_t len = 0;
	for (; from < end; from++) {
		uint8_t c = *from;
		if (c == 1) {
			if (++from == end || *from < 1 || *from > 2)
				return false;
			c = (uint8_t)(*from - 1);
		}
		if (len == LABEL_MAX || lower(c) != c)
			return false;
		label[len++] = c;
	}
	*ret_len = len;
	return true;
}

/* Reads the label that ends at `end` backwards into `label`; returns its start, NULL on error. */
static const uint8_t *label_before(
        const uint8_t *start, const uint8_t *end, uint8_t *label, uint8_t *ret_len)
{
	const uint8_t *at = end - 1; /* its terminating zero */
	bool odd = false;            /* escapes, and what no key has */
	if (*at != 0)
		return NULL;
	while (at > start && at[-1] != 0) {
		at--;
		odd |= *at == 1 || lower(*at) != *at;
	}
	size_t len = (size_t)(end - 1 - at);
	if (odd || len > LABEL_MAX)
		return unescape(at, end - 1, label, ret_len) && *ret_len > 0 ? at : NULL;
	memcpy(label, at, len);
	*ret_len = (uint8_t)len;
	return len > 0 ? at : NULL;
}

bool hf_key_to_name(const uint8_t *bytes, size_t len, struct hf_name *ret_name)
{
	struct hf_name name;
	size_t out = 0;
	const uint8_t *end = bytes + len;
	while (end > bytes) {
		uint8_t label[LABEL_MAX], label_len;
		end = label_before(bytes, end, label, &label_len);
		if (end == NULL || out + 1 + label_len + 1 > HF_NAME_MAX)
			return false;
		name.wire[out++] = label_len;
		memcpy(name.wire + out, label, label_len);
		out += label_len;
	}
	name.wire[out++] = 0;
	name.len = (uint8_t)out;
	*ret_name = name;
	return true;
}

int hf_key_cmp(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
	if (order != 0)
		return order;
	return (a_len > b_len) - (a_len < b_len);
}

bool hf_key_is_under(const uint8_t *key, size_t len, const uint8_t *ancestor, size_t ancestor_len)
{
	return len >= ancestor_len && memcmp(key, ancestor, ancestor_len) == 0;
}

unsigned hf_key_labels(const uint8_t *key, size_t len)
{
	unsigned labels = 0;
	for (size_t i = 0; i < len; i++)
		labels += key[i] == 0;
	return labels;
}

size_t hf_key_prefix(const uint8_t *key, size_t len, unsigned labels)
{
	size_t at = 0;
	for (; labels > 0 && at < len; labels--) {
		const uint8_t *end = memchr(key + at, 0, len - at);
		assert(end != NULL);
		at = (size_t)(end - key) + 1;
	}
	return at;
}
