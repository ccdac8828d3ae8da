/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/probe/host.h"

#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "lib/base/parse.h"
#include "lib/base/path.h"
#include "lib/base/strv.h"
#include "lib/probe/sysfs.h"

#define PROC_MAX (1024 * 1024)
#define CPUS_MAX (1 << 20) /* a list that says more is no list */
#define CPU "/sys/devices/system/cpu"

/* "0-3,8-11" is 8; -1 when it is no list. */
static int64_t count_list(const char *text)
{
	_cleanup_strv_ char **part = strv_split(text, ",");
	int64_t n = 0;

	for (size_t i = 0; part[i]; i++) {
		char *dash = strchr(part[i], '-');
		int64_t from, to;

		if (dash)
			*dash = '\0';
		if (parse_i64(part[i], &from) < 0)
			return -1;
		to = from;
		if (dash && parse_i64(dash + 1, &to) < 0)
			return -1;
		if (from < 0 || to < from || to >= CPUS_MAX)
			return -1;
		n += to - from + 1;
	}
	return n;
}

int probe_cpu(const char *root, struct probe_cpu *ret)
{
	_cleanup_free_ char *dir = path_rooted(root, CPU), *smt = path_join(dir, "smt");
	_cleanup_free_ char *online = sysfs_text(dir, "online");
	uint64_t active = 0;

	*ret = (struct probe_cpu){ .online = online ? count_list(online) : -1 };
	if (ret->online <= 0)
		return online ? -EINVAL : -ENOENT;
	ret->smt = sysfs_text(smt, "control");
	(void)sysfs_u64(smt, "active", &active);
	ret->smt_active = active == 1;
	return 0;
}

void probe_cpu_done(struct probe_cpu *c)
{
	free(c->smt);
	*c = (struct probe_cpu){ 0 };
}

int probe_smt_off(const char *root)
{
	_cleanup_free_ char *path = path_rooted(root, CPU "/smt/control");
	_cleanup_fd_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : fd_write_all(fd, "off", 3);

	return r == -ENOENT || r == -ENODEV || r == -EPERM ? -EOPNOTSUPP : r;
}

/* The kB figure after a name in meminfo. */
static int meminfo(char *const *line, const char *name, uint64_t *ret)
{
	for (size_t i = 0; line[i]; i++) {
		_cleanup_strv_ char **word = strv_split(line[i], " \t");
		uint64_t kb;

		if (!streq(word[0], name) || strv_len(word) < 2)
			continue;
		if (parse_u64(word[1], &kb) < 0)
			return -EINVAL;
		*ret = kb * 1024;
		return 0;
	}
	return -ENODATA;
}

int probe_memory(const char *root, struct probe_memory *ret)
{
	_cleanup_free_ char *path = path_rooted(root, "/proc/meminfo");
	_cleanup_buf_ struct buf text = BUF_INIT;
	_cleanup_strv_ char **line = NULL;
	int r = file_read_raw(path, PROC_MAX, &text);

	if (r < 0)
		return r;
	line = strv_split(buf_str(&text), "\n");
	r = meminfo(line, "MemTotal:", &ret->total);
	return r < 0 ? r : meminfo(line, "MemAvailable:", &ret->available);
}

char *probe_dmi(const char *root, const char *name)
{
	_cleanup_free_ char *dir = path_rooted(root, "/sys/class/dmi/id");

	return sysfs_text(dir, name);
}

int probe_clock(struct probe_clock *ret)
{
	struct timex t = { .modes = 0 };
	struct tm tm;
	time_t now = time(NULL);
	int state = adjtimex(&t);

	*ret = (struct probe_clock){ .error_usec = -1 };
	if (!gmtime_r(&now, &tm))
		return -errno;
	ret->year = tm.tm_year + 1900;
	if (state < 0)
		return -errno;
	ret->synchronized = state != TIME_ERROR && !(t.status & STA_UNSYNC);
	ret->error_usec = t.esterror;
	return 0;
}

/* Fields: interface, destination, gateway, flags, …, mask is the eighth; all in hex. */
static bool is_default4(const char *line)
{
	_cleanup_strv_ char **word = strv_split(line, " \t");

	return strv_len(word) >= 8 && streq(word[1], "00000000") && streq(word[7], "00000000");
}

/* Fields: destination, its prefix length, …, flags, interface. The kernel's own unreachable
 * default stands on lo. */
static bool is_default6(const char *line)
{
	_cleanup_strv_ char **word = strv_split(line, " \t");

	return strv_len(word) >= 10 && streq(word[0], "00000000000000000000000000000000") &&
	       streq(word[1], "00") && !streq(word[9], "lo");
}

static int any_line(const char *root, const char *file, bool (*fits)(const char *), bool *ret)
{
	_cleanup_free_ char *path = path_rooted(root, file);
	_cleanup_buf_ struct buf text = BUF_INIT;
	_cleanup_strv_ char **line = NULL;
	int r = file_read_raw(path, PROC_MAX, &text);

	if (r < 0)
		return r;
	line = strv_split(buf_str(&text), "\n");
	for (size_t i = 0; line[i]; i++)
		*ret = *ret || fits(line[i]);
	return 0;
}

int probe_default_route(const char *root, bool *ret)
{
	int v4, v6;

	*ret = false;
	v4 = any_line(root, "/proc/net/route", is_default4, ret);
	v6 = any_line(root, "/proc/net/ipv6_route", is_default6, ret);
	return v4 < 0 && v6 < 0 ? v4 : 0;
}
