/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/infile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define CHUNK 65536

static enum hf_err read_all(
        const char *path, FILE *file, size_t limit, struct hf_diag *diag, struct hf_buf *out)
{
	/* One byte over the limit is enough to know. */
	while (out->len <= limit && !feof(file)) {
		size_t want = limit + 1 - out->len < CHUNK ? limit + 1 - out->len : CHUNK;
		if (!hf_buf_reserve(out, want + 1))
			return HF_ERR_NOMEM;
		out->len += fread(out->data + out->len, 1, want, file);
		if (ferror(file))
			return hf_fail(
			        diag, HF_ERR_IO, "cannot read %s: %s", path, strerror(errno));
	}
	if (out->len > limit)
		return hf_fail_at(diag, HF_ERR_LIMIT, path, 0,
		        "more than %zu bytes; a file of this kind never needs that many", limit);
	out->data[out->len] = '\0';
	return HF_OK;
}

enum hf_err hf_file_read(
        const char *path, size_t limit, struct hf_diag *diag, char **ret_text, size_t *ret_len)
{
	struct hf_buf text = {0};
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return hf_fail(diag, HF_ERR_IO, "cannot open %s: %s", path, strerror(errno));
	enum hf_err err = read_all(path, file, limit, diag, &text);
	fclose(file);
	if (err != HF_OK) {
		hf_buf_done(&text);
		return err;
	}
	*ret_text = (char *)text.data;
	*ret_len = text.len;
	return HF_OK;
}
