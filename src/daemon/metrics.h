/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * /metrics for Prometheus and /health, over HTTP.
 *
 * libmicrohttpd serves them on a thread of its own. A page is made on the loop's thread when
 * somebody asks, and kept for a second; a loop that does not make one in time is not healthy, and
 * that is what the asker is told. hf_metrics_bind, _start and _free are for the loop's thread.
 */
#ifndef HF_DAEMON_METRICS_H
#define HF_DAEMON_METRICS_H

#include <stdbool.h>
#include <uv.h>

#include "base/bytes.h"
#include "base/diag.h"
#include "net/endpoint.h"

struct hf_metrics;

/* What a page is made of, on the loop's thread. */
struct hf_metrics_pages {
	void (*metrics)(void *context, struct hf_buf *out);
	void (*health)(void *context, struct hf_buf *out, bool *ret_good);
	void *context;
};

/* Binds the address, while there are rights to. */
enum hf_err hf_metrics_bind(uv_loop_t *loop, const struct hf_endpoint *endpoint,
        const struct hf_metrics_pages *pages, struct hf_diag *diag,
        struct hf_metrics **ret_metrics) HF_MUST_CHECK;
enum hf_err hf_metrics_start(struct hf_metrics *metrics, struct hf_diag *diag) HF_MUST_CHECK;
/* Its handle has to be closed by running the loop once more. NULL is fine. */
void hf_metrics_free(struct hf_metrics *metrics);

struct hf_daemon;
/* The pages of a daemon: metrics_text.c. */
void hf_daemon_metrics(void *daemon, struct hf_buf *out);
void hf_daemon_health(void *daemon, struct hf_buf *out, bool *ret_good);

#endif
