/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/probe/disk.h"

#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/path.h"
#include "lib/probe/memory.h"

#define BLOCK ((size_t)1 << 20)
#define ALIGNMENT 4096

int disk_free(const char *folder, uint64_t *ret)
{
	struct statvfs s;

	if (statvfs(folder, &s) < 0)
		return -errno;
	*ret = (uint64_t)s.f_bavail * s.f_frsize;
	return 0;
}

void disk_compare(const uint8_t *got, const uint8_t *want, size_t n, uint64_t offset,
		  struct disk_test *t)
{
	if (memcmp(got, want, n) == 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (got[i] != want[i] && t->bad_bytes++ == 0)
			t->bad_offset = offset + i;
}

/* O_TMPFILE where the file system has it; else a name that is removed at once. */
static int open_nameless(const char *folder)
{
	_cleanup_free_ char *path = NULL;
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	path = xasprintf("%s/.disk-test-%d", folder, (int)getpid());
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	(void)unlink(path);
	return fd;
}

static bool set_direct(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_DIRECT) == 0;
}

static void block_pattern(uint8_t *block, uint64_t offset, uint64_t seed)
{
	memory_fill((uint64_t *)(void *)block, BLOCK / 8, offset / 8, seed, false);
}

static int write_out(int fd, uint8_t *block, uint64_t bytes, uint64_t seed, uint64_t deadline_ms)
{
	for (uint64_t at = 0; at < bytes; at += BLOCK) {
		int r;

		if (clock_left(deadline_ms) == 0)
			return -ETIME;
		block_pattern(block, at, seed);
		r = fd_write_all(fd, block, BLOCK);
		if (r < 0)
			return r;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* Some file systems take O_DIRECT and refuse it only when it is used. */
static ssize_t read_block(int fd, uint8_t *block, uint64_t at, struct disk_test *t)
{
	ssize_t n = pread(fd, block, BLOCK, (off_t)at);

	if (n < 0 && errno == EINVAL && t->direct) {
		t->direct = false;
		(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_DIRECT);
		n = pread(fd, block, BLOCK, (off_t)at);
	}
	return n;
}

static int read_back(int fd, uint8_t *block, uint8_t *want, uint64_t bytes, uint64_t seed,
		     uint64_t deadline_ms, struct disk_test *t)
{
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	t->direct = set_direct(fd);
	for (uint64_t at = 0; at < bytes; at += BLOCK) {
		ssize_t n;

		if (clock_left(deadline_ms) == 0)
			return -ETIME;
		n = read_block(fd, block, at, t);
		if (n != (ssize_t)BLOCK)
			return n < 0 ? -errno : -EIO;
		block_pattern(want, at, seed);
		disk_compare(block, want, BLOCK, at, t);
		t->verified += BLOCK;
	}
	return 0;
}

int disk_test(const char *folder, uint64_t bytes, uint64_t deadline_ms, struct disk_test *ret)
{
	_cleanup_free_ void *block = NULL, *want = NULL;
	_cleanup_fd_ int fd = -1;
	uint64_t seed = random_u64(), begun = clock_boottime_ms(), written;
	int r;

	*ret = (struct disk_test){ 0 };
	bytes = (bytes + BLOCK - 1) / BLOCK * BLOCK;
	r = disk_free(folder, &ret->free);
	if (r < 0 || bytes == 0)
		return r;
	if (ret->free < bytes)
		return -ENOSPC; /* others write here too: it is not filled up to find that out */
	if (posix_memalign(&block, ALIGNMENT, BLOCK) != 0 ||
	    posix_memalign(&want, ALIGNMENT, BLOCK) != 0)
		return -ENOMEM;
	fd = open_nameless(folder);
	if (fd < 0)
		return fd;
	r = write_out(fd, block, bytes, seed, deadline_ms);
	written = clock_boottime_ms();
	ret->write_ms = written - begun;
	if (r == 0)
		r = read_back(fd, block, want, bytes, seed, deadline_ms, ret);
	ret->read_ms = clock_boottime_ms() - written;
	return r;
}
