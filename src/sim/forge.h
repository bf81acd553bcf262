/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Forged keys: key pairs with the tag that somebody had, for worlds that are made up.
 *
 * A tag is a checksum over the DNSKEY record (RFC 4034 appendix B), so that a public key with a
 * given one is soon found. The stream of random numbers decides the key: it is no secret from
 * anybody who knows the seed, and must never leave a simulation. Thread-safe.
 */
#ifndef HF_SIM_FORGE_H
#define HF_SIM_FORGE_H

#include "crypto/keyfile.h"
#include "sim/random.h"

#define HF_FORGE_ANY (-1) /* whatever tag it gets */

struct hf_forge_order {
	const struct hf_name *owner;
	enum hf_role role;
	uint8_t algorithm;
	unsigned bits; /* of an RSA modulus, a multiple of 64; 0: the fewest that are signed with */
	int32_t tag;   /* HF_FORGE_ANY, or without the REVOKE bit */
};

/*
 * The caller owns the key, which has no times and no files. RSA and the NIST curves take some ten
 * milliseconds, the Edwards curves seconds when a tag is stated: they have no short way.
 * HF_ERR_UNSUPPORTED: an algorithm that we do not sign with. HF_ERR_INVALID: a size or tag that no
 * key has.
 */
enum hf_err hf_forge_key(const struct hf_forge_order *order, struct hf_random random,
        struct hf_keyfile **ret_key) HF_MUST_CHECK;

#endif
