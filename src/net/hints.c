/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "net/delegation.h"
#include "zone/records.h"

/* ---- Built in ---- */

#define LETTERS   13
#define ROOT_NAME "a.root-servers.net."

/* From a to m, as IANA publishes them. */
static const char *const addresses[LETTERS][2] = {
        {"198.41.0.4", "2001:503:ba3e::2:30"},
        {"170.247.170.2", "2801:1b8:10::b"},
        {"192.33.4.12", "2001:500:2::c"},
        {"199.7.91.13", "2001:500:2d::d"},
        {"192.203.230.10", "2001:500:a8::e"},
        {"192.5.5.241", "2001:500:2f::f"},
        {"192.112.36.4", "2001:500:12::d0d"},
        {"198.97.190.53", "2001:500:1::53"},
        {"192.36.148.17", "2001:7fe::53"},
        {"192.58.128.30", "2001:503:c27::2:30"},
        {"193.0.14.129", "2001:7fd::1"},
        {"199.7.83.42", "2001:500:9f::42"},
        {"202.12.27.33", "2001:dc3::35"},
};

static enum hf_err add_letter(struct hf_delegation *root, size_t letter, uint16_t port)
{
	char text[] = ROOT_NAME;
	struct hf_name name;
	struct hf_nameserver *server;
	text[0] = (char)('a' + letter);
	enum hf_err err = hf_name_from_text(text, &name);
	if (err == HF_OK)
		err = hf_delegation_server(root, &name, &server);
	for (size_t i = 0; i < 2 && err == HF_OK; i++) {
		struct hf_endpoint address;
		err = hf_endpoint_parse(addresses[letter][i], port, &address);
		if (err == HF_OK)
			hf_nameserver_add(server, &address);
	}
	if (err == HF_OK)
		server->looked_up = true;
	return err;
}

enum hf_err hf_delegations_add_root(struct hf_delegations *delegations, uint16_t port)
{
	struct hf_delegation *root;
	enum hf_err err = hf_delegations_add(delegations, &HF_NAME_ROOT, &root);
	for (size_t i = 0; i < LETTERS && err == HF_OK; i++)
		err = add_letter(root, i, port);
	return err;
}

/* ---- From a file ---- */

/* Addresses may come before the NS records that they belong to. */
struct located {
	struct hf_name owner;
	struct hf_endpoint address;
};

struct reading {
	struct hf_delegations *delegations;
	uint16_t port;
	struct located *list;
	size_t count;
};

#define HINTS_ADDRESSES 1000

static enum hf_err take_ns(
        struct reading *reading, const struct hf_name *zone, struct hf_rdata rdata)
{
	struct hf_cursor cursor;
	struct hf_name name;
	struct hf_nameserver *server;
	struct hf_delegation *delegation = hf_delegations_find(reading->delegations, zone);
	enum hf_err err = HF_OK;
	hf_cursor_init(&cursor, rdata.data, rdata.len);
	if (!hf_get_name(&cursor, &name))
		return HF_ERR_SYNTAX;
	if (delegation == NULL)
		err = hf_delegations_add(reading->delegations, zone, &delegation);
	if (err == HF_OK)
		err = hf_delegation_server(delegation, &name, &server);
	if (err == HF_OK)
		server->looked_up = true; /* its addresses are in the file */
	return err;
}

static enum hf_err take_address(
        struct reading *reading, const struct hf_name *owner, const struct hf_endpoint *address)
{
	if (reading->count == HINTS_ADDRESSES)
		return HF_ERR_LIMIT;
	struct located *list =
	        reallocarray(reading->list, reading->count + 1, sizeof(*reading->list));
	if (list == NULL)
		return HF_ERR_NOMEM;
	reading->list = list;
	list[reading->count++] = (struct located){*owner, *address};
	return HF_OK;
}

static enum hf_err take_record(void *context, const struct hf_name *owner, uint16_t type,
        uint32_t ttl, struct hf_rdata rdata, const char *file, uint64_t line)
{
	(void)ttl, (void)file, (void)line;
	struct reading *reading = context;
	struct hf_endpoint address;
	if (type == KNOT_RRTYPE_NS)
		return take_ns(reading, owner, rdata);
	if (hf_endpoint_from_rdata(type, rdata, reading->port, &address))
		return take_address(reading, owner, &address);
	return HF_OK;
}

/* Gives the addresses to their servers. Returns how many had a place. */
static size_t settle(struct reading *reading)
{
	size_t used = 0;
	for (size_t i = 0; i < reading->count; i++) {
		const struct located *located = &reading->list[i];
		for (size_t z = 0; z < reading->delegations->count; z++) {
			struct hf_delegation *zone = reading->delegations->list[z];
			for (size_t s = 0; s < zone->count; s++) {
				if (!hf_name_equal(&zone->servers[s].name, &located->owner))
					continue;
				hf_nameserver_add(&zone->servers[s], &located->address);
				used++;
			}
		}
	}
	return used;
}

enum hf_err hf_delegations_read(struct hf_delegations *delegations, const struct hf_hints *hints,
        uint16_t port, struct hf_diag *diag)
{
	struct reading reading = {.delegations = delegations, .port = port};
	const struct hf_reading records = {
	        .origin = &HF_NAME_ROOT, .visit = take_record, .context = &reading, .diag = diag};
	const struct hf_stretch stretch = {
	        .name = hints->name, .text = hints->text, .len = hints->len, .line = 1};
	enum hf_err err = hf_records_read(&records, &stretch);
	if (err == HF_ERR_LIMIT)
		err = hf_fail_at(diag, err, hints->name, 0,
		        "more than %d zones, %d servers for one or %d addresses", HF_DELEGATIONS,
		        HF_DELEGATION_SERVERS, HINTS_ADDRESSES);
	if (err == HF_OK && settle(&reading) == 0)
		err = hf_fail_at(diag, HF_ERR_INVALID, hints->name, 0,
		        "no name server with an address here; give NS records of the root and "
		        "their A or AAAA records");
	free(reading.list);
	return err;
}
