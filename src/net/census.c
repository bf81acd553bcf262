/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/census.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/times.h"
#include "net/search.h"

#define TIMEOUT 2000 /* milliseconds: each address is asked once */
#define ITEMS   100  /* questions in all */

void hf_census_done(struct hf_census *census)
{
	for (size_t i = 0; i < census->count; i++) {
		struct hf_census_item *item = &census->items[i];
		for (size_t g = 0; g < item->count; g++) {
			for (size_t s = 0; s < item->groups[g].count; s++)
				free(item->groups[g].servers[s]);
			free(item->groups[g].servers);
			free(item->groups[g].what);
		}
		free(item->groups);
	}
	free(census->items);
	*census = (struct hf_census){0};
}

/* ---- What to ask ---- */

static enum hf_err add_item(struct hf_census *census, const struct hf_name *zone,
        const struct hf_name *name, uint16_t type)
{
	const struct hf_question question = {.name = *name, .type = type};
	for (size_t i = 0; i < census->count; i++) {
		if (hf_name_equal(&census->items[i].zone, zone) &&
		        hf_question_equal(&census->items[i].question, &question))
			return HF_OK;
	}
	if (census->count == ITEMS)
		return HF_OK;
	struct hf_census_item *items =
	        reallocarray(census->items, census->count + 1, sizeof(*items));
	if (items == NULL)
		return HF_ERR_NOMEM;
	census->items = items;
	items[census->count++] = (struct hf_census_item){.zone = *zone, .question = question};
	return HF_OK;
}

/* The link of the deepest zone at or above the name; for what belongs to a parent, above it. */
static const struct hf_link *link_above(
        const struct hf_trace *trace, const struct hf_name *name, bool strictly)
{
	const struct hf_link *best = NULL;
	for (size_t i = 0; i < trace->link_count; i++) {
		const struct hf_link *link = &trace->links[i];
		if (hf_name_is_under(name, &link->zone) &&
		        (!strictly || !hf_name_equal(name, &link->zone)) &&
		        (best == NULL || link->zone.len > best->zone.len))
			best = link;
	}
	return best;
}

static enum hf_err plan(const struct hf_trace *trace, struct hf_census *census)
{
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < trace->link_count && err == HF_OK; i++) {
		const struct hf_name *zone = &trace->links[i].zone;
		const struct hf_link *parent = link_above(trace, zone, true);
		if (parent != NULL)
			err = add_item(census, &parent->zone, zone, KNOT_RRTYPE_DS);
		if (err == HF_OK)
			err = add_item(census, zone, zone, KNOT_RRTYPE_SOA);
		if (err == HF_OK)
			err = add_item(census, zone, zone, KNOT_RRTYPE_DNSKEY);
	}
	const struct hf_question *question = &trace->question;
	const struct hf_link *last =
	        link_above(trace, &question->name, question->type == KNOT_RRTYPE_DS);
	if (err == HF_OK && last != NULL)
		err = add_item(census, &last->zone, &question->name, question->type);
	return err;
}

/* ---- What an answer says ---- */

static void put_tag(struct hf_buf *out, uint16_t type, struct hf_rdata rdata)
{
	struct hf_ds ds;
	struct hf_soa soa;
	if (type == KNOT_RRTYPE_DNSKEY)
		hf_put_format(out, " %u", (unsigned)hf_dnskey_tag(rdata));
	else if (type == KNOT_RRTYPE_DS && hf_ds_read(rdata, &ds))
		hf_put_format(out, " %u", (unsigned)ds.tag);
	else if (type == KNOT_RRTYPE_SOA && hf_soa_read(rdata, &soa))
		hf_put_format(out, "serial %" PRIu32, soa.serial);
}

static void put_records(struct hf_buf *out, const struct hf_rrset *set)
{
	char type[HF_TYPE_TEXT];
	struct hf_rdata_walk walk = hf_rrset_rrs(set);
	struct hf_rdata rdata;
	if (set->type == KNOT_RRTYPE_DNSKEY || set->type == KNOT_RRTYPE_DS)
		hf_put_text(out, hf_type_text(set->type, type));
	else if (set->type != KNOT_RRTYPE_SOA)
		hf_put_format(out, "%u %s record%s", (unsigned)set->rr_count,
		        hf_type_text(set->type, type), set->rr_count == 1 ? "" : "s");
	while (hf_rdata_next(&walk, &rdata))
		put_tag(out, set->type, rdata);
}

static void put_sigs(struct hf_buf *out, const struct hf_rrset *set, hf_time at)
{
	struct hf_rdata_walk walk = hf_rrset_sigs(set);
	struct hf_rdata rdata;
	struct hf_rrsig rrsig;
	char until[HF_TIME_TEXT];
	if (set->sig_count == 0)
		hf_put_text(out, ", not signed");
	while (hf_rdata_next(&walk, &rdata)) {
		if (hf_rrsig_read(rdata, &rrsig))
			hf_put_format(out, ", signed by %u until %s", (unsigned)rrsig.tag,
			        hf_time_rfc3339(hf_time_from_stamp(rrsig.expiration, at), until));
	}
}

