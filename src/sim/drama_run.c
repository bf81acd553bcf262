/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/drama_run.h"

#include <string.h>

#include "sim/drama_walk.h"
#include "sim/people.h"

#define UDP      1232
#define ADD_HOLD (30 * 86400) /* RFC 5011 section 2.4.1 */

bool hf_drama_is_root(const struct hf_drama_world *world)
{
	return hf_name_labels(&world->zone) == 0;
}

uint32_t hf_drama_serial(const struct hf_scenario *scenario, size_t event)
{
	uint32_t serial = scenario->events[event].version.serial;
	return serial != 0 ? serial : (uint32_t)event + 1;
}

/* ---- words ---- */

/* "KSK 43786, ZSK 44301"; "no key" for none. */
static void put_keys(struct hf_buf *out, const struct hf_drama_world *world, hf_scenario_keys keys)
{
	static const char *const roles[] = {"KSK", "ZSK", "CSK"};
	const char *comma = "";
	for (unsigned i = 0; i < world->scenario->key_count; i++) {
		if ((keys >> i & 1) == 0)
			continue;
		hf_put_format(out, "%s%s %u", comma, roles[world->scenario->keys[i].role],
		        world->keys[i].tag);
		comma = ", ";
	}
	if (keys == 0)
		hf_put_text(out, "no key");
}

/* What is published, in words, when nobody said anything about it. */
static void describe(struct hf_buf *out, const struct hf_drama_world *world,
        const struct hf_scenario_version *version)
{
	const struct hf_scenario *scenario = world->scenario;
	if (version->keys == 0) {
		hf_put_text(out, "An unsigned version.");
		return;
	}
	hf_put_text(out, "The DNSKEY set of ");
	put_keys(out, world, version->keys);
	hf_put_text(out, " is signed by ");
	put_keys(out, world, version->dnskey.by & ~version->dnskey.bad);
	for (unsigned i = 0; i < scenario->class_count; i++) {
		const struct hf_scenario_signed *sign = &version->data[i].sign;
		hf_put_format(out, "; %s by ", scenario->classes[i].name);
		put_keys(out, world, sign->by);
		if ((sign->by & sign->bad) != 0)
			hf_put_text(out, ", which does not verify");
	}
	hf_put_text(out, ".");
}

static enum hf_err tell(struct hf_drama_run *run, hf_time at, enum hf_moment_kind kind,
        const char *text, struct hf_buf *otherwise)
{
	hf_put_u8(otherwise, 0);
	enum hf_err err = hf_buf_check(otherwise);
	if (err == HF_OK)
		err = hf_story_tell(run->story, at, kind, "%s",
		        text != NULL ? text : (const char *)otherwise->data);
	return err;
}

/* ---- who looks at it ---- */

/* The first class whose data cannot be proven; the one of the apex when all can. */
static enum hf_err walk_worst(
        struct hf_drama_run *run, const struct hf_drama_view *view, struct hf_chain **ret_chain)
{
	struct hf_chain *chain = NULL;
	unsigned count = run->scenario->class_count;
	for (unsigned i = 0; i <= count; i++) {
		hf_chain_free(chain);
		enum hf_err err = hf_drama_walk(
		        run->world, view, i < count ? i : run->world->main, run->diag, &chain);
		if (err != HF_OK)
			return err;
		enum hf_chain_status status = hf_chain_trace(chain)->status;
		if (status != HF_CHAIN_SECURE && status != HF_CHAIN_INSECURE)
			break;
	}
	*ret_chain = chain;
	return HF_OK;
}

