/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "lib/base/strv.h"
#include "lib/sys/spawn.h"
#include "tests/unit/test.h"

extern char **environ;

/* What the spawned copy of this program finds, one "name value" line each. */
static void tell_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *d;
	uint64_t open_fds = 0;

	while (dir && (d = readdir(dir)))
		if (d->d_name[0] >= '0' && d->d_name[0] <= '9' && strlen(d->d_name) < 3) {
			int n = d->d_name[0] - '0';

			if (d->d_name[1])
				n = n * 10 + (d->d_name[1] - '0');
			if (dir && n != dirfd(dir) && n < 64)
				open_fds |= UINT64_C(1) << n;
		} else if (d->d_name[0] != '.') {
			printf("high-fd %s\n", d->d_name);
		}
	closedir(dir);
	printf("fds %llx\n", (unsigned long long)open_fds);
}

static void tell_file(const char *path, const char *prefix)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	_cleanup_strv_ char **line = NULL;

	if (file_read_raw(path, 65536, &b) < 0)
		return;
	line = strv_split(buf_str(&b), "\n");
	for (size_t i = 0; line[i]; i++)
		if (str_startswith(line[i], prefix))
			printf("%s\n", line[i]);
}

static int tell(void)
{
	mode_t mask = umask(0);
	char cwd[256], byte;
	struct rlimit files;
	int death = -1;
	struct stat null, st;

	getrlimit(RLIMIT_NOFILE, &files);
	prctl(PR_GET_PDEATHSIG, &death);
	printf("umask %03o\ncwd %s\nsession %d\ngroup %d\ndeath %d\nnofile %llu\n",
	       (unsigned int)mask, getcwd(cwd, sizeof(cwd)), getsid(0) == getpid(),
	       getpgrp() == getpid(), death, (unsigned long long)files.rlim_cur);
	tell_fds();
	tell_file("/proc/self/status", "SigBlk");
	tell_file("/proc/self/status", "SigIgn");
	printf("oom ");
	tell_file("/proc/self/oom_score_adj", "");
	for (char **e = environ; *e; e++)
		printf("env %s\n", *e);
	for (int fd = 3; fd < 8; fd++)
		if (read(fd, &byte, 1) == 1)
			printf("fd%d %c\n", fd, byte);
	printf("stdin %d\n", stat("/dev/null", &null) == 0 && fstat(0, &st) == 0 &&
				     st.st_rdev == null.st_rdev);
	return 0;
}

/* Spawns "tell" with the given rest of s and returns what it said (owned). */
static char *told_by(struct spawn *s)
{
	_cleanup_child_ struct child c = CHILD_NONE;
	char *argv[] = { (char[]){ "test" }, (char[]){ "tell" }, NULL };
	struct buf b = BUF_INIT;
	int ends[2], status = -1;

	CHECK(pipe2(ends, O_CLOEXEC) == 0);
	s->path = "/proc/self/exe";
	s->argv = argv;
	s->out = ends[1];
	s->err = STDERR_FILENO;
	CHECK_OK(spawn_start(s, &c));
	close(ends[1]);
	CHECK_INT(fd_read_all(ends[0], &b, 65536), 0);
	close(ends[0]);
	CHECK_INT(child_wait(&c, clock_boottime_ms() + 20000, &status), 0);
	CHECK_INT(status, 0);
	return buf_take(&b);
}

#define CHECK_HAS(text, what) CHECK_MSG(strstr(text, what), "no \"%s\" in:\n%s", what, text)
#define CHECK_HAS_NOT(text, what) CHECK_MSG(!strstr(text, what), "\"%s\" in:\n%s", what, text)

static void ignore(int sig)
{
	(void)sig;
}

TEST(the_state_is_reset)
{
	struct spawn s = SPAWN_INIT;
	struct rlimit before, lower;
	sigset_t all, old;
	_cleanup_free_ char *text = NULL;
	char want[64];

	CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
	lower = before;
	lower.rlim_cur = MIN(before.rlim_cur, 100u);
	CHECK(setrlimit(RLIMIT_NOFILE, &lower) == 0);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, ignore);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	umask(0);
	text = told_by(&s);
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGPIPE, SIG_DFL);
	CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
	CHECK_HAS(text, "umask 077\n");
	CHECK_HAS(text, "cwd /\n");
	CHECK_HAS(text, "SigBlk:\t0000000000000000\n");
	CHECK_HAS(text, "SigIgn:\t0000000000000000\n");
	CHECK_HAS(text, "death 0\nnofile ");
	CHECK_HAS(text, "stdin 1\n");
	CHECK_HAS(text, "session 0\ngroup 0\n");
	(void)snprintf(want, sizeof(want), "nofile %llu\n", (unsigned long long)before.rlim_cur);
	CHECK_HAS(text, want);
	if (geteuid() == 0)
		CHECK_HAS(text, "oom 0\n");
}

