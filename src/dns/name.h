/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Domain names, and the order of everything.
 *
 * A name is kept in wire form (RFC 1035 section 3.1), uncompressed. Its *sort key* is the same
 * name turned around, in lower case, such that memcmp of two keys is the canonical order of
 * RFC 4034 section 6.1, and the key of an ancestor is a prefix of its descendants' keys. The zone
 * tree keeps keys; everything else keeps names. Values, without hidden memory. Thread-safe.
 */
#ifndef HF_DNS_NAME_H
#define HF_DNS_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define HF_NAME_MAX  255
#define HF_NAME_TEXT 1025 /* bytes for any name as text: each byte as \DDD, and NUL */
#define HF_KEY_MAX   510

struct hf_name {
	uint8_t len; /* root label included; 1 for the root, never 0 */
	uint8_t wire[HF_NAME_MAX];
};

/* Key of a name: see hf_key_from_name. */
struct hf_key {
	uint16_t len; /* 0 for the root */
	uint8_t bytes[HF_KEY_MAX];
};

extern const struct hf_name HF_NAME_ROOT;

/* Reads one name from a cursor and keeps its case. False (cursor failed) when it is malformed. */
bool hf_get_name(struct hf_cursor *cursor, struct hf_name *ret_name);
/* Length in bytes of the uncompressed name at the start of `wire`; 0 when it is malformed. */
size_t hf_name_wire_len(const uint8_t *wire, size_t max);
/* From text with escapes (RFC 1035 section 5.1); a missing last dot is added. HF_ERR_SYNTAX. */
enum hf_err hf_name_from_text(const char *text, struct hf_name *ret_name) HF_MUST_CHECK;
/* An uncompressed, well-formed name as text with a last dot, special bytes escaped. Its length. */
size_t hf_name_wire_text(const uint8_t *wire, char text[static HF_NAME_TEXT]);
/* The same for a name. Returns `text`. */
char *hf_name_text(const struct hf_name *name, char text[static HF_NAME_TEXT]);

/* Letters of a name in wire form in lower case; nothing else in it can be one. */
void hf_lower(uint8_t *wire, size_t len);
void hf_name_lower(struct hf_name *name);
/* Both ignore case. */
bool hf_name_equal(const struct hf_name *a, const struct hf_name *b);
bool hf_name_is_under(const struct hf_name *name, const struct hf_name *ancestor); /* at or under */
/* Canonical order: negative, 0, positive. Ignores case. */
int hf_name_cmp(const struct hf_name *a, const struct hf_name *b);

/* Labels without the root's: 0 for the root, 2 for example.com. */
unsigned hf_name_labels(const struct hf_name *name);
bool hf_name_is_wildcard(const struct hf_name *name);
/* Without its `count` leftmost labels (at most hf_name_labels). */
void hf_name_strip(const struct hf_name *name, unsigned count, struct hf_name *ret_name);
/* "*.name"; HF_ERR_LIMIT when that is too long. */
enum hf_err hf_name_wildcard(const struct hf_name *name, struct hf_name *ret_name) HF_MUST_CHECK;

void hf_key_from_name(const struct hf_name *name, struct hf_key *ret_key);
/* The other way; `bytes` must come from hf_key_from_name (false when they do not). */
bool hf_key_to_name(const uint8_t *bytes, size_t len, struct hf_name *ret_name);
int hf_key_cmp(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len);
/* Whether the key is at or under the ancestor's. */
bool hf_key_is_under(const uint8_t *key, size_t len, const uint8_t *ancestor, size_t ancestor_len);
/* Labels of the name that it stands for. */
unsigned hf_key_labels(const uint8_t *key, size_t len);
/* Length of the key of the name's ancestor that has `labels` labels: a prefix of `key`. */
size_t hf_key_prefix(const uint8_t *key, size_t len, unsigned labels);

#endif
