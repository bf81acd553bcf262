/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ways: a policy and its world, changed by settings that people name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/rehearsal.h"

#define NOBODY   "never" /* a person who never does what is asked for */
#define HOLDFAST "holdfast"
#define TRUSTING "trusting"

enum setting {
	SERVERS,
	LAG,
	PARENTS,
	PARENT_LAG,
	DELAY_LEAST,
	DELAY_MOST,
	SCAN,
	LIMIT,
	DS_TTL,
	DATA_TTL,
	EXPIRE,
	LOOK,
	EDITS,
	PERSON,
	SERVER_DELAY,
	LOSS,
	SIGNER,
	SETTINGS
};

static const struct hf_rehearsal_setting table[SETTINGS] = {
        [SERVERS] = {"servers", "name servers of the zone; the policy's, or 2"},
        [LAG] = {"lag", "until the slowest of them has a new version; the policy's "
                        "secondaries.delay"},
        [PARENTS] = {"parents", "name servers of the parent; the policy's, or 2"},
        [PARENT_LAG] = {"parent-lag", "from the registry's change of a DS set until the slowest of "
                                      "them has it; a quarter of the policy's parent.delay"},
        [DELAY_LEAST] = {"delay-least", "the least from a request until the registry has the DS "
                                        "set; a quarter of parent.delay"},
        [DELAY_MOST] = {"delay-most", "the most; three quarters of parent.delay"},
        [SCAN] = {"scan", "the registry looks for CDS records so often; 0: it is asked"},
        [LIMIT] = {"limit", "the registrar changes a DS set once in that time; 0: at once"},
        [DS_TTL] = {"ds-ttl", "TTL of the DS set; the policy's parent.ds-ttl"},
        [DATA_TTL] = {"data-ttl", "the largest TTL of the zone's data; as in the zone"},
        [EXPIRE] = {"expire",
                "SOA expire: until a name server that gets nothing serves nothing; 0: "
                "for ever"},
        [LOOK] = {"look", "between two looks of the signer at a server; assumed"},
        [EDITS] = {"edits", "the zone's contents change so often; 0: never; assumed"},
        [PERSON] = {"person", "until a person does what is asked for, such as giving a DS to the "
                              "registrar, or \"" NOBODY "\"; assumed"},
        [SERVER_DELAY] = {"server-delay", "the servers let a client wait so long that asks for the "
                                          "same keys again, and twice as long with each repeat; 0: "
                                          "they do not, as servers of today"},
        [LOSS] = {"loss", "per cent of the resolvers' questions that the network loses, or whose "
                          "answers it does: they ask again; assumed"},
        [SIGNER] = {"signer", "\"" HOLDFAST "\", or \"" TRUSTING "\": one that looks at nothing, "
                              "waits as long as the policy's parent.delay and secondaries.delay "
                              "say, and has no gate"},
};

const struct hf_rehearsal_setting *hf_rehearsal_setting_at(size_t index)
{
	return index < SETTINGS ? &table[index] : NULL;
}

/* ---- Values ---- */

/* Where a span is, of those that are nothing else. */
static int64_t *span_of(struct hf_rehearsal_way *way, enum setting setting)
{
	struct hf_theatre_world *world = &way->world;
	switch (setting) {
	case DELAY_LEAST:
		return &world->delay_least;
	case DELAY_MOST:
		return &world->delay_most;
	case SCAN:
		return &world->scan;
	case LIMIT:
		return &world->limit;
	case LOOK:
		return &world->look;
	case EDITS:
		return &world->edits;
	case PERSON:
		return &world->person;
	default:
		return &way->server_delay;
	}
}

/* From little to all of it, evenly. */
static void spread(unsigned servers, int64_t whole, int64_t lags[HF_THEATRE_SERVERS])
{
	for (unsigned i = 0; i < servers; i++)
		lags[i] = whole * (i + 1) / servers;
}

static void set_data_ttl(struct hf_theatre_world *world, uint32_t ttl)
{
	uint32_t largest = world->data_ttl[0];
	for (unsigned i = 0; i < HF_SCENE_CLASSES; i++)
		if (world->data_ttl[i] > ttl || world->data_ttl[i] == largest)
			world->data_ttl[i] = ttl;
}

static void set_span(struct hf_rehearsal_way *way, enum setting setting, int64_t value)
{
	struct hf_theatre_world *world = &way->world;
	switch (setting) {
	case LAG:
		spread(world->servers, value, world->lag);
		break;
	case PARENT_LAG:
		spread(world->parents, value, world->parent_lag);
		break;
	case DS_TTL:
		world->ds_ttl = (uint32_t)value;
		break;
	case DATA_TTL:
		set_data_ttl(world, (uint32_t)value);
		break;
	case EXPIRE:
		world->expire = (uint32_t)value;
		break;
	default:
		*span_of(way, setting) = value;
		break;
	}
}

