/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/tarfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/digest.h"

#define BLOCK     512
#define CHUNK     (256 * 1024)
#define NAME_ROOM 100
#define OCTAL_MAX 077777777777ull /* eleven digits */
#define PAX_MAX   4096

/* Where things stand in a header. */
enum field {
	AT_MODE = 100,
	AT_UID = 108,
	AT_GID = 116,
	AT_SIZE = 124,
	AT_MTIME = 136,
	AT_SUM = 148,
	AT_TYPE = 156,
	AT_MAGIC = 257,
};

static const uint8_t zeros[2 * BLOCK];

static size_t padding(uint64_t size)
{
	return (size_t)((BLOCK - size % BLOCK) % BLOCK);
}

static unsigned checksum(const uint8_t header[static BLOCK])
{
	unsigned sum = 0;
	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= AT_SUM && i < AT_SUM + 8 ? ' ' : header[i];
	return sum;
}

static enum hf_err finish(struct hf_sha *sha, char ret_sum[static HF_TAR_HEX])
{
	uint8_t digest[HF_DIGEST_MAX];
	size_t len;
	enum hf_err err = hf_sha_finish(sha, digest, &len);
	for (size_t i = 0; err == HF_OK && i < len; i++)
		snprintf(ret_sum + 2 * i, 3, "%02x", digest[i]);
	return err;
}

/* ---- writing ---- */

static void put_octal(uint8_t *at, size_t room, uint64_t value)
{
	char text[24];
	snprintf(text, sizeof(text), "%0*llo", (int)room - 1, (unsigned long long)value);
	memcpy(at, text, room);
}

static enum hf_err write_header(struct hf_outfile *out, const char *name, char type, uint64_t size,
        hf_time at, struct hf_diag *diag)
{
	uint8_t header[BLOCK] = {0};
	char sum[8];
	size_t len = strlen(name);
	memcpy(header, name, len < NAME_ROOM ? len : NAME_ROOM);
	put_octal(header + AT_MODE, 8, 0600);
	put_octal(header + AT_UID, 8, 0);
	put_octal(header + AT_GID, 8, 0);
	put_octal(header + AT_SIZE, 12, size <= OCTAL_MAX ? size : 0);
	put_octal(header + AT_MTIME, 12, at > 0 ? (uint64_t)at : 0);
	header[AT_TYPE] = (uint8_t)type;
	memcpy(header + AT_MAGIC, "ustar\00000", 8);
	snprintf(sum, sizeof(sum), "%06o", checksum(header) & 0777777);
	memcpy(header + AT_SUM, sum, 7);
	header[AT_SUM + 7] = ' ';
	return hf_outfile_write(out, header, sizeof(header), diag);
}

/* "LEN KEY=VALUE\n", where LEN counts itself. */
static void put_pax(struct hf_buf *out, const char *key, const char *value)
{
	size_t rest = strlen(key) + strlen(value) + 3, len = rest + 1;
	char digits[24];
	for (int i = 0; i < 3; i++)
		len = rest + (size_t)snprintf(digits, sizeof(digits), "%zu", len);
	hf_put_format(out, "%zu %s=%s\n", len, key, value);
}

/* What does not fit into a header goes before it. */
static enum hf_err write_long(
        struct hf_outfile *out, const struct hf_tar_member *member, struct hf_diag *diag)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {.data = NULL};
	char size[24];
	if (strlen(member->name) > NAME_ROOM)
		put_pax(&text, "path", member->name);
	snprintf(size, sizeof(size), "%llu", (unsigned long long)member->size);
	if (member->size > OCTAL_MAX)
		put_pax(&text, "size", size);
	enum hf_err err = hf_buf_check(&text);
	if (err != HF_OK || text.len == 0)
		return err;
	err = write_header(out, "PaxHeader", 'x', text.len, member->at, diag);
	if (err == HF_OK)
		err = hf_outfile_write(out, text.data, text.len, diag);
	return err == HF_OK ? hf_outfile_write(out, zeros, padding(text.len), diag) : err;
}

