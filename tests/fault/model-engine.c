/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor of the model: which record comes next. It asks the real decide() and
 * trigger_decide(); the order of records is that of engine.c and job.c, whose functions are named
 * here. One call is one record, so that the machine can be cut between any two. */
#include <stdio.h>

#include "lifecycle/engine/history.h"
#include "lifecycle/engine/trigger.h"
#include "lifecycle/engine/verdict.h"
#include "tests/fault/model.h"

#define STEP_CRASHES 3 /* CRASHES_MAX of job.c */

const char *const outcome_faults[N_OUTCOMES] = {
	[OUT_CONFIG] = "host.disk_full",     [OUT_SERVICE] = "file.unreadable",
	[OUT_SCRIPT] = "script.failed",	     [OUT_REBOOT] = "installer.reboot",
	[OUT_HW_REBOOT] = "model.hw_reboot", [OUT_HW_REPLACE] = "hw.memory",
	[OUT_CRASH] = "engine.step_crashed",
};

/* No step has evidence yet that a reboot mends: a row of the model's own, so that these paths are
 * walked, too. Any other id is looked up in the real catalogue. */
const struct fault_row *__real_fault_lookup(const char *id);
const struct fault_row *__wrap_fault_lookup(const char *id);

const struct fault_row *__wrap_fault_lookup(const char *id)
{
	static const struct fault_row row = { "model.hw_reboot", CLASS_HW_REBOOT,
					      "stands for evidence that a reboot mends", "-" };

	return streq(id, row.id) ? &row : __real_fault_lookup(id);
}

static void note_record(struct machine *m, const struct doc *r)
{
	if (!m->trace)
		return;
	buf_adds(m->trace, "#   ");
	doc_write(r, DOC_COMPACT, m->trace);
	buf_addc(m->trace, '\n');
}

/* history_append() */
void append(struct machine *m, struct doc *record)
{
	_cleanup_doc_ struct doc *r = record;
	_cleanup_fault_ struct fault *f = NULL;
	uint64_t before = state_elapsed_ms(&m->disk, m->boot, m->now_ms);

	doc_set_string(r, "boot", m->boot);
	doc_set_int(r, "at", (int64_t)m->now_ms);
	doc_set_int(r, "time", 0);
	note_record(m, r);
	f = state_fold(&m->disk, r);
	m->written = true;
	m->counted = m->ticked;
	if (f)
		broken(m, P_TOTAL, "the fold refuses a record that the engine writes");
	if (!streq(doc_str(r, "t"), "run") &&
	    state_elapsed_ms(&m->disk, m->boot, m->now_ms) < before)
		broken(m, P_BUDGET, "a record gives back time that was used");
}

static struct doc *step_record(const char *kind, const struct machine *m, size_t i)
{
	struct doc *r = history_record(kind);

	doc_set_string(r, "step", m->scene->steps[i].name);
	return r;
}

static bool any_runs(const struct machine *m)
{
	for (size_t i = 0; i < m->scene->n; i++)
		if (m->job[i].runs)
			return true;
	return false;
}

static bool cancel(struct machine *m, uint32_t mask, bool act)
{
	bool any = false;

	for (size_t i = 0; i < m->scene->n; i++)
		if (mask & (1u << i) && m->job[i].runs && !m->job[i].cancelled) {
			any = true;
			m->job[i].cancelled |= act;
		}
	return any;
}

static void leave(struct machine *m, enum gone gone)
{
	m->at = AT_DOWN;
	m->gone = gone;
	m->written = m->continues = m->same_boot = m->configured = m->stopping = false;
}

static uint32_t skip_now(const struct machine *m)
{
	return m->configured ? m->scene->skip : m->scene->skip_before;
}

/* record_plan(): NULL when it says nothing new. */
static struct doc *plan_record(const struct machine *m, uint32_t skip)
{
	_cleanup_doc_ struct doc *r = history_record("plan");
	struct doc *why = doc_set(r, "skip", doc_object());
	uint64_t budget = (uint64_t)m->scene->budget * TICK_MS;
	bool same;

	budget = budget ? budget : INT64_MAX;
	same = m->disk.budget_ms == budget;
	doc_set_int(r, "budget", (int64_t)budget);
	for (size_t i = 0; i < m->scene->n; i++) {
		bool skipped = skip & (1u << i);

		same = same && skipped == (m->disk.skip[i] != NULL);
		doc_set_string(why, m->scene->steps[i].name, skipped ? "does not apply" : NULL);
	}
	return same ? NULL : TAKE_PTR(r);
}

