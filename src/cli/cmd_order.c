/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands that are one request to the daemon each, from one table. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "cli/control_client.h"
#include "cli/fullpath.h"
#include "cli/options.h"
#include "cli/terminal.h"

/* What an operand is sent as. */
enum operand {
	OPERAND_NONE,
	OPERAND_ZONE,
	OPERAND_SERIAL,
	OPERAND_PATH, /* made absolute: the daemon's folder is another one */
};
#define OPERANDS 2

struct order {
	const char *name; /* of the command, and of the request */
	const char *synopsis, *summary, *details;
	enum operand operands[OPERANDS];
	/* An option that makes another request of it; NULL: none. */
	const char *option, *option_help, *option_request;
};

#define EXIT_CODES "\n\nExit codes: 0 done, 1 the daemon refused, 2 no answer."

static const struct order orders[] = {
        {"alert-test", "[options]",
                "Sends a test through the alert command, and says what became of it.",
                "An alert path that nobody tries is one that nobody can rely on." EXIT_CODES,
                .operands = {OPERAND_NONE}},
        {"approve", "[options] ZONE",
                "Agrees to what a zone waits for: a version under review, or the next step of a "
                "rollover.",
                "`holdfast status ZONE` says what waits. The log keeps who agreed.\n\nExample:\n  "
                "holdfast approve example.com" EXIT_CODES,
                .operands = {OPERAND_ZONE}, .option = "removal",
                .option_help = "accept the source's version that takes more names away than the "
                               "policy allows",
                .option_request = "accept-removal"},
        {"backup", "[options] FILE",
                "Has the daemon write its whole state into one file: database, journals and keys.",
                "The daemon goes on meanwhile. The file has private keys in it, is written by the "
                "daemon's user where its service may write, and must not be there yet. `holdfast "
                "restore` brings it "
                "back.\n\nExample:\n  holdfast backup /var/backups/holdfast/monday.tar" EXIT_CODES,
                .operands = {OPERAND_PATH}},
        {"ds-seen", "[options] ZONE",
                "Tells the rollover engine that a person has seen the wanted DS set at every "
                "server of the parent.",
                "For parents whose servers the daemon cannot ask. What is told here is believed: "
                "ask every server first.\n\nExample:\n  holdfast ds-seen example.com" EXIT_CODES,
                .operands = {OPERAND_ZONE}, .option = "withdrawn",
                .option_help = "instead: no earlier request of a DS set will be carried out any "
                               "more",
                .option_request = "ds-withdrawn"},
        {"hold", "[options] ZONE",
                "Publishes nothing new of a zone until `holdfast release`; what is published goes "
                "on being re-signed.",
                "Example:\n  holdfast hold example.com" EXIT_CODES, .operands = {OPERAND_ZONE}},
        {"reject", "[options] ZONE",
                "Throws away the version of a zone that is under review; the one before stays "
                "published.",
                "Example:\n  holdfast reject example.com" EXIT_CODES, .operands = {OPERAND_ZONE}},
        {"release", "[options] ZONE", "Ends a hold or a rollback of a zone.",
                "The source's newest version is taken up where it was left. Of a zone that is "
                "neither, what failed is tried again at once: say so when the cause was "
                "mended.\n\nExample:\n  "
                "holdfast release example.com" EXIT_CODES,
                .operands = {OPERAND_ZONE}},
        {"reload", "[options]",
                "Has the daemon read its configuration again: all of it, or nothing when there is "
                "a mistake in it.",
                "Every mistake is told with its line. `holdfast zone reload ZONE` asks a zone's "
                "source instead." EXIT_CODES,
                .operands = {OPERAND_NONE}},
        {"rollback", "[options] ZONE SERIAL",
                "Publishes the contents of an earlier version of a zone again, newly signed under "
                "a new serial.",
                "What the source brings waits until `holdfast release`. `holdfast zone versions "
                "ZONE` lists the versions that are kept.\n\nExample:\n  holdfast rollback "
                "example.com 2026010105" EXIT_CODES,
                .operands = {OPERAND_ZONE, OPERAND_SERIAL}},
        {"stop", "[options]", "Ends the daemon; secondaries go on serving what they have.",
                "Where systemd runs it, `systemctl stop holdfastd` is the way." EXIT_CODES,
                .operands = {OPERAND_NONE}},
};

struct arguments {
	const struct order *order;
	const char *control;
	char **operands;
	bool other; /* the order's option was given */
	bool json;
};

