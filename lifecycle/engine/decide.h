/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What to do next, from what is known. Pure: no clock, no file, no allocation that outlives it.
 *
 * A step may run when all it needs is done, and all that needs, down to identify; a step that does
 * not apply stands for its own needs. What counts as done:
 *   - its last END says done, with the key (digest of its inputs) that it has now, and
 *   - SCOPE_BOOT: that END is of this boot, and later than the ENDs of what it needs;
 *   - SCOPE_INSTANCE: later than those of the instance-scoped steps it needs (its key holds the
 *     instance id, so another instance is another key).
 * Before identify has said whose machine this is, no other step's past means anything; that of
 * another instance's steps is forgotten then.
 * A failure of a script or an installer stays until its inputs change or an operator resets it:
 * what may have half happened is not repeated behind anybody's back. Every other failure is over
 * when its run or its boot is: no verdict speaks of another boot, or of hardware left behind. A
 * step's share of the time is fresh in every boot; the budget is what all boots share. */

#include "lifecycle/engine/state.h"

struct situation {
	const struct state *state;
	char boot[BOOT_ID_MAX];
	uint64_t now_ms;	      /* boottime */
	char key[STEPS_MAX][KEY_MAX]; /* of each step, with the configuration as it is now */
	const char *skip[STEPS_MAX];  /* why it does not apply; NULL: it does */
	uint64_t timeout_ms[STEPS_MAX];
	uint32_t running;	      /* bit i: this supervisor runs step i now */
	uint64_t budget_ms;
	unsigned max_reboots, max_crashes;
};

enum standing {
	STANDING_DONE,	   /* counts */
	STANDING_SKIPPED,  /* does not apply */
	STANDING_READY,	   /* may start now */
	STANDING_LATER,	   /* pauses before another attempt */
	STANDING_BLOCKED,  /* waits for another step */
	STANDING_RUNNING,
	STANDING_FAILED,   /* final */
};

enum move { MOVE_WAIT, MOVE_NAME_INSTANCE, MOVE_VERDICT };

struct decision {
	enum move move;
	uint32_t start;	    /* bits of steps to start now */
	uint32_t cancel;    /* bits of running steps to stop */
	uint64_t wake_ms;   /* boottime at which to decide again; NO_DEADLINE: on the next event */
	/* MOVE_VERDICT, and for the closing step's request: */
	bool settled;	    /* the outcome stands: only the closing step may still run */
	int exit;
	const char *verdict; /* "Schedulable", … (contracts: node-health-status) */
	uint32_t failed;    /* bits of the steps whose faults decide */
	const char *own_fault; /* fault of the engine itself: budget.exhausted, engine.crash_loop,
				* engine.reboot_loop; NULL for none */
};

enum standing decide_standing(const struct situation *t, size_t step);
/* Why, in words, for plan and status: "done in this boot", "inputs changed", … Static text. */
const char *decide_reason(const struct situation *t, size_t step);
/* Milliseconds a step has left of its share, SIZE for a fresh one; 0: used up. */
uint64_t decide_left_ms(const struct situation *t, size_t step);
/* Bits of the steps in which machine or supervisor went down so often in a row that they are not
 * begun again. */
uint32_t decide_cut_too_often(const struct situation *t);
struct decision decide(const struct situation *t);
