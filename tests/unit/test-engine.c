/* SPDX-License-Identifier: Apache-2.0 */
/* The fold and the decision: what a history means, and what comes next. */
#include "lifecycle/engine/verdict.h"
#include "tests/unit/engine.h"

TEST(identify_comes_first_and_names_the_instance)
{
	BENCH(b);

	start(&b);
	CHECK_INT(next(&b).start, 1u << IDENTIFY);
	done(&b, "identify");
	CHECK_INT(next(&b).move, MOVE_NAME_INSTANCE);
	fold(&b, "\"t\":\"instance\",\"id\":\"i-1\",\"trigger\":\"create\"");
	CHECK_INT(next(&b).start, 1u << SCRIPTS);
}

TEST(all_done_is_schedulable)
{
	BENCH(b);
	struct decision d;

	start(&b);
	named(&b);
	for (size_t i = SCRIPTS; i <= REPORT; i++)
		done(&b, graph[i].name);
	d = next(&b);
	CHECK_INT(d.move, MOVE_VERDICT);
	CHECK_STR(d.verdict, "Schedulable");
	CHECK_INT(d.exit, 0);
}

TEST(another_boot_repeats_what_is_of_a_boot_only)
{
	BENCH(b);

	start(&b);
	named(&b);
	done(&b, "scripts");
	done(&b, "check");
	reboot(&b, "boot-2");
	CHECK_INT(next(&b).start, 1u << IDENTIFY);
	named(&b);
	/* scripts stand; check does not */
	CHECK_INT(next(&b).start, 1u << CHECK);
}

TEST(changed_inputs_run_again)
{
	BENCH(b);

	start(&b);
	named(&b);
	done(&b, "scripts");
	(void)snprintf(b.t.key[SCRIPTS], KEY_MAX, "other");
	CHECK_INT(next(&b).start, 1u << SCRIPTS);
}

TEST(an_interrupted_step_runs_again_with_its_attempt)
{
	BENCH(b);

	start(&b);
	named(&b);
	begin(&b, "scripts");
	fold(&b, "\"t\":\"start\",\"run\":\"r1\"");
	CHECK(b.state.step[SCRIPTS].interrupted);
	CHECK_INT(b.state.step[SCRIPTS].attempts, 1);
	CHECK_INT(b.state.crashes, 1);
	CHECK_INT(next(&b).start, 1u << SCRIPTS);
}

TEST(crashes_without_progress_end)
{
	BENCH(b);
	struct decision d;

	start(&b);
	for (int i = 0; i < 4; i++)
		fold(&b, "\"t\":\"start\",\"run\":\"r1\"");
	d = next(&b);
	CHECK_INT(d.move, MOVE_VERDICT);
	CHECK_STR(d.own_fault, "engine.crash_loop");
	CHECK_INT(d.exit, 70);
}

TEST(an_exhausted_budget_is_a_verdict)
{
	BENCH(b);
	struct decision d;

	start(&b);
	b.now += 3600001;
	d = next(&b);
	CHECK_INT(d.move, MOVE_VERDICT);
	CHECK_STR(d.own_fault, "budget.exhausted");
	CHECK_INT(d.exit, 69);
}

TEST(a_pause_is_waited_for_and_counts_as_time)
{
	BENCH(b);
	struct decision d;

	start(&b);
	end(&b, "identify", "\"outcome\":\"retry\",\"retry\":5000,\"fault\":{\"id\":"
			    "\"identity.unreachable\",\"message\":\"m\"}");
	d = next(&b);
	CHECK_INT(d.start, 0);
	CHECK_INT(d.wake_ms, b.state.step[IDENTIFY].ended_ms + 5000);
	CHECK_INT(decide_left_ms(&b.t, IDENTIFY), 60000 - 5010);
	b.now += 5000;
	CHECK_INT(next(&b).start, 1u << IDENTIFY);
}

TEST(a_failed_script_stays_failed_until_reset)
{
	BENCH(b);
	struct decision d;

	start(&b);
	named(&b);
	failed(&b, "scripts", "script.failed");
	d = next(&b);
	CHECK_INT(d.move, MOVE_VERDICT);
	CHECK_INT(d.exit, 82);
	fold(&b, "\"t\":\"verdict\",\"state\":\"Unschedulable\",\"exit\":82");
	fold(&b, "\"t\":\"run\",\"run\":\"r2\"");
	fold(&b, "\"t\":\"start\",\"run\":\"r2\"");
	/* whose failure it is, identify says first */
	CHECK_INT(next(&b).move, MOVE_NAME_INSTANCE);
	fold(&b, "\"t\":\"instance\",\"id\":\"i-1\",\"trigger\":\"restart\"");
	CHECK_INT(next(&b).exit, 82);
	fold(&b, "\"t\":\"reset\",\"step\":\"scripts\"");
	CHECK_INT(next(&b).start, 1u << SCRIPTS);
}