/* ---- The request ---- */

/* −1 when the text is no serial number. */
static json_int_t read_serial(const char *text)
{
	char *end;
	errno = 0;
	unsigned long number = strtoul(text, &end, 10);
	bool good =
	        *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && number <= UINT32_MAX;
	return good ? (json_int_t)number : -1;
}

static json_t *operand_json(enum operand kind, const char *text)
{
	switch (kind) {
	case OPERAND_SERIAL:
		return json_integer(read_serial(text));
	case OPERAND_PATH:
		return hf_full_path_json(text);
	default:
		return json_string(text);
	}
}

static json_t *make_request(const struct arguments *arguments)
{
	static const char *const members[] = {
	        [OPERAND_ZONE] = "zone", [OPERAND_SERIAL] = "serial", [OPERAND_PATH] = "path"};
	const struct order *order = arguments->order;
	json_t *request = json_pack(
	        "{s:s}", "command", arguments->other ? order->option_request : order->name);
	for (size_t i = 0; i < OPERANDS && order->operands[i] != OPERAND_NONE; i++) {
		json_t *value = operand_json(order->operands[i], arguments->operands[i]);
		if (json_object_set_new(request, members[order->operands[i]], value) != 0) {
			json_decref(request);
			return NULL;
		}
	}
	return request;
}

/* ---- The answer ---- */

/*
 * Whether what the daemon says it has written can be seen from here, too. A service may have a /tmp
 * of its own, which goes when it ends.
 */
static bool is_there(const struct arguments *arguments)
{
	struct stat entry;
	for (size_t i = 0; i < OPERANDS; i++) {
		if (arguments->order->operands[i] == OPERAND_PATH &&
		        lstat(arguments->operands[i], &entry) != 0 && errno == ENOENT)
			return false;
	}
	return true;
}

static int carry_out(const struct arguments *arguments)
{
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	json_t *result = NULL;
	enum hf_err err = hf_control_ask(
	        arguments->control, make_request(arguments), HF_CONTROL_PATIENCE, &diag, &result);
	int code;
	if (err != HF_OK)
		code = hf_control_fail(&diag, err);
	else if (!is_there(arguments))
		code = hf_terminal_error("the daemon has written %s, but not in the folder that is "
		                         "seen from here: its service has files of its own there; "
		                         "name another folder, such as /var/backups/holdfast",
		        arguments->operands[0]);
	else
		code = hf_control_print(result, arguments->json);
	json_decref(result);
	hf_diag_done(&diag);
	return code;
}

/* −1 to go on. */
static int check(const struct arguments *arguments)
{
	const struct order *order = arguments->order;
	for (size_t i = 0; i < OPERANDS; i++) {
		if (order->operands[i] == OPERAND_SERIAL && read_serial(arguments->operands[i]) < 0)
			return hf_terminal_error(
			        "\"%s\" is no serial number: give one from 0 to "
			        "4294967295, as `holdfast zone versions` lists them",
			        arguments->operands[i]);
	}
	return -1;
}

static const struct order *find(const char *name)
{
	const struct order *order = orders;
	while (strcmp(order->name, name) != 0)
		order++;
	return order;
}

int hf_cmd_order(int argc, char **argv)
{
	struct arguments arguments = {.order = find(argv[0])};
	const struct order *order = arguments.order;
	const struct hf_option options[] = {
	        HF_CONTROL_OPTION(&arguments.control),
	        {'j', "json", NULL, "print the daemon's answer as JSON", HF_OPTION_FLAG,
	                &arguments.json, 0, 0},
	        {0, order->option, NULL, order->option_help, HF_OPTION_FLAG, &arguments.other, 0,
	                0},
	};
	int operands = 0;
	while (operands < OPERANDS && order->operands[operands] != OPERAND_NONE)
		operands++;
	const struct hf_usage usage = {
	        .command = order->name,
	        .synopsis = order->synopsis,
	        .summary = order->summary,
	        .details = order->details,
	        .options = options,
	        .count = sizeof(options) / sizeof(options[0]) - (order->option == NULL ? 1 : 0),
	        .min_operands = operands,
	        .max_operands = operands,
	};
	int first;
	int code = hf_options_parse(&usage, argc, argv, &first);
	if (code != -1)
		return code;
	arguments.operands = argv + first;
	code = check(&arguments);
	return code == -1 ? carry_out(&arguments) : code;
}
