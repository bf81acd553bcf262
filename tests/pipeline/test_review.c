/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commands that review a zone: those that answer, and those that hang, fork, flood, fail or die.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipeline/review.h"
#include "zone/load.h"

#define LIMIT 30 /* seconds that no test gets near */

static struct hf_errand_end run_shell(const char *script, unsigned seconds)
{
	const char *const command[] = {"sh", "-c", script, NULL};
	static const char *const environment[] = {"HOLDFAST_TEST=a b", NULL};
	const struct hf_errand errand = {
	        .command = command, .environment = environment, .seconds = seconds, .grace = 1};
	struct hf_errand_end end;
	struct hf_diag diag;

	hf_diag_init(&diag, 3);
	enum hf_err err = hf_errand_run(&errand, &diag, &end);
	for (size_t i = 0; i < diag.count; i++)
		print_error("%s\n", diag.entries[i].text);
	hf_diag_done(&diag);
	assert_int_equal(err, HF_OK);
	assert_int_equal(strlen(end.output), end.output_len);
	return end;
}

static void check_output(const char *script, const char *output)
{
	struct hf_errand_end end = run_shell(script, LIMIT);
	assert_string_equal(end.output, output);
	assert_int_equal(end.status, 0);
	hf_errand_end_done(&end);
}

/* Waits until a process is gone or dead; nobody may wait for it. */
static void check_gone(long process)
{
	for (int i = 0; i < 400; i++) {
		char path[64], text[256] = "", state = 'X';
		snprintf(path, sizeof(path), "/proc/%ld/stat", process);
		FILE *file = fopen(path, "r");
		if (file == NULL)
			return;
		size_t len = fread(text, 1, sizeof(text) - 1, file);
		fclose(file);
		text[len] = '\0';
		const char *behind = strrchr(text, ')');
		if (behind != NULL && behind[1] == ' ')
			state = behind[2];
		if (state == 'Z' || state == 'X')
			return;
		usleep(5000);
	}
	fail_msg("process %ld goes on", process);
}

/* ---- a clean start ---- */

static void test_environment(void **unused)
{
	setenv("HOLDFAST_SECRET", "no", 1);
	check_output("env | grep -v -e ^PWD= -e ^_= -e ^OLDPWD= -e ^SHLVL= | sort",
	        "HOLDFAST_TEST=a b\nLC_ALL=C.UTF-8\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:"
	        "/usr/bin:/sbin:/bin\n");
	unsetenv("HOLDFAST_SECRET");
	check_output("pwd; cat; umask", "/\n0077\n");
}

static void test_files(void **unused)
{
	assert_int_equal(dup2(0, 50), 50);
	/* The fourth is the folder itself, as ls reads it. */
	check_output("ls /proc/self/fd", "0\n1\n2\n3\n");
	close(50);
}

static void test_signals(void **unused)
{
	sigset_t blocked, before;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	void (*old)(int) = signal(SIGINT, SIG_IGN);
	struct hf_errand_end end = run_shell("kill -TERM $$; echo alive", LIMIT);
	assert_int_equal(end.signal, SIGTERM);
	assert_int_equal(end.status, -1);
	assert_false(end.late);
	hf_errand_end_done(&end);
	end = run_shell("kill -INT $$; echo alive", LIMIT);
	assert_int_equal(end.signal, SIGINT);
	hf_errand_end_done(&end);
	signal(SIGINT, old);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* ---- how they end ---- */

static void test_status(void **unused)
{
	static const int ends[] = {0, 1, 2, 126, 255};
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		char script[32];
		snprintf(script, sizeof(script), "exit %d", ends[i]);
		struct hf_errand_end end = run_shell(script, LIMIT);
		assert_int_equal(end.status, ends[i]);
		assert_int_equal(end.signal, 0);
		assert_int_equal(end.output_len, 0);
		hf_errand_end_done(&end);
	}
	struct hf_errand_end end = run_shell("kill -SEGV $$", LIMIT);
	assert_int_equal(end.signal, SIGSEGV);
	hf_errand_end_done(&end);
}

