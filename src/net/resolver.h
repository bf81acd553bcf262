/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An iterative resolver: gets the answers that a chain of trust asks for.
 *
 * It follows referrals from the root hints down, asks the addresses of a zone's name servers one
 * after the other until one gives a usable answer, and looks up the addresses of name servers that
 * came without glue. It believes nothing and proves nothing: that is the chain's work, and header
 * bits decide only which server is worth asking next. Or it asks a forwarder for everything, with
 * CD set.
 *
 * No question is asked of one zone twice: answers are remembered for their TTL and failures for a
 * second at least, twice as long with each repeat, both for 5 minutes at most (RFC 9520). A server
 * that did not answer is asked last from then on. With QNAME minimisation a reply may be a referral
 * that came for a shortened name. Name servers a zone, addresses, look-ups of
 * addresses and their depth are bounded, packets and time by the wire. One thread at a time.
 */
#ifndef HF_NET_RESOLVER_H
#define HF_NET_RESOLVER_H

#include "base/diag.h"
#include "chain/chain.h"
#include "net/delegation.h"
#include "net/exchange.h"
#include "zone/version.h"

#define HF_RESOLVER_LOOKUPS 40 /* names whose addresses are looked up, in all */
#define HF_RESOLVER_DEPTH   4  /* look-ups for look-ups */
#define HF_RESOLVER_STEPS   20 /* referrals for one look-up */

struct hf_resolver_options {
	const struct hf_hints *hints; /* NULL: the root's servers, built in */
	const char *forward;          /* "ADDRESS[@PORT]" or a host's name; NULL: iterate */
	uint16_t port;                /* of all name servers; 0: 53 */
	unsigned timeout; /* milliseconds for the first try; 0: 500, 2000 of a forwarder */
	bool minimise;    /* show servers no more of a name than they need (RFC 9156); not a
	                     forwarder */
	struct hf_wire_limits limits;
	struct hf_capture *capture; /* borrowed; may be NULL */
	/* A zone that is not published yet: it answers for itself, instead of its servers.
	 * Borrowed; may be NULL. */
	const struct hf_version *unpublished;
};

struct hf_resolver;
enum hf_err hf_resolver_new(const struct hf_resolver_options *options, struct hf_diag *diag,
        struct hf_resolver **ret_resolver) HF_MUST_CHECK;
void hf_resolver_free(struct hf_resolver *resolver);
struct hf_wire *hf_resolver_wire(struct hf_resolver *resolver); /* borrowed */

/*
 * The answer to one question from the servers of `question->zone`, or why there is none. Attempts
 * over 0 ask servers that did not answer it before; without any left that is a failure. The reply's
 * message is the caller's (a chain takes it over), its texts are the resolver's until the next
 * call. Errors are our own: memory, sockets.
 */
enum hf_err hf_resolver_ask(struct hf_resolver *resolver, const struct hf_chain_question *question,
        struct hf_chain_reply *ret_reply) HF_MUST_CHECK;

struct hf_resolver_server {
	struct hf_name name;
	struct hf_endpoint endpoint;
};
/*
 * Every address of every name server of a zone, those without glue looked up; at most `room` of
 * them. None when the zone's servers are not known.
 */
enum hf_err hf_resolver_servers(struct hf_resolver *resolver, const struct hf_name *zone,
        size_t room, struct hf_resolver_server *ret_servers, size_t *ret_count) HF_MUST_CHECK;
/*
 * The same with those that the zone names itself and the zone above does not. `*ret_unseen` counts
 * what is missing: name servers without an address that could be found, and addresses over `room`.
 */
enum hf_err hf_resolver_all_servers(struct hf_resolver *resolver, const struct hf_name *zone,
        size_t room, struct hf_resolver_server *ret_servers, size_t *ret_count,
        size_t *ret_unseen) HF_MUST_CHECK;
/* Takes these for the zone's name servers, when none are known yet. At most
 * HF_NAMESERVER_ADDRESSES count. */
enum hf_err hf_resolver_preset(struct hf_resolver *resolver, const struct hf_name *zone,
        const struct hf_endpoint *endpoints, size_t count) HF_MUST_CHECK;
/* The flags (enum hf_query_flags) with which its servers are asked. */
unsigned hf_resolver_flags(const struct hf_resolver *resolver);

/* Answers everything that the chain wants, until it has a result. */
enum hf_err hf_resolver_drive(struct hf_resolver *resolver, struct hf_chain *chain) HF_MUST_CHECK;

#endif
