/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/delegation.h"

#include <stdlib.h>

void hf_delegations_done(struct hf_delegations *delegations)
{
	for (size_t i = 0; i < delegations->count; i++) {
		free(delegations->list[i]->servers);
		free(delegations->list[i]);
	}
	free(delegations->list);
	*delegations = (struct hf_delegations){0};
}

struct hf_delegation *hf_delegations_closest(
        const struct hf_delegations *delegations, const struct hf_name *name)
{
	struct hf_delegation *best = NULL;
	for (size_t i = 0; i < delegations->count; i++) {
		struct hf_delegation *one = delegations->list[i];
		if (hf_name_is_under(name, &one->zone) &&
		        (best == NULL || one->zone.len > best->zone.len))
			best = one;
	}
	return best;
}

struct hf_delegation *hf_delegations_find(
        const struct hf_delegations *delegations, const struct hf_name *zone)
{
	struct hf_delegation *closest = hf_delegations_closest(delegations, zone);
	return closest != NULL && hf_name_equal(&closest->zone, zone) ? closest : NULL;
}

enum hf_err hf_delegations_add(struct hf_delegations *delegations, const struct hf_name *zone,
        struct hf_delegation **ret_delegation)
{
	if (delegations->count >= HF_DELEGATIONS)
		return HF_ERR_LIMIT;
	struct hf_delegation **list = reallocarray(
	        delegations->list, delegations->count + 1, sizeof(struct hf_delegation *));
	if (list == NULL)
		return HF_ERR_NOMEM;
	delegations->list = list;
	struct hf_delegation *added = calloc(1, sizeof(*added));
	if (added == NULL)
		return HF_ERR_NOMEM;
	added->servers = calloc(HF_DELEGATION_SERVERS, sizeof(*added->servers));
	if (added->servers == NULL) {
		free(added);
		return HF_ERR_NOMEM;
	}
	added->zone = *zone;
	list[delegations->count++] = added;
	*ret_delegation = added;
	return HF_OK;
}

static struct hf_nameserver *find_server(
        struct hf_delegation *delegation, const struct hf_name *name)
{
	for (size_t i = 0; i < delegation->count; i++) {
		if (hf_name_equal(&delegation->servers[i].name, name))
			return &delegation->servers[i];
	}
	return NULL;
}

enum hf_err hf_delegation_server(struct hf_delegation *delegation, const struct hf_name *name,
        struct hf_nameserver **ret_server)
{
	struct hf_nameserver *server = find_server(delegation, name);
	if (server == NULL) {
		if (delegation->count == HF_DELEGATION_SERVERS)
			return HF_ERR_LIMIT;
		server = &delegation->servers[delegation->count++];
		server->name = *name;
	}
	*ret_server = server;
	return HF_OK;
}

void hf_nameserver_add(struct hf_nameserver *server, const struct hf_endpoint *address)
{
	for (size_t i = 0; i < server->count; i++) {
		if (hf_endpoint_equal(&server->addresses[i], address))
			return;
	}
	if (server->count < HF_NAMESERVER_ADDRESSES)
		server->addresses[server->count++] = *address;
}

/* ---- From messages ---- */

/* Whether an NS set tells about a cut on the way from `zone` to the name. */
static bool is_cut(const struct hf_message_set *set, const struct hf_name *zone,
        const struct hf_question *question)
{
	if (set->set.type != KNOT_RRTYPE_NS || set->set.rr_count == 0 ||
	        !hf_name_is_under(&question->name, &set->owner) ||
	        !hf_name_is_under(&set->owner, zone) || hf_name_equal(&set->owner, zone))
		return false;
	return set->section == HF_SECTION_AUTHORITY ||
	       (set->section == HF_SECTION_ANSWER && question->type == KNOT_RRTYPE_NS);
}

static void take_glue(struct hf_delegation *delegation, const struct hf_name *zone,
        const struct hf_message *message, uint16_t port)
{
	for (size_t i = 0; i < message->set_count; i++) {
		const struct hf_message_set *set = &message->sets[i];
		struct hf_nameserver *server = find_server(delegation, &set->owner);
		if (set->section != HF_SECTION_ADDITIONAL || server == NULL ||
		        !hf_name_is_under(&set->owner, zone))
			continue;
		struct hf_rdata_walk walk = hf_rrset_rrs(&set->set);
		struct hf_rdata rdata;
		struct hf_endpoint address;
		while (hf_rdata_next(&walk, &rdata)) {
			if (hf_endpoint_from_rdata(set->set.type, rdata, port, &address))
				hf_nameserver_add(server, &address);
		}
	}
}

static enum hf_err take_cut(struct hf_delegations *delegations, const struct hf_message_set *set,
        struct hf_delegation **ret_delegation)
{
	struct hf_delegation *added;
	enum hf_err err = hf_delegations_add(delegations, &set->owner, &added);
	if (err != HF_OK)
		return err;
	struct hf_rdata_walk walk = hf_rrset_rrs(&set->set);
	struct hf_rdata rdata;
	while (hf_rdata_next(&walk, &rdata)) {
		struct hf_cursor cursor;
		struct hf_name name;
		struct hf_nameserver *server;
		hf_cursor_init(&cursor, rdata.data, rdata.len);
		if (hf_get_name(&cursor, &name) &&
		        hf_delegation_server(added, &name, &server) != HF_OK)
			break; /* there are enough */
	}
	*ret_delegation = added;
	return HF_OK;
}

enum hf_err hf_delegations_learn(struct hf_delegations *delegations, const struct hf_name *zone,
        const struct hf_question *question, const struct hf_message *message, uint16_t port)
{
	for (size_t i = 0; i < message->set_count; i++) {
		const struct hf_message_set *set = &message->sets[i];
		struct hf_delegation *delegation;
		if (!is_cut(set, zone, question) ||
		        hf_delegations_find(delegations, &set->owner) != NULL)
			continue;
		enum hf_err err = take_cut(delegations, set, &delegation);
		if (err != HF_OK)
			return err == HF_ERR_LIMIT ? HF_OK : err;
		take_glue(delegation, zone, message, port);
	}
	return HF_OK;
}
