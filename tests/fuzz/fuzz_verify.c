/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any zone that can be read gets a verdict, whatever is in it, and no zone beside its DS is good.
 */
#include <stdlib.h>

#include "fuzz.h"
#include "report/verify_json.h"
#include "report/verify_text.h"
#include "verify/verify.h"
#include "zone/load.h"

#define AT 1768435200 /* 2026-01-15T00:00:00Z, when the corpus is valid */

/* A DS record that belongs to no key: with it, nothing can be proven good. */
static const uint8_t ds[36] = {0x30, 0x39, 13, 2};

/* Both forms of the report must come out. */
static void print(const struct hf_report *report)
{
	struct hf_buf out = {0};
	if (hf_report_text(report, &out) != HF_OK || hf_report_json(report, &out) != HF_OK)
		abort();
	hf_buf_done(&out);
}

static void judge(const struct hf_version *version, struct hf_pool *pool)
{
	const struct hf_rdata parent = {.data = ds, .len = sizeof(ds)};
	const struct hf_verify_options options = {
	        .at = AT, .ds = &parent, .ds_count = 1, .ds_given = true};
	struct hf_report *report;
	if (hf_verify_zone(version, &options, pool, NULL, NULL, &report) != HF_OK)
		abort();
	if (report->good)
		abort();
	print(report);
	hf_report_free(report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct hf_load_options load = {.origin = NULL};
	struct hf_version *version;
	struct hf_pool *pool;
	if (hf_zone_load_text("fuzz", (const char *)data, size, &load, NULL, &version) != HF_OK)
		return 0;
	if (hf_pool_new(1, &pool) != HF_OK)
		abort();
	judge(version, pool);
	hf_pool_free(pool);
	hf_version_unref(version);
	return 0;
}
