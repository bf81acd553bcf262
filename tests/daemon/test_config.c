/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The configuration: what settings become, every kind of mistake with its line, and the files that
 * it names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/config.h"
#include "pipeline/line.h"

struct result {
	enum hf_err err;
	struct hf_config *config;
	struct hf_diag diag;
};

static struct result parse(const char *text)
{
	struct result result = {0};
	hf_diag_init(&result.diag, HF_DIAG_LIMIT);
	result.err =
	        hf_config_parse("/etc/c.yaml", text, strlen(text), &result.diag, &result.config);
	return result;
}

static void result_done(struct result *result)
{
	hf_config_unref(result->config);
	hf_diag_done(&result->diag);
}

static const char zone_text[] = "zones:\n"
                                "- name: Example.\n"
                                "  source: {file: zones/example}\n";

static void test_defaults(void **state)
{
	(void)state;
	struct result result = parse(zone_text);
	assert_int_equal(result.err, HF_OK);
	const struct hf_config *config = result.config;
	assert_string_equal(config->server.state, "/var/lib/holdfast");
	assert_string_equal(config->server.control, "/run/holdfast/control.sock");
	assert_int_equal(config->server.small_lanes, 2);
	assert_int_equal(config->server.listen.count, 0);
	assert_int_equal(config->resolver_port, 53);
	assert_int_equal(config->server.limits.connections, 500);
	assert_int_equal(config->server.limits.transfer, 7200);
	assert_int_equal(config->server.fetch.seconds, 3600);
	assert_int_equal(config->server.fetch.size, 4096);
	assert_int_equal(config->alerts.self_test, 86400);
	assert_null(config->alerts.command);
	assert_int_equal(config->zones.count, 1);
	const struct hf_config_zone *zone = &config->zones.items[0];
	char name[HF_NAME_TEXT];
	assert_string_equal(hf_name_text(&zone->name, name), "example.");
	assert_string_equal(zone->policy_name, "default");
	assert_string_equal(zone->source.file, "/etc/zones/example");
	assert_int_equal(zone->mode, HF_LINE_SIGN);
	assert_int_equal(zone->serial, HF_SERIAL_INCREMENT);
	assert_int_equal(zone->history, 20);
	assert_int_equal(zone->reviews.of_signed.seconds, 60);
	assert_false(zone->reviews.of_signed.approval);
	assert_int_equal(zone->line, 2);
	result_done(&result);
}

static void test_everything(void **state)
{
	(void)state;
	struct result result = parse(
	        "server:\n"
	        "  listen: [192.0.2.1, '2001:db8::1@5353']\n"
	        "  metrics: '127.0.0.1@9154'\n"
	        "  log: debug\n"
	        "  limits: {connections: 9, idle: 1m, transfers-address: 3}\n"
	        "  fetch: {time: 10m, records: 5000}\n"
	        "keys:\n"
	        "- {name: XFR., secret: c2VjcmV0}\n"
	        "alerts: {command: [/bin/alert, one], repeat: 10m, self-test: 0}\n"
	        "zones:\n"
	        "- name: a.example\n"
	        "  mode: check-only\n"
	        "  source:\n"
	        "    primaries: [{address: 192.0.2.2@54, key: xfr}, {address: '2001:db8::2'}]\n"
	        "  secondaries: [{address: 192.0.2.3, key: xfr.}]\n"
	        "  transfer: [{from: 192.0.2.0/24}, {key: xfr}]\n"
	        "  notify-from: [{from: '2001:db8::/32', key: xfr}]\n"
	        "  output: /srv/out\n"
	        "  history: 7\n"
	        "  review: {unsigned: {command: [/bin/check], time: 5m}, signed: {approval: "
	        "yes}}\n");
	assert_int_equal(result.err, HF_OK);
	const struct hf_config *config = result.config;
	char place[HF_PLACE_MAX];
	assert_int_equal(config->server.listen.count, 2);
	assert_string_equal(
	        hf_config_place_text(&config->server.listen.items[0], place), "192.0.2.1");
	assert_string_equal(
	        hf_config_place_text(&config->server.listen.items[1], place), "2001:db8::1@5353");
	assert_int_equal(config->server.log, 4);
	assert_int_equal(config->server.limits.connections, 9);
	assert_int_equal(config->server.limits.idle, 60);
	assert_int_equal(config->server.limits.transfers_address, 3);
	assert_int_equal(config->server.fetch.seconds, 600);
	assert_int_equal(config->server.fetch.records, 5000);
	assert_string_equal(config->alerts.command[1], "one");
	assert_null(config->alerts.command[2]);
	assert_int_equal(config->alerts.repeat, 600);
	const struct hf_config_zone *zone = &config->zones.items[0];
	assert_int_equal(zone->mode, HF_LINE_CHECK_ONLY);
	assert_int_equal(zone->serial, HF_SERIAL_KEEP);
	assert_int_equal(zone->source.primaries.count, 2);
	assert_ptr_equal(zone->source.primaries.items[0].key, &config->keys.items[0]);
	assert_null(zone->source.primaries.items[1].key);
	assert_int_equal(zone->transfer.count, 2);
	assert_int_equal(zone->transfer.items[0].prefix.items[0].bits, 24);
	assert_int_equal(zone->transfer.items[1].prefix.count, 0);
	assert_non_null(zone->notify_from.items[0].key);
	assert_string_equal(zone->reviews.of_unsigned.command[0], "/bin/check");
	assert_int_equal(zone->reviews.of_unsigned.seconds, 300);
	assert_true(zone->reviews.of_signed.approval);
	result_done(&result);
}

