/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#define TTL 3600

const struct vector vectors[] = {
        {
                .source = "RFC 5702 section 6.1",
                .owner = "www.example.net.",
                .signer = "example.net.",
                .flags = 256,
                .algorithm = 8,
                .tag = 9033,
                .bits = 512,
                .key = "AwEAAcFcGsaxxdgiuuGmCkVImy4h99CqT7jwY3pexPGcnUFtR2Fh36BponcwtkZ4cAgtvd4Qs8P"
                       "kxUdp"
                       "6p/DlUmObdk=",
                .covered = 1,
                .rdata = "c000025b",
                .expiration = 1893456000,
                .inception = 946684800,
                .signature =
                        "kRCOH6u7l0QGy9qpC9l1sLncJcOKFLJ7GhiUOibu4teYp5VE9RncriShZNz85mwlMgNEacFY"
                        "K/lPtPiVYP4bwg==",
        },
        {
                .source = "RFC 5702 section 6.2",
                .owner = "www.example.net.",
                .signer = "example.net.",
                .flags = 256,
                .algorithm = 10,
                .tag = 3740,
                .bits = 1024,
                .key = "AwEAAdHoNTOW+et86KuJOWRDp1pndvwb6Y83nSVXXyLA3DLroROUkN6X0O6pnWnjJQujX/"
                       "AyhqFDxj13"
                       "tOnD9u/1kTg7cV6rklMrZDtJCQ5PCl/"
                       "D7QNPsgVsMu1J2Q8gpMpztNFLpPBz1bWXjDtaR7ZQBlZ3PFY1"
                       "2ZTSncorffcGmhOL",
                .covered = 1,
                .rdata = "c000025b",
                .expiration = 1893456000,
                .inception = 946684800,
                .signature =
                        "tsb4wnjRUDnB1BUi+t6TMTXThjVnG+eCkWqjvvjhzQL1d0YRoOe0CbxrVDYd0xDtsuJRaeUw"
                        "1ep94PzEWzr0iGYgZBWm/zpq+9fOuagYJRfDqfReKBzMweOLDiNa8iP5g9vMhpuv6OPlvpXw"
                        "m9Sa9ZXIbNl1MBGk0fthPgxdDLw=",
        },
        {
                .source = "RFC 6605 section 6.1",
                .owner = "www.example.net.",
                .signer = "example.net.",
                .flags = 257,
                .algorithm = 13,
                .tag = 55648,
                .bits = 256,
                .key = "GojIhhXUN/"
                       "u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQ"
                       "Lc8NAA==",
                .private_key = "GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ=",
                .digest_type = 2,
                .digest = "b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17",
                .covered = 1,
                .rdata = "c0000201",
                .expiration = 1284026679,
                .inception = 1281607479,
                .signature =
                        "qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXAyGmt+3SNruPFKG7tZoLBLlUzGGus"
                        "7ZwmwWep666VCw==",
        },
        {
                .source = "RFC 6605 section 6.2",
                .owner = "www.example.net.",
                .signer = "example.net.",
                .flags = 257,
                .algorithm = 14,
                .tag = 10771,
                .bits = 384,
                .key = "xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/"
                       "egsXvSADtNJhyem5RCOpgQ6K8X1DRSEkrb"
                       "YQ+OB+v8/uX45NBwY8rp65F6Glur8I/mlVNgF6W/qTI37m40",
                .private_key = "WURgWHCcYIYUPWgeLmiPY2DJJk02vgrmTfitxgqcL4vwW7BOrbawVmVe0d9V94SR",
                .digest_type = 4,
                .digest = "72d7b62976ce06438e9c0bf319013cf801f09ecc84b8d7e9495f27e305c6a9b0563a9b5f"
                          "4d28"
                          "8405c3008a946df983d6",
                .covered = 1,
                .rdata = "c0000201",
                .expiration = 1284027625,
                .inception = 1281608425,
                .signature =
                        "/L5hDKIvGDyI1fcARX3z65qrmPsVz73QD1Mr5CEqOiLP95hxQouuroGCeZOvzFaxsT8Glr74"
                        "hbavRKayJNuydCuzWTSSPdz7wnqXL5bdcJzusdnI0RSMROxxwGipWcJm",
        },
        {
                .source = "RFC 8080 section 6.1",
                .owner = "example.com.",
                .signer = "example.com.",
                .flags = 257,
                .algorithm = 15,
                .tag = 3613,
                .bits = 256,
                .key = "l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=",
                .private_key = "ODIyNjAzODQ2MjgwODAxMjI2NDUxOTAyMDQxNDIyNjI=",
                .digest_type = 2,
                .digest = "3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab55c78e79a304b",
                .covered = 15,
                .rdata = "000a046d61696c076578616d706c6503636f6d00",
                .expiration = 1440021600,
                .inception = 1438207200,
                .signature =
                        "oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23mRZ9"
                        "VrbpMngwcrqNAg==",
        },
        {
                .source = "RFC 8080 section 6.2",
                .owner = "example.com.",
                .signer = "example.com.",
                .flags = 257,
                .algorithm = 16,
                .tag = 9713,
                .bits = 456,
                .key = "3kgROaDjrh0H2iuixWBrc8g2EpBBLCdGzHmn+G2MpTPhpj/"
                       "OiBVHHSfPodx1FYYUcJKm1MDpJtIA",
                .private_key =
                        "xZ+5Cgm463xugtkY5B0Jx6erFTXp13rYegst0qRtNsOYnaVpMx0Z/c5EiA9x8wWbDDct/"
                        "U3FhYWA",
                .digest_type = 2,
                .digest = "6ccf18d5bc5d7fc2fceb1d59d17321402f2aa8d368048db93dd811f5cb2b19c7",
                .covered = 15,
                .rdata = "000a046d61696c076578616d706c6503636f6d00",
                .expiration = 1440021600,
                .inception = 1438207200,
                .signature =
                        "3cPAHkmlnxcDHMyg7vFC34l0blBhuG1qpwLmjInI8w1CMB29FkEAIJUA0amxWndkmnBZ6SKi"
                        "wZSAxGILn/NBtOXft0+Gj7FSvOKxE/07+4RQvE581N3Aj/JtIyaiYVdnYtyMWbSNyGEY2213"
                        "WKsJlwEA",
        },
};
const size_t vector_count = sizeof(vectors) / sizeof(vectors[0]);

