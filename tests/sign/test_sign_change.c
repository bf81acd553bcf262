/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Property: a change signed by itself gives, to the byte, what signing the whole zone gives, step
 * after step on random zones; and old versions stay as they were. Then the cases in which a
 * change cannot be signed by itself, and the limits of a refresh.
 */
#include "lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sign/sign_change.h"
#include "verify/verify.h"

#define STEPS   250
#define KEPT    8 /* old versions that are looked at later */
#define NO_MAX  ((size_t)1 << 40)
#define MINIMUM 200

enum shape { SHAPE_DATA, SHAPE_CUT, SHAPE_SECURE_CUT, SHAPE_DNAME, SHAPE_CNAME, SHAPE_COUNT };

static uint64_t state;

static unsigned pick(unsigned below)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return (unsigned)((state >> 33) % below);
}

/* ---- versions ---- */

/* A zone that changes, and its signed versions. */
struct course {
	struct lab lab;
	struct hf_pool *pool;
	struct hf_node_builder *builder;
	struct hf_version *zone;        /* unsigned, as it is signed */
	struct hf_sign_options options; /* with which it was signed */
	struct hf_version *last;        /* signed */
	struct hf_version *old[KEPT];
	uint64_t prints[KEPT];
	uint64_t made;
};

static uint64_t print_of(const struct hf_version *version)
{
	const struct hf_tree *trees[] = {hf_version_names(version), hf_version_nsec3(version)};
	uint64_t hash = 0xcbf29ce484222325;
	struct hf_buf buf = {0};

	for (unsigned i = 0; i < 2; i++) {
		struct hf_tree_cursor cursor;
		const struct hf_node *node = hf_tree_first(trees[i], &cursor);
		for (; node != NULL; node = hf_tree_next(&cursor))
			hf_node_put(&buf, node);
	}
	assert_int_equal(hf_buf_check(&buf), HF_OK);
	for (size_t i = 0; i < buf.len; i++)
		hash = (hash ^ buf.data[i]) * 0x100000001b3;
	hf_buf_done(&buf);
	return hash;
}

static void begin(struct course *course, unsigned flags, unsigned jobs)
{
	char text[256];

	*course = (struct course){0};
	snprintf(text, sizeof(text),
	        "ex. 300 SOA ns.ex. h.ex. 1 2 3 4 %d\nex. 300 NS ns.ex.\nns.ex. 300 A 192.0.2.1\n",
	        MINIMUM);
	lab_init(&course->lab, text, NULL);
	lab_csk(&course->lab.keys, "ex.");
	course->lab.options.flags = flags;
	course->lab.options.serial = HF_SERIAL_INCREMENT;
	assert_int_equal(lab_sign(&course->lab), HF_OK);
	assert_int_equal(hf_pool_new(jobs, &course->pool), HF_OK);
	assert_int_equal(hf_node_builder_new(&course->builder), HF_OK);
	course->zone = hf_version_ref(course->lab.zone);
	course->last = hf_version_ref(course->lab.result.version);
	course->options = course->lab.options;
}

static void keep_old(struct course *course, unsigned slot)
{
	if (course->old[slot] != NULL)
		assert_true(print_of(course->old[slot]) == course->prints[slot]);
	hf_version_unref(course->old[slot]);
	course->old[slot] = course->last;
	course->prints[slot] = print_of(course->last);
}

static void end(struct course *course)
{
	for (unsigned i = 0; i < KEPT; i++) {
		if (course->old[i] != NULL)
			assert_true(print_of(course->old[i]) == course->prints[i]);
		hf_version_unref(course->old[i]);
	}
	hf_version_unref(course->last);
	hf_version_unref(course->zone);
	hf_node_builder_free(course->builder);
	hf_pool_free(course->pool);
	lab_done(&course->lab);
}

/* ---- changes ---- */

static void put(struct course *course, uint16_t type, uint32_t ttl, const void *data, size_t len)
{
	struct hf_rdata rdata = {data, (uint16_t)len};
	assert_int_equal(hf_node_add(course->builder, type, ttl, rdata), HF_OK);
}

