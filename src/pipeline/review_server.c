/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/review_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "net/server.h"

#define KEY_NAME      "review."
#define KEY_ALGORITHM "hmac-sha256"
#define KEY_BYTES     32
#define TRIES         20 /* for a port that is free over UDP and TCP */

struct hf_review_server {
	uv_loop_t loop;
	uv_async_t wake; /* the thread is to end */
	uv_thread_t thread;
	struct hf_server *server;
	struct hf_secret secret; /* in base64, with a NUL */
	struct hf_secret key;    /* for the command, with a NUL */
	unsigned port;
};

/* ---- the key ---- */

static enum hf_err make_key(struct hf_review_server *server)
{
	uint8_t bytes[KEY_BYTES];
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return HF_ERR_IO;
	enum hf_err err = hf_secret_init(&server->secret, 2 * KEY_BYTES);
	if (err == HF_OK)
		err = hf_secret_init(&server->key, 4 * KEY_BYTES);
	if (err == HF_OK) {
		hf_secret_put_base64(&server->secret, bytes, sizeof(bytes));
		hf_secret_put(&server->secret, "", 1);
		hf_secret_put_text(&server->key, KEY_ALGORITHM ":" KEY_NAME ":");
		hf_secret_put_text(&server->key, (const char *)server->secret.data);
		hf_secret_put(&server->key, "", 1);
	}
	explicit_bzero(bytes, sizeof(bytes));
	return err;
}

static enum hf_err set_key(struct hf_review_server *server, struct hf_diag *diag)
{
	struct hf_tsig_keys keys = {0};
	struct hf_tsig_key *key = NULL;
	const struct hf_tsig_spec spec = {.name = KEY_NAME,
	        .algorithm = KEY_ALGORITHM,
	        .secret = (const char *)server->secret.data};
	enum hf_err err = hf_tsig_key_new(&spec, diag, &key);
	if (err == HF_OK)
		err = hf_tsig_keys_add(&keys, key);
	if (err == HF_OK)
		err = hf_server_set_keys(server->server, &keys);
	hf_tsig_key_unref(key);
	hf_tsig_keys_done(&keys);
	return err;
}

/* ---- the zone ---- */

static enum hf_err put_zone(struct hf_review_server *server, const struct hf_version *version)
{
	HF_CLEANUP(hf_access_done) struct hf_access access = {0};
	struct hf_access_rule rule = {
	        .has_key = true, .actions = HF_ACCESS_TRANSFER | HF_ACCESS_QUERY};
	struct hf_edition *edition = NULL;
	enum hf_err err = hf_name_from_text(KEY_NAME, &rule.key);
	if (err == HF_OK)
		err = hf_access_add(&access, &rule);
	if (err == HF_OK)
		err = hf_edition_new(version, &edition);
	if (err != HF_OK)
		return err;
	const struct hf_server_zone zone = {
	        .name = *hf_version_apex(version), .edition = edition, .access = &access};
	err = hf_server_put_zone(server->server, &zone);
	hf_edition_unref(edition);
	return err;
}

/* ---- the sockets ---- */

static int open_socket(int type, unsigned port)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
	        .sin_port = htons((uint16_t)port),
	        .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	                       (type == SOCK_STREAM && listen(fd, SOMAXCONN) != 0))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* The system chooses a port for TCP; it has to be free over UDP, too. */
static bool open_pair(int *ret_tcp, int *ret_udp, unsigned *ret_port)
{
	struct sockaddr_in address;
	socklen_t len = sizeof(address);
	int tcp = open_socket(SOCK_STREAM, 0);
	if (tcp < 0 || getsockname(tcp, (struct sockaddr *)&address, &len) != 0) {
		if (tcp >= 0)
			close(tcp);
		return false;
	}
	unsigned port = ntohs(address.sin_port);
	int udp = open_socket(SOCK_DGRAM, port);
	if (udp < 0) {
		close(tcp);
		return false;
	}
	*ret_tcp = tcp;
	*ret_udp = udp;
	*ret_port = port;
	return true;
}

static enum hf_err listen_somewhere(struct hf_review_server *server, struct hf_diag *diag)
{
	int tcp = -1, udp = -1;
	bool good = false;
	for (unsigned i = 0; i < TRIES && !good; i++)
		good = open_pair(&tcp, &udp, &server->port);
	if (!good)
		return hf_fail(diag, HF_ERR_IO,
		        "the version under review cannot be offered on " HF_REVIEW_SERVER_ADDRESS
		        ": %s; let the daemon open sockets there",
		        strerror(errno));
	enum hf_err err = hf_server_adopt(server->server, tcp, diag);
	if (err != HF_OK) {
		close(udp);
		return err;
	}
	return hf_server_adopt(server->server, udp, diag);
}

/* ---- the thread ---- */

static void on_wake(uv_async_t *wake)
{
	struct hf_review_server *server = wake->data;
	hf_server_free(server->server, NULL, NULL);
	uv_close((uv_handle_t *)wake, NULL);
}

static void serve(void *argument)
{
	struct hf_review_server *server = argument;
	(void)uv_run(&server->loop, UV_RUN_DEFAULT);
}

static void done(struct hf_review_server *server)
{
	(void)uv_loop_close(&server->loop);
	hf_secret_done(&server->secret);
	hf_secret_done(&server->key);
	free(server);
}

static enum hf_err prepare(
        struct hf_review_server *server, const struct hf_version *version, struct hf_diag *diag)
{
	const struct hf_server_limits limits = {0}; /* the defaults */
	const struct hf_server_events events = {0};
	enum hf_err err = make_key(server);
	if (err == HF_OK)
		err = hf_server_new(&server->loop, &limits, &events, &server->server);
	if (err == HF_OK)
		err = set_key(server, diag);
	if (err == HF_OK)
		err = put_zone(server, version);
	if (err == HF_OK)
		err = listen_somewhere(server, diag);
	return err;
}

enum hf_err hf_review_server_start(const struct hf_version *version, struct hf_diag *diag,
        struct hf_review_server **ret_server)
{
	struct hf_review_server *server = calloc(1, sizeof(*server));
	if (server == NULL)
		return HF_ERR_NOMEM;
	if (uv_loop_init(&server->loop) != 0) {
		free(server);
		return HF_ERR_NOMEM;
	}
	server->wake.data = server;
	if (uv_async_init(&server->loop, &server->wake, on_wake) != 0) {
		done(server);
		return HF_ERR_IO;
	}
	enum hf_err err = prepare(server, version, diag);
	if (err == HF_OK && uv_thread_create(&server->thread, serve, server) != 0)
		err = HF_ERR_NOMEM;
	if (err != HF_OK) {
		on_wake(&server->wake);
		serve(server);
		done(server);
		return err;
	}
	*ret_server = server;
	return HF_OK;
}

void hf_review_server_stop(struct hf_review_server *server)
{
	if (server == NULL)
		return;
	(void)uv_async_send(&server->wake);
	(void)uv_thread_join(&server->thread);
	done(server);
}

unsigned hf_review_server_port(const struct hf_review_server *server)
{
	return server->port;
}

const char *hf_review_server_key(const struct hf_review_server *server)
{
	return (const char *)server->key.data;
}
