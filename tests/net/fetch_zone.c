/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fetches a zone as the daemon does, for tests with real and with hostile primaries:
 *
 *   fetch_zone ZONE PRIMARY... [--have FILE] [--out FILE] [--key NAME:ALGORITHM:SECRET] [--source
 *       ADDRESS] [--full] [--axfr] [--seconds N] [--idle N] [--udp-ms N] [--bytes N] [--records N]
 *       [--messages N] [--cancel MS]
 *
 * Prints one JSON object: error (a word, or null), kind, serial, primary, bytes, messages, seconds,
 * memory_kib, sentences. Exits with 0 whenever there was a fetch.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>

#include <jansson.h>

#include "net/fetch.h"
#include "net/tsig.h"
#include "zone/dump.h"
#include "zone/load.h"

enum { PRIMARIES = 8 };

static atomic_bool canceled;

struct setup {
	struct hf_fetch_order order;
	struct hf_fetch_primary primaries[PRIMARIES];
	struct hf_endpoint source;
	bool has_source;
	struct hf_tsig_key *key;
	struct hf_version *have;
	const char *out;
	struct hf_diag diag;
};

static void on_alarm(int number)
{
	(void)number;
	atomic_store(&canceled, true);
}

static void cancel_after(unsigned long ms)
{
	const struct itimerval when = {
	        .it_value = {.tv_sec = (time_t)(ms / 1000), .tv_usec = ms % 1000 * 1000}};
	signal(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &when, NULL);
}

static enum hf_err read_key(struct setup *setup, char *text)
{
	const struct hf_tsig_spec spec = {
	        .name = strtok(text, ":"),
	        .algorithm = strtok(NULL, ":"),
	        .secret = strtok(NULL, ""),
	};
	return hf_tsig_key_new(&spec, &setup->diag, &setup->key);
}

static enum hf_err read_have(struct setup *setup, const char *path)
{
	const struct hf_load_options options = {0};
	return hf_zone_load(path, &options, &setup->diag, &setup->have);
}

enum {
	HAVE = 1,
	OUT,
	KEY,
	SOURCE,
	FULL,
	AXFR,
	SECONDS,
	IDLE,
	UDP_MS,
	BYTES,
	RECORDS,
	MESSAGES,
	CANCEL
};

static enum hf_err read_option(struct setup *setup, int option, char *value)
{
	struct hf_fetch_limits *limits = &setup->order.limits;
	unsigned long number = value != NULL ? strtoul(value, NULL, 10) : 0;
	switch (option) {
	case HAVE:
		return read_have(setup, value);
	case OUT:
		setup->out = value;
		return HF_OK;
	case KEY:
		return read_key(setup, value);
	case SOURCE:
		setup->has_source = true;
		return hf_endpoint_parse(value, 0, &setup->source);
	case FULL:
		setup->order.flags |= HF_FETCH_FULL;
		return HF_OK;
	case AXFR:
		setup->order.flags |= HF_FETCH_AXFR_ONLY;
		return HF_OK;
	case CANCEL:
		cancel_after(number);
		return HF_OK;
	case BYTES:
		limits->bytes = number;
		return HF_OK;
	case RECORDS:
		limits->records = number;
		return HF_OK;
	case MESSAGES:
		limits->messages = number;
		return HF_OK;
	case SECONDS:
		limits->seconds = (unsigned)number;
		return HF_OK;
	case IDLE:
		limits->idle_seconds = (unsigned)number;
		return HF_OK;
	case UDP_MS:
		limits->udp_ms = (unsigned)number;
		return HF_OK;
	default:
		return HF_ERR_INVALID;
	}
}

