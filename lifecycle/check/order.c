/* SPDX-License-Identifier: Apache-2.0 */
/* Which checks, in which order, and what of them before the join. */
#include "lib/base/clock.h"
#include "lib/base/parse.h"
#include "lifecycle/check/checks.h"

struct fault *check_levels(char *const *names, unsigned *ret)
{
	static const struct {
		const char *name;
		unsigned level;
	} levels[] = {
		{ "quick", LEVEL_QUICK },
		{ "InstanceStress", LEVEL_QUICK | LEVEL_STRESS },
		{ "InstanceConnectivity", LEVEL_QUICK | LEVEL_CONNECTIVITY },
	};

	*ret = 0;
	for (size_t i = 0; names && names[i]; i++) {
		unsigned level = 0;

		for (size_t k = 0; k < ARRAY_SIZE(levels); k++)
			if (streq(levels[k].name, names[i]))
				level = levels[k].level;
		if (!level)
			return fault_new("check.level", "\"%s\" is no level of checks", names[i]);
		*ret |= level;
	}
	return NULL;
}

uint32_t checks_selected(unsigned levels)
{
	uint32_t set = 0;

	for (size_t i = 0; i < n_checks; i++)
		if (checks[i].levels & levels)
			set |= UINT32_C(1) << i;
	return set;
}

uint32_t checks_without_time(uint32_t set)
{
	for (size_t i = 0; i < n_checks; i++)
		if (checks[i].look)
			set &= ~(UINT32_C(1) << i);
	return set;
}

uint64_t check_takes(const struct config *c, size_t i)
{
	return checks[i].takes ? checks[i].takes(c) : 0;
}

/* More value per time; what takes no time before all that does. */
static bool goes_before(const struct config *c, size_t a, size_t b)
{
	__uint128_t ta = check_takes(c, a), tb = check_takes(c, b);

	if (!checks[a].look != !checks[b].look)
		return !checks[a].look;
	return checks[a].value * tb > checks[b].value * ta;
}

size_t checks_order(const struct config *c, uint32_t set, uint8_t order[CHECKS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < n_checks; i++) {
		size_t at = n;

		if (!(set & UINT32_C(1) << i))
			continue;
		for (; at > 0 && goes_before(c, i, order[at - 1]); at--)
			order[at] = order[at - 1];
		order[at] = (uint8_t)i;
		n++;
	}
	return n;
}

uint32_t checks_that_fit(const struct config *c, uint32_t set, uint64_t left_ms)
{
	uint8_t order[CHECKS_MAX];
	size_t n = checks_order(c, set, order);
	uint32_t fit = checks_without_time(set);

	for (size_t i = 0; i < n; i++) {
		uint64_t takes = check_takes(c, order[i]);

		if (left_ms == NO_DEADLINE)
			return set;
		if (!checks[order[i]].look || takes > left_ms)
			continue;
		fit |= UINT32_C(1) << order[i];
		left_ms -= takes;
	}
	return fit;
}

struct check_moment check_moment_now(const char *launched, enum trigger trigger)
{
	struct check_moment m = {
		.boottime_ms = clock_boottime_ms(),
		.realtime_ms = clock_realtime_ms(),
		.first = trigger == TRIGGER_CREATE || trigger == TRIGGER_REPLACE,
	};

	(void)parse_time(launched, &m.launched_ms);
	return m;
}

uint64_t check_join_in_ms(const struct config *c, const struct check_moment *m)
{
	uint64_t age = m->boottime_ms;

	if (!c->cluster.name || !*c->cluster.name || c->join.by_ms == NO_DEADLINE)
		return NO_DEADLINE;
	if (m->first && m->launched_ms && m->realtime_ms > m->launched_ms)
		age = MAX(age, m->realtime_ms - m->launched_ms);
	return c->join.by_ms - MIN(age, c->join.by_ms);
}
