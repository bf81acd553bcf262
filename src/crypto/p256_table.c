/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/p256_table.h"

#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_PAGE (2u << 20)

enum hf_err hf_p256_table_alloc(unsigned width, struct hf_p256_table **ret_table)
{
	if (width < HF_P256_WIDTH_MIN || width > HF_P256_WIDTH_MAX)
		return HF_ERR_INVALID;
	struct hf_p256_table *table = calloc(1, sizeof(*table));
	if (table == NULL)
		return HF_ERR_NOMEM;
	table->width = width;
	table->windows = (257 + width - 1) / width;
	table->entries = (size_t)1 << (width - 1);
	size_t size = table->windows * table->entries * sizeof(struct point);
	/* Random look-ups over megabytes: large pages spare the address translation. */
	size_t align = size >= HUGE_PAGE ? HUGE_PAGE : 64;
	size = (size + align - 1) / align * align;
	table->points = aligned_alloc(align, size);
	if (table->points == NULL) {
		free(table);
		return HF_ERR_NOMEM;
	}
	if (align == HUGE_PAGE)
		madvise(table->points, size, MADV_HUGEPAGE);
	*ret_table = table;
	return HF_OK;
}

void hf_p256_table_free(struct hf_p256_table *table)
{
	if (table == NULL)
		return;
	free(table->points);
	free(table);
}

size_t hf_p256_workspace_len(void)
{
	return HF_P256_WORKSPACE;
}
