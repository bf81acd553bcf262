/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sign/apex.h"

#include <inttypes.h>
#include <string.h>

#include "sign/input.h"
#include "zone/zonemd.h"

#define ZONEMD_DIGEST 48 /* SHA-384 */

/* ---- serial ---- */

/* YYYYMMDD00 of a point in time. */
static uint32_t date_serial(hf_time at)
{
	char text[HF_TIME_TEXT];
	uint32_t serial = 0;
	hf_time_compact(at, text);
	for (unsigned i = 0; i < 8 && text[i] >= '0' && text[i] <= '9'; i++)
		serial = serial * 10 + (uint32_t)(text[i] - '0');
	return serial * 100;
}

/* The policy's serial when it is later than `base`, else the one after `base`. */
static uint32_t not_before(uint32_t wanted, uint32_t base)
{
	return hf_serial_before(base, wanted) ? wanted : base + 1;
}

enum hf_err hf_apex_serial(
        const struct hf_sign_job *job, uint32_t current, struct hf_diag *diag, uint32_t *ret_serial)
{
	struct hf_soa before;
	bool has_before = job->previous != NULL && hf_version_soa(job->previous, &before);
	uint32_t base = current;

	if (has_before && hf_serial_before(current, before.serial))
		base = before.serial;
	switch (job->options->serial) {
	case HF_SERIAL_KEEP:
		if (has_before && !hf_serial_before(before.serial, current))
			return hf_fail(diag, HF_ERR_REFUSED,
			        "the serial %" PRIu32 " is not later than the previous version's "
			        "%" PRIu32 ", so that secondaries would not transfer the zone; "
			        "raise it in the SOA record, or use --serial increment",
			        current, before.serial);
		*ret_serial = current;
		return HF_OK;
	case HF_SERIAL_INCREMENT:
		*ret_serial = base + 1;
		return HF_OK;
	case HF_SERIAL_DATE:
		*ret_serial = not_before(date_serial(job->options->at), base);
		return HF_OK;
	case HF_SERIAL_UNIXTIME:
		*ret_serial = not_before(hf_time_to_stamp(job->options->at), base);
		return HF_OK;
	}
	return hf_fail(diag, HF_ERR_INVALID, "no such serial policy");
}

/* ---- sets ---- */

/* The apex in the making. */
struct making {
	const struct hf_sign_plan *plan;
	struct hf_node_builder *builder;
	struct hf_buf buf;
	uint32_t key_ttl;
	bool cds_ours; /* the keys' CDS and CDNSKEY records replace the zone's */
};

static struct hf_rdata rdata_of(const struct hf_buf *buf)
{
	return (struct hf_rdata){.data = buf->data, .len = (uint16_t)buf->len};
}

/* Adds what the buffer holds as a record. */
static enum hf_err add(struct making *making, uint16_t type, uint32_t ttl)
{
	enum hf_err err = hf_buf_check(&making->buf);
	if (err != HF_OK)
		return err;
	return hf_node_add(making->builder, type, ttl, rdata_of(&making->buf));
}

/* The same key, published in any form: the REVOKE bit apart. */
static bool same_key(struct hf_rdata a, struct hf_rdata b)
{
	struct hf_dnskey x, y;
	if (!hf_dnskey_read(a, &x) || !hf_dnskey_read(b, &y))
		return false;
	return ((x.flags ^ y.flags) & ~HF_DNSKEY_REVOKE) == 0 && x.protocol == y.protocol &&
	       x.algorithm == y.algorithm && x.key_len == y.key_len &&
	       memcmp(x.key, y.key, x.key_len) == 0;
}

static const struct hf_sign_key *ours(const struct hf_sign_plan *plan, struct hf_rdata dnskey)
{
	for (size_t i = 0; i < plan->keys.count; i++)
		if (same_key(hf_sign_key_rdata(&plan->keys.keys[i]), dnskey))
			return &plan->keys.keys[i];
	return NULL;
}

/*
 * DNSKEY records of the input that are none of our keys stay: they announce a key that signs
 * elsewhere. Those of our keys are published as their times say, not as the input does.
 */
