/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/times.h"

#define US_PER_SECOND 1000000u
#define US_PER_MS     1000u
#define READ_STEP     65536

struct line {
	uint64_t exchange, at;
	struct hf_endpoint server;
	bool tcp, taken; /* taken: it was played */
	enum hf_capture_kind kind;
	enum hf_exchange_end end;
	uint8_t *data;
	size_t len;
	char *words;
};

struct hf_capture {
	char *head;
	struct line *lines;
	size_t count, room;
	size_t bytes;
	uint64_t clock;
	bool plays;
};

static const char *const kinds[] = {"query", "answer", "stray", "end"};
static const char *const ends[] = {"answer", "silence", "failure", "limit"};

enum hf_err hf_capture_new(struct hf_capture **ret_capture)
{
	struct hf_capture *capture = calloc(1, sizeof(*capture));
	if (capture == NULL)
		return HF_ERR_NOMEM;
	*ret_capture = capture;
	return HF_OK;
}

void hf_capture_free(struct hf_capture *capture)
{
	if (capture == NULL)
		return;
	for (size_t i = 0; i < capture->count; i++) {
		free(capture->lines[i].data);
		free(capture->lines[i].words);
	}
	free(capture->lines);
	free(capture->head);
	free(capture);
}

bool hf_capture_plays(const struct hf_capture *capture)
{
	return capture->plays;
}

const char *hf_capture_head(const struct hf_capture *capture)
{
	return capture->head != NULL ? capture->head : "";
}

enum hf_err hf_capture_set_head(struct hf_capture *capture, const char *head)
{
	char *copy = strdup(head);
	if (copy == NULL)
		return HF_ERR_NOMEM;
	free(capture->head);
	capture->head = copy;
	return HF_OK;
}

/* ---- Keeping ---- */

/* A new line with copies of the packet's bytes and words. */
static enum hf_err append(
        struct hf_capture *capture, const struct hf_capture_packet *packet, struct line **ret_line)
{
	if (capture->count == HF_CAPTURE_LINES || capture->bytes + packet->len > HF_CAPTURE_BYTES)
		return HF_ERR_LIMIT;
	if (capture->count == capture->room) {
		size_t room = capture->room == 0 ? 64 : 2 * capture->room;
		struct line *lines = reallocarray(capture->lines, room, sizeof(*lines));
		if (lines == NULL)
			return HF_ERR_NOMEM;
		capture->lines = lines;
		capture->room = room;
	}
	struct line line = {.at = packet->at,
	        .server = *packet->server,
	        .tcp = packet->tcp,
	        .kind = packet->kind,
	        .end = packet->end,
	        .len = packet->len};
	line.data = malloc(packet->len + 1);
	line.words = strdup(packet->words != NULL ? packet->words : "");
	if (line.data == NULL || line.words == NULL) {
		free(line.data);
		free(line.words);
		return HF_ERR_NOMEM;
	}
	/* Words from a file may be anything, and they are printed. */
	for (char *at = line.words; *at != '\0'; at++)
		*at = *at >= ' ' && *at <= '~' ? *at : '?';
	memcpy(line.data, packet->data, packet->len);
	capture->bytes += packet->len;
	capture->lines[capture->count] = line;
	*ret_line = &capture->lines[capture->count++];
	return HF_OK;
}

enum hf_err hf_capture_add(
        struct hf_capture *capture, uint64_t exchange, const struct hf_capture_packet *packet)
{
	struct line *line;
	enum hf_err err = append(capture, packet, &line);
	if (err == HF_OK)
		line->exchange = exchange;
	return err;
}

static void put_time(struct hf_buf *out, uint64_t at)
{
	char text[HF_TIME_TEXT];
	hf_time_rfc3339((hf_time)(at / US_PER_SECOND), text);
	text[strlen(text) - 1] = '\0'; /* the Z goes behind the fraction */
	hf_put_format(out, "%s.%06uZ", text, (unsigned)(at % US_PER_SECOND));
}

