/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is seen of a parent's servers and of secondaries, honest, silent and lying ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../chain/loopback.h"
#include "net/capture.h"
#include "net/lookout.h"

#define PATIENCE 150 /* milliseconds: for honest servers on a busy machine */

static struct hf_name name(const char *text)
{
	struct hf_name made;
	assert_int_equal(hf_name_from_text(text, &made), HF_OK);
	return made;
}

/* ---- Servers that misbehave ---- */

static bool say_nothing(void *context, const struct hf_message *query, struct hf_buf *wire)
{
	(void)context;
	(void)query;
	(void)wire;
	return false;
}

static bool say_another_id(void *context, const struct hf_message *query, struct hf_buf *wire)
{
	(void)context;
	(void)query;
	wire->data[0] ^= 1;
	return true;
}

static bool refuse(void *context, const struct hf_message *query, struct hf_buf *wire)
{
	(void)context;
	(void)query;
	wire->data[3] = (uint8_t)((wire->data[3] & 0xf0) | HF_RCODE_REFUSED);
	return true;
}

/* Spoils the last byte of the answer to questions of one type: of a signature, or of the OPT record
 * when there is none. */
static bool spoil(void *context, const struct hf_message *query, struct hf_buf *wire)
{
	const uint16_t *type = context;
	if (query->question.type == *type)
		wire->data[wire->len - 11 - 1] ^= 1;
	return true;
}

static bool drop_authority(void *context, const struct hf_message *query, struct hf_buf *wire)
{
	(void)context;
	(void)query;
	wire->data[2] &= (uint8_t) ~(HF_MESSAGE_AA >> 8);
	return true;
}

/* Answers the first question of a kind only after it was asked twice. */
static bool wake_up_late(void *context, const struct hf_message *query, struct hf_buf *wire)
{
	unsigned *asked = context;
	(void)query;
	(void)wire;
	return (*asked)++ % 2 == 1;
}

/* Moves the answer's records of DS questions to the authority section, as in a referral. */
static bool refer(void *context, const struct hf_message *query, struct hf_buf *wire)
{
	(void)context;
	if (query->question.type == KNOT_RRTYPE_DS) {
		unsigned answers = hf_read_u16(wire->data + 6);
		hf_write_u16(wire->data + 6, 0);
		hf_write_u16(wire->data + 8, (uint16_t)(hf_read_u16(wire->data + 8) + answers));
	}
	return true;
}

/* ---- The parent ---- */

static struct hf_parent_question ask_of(const struct world *world, const struct loopback *loopback,
        const struct hf_hints *hints, const char *zone)
{
	return (struct hf_parent_question){
	        .zone = name(zone),
	        .anchors = &world->anchors,
	        .resolver = {.hints = hints, .port = loopback->port, .timeout = PATIENCE},
	        .now = world->at,
	};
}

/* Looks out with all of these servers as hints. */
static void look(const struct world *world, struct loopback *loopback, const char *zone,
        struct hf_parent_report *ret_report)
{
	struct hf_buf text = {0};
	loopback_hints(loopback, &text);
	const struct hf_hints hints = {"hints", (const char *)text.data, text.len};
	const struct hf_parent_question question = ask_of(world, loopback, &hints, zone);
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = hf_lookout_parent(&question, &diag, ret_report);
	if (err != HF_OK && diag.count > 0)
		print_error("%s\n", diag.entries[0].text);
	assert_int_equal(err, HF_OK);
	hf_diag_done(&diag);
	hf_buf_done(&text);
}

/* What the server at this index was seen to say. */
static const struct hf_ds_sight *sight_at(
        const struct hf_parent_report *report, const struct loopback *loopback, size_t index)
{
	char place[HF_PLACE_MAX];
	snprintf(place, sizeof(place), "%s@%u", loopback->hosts[index], loopback->port);
	for (size_t i = 0; i < report->count; i++) {
		if (strcmp(report->sights[i].place, place) == 0)
			return &report->sights[i];
	}
	fail_msg("%s is not in the report", place);
	return NULL;
}

