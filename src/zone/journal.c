/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "zone/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/list.h"
#include "base/outfile.h"
#include "zone/journal_record.h"

#define FORM  2          /* of the file; another one is another program's */
#define CHUNK (1u << 20) /* bytes of nodes, roughly, in one record */

/* What an entry of a NODES record does. */
enum entry {
	PUT_NAME = 0,  /* a node of the tree of names */
	PUT_NSEC3 = 1, /* a node of the tree of NSEC3 owners */
	DROP_NAME = 2, /* an owner's key */
	DROP_NSEC3 = 3,
};

/* Where a version ends in the file. */
struct end {
	uint64_t version; /* its number */
	uint64_t record;  /* number of the record behind it */
	uint64_t size;    /* bytes up to there */
};

struct hf_journal {
	int fd; /* open only while something is done with it: zones are many, and files few */
	dev_t device;
	ino_t inode;
	char *path;
	uint64_t salt;
	struct end *ends; /* of all versions; at least one */
	size_t count, cap;
	bool unsure; /* a sync failed, or it is another file: nobody knows what is on disk */
};

void hf_journal_history_done(struct hf_journal_history *history)
{
	for (size_t i = 0; i < history->count; i++)
		hf_version_unref(history->list[i].version);
	free(history->list);
	*history = (struct hf_journal_history){.list = NULL};
}

void hf_journal_close(struct hf_journal *journal)
{
	if (journal == NULL)
		return;
	if (journal->fd >= 0)
		close(journal->fd);
	free(journal->path);
	free(journal->ends);
	free(journal);
}

static const struct end *last_end(const struct hf_journal *journal)
{
	return &journal->ends[journal->count - 1];
}

uint64_t hf_journal_size(const struct hf_journal *journal)
{
	return last_end(journal)->size;
}

uint64_t hf_journal_base_size(const struct hf_journal *journal)
{
	return journal->ends[0].size;
}

size_t hf_journal_count(const struct hf_journal *journal)
{
	return journal->count;
}

bool hf_journal_unsure(const struct hf_journal *journal)
{
	return journal->unsure;
}

/* Room for one more version, so that remembering it cannot fail when it is on disk. */
static enum hf_err make_room(struct hf_journal *journal)
{
	struct end *ends =
	        hf_list_room(journal->ends, &journal->cap, journal->count, sizeof(*ends));
	if (ends == NULL)
		return HF_ERR_NOMEM;
	journal->ends = ends;
	return HF_OK;
}

static enum hf_err journal_new(const char *path, struct hf_journal **ret_journal)
{
	struct hf_journal *journal = calloc(1, sizeof(*journal));
	if (journal == NULL || (journal->path = strdup(path)) == NULL) {
		free(journal);
		return HF_ERR_NOMEM;
	}
	journal->fd = -1;
	*ret_journal = journal;
	return HF_OK;
}

/* ---- writing versions as records ---- */

/* Takes finished records; the buffer may be reset afterwards. */
typedef enum hf_err sink_fn(void *context, const struct hf_buf *records);

/* Changes on their way into records of a reasonable size. */
struct writing {
	struct hf_journal *journal;
	struct hf_buf out;
	size_t begin; /* of the NODES record that is open */
	bool open;
	uint64_t number;
	enum entry put, drop; /* of the tree that is being walked */
	sink_fn *sink;
	void *context;
};

static enum hf_err end_chunk(struct writing *writing)
{
	if (writing->open)
		hf_journal_record_end(&writing->out, writing->begin, writing->journal->salt);
	writing->open = false;
	enum hf_err err = hf_buf_check(&writing->out);
	if (err == HF_OK)
		err = writing->sink(writing->context, &writing->out);
	hf_buf_reset(&writing->out);
	return err;
}

static enum hf_err write_change(
        void *context, const struct hf_node *before, const struct hf_node *after)
{
	struct writing *writing = context;
	if (!writing->open) {
		writing->begin =
		        hf_journal_record_begin(&writing->out, HF_JOURNAL_NODES, writing->number++);
		writing->open = true;
	}
	if (after != NULL) {
		hf_put_u8(&writing->out, (uint8_t)writing->put);
		hf_node_put(&writing->out, after);
	} else {
		size_t len;
		const uint8_t *key = hf_node_key(before, &len);
		hf_put_u8(&writing->out, (uint8_t)writing->drop);
		hf_put_u16(&writing->out, (uint16_t)len);
		hf_put_bytes(&writing->out, key, len);
	}
	return writing->out.len - writing->begin < CHUNK ? hf_buf_check(&writing->out)
	                                                 : end_chunk(writing);
}

