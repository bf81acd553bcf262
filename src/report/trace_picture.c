/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/trace_picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/alg.h"
#include "report/trace_shape.h"

#define FRAME_X    20
#define FRAME_W    (HF_PICTURE_WIDTH - 2 * FRAME_X)
#define FRAME_GAP  46 /* between zones */
#define BOX_GAP    12 /* between boxes of a column */
#define BOX_X      (FRAME_X + 16)
#define DS_W       210
#define KEY_W      240
#define COLUMN_GAP 84
#define KEY_X      (BOX_X + DS_W + COLUMN_GAP)
#define SET_X      (KEY_X + KEY_W + COLUMN_GAP)
#define SET_W      (FRAME_X + FRAME_W - HF_PICTURE_LANE - 8 - SET_X)
#define NAME_LINES 3

/* What a picture is made with. */
struct easel {
	const struct hf_trace *trace;
	struct hf_picture picture;
	const struct hf_link *link; /* of the zone that is being laid out */
	size_t index;
	size_t zone;     /* its box */
	size_t first_ds; /* boxes of its columns: DS records, then keys, then sets */
	size_t first_key;
	size_t first_set;
	int bottom; /* of the lowest box so far */
};

void hf_picture_done(struct hf_picture *picture)
{
	for (size_t i = 0; i < picture->box_count; i++) {
		hf_buf_done(&picture->boxes[i].text);
		hf_buf_done(&picture->boxes[i].name);
	}
	free(picture->boxes);
	free(picture->arrows);
	*picture = (struct hf_picture){0};
}

static enum hf_err add_box(struct easel *easel, enum hf_picture_kind kind)
{
	struct hf_picture *picture = &easel->picture;
	struct hf_picture_box *boxes =
	        reallocarray(picture->boxes, picture->box_count + 1, sizeof(*boxes));
	if (boxes == NULL)
		return HF_ERR_NOMEM;
	picture->boxes = boxes;
	boxes[picture->box_count++] = (struct hf_picture_box){.kind = kind, .link = easel->index};
	return HF_OK;
}

static enum hf_err add_arrow(struct easel *easel, size_t from, size_t to, enum hf_picture_mark mark)
{
	struct hf_picture *picture = &easel->picture;
	struct hf_picture_arrow *arrows =
	        reallocarray(picture->arrows, picture->arrow_count + 1, sizeof(*arrows));
	if (arrows == NULL)
		return HF_ERR_NOMEM;
	picture->arrows = arrows;
	arrows[picture->arrow_count++] =
	        (struct hf_picture_arrow){.from = from, .to = to, .mark = mark};
	return HF_OK;
}

static struct hf_picture_box *last_box(struct easel *easel)
{
	return &easel->picture.boxes[easel->picture.box_count - 1];
}

static size_t columns_of(int width)
{
	return (size_t)(width - 2 * HF_PICTURE_PAD) * 10 / HF_PICTURE_LETTER;
}

/* A line of a box, cut where the box ends. */
static void put_line(struct hf_picture_box *box, const char *text)
{
	size_t most = columns_of(box->w), len = strlen(text);
	hf_put_bytes(&box->text, text, len < most ? len : most);
	hf_put_text(&box->text, "\n");
}

/* A name in as many lines as it takes, up to some; then its middle is left out. */
static void put_name(struct hf_picture_box *box, const char *text)
{
	size_t most = columns_of(box->w), len = strlen(text);
	if (len > NAME_LINES * most) {
		size_t head = (NAME_LINES - 1) * most - 3;
		for (size_t at = 0; at < head; at += most) {
			size_t part = head - at < most ? head - at : most;
			hf_put_bytes(&box->text, text + at, part);
			hf_put_text(&box->text, part < most ? "...\n" : "\n");
		}
		text += len - most;
		len = most;
	}
	for (size_t at = 0; at < len; at += most) {
		hf_put_bytes(&box->text, text + at, len - at < most ? len - at : most);
		hf_put_text(&box->text, "\n");
	}
}

static size_t lines_of(const struct hf_buf *text)
{
	size_t lines = 0;
	for (size_t i = 0; i < text->len; i++)
		lines += text->data[i] == '\n';
	return lines;
}

/* Gives the last box its height and its place below those of its column. */
static void place(struct easel *easel, size_t first_of_column)
{
	struct hf_picture *picture = &easel->picture;
	struct hf_picture_box *box = last_box(easel);
	const struct hf_picture_box *zone = &picture->boxes[easel->zone];
	size_t own = picture->box_count - 1;
	box->h = 2 * HF_PICTURE_PAD + HF_PICTURE_LINE * (int)lines_of(&box->text) - 4;
	box->y = zone->y + HF_PICTURE_TITLE;
	if (own > first_of_column) {
		const struct hf_picture_box *above = &picture->boxes[own - 1];
		box->y = above->y + above->h + BOX_GAP;
	}
	if (box->y + box->h > easel->bottom)
		easel->bottom = box->y + box->h;
}

