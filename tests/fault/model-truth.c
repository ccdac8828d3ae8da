/* SPDX-License-Identifier: Apache-2.0 */
/* The properties. They are judged by what happened, which is kept here in a form of its own, and
 * not by the fold. */
#include "tests/fault/model.h"

const char *const property_names[N_PROPERTIES] = {
	[P_TOTAL] = "decide is total, deterministic and well formed",
	[P_LIMBO] = "no limbo: an end is always reached",
	[P_ONCE] = "what has an END does not run again, attempts count up",
	[P_HARDWARE] = "replacement by evidence of this hardware alone",
	[P_ORDER] = "each step, and Schedulable, only on what is done",
	[P_BUDGET] = "time and counts are bounded and never given back",
	[P_WORD] = "the cluster is told the verdict",
	[P_ABSTRACT] = "what the model forgets makes no difference",
};

void broken(struct machine *m, enum property p, const char *how)
{
	if (m->how)
		return; /* the first is the one to mend */
	m->broken = p;
	m->how = how;
}

static uint8_t here(const struct machine *m)
{
	return (uint8_t)(m->hardware + 1);
}

bool truth_applies(const struct machine *m, size_t i)
{
	const struct step *step = &m->scene->steps[i];
	size_t by;

	if (m->scene->skip & (1u << i))
		return false;
	if (!step->moot)
		return true;
	by = m->scene->moot_by[i];
	return !(m->truth[by].moot && truth_ended_well(m, by));
}

/* What a step is built on: its needs, and for those that do not apply, theirs. */
uint32_t truth_needs(const struct machine *m, size_t i)
{
	uint32_t all = 0;

	for (size_t j = 0; j < i; j++)
		if (m->scene->needs[i] & (1u << j))
			all |= truth_applies(m, j) ? 1u << j : truth_needs(m, j);
	return all;
}

static const char *key_of(const struct machine *m, size_t i, uint8_t instance, uint8_t edit)
{
	return m->scene->key[instance][edit][i];
}

static bool same_key(const struct machine *m, size_t i)
{
	const struct truth *t = &m->truth[i];

	return streq(key_of(m, i, t->instance, t->edit), key_of(m, i, m->instance, m->edit));
}

bool truth_ended_well(const struct machine *m, size_t i)
{
	const struct step *step = &m->scene->steps[i];
	const struct truth *t = &m->truth[i];

	return t->done && same_key(m, i) && (step->scope == SCOPE_INSTANCE || t->in_boot) &&
	       (!step->closing || t->in_run);
}

bool truth_stands(const struct machine *m, size_t i)
{
	return truth_ended_well(m, i) && !m->truth[i].shaken;
}

/* All that a step is built on, down to the first. */
static uint32_t all_below(const struct machine *m, size_t i)
{
	uint32_t all = truth_needs(m, i);

	for (size_t j = 0; j < i; j++)
		if (all & (1u << j))
			all |= all_below(m, j);
	return all;
}

static bool all_stand(const struct machine *m, uint32_t mask)
{
	for (size_t i = 0; i < m->scene->n; i++)
		if (mask & (1u << i) && !truth_stands(m, i))
			return false;
	return true;
}

static uint32_t everything(const struct machine *m, bool closing)
{
	uint32_t all = 0;

	for (size_t i = 0; i < m->scene->n; i++)
		if (truth_applies(m, i) && (closing || !m->scene->steps[i].closing))
			all |= 1u << i;
	return all;
}

static void begin_closing(struct machine *m, size_t i, const struct decision *d)
{
	size_t need = m->scene->closing_needs[i];

	m->telling = d->settled ? (uint8_t)verdict_word(d->verdict) : VERDICT_SCHEDULABLE;
	m->told = VERDICT_NONE;
	if (d->settled ? !truth_ended_well(m, need) : !all_stand(m, everything(m, false)))
		broken(m, P_WORD, "the closing step speaks before there is something to say");
}

static bool named_here(const struct machine *m)
{
	return streq(m->disk.named_boot, m->boot) && streq(m->disk.instance, machine_id(m));
}

void truth_begin(struct machine *m, size_t i, unsigned attempt, const struct decision *d)
{
	struct truth *t = &m->truth[i];
	if (truth_stands(m, i))
		broken(m, P_ONCE, "what is done in its scope runs again");
	if (t->stuck && same_key(m, i))
		broken(m, P_ONCE, "a script that has failed runs again, and nobody asked");
	if (attempt != t->begins + 1u)
		broken(m, P_ONCE, "the attempt's number is not one more");
	if (i > 0 && !(m->scene->steps[i].closing && d->settled ? named_here(m)
								: m->disk.named && named_here(m)))
		broken(m, P_ORDER, "it begins before it is known whose machine this is");
	if (m->scene->steps[i].closing)
		begin_closing(m, i, d);
	else if (d->settled || !all_stand(m, all_below(m, i)))
		broken(m, P_ORDER, "it begins before what it needs is done");
	if (!truth_applies(m, i))
		broken(m, P_ORDER, "a step that does not apply runs");
	t->done = t->stuck = t->shaken = false;
	t->begins++;
}

