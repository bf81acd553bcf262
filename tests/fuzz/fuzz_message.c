/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes are refused with a sentence, or are a message whose sets hold together. */
#include "fuzz.h"

#include <stdlib.h>

#include "dns/message.h"

/* Packed records fill their bytes, in canonical order and without repeats. */
static void check_walk(struct hf_rdata_walk walk, unsigned count)
{
	struct hf_rdata rdata, last = {0};
	for (; hf_rdata_next(&walk, &rdata); count--) {
		if (count == 0 || walk.at > walk.end)
			abort();
		if (last.data != NULL && hf_rdata_cmp(last, rdata) >= 0)
			abort();
		last = rdata;
	}
	if (count != 0)
		abort();
}

static void check_set(const struct hf_message *message, const struct hf_message_set *set)
{
	struct hf_name lower = set->owner;
	hf_name_lower(&lower);
	for (size_t i = 0; i < lower.len; i++)
		if (lower.wire[i] != set->owner.wire[i])
			abort();
	if (set->set.rr_count + set->set.sig_count == 0 ||
	        hf_name_wire_len(lower.wire, lower.len) != lower.len)
		abort();
	check_walk(hf_rrset_rrs(&set->set), set->set.rr_count);
	check_walk(hf_rrset_sigs(&set->set), set->set.sig_count);
	/* There is no second set of this owner and type in the section. */
	if (hf_message_find(message, set->section, &set->owner, set->set.type) != set)
		abort();
}

static void check(const struct hf_message *message)
{
	for (size_t i = 0; i < message->set_count; i++) {
		check_set(message, &message->sets[i]);
		if (i > 0 && message->sets[i].section < message->sets[i - 1].section)
			abort();
	}
	for (size_t i = 0; i < message->ede_count; i++)
		for (const char *at = message->edes[i].text; *at != '\0'; at++)
			if (*at < ' ' || *at > '~')
				abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_diag diag;
	struct hf_message *message;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	if (hf_message_parse(data, size, &diag, &message) == HF_OK) {
		check(message);
		hf_message_free(message);
	} else if (diag.count != 1) {
		abort();
	}
	hf_diag_done(&diag);
	return 0;
}
