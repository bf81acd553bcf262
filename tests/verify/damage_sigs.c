/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Damage to signatures. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "damage.h"

#define WWW  DAMAGE_WWW
#define WILD "*.w.example."

static void flip(struct sig_plan *plan)
{
	plan->flip = 1;
}

static void shorter(struct sig_plan *plan)
{
	plan->resize = -1;
}

static void longer(struct sig_plan *plan)
{
	plan->resize = 1;
}

static void empty(struct sig_plan *plan)
{
	plan->resize = -64;
}

static void expired(struct sig_plan *plan)
{
	plan->rrsig.inception = KIT_AT - 9 * KIT_DAY;
	plan->rrsig.expiration = KIT_AT - 1;
}

static void future(struct sig_plan *plan)
{
	plan->rrsig.inception = KIT_AT + 1;
}

static void backwards(struct sig_plan *plan)
{
	plan->rrsig.inception = KIT_AT - KIT_DAY;
	plan->rrsig.expiration = KIT_AT - 2 * KIT_DAY;
}

/* The 32 bits overflow in 2106: this was valid around 1970, and will be again. */
static void around_the_overflow(struct sig_plan *plan)
{
	plan->rrsig.inception = UINT32_MAX - KIT_DAY;
	plan->rrsig.expiration = KIT_DAY;
}

static void ends_soon(struct sig_plan *plan)
{
	plan->rrsig.expiration = KIT_AT + 2 * 3600;
}

static void ends_before_ttl(struct sig_plan *plan)
{
	plan->rrsig.expiration = KIT_AT + KIT_TTL - 1;
}

static void begins_now(struct sig_plan *plan)
{
	plan->rrsig.inception = KIT_AT - 10;
}

static void lasts_long(struct sig_plan *plan)
{
	plan->rrsig.expiration = KIT_AT + 200 * KIT_DAY;
}

static void after_2038(struct sig_plan *plan)
{
	plan->rrsig.expiration = 0x80000001u;
}

static void lasts_69_years(struct sig_plan *plan)
{
	plan->rrsig.expiration = plan->rrsig.inception + 0x80000001u;
}

static void other_signer(struct sig_plan *plan)
{
	assert(hf_name_from_text("sec.example.", &plan->rrsig.signer) == HF_OK);
}

static void outer_signer(struct sig_plan *plan)
{
	assert(hf_name_from_text(".", &plan->rrsig.signer) == HF_OK);
}

static void more_labels(struct sig_plan *plan)
{
	plan->rrsig.labels++;
}

static void fewer_labels(struct sig_plan *plan)
{
	plan->rrsig.labels--;
}

static void other_tag(struct sig_plan *plan)
{
	plan->rrsig.tag ^= 0x5555;
}

static void other_algorithm(struct sig_plan *plan)
{
	plan->rrsig.algorithm = 14;
}

static void other_original_ttl(struct sig_plan *plan)
{
	plan->rrsig.ttl = KIT_TTL / 2;
}

static void other_record_ttl(struct sig_plan *plan)
{
	plan->ttl = KIT_TTL * 2;
}

static void later_end(struct sig_plan *plan)
{
	plan->rrsig.expiration += 60;
}

static void change_address(struct kit *kit)
{
	kit_find(kit, WWW, KNOT_RRTYPE_A)->data[3]++;
}

static void change_denial(struct kit *kit)
{
	const char *owner = kit_denial(kit, WWW);
	struct kit_record *record = kit_find(kit, owner, kit_denial_type(kit));
	record->data[record->len - 1] ^= 1;
}

static void drop_www(struct kit *kit)
{
	kit_drop_sigs(kit, WWW, KNOT_RRTYPE_A);
}

static void drop_wild(struct kit *kit)
{
	kit_drop_sigs(kit, WILD, KNOT_RRTYPE_TXT);
}

static void drop_ds(struct kit *kit)
{
	kit_drop_sigs(kit, "sec.example.", KNOT_RRTYPE_DS);
}

static void drop_denial(struct kit *kit)
{
	kit_drop_sigs(kit, kit_denial(kit, "ins.example."), kit_denial_type(kit));
}