/* A mistake, the line that it is told with, and some of its words. */
static const struct {
	const char *text;
	unsigned line;
	const char *words;
} mistakes[] = {
        {"", 1, "holds no settings"},
        {"- a\n", 1, "holds no settings"},
        {"server: {\n", 2, "not readable as YAML"},
        {"server: &a\n  log: info\n", 1, "an anchor has no place in a configuration"},
        {"server:\n  log: loud\n", 2, "log: \"loud\" is not allowed; it takes one of error"},
        {"server:\n  logs: info\n", 2, "there is no setting \"logs\" in server"},
        {"log: info\n", 1, "\"log\" is misplaced: it is a setting of server"},
        {"server:\n  log: info\n  log: debug\n", 3, "set a second time, first in line 2"},
        {"server:\n  log: [info]\n", 2, "log takes one plain word"},
        {"server: 5\n", 1, "server takes settings of its own"},
        {"server:\n  listen: 192.0.2.1\n", 2, "listen takes a list"},
        {"server:\n  listen: [192.0.2.300]\n", 2, "it takes an IP address"},
        {"server:\n  listen: [192.0.2.1:53]\n", 2, "it takes an IP address"},
        {"server:\n  listen: [[192.0.2.1]]\n", 2, "a list of plain words"},
        {"server:\n  small-lanes: 0\n", 2, "a number from 1 to 64"},
        {"server:\n  small-lanes: 2x\n", 2, "a number from 1 to 64"},
        {"alerts:\n  repeat: soon\n", 2, "a span of time from 0 s to"},
        {"alerts:\n  command: [alert]\n", 2, "begins with a program's absolute path"},
        {"keys:\n- {name: a, secret: eA==, secret-file: b}\n", 0, "either \"secret\" or"},
        {"keys:\n- {name: a}\n", 0, "either \"secret\" or"},
        {"keys:\n- {name: a, secret: eA==}\n- {name: A., secret: eA==}\n", 0, "a second time"},
        {"keys:\n- {secret: eA==}\n", 2, "name is missing; add it"},
        {"keys:\n- {name: 'a..b', secret: eA==}\n", 2, "it takes a domain name"},
        {"zones:\n- {name: a, source: {file: a}}\n- {name: A., source: {file: b}}\n", 3,
                "a second time, first in line 2"},
        {"zones:\n- {name: a, source: {file: a}, output: x}\n"
         "- {name: b, source: {file: b}, output: x}\n",
                3, "also that of the zone in line 2"},
        {"zones:\n- {name: a, source: {file: a}, output: a}\n", 2, "it would overwrite"},
        {"zones:\n- {name: a}\n", 2, "either \"file\" or \"primaries\""},
        {"zones:\n- {name: a, source: {}}\n", 2, "either \"file\" or \"primaries\""},
        {"zones:\n- name: a\n  source: {file: a, primaries: [{address: 192.0.2.1}]}\n", 2,
                "either \"file\" or \"primaries\""},
        {"zones:\n- {name: a, source: {file: a}, serial: keep}\n", 2, "the serial cannot be kept"},
        {"zones:\n- {name: a, source: {file: a}, mode: check-only, serial: date}\n", 2,
                "it comes: its serial cannot be made anew"},
        {"zones:\n- {name: a, source: {file: a}, transfer: [{}]}\n", 2, "would allow everybody"},
        {"zones:\n- {name: a, source: {file: a}, transfer: [{from: 192.0.2.1/24}]}\n", 2,
                "a prefix without bits behind it"},
        {"zones:\n- name: a\n  source: {file: a}\n  transfer: [{key: b}]\n", 4,
                "the name of a key that is defined under keys"},
        {"zones:\n- name: a\n  source: {file: a}\n"
         "  secondaries: [{address: 192.0.2.1}, {address: 192.0.2.1}]\n",
                2, "one address twice"},
        {"zones:\n- x\n", 2, "zone has to hold settings"},
        {"---\nserver: {}\n---\nserver: {}\n", 3, "a second YAML document"},
};

