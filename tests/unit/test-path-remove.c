/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "lib/base/path.h"
#include "tests/unit/child.h"
#include "tests/unit/test.h"

static char *at(const char *name)
{
	return path_join(test_dir(), name);
}

static void put(const char *name)
{
	_cleanup_free_ char *path = at(name);

	CHECK_OK(file_write_volatile(path, "x", 1, 0644));
}

static bool exists(const char *name)
{
	_cleanup_free_ char *path = at(name);
	struct stat st;

	return lstat(path, &st) == 0;
}

static int removed(const char *name)
{
	_cleanup_free_ char *path = at(name);

	return path_remove_tree(AT_FDCWD, path);
}

TEST(absent_is_fine)
{
	CHECK_INT(removed("none"), 0);
	CHECK_INT(removed("none/none"), 0);
	CHECK_INT(path_remove_tree(AT_FDCWD, "."), -EINVAL);
	CHECK_INT(path_remove_tree(AT_FDCWD, ".."), -EINVAL);
	CHECK_INT(path_remove_tree(AT_FDCWD, "/"), -EINVAL);
	CHECK_INT(path_remove_tree(AT_FDCWD, ""), -EINVAL);
}

TEST(files_links_and_trees)
{
	_cleanup_free_ char *outside = at("outside"), *link = at("tree/a/link"), *top = at("top");

	put("outside/kept");
	put("tree/file");
	put("tree/a/b/c/file");
	put("tree/a/file");
	put("tree/.hidden/x");
	CHECK(symlink(outside, link) == 0 && symlink(outside, top) == 0);
	CHECK_INT(removed("tree/file"), 0);
	CHECK(!exists("tree/file") && exists("tree/a/file"));
	CHECK_INT(removed("top"), 0); /* the link, not what it names */
	CHECK_INT(removed("tree"), 0);
	CHECK(!exists("tree") && !exists("top") && exists("outside/kept"));
}

TEST(relative_to_a_folder)
{
	_cleanup_free_ char *dir = at("rel");

	put("rel/x/y/file");
	put("rel/z/file");
	_cleanup_fd_ int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK_INT(path_remove_tree(fd, "x/y"), 0);
	CHECK(exists("rel/x") && !exists("rel/x/y"));
	CHECK_INT(path_remove_tree(fd, "x"), 0);
	CHECK(!exists("rel/x") && exists("rel/z/file"));
}

TEST(many_entries)
{
	for (int i = 0; i < 1500; i++) {
		_cleanup_free_ char *file = xasprintf("many/f%d", i);
		_cleanup_free_ char *dir = xasprintf("many/d%d/x", i);
		put(file);
		if (i % 10 == 0)
			put(dir);
	}
	CHECK_INT(removed("many"), 0);
	CHECK(!exists("many"));
}

static int remove_deep(void *arg)
{
	const struct rlimit few = { 16, 16 };
	int dir = open(test_dir(), O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)arg;
	for (int i = 0; i < 4000; i++) { /* far beyond PATH_MAX */
		EXPECT(mkdirat(dir, "deep", 0700) == 0);
		int next = openat(dir, "deep", O_PATH | O_DIRECTORY | O_CLOEXEC);
		(void)fd_close(dir);
		dir = next;
	}
	(void)fd_close(dir);
	EXPECT(setrlimit(RLIMIT_NOFILE, &few) == 0);
	EXPECT(removed("deep") == 0);
	EXPECT(!exists("deep"));
	return 0;
}

TEST(any_depth_with_few_descriptors)
{
	(void)test_dir();
	CHECK_INT(test_child(remove_deep, NULL), 0);
}

/* Where the link appears after the unlink has failed: every unlink fails, so the walk tries what
 * it takes for a folder. Through the link it would be on another file system and say EBUSY. */
static int remove_link_late(void *arg)
{
	(void)arg;
	EXPECT(test_deny(SYS_unlinkat, EPERM) == 0);
	EXPECT(removed("late/link") == -EPERM);
	EXPECT(removed("late") == -EPERM);
	return 0;
}

TEST(never_through_a_link_that_appears)
{
	_cleanup_free_ char *dir = at("late"), *link = at("late/link");

	CHECK_INT(path_mkdirs(dir, 0700), 0);
	CHECK(symlink("/proc", link) == 0);
	CHECK_INT(test_child(remove_link_late, NULL), 0);
	CHECK_INT(removed("late"), 0);
}

static int stop_at_mounts(void *arg)
{
	_cleanup_free_ char *here = at("mounts/a"), *kept = at("kept");
	_cleanup_free_ char *inside = at("mounts/a/tmpfs-file");

	(void)arg;
	if (!test_private_mounts())
		return 0;
	/* a bind mount of the same file system, which st_dev does not show */
	EXPECT(mount(kept, here, NULL, MS_BIND, NULL) == 0);
	EXPECT(removed("mounts") == -EBUSY);
	EXPECT(removed("mounts/a") == -EBUSY);
	EXPECT(exists("kept/file"));
	EXPECT(umount2(here, MNT_DETACH) == 0);
	EXPECT(mount("none", here, "tmpfs", 0, NULL) == 0);
	struct fault *f = file_write_volatile(inside, "x", 1, 0644);
	EXPECT(!f);
	EXPECT(removed("mounts") == -EBUSY && exists("mounts/a/tmpfs-file"));
	EXPECT(umount2(here, MNT_DETACH) == 0);
	EXPECT(removed("mounts") == 0 && !exists("mounts"));
	return 0;
}

TEST(never_across_a_mount)
{
	put("kept/file");
	put("mounts/a/file");
	CHECK_INT(test_child(stop_at_mounts, NULL), 0);
	CHECK(exists("kept/file"));
}

TEST_MAIN
