/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/control.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/bytes.h"

#define BACKLOG 128
#define GROUPS  256 /* of one user that are looked at */
#define WHO     64

struct client {
	struct client *next;
	struct hf_control *control;
	uv_pipe_t pipe;
	struct hf_buf in;
	char who[WHO];
	bool busy; /* a call is not answered yet */
	bool gone; /* the connection is closed or being closed */
	bool last; /* to be closed when the answer was written */
	unsigned writes;
	uint64_t used; /* when it last did something, by the loop's clock */
};

struct hf_control_call {
	struct client *client;
	json_t *request;
};

struct hf_control {
	uv_pipe_t pipe;
	hf_control_handler *handler;
	void *context;
	char *path; /* NULL: the socket was handed over, and is not ours to remove */
	bool has_group;
	gid_t group;
	struct client *clients;
	size_t count;
	bool listens, ending, closed;
};

/* ---- Requests ---- */

enum hf_err hf_control_parse(
        const char *line, size_t len, struct hf_diag *diag, json_t **ret_request)
{
	json_error_t error;
	json_t *request = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	if (request == NULL)
		return hf_fail(diag, HF_ERR_SYNTAX, "the request is no JSON object on one line: %s",
		        error.text);
	if (!json_is_string(json_object_get(request, "command"))) {
		json_decref(request);
		return hf_fail(diag, HF_ERR_SYNTAX,
		        "the request has no \"command\"; name one, such as \"status\"");
	}
	*ret_request = request;
	return HF_OK;
}

/* ---- Clients ---- */

static void end_control(struct hf_control *control)
{
	if (!control->ending || !control->closed || control->clients != NULL)
		return;
	free(control->path);
	free(control);
}

static void client_free(struct client *client)
{
	struct hf_control *control = client->control;
	struct client **at = &control->clients;
	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	control->count--;
	hf_buf_done(&client->in);
	free(client);
	end_control(control);
}

static void on_client_closed(uv_handle_t *handle)
{
	struct client *client = handle->data;
	client->gone = true;
	if (!client->busy)
		client_free(client);
}

static void hang_up(struct client *client)
{
	if (!uv_is_closing((uv_handle_t *)&client->pipe))
		uv_close((uv_handle_t *)&client->pipe, on_client_closed);
}

static void serve(struct client *client);

struct answer {
	uv_write_t write;
	struct client *client;
	char *text;
};

static void on_written(uv_write_t *write, int status)
{
	struct answer *answer = (struct answer *)write;
	struct client *client = answer->client;
	free(answer->text);
	free(answer);
	client->writes--;
	if (status != 0 || (client->last && client->writes == 0))
		hang_up(client);
	else
		serve(client);
}

static void send_text(struct client *client, char *text)
{
	struct answer *answer = calloc(1, sizeof(*answer));
	if (text == NULL || answer == NULL) {
		free(text);
		free(answer);
		hang_up(client);
		return;
	}
	answer->client = client;
	answer->text = text;
	uv_buf_t line = uv_buf_init(text, (unsigned)strlen(text));
	client->writes++;
	if (uv_write(&answer->write, (uv_stream_t *)&client->pipe, &line, 1, on_written) != 0) {
		client->writes--;
		free(text);
		free(answer);
		hang_up(client);
	}
}

/* The names that clients know. */
static const char *code_name(enum hf_err err)
{
	static const char *const names[] = {[HF_OK] = "ok",
	        [HF_ERR_NOMEM] = "nomem",
	        [HF_ERR_IO] = "io",
	        [HF_ERR_SYNTAX] = "syntax",
	        [HF_ERR_INVALID] = "invalid",
	        [HF_ERR_EXISTS] = "exists",
	        [HF_ERR_NOTFOUND] = "notfound",
	        [HF_ERR_LIMIT] = "limit",
	        [HF_ERR_UNSUPPORTED] = "unsupported",
	        [HF_ERR_CRYPTO] = "crypto",
	        [HF_ERR_DISAGREE] = "disagree",
	        [HF_ERR_REFUSED] = "refused",
	        [HF_ERR_CANCELED] = "canceled"};
	return names[err];
}

