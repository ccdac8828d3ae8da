/* SPDX-License-Identifier: Apache-2.0 */
/* The machine of the model: power, clock, hardware, systemd, the operator. What may happen next,
 * and what happens then. */
#include <stdio.h>
#include <string.h>

#include "lifecycle/engine/history.h"
#include "lifecycle/engine/situation.h"
#include "tests/fault/model.h"

const char *const verdict_words[N_VERDICTS] = {
	[VERDICT_SCHEDULABLE] = "Schedulable",
	[VERDICT_REBOOT] = "UnschedulablePendingReboot",
	[VERDICT_REPLACE] = "UnschedulablePendingReplacement",
	[VERDICT_UNSCHEDULABLE] = "Unschedulable",
};

enum verdict_word verdict_word(const char *state)
{
	for (int i = 1; i < N_VERDICTS; i++)
		if (streq(state, verdict_words[i]))
			return (enum verdict_word)i;
	return VERDICT_NONE;
}

uint64_t scene_no_time(const struct config *c)
{
	(void)c;
	return 0; /* machine_situation() has the scene's */
}

static const char *moot(const struct doc *result)
{
	return doc_boolean(result, "moot", false) ? "there is nothing to do" : NULL;
}

struct step scene_step(const struct step *real)
{
	struct step s = *real;

	s.skip = NULL;
	s.moot = s.moot ? moot : NULL;
	s.timeout = scene_no_time;
	return s;
}

static size_t index_of(const struct scene *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (streq(s->steps[i].name, name))
			return i;
	die(name);
}

static void link_steps(struct scene *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct step *step = &s->steps[i];

		for (const char *const *need = step->needs; need && *need; need++)
			s->needs[i] |= 1u << index_of(s, *need);
		if (s->needs[i] >> i)
			die("a step stands in the table before one that it needs");
		s->below[i] = s->needs[i];
		for (size_t j = 0; j < i; j++)
			s->below[i] |= s->needs[i] & (1u << j) ? s->below[j] : 0;
		if (step->moot)
			s->moot_by[i] = (uint8_t)index_of(s, step->moot_by);
		if (step->closing)
			s->closing_needs[i] = (uint8_t)index_of(s, step->closing_needs);
	}
}

/* The real situation_make() digests the keys, once for each identity and configuration. */
void scene_prepare(struct scene *s)
{
	char first[] = "i-1", second[] = "i-2", *const ids[] = { NULL, first, second };
	struct engine_limits limits = { .budget_ms = 1 };

	link_steps(s);
	for (size_t e = 0; e < N_EDITS; e++) {
		_cleanup_doc_ struct doc *config = doc_object();
		struct doc *top = doc_set(config, "lifecycle", doc_object());

		doc_set_string(top, "source", e ? "after" : "before");
		for (size_t i = 0; i <= N_INSTANCES; i++) {
			struct state st = { .steps = s->steps, .n = s->n, .instance = ids[i] };
			struct situation t;

			situation_make(&(struct situation_facts){ .state = &st,
								  .config_doc = config,
								  .limits = &limits,
								  .boot = "" },
				       &t);
			memcpy(s->key[i][e], t.key, sizeof(t.key));
		}
	}
}

const char *machine_id(const struct machine *m)
{
	return m->instance == 1 ? "i-1" : "i-2";
}

/* The end of situation_make(): what an answer of this boot, given with these inputs, makes moot. */
static const char *moot_now(const struct machine *m, const struct situation *t, size_t i)
{
	const struct step *step = &m->scene->steps[i];
	int by = step->moot ? state_index(&m->disk, step->moot_by) : -1;

	if (by < 0 || !streq(m->disk.step[by].key, t->key[by]))
		return NULL;
	return state_moot(&m->disk, i, m->boot);
}

