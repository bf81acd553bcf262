/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Faults and spans as people write them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/rehearsal.h"

#define DAY        INT64_C(86400)
#define FAULT_TEXT 160
#define FORM       "write KIND@TIME+DURATION, such as signer-down@+2d+12h"

void hf_rehearsal_span_put(int64_t seconds, struct hf_buf *out)
{
	static const struct {
		int64_t seconds;
		char unit;
	} units[] = {{DAY, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	size_t i = 0;
	while (seconds % units[i].seconds != 0)
		i++;
	if (seconds == 0) {
		hf_put_u8(out, '0');
		return;
	}
	hf_put_format(out, "%" PRId64 "%c", seconds / units[i].seconds, units[i].unit);
}

/* What a kind needs to be told. */
static bool needs_amount(enum hf_fault_kind kind)
{
	return kind == HF_FAULT_CLOCK || kind == HF_FAULT_RESTORED || kind == HF_FAULT_SLOW;
}

static bool has_server(enum hf_fault_kind kind)
{
	return kind == HF_FAULT_SECONDARY || kind == HF_FAULT_PARENT;
}

void hf_rehearsal_fault_put(const struct hf_theatre_fault *fault, struct hf_buf *out)
{
	char at[HF_TIME_TEXT];
	hf_put_format(out, "%s@%s+", hf_fault_name(fault->kind), hf_time_rfc3339(fault->at, at));
	hf_rehearsal_span_put(fault->duration, out);
	if (needs_amount(fault->kind) || fault->amount != 0) {
		hf_put_text(out, ",amount=");
		hf_rehearsal_span_put(fault->amount, out);
	}
	if (has_server(fault->kind))
		hf_put_format(out, ",server=%u", fault->server + 1);
}

/* ---- Reading ---- */

static bool read_signed_span(const char *text, int64_t *ret_span)
{
	bool minus = *text == '-';
	int64_t span;
	if (hf_span_parse(text + minus, &span) != HF_OK)
		return false;
	*ret_span = minus ? -span : span;
	return true;
}

/* ",amount=SPAN", ",server=N": one of them, without the comma. */
static enum hf_err read_detail(
        const char *text, struct hf_diag *diag, struct hf_theatre_fault *fault)
{
	char *end;
	if (strncmp(text, "amount=", 7) == 0 && read_signed_span(text + 7, &fault->amount))
		return HF_OK;
	if (strncmp(text, "server=", 7) == 0 && text[7] >= '1' && text[7] <= '9') {
		unsigned long server = strtoul(text + 7, &end, 10);
		if (*end == 0 && server <= HF_THEATRE_SERVERS) {
			fault->server = (unsigned)server - 1;
			return HF_OK;
		}
	}
	return hf_fail(diag, HF_ERR_SYNTAX,
	        "\"%s\" says nothing of a fault: write amount=SPAN, such as amount=-2h, or "
	        "server=N from 1 to %d",
	        text, HF_THEATRE_SERVERS);
}

/* "TIME", "TIME+DURATION", "+SPAN", "+SPAN+DURATION"; an offset from UTC is no duration. */
static bool read_when(char *text, hf_time at, struct hf_theatre_fault *fault)
{
	char *plus = strrchr(text, '+');
	int64_t after;
	if (plus != NULL && plus != text && hf_span_parse(plus + 1, &fault->duration) == HF_OK)
		*plus = 0;
	if (*text != '+')
		return hf_time_parse(text, at, &fault->at) == HF_OK;
	if (hf_span_parse(text + 1, &after) != HF_OK)
		return false;
	fault->at = at + after;
	return true;
}

static bool read_kind(const char *text, enum hf_fault_kind *ret_kind)
{
	for (unsigned kind = 0; kind < HF_FAULT_KINDS; kind++) {
		if (strcmp(hf_fault_name(kind), text) == 0) {
			*ret_kind = kind;
			return true;
		}
	}
	return false;
}

static enum hf_err unknown_kind(const char *text, struct hf_diag *diag)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf names = {0};
	for (unsigned kind = 0; kind < HF_FAULT_KINDS; kind++)
		hf_put_format(&names, "%s%s",
		        kind == 0                    ? ""
		        : kind + 1 == HF_FAULT_KINDS ? " and "
		                                     : ", ",
		        hf_fault_name(kind));
	return hf_fail(diag, HF_ERR_SYNTAX, "there is no fault \"%s\", but %.*s; " FORM, text,
	        (int)names.len, (const char *)names.data);
}

static enum hf_err judge(const struct hf_theatre_fault *fault, hf_time at, struct hf_diag *diag)
{
	const char *name = hf_fault_name(fault->kind);
	if (fault->at < at)
		return hf_fail(diag, HF_ERR_INVALID,
		        "the fault %s is before the rehearsal begins: give it a later time, or "
		        "begin earlier with --start",
		        name);
	if (fault->duration <= 0)
		return hf_fail(diag, HF_ERR_INVALID, "the fault %s takes no time; " FORM, name);
	if (needs_amount(fault->kind) && fault->amount == 0)
		return hf_fail(diag, HF_ERR_INVALID,
		        "the fault %s has to say how much: add ,amount=SPAN, such as amount=2h",
		        name);
	if (fault->kind != HF_FAULT_CLOCK && fault->amount < 0)
		return hf_fail(diag, HF_ERR_INVALID,
		        "the fault %s takes no negative amount: only a clock goes back", name);
	return HF_OK;
}

/* The words of `text`, which is taken apart. */
static enum hf_err read_parts(
        char *text, hf_time at, struct hf_diag *diag, struct hf_theatre_fault *fault)
{
	char *when = strchr(text, '@'), *rest = NULL;
	if (when != NULL)
		*when++ = 0;
	if (!read_kind(text, &fault->kind))
		return unknown_kind(text, diag);
	if (when == NULL)
		return hf_fail(diag, HF_ERR_SYNTAX,
		        "the fault %s has to say when it happens: " FORM, text);
	char *word = strtok_r(when, ",", &rest);
	if (word == NULL || !read_when(word, at, fault))
		return hf_fail(diag, HF_ERR_SYNTAX,
		        "the fault %s happens at no time that can be read: " FORM
		        ", with a time such as 2026-01-02T03:04:05Z or +2d from the start",
		        text);
	enum hf_err err = HF_OK;
	while (err == HF_OK && (word = strtok_r(NULL, ",", &rest)) != NULL)
		err = read_detail(word, diag, fault);
	return err == HF_OK ? judge(fault, at, diag) : err;
}

enum hf_err hf_rehearsal_fault_read(
        const char *text, hf_time at, struct hf_diag *diag, struct hf_theatre_fault *ret_fault)
{
	char copy[FAULT_TEXT];
	struct hf_theatre_fault fault = {.duration = DAY};
	if (strlen(text) >= sizeof(copy))
		return hf_fail(diag, HF_ERR_SYNTAX, "a fault has too many letters; " FORM);
	strcpy(copy, text);
	enum hf_err err = read_parts(copy, at, diag, &fault);
	if (err == HF_OK)
		*ret_fault = fault;
	return err;
}
