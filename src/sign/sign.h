/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signing a whole zone: an unsigned version in, a signed version out.
 *
 * Pure: no clock, no I/O; the point in time is an option. Everything that the caller hands in is
 * borrowed and left as it was; nodes that need no change are shared with the unsigned version.
 * The result does not depend on the number of jobs, except for the random part of signatures.
 * One signing at a time a pool.
 */
#ifndef HF_SIGN_SIGN_H
#define HF_SIGN_SIGN_H

#include "base/diag.h"
#include "base/pool.h"
#include "crypto/keyfile.h"
#include "sign/duties.h"
#include "zone/version.h"

enum hf_sign_flags {
	HF_SIGN_NSEC3 = 1 << 0,      /* NSEC3 instead of NSEC */
	HF_SIGN_OPT_OUT = 1 << 1,    /* with NSEC3: insecure delegations get none */
	HF_SIGN_ZONEMD = 1 << 2,     /* a digest of the zone (RFC 8976), SIMPLE and SHA-384 */
	HF_SIGN_RESIGN = 1 << 3,     /* strip the input's signatures and denial chain first */
	HF_SIGN_DNSKEY_TTL = 1 << 4, /* `dnskey_ttl` is given */
};

enum hf_serial_policy {
	HF_SERIAL_KEEP,      /* as in the input */
	HF_SERIAL_INCREMENT, /* one more than the input's and the previous version's */
	HF_SERIAL_DATE,      /* YYYYMMDD00, or one more than before when that is not later */
	HF_SERIAL_UNIXTIME,  /* seconds since 1970, likewise */
};

enum hf_cds_policy {
	HF_SIGN_CDS_AUTO,   /* what the duties, or the keys' SyncPublish and SyncDelete times say */
	HF_SIGN_CDS_NONE,   /* publish none for our keys */
	HF_SIGN_CDS_DELETE, /* ask the parent to remove the DS set (RFC 8078 section 4) */
};

#define HF_SIGN_VALIDITY         (14 * 86400)
#define HF_SIGN_INCEPTION_OFFSET 3600
#define HF_SIGN_REFRESH_PART     4 /* default refresh: this part of the validity */
#define HF_SIGN_VALIDITY_MAX     (5 * 366 * (int64_t)86400)
#define HF_SIGN_ITERATIONS_MAX   50 /* RFC 9276 section 3.2: more is not validated everywhere */

struct hf_sign_options {
	unsigned flags;           /* enum hf_sign_flags */
	hf_time at;               /* the point in time of signing */
	int64_t validity;         /* seconds from `at` until signatures expire */
	int64_t inception_offset; /* seconds before `at` from which they hold */
	int64_t spread;           /* up to this many seconds less validity, by owner and type */
	int64_t refresh;          /* a signature with less left is not re-used */
	uint16_t iterations;      /* NSEC3, RFC 9276: 0 */
	uint8_t salt_len;         /* NSEC3, RFC 9276: 0 */
	uint8_t salt[HF_NSEC3_SALT_MAX];
	enum hf_serial_policy serial;
	enum hf_cds_policy cds;
	uint32_t dnskey_ttl; /* with HF_SIGN_DNSKEY_TTL; else the key files' or the SOA's */
};

struct hf_sign_job {
	const struct hf_version *zone;     /* unsigned */
	const struct hf_version *previous; /* whose signatures may be re-used; may be NULL */
	const struct hf_keydir *keys;      /* with private halves; other zones' are skipped */
	const char *keys_from;             /* the folder's name for messages; may be NULL */
	/*
	 * What the keys do; NULL: what their times say. With duties nobody else has a say: DNSKEY,
	 * CDS and CDNSKEY records of the input are left out, and whether each algorithm of the
	 * DNSKEY set signs everything (RFC 4035 section 2.2) is not judged here. Contradictions are
	 * HF_ERR_REFUSED: a signer without its private half, a DNSKEY set that nobody signs.
	 */
	const struct hf_sign_duties *duties;
	const struct hf_sign_options *options;
	struct hf_diag *warnings; /* sentences about a zone that can be signed; may be NULL */
};

struct hf_sign_result {
	struct hf_version *version; /* the caller owns a reference */
	uint32_t serial;
	uint64_t made;   /* signatures made */
	uint64_t reused; /* signatures taken over from the previous version */
};

/* All options at their defaults for a signing at this time. */
void hf_sign_options_init(struct hf_sign_options *options, hf_time at);

/*
 * HF_ERR_REFUSED: cannot be signed as asked; `diag` says what is wrong and what to do, several
 * sentences when several things are. HF_ERR_INVALID: options that contradict each other.
 */
enum hf_err hf_sign_zone(const struct hf_sign_job *job, struct hf_pool *pool,
        const struct hf_progress *progress, struct hf_diag *diag,
        struct hf_sign_result *ret_result) HF_MUST_CHECK;

#endif
