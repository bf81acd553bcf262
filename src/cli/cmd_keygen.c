/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/guard.h"
#include "base/times.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "crypto/keymake.h"
#include "report/keys_report.h"

#define TTL_MAX 0x7fffffffU

struct arguments {
	const char *algorithm, *dir;
	bool ksk, csk, json, no_dates;
	unsigned bits, ttl;
	struct hf_key_times times;
};

static const char details[] =
        "Dates that are not given: the key is published and active from now on, and for ever. "
        "With --activate alone it is published now; with --publish alone it is active from then "
        "on. A date is YYYYMMDDHHMMSS, RFC 3339, @SECONDS, now, or +SPAN from now such as +30d.\n"
        "\n"
        "Examples:\n"
        "  holdfast keygen --ksk --dir keys example.com\n"
        "  holdfast keygen --dir keys example.com\n"
        "  holdfast keygen --dir keys --publish +20d --activate +30d example.com\n"
        "\n"
        "Exit codes: 0 the key was made, 2 it was not.";

static int parse(int argc, char **argv, struct arguments *arguments, const char **ret_zone)
{
	struct hf_key_times *times = &arguments->times;
	const struct hf_option options[] = {
	        {'K', "dir", "DIR", "the folder of keys that it is written to (needed)",
	                HF_OPTION_TEXT, &arguments->dir, 0, 0},
	        {'a', "algorithm", "A",
	                "ECDSAP256SHA256 (13, the default), ECDSAP384SHA384 (14), ED25519 (15), "
	                "ED448 (16), RSASHA256 (8) or RSASHA512 (10)",
	                HF_OPTION_TEXT, &arguments->algorithm, 0, 0},
	        {0, "ksk", NULL, "a key-signing key: it signs the DNSKEY set", HF_OPTION_FLAG,
	                &arguments->ksk, 0, 0},
	        {0, "csk", NULL, "a combined-signing key: it signs everything", HF_OPTION_FLAG,
	                &arguments->csk, 0, 0},
	        {'b', "bits", "N", "size of an RSA key, 2048 to 4096 (default 2048)",
	                HF_OPTION_COUNT, &arguments->bits, 1, 65535},
	        {'L', "ttl", "N", "TTL of the DNSKEY record in the .key file", HF_OPTION_COUNT,
	                &arguments->ttl, 0, TTL_MAX},
	        {'P', "publish", "DATE", "when it enters the DNSKEY set", HF_OPTION_TIME,
	                &times->publish, 0, 0},
	        {'A', "activate", "DATE", "when it starts to sign", HF_OPTION_TIME,
	                &times->activate, 0, 0},
	        {'R', "revoke", "DATE", "when it is revoked (RFC 5011)", HF_OPTION_TIME,
	                &times->revoke, 0, 0},
	        {'I', "inactive", "DATE", "when it stops signing", HF_OPTION_TIME, &times->inactive,
	                0, 0},
	        {'D', "delete", "DATE", "when it leaves the DNSKEY set", HF_OPTION_TIME,
	                &times->remove, 0, 0},
	        {0, "sync-publish", "DATE", "when its CDS and CDNSKEY records appear",
	                HF_OPTION_TIME, &times->sync_publish, 0, 0},
	        {0, "sync-delete", "DATE", "when its CDS and CDNSKEY records go", HF_OPTION_TIME,
	                &times->sync_remove, 0, 0},
	        {'G', "no-dates", NULL, "make it, but do not publish it or sign with it",
	                HF_OPTION_FLAG, &arguments->no_dates, 0, 0},
	        {'j', "json", NULL, "print the key as JSON instead of its name", HF_OPTION_FLAG,
	                &arguments->json, 0, 0},
	};
	const struct hf_usage usage = {
	        .command = "keygen",
	        .synopsis = "--dir DIR [options] ZONE",
	        .summary = "Makes a key pair for a zone: a ZSK, unless --ksk or --csk is given. "
	                   "Prints the name of its files, KZONE+ALGORITHM+TAG, without their "
	                   ".key and .private.",
	        .details = details,
	        .options = options,
	        .count = sizeof(options) / sizeof(options[0]),
	        .min_operands = 1,
	        .max_operands = 1,
	};
	int first;
	int status = hf_options_parse(&usage, argc, argv, &first);
	if (status == -1)
		*ret_zone = argv[first];
	return status;
}

