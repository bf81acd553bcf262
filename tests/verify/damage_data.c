/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Damage to data, delegations and the zone's digest. All of it is signed and denied properly. */
#include <string.h>

#include "damage.h"

static void drop_soa(struct kit *kit)
{
	kit_drop(kit, KIT_APEX, KNOT_RRTYPE_SOA);
}

static void drop_apex_ns(struct kit *kit)
{
	kit_drop(kit, KIT_APEX, KNOT_RRTYPE_NS);
}

static void second_soa(struct kit *kit)
{
	kit_add(kit, 0, "@ 3600 SOA ns2 host 2026011500 7200 3600 1209600 3600\n");
}

static void cname_and_a(struct kit *kit)
{
	kit_add(kit, 'a', "alias 3600 A 198.51.101.9\n");
}

static void two_cnames(struct kit *kit)
{
	kit_add(kit, 'a', "alias 3600 CNAME www\n");
}

static void cname_loop(struct kit *kit)
{
	kit_add(kit, 'a', "loop1 3600 CNAME loop2\nloop2 3600 CNAME loop1\n");
}

static void cname_to_itself(struct kit *kit)
{
	kit_add(kit, 'a', "loop1 3600 CNAME loop1\n");
}

static void two_dnames(struct kit *kit)
{
	kit_add(kit, 'a', "dname 3600 DNAME example.org.\n");
}

static void below_dname(struct kit *kit)
{
	kit_add(kit, 'x', "a.dname 3600 A 198.51.101.9\n");
}

static void dname_at_cut(struct kit *kit)
{
	kit_add(kit, 0, "ins 3600 DNAME example.net.\n");
}

static void wildcard_below_dname(struct kit *kit)
{
	kit_add(kit, 'x', "*.dname 3600 A 198.51.101.9\n");
}

static void cname_at_apex(struct kit *kit)
{
	kit_add(kit, 0, "@ 3600 CNAME www\n");
}

static void text_below_cut(struct kit *kit)
{
	kit_add(kit, 'x', "text.ins 3600 TXT \"hidden\"\n");
}

static void text_at_cut(struct kit *kit)
{
	kit_add(kit, 'i', "ins 3600 TXT \"hidden\"\n");
}

static void ttl_differs(struct kit *kit)
{
	kit_find(kit, "www.example.", KNOT_RRTYPE_A)->ttl = KIT_TTL / 2;
}

static void record_twice(struct kit *kit)
{
	struct kit_record record = *kit_find(kit, "www.example.", KNOT_RRTYPE_A);
	kit_put(kit, "www.example.", record.type, record.ttl, record.data, record.len);
}

static void meta(struct kit *kit)
{
	kit_put(kit, "www.example.", KNOT_RRTYPE_ANY, KIT_TTL, "x", 1);
}

static void wildcard_ns(struct kit *kit)
{
	kit_add(kit, 'i', "*.wild 3600 NS ns1\n*.wild 3600 NS ns2\n");
	kit_kind(kit, "wild.example.", kit->mode == KIT_OPT_OUT ? 'x' : 'e');
}

static void ns_alias(struct kit *kit)
{
	kit_add(kit, 0, "@ 3600 NS alias\n");
}

static void mx_alias(struct kit *kit)
{
	kit_add(kit, 0, "@ 3600 MX 20 alias\n");
}

static void rp_without_txt(struct kit *kit)
{
	kit_add(kit, 0, "www 3600 RP host nobody\n");
}

static void tlsa_without_host(struct kit *kit)
{
	kit_add(kit, 'a', "_443._tcp.nobody 3600 TLSA 3 1 1 00112233\n");
	kit_kind(kit, "_tcp.nobody.example.", 'e');
	kit_kind(kit, "nobody.example.", 'e');
}

static void single_ns(struct kit *kit)
{
	kit_add(kit, 'i', "single 3600 NS ns1\n");
}

static void ns_without_address(struct kit *kit)
{
	kit_add(kit, 0, "@ 3600 NS nobody\n");
}