static void test_output(void **unused)
{
	check_output("echo one; echo two >&2; printf three", "one\ntwo\nthree");
	struct hf_errand_end end = run_shell("head -c 65536 /dev/zero | tr '\\0' x", LIMIT);
	assert_int_equal(end.output_len, HF_ERRAND_OUTPUT);
	assert_int_equal(end.dropped, 0);
	hf_errand_end_done(&end);
	end = run_shell("head -c 100000000 /dev/zero | tr '\\0' y; exit 1", LIMIT);
	assert_int_equal(end.output_len, HF_ERRAND_OUTPUT);
	assert_int_equal(end.dropped, 100000000 - HF_ERRAND_OUTPUT);
	assert_int_equal(end.status, 1);
	assert_int_equal(end.output[0], 'y');
	hf_errand_end_done(&end);
}

static void test_late(void **unused)
{
	struct hf_errand_end end = run_shell("echo begun; sleep 300; echo over", 1);
	assert_true(end.late);
	assert_int_equal(end.signal, SIGTERM);
	assert_string_equal(end.output, "begun\n");
	assert_true(end.seconds >= 1 && end.seconds < 10);
	hf_errand_end_done(&end);
	/* One that does not let itself be asked, and floods. */
	end = run_shell("trap '' TERM; while :; do echo again; done", 1);
	assert_true(end.late);
	assert_int_equal(end.signal, SIGKILL);
	assert_true(end.seconds >= 2 && end.seconds < 12);
	hf_errand_end_done(&end);
	/* One that says yes, but too late. */
	end = run_shell("trap 'exit 0' TERM; sleep 300 & wait", 1);
	assert_true(end.late);
	assert_int_equal(end.status, 0);
	hf_errand_end_done(&end);
}

static void test_stop(void **unused)
{
	static const char *const command[] = {"/bin/sleep", "300", NULL};
	atomic_bool stop = true;
	const struct hf_errand errand = {.command = command, .seconds = LIMIT, .stop = &stop};
	struct hf_errand_end end;

	assert_int_equal(hf_errand_run(&errand, NULL, &end), HF_OK);
	assert_true(end.stopped);
	assert_false(end.late);
	assert_int_equal(end.signal, SIGTERM);
	hf_errand_end_done(&end);
}

/* Children that stay behind end too, whether they hold the output open or not. */
static void test_children(void **unused)
{
	struct hf_errand_end end = run_shell(
	        "sleep 300 & echo $!; (sleep 300 >/dev/null 2>&1; echo no) & echo $!; exit 1",
	        LIMIT);
	long first = 0, second = 0;
	assert_int_equal(end.status, 1);
	assert_true(end.seconds < 10);
	assert_int_equal(sscanf(end.output, "%ld %ld", &first, &second), 2);
	check_gone(first);
	check_gone(second);
	hf_errand_end_done(&end);
	/* One that leaves the group and keeps the output is not waited for. */
	end = run_shell("setsid sh -c 'sleep 2' & exit 0", LIMIT);
	assert_int_equal(end.status, 0);
	assert_true(end.seconds < 1.5);
	hf_errand_end_done(&end);
}

/* When the daemon is killed, the command does not go on alone. */
static void test_death(void **unused)
{
	int out[2];
	char text[32] = "";
	assert_int_equal(pipe(out), 0);
	pid_t daemon = fork();
	if (daemon == 0) {
		char script[64];
		snprintf(script, sizeof(script), "echo $$ >/proc/%d/fd/%d; sleep 300", getpid(),
		        out[1]);
		const char *const command[] = {"sh", "-c", script, NULL};
		const struct hf_errand errand = {.command = command, .seconds = LIMIT};
		struct hf_errand_end end;
		_exit(hf_errand_run(&errand, NULL, &end) == HF_OK);
	}
	assert_true(daemon > 0);
	assert_true(read(out[0], text, sizeof(text) - 1) > 0);
	assert_int_equal(kill(daemon, SIGKILL), 0);
	assert_int_equal(waitpid(daemon, NULL, 0), daemon);
	assert_true(atol(text) > 1);
	check_gone(atol(text));
	close(out[0]);
	close(out[1]);
}

