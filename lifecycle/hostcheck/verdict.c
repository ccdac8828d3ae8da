/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/base/parse.h"
#include "lifecycle/hostcheck/hostcheck.h"

/* No clock is right that says a year before this source. */
#define YEAR_OF_SOURCE 2026

static struct fault *broken_memory(const struct memory_error *e)
{
	if (e->uncorrected)
		return fault_new(
			"hw.memory",
			"memory cannot be read back: uncorrectable error at virtual address "
			"0x%llx (SIGBUS), offset 0x%llx of the tested range",
			(unsigned long long)e->address, (unsigned long long)e->offset);
	return fault_new("hw.memory",
			 "%llu words of memory do not hold what was written; first at virtual "
			 "address 0x%llx, offset 0x%llx of the tested range: 0x%016llx expected, "
			 "0x%016llx found, bits 0x%llx differ",
			 (unsigned long long)e->count, (unsigned long long)e->address,
			 (unsigned long long)e->offset, (unsigned long long)e->expected,
			 (unsigned long long)e->found, (unsigned long long)e->bits);
}

static const char *folder(const struct host_facts *h)
{
	return h->folder ? h->folder : "the state folder";
}

static struct fault *broken_hardware(const struct host_facts *h)
{
	/* Seen is seen, even when a thread could not be started afterwards. */
	if (h->tested.error.count > 0)
		return broken_memory(&h->tested.error);
	if (h->disk.bad_bytes > 0)
		return fault_new("hw.disk",
				 "%llu bytes read back from the disk of %s are not what was "
				 "written; first at offset %llu of the test",
				 (unsigned long long)h->disk.bad_bytes, folder(h),
				 (unsigned long long)h->disk.bad_offset);
	if (h->disk_error == -EIO)
		return fault_errno("hw.disk", EIO, "the disk of %s",
				   folder(h));
	return NULL;
}

static struct fault *wrong_cpu(const struct host_facts *h, const struct config *c)
{
	if (h->cpu_error < 0)
		return NULL;
	if (h->smt_asked && (h->smt_error < 0 || h->cpu.smt_active))
		return fault_errno("host.smt", h->smt_error,
				   "ThreadsPerCore is 1, but SMT is still on (smt/control: %s)",
				   h->cpu.smt ? h->cpu.smt : "none");
	if (c->hostcheck.cpus > 0 && h->cpu.online < c->hostcheck.cpus)
		return fault_new("host.cpus",
				 "%lld processors are online, configuration wants %lld",
				 (long long)h->cpu.online, (long long)c->hostcheck.cpus);
	return NULL;
}

static struct fault *too_small(const struct host_facts *h, const struct config *c)
{
	char has[SIZE_TEXT_MAX], wants[SIZE_TEXT_MAX];

	if (h->memory_error == 0 && h->memory.total < c->hostcheck.min_memory)
		return fault_new("host.memory", "%s of memory, configuration wants %s",
				 format_size(h->memory.total, has),
				 format_size(c->hostcheck.min_memory, wants));
	if (h->disk_error == -ENOSPC || h->disk_error == -EDQUOT)
		return fault_new("host.disk_full", "%s: %s free, the disk test needs %s", folder(h),
				 format_size(h->disk.free, has),
				 format_size(c->hostcheck.disk_bytes, wants));
	if (h->disk_error == 0 && h->disk.free < c->hostcheck.min_free_disk)
		return fault_new("host.disk_full", "%s: %s free, configuration wants %s", folder(h),
				 format_size(h->disk.free, has),
				 format_size(c->hostcheck.min_free_disk, wants));
	return NULL;
}

/* A bundle that does not lie on this machine, or a cluster, need the network. */
static bool needs_network(const struct config *c)
{
	return c->cluster.name ||
	       (c->lifecycle.source && !str_startswith(c->lifecycle.source, "file:"));
}

static struct fault *wrong_surroundings(const struct host_facts *h, const struct config *c)
{
	if (h->clock_error == 0 && h->clock.year < YEAR_OF_SOURCE)
		return fault_new("host.clock", "the clock says the year %lld",
				 (long long)h->clock.year);
	if (h->route_error == 0 && !h->default_route && needs_network(c))
		return fault_new("host.route", "there is no default route");
	return NULL;
}

/* What the configuration asks about must have been looked at. */
static struct fault *not_looked(const struct host_facts *h, const struct config *c)
{
	const struct {
		const char *what;
		int error;
	} parts[] = {
		{ "processors", h->cpu_error },
		{ "memory", h->memory_error },
		{ "memory (test)", h->tested_error },
		{ "the disk", h->disk_error },
		{ "the PCI bus", h->pci_error == -ENOENT ? 0 : h->pci_error },
		{ "the clock", h->clock_error },
		{ "routes", needs_network(c) ? h->route_error : 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (parts[i].error < 0)
			return fault_errno("host.unchecked", parts[i].error, "could not look at %s",
					   parts[i].what);
	if (h->tested.asked >= 4096 && h->tested.verified == 0)
		return fault_new("host.unchecked", "no memory could be verified in time");
	return NULL;
}

struct fault *hostcheck_verdict(const struct host_facts *h, const struct config *c)
{
	TRY(broken_hardware(h));
	TRY(wrong_cpu(h, c));
	TRY(too_small(h, c));
	TRY(wrong_surroundings(h, c));
	return not_looked(h, c);
}
