/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical form of a machine. What it forgets: how old a boot or a run is once it is neither
 * this one nor the one of the last record; the order of records of steps that are not built on
 * each other; the absolute clock; counts beyond what anything compares them with. That a decision
 * never needs these is what walk() looks for. */
#include <stdio.h>
#include <string.h>

#include "lifecycle/engine/history.h"
#include "tests/fault/model.h"

enum { NAME_NONE, NAME_NOW, NAME_LAST, NAME_OLD };
static const char *const boot_names[] = { "", "boot-1", "boot-0", "boot-old" };
static const char *const run_names[] = { "", "run-1", "run-0", "run-0" };

struct packer {
	uint8_t *at;
};

static void put(struct packer *p, uint64_t v)
{
	*p->at++ = (uint8_t)MIN(v, 255u);
}

static uint64_t take(const uint8_t **p)
{
	return *(*p)++;
}

static void put_span(struct packer *p, uint64_t from, uint64_t to)
{
	put(p, to > from ? (to - from) / TICK_MS : 0);
}

/* What times are counted from: now, or the last record where that is of another boot. */
static uint64_t reference(const struct machine *m)
{
	return streq(m->disk.boot, m->boot) ? m->now_ms : m->disk.boot_last_ms;
}

static unsigned boot_index(const struct machine *m, const char *boot)
{
	if (!*boot)
		return NAME_NONE;
	if (streq(boot, m->boot))
		return NAME_NOW;
	return streq(boot, m->disk.boot) ? NAME_LAST : NAME_OLD;
}

static unsigned run_index(const struct machine *m, const char *run)
{
	return !*run ? NAME_NONE : streq(run, m->disk.run) ? NAME_NOW : NAME_LAST;
}

static unsigned fault_index(const struct machine *m, size_t i, const struct fault *f)
{
	if (!f)
		return OUT_NONE;
	for (unsigned o = OUT_CONFIG; o < OUT_TIMEOUT; o++)
		if (fault_is(f, outcome_faults[o]))
			return o;
	if (!fault_is(f, m->scene->steps[i].timeout_fault))
		die(f->id);
	return OUT_TIMEOUT;
}

/* One of the scene's keys of this step: instance in the low bits, edit above. */
static unsigned key_index(const struct scene *s, size_t i, const char *key)
{
	for (unsigned e = 0; e < N_EDITS; e++)
		for (unsigned k = 0; k <= N_INSTANCES; k++)
			if (streq(s->key[k][e][i], key))
				return 1 + k + 4 * e;
	return 0;
}

static unsigned rank_of(const struct machine *m, size_t i, const unsigned below[STEPS_MAX])
{
	const struct step_state *t = m->disk.step;
	unsigned rank = 1;

	for (size_t k = 0; k < m->disk.n; k++)
		if (t[k].seq && t[k].seq < t[i].seq &&
		    (m->scene->below[i] & (1u << k) || m->scene->below[k] & (1u << i)))
			rank = MAX(rank, below[k] + 1);
	return rank;
}

/* Ranks that keep, for every two steps of which one is below the other, which END is later. */
static void ranks(const struct machine *m, unsigned out[STEPS_MAX])
{
	const struct step_state *t = m->disk.step;
	uint64_t floor = 0, next;

	memset(out, 0, STEPS_MAX * sizeof(*out));
	for (;; floor = next) { /* in the order of their ENDs */
		next = UINT64_MAX;
		for (size_t i = 0; i < m->disk.n; i++)
			if (t[i].seq > floor)
				next = MIN(next, t[i].seq);
		if (next == UINT64_MAX)
			return;
		for (size_t i = 0; i < m->disk.n; i++)
			if (t[i].seq == next)
				out[i] = rank_of(m, i, out);
	}
}

/* There is an end, and whatever comes next begins with another run. */
static bool is_over(const struct machine *m)
{
	const struct state *d = &m->disk;

	return d->verdict && (verdict_word(doc_str(d->verdict, "state")) != VERDICT_REBOOT ||
			      !d->verdict_boot[0]);
}

struct step_view { /* of a step, what counts */
	bool ours; /* of this run */
	bool here; /* of this boot */
	enum phase phase;
	unsigned fault;
};

static struct step_view view(const struct machine *m, size_t i)
{
	const struct step_state *t = &m->disk.step[i];
	struct step_view v = { .ours = streq(t->run, m->disk.run),
			       .here = streq(t->boot, m->boot),
			       .phase = t->phase,
			       .fault = fault_index(m, i, t->fault) };
	bool sticky = v.fault == OUT_SCRIPT ||
		      (v.fault == OUT_TIMEOUT &&
		       (fault_lookup(t->fault->id)->class == CLASS_SCRIPT ||
			fault_lookup(t->fault->id)->class == CLASS_INSTALLER));

