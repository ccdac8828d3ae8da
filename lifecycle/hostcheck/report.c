/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lifecycle/hostcheck/hostcheck.h"
#include "lifecycle/values/accelerators.h"

/* The object to fill, or NULL when there is nothing to fill it with but the reason. */
static struct doc *part(struct doc *result, const char *name, int error)
{
	struct doc *unknown = doc_get_mut(result, "unknown");

	if (error >= 0)
		return doc_set(result, name, doc_object());
	if (!unknown)
		unknown = doc_set(result, "unknown", doc_object());
	doc_set_string(unknown, name, strerror(-error));
	return NULL;
}

static void report_memory(const struct host_facts *h, struct doc *result)
{
	struct doc *d = part(result, "memory", h->memory_error < 0 ? h->memory_error
								  : h->tested_error);

	if (!d)
		return;
	doc_set_int(d, "totalBytes", (int64_t)h->memory.total);
	doc_set_int(d, "availableBytes", (int64_t)h->memory.available);
	doc_set_int(d, "askedBytes", (int64_t)h->tested.asked);
	doc_set_int(d, "verifiedBytes", (int64_t)h->tested.verified);
	doc_set_int(d, "badWords", (int64_t)h->tested.error.count);
	doc_set_int(d, "threads", h->tested.threads);
	doc_set_int(d, "ms", (int64_t)h->tested.ms);
}

static void report_disk(const struct host_facts *h, struct doc *result)
{
	struct doc *d = part(result, "disk", h->disk_error);

	if (!d)
		return;
	doc_set_int(d, "freeBytes", (int64_t)h->disk.free);
	doc_set_int(d, "verifiedBytes", (int64_t)h->disk.verified);
	doc_set_int(d, "badBytes", (int64_t)h->disk.bad_bytes);
	doc_set_bool(d, "direct", h->disk.direct);
	doc_set_int(d, "writeMs", (int64_t)h->disk.write_ms);
	doc_set_int(d, "readMs", (int64_t)h->disk.read_ms);
}

static void report_devices(const struct host_facts *h, struct doc *result)
{
	struct doc *d = part(result, "pci", h->pci_error);
	struct accelerators a = accelerators_count(&h->pci);

	if (!d)
		return;
	doc_set_int(d, "devices", (int64_t)h->pci.n);
	doc_set_int(d, "nvidia", a.nvidia);
	doc_set_int(d, "neuron", a.neuron);
	doc_set_int(d, "efa", a.efa);
}

static void report_lists(const struct host_facts *h, struct doc *result)
{
	struct doc *disks = doc_set(result, "disks", doc_array());
	struct doc *nics = doc_set(result, "nics", doc_array());

	for (size_t i = 0; i < h->disks.n; i++) {
		struct doc *d = doc_push(disks, doc_object());

		doc_set_string(d, "name", h->disks.item[i].name);
		doc_set_string(d, "model", h->disks.item[i].model);
		doc_set_int(d, "bytes", (int64_t)h->disks.item[i].bytes);
	}
	for (size_t i = 0; i < h->nics.n; i++) {
		struct doc *d = doc_push(nics, doc_object());

		doc_set_string(d, "name", h->nics.item[i].name);
		doc_set_string(d, "driver", h->nics.item[i].driver);
		doc_set_string(d, "state", h->nics.item[i].state);
	}
	if (h->disks_error < 0) {
		doc_remove(result, "disks");
		(void)part(result, "disks", h->disks_error);
	}
	if (h->nics_error < 0) {
		doc_remove(result, "nics");
		(void)part(result, "nics", h->nics_error);
	}
}

void hostcheck_report(const struct host_facts *h, struct doc *result)
{
	struct doc *d = part(result, "cpu", h->cpu_error);

	if (d) {
		doc_set_int(d, "online", h->cpu.online);
		doc_set_string(d, "smt", h->cpu.smt ? h->cpu.smt : "unknown to this kernel");
		doc_set_bool(d, "smtActive", h->cpu.smt_active);
	}
	report_memory(h, result);
	report_disk(h, result);
	report_devices(h, result);
	report_lists(h, result);
	d = part(result, "clock", h->clock_error);
	if (d)
		doc_set_bool(d, "synchronized", h->clock.synchronized);
	if (d)
		doc_set_int(d, "year", h->clock.year);
	d = part(result, "route", h->route_error);
	if (d)
		doc_set_bool(d, "default", h->default_route);
}
