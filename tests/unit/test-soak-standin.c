/* SPDX-License-Identifier: Apache-2.0 */
/* check and soak in the real engine, each in a process of its own; what is about them stands in:
 * identify, hostcheck, join and report are here, and there is no cluster. */
#include <signal.h>
#include <sys/wait.h>

#include "lib/base/strv.h"
#include "lifecycle/check/check.h"
#include "lifecycle/engine/engine.h"
#include "lifecycle/engine/history.h"
#include "lifecycle/engine/worker.h"
#include "tests/unit/steps.h"

#define NEEDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static struct fault *stand_in_identify(const struct step_context *c, struct doc *result)
{
	(void)c;
	doc_set_string(result, "instanceId", "lab-1");
	return NULL;
}

static struct fault *stand_in_hostcheck(const struct step_context *c, struct doc *result)
{
	(void)c;
	doc_set_int(doc_set(result, "memory", doc_object()), "verifiedBytes", 1);
	doc_set_int(doc_set(result, "disk", doc_object()), "verifiedBytes", 1);
	return NULL;
}

static struct fault *stand_in_join(const struct step_context *c, struct doc *result)
{
	(void)c;
	doc_set_string(result, "node", "lab-1");
	return NULL;
}

/* What would be said on the Node is left in a file. */
static struct fault *stand_in_report(const struct step_context *c, struct doc *result)
{
	_cleanup_free_ char *path = path_join(c->state_dir, "said");
	const char *state = doc_str(c->verdict, "state");

	(void)result;
	return file_write_volatile(path, state, strlen(state), 0644);
}

/* The supervisor is killed while the first soak is at work. */
static struct fault *soak_or_die(const struct step_context *c, struct doc *result)
{
	_cleanup_free_ char *mark = path_join(c->state_dir, "kill-supervisor");

	if (access(mark, F_OK) == 0 && c->attempt == 1)
		(void)kill(getppid(), SIGKILL);
	return step_soak(c, result);
}

static const char *never(const struct config *c)
{
	(void)c;
	return NULL;
}

static const struct step table[] = {
	{ .name = "identify", .scope = SCOPE_BOOT, .run = stand_in_identify, .skip = never,
	  .timeout = check_timeout, .timeout_fault = "identity.unreachable" },
	{ .name = "hostcheck", .needs = NEEDS("identify"), .scope = SCOPE_BOOT, .skip = never,
	  .run = stand_in_hostcheck, .timeout = check_timeout,
	  .timeout_fault = "host.unchecked" },
	{ .name = "check", .needs = NEEDS("hostcheck"), .scope = SCOPE_BOOT, .run = step_check,
	  .skip = check_skip, .timeout = check_timeout, .timeout_fault = "check.timeout" },
	{ .name = "join", .needs = NEEDS("check"), .scope = SCOPE_BOOT, .run = stand_in_join,
	  .skip = never, .timeout = check_timeout, .timeout_fault = "join.timeout" },
	{ .name = "soak", .needs = NEEDS("join"), .scope = SCOPE_BOOT, .run = soak_or_die,
	  .skip = soak_skip, .moot = soak_moot, .moot_by = "check", .timeout = check_timeout,
	  .timeout_fault = "check.timeout" },
	{ .name = "report", .needs = NEEDS("soak"), .scope = SCOPE_BOOT, .run = stand_in_report,
	  .skip = never, .closing = true, .closing_needs = "join", .timeout = check_timeout,
	  .timeout_fault = "report.timeout" },
};

enum { CHECK_STEP = 2, JOIN, SOAK };

static struct fault *run_step(const char *name, struct doc *result)
{
	struct worker_request request;
	_cleanup_config_ struct config config = { .recovery = 0 };
	struct step_context c;

	TRY(worker_receive(WORKER_REQUEST_FD, &request));
	worker_context(&request, &c);
	TRY(schema_decode(config_fields, "configuration", request.config, 0, &config));
	c.config = &config;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (streq(table[i].name, name))
			return table[i].run(&c, result);
	return fault_new("muster.bug", "no step %s", name);
}

static char **step_argv(void *arg, const char *step)
{
	char **argv = NULL;

	(void)arg;
	strv_add(&argv, "test");
	strv_add(&argv, "step");
	strv_add(&argv, step);
	return argv;
}

static struct fault *configure(void *arg, const struct doc *identify, const struct config **config,
			       const struct doc **config_doc)
{
	(void)arg, (void)identify, (void)config, (void)config_doc;
	return NULL;
}

static void limits(const struct config *config, struct engine_limits *ret)
{
	(void)config;
	*ret = (struct engine_limits){ .budget_ms = 60000, .reboots = 1, .crashes = 3 };
}

