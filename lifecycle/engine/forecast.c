/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/engine/forecast.h"

#include "lifecycle/engine/history.h"
#include "lifecycle/engine/situation.h"

struct outlook {
	const struct situation *t;
	const struct forecast_spec *spec;
	struct doc *expected; /* may be NULL */
	bool runs[STEPS_MAX];
};

/* Whether something that step `at` is built on runs; what does not apply stands for its needs. */
static bool runs_below(const struct outlook *o, size_t at, size_t i)
{
	const struct step *steps = o->spec->steps;

	for (const char *const *need = steps[at].needs; need && *need; need++) {
		int j = state_index(o->t->state, *need);

		if (j < 0)
			continue;
		if (o->t->skip[j] && runs_below(o, (size_t)j, i))
			return true;
		if (o->runs[j] &&
		    !(steps[i].scope == SCOPE_INSTANCE && steps[j].scope == SCOPE_BOOT))
			return true;
	}
	return false;
}

/* What another step is about to answer anew takes the place of what it has answered. */
static const char *skip_of(const struct outlook *o, size_t i)
{
	const struct step *step = &o->spec->steps[i];
	const char *why = step->skip ? step->skip(o->spec->config) : NULL;
	int by = step->moot ? state_index(o->t->state, step->moot_by) : -1;
	const struct doc *expected;

	if (why || by < 0 || !o->runs[by])
		return why ? why : o->t->skip[i];
	expected = o->expected ? doc_get(o->expected, step->moot_by) : NULL;
	return expected ? step->moot(expected) : NULL;
}

static struct doc *forecast_one(struct outlook *o, size_t i)
{
	enum standing standing = decide_standing(o->t, i);
	const char *why = skip_of(o, i);
	bool again = !why && (standing == STANDING_DONE || standing == STANDING_SKIPPED) &&
		     runs_below(o, i, i);
	struct doc *d = doc_object();

	o->runs[i] = !why && (again || (standing != STANDING_DONE && standing != STANDING_FAILED));
	if (!why)
		why = again ? "what it needs runs again" : decide_reason(o->t, i);
	doc_set_string(d, "name", o->spec->steps[i].name);
	doc_set_string(d, "about", o->spec->steps[i].about);
	doc_set_bool(d, "runs", o->runs[i]);
	doc_set_string(d, "why", why);
	return d;
}

static struct doc *forecast_all(const struct forecast_spec *spec, const struct situation *t)
{
	struct outlook o = { .t = t, .spec = spec };
	struct doc *list = doc_array();

	if (spec->expect)
		o.expected = spec->expect(spec->arg, t);
	for (size_t i = 0; i < t->state->n; i++)
		doc_push(list, forecast_one(&o, i));
	doc_free(o.expected);
	return list;
}

struct fault *forecast_steps(const struct forecast_spec *spec, struct doc **ret)
{
	struct engine_limits limits = { .budget_ms = NO_DEADLINE };
	char boot[BOOT_ID_MAX] = "";
	struct situation t;
	struct state state;
	struct fault *f;

	(void)clock_boot_id(boot);
	state_init(&state, spec->steps, spec->n);
	f = history_read(spec->state_dir, &state);
	situation_make(&(struct situation_facts){ .state = &state,
						  .config = spec->config,
						  .config_doc = spec->config_doc,
						  .limits = &limits,
						  .boot = boot,
						  .now_ms = clock_boottime_ms() },
		       &t);
	/* A run that is over starts another: what failed in it may be tried again. */
	if (state.verdict)
		state.run[0] = '\0';
	if (!f)
		*ret = forecast_all(spec, &t);
	state_done(&state);
	return f;
}
