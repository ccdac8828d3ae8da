/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/probe/sysfs.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/parse.h"
#include "lib/base/path.h"
#include "lib/base/strv.h"

char *sysfs_text(const char *dir, const char *attribute)
{
	_cleanup_free_ char *path = path_join(dir, attribute);
	char *line = NULL, *from;
	size_t len;

	if (file_read_line(path, &line) < 0)
		return NULL;
	from = line + strspn(line, " \t");
	len = strlen(from);
	while (len > 0 && strchr(" \t", from[len - 1]))
		len--;
	memmove(line, from, len);
	line[len] = '\0';
	if (len > 0)
		return line;
	free(line);
	return NULL;
}

int sysfs_hex(const char *dir, const char *attribute, uint32_t *ret)
{
	_cleanup_free_ char *text = sysfs_text(dir, attribute);
	uint64_t value;

	if (!text || parse_hex(text, &value) < 0 || value > UINT32_MAX)
		return -EINVAL;
	*ret = (uint32_t)value;
	return 0;
}

int sysfs_u64(const char *dir, const char *attribute, uint64_t *ret)
{
	_cleanup_free_ char *text = sysfs_text(dir, attribute);

	return text ? parse_u64(text, ret) : -ENOENT;
}

char *sysfs_link_name(const char *dir, const char *link)
{
	_cleanup_free_ char *path = path_join(dir, link);
	char target[4096];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n <= 0)
		return NULL;
	target[n] = '\0';
	return xstrdup(path_basename(target));
}

bool sysfs_has(const char *dir, const char *name)
{
	_cleanup_free_ char *path = path_join(dir, name);

	return access(path, F_OK) == 0;
}

int sysfs_list(const char *dir, char ***ret)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return -errno;
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			strv_add(ret, e->d_name);
	closedir(d);
	if (*ret)
		strv_sort(*ret);
	return 0;
}