/* take_up() */
static void take_up(struct machine *m)
{
	const struct state *d = &m->disk;
	bool pending = verdict_word(doc_str(d->verdict, "state")) == VERDICT_REBOOT &&
		       d->verdict_boot[0];

	m->same_boot = streq(d->named_boot, m->boot);
	m->continues = d->run[0] && (!d->verdict || pending);
	m->at = AT_START;
	if (pending && streq(d->verdict_boot, m->boot)) {
		if (m->reset)
			broken(m, P_LIMBO, "what was reset waits for a reboot that nobody makes");
		leave(m, GONE_VERDICT);
	}
}

static void begin_run(struct machine *m)
{
	struct doc *r = history_record("run");
	char id[KEY_MAX];

	(void)snprintf(id, sizeof(id), "run-%u", ++m->runs);
	doc_set_string(r, "run", id);
	truth_run(m);
	append(m, r);
}

static void record_start(struct machine *m)
{
	struct doc *r = history_record("start");

	doc_set_string(r, "run", m->disk.run);
	append(m, r);
	m->reset = false;
}

/* name_instance(), up to the instance record */
static struct trigger_decision name_it(const struct machine *m)
{
	const struct doc *identity = m->disk.step[0].result;

	return trigger_decide(&(struct trigger_facts){
		.last_instance = m->disk.instance,
		.last_hardware = m->disk.hardware,
		.instance = doc_str(identity, "instanceId"),
		.hardware = doc_str(identity, "hardware"),
		.continues = m->continues,
		.last = m->disk.trigger,
		.same_boot = m->same_boot,
	});
}

static void record_instance(struct machine *m)
{
	const struct doc *identity = m->disk.step[0].result;
	struct trigger_decision d = name_it(m);
	struct doc *r = history_record("instance");

	doc_set_string(r, "id", doc_str(identity, "instanceId"));
	doc_set_string(r, "hardware", doc_str(identity, "hardware"));
	doc_set_string(r, "trigger", trigger_names[d.trigger]);
	if (m->disk.instance && !streq(m->disk.instance, machine_id(m)))
		truth_instance(m);
	append(m, r);
}

/* job_start() */
static void begin(struct machine *m, const struct situation *t, const struct decision *d, size_t i)
{
	struct doc *r = step_record("begin", m, i);
	unsigned attempt = m->disk.step[i].attempts + 1;
	uint64_t left = decide_left_ms(t, i);

	m->job[i] = (struct job_model){ .runs = true, .begun_ms = m->now_ms,
					.deadline_ms = left == NO_DEADLINE ? NO_DEADLINE
									   : m->now_ms + left };
	doc_set_int(r, "attempt", attempt);
	doc_set_string(r, "key", t->key[i]);
	truth_begin(m, i, attempt, d);
	append(m, r);
}

/* plan_retry(): the pause is what is missing to a tick, so that time goes on. The real one draws a
 * shorter pause where little is left; with ticks, the step is given up there. */
static bool plan_retry(const struct machine *m, size_t i, enum outcome o, uint64_t ms,
		       struct doc *end)
{
	uint64_t pause = ms >= TICK_MS ? 0 : TICK_MS;
	bool crashed = o == OUT_CRASH && m->disk.step[i].run_attempts < STEP_CRASHES;
	struct situation t;
	uint64_t left;

	if (o != OUT_SERVICE && !crashed)
		return false;
	machine_situation(m, &t);
	left = decide_left_ms(&t, i);
	if (left != NO_DEADLINE && ms + pause >= left)
		return false;
	doc_set_int(end, "retry", (int64_t)pause);
	return true;
}

static struct doc *identity_of(const struct machine *m)
{
	struct doc *d = doc_object();

	doc_set_string(d, "instanceId", machine_id(m));
	doc_set_string(d, "hardware", m->hardware ? "hw-1" : "hw-0");
	return d;
}

