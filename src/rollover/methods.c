/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rollover/methods.h"

#include <stdio.h>
#include <string.h>

/* Who does it, of the keys that go and those that come. */
enum who { NOBODY = 0, OLD = 1, NEW = 2, BOTH = OLD | NEW };

/* A row: the keys in the DNSKEY set, with REVOKE, signing that set, signing data, at the parent,
 * as trust anchors. In the name, < stands for the old keys and > for the new ones,
 * { and } for those of them that sign the DNSKEY set. */
struct row {
	const char *name;
	enum who published, revoked, sign_keys, sign_data, ds, anchors;
};

struct script {
	const struct row *rows;
	unsigned count;
};

#define SCRIPT(rows)                                                                               \
	{                                                                                          \
		rows, sizeof(rows) / sizeof((rows)[0])                                             \
	}

/* RFC 7583 section 2.1. Two keys differ in nothing but what signs. */
static const struct row zsk_pre_publication[] = {
        {"> published", BOTH, NOBODY, NOBODY, OLD, NOBODY, NOBODY},
        {"> signs", BOTH, NOBODY, NOBODY, NEW, NOBODY, NOBODY},
        {"< removed", NEW, NOBODY, NOBODY, NEW, NOBODY, NOBODY},
};

static const struct row zsk_double_signature[] = {
        {"> published and signing", BOTH, NOBODY, NOBODY, BOTH, NOBODY, NOBODY},
        {"< removed", NEW, NOBODY, NOBODY, NEW, NOBODY, NOBODY},
};

/* RFC 7583 section 2.2. */
static const struct row ksk_double_ksk[] = {
        {"> published", BOTH, NOBODY, BOTH, OLD, OLD, OLD},
        {"DS of }", BOTH, NOBODY, BOTH, OLD, NEW, OLD},
        {"< removed", NEW, NOBODY, NEW, NEW, NEW, NEW},
};

static const struct row ksk_double_ds[] = {
        {"DS of } added", OLD, NOBODY, OLD, OLD, BOTH, OLD},
        {"> in place of <", NEW, NOBODY, NEW, NEW, BOTH, NEW},
        {"DS of { removed", NEW, NOBODY, NEW, NEW, NEW, NEW},
};

static const struct row ksk_double_rrset[] = {
        {"> and its DS added", BOTH, NOBODY, BOTH, OLD, BOTH, OLD},
        {"< and its DS removed", NEW, NOBODY, NEW, NEW, NEW, NEW},
};

/* Keys that sign the DNSKEY set and data; also KSK and ZSK to CSK and back. */
static const struct row csk_pre_publication[] = {
        {"> published", BOTH, NOBODY, BOTH, OLD, OLD, OLD},
        {"DS of }, which signs", BOTH, NOBODY, BOTH, NEW, NEW, OLD},
        {"< removed", NEW, NOBODY, NEW, NEW, NEW, NEW},
};

static const struct row csk_double_signature[] = {
        {"> published and signing", BOTH, NOBODY, BOTH, BOTH, OLD, OLD},
        {"DS of }", BOTH, NOBODY, BOTH, BOTH, NEW, OLD},
        {"< removed", NEW, NOBODY, NEW, NEW, NEW, NEW},
};

/* The same when the DS of the new key is at the parent already. */
static const struct row csk_ds_first[] = {
        {"> published", BOTH, NOBODY, BOTH, OLD, BOTH, OLD},
        {"> signs", BOTH, NOBODY, BOTH, NEW, BOTH, OLD},
        {"< and its DS removed", NEW, NOBODY, NEW, NEW, NEW, NEW},
};

/* RFC 5011 section 2: holders learn the new key, then see the old one revoked. */
static const struct row anchored[] = {
        {"> published", BOTH, NOBODY, BOTH, OLD, OLD, OLD},
        {"} trusted, its DS", BOTH, NOBODY, BOTH, NEW, NEW, BOTH},
        {"{ revoked", BOTH, OLD, BOTH, NEW, NEW, BOTH},
        {"< removed", NEW, NOBODY, NEW, NEW, NEW, NEW},
};

