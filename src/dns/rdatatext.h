/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RDATA as text, in the form of zone files (RFC 1035 section 5.1). Thread-safe.
 */
#ifndef HF_DNS_RDATATEXT_H
#define HF_DNS_RDATATEXT_H

#include "dns/rdata.h"

/* RDATA of a type; as RFC 3597 has it when the type is unknown or its RDATA malformed. */
enum hf_err hf_rdata_text(uint16_t type, struct hf_rdata rdata, struct hf_buf *out) HF_MUST_CHECK;

#endif
