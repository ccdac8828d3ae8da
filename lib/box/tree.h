/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A tree of files that root writes itself, beneath one descriptor, from entries it does not trust.
 *
 * Only regular files, folders and symlinks that point inside; nothing is ever opened by a path
 * that could lead out; modes are permission bits alone; bytes and entries are capped here, whatever
 * the sender promised.
 *
 * While it writes it computes the tree's digest, over what was written and not over what was
 * said: one line per entry, sorted by the bytes of its path,
 *	PATH NUL "file" SPACE MODE(octal, 4 digits) SPACE SIZE SPACE SHA256-HEX LF
 *	PATH NUL "dir" SPACE MODE LF
 *	PATH NUL "symlink" SPACE TARGET LF
 * and SHA-256 over those lines, as "sha256-<hex>". Two copies of a bundle have one digest. */

#include <sys/stat.h>

#include "lib/base/fault.h"

#define TREE_DIGEST_MAX 80
#define TREE_PATH_MAX 1024

struct tree; /* a tree that is being written */

struct tree_limits {
	uint64_t max_bytes; /* 0: none */
	int64_t max_entries; /* 0: none */
};

/* Writes into dirfd (borrowed), an empty folder. Never NULL. */
struct tree *tree_new(int dirfd, const struct tree_limits *limits);
/* The next entry; ends the one before it. Faults: tree.hostile (a path, type, mode or target that
 * no honest bundle has), tree.too_large, tree.write. */
struct fault *tree_add_dir(struct tree *t, const char *path, mode_t mode) _must_check_;
struct fault *tree_add_symlink(struct tree *t, const char *path, const char *target) _must_check_;
/* size: what its sender says, -1: nothing; held against what comes. */
struct fault *tree_add_file(struct tree *t, const char *path, mode_t mode, int64_t size)
	_must_check_;
struct fault *tree_add_bytes(struct tree *t, const void *data, size_t len) _must_check_;
/* Everything below fromfd, in name order: folders, files, symlinks; owners are not kept. */
struct fault *tree_add_copy(struct tree *t, int fromfd) _must_check_;
/* Ends the last entry and tells what was written. */
struct fault *tree_end(struct tree *t, char ret_digest[TREE_DIGEST_MAX]) _must_check_;
uint64_t tree_bytes(const struct tree *t);
int64_t tree_entries(const struct tree *t);
void tree_free(struct tree *t);
DEFINE_CLEANUP(struct tree *, tree_free)
#define _cleanup_tree_ _cleanup_(tree_freep)