static enum hf_err read_options(struct setup *setup, int argc, char **argv)
{
	static const struct option options[] = {
	        {"have", required_argument, NULL, HAVE},
	        {"out", required_argument, NULL, OUT},
	        {"key", required_argument, NULL, KEY},
	        {"source", required_argument, NULL, SOURCE},
	        {"full", no_argument, NULL, FULL},
	        {"axfr", no_argument, NULL, AXFR},
	        {"seconds", required_argument, NULL, SECONDS},
	        {"idle", required_argument, NULL, IDLE},
	        {"udp-ms", required_argument, NULL, UDP_MS},
	        {"bytes", required_argument, NULL, BYTES},
	        {"records", required_argument, NULL, RECORDS},
	        {"messages", required_argument, NULL, MESSAGES},
	        {"cancel", required_argument, NULL, CANCEL},
	        {0},
	};
	enum hf_err err = HF_OK;
	int option;
	while (err == HF_OK && (option = getopt_long(argc, argv, "", options, NULL)) != -1)
		err = read_option(setup, option, optarg);
	if (err == HF_OK && (argc - optind < 2 || argc - optind - 1 > PRIMARIES))
		err = HF_ERR_INVALID;
	if (err == HF_OK)
		err = hf_name_from_text(argv[optind], &setup->order.zone);
	for (int i = optind + 1; err == HF_OK && i < argc; i++) {
		struct hf_fetch_primary *primary = &setup->primaries[setup->order.primary_count++];
		err = hf_endpoint_parse(argv[i], HF_PORT_DNS, &primary->endpoint);
		primary->key = setup->key;
		primary->source = setup->has_source ? &setup->source : NULL;
	}
	setup->order.primaries = setup->primaries;
	setup->order.have = setup->have;
	setup->order.cancel = &canceled;
	return err;
}

static enum hf_err write_zone(const struct hf_version *version, const char *path)
{
	struct hf_outfile *file;
	struct hf_pool *pool;
	enum hf_err err = hf_pool_new(1, &pool);
	if (err != HF_OK)
		return err;
	err = hf_outfile_new(path, 0644, HF_OUTFILE_REPLACE, NULL, &file);
	if (err == HF_OK) {
		err = hf_zone_dump(version, file, pool, NULL, NULL);
		if (err == HF_OK)
			err = hf_outfile_commit(file, NULL);
		hf_outfile_free(file);
	}
	hf_pool_free(pool);
	return err;
}

static json_t *sentences(const struct hf_diag *diag)
{
	json_t *list = json_array();
	for (size_t i = 0; i < diag->count; i++)
		json_array_append_new(list, json_string(diag->entries[i].text));
	return list;
}

static void print(json_t *report)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	json_object_set_new(report, "memory_kib", json_integer(usage.ru_maxrss));
	json_dumpf(report, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(report);
}

static enum hf_err run(struct setup *setup)
{
	struct hf_fetched fetched;
	enum hf_err err = hf_fetch(&setup->order, &setup->diag, &fetched);
	if (err != HF_OK) {
		print(json_pack("{s:s, s:o}", "error", hf_err_text(err), "sentences",
		        sentences(&setup->diag)));
		return HF_OK;
	}
	if (setup->out != NULL && fetched.version != NULL)
		err = write_zone(fetched.version, setup->out);
	print(json_pack("{s:n, s:s, s:I, s:I, s:I, s:I, s:f, s:o}", "error", "kind",
	        hf_fetch_kind_text(fetched.kind), "serial", (json_int_t)fetched.serial, "primary",
	        (json_int_t)fetched.primary, "bytes", (json_int_t)fetched.bytes, "messages",
	        (json_int_t)fetched.messages, "seconds", fetched.seconds, "sentences",
	        sentences(&fetched.notes)));
	hf_fetched_done(&fetched);
	return err;
}

int main(int argc, char **argv)
{
	struct setup setup = {0};
	hf_diag_init(&setup.diag, HF_DIAG_LIMIT);
	enum hf_err err = read_options(&setup, argc, argv);
	if (err == HF_OK)
		err = run(&setup);
	if (err != HF_OK)
		fprintf(stderr, "fetch_zone: %s%s%s\n", hf_err_text(err),
		        setup.diag.count > 0 ? ": " : "",
		        setup.diag.count > 0 ? setup.diag.entries[0].text : "");
	hf_tsig_key_unref(setup.key);
	hf_version_unref(setup.have);
	hf_diag_done(&setup.diag);
	return err == HF_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
