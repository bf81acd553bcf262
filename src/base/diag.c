/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void hf_diag_init(struct hf_diag *diag, size_t limit)
{
	*diag = (struct hf_diag){.limit = limit};
}

void hf_diag_done(struct hf_diag *diag)
{
	for (size_t i = 0; i < diag->count; i++) {
		free(diag->entries[i].file);
		free(diag->entries[i].text);
	}
	free(diag->entries);
	*diag = (struct hf_diag){.limit = diag->limit};
}

/* Makes room for one more entry by doubling. */
static bool grow(struct hf_diag *diag)
{
	/* A power of two is a full array: its size is never stored. */
	if (diag->count & (diag->count - 1))
		return true;
	size_t cap = diag->count ? diag->count * 2 : 1;
	struct hf_diag_entry *entries = realloc(diag->entries, cap * sizeof(*entries));
	if (entries == NULL)
		return false;
	diag->entries = entries;
	return true;
}

HF_PRINTF(4, 0)
static void add(
        struct hf_diag *diag, const char *file, uint64_t line, const char *format, va_list args)
{
	if (diag == NULL)
		return;
	if (diag->count >= diag->limit || !grow(diag)) {
		diag->dropped++;
		return;
	}
	struct hf_diag_entry entry = {.line = line};
	if (file != NULL && (entry.file = strdup(file)) == NULL) {
		diag->dropped++;
		return;
	}
	if (vasprintf(&entry.text, format, args) < 0) {
		free(entry.file);
		diag->dropped++;
		return;
	}
	diag->entries[diag->count++] = entry;
}

void hf_diag_move(struct hf_diag *diag, struct hf_diag *from)
{
	for (size_t i = 0; i < from->count && diag != NULL; i++) {
		if (diag->count < diag->limit && grow(diag)) {
			diag->entries[diag->count++] = from->entries[i];
			from->entries[i] = (struct hf_diag_entry){0};
		} else {
			diag->dropped++;
		}
	}
	if (diag != NULL)
		diag->dropped += from->dropped;
	hf_diag_done(from);
}

void hf_diag_add(struct hf_diag *diag, const char *file, uint64_t line, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	add(diag, file, line, format, args);
	va_end(args);
}

enum hf_err hf_fail(struct hf_diag *diag, enum hf_err err, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	add(diag, NULL, 0, format, args);
	va_end(args);
	return err;
}

enum hf_err hf_fail_at(struct hf_diag *diag, enum hf_err err, const char *file, uint64_t line,
        const char *format, ...)
{
	va_list args;
	va_start(args, format);
	add(diag, file, line, format, args);
	va_end(args);
	return err;
}
