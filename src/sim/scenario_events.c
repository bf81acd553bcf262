/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys, classes of data, and what happens to them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/alg.h"
#include "sim/scenario_parts.h"

#define DS_TTL     HF_SCENARIO_DAY
#define TTL        3600
#define TTL_MAX    ((int64_t)INT32_MAX) /* RFC 2181 section 8 */
#define LAG_MAX    (366 * HF_SCENARIO_DAY)
#define BITS_LEAST 1024
#define BITS_STEP  64
#define REVOKE     128 /* of the flags, so of the sum that a tag is */
#define NAMES      1000000000

/* ---- Keys ---- */

static void read_algorithm(
        struct hf_scenario_tree *tree, struct hf_twig *node, struct hf_scenario_key *key)
{
	if (!hf_twig_is(tree, node, HF_TWIG_WORD))
		return;
	const struct hf_alg *alg = hf_alg_parse(node->word);
	/* Those of SHA-1 too, for the past. */
	if (alg == NULL || (alg->flags & HF_ALG_VERIFIES) == 0) {
		hf_scenario_blame(tree, node,
		        "\"%.*s\" is no algorithm that can be played; take RSASHA256, "
		        "ECDSAP256SHA256 or another one that holdfast verify checks",
		        HF_YAML_SHOWN, node->word);
		return;
	}
	key->algorithm = alg->number;
	key->bits = alg->bits;
}

static void read_bits(
        struct hf_scenario_tree *tree, struct hf_twig *node, struct hf_scenario_key *key)
{
	const struct hf_alg *alg = hf_alg_find(key->algorithm);
	int64_t bits;
	if (alg == NULL || node == NULL)
		return;
	if (alg->key_len != 0) {
		hf_scenario_blame(
		        tree, node, "keys of %s all have one size; take \"bits\" out", alg->name);
		return;
	}
	if (!hf_twig_count(tree, node, BITS_LEAST, alg->max_bits, &bits))
		return;
	key->bits = (unsigned)bits;
	if (bits % BITS_STEP != 0)
		hf_scenario_blame(
		        tree, node, "the size of a key is a multiple of %d bits", BITS_STEP);
}

/* The form of an earlier key with the REVOKE bit (RFC 5011 section 2.1). */
static void read_revokes(
        struct hf_scenario_tree *tree, struct hf_twig *node, struct hf_scenario_key *key)
{
	const struct hf_scenario *scenario = tree->scenario;
	if (!hf_twig_is(tree, node, HF_TWIG_WORD))
		return;
	for (unsigned i = 0; i < scenario->key_count; i++) {
		const struct hf_scenario_key *before = &scenario->keys[i];
		if (strcmp(before->name, node->word) != 0 || before->revokes >= 0)
			continue;
		if (key->algorithm != before->algorithm || key->bits != before->bits ||
		        key->role != before->role ||
		        (key->tag >= 0 && before->tag >= 0 && before->tag + REVOKE <= UINT16_MAX &&
		                key->tag != before->tag + REVOKE))
			hf_scenario_blame(tree, node,
			        "a revoked key has the role, algorithm and size of the key "
			        "\"%.*s\", and a tag that is greater by %d; correct it",
			        HF_YAML_SHOWN, node->word, REVOKE);
		key->revokes = (int32_t)i;
		return;
	}
	hf_scenario_blame(tree, node,
	        "\"%.*s\" is no key above this one, or is a revoked one itself; correct it",
	        HF_YAML_SHOWN, node->word);
}

static void read_key(
        struct hf_scenario_tree *tree, struct hf_twig *node, struct hf_scenario_key *key)
{
	unsigned role = HF_SCENARIO_CSK;
	int64_t tag = -1;
	*key = (struct hf_scenario_key){.name = node->key, .revokes = -1};
	hf_twig_choice(tree, hf_twig_need(tree, node, "role"), "ksk zsk csk", &role);
	key->role = (enum hf_scenario_role)role;
	read_algorithm(tree, hf_twig_need(tree, node, "algorithm"), key);
	read_bits(tree, hf_twig_field(node, "bits"), key);
	hf_twig_count(tree, hf_twig_field(node, "tag"), 0, UINT16_MAX, &tag);
	key->tag = (int32_t)tag;
	read_revokes(tree, hf_twig_field(node, "revokes"), key);
}

