/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/jsontext.h"

#include <stdlib.h>
#include <string.h>

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

json_t *hf_json_with(json_t *list, json_t *item)
{
	if (list != NULL && json_array_append_new(list, item) == 0)
		return list;
	json_decref(list != NULL ? list : item);
	return NULL;
}

json_t *hf_json_time(hf_time time)
{
	char text[HF_TIME_TEXT];
	if (time == HF_TIME_NONE || time == HF_TIME_NEVER)
		return json_null();
	return json_string(hf_time_rfc3339(time, text));
}

json_t *hf_json_text(const char *text)
{
	if (text == NULL)
		return json_null();
	json_t *string = json_string(text);
	if (string != NULL)
		return string;
	char *copy = strdup(text);
	if (copy == NULL)
		return NULL;
	for (char *at = copy; *at != '\0'; at++) {
		if ((unsigned char)*at >= 0x80)
			*at = '?';
	}
	string = json_string(copy);
	free(copy);
	return string;
}
