/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/activation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD 3 /* sd_listen_fds(3): passed sockets begin here */

/* A whole number from the environment; false when there is none. */
static bool number(const char *name, unsigned long long *ret_number)
{
	const char *text = getenv(name);
	char *end;
	if (text == NULL || *text < '0' || *text > '9')
		return false;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0')
		return false;
	*ret_number = value;
	return true;
}

static bool option(int fd, int name, int *ret_value)
{
	socklen_t len = sizeof(*ret_value);
	return getsockopt(fd, SOL_SOCKET, name, ret_value, &len) == 0;
}

static enum hf_err judge(int fd, struct hf_diag *diag, struct hf_inherited *ret_socket)
{
	int type, family, listens = 0;
	bool good = option(fd, SO_TYPE, &type) && option(fd, SO_DOMAIN, &family);
	bool inet = good && (family == AF_INET || family == AF_INET6);
	if (good && type == SOCK_STREAM)
		good = option(fd, SO_ACCEPTCONN, &listens) && listens != 0;
	if (good && inet && type == SOCK_DGRAM)
		*ret_socket = (struct hf_inherited){fd, HF_INHERITED_UDP};
	else if (good && inet && type == SOCK_STREAM)
		*ret_socket = (struct hf_inherited){fd, HF_INHERITED_TCP};
	else if (good && family == AF_UNIX && type == SOCK_STREAM)
		*ret_socket = (struct hf_inherited){fd, HF_INHERITED_UNIX};
	else
		return hf_fail(diag, HF_ERR_INVALID,
		        "file descriptor %d from the service manager is no UDP socket and no "
		        "listening TCP or Unix socket; correct the socket unit",
		        fd);
	return HF_OK;
}

enum hf_err hf_activation_take(struct hf_diag *diag,
        struct hf_inherited ret_sockets[static HF_INHERITED_MAX], size_t *ret_count)
{
	unsigned long long pid = 0, count = 0;
	bool ours = number("LISTEN_PID", &pid) && pid == (unsigned long long)getpid() &&
	            number("LISTEN_FDS", &count);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (!ours)
		count = 0;
	if (count > HF_INHERITED_MAX)
		return hf_fail(diag, HF_ERR_LIMIT,
		        "the service manager passes %llu sockets, the most is %d; leave some out "
		        "of "
		        "the socket unit",
		        count, HF_INHERITED_MAX);
	for (size_t i = 0; i < count; i++) {
		int fd = FIRST_FD + (int)i;
		enum hf_err err = judge(fd, diag, &ret_sockets[i]);
		if (err != HF_OK)
			return err;
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	*ret_count = (size_t)count;
	return HF_OK;
}

void hf_activation_tell(const char *format, ...)
{
	const char *place = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (place == NULL || (*place != '/' && *place != '@') ||
	        strlen(place) >= sizeof(address.sun_path))
		return;
	char text[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	size_t len = strlen(place);
	memcpy(address.sun_path, place, len);
	if (*place == '@') /* an abstract name */
		address.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&address,
	        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}

unsigned long long hf_activation_watchdog(void)
{
	unsigned long long pid, period = 0;
	if (number("WATCHDOG_PID", &pid) && pid != (unsigned long long)getpid())
		return 0;
	return number("WATCHDOG_USEC", &period) ? period : 0;
}
