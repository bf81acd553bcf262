/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Damage to denial records. What is changed is signed again, so that only denial is wrong. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "damage.h"

#define NSEC3_ANY  (KIT_NSEC3 | KIT_OPT_OUT)
#define NSEC3_FLAG 1 /* offset of the flags in NSEC3 and NSEC3PARAM */
#define NSEC3_NEXT 6 /* offset of the next hash, without salt */
#define BITMAP_A   0x40

/* The denial record of a name; the static text of its owner goes to `ret_owner`. */
static struct kit_record *denial_of(struct kit *kit, const char *name, const char **ret_owner)
{
	*ret_owner = kit_denial(kit, name);
	return kit_find(kit, *ret_owner, kit_denial_type(kit));
}

static void resign_denial(struct kit *kit, const char *name)
{
	kit_resign(kit, kit_denial(kit, name), kit_denial_type(kit));
}

static void drop_denial(struct kit *kit, const char *name)
{
	const char *owner = kit_denial(kit, name);
	kit_drop(kit, owner, kit_denial_type(kit));
	kit_drop_sigs(kit, owner, kit_denial_type(kit));
}

static void drop_www(struct kit *kit)
{
	drop_denial(kit, "www.example.");
}

static void drop_apex(struct kit *kit)
{
	drop_denial(kit, KIT_APEX);
}

static void drop_wild(struct kit *kit)
{
	drop_denial(kit, "*.w.example.");
}

static void drop_secure(struct kit *kit)
{
	drop_denial(kit, "sec.example.");
}

static void drop_insecure(struct kit *kit)
{
	drop_denial(kit, "ins.example.");
}

static void drop_empty(struct kit *kit)
{
	drop_denial(kit, "ent.deep.example.");
}

/* Toggles a type below 8 in the first window of a name's bitmap. */
static void toggle(struct kit *kit, const char *name, uint8_t mask)
{
	const char *owner;
	struct kit_record *record = denial_of(kit, name, &owner);
	size_t at = NSEC3_NEXT + HF_NSEC3_HASH_LEN;
	if (kit->mode == KIT_NSEC)
		at = hf_name_wire_len(record->data, record->len);
	record->data[at + 2] ^= mask;
	resign_denial(kit, name);
}

static void toggle_a_at_www(struct kit *kit)
{
	toggle(kit, "www.example.", BITMAP_A);
}

static void toggle_a_at_wild(struct kit *kit)
{
	toggle(kit, "*.w.example.", BITMAP_A);
}

static void toggle_a_at_apex(struct kit *kit)
{
	toggle(kit, KIT_APEX, BITMAP_A);
}

static void toggle_ns_at_secure(struct kit *kit)
{
	toggle(kit, "sec.example.", 0x20);
}

static void toggle_cname_at_mail(struct kit *kit)
{
	toggle(kit, "mail.example.", 0x04);
}

static void toggle_a_at_insecure(struct kit *kit)
{
	toggle(kit, "ins.example.", BITMAP_A);
}

/* Puts data beside what is denied, signed, without a change to the denial record. */
static void add_type(struct kit *kit)
{
	kit_add(kit, 0, "mail 3600 TXT \"new\"\n");
	struct sig_plan plan;
	kit_plan(kit, "mail.example.", KNOT_RRTYPE_TXT, &plan);
	kit_sign_with(kit, "mail.example.", &plan);
}

static void drop_type(struct kit *kit)
{
	kit_drop(kit, "www.example.", KNOT_RRTYPE_TXT);
	kit_drop_sigs(kit, "www.example.", KNOT_RRTYPE_TXT);
}

static void drop_ds(struct kit *kit)
{
	kit_drop(kit, "sec.example.", KNOT_RRTYPE_DS);
	kit_drop_sigs(kit, "sec.example.", KNOT_RRTYPE_DS);
}

static void add_name(struct kit *kit)
{
	struct sig_plan plan;
	kit_add(kit, 'a', "new 3600 TXT \"new\"\n");
	kit_plan(kit, "new.example.", KNOT_RRTYPE_TXT, &plan);
	kit_sign_with(kit, "new.example.", &plan);
}

static void drop_name(struct kit *kit)
{
	kit_drop(kit, "mail.example.", KNOT_RRTYPE_AAAA);
	kit_drop_sigs(kit, "mail.example.", KNOT_RRTYPE_AAAA);
}

/* ---- NSEC ---- */