/* ---- The three columns ---- */

static bool breaks_here(const struct easel *easel)
{
	return easel->trace->has_broken && easel->trace->broken.link == easel->index;
}

static const char *ds_remark(const struct hf_link *link, const struct hf_link_ds *ds)
{
	if (!ds->supported)
		return "not supported";
	if (ds->passed_over)
		return "passed over: SHA-1";
	if (link->key_count == 0)
		return "no DNSKEY set seen";
	return ds->key < 0 ? "matches no DNSKEY" : "key does not sign";
}

static enum hf_err add_ds(struct easel *easel, size_t index)
{
	const struct hf_link *link = easel->link;
	const struct hf_link_ds *ds = &link->ds[index];
	char line[64], name[32];
	enum hf_err err = add_box(easel, HF_PICTURE_DS);
	if (err != HF_OK)
		return err;
	struct hf_picture_box *box = last_box(easel);
	bool holds = hf_link_ds_holds(link, index);
	bool bogus = link->status == HF_CHAIN_BOGUS || link->status == HF_CHAIN_INDETERMINATE;
	box->x = BOX_X;
	box->w = DS_W;
	box->mark = holds && !ds->passed_over             ? HF_PICTURE_GOOD
	            : !holds && bogus && !ds->passed_over ? HF_PICTURE_BAD
	                                                  : HF_PICTURE_IDLE;
	snprintf(line, sizeof(line), "%s %u", link->is_anchor ? "trust anchor" : "DS", ds->tag);
	put_line(box, line);
	put_line(box, hf_alg_name(ds->algorithm, name));
	put_line(box, ds->digest_type != 0 ? hf_digest_name(ds->digest_type, name) : "DNSKEY");
	if (!holds || ds->passed_over) {
		snprintf(line, sizeof(line), "%s%s",
		        box->mark == HF_PICTURE_BAD ? HF_PICTURE_WRONG : "", ds_remark(link, ds));
		put_line(box, line);
	}
	place(easel, easel->first_ds);
	return HF_OK;
}

static const char *key_remark(const struct hf_link_key *key, bool fails)
{
	if ((key->flags & HF_DNSKEY_ZONE) == 0)
		return "no zone key";
	if ((key->flags & HF_DNSKEY_REVOKE) != 0)
		return "revoked";
	if (!key->supported)
		return "not supported";
	if (key->signs_keys || key->signs_data)
		return NULL;
	return fails ? "signs in vain" : "signs nothing here";
}

/* Keys that sign the set stand first, so that arrows seldom cross; then those that sign data. */
static int row_of(const struct hf_link_key *key)
{
	return key->signs_keys || key->trusted ? 0 : key->signs_data ? 1 : 2;
}

/* The box of a key. */
static size_t key_box(const struct easel *easel, size_t index)
{
	const struct hf_link *link = easel->link;
	int row = row_of(&link->keys[index]);
	size_t before = 0;
	for (size_t i = 0; i < link->key_count; i++) {
		int other = row_of(&link->keys[i]);
		before += other < row || (other == row && i < index);
	}
	return easel->first_key + before;
}

static enum hf_err add_key(struct easel *easel, size_t index)
{
	const struct hf_link_key *key = &easel->link->keys[index];
	char line[64], name[32];
	enum hf_err err = add_box(easel, HF_PICTURE_KEY);
	if (err != HF_OK)
		return err;
	struct hf_picture_box *box = last_box(easel);
	box->x = KEY_X;
	box->w = KEY_W;
	box->mark = key->signs_keys || key->signs_data ? HF_PICTURE_GOOD : HF_PICTURE_IDLE;
	snprintf(line, sizeof(line), "%s %u", hf_link_key_role(key), key->tag);
	put_line(box, line);
	const char *algorithm = hf_alg_name(key->algorithm, name);
	if (key->bits != 0)
		snprintf(line, sizeof(line), "%s, %u bits", algorithm, key->bits);
	else
		snprintf(line, sizeof(line), "%s", algorithm);
	put_line(box, line);
	const char *remark = key_remark(key, hf_link_key_fails(easel->link, index));
	if (remark != NULL)
		put_line(box, remark);
	place(easel, easel->first_key);
	return HF_OK;
}

/* "DNSKEY set", "A of www.example." */
static void put_set_name(struct hf_picture_box *box, const struct hf_link *link,
        const struct hf_name *owner, uint16_t type)
{
	char text[HF_NAME_TEXT], type_text[HF_TYPE_TEXT], line[HF_NAME_TEXT + HF_TYPE_TEXT + 8];
	hf_type_text(type, type_text);
	if (type == KNOT_RRTYPE_DNSKEY && hf_name_equal(owner, &link->zone))
		snprintf(line, sizeof(line), "DNSKEY set");
	else
		snprintf(line, sizeof(line), "%s of %s", type_text, hf_name_text(owner, text));
	put_name(box, line);
	hf_put_text(&box->name, line);
	hf_put_u8(&box->name, 0);
}

