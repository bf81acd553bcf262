/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/review.h"

#include <ctype.h>
#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/review_server.h"
#include "zone/dump.h"

#define FOLDER   "review"
#define FILE_NEW "version.zone"
#define FILE_OLD "previous.zone"
#define SHOWN    300 /* characters of a first line */

enum {
	VAR_ZONE,
	VAR_SERIAL,
	VAR_STAGE,
	VAR_FILE,
	VAR_PREVIOUS,
	VAR_SERVER,
	VAR_PORT,
	VAR_KEY,
	VARS,
};

struct run {
	const struct hf_review_job *job;
	struct hf_pool *pool;
	struct hf_diag *diag;
	char *folder;                    /* ours, an absolute path; NULL: not made yet */
	struct hf_review_server *server; /* that gives the version to the command */
	char *variables[VARS + 1];
	struct hf_errand_end end;
};

void hf_review_verdict_done(struct hf_review_verdict *verdict)
{
	hf_errand_end_done(&verdict->end);
}

/* ---- files ---- */

static char *path_of(const struct run *run, const char *name)
{
	char *path = NULL;
	return asprintf(&path, "%s/%s", run->folder, name) >= 0 ? path : NULL;
}

static int remove_one(const char *path, const struct stat *is, int kind, struct FTW *where)
{
	return where->level > 0 ? remove(path) : 0;
}