static void every_address_is_asked(void **state)
{
	(void)state;
	struct world world;
	struct loopback loopback;
	struct hf_parent_report report;
	world_init(&world, WORLD_NSEC);
	const struct loopback_server servers[] = {{&world, ".", NULL, NULL},
	        {&world, "tld.", NULL, NULL}, {&world, "tld.", NULL, NULL}};
	loopback_start(&loopback, servers, 3);
	look(&world, &loopback, "LEAF.tld.", &report);
	assert_int_equal(report.count, 2);
	assert_int_equal(report.unseen, 0);
	assert_true(hf_name_equal(&report.parent, &world.zones[WORLD_TLD].name));
	for (size_t i = 1; i < 3; i++) {
		const struct hf_ds_sight *sight = sight_at(&report, &loopback, i);
		assert_int_equal(sight->state, HF_DS_PRESENT);
		assert_null(sight->why);
		assert_int_equal(sight->ds.set.rr_count, 1);
		assert_int_equal(sight->ttl, 3600);
		assert_true(sight->has_serial);
		/* The signer moved it. */
		assert_true(sight->serial >= 2026011500);
		assert_in_range(sight->at - world.at, 0, 2);
		struct hf_rdata rdata;
		struct hf_ds ds;
		assert_true(hf_rrset_first(&sight->ds.set, &rdata) && hf_ds_read(rdata, &ds));
		assert_int_equal(
		        ds.tag, hf_dnskey_tag(hf_keypair_dnskey(world.zones[WORLD_LEAF].ksk)));
	}
	hf_parent_report_done(&report);
	loopback_stop(&loopback);
	world_done(&world);
}

/* A world as it was before: another DS set for leaf.tld., signed as it should be. */
static void init_earlier(struct world *world)
{
	world_init(world, WORLD_NSEC);
	world_put_ds(world, WORLD_LEAF, hf_keypair_dnskey(world->spare), HF_DIGEST_SHA256);
	world_resign(world, WORLD_TLD, "leaf.tld.", KNOT_RRTYPE_DS);
}

static void each_answer_counts_for_its_address_alone(void **state)
{
	(void)state;
	static const uint16_t ds = KNOT_RRTYPE_DS;
	struct world world, earlier;
	struct loopback loopback;
	struct hf_parent_report report;
	unsigned asked = 0;
	world_init(&world, WORLD_NSEC);
	init_earlier(&earlier);
	const struct loopback_server servers[] = {{&world, ".", NULL, NULL},
	        {&world, "tld.", say_nothing, NULL}, {&world, "tld.", say_another_id, NULL},
	        {&world, "tld.", refuse, NULL}, {&world, "tld.", spoil, (void *)(uintptr_t)&ds},
	        {&earlier, "tld.", NULL, NULL}, {&world, "tld.", wake_up_late, &asked},
	        {&world, "tld.", NULL, NULL}};
	static const enum hf_ds_state states[] = {[1] = HF_DS_SILENT,
	        HF_DS_SILENT,
	        HF_DS_SILENT,
	        HF_DS_UNPROVEN,
	        HF_DS_PRESENT,
	        HF_DS_PRESENT,
	        HF_DS_PRESENT};
	loopback_start(&loopback, servers, 8);
	look(&world, &loopback, "leaf.tld.", &report);
	assert_int_equal(report.count, 7);
	for (size_t i = 1; i < 8; i++) {
		const struct hf_ds_sight *sight = sight_at(&report, &loopback, i);
		assert_string_equal(hf_ds_state_name(sight->state), hf_ds_state_name(states[i]));
		assert_true((sight->why == NULL) == (states[i] == HF_DS_PRESENT));
	}
	const struct hf_ds_sight *new = sight_at(&report, &loopback, 7);
	const struct hf_ds_sight *old = sight_at(&report, &loopback, 5);
	assert_int_equal(new->ds.set.rrs_len, old->ds.set.rrs_len);
	assert_memory_not_equal(new->ds.set.rrs, old->ds.set.rrs, old->ds.set.rrs_len);
	assert_non_null(strstr(sight_at(&report, &loopback, 3)->why, "REFUSED"));
	assert_non_null(strstr(sight_at(&report, &loopback, 4)->why, "does not verify"));
	hf_parent_report_done(&report);
	loopback_stop(&loopback);
	world_done(&earlier);
	world_done(&world);
}

