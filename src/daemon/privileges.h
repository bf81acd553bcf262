/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Giving up the rights of root for good, once the sockets are open.
 *
 * Started as root, the daemon becomes an ordinary user with that user's groups, and no program that
 * it runs can gain rights again. Started as anybody else it stays who it is. For the whole process:
 * call from the main thread, before other threads begin.
 */
#ifndef HF_DAEMON_PRIVILEGES_H
#define HF_DAEMON_PRIVILEGES_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/diag.h"

struct hf_identity {
	bool changes; /* false: stays who it is */
	uid_t user;
	gid_t group;
	char name[64];
};

/* Who the daemon is to become. `user` NULL: who it is. HF_ERR_NOTFOUND: there is no such user;
 * HF_ERR_REFUSED: only root can become another user. */
enum hf_err hf_identity_find(
        const char *user, struct hf_diag *diag, struct hf_identity *ret_identity) HF_MUST_CHECK;
/* The folder exists afterwards; one that this makes belongs to the identity. */
enum hf_err hf_identity_folder(const struct hf_identity *identity, const char *path, mode_t mode,
        struct hf_diag *diag) HF_MUST_CHECK;
/* Becomes it, and makes sure that there is no way back. */
enum hf_err hf_identity_assume(
        const struct hf_identity *identity, struct hf_diag *diag) HF_MUST_CHECK;

#endif