/* −1 to go on, else the exit code. */
static int check(const struct arguments *arguments)
{
	const struct hf_key_times *times = &arguments->times;
	if (arguments->dir == NULL)
		return hf_terminal_error("where to? Name the folder of keys with --dir DIR; see "
		                         "`holdfast keygen --help`");
	if (arguments->ksk && arguments->csk)
		return hf_terminal_error(
		        "a key is either a KSK or a CSK; leave --ksk or --csk out");
	if (arguments->no_dates &&
	        (times->publish != HF_TIME_NONE || times->activate != HF_TIME_NONE))
		return hf_terminal_error(
		        "--no-dates keeps the key out of the zone; leave it out, or --publish and "
		        "--activate");
	return -1;
}

static void complete_times(struct arguments *arguments, hf_time now)
{
	struct hf_key_times *times = &arguments->times;
	times->created = now;
	if (arguments->no_dates)
		return;
	if (times->publish == HF_TIME_NONE)
		times->publish = times->activate != HF_TIME_NONE && times->activate < now
		                         ? times->activate
		                         : now;
	if (times->activate == HF_TIME_NONE)
		times->activate = times->publish;
}

static enum hf_err print(
        const struct arguments *arguments, const struct hf_keyfile *key, hf_time now)
{
	const char *slash = strrchr(key->path, '/');
	const char *name = slash != NULL ? slash + 1 : key->path;
	if (arguments->json) {
		HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
		enum hf_err err = hf_key_json(key, now, &text);
		if (err != HF_OK)
			return err;
		fwrite(text.data, 1, text.len, stdout);
	} else {
		puts(name);
	}
	char zone[HF_NAME_TEXT], algorithm[32];
	fprintf(stderr, "Made a %s for %s: %s, %u bits, tag %u, %s.\n", hf_role_name(key->role),
	        hf_name_text(&key->owner, zone), hf_alg_name(key->algorithm, algorithm), key->bits,
	        key->tag, hf_key_state_name(hf_keyfile_state(key, now)));
	return HF_OK;
}

static int make(struct arguments *arguments, const struct hf_name *zone, const struct hf_alg *alg)
{
	hf_time now = (hf_time)time(NULL);
	complete_times(arguments, now);
	const struct hf_keymake_options options = {
	        .dir = arguments->dir,
	        .owner = zone,
	        .role = arguments->csk   ? HF_ROLE_CSK
	                : arguments->ksk ? HF_ROLE_KSK
	                                 : HF_ROLE_ZSK,
	        .algorithm = alg->number,
	        .bits = arguments->bits,
	        .ttl = arguments->ttl,
	        .times = arguments->times,
	};
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	struct hf_keyfile *key;
	enum hf_err err = hf_keymake(&options, &diag, &key);
	if (err == HF_OK) {
		err = print(arguments, key, now);
		hf_keyfile_free(key);
	}
	int status = err == HF_OK ? HF_EXIT_GOOD : hf_terminal_fail(&diag, err);
	hf_diag_done(&diag);
	return status;
}

int hf_cmd_keygen(int argc, char **argv)
{
	struct arguments arguments = {.algorithm = "13", .times = HF_KEY_TIMES_NONE};
	const char *text;
	int status = parse(argc, argv, &arguments, &text);
	if (status == -1)
		status = check(&arguments);
	if (status != -1)
		return status;
	const struct hf_alg *alg = hf_alg_parse(arguments.algorithm);
	if (alg == NULL)
		return hf_terminal_error(
		        "there is no algorithm \"%s\"; `holdfast keygen --help` lists them",
		        arguments.algorithm);
	struct hf_name zone;
	if (hf_name_from_text(text, &zone) != HF_OK)
		return hf_terminal_error("\"%s\" is not a domain name; name the zone that the key "
		                         "is for, such as example.com",
		        text);
	hf_guard_secrets();
	return make(&arguments, &zone, alg);
}