/* One server of the zone above, and the root. */
static void look_once(unsigned flags, const char *parent, const char *zone, bool anchored,
        struct hf_parent_report *ret_report)
{
	struct world world;
	struct loopback loopback;
	world_init(&world, flags);
	if (!anchored)
		hf_anchors_done(&world.anchors);
	const struct loopback_server servers[] = {{&world, ".", NULL, NULL},
	        {&world, "tld.", NULL, NULL}, {&world, "leaf.tld.", NULL, NULL},
	        {&world, "plain.tld.", NULL, NULL}};
	loopback_start(&loopback, servers, 4);
	look(&world, &loopback, zone, ret_report);
	const struct hf_name expected = name(parent);
	assert_true(hf_name_equal(&ret_report->parent, &expected));
	assert_int_equal(ret_report->count, 1);
	loopback_stop(&loopback);
	world_done(&world);
}

static void absence_is_proven_too(void **state)
{
	static const struct {
		unsigned flags;
		const char *parent, *zone;
		bool anchored;
		enum hf_ds_state state;
		uint16_t rcode;
		uint32_t ttl;
	} cases[] = {
	        {WORLD_NSEC, "leaf.tld.", "bare.leaf.tld.", true, HF_DS_ABSENT, 0, 900},
	        {WORLD_NSEC3, "leaf.tld.", "bare.leaf.tld.", true, HF_DS_ABSENT, 0, 900},
	        {WORLD_NSEC3 | WORLD_OPT_OUT, "tld.", "plain.tld.", true, HF_DS_ABSENT, 0, 900},
	        {WORLD_NSEC, "tld.", "nothing.tld.", true, HF_DS_ABSENT, HF_RCODE_NXDOMAIN, 900},
	        {WORLD_NSEC3, "tld.", "nothing.tld.", true, HF_DS_ABSENT, HF_RCODE_NXDOMAIN, 900},
	        {WORLD_NSEC, "plain.tld.", "deep.plain.tld.", true, HF_DS_UNSIGNED, 0, 900},
	        {WORLD_NSEC3 | WORLD_OPT_OUT, "plain.tld.", "deep.plain.tld.", true, HF_DS_UNSIGNED,
	                0, 900},
	        {WORLD_NSEC, "tld.", "leaf.tld.", false, HF_DS_UNSIGNED, 0, 3600},
	        {WORLD_NSEC, "leaf.tld.", "alias.leaf.tld.", true, HF_DS_UNPROVEN, 0, 900},
	        {WORLD_NSEC, "tld.", "far.ent.tld.", true, HF_DS_ABSENT, HF_RCODE_NXDOMAIN, 900},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_parent_report report;
		look_once(
		        cases[i].flags, cases[i].parent, cases[i].zone, cases[i].anchored, &report);
		const struct hf_ds_sight *sight = &report.sights[0];
		if (sight->state != cases[i].state)
			fail_msg("%s, flags %u: %s: %s", cases[i].zone, cases[i].flags,
			        hf_ds_state_name(sight->state), sight->why ? sight->why : "-");
		assert_int_equal(sight->rcode, cases[i].rcode);
		assert_int_equal(sight->ttl, cases[i].ttl);
		hf_parent_report_done(&report);
	}
}

