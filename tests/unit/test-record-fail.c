/* SPDX-License-Identifier: Apache-2.0 */
/* The log when the world fails: another writer, a full disk, a sync that fails, SIGKILL. */
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "lib/base/path.h"
#include "lib/base/record.h"
#include "tests/unit/child.h"
#include "tests/unit/test.h"

static char *at(const char *name)
{
	return path_join(test_dir(), name);
}

static struct fault *count(void *arg, const char *payload, size_t len)
{
	(void)payload;
	(void)len;
	++*(size_t *)arg;
	return NULL;
}

/* Records that a reader sees; SIZE_MAX for a fault. */
static size_t seen(const char *path)
{
	size_t n = 0;
	_cleanup_fault_ struct fault *f = record_replay(path, count, &n);

	return f ? SIZE_MAX : n;
}

static struct fault *open_close(const char *path)
{
	_cleanup_(record_closep) struct record_log *log = NULL;

	return record_open(path, NULL, NULL, NULL, &log);
}

/* A child that holds the log until `hold` is closed; says so on `ready`. */
static pid_t start_holder(const char *path, int ready[2], int hold[2])
{
	(void)fflush(stdout);
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	struct record_log *log = NULL;
	struct fault *f = record_open(path, NULL, NULL, NULL, &log);
	char c = f ? 'n' : 'y';
	(void)fd_close(hold[1]);
	(void)fd_write_all(ready[1], &c, 1);
	(void)fd_read_exact(hold[0], &c, 1);
	_exit(0);
}

TEST(a_second_writer_is_told_who_holds_it)
{
	_cleanup_free_ char *path = at("busy"), *want = NULL;
	int ready[2], hold[2];
	char c = 0;

	CHECK(pipe2(ready, O_CLOEXEC) == 0 && pipe2(hold, O_CLOEXEC) == 0);
	pid_t pid = start_holder(path, ready, hold);
	(void)fd_close(hold[0]);
	int r = fd_read_exact(ready[0], &c, 1);
	struct fault *busy = open_close(path), *again = open_close(path);
	size_t readable = seen(path); /* readers need no lock */
	bool held = record_is_held(path);
	(void)fd_close(hold[1]);
	CHECK(waitpid(pid, NULL, 0) == pid);
	CHECK(r == 0 && c == 'y');
	want = xasprintf("%s is held by process %ld", path, (long)pid);
	CHECK(busy && again);
	CHECK_STR(busy->message, want);
	CHECK_FAULT(busy, "record.busy");
	CHECK_FAULT(again, "record.busy");
	CHECK_INT(readable, 0);
	CHECK(held && !record_is_held(path) && !record_is_held("none"));
	CHECK_OK(open_close(path));
	(void)fd_close(ready[0]);
	(void)fd_close(ready[1]);
}

TEST(the_same_process_cannot_open_it_twice)
{
	_cleanup_free_ char *path = at("twice");
	_cleanup_(record_closep) struct record_log *log = NULL;

	CHECK_OK(record_open(path, NULL, NULL, NULL, &log));
	CHECK_FAULT(open_close(path), "record.busy");
	CHECK_OK(record_append(log, "x", 1)); /* and the first is still good */
	CHECK_INT(seen(path), 1);
}

