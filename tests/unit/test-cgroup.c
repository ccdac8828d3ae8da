/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/path.h"
#include "lib/box/cgroup-internal.h"
#include "lib/box/cgroup.h"
#include "lib/sys/spawn.h"
#include "tests/unit/child.h"
#include "tests/unit/test.h"

/* A group of our own at the top of the hierarchy stands in for a service's delegated one. */
static char *make_service(const char *suffix)
{
	_cleanup_free_ char *top = cgroup_folder("/");
	_cleanup_free_ char *path = NULL;

	if (!top)
		return NULL;
	path = xasprintf("%s/muster-test-%d%s", top, (int)getpid(), suffix);
	if (mkdir(path, 0755) < 0) {
		printf("# no group can be made below %s (%s)\n", top, strerror(errno));
		return NULL;
	}
	return TAKE_PTR(path);
}

static int remove_service(const char *path)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	(void)cgroup_kill(fd, clock_boottime_ms() + 5000);
	return cgroup_remove_child(AT_FDCWD, path, NULL);
}

static int join(const char *path)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : cgroup_write(fd, "cgroup.procs", "0");
}

static int without_delegation(void *arg)
{
	const char *why = NULL;
	struct cgroup_tree *t;

	(void)arg;
	t = cgroup_open(&why);
	EXPECT(!t);
	EXPECT(why && why[0]);
	printf("# cgroup_open says: %s\n", why);
	return 0;
}

/* Runs fn in a child, with the path of a fresh group; where no group can be had, what the header
 * promises for that case is checked instead. */
static int in_service(const char *suffix, int (*fn)(void *))
{
	_cleanup_free_ char *path = make_service(suffix);
	int r;

	if (!path) {
		printf("# without a group of our own: the refusal is checked instead\n");
		return test_child(without_delegation, NULL);
	}
	r = test_child(fn, path);
	if (remove_service(path) < 0 && r == 0) {
		printf("# %s could not be removed\n", path);
		return 1;
	}
	return r;
}

static int spawn_into(int cgroup_fd, const char *script, struct child *c)
{
	char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, (char *)script, NULL };
	char *env[] = { (char[]){ "PATH=/usr/bin:/bin" }, NULL };
	struct spawn s = SPAWN_INIT;
	struct fault *f;

	s.path = "/bin/sh";
	s.argv = argv;
	s.env = env;
	s.cgroup_fd = cgroup_fd;
	f = spawn_start(&s, c);
	if (f)
		printf("# %s: %s\n", f->id, f->message);
	fault_free(f);
	return f ? -1 : 0;
}

static bool has_pid(int fd, pid_t pid)
{
	_cleanup_strv_ char **pids = cgroup_words(fd, "cgroup.procs");
	_cleanup_free_ char *want = xasprintf("%d", (int)pid);

	return pids && strv_contains(pids, want);
}

static int open_and_use(void *arg)
{
	_cleanup_free_ char *own = NULL;
	_cleanup_fd_ int old = -1, fd = -1, again = -1;
	struct child c = CHILD_NONE;
	const char *why = "not set";
	struct cgroup_tree *t;
	int status;

	EXPECT(join(arg) == 0);
	t = cgroup_open(&why);
	if (!t)
		printf("# %s\n", why);
	EXPECT(t && !why);
	own = cgroup_own_path();
	EXPECT(own && str_endswith(own, ".service/supervisor"));
	old = cgroup_make(t, "step-one");
	EXPECT(old >= 0);
	EXPECT(mkdirat(old, "below", 0755) == 0);
	fd = cgroup_make(t, "step-one"); /* nothing runs in it: made anew */
	EXPECT(fd >= 0);
	EXPECT(faccessat(fd, "below", F_OK, 0) < 0 && errno == ENOENT);
	EXPECT(cgroup_make(t, "../x") == -EINVAL && cgroup_make(t, "supervisor") == -EINVAL);
	EXPECT(cgroup_make(t, "") == -EINVAL && cgroup_make(t, "cgroup.x") == -EINVAL);
	EXPECT(!cgroup_populated(fd));
	EXPECT(spawn_into(fd, "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; sleep 60", &c) ==
	       0);
	EXPECT(has_pid(fd, c.pid));
	EXPECT(cgroup_populated(fd));
	again = cgroup_make(t, "step-one"); /* taken as it is */
	EXPECT(again >= 0 && has_pid(again, c.pid));
	EXPECT(cgroup_remove(t, "step-one") == -EBUSY);
	EXPECT(cgroup_kill(fd, clock_boottime_ms() + 10000) == 0);
	EXPECT(child_wait(&c, clock_boottime_ms() + 10000, &status) == 0);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	EXPECT(!cgroup_populated(fd));
	EXPECT(cgroup_cpu_usec(fd) > 0);
	EXPECT(cgroup_oom_kills(fd) == 0);
	EXPECT(cgroup_remove(t, "step-one") == 0);
	EXPECT(cgroup_remove(t, "step-one") == 0);
	cgroup_close(t);
	return 0;
}

