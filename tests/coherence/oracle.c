/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "oracle.h"

#include <string.h>

#define ANSWERS 64
/* Steps in a second: of two answers, one kept before the other, the ends must show. */
#define STEPS 3

/* An answer of each kind, and whether the offer has it. */
struct ds_answer {
	uint8_t keys;
	bool unsupported, offered;
};
struct key_answer {
	const struct signed_version *version;
	bool offered;
};
struct data_answer {
	const struct signed_answer *data;
	bool offered;
};

/* Everything that is in some cache. */
struct caches {
	struct ds_answer ds[ANSWERS];
	struct key_answer keys[ANSWERS];
	struct data_answer data[ANSWERS];
	int ds_count, key_count, data_count;
};

/* ---- filling the caches ---- */

static void keep_ds(struct caches *caches, uint8_t keys, bool unsupported, bool offered)
{
	for (int i = 0; i < caches->ds_count; i++) {
		struct ds_answer *known = &caches->ds[i];
		if (known->keys == keys && known->unsupported == unsupported) {
			known->offered = known->offered || offered;
			return;
		}
	}
	caches->ds[caches->ds_count++] =
	        (struct ds_answer){.keys = keys, .unsupported = unsupported, .offered = offered};
}

/* Two DNSKEY answers are the same when keys and good signatures are. */
static void keep_keys(struct caches *caches, const struct signed_version *version, bool offered)
{
	for (int i = 0; i < caches->key_count; i++) {
		const struct signed_version *known = caches->keys[i].version;
		if (known->design.keys == version->design.keys &&
		        known->keys.good == version->keys.good &&
		        (version->keys.good == 0 ||
		                known->design.window == version->design.window)) {
			caches->keys[i].offered = caches->keys[i].offered || offered;
			return;
		}
	}
	caches->keys[caches->key_count++] =
	        (struct key_answer){.version = version, .offered = offered};
}

static void keep_data(struct caches *caches, const struct signed_answer *data, bool offered)
{
	for (int i = 0; i < caches->data_count; i++) {
		const struct signed_answer *known = caches->data[i].data;
		if (known->good == data->good &&
		        (data->good == 0 || (known->inception == data->inception &&
		                                    known->expiration == data->expiration))) {
			caches->data[i].offered = caches->data[i].offered || offered;
			return;
		}
	}
	caches->data[caches->data_count++] = (struct data_answer){.data = data, .offered = offered};
}

/* Whether what was fetched at step `f` is still good for use at step `t`. */
static bool lives(int f, int ttl, int t)
{
	return f == t || f + STEPS * ttl > t;
}

/* When a change that ends something had happened, as somebody at `known` can know. */
static int known_end(int last, int known)
{
	return last <= known ? last : ORACLE_OPEN;
}

static void ask_parents(
        const struct oracle_history *history, int known, int f, int t, struct caches *caches)
{
	for (int p = 0; p < history->parents; p++) {
		for (int i = 0; i < history->ds_count[p]; i++) {
			const struct oracle_ds *ds = &history->ds[p][i];
			if (ds->first <= known && STEPS * ds->first <= f &&
			        f < STEPS * known_end(ds->last, known) && lives(f, ds->ttl, t))
				keep_ds(caches, ds->keys, ds->unsupported, false);
		}
	}
}

/* Whether the secondary had been seen by `f` with something newer than what ended at `end`. */
static bool has_moved(
        const struct oracle_history *history, int secondary, int end, int known, int f)
{
	for (int i = 0; i < history->sighting_count; i++) {
		const struct oracle_sighting *sighting = &history->sightings[i];
		if (sighting->secondary == secondary && sighting->seen <= known &&
		        STEPS * sighting->seen <= f && sighting->version >= end)
			return true;
	}
	return false;
}

