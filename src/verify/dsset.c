/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/dsset.h"

#include <stdlib.h>

#include "crypto/digest.h"
#include "zone/load.h"

struct reader {
	const char *path;
	const struct hf_name *zone;
	struct hf_diag *diag;
	struct hf_dsset set;
	uint16_t lens[HF_DSSET_MAX]; /* of the records; their bytes may still move */
};

void hf_dsset_done(struct hf_dsset *set)
{
	free(set->records);
	hf_buf_done(&set->bytes);
	*set = (struct hf_dsset){.count = 0};
}

static enum hf_err take(void *context, const struct hf_name *owner, uint16_t type, uint32_t ttl,
        struct hf_rdata rdata, const char *file, uint64_t line)
{
	(void)ttl;
	struct reader *reader = context;
	struct hf_dsset *set = &reader->set;
	char name[HF_NAME_TEXT], zone[HF_NAME_TEXT], text[HF_TYPE_TEXT];
	if (!hf_name_equal(owner, reader->zone))
		return hf_fail_at(reader->diag, HF_ERR_INVALID, file, line,
		        "this record is for %s, but the zone is %s: give the DS set of the zone",
		        hf_name_text(owner, name), hf_name_text(reader->zone, zone));
	if (type != KNOT_RRTYPE_DS && type != KNOT_RRTYPE_DNSKEY)
		return hf_fail_at(reader->diag, HF_ERR_INVALID, file, line,
		        "this is a record of type %s: give DS records, or DNSKEY records to make "
		        "them from",
		        hf_type_text(type, text));
	if (set->count == HF_DSSET_MAX)
		return hf_fail_at(reader->diag, HF_ERR_LIMIT, file, line,
		        "there are more than %d records: give the DS set of one zone",
		        HF_DSSET_MAX);
	size_t before = set->bytes.len;
	if (type == KNOT_RRTYPE_DS) {
		hf_put_bytes(&set->bytes, rdata.data, rdata.len);
	} else {
		enum hf_err err = hf_ds_put(&set->bytes, HF_DIGEST_SHA256, reader->zone, rdata);
		if (err != HF_OK)
			return hf_fail_at(reader->diag, err, file, line,
			        "no DS can be made from this DNSKEY: %s", hf_err_text(err));
	}
	reader->lens[set->count++] = (uint16_t)(set->bytes.len - before);
	return hf_buf_check(&set->bytes);
}

static enum hf_err finish(struct reader *reader, struct hf_dsset *ret_set)
{
	struct hf_dsset *set = &reader->set;
	if (set->count == 0)
		return hf_fail_at(reader->diag, HF_ERR_NOTFOUND, reader->path, 0,
		        "there is no DS record in it: give the DS set of the zone");
	set->records = calloc(set->count, sizeof(*set->records));
	if (set->records == NULL)
		return HF_ERR_NOMEM;
	size_t at = 0;
	for (size_t i = 0; i < set->count; i++) {
		set->records[i] =
		        (struct hf_rdata){.data = set->bytes.data + at, .len = reader->lens[i]};
		at += reader->lens[i];
	}
	*ret_set = *set;
	return HF_OK;
}

enum hf_err hf_dsset_load(const char *path, const struct hf_name *zone, struct hf_diag *diag,
        struct hf_dsset *ret_set)
{
	struct reader reader = {.path = path, .zone = zone, .diag = diag};
	char origin[HF_NAME_TEXT];
	const struct hf_load_options options = {.origin = hf_name_text(zone, origin)};
	enum hf_err err = hf_records_load(path, &options, take, &reader, diag);
	if (err == HF_OK)
		err = finish(&reader, ret_set);
	if (err != HF_OK)
		hf_dsset_done(&reader.set);
	return err;
}
