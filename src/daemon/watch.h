/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Watching zone files: the folders that they are in, because a file that is replaced by a rename is
 * another file. Whoever is told looks for itself what became of the file; that nothing is told
 * (another machine wrote it) has to be reckoned with, too. For the loop's thread.
 */
#ifndef HF_DAEMON_WATCH_H
#define HF_DAEMON_WATCH_H

#include <uv.h>

#include "base/err.h"

struct hf_watch;
struct hf_watched; /* one file */

enum hf_err hf_watch_new(uv_loop_t *loop, struct hf_watch **ret_watch) HF_MUST_CHECK;
/* Its handles on the loop have to be closed by running the loop once more. */
void hf_watch_free(struct hf_watch *watch);
/* `touched` is called with `context` when something happens to the file. A folder that cannot be
 * watched is none: HF_ERR_IO. */
enum hf_err hf_watch_add(struct hf_watch *watch, const char *path, void (*touched)(void *context),
        void *context, struct hf_watched **ret_watched) HF_MUST_CHECK;
void hf_watch_remove(struct hf_watched *watched); /* NULL is fine */

#endif