/* What is proven must be the answer; and what is not signed at least authoritative. */
static void an_answer_must_speak_for_the_parent(void **state)
{
	(void)state;
	struct world world;
	struct loopback loopback;
	struct hf_parent_report report;
	world_init(&world, WORLD_NSEC);
	const struct loopback_server servers[] = {{&world, ".", NULL, NULL},
	        {&world, "tld.", refer, NULL}, {&world, "tld.", drop_authority, NULL},
	        {&world, "plain.tld.", NULL, NULL}, {&world, "plain.tld.", drop_authority, NULL}};
	loopback_start(&loopback, servers, 5);
	look(&world, &loopback, "leaf.tld.", &report);
	assert_int_not_equal(sight_at(&report, &loopback, 1)->state, HF_DS_PRESENT);
	assert_int_not_equal(sight_at(&report, &loopback, 1)->state, HF_DS_ABSENT);
	assert_int_equal(sight_at(&report, &loopback, 2)->state, HF_DS_PRESENT);
	hf_parent_report_done(&report);
	look(&world, &loopback, "deep.plain.tld.", &report);
	assert_int_equal(sight_at(&report, &loopback, 3)->state, HF_DS_UNSIGNED);
	assert_int_equal(sight_at(&report, &loopback, 4)->state, HF_DS_SILENT);
	hf_parent_report_done(&report);
	loopback_stop(&loopback);
	world_done(&world);
}

static void places_set(struct hf_places *places, const struct loopback *loopback, size_t first)
{
	*places = (struct hf_places){.count = 0};
	for (size_t i = first; i < loopback->count; i++)
		snprintf(places->names[places->count++], HF_PLACE_MAX, "%s@%u", loopback->hosts[i],
		        loopback->port);
}

static void add_anchor(struct hf_anchors *anchors, const struct world_zone *zone)
{
	assert_int_equal(hf_anchors_add(anchors, &zone->name, KNOT_RRTYPE_DNSKEY,
	                         hf_keypair_dnskey(zone->ksk), NULL),
	        HF_OK);
}

/* With the parent's own anchor and places nothing above it is needed, or asked. */
static void given_places_are_the_parent(void **state)
{
	(void)state;
	struct world world;
	struct loopback loopback;
	struct hf_places places;
	struct hf_parent_report report;
	struct hf_anchors anchors = {0};
	world_init(&world, WORLD_NSEC3);
	add_anchor(&anchors, &world.zones[WORLD_TLD]);
	const struct loopback_server servers[] = {{&world, ".", NULL, NULL},
	        {&world, "tld.", NULL, NULL}, {&world, "tld.", refuse, NULL}};
	loopback_start(&loopback, servers, 3);
	places_set(&places, &loopback, 1);
	static const char nowhere[] = ". NS ns.\nns. A 127.255.255.1\n";
	const struct hf_hints hints = {"hints", nowhere, sizeof(nowhere) - 1};
	struct hf_parent_question question = ask_of(&world, &loopback, &hints, "leaf.tld.");
	question.anchors = &anchors;
	question.servers = &places;
	assert_int_equal(hf_lookout_parent(&question, NULL, &report), HF_OK);
	assert_int_equal(report.count, 2);
	assert_string_equal(report.sights[0].place, places.names[0]);
	assert_int_equal(report.sights[0].state, HF_DS_PRESENT);
	assert_int_equal(report.sights[1].state, HF_DS_SILENT);
	assert_true(hf_name_equal(&report.parent, &world.zones[WORLD_TLD].name));
	hf_parent_report_done(&report);
	/* The root's anchor, and the whole way down from it; the port is that of all servers. */
	snprintf(places.names[0], HF_PLACE_MAX, "%s", loopback.hosts[1]);
	struct hf_buf text = {0};
	loopback_hints(&loopback, &text);
	const struct hf_hints all = {"hints", (const char *)text.data, text.len};
	question.anchors = &world.anchors;
	question.resolver.hints = &all;
	assert_int_equal(hf_lookout_parent(&question, NULL, &report), HF_OK);
	assert_int_equal(report.sights[0].state, HF_DS_PRESENT);
	hf_parent_report_done(&report);
	hf_buf_done(&text);
	loopback_stop(&loopback);
	hf_anchors_done(&anchors);
	world_done(&world);
}

