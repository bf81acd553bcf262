/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/notify_queue.h"

#include <stdlib.h>

void hf_notify_queue_done(struct hf_notify_queue *queue)
{
	free(queue->heap);
	*queue = (struct hf_notify_queue){0};
}

enum hf_err hf_notify_queue_reserve(struct hf_notify_queue *queue, size_t count)
{
	if (count <= queue->room)
		return HF_OK;
	size_t room = count < 2 * queue->room ? 2 * queue->room : count;
	struct hf_notify_entry **heap = reallocarray(queue->heap, room, sizeof(heap[0]));
	if (heap == NULL)
		return HF_ERR_NOMEM;
	queue->heap = heap;
	queue->room = room;
	return HF_OK;
}

/* Puts an entry at a place, counted from 0. */
static void set(struct hf_notify_queue *queue, size_t at, struct hf_notify_entry *entry)
{
	queue->heap[at] = entry;
	entry->place = at + 1;
}

static void rise(struct hf_notify_queue *queue, size_t at)
{
	struct hf_notify_entry *entry = queue->heap[at];
	while (at > 0 && queue->heap[(at - 1) / 2]->due > entry->due) {
		set(queue, at, queue->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	set(queue, at, entry);
}

static void sink(struct hf_notify_queue *queue, size_t at)
{
	struct hf_notify_entry *entry = queue->heap[at];
	for (size_t child = 2 * at + 1; child < queue->count; child = 2 * at + 1) {
		if (child + 1 < queue->count &&
		        queue->heap[child + 1]->due < queue->heap[child]->due)
			child++;
		if (queue->heap[child]->due >= entry->due)
			break;
		set(queue, at, queue->heap[child]);
		at = child;
	}
	set(queue, at, entry);
}

void hf_notify_queue_put(struct hf_notify_queue *queue, struct hf_notify_entry *entry, uint64_t due)
{
	entry->due = due;
	if (entry->place == 0)
		set(queue, queue->count++, entry);
	rise(queue, entry->place - 1);
	sink(queue, entry->place - 1);
}

void hf_notify_queue_remove(struct hf_notify_queue *queue, struct hf_notify_entry *entry)
{
	if (entry->place == 0)
		return;
	size_t at = entry->place - 1;
	struct hf_notify_entry *last = queue->heap[--queue->count];
	entry->place = 0;
	if (last == entry)
		return;
	set(queue, at, last);
	rise(queue, at);
	sink(queue, last->place - 1);
}

struct hf_notify_entry *hf_notify_queue_first(const struct hf_notify_queue *queue)
{
	return queue->count > 0 ? queue->heap[0] : NULL;
}
