/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/control_client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "cli/command.h"
#include "cli/terminal.h"
#include "report/jsonread.h"
#include "report/jsontext.h"
#include "report/wrapped.h"

#define ANSWER_LIMIT (64u << 20) /* the list of a hundred thousand zones */
#define CHUNK        (64u << 10)

/* One exchange. */
struct talk {
	const char *path;
	int fd;
	int64_t deadline; /* milliseconds of the steady clock */
	unsigned seconds;
	struct hf_diag *diag;
};

static int64_t clock_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const char *usual_path(void)
{
	const char *path = getenv(HF_CONTROL_VARIABLE);
	return path != NULL && path[0] != '\0' ? path : HF_CONTROL_PATH;
}

/* ---- Connecting ---- */

static enum hf_err explain(const struct talk *talk, int reason)
{
	switch (reason) {
	case ENOENT:
		return hf_fail_at(talk->diag, HF_ERR_IO, talk->path, 0,
		        "there is no such socket: start holdfastd, or give its server.control with "
		        "--control");
	case ECONNREFUSED:
		return hf_fail_at(talk->diag, HF_ERR_IO, talk->path, 0,
		        "nobody listens there: holdfastd has ended; look into its log and start "
		        "it");
	case EACCES:
	case EPERM:
		return hf_fail_at(talk->diag, HF_ERR_IO, talk->path, 0,
		        "you may not connect: be root, holdfastd's user, or a member of its "
		        "server.control-group");
	default:
		return hf_fail_at(talk->diag, HF_ERR_IO, talk->path, 0, "cannot connect: %s",
		        strerror(reason));
	}
}

static enum hf_err open_socket(struct talk *talk)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(talk->path) >= sizeof(address.sun_path))
		return hf_fail_at(talk->diag, HF_ERR_LIMIT, talk->path, 0,
		        "a socket's path has at most %zu bytes; give a shorter one",
		        sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, talk->path, strlen(talk->path));
	talk->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (talk->fd < 0)
		return hf_fail(talk->diag, HF_ERR_IO, "cannot make a socket: %s", strerror(errno));
	if (connect(talk->fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		return explain(talk, errno);
	return HF_OK;
}

/* ---- Sending and receiving ---- */

/* Until the socket can be read or written. */
static enum hf_err wait_for(const struct talk *talk, short events)
{
	for (;;) {
		int64_t left = talk->deadline - clock_now();
		struct pollfd poll_fd = {.fd = talk->fd, .events = events};
		int ready = left > 0 ? poll(&poll_fd, 1, (int)left) : 0;
		if (ready > 0)
			return HF_OK;
		if (ready == 0)
			return hf_fail_at(talk->diag, HF_ERR_IO, talk->path, 0,
			        "holdfastd did not answer within %u s; it may have got the request "
			        "all the same: look at `holdfast status` and its log",
			        talk->seconds);
		if (errno != EINTR)
			return hf_fail(talk->diag, HF_ERR_IO, "poll: %s", strerror(errno));
	}
}

static enum hf_err send_all(const struct talk *talk, const struct hf_buf *line)
{
	size_t sent = 0;
	while (sent < line->len) {
		enum hf_err err = wait_for(talk, POLLOUT);
		if (err != HF_OK)
			return err;
		ssize_t len = send(
		        talk->fd, line->data + sent, line->len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (len >= 0)
			sent += (size_t)len;
		else if (errno != EAGAIN && errno != EINTR)
			return hf_fail_at(talk->diag, HF_ERR_IO, talk->path, 0,
			        "holdfastd does not take the request: %s", strerror(errno));
	}
	return HF_OK;
}

/* One line, without its line feed. */
static enum hf_err receive_line(const struct talk *talk, struct hf_buf *line)
{
	while (line->len < ANSWER_LIMIT) {
		enum hf_err err = wait_for(talk, POLLIN);
		if (err != HF_OK)
			return err;
		if (!hf_buf_reserve(line, CHUNK))
			return HF_ERR_NOMEM;
		uint8_t *at = line->data + line->len;
		ssize_t len = recv(talk->fd, at, CHUNK, MSG_DONTWAIT);
		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (len <= 0)
			return hf_fail_at(talk->diag, HF_ERR_IO, talk->path, 0,
			        "holdfastd closed the connection without an answer; its log says "
			        "why");
		const uint8_t *end = memchr(at, '\n', (size_t)len);
		line->len += end != NULL ? (size_t)(end - at) : (size_t)len;
		if (end != NULL)
			return HF_OK;
	}
	return hf_fail_at(talk->diag, HF_ERR_LIMIT, talk->path, 0,
	        "an answer of more than %u MiB; ask about one zone", ANSWER_LIMIT >> 20);
}

/* ---- The answer ---- */

/* The names that the daemon gives its errors. */
static enum hf_err error_code(const char *name)
{
	static const struct {
		const char *name;
		enum hf_err err;
	} codes[] = {
	        {"nomem", HF_ERR_NOMEM},
	        {"io", HF_ERR_IO},
	        {"syntax", HF_ERR_SYNTAX},
	        {"invalid", HF_ERR_INVALID},
	        {"exists", HF_ERR_EXISTS},
	        {"notfound", HF_ERR_NOTFOUND},
	        {"limit", HF_ERR_LIMIT},
	        {"unsupported", HF_ERR_UNSUPPORTED},
	        {"crypto", HF_ERR_CRYPTO},
	        {"disagree", HF_ERR_DISAGREE},
	        {"refused", HF_ERR_REFUSED},
	        {"canceled", HF_ERR_CANCELED},
	};
	for (size_t i = 0; name != NULL && i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (strcmp(codes[i].name, name) == 0)
			return codes[i].err;
	}
	return HF_ERR_IO;
}

/* One sentence a line. */
static void add_sentences(struct hf_diag *diag, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		if (len > 0)
			hf_diag_add(diag, NULL, 0, "%.*s", (int)len, text);
		text += len;
		text += *text == '\n' ? 1 : 0;
	}
}

static enum hf_err judge(const struct talk *talk, const json_t *answer, json_t **ret_result)
{
	const json_t *ok = json_object_get(answer, "ok");
	json_t *result = json_object_get(answer, "result");
	const char *error = json_string_value(json_object_get(answer, "error"));
	if (json_is_true(ok) && json_is_object(result)) {
		*ret_result = json_incref(result);
		return HF_OK;
	}
	if (json_is_false(ok) && error != NULL) {
		add_sentences(talk->diag, error);
		return error_code(json_string_value(json_object_get(answer, "code")));
	}
	return hf_fail_at(talk->diag, HF_ERR_SYNTAX, talk->path, 0,
	        "this is no answer of holdfastd; is it another program's socket, or another "
	        "version's?");
}

static enum hf_err exchange(struct talk *talk, const struct hf_buf *line, json_t **ret_result)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	enum hf_err err = open_socket(talk);
	if (err == HF_OK)
		err = send_all(talk, line);
	if (err == HF_OK)
		err = receive_line(talk, &text);
	if (err != HF_OK)
		return err;
	json_t *answer =
	        json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
	err = judge(talk, answer, ret_result);
	json_decref(answer);
	return err;
}

