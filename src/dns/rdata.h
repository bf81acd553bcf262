/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RDATA: canonical form, and views of the types that DNSSEC is made of.
 *
 * Views borrow the bytes that they were read from. Every reader checks bounds and returns false
 * for malformed RDATA: zone files can carry any bytes under any type (RFC 3597). Thread-safe.
 */
#ifndef HF_DNS_RDATA_H
#define HF_DNS_RDATA_H

#include "dns/name.h"
#include "dns/rrtype.h"

struct hf_rdata {
	const uint8_t *data;
	uint16_t len;
};

bool hf_rdata_equal(struct hf_rdata a, struct hf_rdata b);
/* Canonical RR order within an RRset (RFC 4034 section 6.3): unsigned bytes, left-justified. */
int hf_rdata_cmp(struct hf_rdata a, struct hf_rdata b);

/*
 * Brings RDATA into canonical form in place: lower-case names in the types that RFC 4034 section
 * 6.2 lists, as corrected by RFC 6840 section 5.1. HF_ERR_SYNTAX when such a name is malformed or
 * bytes are left over.
 */
enum hf_err hf_rdata_canonical(uint16_t type, uint8_t *data, uint16_t len) HF_MUST_CHECK;

/*
 * The domain names in RDATA of the types above, in place: calls `visit` with each. False when
 * the RDATA is malformed.
 */
typedef void hf_rdata_name_fn(void *context, uint8_t *wire, size_t len);
bool hf_rdata_names(
        uint16_t type, uint8_t *data, uint16_t len, hf_rdata_name_fn *visit, void *context);

/*
 * The form of a type's RDATA: libknot's KNOT_RDATA_WF_… or numbers of bytes, up to
 * KNOT_RDATA_WF_END.
 */
const int *hf_rdata_blocks(uint16_t type);
/* Bytes of the block at `at`; −1 when it is malformed. `*ret_name` tells whether it is a name. */
int hf_rdata_block_len(int block, const uint8_t *at, size_t left, bool *ret_name);

/* ---- DNSKEY (RFC 4034 section 2) and CDNSKEY ---- */

#define HF_DNSKEY_ZONE     0x0100
#define HF_DNSKEY_REVOKE   0x0080 /* RFC 5011 section 3 */
#define HF_DNSKEY_SEP      0x0001
#define HF_DNSKEY_PROTOCOL 3

struct hf_dnskey {
	uint16_t flags;
	uint8_t protocol;
	uint8_t algorithm;
	const uint8_t *key;
	uint16_t key_len;
};
bool hf_dnskey_read(struct hf_rdata rdata, struct hf_dnskey *ret_dnskey);
/* Key tag (RFC 4034 appendix B; for algorithm 1 appendix B.1). 0 for malformed RDATA. */
uint16_t hf_dnskey_tag(struct hf_rdata rdata);

/* ---- DS (RFC 4034 section 5) and CDS ---- */

struct hf_ds {
	uint16_t tag;
	uint8_t algorithm;
	uint8_t digest_type;
	const uint8_t *digest;
	uint16_t digest_len;
};
bool hf_ds_read(struct hf_rdata rdata, struct hf_ds *ret_ds);

/* ---- RRSIG (RFC 4034 section 3) ---- */

struct hf_rrsig {
	uint16_t covered;
	uint8_t algorithm;
	uint8_t labels;
	uint32_t ttl; /* original TTL */
	uint32_t expiration;
	uint32_t inception;
	uint16_t tag;
	struct hf_name signer;
	const uint8_t *signature;
	uint16_t signature_len;
};
#define HF_RRSIG_FIXED 18 /* bytes before the signer's name */
bool hf_rrsig_read(struct hf_rdata rdata, struct hf_rrsig *ret_rrsig);
/* Bytes of the signer's name; 0 for malformed RDATA. */
size_t hf_rrsig_signer_len(struct hf_rdata rdata);
/* Type covered, or 0 for malformed RDATA: enough to file it. */
uint16_t hf_rrsig_covered(struct hf_rdata rdata);
/* Writes RRSIG RDATA (the signature as given; may be empty, to be signed). */
void hf_rrsig_put(struct hf_buf *out, const struct hf_rrsig *rrsig);

/* ---- SOA (RFC 1035 section 3.3.13) ---- */

struct hf_soa {
	struct hf_name mname;
	struct hf_name rname;
	uint32_t serial, refresh, retry, expire, minimum;
};
bool hf_soa_read(struct hf_rdata rdata, struct hf_soa *ret_soa);
void hf_soa_put(struct hf_buf *out, const struct hf_soa *soa);

/* ---- NSEC (RFC 4034 section 4), NSEC3 and NSEC3PARAM (RFC 5155 sections 3, 4) ---- */

struct hf_nsec {
	struct hf_name next;
	const uint8_t *bitmap;
	uint16_t bitmap_len;
};
bool hf_nsec_read(struct hf_rdata rdata, struct hf_nsec *ret_nsec);

#define HF_NSEC3_OPT_OUT   0x01
#define HF_NSEC3_HASH_SHA1 1
#define HF_NSEC3_HASH_LEN  20 /* SHA-1, the only algorithm that exists */
#define HF_NSEC3_SALT_MAX  255

struct hf_nsec3_params {
	uint8_t algorithm;
	uint8_t flags;
	uint16_t iterations;
	uint8_t salt_len;
	const uint8_t *salt;
};
struct hf_nsec3 {
	struct hf_nsec3_params params;
	const uint8_t *next;
	uint8_t next_len;
	const uint8_t *bitmap;
	uint16_t bitmap_len;
};
bool hf_nsec3_read(struct hf_rdata rdata, struct hf_nsec3 *ret_nsec3);
bool hf_nsec3param_read(struct hf_rdata rdata, struct hf_nsec3_params *ret_params);

/* Base32 with extended hex alphabet, no padding, lower case (RFC 4648 section 7). */
#define HF_NSEC3_LABEL (HF_NSEC3_HASH_LEN * 8 / 5) /* 32 characters */
void hf_nsec3_label(
        const uint8_t hash[static HF_NSEC3_HASH_LEN], char label[static HF_NSEC3_LABEL]);
/* Decodes a label of any length to `hash` (at least len * 5 / 8 bytes); false when it is none. */
bool hf_nsec3_unlabel(const uint8_t *label, size_t len, uint8_t *hash, size_t *ret_hash_len);

/* ---- ZONEMD (RFC 8976 section 2) ---- */

#define HF_ZONEMD_SIMPLE 1
#define HF_ZONEMD_SHA384 1
#define HF_ZONEMD_SHA512 2

struct hf_zonemd {
	uint32_t serial;
	uint8_t scheme;
	uint8_t algorithm;
	const uint8_t *digest;
	uint16_t digest_len;
};
bool hf_zonemd_read(struct hf_rdata rdata, struct hf_zonemd *ret_zonemd);

#endif
