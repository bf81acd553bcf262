/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a ledger is made of. For ledger.c (opening, source, idle time), ledger_publish.c and
 * ledger_trim.c only.
 */
#ifndef HF_PIPELINE_LEDGER_INSIDE_H
#define HF_PIPELINE_LEDGER_INSIDE_H

#include "pipeline/ledger.h"

/* Evidence is kept for a while longer than caches can hold it: the clock may have been ahead. */
#define HF_LEDGER_SLACK (7 * 86400)
/* What ends within a second is told as ended at its beginning, and resolvers round up. */
#define HF_LEDGER_BLUR 2

struct hf_ledger {
	struct hf_ledger_memory memory;
	struct hf_name zone;
	struct hf_store *store;
	int64_t id;
	unsigned history;
	char *source_path, *published_path;
	/* NULL: there is none, or nobody knows what is on disk: the next version writes it anew. */
	struct hf_journal *source, *published;
	struct hf_store_known *known;
	bool doubtful; /* a commit failed, and may turn up after a crash */
};

/* A number for a version that no other one has. */
enum hf_err hf_ledger_number(uint64_t *ret_number, struct hf_diag *diag) HF_MUST_CHECK;
void hf_ledger_drop_journal(struct hf_journal **journal);
void hf_ledger_drop_oldest(struct hf_journal_history *history);

#endif
