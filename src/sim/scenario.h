/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A scenario: a known outage, or one that somebody made up, as facts on a virtual clock.
 *
 * It says what the servers of a zone and of its parent served, when, and by which keys it was
 * signed; what people did and said; which of this is known and from where; and what nobody knows,
 * as parameters with a stated default. Keys are numbers here, sets of them bits. Each version is
 * whole: what an event of the file does not mention is as in the version before it. The form of
 * the files is in holdfast-scenario(5).
 *
 * A scenario that was read is free of contradictions within itself, and does not change any more;
 * any number of threads may read it. Nothing here opens a file or reads a clock.
 */
#ifndef HF_SIM_SCENARIO_H
#define HF_SIM_SCENARIO_H

#include "base/diag.h"
#include "base/times.h"
#include "sim/scene.h"
#include "sim/storm.h"

#define HF_SCENARIO_BYTES  (256u << 10) /* of a file */
#define HF_SCENARIO_KEYS   24
#define HF_SCENARIO_EVENTS 256 /* the two of the start included */
#define HF_SCENARIO_ITEMS  64  /* facts, parameters, storms, figures, tables, shares: each */
#define HF_SCENARIO_TERMS  8   /* of a figure, columns of a table */

/* ---- Keys, and what they sign ---- */

enum hf_scenario_role { HF_SCENARIO_KSK, HF_SCENARIO_ZSK, HF_SCENARIO_CSK };

struct hf_scenario_key {
	const char *name; /* in the file */
	enum hf_scenario_role role;
	uint8_t algorithm;
	unsigned bits;   /* of an RSA modulus; else the algorithm's */
	int32_t tag;     /* −1: none is stated */
	int32_t revokes; /* the key of which this one is the form with the REVOKE bit; −1 */
};

/* A set of keys, bit 1 << number. */
typedef uint32_t hf_scenario_keys;

/* How an RRset is signed. */
struct hf_scenario_signed {
	hf_scenario_keys by;  /* a signature by each; none: it is not signed */
	hf_scenario_keys bad; /* of these: their signatures do not verify */
	uint32_t ttl;         /* of the RRset */
	/* The signatures hold until then. HF_TIME_NEVER: a signer replaces them in time. */
	hf_time until;
};

/* What else may be wrong with a class of data. */
enum hf_scenario_damage {
	HF_SCENARIO_SOUND,
	HF_SCENARIO_BITMAP, /* NSEC or NSEC3 records deny types that are there */
	HF_SCENARIO_GONE,   /* the records lead nowhere: names do not resolve, signed or not */
};

/* What a class of data is made of, in the small zone that stands for the real one. */
enum hf_scenario_stuff {
	HF_SCENARIO_NAMES,       /* addresses of names of the zone itself */
	HF_SCENARIO_DELEGATIONS, /* DS sets, and the denial of them */
	HF_SCENARIO_DENIALS,     /* NSEC or NSEC3 records */
	HF_SCENARIO_WILDCARDS,   /* names that a wildcard stands for */
};

struct hf_scenario_class {
	const char *name; /* "delegations", "names of the second HSM" */
	enum hf_scenario_stuff stuff;
	double share;   /* of users' questions; all together 1 */
	uint64_t names; /* in the real zone; 0: not known */
};

struct hf_scenario_data {
	struct hf_scenario_signed sign;
	enum hf_scenario_damage damage;
};

/* A version of the zone, whole. */
struct hf_scenario_version {
	uint32_t serial;       /* 0: not known */
	hf_scenario_keys keys; /* in the DNSKEY set; none: the zone is not signed */
	struct hf_scenario_signed dnskey;
	struct hf_scenario_data data[HF_SCENE_CLASSES]; /* as many as there are classes */
};

/* ---- What happens ---- */

enum hf_scenario_act {
	HF_SCENARIO_SAY,     /* words alone */
	HF_SCENARIO_FAULT,   /* words: something goes wrong */
	HF_SCENARIO_ALARM,   /* words: somebody is told */
	HF_SCENARIO_PUBLISH, /* servers of the zone serve `version` */
	HF_SCENARIO_DS,      /* servers of the parent serve `ds` */
	HF_SCENARIO_LAG,     /* from now on a server gets all that is new `lag` later */
	HF_SCENARIO_FLUSH,   /* a share of the resolvers forgets what it has cached */
};

/* Whose act it is: what others do no gate can refuse. */
enum hf_scenario_by { HF_SCENARIO_OPERATOR, HF_SCENARIO_OTHERS };

struct hf_scenario_event {
	hf_time at; /* events are in order of time */
	enum hf_scenario_act act;
	enum hf_scenario_by by;
	const char *text; /* one or more sentences; NULL: nothing was said */
	struct hf_scenario_version version;
	hf_scenario_keys ds;     /* none: the DS set is withdrawn */
	uint32_t ds_ttl;         /* without a DS set: how long that is remembered */
	enum hf_scene_side side; /* HF_SCENARIO_LAG, with the number of the server */
	unsigned server;
	int64_t lag;  /* seconds */
	double share; /* HF_SCENARIO_FLUSH, 0 to 1 */
};

/* ---- Those who ask ---- */

