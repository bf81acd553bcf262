/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What people ask of the daemon over the control socket, from one table of commands. Each request
 * is judged whole before anything is done: unknown members are mistakes, too. For the loop's
 * thread.
 */
#ifndef HF_DAEMON_ORDERS_H
#define HF_DAEMON_ORDERS_H

#include "daemon/control.h"

/* A hf_control_handler; the context is the struct hf_daemon. */
void hf_orders_handle(void *daemon, struct hf_control_call *call);

#endif
