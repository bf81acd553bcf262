/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How large answers are, to the byte, from the sizes of keys and signatures.
 *
 * An answer is header, question, records, and an OPT record without options. Owners in answers are
 * compressed to two bytes, the root to one; names inside RDATA are not. Pure and thread-safe.
 */
#ifndef HF_ROLLOVER_SIZES_ANSWER_H
#define HF_ROLLOVER_SIZES_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "dns/rdata.h"

/* Larger UDP answers than this are cut off by careful servers and asked for again over TCP. */
#define HF_ANSWER_UDP 1232

/* What a key adds to answers. */
struct hf_key_size {
	size_t rdata;     /* bytes of its DNSKEY RDATA */
	size_t signature; /* bytes of each signature by it */
};

/* `bits` counts for RSA, whose exponent is taken to be 65537; 0: the algorithm's default. All zero
 * for an algorithm that we cannot handle. */
struct hf_key_size hf_key_size(uint8_t algorithm, unsigned bits);

/* The same of a key that is there. */
struct hf_key_size hf_key_size_of(struct hf_rdata dnskey);

/* An answer without records, OPT included; `name` is the length of the question's name. */
size_t hf_answer_empty(size_t name);
/* One record with an owner of `owner` bytes after compression: hf_answer_owner. */
size_t hf_answer_record(size_t owner, size_t rdata);
/* An owner that the question or an earlier record has already. `name` is its length. */
size_t hf_answer_owner(size_t name);
/* RDATA of an RRSIG; `signer` is the length of the zone's name. */
size_t hf_answer_rrsig(size_t signer, size_t signature);

/* The answer to a question for the DNSKEY RRset: `published` keys in it, `signing` sign it. */
size_t hf_answer_dnskey(size_t zone, const struct hf_key_size *published, size_t published_count,
        const struct hf_key_size *signing, size_t signing_count);

#endif