/* RFC 6781 section 4.1.4: no DNSKEY set names an algorithm before the data has its signatures. */
static const struct row conservative[] = {
        {"signatures of > added", OLD, NOBODY, OLD, BOTH, OLD, OLD},
        {"> published", BOTH, NOBODY, BOTH, BOTH, OLD, OLD},
        {"DS of }", BOTH, NOBODY, BOTH, BOTH, NEW, OLD},
        {"< removed", NEW, NOBODY, NEW, BOTH, NEW, NEW},
        {"signatures of < removed", NEW, NOBODY, NEW, NEW, NEW, NEW},
};

/* Holders drop the old anchor in the moment in which they see it revoked, so from then on only the
 * new one has to lead to the zone; the strict rule would ask for both algorithms. */
static const struct row conservative_anchored[] = {
        {"signatures of > added", OLD, NOBODY, OLD, BOTH, OLD, OLD},
        {"> published", BOTH, NOBODY, BOTH, BOTH, OLD, OLD},
        {"} trusted, its DS", BOTH, NOBODY, BOTH, BOTH, NEW, NEW},
        {"{ revoked", BOTH, OLD, BOTH, BOTH, NEW, NEW},
        {"< removed", NEW, NOBODY, NEW, BOTH, NEW, NEW},
        {"signatures of < removed", NEW, NOBODY, NEW, NEW, NEW, NEW},
};

static const struct row secure[] = {
        {"signed by >", NEW, NOBODY, NEW, NEW, NOBODY, NOBODY},
        {"DS of }", NEW, NOBODY, NEW, NEW, NEW, NOBODY},
};

static const struct row insecure[] = {
        {"no DS", OLD, NOBODY, OLD, OLD, NOBODY, OLD},
        {"unsigned", NOBODY, NOBODY, NOBODY, NOBODY, NOBODY, NOBODY},
};

static const struct row standby_published[] = {
        {"> published as standby", NEW, NOBODY, NEW, NOBODY, NOBODY, NOBODY},
};

static const struct row standby_ds[] = {
        {"DS of } as standby", NOBODY, NOBODY, NOBODY, NOBODY, NEW, NOBODY},
};

static const struct row standby_anchored[] = {
        {"> published as standby", NEW, NOBODY, NEW, NOBODY, NOBODY, NOBODY},
        {"} trusted", NEW, NOBODY, NEW, NOBODY, NOBODY, NEW},
};

/* A standby key that somebody else may have. */
static const struct row drop[] = {
        {"DS of { removed", OLD, NOBODY, OLD, NOBODY, NOBODY, OLD},
        {"< removed", NOBODY, NOBODY, NOBODY, NOBODY, NOBODY, NOBODY},
};

static const struct row denial[] = {
        {"denial records replaced", NOBODY, NOBODY, NOBODY, NOBODY, NOBODY, NOBODY},
};

static const struct script by_method[HF_METHODS] = {
        [HF_METHOD_PRE_PUBLICATION] = SCRIPT(csk_pre_publication),
        [HF_METHOD_DOUBLE_SIGNATURE] = SCRIPT(csk_double_signature),
        [HF_METHOD_DOUBLE_KSK] = SCRIPT(ksk_double_ksk),
        [HF_METHOD_DOUBLE_DS] = SCRIPT(ksk_double_ds),
        [HF_METHOD_DOUBLE_RRSET] = SCRIPT(ksk_double_rrset),
        [HF_METHOD_CONSERVATIVE] = SCRIPT(conservative),
        [HF_METHOD_LIBERAL] = SCRIPT(csk_double_signature),
};
static const struct script csk_ds = SCRIPT(csk_ds_first);
static const struct script zsk_pre = SCRIPT(zsk_pre_publication);
static const struct script zsk_double = SCRIPT(zsk_double_signature);
static const struct script with_anchors = SCRIPT(anchored);
static const struct script algorithm_anchors = SCRIPT(conservative_anchored);
static const struct script to_secure = SCRIPT(secure);
static const struct script to_insecure = SCRIPT(insecure);
static const struct script to_drop = SCRIPT(drop);
static const struct script to_denial = SCRIPT(denial);
static const struct script standby[] = {
        SCRIPT(standby_published), SCRIPT(standby_ds), SCRIPT(standby_anchored)};