/* What the server said in words, and in bytes that are equal when the answers are. */
static void describe(
        const struct hf_exchange *exchange, hf_time at, struct hf_buf *what, struct hf_buf *bytes)
{
	const struct hf_message *message = exchange->message;
	char rcode[HF_RCODE_TEXT];
	if (message == NULL) {
		hf_put_text(what, exchange->words);
		hf_put_text(bytes, exchange->words);
		return;
	}
	const struct hf_question *question = &exchange->question;
	const struct hf_message_set *found =
	        hf_message_find(message, HF_SECTION_ANSWER, &question->name, question->type);
	if (found == NULL && question->type != KNOT_RRTYPE_CNAME)
		found = hf_message_find(
		        message, HF_SECTION_ANSWER, &question->name, KNOT_RRTYPE_CNAME);
	hf_put_u16(bytes, message->rcode);
	if (message->rcode != HF_RCODE_NOERROR || found == NULL)
		hf_put_text(what, message->rcode == HF_RCODE_NOERROR
		                          ? "no such record"
		                          : hf_rcode_text(message->rcode, rcode));
	if (found == NULL)
		return;
	if (message->rcode != HF_RCODE_NOERROR)
		hf_put_text(what, ", ");
	put_records(what, &found->set);
	put_sigs(what, &found->set, at);
	hf_put_bytes(bytes, found->set.rrs, found->set.rrs_len);
	hf_put_bytes(bytes, found->set.sigs, found->set.sigs_len);
}

/* ---- Sorting answers ---- */

/* Answers by address, and what makes them equal. */
struct ballot {
	const struct hf_resolver_server *servers;
	struct hf_exchange *exchanges;
	struct hf_buf *bytes;
	size_t count;
};

static enum hf_err add_server(
        struct hf_census_group *group, const struct hf_resolver_server *server)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {0};
	char **servers = reallocarray(group->servers, group->count + 1, sizeof(char *));
	if (servers == NULL)
		return HF_ERR_NOMEM;
	group->servers = servers;
	hf_search_put_server(&text, &server->name, &server->endpoint);
	hf_put_u8(&text, 0);
	if (hf_buf_check(&text) != HF_OK)
		return HF_ERR_NOMEM;
	servers[group->count] = strdup((const char *)text.data);
	if (servers[group->count] == NULL)
		return HF_ERR_NOMEM;
	group->count++;
	return HF_OK;
}

static enum hf_err add_group(
        struct hf_census_item *item, const struct hf_buf *what, struct hf_census_group **ret_group)
{
	struct hf_census_group *groups =
	        reallocarray(item->groups, item->count + 1, sizeof(*groups));
	if (groups == NULL)
		return HF_ERR_NOMEM;
	item->groups = groups;
	groups[item->count] =
	        (struct hf_census_group){.what = strndup((const char *)what->data, what->len)};
	if (groups[item->count].what == NULL)
		return HF_ERR_NOMEM;
	*ret_group = &groups[item->count++];
	return HF_OK;
}

static bool same_bytes(const struct hf_buf *a, const struct hf_buf *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static enum hf_err sort(struct ballot *ballot, hf_time at, struct hf_census_item *item)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf what = {0};
	size_t group_of[HF_SEARCH_ADDRESSES];
	for (size_t i = 0; i < ballot->count; i++) {
		size_t twin = 0;
		struct hf_census_group *group;
		hf_buf_reset(&what);
		describe(&ballot->exchanges[i], at, &what, &ballot->bytes[i]);
		if (hf_buf_check(&what) != HF_OK || hf_buf_check(&ballot->bytes[i]) != HF_OK)
			return HF_ERR_NOMEM;
		while (twin < i && !same_bytes(&ballot->bytes[twin], &ballot->bytes[i]))
			twin++;
		group_of[i] = twin < i ? group_of[twin] : item->count;
		enum hf_err err = HF_OK;
		if (twin == i)
			err = add_group(item, &what, &group);
		if (err == HF_OK)
			err = add_server(&item->groups[group_of[i]], &ballot->servers[i]);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

static enum hf_err ask_all(struct hf_resolver *resolver, struct ballot *ballot, hf_time at,
        struct hf_census_item *item)
{
	for (size_t i = 0; i < ballot->count; i++) {
		ballot->exchanges[i] = (struct hf_exchange){
		        .server = ballot->servers[i].endpoint,
		        .question = item->question,
		        .flags = hf_resolver_flags(resolver),
		        .timeout = TIMEOUT,
		};
	}
	enum hf_err err = hf_wire_run(hf_resolver_wire(resolver), ballot->exchanges, ballot->count);
	if (err != HF_OK)
		return err;
	err = sort(ballot, at, item);
	for (size_t i = 0; i < ballot->count; i++) {
		hf_exchange_done(&ballot->exchanges[i]);
		hf_buf_done(&ballot->bytes[i]);
	}
	return err;
}

static enum hf_err count_item(struct hf_resolver *resolver, hf_time at, struct hf_census_item *item)
{
	struct hf_resolver_server servers[HF_SEARCH_ADDRESSES];
	size_t count;
	enum hf_err err =
	        hf_resolver_servers(resolver, &item->zone, HF_SEARCH_ADDRESSES, servers, &count);
	if (err != HF_OK || count == 0)
		return err;
	struct ballot ballot = {.servers = servers, .count = count};
	ballot.exchanges = calloc(count, sizeof(*ballot.exchanges));
	ballot.bytes = calloc(count, sizeof(*ballot.bytes));
	err = HF_ERR_NOMEM;
	if (ballot.exchanges != NULL && ballot.bytes != NULL)
		err = ask_all(resolver, &ballot, at, item);
	free(ballot.exchanges);
	free(ballot.bytes);
	return err;
}

enum hf_err hf_census_take(
        struct hf_resolver *resolver, const struct hf_trace *trace, struct hf_census *ret_census)
{
	struct hf_census census = {0};
	enum hf_err err = plan(trace, &census);
	for (size_t i = 0; i < census.count && err == HF_OK; i++)
		err = count_item(resolver, trace->at, &census.items[i]);
	if (err != HF_OK) {
		hf_census_done(&census);
		return err;
	}
	*ret_census = census;
	return HF_OK;
}
