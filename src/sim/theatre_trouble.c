/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Faults as they begin and end. */
#include "sim/theatre_inside.h"

/* ---- the signer's disk ---- */

void hf_theatre_mind_done(struct hf_theatre_mind *mind)
{
	hf_roll_state_done(&mind->state);
	hf_evidence_free(mind->evidence);
	*mind = (struct hf_theatre_mind){.evidence = NULL};
}

static enum hf_err copy(const struct hf_theatre_mind *mind, struct hf_theatre_mind *ret_copy)
{
	struct hf_theatre_mind made = *mind;
	enum hf_err err = hf_roll_state_copy(&mind->state, &made.state);
	if (err != HF_OK)
		return err;
	err = hf_evidence_copy(mind->evidence, &made.evidence);
	if (err != HF_OK) {
		hf_roll_state_done(&made.state);
		return err;
	}
	*ret_copy = made;
	return HF_OK;
}

enum hf_err hf_theatre_backup(struct hf_theatre *theatre, size_t fault)
{
	struct hf_theatre_backup *backup = &theatre->backups[fault];
	if (backup->there)
		return HF_OK;
	enum hf_err err = copy(&theatre->mind, &backup->mind);
	backup->there = err == HF_OK;
	return err;
}

/* Tells secondaries and looks anew at everything, as after a start. */
static enum hf_err look_at_all(struct hf_theatre *theatre)
{
	enum hf_err err = HF_OK;
	for (unsigned i = 0; i < theatre->world.servers && err == HF_OK; i++) {
		err = hf_theatre_notify(theatre, i);
		if (err == HF_OK)
			err = hf_theatre_look_soon(theatre, i);
	}
	for (unsigned i = 0; i < theatre->world.parents && err == HF_OK; i++)
		err = hf_theatre_plan_look(theatre, i, theatre->now);
	return err;
}

/* What a program that was started anew does not remember. */
static void forget(struct hf_theatre *theatre)
{
	theatre->asked[0] = '\0';
	theatre->stepped = false;
	theatre->line_wake = theatre->leap = theatre->retry = HF_TIME_NONE;
	theatre->refused[0] = '\0';
	theatre->run_soon = true;
}

static enum hf_err restore(struct hf_theatre *theatre, size_t fault)
{
	struct hf_theatre_backup *backup = &theatre->backups[fault];
	if (theatre->restored != SIZE_MAX || !backup->there)
		return HF_OK;
	theatre->right = theatre->mind;
	theatre->mind = backup->mind;
	theatre->mind.held = true;
	backup->there = false;
	theatre->restored = fault;
	forget(theatre);
	enum hf_err err = hf_theatre_alarm(theatre,
	        "the state comes from a backup: nothing is published until every secondary was "
	        "seen with a version that it knows, or somebody releases the zone");
	return err == HF_OK ? look_at_all(theatre) : err;
}

/* A person brings the right state back, unless the older one went on and is the right one now. */
static enum hf_err bring_back(struct hf_theatre *theatre, size_t fault)
{
	if (theatre->restored != fault)
		return HF_OK;
	theatre->restored = SIZE_MAX;
	if (!theatre->mind.held) {
		hf_theatre_mind_done(&theatre->right);
		return HF_OK;
	}
	hf_theatre_mind_done(&theatre->mind);
	theatre->mind = theatre->right;
	theatre->mind.held = true;
	theatre->right = (struct hf_theatre_mind){.evidence = NULL};
	forget(theatre);
	return look_at_all(theatre);
}

/* ---- machines ---- */

static enum hf_err stop(struct hf_theatre *theatre)
{
	enum hf_err err = HF_OK;
	if (theatre->down++ > 0)
		return HF_OK;
	theatre->down_since = theatre->now;
	for (unsigned i = 0; i < theatre->world.servers && err == HF_OK; i++)
		err = hf_theatre_stick(theatre, i);
	return err;
}

static enum hf_err start(struct hf_theatre *theatre)
{
	if (--theatre->down > 0)
		return HF_OK;
	forget(theatre);
	enum hf_err err = hf_theatre_show(theatre);
	for (unsigned i = 0; i < theatre->world.servers && err == HF_OK; i++)
		err = hf_theatre_unstick(theatre, i);
	return err == HF_OK ? look_at_all(theatre) : err;
}

