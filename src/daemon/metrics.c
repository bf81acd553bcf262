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

struct kept {
	char *text;
	size_t len;
	bool good;
	bool wanted;
	uint64_t made; /* 0: never */
};

struct hf_metrics {
	struct hf_metrics_pages source;
	struct MHD_Daemon *server;
	int fd;
	uv_async_t asked;
	uv_mutex_t lock;
	uv_cond_t answered;
	struct kept kept[PAGES];
	bool ending; /* the loop makes no more pages */
};

/* ---- On the loop ---- */

static void make(struct hf_metrics *metrics, enum page page)
{
	struct kept *kept = &metrics->kept[page];
	struct hf_buf text = {0};
	bool good = true;
	if (page == PAGE_METRICS)
		metrics->source.metrics(metrics->source.context, &text);
	else
		metrics->source.health(metrics->source.context, &text, &good);
	if (hf_buf_check(&text) != HF_OK) {
		hf_buf_done(&text);
		return;
	}
	free(kept->text);
	*kept = (struct kept){
	        .text = (char *)text.data, .len = text.len, .good = good, .made = uv_hrtime()};
}

static void on_asked(uv_async_t *handle)
{
	struct hf_metrics *metrics = handle->data;
	uv_mutex_lock(&metrics->lock);
	for (unsigned i = 0; i < PAGES; i++) {
		if (metrics->kept[i].wanted)
			make(metrics, (enum page)i);
	}
	uv_cond_broadcast(&metrics->answered);
	uv_mutex_unlock(&metrics->lock);
}

/* ---- On the server's thread ---- */

static bool is_fresh(const struct kept *kept)
{
	return kept->made != 0 && uv_hrtime() - kept->made < FRESH;
}

/* A copy of the page; NULL when the loop does not make one. */
static char *get_page(struct hf_metrics *metrics, enum page page, size_t *ret_len, bool *ret_good)
{
	struct kept *kept = &metrics->kept[page];
	char *copy = NULL;
	uint64_t begin = uv_hrtime();
	uv_mutex_lock(&metrics->lock);
	while (!metrics->ending && !is_fresh(kept) && uv_hrtime() - begin < PATIENCE) {
		kept->wanted = true;
		uv_async_send(&metrics->asked);
		(void)uv_cond_timedwait(&metrics->answered, &metrics->lock, PATIENCE / 10);
	}
	if (is_fresh(kept) && (copy = malloc(kept->len + 1)) != NULL) {
		memcpy(copy, kept->text, kept->len);
		*ret_len = kept->len;
		*ret_good = kept->good;
	}
	uv_mutex_unlock(&metrics->lock);
	return copy;
}

static enum MHD_Result send_text(struct MHD_Connection *connection, unsigned status,
        const char *type, char *text, size_t len, enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(len, text, mode);
	if (response == NULL) {
		if (mode == MHD_RESPMEM_MUST_FREE)
			free(text);
		return MHD_NO;
	}
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	enum MHD_Result result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result send_words(
        struct MHD_Connection *connection, unsigned status, const char *words)
{
	return send_text(connection, status, "text/plain", (char *)(uintptr_t)words, strlen(words),
	        MHD_RESPMEM_PERSISTENT);
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
		size_t len = 0;
		bool good = false;
		if (strcmp(url, pages[i].path) != 0)
			continue;
		char *text = get_page(metrics, (enum page)i, &len, &good);
		if (text == NULL)
			return send_words(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
			        "the daemon does not answer\n");
		return send_text(connection, good ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
		        pages[i].type, text, len, MHD_RESPMEM_MUST_FREE);
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
        const struct hf_metrics_pages *source, struct hf_diag *diag,
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
		free(metrics->kept[i].text);
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
