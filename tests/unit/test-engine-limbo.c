/* SPDX-License-Identifier: Apache-2.0 */
/* Histories that once led nowhere: another instance's, endless boots, a budget nobody looked at. */
#include "lifecycle/engine/verdict.h"
#include "tests/unit/engine.h"

/* Each of its boots does some work before it: identify ends well in all of them. */
TEST(a_step_in_which_the_machine_goes_down_is_not_begun_for_ever)
{
	BENCH(b);
	struct decision d;

	start(&b);
	named(&b);
	for (int i = 0; i < 3; i++) {
		begin(&b, "scripts");
		reboot(&b, i % 2 ? "boot-odd" : "boot-even");
		named(&b);
		CHECK_INT(next(&b).start, 1u << SCRIPTS);
	}
	begin(&b, "scripts");
	CHECK_INT(b.state.step[SCRIPTS].cuts, 3);
	b.t.running = 1u << SCRIPTS;
	CHECK_STR(next(&b).own_fault, NULL);
	b.t.running = 0;
	reboot(&b, "boot-last");
	named(&b);
	d = next(&b);
	CHECK_INT(d.move, MOVE_VERDICT);
	CHECK_STR(d.own_fault, "engine.crash_loop");
	CHECK_INT(d.exit, 70);
	CHECK_INT(d.start, 0);
}

/* It ends in the same order as a script that reboots the machine: stopped, and another boot. */
TEST(a_stop_is_a_cut_only_when_the_machine_goes_down_with_it)
{
	BENCH(b);

	start(&b);
	named(&b);
	for (int i = 0; i < 9; i++) {
		end(&b, "scripts", "\"outcome\":\"cancelled\"");
		fold(&b, "\"t\":\"stop\"");
		fold(&b, "\"t\":\"start\",\"run\":\"r1\"");
	}
	CHECK_INT(b.state.step[SCRIPTS].cuts, 0);
	CHECK_INT(next(&b).start, 1u << SCRIPTS);
	for (int i = 0; i < 4; i++) {
		end(&b, "scripts", "\"outcome\":\"cancelled\"");
		fold(&b, "\"t\":\"stop\"");
		reboot(&b, i % 2 ? "boot-odd" : "boot-even");
		named(&b);
	}
	CHECK_STR(next(&b).own_fault, "engine.crash_loop");
	fold(&b, "\"t\":\"reset\",\"step\":\"scripts\"");
	CHECK_INT(next(&b).start, 1u << SCRIPTS);
}

TEST(an_end_forgets_what_went_down_before_it)
{
	BENCH(b);

	start(&b);
	named(&b);
	begin(&b, "scripts");
	begin(&b, "scripts");
	CHECK_INT(b.state.step[SCRIPTS].cuts, 1);
	end(&b, "scripts", "\"outcome\":\"retry\",\"retry\":1,\"fault\":{\"id\":"
			   "\"disk.sync\",\"message\":\"m\"}");
	CHECK_INT(b.state.step[SCRIPTS].cuts, 0);
	begin(&b, "scripts");
	begin(&b, "scripts");
	fold(&b, "\"t\":\"run\",\"run\":\"r2\"");
	CHECK_INT(b.state.step[SCRIPTS].cuts, 0);
}

/* An image that was made of a node whose script had failed. */
TEST(a_failure_of_another_instance_decides_nothing)
{
	BENCH(b);

	start(&b);
	named(&b);
	failed(&b, "scripts", "script.failed");
	fold(&b, "\"t\":\"verdict\",\"state\":\"Unschedulable\",\"exit\":82");
	(void)snprintf(b.t.boot, sizeof(b.t.boot), "boot-2");
	fold(&b, "\"t\":\"run\",\"run\":\"r2\"");
	fold(&b, "\"t\":\"start\",\"run\":\"r2\"");
	CHECK_INT(next(&b).move, MOVE_WAIT);
	CHECK_INT(next(&b).start, 1u << IDENTIFY);
	done(&b, "identify");
	CHECK_INT(next(&b).move, MOVE_NAME_INSTANCE);
	fold(&b, "\"t\":\"instance\",\"id\":\"i-2\",\"trigger\":\"create\"");
	CHECK_INT(next(&b).start, 1u << SCRIPTS);
	CHECK_INT(b.state.step[SCRIPTS].phase, PHASE_WAITING);
	CHECK_INT(b.state.step[SCRIPTS].attempts, 0);
	CHECK_INT(b.state.step[IDENTIFY].phase, PHASE_DONE);
}

