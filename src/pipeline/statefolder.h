/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the state folder is laid out: the store's own files, "zones/ID" with the journals of the zone
 * with that number in the store, and "keys/NAME" with its key files. Numbers are never used again,
 * so a zone that is removed and added anew does not find what it was; its keys it does find.
 * Thread-safe.
 */
#ifndef HF_PIPELINE_STATEFOLDER_H
#define HF_PIPELINE_STATEFOLDER_H

#include "base/diag.h"
#include "dns/name.h"

#define HF_STATE_ZONES "zones"
#define HF_STATE_KEYS  "keys"

/* A path below the state folder; the folders above it are made (mode 0700). The caller frees it. */
enum hf_err hf_state_zone_folder(
        const char *state, int64_t id, struct hf_diag *diag, char **ret_path) HF_MUST_CHECK;
enum hf_err hf_state_key_folder(const char *state, const struct hf_name *zone, struct hf_diag *diag,
        char **ret_path) HF_MUST_CHECK;

/* Makes the folder (mode 0700, durable) when it is not there. HF_ERR_REFUSED: others than its owner
 * can get at what is in it. */
enum hf_err hf_state_make_folder(const char *path, struct hf_diag *diag) HF_MUST_CHECK;

#endif