void hf_scenario_read_keys(struct hf_scenario_tree *tree)
{
	struct hf_scenario *scenario = tree->scenario;
	struct hf_twig *keys = hf_twig_inside(tree, tree->root, "keys", HF_TWIG_MAP);
	for (struct hf_twig *node = keys != NULL ? keys->first : NULL; node != NULL;
	        node = node->next) {
		node->taken = true;
		if (scenario->key_count == HF_SCENARIO_KEYS) {
			hf_scenario_blame(
			        tree, node, "more than %d keys; leave some out", HF_SCENARIO_KEYS);
			return;
		}
		if (!hf_twig_is(tree, node, HF_TWIG_MAP))
			continue;
		read_key(tree, node, &scenario->keys[scenario->key_count]);
		scenario->key_count++;
	}
}

/* Keys that play one of these roles. */
static hf_scenario_keys of_role(
        const struct hf_scenario *scenario, hf_scenario_keys keys, enum hf_scenario_role role)
{
	hf_scenario_keys found = 0;
	for (unsigned i = 0; i < scenario->key_count; i++) {
		enum hf_scenario_role plays = scenario->keys[i].role;
		if (plays == role || plays == HF_SCENARIO_CSK)
			found |= keys & (hf_scenario_keys)1 << i;
	}
	return found;
}

/* ---- Classes of data ---- */

/* Classes without a share have equal parts of what the others leave. */
static void divide_rest(struct hf_scenario_tree *tree, struct hf_twig *node)
{
	struct hf_scenario *scenario = tree->scenario;
	double given = 0;
	unsigned without = 0;
	for (unsigned i = 0; i < scenario->class_count; i++) {
		given += scenario->classes[i].share >= 0 ? scenario->classes[i].share : 0;
		without += scenario->classes[i].share < 0;
	}
	if (given > 1.000001 || (without == 0 && given < 0.999999))
		hf_scenario_blame(tree, node,
		        "the shares of all classes together are %g; leave out one share, and it is "
		        "what the others leave of 1",
		        given);
	for (unsigned i = 0; i < scenario->class_count; i++) {
		if (scenario->classes[i].share < 0)
			scenario->classes[i].share = fmax(0, 1 - given) / without;
	}
}

static void read_class(
        struct hf_scenario_tree *tree, struct hf_twig *node, struct hf_scenario_class *class)
{
	unsigned stuff = HF_SCENARIO_NAMES;
	int64_t names = 0;
	*class = (struct hf_scenario_class){.name = node->key, .share = -1};
	hf_twig_choice(
	        tree, hf_twig_field(node, "of"), "names delegations denials wildcards", &stuff);
	hf_twig_number(tree, hf_twig_field(node, "share"), 0, 1, &class->share);
	hf_twig_count(tree, hf_twig_field(node, "names"), 1, NAMES, &names);
	class->stuff = (enum hf_scenario_stuff)stuff;
	class->names = (uint64_t)names;
}

void hf_scenario_read_classes(struct hf_scenario_tree *tree)
{
	struct hf_scenario *scenario = tree->scenario;
	struct hf_twig *classes = hf_twig_inside(tree, tree->root, "classes", HF_TWIG_MAP);
	if (classes == NULL || classes->first == NULL) {
		scenario->classes[0] = (struct hf_scenario_class){.name = "names", .share = 1};
		scenario->class_count = 1;
		return;
	}
	for (struct hf_twig *node = classes->first; node != NULL; node = node->next) {
		node->taken = true;
		if (scenario->class_count == HF_SCENE_CLASSES) {
			hf_scenario_blame(tree, node, "more than %d classes of data; join some",
			        HF_SCENE_CLASSES);
			return;
		}
		if (!hf_twig_is(tree, node, HF_TWIG_MAP))
			continue;
		read_class(tree, node, &scenario->classes[scenario->class_count]);
		scenario->class_count++;
	}
	divide_rest(tree, classes);
}

/* ---- Versions ---- */

