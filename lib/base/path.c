/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/path.h"

#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/fd.h"

#define RACE_TRIES 64 /* openat2 answers EAGAIN when a rename crosses a walk */

char *path_join(const char *a, const char *b)
{
	size_t n = strlen(a);

	while (n && a[n - 1] == '/')
		n--;
	if (!*a)
		return xstrdup(b);
	while (*b == '/')
		b++;
	return xasprintf("%.*s/%s", (int)n, a, b);
}

static bool is_system_root(const char *root)
{
	return !root || !*root;
}

char *path_rooted(const char *root, const char *path)
{
	return is_system_root(root) || *path != '/' ? xstrdup(path) : path_join(root, path);
}

const char *path_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *path_dirname(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	while (slash > path && slash[-1] == '/')
		slash--;
	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

bool path_is_inside(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	while (n && dir[n - 1] == '/')
		n--;
	return strncmp(path, dir, n) == 0 && (path[n] == '/' || !path[n]);
}

static int open2(int dirfd, const char *name, int flags, mode_t mode, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
		.mode = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? mode & 07777 : 0,
		.resolve = resolve,
	};

	for (int i = 0; i < RACE_TRIES; i++) {
		long fd = syscall(SYS_openat2, dirfd, name, &how, sizeof(how));
		if (fd >= 0)
			return (int)fd;
		if (errno != EAGAIN && errno != EINTR)
			break;
	}
	return -errno;
}

/* Kernels before 5.6 have no openat2; filters older than it answer EPERM. The walk that stands in
 * is the stricter one, so taking an honest EPERM for a filter's costs nothing. */
static bool lacks_openat2(int r)
{
	return r == -ENOSYS || r == -EPERM;
}

/* Takes the next component off *p into name; false at the end. Slashes and "." are skipped. */
static bool next_component(const char **p, char name[NAME_MAX + 1], int *error)
{
	size_t n;

	*error = 0;
	do {
		*p += strspn(*p, "/");
		n = strcspn(*p, "/");
		if (!n)
			return false;
		if (n > NAME_MAX) {
			*error = -ENAMETOOLONG;
			return false;
		}
		memcpy(name, *p, n);
		name[n] = '\0';
		*p += n;
	} while (streq(name, "."));
	return true;
}

static bool has_dotdot(const char *path)
{
	for (const char *p = path; *p;) {
		size_t n;
		p += strspn(p, "/");
		n = strcspn(p, "/");
		if (n == 2 && p[0] == '.' && p[1] == '.')
			return true;
		p += n;
	}
	return false;
}

static bool is_symlink(int dirfd, const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

/* openat that answers ELOOP for any symlink, also where the kernel says ENOTDIR (O_DIRECTORY) or
 * hands out the link itself (O_PATH). */
static int open_nofollow(int dirfd, const char *name, int flags, mode_t mode)
{
	_cleanup_fd_ int fd = openat(dirfd, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
	struct stat st;

	if (fd < 0)
		return errno == ENOTDIR && is_symlink(dirfd, name) ? -ELOOP : -errno;
	if (flags & O_PATH && !(flags & O_NOFOLLOW)) {
		if (fstat(fd, &st) < 0)
			return -errno;
		if (S_ISLNK(st.st_mode))
			return -ELOOP;
	}
	return TAKE_FD(fd);
}

/* One component at a time, no symlink followed. */
static int open_by_walk(int dirfd, const char *path, int flags, mode_t mode)
{
	char name[NAME_MAX + 1], next[NAME_MAX + 1];
	_cleanup_fd_ int held = -1;
	const char *p = path;
	int at = dirfd, error;

	if (!next_component(&p, name, &error))
		return error ? error : *path ? open_nofollow(at, ".", flags, mode) : -ENOENT;
	while (next_component(&p, next, &error)) {
		int fd = open_nofollow(at, name, O_PATH | O_DIRECTORY, 0);
		if (fd < 0)
			return fd;
		(void)fd_close(held);
		at = held = fd;
		memcpy(name, next, sizeof(name));
	}
	if (error)
		return error;
	if (str_endswith(path, "/") || str_endswith(path, "/."))
		flags |= O_DIRECTORY;
	return open_nofollow(at, name, flags, mode);
}

int path_open_beneath(int dirfd, const char *name, int flags, mode_t mode)
{
	if (*name == '/' || has_dotdot(name))
		return -EXDEV; /* what the kernel says of a name that leaves */
	int fd = open2(dirfd, name, flags, mode, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);

	return lacks_openat2(fd) ? open_by_walk(dirfd, name, flags, mode) : fd;
}

int path_open_in_root(const char *root, const char *path, int flags, mode_t mode)
{
	if (is_system_root(root)) {
		int fd = open(path, flags | O_CLOEXEC, mode);
		return fd < 0 ? -errno : fd;
	}
	_cleanup_fd_ int dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return -errno;
	int fd = open2(dir, path, flags, mode, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);

	if (!lacks_openat2(fd))
		return fd;
	if (has_dotdot(path))
		return -EXDEV;
	return streq(path, "/") ? open_by_walk(dir, ".", flags, mode) :
				  open_by_walk(dir, path, flags, mode);
}

/* The mode is right from the first moment: a kill may come before it could be corrected. */
static int make_folder(int dirfd, const char *name, mode_t mode)
{
	mode_t mask = umask(0);
	int r = mkdirat(dirfd, name, mode) < 0 ? -errno : 0;

	(void)umask(mask);
	return r;
}

/* Opens a folder, made with exactly this mode (whatever the umask) when it is missing. */
static int open_or_make(int dirfd, const char *name, mode_t mode)
{
	int fd = openat(dirfd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 || errno != ENOENT)
		return fd < 0 ? -errno : fd;
	int r = make_folder(dirfd, name, mode);
	if (r < 0) {
		if (r != -EEXIST)
			return r;
		fd = openat(dirfd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		return fd < 0 ? -errno : fd;
	}
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	_cleanup_fd_ int made = openat(dirfd, name, flags);

	if (made < 0 || fchmod(made, mode) < 0)
		return -errno;
	return TAKE_FD(made);
}

int path_mkdirs(const char *path, mode_t mode)
{
	char name[NAME_MAX + 1];
	int error;

	if (!*path)
		return -ENOENT;
	_cleanup_fd_ int at = open(*path == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (at < 0)
		return -errno;
	while (next_component(&path, name, &error)) {
		int fd = open_or_make(at, name, mode);
		if (fd < 0)
			return fd;
		(void)fd_close(at);
		at = fd;
	}
	return error;
}
