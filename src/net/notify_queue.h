/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Targets of NOTIFY by the time at which each is due: the first at hand, changes in O(log n).
 *
 * A binary heap of borrowed targets, each of which knows its place in it. For the notifier only;
 * one thread at a time.
 */
#ifndef HF_NET_NOTIFY_QUEUE_H
#define HF_NET_NOTIFY_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A part of whatever is queued. Zero-initialised is in no queue. */
struct hf_notify_entry {
	uint64_t due;
	size_t place; /* 0: in no queue; else its place, counted from 1 */
};

/* Zero-initialised is empty. */
struct hf_notify_queue {
	struct hf_notify_entry **heap;
	size_t count, room;
};

void hf_notify_queue_done(struct hf_notify_queue *queue);
/* Room for so many entries altogether, so that putting them cannot fail. */
enum hf_err hf_notify_queue_reserve(struct hf_notify_queue *queue, size_t count) HF_MUST_CHECK;
/* Adds the entry, or moves it to its new time. There must be room. */
void hf_notify_queue_put(
        struct hf_notify_queue *queue, struct hf_notify_entry *entry, uint64_t due);
/* Removes the entry if it is in the queue. */
void hf_notify_queue_remove(struct hf_notify_queue *queue, struct hf_notify_entry *entry);
/* The one that is due first; NULL when there is none. */
struct hf_notify_entry *hf_notify_queue_first(const struct hf_notify_queue *queue);

#endif
