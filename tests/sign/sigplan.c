/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sigplan.h"

#include "../house/must.h"

void sig_plan_sign(const struct sig_plan *plan, const struct hf_name *owner,
        const struct hf_rrset *set, struct hf_buf *out)
{
	struct hf_buf head = {0}, message = {0};
	struct hf_rrsig rrsig = plan->rrsig;
	struct hf_signer *signer;
	uint8_t signature[HF_SIG_MAX + 8] = {0};
	size_t len = 0;
	hf_rrsig_put(&head, &rrsig);
	struct hf_rdata rdata = {.data = head.data, .len = (uint16_t)head.len};
	(void)!hf_signed_data(owner, set, rdata, &message);
	MUST(hf_signer_new(plan->pair, &signer) == HF_OK);
	MUST(hf_signer_sign(signer, message.data, message.len, signature, &len) == HF_OK);
	hf_signer_free(signer);
	signature[0] ^= plan->flip;
	rrsig.signature = signature;
	rrsig.signature_len = (uint16_t)((int)len + plan->resize);
	hf_rrsig_put(out, &rrsig);
	hf_buf_done(&head);
	hf_buf_done(&message);
}
