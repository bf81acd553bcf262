/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rollover/wish.h"

#include <stdlib.h>
#include <string.h>

/* "ksk" to HF_ROLE_KSK. */
static bool read_role(const char *text, enum hf_role *ret_role)
{
	static const char *const names[] = {
	        [HF_ROLE_KSK] = "ksk", [HF_ROLE_ZSK] = "zsk", [HF_ROLE_CSK] = "csk"};
	for (unsigned i = 0; i < 3; i++) {
		if (strcmp(text, names[i]) == 0) {
			*ret_role = i;
			return true;
		}
	}
	return false;
}

/* What follows a prefix; NULL when the text does not begin with it. */
static const char *after(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);
	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

static enum hf_err read_algorithm(
        const char *text, struct hf_roll_start *start, struct hf_diag *diag)
{
	const struct hf_alg *alg = hf_alg_parse(text);
	if (alg == NULL || (alg->flags & HF_ALG_SIGNS) == 0)
		return hf_fail(diag, HF_ERR_SYNTAX,
		        "algorithm:%s: that is no algorithm to sign with; use "
		        "ecdsap256sha256, ed25519 or another one by name or number",
		        text);
	start->kind = HF_ROLL_ALGORITHM;
	start->algorithm = alg->number;
	return HF_OK;
}

static enum hf_err read_emergency(const char *text, struct hf_wish *wish, struct hf_diag *diag)
{
	char *end;
	unsigned long tag = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || tag > UINT16_MAX)
		return hf_fail(diag, HF_ERR_SYNTAX,
		        "emergency:%s: give the tag of the key, 0 to 65535", text);
	wish->start.kind = HF_ROLL_KEYS_OF_ROLE;
	wish->emergency = true;
	wish->compromised_tag = (uint16_t)tag;
	return HF_OK;
}

/* The words without an argument. */
static const struct {
	const char *word;
	enum hf_roll_kind kind;
	struct hf_way_denial denial;
} words[] = {
        {"secure", HF_ROLL_SECURE, {0}},
        {"insecure", HF_ROLL_INSECURE, {0}},
        {"to-csk", HF_ROLL_MODEL, {0}},
        {"to-ksk-zsk", HF_ROLL_MODEL, {0}},
        {"nsec", HF_ROLL_DENIAL, {HF_DENIAL_NSEC, false}},
        {"nsec3", HF_ROLL_DENIAL, {HF_DENIAL_NSEC3, false}},
        {"opt-out", HF_ROLL_DENIAL, {HF_DENIAL_NSEC3, true}},
};

static enum hf_err read_roll(const char *roll, struct hf_wish *wish, struct hf_diag *diag)
{
	struct hf_roll_start *start = &wish->start;
	const char *rest;
	if ((rest = after(roll, "algorithm:")) != NULL)
		return read_algorithm(rest, start, diag);
	if ((rest = after(roll, "emergency:")) != NULL)
		return read_emergency(rest, wish, diag);
	if ((rest = after(roll, "standby-")) != NULL && read_role(rest, &start->role)) {
		start->kind = HF_ROLL_STANDBY;
		return HF_OK;
	}
	if (read_role(roll, &start->role)) {
		start->kind = HF_ROLL_KEYS_OF_ROLE;
		return HF_OK;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(roll, words[i].word) != 0)
			continue;
		start->kind = words[i].kind;
		start->denial = words[i].denial;
		wish->has_model = start->kind == HF_ROLL_MODEL;
		wish->model = strcmp(roll, "to-csk") == 0 ? HF_MODEL_CSK : HF_MODEL_KSK_ZSK;
		return HF_OK;
	}
	return hf_fail(diag, HF_ERR_SYNTAX,
	        "%s: nothing has that name; it takes zsk, ksk, csk, algorithm:NAME, to-csk, "
	        "to-ksk-zsk, nsec, nsec3, opt-out, secure, insecure, standby-zsk, standby-ksk, "
	        "standby-csk or emergency:TAG",
	        roll);
}

enum hf_err hf_wish_read(
        const char *what, const char *method, struct hf_diag *diag, struct hf_wish *ret_wish)
{
	struct hf_wish wish = {.emergency = false};
	enum hf_err err = read_roll(what, &wish, diag);
	if (err != HF_OK)
		return err;
	wish.start.has_method = method != NULL;
	if (method != NULL && !hf_method_parse(method, &wish.start.method))
		return hf_fail(diag, HF_ERR_SYNTAX,
		        "--method %s: there is no such method; a ZSK and a CSK take "
		        "pre-publication or double-signature, a KSK double-ksk, double-ds or "
		        "double-rrset, an algorithm conservative or liberal",
		        method);
	*ret_wish = wish;
	return HF_OK;
}