static enum hf_err keep_dnskeys(struct making *making, const struct hf_rrset *set)
{
	const struct hf_sign_job *job = making->plan->job;
	struct hf_rdata_walk walk = hf_rrset_rrs(set);
	char text[HF_SIGN_KEY_TEXT], name[32];
	struct hf_rdata rdata;
	struct hf_dnskey fields;

	while (hf_rdata_next(&walk, &rdata)) {
		const struct hf_sign_key *key = ours(making->plan, rdata);
		if (key != NULL && !key->published)
			hf_diag_add(job->warnings, NULL, 0,
			        "the zone's DNSKEY record of %s is left out, as the key's times "
			        "say; change them if it should be published",
			        hf_sign_key_text(key, text));
		if (key != NULL)
			continue;
		if (!hf_dnskey_read(rdata, &fields))
			hf_diag_add(job->warnings, NULL, 0,
			        "the zone has a malformed DNSKEY record; it is kept");
		else
			hf_diag_add(job->warnings, NULL, 0,
			        "the zone's DNSKEY record with tag %u (%s) is none of the keys in "
			        "%s; it is kept, as the key of somebody else who signs this zone",
			        hf_dnskey_tag(rdata), hf_alg_name(fields.algorithm, name),
			        job->keys_from != NULL ? job->keys_from : "DIR");
		enum hf_err err =
		        hf_node_add(making->builder, KNOT_RRTYPE_DNSKEY, making->key_ttl, rdata);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

static enum hf_err add_dnskeys(struct making *making)
{
	const struct hf_sign_keys *keys = &making->plan->keys;
	for (size_t i = 0; i < keys->count; i++) {
		if (!keys->keys[i].published)
			continue;
		enum hf_err err = hf_node_add(making->builder, KNOT_RRTYPE_DNSKEY, making->key_ttl,
		        hf_sign_key_rdata(&keys->keys[i]));
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

/* Whether the parent shall be asked to have a DS record for any key now. */
static bool any_cds(const struct hf_sign_plan *plan)
{
	for (size_t i = 0; i < plan->keys.count; i++)
		if (plan->keys.keys[i].cds)
			return true;
	return false;
}

/* RFC 8078 section 4: "CDS 0 0 0 0" and "CDNSKEY 0 3 0 0". */
static enum hf_err add_cds_delete(struct making *making)
{
	static const uint8_t cds[] = {0, 0, 0, 0, 0}, cdnskey[] = {0, 0, 3, 0, 0};
	enum hf_err err = hf_node_add(making->builder, KNOT_RRTYPE_CDS, making->key_ttl,
	        (struct hf_rdata){cds, sizeof(cds)});
	if (err != HF_OK)
		return err;
	return hf_node_add(making->builder, KNOT_RRTYPE_CDNSKEY, making->key_ttl,
	        (struct hf_rdata){cdnskey, sizeof(cdnskey)});
}

/* One CDS record for each digest type that is asked for. */
static enum hf_err add_cds_of(struct making *making, const struct hf_sign_key *key)
{
	static const uint8_t digests[] = {HF_DIGEST_SHA1, HF_DIGEST_SHA256, HF_DIGEST_SHA384};
	const struct hf_sign_plan *plan = making->plan;
	const struct hf_sign_duties *duties = plan->job->duties;
	unsigned wanted = duties != NULL ? duties->digests : 0;
	enum hf_err err = HF_OK;

	if (wanted == 0)
		wanted = 1u << HF_DIGEST_SHA256;
	for (size_t i = 0; err == HF_OK && i < sizeof(digests); i++) {
		if ((wanted >> digests[i] & 1) == 0)
			continue;
		hf_buf_reset(&making->buf);
		err = hf_ds_put(&making->buf, digests[i], hf_version_apex(plan->zone),
		        hf_sign_key_rdata(key));
		if (err == HF_OK)
			err = add(making, KNOT_RRTYPE_CDS, making->key_ttl);
	}
	return err;
}

static enum hf_err add_cds(struct making *making)
{
	const struct hf_sign_plan *plan = making->plan;
	enum hf_err err = HF_OK;

	if (plan->keys.nobody || plan->options->cds == HF_SIGN_CDS_NONE)
		return HF_OK;
	if (plan->options->cds == HF_SIGN_CDS_DELETE)
		return add_cds_delete(making);
	for (size_t i = 0; err == HF_OK && i < plan->keys.count; i++) {
		const struct hf_sign_key *key = &plan->keys.keys[i];
		if (!key->cds)
			continue;
		err = add_cds_of(making, key);
		if (err == HF_OK)
			err = hf_node_add(making->builder, KNOT_RRTYPE_CDNSKEY, making->key_ttl,
			        hf_sign_key_rdata(key));
	}
	return err;
}

static enum hf_err add_soa(struct making *making, const struct hf_rrset *set)
{
	struct hf_soa soa;
	if (!hf_version_soa(making->plan->zone, &soa))
		return HF_ERR_INVALID;
	soa.serial = making->plan->serial;
	hf_buf_reset(&making->buf);
	hf_soa_put(&making->buf, &soa);
	return add(making, KNOT_RRTYPE_SOA, set->ttl);
}

static enum hf_err add_nsec3param(struct making *making)
{
	const struct hf_nsec3_params *params = &making->plan->nsec3;
	hf_buf_reset(&making->buf);
	hf_put_u8(&making->buf, params->algorithm);
	hf_put_u8(&making->buf, 0); /* no flags here: RFC 5155 section 4.1.2 */
	hf_put_u16(&making->buf, params->iterations);
	hf_put_u8(&making->buf, params->salt_len);
	hf_put_bytes(&making->buf, params->salt, params->salt_len);
	return add(making, KNOT_RRTYPE_NSEC3PARAM, making->plan->denial_ttl);
}

/* ZONEMD RDATA; without a digest, zeros as long as one (RFC 8976 section 3.3). */
static void put_zonemd(struct hf_buf *out, uint32_t serial, const uint8_t *digest)
{
	static const uint8_t zeros[ZONEMD_DIGEST];
	hf_put_u32(out, serial);
	hf_put_u8(out, HF_ZONEMD_SIMPLE);
	hf_put_u8(out, HF_ZONEMD_SHA384);
	hf_put_bytes(out, digest != NULL ? digest : zeros, ZONEMD_DIGEST);
}

/* Records of the input that would say something else than the duties do. */
static enum hf_err leave_out(struct making *making, const struct hf_rrset *set)
{
	const struct hf_sign_job *job = making->plan->job;
	char type[HF_TYPE_TEXT];

	if (job->duties != NULL)
		hf_diag_add(job->warnings, NULL, 0,
		        "the zone's own %s records are left out, because the state of its keys "
		        "decides about them; take them out of the source",
		        hf_type_text(set->type, type));
	return HF_OK;
}

/* What becomes of one set of the input's apex. */
static enum hf_err take_over(struct making *making, const struct hf_rrset *set)
{
	switch (set->type) {
	case KNOT_RRTYPE_SOA:
		return add_soa(making, set);
	case KNOT_RRTYPE_DNSKEY:
		return making->plan->job->duties != NULL ? leave_out(making, set)
		                                         : keep_dnskeys(making, set);
	case KNOT_RRTYPE_CDS:
	case KNOT_RRTYPE_CDNSKEY:
		if (making->cds_ours)
			return leave_out(making, set);
		break;
	case KNOT_RRTYPE_ZONEMD:
		return HF_OK;
	default:
		break;
	}
	return hf_node_add_set(making->builder, set, HF_COPY_RECORDS);
}

static enum hf_err fill(struct making *making, const struct hf_node *apex)
{
	const struct hf_sign_plan *plan = making->plan;
	enum hf_err err = HF_OK;

	hf_node_begin(making->builder, hf_version_apex_key(plan->zone));
	for (size_t i = 0; err == HF_OK && i < hf_node_count(apex); i++) {
		struct hf_rrset set;
		hf_node_at(apex, i, &set);
		err = take_over(making, &set);
	}
	if (err == HF_OK)
		err = add_dnskeys(making);
	if (err == HF_OK && making->cds_ours)
		err = add_cds(making);
	if (err == HF_OK && plan->denies == HF_DENIES_NSEC3)
		err = add_nsec3param(making);
	if (err == HF_OK && plan->zonemd) {
		struct hf_rrset soa;
		hf_node_find(apex, KNOT_RRTYPE_SOA, &soa);
		hf_buf_reset(&making->buf);
		put_zonemd(&making->buf, plan->serial, NULL);
		err = add(making, KNOT_RRTYPE_ZONEMD, soa.ttl);
	}
	return err;
}

static enum hf_err replace_apex(struct hf_version **version, struct hf_node *apex)
{
	struct hf_edit *edit = NULL;
	struct hf_version *next = NULL;

	enum hf_err err = hf_edit_new(*version, &edit);
	if (err == HF_OK)
		err = hf_edit_put(edit, apex);
	if (err == HF_OK)
		err = hf_edit_commit(edit, &next);
	hf_edit_free(edit);
	if (err != HF_OK)
		return err;
	hf_version_unref(*version);
	*version = next;
	return HF_OK;
}

enum hf_err hf_apex_prepare(struct hf_sign_plan *plan, struct hf_diag *diag)
{
	const struct hf_sign_options *options = plan->options;
	const struct hf_node *apex = hf_version_apex_node(plan->zone);
	struct making making = {.plan = plan};
	struct hf_node *node = NULL;
	struct hf_rrset soa;

	if (!hf_node_find(apex, KNOT_RRTYPE_SOA, &soa))
		return HF_ERR_INVALID;
	making.key_ttl = (options->flags & HF_SIGN_DNSKEY_TTL) != 0 ? options->dnskey_ttl
	                 : plan->keys.ttl != 0                      ? plan->keys.ttl
	                                                            : soa.ttl;
	making.cds_ours = plan->job->duties != NULL || options->cds == HF_SIGN_CDS_DELETE ||
	                  (options->cds == HF_SIGN_CDS_AUTO && any_cds(plan));
	enum hf_err err = hf_input_check_ttl(
	        options, hf_version_apex(plan->zone), KNOT_RRTYPE_DNSKEY, making.key_ttl, diag);
	if (err == HF_OK)
		err = hf_node_builder_new(&making.builder);
	if (err == HF_OK)
		err = fill(&making, apex);
	if (err == HF_OK)
		err = hf_node_finish(making.builder, &node);
	if (err == HF_OK)
		err = replace_apex(&plan->zone, node);
	hf_node_unref(node);
	hf_node_builder_free(making.builder);
	hf_buf_done(&making.buf);
	return err;
}

/* ---- digest of the zone ---- */

/* The signed apex with another ZONEMD record; every other set keeps its signatures, since the
 * digest is over them. */
static enum hf_err with_digest(struct hf_sign_worker *worker, const struct hf_node *apex,
        const uint8_t digest[static ZONEMD_DIGEST], struct hf_node **ret_node)
{
	const struct hf_sign_plan *plan = worker->plan;
	struct hf_rrset set = {0};

	hf_node_begin(worker->builder, hf_version_apex_key(plan->zone));
	for (size_t i = 0; i < hf_node_count(apex); i++) {
		hf_node_at(apex, i, &set);
		if (set.type == KNOT_RRTYPE_ZONEMD)
			continue;
		enum hf_err err = hf_node_add_set(worker->builder, &set, HF_COPY_ALL);
		if (err != HF_OK)
			return err;
	}
	hf_node_find(apex, KNOT_RRTYPE_ZONEMD, &set);
	hf_sign_worker_single_begin(worker);
	put_zonemd(&worker->single, plan->serial, digest);
	enum hf_err err = hf_sign_worker_single_end(worker, KNOT_RRTYPE_ZONEMD, set.ttl, &set);
	if (err == HF_OK)
		err = hf_sign_worker_sign_set(worker, hf_version_apex(plan->zone), &set, NULL);
	return err != HF_OK ? err : hf_node_finish(worker->builder, ret_node);
}

enum hf_err hf_apex_digest(struct hf_sign_worker *worker, struct hf_version **version)
{
	uint8_t digest[HF_ZONEMD_DIGEST_MAX];
	struct hf_node *node = NULL;
	size_t len = 0;

	enum hf_err err =
	        hf_zonemd_digest(*version, HF_ZONEMD_SIMPLE, HF_ZONEMD_SHA384, digest, &len);
	if (err == HF_OK)
		err = with_digest(worker, hf_version_apex_node(*version), digest, &node);
	if (err == HF_OK)
		err = replace_apex(version, node);
	hf_node_unref(node);
	return err;
}
