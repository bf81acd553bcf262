/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * /metrics for Prometheus and /health, over HTTP.
 *
 * libmicrohttpd serves them on a thread of its own. When somebody asks, the loop's thread takes a
 * snapshot, which is quick, and the server's thread makes a page of it, which it keeps for a
 * second. A loop that does not take one in time is not healthy, and that is what the asker is told.
 * hf_metrics_bind, _start and _free are for the loop's thread.
 */
#ifndef HF_DAEMON_METRICS_H
#define HF_DAEMON_METRICS_H

#include <stdbool.h>
#include <uv.h>

#include "base/bytes.h"
#include "base/diag.h"
#include "net/endpoint.h"

struct hf_metrics;

struct hf_snapshot;

/* What pages are made of. */
struct hf_metrics_source {
	struct hf_snapshot *(*take)(void *context); /* on the loop; NULL: no memory */
	void *context;
	void (*drop)(struct hf_snapshot *snapshot); /* this and the pages: on the server's thread */
	void (*metrics)(const struct hf_snapshot *snapshot, struct hf_buf *out);
	void (*health)(const struct hf_snapshot *snapshot, struct hf_buf *out, bool *ret_good);
};

/* Binds the address, while there are rights to. */
enum hf_err hf_metrics_bind(uv_loop_t *loop, const struct hf_endpoint *endpoint,
        const struct hf_metrics_source *source, struct hf_diag *diag,
        struct hf_metrics **ret_metrics) HF_MUST_CHECK;
enum hf_err hf_metrics_start(struct hf_metrics *metrics, struct hf_diag *diag) HF_MUST_CHECK;
/* Its handle has to be closed by running the loop once more. NULL is fine. */
void hf_metrics_free(struct hf_metrics *metrics);

/* The figures of a daemon: metrics_text.c. The context is the struct hf_daemon. */
extern const struct hf_metrics_source HF_DAEMON_FIGURES;

#endif
