/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/err.h"

const char *hf_err_text(enum hf_err err)
{
	switch (err) {
	case HF_OK:
		return "no error";
	case HF_ERR_NOMEM:
		return "out of memory";
	case HF_ERR_IO:
		return "input or output failed";
	case HF_ERR_SYNTAX:
		return "malformed input";
	case HF_ERR_INVALID:
		return "contradictory or out of range";
	case HF_ERR_EXISTS:
		return "it exists already";
	case HF_ERR_NOTFOUND:
		return "not found";
	case HF_ERR_LIMIT:
		return "over a safety limit";
	case HF_ERR_UNSUPPORTED:
		return "not supported";
	case HF_ERR_CRYPTO:
		return "the cryptographic library failed";
	case HF_ERR_DISAGREE:
		return "two implementations of the same cryptography disagree, which means faulty "
		       "memory, "
		       "a faulty processor or a bug: trust neither, and report it";
	case HF_ERR_REFUSED:
		return "refused";
	case HF_ERR_CANCELED:
		return "canceled";
	}
	return "unknown error";
}
