/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How fast a zone goes out: xfrout_rates FILE [NEXT]
 *
 * Prints seconds, bytes and records of a plain transfer made in memory (alone, and with TSIG), of
 * making an edition that changes 100 names, of the incremental transfer out of it, and the memory
 * that each took beside the zone. With the file of a later version, also of making its edition.
 */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dns/message.h"
#include "net/responder.h"
#include "zone/load.h"

enum { CHANGES = 100 };
static const char KEY[] = "transfer.key.";

static void die(const char *what, const struct hf_diag *diag)
{
	for (size_t i = 0; diag != NULL && i < diag->count; i++)
		fprintf(stderr, "xfrout_rates: %s\n", diag->entries[i].text);
	fprintf(stderr, "xfrout_rates: %s\n", what);
	exit(2);
}

static void must(enum hf_err err, const char *what)
{
	if (err != HF_OK)
		die(what, NULL);
}

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double mebibytes(void)
{
	struct mallinfo2 info = mallinfo2();
	return (double)(info.uordblks + info.hblkhd) / (1 << 20);
}

/* A new serial, and one more TXT record for each of some names all over the zone. */
static struct hf_version *change(const struct hf_version *version)
{
	struct hf_edit *edit;
	struct hf_node_builder *builder;
	struct hf_version *next;
	struct hf_soa soa;
	struct hf_buf rdata = {0};
	size_t count = hf_tree_count(hf_version_names(version)), at = 0;
	struct hf_tree_cursor cursor;
	static const uint8_t words[] = {5, 'w', 'o', 'r', 'd', 's'};

	must(hf_edit_new(version, &edit), "edit");
	must(hf_node_builder_new(&builder), "edit");
	if (!hf_version_soa(version, &soa))
		die("no SOA record", NULL);
	soa.serial++;
	hf_soa_put(&rdata, &soa);
	const struct hf_node *node = hf_tree_first(hf_version_names(version), &cursor);
	for (; node != NULL; node = hf_tree_next(&cursor), at++) {
		bool apex = node == hf_version_apex_node(version);
		if (!apex && at % (count / CHANGES + 1) != 0)
			continue;
		struct hf_key key;
		struct hf_node *made;
		hf_node_owner(node, &key);
		hf_node_begin(builder, &key);
		for (size_t i = 0; i < hf_node_count(node); i++) {
			struct hf_rrset set;
			hf_node_at(node, i, &set);
			if (!apex || set.type != KNOT_RRTYPE_SOA)
				must(hf_node_add_set(builder, &set, HF_COPY_ALL), "edit");
		}
		if (apex)
			must(hf_node_add(builder, KNOT_RRTYPE_SOA, 3600,
			             (struct hf_rdata){rdata.data, (uint16_t)rdata.len}),
			        "edit");
		must(hf_node_add(
		             builder, KNOT_RRTYPE_TXT, 60, (struct hf_rdata){words, sizeof(words)}),
		        "edit");
		must(hf_node_finish(builder, &made), "edit");
		must(hf_edit_put(edit, made), "edit");
		hf_node_unref(made);
	}
	must(hf_edit_commit(edit, &next), "edit");
	hf_edit_free(edit);
	hf_node_builder_free(builder);
	hf_buf_done(&rdata);
	return next;
}

/* A responder with one zone, for anybody with the key and for one address without. */
static struct hf_responder *make_responder(
        const struct hf_edition *edition, struct hf_tsig_keys *keys)
{
	struct hf_responder *responder;
	struct hf_tsig_key *key;
	struct hf_access access = {0};
	struct hf_access_rule rule = {.has_prefix = true, .actions = HF_ACCESS_TRANSFER};
	const struct hf_tsig_spec spec = {KEY, NULL, "c2VjcmV0IGZvciBtZWFzdXJpbmc="};
	const struct hf_server_zone zone = {
	        .name = *hf_version_apex(hf_edition_version(edition)),
	        .edition = edition,
	        .access = &access,
	};
	must(hf_tsig_key_new(&spec, NULL, &key), "key");
	must(hf_tsig_keys_add(keys, key), "key");
	hf_tsig_key_unref(key);
	must(hf_prefix_parse("127.0.0.1", &rule.prefix), "rule");
	must(hf_access_add(&access, &rule), "rule");
	must(hf_responder_new(&responder), "responder");
	must(hf_responder_set_keys(responder, keys), "keys");
	must(hf_offers_put(hf_responder_offers(responder), &zone), "zone");
	hf_access_done(&access);
	return responder;
}

struct wanted {
	const char *name; /* for the report */
	uint16_t type;
	uint32_t serial; /* of an IXFR */
	const struct hf_tsig_key *key;
};