/* Removes what is in the folder: two zone files, and what the command left there. */
static void clear_folder(const char *folder)
{
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static enum hf_err fail_folder(const struct run *run)
{
	return hf_fail(run->diag, HF_ERR_IO,
	        "no folder for the review can be made in %s: %s; correct its permissions",
	        run->job->folder, strerror(errno));
}

/* A folder that was left by a crash is used again, if it is just ours. */
static enum hf_err prepare_folder(const struct run *run, const char *folder)
{
	struct stat is;

	if ((mkdir(folder, 0700) != 0 && errno != EEXIST) || lstat(folder, &is) != 0)
		return fail_folder(run);
	if (!S_ISDIR(is.st_mode) || is.st_uid != geteuid() || chmod(folder, 0700) != 0)
		return hf_fail(run->diag, HF_ERR_IO,
		        "%s is not a folder of ours; remove it, so that it can be made anew",
		        folder);
	clear_folder(folder);
	return HF_OK;
}

static enum hf_err make_folder(struct run *run)
{
	char *whole = realpath(run->job->folder, NULL), *folder = NULL;

	if (whole == NULL)
		return fail_folder(run);
	int len = asprintf(&folder, "%s/" FOLDER, whole);
	free(whole);
	if (len < 0)
		return HF_ERR_NOMEM;
	enum hf_err err = prepare_folder(run, folder);
	if (err != HF_OK)
		free(folder);
	else
		run->folder = folder;
	return err;
}

/* Writes a version, and notes its path as a variable. */
static enum hf_err write_zone(struct run *run, const struct hf_version *version, const char *name,
        const char *variable, char **ret_variable)
{
	struct hf_outfile *file = NULL;
	char *path = path_of(run, name);

	if (path == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = hf_outfile_new(path, 0600, HF_OUTFILE_REPLACE, run->diag, &file);
	if (err == HF_OK)
		err = hf_zone_dump(version, file, run->pool, NULL, run->diag);
	if (err == HF_OK)
		err = hf_outfile_commit(file, run->diag);
	hf_outfile_free(file);
	if (err == HF_OK && asprintf(ret_variable, "%s=%s", variable, path) < 0) {
		*ret_variable = NULL;
		err = HF_ERR_NOMEM;
	}
	free(path);
	return err;
}

/* ---- the command ---- */

static enum hf_err set_variable(struct run *run, unsigned index, const char *name, const char *text)
{
	if (asprintf(&run->variables[index], "%s=%s", name, text) >= 0)
		return HF_OK;
	run->variables[index] = NULL;
	return HF_ERR_NOMEM;
}

static enum hf_err describe(struct run *run)
{
	const struct hf_review_job *job = run->job;
	char zone[HF_NAME_TEXT], serial[16];
	struct hf_soa soa = {0};

	hf_version_soa(job->version, &soa);
	snprintf(serial, sizeof(serial), "%" PRIu32, soa.serial);
	hf_name_text(hf_version_apex(job->version), zone);
	enum hf_err err = set_variable(run, VAR_ZONE, "HOLDFAST_ZONE", zone);
	if (err == HF_OK)
		err = set_variable(run, VAR_SERIAL, "HOLDFAST_SERIAL", serial);
	if (err == HF_OK)
		err = set_variable(run, VAR_STAGE, "HOLDFAST_STAGE", job->stage);
	if (err == HF_OK)
		err = write_zone(
		        run, job->version, FILE_NEW, "HOLDFAST_FILE", &run->variables[VAR_FILE]);
	if (err == HF_OK && job->previous != NULL)
		err = write_zone(run, job->previous, FILE_OLD, "HOLDFAST_PREVIOUS",
		        &run->variables[VAR_PREVIOUS]);
	return err;
}

static enum hf_err offer(struct run *run)
{
	char port[16];
	enum hf_err err = hf_review_server_start(run->job->version, run->diag, &run->server);
	if (err == HF_OK)
		err = set_variable(run, VAR_SERVER, "HOLDFAST_SERVER", HF_REVIEW_SERVER_ADDRESS);
	if (err != HF_OK)
		return err;
	snprintf(port, sizeof(port), "%u", hf_review_server_port(run->server));
	err = set_variable(run, VAR_PORT, "HOLDFAST_PORT", port);
	if (err == HF_OK)
		err = set_variable(run, VAR_KEY, "HOLDFAST_KEY", hf_review_server_key(run->server));
	return err;
}

static enum hf_err ask(struct run *run)
{
	const char *environment[VARS + 1] = {NULL};
	size_t count = 0;

	for (unsigned i = 0; i < VARS; i++)
		if (run->variables[i] != NULL)
			environment[count++] = run->variables[i];
	const struct hf_errand errand = {
	        .command = run->job->command,
	        .environment = environment,
	        .folder = run->folder,
	        .seconds = run->job->seconds,
	        .stop = run->job->stop,
	};
	return hf_errand_run(&errand, run->diag, &run->end);
}

/* ---- the verdict ---- */

/* The first line that it wrote, without what could not be shown on one line. */
static void first_line(const struct hf_errand_end *end, char line[static SHOWN + 1])
{
	size_t from = 0, len = 0;

	while (from < end->output_len && isspace((unsigned char)end->output[from]))
		from++;
	for (; from < end->output_len && len < SHOWN; from++) {
		unsigned char byte = (unsigned char)end->output[from];
		if (byte == '\n' || byte == '\r')
			break;
		line[len++] = byte < ' ' || byte == 127 ? '?' : (char)byte;
	}
	line[len] = '\0';
}

/* "accepts the zone", "ended with status 3, which is no verdict" … */
static void put_result(const struct run *run, enum hf_review_answer answer, struct hf_buf *out)
{
	const struct hf_errand_end *end = &run->end;

	if (answer == HF_REVIEW_ACCEPTED)
		hf_put_text(out, "accepts the zone");
	else if (answer == HF_REVIEW_REJECTED)
		hf_put_text(out, "rejects the zone");
	else if (end->late)
		hf_put_format(out, "gave no verdict within %u s and was ended; give it more time",
		        run->job->seconds);
	else if (end->stopped)
		hf_put_text(out, "was ended before it gave a verdict");
	else if (end->signal != 0)
		hf_put_format(out, "was ended by signal %d, which is no verdict", end->signal);
	else
		hf_put_format(out, "ended with status %d, which is no verdict", end->status);
}

static enum hf_review_answer answer_of(const struct hf_errand_end *end)
{
	if (end->late || end->stopped || end->status < 0 || end->status > 1)
		return HF_REVIEW_FAILED;
	return end->status == 0 ? HF_REVIEW_ACCEPTED : HF_REVIEW_REJECTED;
}

/* Takes over how the command ended. */
static enum hf_err judge(struct run *run, struct hf_review_verdict *ret_verdict)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	enum hf_review_answer answer = answer_of(&run->end);
	char line[SHOWN + 1];

	first_line(&run->end, line);
	hf_put_format(&text, "%s ", run->job->command[0]);
	put_result(run, answer, &text);
	if (line[0] != '\0')
		hf_put_format(&text, ": %s", line);
	hf_put_u8(&text, 0);
	if (hf_buf_check(&text) != HF_OK)
		return HF_ERR_NOMEM;
	*ret_verdict = (struct hf_review_verdict){.answer = answer, .end = run->end};
	snprintf(ret_verdict->text, sizeof(ret_verdict->text), "%s", (const char *)text.data);
	run->end = (struct hf_errand_end){.status = -1};
	return HF_OK;
}

static void run_done(struct run *run)
{
	hf_review_server_stop(run->server);
	if (run->variables[VAR_KEY] != NULL)
		explicit_bzero(run->variables[VAR_KEY], strlen(run->variables[VAR_KEY]));
	if (run->folder != NULL) {
		clear_folder(run->folder);
		rmdir(run->folder);
	}
	for (unsigned i = 0; i < VARS; i++)
		free(run->variables[i]);
	free(run->folder);
	hf_errand_end_done(&run->end);
}

enum hf_err hf_review_run(const struct hf_review_job *job, struct hf_pool *pool,
        struct hf_diag *diag, struct hf_review_verdict *ret_verdict)
{
	struct run run = {.job = job, .pool = pool, .diag = diag};
	struct hf_pool *own = NULL;
	enum hf_err err = HF_OK;

	if (pool == NULL) {
		err = hf_pool_new(1, &own);
		run.pool = own;
	}
	if (err == HF_OK)
		err = make_folder(&run);
	if (err == HF_OK)
		err = describe(&run);
	if (err == HF_OK)
		err = offer(&run);
	if (err == HF_OK)
		err = ask(&run);
	if (err == HF_OK)
		err = judge(&run, ret_verdict);
	run_done(&run);
	hf_pool_free(own);
	return err;
}
