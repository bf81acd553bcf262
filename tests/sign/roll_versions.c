/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The versions of a zone on its way through a rollover, for other checkers: roll_versions KIND
 * FOLDER [nsec3]
 *
 * Signs a zone by the duties of each waypoint as of now, and changes some of its names in between,
 * so that signatures by old and by new keys stand side by side where a change is gradual. Writes
 * FOLDER/0, FOLDER/1 … and prints how many there are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sign/sign_change.h"
#include "zone/dump.h"
#include "zone/load.h"

enum { KEYS = 4, WAYPOINTS = 7, NAMES = 30 };

#define PUB     HF_DUTY_PUBLISHED
#define DNSKEYS (HF_DUTY_PUBLISHED | HF_DUTY_SIGN_KEYS)
#define DATA    (HF_DUTY_PUBLISHED | HF_DUTY_SIGN_DATA)
#define ONLY    HF_DUTY_SIGN_DATA /* data, and not published */
#define KEPT    HF_DUTY_KEPT
#define CDS     HF_DUTY_CDS
#define REVOKED (HF_DUTY_PUBLISHED | HF_DUTY_SIGN_KEYS | HF_DUTY_REVOKED)

struct kind {
	const char *name;
	uint8_t algorithms[KEYS];
	enum hf_role roles[KEYS];
	unsigned count;
	uint8_t duties[WAYPOINTS][KEYS];
};

static const struct kind kinds[] = {
        {"zsk", {13, 13, 13}, {HF_ROLE_KSK, HF_ROLE_ZSK, HF_ROLE_ZSK}, 4,
                {{DNSKEYS | CDS, DATA, 0}, {DNSKEYS | CDS, DATA, PUB},
                        {DNSKEYS | CDS, PUB | KEPT, DATA}, {DNSKEYS, PUB | KEPT, DATA}}},
        {"ksk", {13, 13, 13}, {HF_ROLE_KSK, HF_ROLE_ZSK, HF_ROLE_KSK}, 3,
                {{DNSKEYS | CDS, DATA, 0}, {DNSKEYS, DATA, DNSKEYS | CDS}, {0, DATA, DNSKEYS}}},
        {"revoked", {13, 13, 13}, {HF_ROLE_KSK, HF_ROLE_ZSK, HF_ROLE_KSK}, 3,
                {{DNSKEYS, DATA, DNSKEYS}, {REVOKED, DATA, DNSKEYS}, {0, DATA, DNSKEYS}}},
        {"algorithm", {8, 8, 15, 15}, {HF_ROLE_KSK, HF_ROLE_ZSK, HF_ROLE_KSK, HF_ROLE_ZSK}, 5,
                {{DNSKEYS, DATA, 0, 0}, {DNSKEYS, DATA, 0, ONLY}, {DNSKEYS, DATA, DNSKEYS, DATA},
                        {0, ONLY, DNSKEYS, DATA}, {0, 0, DNSKEYS, DATA}}},
        {"csk", {13, 13, 15}, {HF_ROLE_KSK, HF_ROLE_ZSK, HF_ROLE_CSK}, 3,
                {{DNSKEYS, DATA, 0}, {DNSKEYS, DATA, DNSKEYS | DATA}, {0, 0, DNSKEYS | DATA}}},
        {"insecure", {15}, {HF_ROLE_CSK}, 3, {{DNSKEYS | DATA}, {0}, {DNSKEYS | DATA}}},
};

struct way {
	const struct kind *kind;
	const char *folder;
	struct hf_pool *pool;
	struct hf_keyfile *files[KEYS];
	struct hf_keydir keys;
	struct hf_sign_options options;
	struct hf_version *zone, *last;
	struct hf_sign_duty list[2][KEYS]; /* now, then */
};

static void check(enum hf_err err, const struct hf_diag *diag)
{
	if (err == HF_OK)
		return;
	fprintf(stderr, "roll_versions: %s\n",
	        diag != NULL && diag->count > 0 ? diag->entries[0].text : hf_err_text(err));
	exit(1);
}

/* The zone with this serial: names that divide by it have other records. */
static struct hf_version *make_zone(unsigned serial)
{
	struct hf_buf text = {0};
	struct hf_version *zone = NULL;
	struct hf_load_options options = {.origin = "example."};

