/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plain lines are read past libzscanner. The oracle is libzscanner itself, which reads the same
 * text to its end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <libzscanner/scanner.h>

#include "zone/quickline.h"
#include "zone/records.h"

#define FILE_NAME "memory"

/* ---- Reading, as text that can be compared ---- */

static enum hf_err note(void *context, const struct hf_name *owner, uint16_t type, uint32_t ttl,
        struct hf_rdata rdata, const char *file, uint64_t line)
{
	struct hf_buf *out = context;
	hf_put_format(out, "%llu ", (unsigned long long)line);
	for (size_t i = 0; i < owner->len; i++)
		hf_put_format(out, "%02x", owner->wire[i]);
	hf_put_format(out, " %u %u ", type, ttl);
	for (size_t i = 0; i < rdata.len; i++)
		hf_put_format(out, "%02x", rdata.data[i]);
	hf_put_u8(out, '\n');
	return HF_OK;
}

static const struct hf_name origin = {9, {7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0}};

/* Records, and what is wrong, each with its line. */
static char *read_here(const char *text, size_t len)
{
	struct hf_buf out = {0};
	struct hf_diag diag;
	hf_diag_init(&diag, 1000);
	struct hf_reading reading = {
	        .origin = &origin, .visit = note, .context = &out, .diag = &diag};
	struct hf_stretch stretch = {.name = FILE_NAME, .text = text, .len = len, .line = 1};
	enum hf_err err = hf_records_read(&reading, &stretch);
	assert_int_equal(err, diag.count > 0 ? HF_ERR_SYNTAX : HF_OK);
	for (size_t i = 0; i < diag.count; i++) {
		if (diag.entries[i].line > 0) /* else it is about the text as a whole */
			hf_put_format(
			        &out, "%llu wrong\n", (unsigned long long)diag.entries[i].line);
	}
	hf_diag_done(&diag);
	hf_put_u8(&out, 0);
	assert_int_equal(hf_buf_check(&out), HF_OK);
	return (char *)out.data;
}

static void note_scanned(zs_scanner_t *scanner, struct hf_buf *records, struct hf_buf *wrong)
{
	uint64_t line = scanner->line_counter;
	uint16_t len = (uint16_t)scanner->r_data_length;
	if (scanner->state == ZS_STATE_DATA && scanner->r_ttl <= INT32_MAX &&
	        !hf_type_is_meta(scanner->r_type) &&
	        hf_rdata_canonical(scanner->r_type, scanner->r_data, len) == HF_OK) {
		struct hf_name owner = {.len = (uint8_t)scanner->r_owner_length};
		memcpy(owner.wire, scanner->r_owner, owner.len);
		assert_int_equal(note(records, &owner, scanner->r_type, scanner->r_ttl,
		                         (struct hf_rdata){scanner->r_data, len}, NULL, line),
		        HF_OK);
	} else if (line > 0) { /* as above */
		hf_put_format(wrong, "%llu wrong\n", (unsigned long long)line);
	}
}

static char *read_by_libzscanner(const char *text, size_t len)
{
	static zs_scanner_t scanner;
	struct hf_buf records = {0}, wrong = {0};
	assert_int_equal(zs_init(&scanner, "example.", KNOT_CLASS_IN, HF_LOAD_DEFAULT_TTL), 0);
	assert_int_equal(zs_set_input_string(&scanner, text, len), 0);
	while (zs_parse_record(&scanner) == 0 && scanner.state != ZS_STATE_EOF)
		note_scanned(&scanner, &records, &wrong);
	zs_deinit(&scanner);
	hf_put_bytes(&records, wrong.data, wrong.len);
	hf_put_u8(&records, 0);
	assert_int_equal(hf_buf_check(&records), HF_OK);
	hf_buf_done(&wrong);
	return (char *)records.data;
}

static void both_ways(const char *text, size_t len)
{
	char *here = read_here(text, len), *there = read_by_libzscanner(text, len);
	size_t same = 0;
	while (here[same] != '\0' && here[same] == there[same])
		same++;
	while (same > 0 && here[same - 1] != '\n')
		same--;
	if (strcmp(here, there) != 0) {
		print_error(
		        "read here:\n%s\nread by libzscanner:\n%s\n", here + same, there + same);
		fail_msg("%.*s", (int)len, text);
	}
	free(here);
	free(there);
}

/* ---- Lines made up from pieces ---- */

static uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);

static unsigned draw(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % below;
}

#define ONE_OF(list) list[draw(sizeof(list) / sizeof(list[0]))]

static void put_blank(struct hf_buf *out)
{
	static const char *const blanks[] = {" ", " ", " ", "\t", "\t", "  ", " \t "};
	hf_put_text(out, ONE_OF(blanks));
}

