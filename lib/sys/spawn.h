/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Child processes: born in their cgroup, with a pidfd, a reset state, and a failure to exec
 * returned to the caller (close-on-exec pipe), never as exit code 127. */

#include <signal.h>

#include "lib/base/fault.h"

struct child {
	pid_t pid; /* 0: none */
	int pidfd; /* -1: none */
};
#define CHILD_NONE ((struct child){ .pid = 0, .pidfd = -1 })

#define SPAWN_FDS_MAX 64

struct spawn {
	const char *path;	/* absolute, or "/proc/self/exe" */
	char *const *argv;
	char *const *env;	/* the whole environment; NULL: empty */
	int in, out, err;	/* -1: /dev/null */
	const int *fds;		/* become 3, 4, … in this order; NULL for none */
	size_t n_fds;		/* at most SPAWN_FDS_MAX */
	int cgroup_fd;		/* O_PATH or O_DIRECTORY of a cgroup v2 folder; -1: the caller's */
	const char *cwd;	/* NULL: "/" */
	mode_t umask;		/* 0 means 077 */
	bool new_session;	/* setsid */
	bool own_group;		/* setpgid(0, 0) */
	int death_signal;	/* PR_SET_PDEATHSIG; 0: none */
	/* Last thing before exec, in the child, async-signal-safe only; 0 or -errno. */
	int (*prepare)(void *arg);
	void *arg;
};
#define SPAWN_INIT ((struct spawn){ .in = -1, .out = -1, .err = -1, .cgroup_fd = -1 })

/* In the child: signal mask and dispositions, rlimit of open files (soft as at boot), oom score
 * adjust 0, umask are reset; every descriptor but 0, 1, 2 and fds is closed. clone3 with
 * CLONE_INTO_CGROUP and CLONE_PIDFD; fork and a move where the kernel refuses it. Without
 * pidfd_open the child has no pidfd and is waited for by polling.
 * Faults: spawn.failed (fork, memory, what the child does before exec, its death there; a child
 * that has not come to exec within a minute), spawn.exec (path and errno). */
struct fault *spawn_start(const struct spawn *s, struct child *ret) _must_check_;

/* Waits until the deadline (boottime ms). 0 and *ret_status as waitpid has it; -ETIME; -ECHILD when
 * it was reaped elsewhere. Except after -ETIME, c is CHILD_NONE afterwards. */
int child_wait(struct child *c, uint64_t deadline_ms, int *ret_status);
int child_kill(const struct child *c, int sig);
/* Kills with SIGKILL and reaps when still there (waits at most ten seconds for one that hangs in
 * the kernel); closes. */
void child_done(struct child *c);
/* Somebody else has reaped it, or it will not be waited for: closes, and c is CHILD_NONE. */
void child_forget(struct child *c);
#define _cleanup_child_ _cleanup_(child_done)
/* "exit code 3", "killed by signal 9 (KILL)" */
#define EXIT_TEXT_MAX 64
const char *exit_text(int status, char buf[EXIT_TEXT_MAX]);

/* Runs a program to its end and collects stdout (and stderr, mixed in, when with_stderr): all is
 * read, the last max bytes are kept, NUL bytes become '?'. argv[0] is absolute, or a name that is
 * looked for in /usr/sbin, /usr/bin, /sbin, /bin. At the deadline its process group is killed. What
 * it leaves running in the background is not waited for, even when it holds the output open.
 * Faults: spawn.*, run.timeout, run.failed (non-zero exit, signal); their evidence is the output,
 * without with_stderr the tail of stderr where there is any. */
struct fault *run_capture(char *const *argv, char *const *env, bool with_stderr, size_t max,
			  uint64_t deadline_ms, char **ret_output) _must_check_;
