/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/access.h"

#include <stdlib.h>
#include <string.h>

#define V4_BITS 32
#define V6_BITS 128

/* The bytes of an address, without an IPv4 address's dress as an IPv6 one. */
static const uint8_t *bytes_of(const struct hf_endpoint *endpoint, unsigned *ret_bits)
{
	if (!hf_endpoint_is_v6(endpoint)) {
		*ret_bits = V4_BITS;
		return (const uint8_t *)&endpoint->address.v4.sin_addr;
	}
	const struct in6_addr *v6 = &endpoint->address.v6.sin6_addr;
	bool mapped = IN6_IS_ADDR_V4MAPPED(v6);
	*ret_bits = mapped ? V4_BITS : V6_BITS;
	return mapped ? v6->s6_addr + sizeof(*v6) - sizeof(struct in_addr) : v6->s6_addr;
}

/* Whether all bits of an address behind the first `from` are 0. */
static bool rest_is_zero(const uint8_t *bytes, unsigned from, unsigned bits)
{
	for (unsigned bit = from; bit < bits; bit++)
		if ((bytes[bit / 8] & (0x80u >> bit % 8)) != 0)
			return false;
	return true;
}

enum hf_err hf_prefix_parse(const char *text, struct hf_prefix *ret_prefix)
{
	char address[HF_ENDPOINT_TEXT];
	const char *slash = strchrnul(text, '/');
	size_t len = (size_t)(slash - text);
	struct hf_prefix prefix;
	if (len >= sizeof(address) || memchr(text, '#', len) != NULL)
		return HF_ERR_SYNTAX;
	memcpy(address, text, len);
	address[len] = '\0';
	enum hf_err err = hf_endpoint_parse(address, HF_PORT_DNS, &prefix.address);
	if (err != HF_OK)
		return err;
	unsigned bits;
	const uint8_t *bytes = bytes_of(&prefix.address, &bits);
	prefix.bits = (uint8_t)bits;
	if (*slash == '/') {
		char *end;
		unsigned long number = strtoul(slash + 1, &end, 10);
		if (slash[1] < '0' || slash[1] > '9' || *end != '\0' || number > bits)
			return HF_ERR_SYNTAX;
		prefix.bits = (uint8_t)number;
	}
	if (!rest_is_zero(bytes, prefix.bits, bits))
		return HF_ERR_INVALID;
	*ret_prefix = prefix;
	return HF_OK;
}

bool hf_prefix_has(const struct hf_prefix *prefix, const struct hf_endpoint *address)
{
	unsigned prefix_bits, address_bits;
	const uint8_t *a = bytes_of(&prefix->address, &prefix_bits);
	const uint8_t *b = bytes_of(address, &address_bits);
	unsigned whole = prefix->bits / 8, left = prefix->bits % 8;
	if (prefix_bits != address_bits || memcmp(a, b, whole) != 0)
		return false;
	return left == 0 || (a[whole] ^ b[whole]) >> (8 - left) == 0;
}

void hf_access_done(struct hf_access *access)
{
	free(access->rules);
	*access = (struct hf_access){0};
}

enum hf_err hf_access_add(struct hf_access *access, const struct hf_access_rule *rule)
{
	if (!rule->has_prefix && !rule->has_key)
		return HF_ERR_INVALID;
	struct hf_access_rule *rules =
	        reallocarray(access->rules, access->count + 1, sizeof(rules[0]));
	if (rules == NULL)
		return HF_ERR_NOMEM;
	rules[access->count] = *rule;
	access->rules = rules;
	access->count++;
	return HF_OK;
}

enum hf_err hf_access_copy(const struct hf_access *access, struct hf_access *ret_access)
{
	struct hf_access copy = {0};
	if (access->count > 0) {
		copy.rules = calloc(access->count, sizeof(copy.rules[0]));
		if (copy.rules == NULL)
			return HF_ERR_NOMEM;
		memcpy(copy.rules, access->rules, access->count * sizeof(copy.rules[0]));
		copy.count = access->count;
	}
	*ret_access = copy;
	return HF_OK;
}

static bool applies(const struct hf_access_rule *rule, const struct hf_endpoint *from,
        const struct hf_name *key)
{
	if (rule->has_prefix && !hf_prefix_has(&rule->prefix, from))
		return false;
	return !rule->has_key || (key != NULL && hf_name_equal(&rule->key, key));
}

bool hf_access_allows(const struct hf_access *access, const struct hf_endpoint *from,
        const struct hf_name *key, unsigned actions)
{
	for (size_t i = 0; i < access->count; i++)
		if ((access->rules[i].actions & actions) != 0 &&
		        applies(&access->rules[i], from, key))
			return true;
	return false;
}
