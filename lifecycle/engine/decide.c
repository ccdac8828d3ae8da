/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/engine/decide.h"

#include <string.h>

#define PENDING_REBOOT "UnschedulablePendingReboot"
#define BIT(i) (UINT32_C(1) << (i))

static const struct step_state *past(const struct situation *t, size_t i)
{
	return &t->state->step[i];
}

static bool sticky(enum fault_class class)
{
	return class == CLASS_SCRIPT || class == CLASS_INSTALLER;
}

static enum fault_class class_of(const struct step_state *s)
{
	return s->fault ? fault_lookup(s->fault->id)->class : CLASS_BUG;
}

/* Whether an END of what step `at` needs came after that of step i. A need that does not apply
 * stands for its own needs. */
static bool newer_below(const struct situation *t, size_t at, size_t i)
{
	const struct step *steps = t->state->steps;

	for (const char *const *need = steps[at].needs; need && *need; need++) {
		int j = state_index(t->state, *need);

		if (j < 0)
			continue;
		if (t->skip[j] && newer_below(t, (size_t)j, i))
			return true;
		if (t->skip[j] ||
		    (steps[i].scope == SCOPE_INSTANCE && steps[j].scope == SCOPE_BOOT))
			continue;
		if (past(t, (size_t)j)->seq > past(t, i)->seq)
			return true;
	}
	return false;
}

static bool ended_well(const struct situation *t, size_t i)
{
	const struct step_state *s = past(t, i);

	if (s->phase != PHASE_DONE || !streq(s->key, t->key[i]))
		return false;
	if (t->state->steps[i].scope == SCOPE_BOOT && !streq(s->boot, t->boot))
		return false;
	/* What was reported at the end of another run may have been that run's failure. */
	return !t->state->steps[i].closing || streq(s->run, t->state->run);
}

/* An END stands only while nothing it was built on has ended after it. */
static bool counts_as_done(const struct situation *t, size_t i)
{
	return ended_well(t, i) && !newer_below(t, i, i);
}

/* In this run and boot. */
static bool tried(const struct situation *t, size_t i)
{
	return streq(past(t, i)->run, t->state->run) && streq(past(t, i)->boot, t->boot);
}

static bool counts_as_failed(const struct situation *t, size_t i)
{
	const struct step_state *s = past(t, i);

	if (s->phase != PHASE_FAILED)
		return false;
	if (sticky(class_of(s)))
		return streq(s->key, t->key[i]);
	return tried(t, i);
}

/* All the way down: what is done carries nothing while what it stands on has to run again, and
 * what does not apply hides nothing below it. */
static bool needs_met(const struct situation *t, size_t i)
{
	for (const char *const *need = t->state->steps[i].needs; need && *need; need++) {
		int j = state_index(t->state, *need);

		if (j < 0)
			continue;
		if (!t->skip[j] && !counts_as_done(t, (size_t)j))
			return false;
		if (t->running & BIT(j) || !needs_met(t, (size_t)j))
			return false;
	}
	return true;
}

static uint64_t retry_at(const struct situation *t, size_t i)
{
	const struct step_state *s = past(t, i);

	if (s->phase != PHASE_RETRY || !tried(t, i))
		return 0;
	return s->ended_ms + s->retry_ms;
}

uint64_t decide_left_ms(const struct situation *t, size_t i)
{
	bool counts = tried(t, i) && past(t, i)->phase != PHASE_DONE;
	uint64_t spent = counts ? past(t, i)->spent_ms : 0;

	if (t->timeout_ms[i] == NO_DEADLINE)
		return NO_DEADLINE;
	return spent < t->timeout_ms[i] ? t->timeout_ms[i] - spent : 0;
}

enum standing decide_standing(const struct situation *t, size_t i)
{
	if (t->skip[i])
		return STANDING_SKIPPED;
	if (t->running & BIT(i))
		return STANDING_RUNNING;
	if (counts_as_done(t, i))
		return STANDING_DONE;
	if (counts_as_failed(t, i) || decide_left_ms(t, i) == 0)
		return STANDING_FAILED;
	if (!needs_met(t, i))
		return STANDING_BLOCKED;
	return retry_at(t, i) > t->now_ms ? STANDING_LATER : STANDING_READY;
}

