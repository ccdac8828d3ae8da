/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Between the files that make up spawn and capture; nobody else includes this. */

#include "lib/base/buf.h"
#include "lib/sys/spawn.h"

/* How far the child came; what it failed at is told by the pipe. */
enum spawn_stage {
	STAGE_PARENT,
	STAGE_CGROUP,
	STAGE_FDS,
	STAGE_SESSION,
	STAGE_LIMITS,
	STAGE_CWD,
	STAGE_PREPARE,
	STAGE_EXEC,
};

struct spawn_report {
	int stage;
	int errnum; /* positive */
};

/* The child's part, from its birth to exec. Async-signal-safe. Every signal is blocked on entry. */
_Noreturn void spawn_child(const struct spawn *s, int report_fd, pid_t parent, bool join_cgroup);
/* The children that spawn_start gave out and nobody waited for yet: proc_sweep leaves their exit
 * status to child_wait. */
bool spawn_owns(pid_t pid);
void spawn_own(pid_t pid, bool on);

/* run_capture without its judgement: output tails and the status. Faults: spawn.*, run.timeout. */
struct capture {
	char *const *argv;
	char *const *env;
	bool with_stderr;
	size_t max;
	uint64_t deadline_ms;
	struct buf out; /* the last max bytes */
	struct buf err; /* empty when with_stderr */
	int status;	/* as waitpid has it */
};
struct fault *capture_run(struct capture *c) _must_check_;
/* What shows why: stderr where there is any, else stdout. */
struct fault *capture_evidence(struct fault *f, const struct capture *c) _must_check_;
void capture_done(struct capture *c);
