/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signing by duties. Property: through random sequences of duties, changes of the zone and time,
 * every set is signed by just the keys that a model says; a change signed by itself is to the byte
 * what the whole zone gives; and where the duties make sense by themselves, the zone verifies.
 * Then the steps of single rollovers, an unsigned zone, and what is refused.
 */
#include "lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "sign/sign_change.h"
#include "verify/verify.h"

#define KEYS     6
#define SEP_KEYS 0x13u /* as bits: those with the SEP flag */
#define OWNERS   16
#define STEPS    50
#define NO_MAX   ((size_t)1 << 40)

static uint64_t state;

static unsigned pick(unsigned below)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return (unsigned)((state >> 33) % below);
}

/* ---- a zone under duties ---- */

struct course {
	struct lab lab;
	struct hf_pool *pool;
	struct hf_node_builder *builder;
	struct hf_version *zone; /* unsigned */
	struct hf_version *last; /* signed */
	struct hf_sign_options options, options_then;
	struct hf_sign_duty list[KEYS], list_then[KEYS];
	struct hf_sign_duties duties, duties_then;
	unsigned verified; /* versions */
};

static void begin(struct course *course, unsigned flags)
{
	static const enum hf_role roles[KEYS] = {
	        HF_ROLE_KSK, HF_ROLE_KSK, HF_ROLE_ZSK, HF_ROLE_ZSK, HF_ROLE_CSK, HF_ROLE_ZSK};

	*course = (struct course){0};
	lab_init(&course->lab,
	        "ex. 300 SOA ns.ex. h.ex. 1 2 3 4 200\nex. 300 NS ns.ex.\nns.ex. 300 A 192.0.2.1\n",
	        NULL);
	for (unsigned i = 0; i < KEYS; i++) {
		uint8_t algorithm = i < 4 ? HF_ALG_ED25519 : HF_ALG_ED448;
		struct hf_keyfile *key = lab_key(&course->lab.keys, "ex.", roles[i], algorithm);
		course->list[i] = (struct hf_sign_duty){.tag = key->tag, .algorithm = algorithm};
	}
	course->duties = (struct hf_sign_duties){.list = course->list, .count = KEYS};
	course->duties_then = (struct hf_sign_duties){.list = course->list_then, .count = KEYS};
	hf_sign_options_init(&course->options, LAB_AT);
	course->options.flags = flags;
	course->options.serial = HF_SERIAL_INCREMENT;
	course->options.spread = 86400;
	course->zone = hf_version_ref(course->lab.zone);
	assert_int_equal(hf_pool_new(1, &course->pool), HF_OK);
	assert_int_equal(hf_node_builder_new(&course->builder), HF_OK);
}

static void end(struct course *course)
{
	hf_version_unref(course->last);
	hf_version_unref(course->zone);
	hf_node_builder_free(course->builder);
	hf_pool_free(course->pool);
	lab_done(&course->lab);
}

static struct hf_sign_job job_of(struct course *course)
{
	return (struct hf_sign_job){
	        .zone = course->zone,
	        .previous = course->last,
	        .keys = &course->lab.keys.dir,
	        .options = &course->options,
	        .duties = &course->duties,
	        .warnings = &course->lab.warnings,
	};
}

static void set_duties(struct course *course, const unsigned flags[KEYS])
{
	for (unsigned i = 0; i < KEYS; i++)
		course->list[i].flags = (uint8_t)flags[i];
}