/* Everything that makes `after` of `before` (NULL: of nothing), but for its commit. */
static enum hf_err write_nodes(
        struct writing *writing, const struct hf_version *before, const struct hf_version *after)
{
	const struct hf_tree empty = {.root = NULL};
	writing->put = PUT_NAME;
	writing->drop = DROP_NAME;
	enum hf_err err = hf_tree_diff(before == NULL ? &empty : hf_version_names(before),
	        hf_version_names(after), write_change, writing);
	writing->put = PUT_NSEC3;
	writing->drop = DROP_NSEC3;
	if (err == HF_OK)
		err = hf_tree_diff(before == NULL ? &empty : hf_version_nsec3(before),
		        hf_version_nsec3(after), write_change, writing);
	return err == HF_OK ? end_chunk(writing) : err;
}

static void put_u64(struct hf_buf *out, uint64_t value)
{
	hf_put_u32(out, (uint32_t)(value >> 32));
	hf_put_u32(out, (uint32_t)value);
}

static uint64_t get_u64(struct hf_cursor *in)
{
	uint64_t high = hf_get_u32(in);
	return high << 32 | hf_get_u32(in);
}

static enum hf_err write_commit(struct writing *writing, const struct hf_journal_version *version)
{
	size_t begin = hf_journal_record_begin(&writing->out, HF_JOURNAL_COMMIT, writing->number++);
	put_u64(&writing->out, (uint64_t)version->at);
	put_u64(&writing->out, version->number);
	hf_journal_record_end(&writing->out, begin, writing->journal->salt);
	return end_chunk(writing);
}

static void put_start(struct writing *writing, const struct hf_name *apex)
{
	struct hf_journal *journal = writing->journal;
	size_t begin = hf_journal_record_begin(&writing->out, HF_JOURNAL_START, writing->number++);
	put_u64(&writing->out, journal->salt);
	hf_put_u32(&writing->out, FORM);
	hf_put_bytes(&writing->out, apex->wire, apex->len);
	hf_journal_record_end(&writing->out, begin, journal->salt);
}

/* ---- a new file ---- */

struct new_file {
	struct hf_outfile *file;
	struct hf_diag *diag;
	uint64_t size;
};

static enum hf_err to_new_file(void *context, const struct hf_buf *records)
{
	struct new_file *to = context;
	to->size += records->len;
	return hf_outfile_write(to->file, records->data, records->len, to->diag);
}

static enum hf_err write_all(
        struct writing *writing, struct new_file *to, const struct hf_journal_history *versions)
{
	struct hf_journal *journal = writing->journal;
	enum hf_err err = HF_OK;
	put_start(writing, hf_version_apex(versions->list[0].version));
	for (size_t i = 0; i < versions->count && err == HF_OK; i++) {
		err = write_nodes(writing, i == 0 ? NULL : versions->list[i - 1].version,
		        versions->list[i].version);
		if (err == HF_OK)
			err = write_commit(writing, &versions->list[i]);
		if (err == HF_OK)
			err = make_room(journal);
		if (err == HF_OK)
			journal->ends[journal->count++] =
			        (struct end){.version = versions->list[i].number,
			                .record = writing->number,
			                .size = to->size};
	}
	return err;
}

static enum hf_err open_file(struct hf_journal *journal, struct hf_diag *diag)
{
	journal->fd = open(journal->path, O_RDWR | O_CLOEXEC);
	if (journal->fd >= 0)
		return HF_OK;
	if (errno == ENOENT)
		return hf_fail(diag, HF_ERR_NOTFOUND, "there is no journal %s", journal->path);
	return hf_fail(
	        diag, HF_ERR_IO, "cannot open the journal %s: %s", journal->path, strerror(errno));
}

/* Everything in it is synced: a file that is opened again misses no error of a write. */
static void rest(struct hf_journal *journal)
{
	struct stat status;
	if (journal->inode == 0 && fstat(journal->fd, &status) == 0) {
		journal->device = status.st_dev;
		journal->inode = status.st_ino;
	}
	close(journal->fd);
	journal->fd = -1;
}

