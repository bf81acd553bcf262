/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The daemon's configuration: what a YAML file says, checked, with everything that it names.
 *
 * A configuration that exists is whole: unknown, repeated, misplaced or contradictory settings are
 * errors with their line, and all of them show in one run. It never changes: a reload makes a new
 * one. References are counted, so that work under way keeps what it began with. Thread-safe to
 * read; secrets in it are only in TSIG keys once it was loaded.
 */
#ifndef HF_DAEMON_CONFIG_H
#define HF_DAEMON_CONFIG_H

#include <stdatomic.h>

#include "chain/anchors.h"
#include "net/access.h"
#include "net/delegation.h"
#include "net/tsig.h"
#include "rollover/policy.h"

#define HF_CONFIG_LIMIT (64u << 20) /* bytes of the file */

/* A list of settings' mappings or values. */
#define HF_CONFIG_LIST(type)                                                                       \
	{                                                                                          \
		type *items;                                                                       \
		size_t count;                                                                      \
	}
struct hf_config_endpoints HF_CONFIG_LIST(struct hf_endpoint);

/* net/server.h has the meaning; spans in seconds. */
struct hf_config_limits {
	unsigned connections, connections_address, transfers, transfers_address;
	int64_t idle, stall, transfer;
};

/* net/fetch.h has the meaning. */
struct hf_config_fetch {
	int64_t seconds, idle;
	unsigned size; /* MiB */
	unsigned records;
};

struct hf_config_server {
	char *state, *control, *control_group, *user;
	struct hf_config_endpoints listen, source;
	struct hf_config_endpoints metrics; /* one or none */
	unsigned log;                       /* enum hf_log_level */
	unsigned small_lanes, look_lanes, large_zone;
	struct hf_config_limits limits;
	struct hf_config_fetch fetch;
};

struct hf_config_key {
	struct hf_name name;
	char *algorithm, *secret, *secret_file;
	struct hf_tsig_key *tsig; /* after loading */
};
struct hf_config_keys HF_CONFIG_LIST(struct hf_config_key);

struct hf_config_alerts {
	char **command; /* NULL-terminated; NULL: none */
	int64_t seconds, repeat, self_test;
};

/* Another server. */
struct hf_config_peer {
	struct hf_config_endpoints endpoint; /* exactly one */
	const struct hf_config_key *key;     /* NULL: without TSIG */
};
struct hf_config_peers HF_CONFIG_LIST(struct hf_config_peer);

struct hf_config_prefixes HF_CONFIG_LIST(struct hf_prefix);
struct hf_config_rule {
	struct hf_config_prefixes prefix; /* one or none */
	const struct hf_config_key *key;
};
struct hf_config_rules HF_CONFIG_LIST(struct hf_config_rule);

struct hf_config_source {
	char *file;
	struct hf_config_peers primaries;
};

struct hf_config_review {
	char **command;
	int64_t seconds;
	bool approval;
};
struct hf_config_reviews {
	struct hf_config_review of_unsigned, of_signed;
};

/* A policy by name. */
struct hf_config_policy {
	char *name;
	struct hf_policy policy;
};

struct hf_config_zone {
	unsigned line;       /* where it begins */
	struct hf_name name; /* of no length: it was refused */
	char *policy_name;
	const struct hf_config_policy *policy; /* after loading */
	unsigned mode;                         /* enum hf_line_mode */
	struct hf_config_source source;
	struct hf_config_peers secondaries;
	struct hf_config_rules transfer, notify_from;
	char *output;
	unsigned serial; /* enum hf_serial_policy */
	unsigned history;
	int64_t parent_wait; /* seconds */
	struct hf_config_reviews reviews;
};
struct hf_config_zones HF_CONFIG_LIST(struct hf_config_zone);

struct hf_config {
	atomic_uint refs;
	char *file, *folder;    /* relative paths are relative to the folder */
	struct hf_config *base; /* of a zone's settings alone: where keys and policies are */
	struct hf_config_server server;
	char *policies_path, *anchors_path, *hints_path;
	unsigned resolver_port;
	struct hf_config_keys keys;
	struct hf_config_alerts alerts;
	struct hf_config_zones zones;
	/* After loading. */
	struct hf_config_policy **policies; /* those that zones name, and "default" */
	size_t policy_count;
	struct hf_tsig_keys tsig;
	struct hf_anchors anchors;
	char *hints_text;
	struct hf_hints hints; /* `text` NULL: the built-in ones */
};

/*
 * The settings alone: no other file is read. `file` stands for the text in sentences, and its
 * folder is what paths are relative to. HF_ERR_SYNTAX: no YAML of that form; else HF_ERR_INVALID.
 * The caller owns a reference.
 */
enum hf_err hf_config_parse(const char *file, const char *text, size_t len, struct hf_diag *diag,
        struct hf_config **ret_config) HF_MUST_CHECK;
/* The file, and whatever it names: policies, trust anchors, hints, secrets. */
enum hf_err hf_config_load(const char *path, struct hf_diag *warnings, struct hf_diag *diag,
        struct hf_config **ret_config) HF_MUST_CHECK;
/*
 * One zone that is not in the file: its settings as YAML, a mapping as in "zones", where name and
 * policy may be left out. Keys are those of `base`, of which a reference is taken; the policy is
 * read from its file when no other zone has it.
 */
struct hf_config_extra {
	const struct hf_name *name;
	const char *policy; /* NULL: what the settings say, else "default" */
	const char *settings;
};
enum hf_err hf_config_extra(struct hf_config *base, const struct hf_config_extra *extra,
        struct hf_diag *diag, struct hf_config **ret_config) HF_MUST_CHECK;

struct hf_config *hf_config_ref(struct hf_config *config); /* returns it */
void hf_config_unref(struct hf_config *config);            /* NULL is fine */

/* The policy of that name; NULL when no zone has named it. */
const struct hf_config_policy *hf_config_find_policy(
        const struct hf_config *config, const char *name);

/* The settings of the daemon itself, also of a zone that a command has added. */
const struct hf_config *hf_config_top(const struct hf_config *config);
/* server.source of that family; NULL: the system chooses. */
const struct hf_endpoint *hf_config_source_of(const struct hf_config *config, bool v6);

/* "ADDRESS" or "ADDRESS@PORT", as places are written; HF_ERR_SYNTAX. */
enum hf_err hf_config_place(
        const char *text, uint16_t port, struct hf_endpoint *ret_endpoint) HF_MUST_CHECK;
/* The other way. Returns `text`. */
char *hf_config_place_text(const struct hf_endpoint *endpoint, char text[static HF_PLACE_MAX]);

#endif
