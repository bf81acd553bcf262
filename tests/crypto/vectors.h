/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys and signatures that RFCs print as examples, and how to turn them into bytes. For tests.
 */
#ifndef HF_TESTS_CRYPTO_VECTORS_H
#define HF_TESTS_CRYPTO_VECTORS_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "dns/rdata.h"

struct vector {
	const char *source;
	const char *owner;  /* of the signed record */
	const char *signer; /* owner of the key */
	uint16_t flags;
	uint8_t algorithm;
	uint16_t tag;
	unsigned bits;
	const char *key;         /* base64 */
	const char *private_key; /* base64; NULL when it is not one field */
	uint8_t digest_type;     /* of the DS; 0: none is given */
	const char *digest;      /* hexadecimal */
	uint16_t covered;
	const char *rdata; /* hexadecimal: RDATA of the signed record */
	uint32_t expiration, inception;
	const char *signature; /* base64 */
};

extern const struct vector vectors[];
extern const size_t vector_count;

/* Each replaces `out`; they fail the running test when the text is wrong. */
void from_base64(const char *text, struct hf_buf *out);
void from_hex(const char *text, struct hf_buf *out);
void vector_dnskey(const struct vector *vector, struct hf_buf *out);
/* The bytes that the signature is made over (RFC 4034 section 3.1.8.1). */
void vector_message(const struct vector *vector, struct hf_buf *out);
struct hf_rdata rdata_of(const struct hf_buf *buf);

#endif
