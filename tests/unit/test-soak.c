/* SPDX-License-Identifier: Apache-2.0 */
/* What of the checks goes before the join, what is left, and that soak does just that. */
#include "lifecycle/check/checks.h"
#include "tests/unit/steps.h"

#define MINUTE UINT64_C(60000)
#define NOW UINT64_C(1767323045000)

static size_t row_of(const char *name)
{
	for (size_t i = 0; i < n_checks; i++)
		if (streq(checks[i].name, name))
			return i;
	CHECK_MSG(false, "no check is named %s", name);
	return 0;
}

static uint32_t bit(const char *name)
{
	return UINT32_C(1) << row_of(name);
}

/* A cluster, the level that takes time, and next to nothing of it. */
static struct bench *soak_bench(void)
{
	static char stress[] = "InstanceStress", *levels[] = { stress, NULL };
	struct bench *b = bench_new();
	struct doc *host = doc_set(b->results, "hostcheck", doc_object());

	b->config.check.levels = levels;
	b->config.check.stress_ms = 20;
	b->config.cluster.name = (char *)"c1";
	b->config.join.by_ms = NO_DEADLINE;
	doc_set_int(doc_set(host, "memory", doc_object()), "verifiedBytes", 1 << 20);
	doc_set_int(doc_set(host, "disk", doc_object()), "verifiedBytes", 1 << 20);
	bench_write(b, "proc/meminfo", "MemTotal: 8192 kB\nMemAvailable: 8192 kB\n", 0644);
	return b;
}

static bool lists(const struct doc *list, const char *name)
{
	for (size_t i = 0; i < list->n_items; i++) {
		const struct doc *d = list->items[i];

		if (streq(d->type == DOC_OBJECT ? doc_str(d, "name") : d->string, name))
			return true;
	}
	return false;
}

/* check's END has what it answered, as soak sees it. */
static void hand_over(struct bench *b)
{
	doc_set(b->results, "check", b->result);
	b->result = doc_object();
}