static void put_shape(struct course *course, enum shape shape)
{
	static const uint8_t host[] = {2, 'n', 's', 2, 'e', 'x', 0};
	static const uint8_t elsewhere[] = {1, 'e', 4, 't', 'e', 's', 't', 0};
	uint8_t ds[36] = {0, 1, 13, 2}, address[4] = {192, 0, 2, 0};

	address[3] = (uint8_t)pick(3);
	ds[35] = (uint8_t)pick(3);
	switch (shape) {
	case SHAPE_DATA:
		put(course, KNOT_RRTYPE_A, 60 + pick(2), address, sizeof(address));
		if (pick(2) == 0)
			put(course, KNOT_RRTYPE_TXT, 70, "\001t", 2);
		break;
	case SHAPE_SECURE_CUT:
		put(course, KNOT_RRTYPE_DS, 60, ds, sizeof(ds));
		/* fall through */
	case SHAPE_CUT:
		put(course, KNOT_RRTYPE_NS, 60, host, sizeof(host));
		break;
	case SHAPE_DNAME:
		put(course, KNOT_RRTYPE_DNAME, 60, elsewhere, sizeof(elsewhere));
		break;
	default:
		put(course, KNOT_RRTYPE_CNAME, 60, elsewhere, sizeof(elsewhere));
		break;
	}
}

static void invent_name(struct hf_name *ret_name)
{
	static const char *const labels[] = {"a", "b", "c", "*", "\\000", "\\255"};
	unsigned depth = 1 + pick(3);
	char text[64];
	size_t len = 0;

	for (unsigned i = 0; i < depth; i++)
		len += (size_t)snprintf(
		        text + len, sizeof(text) - len, "%s.", labels[pick(i == 0 ? 6 : 3)]);
	snprintf(text + len, sizeof(text) - len, "ex.");
	assert_int_equal(hf_name_from_text(text, ret_name), HF_OK);
}

/* Another set at the apex, or none. */
static struct hf_node *apex_with(struct course *course, const struct hf_version *zone)
{
	const struct hf_node *apex = hf_version_apex_node(zone);
	struct hf_node *node = NULL;
	uint8_t text[2] = {1, (uint8_t)('a' + pick(3))};

	hf_node_begin(course->builder, hf_version_apex_key(zone));
	for (size_t i = 0; i < hf_node_count(apex); i++) {
		struct hf_rrset set;
		hf_node_at(apex, i, &set);
		if (set.type != KNOT_RRTYPE_TXT)
			assert_int_equal(
			        hf_node_add_set(course->builder, &set, HF_COPY_ALL), HF_OK);
	}
	if (pick(2) == 0)
		put(course, KNOT_RRTYPE_TXT, 60, text, sizeof(text));
	assert_int_equal(hf_node_finish(course->builder, &node), HF_OK);
	return node;
}

static void change_once(struct course *course, struct hf_edit *edit)
{
	struct hf_node *node = NULL;
	struct hf_name name;
	struct hf_key key;

	if (pick(12) == 0) {
		node = apex_with(course, course->zone);
	} else {
		invent_name(&name);
		if (pick(5) < 2) {
			enum hf_err err = hf_edit_remove(edit, &name);
			assert_true(err == HF_OK || err == HF_ERR_NOTFOUND);
			return;
		}
		hf_key_from_name(&name, &key);
		hf_node_begin(course->builder, &key);
		put_shape(course, pick(2) == 0 ? SHAPE_DATA : (enum shape)pick(SHAPE_COUNT));
		assert_int_equal(hf_node_finish(course->builder, &node), HF_OK);
	}
	assert_int_equal(hf_edit_put(edit, node), HF_OK);
	hf_node_unref(node);
}

static struct hf_version *change(struct course *course, unsigned count)
{
	struct hf_version *zone = NULL;
	struct hf_edit *edit = NULL;

