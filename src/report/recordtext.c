/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/recordtext.h"

#include <inttypes.h>

#include "dns/rdatatext.h"

enum hf_err hf_record_put(struct hf_buf *out, const struct hf_name *owner,
        const struct hf_rrset *set, struct hf_rdata rdata)
{
	char name[HF_NAME_TEXT], type[HF_TYPE_TEXT];
	hf_put_format(out, "%s %" PRIu32 " IN %s ", hf_name_text(owner, name), set->ttl,
	        hf_type_text(set->type, type));
	return hf_rdata_text(set->type, rdata, out);
}