static void put_owner(struct course *course, struct hf_edit *edit, unsigned number)
{
	static const uint8_t host[] = {2, 'n', 's', 1, 'e', 4, 't', 'e', 's', 't', 0};
	uint8_t text[2] = {1, (uint8_t)('a' + pick(26))}, ds[36] = {0, 1, 13, 2};
	struct hf_node *node = NULL;
	struct hf_name name;
	struct hf_key key;
	char owner[32];

	snprintf(owner, sizeof(owner), number % 5 == 0 ? "a.o%u.ex." : "o%u.ex.", number);
	assert_int_equal(hf_name_from_text(owner, &name), HF_OK);
	if (pick(4) == 0) {
		enum hf_err err = hf_edit_remove(edit, &name);
		assert_true(err == HF_OK || err == HF_ERR_NOTFOUND);
		return;
	}
	hf_key_from_name(&name, &key);
	hf_node_begin(course->builder, &key);
	bool cut = number % 3 == 0;
	assert_int_equal(hf_node_add(course->builder, cut ? KNOT_RRTYPE_NS : KNOT_RRTYPE_TXT, 60,
	                         cut ? (struct hf_rdata){host, sizeof(host)}
	                             : (struct hf_rdata){text, sizeof(text)}),
	        HF_OK);
	ds[35] = text[1];
	if (cut && pick(3) > 0)
		assert_int_equal(hf_node_add(course->builder, KNOT_RRTYPE_DS, 60,
		                         (struct hf_rdata){ds, sizeof(ds)}),
		        HF_OK);
	assert_int_equal(hf_node_finish(course->builder, &node), HF_OK);
	assert_int_equal(hf_edit_put(edit, node), HF_OK);
	hf_node_unref(node);
}

static void change_zone(struct course *course, unsigned count)
{
	struct hf_version *zone = NULL;
	struct hf_edit *edit = NULL;

	assert_int_equal(hf_edit_new(course->zone, &edit), HF_OK);
	while (count-- > 0)
		put_owner(course, edit, pick(OWNERS));
	assert_int_equal(hf_edit_commit(edit, &zone), HF_OK);
	hf_edit_free(edit);
	hf_version_unref(course->zone);
	course->zone = zone;
}

/* ---- the model: which keys sign a set, as bits ---- */

static bool has_duty(const struct course *course, unsigned key, unsigned flag)
{
	return (course->list[key].flags & flag) != 0;
}

static unsigned keys_with(const struct course *course, unsigned flag)
{
	unsigned keys = 0;
	for (unsigned i = 0; i < KEYS; i++)
		keys |= has_duty(course, i, flag) ? 1u << i : 0;
	return keys;
}

static uint16_t tag_of(const struct course *course, unsigned key, bool revoked)
{
	const struct hf_keyfile *file = course->lab.keys.list[key];
	return revoked ? file->revoked_tag : file->plain_tag;
}

/* The keys that have signed a set, in one form; each signature must be by one of them. */
static unsigned signers_of(
        const struct course *course, const struct hf_rrset *set, hf_time *ret_first_end)
{
	struct hf_rdata_walk walk = hf_rrset_sigs(set);
	struct hf_rdata rdata;
	struct hf_rrsig rrsig;
	unsigned keys = 0;

	*ret_first_end = HF_TIME_NEVER;
	while (hf_rdata_next(&walk, &rdata)) {
		unsigned found = KEYS;
		assert_true(hf_rrsig_read(rdata, &rrsig));
		for (unsigned i = 0; i < KEYS; i++) {
			bool revoked = set->type == KNOT_RRTYPE_DNSKEY &&
			               has_duty(course, i, HF_DUTY_REVOKED);
			if (rrsig.tag == tag_of(course, i, revoked) &&
			        rrsig.algorithm == course->list[i].algorithm)
				found = i;
		}
		assert_in_range(found, 0, KEYS - 1);
		assert_int_equal(keys >> found & 1, 0);
		keys |= 1u << found;
		hf_time end = hf_time_from_stamp(rrsig.expiration, course->options.at);
		*ret_first_end = end < *ret_first_end ? end : *ret_first_end;
	}
	return keys;
}