/* A kind of resolvers (sim/people.h) with its share; kinds without divide what is left. */
struct hf_scenario_share {
	const char *kind;
	double share;
};

struct hf_scenario_people {
	struct hf_scenario_share shares[HF_SCENARIO_ITEMS];
	size_t share_count;
	uint32_t resolvers; /* a default for the command */
	/* Users' questions an hour and resolver for names of the zone; 0: the default. */
	double rate_least, rate_most;
	hf_scenario_keys anchors; /* what resolvers with keys given by hand have at the beginning */
};

enum hf_scenario_asker { HF_SCENARIO_BIND_2009, HF_SCENARIO_UNBOUND_2009, HF_SCENARIO_CURRENT };

/* One resolver with a stale trust anchor (sim/storm.h). */
struct hf_scenario_storm {
	const char *name;
	struct hf_storm_zone zones[HF_STORM_ZONES]; /* the leaf first */
	/* What the zone was asked in all as it is known; −1: that is not known. */
	int64_t expect_dnskey[HF_STORM_ZONES], expect_ds[HF_STORM_ZONES];
	unsigned count;
	enum hf_scenario_asker asker;
	int64_t patience; /* microseconds, instead of the resolver's own; 0: none; −1: its own */
	int64_t interval; /* microseconds between clients' questions; 0: there is one */
	int64_t duration; /* microseconds, with `interval` */
	unsigned names;   /* that they ask for */
	/* Run it also with the other resolvers and with the brake, each and both: a table. */
	bool compare;
	struct hf_storm_brake brake; /* of `compare` */
};

/* ---- What is known, and what is not ---- */

struct hf_scenario_fact {
	const char *text;
	const char *source; /* where it is from; NULL: what the other facts give */
};

struct hf_scenario_unknown {
	const char *name;
	const char *value;   /* that is taken, as text */
	const char *initial; /* the default */
	const char *low, *high;
	const char *why; /* why this default */
	bool set;        /* `value` is not the default: it was asked for */
};

/* A figure that follows from others, beside what was published. */
struct hf_scenario_figure {
	const char *text;
	const char *unit;
	double terms[HF_SCENARIO_TERMS]; /* multiplied */
	double over[HF_SCENARIO_TERMS];  /* divided by; none is 0 */
	size_t term_count, over_count;
	const char *published; /* NULL: nothing was */
};
/* The product over the other one. */
double hf_scenario_figure(const struct hf_scenario_figure *figure);

struct hf_scenario_table {
	const char *caption;
	const char *columns[HF_SCENARIO_TERMS];
	const char *(*rows)[HF_SCENARIO_TERMS];
	size_t column_count, row_count;
};

/* What a replay has to show. */
struct hf_scenario_expect {
	hf_time from, until; /* users fail; HF_TIME_NONE: nobody does */
	int64_t within;      /* seconds that the replay may be off */
	double least, most;  /* part of the users' questions that fail at worst; 0 and 1: any */
	bool prevented;      /* with Holdfast in front nobody fails */
	const char *because; /* why not, or how; NULL: nothing to say */
};

/* ---- The whole ---- */

enum hf_scenario_denial { HF_SCENARIO_NSEC, HF_SCENARIO_NSEC3, HF_SCENARIO_OPT_OUT };

struct hf_scenario {
	const char *id, *title;
	const char *date;  /* for people: "2024-01-30", "2023-08" */
	const char *about; /* some sentences */
	const char *zone;  /* a name in presentation form */
	hf_time from, until;
	enum hf_scenario_denial denial;
	unsigned servers, parents;
	int64_t validity,
	        refresh; /* of signatures, as the signer makes and replaces them; seconds */
	struct hf_scenario_key keys[HF_SCENARIO_KEYS];
	unsigned key_count;
	struct hf_scenario_class classes[HF_SCENE_CLASSES];
	unsigned class_count;
	/* The first two are of the beginning: the DS set, then the first version, both at `from`.
	 * The root has no DS set: it is empty then. No events at all: there are only storms. */
	struct hf_scenario_event *events;
	size_t event_count;
	struct hf_scenario_people people;
	struct hf_scenario_storm *storms;
	size_t storm_count;
	struct hf_scenario_fact *facts;
	size_t fact_count;
	struct hf_scenario_unknown *unknowns;
	size_t unknown_count;
	struct hf_scenario_figure *figures;
	size_t figure_count;
	struct hf_scenario_table *tables;
	size_t table_count;
	struct hf_scenario_expect expect;
	char **texts; /* all strings above */
	size_t text_count, text_cap;
};

/* A value for a parameter, instead of its default. */
struct hf_scenario_setting {
	const char *name, *value;
};

/*
 * Reads a scenario from memory; `file` stands for it in messages. HF_ERR_SYNTAX, HF_ERR_INVALID,
 * HF_ERR_LIMIT, each with a sentence and the line; HF_ERR_NOTFOUND: a setting is for a parameter
 * that the scenario does not have.
 */
enum hf_err hf_scenario_parse(const char *file, const char *text, size_t len,
        const struct hf_scenario_setting *settings, size_t setting_count, struct hf_diag *diag,
        struct hf_scenario **ret_scenario) HF_MUST_CHECK;
void hf_scenario_free(struct hf_scenario *scenario);

#endif
