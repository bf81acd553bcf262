/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "crypto/keypair.h"
#include "rollover/policy_table.h"

#define SENTENCE  600 /* bytes of the longest */
#define SHORT_TTL 60

/* RFC 5011 section 2.4: followers wait so long before they trust a new key. */
#define HOLD_DOWN (30 * (int64_t)86400)

/* One judgement. */
struct judge {
	const struct hf_policy *policy;
	const struct hf_policy_place *place;
	struct hf_diag *warnings, *diag;
	bool bad;
};

/* The later of two settings' lines. */
static unsigned line_of(const struct judge *judge, enum hf_setting_id one, enum hf_setting_id other)
{
	const unsigned *lines = judge->place->lines;
	if (lines == NULL)
		return 0;
	unsigned line = lines[one] > lines[other] ? lines[one] : lines[other];
	return line != 0 ? line : judge->place->line;
}

static void HF_PRINTF(4, 5) refuse(struct judge *judge, enum hf_setting_id one,
        enum hf_setting_id other, const char *format, ...)
{
	char text[SENTENCE];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	hf_diag_add(judge->diag, judge->place->file, line_of(judge, one, other), "%s", text);
	judge->bad = true;
}

static void warn(struct judge *judge, enum hf_setting_id one, const char *text)
{
	hf_diag_add(judge->warnings, judge->place->file, line_of(judge, one, one), "%s", text);
}

/* ---- Settings that have nothing to say ---- */

static const char *reason(const struct hf_setting *setting)
{
	if (strcmp(setting->section, "csk") == 0)
		return "keys.model is ksk-zsk: set it to csk, or leave the section csk away";
	if (strcmp(setting->section, "denial") == 0)
		return "denial.kind is nsec: set it to nsec3, or leave this away";
	return "keys.model is csk: set it to ksk-zsk, or leave the sections ksk and zsk away";
}

static void judge_given(struct judge *judge)
{
	for (unsigned i = 0; judge->place->lines != NULL && i < HF_SETTINGS; i++) {
		const struct hf_setting *setting = &HF_SETTING_TABLE[i];
		if (judge->place->lines[i] != 0 && !hf_setting_applies(setting, judge->policy))
			refuse(judge, i, i, "%s.%s does not apply, because %s", setting->section,
			        setting->name, reason(setting));
	}
}

/* Policies that were put together in code have not been through the table. */
static void judge_ranges(struct judge *judge)
{
	for (unsigned i = 0; i < HF_SETTINGS; i++) {
		const struct hf_setting *setting = &HF_SETTING_TABLE[i];
		struct hf_buf takes = {.data = NULL};
		if (hf_setting_is_list(setting))
			continue;
		int64_t value = hf_setting_number(setting, judge->policy);
		if (value >= setting->low && value <= setting->high)
			continue;
		hf_setting_describe(setting, &takes);
		refuse(judge, i, i, "%s.%s is out of range; it takes %.*s", setting->section,
		        setting->name, (int)takes.len,
		        takes.data != NULL ? (const char *)takes.data : "");
		hf_buf_done(&takes);
	}
}

/* ---- Keys ---- */

/* Where the settings of each role are in the table. */
static const struct role_settings {
	const char *name;
	enum hf_setting_id algorithm, bits, lifetime, standby_ds, method;
} role_settings[] = {
        [HF_ROLE_KSK] = {"ksk", HF_SETTING_KSK_ALGORITHM, HF_SETTING_KSK_BITS,
                HF_SETTING_KSK_LIFETIME, HF_SETTING_KSK_STANDBY_DS, HF_SETTING_KSK_METHOD},
        [HF_ROLE_ZSK] = {"zsk", HF_SETTING_ZSK_ALGORITHM, HF_SETTING_ZSK_BITS,
                HF_SETTING_ZSK_LIFETIME, HF_SETTING_ZSK_LIFETIME, HF_SETTING_ZSK_METHOD},
        [HF_ROLE_CSK] = {"csk", HF_SETTING_CSK_ALGORITHM, HF_SETTING_CSK_BITS,
                HF_SETTING_CSK_LIFETIME, HF_SETTING_CSK_STANDBY_DS, HF_SETTING_CSK_METHOD},
};