/* Puts another next name into a name's NSEC record. */
static void point(struct kit *kit, const char *name, const char *to)
{
	struct hf_name next;
	assert(hf_name_from_text(to, &next) == HF_OK);
	struct kit_record *record = kit_find(kit, name, KNOT_RRTYPE_NSEC);
	size_t old = hf_name_wire_len(record->data, record->len);
	size_t len = next.len + record->len - old;
	uint8_t *data = malloc(len);
	assert(data != NULL);
	memcpy(data, next.wire, next.len);
	memcpy(data + next.len, record->data + old, record->len - old);
	free(record->data);
	record->data = data;
	record->len = (uint16_t)len;
	kit_resign(kit, name, KNOT_RRTYPE_NSEC);
}

static void point_too_far(struct kit *kit)
{
	point(kit, "mail.example.", "www.example.");
}

static void point_too_near(struct kit *kit)
{
	point(kit, "mail.example.", "mailx.example.");
}

static void point_into_glue(struct kit *kit)
{
	point(kit, "ins.example.", "ns.ins.example.");
}

static void last_points_elsewhere(struct kit *kit)
{
	point(kit, "www.example.", "zzz.example.");
}

static void last_points_outside(struct kit *kit)
{
	point(kit, "www.example.", "example.net.");
}

static void second_nsec(struct kit *kit)
{
	kit_add(kit, 0, "www 3600 NSEC zzz A TXT RRSIG NSEC\n");
	kit_resign(kit, "www.example.", KNOT_RRTYPE_NSEC);
}

static void nsec_at_glue(struct kit *kit)
{
	kit_add(kit, 0, "ns.ins 3600 NSEC mail A RRSIG NSEC\n");
}

static void nsec_at_nothing(struct kit *kit)
{
	kit_add(kit, 0, "ent.deep 3600 NSEC a.ent.deep RRSIG NSEC\n");
	kit_kind(kit, "ent.deep.example.", 'e');
}

static void other_ttl(struct kit *kit)
{
	const char *owner;
	denial_of(kit, "www.example.", &owner)->ttl = KIT_TTL / 2;
	resign_denial(kit, "www.example.");
}

static void bitmap_trailing_zero(struct kit *kit)
{
	const char *owner;
	struct kit_record *record = denial_of(kit, "www.example.", &owner);
	record->data[record->len - 1] = 0;
	resign_denial(kit, "www.example.");
}

static void mix_nsec(struct kit *kit)
{
	kit_add(kit, 0, "mail 3600 NSEC ns1 AAAA RRSIG NSEC\n");
}

static void cut_short(struct kit *kit)
{
	const char *owner;
	struct kit_record *record = denial_of(kit, "www.example.", &owner);
	record->len = 3;
	resign_denial(kit, "www.example.");
}

/* ---- NSEC3 ---- */

static void change_byte(struct kit *kit, size_t at, uint8_t value)
{
	const char *owner;
	denial_of(kit, "www.example.", &owner)->data[at] = value;
	resign_denial(kit, "www.example.");
}

static void next_hash_wrong(struct kit *kit)
{
	const char *owner;
	uint8_t old = denial_of(kit, "www.example.", &owner)->data[NSEC3_NEXT];
	change_byte(kit, NSEC3_NEXT, (uint8_t)(old ^ 1));
}

static void unknown_flags(struct kit *kit)
{
	change_byte(kit, NSEC3_FLAG, 0x80);
}

static void unknown_algorithm(struct kit *kit)
{
	change_byte(kit, 0, 2);
}

static void other_iterations(struct kit *kit)
{
	change_byte(kit, 3, 5);
}

static void no_opt_out_flags(struct kit *kit)
{
	for (size_t i = 0; i < kit->count; i++) {
		if (kit->records[i].type == KNOT_RRTYPE_NSEC3)
			kit->records[i].data[NSEC3_FLAG] = 0;
	}
}

static void one_opt_out_flag_less(struct kit *kit)
{
	change_byte(kit, NSEC3_FLAG, 0);
}

static void orphan(struct kit *kit)
{
	kit_add(kit, 0,
	        "0123456789abcdef0123456789abcdef 3600 NSEC3 1 0 0 - "
	        "1123456789abcdef0123456789abcdef A RRSIG\n");
}

static void second_nsec3(struct kit *kit)
{
	const char *owner;
	struct kit_record copy = *denial_of(kit, "www.example.", &owner);
	uint8_t data[512];
	memcpy(data, copy.data, copy.len);
	data[NSEC3_NEXT] ^= 1;
	kit_put(kit, owner, copy.type, copy.ttl, data, copy.len);
	resign_denial(kit, "www.example.");
}