/* Every size of disk from "not one byte fits" to "all but one byte fits". */
static int fill_up(void *arg)
{
	_cleanup_free_ char *path = at("full");
	_cleanup_(record_closep) struct record_log *log = NULL;
	_cleanup_buf_ struct buf before = BUF_INIT;
	const size_t line = 9 + 7 + 1;
	_cleanup_fault_ struct fault *f = record_open(path, NULL, NULL, NULL, &log);

	(void)arg;
	(void)signal(SIGXFSZ, SIG_IGN);
	EXPECT(!f);
	f = record_append(log, "payload", 7);
	EXPECT(!f && file_read_raw(path, 1000, &before) == 0);
	for (size_t room = 0; room < line; room++) {
		struct rlimit lim = { before.len + room, RLIM_INFINITY };
		EXPECT(setrlimit(RLIMIT_FSIZE, &lim) == 0);
		struct fault *full = record_append(log, "payload", 7);
		lim.rlim_cur = RLIM_INFINITY;
		EXPECT(setrlimit(RLIMIT_FSIZE, &lim) == 0);
		EXPECT(fault_is(full, "record.unwritable") && full->errnum == EFBIG);
		fault_free(full);
		EXPECT(file_same(path, before.data, before.len));
	}
	f = record_append(log, "payload", 7); /* the same log, once there is room */
	EXPECT(!f && seen(path) == 2);
	record_close(TAKE_PTR(log));
	f = open_close(path);
	EXPECT(!f && seen(path) == 2);
	return 0;
}

TEST(a_full_disk_at_every_byte)
{
	(void)test_dir();
	CHECK_INT(test_child(fill_up, NULL), 0);
}