/* Another file under the name is not what is in memory, and gets nothing appended. */
static enum hf_err wake(struct hf_journal *journal, struct hf_diag *diag)
{
	struct stat status;
	enum hf_err err = open_file(journal, diag);
	if (err == HF_OK && fstat(journal->fd, &status) == 0 && status.st_dev == journal->device &&
	        status.st_ino == journal->inode &&
	        (uint64_t)status.st_size == hf_journal_size(journal))
		return HF_OK;
	/* For want of files, say, that changes nothing. */
	if (err != HF_OK && err != HF_ERR_NOTFOUND)
		return err;
	journal->unsure = true;
	if (err == HF_ERR_NOTFOUND)
		return HF_ERR_IO;
	rest(journal);
	return hf_fail(diag, HF_ERR_IO,
	        "another file took the place of the journal %s while it was in use; nothing is "
	        "appended to it",
	        journal->path);
}

static enum hf_err create(
        struct hf_journal *journal, const struct hf_journal_history *versions, struct hf_diag *diag)
{
	struct new_file to = {.diag = diag};
	struct writing writing = {.journal = journal, .sink = to_new_file, .context = &to};
	if (getrandom(&journal->salt, sizeof(journal->salt), 0) != (ssize_t)sizeof(journal->salt))
		return hf_fail(diag, HF_ERR_IO, "no random numbers: %s", strerror(errno));
	enum hf_err err = hf_outfile_new(journal->path, 0600, HF_OUTFILE_REPLACE, diag, &to.file);
	if (err == HF_OK)
		err = write_all(&writing, &to, versions);
	if (err == HF_OK)
		err = hf_outfile_commit(to.file, diag);
	hf_outfile_free(to.file);
	hf_buf_done(&writing.out);
	return err == HF_OK ? open_file(journal, diag) : err;
}

enum hf_err hf_journal_create(const char *path, const struct hf_journal_history *versions,
        struct hf_diag *diag, struct hf_journal **ret_journal)
{
	struct hf_journal *journal;
	enum hf_err err = journal_new(path, &journal);
	if (err != HF_OK)
		return err;
	err = create(journal, versions, diag);
	if (err != HF_OK) {
		hf_journal_close(journal);
		return err;
	}
	rest(journal);
	*ret_journal = journal;
	return HF_OK;
}

/* ---- appending ---- */

struct append {
	struct hf_journal *journal;
	uint64_t at; /* bytes written so far, from the start of the file */
};

static enum hf_err to_end(void *context, const struct hf_buf *records)
{
	struct append *append = context;
	const uint8_t *from = records->data;
	size_t left = records->len;
	while (left > 0) {
		ssize_t written = pwrite(append->journal->fd, from, left, (off_t)append->at);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return HF_ERR_IO;
		from += written;
		left -= (size_t)written;
		append->at += (uint64_t)written;
	}
	return HF_OK;
}

static enum hf_err sync_data(struct hf_journal *journal)
{
	if (fdatasync(journal->fd) == 0)
		return HF_OK;
	journal->unsure = true;
	return HF_ERR_IO;
}

/* A commit is written only when all that it stands for is on disk: pages reach it in any order, and
 * a commit behind torn nodes must mean damage and nothing else. */
static enum hf_err append_version(struct writing *writing, const struct hf_version *before,
        const struct hf_journal_version *next)
{
	enum hf_err err = make_room(writing->journal);
	if (err == HF_OK)
		err = write_nodes(writing, before, next->version);
	if (err == HF_OK)
		err = sync_data(writing->journal);
	if (err == HF_OK)
		err = write_commit(writing, next);
	return err == HF_OK ? sync_data(writing->journal) : err;
}

static enum hf_err refuse_unsure(const struct hf_journal *journal, struct hf_diag *diag)
{
	return hf_fail(diag, HF_ERR_REFUSED,
	        "an earlier write to the journal %s failed; open it anew", journal->path);
}