static void set_count(struct hf_rehearsal_way *way, enum setting setting, unsigned value)
{
	struct hf_theatre_world *world = &way->world;
	if (setting == SERVERS) {
		int64_t slowest = world->lag[world->servers - 1];
		world->servers = value;
		spread(value, slowest, world->lag);
	} else {
		int64_t slowest = world->parent_lag[world->parents - 1];
		world->parents = value;
		spread(value, slowest, world->parent_lag);
	}
}

static enum hf_err read_count(
        struct hf_rehearsal_way *way, enum setting setting, const char *text, struct hf_diag *diag)
{
	char *end;
	unsigned long count = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != 0 || count == 0 || count > HF_THEATRE_SERVERS)
		return hf_fail(diag, HF_ERR_INVALID, "%s takes a number from 1 to %d, not \"%s\"",
		        table[setting].name, HF_THEATRE_SERVERS, text);
	set_count(way, setting, (unsigned)count);
	return HF_OK;
}

#define LOSS_MOST 90 /* per cent */

static enum hf_err read_loss(struct hf_rehearsal_way *way, const char *text, struct hf_diag *diag)
{
	char *end;
	unsigned long loss = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != 0 || loss > LOSS_MOST)
		return hf_fail(diag, HF_ERR_INVALID,
		        "%s takes a number of per cent from 0 to %d, not \"%s\"", table[LOSS].name,
		        LOSS_MOST, text);
	way->loss = (unsigned)loss;
	return HF_OK;
}

/* What a TTL may be (RFC 2181 section 8), and what times can be added up to. */
#define SPAN_MOST INT32_MAX

static enum hf_err read_span(
        struct hf_rehearsal_way *way, enum setting setting, const char *text, struct hf_diag *diag)
{
	bool ttl = setting == DS_TTL || setting == DATA_TTL;
	int64_t span = -1;
	bool nobody = setting == PERSON && strcmp(text, NOBODY) == 0;
	bool known = nobody || hf_span_parse(text, &span) == HF_OK;
	if (!known || span > SPAN_MOST || (ttl && span == 0))
		return hf_fail(diag, HF_ERR_INVALID,
		        "%s takes a span of time such as 4h or 14d%s, not \"%s\"",
		        table[setting].name, setting == PERSON ? ", or \"" NOBODY "\"" : "", text);
	set_span(way, setting, span);
	return HF_OK;
}

static enum hf_err read_signer(struct hf_rehearsal_way *way, const char *text, struct hf_diag *diag)
{
	bool trusting = strcmp(text, TRUSTING) == 0;
	if (!trusting && strcmp(text, HOLDFAST) != 0)
		return hf_fail(diag, HF_ERR_INVALID,
		        "signer takes \"" HOLDFAST "\" or \"" TRUSTING "\", not \"%s\"", text);
	way->trusting = trusting;
	return HF_OK;
}

static enum setting find(const char *name)
{
	enum setting setting = 0;
	while (setting < SETTINGS && strcmp(table[setting].name, name) != 0)
		setting++;
	return setting;
}

static enum hf_err set_world(
        struct hf_rehearsal_way *way, const char *name, const char *value, struct hf_diag *diag)
{
	enum setting setting = find(name);
	if (setting == SETTINGS)
		return hf_fail(diag, HF_ERR_NOTFOUND,
		        "there is no setting \"%s\": take one of the policy, such as zsk.method or "
		        "keys.dnskey-ttl, or one of the world, as `holdfast rehearse "
		        "--list-settings` shows them",
		        name);
	if (setting == SIGNER)
		return read_signer(way, value, diag);
	if (setting == LOSS)
		return read_loss(way, value, diag);
	if (setting == SERVERS || setting == PARENTS)
		return read_count(way, setting, value, diag);
	return read_span(way, setting, value, diag);
}

