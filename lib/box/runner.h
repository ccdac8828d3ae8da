/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Runs somebody else's program to its end and keeps it: its output comes line by line while it
 * runs, it has a deadline, and when this returns nothing of it runs any more.
 *
 * The caller is the keeper: it becomes a subreaper, so whatever the program starts descends from
 * it for good, however often it forks and makes sessions. The program is born in a cgroup of its
 * own where there is one. What it has systemd start is systemd's, and is left alone.
 *
 * Ending is the same in every case: SIGTERM to all of it, the grace, SIGKILL to what is left.
 * Output is read meanwhile, so that nobody hangs on a full pipe. A program that has ended by itself
 * and left something behind gets LEFTOVER_GRACE_MS of that. SIGTERM to the caller is a request to
 * end the program, within STOP_GRACE_MS. */

#include "lib/box/cgroup.h"

#define RUNNER_LINE_MAX 8192	 /* bytes of one piece; a longer line comes in pieces */
#define RUNNER_TAIL_LINES 50
#define RUNNER_TAIL_MAX 16384
#define RUNNER_LEFTOVER_GRACE_MS 2000
#define RUNNER_STOP_GRACE_MS 8000 /* the supervisor kills the keeper 15 s after asking it */

struct runner {
	const char *path;	/* absolute */
	char *const *argv;
	char *const *env;	/* the whole environment */
	const char *cwd;
	struct cgroup_tree *groups; /* NULL: no cgroup */
	const char *group;	/* its name in the tree */
	const char *mark;	/* "NAME=VALUE" in env, by which what got away is found; or NULL */
	const char *follow; /* a file, perhaps not there yet, whose new lines are stream "log" */
	uint64_t deadline_ms;	/* boottime */
	uint64_t grace_ms;
	/* One line, without its newline: valid UTF-8, never empty of meaning: what is none is
	 * written \xNN, so is NUL. The order within a stream ("stdout", "stderr", "log") is the
	 * program's; between streams it is that of arrival. */
	void (*line)(void *arg, const char *stream, const char *text);
	void *arg;
};

struct runner_result {
	int status;	      /* as waitpid has it */
	bool timed_out;	      /* the deadline ended it */
	bool stopped;	      /* SIGTERM to the caller ended it */
	unsigned left_over;   /* processes that had to be ended after the program's own end */
	uint64_t wall_ms;
	uint64_t cpu_usec;    /* 0: unknown */
	uint64_t memory_peak; /* bytes; 0: unknown */
	uint64_t oom_kills;
	uint64_t lines;
	char *tail; /* the last lines of all streams together; owned, never NULL */
};

/* Faults: spawn.* (it could not be started), muster.bug (no event loop). How it ended is no
 * fault here: the caller knows what its exit code means. */
struct fault *runner_run(const struct runner *r, struct runner_result *ret) _must_check_;
void runner_result_done(struct runner_result *r);
#define _cleanup_runner_result_ _cleanup_(runner_result_done)
