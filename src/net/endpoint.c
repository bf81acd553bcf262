/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/endpoint.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint16_t port_of(const struct hf_endpoint *endpoint)
{
	return ntohs(hf_endpoint_is_v6(endpoint) ? endpoint->address.v6.sin6_port
	                                         : endpoint->address.v4.sin_port);
}

bool hf_endpoint_is_v6(const struct hf_endpoint *endpoint)
{
	return endpoint->address.any.sa_family == AF_INET6;
}

char *hf_endpoint_text(const struct hf_endpoint *endpoint, char text[static HF_ENDPOINT_TEXT])
{
	char address[INET6_ADDRSTRLEN] = "";
	if (hf_endpoint_is_v6(endpoint))
		inet_ntop(AF_INET6, &endpoint->address.v6.sin6_addr, address, sizeof(address));
	else
		inet_ntop(AF_INET, &endpoint->address.v4.sin_addr, address, sizeof(address));
	uint16_t port = port_of(endpoint);
	if (port == HF_PORT_DNS)
		snprintf(text, HF_ENDPOINT_TEXT, "%s", address);
	else
		snprintf(text, HF_ENDPOINT_TEXT, "%s@%u", address, (unsigned)port);
	return text;
}

static void make(int family, const void *address, uint16_t port, struct hf_endpoint *ret_endpoint)
{
	*ret_endpoint = (struct hf_endpoint){0};
	if (family == AF_INET6) {
		struct sockaddr_in6 *v6 = &ret_endpoint->address.v6;
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		memcpy(&v6->sin6_addr, address, sizeof(v6->sin6_addr));
	} else {
		struct sockaddr_in *v4 = &ret_endpoint->address.v4;
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		memcpy(&v4->sin_addr, address, sizeof(v4->sin_addr));
	}
}

/* The port behind the mark; false when it is none. */
static bool read_port(const char *text, uint16_t *ret_port)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || number < 1 || number > UINT16_MAX)
		return false;
	*ret_port = (uint16_t)number;
	return true;
}

enum hf_err hf_endpoint_parse(const char *text, uint16_t port, struct hf_endpoint *ret_endpoint)
{
	const char *mark = text + strcspn(text, "@#");
	char address[INET6_ADDRSTRLEN];
	size_t len = (size_t)(mark - text);
	if (len >= sizeof(address) || (*mark != '\0' && !read_port(mark + 1, &port)))
		return HF_ERR_SYNTAX;
	memcpy(address, text, len);
	address[len] = '\0';
	struct in6_addr binary;
	const int families[] = {AF_INET, AF_INET6};
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		if (inet_pton(families[i], address, &binary) == 1) {
			make(families[i], &binary, port, ret_endpoint);
			return HF_OK;
		}
	}
	return HF_ERR_SYNTAX;
}

bool hf_endpoint_from_rdata(
        uint16_t type, struct hf_rdata rdata, uint16_t port, struct hf_endpoint *ret_endpoint)
{
	bool v4 = type == KNOT_RRTYPE_A && rdata.len == sizeof(struct in_addr);
	bool v6 = type == KNOT_RRTYPE_AAAA && rdata.len == sizeof(struct in6_addr);
	if (v4 || v6)
		make(v6 ? AF_INET6 : AF_INET, rdata.data, port, ret_endpoint);
	return v4 || v6;
}

bool hf_endpoint_equal(const struct hf_endpoint *a, const struct hf_endpoint *b)
{
	if (a->address.any.sa_family != b->address.any.sa_family || port_of(a) != port_of(b))
		return false;
	if (hf_endpoint_is_v6(a))
		return memcmp(&a->address.v6.sin6_addr, &b->address.v6.sin6_addr,
		               sizeof(struct in6_addr)) == 0;
	return a->address.v4.sin_addr.s_addr == b->address.v4.sin_addr.s_addr;
}
