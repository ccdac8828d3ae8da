/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/engine/forecast.h"

#include "lifecycle/engine/history.h"
#include "lifecycle/engine/situation.h"

static struct doc *forecast_one(const struct situation *t, size_t i)
{
	enum standing standing = decide_standing(t, i);
	const struct step *step = &t->state->steps[i];
	bool failed = standing == STANDING_FAILED;
	struct doc *d = doc_object();

	doc_set_string(d, "name", step->name);
	doc_set_string(d, "about", step->about);
	doc_set_bool(d, "runs",
		     standing != STANDING_DONE && standing != STANDING_SKIPPED && !failed);
	doc_set_string(d, "why", decide_reason(t, i));
	return d;
}

static struct doc *forecast_all(const struct situation *t)
{
	struct doc *list = doc_array();

	for (size_t i = 0; i < t->state->n; i++)
		doc_push(list, forecast_one(t, i));
	return list;
}

struct fault *forecast_steps(const struct step *steps, size_t n, const struct config *config,
			     const struct doc *config_doc, const char *state_dir, struct doc **ret)
{
	struct engine_limits limits = { .budget_ms = NO_DEADLINE };
	char boot[BOOT_ID_MAX] = "";
	struct situation t;
	struct state state;
	struct fault *f;

	(void)clock_boot_id(boot);
	state_init(&state, steps, n);
	f = history_read(state_dir, &state);
	situation_make(&(struct situation_facts){ .state = &state,
						  .config = config,
						  .config_doc = config_doc,
						  .limits = &limits,
						  .boot = boot,
						  .now_ms = clock_boottime_ms() },
		       &t);
	/* A run that is over starts another: what failed in it may be tried again. */
	if (state.verdict)
		state.run[0] = '\0';
	if (!f)
		*ret = forecast_all(&t);
	state_done(&state);
	return f;
}
