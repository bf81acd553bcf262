/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/life.h"

#include <math.h>
#include <string.h>

#define CLASSES        HF_SCENE_CLASSES
#define HELD           8 /* trust anchors of one resolver */
#define HOUR           INT64_C(3600)
#define DAY            INT64_C(86400)
#define ADD_HOLD       (30 * DAY) /* RFC 5011 section 2.4.1 */
#define CALM_FETCHES   16         /* everyday life is known after so many fetches and … */
#define CALM_CYCLES    2          /* … so many times the longest TTL */
#define HOPELESS_CYCLE (3 * HOUR) /* the same where everything fails */
#define CALM_LOOK      8          /* fetches between two looks whether all is calm */

/* Something that could not be proven, and until when that is remembered. */
struct failure {
	hf_time until;
	int64_t span;
	enum hf_scene_verdict cause;
};

/* Data of one class in the cache. */
struct shelf {
	uint16_t set;
	hf_time until;
	double rate;  /* users' questions a second */
	hf_time next; /* when it is fetched next */
	bool fails;   /* what was fetched last could not be proven */
	struct failure failure;
};

struct anchor {
	uint16_t key;
	bool trusted;
	hf_time since; /* first seen */
};

/* What was found of data by a DNSKEY set, from when until when. */
struct proof {
	uint16_t dnskey, data;
	hf_time from, until;
	enum hf_scene_verdict verdict;
};
#define PROOFS 8

struct life {
	const struct hf_population *population;
	const struct hf_population_kind *kind;
	const struct hf_scene *scene;
	struct hf_population_measures *measures;
	struct hf_random random;
	size_t kind_index;
	hf_time now;
	struct shelf shelves[CLASSES];
	uint16_t ds, dnskey;
	hf_time ds_until, keys_until;
	bool insecure;       /* what was found of the keys until `keys_until` */
	struct failure keys; /* of the zone */
	struct proof proofs[PROOFS];
	struct anchor anchors[HELD];
	unsigned anchor_count;
	hf_time poll;                        /* RFC 5011 active refresh; HF_TIME_NEVER */
	size_t flushes;                      /* that are over */
	hf_time failing_until;               /* some class fails until then */
	struct hf_population_bucket *bucket; /* that was used last, and its time */
	hf_time bucket_from, bucket_until;
	/* Calm: since when nothing happens but the usual, and what was asked since then, and for
	 * how long something failed. */
	hf_time calm_since;
	int64_t calm_failing;
	struct habit {
		uint64_t count, bytes, cut; /* answered questions, and what the answers were */
		hf_time first, last;
	} habits[HF_ASKED_TYPES];
};

/* ---- Measures ---- */

static struct hf_population_bucket *bucket(struct life *life, hf_time at)
{
	struct hf_population_measures *measures = life->measures;
	if (at >= life->bucket_from && at < life->bucket_until)
		return life->bucket;
	if (at < measures->from || at >= measures->until)
		return NULL;
	/* Most that comes next is of the same one, and a division takes its time. */
	int64_t index = (at - measures->from) / measures->step;
	life->bucket = &measures->buckets[index];
	life->bucket_from = measures->from + index * measures->step;
	life->bucket_until = life->bucket_from + measures->step;
	if (life->bucket_until > measures->until)
		life->bucket_until = measures->until;
	return life->bucket;
}

/* Questions that were asked in vain before as many had answers. */
static unsigned lost(struct life *life, unsigned times)
{
	double loss = life->population->loss;
	unsigned vain = 0;
	for (unsigned i = 0; loss > 0 && i < times; i++)
		while (hf_random_unit(&life->random) < loss)
			vain++;
	return vain;
}

static void count_many(
        struct life *life, enum hf_asked_type type, const struct hf_scene_set *set, unsigned times)
{
	struct hf_population_bucket *here = bucket(life, life->now);
	life->measures->events++;
	if (life->habits[type].count == 0)
		life->habits[type].first = life->now;
	uint64_t bytes = (uint64_t)times * set->bytes,
	         cut = set->bytes > life->kind->udp ? times : 0;
	life->habits[type].count += times;
	life->habits[type].bytes += bytes;
	life->habits[type].cut += cut;
	life->habits[type].last = life->now;
	if (here == NULL)
		return;
	here->questions[type] += times + lost(life, times);
	here->bytes[type] += bytes;
	here->cut += cut;
}