/* A supervisor of its own process; its exit code, or 128 and the signal that ended it. */
static int run(const struct bench *b, const char *by)
{
	_cleanup_free_ char *text = xasprintf(
		"{\"cluster\":{\"name\":\"c1\"},\"join\":{\"by\":\"%s\"},"
		"\"check\":{\"levels\":[\"InstanceStress\"],\"stress\":\"20ms\","
		"\"timeout\":\"5s\"}}",
		by);
	struct engine_spec spec = { .steps = table, .n = ARRAY_SIZE(table), .root = b->root,
				    .state_dir = b->state, .run_dir = b->state,
				    .configure = configure, .limits = limits,
				    .step_argv = step_argv };
	_cleanup_doc_ struct doc *d = NULL;
	struct config config = { .recovery = 0 };
	struct fault *f = NULL;
	int status = 0;
	pid_t pid;

	CHECK_OK(json_parse("test", text, strlen(text), 0, &d));
	CHECK_OK(schema_decode(config_fields, "test", d, 0, &config));
	spec.config = &config;
	spec.config_doc = d;
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0)
		_exit(engine_run(&spec, &f));
	CHECK_INT(waitpid(pid, &status, 0), pid);
	config_done(&config);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static struct bench *engine_bench(void)
{
	struct bench *b = bench_new();

	bench_write(b, "proc/meminfo", "MemTotal: 8192 kB\nMemAvailable: 8192 kB\n", 0644);
	return b;
}

static unsigned begun(const struct bench *b, const char *step)
{
	_cleanup_free_ char *text = bench_read(b, "var/lib/muster/history");
	_cleanup_free_ char *words = xasprintf("\"t\":\"begin\",\"step\":\"%s\"", step);
	unsigned n = 0;

	for (const char *p = text; (p = strstr(p, words)); p++)
		n++;
	return n;
}

static void said(const struct bench *b, const char *want)
{
	_cleanup_free_ char *text = bench_read(b, "var/lib/muster/said");

	CHECK_STR(text, want);
}

static bool ran(const struct bench *b, size_t step, const char *name)
{
	const struct doc *rows;
	struct state s;
	bool found = false;

	state_init(&s, table, ARRAY_SIZE(table));
	CHECK_OK(history_read(b->state, &s));
	rows = s.step[step].result ? doc_get(s.step[step].result, "ran") : NULL;
	for (size_t i = 0; rows && i < rows->n_items; i++)
		found = found || streq(doc_str(rows->items[i], "name"), name);
	state_done(&s);
	return found;
}

TEST(nothing_left_and_soak_never_begins)
{
	_cleanup_bench_ struct bench *b = engine_bench();
	_cleanup_free_ char *status = NULL;

	CHECK_INT(run(b, "none"), 0);
	CHECK(ran(b, CHECK_STEP, "processor-stress"));
	CHECK_INT(begun(b, "soak"), 0);
	said(b, "Schedulable");
	status = bench_read(b, "var/lib/muster/status.json");
	CHECK(strstr(status, "everything was checked before the join"));
}

TEST(what_is_left_is_done_behind_the_join)
{
	_cleanup_bench_ struct bench *b = engine_bench();

	CHECK_INT(run(b, "0s"), 0);
	CHECK(ran(b, CHECK_STEP, "gpu-count"));
	CHECK(!ran(b, CHECK_STEP, "processor-stress"));
	CHECK(ran(b, SOAK, "processor-stress"));
	CHECK(!ran(b, SOAK, "gpu-count"));
	said(b, "Schedulable");
}

TEST(killed_in_the_soak_it_goes_on_there)
{
	_cleanup_bench_ struct bench *b = engine_bench();

	bench_write(b, "var/lib/muster/kill-supervisor", "", 0644);
	CHECK_INT(run(b, "0s"), 128 + SIGKILL);
	CHECK(!bench_has(b, "var/lib/muster/said"));
	CHECK_INT(run(b, "0s"), 0);
	CHECK_INT(begun(b, "check"), 1);
	CHECK_INT(begun(b, "join"), 1);
	CHECK_INT(begun(b, "soak"), 2);
	CHECK(ran(b, SOAK, "memory-stress"));
	said(b, "Schedulable");
}

/* The memory cannot be looked at: the same fault and the same end, before the join or after. */
TEST(a_soak_that_fails_ends_as_check_does)
{
	_cleanup_bench_ struct bench *early = engine_bench(), *late = engine_bench();
	int code;

	bench_write(early, "proc/meminfo", "nonsense\n", 0644);
	bench_write(late, "proc/meminfo", "nonsense\n", 0644);
	code = run(early, "none");
	CHECK(code != 0);
	CHECK_INT(begun(early, "join"), 0);
	CHECK_INT(run(late, "0s"), code);
	CHECK_INT(begun(late, "join"), 1);
	CHECK_INT(begun(late, "check"), 1);
	said(late, "Unschedulable");
}

int main(int argc, char **argv)
{
	_cleanup_doc_ struct doc *result = doc_object();
	_cleanup_fault_ struct fault *f = NULL;

	if (argc != 3 || !streq(argv[1], "step"))
		return test_main(argc, argv);
	f = run_step(argv[2], result);
	return worker_answer(WORKER_FD, result, f) < 0 ? 70 : 0;
}