static void test_mistakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct result result = parse(mistakes[i].text);
		print_message("%s\n", mistakes[i].words);
		assert_int_not_equal(result.err, HF_OK);
		assert_null(result.config);
		assert_int_equal(result.diag.count, 1);
		assert_string_equal(result.diag.entries[0].file, "/etc/c.yaml");
		assert_non_null(strstr(result.diag.entries[0].text, mistakes[i].words));
		assert_int_equal(result.diag.entries[0].line, mistakes[i].line);
		result_done(&result);
	}
}

static void test_all_at_once(void **state)
{
	(void)state;
	struct result result = parse("server:\n  log: loud\n  log: info\n  users: me\n"
	                             "zones:\n- {name: a}\n- {name: 'a..', source: {file: x}}\n");
	assert_int_equal(result.err, HF_ERR_INVALID);
	assert_true(result.diag.count >= 5);
	/* From the top of the file down. */
	for (size_t i = 1; i < result.diag.count; i++)
		assert_in_range(result.diag.entries[i].line, result.diag.entries[i - 1].line, 7);
	result_done(&result);
}

static void test_secret_is_not_told(void **state)
{
	(void)state;
	char text[2000] = "keys:\n- {name: a, secret: ";
	size_t len = strlen(text);
	memset(text + len, 'S', 1500);
	strcpy(text + len + 1500, "}\n");
	struct result result = parse(text);
	assert_int_equal(result.err, HF_ERR_INVALID);
	for (size_t i = 0; i < result.diag.count; i++)
		assert_null(strstr(result.diag.entries[i].text, "SSSS"));
	result_done(&result);
}

/* ---- Files ---- */

struct folder {
	char path[64];
};

static void write_file(const struct folder *folder, const char *name, mode_t mode, const char *text)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", folder->path, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

static int make_folder(void **state)
{
	static struct folder folder;
	strcpy(folder.path, "/tmp/hf-config-XXXXXX");
	*state = &folder;
	return mkdtemp(folder.path) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
	static const char *const names[] = {"c.yaml", "policies.yaml", "key", "anchor", "hints"};
	const struct folder *folder = *state;
	char path[128];
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder->path, names[i]);
		(void)unlink(path);
	}
	return rmdir(folder->path);
}

static struct result load(const struct folder *folder)
{
	struct result result = {0};
	char path[128];
	snprintf(path, sizeof(path), "%s/c.yaml", folder->path);
	hf_diag_init(&result.diag, HF_DIAG_LIMIT);
	result.err = hf_config_load(path, NULL, &result.diag, &result.config);
	return result;
}

static const char whole[] = "policies: policies.yaml\n"
                            "trust-anchors: anchor\n"
                            "root-hints: hints\n"
                            "keys: [{name: k, secret-file: key}]\n"
                            "zones: [{name: a, policy: fast, source: {file: a}}]\n";

static void write_world(const struct folder *folder)
{
	write_file(folder, "c.yaml", 0644, whole);
	write_file(folder, "policies.yaml", 0644,
	        "policies: {fast: {zsk: {lifetime: 30d}}, slow: {}}\n");
	write_file(folder, "anchor", 0644,
	        ". DS 20326 8 2 "
	        "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n");
	write_file(folder, "hints", 0644, ". 3600 NS a.root.\na.root. 3600 A 192.0.2.1\n");
	write_file(folder, "key", 0600, "c2VjcmV0\n");
}