static void count(struct life *life, enum hf_asked_type type, const struct hf_scene_set *set)
{
	count_many(life, type, set, 1);
}

/* Seconds of [first, last) that fall into bucket `index`. */
static uint64_t overlap(
        const struct hf_population_measures *measures, size_t index, hf_time first, hf_time last)
{
	hf_time begin = measures->from + (hf_time)index * measures->step;
	hf_time end = begin + measures->step;
	first = first > begin ? first : begin;
	last = last < end ? last : end;
	last = last < measures->until ? last : measures->until;
	return last > first ? (uint64_t)(last - first) : 0;
}

/* The buckets that a stretch of time touches; false when it is not measured at all. */
static bool stretch(const struct hf_population_measures *measures, hf_time first, hf_time last,
        size_t *ret_first, size_t *ret_last)
{
	first = first > measures->from ? first : measures->from;
	last = last < measures->until ? last : measures->until;
	if (first >= last)
		return false;
	*ret_first = (size_t)((first - measures->from) / measures->step);
	*ret_last = (size_t)((last - 1 - measures->from) / measures->step);
	return true;
}

/* Questions that come evenly until `last`, as many and with such answers as since the calm began.
 */
static void flow(struct life *life, enum hf_asked_type type, hf_time last)
{
	struct hf_population_measures *measures = life->measures;
	const struct habit *habit = &life->habits[type];
	if (habit->last == habit->first)
		return;
	double got = 1 - life->population->loss; /* part of the questions that are answered */
	double rate = (double)(habit->count - 1) / (double)(habit->last - habit->first) / got;
	double each = got * (double)habit->bytes / (double)habit->count;
	double cut = got * (double)habit->cut / (double)habit->count;
	double due = hf_random_unit(&life->random), cut_due = due;
	size_t from, to;
	if (!stretch(measures, life->now, last, &from, &to))
		return;
	for (size_t i = from; i <= to; i++) {
		due += rate * (double)overlap(measures, i, life->now, last);
		uint64_t whole = (uint64_t)due;
		due -= (double)whole;
		cut_due += cut * (double)whole;
		measures->buckets[i].questions[type] += whole;
		measures->buckets[i].bytes[type] += (uint64_t)(each * (double)whole);
		measures->buckets[i].cut += (uint64_t)cut_due;
		cut_due -= (double)(uint64_t)cut_due;
	}
}

/* The resolver fails from now until `until`, when it asks again at the earliest. */
static void add_failing_resolver(struct life *life, hf_time until)
{
	size_t from, to;
	hf_time since = life->failing_until > life->now ? life->failing_until : life->now;
	if (until <= since)
		return;
	life->failing_until = until;
	life->calm_failing += until - since;
	if (!stretch(life->measures, since, until, &from, &to))
		return;
	for (size_t i = from; i <= to; i++)
		life->measures->buckets[i].failing_resolvers +=
		        overlap(life->measures, i, since, until);
}

static void add_failed(
        struct life *life, size_t index, double questions, enum hf_scene_verdict cause)
{
	uint64_t failed = (uint64_t)(questions * HF_POPULATION_QUESTION);
	life->measures->buckets[index].failed += failed;
	life->measures->causes[cause] += failed;
	life->measures->kinds[life->kind_index] += failed;
}

/* A user's question fails, and all others fail with it until that is forgotten. */
static void fail(struct life *life, const struct shelf *shelf)
{
	struct hf_population_measures *measures = life->measures;
	const struct failure *failure = &shelf->failure;
	size_t from, to;
	add_failing_resolver(life, failure->until);
	if (!stretch(measures, life->now, failure->until, &from, &to))
		return;
	if (life->now >= measures->from)
		add_failed(life, from, 1, failure->cause);
	for (size_t i = from; i <= to; i++)
		add_failed(life, i,
		        shelf->rate * (double)overlap(measures, i, life->now, failure->until),
		        failure->cause);
	hf_time first = life->now > measures->from ? life->now : measures->from;
	hf_time last = failure->until < measures->until ? failure->until : measures->until;
	if (measures->first == HF_TIME_NONE || first < measures->first)
		measures->first = first;
	if (measures->last == HF_TIME_NONE || last > measures->last)
		measures->last = last;
}