	if (t->phase == PHASE_DONE && m->scene->steps[i].scope == SCOPE_BOOT && !v.here &&
	    !m->scene->steps[i].closing)
		v.phase = PHASE_WAITING;
	if (!v.ours && v.fault && !sticky)
		v.fault = t->phase == PHASE_RETRY ? OUT_SERVICE : OUT_CONFIG;
	return v;
}

static void put_step(struct packer *p, const struct machine *m, size_t i, unsigned rank)
{
	const struct step_state *t = &m->disk.step[i];
	struct step_view v = view(m, i);
	const struct job_model *j = &m->job[i];
	bool counts = v.phase == PHASE_RUNNING && !t->interrupted;
	bool pauses = v.phase == PHASE_RETRY && v.ours && v.here;
	bool keyed = v.phase == PHASE_DONE || v.phase == PHASE_FAILED || j->runs;
	bool crashes = m->scene->outcomes[i] & ONLY(OUT_CRASH);
	const char *hw = doc_str(t->result, "hardware");
	uint64_t now = reference(m);
	bool over = is_over(m);

	put(p, (unsigned)v.phase | (unsigned)t->interrupted << 3 | (unsigned)j->runs << 4 |
		       (unsigned)j->cancelled << 5 | (unsigned)t->cancelled << 6);
	put(p, (over ? 0 : MIN(t->cuts, m->scene->crashes)) |
		       (v.phase == PHASE_DONE && doc_boolean(t->result, "moot", false) ? 128u : 0));
	put(p, boot_index(m, t->boot) | run_index(m, t->run) << 2 |
		       (crashes && !over ? MIN(t->run_attempts, 3u) : 0) << 4);
	put(p, MIN(t->attempts, (unsigned)ATTEMPTS_MAX) | v.fault << 4);
	put(p, keyed ? key_index(m->scene, i, t->key) : 0);
	put_span(p, counts ? t->begun_ms : now, now);
	put_span(p, now, pauses ? t->ended_ms + t->retry_ms : now);
	put(p, v.ours && v.here && v.phase != PHASE_DONE && !over
		       ? MIN(t->spent_ms / TICK_MS, (uint64_t)m->scene->timeout)
		       : 0);
	put(p, rank);
	put_span(p, j->runs ? j->begun_ms : now, now);
	put_span(p, now, j->runs ? j->deadline_ms : now);
	if (i == 0)
		put(p, v.phase != PHASE_DONE || !hw
			       ? 0
			       : 1u + streq(hw, "hw-1") +
					 2u * streq(doc_str(t->result, "instanceId"), "i-2"));
}

static void put_truth(struct packer *p, const struct machine *m, size_t i)
{
	const struct truth *t = &m->truth[i];
	bool boot = m->scene->steps[i].scope == SCOPE_BOOT;
	bool done = t->done && (!boot || t->in_boot);
	bool keyed = done || t->stuck;

	put(p, (unsigned)done | (unsigned)t->stuck << 1 | (unsigned)(done && boot) << 2 |
		       (unsigned)(done && m->scene->steps[i].closing && t->in_run) << 3 |
		       (keyed ? t->instance : 0u) << 4 | (keyed ? t->edit : 0u) << 6 |
		       (unsigned)(done && t->shaken) << 7);
	put(p, MIN(t->begins, (unsigned)ATTEMPTS_MAX) | (done && t->moot ? 128u : 0));
}

static void put_disk(struct packer *p, const struct machine *m)
{
	const struct state *d = &m->disk;
	uint64_t cap = (uint64_t)m->scene->budget * TICK_MS;
	uint64_t used = d->earlier_ms + d->boot_last_ms - d->boot_first_ms;
	bool over = is_over(m);
	uint32_t skip = 0;

	for (size_t i = 0; i < d->n; i++)
		skip |= d->skip[i] ? 1u << i : 0;
	put(p, skip & 255);
	put(p, skip >> 8 & 255);
	put(p, skip >> 16);
	put(p, boot_index(m, d->boot) | run_index(m, d->run) << 2 |
		       boot_index(m, d->verdict ? d->verdict_boot : "") << 4 |
		       (unsigned)d->supervised << 6 | (unsigned)d->named << 7);
	put(p, (d->budget_ms ? 4u : 0) | (streq(d->named_boot, m->boot) ? 8u : 0));
	put(p, over ? 0 : MIN(used, cap) / TICK_MS);
	put(p, over ? 0 : MIN(d->crashes, m->scene->crashes + 1));
	put(p, over ? 0
		    : MIN(d->reboots, m->scene->reboots + 1) | (d->hw_reboots ? 128u : 0));
	put(p, !d->instance ? 0 : streq(d->instance, "i-1") ? 1 : 2);
	put(p, !d->hardware ? 0 : streq(d->hardware, "hw-0") ? 1 : 2);
	put(p, verdict_word(doc_str(d->verdict, "state")));
	put_span(p, over ? reference(m) : d->boot_last_ms, reference(m));
}