/* All sentences, a line each. */
static void put_sentences(const struct hf_diag *diag, enum hf_err err, struct hf_buf *out)
{
	for (size_t i = 0; diag != NULL && i < diag->count; i++) {
		const struct hf_diag_entry *entry = &diag->entries[i];
		hf_put_text(out, i > 0 ? "\n" : "");
		if (entry->file != NULL && entry->line > 0)
			hf_put_format(out, "%s:%" PRIu64 ": ", entry->file, entry->line);
		else if (entry->file != NULL)
			hf_put_format(out, "%s: ", entry->file);
		hf_put_text(out, entry->text);
	}
	if (out->len == 0)
		hf_put_text(out, hf_err_text(err));
	if (diag != NULL && diag->dropped > 0)
		hf_put_format(out, "\n%" PRIu64 " more messages are not shown", diag->dropped);
}

static char *answer_text(enum hf_err err, json_t *result, const struct hf_diag *diag)
{
	json_t *answer;
	struct hf_buf words = {0};
	if (err == HF_OK) {
		answer = json_pack(
		        "{s:b, s:o}", "ok", 1, "result", result != NULL ? result : json_object());
	} else {
		json_decref(result);
		put_sentences(diag, err, &words);
		/* Bytes that are no UTF-8 cannot come from us: names are escaped. */
		answer = hf_buf_check(&words) == HF_OK
		                 ? json_pack("{s:b, s:s, s:s%}", "ok", 0, "code", code_name(err),
		                           "error", (const char *)words.data, words.len)
		                 : NULL;
	}
	hf_buf_done(&words);
	char *line = NULL;
	char *text = answer != NULL ? json_dumps(answer, JSON_COMPACT) : NULL;
	json_decref(answer);
	if (text != NULL && asprintf(&line, "%s\n", text) < 0)
		line = NULL;
	free(text);
	return line;
}

void hf_control_answer(
        struct hf_control_call *call, enum hf_err err, json_t *result, const struct hf_diag *diag)
{
	struct client *client = call->client;
	char *text = answer_text(err, result, diag);
	json_decref(call->request);
	free(call);
	client->busy = false;
	if (client->gone) {
		free(text);
		client_free(client);
	} else if (uv_is_closing((uv_handle_t *)&client->pipe)) {
		free(text);
	} else {
		send_text(client, text);
	}
}

const json_t *hf_control_request(const struct hf_control_call *call)
{
	return call->request;
}

const char *hf_control_who(const struct hf_control_call *call)
{
	return call->client->who;
}

static void refuse(struct client *client, enum hf_err err, const struct hf_diag *diag)
{
	client->last = true;
	send_text(client, answer_text(err, NULL, diag));
}

static void call_handler(struct client *client, size_t len)
{
	struct hf_control *control = client->control;
	struct hf_diag diag;
	json_t *request = NULL;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = hf_control_parse((const char *)client->in.data, len, &diag, &request);
	struct hf_control_call *call = err == HF_OK ? calloc(1, sizeof(*call)) : NULL;
	memmove(client->in.data, client->in.data + len + 1, client->in.len - len - 1);
	client->in.len -= len + 1;
	if (call == NULL) {
		json_decref(request);
		refuse(client, err == HF_OK ? HF_ERR_NOMEM : err, &diag);
	} else {
		*call = (struct hf_control_call){client, request};
		client->busy = true;
		control->handler(control->context, call);
	}
	hf_diag_done(&diag);
}

