/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/hash.h"
#include "lib/base/path.h"

#define LINE_MAX_BYTES (64 * 1024)
#define TEMP_NAME_MAX 40

int file_read_raw(const char *path, size_t max, struct buf *out)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -errno : fd_read_all(fd, out, max);
}

struct fault *file_read(const char *path, size_t max, struct buf *out)
{
	int r = file_read_raw(path, max, out);

	if (r == -EFBIG)
		return fault_new("file.too_large", "%s is larger than %zu bytes", path, max);
	return r < 0 ? fault_errno("file.unreadable", r, "cannot read %s", path) : NULL;
}

int file_read_line(const char *path, char **ret)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	int r = file_read_raw(path, LINE_MAX_BYTES, &b);
	size_t n = strcspn(buf_str(&b), "\n");

	if (r < 0 && !(r == -EFBIG && n < b.len))
		return r;
	*ret = xstrndup(buf_str(&b), n);
	return 0;
}

/* A file that is written aside and becomes visible whole, or is removed again. */
struct staged {
	int dir;
	int fd;
	char name[TEMP_NAME_MAX]; /* "" once it has its final name */
};

static void staged_done(struct staged *s)
{
	if (s->name[0])
		(void)unlinkat(s->dir, s->name, 0);
	s->fd = fd_close(s->fd);
	s->dir = fd_close(s->dir);
}

static int open_folder(const char *path, bool durable)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 || errno != ENOENT)
		return fd < 0 ? -errno : fd;
	int r = path_mkdirs(path, 0755);

	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* the new folders' own entries lie in folders above: one call for all of them */
	if (durable && syncfs(fd) < 0) {
		r = -errno;
		(void)fd_close(fd);
		return r;
	}
	return fd;
}

/* The name is this descriptor's own: locked, and still the file's. */
static bool owns(const struct staged *s, int fd)
{
	struct stat st, named;

	return flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 &&
	       fstatat(s->dir, s->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_ino == named.st_ino && st.st_dev == named.st_dev;
}

static int create(struct staged *s)
{
	s->fd = openat(s->dir, s->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return s->fd < 0 ? -errno : 0;
}

/* What a killed writer has left; not what another one is at work on. */
static bool remove_left_over(const struct staged *s)
{
	_cleanup_fd_ int fd = openat(s->dir, s->name,
				     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	return fd >= 0 && owns(s, fd) && unlinkat(s->dir, s->name, 0) == 0;
}

/* One name per target, so that what a kill leaves behind is gone after the next write and does not
 * pile up; only for a second writer of the same file, one at random. */
static int stage(struct staged *s, const char *base)
{
	int r;

	(void)snprintf(s->name, sizeof(s->name), ".muster-%08" PRIx32 ".tmp",
		       crc32c(0, base, strlen(base)));
	r = create(s);
	if (r == -EEXIST && remove_left_over(s))
		r = create(s);
	if (r == 0 && owns(s, s->fd))
		return 0;
	s->fd = fd_close(s->fd);
	for (int i = 0; i < 16 && (r == 0 || r == -EEXIST); i++) {
		(void)snprintf(s->name, sizeof(s->name), ".muster-%016" PRIx64 ".tmp",
			       random_u64());
		r = create(s);
		if (r == 0)
			return 0;
	}
	s->name[0] = '\0';
	return r;
}

static int publish(struct staged *s, const char *base, bool durable)
{
	if (durable && fsync(s->fd) < 0)
		return -errno;
	if (renameat(s->dir, s->name, s->dir, base) < 0)
		return -errno;
	s->name[0] = '\0';
	return durable && fsync(s->dir) < 0 ? -errno : 0;
}

static int replace(const char *path, const void *data, size_t len, mode_t mode, bool durable)
{
	_cleanup_free_ char *folder = path_dirname(path);
	_cleanup_(staged_done) struct staged s = { .dir = -1, .fd = -1 };

	s.dir = open_folder(folder, durable);
	if (s.dir < 0)
		return s.dir;
	int r = stage(&s, path_basename(path));

	if (r == 0)
		r = fd_write_all(s.fd, data, len);
	if (r == 0 && fchmod(s.fd, mode) < 0)
		r = -errno;
	return r < 0 ? r : publish(&s, path_basename(path), durable);
}

static struct fault *unwritable(int r, const char *path)
{
	return r < 0 ? fault_errno("file.unwritable", r, "cannot write %s", path) : NULL;
}

struct fault *file_write_atomic(const char *path, const void *data, size_t len, mode_t mode)
{
	return unwritable(replace(path, data, len, mode, true), path);
}

struct fault *file_write_volatile(const char *path, const void *data, size_t len, mode_t mode)
{
	return unwritable(replace(path, data, len, mode, false), path);
}

bool file_same(const char *path, const void *data, size_t len)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	return file_read_raw(path, len, &b) == 0 && b.len == len &&
	       (!len || memcmp(b.data, data, len) == 0);
}
