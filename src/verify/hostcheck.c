/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hosts that records of the zone need: name servers with their glue, mail hosts, and others. */
#include <string.h>

#include "verify/zonecheck.h"

enum host {
	HOST_ELSEWHERE, /* not in this zone, or in a part that is delegated */
	HOST_ADDRESS,   /* has addresses here */
	HOST_ALIAS,
	HOST_NONE, /* in the zone, without an address */
};

static bool has_address(const struct hf_node *node)
{
	return hf_node_has(node, KNOT_RRTYPE_A) || hf_node_has(node, KNOT_RRTYPE_AAAA);
}

/* Whether a wildcard may give a name that is not there its records. */
static bool wildcard_above(const struct hf_facts *facts, const struct hf_name *name)
{
	unsigned labels = hf_name_labels(name);
	for (unsigned strip = 1; strip <= labels - facts->apex_labels; strip++) {
		struct hf_name above, wildcard;
		hf_name_strip(name, strip, &above);
		if (hf_name_wildcard(&above, &wildcard) == HF_OK &&
		        hf_version_find(facts->version, &wildcard) != NULL)
			return true;
		if (hf_version_find(facts->version, &above) != NULL)
			return false;
	}
	return false;
}

/* The highest delegation or DNAME at or above a name; NULL when it is authoritative. */
static const struct hf_node *cut_at(const struct hf_facts *facts, const struct hf_name *name)
{
	unsigned labels = hf_name_labels(name);
	for (unsigned have = facts->apex_labels; have <= labels; have++) {
		struct hf_name above;
		hf_name_strip(name, labels - have, &above);
		const struct hf_node *node = hf_version_find(facts->version, &above);
		if (node == NULL)
			continue;
		if ((have > facts->apex_labels && hf_node_has(node, KNOT_RRTYPE_NS)) ||
		        (have < labels && hf_node_has(node, KNOT_RRTYPE_DNAME)))
			return node;
	}
	return NULL;
}

/* What the zone knows of a host. `ret_cut` is the delegation that it is at or below. */
static enum host find_host(
        const struct hf_facts *facts, const struct hf_name *name, const struct hf_node **ret_cut)
{
	*ret_cut = NULL;
	if (!hf_name_is_under(name, facts->apex))
		return HOST_ELSEWHERE;
	const struct hf_node *node = hf_version_find(facts->version, name);
	if (node != NULL && has_address(node))
		return HOST_ADDRESS;
	*ret_cut = cut_at(facts, name);
	if (*ret_cut != NULL)
		return HOST_ELSEWHERE;
	if (node != NULL && hf_node_has(node, KNOT_RRTYPE_CNAME))
		return HOST_ALIAS;
	if (node == NULL && wildcard_above(facts, name))
		return HOST_ELSEWHERE;
	return HOST_NONE;
}

static bool is_private_v4(const uint8_t *a)
{
	return a[0] == 0 || a[0] == 10 || a[0] == 127 || a[0] >= 224 ||
	       (a[0] == 169 && a[1] == 254) || (a[0] == 172 && (a[1] & 0xf0) == 16) ||
	       (a[0] == 192 && a[1] == 168) || (a[0] == 192 && a[1] == 0 && a[2] == 2) ||
	       (a[0] == 198 && a[1] == 51 && a[2] == 100) ||
	       (a[0] == 203 && a[1] == 0 && a[2] == 113) || (a[0] == 100 && (a[1] & 0xc0) == 64);
}

static bool is_private_v6(const uint8_t *a)
{
	static const uint8_t documentation[] = {0x20, 0x01, 0x0d, 0xb8};
	/* Global unicast is 2000::/3 (RFC 4291 section 2.4). */
	return (a[0] & 0xe0) != 0x20 || memcmp(a, documentation, sizeof(documentation)) == 0;
}