/* The parent's own signatures are not what this is about: they are always fresh. */
static enum hf_err look(struct hf_drama_run *run, hf_time at, const char *caption)
{
	struct hf_version *parent = NULL;
	struct hf_chain *chain = NULL;
	enum hf_err err = HF_OK;
	if (!hf_drama_is_root(run->world))
		err = hf_drama_world_parent(
		        run->world, run->ds, run->ds_ttl, at, run->diag, &parent);
	const struct hf_drama_view view = {.parent = parent,
	        .keys = run->zone,
	        .data = run->zone,
	        .anchors = run->ds,
	        .at = at};
	if (err == HF_OK)
		err = walk_worst(run, &view, &chain);
	if (err == HF_OK) {
		const struct hf_drama_state state = {.at = at,
		        .guarded = run->guarded,
		        .story = run->story,
		        .caption = caption,
		        .trace = hf_chain_trace(chain)};
		err = run->options->state(run->options->context, &state);
	}
	hf_chain_free(chain);
	hf_version_unref(parent);
	return err;
}

static enum hf_err show(struct hf_drama_run *run, hf_time at, const char *caption)
{
	bool wanted = run->options->state != NULL && run->zone != NULL;
	return wanted ? look(run, at, caption) : HF_OK;
}

/* ---- trust anchors of the root ---- */

void hf_drama_run_trust(struct hf_drama_run *run, hf_time at)
{
	hf_time hold = ADD_HOLD + run->version.dnskey.ttl;
	for (unsigned i = 0; hf_drama_is_root(run->world) && i < run->scenario->key_count; i++)
		if (run->since[i] != HF_TIME_NONE && at >= run->since[i] + hold)
			run->ds |= (hf_scenario_keys)1 << i;
}

/* A new DNSKEY set: keys are seen, or no longer, or revoked by themselves. */
static void meet_keys(struct hf_drama_run *run, hf_time at)
{
	const struct hf_scenario_version *version = &run->version;
	for (unsigned i = 0; hf_drama_is_root(run->world) && i < run->scenario->key_count; i++) {
		const struct hf_scenario_key *key = &run->scenario->keys[i];
		bool there = (version->keys >> i & 1) != 0;
		bool signs = ((version->dnskey.by & ~version->dnskey.bad) >> i & 1) != 0;
		if (there && signs && key->revokes >= 0) {
			run->ds &= ~((hf_scenario_keys)1 << key->revokes);
			run->since[key->revokes] = HF_TIME_NONE;
		} else if (!there || key->revokes >= 0 || key->role == HF_SCENARIO_ZSK) {
			run->since[i] = HF_TIME_NONE;
		} else if (run->since[i] == HF_TIME_NONE) {
			run->since[i] = at;
		}
	}
}

/* ---- what is served ---- */

static enum hf_err take_zone(struct hf_drama_run *run, const struct hf_version *zone, hf_time at)
{
	struct hf_version *made = NULL;
	if (zone != NULL)
		made = hf_version_ref(zone);
	else if (run->options->state != NULL) {
		enum hf_err err = hf_drama_world_make(
		        run->world, &run->version, run->version.serial, at, &made);
		if (err != HF_OK)
			return err;
	}
	hf_version_unref(run->zone);
	run->zone = made;
	return HF_OK;
}

enum hf_err hf_drama_run_publish(struct hf_drama_run *run,
        const struct hf_scenario_version *version, const struct hf_version *zone, hf_time at,
        const char *text)
{
	struct hf_buf words = {0};
	uint16_t number;
	hf_drama_run_trust(run, at);
	run->version = *version;
	meet_keys(run, at);
	describe(&words, run->world, version);
	enum hf_err err = hf_drama_stage_publish(&run->stage, version, at, &number);
	if (err == HF_OK)
		err = take_zone(run, zone, at);
	if (err == HF_OK)
		err = tell(run, at, HF_MOMENT_PUBLISHED, text, &words);
	if (err == HF_OK)
		err = hf_story_plot(run->story, "DNSKEY answer", "bytes", UDP, at,
		        (double)hf_drama_dnskey_bytes(run->world, version));
	if (err == HF_OK)
		err = show(run, at, text != NULL ? text : (const char *)words.data);
	hf_buf_done(&words);
	return err;
}

