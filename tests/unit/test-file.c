/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/path.h"
#include "tests/unit/child.h"
#include "tests/unit/test.h"

static char *at(const char *name)
{
	return path_join(test_dir(), name);
}

/* Entries of a folder, "." and ".." not counted. */
static int entries(const char *name)
{
	_cleanup_free_ char *path = at(name);
	DIR *d = opendir(path);
	int n = -2;

	while (d && readdir(d))
		n++;
	if (d)
		(void)closedir(d);
	return n;
}

TEST(reads_are_whole_and_bounded)
{
	_cleanup_free_ char *path = at("r/file"), *none = at("r/none"), *dir = at("r");
	_cleanup_buf_ struct buf b = BUF_INIT, raw = BUF_INIT;

	CHECK_OK(file_write_volatile(path, "line\nmore\0x", 11, 0644));
	CHECK_OK(file_read(path, 11, &b));
	CHECK_INT(b.len, 11);
	CHECK(memcmp(b.data, "line\nmore\0x", 11) == 0);
	CHECK_FAULT(file_read(path, 10, &b), "file.too_large");
	CHECK_INT(file_read_raw(path, 10, &raw), -EFBIG);
	CHECK_INT(file_read_raw(none, 10, &raw), -ENOENT);
	CHECK_INT(file_read_raw(dir, 10, &raw), -EISDIR);
	_cleanup_fault_ struct fault *f = file_read(none, 10, &b);
	CHECK(fault_is(f, "file.unreadable") && f->errnum == ENOENT);
	_cleanup_free_ char *want = xasprintf("cannot read %s: No such file or directory", none);
	CHECK_STR(f->message, want);
}

TEST(files_of_proc_have_no_size_but_bytes)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	CHECK_OK(file_read("/proc/self/status", 1 << 20, &b));
	CHECK(str_startswith(buf_str(&b), "Name:\ttest-file"));
}

TEST(lines)
{
	static const struct {
		const char *text, *line;
	} rows[] = { { "one\ntwo\n", "one" }, { "one", "one" }, { "", "" }, { "\nx", "" } };
	_cleanup_free_ char *path = at("l"), *none = at("none"), *untouched = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *line = NULL;
		CHECK_OK(file_write_volatile(path, rows[i].text, strlen(rows[i].text), 0644));
		CHECK_INT(file_read_line(path, &line), 0);
		CHECK_STR(line, rows[i].line);
	}
	CHECK_INT(file_read_line(none, &untouched), -ENOENT);
	CHECK(!untouched);
}

TEST(first_line_of_a_long_file)
{
	_cleanup_free_ char *path = at("long"), *line = NULL, *endless = NULL;
	_cleanup_buf_ struct buf b = BUF_INIT;

	buf_adds(&b, "first\n");
	for (int i = 0; i < 100000; i++)
		buf_addc(&b, 'x');
	CHECK_OK(file_write_volatile(path, b.data, b.len, 0644));
	CHECK_INT(file_read_line(path, &line), 0);
	CHECK_STR(line, "first");
	CHECK_OK(file_write_volatile(path, b.data + 6, b.len - 6, 0644));
	CHECK_INT(file_read_line(path, &endless), -EFBIG);
	CHECK(!endless);
}

TEST(writes_make_parents_and_exact_modes)
{
	_cleanup_free_ char *path = at("w/x/file"), *folder = at("w/x");
	struct stat st;
	mode_t mask = umask(077);
	struct fault *f = file_write_atomic(path, "abc", 3, 0644);

	(void)umask(mask);
	CHECK_OK(f);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0644 && st.st_size == 3);
	CHECK(stat(folder, &st) == 0 && (st.st_mode & 07777) == 0755);
	CHECK_OK(file_write_atomic(path, "", 0, 0600));
	CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600 && st.st_size == 0);
	CHECK_INT(entries("w/x"), 1); /* nothing temporary is left */
}

TEST(a_link_is_replaced_not_followed)
{
	_cleanup_free_ char *target = at("k/target"), *link = at("k/link");
	struct stat st;

	CHECK_OK(file_write_volatile(target, "old", 3, 0644));
	CHECK(symlink(target, link) == 0);
	CHECK_OK(file_write_atomic(link, "new", 3, 0644));
	CHECK(lstat(link, &st) == 0 && S_ISREG(st.st_mode));
	CHECK(file_same(target, "old", 3) && file_same(link, "new", 3));
}

TEST(unwritable_places)
{
	_cleanup_free_ char *file = at("u/file"), *below = at("u/file/x"), *dir = at("u");

	CHECK_OK(file_write_volatile(file, "x", 1, 0644));
	CHECK_FAULT(file_write_atomic(below, "x", 1, 0644), "file.unwritable");
	CHECK_FAULT(file_write_volatile(dir, "x", 1, 0644), "file.unwritable"); /* a folder */
	CHECK_INT(entries("u"), 1);
}

