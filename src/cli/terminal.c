/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/terminal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/times.h"
#include "cli/command.h"

/* ---- errors ---- */

/* Text may quote hostile input: control characters must not reach a terminal. */
static void put_clean(const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;
		if (byte < 0x20 || byte == 0x7f)
			fprintf(stderr, "\\%03u", byte);
		else
			fputc(byte, stderr);
	}
}

static void put_line(const char *file, uint64_t line, const char *text)
{
	fputs("holdfast: ", stderr);
	if (file != NULL) {
		put_clean(file);
		if (line != 0)
			fprintf(stderr, ":%" PRIu64, line);
		fputs(": ", stderr);
	}
	put_clean(text);
	fputc('\n', stderr);
}

int hf_terminal_fail(const struct hf_diag *diag, enum hf_err err)
{
	hf_terminal_clear();
	for (size_t i = 0; diag != NULL && i < diag->count; i++) {
		const struct hf_diag_entry *entry = &diag->entries[i];
		put_line(entry->file, entry->line, entry->text);
	}
	if (diag != NULL && diag->dropped > 0)
		fprintf(stderr, "holdfast: … and %" PRIu64 " more; correct these first\n",
		        diag->dropped);
	if (diag == NULL || diag->count + diag->dropped == 0)
		put_line(NULL, 0, hf_err_text(err));
	return HF_EXIT_ERROR;
}

int hf_terminal_error(const char *format, ...)
{
	hf_terminal_clear();
	char *text;
	va_list arguments;
	va_start(arguments, format);
	int len = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (len < 0) {
		put_line(NULL, 0, hf_err_text(HF_ERR_NOMEM));
		return HF_EXIT_ERROR;
	}
	put_line(NULL, 0, text);
	free(text);
	return HF_EXIT_ERROR;
}

/* ---- progress ---- */

#define PATIENCE 1.0 /* seconds of work before anything is drawn */
#define INTERVAL 0.1 /* seconds between two drawings */
#define BAR_MAX  40

static struct {
	bool started;
	bool drawn; /* there is something on the line */
	double work_start, phase_start, last;
	char phase[16];
} bar;

static double clock_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int columns(void)
{
	struct winsize size;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return 80;
	return size.ws_col;
}

/* "812", "12.3 k", "1.2 M" */
static const char *short_number(double number, char text[static 16])
{
	if (number < 1e3)
		snprintf(text, 16, "%.0f", number);
	else if (number < 1e6)
		snprintf(text, 16, "%.1f k", number / 1e3);
	else
		snprintf(text, 16, "%.1f M", number / 1e6);
	return text;
}

/* What stands right of the bar (or alone, when the total is not known). */
static void describe(uint64_t done, uint64_t total, double seconds, char *text, size_t room)
{
	char count[16], rate[16], left[HF_TIME_TEXT];
	double per_second = seconds > 0 ? (double)done / seconds : 0;
	short_number((double)done, count);
	short_number(per_second, rate);
	if (total == 0 || per_second <= 0) {
		snprintf(text, room, "%s, %s/s", count, rate);
		return;
	}
	double rest = done < total ? (double)(total - done) / per_second : 0;
	snprintf(text, room, "%3.0f %%, %s/s, %s left", 100 * (double)done / (double)total, rate,
	        hf_span_text((int64_t)(rest + 0.5), left));
}

static void draw(uint64_t done, uint64_t total, double seconds)
{
	char text[80], filled[BAR_MAX + 1];
	describe(done, total, seconds, text, sizeof(text));
	int room = columns() - 1 - (int)strlen(bar.phase) - (int)strlen(text) - 4;
	if (room > BAR_MAX)
		room = BAR_MAX;
	if (total == 0 || room < 5) {
		fprintf(stderr, "\r%.*s\033[K", columns() - 1, text);
	} else {
		int full =
		        done >= total ? room : (int)((double)room * ((double)done / (double)total));
		memset(filled, '.', (size_t)room);
		memset(filled, '#', (size_t)full);
		filled[room] = '\0';
		fprintf(stderr, "\r%s [%s] %s\033[K", bar.phase, filled, text);
	}
	fflush(stderr);
	bar.drawn = true;
}

static void show(void *context, const char *phase, uint64_t done, uint64_t total)
{
	double now = clock_now();
	if (!bar.started) {
		bar.started = true;
		bar.work_start = now;
		bar.last = now;
	}
	if (strncmp(bar.phase, phase, sizeof(bar.phase) - 1) != 0) {
		snprintf(bar.phase, sizeof(bar.phase), "%s", phase);
		bar.phase_start = now;
	}
	if (now - bar.work_start < PATIENCE || now - bar.last < INTERVAL)
		return;
	bar.last = now;
	draw(done, total, now - bar.phase_start);
}

const struct hf_progress *hf_terminal_progress(void)
{
	static const struct hf_progress progress = {show, NULL};
	const char *kind = getenv("TERM");
	bool plain = kind != NULL && strcmp(kind, "dumb") == 0;
	return isatty(STDERR_FILENO) && !plain ? &progress : NULL;
}

void hf_terminal_clear(void)
{
	if (bar.drawn)
		fputs("\r\033[K", stderr);
	bar.drawn = false;
}
