/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Does this signing unit hold the private half of this very DNSKEY?
 *
 * Three HSMs of .de held three different keys with one tag, and one of them was published. So a
 * signer has to sign bytes that nobody knew before, and they are verified under the DNSKEY as it is
 * published: before a key's first use, with every unit that is going to sign with it. Thread-safe
 * for different signers.
 */
#ifndef HF_CRYPTO_CHALLENGE_H
#define HF_CRYPTO_CHALLENGE_H

#include "crypto/keypair.h"

/*
 * `*ret_good` says whether the signer's signature verifies under `dnskey`; false too when that is
 * no key of its algorithm. HF_ERR_UNSUPPORTED: an algorithm that we cannot verify. HF_ERR_CRYPTO:
 * the signer failed, or there are no random numbers.
 */
enum hf_err hf_challenge(
        struct hf_signer *signer, struct hf_rdata dnskey, bool *ret_good) HF_MUST_CHECK;

#endif
