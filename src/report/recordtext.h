/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One record as a line of a zone file, for answers in reports. Thread-safe.
 */
#ifndef HF_REPORT_RECORDTEXT_H
#define HF_REPORT_RECORDTEXT_H

#include "base/bytes.h"
#include "dns/rrset.h"

/* "www.example. 3600 IN A 192.0.2.1", without a line feed. */
enum hf_err hf_record_put(struct hf_buf *out, const struct hf_name *owner,
        const struct hf_rrset *set, struct hf_rdata rdata) HF_MUST_CHECK;

#endif
