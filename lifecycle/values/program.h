/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What lifecycle scripts and driver installers have in common: somebody else's program, run as
 * root, with an environment built from empty, its output in the journal while it runs, and nothing
 * of it left afterwards (lib/box/runner.h). */

#include "lib/box/runner.h"
#include "lifecycle/engine/step.h"
#include "lifecycle/values/config.h"

struct program {
	const char *name;   /* MUSTER_SCRIPT of its lines, and the name of its cgroup */
	const char *path;
	char *const *argv;
	char *const *env;
	const char *cwd;
	const char *follow; /* see struct runner */
	uint64_t timeout_ms; /* NO_DEADLINE: the step's */
	uint64_t grace_ms;
};

/* PATH, HOME, LANG, MUSTER_ATTEMPT, _PREVIOUS, _TRIGGER, _RUN, _ROOT, and the supervisor's
 * MUSTER_JOB, by which it finds what a step left; and `more` (object of strings, may be NULL),
 * which can change PATH, HOME and LANG, but none of the MUSTER_ names here. */
char **program_environment(const struct step_context *c, const struct doc *more);
/* The step's own deadline comes first by a grace and what ending needs. Faults of runner_run. */
struct fault *program_run(const struct step_context *c, const struct program *p,
			  struct runner_result *ret) _must_check_;
/* {"name","exit"|"signal","wallMs","cpuUsec","memoryPeakBytes"?,"lines","leftOver"?} */
struct doc *program_report(const char *name, const struct runner_result *r);
