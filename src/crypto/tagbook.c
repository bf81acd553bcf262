/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/tagbook.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/keyname.h"

#define FILE_MAX (64 << 20) /* bytes: about a million keys */

static const char introduction[] =
        "# Key tags in use here, now or once: zone, tag, tag when revoked, algorithm, key made.\n"
        "# holdfast keygen takes none of them again. Keep this file with the keys.\n";

/* One bit for each of the 65,536 tags. */
struct tags {
	uint8_t bits[8192];
};

struct hf_tagbook {
	int fd;
	char *path;
	struct hf_name zone;
	struct tags taken;
	struct tags recorded; /* plain tags that the file knows */
};

static void mark(struct tags *tags, uint16_t tag)
{
	tags->bits[tag / 8] |= (uint8_t)(1 << tag % 8);
}

static bool marked(const struct tags *tags, uint16_t tag)
{
	return (tags->bits[tag / 8] >> tag % 8 & 1) != 0;
}

static enum hf_err fail(const struct hf_tagbook *book, const char *what, struct hf_diag *diag)
{
	return hf_fail_at(diag, HF_ERR_IO, book->path, 0,
	        "the list of used key tags cannot be %s: %s; check the folder's and the file's "
	        "permissions and the space left",
	        what, strerror(errno));
}

/* ---- the file ---- */

static void read_line(struct hf_tagbook *book, const char *line)
{
	char zone[HF_NAME_TEXT];
	unsigned tag, revoked, algorithm;
	int end = 0;
	struct hf_name name;
	/* The last field must be there: without it the line may have been cut in a number. */
	if (sscanf(line, "%1024s %5u %5u %3u %*20[0-9TZ:-]%n", zone, &tag, &revoked, &algorithm,
	            &end) != 4 ||
	        end == 0 || tag > UINT16_MAX || revoked > UINT16_MAX ||
	        hf_name_from_text(zone, &name) != HF_OK || !hf_name_equal(&name, &book->zone))
		return;
	mark(&book->taken, (uint16_t)tag);
	mark(&book->taken, (uint16_t)revoked);
	mark(&book->recorded, (uint16_t)tag);
}

static enum hf_err read_lines(struct hf_tagbook *book, struct hf_diag *diag)
{
	/* The copy shares its position with what open_file may have written. */
	int copy = dup(book->fd);
	FILE *file = copy >= 0 && lseek(copy, 0, SEEK_SET) == 0 ? fdopen(copy, "r") : NULL;
	if (file == NULL) {
		if (copy >= 0)
			close(copy);
		return fail(book, "read", diag);
	}
	char line[HF_NAME_TEXT + 100];
	while (fgets(line, sizeof(line), file) != NULL)
		read_line(book, line);
	enum hf_err err = ferror(file) ? fail(book, "read", diag) : HF_OK;
	fclose(file);
	return err;
}

static enum hf_err write_all(
        struct hf_tagbook *book, const char *text, size_t len, struct hf_diag *diag)
{
	while (len > 0) {
		ssize_t written = write(book->fd, text, len);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return fail(book, "written", diag);
		text += written;
		len -= (size_t)written;
	}
	return HF_OK;
}