void machine_situation(const struct machine *m, struct situation *t)
{
	const struct scene *s = m->scene;
	int known = !m->disk.instance ? 0 : streq(m->disk.instance, "i-1") ? 1 : 2;
	uint32_t skip = m->configured ? s->skip : s->skip_before;

	*t = (struct situation){ .state = &m->disk,
				 .now_ms = m->now_ms,
				 .max_reboots = s->reboots,
				 .max_crashes = s->crashes };
	t->budget_ms = s->budget ? (uint64_t)s->budget * TICK_MS : NO_DEADLINE;
	memcpy(t->boot, m->boot, sizeof(t->boot));
	memcpy(t->key, s->key[known][m->edit], sizeof(t->key));
	for (size_t i = 0; i < s->n; i++) {
		t->timeout_ms[i] = (uint64_t)s->timeout * TICK_MS;
		if (s->steps[i].closing)
			t->timeout_ms[i] = MIN(t->timeout_ms[i], t->budget_ms);
		t->skip[i] = skip & (1u << i) ? "does not apply" : moot_now(m, t, i);
		t->running |= m->job[i].runs ? 1u << i : 0;
	}
}

static void new_boot(struct machine *m)
{
	(void)snprintf(m->boot, sizeof(m->boot), "boot-%u", ++m->boots);
	m->now_ms = TICK_MS;
	m->ticked = m->counted = false;
	memset(m->job, 0, sizeof(m->job));
	m->written = m->continues = m->same_boot = m->configured = m->stopping = false;
	m->at = AT_TAKE_UP; /* the unit is enabled */
	m->gone = GONE_NOT;
	truth_boot(m);
}

void machine_init(struct machine *m, const struct scene *scene)
{
	*m = (struct machine){ .scene = scene,
			       .instance = 1,
			       .blows = (uint8_t)scene->blows,
			       .wishes = (uint8_t)scene->wishes,
			       .moves = (uint8_t)scene->moves };
	state_init(&m->disk, scene->steps, scene->n);
	new_boot(m);
}

void machine_done(struct machine *m)
{
	state_done(&m->disk);
}

bool machine_is_final(const struct machine *m)
{
	enum verdict_word v = verdict_word(doc_str(m->disk.verdict, "state"));

	if (m->at != AT_DOWN)
		return false;
	/* Broken: said in status.json and by the exit code. Stopped: somebody wanted it so. */
	return m->gone == GONE_BROKEN || m->gone == GONE_STOPPED ||
	       (m->gone == GONE_VERDICT && v != VERDICT_REBOOT);
}

static bool any_job(const struct machine *m)
{
	for (size_t i = 0; i < m->scene->n; i++)
		if (m->job[i].runs)
			return true;
	return false;
}

struct list {
	struct choice *to;
	size_t n;
};

static void offer(struct list *l, enum act act, size_t step, enum outcome o, enum fairness f)
{
	if (l->n == CHOICES_MAX)
		die("too many choices");
	l->to[l->n++] = (struct choice){ (uint8_t)act, (uint8_t)step, (uint8_t)o, (uint8_t)f };
}

static bool has_counted_enough(const struct machine *m)
{
	struct situation t;
	struct decision d;

	if (m->disk.crashes <= m->scene->crashes)
		return false;
	machine_situation(m, &t);
	d = decide(&t);
	return d.move == MOVE_VERDICT || streq(d.own_fault, "engine.crash_loop");
}

/* A supervisor that is killed before its first record, every time and for ever, leaves nothing to
 * count; one that has counted enough has but its verdict to write: it gets so far in the end. And
 * power does not go in no time, for ever, just where no step runs. */
static enum fairness of_blow(const struct machine *m, bool power)
{
	enum verdict_word v = verdict_word(doc_str(m->disk.verdict, "state"));

	if (m->at == AT_DOWN || (v != VERDICT_NONE && v != VERDICT_REBOOT))
		return SELDOM; /* there is an end, and it is durable */
	if (power && !any_job(m) && !m->counted)
		return SELDOM;
	return m->written && !has_counted_enough(m) ? HOSTILE : SELDOM;
}

