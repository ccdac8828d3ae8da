/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/path.h"
#include "tests/unit/test.h"

static char *at(const char *name)
{
	return path_join(test_dir(), name);
}

static void set_mode(const char *name, mode_t mode)
{
	_cleanup_free_ char *path = at(name);

	CHECK(chmod(path, mode) == 0);
}

/* The check of `name` says exactly this of `culprit`; NULL: it is trusted. */
static void verdict(const char *name, const char *culprit, const char *words)
{
	_cleanup_free_ char *path = at(name), *who = culprit ? at(culprit) : NULL;
	_cleanup_fault_ struct fault *f = path_check_trusted(path);

	if (!culprit) {
		CHECK_MSG(!f, "%s: %s", name, f->message);
		return;
	}
	CHECK_MSG(f, "%s is trusted", name);
	CHECK_STR(f->id, "path.untrusted");
	_cleanup_free_ char *want = xasprintf("%s %s", who, words);
	CHECK_STR(f->message, want);
}

static void make_world(void)
{
	_cleanup_free_ char *file = at("t/sub/file"), *abs = at("t/abs"), *rel = at("t/sub/rel");
	_cleanup_free_ char *loop = at("t/loop"), *dir = at("t");

	CHECK_INT(path_remove_tree(AT_FDCWD, dir), 0);
	CHECK_OK(file_write_volatile(file, "x", 1, 0644));
	CHECK(symlink(file, abs) == 0);
	CHECK(symlink("../sub/./file", rel) == 0);
	CHECK(symlink("loop", loop) == 0);
}

TEST(ours_is_trusted)
{
	make_world();
	verdict("t/sub/file", NULL, NULL); /* /tmp above it is sticky */
	verdict("t/sub", NULL, NULL);
	verdict("t/sub/../sub//./file", NULL, NULL);
	verdict("t/abs", NULL, NULL);
	verdict("t/sub/rel", NULL, NULL);
	CHECK_OK(path_check_trusted("/"));
}

TEST(writable_by_others_is_not)
{
	make_world();
	set_mode("t/sub/file", 0664);
	verdict("t/sub/file", "t/sub/file", "is writable by others (mode 0664)");
	verdict("t/abs", "t/sub/file", "is writable by others (mode 0664)");
	set_mode("t/sub/file", 0600);
	set_mode("t/sub", 0757);
	verdict("t/sub/file", "t/sub", "is writable by others (mode 0757)");
	verdict("t/sub", "t/sub", "is writable by others (mode 0757)");
	verdict("t/abs", "t/sub", "is writable by others (mode 0757)");
}

TEST(sticky_folders_pass_above_the_last)
{
	make_world();
	set_mode("t/sub", 01777);
	verdict("t/sub/file", NULL, NULL);
	verdict("t/sub", "t/sub", "is writable by others (mode 1777)");
	verdict("t/sub/", "t/sub", "is writable by others (mode 1777)");
	verdict("t/sub/.", "t/sub", "is writable by others (mode 1777)");
}

TEST(missing_and_looping_names)
{
	make_world();
	_cleanup_free_ char *none = at("t/none/x"), *loop = at("t/loop");
	_cleanup_fault_ struct fault *gone = path_check_trusted(none);
	_cleanup_fault_ struct fault *round = path_check_trusted(loop);

	CHECK(fault_is(gone, "path.untrusted") && gone->errnum == ENOENT);
	CHECK(fault_is(round, "path.untrusted") && round->errnum == ELOOP);
}

TEST(relative_names_are_walked_from_the_root)
{
	_cleanup_free_ char *dir = at("t"), *old = getcwd(NULL, 0);

	make_world();
	set_mode("t", 0777);
	CHECK(chdir(dir) == 0);
	struct fault *f = path_check_trusted("sub/file");
	int back = chdir(old);
	CHECK_FAULT(f, "path.untrusted");
	CHECK_INT(back, 0);
}

TEST(somebody_elses_is_not)
{
	const unsigned stranger = 54321;
	_cleanup_free_ char *sub = at("t/sub"), *file = at("t/sub/file"), *abs = at("t/abs");

	make_world();
	if (geteuid() != 0) {
		printf("# not root: owners cannot be changed, their check is left out\n");
		return;
	}
	CHECK(lchown(file, stranger, 0) == 0);
	verdict("t/sub/file", "t/sub/file", "belongs to user 54321, not to root");
	CHECK(lchown(file, 0, 0) == 0 && lchown(sub, stranger, 0) == 0);
	verdict("t/sub/file", "t/sub", "belongs to user 54321, not to root");
	CHECK(lchown(sub, 0, 0) == 0 && lchown(abs, stranger, 0) == 0);
	verdict("t/abs", "t/abs", "belongs to user 54321, not to root");
	verdict("t/sub/file", NULL, NULL);
}

TEST_MAIN