enum hf_err hf_journal_append(struct hf_journal *journal, const struct hf_version *before,
        const struct hf_journal_version *next, struct hf_diag *diag)
{
	if (journal->unsure)
		return refuse_unsure(journal, diag);
	enum hf_err err = wake(journal, diag);
	if (err != HF_OK)
		return err;
	const struct end *last = last_end(journal);
	struct append append = {.journal = journal, .at = last->size};
	struct writing writing = {
	        .journal = journal, .number = last->record, .sink = to_end, .context = &append};
	err = append_version(&writing, before, next);
	int code = errno;
	hf_buf_done(&writing.out);
	if (err == HF_OK) {
		rest(journal);
		journal->ends[journal->count++] = (struct end){
		        .version = next->number, .record = writing.number, .size = append.at};
		return HF_OK;
	}
	/* Back to the last commit; what cannot be cut off now is when the file is opened. */
	if (ftruncate(journal->fd, (off_t)last_end(journal)->size) != 0)
		journal->unsure = true;
	rest(journal);
	if (err == HF_ERR_IO)
		return hf_fail(diag, err, "cannot write the journal %s: %s", journal->path,
		        strerror(code));
	return err;
}

/* ---- taking back ---- */

enum hf_err hf_journal_behind(const struct hf_journal *journal, uint64_t number, size_t *ret_count)
{
	for (size_t i = journal->count; i > 0; i--) {
		if (journal->ends[i - 1].version == number) {
			*ret_count = journal->count - i;
			return HF_OK;
		}
	}
	return HF_ERR_NOTFOUND;
}

enum hf_err hf_journal_cut(struct hf_journal *journal, uint64_t number, struct hf_diag *diag)
{
	size_t behind;
	enum hf_err err = hf_journal_behind(journal, number, &behind);
	if (err != HF_OK || behind == 0)
		return err;
	if (journal->unsure)
		return refuse_unsure(journal, diag);
	err = wake(journal, diag);
	if (err != HF_OK)
		return err;
	size_t count = journal->count - behind;
	if (ftruncate(journal->fd, (off_t)journal->ends[count - 1].size) != 0 ||
	        fdatasync(journal->fd) != 0) {
		int code = errno;
		journal->unsure = true;
		rest(journal);
		return hf_fail(diag, HF_ERR_IO, "cannot cut the journal %s: %s", journal->path,
		        strerror(code));
	}
	rest(journal);
	journal->count = count;
	return HF_OK;
}

/* ---- reading ---- */

/* Records on their way back into versions. */
struct reading {
	struct hf_journal *journal;
	const uint8_t *bytes;
	uint64_t size, at;
	uint64_t number; /* of the next record */
	struct hf_name apex;
	struct hf_tree names, nsec3;
	size_t keep;
	struct hf_journal_history history;
	struct hf_diag *diag;
};

static void reading_done(struct reading *reading)
{
	hf_tree_done(&reading->names);
	hf_tree_done(&reading->nsec3);
	hf_journal_history_done(&reading->history);
}

static enum hf_err damaged(const struct reading *reading)
{
	return hf_fail(reading->diag, HF_ERR_SYNTAX,
	        "the journal %s is damaged at byte %llu, and versions follow behind it; restore it "
	        "from a backup, or move it away to start anew from the zone's source",
	        reading->journal->path, (unsigned long long)reading->at);
}

static enum hf_err apply_put(struct hf_cursor *in, struct hf_tree *tree)
{
	struct hf_node *node;
	enum hf_err err = hf_node_get(in, &node);
	if (err == HF_OK) {
		err = hf_tree_put(tree, node);
		hf_node_unref(node);
	}
	return err;
}

static enum hf_err apply_drop(struct hf_cursor *in, struct hf_tree *tree)
{
	uint16_t len = hf_get_u16(in);
	const uint8_t *key = hf_get_bytes(in, len);
	enum hf_err err = in->failed ? HF_ERR_SYNTAX : hf_tree_remove(tree, key, len);
	return err == HF_ERR_NOTFOUND ? HF_ERR_SYNTAX : err;
}

static enum hf_err apply(struct reading *reading, const struct hf_journal_record *record)
{
	struct hf_cursor in;
	hf_cursor_init(&in, record->body, record->len);
	enum hf_err err = HF_OK;
	while (err == HF_OK && hf_cursor_left(&in) > 0) {
		uint8_t entry = hf_get_u8(&in);
		struct hf_tree *tree = entry == PUT_NSEC3 || entry == DROP_NSEC3 ? &reading->nsec3
		                                                                 : &reading->names;
		if (entry > DROP_NSEC3)
			return HF_ERR_SYNTAX;
		err = entry == PUT_NAME || entry == PUT_NSEC3 ? apply_put(&in, tree)
		                                              : apply_drop(&in, tree);
	}
	return err;
}

