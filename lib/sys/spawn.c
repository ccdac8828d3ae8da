/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/sys/spawn.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "lib/base/parse.h"
#include "lib/base/strv.h"
#include "lib/sys/spawn-internal.h"

#define EXEC_WAIT_MS 60000
#define FORKNOEXEC 0x40u /* PF_FORKNOEXEC of the kernel's include/linux/sched.h */

static pid_t *owned;
static size_t n_owned;

bool spawn_owns(pid_t pid)
{
	for (size_t i = 0; i < n_owned; i++)
		if (owned[i] == pid)
			return true;
	return false;
}

void spawn_own(pid_t pid, bool on)
{
	if (on) {
		owned = xrealloc(owned, (n_owned + 1) * sizeof(*owned));
		owned[n_owned++] = pid;
		return;
	}
	for (size_t i = 0; i < n_owned; i++)
		if (owned[i] == pid) {
			owned[i] = owned[--n_owned];
			break;
		}
	if (n_owned == 0) {
		free(owned);
		owned = NULL;
	}
}

/* -errno, 0 in the child, else the pid. */
static pid_t birth_clone3(const struct spawn *s, int *pidfd)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD | (s->cgroup_fd >= 0 ? CLONE_INTO_CGROUP : 0),
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
		.cgroup = s->cgroup_fd >= 0 ? (uint64_t)s->cgroup_fd : 0,
	};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	return pid < 0 ? -errno : (pid_t)pid;
}

/* What every kernel can: the child moves itself, the pidfd comes afterwards (the pid cannot be
 * another's before we have reaped it). */
static pid_t birth_fork(int *pidfd)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid > 0)
		*pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	return pid;
}

static pid_t birth(const struct spawn *s, int report_fd, int *pidfd)
{
	pid_t parent = getpid(), pid = birth_clone3(s, pidfd);
	bool join = false;

	if (pid < 0 && pid != -EAGAIN && pid != -ENOMEM) {
		*pidfd = -1;
		join = s->cgroup_fd >= 0;
		pid = birth_fork(pidfd);
	}
	if (pid == 0)
		spawn_child(s, report_fd, parent, join);
	return pid;
}

static const char *stage_text(int stage)
{
	static const char *const text[] = {
		[STAGE_PARENT] = "start",
		[STAGE_CGROUP] = "move into its cgroup",
		[STAGE_FDS] = "arrange the descriptors of",
		[STAGE_SESSION] = "make a session for",
		[STAGE_LIMITS] = "set the limits of",
		[STAGE_CWD] = "enter the working folder of",
		[STAGE_PREPARE] = "confine",
		[STAGE_EXEC] = "execute",
	};

	return stage > 0 && (size_t)stage < ARRAY_SIZE(text) ? text[stage] : text[0];
}

/* Field 9 of proc(5)'s stat, counted from the last ')': a zombie has it, too. */
static bool never_executed(pid_t pid)
{
	_cleanup_free_ char *path = xasprintf("/proc/%d/stat", (int)pid), *line = NULL;
	_cleanup_strv_ char **field = NULL;
	const char *after;
	uint64_t flags = 0;

	if (file_read_line(path, &line) < 0)
		return false;
	after = strrchr(line, ')');
	field = after ? strv_split(after + 1, " ") : NULL;
	return field && strv_len(field) > 6 && parse_u64(field[6], &flags) == 0 &&
	       flags & FORKNOEXEC;
}

/* The machine's fault for the moment, not the program's. */
static bool is_scarcity(int errnum)
{
	return errnum == ENOMEM || errnum == EAGAIN || errnum == EMFILE || errnum == ENFILE;
}

/* NULL once the child has become the program: its end of the pipe has closed, by exec and not by
 * its death. */
static struct fault *read_report(const struct spawn *s, pid_t pid, int fd)
{
	uint64_t deadline = clock_boottime_ms() + EXEC_WAIT_MS;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct spawn_report report;
	bool program;
	int r;

	do
		r = poll(&p, 1, clock_left(deadline));
	while (r < 0 && errno == EINTR);
	if (r == 0)
		return fault_new("spawn.failed", "%s: no exec within %d seconds", s->path,
				 EXEC_WAIT_MS / 1000);
	r = fd_read_exact(fd, &report, sizeof(report));
	if (r == -ENODATA && !never_executed(pid))
		return NULL;
	if (r == -ENODATA)
		return fault_new("spawn.failed", "the child that was to become %s was killed",
				 s->path);
	if (r < 0)
		return fault_errno("spawn.failed", r, "cannot hear from the child of %s", s->path);
	program = report.stage == STAGE_EXEC && !is_scarcity(report.errnum);
	return fault_errno(program ? "spawn.exec" : "spawn.failed", report.errnum,
			   "cannot %s %s%s%s", stage_text(report.stage), s->path,
			   report.stage == STAGE_CWD ? " in " : "",
			   report.stage == STAGE_CWD && s->cwd ? s->cwd : "");
}

struct fault *spawn_start(const struct spawn *s, struct child *ret)
{
	_cleanup_child_ struct child c = CHILD_NONE;
	_cleanup_fd_ int read_end = -1;
	int ends[2];
	sigset_t all, old;
	struct fault *f;

	if (s->n_fds > SPAWN_FDS_MAX)
		return fault_new("spawn.failed", "%s: %zu descriptors", s->path, s->n_fds);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return fault_errno("spawn.failed", errno, "cannot start %s: pipe", s->path);
	read_end = ends[0];
	/* No handler of ours may run in the child. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	c.pid = birth(s, ends[1], &c.pidfd);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	fd_close(ends[1]);
	if (c.pid < 0) {
		f = fault_errno("spawn.failed", (int)c.pid, "cannot start %s", s->path);
		c = CHILD_NONE;
		return f;
	}
	spawn_own(c.pid, true);
	TRY(read_report(s, c.pid, read_end));
	*ret = c;
	c = CHILD_NONE;
	return NULL;
}
