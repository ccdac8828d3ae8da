/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/hostcheck/hostcheck.h"

#include "lib/base/clock.h"
#include "lib/base/path.h"
#include "lib/sys/log.h"

#define PPM 1000000u
#define MEMORY_LEAST ((uint64_t)4 << 20) /* less proves next to nothing */

const char *hostcheck_skip(const struct config *c)
{
	(void)c;
	return NULL;
}

uint64_t hostcheck_timeout(const struct config *c)
{
	return c->hostcheck.timeout_ms;
}

/* The switch survives no reboot, so every boot throws it again. */
static void switch_smt(const struct step_context *c, struct host_facts *h)
{
	struct probe_cpu before;

	h->smt_asked = c->config->group.threads_per_core == 1;
	if (!h->smt_asked || probe_cpu(c->root, &before) < 0)
		return;
	if (before.smt_active) {
		log_notice("ThreadsPerCore is 1: switching SMT off");
		h->smt_error = probe_smt_off(c->root);
	}
	probe_cpu_done(&before);
}

static void look(const struct step_context *c, struct host_facts *h)
{
	switch_smt(c, h);
	h->cpu_error = probe_cpu(c->root, &h->cpu);
	h->memory_error = probe_memory(c->root, &h->memory);
	h->pci_error = probe_pci(c->root, &h->pci);
	h->disks_error = probe_disks(c->root, &h->disks);
	h->nics_error = probe_nics(c->root, &h->nics);
	h->clock_error = probe_clock(&h->clock);
	h->route_error = probe_default_route(c->root, &h->default_route);
}

/* A share of what is free, on small machines more than that, never more than half. */
static uint64_t bytes_to_test(uint64_t available, uint32_t share)
{
	uint64_t bytes = available / PPM * share;

	return share == 0 ? 0 : MAX(bytes, MIN(MEMORY_LEAST, available / 2));
}

/* Memory gets most of the time that is left, the disk what remains of it. */
static void stress(const struct step_context *c, struct host_facts *h)
{
	uint64_t now = clock_boottime_ms();
	uint64_t left = c->deadline_ms - MIN(now, c->deadline_ms);
	uint64_t bytes = bytes_to_test(h->memory.available, c->config->hostcheck.memory_share);
	int r = path_mkdirs(c->state_dir, 0700);

	h->folder = c->state_dir;
	if (h->memory_error < 0)
		h->tested_error = h->memory_error;
	else
		h->tested_error = memory_test(bytes, now + left / 2, &h->tested);
	h->disk_error = r < 0 ? r
			      : disk_test(c->state_dir, c->config->hostcheck.disk_bytes,
					  now + left / 10 * 9, &h->disk);
}

void host_facts_done(struct host_facts *h)
{
	probe_cpu_done(&h->cpu);
	probe_pcis_done(&h->pci);
	probe_disks_done(&h->disks);
	probe_nics_done(&h->nics);
}

struct fault *step_hostcheck(const struct step_context *c, struct doc *result)
{
	_cleanup_(host_facts_done) struct host_facts h = { 0 };

	look(c, &h);
	stress(c, &h);
	hostcheck_report(&h, result);
	return hostcheck_verdict(&h, c->config);
}
