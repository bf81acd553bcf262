/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/notifier.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "dns/message.h"
#include "net/notify_queue.h"

#define HEADER_LEN     12
#define OPCODE_NOTIFY  4
#define QNAME_POINTER  0xC00C /* the question's name, behind the header */
#define BURST          100    /* messages that are sent at once */
#define BURST_PAUSE_MS 10
#define MS_PER_SECOND  1000u
#define BACKOFF_MAX    60 /* seconds */
#define ID_BUCKETS     4096
#define WORDS          96

struct zone;

struct target {
	struct hf_notify_entry entry; /* first: an entry of the queue is a target */
	struct zone *zone;
	struct target *next_with_id; /* in a bucket, while `pending` */
	struct hf_endpoint endpoint;
	struct hf_tsig_key *key; /* a reference; may be NULL */
	struct hf_tsig *tsig;    /* of the message that was sent last */
	uint16_t id;
	bool pending; /* an answer would still count */
	bool done, answered, has_seen;
	unsigned sent;
	uint32_t seen;
	hf_time last_sent, last_answer;
	char error[WORDS]; /* empty: none */
};

struct zone {
	struct hf_name name;
	bool has_serial;
	uint32_t serial;
	struct hf_buf soa; /* record behind its owner: type, class, TTL, RDATA with length */
	struct target **targets;
	size_t count;
};

/* A socket of one address family. */
struct outlet {
	uv_udp_t udp;
	int error; /* why it cannot be used; 0: it can */
};

struct hf_notifier {
	uv_loop_t *loop;
	struct outlet v4, v6;
	uv_timer_t timer;
	size_t handles; /* that the loop still knows */
	bool closing;
	void (*closed)(void *context);
	void *closed_context;
	struct zone **zones; /* in canonical order of names */
	size_t count, room;
	size_t targets; /* of all zones */
	struct hf_notify_queue queue;
	struct target *by_id[ID_BUCKETS];
	struct hf_notifier_counters counters;
	char buffer[HF_MESSAGE_MAX];
};

/* ---- Targets ---- */

static struct target **bucket(struct hf_notifier *notifier, uint16_t id)
{
	return &notifier->by_id[id % ID_BUCKETS];
}

/* No answer counts any more. */
static void forget_message(struct hf_notifier *notifier, struct target *target)
{
	if (target->pending) {
		struct target **at = bucket(notifier, target->id);
		while (*at != target)
			at = &(*at)->next_with_id;
		*at = target->next_with_id;
		target->pending = false;
	}
	if (target->tsig != NULL)
		hf_tsig_done(target->tsig);
	free(target->tsig);
	target->tsig = NULL;
}

static void target_free(struct hf_notifier *notifier, struct target *target)
{
	hf_notify_queue_remove(&notifier->queue, &target->entry);
	forget_message(notifier, target);
	hf_tsig_key_unref(target->key);
	free(target);
}

static void free_targets(struct hf_notifier *notifier, struct zone *zone)
{
	for (size_t i = 0; i < zone->count; i++)
		target_free(notifier, zone->targets[i]);
	notifier->targets -= zone->count;
	free(zone->targets);
	zone->targets = NULL;
	zone->count = 0;
}

static void zone_free(struct hf_notifier *notifier, struct zone *zone)
{
	free_targets(notifier, zone);
	hf_buf_done(&zone->soa);
	free(zone);
}

