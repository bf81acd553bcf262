/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which keys are published, and which of them sign what, at one point in time.
 *
 * From key files to signing roles: a KSK signs the DNSKEY, CDS and CDNSKEY sets, a ZSK everything
 * else, a CSK all; a revoked key signs the DNSKEY set only (RFC 5011 section 2.1). States are those
 * of crypto/keyfile.h, except that before its creation a key is what it was right then. A key with
 * the SEP flag whose algorithm has no ZSK file at all serves as CSK. With duties (sign/duties.h)
 * all of this is as they say. Borrows the key files; read-only after the choice, so threads may
 * share it.
 */
#ifndef HF_SIGN_SIGN_KEYS_H
#define HF_SIGN_SIGN_KEYS_H

#include "sign/sign.h"

enum hf_sign_use {
	HF_USE_DNSKEY = 1 << 0, /* signs the DNSKEY set */
	HF_USE_CDS = 1 << 1,    /* signs CDS and CDNSKEY */
	HF_USE_ZONE = 1 << 2,   /* signs everything else */
};

/* A key in one form: a revoked one that still signs data is there in both. */
struct hf_sign_key {
	const struct hf_keyfile *file;
	uint8_t *dnskey; /* RDATA as published: with the REVOKE bit when it is revoked */
	uint16_t dnskey_len;
	uint16_t tag; /* of `dnskey` */
	uint8_t algorithm;
	uint8_t uses; /* enum hf_sign_use */
	bool published;
	bool revoked;
	bool cds;  /* the parent shall be asked to have a DS record for it */
	bool kept; /* its signatures of the previous version may stay */
};

struct hf_sign_keys {
	struct hf_sign_key *keys; /* of this zone, in the folder's order */
	size_t count;
	uint32_t ttl; /* smallest TTL of the published keys' files; 0 when none has one */
	bool keeps;   /* any key is kept */
	bool nobody;  /* no key is published and none signs: the zone becomes unsigned */
};

/* Frees what it owns; it is empty afterwards. */
void hf_sign_keys_done(struct hf_sign_keys *keys);
/* HF_ERR_REFUSED when no set of signing keys can be made of the job's keys. */
enum hf_err hf_sign_keys_choose(const struct hf_sign_job *job, struct hf_diag *diag,
        struct hf_sign_keys *ret_keys) HF_MUST_CHECK;
/* The same by the job's duties. HF_ERR_REFUSED, HF_ERR_INVALID: they contradict each other. */
enum hf_err hf_sign_keys_assign(const struct hf_sign_job *job, struct hf_diag *diag,
        struct hf_sign_keys *ret_keys) HF_MUST_CHECK;
/*
 * Whether every algorithm in the DNSKEY set has keys that sign both that set and the rest
 * (RFC 4035 section 2.2; revoked keys do not count). HF_ERR_REFUSED.
 */
enum hf_err hf_sign_keys_cover(const struct hf_sign_keys *keys, const struct hf_sign_job *job,
        const struct hf_rrset *dnskeys, struct hf_diag *diag) HF_MUST_CHECK;

/* The use that a key needs to sign sets of this type at the apex or elsewhere. */
enum hf_sign_use hf_sign_use_for(uint16_t type);
struct hf_rdata hf_sign_key_rdata(const struct hf_sign_key *key);
/* Whether we can sign with the key and both its halves belong together. HF_ERR_REFUSED. */
enum hf_err hf_sign_key_check(const struct hf_sign_key *key, struct hf_diag *diag) HF_MUST_CHECK;
void hf_sign_keys_note_ttl(struct hf_sign_keys *keys, const struct hf_sign_key *key);
/* "ZSK 12345 (ECDSAP256SHA256)". */
#define HF_SIGN_KEY_TEXT 80
char *hf_sign_key_text(const struct hf_sign_key *key, char text[static HF_SIGN_KEY_TEXT]);

#endif
