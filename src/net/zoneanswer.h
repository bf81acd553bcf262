/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answers from a version of a zone, as its name servers will give them once it is published
 * (RFC 1034 section 4.3.2, RFC 4035 section 3.1, RFC 5155 section 7.2).
 *
 * What is in the zone is not judged here. An answer may have more denial records than a server
 * would send: whoever proves it picks those that it needs. Thread-safe.
 */
#ifndef HF_NET_ZONEANSWER_H
#define HF_NET_ZONEANSWER_H

#include "dns/message.h"
#include "zone/version.h"

/* The caller owns the message. HF_ERR_LIMIT: it would be too large for one. */
enum hf_err hf_zone_answer(const struct hf_version *version, const struct hf_question *question,
        struct hf_message **ret_message) HF_MUST_CHECK;

#endif
