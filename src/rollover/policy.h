/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The policy: what an operator wants of a zone's keys, signatures and rollovers.
 *
 * Plain data, to be stored, compared and copied. It holds wishes only: how long something may still
 * be in caches is never a setting, but follows from evidence. The delays under `parent` serve plans
 * and nothing else. A policy that came from hf_policy_init, hf_policy_read or hf_policy_parse is
 * within the bounds of the table rollover/policy.def and free of contradictions; hf_policy_check
 * says so of any other. Pure and thread-safe, but for the one function that reads a file.
 */
#ifndef HF_ROLLOVER_POLICY_H
#define HF_ROLLOVER_POLICY_H

#include "base/diag.h"
#include "base/times.h"
#include "coherence/world.h"
#include "crypto/keyfile.h"

enum hf_key_model {
	HF_MODEL_KSK_ZSK, /* a KSK signs the DNSKEY set, a ZSK everything else */
	HF_MODEL_CSK,     /* one key signs all */
};

/* How a key is replaced (RFC 7583 section 2), or an algorithm (RFC 6781 section 4.1.4). */
enum hf_method {
	HF_METHOD_PRE_PUBLICATION,  /* ZSK, CSK: the key first, then its signatures */
	HF_METHOD_DOUBLE_SIGNATURE, /* ZSK, CSK: key and signatures together, beside the old ones */
	HF_METHOD_DOUBLE_KSK,       /* KSK: the key first, then its DS */
	HF_METHOD_DOUBLE_DS,        /* KSK: its DS first, then the key */
	HF_METHOD_DOUBLE_RRSET,     /* KSK: key and DS together, beside the old ones */
	HF_METHOD_CONSERVATIVE,     /* algorithm: signatures before keys */
	HF_METHOD_LIBERAL,          /* algorithm: keys and signatures together */
};
#define HF_METHODS 7
const char *hf_method_name(enum hf_method method); /* "pre-publication" */
/* False: there is no such method. */
bool hf_method_parse(const char *text, enum hf_method *ret_method);
/* Whether keys of the role can be replaced in this way. */
bool hf_method_fits(enum hf_method method, enum hf_role role);

enum hf_replacement {
	HF_REPLACE_GRADUAL, /* a signature is replaced when it is due */
	HF_REPLACE_AT_ONCE, /* all in one version */
};

enum hf_denial {
	HF_DENIAL_NSEC,
	HF_DENIAL_NSEC3,
};

/* Steps that wait for a person. */
enum hf_approval {
	HF_APPROVE_DS = 1 << 0,        /* before the DS set at the parent is to change */
	HF_APPROVE_ALGORITHM = 1 << 1, /* before an algorithm rollover starts */
	HF_APPROVE_SECURE = 1 << 2,    /* before the zone's first DS */
	HF_APPROVE_INSECURE = 1 << 3,  /* before the zone's last DS goes */
	HF_APPROVE_REMOVAL = 1 << 4,   /* before a key leaves the DNSKEY set */
	HF_APPROVE_EVERY_STEP = 1 << 5,
};

#define HF_APPROVALS 6
/* "ds", "algorithm" …: as policies have it. For one bit. */
const char *hf_approval_name(enum hf_approval approval);

enum hf_second_change {
	HF_SECOND_WAITS,   /* until the one in progress is done */
	HF_SECOND_REFUSED, /* with the name of the one in progress */
};

/* How keys of one role are made and replaced. */
struct hf_policy_role {
	uint8_t algorithm;
	unsigned bits;    /* 0: the algorithm's default */
	int64_t lifetime; /* seconds from first use to replacement; 0: never by itself */
	unsigned standby; /* keys that are published and not used */
	bool standby_ds;  /* standby keys have their DS at the parent */
	enum hf_method method;
};

#define HF_PLACE_MAX      64 /* bytes of an address as text with its port, and NUL */
#define HF_POLICY_PLACES  64 /* addresses in one list */
#define HF_POLICY_STANDBY 3  /* standby keys of one role */

/* Server addresses as text: "192.0.2.1", "2001:db8::1", either with "@PORT". */
struct hf_places {
	size_t count;
	char names[HF_POLICY_PLACES][HF_PLACE_MAX];
};

struct hf_policy_signatures {
	int64_t validity;         /* seconds from signing until a signature expires */
	int64_t inception_offset; /* seconds before signing from which it holds */
	int64_t jitter;           /* up to this many seconds less validity */
	int64_t refresh;          /* signatures with less left are replaced */
	enum hf_replacement replacement;
};

