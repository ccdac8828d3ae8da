/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/parse.h"
#include "lib/box/cgroup-internal.h"
#include "lib/box/cgroup.h"

/* The kernel wakes us at a change; the step is for those that do not and for the kill loop. */
#define EVENTS_STEP_MS 100
#define KILL_STEP_MS 10

/* The number after a word of a "word number" file; 0 when it is not there. */
static uint64_t keyed(int fd, const char *file, const char *key)
{
	_cleanup_strv_ char **word = fd < 0 ? NULL : cgroup_words(fd, file);
	uint64_t value = 0;

	for (size_t i = 0; word && word[i] && word[i + 1]; i += 2)
		if (streq(word[i], key))
			return parse_u64(word[i + 1], &value) < 0 ? 0 : value;
	return 0;
}

bool cgroup_populated(int fd)
{
	return keyed(fd, "cgroup.events", "populated") != 0;
}

uint64_t cgroup_cpu_usec(int fd)
{
	return keyed(fd, "cpu.stat", "usage_usec");
}

uint64_t cgroup_oom_kills(int fd)
{
	return keyed(fd, "memory.events", "oom_kill");
}

uint64_t cgroup_memory_peak(int fd)
{
	_cleanup_strv_ char **word = fd < 0 ? NULL : cgroup_words(fd, "memory.peak");
	uint64_t value;

	return word && word[0] && parse_u64(word[0], &value) == 0 ? value : 0;
}

static int kill_members(int fd)
{
	_cleanup_strv_ char **pids = cgroup_words(fd, "cgroup.procs");
	uint64_t pid;

	for (size_t i = 0; pids && pids[i]; i++)
		if (parse_u64(pids[i], &pid) == 0 && pid > 1 && pid != (uint64_t)getpid())
			(void)kill((pid_t)pid, SIGKILL);
	return 0;
}

static int kill_below(int fd, const char *name, void *arg)
{
	_cleanup_fd_ int child = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (child < 0)
		return 0;
	(void)kill_members(child);
	return cgroup_each_child(child, kill_below, arg);
}

static int wait_for_change(int events, int ms)
{
	struct pollfd p = { .fd = events, .events = POLLPRI };
	char unused[256];

	/* Reading arms the next notification. */
	if (pread(events, unused, sizeof(unused), 0) < 0)
		return errno == ENODEV ? 0 : -errno;
	return poll(&p, 1, ms) < 0 && errno != EINTR ? -errno : 0;
}

void cgroup_kill_members(int fd)
{
	(void)cgroup_write(fd, "cgroup.freeze", "1");
	(void)kill_members(fd);
	(void)cgroup_each_child(fd, kill_below, NULL);
	(void)cgroup_write(fd, "cgroup.freeze", "0");
}

int cgroup_kill(int fd, uint64_t deadline_ms)
{
	_cleanup_fd_ int events = -1;
	int r = 0;

	if (fd < 0)
		return -EOPNOTSUPP;
	events = openat(fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	if (events < 0)
		return errno == ENOENT ? -EOPNOTSUPP : -errno;
	while (r == 0 && cgroup_populated(fd)) {
		int left = clock_left(deadline_ms);
		bool at_once = cgroup_write(fd, "cgroup.kill", "1") == 0;

		if (!at_once)
			cgroup_kill_members(fd);
		if (left == 0)
			return -ETIME;
		if (cgroup_populated(fd))
			r = wait_for_change(events,
					    MIN(left, at_once ? EVENTS_STEP_MS : KILL_STEP_MS));
	}
	return r;
}
