/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/errand.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"

#define SEARCHED "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define LOOK_MS  100           /* how often `stop` is looked at */
#define LAST     (1024 * 1024) /* bytes that are read after the command has ended */

struct run {
	const struct hf_errand *errand;
	struct hf_diag *diag;
	char *path; /* of the program */
	const char **environment;
	int output[2];  /* what the command writes comes out of the first one */
	int failure[2]; /* an errno of the child that could not start it */
	int handle;     /* of the process */
	pid_t parent, child;
	struct hf_buf kept;
	double begun, limit, grace, force; /* limit and force: when it is asked and made to end */
	bool asked;
	struct hf_errand_end end;
};

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void close_one(int *file)
{
	if (*file >= 0)
		close(*file);
	*file = -1;
}

static void run_done(struct run *run)
{
	free(run->path);
	free(run->environment);
	for (unsigned i = 0; i < 2; i++) {
		close_one(&run->output[i]);
		close_one(&run->failure[i]);
	}
	close_one(&run->handle);
	hf_buf_done(&run->kept);
}

void hf_errand_end_done(struct hf_errand_end *end)
{
	free(end->output);
	*end = (struct hf_errand_end){.status = -1};
}

/* ---- before the start ---- */

static bool is_program(const char *path)
{
	struct stat stat_of;
	return stat(path, &stat_of) == 0 && S_ISREG(stat_of.st_mode) && access(path, X_OK) == 0;
}

/* Finds the program; nothing of our own environment counts. */
static enum hf_err find_program(struct run *run)
{
	const char *name = run->errand->command[0];
	struct hf_buf path = {0};

	if (strchr(name, '/') != NULL) {
		run->path = strdup(name);
		return run->path != NULL ? HF_OK : HF_ERR_NOMEM;
	}
	for (const char *at = SEARCHED; *at != '\0'; at += strspn(at, ":")) {
		size_t len = strcspn(at, ":");
		hf_buf_reset(&path);
		hf_put_bytes(&path, at, len);
		hf_put_text(&path, "/");
		hf_put_text(&path, name);
		hf_put_u8(&path, 0);
		at += len;
		if (hf_buf_check(&path) != HF_OK) {
			hf_buf_done(&path);
			return HF_ERR_NOMEM;
		}
		if (is_program((const char *)path.data)) {
			run->path = (char *)path.data;
			return HF_OK;
		}
	}
	hf_buf_done(&path);
	return hf_fail(run->diag, HF_ERR_NOTFOUND,
	        "there is no command \"%s\" in %s; give its whole path", name, SEARCHED);
}

static enum hf_err list_environment(struct run *run)
{
	const char *const *given = run->errand->environment;
	size_t count = 0;

	while (given != NULL && given[count] != NULL)
		count++;
	run->environment = calloc(count + 3, sizeof(*run->environment));
	if (run->environment == NULL)
		return HF_ERR_NOMEM;
	run->environment[0] = "PATH=" SEARCHED;
	run->environment[1] = "LC_ALL=C.UTF-8";
	for (size_t i = 0; i < count; i++)
		run->environment[i + 2] = given[i];
	return HF_OK;
}

static enum hf_err fail_system(const struct run *run, const char *what)
{
	return hf_fail(run->diag, HF_ERR_IO, "%s could not be %s: %s", run->errand->command[0],
	        what, strerror(errno));
}

static enum hf_err open_pipes(struct run *run)
{
	if (pipe2(run->output, O_CLOEXEC) != 0 || pipe2(run->failure, O_CLOEXEC) != 0 ||
	        fcntl(run->output[0], F_SETFL, O_NONBLOCK) != 0)
		return fail_system(run, "started");
	return HF_OK;
}

/* ---- in the child: nothing but system calls ---- */

static void default_signals(void)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		sigaction(i, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Standard input is empty, and both outputs go into the pipe. */
static bool arrange_files(const struct run *run)
{
	int empty = open("/dev/null", O_RDONLY);
	return empty >= 0 && dup2(empty, 0) == 0 && dup2(run->output[1], 1) == 1 &&
	       dup2(run->output[1], 2) == 2 && close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) == 0;
}

_Noreturn static void become(const struct run *run)
{
	const char *folder = run->errand->folder != NULL ? run->errand->folder : "/";

	default_signals();
	umask(077);
	/* The parent may have died before this took effect. */
	if (setsid() >= 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == run->parent &&
	        chdir(folder) == 0 && arrange_files(run))
		execve(run->path, (char *const *)run->errand->command,
		        (char *const *)run->environment);
	int cause = errno;
	ssize_t told = write(run->failure[1], &cause, sizeof(cause));
	_exit(told == (ssize_t)sizeof(cause) ? 127 : 126);
}

/* ---- while it runs ---- */

/* Waits for the child that will never be the command. */
static void reap(const struct run *run)
{
	while (waitpid(run->child, NULL, 0) < 0 && errno == EINTR) {
	}
}

static enum hf_err start(struct run *run)
{
	int cause = 0;
	ssize_t len;