	assert_int_equal(hf_edit_new(course->zone, &edit), HF_OK);
	while (count-- > 0)
		change_once(course, edit);
	assert_int_equal(hf_edit_commit(edit, &zone), HF_OK);
	hf_edit_free(edit);
	return zone;
}

/* ---- comparing ---- */

static enum hf_err differs(void *context, const struct hf_node *before, const struct hf_node *after)
{
	char text[HF_NAME_TEXT];
	struct hf_name name;
	hf_node_name(before != NULL ? before : after, &name);
	print_error("step %d: %s: %s\n", *(const int *)context, hf_name_text(&name, text),
	        before == NULL  ? "signed, but should not be there"
	        : after == NULL ? "missing"
	                        : "not the same");
	return HF_ERR_CANCELED;
}

static void check_equal(const struct hf_version *whole, const struct hf_version *part, int step)
{
	assert_int_equal(hf_version_diff(whole, part, differs, &step), HF_OK);
}

static void check_good(struct course *course, const struct hf_version *version)
{
	struct hf_verify_options options = {.at = course->options.at};
	struct hf_report *report = NULL;

	assert_int_equal(
	        hf_verify_zone(version, &options, course->pool, NULL, NULL, &report), HF_OK);
	/* Names below a DNAME are wrong data, rightly signed. */
	for (size_t i = 0; i < report->count; i++) {
		const struct hf_finding *finding = &report->findings[i];
		if (finding->check->severity == HF_SEVERITY_ERROR &&
		        strcmp(finding->check->name, "dname-children") != 0)
			fail_msg("%s: %s", finding->check->name, finding->detail);
	}
	hf_report_free(report);
}

static struct hf_sign_job job_of(
        struct course *course, const struct hf_version *zone, const struct hf_sign_options *options)
{
	return (struct hf_sign_job){
	        .zone = zone,
	        .previous = course->last,
	        .keys = &course->lab.keys.dir,
	        .options = options,
	        .warnings = &course->lab.warnings,
	};
}

/* Signs the next version both ways. With `span`, that much later and with what is then due. */
static void step(struct course *course, int number, unsigned count, hf_time span)
{
	struct hf_version *zone = change(course, count);
	struct hf_sign_since since = {.zone = course->zone, .options = &course->options};
	struct hf_sign_options options = course->options;
	struct hf_sign_result whole = {0};
	struct hf_sign_next next = {0};

	options.at += span;
	struct hf_sign_job job = job_of(course, zone, &options);
	enum hf_err err = span > 0
	                          ? hf_sign_refresh(&job, &since, NO_MAX, course->pool, NULL, &next)
	                          : hf_sign_change(&job, &since, course->pool, NULL, &next);
	assert_int_equal(err, HF_OK);
	assert_null(next.whole);
	assert_false(next.more);
	if (next.result.version != course->last) {
		assert_int_equal(hf_sign_zone(&job, course->pool, NULL, NULL, &whole), HF_OK);
		check_equal(whole.version, next.result.version, number);
		assert_int_equal(next.result.serial, whole.serial);
		assert_int_equal(next.result.made, whole.made);
		hf_version_unref(whole.version);
	}
	keep_old(course, (unsigned)number % KEPT);
	course->last = next.result.version;
	course->made += next.result.made;
	hf_version_unref(course->zone);
	course->zone = zone;
	course->options = options;
	if (number % 50 == 0)
		check_good(course, course->last);
}

static void run(unsigned seed, unsigned flags, unsigned jobs)
{
	struct course course;

	state = seed;
	begin(&course, flags, jobs);
	for (int i = 0; i < STEPS; i++) {
		unsigned kind = pick(16);
		if (kind == 0)
			step(&course, i, pick(3), 86400 * (1 + pick(5)));
		else
			step(&course, i, kind == 1 && i % 5 == 0 ? 40 : pick(5), 0);
	}
	assert_true(course.made > STEPS);
	end(&course);
}

static void test_nsec(void **unused)
{
	for (unsigned seed = 1; seed <= 2; seed++)
		run(seed, 0, 1 + seed % 2);
}

