/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "farserve.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../house/must.h"
#include "farmessage.h"

#define ATTEMPTS 100 /* at opening what is there, while the disk fails */

struct serving {
	struct world *world;
	int channel;
	struct hf_version *told; /* the version that the test has heard of */
	struct hf_buf request, reply;
	struct hf_diag diag;
	char words[HF_LINE_WORDS];
};

/* ---- answers ---- */

static void put_status(struct serving *serving)
{
	const struct hf_line_status *status = hf_line_status_get(serving->world->line);
	hf_put_bytes(&serving->reply, status, sizeof(*status));
	hf_put_bytes(&serving->reply, status->keys, status->key_count * sizeof(*status->keys));
	hf_put_bytes(
	        &serving->reply, status->alarms, status->alarm_count * sizeof(*status->alarms));
	hf_line_status_unref(status);
}

static void put_served(struct serving *serving)
{
	struct hf_journal_version last = world_own_hands.served(serving->world);
	bool news = last.version != serving->told;
	FAR_PUT(&serving->reply, news);
	if (news) {
		FAR_PUT(&serving->reply, last);
		far_put_version(&serving->reply, last.version);
	}
	hf_version_unref(serving->told);
	serving->told = last.version;
}

static void put_source(struct serving *serving)
{
	struct hf_version *source = hf_line_source(serving->world->line);
	struct hf_soa soa = {.serial = 0};
	bool has = source != NULL && hf_version_soa(source, &soa);
	FAR_PUT(&serving->reply, has);
	FAR_PUT(&serving->reply, soa.serial);
	hf_version_unref(source);
}

static void put_state(struct serving *serving)
{
	struct hf_buf state = {.data = NULL};
	unsigned flags;
	farfound_state(serving->world, &state, &flags);
	uint32_t len = (uint32_t)state.len;
	FAR_PUT(&serving->reply, flags);
	FAR_PUT(&serving->reply, len);
	hf_put_bytes(&serving->reply, state.data, state.len);
	hf_buf_done(&state);
}

static void answer(struct serving *serving, enum hf_err err)
{
	struct hf_buf *reply = &serving->reply;
	if (err != HF_OK && serving->words[0] == '\0')
		snprintf(serving->words, sizeof(serving->words), "%s",
		        serving->diag.count > 0 ? serving->diag.entries[0].text : hf_err_text(err));
	hf_buf_reset(reply);
	FAR_PUT(reply, err);
	hf_put_bytes(reply, serving->words, sizeof(serving->words));
	FAR_PUT(reply, serving->world->outcome);
	put_status(serving);
	put_served(serving);
	put_source(serving);
	put_state(serving);
	if (!far_send(serving->channel, reply))
		_exit(0);
}

/* ---- requests ---- */

static enum hf_err input(struct serving *serving, struct hf_cursor *in)
{
	struct world *world = serving->world;
	struct hf_version *version = far_get_version(in, &world->setup.zone);
	const struct hf_line_input from = {.version = version, .from = "the test"};
	enum hf_err err = hf_line_input(world->line, &from, world->now, &serving->diag);
	hf_version_unref(version);
	return err;
}

static enum hf_err look_at_parent(struct serving *serving, struct hf_cursor *in)
{
	struct world_ds shown[WORLD_PARENTS] = {{.count = 0}};
	const struct world_ds *list[WORLD_PARENTS];
	for (unsigned i = 0; i < WORLD_PARENTS; i++) {
		list[i] = &shown[i];
		FAR_GET(in, shown[i].count);
		for (size_t j = 0; j < shown[i].count; j++) {
			struct hf_rdata *record = &shown[i].records[j];
			record->len = hf_get_u16(in);
			record->data = hf_get_bytes(in, record->len);
		}
	}
	return world_own_hands.look_at_parent(serving->world, list);
}

static enum hf_err look_at_secondary(struct serving *serving, struct hf_cursor *in)
{
	struct hf_version *has = far_get_version(in, &serving->world->setup.zone);
	enum hf_err err = world_own_hands.look_at_secondary(serving->world, has);
	hf_version_unref(has);
	return err;
}

static enum hf_err serve(struct serving *serving, enum far_request what, struct hf_cursor *in)
{
	struct world *world = serving->world;
	struct hf_line_says says;
	switch (what) {
	case FAR_CHANGE:
		FAR_GET(in, world->setup.policy);
		return hf_line_change(world->line, &world->setup, &serving->diag);
	case FAR_INPUT:
		return input(serving, in);
	case FAR_LOOK_AT_PARENT:
		return look_at_parent(serving, in);
	case FAR_LOOK_AT_SECONDARY:
		return look_at_secondary(serving, in);
	case FAR_RUN:
		return hf_line_run(
		        world->line, world->now, NULL, NULL, &serving->diag, &world->outcome);
	case FAR_ORDER:
		FAR_GET(in, says);
		return hf_line_order(
		        world->line, &says, world->now, &serving->diag, serving->words);
	default:
		world_leave(world);
		_exit(0);
	}
}

/* While the disk fails nothing but that may be wrong. */
static void take_up(struct serving *serving)
{
	for (unsigned i = 0; i < ATTEMPTS; i++) {
		struct hf_diag diag;
		hf_diag_init(&diag, 2);
		enum hf_err err = world_take_up(serving->world, &diag);
		bool good = err == HF_OK || err == HF_ERR_IO;
		if (!good)
			fprintf(stderr, "%s: %s\n", hf_err_text(err),
			        diag.count > 0 ? diag.entries[0].text : "no sentence");
		MUST(good && (err == HF_OK || diag.count > 0));
		hf_diag_done(&diag);
		if (err == HF_OK)
			return;
	}
	MUST(!"the disk is in order again");
}

void farserve(struct farline *far, struct world *world, int channel)
{
	struct serving serving = {.world = world, .channel = channel};
	/* What fails here is not for the test's own handlers. */
	signal(SIGABRT, SIG_DFL);
	signal(SIGSEGV, SIG_DFL);
	faults_begin(&far->faults);
	take_up(&serving);
	farfound_check(far, world);
	hf_diag_init(&serving.diag, 2);
	answer(&serving, HF_OK);
	while (far_receive(channel, &serving.request)) {
		struct hf_cursor in;
		enum far_request what;
		hf_cursor_init(&in, serving.request.data, serving.request.len);
		FAR_GET(&in, what);
		FAR_GET(&in, world->now);
		hf_diag_done(&serving.diag);
		hf_diag_init(&serving.diag, 2);
		serving.words[0] = '\0';
		answer(&serving, serve(&serving, what, &in));
	}
	_exit(0);
}