static void put_sig(struct hf_picture_box *box, const struct hf_link_sig *sig)
{
	char line[96], until[HF_TIME_TEXT];
	if (sig->cause == HF_CAUSE_NONE)
		snprintf(line, sizeof(line), "by %u until %s", sig->tag,
		        hf_time_rfc3339(sig->expiration, until));
	else
		snprintf(line, sizeof(line), HF_PICTURE_WRONG "by %u: %s", sig->tag,
		        hf_cause_brief(sig->cause));
	put_line(box, line);
}

static bool same_set(const struct hf_link_sig *a, const struct hf_link_sig *b)
{
	return a->covered == b->covered && hf_name_equal(&a->owner, &b->owner);
}

/* The set of a signature, with all its signatures, unless an earlier one was of the same set. */
static enum hf_err add_signed_set(struct easel *easel, size_t index)
{
	const struct hf_link *link = easel->link;
	const struct hf_link_sig *sig = &link->sigs[index];
	for (size_t i = 0; i < index; i++) {
		if (same_set(&link->sigs[i], sig))
			return HF_OK;
	}
	enum hf_err err = add_box(easel, HF_PICTURE_SET);
	if (err != HF_OK)
		return err;
	size_t own = easel->picture.box_count - 1;
	struct hf_picture_box *box = last_box(easel);
	box->x = SET_X;
	box->w = SET_W;
	box->mark = HF_PICTURE_BAD;
	put_set_name(box, link, &sig->owner, sig->covered);
	for (size_t i = index; i < link->sig_count && err == HF_OK; i++) {
		const struct hf_link_sig *other = &link->sigs[i];
		if (!same_set(other, sig) || hf_link_sig_repeats(link, i))
			continue;
		bool good = other->cause == HF_CAUSE_NONE;
		size_t key = hf_link_sig_key(link, other);
		put_sig(box, other);
		if (good)
			box->mark = HF_PICTURE_GOOD;
		err = add_arrow(easel,
		        key != HF_LINK_NONE ? key_box(easel, key) : HF_PICTURE_NOWHERE, own,
		        good ? HF_PICTURE_GOOD : HF_PICTURE_BAD);
	}
	place(easel, easel->first_set);
	return err;
}

/* The set that the fault is about, when no signature over it was there to be drawn. */
static enum hf_err add_faulty_set(struct easel *easel)
{
	const struct hf_link *link = easel->link;
	const struct hf_fault *fault = &easel->trace->broken.fault;
	if (!breaks_here(easel) || fault->owner.len == 0 || fault->type == 0)
		return HF_OK;
	for (size_t i = 0; i < link->sig_count; i++) {
		if (link->sigs[i].covered == fault->type &&
		        hf_name_equal(&link->sigs[i].owner, &fault->owner))
			return HF_OK;
	}
	enum hf_err err = add_box(easel, HF_PICTURE_SET);
	if (err != HF_OK)
		return err;
	struct hf_picture_box *box = last_box(easel);
	box->x = SET_X;
	box->w = SET_W;
	box->mark = link->status == HF_CHAIN_INSECURE ? HF_PICTURE_IDLE : HF_PICTURE_BAD;
	put_set_name(box, link, &fault->owner, fault->type);
	char line[64];
	snprintf(line, sizeof(line), HF_PICTURE_WRONG "%s", hf_cause_brief(fault->cause));
	put_line(box, line);
	place(easel, easel->first_set);
	return HF_OK;
}

static bool is_named(const struct hf_picture_box *box, const char *name)
{
	return box->kind == HF_PICTURE_SET && !box->name.failed &&
	       strcmp((const char *)box->name.data, name) == 0;
}

/* The box of the DNSKEY set; HF_PICTURE_NOWHERE when there is none. */
static size_t key_set_box(const struct easel *easel)
{
	const struct hf_picture *picture = &easel->picture;
	for (size_t i = easel->first_set; i < picture->box_count; i++) {
		if (is_named(&picture->boxes[i], "DNSKEY set"))
			return i;
	}
	return HF_PICTURE_NOWHERE;
}