static void drop_delegation_denial(struct kit *kit)
{
	kit_drop_sigs(kit, kit_denial(kit, "sec.example."), kit_denial_type(kit));
}

static void drop_soa(struct kit *kit)
{
	kit_drop_sigs(kit, KIT_APEX, KNOT_RRTYPE_SOA);
}

static void drop_dnskey(struct kit *kit)
{
	kit_drop_sigs(kit, KIT_APEX, KNOT_RRTYPE_DNSKEY);
}

static void lower_ttl(struct kit *kit)
{
	kit_find(kit, "mail.example.", KNOT_RRTYPE_AAAA)->ttl = KIT_TTL / 2;
}

static void raise_ttl(struct kit *kit)
{
	kit_find(kit, "mail.example.", KNOT_RRTYPE_AAAA)->ttl = KIT_TTL * 2;
}

static void sign_properly(struct kit *kit, const char *owner, uint16_t type)
{
	struct sig_plan plan;
	kit_plan(kit, owner, type, &plan);
	kit_sign_with(kit, owner, &plan);
}

static void sign_absent(struct kit *kit)
{
	sign_properly(kit, WWW, KNOT_RRTYPE_MX);
}

static void sign_nobody(struct kit *kit)
{
	sign_properly(kit, "nobody.example.", KNOT_RRTYPE_A);
}

static void sign_glue(struct kit *kit)
{
	sign_properly(kit, "ns.ins.example.", KNOT_RRTYPE_A);
}