const char *decide_reason(const struct situation *t, size_t i)
{
	const struct step_state *s = past(t, i);
	bool instance = t->state->steps[i].scope == SCOPE_INSTANCE;

	switch (decide_standing(t, i)) {
	case STANDING_SKIPPED:
		return t->skip[i];
	case STANDING_DONE:
		return instance ? "done for this instance" : "done in this boot";
	case STANDING_FAILED:
		return s->phase == PHASE_FAILED ? "failed; stays so until reset or changed inputs"
						: "its share of the time is used up";
	case STANDING_RUNNING:
		return "running";
	case STANDING_LATER:
		return "pauses before the next attempt";
	default:
		break;
	}
	if (s->phase == PHASE_WAITING)
		return "never ran here";
	if (s->phase == PHASE_RUNNING)
		return "was interrupted";
	if (!streq(s->key, t->key[i]))
		return instance ? "another instance or changed inputs" : "changed inputs";
	if (!instance && !streq(s->boot, t->boot))
		return "every boot";
	return s->phase == PHASE_DONE ? "what it needs ran again" : "failed before";
}

/* Which of two faults decides: evidence about hardware first, then what waits for a reboot, then
 * what a person must mend, last what may mend itself. */
static int weight(enum fault_class class)
{
	static const int weights[] = {
		[CLASS_HW_REPLACE] = 9, [CLASS_HW_REBOOT] = 8, [CLASS_REBOOT] = 7,
		[CLASS_BUG] = 6,	[CLASS_CONFIG] = 5,    [CLASS_SCRIPT] = 4,
		[CLASS_INSTALLER] = 3,	[CLASS_SERVICE] = 2,   [CLASS_UNCHECKED] = 1,
		[CLASS_USAGE] = 1, /* of no step */
	};
	return weights[class];
}

static const char *state_of(enum fault_class class)
{
	if (class == CLASS_HW_REPLACE)
		return "UnschedulablePendingReplacement";
	if (class == CLASS_HW_REBOOT || class == CLASS_REBOOT)
		return PENDING_REBOOT;
	return "Unschedulable";
}

/* A step whose time is used up without a fault of its own: its class is its timeout fault's. */
static enum fault_class failure_class(const struct situation *t, size_t i)
{
	const struct step_state *s = past(t, i);

	if (s->fault && streq(s->run, t->state->run))
		return class_of(s);
	if (s->fault && s->phase == PHASE_FAILED)
		return class_of(s);
	return fault_lookup(t->state->steps[i].timeout_fault)->class;
}

static void settle(const struct situation *t, struct decision *d)
{
	int best = 0;
	enum fault_class class = CLASS_BUG;

	for (size_t i = 0; i < t->state->n; i++) {
		enum fault_class c;

		if (!(d->failed & BIT(i)))
			continue;
		c = failure_class(t, i);
		if (weight(c) > best) {
			best = weight(c);
			class = c;
		}
	}
	if (d->own_fault && weight(fault_lookup(d->own_fault)->class) >= best)
		class = fault_lookup(d->own_fault)->class;
	/* A reboot that did not help so often does not help: broken hardware, or a loop. */
	if (t->state->reboots >= t->max_reboots && streq(state_of(class), PENDING_REBOOT)) {
		d->own_fault = class == CLASS_HW_REBOOT && t->state->hw_reboots
				       ? "engine.reboot_no_help"
				       : "engine.reboot_loop";
		class = fault_lookup(d->own_fault)->class;
	}
	d->settled = true;
	d->exit = fault_class_exit(class);
	d->verdict = state_of(class);
}

static bool is_hardware(const struct situation *t, size_t i)
{
	enum fault_class c = failure_class(t, i);

	return c == CLASS_HW_REPLACE || c == CLASS_HW_REBOOT;
}

uint32_t decide_cut_too_often(const struct situation *t)
{
	size_t n = t->state->named ? t->state->n : 1;
	uint32_t often = 0;

	for (size_t i = 0; i < n; i++)
		if (!(t->running & BIT(i)) && state_was_cut(past(t, i), t->boot) &&
		    past(t, i)->cuts >= t->max_crashes)
			often |= BIT(i);
	return often;
}

/* What is left is to say that the node is good: the word has time of its own, or it would be
 * another one than what the next moment decides. */
