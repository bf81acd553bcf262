/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lineworld.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "zone/load.h"

#define PLACES_TTL 3600

/* ---- the beginning ---- */

static const char *const fixed =
        "$ORIGIN line.test.\n$TTL 1800\n"
        "@ IN SOA ns1 hostmaster %u 3600 900 604800 600\n"
        "@ IN NS ns1\n@ IN NS ns2\nns1 IN A 192.0.2.1\nns2 IN A 192.0.2.2\n"
        "www IN A 192.0.2.80\nwww IN AAAA 2001:db8::80\n"
        "mail IN MX 10 www\n*.wild IN TXT \"any\"\n"
        "child IN NS ns.child\nns.child IN A 192.0.2.9\n"
        "safe IN NS ns1\nsafe IN DS 4711 13 2 "
        "0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20\n";

char *world_text(struct world *world, uint32_t serial, const char *extra)
{
	char *text = NULL, *whole = NULL;
	(void)world;
	assert_true(asprintf(&text, fixed, serial) > 0);
	assert_true(asprintf(&whole, "%s%s", text, extra) > 0);
	free(text);
	return whole;
}

static void make_folder(char *path, size_t size, const char *root, const char *name)
{
	snprintf(path, size, "%s/%s", root, name);
}

void world_init(struct world *world)
{
	*world = (struct world){.hands = &world_own_hands,
	        .now = WORLD_START,
	        .wake = WORLD_START,
	        .secondary = SIZE_MAX,
	        .lag = 40,
	        .registry = 10 * MINUTE,
	        .ds_ttl = 1800,
	        .secondary_due = HF_TIME_NONE};
	/* In memory where that can be had: a test writes thousands of times. */
	strcpy(world->root,
	        access("/dev/shm", W_OK) == 0 ? "/dev/shm/hf-line-XXXXXX" : "/tmp/hf-line-XXXXXX");
	assert_non_null(mkdtemp(world->root));
	make_folder(world->keys, sizeof(world->keys), world->root, "keys");
	make_folder(world->folder, sizeof(world->folder), world->root, "zone");
	make_folder(world->output, sizeof(world->output), world->root, "zone.signed");
	make_folder(world->state, sizeof(world->state), world->root, "state");
	world->versions = calloc(WORLD_VERSIONS, sizeof(*world->versions));
	assert_non_null(world->versions);
	for (unsigned i = 0; i < WORLD_PARENTS; i++) {
		world->shows[i] = HF_TIME_NONE;
		world->ds[world->ds_count++] = (struct world_ds){
		        .server = i, .from = WORLD_START - DAY, .until = HF_TIME_NEVER};
	}
	struct hf_line_setup *setup = &world->setup;
	*setup = (struct hf_line_setup){.policy_name = "test",
	        .serial = HF_SERIAL_INCREMENT,
	        .keys = world->keys,
	        .folder = world->folder,
	        .history = 20,
	        .seed = 7,
	        .parent_wait = HOUR};
	assert_int_equal(hf_name_from_text(WORLD_ZONE, &setup->zone), HF_OK);
	struct hf_policy *policy = &setup->policy;
	hf_policy_init(policy);
	policy->rollover.approvals = 0;
	policy->rollover.margin = 5 * MINUTE;
	policy->rollover.ds_margin = 10 * MINUTE;
	policy->dnskey_ttl = 1200;
	policy->signatures.validity = 3 * DAY;
	policy->signatures.refresh = DAY;
	policy->signatures.jitter = 6 * HOUR;
	policy->signatures.replacement = HF_REPLACE_AT_ONCE;
	policy->alarms.signature_end = 12 * HOUR;
	policy->alarms.key_end = DAY;
	policy->roles[HF_ROLE_ZSK].lifetime = 0;
	policy->parent.servers.count = WORLD_PARENTS;
	strcpy(policy->parent.servers.names[0], "198.51.100.1");
	strcpy(policy->parent.servers.names[1], "198.51.100.2");
	policy->secondaries.servers.count = 1;
	strcpy(policy->secondaries.servers.names[0], "192.0.2.53");
}

/* ---- the line in this process ---- */

void world_leave(struct world *world)
{
	hf_line_free(world->line);
	hf_store_close(world->store);
	world->line = NULL;
	world->store = NULL;
}

