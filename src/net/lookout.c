/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/lookout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/lookout_inside.h"

#define MS_PER_SECOND 1000u

/* ---- Places ---- */

enum hf_err hf_place_read(
        const char *text, uint16_t port, struct hf_diag *diag, struct hf_endpoint *ret_endpoint)
{
	if (hf_endpoint_parse(text, port, ret_endpoint) != HF_OK)
		return hf_fail(diag, HF_ERR_INVALID,
		        "\"%s\" is no server; give an IPv4 or IPv6 address, or ADDRESS@PORT", text);
	return HF_OK;
}

void hf_place_write(const struct hf_endpoint *endpoint, char text[static HF_PLACE_MAX])
{
	char form[HF_ENDPOINT_TEXT];
	snprintf(text, HF_PLACE_MAX, "%s", hf_endpoint_text(endpoint, form));
}

/* ---- Asking ---- */

bool hf_lookout_says(const struct hf_message *message)
{
	return message != NULL &&
	       (message->rcode == HF_RCODE_NOERROR || message->rcode == HF_RCODE_NXDOMAIN);
}

void hf_exchanges_free(struct hf_exchange *exchanges, size_t count)
{
	for (size_t i = 0; exchanges != NULL && i < count; i++)
		hf_exchange_done(&exchanges[i]);
	free(exchanges);
}

static enum hf_err ask_again(struct hf_wire *wire, struct hf_exchange *exchanges, size_t count,
        struct hf_exchange *silent)
{
	size_t silences = 0, next = 0;
	for (size_t i = 0; i < count; i++) {
		if (exchanges[i].end != HF_EXCHANGE_SILENCE)
			continue;
		silent[silences] = exchanges[i];
		silent[silences++].timeout *= 2;
	}
	enum hf_err err = hf_wire_run(wire, silent, silences);
	if (err != HF_OK)
		return err;
	for (size_t i = 0; i < count; i++) {
		if (exchanges[i].end == HF_EXCHANGE_SILENCE)
			exchanges[i] = silent[next++];
	}
	return HF_OK;
}

enum hf_err hf_ask_places(struct hf_wire *wire, struct hf_exchange *exchanges, size_t count)
{
	enum hf_err err = hf_wire_run(wire, exchanges, count);
	if (err != HF_OK)
		return err;
	struct hf_exchange *silent = calloc(count + 1, sizeof(*silent));
	err = silent != NULL ? ask_again(wire, exchanges, count, silent) : HF_ERR_NOMEM;
	for (size_t i = 0; i < count && err != HF_OK; i++)
		hf_exchange_done(&exchanges[i]);
	free(silent);
	return err;
}

/* In doubt later: what was served until then may have been served as long as that. */
hf_time hf_lookout_clock(const struct hf_wire *wire, uint64_t started, hf_time now)
{
	uint64_t passed = hf_wire_now(wire) - started;
	return now + (hf_time)((passed + MS_PER_SECOND - 1) / MS_PER_SECOND);
}

/* ---- What was served ---- */

enum hf_err hf_seen_set_copy(
        const struct hf_message_set *set, uint16_t type, struct hf_seen_set *ret_set)
{
	struct hf_seen_set copy = {.set = {.type = type}};
	if (set == NULL) {
		*ret_set = copy;
		return HF_OK;
	}
	copy.set = set->set;
	copy.bytes = malloc((size_t)set->set.rrs_len + set->set.sigs_len + 1);
	if (copy.bytes == NULL)
		return HF_ERR_NOMEM;
	/* Both may be empty, and then be nowhere. */
	if (set->set.rrs_len > 0)
		memcpy(copy.bytes, set->set.rrs, set->set.rrs_len);
	if (set->set.sigs_len > 0)
		memcpy(copy.bytes + set->set.rrs_len, set->set.sigs, set->set.sigs_len);
	copy.set.rrs = copy.bytes;
	copy.set.sigs = copy.bytes + set->set.rrs_len;
	*ret_set = copy;
	return HF_OK;
}

void hf_seen_set_done(struct hf_seen_set *set)
{
	free(set->bytes);
	*set = (struct hf_seen_set){.bytes = NULL};
}

/* ---- Comparing ---- */

static bool same_bytes(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	return a_len == b_len && (a_len == 0 || memcmp(a, b, a_len) == 0);
}

enum hf_likeness hf_seen_compare(const struct hf_seen *seen, const struct hf_version *version,
        const struct hf_name *name, uint16_t type)
{
	const struct hf_node *node = hf_version_find(version, name);
	struct hf_rrset has;
	bool there = node != NULL && hf_node_has(node, type) && hf_node_find(node, type, &has);
	if (seen->state == HF_SEEN_SILENT || seen->state == HF_SEEN_REFUSED)
		return HF_LIKE_UNKNOWN;
	if (seen->state == HF_SEEN_NONE)
		return there ? HF_LIKE_MISSING : HF_LIKE_SAME;
	const struct hf_rrset *set = &seen->set.set;
	bool same = there && same_bytes(set->rrs, set->rrs_len, has.rrs, has.rrs_len) &&
	            same_bytes(set->sigs, set->sigs_len, has.sigs, has.sigs_len) &&
	            set->ttl <= has.ttl && set->sig_ttl <= has.sig_ttl;
	return same ? HF_LIKE_SAME : HF_LIKE_DIFFERS;
}

static bool serves(const struct hf_zone_sight *sight, const struct hf_sample *samples,
        const struct hf_version *version)
{
	const struct hf_name *apex = hf_version_apex(version);
	if (hf_seen_compare(&sight->soa, version, apex, KNOT_RRTYPE_SOA) != HF_LIKE_SAME ||
	        hf_seen_compare(&sight->dnskey, version, apex, KNOT_RRTYPE_DNSKEY) != HF_LIKE_SAME)
		return false;
	for (size_t i = 0; i < sight->sample_count; i++) {
		enum hf_likeness like = hf_seen_compare(
		        &sight->samples[i], version, &samples[i].name, samples[i].type);
		if (like != HF_LIKE_SAME && like != HF_LIKE_UNKNOWN)
			return false;
	}
	return true;
}

size_t hf_sight_version(const struct hf_zone_sight *sight, const struct hf_sample *samples,
        struct hf_version *const *versions, size_t count)
{
	for (size_t i = 0; i < count && sight->serves; i++) {
		if (serves(sight, samples, versions[i]))
			return i;
	}
	return HF_SERVES_NONE;
}
