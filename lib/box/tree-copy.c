/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/path.h"
#include "lib/base/strv.h"
#include "lib/box/tree.h"

#define CHUNK 262144
#define DEPTH_MAX 64

static struct fault *unreadable(const char *path, int errnum)
{
	return fault_errno("file.unreadable", errnum, "cannot read %s", path);
}

static struct fault *list(int dirfd, const char *path, char ***ret)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;

	if (!dir) {
		int errnum = errno;

		fd_close(fd);
		return unreadable(path, errnum);
	}
	while ((d = readdir(dir)))
		if (!streq(d->d_name, ".") && !streq(d->d_name, ".."))
			strv_add(ret, d->d_name);
	closedir(dir);
	strv_sort(*ret);
	return NULL;
}

static struct fault *copy_bytes(struct tree *t, int fd, const char *path)
{
	_cleanup_free_ char *chunk = xmalloc(CHUNK);
	ssize_t n;

	while ((n = read(fd, chunk, CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return unreadable(path, errno);
		TRY(tree_add_bytes(t, chunk, (size_t)n));
	}
	return NULL;
}

static struct fault *copy_link(struct tree *t, int dirfd, const char *name, const char *path)
{
	char target[TREE_PATH_MAX + 2];
	ssize_t n = readlinkat(dirfd, name, target, sizeof(target) - 1);

	if (n < 0)
		return unreadable(path, errno);
	target[n] = '\0';
	return tree_add_symlink(t, path, target);
}

static struct fault *copy_dir(struct tree *t, int dirfd, const char *path, int depth);

/* The type is that of the open file: what the name is meanwhile does not matter. */
static struct fault *copy_one(struct tree *t, int dirfd, const char *name, const char *path,
			      int depth)
{
	_cleanup_fd_ int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && errno == ELOOP)
		return copy_link(t, dirfd, name, path);
	if (fd < 0 || fstat(fd, &st) < 0)
		return unreadable(path, errno);
	if (S_ISDIR(st.st_mode)) {
		TRY(tree_add_dir(t, path, st.st_mode & 0777));
		return copy_dir(t, fd, path, depth + 1);
	}
	if (!S_ISREG(st.st_mode))
		return fault_new("tree.hostile", "entry \"%s\": neither file, folder nor symlink",
				 path);
	TRY(tree_add_file(t, path, st.st_mode & 0777, -1));
	return copy_bytes(t, fd, path);
}

static struct fault *copy_dir(struct tree *t, int dirfd, const char *path, int depth)
{
	_cleanup_strv_ char **names = NULL;

	if (depth > DEPTH_MAX)
		return fault_new("tree.too_large", "%s: folders nest deeper than %d", path,
				 DEPTH_MAX);
	TRY(list(dirfd, path, &names));
	for (size_t i = 0; names && names[i]; i++) {
		_cleanup_free_ char *inner = path[0] ? path_join(path, names[i])
						     : xstrdup(names[i]);

		TRY(copy_one(t, dirfd, names[i], inner, depth));
	}
	return NULL;
}

struct fault *tree_add_copy(struct tree *t, int fromfd)
{
	return copy_dir(t, fromfd, "", 0);
}
