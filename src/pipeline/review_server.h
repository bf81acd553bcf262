/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A version under review, to be transferred by the command that looks at it.
 *
 * A transfer server of its own on 127.0.0.1, at a port that was free, for one version and as long
 * as the command runs. Nobody gets the zone without a TSIG key that is made for this review and
 * told to the command alone. It works on a thread of its own; its functions are for one thread.
 */
#ifndef HF_PIPELINE_REVIEW_SERVER_H
#define HF_PIPELINE_REVIEW_SERVER_H

#include "base/diag.h"
#include "zone/version.h"

struct hf_review_server;

/* HF_ERR_IO with a sentence when there is no port. The caller owns the server. */
enum hf_err hf_review_server_start(const struct hf_version *version, struct hf_diag *diag,
        struct hf_review_server **ret_server) HF_MUST_CHECK;
/* Ends it, and transfers under way; NULL is fine. */
void hf_review_server_stop(struct hf_review_server *server);

#define HF_REVIEW_SERVER_ADDRESS "127.0.0.1"
unsigned hf_review_server_port(const struct hf_review_server *server);
/* "hmac-sha256:NAME:SECRET", as dig(1) takes it; borrowed. */
const char *hf_review_server_key(const struct hf_review_server *server);

#endif