static void test_nsec3(void **unused)
{
	for (unsigned seed = 4; seed <= 5; seed++)
		run(seed, HF_SIGN_NSEC3, 1 + seed % 2);
}

static void test_opt_out(void **unused)
{
	for (unsigned seed = 7; seed <= 8; seed++)
		run(seed, HF_SIGN_NSEC3 | HF_SIGN_OPT_OUT, 1 + seed % 2);
}

static void test_digest(void **unused)
{
	run(10, HF_SIGN_ZONEMD, 1);
	run(11, HF_SIGN_NSEC3 | HF_SIGN_ZONEMD, 2);
}

/* ---- single cases ---- */

/* A signed zone of `count` hosts, over several pages of the tree. */
static void begin_large(struct course *course, unsigned flags, unsigned count)
{
	struct hf_sign_result result = {0};
	struct hf_version *zone = NULL;
	struct hf_edit *edit = NULL;

	begin(course, flags, 2);
	assert_int_equal(hf_edit_new(course->zone, &edit), HF_OK);
	for (unsigned i = 0; i < count; i++) {
		struct hf_node *node = NULL;
		struct hf_name name;
		struct hf_key key;
		char text[32];
		snprintf(text, sizeof(text), "h%u.ex.", i);
		assert_int_equal(hf_name_from_text(text, &name), HF_OK);
		hf_key_from_name(&name, &key);
		hf_node_begin(course->builder, &key);
		put_shape(course, i % 3 == 0 ? SHAPE_SECURE_CUT : SHAPE_CUT);
		assert_int_equal(hf_node_finish(course->builder, &node), HF_OK);
		assert_int_equal(hf_edit_put(edit, node), HF_OK);
		hf_node_unref(node);
	}
	assert_int_equal(hf_edit_commit(edit, &zone), HF_OK);
	hf_edit_free(edit);
	hf_version_unref(course->zone);
	course->zone = zone;
	course->options.spread = 2 * 86400;
	struct hf_sign_job job = job_of(course, zone, &course->options);
	assert_int_equal(hf_sign_zone(&job, course->pool, NULL, NULL, &result), HF_OK);
	hf_version_unref(course->last);
	course->last = result.version;
}

static enum hf_err count_one(
        void *context, const struct hf_node *before, const struct hf_node *after)
{
	(*(size_t *)context)++;
	return HF_OK;
}

static size_t differences(const struct hf_version *before, const struct hf_version *after)
{
	size_t count = 0;
	assert_int_equal(hf_version_diff(before, after, count_one, &count), HF_OK);
	return count;
}

/* Steps on a zone of several pages, and that a change leaves all else as it was. */
static void large(unsigned flags)
{
	struct course course;

	state = 20 + flags;
	begin_large(&course, flags, 400);
	struct hf_version *first = hf_version_ref(course.last);
	step(&course, 1, 3, 0);
	/* An owner, its neighbour or NSEC3 records: a dozen nodes, of hundreds. */
	assert_in_range(differences(first, course.last), 1, 24);
	hf_version_unref(first);
	for (int i = 2; i < 20; i++)
		step(&course, i, 1 + pick(30), i % 5 == 0 ? 86400 * 3 : 0);
	check_good(&course, course.last);
	end(&course);
}

static void test_large(void **unused)
{
	large(0);
	large(HF_SIGN_NSEC3);
	large(HF_SIGN_NSEC3 | HF_SIGN_OPT_OUT);
}