TEST(a_service_gets_its_tree)
{
	CHECK_INT(in_service(".service", open_and_use), 0);
}

/* Born in the group, so that not one grandchild is outside, whatever it forks first. */
static int kill_a_family(void *arg)
{
	_cleanup_fd_ int fd = -1, below = -1;
	struct child c = CHILD_NONE;
	struct cgroup_tree *t;
	int status;

	EXPECT(join(arg) == 0);
	t = cgroup_open(NULL);
	EXPECT(t);
	fd = cgroup_make(t, "family");
	EXPECT(fd >= 0);
	EXPECT(mkdirat(fd, "below", 0755) == 0);
	below = openat(fd, "below", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	EXPECT(spawn_into(fd, "for i in 1 2 3; do setsid sleep 60 & done; sleep 60", &c) == 0);
	status = -1;
	EXPECT(child_wait(&c, clock_boottime_ms() + 200, &status) == -ETIME);
	child_done(&c);
	EXPECT(cgroup_populated(fd)); /* the sleeps have left its session, not its group */
	EXPECT(spawn_into(below, "sleep 60", &c) == 0);
	EXPECT(cgroup_kill(fd, clock_boottime_ms() + 10000) == 0);
	EXPECT(!cgroup_populated(fd));
	child_done(&c);
	EXPECT(cgroup_remove(t, "family") == 0); /* with what lies below */
	cgroup_close(t);
	return 0;
}

TEST(killing_takes_the_family_along)
{
	CHECK_INT(in_service(".service", kill_a_family), 0);
}

/* The way of kernels without cgroup.kill. */
static int kill_one_by_one(void *arg)
{
	_cleanup_fd_ int fd = -1, below = -1;
	struct child c = CHILD_NONE, d = CHILD_NONE;
	struct cgroup_tree *t;
	int status;

	EXPECT(join(arg) == 0);
	t = cgroup_open(NULL);
	EXPECT(t);
	fd = cgroup_make(t, "old");
	EXPECT(fd >= 0 && mkdirat(fd, "below", 0755) == 0);
	below = openat(fd, "below", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	EXPECT(spawn_into(fd, "sleep 60", &c) == 0);
	EXPECT(spawn_into(below, "sleep 60", &d) == 0);
	cgroup_kill_members(fd);
	EXPECT(child_wait(&c, clock_boottime_ms() + 10000, &status) == 0);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	EXPECT(child_wait(&d, clock_boottime_ms() + 10000, &status) == 0);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	/* A task leaves its group a moment after its death can be waited for. */
	for (int i = 0; i < 500 && cgroup_populated(fd); i++)
		clock_sleep_ms(10);
	EXPECT(!cgroup_populated(fd));
	cgroup_close(t);
	return 0;
}

TEST(killing_works_without_cgroup_kill)
{
	CHECK_INT(in_service(".service", kill_one_by_one), 0);
}

static int open_twice(void *arg)
{
	struct cgroup_tree *t, *u;
	const char *why = NULL;

	EXPECT(join(arg) == 0);
	t = cgroup_open(&why);
	EXPECT(t);
	u = cgroup_open(&why); /* as a restart by exec finds itself */
	EXPECT(u && !why);
	cgroup_close(u);
	cgroup_close(t);
	return 0;
}

TEST(a_leaf_is_recognised_as_ours)
{
	CHECK_INT(in_service(".service", open_twice), 0);
}

static int refuse_strangers(void *arg)
{
	_cleanup_free_ char *before = NULL, *after = NULL;
	const char *why = NULL;
	pid_t stranger = fork();

	if (stranger == 0) { /* the grandchild's parent is gone: no descendant of ours */
		if (join(arg) == 0 && fork() == 0)
			sleep(30);
		_exit(0);
	}
	EXPECT(waitpid(stranger, NULL, 0) == stranger);
	EXPECT(join(arg) == 0);
	before = cgroup_own_path();
	EXPECT(!cgroup_open(&why));
	EXPECT(strstr(why, "not ours"));
	after = cgroup_own_path();
	EXPECT(streq(before, after));
	return 0;
}

TEST(a_group_with_strangers_is_left_alone)
{
	CHECK_INT(in_service(".service", refuse_strangers), 0);
}

static int refuse_scope(void *arg)
{
	_cleanup_free_ char *before = NULL, *after = NULL;
	const char *why = NULL;
	struct cgroup_tree *t;

	EXPECT(join(arg) == 0);
	unsetenv("MUSTER_CGROUP");
	before = cgroup_own_path();
	EXPECT(!cgroup_open(&why));
	EXPECT(streq(why, "not started as a service of its own"));
	after = cgroup_own_path();
	EXPECT(streq(before, after));
	setenv("MUSTER_CGROUP", "force", 1);
	t = cgroup_open(&why);
	EXPECT(t);
	cgroup_close(t);
	return 0;
}

TEST(a_login_session_is_left_alone)
{
	CHECK_INT(in_service(".scope", refuse_scope), 0);
}

static int become_nobody(void *arg)
{
	const char *why = NULL;

	EXPECT(join(arg) == 0);
	EXPECT(setgid(65534) == 0 && setuid(65534) == 0);
	EXPECT(!cgroup_open(&why));
	EXPECT(strstr(why, "not delegated"));
	return 0;
}

TEST(a_group_that_cannot_be_written_is_refused)
{
	if (geteuid() == 0)
		CHECK_INT(in_service(".service", become_nobody), 0);
	else
		CHECK_INT(test_child(without_delegation, NULL), 0);
}

TEST(the_root_group_is_refused)
{
	_cleanup_free_ char *own = cgroup_own_path();
	const char *why = NULL;

	if (streq(own, "/")) {
		setenv("MUSTER_CGROUP", "force", 1);
		CHECK(!cgroup_open(&why));
		unsetenv("MUSTER_CGROUP");
		CHECK(why);
	}
	CHECK(!cgroup_open(&why)); /* a test is no service */
	CHECK(why && why[0]);
}

TEST(without_a_tree_everything_says_so)
{
	CHECK_INT(cgroup_make(NULL, "x"), -EOPNOTSUPP);
	CHECK_INT(cgroup_remove(NULL, "x"), -EOPNOTSUPP);
	CHECK_INT(cgroup_kill(-1, 0), -EOPNOTSUPP);
	CHECK(!cgroup_populated(-1));
	CHECK_INT(cgroup_cpu_usec(-1), 0);
	CHECK_INT(cgroup_memory_peak(-1), 0);
	CHECK_INT(cgroup_oom_kills(-1), 0);
	cgroup_close(NULL);
}

TEST(a_plain_folder_is_no_group)
{
	_cleanup_fd_ int fd = open(test_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK_INT(cgroup_kill(fd, 0), -EOPNOTSUPP);
	CHECK_INT(cgroup_memory_peak(fd), 0);
}

TEST_MAIN
