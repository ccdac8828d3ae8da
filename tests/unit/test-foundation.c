/* SPDX-License-Identifier: Apache-2.0 */
/* What stands on what: the soak behind the join, and ENDs whose foundation is laid again. */
#include "tests/unit/engine.h"

static void all_done(struct bench *b, size_t last)
{
	for (size_t i = SCRIPTS; i <= last; i++)
		done(b, graph[i].name);
}

static void another_run(struct bench *b)
{
	fold(b, "\"t\":\"verdict\",\"state\":\"Schedulable\",\"exit\":0");
	fold(b, "\"t\":\"run\",\"run\":\"r2\"");
	fold(b, "\"t\":\"start\",\"run\":\"r2\"");
	fold(b, "\"t\":\"instance\",\"id\":\"i-1\",\"trigger\":\"restart\"");
}

/* What is left of the checks runs beside the plugins, and the gate waits for both. */
TEST(the_gate_waits_for_the_soak)
{
	BENCH(b);

	start(&b);
	named(&b);
	all_done(&b, JOIN);
	CHECK_INT(next(&b).start, 1u << PLUGINS | 1u << SOAK);
	done(&b, "plugins");
	CHECK_INT(next(&b).start, 1u << SOAK);
	done(&b, "soak");
	CHECK_INT(next(&b).start, 1u << REPORT);
}

/* A finding of soak is worth what the same finding of check is. */
TEST(a_failed_soak_ends_the_run_as_a_failed_check_does)
{
	static const char *const faults[] = { "hw.memory", "check.not_looked", "check.level" };

	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		BENCH(early);
		BENCH(late);
		struct decision a, z;

		start(&early);
		named(&early);
		done(&early, "scripts");
		failed(&early, "check", faults[i]);
		a = next(&early);
		start(&late);
		named(&late);
		all_done(&late, PLUGINS);
		failed(&late, "soak", faults[i]);
		z = next(&late);
		CHECK_STR(z.verdict, a.verdict);
		CHECK_INT(z.exit, a.exit);
		CHECK_INT(z.start, 1u << REPORT);
		done(&late, "report");
		CHECK_INT(next(&late).move, MOVE_VERDICT);
	}
}

/* The supervisor dies in the soak: what was checked before the join is not checked again. */
TEST(a_crash_in_the_soak_repeats_the_soak_alone)
{
	BENCH(b);

	start(&b);
	named(&b);
	all_done(&b, PLUGINS);
	begin(&b, "soak");
	fold(&b, "\"t\":\"start\",\"run\":\"r1\"");
	CHECK_INT(next(&b).start, 1u << SOAK);
	CHECK_INT(decide_standing(&b.t, CHECK), STANDING_DONE);
}

/* The Node must not be called Schedulable on what has to be done again first. */
TEST(nothing_is_built_on_what_runs_again)
{
	BENCH(b);

	start(&b);
	named(&b);
	all_done(&b, REPORT);
	another_run(&b);
	(void)snprintf(b.t.key[CHECK], KEY_MAX, "other");
	CHECK_INT(next(&b).start, 1u << CHECK);
}

TEST(a_node_of_an_earlier_run_is_told_of_a_failure)
{
	BENCH(b);
	struct decision d;

	start(&b);
	named(&b);
	all_done(&b, REPORT);
	another_run(&b);
	failed(&b, "check", "hw.memory");
	d = next(&b);
	CHECK_STR(d.verdict, "UnschedulablePendingReplacement");
	CHECK_INT(d.start, 1u << REPORT);
}

/* What does not apply stands for what it would have waited for. */
TEST(a_skipped_step_is_no_shortcut)
{
	BENCH(b);

	start(&b);
	named(&b);
	b.t.skip[CHECK] = "check.levels is empty";
	CHECK_INT(next(&b).start, 1u << SCRIPTS);
	done(&b, "scripts");
	CHECK_INT(next(&b).start, 1u << JOIN);
	done(&b, "join");
	done(&b, "scripts");
	CHECK_INT(next(&b).start, 1u << JOIN);
}

TEST_MAIN
