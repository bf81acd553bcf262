/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chain/trace.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain/affected.h"
#include "chain/trace_build.h"
#include "crypto/alg.h"

#define NOTES 32 /* sentences that are kept */

static void free_link(struct hf_link *link)
{
	for (size_t i = 0; i < link->server_count; i++)
		free(link->servers[i]);
	for (size_t i = 0; i < link->liar_count; i++) {
		free(link->liars[i].server);
		free(link->liars[i].text);
	}
	free(link->servers);
	free(link->liars);
	free(link->ds);
	free(link->keys);
	free(link->sigs);
	free(link->detail);
}

static void free_broken(struct hf_broken *broken)
{
	free(broken->cause);
	free(broken->fix);
	free(broken->affected);
}

void hf_trace_done(struct hf_trace *trace)
{
	for (size_t i = 0; i < trace->link_count; i++)
		free_link(&trace->links[i]);
	for (size_t i = 0; i < trace->answer_count; i++)
		free(trace->answer[i].bytes);
	for (size_t i = 0; i < trace->note_count; i++)
		free(trace->notes[i]);
	free_broken(&trace->broken);
	free(trace->links);
	free(trace->answer);
	free(trace->notes);
	*trace = (struct hf_trace){0};
}

const char *hf_link_key_role(const struct hf_link_key *key)
{
	if (key->signs_keys && key->signs_data)
		return "CSK";
	if (key->signs_keys)
		return "KSK";
	if (key->signs_data)
		return "ZSK";
	return (key->flags & HF_DNSKEY_SEP) != 0 ? "KSK" : "ZSK";
}

/* ---- Lists ---- */

enum hf_err hf_trace_add_link(struct hf_trace *trace, const struct hf_name *zone, size_t *ret_index)
{
	struct hf_link *links =
	        reallocarray(trace->links, trace->link_count + 1, sizeof(*trace->links));
	if (links == NULL)
		return HF_ERR_NOMEM;
	trace->links = links;
	links[trace->link_count] = (struct hf_link){.zone = *zone};
	*ret_index = trace->link_count++;
	return HF_OK;
}

/* A copy of the text at the end of a list of texts. */
static enum hf_err add_text(char ***list, size_t *count, const char *text)
{
	char **larger = reallocarray(*list, *count + 1, sizeof(*larger));
	if (larger == NULL)
		return HF_ERR_NOMEM;
	*list = larger;
	larger[*count] = strdup(text);
	if (larger[*count] == NULL)
		return HF_ERR_NOMEM;
	(*count)++;
	return HF_OK;
}

enum hf_err hf_link_add_server(struct hf_link *link, const char *server)
{
	if (server == NULL)
		return HF_OK;
	for (size_t i = 0; i < link->server_count; i++)
		if (strcmp(link->servers[i], server) == 0)
			return HF_OK;
	return add_text(&link->servers, &link->server_count, server);
}

enum hf_err hf_link_add_liar(struct hf_link *link, const char *server, const char *text)
{
	struct hf_link_liar *liars =
	        reallocarray(link->liars, link->liar_count + 1, sizeof(*liars));
	if (liars == NULL)
		return HF_ERR_NOMEM;
	link->liars = liars;
	struct hf_link_liar *liar = &liars[link->liar_count++];
	*liar = (struct hf_link_liar){
	        .server = strdup(server != NULL ? server : "a server"), .text = strdup(text)};
	return liar->server != NULL && liar->text != NULL ? HF_OK : HF_ERR_NOMEM;
}

enum hf_err hf_text_take(struct hf_buf *buf, char **ret_text)
{
	hf_put_u8(buf, 0);
	enum hf_err err = hf_buf_check(buf);
	if (err != HF_OK)
		return err;
	*ret_text = (char *)buf->data;
	*buf = (struct hf_buf){0};
	return HF_OK;
}

enum hf_err hf_trace_add_note(struct hf_trace *trace, const char *format, ...)
{
	char *text;
	va_list args;
	if (trace->note_count >= NOTES)
		return HF_OK;
	va_start(args, format);
	int len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		return HF_ERR_NOMEM;
	enum hf_err err = add_text(&trace->notes, &trace->note_count, text);
	free(text);
	return err;
}

enum hf_err hf_trace_add_answer(
        struct hf_trace *trace, const struct hf_message_set *set, uint32_t ttl)
{
	struct hf_trace_set *answer =
	        reallocarray(trace->answer, trace->answer_count + 1, sizeof(*answer));
	if (answer == NULL)
		return HF_ERR_NOMEM;
	trace->answer = answer;
	struct hf_trace_set *copy = &answer[trace->answer_count];
	*copy = (struct hf_trace_set){.owner = set->owner, .set = set->set};
	copy->bytes = malloc((size_t)set->set.rrs_len + set->set.sigs_len + 1);
	if (copy->bytes == NULL)
		return HF_ERR_NOMEM;
	/* Both may be empty, and then be nowhere. */
	if (set->set.rrs_len > 0)
		memcpy(copy->bytes, set->set.rrs, set->set.rrs_len);
	if (set->set.sigs_len > 0)
		memcpy(copy->bytes + set->set.rrs_len, set->set.sigs, set->set.sigs_len);
	copy->set.rrs = copy->bytes;
	copy->set.sigs = copy->bytes + set->set.rrs_len;
	copy->set.ttl = ttl;
	trace->answer_count++;
	return HF_OK;
}

