/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any text is refused with a sentence, or is a capture that reads back as it is written. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "net/capture.h"

/* Every exchange that fits is played once, and whatever is in it gives an end. */
static void play(struct hf_capture *capture)
{
	struct hf_exchange exchange = {.question = {.name = HF_NAME_ROOT, .type = KNOT_RRTYPE_NS}};
	if (hf_endpoint_parse("192.0.2.1", HF_PORT_DNS, &exchange.server) != HF_OK)
		abort();
	for (int i = 0; i < 3; i++) {
		if (hf_capture_play(capture, &exchange) != HF_OK ||
		        (exchange.end == HF_EXCHANGE_ANSWER) != (exchange.message != NULL))
			abort();
		hf_exchange_done(&exchange);
	}
}

/* Written and read again it is the same. */
static void check_text(struct hf_capture *capture)
{
	struct hf_buf first = {0}, second = {0};
	struct hf_capture *again;
	if (hf_capture_put(capture, &first) != HF_OK ||
	        hf_capture_read("fuzz", (const char *)first.data, first.len, NULL, &again) !=
	                HF_OK ||
	        hf_capture_put(again, &second) != HF_OK || first.len != second.len ||
	        memcmp(first.data, second.data, first.len) != 0)
		abort();
	hf_capture_free(again);
	hf_buf_done(&first);
	hf_buf_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_diag diag;
	struct hf_capture *capture;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	enum hf_err err = hf_capture_read("fuzz", (const char *)data, size, &diag, &capture);
	if (err != HF_OK && diag.count == 0)
		abort();
	hf_diag_done(&diag);
	if (err != HF_OK)
		return 0;
	check_text(capture);
	play(capture);
	hf_capture_free(capture);
	return 0;
}
