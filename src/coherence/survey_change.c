/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "base/list.h"

#include "coherence/survey_make.h"

#define WHOLE_FROM  4096 /* owners; and over this part of the zone, all threads do it faster: */
#define WHOLE_PART  16
#define STAMP_RANGE (INT64_C(1) << 30) /* seconds in which stamps mean the same points */

/* An owner that differs, or that something above it uncovers or hides. */
struct owner {
	const struct hf_node *node; /* in either version */
	bool nsec3;                 /* in the tree of NSEC3 owners */
};

struct change {
	const struct hf_survey_since *since;
	const struct hf_version *version;
	struct hf_evidence *evidence;
	struct owner *owners; /* in order, without repeats */
	size_t count, cap, limit;
	struct hf_scan then, now;     /* of the version before, and of this one */
	struct hf_scanner less, more; /* what went and what came */
	struct hf_survey_making making;
};

static void change_done(struct change *change)
{
	hf_holding_done(&change->making.holding);
	hf_scanner_done(&change->less);
	hf_scanner_done(&change->more);
	hf_scan_done(&change->then);
	hf_scan_done(&change->now);
	free(change->owners);
}

/* ---- owners ---- */

static enum hf_err add(struct change *change, const struct hf_node *node, bool nsec3)
{
	if (change->count == change->limit)
		return HF_ERR_LIMIT;
	struct owner *owners =
	        hf_list_room(change->owners, &change->cap, change->count, sizeof(*owners));
	if (owners == NULL)
		return HF_ERR_NOMEM;
	change->owners = owners;
	change->owners[change->count++] = (struct owner){.node = node, .nsec3 = nsec3};
	return HF_OK;
}

/* Everything under a name that began or ceased to hide it; what came or went there differs anyway.
 */
static enum hf_err add_below(struct change *change, const struct hf_node *top)
{
	struct hf_tree_cursor cursor;
	size_t top_len;
	const uint8_t *top_key = hf_node_key(top, &top_len);
	const struct hf_node *node =
	        hf_tree_seek_more(hf_version_names(change->version), top_key, top_len, &cursor);

	for (; node != NULL; node = hf_tree_next(&cursor)) {
		size_t len;
		const uint8_t *key = hf_node_key(node, &len);
		if (!hf_key_is_under(key, len, top_key, top_len))
			break;
		enum hf_err err = add(change, node, false);
		if (err != HF_OK)
			return err;
	}
	return HF_OK;
}

static bool hides(const struct hf_version *version, const struct hf_node *node)
{
	return node != NULL && hf_scan_hides(version, node);
}

static enum hf_err saw_name(
        void *context, const struct hf_node *before, const struct hf_node *after)
{
	struct change *change = context;
	const struct hf_node *node = after != NULL ? after : before;

	enum hf_err err = add(change, node, false);
	if (err == HF_OK && hides(change->since->version, before) != hides(change->version, after))
		err = add_below(change, node);
	return err;
}

static enum hf_err saw_nsec3(
        void *context, const struct hf_node *before, const struct hf_node *after)
{
	return add(context, after != NULL ? after : before, true);
}

static int by_place(const void *a, const void *b)
{
	const struct owner *one = a, *other = b;
	size_t len, other_len;
	const uint8_t *key = hf_node_key(one->node, &len);
	const uint8_t *other_key = hf_node_key(other->node, &other_len);
	if (one->nsec3 != other->nsec3)
		return one->nsec3 ? 1 : -1;
	return hf_key_cmp(key, len, other_key, other_len);
}

/* HF_ERR_LIMIT: very many. The apex is always among them: it says who signs the DNSKEY set. */
static enum hf_err gather(struct change *change)
{
	const struct hf_version *before = change->since->version, *after = change->version;
	const struct hf_node *apex = hf_version_apex_node(after);
	size_t kept = 0;

