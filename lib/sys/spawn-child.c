/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/sys/spawn-internal.h"

static struct rlimit files_at_start;
static bool files_known;

__attribute__((constructor)) static void remember_limits(void)
{
	files_known = getrlimit(RLIMIT_NOFILE, &files_at_start) == 0;
}

_Noreturn static void fail(int report_fd, enum spawn_stage stage, int errnum)
{
	struct spawn_report report = { .stage = (int)stage, .errnum = errnum };
	ssize_t n;

	do
		n = write(report_fd, &report, sizeof(report));
	while (n < 0 && errno == EINTR);
	_exit(127);
}

static int write_file(int dirfd, const char *name, const char *text)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CLOEXEC), r = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		r = -errno;
	close(fd);
	return r;
}

/* Not opendir, which allocates. */
struct dirent64_head {
	uint64_t ino;
	int64_t off;
	unsigned short len;
	unsigned char type;
	char name[];
};

static int fd_number(const char *name)
{
	int n = 0;

	for (; *name; name++) {
		if (*name < '0' || *name > '9' || n > 100000000)
			return -1;
		n = n * 10 + (*name - '0');
	}
	return n;
}

static int close_listed(int first)
{
	_Alignas(struct dirent64_head) char space[2048];
	int dir = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool again = true;

	if (dir < 0)
		return -errno;
	while (again) {
		ssize_t n;

		again = false;
		if (lseek(dir, 0, SEEK_SET) < 0)
			break;
		while ((n = syscall(SYS_getdents64, dir, space, sizeof(space))) > 0)
			for (char *p = space; p < space + n;) {
				struct dirent64_head *d = (struct dirent64_head *)(void *)p;
				int fd = fd_number(d->name);

				if (fd >= first && fd != dir)
					again |= close(fd) == 0;
				p += d->len;
			}
	}
	close(dir);
	return 0;
}

static void close_above(int first)
{
	struct rlimit r = { .rlim_cur = 65536 };

	if (syscall(SYS_close_range, (unsigned int)first, ~0U, 0) == 0 || close_listed(first) == 0)
		return;
	(void)getrlimit(RLIMIT_NOFILE, &r);
	for (rlim_t fd = (rlim_t)first; fd < MIN(r.rlim_cur, (rlim_t)1 << 20); fd++)
		close((int)fd);
}

static int standard_source(const struct spawn *s, int target)
{
	return target == 0 ? s->in : target == 1 ? s->out : s->err;
}

/* A copy at or above base, so that no later dup2 to a target overwrites it. */
static int copy_above(int fd, int base)
{
	int high;

	if (fd < 0)
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	high = fcntl(fd, F_DUPFD_CLOEXEC, base);
	return high < 0 ? -errno : high;
}

/* Sources become 0, 1, 2, 3, …, whatever numbers they have; the report's end comes right above
 * them; the rest is closed. */
static int arrange_fds(const struct spawn *s, int *report_fd)
{
	int high[3 + SPAWN_FDS_MAX], base = 3 + (int)s->n_fds;
	int report = copy_above(*report_fd, base);

	if (report < 0)
		return report;
	*report_fd = report;
	for (int i = 0; i < base; i++) {
		high[i] = copy_above(i < 3 ? standard_source(s, i) : s->fds[i - 3], base);
		if (high[i] < 0)
			return high[i];
	}
	for (int i = 0; i < base; i++)
		if (dup2(high[i], i) < 0)
			return -errno;
	if (report != base && dup3(report, base, O_CLOEXEC) < 0)
		return -errno;
	*report_fd = base;
	close_above(base + 1);
	return 0;
}

static void reset_signals(void)
{
	/* All zero is SIG_DFL in the kernel's own form. The C library hides two signals from its
	 * sigaction() and leaves them ignored in what its posix_spawn() starts. */
	static const uint64_t by_default[8];

	for (int sig = 1; sig < NSIG; sig++) /* KILL and STOP refuse */
		(void)syscall(SYS_rt_sigaction, sig, by_default, NULL, (NSIG - 1) / 8);
}

static void unblock_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static int enter_session(const struct spawn *s)
{
	if (s->new_session && setsid() < 0)
		return -errno;
	if (s->own_group && !s->new_session && setpgid(0, 0) < 0)
		return -errno;
	return 0;
}

/* Not inherited limits but those that the process was started with; a raised oom score that we may
 * not lower stays. */
static int reset_limits(void)
{
	struct rlimit now;

	(void)write_file(AT_FDCWD, "/proc/self/oom_score_adj", "0");
	if (!files_known || getrlimit(RLIMIT_NOFILE, &now) < 0)
		return 0;
	now.rlim_cur = MIN(files_at_start.rlim_cur, now.rlim_max);
	return setrlimit(RLIMIT_NOFILE, &now) < 0 ? -errno : 0;
}

/* A change of user clears it, so it is set again after prepare. */
static void set_death_signal(const struct spawn *s, pid_t parent)
{
	if (s->death_signal == 0)
		return;
	(void)prctl(PR_SET_PDEATHSIG, (unsigned long)s->death_signal, 0UL, 0UL, 0UL);
	if (getppid() != parent)
		_exit(127);
}

static void attempt(int report_fd, enum spawn_stage stage, int r)
{
	if (r < 0)
		fail(report_fd, stage, -r);
}

_Noreturn void spawn_child(const struct spawn *s, int report_fd, pid_t parent, bool join_cgroup)
{
	static char *const nothing[] = { NULL };

	reset_signals();
	set_death_signal(s, parent);
	if (join_cgroup)
		attempt(report_fd, STAGE_CGROUP, write_file(s->cgroup_fd, "cgroup.procs", "0"));
	attempt(report_fd, STAGE_FDS, arrange_fds(s, &report_fd));
	attempt(report_fd, STAGE_SESSION, enter_session(s));
	attempt(report_fd, STAGE_LIMITS, reset_limits());
	umask(s->umask ? s->umask : 077);
	attempt(report_fd, STAGE_CWD, chdir(s->cwd ? s->cwd : "/") < 0 ? -errno : 0);
	if (s->prepare) {
		attempt(report_fd, STAGE_PREPARE, s->prepare(s->arg));
		set_death_signal(s, parent);
	}
	unblock_signals();
	execve(s->path, s->argv, s->env ? s->env : nothing);
	fail(report_fd, STAGE_EXEC, errno);
}
