/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/check/checks.h"

#include <string.h>

static bool nvidia_missing(const struct check_facts *f, struct finding *ret)
{
	*ret = (struct finding){ "hw.gpu_missing", "NVIDIA GPUs", f->nvidia, f->nvidia_expected,
				 "PCI bus against ec2:DescribeInstanceTypes", "replace" };
	return f->nvidia != UNKNOWN && f->nvidia < f->nvidia_expected;
}

static bool bus_unknown(const struct check_facts *f, struct finding *ret)
{
	*ret = (struct finding){ "check.not_looked", "PCI bus", UNKNOWN, UNKNOWN,
				 "/sys/bus/pci/devices", "look again" };
	return f->nvidia == UNKNOWN || f->neuron == UNKNOWN || f->efa == UNKNOWN;
}

static bool nvidia_driverless(const struct check_facts *f, struct finding *ret)
{
	*ret = (struct finding){ "check.driver_absent", "NVIDIA GPUs", f->nvidia, UNKNOWN,
				 "/proc/driver/nvidia/version, PCI driver links", "look again" };
	return f->nvidia > 0 && f->driver_absent;
}

static bool nvidia_unprobed(const struct check_facts *f, struct finding *ret)
{
	*ret = (struct finding){ "check.not_looked", "NVIDIA GPUs", f->nvidia, UNKNOWN,
				 "no probe of the driver", "look again" };
	return f->nvidia > 0 && !f->driver_absent; /* else that is the finding */
}

static bool neuron_unprobed(const struct check_facts *f, struct finding *ret)
{
	*ret = (struct finding){ "check.not_looked", "Neuron devices", f->neuron, UNKNOWN,
				 "no probe of the driver", "look again" };
	return f->neuron > 0;
}

static bool efa_unprobed(const struct check_facts *f, struct finding *ret)
{
	*ret = (struct finding){ "check.not_looked", "EFA devices", f->efa, UNKNOWN,
				 "no test of latency and bandwidth", "look again" };
	return f->efa > 0;
}

static bool memory_unverified(const struct check_facts *f, struct finding *ret)
{
	*ret = (struct finding){ "check.not_looked", "memory", f->memory_verified, 1,
				 "hostcheck", "look again" };
	return f->memory_verified <= 0;
}

static bool disk_unverified(const struct check_facts *f, struct finding *ret)
{
	*ret = (struct finding){ "check.not_looked", "disk", f->disk_verified, 1, "hostcheck",
				 "look again" };
	return f->disk_verified <= 0;
}

#define ALL_LEVELS (LEVEL_QUICK | LEVEL_STRESS | LEVEL_CONNECTIVITY)
#define FROM_SYSFS "read from /sys, in milliseconds"
#define BY_HOSTCHECK "hostcheck has done it"
#define BY_STRESS "check.stress; HyperPod's stress of the host takes 60 s"

const struct check checks[] = {
	{ .name = "gpu-count", .about = "NVIDIA GPUs on the bus against what the type has",
	  .levels = ALL_LEVELS, .value = 3, .source = FROM_SYSFS, .finds = nvidia_missing },
	{ .name = "memory-stress", .about = "up to half of the free memory, every bit both ways",
	  .levels = LEVEL_STRESS, .value = 3, .look = stress_memory, .takes = stress_takes,
	  .source = BY_STRESS, .finds = stress_memory_finds },
	{ .name = "processor-stress", .about = "all processors at once, every answer compared",
	  .levels = LEVEL_STRESS, .value = 3, .look = stress_processors, .takes = stress_takes,
	  .source = BY_STRESS, .finds = stress_processors_finds },
	{ .name = "pci-bus", .about = "the bus can be read", .levels = ALL_LEVELS, .value = 1,
	  .source = FROM_SYSFS, .finds = bus_unknown },
	{ .name = "gpu-driver", .about = "NVIDIA's driver is bound to every GPU",
	  .levels = ALL_LEVELS, .value = 1, .source = FROM_SYSFS, .finds = nvidia_driverless },
	{ .name = "gpu-probe", .about = "NVIDIA GPUs from inside; no probe yet",
	  .levels = LEVEL_QUICK | LEVEL_STRESS, .value = 1, .source = FROM_SYSFS,
	  .finds = nvidia_unprobed },
	{ .name = "neuron-probe", .about = "Neuron devices from inside; no probe yet",
	  .levels = LEVEL_QUICK | LEVEL_STRESS, .value = 1, .source = FROM_SYSFS,
	  .finds = neuron_unprobed },
	{ .name = "efa-probe", .about = "EFA latency and bandwidth; no probe yet",
	  .levels = LEVEL_CONNECTIVITY, .value = 1, .source = FROM_SYSFS, .finds = efa_unprobed },
	{ .name = "memory", .about = "hostcheck has verified memory", .levels = LEVEL_STRESS,
	  .value = 1, .source = BY_HOSTCHECK, .finds = memory_unverified },
	{ .name = "disk", .about = "hostcheck has verified the disk", .levels = LEVEL_STRESS,
	  .value = 1, .source = BY_HOSTCHECK, .finds = disk_unverified },
};
const size_t n_checks = ARRAY_SIZE(checks);
_Static_assert(ARRAY_SIZE(checks) <= CHECKS_MAX, "a set of checks is 32 bits");

static void report(const struct finding *n, struct doc *findings)
{
	struct doc *d = doc_push(findings, doc_object());

	doc_set_string(d, "id", n->id);
	doc_set_string(d, "device", n->device);
	if (n->value != UNKNOWN)
		doc_set_int(d, "value", n->value);
	if (n->threshold != UNKNOWN)
		doc_set_int(d, "threshold", n->threshold);
	doc_set_string(d, "source", n->source);
	doc_set_string(d, "action", n->action);
}

/* Which ones are there: what is missing is told from them. */
static struct fault *with_seen(struct fault *fault, const struct check_facts *f)
{
	const char *seen = f->nvidia_seen && *f->nvidia_seen ? f->nvidia_seen
							     : "none on the bus\n";

	return fault_evidence(fault, seen, strlen(seen));
}

static struct fault *fault_of(const struct finding *n, const struct check_facts *f)
{
	const char *type = f->instance_type ? f->instance_type : "this machine";

	if (streq(n->id, "hw.memory") || streq(n->id, "hw.cpu"))
		return stress_fault(n, f);
	if (streq(n->id, "hw.gpu_missing"))
		return fault_new(n->id, "%lld %s on the PCI bus, %s has %lld", (long long)n->value,
				 n->device, type, (long long)n->threshold);
	if (streq(n->id, "check.driver_absent"))
		return fault_new(n->id, "%lld %s on the PCI bus, but their driver is not loaded or "
					"not bound to all of them",
				 (long long)n->value, n->device);
	if (n->value == UNKNOWN)
		return fault_new(n->id, "%s: could not be looked at (%s)", n->device, n->source);
	return fault_new(n->id, "%s (%lld): could not be looked at (%s)", n->device,
			 (long long)n->value, n->source);
}

struct fault *check_verdict(const struct check_facts *f, uint32_t set, struct doc *findings)
{
	bool about_gpus = false;
	struct fault *first = NULL;

	for (size_t i = 0; i < n_checks; i++) {
		struct finding n;

		if (!(set & UINT32_C(1) << i) || !checks[i].finds(f, &n))
			continue;
		report(&n, findings);
		if (first)
			continue;
		first = fault_of(&n, f);
		about_gpus = streq(n.device, "NVIDIA GPUs");
	}
	return about_gpus ? with_seen(first, f) : first;
}