/* A delegation below a delegation, with all that a proper one has. */
static void sign_nested_delegation(struct kit *kit)
{
	kit_add(kit, 'x',
	        "sub.ins 3600 NS ns.ins\nsub.ins 3600 DS 1 13 2 "
	        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n");
	sign_properly(kit, "sub.ins.example.", KNOT_RRTYPE_DS);
}

static void sign_text_below_cut(struct kit *kit)
{
	kit_add(kit, 'x', "text.sec 3600 TXT \"signed\"\n");
	sign_properly(kit, "text.sec.example.", KNOT_RRTYPE_TXT);
}

static void sign_delegation(struct kit *kit)
{
	sign_properly(kit, "sec.example.", KNOT_RRTYPE_NS);
}

static void sign_signatures(struct kit *kit)
{
	sign_properly(kit, WWW, KNOT_RRTYPE_RRSIG);
}

static void twice(struct kit *kit)
{
	struct hf_name name;
	assert(hf_name_from_text(WWW, &name) == HF_OK);
	for (size_t i = 0; i < kit->count; i++) {
		struct kit_record record = kit->records[i];
		if (record.type == KNOT_RRTYPE_RRSIG && hf_name_equal(&record.owner, &name) &&
		        hf_read_u16(record.data) == KNOT_RRTYPE_A) {
			kit_put(kit, WWW, record.type, record.ttl, record.data, record.len);
			return;
		}
	}
}

static void seventeen(struct kit *kit)
{
	for (unsigned i = 0; i < 16; i++) {
		struct sig_plan plan;
		kit_plan(kit, WWW, KNOT_RRTYPE_A, &plan);
		plan.rrsig.expiration += 60 * (i + 1);
		kit_sign_with(kit, WWW, &plan);
	}
}

static void stub(struct kit *kit)
{
	/* The type covered, and nothing of what must follow. */
	static const uint8_t start[] = {0, KNOT_RRTYPE_A, 13, 2};
	kit_put(kit, WWW, KNOT_RRTYPE_RRSIG, KIT_TTL, start, sizeof(start));
}

static void by_spare(struct kit *kit)
{
	struct sig_plan plan;
	kit_plan(kit, WWW, KNOT_RRTYPE_A, &plan);
	plan.pair = kit->spare;
	plan.rrsig.algorithm = 15;
	plan.rrsig.tag = hf_dnskey_tag(hf_keypair_dnskey(kit->spare));
	kit_drop_sigs(kit, WWW, KNOT_RRTYPE_A);
	kit_sign_with(kit, WWW, &plan);
}

static void by_ksk_wrongly(struct kit *kit)
{
	/* The KSK's tag on the ZSK's signature: as when two keys have one tag. */
	struct sig_plan plan;
	kit_plan(kit, WWW, KNOT_RRTYPE_A, &plan);
	plan.rrsig.tag = hf_dnskey_tag(hf_keypair_dnskey(kit->ksk));
	kit_drop_sigs(kit, WWW, KNOT_RRTYPE_A);
	kit_sign_with(kit, WWW, &plan);
}

/* Shorter than the SOA's expire field of 14 days, and nothing else. */
static void ends_before_expire(struct kit *kit)
{
	struct sig_plan plan;
	kit_plan(kit, WWW, KNOT_RRTYPE_A, &plan);
	plan.rrsig.expiration = KIT_AT + 13 * KIT_DAY;
	kit_drop_sigs(kit, WWW, KNOT_RRTYPE_A);
	kit_sign_with(kit, WWW, &plan);
}

const struct plan_damage DAMAGE_PLANS[] = {
        {"signature flipped", flip, PLAN_INSTEAD, HF_CHECK_RRSIG_INVALID},
        {"flipped one added", flip, PLAN_BESIDE, HF_CHECK_RRSIG_INVALID},
        {"signature shorter", shorter, PLAN_INSTEAD, HF_CHECK_RRSIG_LENGTH},
        {"signature longer", longer, PLAN_INSTEAD, HF_CHECK_RRSIG_LENGTH},
        {"signature empty", empty, PLAN_INSTEAD, HF_CHECK_RRSIG_LENGTH},
        {"expired", expired, PLAN_INSTEAD, HF_CHECK_RRSIG_EXPIRED},
        {"not yet valid", future, PLAN_INSTEAD, HF_CHECK_RRSIG_NOT_YET_VALID},
        {"ends before it begins", backwards, PLAN_INSTEAD, HF_CHECK_RRSIG_TIMES},
        {"valid for 69 years", lasts_69_years, PLAN_INSTEAD, HF_CHECK_RRSIG_TIMES},
        {"valid around the overflow", around_the_overflow, PLAN_INSTEAD, HF_CHECK_RRSIG_EXPIRED},
        {"ends soon", ends_soon, PLAN_INSTEAD, HF_CHECK_RRSIG_EXPIRES_SOON},
        {"ends before the TTL", ends_before_ttl, PLAN_INSTEAD, HF_CHECK_RRSIG_TTL_BEYOND},
        {"begins now", begins_now, PLAN_INSTEAD, HF_CHECK_RRSIG_INCEPTION_RECENT},
        {"valid for long", lasts_long, PLAN_INSTEAD, HF_CHECK_RRSIG_LIFETIME_LONG},
        {"ends after 2038", after_2038, PLAN_INSTEAD, HF_CHECK_RRSIG_POST_2038},
        {"signer below", other_signer, PLAN_INSTEAD, HF_CHECK_RRSIG_SIGNER},
        {"signer above", outer_signer, PLAN_INSTEAD, HF_CHECK_RRSIG_SIGNER},
        {"too many labels", more_labels, PLAN_INSTEAD, HF_CHECK_RRSIG_LABELS},
        {"too few labels", fewer_labels, PLAN_INSTEAD, HF_CHECK_RRSIG_LABELS},
        {"tag of no key", other_tag, PLAN_INSTEAD, HF_CHECK_RRSIG_NO_KEY},
        {"algorithm of no key", other_algorithm, PLAN_INSTEAD, HF_CHECK_RRSIG_NO_KEY},
        {"other original TTL", other_original_ttl, PLAN_INSTEAD, HF_CHECK_RRSIG_ORIGINAL_TTL},
        {"RRSIG's own TTL", other_record_ttl, PLAN_INSTEAD, HF_CHECK_RRSIG_TTL},
        {"expired one left", expired, PLAN_BESIDE, HF_CHECK_RRSIG_LEFTOVER},
        {"early one added", future, PLAN_BESIDE, HF_CHECK_RRSIG_LEFTOVER},
        {"one of no key left", other_tag, PLAN_BESIDE, HF_CHECK_RRSIG_LEFTOVER},
        {"signed again", later_end, PLAN_BESIDE, HF_CHECK_RRSIG_DUPLICATE},
        {.name = NULL},
};

const struct damage DAMAGE_SIGS[] = {
        {"address changed", KIT_BOTH, NULL, change_address, HF_CHECK_RRSIG_INVALID, WWW},
        {"denial changed", KIT_BOTH, NULL, change_denial, HF_CHECK_RRSIG_INVALID, "#" WWW},
        {"tag of another key", KIT_BOTH, NULL, by_ksk_wrongly, HF_CHECK_RRSIG_INVALID, WWW},
        {"no signature", KIT_BOTH, NULL, drop_www, HF_CHECK_RRSIG_MISSING, WWW},
        {"wildcard unsigned", KIT_BOTH, NULL, drop_wild, HF_CHECK_RRSIG_MISSING, WILD},
        {"DS unsigned", KIT_BOTH, NULL, drop_ds, HF_CHECK_RRSIG_MISSING, "sec.example."},
        {"denial unsigned", KIT_NSEC | KIT_NSEC3, NULL, drop_denial, HF_CHECK_RRSIG_MISSING,
                "#ins.example."},
        {"secure delegation's denial unsigned", KIT_BOTH, NULL, drop_delegation_denial,
                HF_CHECK_RRSIG_MISSING, "#sec.example."},
        {"SOA unsigned", KIT_BOTH, NULL, drop_soa, HF_CHECK_RRSIG_MISSING, KIT_APEX},
        {"DNSKEY unsigned", KIT_BOTH, NULL, drop_dnskey, HF_CHECK_RRSIG_MISSING, KIT_APEX},
        {"by a key not there", KIT_BOTH, NULL, by_spare, HF_CHECK_RRSIG_NO_KEY, WWW},
        {"algorithm without signature", KIT_BOTH, NULL, by_spare, HF_CHECK_RRSIG_ALG_MISSING, WWW},
        {"TTL lowered", KIT_BOTH, NULL, lower_ttl, HF_CHECK_RRSIG_ORIGINAL_TTL, "mail.example."},
        {"TTL raised", KIT_BOTH, NULL, raise_ttl, HF_CHECK_RRSIG_ORIGINAL_TTL, "mail.example."},
        {"signature of no set", KIT_BOTH, NULL, sign_absent, HF_CHECK_RRSIG_ORPHAN, WWW},
        {"signature at no name", KIT_BOTH, NULL, sign_nobody, HF_CHECK_RRSIG_ORPHAN,
                "nobody.example."},
        {"glue signed", KIT_BOTH, NULL, sign_glue, HF_CHECK_RRSIG_UNEXPECTED, "ns.ins.example."},
        {"nested delegation signed", KIT_BOTH, NULL, sign_nested_delegation,
                HF_CHECK_RRSIG_UNEXPECTED, "sub.ins.example."},
        {"data below a delegation signed", KIT_BOTH, NULL, sign_text_below_cut,
                HF_CHECK_RRSIG_UNEXPECTED, "text.sec.example."},
        {"delegation signed", KIT_BOTH, NULL, sign_delegation, HF_CHECK_RRSIG_UNEXPECTED,
                "sec.example."},
        {"signatures signed", KIT_BOTH, NULL, sign_signatures, HF_CHECK_RRSIG_UNEXPECTED, WWW},
        {"RRSIG twice", KIT_BOTH, NULL, twice, HF_CHECK_RRSIG_DUPLICATE, WWW},
        {"ends before the SOA expires", KIT_BOTH, NULL, ends_before_expire, HF_CHECK_SOA_EXPIRE,
                KIT_APEX},
        {"17 signatures", KIT_BOTH, NULL, seventeen, HF_CHECK_RRSIG_TOO_MANY, WWW},
        {"RRSIG malformed", KIT_BOTH, NULL, stub, HF_CHECK_RDATA_MALFORMED, WWW},
        {.name = NULL},
};
