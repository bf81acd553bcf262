/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/anchorstate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outfile.h"
#include "zone/load.h"

#define FILE_MODE 0644 /* there is no secret in it */
#define ATTEMPTS  3    /* servers whose sets are looked at */

struct hf_anchor_state {
	char *path;
	int lock; /* −1: not ours */
	struct hf_trust_book book;
};

void hf_anchor_state_free(struct hf_anchor_state *state)
{
	if (state == NULL)
		return;
	if (state->lock >= 0)
		close(state->lock);
	hf_trust_book_done(&state->book);
	free(state->path);
	free(state);
}

struct hf_trust_book *hf_anchor_state_book(struct hf_anchor_state *state)
{
	return &state->book;
}

/* The lock is a file of its own: the state file itself is replaced by each save. */
static enum hf_err take_lock(struct hf_anchor_state *state, struct hf_diag *diag)
{
	char *path;
	if (asprintf(&path, "%s.lock", state->path) < 0)
		return HF_ERR_NOMEM;
	enum hf_err err = HF_OK;
	state->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (state->lock < 0)
		err = hf_fail(diag, HF_ERR_IO,
		        "cannot open %s: %s; the folder of the state file must be writable", path,
		        strerror(errno));
	else if (flock(state->lock, LOCK_EX | LOCK_NB) != 0)
		err = errno == EWOULDBLOCK
		              ? hf_fail(diag, HF_ERR_EXISTS,
		                        "another run works on %s; try again when it has ended",
		                        state->path)
		              : hf_fail(diag, HF_ERR_IO, "cannot lock %s: %s", path,
		                        strerror(errno));
	free(path);
	return err;
}

/* Reads a file of at most the size that a book may have, and a byte more to tell. */
static enum hf_err read_file(int fd, const char *path, struct hf_diag *diag, struct hf_buf *out)
{
	while (out->len <= HF_TRUST_BOOK_SIZE) {
		if (!hf_buf_reserve(out, 65536))
			return HF_ERR_NOMEM;
		ssize_t len = read(fd, out->data + out->len, 65536);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return hf_fail(
			        diag, HF_ERR_IO, "cannot read %s: %s", path, strerror(errno));
		if (len == 0)
			break;
		out->len += (size_t)len;
	}
	return HF_OK;
}

static enum hf_err load(struct hf_anchor_state *state, struct hf_diag *diag)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	int fd = open(state->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return hf_fail(diag, errno == ENOENT ? HF_ERR_NOTFOUND : HF_ERR_IO,
		        "cannot open %s: %s%s", state->path, strerror(errno),
		        errno == ENOENT ? "; make it with `holdfast anchors init`" : "");
	enum hf_err err = read_file(fd, state->path, diag, &text);
	close(fd);
	return err != HF_OK ? err
	                    : hf_trust_book_parse(state->path, (const char *)text.data, text.len,
	                              diag, &state->book);
}

static enum hf_err check_new(const struct hf_anchor_state *state, struct hf_diag *diag)
{
	struct stat status;
	if (lstat(state->path, &status) == 0)
		return hf_fail(diag, HF_ERR_EXISTS,
		        "%s exists already, and what it knows of revoked keys would be lost; move "
		        "it away first",
		        state->path);
	return HF_OK;
}

enum hf_err hf_anchor_state_open(const char *path, enum hf_anchor_state_flags flags,
        struct hf_diag *diag, struct hf_anchor_state **ret_state)
{
	struct hf_anchor_state *state = calloc(1, sizeof(*state));
	if (state == NULL || (state->path = strdup(path)) == NULL) {
		free(state);
		return HF_ERR_NOMEM;
	}
	state->lock = -1;
	enum hf_err err = HF_OK;
	if (flags != HF_ANCHOR_STATE_READ)
		err = take_lock(state, diag);
	if (err == HF_OK)
		err = (flags & HF_ANCHOR_STATE_NEW) != 0 ? check_new(state, diag)
		                                         : load(state, diag);
	if (err != HF_OK) {
		hf_anchor_state_free(state);
		return err;
	}
	*ret_state = state;
	return HF_OK;
}

