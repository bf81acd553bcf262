/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/tsig_key.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Names of one label: its length, the label, the root (RFC 8945 section 6). */
static const struct hf_tsig_algorithm algorithms[] = {
        {"hmac-sha1", {11, "\011hmac-sha1"}, HF_HMAC_SHA1},
        {"hmac-sha224", {13, "\013hmac-sha224"}, HF_HMAC_SHA224},
        {"hmac-sha256", {13, "\013hmac-sha256"}, HF_HMAC_SHA256},
        {"hmac-sha384", {13, "\013hmac-sha384"}, HF_HMAC_SHA384},
        {"hmac-sha512", {13, "\013hmac-sha512"}, HF_HMAC_SHA512},
};

static const struct hf_tsig_algorithm *find_algorithm(const char *text)
{
	size_t len = strlen(text);
	if (len > 0 && text[len - 1] == '.')
		len--;
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
		if (strlen(algorithms[i].text) == len &&
		        strncasecmp(algorithms[i].text, text, len) == 0)
			return &algorithms[i];
	return NULL;
}

static enum hf_err take_secret(
        const struct hf_tsig_spec *spec, struct hf_secret *secret, struct hf_diag *diag)
{
	enum hf_err err = hf_secret_init(secret, HF_TSIG_SECRET);
	if (err != HF_OK)
		return hf_fail(diag, err, "TSIG key %s: %s", spec->name, hf_err_text(err));
	err = hf_secret_take_base64(secret, spec->secret, strlen(spec->secret));
	if (err == HF_ERR_LIMIT)
		return hf_fail(diag, err, "TSIG key %s: its secret has more than %d bytes",
		        spec->name, HF_TSIG_SECRET);
	if (err != HF_OK)
		return hf_fail(diag, err,
		        "TSIG key %s: its secret is not base64; copy it whole, without quotes",
		        spec->name);
	if (secret->len == 0)
		return hf_fail(diag, HF_ERR_SYNTAX, "TSIG key %s: its secret is empty", spec->name);
	return HF_OK;
}

enum hf_err hf_tsig_key_new(
        const struct hf_tsig_spec *spec, struct hf_diag *diag, struct hf_tsig_key **ret_key)
{
	const char *algorithm = spec->algorithm != NULL ? spec->algorithm : "hmac-sha256";
	struct hf_tsig_key *key = calloc(1, sizeof(*key));
	if (key == NULL)
		return HF_ERR_NOMEM;
	key->refs = 1;
	enum hf_err err = hf_name_from_text(spec->name, &key->name);
	hf_name_lower(&key->name);
	key->algorithm = find_algorithm(algorithm);
	if (err != HF_OK)
		err = hf_fail(diag, err, "TSIG key: '%s' is not a domain name", spec->name);
	else if (key->algorithm == NULL)
		err = hf_fail(diag, HF_ERR_UNSUPPORTED,
		        "TSIG key %s: algorithm '%s' is not supported; use hmac-sha256", spec->name,
		        algorithm);
	else
		err = take_secret(spec, &key->secret, diag);
	if (err != HF_OK) {
		hf_tsig_key_unref(key);
		return err;
	}
	*ret_key = key;
	return HF_OK;
}

struct hf_tsig_key *hf_tsig_key_ref(const struct hf_tsig_key *key)
{
	struct hf_tsig_key *shared = (struct hf_tsig_key *)key; /* only the count moves */
	atomic_fetch_add_explicit(&shared->refs, 1, memory_order_relaxed);
	return shared;
}

void hf_tsig_key_unref(const struct hf_tsig_key *key)
{
	struct hf_tsig_key *shared = (struct hf_tsig_key *)key;
	if (shared == NULL ||
	        atomic_fetch_sub_explicit(&shared->refs, 1, memory_order_acq_rel) != 1)
		return;
	hf_secret_done(&shared->secret);
	free(shared);
}

const struct hf_name *hf_tsig_key_name(const struct hf_tsig_key *key)
{
	return &key->name;
}

const char *hf_tsig_key_algorithm(const struct hf_tsig_key *key)
{
	return key->algorithm->text;
}

/* ---- Keys by name ---- */

void hf_tsig_keys_done(struct hf_tsig_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		hf_tsig_key_unref(keys->list[i]);
	free(keys->list);
	*keys = (struct hf_tsig_keys){0};
}

/* How many keys have a name before this one. */
static size_t place(const struct hf_tsig_keys *keys, const struct hf_name *name)
{
	size_t from = 0, to = keys->count;
	while (from < to) {
		size_t middle = (from + to) / 2;
		if (hf_name_cmp(&keys->list[middle]->name, name) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

const struct hf_tsig_key *hf_tsig_keys_find(
        const struct hf_tsig_keys *keys, const struct hf_name *name)
{
	size_t at = place(keys, name);
	return at < keys->count && hf_name_equal(&keys->list[at]->name, name) ? keys->list[at]
	                                                                      : NULL;
}

enum hf_err hf_tsig_keys_add(struct hf_tsig_keys *keys, const struct hf_tsig_key *key)
{
	if (hf_tsig_keys_find(keys, &key->name) != NULL)
		return HF_ERR_EXISTS;
	struct hf_tsig_key **list =
	        reallocarray(keys->list, keys->count + 1, sizeof(keys->list[0]));
	if (list == NULL)
		return HF_ERR_NOMEM;
	keys->list = list;
	size_t at = place(keys, &key->name);
	memmove(&list[at + 1], &list[at], (keys->count - at) * sizeof(list[0]));
	list[at] = hf_tsig_key_ref(key);
	keys->count++;
	return HF_OK;
}

enum hf_err hf_tsig_keys_copy(const struct hf_tsig_keys *keys, struct hf_tsig_keys *ret_keys)
{
	struct hf_tsig_keys copy = {0};
	if (keys->count > 0) {
		copy.list = calloc(keys->count, sizeof(copy.list[0]));
		if (copy.list == NULL)
			return HF_ERR_NOMEM;
	}
	for (; copy.count < keys->count; copy.count++)
		copy.list[copy.count] = hf_tsig_key_ref(keys->list[copy.count]);
	*ret_keys = copy;
	return HF_OK;
}