/* ---- Asking ---- */

static uint32_t capped(const struct life *life, uint32_t ttl)
{
	if (life->kind->ttl_most != 0 && ttl > life->kind->ttl_most)
		return life->kind->ttl_most;
	return ttl < life->kind->ttl_least ? life->kind->ttl_least : ttl;
}

/* Until when a set is kept: for its TTL, and not beyond the signatures that prove it. */
static hf_time kept_until(const struct life *life, uint16_t set, bool proven)
{
	const struct hf_scene_set *kept = hf_scene_set_at(life->scene, set);
	hf_time until = life->now + capped(life, kept->ttl), sure = HF_TIME_NONE;
	for (unsigned i = 0; proven && i < kept->signing_count; i++) {
		const struct hf_scene_signing *signing = &kept->signings[i];
		if (!signing->bad && signing->from <= life->now && signing->until > sure)
			sure = signing->until;
	}
	return sure != HF_TIME_NONE && sure < until ? sure + 1 : until;
}

/*
 * Until when data answers for its whole class. Of names that are kept one by one each is asked for
 * once in a TTL: so many questions go out as if all together were kept that much shorter.
 */
static hf_time answers_until(
        const struct life *life, const struct shelf *shelf, uint16_t data, bool proven)
{
	hf_time until = kept_until(life, data, proven);
	bool denial = (size_t)(shelf - life->shelves) == life->population->denial;
	if (life->kind->missing < 2 || !denial)
		return until;
	int64_t each = (until - life->now) / life->kind->missing;
	return life->now + (each > 1 ? each : 1);
}

/* The server that a search begins with, each as likely; then it goes on to the others. */
static unsigned pick(struct life *life, enum hf_scene_side side)
{
	return (unsigned)hf_random_below(&life->random, hf_scene_servers(life->scene, side));
}

static uint16_t served_by(const struct life *life, enum hf_scene_side side, unsigned server)
{
	return hf_scene_served(
	        life->scene, side, server % hf_scene_servers(life->scene, side), life->now);
}

static void remember(struct life *life, struct failure *failure, enum hf_scene_verdict cause)
{
	int64_t most = life->kind->memory_most;
	failure->span = failure->span == 0 ? life->kind->memory_least : 2 * failure->span;
	failure->span = failure->span < most ? failure->span : most;
	failure->until = life->now + failure->span;
	failure->cause = cause;
}

static bool trusts_anchors(const struct life *life)
{
	return life->kind->trust == HF_TRUST_ANCHORS || life->kind->trust == HF_TRUST_FOLLOWS;
}

static enum hf_scene_verdict judge_keys(const struct life *life, uint16_t dnskey)
{
	uint16_t held[HELD];
	unsigned trusted = 0;
	if (!trusts_anchors(life))
		return hf_scene_keys_verdict(
		        life->scene, life->ds, dnskey, life->kind->strict, life->now);
	for (unsigned i = 0; i < life->anchor_count; i++)
		if (life->anchors[i].trusted)
			held[trusted++] = life->anchors[i].key;
	return hf_scene_anchor_verdict(life->scene, held, trusted, dnskey, life->now);
}

/* ---- RFC 5011 ---- */

static struct anchor *anchor_of(struct life *life, uint16_t key)
{
	for (unsigned i = 0; i < life->anchor_count; i++)
		if (life->anchors[i].key == key)
			return &life->anchors[i];
	return NULL;
}

static void drop_anchor(struct life *life, struct anchor *anchor)
{
	*anchor = life->anchors[--life->anchor_count];
}

/* A proven DNSKEY set: keys in it come nearer to trust, keys that are missing before that do not,
 * revoked ones go. */
