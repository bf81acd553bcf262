/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a service manager gives and is told, by the protocols of sd_listen_fds(3) and sd_notify(3):
 * sockets that were opened before the daemon started, and how it is doing. Without a service
 * manager nothing happens. One thread at a time.
 */
#ifndef HF_DAEMON_ACTIVATION_H
#define HF_DAEMON_ACTIVATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"

enum hf_inherited_kind {
	HF_INHERITED_UDP,
	HF_INHERITED_TCP,
	HF_INHERITED_UNIX, /* the control socket */
};

struct hf_inherited {
	int fd;
	enum hf_inherited_kind kind;
};
#define HF_INHERITED_MAX 64

/*
 * The sockets that were passed, each made close-on-exec; the variables are taken out of the
 * environment, so that no command that the daemon runs mistakes them for its own. HF_ERR_INVALID
 * with a sentence: something else than a datagram or listening stream socket was passed.
 */
enum hf_err hf_activation_take(struct hf_diag *diag,
        struct hf_inherited ret_sockets[static HF_INHERITED_MAX], size_t *ret_count) HF_MUST_CHECK;

/* Tells the service manager: "READY=1", "STOPPING=1", "STATUS=…", "WATCHDOG=1"; several lines are
 * fine. Whether it listens is its own matter. */
void hf_activation_tell(const char *format, ...) HF_PRINTF(1, 2);
/* Microseconds between signs of life that it wants; 0: it wants none. */
unsigned long long hf_activation_watchdog(void);

#endif
