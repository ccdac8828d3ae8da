/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/sys/journal.h"

#include <endian.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/parse.h"

static int sock = -1;
static bool stuck; /* the last send found no room in time */
static struct sockaddr_un address;

void journal_use_socket(const char *path)
{
	address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strncpy(address.sun_path, path ? path : JOURNAL_SOCKET, sizeof(address.sun_path) - 1);
	stuck = false;
}

bool journal_owns_stderr(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	const char *colon = stream ? strchr(stream, ':') : NULL;
	_cleanup_free_ char *device = colon ? xstrndup(stream, (size_t)(colon - stream)) : NULL;
	uint64_t dev, ino;
	struct stat st;

	if (!device || parse_u64(device, &dev) < 0 || parse_u64(colon + 1, &ino) < 0)
		return false;
	return fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

static bool name_is_valid(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= 64 && name[0] >= 'A' && name[0] <= 'Z' &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == len;
}

void journal_field(struct buf *record, const char *name, const char *value)
{
	uint64_t len = htole64(strlen(value));

	if (!name_is_valid(name))
		return;
	buf_adds(record, name);
	if (strchr(value, '\n')) {
		buf_addc(record, '\n');
		buf_add(record, &len, sizeof(len));
	} else {
		buf_addc(record, '=');
	}
	buf_adds(record, value);
	buf_addc(record, '\n');
}

static int open_socket(void)
{
	const struct timeval wait = { .tv_sec = JOURNAL_WAIT_MS / 1000,
				      .tv_usec = JOURNAL_WAIT_MS % 1000 * 1000 };
	const int room = 1024 * 1024;

	if (sock >= 0)
		return 0;
	if (!address.sun_family)
		journal_use_socket(NULL);
	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -errno;
	(void)setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) < 0) {
		sock = fd_close(sock);
		return -errno;
	}
	return 0;
}

static int send_message(struct msghdr *m)
{
	ssize_t n;

	m->msg_name = &address;
	m->msg_namelen = sizeof(address);
	do
		n = sendmsg(sock, m, MSG_NOSIGNAL | (stuck ? MSG_DONTWAIT : 0));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static int send_memfd(const struct buf *record)
{
	_cleanup_fd_ int fd = memfd_create("journal-record", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr m = { .msg_control = &control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int r;

	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, record->data, record->len);
	if (r < 0)
		return r;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		return -errno;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return send_message(&m);
}

int journal_send(const struct buf *record)
{
	struct iovec part = { record->data, record->len };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };
	int r = open_socket();

	if (r < 0)
		return r;
	r = send_message(&m);
	if (r == -EMSGSIZE || r == -ENOBUFS)
		r = send_memfd(record);
	stuck = r == -EAGAIN;
	return r;
}