/* Glue that only some networks can reach. */
static void judge_glue(struct hf_worker *worker, const struct hf_name *host, uint16_t type)
{
	const struct hf_node *node = hf_version_find(worker->facts->version, host);
	struct hf_rrset set;
	if (node == NULL || !hf_node_find(node, type, &set))
		return;
	struct hf_rdata_walk walk = hf_rrset_rrs(&set);
	struct hf_rdata rdata;
	while (hf_rdata_next(&walk, &rdata)) {
		bool private = type == KNOT_RRTYPE_A ? rdata.len == 4 && is_private_v4(rdata.data)
		                                     : rdata.len == 16 && is_private_v6(rdata.data);
		if (!private)
			continue;
		struct hf_where where = {.owner = host, .type = type, .tag = HF_NO_TAG};
		hf_found(&worker->finds, HF_CHECK_GLUE_PRIVATE, &where,
		        "A name server has an address that cannot be reached from everywhere.");
		return;
	}
}

struct servers {
	unsigned all, without_glue;
};

static void judge_server(struct hf_worker *worker, const struct hf_owner *owner,
        const struct hf_name *host, struct servers *servers)
{
	struct hf_where where = {.owner = &owner->name, .type = KNOT_RRTYPE_NS, .tag = HF_NO_TAG};
	char text[HF_NAME_TEXT];
	const struct hf_node *cut;
	servers->all++;
	switch (find_host(worker->facts, host, &cut)) {
	case HOST_ADDRESS:
		if (owner->kind == HF_OWNER_DELEGATION) {
			judge_glue(worker, host, KNOT_RRTYPE_A);
			judge_glue(worker, host, KNOT_RRTYPE_AAAA);
		}
		break;
	case HOST_ALIAS:
		hf_found(&worker->finds, HF_CHECK_NS_ALIAS, &where,
		        "The name server %s is an alias.", hf_name_text(host, text));
		break;
	case HOST_NONE:
		hf_found(&worker->finds, HF_CHECK_NS_NO_ADDRESS, &where,
		        "The name server %s is in this zone, but has no address.",
		        hf_name_text(host, text));
		break;
	case HOST_ELSEWHERE:
		/* Below its own delegation nobody can find it without glue. */
		if (cut != NULL && cut == owner->node) {
			servers->without_glue++;
			hf_found(&worker->finds, HF_CHECK_GLUE_PARTIAL, &where,
			        "The name server %s is below this delegation, but has no address "
			        "here.",
			        hf_name_text(host, text));
		}
		break;
	}
}

static bool rdata_name(struct hf_rdata rdata, size_t skip, struct hf_name *ret_name)
{
	struct hf_cursor cursor;
	hf_cursor_init(&cursor, rdata.data, rdata.len);
	return hf_get_bytes(&cursor, skip) != NULL && hf_get_name(&cursor, ret_name);
}

static void judge_servers(struct hf_worker *worker, const struct hf_owner *owner)
{
	struct hf_rrset set;
	if (!hf_node_find(owner->node, KNOT_RRTYPE_NS, &set) || set.rr_count == 0)
		return;
	struct servers servers = {0};
	struct hf_rdata_walk walk = hf_rrset_rrs(&set);
	struct hf_rdata rdata;
	struct hf_name host;
	while (hf_rdata_next(&walk, &rdata)) {
		if (rdata_name(rdata, 0, &host))
			judge_server(worker, owner, &host, &servers);
	}
	struct hf_where where = {.owner = &owner->name, .type = KNOT_RRTYPE_NS, .tag = HF_NO_TAG};
	if (servers.all > 0 && servers.all == servers.without_glue)
		hf_found(&worker->finds, HF_CHECK_GLUE_MISSING, &where,
		        "All name servers are below this delegation and none has an address here.");
	if (servers.all == 1)
		hf_found(&worker->finds, HF_CHECK_NS_SINGLE, &where,
		        "There is only one name server.");
}

static bool names_server(const struct hf_rrset *servers, const struct hf_name *host)
{
	struct hf_rdata_walk walk = hf_rrset_rrs(servers);
	struct hf_rdata rdata;
	struct hf_name name;
	while (hf_rdata_next(&walk, &rdata)) {
		if (rdata_name(rdata, 0, &name) && hf_name_equal(&name, host))
			return true;
	}
	return false;
}

/* An address below a delegation is there for its name servers; others may share it, so it is only
 * worth a notice. */
