/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names and RDATA as messages carry them: with compression (RFC 1035 section 4.1.4).
 *
 * The bytes are untrusted. A pointer must lead to a place before the name's part that it ends, so
 * reading a name ends after at most 127 pointers, whatever the bytes are. Thread-safe.
 */
#ifndef HF_DNS_WIRENAME_H
#define HF_DNS_WIRENAME_H

#include "dns/rdata.h"

/* A whole message, borrowed. */
struct hf_packet {
	const uint8_t *data;
	size_t len;
};

/*
 * Reads the name at `*at` and moves `*at` behind it; case is kept. False, and nothing changes,
 * when it is malformed, too long, or its pointers do not lead backwards.
 */
bool hf_packet_name(struct hf_packet packet, size_t *at, struct hf_name *ret_name);

/*
 * Appends RDATA of `len` bytes at `at` in canonical form and uncompressed. Only the types that
 * RFC 3597 section 4 lists may have compressed names. HF_ERR_SYNTAX when the RDATA is malformed,
 * HF_ERR_LIMIT when it has more than 65,535 bytes uncompressed.
 */
enum hf_err hf_packet_rdata(struct hf_packet packet, uint16_t type, size_t at, uint16_t len,
        struct hf_buf *out) HF_MUST_CHECK;

#endif
