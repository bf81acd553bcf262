/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What RFC 4035 section 5 makes of sets whose signatures are known to be good or bad. */
#include "sim/scene.h"

const char *hf_scene_verdict_name(enum hf_scene_verdict verdict)
{
	static const char *const names[HF_SCENE_VERDICTS] = {
	        [HF_SCENE_SECURE] = "secure",
	        [HF_SCENE_INSECURE] = "insecure",
	        [HF_SCENE_SILENT] = "no server answers",
	        [HF_SCENE_NO_KEY] = "no matching key",
	        [HF_SCENE_NO_SIG] = "no signature",
	        [HF_SCENE_EXPIRED] = "signature out of its time",
	        [HF_SCENE_BAD_SIG] = "signature does not verify",
	        [HF_SCENE_ALGORITHMS] = "an algorithm without signature",
	        [HF_SCENE_LOST] = "names that lead nowhere",
	};
	return names[verdict];
}

static bool has_member(const struct hf_scene_set *set, uint16_t key)
{
	for (unsigned i = 0; i < set->member_count; i++)
		if (set->members[i] == key)
			return true;
	return false;
}

/* What a key's own signatures over a set are worth. */
static enum hf_scene_verdict signed_by(const struct hf_scene_set *set, uint16_t key, hf_time at)
{
	enum hf_scene_verdict best = HF_SCENE_NO_SIG;
	for (unsigned i = 0; i < set->signing_count; i++) {
		const struct hf_scene_signing *signing = &set->signings[i];
		if (signing->key != key)
			continue;
		if (at < signing->from || at > signing->until)
			best = best == HF_SCENE_NO_SIG ? HF_SCENE_EXPIRED : best;
		else if (signing->bad)
			best = HF_SCENE_BAD_SIG;
		else
			return HF_SCENE_SECURE;
	}
	return best;
}

/* What was found so far for each algorithm that has to have a valid path: a bit an algorithm. */
struct paths {
	uint64_t wanted[4], good[4];
	enum hf_scene_verdict worst; /* the most telling failure */
};

static void note(struct paths *paths, uint8_t algorithm, enum hf_scene_verdict verdict)
{
	uint64_t bit = UINT64_C(1) << algorithm % 64;
	paths->wanted[algorithm / 64] |= bit;
	if (verdict == HF_SCENE_SECURE)
		paths->good[algorithm / 64] |= bit;
	else if (verdict > paths->worst)
		paths->worst = verdict;
}

static enum hf_scene_verdict judge(const struct paths *paths, bool strict)
{
	uint64_t good = 0, lacking = 0;
	for (unsigned i = 0; i < 4; i++) {
		good |= paths->good[i];
		lacking |= paths->wanted[i] & ~paths->good[i];
	}
	if (good == 0)
		return paths->worst;
	return lacking == 0 || !strict ? HF_SCENE_SECURE : HF_SCENE_ALGORITHMS;
}

enum hf_scene_verdict hf_scene_keys_verdict(
        const struct hf_scene *scene, uint16_t ds, uint16_t dnskey, bool strict, hf_time at)
{
	const struct hf_scene_set *vouched = hf_scene_set_at(scene, ds);
	const struct hf_scene_set *keys = hf_scene_set_at(scene, dnskey);
	struct paths paths = {.worst = HF_SCENE_NO_KEY};
	bool any = false;
	for (unsigned i = 0; i < vouched->member_count; i++) {
		const struct hf_scene_key *key = hf_scene_key_at(scene, vouched->members[i]);
		if (key->unknown)
			continue;
		any = true;
		bool there =
		        key->revokes == HF_SCENE_NOTHING && has_member(keys, vouched->members[i]);
		note(&paths, key->algorithm,
		        there ? signed_by(keys, vouched->members[i], at) : HF_SCENE_NO_KEY);
	}
	return any ? judge(&paths, strict) : HF_SCENE_INSECURE;
}

enum hf_scene_verdict hf_scene_anchor_verdict(const struct hf_scene *scene, const uint16_t *anchors,
        unsigned count, uint16_t dnskey, hf_time at)
{
	const struct hf_scene_set *keys = hf_scene_set_at(scene, dnskey);
	enum hf_scene_verdict worst = HF_SCENE_NO_KEY;
	for (unsigned i = 0; i < count; i++) {
		if (!has_member(keys, anchors[i]))
			continue;
		enum hf_scene_verdict verdict = signed_by(keys, anchors[i], at);
		if (verdict == HF_SCENE_SECURE)
			return HF_SCENE_SECURE;
		worst = verdict > worst ? verdict : worst;
	}
	return worst;
}

enum hf_scene_verdict hf_scene_data_verdict(
        const struct hf_scene *scene, uint16_t dnskey, uint16_t data, bool strict, hf_time at)
{
	const struct hf_scene_set *keys = hf_scene_set_at(scene, dnskey);
	const struct hf_scene_set *set = hf_scene_set_at(scene, data);
	struct paths paths = {.worst = set->signing_count == 0 ? HF_SCENE_NO_SIG : HF_SCENE_NO_KEY};
	for (unsigned i = 0; i < keys->member_count; i++) {
		const struct hf_scene_key *key = hf_scene_key_at(scene, keys->members[i]);
		enum hf_scene_verdict verdict = signed_by(set, keys->members[i], at);
		if (key->unknown || key->revokes != HF_SCENE_NOTHING)
			continue;
		/* Keys that sign only the DNSKEY set are no reason to fail. */
		note(&paths, key->algorithm, verdict == HF_SCENE_NO_SIG ? paths.worst : verdict);
	}
	return judge(&paths, strict);
}
