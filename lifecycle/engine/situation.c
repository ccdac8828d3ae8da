/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/engine/situation.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/hash.h"

/* Over the instance (for what is done once per instance) and the values of its inputs. */
static void step_key(const struct situation_facts *f, const struct step *step, char ret[KEY_MAX])
{
	_cleanup_doc_ struct doc *d = doc_object();
	_cleanup_free_ char *text = NULL;

	if (step->scope == SCOPE_INSTANCE)
		doc_set_string(d, "instance", f->state->instance);
	for (const char *const *p = step->inputs; p && *p; p++) {
		const struct doc *value = f->config_doc ? doc_at(f->config_doc, *p) : NULL;

		if (value)
			doc_set(d, *p, doc_copy(value));
	}
	text = doc_to_string(d, DOC_CANONICAL);
	(void)snprintf(ret, KEY_MAX, "%016llx", (unsigned long long)fnv1a_64(text, strlen(text)));
}

/* What an answer says that was given with other inputs does not hold any more. */
static const char *moot(const struct situation_facts *f, const struct situation *t, size_t i)
{
	const struct step *step = &f->state->steps[i];
	int by = step->moot ? state_index(f->state, step->moot_by) : -1;

	if (by < 0 || !streq(f->state->step[by].key, t->key[by]))
		return NULL;
	return state_moot(f->state, i, f->boot);
}

void situation_make(const struct situation_facts *f, struct situation *t)
{
	*t = (struct situation){ .state = f->state,
				 .now_ms = f->now_ms,
				 .running = f->running,
				 .budget_ms = f->limits->budget_ms,
				 .max_reboots = f->limits->reboots,
				 .max_crashes = f->limits->crashes };
	(void)snprintf(t->boot, sizeof(t->boot), "%s", f->boot);
	for (size_t i = 0; i < f->state->n; i++) {
		const struct step *step = &f->state->steps[i];

		step_key(f, step, t->key[i]);
		t->skip[i] = step->skip ? step->skip(f->config) : NULL;
		t->timeout_ms[i] = step->timeout(f->config);
		/* It may run on when the budget is used up; an end it has in any case. */
		if (step->closing)
			t->timeout_ms[i] = MIN(t->timeout_ms[i], f->limits->budget_ms);
	}
	for (size_t i = 0; i < f->state->n; i++)
		if (!t->skip[i])
			t->skip[i] = moot(f, t, i);
}
