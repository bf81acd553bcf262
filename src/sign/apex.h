/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The apex of a zone that is about to be signed: serial, keys, CDS and CDNSKEY, NSEC3PARAM, and a
 * place for the ZONEMD digest. The serial never goes backwards. One thread a plan.
 */
#ifndef HF_SIGN_APEX_H
#define HF_SIGN_APEX_H

#include "sign/sign_worker.h"

/* HF_ERR_REFUSED: the serial would not move forward. */
enum hf_err hf_apex_serial(const struct hf_sign_job *job, uint32_t current, struct hf_diag *diag,
        uint32_t *ret_serial) HF_MUST_CHECK;

/* Puts into `plan->zone` the apex that is to be signed. Needs the plan's keys, NSEC3 parameters,
 * serial and denial TTL. */
enum hf_err hf_apex_prepare(struct hf_sign_plan *plan, struct hf_diag *diag) HF_MUST_CHECK;

/*
 * Replaces the placeholder in the signed `*version` by the digest of the zone, signed (RFC 8976
 * section 3). A new reference takes the place of the old one.
 */
enum hf_err hf_apex_digest(
        struct hf_sign_worker *worker, struct hf_version **version) HF_MUST_CHECK;

#endif
