/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The evidence: what was really published or seen, where, when, and with which TTL.
 *
 * A fact says that some place served some content with some TTL from `first` until `last`. Facts
 * are never edited, only closed. What caches may hold, and so everything that is safe, follows from
 * facts alone; settings are no evidence. Contents (a DS set, a DNSKEY set with its signatures, a
 * signer set), keys and DS records are interned: the same RDATA is the same number, and a key's
 * identity is its whole RDATA, never its tag.
 * Pure: no clock, no I/O. One thread at a time; any number may read.
 */
#ifndef HF_COHERENCE_EVIDENCE_H
#define HF_COHERENCE_EVIDENCE_H

#include "base/diag.h"
#include "base/times.h"
#include "dns/rdata.h"

enum hf_kind {
	HF_KIND_DS,      /* a DS RRset at the parent, or its proven absence */
	HF_KIND_DNSKEY,  /* a DNSKEY RRset with the keys that sign it, or its absence */
	HF_KIND_SIGNERS, /* the keys that sign some authoritative data RRset; none: it is unsigned
	                  */
};
#define HF_KINDS 3
const char *hf_kind_name(enum hf_kind kind); /* "DS", "DNSKEY", "signers" */

#define HF_NO_CONTENT UINT32_MAX

/* Bounds on untrusted evidence; over them is HF_ERR_LIMIT. */
#define HF_CONTENT_MEMBERS  64    /* records or signatures in one content */
#define HF_EVIDENCE_RECORDS 65536 /* keys, DS records, contents, places: each */

/* A signature by a key over something, valid from inception to expiration, both included. */
struct hf_signing {
	uint32_t key; /* number of the key */
	hf_time inception, expiration;
};

struct hf_content {
	enum hf_kind kind;
	const uint32_t *members; /* DS: numbers of DS records; DNSKEY: of keys; ascending */
	size_t member_count;
	const struct hf_signing *signings; /* DNSKEY and signers; ascending by key */
	size_t signing_count;
};

/* A DNSKEY, as validators see it. */
struct hf_known_key {
	struct hf_rdata rdata;
	struct hf_dnskey dnskey;
	uint16_t tag;
	bool usable; /* zone key, protocol 3, not revoked, an algorithm that we can verify */
};

/* A DS record, as validators see it. */
struct hf_known_ds {
	struct hf_rdata rdata;
	struct hf_ds ds;
	bool supported; /* algorithm and digest type; RFC 4035 section 5.2 ignores the others */
};

/* A place is a server's address, or HF_PUBLISHED: what this signer handed out. */
#define HF_PUBLISHED 0

struct hf_fact {
	uint32_t content;
	uint32_t place;
	uint32_t ttl;        /* seconds, as served; the largest, for a signer set */
	uint64_t rrsets;     /* signers: RRsets that carry the set; else 0 */
	hf_time first, last; /* served from `first` until `last`; HF_TIME_NEVER: still */
};

struct hf_evidence;

enum hf_err hf_evidence_new(
        const struct hf_name *zone, struct hf_evidence **ret_evidence) HF_MUST_CHECK;
enum hf_err hf_evidence_copy(
        const struct hf_evidence *evidence, struct hf_evidence **ret_copy) HF_MUST_CHECK;
void hf_evidence_free(struct hf_evidence *evidence);
const struct hf_name *hf_evidence_zone(const struct hf_evidence *evidence);

/*
 * The SOA expire field that secondaries go by, in seconds: one that stopped refreshing ends serving
 * so long after the version it has was replaced. 0 (the default): unknown, it may serve for ever.
 */
void hf_evidence_set_expire(struct hf_evidence *evidence, uint32_t expire);
uint32_t hf_evidence_expire(const struct hf_evidence *evidence);
/*
 * By how many seconds whatever ended may have ended later than it is told; 0 (the default): not at
 * all. Real clocks count whole seconds: what ended in the middle of one is told as ended at its
 * beginning, and a resolver that rounds keeps it a little longer than its TTL.
 */
void hf_evidence_set_blur(struct hf_evidence *evidence, uint32_t seconds);
uint32_t hf_evidence_blur(const struct hf_evidence *evidence);

/* Interning. Numbers stay what they are for the life of the evidence. HF_ERR_SYNTAX: RDATA that is
 * too short for its type. */
enum hf_err hf_evidence_key(
        struct hf_evidence *evidence, struct hf_rdata dnskey, uint32_t *ret_key) HF_MUST_CHECK;
