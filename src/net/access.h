/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who may do what with a zone: by address, by TSIG key, or by both together.
 *
 * Closed by default: what no rule allows is refused. A rule with a prefix and a key wants both. The
 * name of a key counts only when the message was proved to be signed with it. Pure; a list may be
 * read by any number of threads and is changed by one.
 */
#ifndef HF_NET_ACCESS_H
#define HF_NET_ACCESS_H

#include "dns/name.h"
#include "net/endpoint.h"

enum hf_access_action {
	HF_ACCESS_TRANSFER =
	        1 << 0,            /* AXFR and IXFR; what a secondary asks before them too (SOA) */
	HF_ACCESS_NOTIFY = 1 << 1, /* to say that there is a new version */
	HF_ACCESS_QUERY = 1 << 2,  /* SOA, NS and DNSKEY of the zone's apex */
};

/* Addresses that begin with the same bits. */
struct hf_prefix {
	struct hf_endpoint address; /* its port does not count */
	uint8_t bits;
};

/* "192.0.2.0/24", "2001:db8::/32", or an address alone. HF_ERR_SYNTAX; HF_ERR_INVALID: bits are set
 * behind the prefix, so that it may not be what was meant. */
enum hf_err hf_prefix_parse(const char *text, struct hf_prefix *ret_prefix) HF_MUST_CHECK;
/* An IPv4 address inside IPv6 (::ffff:192.0.2.1) counts as what it is. */
bool hf_prefix_has(const struct hf_prefix *prefix, const struct hf_endpoint *address);

struct hf_access_rule {
	bool has_prefix, has_key; /* at least one of them */
	struct hf_prefix prefix;
	struct hf_name key;
	unsigned actions; /* enum hf_access_action */
};

/* Zero-initialised is empty: nothing is allowed. */
struct hf_access {
	struct hf_access_rule *rules;
	size_t count;
};

void hf_access_done(struct hf_access *access);
/* HF_ERR_INVALID: a rule for everybody has to be written as such ("0.0.0.0/0", "::/0"). */
enum hf_err hf_access_add(
        struct hf_access *access, const struct hf_access_rule *rule) HF_MUST_CHECK;
enum hf_err hf_access_copy(
        const struct hf_access *access, struct hf_access *ret_access) HF_MUST_CHECK;
/* Whether one rule allows any of the actions. `key`: that the message was signed with, as proved;
 * NULL without. */
bool hf_access_allows(const struct hf_access *access, const struct hf_endpoint *from,
        const struct hf_name *key, unsigned actions);

#endif
