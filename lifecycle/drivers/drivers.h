/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* drivers: what the hardware needs to be of use, by installers: once installed, verified at every
 * boot.
 *
 * An installer is one executable file drivers.path/NAME, run as NAME VERB with the environment of
 * program.h plus MUSTER_INSTANCE_TYPE and drivers.env. Its output goes to the journal; lines
 * "muster: progress TEXT" say how far it is. Every verb may be run any number of times.
 *	check	0: all is well already; 10: has to be installed; 20: does not apply to this machine
 *	install	0: done; 75: it has done its part, and the machine has to boot anew
 *	verify	0: it works; 75: it will, once the machine has booted anew
 *	remove	0: gone; never run by this step
 * Any other exit code is a failure.
 *
 * drivers.install: "auto" means those whose hardware is there, "none" none at all.
 * Result: {"installers":[{"name","action":"good"|"installed"|"not applicable","wallMs"}]} */

#include "lib/probe/host.h"
#include "lifecycle/engine/step.h"
#include "lifecycle/values/config.h"

struct fault *step_drivers(const struct step_context *c, struct doc *result) _must_check_;
const char *drivers_skip(const struct config *c);
uint64_t drivers_timeout(const struct config *c);

/* The names in their order, "auto" put into words by what the machine has; owned. Pure. */
char **drivers_choose(char *const *install, const struct probe_disks *disks);
