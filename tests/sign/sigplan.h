/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A signature as a test wants it, good or damaged in one way. */
#ifndef HF_TESTS_SIGN_SIGPLAN_H
#define HF_TESTS_SIGN_SIGPLAN_H

#include "crypto/keypair.h"
#include "dns/rrset.h"

struct sig_plan {
	const struct hf_keypair *pair;
	struct hf_rrsig rrsig;
	uint32_t ttl; /* of the RRSIG record */
	uint8_t flip; /* spoils the signature's first byte */
	int resize;   /* bytes to add to the signature */
};

/* Appends the RDATA of the signature over a set. A labels field that is too large leaves nothing to
 * sign; then the signature is of nothing. */
void sig_plan_sign(const struct sig_plan *plan, const struct hf_name *owner,
        const struct hf_rrset *set, struct hf_buf *out);

#endif