/* job_end() */
void engine_end(struct machine *m, size_t i, enum outcome o)
{
	struct doc *r = step_record("end", m, i);
	uint64_t ms = m->now_ms - m->job[i].begun_ms;
	const char *outcome = "done";
	_cleanup_fault_ struct fault *f = NULL;

	if (o == OUT_TIMEOUT)
		f = fault_new(m->scene->steps[i].timeout_fault, "model");
	else if (outcome_faults[o])
		f = fault_new(outcome_faults[o], "model");
	if (m->job[i].cancelled && f)
		outcome = "cancelled"; /* or it was done just before */
	else if (f)
		outcome = plan_retry(m, i, o, ms, r) ? "retry" : "failed";
	doc_set_string(r, "outcome", outcome);
	doc_set_string(r, "key", m->disk.step[i].key);
	doc_set_int(r, "ms", (int64_t)ms);
	if (f)
		doc_set(r, "fault", fault_to_doc(f));
	else
		doc_set_bool(doc_set(r, "result", i == 0 ? identity_of(m) : doc_object()), "moot",
			     o == OUT_MOOT);
	m->job[i] = (struct job_model){ .runs = false };
	append(m, r);
	truth_end(m, i, streq(outcome, "cancelled") ? OUT_NONE : o, streq(outcome, "failed"));
}

static void record_verdict(struct machine *m, const struct situation *t, const struct decision *d)
{
	struct doc *v = verdict_doc(t, d);

	truth_verdict(m, d, v);
	doc_set_string(v, "t", "verdict");
	append(m, v);
}

/* consider(): `act` false only asks whether there is something to do. */
static bool consider(struct machine *m, bool act, bool *ret_writes)
{
	struct situation t;
	struct decision d;

	*ret_writes = false;
	if (m->disk.verdict || m->stopping) {
		if (any_runs(m))
			return cancel(m, m->stopping ? UINT32_MAX : 0, act);
		*ret_writes = !m->disk.verdict;
		if (act && !m->disk.verdict)
			append(m, history_record("stop"));
		if (act)
			leave(m, m->disk.verdict ? GONE_VERDICT : GONE_STOPPED);
		return true;
	}
	if (m->disk.named && !m->configured) { /* configure() */
		struct doc *plan = plan_record(m, m->scene->skip);

		*ret_writes = plan != NULL;
		if (act)
			m->configured = true;
		if (act && plan)
			append(m, plan);
		else
			doc_free(plan);
		return true;
	}
	machine_situation(m, &t);
	d = decide(&t);
	if (act)
		truth_decision(m, &t, &d);
	if (d.move == MOVE_WAIT && cancel(m, d.cancel, act))
		return true;
	*ret_writes = d.move != MOVE_WAIT || d.start;
	if (act && d.move == MOVE_VERDICT)
		record_verdict(m, &t, &d);
	else if (act && d.move == MOVE_NAME_INSTANCE)
		m->at = name_it(m).fresh ? AT_FRESH : AT_INSTANCE;
	else if (act && d.start)
		begin(m, &t, &d, (size_t)__builtin_ctz(d.start));
	if (d.move == MOVE_NAME_INSTANCE)
		*ret_writes = false;
	return d.move != MOVE_WAIT || d.start;
}

bool engine_pending(struct machine *m, bool *ret_writes)
{
	*ret_writes = m->at != AT_TAKE_UP && m->at != AT_PLAN;
	if (m->at == AT_DOWN)
		return false;
	if (m->at == AT_LOOP)
		return consider(m, false, ret_writes);
	if (m->at == AT_PLAN) {
		_cleanup_doc_ struct doc *plan = plan_record(m, skip_now(m));

		*ret_writes = plan != NULL;
	}
	return true;
}

void engine_act(struct machine *m)
{
	bool writes;
	struct doc *plan;

	switch (m->at) {
	case AT_TAKE_UP:
		take_up(m);
		break;
	case AT_START:
		if (!m->continues && !m->written) {
			begin_run(m);
			break; /* and the start record is next */
		}
		record_start(m);
		m->at = AT_PLAN;
		break;
	case AT_PLAN:
		plan = plan_record(m, skip_now(m));
		if (plan)
			append(m, plan);
		m->at = AT_LOOP;
		break;
	case AT_FRESH:
		begin_run(m);
		m->at = AT_AFRESH;
		break;
	case AT_AFRESH:
		record_start(m);
		m->at = AT_INSTANCE;
		break;
	case AT_INSTANCE:
		record_instance(m);
		m->configured = false;
		m->at = AT_LOOP;
		break;
	default:
		(void)consider(m, true, &writes);
		break;
	}
}