/* ---- Words ---- */

static enum hf_err fault_text(const struct hf_fault *fault, hf_time at, char **ret_text)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
	hf_fault_put_text(&out, fault, at);
	return hf_text_take(&out, ret_text);
}

static enum hf_err fix_text(const struct hf_fault *fault, char **ret_text)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
	hf_fault_put_fix(&out, fault);
	return hf_text_take(&out, ret_text);
}

static enum hf_err affected_text(
        const struct hf_link *link, const struct hf_fault *fault, hf_time at, char **ret_text)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
	bool is_link = hf_name_equal(&link->zone, &fault->zone);
	const struct hf_scene scene = {
	        .now = at,
	        .ds_ttl = is_link ? link->ds_ttl : 0,
	        .key_ttl = is_link ? link->key_ttl : 0,
	};
	hf_fault_put_affected(&out, fault, &scene);
	return hf_text_take(&out, ret_text);
}

/* How bad a status is. */
static int weight(enum hf_chain_status status)
{
	static const int weights[] = {
	        [HF_CHAIN_SECURE] = 0,
	        [HF_CHAIN_INSECURE] = 1,
	        [HF_CHAIN_INDETERMINATE] = 2,
	        [HF_CHAIN_BOGUS] = 3,
	};
	return weights[status];
}

static enum hf_err set_detail(struct hf_link *link, const char *text)
{
	char *copy = strdup(text);
	if (copy == NULL)
		return HF_ERR_NOMEM;
	free(link->detail);
	link->detail = copy;
	return HF_OK;
}

enum hf_err hf_trace_set_broken(struct hf_trace *trace, size_t index, const struct hf_fault *fault)
{
	struct hf_link *link = &trace->links[index];
	enum hf_chain_status status = hf_cause_info(fault->cause)->status;
	struct hf_broken broken = {.link = index, .fault = *fault};
	broken.fault.words = NULL; /* in the sentence from here on */
	enum hf_err err = fault_text(fault, trace->at, &broken.cause);
	if (err == HF_OK)
		err = fix_text(fault, &broken.fix);
	if (err == HF_OK)
		err = affected_text(link, fault, trace->at, &broken.affected);
	if (err == HF_OK && weight(status) > weight(link->status)) {
		link->status = status;
		link->cause = fault->cause;
		err = set_detail(link, broken.cause);
	}
	if (err != HF_OK || (trace->has_broken && weight(status) <= weight(trace->status))) {
		free_broken(&broken);
		return err;
	}
	free_broken(&trace->broken);
	trace->broken = broken;
	trace->has_broken = true;
	trace->status = status;
	return HF_OK;
}

static void put_description(struct hf_buf *out, const struct hf_link *link)
{
	char alg[32], digest[32], at[HF_TIME_TEXT];
	for (size_t i = 0; i < link->ds_count; i++) {
		const struct hf_link_ds *ds = &link->ds[i];
		if (ds->key < 0)
			continue;
		const struct hf_link_key *key = &link->keys[ds->key];
		if (!key->signs_keys)
			continue;
		if (out->len > 0)
			hf_put_text(out, "; ");
		hf_put_format(out, "%s %u (%s) stands for %s %u (%s), which signs the DNSKEY set",
		        link->is_anchor ? "trust anchor" : "DS", ds->tag,
		        ds->digest_type != 0 ? hf_digest_name(ds->digest_type, digest) : "DNSKEY",
		        hf_link_key_role(key), key->tag, hf_alg_name(key->algorithm, alg));
	}
	for (size_t i = 0; i < link->sig_count; i++) {
		const struct hf_link_sig *sig = &link->sigs[i];
		if (sig->cause == HF_CAUSE_NONE && sig->covered == KNOT_RRTYPE_DNSKEY)
			hf_put_format(out, "; the signature by %u holds until %s", sig->tag,
			        hf_time_rfc3339(sig->expiration, at));
	}
}

enum hf_err hf_trace_describe(struct hf_trace *trace, size_t index)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {0};
	struct hf_link *link = &trace->links[index];
	char *text;
	put_description(&out, link);
	enum hf_err err = hf_text_take(&out, &text);
	if (err != HF_OK)
		return err;
	free(link->detail);
	link->detail = text;
	return HF_OK;
}

static void add_ede(struct hf_trace *trace, int code)
{
	for (size_t i = 0; i < trace->ede_count; i++)
		if (trace->ede[i] == code)
			return;
	if (code >= 0 && trace->ede_count < HF_TRACE_EDES)
		trace->ede[trace->ede_count++] = (uint16_t)code;
}

void hf_trace_finish(struct hf_trace *trace)
{
	bool fails =
	        trace->status == HF_CHAIN_BOGUS ||
	        (trace->status == HF_CHAIN_INDETERMINATE &&
	                !(trace->has_broken && trace->broken.fault.cause == HF_CAUSE_NO_ANCHOR));
	trace->validating_rcode = fails ? HF_RCODE_SERVFAIL : trace->rcode;
	if (!trace->has_broken)
		return;
	add_ede(trace, hf_cause_info(trace->broken.fault.cause)->ede);
	if (trace->status == HF_CHAIN_BOGUS)
		add_ede(trace, hf_cause_info(HF_CAUSE_BAD_SIGNATURE)->ede);
}
