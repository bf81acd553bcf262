/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The scene: what the servers of a zone and of its parent serve, from when on.
 *
 * Keys are numbers here and signatures are facts, good or bad, with the time that they hold for: a
 * question that takes cryptography some hundred microseconds is a look-up, and years before a
 * hundred thousand resolvers pass in seconds. What RFC 4035 says of a DS set, a DNSKEY set and an
 * RRset is written down here once more, on purpose: nothing of src/coherence is used, so that the
 * two can be held against each other.
 *
 * A scene is built first, in any order, and then read by any number of threads: hf_scene_seal.
 */
#ifndef HF_SIM_SCENE_H
#define HF_SIM_SCENE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/times.h"

#define HF_SCENE_MEMBERS 24    /* keys in one set, signatures over one set */
#define HF_SCENE_CLASSES 4     /* kinds of data that are told apart */
#define HF_SCENE_SERVERS 32    /* of the zone, or of its parent */
#define HF_SCENE_LIMIT   60000 /* keys, sets, versions: each */
#define HF_SCENE_NOTHING UINT16_MAX

struct hf_scene_key {
	uint8_t algorithm;
	uint16_t tag;
	bool sep;     /* may be a trust anchor */
	bool unknown; /* an algorithm that nobody knows: it proves nothing, and breaks nothing */
	uint16_t revokes; /* revoked: the key without the REVOKE bit; else HF_SCENE_NOTHING */
};

/* A signature by a key. */
struct hf_scene_signing {
	uint16_t key;
	bool bad;            /* does not verify */
	hf_time from, until; /* valid, both included */
};

/* What signatures say nothing about. */
enum hf_scene_fault {
	HF_SCENE_SOUND,
	HF_SCENE_DENIED, /* its denial records are wrong: who makes aggressive use of them
	                    (RFC 8198) finds nothing where there is something */
	HF_SCENE_GONE,   /* it leads nowhere */
};

/* A DS set (members, no signings), a DNSKEY set (both), or data (signings only). */
struct hf_scene_set {
	uint16_t members[HF_SCENE_MEMBERS];
	struct hf_scene_signing signings[HF_SCENE_MEMBERS];
	unsigned member_count, signing_count;
	uint32_t ttl;   /* seconds; of a DS set that is not there: how long that is remembered */
	uint32_t bytes; /* of the answer over UDP */
	enum hf_scene_fault fault;
};

/* One version of the zone. */
struct hf_scene_version {
	uint32_t serial;
	uint16_t dnskey;                 /* number of a set */
	uint16_t data[HF_SCENE_CLASSES]; /* numbers of sets */
};

enum hf_scene_side { HF_SCENE_PARENT, HF_SCENE_ZONE };

struct hf_scene;

/* Servers of each side, at least one. */
enum hf_err hf_scene_new(
        unsigned parents, unsigned servers, struct hf_scene **ret_scene) HF_MUST_CHECK;
void hf_scene_free(struct hf_scene *scene);

/* HF_ERR_LIMIT: there are too many. A set that is there already gets the number that it has. */
enum hf_err hf_scene_add_key(
        struct hf_scene *scene, const struct hf_scene_key *key, uint16_t *ret_key) HF_MUST_CHECK;
enum hf_err hf_scene_add_set(
        struct hf_scene *scene, const struct hf_scene_set *set, uint16_t *ret_set) HF_MUST_CHECK;
enum hf_err hf_scene_add_version(struct hf_scene *scene, const struct hf_scene_version *version,
        uint16_t *ret_version) HF_MUST_CHECK;

/* From `at` on a server serves a DS set (parent) or a version (zone); HF_SCENE_NOTHING: it does not
 * answer, as before its first one. Times of one server must not go back: HF_ERR_INVALID. */
enum hf_err hf_scene_serve(struct hf_scene *scene, enum hf_scene_side side, unsigned server,
        hf_time at, uint16_t what) HF_MUST_CHECK;
/* Makes what hf_scene_next_change answers from. Nothing may be added afterwards. */
enum hf_err hf_scene_seal(struct hf_scene *scene) HF_MUST_CHECK;

unsigned hf_scene_servers(const struct hf_scene *scene, enum hf_scene_side side);
/* The DS set or version that a server serves; HF_SCENE_NOTHING. */
uint16_t hf_scene_served(
        const struct hf_scene *scene, enum hf_scene_side side, unsigned server, hf_time at);
const struct hf_scene_set *hf_scene_set_at(const struct hf_scene *scene, uint16_t set);
const struct hf_scene_version *hf_scene_version_at(const struct hf_scene *scene, uint16_t version);
const struct hf_scene_key *hf_scene_key_at(const struct hf_scene *scene, uint16_t key);
/* The first moment after `at` at which some server serves something else, or a signature of a set
 * begins or ends; HF_TIME_NEVER: nothing changes any more. */
hf_time hf_scene_next_change(const struct hf_scene *scene, hf_time at);

uint32_t hf_scene_longest_ttl(const struct hf_scene *scene);

/* ---- What a validator says ---- */

enum hf_scene_verdict {
	HF_SCENE_SECURE,
	HF_SCENE_INSECURE, /* no DS that anybody could use */
	HF_SCENE_SILENT,   /* no server has anything: for resolvers, no verdict of a scene */
	HF_SCENE_NO_KEY,   /* DS: no key of it in the DNSKEY set. Data: signed by other keys only */
	HF_SCENE_NO_SIG,   /* no signature by a key that would count */
	HF_SCENE_EXPIRED,  /* there is one, and it is over, or not yet valid */
	HF_SCENE_BAD_SIG,  /* there is one, and it does not verify */
	HF_SCENE_ALGORITHMS, /* strict: one algorithm lacks all that */
	HF_SCENE_LOST,       /* not a matter of proof: a fault of the data themselves */
};
#define HF_SCENE_VERDICTS 9
const char *hf_scene_verdict_name(enum hf_scene_verdict verdict); /* "secure" … */

/* Whether a DNSKEY set is what the DS set vouches for (RFC 4035 section 5.2). `strict`: for each
 * algorithm in the DS set. */
enum hf_scene_verdict hf_scene_keys_verdict(
        const struct hf_scene *scene, uint16_t ds, uint16_t dnskey, bool strict, hf_time at);
/* The same for a resolver that has these keys as trust anchors instead of a DS set. */
enum hf_scene_verdict hf_scene_anchor_verdict(const struct hf_scene *scene, const uint16_t *anchors,
        unsigned count, uint16_t dnskey, hf_time at);
/* Whether data is signed by a key of the proven DNSKEY set (RFC 4035 section 5.3). `strict`: for
 * each algorithm in the DNSKEY set. */
enum hf_scene_verdict hf_scene_data_verdict(
        const struct hf_scene *scene, uint16_t dnskey, uint16_t data, bool strict, hf_time at);

#endif
