/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Would a public certification authority be able to validate a name and issue now?
 *
 * Since 2026-03-15 (CA/Browser Forum ballot SC-085v2) a CA validates its look-ups of CAA records
 * and of domain control from the root's trust anchor, and a DNSSEC error is no permission to issue.
 * The same look-ups are made here: CAA at the name and above it until there are some (RFC 8659
 * section 3), addresses for validation over HTTP or TLS, and the TXT record of dns-01. One thread
 * at a time.
 */
#ifndef HF_NET_ISSUANCE_H
#define HF_NET_ISSUANCE_H

#include "net/resolver.h"

enum hf_lookup_purpose { HF_LOOKUP_CAA, HF_LOOKUP_ADDRESS, HF_LOOKUP_CHALLENGE };

struct hf_lookup {
	enum hf_lookup_purpose purpose;
	struct hf_question question;
	enum hf_chain_status status;
	uint16_t rcode;
	size_t records;
	char *cause; /* bogus or indeterminate: why; else NULL */
	char *fix;
};

struct hf_issuance {
	struct hf_lookup *lookups;
	size_t count;
	struct hf_name caa_owner; /* whose CAA set counts */
	bool has_caa;
	bool caa_forbids; /* the set lets no CA issue */
	char *issuers;    /* domains in its issue properties, with commas; printable ASCII */
	bool caa_fails;   /* a look-up of CAA records is a DNSSEC error */
	bool address_works, challenge_works;
	bool possible; /* a CA that CAA allows can validate the name in at least one way */
};

void hf_issuance_done(struct hf_issuance *issuance);
/* A leading "*." of the name is the wildcard certificate's; its issuewild properties count. */
enum hf_err hf_issuance_check(struct hf_resolver *resolver, const struct hf_name *name,
        const struct hf_anchors *anchors, hf_time now, struct hf_diag *diag,
        struct hf_issuance *ret_issuance) HF_MUST_CHECK;

#endif
