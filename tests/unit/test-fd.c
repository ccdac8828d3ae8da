/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/fd.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/child.h"
#include "tests/unit/test.h"

TEST(close_keeps_errno)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	errno = EXDEV;
	CHECK_INT(fd_close(fd), -1);
	CHECK_INT(errno, EXDEV);
	CHECK(fcntl(fd, F_GETFD) < 0 && errno == EBADF);
	errno = 0;
	CHECK_INT(fd_close(-1), -1);
	CHECK_INT(fd_close(fd), -1); /* a bad one */
	CHECK_INT(errno, 0);
}

/* More than a pipe holds, the other side slow, and signals all the while: read and write answer
 * EINTR and short counts. */
#define MUCH (1 << 20)
#define BITE (1 << 16)

static unsigned char bytes[MUCH];

static void on_alarm(int sig)
{
	(void)sig;
}

static void set_alarms(long every_us)
{
	struct sigaction sa = { .sa_handler = on_alarm }; /* no SA_RESTART */
	struct itimerval every = { .it_value.tv_usec = every_us, .it_interval.tv_usec = every_us };

	(void)sigaction(SIGALRM, &sa, NULL);
	(void)setitimer(ITIMER_REAL, &every, NULL);
}

static int read_slowly(void *arg)
{
	static unsigned char got[BITE];

	for (size_t at = 0; at < MUCH; at += BITE) {
		(void)usleep(3000);
		EXPECT(fd_read_exact(*(int *)arg, got, BITE) == 0);
		for (size_t i = 0; i < BITE; i++)
			EXPECT(got[i] == (unsigned char)((at + i) * 7 >> 3));
	}
	return 0;
}

static int write_slowly(void *arg)
{
	for (size_t at = 0; at < MUCH; at += BITE) {
		(void)usleep(3000);
		EXPECT(fd_write_all(*(int *)arg, bytes + at, BITE) == 0);
	}
	return 0;
}

static pid_t start(int (*fn)(void *), int mine, int others)
{
	(void)fflush(stdout);
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)close(others);
	int r = fn(&mine);
	(void)fflush(stdout);
	_exit(r);
}

TEST(writes_are_complete_across_signals)
{
	int p[2], status;

	for (size_t i = 0; i < MUCH; i++)
		bytes[i] = (unsigned char)(i * 7 >> 3);
	CHECK(pipe2(p, O_CLOEXEC) == 0);
	pid_t pid = start(read_slowly, p[0], p[1]);
	(void)fd_close(p[0]);
	set_alarms(300);
	int r = fd_write_all(p[1], bytes, MUCH);
	set_alarms(0);
	(void)fd_close(p[1]);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_INT(r, 0);
	CHECK_INT(status, 0);
}

static int read_with_alarms(int fd, bool all, unsigned char *into)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	set_alarms(300);
	int r = all ? fd_read_all(fd, &b, MUCH) : fd_read_exact(fd, into, MUCH);
	set_alarms(0);
	if (all && r == 0 && b.len == MUCH)
		memcpy(into, b.data, MUCH);
	return r;
}

TEST(reads_are_complete_across_signals)
{
	static unsigned char got[MUCH];

	for (size_t i = 0; i < MUCH; i++)
		bytes[i] = (unsigned char)(i * 5 >> 2);
	for (int all = 0; all < 2; all++) {
		int p[2], status;
		memset(got, 0, sizeof(got));
		CHECK(pipe2(p, O_CLOEXEC) == 0);
		pid_t pid = start(write_slowly, p[1], p[0]);
		(void)fd_close(p[1]);
		int r = read_with_alarms(p[0], all, got);
		(void)fd_close(p[0]);
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK_INT(r, 0);
		CHECK_INT(status, 0);
		CHECK(memcmp(got, bytes, MUCH) == 0);
	}
}