TEST(a_step_without_a_deadline_ends_with_the_budget_after_a_failure_too)
{
	BENCH(b);
	struct decision d;

	start(&b);
	named(&b);
	begin(&b, "scripts");
	failed(&b, "check", "host.disk_full");
	b.t.running = 1u << SCRIPTS;
	b.t.timeout_ms[SCRIPTS] = NO_DEADLINE;
	d = next(&b);
	CHECK_INT(d.move, MOVE_WAIT);
	CHECK_INT(d.cancel, 0);
	CHECK_INT(d.wake_ms, 1000 + 3600000);
	b.now = d.wake_ms;
	d = next(&b);
	CHECK_INT(d.cancel, 1u << SCRIPTS);
	CHECK(d.wake_ms == NO_DEADLINE);
}

TEST(identify_that_runs_again_names_again)
{
	BENCH(b);

	start(&b);
	named(&b);
	done(&b, "scripts");
	fold(&b, "\"t\":\"reset\",\"step\":\"check\"");
	CHECK(b.state.named);
	fold(&b, "\"t\":\"reset\",\"step\":\"identify\"");
	CHECK(!b.state.named);
	CHECK_INT(next(&b).start, 1u << IDENTIFY);
	done(&b, "identify");
	CHECK_INT(next(&b).move, MOVE_NAME_INSTANCE);
	fold(&b, "\"t\":\"instance\",\"id\":\"i-1\",\"trigger\":\"create\"");
	begin(&b, "identify");
	CHECK(!b.state.named);
	CHECK_STR(b.state.named_boot, "boot-1");
}

/* Whoever resets a step that has asked for a reboot wants it to run again without one. */
TEST(a_reset_takes_back_the_reboot_that_is_waited_for)
{
	BENCH(b);

	start(&b);
	named(&b);
	fold(&b, "\"t\":\"verdict\",\"state\":\"UnschedulablePendingReboot\",\"exit\":75");
	CHECK_STR(b.state.verdict_boot, "boot-1");
	fold(&b, "\"t\":\"reset\",\"step\":\"check\"");
	CHECK_STR(b.state.verdict_boot, "");
	fold(&b, "\"t\":\"verdict\",\"state\":\"Unschedulable\",\"exit\":82");
	fold(&b, "\"t\":\"reset\"");
	CHECK_STR(b.state.verdict_boot, "boot-1");
	CHECK(!b.state.named);
}

TEST(a_verdict_speaks_for_its_boot_alone)
{
	BENCH(b);

	start(&b);
	named(&b);
	fold(&b, "\"t\":\"verdict\",\"state\":\"Unschedulable\",\"exit\":82,\"faults\":[{}]");
	_cleanup_doc_ struct doc *now = status_doc(&b.state, "boot-1", b.now);
	_cleanup_doc_ struct doc *later = status_doc(&b.state, "boot-2", b.now);

	CHECK_STR(doc_str(now, "state"), "Unschedulable");
	CHECK_INT(doc_integer(now, "exit", -1), 82);
	CHECK(doc_get(now, "faults"));
	CHECK_STR(doc_str(later, "state"), "Not started");
	CHECK(!doc_get(later, "exit") && !doc_get(later, "faults"));
	CHECK_STR(doc_str(later, "boot"), "boot-2");
}

/* A reboot gives a step its whole share anew, or what asks for one late is never run again. */
TEST(a_share_is_fresh_in_every_boot)
{
	BENCH(b);

	start(&b);
	named(&b);
	end(&b, "scripts", "\"outcome\":\"retry\",\"retry\":60000,\"fault\":{\"id\":"
			   "\"disk.sync\",\"message\":\"m\"}");
	CHECK_INT(next(&b).failed, 1u << SCRIPTS);
	CHECK_INT(decide_left_ms(&b.t, SCRIPTS), 0);
	reboot(&b, "boot-2");
	named(&b);
	CHECK_INT(next(&b).start, 1u << SCRIPTS);
	CHECK_INT(decide_left_ms(&b.t, SCRIPTS), 60000);
	begin(&b, "scripts");
	CHECK_INT(b.state.step[SCRIPTS].spent_ms, 0);
}

