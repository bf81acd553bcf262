/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a far line and its test say to each other. Both are the same program: the one is a fork of
 * the other, so that plain structs and pointers to constants can be sent as they are.
 */
#ifndef HF_TESTS_PIPELINE_FARMESSAGE_H
#define HF_TESTS_PIPELINE_FARMESSAGE_H

#include "base/bytes.h"
#include "zone/version.h"

/* False: the other end is gone. */
bool far_send(int channel, const struct hf_buf *message);
/* The message replaces what was in the buffer. */
bool far_receive(int channel, struct hf_buf *message);

void far_put_version(struct hf_buf *out, const struct hf_version *version); /* NULL: none */
/* NULL: none; else the caller owns it. */
struct hf_version *far_get_version(struct hf_cursor *in, const struct hf_name *apex);

#define FAR_PUT(out, value) hf_put_bytes((out), &(value), sizeof(value))
#define FAR_GET(in, place)  far_get((in), &(place), sizeof(place))
void far_get(struct hf_cursor *in, void *place, size_t len);

#endif
