/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Surplus: the records of one node that another node of the same owner does not have.
 *
 * A record is the same when type, TTL and RDATA are. SOA records are passed over: in a transfer
 * they stand for serials and are put by hand; their RRSIGs are records like any other. Borrows
 * both nodes. For this part only; one thread at a time.
 */
#ifndef HF_NET_SURPLUS_H
#define HF_NET_SURPLUS_H

#include "zone/node.h"

struct hf_surplus_record {
	uint16_t type;
	uint32_t ttl;
	struct hf_rdata rdata;
};

/* Records of one set, or the RRSIGs of one, beside those of the other node. */
struct hf_surplus_side {
	struct hf_rdata_walk walk, other;
	struct hf_rdata other_rdata;
	bool other_left; /* other_rdata holds a record that is not passed yet */
};

struct hf_surplus {
	const struct hf_node *node, *than;
	size_t set; /* index of the next set */
	struct hf_rrset here, there;
	enum { HF_SURPLUS_NEXT_SET, HF_SURPLUS_RECORDS, HF_SURPLUS_SIGS } at;
	struct hf_surplus_side side;
};

/* Either may be NULL: there are no records then. */
void hf_surplus_init(
        struct hf_surplus *surplus, const struct hf_node *node, const struct hf_node *than);
bool hf_surplus_next(struct hf_surplus *surplus, struct hf_surplus_record *ret_record);
/* Bytes of all that are left, in messages without compression, under an owner of this length. */
uint64_t hf_surplus_bytes(struct hf_surplus *surplus, size_t owner_len);

#endif
