/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* How a run ends, and how it stands, as documents. Pure. */

#include "lifecycle/engine/decide.h"

/* {"state","exit","faults":[{"step","id","class","message","remedy","evidence"?}]} of a settled
 * decision: the faults of the steps in d->failed and d->own_fault, the weightiest first. */
struct doc *verdict_doc(const struct situation *t, const struct decision *d);
/* The verdict of a run that cannot go on for one fault (a refused configuration, a history that
 * cannot be written). */
struct doc *verdict_of_fault(const struct fault *f);
/* The fault of a step that was ended by its deadline, after all_ms of which the last attempt had
 * last_ms. before: what the attempt before it failed with, NULL where there was none. A last
 * attempt that was cut short after a moment knows less than the one before, whose fault then
 * stands; after a long one the time is the news. Either way the message has both. */
struct fault *verdict_timeout(const struct step *step, const struct fault *before, uint64_t all_ms,
			      uint64_t last_ms) _must_check_;
/* "STATE: STEP: MESSAGE [ID]. REMEDY" of a verdict's (or a status') first fault, or its state
 * alone: what the journal and the console say. Owned. */
char *verdict_line(const struct doc *d);

/* How things stand, from the history alone: what `muster status --json` prints and what
 * /run/muster/status.json holds.
 * {"boot","run","instance","trigger","why","state","exit"?,"since","elapsedMs","budgetMs","leftMs",
 *  "steps":[{"name","about","state","elapsedMs","attempts","reason"?,"fault"?}],"faults":[…]}
 * state of the run: "Never started", "Running", the verdict's, or "Not started" where the verdict
 * is another boot's, or a reset has taken back the reboot that it waits for. state of a step:
 * "waiting", "running", "retrying", "interrupted", "done", "failed", "skipped". */
struct doc *status_doc(const struct state *s, const char *boot, uint64_t now_ms);
