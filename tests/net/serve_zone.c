/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Serves zone files to secondaries, for tests with other servers: the transfer server and the
 * notifier, steered by lines on standard input, telling what happens in lines on standard output.
 *
 *   serve_zone [listen ADDRESS#PORT] [adopt FD] [key NAME ALGORITHM SECRET] [zone NAME FILE]
 *              [allow ZONE ACTIONS PREFIX|- KEY|-] [notify ZONE ADDRESS#PORT KEY|-]
 *              [limit NAME NUMBER] …
 *
 * ACTIONS are letters: t (transfer), n (NOTIFY), q (query). Lines: "load ZONE FILE", "expire ZONE",
 * "remove ZONE", "seen ZONE ADDRESS#PORT SERIAL", "state ZONE", "counters", "quit".
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/notifier.h"
#include "net/server.h"
#include "zone/load.h"

#define ZONES   10000
#define TARGETS 8
#define LINE    4096

struct served {
	struct hf_name name;
	struct hf_edition *edition;
	struct hf_access access;
	struct hf_notify_target targets[TARGETS];
	size_t target_count;
};

static struct {
	uv_loop_t loop;
	struct hf_server *server;
	struct hf_notifier *notifier;
	struct hf_server_limits limits;
	struct hf_tsig_keys keys;
	struct served *zones[ZONES];
	size_t zone_count;
	uv_pipe_t input;
	char line[LINE];
	size_t line_len;
} state;

static void die(const char *what)
{
	fprintf(stderr, "serve_zone: %s\n", what);
	exit(2);
}

static void must(enum hf_err err, const char *what, struct hf_diag *diag)
{
	if (err == HF_OK)
		return;
	for (size_t i = 0; diag != NULL && i < diag->count; i++)
		fprintf(stderr, "serve_zone: %s\n", diag->entries[i].text);
	die(what);
}

/* ---- What happens ---- */

static const char *text_of(const struct hf_name *name)
{
	static char text[HF_NAME_TEXT];
	return name != NULL ? hf_name_text(name, text) : "-";
}

static void on_notify(void *context, const struct hf_server_notify *notify)
{
	(void)context;
	printf("notify %s %" PRIu32 "\n", text_of(notify->zone),
	        notify->has_serial ? notify->serial : 0);
}

static void on_transfer(void *context, const struct hf_server_transfer *transfer)
{
	static const char *const kinds[] = {"soa", "axfr", "ixfr"};
	(void)context;
	printf("transfer %s %s %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %s\n",
	        text_of(transfer->zone), kinds[transfer->kind], transfer->serial, transfer->records,
	        transfer->messages, transfer->bytes,
	        transfer->why != NULL ? transfer->why : "good");
}

static void on_refusal(void *context, const struct hf_server_refusal *refusal)
{
	(void)context;
	printf("refusal %s %u %s\n", text_of(refusal->zone), (unsigned)refusal->rcode,
	        refusal->why);
}

/* ---- Zones ---- */

static struct hf_name name_of(const char *text)
{
	struct hf_name name;
	must(hf_name_from_text(text, &name), text, NULL);
	return name;
}

static struct hf_endpoint endpoint_of(const char *text)
{
	struct hf_endpoint endpoint;
	must(hf_endpoint_parse(text, HF_PORT_DNS, &endpoint), text, NULL);
	return endpoint;
}

static struct served *zone_of(const char *text)
{
	struct hf_name name = name_of(text);
	for (size_t i = 0; i < state.zone_count; i++)
		if (hf_name_equal(&state.zones[i]->name, &name))
			return state.zones[i];
	struct served *zone = calloc(1, sizeof(*zone));
	if (zone == NULL || state.zone_count == ZONES)
		die("too many zones");
	zone->name = name;
	state.zones[state.zone_count++] = zone;
	return zone;
}

static void put(const struct served *zone, unsigned flags)
{
	const struct hf_server_zone put_zone = {
	        .name = zone->name,
	        .edition = zone->edition,
	        .access = &zone->access,
	        .flags = flags,
	};
	must(hf_server_put_zone(state.server, &put_zone), "zone", NULL);
}

/* Makes the next edition of a zone from a file. */
static void load(struct served *zone, const char *path)
{
	struct hf_diag diag;
	struct hf_version *version;
	struct hf_edition *edition;
	char origin[HF_NAME_TEXT];
	const struct hf_load_options options = {.origin = hf_name_text(&zone->name, origin)};
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	must(hf_zone_load(path, &options, &diag, &version), path, &diag);
	must(zone->edition == NULL ? hf_edition_new(version, &edition)
	                           : hf_edition_next(zone->edition, version, 0, &edition),
	        path, NULL);
	hf_edition_unref(zone->edition);
	zone->edition = edition;
	hf_version_unref(version);
	hf_diag_done(&diag);
}

static void publish(const struct served *zone)
{
	put(zone, 0);
	must(hf_notifier_set(state.notifier, &zone->name, zone->targets, zone->target_count),
	        "targets", NULL);
	if (zone->edition != NULL)
		must(hf_notifier_publish(
		             state.notifier, &zone->name, hf_edition_version(zone->edition)),
		        "publish", NULL);
}

/* ---- Words of the command line and of standard input ---- */

static const struct hf_tsig_key *key_of(const char *text)
{
	struct hf_name name = name_of(text);
	const struct hf_tsig_key *key = hf_tsig_keys_find(&state.keys, &name);
	if (key == NULL)
		die("no such key");
	return key;
}

static void add_key(char **words)
{
	struct hf_diag diag;
	struct hf_tsig_key *key;
	const struct hf_tsig_spec spec = {
	        .name = words[0], .algorithm = words[1], .secret = words[2]};
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	must(hf_tsig_key_new(&spec, &diag, &key), "key", &diag);
	must(hf_tsig_keys_add(&state.keys, key), "key", NULL);
	hf_tsig_key_unref(key);
	hf_diag_done(&diag);
}

static void allow(char **words)
{
	struct hf_access_rule rule = {0};
	rule.actions |= strchr(words[1], 't') != NULL ? HF_ACCESS_TRANSFER : 0;
	rule.actions |= strchr(words[1], 'n') != NULL ? HF_ACCESS_NOTIFY : 0;
	rule.actions |= strchr(words[1], 'q') != NULL ? HF_ACCESS_QUERY : 0;
	rule.has_prefix = strcmp(words[2], "-") != 0;
	rule.has_key = strcmp(words[3], "-") != 0;
	if (rule.has_prefix)
		must(hf_prefix_parse(words[2], &rule.prefix), words[2], NULL);
	if (rule.has_key)
		rule.key = name_of(words[3]);
	must(hf_access_add(&zone_of(words[0])->access, &rule), "rule", NULL);
}

static void add_target(char **words)
{
	struct served *zone = zone_of(words[0]);
	if (zone->target_count == TARGETS)
		die("too many targets");
	zone->targets[zone->target_count++] = (struct hf_notify_target){
	        .endpoint = endpoint_of(words[1]),
	        .key = strcmp(words[2], "-") != 0 ? key_of(words[2]) : NULL,
	};
}

static void set_limit(char **words)
{
	static const struct {
		const char *name;
		unsigned *value;
	} limits[] = {
	        {"connections", &state.limits.connections},
	        {"connections_address", &state.limits.connections_address},
	        {"idle_seconds", &state.limits.idle_seconds},
	        {"stall_seconds", &state.limits.stall_seconds},
	        {"transfer_seconds", &state.limits.transfer_seconds},
	        {"transfers", &state.limits.transfers},
	        {"transfers_address", &state.limits.transfers_address},
	};
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (strcmp(limits[i].name, words[0]) == 0)
			*limits[i].value = (unsigned)strtoul(words[1], NULL, 10);
	hf_server_set_limits(state.server, &state.limits);
}

static void listen_on(char **words)
{
	struct hf_diag diag;
	struct hf_endpoint endpoint = endpoint_of(words[0]);
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	must(hf_server_listen(state.server, &endpoint, &diag), "listen", &diag);
	hf_diag_done(&diag);
}

static void adopt(char **words)
{
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	must(hf_server_adopt(state.server, (int)strtol(words[0], NULL, 10), &diag), "adopt", &diag);
	hf_diag_done(&diag);
}

static void add_zone(char **words)
{
	load(zone_of(words[0]), words[1]);
}

static void load_next(char **words)
{
	struct served *zone = zone_of(words[0]);
	load(zone, words[1]);
	publish(zone);
	printf("loaded %s %" PRIu32 " %zu\n", text_of(&zone->name),
	        hf_edition_serial(zone->edition), hf_edition_steps(zone->edition));
}

static void expire(char **words)
{
	put(zone_of(words[0]), HF_SERVER_EXPIRED);
	printf("expired\n");
}

static void remove_zone(char **words)
{
	struct hf_name name = name_of(words[0]);
	printf("removed %d\n", hf_server_remove_zone(state.server, &name));
	hf_notifier_remove(state.notifier, &name);
}

static void seen(char **words)
{
	struct hf_name name = name_of(words[0]);
	struct hf_endpoint endpoint = endpoint_of(words[1]);
	hf_notifier_seen(state.notifier, &name, &endpoint, (uint32_t)strtoul(words[2], NULL, 10));
}

static void tell_state(char **words)
{
	struct hf_name name = name_of(words[0]);
	struct hf_notify_state target;
	for (size_t i = 0; hf_notifier_state(state.notifier, &name, i, &target); i++)
		printf("state %zu sent=%u answered=%d done=%d error=%s\n", i, target.sent,
		        target.answered, target.done,
		        target.last_error != NULL ? target.last_error : "-");
	printf("end\n");
}

static void tell_counters(char **words)
{
	(void)words;
	struct hf_server_counters c = hf_server_counters(state.server);
	printf("counters udp=%" PRIu64 " tcp=%" PRIu64 " axfr=%" PRIu64 " ixfr=%" PRIu64
	       " refused=%" PRIu64 " malformed=%" PRIu64 " bad_tsig=%" PRIu64 " dropped=%" PRIu64
	       " idle_closed=%" PRIu64 " evicted=%" PRIu64 " connections=%" PRIu64
	       " transfers=%" PRIu64 " waiting=%" PRIu64 " failed=%" PRIu64 "\n",
	        c.queries_udp, c.queries_tcp, c.transfers_axfr, c.transfers_ixfr, c.refused,
	        c.malformed, c.bad_tsig, c.dropped, c.connections_idle_closed,
	        c.connections_evicted, c.connections_now, c.transfers_now, c.transfers_waiting,
	        c.transfers_failed);
}

static void quit(char **words)
{
	(void)words;
	hf_server_free(state.server, NULL, NULL);
	hf_notifier_free(state.notifier, NULL, NULL);
	uv_close((uv_handle_t *)&state.input, NULL);
}

static const struct command {
	const char *word;
	int arguments;
	void (*run)(char **words);
} commands[] = {
        {"listen", 1, listen_on},
        {"adopt", 1, adopt},
        {"key", 3, add_key},
        {"zone", 2, add_zone},
        {"allow", 4, allow},
        {"notify", 3, add_target},
        {"limit", 2, set_limit},
        {"load", 2, load_next},
        {"expire", 1, expire},
        {"remove", 1, remove_zone},
        {"seen", 3, seen},
        {"state", 1, tell_state},
        {"counters", 0, tell_counters},
        {"quit", 0, quit},
};

/* Runs the command that the words begin with; the number of words that it took. */
static int run(char **words, int count)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].word, words[0]) != 0)
			continue;
		if (count <= commands[i].arguments)
			break;
		commands[i].run(words + 1);
		return 1 + commands[i].arguments;
	}
	die(words[0]);
	return count;
}

