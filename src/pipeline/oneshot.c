/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/oneshot.h"

#include <malloc.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "zone/dump.h"
#include "zone/load.h"

/* Everything that one run holds; freed in one place. */
struct oneshot {
	const struct hf_oneshot_job *job;
	struct hf_diag *diag;
	struct hf_version *unsigned_zone;
	struct hf_version *previous;
	struct hf_keydir keys;
	struct hf_sign_result signing;
	struct hf_report *report;
};

void hf_oneshot_result_done(struct hf_oneshot_result *result)
{
	hf_report_free(result->report);
	*result = (struct hf_oneshot_result){0};
}

static void drop(struct hf_version **version)
{
	hf_version_unref(*version);
	*version = NULL;
}

/* Signing over the unsigned zone would leave nothing to edit and sign the next time. */
static bool is_input(const struct hf_oneshot_job *job)
{
	struct stat input, output;
	return strcmp(job->input, "-") != 0 && strcmp(job->output, "-") != 0 &&
	       stat(job->input, &input) == 0 && stat(job->output, &output) == 0 &&
	       S_ISREG(input.st_mode) && input.st_dev == output.st_dev &&
	       input.st_ino == output.st_ino;
}

/*
 * Whether the target can be written at all, asked first, so that a mistake there costs no signing.
 * The file itself is made last: an interrupted run leaves nothing beside the target then.
 */
static enum hf_err probe(const struct oneshot *run)
{
	struct hf_outfile *file = NULL;
	if ((run->job->sign.flags & HF_SIGN_RESIGN) == 0 && is_input(run->job))
		return hf_fail(run->diag, HF_ERR_EXISTS,
		        "%s is the unsigned zone and would be replaced; name another file with -o",
		        run->job->output);
	enum hf_err err =
	        hf_outfile_new(run->job->output, 0644, HF_OUTFILE_REPLACE, run->diag, &file);
	hf_outfile_free(file);
	return err;
}

static enum hf_err load_zones(struct oneshot *run)
{
	const struct hf_oneshot_job *job = run->job;
	struct hf_load_options options = {
	        .origin = job->origin,
	        .pool = job->pool,
	        .progress = job->progress,
	        .refuse_foreign = true,
	};

	enum hf_err err = hf_zone_load(job->input, &options, run->diag, &run->unsigned_zone);
	if (err != HF_OK || job->previous == NULL)
		return err;
	/* Whatever is in there, only signatures that fit are taken from it. */
	options.refuse_foreign = false;
	options.origin = NULL;
	return hf_zone_load(job->previous, &options, run->diag, &run->previous);
}

/*
 * The zone's keys with their private halves. When it has none, the public halves of all others
 * take their place: signing will refuse, and name the zones that do have keys.
 */
static enum hf_err load_keys(struct oneshot *run)
{
	const char *folder = run->job->keys;
	enum hf_err err = hf_keydir_read(folder, hf_version_apex(run->unsigned_zone),
	        HF_KEYFILE_PRIVATE, run->diag, &run->keys);
	if (err != HF_OK || run->keys.count > 0)
		return err;
	hf_keydir_done(&run->keys);
	run->keys = (struct hf_keydir){0};
	return hf_keydir_read(folder, NULL, HF_KEYFILE_PUBLIC, run->diag, &run->keys);
}

static enum hf_err sign(struct oneshot *run)
{
	const struct hf_oneshot_job *job = run->job;
	struct hf_sign_job signing = {
	        .zone = run->unsigned_zone,
	        .previous = run->previous,
	        .keys = &run->keys,
	        .keys_from = job->keys,
	        .options = &job->sign,
	        .warnings = job->warnings,
	};
	enum hf_err err =
	        hf_sign_zone(&signing, job->pool, job->progress, run->diag, &run->signing);
	/* Only the signed version is needed from here on. */
	hf_keydir_done(&run->keys);
	run->keys = (struct hf_keydir){0};
	drop(&run->unsigned_zone);
	drop(&run->previous);
	/* What they took lies between the signed nodes: without this, checking and writing would
	 * add to the largest amount of memory instead of filling the gaps. */
	malloc_trim(0);
	return err;
}

static enum hf_err verify(struct oneshot *run)
{
	struct hf_verify_options options = {.at = run->job->sign.at};
	struct timespec start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	enum hf_err err = hf_verify_zone(run->signing.version, &options, run->job->pool,
	        run->job->progress, run->diag, &run->report);
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (err == HF_OK)
		run->report->seconds = (double)(end.tv_sec - start.tv_sec) +
		                       (double)(end.tv_nsec - start.tv_nsec) / 1e9;
	return err;
}

static enum hf_err write_zone(const struct oneshot *run)
{
	const struct hf_oneshot_job *job = run->job;
	struct hf_outfile *file = NULL;

	enum hf_err err = hf_outfile_new(job->output, 0644, HF_OUTFILE_REPLACE, run->diag, &file);
	if (err == HF_OK)
		err = hf_zone_dump(run->signing.version, file, job->pool, job->progress, run->diag);
	if (err == HF_OK)
		err = hf_outfile_commit(file, run->diag);
	hf_outfile_free(file);
	return err;
}

static void fill(struct oneshot *run, bool written, struct hf_oneshot_result *ret_result)
{
	struct hf_summary summary = hf_version_summary(run->signing.version);
	struct hf_version_counts counts;
	hf_version_count(run->signing.version, &counts);
	*ret_result = (struct hf_oneshot_result){
	        .zone = *hf_version_apex(run->signing.version),
	        .serial = run->signing.serial,
	        .names = hf_tree_count(hf_version_names(run->signing.version)),
	        .rrsets = counts.rrsets,
	        .made = run->signing.made,
	        .reused = run->signing.reused,
	        .has_expiry = summary.has_expiry,
	        .first_expiry = hf_time_from_stamp(summary.min_expiry, run->job->sign.at),
	        .report = run->report,
	        .written = written,
	};
	run->report = NULL;
}

enum hf_err hf_oneshot_run(const struct hf_oneshot_job *job, struct hf_diag *diag,
        struct hf_oneshot_result *ret_result)
{
	struct oneshot run = {.job = job, .diag = diag};

	enum hf_err err = probe(&run);
	if (err == HF_OK)
		err = load_zones(&run);
	if (err == HF_OK)
		err = load_keys(&run);
	if (err == HF_OK)
		err = sign(&run);
	if (err == HF_OK && !job->unverified)
		err = verify(&run);
	bool good = err == HF_OK && (job->unverified || run.report->good);
	if (good)
		err = write_zone(&run);
	if (err == HF_OK)
		fill(&run, good, ret_result);

	hf_report_free(run.report);
	hf_version_unref(run.signing.version);
	hf_keydir_done(&run.keys);
	hf_version_unref(run.previous);
	hf_version_unref(run.unsigned_zone);
	return err;
}