static void follow(struct life *life, const struct hf_scene_set *set)
{
	bool seen[HELD] = {false};
	for (unsigned i = 0; i < set->member_count; i++) {
		const struct hf_scene_key *key = hf_scene_key_at(life->scene, set->members[i]);
		struct anchor *anchor = anchor_of(
		        life, key->revokes != HF_SCENE_NOTHING ? key->revokes : set->members[i]);
		if (key->revokes != HF_SCENE_NOTHING && anchor != NULL) {
			drop_anchor(life, anchor);
			continue;
		}
		if (key->unknown || !key->sep)
			continue;
		if (anchor == NULL && life->anchor_count < HELD) {
			anchor = &life->anchors[life->anchor_count++];
			*anchor = (struct anchor){set->members[i], false, life->now};
		}
		if (anchor == NULL)
			continue;
		seen[anchor - life->anchors] = true;
		if (life->now >= anchor->since + ADD_HOLD)
			anchor->trusted = true;
	}
	for (unsigned i = life->anchor_count; i-- > 0;)
		if (!life->anchors[i].trusted && !seen[i])
			drop_anchor(life, &life->anchors[i]);
}

/* ---- Proving ---- */

static bool get_ds(struct life *life)
{
	if (trusts_anchors(life) || life->ds_until > life->now)
		return true;
	unsigned first = pick(life, HF_SCENE_PARENT);
	uint16_t ds = HF_SCENE_NOTHING;
	for (unsigned i = 0; ds == HF_SCENE_NOTHING && i < life->kind->tries; i++)
		ds = served_by(life, HF_SCENE_PARENT, first + i);
	if (ds == HF_SCENE_NOTHING)
		return false;
	count(life, HF_ASKED_DS, hf_scene_set_at(life->scene, ds));
	life->ds = ds;
	life->ds_until = kept_until(life, ds, false);
	return true;
}

/* Whether a key that was trusted at the beginning is in the set in its revoked form. */
static bool shows_revoked(const struct life *life, uint16_t dnskey)
{
	const struct hf_scene_set *set = hf_scene_set_at(life->scene, dnskey);
	for (unsigned i = 0; i < set->member_count; i++) {
		uint16_t plain = hf_scene_key_at(life->scene, set->members[i])->revokes;
		for (unsigned j = 0; j < life->population->anchor_count; j++)
			if (plain != HF_SCENE_NOTHING && plain == life->population->anchors[j])
				return true;
	}
	return false;
}

static void keep_keys(struct life *life, uint16_t dnskey)
{
	hf_time most = life->now + life->kind->revoked_most;
	life->dnskey = dnskey;
	life->insecure = false;
	life->keys_until = kept_until(life, dnskey, true);
	if (life->kind->revoked_most > 0 && most < life->keys_until && shows_revoked(life, dnskey))
		life->keys_until = most;
	life->keys = (struct failure){.until = HF_TIME_NONE};
	if (life->kind->trust == HF_TRUST_FOLLOWS)
		follow(life, hf_scene_set_at(life->scene, dnskey));
}

/* What all servers of a side serve; HF_SCENE_NOTHING when they differ. */
static uint16_t served_by_all(const struct life *life, enum hf_scene_side side)
{
	uint16_t what = hf_scene_served(life->scene, side, 0, life->now);
	for (unsigned i = 1; i < hf_scene_servers(life->scene, side); i++)
		if (hf_scene_served(life->scene, side, i, life->now) != what)
			return HF_SCENE_NOTHING;
	return what;
}

/* Asks servers for the DNSKEY set until one has a set that can be proven. */
static enum hf_scene_verdict get_keys(struct life *life)
{
	enum hf_scene_verdict worst = HF_SCENE_SILENT;
	unsigned first = pick(life, HF_SCENE_ZONE);
	for (unsigned i = 0; i < life->kind->tries + life->kind->storm; i++) {
		uint16_t version = served_by(life, HF_SCENE_ZONE, first + i);
		if (version == HF_SCENE_NOTHING)
			continue;
		uint16_t dnskey = hf_scene_version_at(life->scene, version)->dnskey;
		const struct hf_scene_set *set = hf_scene_set_at(life->scene, dnskey);
		enum hf_scene_verdict verdict = judge_keys(life, dnskey);
		/* Without a DS nobody asks for keys. */
		if (verdict == HF_SCENE_INSECURE) {
			life->insecure = true;
			life->keys_until = life->ds_until;
			return verdict;
		}
		count(life, HF_ASKED_DNSKEY, set);
		if (verdict == HF_SCENE_SECURE) {
			keep_keys(life, dnskey);
			return verdict;
		}
		worst = verdict > worst ? verdict : worst;
		/* Where all have the same, the rest of a storm is as the first of it. */
		if (i + 1 == life->kind->tries &&
		        served_by_all(life, HF_SCENE_ZONE) != HF_SCENE_NOTHING) {
			count_many(life, HF_ASKED_DNSKEY, set, life->kind->storm);
			break;
		}
	}
	remember(life, &life->keys, worst);
	return worst;
}

