/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as the messages that answer a signed request, each behind its length: none is believed
 * that is not signed, however the stream goes on.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "dns/message.h"
#include "net/tsig.h"

enum { NOW = 1800000000 };

static void must(enum hf_err err)
{
	if (err != HF_OK)
		abort();
}

/* The same request each time, so that an input can hold answers to it. */
static struct hf_tsig ask(void)
{
	static struct hf_tsig_key *key;
	struct hf_question question = {.type = KNOT_RRTYPE_AXFR};
	struct hf_tsig tsig;
	struct hf_buf query = {0};
	if (key == NULL) {
		const struct hf_tsig_spec spec = {
		        "transfer.key.", NULL, "c2VjcmV0IGZvciB0cmFuc2ZlcnMgaW4gdGVzdHMu"};
		must(hf_tsig_key_new(&spec, NULL, &key));
	}
	must(hf_name_from_text("example.", &question.name));
	must(hf_query_put(&query, 4711, &question, HF_QUERY_PLAIN));
	must(hf_tsig_sign_request(key, NOW, &query, 0, &tsig));
	hf_buf_done(&query);
	return tsig;
}

/* What must hold after each message, whatever it was. */
static void check(const struct hf_tsig *tsig, const struct hf_tsig_result *result)
{
	char text[HF_TSIG_TEXT];
	if (result->verdict == HF_TSIG_NONE)
		abort();
	if (result->verdict == HF_TSIG_GOOD && !hf_tsig_is_complete(tsig))
		abort();
	if (result->verdict == HF_TSIG_PENDING && hf_tsig_is_complete(tsig))
		abort();
	if (tsig->pending > HF_TSIG_UNSIGNED || strlen(hf_tsig_result_text(result, text)) == 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_tsig tsig = ask();
	while (size >= 2) {
		size_t len = hf_read_u16(data);
		if (len > size - 2)
			len = size - 2;
		struct hf_tsig_result result;
		must(hf_tsig_check_answer(&tsig, data + 2, len, NOW, &result));
		check(&tsig, &result);
		data += 2 + len;
		size -= 2 + len;
	}
	hf_tsig_done(&tsig);
	return 0;
}
