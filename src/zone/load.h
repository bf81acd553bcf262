/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loading a zone file into a version.
 *
 * Large files are cut into stretches (zone/split.h) that are read and turned into nodes on all
 * threads of a pool; the result, and the errors, are the same as in one piece. All errors are
 * collected with file and line, up to the diagnostic's limit; with any error there is no version.
 */
#ifndef HF_ZONE_LOAD_H
#define HF_ZONE_LOAD_H

#include "base/pool.h"
#include "zone/records.h"
#include "zone/version.h"

struct hf_load_options {
	const char *origin;   /* zone name as text; NULL: the owner of the one SOA record */
	struct hf_pool *pool; /* NULL: on this thread alone */
	const struct hf_progress *progress; /* may be NULL */
	bool refuse_foreign; /* owners outside the zone are errors, with their line */
	size_t stretch_min;  /* bytes that are worth a task of their own; 0: the default */
};

/* `path` "-" is standard input. The caller owns a reference to the version. */
enum hf_err hf_zone_load(const char *path, const struct hf_load_options *options,
        struct hf_diag *diag, struct hf_version **ret_version) HF_MUST_CHECK;
/* The same from memory; `name` stands for the file in messages. $INCLUDE is refused. */
enum hf_err hf_zone_load_text(const char *name, const char *text, size_t len,
        const struct hf_load_options *options, struct hf_diag *diag,
        struct hf_version **ret_version) HF_MUST_CHECK;

/* Every record of a file, in file order, for other uses of master-file text (DS files, trust
 * anchors). Of the options, `origin` and `progress` count. */
enum hf_err hf_records_load(const char *path, const struct hf_load_options *options,
        hf_record_fn *visit, void *context, struct hf_diag *diag) HF_MUST_CHECK;

#endif
