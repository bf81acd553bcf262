/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "powerloss.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SECTOR 512

/* Something written that a loss of power may take back. */
struct change {
	int file;       /* descriptor of our own, for reading and writing */
	struct stat of; /* which file it is */
	off_t at;
	size_t len;
	off_t old_size;
	bool whole; /* taken back as a whole or not at all */
	char *old;  /* bytes that stood there, as far as the file went */
	size_t old_len;
};

static struct {
	bool on;
	struct faults faults;
	unsigned calls;
	struct change *changes;
	size_t count;
} world;

void faults_begin(const struct faults *faults)
{
	world.faults = *faults;
	world.calls = 0;
	world.on = true;
}

static void forget(size_t i)
{
	close(world.changes[i].file);
	free(world.changes[i].old);
	world.changes[i] = world.changes[--world.count];
}

unsigned faults_end(void)
{
	world.on = false;
	while (world.count > 0)
		forget(0);
	free(world.changes);
	world.changes = NULL;
	return world.calls;
}

/* ---- the system itself ---- */

static ssize_t raw_pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	return syscall(SYS_pwrite64, fd, bytes, len, at);
}

static int raw_truncate(int fd, off_t size)
{
	return (int)syscall(SYS_ftruncate, fd, size);
}

/* ---- what is remembered ---- */

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "powerloss: %s: %s\n", what, strerror(errno));
	abort();
}

/* A change of `len` bytes from `at` on, or of all from there on for a shorter file. */
static void remember(int fd, off_t at, size_t len)
{
	char path[64];
	struct change change = {.at = at, .len = len};
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	change.file = open(path, O_RDWR | O_CLOEXEC);
	if (change.file < 0 || fstat(change.file, &change.of) != 0)
		give_up("open");
	change.old_size = change.of.st_size;
	change.old = malloc(len + 1);
	struct change *changes = reallocarray(world.changes, world.count + 1, sizeof(*changes));
	if (change.old == NULL || changes == NULL)
		give_up("memory");
	ssize_t got = pread(change.file, change.old, len, at);
	change.old_len = got > 0 ? (size_t)got : 0;
	changes[world.count++] = change;
	world.changes = changes;
}

static void synced(int fd)
{
	struct stat status;
	if (fstat(fd, &status) != 0)
		return;
	for (size_t i = world.count; i > 0; i--) {
		if (!same_file(&world.changes[i - 1].of, &status))
			continue;
		close(world.changes[i - 1].file);
		free(world.changes[i - 1].old);
		memmove(&world.changes[i - 1], &world.changes[i],
		        (world.count-- - i) * sizeof(world.changes[0]));
	}
}

/* ---- the power goes ---- */

/* The bytes of one sector's part of a change as they were; zeros where the file ended before. */
static void take_back(const struct change *change, size_t from, size_t len)
{
	char zeros[SECTOR] = {0};
	struct stat status;
	size_t old = from < change->old_len ? change->old_len - from : 0;
	if (old > len)
		old = len;
	if (old > 0 &&
	        raw_pwrite(change->file, change->old + from, old, change->at + (off_t)from) < 0)
		give_up("write");
	if (old == len || fstat(change->file, &status) != 0)
		return;
	off_t begin = change->at + (off_t)(from + old), end = change->at + (off_t)(from + len);
	if (status.st_size > end) {
		if (raw_pwrite(change->file, zeros, len - old, begin) < 0)
			give_up("write");
	} else if (status.st_size > begin) {
		if (raw_truncate(
		            change->file, begin > change->old_size ? begin : change->old_size) != 0)
			give_up("truncate");
	}
}

static _Noreturn void lose_power(void)
{
	if (world.faults.keeps) {
		raise(SIGKILL);
		abort();
	}
	for (size_t i = world.count; i > 0; i--) {
		const struct change *change = &world.changes[i - 1];
		unsigned fate = (unsigned)rand_r(&world.faults.seed) % (change->whole ? 2 : 4);
		for (size_t at = change->len; fate > 0 && at > 0;) {
			size_t part = (at - 1) % SECTOR + 1;
			at -= part;
			if (fate == 1 || rand_r(&world.faults.seed) % 2 == 0)
				take_back(change, at, part);
		}
	}
	_exit(POWERLOSS_EXIT);
}

