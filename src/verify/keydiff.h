/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What another DNSKEY set means for RRsets that did not change: a key that came or went has a say
 * only in signatures with its tag and algorithm.
 *
 * That holds when no two of all the keys have the same tag and algorithm, so that each signature is
 * by one key at most, and when every algorithm that must sign had to before. Values; pure.
 */
#ifndef HF_VERIFY_KEYDIFF_H
#define HF_VERIFY_KEYDIFF_H

#include "verify/facts.h"

struct hf_keydiff {
	struct {
		uint16_t tag;
		uint8_t algorithm;
	} keys[2 * HF_VERIFY_KEYS]; /* that came or went */
	size_t count;
};

/* Compares the DNSKEY sets of two apex nodes; false: any RRset may be concerned. */
bool hf_keydiff_make(const struct hf_node *before, const struct hf_node *after,
        struct hf_keydiff *ret_diff) HF_MUST_CHECK;
/* Whether the node has a signature that may be by one of them. */
bool hf_keydiff_concerns(const struct hf_keydiff *diff, const struct hf_node *node);
/* Whether the key is one of them. */
bool hf_keydiff_has(const struct hf_keydiff *diff, uint16_t tag, uint8_t algorithm);

#endif
