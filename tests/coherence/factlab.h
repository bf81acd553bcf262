/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Made-up keys and contents for tests of the evidence and of what follows from it.
 *
 * Keys are no keys of anybody: 64 bytes that follow from a number. Each function fails the running
 * test when something goes wrong.
 */
#ifndef HF_TESTS_COHERENCE_FACTLAB_H
#define HF_TESTS_COHERENCE_FACTLAB_H

#include "coherence/world.h"

#define SEP 0x0101
#define ZSK 0x0100

struct hf_evidence *ledger_new(const char *zone);
/* The key with this number, of this algorithm: the same arguments give the same key. */
uint32_t ledger_key(struct hf_evidence *evidence, unsigned number, uint16_t flags, uint8_t alg);
/* A DS record for the key. */
uint32_t ledger_ds(struct hf_evidence *evidence, uint32_t key, uint8_t digest_type);

/* Contents from lists that end with −1. Signatures are valid from 0 to 10^12. */
uint32_t ledger_ds_set(struct hf_evidence *evidence, const int *ds);
uint32_t ledger_dnskey(struct hf_evidence *evidence, const int *keys, const int *signing);
uint32_t ledger_signers(struct hf_evidence *evidence, const int *signing);

void ledger_fact(struct hf_evidence *evidence, uint32_t content, uint32_t place, uint32_t ttl,
        hf_time first, hf_time last);
uint32_t ledger_place(struct hf_evidence *evidence, const char *name);

#define LIST(...) ((const int[]){__VA_ARGS__, -1})
#define NOTHING   ((const int[]){-1})

#endif