/* The next request of a client, when it is there and the one before was answered. */
static void serve(struct client *client)
{
	if (client->busy || client->last || client->gone || client->writes > 0 ||
	        client->in.len == 0 || uv_is_closing((uv_handle_t *)&client->pipe))
		return;
	const uint8_t *end = memchr(client->in.data, '\n', client->in.len);
	size_t len = end != NULL ? (size_t)(end - client->in.data) : client->in.len;
	if (len <= HF_CONTROL_LINE) {
		if (end != NULL)
			call_handler(client, len);
		return;
	}
	struct hf_diag diag;
	hf_diag_init(&diag, 1);
	hf_diag_add(&diag, NULL, 0, "the request is longer than %u bytes", HF_CONTROL_LINE);
	refuse(client, HF_ERR_LIMIT, &diag);
	hf_diag_done(&diag);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buf)
{
	(void)suggested;
	struct client *client = handle->data;
	/* A client that sends on and on while it waits gets no more room than a line. */
	size_t room = 2 * (size_t)HF_CONTROL_LINE > client->in.len
	                      ? 2 * (size_t)HF_CONTROL_LINE - client->in.len
	                      : 0;
	room = room > 65536 ? 65536 : room;
	if (room == 0 || !hf_buf_reserve(&client->in, room))
		*ret_buf = uv_buf_init(NULL, 0);
	else
		*ret_buf = uv_buf_init((char *)client->in.data + client->in.len, (unsigned)room);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
	(void)buf;
	struct client *client = stream->data;
	if (got < 0) {
		hang_up(client);
		return;
	}
	client->in.len += (size_t)got;
	client->used = uv_now(stream->loop);
	serve(client);
}

/* ---- Who may connect ---- */

static bool in_group(const struct passwd *user, gid_t group)
{
	gid_t groups[GROUPS];
	int count = GROUPS;
	if (getgrouplist(user->pw_name, user->pw_gid, groups, &count) < 0)
		count = GROUPS; /* there are more; those of the list are looked at */
	for (int i = 0; i < count; i++) {
		if (groups[i] == group)
			return true;
	}
	return false;
}

static bool may_connect(struct client *client)
{
	const struct hf_control *control = client->control;
	struct ucred peer;
	socklen_t len = sizeof(peer);
	uv_os_fd_t fd;
	if (uv_fileno((uv_handle_t *)&client->pipe, &fd) != 0 ||
	        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return false;
	const struct passwd *user = getpwuid(peer.uid);
	if (user != NULL)
		snprintf(client->who, sizeof(client->who), "%s", user->pw_name);
	else
		snprintf(client->who, sizeof(client->who), "uid %u", (unsigned)peer.uid);
	return peer.uid == 0 || peer.uid == geteuid() ||
	       (control->has_group && (peer.gid == control->group ||
	                                      (user != NULL && in_group(user, control->group))));
}

static void evict_idle(struct hf_control *control)
{
	struct client *oldest = NULL;
	for (struct client *at = control->clients; at != NULL; at = at->next) {
		if (!at->busy && !uv_is_closing((uv_handle_t *)&at->pipe) &&
		        (oldest == NULL || at->used < oldest->used))
			oldest = at;
	}
	if (oldest != NULL)
		hang_up(oldest);
}

static void on_connection(uv_stream_t *stream, int status)
{
	struct hf_control *control = stream->data;
	struct client *client = status == 0 ? calloc(1, sizeof(*client)) : NULL;
	if (client == NULL)
		return;
	client->control = control;
	(void)uv_pipe_init(stream->loop, &client->pipe, 0);
	client->pipe.data = client;
	client->used = uv_now(stream->loop);
	if (control->count >= HF_CONTROL_CLIENTS)
		evict_idle(control);
	client->next = control->clients;
	control->clients = client;
	control->count++;
	if (uv_accept(stream, (uv_stream_t *)&client->pipe) != 0) {
		hang_up(client);
		return;
	}
	if (may_connect(client)) {
		if (uv_read_start((uv_stream_t *)&client->pipe, on_alloc, on_read) != 0)
			hang_up(client);
		return;
	}
	struct hf_diag diag;
	hf_diag_init(&diag, 1);
	hf_diag_add(&diag, NULL, 0,
	        "you may not do this: be root, the daemon's user, or a member of its "
	        "server.control-group");
	refuse(client, HF_ERR_REFUSED, &diag);
	hf_diag_done(&diag);
}

/* ---- The socket ---- */

/* What a daemon left behind that was killed is in the way; one that answers is not to be removed.
 */
static enum hf_err remove_stale(const struct sockaddr_un *address, struct hf_diag *diag)
{
	struct stat meta;
	if (lstat(address->sun_path, &meta) != 0)
		return HF_OK;
	if (!S_ISSOCK(meta.st_mode))
		return hf_fail_at(diag, HF_ERR_EXISTS, address->sun_path, 0,
		        "something else than a socket is there; remove it, or set server.control");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return hf_fail(diag, HF_ERR_IO, "cannot make a socket: %s", strerror(errno));
	bool answers = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
	close(fd);
	if (answers)
		return hf_fail_at(diag, HF_ERR_EXISTS, address->sun_path, 0,
		        "another daemon answers there; stop it, or set server.control to another "
		        "path");
	(void)unlink(address->sun_path);
	return HF_OK;
}

static enum hf_err open_socket(const struct hf_control *control,
        const struct hf_control_setup *setup, struct hf_diag *diag, int *ret_fd)
{
	const char *path = setup->path;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(address.sun_path))
		return hf_fail_at(diag, HF_ERR_LIMIT, path, 0,
		        "a socket's path has at most %zu bytes; set server.control to a shorter "
		        "one",
		        sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, path);
	enum hf_err err = remove_stale(&address, diag);
	if (err != HF_OK)
		return err;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	mode_t before = umask(0117); /* nobody gets in between bind and chmod */
	bool good = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	int why = errno;
	umask(before);
	gid_t group = control->has_group ? control->group : (gid_t)-1;
	good = good && chown(path, setup->owner, group) == 0;
	if (!good || listen(fd, BACKLOG) != 0) {
		why = good ? errno : why;
		if (fd >= 0)
			close(fd);
		return hf_fail_at(diag, HF_ERR_IO, path, 0, "cannot make the control socket: %s",
		        strerror(why));
	}
	*ret_fd = fd;
	return HF_OK;
}

