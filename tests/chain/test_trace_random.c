/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command beside Unbound: random worlds with random damage behind sockets on loopback, each
 * question asked by `holdfast trace` and by libunbound, of the same servers and at the same clock.
 * A third of the questions go with QNAME minimisation.
 *
 * HF_CASES=N for as many questions as that, HF_SEED=N for other worlds. A disagreement prints the
 * seed of its round, and what was done to the world. HOLDFAST is the path of the program.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "../house/must.h"
#include "chaos.h"
#include "dns/rdatatext.h"

#define CASES     240
#define QUESTIONS 3 /* of one world */
#define ARGUMENTS 20
#define OUTPUT    (1u << 20)

/* ---- What the command starts from ---- */

struct stage {
	char folder[32], hints[64], anchors[64], port[8], at[32];
};

static void write_file(const char *path, const struct hf_buf *text)
{
	FILE *file = fopen(path, "w");
	MUST(file != NULL);
	MUST(fwrite(text->data, 1, text->len, file) == text->len);
	MUST(fclose(file) == 0);
}

static void put_anchors(const struct hf_anchors *anchors, struct hf_buf *out)
{
	for (size_t i = 0; i < anchors->count; i++) {
		const struct hf_anchor *anchor = &anchors->list[i];
		char zone[HF_NAME_TEXT], type[HF_TYPE_TEXT];
		hf_put_format(out, "%s 3600 IN %s ", hf_name_text(&anchor->zone, zone),
		        hf_type_text(anchor->type, type));
		MUST(hf_rdata_text(anchor->type, (struct hf_rdata){anchor->data, anchor->len},
		             out) == HF_OK);
		hf_put_text(out, "\n");
	}
}

static void stage_init(struct stage *stage)
{
	snprintf(stage->folder, sizeof(stage->folder), "/tmp/trace-XXXXXX");
	MUST(mkdtemp(stage->folder) != NULL);
	snprintf(stage->hints, sizeof(stage->hints), "%s/hints", stage->folder);
	snprintf(stage->anchors, sizeof(stage->anchors), "%s/anchors", stage->folder);
}

static void stage_done(struct stage *stage)
{
	unlink(stage->hints);
	unlink(stage->anchors);
	rmdir(stage->folder);
}

static void stage_set(struct stage *stage, const struct world *world, const struct peer *peer)
{
	struct hf_buf text = {0};
	loopback_hints(&peer->loopback, &text);
	write_file(stage->hints, &text);
	hf_buf_reset(&text);
	put_anchors(&world->anchors, &text);
	write_file(stage->anchors, &text);
	hf_buf_done(&text);
	snprintf(stage->port, sizeof(stage->port), "%u", peer->loopback.port);
	snprintf(stage->at, sizeof(stage->at), "@%lld", (long long)world->at);
}

/* ---- Asking the command ---- */

/* Its exit code, and what it printed. */
static int run(char *const *arguments, char *output)
{
	int ends[2], status;
	MUST(pipe(ends) == 0);
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		execv(arguments[0], arguments);
		_exit(127);
	}
	close(ends[1]);
	size_t len = 0;
	ssize_t got;
	while (len < OUTPUT - 1 && (got = read(ends[0], output + len, OUTPUT - 1 - len)) > 0)
		len += (size_t)got;
	output[len] = '\0';
	close(ends[0]);
	MUST(waitpid(child, &status, 0) == child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A client's view of what was printed. */
static enum peer_verdict read_verdict(const char *output, int code)
{
	json_error_t error;
	const char *status, *rcode;
	json_t *object = json_loads(output, 0, &error);
	if (json_unpack(object, "{s:s, s:s}", "status", &status, "validating_rcode", &rcode) != 0)
		fail_msg("exit code %d, and no verdict: %s", code, output);
	enum peer_verdict verdict = IS_INSECURE;
	if (strcmp(rcode, "SERVFAIL") == 0)
		verdict = IS_BOGUS;
	else if (strcmp(status, "secure") == 0)
		verdict = IS_SECURE;
	bool fits = (code == 0) == (strcmp(status, "secure") == 0) &&
	            (code == 1) == (strcmp(status, "bogus") == 0) &&
	            (code == 3) == (strcmp(status, "insecure") == 0);
	if (!fits || code > 4 || code < 0)
		fail_msg("exit code %d for %s", code, status);
	json_decref(object);
	return verdict;
}

static enum peer_verdict ask_command(
        struct stage *stage, const struct chaos_question *question, bool minimise)
{
	static char output[OUTPUT];
	char type[HF_TYPE_TEXT];
	char *arguments[ARGUMENTS] = {getenv("HOLDFAST"), "trace", "--json", "--root-hints",
	        stage->hints, "--trust-anchor", stage->anchors, "--port", stage->port, "--at",
	        stage->at, (char *)(uintptr_t)question->name, hf_type_text(question->type, type),
	        minimise ? "--qname-minimisation" : NULL};
	return read_verdict(output, run(arguments, output));
}

/* ---- Comparing ---- */

static unsigned long number(const char *variable, unsigned long standard)
{
	const char *text = getenv(variable);
	return text != NULL ? strtoul(text, NULL, 10) : standard;
}

/* Disagreements about one world; `seen` counts Unbound's verdicts. */
static unsigned disagreements(struct stage *stage, unsigned long round, unsigned seen[3])
{
	struct world world;
	struct peer peer;
	char text[CHAOS_TEXT];
	unsigned wrong = 0;
	chaos_init(&world, round, text);
	peer_start(&peer, &world);
	stage_set(stage, &world, &peer);
	for (unsigned i = 0; i < QUESTIONS; i++) {
		const struct chaos_question question = chaos_ask();
		char type[HF_TYPE_TEXT];
		bool minimise = chaos_roll(3) == 0;
		enum peer_verdict we = ask_command(stage, &question, minimise);
		enum peer_verdict they = peer_ask(&peer, question.name, question.type);
		seen[they]++;
		if (we == they || chaos_excuses(text, we, they))
			continue;
		wrong++;
		print_error("seed %lu, %s: of %s %s%s the command says %s, Unbound says %s\n",
		        round, text, question.name, hf_type_text(question.type, type),
		        minimise ? " (minimised)" : "", peer_word(we), peer_word(they));
	}
	peer_stop(&peer);
	world_done(&world);
	return wrong;
}

static void the_command_agrees_with_unbound(void **state)
{
	(void)state;
	struct stage stage;
	unsigned wrong = 0, seen[3] = {0};
	unsigned long first = number("HF_SEED", 1);
	unsigned long worlds = (number("HF_CASES", CASES) + QUESTIONS - 1) / QUESTIONS;
	assert_non_null(getenv("HOLDFAST"));
	stage_init(&stage);
	for (unsigned long round = first; round < first + worlds; round++)
		wrong += disagreements(&stage, round, seen);
	stage_done(&stage);
	assert_int_equal(wrong, 0);
	if (worlds >= CASES / QUESTIONS)
		assert_true(seen[IS_SECURE] > 0 && seen[IS_INSECURE] > 0 && seen[IS_BOGUS] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_command_agrees_with_unbound)};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_end();
	return failed;
}
