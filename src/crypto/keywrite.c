/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/outfile.h"
#include "crypto/keyname.h"
#include "crypto/keyparse.h"
#include "crypto/keytext.h"
#include "dns/rdatatext.h"

/* ---- texts ---- */

static enum hf_err private_text(struct hf_keyfile *key, struct hf_secret *text)
{
	char line[80], name[32], stamp[HF_TIME_TEXT];
	snprintf(line, sizeof(line), "Private-key-format: v1.3\nAlgorithm: %u (%s)\n",
	        key->algorithm, hf_alg_name(key->algorithm, name));
	hf_secret_put_text(text, line);
	enum hf_err err = hf_keypair_put(key->pair, text);
	if (err != HF_OK)
		return err;
	for (size_t i = 0; i < HF_KEY_EVENTS; i++) {
		hf_time time = *hf_key_event_time(&key->times, &HF_KEY_EVENT[i]);
		if (time == HF_TIME_NONE)
			continue;
		snprintf(line, sizeof(line), "%s: %s\n", HF_KEY_EVENT[i].name,
		        hf_time_compact(time, stamp));
		hf_secret_put_text(text, line);
	}
	return text->full ? HF_ERR_LIMIT : HF_OK;
}

/* "20260102030405 (Fri Jan  2 03:04:05 2026)": the second form is for people. */
static void put_time(struct hf_buf *out, hf_time time)
{
	char stamp[HF_TIME_TEXT], words[64];
	hf_put_text(out, hf_time_compact(time, stamp));
	time_t seconds = (time_t)time;
	struct tm parts;
	if (gmtime_r(&seconds, &parts) != NULL &&
	        strftime(words, sizeof(words), " (%a %b %e %H:%M:%S %Y)", &parts) > 0)
		hf_put_text(out, words);
}

static enum hf_err key_text(struct hf_keyfile *key, struct hf_buf *out)
{
	static const char *const roles[] = {"key-signing", "zone-signing", "combined-signing"};
	char owner[HF_NAME_TEXT];
	hf_name_text(&key->owner, owner);
	hf_put_format(out, "; This is a %s%s key, keyid %u, for %s\n",
	        key->tag == key->revoked_tag ? "revoked " : "", roles[key->role], key->tag, owner);
	for (size_t i = 0; i < HF_KEY_EVENTS; i++) {
		hf_time time = *hf_key_event_time(&key->times, &HF_KEY_EVENT[i]);
		if (time == HF_TIME_NONE)
			continue;
		hf_put_format(out, "; %s: ", HF_KEY_EVENT[i].name);
		put_time(out, time);
		hf_put_text(out, "\n");
	}
	hf_put_format(out, "%s ", owner);
	if (key->ttl != 0)
		hf_put_format(out, "%u ", key->ttl);
	hf_put_text(out, "IN DNSKEY ");
	enum hf_err err = hf_rdata_text(KNOT_RRTYPE_DNSKEY, hf_keyfile_dnskey(key), out);
	hf_put_text(out, "\n");
	return err != HF_OK ? err : hf_buf_check(out);
}

/* BIND's tools rewrite comments but keep this file, so a CSK stays one. */
static enum hf_err state_text(const struct hf_keyfile *key, struct hf_buf *out)
{
	char owner[HF_NAME_TEXT];
	hf_put_format(out,
	        "; This is the state of key %u, for %s\n"
	        "Algorithm: %u\nLength: %u\nKSK: yes\nZSK: yes\n",
	        key->tag, hf_name_text(&key->owner, owner), key->algorithm, key->bits);
	if (key->times.created != HF_TIME_NONE) {
		hf_put_text(out, "Generated: ");
		put_time(out, key->times.created);
		hf_put_text(out, "\n");
	}
	return hf_buf_check(out);
}

/* ---- files ---- */

static enum hf_err write_file(
        const char *path, mode_t mode, const void *data, size_t len, struct hf_diag *diag)
{
	struct hf_outfile *file;
	enum hf_err err = hf_outfile_new(path, mode, HF_OUTFILE_EXCLUSIVE, diag, &file);
	if (err != HF_OK)
		return err;
	err = hf_outfile_write(file, data, len, diag);
	if (err == HF_OK) {
		err = hf_outfile_commit(file, diag);
		/* It may have its name already, and failed to become durable: take it back. */
		if (err != HF_OK && err != HF_ERR_EXISTS)
			unlink(path);
	}
	hf_outfile_free(file);
	return err;
}

/* A key's files, the private half first; what was written is taken back when a later one fails. */
#define FILES 3
static enum hf_err write_files(const char *base, struct hf_keyfile *key,
        const struct hf_secret *private, struct hf_diag *diag)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf public = {0};
	HF_CLEANUP(hf_buf_done) struct hf_buf state = {0};
	enum hf_err err = key_text(key, &public);
	if (err == HF_OK && key->role == HF_ROLE_CSK)
		err = state_text(key, &state);
	const struct {
		const char *suffix;
		mode_t mode;
		const uint8_t *data;
		size_t len;
	} files[FILES] = {
	        {".private", 0600, private->data, private->len},
	        {".state", 0644, state.data, state.len},
	        {".key", 0644, public.data, public.len},
	};
	char *paths[FILES] = {NULL};
	size_t written = 0;
	for (size_t i = 0; err == HF_OK && i < FILES; i++) {
		if (files[i].len == 0)
			continue;
		if (asprintf(&paths[written], "%s%s", base, files[i].suffix) < 0) {
			paths[written] = NULL;
			err = HF_ERR_NOMEM;
			break;
		}
		err = write_file(paths[written], files[i].mode, files[i].data, files[i].len, diag);
		if (err == HF_OK)
			written++;
		else
			free(paths[written]);
	}
	for (size_t i = 0; i < written; i++) {
		if (err != HF_OK)
			unlink(paths[i]);
		free(paths[i]);
	}
	return err;
}

enum hf_err hf_keyfile_write(const char *dir, struct hf_keyfile *key, struct hf_diag *diag)
{
	char name[HF_KEYNAME_MAX];
	hf_keyname(&key->owner, key->algorithm, key->tag, name);
	char *base;
	if (asprintf(&base, "%s/%s", dir, name) < 0)
		return HF_ERR_NOMEM;
	struct hf_secret private = {0};
	enum hf_err err = hf_secret_init(&private, HF_KEYFILE_LIMIT);
	if (err == HF_OK)
		err = private_text(key, &private);
	if (err == HF_OK)
		err = write_files(base, key, &private, diag);
	hf_secret_done(&private);
	if (err != HF_OK) {
		free(base);
		return err;
	}
	free(key->path);
	key->path = base;
	key->half = HF_HALF_SAFE;
	return HF_OK;
}