/* A refresh in small parts does what is due and nothing else, and comes to an end. */
static void bounded(unsigned flags)
{
	struct hf_sign_next next = {0};
	struct course course;
	unsigned calls = 0;
	uint64_t made = 0;

	state = 30;
	begin_large(&course, flags, 150);
	struct hf_sign_options options = course.options;
	options.at += HF_SIGN_VALIDITY - options.refresh - 86400;
	struct hf_sign_job job = job_of(&course, course.zone, &options);
	struct hf_sign_since since = {.zone = course.zone, .options = &course.options};
	do {
		job.previous = course.last;
		assert_int_equal(
		        hf_sign_refresh(&job, &since, 10, course.pool, NULL, &next), HF_OK);
		assert_null(next.whole);
		/* Ten nodes with up to three sets, and the SOA. */
		assert_in_range(next.result.made, 1, 31);
		made += next.result.made;
		hf_version_unref(course.last);
		course.last = next.result.version;
		course.options = options;
		assert_true(++calls < 1000);
	} while (next.more);
	assert_in_range(made, 50, 400); /* about half of all, by the spread */
	assert_true(calls > 5);
	job.previous = course.last;
	assert_int_equal(hf_sign_refresh(&job, &since, 10, course.pool, NULL, &next), HF_OK);
	assert_ptr_equal(next.result.version, course.last);
	assert_int_equal(next.result.made, 0);
	hf_version_unref(next.result.version);
	check_good(&course, course.last);
	assert_int_equal(
	        hf_sign_refresh(&job, &since, 1, course.pool, NULL, &next), HF_ERR_INVALID);
	end(&course);
}

static void test_bounded_refresh(void **unused)
{
	bounded(0);
	bounded(HF_SIGN_NSEC3);
}

/* A long TTL of what is not signed makes no signature due. */
static void test_unsigned_ttl(void **unused)
{
	struct hf_sign_next next = {0};
	struct course course;

	begin(&course, 0, 1);
	struct hf_version *zone = lab_zone("ex. 300 SOA ns.ex. h.ex. 9 2 3 4 200\n"
	                                   "ex. 300 NS ns.e.test.\n"
	                                   "d.ex. 864000 NS ns.e.test.\n"
	                                   "d.ex. 60 DS 1 13 2 "
	                                   "0123456789abcdef0123456789abcdef"
	                                   "0123456789abcdef0123456789abcdef\n",
	        NULL);
	hf_version_unref(course.zone);
	course.zone = zone;
	struct hf_sign_options options = course.options;
	struct hf_sign_since since = {0};
	struct hf_sign_job job = job_of(&course, zone, &options);
	assert_int_equal(hf_sign_change(&job, &since, course.pool, NULL, &next), HF_OK);
	assert_non_null(next.whole);
	hf_version_unref(course.last);
	course.last = next.result.version;
	since = (struct hf_sign_since){.zone = zone, .options = &course.options};
	job.previous = course.last;
	options.at += HF_SIGN_VALIDITY - options.refresh;
	assert_int_equal(hf_sign_refresh(&job, &since, 9, course.pool, NULL, &next), HF_OK);
	assert_ptr_equal(next.result.version, course.last);
	hf_version_unref(next.result.version);
	options.at++;
	assert_int_equal(hf_sign_refresh(&job, &since, 9, course.pool, NULL, &next), HF_OK);
	assert_int_equal(next.result.reused, 0);
	assert_false(next.more);
	hf_version_unref(next.result.version);
	end(&course);
}

/* Signs an unchanged zone with these options; gives what is said about the whole zone. */
static void whole_for(struct course *course, const struct hf_sign_options *options,
        const struct hf_sign_since *since, const char *words)
{
	struct hf_sign_job job = job_of(course, course->zone, options);
	struct hf_sign_next next = {0};

	assert_int_equal(hf_sign_change(&job, since, course->pool, NULL, &next), HF_OK);
	if (words == NULL)
		assert_null(next.whole);
	else if (next.whole == NULL || strstr(next.whole, words) == NULL)
		fail_msg("\"%s\" instead of \"%s\"", next.whole, words);
	check_good(course, next.result.version);
	hf_version_unref(next.result.version);
}

