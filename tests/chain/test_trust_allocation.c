/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Failing allocations in trust points and their text, and in the forms of traced chains: each run
 * ends with HF_ERR_NOMEM, and a trust point is then what it was before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../house/failing.h"
#include "../report/trace_samples.h"
#include "keystand.h"
#include "report/anchors_report.h"
#include "report/trace_json.h"
#include "report/trace_svg.h"
#include "report/trace_text.h"

/* What all sweeps share, made before anything fails. */
static struct {
	struct stand stand;
	struct hf_trust_point point; /* trusts key 0, knows of key 1; a DS stands for key 2 */
	char *text;
	struct hf_node *node;
	struct hf_rrset set; /* revokes key 0, brings keys 2 and 3 */
	struct sample samples[SAMPLE_KINDS];
} shared;

static int set_up(void **state)
{
	const enum stand_use first[STAND_KEYS] = {STAND_SIGNS, STAND_IN};
	const enum stand_use second[STAND_KEYS] = {STAND_REVOKE, STAND_IN, STAND_SIGNS, STAND_IN};
	stand_init(&shared.stand);
	hf_trust_point_init(&shared.point, &HF_NAME_ROOT);
	stand_seed(&shared.stand, &shared.point, 0, KNOT_RRTYPE_DNSKEY, STAND_AT);
	stand_seed(&shared.stand, &shared.point, 2, KNOT_RRTYPE_DS, STAND_AT);
	stand_show(&shared.stand, &shared.point, first, STAND_AT);
	shared.text = stand_text(&shared.point);
	shared.node = stand_set(&shared.stand, second, STAND_AT + STAND_DAY);
	assert_true(hf_node_find(shared.node, KNOT_RRTYPE_DNSKEY, &shared.set));
	for (int kind = 0; kind < SAMPLE_KINDS; kind++)
		sample_init(&shared.samples[kind], kind);
	return 0;
}

static int tear_down(void **state)
{
	hf_node_unref(shared.node);
	free(shared.text);
	hf_trust_point_done(&shared.point);
	stand_done(&shared.stand);
	return 0;
}

static enum hf_err parse(struct hf_trust_book *ret_book)
{
	return hf_trust_book_parse("state", shared.text, strlen(shared.text), NULL, ret_book);
}

static enum hf_err read_and_write(const void *context)
{
	struct hf_buf out = {0};
	struct hf_trust_book book = {0};
	enum hf_err err = parse(&book);
	if (err == HF_OK)
		err = hf_trust_book_put(&book, &out);
	assert_true(err != HF_OK || out.len == strlen(shared.text));
	hf_buf_done(&out);
	hf_trust_book_done(&book);
	return err;
}

static enum hf_err read_nonsense(const void *context)
{
	static const char text[] = "; holdfast trust anchors, form 1\nzone .\n"
	                           "key valid 2026-01-01T00:00:00Z - DNSKEY 257 3 15 AgID\n"
	                           "zone net.\n"
	                           "key valid 2026-01-01T00:00:00Z - DNSKEY 257 3 15 nonsense!\n";
	struct hf_trust_book book = {0};
	struct hf_diag diag;
	hf_diag_init(&diag, 1);
	enum hf_err err = hf_trust_book_parse("state", text, strlen(text), &diag, &book);
	hf_diag_done(&diag);
	return err;
}

static enum hf_err observe(const void *context)
{
	struct hf_trust_result result;
	struct hf_trust_book book = {0};
	enum hf_err err = parse(&book);
	if (err != HF_OK)
		return err;
	struct hf_trust_point *point = &book.points[0];
	err = hf_trust_point_observe(point, &shared.set, STAND_AT + STAND_DAY, &result);
	if (err == HF_OK) {
		assert_int_equal(result.outcome, HF_TRUST_PROVEN);
		assert_int_equal(result.count, 3);
	} else {
		assert_int_equal(point->checked, STAND_AT);
		assert_int_equal(point->count, 2);
		assert_int_equal(point->seeds.count, 1);
	}
	hf_trust_book_done(&book);
	return err;
}

static enum hf_err hand_out(const void *context)
{
	struct hf_anchors anchors = {0};
	struct hf_trust_book book = {0};
	enum hf_err err = hf_trust_point_anchors(&shared.point, &anchors);
	if (err == HF_OK)
		err = hf_trust_book_seed(&book, &anchors, STAND_AT, NULL);
	for (enum hf_anchors_form form = HF_ANCHORS_ZONE; form <= HF_ANCHORS_BIND && err == HF_OK;
	        form++) {
		struct hf_buf out = {0};
		err = hf_anchors_export(&book, form, NULL, &out);
		hf_buf_done(&out);
	}
	hf_trust_book_done(&book);
	hf_anchors_done(&anchors);
	return err;
}

typedef enum hf_err form_fn(const struct hf_trace *trace, struct hf_buf *out);

static enum hf_err put_samples(form_fn *form)
{
	enum hf_err err = HF_OK;
	for (int kind = 0; kind < SAMPLE_KINDS && err == HF_OK; kind++) {
		struct hf_buf out = {0};
		err = form(&shared.samples[kind].trace, &out);
		hf_buf_done(&out);
	}
	return err;
}

static enum hf_err put_texts(const void *context)
{
	return put_samples(hf_trace_text);
}

static enum hf_err put_json(const void *context)
{
	return put_samples(hf_trace_json);
}

static enum hf_err put_pictures(const void *context)
{
	return put_samples(hf_trace_svg);
}

static void books(void **state)
{
	sweep("reading and writing a book", read_and_write, NULL, HF_OK);
	sweep("reading nonsense", read_nonsense, NULL, HF_ERR_SYNTAX);
	sweep("anchors for others", hand_out, NULL, HF_OK);
}

static void observations(void **state)
{
	sweep("an observation", observe, NULL, HF_OK);
}

static void forms(void **state)
{
	sweep("text", put_texts, NULL, HF_OK);
	sweep("JSON", put_json, NULL, HF_OK);
	sweep("pictures", put_pictures, NULL, HF_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(books),
	        cmocka_unit_test(observations),
	        cmocka_unit_test(forms),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
