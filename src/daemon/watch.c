/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/watch.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024 /* a folder may hold the files of thousands of zones */

struct hf_watched {
	struct hf_watched *next, **self; /* in its bucket; what points to it */
	char *name;                      /* in its folder */
	void (*touched)(void *context);
	void *context;
};

struct folder {
	struct folder *next;
	uv_fs_event_t event;
	char *path;
	struct hf_watched *files[BUCKETS];
};

struct hf_watch {
	uv_loop_t *loop;
	struct folder *folders;
};

enum hf_err hf_watch_new(uv_loop_t *loop, struct hf_watch **ret_watch)
{
	struct hf_watch *watch = calloc(1, sizeof(*watch));
	if (watch == NULL)
		return HF_ERR_NOMEM;
	watch->loop = loop;
	*ret_watch = watch;
	return HF_OK;
}

static struct hf_watched **bucket(struct folder *folder, const char *name)
{
	uint32_t hash = 2166136261; /* FNV-1a */
	for (; *name != '\0'; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619;
	return &folder->files[hash % BUCKETS];
}

void hf_watch_remove(struct hf_watched *watched)
{
	if (watched == NULL)
		return;
	/* Folders without files stay: there are few, and zones come back. */
	*watched->self = watched->next;
	if (watched->next != NULL)
		watched->next->self = watched->self;
	free(watched->name);
	free(watched);
}

static void on_closed(uv_handle_t *handle)
{
	struct folder *folder = handle->data;
	free(folder->path);
	free(folder);
}

static void folder_free(struct folder *folder)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		while (folder->files[i] != NULL)
			hf_watch_remove(folder->files[i]);
	}
	uv_close((uv_handle_t *)&folder->event, on_closed);
}

void hf_watch_free(struct hf_watch *watch)
{
	if (watch == NULL)
		return;
	while (watch->folders != NULL) {
		struct folder *folder = watch->folders;
		watch->folders = folder->next;
		folder_free(folder);
	}
	free(watch);
}

static void tell(struct hf_watched *first, const char *name)
{
	struct hf_watched *next;
	for (struct hf_watched *at = first; at != NULL; at = next) {
		next = at->next;
		if (name == NULL || strcmp(at->name, name) == 0)
			at->touched(at->context);
	}
}

static void on_event(uv_fs_event_t *event, const char *name, int events, int status)
{
	(void)events;
	struct folder *folder = event->data;
	if (status == 0 && name != NULL) {
		tell(*bucket(folder, name), name);
		return;
	}
	/* Without a name, or after an overflow, any of them may be meant. */
	for (size_t i = 0; i < BUCKETS; i++)
		tell(folder->files[i], NULL);
}

static enum hf_err new_folder(struct hf_watch *watch, const char *path, struct folder **ret_folder)
{
	struct folder *folder = calloc(1, sizeof(*folder));
	char *copy = strdup(path);
	if (folder == NULL || copy == NULL) {
		free(folder);
		free(copy);
		return HF_ERR_NOMEM;
	}
	folder->path = copy;
	(void)uv_fs_event_init(watch->loop, &folder->event);
	folder->event.data = folder;
	if (uv_fs_event_start(&folder->event, on_event, path, 0) != 0) {
		folder_free(folder);
		return HF_ERR_IO;
	}
	folder->next = watch->folders;
	watch->folders = folder;
	*ret_folder = folder;
	return HF_OK;
}

static enum hf_err get_folder(
        struct hf_watch *watch, const char *path, size_t len, struct folder **ret_folder)
{
	char *folder_path = len > 0 ? strndup(path, len) : strdup(*path == '/' ? "/" : ".");
	if (folder_path == NULL)
		return HF_ERR_NOMEM;
	enum hf_err err = HF_OK;
	struct folder *at = watch->folders;
	while (at != NULL && strcmp(at->path, folder_path) != 0)
		at = at->next;
	if (at == NULL)
		err = new_folder(watch, folder_path, &at);
	free(folder_path);
	if (err == HF_OK)
		*ret_folder = at;
	return err;
}

enum hf_err hf_watch_add(struct hf_watch *watch, const char *path, void (*touched)(void *context),
        void *context, struct hf_watched **ret_watched)
{
	struct folder *folder;
	const char *slash = strrchr(path, '/');
	enum hf_err err =
	        get_folder(watch, path, slash != NULL ? (size_t)(slash - path) : 0, &folder);
	if (err != HF_OK)
		return err;
	struct hf_watched *watched = calloc(1, sizeof(*watched));
	char *name = strdup(slash != NULL ? slash + 1 : path);
	if (watched == NULL || name == NULL) {
		free(watched);
		free(name);
		return HF_ERR_NOMEM;
	}
	struct hf_watched **first = bucket(folder, name);
	*watched = (struct hf_watched){.next = *first,
	        .self = first,
	        .name = name,
	        .touched = touched,
	        .context = context};
	if (*first != NULL)
		(*first)->self = &watched->next;
	*first = watched;
	*ret_watched = watched;
	return HF_OK;
}