static enum hf_scene_verdict prove_keys(struct life *life)
{
	if (life->keys_until > life->now)
		return life->insecure ? HF_SCENE_INSECURE : HF_SCENE_SECURE;
	if (life->keys.until > life->now)
		return life->keys.cause;
	if (!get_ds(life)) {
		remember(life, &life->keys, HF_SCENE_SILENT);
		return HF_SCENE_SILENT;
	}
	return get_keys(life);
}

/* Until the scene changes the same question has the same answer. */
static enum hf_scene_verdict prove_data(struct life *life, uint16_t data)
{
	struct proof *proof = &life->proofs[data % PROOFS];
	if (life->now < proof->from || life->now >= proof->until || proof->dnskey != life->dnskey ||
	        proof->data != data)
		*proof = (struct proof){life->dnskey, data, life->now,
		        hf_scene_next_change(life->scene, life->now),
		        hf_scene_data_verdict(
		                life->scene, life->dnskey, data, life->kind->strict, life->now)};
	return proof->verdict;
}

static enum hf_scene_verdict judge_data(struct life *life, uint16_t data)
{
	if (life->kind->trust == HF_TRUST_NOBODY)
		return HF_SCENE_INSECURE;
	enum hf_scene_verdict keys = prove_keys(life);
	return keys != HF_SCENE_SECURE ? keys : prove_data(life, data);
}

/* Whether users of this resolver suffer from what no signature tells. */
static bool is_lost(const struct life *life, const struct hf_scene_set *set)
{
	bool aggressive = life->kind->trust != HF_TRUST_NOBODY && life->kind->missing == 0;
	return set->fault == HF_SCENE_GONE || (set->fault == HF_SCENE_DENIED && aggressive);
}

/* A user asks for what is not cached. */
static void fetch(struct life *life, struct shelf *shelf)
{
	enum hf_scene_verdict worst = HF_SCENE_SILENT;
	unsigned first = pick(life, HF_SCENE_ZONE);
	for (unsigned i = 0; i < life->kind->tries; i++) {
		uint16_t version = served_by(life, HF_SCENE_ZONE, first + i);
		if (version == HF_SCENE_NOTHING)
			continue;
		uint16_t data =
		        hf_scene_version_at(life->scene, version)->data[shelf - life->shelves];
		count(life, HF_ASKED_DATA, hf_scene_set_at(life->scene, data));
		enum hf_scene_verdict verdict = judge_data(life, data);
		if (verdict == HF_SCENE_SECURE || verdict == HF_SCENE_INSECURE) {
			shelf->set = data;
			shelf->until = answers_until(life, shelf, data, verdict == HF_SCENE_SECURE);
			shelf->failure = (struct failure){.until = HF_TIME_NONE};
			shelf->fails = is_lost(life, hf_scene_set_at(life->scene, data));
			if (shelf->fails) {
				shelf->failure = (struct failure){
				        .until = shelf->until, .cause = HF_SCENE_LOST};
				fail(life, shelf);
			}
			return;
		}
		worst = verdict > worst ? verdict : worst;
		/* The zone's keys are at fault: another server's data does not help. */
		if (life->keys.until > life->now)
			break;
	}
	remember(life, &shelf->failure, worst);
	shelf->fails = true;
	fail(life, shelf);
}

static hf_time user_after(struct life *life, const struct shelf *shelf, hf_time at)
{
	double wait = hf_random_exponential(&life->random, 1 / shelf->rate);
	return wait > 1e12 ? HF_TIME_NEVER : at + 1 + (hf_time)wait;
}

