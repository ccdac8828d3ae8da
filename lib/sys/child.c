/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/sys/spawn-internal.h"

#define DONE_WAIT_MS 10000
#define POLL_STEP_MAX_MS 50

void child_forget(struct child *c)
{
	spawn_own(c->pid, false);
	fd_close(c->pidfd);
	*c = CHILD_NONE;
}

/* Until the child may have ended: at the pidfd, or for a growing moment where there is none. */
static int wait_a_while(const struct child *c, uint64_t deadline_ms, int *step_ms)
{
	struct pollfd p = { .fd = c->pidfd, .events = POLLIN };
	int left = clock_left(deadline_ms);

	if (left == 0)
		return -ETIME;
	if (c->pidfd >= 0)
		return poll(&p, 1, left) < 0 && errno != EINTR ? -errno : 0;
	clock_sleep_ms((uint64_t)MIN(left, *step_ms));
	*step_ms = MIN(*step_ms * 2, POLL_STEP_MAX_MS);
	return 0;
}

int child_wait(struct child *c, uint64_t deadline_ms, int *ret_status)
{
	int status, step_ms = 1;

	if (c->pid <= 0)
		return -ECHILD;
	for (;;) {
		pid_t pid = waitpid(c->pid, &status, WNOHANG);
		int r;

		if (pid == c->pid) {
			child_forget(c);
			*ret_status = status;
			return 0;
		}
		if (pid < 0 && errno != EINTR) {
			r = -errno;
			child_forget(c);
			return r;
		}
		r = wait_a_while(c, deadline_ms, &step_ms);
		if (r < 0)
			return r;
	}
}

int child_kill(const struct child *c, int sig)
{
	if (c->pid <= 0)
		return -ESRCH;
	if (c->pidfd >= 0 && syscall(SYS_pidfd_send_signal, c->pidfd, sig, NULL, 0) == 0)
		return 0;
	if (c->pidfd >= 0 && errno != ENOSYS && errno != EPERM)
		return -errno;
	return kill(c->pid, sig) < 0 ? -errno : 0; /* ours and not reaped: the pid is still its */
}

void child_done(struct child *c)
{
	int saved = errno, status;

	if (c->pid > 0) {
		(void)child_kill(c, SIGKILL);
		if (child_wait(c, clock_boottime_ms() + DONE_WAIT_MS, &status) < 0 && c->pid > 0)
			child_forget(c);
	}
	errno = saved;
}

const char *exit_text(int status, char buf[EXIT_TEXT_MAX])
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	const char *name = sig ? sigabbrev_np(sig) : NULL;

	if (WIFEXITED(status))
		(void)snprintf(buf, EXIT_TEXT_MAX, "exit code %d", WEXITSTATUS(status));
	else if (sig)
		(void)snprintf(buf, EXIT_TEXT_MAX, "killed by signal %d%s%s%s", sig,
			       name ? " (" : "", name ? name : "", name ? ")" : "");
	else
		(void)snprintf(buf, EXIT_TEXT_MAX, "status %#x", (unsigned int)status);
	return buf;
}