enum hf_err hf_drama_run_ds(
        struct hf_drama_run *run, hf_scenario_keys ds, uint32_t ttl, hf_time at, const char *text)
{
	struct hf_buf words = {0};
	uint16_t number;
	run->ds = hf_drama_is_root(run->world) ? run->ds : ds;
	run->ds_ttl = ttl;
	enum hf_err err = hf_drama_stage_ds(&run->stage, ds, ttl, at, &number);
	if (err != HF_OK || hf_drama_is_root(run->world))
		return err;
	if (ds == 0) {
		hf_put_format(&words, "The parent has no DS set%s.",
		        at > run->scenario->from ? " any more" : "");
	} else {
		hf_put_text(&words, "The parent's DS set is for ");
		put_keys(&words, run->world, ds);
		hf_put_text(&words, ".");
	}
	err = tell(run, at, HF_MOMENT_PARENT, text, &words);
	if (err == HF_OK)
		err = show(run, at, text != NULL ? text : (const char *)words.data);
	hf_buf_done(&words);
	return err;
}

enum hf_err hf_drama_run_other(struct hf_drama_run *run, const struct hf_scenario_event *event)
{
	static const enum hf_moment_kind kinds[] = {
	        [HF_SCENARIO_SAY] = HF_MOMENT_STEP,
	        [HF_SCENARIO_FAULT] = HF_MOMENT_FAULT,
	        [HF_SCENARIO_ALARM] = HF_MOMENT_ALARM,
	        [HF_SCENARIO_LAG] = HF_MOMENT_FAULT,
	        [HF_SCENARIO_FLUSH] = HF_MOMENT_STEP,
	};
	if (event->act == HF_SCENARIO_LAG)
		run->stage.lags[event->side][event->server] = event->lag;
	if (event->act == HF_SCENARIO_FLUSH)
		run->flushes[run->flush_count++] =
		        (struct hf_population_flush){event->at, event->share};
	if (event->text == NULL)
		return HF_OK;
	return hf_story_tell(run->story, event->at, kinds[event->act], "%s", event->text);
}

/* ---- names ---- */

/* Whether data of a class fail for a resolver that asks for everything anew. */
static bool class_fails(const struct hf_scene *scene, uint16_t ds,
        const struct hf_scene_version *version, unsigned class, hf_time at)
{
	enum hf_scene_verdict keys = hf_scene_keys_verdict(scene, ds, version->dnskey, false, at);
	if (hf_scene_set_at(scene, version->data[class])->fault == HF_SCENE_GONE)
		return true;
	return keys != HF_SCENE_INSECURE &&
	       (keys != HF_SCENE_SECURE ||
	               hf_scene_data_verdict(scene, version->dnskey, version->data[class], false,
	                       at) != HF_SCENE_SECURE);
}

static uint64_t failing_names(const struct hf_drama_run *run, hf_time at)
{
	const struct hf_scenario *scenario = run->scenario;
	const struct hf_scene *scene = run->stage.scene;
	uint16_t ds = hf_scene_served(scene, HF_SCENE_PARENT, 0, at);
	uint16_t version = hf_scene_served(scene, HF_SCENE_ZONE, 0, at);
	uint64_t names = 0;
	if (ds == HF_SCENE_NOTHING || version == HF_SCENE_NOTHING)
		return 0;
	for (unsigned i = 0; i < scenario->class_count; i++)
		if (class_fails(scene, ds, hf_scene_version_at(scene, version), i, at))
			names += scenario->classes[i].names;
	return names;
}

/* How many names of the real zone fail over time, where the scenario says how many there are. The
 * root's keys are trusted without a DS set, by each resolver as it has them. */
