/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/rrset.h"

#include <string.h>

#define RRSIG_LABELS 3 /* offsets in RRSIG RDATA */
#define RRSIG_TTL    4

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
	size_t signer_len = hf_rrsig_signer_len(rrsig);
	if (signer_len == 0)
		return HF_ERR_SYNTAX;
	struct hf_name name;
	enum hf_err err = signed_owner(owner, rrsig.data[RRSIG_LABELS], &name);
	if (err != HF_OK)
		return err;
	hf_buf_reset(out);
	hf_put_bytes(out, rrsig.data, HF_RRSIG_FIXED + signer_len);
	if (!out->failed)
		hf_lower(out->data + HF_RRSIG_FIXED, signer_len);

	uint8_t fixed[8];
	hf_write_u16(fixed, set->type);
	hf_write_u16(fixed + 2, KNOT_CLASS_IN);
	memcpy(fixed + 4, rrsig.data + RRSIG_TTL, 4);
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