/* Names of the fields that say how an RRset is signed. */
struct fields {
	const char *by, *bad, *ttl, *until;
};
static const struct fields of_keys = {"keys_signed_by", "keys_bad", "keys_ttl", "keys_until"};
static const struct fields of_data = {"data_signed_by", "data_bad", "data_ttl", "data_until"};
static const struct fields of_class = {"signed_by", "bad", "ttl", "until"};

static void read_end(
        struct hf_scenario_tree *tree, struct hf_twig *node, hf_time at, hf_time *until)
{
	if (node != NULL && node->kind == HF_TWIG_WORD && strcmp(node->word, "never") == 0)
		*until = HF_TIME_NEVER;
	else
		hf_twig_time(tree, node, at, until);
}

static void read_signed(struct hf_scenario_tree *tree, struct hf_twig *map,
        const struct fields *fields, hf_time at, struct hf_scenario_signed *sign)
{
	struct hf_twig *bad = hf_twig_field(map, fields->bad);
	int64_t ttl = sign->ttl;
	if (hf_twig_keys(tree, hf_twig_field(map, fields->by), &sign->by))
		sign->bad &= sign->by;
	if (hf_twig_keys(tree, bad, &sign->bad) && (sign->bad & ~sign->by) != 0)
		hf_scenario_blame(tree, bad,
		        "\"%s\" names a key that does not sign; take it out, or add it to \"%s\"",
		        fields->bad, fields->by);
	hf_twig_span(tree, hf_twig_field(map, fields->ttl), 0, TTL_MAX, &ttl);
	sign->ttl = (uint32_t)ttl;
	read_end(tree, hf_twig_field(map, fields->until), at, &sign->until);
}

static void read_damage(struct hf_scenario_tree *tree, struct hf_twig *node,
        enum hf_scenario_stuff stuff, enum hf_scenario_damage *damage)
{
	unsigned choice;
	if (!hf_twig_choice(tree, node, "none bitmap gone", &choice))
		return;
	*damage = (enum hf_scenario_damage)choice;
	if (*damage == HF_SCENARIO_BITMAP && stuff == HF_SCENARIO_NAMES)
		hf_scenario_blame(tree, node,
		        "what has a type bitmap are denials, delegations and wildcards, not a "
		        "class "
		        "of names; say \"of: denials\" or another one of these in the class");
}

static void read_version_classes(struct hf_scenario_tree *tree, struct hf_twig *map, hf_time at,
        struct hf_scenario_version *version)
{
	const struct hf_scenario *scenario = tree->scenario;
	struct hf_twig *classes = hf_twig_inside(tree, map, "classes", HF_TWIG_MAP);
	for (unsigned i = 0; classes != NULL && i < scenario->class_count; i++) {
		struct hf_twig *class =
		        hf_twig_inside(tree, classes, scenario->classes[i].name, HF_TWIG_MAP);
		if (class == NULL)
			continue;
		read_signed(tree, class, &of_class, at, &version->data[i].sign);
		read_damage(tree, hf_twig_field(class, "damage"), scenario->classes[i].stuff,
		        &version->data[i].damage);
	}
}

/* What signs by itself: each key what its role is for. */
static void sign_by_role(const struct hf_scenario *scenario, struct hf_scenario_version *version)
{
	version->dnskey.by = of_role(scenario, version->keys, HF_SCENARIO_KSK);
	version->dnskey.bad = 0;
	for (unsigned i = 0; i < scenario->class_count; i++) {
		version->data[i].sign.by = of_role(scenario, version->keys, HF_SCENARIO_ZSK);
		version->data[i].sign.bad = 0;
		/* There are no denial records any more. */
		if (version->keys == 0 && version->data[i].damage == HF_SCENARIO_BITMAP)
			version->data[i].damage = HF_SCENARIO_SOUND;
	}
}

