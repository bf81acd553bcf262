/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/guard.h"

enum hf_err hf_identity_find(
        const char *user, struct hf_diag *diag, struct hf_identity *ret_identity)
{
	struct hf_identity identity = {.user = geteuid(), .group = getegid()};
	if (user != NULL) {
		errno = 0;
		const struct passwd *entry = getpwnam(user);
		if (entry == NULL)
			return hf_fail(diag, HF_ERR_NOTFOUND,
			        "there is no user \"%s\" to become; create it, or set server.user",
			        user);
		identity.changes = entry->pw_uid != identity.user;
		identity.user = entry->pw_uid;
		identity.group = entry->pw_gid;
		snprintf(identity.name, sizeof(identity.name), "%s", entry->pw_name);
	}
	if (identity.changes && geteuid() != 0)
		return hf_fail(diag, HF_ERR_REFUSED,
		        "only root can become the user \"%s\"; start the daemon as root or as that "
		        "user, or leave server.user out",
		        user);
	*ret_identity = identity;
	return HF_OK;
}

enum hf_err hf_identity_folder(
        const struct hf_identity *identity, const char *path, mode_t mode, struct hf_diag *diag)
{
	if (mkdir(path, mode) != 0) {
		if (errno == EEXIST)
			return HF_OK;
		return hf_fail(
		        diag, HF_ERR_IO, "cannot make the folder %s: %s", path, strerror(errno));
	}
	if (identity->changes && chown(path, identity->user, identity->group) != 0)
		return hf_fail(diag, HF_ERR_IO, "cannot give the folder %s to %s: %s", path,
		        identity->name, strerror(errno));
	return HF_OK;
}

enum hf_err hf_identity_assume(const struct hf_identity *identity, struct hf_diag *diag)
{
	if (identity->changes &&
	        (initgroups(identity->name, identity->group) != 0 ||
	                setresgid(identity->group, identity->group, identity->group) != 0 ||
	                setresuid(identity->user, identity->user, identity->user) != 0))
		return hf_fail(diag, HF_ERR_IO, "cannot become the user %s: %s", identity->name,
		        strerror(errno));
	/* A kernel that lets the process back is one whose answer above means nothing. */
	if (identity->changes && identity->user != 0 && setresuid(0, 0, 0) == 0)
		return hf_fail(diag, HF_ERR_IO, "could still become root after giving that up");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return hf_fail(
		        diag, HF_ERR_IO, "cannot rule out new privileges: %s", strerror(errno));
	/* Becoming another user has made the process dumpable again. */
	hf_guard_secrets();
	return HF_OK;
}
