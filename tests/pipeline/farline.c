/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "farline.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "crypto/keyfile.h"
#include "farmessage.h"
#include "farserve.h"
#include "verify/checks.h"
#include "verify/verify.h"

#define REQUESTS 12   /* before a life ends by the clock, at most */
#define MOMENT   3000 /* microseconds */
#define FAILURES 60   /* of one request, while the disk fails */

/* The world has no room for its hands' own things. */
static struct farline *current;

static unsigned chance(struct farline *far, unsigned below)
{
	return (unsigned)rand_r(&far->options.seed) % below;
}

/* ---- keys, from outside ---- */

static struct far_key *find_key(struct farline *far, struct hf_rdata dnskey)
{
	for (size_t i = 0; i < far->key_count; i++) {
		if (far->keys[i].len == dnskey.len &&
		        memcmp(far->keys[i].dnskey, dnskey.data, dnskey.len) == 0)
			return &far->keys[i];
	}
	return NULL;
}

static void meet_key(struct farline *far, const struct hf_keyfile *file)
{
	struct hf_rdata dnskey = hf_keyfile_dnskey(file);
	for (size_t i = 0; i < far->key_count; i++)
		assert_int_not_equal(far->keys[i].tag, file->plain_tag);
	assert_true(far->key_count < WORLD_KEYS);
	struct far_key *key = &far->keys[far->key_count++];
	*key = (struct far_key){.len = dnskey.len, .tag = file->plain_tag};
	key->dnskey = malloc(dnskey.len);
	assert_non_null(key->dnskey);
	memcpy(key->dnskey, dnskey.data, dnskey.len);
}

static bool is_published(const struct world *world, struct hf_rdata dnskey)
{
	const struct world_set *set = &world_last(world)->key_set;
	struct hf_rdata_walk walk = hf_rrset_rrs(&set->set);
	struct hf_rdata rdata;
	while (set->set.rr_count > 0 && hf_rdata_next(&walk, &rdata)) {
		if (hf_rdata_equal(rdata, dnskey))
			return true;
	}
	return false;
}

static bool has_ds(const struct world *world, struct hf_rdata dnskey)
{
	for (size_t i = 0; i < world->ds_count; i++) {
		const struct world_ds *ds = &world->ds[i];
		for (size_t j = 0; j < ds->count && ds->until == HF_TIME_NEVER; j++) {
			struct hf_ds record;
			bool matches = false;
			assert_true(hf_ds_read(ds->records[j], &record));
			assert_int_equal(
			        hf_ds_matches(&record, &world->setup.zone, dnskey, &matches),
			        HF_OK);
			if (matches)
				return true;
		}
	}
	return false;
}

static void miss_key(const struct world *world, const struct far_key *key)
{
	const struct hf_rdata dnskey = {key->dnskey, key->len};
	if (world->version_count > 0)
		assert_false(is_published(world, dnskey));
	assert_false(has_ds(world, dnskey));
}

void farline_look_at_keys(struct farline *far, struct world *world)
{
	struct hf_keydir folder = {.count = 0};
	bool there[WORLD_KEYS] = {false};
	if (access(world->keys, F_OK) == 0)
		assert_int_equal(hf_keydir_read(world->keys, &world->setup.zone,
		                         HF_KEYFILE_PRIVATE | HF_KEYFILE_LENIENT, NULL, &folder),
		        HF_OK);
	for (size_t i = 0; i < folder.count; i++) {
		if (find_key(far, hf_keyfile_dnskey(folder.keys[i])) == NULL)
			meet_key(far, folder.keys[i]);
		struct far_key *key = find_key(far, hf_keyfile_dnskey(folder.keys[i]));
		assert_false(key->gone);
		there[key - far->keys] = true;
	}
	for (size_t i = 0; i < far->key_count; i++) {
		if (there[i])
			continue;
		miss_key(world, &far->keys[i]);
		far->keys[i].gone = true;
	}
	hf_keydir_done(&folder);
}

/* ---- what the line says ---- */

static void forget_word(struct farline *far)
{
	free(far->word.status.keys);
	free(far->word.status.alarms);
	far->word.status.keys = NULL;
	far->word.status.alarms = NULL;
}

static void *get_list(struct hf_cursor *in, size_t len)
{
	void *list = malloc(len + 1);
	assert_non_null(list);
	far_get(in, list, len);
	return list;
}