/* What was built on this step's last END has to be built anew. */
static void shake(struct machine *m, size_t i)
{
	for (size_t k = 0; k < m->scene->n; k++) {
		bool across = m->scene->steps[k].scope == SCOPE_INSTANCE &&
			      m->scene->steps[i].scope == SCOPE_BOOT;

		if (truth_needs(m, k) & (1u << i) && !across)
			m->truth[k].shaken = true;
	}
}

void truth_end(struct machine *m, size_t i, enum outcome o, bool failed)
{
	struct truth *t = &m->truth[i];

	shake(m, i);
	t->done = o == OUT_DONE || o == OUT_MOOT;
	t->moot = o == OUT_MOOT;
	t->shaken = false;
	t->in_boot = t->in_run = true;
	t->stuck = failed && o == OUT_SCRIPT;
	t->instance = m->instance;
	t->edit = m->edit;
	if (t->done)
		t->begins = 0;
	if (m->scene->steps[i].closing && t->done)
		m->told = m->telling;
	if (o == OUT_HW_REPLACE && failed)
		m->evidence = here(m);
	m->wants_reboot_hw = m->wants_reboot_hw || (o == OUT_HW_REBOOT && failed);
}

static void must_be_told(struct machine *m, const struct decision *d)
{
	struct situation s;

	machine_situation(m, &s);
	for (size_t i = 0; i < m->scene->n; i++) {
		size_t since = m->scene->closing_needs[i];

		if (!m->scene->steps[i].closing || !truth_applies(m, i) ||
		    streq(d->own_fault, "engine.crash_loop") || !truth_applies(m, since) ||
		    !truth_ended_well(m, since))
			continue;
		if (decide_left_ms(&s, i) > 0 && m->disk.step[i].phase != PHASE_FAILED &&
		    m->told == VERDICT_NONE)
			broken(m, P_WORD, "the node is in the cluster, which is told nothing");
	}
}

void truth_verdict(struct machine *m, const struct decision *d, const struct doc *v)
{
	enum verdict_word word = verdict_word(d->verdict);
	const struct doc *faults = doc_get(v, "faults");

	if (word == VERDICT_NONE || (word == VERDICT_SCHEDULABLE) != (d->exit == 0))
		broken(m, P_LIMBO, "the verdict is none of the allowed set");
	if (word != VERDICT_SCHEDULABLE && (!faults || !faults->n_items))
		broken(m, P_LIMBO, "a verdict without a named fault");
	if (word == VERDICT_SCHEDULABLE && !all_stand(m, everything(m, true)))
		broken(m, P_ORDER, "Schedulable, but not everything is done in this boot");
	if (d->failed & ~1u && !named_here(m))
		broken(m, P_ORDER, "it judges before it is known whose machine this is");
	if (word == VERDICT_REPLACE && m->evidence != here(m) &&
	    !(m->wants_reboot_hw && m->rebooted_hw == here(m)))
		broken(m, P_HARDWARE, "replacement without evidence of this hardware");
	if (word == VERDICT_REBOOT && m->rebooted >= m->scene->reboots)
		broken(m, P_BUDGET, "one reboot more than there may be");
	if (!m->excused && m->told != VERDICT_NONE && m->told != word)
		broken(m, P_WORD, "the cluster was told another verdict");
	if (!m->excused && word != VERDICT_SCHEDULABLE)
		must_be_told(m, d);
	if (word == VERDICT_REBOOT) {
		m->rebooted++;
		m->rebooted_hw = m->wants_reboot_hw ? here(m) : m->rebooted_hw;
	}
}

static bool alike(const struct decision *a, const struct decision *b)
{
	return a->move == b->move && a->start == b->start && a->cancel == b->cancel &&
	       a->wake_ms == b->wake_ms && a->settled == b->settled && a->exit == b->exit &&
	       a->failed == b->failed && streq(a->verdict, b->verdict) &&
	       streq(a->own_fault, b->own_fault);
}

void truth_decision(struct machine *m, const struct situation *t, const struct decision *d)
{
	struct decision again = decide(t);

	if (!alike(d, &again))
		broken(m, P_TOTAL, "two answers to one question");
	if (d->start & t->running || d->cancel & ~t->running)
		broken(m, P_TOTAL, "it starts what runs, or cancels what does not");
	if (d->move == MOVE_VERDICT && (!d->settled || !d->verdict || t->running))
		broken(m, P_TOTAL, "a verdict that is none, or while steps run");
	for (size_t i = 0; i < m->scene->n; i++)
		if (decide_left_ms(t, i) > t->timeout_ms[i])
			broken(m, P_BUDGET, "a step has more time than its share");
}

void truth_boot(struct machine *m)
{
	for (size_t i = 0; i < m->scene->n; i++)
		m->truth[i].in_boot = false;
	m->told = m->telling = VERDICT_NONE;
	m->wants_reboot_hw = m->excused = false;
}

void truth_run(struct machine *m)
{
	for (size_t i = 0; i < m->scene->n; i++)
		m->truth[i].in_run = false;
	m->told = m->telling = VERDICT_NONE;
	m->evidence = m->rebooted_hw = 0;
	m->wants_reboot_hw = m->excused = false;
	m->rebooted = 0;
}

/* What was done as another instance, before this one was named, was not done here. */
void truth_instance(struct machine *m)
{
	for (size_t i = 1; i < m->scene->n; i++)
		truth_reset(m, i);
}

void truth_reset(struct machine *m, size_t i)
{
	m->truth[i] = (struct truth){ .in_boot = false };
}