/* What a set of the next version must be signed by, from what it was in the last one. */
static unsigned expected(
        const struct course *course, const struct hf_rrset *set, const struct hf_rrset *before)
{
	unsigned data = keys_with(course, HF_DUTY_SIGN_DATA);
	unsigned kept = data != 0 ? keys_with(course, HF_DUTY_KEPT) : 0;
	hf_time first_end;

	if (set->type == KNOT_RRTYPE_DNSKEY)
		return keys_with(course, HF_DUTY_SIGN_KEYS);
	if (set->type == KNOT_RRTYPE_CDS || set->type == KNOT_RRTYPE_CDNSKEY)
		return data |
		       (keys_with(course, HF_DUTY_SIGN_KEYS) & ~keys_with(course, HF_DUTY_REVOKED));
	if (before == NULL || before->rrs_len != set->rrs_len || before->ttl != set->ttl ||
	        memcmp(before->rrs, set->rrs, set->rrs_len) != 0)
		return data;
	unsigned was = signers_of(course, before, &first_end);
	if ((was & kept) == 0 || (was & ~(kept | data)) != 0 ||
	        first_end - course->options.at < course->options.refresh)
		return data;
	return was;
}

static void check_node(const struct course *course, const struct hf_node *node,
        const struct hf_node *before, bool denial)
{
	for (size_t i = 0; i < hf_node_count(node); i++) {
		struct hf_rrset set, old;
		hf_time first_end;
		hf_node_at(node, i, &set);
		bool known = before != NULL && hf_node_find(before, set.type, &old);
		/* At a cut only these are signed; nothing is below the cuts here. */
		bool ours = denial || set.type == KNOT_RRTYPE_DS || set.type == KNOT_RRTYPE_NSEC ||
		            !hf_node_has(node, KNOT_RRTYPE_NS) ||
		            hf_node_has(node, KNOT_RRTYPE_SOA);
		unsigned want = ours ? expected(course, &set, known ? &old : NULL) : 0;
		unsigned is = signers_of(course, &set, &first_end);
		if (is != want)
			fail_msg("type %u is signed by %x, not %x", set.type, is, want);
	}
}

static void check_tree(
        const struct course *course, const struct hf_tree *tree, const struct hf_tree *before)
{
	struct hf_tree_cursor cursor;
	const struct hf_node *node = hf_tree_first(tree, &cursor);
	for (; node != NULL; node = hf_tree_next(&cursor)) {
		size_t len;
		const uint8_t *key = hf_node_key(node, &len);
		check_node(course, node, before != NULL ? hf_tree_get(before, key, len) : NULL,
		        tree == hf_version_nsec3(course->last));
	}
}

/* Whether validators that hold nothing find this good: one algorithm, whose signers are there. */
static bool stands_alone(const struct course *course)
{
	unsigned published = keys_with(course, HF_DUTY_PUBLISHED);
	unsigned signs = keys_with(course, HF_DUTY_SIGN_DATA) | keys_with(course, HF_DUTY_KEPT);
	unsigned plain = published & ~keys_with(course, HF_DUTY_REVOKED);
	bool old = (plain & 0xf) != 0, new = (plain & 0x30) != 0;
	unsigned sign_keys = plain & keys_with(course, HF_DUTY_SIGN_KEYS);
	unsigned silent = published & ~plain & ~keys_with(course, HF_DUTY_SIGN_KEYS);
	return old != new && (signs & ~plain) == 0 && (sign_keys & SEP_KEYS) != 0 && silent == 0 &&
	       (keys_with(course, HF_DUTY_CDS) & ~sign_keys) == 0;
}

static void check_good(struct course *course, const struct hf_version *version)
{
	struct hf_verify_options options = {.at = course->options.at};
	struct hf_report *report = NULL;

	assert_int_equal(
	        hf_verify_zone(version, &options, course->pool, NULL, NULL, &report), HF_OK);
	for (size_t i = 0; i < report->count; i++)
		if (report->findings[i].check->severity == HF_SEVERITY_ERROR)
			fail_msg("%s: %s", report->findings[i].check->name,
			        report->findings[i].detail);
	hf_report_free(report);
}

/* ---- random sequences ---- */

static unsigned some_keys(unsigned of)
{
	unsigned keys = 0;
	while (keys == 0)
		keys = pick(1u << KEYS) & of;
	return keys;
}

/* Duties that do not contradict each other: half of them anything, half of them what a rollover may
 * need, now and then nobody's. */
