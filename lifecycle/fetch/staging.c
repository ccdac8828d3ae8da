/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/fetch/staging.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/path.h"

#define PREFIX ".staging-"

static struct fault *failed(int r, const char *what)
{
	return fault_errno(r == -ENOSPC || r == -EDQUOT ? "host.disk_full" : "fetch.write", r, "%s",
			   what);
}

static void remove_left_over(int bundles)
{
	int fd = openat(bundles, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;

	if (!dir) {
		fd_close(fd);
		return;
	}
	while ((d = readdir(dir)))
		if (str_startswith(d->d_name, PREFIX))
			(void)path_remove_tree(bundles, d->d_name);
	closedir(dir);
}

struct fault *staging_open(const char *state_dir, const char *run_id, struct staging *ret)
{
	struct staging s = { .bundles = -1, .fd = -1, .folder = path_join(state_dir, "bundles"),
			     .name = xasprintf(PREFIX "%s", run_id) };
	int r = path_mkdirs(s.folder, 0700);

	if (r == 0) {
		s.bundles = open(s.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		r = s.bundles < 0 ? -errno : 0;
	}
	if (r == 0)
		remove_left_over(s.bundles);
	if (r == 0 && mkdirat(s.bundles, s.name, 0700) < 0)
		r = -errno;
	if (r == 0) {
		s.fd = path_open_beneath(s.bundles, s.name, O_RDONLY | O_DIRECTORY, 0);
		r = MIN(s.fd, 0);
	}
	if (r < 0) {
		struct fault *f = failed(r, s.folder);

		staging_done(&s);
		return f;
	}
	*ret = s;
	return NULL;
}

struct fault *staging_publish(struct staging *s, const char *digest, char **ret_path)
{
	int r;

	if (syncfs(s->fd) < 0)
		return failed(-errno, "cannot sync the bundle");
	r = path_remove_tree(s->bundles, digest);
	if (r < 0)
		return failed(r, "cannot remove an earlier copy of the bundle");
	if (renameat(s->bundles, s->name, s->bundles, digest) < 0 || fsync(s->bundles) < 0)
		return failed(-errno, "cannot publish the bundle");
	*ret_path = path_join(s->folder, digest);
	s->fd = fd_close(s->fd);
	free(TAKE_PTR(s->name));
	return NULL;
}

void staging_done(struct staging *s)
{
	if (s->name && s->bundles >= 0)
		(void)path_remove_tree(s->bundles, s->name);
	fd_close(s->fd);
	fd_close(s->bundles);
	free(s->folder);
	free(s->name);
	*s = (struct staging){ .bundles = -1, .fd = -1 };
}