/* From each DS to its key; and from a key that should sign the DNSKEY set and does not. */
static enum hf_err add_trust(struct easel *easel)
{
	const struct hf_link *link = easel->link;
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < link->ds_count && err == HF_OK; i++) {
		const struct hf_picture_box *box = &easel->picture.boxes[easel->first_ds + i];
		int key = link->ds[i].key;
		bool found = key >= 0 && (size_t)key < link->key_count;
		if (!found && box->mark == HF_PICTURE_IDLE)
			continue;
		err = add_arrow(easel, easel->first_ds + i,
		        found ? key_box(easel, (size_t)key) : HF_PICTURE_NOWHERE,
		        found && box->mark == HF_PICTURE_BAD ? HF_PICTURE_GOOD : box->mark);
		size_t set = key_set_box(easel);
		if (err == HF_OK && found && box->mark == HF_PICTURE_BAD &&
		        set != HF_PICTURE_NOWHERE && !hf_link_ds_repeats(link, i))
			err = add_arrow(easel, key_box(easel, (size_t)key), set, HF_PICTURE_BAD);
	}
	return err;
}

/* ---- Zones ---- */

/* What vouches for this zone: its DS set in the zone above, or that zone as a whole. */
static size_t vouching_box(const struct easel *easel, size_t above)
{
	const struct hf_picture *picture = &easel->picture;
	char zone[HF_NAME_TEXT], wanted[HF_NAME_TEXT + 8];
	size_t found = HF_PICTURE_NOWHERE;
	snprintf(wanted, sizeof(wanted), "DS of %s", hf_name_text(&easel->link->zone, zone));
	for (size_t i = 0; i < picture->box_count; i++) {
		const struct hf_picture_box *box = &picture->boxes[i];
		if (box->link != above)
			continue;
		if (box->kind == HF_PICTURE_ZONE)
			found = i;
		if (is_named(box, wanted))
			return i;
	}
	return found;
}

static enum hf_picture_mark zone_mark(enum hf_chain_status status)
{
	return status == HF_CHAIN_SECURE     ? HF_PICTURE_GOOD
	       : status == HF_CHAIN_INSECURE ? HF_PICTURE_IDLE
	                                     : HF_PICTURE_BAD;
}

static enum hf_err add_columns(struct easel *easel)
{
	const struct hf_link *link = easel->link;
	enum hf_err err = HF_OK;
	easel->first_ds = easel->picture.box_count;
	for (size_t i = 0; i < link->ds_count && err == HF_OK; i++)
		err = add_ds(easel, i);
	easel->first_key = easel->picture.box_count;
	for (int row = 0; row < 3; row++) {
		for (size_t i = 0; i < link->key_count && err == HF_OK; i++)
			err = row_of(&link->keys[i]) == row ? add_key(easel, i) : HF_OK;
	}
	easel->first_set = easel->picture.box_count;
	for (size_t i = 0; i < link->sig_count && err == HF_OK; i++)
		err = add_signed_set(easel, i);
	if (err == HF_OK)
		err = add_faulty_set(easel);
	return err == HF_OK ? add_trust(easel) : err;
}

static enum hf_err add_zone(struct easel *easel, size_t index)
{
	easel->index = index;
	easel->link = &easel->trace->links[index];
	size_t above = hf_trace_above(easel->trace, index);
	enum hf_err err = add_box(easel, HF_PICTURE_ZONE);
	if (err != HF_OK)
		return err;
	easel->zone = easel->picture.box_count - 1;
	struct hf_picture_box *zone = last_box(easel);
	zone->mark = zone_mark(easel->link->status);
	zone->x = FRAME_X;
	zone->w = FRAME_W;
	zone->y = easel->bottom;
	easel->bottom += HF_PICTURE_TITLE;
	err = add_columns(easel);
	zone = &easel->picture.boxes[easel->zone];
	zone->h = easel->bottom + 14 - zone->y;
	easel->bottom = zone->y + zone->h + FRAME_GAP;
	if (err != HF_OK || above == HF_LINK_NONE)
		return err;
	return add_arrow(easel, vouching_box(easel, above), easel->zone,
	        easel->link->ds_count > 0 ? HF_PICTURE_GOOD : HF_PICTURE_IDLE);
}

static enum hf_err check_texts(const struct hf_picture *picture)
{
	for (size_t i = 0; i < picture->box_count; i++) {
		if (picture->boxes[i].text.failed || picture->boxes[i].name.failed)
			return HF_ERR_NOMEM;
	}
	return HF_OK;
}

enum hf_err hf_picture_make(const struct hf_trace *trace, int top, struct hf_picture *ret_picture)
{
	struct easel easel = {.trace = trace, .picture = {.top = top}, .bottom = top};
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < trace->link_count && err == HF_OK; i++)
		err = add_zone(&easel, i);
	if (err == HF_OK)
		err = check_texts(&easel.picture);
	if (err != HF_OK) {
		hf_picture_done(&easel.picture);
		return err;
	}
	easel.picture.height = trace->link_count > 0 ? easel.bottom - FRAME_GAP : top;
	*ret_picture = easel.picture;
	return HF_OK;
}
