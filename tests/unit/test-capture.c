/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/strv.h"
#include "lib/sys/spawn.h"
#include "tests/unit/test.h"

/* sh -c script; deadline in ms from now. */
static struct fault *shell(const char *script, bool with_stderr, size_t max, uint64_t ms,
			   char **ret)
{
	_cleanup_strv_ char **argv = NULL;
	char *env[] = { (char[]){ "PATH=/usr/bin:/bin" }, NULL };

	strv_add(&argv, "sh");
	strv_add(&argv, "-c");
	strv_add(&argv, script);
	return run_capture(argv, env, with_stderr, max, clock_boottime_ms() + ms, ret);
}

TEST(capture_collects)
{
	_cleanup_free_ char *a = NULL, *b = NULL, *c = NULL;

	CHECK_OK(shell("echo out; echo err >&2", false, 1000, 20000, &a));
	CHECK_STR(a, "out\n");
	CHECK_OK(shell("echo out; echo err >&2", true, 1000, 20000, &b));
	CHECK_STR(b, "out\nerr\n");
	CHECK_OK(shell("printf 'a\\0b'; exec >&- 2>&-; sleep 0.1", false, 1000, 20000, &c));
	CHECK_STR(c, "a?b");
}

TEST(capture_keeps_the_tail)
{
	_cleanup_free_ char *a = NULL, *b = NULL;

	CHECK_OK(shell("i=0; while [ $i -lt 30000 ]; do echo line $i; i=$((i+1)); done", false, 25,
		       60000, &a));
	CHECK_INT(strlen(a), 25);
	CHECK(str_endswith(a, "line 29998\nline 29999\n"));
	CHECK_OK(shell("head -c 3000000 /dev/zero | tr '\\0' x", false, 1000000, 60000, &b));
	CHECK_INT(strlen(b), 1000000);
}

TEST(capture_says_why_it_failed)
{
	char *out = NULL;
	struct fault *f = shell("echo out; echo the reason >&2; exit 3", false, 1000, 20000, &out);

	CHECK(fault_is(f, "run.failed"));
	CHECK(strstr(f->message, "exit code 3"));
	CHECK_STR(f->evidence, "the reason\n");
	CHECK(!out);
	fault_free(f);
	f = shell("echo only out; kill -9 $$", false, 1000, 20000, &out);
	CHECK(fault_is(f, "run.failed"));
	CHECK(strstr(f->message, "killed by signal 9 (KILL)"));
	CHECK_STR(f->evidence, "only out\n");
	fault_free(f);
}

/* Gone, or dead and only not yet reaped by whoever inherited it. */
static bool has_ended(const char *pid)
{
	_cleanup_free_ char *path = xasprintf("/proc/%.*s/stat", (int)strcspn(pid, "\n"), pid);
	_cleanup_free_ char *line = NULL;

	for (int i = 0; i < 200; i++) {
		free(TAKE_PTR(line));
		if (file_read_line(path, &line) < 0 || strstr(line, ") Z "))
			return true;
		clock_sleep_ms(10);
	}
	return false;
}

TEST(capture_ends_at_the_deadline)
{
	uint64_t start = clock_boottime_ms();
	char *out = NULL;
	struct fault *f = shell("sleep 30 & echo $!; sleep 30", true, 1000, 1500, &out);

	CHECK(fault_is(f, "run.timeout"));
	CHECK(clock_boottime_ms() - start < 10000);
	CHECK(f->evidence);
	CHECK_MSG(has_ended(f->evidence), "what it had in the background lives on: %s",
		  f->evidence);
	fault_free(f);
}

TEST(capture_does_not_wait_for_a_daemon)
{
	uint64_t start = clock_boottime_ms();
	_cleanup_free_ char *out = NULL;

	CHECK_OK(shell("sleep 3 & echo started", true, 1000, 20000, &out));
	CHECK_STR(out, "started\n");
	CHECK(clock_boottime_ms() - start < 2500);
}

TEST(capture_finds_programs)
{
	char *argv[] = { (char[]){ "no-such-program-anywhere" }, NULL };
	char *out = NULL;

	CHECK_FAULT(run_capture(argv, NULL, false, 10, NO_DEADLINE, &out), "spawn.exec");
}

TEST_MAIN