static void invent_duties(struct course *course)
{
	bool sane = pick(2) == 0;
	unsigned of = !sane ? 0x3f : pick(3) == 0 ? 0x30 : 0x0f;
	unsigned published = some_keys(of) | (sane ? some_keys(of & SEP_KEYS) : 0);
	unsigned revoked = sane ? 0 : published & pick(64) & pick(64);
	if (published == revoked)
		revoked = 0;
	unsigned sign_keys =
	        some_keys(published & ~revoked & (sane ? SEP_KEYS : 0x3f)) | (revoked & pick(64));
	unsigned sign_data = some_keys(sane ? published : 0x3f);
	unsigned kept = pick(3) == 0 ? 0 : pick(64) & (sane ? published : 0x3f);
	unsigned cds = pick(64) & pick(64) & (sane ? sign_keys : ~revoked);

	if (pick(12) == 0)
		published = revoked = sign_keys = sign_data = cds = 0;
	for (unsigned i = 0; i < KEYS; i++)
		course->list[i].flags = (uint8_t)((published >> i & 1 ? HF_DUTY_PUBLISHED : 0) |
		                                  (revoked >> i & 1 ? HF_DUTY_REVOKED : 0) |
		                                  (sign_keys >> i & 1 ? HF_DUTY_SIGN_KEYS : 0) |
		                                  (sign_data >> i & 1 ? HF_DUTY_SIGN_DATA : 0) |
		                                  (cds >> i & 1 ? HF_DUTY_CDS : 0) |
		                                  (kept >> i & 1 ? HF_DUTY_KEPT : 0));
}

static enum hf_err differs(void *context, const struct hf_node *before, const struct hf_node *after)
{
	char text[HF_NAME_TEXT];
	struct hf_name name;
	hf_node_name(before != NULL ? before : after, &name);
	print_error("step %d: %s differs\n", *(const int *)context, hf_name_text(&name, text));
	return HF_ERR_CANCELED;
}

/* Signs the next version in both ways. */
static void step(struct course *course, int number, bool refresh, unsigned *wholes)
{
	struct hf_sign_since since = {course->zone, &course->options_then, &course->duties_then};
	struct hf_version *then = hf_version_ref(course->zone), *last = course->last;
	struct hf_sign_result whole = {0};
	struct hf_sign_next next = {0};
	struct hf_diag diag;

	since.zone = then;
	hf_diag_init(&diag, 5);
	change_zone(course, pick(4));
	struct hf_sign_job job = job_of(course);
	enum hf_err err =
	        refresh ? hf_sign_refresh(&job, &since, NO_MAX, course->pool, &diag, &next)
	                : hf_sign_change(&job, &since, course->pool, &diag, &next);
	if (err != HF_OK)
		fail_msg("step %d: %s", number, diag.count > 0 ? diag.entries[0].text : "?");
	*wholes += next.whole != NULL;
	course->last = next.result.version;
	if (next.result.version != last) {
		assert_int_equal(hf_sign_zone(&job, course->pool, NULL, NULL, &whole), HF_OK);
		assert_int_equal(
		        hf_version_diff(whole.version, next.result.version, differs, &number),
		        HF_OK);
		hf_version_unref(whole.version);
		check_tree(course, hf_version_names(course->last), hf_version_names(last));
		check_tree(course, hf_version_nsec3(course->last), hf_version_nsec3(last));
	}
	if (stands_alone(course)) {
		check_good(course, course->last);
		course->verified++;
	}
	course->options_then = course->options;
	memcpy(course->list_then, course->list, sizeof(course->list));
	hf_version_unref(last);
	hf_version_unref(then);
	hf_diag_done(&diag);
}

static void sign_first(struct course *course)
{
	struct hf_sign_job job = job_of(course);
	struct hf_sign_result result = {0};
	assert_int_equal(hf_sign_zone(&job, course->pool, NULL, NULL, &result), HF_OK);
	hf_version_unref(course->last);
	course->last = result.version;
	course->options_then = course->options;
	memcpy(course->list_then, course->list, sizeof(course->list));
}

