/* SPDX-License-Identifier: Apache-2.0 */
/* Removal of a tree of any depth with two descriptors: the walk keeps the way back as names and
 * inode numbers, and goes up by ".." only when that is still the folder it came from. */
#include "lib/base/path.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"

struct level {
	struct level *up;
	dev_t dev; /* the folder this one lies in */
	ino_t ino;
	char name[]; /* of this folder in it */
};

struct walk {
	int at;
	dev_t dev; /* of the file system: another one is a mount */
	struct level *level;
};

static void walk_done(struct walk *w)
{
	w->at = fd_close(w->at);
	while (w->level) {
		struct level *l = w->level;
		w->level = l->up;
		free(l);
	}
}

/* Also a bind mount of the same file system. */
static bool is_mount_root(int fd)
{
	struct statx sx;

	return statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &sx) == 0 &&
	       sx.stx_attributes & sx.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT;
}

/* Goes into a folder of the current one; -EBUSY for a mount, as rmdir says. */
static int descend(struct walk *w, const char *name)
{
	_cleanup_fd_ int fd = openat(w->at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat here, st;

	if (fd < 0 || fstat(fd, &st) < 0 || fstat(w->at, &here) < 0)
		return -errno;
	if (st.st_dev != w->dev || is_mount_root(fd))
		return -EBUSY;
	struct level *l = xmalloc(sizeof(*l) + strlen(name) + 1);

	*l = (struct level){ .up = w->level, .dev = here.st_dev, .ino = here.st_ino };
	memcpy(l->name, name, strlen(name) + 1);
	w->level = l;
	(void)fd_close(w->at);
	w->at = TAKE_FD(fd);
	return 0;
}

/* Leaves the emptied folder and removes it. */
static int ascend(struct walk *w)
{
	_cleanup_fd_ int fd = openat(w->at, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ struct level *l = w->level;
	struct stat st;

	w->level = l->up;
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_dev != l->dev || st.st_ino != l->ino)
		return -EXDEV; /* somebody moves folders about under us */
	(void)fd_close(w->at);
	w->at = TAKE_FD(fd);
	return unlinkat(w->at, l->name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

static bool is_dots(const char *name)
{
	return streq(name, ".") || streq(name, "..");
}

static void closedirp(DIR **d)
{
	if (*d)
		(void)closedir(*d);
}

/* Unlinks what the folder holds up to the first folder and goes into that one: 1. 0 when the
 * folder is empty. */
static int clear(struct walk *w)
{
	int copy = openat(w->at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(closedirp) DIR *dir = copy < 0 ? NULL : fdopendir(copy);

	if (!dir) {
		int r = -errno;
		(void)fd_close(copy);
		return r;
	}
	for (;;) {
		errno = 0;
		const struct dirent *e = readdir(dir);
		if (!e)
			return -errno;
		if (is_dots(e->d_name))
			continue;
		if (unlinkat(w->at, e->d_name, 0) == 0 || errno == ENOENT)
			continue;
		if (errno != EISDIR && errno != EPERM)
			return -errno;
		int refused = -errno, r = descend(w, e->d_name);
		if (r < 0)
			return r == -ENOTDIR || r == -ELOOP ? refused : r;
		return 1;
	}
}

static int remove_folder(struct walk *w)
{
	for (;;) {
		int r = clear(w);
		if (r == 0) {
			r = ascend(w);
			if (r == 0 && !w->level)
				return 0;
		}
		if (r < 0)
			return r;
	}
}

int path_remove_tree(int dirfd, const char *name)
{
	_cleanup_free_ char *parent = path_dirname(name);
	const char *base = path_basename(name);
	_cleanup_(walk_done) struct walk w = { .at = -1 };
	struct stat st;

	if (!*base || is_dots(base))
		return -EINVAL;
	w.at = openat(dirfd, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w.at < 0 || fstat(w.at, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	w.dev = st.st_dev;
	if (unlinkat(w.at, base, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	int refused = -errno, r = descend(&w, base);

	if (r == -ENOTDIR || r == -ELOOP)
		return refused;
	return r < 0 ? r : remove_folder(&w);
}
