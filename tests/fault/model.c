/* SPDX-License-Identifier: Apache-2.0 */
/* model: looks at every history that the engine can come to in the scenes below, and at those of
 * small graphs at random. Prints TAP; what breaks a property comes with the shortest history.
 *
 *	model [--limit=STATES] [--random=GRAPHS] [--seed=N] [SCENE]... */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bootstrap/plan.h"
#include "lib/base/parse.h"
#include "lifecycle/values/config.h"
#include "tests/fault/model.h"

struct row { /* a scene out of the real step table */
	const char *name;
	const char *only;   /* the steps that apply, "" for all */
	const char *before; /* those that apply before the user data is known; NULL: the same */
	bool early;	    /* drivers.order: early */
	unsigned timeout, budget, crashes, reboots;
	const char *by;	   /* the steps that end in other ways than OUT_DONE; NULL: all */
	unsigned outcomes; /* those ways */
	unsigned blows, wishes, moves;
};

#define ONCE 1
static const struct row rows[] = {
#include "tests/fault/model-scenes.def"
};

struct options {
	size_t limit;
	unsigned graphs;
	uint64_t seed;
};

static unsigned number;
static bool failed;

static bool among(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = list; (at = strstr(at, name)); at += n)
		if ((at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
			return true;
	return *list == '\0';
}

static void make_scene(struct scene *s, const struct row *row)
{
	struct config config = { .drivers.order = row->early ? DRIVERS_EARLY : 0 };
	struct plan plan = plan_for(row->early ? &config : NULL);

	*s = (struct scene){ .name = row->name,
			     .n = plan.n,
			     .timeout = row->timeout,
			     .budget = row->budget,
			     .crashes = row->crashes,
			     .reboots = row->reboots,
			     .blows = row->blows,
			     .wishes = row->wishes,
			     .moves = row->moves };
	for (size_t i = 0; i < plan.n; i++) {
		s->steps[i] = scene_step(&plan.steps[i]);
		s->outcomes[i] = ONLY(OUT_DONE);
		if (among(row->by ? row->by : "", plan.steps[i].name))
			s->outcomes[i] |= row->outcomes & (i ? ANY_OUTCOME : FIRST_OUTCOMES);
		for (size_t k = 0; k < plan.n; k++)
			if (plan.steps[k].moot && streq(plan.steps[k].moot_by, plan.steps[i].name))
				s->outcomes[i] |= ONLY(OUT_MOOT);
		if (!among(row->only, plan.steps[i].name))
			s->skip |= 1u << i;
		if (!among(row->before ? row->before : row->only, plan.steps[i].name))
			s->skip_before |= 1u << i;
	}
	scene_prepare(s);
}

static void tell(const char *name, const struct report *r, enum property p)
{
	bool good = !r->how[p];

	printf("%s %u - %s: %s\n", good ? "ok" : "not ok", ++number, name, property_names[p]);
	if (good)
		return;
	failed = true;
	printf("# %s; the shortest way there:\n%s", r->how[p], r->trace[p] ? r->trace[p] : "");
}

static double seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void search_scene(const struct row *row, const struct options *o)
{
	struct scene scene;
	struct report r;
	double begun = seconds();

	make_scene(&scene, row);
	search(&scene, o->limit, &r);
	printf("# %s: %zu states, %zu ways on, %zu ends, %zu deep, %.1f s\n", row->name, r.states,
	       r.choices, r.finals, r.depth, seconds() - begun);
	for (int p = 0; p < N_PROPERTIES; p++)
		if (p != P_ABSTRACT || r.how[p])
			tell(row->name, &r, (enum property)p);
	report_done(&r);
	(void)fflush(stdout);
}

static void add_report(struct report *all, struct report *r)
{
	all->states += r->states;
	all->choices += r->choices;
	all->finals += r->finals;
	for (int p = 0; p < N_PROPERTIES; p++)
		if (r->how[p] && !all->how[p]) {
			all->how[p] = r->how[p];
			all->trace[p] = TAKE_PTR(r->trace[p]);
		}
	report_done(r);
}

static void print_graph(const struct scene *s)
{
	for (size_t i = 0; i < s->n; i++) {
		printf("# %s%s%s", s->steps[i].name, s->skip & (1u << i) ? " skipped" : "",
		       s->steps[i].scope == SCOPE_BOOT ? " boot" : " instance");
		for (const char *const *need = s->steps[i].needs; need && *need; need++)
			printf("%s%s", need == s->steps[i].needs ? " needs " : ",", *need);
		printf("\n");
	}
}

static void search_random(const struct options *o)
{
	struct report all = { .states = 0 }, r;
	uint64_t random = o->seed;
	double begun = seconds();

	for (unsigned i = 0; i < o->graphs; i++) {
		struct scene scene;

		random_scene(&scene, &random);
		search(&scene, o->limit, &r);
		for (int p = 0; p < N_PROPERTIES; p++)
			if (r.how[p] && !all.how[p])
				print_graph(&scene);
		add_report(&all, &r);
	}
	printf("# %u graphs at random, seed %llu: %zu states, %zu ways on, %zu ends, %.1f s\n",
	       o->graphs, (unsigned long long)o->seed, all.states, all.choices, all.finals,
	       seconds() - begun);
	for (int p = 0; p < N_PROPERTIES; p++)
		if (p != P_ABSTRACT || all.how[p])
			tell("graphs at random", &all, (enum property)p);
	report_done(&all);
}

/* As many blows, wishes and moves as come, on the whole graph, with nothing forgotten. */
static void walk_all(const struct options *o)
{
	struct report all = { .states = 0 }, r;
	unsigned n = o->graphs * 4;
	uint64_t random = o->seed;
	double begun = seconds();

	for (unsigned i = 0; i < n; i++) {
		struct scene scene;

		make_scene(&scene, &rows[i % ARRAY_SIZE(rows)]);
		scene.blows = scene.wishes = scene.moves = UNBOUNDED;
		walk(&scene, 1500, &random, &r);
		add_report(&all, &r);
	}
	printf("# %u walks at random: %zu steps, %zu ends, %.1f s\n", n, all.choices,
	       all.finals, seconds() - begun);
	for (int p = 0; p < N_PROPERTIES; p++)
		tell("walks at random", &all, (enum property)p);
	report_done(&all);
}

static bool option(const char *arg, const char *name, uint64_t *ret)
{
	size_t n = strlen(name);

	return strncmp(arg, name, n) == 0 && arg[n] == '=' &&
	       parse_u64(arg + n + 1, ret) == 0;
}

int main(int argc, char **argv)
{
	uint64_t limit = 2000000, graphs = 16, seed = 2463534242;
	struct options o;
	bool all = true;

	for (int i = 1; i < argc; i++)
		if (!option(argv[i], "--limit", &limit) && !option(argv[i], "--random", &graphs) &&
		    !option(argv[i], "--seed", &seed))
			all = false;
	o = (struct options){ .limit = limit, .graphs = (unsigned)graphs, .seed = seed };
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool wanted = all;

		for (int k = 1; k < argc; k++)
			wanted = wanted || streq(argv[k], rows[i].name);
		if (wanted)
			search_scene(&rows[i], &o);
	}
	if (all) {
		search_random(&o);
		walk_all(&o);
	}
	printf("1..%u\n", number);
	return failed || number == 0;
}