static void plan_next(struct life *life, struct shelf *shelf)
{
	hf_time free = shelf->fails ? shelf->failure.until : shelf->until;
	shelf->next = user_after(life, shelf, free > life->now ? free : life->now);
}

/* RFC 5011 section 2.3. */
static void poll_anchors(struct life *life)
{
	bool secure = get_keys(life) == HF_SCENE_SECURE;
	int64_t ttl = secure ? hf_scene_set_at(life->scene, life->dnskey)->ttl : DAY;
	int64_t wait = secure ? ttl / 2 : ttl / 10;
	int64_t most = secure ? 15 * DAY : DAY;
	wait = wait < most ? wait : most;
	life->poll = life->now + (wait > HOUR ? wait : HOUR);
}

/* ---- Calm ---- */

static bool is_proven(const struct life *life, const struct hf_scene_version *version)
{
	enum hf_scene_verdict verdict = judge_keys(life, version->dnskey);
	for (unsigned i = 0; verdict == HF_SCENE_SECURE && i < CLASSES; i++)
		verdict = hf_scene_data_verdict(life->scene, version->dnskey, version->data[i],
		        life->kind->strict, life->now);
	return verdict == HF_SCENE_SECURE || verdict == HF_SCENE_INSECURE;
}

/* Whether the cache has only what all servers serve, and all of that is proven. */
static bool is_calm(const struct life *life)
{
	uint16_t all = served_by_all(life, HF_SCENE_ZONE);
	uint16_t ds = served_by_all(life, HF_SCENE_PARENT);
	if (all == HF_SCENE_NOTHING || ds == HF_SCENE_NOTHING)
		return false;
	const struct hf_scene_version *version = hf_scene_version_at(life->scene, all);
	for (unsigned i = 0; i < life->anchor_count; i++)
		if (!life->anchors[i].trusted)
			return false;
	for (unsigned i = 0; i < CLASSES; i++)
		if (life->shelves[i].fails || (life->shelves[i].until > life->now &&
		                                      life->shelves[i].set != version->data[i]))
			return false;
	if (life->kind->trust == HF_TRUST_NOBODY)
		return true;
	if (life->keys_until > life->now && !life->insecure && life->dnskey != version->dnskey)
		return false;
	if (!trusts_anchors(life) && life->ds_until > life->now && life->ds != ds)
		return false;
	return is_proven(life, version);
}

/*
 * Whether all that users ask for fails, because of the keys that all servers have, and will go on
 * to fail in the same way.
 */
static bool is_hopeless(const struct life *life)
{
	uint16_t all = served_by_all(life, HF_SCENE_ZONE);
	bool memory = life->keys.span == life->kind->memory_most;
	bool same_ds = trusts_anchors(life) || served_by_all(life, HF_SCENE_PARENT) == life->ds;
	if (all == HF_SCENE_NOTHING || !same_ds || life->kind->trust == HF_TRUST_NOBODY ||
	        life->keys_until > life->now || !memory)
		return false;
	for (unsigned i = 0; i < CLASSES; i++) {
		const struct shelf *shelf = &life->shelves[i];
		if (shelf->rate > 0 &&
		        (!shelf->fails || shelf->failure.span != life->kind->memory_most))
			return false;
	}
	enum hf_scene_verdict verdict =
	        judge_keys(life, hf_scene_version_at(life->scene, all)->dnskey);
	return verdict != HF_SCENE_SECURE && verdict != HF_SCENE_INSECURE;
}

/* ---- Emptied caches ---- */

static hf_time next_flush(const struct life *life)
{
	const struct hf_population *population = life->population;
	return life->flushes < population->flush_count ? population->flushes[life->flushes].at
	                                               : HF_TIME_NEVER;
}

static void forget(struct life *life)
{
	life->ds_until = life->keys_until = HF_TIME_NONE;
	life->keys = (struct failure){.until = HF_TIME_NONE};
	for (unsigned i = 0; i < CLASSES; i++) {
		struct shelf *shelf = &life->shelves[i];
		shelf->until = HF_TIME_NONE;
		shelf->fails = false;
		shelf->failure = (struct failure){.until = HF_TIME_NONE};
		if (shelf->rate > 0)
			shelf->next = user_after(life, shelf, life->now);
	}
}