TEST(a_raised_oom_score_is_not_inherited_by_roots_children)
{
	struct spawn s = SPAWN_INIT;
	_cleanup_free_ char *text = NULL;
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0 && write(fd, "7", 1) == 1);
	text = told_by(&s);
	(void)!pwrite(fd, "0", 1, 0);
	close(fd);
	if (access("/proc/1/environ", R_OK) == 0)
		CHECK_HAS(text, "oom 0\n");
	else
		CHECK_HAS(text, "oom "); /* without CAP_SYS_RESOURCE either value may come */
}

TEST(the_environment_is_exactly_what_is_given)
{
	char *env[] = { (char[]){ "A=1" }, (char[]){ "B=two words" }, NULL };
	struct spawn s = SPAWN_INIT;
	_cleanup_free_ char *text = NULL, *none = NULL;

	setenv("NOTIFY_SOCKET", "/run/x", 1);
	s.env = env;
	text = told_by(&s);
	CHECK_HAS(text, "env A=1\nenv B=two words\nstdin");
	s.env = NULL;
	none = told_by(&s);
	CHECK_HAS_NOT(none, "env ");
	unsetenv("NOTIFY_SOCKET");
}

static int letter(char c)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0 || write(ends[1], &c, 1) != 1)
		abort();
	close(ends[1]);
	return ends[0];
}

/* Sources that sit on each other's targets, in every way that three can. */
TEST(descriptors_are_passed_whatever_their_numbers)
{
	static const int order[][3] = { { 3, 4, 5 }, { 4, 5, 3 }, { 5, 4, 3 }, { 4, 3, 9 },
					{ 9, 3, 4 }, { 3, 3, 3 }, { 5, 5, 4 } };

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		struct spawn s = SPAWN_INIT;
		_cleanup_free_ char *text = NULL;
		char want[32];
		int fds[3], saved[16], distinct = 0;
		bool seen[16] = { false };

		for (int fd = 3; fd < 10; fd++)
			saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 40);
		for (int k = 0; k < 3; k++) {
			fds[k] = order[i][k];
			if (!seen[fds[k]]) {
				int source = letter((char)('a' + fds[k]));

				if (source != fds[k]) {
					CHECK(dup3(source, fds[k], O_CLOEXEC) == fds[k]);
					close(source);
				}
				distinct++;
			}
			seen[fds[k]] = true;
		}
		s.fds = fds;
		s.n_fds = 3;
		text = told_by(&s);
		for (int fd = 3; fd < 10; fd++) {
			close(fd);
			if (saved[fd] >= 0) {
				CHECK(dup3(saved[fd], fd, O_CLOEXEC) == fd);
				close(saved[fd]);
			}
		}
		CHECK_HAS(text, "fds 3f\n");
		CHECK_HAS_NOT(text, "high-fd");
		for (int k = 0; k < 3 && distinct == 3; k++) {
			(void)snprintf(want, sizeof(want), "fd%d %c\n", 3 + k, 'a' + fds[k]);
			CHECK_HAS(text, want);
		}
	}
}

/* More targets than there are numbers in use, so that free ones lie among the targets. */
TEST(many_descriptors_are_passed)
{
	char *argv[] = { (char[]){ "x" }, NULL };
	struct spawn s = SPAWN_INIT;
	struct child c = CHILD_NONE;
	_cleanup_free_ char *text = NULL;
	int fds[20];

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = STDERR_FILENO;
	fds[0] = letter('z');
	s.fds = fds;
	s.n_fds = ARRAY_SIZE(fds);
	s.path = "/no/such/place";
	s.argv = argv;
	CHECK_FAULT(spawn_start(&s, &c), "spawn.exec");
	for (int i = 1; i < 5; i++)
		fds[i] = letter((char)('a' + i));
	text = told_by(&s);
	for (size_t i = 0; i < 5; i++)
		close(fds[i]);
	CHECK_HAS(text, "fds 7fffff\n");
	CHECK_HAS(text, "fd3 z\nfd4 b\nfd5 c\nfd6 d\nfd7 e\n");
	CHECK_HAS_NOT(text, "high-fd");
}

