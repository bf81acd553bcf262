/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random lives of a zone, for the oracle of the gate: keys come and go, data is signed anew bit by
 * bit, algorithms and TTLs change, the DS set changes address by address, secondaries lag, the zone
 * goes secure and insecure. Most steps are such that somebody might do them. One thread.
 */
#ifndef HF_TESTS_COHERENCE_LIVES_H
#define HF_TESTS_COHERENCE_LIVES_H

#include "oracle.h"

/* The same seed gives the same life and the same question about it. */
void life_make(
        uint64_t seed, struct oracle_history *ret_history, struct oracle_question *ret_question);

#endif
