/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sorting the hashes of an NSEC3 chain, repeats, and hashes that collide. */
#include "lab.h"

#include <stdlib.h>
#include <string.h>

#include "sign/nsec3_chain.h"

#define ZONE                                                                                       \
	"ex. 300 SOA ns.ex. h.ex. 7 2 3 4 200\nex. 300 NS ns.ex.\n"                                \
	"a.b.ex. 300 A 192.0.2.1\nc.b.ex. 300 A 192.0.2.1\n"

static const struct hf_node *node_at(const struct hf_version *version, const char *name)
{
	struct hf_name wire;
	assert_int_equal(hf_name_from_text(name, &wire), HF_OK);
	const struct hf_node *node = hf_version_find(version, &wire);
	assert_non_null(node);
	return node;
}

static enum hf_err sort(struct hf_nsec3_chain *chain, unsigned jobs, struct hf_diag *diag)
{
	struct hf_pool *pool = NULL;
	assert_int_equal(hf_pool_new(jobs, &pool), HF_OK);
	enum hf_err err = hf_nsec3_chain_sort(chain, pool, diag);
	hf_pool_free(pool);
	return err;
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, HF_NSEC3_HASH_LEN);
}

/* Against qsort, for sizes on both sides of where the way of sorting changes. */
static void test_sorts(void **unused)
{
	static const size_t sizes[] = {0, 1, 2, 100, 4095, 4096, 30000};
	struct hf_version *zone = lab_zone(ZONE, NULL);
	const struct hf_node *node = node_at(zone, "a.b.ex.");

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t count = sizes[i];
		struct hf_nsec3_chain chain = {0};
		uint8_t(*expected)[HF_NSEC3_HASH_LEN] = calloc(count + 1, HF_NSEC3_HASH_LEN);
		chain.items = calloc(count + 1, sizeof(*chain.items));
		chain.count = count;
		assert_true(chain.items != NULL && expected != NULL);
		uint64_t state = i + 1;
		for (size_t j = 0; j < count; j++) {
			state = state * 6364136223846793005 + 1442695040888963407;
			/* Uneven: most items share their first bytes with many others. */
			uint64_t top = j % 3 == 0 ? state : state & 0x00000000ffffffff;
			memcpy(expected[j], &top, sizeof(top));
			memcpy(expected[j] + 8, &j, sizeof(j));
			memcpy(chain.items[j].hash, expected[j], HF_NSEC3_HASH_LEN);
			chain.items[j].node = node;
		}
		qsort(expected, count, HF_NSEC3_HASH_LEN, by_bytes);
		assert_int_equal(sort(&chain, 1 + i % 2, NULL), HF_OK);
		assert_int_equal(chain.count, count);
		for (size_t j = 0; j < count; j++)
			assert_memory_equal(chain.items[j].hash, expected[j], HF_NSEC3_HASH_LEN);
		hf_nsec3_chain_done(&chain);
		free(expected);
	}
	hf_version_unref(zone);
}

/* A name that was found below several owners is one name, and an owner stays itself. */
static void test_repeats(void **unused)
{
	struct hf_version *zone = lab_zone(ZONE "d.a.b.ex. 300 A 192.0.2.1\n", NULL);
	const struct hf_node *a = node_at(zone, "a.b.ex."), *c = node_at(zone, "c.b.ex.");
	const struct hf_node *d = node_at(zone, "d.a.b.ex."), *ex = node_at(zone, "ex.");
	const struct hf_nsec3_item items[] = {
	        {.up = 1, .node = a},
	        {.hash = {1}, .node = ex},
	        {.up = 1, .node = c},
	        {.hash = {2}, .up = 1, .node = d},
	        {.hash = {2}, .node = a},
	        {.hash = {2}, .up = 1, .node = d},
	};
	struct hf_nsec3_chain chain = {.items = malloc(sizeof(items)), .count = 6};
	assert_non_null(chain.items);
	memcpy(chain.items, items, sizeof(items));
	assert_int_equal(sort(&chain, 1, NULL), HF_OK);
	assert_int_equal(chain.count, 3);
	assert_int_equal(chain.items[0].up, 1);
	assert_ptr_equal(chain.items[1].node, ex);
	assert_ptr_equal(chain.items[2].node, a);
	assert_int_equal(chain.items[2].up, 0);
	hf_nsec3_chain_done(&chain);
	hf_version_unref(zone);
}

static void test_collision(void **unused)
{
	struct hf_version *zone = lab_zone(ZONE, NULL);
	struct hf_nsec3_chain chain = {.items = calloc(2, sizeof(*chain.items)), .count = 2};
	struct hf_diag diag;
	hf_diag_init(&diag, 5);
	assert_non_null(chain.items);
	chain.items[0] = (struct hf_nsec3_item){.up = 1, .node = node_at(zone, "a.b.ex.")};
	chain.items[1] = (struct hf_nsec3_item){.node = node_at(zone, "a.b.ex.")};
	assert_int_equal(sort(&chain, 1, &diag), HF_ERR_REFUSED);
	lab_assert_says(&diag, "have the same NSEC3 hash");
	lab_assert_says(&diag, "a.b.ex.");
	lab_assert_says(&diag, "another --salt");
	hf_diag_done(&diag);
	hf_nsec3_chain_done(&chain);
	hf_version_unref(zone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_sorts),
	        cmocka_unit_test(test_repeats),
	        cmocka_unit_test(test_collision),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
