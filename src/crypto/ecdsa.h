/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two forms of an ECDSA signature: r and s side by side as RRSIG records carry them (RFC 6605
 * section 4), and the DER sequence that OpenSSL takes and gives. For this part only. Thread-safe.
 */
#ifndef HF_CRYPTO_ECDSA_H
#define HF_CRYPTO_ECDSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HF_ECDSA_PART_MAX 48 /* bytes of r or s of P-384 */
#define HF_ECDSA_DER_MAX  (2 * (HF_ECDSA_PART_MAX + 3) + 3)

/* `raw` is 2 * part_len bytes, part_len at most HF_ECDSA_PART_MAX. Returns the DER's length. */
size_t hf_ecdsa_to_der(
        const uint8_t *raw, size_t part_len, uint8_t ret_der[static HF_ECDSA_DER_MAX]);
/* False when it is not the DER of two positive numbers of at most part_len bytes. */
bool hf_ecdsa_from_der(const uint8_t *der, size_t len, size_t part_len, uint8_t *ret_raw);

#endif
