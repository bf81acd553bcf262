/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What can be wrong with a chain of trust: causes, and facts about one as data.
 *
 * The code that finds a fault notes the cause and the facts; the words come from here, so that one
 * cause reads the same wherever it is found. Values, thread-safe.
 */
#ifndef HF_CHAIN_FAULT_H
#define HF_CHAIN_FAULT_H

#include "base/bytes.h"
#include "base/times.h"
#include "dns/message.h"

enum hf_cause {
	HF_CAUSE_NONE,

	/* From the parent's DS set, or a trust anchor, to the DNSKEY set. */
	HF_CAUSE_NO_DNSKEY,       /* the zone has no DNSKEY set at all */
	HF_CAUSE_DS_NO_KEY,       /* no DNSKEY has a DS's tag and algorithm */
	HF_CAUSE_DS_NO_ALGORITHM, /* no DNSKEY has a DS's algorithm */
	HF_CAUSE_DS_DIGEST,       /* tag and algorithm are those of a DNSKEY, the digest is not */
	HF_CAUSE_DS_REVOKED,      /* the DS stands for a key that is revoked */
	HF_CAUSE_DS_NOT_ZONE_KEY, /* the DS stands for a key without the zone flag or protocol 3 */
	HF_CAUSE_DS_BAD_KEY,      /* the DS stands for a key that is none of its algorithm */
	HF_CAUSE_DS_KEY_SILENT,   /* the DS stands for a key that does not sign the DNSKEY set */
	HF_CAUSE_DS_ZSK,          /* the same, and that key is a ZSK */
	HF_CAUSE_DS_WRONG_SIDE,   /* the DS question was answered from the child's side */

	/* Signatures. */
	HF_CAUSE_UNSIGNED, /* no RRSIG */
	HF_CAUSE_EXPIRED,
	HF_CAUSE_EARLY,          /* not valid yet */
	HF_CAUSE_REVERSED,       /* it expires before it begins */
	HF_CAUSE_BAD_SIGNATURE,  /* it does not verify with the key of its tag */
	HF_CAUSE_BAD_LENGTH,     /* it has not the length of its algorithm's signatures */
	HF_CAUSE_SAME_TAG,       /* it verifies with none of several keys of its tag */
	HF_CAUSE_SIGNER_NO_KEY,  /* no DNSKEY has its tag and algorithm */
	HF_CAUSE_SIGNER_REVOKED, /* its key is revoked */
	HF_CAUSE_SIGNER_NOT_ZONE_KEY,
	HF_CAUSE_SIGNER_FOREIGN, /* its signer is not the zone that it is in */
	HF_CAUSE_LABELS,         /* it counts more labels than the owner has */
	HF_CAUSE_SIG_ALGORITHM,  /* only by algorithms that are not supported, as the DS set is */
	HF_CAUSE_BAD_RRSIG,      /* malformed */

	/* Denial of existence. */
	HF_CAUSE_NO_DENIAL,     /* neither NSEC nor NSEC3 records */
	HF_CAUSE_TYPE_EXISTS,   /* the denial record says that the type, or a CNAME, is there */
	HF_CAUSE_NOT_COVERED,   /* no record shows that the name is not there */
	HF_CAUSE_WILDCARD_OPEN, /* no record shows that no wildcard matches */
	HF_CAUSE_NO_ENCLOSER,   /* NSEC3: no record for any ancestor of the name */
	HF_CAUSE_DENIAL_SIDE,   /* a denial record from the wrong side of a zone cut */
	HF_CAUSE_WILDCARD_EXPANSION, /* no record shows that the wildcard was the closest match */
	HF_CAUSE_CUT_NO_NS,          /* a referral, and the denial record knows of no delegation */

	/* Insecure, and why. */
	HF_CAUSE_NO_DS,      /* proven: a delegation without DS */
	HF_CAUSE_OPT_OUT,    /* a span of NSEC3 opt-out */
	HF_CAUSE_ALGORITHM,  /* no DS has a supported algorithm */
	HF_CAUSE_DIGEST,     /* no DS has a supported digest */
	HF_CAUSE_ITERATIONS, /* more NSEC3 iterations than are computed (RFC 9276) */

	/* No verdict. */
	HF_CAUSE_NO_ANCHOR,
	HF_CAUSE_NO_ANSWER, /* no server answered */
	HF_CAUSE_RCODE,     /* servers refuse or fail */
	HF_CAUSE_LAME,      /* a referral that leads nowhere */

	/* Bounds. */
	HF_CAUSE_MANY_QUESTIONS,
	HF_CAUSE_MANY_SIGNATURES,
	HF_CAUSE_MANY_HASHES,
	HF_CAUSE_MANY_KEYS,
	HF_CAUSE_MANY_ALIASES, /* CNAMEs and DNAMEs, or a loop of them */
	HF_CAUSES
};

enum hf_chain_status { HF_CHAIN_SECURE, HF_CHAIN_INSECURE, HF_CHAIN_BOGUS, HF_CHAIN_INDETERMINATE };
/* "secure", "insecure", "bogus", "indeterminate". */
const char *hf_chain_status_name(enum hf_chain_status status);

/* Who has to mend it. */
enum hf_side {
	HF_SIDE_NOBODY,
	HF_SIDE_ZONE,
	HF_SIDE_PARENT,
	HF_SIDE_EITHER,   /* the parent's DS set or the zone's keys, whichever is wrong */
	HF_SIDE_SERVER,   /* the name servers */
	HF_SIDE_RESOLVER, /* who asks: trust anchors, network */
};

struct hf_cause_info {
	const char *name; /* "ds-no-key": stable, for scripts */
	enum hf_chain_status status;
	int ede; /* the most specific code of RFC 8914; −1 when none fits */
	enum hf_side side;
};
const struct hf_cause_info *hf_cause_info(enum hf_cause cause);

/* A cause with its circumstances; what a cause has no use for is zero. */
struct hf_fault {
	enum hf_cause cause;
	struct hf_name zone;  /* whose data or keys it is about */
	struct hf_name owner; /* the RRset, or the name that is denied */
	uint16_t type;
	uint16_t tag;     /* of the DS, or of the key that made the signature */
	uint16_t key_tag; /* of the DNSKEY that is there instead */
	uint8_t algorithm;
	uint8_t digest_type;
	bool by_anchor;  /* the DS is a trust anchor */
	uint16_t flags;  /* of the DNSKEY with that tag, when it is there */
	uint32_t number; /* how many, or an RCODE */
	hf_time inception, expiration;
	struct hf_name other; /* the signer */
	const char *words;    /* borrowed until the words are made: a failure's own */
};

/* One sentence without a full stop each: what is wrong; what to do, and on whose side. */
void hf_fault_put_text(struct hf_buf *out, const struct hf_fault *fault, hf_time now);
void hf_fault_put_fix(struct hf_buf *out, const struct hf_fault *fault);

#endif
