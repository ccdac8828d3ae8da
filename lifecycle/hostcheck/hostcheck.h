/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* hostcheck: the machine itself, in seconds. Facts first (lib/probe), then one verdict out of
 * them, by a function that looks at nothing else.
 *
 * Result, with units in the names: {"cpu":{"online","smt","smtActive"},
 *	"memory":{"totalBytes","availableBytes","askedBytes","verifiedBytes","badWords","threads",
 *	"ms"}, "disk":{"freeBytes","verifiedBytes","badBytes","direct","writeMs","readMs"},
 *	"pci":{"devices","nvidia","neuron","efa"}, "disks":[{name,model,bytes}], "nics":[{name,
 *	driver,state}], "clock":{"synchronized","year"}, "route":{"default"},
 *	"unknown":{what: why it could not be looked at}}
 * What is in "unknown" is nowhere else: could not look is never a zero. */

#include "lib/probe/disk.h"
#include "lib/probe/host.h"
#include "lib/probe/memory.h"
#include "lifecycle/engine/step.h"
#include "lifecycle/values/config.h"

struct fault *step_hostcheck(const struct step_context *c, struct doc *result) _must_check_;
const char *hostcheck_skip(const struct config *c); /* never */
uint64_t hostcheck_timeout(const struct config *c);

struct host_facts { /* an errno (negative) beside what could not be looked at */
	int cpu_error, memory_error, disk_error, pci_error, disks_error, nics_error, clock_error,
		route_error, tested_error;
	int smt_error; /* of switching SMT off, when that was asked */
	bool smt_asked;
	struct probe_cpu cpu;
	struct probe_memory memory;
	struct memory_test tested;
	const char *folder; /* whose disk was tested; borrowed */
	struct disk_test disk;
	struct probe_pcis pci;
	struct probe_disks disks;
	struct probe_nics nics;
	struct probe_clock clock;
	bool default_route;
};

void host_facts_done(struct host_facts *h);
/* Evidence of broken hardware first, then configuration, then what could not be looked at; NULL
 * when the machine is as it should be. Pure. */
struct fault *hostcheck_verdict(const struct host_facts *h, const struct config *c) _must_check_;
void hostcheck_report(const struct host_facts *h, struct doc *result);
