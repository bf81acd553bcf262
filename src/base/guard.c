/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/guard.h"

#include <sys/prctl.h>
#include <sys/resource.h>

void hf_guard_secrets(void)
{
	/* Extra safety: work goes on where the system does not allow it. */
	const struct rlimit none = {0, 0};
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