static void test_no_command(void **unused)
{
	static const struct {
		const char *program;
		enum hf_err err;
		const char *words;
	} cases[] = {
	        {"no-such-command-here", HF_ERR_NOTFOUND, "give its whole path"},
	        {"/no/such/command", HF_ERR_IO, "No such file"},
	        {"/etc/passwd", HF_ERR_IO, "Permission denied"},
	        {"", HF_ERR_INVALID, "no command"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const command[] = {cases[i].program, NULL};
		const struct hf_errand errand = {.command = command, .seconds = LIMIT};
		struct hf_errand_end end;
		struct hf_diag diag;
		hf_diag_init(&diag, 3);
		assert_int_equal(hf_errand_run(&errand, &diag, &end), cases[i].err);
		assert_int_equal(diag.count, 1);
		assert_non_null(strstr(diag.entries[0].text, cases[i].words));
		hf_diag_done(&diag);
	}
	const char *const command[] = {"true", NULL};
	const struct hf_errand errand = {.command = command};
	struct hf_errand_end end;
	assert_int_equal(hf_errand_run(&errand, NULL, &end), HF_ERR_INVALID);
}

/* ---- reviews ---- */

struct desk {
	char folder[32];
	struct hf_version *version, *previous;
	struct hf_diag diag;
};

static struct hf_version *load(const char *text)
{
	const struct hf_load_options options = {.origin = "ex."};
	struct hf_version *version = NULL;
	assert_int_equal(
	        hf_zone_load_text("test", text, strlen(text), &options, NULL, &version), HF_OK);
	return version;
}

static void desk_init(struct desk *desk)
{
	snprintf(desk->folder, sizeof(desk->folder), "/tmp/review.XXXXXX");
	assert_non_null(mkdtemp(desk->folder));
	desk->version = load("ex. 300 SOA ns.ex. h.ex. 4294967295 2 3 4 5\nex. 300 NS ns.ex.\n");
	desk->previous = load("ex. 300 SOA ns.ex. h.ex. 7 2 3 4 5\nex. 300 NS ns.ex.\n");
	hf_diag_init(&desk->diag, 5);
}

/* Nothing may be left in the folder. */
static void desk_done(struct desk *desk)
{
	assert_int_equal(rmdir(desk->folder), 0);
	hf_version_unref(desk->version);
	hf_version_unref(desk->previous);
	hf_diag_done(&desk->diag);
}

static enum hf_err review(
        struct desk *desk, const char *script, bool more, struct hf_review_verdict *ret_verdict)
{
	const char *const command[] = {"/bin/sh", "-c", script, NULL};
	const struct hf_review_job job = {
	        .command = command,
	        .seconds = LIMIT,
	        .stage = more ? "signed" : "unsigned",
	        .version = desk->version,
	        .previous = more ? desk->previous : NULL,
	        .folder = desk->folder,
	};
	return hf_review_run(&job, NULL, &desk->diag, ret_verdict);
}

static void check_review(
        const char *script, bool more, enum hf_review_answer answer, const char *text)
{
	struct hf_review_verdict verdict;
	struct desk desk;

	desk_init(&desk);
	assert_int_equal(review(&desk, script, more, &verdict), HF_OK);
	assert_string_equal(verdict.text, text);
	assert_int_equal(verdict.answer, answer);
	hf_review_verdict_done(&verdict);
	desk_done(&desk);
}

static void test_answers(void **unused)
{
	check_review("echo fine", false, HF_REVIEW_ACCEPTED, "/bin/sh accepts the zone: fine");
	check_review("exit 0", false, HF_REVIEW_ACCEPTED, "/bin/sh accepts the zone");
	check_review("printf '\\n  too\\tlong\\001\\nmore'; exit 1", false, HF_REVIEW_REJECTED,
	        "/bin/sh rejects the zone: too?long?");
	check_review("exit 3", false, HF_REVIEW_FAILED,
	        "/bin/sh ended with status 3, which is no verdict");
	check_review("kill -KILL $$", false, HF_REVIEW_FAILED,
	        "/bin/sh was ended by signal 9, which is no verdict");
}

/* The version comes as a transfer, too; without the key nobody gets it. */
static void test_transfer(void **unused)
{
	check_review(
	        "dig @$HOLDFAST_SERVER -p $HOLDFAST_PORT -y $HOLDFAST_KEY +onesoa +noall +answer "
	        "$HOLDFAST_ZONE AXFR | awk '{ print $4, $7 }' | tr '\\n' ' '",
	        false, HF_REVIEW_ACCEPTED, "/bin/sh accepts the zone: SOA 4294967295 NS  ");
	check_review("dig @$HOLDFAST_SERVER -p $HOLDFAST_PORT +noall $HOLDFAST_ZONE AXFR | "
	             "grep -o 'Transfer failed'",
	        false, HF_REVIEW_ACCEPTED, "/bin/sh accepts the zone: Transfer failed");
}

static void test_what_it_gets(void **unused)
{
	check_review("echo $HOLDFAST_ZONE $HOLDFAST_SERIAL $HOLDFAST_STAGE "
	             "${HOLDFAST_PREVIOUS-none} $HOLDFAST_SERVER",
	        false, HF_REVIEW_ACCEPTED,
	        "/bin/sh accepts the zone: ex. 4294967295 unsigned none 127.0.0.1");
	check_review("echo $HOLDFAST_STAGE $(grep -c NS $HOLDFAST_FILE) "
	             "$(grep -c ' 7 2 3 4 5' $HOLDFAST_PREVIOUS)",
	        true, HF_REVIEW_ACCEPTED, "/bin/sh accepts the zone: signed 1 1");
	/* Nobody else can look at it. */
	check_review("stat -c %a . $HOLDFAST_FILE | tr '\\n' ' '", false, HF_REVIEW_ACCEPTED,
	        "/bin/sh accepts the zone: 700 600 ");
	/* What it leaves there goes, links not followed. */
	check_review("mkdir -p a/b; : >a/b/c; ln -s / root", false, HF_REVIEW_ACCEPTED,
	        "/bin/sh accepts the zone");
}

/* What a crash left is cleared away; what is not ours is not touched. */
static void test_folder(void **unused)
{
	struct hf_review_verdict verdict;
	char path[64], inside[80];
	struct desk desk;

	desk_init(&desk);
	snprintf(path, sizeof(path), "%s/review", desk.folder);
	snprintf(inside, sizeof(inside), "%s/old", path);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(mkdir(inside, 0755), 0);
	assert_int_equal(review(&desk, "ls", false, &verdict), HF_OK);
	assert_string_equal(verdict.end.output, "version.zone\n");
	hf_review_verdict_done(&verdict);
	assert_int_equal(symlink(desk.folder, path), 0);
	assert_int_equal(review(&desk, "ls", false, &verdict), HF_ERR_IO);
	assert_non_null(strstr(desk.diag.entries[0].text, "not a folder of ours"));
	assert_int_equal(unlink(path), 0);
	desk_done(&desk);
}

static void test_no_folder(void **unused)
{
	struct hf_review_verdict verdict;
	struct desk desk, nowhere;

	desk_init(&desk);
	nowhere = desk;
	snprintf(nowhere.folder, sizeof(nowhere.folder), "/no/such/folder");
	assert_int_equal(review(&nowhere, "ls", false, &verdict), HF_ERR_IO);
	desk.diag = nowhere.diag;
	desk_done(&desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_environment),
	        cmocka_unit_test(test_files),
	        cmocka_unit_test(test_signals),
	        cmocka_unit_test(test_status),
	        cmocka_unit_test(test_output),
	        cmocka_unit_test(test_late),
	        cmocka_unit_test(test_stop),
	        cmocka_unit_test(test_children),
	        cmocka_unit_test(test_death),
	        cmocka_unit_test(test_no_command),
	        cmocka_unit_test(test_answers),
	        cmocka_unit_test(test_what_it_gets),
	        cmocka_unit_test(test_transfer),
	        cmocka_unit_test(test_folder),
	        cmocka_unit_test(test_no_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
