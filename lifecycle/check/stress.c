/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/check/checks.h"

uint64_t stress_takes(const struct config *c)
{
	return c->check.stress_ms;
}

/* Half of what is free: the other half is for the kubelet and its pods, which may start beside. */
void stress_memory(const struct step_context *c, uint64_t deadline_ms, struct check_facts *f)
{
	struct probe_memory m;

	f->memory_error = probe_memory(c->root, &m);
	if (f->memory_error == 0)
		f->memory_error = memory_test(m.available / 2, deadline_ms, &f->memory);
}

void stress_processors(const struct step_context *c, uint64_t deadline_ms, struct check_facts *f)
{
	(void)c;
	f->processor_error = processor_test(deadline_ms, &f->processor);
}

/* Seen is seen, even when something went wrong afterwards. */
bool stress_memory_finds(const struct check_facts *f, struct finding *ret)
{
	if (f->memory.error.count > 0) {
		*ret = (struct finding){ "hw.memory", "memory", (int64_t)f->memory.error.count, 0,
					 "memory-stress", "replace" };
		return true;
	}
	*ret = (struct finding){ "check.not_looked", "memory", UNKNOWN, UNKNOWN, "memory-stress",
				 "look again" };
	return f->memory_error < 0 || f->memory.verified == 0;
}

bool stress_processors_finds(const struct check_facts *f, struct finding *ret)
{
	if (f->processor.wrong > 0) {
		*ret = (struct finding){ "hw.cpu", "processors", f->processor.wrong, 0,
					 "processor-stress", "replace" };
		return true;
	}
	*ret = (struct finding){ "check.not_looked", "processors", UNKNOWN, UNKNOWN,
				 "processor-stress", "look again" };
	return f->processor_error < 0 || f->processor.tested == 0;
}

struct fault *stress_fault(const struct finding *n, const struct check_facts *f)
{
	const struct memory_error *e = &f->memory.error;

	if (streq(n->id, "hw.cpu"))
		return fault_new(n->id, "%d of %d processors computed something wrong, first "
					"processor %d", f->processor.wrong, f->processor.tested,
				 f->processor.first_wrong);
	if (e->uncorrected)
		return fault_new(n->id, "memory-stress: an uncorrectable error (SIGBUS) at offset "
					"0x%llx of the tested range",
				 (unsigned long long)e->offset);
	return fault_new(n->id, "memory-stress: %llu words do not hold what was written; first at "
				"offset 0x%llx of the tested range: 0x%016llx expected, 0x%016llx "
				"found",
			 (unsigned long long)e->count, (unsigned long long)e->offset,
			 (unsigned long long)e->expected, (unsigned long long)e->found);
}

void stress_report(const struct check_facts *f, struct doc *facts)
{
	struct doc *d;

	if (f->memory.asked > 0) {
		d = doc_set(facts, "stressMemory", doc_object());
		doc_set_int(d, "verifiedBytes", (int64_t)f->memory.verified);
		doc_set_int(d, "threads", f->memory.threads);
		doc_set_int(d, "ms", (int64_t)f->memory.ms);
	}
	if (f->processor.tested > 0) {
		d = doc_set(facts, "stressProcessors", doc_object());
		doc_set_int(d, "tested", f->processor.tested);
		doc_set_int(d, "rounds", (int64_t)f->processor.rounds);
		doc_set_int(d, "ms", (int64_t)f->processor.ms);
	}
}
