/* SPDX-License-Identifier: Apache-2.0 */
/* Who else could change what a path leads to: the walk goes down on open descriptors, resolving
 * symlinks itself, and looks at every folder, link and file that it passes. */
#include "lib/base/path.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/fd.h"

#define LINKS_MAX 40 /* as the kernel (MAXSYMLINKS) */

struct walk {
	int at;		   /* the folder reached so far, O_PATH */
	struct buf name;   /* what it is called, for messages */
	struct buf rest;   /* components still to go */
	unsigned links;
};

static void walk_done(struct walk *w)
{
	w->at = fd_close(w->at);
	buf_done(&w->name);
	buf_done(&w->rest);
}

static struct fault *judge(const char *name, const struct stat *st, bool last)
{
	uid_t me = geteuid();
	bool open_to_others = st->st_mode & (S_IWGRP | S_IWOTH);
	bool sticky = S_ISDIR(st->st_mode) && st->st_mode & S_ISVTX && !last;

	if (st->st_uid != 0 && st->st_uid != me)
		return fault_new("path.untrusted", "%s belongs to user %u, not to root", name,
				 (unsigned)st->st_uid);
	if (S_ISLNK(st->st_mode) || !open_to_others || sticky)
		return NULL;
	return fault_new("path.untrusted", "%s is writable by others (mode %04o)", name,
			 (unsigned)st->st_mode & 07777);
}

static struct fault *open_root(struct walk *w)
{
	struct stat st;

	w->at = fd_close(w->at);
	w->at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	buf_reset(&w->name);
	if (w->at < 0 || fstat(w->at, &st) < 0)
		return fault_errno("path.untrusted", errno, "cannot look at /");
	return judge("/", &st, false);
}

/* Puts the link's target in front of what is still to go. */
static struct fault *follow(struct walk *w, int link, const char *name)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(link, "", target, sizeof(target));

	if (n < 0 || (size_t)n == sizeof(target))
		return fault_errno("path.untrusted", n < 0 ? errno : ENAMETOOLONG,
				   "cannot read the link %s", name);
	if (++w->links > LINKS_MAX)
		return fault_errno("path.untrusted", ELOOP, "cannot follow %s", name);
	struct buf rest = BUF_INIT;

	buf_add(&rest, target, (size_t)n);
	buf_addc(&rest, '/');
	buf_adds(&rest, buf_str(&w->rest));
	buf_done(&w->rest);
	w->rest = rest;
	return target[0] == '/' ? open_root(w) : NULL;
}

/* Cuts the next component off the rest; NULL at the end. "." is skipped. */
static char *next_name(struct buf *rest)
{
	for (;;) {
		buf_consume(rest, strspn(buf_str(rest), "/"));
		size_t n = strcspn(buf_str(rest), "/");
		if (!n)
			return NULL;
		char *name = xstrndup(rest->data, n);
		buf_consume(rest, n);
		if (!streq(name, "."))
			return name;
		free(name);
	}
}

static struct fault *step(struct walk *w, const char *name)
{
	_cleanup_free_ char *full = xasprintf("%s/%s", buf_str(&w->name), name);
	const char *rest = buf_str(&w->rest);
	bool last = strspn(rest, "/.") == w->rest.len && !strstr(rest, "..");
	_cleanup_fd_ int fd = openat(w->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fault_errno("path.untrusted", errno, "cannot look at %s", full);
	TRY(judge(full, &st, last));
	if (S_ISLNK(st.st_mode))
		return follow(w, fd, full);
	(void)fd_close(w->at);
	w->at = TAKE_FD(fd);
	buf_reset(&w->name);
	buf_adds(&w->name, full);
	return NULL;
}

struct fault *path_check_trusted(const char *path)
{
	_cleanup_(walk_done) struct walk w = { .at = -1 };

	if (*path != '/') {
		_cleanup_free_ char *cwd = getcwd(NULL, 0);
		if (!cwd)
			return fault_errno("path.untrusted", errno, "cannot tell where %s is",
					   path);
		buf_addf(&w.rest, "%s/", cwd);
	}
	buf_adds(&w.rest, path);
	TRY(open_root(&w));
	for (;;) {
		_cleanup_free_ char *name = next_name(&w.rest);
		if (!name)
			return NULL;
		TRY(step(&w, name));
	}
}
