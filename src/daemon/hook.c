/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/hook.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRACE_MS 2000 /* from asking a command to end to making it */

#define SEARCH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct hf_hook {
	uv_process_t process;
	uv_pipe_t input;
	uv_timer_t timer;
	uv_write_t write;
	char *text;
	unsigned seconds;
	unsigned open; /* handles */
	bool late;
	void (*done)(void *context, const struct hf_hook_end *end);
	void *context;
};

static void on_closed(uv_handle_t *handle)
{
	struct hf_hook *hook = handle->data;
	if (--hook->open > 0)
		return;
	free(hook->text);
	free(hook);
}

static void close_one(struct hf_hook *hook, uv_handle_t *handle)
{
	if (uv_is_closing(handle))
		return;
	handle->data = hook;
	uv_close(handle, on_closed);
}

static void close_all(struct hf_hook *hook)
{
	close_one(hook, (uv_handle_t *)&hook->process);
	close_one(hook, (uv_handle_t *)&hook->input);
	close_one(hook, (uv_handle_t *)&hook->timer);
}

/* Its whole group: what it started goes with it. */
static void signal_group(const struct hf_hook *hook, int number)
{
	if (hook->process.pid > 0)
		(void)kill(-hook->process.pid, number);
}

static void on_forced(uv_timer_t *timer)
{
	signal_group(timer->data, SIGKILL);
}

/* It is asked to end, and soon made to. */
static void end_group(struct hf_hook *hook)
{
	signal_group(hook, SIGTERM);
	(void)uv_timer_start(&hook->timer, on_forced, GRACE_MS, 0);
}

static void on_exit_of(uv_process_t *process, int64_t status, int signal_number)
{
	struct hf_hook *hook = process->data;
	struct hf_hook_end end = {.good = status == 0 && signal_number == 0 && !hook->late};
	if (hook->late)
		snprintf(end.text, sizeof(end.text), "was ended after %u s", hook->seconds);
	else if (signal_number != 0)
		snprintf(end.text, sizeof(end.text), "died by signal %d", signal_number);
	else
		snprintf(end.text, sizeof(end.text), "exited with %d", (int)status);
	signal_group(hook, SIGKILL);
	close_all(hook);
	if (hook->done != NULL)
		hook->done(hook->context, &end);
}

static void on_late(uv_timer_t *timer)
{
	struct hf_hook *hook = timer->data;
	hook->late = true;
	end_group(hook);
}

static void on_written(uv_write_t *write, int status)
{
	/* It need not read what it is given. */
	(void)status;
	struct hf_hook *hook = write->data;
	close_one(hook, (uv_handle_t *)&hook->input);
}

static void give_input(struct hf_hook *hook)
{
	uv_buf_t text = uv_buf_init(hook->text, (unsigned)strlen(hook->text));
	hook->write.data = hook;
	if (uv_write(&hook->write, (uv_stream_t *)&hook->input, &text, 1, on_written) != 0)
		close_one(hook, (uv_handle_t *)&hook->input);
}

static void free_environment(char **environment)
{
	for (size_t i = 0; environment[i] != NULL; i++)
		free(environment[i]);
}

static bool make_environment(const struct hf_hook_job *job, char **environment)
{
	size_t count = 0;
	environment[count++] = strdup(SEARCH);
	environment[count++] = strdup("LC_ALL=C.UTF-8");
	for (size_t i = 0; i < job->variable_count && i < HF_HOOK_VARIABLES; i++) {
		if (asprintf(&environment[count], "%s=%s", job->variables[i].name,
		            job->variables[i].value) < 0)
			environment[count] = NULL;
		if (environment[count++] == NULL)
			return false;
	}
	return environment[0] != NULL && environment[1] != NULL;
}

static int spawn(
        uv_loop_t *loop, struct hf_hook *hook, const struct hf_hook_job *job, char **environment)
{
	uv_stdio_container_t stdio[3] = {
	        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE,
	                .data.stream = (uv_stream_t *)&hook->input},
	        {.flags = UV_IGNORE},
	        {.flags = UV_IGNORE},
	};
	const uv_process_options_t options = {.file = job->command[0],
	        .args = (char **)job->command,
	        .env = environment,
	        .exit_cb = on_exit_of,
	        .flags = UV_PROCESS_DETACHED,
	        .stdio_count = 3,
	        .stdio = stdio,
	        .cwd = "/"};
	return uv_spawn(loop, &hook->process, &options);
}

enum hf_err hf_hook_run(uv_loop_t *loop, const struct hf_hook_job *job, struct hf_hook **ret_hook)
{
	char *environment[HF_HOOK_VARIABLES + 3] = {NULL};
	struct hf_hook *hook = calloc(1, sizeof(*hook));
	if (hook == NULL)
		return HF_ERR_NOMEM;
	hook->text = strdup(job->input);
	hook->seconds = job->seconds;
	hook->done = job->done;
	hook->context = job->context;
	hook->process.data = hook;
	if (hook->text == NULL || !make_environment(job, environment)) {
		free_environment(environment);
		free(hook->text);
		free(hook);
		return HF_ERR_NOMEM;
	}
	/* None of these fails on Linux. */
	(void)uv_pipe_init(loop, &hook->input, 0);
	(void)uv_timer_init(loop, &hook->timer);
	hook->timer.data = hook;
	hook->open = 3;
	int failed = spawn(loop, hook, job, environment);
	free_environment(environment);
	if (failed != 0) {
		hook->done = NULL;
		close_all(hook);
		return HF_ERR_IO;
	}
	(void)uv_timer_start(&hook->timer, on_late, 1000ull * job->seconds, 0);
	give_input(hook);
	*ret_hook = hook;
	return HF_OK;
}

void hf_hook_stop(struct hf_hook *hook)
{
	if (hook == NULL)
		return;
	hook->done = NULL;
	end_group(hook);
}
