/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/drama_front.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"
#include "rollover/policy.h"
#include "sim/drama_guard.h"
#include "sim/people.h"

#define RETRIES 32 /* of one version that waits */

/* What the gate alone has refused: time, or what is seen meanwhile, may make it safe. */
struct waiting {
	bool any;
	size_t event, refusal;
	hf_time at; /* HF_TIME_NEVER: not by time alone */
	unsigned tries;
};

struct front {
	struct hf_drama_run run;
	struct hf_drama_guard guard;
	struct hf_drama *drama;
	size_t refusal_cap;
	struct waiting waiting[2]; /* a DS set, a version */
	hf_time resign;            /* signatures that nobody else replaces; HF_TIME_NEVER */
	hf_time others;            /* first did something; HF_TIME_NEVER */
};

static enum hf_err add_limit(struct hf_drama *drama, const char *format, ...) HF_PRINTF(2, 3);

static enum hf_err add_limit(struct hf_drama *drama, const char *format, ...)
{
	va_list arguments;
	char *text;
	char **list = reallocarray(drama->limits, drama->limit_count + 1, sizeof(*list));
	if (list == NULL)
		return HF_ERR_NOMEM;
	drama->limits = list;
	va_start(arguments, format);
	int len = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (len < 0)
		return HF_ERR_NOMEM;
	list[drama->limit_count++] = text;
	return HF_OK;
}

static hf_time earlier(hf_time one, hf_time other)
{
	return one < other ? one : other;
}

/* ---- signatures that end ---- */

static bool ends(const struct hf_scenario_signed *sign)
{
	return sign->by != 0 && sign->until != HF_TIME_NEVER;
}

/* The first end of signatures of the version that is served; HF_TIME_NEVER. */
static hf_time first_end(const struct front *front)
{
	const struct hf_scenario_version *version = &front->run.version;
	hf_time first = ends(&version->dnskey) ? version->dnskey.until : HF_TIME_NEVER;
	for (unsigned i = 0; i < front->run.scenario->class_count; i++) {
		const struct hf_scenario_signed *sign = &version->data[i].sign;
		if (ends(sign) && sign->until < first)
			first = sign->until;
	}
	return first;
}

static void plan_resign(struct front *front, hf_time at)
{
	hf_time first = first_end(front);
	front->resign = first;
	if (first == HF_TIME_NEVER)
		return;
	front->resign -= front->run.scenario->refresh;
	if (front->resign < at)
		front->resign = at;
}

static enum hf_err serve_again(struct front *front, const struct hf_drama_offer *offer)
{
	char text[160], when[HF_TIME_TEXT];
	if (!offer->passes)
		return hf_story_tell(front->run.story, offer->at, HF_MOMENT_ALARM,
		        "Signatures of what is served end at %s, and new ones do not pass: %s",
		        hf_time_rfc3339(first_end(front), when), offer->refusal.reasons[0].broken);
	snprintf(text, sizeof(text),
	        "Holdfast replaces the signatures of what is served, before they end at %s.",
	        hf_time_rfc3339(first_end(front), when));
	return hf_drama_guard_serve(&front->guard, offer, text);
}

static enum hf_err sign_again(struct front *front)
{
	struct hf_scenario_version version = front->run.version;
	struct hf_drama_offer offer = {
	        .version = &version, .serial = version.serial + 1, .at = front->resign};
	version.dnskey.until = HF_TIME_NEVER;
	for (unsigned i = 0; i < HF_SCENE_CLASSES; i++)
		version.data[i].sign.until = HF_TIME_NEVER;
	enum hf_err err = hf_drama_guard_ask(&front->guard, &offer);
	if (err == HF_OK)
		err = serve_again(front, &offer);
	hf_drama_offer_done(&offer);
	front->resign = HF_TIME_NEVER;
	return err;
}

/* ---- refusals ---- */

static enum hf_err tell_refusal(struct front *front, const struct hf_drama_refusal *refusal)
{
	const struct hf_drama_reason *first = &refusal->reasons[0];
	const struct hf_drama_reason *last = &refusal->reasons[refusal->count - 1];
	/* The verifier says what is wrong, the gate who would be hit by it. */
	bool both = !first->by_gate && last->by_gate;
	return hf_story_tell(front->run.story, refusal->at, HF_MOMENT_REFUSED,
	        "%s refused. %s %s%s%s",
	        refusal->ds ? "The change of the DS set is" : "The version is", first->broken,
	        first->fix, both ? " " : "", both ? last->broken : "");
}

/* What waits goes out later than would be safe by the margin of a policy that says nothing of it.
 */
