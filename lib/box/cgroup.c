/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/box/cgroup.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/parse.h"
#include "lib/base/path.h"
#include "lib/box/cgroup-internal.h"

#define LEAF "supervisor"

struct cgroup_tree {
	int fd;
};

/* A controller that the kernel does not let us have is one whose figures stay 0. */
static void enable_controllers(int fd)
{
	static const char *const wanted[] = { "+memory", "+pids", "+cpu", "+io" };

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		(void)cgroup_write(fd, "cgroup.subtree_control", wanted[i]);
}

/* A process of a group that is ours alone is this one or one that it started. */
static bool is_ours(uint64_t pid)
{
	for (int depth = 0; pid > 1 && depth < 64; depth++) {
		_cleanup_free_ char *path = xasprintf("/proc/%llu/stat", (unsigned long long)pid);
		_cleanup_free_ char *line = NULL;
		char *after, *end;

		if (pid == (uint64_t)getpid())
			return true;
		if (file_read_line(path, &line) < 0)
			return true; /* it has ended meanwhile */
		after = strrchr(line, ')');
		if (!after || strlen(after) < 5)
			return false;
		after += 4; /* ") S " */
		end = strchr(after, ' ');
		if (end)
			*end = '\0';
		if (parse_u64(after, &pid) < 0)
			return false;
	}
	return false;
}

static bool all_ours(char *const *pids)
{
	uint64_t pid;

	for (size_t i = 0; pids && pids[i]; i++)
		if (parse_u64(pids[i], &pid) < 0 || !is_ours(pid))
			return false;
	return true;
}

/* The service's folder for a process that sits in it or, started there by DelegateSubgroup= or by
 * an earlier life of ours, in its leaf. */
static char *service_path(const char *own)
{
	_cleanup_free_ char *parent = path_dirname(own);
	const char *force = getenv("MUSTER_CGROUP");

	if (str_endswith(own, ".service"))
		return xstrdup(own);
	if (streq(path_basename(own), LEAF) &&
	    (str_endswith(parent, ".service") || streq(force, "force")))
		return TAKE_PTR(parent);
	if (str_endswith(parent, ".service"))
		return xstrdup(own); /* a step, in the group that its supervisor made */
	return streq(force, "force") ? xstrdup(own) : NULL;
}

static int move_all(int leaf, char *const *pids)
{
	int r = cgroup_write(leaf, "cgroup.procs", "0");

	for (size_t i = 0; r == 0 && pids && pids[i]; i++)
		(void)cgroup_write(leaf, "cgroup.procs", pids[i]);
	return r;
}

/* NULL on success, else why not. */
static const char *settle(int fd)
{
	_cleanup_strv_ char **pids = cgroup_words(fd, "cgroup.procs");
	_cleanup_fd_ int leaf = -1;

	if (!all_ours(pids))
		return "our cgroup holds processes that are not ours";
	if (mkdirat(fd, LEAF, 0755) < 0 && errno != EEXIST)
		return "our cgroup is not delegated to us: it cannot be written";
	leaf = openat(fd, LEAF, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (leaf < 0)
		return "our cgroup is not delegated to us: its leaf cannot be opened";
	if (move_all(leaf, pids) < 0) {
		(void)unlinkat(fd, LEAF, AT_REMOVEDIR);
		return "our cgroup is not delegated to us: we cannot move within it";
	}
	return NULL;
}

static const char *open_service(int *ret_fd)
{
	_cleanup_free_ char *own = NULL, *service = NULL, *folder = NULL;
	_cleanup_fd_ int fd = -1;
	const char *why;

	own = cgroup_own_path();
	if (!own)
		return "cgroup v2 does not know this process";
	service = service_path(own);
	if (!service)
		return "not started as a service of its own";
	folder = cgroup_folder(service);
	if (!folder)
		return "cgroup v2 is not mounted where our group can be seen";
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return "our cgroup cannot be opened";
	if (faccessat(fd, "cgroup.events", F_OK, 0) < 0)
		return "we are in the root cgroup";
	why = settle(fd);
	if (!why)
		*ret_fd = TAKE_FD(fd);
	return why;
}

struct cgroup_tree *cgroup_open(const char **ret_why)
{
	struct cgroup_tree *t;
	int fd = -1;
	const char *why = open_service(&fd);

	if (ret_why)
		*ret_why = why;
	if (why)
		return NULL;
	enable_controllers(fd);
	t = NEW(struct cgroup_tree, 1);
	t->fd = fd;
	return t;
}

static bool name_is_valid(const char *name)
{
	return name[0] && name[0] != '.' && !strchr(name, '/') &&
	       !str_startswith(name, "cgroup.") && !streq(name, LEAF);
}

int cgroup_remove(struct cgroup_tree *t, const char *name)
{
	_cleanup_fd_ int fd = -1;
	int r;

	if (!t)
		return -EOPNOTSUPP;
	if (!name_is_valid(name))
		return -EINVAL;
	fd = openat(t->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = cgroup_each_child(fd, cgroup_remove_child, NULL);
	if (r < 0)
		return r;
	return unlinkat(t->fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

int cgroup_make(struct cgroup_tree *t, const char *name)
{
	int fd;

	if (!t)
		return -EOPNOTSUPP;
	if (!name_is_valid(name))
		return -EINVAL;
	enable_controllers(t->fd);
	(void)cgroup_remove(t, name);
	if (mkdirat(t->fd, name, 0755) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(t->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

void cgroup_close(struct cgroup_tree *t)
{
	if (!t)
		return;
	fd_close(t->fd);
	free(t);
}