/* An address that already has the parent's next keys: its answer is proven by those. */
static void an_address_may_have_newer_keys(void **state)
{
	(void)state;
	struct world world, newer;
	struct loopback loopback;
	struct hf_parent_report report;
	world_init(&world, WORLD_NSEC);
	world_init(&newer, WORLD_NSEC);
	struct hf_rdata old = hf_keypair_dnskey(newer.zones[WORLD_TLD].zsk);
	world_change_key(&newer, WORLD_TLD, old, hf_keypair_dnskey(newer.spare));
	newer.zones[WORLD_TLD].zsk = newer.spare;
	world_resign(&newer, WORLD_TLD, "leaf.tld.", KNOT_RRTYPE_DS);
	const struct loopback_server servers[] = {{&world, ".", NULL, NULL},
	        {&world, "tld.", NULL, NULL}, {&newer, "tld.", NULL, NULL}};
	loopback_start(&loopback, servers, 3);
	look(&world, &loopback, "leaf.tld.", &report);
	assert_int_equal(sight_at(&report, &loopback, 1)->state, HF_DS_PRESENT);
	assert_int_equal(sight_at(&report, &loopback, 2)->state, HF_DS_PRESENT);
	hf_parent_report_done(&report);
	loopback_stop(&loopback);
	world_done(&newer);
	world_done(&world);
}

static void what_cannot_be_asked_is_refused(void **state)
{
	(void)state;
	static const char nowhere[] = ". NS ns.\nns. A 127.255.255.1\n";
	const struct hf_hints hints = {"hints", nowhere, sizeof(nowhere) - 1};
	const struct hf_anchors none = {0};
	struct hf_places places = {.count = 1, .names = {"192.0.2.1:53"}};
	struct hf_parent_report report;
	struct hf_parent_question question = {.zone = HF_NAME_ROOT,
	        .anchors = &none,
	        .resolver = {.hints = &hints, .port = 9, .timeout = PATIENCE}};
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	assert_int_equal(hf_lookout_parent(&question, &diag, &report), HF_ERR_INVALID);
	question.zone = name("leaf.tld.");
	assert_int_equal(hf_lookout_parent(&question, &diag, &report), HF_ERR_NOTFOUND);
	question.servers = &places;
	assert_int_equal(hf_lookout_parent(&question, &diag, &report), HF_ERR_INVALID);
	question.servers = NULL;
	question.resolver.forward = "127.255.255.1";
	assert_int_equal(hf_lookout_parent(&question, &diag, &report), HF_ERR_INVALID);
	assert_int_equal(diag.count, 4);
	assert_non_null(strstr(diag.entries[2].text, "192.0.2.1:53"));
	hf_diag_done(&diag);
}

/* Name servers without an address are not forgotten. */
static void what_is_not_seen_is_counted(void **state)
{
	(void)state;
	struct world world;
	struct loopback loopback;
	struct hf_parent_report report;
	struct hf_buf text = {0};
	world_init(&world, WORLD_NSEC);
	const struct loopback_server servers[] = {
	        {&world, ".", NULL, NULL}, {&world, "tld.", NULL, NULL}};
	loopback_start(&loopback, servers, 2);
	loopback_hints(&loopback, &text);
	hf_put_text(&text, "tld. 3600 NS nothing.tld.\nns.tld. 3600 AAAA ::1\n");
	const struct hf_hints hints = {"hints", (const char *)text.data, text.len};
	const struct hf_parent_question question = ask_of(&world, &loopback, &hints, "leaf.tld.");
	assert_int_equal(hf_lookout_parent(&question, NULL, &report), HF_OK);
	assert_int_equal(report.count, 2);
	assert_int_equal(report.unseen, 1);
	/* Nobody is there, and the sentence has advice for machines that have no IPv6 at all. */
	assert_int_equal(report.sights[1].state, HF_DS_SILENT);
	assert_non_null(strstr(report.sights[1].why, "IPv6"));
	hf_parent_report_done(&report);
	hf_buf_done(&text);
	loopback_stop(&loopback);
	world_done(&world);
}

