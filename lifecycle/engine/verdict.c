/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/engine/verdict.h"

#include <string.h>

static struct doc *fault_entry(const char *step, const struct fault *f)
{
	const struct fault_row *row = fault_lookup(f->id);
	struct doc *d = fault_to_doc(f);

	doc_set_string(d, "step", step);
	doc_set_string(d, "class", fault_class_name(row->class));
	doc_set_string(d, "remedy", row->remedy);
	return d;
}

struct fault *verdict_timeout(const struct step *step, const struct fault *before, uint64_t all_ms,
			      uint64_t last_ms)
{
	enum fault_class class = fault_lookup(step->timeout_fault)->class;
	const char *id = step->timeout_fault;
	bool is_short = last_ms < all_ms / 2;
	char took[DURATION_MAX];
	struct fault *f;

	(void)format_duration(all_ms, took);
	if (!before)
		return fault_new(id, "%s did not end within its %s", step->name, took);
	if (is_short && fault_lookup(before->id)->class == class)
		id = before->id;
	f = fault_new(id, "%s (tried until the %s of %s were over; the last attempt %s)",
		      before->message, took, step->name,
		      is_short ? "was cut short" : "did not end");
	return before->evidence ? fault_evidence(f, before->evidence, strlen(before->evidence)) : f;
}

static struct fault *step_fault(const struct situation *t, size_t i)
{
	const struct step_state *s = &t->state->step[i];
	const struct step *step = &t->state->steps[i];

	if (s->fault)
		return fault_copy(s->fault);
	return fault_new(step->timeout_fault, "%s used up its share of the time", step->name);
}

static struct fault *cut_fault(const struct situation *t, const char *id, uint32_t cut)
{
	_cleanup_buf_ struct buf names = BUF_INIT;

	for (size_t i = 0; i < t->state->n; i++)
		if (cut & (UINT32_C(1) << i))
			buf_addf(&names, "%s%s", names.len ? ", " : "", t->state->steps[i].name);
	return fault_new(id, "%s: begun %u times, and each time the machine or muster went down "
			 "before the end", buf_str(&names), t->max_crashes + 1);
}

static struct fault *engine_fault(const struct situation *t, const char *id)
{
	char text[DURATION_MAX];
	const struct fault_row *row = fault_lookup(id);
	uint32_t cut = decide_cut_too_often(t);

	if (streq(id, "budget.exhausted"))
		return fault_new(id, "the run's whole budget of %s is used up",
				 format_duration(t->budget_ms, text));
	if (streq(id, "engine.crash_loop") && cut)
		return cut_fault(t, id, cut);
	if (streq(id, "engine.crash_loop"))
		return fault_new(id, "the supervisor was started %u times without progress between",
				 t->state->crashes);
	return fault_new(id, "%u reboots were made in this run: %s", t->state->reboots,
			 row->meaning);
}

static void add_entry(struct doc *list, const char *step, struct fault *f, bool first)
{
	_cleanup_fault_ struct fault *fault = f;
	struct doc *entry = doc_push(list, fault_entry(step, fault));

	if (!first)
		return;
	for (size_t i = list->n_items - 1; i > 0; i--)
		list->items[i] = list->items[i - 1];
	list->items[0] = entry;
}

struct doc *verdict_doc(const struct situation *t, const struct decision *d)
{
	struct doc *v = doc_object(), *list;

	doc_set_string(v, "state", d->verdict);
	doc_set_int(v, "exit", d->exit);
	list = doc_set(v, "faults", doc_array());
	for (size_t i = 0; i < t->state->n; i++) {
		if (!(d->failed & (UINT32_C(1) << i)))
			continue;
		struct fault *f = step_fault(t, i);

		/* The fault that decides the exit code comes first. */
		add_entry(list, t->state->steps[i].name, f,
			  fault_class_exit(fault_lookup(f->id)->class) == d->exit);
	}
	if (d->own_fault)
		add_entry(list, "engine", engine_fault(t, d->own_fault),
			  fault_class_exit(fault_lookup(d->own_fault)->class) == d->exit);
	return v;
}

struct doc *verdict_of_fault(const struct fault *f)
{
	struct doc *v = doc_object();
	struct doc *list;

	doc_set_string(v, "state", "Unschedulable");
	doc_set_int(v, "exit", fault_class_exit(fault_lookup(f->id)->class));
	list = doc_set(v, "faults", doc_array());
	doc_push(list, fault_entry("engine", f));
	return v;
}