enum hf_err hf_anchor_state_save(struct hf_anchor_state *state, struct hf_diag *diag)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	enum hf_err err = hf_trust_book_put(&state->book, &text);
	return err != HF_OK ? err : hf_outfile_put(state->path, FILE_MODE, &text, diag);
}

/* ---- Looking at the zones' keys ---- */

static void done_sight(struct hf_anchor_sight *sight)
{
	free(sight->failure);
	free(sight->server);
}

void hf_anchor_check_done(struct hf_anchor_check *check)
{
	for (size_t i = 0; i < check->count; i++)
		done_sight(&check->sights[i]);
	free(check->sights);
	*check = (struct hf_anchor_check){0};
}

/* The DNSKEY set of one zone, out of a file of records. */
struct set_reading {
	const struct hf_name *zone;
	struct hf_node_builder *builder;
};

static enum hf_err take_record(void *context, const struct hf_name *owner, uint16_t type,
        uint32_t ttl, struct hf_rdata rdata, const char *file, uint64_t line)
{
	const struct set_reading *reading = context;
	bool wanted = type == KNOT_RRTYPE_DNSKEY ||
	              (type == KNOT_RRTYPE_RRSIG && hf_rrsig_covered(rdata) == KNOT_RRTYPE_DNSKEY);
	if (!wanted || !hf_name_equal(owner, reading->zone))
		return HF_OK;
	return hf_node_add(reading->builder, type, ttl, rdata);
}

static enum hf_err read_node(const char *path, const struct hf_name *zone, struct hf_diag *diag,
        struct hf_node **ret_node)
{
	struct set_reading reading = {.zone = zone};
	const struct hf_load_options options = {.origin = "."};
	struct hf_key key;
	enum hf_err err = hf_node_builder_new(&reading.builder);
	if (err != HF_OK)
		return err;
	hf_key_from_name(zone, &key);
	hf_node_begin(reading.builder, &key);
	err = hf_records_load(path, &options, take_record, &reading, diag);
	if (err == HF_OK)
		err = hf_node_finish(reading.builder, ret_node);
	hf_node_builder_free(reading.builder);
	return err;
}

static enum hf_err note_failure(struct hf_anchor_sight *sight, const char *why)
{
	sight->failure = strdup(why);
	return sight->failure != NULL ? HF_OK : HF_ERR_NOMEM;
}

/* A set without records, only signatures, is none. */
static enum hf_err show(struct hf_anchor_sight *sight, struct hf_trust_point *point,
        const struct hf_rrset *set, const char *why_none, hf_time now)
{
	bool there = set != NULL && set->rr_count > 0;
	enum hf_err err = there ? HF_OK : note_failure(sight, why_none);
	if (err == HF_OK)
		err = hf_trust_point_observe(point, there ? set : NULL, now, &sight->result);
	return err;
}

static enum hf_err look_in_file(struct hf_trust_point *point,
        const struct hf_anchor_check_options *options, struct hf_diag *diag,
        struct hf_anchor_sight *sight)
{
	struct hf_node *node = NULL;
	struct hf_rrset set;
	enum hf_err err = read_node(options->from, &point->zone, diag, &node);
	if (err != HF_OK)
		return err;
	bool found = node != NULL && hf_node_find(node, KNOT_RRTYPE_DNSKEY, &set);
	err = show(sight, point, found ? &set : NULL, "the file has no DNSKEY record of the zone",
	        options->now);
	hf_node_unref(node);
	return err;
}

/* Why an answer has no DNSKEY set. */
static void put_reason(struct hf_buf *out, const struct hf_chain_reply *reply)
{
	char rcode[HF_RCODE_TEXT];
	if (reply->message == NULL)
		hf_put_text(out, reply->failure != NULL ? reply->failure : "no server answered");
	else
		hf_put_format(out, "the answer was %s without a DNSKEY set",
		        hf_rcode_text(reply->message->rcode, rcode));
	hf_put_u8(out, 0);
}

static enum hf_err look_at_reply(struct hf_trust_point *point, const struct hf_chain_reply *reply,
        hf_time now, struct hf_anchor_sight *sight)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf why = {0};
	const struct hf_message_set *found = NULL;
	if (reply->message != NULL)
		found = hf_message_find(
		        reply->message, HF_SECTION_ANSWER, &point->zone, KNOT_RRTYPE_DNSKEY);
	put_reason(&why, reply);
	if (why.failed)
		return HF_ERR_NOMEM;
	if (reply->server != NULL && (sight->server = strdup(reply->server)) == NULL)
		return HF_ERR_NOMEM;
	return show(sight, point, found != NULL ? &found->set : NULL, (const char *)why.data, now);
}

