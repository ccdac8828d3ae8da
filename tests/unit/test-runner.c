/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/parse.h"
#include "lib/base/strv.h"
#include "lib/box/lines.h"
#include "lib/box/runner.h"
#include "lib/sys/proc.h"
#include "tests/unit/child.h"
#include "tests/unit/steps.h"

struct heard {
	struct buf text; /* "stream:line\n" */
	uint64_t n, out_of_order;
	uint64_t first_ms;
};

static void hear(void *arg, const char *stream, const char *text)
{
	struct heard *h = arg;

	if (h->n++ == 0)
		h->first_ms = clock_boottime_ms();
	buf_addf(&h->text, "%s:%s\n", stream, text);
}

static void count(void *arg, const char *stream, const char *text)
{
	struct heard *h = arg;
	uint64_t value;

	(void)stream;
	if (parse_u64(text, &value) < 0 || value != h->n)
		h->out_of_order++;
	h->n++;
}

struct want {
	const char *script;
	uint64_t timeout_ms, grace_ms;
	const char *follow;
	void (*line)(void *, const char *, const char *);
};

static struct fault *run(const struct want *w, struct heard *h, struct runner_result *ret)
{
	char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, (char *)w->script, NULL };
	_cleanup_strv_ char **env = NULL;
	_cleanup_free_ char *mark = xasprintf("MUSTER_RUN=test-%d", (int)getpid());
	struct runner r = { .path = "/bin/sh", .argv = argv, .cwd = "/", .mark = mark,
			    .follow = w->follow,
			    .deadline_ms = clock_boottime_ms() +
					   (w->timeout_ms ? w->timeout_ms : 30000),
			    .grace_ms = w->grace_ms ? w->grace_ms : 300,
			    .line = w->line ? w->line : hear, .arg = h };

	strv_add(&env, "PATH=/usr/bin:/bin");
	strv_add(&env, mark);
	r.env = env;
	return runner_run(&r, ret);
}

/* In a process of its own, so that what is left over would be seen, and nothing else. */
static int in_child(int (*fn)(void *), const struct want *w)
{
	return test_child(fn, (void *)w);
}

static bool plain_ends(const struct want *w, const char *want_text, int want_status)
{
	struct heard h = { 0 };
	struct runner_result r;
	struct fault *f = run(w, &h, &r);
	bool fine = !f && r.status == want_status && streq(buf_str(&h.text), want_text);

	if (!fine)
		printf("# status %d, heard: %s, fault %s\n", f ? 0 : r.status, buf_str(&h.text),
		       f ? f->message : "none");
	fault_free(f);
	buf_done(&h.text);
	runner_result_done(&r);
	return fine;
}

TEST(lines_come_with_their_stream)
{
	struct want w = { .script = "echo one; echo two; sleep 0.2; echo oops >&2; sleep 0.2; "
				    "printf unended; exit 3" };

	CHECK(plain_ends(&w, "stdout:one\nstdout:two\nstderr:oops\nstdout:unended\n",
			 W_EXITCODE(3, 0)));
}

TEST(a_signal_is_told)
{
	struct want w = { .script = "kill -USR1 $$" };

	CHECK(plain_ends(&w, "", SIGUSR1));
}

TEST(binary_output_becomes_text)
{
	struct want w = { .script =
				  "printf 'a\\000b\\377c\\303\\244\\303\\n\\355\\240\\200\\r\\n'" };

	CHECK(plain_ends(&w, "stdout:a\\x00b\\xffcä\\xc3\nstdout:\\xed\\xa0\\x80\n", 0));
}

TEST(lines_are_heard_while_it_runs)
{
	struct want w = { .script = "echo early; sleep 1" };
	struct heard h = { 0 };
	_cleanup_runner_result_ struct runner_result r;
	uint64_t begun = clock_boottime_ms();

	CHECK_OK(run(&w, &h, &r));
	CHECK(h.first_ms - begun < 700);
	CHECK(r.wall_ms >= 1000);
	buf_done(&h.text);
}

TEST(a_hundred_thousand_lines_in_order)
{
	struct want w = { .script = "seq 0 99999", .line = count };
	struct heard h = { 0 };
	_cleanup_runner_result_ struct runner_result r;

	CHECK_OK(run(&w, &h, &r));
	CHECK_INT(h.n, 100000);
	CHECK_INT(h.out_of_order, 0);
	CHECK_INT(r.lines, 100000);
	CHECK(str_startswith(r.tail, "99950\n"));
	CHECK(str_endswith(r.tail, "\n99999\n"));
}

TEST(long_lines_come_in_pieces)
{
	struct want w = { .script = "head -c 20000 /dev/zero | tr '\\0' x; echo" };
	struct heard h = { 0 };
	_cleanup_runner_result_ struct runner_result r;

	CHECK_OK(run(&w, &h, &r));
	CHECK_INT(h.n, 3);
	CHECK_INT(h.text.len, 20000 + 3 * (sizeof("stdout:") - 1 + 1));
	buf_done(&h.text);
}

TEST(a_character_is_not_cut)
{
	_cleanup_(lines_done) struct lines l = { .line = hear, .stream = "s" };
	struct heard h = { 0 };
	_cleanup_free_ char *text = xmalloc(RUNNER_LINE_MAX + 8);

	l.arg = &h;
	memset(text, 'x', RUNNER_LINE_MAX - 1);
	memcpy(text + RUNNER_LINE_MAX - 1, "\xe2\x82\xac!", 4);
	lines_add(&l, text, RUNNER_LINE_MAX + 3);
	lines_flush(&l);
	CHECK_INT(h.n, 2);
	CHECK(!strstr(buf_str(&h.text), "\\x"));
	CHECK(str_endswith(buf_str(&h.text), "\ns:\xe2\x82\xac!\n"));
	buf_done(&h.text);
}