static hf_time with_margin(const struct hf_drama_refusal *refusal)
{
	struct hf_policy policy;
	hf_policy_init(&policy);
	if (refusal->earliest_safe == HF_TIME_NEVER)
		return HF_TIME_NEVER;
	return refusal->earliest_safe +
	       (refusal->ds ? policy.rollover.ds_margin : policy.rollover.margin);
}

static enum hf_err tell_wait(struct front *front, const struct hf_drama_refusal *refusal)
{
	char when[HF_TIME_TEXT], out[HF_TIME_TEXT];
	if (refusal->earliest_safe == HF_TIME_NEVER)
		return HF_OK;
	return hf_story_tell(front->run.story, refusal->at, HF_MOMENT_WAITS,
	        "It is safe from %s on, and goes out with a margin at %s, unless something newer "
	        "comes before.",
	        hf_time_rfc3339(refusal->earliest_safe, when),
	        hf_time_rfc3339(with_margin(refusal), out));
}

/* Takes the refusal over. */
static enum hf_err refuse(struct front *front, struct hf_drama_offer *offer, size_t event)
{
	struct hf_drama *drama = front->drama;
	struct hf_drama_refusal *list = hf_list_room(
	        drama->refusals, &front->refusal_cap, drama->refusal_count, sizeof(*list));
	if (list == NULL)
		return HF_ERR_NOMEM;
	drama->refusals = list;
	struct hf_drama_refusal *refusal = &list[drama->refusal_count];
	*refusal = offer->refusal;
	refusal->event = event;
	offer->refusal = (struct hf_drama_refusal){.count = 0};
	struct waiting *waiting = &front->waiting[!refusal->ds];
	*waiting = (struct waiting){.any = refusal->reasons[0].by_gate,
	        .event = event,
	        .refusal = drama->refusal_count++,
	        .at = with_margin(refusal),
	        .tries = RETRIES};
	enum hf_err err = tell_refusal(front, refusal);
	return err == HF_OK ? tell_wait(front, refusal) : err;
}

/* ---- offers ---- */

static enum hf_err serve(struct front *front, const struct hf_drama_offer *offer, const char *text)
{
	enum hf_err err = hf_drama_guard_serve(&front->guard, offer, text);
	if (err == HF_OK && offer->version != NULL)
		plan_resign(front, offer->at);
	return err;
}

static struct hf_drama_offer offer_of(const struct front *front, size_t number, hf_time at)
{
	const struct hf_scenario_event *event = &front->run.scenario->events[number];
	bool is_ds = event->act == HF_SCENARIO_DS;
	return (struct hf_drama_offer){.version = is_ds ? NULL : &event->version,
	        .serial = is_ds ? 0 : hf_drama_serial(front->run.scenario, number),
	        .ds = event->ds,
	        .ds_ttl = event->ds_ttl,
	        .at = at};
}

/* The first two events say what was there; acts of others nobody is asked about. */
static enum hf_err publish(struct front *front, size_t number)
{
	const struct hf_scenario_event *event = &front->run.scenario->events[number];
	struct hf_drama_offer offer = offer_of(front, number, event->at);
	bool asked = number >= 2 && event->by == HF_SCENARIO_OPERATOR;
	front->waiting[event->act != HF_SCENARIO_DS].any = false;
	enum hf_err err = asked ? hf_drama_guard_ask(&front->guard, &offer)
	                        : hf_drama_guard_look(&front->guard, &offer);
	if (err == HF_OK)
		err = asked && !offer.passes ? refuse(front, &offer, number)
		                             : serve(front, &offer, event->text);
	if (err == HF_OK && number >= 2 && !asked) {
		front->others = earlier(front->others, event->at);
		err = add_limit(front->drama,
		        "%s%sOthers did that: nothing at the zone's signer can refuse it.",
		        event->text != NULL ? event->text : "", event->text != NULL ? " " : "");
	}
	hf_drama_offer_done(&offer);
	return err;
}

/* What waited may be safe now; if not, there may be another time to wait for. */
static enum hf_err retry(struct front *front, struct waiting *waiting, hf_time at)
{
	struct hf_drama_offer offer = offer_of(front, waiting->event, at);
	enum hf_err err = hf_drama_guard_ask(&front->guard, &offer);
	hf_time before = waiting->at;
	if (err == HF_OK && offer.passes) {
		waiting->any = false;
		front->drama->refusals[waiting->refusal].published = at;
		err = serve(front, &offer,
		        offer.version != NULL ? "What waited is safe now: the version goes out."
		                              : "What waited is safe now: the DS set is changed.");
	} else if (err == HF_OK) {
		waiting->at = with_margin(&offer.refusal);
		waiting->any = waiting->at > at && waiting->tries-- > 0;
		if (waiting->any && waiting->at != before)
			err = tell_wait(front, &offer.refusal);
	}
	hf_drama_offer_done(&offer);
	return err;
}

