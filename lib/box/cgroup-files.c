/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/path.h"
#include "lib/box/cgroup-internal.h"

#define TABLE_MAX (4 * 1024 * 1024)

static char **read_lines(const char *path)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (file_read_raw(path, TABLE_MAX, &b) < 0)
		return NULL;
	return strv_split(buf_str(&b), "\n");
}

char *cgroup_own_path(void)
{
	_cleanup_strv_ char **lines = read_lines("/proc/self/cgroup");

	for (size_t i = 0; lines && lines[i]; i++)
		if (str_startswith(lines[i], "0::/"))
			return xstrdup(lines[i] + 3);
	return NULL;
}

static bool is_octal(const char *s)
{
	for (int i = 0; i < 3; i++)
		if (s[i] < '0' || s[i] > '7')
			return false;
	return true;
}

/* "\040" and the like, as mountinfo writes them. */
static void unescape(char *s)
{
	char *out = s;

	while (*s) {
		if (s[0] == '\\' && is_octal(s + 1)) {
			*out++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 4;
		} else {
			*out++ = *s++;
		}
	}
	*out = '\0';
}

/* path below root, "" when they are the same; NULL when it is not below. */
static const char *strip_root(const char *path, const char *root)
{
	size_t len = strlen(root);

	if (streq(root, "/"))
		return path;
	if (strncmp(path, root, len) != 0 || (path[len] != '/' && path[len] != '\0'))
		return NULL;
	return path + len;
}

/* id parent major:minor root mountpoint options [optional…] - type … */
static char *folder_in_mount(char *const *field, const char *cgroup_path)
{
	const char *below;
	size_t i = 5;

	if (strv_len(field) < 9)
		return NULL;
	while (field[i] && !streq(field[i], "-"))
		i++;
	if (!field[i] || !streq(field[i + 1], "cgroup2"))
		return NULL;
	unescape(field[3]);
	unescape(field[4]);
	below = strip_root(cgroup_path, field[3]);
	return below ? path_join(field[4], below[0] == '/' ? below + 1 : below) : NULL;
}

char *cgroup_folder(const char *cgroup_path)
{
	_cleanup_strv_ char **lines = read_lines("/proc/self/mountinfo");

	for (size_t i = 0; lines && lines[i]; i++) {
		_cleanup_strv_ char **field = strv_split(lines[i], " ");
		char *folder = folder_in_mount(field, cgroup_path);

		if (folder && access(folder, F_OK) == 0)
			return folder;
		free(folder);
	}
	return NULL;
}

int cgroup_write(int fd, const char *file, const char *text)
{
	_cleanup_fd_ int f = openat(fd, file, O_WRONLY | O_CLOEXEC);

	if (f < 0)
		return -errno;
	return write(f, text, strlen(text)) < 0 ? -errno : 0;
}

char **cgroup_words(int fd, const char *file)
{
	_cleanup_fd_ int f = openat(fd, file, O_RDONLY | O_CLOEXEC);
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (f < 0 || fd_read_all(f, &b, TABLE_MAX) < 0)
		return NULL;
	return strv_split(buf_str(&b), " \n");
}

int cgroup_each_child(int fd, cgroup_child_fn fn, void *arg)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *d;
	int r = 0;

	if (!dir) {
		r = -errno;
		fd_close(copy);
		return r;
	}
	while (r == 0 && (d = readdir(dir)))
		if (d->d_type == DT_DIR && d->d_name[0] != '.')
			r = fn(fd, d->d_name, arg);
	closedir(dir);
	return r;
}

int cgroup_remove_child(int fd, const char *name, void *arg)
{
	_cleanup_fd_ int child = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	int r;

	if (child < 0)
		return errno == ENOENT ? 0 : -errno;
	r = cgroup_each_child(child, cgroup_remove_child, arg);
	if (r < 0)
		return r;
	return unlinkat(fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}
