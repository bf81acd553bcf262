/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TSIG: messages with a keyed hash, so that both sides know who sent them (RFC 8945).
 *
 * A key is immutable and shared by atomic references, so that a transfer under way outlives a
 * change of the configuration. One `struct hf_tsig` goes along with one request and all messages
 * that answer it, on either side: each MAC covers the one before. Every message that is sent is
 * signed; of those received, up to 99 in a row may be without a TSIG RR in the middle of a stream.
 * Messages are read only, never changed; no secret gets into a sentence. The time is an argument.
 * A struct hf_tsig belongs to one thread at a time.
 */
#ifndef HF_NET_TSIG_H
#define HF_NET_TSIG_H

#include "base/diag.h"
#include "base/times.h"
#include "crypto/hmac.h"
#include "dns/name.h"

#define HF_TSIG_FUDGE    300 /* seconds that two clocks may differ */
#define HF_TSIG_UNSIGNED 99  /* messages in a row without a TSIG RR inside a stream */
#define HF_TSIG_SECRET   512 /* bytes that a secret may have */

/* ---- Keys ---- */

struct hf_tsig_key;

struct hf_tsig_spec {
	const char *name;      /* a domain name as text */
	const char *algorithm; /* "hmac-sha256" and so on; NULL stands for that one */
	const char *secret;    /* base64 (RFC 4648 section 4) */
};

/*
 * HF_ERR_SYNTAX: name or secret cannot be read; HF_ERR_UNSUPPORTED: another algorithm than
 * hmac-sha1, -sha224, -sha256, -sha384 and -sha512 (hmac-md5 is refused); HF_ERR_LIMIT. Wiping the
 * text of the secret is the caller's. The caller owns a reference.
 */
enum hf_err hf_tsig_key_new(const struct hf_tsig_spec *spec, struct hf_diag *diag,
        struct hf_tsig_key **ret_key) HF_MUST_CHECK;
struct hf_tsig_key *hf_tsig_key_ref(const struct hf_tsig_key *key);    /* returns it */
void hf_tsig_key_unref(const struct hf_tsig_key *key);                 /* NULL is fine */
const struct hf_name *hf_tsig_key_name(const struct hf_tsig_key *key); /* borrowed, lower case */
const char *hf_tsig_key_algorithm(const struct hf_tsig_key *key);      /* "hmac-sha256" */

/* Keys by name. Zero-initialised is empty. */
struct hf_tsig_keys {
	struct hf_tsig_key **list; /* in canonical order of names */
	size_t count;
};
void hf_tsig_keys_done(struct hf_tsig_keys *keys);
/* Takes a reference of its own. HF_ERR_EXISTS: there is one of that name. */
enum hf_err hf_tsig_keys_add(
        struct hf_tsig_keys *keys, const struct hf_tsig_key *key) HF_MUST_CHECK;
/* Borrowed; NULL when there is none. */
const struct hf_tsig_key *hf_tsig_keys_find(
        const struct hf_tsig_keys *keys, const struct hf_name *name);
/* The same keys once more. `ret_keys` needs a hf_tsig_keys_done. */
enum hf_err hf_tsig_keys_copy(
        const struct hf_tsig_keys *keys, struct hf_tsig_keys *ret_keys) HF_MUST_CHECK;

/* ---- Messages ---- */

enum hf_tsig_verdict {
	HF_TSIG_GOOD,      /* signed with the key, in time */
	HF_TSIG_NONE,      /* a request without a TSIG RR */
	HF_TSIG_PENDING,   /* in a stream: the next signed message will tell */
	HF_TSIG_MISSING,   /* an answer without a TSIG RR where one has to be */
	HF_TSIG_REPORTED,  /* the other side did not take our TSIG RR: `error` is what it says */
	HF_TSIG_MALFORMED, /* no message with a TSIG RR as its last record */
	HF_TSIG_BADSIG,    /* another secret was used, or the message was changed */
	HF_TSIG_BADKEY,    /* a key that is not known here, or another algorithm than the key's */
	HF_TSIG_BADTIME,   /* signed with the key, but too long ago or in the future */
	HF_TSIG_BADTRUNC,  /* signed with the key, but the MAC is cut off */
};

