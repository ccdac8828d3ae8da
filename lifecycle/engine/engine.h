/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The supervisor: the only loop over steps, the only writer of history.
 *
 * It starts step processes, waits for their answers, kills what passes its deadline, writes BEGIN
 * and END, and at the end the verdict. It parses nothing but its own history and the bounded
 * answers of its own children. */

#include "lib/doc/doc.h"
#include "lifecycle/engine/step.h"

struct engine_limits {
	uint64_t budget_ms; /* of one bring-up, over all its boots */
	unsigned reboots;
	unsigned crashes;
};

struct engine_spec {
	const struct step *steps; /* steps[0] is identify */
	size_t n;
	const char *root, *state_dir, *run_dir; /* the last two rooted */
	/* The configuration as it is before anybody knows whose machine this is: decoded, and as
	 * the tree that step processes get. Both NULL when it was refused: then config_fault says
	 * why. */
	const struct config *config;
	const struct doc *config_doc;
	const struct fault *config_fault;
	/* Given identify's result: the configuration with what the user data adds (from the
	 * result's "config" member); borrowed until the engine is over. */
	struct fault *(*configure)(void *arg, const struct doc *identify,
				   const struct config **config, const struct doc **config_doc);
	void (*limits)(const struct config *config, struct engine_limits *ret);
	/* argv of a step process (owned by the caller of the function) and its environment. */
	char **(*step_argv)(void *arg, const char *step);
	/* After every record: how it stands now (status_doc). May be NULL. */
	void (*changed)(void *arg, const struct doc *status);
	void *arg;
};

/* Runs to the verdict and returns its exit code (contracts.md). SIGTERM ends the steps, records
 * a stop, and returns 143: the next start goes on. The exit code of *ret_fault's class where
 * nothing could be recorded: another one holds the lock for seconds (record.busy), or the history
 * is damaged or cannot be written; such a fault, save record.busy, is in status.json, too. */
int engine_run(const struct engine_spec *spec, struct fault **ret_fault);