static void no_glue(struct kit *kit)
{
	kit_add(kit, 'i', "noglue 3600 NS ns.noglue\nnoglue 3600 NS ns2.noglue\n");
}

static void half_glue(struct kit *kit)
{
	kit_drop(kit, "ns.ins.example.", KNOT_RRTYPE_A);
}

static void private_glue(struct kit *kit)
{
	kit_add(kit, 'x', "ns.ins 3600 A 10.0.0.1\n");
}

static void extra_glue(struct kit *kit)
{
	kit_add(kit, 'x', "unused.ins 3600 A 198.51.101.9\n");
}

static void private_glue_v6(struct kit *kit)
{
	kit_add(kit, 'x', "ns.ins 3600 AAAA fe80::1\n");
}

static void foreign(struct kit *kit)
{
	kit_add(kit, 'x', "www.example.net. 3600 A 198.51.101.1\n");
}

static void short_address(struct kit *kit)
{
	kit_put(kit, "www.example.", KNOT_RRTYPE_A, KIT_TTL, "abc", 3);
}

static void short_soa(struct kit *kit)
{
	struct kit_record *record = kit_find(kit, KIT_APEX, KNOT_RRTYPE_SOA);
	record->len -= 1;
}

static void short_ds(struct kit *kit)
{
	kit_put(kit, "sec.example.", KNOT_RRTYPE_DS, KIT_TTL, "abc", 3);
}