static void test_files(void **state)
{
	const struct folder *folder = *state;
	write_world(folder);
	struct result result = load(folder);
	assert_int_equal(result.err, HF_OK);
	const struct hf_config *config = result.config;
	assert_int_equal(config->tsig.count, 1);
	assert_int_equal(config->anchors.count, 1);
	assert_non_null(config->hints.text);
	assert_int_equal(
	        config->zones.items[0].policy->policy.roles[HF_ROLE_ZSK].lifetime, 30 * 86400);
	assert_null(hf_config_find_policy(config, "slow")); /* nobody names it */
	result_done(&result);
}

/* Each file is damaged in turn; the sentence names it. */
static void test_bad_files(void **state)
{
	static const struct {
		const char *name, *text;
		mode_t mode;
		const char *words;
	} damage[] = {
	        {"policies.yaml", "policies: {fast: {zsk: {lifetime: x}}}\n", 0644,
	                "makes no sense"},
	        {"policies.yaml", "policies: {slow: {}}\n", 0644, "no policy \"fast\""},
	        {"anchor", "; none\n", 0644, "no trust anchor here"},
	        {"anchor", ". DS x\n", 0644, ""},
	        {"hints", ". 3600 NS a.root.\n", 0644, ""},
	        {"key", "c2VjcmV0\n", 0604, "others can read or write this secret"},
	        {"key", "***\n", 0600, ""},
	};
	const struct folder *folder = *state;
	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		write_world(folder);
		write_file(folder, damage[i].name, damage[i].mode, damage[i].text);
		struct result result = load(folder);
		assert_int_not_equal(result.err, HF_OK);
		assert_true(result.diag.count > 0);
		assert_non_null(strstr(result.diag.entries[0].text, damage[i].words));
		assert_null(strstr(result.diag.entries[0].text, "c2VjcmV0"));
		result_done(&result);
	}
}

static void test_missing_files(void **state)
{
	static const char *const names[] = {"policies.yaml", "anchor", "hints", "key", "c.yaml"};
	const struct folder *folder = *state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[128];
		write_world(folder);
		snprintf(path, sizeof(path), "%s/%s", folder->path, names[i]);
		assert_int_equal(unlink(path), 0);
		struct result result = load(folder);
		assert_int_not_equal(result.err, HF_OK);
		assert_non_null(strstr(result.diag.entries[0].text, path));
		result_done(&result);
	}
}

static void test_extra(void **state)
{
	const struct folder *folder = *state;
	write_world(folder);
	struct result base = load(folder);
	struct hf_name name;
	struct hf_config *config = NULL;
	assert_int_equal(base.err, HF_OK);
	assert_int_equal(hf_name_from_text("b.", &name), HF_OK);
	const struct hf_config_extra good = {.name = &name,
	        .policy = "slow",
	        .settings = "{source: {primaries: [{address: 192.0.2.1, key: k}]}}"};
	assert_int_equal(hf_config_extra(base.config, &good, &base.diag, &config), HF_OK);
	assert_int_equal(config->zones.count, 1);
	assert_string_equal(config->zones.items[0].policy->name, "slow");
	assert_non_null(config->zones.items[0].source.primaries.items[0].key->tsig);
	hf_config_unref(config);

	static const char *const bad[] = {"", "{}", "{name: c, source: {file: x}}",
	        "{policy: fast, source: {file: x}}", "{source: {file: x}, colour: red}",
	        "{source: {file: x}, transfer: [{key: z}]}"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct hf_diag diag;
		struct hf_config_extra extra = good;
		extra.settings = bad[i];
		hf_diag_init(&diag, HF_DIAG_LIMIT);
		config = NULL;
		assert_int_not_equal(hf_config_extra(base.config, &extra, &diag, &config), HF_OK);
		assert_null(config);
		assert_true(diag.count > 0);
		hf_diag_done(&diag);
	}
	result_done(&base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_defaults),
	        cmocka_unit_test(test_everything),
	        cmocka_unit_test(test_mistakes),
	        cmocka_unit_test(test_all_at_once),
	        cmocka_unit_test(test_secret_is_not_told),
	        cmocka_unit_test_setup_teardown(test_files, make_folder, remove_folder),
	        cmocka_unit_test_setup_teardown(test_bad_files, make_folder, remove_folder),
	        cmocka_unit_test_setup_teardown(test_missing_files, make_folder, remove_folder),
	        cmocka_unit_test_setup_teardown(test_extra, make_folder, remove_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