TEST(nothing_else_leaks)
{
	struct spawn s = SPAWN_INIT;
	_cleanup_free_ char *text = NULL;
	int leaky[40];

	for (size_t i = 0; i < ARRAY_SIZE(leaky); i++)
		leaky[i] = open("/dev/null", O_RDONLY); /* deliberately without O_CLOEXEC */
	leaky[0] = dup2(leaky[0], 900);
	text = told_by(&s);
	for (size_t i = 0; i < ARRAY_SIZE(leaky); i++)
		close(leaky[i]);
	CHECK_HAS(text, "fds 7\n");
	CHECK_HAS_NOT(text, "high-fd");
}

TEST(session_group_death_signal_folder)
{
	struct spawn s = SPAWN_INIT;
	_cleanup_free_ char *one = NULL, *two = NULL;

	s.new_session = true;
	s.death_signal = SIGTERM;
	s.cwd = "/usr";
	s.umask = 022;
	one = told_by(&s);
	CHECK_HAS(one, "umask 022\ncwd /usr\nsession 1\ngroup 1\ndeath 15\n");
	s = SPAWN_INIT;
	s.own_group = true;
	two = told_by(&s);
	CHECK_HAS(two, "session 0\ngroup 1\ndeath 0\n");
}

static struct fault *start_path(const char *path, struct child *c)
{
	char *argv[] = { (char[]){ "x" }, NULL };
	struct spawn s = SPAWN_INIT;

	s.path = path;
	s.argv = argv;
	return spawn_start(&s, c);
}

TEST(a_failed_exec_comes_back)
{
	struct child c = CHILD_NONE;
	struct fault *f = start_path("/no/such/place/program", &c);

	CHECK(fault_is(f, "spawn.exec"));
	CHECK_INT(f->errnum, ENOENT);
	CHECK(strstr(f->message, "/no/such/place/program"));
	CHECK_INT(c.pid, 0);
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1); /* it has been reaped */
	CHECK_INT(errno, ECHILD);
	fault_free(f);
	f = start_path("/etc/passwd", &c);
	CHECK(fault_is(f, "spawn.exec"));
	CHECK_INT(f->errnum, EACCES);
	fault_free(f);
}

static void start_sleep(struct child *c)
{
	char *argv[] = { (char[]){ "sleep" }, (char[]){ "60" }, NULL };
	struct spawn s = SPAWN_INIT;

	s.path = "/bin/sleep";
	s.argv = argv;
	CHECK_OK(spawn_start(&s, c));
}

TEST(waiting_and_killing)
{
	struct child c = CHILD_NONE;
	uint64_t start = clock_boottime_ms();
	int status = 0;
	char text[EXIT_TEXT_MAX];

	start_sleep(&c);
	CHECK_INT(child_wait(&c, clock_boottime_ms() + 50, &status), -ETIME);
	CHECK(c.pid > 0);
	CHECK_INT(child_kill(&c, SIGTERM), 0);
	CHECK_INT(child_wait(&c, NO_DEADLINE, &status), 0);
	CHECK_STR(exit_text(status, text), "killed by signal 15 (TERM)");
	CHECK_INT(c.pid, 0);
	CHECK_INT(c.pidfd, -1);
	CHECK_INT(child_kill(&c, SIGTERM), -ESRCH);
	CHECK_INT(child_wait(&c, NO_DEADLINE, &status), -ECHILD);
	CHECK(clock_boottime_ms() - start < 10000);
}

TEST(done_leaves_nothing)
{
	struct child c = CHILD_NONE;
	pid_t pid;

	start_sleep(&c);
	pid = c.pid;
	child_done(&c);
	CHECK_INT(c.pid, 0);
	CHECK_INT(kill(pid, 0), -1);
	child_done(&c); /* nothing to do */
	start_sleep(&c);
	kill(c.pid, SIGKILL);
	CHECK_INT(waitpid(c.pid, NULL, 0), c.pid);
	CHECK_INT(child_wait(&c, NO_DEADLINE, &(int){ 0 }), -ECHILD);
	CHECK_INT(c.pid, 0);
}

TEST(exit_texts)
{
	char text[EXIT_TEXT_MAX];

	CHECK_STR(exit_text(3 << 8, text), "exit code 3");
	CHECK_STR(exit_text(0, text), "exit code 0");
	CHECK_STR(exit_text(9, text), "killed by signal 9 (KILL)");
	CHECK_STR(exit_text(40, text), "killed by signal 40");
}

int main(int argc, char **argv)
{
	if (argc == 2 && streq(argv[1], "tell"))
		return tell();
	return test_main(argc, argv);
}
