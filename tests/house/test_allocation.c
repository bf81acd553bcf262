/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Failing allocations in loading, signing and verifying: each run must end with HF_ERR_NOMEM or
 * succeed without what it could not get; under the address sanitizer it must not leak either.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failing.h"
#include "sign/sign_change.h"
#include "verify/change.h"
#include "zone/load.h"

enum { AT = 1800000000, DAY = 86400 };

static const char ZONE[] = "$ORIGIN example.\n"
                           "$TTL 3600\n"
                           "@ SOA ns1 hostmaster 1 7200 1800 1209600 900\n"
                           "@ NS ns1\n"
                           "@ NS ns.elsewhere.test.\n"
                           "ns1 A 192.0.2.1\n"
                           "www A 192.0.2.2\n"
                           "www TXT \"some words\" \"and others\"\n"
                           "*.wild MX 10 www\n"
                           "a.b.c AAAA 2001:db8::1\n"
                           "alias CNAME www\n"
                           "signed NS ns.signed\n"
                           "ns.signed A 192.0.2.3\n"
                           "signed DS 1 13 2 "
                           "0000000000000000000000000000000000000000000000000000000000000000\n"
                           "plain NS ns.elsewhere.test.\n";

static enum hf_err load(const char *text, struct hf_version **ret_version)
{
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	struct hf_load_options options = {.origin = "example."};
	enum hf_err err =
	        hf_zone_load_text("zone", text, strlen(text), &options, &diag, ret_version);
	hf_diag_done(&diag);
	return err;
}

static enum hf_err load_good(const void *context)
{
	struct hf_version *version = NULL;
	enum hf_err err = load(ZONE, &version);
	assert_true((err == HF_OK) == (version != NULL));
	hf_version_unref(version);
	return err;
}

/* Errors have their own allocations: a sentence each. */
static enum hf_err load_bad(const void *context)
{
	struct hf_version *version = NULL;
	enum hf_err err = load("@ 3600 A 192.0.2.256\nwww 3600 MX nowhere\n@ NOTYPE 1\n", &version);
	assert_null(version);
	return err;
}

static void test_load(void **state)
{
	sweep("load", load_good, NULL, HF_OK);
	sweep("load of errors", load_bad, NULL, HF_ERR_SYNTAX);
}

/* Keys and zones that all sweeps share, made before anything fails. */
static struct {
	struct hf_keyfile files[2];
	struct hf_keyfile *list[2];
	struct hf_keydir keys;
	struct hf_version *zone;
	struct hf_version *signed_zone[2]; /* NSEC, NSEC3 */
	struct hf_version *large_zone;     /* signed; its ZSK is used often enough for batches */
} fixture;

/* What hf_keyfile_read would give for a key that has been active for a day. */
static void make_key(struct hf_keyfile *file, enum hf_role role)
{
	uint16_t flags = HF_DNSKEY_ZONE | (role == HF_ROLE_ZSK ? 0 : HF_DNSKEY_SEP);
	assert_int_equal(hf_name_from_text("example.", &file->owner), HF_OK);
	assert_int_equal(hf_keypair_generate(HF_ALG_ECDSAP256, 0, flags, &file->pair), HF_OK);
	struct hf_rdata dnskey = hf_keypair_dnskey(file->pair);
	file->role = role;
	file->times = (struct hf_key_times){
	        .created = AT - DAY,
	        .publish = AT - DAY,
	        .activate = AT - DAY,
	        .revoke = HF_TIME_NONE,
	        .inactive = HF_TIME_NONE,
	        .remove = HF_TIME_NONE,
	        .sync_publish = AT - DAY,
	        .sync_remove = HF_TIME_NONE,
	};
	file->dnskey = malloc(dnskey.len);
	assert_non_null(file->dnskey);
	memcpy(file->dnskey, dnskey.data, dnskey.len);
	file->dnskey_len = dnskey.len;
	file->tag = hf_dnskey_tag(dnskey);
	file->dnskey[1] |= HF_DNSKEY_REVOKE;
	file->revoked_tag = hf_dnskey_tag((struct hf_rdata){file->dnskey, dnskey.len});
	file->dnskey[1] = (uint8_t)(file->dnskey[1] & ~HF_DNSKEY_REVOKE);
	file->path = strdup("Kexample.");
	assert_non_null(file->path);
}

struct signing {
	unsigned flags;
	const struct hf_version *previous;
	const struct hf_version *zone; /* NULL: the fixture's */
};

static enum hf_err sign_to(const struct signing *signing, struct hf_version **ret_version)
{
	struct hf_pool *pool = NULL;
	enum hf_err err = hf_pool_new(1, &pool);
	if (err != HF_OK)
		return err;
	struct hf_diag diag, warnings;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	hf_diag_init(&warnings, HF_DIAG_LIMIT);
	struct hf_sign_options options;
	hf_sign_options_init(&options, AT);
	options.flags = signing->flags;
	if (signing->previous != NULL)
		options.serial = HF_SERIAL_INCREMENT;
	struct hf_sign_job job = {
	        .zone = signing->zone != NULL ? signing->zone : fixture.zone,
	        .previous = signing->previous,
	        .keys = &fixture.keys,
	        .options = &options,
	        .warnings = &warnings,
	};
	struct hf_sign_result result = {0};
	err = hf_sign_zone(&job, pool, NULL, &diag, &result);
	assert_true((err == HF_OK) == (result.version != NULL));
	hf_diag_done(&warnings);
	hf_diag_done(&diag);
	hf_pool_free(pool);
	if (err == HF_OK)
		*ret_version = result.version;
	return err;
}

