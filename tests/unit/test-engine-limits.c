/* SPDX-License-Identifier: Apache-2.0 */
/* How often, how long, and in which run and boot: every limit and every scope from both sides. */
#include "lifecycle/engine/situation.h"
#include "lifecycle/engine/verdict.h"
#include "tests/unit/engine.h"

static void pending(struct bench *b)
{
	fold(b, "\"t\":\"verdict\",\"state\":\"UnschedulablePendingReboot\",\"exit\":75");
}

static void another_run(struct bench *b)
{
	fold(b, "\"t\":\"verdict\",\"state\":\"Unschedulable\",\"exit\":69");
	fold(b, "\"t\":\"run\",\"run\":\"r2\"");
	fold(b, "\"t\":\"start\",\"run\":\"r2\"");
	fold(b, "\"t\":\"instance\",\"id\":\"i-1\",\"trigger\":\"restart\"");
}

static void all_done(struct bench *b)
{
	named(b);
	for (size_t i = SCRIPTS; i <= REPORT; i++)
		done(b, graph[i].name);
}

TEST(each_run_reports_anew)
{
	BENCH(b);

	start(&b);
	all_done(&b);
	CHECK_INT(next(&b).move, MOVE_VERDICT);
	another_run(&b);
	CHECK_INT(next(&b).move, MOVE_WAIT);
	CHECK_INT(next(&b).start, 1u << REPORT);
}

TEST(a_reboot_that_a_step_asks_for_ends_with_the_boot)
{
	BENCH(b);
	struct decision d;

	start(&b);
	named(&b);
	failed(&b, "scripts", "installer.reboot");
	d = next(&b);
	CHECK_INT(d.move, MOVE_VERDICT);
	CHECK_STR(d.verdict, "UnschedulablePendingReboot");
	CHECK_INT(d.exit, 75);
	pending(&b);
	CHECK_INT(b.state.reboots, 1);
	fold(&b, "\"t\":\"start\",\"run\":\"r1\"");
	CHECK(b.state.verdict);
	reboot(&b, "boot-2");
	CHECK(!b.state.verdict);
	CHECK_INT(next(&b).start, 1u << IDENTIFY);
	named(&b);
	CHECK_INT(next(&b).start, 1u << SCRIPTS);
}

TEST(reboots_are_counted_over_the_boots_of_a_run)
{
	BENCH(b);
	struct decision d;

	start(&b);
	for (int i = 0; i < 2; i++) {
		named(&b);
		failed(&b, "scripts", "installer.reboot");
		CHECK_STR(next(&b).verdict, "UnschedulablePendingReboot");
		pending(&b);
		reboot(&b, i ? "boot-3" : "boot-2");
	}
	named(&b);
	failed(&b, "scripts", "installer.reboot");
	d = next(&b);
	CHECK_STR(d.verdict, "Unschedulable");
	CHECK_STR(d.own_fault, "engine.reboot_loop");
	CHECK_INT(d.exit, 65);
	another_run(&b);
	CHECK_INT(b.state.reboots, 0);
}

TEST(only_a_pending_reboot_counts_as_one)
{
	BENCH(b);

	start(&b);
	fold(&b, "\"t\":\"verdict\",\"state\":\"Unschedulable\",\"exit\":69");
	CHECK_INT(b.state.reboots, 0);
}

TEST(changed_inputs_end_a_failure_of_a_script)
{
	BENCH(b);

	start(&b);
	named(&b);
	failed(&b, "scripts", "script.failed");
	CHECK_INT(next(&b).exit, 82);
	(void)snprintf(b.t.key[SCRIPTS], KEY_MAX, "other");
	CHECK_INT(next(&b).start, 1u << SCRIPTS);
}

static void retried(struct bench *b, const char *step)
{
	end(b, step, "\"outcome\":\"retry\",\"retry\":5000,\"fault\":{\"id\":"
		     "\"disk.sync\",\"message\":\"m\"}");
}

/* Boottime begins again at each boot: a pause of the last one means nothing in the next. */
TEST(a_pause_ends_with_its_boot)
{
	BENCH(b);

	start(&b);
	named(&b);
	b.now = 900000;
	retried(&b, "scripts");
	CHECK_INT(next(&b).start, 0);
	reboot(&b, "boot-2");
	named(&b);
	CHECK_INT(next(&b).start, 1u << SCRIPTS);
}