/* Whether some server may hand the version out at step `f`. */
static bool is_served(const struct oracle_history *history, const struct oracle_version *version,
        int known, int f)
{
	int end = known_end(version->last, known);
	if (version->first > known || f < STEPS * version->first)
		return false;
	if (f < STEPS * end)
		return true;
	for (int s = 0; s < history->secondaries; s++) {
		bool expired = history->expire != 0 && f >= STEPS * (end + history->expire);
		if (!expired && !has_moved(history, s, end, known, f))
			return true;
	}
	return false;
}

static void ask_servers(
        const struct oracle_history *history, int known, int f, int t, struct caches *caches)
{
	for (int i = 0; i < history->version_count; i++) {
		const struct oracle_version *span = &history->versions[i];
		const struct signed_version *version = span->version;
		if (!is_served(history, span, known, f))
			continue;
		if (lives(f, (int)version->keys.ttl, t))
			keep_keys(caches, version, false);
		for (int r = 0; r < SIGNED_DATA; r++) {
			if (lives(f, (int)version->data[r].ttl, t))
				keep_data(caches, &version->data[r], false);
		}
	}
}

static void fill(const struct oracle_history *history, const struct oracle_question *question,
        int t, struct caches *caches)
{
	memset(caches, 0, sizeof(*caches));
	int oldest = t > ORACLE_TTL ? STEPS * (t - ORACLE_TTL) : 0;
	for (int f = oldest; f <= STEPS * t; f++) {
		ask_parents(history, question->at, f, STEPS * t, caches);
		ask_servers(history, question->at, f, STEPS * t, caches);
	}
	if (question->has_ds)
		keep_ds(caches, question->ds_keys, false, true);
	if (question->candidate != NULL) {
		keep_keys(caches, question->candidate, true);
		for (int r = 0; r < SIGNED_DATA; r++)
			keep_data(caches, &question->candidate->data[r], true);
	}
}

/* ---- validating ---- */

static bool in_time(const struct signed_answer *answer, int t)
{
	return answer->inception <= SIGNED_EPOCH + t && SIGNED_EPOCH + t <= answer->expiration;
}

/* The algorithms of a set of keys, as a mask. */
static unsigned algorithms(unsigned keys)
{
	unsigned mask = 0;
	for (unsigned i = 0; i < SIGNED_KEYS; i++)
		mask |= (keys & 1u << i) != 0 ? 1u << signed_algorithm(i) : 0;
	return mask;
}

static unsigned usable(unsigned keys)
{
	for (unsigned i = 0; i < SIGNED_KEYS; i++)
		keys &= signed_usable(i) ? ~0u : ~(1u << i);
	return keys;
}

static bool enough(unsigned wanted, unsigned there, bool liberal)
{
	return liberal ? (wanted & there) != 0 : (wanted & ~there) == 0;
}

/* RFC 4035 section 5.2: from the DS set to a key that signs the DNSKEY set. */
static bool keys_secure(
        const struct ds_answer *ds, const struct signed_version *version, int t, bool liberal)
{
	unsigned leading = 0;
	if (in_time(&version->keys, t))
		leading = usable(ds->keys & version->design.keys & version->keys.good);
	return enough(algorithms(ds->keys), algorithms(leading), liberal);
}

/* RFC 4035 sections 2.2 and 5.3: from the DNSKEY set to the data. */
static bool data_secure(const struct ds_answer *ds, const struct signed_version *version,
        const struct signed_answer *data, int t, bool liberal)
{
	unsigned keys = usable(version->design.keys);
	unsigned signing = in_time(data, t) ? keys & data->good : 0;
	return enough(algorithms(ds->keys) | algorithms(keys), algorithms(signing), liberal);
}