static void judge_size(
        struct judge *judge, const struct role_settings *at, const struct hf_policy_role *role)
{
	char name[32];
	const struct hf_alg *alg = hf_alg_find(role->algorithm);
	if (hf_keypair_allowed(role->algorithm, role->bits) != HF_OK)
		refuse(judge, at->bits, at->algorithm,
		        "%s.bits: %s has no new keys of %u bits; leave bits away for its default",
		        at->name, hf_alg_name(role->algorithm, name), role->bits);
	else if (alg != NULL && (alg->flags & HF_ALG_DISCOURAGED) != 0)
		warn(judge, at->algorithm,
		        "RFC 8624 does not recommend this algorithm for "
		        "signing; prefer ecdsap256sha256");
}

static void judge_lifetime(
        struct judge *judge, const struct role_settings *at, const struct hf_policy_role *role)
{
	const struct hf_policy *policy = judge->policy;
	if (role->lifetime == 0)
		return;
	if (policy->rollover.lifetime_jitter >= role->lifetime)
		refuse(judge, at->lifetime, HF_SETTING_ROLL_JITTER,
		        "rollover.lifetime-jitter is not shorter than %s.lifetime: a key might be "
		        "replaced at once; lower it",
		        at->name);
	if (policy->alarms.key_end >= role->lifetime)
		refuse(judge, at->lifetime, HF_SETTING_ALARM_KEY,
		        "alarms.key-end is not shorter than %s.lifetime: the alarm would never "
		        "end; lower it",
		        at->name);
	if (at != &role_settings[HF_ROLE_ZSK] && policy->parent.servers.count == 0)
		warn(judge, at->lifetime,
		        "keys with a DS are replaced by themselves, but "
		        "parent.servers is empty: each rollover will wait for "
		        "a person to say that the DS was seen");
}

static void judge_role(struct judge *judge, enum hf_role role)
{
	const struct role_settings *at = &role_settings[role];
	const struct hf_policy_role *wish = &judge->policy->roles[role];
	judge_size(judge, at, wish);
	judge_lifetime(judge, at, wish);
	if (wish->standby_ds && wish->standby == 0)
		refuse(judge, at->standby_ds, at->standby_ds,
		        "%s.standby-ds is yes, but there are no standby keys; set %s.standby, or "
		        "leave this away",
		        at->name, at->name);
}

static void judge_trust_anchor(struct judge *judge)
{
	const struct hf_policy *policy = judge->policy;
	enum hf_role role = policy->model == HF_MODEL_CSK ? HF_ROLE_CSK : HF_ROLE_KSK;
	const struct role_settings *at = &role_settings[role];
	if (!policy->rfc5011)
		return;
	if (policy->roles[role].method == HF_METHOD_DOUBLE_DS)
		refuse(judge, at->method, HF_SETTING_KEYS_RFC5011,
		        "keys.trust-anchor needs new keys to be published for 30 days before they "
		        "are used, which double-ds does not do; set ksk.method to double-ksk");
	if (policy->roles[role].lifetime != 0 && policy->roles[role].lifetime <= 2 * HOLD_DOWN)
		refuse(judge, at->lifetime, HF_SETTING_KEYS_RFC5011,
		        "%s.lifetime is too short for keys.trust-anchor: a new key has to be "
		        "published for 30 days before its use, and an old one revoked for 30 days; "
		        "set more than 60d",
		        at->name);
}