char *verdict_line(const struct doc *d)
{
	const struct doc *first = doc_at(d, "/faults/0");

	if (!first)
		return xstrdup(doc_str(d, "state"));
	return xasprintf("%s: %s: %s [%s]. %s", doc_str(d, "state"), doc_str(first, "step"),
			 doc_str(first, "message"), doc_str(first, "id"),
			 doc_str(first, "remedy"));
}

static const char *step_word(const struct state *s, size_t i, const char *boot)
{
	const struct step_state *t = &s->step[i];
	bool old = s->steps[i].scope == SCOPE_BOOT && !streq(t->boot, boot);

	if (s->skip[i] || state_moot(s, i, boot))
		return "skipped";
	if (old && t->phase != PHASE_RETRY && t->phase != PHASE_RUNNING)
		return "waiting";
	switch (t->phase) {
	case PHASE_RUNNING:
		return t->interrupted || !s->supervised ? "interrupted" : "running";
	case PHASE_RETRY:
		return "retrying";
	case PHASE_DONE:
		return "done";
	case PHASE_FAILED:
		return "failed";
	default:
		return "waiting";
	}
}

static struct doc *step_status(const struct state *s, size_t i, const char *boot, uint64_t now_ms)
{
	const struct step_state *t = &s->step[i];
	struct doc *d = doc_object();
	uint64_t elapsed = t->spent_ms;

	if (t->phase == PHASE_RUNNING && !t->interrupted && streq(t->boot, boot) &&
	    now_ms > t->begun_ms)
		elapsed += now_ms - t->begun_ms;
	doc_set_string(d, "name", s->steps[i].name);
	doc_set_string(d, "about", s->steps[i].about);
	doc_set_string(d, "state", step_word(s, i, boot));
	doc_set_int(d, "elapsedMs", (int64_t)elapsed);
	doc_set_int(d, "attempts", t->run_attempts);
	doc_set_string(d, "reason", s->skip[i] ? s->skip[i] : state_moot(s, i, boot));
	if (t->fault)
		doc_set(d, "fault", fault_entry(s->steps[i].name, t->fault));
	return d;
}

static void add_times(struct doc *d, const struct state *s, const char *boot, uint64_t now_ms)
{
	/* A run that is over does not grow older. */
	uint64_t elapsed = state_elapsed_ms(s, s->verdict ? "" : boot, now_ms);
	char when[RFC3339_MAX];

	if (!s->run[0])
		return;
	doc_set_string(d, "since", clock_rfc3339(s->started_time, when));
	doc_set_int(d, "elapsedMs", (int64_t)elapsed);
	if (s->budget_ms && s->budget_ms != NO_DEADLINE) {
		doc_set_int(d, "budgetMs", (int64_t)s->budget_ms);
		doc_set_int(d, "leftMs",
			    elapsed < s->budget_ms ? (int64_t)(s->budget_ms - elapsed) : 0);
	}
}

struct doc *status_doc(const struct state *s, const char *boot, uint64_t now_ms)
{
	struct doc *d = doc_object(), *steps;
	/* A verdict speaks for the boot it was made in, and for no later one. */
	const struct doc *verdict = streq(s->verdict_boot, boot) ? s->verdict : NULL;
	const char *state = doc_str(verdict, "state");

	if (!state && s->verdict)
		state = "Not started";
	if (!state)
		state = s->run[0] ? "Running" : "Never started";
	doc_set_string(d, "state", state);
	doc_set_string(d, "boot", boot);
	if (verdict)
		doc_set_int(d, "exit", doc_integer(s->verdict, "exit", 70));
	doc_set_string(d, "instance", s->instance);
	if (s->named)
		doc_set_string(d, "trigger", trigger_names[s->trigger]);
	doc_set_string(d, "why", s->why);
	doc_set_string(d, "run", s->run[0] ? s->run : NULL);
	add_times(d, s, boot, now_ms);
	steps = doc_set(d, "steps", doc_array());
	for (size_t i = 0; i < s->n; i++)
		doc_push(steps, step_status(s, i, boot, now_ms));
	if (doc_get(verdict, "faults"))
		doc_set(d, "faults", doc_copy(doc_get(verdict, "faults")));
	return d;
}
