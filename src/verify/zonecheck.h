/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checks of an owner's data, and of the zone as a whole: keys, links to the parent, ZONEMD, sizes.
 *
 * Owners are judged by any worker. What concerns the zone as a whole is judged once, after all
 * owners, by the worker that the others were merged into. Results go to the worker.
 */
#ifndef HF_VERIFY_ZONECHECK_H
#define HF_VERIFY_ZONECHECK_H

#include "verify/worker.h"

/* Everything about an owner's records but signatures and denial. */
void hf_data_judge(struct hf_worker *worker, const struct hf_owner *owner);
/* Where the hosts are that NS, MX, RP, TLSA and SMIMEA records need. */
void hf_hosts_judge(struct hf_worker *worker, const struct hf_owner *owner);

/* The DNSKEY set: each key, tags, roles, who signs it. */
void hf_keys_judge(struct hf_worker *worker);
/* The DS set that the parent has, when it was given, against the keys. */
enum hf_err hf_parent_judge(
        struct hf_worker *worker, const struct hf_verify_options *options) HF_MUST_CHECK;
/* CDS and CDNSKEY against the keys, each other, and the parent's DS set. */
enum hf_err hf_cds_judge(
        struct hf_worker *worker, const struct hf_verify_options *options) HF_MUST_CHECK;
/* A DS or CDS record by itself: digest type and length, algorithm. */
void hf_ds_form_judge(
        struct hf_worker *worker, const struct hf_where *where, const struct hf_ds *ds);
enum hf_err hf_zonemd_judge(struct hf_worker *worker) HF_MUST_CHECK;

/* Notes a set's part in the largest answers, and says at the end which are too large. */
void hf_sizes_note(
        struct hf_worker *worker, const struct hf_owner *owner, const struct hf_rrset *set);
void hf_sizes_judge(struct hf_worker *worker);

#endif