static enum hf_err ask_once(struct hf_trust_point *point,
        const struct hf_anchor_check_options *options, unsigned attempt,
        struct hf_anchor_sight *sight)
{
	const struct hf_chain_question question = {.zone = point->zone,
	        .question = {.name = point->zone, .type = KNOT_RRTYPE_DNSKEY},
	        .attempt = attempt};
	struct hf_chain_reply reply = {0};
	enum hf_err err = hf_resolver_ask(options->resolver, &question, &reply);
	if (err == HF_OK)
		err = look_at_reply(point, &reply, options->now, sight);
	hf_message_free(reply.message);
	return err;
}

/* A set that nobody trusted signed may be one server's alone: the others are asked as well. */
static enum hf_err look_at_servers(struct hf_trust_point *point,
        const struct hf_anchor_check_options *options, struct hf_anchor_sight *sight)
{
	enum hf_err err = HF_OK;
	for (unsigned attempt = 0; attempt < ATTEMPTS && err == HF_OK; attempt++) {
		struct hf_anchor_sight last = {.point = point, .asked = true};
		err = ask_once(point, options, attempt, &last);
		bool silent = err == HF_OK && last.result.outcome == HF_TRUST_SILENT;
		bool first = attempt == 0;
		if (first || !silent) {
			done_sight(sight);
			*sight = last;
		} else {
			done_sight(&last);
		}
		if (sight->result.outcome != HF_TRUST_UNPROVEN || sight->result.count > 0 || silent)
			break;
	}
	return err;
}

enum hf_err hf_anchor_check_none(struct hf_anchor_state *state, struct hf_anchor_check *ret_check)
{
	const struct hf_trust_book *book = &state->book;
	struct hf_anchor_check check = {.count = book->count};
	check.sights = calloc(book->count + 1, sizeof(*check.sights));
	if (check.sights == NULL)
		return HF_ERR_NOMEM;
	for (size_t i = 0; i < book->count; i++)
		check.sights[i].point = &book->points[i];
	*ret_check = check;
	return HF_OK;
}

static enum hf_err look(struct hf_trust_point *point, const struct hf_anchor_check_options *options,
        struct hf_diag *diag, struct hf_anchor_sight *sight)
{
	if (options->due_only && point->next != HF_TIME_NONE && options->now < point->next)
		return HF_OK;
	sight->asked = true;
	return options->from != NULL ? look_in_file(point, options, diag, sight)
	                             : look_at_servers(point, options, sight);
}

enum hf_err hf_anchor_check(struct hf_anchor_state *state,
        const struct hf_anchor_check_options *options, struct hf_diag *diag,
        struct hf_anchor_check *ret_check)
{
	struct hf_trust_book *book = &state->book;
	struct hf_anchor_check check;
	enum hf_err err = hf_anchor_check_none(state, &check);
	if (err != HF_OK)
		return err;
	for (size_t i = 0; i < book->count && err == HF_OK; i++)
		err = look(&book->points[i], options, diag, &check.sights[i]);
	if (err != HF_OK) {
		hf_anchor_check_done(&check);
		return err;
	}
	*ret_check = check;
	return HF_OK;
}

enum hf_anchor_verdict hf_anchor_check_verdict(const struct hf_anchor_check *check)
{
	enum hf_anchor_verdict verdict = HF_ANCHORS_GOOD;
	for (size_t i = 0; i < check->count; i++) {
		const struct hf_anchor_sight *sight = &check->sights[i];
		bool bad = sight->asked && (sight->result.outcome == HF_TRUST_UNPROVEN ||
		                                   sight->result.outcome == HF_TRUST_CLOCK);
		if (bad || hf_trust_point_usable(sight->point) == 0)
			return HF_ANCHORS_BAD;
		if (sight->asked && sight->result.outcome == HF_TRUST_SILENT)
			verdict = HF_ANCHORS_UNANSWERED;
	}
	return verdict;
}