static bool changes_algorithm(const struct hf_roll_state *state)
{
	const struct hf_roll *roll = &state->roll;
	for (unsigned i = 0; i < HF_ROLL_KEYS; i++) {
		for (unsigned j = 0; j < HF_ROLL_KEYS; j++) {
			if ((roll->old >> i & 1) != 0 && (roll->new >> j & 1) != 0 &&
			        state->keys[i].algorithm != state->keys[j].algorithm)
				return true;
		}
	}
	return false;
}

/* What a standby KSK has already decides the order of the rest. */
static enum hf_method ksk_method(const struct hf_roll_state *state)
{
	hf_keys new = state->roll.new;
	if ((state->rest.ds & new) != 0)
		return (state->rest.published & new) != 0 ? HF_METHOD_DOUBLE_RRSET
		                                          : HF_METHOD_DOUBLE_DS;
	if ((state->rest.published & new) != 0)
		return HF_METHOD_DOUBLE_KSK;
	return state->roll.start.method;
}

static const struct script *replace(
        const struct hf_policy *policy, const struct hf_roll_state *state)
{
	const struct hf_roll *roll = &state->roll;
	if (roll->new == 0)
		return &to_drop;
	if (changes_algorithm(state) && roll->start.method == HF_METHOD_LIBERAL)
		return &by_method[HF_METHOD_LIBERAL];
	bool followed = policy->rfc5011 && (state->rest.anchors & roll->old) != 0;
	if (changes_algorithm(state))
		return followed ? &algorithm_anchors : &by_method[HF_METHOD_CONSERVATIVE];
	if (followed)
		return &with_anchors;
	hf_keys all = roll->old | roll->new;
	if ((all & ~hf_roll_role_keys(state, HF_ROLE_ZSK)) == 0)
		return roll->start.method == HF_METHOD_DOUBLE_SIGNATURE ? &zsk_double : &zsk_pre;
	if ((all & ~hf_roll_role_keys(state, HF_ROLE_KSK)) == 0)
		return &by_method[ksk_method(state)];
	return (state->rest.ds & roll->new) != 0 ? &csk_ds : &by_method[roll->start.method];
}

static const struct script *choose(
        const struct hf_policy *policy, const struct hf_roll_state *state)
{
	const struct hf_roll_start *start = &state->roll.start;
	switch (start->kind) {
	case HF_ROLL_SECURE:
		return &to_secure;
	case HF_ROLL_INSECURE:
		return &to_insecure;
	case HF_ROLL_DENIAL:
		return &to_denial;
	case HF_ROLL_STANDBY:
		if (start->role != HF_ROLE_ZSK && policy->roles[start->role].standby_ds)
			return &standby[1];
		return &standby[start->role != HF_ROLE_ZSK && policy->rfc5011 ? 2 : 0];
	default:
		return replace(policy, state);
	}
}

/* ---- rows to waypoints ---- */

/* A start, and what of it belongs to whom. */
struct frame {
	const struct hf_roll_state *state;
	hf_keys sign_keys, sign_data; /* keys that can, by their role */
};

/* The keys of one column: the others as at the start, the old ones no more than at the start, the
 * new ones if they can. */