static void judge_keys(struct judge *judge)
{
	const struct hf_policy *policy = judge->policy;
	if (policy->dnskey_ttl < SHORT_TTL)
		warn(judge, HF_SETTING_KEYS_DNSKEY_TTL,
		        "keys.dnskey-ttl is below a minute: validators will ask for the keys all "
		        "the time; for test worlds only");
	if (policy->model == HF_MODEL_CSK) {
		judge_role(judge, HF_ROLE_CSK);
	} else {
		judge_role(judge, HF_ROLE_KSK);
		judge_role(judge, HF_ROLE_ZSK);
		if (policy->roles[HF_ROLE_KSK].algorithm != policy->roles[HF_ROLE_ZSK].algorithm)
			refuse(judge, HF_SETTING_KSK_ALGORITHM, HF_SETTING_ZSK_ALGORITHM,
			        "ksk.algorithm and zsk.algorithm differ, but each algorithm in the "
			        "DNSKEY RRset has to sign all data (RFC 4035 section 2.2); make "
			        "them the same");
	}
	judge_trust_anchor(judge);
}

/* ---- Signatures ---- */

static void judge_signatures(struct judge *judge)
{
	const struct hf_policy_signatures *sigs = &judge->policy->signatures;
	int64_t left = sigs->validity - sigs->refresh;
	if (left <= 0) {
		refuse(judge, HF_SETTING_SIG_REFRESH, HF_SETTING_SIG_VALIDITY,
		        "signatures.refresh is not shorter than signatures.validity: every "
		        "signature would be replaced all the time; lower refresh");
	} else if (sigs->jitter >= left) {
		refuse(judge, HF_SETTING_SIG_JITTER, HF_SETTING_SIG_VALIDITY,
		        "signatures.jitter is not shorter than validity less refresh: a new "
		        "signature might be due at once; lower jitter");
	} else if (judge->policy->dnskey_ttl > left - sigs->jitter) {
		refuse(judge, HF_SETTING_KEYS_DNSKEY_TTL, HF_SETTING_SIG_VALIDITY,
		        "keys.dnskey-ttl is longer than a signature may have left: validity less "
		        "jitter and refresh is %" PRId64 " s; lower the TTL",
		        left - sigs->jitter);
	}
	if (judge->policy->alarms.signature_end >= sigs->refresh)
		refuse(judge, HF_SETTING_ALARM_SIGNATURE, HF_SETTING_SIG_REFRESH,
		        "alarms.signature-end is not shorter than signatures.refresh: the alarm "
		        "would ring while all is well; lower it");
	int64_t expire = judge->policy->secondaries.expire;
	if (expire > sigs->refresh)
		warn(judge, HF_SETTING_SECONDARIES_EXPIRE,
		        "secondaries.expire is longer than signatures.refresh: a secondary that "
		        "is cut off may serve signatures that have expired");
}

/* ---- The rest ---- */

static void judge_rest(struct judge *judge)
{
	const struct hf_policy *policy = judge->policy;
	if (policy->denial.kind == HF_DENIAL_NSEC3 && policy->denial.iterations > 0)
		warn(judge, HF_SETTING_DENIAL_ITERATIONS,
		        "NSEC3 iterations above 0 cost every server and hide nothing, and some "
		        "validators take the answers as insecure (RFC 9276); set 0");
	if (policy->denial.kind == HF_DENIAL_NSEC3 && policy->denial.salt_len > 0)
		warn(judge, HF_SETTING_DENIAL_SALT,
		        "an NSEC3 salt hides nothing (RFC 9276); set salt-length to 0");
	if (policy->parent.digests == 0)
		refuse(judge, HF_SETTING_PARENT_DIGESTS, HF_SETTING_PARENT_DIGESTS,
		        "parent.digests is empty: no DS record can be made; list sha-256");
}

enum hf_err hf_policy_judge(const struct hf_policy *policy, const struct hf_policy_place *place,
        struct hf_diag *warnings, struct hf_diag *diag)
{
	struct judge judge = {.policy = policy, .place = place, .warnings = warnings, .diag = diag};
	judge_given(&judge);
	judge_ranges(&judge);
	judge_keys(&judge);
	judge_signatures(&judge);
	judge_rest(&judge);
	return judge.bad ? HF_ERR_INVALID : HF_OK;
}

enum hf_err hf_policy_check(
        const struct hf_policy *policy, struct hf_diag *warnings, struct hf_diag *diag)
{
	return hf_policy_judge(policy, &(struct hf_policy_place){0}, warnings, diag);
}
