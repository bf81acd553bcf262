/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The node codec: any bytes are refused or give a node that encodes to just those bytes. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "zone/node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_cursor in;
	struct hf_node *node, *again;
	hf_cursor_init(&in, data, size);
	if (hf_node_get(&in, &node) != HF_OK)
		return 0;
	struct hf_buf out = {0};
	hf_node_put(&out, node);
	size_t used = size - hf_cursor_left(&in);
	if (out.len != used || memcmp(out.data, data, used) != 0)
		abort();

	/* Built from its own records, it is the same node again. */
	struct hf_node_builder *builder;
	struct hf_key key;
	if (hf_node_builder_new(&builder) != HF_OK)
		abort();
	hf_node_owner(node, &key);
	hf_node_begin(builder, &key);
	if (hf_node_add_node(builder, node) != HF_OK || hf_node_finish(builder, &again) != HF_OK ||
	        hf_node_count(node) != hf_node_count(again))
		abort();
	hf_node_unref(again);
	hf_node_builder_free(builder);
	hf_node_unref(node);
	hf_buf_done(&out);
	return 0;
}