struct hf_policy_denial {
	enum hf_denial kind;
	uint16_t iterations; /* NSEC3 */
	uint8_t salt_len;    /* NSEC3, bytes */
	bool opt_out;        /* NSEC3 */
};

struct hf_policy_rollover {
	enum hf_method algorithm_method; /* conservative or liberal */
	enum hf_rules rules;
	int64_t margin;          /* seconds after a safe moment before a step in the zone */
	int64_t ds_margin;       /* the same for steps that change the DS set at the parent */
	int64_t lifetime_jitter; /* up to this many seconds less lifetime, by key */
	unsigned approvals;      /* enum hf_approval */
	enum hf_second_change second;
};

struct hf_policy_parent {
	struct hf_places servers; /* all of them must show a DS set before it counts as there */
	bool cds;                 /* publish CDS and CDNSKEY (RFC 7344) */
	unsigned digests;         /* 1 << DS digest type */
	int64_t ds_ttl;           /* plans: what the parent's DS RRset will have as TTL */
	int64_t delay;            /* plans: from asking for a DS set to seeing it everywhere */
};

struct hf_policy_secondaries {
	struct hf_places servers;
	int64_t expire; /* SOA expire has to be within this; 0: no bound */
	int64_t delay;  /* plans: from a new version until all of them have it */
};

struct hf_policy_alarms {
	int64_t key_end;       /* seconds before a key's lifetime ends */
	int64_t signature_end; /* seconds before a published signature expires */
};

struct hf_policy {
	enum hf_key_model model;
	struct hf_policy_role roles[3]; /* by enum hf_role; only those of the model count */
	uint32_t dnskey_ttl;
	bool rfc5011; /* others hold the zone's keys as trust anchors */
	struct hf_policy_signatures signatures;
	struct hf_policy_denial denial;
	bool zonemd;
	struct hf_policy_rollover rollover;
	struct hf_policy_parent parent;
	struct hf_policy_secondaries secondaries;
	struct hf_policy_alarms alarms;
	unsigned largest_removal; /* per cent of the zone's names that one change may take away;
	                             100: no bound */
};

/* The defaults of policy.def: sound for a zone of any size. */
void hf_policy_init(struct hf_policy *policy);

/*
 * Whether settings contradict each other: HF_ERR_INVALID with a sentence for each contradiction.
 * Settings that are allowed but unwise add a sentence to `warnings`, which may be NULL.
 */
enum hf_err hf_policy_check(const struct hf_policy *policy, struct hf_diag *warnings,
        struct hf_diag *diag) HF_MUST_CHECK;

/*
 * One setting by its name in holdfast-policy(5), "zsk.method" or "parent.ds-ttl"; of a list the
 * words are parted by spaces. HF_ERR_NOTFOUND: there is no such one; HF_ERR_SYNTAX, HF_ERR_INVALID:
 * it takes no such value, and the policy stays as it is. Whether the whole makes sense is
 * hf_policy_check's to say.
 */
enum hf_err hf_policy_set(struct hf_policy *policy, const char *name, const char *value,
        struct hf_diag *diag) HF_MUST_CHECK;

/*
 * A policy from YAML: the settings of policy.def by section, or several such mappings by name under
 * "policies". `name` picks one of those; NULL is fine when there is just one, and one that stands
 * alone is also called "default". Unknown, repeated, misplaced, out-of-range and contradictory
 * settings are errors with their line (HF_ERR_SYNTAX for what is no YAML of that form, else
 * HF_ERR_INVALID); every policy in the file is judged, not only the one that is asked for.
 * HF_ERR_NOTFOUND: no policy of that name.
 */
enum hf_err hf_policy_parse(const char *file, const char *text, size_t len, const char *name,
        struct hf_diag *warnings, struct hf_diag *diag, struct hf_policy *ret_policy) HF_MUST_CHECK;
/* The same from a file. */
enum hf_err hf_policy_read(const char *path, const char *name, struct hf_diag *warnings,
        struct hf_diag *diag, struct hf_policy *ret_policy) HF_MUST_CHECK;

#define HF_POLICY_LIMIT (256u * 1024) /* bytes of a policy file */

/* The whole policy as YAML that hf_policy_parse reads back, a comment above each setting. */
void hf_policy_put(const struct hf_policy *policy, struct hf_buf *out);

#endif
