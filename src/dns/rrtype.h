/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RR types as text. Numbers are libknot's KNOT_RRTYPE_… constants. Thread-safe.
 */
#ifndef HF_DNS_RRTYPE_H
#define HF_DNS_RRTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libknot/descriptor.h>

#include "base/err.h"

#define HF_TYPE_TEXT 32

/* "AAAA", or "TYPE65400" (RFC 3597 section 5). Returns `text`. */
char *hf_type_text(uint16_t type, char text[static HF_TYPE_TEXT]);
/* The type with this name in capitals, when it is one of those that are frequent; 0 otherwise. */
uint16_t hf_type_common(const char *text, size_t len);
/* HF_ERR_SYNTAX when it is not a type. */
enum hf_err hf_type_from_text(const char *text, uint16_t *ret_type) HF_MUST_CHECK;
/* Query and meta types (RFC 6895 section 3.1), which no zone may hold and no bitmap may name. */
bool hf_type_is_meta(uint16_t type);

#endif
