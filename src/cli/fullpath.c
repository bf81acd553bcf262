/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/fullpath.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/bytes.h"

json_t *hf_full_path_json(const char *path)
{
	if (path[0] == '/')
		return json_string(path);
	HF_CLEANUP(hf_buf_done) struct hf_buf full = {0};
	char *folder = get_current_dir_name();
	if (folder == NULL)
		return NULL;
	hf_put_format(&full, "%s/%s", folder, path);
	free(folder);
	return full.failed ? NULL : json_stringn((const char *)full.data, full.len);
}