static void run_line(char *line)
{
	char *words[8], *save;
	int count = 0;
	for (char *word = strtok_r(line, " ", &save); word != NULL && count < 8;
	        word = strtok_r(NULL, " ", &save))
		words[count++] = word;
	if (count > 0)
		run(words, count);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
	(void)handle;
	(void)suggested;
	*ret_buffer = uv_buf_init(
	        state.line + state.line_len, (unsigned)(sizeof(state.line) - state.line_len));
}

static void on_input(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
	(void)buffer;
	if (len < 0) {
		quit(NULL);
		return;
	}
	state.line_len += (size_t)len;
	char *end;
	while ((end = memchr(state.line, '\n', state.line_len)) != NULL &&
	        !uv_is_closing((uv_handle_t *)stream)) {
		size_t used = (size_t)(end - state.line) + 1;
		*end = '\0';
		run_line(state.line);
		memmove(state.line, state.line + used, state.line_len - used);
		state.line_len -= used;
	}
}

int main(int argc, char **argv)
{
	const struct hf_server_events events = {
	        .notify = on_notify, .transfer = on_transfer, .refusal = on_refusal};
	const struct hf_notifier_options options = {0};
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	uv_loop_init(&state.loop);
	must(hf_server_new(&state.loop, &state.limits, &events, &state.server), "server", NULL);
	must(hf_notifier_new(&state.loop, &options, NULL, &state.notifier), "notifier", NULL);
	for (int at = 1; at < argc;)
		at += run(argv + at, argc - at);
	must(hf_server_set_keys(state.server, &state.keys), "keys", NULL);
	for (size_t i = 0; i < state.zone_count; i++)
		publish(state.zones[i]);
	uv_pipe_init(&state.loop, &state.input, 0);
	if (uv_pipe_open(&state.input, 0) != 0 ||
	        uv_read_start((uv_stream_t *)&state.input, on_room, on_input) != 0)
		die("standard input is no pipe");
	printf("ready\n");
	uv_run(&state.loop, UV_RUN_DEFAULT);
	uv_loop_close(&state.loop);
	for (size_t i = 0; i < state.zone_count; i++) {
		hf_edition_unref(state.zones[i]->edition);
		hf_access_done(&state.zones[i]->access);
		free(state.zones[i]);
	}
	hf_tsig_keys_done(&state.keys);
	return 0;
}
