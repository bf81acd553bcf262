/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a name server listens: an IPv4 or IPv6 address and a port. Values, thread-safe.
 *
 * As text a port follows behind "@", as in configurations of name servers; "#", as dig has it, is
 * read too.
 */
#ifndef HF_NET_ENDPOINT_H
#define HF_NET_ENDPOINT_H

#include <netinet/in.h>

#include "dns/rdata.h"

#define HF_PORT_DNS 53

struct hf_endpoint {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address;
};

#define HF_ENDPOINT_TEXT 64
/* "192.0.2.1"; "2001:db8::1@5300" when the port is not 53. Returns `text`. */
char *hf_endpoint_text(const struct hf_endpoint *endpoint, char text[static HF_ENDPOINT_TEXT]);
/* "ADDRESS", "ADDRESS@PORT" or "ADDRESS#PORT"; without a port it gets `port`. HF_ERR_SYNTAX. */
enum hf_err hf_endpoint_parse(
        const char *text, uint16_t port, struct hf_endpoint *ret_endpoint) HF_MUST_CHECK;
/* From an A or AAAA record. False for another type, or RDATA of another length. */
bool hf_endpoint_from_rdata(
        uint16_t type, struct hf_rdata rdata, uint16_t port, struct hf_endpoint *ret_endpoint);
bool hf_endpoint_equal(const struct hf_endpoint *a, const struct hf_endpoint *b);
bool hf_endpoint_is_v6(const struct hf_endpoint *endpoint);

#endif
