/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* check: deep health checks. Facts in, one verdict out.
 *
 * The facts are those of hostcheck (this boot), of drivers, and of the PCI bus. What each level
 * must have looked at is a table; what was not looked at is never a pass. This house has no probe
 * inside an accelerator yet, so a machine with accelerators cannot pass a level that asks about
 * them: it ends as check.not_looked, which is no evidence about its hardware.
 * All selected levels hold at every boot: a level that could not be looked at when the node was
 * created must not be passed by a reboot.
 *
 * Result: {"levels":[…],"findings":[{"id","device","value","threshold","source","action"}],
 *	"facts":{"accelerator","nvidia","nvidiaExpected"?,"nvidiaDriver"?,"neuron","efa",
 *	"memoryVerifiedBytes","diskVerifiedBytes"}} */

#include "lifecycle/engine/step.h"
#include "lifecycle/values/accelerators.h"
#include "lifecycle/values/config.h"

struct fault *step_check(const struct step_context *c, struct doc *result) _must_check_;
const char *check_skip(const struct config *c);
uint64_t check_timeout(const struct config *c);

#define UNKNOWN (-1)

enum { LEVEL_QUICK = 1, LEVEL_STRESS = 2, LEVEL_CONNECTIVITY = 4 };

struct check_facts { /* UNKNOWN: could not look */
	const char *instance_type;   /* may be NULL */
	int nvidia, neuron, efa;     /* on the bus */
	int nvidia_expected;	     /* what EC2 says of the type; UNKNOWN: it does not say */
	int64_t memory_verified, disk_verified; /* bytes */
	bool driver_absent;	     /* of NVIDIA's GPUs: not loaded, or not bound to one of them */
	const char *nvidia_seen;     /* a line each: address and driver; NULL or "": none */
};

/* What is found wrong, as findings (an array that is appended to); the worst of them as a fault:
 * hardware before what was not looked at. Pure. */
struct fault *check_verdict(const struct check_facts *f, unsigned levels, struct doc *findings)
	_must_check_;
/* Fault check.level: a name that is no level. */
struct fault *check_levels(char *const *names, unsigned *ret) _must_check_;