TEST(a_share_is_of_the_run)
{
	BENCH(b);
	struct decision d;

	start(&b);
	named(&b);
	b.t.timeout_ms[SCRIPTS] = 5010;
	retried(&b, "scripts");
	CHECK_INT(b.state.step[SCRIPTS].spent_ms, 5010);
	d = next(&b);
	CHECK_INT(decide_left_ms(&b.t, SCRIPTS), 0);
	CHECK_INT(decide_standing(&b.t, SCRIPTS), STANDING_FAILED);
	CHECK_INT(d.move, MOVE_VERDICT);
	CHECK_INT(d.exit, 69);
	CHECK_INT(b.state.step[SCRIPTS].run_attempts, 1);
	another_run(&b);
	CHECK_INT(b.state.step[SCRIPTS].spent_ms, 0);
	CHECK_INT(b.state.step[SCRIPTS].run_attempts, 0);
	d = next(&b);
	CHECK_INT(decide_left_ms(&b.t, SCRIPTS), 5010);
	CHECK_INT(d.start, 1u << SCRIPTS);
}

TEST(a_step_cut_short_has_spent_what_the_history_knows_of)
{
	BENCH(b);

	start(&b);
	named(&b);
	begin(&b, "scripts");
	b.now += 990;
	fold(&b, "\"t\":\"reset\",\"step\":\"soak\"");
	fold(&b, "\"t\":\"start\",\"run\":\"r1\"");
	CHECK_INT(b.state.step[SCRIPTS].spent_ms, 1010);
}

/* 40 s in one boot, 30 in the next; what lies between them is no time of the run's. */
TEST(the_budget_outlives_boots)
{
	BENCH(b);

	start(&b);
	CHECK_INT(b.state.boot_first_ms, 1000);
	b.now = 41000;
	fold(&b, "\"t\":\"stop\"");
	CHECK_INT(state_elapsed_ms(&b.state, "boot-2", 0), 40000);
	reboot(&b, "boot-2");
	CHECK_INT(state_elapsed_ms(&b.state, "boot-2", 30500), 70000);
	b.t.budget_ms = 70000;
	b.now = 30499;
	CHECK_STR(next(&b).own_fault, NULL);
	CHECK_INT(next(&b).wake_ms, 30500);
	b.now = 30500;
	CHECK_STR(next(&b).own_fault, "budget.exhausted");
	another_run(&b);
	CHECK_INT(state_elapsed_ms(&b.state, "boot-2", b.now), 30);
}

/* A record from before another one, as after a snapshot's return, takes nothing back. */
TEST(time_of_a_boot_only_grows)
{
	BENCH(b);

	start(&b);
	b.now = 5000;
	fold(&b, "\"t\":\"stop\"");
	CHECK_INT(state_elapsed_ms(&b.state, "boot-1", 5000), 4000);
	b.now = 3000;
	fold(&b, "\"t\":\"start\",\"run\":\"r1\"");
	CHECK_INT(state_elapsed_ms(&b.state, "boot-1", 3000), 4000);
	CHECK_INT(state_elapsed_ms(&b.state, "boot-1", 3500), 4500);
}

TEST(attempts_count_up_to_a_success)
{
	BENCH(b);

	start(&b);
	named(&b);
	retried(&b, "scripts");
	begin(&b, "scripts");
	CHECK_INT(b.state.step[SCRIPTS].attempts, 2);
	done(&b, "scripts");
	CHECK_INT(b.state.step[SCRIPTS].attempts, 0);
}

TEST(an_end_is_progress_and_a_stop_is_no_crash)
{
	BENCH(b);

	start(&b);
	for (int i = 0; i < 3; i++)
		fold(&b, "\"t\":\"start\",\"run\":\"r1\"");
	CHECK_INT(b.state.crashes, 3);
	CHECK_STR(next(&b).own_fault, NULL);
	done(&b, "identify");
	CHECK_INT(b.state.crashes, 0);
	fold(&b, "\"t\":\"stop\"");
	CHECK(!b.state.supervised);
	fold(&b, "\"t\":\"start\",\"run\":\"r1\"");
	CHECK_INT(b.state.crashes, 0);
}

