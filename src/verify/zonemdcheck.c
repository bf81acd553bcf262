/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ZONEMD records against the zone (RFC 8976 section 4). */
#include <string.h>

#include "verify/zonecheck.h"
#include "zone/zonemd.h"

static bool is_supported(const struct hf_zonemd *zonemd)
{
	return zonemd->scheme == HF_ZONEMD_SIMPLE &&
	       (zonemd->algorithm == HF_ZONEMD_SHA384 || zonemd->algorithm == HF_ZONEMD_SHA512);
}

static enum hf_err judge_digest(
        struct hf_worker *worker, const struct hf_where *where, const struct hf_zonemd *zonemd)
{
	uint8_t digest[HF_ZONEMD_DIGEST_MAX];
	size_t len;
	enum hf_err err = hf_zonemd_digest(
	        worker->facts->version, zonemd->scheme, zonemd->algorithm, digest, &len);
	if (err != HF_OK)
		return err;
	if (len != zonemd->digest_len || memcmp(digest, zonemd->digest, len) != 0)
		hf_found(&worker->finds, HF_CHECK_ZONEMD_DIGEST, where,
		        "The digest (scheme %u, algorithm %u) is not that of the zone.",
		        zonemd->scheme, zonemd->algorithm);
	return HF_OK;
}

enum hf_err hf_zonemd_judge(struct hf_worker *worker)
{
	const struct hf_facts *facts = worker->facts;
	const struct hf_node *apex = hf_version_apex_node(facts->version);
	struct hf_rrset set;
	if (apex == NULL || !hf_node_find(apex, KNOT_RRTYPE_ZONEMD, &set))
		return HF_OK;
	struct hf_where where = hf_facts_apex(facts, KNOT_RRTYPE_ZONEMD);
	struct hf_rdata_walk walk = hf_rrset_rrs(&set);
	struct hf_rdata rdata;
	uint8_t seen[3] = {0}; /* by algorithm */
	while (hf_rdata_next(&walk, &rdata)) {
		struct hf_zonemd zonemd;
		if (!hf_zonemd_read(rdata, &zonemd))
			continue;
		if (facts->has_soa && zonemd.serial != facts->soa.serial)
			hf_found(&worker->finds, HF_CHECK_ZONEMD_SERIAL, &where,
			        "The ZONEMD record is for serial %u, the zone has %u.",
			        zonemd.serial, facts->soa.serial);
		if (!is_supported(&zonemd)) {
			hf_found(&worker->finds, HF_CHECK_ZONEMD_UNSUPPORTED, &where,
			        "Scheme %u with algorithm %u is not supported.", zonemd.scheme,
			        zonemd.algorithm);
			continue;
		}
		/* Work stays bounded: each algorithm is computed once. */
		if (seen[zonemd.algorithm]++ > 0) {
			hf_found(&worker->finds, HF_CHECK_ZONEMD_DUPLICATE, &where,
			        "There are two records with scheme %u and algorithm %u.",
			        zonemd.scheme, zonemd.algorithm);
			seen[zonemd.algorithm] = 1;
			continue;
		}
		enum hf_err err = judge_digest(worker, &where, &zonemd);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}
