/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unbound_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <unbound.h>

#include "dns/rdatatext.h"

static const char *const zones[PEER_ZONES] = {".", "tld.", "leaf.tld.", "sub.leaf.tld.",
        "plain.tld.", "deep.plain.tld.", "far.ent.plain.tld.", "bare.leaf.tld.", "other."};

void peer_start(struct peer *peer, struct world *world)
{
	struct loopback_server servers[PEER_ZONES];
	for (size_t i = 0; i < PEER_ZONES; i++)
		servers[i] = (struct loopback_server){.world = world, .zone = zones[i]};
	loopback_start(&peer->loopback, servers, PEER_ZONES);
}

void peer_stop(struct peer *peer)
{
	loopback_stop(&peer->loopback);
}

/* ---- Unbound ---- */

static void option(struct ub_ctx *context, const char *name, const char *value)
{
	assert_int_equal(ub_ctx_set_option(context, name, value), 0);
}

static void add_anchors(struct ub_ctx *context, const struct hf_anchors *anchors)
{
	for (size_t i = 0; i < anchors->count; i++) {
		const struct hf_anchor *anchor = &anchors->list[i];
		char zone[HF_NAME_TEXT], type[HF_TYPE_TEXT];
		struct hf_buf text = {0};
		hf_put_format(&text, "%s 3600 IN %s ", hf_name_text(&anchor->zone, zone),
		        hf_type_text(anchor->type, type));
		assert_int_equal(hf_rdata_text(anchor->type,
		                         (struct hf_rdata){anchor->data, anchor->len}, &text),
		        HF_OK);
		hf_put_u8(&text, 0);
		assert_int_equal(ub_ctx_add_ta(context, (const char *)text.data), 0);
		hf_buf_done(&text);
	}
}

static struct ub_ctx *resolver(const struct peer *peer)
{
	struct ub_ctx *context = ub_ctx_create();
	assert_non_null(context);
	option(context, "do-not-query-localhost:", "no");
	option(context, "val-override-date:", "20260115000000");
	/* Unbound lets clocks be wrong by an hour or more; we do not. */
	option(context, "val-sig-skew-min:", "0");
	option(context, "val-sig-skew-max:", "0");
	option(context, "module-config:", "validator iterator");
	option(context, "target-fetch-policy:", "0 0 0 0 0");
	option(context, "do-ip6:", "no");
	for (size_t i = 0; i < PEER_ZONES; i++) {
		char address[32];
		snprintf(address, sizeof(address), "%s@%u", peer->loopback.hosts[i],
		        peer->loopback.port);
		assert_int_equal(ub_ctx_set_stub(context, zones[i], address, 0), 0);
	}
	add_anchors(context, &peer->loopback.servers[0].world->anchors);
	return context;
}

enum peer_verdict peer_ask(const struct peer *peer, const char *name, uint16_t type)
{
	struct ub_ctx *context = resolver(peer);
	struct ub_result *result;
	assert_int_equal(ub_resolve(context, name, type, 1, &result), 0);
	bool fails = result->bogus || result->rcode == HF_RCODE_SERVFAIL;
	enum peer_verdict verdict = fails ? IS_BOGUS : result->secure ? IS_SECURE : IS_INSECURE;
	ub_resolve_free(result);
	ub_ctx_delete(context);
	return verdict;
}

/* ---- Comparing ---- */

const char *peer_word(enum peer_verdict verdict)
{
	static const char *const words[] = {"secure", "insecure", "bogus"};
	return words[verdict];
}

enum peer_verdict peer_ours(struct world *world, const char *name, uint16_t type)
{
	struct hf_chain *chain = world_trace(world, name, type);
	const struct hf_trace *trace = hf_chain_trace(chain);
	enum peer_verdict verdict = IS_INSECURE; /* without an anchor too, for a resolver */
	if (trace->validating_rcode == HF_RCODE_SERVFAIL)
		verdict = IS_BOGUS;
	else if (trace->status == HF_CHAIN_SECURE)
		verdict = IS_SECURE;
	hf_chain_free(chain);
	return verdict;
}