static enum hf_err plot_names(struct hf_drama_run *run)
{
	const struct hf_scenario *scenario = run->scenario;
	uint64_t known = 0;
	enum hf_err err = HF_OK;
	for (unsigned i = 0; i < scenario->class_count; i++)
		known += scenario->classes[i].names;
	if (known == 0 || hf_drama_is_root(run->world))
		return HF_OK;
	for (hf_time at = scenario->from; err == HF_OK && at < scenario->until;
	        at = hf_scene_next_change(run->stage.scene, at))
		err = hf_story_plot(run->story, "names that fail", "names", 0, at,
		        (double)failing_names(run, at));
	return err;
}

/* ---- who asks ---- */

static enum hf_err gather(const struct hf_drama_run *run, struct hf_people *people)
{
	const struct hf_scenario *scenario = run->scenario;
	const struct hf_scenario_people *told = &scenario->people;
	bool root = hf_drama_is_root(run->world) || told->anchors != 0;
	hf_people_init(people, root ? HF_PEOPLE_BY_ANCHORS : HF_PEOPLE_BY_DS);
	for (size_t i = 0; i < told->share_count; i++) {
		enum hf_err err = hf_people_share(
		        people, told->shares[i].kind, told->shares[i].share, run->diag);
		if (err != HF_OK)
			return err;
	}
	if (told->rate_most > 0) {
		people->rate_least = told->rate_least;
		people->rate_most = told->rate_most;
	}
	people->denial = HF_SCENE_CLASSES;
	if (run->world->denials >= 0)
		people->denial = (unsigned)run->world->denials;
	for (unsigned i = 0; i < HF_SCENE_CLASSES; i++)
		people->weights[i] = i < scenario->class_count ? scenario->classes[i].share : 0;
	return HF_OK;
}

enum hf_err hf_drama_run_users(struct hf_drama_run *run)
{
	const struct hf_scenario *scenario = run->scenario;
	const struct hf_drama_options *options = run->options;
	struct hf_people people;
	struct hf_population population;
	struct hf_population_measures measures;
	enum hf_err err = gather(run, &people);
	if (err == HF_OK)
		err = hf_drama_stage_seal(&run->stage);
	if (err == HF_OK)
		err = plot_names(run);
	if (err != HF_OK)
		return err;
	hf_people_population(&people,
	        options->resolvers != 0 ? options->resolvers : scenario->people.resolvers,
	        options->seed, &population);
	population.flushes = run->flushes;
	population.flush_count = run->flush_count;
	for (uint16_t i = 0; i < scenario->key_count; i++)
		if ((scenario->people.anchors >> i & 1) != 0 &&
		        population.anchor_count < HF_POPULATION_ANCHORS)
			population.anchors[population.anchor_count++] = i;
	err = hf_population_run(&population, run->stage.scene, scenario->from, scenario->until,
	        options->buckets != 0 ? options->buckets : HF_DRAMA_BUCKETS, options->pool,
	        options->progress, &measures);
	if (err != HF_OK)
		return hf_fail(run->diag, err,
		        "no resolvers can live before this (%s); correct span, TTLs and shares",
		        hf_err_text(err));
	err = hf_story_users(run->story, &measures);
	hf_population_measures_done(&measures);
	return err;
}

/* ---- the whole ---- */

enum hf_err hf_drama_run_init(struct hf_drama_run *run, const struct hf_scenario *scenario,
        const struct hf_drama_options *options, struct hf_drama_world *world, const char *title,
        struct hf_diag *diag)
{
	*run = (struct hf_drama_run){
	        .scenario = scenario, .options = options, .world = world, .diag = diag};
	for (unsigned i = 0; i < HF_SCENARIO_KEYS; i++)
		run->since[i] = HF_TIME_NONE;
	run->ds = hf_drama_is_root(world) ? scenario->people.anchors : 0;
	enum hf_err err = hf_drama_stage_init(&run->stage, world);
	return err != HF_OK ? err
	                    : hf_story_new(title, scenario->from, scenario->until, &run->story);
}

void hf_drama_run_done(struct hf_drama_run *run)
{
	hf_drama_stage_done(&run->stage);
	hf_story_free(run->story);
	hf_version_unref(run->zone);
}