static void offer_blows(const struct machine *m, struct list *l, bool writes)
{
	bool up = m->at != AT_DOWN;

	if (!m->blows)
		return;
	if (writes)
		offer(l, ACT_NO_WRITE, 0, 0, SELDOM);
	if (up)
		offer(l, ACT_KILL, 0, 0, of_blow(m, false));
	if (up || m->gone == GONE_KILLED)
		offer(l, ACT_CUT, 0, 0, of_blow(m, true));
}

static void offer_moves(const struct machine *m, struct list *l)
{
	if (!m->moves)
		return;
	offer(l, ACT_MOVE, 0, 0, SELDOM);
	offer(l, ACT_COPY, 0, 0, SELDOM);
}

static void offer_wishes(const struct machine *m, struct list *l)
{
	if (!m->wishes)
		return;
	if (m->at == AT_LOOP && !m->stopping)
		offer(l, ACT_STOP, 0, 0, SELDOM);
	if (m->at != AT_DOWN)
		return;
	offer(l, ACT_BOOT, 0, 0, SELDOM);
	offer(l, ACT_RESET_ALL, 0, 0, SELDOM);
	offer(l, ACT_EDIT, 0, 0, SELDOM);
	if (m->gone != GONE_KILLED)
		offer(l, ACT_START, 0, 0, SELDOM);
	for (size_t i = 0; i < m->scene->n; i++)
		if (!(m->scene->skip & (1u << i)))
			offer(l, ACT_RESET, i, 0, SELDOM);
}

static void offer_ends(const struct machine *m, size_t i, struct list *l, bool *ret_tick)
{
	const struct job_model *j = &m->job[i];

	if (!j->runs)
		return;
	if (j->cancelled || j->deadline_ms <= m->now_ms)
		*ret_tick = false;
	if (j->cancelled) {
		offer(l, ACT_END, i, OUT_SERVICE, FAIR);
		offer(l, ACT_END, i, OUT_DONE, FAIR);
		return;
	}
	if (j->deadline_ms <= m->now_ms)
		offer(l, ACT_END, i, OUT_TIMEOUT, FAIR);
	for (unsigned o = OUT_DONE; o < OUT_TIMEOUT; o++)
		if (m->scene->outcomes[i] & ONLY(o))
			offer(l, ACT_END, i, (enum outcome)o, FAIR);
}

/* All waits: for steps, for the clock, or (then it is limbo) for nothing. */
static void offer_world(struct machine *m, struct list *l)
{
	struct situation t;
	struct decision d;
	bool tick = true;

	for (size_t i = 0; i < m->scene->n; i++)
		offer_ends(m, i, l, &tick);
	if (m->blows && !m->stopping) /* for ever only when it takes its time */
		offer(l, ACT_CLEAN_REBOOT, 0, 0, m->ticked ? HOSTILE : SELDOM);
	if (m->stopping)
		return;
	machine_situation(m, &t);
	d = decide(&t);
	if (!t.running && d.wake_ms == NO_DEADLINE)
		broken(m, P_LIMBO, "it waits for nothing");
	if (d.wake_ms <= m->now_ms)
		broken(m, P_LIMBO, "it wakes all the time");
	if (tick && (t.running || d.wake_ms != NO_DEADLINE))
		offer(l, ACT_TICK, 0, 0, FAIR);
}

size_t machine_choices(struct machine *m, struct choice ret[CHOICES_MAX])
{
	struct list l = { .to = ret };
	bool writes = false;

	if (engine_pending(m, &writes))
		offer(&l, ACT_ENGINE, 0, 0, FAIR);
	else if (m->at == AT_LOOP)
		offer_world(m, &l);
	else if (m->gone == GONE_KILLED)
		offer(&l, ACT_RESTART, 0, 0, FAIR);
	else if (!machine_is_final(m))
		offer(&l, ACT_REBOOT, 0, 0, FAIR);
	offer_blows(m, &l, writes);
	offer_moves(m, &l);
	offer_wishes(m, &l);
	return l.n;
}