static enum hf_err sign(const void *context)
{
	struct hf_version *version = NULL;
	enum hf_err err = sign_to(context, &version);
	hf_version_unref(version);
	return err;
}

static void test_sign(void **state)
{
	struct signing nsec = {.flags = 0};
	sweep("sign", sign, &nsec, HF_OK);
	struct signing nsec3 = {.flags = HF_SIGN_NSEC3 | HF_SIGN_OPT_OUT | HF_SIGN_ZONEMD};
	sweep("sign with NSEC3, opt-out and ZONEMD", sign, &nsec3, HF_OK);
	struct signing again = {.previous = fixture.signed_zone[0]};
	sweep("sign with a previous version", sign, &again, HF_OK);
}

struct changing {
	unsigned flags;
	const struct hf_version *last;
	hf_time later; /* 0: only the change; else a refresh so much later */
};

/* A host and a delegation come, with an empty non-terminal; everything of "www" goes. */
static enum hf_err change_zone(struct hf_version **ret_zone)
{
	struct hf_version *extra = NULL;
	struct hf_edit *edit = NULL;
	struct hf_name www;

	enum hf_err err = load("x.y.z 60 A 192.0.2.7\nc 60 NS ns.elsewhere.test.\n", &extra);
	if (err == HF_OK)
		err = hf_name_from_text("www.example.", &www);
	if (err == HF_OK)
		err = hf_edit_new(fixture.zone, &edit);
	if (err == HF_OK)
		err = hf_edit_remove(edit, &www);
	struct hf_tree_cursor cursor;
	const struct hf_node *node =
	        err == HF_OK ? hf_tree_first(hf_version_names(extra), &cursor) : NULL;
	for (; err == HF_OK && node != NULL; node = hf_tree_next(&cursor)) {
		struct hf_node *shared = hf_node_ref(node);
		err = hf_edit_put(edit, shared);
		hf_node_unref(shared);
	}
	if (err == HF_OK)
		err = hf_edit_commit(edit, ret_zone);
	hf_edit_free(edit);
	hf_version_unref(extra);
	return err;
}

static enum hf_err change(const void *context)
{
	const struct changing *changing = context;
	struct hf_sign_options before, options;
	struct hf_version *zone = NULL;
	struct hf_pool *pool = NULL;
	struct hf_diag diag, warnings;
	struct hf_sign_next next = {0};

	hf_sign_options_init(&before, AT);
	before.flags = changing->flags;
	before.serial = HF_SERIAL_INCREMENT;
	options = before;
	options.at += changing->later;
	struct hf_sign_job job = {
	        .previous = changing->last,
	        .keys = &fixture.keys,
	        .options = &options,
	        .warnings = &warnings,
	};
	struct hf_sign_since since = {.zone = fixture.zone, .options = &before};
	enum hf_err err = change_zone(&zone);
	if (err == HF_OK)
		err = hf_pool_new(1, &pool);
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	hf_diag_init(&warnings, HF_DIAG_LIMIT);
	job.zone = zone;
	if (err == HF_OK && changing->later == 0)
		err = hf_sign_change(&job, &since, pool, &diag, &next);
	else if (err == HF_OK)
		err = hf_sign_refresh(&job, &since, 100, pool, &diag, &next);
	assert_true((err == HF_OK) == (next.result.version != NULL));
	assert_null(next.whole);
	hf_diag_done(&warnings);
	hf_diag_done(&diag);
	hf_version_unref(next.result.version);
	hf_version_unref(zone);
	hf_pool_free(pool);
	return err;
}

static void test_change(void **state)
{
	const struct changing nsec = {HF_SIGN_ZONEMD, fixture.signed_zone[0], 0};
	sweep("sign a change", change, &nsec, HF_OK);
	const struct changing nsec3 = {HF_SIGN_NSEC3, fixture.signed_zone[1], 0};
	sweep("sign a change with NSEC3", change, &nsec3, HF_OK);
	const struct changing due = {HF_SIGN_NSEC3, fixture.signed_zone[1], 11 * DAY};
	sweep("refresh", change, &due, HF_OK);
}

struct verifying {
	const struct hf_version *version;
	hf_time at;
	bool good;
};

static enum hf_err verify(const void *context)
{
	const struct verifying *verifying = context;
	struct hf_pool *pool = NULL;
	enum hf_err err = hf_pool_new(1, &pool);
	if (err != HF_OK)
		return err;
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	struct hf_verify_options options = {.at = verifying->at};
	struct hf_report *report = NULL;
	err = hf_verify_zone(verifying->version, &options, pool, NULL, &diag, &report);
	assert_true((err == HF_OK) == (report != NULL));
	/* Want of memory may cost an answer, but never turn a verdict round. */
	if (err == HF_OK)
		assert_true(report->good == verifying->good);
	hf_report_free(report);
	hf_diag_done(&diag);
	hf_pool_free(pool);
	return err;
}

