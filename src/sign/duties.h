/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Duties: what each key does, said by whoever plans it instead of by the times in its file.
 *
 * A rollover engine knows what every key has to do at each waypoint; here it says so. Keys are
 * named by tag and algorithm, because no tag is used twice among all keys that a zone ever had; a
 * duty never names two keys. Values that hold no pointers to keys, so they may outlive a key
 * folder and tell a later signing how an earlier one was done.
 *
 * Kept keys make a change of signers gradual. An unchanged RRset all of whose signatures are by
 * kept keys and by keys that sign data, one of them kept, may stay as it is until one of these
 * signatures comes due. Whatever is changed or due is signed by just the keys that sign data. The
 * DNSKEY, CDS and CDNSKEY sets never wait. Without kept keys everything is replaced at once.
 */
#ifndef HF_SIGN_DUTIES_H
#define HF_SIGN_DUTIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hf_sign_duty_flags {
	HF_DUTY_PUBLISHED = 1 << 0, /* in the DNSKEY set */
	HF_DUTY_REVOKED = 1 << 1,   /* there with the REVOKE bit (RFC 5011 section 2.1) */
	HF_DUTY_SIGN_KEYS = 1 << 2, /* signs the DNSKEY set, in the form in which it is there */
	HF_DUTY_SIGN_DATA = 1 << 3, /* signs everything else, without the REVOKE bit */
	HF_DUTY_CDS = 1 << 4,       /* has CDS and CDNSKEY records, published or not */
	HF_DUTY_KEPT = 1 << 5,      /* its signatures of the previous version may stay */
	HF_DUTY_ALL = (1 << 6) - 1,
};

struct hf_sign_duty {
	uint16_t tag; /* with the REVOKE bit clear */
	uint8_t algorithm;
	uint8_t flags; /* enum hf_sign_duty_flags */
};

/*
 * Keys without an entry do nothing. When no key is published and none signs, the zone becomes
 * unsigned: its DNSSEC records are left out, and the serial moves on.
 */
struct hf_sign_duties {
	const struct hf_sign_duty *list; /* borrowed; in any order */
	size_t count;
	unsigned digests; /* digest types of CDS records: 1 << enum hf_digest_number; 0: SHA-256 */
};

/* Whether they say the same, in whatever order; NULL is the same as NULL only. */
bool hf_sign_duties_same(const struct hf_sign_duties *a, const struct hf_sign_duties *b);

#endif
