/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The contents of a zone, apart from what a signer adds to them.
 *
 * Pure. Versions come back as references that the caller owns. Thread-safe.
 */
#ifndef HF_PIPELINE_PLAINZONE_H
#define HF_PIPELINE_PLAINZONE_H

#include "zone/version.h"

/*
 * The zone without what a signer makes: signatures, denial records, and at the apex DNSKEY, CDS,
 * CDNSKEY, NSEC3PARAM and ZONEMD. A zone that has none of it comes back as it is.
 */
enum hf_err hf_plain_strip(
        const struct hf_version *zone, struct hf_version **ret_zone) HF_MUST_CHECK;
/* The zone with another serial; HF_ERR_NOTFOUND: it has no SOA record. */
enum hf_err hf_plain_set_serial(
        const struct hf_version *zone, uint32_t serial, struct hf_version **ret_zone) HF_MUST_CHECK;

#endif
