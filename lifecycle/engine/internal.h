/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What engine.c and job.c share. Nobody else includes this. */

#include <systemd/sd-event.h>

#include "lib/box/cgroup.h"
#include "lib/sys/spawn.h"
#include "lifecycle/engine/decide.h"
#include "lifecycle/engine/engine.h"
#include "lifecycle/engine/history.h"

struct engine;

struct job { /* one step process */
	struct engine *engine;
	size_t step;
	struct child child;
	int socket;		/* our end */
	int cgroup;		/* -1: none */
	struct buf answer;
	uint64_t begun_ms;
	uint64_t deadline_ms;	/* boottime */
	struct fault *before;	/* what the attempt before this one failed with */
	bool timed_out, cancelled;
	bool killed;		/* and SIGKILL has been sent */
	bool gone;		/* ended and reaped by sd-event, or given up */
	sd_event_source *on_answer, *on_exit, *on_time;
};

struct engine {
	const struct engine_spec *spec;
	const struct config *config;
	const struct doc *config_doc;
	struct engine_limits limits;
	struct state state;
	struct history history;
	struct cgroup_tree *cgroups;
	sd_event *loop;
	sd_event_source *timer;
	struct job jobs[STEPS_MAX];
	uint32_t running;
	struct fault *broken; /* the history could not be written: nothing more is started */
	bool stopping;	      /* SIGTERM */
	bool continues;	      /* the run was begun by an earlier supervisor */
	bool same_boot;	      /* the history's last instance record is of this boot */
	bool configured;      /* the user data's part of the configuration is in */
	int exit;
};

/* engine.c */
void engine_situation(struct engine *e, struct situation *ret);
/* Appends to the history; on failure the engine is broken and ends. */
void engine_record(struct engine *e, struct doc *record);
void engine_step_over(struct engine *e); /* a job has ended: decide again */

/* job.c */
/* BEGIN is on disk; starts the process. A failure to start is an END of its own. */
void job_start(struct engine *e, const struct situation *t, size_t step, const struct doc *verdict);
void job_cancel(struct engine *e, size_t step);
/* What an earlier supervisor left running of its steps is killed. Before the start record. */
void job_sweep_leftovers(struct engine *e);
