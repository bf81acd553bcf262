/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All keepers by the name of their zone. For the loop's thread.
 */
#ifndef HF_DAEMON_KEEPERS_H
#define HF_DAEMON_KEEPERS_H

#include "daemon/keeper.h"

/* Zero-initialised is empty. */
struct hf_keepers {
	struct hf_keeper **list; /* in canonical order of the zones' names */
	size_t count, room;
};

void hf_keepers_done(struct hf_keepers *keepers); /* the list, not the keepers */
/* Borrowed; NULL when there is none. */
struct hf_keeper *hf_keepers_find(const struct hf_keepers *keepers, const struct hf_name *zone);
/* Room for that many more, so that adding them cannot fail. */
enum hf_err hf_keepers_reserve(struct hf_keepers *keepers, size_t more) HF_MUST_CHECK;
void hf_keepers_add(struct hf_keepers *keepers, struct hf_keeper *keeper);
void hf_keepers_remove(struct hf_keepers *keepers, const struct hf_keeper *keeper);

#endif