	change->limit = hf_tree_count(hf_version_names(after)) / WHOLE_PART + WHOLE_FROM;
	enum hf_err err = apex != NULL ? add(change, apex, false) : HF_OK;
	if (err == HF_OK)
		err = hf_tree_diff(
		        hf_version_names(before), hf_version_names(after), saw_name, change);
	if (err == HF_OK)
		err = hf_tree_diff(
		        hf_version_nsec3(before), hf_version_nsec3(after), saw_nsec3, change);
	if (err != HF_OK)
		return err;
	if (change->count > 0)
		qsort(change->owners, change->count, sizeof(*change->owners), by_place);
	for (size_t i = 0; i < change->count; i++)
		if (kept == 0 || by_place(&change->owners[kept - 1], &change->owners[i]) != 0)
			change->owners[kept++] = change->owners[i];
	change->count = kept;
	return HF_OK;
}

/* ---- what went and what came ---- */

static bool is_visible(const struct hf_version *version, const struct hf_node *node, bool nsec3)
{
	return hf_version_in_zone(version, node) &&
	       (nsec3 || hf_scan_hidden_by(version, node) == NULL);
}

/* Looks at all owners as they are in the scanner's version. */
static enum hf_err look(const struct change *change, struct hf_scanner *scanner)
{
	const struct hf_version *version = scanner->scan->version;

	for (size_t i = 0; i < change->count; i++) {
		const struct owner *owner = &change->owners[i];
		size_t len;
		const uint8_t *key = hf_node_key(owner->node, &len);
		const struct hf_node *node = hf_tree_get(
		        owner->nsec3 ? hf_version_nsec3(version) : hf_version_names(version), key,
		        len);
		if (node == NULL || !is_visible(version, node, owner->nsec3))
			continue;
		enum hf_err err = hf_scanner_look(scanner, node);
		if (err != HF_OK)
			return err;
	}
	return hf_scanner_conclude(scanner);
}

static enum hf_err begin(struct change *change)
{
	const struct hf_survey *survey = change->since->survey;
	uint64_t expected = (change->now.flags & HF_SURVEY_VERIFIED) != 0 ? 0 : 2 * change->count;

	enum hf_err err = hf_survey_intern(change->version, change->evidence, &change->making.keys);
	if (err != HF_OK)
		return err;
	const struct hf_content *own =
	        hf_evidence_content_at(change->evidence, survey->served[0].content);
	err = hf_scan_init(&change->then, change->evidence, own, survey->memory->known, expected);
	if (err == HF_OK)
		err = hf_scan_init(&change->now, change->evidence, &change->making.keys.content,
		        hf_evidence_key_count(change->evidence), expected);
	if (err == HF_OK)
		err = hf_scanner_init(&change->less, &change->then);
	if (err == HF_OK)
		err = hf_scanner_init(&change->more, &change->now);
	return err;
}

/* ---- whether all else is as it was ---- */

/* Keys that became known since: what they may have signed before was not counted as theirs. */
static const char *new_keys(const struct change *change)
{
	const struct hf_survey_memory *memory = change->since->survey->memory;
	bool strangers = memory->holding.strangers > change->less.tally.strangers;

	for (size_t i = 0; i < change->now.key_count; i++) {
		const struct hf_scan_key *key = &change->now.keys[i];
		if (key->key < memory->known)
			continue;
		if (!key->alone)
			return "a new key has the tag of another one";
		if (strangers)
			return "a key became known that may have signed before";
	}
	return NULL;
}

/* Keys that came into the DNSKEY set or left it weigh in every set that they sign. */
static enum hf_err own_keys(const struct change *change, const char **ret_whole)
{
	struct hf_holding rest = {0};
	enum hf_err err = HF_OK;