static void go_down(struct machine *m, enum gone gone)
{
	memset(m->job, 0, sizeof(m->job)); /* the next start sweeps what is left of them */
	m->written = m->continues = m->same_boot = m->configured = m->stopping = false;
	m->at = AT_DOWN;
	m->gone = gone;
}

static void reset(struct machine *m, int only)
{
	struct doc *r = history_record("reset");

	for (size_t i = 0; i < m->scene->n; i++)
		if (only < 0 || (size_t)only == i)
			truth_reset(m, i);
	if (only >= 0)
		doc_set_string(r, "step", m->scene->steps[only].name);
	append(m, r);
	m->written = false;
	m->reset = m->excused = true;
}

/* stop and start on other hardware; or its disk, copied, in another instance */
static void move(struct machine *m, bool copy)
{
	m->hardware ^= 1;
	if (copy)
		m->instance = m->instance == 1 ? 2 : 1;
	new_boot(m);
}

static const char *const act_words[] = {
	[ACT_NO_WRITE] = "the disk takes no write: it ends, and status.json says why",
	[ACT_KILL] = "the supervisor is killed",
	[ACT_CUT] = "power cut",
	[ACT_TICK] = "time passes",
	[ACT_RESTART] = "systemd starts it again",
	[ACT_REBOOT] = "the machine reboots, as the verdict asks",
	[ACT_CLEAN_REBOOT] = "something on the machine says reboot",
	[ACT_STOP] = "systemctl stop",
	[ACT_START] = "systemctl start",
	[ACT_BOOT] = "the operator reboots",
	[ACT_RESET] = "muster reset STEP",
	[ACT_RESET_ALL] = "muster reset",
	[ACT_EDIT] = "lifecycle.source is edited",
	[ACT_MOVE] = "stopped, and started on other hardware",
	[ACT_COPY] = "the disk's image is started as another instance",
};

static void pay(struct machine *m, enum act act)
{
	uint8_t *from = act == ACT_NO_WRITE || act == ACT_KILL || act == ACT_CUT ||
					act == ACT_CLEAN_REBOOT ? &m->blows
			: act >= ACT_STOP && act <= ACT_EDIT	? &m->wishes
			: act >= ACT_MOVE			? &m->moves
								: NULL;

	if (from && *from != UNBOUNDED)
		--*from;
}

static void clean_reboot(struct machine *m)
{
	m->stopping = true;
	for (bool writes; engine_pending(m, &writes);)
		engine_act(m);
	for (size_t i = 0; i < m->scene->n; i++)
		if (m->job[i].runs)
			engine_end(m, i, OUT_SERVICE);
	while (m->at != AT_DOWN)
		engine_act(m);
	new_boot(m);
}

void machine_do(struct machine *m, struct choice c)
{
	if (m->trace && act_words[c.act])
		buf_addf(m->trace, "# -- %s\n", act_words[c.act]);
	pay(m, c.act);
	switch ((enum act)c.act) {
	case ACT_ENGINE:
		engine_act(m);
		break;
	case ACT_END:
		engine_end(m, c.step, (enum outcome)c.outcome);
		break;
	case ACT_NO_WRITE:
		go_down(m, GONE_BROKEN);
		break;
	case ACT_KILL:
		go_down(m, GONE_KILLED);
		break;
	case ACT_TICK:
		m->now_ms += TICK_MS;
		m->ticked = true;
		break;
	case ACT_RESTART:
	case ACT_START:
		m->at = AT_TAKE_UP;
		m->gone = GONE_NOT;
		break;
	case ACT_REBOOT:
	case ACT_CUT:
	case ACT_BOOT:
		new_boot(m);
		break;
	case ACT_CLEAN_REBOOT:
		clean_reboot(m);
		break;
	case ACT_STOP:
		m->stopping = true;
		break;
	case ACT_RESET:
		reset(m, c.step);
		break;
	case ACT_RESET_ALL:
		reset(m, -1);
		break;
	case ACT_EDIT:
		m->edit ^= 1;
		break;
	default:
		move(m, c.act == ACT_COPY);
		break;
	}
}
