/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small signed zone to damage: records in a list, and a plain signer for them.
 *
 * What each owner is (authoritative, delegation, glue, empty non-terminal) is written by hand in
 * the zone's table, so the chains come from the table and not from any code under test. Every
 * function ends the test when something cannot be done.
 */
#ifndef HF_TESTS_VERIFY_KIT_H
#define HF_TESTS_VERIFY_KIT_H

#include <libknot/descriptor.h>

#include "../sign/sigplan.h"
#include "verify/verify.h"
#include "zone/version.h"

#define KIT_AT   1768435200 /* 2026-01-15T00:00:00Z */
#define KIT_DAY  86400
#define KIT_TTL  3600
#define KIT_APEX "example."

enum kit_mode { KIT_NSEC = 1, KIT_NSEC3 = 2, KIT_BOTH = 3, KIT_OPT_OUT = 4, KIT_ALL = 7 };

struct kit_record {
	struct hf_name owner;
	uint16_t type;
	uint32_t ttl;
	uint8_t *data;
	uint16_t len;
};

struct kit_owner {
	struct hf_name name;
	char kind; /* a authoritative, s secure delegation, i insecure one, e empty, x nothing */
};

struct kit {
	enum kit_mode mode;
	struct kit_record *records;
	size_t count, cap;
	struct kit_owner *owners;
	size_t owner_count;
	struct hf_keypair *ksk, *zsk, *spare; /* shared by all kits */
	struct hf_nsec3_params params;
	struct hf_verify_options options;
};

/* The zone, unsigned, with its two keys in the DNSKEY set. */
void kit_init(struct kit *kit, enum kit_mode mode);
void kit_done(struct kit *kit);
/* Denial records for all owners, and a signature for every set that needs one. */
void kit_sign(struct kit *kit);
/* Frees what all kits share. */
void kit_end(void);

/* ---- Changing it ---- */

/* Records in zone-file form, relative to the apex. `kind` of their owners, 0: known already. */
void kit_add(struct kit *kit, char kind, const char *text);
void kit_put(struct kit *kit, const char *owner, uint16_t type, uint32_t ttl, const void *data,
        size_t len);
void kit_drop(struct kit *kit, const char *owner, uint16_t type);
void kit_drop_sigs(struct kit *kit, const char *owner, uint16_t covered);
/* Empty non-terminals and what an owner is from now on. */
void kit_kind(struct kit *kit, const char *owner, char kind);
/* The first record of a set; NULL when there is none. */
struct kit_record *kit_find(struct kit *kit, const char *owner, uint16_t type);
/* The name of a name's NSEC3 record, as text. */
const char *kit_hash_owner(struct kit *kit, const char *name);
/* Where the denial record of a name is: the name itself or its hash. */
const char *kit_denial(struct kit *kit, const char *name);
uint16_t kit_denial_type(const struct kit *kit);

void kit_plan(struct kit *kit, const char *owner, uint16_t type, struct sig_plan *ret_plan);
/* Adds a signature. */
void kit_sign_with(struct kit *kit, const char *owner, const struct sig_plan *plan);
/* Replaces a set's signatures by a proper one. */
void kit_resign(struct kit *kit, const char *owner, uint16_t type);

/* DS RDATA for a key, put into the options as the parent's only DS. */
void kit_parent(struct kit *kit, uint8_t digest_type, struct hf_rdata dnskey);

/* ---- Looking at it ---- */

struct hf_version *kit_version(struct kit *kit);
struct hf_report *kit_verify(struct kit *kit, unsigned jobs);
/* The finding of a check at an owner (NULL: any); NULL when there is none. */
const struct hf_finding *kit_finding(
        const struct hf_report *report, enum hf_check_id check, const char *owner);
void kit_print(const struct hf_report *report);

#endif