static int ends_hanging(void *arg)
{
	const struct want *w = arg;
	struct heard h = { 0 };
	struct runner_result r;
	uint64_t begun = clock_boottime_ms();
	struct fault *f = run(w, &h, &r);

	EXPECT(!f);
	EXPECT(r.timed_out);
	EXPECT(clock_boottime_ms() - begun < 5000);
	EXPECT(proc_count(NULL, NULL) == 0);
	EXPECT(strstr(buf_str(&h.text), "stdout:here\n"));
	EXPECT(WIFSIGNALED(r.status) ? WTERMSIG(r.status) == SIGKILL : WEXITSTATUS(r.status) == 7);
	return 0;
}

TEST(the_deadline_asks_first)
{
	struct want w = { .script = "trap 'exit 7' TERM; echo here; while :; do sleep 0.05; done",
			  .timeout_ms = 500, .grace_ms = 3000 };

	CHECK_INT(in_child(ends_hanging, &w), 0);
}

TEST(the_deadline_kills_what_does_not_hear)
{
	struct want w = { .script = "trap '' TERM; echo here; while :; do sleep 1; done",
			  .timeout_ms = 500 };

	CHECK_INT(in_child(ends_hanging, &w), 0);
}

static int nothing_is_left(void *arg)
{
	const struct want *w = arg;
	struct heard h = { 0 };
	struct runner_result r;
	struct fault *f = run(w, &h, &r);

	EXPECT(!f);
	EXPECT(!r.timed_out);
	EXPECT(r.status == 0);
	EXPECT(r.left_over > 0);
	EXPECT(proc_count(NULL, NULL) == 0);
	EXPECT(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	return 0;
}

TEST(a_grandchild_in_a_session_of_its_own_is_gone)
{
	struct want w = { .script = "setsid sh -c 'setsid sleep 60 & exit 0'; echo done" };

	CHECK_INT(in_child(nothing_is_left, &w), 0);
}

TEST(a_grandchild_that_does_not_hear_is_gone)
{
	struct want w = { .script = "setsid sh -c \"(trap '' TERM; while :; do sleep 1; done) & "
				    "exit 0\"; sleep 0.3" };

	CHECK_INT(in_child(nothing_is_left, &w), 0);
}

static int ends_when_asked(void *arg)
{
	struct heard h = { 0 };
	struct runner_result r;
	pid_t me = getpid(), other = fork();
	struct fault *f;

	if (other == 0) {
		clock_sleep_ms(500);
		_exit(kill(me, SIGTERM) < 0);
	}
	f = run(arg, &h, &r);
	EXPECT(!f);
	EXPECT(r.stopped);
	EXPECT(!r.timed_out);
	EXPECT(proc_count(NULL, NULL) == 0);
	return 0;
}

TEST(the_keeper_can_be_asked_to_end_it)
{
	struct want w = { .script = "sleep 60" };

	CHECK_INT(in_child(ends_when_asked, &w), 0);
}

/* A stand-in for a writer that is faster than we read: each line that is heard makes another. */
struct echo {
	struct heard heard;
	int fd;
};

static void hear_and_feed(void *arg, const char *stream, const char *text)
{
	struct echo *e = arg;
	char path[64];

	if (e->fd < 0) { /* the first line names the writer */
		(void)snprintf(path, sizeof(path), "/proc/%s/fd/%d", text,
			       streq(stream, "stdout") ? STDOUT_FILENO : 9);
		e->fd = open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC);
	}
	e->heard.n++;
	(void)!write(e->fd, "more\n", 5);
}

static void run_fed(const char *script, const char *follow)
{
	_cleanup_runner_result_ struct runner_result r = { 0 };
	struct echo e = { .fd = -1 };
	struct want w = { .script = script, .follow = follow, .line = hear_and_feed };

	(void)alarm(20); /* what never ends kills the test program */
	CHECK_OK(run(&w, &e.heard, &r));
	(void)alarm(0);
	CHECK(e.fd >= 0);
	close(e.fd);
	CHECK_INT(r.status, 0);
	CHECK(!r.timed_out);
	CHECK(e.heard.n > 1);
}

TEST(a_pipe_that_is_never_empty_is_not_read_for_ever)
{
	run_fed("echo $$; sleep 0.2", NULL);
}

TEST(a_log_that_never_ends_is_not_read_for_ever)
{
	_cleanup_bench_ struct bench *b = bench_new();
	_cleanup_free_ char *log = bench_path(b, "fed.log");
	_cleanup_free_ char *script = xasprintf("exec 9>>%s; echo $$ >&9; sleep 0.6", log);

	run_fed(script, log);
}

TEST(a_log_file_is_followed_once)
{
	_cleanup_bench_ struct bench *b = bench_new();
	_cleanup_free_ char *log = bench_path(b, "provisioning.log");
	_cleanup_free_ char *script = xasprintf("echo new >>%s; sleep 0.6; echo newer >>%s; "
						"sleep 0.6; mv %s %s.1; echo other >%s",
						log, log, log, log, log);
	struct want w = { .script = script, .follow = log };

	bench_write(b, "provisioning.log", "of another day\n", 0644);
	CHECK(plain_ends(&w, "log:new\nlog:newer\nlog:other\n", 0));
}

TEST(what_cannot_be_executed_is_a_fault)
{
	char *argv[] = { (char[]){ "x" }, NULL };
	struct runner r = { .path = "/nowhere/x", .argv = argv, .deadline_ms = NO_DEADLINE,
			    .line = hear };
	struct runner_result ret;

	CHECK_FAULT(runner_run(&r, &ret), "spawn.exec");
}

TEST_MAIN