TEST(other_failures_are_over_with_their_run)
{
	BENCH(b);

	start(&b);
	named(&b);
	done(&b, "scripts");
	failed(&b, "check", "host.disk_full");
	CHECK_INT(next(&b).exit, 65);
	fold(&b, "\"t\":\"verdict\",\"state\":\"Unschedulable\",\"exit\":65");
	fold(&b, "\"t\":\"run\",\"run\":\"r2\"");
	fold(&b, "\"t\":\"start\",\"run\":\"r2\"");
	fold(&b, "\"t\":\"instance\",\"id\":\"i-1\",\"trigger\":\"restart\"");
	CHECK_INT(next(&b).start, 1u << CHECK);
}

TEST(a_failure_after_the_join_is_reported_before_the_verdict)
{
	BENCH(b);
	struct decision d;

	start(&b);
	named(&b);
	done(&b, "scripts");
	done(&b, "check");
	done(&b, "join");
	failed(&b, "plugins", "plugins.expect");
	d = next(&b);
	CHECK_INT(d.move, MOVE_WAIT);
	CHECK_INT(d.start, 1u << REPORT);
	CHECK_STR(d.verdict, "Unschedulable");
	done(&b, "report");
	CHECK_INT(next(&b).move, MOVE_VERDICT);
}

TEST(hardware_weighs_more_than_a_script)
{
	BENCH(b);
	struct decision d;

	start(&b);
	named(&b);
	failed(&b, "scripts", "script.failed");
	failed(&b, "check", "hw.memory");
	d = next(&b);
	CHECK_STR(d.verdict, "UnschedulablePendingReplacement");
	CHECK_INT(d.exit, 81);
}

TEST(a_hard_fault_cancels_what_runs)
{
	BENCH(b);

	start(&b);
	named(&b);
	begin(&b, "scripts");
	failed(&b, "check", "hw.memory");
	b.t.running = 1u << SCRIPTS;
	CHECK_INT(next(&b).cancel, 1u << SCRIPTS);
	CHECK_INT(next(&b).move, MOVE_WAIT);
}

TEST(a_verdict_is_one_line_and_its_first_fault_speaks)
{
	BENCH(b);
	_cleanup_doc_ struct doc *v = NULL, *good = doc_object();
	_cleanup_free_ char *line = NULL, *plain = NULL;
	struct decision d;

	start(&b);
	named(&b);
	failed(&b, "scripts", "script.failed");
	failed(&b, "check", "hw.memory");
	d = next(&b);
	v = verdict_doc(&b.t, &d);
	line = verdict_line(v);
	CHECK_MSG(str_startswith(line, "UnschedulablePendingReplacement: check: m [hw.memory]. "),
		  "%s", line);
	CHECK(str_endswith(line, fault_lookup("hw.memory")->remedy) && !strchr(line, '\n'));
	doc_set_string(good, "state", "Schedulable");
	doc_set(good, "faults", doc_array());
	plain = verdict_line(good);
	CHECK_STR(plain, "Schedulable");
}

/* A join of 30 s whose kubelet does not stay up: the attempt that is cut off at last says less. */
TEST(a_deadline_does_not_hide_what_failed_before_it)
{
	const struct step join = { .name = "join", .timeout_fault = "join.timeout" };
	const struct step scripts = { .name = "scripts", .timeout_fault = "script.timeout" };
	struct fault *before = fault_new("kubelet.failed", "kubelet.service does not stay up");
	struct fault *f;

	before = fault_evidence(before, "no such flag", strlen("no such flag"));
	f = verdict_timeout(&join, before, 30000, 98);
	CHECK(fault_is(f, "kubelet.failed"));
	CHECK_STR(f->evidence, "no such flag");
	CHECK_STR(f->message, "kubelet.service does not stay up (tried until the 30s of join were "
			      "over; the last attempt was cut short)");
	fault_free(f);
	f = verdict_timeout(&join, before, 30000, 29000);
	CHECK(fault_is(f, "join.timeout"));
	CHECK(strstr(f->message, "the last attempt did not end"));
	fault_free(f);
	f = verdict_timeout(&scripts, before, 30000, 98); /* another class, another exit code */
	CHECK(fault_is(f, "script.timeout"));
	fault_free(f);
	f = verdict_timeout(&join, NULL, 30000, 30000);
	CHECK(fault_is(f, "join.timeout"));
	CHECK_STR(f->message, "join did not end within its 30s");
	fault_free(f);
	fault_free(before);
}

TEST_MAIN