static void put_field(struct hf_buf *out, const char *text)
{
	put_blank(out);
	hf_put_text(out, text);
}

static void put_number(struct hf_buf *out, unsigned most)
{
	put_blank(out);
	if (draw(20) == 0)
		hf_put_text(out, "0");
	hf_put_decimal(out, draw(30) == 0 ? (uint64_t)most + draw(3) : draw(most));
}

static void put_name(struct hf_buf *out)
{
	static const char letters[] = "abcXYZ019-_*/";
	unsigned labels = draw(40) == 0 ? 20 + draw(20) : 1 + draw(4);
	for (unsigned i = 0; i < labels; i++) {
		unsigned len = draw(60) == 0 ? 60 + draw(6) : 1 + draw(8);
		hf_put_text(out, i > 0 ? "." : "");
		while (len-- > 0)
			hf_put_u8(out, (uint8_t)letters[draw(sizeof(letters) - 1)]);
	}
	hf_put_text(out, draw(2) ? "." : "");
}

static void put_digits(struct hf_buf *out, const char *alphabet, unsigned count)
{
	while (count-- > 0)
		hf_put_u8(out, (uint8_t)alphabet[draw((unsigned)strlen(alphabet))]);
}

static void put_base64(struct hf_buf *out)
{
	static const char digits[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static const char *const ends[] = {
	        "", "", "", "AA==", "AQ==", "Ag==", "AAA=", "AAE=", "AAI=", "A===", "=", "AB"};
	put_blank(out);
	put_digits(out, digits, 4 * (1 + draw(draw(10) == 0 ? 260 : 24)));
	hf_put_text(out, ONE_OF(ends));
}

static void put_date(struct hf_buf *out)
{
	char text[32];
	unsigned year = draw(20) == 0 ? 1900 + draw(300) : 1970 + draw(136);
	snprintf(text, sizeof(text), "%04u%02u%02u%02u%02u%02u", year, 1 + draw(12), 1 + draw(31),
	        draw(24), draw(60), draw(60));
	put_field(out, draw(20) == 0 ? "1700000000" : text);
}

static void put_types(struct hf_buf *out)
{
	static const char *const types[] = {
	        "A", "NS", "SOA", "MX", "TXT", "AAAA", "DS", "RRSIG", "NSEC", "DNSKEY", "CAA"};
	static const char *const odd[] = {"TYPE65400", "a", "B", "ZONEMD", "NSEC"};
	for (size_t i = draw(4); i < sizeof(types) / sizeof(types[0]); i += 1 + draw(5))
		put_field(out, types[i]);
	if (draw(8) == 0)
		put_field(out, ONE_OF(odd));
}

static void put_rdata(struct hf_buf *out, const char *type)
{
	static const char hex[] = "0123456789abcdefABCDEF";
	static const char base32[] = "0123456789abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUV";
	static const char *const v4[] = {"192.0.2.1", "0.0.0.0", "255.255.255.255", "256.1.1.1",
	        "1.2.3", "01.2.3.4", "1.2.3.4.5", "::1"};
	static const char *const v6[] = {"2001:db8::1", "::", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8",
	        "1::2::3", "fe80::1%1", "2001:DB8::A", "1:2:3:4:5:6:7:8:9"};
	if (strcmp(type, "A") == 0) {
		put_field(out, ONE_OF(v4));
	} else if (strcmp(type, "AAAA") == 0) {
		put_field(out, ONE_OF(v6));
	} else if (strcmp(type, "DS") == 0) {
		put_number(out, 65535);
		put_number(out, 255);
		put_number(out, 255);
		put_blank(out);
		put_digits(out, hex, draw(10) == 0 ? draw(9) : 64);
	} else if (strcmp(type, "RRSIG") == 0) {
		put_field(out, draw(9) == 0 ? "TYPE1" : "NS");
		put_number(out, 255);
		put_number(out, 255);
		put_number(out, UINT32_MAX);
		put_date(out);
		put_date(out);
		put_number(out, 65535);
		put_blank(out);
		put_name(out);
		put_base64(out);
	} else if (strcmp(type, "NSEC3") == 0) {
		put_number(out, 255);
		put_number(out, 255);
		put_number(out, 65535);
		put_blank(out);
		if (draw(2))
			put_digits(out, hex, 2 * draw(300) + 2);
		else
			hf_put_text(out, "-");
		put_blank(out);
		put_digits(out, base32, draw(10) == 0 ? 8 * draw(6) : 32);
		put_types(out);
	} else {
		if (strcmp(type, "MX") == 0)
			put_number(out, 65535);
		put_blank(out);
		put_name(out);
		if (strcmp(type, "NSEC") == 0)
			put_types(out);
	}
}

static void put_line(struct hf_buf *out)
{
	static const char *const types[] = {"A", "AAAA", "NS", "DS", "RRSIG", "NSEC", "NSEC3", "MX",
	        "CNAME", "PTR", "DNAME", "ns"};
	const char *type = ONE_OF(types);
	unsigned head = draw(6);
	if (draw(8) != 0) /* else the owner of the line before */
		put_name(out);
	if (head == 0 || head == 1)
		put_field(out, draw(10) == 0 ? "in" : "IN");
	if (head >= 1 && head <= 3)
		put_number(out, 0x7fffffff);
	if (head == 3 || head == 4)
		put_field(out, "IN");
	if (head == 5 && draw(10) == 0)
		put_field(out, "1h");
	put_field(out, type);
	put_rdata(out, type);
	if (draw(10) == 0)
		put_blank(out);
	hf_put_u8(out, '\n');
}

/* Lines that begin something else. */
static void put_other(struct hf_buf *out)
{
	static const char *const others[] = {"$ORIGIN a.example.\n", "$ORIGIN b\n", "$TTL 77\n",
	        "$TTL 1h\n", "\n", "  \n", "; a comment\n", "\t A 192.0.2.7\n", "@ NS x\n",
	        "m A ( 192.0.2.1\n )\n", "m MX ( 1\n\n mail )\n", "bad\n", "t TXT \"a b\"\n",
	        "e\\.f A 192.0.2.2\n", "c A 192.0.2.3 ; why\n", "g TYPE65400 \\# 1 00\n",
	        "w ANY x\n", ". NS .\n", "m A 192.0.2.1 )\n",
	        "x A 192.0.2.9\n\tAAAA 2001:db8::9\n"};
	hf_put_text(out, ONE_OF(others));
}

/* Now and then a byte that nobody expects. */
static void put_odd_byte(struct hf_buf *text)
{
	static const uint8_t bytes[] = {
	        '\r', 0, ';', '(', ')', '"', '\\', '@', '$', '.', '=', ' ', 0x80, 'a', '0'};
	size_t at = draw((unsigned)text->len);
	if (draw(3) == 0)
		text->data[at] = bytes[draw(sizeof(bytes))];
}

static void made_up_texts(void **state)
{
	struct hf_buf text = {0};
	for (unsigned round = 0; round < 1500; round++) {
		hf_buf_reset(&text);
		for (unsigned lines = 1 + draw(12); lines > 0; lines--) {
			if (draw(4) == 0)
				put_other(&text);
			else
				put_line(&text);
		}
		put_odd_byte(&text);
		assert_int_equal(hf_buf_check(&text), HF_OK);
		both_ways((const char *)text.data, text.len);
	}
	hf_buf_done(&text);
}

/* ---- What must be quick ---- */

static void frequent_forms_are_read_here(void **state)
{
	static const char *const lines[] = {
	        "a.example.\t3600\tIN\tA\t192.0.2.1\n",
	        "a NS ns1.example.\n",
	        "a 60 DS 1 13 2 00ff\n",
	        "a.example.\t60\tIN\tRRSIG\tDS 13 2 60 20300101000000 20291231000000 5 example. "
	        "AAAA\n",
	        "a.example.\t60\tIN\tNSEC\tb.example. NS DS RRSIG NSEC\n",
	        "0123456789abcdefghijklmnopqrstuv.example. 60 IN NSEC3 1 0 0 - "
	        "0123456789abcdefghijklmnopqrstuv A RRSIG\n",
	};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct hf_quickline line = {.origin = origin, .has_origin = true};
		const char *end = lines[i] + strlen(lines[i]);
		assert_ptr_equal(hf_quickline_read(&line, lines[i], end), end - 1);
		/* Nothing behind the end is looked at, and no part of a line is a line. */
		for (const char *cut = lines[i]; cut < end; cut++) {
			size_t len = (size_t)(cut - lines[i]);
			char *copy = malloc(len + 1);
			assert_non_null(copy);
			memcpy(copy, lines[i], len);
			struct hf_quickline part = {.origin = origin, .has_origin = true};
			assert_null(hf_quickline_read(&part, copy, copy + len));
			free(copy);
		}
	}
}

static void owners_are_kept_only_while_they_hold(void **state)
{
	static const char text[] = "a 1 A 192.0.2.1\na 1 A 192.0.2.2\naa 1 A 192.0.2.3\n"
	                           "$ORIGIN b.example.\na 1 A 192.0.2.4\n\t1 A 192.0.2.5\n";
	both_ways(text, sizeof(text) - 1);
	char *all = read_here(text, sizeof(text) - 1);
	assert_non_null(strstr(all, "5 016101620765"));
	assert_non_null(strstr(all, "6 016101620765"));
	free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(frequent_forms_are_read_here),
	        cmocka_unit_test(owners_are_kept_only_while_they_hold),
	        cmocka_unit_test(made_up_texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