TEST(a_stop_and_a_verdict_interrupt_what_they_find_running)
{
	static const char *const ends[] = {
		"\"t\":\"stop\"",
		"\"t\":\"verdict\",\"state\":\"Unschedulable\",\"exit\":69",
	};

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		BENCH(b);

		start(&b);
		begin(&b, "identify");
		CHECK(!b.state.step[IDENTIFY].interrupted);
		fold(&b, ends[i]);
		CHECK(b.state.step[IDENTIFY].interrupted);
	}
}

TEST(a_crash_loop_reports_nothing_more)
{
	BENCH(b);

	start(&b);
	named(&b);
	for (size_t i = SCRIPTS; i <= JOIN; i++)
		done(&b, graph[i].name);
	failed(&b, "plugins", "plugins.expect");
	CHECK_INT(next(&b).start, 1u << REPORT);
	for (int i = 0; i < 4; i++)
		fold(&b, "\"t\":\"start\",\"run\":\"r1\"");
	CHECK_INT(next(&b).start, 0);
	CHECK_INT(next(&b).move, MOVE_VERDICT);
}

/* The budget ends many runs whose steps have failed by then: what they failed of says more. */
TEST(a_weightier_fault_than_the_budget_decides)
{
	BENCH(b);

	start(&b);
	named(&b);
	failed(&b, "scripts", "script.failed");
	b.now += 3600000;
	CHECK_STR(next(&b).own_fault, "budget.exhausted");
	CHECK_INT(next(&b).exit, 82);
}

/* One that was tried again in another run says nothing about the time that this one has used up. */
TEST(a_share_used_up_without_a_fault_of_this_run_is_a_timeout)
{
	BENCH(b);

	start(&b);
	named(&b);
	retried(&b, "check");
	another_run(&b);
	done(&b, "scripts");
	b.t.timeout_ms[CHECK] = 0;
	CHECK_INT(next(&b).failed, 1u << CHECK);
	CHECK_INT(next(&b).exit, 69);
	b.state.step[CHECK].fault = (fault_free(b.state.step[CHECK].fault),
				     fault_new("script.failed", "of another run"));
	CHECK_INT(next(&b).exit, 69);
}

/* What is running may yet change what is built on it. */
TEST(nothing_starts_beside_what_it_needs)
{
	BENCH(b);

	start(&b);
	named(&b);
	done(&b, "scripts");
	CHECK_INT(next(&b).start, 1u << CHECK);
	b.t.running = 1u << SCRIPTS;
	CHECK_INT(next(&b).start, 0);
}

static uint64_t none(const struct config *c)
{
	(void)c;
	return NO_DEADLINE;
}

/* It is not cancelled with the budget, so that a node can say that it has run out of it. */
TEST(the_closing_step_has_an_end_where_there_is_a_budget)
{
	static const struct step steps[] = {
		{ .name = "identify", .timeout = none },
		{ .name = "report", .timeout = none, .closing = true },
	};
	struct engine_limits limits = { .budget_ms = 5000 };
	struct state state;
	struct situation t;

	state_init(&state, steps, ARRAY_SIZE(steps));
	situation_make(&(struct situation_facts){ .state = &state, .limits = &limits, .boot = "b" },
		       &t);
	CHECK(t.timeout_ms[0] == NO_DEADLINE);
	CHECK_INT(t.timeout_ms[1], 5000);
	limits.budget_ms = NO_DEADLINE;
	situation_make(&(struct situation_facts){ .state = &state, .limits = &limits, .boot = "b" },
		       &t);
	CHECK(t.timeout_ms[1] == NO_DEADLINE);
	state_done(&state);
}

TEST(another_boot_has_to_name_the_instance_again)
{
	BENCH(b);

	start(&b);
	named(&b);
	CHECK(b.state.named);
	reboot(&b, "boot-2");
	CHECK(!b.state.named);
	CHECK_STR(b.state.named_boot, "boot-1");
}

TEST_MAIN