void hf_rehearsal_setting_put(size_t index, const struct hf_rehearsal_way *way, struct hf_buf *out)
{
	const struct hf_theatre_world *world = &way->world;
	struct hf_rehearsal_way copy = *way;
	switch ((enum setting)index) {
	case SERVERS:
		hf_put_decimal(out, world->servers);
		break;
	case PARENTS:
		hf_put_decimal(out, world->parents);
		break;
	case LAG:
		hf_rehearsal_span_put(world->lag[world->servers - 1], out);
		break;
	case PARENT_LAG:
		hf_rehearsal_span_put(world->parent_lag[world->parents - 1], out);
		break;
	case DS_TTL:
		hf_rehearsal_span_put(world->ds_ttl, out);
		break;
	case DATA_TTL:
		hf_rehearsal_span_put(world->data_ttl[0], out);
		break;
	case EXPIRE:
		hf_rehearsal_span_put(world->expire, out);
		break;
	case LOSS:
		hf_put_decimal(out, way->loss);
		break;
	case SIGNER:
		hf_put_text(out, way->trusting ? TRUSTING : HOLDFAST);
		break;
	default:
		if (index == PERSON && world->person < 0)
			hf_put_text(out, NOBODY);
		else
			hf_rehearsal_span_put(*span_of(&copy, (enum setting)index), out);
		break;
	}
}

/* ---- The policy ---- */

static enum hf_err set_method(struct hf_policy *policy, const char *value, struct hf_diag *diag)
{
	static const char *const names[] = {
	        [HF_ROLE_KSK] = "ksk.method",
	        [HF_ROLE_ZSK] = "zsk.method",
	        [HF_ROLE_CSK] = "csk.method",
	};
	enum hf_method method;
	enum hf_err err = HF_OK;
	if (!hf_method_parse(value, &method))
		return hf_fail(diag, HF_ERR_SYNTAX,
		        "there is no method \"%s\": a ZSK and a CSK take pre-publication or "
		        "double-signature, a KSK double-ksk, double-ds or double-rrset, an "
		        "algorithm conservative or liberal",
		        value);
	if (method == HF_METHOD_CONSERVATIVE || method == HF_METHOD_LIBERAL)
		return hf_policy_set(policy, "rollover.algorithm-method", value, diag);
	for (unsigned role = 0; err == HF_OK && role < 3; role++)
		if (hf_method_fits(method, role))
			err = hf_policy_set(policy, names[role], value, diag);
	return err;
}

static enum hf_err set_policy(
        struct hf_policy *policy, const char *name, const char *value, struct hf_diag *diag)
{
	return strcmp(name, "method") == 0 ? set_method(policy, value, diag)
	                                   : hf_policy_set(policy, name, value, diag);
}

/* ---- A way ---- */

#define NAME_SIZE 48

/* Splits "NAME=VALUE"; the value is the rest of the text. */
static enum hf_err split(
        const char *text, struct hf_diag *diag, char name[static NAME_SIZE], const char **ret_value)
{
	const char *equals = strchr(text, '=');
	size_t len = equals != NULL ? (size_t)(equals - text) : 0;
	if (len == 0 || len >= NAME_SIZE)
		return hf_fail(diag, HF_ERR_SYNTAX,
		        "\"%s\" is no setting: write NAME=VALUE, such as "
		        "zsk.method=double-signature or person=12h",
		        text);
	memcpy(name, text, len);
	name[len] = 0;
	*ret_value = equals + 1;
	return HF_OK;
}

static bool is_policy(const char *name)
{
	return strchr(name, '.') != NULL || strcmp(name, "method") == 0;
}

/* The settings of the policy, or those of the world: delays of the world come from the policy. */
static enum hf_err apply(struct hf_rehearsal_way *way, const char *const *settings, size_t count,
        bool policy, struct hf_diag *diag)
{
	char name[NAME_SIZE];
	const char *value = NULL;
	enum hf_err err = HF_OK;
	for (size_t i = 0; err == HF_OK && i < count; i++) {
		err = split(settings[i], diag, name, &value);
		if (err != HF_OK || is_policy(name) != policy)
			continue;
		err = policy ? set_policy(&way->policy, name, value, diag)
		             : set_world(way, name, value, diag);
	}
	return err;
}

enum hf_err hf_rehearsal_way_make(const struct hf_policy *policy,
        const struct hf_zone_profile *profile, const char *const *settings, size_t count,
        struct hf_diag *diag, struct hf_rehearsal_way *ret_way)
{
	struct hf_rehearsal_way way = {.title = "as the policy says", .policy = *policy};
	enum hf_err err = apply(&way, settings, count, true, diag);
	if (err == HF_OK)
		err = hf_policy_check(&way.policy, NULL, diag);
	if (err != HF_OK)
		return err;
	hf_theatre_world_init(&way.policy, profile, &way.world);
	err = apply(&way, settings, count, false, diag);
	if (err == HF_OK && way.world.delay_least > way.world.delay_most)
		err = hf_fail(diag, HF_ERR_INVALID,
		        "delay-least is more than delay-most: the least that a registry takes "
		        "cannot be more than the most");
	if (err == HF_OK)
		*ret_way = way;
	return err;
}