/* A full disk: what was there stays, and nothing is left beside it. */
static int write_too_much(void *arg)
{
	const struct rlimit small = { 100, RLIM_INFINITY };
	char data[200] = { 'x' };
	_cleanup_free_ char *path = at("full/file");

	(void)arg;
	(void)signal(SIGXFSZ, SIG_IGN);
	EXPECT(setrlimit(RLIMIT_FSIZE, &small) == 0);
	_cleanup_fault_ struct fault *f = file_write_atomic(path, data, sizeof(data), 0644);
	EXPECT(fault_is(f, "file.unwritable") && f->errnum == EFBIG);
	EXPECT(file_same(path, "before", 6));
	EXPECT(entries("full") == 1);
	return 0;
}

TEST(a_failed_write_changes_nothing)
{
	_cleanup_free_ char *path = at("full/file");

	CHECK_OK(file_write_volatile(path, "before", 6, 0644));
	CHECK_INT(test_child(write_too_much, NULL), 0);
}

static int write_unsynced(void *arg)
{
	_cleanup_free_ char *path = at("sync/file");

	(void)arg;
	EXPECT(test_deny(SYS_fsync, EIO) == 0);
	_cleanup_fault_ struct fault *f = file_write_atomic(path, "new", 3, 0644);
	EXPECT(fault_is(f, "file.unwritable") && f->errnum == EIO);
	EXPECT(file_same(path, "before", 6) && entries("sync") == 1);
	_cleanup_fault_ struct fault *v = file_write_volatile(path, "new", 3, 0644);
	EXPECT(!v && file_same(path, "new", 3)); /* which does not sync */
	return 0;
}

TEST(a_failed_sync_is_a_failed_write)
{
	_cleanup_free_ char *path = at("sync/file");

	CHECK_OK(file_write_volatile(path, "before", 6, 0644));
	CHECK_INT(test_child(write_unsynced, NULL), 0);
}

static int be_killed_in_a_write(void *arg)
{
	const struct rlimit small = { 3, RLIM_INFINITY }, none = { 0, 0 };
	_cleanup_free_ char *path = at("killed/file");

	(void)arg;
	EXPECT(setrlimit(RLIMIT_CORE, &none) == 0 && setrlimit(RLIMIT_FSIZE, &small) == 0);
	fault_free(file_write_atomic(path, "abcd", 4, 0644)); /* SIGXFSZ at the second try */
	return 0;
}

TEST(what_a_killed_writer_leaves_does_not_pile_up)
{
	_cleanup_free_ char *path = at("killed/file");

	CHECK_OK(file_write_volatile(path, "before", 6, 0644));
	for (int i = 0; i < 3; i++)
		CHECK_INT(test_child(be_killed_in_a_write, NULL), 128 + SIGXFSZ);
	CHECK(file_same(path, "before", 6));
	CHECK_INT(entries("killed"), 2); /* of three */
	CHECK_OK(file_write_atomic(path, "after", 5, 0644));
	CHECK(file_same(path, "after", 5));
	CHECK_INT(entries("killed"), 1);
}

TEST(writers_of_one_file_do_not_meet)
{
	_cleanup_free_ char *path = at("many/file");
	pid_t pids[4];

	CHECK_OK(file_write_volatile(path, "", 0, 0644));
	(void)fflush(stdout);
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork();
		for (int n = 0; pids[i] == 0 && n < 300; n++) {
			const char *text = i % 2 ? "one" : "another";

			if (file_write_volatile(path, text, strlen(text), 0644))
				_exit(1);
		}
		if (pids[i] == 0)
			_exit(0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		int status = -1;

		CHECK(waitpid(pids[i], &status, 0) == pids[i]);
		CHECK_INT(status, 0);
	}
	CHECK(file_same(path, "one", 3) || file_same(path, "another", 7));
	CHECK_INT(entries("many"), 1);
}

static void rewrite_forever(const char *path)
{
	static char a[9000], b[5000];

	memset(a, 'a', sizeof(a));
	memset(b, 'b', sizeof(b));
	for (;;) {
		fault_free(file_write_volatile(path, a, sizeof(a), 0644));
		fault_free(file_write_volatile(path, b, sizeof(b), 0644));
	}
}

/* The length that a whole file of this letter has. */
static size_t whole(const struct buf *b)
{
	for (size_t i = 1; i < b->len; i++)
		if (b->data[i] != b->data[0])
			return 0;
	return buf_str(b)[0] == 'a' ? 9000 : 5000;
}

