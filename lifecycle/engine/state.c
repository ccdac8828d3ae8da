/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/engine/state.h"

#include <stdio.h>
#include <string.h>

const char *const trigger_names[] = { "create", "replace", "boot", "restart", NULL };

void state_init(struct state *s, const struct step *steps, size_t n)
{
	*s = (struct state){ .steps = steps, .n = MIN(n, (size_t)STEPS_MAX) };
}

static void forget_outcome(struct step_state *t)
{
	fault_free(t->fault);
	t->fault = NULL;
	doc_free(t->result);
	t->result = NULL;
}

void state_done(struct state *s)
{
	for (size_t i = 0; i < s->n; i++) {
		forget_outcome(&s->step[i]);
		free(s->skip[i]);
	}
	free(s->instance);
	free(s->hardware);
	free(s->why);
	doc_free(s->verdict);
	*s = (struct state){ .steps = NULL };
}

int state_index(const struct state *s, const char *step)
{
	for (size_t i = 0; i < s->n; i++)
		if (streq(s->steps[i].name, step))
			return (int)i;
	return -1;
}

const char *state_moot(const struct state *s, size_t i, const char *boot)
{
	const struct step *step = &s->steps[i];
	int by = step->moot ? state_index(s, step->moot_by) : -1;

	if (by < 0 || s->step[by].phase != PHASE_DONE || !streq(s->step[by].boot, boot))
		return NULL;
	return step->moot(s->step[by].result);
}

uint64_t state_elapsed_ms(const struct state *s, const char *boot, uint64_t now_ms)
{
	uint64_t here = s->boot_last_ms - s->boot_first_ms;

	if (streq(s->boot, boot) && now_ms > s->boot_first_ms)
		here = now_ms - s->boot_first_ms;
	return s->earlier_ms + here;
}

static void copy_text(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from ? from : "");
}

struct doc *fault_to_doc(const struct fault *f)
{
	struct doc *d = doc_object();

	doc_set_string(d, "id", f->id);
	if (f->errnum)
		doc_set_int(d, "errno", f->errnum);
	doc_set_string(d, "message", f->message);
	doc_set_string(d, "evidence", f->evidence);
	return d;
}

struct fault *fault_from_doc(const struct doc *d)
{
	const char *id = doc_str(d, "id"), *message = doc_str(d, "message");
	const char *evidence = doc_str(d, "evidence");
	struct fault *f;

	if (!id || !message)
		return fault_new("muster.bug", "a fault without id or message was handed over");
	f = fault_new(id, "%s", message);
	f->errnum = (int)doc_integer(d, "errno", 0);
	return evidence ? fault_evidence(f, evidence, strlen(evidence)) : f;
}

/* A supervisor that is gone left these without END: they were interrupted. */
static void interrupt_running(struct state *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct step_state *t = &s->step[i];

		if (t->phase != PHASE_RUNNING || t->interrupted)
			continue;
		t->interrupted = true;
		if (streq(t->boot, s->boot) && s->boot_last_ms > t->begun_ms)
			t->spent_ms += s->boot_last_ms - t->begun_ms;
	}
}

static struct fault *fold_run(struct state *s, const struct doc *r, const char *run)
{
	copy_text(s->run, sizeof(s->run), run);
	s->boot_first_ms = s->boot_last_ms;
	s->earlier_ms = 0;
	s->started_time = (uint64_t)doc_integer(r, "time", 0);
	s->crashes = s->reboots = s->hw_reboots = 0;
	s->named = s->supervised = false;
	doc_free(s->verdict);
	s->verdict = NULL;
	for (size_t i = 0; i < s->n; i++) {
		s->step[i].spent_ms = 0;
		s->step[i].run_attempts = 0;
		s->step[i].cuts = 0;
	}
	return NULL;
}

static struct fault *fold_start(struct state *s)
{
	interrupt_running(s);
	if (s->supervised)
		s->crashes++;
	s->supervised = true;
	/* A verdict that waited for a reboot is over once a supervisor goes on in another boot. */
	if (s->verdict && !streq(s->verdict_boot, s->boot)) {
		doc_free(s->verdict);
		s->verdict = NULL;
	}
	return NULL;
}