size_t machine_pack(const struct machine *m, uint8_t out[PACKED_MAX])
{
	struct packer p = { out };
	unsigned rank[STEPS_MAX];
	bool unnamed = m->at != AT_LOOP || !m->disk.named, over = is_over(m);

	ranks(m, rank);
	put_disk(&p, m);
	put(&p, (unsigned)m->instance | (unsigned)m->hardware << 2 | (unsigned)m->edit << 3 |
			(unsigned)m->ticked << 4 | (unsigned)m->written << 5 |
			(unsigned)m->configured << 6 | (unsigned)m->stopping << 7);
	put(&p, (unsigned)m->blows | (unsigned)m->wishes << 4);
	put(&p, (unsigned)m->at | (unsigned)m->gone << 3);
	put(&p, (unsigned)m->moves | (unsigned)(m->continues && unnamed) << 4 |
			(unsigned)(m->same_boot && unnamed) << 5 | (unsigned)m->reset << 6 |
			(unsigned)m->counted << 7);
	put(&p, over ? 0
		     : m->evidence | (unsigned)m->rebooted_hw << 2 |
				(unsigned)m->wants_reboot_hw << 4 | (unsigned)m->excused << 5);
	put(&p, over ? 0 : m->rebooted);
	put(&p, over ? 0 : m->telling | (unsigned)m->told << 4);
	for (size_t i = 0; i < m->scene->n; i++) {
		put_step(&p, m, i, rank[i]);
		put_truth(&p, m, i);
	}
	return (size_t)(p.at - out);
}

#define NOW_MS (UINT64_C(1000) * TICK_MS) /* of every unpacked machine */

static struct doc *identify_result(unsigned packed)
{
	struct doc *d = doc_object();

	if (packed) {
		doc_set_string(d, "instanceId", packed - 1 >= 2 ? "i-2" : "i-1");
		doc_set_string(d, "hardware", (packed - 1) % 2 ? "hw-1" : "hw-0");
	}
	return d;
}

static void take_step(struct machine *m, size_t i, const uint8_t **p)
{
	struct step_state *t = &m->disk.step[i];
	struct job_model *j = &m->job[i];
	unsigned a = (unsigned)take(p), cuts = (unsigned)take(p), b = (unsigned)take(p);
	unsigned c = (unsigned)take(p), key = (unsigned)take(p);

	t->phase = a & 7;
	t->interrupted = a >> 3 & 1;
	j->runs = a >> 4 & 1;
	j->cancelled = a >> 5 & 1;
	t->cancelled = a >> 6 & 1;
	t->cuts = cuts & 127;
	(void)snprintf(t->boot, sizeof(t->boot), "%s", boot_names[b & 3]);
	(void)snprintf(t->run, sizeof(t->run), "%s", run_names[b >> 2 & 3]);
	t->run_attempts = b >> 4;
	t->attempts = c & 15;
	if (key)
		memcpy(t->key, m->scene->key[(key - 1) % 4][(key - 1) / 4][i], KEY_MAX);
	if (c >> 4)
		t->fault = fault_new(c >> 4 == OUT_TIMEOUT ? m->scene->steps[i].timeout_fault
							   : outcome_faults[c >> 4],
				     "model");
	t->begun_ms = NOW_MS - take(p) * TICK_MS;
	t->ended_ms = NOW_MS;
	t->retry_ms = take(p) * TICK_MS;
	t->spent_ms = take(p) * TICK_MS;
	t->seq = take(p);
	m->disk.seq = MAX(m->disk.seq, t->seq);
	j->begun_ms = NOW_MS - take(p) * TICK_MS;
	j->deadline_ms = NOW_MS + take(p) * TICK_MS;
	if (i == 0)
		a = (unsigned)take(p);
	if (t->phase == PHASE_DONE) {
		t->result = i == 0 ? identify_result(a) : doc_object();
		doc_set_bool(t->result, "moot", cuts & 128);
	}
}