/* The machine went down between the END and the verdict, and came up somewhere else. */
TEST(a_failure_of_another_boot_is_not_a_verdict_of_this_one)
{
	BENCH(b);

	start(&b);
	named(&b);
	done(&b, "scripts");
	failed(&b, "check", "hw.memory");
	CHECK_STR(next(&b).verdict, "UnschedulablePendingReplacement");
	reboot(&b, "boot-2");
	named(&b);
	CHECK_INT(next(&b).failed, 0);
	CHECK_INT(next(&b).start, 1u << CHECK);
}

/* Reboots for a driver say nothing about hardware; neither do those of the hardware left behind. */
TEST(only_reboots_for_this_hardware_count_against_it)
{
	BENCH(b);

	start(&b);
	fold(&b, "\"t\":\"instance\",\"id\":\"i-1\",\"hardware\":\"a\",\"trigger\":\"create\"");
	fold(&b, "\"t\":\"verdict\",\"state\":\"UnschedulablePendingReboot\",\"exit\":75");
	CHECK_INT(b.state.hw_reboots, 0);
	fold(&b, "\"t\":\"verdict\",\"state\":\"UnschedulablePendingReboot\",\"exit\":80");
	CHECK_INT(b.state.reboots, 2);
	CHECK_INT(b.state.hw_reboots, 1);
	reboot(&b, "boot-2");
	fold(&b, "\"t\":\"instance\",\"id\":\"i-1\",\"hardware\":\"a\",\"trigger\":\"create\"");
	CHECK_INT(b.state.hw_reboots, 1);
	fold(&b, "\"t\":\"instance\",\"id\":\"i-1\",\"hardware\":\"b\",\"trigger\":\"create\"");
	CHECK_INT(b.state.hw_reboots, 0);
	CHECK_INT(b.state.reboots, 2);
}

/* A run that fails again after a reboot has another end to report. */
TEST(every_boot_reports_its_own_failure)
{
	BENCH(b);

	start(&b);
	for (int i = 0; i < 2; i++) {
		named(&b);
		done(&b, "scripts");
		done(&b, "check");
		done(&b, "join");
		failed(&b, "plugins", "plugins.expect");
		CHECK_INT(next(&b).start, 1u << REPORT);
		done(&b, "report");
		CHECK_INT(next(&b).move, MOVE_VERDICT);
		reboot(&b, "boot-2");
	}
}

/* The cluster is told Schedulable, and then that is the end: whatever the clock says meanwhile. */
TEST(the_last_word_has_its_own_time)
{
	BENCH(b);
	struct decision d;

	start(&b);
	named(&b);
	for (size_t i = SCRIPTS; i < REPORT; i++)
		done(&b, graph[i].name);
	b.now += 2 * b.t.budget_ms;
	d = next(&b);
	CHECK_INT(d.move, MOVE_WAIT);
	CHECK_INT(d.start, 1u << REPORT);
	CHECK(!d.settled && d.wake_ms == NO_DEADLINE);
	begin(&b, "report");
	b.t.running = 1u << REPORT;
	CHECK_INT(next(&b).move, MOVE_WAIT);
	b.t.running = 0;
	fold(&b, "\"t\":\"end\",\"step\":\"report\",\"key\":\"key\",\"ms\":9,\"outcome\":\"done\"");
	CHECK_STR(next(&b).verdict, "Schedulable");
	b.state.crashes = b.t.max_crashes + 1;
	CHECK_STR(next(&b).verdict, "Schedulable");
}

/* The disk has come back from hours later in the same boot, as a snapshot may. */
TEST(moments_out_of_the_future_do_not_hold_up_the_clock)
{
	BENCH(b);
	struct decision d;

	b.now += 86400000;
	start(&b);
	named(&b);
	end(&b, "scripts", "\"outcome\":\"retry\",\"retry\":1000,"
			   "\"fault\":{\"id\":\"script.material\",\"message\":\"m\"}");
	b.now = 5000;
	fold(&b, "\"t\":\"start\",\"run\":\"r1\"");
	CHECK_INT(next(&b).start, 0);
	b.now += 1000;
	CHECK_INT(next(&b).start, 1u << SCRIPTS); /* not a day later */
	begin(&b, "scripts");
	b.t.running = 1u << SCRIPTS;
	b.now += b.t.budget_ms;
	d = next(&b);
	CHECK_STR(d.own_fault, "budget.exhausted");
	CHECK_INT(d.cancel, 1u << SCRIPTS);
}

TEST_MAIN
