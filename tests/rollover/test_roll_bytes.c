/* SPDX-License-Identifier: GPL-3.0-or-later */
/* States to bytes and back: whole, cut short, damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stage.h"

#define IN_USE (HF_USE_PUBLISHED | HF_USE_SIGNS)

static const struct stage_times times = {.ttl_key = 60, .ttl_sig = 60, .ttl_ds = 60, .dreg = 9};

/* A zone in the middle of a change, with another one that waits. */
static void busy(struct stage *stage)
{
	const struct hf_roll_start ksk = {.kind = HF_ROLL_KEYS_OF_ROLE, .role = HF_ROLE_KSK};
	const struct hf_roll_start zsk = {.kind = HF_ROLL_KEYS_OF_ROLE, .role = HF_ROLE_ZSK};
	stage_init(stage, &times);
	stage_key(stage, HF_ROLE_KSK, 13, IN_USE | HF_USE_DS);
	stage_key(stage, HF_ROLE_ZSK, 13, IN_USE);
	assert_int_equal(hf_roll_adopt_tag(&stage->state, 7), HF_OK);
	stage_open(stage);
	stage_start(stage, &ksk);
	stage_start(stage, &zsk);
	stage_run(stage, stage->now + 62, true);
	assert_int_equal(stage->log_count, 2);
	assert_true(stage->state.ds_pending);
}

static void assert_same(const struct hf_roll_state *one, const struct hf_roll_state *other)
{
	struct hf_buf a = {.data = NULL}, b = {.data = NULL};
	hf_roll_state_put(one, &a);
	hf_roll_state_put(other, &b);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
	hf_buf_done(&a);
	hf_buf_done(&b);
}

static void test_round_trip(void **data)
{
	(void)data;
	struct stage stage;
	struct hf_roll_state back, copy;
	struct hf_buf bytes = {.data = NULL};
	busy(&stage);
	hf_roll_state_put(&stage.state, &bytes);
	assert_int_equal(hf_buf_check(&bytes), HF_OK);
	/* A seed of the fuzzer's corpus, for who wants to write it anew. */
	const char *path = getenv("HOLDFAST_CORPUS");
	if (path != NULL) {
		FILE *file = fopen(path, "w");
		assert_non_null(file);
		assert_int_equal(fwrite(bytes.data, 1, bytes.len, file), bytes.len);
		fclose(file);
	}
	assert_int_equal(hf_roll_state_get(bytes.data, bytes.len, NULL, &back), HF_OK);
	assert_int_equal(hf_roll_state_copy(&stage.state, &copy), HF_OK);
	assert_same(&stage.state, &back);
	assert_same(&stage.state, &copy);
	hf_roll_state_done(&copy);
	/* A daemon that was restarted goes on as the other one would have. */
	hf_roll_state_done(&stage.state);
	stage.state = back;
	stage_run(&stage, stage.now + 100000, false);
	assert_int_equal(stage.state.done, 2);
	hf_buf_done(&bytes);
	stage_done(&stage);
}

static void test_every_cut_is_refused(void **data)
{
	(void)data;
	struct stage stage;
	struct hf_roll_state back;
	struct hf_buf bytes = {.data = NULL};
	busy(&stage);
	hf_roll_state_put(&stage.state, &bytes);
	for (size_t len = 0; len < bytes.len; len++) {
		struct hf_diag diag;
		hf_diag_init(&diag, 1);
		assert_int_equal(hf_roll_state_get(bytes.data, len, &diag, &back), HF_ERR_SYNTAX);
		assert_int_equal(diag.count, 1);
		hf_diag_done(&diag);
	}
	hf_put_u8(&bytes, 0);
	assert_int_equal(hf_roll_state_get(bytes.data, bytes.len, NULL, &back), HF_ERR_SYNTAX);
	hf_buf_done(&bytes);
	stage_done(&stage);
}

/* Damage is refused, or is another state that is stored as just those bytes. */
static void test_damage(void **data)
{
	(void)data;
	struct stage stage;
	struct hf_roll_state back;
	struct hf_buf bytes = {.data = NULL};
	unsigned refused = 0;
	busy(&stage);
	hf_roll_state_put(&stage.state, &bytes);
	for (size_t at = 0; at < bytes.len; at++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			bytes.data[at] ^= (uint8_t)(1u << bit);
			enum hf_err err = hf_roll_state_get(bytes.data, bytes.len, NULL, &back);
			assert_true(err == HF_OK || err == HF_ERR_SYNTAX);
			refused += err != HF_OK;
			if (err == HF_OK) {
				struct hf_buf again = {.data = NULL};
				hf_roll_state_put(&back, &again);
				assert_int_equal(again.len, bytes.len);
				assert_memory_equal(again.data, bytes.data, bytes.len);
				hf_buf_done(&again);
				hf_roll_state_done(&back);
			}
			bytes.data[at] ^= (uint8_t)(1u << bit);
		}
	}
	assert_true(refused > bytes.len);
	hf_buf_done(&bytes);
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_round_trip),
	        cmocka_unit_test(test_every_cut_is_refused),
	        cmocka_unit_test(test_damage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
