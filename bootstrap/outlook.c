/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap/outlook.h"

#include <stdio.h>

#include "lib/base/clock.h"
#include "lifecycle/check/check.h"

/* The next run of one that is over comes after the Node has registered. */
static enum trigger trigger_of(const struct state *s)
{
	return s->verdict ? TRIGGER_RESTART : s->trigger;
}

struct doc *outlook_expect(void *arg, const struct situation *t)
{
	struct outlook *o = arg;
	int check = state_index(t->state, "check"), identify = state_index(t->state, "identify");
	const struct doc *identity = identify < 0 ? NULL : t->state->step[identify].result, *done;
	struct check_moment m = check_moment_now(identity ? doc_str(identity, "launchTime") : NULL,
						 trigger_of(t->state));
	struct doc *expected;

	if (check < 0 || t->skip[check])
		return NULL;
	done = decide_standing(t, (size_t)check) == STANDING_DONE ? t->state->step[check].result
								  : NULL;
	o->fault = check_outlook(o->config, &m, done, &o->check);
	if (o->fault)
		return NULL;
	expected = doc_object();
	doc_set(expected, "check", doc_copy(o->check));
	return expected;
}

static void print_row(const struct doc *row)
{
	uint64_t ms = (uint64_t)doc_integer(row, "takesMs", 0);
	char takes[DURATION_MAX];

	(void)printf("  %-16s %6s  %-15s  %s (%s)\n", doc_str(row, "name"),
		     ms ? format_duration(ms, takes) : "-", doc_str(row, "when"),
		     doc_str(row, "about"), doc_str(row, "source"));
}

void outlook_print(const struct outlook *o)
{
	const struct doc *rows = doc_get(o->check, "checks");
	uint64_t in_ms = (uint64_t)doc_integer(o->check, "joinInMs", 0);
	char by[DURATION_MAX], in[DURATION_MAX];

	(void)printf("\nChecks%s:\n",
		     doc_boolean(o->check, "expected", false) ? ", if they began now" : "");
	for (size_t i = 0; i < rows->n_items; i++)
		print_row(rows->items[i]);
	if (doc_get(o->check, "joinInMs"))
		(void)printf("  join.by is %s: %s%s\n",
			     format_duration(o->config->join.by_ms, by),
			     in_ms ? format_duration(in_ms, in) : "over",
			     in_ms ? " from now" : "");
}

void outlook_done(struct outlook *o)
{
	doc_free(o->check);
	fault_free(o->fault);
	*o = (struct outlook){ .config = NULL };
}