static void take_truth(struct machine *m, size_t i, const uint8_t **p)
{
	unsigned a = (unsigned)take(p);

	m->truth[i] = (struct truth){ .done = a & 1,
				      .stuck = a >> 1 & 1,
				      .in_boot = a >> 2 & 1,
				      .in_run = a >> 3 & 1,
				      .instance = a >> 4 & 3,
				      .edit = a >> 6 & 1,
				      .shaken = a >> 7 };
	a = (unsigned)take(p);
	m->truth[i].begins = a & 127;
	m->truth[i].moot = a >> 7;
}

static void take_disk(struct machine *m, const uint8_t **p)
{
	static const char *const ids[] = { NULL, "i-1", "i-2" };
	static const char *const hw[] = { NULL, "hw-0", "hw-1" };
	struct state *d = &m->disk;
	uint32_t skip = (uint32_t)take(p);
	unsigned a, word;

	skip |= (uint32_t)take(p) << 8;
	skip |= (uint32_t)take(p) << 16;
	for (size_t i = 0; i < d->n; i++)
		d->skip[i] = skip & (1u << i) ? xstrdup("does not apply") : NULL;
	a = (unsigned)take(p);
	(void)snprintf(d->boot, sizeof(d->boot), "%s", boot_names[a & 3]);
	(void)snprintf(d->run, sizeof(d->run), "%s", run_names[a >> 2 & 3]);
	(void)snprintf(d->verdict_boot, sizeof(d->verdict_boot), "%s", boot_names[a >> 4 & 3]);
	d->supervised = a >> 6 & 1;
	d->named = a >> 7;
	a = (unsigned)take(p);
	(void)snprintf(d->named_boot, sizeof(d->named_boot), "%s",
		       boot_names[a & 8 ? NAME_NOW : NAME_OLD]);
	d->budget_ms = !(a & 4) ? 0 : m->scene->budget ? (uint64_t)m->scene->budget * TICK_MS
						       : INT64_MAX;
	d->earlier_ms = take(p) * TICK_MS;
	d->crashes = (unsigned)take(p);
	a = (unsigned)take(p);
	d->reboots = a & 127;
	d->hw_reboots = a >> 7;
	d->instance = xstrdup(ids[take(p)]);
	d->hardware = xstrdup(hw[take(p)]);
	word = (unsigned)take(p);
	if (word) {
		d->verdict = history_record("verdict");
		doc_set_string(d->verdict, "state", verdict_words[word]);
	}
	m->now_ms = NOW_MS;
	d->boot_first_ms = d->boot_last_ms = NOW_MS - take(p) * TICK_MS;
}

void machine_unpack(struct machine *m, const struct scene *scene, const uint8_t *in)
{
	const uint8_t *p = in;
	unsigned a;

	*m = (struct machine){ .scene = scene, .boots = 1, .runs = 1 };
	state_init(&m->disk, scene->steps, scene->n);
	(void)snprintf(m->boot, sizeof(m->boot), "%s", boot_names[NAME_NOW]);
	take_disk(m, &p);
	a = (unsigned)take(&p);
	m->instance = a & 3;
	m->hardware = a >> 2 & 1;
	m->edit = a >> 3 & 1;
	m->ticked = a >> 4 & 1;
	m->written = a >> 5 & 1;
	m->configured = a >> 6 & 1;
	m->stopping = a >> 7;
	a = (unsigned)take(&p);
	m->blows = a & 15;
	m->wishes = (uint8_t)(a >> 4);
	a = (unsigned)take(&p);
	m->at = a & 7;
	m->gone = a >> 3;
	a = (unsigned)take(&p);
	m->moves = a & 15;
	m->continues = a >> 4 & 1;
	m->same_boot = a >> 5 & 1;
	m->reset = a >> 6 & 1;
	m->counted = a >> 7;
	a = (unsigned)take(&p);
	m->evidence = a & 3;
	m->rebooted_hw = a >> 2 & 3;
	m->wants_reboot_hw = a >> 4 & 1;
	m->excused = a >> 5 & 1;
	m->rebooted = (uint8_t)take(&p);
	a = (unsigned)take(&p);
	m->telling = a & 15;
	m->told = (uint8_t)(a >> 4);
	for (size_t i = 0; i < scene->n; i++) {
		take_step(m, i, &p);
		take_truth(m, i, &p);
	}
}
