/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a zone file holds: prints "records N", "signatures N", "wire N" (bytes of all records,
 * uncompressed) and "nodes N" (bytes of memory that Holdfast keeps them in): zone_figures FILE
 */
#include <inttypes.h>
#include <stdio.h>

#include "zone/load.h"

static enum hf_err figures(const char *path, struct hf_diag *diag)
{
	struct hf_load_options options = {0};
	struct hf_version *version;
	struct hf_version_counts counts;

	enum hf_err err = hf_pool_new(0, &options.pool);
	if (err == HF_OK)
		err = hf_zone_load(path, &options, diag, &version);
	hf_pool_free(options.pool);
	if (err != HF_OK)
		return err;
	hf_version_count(version, &counts);
	hf_version_unref(version);
	printf("records %" PRIu64 "\nsignatures %" PRIu64 "\nwire %" PRIu64 "\nnodes %" PRIu64 "\n",
	        counts.records, counts.signatures, counts.wire, counts.memory);
	return HF_OK;
}

int main(int argc, char **argv)
{
	struct hf_diag diag;

	if (argc != 2) {
		fprintf(stderr, "usage: zone_figures FILE\n");
		return 2;
	}
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = figures(argv[1], &diag);
	for (size_t i = 0; i < diag.count; i++)
		fprintf(stderr, "zone_figures: %s\n", diag.entries[i].text);
	if (err != HF_OK)
		fprintf(stderr, "zone_figures: %s: %s\n", argv[1], hf_err_text(err));
	hf_diag_done(&diag);
	return err == HF_OK ? 0 : 2;
}