static void run(unsigned seed, unsigned flags)
{
	struct course course;
	unsigned wholes = 0;

	state = seed;
	begin(&course, flags);
	change_zone(&course, OWNERS);
	invent_duties(&course);
	sign_first(&course);
	for (int i = 0; i < STEPS; i++) {
		bool later = pick(3) == 0;
		course.options.at += later ? 86400 * (int64_t)(1 + pick(4)) : 0;
		if (pick(3) == 0)
			invent_duties(&course);
		else if (pick(8) == 0)
			course.list[pick(KEYS)].flags |= HF_DUTY_KEPT;
		step(&course, i, later, &wholes);
	}
	/* Neither is every change of duties signed as a whole, nor none. */
	assert_in_range(wholes, 5, STEPS / 2);
	assert_in_range(course.verified, 5, STEPS);
	end(&course);
}

static void test_random(void **unused)
{
	run(1, 0);
	run(2, HF_SIGN_NSEC3);
	run(3, HF_SIGN_NSEC3 | HF_SIGN_OPT_OUT);
	run(4, HF_SIGN_ZONEMD);
}

/* ---- rollovers, step by step ---- */

#define PUB     HF_DUTY_PUBLISHED
#define DNSKEYS (HF_DUTY_PUBLISHED | HF_DUTY_SIGN_KEYS)
#define DATA    HF_DUTY_SIGN_DATA

/* Signs the change of duties; whether it was signed by itself. */
static bool go_on(struct course *course, const unsigned flags[KEYS], uint64_t *ret_made)
{
	struct hf_sign_since since = {course->zone, &course->options_then, &course->duties_then};
	struct hf_version *last = course->last;
	struct hf_sign_next next = {0};

	set_duties(course, flags);
	struct hf_sign_job job = job_of(course);
	assert_int_equal(
	        hf_sign_change(&job, &since, course->pool, &course->lab.diag, &next), HF_OK);
	course->last = next.result.version;
	check_tree(course, hf_version_names(course->last), hf_version_names(last));
	check_tree(course, hf_version_nsec3(course->last), hf_version_nsec3(last));
	course->options_then = course->options;
	memcpy(course->list_then, course->list, sizeof(course->list));
	hf_version_unref(last);
	if (ret_made != NULL)
		*ret_made = next.result.made;
	return next.whole == NULL;
}

static size_t count_of(const struct course *course, uint16_t type)
{
	struct hf_rrset set;
	return hf_node_find(hf_version_apex_node(course->last), type, &set) ? set.rr_count : 0;
}

/* How many sets below the apex this key has signed. */
static unsigned signed_by(const struct course *course, unsigned key)
{
	struct hf_tree_cursor cursor;
	const struct hf_node *node = hf_tree_first(hf_version_names(course->last), &cursor);
	unsigned sets = 0;
	while ((node = hf_tree_next(&cursor)) != NULL) {
		for (size_t i = 0; i < hf_node_count(node); i++) {
			struct hf_rrset set;
			hf_time first_end;
			hf_node_at(node, i, &set);
			sets += signers_of(course, &set, &first_end) >> key & 1;
		}
	}
	return sets;
}

static void start(struct course *course, unsigned flags, const unsigned duties[KEYS])
{
	state = 99;
	begin(course, flags);
	change_zone(course, OWNERS);
	set_duties(course, duties);
	sign_first(course);
}

