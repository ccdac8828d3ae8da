/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/clock.h"
#include "lifecycle/check/checks.h"

const char *soak_skip(const struct config *c)
{
	if (!c->cluster.name || !*c->cluster.name)
		return "no cluster configured";
	return check_skip(c);
}

const char *soak_moot(const struct doc *check)
{
	const struct doc *left = doc_get(check, "left");

	if (!left || left->type != DOC_ARRAY || left->n_items > 0)
		return NULL;
	return doc_boolean(check, "expected", false) ? "everything fits before the join"
						     : "everything was checked before the join";
}

static int check_index(const char *name)
{
	for (size_t i = 0; i < n_checks; i++)
		if (streq(checks[i].name, name))
			return (int)i;
	return -1;
}

/* A name that this program does not have is of another version's history: it was not looked at. */
static struct fault *add_names(const struct doc *left, uint32_t *set)
{
	for (size_t i = 0; i < left->n_items; i++) {
		const char *name = left->items[i]->type == DOC_STRING ? left->items[i]->string
								      : NULL;
		int k = check_index(name);

		if (k < 0)
			return fault_new("check.not_looked", "check \"%s\" was left, and this "
							     "muster has none of that name",
					 name ? name : "");
		*set |= UINT32_C(1) << k;
	}
	return NULL;
}

/* Where check does not say what it left, everything that is selected is left. */
struct fault *step_soak(const struct step_context *c, struct doc *result)
{
	const struct doc *left = doc_at(c->results, "/check/left");
	unsigned levels = 0;
	uint32_t set = 0;

	TRY(check_levels(c->config->check.levels, &levels));
	if (left && left->type == DOC_ARRAY)
		TRY(add_names(left, &set));
	else
		set = checks_selected(levels);
	return checks_run(c, set, result);
}

static const char *when_of(const struct config *c, bool left)
{
	if (left)
		return "behind the gate";
	return soak_skip(c) ? "at once" : "before the join";
}

static void add_row(const struct config *c, size_t i, bool left, struct doc *rows)
{
	struct doc *d = doc_push(rows, doc_object());

	doc_set_string(d, "name", checks[i].name);
	doc_set_string(d, "about", checks[i].about);
	doc_set_int(d, "takesMs", (int64_t)MIN(check_takes(c, i), (uint64_t)INT64_MAX));
	doc_set_string(d, "source", checks[i].source);
	doc_set_string(d, "when", when_of(c, left));
}

static struct fault *left_of(const struct config *c, uint32_t set, uint64_t join_in_ms,
			     const struct doc *done, uint32_t *ret)
{
	const struct doc *left = done ? doc_get(done, "left") : NULL;

	*ret = 0;
	if (left && left->type == DOC_ARRAY)
		return add_names(left, ret);
	*ret = set & ~checks_that_fit(c, set, join_in_ms);
	return NULL;
}

struct fault *check_outlook(const struct config *c, const struct check_moment *m,
			    const struct doc *done, struct doc **ret)
{
	uint64_t join_in_ms = check_join_in_ms(c, m);
	struct doc *d, *rows, *names;
	uint8_t order[CHECKS_MAX];
	unsigned levels = 0;
	uint32_t set, left;
	size_t n;

	TRY(check_levels(c->check.levels, &levels));
	set = checks_selected(levels);
	n = checks_order(c, set, order);
	TRY(left_of(c, set, join_in_ms, done, &left));
	*ret = d = doc_object();
	if (!done)
		doc_set_bool(d, "expected", true);
	if (join_in_ms != NO_DEADLINE)
		doc_set_int(d, "joinInMs", (int64_t)join_in_ms);
	names = doc_set(d, "left", doc_array());
	rows = doc_set(d, "checks", doc_array());
	for (size_t i = 0; i < n; i++)
		if (!(left & UINT32_C(1) << order[i]))
			add_row(c, order[i], false, rows);
	for (size_t i = 0; i < n; i++) {
		if (!(left & UINT32_C(1) << order[i]))
			continue;
		add_row(c, order[i], true, rows);
		doc_push(names, doc_string(checks[order[i]].name));
	}
	return NULL;
}