static void short_next(struct kit *kit)
{
	const char *owner;
	struct kit_record *record = denial_of(kit, "www.example.", &owner);
	record->data[5] = HF_NSEC3_HASH_LEN - 1;
	memmove(record->data + NSEC3_NEXT + HF_NSEC3_HASH_LEN - 1,
	        record->data + NSEC3_NEXT + HF_NSEC3_HASH_LEN,
	        record->len - NSEC3_NEXT - (size_t)HF_NSEC3_HASH_LEN);
	record->len--;
	resign_denial(kit, "www.example.");
}

static void owner_no_hash(struct kit *kit)
{
	kit_add(kit, 0, "nothash 3600 NSEC3 1 0 0 - 1123456789abcdef0123456789abcdef A RRSIG\n");
}

static void owner_too_deep(struct kit *kit)
{
	kit_add(kit, 0,
	        "0123456789abcdef0123456789abcdef.www 3600 NSEC3 1 0 0 - "
	        "1123456789abcdef0123456789abcdef A RRSIG\n");
}

static void salted(struct kit *kit)
{
	static const uint8_t salt[] = {0xaa, 0xbb};
	kit->params.salt = salt;
	kit->params.salt_len = sizeof(salt);
}

static void iterated(struct kit *kit)
{
	kit->params.iterations = 10;
}

static void iterated_much(struct kit *kit)
{
	kit->params.iterations = 151;
}

static void no_param(struct kit *kit)
{
	kit_drop(kit, KIT_APEX, KNOT_RRTYPE_NSEC3PARAM);
}

static void param_flags(struct kit *kit)
{
	kit_find(kit, KIT_APEX, KNOT_RRTYPE_NSEC3PARAM)->data[NSEC3_FLAG] = 1;
}

static void param_algorithm(struct kit *kit)
{
	kit_find(kit, KIT_APEX, KNOT_RRTYPE_NSEC3PARAM)->data[0] = 6;
}

static void second_param(struct kit *kit)
{
	kit_add(kit, 0, "@ 3600 NSEC3PARAM 1 0 0 ccdd\n");
}

static void param_in_nsec_zone(struct kit *kit)
{
	kit_add(kit, 0, "@ 3600 NSEC3PARAM 1 0 0 -\n");
}

static void six_params(struct kit *kit)
{
	kit_add(kit, 0,
	        "@ 3600 NSEC3PARAM 1 0 0 01\n@ 3600 NSEC3PARAM 1 0 0 02\n"
	        "@ 3600 NSEC3PARAM 1 0 0 03\n@ 3600 NSEC3PARAM 1 0 0 04\n"
	        "@ 3600 NSEC3PARAM 1 0 0 05\n");
}

static void large_bitmap(struct kit *kit)
{
	char text[64];
	for (unsigned window = 1; window < 160; window++) {
		snprintf(text, sizeof(text), "www 3600 TYPE%u \\# 1 00\n", window * 256 + 255);
		kit_add(kit, 0, text);
	}
}

