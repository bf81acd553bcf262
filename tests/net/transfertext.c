/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transfertext.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "zone/load.h"

#define HEADER_LEN 12
#define ANSWERS_AT 6
#define RESPONSE   0x8400 /* QR, AA */
#define POINTER    0xc000

static struct hf_name zone_name(void)
{
	struct hf_name zone;
	assert_int_equal(hf_name_from_text(TEXT_ZONE, &zone), HF_OK);
	return zone;
}

struct hf_fetch_question text_question(uint16_t type)
{
	return (struct hf_fetch_question){.zone = zone_name(), .type = type, .id = TEXT_ID};
}

void text_begin(struct hf_buf *out, uint16_t type)
{
	const uint16_t header[] = {TEXT_ID, RESPONSE, 1, 0, 0, 0};
	const struct hf_name zone = zone_name();
	hf_buf_reset(out);
	for (size_t i = 0; i < sizeof(header) / sizeof(header[0]); i++)
		hf_put_u16(out, header[i]);
	hf_put_bytes(out, zone.wire, zone.len);
	hf_put_u16(out, type);
	hf_put_u16(out, KNOT_CLASS_IN);
}

static enum hf_err put(void *context, const struct hf_name *owner, uint16_t type, uint32_t ttl,
        struct hf_rdata rdata, const char *file, uint64_t line)
{
	struct hf_buf *out = context;
	const struct hf_name zone = zone_name();
	if (hf_name_is_under(owner, &zone)) {
		hf_put_bytes(out, owner->wire, (size_t)owner->len - zone.len);
		hf_put_u16(out, POINTER | HEADER_LEN);
	} else {
		hf_put_bytes(out, owner->wire, owner->len);
	}
	hf_put_u16(out, type);
	hf_put_u16(out, KNOT_CLASS_IN);
	hf_put_u32(out, ttl);
	hf_put_u16(out, rdata.len);
	hf_put_bytes(out, rdata.data, rdata.len);
	hf_write_u16(out->data + ANSWERS_AT, (uint16_t)(hf_read_u16(out->data + ANSWERS_AT) + 1));
	return hf_buf_check(out);
}

void text_records(struct hf_buf *out, const char *text)
{
	const struct hf_name zone = zone_name();
	const struct hf_reading reading = {.origin = &zone, .visit = put, .context = out};
	const struct hf_stretch stretch = {
	        .name = "test", .text = text, .len = strlen(text), .line = 1};
	if (stretch.len > 0)
		assert_int_equal(hf_records_read(&reading, &stretch), HF_OK);
}

struct hf_version *text_version(const char *text)
{
	const struct hf_load_options options = {.origin = TEXT_ZONE};
	struct hf_version *version;
	assert_int_equal(
	        hf_zone_load_text("test", text, strlen(text), &options, NULL, &version), HF_OK);
	return version;
}

static enum hf_err differ(void *context, const struct hf_node *before, const struct hf_node *after)
{
	return HF_ERR_DISAGREE;
}

bool text_same(const struct hf_version *a, const struct hf_version *b)
{
	return hf_version_diff(a, b, differ, NULL) == HF_OK;
}