/* ---- Calm that is passed over ---- */

static void begin_calm(struct life *life)
{
	life->calm_since = life->now;
	life->calm_failing = 0;
	memset(life->habits, 0, sizeof(life->habits));
}

/* The longest that anything in the cache is kept. */
static int64_t longest(const struct life *life)
{
	int64_t most = capped(life, hf_scene_set_at(life->scene, life->ds)->ttl);
	int64_t keys = capped(life, hf_scene_set_at(life->scene, life->dnskey)->ttl);
	most = keys > most ? keys : most;
	for (unsigned i = 0; i < CLASSES; i++) {
		int64_t ttl = capped(life, hf_scene_set_at(life->scene, life->shelves[i].set)->ttl);
		most = ttl > most ? ttl : most;
	}
	return most;
}

/* All that is to come, comes so much later. */
static void shift(struct life *life, int64_t seconds)
{
	hf_time *const times[] = {&life->now, &life->ds_until, &life->keys_until, &life->poll,
	        &life->keys.until, &life->failing_until};
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (*times[i] != HF_TIME_NONE && *times[i] != HF_TIME_NEVER)
			*times[i] += seconds;
	for (unsigned i = 0; i < CLASSES; i++) {
		struct shelf *shelf = &life->shelves[i];
		if (shelf->until != HF_TIME_NONE)
			shelf->until += seconds;
		if (shelf->failure.until != HF_TIME_NONE)
			shelf->failure.until += seconds;
		if (shelf->next != HF_TIME_NEVER)
			shelf->next += seconds;
	}
}

/* Where nothing can be proven every question of a user fails, whether it is asked on or not. */
static void fail_on(struct life *life, hf_time to)
{
	struct hf_population_measures *measures = life->measures;
	int64_t calm = life->now - life->calm_since;
	double part = (double)life->calm_failing / (double)calm;
	size_t first, last;
	if (!stretch(measures, life->now, to, &first, &last))
		return;
	for (size_t i = first; i <= last; i++) {
		double seconds = (double)overlap(measures, i, life->now, to);
		for (unsigned j = 0; j < CLASSES; j++)
			if (life->shelves[j].rate > 0)
				add_failed(life, i, life->shelves[j].rate * seconds,
				        life->shelves[j].failure.cause);
		measures->buckets[i].failing_resolvers +=
		        (uint64_t)((part < 1 ? part : 1) * seconds);
	}
	hf_time end = to < measures->until ? to : measures->until;
	measures->last = end > measures->last ? end : measures->last;
}

/*
 * Passes over a time in which nothing happens but the usual. What the usual is was played before,
 * since the calm began; how the cache is then is as likely as how it is now.
 */
static void pass(struct life *life)
{
	struct hf_population_measures *measures = life->measures;
	hf_time change = hf_scene_next_change(life->scene, life->calm_since), to = measures->until;
	hf_time flush = next_flush(life);
	change = flush < change ? flush : change;
	int64_t calm = life->now - life->calm_since;
	bool hopeless = is_hopeless(life);
	if (change <= life->now || (!hopeless && !is_calm(life))) {
		begin_calm(life);
		return;
	}
	int64_t cycle = hopeless ? HOPELESS_CYCLE : longest(life);
	if (calm < CALM_CYCLES * cycle || life->habits[HF_ASKED_DATA].count < CALM_FETCHES)
		return;
	to = change < to ? change : to;
	/* Before the measures begin there is nothing to count. */
	if (life->now < measures->from && to > measures->from)
		to = measures->from;
	if (to - life->now <= calm)
		return;
	for (unsigned type = 0; type < HF_ASKED_TYPES; type++)
		flow(life, type, to);
	if (hopeless)
		fail_on(life, to);
	shift(life, to - life->now);
	begin_calm(life);
}

/* ---- The whole life ---- */