	for (size_t i = 0; i < change->now.key_count; i++) {
		const struct hf_scan_key *key = &change->now.keys[i];
		const struct hf_scan_key *was = hf_scan_key(&change->then, key->key);
		if (key->own == (was != NULL && was->own))
			continue;
		if (rest.sets == NULL)
			err = hf_holding_new(&change->since->survey->memory->holding,
			        &change->less.tally, NULL, &rest);
		if (err != HF_OK)
			break;
		if (hf_holding_has_key(&rest, key->key))
			*ret_whole = "a key that signs data came into the DNSKEY set or left it";
	}
	hf_holding_done(&rest);
	return err;
}

/* ---- the frailest signature ---- */

struct search {
	struct change *change;
	bool nsec3;
	hf_time end;
	struct hf_scanner scanner;
	struct hf_frail found;
};

static enum hf_err look_closer(void *context, const struct hf_node *node)
{
	struct search *search = context;

	if (!is_visible(search->change->version, node, search->nsec3))
		return HF_OK;
	hf_tally_done(&search->scanner.tally);
	enum hf_err err = hf_scanner_look(&search->scanner, node);
	if (err == HF_OK)
		err = hf_scanner_conclude(&search->scanner);
	const struct hf_frail *frail = &search->scanner.tally.frail;
	if (err != HF_OK || frail->owner == NULL || hf_frail_end(frail) != search->end)
		return err;
	search->found = *frail;
	return HF_ERR_CANCELED;
}

/* The first signature in a tree, in order of owners, that has nothing left at `end`, when none has
 * less. `found` keeps no owner when there is none. */
static enum hf_err search_tree(
        struct change *change, bool nsec3, hf_time end, struct hf_frail *ret_found)
{
	const struct hf_tree *tree =
	        nsec3 ? hf_version_nsec3(change->version) : hf_version_names(change->version);
	struct search search = {.change = change, .nsec3 = nsec3, .end = end};

	enum hf_err err = hf_scanner_init(&search.scanner, &change->now);
	if (err == HF_OK)
		err = hf_tree_due(tree, end + 1, 0, look_closer, &search);
	hf_scanner_done(&search.scanner);
	if (err != HF_OK && err != HF_ERR_CANCELED)
		return err;
	*ret_found = search.found;
	return HF_OK;
}

/* The frailest signature before, when it is among what did not change. */
static bool still_there(const struct change *change, hf_time end, struct hf_frail *ret_frail)
{
	const struct hf_offer *offer = &change->since->survey->offer;
	struct hf_frail frail = {.type = offer->frail_type,
	        .ttl = offer->frail_ttl,
	        .expiration = offer->frail_expiration};
	struct owner owner = {.nsec3 = offer->frail_type == KNOT_RRTYPE_NSEC3};
	struct hf_key key;

	if (offer->frail_type == 0 || hf_frail_end(&frail) != end)
		return false;
	hf_key_from_name(&offer->frail_owner, &key);
	frail.owner = hf_tree_get(
	        owner.nsec3 ? hf_version_nsec3(change->version) : hf_version_names(change->version),
	        key.bytes, key.len);
	owner.node = frail.owner;
	if (frail.owner == NULL ||
	        (change->count > 0 && bsearch(&owner, change->owners, change->count, sizeof(owner),
	                                      by_place) != NULL))
		return false;
	*ret_frail = frail;
	return true;
}

static enum hf_err weigh(struct hf_tally *best, const struct hf_frail *frail, hf_time end)
{
	if (frail->owner == NULL || hf_frail_end(frail) != end)
		return HF_OK;
	return hf_tally_weigh(best, frail);
}

/* How little is left at least is known from the counts; here is whose it is. */
static enum hf_err find_frail(struct change *change)
{
	struct hf_tally best = {0};
	struct hf_frail found = {0};
	int64_t times = 0;
	hf_time end;