static enum hf_err begin(
        struct hf_outfile *out, const struct hf_tar_member *member, struct hf_diag *diag)
{
	enum hf_err err = write_long(out, member, diag);
	return err == HF_OK ? write_header(out, member->name, '0', member->size, member->at, diag)
	                    : err;
}

enum hf_err hf_tar_put_text(struct hf_outfile *out, const struct hf_tar_member *member,
        const void *text, struct hf_diag *diag)
{
	enum hf_err err = begin(out, member, diag);
	if (err == HF_OK)
		err = hf_outfile_write(out, text, member->size, diag);
	return err == HF_OK ? hf_outfile_write(out, zeros, padding(member->size), diag) : err;
}

static ssize_t read_some(int fd, uint8_t *to, uint64_t most)
{
	ssize_t got;
	do
		got = read(fd, to, most < CHUNK ? (size_t)most : CHUNK);
	while (got < 0 && errno == EINTR);
	return got;
}

/* Bytes through a buffer that is wiped: some of them are private keys. */
static enum hf_err copy_in(struct hf_outfile *out, const struct hf_tar_member *member, int fd,
        struct hf_sha *sha, struct hf_diag *diag)
{
	uint8_t *chunk = malloc(CHUNK);
	enum hf_err err = chunk == NULL ? HF_ERR_NOMEM : HF_OK;
	uint64_t left = member->size;
	while (err == HF_OK && left > 0) {
		ssize_t got = read_some(fd, chunk, left);
		if (got <= 0)
			err = hf_fail(diag, HF_ERR_IO, "cannot read %s: %s", member->name,
			        got < 0 ? strerror(errno) : "it became shorter");
		if (err == HF_OK)
			err = hf_sha_add(sha, chunk, (size_t)got);
		if (err == HF_OK)
			err = hf_outfile_write(out, chunk, (size_t)got, diag);
		left -= got > 0 ? (uint64_t)got : 0;
	}
	if (chunk != NULL)
		explicit_bzero(chunk, CHUNK);
	free(chunk);
	return err;
}

enum hf_err hf_tar_put(struct hf_outfile *out, const struct hf_tar_member *member, int fd,
        struct hf_diag *diag, char ret_sum[static HF_TAR_HEX])
{
	struct hf_sha *sha;
	enum hf_err err = hf_sha_new(512, &sha);
	if (err != HF_OK)
		return err;
	err = begin(out, member, diag);
	if (err == HF_OK)
		err = copy_in(out, member, fd, sha, diag);
	if (err == HF_OK)
		err = hf_outfile_write(out, zeros, padding(member->size), diag);
	if (err == HF_OK)
		err = finish(sha, ret_sum);
	hf_sha_free(sha);
	return err;
}

enum hf_err hf_tar_end(struct hf_outfile *out, struct hf_diag *diag)
{
	return hf_outfile_write(out, zeros, sizeof(zeros), diag);
}

/* ---- reading ---- */

static enum hf_err damaged(const struct hf_tar_reader *reader)
{
	return hf_fail(reader->diag, HF_ERR_SYNTAX,
	        "%s is no backup, or a damaged one; take another", reader->path);
}

/* All of the bytes, or an error. */
static enum hf_err read_all(struct hf_tar_reader *reader, uint8_t *to, size_t len)
{
	while (len > 0) {
		ssize_t got = read_some(reader->fd, to, len);
		if (got < 0)
			return hf_fail(reader->diag, HF_ERR_IO, "cannot read %s: %s", reader->path,
			        strerror(errno));
		if (got == 0)
			return damaged(reader);
		to += got;
		len -= (size_t)got;
	}
	return HF_OK;
}