enum hf_err hf_theatre_crash(struct hf_theatre *theatre)
{
	size_t fault = theatre->crash;
	theatre->crash = SIZE_MAX;
	theatre->run_soon = false;
	enum hf_err err = hf_theatre_tell(theatre, HF_MOMENT_FAULT, "the signer crashes");
	if (err == HF_OK)
		err = stop(theatre);
	return err == HF_OK ? hf_theatre_foresee(theatre,
	                              theatre->now + theatre->job->faults[fault].duration,
	                              HF_THEATRE_RESTART, 0, 0)
	                    : err;
}

enum hf_err hf_theatre_restart(struct hf_theatre *theatre)
{
	return start(theatre);
}

static enum hf_err stick_parent(struct hf_theatre *theatre, unsigned server)
{
	theatre->delegations[server].stuck++;
	return HF_OK;
}

static enum hf_err unstick_parent(struct hf_theatre *theatre, unsigned server)
{
	struct hf_theatre_delegation *here = &theatre->delegations[server];
	if (--here->stuck > 0 || here->edition == theatre->registry_edition)
		return HF_OK;
	return hf_theatre_foresee(theatre, theatre->now + theatre->world.parent_lag[server],
	        HF_THEATRE_DELEGATION, server, theatre->registry_edition << 32 | theatre->registry);
}

/* ---- begin and end ---- */

static enum hf_err tell(struct hf_theatre *theatre, const struct hf_theatre_fault *fault)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {.data = NULL};
	if ((theatre->job->flags & HF_THEATRE_SILENT) != 0)
		return HF_OK;
	hf_theatre_fault_put(fault, &text);
	hf_put_u8(&text, 0);
	enum hf_err err = hf_buf_check(&text);
	return err == HF_OK
	               ? hf_theatre_tell(theatre, HF_MOMENT_FAULT, "%s", (const char *)text.data)
	               : err;
}

enum hf_err hf_theatre_fault_begins(struct hf_theatre *theatre, size_t index)
{
	const struct hf_theatre_fault *fault = &theatre->job->faults[index];
	enum hf_err err = tell(theatre, fault);
	if (err == HF_OK && fault->kind != HF_FAULT_CRASH)
		err = hf_theatre_foresee(theatre,
		        theatre->now + (fault->duration > 0 ? fault->duration : 1),
		        HF_THEATRE_MENDED, 0, index);
	if (err != HF_OK)
		return err;
	theatre->hsm_down += fault->kind == HF_FAULT_HSM_DOWN;
	theatre->hsm_lies += fault->kind == HF_FAULT_HSM_LIES;
	theatre->lost += fault->kind == HF_FAULT_REQUEST_LOST;
	theatre->blind += fault->kind == HF_FAULT_BLIND;
	switch (fault->kind) {
	case HF_FAULT_SIGNER_DOWN:
		return stop(theatre);
	case HF_FAULT_CRASH:
		theatre->crash = index;
		break;
	case HF_FAULT_CLOCK:
		theatre->error = fault->amount;
		theatre->run_soon = true;
		break;
	case HF_FAULT_RESTORED:
		return restore(theatre, index);
	case HF_FAULT_SECONDARY:
		return hf_theatre_stick(theatre, fault->server);
	case HF_FAULT_PARENT:
		return stick_parent(theatre, fault->server);
	case HF_FAULT_SLOW:
		theatre->slow += fault->amount;
		break;
	default:
		break;
	}
	return HF_OK;
}

enum hf_err hf_theatre_fault_ends(struct hf_theatre *theatre, size_t index)
{
	const struct hf_theatre_fault *fault = &theatre->job->faults[index];
	theatre->hsm_down -= fault->kind == HF_FAULT_HSM_DOWN;
	theatre->hsm_lies -= fault->kind == HF_FAULT_HSM_LIES;
	theatre->lost -= fault->kind == HF_FAULT_REQUEST_LOST;
	theatre->blind -= fault->kind == HF_FAULT_BLIND;
	theatre->run_soon = true;
	switch (fault->kind) {
	case HF_FAULT_SIGNER_DOWN:
		return start(theatre);
	case HF_FAULT_CLOCK:
		theatre->error = 0;
		break;
	case HF_FAULT_RESTORED:
		return bring_back(theatre, index);
	case HF_FAULT_SECONDARY:
		return hf_theatre_unstick(theatre, fault->server);
	case HF_FAULT_PARENT:
		return unstick_parent(theatre, fault->server);
	case HF_FAULT_SLOW:
		theatre->slow -= fault->amount;
		break;
	case HF_FAULT_BLIND:
		return look_at_all(theatre);
	default:
		break;
	}
	return HF_OK;
}
