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
