/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A world around a line, in virtual time: a source, a parent with two servers that reads CDS, a
 * secondary that follows, and an oracle that knows nothing of coherence.
 *
 * At every moment in which something changes the oracle tries what resolvers may do: any DS set
 * that some server showed and some cache may hold, with any DNSKEY set, with any data. Signatures
 * are verified one by one. Every function fails the running test when something goes wrong.
 */
#ifndef HF_TESTS_PIPELINE_LINEWORLD_H
#define HF_TESTS_PIPELINE_LINEWORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/pubkey.h"
#include "pipeline/line.h"

#define WORLD_START ((hf_time)1800000000)
#define WORLD_ZONE  "line.test."
#define MINUTE      60
#define HOUR        3600
#define DAY         INT64_C(86400)

#define WORLD_PARENTS  2
#define WORLD_VERSIONS 4096
#define WORLD_KEYS     128
#define WORLD_SETS     64 /* RRsets of one version that are looked at */
#define WORLD_DS       256

/* An RRset with signatures, and by which keys they verify: 0 not known yet, 1 yes, 2 no. */
struct world_set {
	struct hf_name owner;
	struct hf_rrset set; /* borrowed from the version */
	uint8_t by[WORLD_KEYS];
	hf_time inception[WORLD_KEYS], expiration[WORLD_KEYS];
};

struct world_version {
	struct hf_version *version;
	uint32_t serial;
	hf_time at;            /* when it was published, as the line says */
	hf_time from;          /* visible */
	hf_time until;         /* the last server left it; HF_TIME_NEVER */
	hf_time primary_until; /* the primary did */
	uint64_t keys[2];      /* in the DNSKEY set, by number */
	uint32_t key_ttl;
	struct world_set key_set; /* its signatures */
	struct world_set sets[WORLD_SETS];
	size_t count;
};

struct world_ds {
	unsigned server;
	hf_time from, until;
	struct hf_rdata records[8]; /* owned */
	size_t count;
};

struct world;
/*
 * Who has the line: this process, or another one that may die at any moment (farline.h). Whoever it
 * is does what it is asked for, whatever happens on the way.
 */
struct world_hands {
	void (*open)(struct world *world); /* takes up what is durable */
	void (*close)(struct world *world);
	enum hf_err (*change)(struct world *world); /* hf_line_change to `setup` */
	enum hf_err (*input)(struct world *world, const struct hf_line_input *input);
	enum hf_err (*look_at_parent)(
	        struct world *world, const struct world_ds *const shown[WORLD_PARENTS]);
	/* `has`: what the secondary has; NULL: nothing */
	enum hf_err (*look_at_secondary)(struct world *world, const struct hf_version *has);
	enum hf_err (*run)(struct world *world); /* with its outcome */
	enum hf_err (*order)(struct world *world, const struct hf_line_says *says,
	        struct hf_diag *diag, char ret_words[static HF_LINE_WORDS]);
	const struct hf_line_status *(*status)(struct world *world); /* until the next call */
	/* What is published, with a reference of its own; NULL: nothing. */
	struct hf_journal_version (*served)(struct world *world);
};

struct world {
	const struct world_hands *hands;
	char root[64];
	char keys[96], folder[96], output[96], state[96];
	struct hf_line_setup setup;
	struct hf_store *store;
	struct hf_line *line;
	hf_time now, wake;
	hf_time looked;
	int64_t look_gap;
	struct hf_line_outcome outcome;
	struct hf_version *source; /* as it was given last */
	uint32_t serial;
	char *extra; /* records of the source beside the fixed ones */

	struct world_version *versions;
	size_t version_count;
	size_t forgotten; /* so many are in no cache any more */
	size_t secondary; /* version that it has; SIZE_MAX: none */
	hf_time secondary_due;
	bool secondary_stops;
	int64_t lag; /* until the secondary has a version */

	struct world_ds ds[WORLD_DS];
	size_t ds_count;
	bool parent_sleeps; /* nobody reads CDS */
	int64_t registry; /* from a CDS set that was seen to the first server; the second: twice */
	struct hf_rdata wanted[8];
	size_t wanted_count;
	hf_time shows[WORLD_PARENTS]; /* when a server takes over `wanted`; HF_TIME_NONE */
	uint32_t ds_ttl;

	uint8_t *dnskeys[WORLD_KEYS];
	uint16_t dnskey_lens[WORLD_KEYS];
	struct hf_pubkey *pubkeys[WORLD_KEYS];
	size_t key_count;
	size_t checks; /* combinations that the oracle tried */
	bool unchecked;
};

/* A new zone of eight names, with a parent that has no DS for it. Policy, setup and hands may be
 * changed before world_open. */
void world_init(struct world *world);
void world_open(struct world *world);
void world_done(struct world *world);
/* Opens it and goes on until it is signed and has its DS. */
void world_settle(struct world *world);
/* Before world_open: the parent has the DS records that it has for the other one. */
void world_inherit_ds(struct world *world, const struct world *from);
/* Closes and opens everything durable. */
void world_reopen(struct world *world);
/* What is in setup.policy is the policy from now on. */
void world_change(struct world *world);

/* For hands: store and line in this process; both are closed again when it fails. */
enum hf_err world_take_up(struct world *world, struct hf_diag *diag) HF_MUST_CHECK;
void world_leave(struct world *world);
extern const struct world_hands world_own_hands;
/* What is published is seen by everybody from now on. */
void world_show(struct world *world);

/* The source's next version: serial + 1, with these records beside the fixed ones. */
void world_input(struct world *world, const char *extra);
/* A version as text, whatever it is. */
void world_input_text(struct world *world, const char *text);
char *world_text(struct world *world, uint32_t serial, const char *extra); /* to be freed */
/* Time goes on; runs, looks, transfers and the parent happen when they are due. */
void world_run(struct world *world, hf_time until);
/* The same, until the change in progress has ended; fails when it has not by then. */
void world_run_roll(struct world *world, hf_time until);
/* One run, now. */
void world_step(struct world *world);

void world_roll(struct world *world, const struct hf_roll_event *event);
void world_order(struct world *world, enum hf_line_order_kind order, uint32_t serial);
/* HF_OK, or HF_ERR_REFUSED with a sentence. */
enum hf_err world_try(struct world *world, const struct hf_line_says *says);

const struct hf_line_status *world_status(struct world *world); /* until the next call */
bool world_has_alarm(struct world *world, const char *name);
void world_assert_alarm(struct world *world, const char *name, const char *words);
void world_assert_stage(
        struct world *world, enum hf_stage stage, enum hf_stage_state state, const char *words);
uint32_t world_out(struct world *world); /* serial that is published; 0: none */
const struct world_version *world_last(const struct world *world);
/* Whether the published version has an RRset of that type at the name. */
bool world_has(struct world *world, const char *name, uint16_t type);
/* Removes what matches in the key folder; how many files. */
unsigned world_remove_keys(struct world *world, const char *ending);

#endif
