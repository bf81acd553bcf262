/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random damage, much of it at once: every zone gets a report, the same by one thread and three. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kit.h"

#define ROUNDS     60
#define MAX_DAMAGE 30

/* A generator of its own, so that every run is the same. */
static unsigned below(uint32_t *seed, unsigned limit)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % limit;
}

static void change_type(struct kit_record *record, uint32_t *seed)
{
	static const uint16_t types[] = {KNOT_RRTYPE_A, KNOT_RRTYPE_NS, KNOT_RRTYPE_CNAME,
	        KNOT_RRTYPE_SOA, KNOT_RRTYPE_MX, KNOT_RRTYPE_RP, KNOT_RRTYPE_AAAA,
	        KNOT_RRTYPE_DNAME, KNOT_RRTYPE_DS, KNOT_RRTYPE_NSEC, KNOT_RRTYPE_DNSKEY,
	        KNOT_RRTYPE_NSEC3, KNOT_RRTYPE_NSEC3PARAM, KNOT_RRTYPE_TLSA, KNOT_RRTYPE_CDS,
	        KNOT_RRTYPE_CDNSKEY, KNOT_RRTYPE_ZONEMD, KNOT_RRTYPE_ANY, 65400};
	/* A signature stays one: its first bytes say where it is filed. */
	if (record->type != KNOT_RRTYPE_RRSIG)
		record->type = types[below(seed, sizeof(types) / sizeof(types[0]))];
}

static void move_record(struct kit_record *record, uint32_t *seed)
{
	static const char *const formats[] = {
	        "n%u.example.", "n%u.dname.example.", "n%u.ins.example.", "n%u.test."};
	char text[64];
	snprintf(text, sizeof(text), formats[below(seed, 4)], below(seed, 100));
	assert_int_equal(hf_name_from_text(text, &record->owner), HF_OK);
}

static void damage(struct kit *kit, uint32_t *seed)
{
	struct kit_record *record = &kit->records[below(seed, (unsigned)kit->count)];
	const struct kit_record *other = &kit->records[below(seed, (unsigned)kit->count)];
	uint16_t least = record->type == KNOT_RRTYPE_RRSIG ? 2 : 0;
	switch (below(seed, 7)) {
	case 0:
	case 1:
		if (record->len > 0)
			record->data[below(seed, record->len)] = (uint8_t)below(seed, 256);
		break;
	case 2:
		if (record->len > least)
			record->len = (uint16_t)(least + below(seed, record->len - least + 1u));
		break;
	case 3:
		change_type(record, seed);
		break;
	case 4:
		move_record(record, seed);
		break;
	case 5:
		record->ttl = below(seed, 1u << 24);
		break;
	default:
		record->owner = other->owner;
		break;
	}
}

static void assert_same(const struct hf_report *a, const struct hf_report *b)
{
	assert_int_equal(a->good, b->good);
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		assert_ptr_equal(a->findings[i].check, b->findings[i].check);
		assert_int_equal(a->findings[i].count, b->findings[i].count);
		assert_string_equal(a->findings[i].detail, b->findings[i].detail);
	}
}

static void chaos(void **state)
{
	(void)state;
	static const enum kit_mode modes[] = {KIT_NSEC, KIT_NSEC3, KIT_OPT_OUT};
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint32_t seed = round;
		struct kit kit;
		kit_init(&kit, modes[round % 3]);
		if (round % 2 == 0)
			kit_parent(&kit, HF_DIGEST_SHA256, hf_keypair_dnskey(kit.ksk));
		kit_sign(&kit);
		for (unsigned i = below(&seed, MAX_DAMAGE); i > 0; i--)
			damage(&kit, &seed);
		struct hf_report *one = kit_verify(&kit, 1), *three = kit_verify(&kit, 3);
		assert_same(one, three);
		hf_report_free(one);
		hf_report_free(three);
		kit_done(&kit);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(chaos)};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	kit_end();
	return failed;
}
