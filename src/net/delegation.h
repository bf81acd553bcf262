/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Delegations: which name servers a zone has, and where they listen.
 *
 * They come from root hints and from referrals, and are not proven. Only servers of a zone above
 * can tell about a zone, and only addresses at or below the zone that was asked are taken as glue.
 * What is known about a zone first stays. For this part only; one thread at a time.
 */
#ifndef HF_NET_DELEGATION_H
#define HF_NET_DELEGATION_H

#include "base/diag.h"
#include "dns/message.h"
#include "net/endpoint.h"

#define HF_NAMESERVER_ADDRESSES 8
#define HF_DELEGATION_SERVERS   20 /* the others are passed over */
#define HF_DELEGATIONS          200

struct hf_nameserver {
	struct hf_name name; /* the root for a forwarder */
	struct hf_endpoint addresses[HF_NAMESERVER_ADDRESSES];
	size_t count;
	bool looked_up; /* its addresses were looked up, or are being looked up */
};

struct hf_delegation {
	struct hf_name zone;
	struct hf_nameserver *servers;
	size_t count;
	bool asked_in_full; /* its servers failed at a minimised question */
};

/* Zero-initialised is empty. A delegation stays where it is. */
struct hf_delegations {
	struct hf_delegation **list;
	size_t count;
};

void hf_delegations_done(struct hf_delegations *delegations);
/* That of the deepest known zone at or above the name; NULL when there is none. */
struct hf_delegation *hf_delegations_closest(
        const struct hf_delegations *delegations, const struct hf_name *name);
/* The zone's own; NULL when it is not known. */
struct hf_delegation *hf_delegations_find(
        const struct hf_delegations *delegations, const struct hf_name *zone);
/* An empty one for a zone that is not there yet. HF_ERR_LIMIT. */
enum hf_err hf_delegations_add(struct hf_delegations *delegations, const struct hf_name *zone,
        struct hf_delegation **ret_delegation) HF_MUST_CHECK;
/* A server of that name: the one that is there already, or a new one. HF_ERR_LIMIT. */
enum hf_err hf_delegation_server(struct hf_delegation *delegation, const struct hf_name *name,
        struct hf_nameserver **ret_server) HF_MUST_CHECK;
/* Repeats, and addresses over HF_NAMESERVER_ADDRESSES, are passed over. */
void hf_nameserver_add(struct hf_nameserver *server, const struct hf_endpoint *address);

/* Takes the zone cuts below `zone` that its servers' answer to a question tells about. */
enum hf_err hf_delegations_learn(struct hf_delegations *delegations, const struct hf_name *zone,
        const struct hf_question *question, const struct hf_message *message,
        uint16_t port) HF_MUST_CHECK;

/* The root's 13 name servers. */
enum hf_err hf_delegations_add_root(
        struct hf_delegations *delegations, uint16_t port) HF_MUST_CHECK;
/* Text in zone-file form, borrowed, with NS, A and AAAA records: those of the root, and of any
 * other zone that shall be asked without a referral. */
struct hf_hints {
	const char *name; /* of the file, for messages */
	const char *text;
	size_t len;
};
/* With a sentence: HF_ERR_SYNTAX, HF_ERR_LIMIT, HF_ERR_INVALID when no server has an address. */
enum hf_err hf_delegations_read(struct hf_delegations *delegations, const struct hf_hints *hints,
        uint16_t port, struct hf_diag *diag) HF_MUST_CHECK;

#endif
