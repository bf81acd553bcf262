/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Captures: every exchange of a run, kept as evidence and played back without a network.
 *
 * As text a capture is one JSON object a line; the first one is the caller's (what was asked, when,
 * with which anchors), each other one is an exchange. Played back, each exchange takes the first
 * line with its server and question that was not taken yet, and ends as that one did; one that is
 * not in the capture fails and says so. holdfast-trace(1) documents the fields. One thread at a
 * time.
 */
#ifndef HF_NET_CAPTURE_H
#define HF_NET_CAPTURE_H

#include "base/diag.h"
#include "net/exchange.h"

#define HF_CAPTURE_LINES 10000
#define HF_CAPTURE_BYTES (64u << 20)

/* An empty one, to keep exchanges in. */
enum hf_err hf_capture_new(struct hf_capture **ret_capture) HF_MUST_CHECK;
/* HF_ERR_IO, HF_ERR_SYNTAX, HF_ERR_LIMIT, with a sentence. Plays back what is in the file. */
enum hf_err hf_capture_load(
        const char *path, struct hf_diag *diag, struct hf_capture **ret_capture) HF_MUST_CHECK;
/* The same from text in memory; `name` stands for the file in messages. */
enum hf_err hf_capture_read(const char *name, const char *text, size_t len, struct hf_diag *diag,
        struct hf_capture **ret_capture) HF_MUST_CHECK;
void hf_capture_free(struct hf_capture *capture);
bool hf_capture_plays(const struct hf_capture *capture);

/* The first line, without line feed; empty when there is none yet. Setting it copies. */
const char *hf_capture_head(const struct hf_capture *capture);
enum hf_err hf_capture_set_head(struct hf_capture *capture, const char *head) HF_MUST_CHECK;
/* The whole as text. */
enum hf_err hf_capture_put(const struct hf_capture *capture, struct hf_buf *out) HF_MUST_CHECK;

/* ---- For the wire ---- */

/* A packet as it went over the network. */
struct hf_capture_packet {
	uint64_t at; /* microseconds since 1970 */
	const struct hf_endpoint *server;
	bool tcp;
	enum hf_capture_kind {
		HF_CAPTURE_QUERY,
		HF_CAPTURE_ANSWER,
		HF_CAPTURE_STRAY, /* received, and passed over */
		HF_CAPTURE_END,   /* no packet: how an exchange without an answer ended */
	} kind;
	const uint8_t *data;
	size_t len;
	enum hf_exchange_end end; /* HF_CAPTURE_END */
	const char *words;
};
/* `exchange` is a number that all packets of one exchange share. */
enum hf_err hf_capture_add(struct hf_capture *capture, uint64_t exchange,
        const struct hf_capture_packet *packet) HF_MUST_CHECK;
/* Playing back: milliseconds at the last packet that was played. */
uint64_t hf_capture_clock(const struct hf_capture *capture);
/* Ends an exchange as the capture has it. */
enum hf_err hf_capture_play(struct hf_capture *capture, struct hf_exchange *exchange) HF_MUST_CHECK;

#endif
