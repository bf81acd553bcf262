/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names into messages, with compression (RFC 1035 section 4.1.4).
 *
 * A name is put as its first labels and a pointer to the longest rest of it that the message has
 * already, to the byte: case is kept. Only what was put with one pack is found. For this part only;
 * one thread at a time.
 */
#ifndef HF_NET_NAMEPACK_H
#define HF_NET_NAMEPACK_H

#include "dns/name.h"

#define HF_NAMEPACK_SLOTS 4096 /* a power of 2 */

/* Places of names in one message. Zero-initialised is empty. */
struct hf_namepack {
	uint16_t places[HF_NAMEPACK_SLOTS]; /* 0: free; no name can be there */
	size_t used;
};

/* For the next message. */
void hf_namepack_reset(struct hf_namepack *pack);
/* Appends an uncompressed, well-formed name to the message that begins at byte `start`. */
void hf_namepack_put(struct hf_namepack *pack, struct hf_buf *out, size_t start,
        const uint8_t *name, size_t len);

#endif
