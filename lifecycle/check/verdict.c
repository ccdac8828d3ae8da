/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/check/check.h"

#include <string.h>

/* A check finds something wrong, says so in *value and *threshold, or returns NULL. */
struct finding {
	const char *id;
	const char *device;
	int64_t value, threshold; /* UNKNOWN: could not look, none */
	const char *source;
	const char *action;
};

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

/* Hardware first: the first finding is the one that decides. */
static const struct {
	unsigned levels;
	bool (*finds)(const struct check_facts *f, struct finding *ret);
} checks[] = {
	{ LEVEL_QUICK | LEVEL_STRESS | LEVEL_CONNECTIVITY, nvidia_missing },
	{ LEVEL_QUICK | LEVEL_STRESS | LEVEL_CONNECTIVITY, bus_unknown },
	{ LEVEL_QUICK | LEVEL_STRESS | LEVEL_CONNECTIVITY, nvidia_driverless },
	{ LEVEL_QUICK | LEVEL_STRESS, nvidia_unprobed },
	{ LEVEL_QUICK | LEVEL_STRESS, neuron_unprobed },
	{ LEVEL_CONNECTIVITY, efa_unprobed },
	{ LEVEL_STRESS, memory_unverified },
	{ LEVEL_STRESS, disk_unverified },
};

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

struct fault *check_verdict(const struct check_facts *f, unsigned levels, struct doc *findings)
{
	bool about_gpus = false;
	struct fault *first = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		struct finding n;

		if (!(checks[i].levels & levels) || !checks[i].finds(f, &n))
			continue;
		report(&n, findings);
		if (first)
			continue;
		first = fault_of(&n, f);
		about_gpus = streq(n.device, "NVIDIA GPUs");
	}
	return about_gpus ? with_seen(first, f) : first;
}

struct fault *check_levels(char *const *names, unsigned *ret)
{
	static const struct {
		const char *name;
		unsigned level;
	} levels[] = {
		{ "quick", LEVEL_QUICK },
		{ "InstanceStress", LEVEL_QUICK | LEVEL_STRESS },
		{ "InstanceConnectivity", LEVEL_QUICK | LEVEL_CONNECTIVITY },
	};

	*ret = 0;
	for (size_t i = 0; names && names[i]; i++) {
		unsigned level = 0;

		for (size_t k = 0; k < ARRAY_SIZE(levels); k++)
			if (streq(levels[k].name, names[i]))
				level = levels[k].level;
		if (!level)
			return fault_new("check.level", "\"%s\" is no level of checks", names[i]);
		*ret |= level;
	}
	return NULL;
}
