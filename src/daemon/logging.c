/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/logging.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct {
	const char *name;
	int priority; /* of syslog, as the journal has it */
} levels[HF_LOG_LEVELS] = {
        [HF_LOG_ERROR] = {"error", 3},
        [HF_LOG_WARNING] = {"warning", 4},
        [HF_LOG_NOTICE] = {"notice", 5},
        [HF_LOG_INFO] = {"info", 6},
        [HF_LOG_DEBUG] = {"debug", 7},
};

static _Atomic int chosen = HF_LOG_NOTICE;

const char *hf_log_level_name(enum hf_log_level level)
{
	return levels[level].name;
}

bool hf_log_level_parse(const char *text, enum hf_log_level *ret_level)
{
	for (unsigned i = 0; i < HF_LOG_LEVELS; i++) {
		if (strcmp(levels[i].name, text) == 0) {
			*ret_level = (enum hf_log_level)i;
			return true;
		}
	}
	return false;
}

void hf_log_set_level(enum hf_log_level level)
{
	atomic_store(&chosen, (int)level);
}

/* Whether standard error goes to the journal: it says so itself (systemd.exec(5)). */
static bool to_journal(void)
{
	const char *text = getenv("JOURNAL_STREAM");
	struct stat meta;
	unsigned long long device, inode;
	return text != NULL && sscanf(text, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &meta) == 0 && meta.st_dev == device && meta.st_ino == inode;
}

/* Bytes that could end a line or a field become \xHH; others stay, so that UTF-8 is readable. */
static void put_escaped(const char *text, struct hf_buf *out)
{
	for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
		if (*at == '"' || *at == '\\') {
			hf_put_u8(out, '\\');
			hf_put_u8(out, *at);
		} else if (*at < 0x20 || *at == 0x7f) {
			hf_put_format(out, "\\x%02x", *at);
		} else {
			hf_put_u8(out, *at);
		}
	}
}

void hf_log_put(const struct hf_log_about *about, const char *text, hf_time now, bool journal,
        struct hf_buf *out)
{
	char when[HF_TIME_TEXT], name[HF_NAME_TEXT];
	if (journal)
		hf_put_format(out, "<%d>", levels[about->level].priority);
	else
		hf_put_format(out, "%s %s ", hf_time_rfc3339(now, when), levels[about->level].name);
	hf_put_format(out, "event=%s", about->event);
	if (about->zone != NULL)
		hf_put_format(out, " zone=%s", hf_name_text(about->zone, name));
	if (about->has_serial)
		hf_put_format(out, " serial=%" PRIu32, about->serial);
	hf_put_text(out, " text=\"");
	put_escaped(text, out);
	hf_put_text(out, "\"");
}

static void write_line(const struct hf_log_about *about, const char *text)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf line = {0};
	hf_log_put(about, text, (hf_time)time(NULL), to_journal(), &line);
	hf_put_u8(&line, '\n');
	/* One write a line: lines of several threads do not mix. Nobody is left to be told when the
	 * log itself cannot be written. */
	if (hf_buf_check(&line) == HF_OK && write(STDERR_FILENO, line.data, line.len) < 0)
		return;
}

void hf_log(const struct hf_log_about *about, const char *format, ...)
{
	if ((int)about->level > atomic_load(&chosen))
		return;
	char text[2048];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	write_line(about, text);
}

void hf_log_diag(const struct hf_log_about *about, const struct hf_diag *diag, enum hf_err err)
{
	for (size_t i = 0; i < diag->count; i++) {
		const struct hf_diag_entry *entry = &diag->entries[i];
		if (entry->file != NULL && entry->line > 0)
			hf_log(about, "%s:%" PRIu64 ": %s", entry->file, entry->line, entry->text);
		else if (entry->file != NULL)
			hf_log(about, "%s: %s", entry->file, entry->text);
		else
			hf_log(about, "%s", entry->text);
	}
	if (diag->count == 0 && err != HF_OK)
		hf_log(about, "%s", hf_err_text(err));
	if (diag->dropped > 0)
		hf_log(about, "%" PRIu64 " more messages are not shown", diag->dropped);
}