/* The changes that a mapping says to `version`, which is the one before at first. */
static void read_version(struct hf_scenario_tree *tree, struct hf_twig *map, hf_time at,
        bool beginning, struct hf_scenario_version *version)
{
	const struct hf_scenario *scenario = tree->scenario;
	int64_t serial = version->serial;
	if (!hf_twig_is(tree, map, HF_TWIG_MAP))
		return;
	hf_twig_count(tree, hf_twig_field(map, "serial"), 0, UINT32_MAX, &serial);
	version->serial = (uint32_t)serial;
	hf_twig_keys(tree, hf_twig_field(map, "keys"), &version->keys);
	if (beginning || version->keys == 0)
		sign_by_role(scenario, version);
	read_signed(tree, map, &of_keys, at, &version->dnskey);
	/* Said for all classes, then for some. */
	for (unsigned i = 0; i < scenario->class_count; i++) {
		struct hf_twig *damage = hf_twig_field(map, "data_damage");
		read_signed(tree, map, &of_data, at, &version->data[i].sign);
		read_damage(tree, damage, scenario->classes[i].stuff, &version->data[i].damage);
	}
	read_version_classes(tree, map, at, version);
	if (version->keys == 0 && version->dnskey.by != 0)
		hf_scenario_blame(tree, map,
		        "without keys there is no DNSKEY set that could be signed; take out "
		        "\"keys_signed_by\"");
}

/* ---- Events ---- */

static const char *const acts[] = {"fault", "alarm", "publish", "ds", "lag", "flush"};
#define ACTS (sizeof(acts) / sizeof(acts[0]))
static const enum hf_scenario_act act_of[] = {HF_SCENARIO_FAULT, HF_SCENARIO_ALARM,
        HF_SCENARIO_PUBLISH, HF_SCENARIO_DS, HF_SCENARIO_LAG, HF_SCENARIO_FLUSH};

/* The one thing that an event does; NULL: it says something. */
static struct hf_twig *find_act(
        struct hf_scenario_tree *tree, struct hf_twig *node, enum hf_scenario_act *act)
{
	struct hf_twig *found = NULL;
	*act = HF_SCENARIO_SAY;
	for (size_t i = 0; i < ACTS; i++) {
		struct hf_twig *field = hf_twig_field(node, acts[i]);
		if (field == NULL)
			continue;
		if (found != NULL)
			hf_scenario_blame(tree, field,
			        "\"%s\" and \"%s\" in one event; make two events of it", found->key,
			        field->key);
		found = field;
		*act = act_of[i];
	}
	return found;
}

static void read_ds(struct hf_scenario_tree *tree, struct hf_twig *map, struct hf_twig *keys,
        struct hf_scenario_event *event)
{
	const struct hf_scenario *scenario = tree->scenario;
	int64_t ttl = event->ds_ttl;
	hf_twig_keys(tree, keys, &event->ds);
	hf_twig_span(tree, hf_twig_field(map, "ds_ttl"), 0, TTL_MAX, &ttl);
	event->ds_ttl = (uint32_t)ttl;
	if (event->ds != 0 && strcmp(scenario->zone, ".") == 0)
		hf_scenario_blame(tree, keys,
		        "the root has no parent with a DS set; say below \"people\" which keys are "
		        "trust anchors");
}

static void read_lag(
        struct hf_scenario_tree *tree, struct hf_twig *node, struct hf_scenario_event *event)
{
	const struct hf_scenario *scenario = tree->scenario;
	unsigned side = HF_SCENE_ZONE;
	int64_t server = 1;
	if (!hf_twig_is(tree, node, HF_TWIG_MAP))
		return;
	hf_twig_choice(tree, hf_twig_need(tree, node, "side"), "parent zone", &side);
	event->side = side == 0 ? HF_SCENE_PARENT : HF_SCENE_ZONE;
	hf_twig_count(tree, hf_twig_need(tree, node, "server"), 1,
	        side == 0 ? scenario->parents : scenario->servers, &server);
	event->server = (unsigned)server - 1;
	hf_twig_span(tree, hf_twig_need(tree, node, "for"), 0, LAG_MAX, &event->lag);
}

