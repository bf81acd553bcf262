/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Paths for the daemon, whose folder is another one than ours. Thread-safe.
 */
#ifndef HF_CLI_FULLPATH_H
#define HF_CLI_FULLPATH_H

#include <jansson.h>

/* The path from the root; the file need not be there. NULL: no memory, no UTF-8, or the folder that
 * we are in is gone. */
json_t *hf_full_path_json(const char *path);

#endif