/* How many zones have a name before this one. */
static size_t place(const struct hf_notifier *notifier, const struct hf_name *name)
{
	size_t from = 0, to = notifier->count;
	while (from < to) {
		size_t middle = (from + to) / 2;
		if (hf_name_cmp(&notifier->zones[middle]->name, name) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static struct zone *find_zone(const struct hf_notifier *notifier, const struct hf_name *name)
{
	size_t at = place(notifier, name);
	return at < notifier->count && hf_name_equal(&notifier->zones[at]->name, name)
	               ? notifier->zones[at]
	               : NULL;
}

static struct target *find_target(const struct zone *zone, const struct hf_endpoint *endpoint)
{
	for (size_t i = 0; i < zone->count; i++)
		if (hf_endpoint_equal(&zone->targets[i]->endpoint, endpoint))
			return zone->targets[i];
	return NULL;
}

/* ---- Sending ---- */

static void HF_PRINTF(2, 3) set_error(struct target *target, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(target->error, sizeof(target->error), format, arguments);
	va_end(arguments);
}

/* Seconds to wait after so many messages. */
static unsigned pause_after(unsigned sent)
{
	if (sent >= HF_NOTIFY_TRIES)
		return HF_NOTIFY_PAUSE;
	unsigned seconds = 1u << (sent - 1);
	return seconds < BACKOFF_MAX ? seconds : BACKOFF_MAX;
}

/* A NOTIFY with the SOA record as a hint (RFC 1996 section 3.7). */
static enum hf_err make_message(struct target *target, hf_time now, struct hf_buf *out)
{
	const struct zone *zone = target->zone;
	if (getrandom(&target->id, sizeof(target->id), 0) != sizeof(target->id))
		return HF_ERR_IO;
	const uint16_t header[] = {target->id, OPCODE_NOTIFY << 11 | HF_MESSAGE_AA, 1, 1, 0, 0};
	for (size_t i = 0; i < sizeof(header) / sizeof(header[0]); i++)
		hf_put_u16(out, header[i]);
	hf_put_bytes(out, zone->name.wire, zone->name.len);
	hf_put_u16(out, KNOT_RRTYPE_SOA);
	hf_put_u16(out, KNOT_CLASS_IN);
	hf_put_u16(out, QNAME_POINTER);
	hf_put_bytes(out, zone->soa.data, zone->soa.len);
	enum hf_err err = hf_buf_check(out);
	if (err != HF_OK || target->key == NULL)
		return err;
	target->tsig = calloc(1, sizeof(*target->tsig));
	if (target->tsig == NULL)
		return HF_ERR_NOMEM;
	return hf_tsig_sign_request(target->key, now, out, 0, target->tsig);
}

static void await_answer(struct hf_notifier *notifier, struct target *target)
{
	struct target **head = bucket(notifier, target->id);
	target->next_with_id = *head;
	*head = target;
	target->pending = true;
}

static void transmit(struct hf_notifier *notifier, struct target *target, const struct hf_buf *out)
{
	struct outlet *outlet =
	        hf_endpoint_is_v6(&target->endpoint) ? &notifier->v6 : &notifier->v4;
	const uv_buf_t buffer = uv_buf_init((char *)out->data, (unsigned)out->len);
	int sent = outlet->error;
	if (sent == 0)
		sent = uv_udp_try_send(&outlet->udp, &buffer, 1, &target->endpoint.address.any);
	if (sent < 0) {
		set_error(target, "cannot be sent to: %s", uv_strerror(sent));
		return;
	}
	notifier->counters.sent++;
	await_answer(notifier, target);
}

/* Sends to a target that is due, and says when it is due again. */
static void tell(struct hf_notifier *notifier, struct target *target)
{
	struct hf_buf out = {0};
	if (target->pending) {
		notifier->counters.timed_out++;
		set_error(target, "no answer");
	}
	forget_message(notifier, target);
	target->last_sent = time(NULL);
	target->sent++;
	enum hf_err err = make_message(target, target->last_sent, &out);
	if (err == HF_OK)
		transmit(notifier, target, &out);
	else
		set_error(target, "not sent: %s", hf_err_text(err));
	hf_buf_done(&out);
	uint64_t pause = (uint64_t)pause_after(target->sent) * MS_PER_SECOND;
	hf_notify_queue_put(&notifier->queue, &target->entry, uv_now(notifier->loop) + pause);
}

static void on_timer(uv_timer_t *timer);

/* Wakes up when the first target is due, `least` milliseconds from now at the earliest. */
static void set_timer(struct hf_notifier *notifier, uint64_t least)
{
	const struct hf_notify_entry *first = hf_notify_queue_first(&notifier->queue);
	uint64_t now = uv_now(notifier->loop);
	if (notifier->closing || first == NULL) {
		uv_timer_stop(&notifier->timer);
		return;
	}
	uint64_t wait = first->due > now ? first->due - now : 0;
	uv_timer_start(&notifier->timer, on_timer, wait > least ? wait : least, 0);
}

static void on_timer(uv_timer_t *timer)
{
	struct hf_notifier *notifier = timer->data;
	uint64_t now = uv_now(notifier->loop);
	for (unsigned sent = 0; sent < BURST; sent++) {
		struct hf_notify_entry *first = hf_notify_queue_first(&notifier->queue);
		if (first == NULL || first->due > now)
			break;
		tell(notifier, (struct target *)first);
	}
	set_timer(notifier, BURST_PAUSE_MS);
}

/* ---- Answers ---- */

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
	(void)suggested;
	struct hf_notifier *notifier = handle->data;
	*ret_buffer = uv_buf_init(notifier->buffer, sizeof(notifier->buffer));
}

/* The target that an answer with this id can come from. */
static struct target *find_sender(
        struct hf_notifier *notifier, uint16_t id, const struct sockaddr *from)
{
	struct hf_endpoint peer = {0};
	memcpy(&peer.address, from,
	        from->sa_family == AF_INET6 ? sizeof(peer.address.v6) : sizeof(peer.address.v4));
	struct target *at = *bucket(notifier, id);
	while (at != NULL && (at->id != id || !hf_endpoint_equal(&at->endpoint, &peer)))
		at = at->next_with_id;
	return at;
}

/* Whether the answer is proved to come from the target, as far as that was asked for. */
static bool is_proved(struct target *target, const uint8_t *wire, size_t len)
{
	struct hf_tsig_result result;
	char text[HF_TSIG_TEXT];
	if (target->tsig == NULL)
		return true;
	if (hf_tsig_check_answer(target->tsig, wire, len, time(NULL), &result) != HF_OK)
		return false;
	if (result.verdict == HF_TSIG_GOOD)
		return true;
	set_error(target, "its answer: %s", hf_tsig_result_text(&result, text));
	return false;
}

static void take_answer(struct hf_notifier *notifier, struct target *target,
        const struct hf_message *message, bool proved)
{
	char rcode[HF_RCODE_TEXT];
	forget_message(notifier, target);
	target->last_answer = time(NULL);
	if (!proved || message->rcode != HF_RCODE_NOERROR) {
		notifier->counters.refused++;
		if (proved)
			set_error(target, "answered %s; does it take NOTIFY from here?",
			        hf_rcode_text(message->rcode, rcode));
		return;
	}
	notifier->counters.answered++;
	target->answered = true;
	target->error[0] = '\0';
	uint64_t settled = uv_now(notifier->loop) + (uint64_t)HF_NOTIFY_SETTLED * MS_PER_SECOND;
	if (target->entry.place > 0 && target->entry.due < settled)
		hf_notify_queue_put(&notifier->queue, &target->entry, settled);
	set_timer(notifier, 0);
}

static void on_datagram(uv_udp_t *udp, ssize_t len, const uv_buf_t *buffer,
        const struct sockaddr *from, unsigned flags)
{
	struct hf_notifier *notifier = udp->data;
	const uint8_t *wire = (const uint8_t *)buffer->base;
	if (len < HEADER_LEN || from == NULL || (flags & UV_UDP_PARTIAL) != 0 || notifier->closing)
		return;
	struct target *target = find_sender(notifier, hf_read_u16(wire), from);
	struct hf_message *message = NULL;
	if (target == NULL || hf_message_parse(wire, (size_t)len, NULL, &message) != HF_OK ||
	        (message->flags & HF_MESSAGE_QR) == 0 || message->opcode != OPCODE_NOTIFY ||
	        (message->has_question &&
	                !hf_name_equal(&message->question.name, &target->zone->name)))
		notifier->counters.strays++;
	else
		take_answer(notifier, target, message, is_proved(target, wire, (size_t)len));
	hf_message_free(message);
}

/* ---- Life ---- */

static enum hf_err open_outlet(struct hf_notifier *notifier, struct outlet *outlet,
        const struct hf_endpoint *source, struct hf_diag *diag)
{
	const struct sockaddr *address = &source->address.any;
	bool v6 = hf_endpoint_is_v6(source);
	char text[HF_ENDPOINT_TEXT];
	if (uv_udp_init(notifier->loop, &outlet->udp) != 0)
		return HF_ERR_NOMEM;
	outlet->udp.data = notifier;
	notifier->handles++;
	outlet->error = uv_udp_bind(&outlet->udp, address, v6 ? UV_UDP_IPV6ONLY : 0);
	if (outlet->error == 0)
		outlet->error = uv_udp_recv_start(&outlet->udp, on_room, on_datagram);
	if (outlet->error == 0)
		return HF_OK;
	return hf_fail(diag, HF_ERR_IO, "cannot send NOTIFY from %s: %s",
	        hf_endpoint_text(source, text), uv_strerror(outlet->error));
}

/* Both sockets. A family that the system does not have matters only when it was asked for. */
static enum hf_err open_outlets(struct hf_notifier *notifier,
        const struct hf_notifier_options *options, struct hf_diag *diag)
{
	struct hf_endpoint any = {.address.v4.sin_family = AF_INET};
	enum hf_err err = open_outlet(notifier, &notifier->v4,
	        options->source_v4 != NULL ? options->source_v4 : &any,
	        options->source_v4 != NULL ? diag : NULL);
	if (err == HF_ERR_NOMEM || (err != HF_OK && options->source_v4 != NULL))
		return err;
	any = (struct hf_endpoint){.address.v6.sin6_family = AF_INET6};
	err = open_outlet(notifier, &notifier->v6,
	        options->source_v6 != NULL ? options->source_v6 : &any,
	        options->source_v6 != NULL ? diag : NULL);
	return err == HF_ERR_NOMEM || options->source_v6 != NULL ? err : HF_OK;
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct hf_notifier *notifier = handle->data;
	if (--notifier->handles > 0)
		return;
	void (*closed)(void *context) = notifier->closed;
	void *context = notifier->closed_context;
	free(notifier);
	if (closed != NULL)
		closed(context);
}

static void close_outlet(struct outlet *outlet)
{
	/* One that was never opened is on no loop. */
	if (outlet->udp.data != NULL)
		uv_close((uv_handle_t *)&outlet->udp, on_handle_closed);
}

void hf_notifier_free(struct hf_notifier *notifier, void (*closed)(void *context), void *context)
{
	if (notifier == NULL)
		return;
	notifier->closing = true;
	notifier->closed = closed;
	notifier->closed_context = context;
	for (size_t i = 0; i < notifier->count; i++)
		zone_free(notifier, notifier->zones[i]);
	free(notifier->zones);
	hf_notify_queue_done(&notifier->queue);
	close_outlet(&notifier->v4);
	close_outlet(&notifier->v6);
	uv_close((uv_handle_t *)&notifier->timer, on_handle_closed);
}

enum hf_err hf_notifier_new(uv_loop_t *loop, const struct hf_notifier_options *options,
        struct hf_diag *diag, struct hf_notifier **ret_notifier)
{
	struct hf_notifier *notifier = calloc(1, sizeof(*notifier));
	if (notifier == NULL)
		return HF_ERR_NOMEM;
	notifier->loop = loop;
	uv_timer_init(loop, &notifier->timer);
	notifier->timer.data = notifier;
	notifier->handles = 1;
	enum hf_err err = open_outlets(notifier, options, diag);
	if (err != HF_OK) {
		hf_notifier_free(notifier, NULL, NULL);
		return err;
	}
	*ret_notifier = notifier;
	return HF_OK;
}

/* ---- Zones ---- */

/* The zone of this name, made when there is none. */
static enum hf_err get_zone(
        struct hf_notifier *notifier, const struct hf_name *name, struct zone **ret_zone)
{
	struct zone *zone = find_zone(notifier, name);
	if (zone == NULL) {
		if (notifier->count == notifier->room) {
			size_t room = notifier->room > 0 ? 2 * notifier->room : 16;
			struct zone **zones = reallocarray(notifier->zones, room, sizeof(zones[0]));
			if (zones == NULL)
				return HF_ERR_NOMEM;
			notifier->zones = zones;
			notifier->room = room;
		}
		zone = calloc(1, sizeof(*zone));
		if (zone == NULL)
			return HF_ERR_NOMEM;
		zone->name = *name;
		hf_name_lower(&zone->name);
		struct zone **slot = &notifier->zones[place(notifier, name)];
		memmove(slot + 1, slot,
		        (size_t)(notifier->zones + notifier->count - slot) * sizeof(*slot));
		*slot = zone;
		notifier->count++;
	}
	*ret_zone = zone;
	return HF_OK;
}

/* The published serial is news for the target, unless it was seen with it. */
static void begin(struct hf_notifier *notifier, struct target *target)
{
	const struct zone *zone = target->zone;
	forget_message(notifier, target);
	hf_notify_queue_remove(&notifier->queue, &target->entry);
	target->sent = 0;
	target->answered = false;
	target->done = target->has_seen && !hf_serial_before(target->seen, zone->serial);
	if (!target->done)
		hf_notify_queue_put(&notifier->queue, &target->entry, uv_now(notifier->loop));
}

/* A target in the state of the one that it replaces, or in none. */
static struct target *target_new(struct zone *zone, const struct hf_notify_target *wanted)
{
	struct target *target = calloc(1, sizeof(*target));
	if (target == NULL)
		return NULL;
	const struct target *old = find_target(zone, &wanted->endpoint);
	if (old != NULL) {
		*target = *old;
		target->entry = (struct hf_notify_entry){0};
		target->tsig = NULL;
		target->pending = false;
	} else {
		target->last_sent = target->last_answer = HF_TIME_NONE;
	}
	target->zone = zone;
	target->endpoint = wanted->endpoint;
	target->key = wanted->key != NULL ? hf_tsig_key_ref(wanted->key) : NULL;
	return target;
}

/* Takes over when the old ones were due. */
static void place_targets(
        struct hf_notifier *notifier, const struct zone *zone, struct target **made, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct target *old = find_target(zone, &made[i]->endpoint);
		if (old == NULL && zone->has_serial)
			begin(notifier, made[i]);
		else if (old != NULL && old->entry.place > 0)
			hf_notify_queue_put(&notifier->queue, &made[i]->entry, old->entry.due);
	}
}

enum hf_err hf_notifier_set(struct hf_notifier *notifier, const struct hf_name *name,
        const struct hf_notify_target *targets, size_t count)
{
	struct zone *zone;
	enum hf_err err = get_zone(notifier, name, &zone);
	if (err == HF_OK) /* for a moment there are the old ones and the new ones */
		err = hf_notify_queue_reserve(&notifier->queue, notifier->targets + count);
	struct target **made = err == HF_OK ? calloc(count + 1, sizeof(made[0])) : NULL;
	size_t done = 0;
	while (made != NULL && done < count && (made[done] = target_new(zone, &targets[done])))
		done++;
	if (made == NULL || done < count) {
		for (size_t i = 0; i < done; i++)
			target_free(notifier, made[i]);
		free(made);
		return err != HF_OK ? err : HF_ERR_NOMEM;
	}
	place_targets(notifier, zone, made, count);
	free_targets(notifier, zone);
	zone->targets = made;
	zone->count = count;
	notifier->targets += count;
	set_timer(notifier, 0);
	return HF_OK;
}

void hf_notifier_remove(struct hf_notifier *notifier, const struct hf_name *name)
{
	struct zone *zone = find_zone(notifier, name);
	if (zone == NULL)
		return;
	struct zone **slot = &notifier->zones[place(notifier, name)];
	notifier->count--;
	memmove(slot, slot + 1, (size_t)(notifier->zones + notifier->count - slot) * sizeof(*slot));
	zone_free(notifier, zone);
	set_timer(notifier, 0);
}

enum hf_err hf_notifier_publish(
        struct hf_notifier *notifier, const struct hf_name *name, const struct hf_version *version)
{
	struct zone *zone = find_zone(notifier, name);
	const struct hf_node *apex = hf_version_apex_node(version);
	struct hf_rrset set;
	struct hf_rdata rdata;
	struct hf_soa soa;
	if (zone == NULL)
		return HF_ERR_NOTFOUND;
	if (apex == NULL || !hf_node_find(apex, KNOT_RRTYPE_SOA, &set) ||
	        !hf_rrset_first(&set, &rdata) || !hf_soa_read(rdata, &soa))
		return HF_ERR_INVALID;
	struct hf_buf record = {0};
	hf_put_u16(&record, KNOT_RRTYPE_SOA);
	hf_put_u16(&record, KNOT_CLASS_IN);
	hf_put_u32(&record, set.ttl);
	hf_put_u16(&record, rdata.len);
	hf_put_bytes(&record, rdata.data, rdata.len);
	if (record.failed) {
		hf_buf_done(&record);
		return HF_ERR_NOMEM;
	}
	hf_buf_done(&zone->soa);
	zone->soa = record;
	bool news = !zone->has_serial || zone->serial != soa.serial;
	zone->has_serial = true;
	zone->serial = soa.serial;
	for (size_t i = 0; news && i < zone->count; i++)
		begin(notifier, zone->targets[i]);
	set_timer(notifier, 0);
	return HF_OK;
}

void hf_notifier_seen(struct hf_notifier *notifier, const struct hf_name *name,
        const struct hf_endpoint *endpoint, uint32_t serial)
{
	const struct zone *zone = find_zone(notifier, name);
	struct target *target = zone != NULL ? find_target(zone, endpoint) : NULL;
	if (target == NULL)
		return;
	target->has_seen = true;
	target->seen = serial;
	if (!zone->has_serial || target->done || hf_serial_before(serial, zone->serial))
		return;
	target->done = true;
	target->error[0] = '\0';
	hf_notify_queue_remove(&notifier->queue, &target->entry);
	forget_message(notifier, target);
	set_timer(notifier, 0);
}

/* ---- Status ---- */

size_t hf_notifier_count(const struct hf_notifier *notifier, const struct hf_name *name)
{
	const struct zone *zone = find_zone(notifier, name);
	return zone != NULL ? zone->count : 0;
}

static hf_time next_try(const struct hf_notifier *notifier, const struct target *target)
{
	uint64_t now = uv_now(notifier->loop), due = target->entry.due;
	if (target->entry.place == 0)
		return HF_TIME_NEVER;
	return time(NULL) + (hf_time)(due > now ? (due - now) / MS_PER_SECOND : 0);
}

bool hf_notifier_state(const struct hf_notifier *notifier, const struct hf_name *name, size_t index,
        struct hf_notify_state *ret_state)
{
	const struct zone *zone = find_zone(notifier, name);
	if (zone == NULL || index >= zone->count)
		return false;
	const struct target *target = zone->targets[index];
	*ret_state = (struct hf_notify_state){
	        .endpoint = target->endpoint,
	        .has_serial = zone->has_serial,
	        .serial = zone->serial,
	        .done = target->done,
	        .sent = target->sent,
	        .answered = target->answered,
	        .last_sent = target->last_sent,
	        .last_answer = target->last_answer,
	        .next = next_try(notifier, target),
	        .has_seen = target->has_seen,
	        .seen = target->seen,
	        .last_error = target->error[0] != '\0' ? target->error : NULL,
	};
	return true;
}

struct hf_notifier_counters hf_notifier_counters(const struct hf_notifier *notifier)
{
	return notifier->counters;
}
