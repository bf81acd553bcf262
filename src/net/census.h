/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A census: every address of every zone on a chain is asked the same, and where they differ shows.
 *
 * For each zone these are its SOA and DNSKEY sets, the DS sets of the zones below it that are on
 * the chain, and for the last one the question itself. Answers count as equal when RCODE, records
 * and signatures are; nothing is proven. Bounded by the resolver's limits. One thread at a time.
 */
#ifndef HF_NET_CENSUS_H
#define HF_NET_CENSUS_H

#include "net/resolver.h"

/* Servers that say the same. */
struct hf_census_group {
	char *what;     /* "serial 7", "DS 12345", "REFUSED", "no answer": printable ASCII */
	char **servers; /* "ns1.example. (192.0.2.1)" */
	size_t count;
};

/* One question to all addresses of one zone. */
struct hf_census_item {
	struct hf_name zone;
	struct hf_question question;
	struct hf_census_group *groups; /* more than one: they differ */
	size_t count;
};

struct hf_census {
	struct hf_census_item *items;
	size_t count;
};

void hf_census_done(struct hf_census *census);
enum hf_err hf_census_take(struct hf_resolver *resolver, const struct hf_trace *trace,
        struct hf_census *ret_census) HF_MUST_CHECK;

#endif