enum hf_err world_take_up(struct world *world, struct hf_diag *diag)
{
	enum hf_err err = hf_store_open(world->state, diag, &world->store);
	if (err != HF_OK)
		return err;
	world->setup.store = world->store;
	err = hf_line_open(&world->setup, world->now, NULL, NULL, diag, &world->line);
	if (err != HF_OK)
		world_leave(world);
	return err;
}

/* Nothing of this may fail. */
static void expect(enum hf_err err, struct hf_diag *diag)
{
	for (size_t i = 0; i < diag->count; i++)
		print_error("%s\n", diag->entries[i].text);
	hf_diag_done(diag);
	assert_int_equal(err, HF_OK);
}

static void own_open(struct world *world)
{
	struct hf_diag diag;
	hf_diag_init(&diag, 5);
	expect(world_take_up(world, &diag), &diag);
}

static enum hf_err own_change(struct world *world)
{
	return hf_line_change(world->line, &world->setup, NULL);
}

static enum hf_err own_input(struct world *world, const struct hf_line_input *input)
{
	return hf_line_input(world->line, input, world->now, NULL);
}

static enum hf_err own_run(struct world *world)
{
	struct hf_diag diag;
	hf_diag_init(&diag, 5);
	enum hf_err err = hf_line_run(world->line, world->now, NULL, NULL, &diag, &world->outcome);
	for (size_t i = 0; i < diag.count; i++)
		print_error("%s\n", diag.entries[i].text);
	hf_diag_done(&diag);
	return err;
}

static enum hf_err own_order(struct world *world, const struct hf_line_says *says,
        struct hf_diag *diag, char ret_words[static HF_LINE_WORDS])
{
	return hf_line_order(world->line, says, world->now, diag, ret_words);
}

static const struct hf_line_status *own_status(struct world *world)
{
	const struct hf_line_status *status = hf_line_status_get(world->line);
	/* The line itself keeps it until the next change. */
	hf_line_status_unref(status);
	return status;
}

static struct hf_journal_version own_served(struct world *world)
{
	struct hf_journal_version last = {.version = NULL};
	struct hf_journal_history history;
	assert_int_equal(hf_line_published(world->line, &history), HF_OK);
	if (history.count > 0) {
		last = history.list[history.count - 1];
		hf_version_ref(last.version);
	}
	hf_journal_history_done(&history);
	return last;
}

void world_open(struct world *world)
{
	const struct hf_store_zone zone = {
	        .name = world->setup.zone, .policy = "test", .settings = "", .added = world->now};
	struct hf_diag diag;
	hf_diag_init(&diag, 5);
	enum hf_err err = hf_store_open(world->state, &diag, &world->store);
	if (err == HF_OK)
		err = hf_store_add_zone(world->store, &zone, &diag, &world->setup.id);
	expect(err, &diag);
	hf_store_close(world->store);
	world->hands->open(world);
}

void world_reopen(struct world *world)
{
	world->hands->close(world);
	world->hands->open(world);
	world->wake = world->now;
}

void world_change(struct world *world)
{
	assert_int_equal(world->hands->change(world), HF_OK);
	world->wake = world->now;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
	(void)info;
	(void)kind;
	(void)walk;
	return remove(path);
}

