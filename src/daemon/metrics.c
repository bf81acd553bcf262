/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/metrics.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE    (5ull * 1000000000) /* nanoseconds that the loop has for a page */
#define FRESH       (1ull * 1000000000) /* that a page is kept */
#define CONNECTIONS 32
#define IDLE        10 /* seconds */

enum page {
	PAGE_METRICS,
	PAGE_HEALTH,
};
#define PAGES 2

static const struct {
	const char *path, *type;
} pages[PAGES] = {
        [PAGE_METRICS] = {"/metrics", "text/plain; version=0.0.4; charset=utf-8"},
        [PAGE_HEALTH] = {"/health", "application/json"},
};

/* A page; the server thread's. */
struct kept {
	struct hf_buf text;
	bool good;
	uint64_t made; /* 0: never */
};

struct hf_metrics {
	struct hf_metrics_source source;
	struct MHD_Daemon *server;
	int fd;
	uv_async_t asked;
	uv_mutex_t lock;
	uv_cond_t answered;
	struct hf_snapshot *snapshot; /* taken, and not used yet */
	bool ending;                  /* the loop takes no more of them */
	struct kept kept[PAGES];
};

/* ---- On the loop ---- */

static void on_asked(uv_async_t *handle)
{
	struct hf_metrics *metrics = handle->data;
	struct hf_snapshot *snapshot = metrics->source.take(metrics->source.context);
	uv_mutex_lock(&metrics->lock);
	if (metrics->snapshot == NULL) {
		metrics->snapshot = snapshot;
		snapshot = NULL;
	}
	uv_cond_signal(&metrics->answered);
	uv_mutex_unlock(&metrics->lock);
	if (snapshot != NULL)
		metrics->source.drop(snapshot);
}

/* ---- On the server's thread ---- */

/* NULL: the loop does not take one in time. */
static struct hf_snapshot *get_snapshot(struct hf_metrics *metrics)
{
	uint64_t begin = uv_hrtime();
	uv_mutex_lock(&metrics->lock);
	/* One that came too late for who asked before is old by now. */
	struct hf_snapshot *snapshot = metrics->snapshot;
	metrics->snapshot = NULL;
	uv_mutex_unlock(&metrics->lock);
	if (snapshot != NULL)
		metrics->source.drop(snapshot);
	uv_async_send(&metrics->asked);
	uv_mutex_lock(&metrics->lock);
	while (metrics->snapshot == NULL && !metrics->ending && uv_hrtime() - begin < PATIENCE)
		(void)uv_cond_timedwait(&metrics->answered, &metrics->lock, PATIENCE / 10);
	snapshot = metrics->snapshot;
	metrics->snapshot = NULL;
	uv_mutex_unlock(&metrics->lock);
	return snapshot;
}

/* The page, new or at most a second old; NULL when there is none. */
static const struct kept *get_page(struct hf_metrics *metrics, enum page page)
{
	struct kept *kept = &metrics->kept[page];
	if (kept->made != 0 && uv_hrtime() - kept->made < FRESH)
		return kept;
	struct hf_snapshot *snapshot = get_snapshot(metrics);
	if (snapshot == NULL)
		return NULL;
	hf_buf_reset(&kept->text);
	kept->good = true;
	if (page == PAGE_METRICS)
		metrics->source.metrics(snapshot, &kept->text);
	else
		metrics->source.health(snapshot, &kept->text, &kept->good);
	metrics->source.drop(snapshot);
	bool whole = hf_buf_check(&kept->text) == HF_OK;
	kept->made = whole ? uv_hrtime() : 0;
	return whole ? kept : NULL;
}

