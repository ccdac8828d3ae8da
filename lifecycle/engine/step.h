/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A step of the main job, as the engine sees it, and what a step process is given.
 *
 * A step runs as `muster step NAME`, a process of its own in a cgroup of its own. It gets one
 * request document, returns one result document or one fault, and is gone. What it logs goes to
 * the journal with its name on it. */

#include "lib/doc/doc.h"

enum scope {
	SCOPE_INSTANCE, /* once per instance and input digest */
	SCOPE_BOOT,	/* every boot */
};

enum trigger { TRIGGER_CREATE, TRIGGER_REPLACE, TRIGGER_BOOT, TRIGGER_RESTART };
extern const char *const trigger_names[]; /* "create", "replace", "boot", "restart" */

struct config;
struct identity;

struct step_context { /* const for the step; borrowed for its lifetime */
	const char *root;      /* "" or the folder that prefixes every path */
	const char *state_dir; /* rooted: "/var/lib/muster" */
	const char *run_dir;   /* rooted: "/run/muster" */
	const char *run_id;
	enum trigger trigger;
	unsigned attempt;	/* 1 for the first */
	const char *previous;	/* "none", "interrupted", "failed" */
	uint64_t deadline_ms;	/* boottime */
	const struct config *config;
	const struct identity *identity; /* NULL in identify only */
	const struct doc *results; /* object: step name -> its result, of every step done so far */
	const struct doc *verdict; /* report only: {"state","exit","faults":[…]} so far */
};

/* Fills *result (an object, starts empty) and returns NULL, or a fault whose id decides, through
 * faults.def, what happens: retried inside the step's share of the budget, or final. */
typedef struct fault *(*step_fn)(const struct step_context *c, struct doc *result);

struct step {
	const char *name;
	const char *const *needs; /* NULL-terminated names */
	enum scope scope;
	step_fn run;
	/* Why it would not run with this configuration ("no cluster configured"), or NULL. */
	const char *(*skip)(const struct config *c);
	/* It applies, yet there is nothing for it to do: why, out of the result that step
	 * `moot_by`, which runs before it, gave in this boot; or NULL. May be NULL. */
	const char *(*moot)(const struct doc *result);
	const char *moot_by;
	/* JSON pointers into the encoded configuration whose values are its inputs: a change of one
	 * of them makes an END of another day worthless. NULL-terminated; NULL for none. */
	const char *const *inputs;
	uint64_t (*timeout)(const struct config *c); /* ms */
	const char *timeout_fault; /* id of the fault when its deadline passes */
	bool sync;  /* syncs local file systems before END */
	bool closing; /* report: runs at the end even of a failed run, if what it needs by
		       * `closing_needs` ended well in this boot */
	const char *closing_needs;
	const char *about; /* one line for plan and status */
};
