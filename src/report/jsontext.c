/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/jsontext.h"

#include <stdlib.h>

enum hf_err hf_json_put(json_t *value, size_t flags, struct hf_buf *out)
{
	char *text = value != NULL ? json_dumps(value, flags) : NULL;
	json_decref(value);
	if (text == NULL)
		return HF_ERR_NOMEM;
	hf_put_text(out, text);
	hf_put_text(out, "\n");
	free(text);
	return hf_buf_check(out);
}
