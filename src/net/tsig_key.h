/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is inside a TSIG key. For the files of TSIG only; everybody else uses net/tsig.h.
 *
 * Immutable once made; the count of references is atomic. Thread-safe.
 */
#ifndef HF_NET_TSIG_KEY_H
#define HF_NET_TSIG_KEY_H

#include <stdatomic.h>

#include "net/tsig.h"

struct hf_tsig_algorithm {
	const char *text;
	struct hf_name name; /* in lower case */
	enum hf_hmac_hash hash;
};

struct hf_tsig_key {
	_Atomic uint32_t refs;
	struct hf_name name; /* in lower case */
	const struct hf_tsig_algorithm *algorithm;
	struct hf_secret secret;
};

#endif
