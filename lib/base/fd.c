/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/fd.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/parse.h"

int fd_close(int fd)
{
	int saved = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = saved;
	return -1;
}

int fd_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int fd_read_exact(int fd, void *data, size_t len)
{
	char *p = data;

	while (len) {
		ssize_t n = read(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENODATA;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int fd_read_all(int fd, struct buf *out, size_t max)
{
	size_t left = max;
	char over;

	for (;;) {
		size_t want = MIN(left, (size_t)16384);
		if (want)
			buf_reserve(out, want);
		ssize_t n = read(fd, want ? out->data + out->len : &over, want ? want : 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		if (!want)
			return -EFBIG;
		out->len += (size_t)n;
		out->data[out->len] = '\0';
		left -= (size_t)n;
	}
}

static int set_flag(int fd, int get, int set, int flag, bool on)
{
	int flags = fcntl(fd, get);

	if (flags < 0)
		return -errno;
	return fcntl(fd, set, on ? flags | flag : flags & ~flag) < 0 ? -errno : 0;
}

int fd_set_nonblock(int fd, bool on)
{
	return set_flag(fd, F_GETFL, F_SETFL, O_NONBLOCK, on);
}

int fd_set_cloexec(int fd, bool on)
{
	return set_flag(fd, F_GETFD, F_SETFD, FD_CLOEXEC, on);
}

int fd_fill_std(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			return -errno;
	} while (fd <= STDERR_FILENO);
	(void)fd_close(fd);
	return 0;
}

struct dirent_raw { /* what getdents64 writes */
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

/* Closes what one getdents64 block lists; returns how many. */
static int close_listed(const char *block, long len, int first, int keep)
{
	int closed = 0;

	for (long at = 0; at < len;) {
		const struct dirent_raw *e = (const struct dirent_raw *)(block + at);
		int fd;
		if (parse_int(e->name, &fd) == 0 && fd >= first && fd != keep)
			closed += close(fd) == 0;
		at += e->reclen;
	}
	return closed;
}

/* Without memory from the heap: it runs between fork and exec. */
static int close_by_proc(int first)
{
	_Alignas(struct dirent_raw) char block[4096];
	_cleanup_fd_ int dir = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long n;
	int closed;

	if (dir < 0)
		return -errno;
	do { /* closing while reading may skip entries: again until nothing is left to close */
		closed = 0;
		if (lseek(dir, 0, SEEK_SET) < 0)
			return -errno;
		while ((n = syscall(SYS_getdents64, dir, block, sizeof(block))) > 0)
			closed += close_listed(block, n, first, dir);
		if (n < 0)
			return -errno;
	} while (closed);
	return 0;
}

int fd_close_from(int first)
{
	if (first < 0)
		return -EINVAL;
	if (syscall(SYS_close_range, first, ~0U, 0) == 0)
		return 0;
	return close_by_proc(first);
}
