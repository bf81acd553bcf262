/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "farmessage.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "../house/must.h"

static bool move(int channel, uint8_t *bytes, size_t len, bool out)
{
	while (len > 0) {
		ssize_t moved = out ? send(channel, bytes, len, MSG_NOSIGNAL)
		                    : recv(channel, bytes, len, 0);
		if (moved < 0 && errno == EINTR)
			continue;
		if (moved <= 0)
			return false;
		bytes += moved;
		len -= (size_t)moved;
	}
	return true;
}

bool far_send(int channel, const struct hf_buf *message)
{
	uint32_t len = (uint32_t)message->len;
	MUST(!message->failed);
	return move(channel, (uint8_t *)&len, sizeof(len), true) &&
	       move(channel, message->data, len, true);
}

bool far_receive(int channel, struct hf_buf *message)
{
	uint32_t len;
	hf_buf_reset(message);
	if (!move(channel, (uint8_t *)&len, sizeof(len), false))
		return false;
	MUST(hf_buf_reserve(message, len));
	message->len = len;
	return move(channel, message->data, len, false);
}

void far_get(struct hf_cursor *in, void *place, size_t len)
{
	const uint8_t *bytes = hf_get_bytes(in, len);
	MUST(bytes != NULL);
	memcpy(place, bytes, len);
}

static void put_tree(struct hf_buf *out, const struct hf_tree *tree)
{
	struct hf_tree_cursor cursor;
	uint32_t count = (uint32_t)hf_tree_count(tree);
	FAR_PUT(out, count);
	for (const struct hf_node *node = hf_tree_first(tree, &cursor); node != NULL;
	        node = hf_tree_next(&cursor))
		hf_node_put(out, node);
}

void far_put_version(struct hf_buf *out, const struct hf_version *version)
{
	hf_put_u8(out, version != NULL);
	if (version == NULL)
		return;
	put_tree(out, hf_version_names(version));
	put_tree(out, hf_version_nsec3(version));
}

struct hf_version *far_get_version(struct hf_cursor *in, const struct hf_name *apex)
{
	struct hf_edit *edit;
	struct hf_version *version;
	if (hf_get_u8(in) == 0)
		return NULL;
	MUST(hf_edit_new_empty(apex, &edit) == HF_OK);
	for (unsigned tree = 0; tree < 2; tree++) {
		uint32_t count;
		FAR_GET(in, count);
		for (; count > 0; count--) {
			struct hf_node *node;
			MUST(hf_node_get(in, &node) == HF_OK);
			MUST(hf_edit_put(edit, node) == HF_OK);
			hf_node_unref(node);
		}
	}
	MUST(hf_edit_commit(edit, &version) == HF_OK);
	hf_edit_free(edit);
	return version;
}