/* A look-out under a tight limit ends, and says at each address what it did not get. */
static void limits_end_it(void **state)
{
	(void)state;
	struct world world;
	struct loopback loopback;
	struct hf_buf text = {0};
	world_init(&world, WORLD_NSEC);
	const struct loopback_server servers[] = {{&world, ".", NULL, NULL},
	        {&world, "tld.", NULL, NULL}, {&world, "tld.", NULL, NULL}};
	loopback_start(&loopback, servers, 3);
	loopback_hints(&loopback, &text);
	const struct hf_hints hints = {"hints", (const char *)text.data, text.len};
	struct hf_parent_question question = ask_of(&world, &loopback, &hints, "leaf.tld.");
	for (unsigned packets = 1; packets < 14; packets++) {
		struct hf_parent_report report;
		question.resolver.limits.packets = packets;
		loopback.queries = 0;
		enum hf_err err = hf_lookout_parent(&question, NULL, &report);
		assert_true(loopback.queries <= packets);
		assert_true(err == HF_OK || err == HF_ERR_NOTFOUND);
		for (size_t i = 0; err == HF_OK && i < report.count; i++)
			assert_true((report.sights[i].state == HF_DS_PRESENT) ==
			            (report.sights[i].why == NULL));
		if (err == HF_OK)
			hf_parent_report_done(&report);
	}
	hf_buf_done(&text);
	loopback_stop(&loopback);
	world_done(&world);
}

#define THREADS 4
#define ROUNDS  5

struct watcher {
	const struct world *world;
	struct loopback *loopback;
	pthread_t thread;
};

static void *watch(void *argument)
{
	struct watcher *watcher = argument;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct hf_parent_report report;
		look(watcher->world, watcher->loopback, "leaf.tld.", &report);
		assert_int_equal(report.count, 2);
		assert_int_equal(report.sights[0].state, HF_DS_PRESENT);
		assert_int_equal(report.sights[1].state, HF_DS_PRESENT);
		hf_parent_report_done(&report);
	}
	return NULL;
}