/* ---- calls ---- */

static bool is_watched(int fd)
{
	struct stat status;
	return world.on && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

enum fate { GOES_WELL, FAILS, LOSES_POWER };

static enum fate next_call(void)
{
	unsigned call = ++world.calls;
	if (world.faults.power_at != 0 && call >= world.faults.power_at)
		return LOSES_POWER;
	return world.faults.error_at != 0 && call >= world.faults.error_at &&
	                       call < world.faults.error_at + world.faults.error_count
	               ? FAILS
	               : GOES_WELL;
}

static ssize_t put(int fd, const void *bytes, size_t len, off_t at)
{
	enum fate fate = next_call();
	size_t part = fate == GOES_WELL ? len : (size_t)rand_r(&world.faults.seed) % (len + 1);
	bool is_full = fate == FAILS && world.faults.error_code == ENOSPC;
	if (fate == FAILS && (!is_full || part == 0)) {
		errno = world.faults.error_code;
		return -1;
	}
	remember(fd, at, part);
	ssize_t written = raw_pwrite(fd, bytes, part, at);
	if (fate == LOSES_POWER)
		lose_power();
	return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	return is_watched(fd) ? put(fd, bytes, len, at) : raw_pwrite(fd, bytes, len, at);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
	struct stat status;
	if (!is_watched(fd))
		return syscall(SYS_write, fd, bytes, len);
	bool at_end = (fcntl(fd, F_GETFL) & O_APPEND) != 0 && fstat(fd, &status) == 0;
	off_t at = at_end ? status.st_size : lseek(fd, 0, SEEK_CUR);
	ssize_t written = put(fd, bytes, len, at);
	if (written > 0)
		lseek(fd, at + written, SEEK_SET);
	return written;
}

static int sync_file(int fd, long number)
{
	if (!is_watched(fd))
		return (int)syscall(number, fd);
	switch (next_call()) {
	case LOSES_POWER:
		lose_power();
	case FAILS:
		if (world.faults.error_code != ENOSPC) {
			errno = world.faults.error_code;
			return -1;
		}
		break;
	default:
		break;
	}
	synced(fd);
	return 0;
}

int fsync(int fd)
{
	return sync_file(fd, SYS_fsync);
}

int fdatasync(int fd)
{
	return sync_file(fd, SYS_fdatasync);
}

int ftruncate(int fd, off_t size)
{
	struct stat status;
	if (!is_watched(fd))
		return raw_truncate(fd, size);
	enum fate fate = next_call();
	if (fate == LOSES_POWER)
		lose_power();
	if (fate == FAILS && world.faults.error_code != ENOSPC) {
		errno = world.faults.error_code;
		return -1;
	}
	if (fstat(fd, &status) == 0 && size < status.st_size) {
		/* File systems keep journals of sizes: the end is there or not. */
		remember(fd, size, (size_t)(status.st_size - size));
		world.changes[world.count - 1].whole = true;
	}
	return raw_truncate(fd, size);
}

/* A change of a folder: done, or not. */
static bool may_change(void)
{
	if (!world.on)
		return true;
	enum fate fate = next_call();
	if (fate == LOSES_POWER)
		lose_power();
	if (fate == FAILS)
		errno = world.faults.error_code;
	return fate == GOES_WELL;
}

int rename(const char *from, const char *to)
{
	return may_change() ? (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to) : -1;
}

int link(const char *from, const char *to)
{
	return may_change() ? (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0) : -1;
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
	return may_change() ? (int)syscall(SYS_linkat, from_folder, from, to_folder, to, flags)
	                    : -1;
}

int unlink(const char *path)
{
	return may_change() ? (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0) : -1;
}
