/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An authoritative server without a network: answers from versions as RFC 1034, 4035, 5155 and
 * 6672 say, whatever is wrong in them.
 *
 * Written from the RFCs for tests of src/chain and independent of it. Every function ends the
 * test when memory runs out.
 */
#ifndef HF_TESTS_CHAIN_ANSWERER_H
#define HF_TESTS_CHAIN_ANSWERER_H

#include "dns/message.h"
#include "zone/version.h"

/* What a server may do wrong. */
enum answerer_quirks {
	ANSWERER_NO_DENIAL = 1 << 0, /* leaves out NSEC and NSEC3 records */
	ANSWERER_NO_SOA = 1 << 1,    /* leaves out the SOA of negative answers */
	ANSWERER_NO_AA = 1 << 2,
	ANSWERER_NO_SIGS = 1 << 3,    /* leaves out RRSIG records */
	ANSWERER_FLIP_RCODE = 1 << 4, /* NXDOMAIN for NOERROR and the other way round */
	ANSWERER_REFUSE = 1 << 5,
	ANSWERER_BARE_REFERRAL = 1 << 6,   /* referrals without DS and denial records */
	ANSWERER_CHILD_SIDE = 1 << 7,      /* DS questions are answered from the child's side */
	ANSWERER_NO_FOLLOW = 1 << 8,       /* aliases are not followed */
	ANSWERER_UPWARD = 1 << 9,          /* refers to the root */
	ANSWERER_WRONG_CNAME = 1 << 10,    /* makes a wrong CNAME of a DNAME */
	ANSWERER_FIRST_SET_ONLY = 1 << 11, /* of denial records, only the first */
};

/* Appends the response of a server that has these zones. */
void answerer_put(struct hf_buf *out, struct hf_version *const *zones, size_t count, uint16_t id,
        const struct hf_question *question, unsigned quirks);

#endif
