/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A zone's key files and the engine's key table, kept in step.
 *
 * The engine knows keys by their DNSKEY RDATA, the folder has their private halves. Acts of the
 * engine on keys are carried out here, each harmless when repeated: a key that was made before a
 * crash and not told is found and told instead of made again; a key is destroyed only after the
 * engine's state that lets it go is durable. Tags of destroyed keys stay taken. A key file that
 * cannot be read is named in a warning and left alone; the others go on working.
 * One thread at a time a box; a folder belongs to one zone and one box.
 */
#ifndef HF_PIPELINE_KEYBOX_H
#define HF_PIPELINE_KEYBOX_H

#include "rollover/rollover.h"

struct hf_keybox;

/* Makes the folder (mode 0700) when it is not there. HF_ERR_REFUSED: others can get at it.
 * `warnings` may be NULL: key files that cannot be used, each with what to do. */
enum hf_err hf_keybox_open(const char *folder, const struct hf_name *zone, struct hf_diag *warnings,
        struct hf_diag *diag, struct hf_keybox **ret_box) HF_MUST_CHECK;
void hf_keybox_free(struct hf_keybox *box);
/* Reads the folder again: somebody put a key there, or repaired one. */
enum hf_err hf_keybox_reload(
        struct hf_keybox *box, struct hf_diag *warnings, struct hf_diag *diag) HF_MUST_CHECK;
/* The keys with private halves; borrowed until the next call that changes the box. */
const struct hf_keydir *hf_keybox_keys(const struct hf_keybox *box);
/* The key with that DNSKEY RDATA (REVOKE bit clear), with its private half; NULL: not there. */
const struct hf_keyfile *hf_keybox_find(const struct hf_keybox *box, struct hf_rdata dnskey);
/* HF_ERR_NOTFOUND: keys of the mask have no private half here; a sentence for each. */
enum hf_err hf_keybox_check(const struct hf_keybox *box, const struct hf_roll_state *state,
        hf_keys keys, struct hf_diag *diag) HF_MUST_CHECK;

/*
 * For a zone that the engine does not know yet: takes over the keys in the folder with what their
 * times say that they do at `now`, and the tags of all that were ever there. An active KSK or CSK
 * is taken to have its DS. HF_ERR_REFUSED: a key in use has no private half, two have one tag, or
 * one is revoked at `now`.
 */
enum hf_err hf_keybox_adopt(struct hf_keybox *box, struct hf_roll_state *state, hf_time now,
        struct hf_diag *diag) HF_MUST_CHECK;

/* HF_ACT_GENERATE: the caller passes `ret_event` to hf_roll_event before the next call here. The
 * RDATA is borrowed. */
enum hf_err hf_keybox_generate(struct hf_keybox *box, const struct hf_roll_state *state,
        const struct hf_act *act, const struct hf_policy *policy, hf_time now, struct hf_diag *diag,
        struct hf_roll_event *ret_event) HF_MUST_CHECK;
/* HF_ACT_CHALLENGE. HF_ERR_NOTFOUND: the private half is not here; try again when it is. */
enum hf_err hf_keybox_challenge(struct hf_keybox *box, const struct hf_roll_state *state,
        const struct hf_act *act, struct hf_diag *diag,
        struct hf_roll_event *ret_event) HF_MUST_CHECK;
/* HF_ACT_DISCARD, after the state that asks for it is durable. Overwrites the private half as far
 * as the file system allows it, and removes the key's files. */
enum hf_err hf_keybox_discard(struct hf_keybox *box, const struct hf_roll_state *state,
        const struct hf_act *act, struct hf_diag *diag,
        struct hf_roll_event *ret_event) HF_MUST_CHECK;

#endif