static bool only_the_word_is_left(const struct situation *t)
{
	for (size_t i = 0; i < t->state->n; i++)
		if (!t->state->steps[i].closing && !t->skip[i] &&
		    (t->running & BIT(i) || !counts_as_done(t, i)))
			return false;
	return t->state->named;
}

static uint64_t budget_left(const struct situation *t)
{
	uint64_t used = state_elapsed_ms(t->state, t->boot, t->now_ms);

	if (t->budget_ms == NO_DEADLINE || only_the_word_is_left(t))
		return NO_DEADLINE;
	return t->budget_ms - MIN(t->budget_ms, used);
}

static const char *exhausted(const struct situation *t)
{
	const struct state *s = t->state;

	if (s->crashes > t->max_crashes || decide_cut_too_often(t))
		return "engine.crash_loop";
	return budget_left(t) == 0 ? "budget.exhausted" : NULL;
}

/* The closing step of a run that has failed: it still runs when the node is known to the cluster,
 * has not said this end yet, and has time left. */
static bool closing_may_run(const struct situation *t, size_t i)
{
	const struct step *step = &t->state->steps[i];
	int need = state_index(t->state, step->closing_needs);

	if (!step->closing || t->skip[i] || decide_left_ms(t, i) == 0)
		return false;
	/* Done, not standing: what failed below it may be the very thing to report. */
	if (need < 0 || t->skip[need] || !ended_well(t, (size_t)need))
		return false;
	return !counts_as_failed(t, i) && !counts_as_done(t, i);
}

static void close_run(const struct situation *t, struct decision *d)
{
	d->move = MOVE_VERDICT;
	for (size_t i = 0; i < t->state->n; i++) {
		if (!t->state->steps[i].closing)
			continue;
		if (t->running & BIT(i)) {
			d->move = MOVE_WAIT;
		} else if (!streq(d->own_fault, "engine.crash_loop") && closing_may_run(t, i)) {
			d->move = MOVE_WAIT;
			if (retry_at(t, i) > t->now_ms)
				d->wake_ms = MIN(d->wake_ms, retry_at(t, i));
			else
				d->start |= BIT(i);
		}
	}
}

static uint32_t closing_mask(const struct situation *t)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < t->state->n; i++)
		if (t->state->steps[i].closing)
			mask |= BIT(i);
	return mask;
}

/* After a failure nothing new starts. What runs may end by itself, within its deadline, so that no
 * script is cut in half for another step's fault; a hard fault of the hardware waits for nobody. */
static void wind_down(const struct situation *t, struct decision *d)
{
	uint32_t others = t->running & ~closing_mask(t);

	d->start = 0;
	if (d->own_fault)
		d->wake_ms = NO_DEADLINE; /* there is nothing more to look for */
	settle(t, d);
	for (size_t i = 0; i < t->state->n; i++)
		if (exhausted(t) || (d->failed & BIT(i) && is_hardware(t, i)))
			d->cancel = others;
	if (others) {
		d->move = MOVE_WAIT;
		return;
	}
	close_run(t, d);
}

struct decision decide(const struct situation *t)
{
	struct decision d = { .move = MOVE_WAIT, .wake_ms = NO_DEADLINE };
	size_t finished = 0, n = t->state->named ? t->state->n : 1;

	d.own_fault = exhausted(t);
	if (budget_left(t) != NO_DEADLINE)
		d.wake_ms = t->now_ms + budget_left(t);
	for (size_t i = 0; i < n; i++) { /* before it is named, identify alone */
		enum standing standing = decide_standing(t, i);

		finished += standing == STANDING_DONE || standing == STANDING_SKIPPED;
		if (standing == STANDING_FAILED)
			d.failed |= BIT(i);
		if (standing == STANDING_LATER)
			d.wake_ms = MIN(d.wake_ms, retry_at(t, i));
		if (standing == STANDING_READY)
			d.start |= BIT(i);
	}
	/* First of all: there is nothing left to run out of, and the cluster has been told so. */
	if (t->state->named && finished == t->state->n) {
		d.own_fault = NULL;
		d.settled = true;
		d.move = MOVE_VERDICT;
		d.verdict = "Schedulable";
	} else if (d.failed || d.own_fault) {
		wind_down(t, &d);
	} else if (!t->state->named && counts_as_done(t, 0)) {
		d.move = MOVE_NAME_INSTANCE;
	}
	return d;
}