static void put_line(struct hf_buf *out, const struct line *line)
{
	char server[HF_ENDPOINT_TEXT];
	hf_put_format(out, "{\"exchange\": %" PRIu64 ", \"at\": \"", line->exchange);
	put_time(out, line->at);
	hf_put_format(out, "\", \"server\": \"%s\", \"transport\": \"%s\", \"kind\": \"%s\"",
	        hf_endpoint_text(&line->server, server), line->tcp ? "tcp" : "udp",
	        kinds[line->kind]);
	/* The words are our own sentences: nothing in them needs escapes but what a server sent,
	 * and that is printable already. */
	if (line->kind == HF_CAPTURE_END) {
		hf_put_format(out, ", \"end\": \"%s\", \"words\": \"", ends[line->end]);
		for (const char *at = line->words; *at != '\0'; at++)
			hf_put_format(out, *at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
		hf_put_text(out, "\"");
	}
	hf_put_text(out, ", \"data\": \"");
	for (size_t i = 0; i < line->len; i++)
		hf_put_format(out, "%02x", (unsigned)line->data[i]);
	hf_put_text(out, "\"}\n");
}

enum hf_err hf_capture_put(const struct hf_capture *capture, struct hf_buf *out)
{
	hf_put_text(out, hf_capture_head(capture));
	hf_put_text(out, "\n");
	for (size_t i = 0; i < capture->count; i++)
		put_line(out, &capture->lines[i]);
	return hf_buf_check(out);
}

/* ---- Reading ---- */

/* The index of a word in a list; `count` when it is not there. */
static size_t word_index(const char *word, const char *const list[], size_t count)
{
	size_t i = 0;
	while (i < count && (word == NULL || strcmp(word, list[i]) != 0))
		i++;
	return i;
}

/* The fraction is read here, the rest as the house does. */
static bool read_time(const char *text, uint64_t *ret_at)
{
	hf_time seconds;
	const char *dot = text != NULL ? strchr(text, '.') : NULL;
	char whole[HF_TIME_TEXT];
	unsigned micros;
	int len = 0; /* stays 0 without the Z */
	if (dot == NULL || (size_t)(dot - text) + 2 > sizeof(whole))
		return false;
	snprintf(whole, sizeof(whole), "%.*sZ", (int)(dot - text), text);
	if (sscanf(dot, ".%6uZ%n", &micros, &len) != 1 || len == 0 || dot[len] != '\0' ||
	        hf_time_parse(whole, 0, &seconds) != HF_OK || seconds < 0)
		return false;
	*ret_at = (uint64_t)seconds * US_PER_SECOND + micros;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(const char *text, struct hf_buf *out)
{
	size_t len = text != NULL ? strlen(text) : 1;
	if (len % 2 != 0 || len / 2 > HF_MESSAGE_MAX)
		return false;
	for (size_t i = 0; i < len; i += 2) {
		int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
		if (high < 0 || low < 0)
			return false;
		hf_put_u8(out, (uint8_t)(high << 4 | low));
	}
	return true;
}

static const char *text_of(const json_t *object, const char *field)
{
	return json_string_value(json_object_get(object, field));
}

/* One exchange's packet. HF_ERR_SYNTAX when a field is missing or wrong. */
static enum hf_err take_object(struct hf_capture *capture, const json_t *object)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf data = {0};
	struct hf_endpoint server;
	const json_t *number = json_object_get(object, "exchange");
	const char *address = text_of(object, "server");
	const char *transport = text_of(object, "transport");
	struct hf_capture_packet packet = {.server = &server, .words = text_of(object, "words")};
	size_t kind = word_index(text_of(object, "kind"), kinds, HF_CAPTURE_END + 1);
	size_t end = word_index(text_of(object, "end"), ends, HF_EXCHANGE_LIMIT + 1);
	bool ends_here = kind == HF_CAPTURE_END;
	if (!json_is_integer(number) || json_integer_value(number) < 0 || address == NULL ||
	        hf_endpoint_parse(address, HF_PORT_DNS, &server) != HF_OK || transport == NULL ||
	        !read_time(text_of(object, "at"), &packet.at) || kind > HF_CAPTURE_END ||
	        (ends_here && (end > HF_EXCHANGE_LIMIT || end == HF_EXCHANGE_ANSWER)) ||
	        !read_hex(text_of(object, "data"), &data))
		return HF_ERR_SYNTAX;
	enum hf_err err = hf_buf_check(&data);
	if (err != HF_OK)
		return err;
	packet.tcp = strcmp(transport, "tcp") == 0;
	packet.kind = (enum hf_capture_kind)kind;
	packet.end = ends_here ? (enum hf_exchange_end)end : HF_EXCHANGE_ANSWER;
	packet.data = data.data != NULL ? data.data : (const uint8_t *)"";
	packet.len = data.len;
	return hf_capture_add(capture, (uint64_t)json_integer_value(number), &packet);
}

static enum hf_err take_line(struct hf_capture *capture, const char *path, uint64_t number,
        const char *text, size_t len, struct hf_diag *diag)
{
	json_error_t error;
	json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(object)) {
		json_decref(object);
		return hf_fail_at(diag, HF_ERR_SYNTAX, path, number,
		        "this is no JSON object; give a file that --save has written");
	}
	enum hf_err err = take_object(capture, object);
	json_decref(object);
	if (err == HF_ERR_SYNTAX)
		return hf_fail_at(diag, err, path, number,
		        "this line has not the fields of a packet; give a file that --save has "
		        "written");
	if (err == HF_ERR_LIMIT)
		return hf_fail_at(diag, err, path, number, "more than %d packets, or %u MiB",
		        HF_CAPTURE_LINES, HF_CAPTURE_BYTES >> 20);
	return err;
}

static enum hf_err take_text(struct hf_capture *capture, const char *path, const char *text,
        size_t len, struct hf_diag *diag)
{
	enum hf_err err = HF_OK;
	const char *end = text + len;
	for (uint64_t number = 1; err == HF_OK && text < end; number++) {
		const char *feed = memchr(text, '\n', (size_t)(end - text));
		size_t line = (size_t)((feed != NULL ? feed : end) - text);
		if (number > 1 && line > 0) {
			err = take_line(capture, path, number, text, line, diag);
		} else if (number == 1) {
			capture->head = strndup(text, line);
			err = capture->head != NULL ? HF_OK : HF_ERR_NOMEM;
		}
		text += line + (feed != NULL);
	}
	return err;
}