/* Pre-publication of a ZSK, gradual: only the last signatures wait for their end. */
static void test_zsk(void **unused)
{
	static const unsigned start_duties[KEYS] = {DNSKEYS, 0, PUB | DATA};
	static const unsigned published[KEYS] = {DNSKEYS, 0, PUB | DATA, PUB};
	static const unsigned signs[KEYS] = {DNSKEYS, 0, PUB | HF_DUTY_KEPT, PUB | DATA};
	static const unsigned removed[KEYS] = {DNSKEYS, 0, 0, PUB | DATA};
	struct course course;
	unsigned wholes = 0;
	uint64_t made;

	start(&course, 0, start_duties);
	unsigned all = signed_by(&course, 2);
	assert_in_range(all, 10, 100);
	assert_true(go_on(&course, published, &made));
	assert_int_equal(made, 2); /* SOA and DNSKEY */
	check_good(&course, course.last);
	assert_true(go_on(&course, signs, &made));
	assert_int_equal(made, 1); /* SOA */
	assert_int_equal(signed_by(&course, 2), all);
	check_good(&course, course.last);
	for (int i = 0; i < 14; i++) {
		course.options.at += 86400;
		step(&course, i, true, &wholes);
		check_good(&course, course.last);
	}
	assert_int_equal(wholes, 0);
	assert_int_equal(signed_by(&course, 2), 0);
	assert_true(go_on(&course, removed, &made));
	assert_int_equal(made, 2);
	check_good(&course, course.last);
	assert_int_equal(count_of(&course, KNOT_RRTYPE_DNSKEY), 2);
	end(&course);
}

/* The same at once: a key that is not kept is out of the zone in one step. */
static void test_at_once(void **unused)
{
	static const unsigned before[KEYS] = {DNSKEYS, 0, PUB | DATA, PUB};
	static const unsigned after[KEYS] = {DNSKEYS, 0, PUB, PUB | DATA};
	struct course course;

	start(&course, HF_SIGN_NSEC3, before);
	assert_false(go_on(&course, after, NULL));
	assert_int_equal(signed_by(&course, 2), 0);
	assert_in_range(signed_by(&course, 3), 5, 100);
	check_good(&course, course.last);
	end(&course);
}

/* A conservative algorithm rollover (RFC 6781 section 4.1.4): signatures, then keys, and back. */
static void test_algorithm(void **unused)
{
	static const unsigned steps[][KEYS] = {
	        {DNSKEYS, 0, PUB | DATA, 0, 0, 0},
	        {DNSKEYS, 0, PUB | DATA, 0, DATA, 0},
	        {DNSKEYS, 0, PUB | DATA, 0, DNSKEYS | DATA, 0},
	        {DNSKEYS | HF_DUTY_CDS, 0, PUB | DATA, 0, DNSKEYS | DATA | HF_DUTY_CDS, 0},
	        {0, 0, DATA, 0, DNSKEYS | DATA, 0},
	        {0, 0, 0, 0, DNSKEYS | DATA, 0},
	};
	static const unsigned keys[] = {2, 2, 3, 3, 1, 1};
	/* Nothing but the apex is signed when signers stay. */
	static const bool alone[] = {true, false, true, true, true, false};
	struct course course;
	uint64_t made;

	start(&course, 0, steps[0]);
	for (unsigned i = 1; i < 6; i++) {
		assert_int_equal(go_on(&course, steps[i], &made), alone[i]);
		if (alone[i])
			assert_in_range(made, 3, 12);
		check_good(&course, course.last);
		assert_int_equal(count_of(&course, KNOT_RRTYPE_DNSKEY), keys[i]);
		assert_int_equal(count_of(&course, KNOT_RRTYPE_CDS), i == 3 ? 2 : 0);
	}
	assert_int_equal(signed_by(&course, 2), 0);
	end(&course);
}

/* A revoked CSK signs the DNSKEY set with the REVOKE bit, and data without it. */
static void test_revoked(void **unused)
{
	static const unsigned before[KEYS] = {0, 0, 0, 0, DNSKEYS | DATA, PUB};
	static const unsigned after[KEYS] = {
	        0, DNSKEYS, 0, 0, DNSKEYS | DATA | HF_DUTY_REVOKED, PUB | DATA};
	struct course course;
	struct hf_rrset set;
	struct hf_rdata rdata;
	struct hf_dnskey fields;
	unsigned revoked = 0;

	start(&course, 0, before);
	go_on(&course, after, NULL);
	assert_true(hf_node_find(hf_version_apex_node(course.last), KNOT_RRTYPE_DNSKEY, &set));
	assert_int_equal(set.rr_count, 3);
	struct hf_rdata_walk walk = hf_rrset_rrs(&set);
	while (hf_rdata_next(&walk, &rdata)) {
		assert_true(hf_dnskey_read(rdata, &fields));
		revoked += (fields.flags & HF_DNSKEY_REVOKE) != 0;
	}
	assert_int_equal(revoked, 1);
	end(&course);
}