enum hf_err hf_control_ask(const char *path, json_t *request, unsigned seconds,
        struct hf_diag *diag, json_t **ret_result)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf line = {0};
	if (request == NULL)
		return hf_fail(diag, HF_ERR_INVALID,
		        "the request cannot be written down: an argument is no text in UTF-8, or "
		        "there is no memory");
	char *text = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	if (text == NULL)
		return HF_ERR_NOMEM;
	hf_put_text(&line, text);
	hf_put_text(&line, "\n");
	free(text);
	enum hf_err err = hf_buf_check(&line);
	if (err != HF_OK)
		return err;
	struct talk talk = {.path = path != NULL ? path : usual_path(),
	        .fd = -1,
	        .deadline = clock_now() + (int64_t)seconds * 1000,
	        .seconds = seconds,
	        .diag = diag};
	err = exchange(&talk, &line, ret_result);
	if (talk.fd >= 0)
		close(talk.fd);
	return err;
}

int hf_control_print(const json_t *result, bool json)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
	char text[HF_JSON_WORDS];
	enum hf_err err = HF_OK;
	if (json) {
		err = hf_json_put(json_deep_copy(result), JSON_INDENT(2), &out);
	} else if (hf_json_get_text(result, "text", text)[0] != '\0') {
		hf_put_wrapped(&out, 0, "", text);
		err = hf_buf_check(&out);
	}
	if (err != HF_OK)
		return hf_terminal_fail(NULL, err);
	fwrite(out.data, 1, out.len, stdout);
	return HF_EXIT_GOOD;
}

int hf_control_fail(const struct hf_diag *diag, enum hf_err err)
{
	int code = hf_terminal_fail(diag, err);
	return err == HF_ERR_REFUSED ? HF_EXIT_BAD : code;
}