	run->parent = getpid();
	run->child = fork();
	if (run->child < 0)
		return fail_system(run, "started");
	if (run->child == 0)
		become(run);
	close_one(&run->output[1]);
	close_one(&run->failure[1]);
	/* Ends when the command has taken the child's place, or says why not. */
	while ((len = read(run->failure[0], &cause, sizeof(cause))) < 0 && errno == EINTR) {
	}
	if (len != 0) {
		reap(run);
		errno = len == (ssize_t)sizeof(cause) ? cause : EIO;
		return fail_system(run, "started");
	}
	run->handle = pidfd_open(run->child, 0);
	if (run->handle < 0) {
		enum hf_err err = fail_system(run, "watched");
		kill(-run->child, SIGKILL);
		reap(run);
		return err;
	}
	return HF_OK;
}

static void keep(struct run *run, const char *bytes, size_t len)
{
	size_t room = HF_ERRAND_OUTPUT - run->kept.len;
	size_t some = len < room ? len : room;
	hf_put_bytes(&run->kept, bytes, some);
	run->end.dropped += len - some;
}

/* Reads what is there, a bounded part at a time; closes the pipe at its end. */
static void read_some(struct run *run)
{
	char bytes[65536];
	ssize_t len = read(run->output[0], bytes, sizeof(bytes));
	if (len > 0)
		keep(run, bytes, (size_t)len);
	else if (len == 0 || (errno != EAGAIN && errno != EINTR))
		close_one(&run->output[0]);
}

/* Asks the group to end, or makes it. The child is not reaped yet, so that its number is its own.
 */
static void press(struct run *run)
{
	double time = now();
	bool stop = run->errand->stop != NULL && atomic_load(run->errand->stop);

	if (!run->asked && (stop || time >= run->limit)) {
		run->asked = true;
		run->end.stopped = stop;
		run->end.late = !stop;
		run->force = time + run->grace;
		kill(-run->child, SIGTERM);
	} else if (run->asked && time >= run->force) {
		kill(-run->child, SIGKILL);
		run->force = time + run->grace;
	}
}

static int wait_ms(const struct run *run)
{
	double left = (run->asked ? run->force : run->limit) - now();
	int ms = left <= 0 ? 0 : left > 3600 ? 3600000 : (int)(left * 1000) + 1;
	return run->errand->stop != NULL && !run->asked && ms > LOOK_MS ? LOOK_MS : ms;
}

/* Reads its output until it has ended. */
static enum hf_err attend(struct run *run)
{
	for (;;) {
		struct pollfd files[] = {{.fd = run->handle, .events = POLLIN},
		        {.fd = run->output[0], .events = POLLIN}};
		int ready = poll(files, 2, wait_ms(run));
		if (ready < 0 && errno != EINTR)
			return fail_system(run, "watched");
		if (ready > 0 && files[0].revents != 0)
			return HF_OK;
		if (ready > 0 && files[1].revents != 0)
			read_some(run);
		press(run);
	}
}

/* How it ended. What is left of its group ends too; what that wrote until now still counts. */
static enum hf_err finish(struct run *run)
{
	siginfo_t info = {0};
	size_t before = run->kept.len + run->end.dropped;
	struct pollfd file = {.events = POLLIN};

	run->end.seconds = now() - run->begun;
	kill(-run->child, SIGKILL);
	while (waitid(P_PID, (id_t)run->child, &info, WEXITED) != 0)
		if (errno != EINTR)
			return fail_system(run, "waited for");
	while (run->output[0] >= 0 && run->kept.len + run->end.dropped - before < LAST) {
		file.fd = run->output[0];
		if (poll(&file, 1, 0) <= 0)
			break;
		read_some(run);
	}
	run->end.status = info.si_code == CLD_EXITED ? info.si_status : -1;
	run->end.signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
	return HF_OK;
}

static enum hf_err go(struct run *run)
{
	enum hf_err err = find_program(run);
	if (err == HF_OK)
		err = list_environment(run);
	if (err == HF_OK)
		err = open_pipes(run);
	run->begun = now();
	run->limit = run->begun + run->errand->seconds;
	run->grace = run->errand->grace > 0 ? run->errand->grace : HF_ERRAND_GRACE;
	if (err == HF_OK)
		err = start(run);
	if (err != HF_OK)
		return err;
	enum hf_err watched = attend(run);
	err = finish(run);
	if (err == HF_OK)
		err = watched;
	hf_put_u8(&run->kept, 0);
	return err == HF_OK ? hf_buf_check(&run->kept) : err;
}

enum hf_err hf_errand_run(
        const struct hf_errand *errand, struct hf_diag *diag, struct hf_errand_end *ret_end)
{
	struct run run = {.errand = errand,
	        .diag = diag,
	        .output = {-1, -1},
	        .failure = {-1, -1},
	        .handle = -1};

	if (errand->command == NULL || errand->command[0] == NULL || errand->command[0][0] == '\0')
		return hf_fail(diag, HF_ERR_INVALID, "there is no command to run; name one");
	if (errand->seconds == 0)
		return hf_fail(diag, HF_ERR_INVALID, "%s has no time to run in; give it a second",
		        errand->command[0]);
	enum hf_err err = go(&run);
	if (err == HF_OK) {
		run.end.output = (char *)run.kept.data;
		run.end.output_len = run.kept.len - 1;
		run.kept = (struct hf_buf){0};
		*ret_end = run.end;
	}
	run_done(&run);
	return err;
}