static void ds_at_apex(struct kit *kit)
{
	kit_add(kit, 0,
	        "@ 3600 DS 1 13 2 "
	        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n");
}

static void ds_without_ns(struct kit *kit)
{
	kit_add(kit, 0,
	        "www 3600 DS 1 13 2 "
	        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n");
}

static void ds_sha1(struct kit *kit)
{
	kit_add(kit, 0, "sec 3600 DS 1 13 1 00112233445566778899aabbccddeeff00112233\n");
}

static void ds_unknown_digest(struct kit *kit)
{
	kit_add(kit, 0, "sec 3600 DS 1 13 99 00112233\n");
}

static void ds_wrong_length(struct kit *kit)
{
	static const uint8_t ds[] = {0, 1, 13, 2, 9, 9, 9};
	kit_put(kit, "sec.example.", KNOT_RRTYPE_DS, KIT_TTL, ds, sizeof(ds));
}

static void ds_rsa_sha1(struct kit *kit)
{
	kit_add(kit, 0,
	        "sec 3600 DS 1 5 2 "
	        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n");
}

static void soa_elsewhere(struct kit *kit)
{
	kit_add(kit, 0, "www 3600 SOA ns1 host 2026011500 7200 3600 1209600 3600\n");
}

/* Two TXT records of 40,000 bytes: each fits into a message, both do not. */
static void larger_than_messages(struct kit *kit)
{
	static uint8_t text[40000];
	for (uint8_t record = 0; record < 2; record++) {
		memset(text, 'a' + record, sizeof(text));
		for (size_t at = 0; at < sizeof(text); at += 256)
			text[at] = (uint8_t)(sizeof(text) - at > 255 ? 255 : sizeof(text) - at - 1);
		kit_put(kit, "mail.example.", KNOT_RRTYPE_TXT, KIT_TTL, text, sizeof(text));
	}
}

static void large_wildcard(struct kit *kit)
{
	char text[512];
	for (unsigned i = 0; i < 6; i++) {
		memset(text, 0, sizeof(text));
		strcpy(text, "*.w 3600 TXT \"");
		memset(text + strlen(text), 'a' + (int)i, 240);
		strcat(text, "\"\n");
		kit_add(kit, 0, text);
	}
}

/* ---- ZONEMD ---- */

static void put_zonemd(struct kit *kit, uint32_t serial, uint8_t scheme, uint8_t algorithm)
{
	struct hf_buf out = {0};
	static const uint8_t digest[48] = {0};
	hf_put_u32(&out, serial);
	hf_put_u8(&out, scheme);
	hf_put_u8(&out, algorithm);
	hf_put_bytes(&out, digest, sizeof(digest));
	kit_put(kit, KIT_APEX, KNOT_RRTYPE_ZONEMD, KIT_TTL, out.data, out.len);
	hf_buf_done(&out);
}

static void zonemd_other_digest(struct kit *kit)
{
	put_zonemd(kit, 2026011500, 1, 1);
}

static void zonemd_other_serial(struct kit *kit)
{
	put_zonemd(kit, 2026011499, 1, 1);
}

static void zonemd_other_scheme(struct kit *kit)
{
	put_zonemd(kit, 2026011500, 9, 1);
}

static void zonemd_twice(struct kit *kit)
{
	put_zonemd(kit, 2026011500, 1, 1);
	put_zonemd(kit, 2026011500, 1, 1);
	/* Different bytes, or they would be one record. */
	kit->records[kit->count - 1].data[10] = 1;
}

const struct damage DAMAGE_DATA[] = {
        {"no SOA", KIT_BOTH, drop_soa, NULL, HF_CHECK_SOA_MISSING, KIT_APEX},
        {"two SOA", KIT_BOTH, second_soa, NULL, HF_CHECK_SOA_MULTIPLE, KIT_APEX},
        {"SOA elsewhere", KIT_BOTH, soa_elsewhere, NULL, HF_CHECK_APEX_ONLY, "www.example."},
        {"no NS", KIT_BOTH, drop_apex_ns, NULL, HF_CHECK_NS_MISSING, KIT_APEX},
        {"CNAME and A", KIT_BOTH, cname_and_a, NULL, HF_CHECK_CNAME_OTHER_DATA, "alias.example."},
        {"two CNAME", KIT_BOTH, two_cnames, NULL, HF_CHECK_CNAME_MULTIPLE, "alias.example."},
        {"CNAME loop", KIT_BOTH, cname_loop, NULL, HF_CHECK_CNAME_LOOP, "loop1.example."},
        {"CNAME to itself", KIT_BOTH, cname_to_itself, NULL, HF_CHECK_CNAME_LOOP, "loop1.example."},
        {"two DNAME", KIT_BOTH, two_dnames, NULL, HF_CHECK_DNAME_MULTIPLE, "dname.example."},
        {"below a DNAME", KIT_BOTH, below_dname, NULL, HF_CHECK_DNAME_CHILDREN, "a.dname.example."},
        {"DNAME at a delegation", KIT_BOTH, dname_at_cut, NULL, HF_CHECK_DNAME_NS, "ins.example."},
        {"wildcard below a DNAME", KIT_BOTH, wildcard_below_dname, NULL, HF_CHECK_DNAME_CHILDREN,
                "*.dname.example."},
        {"CNAME at the apex", KIT_BOTH, cname_at_apex, NULL, HF_CHECK_CNAME_OTHER_DATA, KIT_APEX},
        {"TXT below a delegation", KIT_BOTH, text_below_cut, NULL, HF_CHECK_OCCLUDED_DATA,
                "text.ins.example."},
        {"TXT at a delegation", KIT_BOTH, text_at_cut, NULL, HF_CHECK_OCCLUDED_DATA,
                "ins.example."},
        {"TTLs differ", KIT_BOTH, ttl_differs, NULL, HF_CHECK_TTL_DIFFERS, "www.example."},
        {"record twice", KIT_BOTH, record_twice, NULL, HF_CHECK_RR_DUPLICATE, "www.example."},
        {"meta type", KIT_BOTH, meta, NULL, HF_CHECK_META_TYPE, "www.example."},
        {"NS at a wildcard", KIT_BOTH, wildcard_ns, NULL, HF_CHECK_WILDCARD_DELEGATION,
                "*.wild.example."},
        {"NS is an alias", KIT_BOTH, ns_alias, NULL, HF_CHECK_NS_ALIAS, KIT_APEX},
        {"MX is an alias", KIT_BOTH, mx_alias, NULL, HF_CHECK_MX_ALIAS, KIT_APEX},
        {"RP without TXT", KIT_BOTH, rp_without_txt, NULL, HF_CHECK_RP_TXT, "www.example."},
        {"TLSA without host", KIT_BOTH, tlsa_without_host, NULL, HF_CHECK_TLSA_HOST,
                "_443._tcp.nobody.example."},
        {"one NS", KIT_BOTH, single_ns, NULL, HF_CHECK_NS_SINGLE, "single.example."},
        {"NS without address", KIT_BOTH, ns_without_address, NULL, HF_CHECK_NS_NO_ADDRESS,
                KIT_APEX},
        {"no glue", KIT_BOTH, no_glue, NULL, HF_CHECK_GLUE_MISSING, "noglue.example."},
        {"half of the glue", KIT_BOTH, half_glue, NULL, HF_CHECK_GLUE_PARTIAL, "ins.example."},
        {"private glue", KIT_BOTH, private_glue, NULL, HF_CHECK_GLUE_PRIVATE, "ns.ins.example."},
        {"extra glue", KIT_BOTH, extra_glue, NULL, HF_CHECK_GLUE_EXTRA, "unused.ins.example."},
        {"link-local glue", KIT_BOTH, private_glue_v6, NULL, HF_CHECK_GLUE_PRIVATE,
                "ns.ins.example."},
        {"out of zone", KIT_BOTH, foreign, NULL, HF_CHECK_OUT_OF_ZONE, "www.example.net."},
        {"A of 3 bytes", KIT_BOTH, short_address, NULL, HF_CHECK_RDATA_MALFORMED, "www.example."},
        {"SOA cut short", KIT_BOTH, short_soa, NULL, HF_CHECK_RDATA_MALFORMED, KIT_APEX},
        {"DS of 3 bytes", KIT_BOTH, short_ds, NULL, HF_CHECK_RDATA_MALFORMED, "sec.example."},
        {"DS at the apex", KIT_BOTH, ds_at_apex, NULL, HF_CHECK_DS_AT_APEX, KIT_APEX},
        {"DS without NS", KIT_BOTH, ds_without_ns, NULL, HF_CHECK_DS_WITHOUT_NS, "www.example."},
        {"DS with SHA-1", KIT_BOTH, ds_sha1, NULL, HF_CHECK_DS_DIGEST_WEAK, "sec.example."},
        {"DS with unknown digest", KIT_BOTH, ds_unknown_digest, NULL,
                HF_CHECK_DS_DIGEST_UNSUPPORTED, "sec.example."},
        {"DS with short digest", KIT_BOTH, ds_wrong_length, NULL, HF_CHECK_DS_DIGEST_LENGTH,
                "sec.example."},
        {"DS with RSA/SHA-1", KIT_BOTH, ds_rsa_sha1, NULL, HF_CHECK_DS_ALG_DEPRECATED,
                "sec.example."},
        {"larger than messages", KIT_BOTH, larger_than_messages, NULL, HF_CHECK_SIZE_MESSAGE,
                "mail.example."},
        {"large wildcard", KIT_BOTH, large_wildcard, NULL, HF_CHECK_SIZE_WILDCARD, "*.w.example."},
        {"ZONEMD digest", KIT_BOTH, zonemd_other_digest, NULL, HF_CHECK_ZONEMD_DIGEST, KIT_APEX},
        {"ZONEMD serial", KIT_BOTH, zonemd_other_serial, NULL, HF_CHECK_ZONEMD_SERIAL, KIT_APEX},
        {"ZONEMD scheme", KIT_BOTH, zonemd_other_scheme, NULL, HF_CHECK_ZONEMD_UNSUPPORTED,
                KIT_APEX},
        {"two ZONEMD", KIT_BOTH, zonemd_twice, NULL, HF_CHECK_ZONEMD_DUPLICATE, KIT_APEX},
        {.name = NULL},
};