	if (!hf_holding_frail(&change->making.holding, &end, &times))
		return HF_OK;
	enum hf_err err = weigh(&best, &change->more.tally.frail, end);
	if (err == HF_OK && still_there(change, end, &found)) {
		err = weigh(&best, &found, end);
	} else if (err == HF_OK && hf_tally_frail_times(&change->more.tally, end) != times) {
		err = search_tree(change, false, end, &found);
		if (err == HF_OK)
			err = weigh(&best, &found, end);
		if (err == HF_OK)
			err = search_tree(change, true, end, &found);
		if (err == HF_OK)
			err = weigh(&best, &found, end);
	}
	if (err == HF_OK)
		change->making.frail = best.frail;
	hf_tally_done(&best);
	return err;
}

/* ---- the whole ---- */

/* What can be told before anything is looked at. */
static const char *unfit(const struct hf_survey_since *since, const struct hf_version *version,
        const struct hf_evidence *evidence, const struct hf_scan *now)
{
	const struct hf_survey_memory *memory = since->survey->memory;

	if (memory == NULL || memory->known > hf_evidence_key_count(evidence))
		return "there is no survey before it in this evidence";
	if (!hf_name_equal(hf_version_apex(since->version), hf_version_apex(version)))
		return "the version before is of another zone";
	if ((memory->flags & ~now->flags) != 0)
		return "signatures that were trusted are to be verified";
	if (now->at - memory->at > STAMP_RANGE || memory->at - now->at > STAMP_RANGE)
		return "the time is very far from that of the survey before";
	return NULL;
}

/* Surveys the change, or sets `*ret_whole` to why that cannot be. */
static enum hf_err survey_part(
        struct change *change, struct hf_survey *ret_survey, const char **ret_whole)
{
	const struct hf_holding *before = &change->since->survey->memory->holding;
	struct hf_survey_making *making = &change->making;

	enum hf_err err = gather(change);
	if (err == HF_ERR_LIMIT) {
		*ret_whole = "a large part of the zone changed";
		return HF_OK;
	}
	if (err == HF_OK)
		err = begin(change);
	if (err == HF_OK)
		err = look(change, &change->less);
	if (err == HF_OK)
		err = look(change, &change->more);
	if (err == HF_OK)
		err = hf_holding_new(
		        before, &change->less.tally, &change->more.tally, &making->holding);
	if (err == HF_ERR_INVALID) {
		*ret_whole = "the survey before is not of the version before";
		return HF_OK;
	}
	if (err == HF_OK)
		err = own_keys(change, ret_whole);
	if (err == HF_OK && *ret_whole == NULL)
		*ret_whole = new_keys(change);
	if (err != HF_OK || *ret_whole != NULL)
		return err;
	err = find_frail(change);
	return err == HF_OK ? hf_survey_make(making, ret_survey) : err;
}

enum hf_err hf_survey_change(const struct hf_survey_since *since, const struct hf_version *version,
        enum hf_survey_flags flags, hf_time at, struct hf_pool *pool, struct hf_evidence *evidence,
        struct hf_diag *diag, struct hf_survey *ret_survey)
{
	struct change change = {.since = since, .version = version, .evidence = evidence};
	enum hf_err err = HF_OK;

	change.now = (struct hf_scan){.version = version, .flags = flags, .at = at};
	const char *whole = unfit(since, version, evidence, &change.now);
	if (whole == NULL) {
		const struct hf_survey_memory *memory = since->survey->memory;
		change.then = (struct hf_scan){
		        .version = since->version, .flags = memory->flags, .at = memory->at};
		change.making = (struct hf_survey_making){
		        .scan = &change.now, .evidence = evidence, .scanner = &change.more};
		err = survey_part(&change, ret_survey, &whole);
		if (err != HF_OK)
			err = hf_survey_explain(&change.more, 1, err, diag);
		change_done(&change);
	}
	if (err != HF_OK || whole == NULL)
		return err;
	err = hf_survey_version(version, flags, at, pool, NULL, evidence, diag, ret_survey);
	if (err == HF_OK)
		ret_survey->whole = whole;
	return err;
}
