/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Zones, keys and signings for the tests of src/sign. Everything fails the running test when it
 * does not work; what it returns is the caller's to free.
 */
#ifndef HF_TESTS_SIGN_LAB_H
#define HF_TESTS_SIGN_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sign/sign.h"

#define LAB_AT ((hf_time)1767225600) /* 2026-01-01T00:00:00Z */

/* A zone from text; `origin` NULL: the SOA's owner. */
struct hf_version *lab_zone(const char *text, const char *origin);

/* Keys made in memory, without times: active. */
struct lab_keys {
	struct hf_keydir dir;
	struct hf_keyfile *list[16];
};
struct hf_keyfile *lab_key(
        struct lab_keys *keys, const char *zone, enum hf_role role, uint8_t algorithm);
/* One CSK of Ed25519, whose signatures do not depend on chance. */
void lab_csk(struct lab_keys *keys, const char *zone);
void lab_keys_done(struct lab_keys *keys);

/* One signing; all members may be read and changed before lab_sign. */
struct lab {
	struct lab_keys keys;
	struct hf_version *zone;
	struct hf_version *previous; /* borrowed */
	struct hf_sign_options options;
	struct hf_diag diag, warnings;
	unsigned jobs;
	struct hf_sign_result result;
};
void lab_init(struct lab *lab, const char *text, const char *origin);
void lab_done(struct lab *lab);
enum hf_err lab_sign(struct lab *lab);
/* Whether an entry has this text in it. */
bool lab_says(const struct hf_diag *diag, const char *text);
void lab_assert_says(const struct hf_diag *diag, const char *text);

/* The set of a type at a name in a tree; fails the test when it is not there. */
void lab_set(const struct hf_version *version, const char *name, uint16_t type,
        struct hf_rrset *ret_set);
bool lab_has(const struct hf_version *version, const char *name, uint16_t type);

#endif
