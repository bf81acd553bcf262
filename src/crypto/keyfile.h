/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Key files as BIND writes and reads them: Kzone.+AAA+TTTTT.key (the DNSKEY record) and .private
 * (private-key-format v1.3), with timing metadata. One thread at a time.
 *
 * A CSK is told apart from a KSK by the first comment of its .key file ("combined-signing key") or
 * by BIND's .state file; we write both, because dnssec-settime writes the comment anew.
 */
#ifndef HF_CRYPTO_KEYFILE_H
#define HF_CRYPTO_KEYFILE_H

#include "base/diag.h"
#include "base/times.h"
#include "crypto/keypair.h"

/* What a key is for. A key with the SEP flag may sign just the DNSKEY set, or everything. */
enum hf_role { HF_ROLE_KSK, HF_ROLE_ZSK, HF_ROLE_CSK };
const char *hf_role_name(enum hf_role role); /* "KSK", "ZSK", "CSK" */

/* Each is HF_TIME_NONE when it is not set. */
struct hf_key_times {
	hf_time created, publish, activate, revoke, inactive, remove;
	hf_time sync_publish, sync_remove; /* CDS and CDNSKEY */
};
extern const struct hf_key_times HF_KEY_TIMES_NONE;

/* Where a key is in its life at some time. */
enum hf_key_state {
	HF_KEY_GENERATED, /* not published yet (also: no times at all but created) */
	HF_KEY_PUBLISHED, /* in the DNSKEY set, does not sign */
	HF_KEY_ACTIVE,    /* in the DNSKEY set and signs */
	HF_KEY_RETIRED,   /* in the DNSKEY set, signs no more */
	HF_KEY_REVOKED,   /* in the DNSKEY set with the REVOKE bit, signs that set */
	HF_KEY_REMOVED,   /* no longer in the DNSKEY set */
};
const char *hf_key_state_name(enum hf_key_state state);

/* How the private half is kept. */
enum hf_key_half {
	HF_HALF_SAFE,       /* there, for its owner only */
	HF_HALF_EXPOSED,    /* there, and others can read or change it */
	HF_HALF_MISSING,    /* no such file */
	HF_HALF_UNREADABLE, /* we may not read it; the times are those in the .key file */
};

struct hf_keyfile {
	struct hf_name owner;
	enum hf_role role;
	struct hf_key_times times;
	uint32_t ttl;    /* of the .key file's record; 0 when it has none */
	uint8_t *dnskey; /* RDATA as in the .key file */
	uint16_t dnskey_len;
	uint8_t algorithm;
	unsigned bits; /* size; 0 for an algorithm that we cannot verify with */
	uint16_t tag;
	uint16_t plain_tag;   /* the tag with the REVOKE bit clear */
	uint16_t revoked_tag; /* the tag with the REVOKE bit set */
	enum hf_key_half half;
	struct hf_keypair *pair; /* NULL when only the public half was read */
	char *path;              /* without .key or .private */
};

/* A key with no times and no path, from a pair that it takes over (also when it fails). */
enum hf_err hf_keyfile_new(const struct hf_name *owner, enum hf_role role, struct hf_keypair *pair,
        struct hf_keyfile **ret_key) HF_MUST_CHECK;
void hf_keyfile_free(struct hf_keyfile *key);
struct hf_rdata hf_keyfile_dnskey(const struct hf_keyfile *key);
/*
 * State at `now`, as BIND's manual defines the times: each event holds from its second on, and a
 * key without any times, not even when it was created, is active.
 */
enum hf_key_state hf_keyfile_state(const struct hf_keyfile *key, hf_time now);

enum hf_keyfile_flags {
	HF_KEYFILE_PUBLIC = 0,       /* read .key and the times in .private */
	HF_KEYFILE_PRIVATE = 1 << 0, /* read the private key too; it must match its public half */
	HF_KEYFILE_LENIENT = 1 << 1, /* folders: a key that cannot be read is named and left out */
};

/*
 * `path` with or without .key/.private. Refuses files that are truncated, of another owner or
 * algorithm than their name says, whose halves do not match, or (HF_KEYFILE_PRIVATE) whose private
 * half others can read. The caller owns the key.
 */
enum hf_err hf_keyfile_read(const char *path, enum hf_keyfile_flags flags, struct hf_diag *diag,
        struct hf_keyfile **ret_key) HF_MUST_CHECK;

/* The same from memory. Borrows the texts; NULL for a file that is not there. */
struct hf_keyfile_text {
	const char *key, *private, *state;
	size_t key_len, private_len, state_len;
};
enum hf_err hf_keyfile_parse(const char *path, const struct hf_keyfile_text *text,
        enum hf_keyfile_flags flags, struct hf_diag *diag,
        struct hf_keyfile **ret_key) HF_MUST_CHECK;

/*
 * Writes the files into `dir`, mode 0600 and 0644, never over an existing one, and sets the key's
 * path. Needs `pair`. The .private file comes first and the .key file last: a crash between them
 * leaves no DNSKEY record that could be published without its private half.
 */
enum hf_err hf_keyfile_write(
        const char *dir, struct hf_keyfile *key, struct hf_diag *diag) HF_MUST_CHECK;

/*
 * Destroys the key with that DNSKEY RDATA (REVOKE bit clear): its private half is overwritten, as
 * far as the file system allows that, and its files are removed, durably. What is not there is
 * fine. HF_ERR_REFUSED: a file of that name holds another key.
 */
enum hf_err hf_keyfile_destroy(const char *dir, const struct hf_name *owner, struct hf_rdata dnskey,
        struct hf_diag *diag) HF_MUST_CHECK;

/*
 * All keys in a folder, in order of owner, role and tag. Without HF_KEYFILE_PRIVATE a missing
 * .private file is fine. Every unreadable key is named in `diag`; any of them is an error, but
 * with HF_KEYFILE_LENIENT.
 * `zone` NULL: keys of every owner; else only that zone's, and other zones' keys are skipped.
 */
struct hf_keydir {
	struct hf_keyfile **keys;
	size_t count;
};
enum hf_err hf_keydir_read(const char *dir, const struct hf_name *zone, enum hf_keyfile_flags flags,
        struct hf_diag *diag, struct hf_keydir *ret_keys) HF_MUST_CHECK;
void hf_keydir_done(struct hf_keydir *keys);

#endif