void from_base64(const char *text, struct hf_buf *out)
{
	hf_buf_reset(out);
	size_t len = strlen(text);
	assert_true(hf_buf_reserve(out, len + 4));
	int bytes = EVP_DecodeBlock(out->data, (const unsigned char *)text, (int)len);
	assert_true(bytes > 0);
	while (len > 0 && text[--len] == '=')
		bytes--;
	out->len = (size_t)bytes;
}

void from_hex(const char *text, struct hf_buf *out)
{
	hf_buf_reset(out);
	for (; *text != '\0'; text += 2) {
		unsigned byte;
		assert_int_equal(sscanf(text, "%2x", &byte), 1);
		hf_put_u8(out, (uint8_t)byte);
	}
	assert_int_equal(hf_buf_check(out), HF_OK);
}

void vector_dnskey(const struct vector *vector, struct hf_buf *out)
{
	struct hf_buf key = {0};
	from_base64(vector->key, &key);
	hf_buf_reset(out);
	hf_put_u16(out, vector->flags);
	hf_put_u8(out, HF_DNSKEY_PROTOCOL);
	hf_put_u8(out, vector->algorithm);
	hf_put_bytes(out, key.data, key.len);
	assert_int_equal(hf_buf_check(out), HF_OK);
	hf_buf_done(&key);
}

void vector_message(const struct vector *vector, struct hf_buf *out)
{
	struct hf_name owner, signer;
	assert_int_equal(hf_name_from_text(vector->owner, &owner), HF_OK);
	assert_int_equal(hf_name_from_text(vector->signer, &signer), HF_OK);
	struct hf_buf rdata = {0};
	from_hex(vector->rdata, &rdata);

	hf_buf_reset(out);
	hf_put_u16(out, vector->covered);
	hf_put_u8(out, vector->algorithm);
	hf_put_u8(out, (uint8_t)hf_name_labels(&owner));
	hf_put_u32(out, TTL);
	hf_put_u32(out, vector->expiration);
	hf_put_u32(out, vector->inception);
	hf_put_u16(out, vector->tag);
	hf_put_bytes(out, signer.wire, signer.len);

	hf_put_bytes(out, owner.wire, owner.len);
	hf_put_u16(out, vector->covered);
	hf_put_u16(out, 1);
	hf_put_u32(out, TTL);
	hf_put_u16(out, (uint16_t)rdata.len);
	hf_put_bytes(out, rdata.data, rdata.len);
	assert_int_equal(hf_buf_check(out), HF_OK);
	hf_buf_done(&rdata);
}

struct hf_rdata rdata_of(const struct hf_buf *buf)
{
	return (struct hf_rdata){buf->data, (uint16_t)buf->len};
}
