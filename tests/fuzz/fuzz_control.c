/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests at the control socket: refused with a sentence, or an object that names a command. */
#include <stdlib.h>

#include "daemon/control.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_diag diag;
	json_t *request = NULL;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = hf_control_parse((const char *)data, size, &diag, &request);
	if (err == HF_OK ? json_string_value(json_object_get(request, "command")) == NULL
	                 : diag.count == 0 || request != NULL)
		abort();
	json_decref(request);
	hf_diag_done(&diag);
	return 0;
}