struct step {
	const struct hf_version *before, *after;
	bool good;
};

static enum hf_err verify_change(const void *context)
{
	const struct step *step = context;
	struct hf_pool *pool = NULL;
	enum hf_err err = hf_pool_new(1, &pool);
	if (err != HF_OK)
		return err;
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	struct hf_verify_options options = {.at = AT};
	struct hf_report *report = NULL;
	err = hf_verify_change(step->before, step->after, &options, pool, NULL, &diag, &report);
	assert_true((err == HF_OK) == (report != NULL));
	if (err == HF_OK)
		assert_true(report->good == step->good);
	hf_report_free(report);
	hf_diag_done(&diag);
	hf_pool_free(pool);
	return err;
}

/* The version without one owner: its neighbours' denial records are wrong. */
static struct hf_version *without(const struct hf_version *version, const char *owner)
{
	struct hf_edit *edit = NULL;
	struct hf_version *less = NULL;
	struct hf_name name;
	assert_int_equal(hf_name_from_text(owner, &name), HF_OK);
	assert_int_equal(hf_edit_new(version, &edit), HF_OK);
	assert_int_equal(hf_edit_remove(edit, &name), HF_OK);
	assert_int_equal(hf_edit_commit(edit, &less), HF_OK);
	hf_edit_free(edit);
	return less;
}

static void test_verify_change(void **state)
{
	static const char *const titles[] = {"verify a change", "verify a change with NSEC3"};
	for (size_t i = 0; i < 2; i++) {
		const struct hf_version *before = fixture.signed_zone[i];
		struct hf_version *after = NULL, *less = without(before, "www.example.");
		struct signing again = {.previous = before, .flags = i == 0 ? 0 : HF_SIGN_NSEC3};
		assert_int_equal(sign_to(&again, &after), HF_OK);
		sweep(titles[i], verify_change, &(struct step){before, after, true}, HF_OK);
		sweep(titles[i], verify_change, &(struct step){before, less, false}, HF_OK);
		hf_version_unref(after);
		hf_version_unref(less);
	}
}

static void test_verify(void **state)
{
	sweep("verify", verify, &(struct verifying){fixture.signed_zone[0], AT, true}, HF_OK);
	sweep("verify NSEC3", verify, &(struct verifying){fixture.signed_zone[1], AT, true}, HF_OK);
	sweep("verify a larger zone", verify, &(struct verifying){fixture.large_zone, AT, true},
	        HF_OK);
	sweep("verify an expired zone", verify,
	        &(struct verifying){fixture.signed_zone[0], AT + 365 * DAY, false}, HF_OK);
	sweep("verify an unsigned zone", verify, &(struct verifying){fixture.zone, AT, false},
	        HF_OK);
}

/* With over a hundred signatures, so that verifying builds its tables. */
static void make_large_zone(void)
{
	static char text[sizeof(ZONE) + 64 * 32];
	size_t len = (size_t)snprintf(text, sizeof(text), "%s", ZONE);
	for (unsigned i = 0; i < 64; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "host%u A 192.0.2.9\n", i);
	assert_true(len < sizeof(text));
	struct hf_version *zone = NULL;
	assert_int_equal(load(text, &zone), HF_OK);
	struct signing signing = {.zone = zone};
	assert_int_equal(sign_to(&signing, &fixture.large_zone), HF_OK);
	hf_version_unref(zone);
}

static int make_fixture(void **state)
{
	make_key(&fixture.files[0], HF_ROLE_KSK);
	make_key(&fixture.files[1], HF_ROLE_ZSK);
	fixture.list[0] = &fixture.files[0];
	fixture.list[1] = &fixture.files[1];
	fixture.keys = (struct hf_keydir){fixture.list, 2};
	assert_int_equal(load(ZONE, &fixture.zone), HF_OK);
	const struct signing nsec = {.flags = HF_SIGN_ZONEMD}, nsec3 = {.flags = HF_SIGN_NSEC3};
	assert_int_equal(sign_to(&nsec, &fixture.signed_zone[0]), HF_OK);
	assert_int_equal(sign_to(&nsec3, &fixture.signed_zone[1]), HF_OK);
	make_large_zone();
	return 0;
}

static int free_fixture(void **state)
{
	hf_version_unref(fixture.large_zone);
	hf_version_unref(fixture.signed_zone[0]);
	hf_version_unref(fixture.signed_zone[1]);
	hf_version_unref(fixture.zone);
	for (size_t i = 0; i < 2; i++) {
		hf_keypair_free(fixture.files[i].pair);
		free(fixture.files[i].dnskey);
		free(fixture.files[i].path);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_load),
	        cmocka_unit_test(test_sign),
	        cmocka_unit_test(test_change),
	        cmocka_unit_test(test_verify),
	        cmocka_unit_test(test_verify_change),
	};
	return cmocka_run_group_tests_name("allocation", tests, make_fixture, free_fixture);
}
