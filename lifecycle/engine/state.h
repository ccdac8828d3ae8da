/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The history folded: what is known about this machine's bring-up. Pure.
 *
 * The history is a sequence of documents, one per record; "t" names the kind, and every one
 * carries "boot" (boot id), "at" (boottime ms) and "time" (wall clock, for people only):
 *
 *	run	{run, why}			a new bring-up begins
 *	start	{run, pid, version}		a supervisor takes it up
 *	plan	{budget, skip: {step: why}}	what of the graph applies, with how much time
 *	instance {id, hardware, trigger, why}	identify is done: whose history this is
 *	begin	{step, attempt, previous, key}	a step process is about to start
 *	end	{step, outcome, key, ms, result | fault, retry}	it is over
 *	verdict	{state, exit, faults}		the end of the run
 *	stop	{}				the supervisor was asked to stop
 *	reset	{step?}				an operator wants it, or everything, run again
 *
 * `outcome` of an end: "done", "retry" (again after `retry` ms), "failed", "cancelled" (stopped by
 * the supervisor itself; counts as interrupted). Nothing is ever rewritten. */

#include "lib/base/clock.h"
#include "lib/base/parse.h"
#include "lifecycle/engine/faults.h"
#include "lifecycle/engine/step.h"

#define STEPS_MAX 24
#define KEY_MAX 17 /* 16 hex digits */

enum phase {
	PHASE_WAITING, /* never begun, or what it did no longer counts */
	PHASE_RUNNING, /* BEGIN without END: running now, or interrupted */
	PHASE_RETRY,
	PHASE_DONE,
	PHASE_FAILED,
};

struct step_state {
	enum phase phase;
	bool interrupted;	/* the last BEGIN has no END and its supervisor is gone */
	bool cancelled;		/* PHASE_RUNNING: an END says that its supervisor stopped it */
	unsigned cuts;		/* BEGINs in a row after state_was_cut */
	unsigned attempts;	/* BEGINs since the last success or reset */
	unsigned run_attempts;	/* BEGINs in this run */
	char boot[BOOT_ID_MAX]; /* of the last BEGIN or END */
	char run[KEY_MAX];	/* run of the last BEGIN or END */
	char key[KEY_MAX];	/* inputs of the last BEGIN or END */
	uint64_t begun_ms, ended_ms; /* boottime in `boot` */
	uint64_t spent_ms;	/* by its attempts in this run and boot since the last success */
	uint64_t retry_ms;	/* PHASE_RETRY: pause after ended_ms */
	uint64_t seq;		/* of the last END */
	struct fault *fault;	/* PHASE_FAILED, PHASE_RETRY; owned */
	struct doc *result;	/* PHASE_DONE; owned */
};

struct state {
	const struct step *steps;
	size_t n;
	struct step_state step[STEPS_MAX];

	uint64_t seq;		/* records so far */
	char run[KEY_MAX];	/* "" before the first */
	char boot[BOOT_ID_MAX]; /* of the last record */
	uint64_t boot_first_ms; /* first record of this run in that boot */
	uint64_t boot_last_ms;	/* last record of this run in that boot */
	uint64_t earlier_ms;	/* used by this run in boots before */
	uint64_t started_time;	/* wall clock of the run record */

	uint64_t budget_ms;	/* of the plan record; 0: unknown */
	char *skip[STEPS_MAX];	/* of the plan record; NULL: the step applies; owned */

	bool supervised;	/* a start without stop or verdict after it */
	unsigned crashes;	/* starts after such a start, without an END between */
	unsigned reboots;	/* reboots this run has asked for */
	unsigned hw_reboots;	/* those of them that were to mend this hardware */

	bool named;		/* an instance record of this run exists, and identify has not
				 * begun again since */
	char named_boot[BOOT_ID_MAX]; /* of the newest instance record */
	enum trigger trigger;
	char *instance, *hardware; /* of the newest instance record of any run; owned */
	char *why;		   /* why that trigger; owned */

	struct doc *verdict;	   /* of this run; NULL while it runs; owned */
	char verdict_boot[BOOT_ID_MAX]; /* "": waits for a reboot no longer, it was reset */
};

void state_init(struct state *s, const struct step *steps, size_t n);
void state_done(struct state *s);
/* Folds one record in. Unknown kinds and steps are skipped (a newer muster wrote them); a record
 * without the members it must have is fault history.record. */
struct fault *state_fold(struct state *s, const struct doc *record) _must_check_;
int state_index(const struct state *s, const char *step); /* -1 when there is none */
/* Why step i has nothing to do in this boot (its `moot`), or NULL. Static text. */
const char *state_moot(const struct state *s, size_t i, const char *boot);
/* Whether the step was begun and machine or supervisor went down in it. A stop that the supervisor
 * was asked for counts only where the machine went down with it: a script that reboots it every
 * time looks like that. */
bool state_was_cut(const struct step_state *t, const char *boot);
/* The run goes on (or begins): what of the last run is over. */
uint64_t state_elapsed_ms(const struct state *s, const char *boot, uint64_t now_ms);

/* Faults as documents, in END, verdict and result documents: {id, errno, message, evidence}. */
struct doc *fault_to_doc(const struct fault *f);
struct fault *fault_from_doc(const struct doc *d); /* never NULL; muster.bug when malformed */