TEST(a_reader_sees_all_or_nothing)
{
	_cleanup_free_ char *path = at("race");
	size_t seen_a = 0, seen_b = 0, bad = 0;
	uint64_t end = clock_boottime_ms() + 20000;

	CHECK_OK(file_write_volatile(path, "a", 1, 0644));
	(void)fflush(stdout);
	pid_t pid = fork();
	if (pid == 0)
		rewrite_forever(path);
	while ((seen_a < 300 || seen_b < 300) && clock_boottime_ms() < end) {
		_cleanup_buf_ struct buf b = BUF_INIT;
		int r = file_read_raw(path, 100000, &b);
		bad += r < 0 || (b.len != 1 && b.len != whole(&b));
		seen_a += b.len == 9000;
		seen_b += b.len == 5000;
	}
	(void)kill(pid, SIGKILL);
	CHECK(waitpid(pid, NULL, 0) == pid);
	CHECK_INT(bad, 0);
	CHECK(seen_a >= 300 && seen_b >= 300);
}

TEST(same)
{
	_cleanup_free_ char *path = at("same"), *none = at("none");

	CHECK_OK(file_write_volatile(path, "a\0b", 3, 0644));
	CHECK(file_same(path, "a\0b", 3));
	CHECK(!file_same(path, "a\0c", 3) && !file_same(path, "a\0b", 2) &&
	      !file_same(path, "a\0bc", 4) && !file_same(path, NULL, 0) && !file_same(none, "", 0));
	CHECK_OK(file_write_volatile(path, "", 0, 0644));
	CHECK(file_same(path, "", 0) && !file_same(path, "a", 1));
}

TEST(which_mounts_are_local)
{
	static const struct {
		const char *line, *point; /* NULL: not */
		unsigned major_nr, minor_nr;
	} rows[] = {
		{ "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard", "/", 254, 0 },
		{ "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:7 - xfs /dev/root rw,errors=x",
		  "/mnt2", 98, 0 },
		{ "40 27 0:45 /@home /home rw - btrfs /dev/nvme1n1 rw,subvol=x", "/home", 0, 45 },
		{ "41 27 0:50 / /var/x rw - overlay overlay rw,lowerdir=/a", "/var/x", 0, 50 },
		{ "42 27 259:1 / /with\\040space\\134 rw - xfs /dev/nvme0n1p1 rw", "/with space\\",
		  259, 1 },
		/* a read-only window on a file system that is written elsewhere */
		{ "43 27 259:1 /etc /ro ro - xfs /dev/nvme0n1p1 rw", "/ro", 259, 1 },
		{ "44 27 259:2 / /boot ro - vfat /dev/nvme0n1p2 ro,fmask=0022", NULL, 0, 0 },
		{ "22 27 0:21 / /proc rw,relatime - proc proc rw", NULL, 0, 0 },
		{ "25 24 0:23 / /dev/shm rw,relatime - tmpfs tmpfs rw,size=1k", NULL, 0, 0 },
		{ "41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw", NULL, 0, 0 },
		{ "50 27 0:60 / /fsx rw - lustre 10.0.0.1@tcp:/x rw,flock", NULL, 0, 0 },
		{ "51 27 0:61 / /efs rw - nfs4 127.0.0.1:/ rw,hard", NULL, 0, 0 },
		{ "52 27 0:62 / /s3 rw - fuse.mount-s3 mountpoint-s3 rw", NULL, 0, 0 },
		{ "53 27 8:1 / /data rw - ext4", NULL, 0, 0 },
		{ "54 27 8:1 / /data rw - ext4  rw", "/data", 8, 1 }, /* an empty source */
		{ "55 27 8 / /data rw - ext4 /dev/sda1 rw", NULL, 0, 0 },
		{ "56 27 8:x / /data rw - ext4 /dev/sda1 rw", NULL, 0, 0 },
		{ "- - - - - - -", NULL, 0, 0 },
		{ "garbage", NULL, 0, 0 },
		{ "", NULL, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *point = NULL;
		dev_t dev = 0;
		bool local = file_mount_is_local(rows[i].line, &dev, &point);
		CHECK_MSG(local == (rows[i].point != NULL), "%s", rows[i].line);
		CHECK_STR(point, rows[i].point);
		CHECK_INT(dev, local ? makedev(rows[i].major_nr, rows[i].minor_nr) : 0);
	}
}

TEST(syncs)
{
	_cleanup_free_ char *none = at("none");

	CHECK_INT(file_syncfs(test_dir()), 0);
	CHECK_INT(file_syncfs(none), -ENOENT);
	CHECK_INT(file_sync_local(), 0);
}

static int sync_denied(void *arg)
{
	(void)arg;
	EXPECT(test_deny(SYS_syncfs, EIO) == 0);
	EXPECT(file_syncfs(test_dir()) == -EIO);
	EXPECT(file_sync_local() == -EIO); /* so it did try one at least */
	return 0;
}

TEST(a_failed_sync_is_told)
{
	CHECK_INT(test_child(sync_denied, NULL), 0);
}

TEST_MAIN