/* What an event does. `event` has what was served until then. */
static void read_act(struct hf_scenario_tree *tree, struct hf_twig *node, struct hf_twig *act,
        struct hf_scenario_event *event)
{
	struct hf_twig *say = hf_twig_field(node, "say");
	hf_twig_text(tree, say, &event->text);
	switch (event->act) {
	case HF_SCENARIO_SAY:
		if (say == NULL)
			hf_scenario_blame(tree, node,
			        "nothing happens here; add \"publish\", \"ds\", \"say\" or another "
			        "act");
		break;
	case HF_SCENARIO_FAULT:
	case HF_SCENARIO_ALARM:
		if (say != NULL)
			hf_scenario_blame(
			        tree, say, "\"%s\" has the words already; leave one", act->key);
		hf_twig_text(tree, act, &event->text);
		break;
	case HF_SCENARIO_PUBLISH:
		read_version(tree, act, event->at, false, &event->version);
		break;
	case HF_SCENARIO_DS:
		read_ds(tree, node, act, event);
		break;
	case HF_SCENARIO_LAG:
		read_lag(tree, act, event);
		break;
	case HF_SCENARIO_FLUSH:
		hf_twig_number(tree, act, 0, 1, &event->share);
		break;
	}
}

/* `before` is the event before, of the beginning at first. */
static void read_event(struct hf_scenario_tree *tree, struct hf_twig *node,
        const struct hf_scenario_event *before, struct hf_scenario_event *event)
{
	unsigned by = HF_SCENARIO_OPERATOR;
	*event = (struct hf_scenario_event){.at = before->at,
	        .version = before->version,
	        .ds = before->ds,
	        .ds_ttl = before->ds_ttl};
	if (!hf_twig_is(tree, node, HF_TWIG_MAP))
		return;
	struct hf_twig *at = hf_twig_need(tree, node, "at");
	struct hf_twig *act = find_act(tree, node, &event->act);
	hf_twig_choice(tree, hf_twig_field(node, "by"), "operator others", &by);
	event->by = (enum hf_scenario_by)by;
	if (hf_twig_time(tree, at, before->at, &event->at) &&
	        (event->at < before->at || event->at >= tree->scenario->until))
		hf_scenario_blame(tree, at,
		        "events are in order of time, from \"from\" until before \"until\"; this "
		        "one "
		        "is not");
	read_act(tree, node, act, event);
}

/* What was there at the beginning, as the first two events. */
static void read_start(struct hf_scenario_tree *tree, struct hf_twig *start,
        struct hf_scenario_event events[static 2])
{
	const struct hf_scenario *scenario = tree->scenario;
	struct hf_scenario_event *ds = &events[0], *publish = &events[1];
	*ds = (struct hf_scenario_event){
	        .at = scenario->from, .act = HF_SCENARIO_DS, .ds_ttl = DS_TTL};
	ds->version.dnskey = (struct hf_scenario_signed){.ttl = TTL, .until = HF_TIME_NEVER};
	for (unsigned i = 0; i < scenario->class_count; i++)
		ds->version.data[i].sign = ds->version.dnskey;
	if (!hf_twig_is(tree, start, HF_TWIG_MAP))
		return;
	hf_twig_text(tree, hf_twig_field(start, "say"), &publish->text);
	const char *text = publish->text;
	read_ds(tree, start, hf_twig_field(start, "ds"), ds);
	*publish = *ds;
	publish->act = HF_SCENARIO_PUBLISH;
	publish->text = text;
	read_version(tree, start, scenario->from, true, &publish->version);
}

enum hf_err hf_scenario_read_events(struct hf_scenario_tree *tree)
{
	struct hf_scenario *scenario = tree->scenario;
	struct hf_twig *start = hf_twig_field(tree->root, "start");
	struct hf_twig *list = hf_twig_inside(tree, tree->root, "events", HF_TWIG_LIST);
	size_t count = hf_twig_members(list) + 2;
	if (start == NULL && list == NULL)
		return HF_OK;
	if (start == NULL || count > HF_SCENARIO_EVENTS) {
		hf_scenario_blame(tree, list,
		        start == NULL
		                ? "\"start\" is missing: the keys and the DS set at the beginning"
		                : "too many events; leave some out");
		return HF_OK;
	}
	scenario->events = calloc(count, sizeof(*scenario->events));
	if (scenario->events == NULL)
		return HF_ERR_NOMEM;
	scenario->event_count = count;
	read_start(tree, start, scenario->events);
	struct hf_twig *node = list != NULL ? list->first : NULL;
	for (size_t i = 2; node != NULL; node = node->next, i++)
		read_event(tree, node, &scenario->events[i - 1], &scenario->events[i]);
	return HF_OK;
}