const struct damage DAMAGE_DENIAL[] = {
        {"no denial", KIT_NSEC, NULL, drop_www, HF_CHECK_NSEC_MISSING, "www.example."},
        {"no denial", NSEC3_ANY, NULL, drop_www, HF_CHECK_NSEC3_MISSING, "www.example."},
        {"no denial at the apex", KIT_NSEC, NULL, drop_apex, HF_CHECK_NSEC_MISSING, KIT_APEX},
        {"no denial at the apex", NSEC3_ANY, NULL, drop_apex, HF_CHECK_NSEC3_MISSING, KIT_APEX},
        {"no denial at the wildcard", KIT_NSEC, NULL, drop_wild, HF_CHECK_NSEC_MISSING,
                "*.w.example."},
        {"no denial at the wildcard", NSEC3_ANY, NULL, drop_wild, HF_CHECK_NSEC3_MISSING,
                "*.w.example."},
        {"no denial at a secure delegation", KIT_NSEC, NULL, drop_secure, HF_CHECK_NSEC_MISSING,
                "sec.example."},
        {"no denial at a secure delegation", NSEC3_ANY, NULL, drop_secure, HF_CHECK_NSEC3_MISSING,
                "sec.example."},
        {"no denial at an insecure delegation", KIT_NSEC, NULL, drop_insecure,
                HF_CHECK_NSEC_MISSING, "ins.example."},
        {"no denial at an insecure delegation", KIT_NSEC3, NULL, drop_insecure,
                HF_CHECK_NSEC3_OPT_OUT_MISSING, "ins.example."},
        {"no NSEC3 at an empty non-terminal", NSEC3_ANY, NULL, drop_empty, HF_CHECK_NSEC3_MISSING,
                "ent.deep.example."},
        {"opt-out flags cleared", KIT_OPT_OUT, NULL, no_opt_out_flags,
                HF_CHECK_NSEC3_OPT_OUT_MISSING, "ins.example."},
        {"opt-out flags cleared, empty non-terminal", KIT_OPT_OUT, NULL, no_opt_out_flags,
                HF_CHECK_NSEC3_MISSING, "ent2.example."},
        {"opt-out used", KIT_OPT_OUT, NULL, NULL, HF_CHECK_NSEC3_OPT_OUT, KIT_APEX},
        {"one without opt-out", KIT_OPT_OUT, NULL, one_opt_out_flag_less,
                HF_CHECK_NSEC3_OPT_OUT_PARTIAL, KIT_APEX},
        {"type denied", KIT_NSEC, NULL, toggle_a_at_www, HF_CHECK_NSEC_BITMAP, "www.example."},
        {"type denied", NSEC3_ANY, NULL, toggle_a_at_www, HF_CHECK_NSEC3_BITMAP, "www.example."},
        {"type listed at the wildcard", KIT_NSEC, NULL, toggle_a_at_wild, HF_CHECK_NSEC_BITMAP,
                "*.w.example."},
        {"type listed at the wildcard", NSEC3_ANY, NULL, toggle_a_at_wild, HF_CHECK_NSEC3_BITMAP,
                "*.w.example."},
        {"type listed at the apex", KIT_NSEC, NULL, toggle_a_at_apex, HF_CHECK_NSEC_BITMAP,
                KIT_APEX},
        {"type listed at the apex", NSEC3_ANY, NULL, toggle_a_at_apex, HF_CHECK_NSEC3_BITMAP,
                KIT_APEX},
        {"NS denied at a delegation", KIT_NSEC, NULL, toggle_ns_at_secure, HF_CHECK_NSEC_BITMAP,
                "sec.example."},
        {"NS denied at a delegation", NSEC3_ANY, NULL, toggle_ns_at_secure, HF_CHECK_NSEC3_BITMAP,
                "sec.example."},
        {"CNAME listed", KIT_NSEC, NULL, toggle_cname_at_mail, HF_CHECK_NSEC_BITMAP,
                "mail.example."},
        {"CNAME listed", NSEC3_ANY, NULL, toggle_cname_at_mail, HF_CHECK_NSEC3_BITMAP,
                "mail.example."},
        {"A listed at a delegation", KIT_NSEC, NULL, toggle_a_at_insecure, HF_CHECK_NSEC_BITMAP,
                "ins.example."},
        {"A listed at a delegation", KIT_NSEC3, NULL, toggle_a_at_insecure, HF_CHECK_NSEC3_BITMAP,
                "ins.example."},
        {"type added", KIT_NSEC, NULL, add_type, HF_CHECK_NSEC_BITMAP, "mail.example."},
        {"type added", NSEC3_ANY, NULL, add_type, HF_CHECK_NSEC3_BITMAP, "mail.example."},
        {"type removed", KIT_NSEC, NULL, drop_type, HF_CHECK_NSEC_BITMAP, "www.example."},
        {"type removed", NSEC3_ANY, NULL, drop_type, HF_CHECK_NSEC3_BITMAP, "www.example."},
        {"DS removed", KIT_NSEC, NULL, drop_ds, HF_CHECK_NSEC_BITMAP, "sec.example."},
        {"DS removed", NSEC3_ANY, NULL, drop_ds, HF_CHECK_NSEC3_BITMAP, "sec.example."},
        {"name added", KIT_NSEC, NULL, add_name, HF_CHECK_NSEC_MISSING, "new.example."},
        {"name added", KIT_NSEC, NULL, add_name, HF_CHECK_NSEC_NEXT, "mail.example."},
        {"name added", NSEC3_ANY, NULL, add_name, HF_CHECK_NSEC3_MISSING, "new.example."},
        {"name removed", KIT_NSEC, NULL, drop_name, HF_CHECK_NSEC_SUPERFLUOUS, "mail.example."},
        {"name removed", NSEC3_ANY, NULL, drop_name, HF_CHECK_NSEC3_ORPHAN, "#mail.example."},
        {"next name too far", KIT_NSEC, NULL, point_too_far, HF_CHECK_NSEC_NEXT, "mail.example."},
        {"next name too near", KIT_NSEC, NULL, point_too_near, HF_CHECK_NSEC_NEXT, "mail.example."},
        {"next name is glue", KIT_NSEC, NULL, point_into_glue, HF_CHECK_NSEC_NEXT, "ins.example."},
        {"last not at the apex", KIT_NSEC, NULL, last_points_elsewhere, HF_CHECK_NSEC_NEXT,
                "www.example."},
        {"last outside", KIT_NSEC, NULL, last_points_outside, HF_CHECK_NSEC_NEXT, "www.example."},
        {"two NSEC", KIT_NSEC, NULL, second_nsec, HF_CHECK_NSEC_MULTIPLE, "www.example."},
        {"NSEC at glue", KIT_NSEC, NULL, nsec_at_glue, HF_CHECK_NSEC_SUPERFLUOUS,
                "ns.ins.example."},
        {"NSEC at an empty non-terminal", KIT_NSEC, nsec_at_nothing, NULL,
                HF_CHECK_NSEC_SUPERFLUOUS, "ent.deep.example."},
        {"TTL of denial", KIT_ALL, NULL, other_ttl, HF_CHECK_NSEC_TTL, "#www.example."},
        {"bitmap malformed", KIT_NSEC, NULL, bitmap_trailing_zero, HF_CHECK_RDATA_MALFORMED,
                "www.example."},
        {"NSEC in a zone with NSEC3", NSEC3_ANY, mix_nsec, NULL, HF_CHECK_DENIAL_MIXED,
                "mail.example."},
        {"NSEC3 in a zone with NSEC", KIT_NSEC, NULL, orphan, HF_CHECK_NSEC3_FOREIGN,
                "0123456789abcdef0123456789abcdef.example."},
        {"NSEC3PARAM in a zone with NSEC", KIT_NSEC, param_in_nsec_zone, NULL,
                HF_CHECK_NSEC3_MISSING, KIT_APEX},
        {"denial cut short", KIT_ALL, NULL, cut_short, HF_CHECK_RDATA_MALFORMED, "#www.example."},
        {"next hash wrong", NSEC3_ANY, NULL, next_hash_wrong, HF_CHECK_NSEC3_NEXT, "#www.example."},
        {"unknown flags", NSEC3_ANY, NULL, unknown_flags, HF_CHECK_NSEC3_FLAGS, "#www.example."},
        {"unknown hash algorithm", NSEC3_ANY, NULL, unknown_algorithm, HF_CHECK_NSEC3_ALGORITHM,
                "#www.example."},
        {"parameters announced nowhere", NSEC3_ANY, NULL, other_iterations, HF_CHECK_NSEC3_FOREIGN,
                "#www.example."},
        {"NSEC3 of no name", NSEC3_ANY, NULL, orphan, HF_CHECK_NSEC3_ORPHAN,
                "0123456789abcdef0123456789abcdef.example."},
        {"two NSEC3", NSEC3_ANY, NULL, second_nsec3, HF_CHECK_NSEC3_MULTIPLE, "#www.example."},
        {"next hash short", NSEC3_ANY, NULL, short_next, HF_CHECK_NSEC3_HASH_LENGTH,
                "#www.example."},
        {"owner is no hash", NSEC3_ANY, NULL, owner_no_hash, HF_CHECK_NSEC3_OWNER,
                "nothash.example."},
        {"owner too deep", NSEC3_ANY, NULL, owner_too_deep, HF_CHECK_NSEC3_OWNER,
                "0123456789abcdef0123456789abcdef.www.example."},
        {"salt", NSEC3_ANY, salted, NULL, HF_CHECK_NSEC3_SALT, KIT_APEX},
        {"iterations", NSEC3_ANY, iterated, NULL, HF_CHECK_NSEC3_ITERATIONS, KIT_APEX},
        {"many iterations", NSEC3_ANY, iterated_much, NULL, HF_CHECK_NSEC3_ITERATIONS_LIMIT,
                KIT_APEX},
        {"no NSEC3PARAM", NSEC3_ANY, NULL, no_param, HF_CHECK_NSEC3PARAM_MISSING, KIT_APEX},
        {"NSEC3PARAM flags", NSEC3_ANY, NULL, param_flags, HF_CHECK_NSEC3PARAM_FLAGS, KIT_APEX},
        {"NSEC3PARAM algorithm", NSEC3_ANY, NULL, param_algorithm, HF_CHECK_NSEC3_ALGORITHM,
                KIT_APEX},
        {"second NSEC3PARAM", NSEC3_ANY, second_param, NULL, HF_CHECK_NSEC3_CHAINS, KIT_APEX},
        {"second chain missing", NSEC3_ANY, second_param, NULL, HF_CHECK_NSEC3_MISSING, NULL},
        {"six NSEC3PARAM", NSEC3_ANY, six_params, NULL, HF_CHECK_NSEC3_CHAINS_LIMIT, KIT_APEX},
        {"large denials", KIT_ALL, large_bitmap, NULL, HF_CHECK_SIZE_NXDOMAIN, KIT_APEX},
        {.name = NULL},
};
