/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Key files: any bytes are refused with a sentence, or give a key that holds together.
 *
 * An input is the files' name without suffix, a line feed, and the texts of .key, .private and
 * .state with a zero byte between them.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/keyfile.h"
#include "crypto/keylife.h"
#include "fuzz.h"

#define SOME_TIME 1767323045

static void check(const struct hf_keyfile *key, enum hf_keyfile_flags flags)
{
	struct hf_rdata dnskey = hf_keyfile_dnskey(key);
	struct hf_key_date next;
	if (hf_dnskey_tag(dnskey) != key->tag || key->owner.len == 0 ||
	        (key->tag != key->plain_tag && key->tag != key->revoked_tag))
		abort();
	if (hf_keyfile_next(key, SOME_TIME, &next) && next.time <= SOME_TIME)
		abort();
	if (hf_keyfile_since(key, SOME_TIME) > SOME_TIME)
		abort();
	if ((flags & HF_KEYFILE_PRIVATE) != 0 &&
	        (key->pair == NULL || !hf_rdata_equal(hf_keypair_dnskey(key->pair), dnskey)))
		abort();
}

static void parse(const char *name, const struct hf_keyfile_text *text, enum hf_keyfile_flags flags)
{
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	struct hf_keyfile *key;
	if (hf_keyfile_parse(name, text, flags, &diag, &key) == HF_OK) {
		check(key, flags);
		hf_keyfile_free(key);
	} else if (diag.count != 1) {
		abort();
	}
	hf_diag_done(&diag);
}

/* The text up to the next zero byte; NULL when there is none left. */
static const char *part(const char **at, const char *end, size_t *ret_len)
{
	if (*at == NULL)
		return NULL;
	const char *start = *at;
	const char *zero = memchr(start, '\0', (size_t)(end - start));
	*ret_len = (size_t)((zero != NULL ? zero : end) - start);
	*at = zero != NULL ? zero + 1 : NULL;
	return start;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size;
	const char *line = size > 0 ? memchr(at, '\n', size) : NULL;
	if (line == NULL)
		return 0;
	char *name = strndup(at, (size_t)(line - at));
	if (name == NULL)
		return 0;
	at = line + 1;
	struct hf_keyfile_text text = {0};
	text.key = part(&at, end, &text.key_len);
	text.private = part(&at, end, &text.private_len);
	text.state = part(&at, end, &text.state_len);
	parse(name, &text, HF_KEYFILE_PUBLIC);
	parse(name, &text, HF_KEYFILE_PRIVATE);
	free(name);
	return 0;
}
