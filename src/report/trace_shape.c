/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/trace_shape.h"

size_t hf_trace_above(const struct hf_trace *trace, size_t link)
{
	const struct hf_name *zone = &trace->links[link].zone;
	size_t best = HF_LINK_NONE;
	for (size_t i = 0; i < link; i++) {
		const struct hf_name *other = &trace->links[i].zone;
		if (!hf_name_equal(zone, other) && hf_name_is_under(zone, other) &&
		        (best == HF_LINK_NONE || other->len >= trace->links[best].zone.len))
			best = i;
	}
	return best;
}

unsigned hf_trace_depth(const struct hf_trace *trace, size_t link)
{
	unsigned depth = 0;
	while ((link = hf_trace_above(trace, link)) != HF_LINK_NONE)
		depth++;
	return depth;
}

bool hf_link_ds_holds(const struct hf_link *link, size_t ds)
{
	int key = link->ds[ds].key;
	return key >= 0 && (size_t)key < link->key_count && link->keys[key].trusted &&
	       link->keys[key].signs_keys;
}

bool hf_link_ds_repeats(const struct hf_link *link, size_t ds)
{
	for (size_t i = 0; i < ds; i++) {
		if (link->ds[i].tag == link->ds[ds].tag && link->ds[i].key == link->ds[ds].key &&
		        link->ds[i].algorithm == link->ds[ds].algorithm)
			return true;
	}
	return false;
}

size_t hf_link_sig_key(const struct hf_link *link, const struct hf_link_sig *sig)
{
	if (!hf_name_equal(&sig->signer, &link->zone))
		return HF_LINK_NONE;
	for (size_t i = 0; i < link->key_count; i++) {
		if (link->keys[i].tag == sig->tag && link->keys[i].algorithm == sig->algorithm)
			return i;
	}
	return HF_LINK_NONE;
}

bool hf_link_sig_repeats(const struct hf_link *link, size_t sig)
{
	const struct hf_link_sig *later = &link->sigs[sig];
	for (size_t i = 0; i < sig; i++) {
		const struct hf_link_sig *first = &link->sigs[i];
		if (first->covered == later->covered && first->tag == later->tag &&
		        first->algorithm == later->algorithm && first->cause == later->cause &&
		        first->inception == later->inception &&
		        first->expiration == later->expiration &&
		        hf_name_equal(&first->owner, &later->owner) &&
		        hf_name_equal(&first->signer, &later->signer))
			return true;
	}
	return false;
}

bool hf_link_key_fails(const struct hf_link *link, size_t key)
{
	for (size_t i = 0; i < link->sig_count; i++) {
		if (link->sigs[i].cause != HF_CAUSE_NONE &&
		        hf_link_sig_key(link, &link->sigs[i]) == key)
			return true;
	}
	return false;
}

hf_time hf_link_until(const struct hf_link *link)
{
	hf_time until = HF_TIME_NONE;
	for (size_t i = 0; i < link->sig_count; i++) {
		const struct hf_link_sig *sig = &link->sigs[i];
		if (sig->cause == HF_CAUSE_NONE &&
		        (until == HF_TIME_NONE || sig->expiration < until))
			until = sig->expiration;
	}
	return until;
}

size_t hf_trace_records(const struct hf_trace *trace)
{
	size_t count = 0;
	for (size_t i = 0; i < trace->answer_count; i++)
		count += trace->answer[i].set.rr_count;
	return count;
}

const char *hf_side_words(enum hf_side side)
{
	static const char *const names[] = {
	        [HF_SIDE_NOBODY] = NULL,
	        [HF_SIDE_ZONE] = "at the zone",
	        [HF_SIDE_PARENT] = "at the parent",
	        [HF_SIDE_EITHER] = NULL, /* the fix names both */
	        [HF_SIDE_SERVER] = "at the servers",
	        [HF_SIDE_RESOLVER] = "at the resolver",
	};
	return names[side];
}

const char *hf_cause_brief(enum hf_cause cause)
{
	static const char *const words[HF_CAUSES] = {
	        [HF_CAUSE_NONE] = "good",
	        [HF_CAUSE_NO_DNSKEY] = "is not there",
	        [HF_CAUSE_UNSIGNED] = "is not signed",
	        [HF_CAUSE_EXPIRED] = "expired",
	        [HF_CAUSE_EARLY] = "not valid yet",
	        [HF_CAUSE_REVERSED] = "expires before it begins",
	        [HF_CAUSE_BAD_SIGNATURE] = "does not verify",
	        [HF_CAUSE_SAME_TAG] = "does not verify",
	        [HF_CAUSE_BAD_LENGTH] = "has a wrong length",
	        [HF_CAUSE_SIGNER_NO_KEY] = "its key is not there",
	        [HF_CAUSE_SIGNER_REVOKED] = "its key is revoked",
	        [HF_CAUSE_SIGNER_NOT_ZONE_KEY] = "its key is no zone key",
	        [HF_CAUSE_SIGNER_FOREIGN] = "signed by another zone",
	        [HF_CAUSE_LABELS] = "counts too many labels",
	        [HF_CAUSE_SIG_ALGORITHM] = "unsupported algorithm",
	        [HF_CAUSE_BAD_RRSIG] = "malformed",
	        [HF_CAUSE_NO_DENIAL] = "no denial record",
	        [HF_CAUSE_TYPE_EXISTS] = "denied, and exists",
	        [HF_CAUSE_NOT_COVERED] = "denial does not cover it",
	        [HF_CAUSE_WILDCARD_OPEN] = "wildcard is not denied",
	        [HF_CAUSE_NO_ENCLOSER] = "no closest encloser",
	        [HF_CAUSE_DENIAL_SIDE] = "denied by the wrong zone",
	        [HF_CAUSE_WILDCARD_EXPANSION] = "the name is not denied",
	        [HF_CAUSE_NO_ANSWER] = "no answer",
	        [HF_CAUSE_RCODE] = "servers refuse or fail",
	        [HF_CAUSE_NO_DS] = "is proven not to be there",
	};
	return words[cause] != NULL ? words[cause] : hf_cause_info(cause)->name;
}
