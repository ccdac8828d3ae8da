/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "lib/base/strv.h"
#include "lib/sys/proc.h"
#include "lib/sys/spawn.h"
#include "tests/unit/child.h"
#include "tests/unit/test.h"

static char entry[64]; /* an environment entry that nothing else on this machine has */

static uint64_t in_ms(uint64_t ms)
{
	return clock_boottime_ms() + ms;
}

static int start(const char *script, bool marked, struct child *c)
{
	char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, (char *)script, NULL };
	char *env[] = { (char[]){ "PATH=/usr/bin:/bin" }, marked ? entry : NULL, NULL };
	struct spawn s = SPAWN_INIT;
	struct fault *f;

	s.path = "/bin/sh";
	s.argv = argv;
	s.env = env;
	f = spawn_start(&s, c);
	if (f)
		printf("# %s\n", f->message);
	fault_free(f);
	return f ? -1 : 0;
}

/* Waits until the count is what it should become. */
static int count_becomes(const char *mark, const char *unit, int want)
{
	uint64_t deadline = in_ms(5000);
	int n;

	while ((n = proc_count(mark, unit)) != want && clock_left(deadline) > 0)
		clock_sleep_ms(10);
	return n;
}

static bool no_children(void)
{
	return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD;
}

static int sweep_descendants(void *arg)
{
	struct child c = CHILD_NONE;
	int status;

	(void)arg;
	EXPECT(proc_become_subreaper() == 0);
	/* A shell and its child; two that their session leader has left behind. */
	EXPECT(start("setsid sh -c 'sleep 61 & sleep 61 & exit' ; sleep 61; :", false, &c) == 0);
	EXPECT(count_becomes(NULL, NULL, 4) == 4);
	EXPECT(proc_sweep(NULL, NULL, SIGKILL, in_ms(10000)) == 4);
	EXPECT(proc_count(NULL, NULL) == 0);
	/* The one that spawn_start gave out still has its status. */
	EXPECT(child_wait(&c, in_ms(5000), &status) == 0);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	EXPECT(no_children());
	return 0;
}

TEST(descendants_are_found_and_reaped)
{
	CHECK_INT(test_child(sweep_descendants, NULL), 0);
}

/* A process that left the tree altogether: its parent is gone and no subreaper is above it. */
static int start_lost(void *arg)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct child c;

		setsid();
		_exit(start(arg, true, &c) < 0);
	}
	return waitpid(pid, NULL, 0) == pid ? 0 : 1;
}

TEST(marked_ones_are_found_wherever_they_are)
{
	CHECK_INT(test_child(start_lost, (char[]){ "exec sleep 62" }), 0);
	CHECK_INT(count_becomes(entry, NULL, 1), 1);
	CHECK_INT(proc_count("MUSTER_OTHER=1", NULL), 0);
	entry[strlen(entry) - 1]++; /* a longer or other value is another entry */
	CHECK_INT(proc_count(entry, NULL), 0);
	entry[strlen(entry) - 1]--;
	CHECK_INT(proc_sweep(entry, NULL, SIGKILL, in_ms(10000)), 1);
	CHECK_INT(proc_count(entry, NULL), 0);
}

static int sweep_marked(void *arg)
{
	struct child marked = CHILD_NONE, plain = CHILD_NONE;
	int status;

	(void)arg;
	EXPECT(start("exec sleep 63", false, &plain) == 0);
	EXPECT(start("exec sleep 63", true, &marked) == 0);
	EXPECT(proc_sweep_marked(entry, NULL, SIGTERM, in_ms(10000)) == 1);
	EXPECT(child_wait(&marked, in_ms(5000), &status) == 0);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	EXPECT(child_wait(&plain, in_ms(20), &status) == -ETIME);
	child_done(&plain);
	return 0;
}

TEST(a_supervisor_sweeps_only_what_is_marked)
{
	CHECK_INT(test_child(sweep_marked, NULL), 0);
}

/* One that is in execve nearly all the time, where its environment cannot be read. */
TEST(one_in_execve_is_not_missed)
{
	char again[] = "s='exec sh -c \"$0\" \"$0\"'; exec sh -c \"$s\" \"$s\"";
	int missed = 0;

	CHECK_INT(test_child(start_lost, again), 0);
	CHECK_INT(count_becomes(entry, NULL, 1), 1);
	for (int i = 0; i < 300; i++)
		missed += proc_count(entry, NULL) != 1;
	CHECK_INT(missed, 0);
	CHECK_INT(proc_sweep_marked(entry, NULL, SIGKILL, in_ms(10000)), 1);
	CHECK_INT(proc_count(entry, NULL), 0);
}

static int sweep_the_stubborn(void *arg)
{
	struct child c = CHILD_NONE;
	int status;
	uint64_t begun = clock_boottime_ms();

	(void)arg;
	EXPECT(start("trap '' TERM; while :; do sleep 0.2; done", false, &c) == 0);
	clock_sleep_ms(100);
	EXPECT(proc_sweep(NULL, NULL, SIGTERM, in_ms(300)) >= 1);
	EXPECT(clock_boottime_ms() - begun >= 300 && clock_boottime_ms() - begun < 5000);
	EXPECT(proc_count(NULL, NULL) >= 1);
	EXPECT(proc_sweep(NULL, NULL, SIGKILL, in_ms(10000)) >= 1);
	EXPECT(child_wait(&c, in_ms(5000), &status) == 0);
	/* A stopped one hears SIGTERM too. */
	EXPECT(start("exec sleep 64", false, &c) == 0);
	EXPECT(child_kill(&c, SIGSTOP) == 0);
	EXPECT(proc_sweep(NULL, NULL, SIGTERM, in_ms(10000)) == 1);
	EXPECT(child_wait(&c, in_ms(5000), &status) == 0 && WTERMSIG(status) == SIGTERM);
	return 0;
}

