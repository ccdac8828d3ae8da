/* SPDX-License-Identifier: Apache-2.0 */
/* The fold and the decision: what a history means, and what comes next. */
#include "lib/base/parse.h"
#include "lifecycle/engine/decide.h"
#include "lifecycle/engine/trigger.h"
#include "lifecycle/engine/verdict.h"
#include "tests/unit/test.h"

#define NEEDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const struct step graph[] = {
	{ .name = "identify", .scope = SCOPE_BOOT, .timeout_fault = "identity.unreachable" },
	{ .name = "scripts", .needs = NEEDS("identify"), .scope = SCOPE_INSTANCE,
	  .timeout_fault = "script.timeout" },
	{ .name = "check", .needs = NEEDS("scripts"), .scope = SCOPE_BOOT,
	  .timeout_fault = "check.timeout" },
	{ .name = "join", .needs = NEEDS("check"), .scope = SCOPE_BOOT,
	  .timeout_fault = "join.timeout" },
	{ .name = "plugins", .needs = NEEDS("join"), .scope = SCOPE_BOOT,
	  .timeout_fault = "plugins.timeout" },
	{ .name = "report", .needs = NEEDS("plugins"), .scope = SCOPE_BOOT, .closing = true,
	  .closing_needs = "join", .timeout_fault = "report.timeout" },
};

enum { IDENTIFY, SCRIPTS, CHECK, JOIN, PLUGINS, REPORT };

struct bench {
	struct state state;
	struct situation t;
	uint64_t now;
};

static void bench_done(struct bench *b)
{
	state_done(&b->state);
}
#define BENCH(b) _cleanup_(bench_done) struct bench b = bench_new()

static struct bench bench_new(void)
{
	struct bench b = { .now = 1000 };

	state_init(&b.state, graph, ARRAY_SIZE(graph));
	b.t = (struct situation){ .boot = "boot-1",
				  .budget_ms = 3600000,
				  .max_reboots = 2,
				  .max_crashes = 3 };
	for (size_t i = 0; i < ARRAY_SIZE(graph); i++) {
		(void)snprintf(b.t.key[i], KEY_MAX, "key");
		b.t.timeout_ms[i] = 60000;
	}
	return b;
}

/* Folds one record: members as JSON without braces. */
static void fold(struct bench *b, const char *members)
{
	_cleanup_free_ char *text = xasprintf("{\"boot\":\"%s\",\"at\":%llu,\"time\":1,%s}",
					      b->t.boot, (unsigned long long)b->now, members);
	_cleanup_doc_ struct doc *d = NULL;

	CHECK_OK(json_parse("record", text, strlen(text), 0, &d));
	CHECK_OK(state_fold(&b->state, d));
	b->now += 10;
}

static void begin(struct bench *b, const char *step)
{
	_cleanup_free_ char *m =
		xasprintf("\"t\":\"begin\",\"step\":\"%s\",\"key\":\"key\",\"attempt\":%u", step,
			  b->state.step[state_index(&b->state, step)].attempts + 1);
	fold(b, m);
}

static void end(struct bench *b, const char *step, const char *rest)
{
	_cleanup_free_ char *m = xasprintf(
		"\"t\":\"end\",\"step\":\"%s\",\"key\":\"key\",\"ms\":10,%s", step, rest);

	begin(b, step);
	fold(b, m);
}

static void done(struct bench *b, const char *step)
{
	end(b, step, "\"outcome\":\"done\",\"result\":{}");
}

static void failed(struct bench *b, const char *step, const char *id)
{
	_cleanup_free_ char *m = xasprintf(
		"\"outcome\":\"failed\",\"fault\":{\"id\":\"%s\",\"message\":\"m\"}", id);

	end(b, step, m);
}

static void start(struct bench *b)
{
	fold(b, "\"t\":\"run\",\"run\":\"r1\"");
	fold(b, "\"t\":\"start\",\"run\":\"r1\"");
}

static void named(struct bench *b)
{
	done(b, "identify");
	fold(b, "\"t\":\"instance\",\"id\":\"i-1\",\"trigger\":\"create\"");
}

static struct decision next(struct bench *b)
{
	b->t.state = &b->state;
	b->t.now_ms = b->now;
	return decide(&b->t);
}

static void reboot(struct bench *b, const char *boot)
{
	(void)snprintf(b->t.boot, sizeof(b->t.boot), "%s", boot);
	b->now = 500;
	fold(b, "\"t\":\"start\",\"run\":\"r1\"");
}

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
	CHECK_INT(next(&b).exit, 82);
	fold(&b, "\"t\":\"reset\",\"step\":\"scripts\"");
	fold(&b, "\"t\":\"instance\",\"id\":\"i-1\",\"trigger\":\"restart\"");
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

TEST(triggers)
{
	static const struct {
		struct trigger_facts facts;
		enum trigger trigger;
		bool fresh;
	} rows[] = {
		{ { .instance = "i-1" }, TRIGGER_CREATE, false },
		{ { .instance = "i-2", .replaces = "i-1" }, TRIGGER_REPLACE, false },
		{ { .last_instance = "i-0", .instance = "i-1", .continues = true },
		  TRIGGER_CREATE, true },
		{ { .last_instance = "i-1", .instance = "i-1", .continues = true,
		    .last = TRIGGER_CREATE, .same_boot = true }, TRIGGER_CREATE, false },
		{ { .last_instance = "i-1", .instance = "i-1", .last_hardware = "a",
		    .hardware = "b" }, TRIGGER_BOOT, false },
		{ { .last_instance = "i-1", .instance = "i-1", .last_hardware = "a",
		    .hardware = "a" }, TRIGGER_BOOT, false },
		{ { .last_instance = "i-1", .instance = "i-1", .same_boot = true },
		  TRIGGER_RESTART, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct trigger_decision d = trigger_decide(&rows[i].facts);

		CHECK_MSG(d.trigger == rows[i].trigger && d.fresh == rows[i].fresh,
			  "row %zu: %s (%s)", i, trigger_names[d.trigger], d.why);
	}
}

TEST_MAIN