static enum MHD_Result send_text(struct MHD_Connection *connection, unsigned status,
        const char *type, const void *text, size_t len)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
	        len, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
	if (response == NULL)
		return MHD_NO;
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	enum MHD_Result result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result send_words(
        struct MHD_Connection *connection, unsigned status, const char *words)
{
	return send_text(connection, status, "text/plain", words, strlen(words));
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
        const char *method, const char *version, const char *upload, size_t *upload_size,
        void **state)
{
	(void)version, (void)upload, (void)upload_size, (void)state;
	struct hf_metrics *metrics = context;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return send_words(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
	for (unsigned i = 0; i < PAGES; i++) {
		if (strcmp(url, pages[i].path) != 0)
			continue;
		const struct kept *kept = get_page(metrics, (enum page)i);
		if (kept == NULL)
			return send_words(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
			        "the daemon does not answer\n");
		return send_text(connection,
		        kept->good ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, pages[i].type,
		        kept->text.data, kept->text.len);
	}
	return send_words(connection, MHD_HTTP_NOT_FOUND, "see /metrics and /health\n");
}

/* ---- Life ---- */

static int open_socket(const struct hf_endpoint *endpoint)
{
	const int on = 1;
	const struct sockaddr *address = &endpoint->address.any;
	bool six = hf_endpoint_is_v6(endpoint);
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	socklen_t len = six ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (six)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, address, len) != 0 || listen(fd, CONNECTIONS) != 0) {
		int why = errno;
		close(fd);
		errno = why;
		return -1;
	}
	return fd;
}

enum hf_err hf_metrics_bind(uv_loop_t *loop, const struct hf_endpoint *endpoint,
        const struct hf_metrics_source *source, struct hf_diag *diag,
        struct hf_metrics **ret_metrics)
{
	char text[HF_ENDPOINT_TEXT];
	int fd = open_socket(endpoint);
	if (fd < 0)
		return hf_fail(diag, HF_ERR_IO,
		        "cannot listen for metrics at %s: %s; correct server.metrics",
		        hf_endpoint_text(endpoint, text), strerror(errno));
	struct hf_metrics *metrics = calloc(1, sizeof(*metrics));
	if (metrics == NULL || uv_mutex_init(&metrics->lock) != 0) {
		free(metrics);
		close(fd);
		return HF_ERR_NOMEM;
	}
	(void)uv_cond_init(&metrics->answered);
	metrics->source = *source;
	metrics->fd = fd;
	(void)uv_async_init(loop, &metrics->asked, on_asked);
	uv_unref((uv_handle_t *)&metrics->asked);
	metrics->asked.data = metrics;
	*ret_metrics = metrics;
	return HF_OK;
}

enum hf_err hf_metrics_start(struct hf_metrics *metrics, struct hf_diag *diag)
{
	/* One thread for all: a page is waited for by the asker, and by who asks next. */
	metrics->server = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO, 0, NULL,
	        NULL, on_request, metrics, MHD_OPTION_LISTEN_SOCKET, metrics->fd,
	        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
	        (unsigned)IDLE, MHD_OPTION_END);
	if (metrics->server == NULL)
		return hf_fail(diag, HF_ERR_IO, "the server for metrics cannot be started");
	metrics->fd = -1; /* it closes the socket */
	return HF_OK;
}

static void on_closed(uv_handle_t *handle)
{
	struct hf_metrics *metrics = handle->data;
	for (unsigned i = 0; i < PAGES; i++)
		hf_buf_done(&metrics->kept[i].text);
	if (metrics->snapshot != NULL)
		metrics->source.drop(metrics->snapshot);
	uv_cond_destroy(&metrics->answered);
	uv_mutex_destroy(&metrics->lock);
	free(metrics);
}

void hf_metrics_free(struct hf_metrics *metrics)
{
	if (metrics == NULL)
		return;
	uv_mutex_lock(&metrics->lock);
	metrics->ending = true;
	uv_cond_broadcast(&metrics->answered);
	uv_mutex_unlock(&metrics->lock);
	if (metrics->server != NULL)
		MHD_stop_daemon(metrics->server);
	if (metrics->fd >= 0)
		close(metrics->fd);
	uv_close((uv_handle_t *)&metrics->asked, on_closed);
}
