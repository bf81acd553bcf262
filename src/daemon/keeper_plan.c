/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a rollover would be: its runbook, made on a lane from what the zone publishes now. */
#include <stdlib.h>
#include <string.h>

#include "crypto/keyfile.h"
#include "daemon/keeper_inside.h"
#include "report/plan_report.h"
#include "rollover/plan_input.h"

/* Needs nothing of the keeper once it was handed in: that may end before it. */
struct plan_job {
	struct hf_job job;
	struct hf_config *config;
	const struct hf_policy *policy; /* in that configuration */
	struct hf_version *version;     /* that is published */
	char *keys, *what, *method;     /* the method may be NULL */
	hf_keeper_planned *planned;
	void *context;
	enum hf_err err;
	struct hf_diag diag;
	json_t *result;
};

static void job_free(struct plan_job *job)
{
	hf_config_unref(job->config);
	hf_version_unref(job->version);
	free(job->keys);
	free(job->what);
	free(job->method);
	json_decref(job->result);
	hf_diag_done(&job->diag);
	free(job);
}

/* Both forms in one answer: people read the text, scripts the rest. */
static enum hf_err tell(const struct hf_plan *plan, json_t **ret_result)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	HF_CLEANUP(hf_buf_done) struct hf_buf form = {0};
	enum hf_err err = hf_plan_text(plan, &text);
	if (err == HF_OK)
		err = hf_plan_json(plan, &form);
	if (err != HF_OK)
		return err;
	/* Whoever prints a text ends its line. */
	size_t len = text.len > 0 && text.data[text.len - 1] == '\n' ? text.len - 1 : text.len;
	json_t *json = json_loadb((const char *)form.data, form.len, 0, NULL);
	json_t *result = json_pack(
	        "{s:o, s:o}", "text", json_stringn((const char *)text.data, len), "plan", json);
	if (result == NULL)
		return HF_ERR_NOMEM;
	*ret_result = result;
	return HF_OK;
}

static void plan_on_lane(struct hf_job *base, struct hf_pool *pool)
{
	(void)pool;
	struct plan_job *job = (struct plan_job *)base;
	struct hf_keydir keys = {0};
	struct hf_plan_input input = {0};
	struct hf_plan *plan = NULL;
	const struct hf_plan_wish wish = {
	        .roll = job->what, .method = job->method, .at = hf_keeper_now()};
	job->err = hf_keydir_read(job->keys, hf_version_apex(job->version), HF_KEYFILE_PUBLIC,
	        &job->diag, &keys);
	if (job->err == HF_OK)
		job->err = hf_plan_input_make(
		        &wish, job->policy, job->version, &keys, &job->diag, &input);
	if (job->err == HF_OK)
		job->err = hf_plan_make(&input.job, &job->diag, &plan);
	if (job->err == HF_OK)
		job->err = tell(plan, &job->result);
	hf_plan_free(plan);
	hf_plan_input_done(&input);
	hf_keydir_done(&keys);
}

static void on_planned(struct hf_job *base)
{
	struct plan_job *job = (struct plan_job *)base;
	enum hf_err err = base->dropped ? HF_ERR_CANCELED : job->err;
	json_t *result = job->result;
	job->result = NULL;
	job->planned(job->context, err, result, &job->diag);
	job_free(job);
}

/* Why there is no state that a change could begin with; HF_OK: there is. */
static enum hf_err judge(const struct hf_keeper *keeper, struct hf_diag *diag)
{
	if (keeper->line == NULL)
		return hf_fail(diag, HF_ERR_REFUSED, "the zone is not open; see its status");
	const struct hf_line_status *status = hf_line_status_get(keeper->line);
	enum hf_err err = HF_OK;
	if (status->mode == HF_LINE_CHECK_ONLY)
		err = hf_fail(diag, HF_ERR_REFUSED,
		        "the zone is signed elsewhere: its keys are not ours to change");
	else if (!status->has_published)
		err = hf_fail(diag, HF_ERR_REFUSED,
		        "nothing was published yet: there is nothing to begin with");
	else if (status->roll[0] != '\0')
		err = hf_fail(diag, HF_ERR_REFUSED,
		        "a change is in progress (%s): what comes after it begins where it ends; "
		        "ask again then, or abort it",
		        status->roll);
	hf_line_status_unref(status);
	return err;
}

static enum hf_err fill(const struct hf_keeper *keeper, struct plan_job *job)
{
	struct hf_journal_history history = {0};
	enum hf_err err = hf_line_published(keeper->line, &history);
	if (err == HF_OK && history.count > 0)
		job->version = hf_version_ref(history.list[history.count - 1].version);
	hf_journal_history_done(&history);
	bool complete = job->keys != NULL && job->what != NULL && job->version != NULL;
	return err == HF_OK && !complete ? HF_ERR_NOMEM : err;
}

enum hf_err hf_keeper_plan(struct hf_keeper *keeper, const struct hf_keeper_wish *wish,
        hf_keeper_planned *planned, void *context, struct hf_diag *diag)
{
	enum hf_err err = judge(keeper, diag);
	if (err != HF_OK)
		return err;
	struct plan_job *job = calloc(1, sizeof(*job));
	if (job == NULL)
		return HF_ERR_NOMEM;
	hf_diag_init(&job->diag, HF_DIAG_LIMIT);
	job->job.work = plan_on_lane;
	job->job.done = on_planned;
	job->job.rank = HF_JOB_WANTED;
	job->config = hf_config_ref(keeper->config);
	job->policy = &keeper->settings->policy->policy;
	job->keys = strdup(keeper->key_folder);
	job->what = strdup(wish->what);
	job->method = wish->method != NULL ? strdup(wish->method) : NULL;
	job->planned = planned;
	job->context = context;
	err = fill(keeper, job);
	if (err != HF_OK || (wish->method != NULL && job->method == NULL)) {
		job_free(job);
		return err != HF_OK ? err : HF_ERR_NOMEM;
	}
	bool large = keeper->names >= hf_config_top(keeper->config)->server.large_zone;
	hf_lanes_submit(
	        keeper->shared->lanes, large ? HF_LANE_LARGE : HF_LANE_SMALL, &job->job);
	return HF_OK;
}