/* ---- time ---- */

static hf_time due(const struct waiting *waiting)
{
	return waiting->any ? waiting->at : HF_TIME_NEVER;
}

/* Everything that is due before `until` and is no event of the scenario. */
static enum hf_err catch_up(struct front *front, hf_time until)
{
	enum hf_err err = HF_OK;
	while (err == HF_OK) {
		hf_time sight = hf_drama_guard_next(&front->guard), next = front->resign;
		for (unsigned i = 0; i < 2; i++)
			if (front->waiting[i].any)
				next = earlier(next, earlier(sight, front->waiting[i].at));
		if (next >= until)
			return HF_OK;
		err = hf_drama_guard_see(&front->guard, next);
		if (err == HF_OK && next == front->resign)
			err = sign_again(front);
		for (unsigned i = 0; i < 2 && err == HF_OK; i++)
			if (next == sight ? front->waiting[i].any : due(&front->waiting[i]) == next)
				err = retry(front, &front->waiting[i], next);
	}
	return err;
}

/* People who mend what is not broken say nothing; what goes wrong by itself still does. */
static enum hf_err other(struct front *front, const struct hf_scenario_event *event)
{
	bool matters = event->act == HF_SCENARIO_FAULT || event->act == HF_SCENARIO_LAG;
	return matters ? hf_drama_run_other(&front->run, event) : HF_OK;
}

static enum hf_err play_front(struct front *front)
{
	const struct hf_scenario *scenario = front->run.scenario;
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < scenario->event_count && err == HF_OK; i++) {
		const struct hf_scenario_event *event = &scenario->events[i];
		err = catch_up(front, event->at);
		if (err == HF_OK)
			err = hf_drama_guard_see(&front->guard, event->at);
		if (err != HF_OK)
			return err;
		if (event->act == HF_SCENARIO_PUBLISH || event->act == HF_SCENARIO_DS)
			err = publish(front, i);
		else
			err = other(front, event);
	}
	if (err == HF_OK)
		err = catch_up(front, scenario->until);
	return err != HF_OK ? err : hf_drama_run_users(&front->run);
}

/* ---- what it could not prevent ---- */

/* Failures of resolvers with keys given by hand; all failures. */
static uint64_t by_hand(const struct hf_population_measures *users, uint64_t *ret_all)
{
	uint64_t all = 0, hand = 0;
	for (size_t i = 0; i < HF_POPULATION_KINDS; i++) {
		const struct hf_people_kind *kind = hf_people_at(i);
		all += users->kinds[i];
		if (kind != NULL && kind->kind.trust == HF_TRUST_ANCHORS)
			hand += users->kinds[i];
	}
	*ret_all = all;
	return hand;
}

static void drop_limits(struct hf_drama *drama)
{
	for (size_t i = 0; i < drama->limit_count; i++)
		free(drama->limits[i]);
	drama->limit_count = 0;
}

/* What others did is a limit only if somebody fails. */
static enum hf_err conclude(struct front *front)
{
	struct hf_drama *drama = front->drama;
	const struct hf_population_measures *users = &front->run.story->users;
	uint64_t all, lost = users->causes[HF_SCENE_LOST];
	uint64_t hand = by_hand(users, &all);
	bool others = users->first >= front->others;
	enum hf_err err = HF_OK;
	if (all == 0) {
		drop_limits(drama);
		return HF_OK;
	}
	drama->prevented = others || hand + lost >= all;
	if (lost > 0)
		err = add_limit(drama,
		        "Names that lead nowhere fail although every signature of them is good: a "
		        "signature says who published something, not that it is right.");
	if (err == HF_OK && hand > 0)
		err = add_limit(drama,
		        "Resolvers whose trust anchors were given by hand, and never changed, fail "
		        "(%.3g %% of all failures): no signer reaches them.",
		        100 * (double)hand / (double)all);
	return err;
}

enum hf_err hf_drama_front(const struct hf_scenario *scenario,
        const struct hf_drama_options *options, struct hf_drama_world *world, struct hf_diag *diag,
        struct hf_drama *drama)
{
	struct front front = {.drama = drama, .resign = HF_TIME_NEVER, .others = HF_TIME_NEVER};
	enum hf_err err = hf_drama_run_init(
	        &front.run, scenario, options, world, "with Holdfast in front", diag);
	front.run.guarded = true;
	if (err == HF_OK)
		err = hf_drama_guard_init(&front.guard, &front.run);
	if (err == HF_OK)
		err = play_front(&front);
	if (err == HF_OK)
		err = conclude(&front);
	if (err == HF_OK) {
		drama->guarded = front.run.story;
		front.run.story = NULL;
	}
	hf_drama_guard_done(&front.guard);
	hf_drama_run_done(&front.run);
	return err;
}