static struct fault *fold_plan(struct state *s, const struct doc *r)
{
	const struct doc *skip = doc_get(r, "skip");

	s->budget_ms = (uint64_t)doc_integer(r, "budget", 0);
	for (size_t i = 0; i < s->n; i++) {
		free(s->skip[i]);
		s->skip[i] = xstrdup(skip ? doc_str(skip, s->steps[i].name) : NULL);
	}
	return NULL;
}

static void forget_steps(struct state *s, size_t from)
{
	for (size_t i = from; i < s->n; i++) {
		forget_outcome(&s->step[i]);
		s->step[i] = (struct step_state){ .phase = PHASE_WAITING };
	}
}

static struct fault *fold_instance(struct state *s, const struct doc *r)
{
	const char *id = doc_str(r, "id"), *trigger = doc_str(r, "trigger");

	if (!id || !trigger)
		return fault_new("history.record", "an instance record without id or trigger");
	/* An image of a used node: what happened there did not happen here. */
	if (s->instance && !streq(s->instance, id))
		forget_steps(s, 1);
	if (!streq(s->hardware, doc_str(r, "hardware")))
		s->hw_reboots = 0; /* other hardware, that no reboot has failed to mend */
	free(s->instance);
	free(s->hardware);
	free(s->why);
	s->instance = xstrdup(id);
	s->hardware = xstrdup(doc_str(r, "hardware"));
	s->why = xstrdup(doc_str(r, "why"));
	s->trigger = TRIGGER_CREATE;
	for (int i = 0; trigger_names[i]; i++)
		if (streq(trigger_names[i], trigger))
			s->trigger = (enum trigger)i;
	s->named = true;
	copy_text(s->named_boot, sizeof(s->named_boot), s->boot);
	return NULL;
}

bool state_was_cut(const struct step_state *t, const char *boot)
{
	return t->phase == PHASE_RUNNING && !(t->cancelled && streq(t->boot, boot));
}

static void fold_begin(struct state *s, struct step_state *t, const struct doc *r)
{
	forget_outcome(t);
	t->phase = PHASE_RUNNING;
	t->interrupted = t->cancelled = false;
	if (t == &s->step[0])
		s->named = false;
	t->attempts = (unsigned)doc_integer(r, "attempt", 1);
	t->run_attempts++;
	t->begun_ms = s->boot_last_ms;
}

static enum phase outcome_phase(const char *outcome)
{
	if (streq(outcome, "done"))
		return PHASE_DONE;
	if (streq(outcome, "retry"))
		return PHASE_RETRY;
	return streq(outcome, "cancelled") ? PHASE_RUNNING : PHASE_FAILED;
}

static void fold_end(struct state *s, struct step_state *t, const struct doc *r)
{
	const struct doc *result = doc_get(r, "result"), *fault = doc_get(r, "fault");

	forget_outcome(t);
	t->phase = outcome_phase(doc_str(r, "outcome"));
	t->interrupted = t->cancelled = t->phase == PHASE_RUNNING;
	if (!t->cancelled)
		t->cuts = 0;
	t->ended_ms = s->boot_last_ms;
	t->retry_ms = (uint64_t)doc_integer(r, "retry", 0);
	/* A pause counts: a step's share is time that passes, not time that it is busy. */
	t->spent_ms += (uint64_t)doc_integer(r, "ms", 0) + t->retry_ms;
	t->seq = s->seq;
	if (t->phase == PHASE_DONE) {
		t->result = result ? doc_copy(result) : doc_object();
		t->attempts = 0;
	}
	if (t->phase == PHASE_FAILED || t->phase == PHASE_RETRY)
		t->fault = fault_from_doc(fault);
	s->crashes = 0;
}

static struct fault *fold_step(struct state *s, const struct doc *r, bool begin)
{
	const char *name = doc_str(r, "step"), *key = doc_str(r, "key");
	int i = state_index(s, name);
	struct step_state *t;