static hf_keys column(const struct frame *frame, hf_keys start, enum who who, hf_keys can)
{
	const struct hf_roll *roll = &frame->state->roll;
	hf_keys keys = start & ~roll->old & ~roll->new;
	keys |= (who & OLD) != 0 ? start & roll->old : 0;
	keys |= (who & NEW) != 0 ? roll->new &can : 0;
	return keys;
}

char *hf_roll_keys_text(const struct hf_roll_state *state, hf_keys keys, char *text, size_t size)
{
	size_t len = 0;
	char key[32];
	snprintf(text, size, "no key");
	for (unsigned i = 0, left = hf_keys_count(keys); left > 0; i++) {
		if ((keys >> i & 1) == 0)
			continue;
		left--;
		int more = snprintf(text + len, size - len, "%s%s",
		        len == 0    ? ""
		        : left == 0 ? " and "
		                    : ", ",
		        hf_roll_key_text(state, i, key));
		if (more < 0 || len + (size_t)more >= size)
			break;
		len += (size_t)more;
	}
	return text;
}

/* The keys that a sign in a name stands for; false when it is none. */
static bool stands_for(const struct frame *frame, char sign, hf_keys *ret_keys)
{
	const struct hf_roll *roll = &frame->state->roll;
	if (sign != '<' && sign != '>' && sign != '{' && sign != '}')
		return false;
	*ret_keys = sign == '<' || sign == '{' ? roll->old : roll->new;
	if (sign == '{' || sign == '}')
		*ret_keys &= frame->sign_keys;
	return true;
}

static void name_row(
        const struct frame *frame, const char *from, char name[static HF_WAYPOINT_NAME])
{
	size_t len = 0;
	hf_keys keys;
	name[0] = '\0';
	for (; *from != '\0' && len + 1 < HF_WAYPOINT_NAME; from++) {
		if (stands_for(frame, *from, &keys)) {
			hf_roll_keys_text(frame->state, keys, name + len, HF_WAYPOINT_NAME - len);
			len = strlen(name);
		} else {
			name[len++] = *from;
			name[len] = '\0';
		}
	}
}

static void from_row(const struct frame *frame, const struct row *row, struct hf_waypoint *ret_way)
{
	const struct hf_roll_state *state = frame->state;
	const struct hf_waypoint *rest = &state->rest;
	hf_keys all = ~(hf_keys)0;
	*ret_way = *rest;
	if (state->roll.start.kind == HF_ROLL_DENIAL)
		ret_way->denial = state->roll.start.denial;
	ret_way->published = column(frame, rest->published, row->published, all);
	ret_way->revoked = (row->revoked & OLD) != 0 ? rest->anchors & state->roll.old : 0;
	ret_way->sign_keys = column(frame, rest->sign_keys, row->sign_keys, frame->sign_keys);
	ret_way->sign_data = column(frame, rest->sign_data, row->sign_data, frame->sign_data);
	ret_way->ds = column(frame, rest->ds, row->ds, frame->sign_keys);
	/* Nobody forgets an anchor because another one comes; a zone without followers has none. */
	if (rest->anchors != 0)
		ret_way->anchors = column(frame, rest->anchors, row->anchors, frame->sign_keys) |
		                   (rest->anchors & state->roll.new);
	name_row(frame, row->name, ret_way->name);
}

