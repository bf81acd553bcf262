/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The digest of a whole version (RFC 8976 section 3): scheme SIMPLE, SHA-384 and SHA-512.
 */
#ifndef HF_ZONE_ZONEMD_H
#define HF_ZONE_ZONEMD_H

#include "zone/version.h"

#define HF_ZONEMD_DIGEST_MAX 64

/* HF_ERR_UNSUPPORTED for another scheme or algorithm. Owners outside the zone do not count. */
enum hf_err hf_zonemd_digest(const struct hf_version *version, uint8_t scheme, uint8_t algorithm,
        uint8_t ret_digest[static HF_ZONEMD_DIGEST_MAX], size_t *ret_len) HF_MUST_CHECK;

#endif
