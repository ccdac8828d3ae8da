/* SPDX-License-Identifier: Apache-2.0 */
/* Children that never become the program they were to be. */
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/sys/spawn.h"
#include "tests/unit/child.h"
#include "tests/unit/test.h"

static int refuse(void *arg)
{
	return *(int *)arg;
}

TEST(what_fails_before_exec_comes_back)
{
	char *argv[] = { (char[]){ "x" }, NULL };
	struct spawn s = SPAWN_INIT;
	struct child c = CHILD_NONE;
	struct fault *f;
	int why = -EXDEV, fds[1] = { 999 };

	s.path = "/bin/true";
	s.argv = argv;
	s.prepare = refuse;
	s.arg = &why;
	f = spawn_start(&s, &c);
	CHECK(fault_is(f, "spawn.failed"));
	CHECK_INT(f->errnum, EXDEV);
	fault_free(f);
	s.prepare = NULL;
	s.cwd = "/no/such/place";
	f = spawn_start(&s, &c);
	CHECK(fault_is(f, "spawn.failed"));
	CHECK(strstr(f->message, "/no/such/place"));
	CHECK_INT(f->errnum, ENOENT);
	fault_free(f);
	s.cwd = NULL;
	s.fds = fds;
	s.n_fds = 1;
	f = spawn_start(&s, &c);
	CHECK(fault_is(f, "spawn.failed"));
	CHECK_INT(f->errnum, EBADF);
	fault_free(f);
	s.n_fds = SPAWN_FDS_MAX + 1;
	CHECK_FAULT(spawn_start(&s, &c), "spawn.failed");
	s.n_fds = 0;
	s.cgroup_fd = open("/", O_PATH | O_CLOEXEC); /* no cgroup at all */
	CHECK_FAULT(spawn_start(&s, &c), "spawn.failed");
	close(s.cgroup_fd);
}

static int be_killed(void *arg)
{
	(void)arg;
	return raise(SIGKILL);
}

/* The kernel's out-of-memory killer may take it as soon as it is there. */
TEST(a_child_killed_before_exec_is_none)
{
	char *argv[] = { (char[]){ "x" }, NULL };
	struct spawn s = SPAWN_INIT;
	struct child c = CHILD_NONE;

	s.path = "/bin/true";
	s.argv = argv;
	s.prepare = be_killed;
	CHECK_FAULT(spawn_start(&s, &c), "spawn.failed");
	CHECK_INT(c.pid, 0);
	CHECK_INT(c.pidfd, -1);
}

static int find_no_memory(void *arg)
{
	(void)arg;
	return test_deny(SYS_execve, ENOMEM);
}

TEST(want_of_memory_is_not_the_programs_fault)
{
	char *argv[] = { (char[]){ "x" }, NULL };
	struct spawn s = SPAWN_INIT;
	struct child c = CHILD_NONE;

	s.path = "/bin/true";
	s.argv = argv;
	s.prepare = find_no_memory;
	CHECK_FAULT(spawn_start(&s, &c), "spawn.failed");
}

TEST_MAIN
