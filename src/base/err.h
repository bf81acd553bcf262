/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Error codes: why a question could not be answered.
 *
 * A verdict (a bad signature, an unsafe version) is data and comes back through a ret_ parameter;
 * an error says that there is no verdict. Every function that returns enum hf_err leaves its ret_
 * parameters untouched when it fails.
 */
#ifndef HF_BASE_ERR_H
#define HF_BASE_ERR_H

enum hf_err {
	HF_OK = 0,
	HF_ERR_NOMEM,       /* out of memory */
	HF_ERR_IO,          /* the system refused to read or write; see errno at that time */
	HF_ERR_SYNTAX,      /* bytes or text do not have the form that they should have */
	HF_ERR_INVALID,     /* well-formed, but contradictory or out of range */
	HF_ERR_EXISTS,      /* would overwrite something */
	HF_ERR_NOTFOUND,    /* something named is not there */
	HF_ERR_LIMIT,       /* over a bound that protects us */
	HF_ERR_UNSUPPORTED, /* known, but not implemented or not allowed */
	HF_ERR_CRYPTO,      /* the cryptographic library failed */
	HF_ERR_DISAGREE,    /* two implementations give different answers: trust neither */
	HF_ERR_REFUSED,     /* possible, but unsafe; the diagnostic says what to do */
	HF_ERR_CANCELED,    /* stopped because a sibling task failed */
};

#define HF_MUST_CHECK          __attribute__((warn_unused_result))
#define HF_CLEANUP(end)        __attribute__((cleanup(end)))
#define HF_PRINTF(text, first) __attribute__((format(printf, text, first)))

/* A few plain words for an error, without a full stop. Never NULL. */
const char *hf_err_text(enum hf_err err);

#endif
