/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/clock.h"
#include "lib/base/parse.h"
#include "lib/base/strv.h"
#include "lib/sys/log.h"
#include "lifecycle/check/checks.h"
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
	stress_report(f, facts);
}

static struct fault *look(const struct step_context *c, size_t i, struct check_facts *f)
{
	uint64_t now = clock_boottime_ms(), takes = check_takes(c->config, i);
	char needs[DURATION_MAX], left[DURATION_MAX];

	if (c->deadline_ms != NO_DEADLINE && (c->deadline_ms < now || takes > c->deadline_ms - now))
		return fault_new("check.timeout", "%s takes %s, and of the step's time %s are left",
				 checks[i].name, format_duration(takes, needs),
				 format_duration((uint64_t)clock_left(c->deadline_ms), left));
	log_info("%s: begins, for %s", checks[i].name, format_duration(takes, needs));
	checks[i].look(c, now + takes, f);
	return NULL;
}

static void note_ran(struct doc *ran, size_t i, uint64_t ms)
{
	struct doc *d = doc_push(ran, doc_object());

	doc_set_string(d, "name", checks[i].name);
	doc_set_int(d, "ms", (int64_t)ms);
}

static struct fault *run_in_order(const struct step_context *c, uint32_t set, struct check_facts *f,
				  struct doc *ran, struct doc *findings)
{
	uint8_t order[CHECKS_MAX];
	size_t n = checks_order(c->config, set, order);

	TRY(check_verdict(f, checks_without_time(set), findings));
	for (size_t i = 0; i < n; i++) {
		uint64_t begun = clock_boottime_ms();

		if (checks[order[i]].look) {
			TRY(look(c, order[i], f));
			TRY(check_verdict(f, UINT32_C(1) << order[i], findings));
		}
		note_ran(ran, order[i], clock_boottime_ms() - begun);
	}
	return NULL;
}

struct fault *checks_run(const struct step_context *c, uint32_t set, struct doc *result)
{
	_cleanup_buf_ struct buf seen = BUF_INIT;
	struct check_facts f = gather(c, &seen);
	struct doc *ran = doc_set(result, "ran", doc_array());
	struct doc *findings = doc_set(result, "findings", doc_array());
	struct fault *fault = run_in_order(c, set, &f, ran, findings);

	report_facts(&f, doc_set(result, "facts", doc_object()));
	return fault;
}

static void note_left(uint32_t left, uint64_t join_in_ms, struct doc *result)
{
	struct doc *names = doc_set(result, "left", doc_array());
	_cleanup_buf_ struct buf text = BUF_INIT;
	char in[DURATION_MAX];

	if (join_in_ms != NO_DEADLINE)
		doc_set_int(result, "joinInMs", (int64_t)join_in_ms);
	for (size_t i = 0; i < n_checks; i++) {
		if (!(left & UINT32_C(1) << i))
			continue;
		doc_push(names, doc_string(checks[i].name));
		buf_addf(&text, "%s%s", text.len ? ", " : "", checks[i].name);
	}
	if (left)
		log_notice("the node has to join in %s: left for behind the gate: %s",
			   format_duration(join_in_ms, in), buf_str(&text));
}

struct fault *step_check(const struct step_context *c, struct doc *result)
{
	const char *launched = c->identity ? c->identity->launch_time : NULL;
	struct check_moment m = check_moment_now(launched, c->trigger);
	uint64_t join_in_ms = check_join_in_ms(c->config, &m);
	struct doc *names = doc_set(result, "levels", doc_array());
	uint32_t set, now;
	unsigned levels = 0;

	for (size_t i = 0; c->config->check.levels && c->config->check.levels[i]; i++)
		doc_push(names, doc_string(c->config->check.levels[i]));
	TRY(check_levels(c->config->check.levels, &levels));
	set = checks_selected(levels);
	now = checks_that_fit(c->config, set, join_in_ms);
	note_left(set & ~now, join_in_ms, result);
	return checks_run(c, now, result);
}