/* What concerns every owner is noticed. */
static void test_whole(void **unused)
{
	struct course course;

	begin(&course, HF_SIGN_NSEC3, 1);
	struct hf_sign_since since = {.zone = course.zone, .options = &course.options};
	struct hf_sign_options options = course.options;
	whole_for(&course, &options, &since, NULL);
	whole_for(&course, &options, &(struct hf_sign_since){0}, "not known");
	options.flags = 0;
	whole_for(&course, &options, &since, "denial");
	options.flags = HF_SIGN_NSEC3 | HF_SIGN_OPT_OUT;
	whole_for(&course, &options, &since, "denial");
	options = course.options;
	options.iterations = 1;
	whole_for(&course, &options, &since, "denial");
	options = course.options;
	options.salt_len = 1;
	whole_for(&course, &options, &since, "denial");
	options = course.options;
	options.validity++;
	whole_for(&course, &options, &since, "validity");
	options = course.options;
	options.at--;
	whole_for(&course, &options, &since, "later");
	options = course.options;
	options.at++;
	options.flags |= HF_SIGN_ZONEMD;
	whole_for(&course, &options, &since, NULL);
	lab_key(&course.lab.keys, "ex.", HF_ROLE_ZSK, HF_ALG_ED25519);
	whole_for(&course, &course.options, &since, "keys");
	end(&course);
}

/* Another minimum of the SOA is another TTL of every denial record; and a DNAME at the apex hides
 * every name. */
static void test_apex(void **unused)
{
	static const char *const apexes[] = {
	        "ex. 300 SOA ns.ex. h.ex. 1 2 3 4 100\nex. 300 NS ns.e.test.\n",
	        "ex. 300 SOA ns.ex. h.ex. 1 2 3 4 200\nex. 300 NS ns.e.test.\n"
	        "ex. 300 DNAME e.test.\n"};
	static const char *const words[] = {"TTL", "DNAME"};

	for (unsigned i = 0; i < 2; i++) {
		struct course course;
		begin(&course, 0, 1);
		struct hf_version *before = course.zone;
		struct hf_sign_since since = {.zone = before, .options = &course.options};
		course.zone = lab_zone(apexes[i], NULL);
		whole_for(&course, &course.options, &since, words[i]);
		hf_version_unref(before);
		end(&course);
	}
}

/* A change that cannot be signed is refused, whatever else changes. */
static void test_refusals(void **unused)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
	        {"a.ex. 60 CNAME b.test.\na.ex. 60 TXT t\n", "CNAME"},
	        {"a.ex. 60 DS 1 13 2 "
	         "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n",
	                "delegation"},
	        {"a.ex. 60 RRSIG A 13 2 60 20260201000000 20260101000000 1 ex. AAAA\n", "signed"},
	        {"a.ex. 60 NSEC ex. A\n", "signed"},
	        {"a.ex. 4000000 A 192.0.2.1\n", "TTL"},
	        {"other. 60 A 192.0.2.1\n", "outside"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_sign_next next = {0};
		struct course course;
		char text[512];

		begin(&course, 0, 1);
		snprintf(text, sizeof(text),
		        "ex. 300 SOA ns.ex. h.ex. 1 2 3 4 %d\nex. 300 NS ns.ex.\n%s", MINIMUM,
		        cases[i].text);
		struct hf_version *zone = lab_zone(text, "ex.");
		struct hf_sign_since since = {.zone = course.zone, .options = &course.options};
		struct hf_sign_job job = job_of(&course, zone, &course.options);
		assert_int_equal(hf_sign_change(&job, &since, course.pool, &course.lab.diag, &next),
		        HF_ERR_REFUSED);
		assert_null(next.result.version);
		lab_assert_says(&course.lab.diag, cases[i].words);
		hf_version_unref(zone);
		end(&course);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_nsec),
	        cmocka_unit_test(test_nsec3),
	        cmocka_unit_test(test_opt_out),
	        cmocka_unit_test(test_digest),
	        cmocka_unit_test(test_large),
	        cmocka_unit_test(test_bounded_refresh),
	        cmocka_unit_test(test_unsigned_ttl),
	        cmocka_unit_test(test_whole),
	        cmocka_unit_test(test_apex),
	        cmocka_unit_test(test_refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