TEST(read_exact_tells_the_end)
{
	char data[8];
	int p[2];

	CHECK(pipe2(p, O_CLOEXEC) == 0);
	CHECK_INT(fd_write_all(p[1], "abcd", 4), 0);
	(void)fd_close(p[1]);
	CHECK_INT(fd_read_exact(p[0], data, 3), 0);
	CHECK(memcmp(data, "abc", 3) == 0);
	CHECK_INT(fd_read_exact(p[0], data, 2), -ENODATA);
	(void)fd_close(p[0]);
	CHECK_INT(fd_read_exact(p[0], data, 2), -EBADF);
	CHECK_INT(fd_write_all(p[0], data, 2), -EBADF);
}

static int read_some(size_t there, size_t max, struct buf *out)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC) < 0)
		return -errno;
	for (size_t i = 0; i < there; i++)
		(void)fd_write_all(p[1], "x", 1);
	(void)fd_close(p[1]);
	int r = fd_read_all(p[0], out, max);
	(void)fd_close(p[0]);
	return r;
}

TEST(read_all_is_bounded)
{
	static const struct {
		size_t there, max;
		int r;
	} cases[] = { { 0, 0, 0 },   { 0, 10, 0 },	 { 9, 10, 0 },	     { 10, 10, 0 },
		      { 11, 10, -EFBIG }, { 1, 0, -EFBIG }, { 20000, 20000, 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_buf_ struct buf b = BUF_INIT;
		buf_adds(&b, "before:");
		CHECK_INT(read_some(cases[i].there, cases[i].max, &b), cases[i].r);
		CHECK_INT(b.len, 7 + MIN(cases[i].there, cases[i].max));
		CHECK_INT(strlen(b.data), b.len);
	}
}

TEST(flags)
{
	_cleanup_fd_ int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	CHECK_INT(fd_set_nonblock(fd, true), 0);
	CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
	CHECK_INT(fd_set_nonblock(fd, false), 0);
	CHECK(!(fcntl(fd, F_GETFL) & O_NONBLOCK));
	CHECK_INT(fd_set_cloexec(fd, false), 0);
	CHECK_INT(fcntl(fd, F_GETFD), 0);
	CHECK_INT(fd_set_cloexec(fd, true), 0);
	CHECK_INT(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_INT(fd_set_nonblock(-1, true), -EBADF);
	CHECK_INT(fd_set_cloexec(-1, true), -EBADF);
}

static int fill(void *arg)
{
	unsigned closed = *(unsigned *)arg;

	for (int fd = 0; fd < 3; fd++)
		if (closed & 1U << fd)
			(void)close(fd);
	if (fd_fill_std() != 0)
		return 1;
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) != 0) /* open and not close-on-exec */
			return 2;
	return 0;
}

TEST(closed_standard_descriptors_are_filled)
{
	for (unsigned closed = 0; closed < 8; closed++)
		CHECK_INT(test_child(fill, &closed), 0);
}

/* Opens many, among them the highest number the limit allows, and closes from `first`. */
static int close_many(void *arg)
{
	const int first = 5;
	struct rlimit lim;

	EXPECT(!arg || test_deny(SYS_close_range, *(int *)arg) == 0);
	EXPECT(getrlimit(RLIMIT_NOFILE, &lim) == 0);
	int highest = (int)MIN(lim.rlim_cur, (rlim_t)5000) - 1;
	for (int i = 0; i < 700; i++)
		EXPECT(dup2(0, i + 3) == i + 3);
	EXPECT(dup2(0, highest) == highest);
	EXPECT(fd_close_from(first) == 0);
	for (int fd = 0; fd < first; fd++)
		EXPECT(fcntl(fd, F_GETFD) >= 0);
	for (int fd = first; fd <= highest; fd++)
		EXPECT(fcntl(fd, F_GETFD) < 0);
	EXPECT(fd_close_from(-1) == -EINVAL);
	return 0;
}

TEST(close_from_closes_all_above)
{
	CHECK_INT(test_child(close_many, NULL), 0);
}

TEST(close_from_without_close_range)
{
	int nosys = ENOSYS, perm = EPERM;

	CHECK_INT(test_child(close_many, &nosys), 0);
	CHECK_INT(test_child(close_many, &perm), 0);
}

TEST_MAIN