/* Secure, insecure and secure again; in between changes are signed by themselves. */
static void test_unsigned(void **unused)
{
	static const unsigned nobody[KEYS];
	static const unsigned secure[KEYS] = {DNSKEYS, 0, PUB | DATA};
	struct course course;
	unsigned wholes = 0;
	struct hf_soa was, is;

	start(&course, HF_SIGN_NSEC3 | HF_SIGN_ZONEMD, secure);
	assert_true(hf_version_soa(course.last, &was));
	course.options.cds = HF_SIGN_CDS_DELETE;
	assert_true(go_on(&course, secure, NULL));
	assert_int_equal(count_of(&course, KNOT_RRTYPE_CDS), 1);
	assert_false(go_on(&course, nobody, NULL));
	for (int i = 0; i < 8; i++)
		step(&course, i, i % 2 == 0, &wholes);
	assert_int_equal(wholes, 0);
	assert_true(hf_version_soa(course.last, &is));
	assert_true(hf_serial_before(was.serial + 2, is.serial));
	assert_false(hf_version_summary(course.last).has_expiry);
	assert_int_equal(hf_tree_count(hf_version_nsec3(course.last)), 0);
	assert_int_equal(hf_tree_count(hf_version_names(course.last)),
	        hf_tree_count(hf_version_names(course.zone)));
	static const uint16_t gone[] = {KNOT_RRTYPE_DNSKEY, KNOT_RRTYPE_CDS, KNOT_RRTYPE_CDNSKEY,
	        KNOT_RRTYPE_NSEC, KNOT_RRTYPE_NSEC3PARAM};
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		assert_int_equal(count_of(&course, gone[i]), 0);
	course.options.cds = HF_SIGN_CDS_AUTO;
	assert_false(go_on(&course, secure, NULL));
	check_good(&course, course.last);
	end(&course);
}

/* The duties have the only say about keys and CDS, with the digests that are asked for. */
static void test_cds(void **unused)
{
	static const unsigned duties[KEYS] = {DNSKEYS, HF_DUTY_CDS, PUB | DATA};
	struct course course;

	state = 7;
	begin(&course, 0);
	hf_version_unref(course.zone);
	course.zone = lab_zone("ex. 300 SOA ns.ex. h.ex. 1 2 3 4 200\nex. 300 NS ns.e.test.\n"
	                       "ex. 300 CDS 0 0 0 00\nex. 300 CDNSKEY 0 3 0 AA==\n"
	                       "ex. 300 DNSKEY 257 3 15 "
	                       "l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=\n",
	        NULL);
	set_duties(&course, duties);
	course.duties.digests = 1u << HF_DIGEST_SHA256 | 1u << HF_DIGEST_SHA384;
	sign_first(&course);
	assert_int_equal(count_of(&course, KNOT_RRTYPE_CDS), 2);
	assert_int_equal(count_of(&course, KNOT_RRTYPE_CDNSKEY), 1);
	assert_int_equal(count_of(&course, KNOT_RRTYPE_DNSKEY), 2);
	lab_assert_says(&course.lab.warnings, "own CDS records are left out");
	lab_assert_says(&course.lab.warnings, "own DNSKEY records are left out");
	course.options.cds = HF_SIGN_CDS_NONE;
	sign_first(&course);
	assert_int_equal(count_of(&course, KNOT_RRTYPE_CDS), 0);
	assert_int_equal(count_of(&course, KNOT_RRTYPE_CDNSKEY), 0);
	end(&course);
}

