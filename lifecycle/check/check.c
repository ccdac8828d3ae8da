/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/check/check.h"

#include "lib/base/strv.h"
#include "lifecycle/values/identity.h"
#include "lifecycle/values/instance-types.h"

const char *check_skip(const struct config *c)
{
	return strv_len(c->check.levels) == 0 ? "check.levels is empty" : NULL;
}

uint64_t check_timeout(const struct config *c)
{
	return c->check.timeout_ms;
}

static void list_gpus(const char *root, const struct probe_pcis *pci, struct check_facts *f,
		      struct buf *seen)
{
	f->driver_absent = !probe_nvidia_driver(root);
	for (size_t i = 0; i < pci->n; i++) {
		const struct probe_pci *p = &pci->item[i];

		if (!accelerator_is_nvidia_gpu(p))
			continue;
		f->driver_absent = f->driver_absent || !streq(p->driver, "nvidia");
		buf_addf(seen, "%s driver %s\n", p->address, p->driver ? p->driver : "none");
	}
	f->nvidia_seen = buf_str(seen);
}

/* The bus is looked at again: an accelerator may have fallen off it since hostcheck. */
static void look_at_bus(const char *root, struct check_facts *f, struct buf *seen)
{
	_cleanup_(probe_pcis_done) struct probe_pcis pci = { 0 };
	int r = probe_pci(root, &pci);
	struct accelerators a = accelerators_count(&pci);

	/* A machine without a PCI bus has no accelerators on it. */
	f->nvidia = r < 0 && r != -ENOENT ? UNKNOWN : a.nvidia;
	f->neuron = r < 0 && r != -ENOENT ? UNKNOWN : a.neuron;
	f->efa = r < 0 && r != -ENOENT ? UNKNOWN : a.efa;
	list_gpus(root, &pci, f, seen);
}

static struct check_facts gather(const struct step_context *c, struct buf *seen)
{
	const struct doc *host = doc_get(c->results, "hostcheck");
	const char *type = c->identity ? c->identity->instance_type : NULL;
	const struct instance_type *t = instance_type_find(type);
	struct check_facts f = { .instance_type = type, .nvidia_expected = UNKNOWN };

	look_at_bus(c->root, &f, seen);
	if (t)
		f.nvidia_expected = t->nvidia_gpus;
	f.memory_verified = doc_integer(doc_get(host, "memory"), "verifiedBytes", UNKNOWN);
	f.disk_verified = doc_integer(doc_get(host, "disk"), "verifiedBytes", UNKNOWN);
	return f;
}

static void set_known(struct doc *facts, const char *name, int64_t value)
{
	if (value != UNKNOWN)
		doc_set_int(facts, name, value);
}

static void report_facts(const struct check_facts *f, struct doc *facts)
{
	bool none = f->nvidia == 0 && f->neuron == 0;

	if (f->nvidia != UNKNOWN)
		doc_set_string(facts, "accelerator", none ? "none on this machine"
						     : f->nvidia > 0 ? "nvidia" : "neuron");
	set_known(facts, "nvidia", f->nvidia);
	set_known(facts, "nvidiaExpected", f->nvidia_expected);
	if (f->nvidia > 0)
		doc_set_bool(facts, "nvidiaDriver", !f->driver_absent);
	set_known(facts, "neuron", f->neuron);
	set_known(facts, "efa", f->efa);
	set_known(facts, "memoryVerifiedBytes", f->memory_verified);
	set_known(facts, "diskVerifiedBytes", f->disk_verified);
}

struct fault *step_check(const struct step_context *c, struct doc *result)
{
	_cleanup_buf_ struct buf seen = BUF_INIT;
	struct check_facts f = gather(c, &seen);
	struct doc *names = doc_set(result, "levels", doc_array());
	struct doc *findings = doc_set(result, "findings", doc_array());
	unsigned levels = 0;

	for (size_t i = 0; c->config->check.levels && c->config->check.levels[i]; i++)
		doc_push(names, doc_string(c->config->check.levels[i]));
	report_facts(&f, doc_set(result, "facts", doc_object()));
	TRY(check_levels(c->config->check.levels, &levels));
	return check_verdict(&f, levels, findings);
}