static enum hf_err start(struct reading *reading, const struct hf_journal_record *record)
{
	struct hf_cursor in;
	hf_cursor_init(&in, record->body, record->len);
	reading->journal->salt = get_u64(&in);
	uint32_t form = hf_get_u32(&in);
	if (!in.failed && form != FORM)
		return hf_fail(reading->diag, HF_ERR_UNSUPPORTED,
		        "the journal %s has form %u; this program knows form %d",
		        reading->journal->path, form, FORM);
	return hf_get_name(&in, &reading->apex) && hf_cursor_left(&in) == 0 ? HF_OK : HF_ERR_SYNTAX;
}

/* The oldest version goes when there are more than wanted. */
static void drop_oldest(struct hf_journal_history *history)
{
	hf_version_unref(history->list[0].version);
	memmove(history->list, history->list + 1, --history->count * sizeof(*history->list));
}

static enum hf_err commit(struct reading *reading, const struct hf_journal_record *record)
{
	struct hf_journal_history *history = &reading->history;
	struct hf_journal_version *list =
	        reallocarray(history->list, history->count + 1, sizeof(*list));
	if (list == NULL)
		return HF_ERR_NOMEM;
	history->list = list;
	struct hf_journal_version *one = &list[history->count];
	struct hf_cursor in;
	hf_cursor_init(&in, record->body, record->len);
	one->at = (hf_time)get_u64(&in);
	one->number = get_u64(&in);
	if (in.failed || hf_cursor_left(&in) != 0)
		return HF_ERR_SYNTAX;
	struct hf_tree names, nsec3;
	hf_tree_copy(&names, &reading->names);
	hf_tree_copy(&nsec3, &reading->nsec3);
	enum hf_err err = hf_version_from_trees(&reading->apex, &names, &nsec3, &one->version);
	hf_tree_done(&names);
	hf_tree_done(&nsec3);
	if (err != HF_OK)
		return err;
	history->count++;
	if (history->count > reading->keep)
		drop_oldest(history);
	return HF_OK;
}

static uint64_t newest_number(const struct reading *reading)
{
	return reading->history.list[reading->history.count - 1].number;
}

/* One record; what it says. */
static enum hf_err take(struct reading *reading, const struct hf_journal_record *record)
{
	struct hf_journal *journal = reading->journal;
	if (record->number != reading->number ||
	        (record->number == 0) != (record->type == HF_JOURNAL_START))
		return HF_ERR_SYNTAX;
	reading->number++;
	enum hf_err err = make_room(journal);
	if (err == HF_OK)
		err = record->type == HF_JOURNAL_START   ? start(reading, record)
		      : record->type == HF_JOURNAL_NODES ? apply(reading, record)
		                                         : commit(reading, record);
	reading->at += HF_JOURNAL_HEADER + record->len + HF_JOURNAL_SUM;
	if (err == HF_OK && record->type == HF_JOURNAL_COMMIT)
		journal->ends[journal->count++] = (struct end){.version = newest_number(reading),
		        .record = reading->number,
		        .size = reading->at};
	return err;
}

static enum hf_err read_records(struct reading *reading)
{
	struct hf_journal *journal = reading->journal;
	struct hf_journal_record record;
	while (reading->at < reading->size) {
		const uint8_t *at = reading->bytes + reading->at;
		uint64_t left = reading->size - reading->at;
		if (hf_journal_record_read(at, left, journal->salt, &record) != HF_READING_GOOD) {
			if (hf_journal_commit_follows(at, left, journal->salt, reading->number))
				return damaged(reading);
			break;
		}
		enum hf_err err = take(reading, &record);
		if (err == HF_ERR_SYNTAX)
			return damaged(reading);
		if (err != HF_OK)
			return err;
	}
	if (reading->history.count == 0)
		return hf_fail(reading->diag, HF_ERR_SYNTAX,
		        "the journal %s holds no whole version; restore it from a backup, or move "
		        "it away to start anew from the zone's source",
		        journal->path);
	return HF_OK;
}