static void judge_extra_glue(struct hf_worker *worker, const struct hf_owner *owner)
{
	struct hf_rrset servers;
	if (!has_address(owner->node) || !hf_node_find(owner->cut, KNOT_RRTYPE_NS, &servers) ||
	        servers.rr_count == 0 || names_server(&servers, &owner->name))
		return;
	struct hf_where where = {.owner = &owner->name, .type = KNOT_RRTYPE_A, .tag = HF_NO_TAG};
	if (!hf_node_has(owner->node, KNOT_RRTYPE_A))
		where.type = KNOT_RRTYPE_AAAA;
	hf_found(&worker->finds, HF_CHECK_GLUE_EXTRA, &where,
	        "The delegation above it does not name this host as a name server.");
}

static void judge_mail(struct hf_worker *worker, const struct hf_owner *owner)
{
	struct hf_rrset set;
	if (!hf_node_find(owner->node, KNOT_RRTYPE_MX, &set))
		return;
	struct hf_where where = {.owner = &owner->name, .type = KNOT_RRTYPE_MX, .tag = HF_NO_TAG};
	struct hf_rdata_walk walk = hf_rrset_rrs(&set);
	struct hf_rdata rdata;
	struct hf_name host;
	while (hf_rdata_next(&walk, &rdata)) {
		const struct hf_node *cut;
		char text[HF_NAME_TEXT];
		if (rdata_name(rdata, 2, &host) &&
		        find_host(worker->facts, &host, &cut) == HOST_ALIAS)
			hf_found(&worker->finds, HF_CHECK_MX_ALIAS, &where,
			        "The mail host %s is an alias.", hf_name_text(&host, text));
	}
}

/* The second name of an RP record is that of a TXT record, or the root (RFC 1183 section 2.2). */
static void judge_person(struct hf_worker *worker, const struct hf_owner *owner)
{
	const struct hf_facts *facts = worker->facts;
	struct hf_rrset set;
	struct hf_rdata rdata;
	struct hf_name mailbox, text;
	if (!hf_node_find(owner->node, KNOT_RRTYPE_RP, &set) || !hf_rrset_first(&set, &rdata) ||
	        !rdata_name(rdata, 0, &mailbox) || !rdata_name(rdata, mailbox.len, &text))
		return;
	if (hf_name_labels(&text) == 0 || !hf_name_is_under(&text, facts->apex) ||
	        cut_at(facts, &text) != NULL)
		return;
	const struct hf_node *node = hf_version_find(facts->version, &text);
	if (node == NULL ? wildcard_above(facts, &text) : hf_node_has(node, KNOT_RRTYPE_TXT))
		return;
	struct hf_where where = {.owner = &owner->name, .type = KNOT_RRTYPE_RP, .tag = HF_NO_TAG};
	char name[HF_NAME_TEXT];
	hf_found(&worker->finds, HF_CHECK_RP_TXT, &where, "There is no TXT record at %s.",
	        hf_name_text(&text, name));
}

/* "_443._tcp.host" and "hash._smimecert.host": the host should be there. */
static void judge_service(struct hf_worker *worker, const struct hf_owner *owner, uint16_t type)
{
	const struct hf_facts *facts = worker->facts;
	if (!hf_node_has(owner->node, type) || owner->name.wire[1] == '*' ||
	        hf_name_labels(&owner->name) < facts->apex_labels + 2)
		return;
	struct hf_name host;
	hf_name_strip(&owner->name, 2, &host);
	const struct hf_node *node = hf_version_find(facts->version, &host);
	if ((node != NULL && hf_node_has_data(node)) || wildcard_above(facts, &host))
		return;
	struct hf_where where = {.owner = &owner->name, .type = type, .tag = HF_NO_TAG};
	char name[HF_NAME_TEXT];
	hf_found(&worker->finds, HF_CHECK_TLSA_HOST, &where, "The host %s has no records.",
	        hf_name_text(&host, name));
}

void hf_hosts_judge(struct hf_worker *worker, const struct hf_owner *owner)
{
	if (owner->kind == HF_OWNER_HIDDEN) {
		judge_extra_glue(worker, owner);
		return;
	}
	judge_servers(worker, owner);
	if (owner->kind != HF_OWNER_DATA)
		return;
	judge_mail(worker, owner);
	judge_person(worker, owner);
	judge_service(worker, owner, KNOT_RRTYPE_TLSA);
	judge_service(worker, owner, KNOT_RRTYPE_SMIMEA);
}