static enum hf_err skip_padding(struct hf_tar_reader *reader, uint64_t size)
{
	uint8_t rest[BLOCK];
	enum hf_err err = read_all(reader, rest, padding(size));
	return err == HF_OK && memcmp(rest, zeros, padding(size)) != 0 ? damaged(reader) : err;
}

/* Octal digits, then NUL or a blank. */
static bool get_octal(const uint8_t *at, size_t room, uint64_t *ret_value)
{
	uint64_t value = 0;
	size_t i = 0;
	while (i < room && at[i] >= '0' && at[i] <= '7')
		value = value * 8 + (uint64_t)(at[i++] - '0');
	if (i == 0 || (i < room && at[i] != '\0' && at[i] != ' '))
		return false;
	*ret_value = value;
	return true;
}

/* One "LEN KEY=VALUE\n"; what it says replaces what the header will say. */
static bool take_pax(const char *text, size_t len, struct hf_tar_member *member)
{
	const char *equals = memchr(text, '=', len);
	if (equals == NULL)
		return false;
	size_t key = (size_t)(equals - text), value = len - key - 1;
	if (key == 4 && memcmp(text, "path", 4) == 0 && value > 0 && value < HF_TAR_NAME) {
		memcpy(member->name, equals + 1, value);
		member->name[value] = '\0';
		return strlen(member->name) == value;
	}
	if (key == 4 && memcmp(text, "size", 4) == 0 && value > 0 && value < 20) {
		char digits[24] = "";
		memcpy(digits, equals + 1, value);
		member->size = 0;
		for (const char *at = digits; *at != '\0'; at++) {
			if (*at < '0' || *at > '9')
				return false;
			member->size = member->size * 10 + (uint64_t)(*at - '0');
		}
		return strlen(digits) == value;
	}
	return false;
}

static bool take_long(const char *text, size_t len, struct hf_tar_member *member)
{
	while (len > 0) {
		size_t count = 0, digits = 0;
		while (digits < len && digits < 5 && text[digits] >= '0' && text[digits] <= '9')
			count = count * 10 + (size_t)(text[digits++] - '0');
		if (digits == 0 || count > len || count < digits + 2 || text[digits] != ' ' ||
		        text[count - 1] != '\n' ||
		        !take_pax(text + digits + 1, count - digits - 2, member))
			return false;
		text += count;
		len -= count;
	}
	return true;
}

/* A header's fields; false when it is none of ours. */
static bool read_fields(
        const uint8_t header[static BLOCK], struct hf_tar_member *ret_member, char *ret_type)
{
	struct hf_tar_member member = {.size = 0};
	uint64_t sum, mtime;
	if (memcmp(header + AT_MAGIC, "ustar\00000", 8) != 0 ||
	        !get_octal(header + AT_SUM, 8, &sum) || sum != checksum(header) ||
	        !get_octal(header + AT_SIZE, 12, &member.size) ||
	        !get_octal(header + AT_MTIME, 12, &mtime))
		return false;
	memcpy(member.name, header, NAME_ROOM);
	member.at = (hf_time)mtime;
	*ret_member = member;
	*ret_type = (char)header[AT_TYPE];
	return true;
}

static enum hf_err read_header(
        struct hf_tar_reader *reader, struct hf_tar_member *ret_member, char *ret_type)
{
	uint8_t header[BLOCK];
	enum hf_err err = read_all(reader, header, sizeof(header));
	if (err != HF_OK)
		return err;
	if (memcmp(header, zeros, BLOCK) == 0) {
		*ret_type = '\0';
		return HF_OK;
	}
	return read_fields(header, ret_member, ret_type) ? HF_OK : damaged(reader);
}

/* The end is two empty blocks, and nothing behind them. */
static enum hf_err read_end(struct hf_tar_reader *reader)
{
	uint8_t block[BLOCK], more;
	enum hf_err err = read_all(reader, block, sizeof(block));
	if (err == HF_OK && memcmp(block, zeros, BLOCK) != 0)
		err = damaged(reader);
	if (err == HF_OK && read_some(reader->fd, &more, 1) != 0)
		err = damaged(reader);
	return err;
}