/* A real file system with no room: the partial line that the kernel did write is cut off. */
static int fill_tmpfs(void *arg)
{
	_cleanup_free_ char *dir = at("small"), *path = at("small/log"), *big = xmalloc(9000);
	_cleanup_(record_closep) struct record_log *log = NULL;
	struct fault *f = NULL;
	size_t good = 0;

	(void)arg;
	memset(big, 'x', 9000);
	if (!test_private_mounts())
		return 0;
	EXPECT(path_mkdirs(dir, 0700) == 0);
	EXPECT(mount("none", dir, "tmpfs", 0, "size=64k") == 0);
	f = record_open(path, NULL, NULL, NULL, &log);
	EXPECT(!f);
	while (!(f = record_append(log, big, 9000)))
		good++;
	EXPECT(fault_is(f, "record.unwritable") && f->errnum == ENOSPC);
	fault_free(f);
	EXPECT(good == 7 && seen(path) == good);
	f = record_append(log, "small", 5); /* what fits still goes in */
	EXPECT(!f && seen(path) == good + 1);
	record_close(TAKE_PTR(log));
	f = open_close(path);
	EXPECT(!f);
	EXPECT(mount("none", dir, NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0);
	f = open_close(path);
	EXPECT(fault_is(f, "record.unwritable") && f->errnum == EROFS);
	fault_free(f);
	EXPECT(seen(path) == good + 1);
	EXPECT(umount2(dir, MNT_DETACH) == 0);
	return 0;
}

TEST(a_full_file_system)
{
	(void)test_dir();
	CHECK_INT(test_child(fill_tmpfs, NULL), 0);
}

/* A record counts only when the disk has it; where it cannot even be taken back, nothing more is
 * written. */
static int fail_sync(void *arg)
{
	_cleanup_free_ char *path = at("nosync");
	_cleanup_(record_closep) struct record_log *log = NULL;
	_cleanup_fault_ struct fault *f = record_open(path, NULL, NULL, NULL, &log);

	(void)arg;
	EXPECT(!f);
	f = record_append(log, "one", 3);
	EXPECT(!f);
	EXPECT(test_deny(SYS_fdatasync, EIO) == 0);
	f = record_append(log, "two", 3);
	EXPECT(fault_is(f, "record.unwritable") && f->errnum == EIO && seen(path) == 1);
	fault_free(f);
	EXPECT(test_deny(SYS_pwrite64, ENOTTY) == 0); /* would show if it wrote again */
	f = record_append(log, "three", 5);
	EXPECT(fault_is(f, "record.unwritable") && f->errnum == EIO && seen(path) == 1);
	return 0;
}

TEST(a_failed_sync_is_a_failed_append)
{
	(void)test_dir();
	CHECK_INT(test_child(fail_sync, NULL), 0);
}

static int fail_truncate(void *arg)
{
	const struct rlimit lim = { 40, RLIM_INFINITY };
	_cleanup_free_ char *path = at("nocut");
	_cleanup_(record_closep) struct record_log *log = NULL;
	_cleanup_fault_ struct fault *f = record_open(path, NULL, NULL, NULL, &log);

	(void)arg;
	(void)signal(SIGXFSZ, SIG_IGN);
	EXPECT(!f && test_deny(SYS_ftruncate, EIO) == 0);
	EXPECT(setrlimit(RLIMIT_FSIZE, &lim) == 0);
	f = record_append(log, "longer than the room there is", 29);
	EXPECT(fault_is(f, "record.unwritable") && f->errnum == EFBIG);
	fault_free(f);
	f = record_append(log, "x", 1); /* it would fit, and join the partial line to itself */
	EXPECT(fault_is(f, "record.unwritable") && f->errnum == EIO);
	return 0;
}

TEST(after_a_partial_line_that_stays_nothing_follows)
{
	_cleanup_free_ char *path = at("nocut");

	(void)test_dir();
	CHECK_INT(test_child(fail_truncate, NULL), 0);
	CHECK_OK(open_close(path)); /* the next one cuts it */
	CHECK_INT(seen(path), 0);
}

struct unsynced {
	const char *path;
	int nth; /* of the descriptors that the open makes: 0 the log, 1 its folder */
};

static int open_unsynced(void *arg)
{
	const struct unsynced *u = arg;
	int lowest = dup(STDOUT_FILENO);

	(void)fd_close(lowest);
	EXPECT(test_deny_fd(SYS_fsync, lowest + u->nth, EIO) == 0);
	_cleanup_fault_ struct fault *f = open_close(u->path);
	EXPECT(fault_is(f, "record.unwritable") && f->errnum == EIO);
	return 0;
}

/* What a killed writer left must be on the disk before anybody acts on it. */
TEST(opening_syncs_the_log_and_its_folder)
{
	_cleanup_free_ char *fresh = at("unsynced"), *old = at("synced");
	struct unsynced tries[] = { { fresh, 0 }, { fresh, 1 }, { old, 0 }, { old, 1 } };

	CHECK_OK(open_close(old));
	for (size_t i = 0; i < ARRAY_SIZE(tries); i++) {
		(void)unlink(fresh);
		CHECK_INT(test_child(open_unsynced, &tries[i]), 0);
	}
}

/* Appends for ever, and tells each one that has returned. */
static void append_forever(const char *path, int acks)
{
	static char payload[3000];
	struct record_log *log = NULL;
	struct fault *f = record_open(path, NULL, NULL, NULL, &log);

	memset(payload, 'p', sizeof(payload));
	for (size_t n = 1; !f; n = n % sizeof(payload) + 97) {
		f = record_append(log, payload, MIN(n, sizeof(payload)));
		if (!f)
			(void)fd_write_all(acks, "a", 1);
	}
	_exit(1);
}

TEST(killed_at_any_moment)
{
	_cleanup_free_ char *path = at("killed");
	size_t before = 0;

	for (int round = 0; round < 15; round++) {
		_cleanup_buf_ struct buf acks = BUF_INIT;
		int p[2], status;
		CHECK(pipe2(p, O_CLOEXEC) == 0);
		(void)fflush(stdout);
		pid_t pid = fork();
		if (pid == 0)
			append_forever(path, p[1]);
		(void)fd_close(p[1]);
		clock_sleep_ms(5 + random_below(40));
		(void)kill(pid, SIGKILL);
		CHECK(waitpid(pid, &status, 0) == pid);
		int r = fd_read_all(p[0], &acks, 1 << 20);
		(void)fd_close(p[0]);
		CHECK_INT(r, 0);
		CHECK(WIFSIGNALED(status));
		CHECK_OK(open_close(path));
		size_t now = seen(path);
		CHECK_MSG(now == before + acks.len || now == before + acks.len + 1,
			  "%zu records after %zu and %zu told", now, before, acks.len);
		before = now;
	}
	CHECK(before > 0);
}

TEST_MAIN
