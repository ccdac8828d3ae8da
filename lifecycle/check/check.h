/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* check and soak: deep health checks, before the join and behind the gate. Facts in, one verdict
 * out; both steps run the same checks (checks.h), which is why they share this folder.
 *
 * check takes what is selected in order of value per time and leaves what would not end before
 * join.by: an autoscaler gives a machine some 15 minutes to register, and a full deep check can
 * take longer. What takes no time of its own is never left: a machine that fails it must not
 * register. soak runs what was left while the gate is closed; its faults are check's. Without a
 * cluster there is no join, and nothing is left.
 *
 * The facts are those of hostcheck (this boot), of drivers, of the PCI bus, and of what a check
 * does itself. What each level must have looked at is a table; what was not looked at is never a
 * pass. This house has no probe inside an accelerator yet, so a machine with accelerators cannot
 * pass a level that asks about them: it ends as check.not_looked, which is no evidence about its
 * hardware.
 * All selected levels hold at every boot: a level that could not be looked at when the node was
 * created must not be passed by a reboot.
 *
 * Result of check: {"levels":[…],"joinInMs"?,"left":[names],"ran":[{"name","ms"}],
 *	"findings":[{"id","device","value","threshold","source","action"}],
 *	"facts":{"accelerator","nvidia","nvidiaExpected"?,"nvidiaDriver"?,"neuron","efa",
 *	"memoryVerifiedBytes","diskVerifiedBytes","stress"?}}
 * Result of soak: {"ran","findings","facts"}. What a check without a fault has answered for is in
 * "ran" of the END, and is not run again in this boot. */

#include "lifecycle/engine/step.h"
#include "lifecycle/values/config.h"

struct fault *step_check(const struct step_context *c, struct doc *result) _must_check_;
const char *check_skip(const struct config *c);
uint64_t check_timeout(const struct config *c);

struct fault *step_soak(const struct step_context *c, struct doc *result) _must_check_;
const char *soak_skip(const struct config *c);
/* Why nothing is left, out of check's result (or outlook); NULL: something is. */
const char *soak_moot(const struct doc *check);

struct check_moment { /* when somebody asks */
	uint64_t boottime_ms; /* since the boot */
	uint64_t realtime_ms, launched_ms; /* wall clock; launched 0: not known */
	bool first; /* create or replace: the Node has not registered before */
};
/* launched: RFC 3339 or NULL. */
struct check_moment check_moment_now(const char *launched, enum trigger trigger);
/* Milliseconds until join.by; 0 when it is past, NO_DEADLINE where nothing has to wait for it.
 * It counts from the launch. A launch that is not known, or that the clock puts after the boot,
 * counts from the boot; so does every later boot: the Node is known to the cluster by then, and
 * what counts is how long it has been away. Pure. */
uint64_t check_join_in_ms(const struct config *c, const struct check_moment *m);

/* For `muster plan`: {"expected"?: true,"joinInMs"?,"left":[names],"checks":[{"name","about",
 * "takesMs","source","when"}]} in the order in which they run. done: check's result of this boot,
 * NULL when it is still to come. Fault check.level. */
struct fault *check_outlook(const struct config *c, const struct check_moment *m,
			    const struct doc *done, struct doc **ret) _must_check_;
