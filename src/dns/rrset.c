/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/rrset.h"

#include <string.h>

struct hf_rdata_walk hf_rrset_rrs(const struct hf_rrset *set)
{
	return (struct hf_rdata_walk){.at = set->rrs, .end = set->rrs + set->rrs_len};
}

struct hf_rdata_walk hf_rrset_sigs(const struct hf_rrset *set)
{
	return (struct hf_rdata_walk){.at = set->sigs, .end = set->sigs + set->sigs_len};
}

bool hf_rdata_next(struct hf_rdata_walk *walk, struct hf_rdata *ret_rdata)
{
	if (walk->at == walk->end)
		return false;
	uint16_t len = hf_read_u16(walk->at);
	*ret_rdata = (struct hf_rdata){.data = walk->at + 2, .len = len};
	walk->at += 2u + len;
	return true;
}

bool hf_rrset_first(const struct hf_rrset *set, struct hf_rdata *ret_rdata)
{
	struct hf_rdata_walk walk = hf_rrset_rrs(set);
	return hf_rdata_next(&walk, ret_rdata);
}

/* The owner that was signed: with fewer labels than the owner has, a wildcard (RFC 4035 §5.3.2). */
static enum hf_err signed_owner(
        const struct hf_name *owner, uint8_t labels, struct hf_name *ret_owner)
{
	/* The asterisk of a wildcard does not count as a label. */
	unsigned have = hf_name_labels(owner) - (hf_name_is_wildcard(owner) ? 1 : 0);
	if (labels > have)
		return HF_ERR_INVALID;
	*ret_owner = *owner;
	if (labels < have) {
		hf_name_strip(owner, hf_name_labels(owner) - labels, ret_owner);
		enum hf_err err = hf_name_wildcard(ret_owner, ret_owner);
		if (err != HF_OK)
			return err;
	}
	hf_name_lower(ret_owner);
	return HF_OK;
}

enum hf_err hf_signed_data(const struct hf_name *owner, const struct hf_rrset *set,
        struct hf_rdata rrsig, struct hf_buf *out)
{
	struct hf_rrsig head;
	if (!hf_rrsig_read(rrsig, &head))
		return HF_ERR_SYNTAX;
	struct hf_name name;
	enum hf_err err = signed_owner(owner, head.labels, &name);
	if (err != HF_OK)
		return err;
	hf_name_lower(&head.signer);
	head.signature_len = 0;
	hf_buf_reset(out);
	hf_rrsig_put(out, &head);

	uint8_t fixed[8];
	hf_write_u16(fixed, set->type);
	hf_write_u16(fixed + 2, KNOT_CLASS_IN);
	hf_write_u32(fixed + 4, head.ttl);
	struct hf_rdata_walk walk = hf_rrset_rrs(set);
	struct hf_rdata rdata;
	while (hf_rdata_next(&walk, &rdata)) {
		hf_put_bytes(out, name.wire, name.len);
		hf_put_bytes(out, fixed, sizeof(fixed));
		/* The packed form is the length in network order and the RDATA, as on the wire. */
		hf_put_bytes(out, rdata.data - 2, 2u + rdata.len);
	}
	return hf_buf_check(out);
}