	hf_put_format(&text, "example. 3600 SOA ns.example. h.example. %u 7200 900 1209600 600\n",
	        serial);
	hf_put_text(&text, "example. 3600 NS ns.example.\nns.example. 3600 A 192.0.2.1\n"
	                   "*.wild.example. 60 TXT wildcard\na.b.c.example. 60 A 192.0.2.2\n");
	for (unsigned i = 0; i < NAMES; i++) {
		unsigned value = i % (serial + 1) == 0 ? serial : 0;
		if (i % 3 == 0)
			hf_put_format(&text,
			        "d%u.example. 600 NS ns.elsewhere.test.\n"
			        "d%u.example. 600 DS %u 13 2 %064u\n",
			        i, i, i + 1, value);
		else
			hf_put_format(&text, "t%u.example. 600 TXT \"%u\"\n", i, value);
	}
	check(hf_buf_check(&text), NULL);
	check(hf_zone_load_text("zone", (const char *)text.data, text.len, &options, NULL, &zone),
	        NULL);
	hf_buf_done(&text);
	return zone;
}

static void make_keys(struct way *way)
{
	const struct kind *kind = way->kind;
	way->keys.keys = way->files;
	for (unsigned i = 0; i < KEYS && kind->algorithms[i] != 0; i++) {
		uint16_t flags =
		        HF_DNSKEY_ZONE | (kind->roles[i] == HF_ROLE_ZSK ? 0 : HF_DNSKEY_SEP);
		struct hf_keypair *pair = NULL;
		check(hf_keypair_generate(kind->algorithms[i], 0, flags, &pair), NULL);
		check(hf_keyfile_new(
		              hf_version_apex(way->zone), kind->roles[i], pair, &way->files[i]),
		        NULL);
		way->keys.count++;
	}
}

static void write_version(const struct way *way, unsigned number)
{
	struct hf_outfile *file = NULL;
	struct hf_diag diag;
	char path[4096];

	hf_diag_init(&diag, 1);
	snprintf(path, sizeof(path), "%s/%u", way->folder, number);
	check(hf_outfile_new(path, 0644, HF_OUTFILE_REPLACE, &diag, &file), &diag);
	check(hf_zone_dump(way->last, file, way->pool, NULL, &diag), &diag);
	check(hf_outfile_commit(file, &diag), &diag);
	hf_outfile_free(file);
	hf_diag_done(&diag);
}

/* Signs the next version, with other duties and other names. */
static void go_on(struct way *way, unsigned number)
{
	struct hf_version *zone = make_zone(number + 1);
	struct hf_sign_duties now = {.list = way->list[0], .count = way->keys.count};
	struct hf_sign_duties then = {.list = way->list[1], .count = way->keys.count};
	const struct hf_sign_since since = {
	        .zone = way->zone, .options = &way->options, .duties = &then};
	const struct hf_sign_job job = {.zone = zone,
	        .previous = way->last,
	        .keys = &way->keys,
	        .options = &way->options,
	        .duties = &now};
	struct hf_sign_next next = {.whole = NULL};
	struct hf_diag diag;

	hf_diag_init(&diag, 1);
	for (size_t i = 0; i < way->keys.count; i++)
		way->list[0][i] = (struct hf_sign_duty){.tag = way->files[i]->plain_tag,
		        .algorithm = way->files[i]->algorithm,
		        .flags = way->kind->duties[number][i]};
	check(hf_sign_change(&job, &since, way->pool, &diag, &next), &diag);
	hf_diag_done(&diag);
	memcpy(way->list[1], way->list[0], sizeof(way->list[0]));
	hf_version_unref(way->last);
	hf_version_unref(way->zone);
	way->last = next.result.version;
	way->zone = zone;
	write_version(way, number);
}

int main(int argc, char **argv)
{
	struct way way = {.kind = NULL};

	for (size_t i = 0; argc >= 3 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(argv[1], kinds[i].name) == 0)
			way.kind = &kinds[i];
	if (way.kind == NULL) {
		fprintf(stderr, "usage: roll_versions KIND FOLDER [nsec3]\n");
		return 2;
	}
	way.folder = argv[2];
	hf_sign_options_init(&way.options, (hf_time)time(NULL));
	way.options.serial = HF_SERIAL_INCREMENT;
	way.options.flags = argc > 3 ? HF_SIGN_NSEC3 : 0;
	check(hf_pool_new(1, &way.pool), NULL);
	way.zone = make_zone(0);
	make_keys(&way);
	for (unsigned i = 0; i < way.kind->count; i++)
		go_on(&way, i);
	printf("%u\n", way.kind->count);
	for (size_t i = 0; i < way.keys.count; i++)
		hf_keyfile_free(way.files[i]);
	hf_version_unref(way.last);
	hf_version_unref(way.zone);
	hf_pool_free(way.pool);
	return 0;
}
