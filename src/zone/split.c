/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "zone/split.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "zone/textfile.h"

#define DIRECTIVES_MAX (64u << 10) /* bytes of directives that are read again for each stretch */
#define LOOK_AHEAD     4096        /* bytes that are searched for something special at once */

/* What may follow a byte that has a meaning. All others are passed over. */
enum { PLAIN, NEWLINE, OPEN, CLOSE, QUOTE, COMMENT, ESCAPE };
static const uint8_t meaning[256] = {['\n'] = NEWLINE,
        ['('] = OPEN,
        [')'] = CLOSE,
        ['"'] = QUOTE,
        [';'] = COMMENT,
        ['\\'] = ESCAPE};

struct walk {
	const char *at, *end;
	uint64_t line;
	unsigned depth;        /* of parentheses */
	const char *plain_end; /* no parenthesis or quote between `at` and here */
};

/* Passes a quoted string; its end is the quote, or the end of the text. */
static void pass_quoted(struct walk *walk)
{
	while (walk->at < walk->end && *walk->at != '"') {
		walk->line += *walk->at == '\n';
		walk->at += *walk->at == '\\' && walk->at + 1 < walk->end ? 2 : 1;
	}
	if (walk->at < walk->end)
		walk->at++;
}

/* Passes the rest of an entry: to behind the newline that ends it. */
static void pass_entry(struct walk *walk)
{
	while (walk->at < walk->end) {
		unsigned char c = (unsigned char)*walk->at++;
		switch (meaning[c]) {
		case NEWLINE:
			walk->line++;
			if (walk->depth == 0)
				return;
			break;
		case OPEN:
			walk->depth++;
			break;
		case CLOSE:
			walk->depth -= walk->depth > 0;
			break;
		case QUOTE:
			pass_quoted(walk);
			break;
		case COMMENT: {
			const char *end = memchr(walk->at, '\n', (size_t)(walk->end - walk->at));
			walk->at = end != NULL ? end : walk->end;
			break;
		}
		case ESCAPE:
			if (walk->at < walk->end) {
				walk->line += *walk->at == '\n';
				walk->at++;
			}
			break;
		default:
			break;
		}
	}
}

/* A directive at `at`: noted, unless it forbids to cut at all. */
static bool note_directive(const char *at, const char *end, struct hf_buf *directives)
{
	size_t len = (size_t)(end - at);
	if (len >= 8 && strncasecmp(at, "$INCLUDE", 8) == 0)
		return false;
	hf_put_bytes(directives, at, len);
	return directives->len <= DIRECTIVES_MAX;
}

static bool begins_entry(char c)
{
	return c != ' ' && c != '\t' && c != '\n' && c != '\r' && c != ';' && c != '(' && c != ')';
}

/* Ends the last stretch here and begins another one. */
static void cut(struct hf_split *split, const struct walk *walk)
{
	struct hf_stretch *last = &split->stretches[split->count - 1];
	struct hf_stretch next = *last;
	last->len = (size_t)(walk->at - last->text);
	next.text = walk->at;
	next.len = (size_t)(walk->end - walk->at);
	next.line = walk->line;
	next.before_len = split->directives.len;
	split->stretches[split->count++] = next;
}

/* The first parenthesis or quote from here on, or else where nobody has looked. */
static const char *plain_end(const char *at, const char *end)
{
	size_t len = (size_t)(end - at) < LOOK_AHEAD ? (size_t)(end - at) : LOOK_AHEAD;
	const char *parenthesis = memchr(at, '(', len);
	if (parenthesis != NULL)
		len = (size_t)(parenthesis - at);
	const char *quote = memchr(at, '"', len);
	return quote != NULL ? quote : at + len;
}

/* Passes an entry. Nearly all are lines without anything special, and those are found fast. */
static void pass(struct walk *walk)
{
	const char *end = memchr(walk->at, '\n', (size_t)(walk->end - walk->at));
	if (end != NULL && end > walk->plain_end)
		walk->plain_end = plain_end(walk->at, walk->end);
	bool escaped = end != NULL && end > walk->at && end[-1] == '\\';
	if (end == NULL || escaped || end > walk->plain_end) {
		pass_entry(walk);
		return;
	}
	walk->at = end + 1;
	walk->line++;
}

/* Cuts as it goes; false when the text must stay in one piece. */
static bool cut_all(const struct hf_stretch *whole, size_t wanted, struct hf_split *split)
{
	struct walk walk = {.at = whole->text,
	        .end = whole->text + whole->len,
	        .line = whole->line,
	        .plain_end = whole->text};
	size_t size = whole->len / wanted + 1;
	const char *kept = whole->text;
	while (walk.at < walk.end) {
		const char *entry = walk.at;
		const struct hf_stretch *last = &split->stretches[split->count - 1];
		bool directive = *entry == '$';
		if (!directive && split->count < wanted && (size_t)(entry - last->text) >= size &&
		        begins_entry(*entry))
			cut(split, &walk);
		pass(&walk);
		if (directive && !note_directive(entry, walk.at, &split->directives))
			return false;
		if (whole->mapped && walk.at > kept + HF_TEXT_WINDOW)
			hf_text_forget(&kept, walk.at);
	}
	return !split->directives.failed;
}

enum hf_err hf_split_text(const struct hf_stretch *whole, size_t wanted, struct hf_split *ret_split)
{
	struct hf_split split = {.count = 1};
	split.stretches = calloc(wanted > 0 ? wanted : 1, sizeof(*split.stretches));
	if (split.stretches == NULL)
		return HF_ERR_NOMEM;
	split.stretches[0] = *whole;
	if (wanted > 1 && !cut_all(whole, wanted, &split)) {
		split.stretches[0] = *whole;
		split.count = 1;
	}
	/* The buffer moved while it grew. */
	for (size_t i = 1; i < split.count; i++)
		split.stretches[i].before = (const char *)split.directives.data;
	*ret_split = split;
	return HF_OK;
}

void hf_split_done(struct hf_split *split)
{
	free(split->stretches);
	hf_buf_done(&split->directives);
}