static void threads_look_out_at_the_same_time(void **state)
{
	(void)state;
	struct world world;
	struct loopback loopback;
	struct watcher watchers[THREADS];
	world_init(&world, WORLD_NSEC3);
	const struct loopback_server servers[] = {{&world, ".", NULL, NULL},
	        {&world, "tld.", NULL, NULL}, {&world, "tld.", NULL, NULL}};
	loopback_start(&loopback, servers, 3);
	for (size_t i = 0; i < THREADS; i++) {
		watchers[i] = (struct watcher){.world = &world, .loopback = &loopback};
		assert_int_equal(pthread_create(&watchers[i].thread, NULL, watch, &watchers[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(watchers[i].thread, NULL), 0);
	loopback_stop(&loopback);
	world_done(&world);
}

/* ---- Secondaries ---- */

static struct hf_version *leaf_of(struct world *world)
{
	struct hf_chain_question any = {.zone = name("leaf.tld."), .question = {.type = 1}};
	struct hf_buf wire = {0};
	any.question.name = any.zone;
	world_answer(world, &any, &wire);
	hf_buf_done(&wire);
	return world->zones[WORLD_LEAF].version;
}

/* The version before: an older serial, another address at www. */
static void init_older(struct world *world)
{
	world_init(world, WORLD_NSEC);
	struct world_record *soa = world_find(world, WORLD_LEAF, "leaf.tld.", KNOT_RRTYPE_SOA);
	struct world_record *www = world_find(world, WORLD_LEAF, "www.leaf.tld.", KNOT_RRTYPE_A);
	uint8_t *serial = soa->data + soa->len - 20;
	hf_write_u32(serial, hf_read_u32(serial) - 1);
	www->data[3] ^= 0x40;
	world_resign(world, WORLD_LEAF, "leaf.tld.", KNOT_RRTYPE_SOA);
	world_resign(world, WORLD_LEAF, "www.leaf.tld.", KNOT_RRTYPE_A);
}

enum { WWW_A, WWW_TXT, SUB_DS, SUB_NS, WWW_MX, SAMPLES };
enum { NEW, OLD, SILENT, REFUSING, CACHE, SPOILT_KEYS, LATE, LONGER, LESS, SECONDARIES };

/* A zone's secondaries, and what was seen of them. */
struct fleet {
	struct world new, old, longer, less;
	struct hf_places places;
	struct hf_sample samples[SAMPLES];
	struct hf_secondary_report report;
};

static void make_worlds(struct fleet *fleet)
{
	world_init(&fleet->new, WORLD_NSEC);
	init_older(&fleet->old);
	world_init(&fleet->longer, WORLD_NSEC);
	for (unsigned i = 0; i < 2; i++)
		world_find(&fleet->longer, WORLD_LEAF, "www.leaf.tld.", KNOT_RRTYPE_A)[i].ttl =
		        86400;
	world_init(&fleet->less, WORLD_NSEC);
	world_drop(&fleet->less, WORLD_LEAF, "www.leaf.tld.", KNOT_RRTYPE_TXT);
}

static void look_at_fleet(struct fleet *fleet)
{
	static const uint16_t dnskey = KNOT_RRTYPE_DNSKEY;
	unsigned asked = 0;
	struct loopback loopback;
	make_worlds(fleet);
	const struct loopback_server servers[SECONDARIES] = {
	        [NEW] = {&fleet->new, "leaf.tld.", NULL, NULL},
	        [OLD] = {&fleet->old, "leaf.tld.", NULL, NULL},
	        [SILENT] = {&fleet->new, "leaf.tld.", say_nothing, NULL},
	        [REFUSING] = {&fleet->new, "leaf.tld.", refuse, NULL},
	        [CACHE] = {&fleet->new, "leaf.tld.", drop_authority, NULL},
	        [SPOILT_KEYS] = {&fleet->new, "leaf.tld.", spoil, (void *)(uintptr_t)&dnskey},
	        [LATE] = {&fleet->new, "leaf.tld.", wake_up_late, &asked},
	        [LONGER] = {&fleet->longer, "leaf.tld.", NULL, NULL},
	        [LESS] = {&fleet->less, "leaf.tld.", NULL, NULL},
	};
	const struct hf_sample samples[SAMPLES] = {
	        [WWW_A] = {name("www.leaf.tld."), KNOT_RRTYPE_A},
	        [WWW_TXT] = {name("WWW.leaf.tld."), KNOT_RRTYPE_TXT},
	        [SUB_DS] = {name("sub.leaf.tld."), KNOT_RRTYPE_DS},
	        [SUB_NS] = {name("sub.leaf.tld."), KNOT_RRTYPE_NS},
	        [WWW_MX] = {name("www.leaf.tld."), KNOT_RRTYPE_MX},
	};
	memcpy(fleet->samples, samples, sizeof(samples));
	loopback_start(&loopback, servers, SECONDARIES);
	places_set(&fleet->places, &loopback, 0);
	const struct hf_secondary_question question = {.zone = name("leaf.tld."),
	        .servers = &fleet->places,
	        .samples = fleet->samples,
	        .sample_count = SAMPLES,
	        .timeout = PATIENCE,
	        .now = WORLD_AT};
	assert_int_equal(hf_lookout_secondary(&question, NULL, &fleet->report), HF_OK);
	loopback_stop(&loopback);
	assert_int_equal(fleet->report.count, SECONDARIES);
}

static void fleet_done(struct fleet *fleet)
{
	hf_secondary_report_done(&fleet->report);
	world_done(&fleet->new);
	world_done(&fleet->old);
	world_done(&fleet->longer);
	world_done(&fleet->less);
}

static void check_versions(struct fleet *fleet)
{
	struct hf_version *const versions[] = {leaf_of(&fleet->new), leaf_of(&fleet->old)};
	static const size_t serves[SECONDARIES] = {[NEW] = 0,
	        [OLD] = 1,
	        [SILENT] = HF_SERVES_NONE,
	        [REFUSING] = HF_SERVES_NONE,
	        [CACHE] = HF_SERVES_NONE,
	        [SPOILT_KEYS] = HF_SERVES_NONE,
	        [LATE] = 0,
	        [LONGER] = HF_SERVES_NONE,
	        [LESS] = HF_SERVES_NONE};
	for (size_t i = 0; i < SECONDARIES; i++) {
		const struct hf_zone_sight *sight = &fleet->report.sights[i];
		bool speaks = i != SILENT && i != REFUSING && i != CACHE;
		assert_string_equal(sight->place, fleet->places.names[i]);
		assert_int_equal(sight->serves, speaks);
		assert_true((sight->why == NULL) == speaks);
		assert_int_equal(hf_sight_version(sight, fleet->samples, versions, 2), serves[i]);
		assert_in_range(sight->at - WORLD_AT, 0, 3);
		if (!speaks)
			continue;
		assert_int_equal(sight->dnskey.set.set.rr_count, 2);
		assert_int_equal(sight->signing_count, i == SPOILT_KEYS ? 0 : 1);
		if (sight->signing_count == 1)
			assert_in_range(
			        sight->signings[0].expiration - WORLD_AT, 1, 60 * WORLD_DAY);
	}
	struct hf_soa soa;
	assert_true(hf_version_soa(versions[0], &soa));
	assert_int_equal(fleet->report.sights[NEW].serial, soa.serial);
	assert_int_equal(fleet->report.sights[OLD].serial, soa.serial - 1);
}

static void check_samples(struct fleet *fleet)
{
	static const enum hf_likeness likes[SECONDARIES][SAMPLES] = {
	        [OLD] = {[WWW_A] = HF_LIKE_DIFFERS},
	        [SILENT] = {HF_LIKE_UNKNOWN, HF_LIKE_UNKNOWN, HF_LIKE_UNKNOWN, HF_LIKE_UNKNOWN,
	                HF_LIKE_UNKNOWN},
	        [REFUSING] = {HF_LIKE_UNKNOWN, HF_LIKE_UNKNOWN, HF_LIKE_UNKNOWN, HF_LIKE_UNKNOWN,
	                HF_LIKE_UNKNOWN},
	        [CACHE] = {HF_LIKE_UNKNOWN, HF_LIKE_UNKNOWN, HF_LIKE_UNKNOWN, HF_LIKE_UNKNOWN,
	                HF_LIKE_UNKNOWN},
	        [LONGER] = {[WWW_A] = HF_LIKE_DIFFERS},
	        [LESS] = {[WWW_TXT] = HF_LIKE_MISSING},
	};
	const struct hf_version *version = leaf_of(&fleet->new);
	for (size_t i = 0; i < SECONDARIES; i++) {
		for (size_t s = 0; s < SAMPLES; s++) {
			const struct hf_sample *sample = &fleet->samples[s];
			assert_int_equal(hf_seen_compare(&fleet->report.sights[i].samples[s],
			                         version, &sample->name, sample->type),
			        likes[i][s]);
		}
	}
}

static void secondaries_are_told_apart(void **state)
{
	(void)state;
	struct fleet fleet = {.report = {.count = 0}};
	look_at_fleet(&fleet);
	check_versions(&fleet);
	check_samples(&fleet);
	fleet_done(&fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_address_is_asked),
	        cmocka_unit_test(each_answer_counts_for_its_address_alone),
	        cmocka_unit_test(absence_is_proven_too),
	        cmocka_unit_test(an_answer_must_speak_for_the_parent),
	        cmocka_unit_test(given_places_are_the_parent),
	        cmocka_unit_test(an_address_may_have_newer_keys),
	        cmocka_unit_test(what_cannot_be_asked_is_refused),
	        cmocka_unit_test(what_is_not_seen_is_counted),
	        cmocka_unit_test(limits_end_it),
	        cmocka_unit_test(threads_look_out_at_the_same_time),
	        cmocka_unit_test(secondaries_are_told_apart),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_end();
	return failed;
}
