/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much of a name is shown with each question. What answers do to it: test_trace_minimised.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/minimise.h"

#define LABELS_MAX 127

/* The example of RFC 9156 section 2.3. */
static void a_name_of_18_labels(void **state)
{
	static const unsigned expected[] = {1, 2, 3, 4, 6, 8, 10, 12, 15, 18};
	(void)state;
	unsigned shown = 0;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		shown = hf_minimise_labels(shown, 18);
		assert_int_equal(shown, expected[i]);
	}
}

static void short_names_go_label_by_label(void **state)
{
	(void)state;
	for (unsigned all = 0; all <= HF_MINIMISE_COUNT; all++)
		for (unsigned shown = 0; shown < all; shown++)
			assert_int_equal(hf_minimise_labels(shown, all), shown + 1);
}

/* From any zone on: on and on, to the end, in no more steps than are allowed. */
static void every_name_ends(void **state)
{
	(void)state;
	for (unsigned all = 0; all <= LABELS_MAX; all++) {
		for (unsigned zone = 0; zone <= all; zone++) {
			unsigned steps = 0;
			for (unsigned shown = zone; shown < all; steps++) {
				unsigned next = hf_minimise_labels(shown, all);
				assert_in_range(next, shown + 1, all);
				shown = next;
			}
			assert_in_range(steps, zone < all, HF_MINIMISE_COUNT);
			assert_int_equal(hf_minimise_labels(all, all), all);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_name_of_18_labels),
	        cmocka_unit_test(short_names_go_label_by_label),
	        cmocka_unit_test(every_name_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