static const struct hf_population_kind *pick_kind(struct life *life)
{
	const struct hf_population *population = life->population;
	double shares = 0, at;
	for (size_t i = 0; i < population->kind_count; i++)
		shares += population->kinds[i].share;
	at = hf_random_unit(&life->random) * shares;
	while (life->kind_index + 1 < population->kind_count &&
	        at >= population->kinds[life->kind_index].share)
		at -= population->kinds[life->kind_index++].share;
	return &population->kinds[life->kind_index];
}

/* Before the time that is measured caches fill, at no particular hour. */
static hf_time birth(struct life *life)
{
	int64_t ttl = capped(life, hf_scene_longest_ttl(life->scene));
	return life->measures->from - 2 * ttl -
	       (hf_time)hf_random_below(&life->random, (uint64_t)ttl + 1);
}

/* How often its users ask, and for what. */
static void pick_users(struct life *life)
{
	const struct hf_population *population = life->population;
	double orders = population->rate_most / population->rate_least, weights = 0;
	double rate = population->rate_least * pow(orders, hf_random_unit(&life->random));
	for (unsigned i = 0; i < CLASSES; i++)
		weights += population->weights[i];
	for (unsigned i = 0; i < CLASSES; i++) {
		struct shelf *shelf = &life->shelves[i];
		*shelf = (struct shelf){.rate = rate * population->weights[i] / weights / HOUR,
		        .until = HF_TIME_NONE,
		        .failure.until = HF_TIME_NONE,
		        .next = HF_TIME_NEVER};
		if (shelf->rate > 0)
			shelf->next = user_after(life, shelf, life->now);
	}
	life->measures->users += (uint64_t)(rate * HF_POPULATION_QUESTION);
}

static void be_born(struct life *life)
{
	const struct hf_population *population = life->population;
	life->kind = pick_kind(life);
	life->now = birth(life);
	begin_calm(life);
	pick_users(life);
	for (unsigned i = 0; trusts_anchors(life) && i < population->anchor_count; i++)
		life->anchors[life->anchor_count++] =
		        (struct anchor){population->anchors[i], true, HF_TIME_NONE};
	if (life->kind->trust == HF_TRUST_FOLLOWS)
		life->poll = life->now + (hf_time)hf_random_below(&life->random, (uint64_t)HOUR);
	life->measures->resolvers++;
	life->measures->validating += life->kind->trust != HF_TRUST_NOBODY;
}

/* The next flush, of this resolver or not. */
static void flush(struct life *life)
{
	const struct hf_population_flush *next = &life->population->flushes[life->flushes++];
	life->now = next->at > life->now ? next->at : life->now;
	if (hf_random_unit(&life->random) >= next->share)
		return;
	forget(life);
	begin_calm(life);
}

/* The class that fetches next; NULL: it is time for the trust anchors. */
static struct shelf *next_of(struct life *life, hf_time *ret_at)
{
	struct shelf *next = NULL;
	*ret_at = life->poll;
	for (unsigned i = 0; i < CLASSES; i++) {
		if (life->shelves[i].next < *ret_at) {
			next = &life->shelves[i];
			*ret_at = next->next;
		}
	}
	return next;
}

void hf_life_play(const struct hf_population *population, const struct hf_scene *scene,
        uint32_t index, struct hf_population_measures *measures)
{
	struct hf_random seed = {population->seed};
	struct life life = {.population = population,
	        .scene = scene,
	        .measures = measures,
	        .random = hf_random_fork(&seed, index),
	        .ds_until = HF_TIME_NONE,
	        .keys_until = HF_TIME_NONE,
	        .keys.until = HF_TIME_NONE,
	        .poll = HF_TIME_NEVER,
	        .failing_until = HF_TIME_NONE};
	hf_time at;
	be_born(&life);
	for (unsigned turn = 1;; turn++) {
		struct shelf *shelf = next_of(&life, &at);
		if (at >= measures->until)
			break;
		if (next_flush(&life) <= at) {
			flush(&life);
			continue;
		}
		life.now = at;
		if (shelf == NULL) {
			poll_anchors(&life);
		} else {
			fetch(&life, shelf);
			plan_next(&life, shelf);
		}
		/* Looking for calm costs more than a fetch: now and then. */
		if (turn % CALM_LOOK == 0)
			pass(&life);
	}
}