	if (!name || !key)
		return fault_new("history.record", "a step record without step or key");
	if (i < 0)
		return NULL;
	t = &s->step[i];
	t->cuts += begin && state_was_cut(t, s->boot);
	if (begin && (t->phase == PHASE_DONE || !streq(t->boot, s->boot)))
		t->spent_ms = 0;
	copy_text(t->boot, sizeof(t->boot), s->boot);
	copy_text(t->run, sizeof(t->run), s->run);
	copy_text(t->key, sizeof(t->key), key);
	if (begin)
		fold_begin(s, t, r);
	else
		fold_end(s, t, r);
	return NULL;
}

static struct fault *fold_verdict(struct state *s, const struct doc *r)
{
	interrupt_running(s);
	doc_free(s->verdict);
	s->verdict = doc_copy(r);
	copy_text(s->verdict_boot, sizeof(s->verdict_boot), s->boot);
	s->supervised = false;
	if (streq(doc_str(r, "state"), "UnschedulablePendingReboot"))
		s->reboots++;
	if (doc_integer(r, "exit", 0) == fault_class_exit(CLASS_HW_REBOOT))
		s->hw_reboots++;
	return NULL;
}

static struct fault *fold_reset(struct state *s, const struct doc *r)
{
	const char *name = doc_str(r, "step");

	for (size_t i = 0; i < s->n; i++) {
		if (name && !streq(name, s->steps[i].name))
			continue;
		forget_outcome(&s->step[i]);
		s->step[i] = (struct step_state){ .phase = PHASE_WAITING };
		s->named = s->named && i > 0;
	}
	/* What asked for the reboot is to run again without it. */
	if (streq(doc_str(s->verdict, "state"), "UnschedulablePendingReboot"))
		s->verdict_boot[0] = '\0';
	return NULL;
}

/* Time of a run is counted per boot: boottime starts again at each. Within one it goes back only
 * where the disk has come back from later hours of the machine (a snapshot): what counted from
 * moments in the future would never end. */
static void fold_moment(struct state *s, const char *boot, uint64_t at)
{
	bool back = streq(s->boot, boot) && at < s->boot_last_ms;

	if (back || !streq(s->boot, boot)) {
		interrupt_running(s);
		s->earlier_ms += s->boot_last_ms - s->boot_first_ms;
		s->boot_first_ms = s->boot_last_ms = at;
	}
	for (size_t i = 0; back && i < s->n; i++)
		s->step[i].ended_ms = MIN(s->step[i].ended_ms, at); /* its pause begins now */
	if (!streq(s->boot, boot)) {
		s->named = false; /* the disk may be in another machine now */
		copy_text(s->boot, sizeof(s->boot), boot);
	}
	s->boot_last_ms = MAX(s->boot_last_ms, at);
}

struct fault *state_fold(struct state *s, const struct doc *r)
{
	const char *kind = doc_str(r, "t"), *boot = doc_str(r, "boot"), *run = doc_str(r, "run");
	int64_t at = doc_integer(r, "at", -1);

	if (!kind || !boot || at < 0)
		return fault_new("history.record", "record %llu has no kind, boot or time",
				 (unsigned long long)s->seq + 1);
	s->seq++;
	fold_moment(s, boot, (uint64_t)at);
	if (streq(kind, "run"))
		return run ? fold_run(s, r, run)
			   : fault_new("history.record", "a run record without its id");
	if (streq(kind, "start"))
		return fold_start(s);
	if (streq(kind, "plan"))
		return fold_plan(s, r);
	if (streq(kind, "instance"))
		return fold_instance(s, r);
	if (streq(kind, "begin") || streq(kind, "end"))
		return fold_step(s, r, streq(kind, "begin"));
	if (streq(kind, "verdict"))
		return fold_verdict(s, r);
	if (streq(kind, "reset"))
		return fold_reset(s, r);
	if (streq(kind, "stop")) {
		interrupt_running(s);
		s->supervised = false;
	}
	return NULL;
}