enum hf_err hf_evidence_ds(
        struct hf_evidence *evidence, struct hf_rdata ds, uint32_t *ret_ds) HF_MUST_CHECK;
/* Copies, sorts and rids of repeats. The arrays may be NULL when they are empty. */
enum hf_err hf_evidence_content(struct hf_evidence *evidence, const struct hf_content *content,
        uint32_t *ret_content) HF_MUST_CHECK;
enum hf_err hf_evidence_place(
        struct hf_evidence *evidence, const char *name, uint32_t *ret_place) HF_MUST_CHECK;

size_t hf_evidence_key_count(const struct hf_evidence *evidence);
/* Views; they stay valid until something is interned. */
const struct hf_known_key *hf_evidence_key_at(const struct hf_evidence *evidence, uint32_t key);
const struct hf_known_ds *hf_evidence_ds_at(const struct hf_evidence *evidence, uint32_t ds);
const struct hf_content *hf_evidence_content_at(
        const struct hf_evidence *evidence, uint32_t content);
const char *hf_evidence_place_name(const struct hf_evidence *evidence, uint32_t place);
size_t hf_evidence_place_count(const struct hf_evidence *evidence);
/* Whether the DS record stands for the key: tag, algorithm and digest. Looked up, not computed. */
bool hf_evidence_ds_matches(const struct hf_evidence *evidence, uint32_t ds, uint32_t key);

/* Adds a fact as it is. HF_ERR_INVALID: ends before it begins, or names what is not there. */
enum hf_err hf_evidence_add(struct hf_evidence *evidence, const struct hf_fact *fact) HF_MUST_CHECK;

/* One thing that a place serves, or would. */
struct hf_served {
	uint32_t content;
	uint32_t ttl;
	uint64_t rrsets; /* signers only */
};
/*
 * At `at`, the place was seen to serve just these, of the kinds in the mask (1 << kind): its other
 * open facts of those kinds are closed at `at`, those seen again stay open, new ones are opened. A
 * content with another TTL is another fact. HF_ERR_INVALID when `at` is before the last such
 * observation of the place.
 */
enum hf_err hf_evidence_observe(struct hf_evidence *evidence, uint32_t place, unsigned kinds,
        const struct hf_served *served, size_t count, hf_time at) HF_MUST_CHECK;

/* When hf_evidence_observe last told of the place; HF_TIME_NONE: never. */
hf_time hf_evidence_observed(const struct hf_evidence *evidence, uint32_t place, enum hf_kind kind);

/*
 * Secondaries that take their versions from this signer. One that was seen at `seen` with the
 * version published at `version` has not passed anything that was published later: until it is
 * seen to, or SOA expire has run out, what it may serve stays possible.
 */
enum hf_err hf_evidence_add_secondary(struct hf_evidence *evidence, uint32_t place) HF_MUST_CHECK;
enum hf_err hf_evidence_sighting(
        struct hf_evidence *evidence, uint32_t place, hf_time seen, hf_time version) HF_MUST_CHECK;

bool hf_evidence_is_secondary(const struct hf_evidence *evidence, uint32_t place);
/* What sightings told, in the order in which they did; those that told nothing new are not kept. */
struct hf_sighting {
	uint32_t place;
	hf_time seen, version;
};
size_t hf_evidence_sighting_count(const struct hf_evidence *evidence);
const struct hf_sighting *hf_evidence_sighting_at(const struct hf_evidence *evidence, size_t index);

size_t hf_evidence_fact_count(const struct hf_evidence *evidence);
const struct hf_fact *hf_evidence_fact_at(const struct hf_evidence *evidence, size_t index);
/*
 * When the fact's content stops being served, slow secondaries counted, as far as it was known at
 * `known` (a later end or sighting had not happened yet); HF_TIME_NEVER when that is open. It may
 * be in caches until then + ttl. `ret_slowest` (may be NULL): the secondary that keeps it served
 * longest, or HF_PUBLISHED.
 */
hf_time hf_evidence_served_until(const struct hf_evidence *evidence, const struct hf_fact *fact,
        hf_time known, uint32_t *ret_slowest);

/* Until when caches may hold an open fact's content if it is replaced at `at` where it comes from;
 * HF_TIME_NEVER when a secondary may serve it for ever. */
hf_time hf_evidence_replaced_until(
        const struct hf_evidence *evidence, const struct hf_fact *fact, hf_time at);

/* Drops facts that no cache can hold at or after `before`, and DS sets that proved nothing which
 * one can. Contents keep their numbers. */
void hf_evidence_forget(struct hf_evidence *evidence, hf_time before);

#endif