/* What an extended header says of the next member. */
static enum hf_err read_long(
        struct hf_tar_reader *reader, uint64_t size, struct hf_tar_member *member)
{
	uint8_t text[PAX_MAX];
	if (size == 0 || size > sizeof(text))
		return damaged(reader);
	enum hf_err err = read_all(reader, text, (size_t)size);
	if (err == HF_OK)
		err = skip_padding(reader, size);
	if (err == HF_OK && !take_long((const char *)text, (size_t)size, member))
		err = damaged(reader);
	return err;
}

enum hf_err hf_tar_next(
        struct hf_tar_reader *reader, struct hf_tar_member *ret_member, bool *ret_end)
{
	struct hf_tar_member member, other = {.size = UINT64_MAX};
	char type;
	enum hf_err err = read_header(reader, &member, &type);
	if (err == HF_OK && type == '\0') {
		err = read_end(reader);
		if (err == HF_OK)
			*ret_end = true;
		return err;
	}
	if (err == HF_OK && type == 'x') {
		err = read_long(reader, member.size, &other);
		if (err == HF_OK)
			err = read_header(reader, &member, &type);
	}
	if (err != HF_OK)
		return err;
	if (type != '0')
		return damaged(reader);
	if (other.name[0] != '\0')
		memcpy(member.name, other.name, sizeof(member.name));
	if (other.size != UINT64_MAX)
		member.size = other.size;
	*ret_member = member;
	*ret_end = false;
	return HF_OK;
}

static enum hf_err write_out(
        struct hf_tar_reader *reader, int to, const char *path, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		ssize_t written = write(to, bytes, len);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return hf_fail(reader->diag, HF_ERR_IO, "cannot write %s: %s", path,
			        strerror(errno));
		bytes += written;
		len -= (size_t)written;
	}
	return HF_OK;
}

static enum hf_err copy_out(struct hf_tar_reader *reader, const struct hf_tar_member *member,
        int to, const char *path, struct hf_sha *sha)
{
	uint8_t *chunk = malloc(CHUNK);
	enum hf_err err = chunk == NULL ? HF_ERR_NOMEM : HF_OK;
	for (uint64_t left = member->size; err == HF_OK && left > 0;) {
		size_t part = left < CHUNK ? (size_t)left : CHUNK;
		err = read_all(reader, chunk, part);
		if (err == HF_OK)
			err = hf_sha_add(sha, chunk, part);
		if (err == HF_OK)
			err = write_out(reader, to, path, chunk, part);
		left -= part;
	}
	if (chunk != NULL)
		explicit_bzero(chunk, CHUNK);
	free(chunk);
	return err;
}

enum hf_err hf_tar_get(struct hf_tar_reader *reader, const struct hf_tar_member *member, int to,
        const char *to_path, char ret_sum[static HF_TAR_HEX])
{
	struct hf_sha *sha;
	enum hf_err err = hf_sha_new(512, &sha);
	if (err != HF_OK)
		return err;
	err = copy_out(reader, member, to, to_path, sha);
	if (err == HF_OK)
		err = skip_padding(reader, member->size);
	if (err == HF_OK)
		err = finish(sha, ret_sum);
	hf_sha_free(sha);
	return err;
}

enum hf_err hf_tar_get_text(
        struct hf_tar_reader *reader, const struct hf_tar_member *member, struct hf_buf *out)
{
	if (!hf_buf_reserve(out, (size_t)member->size))
		return HF_ERR_NOMEM;
	enum hf_err err = read_all(reader, out->data + out->len, (size_t)member->size);
	if (err == HF_OK)
		err = skip_padding(reader, member->size);
	if (err == HF_OK)
		out->len += (size_t)member->size;
	return err;
}
