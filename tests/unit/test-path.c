/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/path.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "tests/unit/child.h"
#include "tests/unit/test.h"

TEST(joins)
{
	static const struct {
		const char *a, *b, *want;
	} rows[] = {
		{ "a", "b", "a/b" },  { "a/", "/b", "a/b" }, { "a//", "b/", "a/b/" },
		{ "/", "b", "/b" },   { "", "b", "b" },	     { "", "/b", "/b" },
		{ "/a", "", "/a/" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *got = path_join(rows[i].a, rows[i].b);
		CHECK_STR(got, rows[i].want);
	}
}

TEST(roots)
{
	static const struct {
		const char *root, *path, *want;
	} rows[] = {
		{ NULL, "/etc/x", "/etc/x" },	{ "", "/etc/x", "/etc/x" },
		{ "/r", "/etc/x", "/r/etc/x" }, { "/r/", "/etc/x", "/r/etc/x" },
		{ "/", "/etc/x", "/etc/x" },	{ "/r", "rel", "rel" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *got = path_rooted(rows[i].root, rows[i].path);
		CHECK_STR(got, rows[i].want);
	}
}

TEST(parts)
{
	static const struct {
		const char *path, *dir, *base;
	} rows[] = {
		{ "/a/b", "/a", "b" }, { "/a", "/", "a" }, { "a", ".", "a" }, { "a/b", "a", "b" },
		{ "/", "/", "" },      { "//a", "/", "a" }, { "a//b", "a", "b" }, { "", ".", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *dir = path_dirname(rows[i].path);
		CHECK_STR(dir, rows[i].dir);
		CHECK_STR(path_basename(rows[i].path), rows[i].base);
	}
}

TEST(inside)
{
	CHECK(path_is_inside("/a/b", "/a") && path_is_inside("/a", "/a") &&
	      path_is_inside("/a/b", "/a/") && path_is_inside("/a", "/"));
	CHECK(!path_is_inside("/ab", "/a") && !path_is_inside("/", "/a"));
}

static char *at(const char *name)
{
	return path_join(test_dir(), name);
}

static void put(const char *name, const char *text)
{
	_cleanup_free_ char *path = at(name);

	CHECK_OK(file_write_volatile(path, text, strlen(text), 0644));
}

static void link_to(const char *target, const char *name)
{
	_cleanup_free_ char *path = at(name);

	(void)unlink(path);
	CHECK(symlink(target, path) == 0);
}

/* b/ is what names must not leave; secret lies beside it. */
static void make_world(void)
{
	put("secret", "secret");
	put("b/file", "file");
	put("b/sub/deep", "deep");
	put("b/..x", "dots");
	link_to("file", "b/in");
	link_to("sub", "b/subdir");
	link_to("../secret", "b/out");
	link_to("..", "b/up");
	link_to("/etc/passwd", "b/abs");
	link_to("/proc/self/root", "b/magic");
	link_to("loop", "b/loop");
}

/* Opens beneath b/ and returns what is in the file, or the errno as text. */
static const char *peek(int dir, const char *name, int flags)
{
	static char text[64];
	_cleanup_fd_ int fd = path_open_beneath(dir, name, flags, 0600);
	struct stat st;

	if (fd < 0)
		return strerrorname_np(-fd);
	if (!(fcntl(fd, F_GETFD) & FD_CLOEXEC))
		return "not close-on-exec";
	if (flags & O_PATH || (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)))
		return "opened";
	ssize_t n = read(fd, text, sizeof(text) - 1);
	text[MAX(n, 0)] = '\0';
	return text;
}

struct beneath_row {
	const char *name;
	int flags;
	const char *with, *without; /* openat2 */
};

static const struct beneath_row beneath_rows[] = {
	{ "file", O_RDONLY, "file", "file" },
	{ "./file", O_RDONLY, "file", "file" },
	{ "sub/deep", O_RDONLY, "deep", "deep" },
	{ "sub//./deep", O_RDONLY, "deep", "deep" },
	{ "..x", O_RDONLY, "dots", "dots" },
	{ "sub", O_RDONLY | O_DIRECTORY, "opened", "opened" },
	{ "sub/", O_RDONLY, "opened", "opened" },
	{ ".", O_RDONLY, "opened", "opened" },
	{ "file/", O_RDONLY, "ENOTDIR", "ENOTDIR" },
	{ "file/x", O_RDONLY, "ENOTDIR", "ENOTDIR" },
	{ "none", O_RDONLY, "ENOENT", "ENOENT" },
	{ "none/x", O_RDONLY, "ENOENT", "ENOENT" },
	{ "", O_RDONLY, "ENOENT", "ENOENT" },
	/* names that leave */
	{ "../secret", O_RDONLY, "EXDEV", "EXDEV" },
	{ "..", O_RDONLY, "EXDEV", "EXDEV" },
	{ "sub/..", O_RDONLY, "EXDEV", "EXDEV" },
	{ "sub/../../secret", O_RDONLY, "EXDEV", "EXDEV" },
	{ "/etc/passwd", O_RDONLY, "EXDEV", "EXDEV" },
	{ "/", O_RDONLY, "EXDEV", "EXDEV" },
	/* links that stay inside */
	{ "in", O_RDONLY, "file", "ELOOP" },
	{ "subdir/deep", O_RDONLY, "deep", "ELOOP" },
	{ "subdir", O_RDONLY | O_DIRECTORY, "opened", "ELOOP" },
	{ "in", O_PATH, "opened", "ELOOP" },
	{ "in", O_PATH | O_NOFOLLOW, "opened", "opened" }, /* the link itself */
	{ "in", O_RDONLY | O_NOFOLLOW, "ELOOP", "ELOOP" },
	/* links that leave */
	{ "out", O_RDONLY, "EXDEV", "ELOOP" },
	{ "out", O_PATH, "EXDEV", "ELOOP" },
	{ "up/secret", O_RDONLY, "EXDEV", "ELOOP" },
	{ "abs", O_RDONLY, "EXDEV", "ELOOP" },
	{ "magic/etc/passwd", O_RDONLY, "EXDEV", "ELOOP" },
	{ "loop", O_RDONLY, "ELOOP", "ELOOP" },
	{ "out", O_WRONLY | O_CREAT, "EXDEV", "ELOOP" },
	{ "up/made", O_WRONLY | O_CREAT, "EXDEV", "ELOOP" },
};

static int beneath_all(bool with)
{
	_cleanup_free_ char *base = at("b");
	_cleanup_fd_ int dir = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < ARRAY_SIZE(beneath_rows); i++) {
		const struct beneath_row *row = &beneath_rows[i];
		const char *got = peek(dir, row->name, row->flags);
		if (!streq(got, with ? row->with : row->without)) {
			printf("# \"%s\" (flags %#x): %s\n", row->name, (unsigned)row->flags, got);
			return 1;
		}
	}
	_cleanup_fd_ int made = path_open_beneath(dir, "made", O_WRONLY | O_CREAT | O_EXCL, 0640);
	struct stat st;
	EXPECT(made >= 0 && fstat(made, &st) == 0 && (st.st_mode & 0777) == 0640);
	EXPECT(path_open_beneath(dir, "made", O_WRONLY | O_CREAT | O_EXCL, 0640) == -EEXIST);
	EXPECT(unlinkat(dir, "made", 0) == 0);
	char longest[300];
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	EXPECT(path_open_beneath(dir, longest, O_RDONLY, 0) == -ENAMETOOLONG);
	return 0;
}

/* The whole suite is also run where openat2 is refused: then both tests try the walk. */
static bool has_openat2(void)
{
	return syscall(SYS_openat2, -1, "", NULL, 0) < 0 && errno != ENOSYS && errno != EPERM;
}

TEST(beneath)
{
	make_world();
	CHECK_INT(beneath_all(has_openat2()), 0);
}

static int beneath_denied(void *arg)
{
	EXPECT(test_deny(SYS_openat2, *(int *)arg) == 0);
	EXPECT(!has_openat2());
	return beneath_all(false);
}

TEST(beneath_without_openat2)
{
	int nosys = ENOSYS, perm = EPERM;

	make_world();
	CHECK_INT(test_child(beneath_denied, &nosys), 0);
	CHECK_INT(test_child(beneath_denied, &perm), 0);
}

static int open_rooted(void *arg)
{
	_cleanup_free_ char *root = at("b"), *none = at("none");
	char got[16] = "";

	EXPECT(!arg || test_deny(SYS_openat2, ENOSYS) == 0);
	bool with = has_openat2();
	_cleanup_fd_ int plain = path_open_in_root(root, "/sub/deep", O_RDONLY, 0);
	EXPECT(plain >= 0 && fd_read_exact(plain, got, 4) == 0 && streq(got, "deep"));
	EXPECT(fcntl(plain, F_GETFD) & FD_CLOEXEC);
	_cleanup_fd_ int top = path_open_in_root(root, "/", O_RDONLY | O_DIRECTORY, 0);
	EXPECT(top >= 0);
	_cleanup_fd_ int inner = path_open_in_root(root, "/abs-inside", O_RDONLY, 0);
	EXPECT(with ? inner >= 0 : inner == -ELOOP);
	_cleanup_fd_ int up = path_open_in_root(root, "/../../file", O_RDONLY, 0);
	EXPECT(with ? up >= 0 : up == -EXDEV); /* ".." stops at the root */
	/* the absolute link means root's own /etc/passwd, which is not there */
	EXPECT(path_open_in_root(root, "/abs", O_RDONLY, 0) == (with ? -ENOENT : -ELOOP));
	EXPECT(path_open_in_root(root, "/out", O_RDONLY, 0) == (with ? -ENOENT : -ELOOP));
	EXPECT(path_open_in_root(none, "/x", O_RDONLY, 0) == -ENOENT);
	return 0;
}

TEST(in_root)
{
	bool without = true;

	make_world();
	link_to("/sub/deep", "b/abs-inside");
	CHECK_INT(test_child(open_rooted, NULL), 0);
	CHECK_INT(test_child(open_rooted, &without), 0);
	_cleanup_free_ char *secret = at("secret"), *none = at("none");
	_cleanup_fd_ int fd = path_open_in_root("", secret, O_RDONLY, 0);
	CHECK(fd >= 0 && fcntl(fd, F_GETFD) & FD_CLOEXEC);
	CHECK_INT(path_open_in_root(NULL, none, O_RDONLY, 0), -ENOENT);
}

TEST(mkdirs_makes_exact_modes)
{
	_cleanup_free_ char *path = at("m/n/o"), *upper = at("m"), *file = at("m/file");
	_cleanup_free_ char *below = at("m/file/x"), *dangling = at("m/dangling");
	struct stat st;
	mode_t mask = umask(077);
	int r = path_mkdirs(path, 0755);

	(void)umask(mask);
	CHECK_INT(r, 0);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0755);
	CHECK(stat(upper, &st) == 0 && (st.st_mode & 07777) == 0755);
	CHECK(chmod(upper, 0700) == 0);
	CHECK_INT(path_mkdirs(path, 0755), 0);
	CHECK(stat(upper, &st) == 0 && (st.st_mode & 07777) == 0700); /* left alone */
	put("m/file", "");
	link_to("nowhere", "m/dangling");
	CHECK_INT(path_mkdirs(file, 0755), -ENOTDIR);
	CHECK_INT(path_mkdirs(below, 0755), -ENOTDIR);
	CHECK_INT(path_mkdirs(dangling, 0755), -ENOENT);
	CHECK_INT(path_mkdirs("", 0755), -ENOENT);
	CHECK_INT(path_mkdirs("/", 0755), 0);
}

TEST_MAIN