static void get_status(struct farline *far, struct hf_cursor *in)
{
	struct hf_line_status *status = &far->word.status;
	forget_word(far);
	FAR_GET(in, *status);
	/* What only the other process has. */
	status->policy = NULL;
	status->parents = status->secondaries = NULL;
	status->parent_count = status->secondary_count = 0;
	status->keys = get_list(in, status->key_count * sizeof(*status->keys));
	status->alarms = get_list(in, status->alarm_count * sizeof(*status->alarms));
}

static void get_served(struct farline *far, struct world *world, struct hf_cursor *in)
{
	bool news;
	FAR_GET(in, news);
	if (!news)
		return;
	hf_version_unref(far->word.served.version);
	FAR_GET(in, far->word.served);
	far->word.served.version = far_get_version(in, &world->setup.zone);
}

struct far_reply {
	enum hf_err err;
	char words[HF_LINE_WORDS];
	struct hf_line_outcome outcome;
};

static void get_reply(struct farline *far, struct world *world, struct hf_buf *message,
        struct far_reply *ret_reply)
{
	struct hf_cursor in;
	uint32_t len;
	hf_cursor_init(&in, message->data, message->len);
	FAR_GET(&in, ret_reply->err);
	FAR_GET(&in, ret_reply->words);
	FAR_GET(&in, ret_reply->outcome);
	get_status(far, &in);
	get_served(far, world, &in);
	FAR_GET(&in, far->word.has_source);
	FAR_GET(&in, far->word.source);
	FAR_GET(&in, far->word.flags);
	FAR_GET(&in, len);
	hf_buf_reset(&far->word.state);
	hf_put_bytes(&far->word.state, hf_get_bytes(&in, len), len);
	assert_false(in.failed || far->word.state.failed);
}

/* ---- what becomes visible ---- */

/* Signed versions are proved by somebody who knows nothing of how they were made. */
static void prove(const struct hf_version *version, hf_time at, struct hf_pool *pool)
{
	const struct hf_verify_options options = {.at = at};
	struct hf_report *report;
	if (!hf_node_has(hf_version_apex_node(version), KNOT_RRTYPE_DNSKEY))
		return;
	assert_int_equal(hf_verify_zone(version, &options, pool, NULL, NULL, &report), HF_OK);
	for (size_t i = 0; i < report->count; i++) {
		const struct hf_finding *finding = &report->findings[i];
		/* Before a double DS the parent is asked for a key that comes later. */
		if (finding->check->severity == HF_SEVERITY_ERROR &&
		        finding->check != &HF_CHECKS[HF_CHECK_CDS_NO_KEY])
			fail_msg("serial %u was visible: %s", report->serial, finding->detail);
	}
	hf_report_free(report);
}

/* A version that came otherwise than with a run that went well. */
static void show_news(struct farline *far, struct world *world)
{
	const struct hf_version *served = far->word.served.version;
	struct hf_soa soa;
	if (served == NULL || !hf_version_soa(served, &soa))
		return;
	if (world->version_count > 0 && world_last(world)->serial == soa.serial)
		return;
	world_show(world);
}

/* ---- a life ---- */

static enum far_end choose_end(struct farline *far)
{
	unsigned all = 0;
	for (unsigned i = 0; i < FAR_ENDS; i++)
		all += far->options.ends[i];
	unsigned pick = chance(far, all);
	enum far_end end = 0;
	while (pick >= far->options.ends[end])
		pick -= far->options.ends[end++];
	return end;
}

static void choose_fate(struct farline *far)
{
	struct faults *faults = &far->faults;
	*faults = (struct faults){.seed = far->options.seed};
	far->requests = 0;
	if (far->calm)
		return;
	far->end = choose_end(far);
	unsigned calls = 1 + chance(far, far->options.calls);
	if (far->end == FAR_CLOCK)
		far->requests = 1 + chance(far, REQUESTS);
	else
		faults->power_at = calls;
	faults->keeps = far->end == FAR_CALL;
	if (far->options.disk_fails && chance(far, 4) > 0) {
		faults->error_at = 1 + chance(far, calls);
		faults->error_count = 1 + chance(far, chance(far, 4) == 0 ? 25 : 3);
		faults->error_code = chance(far, 2) == 0 ? EIO : ENOSPC;
	}
}

static void spawn(struct farline *far, struct world *world)
{
	int ends[2];
	choose_fate(far);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	far->process = fork();
	assert_true(far->process >= 0);
	if (far->process == 0) {
		close(ends[0]);
		farserve(far, world, ends[1]);
	}
	close(ends[1]);
	far->channel = ends[0];
}

