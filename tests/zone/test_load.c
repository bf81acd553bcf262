/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "zone/dump.h"
#include "zone/load.h"

static char folder[] = "/tmp/hf-load-XXXXXX";
static struct hf_diag diag;

static int setup(void **state)
{
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	hf_diag_done(&diag);
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

static void put_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static enum hf_err load(const char *text, const char *origin, struct hf_version **ret_version)
{
	struct hf_load_options options = {.origin = origin};
	hf_diag_done(&diag);
	return hf_zone_load_text("test.zone", text, strlen(text), &options, &diag, ret_version);
}

static void expect_error(const char *text, const char *origin, uint64_t line, const char *words)
{
	struct hf_version *version = NULL;
	assert_int_not_equal(load(text, origin, &version), HF_OK);
	assert_null(version);
	for (size_t i = 0; i < diag.count; i++)
		if (strstr(diag.entries[i].text, words) != NULL && diag.entries[i].line == line)
			return;
	for (size_t i = 0; i < diag.count; i++)
		print_error("%s:%lu: %s\n", diag.entries[i].file,
		        (unsigned long)diag.entries[i].line, diag.entries[i].text);
	fail_msg("no error with '%s' at line %lu", words, (unsigned long)line);
}

static const char good[] = "$ORIGIN Example.\n"
                           "$TTL 1h\n"
                           "@ SOA ns.Example. host 7 1 2 3 4\n"
                           "  NS ns\n"
                           "ns A 192.0.2.1\n"
                           "b 5 TXT \"x\" ; comment\n"
                           "a TYPE65280 \\# 2 ABCD\n"
                           "*.w (\n A\n 192.0.2.2 )\n"
                           "ns AAAA 2001:db8::1\n";

static void loads(void **state)
{
	struct hf_version *version;
	struct hf_soa soa;
	char text[HF_NAME_TEXT];
	assert_int_equal(load(good, NULL, &version), HF_OK);
	assert_string_equal(hf_name_text(hf_version_apex(version), text), "example.");
	assert_true(hf_version_soa(version, &soa));
	assert_int_equal(soa.serial, 7);
	assert_string_equal(hf_name_text(&soa.mname, text), "ns.example.");
	struct hf_version_counts counts;
	hf_version_count(version, &counts);
	assert_int_equal(counts.names, 5);
	assert_int_equal(counts.records, 7);
	assert_int_equal(counts.rrsets, 7);
	/* Owner, 8 bytes, RDLENGTH and RDATA of each, by hand. */
	assert_int_equal(counts.wire, (9 + 8 + 2 + 46) + (9 + 8 + 2 + 12) + (12 + 8 + 2 + 4) +
	                                      (12 + 8 + 2 + 16) + (11 + 8 + 2 + 2) +
	                                      (11 + 8 + 2 + 2) + (13 + 8 + 2 + 4));
	struct hf_name name;
	struct hf_rrset set;
	assert_int_equal(hf_name_from_text("NS.example.", &name), HF_OK);
	const struct hf_node *ns = hf_version_find(version, &name);
	assert_int_equal(hf_node_count(ns), 2); /* came in two pieces */
	assert_int_equal(hf_name_from_text("b.example.", &name), HF_OK);
	assert_true(hf_node_find(hf_version_find(version, &name), KNOT_RRTYPE_TXT, &set));
	assert_int_equal(set.ttl, 5);
	assert_int_equal(hf_version_summary(version).max_ttl, 3600);
	hf_version_unref(version);
}

static void says_what_is_wrong(void **state)
{
	expect_error("@ SOA a. b. 1 2 3 4 5\n", NULL, 1, "no $ORIGIN");
	expect_error("x. SOA a. b. 1 2 3 4 5\nx. NS ns\n", NULL, 2, "no $ORIGIN");
	expect_error("x. A 1.2.3.4\n", NULL, 0, "no SOA");
	expect_error("x. SOA a. b. 1 2 3 4 5\ny. SOA a. b. 1 2 3 4 5\n", NULL, 2, "second SOA");
	expect_error("x. SOA a. b. 1 2 3 4 5\nx. A 1.2.3\n", NULL, 2, "IPv4");
	expect_error("x. SOA a. b. 1 2 3 4 5\nx. A \\# 3 010203\n", NULL, 2, "RDATA");
	expect_error("x. SOA a. b. 1 2 3 4 5\nx. CH A 1.2.3.4\n", NULL, 2, "class IN");
	expect_error("x. 2147483648 SOA a. b. 1 2 3 4 5\n", NULL, 1, "TTL");
	expect_error("x. SOA a. b. 1 2 3 4 5\nx. TYPE255 \\# 0\n", NULL, 2, "queries");
	expect_error("x. SOA a. b. 1 2 3 4 5\r\n", NULL, 1, "dos2unix");
	expect_error("x. SOA ( a. b. 1 2 3 4 5\n", NULL, 2, "parenthesis");
	expect_error("x. SOA a. b. 1 2 3 4 5\n$INCLUDE y\n", NULL, 2, "INCLUDE");
	expect_error("x. SOA a. b. 1 2 3 4 5\n", "a..b", 0, "not a domain name");
	expect_error("", NULL, 0, "no SOA");
	expect_error("\001\002\377\376\n", NULL, 1, "owner");
}

static void shows_all_errors_at_once(void **state)
{
	struct hf_version *version = NULL;
	assert_int_equal(load("x. SOA a. b. 1 2 3 4 5\n"
	                      "x. A 1\nx. A 1.2.3.4\nx. AAAA z\nx. NOTYPE z\n",
	                         NULL, &version),
	        HF_ERR_SYNTAX);
	assert_int_equal(diag.count, 3);
	assert_int_equal(diag.entries[0].line, 2);
	assert_int_equal(diag.entries[1].line, 4);
	assert_int_equal(diag.entries[2].line, 5);
}

static void foreign_owners(void **state)
{
	static const char text[] = "z.y. A 1.2.3.4\nx. SOA a. b. 1 2 3 4 5\na.x. A 1.2.3.4\n";
	static const char late[] = "x. SOA a. b. 1 2 3 4 5\nx. NS a.\ny. A 1.2.3.4\n";
	struct hf_load_options options = {.refuse_foreign = true};
	struct hf_version *version = NULL;
	hf_diag_done(&diag);
	assert_int_equal(hf_zone_load_text("t", text, strlen(text), &options, &diag, &version),
	        HF_ERR_INVALID);
	assert_non_null(strstr(diag.entries[0].text, "z.y. is not in the zone x."));
	hf_diag_done(&diag);
	assert_int_equal(hf_zone_load_text("t", late, strlen(late), &options, &diag, &version),
	        HF_ERR_INVALID);
	assert_int_equal(diag.entries[0].line, 3);
	options.refuse_foreign = false;
	assert_int_equal(
	        hf_zone_load_text("t", text, strlen(text), &options, &diag, &version), HF_OK);
	struct hf_tree_cursor cursor;
	const struct hf_node *node = hf_tree_first(hf_version_names(version), &cursor);
	assert_true(hf_version_in_zone(version, node));
	assert_false(hf_version_in_zone(version, hf_tree_last(hf_version_names(version), &cursor)));
	hf_version_unref(version);
}

static enum hf_err load_file(const char *path, struct hf_version **ret_version)
{
	struct hf_load_options options = {0};
	hf_diag_done(&diag);
	return hf_zone_load(path, &options, &diag, ret_version);
}

static void includes(void **state)
{
	struct hf_version *version = NULL;
	struct hf_version_counts counts;
	put_file("main.zone", "$ORIGIN x.\n$TTL 60\n@ SOA a. b. 1 2 3 4 5\n"
	                      "$INCLUDE sub.zone sub.x.\n$INCLUDE sub.zone\nlast A 1.1.1.1\n");
	put_file("sub.zone", "$TTL 7\na A 1.2.3.4\n");
	assert_int_equal(load_file("main.zone", &version), HF_OK);
	hf_version_count(version, &counts);
	assert_int_equal(counts.names, 4);
	hf_version_unref(version);
	version = NULL;

	put_file("sub.zone", "a A 1.2.3\n");
	assert_int_equal(load_file("main.zone", &version), HF_ERR_SYNTAX);
	assert_non_null(strstr(diag.entries[0].file, "sub.zone"));
	assert_int_equal(diag.entries[0].line, 1);
	assert_int_equal(diag.count, 2); /* it is included twice */

	/* An endless chain of includes ends, and says so. */
	put_file("sub.zone", "$INCLUDE sub.zone\n$INCLUDE sub.zone\n");
	assert_int_equal(load_file("main.zone", &version), HF_ERR_SYNTAX);
	assert_non_null(strstr(diag.entries[0].text, "include itself"));
	unlink("sub.zone");
	assert_int_equal(load_file("main.zone", &version), HF_ERR_SYNTAX);
	assert_non_null(strstr(diag.entries[0].text, "No such file"));
	assert_int_equal(diag.entries[0].line, 4);
	unlink("main.zone");
}

static void files_that_are_no_zones(void **state)
{
	struct hf_version *version = NULL;
	assert_int_equal(load_file("missing", &version), HF_ERR_IO);
	assert_non_null(strstr(diag.entries[0].text, "missing"));
	assert_int_equal(load_file("/", &version), HF_ERR_IO);
	assert_non_null(strstr(diag.entries[0].text, "folder"));
	put_file("empty", "");
	assert_int_equal(load_file("empty", &version), HF_ERR_SYNTAX);
	assert_non_null(strstr(diag.entries[0].text, "empty"));
	unlink("empty");
	/* A line of two megabytes. */
	char *line = malloc(2000000);
	memset(line, 'a', 1999999);
	line[1999999] = '\0';
	put_file("line", line);
	free(line);
	assert_int_equal(load_file("line", &version), HF_ERR_SYNTAX);
	unlink("line");
	/* A FIFO is read to its end. */
	assert_int_equal(mkfifo("fifo", 0600), 0);
	if (fork() == 0) {
		put_file("fifo", good);
		_exit(0);
	}
	assert_int_equal(load_file("fifo", &version), HF_OK);
	hf_version_unref(version);
	unlink("fifo");
}

static enum hf_err no_difference(
        void *context, const struct hf_node *before, const struct hf_node *after)
{
	fail_msg("the reloaded version differs");
	return HF_OK;
}

/* Many records with errors at known lines, and an $ORIGIN that changes on the way. */
static void put_long_text(struct hf_buf *text, bool errors)
{
	hf_put_text(text, "$ORIGIN x.\n$TTL 60\n@ SOA a. b. 1 2 3 4 5\n");
	for (unsigned i = 0; i < 2000; i++) {
		if (i == 700)
			hf_put_text(text, "$ORIGIN sub.x.\n$TTL 7\n");
		hf_put_format(text, "n%u A 192.0.2.%u\n\tTXT ( \"a;(\" ; )\n  b )\n",
		        i * 7919 % 2000, i % 256);
		if (errors && i % 500 == 499)
			hf_put_text(text, "bad A 1.2.3\n");
	}
}

static void stretches_are_as_one_piece(void **state)
{
	struct hf_pool *pool;
	assert_int_equal(hf_pool_new(3, &pool), HF_OK);
	struct hf_load_options whole = {.origin = NULL};
	struct hf_load_options cut = {.pool = pool, .stretch_min = 1000, .refuse_foreign = true};
	struct hf_version *a, *b;
	struct hf_buf text = {0};
	put_long_text(&text, false);
	const char *bytes = (const char *)text.data;
	assert_int_equal(hf_zone_load_text("t", bytes, text.len, &whole, &diag, &a), HF_OK);
	assert_int_equal(hf_zone_load_text("t", bytes, text.len, &cut, &diag, &b), HF_OK);
	assert_int_equal(hf_tree_count(hf_version_names(a)), 2001);
	assert_int_equal(hf_version_diff(a, b, no_difference, NULL), HF_OK);
	hf_version_unref(a);
	hf_version_unref(b);
	hf_buf_reset(&text);
	put_long_text(&text, true);
	bytes = (const char *)text.data;
	hf_diag_done(&diag);
	assert_int_equal(hf_zone_load_text("t", bytes, text.len, &cut, &diag, &b), HF_ERR_SYNTAX);
	static const uint64_t lines[] = {1504, 3007, 4508, 6009};
	assert_int_equal(diag.count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(diag.entries[i].line, lines[i]);
	hf_buf_done(&text);
	hf_pool_free(pool);
}

static struct hf_version *reload(const struct hf_version *version, unsigned jobs)
{
	struct hf_outfile *file;
	struct hf_pool *pool;
	struct hf_version *again = NULL;
	assert_int_equal(hf_pool_new(jobs, &pool), HF_OK);
	assert_int_equal(hf_outfile_new("dump", 0600, HF_OUTFILE_REPLACE, &diag, &file), HF_OK);
	assert_int_equal(hf_zone_dump(version, file, pool, NULL, &diag), HF_OK);
	assert_int_equal(hf_outfile_commit(file, &diag), HF_OK);
	hf_outfile_free(file);
	hf_pool_free(pool);
	assert_int_equal(load_file("dump", &again), HF_OK);
	unlink("dump");
	return again;
}

static void dump_loads_back(void **state)
{
	/* Many names, NSEC3 owners among them, RRSIGs, odd bytes. */
	struct hf_buf text = {0};
	hf_put_text(&text, good);
	for (unsigned i = 0; i < 3000; i++) {
		hf_put_format(&text, "n%u\\000\\%03u A 192.0.2.%u\n", i, i % 256, i % 256);
		hf_put_format(&text,
		        "%032u NSEC3 1 0 0 - 00000000000000000000000000000000 A RRSIG\n", i * 7);
		hf_put_format(&text,
		        "%032u RRSIG NSEC3 13 2 60 20380101000000 20200101000000 7 Example. AAAA\n",
		        i * 7);
	}
	hf_put_u8(&text, 0);
	struct hf_version *version, *again;
	assert_int_equal(load((const char *)text.data, NULL, &version), HF_OK);
	hf_buf_done(&text);
	assert_int_equal(hf_tree_count(hf_version_nsec3(version)), 3000);
	for (unsigned jobs = 1; jobs < 4; jobs += 2) {
		again = reload(version, jobs);
		assert_int_equal(hf_version_diff(version, again, no_difference, NULL), HF_OK);
		hf_version_unref(again);
	}
	hf_version_unref(version);
}

static void edits_leave_the_base_alone(void **state)
{
	struct hf_version *base, *next, *back;
	struct hf_edit *edit;
	struct hf_name name;
	assert_int_equal(load(good, NULL, &base), HF_OK);
	assert_int_equal(hf_edit_new(base, &edit), HF_OK);
	assert_int_equal(hf_name_from_text("b.example.", &name), HF_OK);
	assert_int_equal(hf_edit_remove(edit, &name), HF_OK);
	assert_int_equal(hf_edit_remove(edit, &name), HF_ERR_NOTFOUND);
	assert_int_equal(hf_edit_commit(edit, &next), HF_OK);
	hf_edit_free(edit);
	assert_non_null(hf_version_find(base, &name));
	assert_null(hf_version_find(next, &name));
	assert_int_equal(hf_edit_new(next, &edit), HF_OK);
	struct hf_node *node = hf_node_ref(hf_version_find(base, &name));
	assert_int_equal(hf_edit_put(edit, node), HF_OK);
	hf_node_unref(node);
	assert_int_equal(hf_edit_commit(edit, &back), HF_OK);
	hf_edit_free(edit);
	assert_int_equal(hf_version_diff(base, back, no_difference, NULL), HF_OK);
	hf_version_unref(back);
	hf_version_unref(next);
	hf_version_unref(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(loads),
	        cmocka_unit_test(says_what_is_wrong),
	        cmocka_unit_test(shows_all_errors_at_once),
	        cmocka_unit_test(foreign_owners),
	        cmocka_unit_test(includes),
	        cmocka_unit_test(files_that_are_no_zones),
	        cmocka_unit_test(stretches_are_as_one_piece),
	        cmocka_unit_test(dump_loads_back),
	        cmocka_unit_test(edits_leave_the_base_alone),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
