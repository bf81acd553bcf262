/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keeping secrets inside the process: for every program that reads or makes private keys, before
 * it does. For the whole process; call it from the main thread.
 */
#ifndef HF_BASE_GUARD_H
#define HF_BASE_GUARD_H

/* No core dumps, and no other process of this user may look into this one's memory. */
void hf_guard_secrets(void);

#endif