static enum hf_err open_file(struct hf_tagbook *book, const char *dir, struct hf_diag *diag)
{
	book->fd = open(book->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (book->fd < 0 && errno == ENOENT)
		return hf_fail(diag, HF_ERR_NOTFOUND,
		        "%s: No such file or directory; make the folder first: mkdir -m 700 %s",
		        dir, dir);
	if (book->fd < 0)
		return fail(book, "opened", diag);
	while (flock(book->fd, LOCK_EX) != 0) {
		if (errno != EINTR)
			return fail(book, "locked", diag);
	}
	struct stat status;
	if (fstat(book->fd, &status) != 0)
		return fail(book, "read", diag);
	if (!S_ISREG(status.st_mode) || status.st_size > FILE_MAX)
		return hf_fail_at(diag, HF_ERR_LIMIT, book->path, 0,
		        "this is no list of used key tags, or larger than %d bytes; move it away",
		        FILE_MAX);
	if (status.st_size == 0)
		return write_all(book, introduction, sizeof(introduction) - 1, diag);
	/* A crash may have cut the last line short: end it, so that the next one stands alone. */
	char last;
	if (pread(book->fd, &last, 1, status.st_size - 1) != 1)
		return fail(book, "read", diag);
	if (last != '\n')
		return write_all(book, "\n", 1, diag);
	return HF_OK;
}

static enum hf_err append(
        struct hf_tagbook *book, const struct hf_keyfile *key, struct hf_diag *diag)
{
	char zone[HF_NAME_TEXT], made[HF_TIME_TEXT];
	hf_time created = key->times.created != HF_TIME_NONE ? key->times.created : 0;
	HF_CLEANUP(hf_buf_done) struct hf_buf line = {0};
	hf_put_format(&line, "%s %u %u %u %s\n", hf_name_text(&key->owner, zone), key->plain_tag,
	        key->revoked_tag, key->algorithm, hf_time_rfc3339(created, made));
	enum hf_err err = hf_buf_check(&line);
	if (err == HF_OK)
		err = write_all(book, (const char *)line.data, line.len, diag);
	return err;
}

/* ---- the folder ---- */

/* Also names of files that are no whole key, such as a .private file that a crash left. */
static enum hf_err read_names(struct hf_tagbook *book, const char *dir, struct hf_diag *diag)
{
	DIR *folder = opendir(dir);
	if (folder == NULL)
		return hf_fail(diag, HF_ERR_IO, "cannot read the folder of keys %s: %s", dir,
		        strerror(errno));
	char prefix[HF_KEYNAME_MAX];
	size_t len = strlen(hf_keyname_prefix(&book->zone, prefix));
	struct hf_keyname_parts parts;
	const struct dirent *entry;
	while ((entry = readdir(folder)) != NULL) {
		if (strncasecmp(entry->d_name, prefix, len) == 0 &&
		        hf_keyname_read(entry->d_name, &parts))
			mark(&book->taken, parts.tag);
	}
	closedir(folder);
	return HF_OK;
}

static enum hf_err read_keys(struct hf_tagbook *book, const char *dir, struct hf_diag *diag)
{
	HF_CLEANUP(hf_keydir_done) struct hf_keydir keys = {0};
	enum hf_err err = hf_keydir_read(dir, &book->zone, HF_KEYFILE_PUBLIC, diag, &keys);
	for (size_t i = 0; err == HF_OK && i < keys.count; i++) {
		mark(&book->taken, keys.keys[i]->plain_tag);
		mark(&book->taken, keys.keys[i]->revoked_tag);
		if (!marked(&book->recorded, keys.keys[i]->plain_tag))
			err = append(book, keys.keys[i], diag);
	}
	return err;
}

/* ---- a book ---- */

enum hf_err hf_tagbook_open(const char *dir, const struct hf_name *zone, struct hf_diag *diag,
        struct hf_tagbook **ret_book)
{
	struct hf_tagbook *book = calloc(1, sizeof(*book));
	if (book == NULL)
		return HF_ERR_NOMEM;
	book->fd = -1;
	book->zone = *zone;
	if (asprintf(&book->path, "%s/%s", dir, HF_TAGBOOK_FILE) < 0) {
		free(book);
		return HF_ERR_NOMEM;
	}
	enum hf_err err = open_file(book, dir, diag);
	if (err == HF_OK)
		err = read_lines(book, diag);
	if (err == HF_OK)
		err = read_names(book, dir, diag);
	if (err == HF_OK)
		err = read_keys(book, dir, diag);
	if (err != HF_OK) {
		hf_tagbook_close(book);
		return err;
	}
	*ret_book = book;
	return HF_OK;
}

void hf_tagbook_close(struct hf_tagbook *book)
{
	if (book == NULL)
		return;
	if (book->fd >= 0)
		close(book->fd); /* gives the lock back */
	free(book->path);
	free(book);
}

bool hf_tagbook_taken(const struct hf_tagbook *book, const struct hf_keyfile *key)
{
	return marked(&book->taken, key->plain_tag) || marked(&book->taken, key->revoked_tag);
}

enum hf_err hf_tagbook_list(const struct hf_tagbook *book, uint16_t **ret_tags, size_t *ret_count)
{
	size_t count = 0;
	for (unsigned tag = 0; tag <= UINT16_MAX; tag++)
		count += marked(&book->taken, (uint16_t)tag);
	uint16_t *tags = calloc(count + 1, sizeof(*tags));
	if (tags == NULL)
		return HF_ERR_NOMEM;
	size_t at = 0;
	for (unsigned tag = 0; tag <= UINT16_MAX; tag++) {
		if (marked(&book->taken, (uint16_t)tag))
			tags[at++] = (uint16_t)tag;
	}
	*ret_tags = tags;
	*ret_count = count;
	return HF_OK;
}

enum hf_err hf_tagbook_add(
        struct hf_tagbook *book, const struct hf_keyfile *key, struct hf_diag *diag)
{
	enum hf_err err = append(book, key, diag);
	if (err == HF_OK && fsync(book->fd) != 0)
		err = fail(book, "written", diag);
	if (err != HF_OK)
		return err;
	mark(&book->taken, key->plain_tag);
	mark(&book->taken, key->revoked_tag);
	mark(&book->recorded, key->plain_tag);
	return HF_OK;
}