/* The key's times count for nothing, and a kept key needs no private half. */
static void test_times_and_halves(void **unused)
{
	static const unsigned before[KEYS] = {DNSKEYS, 0, PUB | DATA, PUB};
	static const unsigned after[KEYS] = {DNSKEYS, 0, PUB | HF_DUTY_KEPT, PUB | DATA};
	struct course course;

	start(&course, 0, before);
	unsigned all = signed_by(&course, 2);
	for (unsigned i = 0; i < KEYS; i++)
		course.lab.keys.list[i]->times.remove = LAB_AT - 1000;
	hf_keypair_free(course.lab.keys.list[2]->pair);
	course.lab.keys.list[2]->pair = NULL;
	assert_true(go_on(&course, after, NULL));
	assert_int_equal(signed_by(&course, 2), all);
	assert_int_equal(count_of(&course, KNOT_RRTYPE_DNSKEY), 3);
	end(&course);
}

static void test_refused(void **unused)
{
	static const struct {
		unsigned duties[KEYS];
		enum hf_err err;
		const char *words;
	} cases[] = {
	        {{PUB, 0, PUB | DATA}, HF_ERR_REFUSED, "no key signs the DNSKEY set"},
	        {{DNSKEYS}, HF_ERR_REFUSED, "none signs the zone's data"},
	        {{0, 0, DATA}, HF_ERR_REFUSED, "no key signs the DNSKEY set"},
	        {{DNSKEYS, HF_DUTY_SIGN_KEYS, PUB | DATA}, HF_ERR_REFUSED, "is not in it"},
	        {{DNSKEYS, HF_DUTY_REVOKED, PUB | DATA}, HF_ERR_REFUSED, "not published"},
	        {{DNSKEYS | HF_DUTY_REVOKED, 0, PUB | DATA}, HF_ERR_REFUSED, "no key signs"},
	        {{DNSKEYS, PUB | HF_DUTY_REVOKED | HF_DUTY_CDS, PUB | DATA}, HF_ERR_REFUSED,
	                "asked for its DS"},
	        {{HF_DUTY_CDS}, HF_ERR_REFUSED, "nobody signs"},
	        {{DNSKEYS | 64, 0, PUB | DATA}, HF_ERR_INVALID, "does not exist"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_sign_result result = {0};
		struct course course;
		begin(&course, 0);
		set_duties(&course, cases[i].duties);
		struct hf_sign_job job = job_of(&course);
		assert_int_equal(hf_sign_zone(&job, course.pool, NULL, &course.lab.diag, &result),
		        cases[i].err);
		assert_null(result.version);
		lab_assert_says(&course.lab.diag, cases[i].words);
		end(&course);
	}
}

/* Keys that are not as their duties need them. */
static void test_refused_keys(void **unused)
{
	static const unsigned duties[KEYS] = {DNSKEYS, 0, PUB | DATA, PUB};
	static const char *const words[] = {
	        "private half", "is needed and not in", "two keys", "duties twice"};

	for (unsigned i = 0; i < 4; i++) {
		struct hf_sign_result result = {0};
		struct course course;
		begin(&course, 0);
		struct hf_keyfile **files = course.lab.keys.list;
		set_duties(&course, duties);
		if (i == 0) {
			hf_keypair_free(files[2]->pair);
			files[2]->pair = NULL;
		} else if (i == 1) {
			course.list[3].tag = (uint16_t)(course.list[3].tag + 1);
		} else if (i == 2) {
			files[1]->plain_tag = files[0]->plain_tag;
		} else {
			course.list[5] = course.list[0];
		}
		struct hf_sign_job job = job_of(&course);
		assert_int_equal(hf_sign_zone(&job, course.pool, NULL, &course.lab.diag, &result),
		        i == 3 ? HF_ERR_INVALID : HF_ERR_REFUSED);
		lab_assert_says(&course.lab.diag, words[i]);
		end(&course);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_random),
	        cmocka_unit_test(test_zsk),
	        cmocka_unit_test(test_at_once),
	        cmocka_unit_test(test_algorithm),
	        cmocka_unit_test(test_revoked),
	        cmocka_unit_test(test_unsigned),
	        cmocka_unit_test(test_cds),
	        cmocka_unit_test(test_times_and_halves),
	        cmocka_unit_test(test_refused),
	        cmocka_unit_test(test_refused_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
