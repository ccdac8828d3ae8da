/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Paths under --root, and opens that cannot be led astray.
 *
 * root is "" or NULL for the running system, else a folder that prefixes every absolute path, as
 * in systemd's tools. */

#include <fcntl.h>

#include "lib/base/fault.h"

char *path_join(const char *a, const char *b);		     /* one slash between; owned */
char *path_rooted(const char *root, const char *path);	     /* owned */
const char *path_basename(const char *path);		     /* borrowed, never NULL */
char *path_dirname(const char *path);			     /* owned */
bool path_is_inside(const char *path, const char *dir);      /* textual; for messages only */

/* Opens a relative name beneath dirfd: no "..", no absolute part, no symlink that leaves, no magic
 * link. openat2(RESOLVE_BENEATH); where the kernel lacks it, component by component with
 * O_NOFOLLOW (every symlink refused with ELOOP). O_CLOEXEC is added. Returns a descriptor or
 * -errno. */
int path_open_beneath(int dirfd, const char *name, int flags, mode_t mode);
/* Opens an absolute path with `root` as the root folder (absolute symlinks stay inside):
 * openat2(RESOLVE_IN_ROOT) where root is set, plain open where it is empty. */
int path_open_in_root(const char *root, const char *path, int flags, mode_t mode);
/* mkdir -p with the given mode for what it makes; 0 or -errno; existing folders are left alone. */
int path_mkdirs(const char *path, mode_t mode);
/* Every folder from `path` up to the root, and path itself, belongs to root (or to the caller, when
 * not root) and is not writable by group or others (sticky folders excepted above the last).
 * Fault path.untrusted names the first one that is not. Works on open descriptors. */
struct fault *path_check_trusted(const char *path) _must_check_;
/* rm -r on descriptors, never across a symlink or a mount; 0 or -errno; ENOENT is 0. */
int path_remove_tree(int dirfd, const char *name);