TEST(join_by_counts_from_the_launch)
{
	static const struct {
		const char *what;
		uint64_t by, boot, launched_before; /* 0: not known */
		bool first;
		uint64_t left;
	} rows[] = {
		{ "the launch is known", 10 * MINUTE, MINUTE, 2 * MINUTE, true, 8 * MINUTE },
		{ "it is not", 10 * MINUTE, MINUTE, 0, true, 9 * MINUTE },
		{ "a launch after the boot", 10 * MINUTE, 3 * MINUTE, MINUTE, true, 7 * MINUTE },
		{ "exactly now", 10 * MINUTE, MINUTE, 10 * MINUTE, true, 0 },
		{ "long past", 10 * MINUTE, MINUTE, 5000 * MINUTE, true, 0 },
		{ "a later boot", 10 * MINUTE, MINUTE, 5000 * MINUTE, false, 9 * MINUTE },
		{ "at once", 0, MINUTE, 2 * MINUTE, true, 0 },
		{ "none", NO_DEADLINE, MINUTE, 5000 * MINUTE, true, NO_DEADLINE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct config c = { .cluster.name = (char *)"c1", .join.by_ms = rows[i].by };
		struct check_moment m = { .boottime_ms = rows[i].boot, .realtime_ms = NOW,
					  .first = rows[i].first };

		if (rows[i].launched_before)
			m.launched_ms = NOW - rows[i].launched_before;
		CHECK_MSG(check_join_in_ms(&c, &m) == rows[i].left, "%s: %llu", rows[i].what,
			  (unsigned long long)check_join_in_ms(&c, &m));
		c.cluster.name = NULL;
		CHECK_MSG(check_join_in_ms(&c, &m) == NO_DEADLINE, "%s, alone", rows[i].what);
	}
}

TEST(a_launch_in_the_future_is_not_believed)
{
	struct config c = { .cluster.name = (char *)"c1", .join.by_ms = 10 * MINUTE };
	struct check_moment m = { .boottime_ms = MINUTE, .realtime_ms = NOW,
				  .launched_ms = NOW + MINUTE, .first = true };

	CHECK_INT(check_join_in_ms(&c, &m), 9 * MINUTE);
	m = check_moment_now("2026-01-02T03:04:05Z", TRIGGER_REPLACE);
	CHECK_INT(m.launched_ms, NOW);
	CHECK(m.first && check_moment_now(NULL, TRIGGER_CREATE).first);
	CHECK(!check_moment_now(NULL, TRIGGER_BOOT).first);
	CHECK(!check_moment_now(NULL, TRIGGER_RESTART).first);
	CHECK_INT(check_moment_now("soon", TRIGGER_CREATE).launched_ms, 0);
}

TEST(what_takes_no_time_comes_first_and_always)
{
	struct config c = { .check.stress_ms = MINUTE };
	uint32_t all = checks_selected(LEVEL_STRESS), brief = checks_without_time(all);
	uint32_t memory = bit("memory-stress"), processors = bit("processor-stress");
	uint8_t order[CHECKS_MAX];
	size_t n = checks_order(&c, all, order);

	CHECK_INT(all & ~brief, memory | processors);
	CHECK_INT(n, __builtin_popcount(all));
	CHECK_INT(order[0], row_of("gpu-count"));
	CHECK_INT(order[n - 2], row_of("memory-stress"));
	CHECK_INT(order[n - 1], row_of("processor-stress"));
	CHECK_INT(checks_that_fit(&c, all, 0), brief);
	CHECK_INT(checks_that_fit(&c, all, MINUTE - 1), brief);
	CHECK_INT(checks_that_fit(&c, all, MINUTE), brief | memory);
	CHECK_INT(checks_that_fit(&c, all, 2 * MINUTE - 1), brief | memory);
	CHECK_INT(checks_that_fit(&c, all, 2 * MINUTE), all);
	CHECK_INT(checks_that_fit(&c, all, NO_DEADLINE), all);
	CHECK_INT(checks_that_fit(&c, checks_selected(LEVEL_QUICK), 0),
		  checks_selected(LEVEL_QUICK));
	c.check.stress_ms = NO_DEADLINE;
	CHECK_INT(checks_that_fit(&c, all, NO_DEADLINE - 1), brief);
}

TEST(every_check_says_how_long_it_takes_and_who_says_so)
{
	struct config c = { .check.stress_ms = MINUTE };

	for (size_t i = 0; i < n_checks; i++) {
		CHECK_MSG(checks[i].source && *checks[i].source, "%s", checks[i].name);
		CHECK_MSG(checks[i].about && checks[i].levels && checks[i].value >= 1 &&
			  checks[i].value <= 3, "%s", checks[i].name);
		CHECK_MSG(!checks[i].look == !check_takes(&c, i), "%s", checks[i].name);
		CHECK_MSG(row_of(checks[i].name) == i, "%s twice", checks[i].name);
	}
}

TEST(with_time_enough_nothing_is_left)
{
	_cleanup_bench_ struct bench *b = soak_bench();
	const struct doc *facts;

	CHECK_OK(step_check(&b->c, b->result));
	CHECK_INT(doc_get(b->result, "left")->n_items, 0);
	CHECK(!doc_get(b->result, "joinInMs"));
	CHECK(lists(doc_get(b->result, "ran"), "memory-stress"));
	CHECK(lists(doc_get(b->result, "ran"), "processor-stress"));
	facts = doc_get(b->result, "facts");
	CHECK(doc_integer(doc_get(facts, "stressMemory"), "verifiedBytes", 0) > 0);
	CHECK(doc_integer(doc_get(facts, "stressProcessors"), "rounds", 0) > 0);
	CHECK_STR(soak_moot(b->result), "everything was checked before the join");
}

TEST(what_does_not_fit_is_left_and_soak_does_it_and_no_more)
{
	_cleanup_bench_ struct bench *b = soak_bench();

	b->config.join.by_ms = 0;
	CHECK_OK(step_check(&b->c, b->result));
	CHECK_INT(doc_integer(b->result, "joinInMs", -1), 0);
	CHECK_INT(doc_get(b->result, "left")->n_items, 2);
	CHECK(lists(doc_get(b->result, "left"), "memory-stress"));
	CHECK(lists(doc_get(b->result, "left"), "processor-stress"));
	CHECK(lists(doc_get(b->result, "ran"), "gpu-count"));
	CHECK(!lists(doc_get(b->result, "ran"), "memory-stress"));
	CHECK(!doc_at(b->result, "/facts/stressMemory"));
	CHECK(!soak_moot(b->result));
	hand_over(b);
	CHECK_OK(step_soak(&b->c, b->result));
	CHECK_INT(doc_get(b->result, "ran")->n_items, 2);
	CHECK(lists(doc_get(b->result, "ran"), "memory-stress"));
	CHECK(lists(doc_get(b->result, "ran"), "processor-stress"));
}

TEST(alone_everything_is_checked_and_soak_does_not_apply)
{
	_cleanup_bench_ struct bench *b = soak_bench();

	CHECK(!soak_skip(&b->config));
	b->config.join.by_ms = 0;
	b->config.cluster.name = NULL;
	CHECK_OK(step_check(&b->c, b->result));
	CHECK_INT(doc_get(b->result, "left")->n_items, 0);
	CHECK(lists(doc_get(b->result, "ran"), "processor-stress"));
	CHECK_STR(soak_skip(&b->config), "no cluster configured");
	b->config.cluster.name = (char *)"c1";
	b->config.check.levels = NULL;
	CHECK_STR(soak_skip(&b->config), "check.levels is empty");
}

/* Whatever check did not say, or said of a check that is not here, was not looked at. */
TEST(soak_takes_nothing_for_granted)
{
	_cleanup_bench_ struct bench *b = soak_bench();
	struct doc *left;

	CHECK_OK(step_soak(&b->c, b->result));
	CHECK_INT(doc_get(b->result, "ran")->n_items,
		  __builtin_popcount(checks_selected(LEVEL_STRESS)));
	left = doc_set(doc_set(b->results, "check", doc_object()), "left", doc_array());
	doc_push(left, doc_string("gpu-count"));
	doc_push(left, doc_string("gpu-diagnostic-of-tomorrow"));
	CHECK_FAULT(step_soak(&b->c, b->result), "check.not_looked");
	CHECK(!soak_moot(doc_get(b->results, "check")));
	CHECK(!soak_moot(b->results));
}

/* What takes time is not begun on a machine that has failed already, nor without the time. */
TEST(no_stress_without_need_or_time)
{
	_cleanup_bench_ struct bench *b = soak_bench();

	b->config.check.stress_ms = 120 * MINUTE;
	CHECK_FAULT(step_check(&b->c, b->result), "check.timeout");
	doc_remove(b->results, "hostcheck");
	CHECK_FAULT(step_check(&b->c, b->result), "check.not_looked");
}

TEST(a_stress_that_could_not_look_is_no_pass)
{
	_cleanup_bench_ struct bench *b = soak_bench();

	bench_write(b, "proc/meminfo", "nonsense\n", 0644);
	CHECK_FAULT(step_check(&b->c, b->result), "check.not_looked");
}

TEST(what_a_stress_finds)
{
	struct check_facts good = { .memory = { .asked = 8, .verified = 8 },
				    .processor = { .tested = 4, .first_wrong = -1 } }, f;
	uint32_t set = bit("memory-stress") | bit("processor-stress");
	_cleanup_doc_ struct doc *findings = doc_array();

	CHECK_OK(check_verdict(&good, set, findings));
	f = good;
	f.memory.error = (struct memory_error){ .count = 3, .bits = 1 };
	f.memory_error = -EAGAIN; /* seen is seen */
	CHECK_FAULT(check_verdict(&f, set, findings), "hw.memory");
	f.memory.error.uncorrected = true;
	CHECK_FAULT(check_verdict(&f, set, findings), "hw.memory");
	f = good;
	f.processor.wrong = 1;
	CHECK_FAULT(check_verdict(&f, set, findings), "hw.cpu");
	f = good;
	f.processor_error = -EAGAIN;
	CHECK_FAULT(check_verdict(&f, set, findings), "check.not_looked");
	f = good;
	f.memory_error = -ENOMEM;
	CHECK_FAULT(check_verdict(&f, set, findings), "check.not_looked");
	f = good;
	f.memory.verified = 0;
	CHECK_FAULT(check_verdict(&f, set, findings), "check.not_looked");
	CHECK_INT(findings->n_items, 6);
	CHECK_STR(doc_str(findings->items[2], "action"), "replace");
}

static const char *when(const struct doc *outlook, const char *name)
{
	const struct doc *rows = doc_get(outlook, "checks");

	for (size_t i = 0; i < rows->n_items; i++)
		if (streq(doc_str(rows->items[i], "name"), name))
			return doc_str(rows->items[i], "when");
	return NULL;
}

TEST(the_plan_shows_what_goes_where)
{
	_cleanup_bench_ struct bench *b = soak_bench();
	struct check_moment m = { .boottime_ms = MINUTE, .realtime_ms = NOW, .first = true };
	_cleanup_doc_ struct doc *soon = NULL, *late = NULL, *done = NULL, *alone = NULL;
	char *wrong[] = { (char[]){ "stress" }, NULL };

	b->config.check.stress_ms = MINUTE;
	b->config.join.by_ms = 10 * MINUTE;
	CHECK_OK(check_outlook(&b->config, &m, NULL, &soon));
	CHECK_STR(when(soon, "processor-stress"), "before the join");
	CHECK_STR(soak_moot(soon), "everything fits before the join");
	b->config.join.by_ms = 2 * MINUTE;
	CHECK_OK(check_outlook(&b->config, &m, NULL, &late));
	CHECK_STR(when(late, "gpu-count"), "before the join");
	CHECK_STR(when(late, "memory-stress"), "before the join");
	CHECK_STR(when(late, "processor-stress"), "behind the gate");
	CHECK(lists(doc_get(late, "left"), "processor-stress"));
	CHECK_INT(doc_integer(late, "joinInMs", -1), MINUTE);
	/* What was left is left, however the clock stands now. */
	b->config.join.by_ms = 10 * MINUTE;
	CHECK_OK(check_outlook(&b->config, &m, late, &done));
	CHECK_STR(when(done, "processor-stress"), "behind the gate");
	CHECK(!soak_moot(done));
	b->config.cluster.name = NULL;
	CHECK_OK(check_outlook(&b->config, &m, NULL, &alone));
	CHECK_STR(when(alone, "processor-stress"), "at once");
	b->config.check.levels = wrong;
	CHECK_FAULT(check_outlook(&b->config, &m, NULL, &soon), "check.level");
}

TEST_MAIN
