/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * QNAME minimisation: servers above are asked for no more of a name than they need (RFC 9156).
 *
 * A name is shown label by label, with A as the type, until an answer refers further down. Long
 * names are shown in larger pieces, so that no name costs more than HF_MINIMISE_COUNT questions.
 * What a server says about a shortened name is no more than a hint where to ask: whatever looks
 * odd, NXDOMAIN included, is followed by the question in full, and proofs decide. Pure.
 * For this part only.
 */
#ifndef HF_NET_MINIMISE_H
#define HF_NET_MINIMISE_H

#include "dns/message.h"

#define HF_MINIMISE_COUNT   10 /* MAX_MINIMISE_COUNT: questions for one name, the full one too */
#define HF_MINIMISE_ONE_LAB 4  /* MINIMISE_ONE_LAB: of these each shows one label more */
#define HF_MINIMISE_TYPE    KNOT_RRTYPE_A

/* The number of labels to show next of a name with `all` labels, after `shown` of them; `all` when
 * the rest is to be shown, and the question itself asked. */
unsigned hf_minimise_labels(unsigned shown, unsigned all);

enum hf_minimise_step {
	HF_MINIMISE_ON,     /* no zone cut here: show more */
	HF_MINIMISE_CUT,    /* a referral to a zone below */
	HF_MINIMISE_FULL,   /* nothing more to learn in this way: ask the question itself */
	HF_MINIMISE_BROKEN, /* the same, and these servers shall not be asked in this way again */
};
/* What an answer of `zone`'s servers about a shortened name says; NULL: there was none. */
enum hf_minimise_step hf_minimise_weigh(
        const struct hf_message *message, const struct hf_name *zone, const struct hf_name *name);

#endif
