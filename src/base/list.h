/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lists that grow: one function instead of the same four lines everywhere.
 *
 * Thread-safe for different lists.
 */
#ifndef HF_BASE_LIST_H
#define HF_BASE_LIST_H

#include <stdint.h>
#include <stdlib.h>

#define HF_LIST_FIRST 16

/*
 * The list, of `count` items of `size` bytes, with room for one more; `*cap` is what there is room
 * for. The caller keeps what is returned. NULL: no memory; list and `*cap` are as they were.
 */
static inline void *hf_list_room(void *list, size_t *cap, size_t count, size_t size)
{
	if (count < *cap)
		return list;
	size_t more = *cap == 0 ? HF_LIST_FIRST : 2 * *cap;
	void *larger = reallocarray(list, more, size);
	if (larger != NULL)
		*cap = more;
	return larger;
}

#endif
