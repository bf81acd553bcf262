/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Archives: any bytes are refused with a sentence, or are members to the end, each with a name that
 * ends and as many bytes as it says; whichever name they have, those that a backup takes stay
 * within its folder.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "pipeline/backup_names.h"
#include "pipeline/tarfile.h"

static void check_name(const char *name)
{
	if (memchr(name, '\0', HF_TAR_NAME) == NULL)
		abort();
	if (hf_backup_takes(name) &&
	        (name[0] == '/' || strstr(name, "..") != NULL || strstr(name, "/.") != NULL))
		abort();
}

/* Alternately to a file and to memory. */
static enum hf_err get(struct hf_tar_reader *reader, const struct hf_tar_member *member, bool text)
{
	char sum[HF_TAR_HEX];
	struct hf_buf bytes = {.data = NULL};
	if (!text || member->size > 1 << 20) {
		int to = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (to < 0)
			abort();
		enum hf_err err = hf_tar_get(reader, member, to, "nothing", sum);
		if (err == HF_OK && strlen(sum) != HF_TAR_HEX - 1)
			abort();
		close(to);
		return err;
	}
	enum hf_err err = hf_tar_get_text(reader, member, &bytes);
	if (err == HF_OK && bytes.len != member->size)
		abort();
	hf_buf_done(&bytes);
	return err;
}

static enum hf_err read_all(struct hf_tar_reader *reader)
{
	struct hf_tar_member member;
	bool end = false;
	for (unsigned i = 0;; i++) {
		enum hf_err err = hf_tar_next(reader, &member, &end);
		if (err != HF_OK || end)
			return err;
		check_name(member.name);
		err = get(reader, &member, i % 2 == 1);
		if (err != HF_OK)
			return err;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_diag diag;
	hf_diag_init(&diag, HF_DIAG_LIMIT);
	int fd = memfd_create("archive", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	struct hf_tar_reader reader = {.fd = fd, .path = "fuzz", .diag = &diag};
	enum hf_err err = read_all(&reader);
	if ((err != HF_OK) != (diag.count > 0))
		abort();
	close(fd);
	hf_diag_done(&diag);
	return 0;
}