/* What the error field of a TSIG RR may hold (RFC 8945 section 3). */
enum hf_tsig_error {
	HF_TSIG_ERROR_BADSIG = 16,
	HF_TSIG_ERROR_BADKEY = 17,
	HF_TSIG_ERROR_BADTIME = 18,
	HF_TSIG_ERROR_BADTRUNC = 22,
};

struct hf_tsig_result {
	enum hf_tsig_verdict verdict;
	uint16_t error; /* enum hf_tsig_error; 0: the other side reports none */
	/* Seconds that the message was signed before (+) or after (−) `now`; with a reported
	 * BADTIME that the other side's clock is behind (+) or ahead of (−) ours. */
	int64_t skew;
};

/* A request and its answers. Zero-initialised: nothing is signed, nothing expected to be. */
struct hf_tsig {
	struct hf_tsig_key *key; /* a reference; NULL: there is none, or it is not known */
	struct hf_hmac *hmac;
	struct hf_name name, algorithm; /* as the request has them */
	uint64_t request_time;
	uint16_t error; /* that answers must carry */
	uint16_t mac_len;
	uint8_t mac[HF_HMAC_MAX]; /* what the next MAC continues */
	unsigned pending;         /* messages since the last signed one */
	bool present;             /* the request has a TSIG RR */
	bool answered;            /* a signed answer was sent or came */
};
void hf_tsig_done(struct hf_tsig *tsig);

/* Bytes that a TSIG RR will add to an answer at most; 0 when there will be none. */
size_t hf_tsig_room(const struct hf_tsig *tsig);

/*
 * The asking side. Signs the request that `out` holds from byte `start` to its end: appends the
 * TSIG RR and counts it in the header. `ret_tsig` needs a hf_tsig_done. HF_ERR_NOMEM,
 * HF_ERR_CRYPTO.
 */
enum hf_err hf_tsig_sign_request(const struct hf_tsig_key *key, hf_time now, struct hf_buf *out,
        size_t start, struct hf_tsig *ret_tsig) HF_MUST_CHECK;
/*
 * Judges an answer; those of a stream in the order in which they came, each once. Data counts only
 * when its message was HF_TSIG_GOOD, or HF_TSIG_PENDING and a later one HF_TSIG_GOOD. Without a
 * TSIG in the request every answer is HF_TSIG_NONE. HF_ERR_CRYPTO.
 */
enum hf_err hf_tsig_check_answer(struct hf_tsig *tsig, const void *wire, size_t len, hf_time now,
        struct hf_tsig_result *ret_result) HF_MUST_CHECK;
/* Whether the last message was signed: a stream may end there. True without TSIG. */
bool hf_tsig_is_complete(const struct hf_tsig *tsig);

/*
 * The answering side. Judges a request: HF_TSIG_NONE, _GOOD, _MALFORMED (to be answered with
 * FORMERR and without TSIG), or _BADSIG, _BADKEY, _BADTIME, _BADTRUNC (to be answered with NOTAUTH
 * and hf_tsig_sign_answer). `ret_tsig` needs a hf_tsig_done. HF_ERR_NOMEM, HF_ERR_CRYPTO.
 */
enum hf_err hf_tsig_check_request(const struct hf_tsig_keys *keys, const void *wire, size_t len,
        hf_time now, struct hf_tsig *ret_tsig, struct hf_tsig_result *ret_result) HF_MUST_CHECK;
/*
 * Signs the next message of an answer, which `out` holds from byte `start` to its end. Carries the
 * error when the request was not good (unsigned for BADSIG and BADKEY). Without a TSIG RR in the
 * request nothing happens.
 */
enum hf_err hf_tsig_sign_answer(
        struct hf_tsig *tsig, hf_time now, struct hf_buf *out, size_t start) HF_MUST_CHECK;

/* What it means and what to do, as a part of a sentence, without a full stop. Returns `text`. */
#define HF_TSIG_TEXT 160
char *hf_tsig_result_text(const struct hf_tsig_result *result, char text[static HF_TSIG_TEXT]);

#endif