static void put_query(
        struct hf_buf *out, const struct hf_version *version, const struct wanted *wanted)
{
	struct hf_question question = {*hf_version_apex(version), wanted->type};
	struct hf_soa soa;
	must(hf_query_put(out, 1, &question, HF_QUERY_PLAIN), "query");
	if (wanted->type != KNOT_RRTYPE_IXFR || !hf_version_soa(version, &soa))
		return;
	soa.serial = wanted->serial;
	struct hf_buf rdata = {0};
	hf_soa_put(&rdata, &soa);
	hf_write_u16(out->data + 8, 1);
	hf_put_u16(out, 0xC00C);
	hf_put_u16(out, KNOT_RRTYPE_SOA);
	hf_put_u16(out, KNOT_CLASS_IN);
	hf_put_u32(out, 0);
	hf_put_u16(out, (uint16_t)rdata.len);
	hf_put_bytes(out, rdata.data, rdata.len);
	hf_buf_done(&rdata);
}

static void transfer(const struct hf_responder *responder, const struct hf_version *version,
        const struct wanted *wanted)
{
	struct hf_buf query = {0}, out = {0};
	struct hf_tsig tsig = {0};
	struct hf_endpoint from;
	struct hf_response response;
	uint64_t bytes = 0, messages = 0;
	bool more = true;
	must(hf_endpoint_parse("127.0.0.1", 1, &from), "address");
	put_query(&query, version, wanted);
	if (wanted->key != NULL)
		must(hf_tsig_sign_request(wanted->key, time(NULL), &query, 0, &tsig), "TSIG");
	const struct hf_arrival arrival = {
	        .wire = query.data,
	        .len = query.len,
	        .from = &from,
	        .tcp = true,
	        .now = time(NULL),
	};
	double before = mebibytes(), start = seconds();
	must(hf_responder_answer(responder, &arrival, &response), "answer");
	if (response.deed != HF_RESPONSE_TRANSFER)
		die("no transfer", NULL);
	for (; more; messages++) {
		hf_buf_reset(&out);
		must(hf_response_next(&response, time(NULL), &out, &more), "message");
		bytes += out.len;
	}
	double took = seconds() - start, memory = mebibytes() - before;
	printf("%s: %.4f s, %" PRIu64 " records, %" PRIu64 " messages, %" PRIu64
	       " bytes, %.0f MB/s, %.2f MiB beside the zone\n",
	        wanted->name, took, hf_xfrout_records(response.xfrout), messages, bytes,
	        (double)bytes / 1e6 / took, memory);
	hf_response_done(&response);
	hf_tsig_done(&tsig);
	hf_buf_done(&query);
	hf_buf_done(&out);
}

static struct hf_version *load(const char *path)
{
	struct hf_diag diag;
	struct hf_load_options options = {0};
	struct hf_version *version;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	must(hf_pool_new(0, &options.pool), "threads");
	if (hf_zone_load(path, &options, &diag, &version) != HF_OK)
		die("the zone cannot be loaded", &diag);
	hf_pool_free(options.pool);
	hf_diag_done(&diag);
	return version;
}

/* The edition of a version that was loaded, not derived: no page is shared. */
static void time_next(const struct hf_edition *last, const char *path)
{
	struct hf_version *version = load(path);
	struct hf_edition *edition;
	double before = mebibytes(), start = seconds();
	must(hf_edition_next(last, version, 0, &edition), "edition");
	printf("edition of another file: %.4f s, %zu steps, %.2f MiB\n", seconds() - start,
	        hf_edition_steps(edition), mebibytes() - before);
	hf_edition_unref(edition);
	hf_version_unref(version);
}

int main(int argc, char **argv)
{
	struct hf_edition *first, *edition;
	struct hf_tsig_keys keys = {0};
	if (argc != 2 && argc != 3)
		die("usage: xfrout_rates FILE [NEXT]", NULL);
	struct hf_version *version = load(argv[1]);
	must(hf_edition_new(version, &first), "edition");
	if (argc == 3)
		time_next(first, argv[2]);

	struct hf_version *changed = change(version);
	double before = mebibytes(), start = seconds();
	must(hf_edition_next(first, changed, 0, &edition), "edition");
	printf("edition of %d changes: %.4f s, %.2f MiB\n", CHANGES, seconds() - start,
	        mebibytes() - before);

	struct hf_responder *responder = make_responder(edition, &keys);
	const struct wanted wanted[] = {
	        {"AXFR", KNOT_RRTYPE_AXFR, 0, NULL},
	        {"AXFR with TSIG", KNOT_RRTYPE_AXFR, 0, keys.list[0]},
	        {"IXFR", KNOT_RRTYPE_IXFR, hf_edition_serial(first), NULL},
	};
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		transfer(responder, changed, &wanted[i]);

	hf_responder_free(responder);
	hf_tsig_keys_done(&keys);
	hf_edition_unref(first);
	hf_edition_unref(edition);
	hf_version_unref(version);
	hf_version_unref(changed);
	return 0;
}
