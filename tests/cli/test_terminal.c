/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors, and the progress bar: on a terminal, after a second, and nowhere else. */
#include "cli/terminal.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/command.h"

static int kept_stderr;

/* Standard error becomes a file, or (when `columns` is not 0) a terminal of that width. */
static int replace_stderr(unsigned short columns)
{
	kept_stderr = dup(STDERR_FILENO);
	if (columns == 0) {
		FILE *file = tmpfile();
		assert_non_null(file);
		int fd = dup(fileno(file));
		fclose(file);
		assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
		return fd;
	}
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	const struct winsize size = {.ws_row = 24, .ws_col = columns};
	assert_int_equal(ioctl(slave, TIOCSWINSZ, &size), 0);
	assert_int_equal(dup2(slave, STDERR_FILENO), STDERR_FILENO);
	close(slave);
	assert_int_equal(fcntl(master, F_SETFL, O_NONBLOCK), 0);
	return master;
}

/* What was written, and standard error as it was. */
static const char *restore_stderr(int fd, bool terminal)
{
	static char text[65536];
	fflush(stderr);
	size_t len = 0;
	if (!terminal)
		lseek(fd, 0, SEEK_SET);
	ssize_t got;
	while ((got = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)got;
	text[len] = '\0';
	dup2(kept_stderr, STDERR_FILENO);
	close(kept_stderr);
	close(fd);
	return text;
}

static void errors_name_file_and_line(void **state)
{
	struct hf_diag diag;
	hf_diag_init(&diag, 3);
	hf_diag_add(&diag, "zone", 7, "wrong; correct it");
	hf_diag_add(&diag, "zone", 0, "empty");
	hf_diag_add(&diag, NULL, 0, "lost \033[31m\ttext\177");
	hf_diag_add(&diag, NULL, 0, "one more");
	int fd = replace_stderr(0);
	int status = hf_terminal_fail(&diag, HF_ERR_SYNTAX);
	const char *text = restore_stderr(fd, false);
	assert_int_equal(status, HF_EXIT_ERROR);
	assert_string_equal(text, "holdfast: zone:7: wrong; correct it\n"
	                          "holdfast: zone: empty\n"
	                          "holdfast: lost \\027[31m\\009text\\127\n"
	                          "holdfast: … and 1 more; correct these first\n");
	hf_diag_done(&diag);
}

static void an_error_without_a_sentence(void **state)
{
	struct hf_diag diag;
	hf_diag_init(&diag, 3);
	int fd = replace_stderr(0);
	int status = hf_terminal_fail(&diag, HF_ERR_NOMEM) + hf_terminal_fail(NULL, HF_ERR_NOMEM);
	const char *text = restore_stderr(fd, false);
	assert_int_equal(status, 2 * HF_EXIT_ERROR);
	char want[200];
	snprintf(want, sizeof(want), "holdfast: %s\nholdfast: %s\n", hf_err_text(HF_ERR_NOMEM),
	        hf_err_text(HF_ERR_NOMEM));
	assert_string_equal(text, want);
	hf_diag_done(&diag);
	fd = replace_stderr(0);
	assert_int_equal(hf_terminal_error("%d is %s", 5, "odd\n"), HF_EXIT_ERROR);
	assert_string_equal(restore_stderr(fd, false), "holdfast: 5 is odd\\010\n");
}

static void no_bar_without_a_terminal(void **state)
{
	int fd = replace_stderr(0);
	const struct hf_progress *progress = hf_terminal_progress();
	const char *text = restore_stderr(fd, false);
	assert_null(progress);
	assert_string_equal(text, "");

	setenv("TERM", "dumb", 1);
	fd = replace_stderr(80);
	progress = hf_terminal_progress();
	restore_stderr(fd, true);
	assert_null(progress);
	setenv("TERM", "xterm", 1);
}

/* Works for so many milliseconds, a step each. */
static void work(const struct hf_progress *progress, const char *phase, unsigned ms, unsigned from,
        unsigned total)
{
	const struct timespec pause = {0, 1000000};
	for (unsigned i = 0; i < ms; i++) {
		hf_progress_step(progress, phase, from + i, total);
		nanosleep(&pause, NULL);
	}
}

static size_t count(const char *text, const char *part)
{
	size_t found = 0;
	for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
		found++;
	return found;
}

static void a_bar_after_a_second(void **state)
{
	setenv("TERM", "xterm", 1);
	int fd = replace_stderr(60);
	const struct hf_progress *progress = hf_terminal_progress();
	assert_non_null(progress);
	work(progress, "load", 300, 0, 4000);
	fflush(stderr);
	char early[100];
	ssize_t before = read(fd, early, sizeof(early)); /* nothing yet */
	struct timespec start, now;
	clock_gettime(CLOCK_MONOTONIC, &start);
	double passed = 0;
	for (unsigned i = 300; passed < 1.0; i++) {
		hf_progress_step(progress, "load", i, 4000);
		clock_gettime(CLOCK_MONOTONIC, &now);
		passed = (double)(now.tv_sec - start.tv_sec) +
		         (double)(now.tv_nsec - start.tv_nsec) / 1e9;
		nanosleep(&(struct timespec){0, 1000000}, NULL);
	}
	hf_progress_step(progress, "count", 5, 0);
	work(progress, "count", 150, 10, 0); /* no total: no bar, but a rate */
	hf_terminal_clear();
	const char *text = restore_stderr(fd, true);
	assert_true(before <= 0);

	/* At most ten drawings a second; each fits into the line and starts at its left end. */
	size_t drawn = count(text, "\r");
	assert_true(drawn >= 3 && drawn <= 10);
	assert_non_null(strstr(text, "load [#"));
	assert_non_null(strstr(text, " %, "));
	assert_non_null(strstr(text, "/s, "));
	assert_non_null(strstr(text, " left\033[K"));
	char *line = strdup(text);
	for (char *part = strtok(line, "\r"); part != NULL; part = strtok(NULL, "\r"))
		assert_true(strcspn(part, "\033") < 60);
	free(line);
	/* The bar is wiped in the end. */
	assert_string_equal(text + strlen(text) - 4, "\r\033[K");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(errors_name_file_and_line),
	        cmocka_unit_test(an_error_without_a_sentence),
	        cmocka_unit_test(no_bar_without_a_terminal),
	        cmocka_unit_test(a_bar_after_a_second),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
