/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same worlds, defects and clock for Unbound: its verdict must be ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "defects.h"
#include "goodnames.h"
#include "unbound_peer.h"

/* Where we judge otherwise, and why. */
static const struct exception {
	const char *defect;
	const char *why;
} exceptions[] = {
        {"DS with SHA-1 beside SHA-256",
                "RFC 4509 section 3 has SHA-1 ignored; Unbound does so with harden-algo-downgrade"},
        {"many keys", "a bound of ours that Unbound of this age has not"},
        {"signed by the parent", "RFC 4035 section 5.3.1: the signer must be the set's own zone"},
        {"ZSK revoked", "RFC 5011 section 2.1: a revoked key must not be used"},
        {"many hashes", "the bound is this test's own"},
};

static bool is_exception(const struct defect *defect)
{
	for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++)
		if (strcmp(exceptions[i].defect, defect->name) == 0)
			return true;
	return false;
}

static bool same(const struct defect *defect, unsigned flags)
{
	struct world world;
	struct peer peer;
	world_init(&world, flags);
	defect->damage(&world);
	enum peer_verdict we = peer_ours(&world, defect->qname, defect->type);
	peer_start(&peer, &world);
	enum peer_verdict they = peer_ask(&peer, defect->qname, defect->type);
	peer_stop(&peer);
	world_done(&world);
	bool equal = we == they;
	if (equal == is_exception(defect))
		print_error("%s (flags %u): we say %s, Unbound says %s\n", defect->name, flags,
		        peer_word(we), peer_word(they));
	return equal != is_exception(defect);
}

static void compare(const struct defects *defects)
{
	unsigned wrong = 0;
	for (size_t i = 0; i < defects->count; i++) {
		const struct defect *defect = &defects->list[i];
		if ((defect->kinds & IN_NSEC3) == 0)
			wrong += !same(defect, WORLD_NSEC);
		if ((defect->kinds & IN_NSEC) == 0)
			wrong += !same(defect, WORLD_NSEC3);
	}
	assert_int_equal(wrong, 0);
}

static void test_links(void **state)
{
	compare(&link_defects);
}

static void test_signatures(void **state)
{
	compare(&signature_defects);
}

static void test_denial(void **state)
{
	compare(&denial_defects);
}

/* Names in a world without defects. */
static void test_good(void **state)
{
	static const unsigned kinds[] = {WORLD_NSEC, WORLD_NSEC3, WORLD_NSEC3 | WORLD_OPT_OUT};
	unsigned wrong = 0;
	for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
		struct world world;
		struct peer peer;
		world_init(&world, kinds[kind]);
		peer_start(&peer, &world);
		for (size_t i = 0; i < good_name_count; i++) {
			const struct good_name *good = &good_names[i];
			enum peer_verdict we = peer_ours(&world, good->name, good->type);
			enum peer_verdict they = peer_ask(&peer, good->name, good->type);
			if (we != they) {
				print_error("%s (flags %u): we say %s, Unbound says %s\n",
				        good->name, kinds[kind], peer_word(we), peer_word(they));
				wrong++;
			}
		}
		peer_stop(&peer);
		world_done(&world);
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_good),
	        cmocka_unit_test(test_links),
	        cmocka_unit_test(test_signatures),
	        cmocka_unit_test(test_denial),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_end();
	return failed;
}
