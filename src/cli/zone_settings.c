/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/zone_settings.h"

#include <stdlib.h>
#include <string.h>

#include "cli/fullpath.h"
#include "cli/trace_setup.h"
#include "report/jsontext.h"

/* [{"address": …, "key": …}, …] */
static json_t *peers_json(const char *addresses, const char *key)
{
	json_t *list = json_array();
	while (addresses != NULL && *addresses != '\0') {
		size_t len = strcspn(addresses, ",");
		if (len > 0)
			list = hf_json_with(list,
			        json_pack("{s:s%, s:s*}", "address", addresses, len, "key", key));
		addresses += len;
		addresses += *addresses == ',' ? 1 : 0;
	}
	return list;
}

static json_t *source_json(const struct hf_zone_wishes *wishes)
{
	if (wishes->file != NULL)
		return json_pack("{s:o}", "file", hf_full_path_json(wishes->file));
	return json_pack("{s:o}", "primaries", peers_json(wishes->primaries, wishes->key));
}

/* JSON is YAML, and quotes what a path may have in it. */
static json_t *settings_json(const struct hf_zone_wishes *wishes)
{
	json_t *secondaries =
	        wishes->secondaries != NULL ? peers_json(wishes->secondaries, wishes->key) : NULL;
	json_t *output = wishes->output != NULL ? hf_full_path_json(wishes->output) : NULL;
	if ((wishes->secondaries != NULL && secondaries == NULL) ||
	        (wishes->output != NULL && output == NULL)) {
		json_decref(secondaries);
		json_decref(output);
		return NULL;
	}
	return json_pack("{s:s, s:o, s:o*, s:o*}", "mode",
	        wishes->check_only ? "check-only" : "sign", "source", source_json(wishes),
	        "secondaries", secondaries, "output", output);
}

static enum hf_err read_settings(const char *path, struct hf_diag *diag, struct hf_buf *ret_text)
{
	char *text;
	enum hf_err err = hf_small_file(path, diag, &text);
	if (err != HF_OK)
		return err;
	hf_put_text(ret_text, text);
	free(text);
	return hf_buf_check(ret_text);
}

enum hf_err hf_zone_settings_make(
        const struct hf_zone_wishes *wishes, struct hf_diag *diag, struct hf_buf *ret_text)
{
	bool options = wishes->file != NULL || wishes->primaries != NULL ||
	               wishes->secondaries != NULL || wishes->key != NULL ||
	               wishes->output != NULL || wishes->check_only;
	if (wishes->settings != NULL && options)
		return hf_fail(diag, HF_ERR_INVALID,
		        "--settings has all settings in its file: write the others there, too");
	if (wishes->settings != NULL)
		return read_settings(wishes->settings, diag, ret_text);
	if ((wishes->file != NULL) == (wishes->primaries != NULL))
		return hf_fail(diag, HF_ERR_INVALID,
		        "say where the zone comes from: either --file or --primary");
	json_t *settings = settings_json(wishes);
	if (settings == NULL)
		return hf_fail(diag, HF_ERR_INVALID,
		        "the settings cannot be written down: a path or an address is no text in "
		        "UTF-8, or there is no memory");
	return hf_json_put(settings, JSON_COMPACT, ret_text);
}