/* Drops what a crash tore off. */
static enum hf_err mend_end(
        const struct reading *reading, struct hf_diag *warnings, struct hf_diag *diag)
{
	const struct hf_journal *journal = reading->journal;
	uint64_t size = hf_journal_size(journal);
	if (size == reading->size)
		return HF_OK;
	if (ftruncate(journal->fd, (off_t)size) != 0 || fdatasync(journal->fd) != 0)
		return hf_fail(diag, HF_ERR_IO, "cannot mend the end of the journal %s: %s",
		        journal->path, strerror(errno));
	hf_diag_add(warnings, journal->path, 0,
	        "%llu bytes at the end belong to no whole version (a crash while writing); they "
	        "were dropped",
	        (unsigned long long)(reading->size - size));
	return HF_OK;
}

/* Goes by the lengths of records, and believes a commit when its sum is right. */
static uint64_t last_commit(const uint8_t *bytes, uint64_t size)
{
	uint64_t at = 0, found = 0, salt = 0;
	while (size - at >= HF_JOURNAL_HEADER + HF_JOURNAL_SUM) {
		struct hf_journal_record record;
		uint64_t left = size - at;
		uint32_t len = hf_read_u32(bytes + at + 8);
		uint32_t type = hf_read_u32(bytes + at + 4);
		bool whole = left - HF_JOURNAL_HEADER - HF_JOURNAL_SUM >= len;
		if (!whole || len > HF_JOURNAL_BODY)
			break;
		if (type != HF_JOURNAL_NODES &&
		        hf_journal_record_read(bytes + at, left, salt, &record) != HF_READING_GOOD)
			break;
		if (type == HF_JOURNAL_START && record.len >= 8)
			salt = (uint64_t)hf_read_u32(record.body) << 32 |
			       hf_read_u32(record.body + 4);
		at += HF_JOURNAL_HEADER + len + HF_JOURNAL_SUM;
		found = type == HF_JOURNAL_COMMIT ? at : found;
	}
	return found;
}

enum hf_err hf_journal_extent(int fd, uint64_t *ret_size)
{
	struct stat status;
	if (fstat(fd, &status) != 0)
		return HF_ERR_IO;
	if (status.st_size == 0)
		return HF_ERR_SYNTAX;
	size_t size = (size_t)status.st_size;
	void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return HF_ERR_IO;
	uint64_t found = last_commit(bytes, size);
	munmap(bytes, size);
	if (found == 0)
		return HF_ERR_SYNTAX;
	*ret_size = found;
	return HF_OK;
}

static enum hf_err read_file(
        struct reading *reading, struct hf_diag *warnings, struct hf_diag *diag)
{
	struct stat status;
	if (fstat(reading->journal->fd, &status) != 0)
		return hf_fail(diag, HF_ERR_IO, "cannot read the journal %s: %s",
		        reading->journal->path, strerror(errno));
	reading->size = (uint64_t)status.st_size;
	void *bytes = NULL;
	if (reading->size > 0) {
		bytes = mmap(NULL, reading->size, PROT_READ, MAP_PRIVATE, reading->journal->fd, 0);
		if (bytes == MAP_FAILED)
			return hf_fail(diag, HF_ERR_IO, "cannot read the journal %s: %s",
			        reading->journal->path, strerror(errno));
	}
	reading->bytes = bytes;
	enum hf_err err = read_records(reading);
	if (bytes != NULL)
		munmap(bytes, reading->size);
	return err == HF_OK ? mend_end(reading, warnings, diag) : err;
}

enum hf_err hf_journal_open(const char *path, size_t keep, struct hf_diag *warnings,
        struct hf_diag *diag, struct hf_journal **ret_journal,
        struct hf_journal_history *ret_versions)
{
	struct reading reading = {.keep = keep == 0 ? 1 : keep, .diag = diag};
	enum hf_err err = journal_new(path, &reading.journal);
	if (err != HF_OK)
		return err;
	err = open_file(reading.journal, diag);
	if (err == HF_OK)
		err = read_file(&reading, warnings, diag);
	if (err != HF_OK) {
		hf_journal_close(reading.journal);
	} else {
		rest(reading.journal);
		*ret_journal = reading.journal;
		*ret_versions = reading.history;
		reading.history = (struct hf_journal_history){.list = NULL};
	}
	reading_done(&reading);
	return err;
}