void world_done(struct world *world)
{
	world->hands->close(world);
	for (size_t i = 0; i < world->version_count; i++)
		hf_version_unref(world->versions[i].version);
	for (size_t i = 0; i < world->ds_count; i++) {
		for (size_t j = 0; j < world->ds[i].count; j++)
			free((void *)(uintptr_t)world->ds[i].records[j].data);
	}
	for (size_t i = 0; i < world->wanted_count; i++)
		free((void *)(uintptr_t)world->wanted[i].data);
	for (size_t i = 0; i < world->key_count; i++) {
		free(world->dnskeys[i]);
		hf_pubkey_free(world->pubkeys[i]);
	}
	hf_version_unref(world->source);
	free(world->versions);
	assert_int_equal(nftw(world->root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

unsigned world_remove_keys(struct world *world, const char *ending)
{
	DIR *folder = opendir(world->keys);
	unsigned count = 0;
	assert_non_null(folder);
	for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
		size_t len = strlen(entry->d_name), tail = strlen(ending);
		if (len < tail || strcmp(entry->d_name + len - tail, ending) != 0)
			continue;
		assert_int_equal(unlinkat(dirfd(folder), entry->d_name, 0), 0);
		count++;
	}
	closedir(folder);
	return count;
}

/* ---- the source ---- */

void world_input_text(struct world *world, const char *text)
{
	struct hf_load_options options = {.origin = WORLD_ZONE};
	struct hf_version *version = NULL;
	struct hf_diag diag;
	hf_diag_init(&diag, 3);
	assert_int_equal(
	        hf_zone_load_text("source", text, strlen(text), &options, &diag, &version), HF_OK);
	hf_diag_done(&diag);
	hf_version_unref(world->source);
	world->source = version;
	const struct hf_line_input input = {.version = version, .from = "the test"};
	assert_int_equal(world->hands->input(world, &input), HF_OK);
	world->wake = world->now;
}

void world_input(struct world *world, const char *extra)
{
	char *text = world_text(world, ++world->serial, extra);
	world_input_text(world, text);
	free(text);
}

/* ---- keys that were ever seen ---- */

static size_t number_of(struct world *world, struct hf_rdata dnskey)
{
	for (size_t i = 0; i < world->key_count; i++) {
		if (world->dnskey_lens[i] == dnskey.len &&
		        memcmp(world->dnskeys[i], dnskey.data, dnskey.len) == 0)
			return i;
	}
	size_t at = world->key_count++;
	assert_true(at < WORLD_KEYS);
	world->dnskeys[at] = malloc(dnskey.len);
	assert_non_null(world->dnskeys[at]);
	memcpy(world->dnskeys[at], dnskey.data, dnskey.len);
	world->dnskey_lens[at] = dnskey.len;
	assert_int_equal(hf_pubkey_new(dnskey, &world->pubkeys[at]), HF_OK);
	return at;
}

static bool has_key(const uint64_t keys[2], size_t key)
{
	return (keys[key / 64] >> key % 64 & 1) != 0;
}

/* Whether one of the set's signatures is by the key; looked at once. */
static bool signs(struct world *world, struct world_set *set, size_t key, hf_time at)
{
	struct hf_rdata dnskey = {world->dnskeys[key], world->dnskey_lens[key]}, rdata;
	struct hf_rdata_walk walk = hf_rrset_sigs(&set->set);
	while (set->by[key] == 0 && hf_rdata_next(&walk, &rdata)) {
		struct hf_buf data = {.data = NULL};
		struct hf_verifier *verifier = NULL;
		struct hf_rrsig rrsig;
		bool good = false;
		assert_true(hf_rrsig_read(rdata, &rrsig));
		if (rrsig.tag != hf_dnskey_tag(dnskey) || rrsig.algorithm != dnskey.data[3])
			continue;
		assert_int_equal(hf_signed_data(&set->owner, &set->set, rdata, &data), HF_OK);
		assert_int_equal(hf_verifier_new(world->pubkeys[key], &verifier), HF_OK);
		assert_int_equal(hf_verifier_check(verifier, data.data, data.len, rrsig.signature,
		                         rrsig.signature_len, &good),
		        HF_OK);
		hf_verifier_free(verifier);
		hf_buf_done(&data);
		if (!good)
			continue;
		set->by[key] = 1;
		set->inception[key] = hf_time_from_stamp(rrsig.inception, at);
		set->expiration[key] = hf_time_from_stamp(rrsig.expiration, at);
	}
	if (set->by[key] == 0)
		set->by[key] = 2;
	return set->by[key] == 1 && set->inception[key] <= at && at <= set->expiration[key];
}

/* ---- versions ---- */

static void collect(struct world_version *to, const struct hf_tree *tree)
{
	struct hf_tree_cursor cursor;
	for (const struct hf_node *node = hf_tree_first(tree, &cursor); node != NULL;
	        node = hf_tree_next(&cursor)) {
		for (size_t i = 0; i < hf_node_count(node); i++) {
			struct world_set one = {.set = {.rr_count = 0}};
			hf_node_at(node, i, &one.set);
			hf_node_name(node, &one.owner);
			bool apex = hf_name_equal(&one.owner, hf_version_apex(to->version));
			char name[HF_NAME_TEXT];
			hf_name_text(&one.owner, name);
			/* Below the cut, and the cut's own NS records, nothing is authoritative. */
			if (strstr(name, "ns.child.") != NULL ||
			        (one.set.type == KNOT_RRTYPE_NS && !apex))
				continue;
			if (apex && one.set.type == KNOT_RRTYPE_DNSKEY) {
				to->key_set = one;
				continue;
			}
			assert_true(to->count < WORLD_SETS);
			to->sets[to->count++] = one;
		}
	}
}

static bool same_set(const struct world_set *a, const struct world_set *b)
{
	return a->set.type == b->set.type && a->set.ttl == b->set.ttl &&
	       a->set.rrs_len == b->set.rrs_len && a->set.sigs_len == b->set.sigs_len &&
	       hf_name_equal(&a->owner, &b->owner) &&
	       memcmp(a->set.rrs, b->set.rrs, a->set.rrs_len) == 0 &&
	       memcmp(a->set.sigs, b->set.sigs, a->set.sigs_len) == 0;
}

/* What was found out about signatures that stayed need not be found out again. */
static void recall(const struct world_version *before, struct world_version *to)
{
	for (size_t i = 0; i < to->count; i++) {
		for (size_t j = 0; j < before->count; j++) {
			const struct world_set *set = &before->sets[j];
			if (set->set.sigs_len == 0 || to->sets[i].set.sigs_len == 0 ||
			        !same_set(set, &to->sets[i]))
				continue;
			memcpy(to->sets[i].by, set->by, sizeof(set->by));
			memcpy(to->sets[i].inception, set->inception, sizeof(set->inception));
			memcpy(to->sets[i].expiration, set->expiration, sizeof(set->expiration));
		}
	}
}

static void remember(struct world *world, const struct hf_journal_version *published)
{
	const struct hf_version *version = published->version;
	struct hf_soa soa;
	assert_true(world->version_count < WORLD_VERSIONS);
	struct world_version *to = &world->versions[world->version_count];
	*to = (struct world_version){.version = hf_version_ref(version),
	        .at = published->at,
	        .from = world->now,
	        .until = HF_TIME_NEVER,
	        .primary_until = HF_TIME_NEVER};
	assert_true(hf_version_soa(version, &soa));
	to->serial = soa.serial;
	if (world->version_count > 0) {
		struct world_version *before = &world->versions[world->version_count - 1];
		assert_true(hf_serial_before(before->serial, to->serial));
		before->primary_until = world->now;
		if (world->secondary != world->version_count - 1)
			before->until = world->now;
	}
	world->version_count++;
	collect(to, hf_version_names(version));
	collect(to, hf_version_nsec3(version));
	if (world->version_count > 1)
		recall(to - 1, to);
	to->key_ttl = to->key_set.set.rr_count > 0 ? to->key_set.set.ttl : 600;
	struct hf_rdata_walk walk = hf_rrset_rrs(&to->key_set.set);
	struct hf_rdata rdata;
	while (to->key_set.set.rr_count > 0 && hf_rdata_next(&walk, &rdata)) {
		size_t key = number_of(world, rdata);
		to->keys[key / 64] |= UINT64_C(1) << key % 64;
	}
}

/* ---- the oracle ---- */

/* The algorithms of the DS set by which it leads to a key that signs the DNSKEY set. */
static uint32_t linked(struct world *world, const struct world_ds *ds, struct world_version *keys,
        uint32_t *wanted)
{
	uint32_t mask = 0;
	*wanted = 0;
	for (size_t i = 0; i < ds->count; i++) {
		struct hf_ds record;
		assert_true(hf_ds_read(ds->records[i], &record));
		*wanted |= 1u << record.algorithm;
		for (size_t key = 0; key < world->key_count; key++) {
			bool matches = false;
			struct hf_rdata dnskey = {world->dnskeys[key], world->dnskey_lens[key]};
			if (!has_key(keys->keys, key))
				continue;
			assert_int_equal(
			        hf_ds_matches(&record, &world->setup.zone, dnskey, &matches),
			        HF_OK);
			if (matches && signs(world, &keys->key_set, key, world->now))
				mask |= 1u << record.algorithm;
		}
	}
	return mask;
}

static uint32_t algorithms(const struct world *world, const struct world_version *version)
{
	uint32_t mask = 0;
	for (size_t key = 0; key < world->key_count; key++)
		mask |= has_key(version->keys, key) ? 1u << world->dnskeys[key][3] : 0;
	return mask;
}

static void check_data(struct world *world, struct world_version *keys, uint32_t wanted,
        struct world_version *data)
{
	for (size_t i = 0; i < data->count; i++) {
		struct world_set *set = &data->sets[i];
		uint32_t mask = 0;
		if (set->set.rr_count == 0 ||
		        (data->until != HF_TIME_NEVER && data->until + set->set.ttl <= world->now))
			continue;
		for (size_t key = 0; key < world->key_count; key++) {
			if (has_key(keys->keys, key) && signs(world, set, key, world->now))
				mask |= 1u << world->dnskeys[key][3];
		}
		world->checks++;
		if ((wanted & ~mask) != 0) {
			char name[HF_NAME_TEXT];
			fail_msg("at %lld: %s type %u of serial %u is bogus with the DNSKEY set of "
			         "serial %u: algorithms %x of %x",
			        (long long)(world->now - WORLD_START),
			        hf_name_text(&set->owner, name), set->set.type, data->serial,
			        keys->serial, mask, wanted);
		}
	}
}

/* Versions whose DNSKEY sets or data may be in some cache. */
static bool lives(const struct world *world, const struct world_version *version, uint32_t ttl)
{
	return version->until == HF_TIME_NEVER || version->until + ttl > world->now;
}

/* Versions before this one are in no cache any more: they left in the order in which they came. */
#define LONGEST_TTL 36000
static void forget(struct world *world)
{
	while (world->forgotten < world->version_count &&
	        !lives(world, &world->versions[world->forgotten], LONGEST_TTL))
		world->forgotten++;
}

static void check(struct world *world)
{
	if (world->unchecked)
		return;
	forget(world);
	for (size_t i = 0; i < world->ds_count; i++) {
		struct world_ds *ds = &world->ds[i];
		if (ds->count == 0 ||
		        (ds->until != HF_TIME_NEVER && ds->until + world->ds_ttl <= world->now))
			continue;
		for (size_t j = world->forgotten; j < world->version_count; j++) {
			struct world_version *keys = &world->versions[j];
			uint32_t wanted;
			if (!lives(world, keys, keys->key_ttl))
				continue;
			uint32_t mask = linked(world, ds, keys, &wanted);
			if ((wanted & ~mask) != 0)
				fail_msg("at %lld: the DNSKEY set of serial %u has no path from a "
				         "DS set: %x of %x",
				        (long long)(world->now - WORLD_START), keys->serial, mask,
				        wanted);
			wanted |= algorithms(world, keys);
			for (size_t k = world->forgotten; k < world->version_count; k++) {
				if (lives(world, &world->versions[k], LONGEST_TTL))
					check_data(world, keys, wanted, &world->versions[k]);
			}
		}
	}
}

/* ---- the secondary ---- */

static void transfer(struct world *world)
{
	if (world->secondary != SIZE_MAX && world->secondary + 1 < world->version_count)
		world->versions[world->secondary].until = world->now;
	for (size_t i = world->forgotten; i + 1 < world->version_count; i++) {
		if (world->versions[i].until == HF_TIME_NEVER)
			world->versions[i].until = world->now;
	}
	world->secondary = world->version_count - 1;
	world->secondary_due = HF_TIME_NONE;
}

static struct hf_seen seen_of(
        const struct hf_version *version, const struct hf_name *name, uint16_t type)
{
	const struct hf_node *node = hf_version_find(version, name);
	struct hf_seen seen = {.state = HF_SEEN_NONE};
	struct hf_rrset set;
	if (node == NULL || !hf_node_find(node, type, &set) || set.rr_count == 0)
		return seen;
	seen.state = HF_SEEN_RECORDS;
	seen.set.bytes = malloc(set.rrs_len + set.sigs_len + 1);
	assert_non_null(seen.set.bytes);
	memcpy(seen.set.bytes, set.rrs, set.rrs_len);
	if (set.sigs_len > 0)
		memcpy(seen.set.bytes + set.rrs_len, set.sigs, set.sigs_len);
	seen.set.set = set;
	seen.set.set.rrs = seen.set.bytes;
	seen.set.set.sigs = seen.set.bytes + set.rrs_len;
	return seen;
}

static enum hf_err own_look_at_secondary(struct world *world, const struct hf_version *has)
{
	struct hf_sample samples[8];
	struct hf_zone_sight *sight = calloc(1, sizeof(*sight));
	struct hf_secondary_report report = {.sights = sight, .count = 1};
	size_t count = hf_line_samples(world->line, (uint64_t)world->now, 8, samples);
	assert_non_null(sight);
	strcpy(sight->place, "192.0.2.53");
	sight->at = world->now;
	if (has == NULL) {
		sight->why = strdup("it refuses");
	} else {
		const struct hf_name *apex = hf_version_apex(has);
		struct hf_soa soa;
		sight->serves = hf_version_soa(has, &soa);
		sight->serial = soa.serial;
		sight->soa = seen_of(has, apex, KNOT_RRTYPE_SOA);
		sight->dnskey = seen_of(has, apex, KNOT_RRTYPE_DNSKEY);
		sight->samples = calloc(count + 1, sizeof(*sight->samples));
		assert_non_null(sight->samples);
		for (size_t i = 0; i < count; i++)
			sight->samples[sight->sample_count++] =
			        seen_of(has, &samples[i].name, samples[i].type);
	}
	enum hf_err err =
	        hf_line_saw_secondaries(world->line, &report, samples, count, world->now, NULL);
	hf_secondary_report_done(&report);
	return err;
}

static void look_at_secondary(struct world *world)
{
	bool has = world->secondary != SIZE_MAX;
	assert_int_equal(world->hands->look_at_secondary(
	                         world, has ? world->versions[world->secondary].version : NULL),
	        HF_OK);
}

/* ---- the parent ---- */

static struct world_ds *shown(struct world *world, unsigned server)
{
	for (size_t i = world->ds_count; i-- > 0;) {
		if (world->ds[i].server == server)
			return &world->ds[i];
	}
	fail_msg("a server that shows nothing");
	return NULL;
}

static struct hf_rdata copy_rdata(struct hf_rdata from)
{
	uint8_t *data = malloc(from.len);
	assert_non_null(data);
	memcpy(data, from.data, from.len);
	return (struct hf_rdata){data, from.len};
}

static void put_ds(struct world_ds *ds, const struct hf_rdata *records, size_t count)
{
	for (size_t i = 0; i < count; i++)
		ds->records[ds->count++] = copy_rdata(records[i]);
}

void world_inherit_ds(struct world *world, const struct world *from)
{
	for (unsigned i = 0; i < WORLD_PARENTS; i++)
		put_ds(&world->ds[i], from->wanted, from->wanted_count);
}

static void show(struct world *world, unsigned server)
{
	struct world_ds *before = shown(world, server);
	assert_true(world->ds_count < WORLD_DS);
	struct world_ds *now = &world->ds[world->ds_count++];
	before->until = world->now;
	*now = (struct world_ds){.server = server, .from = world->now, .until = HF_TIME_NEVER};
	put_ds(now, world->wanted, world->wanted_count);
	world->shows[server] = HF_TIME_NONE;
}

/* RFC 7344: what the zone's CDS set asks for, when it is not what is wanted already. */
static void read_cds(struct world *world)
{
	const struct hf_node *apex = hf_version_apex_node(world_last(world)->version);
	struct hf_rdata rdata, new[8];
	struct hf_rrset set;
	size_t count = 0;
	if (world->parent_sleeps || !hf_node_find(apex, KNOT_RRTYPE_CDS, &set) || set.rr_count == 0)
		return;
	struct hf_rdata_walk walk = hf_rrset_rrs(&set);
	while (hf_rdata_next(&walk, &rdata)) {
		assert_true(count < 8);
		if (rdata.data[2] != 0)
			new[count++] = rdata;
	}
	bool same = count == world->wanted_count;
	for (size_t i = 0; i < count && same; i++)
		same = hf_rdata_equal(new[i], world->wanted[i]);
	if (same)
		return;
	for (size_t i = 0; i < world->wanted_count; i++)
		free((void *)(uintptr_t)world->wanted[i].data);
	for (size_t i = 0; i < count; i++)
		world->wanted[i] = copy_rdata(new[i]);
	world->wanted_count = count;
	for (unsigned i = 0; i < WORLD_PARENTS; i++)
		world->shows[i] = world->now + world->registry * (i + 1);
}

static struct hf_seen_set seen_ds(const struct world_ds *ds)
{
	struct hf_buf bytes = {.data = NULL};
	for (size_t i = 0; i < ds->count; i++) {
		hf_put_u16(&bytes, ds->records[i].len);
		hf_put_bytes(&bytes, ds->records[i].data, ds->records[i].len);
	}
	assert_false(bytes.failed);
	return (struct hf_seen_set){.set = {.type = KNOT_RRTYPE_DS,
	                                    .rr_count = (uint16_t)ds->count,
	                                    .rrs = bytes.data,
	                                    .rrs_len = (uint32_t)bytes.len},
	        .bytes = bytes.data};
}

static enum hf_err own_look_at_parent(
        struct world *world, const struct world_ds *const shown[WORLD_PARENTS])
{
	struct hf_parent_report report = {.count = WORLD_PARENTS};
	report.sights = calloc(WORLD_PARENTS, sizeof(*report.sights));
	assert_non_null(report.sights);
	assert_int_equal(hf_name_from_text("test.", &report.parent), HF_OK);
	for (unsigned i = 0; i < WORLD_PARENTS; i++) {
		struct hf_ds_sight *sight = &report.sights[i];
		snprintf(sight->place, sizeof(sight->place), "198.51.100.%u", i + 1);
		sight->state = shown[i]->count > 0 ? HF_DS_PRESENT : HF_DS_ABSENT;
		sight->ds = seen_ds(shown[i]);
		sight->ttl = world->ds_ttl;
		sight->at = world->now;
	}
	enum hf_err err = hf_line_saw_parent(world->line, &report, world->now, NULL);
	hf_parent_report_done(&report);
	return err;
}

static void look_at_parent(struct world *world)
{
	const struct world_ds *sets[WORLD_PARENTS];
	for (unsigned i = 0; i < WORLD_PARENTS; i++)
		sets[i] = shown(world, i);
	assert_int_equal(world->hands->look_at_parent(world, sets), HF_OK);
}

const struct world_hands world_own_hands = {
        .open = own_open,
        .close = world_leave,
        .change = own_change,
        .input = own_input,
        .look_at_parent = own_look_at_parent,
        .look_at_secondary = own_look_at_secondary,
        .run = own_run,
        .order = own_order,
        .status = own_status,
        .served = own_served,
};

/* ---- time ---- */

void world_show(struct world *world)
{
	struct hf_journal_version last = world->hands->served(world);
	assert_non_null(last.version);
	remember(world, &last);
	hf_version_unref(last.version);
	if (!world->secondary_stops && world->secondary_due == HF_TIME_NONE)
		world->secondary_due = world->now + world->lag;
	read_cds(world);
}

/* Whoever heard the outcomes of all runs knows what is published. */
static void assert_told(struct world *world)
{
	struct hf_journal_version last = world->hands->served(world);
	struct hf_soa soa = {.serial = 0};
	assert_true(last.version == NULL || hf_version_soa(last.version, &soa));
	hf_version_unref(last.version);
	assert_int_equal(soa.serial, world->version_count > 0 ? world_last(world)->serial : 0);
}

void world_step(struct world *world)
{
	assert_int_equal(world->hands->run(world), HF_OK);
	assert_true(world->outcome.wake > world->now);
	world->wake = world->outcome.wake;
	if (world->outcome.published) {
		world_show(world);
		assert_int_equal(world_last(world)->serial, world->outcome.serial);
	}
	assert_told(world);
	check(world);
}

static void earlier(hf_time *time, hf_time other)
{
	if (other != HF_TIME_NONE && other < *time)
		*time = other;
}

static bool wants_look(const struct world *world)
{
	return world->outcome.look_parent || world->outcome.look_secondaries;
}

/* Looks are asked for again and again, less and less often while nothing changes. */
static void look(struct world *world)
{
	bool parent = world->outcome.look_parent, secondaries = world->outcome.look_secondaries;
	if (!wants_look(world)) {
		world->look_gap = 0;
		return;
	}
	if (world->outcome.published || world->look_gap == 0)
		world->look_gap = 30;
	else if (world->now < world->looked + world->look_gap) {
		earlier(&world->wake, world->looked + world->look_gap);
		return;
	} else if (world->look_gap < HOUR)
		world->look_gap *= 2;
	world->looked = world->now;
	if (parent)
		look_at_parent(world);
	if (secondaries)
		look_at_secondary(world);
	/* What was seen is news at once. */
	world_step(world);
	if (wants_look(world))
		earlier(&world->wake, world->now + world->look_gap);
}

static void happen(struct world *world)
{
	if (world->secondary_due != HF_TIME_NONE && world->secondary_due <= world->now)
		transfer(world);
	for (unsigned i = 0; i < WORLD_PARENTS; i++) {
		if (world->shows[i] != HF_TIME_NONE && world->shows[i] <= world->now)
			show(world, i);
	}
	check(world);
}

static void next_moment(struct world *world, hf_time until)
{
	hf_time next = world->wake;
	earlier(&next, world->secondary_due);
	for (unsigned i = 0; i < WORLD_PARENTS; i++)
		earlier(&next, world->shows[i]);
	next = next <= world->now ? world->now + 1 : next;
	world->now = next < until ? next : until;
}

static bool rolls(struct world *world)
{
	return world_status(world)->roll[0] != '\0';
}

static void run(struct world *world, hf_time until, bool roll)
{
	for (;;) {
		happen(world);
		if (world->wake <= world->now) {
			world_step(world);
			look(world);
			earlier(&world->wake, world->now + 6 * HOUR);
		}
		if (world->now >= until || (roll && !rolls(world)))
			return;
		next_moment(world, until);
	}
}

void world_run(struct world *world, hf_time until)
{
	run(world, until, false);
}

void world_run_roll(struct world *world, hf_time until)
{
	run(world, until, true);
	if (rolls(world))
		fail_msg("%s: %s", world_status(world)->roll, world_status(world)->waits);
}

void world_settle(struct world *world)
{
	world_open(world);
	world_input(world, "");
	world_run(world, world->now + 2 * MINUTE);
	world_run_roll(world, world->now + 2 * DAY);
	assert_int_equal(world->wanted_count, 1);
}

/* ---- people ---- */

enum hf_err world_try(struct world *world, const struct hf_line_says *says)
{
	char words[HF_LINE_WORDS] = "";
	struct hf_diag diag;
	hf_diag_init(&diag, 1);
	enum hf_err err = world->hands->order(world, says, &diag, words);
	assert_true(err == HF_OK || err == HF_ERR_REFUSED);
	assert_true(err == HF_OK ? words[0] != '\0' : diag.count == 1);
	hf_diag_done(&diag);
	world->wake = world->now;
	return err;
}

void world_order(struct world *world, enum hf_line_order_kind order, uint32_t serial)
{
	const struct hf_line_says says = {.order = order, .who = "tester", .serial = serial};
	assert_int_equal(world_try(world, &says), HF_OK);
}

void world_roll(struct world *world, const struct hf_roll_event *event)
{
	const struct hf_line_says says = {.order = HF_LINE_ROLL, .who = "tester", .event = *event};
	assert_int_equal(world_try(world, &says), HF_OK);
}

/* ---- looking ---- */

const struct hf_line_status *world_status(struct world *world)
{
	return world->hands->status(world);
}

bool world_has_alarm(struct world *world, const char *name)
{
	const struct hf_line_status *status = world_status(world);
	for (size_t i = 0; i < status->alarm_count; i++) {
		if (strcmp(status->alarms[i].name, name) == 0)
			return true;
	}
	return false;
}

void world_assert_alarm(struct world *world, const char *name, const char *words)
{
	const struct hf_line_status *status = world_status(world);
	for (size_t i = 0; i < status->alarm_count; i++) {
		if (strcmp(status->alarms[i].name, name) != 0)
			continue;
		if (strstr(status->alarms[i].text, words) == NULL)
			fail_msg("\"%s\" is not in: %s", words, status->alarms[i].text);
		return;
	}
	fail_msg("no alarm %s stands", name);
}

void world_assert_stage(
        struct world *world, enum hf_stage stage, enum hf_stage_state state, const char *words)
{
	const struct hf_line_stage *at = &world_status(world)->stages[stage];
	if (at->state != state || strstr(at->text, words) == NULL)
		fail_msg("stage %s is \"%s\" with: %s", hf_stage_name(stage),
		        hf_stage_state_name(at->state), at->text);
}

uint32_t world_out(struct world *world)
{
	const struct hf_line_status *status = world_status(world);
	return status->has_published ? status->serial_out : 0;
}

const struct world_version *world_last(const struct world *world)
{
	assert_true(world->version_count > 0);
	return &world->versions[world->version_count - 1];
}

bool world_has(struct world *world, const char *name, uint16_t type)
{
	struct hf_name owner;
	assert_int_equal(hf_name_from_text(name, &owner), HF_OK);
	const struct hf_node *node = hf_version_find(world_last(world)->version, &owner);
	return node != NULL && hf_node_has(node, type);
}
