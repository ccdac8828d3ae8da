/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/parse.h"
#include "lib/base/strv.h"

#define MOUNTINFO_MAX (16 * 1024 * 1024) /* 100,000 mounts of a busy container host */

/* File systems with nothing of ours to lose in a power cut, or whose server may be away: to wait
 * for those would turn somebody else's outage into ours. Whatever is not named here is synced,
 * major number 0 (btrfs, overlay, zfs, bcachefs) or not. */
static const char *const skipped[] = {
	/* in memory, or no files at all */
	"autofs", "bdev", "binder", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs",
	"debugfs", "devpts", "devtmpfs", "efivarfs", "fusectl", "hugetlbfs", "mqueue", "nsfs",
	"nullfs", "pipefs", "proc", "pstore", "ramfs", "resctrl", "rootfs", "rpc_pipefs",
	"securityfs", "selinuxfs", "smackfs", "sockfs", "sysfs", "tmpfs", "tracefs",
	/* never written */
	"cramfs", "erofs", "iso9660", "romfs", "squashfs",
	/* somewhere else, or behind a process */
	"9p", "afs", "beegfs", "ceph", "cifs", "fuse", "gfs2", "glusterfs", "gpfs", "lustre", "nfs",
	"nfs4", "ocfs2", "orangefs", "smb3", "virtiofs", "wekafs",
};

static bool is_skipped(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(skipped); i++)
		if (streq(type, skipped[i]))
			return true;
	return str_startswith(type, "fuse.");
}

/* mountinfo writes space, tab, newline and backslash as three octal digits. */
static char *unescape(const char *s)
{
	struct buf b = BUF_INIT;

	for (; *s; s++) {
		char digits[4] = { 0 };
		mode_t c = 0;
		if (*s == '\\' && strnlen(s, 4) == 4) {
			memcpy(digits, s + 1, 3);
			if (parse_octal_mode(digits, &c) < 0)
				c = 0;
		}
		buf_addc(&b, c ? (char)c : *s);
		s += c ? 3 : 0;
	}
	return buf_take(&b);
}

static bool parse_device(const char *s, dev_t *ret)
{
	_cleanup_strv_ char **parts = strv_split(s, ":");
	uint32_t major_nr = 0, minor_nr = 0;

	if (strv_len(parts) != 2 || parse_u32(parts[0], &major_nr) < 0 ||
	    parse_u32(parts[1], &minor_nr) < 0)
		return false;
	*ret = makedev(major_nr, minor_nr);
	return true;
}

/* The options are those of the file system, not of the mount: a read-only bind mount shows a file
 * system that others write to. */
static bool is_writable(const char *options)
{
	_cleanup_strv_ char **words = strv_split(options, ",");

	return strv_contains(words, "rw");
}

bool file_mount_is_local(const char *line, dev_t *ret_dev, char **ret_point)
{
	_cleanup_strv_ char **f = strv_split(line, " ");
	size_t n = strv_len(f), dash = 6;

	/* id parent major:minor root point options [tag...] - type source options; the source may
	 * be empty, so the last two are told apart from behind */
	while (dash < n && !streq(f[dash], "-"))
		dash++;
	if (dash + 2 >= n || is_skipped(f[dash + 1]) || !is_writable(f[n - 1]) ||
	    !parse_device(f[2], ret_dev))
		return false;
	*ret_point = unescape(f[4]);
	return true;
}

static int sync_fd(int fd)
{
	return syncfs(fd) < 0 ? -errno : 0;
}

int file_syncfs(const char *path)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	return fd < 0 ? -errno : sync_fd(fd);
}

struct synced {
	dev_t *dev;
	size_t n;
};

static void synced_done(struct synced *s)
{
	free(s->dev);
}

static bool is_synced(const struct synced *s, dev_t dev)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->dev[i] == dev)
			return true;
	return false;
}

/* A mount point can be hidden under a later mount: then the descriptor is of another file system
 * (or the name is gone), and this one waits for its next mount point in the list. */
static int sync_mount(struct synced *done, dev_t dev, const char *point)
{
	_cleanup_fd_ int fd = open(point, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	/* btrfs' subvolumes have numbers of their own, all with major number 0 */
	if (st.st_dev != dev && (major(dev) || major(st.st_dev)))
		return 0;
	done->dev = xrealloc(done->dev, (done->n + 1) * sizeof(dev_t));
	done->dev[done->n++] = dev;
	return sync_fd(fd);
}

int file_sync_local(void)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	_cleanup_(synced_done) struct synced done = { 0 };
	int first = file_read_raw("/proc/self/mountinfo", MOUNTINFO_MAX, &b);
	_cleanup_strv_ char **lines = strv_split(buf_str(&b), "\n");

	for (size_t i = 0; lines[i]; i++) {
		_cleanup_free_ char *point = NULL;
		dev_t dev;
		if (!file_mount_is_local(lines[i], &dev, &point) || is_synced(&done, dev))
			continue;
		int r = sync_mount(&done, dev, point);
		first = first ? first : r;
	}
	return first;
}
