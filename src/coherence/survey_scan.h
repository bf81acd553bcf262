/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looking at a version's nodes: which RRsets are authoritative, and whose signatures they carry.
 *
 * A scan is set up for one version and the keys that are known; scanners, one a thread, take nodes
 * in any order and count what they find. For this part only. Borrows the version.
 */
#ifndef HF_COHERENCE_SURVEY_SCAN_H
#define HF_COHERENCE_SURVEY_SCAN_H

#include "base/bytes.h"
#include "coherence/survey.h"
#include "coherence/tally.h"
#include "crypto/batch.h"

#define HF_SCAN_SIGS 64 /* signatures of one RRset that are looked at; over it is an error */
#define HF_SCAN_TAGS 8  /* keys that one signature may be tried with; over it is an error */

/* A key that may have signed something. */
struct hf_scan_key {
	uint32_t key;
	uint16_t tag;
	uint8_t algorithm;
	bool alone; /* no other has its tag and algorithm */
	bool own;   /* in the DNSKEY set of the version itself, and may sign its data */
	struct hf_pubkey *pubkey;
};

struct hf_scan {
	const struct hf_version *version;
	enum hf_survey_flags flags;
	hf_time at;
	struct hf_scan_key *keys; /* by tag and algorithm */
	size_t key_count;
	struct hf_batch_keys *batch_keys;
};

/*
 * `own` is the version's DNSKEY set. Of the evidence's keys the first `known` are looked at;
 * `expected` signatures are about to be verified.
 */
enum hf_err hf_scan_init(struct hf_scan *scan, const struct hf_evidence *evidence,
        const struct hf_content *own, size_t known, uint64_t expected) HF_MUST_CHECK;
void hf_scan_done(struct hf_scan *scan);
/* The key with this number; NULL when it cannot sign. */
const struct hf_scan_key *hf_scan_key(const struct hf_scan *scan, uint32_t key);

struct hf_scan_trial;
struct hf_scan_waiting;

/* What one thread owns. */
struct hf_scanner {
	const struct hf_scan *scan;
	struct hf_batch *batch; /* its tags are indices of trials */
	struct hf_buf message;
	struct hf_scan_trial *trials;
	size_t trial_count, trial_cap;
	struct hf_scan_waiting *waiting;
	size_t waiting_count, waiting_cap;
	struct hf_tally tally;
	struct hf_signer_set dnskey; /* who signs the DNSKEY set; with has_dnskey */
	bool has_dnskey;
	/* Where a bound was met; NULL: nowhere. */
	const struct hf_node *refused;
	uint16_t refused_type;
};

enum hf_err hf_scanner_init(struct hf_scanner *scanner, const struct hf_scan *scan) HF_MUST_CHECK;
void hf_scanner_done(struct hf_scanner *scanner);
/* Takes a node that nothing hides. What it found counts after the next conclusion. */
enum hf_err hf_scanner_look(struct hf_scanner *scanner, const struct hf_node *node) HF_MUST_CHECK;
enum hf_err hf_scanner_conclude(struct hf_scanner *scanner) HF_MUST_CHECK;

/* Names below a cut are the child's, and those below a DNAME are not there. */
bool hf_scan_hides(const struct hf_version *version, const struct hf_node *node);
/* What hides a node; NULL: nothing. */
const struct hf_node *hf_scan_hidden_by(
        const struct hf_version *version, const struct hf_node *node);

#endif