/* What a person may have to agree to before going from one waypoint to the next. */
static unsigned needs(
        const struct hf_roll *roll, const struct hf_waypoint *from, const struct hf_waypoint *to)
{
	unsigned mask = HF_APPROVE_EVERY_STEP;
	if (from->ds != to->ds)
		mask |= from->ds == 0 ? HF_APPROVE_SECURE
		        : to->ds == 0 ? HF_APPROVE_INSECURE | HF_APPROVE_DS
		                      : HF_APPROVE_DS;
	if (roll->start.kind == HF_ROLL_ALGORITHM && roll->count == 1)
		mask |= HF_APPROVE_ALGORITHM;
	if ((from->published & ~to->published) != 0)
		mask |= HF_APPROVE_REMOVAL;
	return mask;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

#define HOUR INT64_C(3600)
#define DAY  INT64_C(86400)

/*
 * RFC 5011: a key counts when a holder saw it for the add hold-down time (section 2.4.1) and once
 * again after it. Between two looks of a holder lies its query interval, and a failed look takes
 * its retry interval more (section 2.3).
 */
static int64_t add_hold(const struct hf_policy *policy)
{
	int64_t ttl = policy->dnskey_ttl, life = policy->signatures.validity;
	int64_t shorter = ttl < life ? ttl : life;
	int64_t query = clamp(shorter / 2, HOUR, 15 * DAY);
	int64_t retry = clamp(shorter / 10, HOUR, DAY);
	return (ttl > 30 * DAY ? ttl : 30 * DAY) + 2 * (query + retry);
}

static int64_t hold(const struct hf_policy *policy, const struct hf_waypoint *from,
        const struct hf_waypoint *to)
{
	if ((to->anchors & ~from->anchors) != 0 && from->anchors != 0)
		return add_hold(policy);
	return (from->revoked & ~to->revoked) != 0 ? 30 * DAY : 0; /* section 2.4.2 */
}

static bool gradual(const struct hf_policy *policy, const struct hf_roll_start *start)
{
	return policy->signatures.replacement == HF_REPLACE_GRADUAL && start->compromised == 0 &&
	       start->kind != HF_ROLL_DENIAL;
}

enum hf_err hf_roll_lay_out(
        const struct hf_policy *policy, struct hf_roll_state *state, struct hf_diag *diag)
{
	struct hf_roll *roll = &state->roll;
	hf_keys zsk = hf_roll_role_keys(state, HF_ROLE_ZSK);
	hf_keys ksk = hf_roll_role_keys(state, HF_ROLE_KSK);
	const struct frame frame = {.state = state, .sign_keys = ~zsk, .sign_data = ~ksk};
	const struct script *script = choose(policy, state);
	roll->waypoints[0] = state->rest;
	roll->waypoints[0].gradual = gradual(policy, &roll->start);
	snprintf(roll->waypoints[0].name, HF_WAYPOINT_NAME, "start");
	roll->count = 1;
	roll->index = 0;
	for (unsigned i = 0; i < script->count; i++) {
		struct hf_waypoint *from = &roll->waypoints[roll->count - 1];
		struct hf_waypoint *to = &roll->waypoints[roll->count];
		from_row(&frame, &script->rows[i], to);
		if (hf_waypoint_same(from, to))
			continue;
		to->needs = needs(roll, from, to);
		to->hold = hold(policy, from, to);
		to->gradual = gradual(policy, &roll->start);
		roll->count++;
	}
	if (roll->count > 1)
		return HF_OK;
	roll->count = 0;
	return hf_fail(diag, HF_ERR_REFUSED, "the %s would change nothing",
	        hf_roll_kind_name(roll->start.kind));
}

char *hf_roll_title(const struct hf_roll_start *start, char text[static HF_ROLL_TITLE])
{
	const char *urgent = start->compromised != 0 ? "emergency " : "";
	switch (start->kind) {
	case HF_ROLL_KEYS_OF_ROLE:
		snprintf(text, HF_ROLL_TITLE, "%s%s rollover (%s)", urgent,
		        hf_role_name(start->role), hf_method_name(start->method));
		break;
	case HF_ROLL_ALGORITHM:
		snprintf(text, HF_ROLL_TITLE, "algorithm rollover to %u (%s)", start->algorithm,
		        hf_method_name(start->method));
		break;
	case HF_ROLL_STANDBY:
		snprintf(text, HF_ROLL_TITLE, "new standby %s", hf_role_name(start->role));
		break;
	default:
		snprintf(text, HF_ROLL_TITLE, "%s", hf_roll_kind_name(start->kind));
		break;
	}
	return text;
}