static enum hf_err find_group(const char *name, struct hf_diag *diag, struct hf_control *control)
{
	const struct group *group = name != NULL ? getgrnam(name) : NULL;
	if (name != NULL && group == NULL)
		return hf_fail(diag, HF_ERR_NOTFOUND,
		        "there is no group \"%s\"; create it, or correct server.control-group",
		        name);
	control->has_group = group != NULL;
	control->group = group != NULL ? group->gr_gid : 0;
	return HF_OK;
}

static enum hf_err start(
        struct hf_control *control, const struct hf_control_setup *setup, struct hf_diag *diag)
{
	int fd = setup->fd;
	enum hf_err err = find_group(setup->group, diag, control);
	if (err == HF_OK && fd < 0) {
		control->path = strdup(setup->path);
		err = control->path != NULL ? open_socket(control, setup, diag, &fd) : HF_ERR_NOMEM;
	}
	if (err != HF_OK)
		return err;
	if (uv_pipe_open(&control->pipe, fd) != 0 ||
	        uv_listen((uv_stream_t *)&control->pipe, BACKLOG, on_connection) != 0)
		return hf_fail(diag, HF_ERR_IO, "cannot listen on the control socket");
	control->listens = true;
	return HF_OK;
}

enum hf_err hf_control_new(
        const struct hf_control_setup *setup, struct hf_diag *diag, struct hf_control **ret_control)
{
	struct hf_control *control = calloc(1, sizeof(*control));
	if (control == NULL)
		return HF_ERR_NOMEM;
	control->handler = setup->handler;
	control->context = setup->context;
	(void)uv_pipe_init(setup->loop, &control->pipe, 0);
	control->pipe.data = control;
	enum hf_err err = start(control, setup, diag);
	if (err != HF_OK) {
		hf_control_free(control);
		return err;
	}
	*ret_control = control;
	return HF_OK;
}

static void on_closed(uv_handle_t *handle)
{
	struct hf_control *control = handle->data;
	control->closed = true;
	end_control(control);
}

void hf_control_free(struct hf_control *control)
{
	if (control == NULL)
		return;
	control->ending = true;
	if (control->path != NULL && control->listens)
		(void)unlink(control->path);
	struct client *next;
	for (struct client *at = control->clients; at != NULL; at = next) {
		next = at->next;
		at->last = true;
		if (at->writes == 0 && !at->busy)
			hang_up(at);
	}
	uv_close((uv_handle_t *)&control->pipe, on_closed);
}