/* Each byte of a packet is two characters; the fields around it get as much again. */
#define FILE_BYTES (3 * (size_t)HF_CAPTURE_BYTES)

static enum hf_err read_file(int fd, const char *path, struct hf_buf *out, struct hf_diag *diag)
{
	for (;;) {
		if (!hf_buf_reserve(out, READ_STEP))
			return HF_ERR_NOMEM;
		ssize_t got = read(fd, out->data + out->len, READ_STEP);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return hf_fail_at(
			        diag, HF_ERR_IO, path, 0, "cannot read: %s", strerror(errno));
		if (got == 0)
			return HF_OK;
		out->len += (size_t)got;
		if (out->len > FILE_BYTES)
			return hf_fail_at(diag, HF_ERR_LIMIT, path, 0, "larger than %zu MiB",
			        FILE_BYTES >> 20);
	}
}

enum hf_err hf_capture_read(const char *name, const char *text, size_t len, struct hf_diag *diag,
        struct hf_capture **ret_capture)
{
	struct hf_capture *capture;
	enum hf_err err = hf_capture_new(&capture);
	if (err != HF_OK)
		return err;
	err = take_text(capture, name, text, len, diag);
	if (err != HF_OK) {
		hf_capture_free(capture);
		return err;
	}
	capture->plays = true;
	*ret_capture = capture;
	return HF_OK;
}

enum hf_err hf_capture_load(const char *path, struct hf_diag *diag, struct hf_capture **ret_capture)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return hf_fail_at(diag, HF_ERR_IO, path, 0, "cannot open: %s", strerror(errno));
	enum hf_err err = read_file(fd, path, &text, diag);
	close(fd);
	if (err != HF_OK)
		return err;
	return hf_capture_read(path, (const char *)text.data, text.len, diag, ret_capture);
}

/* ---- Playing ---- */

uint64_t hf_capture_clock(const struct hf_capture *capture)
{
	return capture->clock / US_PER_MS;
}

/* Whether the query in this line asks what the exchange asks. One that is malformed does not. */
static enum hf_err check_fit(
        const struct line *line, const struct hf_exchange *exchange, bool *ret_fits)
{
	struct hf_message *query;
	if (line->taken || (line->kind != HF_CAPTURE_QUERY && line->kind != HF_CAPTURE_END) ||
	        !hf_endpoint_equal(&line->server, &exchange->server))
		return HF_OK;
	enum hf_err err = hf_message_parse(line->data, line->len, NULL, &query);
	if (err != HF_OK)
		return err == HF_ERR_NOMEM ? err : HF_OK;
	*ret_fits = query->has_question && hf_question_equal(&query->question, &exchange->question);
	hf_message_free(query);
	return HF_OK;
}

/* How the exchange with this number ended: its last answer, unless it ended without one. */
static const struct line *find_end(struct hf_capture *capture, uint64_t number)
{
	const struct line *found = NULL;
	for (size_t i = 0; i < capture->count; i++) {
		struct line *line = &capture->lines[i];
		if (line->exchange != number)
			continue;
		line->taken = true;
		if (line->at > capture->clock)
			capture->clock = line->at;
		if (line->kind == HF_CAPTURE_ANSWER || line->kind == HF_CAPTURE_END)
			found = line;
	}
	return found;
}

static enum hf_err play_line(const struct line *line, struct hf_exchange *exchange)
{
	exchange->over_tcp = line->tcp;
	exchange->end = line->end;
	if (line->kind == HF_CAPTURE_END) {
		snprintf(exchange->words, HF_EXCHANGE_WORDS, "%s", line->words);
		return HF_OK;
	}
	enum hf_err err = hf_message_parse(line->data, line->len, NULL, &exchange->message);
	if (err == HF_OK &&
	        hf_message_answers(exchange->message, exchange->message->id, &exchange->question)) {
		hf_put_bytes(&exchange->wire, line->data, line->len);
		return hf_buf_check(&exchange->wire);
	}
	if (err == HF_ERR_NOMEM)
		return err;
	if (err == HF_OK)
		hf_message_free(exchange->message);
	exchange->message = NULL;
	exchange->end = HF_EXCHANGE_FAILURE;
	snprintf(exchange->words, HF_EXCHANGE_WORDS, "the capture has no valid answer from it");
	return HF_OK;
}

enum hf_err hf_capture_play(struct hf_capture *capture, struct hf_exchange *exchange)
{
	const struct line *line = NULL;
	for (size_t i = 0; i < capture->count && line == NULL; i++) {
		bool fits = false;
		enum hf_err err = check_fit(&capture->lines[i], exchange, &fits);
		if (err != HF_OK)
			return err;
		if (fits)
			line = find_end(capture, capture->lines[i].exchange);
	}
	if (line != NULL)
		return play_line(line, exchange);
	exchange->end = HF_EXCHANGE_FAILURE;
	snprintf(exchange->words, HF_EXCHANGE_WORDS, "the capture has no answer from it");
	return HF_OK;
}
