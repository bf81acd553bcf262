/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is going to happen, in order of time, then of when it was foreseen. */
#include "base/list.h"
#include "sim/theatre_inside.h"

static bool before(const struct hf_theatre_event *a, const struct hf_theatre_event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(struct hf_theatre_event *a, struct hf_theatre_event *b)
{
	struct hf_theatre_event kept = *a;
	*a = *b;
	*b = kept;
}

enum hf_err hf_theatre_foresee(struct hf_theatre *theatre, hf_time at,
        enum hf_theatre_event_kind kind, unsigned server, uint64_t what)
{
	struct hf_theatre_queue *queue = &theatre->queue;
	if (at == HF_TIME_NEVER)
		return HF_OK;
	struct hf_theatre_event *heap =
	        hf_list_room(queue->heap, &queue->cap, queue->count, sizeof(*heap));
	if (heap == NULL)
		return HF_ERR_NOMEM;
	queue->heap = heap;
	size_t place = queue->count++;
	heap[place] = (struct hf_theatre_event){at, queue->foreseen++, kind, server, what};
	while (place > 0 && before(&heap[place], &heap[(place - 1) / 2])) {
		swap(&heap[place], &heap[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	return HF_OK;
}

bool hf_theatre_next(struct hf_theatre *theatre, hf_time until, struct hf_theatre_event *ret_event)
{
	struct hf_theatre_queue *queue = &theatre->queue;
	struct hf_theatre_event *heap = queue->heap;
	if (queue->count == 0 || heap[0].at >= until)
		return false;
	*ret_event = heap[0];
	heap[0] = heap[--queue->count];
	for (size_t place = 0;;) {
		size_t child = 2 * place + 1;
		if (child >= queue->count)
			return true;
		if (child + 1 < queue->count && before(&heap[child + 1], &heap[child]))
			child++;
		if (!before(&heap[child], &heap[place]))
			return true;
		swap(&heap[child], &heap[place]);
		place = child;
	}
}
