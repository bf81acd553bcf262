/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RRset views: all records of one owner and type, with the RRSIGs that cover them.
 *
 * The records are packed as (length, RDATA) pairs, RDATA in canonical form, in canonical order and
 * without repeats: just what signatures are made over. A set may have RRSIGs and no records (they
 * cover a type that is not there). Views borrow a node's bytes; they are values. Thread-safe.
 */
#ifndef HF_DNS_RRSET_H
#define HF_DNS_RRSET_H

#include "dns/rdata.h"

/* What the source said and canonical form cannot keep. */
enum hf_rrset_flags {
	HF_RRSET_TTL_DIFFERS = 1 << 0,     /* records with different TTLs: the smallest was kept */
	HF_RRSET_SIG_TTL_DIFFERS = 1 << 1, /* RRSIGs with different TTLs: the smallest was kept */
	HF_RRSET_DUPLICATE = 1 << 2,       /* a record was there twice */
	HF_RRSET_SIG_DUPLICATE = 1 << 3,   /* an RRSIG was there twice, to the byte */
};

struct hf_rrset {
	uint16_t type;
	uint16_t flags; /* enum hf_rrset_flags */
	uint16_t rr_count;
	uint16_t sig_count;
	uint32_t ttl;     /* of the records; 0 without any */
	uint32_t sig_ttl; /* of the RRSIGs; 0 without any */
	const uint8_t *rrs;
	uint32_t rrs_len;
	const uint8_t *sigs;
	uint32_t sigs_len;
};

/* Walks packed RDATA: struct hf_rdata_walk w = hf_rrset_rrs(&set); while (hf_rdata_next(&w, &r)) */
struct hf_rdata_walk {
	const uint8_t *at;
	const uint8_t *end;
};

static inline struct hf_rdata_walk hf_rrset_rrs(const struct hf_rrset *set)
{
	return (struct hf_rdata_walk){.at = set->rrs, .end = set->rrs + set->rrs_len};
}

static inline struct hf_rdata_walk hf_rrset_sigs(const struct hf_rrset *set)
{
	return (struct hf_rdata_walk){.at = set->sigs, .end = set->sigs + set->sigs_len};
}

static inline bool hf_rdata_next(struct hf_rdata_walk *walk, struct hf_rdata *ret_rdata)
{
	if (walk->at == walk->end)
		return false;
	uint16_t len = hf_read_u16(walk->at);
	*ret_rdata = (struct hf_rdata){.data = walk->at + 2, .len = len};
	walk->at += 2u + len;
	return true;
}

/* The first record of a set that has one (SOA, CNAME, NSEC …); false when it has none. */
bool hf_rrset_first(const struct hf_rrset *set, struct hf_rdata *ret_rdata);

/*
 * Replaces `out` by the bytes that an RRSIG signs (RFC 4034 section 3.1.8.1): the RRSIG RDATA up
 * to the signature with the signer's name in lower case, then each record with the owner (reduced
 * to a wildcard when the labels field says so), class IN and the original TTL.
 * HF_ERR_INVALID: labels field larger than the owner's labels. HF_ERR_SYNTAX: malformed RRSIG.
 */
enum hf_err hf_signed_data(const struct hf_name *owner, const struct hf_rrset *set,
        struct hf_rdata rrsig, struct hf_buf *out) HF_MUST_CHECK;

#endif
