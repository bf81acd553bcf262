/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Proving one RRset with the keys of its zone (RFC 4035 section 5.3).
 *
 * Of several signatures one that verifies is enough (RFC 6840 section 5.4). When none does, the
 * fault is that of the signature that came closest. For this part only.
 */
#ifndef HF_CHAIN_SETPROOF_H
#define HF_CHAIN_SETPROOF_H

#include "chain/effort.h"
#include "chain/keyring.h"

#define HF_SETPROOF_SIGS     16 /* signatures looked at */
#define HF_SETPROOF_SAME_TAG 4  /* keys tried for one signature */

enum hf_setproof_flags {
	HF_SETPROOF_DATA = 0,
	HF_SETPROOF_KEYS = 1 << 0, /* the DNSKEY set: only trusted keys count, but try them all */
};

struct hf_setproof {
	struct hf_fault fault; /* its cause is HF_CAUSE_NONE when the set is proven */
	uint32_t ttl;          /* RFC 4035 section 5.3.3: no longer than the signature allows */
	unsigned labels;       /* of the owner that was signed */
	bool expanded;         /* from a wildcard: its labels are fewer than the owner's */
};

/*
 * `link` gets the signatures that were looked at; NULL: nothing does. An error is ours (memory, the
 * cryptographic library); everything about the data is in the proof.
 */
enum hf_err hf_set_prove(struct hf_keyring *ring, struct hf_effort *effort, struct hf_link *link,
        unsigned flags, const struct hf_name *owner, const struct hf_rrset *set,
        struct hf_setproof *ret_proof) HF_MUST_CHECK;

#endif
