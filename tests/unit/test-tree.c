/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "lib/base/hash.h"
#include "lib/box/tree.h"
#include "tests/unit/steps.h"

struct folder {
	struct bench *b;
	char *path;
	int fd;
	struct tree *t;
};

static struct folder folder_new(uint64_t max_bytes, int64_t max_entries)
{
	struct folder f = { .b = bench_new() };

	f.path = bench_path(f.b, "tree");
	CHECK_INT(path_mkdirs(f.path, 0700), 0);
	f.fd = open(f.path, O_RDONLY | O_DIRECTORY);
	f.t = tree_new(f.fd, &(struct tree_limits){ max_bytes, max_entries });
	return f;
}

static void folder_done(struct folder *f)
{
	tree_free(f->t);
	close(f->fd);
	free(f->path);
	bench_free(f->b);
}
#define FOLDER(f, bytes, entries) \
	_cleanup_(folder_done) struct folder f = folder_new(bytes, entries)

TEST(the_digest_is_what_the_header_says)
{
	FOLDER(f, 0, 0);
	char got[TREE_DIGEST_MAX], want[TREE_DIGEST_MAX] = "sha256-", hex[SHA256_HEX];
	_cleanup_buf_ struct buf lines = BUF_INIT;

	CHECK_OK(tree_add_dir(f.t, "b", 0755));
	CHECK_OK(tree_add_file(f.t, "b/x", 0644, 3));
	CHECK_OK(tree_add_bytes(f.t, "ab", 2));
	CHECK_OK(tree_add_bytes(f.t, "c", 1));
	CHECK_OK(tree_add_symlink(f.t, "a", "b/x"));
	CHECK_OK(tree_end(f.t, got));
	sha256_hex_of("abc", 3, hex);
	buf_add(&lines, "a\0symlink b/x\n", 14);
	buf_add(&lines, "b\0dir 0755\n", 11);
	buf_add(&lines, "b/x\0", 4);
	buf_addf(&lines, "file 0644 3 %s\n", hex);
	sha256_hex_of(lines.data, lines.len, want + 7);
	CHECK_STR(got, want);
	CHECK_INT(tree_bytes(f.t), 3);
	CHECK_INT(tree_entries(f.t), 3);
}

TEST(hostile_paths_are_refused)
{
	static const char *const paths[] = { "/etc/x", "../x", "a/../x", "a/./x", "a//x", "", ".",
					     "..", "x/", "a\nb", "a\x7f" };
	FOLDER(f, 0, 0);

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		CHECK_FAULT(tree_add_file(f.t, paths[i], 0644, -1), "tree.hostile");
		CHECK_FAULT(tree_add_dir(f.t, paths[i], 0755), "tree.hostile");
	}
	CHECK_FAULT(tree_add_file(f.t, "suid", 04755, -1), "tree.hostile");
	CHECK_FAULT(tree_add_dir(f.t, "sticky", 01777), "tree.hostile");
	CHECK_FAULT(tree_add_bytes(f.t, "x", 1), "tree.hostile");
}

TEST(links_point_inside)
{
	static const char *const bad[] = { "/etc/passwd", "..", "../../x", "x/../../..", "a/../b",
					   "../a/../..", "" };
	FOLDER(f, 0, 0);

	CHECK_OK(tree_add_dir(f.t, "d", 0755));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_fault_ struct fault *got = tree_add_symlink(f.t, "l", bad[i]);

		CHECK_MSG(fault_is(got, "tree.hostile"), "%s is taken", bad[i]);
	}
	CHECK_OK(tree_add_symlink(f.t, "d/up", "../x"));
	CHECK_FAULT(tree_add_symlink(f.t, "d/further", "../../x"), "tree.hostile");
}

TEST(nothing_is_written_through_a_link)
{
	FOLDER(f, 0, 0);

	bench_write(f.b, "outside/keep", "kept", 0644);
	CHECK_OK(tree_add_dir(f.t, "d", 0755));
	CHECK_OK(tree_add_symlink(f.t, "l", "d"));
	CHECK_FAULT(tree_add_file(f.t, "l/x", 0644, -1), "tree.write");
	/* Even one that came to lie there by other hands. */
	CHECK_INT(symlinkat("../outside", f.fd, "evil"), 0);
	CHECK_FAULT(tree_add_file(f.t, "evil/keep2", 0644, -1), "tree.write");
	CHECK(!bench_has(f.b, "outside/keep2"));
}

TEST(twice_is_refused)
{
	FOLDER(f, 0, 0);
	char digest[TREE_DIGEST_MAX];

	CHECK_OK(tree_add_file(f.t, "x", 0644, -1));
	CHECK_FAULT(tree_add_file(f.t, "x", 0644, -1), "tree.write");
	CHECK_FAULT(tree_end(f.t, digest), "tree.write");
}

TEST(caps_hold_whatever_was_announced)
{
	FOLDER(f, 10, 3);

	CHECK_FAULT(tree_add_file(f.t, "big", 0644, 11), "tree.too_large");
	CHECK_OK(tree_add_file(f.t, "a", 0644, -1));
	CHECK_OK(tree_add_bytes(f.t, "0123456789", 10));
	CHECK_FAULT(tree_add_bytes(f.t, "x", 1), "tree.too_large");
	CHECK_OK(tree_add_dir(f.t, "b", 0755));
	CHECK_OK(tree_add_dir(f.t, "c", 0755));
	CHECK_FAULT(tree_add_dir(f.t, "d", 0755), "tree.too_large");
}

TEST(another_size_than_announced_is_refused)
{
	FOLDER(f, 0, 0);
	char digest[TREE_DIGEST_MAX];

	CHECK_OK(tree_add_file(f.t, "a", 0644, 5));
	CHECK_OK(tree_add_bytes(f.t, "abc", 3));
	CHECK_FAULT(tree_end(f.t, digest), "tree.hostile");
}

TEST(a_copy_has_the_same_digest)
{
	FOLDER(f, 0, 0);
	FOLDER(g, 0, 0);
	char one[TREE_DIGEST_MAX], two[TREE_DIGEST_MAX];
	struct stat st;

	CHECK_OK(tree_add_dir(f.t, "d", 0750));
	CHECK_OK(tree_add_file(f.t, "d/run", 0755, -1));
	CHECK_OK(tree_add_bytes(f.t, "#!", 2));
	CHECK_OK(tree_add_file(f.t, "d/read-only", 0400, 0));
	CHECK_OK(tree_add_symlink(f.t, "link", "d/run"));
	CHECK_OK(tree_end(f.t, one));
	CHECK_OK(tree_add_copy(g.t, f.fd));
	CHECK_OK(tree_end(g.t, two));
	CHECK_STR(one, two);
	CHECK_INT(fstatat(g.fd, "d/run", &st, 0), 0);
	CHECK_INT(st.st_mode & 07777, 0755);
}

TEST(what_is_no_file_is_not_copied)
{
	FOLDER(f, 0, 0);
	FOLDER(g, 0, 0);

	CHECK_INT(mkfifoat(f.fd, "pipe", 0600), 0);
	CHECK_FAULT(tree_add_copy(g.t, f.fd), "tree.hostile");
}

TEST_MAIN
