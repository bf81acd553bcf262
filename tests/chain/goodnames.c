/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "goodnames.h"

#define A      KNOT_RRTYPE_A
#define TXT    KNOT_RRTYPE_TXT
#define DS     KNOT_RRTYPE_DS
#define NODATA HF_RCODE_NOERROR

const struct good_name good_names[] = {
        {"www.leaf.tld.", A, HF_CHAIN_SECURE, 0, 0, 1, "leaf.tld.", false},
        {"WWW.Leaf.TLD.", TXT, HF_CHAIN_SECURE, 0, 0, 1, "leaf.tld.", false},
        {"www.leaf.tld.", KNOT_RRTYPE_MX, HF_CHAIN_SECURE, 0, NODATA, 0, "leaf.tld.", false},
        {"c.leaf.tld.", A, HF_CHAIN_SECURE, 0, NODATA, 0, "leaf.tld.", false},
        {"b.c.leaf.tld.", A, HF_CHAIN_SECURE, 0, NODATA, 0, "leaf.tld.", false},
        {"alias.leaf.tld.", A, HF_CHAIN_SECURE, 0, 0, 2, "leaf.tld.", false},
        {"alias.leaf.tld.", KNOT_RRTYPE_CNAME, HF_CHAIN_SECURE, 0, 0, 1, "leaf.tld.", false},
        {"outside.leaf.tld.", A, HF_CHAIN_SECURE, 0, 0, 2, "leaf.tld.", false},
        {"alias.tld.", A, HF_CHAIN_SECURE, 0, 0, 2, "leaf.tld.", false},
        {"www.moved.leaf.tld.", A, HF_CHAIN_SECURE, 0, 0, 2, "leaf.tld.", false},
        {"moved.leaf.tld.", A, HF_CHAIN_SECURE, 0, NODATA, 0, "leaf.tld.", false},
        {"foo.wild.leaf.tld.", KNOT_RRTYPE_A, HF_CHAIN_SECURE, 0, NODATA, 0, "leaf.tld.", true},
        {"foo.host.wild.leaf.tld.", TXT, HF_CHAIN_SECURE, 0, HF_RCODE_NXDOMAIN, 0, "leaf.tld.",
                true},
        {"*.wild.leaf.tld.", TXT, HF_CHAIN_SECURE, 0, 0, 1, "leaf.tld.", false},
        {"foo.wild.leaf.tld.", TXT, HF_CHAIN_SECURE, 0, 0, 1, "leaf.tld.", true},
        {"bar.foo.wild.leaf.tld.", TXT, HF_CHAIN_SECURE, 0, 0, 1, "leaf.tld.", true},
        {"foo.walias.leaf.tld.", A, HF_CHAIN_SECURE, 0, 0, 2, "leaf.tld.", true},
        {"leaf.tld.", KNOT_RRTYPE_DNSKEY, HF_CHAIN_SECURE, 0, 0, 1, "leaf.tld.", false},
        {"leaf.tld.", KNOT_RRTYPE_SOA, HF_CHAIN_SECURE, 0, 0, 1, "leaf.tld.", false},
        {"leaf.tld.", DS, HF_CHAIN_SECURE, 0, 0, 1, "tld.", false},
        {"tld.", DS, HF_CHAIN_SECURE, 0, 0, 1, ".", false},
        {"www.leaf.tld.", DS, HF_CHAIN_SECURE, 0, NODATA, 0, "leaf.tld.", false},
        {"sub.leaf.tld.", DS, HF_CHAIN_SECURE, 0, 0, 1, "leaf.tld.", false},
        {".", KNOT_RRTYPE_DNSKEY, HF_CHAIN_SECURE, 0, 0, 1, ".", false},
        {".", KNOT_RRTYPE_NS, HF_CHAIN_SECURE, 0, 0, 1, ".", false},
        {".", DS, HF_CHAIN_SECURE, 0, NODATA, 0, ".", false},
        {"nothing.", A, HF_CHAIN_SECURE, 0, HF_RCODE_NXDOMAIN, 0, ".", false},
        {"www.sub.leaf.tld.", A, HF_CHAIN_SECURE, 0, 0, 1, "sub.leaf.tld.", false},
        {"www.bare.leaf.tld.", A, HF_CHAIN_INSECURE, 1, 0, 1, "bare.leaf.tld.", false},
        {"www.plain.tld.", A, HF_CHAIN_INSECURE, 1, 0, 1, "plain.tld.", false},
        {"www.deep.plain.tld.", A, HF_CHAIN_INSECURE, 1, 0, 1, "plain.tld.", false},
        {"www.far.ent.plain.tld.", A, HF_CHAIN_INSECURE, 1, 0, 1, "plain.tld.", false},
        {"nothing.plain.tld.", A, HF_CHAIN_INSECURE, 1, HF_RCODE_NXDOMAIN, 0, "plain.tld.", false},
        {"toplain.leaf.tld.", A, HF_CHAIN_INSECURE, 1, 0, 2, "plain.tld.", false},
        {"away.plain.tld.", A, HF_CHAIN_INSECURE, 1, 0, 2, "leaf.tld.", false},
        {"www.other.", A, HF_CHAIN_INSECURE, HF_CAUSE_NO_DS, 0, 1, "other.", false},
        {"loop.leaf.tld.", A, HF_CHAIN_BOGUS, HF_CAUSE_MANY_ALIASES, 0, 17, "leaf.tld.", false},
        {"nothing.leaf.tld.", A, HF_CHAIN_SECURE, 0, HF_RCODE_NXDOMAIN, 0, "leaf.tld.", true},
        {"x.y.www.leaf.tld.", A, HF_CHAIN_SECURE, 0, HF_RCODE_NXDOMAIN, 0, "leaf.tld.", true},
        {"tonothing.leaf.tld.", A, HF_CHAIN_SECURE, 0, HF_RCODE_NXDOMAIN, 1, "leaf.tld.", true},
        {"bare.leaf.tld.", DS, HF_CHAIN_SECURE, 0, NODATA, 0, "leaf.tld.", true},
        {"x.nothing.tld.", A, HF_CHAIN_SECURE, 0, HF_RCODE_NXDOMAIN, 0, "tld.", true},
};

const size_t good_name_count = sizeof(good_names) / sizeof(good_names[0]);
