/* SPDX-License-Identifier: Apache-2.0 */
/* Small graphs at random, and walks at random with nothing forgotten. */
#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "tests/fault/model.h"

/* xorshift: the same graphs and walks for the same seed, on every machine. */
uint64_t random_next(uint64_t *state, uint64_t below)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (*state >> 11) % below;
}

static const char *const names[] = { "s0", "s1", "s2", "s3", "s4" };
#define RANDOM_STEPS 4 /* and a closing one */

struct random_graph {
	const char *needs[RANDOM_STEPS + 1][RANDOM_STEPS + 2];
};

static void random_step(struct scene *s, struct random_graph *g, size_t i, uint64_t *r)
{
	static const char *const inputs[] = { "/lifecycle/source", NULL };
	size_t n = 0;

	for (size_t j = i; j-- > 1;)
		if (random_next(r, 2))
			g->needs[i][n++] = names[j];
	if (n == 0 && i > 0)
		g->needs[i][n++] = names[0];
	s->steps[i] = (struct step){ .name = names[i],
				     .needs = g->needs[i],
				     .timeout = scene_no_time,
				     .scope = i && random_next(r, 2) ? SCOPE_INSTANCE : SCOPE_BOOT,
				     .timeout_fault = "check.timeout" };
	if (random_next(r, 2))
		s->steps[i].inputs = inputs;
	s->outcomes[i] = ONLY(OUT_DONE) |
			 ONLY(OUT_CONFIG + random_next(r, OUT_TIMEOUT - OUT_CONFIG));
	if (i == 0)
		s->outcomes[i] &= FIRST_OUTCOMES;
	if (i > 0 && random_next(r, 4) == 0)
		s->skip |= 1u << i;
}

/* The closing step needs whatever nobody else needs, as report does, and speaks of failures once a
 * step of the boot is done, as join is. */
static void random_closing(struct scene *s, struct random_graph *g, uint64_t *r)
{
	size_t i = s->n, n = 0, since = random_next(r, i);

	while (s->steps[since].scope != SCOPE_BOOT)
		since--;
	if (since == 0)
		return; /* the first is done before anybody knows whose machine it is */
	for (size_t j = 0; j < s->n; j++) {
		bool needed = false;

		for (size_t k = j + 1; k < s->n; k++)
			for (const char *const *need = s->steps[k].needs; *need; need++)
				needed |= streq(*need, names[j]);
		if (!needed)
			g->needs[i][n++] = names[j];
	}
	s->steps[i] = (struct step){ .name = names[i],
				     .needs = g->needs[i],
				     .timeout = scene_no_time,
				     .scope = SCOPE_BOOT,
				     .timeout_fault = "report.timeout",
				     .closing = true,
				     .closing_needs = names[since] };
	s->outcomes[i] = ONLY(OUT_DONE) | ONLY(OUT_SERVICE);
	s->n++;
}

/* The scene's needs live until the next one is made. */
void random_scene(struct scene *s, uint64_t *r)
{
	static struct random_graph g;
	uint64_t extra = random_next(r, 3);

	memset(&g, 0, sizeof(g));
	*s = (struct scene){ .name = "random",
			     .n = 3 + random_next(r, RANDOM_STEPS - 2),
			     .timeout = 1 + (unsigned)random_next(r, 2),
			     .budget = 1 + (unsigned)random_next(r, 2),
			     .crashes = 1,
			     .reboots = 1,
			     .blows = 1 + (extra == 0),
			     .wishes = extra == 1,
			     .moves = extra == 2 };
	for (size_t i = 0; i < s->n; i++)
		random_step(s, &g, i, r);
	if (random_next(r, 2))
		random_closing(s, &g, r);
	s->skip_before = s->skip;
	scene_prepare(s);
}

static bool same_answers(const struct machine *a, const struct machine *b)
{
	struct situation s, t;
	struct decision d, e;

	if (a->at != AT_LOOP || a->disk.verdict)
		return a->at == b->at; /* nobody asks */
	machine_situation(a, &s);
	machine_situation(b, &t);
	d = decide(&s);
	e = decide(&t);
	return d.move == e.move && d.start == e.start && d.cancel == e.cancel &&
	       d.exit == e.exit && d.failed == e.failed && streq(d.verdict, e.verdict) &&
	       streq(d.own_fault, e.own_fault) &&
	       (d.wake_ms == NO_DEADLINE) == (e.wake_ms == NO_DEADLINE);
}

static struct choice pick(const struct choice *all, size_t n, uint64_t *r)
{
	size_t fair = 0;

	while (fair < n && all[fair].fairness == FAIR)
		fair++;
	if (fair && random_next(r, 8))
		return all[random_next(r, fair)];
	return all[random_next(r, n)];
}

static void twin_of(struct machine *twin, const struct machine *m, uint8_t packed[PACKED_MAX])
{
	memset(packed, 0, PACKED_MAX);
	(void)machine_pack(m, packed);
	machine_unpack(twin, m->scene, packed);
}

/* Doing and forgetting is forgetting and doing. */
static bool step_both(struct machine *m, struct choice c)
{
	uint8_t before[PACKED_MAX], after[PACKED_MAX] = { 0 }, twins[PACKED_MAX] = { 0 };
	struct machine twin;
	bool same;

	twin_of(&twin, m, before);
	same = same_answers(m, &twin);
	machine_do(m, c);
	machine_do(&twin, c);
	(void)machine_pack(m, after);
	(void)machine_pack(&twin, twins);
	machine_done(&twin);
	for (size_t i = 0; i < sizeof(after); i++)
		if (after[i] != twins[i])
			printf("# byte %zu of the canonical form is %u, the twin's %u\n", i,
			       after[i], twins[i]);
	return same && memcmp(after, twins, sizeof(after)) == 0;
}

void walk(const struct scene *scene, unsigned steps, uint64_t *random, struct report *ret)
{
	struct choice choices[CHOICES_MAX];
	struct buf trace = BUF_INIT;
	struct machine m;
	bool same = true;

	*ret = (struct report){ .states = 0 };
	machine_init(&m, scene);
	m.trace = &trace;
	for (unsigned i = 0; i < steps && same && !m.how; i++) {
		size_t n = machine_choices(&m, choices);

		ret->choices++;
		ret->finals += machine_is_final(&m);
		if (n == 0)
			break;
		same = step_both(&m, pick(choices, n, random));
	}
	if (m.how)
		ret->how[m.broken] = m.how;
	else if (!same)
		ret->how[P_ABSTRACT] = "a machine and its canonical form go different ways";
	for (int p = 0; p < N_PROPERTIES; p++)
		if (ret->how[p])
			ret->trace[p] = buf_take(&trace);
	buf_done(&trace);
	machine_done(&m);
}
