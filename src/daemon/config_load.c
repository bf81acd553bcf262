/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the configuration names is read here: secrets, policies, trust anchors, hints. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/infile.h"
#include "chain/anchors_read.h"
#include "daemon/config_judge.h"

#define SMALL_FILE  (1u << 20)
#define SECRET_FILE 4096

/* A file's text for a moment; with secrets it is wiped. */
struct passing {
	char *text;
	size_t len;
};

static void passing_done(struct passing *passing)
{
	if (passing->text != NULL)
		explicit_bzero(passing->text, passing->len);
	free(passing->text);
}

static enum hf_err secret_of_file(
        struct hf_config_reader *reader, const char *path, struct passing *passing)
{
	struct stat meta;
	if (stat(path, &meta) != 0)
		return hf_fail(
		        reader->diag, HF_ERR_IO, "cannot open %s: %s", path, strerror(errno));
	if ((meta.st_mode & (S_IROTH | S_IWOTH)) != 0)
		return hf_fail_at(reader->diag, HF_ERR_REFUSED, path, 0,
		        "others can read or write this secret; change its permissions to 0600 or "
		        "0640");
	enum hf_err err =
	        hf_file_read(path, SECRET_FILE, reader->diag, &passing->text, &passing->len);
	if (err == HF_OK)
		passing->text[strcspn(passing->text, " \t\r\n")] = '\0';
	return err;
}

static enum hf_err load_key(struct hf_config_reader *reader, struct hf_config_key *key)
{
	HF_CLEANUP(passing_done) struct passing passing = {0};
	char name[HF_NAME_TEXT];
	enum hf_err err = HF_OK;
	if (key->secret_file != NULL)
		err = secret_of_file(reader, key->secret_file, &passing);
	if (err != HF_OK)
		return err;
	const struct hf_tsig_spec spec = {.name = hf_name_text(&key->name, name),
	        .algorithm = key->algorithm,
	        .secret = key->secret_file != NULL ? passing.text : key->secret};
	err = hf_tsig_key_new(&spec, reader->diag, &key->tsig);
	if (key->secret != NULL)
		explicit_bzero(key->secret, strlen(key->secret));
	return err;
}

static enum hf_err load_keys(struct hf_config_reader *reader, struct hf_config *config)
{
	for (size_t i = 0; i < config->keys.count; i++) {
		struct hf_config_key *key = &config->keys.items[i];
		enum hf_err err = load_key(reader, key);
		if (err == HF_OK)
			err = hf_tsig_keys_add(&config->tsig, key->tsig);
		if (err == HF_ERR_NOMEM)
			return err;
		if (err != HF_OK)
			reader->bad = true;
	}
	return HF_OK;
}

static enum hf_err load_anchors(struct hf_config_reader *reader, struct hf_config *config)
{
	HF_CLEANUP(passing_done) struct passing passing = {0};
	if (config->anchors_path == NULL)
		return hf_anchors_add_root(&config->anchors);
	enum hf_err err = hf_file_read(
	        config->anchors_path, SMALL_FILE, reader->diag, &passing.text, &passing.len);
	if (err == HF_OK)
		err = hf_anchors_read(&config->anchors, config->anchors_path, passing.text,
		        passing.len, reader->diag);
	return err;
}

static enum hf_err load_hints(struct hf_config_reader *reader, struct hf_config *config)
{
	size_t len = 0;
	if (config->hints_path == NULL)
		return HF_OK;
	enum hf_err err = hf_file_read(
	        config->hints_path, SMALL_FILE, reader->diag, &config->hints_text, &len);
	if (err != HF_OK)
		return err;
	config->hints = (struct hf_hints){config->hints_path, config->hints_text, len};
	struct hf_delegations read = {0};
	err = hf_delegations_read(&read, &config->hints, HF_PORT_DNS, reader->diag);
	hf_delegations_done(&read);
	return err;
}

/* All of them, so that all mistakes show in one run. */
static enum hf_err load_files(struct hf_config_reader *reader, struct hf_config *config)
{
	static enum hf_err (*const loads[])(struct hf_config_reader *, struct hf_config *) = {
	        load_keys, load_anchors, load_hints, hf_config_load_policies};
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		enum hf_err err = loads[i](reader, config);
		if (err == HF_ERR_NOMEM)
			return err;
		if (err != HF_OK)
			reader->bad = true;
	}
	return reader->bad ? HF_ERR_INVALID : HF_OK;
}

enum hf_err hf_config_load(const char *path, struct hf_diag *warnings, struct hf_diag *diag,
        struct hf_config **ret_config)
{
	HF_CLEANUP(passing_done) struct passing passing = {0};
	struct hf_config *config = NULL;
	enum hf_err err = hf_file_read(path, HF_CONFIG_LIMIT, diag, &passing.text, &passing.len);
	if (err != HF_OK)
		return err;
	err = hf_config_parse(path, passing.text, passing.len, diag, &config);
	if (err != HF_OK)
		return err;
	struct hf_config_reader reader = {.file = path,
	        .folder = config->folder,
	        .diag = diag,
	        .warnings = warnings,
	        .keys = &config->keys};
	err = load_files(&reader, config);
	if (err != HF_OK) {
		hf_config_unref(config);
		return err;
	}
	*ret_config = config;
	return HF_OK;
}
