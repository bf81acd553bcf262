/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/digest.h"
#include "dns/rdatatext.h"
#include "report/keys_report.h"

/* What a parent may be given: keys that sign the DNSKEY set now or will, in their final form. */
static bool for_parent(const struct hf_keyfile *key, hf_time at)
{
	enum hf_key_state state = hf_keyfile_state(key, at);
	return key->role != HF_ROLE_ZSK && state != HF_KEY_REVOKED && state != HF_KEY_REMOVED;
}

static enum hf_err put_ds(const struct hf_keyfile *key, struct hf_buf *rdata, struct hf_buf *out)
{
	char owner[HF_NAME_TEXT];
	hf_buf_reset(rdata);
	enum hf_err err = hf_ds_put(rdata, HF_DIGEST_SHA256, &key->owner, hf_keyfile_dnskey(key));
	if (err != HF_OK)
		return err;
	struct hf_rdata ds = {.data = rdata->data, .len = (uint16_t)rdata->len};
	hf_put_format(out, "%s IN DS ", hf_name_text(&key->owner, owner));
	err = hf_rdata_text(KNOT_RRTYPE_DS, ds, out);
	hf_put_text(out, "\n");
	return err != HF_OK ? err : hf_buf_check(out);
}

enum hf_err hf_keys_ds(const struct hf_keydir *keys, hf_time at, struct hf_buf *out)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf rdata = {0};
	for (size_t i = 0; i < keys->count; i++) {
		if (!for_parent(keys->keys[i], at))
			continue;
		enum hf_err err = put_ds(keys->keys[i], &rdata, out);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}
