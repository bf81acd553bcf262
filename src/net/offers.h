/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a transfer server offers: its zones, each with the edition that is served, and who may have
 * it.
 *
 * A zone is replaced as a whole or not at all. For this part only; one thread at a time.
 */
#ifndef HF_NET_OFFERS_H
#define HF_NET_OFFERS_H

#include "net/access.h"
#include "net/edition.h"

enum hf_server_zone_flags {
	/* The zone must not be served any more (RFC 1035: EXPIRE passed): SERVFAIL. */
	HF_SERVER_EXPIRED = 1 << 0,
};

struct hf_server_zone {
	struct hf_name name;
	const struct hf_edition *edition; /* NULL: nothing to serve yet, but NOTIFY is taken */
	const struct hf_access *access;
	unsigned flags; /* enum hf_server_zone_flags */
};

struct hf_zone_offer {
	struct hf_name name;        /* in lower case */
	struct hf_edition *edition; /* a reference, or NULL */
	struct hf_access access;
	unsigned flags; /* enum hf_server_zone_flags */
};

/* Zero-initialised is empty. */
struct hf_offers {
	struct hf_zone_offer **list; /* in canonical order of names */
	size_t count, room;
};

void hf_offers_done(struct hf_offers *offers);
/* Borrowed; NULL when there is none of that name. */
struct hf_zone_offer *hf_offers_find(const struct hf_offers *offers, const struct hf_name *name);
/* Adds the zone, or puts it in the place of the one of its name. */
enum hf_err hf_offers_put(
        struct hf_offers *offers, const struct hf_server_zone *zone) HF_MUST_CHECK;
/* False when there is none of that name. */
bool hf_offers_remove(struct hf_offers *offers, const struct hf_name *name);

#endif