/* It died as it had to, or came to its end when it was told to; else the test has found something.
 */
static void bury(struct farline *far, bool told)
{
	int status;
	close(far->channel);
	far->channel = -1;
	assert_int_equal(waitpid(far->process, &status, 0), far->process);
	bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	bool lost = WIFEXITED(status) && WEXITSTATUS(status) == POWERLOSS_EXIT;
	if (told && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	if (far->calm || (!killed && !lost))
		fail_msg("the line ended by itself: status %x, asked for %d; end %d, call %u, "
		         "errors from %u, %u times, %d",
		        (unsigned)status, (int)far->pending, (int)far->end, far->faults.power_at,
		        far->faults.error_at, far->faults.error_count, far->faults.error_code);
	far->deaths[far->end]++;
}

static bool exchange(struct farline *far, struct world *world, const struct hf_buf *request,
        struct far_reply *ret_reply)
{
	struct hf_buf message = {.data = NULL};
	bool lives = request == NULL || far_send(far->channel, request);
	if (request != NULL && far->requests > 0 && --far->requests == 0) {
		usleep(chance(far, MOMENT));
		kill(far->process, SIGKILL);
	}
	lives = lives && far_receive(far->channel, &message);
	if (lives)
		get_reply(far, world, &message, ret_reply);
	hf_buf_done(&message);
	return lives;
}

/* ---- asking ---- */

static void begin_request(struct hf_buf *request, enum far_request what, const struct world *world)
{
	*request = (struct hf_buf){.data = NULL};
	FAR_PUT(request, what);
	FAR_PUT(request, world->now);
}

static void give_source(struct farline *far, struct world *world);

/* A process after the one that died; the next ones too, if need be, until one has opened. */
static void revive(struct farline *far, struct world *world)
{
	struct far_reply reply;
	do {
		bury(far, false);
		farline_look_at_keys(far, world);
		spawn(far, world);
	} while (!exchange(far, world, NULL, &reply));
	show_news(far, world);
	give_source(far, world);
}

/* Asks until it is done; false: it may have been done before a process died, and was not asked
 * again. */
static bool ask(struct farline *far, struct world *world, struct hf_buf *request,
        enum far_request what, bool again, struct far_reply *ret_reply)
{
	unsigned failures = 0;
	enum far_request before = far->pending;
	far->pending = what;
	for (;;) {
		if (exchange(far, world, request, ret_reply)) {
			if (ret_reply->err != HF_ERR_IO)
				break;
			far->failures++;
			assert_true(++failures < FAILURES);
			continue;
		}
		revive(far, world);
		if (again)
			continue;
		far->pending = before;
		return false;
	}
	far->pending = before;
	return true;
}

/* The primary has a version that the line does not have: it is given again. */
static void give_source(struct farline *far, struct world *world)
{
	struct hf_buf request;
	struct far_reply reply;
	struct hf_soa soa;
	if (world->source == NULL || !hf_version_soa(world->source, &soa) ||
	        (far->word.has_source && far->word.source == soa.serial))
		return;
	begin_request(&request, FAR_INPUT, world);
	far_put_version(&request, world->source);
	ask(far, world, &request, FAR_INPUT, true, &reply);
	hf_buf_done(&request);
	assert_int_equal(reply.err, HF_OK);
}

static enum hf_err ask_again(struct world *world, struct hf_buf *request, enum far_request what)
{
	struct far_reply reply;
	ask(current, world, request, what, true, &reply);
	hf_buf_done(request);
	return reply.err;
}

/* ---- hands ---- */

static void far_open(struct world *world)
{
	struct far_reply reply;
	spawn(current, world);
	if (!exchange(current, world, NULL, &reply))
		revive(current, world);
	show_news(current, world);
}

static void far_close(struct world *world)
{
	struct hf_buf request, nothing = {.data = NULL};
	begin_request(&request, FAR_CLOSE, world);
	if (far_send(current->channel, &request))
		assert_false(far_receive(current->channel, &nothing));
	hf_buf_done(&request);
	hf_buf_done(&nothing);
	bury(current, true);
}

static enum hf_err far_change(struct world *world)
{
	struct hf_buf request;
	begin_request(&request, FAR_CHANGE, world);
	FAR_PUT(&request, world->setup.policy);
	return ask_again(world, &request, FAR_CHANGE);
}

static enum hf_err far_input(struct world *world, const struct hf_line_input *input)
{
	struct hf_buf request;
	begin_request(&request, FAR_INPUT, world);
	far_put_version(&request, input->version);
	return ask_again(world, &request, FAR_INPUT);
}

static enum hf_err far_look_at_parent(
        struct world *world, const struct world_ds *const shown[WORLD_PARENTS])
{
	struct hf_buf request;
	begin_request(&request, FAR_LOOK_AT_PARENT, world);
	for (unsigned i = 0; i < WORLD_PARENTS; i++) {
		FAR_PUT(&request, shown[i]->count);
		for (size_t j = 0; j < shown[i]->count; j++) {
			hf_put_u16(&request, shown[i]->records[j].len);
			hf_put_bytes(&request, shown[i]->records[j].data, shown[i]->records[j].len);
		}
	}
	return ask_again(world, &request, FAR_LOOK_AT_PARENT);
}

static enum hf_err far_look_at_secondary(struct world *world, const struct hf_version *has)
{
	struct hf_buf request;
	begin_request(&request, FAR_LOOK_AT_SECONDARY, world);
	far_put_version(&request, has);
	return ask_again(world, &request, FAR_LOOK_AT_SECONDARY);
}

static enum hf_err far_run(struct world *world)
{
	struct hf_buf request;
	struct far_reply reply;
	begin_request(&request, FAR_RUN, world);
	ask(current, world, &request, FAR_RUN, true, &reply);
	hf_buf_done(&request);
	world->outcome = reply.outcome;
	return reply.err;
}

/* Whether the order was carried out by one that died with it. */
static bool was_done(const struct far_word *word, const struct hf_buf *state, unsigned flags)
{
	return word->flags != flags || word->state.len != state->len ||
	       memcmp(word->state.data, state->data, state->len) != 0;
}

static enum hf_err far_order(struct world *world, const struct hf_line_says *says,
        struct hf_diag *diag, char ret_words[static HF_LINE_WORDS])
{
	const struct far_word *word = &current->word;
	struct hf_buf request, state = {.data = NULL};
	struct far_reply reply = {.err = HF_OK, .words = "it was done already"};
	unsigned flags = word->flags;
	bool done = false;
	hf_put_bytes(&state, word->state.data, word->state.len);
	begin_request(&request, FAR_ORDER, world);
	FAR_PUT(&request, *says);
	while (!done) {
		bool lives = ask(current, world, &request, FAR_ORDER, false, &reply);
		done = lives || was_done(word, &state, flags);
		if (!lives && done)
			reply = (struct far_reply){.err = HF_OK, .words = "it was done already"};
	}
	hf_buf_done(&request);
	hf_buf_done(&state);
	if (reply.err != HF_OK)
		return hf_fail(diag, reply.err, "%s", reply.words);
	snprintf(ret_words, HF_LINE_WORDS, "%s", reply.words);
	return HF_OK;
}

static const struct hf_line_status *far_status(struct world *world)
{
	(void)world;
	return &current->word.status;
}

static struct hf_journal_version far_served(struct world *world)
{
	struct hf_journal_version last = current->word.served;
	if (last.version != NULL && last.version != current->proved) {
		prove(last.version, world->now, current->pool);
		current->proved = last.version;
	}
	last.version = last.version != NULL ? hf_version_ref(last.version) : NULL;
	return last;
}

static const struct world_hands far_hands = {
        .open = far_open,
        .close = far_close,
        .change = far_change,
        .input = far_input,
        .look_at_parent = far_look_at_parent,
        .look_at_secondary = far_look_at_secondary,
        .run = far_run,
        .order = far_order,
        .status = far_status,
        .served = far_served,
};

/* ---- beginning and end ---- */

void farline_begin(struct farline *far, struct world *world, const struct far_options *options)
{
	*far = (struct farline){.options = *options, .channel = -1};
	assert_int_equal(hf_pool_new(1, &far->pool), HF_OK);
	world->hands = &far_hands;
	current = far;
}

void farline_calm(struct farline *far, struct world *world)
{
	far_close(world);
	far->calm = true;
	far_open(world);
}

void farline_done(struct farline *far)
{
	for (size_t i = 0; i < far->key_count; i++)
		free(far->keys[i].dnskey);
	forget_word(far);
	hf_version_unref(far->word.served.version);
	hf_buf_done(&far->word.state);
	hf_pool_free(far->pool);
	current = NULL;
}