/* Whether a resolver that holds this DS set and DNSKEY set fails because of the offer. */
static bool pair_fails(const struct caches *caches, const struct oracle_question *question,
        const struct ds_answer *ds, const struct key_answer *keys, int t)
{
	bool any = question->candidate == NULL && !question->has_ds;
	bool ours = any || ds->offered || keys->offered;
	if (!keys_secure(ds, keys->version, t, question->liberal))
		return ours;
	for (int i = 0; i < caches->data_count; i++) {
		const struct data_answer *data = &caches->data[i];
		if ((ours || data->offered) &&
		        !data_secure(ds, keys->version, data->data, t, question->liberal))
			return true;
	}
	return false;
}

/* ---- validators that keep what they have proven ---- */

/* Whether some cache has the DS set at step `v`. */
static bool has_ds(const struct oracle_ds *ds, int known, int v)
{
	for (int f = v - STEPS * ds->ttl; f <= v; f++) {
		if (ds->first <= known && STEPS * ds->first <= f &&
		        f < STEPS * known_end(ds->last, known) && lives(f, ds->ttl, v))
			return true;
	}
	return false;
}

/* Whether somebody had the DS set at `v`, proved the DNSKEY set with it, has that to this day, and
 * fails because of the offer's data. */
static bool keeper_fails(const struct caches *caches, const struct oracle_question *question,
        const struct oracle_ds *set, const struct signed_version *version, int v, int t)
{
	const struct ds_answer ds = {.keys = set->keys, .unsupported = set->unsupported};
	bool any = question->candidate == NULL && !question->has_ds;
	if (ds.keys == 0 || !has_ds(set, question->at, v) || !in_time(&version->keys, t) ||
	        !keys_secure(&ds, version, v / STEPS, question->liberal))
		return false;
	for (int i = 0; i < caches->data_count; i++) {
		const struct data_answer *data = &caches->data[i];
		if ((any || data->offered) &&
		        !data_secure(&ds, version, data->data, t, question->liberal))
			return true;
	}
	return false;
}

/* The earliest step at which somebody asked who still has the version's DNSKEY set at `t`:
 * nobody had more time to prove it. */
static int earliest_asked(const struct oracle_history *history,
        const struct oracle_version *version, int known, int t)
{
	int ttl = (int)version->version->keys.ttl;
	for (int f = STEPS * (t - ttl); f <= STEPS * t; f++) {
		if (is_served(history, version, known, f) && lives(f, ttl, STEPS * t))
			return f;
	}
	return STEPS * t + 1;
}

static bool keepers_fail(const struct oracle_history *history,
        const struct oracle_question *question, const struct caches *caches, int t)
{
	for (int i = 0; i < history->version_count; i++) {
		const struct oracle_version *version = &history->versions[i];
		for (int v = earliest_asked(history, version, question->at, t); v <= STEPS * t;
		        v++) {
			for (int p = 0; p < history->parents; p++) {
				for (int d = 0; d < history->ds_count[p]; d++) {
					if (keeper_fails(caches, question, &history->ds[p][d],
					            version->version, v, t))
						return true;
				}
			}
		}
	}
	return false;
}

bool oracle_safe(
        const struct oracle_history *history, const struct oracle_question *question, int t)
{
	struct caches caches;
	fill(history, question, t, &caches);
	if (keepers_fail(history, question, &caches, t))
		return false;
	for (int s = 0; s < caches.ds_count; s++) {
		/* Without a DS that a validator understands the zone is insecure: nothing fails. */
		if (caches.ds[s].keys == 0)
			continue;
		for (int k = 0; k < caches.key_count; k++) {
			if (pair_fails(&caches, question, &caches.ds[s], &caches.keys[k], t))
				return false;
		}
	}
	return true;
}

int oracle_earliest(const struct oracle_history *history, const struct oracle_question *question)
{
	/* Nothing changes after the last change, its slow secondaries and the largest TTLs. */
	int quiet = history->end + history->expire + 2 * ORACLE_TTL + SIGNED_ENDS;
	for (int t = question->at; t <= quiet; t++) {
		if (oracle_safe(history, question, t))
			return t;
	}
	return ORACLE_OPEN;
}