TEST(the_deadline_holds_and_kill_follows)
{
	CHECK_INT(test_child(sweep_the_stubborn, NULL), 0);
}

/* New ones are born while the sweep goes on; it ends when none is left. */
static int sweep_the_fertile(void *arg)
{
	struct child c = CHILD_NONE;

	(void)arg;
	EXPECT(proc_become_subreaper() == 0);
	EXPECT(start("for i in 1 2 3 4 5 6 7 8 9; do (sleep 65 & sleep 65) & done; sleep 65", false,
		     &c) == 0);
	clock_sleep_ms(30);
	EXPECT(proc_sweep(NULL, NULL, SIGKILL, in_ms(20000)) > 1);
	EXPECT(proc_count(NULL, NULL) == 0);
	child_done(&c);
	EXPECT(no_children());
	return 0;
}

TEST(newborns_are_swept_too)
{
	CHECK_INT(test_child(sweep_the_fertile, NULL), 0);
}

/* The caller carries the entry itself, as does what started it. */
static int marked_self(void *arg)
{
	_cleanup_strv_ char **argv = NULL;
	char *env[] = { entry, NULL };
	struct child c = CHILD_NONE;
	struct spawn s = SPAWN_INIT;
	struct fault *f;
	int status = -1;

	(void)arg;
	strv_add(&argv, "test");
	strv_add(&argv, "sweep-self");
	s.path = "/proc/self/exe";
	s.argv = argv;
	s.env = env;
	f = spawn_start(&s, &c);
	EXPECT(!f);
	EXPECT(child_wait(&c, in_ms(10000), &status) == 0);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return 0;
}

static int sweep_self(void)
{
	_cleanup_free_ char *mine = xasprintf("MUSTER_TEST_RUN=%s", getenv("MUSTER_TEST_RUN"));
	int status = 1;
	pid_t pid = fork(); /* the parent has the entry too and must live */

	if (pid == 0)
		_exit(proc_sweep(mine, NULL, SIGKILL, in_ms(2000)) != 0);
	if (waitpid(pid, &status, 0) != pid)
		return 1;
	return status;
}

TEST(self_and_ancestors_are_spared)
{
	CHECK_INT(test_child(marked_self, NULL), 0);
}

/* A unit's cgroup, made by hand where the hierarchy can be written. */
static char *make_unit(const char *name)
{
	static const char *const tops[] = { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };

	for (size_t i = 0; i < ARRAY_SIZE(tops); i++) {
		_cleanup_free_ char *probe = xasprintf("%s/cgroup.procs", tops[i]);
		_cleanup_free_ char *path = xasprintf("%s/%s", tops[i], name);

		if (access(probe, F_OK) == 0 && mkdir(path, 0755) == 0)
			return TAKE_PTR(path);
	}
	return NULL;
}

static int start_in(const char *group, struct child *c)
{
	_cleanup_fd_ int fd = open(group, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *argv[] = { (char[]){ "sleep" }, (char[]){ "66" }, NULL };
	char *env[] = { entry, NULL };
	struct spawn s = SPAWN_INIT;
	struct fault *f;

	s.path = "/bin/sleep";
	s.argv = argv;
	s.env = env;
	s.cgroup_fd = fd;
	f = spawn_start(&s, c);
	fault_free(f);
	return f ? -1 : 0;
}

static int spare_units(void *arg)
{
	_cleanup_free_ char *other_name = xasprintf("muster-test-%d-other.service", (int)getpid());
	_cleanup_free_ char *own_name = xasprintf("muster-test-%d-own.service", (int)getpid());
	_cleanup_free_ char *other = make_unit(other_name), *own = make_unit(own_name);
	struct child in_other = CHILD_NONE, in_own = CHILD_NONE;
	int status, spared = -1, swept = -1, all = -1;

	(void)arg;
	if (!other || !own) {
		printf("# no cgroup can be made here: units are not checked\n");
		return 0;
	}
	if (start_in(other, &in_other) == 0 && start_in(own, &in_own) == 0) {
		all = proc_count(entry, NULL);
		spared = proc_count(entry, own_name);
		swept = proc_sweep(entry, own_name, SIGKILL, in_ms(10000));
	}
	status = child_wait(&in_other, in_ms(20), &(int){ 0 });
	child_done(&in_own);
	child_done(&in_other);
	clock_sleep_ms(50);
	EXPECT(rmdir(other) == 0 && rmdir(own) == 0);
	EXPECT(all == 2);
	EXPECT(spared == 1);
	EXPECT(swept == 1);
	EXPECT(status == -ETIME); /* the other unit's process went on */
	return 0;
}

TEST(other_units_are_spared)
{
	CHECK_INT(test_child(spare_units, NULL), 0);
}

TEST(peak_memory)
{
	volatile char *big = xmalloc(32 << 20);

	for (size_t i = 0; i < 32 << 20; i += 4096)
		big[i] = 1;
	CHECK(proc_peak_kib(getpid()) >= 32 << 10);
	free((void *)big);
	CHECK(proc_peak_kib(getpid()) >= 32 << 10);
	CHECK_INT(proc_peak_kib(0x3fffffff), 0);
}

int main(int argc, char **argv)
{
	if (argc == 2 && streq(argv[1], "sweep-self"))
		return sweep_self();
	(void)snprintf(entry, sizeof(entry), "MUSTER_TEST_RUN=%d-%llx", (int)getpid(),
		       (unsigned long long)random_below(1 << 30) * 10 + 1);
	return test_main(argc, argv);
}
